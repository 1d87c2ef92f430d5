//! The handlers, the same as those of the server on Node.

use crate::{
    binary::{Digests, Parts, Sizes},
    hooks,
    seen::Seen,
};
use rmpv::Value as Payload;
use serde::{Deserialize, Serialize};
use serde_json::json;
use socketioxide::{
    adapter::Adapter,
    extract::{AckSender, Data, SocketRef, State},
    socket::DisconnectReason,
};
use std::sync::Arc;

#[derive(Deserialize)]
pub(crate) struct Auth {
    token: Option<String>,
}

/// The middleware of all namespaces that are open.
pub(crate) async fn authenticate<A: Adapter>(
    socket: SocketRef<A>,
    Data(auth): Data<Option<Auth>>,
    State(seen): State<Arc<Seen>>,
) -> Result<(), &'static str> {
    let token = auth.and_then(|auth| auth.token);
    let refused = seen.refusal(token.as_deref());
    let query = socket.req_parts().uri.query().unwrap_or_default();
    seen.note(|lists| (&mut lists.queries, query.to_owned()));
    seen.note(|lists| (&mut lists.tokens, token));
    refused.map_or(Ok(()), Err)
}

/// A request to join or leave: the channel's name, bare or in an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Request {
    Name(String),
    Object { channel: String },
}

impl Request {
    fn channel(self) -> String {
        match self {
            Self::Name(channel) | Self::Object { channel } => channel,
        }
    }
}

pub(crate) async fn connected<A: Adapter>(socket: SocketRef<A>) {
    socket.on_disconnect(
        async |reason: DisconnectReason, State(seen): State<Arc<Seen>>| {
            seen.note(|lists| (&mut lists.reasons, reason.to_string()));
        },
    );
    socket.on("join", join);
    socket.on("leave", leave);
    socket.on("relay", relay);
    socket.on(
        "echo",
        async |Data(payload): Data<Payload>, ack: AckSender<A>| {
            answer(ack, &payload);
        },
    );
    socket.on("mute", async || {});
    socket.on("refuse", async |ack: AckSender<A>| {
        let error = json!({ "code": "invalid_data", "message": "text must not be empty" });
        answer(ack, &json!({ "error": error }));
    });
    socket.on("fail:node", async |ack: AckSender<A>| {
        answer(ack, &("the disk is full", Payload::Nil));
    });
    socket.on(
        "succeed:node",
        async |Data(payload): Data<Payload>, ack: AckSender<A>| {
            answer(ack, &(Payload::Nil, payload));
        },
    );
    socket.on(
        "digest",
        async |Data(parts): Data<Parts>, ack: AckSender<A>| {
            answer(ack, &Digests::of(&parts));
        },
    );
    socket.on(
        "bytes",
        async |Data(sizes): Data<Sizes>, ack: AckSender<A>| {
            answer(ack, &Parts::of(&sizes));
        },
    );
    hooks::take_part(&socket);
}

async fn join<A: Adapter>(socket: SocketRef<A>, Data(request): Data<Request>, ack: AckSender<A>) {
    let channel = request.channel();
    if channel.starts_with("forbidden") {
        let message = format!("nobody may join {channel}");
        let error = json!({ "code": "forbidden", "message": message });
        return answer(ack, &json!({ "error": error }));
    }
    socket.join(channel);
    answer(ack, &json!({}));
}

async fn leave<A: Adapter>(socket: SocketRef<A>, Data(request): Data<Request>, ack: AckSender<A>) {
    socket.leave(request.channel());
    answer(ack, &json!({}));
}

/// Everybody in the channel gets it, the sender too.
async fn relay<A: Adapter>(
    socket: SocketRef<A>,
    State(seen): State<Arc<Seen>>,
    Data(payload): Data<Payload>,
    ack: AckSender<A>,
) {
    let message = text(&payload, "messageId").map(str::to_owned);
    seen.note(|lists| (&mut lists.messages, message));
    let channel = text(&payload, "channel").unwrap_or_default().to_owned();
    let relayed = socket.within(channel).emit("relay", &payload).await;
    answer(ack, &json!({ "relayed": relayed.is_ok() }));
}

/// A text field of a payload.
fn text<'a>(payload: &'a Payload, name: &str) -> Option<&'a str> {
    let fields = payload.as_map()?;
    let (_, value) = fields.iter().find(|(key, _)| key.as_str() == Some(name))?;
    value.as_str()
}

/// Answers, if an answer is wanted.
pub(crate) fn answer<A: Adapter>(ack: AckSender<A>, data: &impl Serialize) {
    // One that cannot be sent means that the socket has gone, and its client will ask again.
    let _ = ack.send(data);
}
