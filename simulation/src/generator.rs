//! Generator: from a seed to a plan.

use crate::{
    action::{
        Action, Change, ClientDeed, Edit, Field, Listing, Manner, Mood, Query, ServerDeed, Stream,
    },
    plan::{Answer, ClientPlan, Plan, Policy, ServerPlan, Timed, Wire},
};
use fastrand::Rng;

/// When every client has subscribed to what it holds from the start, in milliseconds.
const SETTLED: u64 = 5_000;

/// Few rows, so that edits meet.
pub(crate) const ROWS: u8 = 8;

impl Plan {
    /// The plan of a seed: always the same, whatever is spoken.
    #[must_use]
    pub fn generate(seed: u64, wire: Wire) -> Self {
        let mut rng = Rng::with_seed(seed);
        let server = server(&mut rng);
        let clients = clients(&mut rng);
        let mut generator = Generator {
            server,
            clients: clients.len(),
            late: (0..clients.len())
                .filter(|number| clients[*number].late_callbacks > 0)
                .collect(),
            yielding: (0..clients.len())
                .filter(|number| clients[*number].policy == Policy::Theirs)
                .collect(),
            length: [20_000, 60_000, 200_000, 900_000][rng.usize(..4)],
            last_uid: 0,
            actions: Vec::new(),
            rng,
        };
        generator.arrivals();
        let arrivals = generator.actions.len();
        generator.work();
        generator.faults();
        generator.scenes();
        generator.epilogue();
        let mut actions = generator.actions;
        if server.board_lags {
            // All are subscribed before the first event may lag.
            for timed in &mut actions[arrivals..] {
                timed.at += SETTLED;
            }
        }
        actions.sort_by_key(|timed| timed.at);
        Self {
            seed,
            wire,
            reloads: false,
            tabs: false,
            server,
            clients,
            actions,
        }
    }
}

fn server(rng: &mut Rng) -> ServerPlan {
    let answers = rng.u8(..12) > 0;
    let positions = answers && rng.u8(..4) > 0;
    let positioned_fetches = positions && rng.u8(..4) > 0;
    let versions = rng.u8(..3) > 0;
    let history = [0, 3, 20, 1_000][rng.usize(..4)];
    ServerPlan {
        answers,
        positions,
        positioned_fetches,
        history,
        pongs: rng.u8(..8) > 0,
        syncs: match rng.u8(..6) {
            0 => None,
            1 => Some(rng.u64(50..2_000)),
            _ => Some(0),
        },
        versions,
        // Without either, nobody can tell whether a row was put there before or after the fetch.
        sorted: rng.bool() || !(versions || positioned_fetches),
        echoes: rng.u8(..5) > 0,
        says: [Answer::Done, Answer::Version, Answer::Whole][rng.usize(..3)],
        checks_versions: versions && rng.u8(..4) == 0,
        board_lags: positions && history == 1_000,
        notices_after: [0, 0, 3_000, 40_000][rng.usize(..4)],
        in_memory: !(positions && history == 1_000) && rng.u8(..3) == 0,
    }
}

fn clients(rng: &mut Rng) -> Vec<ClientPlan> {
    let users = rng.usize(2..=8);
    (0..rng.usize(2..=8))
        .map(|number| ClientPlan {
            user: number % users,
            has_token: rng.u8(..4) == 0,
            frugal: rng.u8(..4) > 0,
            late_callbacks: [0, 0, 200, 10_000][rng.usize(..4)],
            policy: match rng.u8(..4) {
                0 => Policy::Ours,
                1 => Policy::Theirs,
                _ => Policy::LastWriterWins,
            },
            present: true,
        })
        .collect()
}

pub(crate) struct Generator {
    pub(crate) rng: Rng,
    pub(crate) server: ServerPlan,
    pub(crate) clients: usize,
    /// Those whose old sockets still speak.
    pub(crate) late: Vec<usize>,
    /// Those for whom others' changes of a field count.
    pub(crate) yielding: Vec<usize>,
    length: u64,
    last_uid: u32,
    actions: Vec<Timed>,
}

impl Generator {
    /// One that adds to a plan; its edits have numbers from `first_uid` on.
    pub(crate) const fn more(rng: Rng, server: ServerPlan, clients: usize, first_uid: u32) -> Self {
        Self {
            rng,
            server,
            clients,
            late: Vec::new(),
            yielding: Vec::new(),
            length: 1,
            last_uid: first_uid,
            actions: Vec::new(),
        }
    }

    pub(crate) fn into_actions(self) -> Vec<Timed> {
        self.actions
    }

    pub(crate) fn client(&mut self, at: u64, number: usize, deed: ClientDeed) {
        let action = Action::Client(number, deed);
        self.actions.push(Timed { at, action });
    }

    pub(crate) fn serve(&mut self, at: u64, deed: ServerDeed) {
        let action = Action::Server(deed);
        self.actions.push(Timed { at, action });
    }

    pub(crate) fn push(&mut self, timed: Timed) {
        self.actions.push(timed);
    }

    pub(crate) fn uid(&mut self) -> u32 {
        self.last_uid += 1;
        self.last_uid
    }

    pub(crate) fn anyone(&mut self) -> usize {
        self.rng.usize(..self.clients)
    }

    /// When the last of it happens, as far as it is decided.
    pub(crate) fn last(&self) -> u64 {
        self.actions.iter().map(|timed| timed.at).max().unwrap_or(0)
    }

    pub(crate) fn moment(&mut self) -> u64 {
        self.rng.u64(..self.length)
    }

    /// Mostly all of it is mounted soon after the start, and some connect later.
    fn arrivals(&mut self) {
        for number in 0..self.clients {
            let at = match self.rng.u8(..4) {
                0 if !self.server.board_lags => self.moment(),
                _ => self.rng.u64(..2_000),
            };
            self.client(at, number, ClientDeed::Connect);
            for query in Query::ALL {
                if self.rng.u8(..5) > 0 {
                    let at = at.saturating_add_signed(self.rng.i64(-200..600));
                    self.client(at, number, ClientDeed::Observe(query));
                }
            }
            for (deed, odds) in [
                (ClientDeed::Join, 4),
                (ClientDeed::OpenTyping, 3),
                (ClientDeed::Listen, 3),
            ] {
                if self.rng.u8(..5) < odds {
                    let at = at + self.rng.u64(..1_000);
                    self.client(at, number, deed);
                }
            }
        }
    }

    /// What people do, some of it in bursts.
    fn work(&mut self) {
        let bursts = self.rng.usize(3..12);
        for _ in 0..bursts {
            let start = self.moment();
            let spread = [1, 300, 5_000, 30_000][self.rng.usize(..4)];
            for _ in 0..self.rng.usize(2..14) {
                let at = start + self.rng.u64(..=spread);
                self.deed(at);
            }
        }
    }

    fn deed(&mut self, at: u64) {
        let number = self.anyone();
        let deed = match self.rng.u8(..100) {
            0..10 => {
                let edit = self.edit(true);
                return self.serve(at, ServerDeed::Edit(edit));
            }
            10..22 => ClientDeed::Edit(self.edit(true)),
            22..40 => {
                let edit = self.edit(false);
                ClientDeed::Try(edit, self.manner())
            }
            40 => ClientDeed::TryAmend(self.uid(), self.manner()),
            41 => ClientDeed::TryAdd(self.uid(), self.rng.i64(1..100), self.manner()),
            42 => ClientDeed::Retry(self.earlier()),
            43 => match self.rng.bool() {
                true => ClientDeed::Cancel(self.earlier()),
                false => ClientDeed::Dismiss(self.earlier()),
            },
            44..52 => return self.someone_else(at),
            52..56 => ClientDeed::Write(self.uid()),
            56..62 => ClientDeed::Amend(self.uid()),
            62..68 => ClientDeed::Add(self.uid(), self.rng.i64(1..100)),
            68..75 => ClientDeed::Say(self.uid()),
            75..77 => ClientDeed::Observe(self.query()),
            77..79 => ClientDeed::Unobserve(self.query()),
            79 => ClientDeed::Pause(self.query()),
            80 => ClientDeed::Resume(self.query()),
            81 => ClientDeed::Refetch(self.query()),
            82 => ClientDeed::Listen,
            83 => ClientDeed::Unlisten,
            84 | 85 => ClientDeed::Join,
            86 => ClientDeed::Leave,
            87 => ClientDeed::Status(self.rng.u8(..3)),
            88 | 89 => ClientDeed::Cursor(self.rng.u32(..1_000)),
            90 => ClientDeed::OpenTyping,
            91 => ClientDeed::CloseTyping,
            92..96 => ClientDeed::Key,
            96 => ClientDeed::StopTyping,
            97 => ClientDeed::Activity,
            98 => ClientDeed::Reconnect,
            _ => ClientDeed::Disconnect,
        };
        if deed == ClientDeed::Disconnect && self.rng.bool() {
            let back = at + self.rng.u64(..20_000);
            self.client(back, number, ClientDeed::Connect);
        }
        self.client(at, number, deed);
    }

    pub(crate) fn someone_else(&mut self, at: u64) {
        let deed = match self.rng.u8(..4) {
            0 => ServerDeed::Write(self.uid()),
            1 => ServerDeed::Amend(self.uid()),
            2 => ServerDeed::Add(self.uid(), self.rng.i64(1..100)),
            _ => ServerDeed::Say(self.uid()),
        };
        self.serve(at, deed);
    }

    /// The number of something that was made lately.
    fn earlier(&mut self) -> u32 {
        self.last_uid.saturating_sub(self.rng.u32(..6))
    }

    pub(crate) fn manner(&mut self) -> Manner {
        Manner {
            scoped: self.rng.u8(..3) == 0,
            retries: self.rng.u32(..3),
            kept: self.rng.u8(..3) == 0,
            fails_offline: self.rng.u8(..12) == 0,
            by_app: self.rng.u8(..5) == 0,
            temporary: self.rng.bool(),
        }
    }

    fn query(&mut self) -> Query {
        Query::ALL[self.rng.usize(..Query::ALL.len())]
    }

    pub(crate) fn stream(&mut self) -> Stream {
        Stream::ALL[self.rng.usize(..Stream::ALL.len())]
    }

    pub(crate) fn edit(&mut self, may_be_batch: bool) -> Edit {
        let list = if self.rng.u8(..5) < 3 {
            Listing::Tasks
        } else {
            Listing::Board
        };
        let change = match self.rng.u8(..16) {
            0..4 => Change::Create(self.rng.u32(..100)),
            4..6 => Change::Whole(self.rng.u32(..100)),
            6..10 => Change::Patch(
                [Field::Title, Field::Done, Field::Note, Field::NoNote][self.rng.usize(..4)],
            ),
            10 => Change::Rank(self.rng.u32(..100)),
            11..13 => Change::Delete,
            13..15 => Change::MoveBefore(self.rng.bool().then(|| self.rng.u8(..ROWS))),
            _ if may_be_batch => Change::Batch(
                (0..self.rng.usize(2..5))
                    .map(|_| self.edit(false))
                    .collect(),
            ),
            _ => Change::Delete,
        };
        Edit {
            uid: self.uid(),
            list,
            row: self.rng.u8(..ROWS),
            id: None,
            base: None,
            change,
        }
    }

    /// What goes wrong, most of it with an end.
    fn faults(&mut self) {
        for _ in 0..self.rng.usize(2..14) {
            let at = self.moment();
            let number = self.anyone();
            match self.rng.u8(..19) {
                0..3 => self.client(at, number, ClientDeed::Cut),
                3 | 4 => self.spell(at, number, ClientDeed::Down, ClientDeed::Heal, 60_000),
                5 | 6 if self.server.answers && !self.server.is_prompt() => {
                    self.spell(at, number, ClientDeed::Stall, ClientDeed::Heal, 60_000);
                }
                7 if self.server.pongs && self.server.answers => {
                    self.client(at, number, ClientDeed::Swallow);
                }
                8 if !self.server.is_prompt() => {
                    self.spell(at, number, ClientDeed::Freeze, ClientDeed::Thaw, 7_200_000);
                }
                9 => {
                    let (on, off) = (ClientDeed::Visible(false), ClientDeed::Visible(true));
                    self.spell(at, number, on, off, 120_000);
                }
                10 => {
                    let (on, off) = (ClientDeed::Online(false), ClientDeed::Online(true));
                    self.spell(at, number, on, off, 30_000);
                }
                11 if !self.server.is_prompt() => {
                    self.spell(
                        at,
                        number,
                        ClientDeed::PageHide,
                        ClientDeed::PageShow,
                        120_000,
                    );
                }
                12 if self.server.answers => {
                    let most = [2, 100, self.server.slowest()][self.rng.usize(..3)];
                    self.client(at, number, ClientDeed::Latency(most));
                }
                13 | 14 => self.fetches(at),
                15..18 => self.server_fault(at),
                _ if self.rng.bool() => self.client(at, number, ClientDeed::Cut),
                _ => {
                    self.serve(at, ServerDeed::ExpireToken);
                    for number in 0..self.clients {
                        let later = at + self.rng.u64(..40_000);
                        self.client(later, number, ClientDeed::FreshToken);
                    }
                }
            }
        }
    }

    pub(crate) fn spell(
        &mut self,
        at: u64,
        number: usize,
        on: ClientDeed,
        off: ClientDeed,
        most: u64,
    ) {
        let most = [1_000, 10_000, most][self.rng.usize(..3)];
        let end = at + self.rng.u64(1..most);
        self.client(at, number, on);
        self.client(end, number, off);
    }

    fn fetches(&mut self, at: u64) {
        let mut moods = vec![Mood::Quick, Mood::Flaky, Mood::Failing, Mood::Garbage];
        if self.server.answers {
            moods.extend([Mood::ReadEarly, Mood::Late, Mood::Crawling]);
        }
        if self.server.counts() {
            moods.extend([Mood::Lagging, Mood::Lagging]);
        }
        let mood = moods[self.rng.usize(..moods.len())];
        self.serve(at, ServerDeed::Fetches(mood));
        if self.rng.bool() {
            let end = at + self.rng.u64(..30_000);
            self.serve(end, ServerDeed::Fetches(Mood::Quick));
        }
    }

    fn server_fault(&mut self, at: u64) {
        let deed = match self.rng.u8(..10) {
            0 | 1 => ServerDeed::Restart {
                keep_history: self.server.board_lags || self.rng.bool(),
            },
            2 => ServerDeed::Close([1001, 1006, 1011, 1013, 4100][self.rng.usize(..5)]),
            3 => ServerDeed::Nonsense(self.rng.u8(..6)),
            4 | 5 if self.server.positions => {
                let Some(stream) = self.lossy_stream() else {
                    return;
                };
                ServerDeed::Lose(stream, self.rng.usize(1..3))
            }
            6..10 if self.server.positions => {
                ServerDeed::Repeat(self.stream(), self.rng.usize(1..6))
            }
            _ => ServerDeed::Restart { keep_history: true },
        };
        self.serve(at, deed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_plan_each_time_and_others_give_others() {
        assert_eq!(
            Plan::generate(3, Wire::default()),
            Plan::generate(3, Wire::default())
        );
        assert_ne!(
            Plan::generate(3, Wire::default()).actions,
            Plan::generate(4, Wire::default()).actions
        );
    }

    #[test]
    fn plans_are_of_two_to_eight_clients_and_in_order_of_time() {
        for seed in 0..200 {
            let plan = Plan::generate(seed, Wire::default());
            assert!((2..=8).contains(&plan.clients.len()));
            assert!(plan.actions.is_sorted_by_key(|timed| timed.at));
        }
    }
}
