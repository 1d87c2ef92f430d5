//! Saved documents: what is kept over page loads.

use crate::editing::{document, splice, write};
use realtime_text::{SavedDocument, TextLimits};

const NAME: &str = "notes";

#[test]
fn a_document_comes_back_with_what_was_not_confirmed() {
    let (mut page, mut server) = (document(), document());
    server.receive(&write(&mut page, NAME, "saved ")).unwrap();
    page.edit(NAME, &splice(6, 0, "and not"), 0).unwrap();
    page.take_outgoing().unwrap();
    page.edit(NAME, &splice(13, 0, " yet"), 0).unwrap();
    let json = serde_json::to_string(&SavedDocument::from(&page)).unwrap();
    let saved: SavedDocument = serde_json::from_str(&json).unwrap();
    let mut next = saved.restore(TextLimits::default()).unwrap();
    assert_eq!(&*next.text(NAME), "saved and not yet");
    assert!(!next.is_saved());
    let update = next.take_outgoing().unwrap();
    next.confirm();
    assert!(next.is_saved());
    server.receive(&update).unwrap();
    assert_eq!(&*server.text(NAME), "saved and not yet");
}

#[test]
fn two_pages_that_begin_with_one_copy_are_two_authors() {
    let mut page = document();
    write(&mut page, NAME, "x");
    let saved = SavedDocument::from(&page);
    let [mut one, mut two] = [(); 2].map(|()| saved.restore(TextLimits::default()).unwrap());
    let first = write(&mut one, NAME, "1");
    let second = write(&mut two, NAME, "2");
    one.receive(&second).unwrap();
    two.receive(&first).unwrap();
    assert_eq!(one.text(NAME), two.text(NAME));
    assert_eq!(one.text(NAME).len(), 3);
}

#[test]
fn what_is_damaged_does_not_come_back() {
    let damaged = r#"{"document":"////"}"#;
    let saved: SavedDocument = serde_json::from_str(damaged).unwrap();
    assert!(saved.restore(TextLimits::default()).is_err());
}
