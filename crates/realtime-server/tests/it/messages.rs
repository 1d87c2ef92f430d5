//! Messages: how they are answered, what is not done twice, and what a slow or broken handler does to the rest.

use crate::client::{Client, Served, until};
use realtime_server::{Credentials, Hub, Limits, Message, Refusal, User};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::Semaphore;

/// What the handler does, as a test sees it.
#[derive(Clone)]
struct Work {
    /// Lets one `wait` through for each permit.
    gate: Arc<Semaphore>,
    /// How many messages were begun.
    begun: Arc<AtomicUsize>,
    /// How many were done.
    done: Arc<AtomicUsize>,
}

impl Work {
    fn new() -> Self {
        Self {
            gate: Arc::new(Semaphore::new(0)),
            begun: Arc::default(),
            done: Arc::default(),
        }
    }

    fn open(&self) {
        self.gate.add_permits(1);
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }

    async fn handle(self, message: Message) -> Result<Value, Refusal> {
        let begun = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let done = match message.event.as_str() {
            "do" => Ok(json!(begun)),
            "wait" => {
                self.gate.acquire().await.unwrap().forget();
                Ok(json!(begun))
            }
            "passing" if begun == 1 => Err(Refusal::unavailable(5)),
            "passing" => Ok(json!(begun)),
            "final" => Err(Refusal::conflict("newer")),
            "panic" => panic!("a defect of the app"),
            "typed" => message.data::<u32>().map(|number| json!(number)),
            "channel" => message.channel().map(|channel| json!(channel)),
            other => Err(Refusal::unknown_event(other)),
        };
        self.done.fetch_add(1, Ordering::SeqCst);
        done
    }
}

async fn served(limits: Limits) -> (Served, Work) {
    let work = Work::new();
    let at = work.clone();
    let hub = Hub::builder()
        .limits(limits)
        .authenticate(async |credentials: Credentials| {
            Ok::<_, Refusal>(match credentials.token {
                Some(user) => User::new(user.clone(), user).into(),
                None => realtime_server::Visitor::Anyone,
            })
        })
        .on_message(move |message| at.clone().handle(message))
        .build();
    (Served::new(hub).await, work)
}

fn message(event: &str, id: &str, data: Value) -> Value {
    json!({"event": event, "id": id, "data": data})
}

/// What a frame says of a message.
fn told(answer: &Value) -> (&str, Value) {
    let re = answer["re"].as_str().unwrap();
    match &answer["error"]["code"] {
        Value::Null => (re, answer["data"].clone()),
        code => (re, code.clone()),
    }
}

#[tokio::test]
async fn a_message_with_an_id_is_answered_and_one_without_is_not_unless_it_is_refused() {
    let (served, _) = served(Limits::default()).await;
    let mut client = Client::connect(&served).await;
    client.send(json!({"event": "do"})).await;
    client.send(json!({"event": "nonsense"})).await;
    let refused = client.event("error").await;
    assert_eq!(refused["error"]["code"], "unknown_event");
    assert_eq!(refused.get("re"), None);
    let answer = client.ask(json!({"event": "do"})).await;
    assert_eq!(
        (&answer["event"], &answer["data"]),
        (&json!("ack"), &json!(3))
    );
    let wrong = json!({"event": "typed", "data": "seven"});
    assert_eq!(client.refusal(wrong).await, "invalid_data");
    assert_eq!(
        client.refusal(json!({"event": "channel"})).await,
        "invalid_data"
    );
    let named = client
        .ask(json!({"event": "channel", "channel": "a"}))
        .await;
    assert_eq!(named["data"], "a");
}

#[tokio::test]
async fn a_hub_without_a_handler_knows_no_event() {
    let served = Served::new(Hub::new()).await;
    let mut client = Client::connect(&served).await;
    assert_eq!(
        client.refusal(json!({"event": "do"})).await,
        "unknown_event"
    );
}

#[tokio::test]
async fn a_repeat_is_answered_from_memory_also_on_another_socket_and_is_not_done_twice() {
    let (served, work) = served(Limits::default()).await;
    let mut client = Client::connect(&served).await;
    client.send(message("do", "m1", json!(1))).await;
    assert_eq!(told(&client.next().await), ("m1", json!(1)));
    let mut again = Client::connect(&served).await;
    again.send(message("do", "m1", json!(1))).await;
    assert_eq!(told(&again.next().await), ("m1", json!(1)));
    assert_eq!((work.done(), served.hub.metrics().repeated), (1, 1));
}

#[tokio::test]
async fn a_repeat_of_what_is_under_way_waits_for_its_answer() {
    let (served, work) = served(Limits::default()).await;
    let mut first = Client::connect(&served).await;
    let mut second = Client::connect(&served).await;
    first.send(message("wait", "m1", json!(1))).await;
    until(|| work.begun() == 1).await;
    second.send(message("wait", "m1", json!(1))).await;
    until(|| served.hub.metrics().repeated == 1).await;
    work.open();
    assert_eq!(told(&first.next().await), ("m1", json!(1)));
    assert_eq!(told(&second.next().await), ("m1", json!(1)));
    assert_eq!(work.begun(), 1);
}

#[tokio::test]
async fn an_id_is_for_one_message_and_belongs_to_one_user() {
    let (served, work) = served(Limits::default()).await;
    let mut anyone = Client::connect(&served).await;
    anyone.send(message("do", "m1", json!(1))).await;
    assert_eq!(told(&anyone.next().await), ("m1", json!(1)));
    for other in [
        message("do", "m1", json!(2)),
        message("typed", "m1", json!(1)),
        json!({"event": "do", "id": "m1", "channel": "a", "data": 1}),
    ] {
        anyone.send(other).await;
        assert_eq!(told(&anyone.next().await), ("m1", json!("duplicate_id")));
    }
    let mut ada = Client::connect(&served).await;
    let auth = json!({"event": "auth", "data": {"token": "ada"}});
    assert_eq!(ada.refusal(auth).await, Value::Null);
    ada.send(message("do", "m1", json!(3))).await;
    assert_eq!(told(&ada.next().await), ("m1", json!(2)));
    assert_eq!(work.done(), 2);
}

#[tokio::test]
async fn a_refusal_that_passes_is_tried_again_and_a_final_one_is_remembered() {
    let (served, work) = served(Limits::default()).await;
    let mut client = Client::connect(&served).await;
    client.send(message("passing", "m1", json!(1))).await;
    let refused = client.next().await;
    assert_eq!(told(&refused), ("m1", json!("unavailable")));
    assert_eq!(refused["error"]["retryAfter"], 5);
    client.send(message("passing", "m1", json!(1))).await;
    assert_eq!(told(&client.next().await), ("m1", json!(2)));
    for _ in 0..2 {
        client.send(message("final", "m2", json!(1))).await;
        assert_eq!(told(&client.next().await), ("m2", json!("conflict")));
    }
    assert_eq!(work.done(), 3);
}

#[tokio::test]
async fn a_handler_that_panics_is_an_internal_mistake_and_no_end_of_anything() {
    let (served, work) = served(Limits::default()).await;
    let mut client = Client::connect(&served).await;
    for begun in 1..=2 {
        client.send(message("panic", "m1", json!(1))).await;
        assert_eq!(told(&client.next().await), ("m1", json!("internal")));
        assert_eq!(work.begun(), begun, "it may go better next time");
    }
    assert_eq!(client.ask(json!({"event": "do"})).await["data"], 3);
}

#[tokio::test]
async fn other_frames_go_on_while_a_handler_is_slow_and_messages_keep_their_order() {
    let (served, work) = served(Limits::default()).await;
    let mut client = Client::connect(&served).await;
    client.send(message("wait", "m1", json!(1))).await;
    client.send(message("do", "m2", json!(1))).await;
    until(|| work.begun() == 1).await;
    client.subscribe("news").await;
    served.hub.publish("news", "said", "x").unwrap();
    client.event("said").await;
    client.expect_nothing_more().await;
    assert_eq!(work.begun(), 1, "the second waits for the first");
    work.open();
    assert_eq!(told(&client.next().await), ("m1", json!(1)));
    assert_eq!(told(&client.next().await), ("m2", json!(2)));
}

#[tokio::test]
async fn as_many_messages_are_under_way_at_once_as_may_be() {
    let (served, work) = served(Limits {
        messages_at_once: 2,
        ..Limits::default()
    })
    .await;
    let mut client = Client::connect(&served).await;
    for id in ["m1", "m2", "m3"] {
        client.send(message("wait", id, json!(1))).await;
    }
    until(|| work.begun() == 2).await;
    client.expect_nothing_more().await;
    assert_eq!(work.begun(), 2);
    for _ in 0..3 {
        work.open();
        client.event("ack").await;
    }
}

#[tokio::test]
async fn a_message_that_was_taken_is_carried_out_though_its_socket_is_gone() {
    let (served, work) = served(Limits::default()).await;
    let mut client = Client::connect(&served).await;
    client.send(message("wait", "m1", json!(1))).await;
    client.send(message("do", "m2", json!(1))).await;
    client.expect_nothing_more().await;
    until(|| work.begun() == 1).await;
    drop(client);
    until(|| served.hub.metrics().connections == 0).await;
    work.open();
    until(|| work.done() == 2).await;
    let mut back = Client::connect(&served).await;
    back.send(message("wait", "m1", json!(1))).await;
    assert_eq!(told(&back.next().await), ("m1", json!(1)));
    assert_eq!(work.begun(), 2);
}

#[tokio::test]
async fn more_messages_than_may_wait_are_refused_by_number_and_by_bytes() {
    let by_number = Limits {
        messages_waiting: 2,
        ..Limits::default()
    };
    let by_bytes = Limits {
        waiting_bytes: 400,
        ..Limits::default()
    };
    for limits in [by_number, by_bytes] {
        let (served, work) = served(limits).await;
        let mut client = Client::connect(&served).await;
        let text = "x".repeat(150);
        client.send(message("wait", "m0", json!(text))).await;
        until(|| work.begun() == 1).await;
        for id in ["m1", "m2", "m3", "m4"] {
            client.send(message("do", id, json!(text))).await;
        }
        let mut refused = Vec::new();
        for _ in 0..2 {
            let answer = client.next().await;
            assert_eq!(answer["error"]["code"], "rate_limited", "{answer}");
            assert!(answer["error"]["retryAfter"].is_u64());
            refused.push(answer["re"].as_str().unwrap().to_owned());
        }
        assert_eq!(refused, ["m3", "m4"]);
        client.expect_nothing_more().await;
        work.open();
        for id in ["m0", "m1", "m2"] {
            assert_eq!(client.next().await["re"], id);
        }
        client.send(message("do", "m3", json!(text))).await;
        assert_eq!(client.next().await["re"], "m3");
    }
}

#[tokio::test]
async fn answers_are_forgotten_by_age_by_number_and_not_kept_at_all() {
    use std::time::Duration;
    for (limits, done) in [
        (
            Limits {
                answers: 0,
                ..Limits::default()
            },
            3,
        ),
        (
            Limits {
                answers: 1,
                ..Limits::default()
            },
            3,
        ),
        (
            Limits {
                answer_life: Duration::ZERO,
                ..Limits::default()
            },
            3,
        ),
        (
            Limits {
                answer_bytes: 0,
                ..Limits::default()
            },
            3,
        ),
        (Limits::default(), 2),
    ] {
        let (served, work) = served(limits).await;
        let mut client = Client::connect(&served).await;
        for id in ["m1", "m2", "m1"] {
            client.send(message("do", id, json!(1))).await;
            client.event("ack").await;
        }
        assert_eq!(work.done(), done);
    }
}
