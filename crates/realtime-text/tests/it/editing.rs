//! Editing: splices, undo, and the kit that other tests write with.

use fastrand::Rng;
use realtime_text::{Document, Splice, TextError, TextLimits};

const NAME: &str = "notes";
/// Letters of one unit and of two, of one byte to four.
const LETTERS: [&str; 8] = ["a", "b", " ", "é", "漢", "😀", "👩‍🚀", "\n"];

pub(crate) fn document() -> Document {
    Document::new(TextLimits::default())
}

pub(crate) fn splice(at: u32, delete: u32, insert: &str) -> Splice {
    Splice {
        at,
        delete,
        insert: insert.into(),
    }
}

pub(crate) fn units(text: &str) -> u32 {
    text.encode_utf16().count().try_into().unwrap()
}

/// Writes at the end; gives the update.
pub(crate) fn write(document: &mut Document, name: &str, text: &str) -> Vec<u8> {
    let end = units(&document.text(name));
    document.edit(name, &splice(end, 0, text), 0).unwrap();
    let update = document.take_outgoing().unwrap();
    document.confirm();
    update
}

/// A change somewhere in a text, sometimes in the middle of a pair.
pub(crate) fn random_splice(text: &str, rng: &mut Rng) -> Splice {
    let length = units(text);
    let at = rng.u32(0..=length);
    let delete = match rng.u8(..3) {
        0 => rng.u32(0..=(length - at).min(5)),
        _ => 0,
    };
    let letters = (0..rng.usize(1..4)).map(|_| LETTERS[rng.usize(..LETTERS.len())]);
    splice(at, delete, &letters.collect::<String>())
}

#[test]
fn an_edit_is_counted_in_utf_16_units_and_takes_no_half_of_a_pair() {
    let mut document = document();
    document.edit(NAME, &splice(0, 0, "a😀b"), 0).unwrap();
    document.edit(NAME, &splice(3, 1, "c"), 0).unwrap();
    assert_eq!(&*document.text(NAME), "a😀c");
    document.edit(NAME, &splice(2, 0, "x"), 0).unwrap();
    assert_eq!(
        &*document.text(NAME),
        "ax😀c",
        "within the pair is before it"
    );
    document.edit(NAME, &splice(1, 2, ""), 0).unwrap();
    assert_eq!(&*document.text(NAME), "ac", "half of the pair is the pair");
    let beyond = document.edit(NAME, &splice(2, 1, ""), 0);
    assert_eq!(beyond, Err(TextError::OutOfRange { at: 3, length: 2 }));
    let overflow = document.edit(NAME, &splice(u32::MAX, u32::MAX, ""), 0);
    assert!(matches!(overflow, Err(TextError::OutOfRange { .. })));
    assert_eq!(&*document.text(NAME), "ac");
}

#[test]
fn the_difference_of_two_texts_turns_the_one_into_the_other() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..5_000 {
        let letters = |rng: &mut Rng| -> String {
            let letters = (0..rng.usize(0..8)).map(|_| LETTERS[rng.usize(..LETTERS.len())]);
            letters.collect()
        };
        let (old, new) = (letters(&mut rng), letters(&mut rng));
        let caret = rng.bool().then(|| rng.u32(0..=units(&new) + 2));
        let splice = Splice::between(&old, &new, caret);
        assert_eq!(
            splice.apply(&old).as_deref(),
            Some(&*new),
            "{old:?} {new:?} {caret:?}"
        );
    }
}

#[test]
fn of_letters_that_are_alike_the_one_at_the_caret_was_typed() {
    assert_eq!(Splice::between("aaa", "aaaa", Some(2)), splice(1, 0, "a"));
    assert_eq!(Splice::between("aaa", "aaaa", Some(4)), splice(3, 0, "a"));
    assert_eq!(Splice::between("aaa", "aa", Some(1)), splice(1, 1, ""));
    assert!(Splice::between("aaa", "aaa", Some(1)).is_empty());
}

#[test]
fn undo_takes_back_ones_own_edits_and_none_of_others() {
    let (mut ada, mut bob) = (document(), document());
    let first = write(&mut ada, NAME, "ada ");
    bob.receive(&first).unwrap();
    let second = write(&mut bob, NAME, "bob ");
    ada.receive(&second).unwrap();
    assert!(ada.can_undo(NAME) && !ada.can_redo(NAME));
    assert!(ada.undo(NAME));
    assert_eq!(&*ada.text(NAME), "bob ");
    assert!(!ada.undo(NAME), "what bob wrote is bob's");
    bob.receive(&ada.take_outgoing().unwrap()).unwrap();
    assert_eq!(&*bob.text(NAME), "bob ");
    assert!(ada.redo(NAME));
    assert_eq!(&*ada.text(NAME), "ada bob ");
}

#[test]
fn edits_within_half_a_second_are_undone_together() {
    let mut document = document();
    for (at, letter) in ["a", "b", "c"].into_iter().enumerate() {
        let at = u32::try_from(at).unwrap();
        document
            .edit(NAME, &splice(at, 0, letter), 1_000 + u64::from(at) * 100)
            .unwrap();
    }
    document.edit(NAME, &splice(3, 0, "d"), 5_000).unwrap();
    document.undo(NAME);
    assert_eq!(&*document.text(NAME), "abc");
    document.undo(NAME);
    assert_eq!(&*document.text(NAME), "");
}

#[test]
fn texts_of_other_names_are_others() {
    let mut document = document();
    write(&mut document, "title", "A");
    write(&mut document, "body", "B");
    document.undo("title");
    assert_eq!(
        (&*document.text("title"), &*document.text("body")),
        ("", "B")
    );
}

#[test]
fn a_document_that_is_full_takes_no_more_and_says_so() {
    let (mut author, mut other) = (document(), document());
    let first = write(&mut author, NAME, &"x".repeat(9_000));
    let mut full = Document::new(TextLimits::default().with_document_bytes(10_000));
    full.receive(&first).unwrap();
    let more = full.edit(NAME, &splice(0, 0, &"y".repeat(2_000)), 0);
    let too_large = |result| matches!(result, Err(TextError::DocumentTooLarge { max: 10_000, .. }));
    assert!(too_large(more));
    let update = write(&mut other, NAME, &"z".repeat(2_000));
    assert!(too_large(full.receive(&update).map(|_| ())));
    assert_eq!(full.stats().refused, 1);
    author.edit(NAME, &splice(0, 9_000, ""), 0).unwrap();
    full.receive(&author.take_outgoing().unwrap()).unwrap();
    full.receive(&update)
        .expect("what others have deleted takes no room");
    assert_eq!(full.text(NAME).len(), 2_000);
}

#[test]
fn a_place_is_found_again_after_the_edits_of_others() {
    let mut rng = Rng::with_seed(3);
    let (mut ada, mut bob) = (document(), document());
    bob.receive(&write(&mut ada, NAME, "hello world")).unwrap();
    for _ in 0..200 {
        let text = ada.text(NAME);
        let at = rng.u32(0..=units(&text));
        let (revision, caret) = (ada.revision(), ada.caret(NAME, at, at).unwrap());
        for _ in 0..rng.u8(1..4) {
            let splice = random_splice(&bob.text(NAME), &mut rng);
            bob.edit(NAME, &splice, 0).unwrap();
            ada.receive(&bob.take_outgoing().unwrap()).unwrap();
            bob.confirm();
        }
        let mapped = ada.map(NAME, revision, at..at);
        assert_eq!(
            mapped,
            ada.place(NAME, &caret).map(|(place, _)| place..place)
        );
    }
}

#[test]
fn what_others_write_at_the_edges_of_a_piece_is_not_in_it() {
    let (mut ada, mut bob) = (document(), document());
    bob.receive(&write(&mut ada, NAME, "one two three"))
        .unwrap();
    let revision = ada.revision();
    let caret = ada.caret(NAME, 4, 7).unwrap();
    for (at, text) in [(4, "<"), (8, ">")] {
        bob.edit(NAME, &splice(at, 0, text), 0).unwrap();
        ada.receive(&bob.take_outgoing().unwrap()).unwrap();
        bob.confirm();
    }
    assert_eq!(&*ada.text(NAME), "one <two> three");
    assert_eq!(ada.map(NAME, revision, 4..7), Some(5..8));
    assert_eq!(ada.place(NAME, &caret), Some((5, 8)));
    assert_eq!(
        ada.map(NAME, revision, 4..4),
        Some(4..4),
        "a caret stays before it"
    );
}
