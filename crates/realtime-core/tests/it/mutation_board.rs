//! A board of tasks: a server that takes edits, and clients that make them optimistically.

use realtime_core::{
    Client, ConflictPolicy, Edit, FetchError, ItemState, ListEdit, ListItem, ListOptions, ListSpec,
    Message, Mutation, MutationEvent, MutationId, QueryKey, QueryOptions, RowId, ServerError, key,
    testing::{PeerId, Request, ScriptedServer, World},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Card {
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) title: String,
    pub(crate) note: String,
}

impl ListItem for Card {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// What an answer to a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    Whole,
    Version,
    Nothing,
}

/// The truth, and how its server behaves.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) cards: BTreeMap<String, Card>,
    pub(crate) answers: Answers,
    /// Whether the events carry the id of the message that caused them.
    pub(crate) echoes: bool,
    /// Whether events are sent at all.
    pub(crate) events: bool,
    /// Whether an edit made for an older version is refused.
    pub(crate) checks_versions: bool,
    /// Whether titles become what they are in capitals.
    pub(crate) shouts: bool,
    /// The texts that were written, in order: each must be there once.
    pub(crate) written: Vec<String>,
    /// The answers given, by message id; a database would keep them over a restart.
    handled: BTreeMap<String, Result<Value, ServerError>>,
    /// Whether fetches fail.
    pub(crate) fetches_fail: bool,
    last: u64,
}

pub(crate) type Shared = Rc<RefCell<Board>>;

/// Lets a world's server run a new board.
pub(crate) fn serve(world: &mut World) -> Shared {
    let board = Rc::new(RefCell::new(Board {
        cards: BTreeMap::new(),
        answers: Answers::Nothing,
        echoes: true,
        events: true,
        checks_versions: false,
        shouts: false,
        written: Vec::new(),
        handled: BTreeMap::new(),
        fetches_fail: false,
        last: 0,
    }));
    let read = Rc::clone(&board);
    world.on_fetch(move |_, _| {
        let board = read.borrow();
        if board.fetches_fail {
            return Err(FetchError::new("the server is busy"));
        }
        Ok(board.cards.values().cloned().collect::<Vec<_>>())
    });
    for event in ["card:create", "card:edit", "card:delete"] {
        let board = Rc::clone(&board);
        world.server.on(event, move |server, request| {
            board.borrow_mut().answer(server, request)
        });
    }
    board
}

fn refusal(code: &str) -> ServerError {
    ServerError {
        code: code.into(),
        message: "no".into(),
        retry_after: None,
    }
}

impl Board {
    /// Handles a message, once.
    fn answer(
        &mut self,
        server: &mut ScriptedServer,
        request: &Request,
    ) -> Result<Value, ServerError> {
        if let Some(answer) = self.handled.get(request.text("id")) {
            return answer.clone();
        }
        let answer = self.handle(server, request);
        let id = request.text("id").to_owned();
        self.handled.insert(id, answer.clone());
        answer
    }

    fn handle(
        &mut self,
        server: &mut ScriptedServer,
        request: &Request,
    ) -> Result<Value, ServerError> {
        let data = &request.envelope["data"];
        if data["title"] == "refused" || data["patch"]["title"] == "refused" {
            return Err(refusal("invalid"));
        }
        let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        let (action, card) = match request.text("event") {
            "card:create" => {
                self.last += 1;
                let id = match text("id") {
                    id if id.starts_with("own-") => id,
                    _ => format!("c{}", self.last),
                };
                let card = Card {
                    id: (&id).into(),
                    version: 1,
                    title: text("title"),
                    note: String::new(),
                };
                self.cards.insert(id, card.clone());
                ("create", card)
            }
            "card:edit" => {
                let card = self
                    .cards
                    .get_mut(&text("id"))
                    .ok_or_else(|| refusal("unknown"))?;
                if self.checks_versions && data["base"] != card.version {
                    return Err(refusal("conflict"));
                }
                let mut patch = data["patch"].clone();
                if let (true, Some(title)) = (self.shouts, patch["title"].as_str()) {
                    patch["title"] = title.to_uppercase().into();
                }
                patch["version"] = (card.version + 1).into();
                *card = card
                    .merged(&patch.to_string())
                    .map_err(|_| refusal("invalid"))?;
                ("update", card.clone())
            }
            _ => {
                let mut card =
                    (self.cards.remove(&text("id"))).ok_or_else(|| refusal("unknown"))?;
                card.version += 1;
                ("delete", card)
            }
        };
        self.written.extend(
            [&data["title"], &data["patch"]["title"]]
                .into_iter()
                .filter_map(|it| Some(it.as_str()?.to_owned())),
        );
        let id = Some(request.text("id")).filter(|_| self.echoes);
        self.publish(server, action, &card, id);
        Ok(match self.answers {
            Answers::Whole => json!({ "item": card }),
            Answers::Version => json!({ "id": card.id, "version": card.version }),
            Answers::Nothing => Value::Null,
        })
    }

    fn publish(&self, server: &mut ScriptedServer, action: &str, card: &Card, id: Option<&str>) {
        if self.events {
            let data = json!({ "action": action, "item": card }).to_string();
            server.publish_as("cards", "list:update", &data, id);
        }
    }
}

/// Someone else writes a card: at once, past all links.
pub(crate) fn put(world: &mut World, board: &Shared, id: &str, change: impl FnOnce(&mut Card)) {
    let mut board = board.borrow_mut();
    let card = board.cards.entry(id.to_owned()).or_insert_with(|| Card {
        id: id.to_owned(),
        version: 0,
        title: String::new(),
        note: String::new(),
    });
    card.version += 1;
    change(card);
    let card = card.clone();
    let action = if card.version == 1 {
        "create"
    } else {
        "update"
    };
    board.publish(&mut world.server, action, &card, None);
}

pub(crate) fn cards() -> QueryKey {
    key!["cards"]
}

/// A client that watches the board, sorted by title.
pub(crate) fn member(world: &mut World, policy: ConflictPolicy<Card>) -> PeerId {
    let peer = world.connect();
    watch_board(world, peer, policy);
    peer
}

/// Lets a client watch the board.
pub(crate) fn watch_board(world: &mut World, peer: PeerId, policy: ConflictPolicy<Card>) {
    world
        .act(peer, |client, now| {
            let options = ListOptions::default()
                .with_sort(|a: &Card, b| a.title.cmp(&b.title))
                .with_conflicts(policy);
            let spec = ListSpec::new(Some("cards".into())).with_options(options);
            client.observe_list(now, &cards(), spec, &QueryOptions::default())
        })
        .expect("the key is free");
    world.run(SECOND);
}

pub(crate) fn create(id: &str, title: &str) -> Mutation {
    let card = Card {
        id: id.into(),
        version: 0,
        title: title.into(),
        note: String::new(),
    };
    let data = json!({ "id": id, "title": title }).to_string();
    Mutation::new(Message::new("card:create", data).on("cards"))
        .with_edit(Edit::list(cards(), ListEdit::Insert(card)))
}

pub(crate) fn edit(id: &str, patch: Value) -> Mutation {
    let id = id.to_owned();
    let update = ListEdit::<Card>::Update {
        id: (&id).into(),
        patch: patch.to_string().into(),
    };
    Mutation::new(Message::new("card:edit", "null").on("cards"))
        .with_edit(Edit::list(cards(), update))
        .with_data(move |sending| {
            let patch = match sending.patch(0) {
                Some(patch) => serde_json::from_str(patch).expect("a patch is JSON"),
                None => patch.clone(),
            };
            json!({ "id": sending.id(&id), "patch": patch, "base": sending.base_version(0) })
                .to_string()
        })
}

pub(crate) fn title(id: &str, title: &str) -> Mutation {
    edit(id, json!({ "title": title }))
}

pub(crate) fn delete(id: &str) -> Mutation {
    let id = id.to_owned();
    let gone = ListEdit::<Card>::Delete { id: (&id).into() };
    Mutation::new(Message::new("card:delete", "null").on("cards"))
        .with_edit(Edit::list(cards(), gone))
        .with_data(move |sending| json!({ "id": sending.id(&id) }).to_string())
}

pub(crate) fn mutate(world: &mut World, peer: PeerId, mutation: Mutation) -> MutationId {
    world.act(peer, |client, now| client.mutate(now, mutation))
}

pub(crate) fn shown(world: &World, peer: PeerId) -> Vec<Card> {
    let list = world.client(peer).list::<Card>(&cards());
    let list = list.expect("the list is there");
    list.iter().map(|card| Card::clone(&card)).collect()
}

pub(crate) fn titles(world: &World, peer: PeerId) -> Vec<String> {
    shown(world, peer)
        .into_iter()
        .map(|card| card.title)
        .collect()
}

pub(crate) fn state(world: &World, peer: PeerId, id: &str) -> ItemState {
    world.client(peer).item_state(&cards(), id.to_owned())
}

/// The outcomes since the last call, in words.
pub(crate) fn outcomes(world: &mut World, peer: PeerId) -> Vec<(MutationId, &'static str)> {
    let word = |event: &MutationEvent| match event {
        MutationEvent::Confirmed { .. } => "confirmed",
        MutationEvent::Failed { .. } => "failed",
        MutationEvent::Annulled { .. } => "annulled",
        MutationEvent::Conflict(_) => "conflict",
        _ => "other",
    };
    let events = world.take_mutations(peer);
    events
        .iter()
        .map(|(id, event)| (*id, word(event)))
        .collect()
}

/// Lets time pass in small steps, and checks in each what a client sees.
pub(crate) fn watch(
    world: &mut World,
    peer: PeerId,
    duration: Duration,
    mut check: impl FnMut(&Client),
) {
    let step = Duration::from_millis(1);
    for _ in 0..duration.as_millis() {
        world.run(step);
        check(world.client(peer));
    }
}
