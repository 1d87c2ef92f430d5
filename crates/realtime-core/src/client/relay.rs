//! Relay: what the leader's client is to the tabs that follow it: a small server, whatever the real one
//! speaks.
//!
//! A tab that follows subscribes, sends and is answered over a link, by the JSON envelope. The relay
//! takes leases on its channels, gives events on under the positions they have (or, where the server
//! has none, under its own), sends messages by the leader's outbox under the ids that they came with,
//! and speaks for the user of all tabs as one person.

mod answers;
mod followers;
mod frames;
mod history;
mod persons;
mod rosters;

use super::{
    Output,
    part::{Context, Happening, Part},
};
use crate::{
    channel::GapReason,
    ephemeral::Ephemeral,
    error::ServerError,
    id::{ChannelName, EventName, MessageId},
    ordered::{OrderedMap, OrderedSet},
    outbox::{Delivery, Message, ReliableOptions, SendError, SendId},
    presence,
    tabs::{LinkAct, TabId, ToTabs},
    time::Instant,
    typing,
    wire::EventFrame,
};
use answers::Answers;
use followers::Followers;
use frames::Said;
use history::History;
use persons::Persons;
use rosters::Rosters;
use std::{rc::Rc, time::Duration};

/// The links go, but may be opened anew.
const GOING: u16 = 1012;
/// The connection has ended, and is not sought.
const OVER: u16 = 4000;
/// How long the server may take to answer a message of another tab, which has a time of its own for
/// it; and how long it may wait to be sent.
const PATIENCE: Duration = Duration::from_secs(60);
/// For how long a new leader keeps events although nobody follows it yet: those that followed the one
/// before may have come less far.
const SETTLING: Duration = Duration::from_secs(60);
const LONGEST_ID: usize = 128;
/// Before the names of our own epochs.
const OWN_EPOCH: &str = "tab-";

/// What a relay has counted since it was made, and how many follow now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelayStats {
    /// Links now.
    pub links: usize,
    /// Frames that came over links.
    pub frames: u64,
    /// Frames dropped because no client would send them, or their link is closed.
    pub dropped: u64,
    /// Events given on, each once, however many tabs follow.
    pub events: u64,
    /// Messages sent for other tabs.
    pub messages: u64,
    /// Messages that were under way or answered already when they came again.
    pub repeated: u64,
    /// Channels that a tab went on with where it was.
    pub resumed: u64,
}

struct Sent {
    tab: TabId,
    id: MessageId,
}

/// The tabs that follow this one, and what is under way for them.
pub(super) struct Relay {
    /// Since when this tab leads, if it does.
    leads_since: Option<Instant>,
    is_up: bool,
    followers: Followers,
    rosters: Rosters,
    /// Messages of other tabs that are not answered yet.
    sends: OrderedMap<SendId, Sent>,
    by_id: OrderedMap<MessageId, SendId>,
    answers: Answers,
    /// Sends whose outcome is nobody's business.
    own: OrderedSet<SendId>,
}

impl Part for Relay {
    fn new(context: &mut Context<'_>) -> Self {
        Self {
            leads_since: None,
            is_up: context.link.is_open(),
            followers: Followers::new(),
            rosters: Rosters::default(),
            sends: OrderedMap::new(),
            by_id: OrderedMap::new(),
            answers: Answers::default(),
            own: OrderedSet::new(),
        }
    }

    fn handle(&mut self, happening: &Happening<'_>, context: &mut Context<'_>) -> bool {
        match *happening {
            Happening::Up => {
                self.is_up = true;
                self.followers.open(context);
            }
            Happening::Down => self.down(GOING, context),
            Happening::Ended => self.down(OVER, context),
            Happening::Settled(send, result) => return self.settled(send, result, context),
            _ if self.leads_since.is_none() => {}
            Happening::ChannelUp { channel, resumed } => {
                let lost = self.followers.channel_up(channel, resumed, context);
                self.close_all(&lost, context);
            }
            Happening::ChannelDown(channel) => self.followers.channel_down(channel, context),
            // A hole, or another epoch, they see themselves.
            Happening::Gap(channel, GapReason::Short { .. } | GapReason::Rewound) => {
                let lost = self.followers.in_the_dark(channel);
                self.close_all(&lost, context);
            }
            Happening::Event(channel, frame) => return self.event(channel, frame, context),
            Happening::Stray(frame) if self.followers.has_open() => {
                let frame = frames::event_frame(frame, frame.channel.as_deref(), None);
                self.followers.broadcast(frame, context);
            }
            Happening::Timeout => self.followers.due(context),
            Happening::SignedOut => self.stop(context),
            _ => {}
        }
        false
    }

    fn poll(&mut self, _: &mut Context<'_>) -> bool {
        false
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.followers.next_deadline()
    }
}

impl Relay {
    /// Serves the tabs that follow from now on, those that come in this term.
    pub(super) fn lead(&mut self, id: &TabId, term: u64, context: &mut Context<'_>) {
        self.stop(context);
        self.leads_since = Some(context.turn.now);
        self.is_up = context.link.is_open();
        self.followers.history = History::new(format!("{OWN_EPOCH}{id}-{term}"));
        context.link.speaks_for_all = Some(Box::<Persons>::default());
        // Those that followed the last leader go on from where it was.
        let channels = context.link.channels.positions();
        for (channel, position) in channels {
            self.followers.history.position(channel, position);
        }
    }

    /// What has been counted so far.
    pub(super) fn stats(&self) -> RelayStats {
        RelayStats {
            links: self.followers.len(),
            ..self.followers.stats
        }
    }

    /// Serves nobody any more.
    pub(super) fn stop(&mut self, context: &mut Context<'_>) {
        self.leads_since = None;
        context.link.speaks_for_all = None;
        for tab in self.followers.tabs() {
            self.drop_follower(&tab, context);
        }
        self.followers.history.clear();
        self.rosters.clear();
        self.answers = Answers::default();
    }

    pub(super) fn said(
        &mut self,
        tab: &TabId,
        link: u64,
        act: &LinkAct,
        context: &mut Context<'_>,
    ) {
        if self.leads_since.is_none() {
            return;
        }
        let known = self.followers.link(tab);
        let is_current = known.is_some_and(|(of, _)| of == link);
        match act {
            LinkAct::Open => self.open(tab, link, context),
            LinkAct::Frame(frame) if is_current => self.frame(tab, frame, context),
            LinkAct::Close if is_current => self.drop_follower(tab, context),
            LinkAct::Frame(_) => {
                // Given up while it was silent: it is to open another.
                self.followers.stats.dropped += 1;
                let (tab, code) = (tab.clone(), GOING);
                let closed = ToTabs::Closed { tab, link, code };
                context.turn.push(Output::Tabs(closed));
            }
            LinkAct::Close => {}
        }
    }

    fn open(&mut self, tab: &TabId, link: u64, context: &mut Context<'_>) {
        self.drop_follower(tab, context);
        self.followers.add(tab, link);
        if self.is_up {
            self.followers.open(context);
        } else if context.link.is_over() {
            // Somebody wants it again.
            context.link.connection.reconnect(context.turn.now);
        }
    }

    /// The link to the server is gone: so are those to us. What was under way, they send again.
    fn down(&mut self, code: u16, context: &mut Context<'_>) {
        self.is_up = false;
        if let Some(person) = &mut context.link.speaks_for_all {
            person.start_over();
        }
        self.rosters.clear();
        self.by_id.clear();
        while let Some((send, _)) = self.sends.pop_first() {
            self.own.insert(send);
        }
        for send in self.own.iter() {
            context.link.outbox.cancel(*send);
        }
        // One that waits for the link may go on doing so, unless none will come.
        let mut tabs = self.followers.tabs();
        let is_open = |tab: &TabId| self.followers.link(tab).is_some_and(|(_, is_open)| is_open);
        tabs.retain(|tab| code == OVER || is_open(tab));
        for tab in tabs {
            self.close(&tab, code, context);
        }
    }

    /// Something is lost that these cannot see: on another link they find out.
    fn close_all(&mut self, tabs: &[TabId], context: &mut Context<'_>) {
        for tab in tabs {
            self.close(tab, GOING, context);
        }
    }

    /// A tab is silent, and given up; if it comes back, it finds its link closed.
    pub(super) fn gone(&mut self, tab: &TabId, context: &mut Context<'_>) {
        self.close(tab, GOING, context);
    }

    fn close(&mut self, tab: &TabId, code: u16, context: &mut Context<'_>) {
        if let Some((link, _)) = self.followers.link(tab) {
            let tab = tab.clone();
            let closed = ToTabs::Closed { tab, link, code };
            context.turn.push(Output::Tabs(closed));
        }
        self.drop_follower(tab, context);
    }

    /// What it wanted is given up. What it has sent goes its way, but nobody waits for the answer.
    fn drop_follower(&mut self, tab: &TabId, context: &mut Context<'_>) {
        if !self.followers.remove(tab, context) {
            return;
        }
        let person = context.link.speaks_for_all.as_mut();
        let said = person.map_or_else(Vec::new, |person| person.gone(tab));
        for (channel, ephemeral) in said {
            self.say(&channel, ephemeral, context);
        }
    }

    fn frame(&mut self, tab: &TabId, frame: &str, context: &mut Context<'_>) {
        let is_open = self.followers.link(tab).is_some_and(|(_, is_open)| is_open);
        let Some(said) = Said::read(frame).filter(|_| is_open) else {
            self.followers.stats.dropped += 1;
            return;
        };
        self.followers.stats.frames += 1;
        let id = said.id.as_deref();
        let channel = said.channel.as_deref().map(ChannelName::from);
        match (said.word(), channel) {
            ("ping", _) => self.followers.tell(tab, frames::pong_frame(id), context),
            ("pong", _) => {}
            ("auth", _) => {
                // The leader has shown its own.
                if let Some(id) = id {
                    self.followers
                        .tell(tab, frames::answer_frame(id, Ok("null")), context);
                }
            }
            ("subscribe", Some(channel)) => {
                if let Some(id) = id {
                    self.followers
                        .subscribe(tab, channel, id, said.data, context);
                }
            }
            ("unsubscribe", Some(channel)) => self.followers.unsubscribe(tab, &channel, context),
            (
                presence::ANNOUNCE | presence::LEAVE | typing::START | typing::STOP,
                Some(channel),
            ) => self.say_of_user(tab, &channel, said.event(), said.data, context),
            (_, channel) => self.message(tab, &said, channel, context),
        }
    }

    /// What a tab says of its user, who is one person in all tabs.
    fn say_of_user(
        &mut self,
        tab: &TabId,
        channel: &ChannelName,
        event: &str,
        data: &str,
        context: &mut Context<'_>,
    ) {
        let Some(person) = &mut context.link.speaks_for_all else {
            return;
        };
        let was_in = person.is_in(channel);
        let said = person.say(Some(tab), channel, event, data.to_owned());
        if event == presence::ANNOUNCE
            && was_in
            && let Some(members) = self.rosters.snapshot(channel)
        {
            let sync = frames::own_frame(presence::SYNC, channel, &members);
            self.followers.tell(tab, sync, context);
        }
        if let Some(ephemeral) = said {
            self.say(channel, ephemeral, context);
        }
    }

    fn say(&mut self, channel: &ChannelName, ephemeral: Ephemeral, context: &mut Context<'_>) {
        if ephemeral.event == presence::LEAVE {
            self.rosters.forget(channel);
        }
        let now = context.turn.now;
        self.own
            .insert(context.link.say_of_user(now, channel, ephemeral));
    }

    fn message(
        &mut self,
        tab: &TabId,
        said: &Said<'_>,
        channel: Option<ChannelName>,
        context: &mut Context<'_>,
    ) {
        let id = said.id.as_deref();
        if id.is_some_and(|id| id.len() > LONGEST_ID) {
            self.followers.stats.dropped += 1;
            return;
        }
        if let Some(id) = id {
            let under_way = self.by_id.get(id).and_then(|send| self.sends.get_mut(send));
            if let Some(sent) = under_way {
                sent.tab = tab.clone();
                self.followers.stats.repeated += 1;
                return;
            }
            if let Some(answer) = self.answers.get(id).map(str::to_owned) {
                self.followers.stats.repeated += 1;
                return self.followers.tell(tab, answer, context);
            }
        }
        let delivery = Delivery::Reliable(ReliableOptions {
            ack: id.is_some(),
            timeout: PATIENCE,
            ttl: PATIENCE,
        });
        let message = Message {
            event: EventName::from(said.event()),
            channel,
            data: said.data.to_owned(),
            delivery,
        };
        self.followers.stats.messages += 1;
        let now = context.turn.now;
        let id = id.map(MessageId::from);
        let send = context.link.send(now, message, id.clone());
        if let Some(id) = id {
            let tab = tab.clone();
            self.by_id.insert(id.clone(), send);
            self.sends.insert(send, Sent { tab, id });
        } else {
            self.own.insert(send);
        }
    }

    /// A send of the leader's outbox is over: whether it was one of another tab's.
    fn settled(
        &mut self,
        send: SendId,
        result: &Result<Rc<str>, SendError>,
        context: &mut Context<'_>,
    ) -> bool {
        let Some(Sent { tab, id }) = self.sends.remove(&send) else {
            return self.own.remove(&send);
        };
        self.by_id.remove(&*id);
        let (answer, is_of_server) = match result {
            Ok(data) => (frames::answer_frame(&id, Ok(data)), true),
            Err(SendError::Server(error)) => (frames::answer_frame(&id, Err(error)), true),
            Err(error) => match code_of(error) {
                Some(code) => {
                    let error = ServerError::new(code, error.to_string());
                    (frames::answer_frame(&id, Err(&error)), false)
                }
                // Its own client has a time for that.
                None => return true,
            },
        };
        self.followers.tell(&tab, answer.clone(), context);
        if is_of_server {
            self.answers.keep(id, answer);
        }
        true
    }

    /// An event of a channel in use; whether any tab gets it.
    fn event(&mut self, channel: &str, frame: &EventFrame<'_>, context: &mut Context<'_>) -> bool {
        self.rosters.hear(channel, &frame.event, &frame.data);
        let now = context.turn.now;
        let settles = self.leads_since.is_some_and(|since| now < since + SETTLING);
        if self.followers.len() == 0 && !settles {
            self.followers.history.clear();
            return false;
        }
        self.followers.event(channel, frame, context)
    }
}

/// The code for what the leader's outbox refused itself: nothing was done.
const fn code_of(error: &SendError) -> Option<&'static str> {
    match error {
        SendError::Overflow => Some("overflow"),
        SendError::Invalid(_) => Some("invalid_data"),
        SendError::TooLarge { .. } => Some("too_large"),
        SendError::Unsendable(_) => Some("unsendable"),
        _ => None,
    }
}
