//! A whole world before it runs: a server, clients, and what happens when.

use crate::action::Action;
use std::fmt;

/// What the server can do, and how it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerPlan {
    /// Answers subscriptions and messages.
    pub answers: bool,
    /// Numbers events.
    pub positions: bool,
    /// Fetches say at which position they were read.
    pub positioned_fetches: bool,
    /// How many events a channel keeps.
    pub history: usize,
    /// Answers pings.
    pub pongs: bool,
    /// Sends the room's snapshot to who announces, that many milliseconds later.
    pub syncs: Option<u64>,
    /// Whether tasks have versions. The board's always do.
    pub versions: bool,
    /// Whether the tasks are sorted by rank, or stand as they were put.
    pub sorted: bool,
    /// Whether the board's events lag behind its data, each channel's for itself. Only where none
    /// of them is ever lost and all are subscribed from the start: of a late create without its
    /// delete, nobody can tell what it is.
    pub board_lags: bool,
    /// Whether events carry the id of the message that caused them.
    pub echoes: bool,
    /// What an answer to an edit says.
    pub says: Answer,
    /// Whether an edit that was made on an older version is refused.
    pub checks_versions: bool,
    /// How long it believes in a socket whose client has gone, in milliseconds.
    pub notices_after: u64,
    /// Whether it has its data in memory: when it starts again without its history, it has a few rows
    /// that it counts anew, under ids that there have been before.
    pub in_memory: bool,
}

impl ServerPlan {
    /// Whether an event that adds to what is there counts exactly once: the fetch must tell which
    /// of them it contains.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.positions && self.positioned_fetches
    }

    /// Whether a room's snapshot always comes within five seconds: one that is made before events
    /// which overtake it is not told from a newer one after that.
    #[must_use]
    pub const fn is_prompt(&self) -> bool {
        !matches!(self.syncs, None | Some(0))
    }

    /// The most that a frame may take, in milliseconds.
    #[must_use]
    pub const fn slowest(&self) -> u64 {
        if self.is_prompt() { 600 } else { 3_000 }
    }

    /// Whether rows can be moved: a replayed move must be known as one.
    #[must_use]
    pub const fn moves(&self) -> bool {
        !self.sorted && (self.versions || self.counts())
    }
}

/// What a server's answer to an edit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// That it is done.
    Done,
    /// The row's id and version.
    Version,
    /// The whole row.
    Whole,
}

/// How a client's edits come together with other people's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// As they come.
    LastWriterWins,
    /// Field by field, and a field that both changed is this client's.
    Ours,
    /// Field by field, and a field that both changed is the others'.
    Theirs,
}

/// What client and server speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wire {
    /// The JSON envelope.
    #[default]
    Envelope,
    /// Socket.IO.
    SocketIo,
    /// Socket.IO, with sessions that are resumed.
    Resuming,
}

impl Wire {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Envelope, Self::SocketIo, Self::Resuming];
}

/// What may happen to clients, beside what happens to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Worlds {
    /// Nothing.
    #[default]
    Plain,
    /// They keep things on a disk, and their pages die and are opened again.
    Reloading,
    /// Those of one user share a socket, and some of them are [reloading](Self::Reloading), too.
    Sharing,
}

impl Worlds {
    /// The plan of a seed.
    #[must_use]
    pub fn plan(self, seed: u64, wire: Wire) -> Plan {
        match self {
            Self::Plain => Plan::generate(seed, wire),
            Self::Reloading => Plan::reloading(seed, wire),
            Self::Sharing => Plan::sharing(seed, wire),
        }
    }
}

/// One client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientPlan {
    /// Whose tab it is; two clients may be one user.
    pub user: usize,
    /// Whether it shows a token.
    pub has_token: bool,
    /// Whether it fetches only when it must: never for age, focus or mount.
    pub frugal: bool,
    /// How late sockets still speak that were given up, in milliseconds; 0 is never.
    pub late_callbacks: u64,
    /// How its edits come together with other people's.
    pub policy: Policy,
    /// Whether it takes part; a shrunk plan keeps the numbers of the others.
    pub present: bool,
}

/// An action and its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// Milliseconds after the beginning.
    pub at: u64,
    /// What happens.
    pub action: Action,
}

/// Everything that is decided before a world runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What it was made from; also the seed of what chance is left: latencies, jitter.
    pub seed: u64,
    /// What is spoken.
    pub wire: Wire,
    /// Whether clients keep things on a disk, and their pages die and are opened again.
    pub reloads: bool,
    /// Whether the clients of one user are tabs that share a socket.
    pub tabs: bool,
    /// The server.
    pub server: ServerPlan,
    /// The clients.
    pub clients: Vec<ClientPlan>,
    /// What happens, in order of time.
    pub actions: Vec<Timed>,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, {:?}, {:?}", self.seed, self.wire, self.server)?;
        for (number, client) in self.clients.iter().enumerate().filter(|(_, it)| it.present) {
            writeln!(f, "client {number}: {client:?}")?;
        }
        for Timed { at, action } in &self.actions {
            writeln!(f, "{:>9}.{:03} s  {action}", at / 1_000, at % 1_000)?;
        }
        Ok(())
    }
}
