//! Initial data: what an entry begins with, from the app or from a seed, until it is known to be current.

use super::{
    Feed,
    entry::Entry,
    fetching::{Fetched, Phase},
    fold,
    resource::BindingIndex,
};
use crate::{
    channel::Continuity,
    error::DecodeError,
    id::{History, Position},
    seed::{Body, Fit, Frame, Seeding},
    time::Instant,
};
use std::time::Duration;

/// What an entry begins with.
pub(crate) enum Initial<'a> {
    /// What the app has.
    Fetched(Fetched),
    /// What a seed brings.
    Seed(Restoring<'a>),
}

/// What a seed brings, and how it is put in: by a pointer, so that only those carry it who take seeds in.
pub(crate) struct Restoring<'a> {
    seeding: &'static Seeding,
    frame: Frame<'a>,
    fit: Fit,
    restore: fn(&mut Entry, Instant, &Seeding, Frame<'_>, Fit) -> Result<bool, DecodeError>,
}

impl<'a> Initial<'a> {
    /// What a seed brings.
    pub(crate) const fn seed(seeding: &'static Seeding, frame: Frame<'a>, fit: Fit) -> Self {
        Self::Seed(Restoring {
            seeding,
            frame,
            fit,
            restore: Entry::restore,
        })
    }
}

impl Entry {
    /// Puts in what was there before anything was fetched, unless there is something already or on its
    /// way. Says whether people see it.
    pub(super) fn begin_with(
        &mut self,
        now: Instant,
        initial: Initial<'_>,
    ) -> Result<bool, DecodeError> {
        if self.resource.has_data() || matches!(self.phase, Phase::InFlight(_)) {
            return Ok(false);
        }
        match initial {
            // It counts as fetched now, as far as no events are missing from it.
            Initial::Fetched(fetched) => {
                let visible = self.resource.land(now, fetched.data)?;
                self.updated_at = Some(now);
                if let (Feed::Channel(channel), Some(position)) = (&self.feed, fetched.position) {
                    self.seen = Some(position.clone());
                    self.as_of = Some(position.clone());
                    self.initial = vec![(channel.clone(), position)];
                }
                Ok(visible)
            }
            Initial::Seed(seed) => (seed.restore)(self, now, seed.seeding, seed.frame, seed.fit),
        }
    }

    /// Fills the entry from a seed. What it brings is stale until the server has said that it is not.
    fn restore(
        &mut self,
        now: Instant,
        seeding: &Seeding,
        frame: Frame<'_>,
        fit: Fit,
    ) -> Result<bool, DecodeError> {
        let body = (seeding.read)(self.resource.as_any_mut(), now, frame.body.get())?;
        let age = u64::try_from(frame.age.as_millis()).unwrap_or(u64::MAX);
        let taken = now.as_millis().checked_sub(age);
        self.updated_at = taken.map(Instant::from_millis).filter(|_| fit == Fit::Full);
        self.is_restored = true;
        if fit == Fit::Full {
            if let Feed::Channel(channel) = &self.feed {
                let mut positions = frame.positions.iter();
                let own = positions.find(|(of, _)| of == channel);
                let own = own.map(|(_, position)| position.clone());
                self.seen = own.clone();
                self.as_of = own;
            }
            self.initial = frame.positions;
        }
        if self.initial.is_empty() {
            // Nobody can tell whether the server has begun to count versions anew since.
            self.resource.begin_history(History::Doubted);
        }
        let stale_time = self.observers.stale_time();
        if !self.is_stale_for(now, stale_time) {
            self.drop_demand();
        }
        Ok(body == Body::Filled)
    }

    /// Whether the initial data is current, or what has changed since is on its way, now that the
    /// channels have said this of the time before.
    pub(super) fn resumes(&self, continuity: Continuity, position: Option<&Position>) -> bool {
        if self.initial.is_empty() || matches!(self.phase, Phase::InFlight(_)) {
            return false;
        }
        match &self.feed {
            Feed::None => false,
            Feed::Channel(_) => {
                matches!(continuity, Continuity::Recovered { .. } | Continuity::Fresh)
                    && (self.as_of.as_ref().zip(position))
                        .is_some_and(|(initial, position)| fold::covers(initial, position))
            }
            Feed::Several => matches!(continuity, Continuity::Recovered { .. }),
        }
    }

    /// The initial data is known to be current, or what has changed since is on its way: nothing need
    /// be fetched for its sake.
    pub(super) fn keep_initial(&mut self, now: Instant) {
        self.unproven = false;
        self.updated_at = Some(now);
        self.resource.confirm();
        if self.invalidations == self.answered {
            self.drop_demand();
        }
    }

    /// Where the data came from does not matter any more.
    pub(super) fn forget_origin(&mut self) {
        self.initial.clear();
        self.is_restored = false;
    }

    /// The data as it goes into a seed, and how old it is; `None` if there is none, or it is not to.
    pub(super) fn seed_data(&self, now: Instant) -> Option<(String, Duration)> {
        let seeding = self.seeding.filter(|_| self.resource.has_data())?;
        let data = (seeding.write)(self.resource.as_any())?;
        let age = self
            .updated_at
            .map_or(Duration::MAX, |at| now.saturating_since(at));
        Some((data, age))
    }

    /// Whether the data has all events of its channels up to where those stand.
    pub(super) fn is_whole(&self) -> bool {
        let bindings = self.feeding.bindings().len();
        let is_idempotent = |index| self.resource.is_idempotent(BindingIndex::new(index));
        // Of several channels one may be resumed from before where this entry left it.
        let may_overlap = self.feed != Feed::Several || (0..bindings).all(is_idempotent);
        may_overlap
            && !self.unproven
            && self.invalidations == self.answered
            && self.event_error.is_none()
    }
}
