//! The way that everything goes first: subscribe, an event, an answer, a resumption.

use crate::client::{Client, Served};
use realtime_server::{Hub, ListChange, Message, Refusal};
use serde_json::{Value, json};

fn hub() -> Hub {
    Hub::builder()
        .on_message(async |message: Message| match message.event.as_str() {
            "note:create" => {
                let note: Value = message.data()?;
                message.publish("notes", "list:update", &ListChange::create(&note))?;
                Ok(note)
            }
            other => Err(Refusal::unknown_event(other)),
        })
        .build()
}

#[tokio::test]
async fn a_message_is_answered_its_event_goes_to_all_and_who_was_away_resumes() {
    let served = Served::new(hub()).await;
    let mut ada = Client::connect(&served).await;
    let mut lin = Client::connect(&served).await;
    let joined = ada.subscribe("notes").await;
    assert_eq!(
        (&joined["seq"], &joined["data"]["recovered"]),
        (&json!(0), &json!(false))
    );
    lin.subscribe("notes").await;
    let note = json!({"id": "n1", "text": "hello"});
    lin.send(json!({"event": "note:create", "channel": "notes", "id": "m1", "data": note}))
        .await;
    let event = ada.next().await;
    assert_eq!(event["event"], "list:update");
    assert_eq!((&event["seq"], &event["id"]), (&json!(1), &json!("m1")));
    assert_eq!(event["data"], json!({"action": "create", "item": note}));
    assert_eq!(lin.next().await["id"], "m1", "the echo");
    let ack = lin.next().await;
    assert_eq!((&ack["re"], &ack["data"]), (&json!("m1"), &note));
    served
        .hub
        .publish(
            "notes",
            "list:update",
            &ListChange::delete(json!({"id": "n1"})),
        )
        .unwrap();
    let mut back = Client::connect(&served).await;
    let resume = json!({"since": 1, "epoch": event["epoch"]});
    let frame = json!({"event": "subscribe", "channel": "notes", "data": resume});
    let resumed = back.ask(frame).await;
    assert_eq!(
        (&resumed["seq"], &resumed["data"]["recovered"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(back.next().await["data"]["action"], "delete");
}
