//! Hostile updates: nothing panics, nothing changes, each is counted.

use crate::editing::{document, random_splice, write};
use fastrand::Rng;
use realtime_text::{Document, TextError, TextLimits};
use yrs::{Array, Doc, Map, ReadTxn, StateVector, Text, Transact, types::text::YChange};

const NAME: &str = "notes";

/// Updates of an author who writes, deletes and formats.
fn updates(seed: u64) -> Vec<Vec<u8>> {
    let mut rng = Rng::with_seed(seed);
    let mut author = document();
    let mut updates = Vec::new();
    for step in 0..12 {
        let splice = random_splice(&author.text(NAME), &mut rng);
        author.edit(NAME, &splice, step).unwrap();
        updates.push(author.take_outgoing().unwrap());
        author.confirm();
    }
    updates.push(author.to_update());
    updates
}

#[test]
fn damaged_updates_are_refused_or_harmless() {
    for seed in 0..300 {
        let mut rng = Rng::with_seed(seed);
        let mut reader = document();
        for update in updates(seed) {
            let mut damaged = update.clone();
            for _ in 0..rng.u8(1..4) {
                let at = rng.usize(..damaged.len());
                match rng.u8(..4) {
                    0 => damaged.truncate(at.max(1)),
                    1 => damaged.insert(at, rng.u8(..)),
                    2 => damaged[at] ^= 1 << rng.u8(..8),
                    _ => damaged[at] = rng.u8(..),
                }
            }
            let _ = reader.receive(&damaged);
            let _ = reader.text(NAME);
            let _ = reader.receive(&update);
        }
        let _ = reader.to_update();
    }
}

#[test]
fn what_is_no_update_is_refused_and_counted() {
    let mut reader = document();
    let huge = [0xff, 0xff, 0xff, 0xff, 0x07];
    let cases: [&[u8]; 6] = [
        b"",
        b"\x01",
        b"hello",
        &huge,
        &[1, 0xff, 0xff, 0xff, 0x07, 1, 0],
        &[0, 0, 0],
    ];
    for (count, case) in cases.iter().enumerate() {
        let refused = reader.receive(case);
        assert!(
            matches!(refused, Err(TextError::Unreadable(_))),
            "{case:?}: {refused:?}"
        );
        assert_eq!(reader.stats().refused, count as u64 + 1);
        assert!(
            reader.synced(&[0, 0], case).is_err(),
            "{case:?} is no state vector either, or two updates"
        );
        reader = document();
        for _ in 0..=count {
            let _ = reader.receive(b"");
        }
    }
}

#[test]
fn documents_of_something_else_than_text_are_refused() {
    let array = Doc::new();
    array
        .get_or_insert_array("list")
        .push_back(&mut array.transact_mut(), 1);
    let map = Doc::new();
    map.get_or_insert_map("map")
        .insert(&mut map.transact_mut(), "key", 1);
    let embed = Doc::new();
    let text = embed.get_or_insert_text(NAME);
    text.insert_embed(&mut embed.transact_mut(), 0, vec![1_u8]);
    for doc in [array, map, embed] {
        let update = doc
            .transact()
            .encode_state_as_update_v1(&StateVector::default());
        let refused = document().receive(&update);
        assert!(matches!(refused, Err(TextError::NotText(_))), "{refused:?}");
    }
}

#[test]
fn formats_of_other_editors_are_kept_and_not_shown() {
    let rich = Doc::new();
    let text = rich.get_or_insert_text(NAME);
    text.insert(&mut rich.transact_mut(), 0, "bold move");
    text.format(
        &mut rich.transact_mut(),
        0,
        4,
        [("bold".into(), true.into())].into(),
    );
    let update = rich
        .transact()
        .encode_state_as_update_v1(&StateVector::default());
    let mut reader = document();
    reader.receive(&update).unwrap();
    assert_eq!(&*reader.text(NAME), "bold move");
    let again = Doc::new();
    let theirs = again.get_or_insert_text(NAME);
    let mut transaction = again.transact_mut();
    let read = yrs::updates::decoder::Decode::decode_v1(&reader.to_update()).unwrap();
    transaction.apply_update(read).unwrap();
    assert_eq!(
        theirs.diff(&transaction, YChange::identity).len(),
        2,
        "bold, and not"
    );
}

#[test]
fn an_update_that_is_too_long_is_refused() {
    let mut author = document();
    let update = write(&mut author, NAME, &"x".repeat(2_000));
    let mut reader = Document::new(TextLimits::default().with_update_bytes(1_000));
    let refused = reader.receive(&update);
    assert_eq!(
        refused,
        Err(TextError::UpdateTooLarge {
            bytes: update.len(),
            max: 1_000
        })
    );
}
