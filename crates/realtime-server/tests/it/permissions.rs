//! Permissions: who may do what on a channel, asked for every right each time, and with what a subscription brings.

use crate::client::{Client, Served};
use realtime_server::{Access, Hub, Limits, Message, Refusal, Right};
use serde_json::{Value, json};
use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

fn frame(event: &str, channel: &str) -> Value {
    let data = match event {
        "presence:announce" => json!({"user": {"id": "u", "name": "U"}, "status": "online"}),
        "typing:start" => json!({"id": "u", "name": "U"}),
        _ => Value::Null,
    };
    json!({"event": event, "channel": channel, "data": data})
}

/// The channels that may be followed, sent on and appeared in.
#[derive(Clone, Default)]
struct Rules(Arc<Mutex<Vec<(Right, &'static str)>>>);

impl Rules {
    fn allow(&self, right: Right, channel: &'static str) {
        self.0.lock().unwrap().push((right, channel));
    }

    fn forbid_all(&self) {
        self.0.lock().unwrap().clear();
    }

    fn decide(&self, access: &Access) -> Result<(), Refusal> {
        let rules = self.0.lock().unwrap();
        let may = rules
            .iter()
            .any(|(right, channel)| *right == access.right && *channel == access.channel);
        if may {
            Ok(())
        } else {
            Err(Refusal::forbidden("not you"))
        }
    }
}

async fn served(rules: &Rules) -> Served {
    let rules = rules.clone();
    let hub = Hub::builder()
        .authorize(move |access: Access| {
            let decided = rules.decide(&access);
            async { decided }
        })
        .on_message(async |_: Message| Ok(()))
        .build();
    Served::new(hub).await
}

#[tokio::test]
async fn each_right_is_asked_for_by_itself_and_each_time_anew() {
    let rules = Rules::default();
    let served = served(&rules).await;
    let mut client = Client::connect(&served).await;
    rules.allow(Right::Follow, "a");
    client.subscribe("a").await;
    assert_eq!(client.refusal(frame("subscribe", "b")).await, "forbidden");
    for event in ["say", "presence:announce", "typing:start"] {
        assert_eq!(
            client.refusal(frame(event, "a")).await,
            "forbidden",
            "{event}"
        );
    }
    rules.allow(Right::Send, "a");
    assert_eq!(client.refusal(frame("say", "a")).await, Value::Null);
    assert_eq!(
        client.refusal(frame("typing:start", "a")).await,
        "forbidden"
    );
    rules.allow(Right::Appear, "a");
    assert_eq!(
        client.refusal(frame("typing:start", "a")).await,
        Value::Null
    );
    rules.forbid_all();
    for event in ["subscribe", "say", "presence:announce", "typing:start"] {
        assert_eq!(
            client.refusal(frame(event, "a")).await,
            "forbidden",
            "{event}"
        );
    }
    assert_eq!(client.refusal(frame("unsubscribe", "a")).await, Value::Null);
}

#[tokio::test]
async fn what_was_refused_is_not_heard() {
    let served = served(&Rules::default()).await;
    let mut client = Client::connect(&served).await;
    client.refusal(frame("subscribe", "a")).await;
    assert!(!served.hub.is_followed("a"));
    assert_eq!(
        client.refusal(frame("subscribe", "")).await,
        "unknown_channel"
    );
}

#[tokio::test]
async fn a_subscription_brings_params_and_a_token_of_its_own() {
    let hub = Hub::builder().authorize(async |access: Access| {
        let days: Option<u32> = access.params()?;
        match (access.token.as_deref(), days) {
            (Some("log"), Some(7)) => Ok(()),
            _ => Err(Refusal::forbidden("show the token, for seven days")),
        }
    });
    let served = Served::new(hub.build()).await;
    let mut client = Client::connect(&served).await;
    let mut ask = frame("subscribe", "log");
    assert_eq!(client.refusal(ask.clone()).await, "forbidden");
    ask["data"] = json!({"params": "seven", "token": "log"});
    assert_eq!(client.refusal(ask.clone()).await, "invalid_data");
    ask["data"] = json!({"params": 7, "token": "log"});
    assert_eq!(client.refusal(ask).await, Value::Null);
}

#[tokio::test]
async fn a_permission_that_takes_too_long_or_panics_is_none() {
    let limits = Limits {
        callback_within: Duration::from_millis(50),
        ..Limits::default()
    };
    let hub = Hub::builder()
        .limits(limits)
        .authorize(async |access: Access| match access.channel.as_str() {
            "slow" => pending().await,
            _ => panic!("a defect of the app"),
        });
    let served = Served::new(hub.build()).await;
    let mut client = Client::connect(&served).await;
    let answer = client.ask(frame("subscribe", "slow")).await;
    assert_eq!(answer["error"]["code"], "unavailable");
    assert_eq!(answer["error"]["retryAfter"], 1_000);
    assert_eq!(
        client.refusal(frame("subscribe", "broken")).await,
        "internal"
    );
    client.expect_nothing_more().await;
}
