//! Options: how a Socket.IO server is spoken to.

use serde_json::{Map, Value};
use std::fmt;

/// Where a Socket.IO server is, and how its events map to channels. The default fits a server that
/// follows the convention of docs/SOCKETIO.md.
///
/// ```
/// use realtime_core::wire::socketio::{JoinPayload, SocketIoOptions};
///
/// let options = SocketIoOptions::new()
///     .with_path("/live/socket.io/")
///     .with_auth("tenant", "acme")
///     .with_join("subscribe", "unsubscribe")
///     .with_join_payload(JoinPayload::Name);
/// assert_eq!(options.namespace, None);
/// ```
///
/// Its `Debug` shows the names of parameters and of CONNECT's fields, but not what they say.
#[derive(Clone, PartialEq)]
pub struct SocketIoOptions {
    /// The path that the server listens on. Default `/socket.io/`.
    pub path: String,
    /// Parameters for the address, beside those of the protocol and those of the client's URL.
    /// Default: none.
    pub query: Vec<(String, String)>,
    /// The namespace to connect to, such as `/admin`. Default `None`: the path of the client's URL,
    /// as in the JavaScript client; `/` if it has none.
    pub namespace: Option<String>,
    /// What a channel is to the server. Default [`ChannelMapping::Payload`].
    pub mapping: ChannelMapping,
    /// The event that joins a channel, where that is done by an event. Default `join`.
    pub join: String,
    /// The event that leaves one. Default `leave`.
    pub leave: String,
    /// What is sent with them. Default [`JoinPayload::Object`].
    pub join_payload: JoinPayload,
    /// Whether the server acknowledges joins. Default `true`.
    ///
    /// With `false` a channel counts as joined, and its data as live, as soon as the join is sent on
    /// an open connection: by the app's own word, for nobody else says so. Joins and leaves then ask
    /// for no acknowledgement, and the first fetch waits for nothing.
    pub join_ack: bool,
    /// How channel and message id go with what is sent. Default [`PayloadShape::Flat`].
    pub shape: PayloadShape,
    /// The field for a message's id, in what is sent and in the event that comes of it, where the
    /// shape is flat. `None` sends none, and no echo is recognised. Default `messageId`.
    pub message_id_field: Option<String>,
    /// The field of CONNECT's payload that holds the token. Default `token`.
    pub auth_field: String,
    /// More fields for CONNECT's payload. Default: none.
    pub auth: Map<String, Value>,
    /// The largest text frame that is read, in bytes, and the most that one packet's attachments may
    /// come to. Default 16 MiB.
    pub max_frame_bytes: usize,
}

/// What a channel is to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChannelMapping {
    /// A room, or whatever the server makes of it: joined and left by events, and named by the field
    /// `channel` of every payload.
    #[default]
    Payload,
    /// A namespace: the channel `tasks` is the namespace `/tasks`, subscribing is connecting to it,
    /// and its events need not name it. All namespaces share one socket. Names with a comma are
    /// refused, as packets have no place for them.
    Namespace,
}

/// What `join` and `leave` are sent with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JoinPayload {
    /// `{"channel": "tasks"}`, with `since` and `epoch` when it is joined again: the position that
    /// was reached, so that the server may send what was missed.
    #[default]
    Object,
    /// The bare name, `"tasks"`: for servers whose handler takes a string.
    Name,
}

/// How a message's channel and id go with its data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PayloadShape {
    /// Beside it, in one object: `{"channel": "tasks", "messageId": "q7f-1", "title": "Read"}`.
    #[default]
    Flat,
    /// Around it: `{"channel": "tasks", "id": "q7f-1", "data": {"title": "Read"}}`.
    Envelope,
}

impl fmt::Debug for SocketIoOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query: Vec<&str> = self.query.iter().map(|(name, _)| name.as_str()).collect();
        let auth: Vec<&String> = self.auth.keys().collect();
        f.debug_struct("SocketIoOptions")
            .field("path", &self.path)
            .field("query", &query)
            .field("namespace", &self.namespace)
            .field("mapping", &self.mapping)
            .field("join", &self.join)
            .field("leave", &self.leave)
            .field("join_payload", &self.join_payload)
            .field("shape", &self.shape)
            .field("message_id_field", &self.message_id_field)
            .field("auth_field", &self.auth_field)
            .field("auth", &auth)
            .field("max_frame_bytes", &self.max_frame_bytes)
            .finish_non_exhaustive()
    }
}

impl Default for SocketIoOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl SocketIoOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            path: "/socket.io/".into(),
            query: Vec::new(),
            namespace: None,
            mapping: ChannelMapping::default(),
            join: "join".into(),
            leave: "leave".into(),
            join_payload: JoinPayload::default(),
            join_ack: true,
            shape: PayloadShape::default(),
            message_id_field: Some("messageId".into()),
            auth_field: "token".into(),
            auth: Map::new(),
            max_frame_bytes: 16 * 1024 * 1024,
        }
    }

    /// Sets the path that the server listens on. What a path cannot hold, such as a `?`, is written in it
    /// as `%3F`.
    #[must_use]
    pub fn with_path(mut self, path: impl AsRef<str>) -> Self {
        self.path = path.as_ref().to_owned();
        self
    }

    /// Adds a parameter to the address.
    #[must_use]
    pub fn with_query(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let parameter = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.query.push(parameter);
        self
    }

    /// Sets the namespace to connect to.
    #[must_use]
    pub fn with_namespace(mut self, namespace: impl AsRef<str>) -> Self {
        self.namespace = Some(namespace.as_ref().to_owned());
        self
    }

    /// Sets what a channel is to the server.
    #[must_use]
    pub const fn with_mapping(mut self, mapping: ChannelMapping) -> Self {
        self.mapping = mapping;
        self
    }

    /// Sets the events that join and leave a channel.
    #[must_use]
    pub fn with_join(mut self, join: impl AsRef<str>, leave: impl AsRef<str>) -> Self {
        self.join = join.as_ref().to_owned();
        self.leave = leave.as_ref().to_owned();
        self
    }

    /// Sets what those are sent with.
    #[must_use]
    pub const fn with_join_payload(mut self, payload: JoinPayload) -> Self {
        self.join_payload = payload;
        self
    }

    /// Sets whether the server acknowledges joins: `false` for one that never does.
    #[must_use]
    pub const fn with_join_ack(mut self, acknowledges: bool) -> Self {
        self.join_ack = acknowledges;
        self
    }

    /// Sets how channel and message id go with what is sent.
    #[must_use]
    pub const fn with_shape(mut self, shape: PayloadShape) -> Self {
        self.shape = shape;
        self
    }

    /// Sets the field for a message's id; `None` for no id.
    #[must_use]
    pub fn with_message_id_field(mut self, field: Option<&str>) -> Self {
        self.message_id_field = field.map(str::to_owned);
        self
    }

    /// Sets the field of CONNECT's payload that holds the token.
    #[must_use]
    pub fn with_auth_field(mut self, field: impl AsRef<str>) -> Self {
        self.auth_field = field.as_ref().to_owned();
        self
    }

    /// Adds a field to CONNECT's payload.
    #[must_use]
    pub fn with_auth(mut self, field: impl AsRef<str>, value: impl Into<Value>) -> Self {
        self.auth.insert(field.as_ref().to_owned(), value.into());
        self
    }

    /// Sets the largest text frame that is read, and the largest sum of one packet's attachments.
    #[must_use]
    pub const fn with_max_frame_bytes(mut self, bytes: usize) -> Self {
        self.max_frame_bytes = bytes;
        self
    }
}
