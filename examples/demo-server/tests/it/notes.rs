//! The text that everybody writes in: on one server, and on two that share their state.

use crate::{
    client::{Client, Served, Somebody, code, serve, strict},
    node::sharing,
    redis::Redis,
};
use realtime_server::texts::Base64;
use serde_json::{Value, json};
use yrs::{
    Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Text, TextRef, Transact, Update,
    updates::{decoder::Decode, encoder::Encode},
};

const TEXT: &str = "notes";

/// A page with the text open.
struct Page {
    client: Client,
    doc: Doc,
    text: TextRef,
    sent: u32,
    name: &'static str,
}

impl Page {
    /// Opened by somebody, on a server.
    async fn open(mut client: Client, name: &'static str) -> Self {
        client.subscribe(TEXT).await;
        let doc = Doc::with_options(Options {
            offset_kind: OffsetKind::Utf16,
            ..Options::default()
        });
        let text = doc.get_or_insert_text("body");
        let mut page = Self {
            client,
            doc,
            text,
            sent: 0,
            name,
        };
        page.sync().await;
        page
    }

    /// Gets what it lacks, and says what the server lacks.
    async fn sync(&mut self) {
        let known = Base64(self.doc.transact().state_vector().encode_v1());
        let answer = self
            .client
            .ask(json!({"event": "text:sync", "channel": TEXT, "data": {"stateVector": known}}))
            .await;
        assert!(answer["data"]["epoch"].is_string(), "{answer}");
        self.hear(&answer["data"]);
        let known = StateVector::decode_v1(&bytes(&answer["data"]["stateVector"])).unwrap();
        if self.doc.transact().state_vector() != known {
            let lacking = self.doc.transact().encode_diff_v1(&known);
            self.send(lacking).await;
        }
    }

    /// Writes something, and sends it.
    async fn write(&mut self, at: u32, piece: &str) {
        let update = self.write_offline(at, piece);
        self.send(update).await;
    }

    fn write_offline(&mut self, at: u32, piece: &str) -> Vec<u8> {
        let before = self.doc.transact().state_vector();
        self.text.insert(&mut self.doc.transact_mut(), at, piece);
        self.doc.transact().encode_diff_v1(&before)
    }

    /// Sends an update, and waits until it is done.
    async fn send(&mut self, update: Vec<u8>) {
        self.sent += 1;
        let id = format!("{}-{}", self.name, self.sent);
        let frame = update_frame(&id, update);
        self.client.send(frame).await;
        loop {
            let next = self.client.next().await;
            if next["event"] == "text:update" {
                self.hear(&next["data"]);
            } else {
                assert_eq!(
                    (&next["re"], &next["data"]),
                    (&json!(id), &json!({})),
                    "{next}"
                );
                return;
            }
        }
    }

    /// Waits until its text is this one.
    async fn until(&mut self, text: &str) {
        while self.text() != text {
            let event = self
                .client
                .until(|frame| frame["event"] == "text:update")
                .await;
            self.hear(&event["data"]);
        }
    }

    fn hear(&self, data: &Value) {
        let update = Update::decode_v1(&bytes(&data["update"])).unwrap();
        self.doc.transact_mut().apply_update(update).unwrap();
    }

    fn text(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }
}

fn update_frame(id: &str, update: Vec<u8>) -> Value {
    json!({"event": "text:update", "channel": TEXT, "id": id, "data": {"update": Base64(update)}})
}

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::from_value::<Base64>(value.clone()).unwrap().0
}

#[tokio::test]
async fn users_write_in_one_text_are_seen_there_and_strangers_are_not_let_in() {
    let server = serve(strict()).await;
    let (ada, lin) = (
        Somebody::sign_in(&server, "Ada").await,
        Somebody::sign_in(&server, "Lin").await,
    );
    let mut one = Page::open(Client::connect_as(&server, &ada).await, "one").await;
    let mut other = Page::open(Client::connect_as(&server, &lin).await, "other").await;
    one.write(0, "one 😀").await;
    other.until("one 😀").await;
    other.write(6, " two").await;
    one.until("one 😀 two").await;
    let data = json!({"channel": TEXT, "user": {"id": ada.id, "name": "Ada"}, "status": "online",
        "metadata": {"caret": "AA=="}});
    let announce = json!({"event": "presence:announce", "channel": TEXT, "data": data});
    one.client.send(announce).await;
    let told = other
        .client
        .until(|frame| frame["event"] == "presence:update")
        .await;
    assert_eq!(told["data"]["metadata"]["caret"], "AA==");

    let mut client = Client::connect_as(&server, &ada).await;
    let elsewhere =
        json!({"event": "text:sync", "channel": "tasks", "data": {"stateVector": "AA=="}});
    assert_eq!(code(&client.ask(elsewhere).await), "forbidden");
    for update in ["AA==", "/////w8BAQA=", "AQEBAIQBAAF4AA=="] {
        let frame = json!({"event": "text:update", "channel": TEXT, "data": {"update": update}});
        assert_eq!(code(&client.ask(frame).await), "invalid_data", "{update}");
    }
    let early = Base64(vec![1, 1, 1, 0, 0x84, 9, 9, 1, b'x', 0]);
    let early = json!({"event": "text:update", "channel": TEXT, "data": {"update": early}});
    assert_eq!(code(&client.ask(early).await), "text_behind");
    let mut stranger = Client::connect(&server).await;
    let sync = json!({"event": "text:sync", "channel": TEXT, "data": {"stateVector": "AA=="}});
    assert_eq!(code(&stranger.ask(sync).await), "unauthorized");
    assert_eq!(Page::open(client, "third").await.text(), "one 😀 two");
}

async fn page(server: &impl Served, name: &'static str) -> Page {
    Page::open(Client::connect(server).await, name).await
}

#[tokio::test]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn two_servers_have_one_text_also_after_one_was_away_and_all_were_started_anew() {
    let redis = Redis::start().await;
    let (here, there) = (serve(sharing(&redis)).await, serve(sharing(&redis)).await);
    let (mut ada, mut lin) = (page(&here, "ada").await, page(&there, "lin").await);
    ada.write(0, "ž€😀").await;
    lin.until("ž€😀").await;
    // Both at once, at one place.
    let (left, right) = (ada.write_offline(4, "left"), lin.write_offline(4, "right"));
    tokio::join!(ada.send(left), lin.send(right));
    let whole = |text: String| text.chars().count() == 12;
    while !whole(ada.text()) {
        let event = ada
            .client
            .until(|frame| frame["event"] == "text:update")
            .await;
        ada.hear(&event["data"]);
    }
    let text = ada.text();
    lin.until(&text).await;
    // What was sent to one, and is sent again to the other as it was not answered, is done once.
    let update = lin.write_offline(0, "!");
    let frame = update_frame("again", update);
    for client in [&mut ada.client, &mut lin.client] {
        client.send(frame.clone()).await;
        let done = client.until(|frame| frame["event"] == "ack").await;
        assert_eq!(done["data"], json!({}));
    }
    // Somebody who was away, and wrote meanwhile, comes to the other server.
    ada.write_offline(0, "?");
    ada.client = Client::connect(&there).await;
    ada.client.subscribe(TEXT).await;
    ada.sync().await;
    let text = ada.text();
    assert_eq!(text.chars().count(), 14);
    lin.until(&text).await;
    here.shutdown().await;
    there.shutdown().await;
    let next = serve(sharing(&redis)).await;
    assert_eq!(page(&next, "next").await.text(), text);
}
