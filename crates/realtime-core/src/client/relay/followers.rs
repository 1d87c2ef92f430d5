//! Followers: the tabs whose links are here, the channels they are subscribed to, and what they are told.

use super::{OWN_EPOCH, RelayStats, frames, frames::Wish, history::History};
use crate::{
    access::SubscribeOptions,
    channel::{ChannelState, LeaseId},
    client::{Output, link::Link, part::Context},
    error::ServerError,
    id::{ChannelName, Position},
    ordered::{OrderedMap, OrderedSet},
    tabs::{REVOKED, TabId, ToTabs},
    time::Instant,
    wire::EventFrame,
};
use std::time::Duration;

/// How long somebody waits who has come further than a new leader, which may be catching up.
const CATCHING_UP: Duration = Duration::from_secs(2);

/// A channel that a tab is subscribed to.
pub(super) struct Followed {
    lease: LeaseId,
    /// The `subscribe` that is not answered yet, and how far the tab had come.
    ask: Option<(String, Option<Position>)>,
    /// Whether it waits for us to come as far.
    is_ahead: bool,
}

pub(super) struct Follower {
    link: u64,
    is_open: bool,
    channels: OrderedMap<ChannelName, Followed>,
}

/// The tabs that follow, and how far what they get has come.
pub(super) struct Followers {
    by_tab: OrderedMap<TabId, Follower>,
    pub(super) history: History,
    pub(super) stats: RelayStats,
    /// Which of them have come further than we have, and until when they wait for us.
    ahead: OrderedSet<(Instant, TabId, ChannelName)>,
}

impl Followers {
    pub(super) fn new() -> Self {
        Self {
            by_tab: OrderedMap::new(),
            history: History::new(OWN_EPOCH.into()),
            stats: RelayStats::default(),
            ahead: OrderedSet::new(),
        }
    }

    /// When somebody has waited long enough for us to come as far as they have.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.ahead.first().map(|(at, ..)| *at)
    }

    /// Answers those who have.
    pub(super) fn due(&mut self, context: &mut Context<'_>) {
        let now = context.turn.now;
        while self.ahead.first().is_some_and(|(at, ..)| *at <= now)
            && let Some((_, tab, channel)) = self.ahead.pop_first()
        {
            self.answer(&tab, &channel, true, context);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_tab.len()
    }

    pub(super) fn tabs(&self) -> Vec<TabId> {
        self.by_tab.keys().cloned().collect()
    }

    /// The link of a tab, and whether it is open.
    pub(super) fn link(&self, tab: &TabId) -> Option<(u64, bool)> {
        let follower = self.by_tab.get(tab)?;
        Some((follower.link, follower.is_open))
    }

    pub(super) fn has_open(&self) -> bool {
        self.by_tab.values().any(|it| it.is_open)
    }

    /// A link that is not open yet.
    pub(super) fn add(&mut self, tab: &TabId, link: u64) {
        let follower = Follower {
            link,
            is_open: false,
            channels: OrderedMap::new(),
        };
        self.by_tab.insert(tab.clone(), follower);
    }

    /// Opens all links that wait for it.
    pub(super) fn open(&mut self, context: &mut Context<'_>) {
        let turn = &mut *context.turn;
        self.by_tab.visit_mut(|tab, follower| {
            if !std::mem::replace(&mut follower.is_open, true) {
                let (tab, link) = (tab.clone(), follower.link);
                turn.push(Output::Tabs(ToTabs::Opened { tab, link }));
            }
        });
    }

    /// Forgets a link, and gives up what it wanted; whether there was one.
    pub(super) fn remove(&mut self, tab: &TabId, context: &mut Context<'_>) -> bool {
        let Some(follower) = self.by_tab.remove(tab) else {
            return false;
        };
        for followed in follower.channels.values() {
            let channels = &mut context.link.channels;
            channels.release(context.turn.now, followed.lease);
        }
        true
    }

    pub(super) fn subscribe(
        &mut self,
        tab: &TabId,
        channel: ChannelName,
        id: &str,
        data: &str,
        context: &mut Context<'_>,
    ) {
        let Some(wish) = Wish::read(data) else {
            let error = ServerError::new("invalid_data", "the subscription could not be read");
            return self.tell(tab, frames::answer_frame(id, Err(&error)), context);
        };
        let mut options = SubscribeOptions::default();
        if let Some(params) = &wish.params {
            options = options.with_params(params);
        }
        if let Some(token) = &wish.token {
            options = options.with_token(token);
        }
        // The server knows nothing of our epochs.
        let since = wish.since.as_ref();
        let of_server = since.filter(|since| !since.epoch.starts_with(OWN_EPOCH));
        let (now, channels) = (context.turn.now, &mut context.link.channels);
        let lease = match channels.lease(now, &channel, &options, of_server) {
            Ok(lease) => lease,
            Err(error) => {
                let error = ServerError::new("not_subscribed", error.to_string());
                return self.tell(tab, frames::answer_frame(id, Err(&error)), context);
            }
        };
        let Some(follower) = self.by_tab.get_mut(tab) else {
            return channels.release(now, lease);
        };
        let ask = Some((id.to_owned(), wish.since));
        let followed = Followed {
            lease,
            ask,
            is_ahead: false,
        };
        if let Some(before) = follower.channels.insert(channel.clone(), followed) {
            channels.release(now, before.lease);
        }
        match channels.state(&channel) {
            Some(ChannelState::Live) => self.answer(tab, &channel, false, context),
            Some(ChannelState::Refused(error)) => self.refuse(tab, &channel, &error, context),
            _ => {}
        }
    }

    /// Answers the `subscribe` of a channel that is live. One who had come further than we have would
    /// take us for a server that has lost something, so what we lack may come first, unless it `has_waited`
    /// for that.
    fn answer(
        &mut self,
        tab: &TabId,
        channel: &ChannelName,
        has_waited: bool,
        context: &mut Context<'_>,
    ) {
        let follower = self.by_tab.get_mut(tab);
        let followed = follower.and_then(|it| it.channels.get_mut(channel));
        let Some(followed) = followed.filter(|it| it.ask.is_some()) else {
            return;
        };
        let server = context.link.channels.position(channel);
        let position = self.history.position(channel, server);
        let is_ahead = |since: &Position| since.epoch == position.epoch && since.seq > position.seq;
        let since = followed.ask.as_ref().and_then(|(_, since)| since.as_ref());
        if !has_waited && since.is_some_and(is_ahead) {
            if !std::mem::replace(&mut followed.is_ahead, true) {
                let until = context.turn.now + CATCHING_UP;
                self.ahead.insert((until, tab.clone(), channel.clone()));
            }
            return;
        }
        let Some((id, since)) = followed.ask.take() else {
            return;
        };
        let missed = since.and_then(|since| self.history.after(channel, &since));
        self.stats.resumed += u64::from(missed.is_some());
        let answer = frames::subscribed_frame(&id, channel, &position, missed.is_some());
        self.tell(tab, answer, context);
        for event in missed.unwrap_or_default() {
            self.tell(tab, event.as_ref().to_owned(), context);
        }
    }

    fn refuse(
        &mut self,
        tab: &TabId,
        channel: &ChannelName,
        error: &ServerError,
        context: &mut Context<'_>,
    ) {
        let follower = self.by_tab.get_mut(tab);
        let Some(followed) = follower.and_then(|it| it.channels.remove(channel)) else {
            return;
        };
        let frame = match &followed.ask {
            Some((id, _)) => frames::answer_frame(id, Err(error)),
            None => frames::own_frame(REVOKED, channel, &frames::refusal_json(error)),
        };
        self.tell(tab, frame, context);
        let channels = &mut context.link.channels;
        channels.release(context.turn.now, followed.lease);
    }

    pub(super) fn unsubscribe(
        &mut self,
        tab: &TabId,
        channel: &ChannelName,
        context: &mut Context<'_>,
    ) {
        let follower = self.by_tab.get_mut(tab);
        if let Some(followed) = follower.and_then(|it| it.channels.remove(channel)) {
            let channels = &mut context.link.channels;
            channels.release(context.turn.now, followed.lease);
        }
    }

    /// A channel is live, or may be. Gives those that have missed something they cannot see.
    pub(super) fn channel_up(
        &mut self,
        channel: &ChannelName,
        resumed: bool,
        context: &mut Context<'_>,
    ) -> Vec<TabId> {
        let channels = &context.link.channels;
        let is_live = channels.state(channel) == Some(ChannelState::Live);
        let server = channels.position(channel);
        let lost = if self.history.resume(channel, server, resumed && is_live) {
            Vec::new()
        } else {
            self.in_the_dark(channel)
        };
        if is_live {
            for tab in self.following(channel) {
                self.answer(&tab, channel, false, context);
            }
        }
        lost
    }

    pub(super) fn channel_down(&mut self, channel: &ChannelName, context: &mut Context<'_>) {
        if let Some(ChannelState::Refused(error)) = context.link.channels.state(channel) {
            for tab in self.following(channel) {
                self.refuse(&tab, channel, &error, context);
            }
        }
    }

    /// Those to whom nothing tells that events of this channel were lost.
    pub(super) fn in_the_dark(&self, channel: &ChannelName) -> Vec<TabId> {
        let mut tabs = self.following(channel);
        tabs.retain(|tab| {
            let follower = self.by_tab.get(tab);
            let followed = follower.and_then(|it| it.channels.get(channel));
            followed.is_some_and(|it| it.ask.is_none())
        });
        tabs
    }

    fn following(&self, channel: &str) -> Vec<TabId> {
        let all = self.by_tab.iter();
        let following = all.filter(|(_, it)| it.is_open && it.channels.contains_key(channel));
        following.map(|(tab, _)| tab.clone()).collect()
    }

    /// An event of a channel in use; whether any tab gets it.
    pub(super) fn event(
        &mut self,
        channel: &str,
        frame: &EventFrame<'_>,
        context: &mut Context<'_>,
    ) -> bool {
        let Some(channel) = context.link.channels.name(channel) else {
            return false;
        };
        let position = self.place(&channel, frame, context.link);
        let tabs = self.following(&channel);
        if tabs.is_empty() && position.is_none() {
            return false;
        }
        let text = frames::event_frame(frame, Some(&channel), position.as_ref());
        if position.is_some() {
            self.history.keep(&channel, &text);
        }
        match tabs.as_slice() {
            [] => return false,
            // The others need not read it.
            [tab] => self.tell(tab, text, context),
            _ => self.broadcast(text, context),
        }
        self.stats.events += 1;
        if !self.ahead.is_empty() {
            for tab in &tabs {
                self.answer(tab, &channel, false, context);
            }
        }
        true
    }

    /// The place of an event in the channel's history, as those who follow know it; what is only of
    /// the moment has none.
    fn place(
        &mut self,
        channel: &ChannelName,
        frame: &EventFrame<'_>,
        link: &Link,
    ) -> Option<Position> {
        let server = link.channels.position(channel);
        if let Some(seq) = frame.seq {
            let epoch = match (&frame.epoch, server) {
                (Some(epoch), _) => epoch.as_ref().into(),
                (None, Some(server)) => server.epoch.clone(),
                (None, None) => "".into(),
            };
            return self.history.place(channel, Some(&Position { epoch, seq }));
        }
        let is_ephemeral =
            frame.event.starts_with("presence:") || frame.event.starts_with("typing:");
        if is_ephemeral {
            return None;
        }
        self.history.position(channel, server);
        self.history.place(channel, None)
    }

    /// Says something to one tab, if its link is open.
    pub(super) fn tell(&self, tab: &TabId, frame: String, context: &mut Context<'_>) {
        let follower = self.by_tab.get(tab).filter(|it| it.is_open);
        if let Some(link) = follower.map(|it| it.link) {
            let tab = tab.clone();
            let frame = ToTabs::Frame { tab, link, frame };
            context.turn.push(Output::Tabs(frame));
        }
    }

    pub(super) fn broadcast(&self, frame: String, context: &mut Context<'_>) {
        let frame = ToTabs::Broadcast { frame };
        context.turn.push(Output::Tabs(frame));
    }
}
