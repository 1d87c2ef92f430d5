//! Servers that die and freeze and a Redis that dies, while people write and follow.

use crate::{
    client::{Client, Served, in_time},
    http::{self, get, try_request},
    node::{LIFE, Node},
    redis::Redis,
};
use fastrand::Rng;
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

const AUTHORS: usize = 4;
const EDITS: usize = 60;
const TOTAL: usize = AUTHORS * EDITS;
/// As many as a server keeps.
const NOTIFICATIONS: usize = 100;
const JSON: &str = "content-type: application/json\r\n";
/// How many writes of one author may be without an answer.
const WINDOW: usize = 8;
/// How long a socket may be silent until one looks for another server: some are frozen.
const SILENCE: Duration = Duration::from_millis(700);

impl Served for SocketAddr {
    fn address(&self) -> SocketAddr {
        *self
    }
}

/// Where servers are, for those who look for one.
#[derive(Clone, Default)]
struct Addresses(Arc<Mutex<Vec<SocketAddr>>>);

impl Addresses {
    fn tell(&self, nodes: &[Node]) {
        *self.0.lock().unwrap() = nodes.iter().map(Served::address).collect();
    }

    fn any(&self, rng: &mut Rng) -> SocketAddr {
        *rng.choice(self.0.lock().unwrap().iter()).unwrap()
    }

    /// A socket to one of the servers, whichever can be had.
    async fn connect(&self, rng: &mut Rng) -> Client {
        loop {
            let address = self.any(rng);
            if let Ok(Some(client)) = timeout(SILENCE, Client::try_connect(&address)).await {
                return client;
            }
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The next frame, unless the socket is gone or seems to be.
async fn heard(client: &mut Client) -> Option<Value> {
    timeout(SILENCE, client.try_next()).await.ok()?
}

/// Sends every edit until it is acknowledged, with the same id each time.
async fn write(author: usize, addresses: Addresses, acknowledged: Arc<AtomicUsize>) {
    let mut rng = Rng::with_seed(author as u64);
    let mut open: Vec<usize> = (0..EDITS).collect();
    while !open.is_empty() {
        let mut client = addresses.connect(&mut rng).await;
        'socket: loop {
            let window: Vec<usize> = open.iter().take(WINDOW).copied().collect();
            if window.is_empty() {
                break;
            }
            for edit in &window {
                let id = format!("{author}-{edit}");
                let frame = json!({"event": "task:create", "channel": "tasks", "id": id, "data": {"title": id}});
                if !client.try_send(frame).await {
                    break 'socket;
                }
            }
            // One that is refused at once overtakes those that wait for the log.
            let mut unanswered = window;
            while !unanswered.is_empty() {
                let Some(ack) = heard(&mut client).await else {
                    break 'socket;
                };
                let is_answered = |edit: &usize| ack["re"] == json!(format!("{author}-{edit}"));
                let at = unanswered.iter().position(is_answered);
                let edit = unanswered.remove(at.unwrap_or_else(|| panic!("{ack}")));
                match ack["error"]["code"].as_str() {
                    None => {
                        open.retain(|one| *one != edit);
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                    Some("unavailable") => sleep(Duration::from_millis(20)).await,
                    Some(_) => panic!("{ack}"),
                }
            }
        }
    }
}

/// How a request ended, as far as whoever made it can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Done,
    Refused,
    Unknown,
}

/// Sends notifications by requests, which nobody repeats.
async fn notify(addresses: Addresses, is_over: Arc<AtomicBool>) -> Vec<Fate> {
    let mut rng = Rng::with_seed(7);
    let mut fates = Vec::new();
    while !is_over.load(Ordering::Relaxed) && fates.len() < NOTIFICATIONS {
        let address = addresses.any(&mut rng);
        let body = json!({"title": format!("n-{}", fates.len())}).to_string();
        let sent = try_request(&address, "POST", "/api/notifications", JSON, &body);
        fates.push(match timeout(Duration::from_secs(15), sent).await {
            Ok(Ok(Some(answer))) if answer.status == 201 => Fate::Done,
            Ok(Ok(Some(answer))) if answer.status == 503 => Fate::Refused,
            _ => Fate::Unknown,
        });
        sleep(Duration::from_millis(20)).await;
    }
    fates
}

/// Follows the tasks from server to server, from the start of `epoch`, also where somebody wrote before; returns the
/// causes of all events in their order. None may be missing, come twice, or need a fetch.
async fn follow(addresses: Addresses, epoch: String) -> Vec<String> {
    let mut rng = Rng::with_seed(99);
    let (mut seq, mut causes) = (0_u64, Vec::new());
    while causes.len() < TOTAL {
        let mut client = addresses.connect(&mut rng).await;
        let data = json!({"since": seq, "epoch": epoch});
        let subscribe = json!({"event": "subscribe", "channel": "tasks", "id": "s", "data": data});
        if !client.try_send(subscribe).await {
            continue;
        }
        let Some(answer) = heard(&mut client).await else {
            continue;
        };
        assert_eq!(
            answer["data"]["recovered"], true,
            "after {seq} of {epoch}: {answer}"
        );
        while causes.len() < TOTAL {
            // Nobody may write for a while; only a socket that does not answer is given up.
            let Some(event) = heard(&mut client).await else {
                if !client.try_send(json!({"event": "ping", "id": "p"})).await {
                    break;
                }
                match heard(&mut client).await {
                    Some(pong) if pong["event"] == "pong" => continue,
                    Some(event) => {
                        note(&event, &mut seq, &mut causes);
                        continue;
                    }
                    None => break,
                }
            };
            note(&event, &mut seq, &mut causes);
        }
    }
    causes
}

fn note(event: &Value, seq: &mut u64, causes: &mut Vec<String>) {
    if event["event"] == "list:update" {
        *seq += 1;
        assert_eq!(event["seq"], json!(*seq), "{event}");
        causes.push(event["id"].as_str().unwrap().to_owned());
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server; cargo xtask test runs it"]
async fn whatever_dies_or_freezes_each_write_is_there_once_and_whoever_follows_hears_of_each_once()
{
    let mut redis = Redis::start().await;
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::start(&redis, 0).await);
    }
    let addresses = Addresses::default();
    addresses.tell(&nodes);
    let epoch = get(&nodes[0], "/api/tasks").await.position().0;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let follower = tokio::spawn(follow(addresses.clone(), epoch.clone()));
    let is_over = Arc::new(AtomicBool::new(false));
    let notifier = tokio::spawn(notify(addresses.clone(), Arc::clone(&is_over)));
    let mut authors = JoinSet::new();
    for author in 0..AUTHORS {
        authors.spawn(write(author, addresses.clone(), Arc::clone(&acknowledged)));
    }
    // Each trouble comes as soon as some more writes were acknowledged.
    for trouble in 0..8 {
        let due = TOTAL * (trouble + 1) / 10;
        in_time(async {
            while acknowledged.load(Ordering::Relaxed) < due {
                sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
        match trouble % 4 {
            0 | 2 => {
                nodes.remove(0).kill();
                nodes.push(Node::start(&redis, 0).await);
                addresses.tell(&nodes);
            }
            1 => {
                redis.kill();
                redis.start_again().await;
            }
            _ => {
                nodes[1].freeze();
                sleep(LIFE * 2).await;
                nodes[1].thaw();
            }
        }
    }
    in_time(authors.join_all()).await;
    let causes = in_time(follower).await.unwrap();
    is_over.store(true, Ordering::Relaxed);
    let fates = in_time(notifier).await.unwrap();
    assert!(fates.contains(&Fate::Done), "{fates:?}");

    let wanted: BTreeSet<String> = (0..AUTHORS)
        .flat_map(|author| (0..EDITS).map(move |edit| format!("{author}-{edit}")))
        .collect();
    assert_eq!(causes.iter().cloned().collect::<BTreeSet<_>>(), wanted);
    for node in &nodes {
        let is_whole = |tasks: &http::Response| tasks.seq() == TOTAL as u64;
        let tasks = http::until(node, "/api/tasks", is_whole).await;
        assert_eq!(tasks.position().0, epoch, "nothing was lost on the way");
        let tasks = tasks.json();
        let titles = tasks.as_array().unwrap().iter().skip(6);
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for title in titles {
            *counts.entry(title["title"].as_str().unwrap()).or_default() += 1;
        }
        assert!(counts.values().all(|count| *count == 1), "{counts:?}");
        assert_eq!(counts.len(), TOTAL);
        let told = get(node, "/api/notifications").await.json();
        for (number, fate) in fates.iter().enumerate() {
            let title = json!(format!("n-{number}"));
            let told = told.as_array().unwrap().iter();
            let count = told.filter(|one| one["title"] == title).count();
            let fits = match fate {
                Fate::Done => count == 1,
                Fate::Refused => count == 0,
                Fate::Unknown => count <= 1,
            };
            assert!(fits, "{title} was {fate:?}, and is there {count} times");
        }
    }
}
