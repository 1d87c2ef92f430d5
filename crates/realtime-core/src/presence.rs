//! Presence: who is in a room, whether they are available, and what they tell about themselves.
//!
//! A [`Roster`] is one user's view of one channel. It announces that user, keeps the other members
//! with all of their connections, and knows nothing of sockets: feed it what the channel says and
//! when the link comes and goes, send what it hands out, and wake it at its deadline.

mod announcer;
mod budget;
mod connections;
mod event;
mod idle;
mod member;
mod members;
mod message;
mod metadata;
mod options;
mod room;
mod stats;
mod status;
mod trust;
mod user;

pub use event::PresenceEvent;
pub use member::{Member, PresenceSnapshot};
pub use metadata::{Metadata, MetadataError};
pub use options::PresenceOptions;
pub use stats::PresenceStats;
pub use status::PresenceStatus;
pub use user::User;

use crate::{ChannelName, DecodeError, Ephemeral, Instant, object::ObjectWriter, time::earliest};
use announcer::{Announcer, Say};
use idle::IdleWatch;
use members::Members;
use message::{Diff, Leave, Update, read_leave, read_sync, read_update};
use room::Room;
use std::{cell::RefCell, rc::Rc};
use trust::Trust;

/// Sent by us: the whole of what we say of ourselves.
pub const ANNOUNCE: &str = "presence:announce";
/// Received: the whole of what a connection says of itself.
pub const UPDATE: &str = "presence:update";
/// Received: the whole room.
pub const SYNC: &str = "presence:sync";
/// Sent and received: somebody goes.
pub const LEAVE: &str = "presence:leave";

/// One user's view of who is in one channel.
///
/// Every call first catches up with what was due before `now`, so a late timer (a hidden tab, a
/// sleeping laptop) costs nothing but time. While the link is down nothing is queued: the present
/// state is announced when it is back.
///
/// *Ourselves.* We are a member from the start and never expire, whether or not the server tells
/// us about ourselves. Our other tabs count as connections of ours, never as peers. A report that we
/// left while we are here (another tab closed, on a server that does not tell tabs apart) is
/// answered with an announcement, at most once a second.
///
/// *Newcomers.* Where the server sends no snapshot, somebody new would see nobody until their next
/// heartbeat. So we announce ourselves again when somebody, or another connection of somebody,
/// appears: after half a second and a while that chance decides (up to 1 s, and 10 ms for each
/// member), at most once in five seconds, and not where a snapshot has come on this link.
///
/// *Joining.* Until the room's snapshot comes, changes are shown as they come and also parked; the
/// snapshot then replaces the room and the parked changes are applied over it, in order, in one step.
/// After 5 s without a snapshot the room counts as live, for servers that send none. Where a snapshot
/// may be an answer to an earlier announcement (on a resumed session, after a leave), changes are
/// parked for all of the 5 s and applied over each that comes.
///
/// *Silence.* A connection unheard of for 2.5 heartbeats of our own clock is dropped, to within a
/// quarter of a second, but not while the link is down or we are joining, and after a timer
/// that came more than 2 s late not before another 2 s, so that frames that waited are heard first.
///
/// ```
/// use realtime_core::{ChannelName, Instant, PresenceOptions, User, presence::Roster};
///
/// let now = Instant::from_millis(0);
/// let me = User::new("u1", "Ada");
/// let mut roster = Roster::new(ChannelName::from("room:1"), me, PresenceOptions::default());
/// roster.link_up(now);
/// let hello = roster.poll_outgoing().unwrap();
/// assert_eq!(hello.event, "presence:announce");
///
/// let lin = r#"{"members":[{"userId":"u2","user":{"id":"u2","name":"Lin"},"status":"away"}]}"#;
/// assert!(roster.receive(now, "presence:sync", lin)?);
/// let names: Vec<_> = roster.snapshot().members.iter().map(|m| m.user.name.clone()).collect();
/// assert_eq!(names, ["Ada".into(), "Lin".into()]);
/// # Ok::<(), realtime_core::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct Roster {
    channel: ChannelName,
    options: PresenceOptions,
    user: User,
    chosen: PresenceStatus,
    metadata: Option<Metadata>,
    idle: IdleWatch,
    announcer: Announcer,
    trust: Trust,
    members: Members,
    stats: PresenceStats,
    shown: RefCell<Option<(u64, Rc<PresenceSnapshot>)>>,
}

impl Roster {
    /// A roster of `channel` for `user`, with the link down.
    #[must_use]
    pub fn new(channel: ChannelName, user: User, options: PresenceOptions) -> Self {
        let user = user.cleaned();
        Self {
            channel,
            chosen: options.initial_status,
            metadata: None,
            idle: IdleWatch::default(),
            announcer: Announcer::new(&options),
            trust: Trust::default(),
            members: Members::new(user.clone(), &options),
            stats: PresenceStats::default(),
            shown: RefCell::default(),
            user,
            options,
        }
    }

    /// This roster with chance from this seed, which spreads what many say at once. Must differ between
    /// clients. Default: 0.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.announcer.set_rng(fastrand::Rng::with_seed(seed));
        self
    }

    /// A roster of the same channel, user and options that knows nobody and has said nothing.
    pub(crate) fn anew(&self) -> Self {
        let mut anew = Self::new(
            self.channel.clone(),
            self.user.clone(),
            self.options.clone(),
        );
        anew.announcer.set_rng(self.announcer.rng());
        anew
    }

    /// The channel it watches.
    #[must_use]
    pub fn channel(&self) -> &ChannelName {
        &self.channel
    }

    /// The user it announces.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The channel is subscribed on a fresh socket: announces us and waits for the room's snapshot.
    /// Also the way back after [`leave`](Self::leave).
    pub fn link_up(&mut self, now: Instant) {
        self.link_up_as(now, false);
    }

    /// The same; `resumed` if what the server had to say to us before may still come.
    pub(crate) fn link_up_as(&mut self, now: Instant, resumed: bool) {
        if self.trust.is_live() {
            self.members.journal.touch();
        }
        self.members.mark_stale();
        let again = resumed || self.trust.has_left();
        self.trust.join(now, again);
        self.catch_up(now);
        self.announcer.link_up(now);
    }

    /// The link is gone: the others are kept, and marked stale.
    pub fn link_down(&mut self, now: Instant) {
        self.catch_up(now);
        self.announcer.link_down();
        self.go_down(false);
    }

    /// We go (unmounted, page closed): says goodbye once if anybody knows of us, and stops all timers.
    pub fn leave(&mut self, now: Instant) {
        self.catch_up(now);
        self.announcer.leave();
        self.go_down(true);
    }

    /// Takes an event of the channel: `presence:update`, `presence:leave` or `presence:sync`. Others
    /// are counted and ignored. True if anything visible changed.
    ///
    /// # Errors
    /// If `data` cannot be read; then nothing has changed but what was due anyway, which
    /// [`revision`](Self::revision) tells.
    pub fn receive(&mut self, now: Instant, event: &str, data: &str) -> Result<bool, DecodeError> {
        let before = self.revision();
        self.catch_up(now);
        if self.trust.has_left() {
            self.stats.after_leave += 1;
        } else {
            self.read(now, event, data)
                .inspect_err(|_| self.stats.malformed += 1)?;
        }
        Ok(self.revision() != before)
    }

    /// The user chose a status; also a sign that they are at the keyboard.
    pub fn set_status(&mut self, now: Instant, status: PresenceStatus) {
        self.catch_up(now);
        self.idle.sign(now);
        if self.chosen != status {
            self.chosen = status;
            self.members.journal.touch();
        }
        self.tell_of_me(now);
    }

    /// Replaces what we tell about ourselves; `None` (or a JSON `null`) takes it back.
    pub fn set_metadata(&mut self, now: Instant, metadata: Option<Metadata>) {
        self.catch_up(now);
        self.metadata = metadata.filter(|metadata| !metadata.is_null());
        self.tell_of_me(now);
    }

    /// Our name or avatar changed. A roster is one user's: somebody else's id is counted and
    /// ignored, make a new roster for them.
    pub fn set_user(&mut self, now: Instant, user: User) {
        self.catch_up(now);
        if user.id == self.user.id {
            self.user = user.cleaned();
            self.tell_of_me(now);
        } else {
            self.stats.refused_users += 1;
        }
    }

    /// The user touched something; brings an idle user back.
    pub fn activity(&mut self, now: Instant) {
        self.catch_up(now);
        self.idle.sign(now);
        self.tell_of_me(now);
    }

    /// The page was shown or hidden.
    pub fn set_visible(&mut self, now: Instant, visible: bool) {
        self.catch_up(now);
        self.idle.set_visible(now, visible);
        self.tell_of_me(now);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.catch_up(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called, if nothing happens before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        if self.trust.has_left() {
            return None;
        }
        [self.announcer.deadline(), self.trust.deadline()]
            .into_iter()
            .fold(self.idle.deadline(&self.options), earliest)
    }

    /// What is to be sent next.
    pub fn poll_outgoing(&mut self) -> Option<Ephemeral> {
        let say = self.announcer.poll()?;
        let mut data = ObjectWriter::default();
        data.text("channel", Some(&self.channel));
        Some(match say {
            Say::Hello => {
                self.stats.announced += 1;
                let me = self.members.me();
                data.raw("user", &me.user.to_json());
                data.text("status", Some(me.status.as_str()));
                if let Some(metadata) = &me.metadata {
                    data.raw("metadata", metadata.as_json());
                }
                Ephemeral::new(ANNOUNCE, data)
            }
            Say::Farewell => {
                self.stats.farewells += 1;
                data.text("userId", Some(&self.user.id));
                Ephemeral::new(LEAVE, data)
            }
        })
    }

    /// What happened next to another member. Bounded: see
    /// [`PresenceOptions::max_events`].
    pub fn poll_event(&mut self) -> Option<PresenceEvent> {
        self.members.journal.poll()
    }

    /// Grows whenever anything in the [`snapshot`](Self::snapshot) changes.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.members.journal.revision()
    }

    /// Everybody, now: the same `Rc` as before if nothing changed.
    #[must_use]
    pub fn snapshot(&self) -> Rc<PresenceSnapshot> {
        let mut shown = self.shown.borrow_mut();
        let revision = self.revision();
        if let Some((of, snapshot)) = &*shown
            && *of == revision
        {
            return Rc::clone(snapshot);
        }
        let before = shown.as_ref().map(|(_, snapshot)| &**snapshot);
        let snapshot = Rc::new(self.take_snapshot(before));
        *shown = Some((revision, Rc::clone(&snapshot)));
        snapshot
    }

    /// What it has seen, done and refused so far.
    #[must_use]
    pub fn stats(&self) -> PresenceStats {
        PresenceStats {
            events_dropped: self.members.journal.dropped(),
            ..self.stats
        }
    }

    fn catch_up(&mut self, now: Instant) {
        if self.trust.has_left() {
            return;
        }
        self.trust.notice_lateness(now, self.next_deadline());
        self.idle.advance(now, &self.options);
        self.tell_of_me(now);
        self.stats.reannounced += u64::from(self.announcer.advance(now));
        if self.trust.give_up_waiting(now) {
            self.members.journal.touch();
            self.reckon_expiry(now);
        }
        if self.trust.expiry_due(now) {
            let expiry = self.options.expiry();
            self.members.expire(now, expiry, &mut self.stats);
            self.reckon_expiry(now);
        }
    }

    fn read(&mut self, now: Instant, event: &str, data: &str) -> Result<(), DecodeError> {
        match event {
            UPDATE => {
                let update = read_update(now, data, &mut self.stats)?;
                self.stats.updates += 1;
                self.update(now, update);
            }
            LEAVE => {
                let leave = read_leave(data)?;
                self.stats.leaves += 1;
                self.remove(now, leave);
            }
            SYNC => {
                let mut room = Room::new(&self.options);
                let (members, options) = (&mut self.members, &self.options);
                read_sync(now, data, &mut self.stats, &mut |row, stats| {
                    room.update(row, members, options, stats);
                })?;
                self.stats.syncs += 1;
                self.replace(now, room);
            }
            _ => self.stats.unknown_events += 1,
        }
        Ok(())
    }

    fn update(&mut self, now: Instant, update: Update) {
        self.trust.park(
            || Diff::Update(update.clone()),
            &self.options,
            &mut self.stats,
        );
        let is_new = self.members.update(update, &self.options, &mut self.stats);
        if is_new && !self.trust.is_told() {
            self.announcer.announce_early(now, self.members.count());
        }
        self.trust.expect_expiry(now + self.options.expiry());
    }

    fn remove(&mut self, now: Instant, leave: Leave) {
        self.members.leave(&leave, &mut self.stats);
        if leave.user_id == self.user.id && self.members.nobody_knows_us() {
            self.stats.healed += u64::from(self.announcer.heal(now));
        }
        self.trust
            .park(|| Diff::Leave(leave), &self.options, &mut self.stats);
    }

    fn replace(&mut self, now: Instant, mut room: Room) {
        for diff in self.trust.parked() {
            room.apply(diff, &mut self.members, &self.options, &mut self.stats);
        }
        self.members.replace(room);
        self.announcer.skip_early();
        if self.trust.synced() {
            self.members.journal.touch();
        }
        self.reckon_expiry(now);
    }

    fn go_down(&mut self, left: bool) {
        if self.trust.is_live() {
            self.members.journal.touch();
        }
        self.trust.go_down(left);
        self.members.mark_stale();
    }

    fn tell_of_me(&mut self, now: Instant) {
        let status = self.status();
        let metadata = self.metadata.as_ref();
        if self.members.set_me(&self.user, status, metadata) {
            self.announcer.changed(now);
        }
    }

    /// Only an online user is away for being idle: the other two were chosen to stay.
    fn status(&self) -> PresenceStatus {
        if self.idle.is_idle() && self.chosen == PresenceStatus::Online {
            PresenceStatus::Away
        } else {
            self.chosen
        }
    }

    fn reckon_expiry(&mut self, now: Instant) {
        let heard = self.members.oldest_heard();
        self.trust.reckon_expiry(now, heard, self.options.expiry());
    }

    fn take_snapshot(&self, before: Option<&PresenceSnapshot>) -> PresenceSnapshot {
        let members: Vec<_> = self.members.iter().cloned().collect();
        let online: Vec<_> = members
            .iter()
            .filter(|member| member.status == PresenceStatus::Online)
            .cloned()
            .collect();
        PresenceSnapshot {
            members: same_or_new(before.map(|before| &before.members), members),
            online: same_or_new(before.map(|before| &before.online), online),
            my_status: self.members.me().status,
            chosen_status: self.chosen,
            live: self.trust.is_live(),
        }
    }
}

/// Keeps the old slice if the new one holds the same pointers.
fn same_or_new(old: Option<&Rc<[Rc<Member>]>>, new: Vec<Rc<Member>>) -> Rc<[Rc<Member>]> {
    match old {
        Some(old)
            if old.len() == new.len() && old.iter().zip(&new).all(|(a, b)| Rc::ptr_eq(a, b)) =>
        {
            Rc::clone(old)
        }
        _ => new.into(),
    }
}
