//! Shared texts over real sockets: two documents of yrs on two wires, permissions, resuming, hostile updates, storing.

use crate::client::{Client, Served, until};
#[cfg(feature = "socketio")]
use crate::socketio_client::SocketIoClient;
use base64::{Engine, engine::general_purpose::STANDARD};
use realtime_server::{
    Access, Credentials, Hub, HubBuilder, Message, Refusal, Right, User,
    texts::{TextLimits, TextOptions},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use yrs::{
    Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Text, TextRef, Transact, Update,
    updates::{decoder::Decode, encoder::Encode},
};

/// Somebody's document.
struct Page {
    doc: Doc,
    text: TextRef,
}

impl Page {
    fn new() -> Self {
        let doc = Doc::with_options(Options {
            offset_kind: OffsetKind::Utf16,
            ..Options::default()
        });
        let text = doc.get_or_insert_text("t");
        Self { doc, text }
    }

    fn write(&self, at: u32, piece: &str) -> Value {
        let before = self.doc.transact().state_vector();
        self.text.insert(&mut self.doc.transact_mut(), at, piece);
        self.since(&before)
    }

    fn delete(&self, at: u32, len: u32) -> Value {
        let before = self.doc.transact().state_vector();
        self.text
            .remove_range(&mut self.doc.transact_mut(), at, len);
        self.since(&before)
    }

    /// What has happened since, as the data of `text:update`.
    fn since(&self, known: &StateVector) -> Value {
        json!({"update": STANDARD.encode(self.doc.transact().encode_diff_v1(known))})
    }

    /// Takes in what an event or an answer has.
    fn hear(&self, data: &Value) {
        let update = Update::decode_v1(&bytes(&data["update"])).unwrap();
        self.doc.transact_mut().apply_update(update).unwrap();
    }

    /// The data of `text:sync`.
    fn known(&self) -> Value {
        let known = self.doc.transact().state_vector().encode_v1();
        json!({"stateVector": STANDARD.encode(known)})
    }

    fn text(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }
}

fn bytes(base64: &Value) -> Vec<u8> {
    STANDARD.decode(base64.as_str().unwrap()).unwrap()
}

fn sync(page: &Page) -> Value {
    json!({"event": "text:sync", "channel": "notes", "data": page.known()})
}

fn update(data: Value) -> Value {
    json!({"event": "text:update", "channel": "notes", "data": data})
}

async fn served(hub: HubBuilder) -> Served {
    Served::new(hub.texts(TextOptions::default()).build()).await
}

#[tokio::test]
async fn two_pages_end_with_one_text_also_after_one_was_away() {
    let users = AtomicU32::new(0);
    let hub = Hub::builder().authenticate(move |_| {
        let id = users.fetch_add(1, Ordering::Relaxed).to_string();
        async { Ok(User::new(id.clone(), id)) }
    });
    let served = served(hub).await;
    let (ada, lin) = (Page::new(), Page::new());
    let mut adas = Client::in_channel(&served, "notes").await;
    let mut lins = Client::in_channel(&served, "notes").await;
    let answer = adas.ask(sync(&ada)).await;
    assert_eq!(answer["data"]["update"], "AAA=");
    assert_eq!(
        (&answer["data"]["stateVector"], &answer["data"]["seq"]),
        (&json!("AA=="), &json!(0))
    );

    let mut again = sync(&ada);
    again["id"] = json!("s-1");
    adas.send(again.clone()).await;
    assert_eq!(adas.event("ack").await["data"]["seq"], 0);
    let mut message = update(ada.write(0, "one 😀 two"));
    message["id"] = json!("a-1");
    adas.send(message.clone()).await;
    let echo = adas.event("text:update").await;
    assert_eq!((&echo["id"], &echo["seq"]), (&json!("a-1"), &json!(1)));
    let done = adas.event("ack").await;
    assert_eq!((&done["re"], &done["data"]), (&json!("a-1"), &json!({})));
    // A repeat is answered as ever, and is no event.
    adas.send(message).await;
    assert_eq!(adas.event("ack").await["data"], json!({}));
    lin.hear(&lins.event("text:update").await["data"]);
    assert_eq!(lin.text(), "one 😀 two");
    // The same question gets what is there now.
    adas.send(again).await;
    assert_eq!(adas.event("ack").await["data"]["seq"], 1);

    // One goes, and both write.
    drop(lins);
    adas.ask_past(update(ada.delete(0, 4)), 1).await;
    adas.ask_past(update(ada.write(2, "!")), 1).await;
    lin.write(4, "less ");
    let mut lins = Client::connect(&served).await;
    let answer = lins.resume("notes", 1, &echo["epoch"]).await;
    assert_eq!(answer["data"]["recovered"], true);
    for seq in [2, 3] {
        let missed = lins.event("text:update").await;
        assert_eq!(missed["seq"], seq);
        lin.hear(&missed["data"]);
    }
    let answer = lins.ask(sync(&lin)).await;
    let known = StateVector::decode_v1(&bytes(&answer["data"]["stateVector"])).unwrap();
    assert_eq!(answer["data"]["seq"], 3);
    lins.ask_past(update(lin.since(&known)), 1).await;
    ada.hear(&adas.event("text:update").await["data"]);
    assert_eq!(
        (ada.text(), lin.text()),
        ("less 😀! two".to_owned(), "less 😀! two".to_owned())
    );
    assert_eq!(served.hub.text("notes", "t"), ada.text());
    assert_eq!(served.hub.text_metrics().updates, 4);
}

#[cfg(feature = "socketio")]
#[tokio::test]
async fn one_text_is_of_both_wires() {
    let users = AtomicU32::new(0);
    let hub = Hub::builder().authenticate(move |_| {
        let id = users.fetch_add(1, Ordering::Relaxed).to_string();
        async { Ok(User::new(id.clone(), id)) }
    });
    let served = served(hub).await;
    let (ada, lin) = (Page::new(), Page::new());
    let mut adas = Client::in_channel(&served, "notes").await;
    let mut lins = SocketIoClient::in_channel(&served, "notes").await;
    adas.ask_past(update(ada.write(0, "ž€😀")), 1).await;
    lin.hear(&lins.event("text:update").await["data"]);
    let mut data = lin.write(4, "!");
    data["channel"] = json!("notes");
    let done = lins.ask("text:update", data).await;
    assert_eq!(done.get("error"), None, "{done}");
    ada.hear(&adas.event("text:update").await["data"]);
    let mut data = Page::new().known();
    data["channel"] = json!("notes");
    let fresh = Page::new();
    let answer = lins.ask("text:sync", data).await;
    fresh.hear(&answer);
    assert_eq!(
        (answer["seq"].as_u64(), fresh.text()),
        (Some(2), ada.text())
    );
    assert_eq!(ada.text(), "ž€😀!");
}

#[tokio::test]
async fn who_may_only_follow_may_sync_and_not_update_and_who_may_not_gets_nothing() {
    let hub = Hub::builder()
        .authenticate(async |credentials: Credentials| match credentials.token {
            Some(token) => Ok(User::new(token.clone(), token)),
            None => Err(Refusal::unauthorized()),
        })
        .authorize(async |access: Access| {
            let who = access.visitor.user().map(|user| user.id.clone());
            match (who.as_deref(), access.right) {
                (Some("writer"), _) | (Some("reader"), Right::Follow) => Ok(()),
                _ => Err(Refusal::forbidden("not you")),
            }
        })
        .on_message(async |_: Message| Ok("the app must not hear of it"));
    let served = served(hub).await;
    let mut clients = Vec::new();
    for token in ["writer", "reader", "stranger"] {
        let mut client = Client::connect(&served).await;
        client
            .ask(json!({"event": "auth", "data": {"token": token}}))
            .await;
        clients.push(client);
    }
    let [writer, reader, stranger] = clients.as_mut_slice() else {
        unreachable!("there are three");
    };
    let page = Page::new();
    assert_eq!(
        writer.ask(update(page.write(0, "hi"))).await["data"],
        json!({})
    );
    let copy = Page::new();
    copy.hear(&reader.ask(sync(&copy)).await["data"]);
    assert_eq!(copy.text(), "hi");
    for client in [reader, stranger] {
        assert_eq!(
            client.refusal(update(copy.write(0, "x"))).await,
            "forbidden"
        );
    }
    assert_eq!(clients[2].refusal(sync(&page)).await, "forbidden");
    assert_eq!(served.hub.text("notes", "t"), "hi");
}

#[tokio::test]
async fn what_cannot_be_read_is_too_large_or_comes_too_early_is_refused_and_changes_nothing() {
    let limits = TextLimits {
        update_bytes: 200,
        document_bytes: 300,
        ..TextLimits::default()
    };
    let texts = TextOptions::default().limits(limits);
    let served = Served::new(Hub::builder().texts(texts).build()).await;
    let mut client = Client::in_channel(&served, "notes").await;
    let page = Page::new();
    client.ask_past(update(page.write(0, "hi")), 1).await;
    let other = Page::new();
    other.write(0, "lost");
    let early = other.write(4, "!");
    for (data, code) in [
        (json!({"update": "AAE="}), "invalid_data"),
        (json!({"update": "/////w8BAQA="}), "invalid_data"),
        (json!({"update": "not base64"}), "invalid_data"),
        (json!({"update": [0, 0]}), "invalid_data"),
        (json!({}), "invalid_data"),
        (early, "text_behind"),
        (Page::new().write(0, &"x".repeat(300)), "too_large"),
    ] {
        assert_eq!(client.refusal(update(data.clone())).await, code, "{data}");
    }
    client
        .ask_past(update(page.write(0, &"x".repeat(150))), 1)
        .await;
    assert_eq!(
        client
            .refusal(update(page.write(0, &"x".repeat(150))))
            .await,
        "text_full"
    );
    let mut nowhere = sync(&page);
    nowhere["channel"] = Value::Null;
    assert_eq!(client.refusal(nowhere).await, "invalid_data");
    let wrong = json!({"event": "text:sync", "channel": "notes", "data": {"stateVector": "/w=="}});
    assert_eq!(client.refusal(wrong).await, "invalid_data");
    client.expect_nothing_more().await;
    assert_eq!(served.hub.text("notes", "t"), "x".repeat(150) + "hi");
    let metrics = served.hub.text_metrics();
    let refused = (
        metrics.invalid,
        metrics.behind,
        metrics.too_large,
        metrics.full,
    );
    assert_eq!(refused, (3, 1, 1, 1));
    assert_eq!(served.hub.position("notes").seq, 2);
}

#[tokio::test]
async fn one_who_asks_for_a_whole_text_again_and_again_is_made_to_wait() {
    let served = served(Hub::builder()).await;
    let mut client = Client::connect(&served).await;
    let page = Page::new();
    let mut synced = 0;
    while client.refusal(sync(&page)).await == Value::Null {
        synced += 1;
        assert!(synced < 100, "it has no end");
    }
    assert!(synced > 10, "{synced}");
    assert_eq!(client.refusal(sync(&page)).await, "rate_limited");
}

#[tokio::test]
async fn a_hub_without_texts_leaves_them_to_its_app() {
    let hub = Hub::builder().on_message(async |message: Message| Ok(message.event));
    let served = Served::new(hub.build()).await;
    let mut client = Client::connect(&served).await;
    let page = Page::new();
    for frame in [sync(&page), update(page.write(0, "x"))] {
        assert_eq!(client.ask(frame.clone()).await["data"], frame["event"]);
    }
}

/// A table of documents that can be told to fail or to wait.
#[derive(Clone)]
struct Table {
    rows: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    stores: Arc<Mutex<usize>>,
    loads: Arc<Mutex<Vec<String>>>,
    may_store: Arc<Semaphore>,
    fails: Arc<Mutex<bool>>,
}

impl Table {
    fn new(stores: usize) -> Self {
        Self {
            rows: Arc::default(),
            stores: Arc::default(),
            loads: Arc::default(),
            may_store: Arc::new(Semaphore::new(stores)),
            fails: Arc::default(),
        }
    }

    fn options(&self) -> TextOptions {
        let (loading, storing) = (self.clone(), self.clone());
        TextOptions::default().store_every(Duration::ZERO).persist(
            move |channel| {
                loading.loads.lock().unwrap().push(channel.clone());
                let found = loading.rows.lock().unwrap().get(&channel).cloned();
                async { Ok(found) }
            },
            move |channel, document| {
                let table = storing.clone();
                async move {
                    table.may_store.acquire().await.unwrap().forget();
                    *table.stores.lock().unwrap() += 1;
                    if *table.fails.lock().unwrap() {
                        return Err(Refusal::unavailable(1));
                    }
                    table.rows.lock().unwrap().insert(channel, document);
                    Ok(())
                }
            },
        )
    }

    fn stores(&self) -> usize {
        *self.stores.lock().unwrap()
    }
}

#[tokio::test]
async fn a_document_is_loaded_once_and_an_update_is_done_when_it_is_stored() {
    let table = Table::new(0);
    let first = Served::new(Hub::builder().texts(table.options()).build()).await;
    let page = Page::new();
    let mut client = Client::connect(&first).await;
    let mut other = Client::connect(&first).await;
    let mut watching = Client::in_channel(&first, "notes").await;
    client.send(update(page.write(0, "a"))).await;
    let mut message = update(page.write(1, "b"));
    message["id"] = json!("b-1");
    watching.event("text:update").await;
    // While the first is being stored, more comes, which is stored together.
    for n in 0..5 {
        let mut client = Client::connect(&first).await;
        let mut message = update(Page::new().write(0, "x"));
        message["id"] = json!(format!("x-{n}"));
        client.send(message).await;
        watching.event("text:update").await;
    }
    other.send(message).await;
    watching.event("text:update").await;
    table.may_store.add_permits(2);
    assert_eq!(other.event("ack").await["re"], "b-1");
    assert_eq!((table.stores(), table.loads.lock().unwrap().len()), (2, 1));
    let text = first.hub.text("notes", "t");
    assert_eq!(text.len(), 7);

    let second = Served::new(Hub::builder().texts(table.options()).build()).await;
    let mut client = Client::connect(&second).await;
    let fresh = Page::new();
    fresh.hear(&client.ask(sync(&fresh)).await["data"]);
    assert_eq!(fresh.text(), text);
    assert_eq!(table.loads.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_update_that_could_not_be_stored_is_unavailable_and_stored_later_all_the_same() {
    let table = Table::new(usize::MAX >> 4);
    *table.fails.lock().unwrap() = true;
    let served = Served::new(Hub::builder().texts(table.options()).build()).await;
    let mut client = Client::connect(&served).await;
    let mut message = update(Page::new().write(0, "a"));
    message["id"] = json!("a-1");
    client.send(message.clone()).await;
    let refused = client.event("ack").await;
    assert_eq!(refused["error"]["code"], "unavailable");
    assert_eq!(served.hub.text_metrics().store_failures, 1);
    *table.fails.lock().unwrap() = false;
    // The same again is nothing new, and done when it is stored.
    client.send(message).await;
    assert_eq!(client.event("ack").await["data"], json!({}));
    assert_eq!(table.rows.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn stored_documents_make_way_for_others_and_come_back() {
    let table = Table::new(usize::MAX >> 4);
    let limits = TextLimits {
        documents: 2,
        ..TextLimits::default()
    };
    let texts = table.options().limits(limits);
    let served = Served::new(Hub::builder().texts(texts).build()).await;
    let mut client = Client::connect(&served).await;
    let on = |channel: &str, mut frame: Value| {
        frame["channel"] = json!(channel);
        frame
    };
    for channel in ["a", "b", "c", "d"] {
        let written = on(channel, update(Page::new().write(0, channel)));
        assert_eq!(client.ask(written).await["data"], json!({}));
    }
    let metrics = served.hub.text_metrics();
    assert_eq!((metrics.documents, metrics.forgotten), (2, 2));
    for channel in ["a", "b", "c", "d"] {
        let page = Page::new();
        page.hear(&client.ask(on(channel, sync(&page))).await["data"]);
        assert_eq!(page.text(), channel);
    }
}

#[tokio::test]
async fn a_document_that_is_not_stored_makes_way_for_nothing() {
    let table = Table::new(0);
    let limits = TextLimits {
        documents: 1,
        ..TextLimits::default()
    };
    let texts = table.options().limits(limits);
    let served = Served::new(Hub::builder().texts(texts).build()).await;
    let mut watching = Client::in_channel(&served, "notes").await;
    let mut writing = Client::connect(&served).await;
    writing.send(update(Page::new().write(0, "kept"))).await;
    watching.event("text:update").await;
    let mut other = sync(&Page::new());
    other["channel"] = json!("other");
    assert_eq!(watching.refusal(other.clone()).await, "unavailable");
    assert_eq!(served.hub.text("notes", "t"), "kept");
    table.may_store.add_permits(1);
    until(|| !table.rows.lock().unwrap().is_empty()).await;
    // It is told a moment after it is there.
    while watching.refusal(other.clone()).await == "unavailable" {}
    assert_eq!(table.rows.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_document_that_cannot_be_loaded_is_no_empty_one() {
    let fails = Arc::new(Mutex::new(true));
    let asked = Arc::clone(&fails);
    let texts = TextOptions::default().persist(
        move |_| {
            let fails = *asked.lock().unwrap();
            async move {
                if fails {
                    Err(Refusal::unavailable(5))
                } else {
                    Ok(Some(vec![1, 2, 3]))
                }
            }
        },
        async |_, _| panic!("nothing may be stored over it"),
    );
    let served = Served::new(Hub::builder().texts(texts).build()).await;
    let mut client = Client::connect(&served).await;
    let page = Page::new();
    assert_eq!(client.refusal(sync(&page)).await, "unavailable");
    assert_eq!(
        client.refusal(update(page.write(0, "x"))).await,
        "unavailable"
    );
    *fails.lock().unwrap() = false;
    assert_eq!(client.refusal(sync(&page)).await, "internal");
    assert_eq!(client.refusal(update(page.write(1, "y"))).await, "internal");
}
