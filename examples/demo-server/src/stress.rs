//! Lists that change as fast as one likes, to see what a page can take: one for each number of rows and rate, made when
//! it is first asked for and forgotten when nobody follows it any longer.
//!
//! They are this process's own and stand beside the shared state: there is nothing in them that anybody would miss.

mod generator;
mod load;

pub(crate) use generator::Generator;
pub(crate) use load::Load;

use crate::{channel::Channel, clock::now_ms, connections::Connections, hub::Hub};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// The lists there are: one for each load at most.
#[derive(Debug)]
pub(crate) struct Stress {
    lists: BTreeMap<Load, Generator>,
    history: usize,
}

/// How long to wait between two looks at the clock while lists change; while none does.
const BUSY: Duration = Duration::from_millis(4);
const IDLE: Duration = Duration::from_millis(100);

impl Stress {
    /// No lists yet; of each, `history` events will be kept for those who resume.
    pub(crate) const fn new(history: usize) -> Self {
        Self {
            lists: BTreeMap::new(),
            history,
        }
    }

    /// The list of a load.
    pub(crate) fn open(&mut self, load: Load) -> &mut Generator {
        let history = self.history;
        self.lists
            .entry(load)
            .or_insert_with(|| Generator::new(load, history))
    }

    /// The epoch and the channel of a list that is there, by the name of its channel.
    pub(crate) fn channel(&self, name: &str) -> Option<(&str, &Channel)> {
        let list = self.lists.get(&Load::of(name)?)?;
        Some((list.epoch(), list.channel()))
    }

    /// How many lists there are.
    pub(crate) fn len(&self) -> usize {
        self.lists.len()
    }

    /// Lets every list change as its rate says, and forgets those that nobody follows; returns how long to wait.
    fn drive(&mut self, now: Instant, sockets: &mut Connections) -> Duration {
        let at = now_ms();
        self.lists.retain(|load, list| {
            let name = load.channel();
            list.drive(&name, now, at, sockets)
        });
        let is_busy = self.lists.values().any(Generator::is_busy);
        if is_busy { BUSY } else { IDLE }
    }
}

/// Lets the lists change, for as long as the server runs.
pub(crate) async fn drive(hub: Arc<Hub>) {
    loop {
        let wait = {
            let mut state = hub.lock();
            let state = &mut *state;
            if state.connections.is_shut_down() {
                return;
            }
            state.stress.drive(Instant::now(), &mut state.connections)
        };
        sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{outbox::Outbox, peer::NodeId};

    fn load() -> Load {
        Load::new(100, 50).expect("it is offered")
    }

    #[test]
    fn a_list_changes_as_often_as_its_rate_says_and_no_faster_after_a_pause() {
        let (mut stress, mut sockets) = (Stress::new(1_000), Connections::new(NodeId::random()));
        let id = sockets.add(Arc::new(Outbox::new(1_000, 1_000_000)));
        sockets.listen(id, &load().channel());
        stress.open(load());
        let begin = Instant::now();
        let seq = |stress: &Stress| stress.channel("stress:100:50").map(|(_, it)| it.seq());
        for step in 0..=100 {
            let wait = stress.drive(begin + Duration::from_millis(step * 10), &mut sockets);
            assert_eq!(wait, BUSY);
        }
        assert_eq!(seq(&stress), Some(50), "in one second");
        stress.drive(begin + Duration::from_secs(3_600), &mut sockets);
        assert_eq!(seq(&stress), Some(300), "and what was missed is forgotten");
    }

    #[test]
    fn a_list_that_nobody_follows_rests_and_is_forgotten_after_a_while() {
        let (mut stress, mut sockets) = (Stress::new(1_000), Connections::new(NodeId::random()));
        stress.open(load()).begin_burst(100);
        let begin = Instant::now();
        assert_eq!(stress.drive(begin, &mut sockets), IDLE);
        assert_eq!(
            stress.drive(begin + Duration::from_secs(20), &mut sockets),
            IDLE
        );
        let seq = stress
            .channel("stress:100:50")
            .map(|(_, channel)| channel.seq());
        assert_eq!((seq, stress.len()), (Some(0), 1));
        stress.drive(begin + Duration::from_secs(40), &mut sockets);
        assert_eq!(stress.len(), 0);
    }
}
