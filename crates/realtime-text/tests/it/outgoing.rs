//! Outgoing edits: merged while they wait, one message under way, nothing lost and nothing in another order.

use crate::editing::{document, splice, units};

const NAME: &str = "notes";

#[test]
fn edits_that_wait_are_one_message() {
    let mut author = document();
    for at in 0..1_500 {
        author
            .edit(NAME, &splice(at, 0, "x"), u64::from(at))
            .unwrap();
    }
    let update = author.take_outgoing().unwrap();
    assert!(
        update.len() < 20_000,
        "{} bytes for 1,500 letters",
        update.len()
    );
    assert_eq!(author.take_outgoing(), None, "one is under way");
    author.edit(NAME, &splice(0, 0, "y"), 0).unwrap();
    author.put_back();
    let again = author.take_outgoing().unwrap();
    assert!(
        again.len() > update.len(),
        "what was not confirmed goes out with what came after it"
    );
    author.confirm();
    assert!(author.is_saved());
    let mut reader = document();
    reader.receive(&again).unwrap();
    assert_eq!(reader.text(NAME), author.text(NAME));
}

#[test]
fn a_long_text_goes_out_in_messages_of_a_size_that_servers_take() {
    let mut author = document();
    let long = "漢字😀".repeat(30_000);
    author.edit(NAME, &splice(0, 0, &long), 0).unwrap();
    let mut reader = document();
    let mut messages = 0;
    while let Some(update) = author.take_outgoing() {
        assert!(update.len() <= 32 * 1_024, "{}", update.len());
        reader.receive(&update).unwrap();
        assert!(!reader.is_behind());
        author.confirm();
        messages += 1;
    }
    assert!(messages > 5);
    assert_eq!(units(&reader.text(NAME)), units(&long));
    author.undo(NAME);
    assert_eq!(&*author.text(NAME), "", "and is undone as one");
}

#[test]
fn a_server_that_has_lost_deletes_gets_them_again() {
    let (mut author, mut server) = (document(), document());
    author.edit(NAME, &splice(0, 0, "hello world"), 0).unwrap();
    server.receive(&author.take_outgoing().unwrap()).unwrap();
    author.confirm();
    author.edit(NAME, &splice(5, 6, ""), 0).unwrap();
    author.take_outgoing().unwrap();
    author.confirm();
    let update = server.missing(&author.state_vector()).unwrap();
    author.synced(&update, &server.state_vector()).unwrap();
    assert!(!author.is_saved());
    server.receive(&author.take_outgoing().unwrap()).unwrap();
    author.confirm();
    assert_eq!(&*server.text(NAME), "hello");
    let update = server.missing(&author.state_vector()).unwrap();
    author.synced(&update, &server.state_vector()).unwrap();
    assert!(author.is_saved(), "there is nothing to say any more");
}

#[test]
fn a_server_that_has_lost_edits_gets_them_again() {
    let mut author = document();
    author.edit(NAME, &splice(0, 0, "hello"), 0).unwrap();
    author.take_outgoing().unwrap();
    author.confirm();
    assert!(author.is_saved());
    let server = document();
    author
        .synced(&server.to_update(), &server.state_vector())
        .unwrap();
    assert!(!author.is_saved());
    let mut server = server;
    server.receive(&author.take_outgoing().unwrap()).unwrap();
    assert_eq!(&*server.text(NAME), "hello");
}
