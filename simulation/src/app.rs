//! One client's app: what it has mounted, what it has sent, what became of it.

use crate::{
    action::{Query, Stream},
    breach::{Breach, BreachKind},
    claims::times,
    doc::{Chat, Doc},
    model::Model,
    pages::Past,
    plan::{ClientPlan, Policy, ServerPlan},
    tabs::TabOfApp,
    task::Task,
    tries::Tries,
};
use realtime_core::{
    ChannelName, Client, ConnectionStatus, DecodeError, Instant, LeaseId, ListItem, ListSpec,
    ListenerId, Message, ObserverId, Patch, PresenceEvent, QueryOptions, RecordSpec, RosterLease,
    SendError, SendId, TypingLease, User, UserId, key, merge_patch,
    testing::{DiskId, LinkState, PeerId, World},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

/// The room that everybody enters.
pub(crate) const ROOM: &str = "room";

/// How a send ended.
type Outcome = Result<Rc<str>, SendError>;

/// A query that is mounted.
#[derive(Debug)]
pub(crate) struct Mounted {
    pub(crate) observer: ObserverId,
    pub(crate) enabled: bool,
    /// What the board needs beside its query: leases of the channels it comes on.
    leases: Vec<LeaseId>,
}

/// One client's app.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) number: usize,
    pub(crate) peer: PeerId,
    pub(crate) plan: ClientPlan,
    pub(crate) server: ServerPlan,
    pub(crate) tries: Tries,
    pub(crate) mounted: BTreeMap<Query, Mounted>,
    /// Queries that were paused or unmounted at some time: nobody may have wanted their fetch then.
    pub(crate) unwanted: BTreeSet<Query>,
    listener: Option<ListenerId>,
    pub(crate) roster: Option<RosterLease>,
    /// Since when it is in the room.
    pub(crate) joined: Instant,
    /// When it last woke from a sleep, in which nobody's silence counted.
    pub(crate) woken: Instant,
    pub(crate) typing: Option<TypingLease>,
    /// Which edit each send carries, and its outcome.
    pub(crate) sends: BTreeMap<SendId, (u32, Option<Outcome>)>,
    /// Who was seen to leave the room.
    pub(crate) left: BTreeSet<UserId>,
    /// When something last happened to its link.
    pub(crate) disturbed: Instant,
    /// How often a listener heard of each message.
    heard: BTreeMap<(ListenerId, u32), u32>,
    /// Where it keeps things, if it does.
    pub(crate) disk: Option<DiskId>,
    /// What its earlier pages have done.
    pub(crate) past: Past,
    /// Queries that stay mounted: only they learn the ids of rows whose edits are kept.
    pub(crate) pinned: BTreeSet<Query>,
    /// What it is to the user's other tabs, if they share a socket.
    pub(crate) tab: Option<TabOfApp>,
}

impl App {
    pub(crate) fn new(number: usize, peer: PeerId, plan: ClientPlan, server: ServerPlan) -> Self {
        Self {
            number,
            peer,
            plan,
            server,
            tries: Tries::default(),
            mounted: BTreeMap::new(),
            unwanted: BTreeSet::new(),
            listener: None,
            roster: None,
            joined: Instant::ZERO,
            woken: Instant::ZERO,
            typing: None,
            sends: BTreeMap::new(),
            left: BTreeSet::new(),
            disturbed: Instant::ZERO,
            heard: BTreeMap::new(),
            disk: None,
            past: Past::default(),
            pinned: BTreeSet::new(),
            tab: None,
        }
    }

    /// What belongs to a page goes with it; whether it had a listener.
    pub(crate) fn forget_page(&mut self) -> bool {
        self.heard.clear();
        self.left.clear();
        self.listener.take().is_some()
    }

    pub(crate) fn user(&self) -> UserId {
        format!("u{}", self.plan.user).into()
    }

    const fn keeps(&self) -> Keeps {
        match (self.disk, &self.tab) {
            (Some(_), _) => Keeps::Stores,
            (None, Some(_)) => Keeps::Gives,
            (None, None) => Keeps::Nothing,
        }
    }

    fn options(&self) -> QueryOptions {
        let options = QueryOptions::default();
        if self.plan.frugal {
            options
                .with_stale_time(Duration::MAX)
                .with_refetch_on_focus(false)
                .with_refetch_on_mount(false)
        } else {
            options
        }
    }

    pub(crate) fn observe(&mut self, world: &mut World, query: Query) {
        // Nothing tells a client that knows no positions which additions a fetch contains.
        if self.mounted.contains_key(&query) || query == Query::Count && !self.server.counts() {
            return;
        }
        let (server, policy, options) = (self.server, self.plan.policy, self.options());
        let keeps = self.keeps();
        let (observer, leases) = world.act(self.peer, |client, now| {
            let leases = match query {
                Query::Board => [Stream::BoardA, Stream::BoardB]
                    .into_iter()
                    .filter_map(|stream| client.subscribe(now, &stream.name().into()).ok())
                    .collect(),
                _ => Vec::new(),
            };
            (
                observe(client, now, query, (server, policy, keeps), &options),
                leases,
            )
        });
        let mounted = Mounted {
            observer,
            enabled: true,
            leases,
        };
        self.mounted.insert(query, mounted);
    }

    pub(crate) fn unobserve(&mut self, world: &mut World, query: Query) {
        // Of an event that lags, only a list that was there before can tell whether its row has been
        // deleted since.
        let needs_all = query == Query::Board && self.server.board_lags;
        if needs_all || self.pinned.contains(&query) {
            return;
        }
        let Some(mounted) = self.mounted.remove(&query) else {
            return;
        };
        self.unwanted.insert(query);
        world.act(self.peer, |client, now| {
            client.unobserve(now, mounted.observer);
            for lease in mounted.leases {
                client.release(now, lease);
            }
        });
    }

    pub(crate) fn set_enabled(&mut self, world: &mut World, query: Query, enabled: bool) {
        let stays = self.pinned.contains(&query);
        if let Some(mounted) = self.mounted.get_mut(&query).filter(|_| enabled || !stays) {
            mounted.enabled = enabled;
            self.unwanted.insert(query);
            let observer = mounted.observer;
            world.act(self.peer, |client, now| {
                client.set_enabled(now, observer, enabled);
            });
        }
    }

    pub(crate) fn listen(&mut self, world: &mut World) {
        if self.listener.is_none() {
            let channel = ChannelName::from("chat");
            let listener = world.act(self.peer, |client, now| {
                client.listen(now, &"list:update".into(), Some(&channel))
            });
            self.listener = listener.ok();
        }
    }

    pub(crate) fn unlisten(&mut self, world: &mut World) {
        if let Some(listener) = self.listener.take() {
            world.act(self.peer, |client, now| client.unlisten(now, listener));
        }
    }

    pub(crate) fn send(&mut self, world: &mut World, event: &str, uid: u32, mut data: Value) {
        data["uid"] = uid.into();
        data["user"] = json!(self.user());
        let message = Message::new(event, data.to_string());
        let send = world.act(self.peer, |client, now| client.send(now, message));
        self.sends.insert(send, (uid, None));
    }

    pub(crate) fn join(&mut self, world: &mut World) {
        if self.roster.is_none() {
            let user = User::new(self.user(), format!("User {}", self.plan.user));
            self.joined = world.now();
            self.roster = world.act(self.peer, |client, now| {
                client
                    .join(now, &ROOM.into(), user, Default::default())
                    .ok()
            });
        }
    }

    pub(crate) fn leave(&mut self, world: &mut World) {
        if let Some(lease) = self.roster.take() {
            world.act(self.peer, |client, now| client.leave(now, lease));
        }
    }

    pub(crate) fn open_typing(&mut self, world: &mut World) {
        if self.typing.is_none() {
            let user = self.user();
            self.typing = world.act(self.peer, |client, now| {
                let options = Default::default();
                client
                    .open_typing(now, &ROOM.into(), user, "Someone", options)
                    .ok()
            });
        }
    }

    pub(crate) fn close_typing(&mut self, world: &mut World) {
        if let Some(lease) = self.typing.take() {
            world.act(self.peer, |client, now| client.close_typing(now, lease));
        }
    }

    /// Whether its link has been up and well for so long that every answer must have come.
    pub(crate) fn has_sound_link(&self, world: &World) -> bool {
        let connection = world.client(self.peer).connection();
        let since = self.sound_since(world);
        self.server.answers
            && connection.status == ConnectionStatus::Connected
            && self.are_sound(world)
            && (world.now() - since).as_secs() >= 9
    }

    /// Since when its link has been as it is.
    pub(crate) fn sound_since(&self, world: &World) -> Instant {
        world
            .client(self.peer)
            .connection()
            .since
            .max(self.disturbed)
    }

    /// Whether the answer to an edit waits in the socket of a client that has slept: the server has
    /// carried it out, and nothing has happened to the link.
    pub(crate) fn answer_waits(&self, world: &World, model: &Model, uid: u32) -> bool {
        let link = world.link(self.peer);
        self.server.answers
            && link.state() == LinkState::Up
            && link.has_arrivals()
            && times(model, uid) > 0
    }

    /// Takes in what has become of what was sent, and what was heard. `woke` if the machine has woken
    /// this very moment.
    pub(crate) fn collect(
        &mut self,
        world: &mut World,
        model: &Model,
        breaches: &mut Vec<Breach>,
        woke: bool,
    ) {
        let sound = self.has_sound_link(world);
        let waits = |app: &Self, world: &World, uid| woke && app.answer_waits(world, model, uid);
        for (send, result) in world.take_settled(self.peer) {
            let Some(uid) = self.sends.get(&send).map(|(uid, _)| *uid) else {
                continue;
            };
            let too_soon = waits(self, world, uid) && matches!(result, Err(SendError::Timeout));
            let Some((uid, outcome)) = self.sends.get_mut(&send) else {
                continue;
            };
            if too_soon {
                let what = format!(
                    "client {}: send {uid} timed out on waking, and its answer waits",
                    self.number
                );
                breaches.push(Breach::new(BreachKind::Unsettled, what));
            }
            if sound && matches!(result, Err(SendError::Timeout)) {
                let what = format!(
                    "client {}: send {uid} timed out on a sound link",
                    self.number
                );
                breaches.push(Breach::new(BreachKind::Unsettled, what));
            }
            if outcome.replace(result).is_some() {
                let what = format!("client {}: the send of {uid} settled twice", self.number);
                breaches.push(Breach::new(BreachKind::Doubled, what));
            }
        }
        for (listener, event) in world.take_events(self.peer) {
            let said: Result<Value, DecodeError> = event.parse();
            let uid = said.ok().and_then(|said| said["item"]["id"].as_u64());
            let Some(uid) = uid.and_then(|uid| u32::try_from(uid).ok()) else {
                continue;
            };
            let times = self.heard.entry((listener, uid)).or_default();
            *times += 1;
            if *times == 2 {
                let what = format!(
                    "client {}: a listener heard message {uid} twice",
                    self.number
                );
                breaches.push(Breach::new(BreachKind::Doubled, what));
            }
        }
        for (_, event) in world.take_presence(self.peer) {
            if let PresenceEvent::Left(member) = event {
                self.left.insert(member.user.id.clone());
            }
        }
        world.take_faults(self.peer);
        world.take_changes(self.peer);
    }
}

/// Watches a query as a component would.
fn observe(
    client: &mut Client,
    now: Instant,
    query: Query,
    (server, policy, keeps): (ServerPlan, Policy, Keeps),
    options: &QueryOptions,
) -> ObserverId {
    let key = query.key();
    let on = |channel: &str| Some(ChannelName::from(channel));
    let observed = match query {
        Query::Tasks => {
            let spec =
                ListSpec::new(on("tasks")).with_options(Task::options(server.sorted, policy));
            client.observe_list(now, &key, list(spec, keeps), options)
        }
        Query::Board => {
            let spec = ListSpec::new(None)
                .with_event("board:update")
                .with_options(Task::options(true, policy));
            client.observe_list(now, &key, list(spec, keeps), options)
        }
        Query::Chat => {
            let spec = ListSpec::<Chat>::new(on("chat"));
            client.observe_list(now, &key, list(spec, keeps), options)
        }
        Query::Doc => {
            let spec = RecordSpec::<Doc>::new()
                .with_conflicts(policy.conflicts())
                .on("doc:set", on("doc"), Patch::replace())
                .on("doc:patch", on("doc"), Patch::merge(merge_patch));
            client.observe_record(now, &key, record(spec, keeps), options)
        }
        Query::Count => {
            let spec = RecordSpec::<i64>::new().on(
                "count:add",
                on("count"),
                Patch::reduce_as(|event: Value, old: Option<&i64>| {
                    Some(old? + event["by"].as_i64()?)
                }),
            );
            client.observe_record(now, &key, record(spec, keeps), options)
        }
        Query::Summary => {
            let spec = RecordSpec::<usize>::new().on(
                "list:update",
                on("tasks"),
                Patch::invalidate(key!["summary"]),
            );
            client.observe_record(now, &key, record(spec, keeps), options)
        }
    };
    observed.expect("six queries of one type each are within the limits")
}

/// What is done with the data of a query beside showing it.
#[derive(Clone, Copy, Debug)]
enum Keeps {
    Nothing,
    /// Other tabs begin with it.
    Gives,
    /// It is on the disk, too.
    Stores,
}

/// A list that is kept so.
fn list<T: ListItem>(spec: ListSpec<T>, keeps: Keeps) -> ListSpec<T> {
    match keeps {
        Keeps::Nothing => spec,
        Keeps::Gives => spec.with_seed(),
        Keeps::Stores => spec.with_persist(),
    }
}

/// The same for a record.
fn record<T>(spec: RecordSpec<T>, keeps: Keeps) -> RecordSpec<T>
where
    T: PartialEq + Serialize + DeserializeOwned + 'static,
{
    match keeps {
        Keeps::Nothing => spec,
        Keeps::Gives => spec.with_seed(),
        Keeps::Stores => spec.with_persist(),
    }
}
