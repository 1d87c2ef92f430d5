//! Whose client it is: tokens that are renewed or denied, and signing out.

use super::{Client, Fault};
use crate::{id::Generation, query::FetchError, time::Instant};

impl Client {
    /// Asks the app for a new token and shows it on the open link. Where the protocol has no way to
    /// say it there (Socket.IO), another socket takes the place of this one once the token is there,
    /// and the session is taken up again on it. Does nothing without a link: the next one begins with
    /// a new token anyway.
    pub fn renew_token(&mut self, now: Instant) {
        if self.connection.has_token() {
            self.connection.renew_token(now);
        } else if self.connection.is_open() && !self.codec.renews_tokens() {
            // Who the client is may also be in a cookie, which a new socket brings along.
            self.connection.reconnect(now);
        }
        self.settle(now);
    }

    /// The server asks for a new token.
    pub(super) fn token_expired(&mut self, now: Instant, generation: Generation) {
        self.connection.token_expired(now, generation);
    }

    /// The app has a token, or has none.
    pub(super) fn token(
        &mut self,
        now: Instant,
        generation: Generation,
        result: Result<Option<String>, FetchError>,
    ) {
        match result {
            Err(error) if is_denial(&error) => {
                self.connection.token_denied(now, generation, error.message);
            }
            Err(error) => {
                let message = error.message.to_string();
                if self.connection.is_renewing(generation) {
                    self.fault(Fault::Token(error));
                }
                self.connection.token_ready(now, generation, Err(message));
            }
            Ok(token) => self.connection.token_ready(now, generation, Ok(token)),
        }
    }

    /// The user signs out: leaves every room, closes the socket, settles everything that was sent
    /// ([`SendError::SignedOut`](crate::SendError::SignedOut)) and empties the cache, the rosters and
    /// the list of typists.
    ///
    /// Observers, leases and listeners stay, but have nothing, and nothing is fetched, until
    /// [`connect`](Self::connect) or [`reconnect`](Self::reconnect) begins the next session. That one
    /// is not a continuation: channels are not resumed, and an answer to this session is nobody's.
    pub fn sign_out(&mut self, now: Instant) {
        self.rooms.leave_all(now);
        self.settle(now);
        self.sign_out_mutations();
        self.outbox.sign_out(now);
        self.end_session();
        self.connection.disconnect(now);
        self.settle(now);
        self.channels.start_over();
        self.rooms.start_over(now);
        self.cache.sign_out(now);
        self.entries_start_over();
        self.dirty.mark_urgent();
        self.settle(now);
    }
}

/// Whether nobody is signed in, as far as the token provider knows. Any other answer of a server that
/// cannot be used (a page of a hotel's network, a 404 while it is deployed) says nothing about that.
fn is_denial(error: &FetchError) -> bool {
    !error.retryable && matches!(error.status, None | Some(401 | 403))
}
