//! A client with a server that agrees to everything and says nothing by itself.

use realtime_core::{
    Client, ClientOptions, FetchId, Fetched, Frame, FrameRef, Generation, Input, Instant,
    MutationLimits, Output, Topic, channel::ChannelOptions, query::QueryLimits, wire::JsonCodec,
};
use serde::Deserialize;

pub(crate) struct Link {
    pub(crate) client: Client,
    generation: Generation,
    /// Fetches that nobody has answered.
    pub(crate) fetches: Vec<FetchId>,
    /// The ids of the messages that were sent, but for subscriptions.
    pub(crate) sent: Vec<String>,
}

#[derive(Deserialize)]
struct Sent {
    event: String,
    id: Option<String>,
}

impl Link {
    /// The moment at which everything happens.
    pub(crate) const NOW: Instant = Instant::from_millis(1_000);

    /// A connected client.
    pub(crate) fn new() -> Self {
        let channels = ChannelOptions {
            max_channels: 20_000,
            ..ChannelOptions::default()
        };
        let limits = QueryLimits::default().with_max_entries(20_000);
        let options = ClientOptions::new("wss://bench.test/ws")
            .with_channels(channels)
            .with_queries(limits)
            .with_mutations(MutationLimits {
                in_flight: 1_000,
                ..MutationLimits::default()
            });
        let mut client = Client::new(options, Box::new(JsonCodec::default()));
        client.connect(Self::NOW);
        let mut link = Self {
            client,
            generation: Generation::default(),
            fetches: Vec::new(),
            sent: Vec::new(),
        };
        link.pump();
        link
    }

    /// Does what the client wants done.
    pub(crate) fn pump(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Connect { generation, .. } => {
                    self.generation = generation;
                    self.client.handle(Self::NOW, Input::Opened { generation });
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
        let Sent { event, id } = serde_json::from_str(text).ok()?;
        let id = id?;
        if event != "subscribe" {
            self.sent.push(id);
            return None;
        }
        Some(format!(
            r#"{{"event":"subscribe","re":"{id}","seq":0,"epoch":"e"}}"#
        ))
    }

    /// Answers the fetches that run.
    pub(crate) fn land<T: 'static>(&mut self, data: impl Fn() -> T) {
        for fetch in std::mem::take(&mut self.fetches) {
            let result = Ok(Fetched::new(data()));
            self.client
                .handle(Self::NOW, Input::FetchFinished { fetch, result });
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
        self.client.handle(Self::NOW, input);
    }

    /// What hooks are told at the end of a frame.
    pub(crate) fn publish(&mut self) -> Vec<Topic> {
        self.client.take_changes()
    }
}
