//! Tabs: what the app's other tabs have this client do, and what it is to them.

use super::{
    Input,
    relay::{Relay, RelayStats},
    root::Root,
};
use crate::{
    key::QueryKey,
    seed::{Fit, Seed},
    tabs::{ForPage, LinkAct, Seat, TabId, TabOutput},
    wire::FrameRef,
};

/// What a tab has its client do, from [`Client::tabs`](crate::Client::tabs).
#[derive(Debug)]
pub struct ClientTabs<'a>(&'a mut Root);

impl<'a> ClientTabs<'a> {
    pub(super) const fn new(root: &'a mut Root) -> Self {
        Self(root)
    }

    /// Serves the tabs that follow, as the tab `id` in `term`; those that followed before are
    /// forgotten.
    fn lead(&mut self, id: &TabId, term: u64) {
        self.0
            .part(|relay: &mut Relay, context| relay.lead(id, term, context));
    }

    /// Serves nobody.
    fn stop(&mut self) {
        self.0.part(Relay::stop);
    }

    /// A tab that follows has done something with its link.
    fn said(&mut self, tab: &TabId, link: u64, act: &LinkAct) {
        self.0
            .part(|relay: &mut Relay, context| relay.said(tab, link, act, context));
    }

    /// A tab that followed is gone.
    fn gone(&mut self, tab: &TabId) {
        self.0
            .part(|relay: &mut Relay, context| relay.gone(tab, context));
    }

    /// Carries out what the tab wants of its client, and gives what remains for the page.
    pub fn carry_out(&mut self, seat: &mut Seat, output: TabOutput) -> Option<ForPage> {
        let now = self.0.turn.now;
        match output {
            TabOutput::Lock(lock) => return Some(ForPage::Lock(lock)),
            TabOutput::Post(text) => return Some(ForPage::Post(text)),
            TabOutput::Counted => return Some(ForPage::Told),
            TabOutput::SignOut => return Some(ForPage::SignOut),
            TabOutput::Changed => {
                // What it did not serve it serves no more, before it has another socket.
                self.stop();
                self.change_socket();
                if let Some((id, term)) = seat.leads() {
                    self.lead(&id, term);
                }
                return Some(ForPage::Told);
            }
            TabOutput::Opened(link) => {
                if let Some(generation) = seat.link(link) {
                    self.0.handle(Input::Opened { generation });
                }
            }
            TabOutput::Frame(link, frame) => {
                if let Some(generation) = seat.link(link) {
                    let frame = FrameRef::Text(&frame);
                    self.0.handle(Input::Frame { generation, frame });
                }
            }
            TabOutput::Closed(link, code) => {
                if let Some(generation) = seat.link(link) {
                    seat.closed();
                    self.0.handle(Input::Closed {
                        generation,
                        code,
                        reason: "the leading tab has no connection",
                        was_clean: true,
                    });
                }
            }
            TabOutput::Link { tab, link, does } => self.said(&tab, link, &does),
            TabOutput::Gone(tab) => self.gone(&tab),
            TabOutput::Wanted(tab) => {
                let seeds = self.0.export(now, &QueryKey::new(Vec::new()));
                seat.tab
                    .give(now, &tab, seeds.into_iter().map(|seed| seed.text));
            }
            TabOutput::Seed(text) => match Seed::from_text(text) {
                Ok(seed) => {
                    self.0.import(vec![seed], Fit::Full);
                }
                Err(error) => self.0.turn.refuse_seed(error),
            },
            TabOutput::Renew => {
                self.0.link.renew_token(now);
                self.0.settle();
            }
        }
        None
    }

    /// Takes another socket, as the one there is, or is being opened, is none of this tab's any more.
    fn change_socket(&mut self) {
        let now = self.0.turn.now;
        let root = &mut *self.0;
        root.link.end_session(&mut root.turn);
        if root.is_held() {
            root.connect();
        } else {
            root.store.cache.sign_in(now);
            root.link.connection.replace(now);
        }
        root.settle();
    }

    /// What has been counted so far.
    #[must_use]
    pub fn stats(&self) -> RelayStats {
        let relay = self.0.parts.get::<Relay>();
        relay.map_or_else(RelayStats::default, Relay::stats)
    }
}
