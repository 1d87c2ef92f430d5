//! Convergence: whoever has the same updates has the same text, whatever their order, however often they came.

use crate::editing::{document, random_splice, write};
use fastrand::Rng;
use realtime_text::Document;

const NAME: &str = "notes";

/// A server that stores updates in their order, forgets nobody's, and tells everybody.
struct Server {
    document: Document,
    log: Vec<Vec<u8>>,
}

/// A client on a link that breaks. What it was told up to `seen` is in its document.
struct Client {
    document: Document,
    seen: usize,
    is_online: bool,
}

impl Server {
    fn store(&mut self, update: &[u8]) {
        self.document.receive(update).unwrap();
        assert!(
            !self.document.is_behind(),
            "a client has sent edits out of order"
        );
        self.log.push(update.to_owned());
    }
}

impl Client {
    /// One message out, some events in. The answer, or the message itself, may be lost.
    fn talk(&mut self, server: &mut Server, rng: &mut Rng) {
        if !self.is_online {
            return;
        }
        if let Some(update) = self.document.take_outgoing() {
            match rng.u8(..10) {
                0 => self.document.put_back(),
                1 => {
                    server.store(&update);
                    self.document.put_back();
                }
                _ => {
                    server.store(&update);
                    self.document.confirm();
                }
            }
        }
        let upto = rng.usize(self.seen..=server.log.len());
        for update in &server.log[self.seen..upto] {
            self.document.receive(update).unwrap();
        }
        self.seen = upto;
    }

    /// The link is back, and the server does not remember where it was: the two sync.
    fn sync(&mut self, server: &mut Server) {
        let update = server
            .document
            .missing(&self.document.state_vector())
            .unwrap();
        let vector = server.document.state_vector();
        self.document.synced(&update, &vector).unwrap();
        self.seen = server.log.len();
        self.is_online = true;
    }
}

fn run(seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let mut server = Server {
        document: document(),
        log: Vec::new(),
    };
    let mut clients: Vec<Client> = (0..rng.usize(2..5))
        .map(|_| Client {
            document: document(),
            seen: 0,
            is_online: true,
        })
        .collect();
    for step in 0..rng.u64(50..200) {
        let at = rng.usize(..clients.len());
        let client = &mut clients[at];
        match rng.u8(..20) {
            0 => client.is_online = false,
            1 => client.sync(&mut server),
            2 => {
                client.document.undo(NAME);
            }
            3 => {
                client.document.redo(NAME);
            }
            4..10 => client.talk(&mut server, &mut rng),
            _ => {
                let text = client.document.text(NAME);
                let splice = random_splice(&text, &mut rng);
                client.document.edit(NAME, &splice, step * 100).unwrap();
            }
        }
    }
    for _ in 0..2 {
        for client in &mut clients {
            client.sync(&mut server);
            while let Some(update) = client.document.take_outgoing() {
                server.store(&update);
                client.document.confirm();
            }
            assert!(client.document.is_saved());
        }
    }
    let told = server.document.text(NAME);
    for client in &mut clients {
        assert_eq!(client.document.text(NAME), told, "seed {seed}");
        assert_eq!(client.document.stats().refused, 0, "seed {seed}");
    }
}

#[test]
fn whoever_has_synced_has_the_text_of_the_server_whatever_was_lost_before() {
    for seed in 0..150 {
        run(seed);
    }
}

#[test]
fn updates_may_come_twice_and_in_any_order() {
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let mut author = document();
        let mut updates = Vec::new();
        for step in 0..30 {
            let splice = random_splice(&author.text(NAME), &mut rng);
            author.edit(NAME, &splice, step).unwrap();
            while let Some(update) = author.take_outgoing() {
                author.confirm();
                updates.push(update);
            }
        }
        let twice = [updates.clone(), updates].concat();
        let mut shuffled = twice;
        rng.shuffle(&mut shuffled);
        let mut reader = document();
        for update in &shuffled {
            reader.receive(update).unwrap();
        }
        assert!(!reader.is_behind());
        assert_eq!(reader.text(NAME), author.text(NAME), "seed {seed}");
    }
}

#[test]
fn an_update_that_builds_on_one_that_has_not_come_says_so_and_is_shown_as_soon_as_it_can_be() {
    let mut author = document();
    let first = write(&mut author, NAME, "one ");
    let second = write(&mut author, NAME, "two");
    let mut reader = document();
    assert_eq!(reader.receive(&second), Ok(false));
    assert!(reader.is_behind());
    assert_eq!(reader.stats().early, 1);
    assert_eq!(&*reader.text(NAME), "");
    assert_eq!(reader.receive(&first), Ok(true));
    assert!(!reader.is_behind());
    assert_eq!(&*reader.text(NAME), "one two");
}
