//! Clients of cases: set up, then opened.

use crate::{
    demo::{self, Demo},
    failure::Verdict,
    native::{Answer, App, Native},
    peer::Peer,
    stage::Stage,
    task::Task,
    wait::connected,
};
use futures::future::{FutureExt, ready};
use realtime_core::{
    ClientOptions, Codec, FetchError, Fetched, QueryKey,
    connection::{BackoffOptions, ConnectionOptions},
    key,
    wire::{
        JsonCodec,
        socketio::{SocketIoCodec, SocketIoOptions},
    },
};
use std::{cell::RefCell, time::Duration};

/// A client that is not open yet.
#[derive(Debug)]
pub(crate) struct Setup {
    options: ClientOptions,
    /// Without these it speaks the JSON envelope.
    socketio: Option<SocketIoOptions>,
    app: CaseApp,
}

impl Stage {
    /// A client of a peer that speaks Socket.IO, which tries again quickly.
    pub(crate) fn client(&self, peer: &Peer) -> Setup {
        self.client_at(peer.port())
    }

    /// The same, of whoever listens on a port.
    pub(crate) fn client_at(&self, port: u16) -> Setup {
        let url = format!("http://127.0.0.1:{port}");
        let tasks = format!("{url}/tasks");
        self.setup(url, tasks, Some(SocketIoOptions::new()))
    }

    /// A client of the demo server, by the JSON envelope.
    pub(crate) fn envelope(&self, server: &Demo) -> Setup {
        self.setup(server.url(), server.http("/api/tasks"), None)
    }

    fn setup(&self, url: String, tasks: String, socketio: Option<SocketIoOptions>) -> Setup {
        let app = CaseApp {
            tokens: RefCell::default(),
            tasks,
        };
        let quick = ConnectionOptions {
            backoff: BackoffOptions {
                min: Duration::from_millis(20),
                max: Duration::from_millis(100),
                ..BackoffOptions::default()
            },
            ..ConnectionOptions::default()
        };
        Setup {
            options: ClientOptions::new(url)
                .with_seed(self.house.seed())
                .with_connection(quick),
            socketio,
            app,
        }
    }
}

impl Setup {
    /// Gives these tokens, one an attempt, and the last one for ever.
    pub(crate) fn with_tokens(mut self, tokens: &[&str]) -> Self {
        self.options.connection.has_token = true;
        self.app.tokens = RefCell::new(tokens.iter().rev().map(|token| (*token).into()).collect());
        self
    }

    /// Knocks at another address.
    pub(crate) fn at(mut self, url: String) -> Self {
        self.options.url = url;
        self
    }

    /// Changes how Socket.IO is spoken.
    pub(crate) fn with_options(
        mut self,
        change: impl FnOnce(SocketIoOptions) -> SocketIoOptions,
    ) -> Self {
        self.socketio = self.socketio.map(change);
        self
    }

    pub(crate) fn with_connection(mut self, change: impl FnOnce(&mut ConnectionOptions)) -> Self {
        change(&mut self.options.connection);
        self
    }

    /// Begins to connect.
    pub(crate) fn open(self) -> Native {
        let codec: Box<dyn Codec> = match self.socketio {
            Some(options) => Box::new(SocketIoCodec::new(options)),
            None => Box::new(JsonCodec::default()),
        };
        let native = Native::new(self.options, codec, self.app);
        native.run(|client, now| client.connect(now));
        native
    }

    /// Connects, and waits until that is done.
    pub(crate) async fn connect(self) -> Verdict<Native> {
        let native = self.open();
        connected(&native).await?;
        Ok(native)
    }
}

/// The program around a case's client: it has tokens, and fetches tasks.
#[derive(Debug)]
pub(crate) struct CaseApp {
    tokens: RefCell<Vec<String>>,
    /// Where the tasks are fetched.
    tasks: String,
}

impl App for CaseApp {
    fn token(&self) -> Answer<Option<String>, String> {
        let mut tokens = self.tokens.borrow_mut();
        let token = if tokens.len() > 1 {
            tokens.pop()
        } else {
            tokens.last().cloned()
        };
        ready(Ok(token)).boxed_local()
    }

    fn fetch(&self, key: &QueryKey) -> Answer<Fetched, FetchError> {
        if *key != key!["tasks"] {
            return ready(Err(FetchError::permanent(format!("no case fetches {key}"))))
                .boxed_local();
        }
        let url = self.tasks.clone();
        async move {
            let tasks: Result<Vec<Task>, _> = demo::get(url).await;
            tasks
                .map(Fetched::new)
                .map_err(|failure| FetchError::new(failure.to_string()))
        }
        .boxed_local()
    }
}
