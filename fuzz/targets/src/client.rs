//! Client: a whole client between an app that uses all of it and a server that says anything.

use crate::{
    act::{Act, acts},
    row::{Row, check, options},
};
use realtime_core::{
    ChannelName, Client, ClientOptions, Delivery, Edit, FetchError, FetchId, Fetched, Frame,
    FrameRef, Generation, Input, Instant, ListEdit, ListSpec, Message, Mutation, MutationId,
    Output, Patch, PresenceOptions, QueryKey, QueryOptions, RecordSpec, RosterLease, SendId,
    TypingLease, TypingOptions, User, key, merge_patch,
    wire::{
        JsonCodec,
        socketio::{SocketIoCodec, SocketIoOptions},
    },
};
use serde_json::Value;
use std::{collections::BTreeSet, rc::Rc, time::Duration};

/// How often a timer may fire while time passes. No client has so much to do.
const MOST_TIMERS: usize = 20_000;

/// Takes each line as a frame. `$` in a frame stands for what answers the message that was sent
/// last. `>socketio` begins with a client of that protocol; `>wait MILLISECONDS`, `>cut`, `>say
/// DATA`, `>latest DATA`, `>insert ROW`, `>edit ID PATCH`, `>delete ID`, `>move ID`, `>fetch ROWS`,
/// `>fail`, `>hide`, `>show`, `>blocked`, `>free`, `>type` and `>status` are what the app, the page and the
/// network do.
///
/// # Panics
///
/// When a send or a mutation ends twice, two rows have one key, a timer never stops, or a secret
/// shows.
pub fn client(input: &[u8]) {
    let mut app = App::new(false);
    for act in acts(input) {
        match act {
            Act::Word("socketio", _) => app = App::new(true),
            Act::Frame(FrameRef::Binary(bytes)) => app.frame(FrameRef::Binary(bytes)),
            Act::Frame(FrameRef::Text(text)) => {
                let text = text.replacen('$', &app.answer_to, 1);
                app.frame(FrameRef::Text(&text));
            }
            Act::Word(word, rest) => app.act(word, rest),
        }
        app.check();
    }
    // Whatever has happened, everything ends.
    app.pass(Duration::from_secs(600));
    app.command(Client::disconnect);
    app.check();
    assert!(app.sends.is_empty(), "a send did not end: {:?}", app.sends);
}

struct App {
    client: Client,
    now: Instant,
    generation: Generation,
    fetches: Vec<FetchId>,
    rows: Vec<Row>,
    sends: BTreeSet<SendId>,
    mutations: BTreeSet<MutationId>,
    /// What stands for an answer to the last message in a frame.
    answer_to: String,
    _leases: (RosterLease, TypingLease),
}

fn tasks() -> QueryKey {
    key!["tasks"]
}

fn room() -> ChannelName {
    "c".into()
}

impl App {
    fn new(socketio: bool) -> Self {
        let mut client = if socketio {
            let codec = SocketIoCodec::new(SocketIoOptions::new().with_max_frame_bytes(1 << 16));
            Client::new(ClientOptions::new("https://a.test"), Box::new(codec))
        } else {
            let codec = JsonCodec::default().with_max_frame_bytes(1 << 16);
            Client::new(ClientOptions::new("wss://a.test/ws"), Box::new(codec))
        };
        let now = Instant::from_millis(1_000);
        let query = QueryOptions::default();
        let spec = ListSpec::new(Some(room())).with_options(options(false));
        let observed = client.observe_list::<Row>(now, &tasks(), spec, &query);
        assert!(observed.is_ok());
        let spec = RecordSpec::<Value>::new()
            .on("record", Some(room()), Patch::merge(merge_patch))
            .on("set", None, Patch::replace());
        let observed = client.observe_record(now, &key!["record"], spec, &query);
        assert!(observed.is_ok());
        let me = User::new("me", "Me");
        let typing =
            client.open_typing(now, &room(), me.id.clone(), "Me", TypingOptions::default());
        let joined = client.join(now, &room(), me, PresenceOptions::default());
        let listening = client.listen(now, &"e".into(), None);
        let (Ok(joined), Ok(typing), Ok(_)) = (joined, typing, listening) else {
            panic!("there is room")
        };
        client.connect(now);
        let mut app = Self {
            client,
            now,
            generation: Generation::default(),
            fetches: Vec::new(),
            rows: Vec::new(),
            sends: BTreeSet::new(),
            mutations: BTreeSet::new(),
            answer_to: String::new(),
            _leases: (joined, typing),
        };
        app.drain();
        if socketio {
            let open = r#"0{"sid":"e1","pingInterval":25000,"pingTimeout":20000}"#;
            app.frame(FrameRef::Text(open));
        }
        app
    }

    fn act(&mut self, word: &str, rest: &str) {
        let now = self.now;
        let message = || Message::new("say", rest);
        match word {
            "wait" => {
                let wait = rest.parse().unwrap_or(1_000).min(600_000);
                self.pass(Duration::from_millis(wait));
            }
            "cut" => self.input(Input::Closed {
                generation: self.generation,
                code: rest.parse().unwrap_or(1006),
                reason: rest,
                was_clean: false,
            }),
            "say" => self.send(message().on(room())),
            "latest" => self.send(message().with(Delivery::Latest("c".into()))),
            "insert" => {
                if let Ok(row) = serde_json::from_str(rest) {
                    self.edit(ListEdit::Insert(row));
                }
            }
            "edit" => {
                let (id, patch) = rest.split_once(' ').unwrap_or((rest, "{}"));
                let (id, patch) = (id.into(), patch.into());
                self.edit(ListEdit::Update { id, patch });
            }
            "delete" => self.edit(ListEdit::Delete { id: rest.into() }),
            "move" => self.edit(ListEdit::MoveBefore {
                id: rest.into(),
                before: None,
            }),
            "fetch" => {
                if let Ok(rows) = serde_json::from_str(rest) {
                    self.rows = rows;
                }
                self.finish_fetches(true);
            }
            "fail" => self.finish_fetches(false),
            "hide" => self.input(Input::Visible(false)),
            "show" => self.input(Input::Visible(true)),
            "offline" => self.input(Input::Online(false)),
            "online" => self.input(Input::Online(true)),
            "blocked" => self.input(Input::Blocked(true)),
            "free" => self.input(Input::Blocked(false)),
            "reconnect" => self.command(Client::reconnect),
            "type" => {
                let me = "me".into();
                self.client.start_typing(now, &room(), &me);
                self.drain();
            }
            _ => {}
        }
    }

    fn send(&mut self, message: Message) {
        let send = self.client.send(self.now, message);
        assert!(self.sends.insert(send));
        self.drain();
    }

    fn edit(&mut self, edit: ListEdit<Row>) {
        let mutation = Mutation::new(Message::new("edit", "{}").on(room()));
        let mutation = mutation.with_edit(Edit::list(tasks(), edit));
        let id = self.client.mutate(self.now, mutation);
        assert!(self.mutations.insert(id));
        self.drain();
    }

    fn command(&mut self, command: fn(&mut Client, Instant)) {
        command(&mut self.client, self.now);
        self.drain();
    }

    fn frame(&mut self, frame: FrameRef<'_>) {
        self.input(Input::Frame {
            generation: self.generation,
            frame,
        });
    }

    fn input(&mut self, input: Input<'_>) {
        self.client.handle(self.now, input);
        self.drain();
    }

    fn finish_fetches(&mut self, well: bool) {
        for fetch in std::mem::take(&mut self.fetches) {
            let rows = self.rows.clone();
            let result = if well {
                Ok(Fetched::new(rows))
            } else {
                Err(FetchError::new("no"))
            };
            self.input(Input::FetchFinished { fetch, result });
        }
    }

    /// Time passes, and timers fire when they are due.
    fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        for fired in 0.. {
            assert!(
                fired < MOST_TIMERS,
                "a timer does not stop: {:?}",
                self.client.stats()
            );
            let Some(at) = self.client.next_deadline().filter(|at| *at <= end) else {
                break;
            };
            self.now = self.now.max(at);
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::RequestToken { generation } => {
                    let result = Ok(None);
                    self.client
                        .handle(self.now, Input::Token { generation, result });
                }
                Output::Connect { generation, .. } => {
                    self.generation = generation;
                    self.client.handle(self.now, Input::Opened { generation });
                }
                Output::Transmit { frame, .. } => self.heard(&frame),
                Output::StartFetch { fetch, .. } => self.fetches.push(fetch),
                Output::Settled { send, .. } => {
                    assert!(self.sends.remove(&send), "{send:?} ended twice");
                }
                Output::Fault(fault) => {
                    let shown = fault.to_string();
                    assert!(shown.len() < 4_000, "a long text: {shown}");
                }
                _ => {}
            }
        }
    }

    /// Remembers what an answer to a message has to say.
    fn heard(&mut self, frame: &Frame) {
        let Frame::Text(text) = frame else { return };
        if let Some(packet) = text.strip_prefix("42") {
            let digits = packet.bytes().take_while(u8::is_ascii_digit).count();
            self.answer_to = packet[..digits].into();
        } else if let Ok(envelope) = serde_json::from_str::<Value>(text)
            && let Some(id) = envelope["id"].as_str()
        {
            self.answer_to = id.into();
        }
    }

    fn check(&mut self) {
        if let Some(rows) = self.client.list::<Row>(&tasks()) {
            check(&rows);
        }
        let members = self.client.presence(&room());
        drop(members);
        self.client.take_changes();
        let record: Option<Rc<Value>> = self.client.record(&key!["record"]);
        drop(record);
        assert!(self.client.pending_mutations() <= self.mutations.len());
    }
}
