//! A client with a server that agrees to everything.

use realtime_core::{
    Client, ClientOptions, FetchId, Fetched, Frame, FrameRef, Generation, Input, Instant,
    MutationLimits, Output, channel::ChannelOptions, wire::JsonCodec,
};
use serde_json::Value;
use std::time::Duration;

pub(crate) const NOW: Instant = Instant::from_millis(1_000);

pub(crate) struct Wire {
    pub(crate) client: Client,
    pub(crate) now: Instant,
    generation: Generation,
    pub(crate) fetches: Vec<FetchId>,
    /// The ids of the messages that were sent, but for subscriptions.
    pub(crate) sent: Vec<String>,
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self::with(|options| options)
    }

    /// With something more in the options.
    pub(crate) fn with(more: impl FnOnce(ClientOptions) -> ClientOptions) -> Self {
        let channels = ChannelOptions {
            max_channels: 10_000,
            ..ChannelOptions::default()
        };
        let options = ClientOptions::new("wss://example.test/ws")
            .with_channels(channels)
            .with_mutations(MutationLimits {
                in_flight: 1_000,
                ..MutationLimits::default()
            });
        let mut client = Client::new(more(options), Box::new(JsonCodec::default()));
        client.connect(NOW);
        let mut wire = Self {
            client,
            now: NOW,
            generation: Generation::default(),
            fetches: Vec::new(),
            sent: Vec::new(),
        };
        wire.pump();
        wire
    }

    /// Does what the client wants done.
    pub(crate) fn pump(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Connect { generation, .. } => {
                    self.generation = generation;
                    self.client.handle(NOW, Input::Opened { generation });
                }
                Output::Transmit {
                    frame: Frame::Text(text),
                    ..
                } => {
                    if let Some(answer) = self.answer(&text) {
                        self.take(&answer);
                    }
                }
                Output::StartFetch { fetch, .. } => self.fetches.push(fetch),
                _ => {}
            }
        }
    }

    fn answer(&mut self, text: &str) -> Option<String> {
        let message: Value = serde_json::from_str(text).unwrap();
        let id = message["id"].as_str()?;
        if message["event"] != "subscribe" {
            self.sent.push(id.into());
            return None;
        }
        Some(format!(
            r#"{{"event":"subscribe","re":"{id}","seq":0,"epoch":"e"}}"#
        ))
    }

    /// Answers all fetches that run.
    pub(crate) fn land<T: 'static>(&mut self, data: impl Fn() -> T) {
        for fetch in std::mem::take(&mut self.fetches) {
            let result = Ok(Fetched::new(data()));
            self.client
                .handle(NOW, Input::FetchFinished { fetch, result });
        }
        self.pump();
    }

    /// A frame comes, and everything it causes is done.
    pub(crate) fn frame(&mut self, text: &str) {
        self.take(text);
        self.pump();
    }

    fn take(&mut self, text: &str) {
        let input = Input::Frame {
            generation: self.generation,
            frame: FrameRef::Text(text),
        };
        self.client.handle(self.now, input);
    }

    /// Time passes, and what was to happen by then does.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        while self.client.next_deadline().is_some_and(|at| at <= self.now) {
            self.client.handle(self.now, Input::Timeout);
            self.pump();
        }
    }
}
