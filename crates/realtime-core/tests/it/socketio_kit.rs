//! Kit of the Socket.IO tests: a client whose server is the test itself, and a world whose server speaks Socket.IO.

use realtime_core::{
    Client, ClientOptions, ConnectionInfo, ConnectionOptions, Fault, FetchError, FetchId, Frame,
    FrameRef, Generation, Input, Instant, MutationEvent, Output, ReceivedEvent, SendError, SendId,
    testing::{PeerId, World},
    wire::{
        Codec, JsonCodec,
        socketio::{SocketIoCodec, SocketIoOptions},
    },
};
use std::{rc::Rc, time::Duration};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const OPEN: &str =
    r#"0{"sid":"e1","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}"#;

/// A client, and all that it has said and done.
pub(crate) struct Wired {
    pub(crate) client: Client,
    pub(crate) now: Instant,
    generation: Generation,
    pub(crate) token: Option<String>,
    /// Whether the app says at once which token it has.
    pub(crate) answers_tokens: bool,
    /// Questions for a token that it has yet to answer.
    pub(crate) asked: Vec<Generation>,
    pub(crate) urls: Vec<String>,
    pub(crate) closes: Vec<u16>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) events: Vec<Rc<ReceivedEvent>>,
    pub(crate) settled: Vec<(SendId, Result<Rc<str>, SendError>)>,
    pub(crate) mutated: Vec<MutationEvent>,
    pub(crate) fetches: Vec<FetchId>,
    sent: Vec<Frame>,
}

impl Wired {
    /// A client that has been told to connect.
    pub(crate) fn new(options: SocketIoOptions) -> Self {
        Self::with_token(options, None)
    }

    /// The same for an app that gives tokens.
    pub(crate) fn with_token(options: SocketIoOptions, token: Option<&str>) -> Self {
        let codec = Box::new(SocketIoCodec::new(options));
        Self::speaking(codec, "https://a.test", token)
    }

    /// The same for a server of the JSON envelope.
    pub(crate) fn with_envelope(token: Option<&str>) -> Self {
        Self::speaking(Box::new(JsonCodec::default()), "wss://a.test/ws", token)
    }

    fn speaking(codec: Box<dyn Codec>, url: &str, token: Option<&str>) -> Self {
        let connection = ConnectionOptions {
            has_token: token.is_some(),
            ..ConnectionOptions::default()
        };
        let client = ClientOptions::new(url).with_connection(connection);
        let mut wired = Self {
            client: Client::new(client, codec),
            now: Instant::from_millis(1_000),
            generation: Generation::default(),
            token: token.map(str::to_owned),
            answers_tokens: true,
            asked: Vec::new(),
            urls: Vec::new(),
            closes: Vec::new(),
            faults: Vec::new(),
            events: Vec::new(),
            settled: Vec::new(),
            mutated: Vec::new(),
            fetches: Vec::new(),
            sent: Vec::new(),
        };
        wired.act(Client::connect);
        wired
    }

    /// The same, let in.
    pub(crate) fn connected(options: SocketIoOptions) -> Self {
        let mut wired = Self::new(options);
        wired.open();
        wired.feed(r#"40{"sid":"s1"}"#);
        wired.sent.clear();
        wired
    }

    pub(crate) fn act<R>(&mut self, act: impl FnOnce(&mut Client, Instant) -> R) -> R {
        let result = act(&mut self.client, self.now);
        self.drain();
        result
    }

    /// The socket opens, and the server says its first word.
    pub(crate) fn open(&mut self) {
        self.input_opened();
        self.feed(OPEN);
    }

    /// Only the socket opens.
    pub(crate) fn input_opened(&mut self) {
        let generation = self.generation;
        self.act(|client, now| client.handle(now, Input::Opened { generation }));
    }

    pub(crate) fn feed(&mut self, text: &str) {
        self.feed_frame(FrameRef::Text(text));
    }

    pub(crate) fn feed_frame(&mut self, frame: FrameRef<'_>) {
        let generation = self.generation;
        self.act(|client, now| client.handle(now, Input::Frame { generation, frame }));
    }

    /// The app answers the oldest question for a token that is open.
    pub(crate) fn answer_token(&mut self, result: Result<Option<String>, FetchError>) {
        let generation = self.asked.remove(0);
        self.act(|client, now| client.handle(now, Input::Token { generation, result }));
    }

    /// The link breaks.
    pub(crate) fn cut(&mut self) {
        let generation = self.generation;
        self.act(|client, now| {
            let input = Input::Closed {
                generation,
                code: 1006,
                reason: "",
                was_clean: false,
            };
            client.handle(now, input);
        });
    }

    /// The link breaks, and the next one opens when its time has come.
    pub(crate) fn reopen(&mut self) {
        self.cut();
        self.reopen_after_cut();
    }

    /// The next socket opens when its time has come.
    pub(crate) fn reopen_after_cut(&mut self) {
        let at = self.info().retry_at.expect("it tries again");
        self.run(at - self.now);
        self.open();
    }

    /// Time passes, and timers fire as they are due.
    pub(crate) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(at) = self.client.next_deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.act(|client, now| client.handle(now, Input::Timeout));
        }
        self.now = end;
    }

    /// What was sent since the last call, as text; a binary frame as its length.
    pub(crate) fn sent(&mut self) -> Vec<String> {
        let frames = std::mem::take(&mut self.sent);
        let text = |frame| match frame {
            Frame::Text(text) => text,
            Frame::Binary(bytes) => format!("{bytes:?}"),
        };
        frames.into_iter().map(text).collect()
    }

    pub(crate) fn info(&self) -> &ConnectionInfo {
        self.client.connection()
    }

    /// The last thing that went wrong with the connection, in words.
    pub(crate) fn error(&self) -> String {
        let error = self.info().last_error.as_ref();
        error.map(ToString::to_string).unwrap_or_default()
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::RequestToken { generation } if !self.answers_tokens => {
                    self.asked.push(generation);
                }
                Output::RequestToken { generation } => {
                    let result = Ok(self.token.clone());
                    let input = Input::Token { generation, result };
                    self.client.handle(self.now, input);
                }
                Output::Connect {
                    generation, url, ..
                } => {
                    self.generation = generation;
                    self.urls.push(url);
                }
                Output::Transmit { generation, frame } => {
                    assert_eq!(generation, self.generation);
                    self.sent.push(frame);
                }
                Output::Close { code, .. } => self.closes.push(code),
                Output::Event { event, .. } => self.events.push(event),
                Output::Settled { send, result } => self.settled.push((send, result)),
                Output::Mutation { event, .. } => self.mutated.push(event),
                Output::StartFetch { fetch, .. } => self.fetches.push(fetch),
                Output::Fault(fault) => self.faults.push(fault),
                _ => {}
            }
        }
    }
}

/// What client and server of a world speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    Envelope,
    SocketIo,
    /// Socket.IO, with sessions that are resumed.
    Resuming,
}

impl Wire {
    pub(crate) const ALL: [Self; 3] = [Self::Envelope, Self::SocketIo, Self::Resuming];

    pub(crate) fn world(self, seed: u64) -> World {
        let mut world = World::new(seed);
        if self != Self::Envelope {
            world.server.speak_socketio().recovers = self == Self::Resuming;
        }
        world
    }

    /// A client that has not been told to connect.
    pub(crate) fn add(self, world: &mut World, options: ClientOptions) -> PeerId {
        if self == Self::Envelope {
            return world.add(options);
        }
        let codec = SocketIoCodec::new(SocketIoOptions::new());
        world.add_with_codec(options, Box::new(codec))
    }
}

/// A world whose server speaks Socket.IO.
pub(crate) fn world(seed: u64) -> World {
    Wire::SocketIo.world(seed)
}

/// Adds a client that speaks it, too, and tells it to connect.
pub(crate) fn connect(world: &mut World) -> PeerId {
    connect_with(world, ConnectionOptions::default())
}

pub(crate) fn connect_with(world: &mut World, connection: ConnectionOptions) -> PeerId {
    let options = ClientOptions::new("http://server.test").with_connection(connection);
    let peer = Wire::SocketIo.add(world, options);
    world.act(peer, Client::connect);
    peer
}
