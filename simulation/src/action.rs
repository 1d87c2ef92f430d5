//! Actions: what people, links and the server may do.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// To or by the client with this number.
    Client(usize, ClientDeed),
    /// To or by whichever tab leads those of this client's user.
    Leader(usize, ClientDeed),
    /// To or by the server.
    Server(ServerDeed),
}

/// What a client watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Query {
    /// The tasks: a list on one channel.
    Tasks,
    /// The board: a list that several channels feed, each with a delay of its own.
    Board,
    /// The messages: a list that grows.
    Chat,
    /// A record that is replaced and patched.
    Doc,
    /// A record that events add to.
    Count,
    /// A record that is fetched again after each change of the tasks.
    Summary,
}

impl Query {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Tasks,
        Self::Board,
        Self::Chat,
        Self::Doc,
        Self::Count,
        Self::Summary,
    ];
}

/// A channel with history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// The tasks'.
    Tasks,
    /// The board's first.
    BoardA,
    /// The board's second.
    BoardB,
    /// The messages'.
    Chat,
    /// The document's.
    Doc,
    /// The counter's.
    Count,
}

impl Stream {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Tasks,
        Self::BoardA,
        Self::BoardB,
        Self::Chat,
        Self::Doc,
        Self::Count,
    ];

    /// The channel's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::BoardA => "board:a",
            Self::BoardB => "board:b",
            Self::Chat => "chat",
            Self::Doc => "doc",
            Self::Count => "count",
        }
    }
}

/// A list whose rows are edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Listing {
    /// The tasks.
    Tasks,
    /// The board.
    Board,
}

/// A field of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// The title, to a text that names the edit.
    Title,
    /// Whether it is done, to the other value.
    Done,
    /// The note, to a text that names the edit.
    Note,
    /// The note, to nothing.
    NoNote,
}

/// What an edit does to a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Makes it, with this rank.
    Create(u32),
    /// Replaces it as a whole, with this rank.
    Whole(u32),
    /// Changes one field; the event tells only that one.
    Patch(Field),
    /// Changes the rank; the event tells only that.
    Rank(u32),
    /// Deletes it.
    Delete,
    /// Puts it before another row, or at the end.
    MoveBefore(Option<u8>),
    /// Several edits in one event.
    Batch(Vec<Edit>),
}

/// How an optimistic edit is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// After the ones before it.
    pub scoped: bool,
    /// How often it is tried again.
    pub retries: u32,
    /// Kept on the screen if it fails.
    pub kept: bool,
    /// Not made at all without a connection.
    pub fails_offline: bool,
    /// Carried out by a function of the app's, past the socket.
    pub by_app: bool,
    /// A new row gets a temporary id; any other edit is of the last row that this client made
    /// under one.
    pub temporary: bool,
}

/// One edit of one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// Unique in the plan.
    pub uid: u32,
    /// Which list.
    pub list: Listing,
    /// Which row.
    pub row: u8,
    /// Its id, if that is not the one of that number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The version it was made on, if the client says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u64>,
    /// What is done to it.
    pub change: Change,
}

/// How fetches go from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Quick, and read when they end.
    Quick,
    /// Quick, but read when they begin.
    ReadEarly,
    /// Seconds, and read when they begin: they land late with old data.
    Late,
    /// So slow that some time out.
    Crawling,
    /// Half of them fail.
    Flaky,
    /// All of them fail.
    Failing,
    /// They answer something else.
    Garbage,
    /// They are answered by a copy that lags behind, and says so by its position.
    Lagging,
}

/// What happens to, or is done by, one client.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientDeed {
    /// A component that shows this is mounted.
    Observe(Query),
    /// It is unmounted.
    Unobserve(Query),
    /// It is paused.
    Pause(Query),
    /// It goes on.
    Resume(Query),
    /// The user asks for fresh data.
    Refetch(Query),
    /// Someone listens to the messages as they come.
    Listen,
    /// And stops.
    Unlisten,
    /// An edit is sent.
    Edit(Edit),
    /// An edit is made at once, and sent.
    Try(Edit, Manner),
    /// A part of the document is changed at once, and sent.
    TryAmend(u32, Manner),
    /// Something is added to the counter at once, and sent.
    TryAdd(u32, i64, Manner),
    /// The optimistic edit with this number is taken back.
    Cancel(u32),
    /// It failed and is tried again.
    Retry(u32),
    /// It failed and is let go.
    Dismiss(u32),
    /// A whole document is sent.
    Write(u32),
    /// A part of the document is sent.
    Amend(u32),
    /// Something is added to the counter.
    Add(u32, i64),
    /// A message is sent.
    Say(u32),
    /// The user enters the room.
    Join,
    /// And leaves it.
    Leave,
    /// The user is online, away or busy.
    Status(u8),
    /// The user's cursor is elsewhere.
    Cursor(u32),
    /// Someone watches who types.
    OpenTyping,
    /// And stops.
    CloseTyping,
    /// A key is pressed.
    Key,
    /// The field is left.
    StopTyping,
    /// The app connects.
    Connect,
    /// The app connects afresh.
    Reconnect,
    /// The app disconnects.
    Disconnect,
    /// The tab is hidden or shown.
    Visible(bool),
    /// The browser believes to be online or offline.
    Online(bool),
    /// The page goes into the back/forward cache.
    PageHide,
    /// And comes back.
    PageShow,
    /// The user moves the pointer.
    Activity,
    /// The socket breaks.
    Cut,
    /// No socket opens.
    Down,
    /// The link is half open: nothing arrives for now.
    Stall,
    /// The socket is half open for good.
    Swallow,
    /// The link is sound again.
    Heal,
    /// The laptop is closed.
    Freeze,
    /// And opened.
    Thaw,
    /// Each frame takes up to so many milliseconds.
    Latency(u64),
    /// The token provider gives what the server accepts now.
    FreshToken,
    /// The page dies, with some of what it was writing on the disk.
    Die,
    /// It is opened again.
    Open,
}

/// What happens to, or is done by, the server.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerDeed {
    /// Someone else edits.
    Edit(Edit),
    /// Someone else writes the document.
    Write(u32),
    /// Someone else changes a part of it.
    Amend(u32),
    /// Someone else adds to the counter.
    Add(u32, i64),
    /// Someone else says something.
    Say(u32),
    /// It starts again, with or without its history.
    Restart {
        /// Whether channels go on counting.
        keep_history: bool,
    },
    /// It closes all sockets.
    Close(u16),
    /// It accepts another token from now on, and closes all sockets.
    ExpireToken,
    /// It sends the last events once more.
    Repeat(Stream, usize),
    /// It sends the next events to nobody.
    Lose(Stream, usize),
    /// It loses the next subscriptions to a channel, and answers none of them.
    LoseSubscribes(Stream, usize),
    /// It holds back the last so many events that were missed, and promises them, until told otherwise.
    ShortenRecoveries(Stream, usize),
    /// It sends nonsense.
    Nonsense(u8),
    /// Fetches go otherwise from now on.
    Fetches(Mood),
}

impl ClientDeed {
    /// Whether it may make an answer late.
    pub(crate) const fn disturbs(&self) -> bool {
        matches!(
            self,
            Self::Cut
                | Self::Down
                | Self::Stall
                | Self::Swallow
                | Self::Heal
                | Self::Freeze
                | Self::Thaw
                | Self::PageHide
                | Self::PageShow
                | Self::Latency(_)
                | Self::Die
                | Self::Open
        )
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(number, deed) => write!(f, "client {number}: {deed:?}"),
            Self::Leader(number, deed) => write!(f, "leader of client {number}: {deed:?}"),
            Self::Server(deed) => write!(f, "server: {deed:?}"),
        }
    }
}

impl Action {
    /// Whether it is to or by this client.
    pub(crate) const fn is_of(&self, number: usize) -> bool {
        matches!(self, Self::Client(client, _) | Self::Leader(client, _) if *client == number)
    }
}
