//! Tests of texts against documents of yrs, and against bytes that nobody should send.

use super::{
    reader::{write_number, write_text},
    *,
};
use fastrand::Rng;
use yrs::{
    Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Text, TextRef, Transact,
    Update as YrsUpdate, WriteTxn, updates::decoder::Decode, updates::encoder::Encode,
};

const CHANNEL: &str = "notes";
const ROOT: &str = "t";

/// Somebody who writes.
struct Writer {
    doc: Doc,
    text: TextRef,
}

impl Writer {
    fn new(id: u64) -> Self {
        let doc = Doc::with_options(Options {
            client_id: yrs::ClientID::new(id),
            offset_kind: OffsetKind::Utf16,
            ..Options::default()
        });
        let text = doc.get_or_insert_text(ROOT);
        Self { doc, text }
    }

    /// Inserts or deletes something anywhere, and gives the update.
    fn edit(&self, rng: &mut Rng) -> Vec<u8> {
        const PIECES: [&str; 6] = ["a", "bc", "😀", "ž€", "x👩‍👩‍👧y", "some words "];
        let before = self.doc.transact().state_vector();
        let mut transaction = self.doc.transact_mut();
        let length = self.text.len(&transaction);
        let at = self.boundary(&transaction, rng.u32(0..=length));
        if length > 4 && rng.u8(..3) == 0 {
            let end = self.boundary(&transaction, rng.u32(at..=length.min(at + 6)));
            self.text
                .remove_range(&mut transaction, at, end.saturating_sub(at));
        } else {
            let piece = PIECES[rng.usize(..PIECES.len())];
            self.text.insert(&mut transaction, at, piece);
        }
        drop(transaction);
        self.doc.transact().encode_diff_v1(&before)
    }

    /// The next place that is not within a character.
    fn boundary(&self, transaction: &impl ReadTxn, at: u32) -> u32 {
        let text = self.text.get_string(transaction);
        let mut units = 0;
        for char in text.chars() {
            if units >= at {
                break;
            }
            units += char.len_utf16() as u32;
        }
        units
    }

    fn write(&self, at: u32, piece: &str) -> Vec<u8> {
        let before = self.doc.transact().state_vector();
        self.text.insert(&mut self.doc.transact_mut(), at, piece);
        self.doc.transact().encode_diff_v1(&before)
    }

    fn delete(&self, at: u32, len: u32) -> Vec<u8> {
        let before = self.doc.transact().state_vector();
        self.text
            .remove_range(&mut self.doc.transact_mut(), at, len);
        self.doc.transact().encode_diff_v1(&before)
    }

    fn hear(&self, update: &[u8]) {
        let update = YrsUpdate::decode_v1(update).unwrap();
        self.doc.transact_mut().apply_update(update).unwrap();
    }

    fn state_vector(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }

    fn text(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }

    fn all(&self) -> Vec<u8> {
        self.doc.transact().encode_diff_v1(&StateVector::default())
    }
}

fn texts() -> Texts {
    Texts::new(TextLimits::default())
}

fn shown(texts: &mut Texts) -> String {
    texts.text(CHANNEL, ROOT).unwrap()
}

/// Bytes by hand: the inserts of a client, then no deletes.
fn inserts(client: u64, first: u64, blocks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![1];
    for number in [blocks.len() as u64, client, first] {
        write_number(&mut bytes, number);
    }
    bytes.extend(blocks.concat());
    bytes.push(0);
    bytes
}

fn block(left: Option<(u64, u64)>, text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    match left {
        Some((client, clock)) => {
            bytes.push(0x84);
            write_number(&mut bytes, client);
            write_number(&mut bytes, clock);
        }
        None => bytes.extend([4, 1, 1, b't']),
    }
    write_text(&mut bytes, text);
    bytes
}

#[test]
fn writers_who_come_and_go_end_with_one_text_and_so_does_what_is_stored() {
    for seed in 0..25 {
        let mut rng = Rng::with_seed(seed);
        // Documents are closed and compacted all the time.
        let mut texts = Texts::new(TextLimits {
            open_blocks: 0,
            ..TextLimits::default()
        });
        let writers = [1, 7, 1 << 40].map(Writer::new);
        for _ in 0..150 {
            let writer = &writers[rng.usize(..3)];
            match rng.u8(..4) {
                0 => {
                    let sync = texts.sync(CHANNEL, &writer.state_vector()).unwrap();
                    writer.hear(&sync.update);
                    let known = StateVector::decode_v1(&sync.state_vector).unwrap();
                    let lacking = writer.doc.transact().encode_diff_v1(&known);
                    texts.apply(CHANNEL, &lacking).unwrap();
                }
                1 => {
                    // It may build on what the server does not have.
                    let update = writer.edit(&mut rng);
                    let before = shown(&mut texts);
                    match texts.apply(CHANNEL, &update) {
                        Ok(_) => {}
                        Err(TextError::Behind) => assert_eq!(shown(&mut texts), before),
                        Err(other) => panic!("seed {seed}: {other}"),
                    }
                    texts.sync("another", &[0]).unwrap();
                }
                2 => drop(writer.edit(&mut rng)),
                _ => {
                    let snapshot = texts.snapshot(CHANNEL).unwrap().unwrap_or(vec![0, 0]);
                    let mut fresh = Texts::new(TextLimits::default());
                    fresh.restore(CHANNEL, &snapshot).unwrap();
                    assert_eq!(shown(&mut fresh), shown(&mut texts), "seed {seed}");
                    if rng.bool() {
                        texts = fresh;
                    }
                }
            }
        }
        for _ in 0..2 {
            for writer in &writers {
                texts.apply(CHANNEL, &writer.all()).unwrap();
                let sync = texts.sync(CHANNEL, &writer.state_vector()).unwrap();
                writer.hear(&sync.update);
            }
        }
        let text = shown(&mut texts);
        for writer in &writers {
            assert_eq!(writer.text(), text, "seed {seed}");
            let sync = texts.sync(CHANNEL, &writer.state_vector()).unwrap();
            assert_eq!(texts.apply(CHANNEL, &sync.update), Ok(None), "seed {seed}");
        }
    }
}

#[test]
fn what_is_known_already_is_nothing_new_and_what_is_known_in_part_is_passed_on_in_part() {
    let (mut texts, ada) = (texts(), Writer::new(1));
    let first = ada.write(0, "a😀");
    assert!(texts.apply(CHANNEL, &first).unwrap().is_some());
    assert_eq!(texts.apply(CHANNEL, &first), Ok(None));
    ada.write(3, "b");
    let rest = texts.apply(CHANNEL, &ada.all()).unwrap().unwrap();
    let lin = Writer::new(2);
    lin.hear(&first);
    lin.hear(&rest);
    assert_eq!(lin.text(), "a😀b");
    assert!(rest.len() < ada.all().len() + 4, "{rest:?}");
    assert_eq!(rest, inserts(1, 3, &[&block(Some((1, 2)), "b")]));
    let gone = ada.delete(0, 1);
    assert_eq!(texts.apply(CHANNEL, &gone), Ok(Some(gone.clone())));
    assert_eq!(texts.apply(CHANNEL, &gone), Ok(None));
    assert_eq!(shown(&mut texts), "😀b");
    assert_eq!(texts.metrics().updates, 3);
    // A character that is known by half was never written.
    assert!(
        texts
            .apply("half", &inserts(1, 0, &[&block(None, "x")]))
            .is_ok()
    );
    let half = inserts(1, 0, &[&block(None, "😀")]);
    assert!(matches!(
        texts.apply("half", &half),
        Err(TextError::Invalid(_))
    ));
}

#[test]
fn what_builds_on_something_that_is_not_here_is_refused_and_changes_nothing() {
    let (mut texts, ada) = (texts(), Writer::new(1));
    let first = ada.write(0, "a");
    let second = ada.write(1, "b");
    let deleted = ada.delete(0, 1);
    for update in [&second, &deleted] {
        assert_eq!(texts.apply(CHANNEL, update), Err(TextError::Behind));
        assert_eq!(texts.merge(CHANNEL, update), Err(TextError::Behind));
        assert_eq!(texts.admit(CHANNEL, update), Err(TextError::Behind));
    }
    assert_eq!((texts.has(CHANNEL), texts.metrics().behind), (false, 6));
    texts.apply(CHANNEL, &first).unwrap();
    // Of somebody who was never heard of, to the left and to the right; a gap within; deletes of what is still to come.
    let stranger = inserts(2, 0, &[&block(Some((9, 0)), "x")]);
    let gap = inserts(1, 1, &[&[10, 5], &block(Some((1, 0)), "x")]);
    let early = [&[0, 1, 1, 1, 0, 2][..]].concat();
    for update in [stranger, gap, early] {
        assert_eq!(
            texts.apply(CHANNEL, &update),
            Err(TextError::Behind),
            "{update:?}"
        );
    }
    for update in [first, second, deleted] {
        texts.apply(CHANNEL, &update).unwrap();
    }
    assert_eq!(shown(&mut texts), "b");
}

#[test]
fn blocks_that_stand_beside_each_other_in_a_circle_or_beside_themselves_are_refused() {
    let mut texts = texts();
    let beside_itself = inserts(1, 0, &[&block(Some((1, 0)), "x")]);
    let beside_a_later_one = inserts(1, 0, &[&block(Some((1, 1)), "x"), &block(None, "y")]);
    let mut circle = vec![2, 1, 2, 0];
    circle.extend(block(Some((1, 0)), "x"));
    circle.extend([1, 1, 0]);
    circle.extend(block(Some((2, 0)), "y"));
    circle.push(0);
    for update in [beside_itself, beside_a_later_one, circle] {
        let refused = texts.apply(CHANNEL, &update);
        assert!(
            matches!(refused, Err(TextError::Invalid(_))),
            "{update:?}: {refused:?}"
        );
    }
    // Two who wait for each other in turn, which is fine.
    let mut turns = vec![2, 2, 2, 0];
    turns.extend([block(Some((1, 0)), "b"), block(Some((1, 1)), "d")].concat());
    turns.extend([2, 1, 0]);
    turns.extend([block(None, "a"), block(Some((2, 0)), "c")].concat());
    turns.push(0);
    texts.apply(CHANNEL, &turns).unwrap();
    assert_eq!(shown(&mut texts), "abcd");
}

#[test]
fn only_plain_text_is_stored() {
    let doc = Doc::new();
    let mut updates = Vec::new();
    {
        let mut transaction = doc.transact_mut();
        let text = transaction.get_or_insert_text("t");
        text.insert(&mut transaction, 0, "bold");
        let bold = [("b".into(), true.into())].into();
        text.format(&mut transaction, 0, 2, bold);
    }
    updates.push(doc.transact().encode_diff_v1(&StateVector::default()));
    let doc = Doc::new();
    {
        use yrs::Map;
        let mut transaction = doc.transact_mut();
        let map = transaction.get_or_insert_map("m");
        map.insert(&mut transaction, "k", "v");
    }
    updates.push(doc.transact().encode_diff_v1(&StateVector::default()));
    for update in updates {
        let refused = texts().apply(CHANNEL, &update);
        assert!(
            matches!(refused, Err(TextError::Unsupported(_))),
            "{refused:?}"
        );
        let refused = texts().restore(CHANNEL, &update);
        assert!(
            matches!(refused, Err(TextError::Unsupported(_))),
            "{refused:?}"
        );
    }
    let named = |client: u64, name: &str| {
        let mut block = vec![4, 1];
        write_text(&mut block, name);
        write_text(&mut block, "x");
        inserts(client, 0, &[&block])
    };
    let mut texts = texts();
    assert!(texts.apply(CHANNEL, &named(1, &"n".repeat(129))).is_err());
    for client in 0..16 {
        let name = "n".repeat(client as usize);
        texts.apply(CHANNEL, &named(client, &name)).unwrap();
    }
    let refused = texts.apply(CHANNEL, &named(16, "seventeenth"));
    assert!(matches!(refused, Err(TextError::Invalid(_))), "{refused:?}");
    assert_eq!(texts.text(CHANNEL, "nnn"), Ok("x".to_owned()));
}

/// Applies whatever it is; it must change nothing when it is refused, and leave a document that can be read when it is not.
fn survives(texts: &mut Texts, update: &[u8]) -> bool {
    let before = (texts.snapshot(CHANNEL), shown(texts));
    let taken = texts.apply(CHANNEL, update);
    if taken.is_err() {
        assert_eq!(
            (texts.snapshot(CHANNEL), shown(texts)),
            before,
            "{update:?}"
        );
        return false;
    }
    let snapshot = texts.snapshot(CHANNEL).unwrap().unwrap_or(vec![0, 0]);
    let mut fresh = Texts::new(TextLimits::default());
    fresh.restore(CHANNEL, &snapshot).unwrap();
    assert_eq!(
        letters(&shown(&mut fresh)),
        letters(&shown(texts)),
        "{update:?}"
    );
    let written = |texts: &mut Texts| texts.sync(CHANNEL, &[0]).unwrap().state_vector;
    assert_eq!(written(&mut fresh), written(texts), "{update:?}");
    true
}

/// What is written in whatever order: whoever makes up beside what their letters stand can have copies order them differently,
/// here as in Yjs.
fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters
}

#[test]
fn bytes_that_are_cut_turned_or_made_up_neither_panic_nor_change_anything() {
    let mut rng = Rng::with_seed(12);
    let (ada, lin) = (Writer::new(1), Writer::new(300));
    for _ in 0..12 {
        lin.hear(&ada.edit(&mut rng));
        ada.hear(&lin.edit(&mut rng));
    }
    let whole = ada.all();
    let mut texts = texts();
    texts.apply(CHANNEL, &whole).unwrap();
    for end in 0..whole.len() {
        assert!(!survives(&mut texts, &whole[..end]), "cut at {end}");
    }
    let next = lin.edit(&mut rng);
    let mut taken = 0;
    for update in [&whole, &next] {
        for at in 0..update.len() {
            for bit in [0, 2, 5, 7] {
                let mut turned = update.clone();
                turned[at] ^= 1 << bit;
                let mut copy = texts.clone();
                taken += usize::from(survives(&mut copy, &turned));
            }
        }
    }
    for _ in 0..2_000 {
        let length = rng.usize(..40);
        let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(length).collect();
        taken += usize::from(survives(&mut texts, &bytes));
        drop(texts.sync(CHANNEL, &bytes));
    }
    assert!(taken > 0, "some of it can be read");
    // Numbers by which yrs would reserve gigabytes.
    let large = [0xff, 0xff, 0xff, 0xff, 0x07];
    for update in [
        [&large[..], &[1, 1, 0]].concat(),
        [&[1], &large[..], &[1, 0]].concat(),
        [&[0, 1, 1], &large[..], &[0, 1]].concat(),
        [&[1, 1, 1], &large[..], &[4, 1, 1, b't', 1, b'x', 0]].concat(),
        [&[1, 1, 1, 0, 1, 1, 1, b't'], &large[..], &[0]].concat(),
    ] {
        survives(&mut texts, &update);
    }
    assert!(texts.sync(CHANNEL, &large).is_err());
}

#[test]
fn blocks_that_could_have_been_written_by_nobody_leave_a_document_that_can_be_read() {
    for seed in 0..80 {
        let mut rng = Rng::with_seed(seed);
        let mut texts = texts();
        let mut clocks = [0_u64; 4];
        let mut heard = Writer::new(99);
        for _ in 0..40 {
            let client = rng.usize(..4);
            let mut blocks = Vec::new();
            let mut end = clocks[client];
            for _ in 0..rng.u8(1..4) {
                let mut flags = 0;
                let mut ids = Vec::new();
                for flag in [0x80, 0x40] {
                    let beside = rng.usize(..4);
                    let known = if beside == client {
                        end
                    } else {
                        clocks[beside]
                    };
                    if rng.bool() && known > 0 {
                        flags |= flag;
                        write_number(&mut ids, beside as u64);
                        write_number(&mut ids, rng.u64(..known));
                    }
                }
                let is_text = rng.u8(..4) > 0;
                let mut one = vec![flags | if is_text { 4 } else { 1 }];
                one.extend(ids);
                if flags == 0 {
                    one.extend([1, 1, [b't', b'u'][rng.usize(..2)]]);
                }
                if is_text {
                    let text = ["a", "😀", "b😀c", "żó"][rng.usize(..4)];
                    write_text(&mut one, text);
                    end += text.encode_utf16().count() as u64;
                } else {
                    let length = rng.u64(1..5);
                    write_number(&mut one, length);
                    end += length;
                }
                blocks.push(one);
            }
            let blocks: Vec<&[u8]> = blocks.iter().map(Vec::as_slice).collect();
            let mut update = inserts(client as u64, clocks[client], &blocks);
            update.pop();
            // Deletes of anything, also of half a character.
            let of = rng.usize(..4);
            if clocks[of] > 0 && rng.bool() {
                let start = rng.u64(..clocks[of]);
                update.extend([1, of as u8, 1]);
                write_number(&mut update, start);
                write_number(&mut update, rng.u64(1..=clocks[of] - start));
            } else {
                update.push(0);
            }
            let taken = texts.apply(CHANNEL, &update);
            let new = taken.unwrap_or_else(|error| panic!("seed {seed}: {error}: {update:?}"));
            heard.hear(&new.expect("it is new"));
            clocks[client] = end;
            assert!(survives(&mut texts, &[0, 0]));
        }
        let text = letters(&shown(&mut texts));
        assert_eq!(letters(&heard.text()), text, "seed {seed}");
        heard = Writer::new(98);
        heard.hear(&texts.sync(CHANNEL, &[0]).unwrap().update);
        assert_eq!(letters(&heard.text()), text, "seed {seed}");
    }
}

#[test]
fn updates_documents_and_all_of_them_are_bounded_and_what_is_refused_is_counted() {
    let mut texts = Texts::new(TextLimits {
        update_bytes: 2_000,
        update_changes: 20,
        document_bytes: 3_000,
        document_blocks: 200,
        documents: 2,
        bytes: 5_000,
        ..TextLimits::default()
    });
    let ada = Writer::new(1);
    let long = ada.write(0, &"x".repeat(2_000));
    assert_eq!(
        texts.apply(CHANNEL, &long),
        Err(TextError::TooLarge { limit: 2_000 })
    );
    let lin = Writer::new(2);
    for _ in 0..21 {
        lin.write(0, "y");
    }
    assert_eq!(
        texts.apply(CHANNEL, &lin.all()),
        Err(TextError::TooManyChanges { limit: 20 })
    );
    assert_eq!((texts.metrics().too_large, texts.has(CHANNEL)), (2, false));

    let ada = Writer::new(3);
    for _ in 0..2 {
        texts
            .apply(CHANNEL, &ada.write(0, &"x".repeat(1_400)))
            .unwrap();
    }
    let more = ada.write(0, &"x".repeat(400));
    assert_eq!(texts.apply(CHANNEL, &more), Err(TextError::DocumentFull));
    // Copies take it all the same.
    texts.clone().merge(CHANNEL, &more).unwrap();
    // What is deleted makes room.
    let lin = Writer::new(4);
    lin.hear(&texts.sync(CHANNEL, &[0]).unwrap().update);
    texts.apply(CHANNEL, &lin.delete(0, 1_000)).unwrap();
    texts.apply(CHANNEL, &more).unwrap();

    texts
        .apply("second", &Writer::new(1).write(0, &"x".repeat(1_000)))
        .unwrap();
    let small = Writer::new(1).write(0, "x");
    assert_eq!(texts.apply("third", &small), Err(TextError::NoRoom));
    assert_eq!(texts.restore("third", &small), Err(TextError::NoRoom));
    let lin = Writer::new(5);
    assert_eq!(
        texts.apply("second", &lin.write(0, &"x".repeat(1_900))),
        Err(TextError::NoRoom)
    );
    assert!(texts.forget("second"));
    texts.apply("third", &small).unwrap();
    let metrics = texts.metrics();
    assert_eq!((metrics.documents, metrics.full), (2, 4));
    let known: usize = texts
        .documents
        .values()
        .map(|entry| entry.document.bytes())
        .sum();
    assert_eq!(metrics.bytes, known);
}

#[test]
fn blocks_are_bounded_too() {
    let mut texts = Texts::new(TextLimits {
        document_blocks: 100,
        ..TextLimits::default()
    });
    let ada = Writer::new(1);
    let refused = (0..200).find_map(|_| texts.apply(CHANNEL, &ada.write(0, "x")).err());
    assert_eq!(refused, Some(TextError::DocumentFull));
    let typed = shown(&mut texts).len();
    assert!((90..=100).contains(&typed), "{typed}");
}

#[test]
fn typing_is_compacted_and_documents_that_are_not_used_are_closed() {
    let mut texts = Texts::new(TextLimits {
        open_blocks: 500,
        ..TextLimits::default()
    });
    let ada = Writer::new(1);
    for at in 0..3_000 {
        texts.apply(CHANNEL, &ada.write(at, "x")).unwrap();
    }
    let metrics = texts.metrics();
    assert!((2..30).contains(&metrics.compactions), "{metrics:?}");
    assert!(metrics.bytes < 25_000, "{metrics:?}");
    for n in 0..20 {
        let lin = Writer::new(2);
        for _ in 0..30 {
            texts
                .apply(&format!("other {n}"), &lin.write(0, "y"))
                .unwrap();
        }
    }
    assert!(texts.metrics().open_documents < 15, "{:?}", texts.metrics());
    assert!(texts.open_blocks <= 500);
    assert_eq!(
        texts.snapshot(CHANNEL).unwrap().map(|bytes| bytes.len()),
        Some(3_011)
    );
    assert_eq!(shown(&mut texts), "x".repeat(3_000));
    let mut copy = texts.clone();
    assert_eq!((copy.metrics().open_documents, copy.open_blocks), (0, 0));
    assert_eq!(shown(&mut copy), shown(&mut texts));
    assert_eq!(copy.metrics().open_documents, 1);
}
