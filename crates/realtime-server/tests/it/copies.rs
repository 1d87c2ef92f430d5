//! Copies of one hub: what is said at one is so at the other, and a client goes from one to the other.

use crate::client::{Client, Served, until};
use realtime_server::{
    Hub, Limits,
    replica::{Change, Pending, Replicate},
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// The order that all copies share: each change is carried out by all of them at once.
#[derive(Clone, Default)]
struct Order(Arc<Mutex<Vec<Hub>>>);

impl Order {
    fn carry_out(&self, change: &Change) -> Result<(), realtime_server::Refusal> {
        let copies = self.0.lock().unwrap();
        let outcomes: Vec<_> = copies
            .iter()
            .map(|copy| copy.apply(change.clone(), 1))
            .collect();
        outcomes.into_iter().collect()
    }

    fn publish(&self, channel: &str) {
        for copy in self.0.lock().unwrap().iter() {
            copy.publish(channel, "said", "x").unwrap();
        }
    }
}

impl Replicate for Order {
    fn submit(&self, change: Change, pending: Pending) {
        pending.tell(self.carry_out(&change));
    }
}

/// Two copies that are served.
async fn copies(limits: Limits) -> (Order, [Served; 2]) {
    let order = Order::default();
    let hub = || {
        let builder = Hub::builder().limits(limits.clone());
        builder.replicate(order.clone()).build()
    };
    let hubs = [hub(), hub()];
    *order.0.lock().unwrap() = hubs.to_vec();
    order.carry_out(&Change::begin_epoch()).unwrap();
    let [one, other] = hubs;
    (order, [Served::new(one).await, Served::new(other).await])
}

fn announce(user: &str) -> Value {
    let data = json!({"user": {"id": user, "name": user}, "status": "online"});
    json!({"event": "presence:announce", "channel": "room", "data": data})
}

#[tokio::test]
async fn who_is_at_one_copy_is_seen_at_the_other_until_their_process_is_gone() {
    let (order, [one, other]) = copies(Limits::default()).await;
    let mut ada = Client::in_channel(&one, "room").await;
    let mut lin = Client::in_channel(&other, "room").await;
    ada.send(announce("ada")).await;
    ada.event("presence:sync").await;
    ada.event("presence:update").await;
    assert_eq!(lin.event("presence:update").await["data"]["userId"], "ada");
    lin.send(announce("lin")).await;
    let sync = lin.event("presence:sync").await;
    assert_eq!(sync["data"]["members"].as_array().unwrap().len(), 2);
    lin.event("presence:update").await;
    ada.event("presence:update").await;
    let nodes = [one.hub.node(), other.hub.node()];
    assert!(nodes.iter().all(|node| one.hub.nodes().contains(node)));
    order.carry_out(&other.hub.roll_call()).unwrap();
    ada.expect_nothing_more().await;
    let gone = Change::Prune {
        node: other.hub.node(),
        open: Vec::new(),
    };
    order.carry_out(&gone).unwrap();
    assert_eq!(ada.event("presence:leave").await["data"]["userId"], "lin");
    let said = other.hub.announcements();
    assert!(said.is_empty());
    drop(ada);
    until(|| one.hub.nodes().is_empty()).await;
}

#[tokio::test]
async fn what_is_refused_by_the_order_is_told_to_who_asked() {
    let limits = Limits {
        members: 1,
        ..Limits::default()
    };
    let (_, [one, other]) = copies(limits).await;
    let mut ada = Client::in_channel(&one, "room").await;
    let mut lin = Client::in_channel(&other, "room").await;
    assert_eq!(ada.ask_past(announce("ada"), 2).await.get("error"), None);
    lin.event("presence:update").await;
    assert_eq!(lin.refusal(announce("lin")).await, "limit_reached");
}

#[tokio::test]
async fn a_client_resumes_at_the_other_copy_also_when_that_is_behind() {
    let (order, [one, other]) = copies(Limits::default()).await;
    let mut client = Client::in_channel(&one, "news").await;
    order.publish("news");
    let epoch = client.event("said").await["epoch"].clone();
    assert_eq!(one.hub.position("news"), other.hub.position("news"));
    one.hub.publish("news", "said", "not there yet").unwrap();
    assert_eq!(client.event("said").await["seq"], 2);
    let mut moved = Client::connect(&other).await;
    let resume = json!({"since": 2, "epoch": epoch});
    moved
        .send(json!({"event": "subscribe", "channel": "news", "id": "s1", "data": resume}))
        .await;
    moved.expect_nothing_more().await;
    other.hub.publish("news", "said", "not there yet").unwrap();
    let answer = moved.event("subscribe").await;
    assert_eq!(
        (&answer["re"], &answer["data"]["recovered"]),
        (&json!("s1"), &json!(true))
    );
    moved.expect_nothing_more().await;
}

#[tokio::test]
async fn a_copy_that_takes_the_state_of_another_closes_its_sockets_and_keeps_its_own_channels() {
    let (order, [one, other]) = copies(Limits::default()).await;
    order.publish("news");
    for name in ["news", "own:a"] {
        one.hub.publish(name, "said", "x").unwrap();
    }
    other.hub.publish("own:b", "said", "x").unwrap();
    let mut client = Client::in_channel(&other, "news").await;
    let is_own = |name: &str| name.starts_with("own:");
    other.hub.load(one.hub.save(is_own), is_own);
    assert_eq!(client.closed().await, 1012);
    assert_eq!(other.hub.position("news"), one.hub.position("news"));
    assert_eq!(other.hub.position("own:a").seq, 0);
    assert_eq!(other.hub.position("own:b").seq, 1);
}
