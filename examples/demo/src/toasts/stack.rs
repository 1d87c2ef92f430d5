//! Stack of short messages, and when each of them goes.

use std::time::Duration;
use yew::AttrValue;

/// How long a toast is shown.
const SHOWN_FOR: Duration = Duration::from_secs(6);
/// How many are shown at once; the oldest makes way.
const MOST: usize = 5;

/// How urgent a [`Toast`] is, and so how it looks and how a screen reader says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ToastKind {
    Info,
    Success,
    Warning,
    Error,
}

impl ToastKind {
    /// The word in the class name.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// What is read out at once is an alert.
    pub(super) const fn role(self) -> &'static str {
        match self {
            Self::Warning | Self::Error => "alert",
            Self::Info | Self::Success => "status",
        }
    }
}

/// A short message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toast {
    pub(super) kind: ToastKind,
    pub(super) text: AttrValue,
}

impl Toast {
    pub(crate) fn new(kind: ToastKind, text: impl Into<AttrValue>) -> Self {
        let text = text.into();
        Self { kind, text }
    }

    /// Something to know.
    pub(crate) fn info(text: impl Into<AttrValue>) -> Self {
        Self::new(ToastKind::Info, text)
    }

    /// Something went wrong.
    pub(crate) fn error(text: impl Into<AttrValue>) -> Self {
        Self::new(ToastKind::Error, text)
    }
}

/// The toasts that are shown, the oldest first. Times are those of the page's clock.
#[derive(Debug, Default)]
pub(super) struct Stack {
    entries: Vec<Entry>,
    is_paused: bool,
    /// Where the pointer was last told of on the stack.
    pointer: Option<(i32, i32)>,
    next: u64,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    toast: Toast,
    left: Left,
}

/// How long a toast has left.
#[derive(Clone, Copy, Debug)]
enum Left {
    Until(Duration),
    Paused(Duration),
}

impl Stack {
    pub(super) fn toasts(&self) -> impl Iterator<Item = (u64, &Toast)> {
        self.entries.iter().map(|entry| (entry.id, &entry.toast))
    }

    pub(super) fn push(&mut self, now: Duration, toast: Toast) {
        let left = match self.is_paused {
            true => Left::Paused(SHOWN_FOR),
            false => Left::Until(now + SHOWN_FOR),
        };
        let id = self.next;
        self.next += 1;
        self.entries.push(Entry { id, toast, left });
        let excess = self.entries.len().saturating_sub(MOST);
        self.entries.drain(..excess);
    }

    /// Takes a toast away. The pointer or focus that paused the stack may have rested on the very one
    /// that goes, and an element that is gone reports no leaving: so this resumes.
    pub(super) fn dismiss(&mut self, now: Duration, id: u64) {
        self.entries.retain(|entry| entry.id != id);
        self.resume(now);
    }

    /// Lets those go whose time is over.
    pub(super) fn expire(&mut self, now: Duration) {
        self.entries
            .retain(|entry| !matches!(entry.left, Left::Until(at) if at <= now));
    }

    /// Lets none go by itself: somebody is reading.
    pub(super) fn pause(&mut self, now: Duration) {
        self.is_paused = true;
        for entry in &mut self.entries {
            if let Left::Until(at) = entry.left {
                entry.left = Left::Paused(at.saturating_sub(now));
            }
        }
    }

    /// Lets them go by themselves again, each after the time it had left.
    pub(super) fn resume(&mut self, now: Duration) {
        self.is_paused = false;
        for entry in &mut self.entries {
            if let Left::Paused(left) = entry.left {
                entry.left = Left::Until(now + left);
            }
        }
    }

    /// The pointer is on the stack. Browsers also say so when the stack has come to the pointer, so
    /// only one that moves pauses.
    pub(super) fn point(&mut self, now: Duration, at: (i32, i32)) {
        if self.pointer.replace(at).is_some_and(|was| was != at) {
            self.pause(now);
        }
    }

    /// The pointer has left.
    pub(super) fn leave(&mut self, now: Duration) {
        self.pointer = None;
        self.resume(now);
    }

    /// When the next one goes by itself.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let until = |entry: &Entry| match entry.left {
            Left::Until(at) => Some(at),
            Left::Paused(_) => None,
        };
        self.entries.iter().filter_map(until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn shown(stack: &mut Stack, now: Duration) -> usize {
        stack.expire(now);
        stack.toasts().count()
    }

    #[test]
    fn a_toast_goes_by_itself_after_six_seconds() {
        let mut stack = Stack::default();
        assert_eq!(stack.deadline(), None);
        stack.push(seconds(1), Toast::info("Hello"));
        assert_eq!(stack.deadline(), Some(seconds(7)));
        assert_eq!(shown(&mut stack, Duration::from_millis(6_900)), 1);
        assert_eq!(shown(&mut stack, seconds(7)), 0);
        assert_eq!(stack.deadline(), None);
    }

    #[test]
    fn no_toast_goes_while_the_pointer_or_the_focus_is_on_the_stack() {
        for pointer in [true, false] {
            let mut stack = Stack::default();
            stack.push(seconds(0), Toast::info("Hello"));
            if pointer {
                stack.point(seconds(4), (10, 0));
                stack.point(seconds(4), (11, 0));
            } else {
                stack.pause(seconds(4));
            }
            assert_eq!(stack.deadline(), None);
            assert_eq!(shown(&mut stack, seconds(64)), 1);
            if pointer {
                stack.leave(seconds(64));
            } else {
                stack.resume(seconds(64));
            }
            assert_eq!(shown(&mut stack, seconds(65)), 1);
            assert_eq!(shown(&mut stack, seconds(66)), 0);
        }
    }

    #[test]
    fn a_toast_that_comes_under_a_pointer_at_rest_goes_by_itself() {
        let mut stack = Stack::default();
        for begin in [0, 10] {
            stack.push(seconds(begin), Toast::info("Hello"));
            stack.point(seconds(begin), (10, 0));
            stack.point(seconds(begin), (10, 0));
            assert_eq!(shown(&mut stack, seconds(begin + 7)), 0);
        }
        stack.push(seconds(20), Toast::info("Hello"));
        stack.point(seconds(20), (11, 0));
        assert_eq!(shown(&mut stack, seconds(80)), 1, "it has moved since");
    }

    #[test]
    fn an_error_is_an_alert_and_stays_until_it_is_dismissed() {
        let mut stack = Stack::default();
        stack.push(seconds(0), Toast::error("Broken"));
        stack.pause(seconds(0));
        let (id, kind) = stack
            .toasts()
            .map(|(id, toast)| (id, toast.kind))
            .next()
            .expect("it is there");
        assert_eq!(kind.role(), "alert");
        assert_eq!(shown(&mut stack, seconds(600)), 1, "somebody reads it");
        stack.dismiss(seconds(600), id);
        assert_eq!(shown(&mut stack, seconds(600)), 0);
    }

    #[test]
    fn a_flood_of_toasts_leaves_the_newest_five() {
        let mut stack = Stack::default();
        stack.push(seconds(0), Toast::error("Broken"));
        for _ in 0..5 {
            stack.push(seconds(0), Toast::info("Hello"));
        }
        let kinds: Vec<_> = stack.toasts().map(|(_, toast)| toast.kind).collect();
        assert_eq!(kinds, [ToastKind::Info; 5]);
    }
}
