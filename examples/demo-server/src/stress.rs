//! Lists that change as fast as one likes, to see what a page can take: one for each number of rows and rate, made when
//! it is first asked for and forgotten when nobody follows it any longer.
//!
//! They are this process's own and stand beside the shared state: there is nothing in them that anybody would miss.

mod generator;
mod load;

pub(crate) use load::Load;

use crate::{clock::now_ms, refusals::unavailable};
use generator::Generator;
use realtime_demo_types::Quote;
use realtime_server::{Hub, Position, Refusal};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// The lists there are: one for each load at most.
#[derive(Debug, Default)]
pub(crate) struct Stress {
    lists: Mutex<BTreeMap<Load, Generator>>,
}

/// Whether a channel is that of such a list.
pub(crate) fn is_one(channel: &str) -> bool {
    Load::of(channel).is_some()
}

/// How long to wait between two looks at the clock while lists change; while none does.
const BUSY: Duration = Duration::from_millis(4);
const IDLE: Duration = Duration::from_millis(100);

impl Stress {
    /// Makes the list of a load, unless it is there.
    pub(crate) fn open(&self, load: Load, hub: &Hub) -> Result<(), Refusal> {
        self.with(load, hub, |_| {})
    }

    /// Asks for more changes of a list, as fast as its followers take them.
    pub(crate) fn begin_burst(&self, load: Load, count: u32, hub: &Hub) -> Result<(), Refusal> {
        self.with(load, hub, |list| list.begin_burst(count))
    }

    /// A list as it is, and where its channel stands.
    pub(crate) fn read(&self, load: Load, hub: &Hub) -> Result<(Position, Vec<Quote>), Refusal> {
        self.with(load, hub, |list| {
            (hub.position(&load.channel()), list.quotes())
        })
    }

    fn with<T>(
        &self,
        load: Load,
        hub: &Hub,
        see: impl FnOnce(&mut Generator) -> T,
    ) -> Result<T, Refusal> {
        let mut lists = self.lock();
        if !lists.contains_key(&load) {
            // What was there under this name before, here or elsewhere, was another list.
            if let Err(error) = hub.restart(&load.channel()) {
                tracing::warn!(%error, "a stress list has no channel");
                return Err(unavailable());
            }
        }
        Ok(see(lists
            .entry(load)
            .or_insert_with(|| Generator::new(load))))
    }

    /// How many lists there are.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Lets every list change as its rate says, and forgets those that nobody follows; returns how long to wait.
    fn drive(&self, now: Instant, hub: &Hub) -> Duration {
        let at = now_ms();
        let mut lists = self.lock();
        lists.retain(|load, list| {
            let name = load.channel();
            let is_wanted = list.drive(&name, now, at, hub);
            if !is_wanted {
                hub.forget(&name);
            }
            is_wanted
        });
        let is_busy = lists.values().any(Generator::is_busy);
        if is_busy { BUSY } else { IDLE }
    }

    /// Lets the lists change, for as long as the server runs.
    pub(crate) async fn run(&self, hub: Hub) {
        while !hub.is_draining() {
            let wait = self.drive(Instant::now(), &hub);
            sleep(wait).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Load, Generator>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;
    use tokio_tungstenite::connect_async;

    fn load() -> Load {
        Load::new(100, 50).expect("it is offered")
    }

    fn seq(hub: &Hub) -> u64 {
        hub.position(&load().channel()).seq
    }

    #[tokio::test]
    async fn a_list_changes_as_often_as_its_rate_says_and_no_faster_after_a_pause() {
        let (stress, hub) = (Stress::default(), Hub::new());
        stress.open(load(), &hub).unwrap();
        let _follower = follower(&hub).await;
        let begin = Instant::now();
        for step in 0..=100 {
            let wait = stress.drive(begin + Duration::from_millis(step * 10), &hub);
            assert_eq!(wait, BUSY);
        }
        assert_eq!(seq(&hub), 50, "in one second");
        stress.drive(begin + Duration::from_secs(3_600), &hub);
        assert_eq!(seq(&hub), 300, "and what was missed is forgotten");
    }

    /// A socket that follows the list.
    async fn follower(hub: &Hub) -> impl Sized {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/ws", listener.local_addr().unwrap());
        let app: axum::Router = hub.router();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let (socket, _) = connect_async(url).await.unwrap();
        let (mut sink, mut stream) = socket.split();
        let channel = load().channel();
        let frame = format!(r#"{{"event":"subscribe","channel":"{channel}","id":"s"}}"#);
        futures::SinkExt::send(&mut sink, frame.into())
            .await
            .unwrap();
        stream.next().await.expect("an answer").unwrap();
        (sink, stream)
    }

    #[test]
    fn a_list_that_nobody_follows_rests_and_is_forgotten_after_a_while() {
        let (stress, hub) = (Stress::default(), Hub::new());
        stress.begin_burst(load(), 100, &hub).unwrap();
        let begin = Instant::now();
        assert_eq!(stress.drive(begin, &hub), IDLE);
        let later = begin + Duration::from_secs(20);
        assert_eq!(stress.drive(later, &hub), IDLE);
        assert_eq!((seq(&hub), stress.len()), (0, 1));
        stress.drive(begin + Duration::from_secs(40), &hub);
        assert_eq!(stress.len(), 0);
    }
}
