//! A board of tasks, its server, and those who watch it.

use realtime_core::{
    Client, ClientOptions, Fetched, ListSpec, ListenerId, Message, ObserverId, Position, QueryKey,
    QueryOptions, SendError, SendId, key,
    testing::{PeerId, World},
};
use realtime_simulation::{Policy, Task};
use serde_json::json;
use std::{cell::RefCell, rc::Rc, time::Duration};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MILLI: Duration = Duration::from_millis(1);

pub(crate) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn tasks() -> QueryKey {
    key!["tasks"]
}

/// The server's rows, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board(Rc<RefCell<Vec<Task>>>);

impl Board {
    /// Lets fetches of a world read a new board, with its position.
    pub(crate) fn serve(world: &mut World) -> Self {
        let board = Self::default();
        let rows = Rc::clone(&board.0);
        world.on_positioned_fetch(move |_, server| {
            let (epoch, seq) = server.position("tasks");
            let fetched = Fetched::new(rows.borrow().clone());
            Ok(fetched.with_position(Position {
                epoch: epoch.into(),
                seq,
            }))
        });
        board
    }

    /// Creates a row or changes its title, and publishes it as a whole.
    pub(crate) fn put(&self, world: &mut World, id: &str, title: &str) {
        let task = self.set(id, title);
        let data = json!({"action": "upsert", "item": task}).to_string();
        world.server.publish("tasks", "list:update", &data);
    }

    /// Creates a row or changes its title, and tells nobody.
    pub(crate) fn set(&self, id: &str, title: &str) -> Task {
        let mut rows = self.0.borrow_mut();
        let at = rows.iter().position(|row| row.id == id);
        let version = at.map_or(1, |at| rows[at].version.unwrap_or_default() + 1);
        let task = row(id, version, title);
        match at {
            Some(at) => rows[at] = task.clone(),
            None => rows.push(task.clone()),
        }
        task
    }

    pub(crate) fn titles(&self) -> Vec<String> {
        self.0
            .borrow()
            .iter()
            .map(|row| row.title.clone())
            .collect()
    }
}

pub(crate) fn row(id: &str, version: u64, title: &str) -> Task {
    Task {
        id: id.to_owned(),
        version: Some(version),
        title: title.to_owned(),
        done: false,
        rank: 0,
        note: None,
    }
}

/// Adds a client that watches the board; it is not told to connect.
pub(crate) fn watcher(world: &mut World, seed: u64) -> (PeerId, ObserverId) {
    let options = ClientOptions::new("ws://server.test/ws").with_seed(seed);
    let peer = world.add(options);
    let observer = watch(world, peer, Some("tasks"));
    (peer, observer)
}

pub(crate) fn watch(world: &mut World, peer: PeerId, channel: Option<&str>) -> ObserverId {
    let spec = ListSpec::new(channel.map(Into::into))
        .with_options(Task::options(false, Policy::LastWriterWins));
    world
        .act(peer, |client, now| {
            client.observe_list(now, &tasks(), spec, &QueryOptions::default())
        })
        .expect("the key is free")
}

/// A client that watches the board and has it.
pub(crate) fn member(world: &mut World) -> PeerId {
    let (peer, _) = watcher(world, 0);
    world.act(peer, Client::connect);
    world.run(2 * SECOND);
    peer
}

pub(crate) fn titles(world: &World, peer: PeerId) -> Vec<String> {
    let list = world.client(peer).list::<Task>(&tasks());
    list.iter()
        .flat_map(|list| list.iter())
        .map(|row| row.title.clone())
        .collect()
}

pub(crate) fn listen(world: &mut World, peer: PeerId, event: &str, channel: &str) -> ListenerId {
    let channel = channel.into();
    world
        .act(peer, |client, now| {
            client.listen(now, &event.into(), Some(&channel))
        })
        .expect("there is room")
}

/// The payloads that a listener has heard since the last call to this for any listener.
pub(crate) fn heard(world: &mut World, peer: PeerId) -> Vec<(ListenerId, String)> {
    let events = world.take_events(peer).into_iter();
    events
        .map(|(listener, event)| (listener, event.data.to_string()))
        .collect()
}

pub(crate) fn say(world: &mut World, peer: PeerId, text: &str) -> SendId {
    let message = Message::new("say", json!(text).to_string());
    world.act(peer, |client, now| client.send(now, message))
}

/// What the server was told, in order, repeats included.
pub(crate) fn said(world: &World) -> Vec<String> {
    let requests = world.server.requests.iter();
    requests
        .filter(|request| request.text("event") == "say")
        .map(|request| {
            request.envelope["data"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

pub(crate) fn outcomes(world: &mut World, peer: PeerId) -> Vec<(SendId, Result<(), SendError>)> {
    let settled = world.take_settled(peer).into_iter();
    settled
        .map(|(send, result)| (send, result.map(|_| ())))
        .collect()
}

/// Lets time pass by milliseconds, and checks in each what can be seen.
pub(crate) fn watching(world: &mut World, duration: Duration, mut check: impl FnMut(&World)) {
    for _ in 0..duration.as_millis() {
        world.run(MILLI);
        check(world);
    }
}
