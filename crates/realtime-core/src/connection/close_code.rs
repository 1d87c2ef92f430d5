//! Close codes: what each means for the next attempt, and what an app says of it instead.

use std::{fmt, rc::Rc};

/// We are done with this socket, and nothing was wrong.
pub(super) const NORMAL: u16 = 1000;
/// The socket took too long to open, to greet, or to answer. Registered with IANA as "Timeout".
pub(super) const TIMEOUT: u16 = 3008;
/// The server said something that makes no sense. A browser may not send the standard 1002.
pub(super) const PROTOCOL_ERROR: u16 = 4002;

/// What the client does after the server closed an open socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseAction {
    /// Stay away until the app calls `reconnect`.
    Stop,
    /// Try again with backoff.
    Retry,
    /// Try again, but at the slow pace: the server is overloaded.
    RetrySlowly,
    /// Try again with a fresh token; at the slow pace if the app has no token to give.
    RefreshToken,
}

impl CloseAction {
    /// The table of the protocol:
    ///
    /// | code | action |
    /// |---|---|
    /// | 1000, 4000–4099 | stop: the server does not want the client back |
    /// | 1003, 1007, 1009, 1010 | stop: what the client sends is not understood |
    /// | 1013, 4200–4299 | retry slowly |
    /// | 1008, 4109, 4300–4399 | refresh the token |
    /// | any other | retry |
    #[must_use]
    pub const fn for_code(code: u16) -> Self {
        match code {
            1000 | 1003 | 1007 | 1009 | 1010 | 4000..=4099 => Self::Stop,
            1013 | 4200..=4299 => Self::RetrySlowly,
            1008 | 4109 | 4300..=4399 => Self::RefreshToken,
            _ => Self::Retry,
        }
    }
}

type Override = dyn Fn(u16) -> Option<CloseAction>;

/// The app's own word on close codes; where it has none, [`CloseAction::for_code`] decides.
///
/// Two policies are equal if they are clones of one.
///
/// ```
/// use realtime_core::connection::{CloseAction, ClosePolicy};
///
/// // This server closes with 1000 on each deployment.
/// let policy = ClosePolicy::new(|code| (code == 1000).then_some(CloseAction::Retry));
/// assert_eq!(policy.action(1000), CloseAction::Retry);
/// assert_eq!(policy.action(4001), CloseAction::Stop);
/// ```
#[derive(Clone, Default)]
pub struct ClosePolicy(Option<Rc<Override>>);

impl ClosePolicy {
    /// A policy that asks `decide` first.
    pub fn new(decide: impl Fn(u16) -> Option<CloseAction> + 'static) -> Self {
        Self(Some(Rc::new(decide)))
    }

    /// What to do about `code`.
    #[must_use]
    pub fn action(&self, code: u16) -> CloseAction {
        self.0
            .as_ref()
            .and_then(|decide| decide(code))
            .unwrap_or_else(|| CloseAction::for_code(code))
    }
}

impl PartialEq for ClosePolicy {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(two)) => Rc::ptr_eq(one, two),
            _ => false,
        }
    }
}

impl fmt::Debug for ClosePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            None => "ClosePolicy(table)",
            Some(_) => "ClosePolicy(custom)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_protocols_table_holds() {
        use CloseAction::{RefreshToken, Retry, RetrySlowly, Stop};
        for (codes, action) in [
            (&[1000, 4000, 4099, 1003, 1007, 1009, 1010][..], Stop),
            (&[1013, 4200, 4299], RetrySlowly),
            (&[1008, 4109, 4300, 4399], RefreshToken),
            (
                &[1001, 1005, 1006, 1011, 1012, 1014, 4100, 4108, 4110, 4199],
                Retry,
            ),
            (&[0, 999, 1002, 1015, 3000, 4400, 4999, u16::MAX], Retry),
        ] {
            for code in codes {
                assert_eq!(CloseAction::for_code(*code), action, "code {code}");
            }
        }
    }
}
