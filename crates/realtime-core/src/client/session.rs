//! Whose client it is: signing out.

use super::Client;
use crate::time::Instant;

impl Client {
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
