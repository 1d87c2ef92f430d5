//! Epilogues: what goes wrong only if little happens after it, and so comes last.

use crate::{
    action::{Change, ClientDeed, Edit, Field, Listing, Manner, Mood, Query, ServerDeed, Stream},
    generator::Generator,
};

/// How long whoever has a part in it may take to be back, in milliseconds.
const BACK: u64 = 40_000;

/// A row that nobody else has made.
const ROW: u8 = 200;

impl Generator {
    /// One of them, in some worlds.
    pub(crate) fn epilogue(&mut self) {
        let at = self.last() + 1_000;
        match self.rng.u8(..12) {
            0 if self.server.positions && self.server.history > 0 && !self.server.board_lags => {
                self.late_tail(at);
            }
            1 if self.server.is_prompt() => self.room_again(at),
            2 if self.server.in_memory && self.server.answers => self.remembered_answer(at),
            _ => {}
        }
    }

    /// Someone is there, on a sound link, and looks at something.
    fn back(&mut self, at: u64, number: usize, query: Query) -> u64 {
        for deed in [
            ClientDeed::Latency(20),
            ClientDeed::Heal,
            ClientDeed::Thaw,
            ClientDeed::FreshToken,
            ClientDeed::Online(true),
            ClientDeed::Visible(true),
            ClientDeed::Connect,
            ClientDeed::Observe(query),
        ] {
            self.client(at, number, deed);
        }
        self.serve(at, ServerDeed::Fetches(Mood::Quick));
        at + BACK
    }

    /// The last event of one of the board's channels is lost, and sent again when what an event of the
    /// other one has said since is remembered no longer.
    fn late_tail(&mut self, at: u64) {
        let number = self.anyone();
        let at = self.back(at, number, Query::Board);
        let lost = [Stream::BoardA, Stream::BoardB][self.rng.usize(..2)];
        let patch = Change::Patch(Field::Title);
        let other = [Change::Patch(Field::Done), Change::Patch(Field::Note)];
        let other = other[self.rng.usize(..2)].clone();
        let changes = match self.rng.bool() {
            true => vec![(true, Change::Create(50)), (false, other)],
            false => vec![(false, Change::Create(50)), (true, patch), (false, other)],
        };
        for (step, (is_lost, change)) in (0..).zip(changes) {
            let at = at + 100 * step;
            let mut uid = self.uid();
            // The number chooses the channel.
            while uid.is_multiple_of(2) != (is_lost == (lost == Stream::BoardA)) {
                uid = self.uid();
            }
            self.serve(at, ServerDeed::Lose(lost, usize::from(is_lost)));
            self.edit_row(at, uid, Listing::Board, change);
        }
        let again = at + self.rng.u64(60_500..90_000);
        self.serve(again, ServerDeed::Repeat(lost, 1));
    }

    /// Someone asks for the room twice, and somebody else joins before the second answer has come.
    fn room_again(&mut self, at: u64) {
        let number = self.anyone();
        let other = self.anyone();
        self.back(at, other, Query::Doc);
        let at = self.back(at, number, Query::Doc);
        let sync = self.server.syncs.unwrap_or_default();
        for number in [number, other] {
            self.client(at, number, ClientDeed::Leave);
        }
        self.client(at + 1_500, number, ClientDeed::Join);
        let joins = if self.rng.bool() {
            // Whoever leaves is gone a second later.
            self.client(at + 1_510, number, ClientDeed::Leave);
            self.client(at + 2_550, number, ClientDeed::Join);
            at + 1_500 + sync + self.rng.u64(..1_050)
        } else {
            let down = at + 1_600 + sync;
            self.client(at + 1_600, number, ClientDeed::Swallow);
            self.client(down, number, ClientDeed::Down);
            self.client(down + 100, number, ClientDeed::Heal);
            down + 100 + self.rng.u64(..1_000 + sync)
        };
        self.client(joins, other, ClientDeed::Join);
    }

    /// The server loses its rows between an edit and its answer, and answers the next try as it would have
    /// answered the first.
    fn remembered_answer(&mut self, at: u64) {
        let number = self.anyone();
        let list = [Listing::Tasks, Listing::Board][self.rng.usize(..2)];
        let at = self.back(at, number, Query::of(list));
        for version in 0..self.rng.u64(1..4) {
            let change = match version {
                0 => Change::Create(50),
                _ => Change::Patch(Field::Title),
            };
            let uid = self.uid();
            self.edit_row(at + version, uid, list, change);
        }
        self.client(at + 500, number, ClientDeed::Latency(300));
        let manner = Manner {
            retries: 2,
            ..Manner::default()
        };
        let edit = Edit {
            uid: self.uid(),
            list,
            row: ROW,
            id: None,
            base: None,
            change: Change::Patch(Field::Note),
        };
        self.client(at + 600, number, ClientDeed::Try(edit, manner));
        let down = at + 600 + self.rng.u64(100..600);
        self.client(down, number, ClientDeed::Down);
        let forgets = ServerDeed::Restart {
            keep_history: false,
        };
        self.serve(at + 2_000, forgets);
        self.client(at + 2_500, number, ClientDeed::Latency(20));
        self.client(at + 2_500, number, ClientDeed::Heal);
    }

    fn edit_row(&mut self, at: u64, uid: u32, list: Listing, change: Change) {
        let edit = Edit {
            uid,
            list,
            row: ROW,
            id: None,
            base: None,
            change,
        };
        self.serve(at, ServerDeed::Edit(edit));
    }
}
