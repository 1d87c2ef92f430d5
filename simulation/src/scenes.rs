//! Short runs of actions that chance alone would seldom put side by side.

use crate::{
    action::{Change, ClientDeed, Edit, Field, Listing, Manner, Mood, Query, ServerDeed, Stream},
    generator::{Generator, ROWS},
};

impl Generator {
    /// A few scenes at random moments.
    pub(crate) fn scenes(&mut self) {
        for _ in 0..self.rng.usize(1..6) {
            let at = self.moment();
            match self.rng.u8(..15) {
                9 if self.server.answers && !self.server.is_prompt() => self.asleep(at),
                10 if self.server.answers => self.subscription_lost(at),
                11 if self.server.positions => self.short_recovery(at),
                8 => self.overtaken(at),
                6 | 12 => self.own_row(at),
                13 | 14 if self.server.counts() => self.result_overtakes(at),
                7 if self.server.answers && !self.server.is_prompt() => self.answer_too_late(at),
                0 => self.outage(at),
                1 | 2 => self.crowded_row(at),
                3 if self.server.answers => self.answer_cut_off(at),
                4 if self.server.answers => self.late_callbacks(at),
                _ => self.typist_lost(at),
            }
        }
    }

    /// Much happens while a client is away.
    fn outage(&mut self, at: u64) {
        let number = self.anyone();
        let length = self.rng.u64(500..90_000);
        self.client(at, number, ClientDeed::Down);
        self.client(at + length, number, ClientDeed::Heal);
        for _ in 0..self.rng.usize(1..8) {
            let at = at + self.rng.u64(..length);
            if self.rng.bool() {
                self.someone_else(at);
            } else {
                let edit = self.edit(true);
                self.serve(at, ServerDeed::Edit(edit));
            }
        }
    }

    /// One row of the board is made, changed and deleted in short order, and the events of that
    /// overtake one another.
    fn crowded_row(&mut self, at: u64) {
        let row = self.rng.u8(..ROWS);
        let mut at = at;
        for step in 0..self.rng.usize(2..6) {
            let change = match self.rng.u8(..6) {
                _ if step == 0 => Change::Create(self.rng.u32(..100)),
                0 => Change::Whole(self.rng.u32(..100)),
                1 => Change::Rank(self.rng.u32(..100)),
                2 | 3 => {
                    let fields = [Field::Title, Field::Done, Field::Note, Field::NoNote];
                    Change::Patch(fields[self.rng.usize(..4)])
                }
                4 => Change::Delete,
                _ => Change::Create(self.rng.u32(..100)),
            };
            // The number chooses the channel and the delay.
            for _ in 0..self.rng.usize(..10) {
                self.uid();
            }
            let edit = Edit {
                uid: self.uid(),
                list: Listing::Board,
                row,
                id: None,
                base: None,
                change,
            };
            self.serve(at, ServerDeed::Edit(edit));
            at += self.rng.u64(1..300);
        }
    }

    /// The link breaks between a message and its answer.
    fn answer_cut_off(&mut self, at: u64) {
        let number = self.anyone();
        self.client(at, number, ClientDeed::Latency(300));
        for _ in 0..self.rng.usize(1..4) {
            let at = at + 400 + self.rng.u64(..100);
            let deed = match self.rng.u8(..3) {
                0 => ClientDeed::Add(self.uid(), self.rng.i64(1..100)),
                1 => ClientDeed::Say(self.uid()),
                _ => ClientDeed::Edit(self.edit(true)),
            };
            self.client(at, number, deed);
        }
        let cut = at + 500 + self.rng.u64(..400);
        self.client(cut, number, ClientDeed::Cut);
        self.client(cut + 1, number, ClientDeed::Latency(20));
    }

    /// A client connects afresh while events are on their way to it.
    fn late_callbacks(&mut self, at: u64) {
        let Some(number) = self.rng.choice(self.late.clone()) else {
            return;
        };
        let slow = self.server.slowest().min(1_500);
        self.client(at, number, ClientDeed::Latency(slow));
        for _ in 0..self.rng.usize(2..5) {
            let at = at + self.rng.u64(..800);
            self.rewrite(at);
        }
        self.client(at + 850, number, ClientDeed::Latency(20));
        self.client(at + 900, number, ClientDeed::Reconnect);
        // What comes late from the old socket is older than what the new one brings meanwhile.
        for _ in 0..self.rng.usize(1..4) {
            let at = at + 900 + self.rng.u64(500..9_000);
            self.rewrite(at);
        }
    }

    fn rewrite(&mut self, at: u64) {
        let uid = self.uid();
        let deed = match self.rng.u8(..3) {
            0 => ServerDeed::Write(uid),
            1 => ServerDeed::Amend(uid),
            _ => ServerDeed::Edit(self.edit(true)),
        };
        self.serve(at, deed);
    }

    /// Someone makes a row, and goes on with it before the server has answered.
    fn own_row(&mut self, at: u64) {
        let number = self.anyone();
        let list = [Listing::Tasks, Listing::Board][self.rng.usize(..2)];
        let mut at = at;
        for step in 0..self.rng.usize(1..6) {
            let mut edit = self.edit(false);
            edit.list = list;
            if step == 0 {
                edit.change = Change::Create(self.rng.u32(..100));
                // Mostly one that nobody else has made.
                edit.row = self.rng.u8(..4 * ROWS);
            }
            let mut manner = self.manner();
            manner.temporary = true;
            manner.by_app = false;
            self.client(at, number, ClientDeed::Try(edit, manner));
            at += [0, 1, 30, 2_000][self.rng.usize(..4)];
        }
    }

    /// The answer to an optimistic edit comes when it has been given up and tried again.
    fn answer_too_late(&mut self, at: u64) {
        let number = self.anyone();
        let mut manner = self.manner();
        manner.retries = 2;
        manner.by_app = false;
        let edit = self.edit(false);
        self.client(at, number, ClientDeed::Latency(20));
        self.client(at + 100, number, ClientDeed::Try(edit, manner));
        let stall = at + 110 + self.rng.u64(..30);
        self.client(stall, number, ClientDeed::Stall);
        let heal = stall + self.rng.u64(9_000..16_000);
        self.client(heal, number, ClientDeed::Heal);
    }

    /// Someone closes the laptop on what has just been sent. The answers wait in the socket.
    fn asleep(&mut self, at: u64) {
        let number = self.anyone();
        self.client(at, number, ClientDeed::Latency(300));
        for _ in 0..self.rng.usize(1..4) {
            let at = at + 400 + self.rng.u64(..100);
            let deed = match self.rng.u8(..4) {
                0 => ClientDeed::Add(self.uid(), self.rng.i64(1..100)),
                1 => ClientDeed::Say(self.uid()),
                2 => ClientDeed::Edit(self.edit(true)),
                _ => {
                    let edit = self.edit(false);
                    let manner = Manner {
                        retries: 0,
                        by_app: false,
                        ..self.manner()
                    };
                    ClientDeed::Try(edit, manner)
                }
            };
            self.client(at, number, deed);
        }
        let asleep = at + 510 + self.rng.u64(..80);
        let awake = asleep + self.rng.u64(90_000..200_000);
        self.client(asleep, number, ClientDeed::Freeze);
        self.client(awake, number, ClientDeed::Thaw);
        self.client(awake + 1, number, ClientDeed::Latency(20));
    }

    /// Someone edits a row several times while cut off or slow, and somebody else edits it meanwhile.
    fn overtaken(&mut self, at: u64) {
        let yielding = self.rng.choice(self.yielding.clone());
        let number = yielding.unwrap_or_else(|| self.anyone());
        let list = [Listing::Tasks, Listing::Board][self.rng.usize(..2)];
        let row = self.rng.u8(..ROWS);
        let edit = |rng: &mut fastrand::Rng, uid, change: Option<Change>| Edit {
            uid,
            list,
            row,
            id: None,
            base: None,
            change: change.unwrap_or_else(|| match rng.u8(..6) {
                0 => Change::Rank(rng.u32(..100)),
                1 => Change::Patch(Field::Done),
                2 => Change::Patch(Field::Note),
                _ => Change::Patch(Field::Title),
            }),
        };
        let uid = self.uid();
        let made = edit(&mut self.rng, uid, Some(Change::Create(50)));
        self.serve(at, ServerDeed::Edit(made));
        self.client(at, number, ClientDeed::Observe(Query::of(list)));
        let at = at + 2_000;
        let length = self.rng.u64(50..5_000);
        let (on, off) = match self.rng.bool() {
            true => (ClientDeed::Down, ClientDeed::Heal),
            false => (ClientDeed::Latency(300), ClientDeed::Latency(20)),
        };
        self.client(at, number, on);
        self.client(at + length, number, off);
        let mut manner = self.manner();
        manner.temporary = false;
        manner.by_app = false;
        for _ in 0..self.rng.usize(3..7) {
            let at = at + self.rng.u64(..length);
            let uid = self.uid();
            let edit = edit(&mut self.rng, uid, None);
            match self.rng.u8(..3) {
                0 => self.serve(at, ServerDeed::Edit(edit)),
                _ => self.client(at, number, ClientDeed::Try(edit, manner)),
            }
        }
    }

    /// A fetch's result arrives before the event that it contains.
    fn result_overtakes(&mut self, at: u64) {
        let number = self.anyone();
        self.client(at, number, ClientDeed::Observe(Query::Count));
        let at = at + 2_000;
        self.serve(at, ServerDeed::Fetches(Mood::Quick));
        self.client(at, number, ClientDeed::Latency(600));
        for _ in 0..self.rng.usize(1..3) {
            let at = at + 10 + self.rng.u64(..20);
            let added = ServerDeed::Add(self.uid(), self.rng.i64(1..100));
            self.serve(at, added);
        }
        self.client(at + 30, number, ClientDeed::Refetch(Query::Count));
        self.client(at + 700, number, ClientDeed::Latency(20));
    }

    /// The server loses the subscriptions of who comes back just now.
    fn subscription_lost(&mut self, at: u64) {
        let Some(stream) = self.lossy_stream() else {
            return;
        };
        let number = self.anyone();
        let lost = self.rng.usize(1..4);
        self.serve(at, ServerDeed::LoseSubscribes(stream, lost));
        self.client(at, number, ClientDeed::Cut);
        for _ in 0..self.rng.usize(..4) {
            let at = at + self.rng.u64(..30_000);
            self.someone_else(at);
        }
    }

    /// The server promises who comes back more events than it sends.
    fn short_recovery(&mut self, at: u64) {
        let Some(stream) = self.lossy_stream() else {
            return;
        };
        let number = self.anyone();
        let length = self.rng.u64(500..5_000);
        let short = self.rng.usize(1..3);
        self.serve(at, ServerDeed::ShortenRecoveries(stream, short));
        self.client(at, number, ClientDeed::Down);
        for _ in 0..self.rng.usize(1..5) {
            let at = at + self.rng.u64(..length);
            let uid = self.uid();
            let deed = match stream {
                Stream::Tasks | Stream::BoardA | Stream::BoardB => {
                    ServerDeed::Edit(self.edit(true))
                }
                Stream::Chat => ServerDeed::Say(uid),
                Stream::Doc => ServerDeed::Write(uid),
                Stream::Count => ServerDeed::Add(uid, self.rng.i64(1..100)),
            };
            self.serve(at, deed);
        }
        self.client(at + length, number, ClientDeed::Heal);
        let end = at + length + self.rng.u64(5_000..20_000);
        self.serve(end, ServerDeed::ShortenRecoveries(stream, 0));
    }

    /// A channel that may lose something: not the board's where that lags, of which every event must
    /// arrive.
    pub(crate) fn lossy_stream(&mut self) -> Option<Stream> {
        let stream = self.stream();
        let of_board = matches!(stream, Stream::BoardA | Stream::BoardB);
        (!of_board || !self.server.board_lags).then_some(stream)
    }

    /// Someone is cut off in the middle of a word.
    fn typist_lost(&mut self, at: u64) {
        let number = self.anyone();
        self.client(at, number, ClientDeed::Key);
        let cut = at + self.rng.u64(..1_000);
        self.client(cut, number, ClientDeed::Cut);
    }
}
