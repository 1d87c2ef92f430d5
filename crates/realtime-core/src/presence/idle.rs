//! Idleness: whether the user is at the keyboard, and when that makes them away.

use super::PresenceOptions;
use crate::{Instant, time::earliest};

/// Watches input and visibility. Survives reconnects untouched: an idle user stays idle, and an
/// active one keeps the time they have left.
#[derive(Debug, Default)]
pub(super) struct IdleWatch {
    /// The last sign of the user; `None` until the first call, as a roster starts without a clock.
    last_sign: Option<Instant>,
    hidden_since: Option<Instant>,
    idle: bool,
}

impl IdleWatch {
    pub(super) fn is_idle(&self) -> bool {
        self.idle
    }

    /// The user did something.
    pub(super) fn sign(&mut self, now: Instant) {
        self.last_sign = Some(now);
        self.idle = false;
    }

    /// The page was hidden or shown; showing it is a sign of the user.
    pub(super) fn set_visible(&mut self, now: Instant, visible: bool) {
        if visible {
            self.hidden_since = None;
            self.sign(now);
        } else if self.hidden_since.is_none() {
            self.hidden_since = Some(now);
        }
    }

    /// Starts the watch if this is the first that is heard of the time, and sees what is due.
    pub(super) fn advance(&mut self, now: Instant, options: &PresenceOptions) {
        self.last_sign.get_or_insert(now);
        if self.deadline(options).is_some_and(|due| due <= now) {
            self.idle = true;
        }
    }

    /// When the user will count as idle if nothing happens.
    pub(super) fn deadline(&self, options: &PresenceOptions) -> Option<Instant> {
        if self.idle {
            return None;
        }
        let last_sign = self.last_sign?;
        let without_input = options.idle_after.map(|after| last_sign + after);
        let hidden = self
            .hidden_since
            .zip(options.hidden_after)
            .map(|(since, after)| since.max(last_sign) + after);
        earliest(without_input, hidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    fn idle_at(watch: &mut IdleWatch, seconds: u64) -> bool {
        watch.advance(at(seconds), &PresenceOptions::default());
        watch.is_idle()
    }

    #[test]
    fn five_minutes_without_input_are_idle_and_input_ends_it() {
        let mut watch = IdleWatch::default();
        assert!(!idle_at(&mut watch, 10));
        assert!(!idle_at(&mut watch, 309));
        assert!(idle_at(&mut watch, 310));
        watch.sign(at(311));
        assert!(!idle_at(&mut watch, 312));
    }

    #[test]
    fn a_minute_hidden_is_idle_and_showing_the_page_ends_it() {
        let mut watch = IdleWatch::default();
        watch.sign(at(0));
        watch.set_visible(at(10), false);
        watch.set_visible(at(30), false);
        assert!(!idle_at(&mut watch, 69));
        assert!(idle_at(&mut watch, 70));
        watch.set_visible(at(80), true);
        assert!(!idle_at(&mut watch, 379));
        assert!(idle_at(&mut watch, 380));
    }

    #[test]
    fn a_sign_of_the_user_counts_even_while_the_page_is_hidden() {
        let mut watch = IdleWatch::default();
        watch.sign(at(0));
        watch.set_visible(at(0), false);
        assert!(idle_at(&mut watch, 60));
        watch.sign(at(100));
        assert!(!idle_at(&mut watch, 159));
        assert!(idle_at(&mut watch, 160));
    }

    #[test]
    fn both_can_be_turned_off() {
        let options = PresenceOptions::default()
            .with_idle_after(None)
            .with_hidden_after(None);
        let mut watch = IdleWatch::default();
        watch.set_visible(at(0), false);
        watch.advance(at(1) + Duration::from_secs(1_000_000), &options);
        assert!(!watch.is_idle());
        assert_eq!(watch.deadline(&options), None);
    }
}
