//! Hooks' needs of a server: edits of a list, presence, typing. The state of the list is in Redis; there is no
//! snapshot of a room, so whoever comes learns of the others by their heartbeats.

use crate::{Failure, events::answer, shared::Shared};
use serde_json::{Value, json};
use socketioxide::{
    adapter::Adapter,
    extract::{AckSender, Data, SocketRef, State},
};
use std::sync::Arc;

/// Has `socket` take part.
pub(crate) fn take_part<A: Adapter>(socket: &SocketRef<A>) {
    for action in ["create", "update", "delete"] {
        socket.on(
            format!("task:{action}"),
            async move |socket: SocketRef<A>,
                        State(shared): State<Arc<Shared>>,
                        Data(payload): Data<Value>,
                        ack: AckSender<A>| {
                change(&socket, &shared, action, payload, ack).await;
            },
        );
    }
    for (event, told) in [
        ("presence:announce", "presence:update"),
        ("presence:leave", "presence:leave"),
        ("typing:start", "typing:start"),
        ("typing:stop", "typing:stop"),
    ] {
        socket.on(
            event,
            async move |socket: SocketRef<A>, Data(mut payload): Data<Value>, ack: AckSender<A>| {
                if told == "presence:update" {
                    payload["userId"] = payload["user"]["id"].clone();
                }
                if event.starts_with("presence") {
                    payload["connectionId"] = socket.id.to_string().into();
                }
                tell(&socket, told, &payload).await;
                answer(ack, &json!({}));
            },
        );
    }
}

async fn change<A: Adapter>(
    socket: &SocketRef<A>,
    shared: &Shared,
    action: &str,
    mut item: Value,
    ack: AckSender<A>,
) {
    let mut take = |name| {
        let field = item.as_object_mut().and_then(|fields| fields.remove(name));
        field.unwrap_or_default()
    };
    let (channel, message) = (take("channel"), take("messageId"));
    match shared
        .change(action, message.as_str().unwrap_or_default(), &item)
        .await
    {
        Ok(changed) => {
            // A repeat is told again as well: the node that heard it first may have died before it told.
            if let Some(item) = changed.get("item") {
                let edit = json!({ "channel": channel, "messageId": message, "action": action, "item": item });
                tell(socket, "list:update", &edit).await;
            }
            answer(ack, &changed);
        }
        // No answer: the client asks again.
        Err(Failure(error)) => eprintln!("could not change a task: {error}"),
    }
}

/// Tells everybody in the payload's channel.
async fn tell<A: Adapter>(socket: &SocketRef<A>, event: &str, payload: &Value) {
    let channel = payload["channel"].as_str().unwrap_or_default().to_owned();
    if let Err(error) = socket.within(channel).emit(event, payload).await {
        eprintln!("could not tell of {event}: {error}");
    }
}
