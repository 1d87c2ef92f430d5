//! Subscribers: who wants to know when a topic changes.

use realtime_core::{OrderedMap, Topic};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

/// Topics and whom to call when they change.
///
/// No borrow is held during a call, so that whoever is called may subscribe and unsubscribe. One
/// who unsubscribes during a round is not called any more; one who subscribes is not called yet.
pub(crate) struct Subscribers<K = Topic> {
    by_topic: RefCell<OrderedMap<K, Vec<Rc<Subscriber>>>>,
}

impl<K> Default for Subscribers<K> {
    fn default() -> Self {
        Self {
            by_topic: RefCell::default(),
        }
    }
}

struct Subscriber {
    call: Rc<dyn Fn()>,
    alive: Cell<bool>,
    /// The round it was last called in: one round calls nobody twice.
    round: Cell<u64>,
}

/// Keeps a subscriber subscribed until it is dropped.
#[must_use = "dropping it unsubscribes"]
pub(crate) struct Subscription<K: Ord = Topic> {
    subscriber: Rc<Subscriber>,
    topics: Vec<K>,
    home: Weak<Subscribers<K>>,
}

impl<K: Ord + Clone> Subscribers<K> {
    /// Calls `call` whenever one of `topics` changes, once per round however many of them do.
    pub(crate) fn subscribe(
        self: &Rc<Self>,
        topics: Vec<K>,
        call: Rc<dyn Fn()>,
    ) -> Subscription<K> {
        let subscriber = Rc::new(Subscriber {
            call,
            alive: Cell::new(true),
            round: Cell::new(0),
        });
        let mut by_topic = self.by_topic.borrow_mut();
        for topic in &topics {
            by_topic
                .get_or_insert_with(topic.clone(), Vec::new)
                .push(Rc::clone(&subscriber));
        }
        Subscription {
            subscriber,
            topics,
            home: Rc::downgrade(self),
        }
    }

    /// Calls everyone who subscribed to one of `topics`, in the order of topics and subscriptions.
    pub(crate) fn notify(&self, topics: &[K], round: u64) {
        let mut due = Vec::new();
        {
            let by_topic = self.by_topic.borrow();
            for topic in topics {
                for subscriber in by_topic.get(topic).into_iter().flatten() {
                    if subscriber.round.replace(round) != round {
                        due.push(Rc::clone(subscriber));
                    }
                }
            }
        }
        for subscriber in due {
            if subscriber.alive.get() {
                (subscriber.call)();
            }
        }
    }

    /// Subscriptions there are, one for each topic of each subscriber.
    pub(crate) fn len(&self) -> usize {
        self.by_topic.borrow().values().map(Vec::len).sum()
    }
}

impl<K: Ord> Drop for Subscription<K> {
    // Else it is compiled into the end of each thing that holds one.
    #[inline(never)]
    fn drop(&mut self) {
        self.subscriber.alive.set(false);
        let Some(home) = self.home.upgrade() else {
            return;
        };
        let mut by_topic = home.by_topic.borrow_mut();
        for topic in &self.topics {
            if let Some(subscribers) = by_topic.get_mut(topic) {
                subscribers.retain(|other| !Rc::ptr_eq(other, &self.subscriber));
                if subscribers.is_empty() {
                    by_topic.remove(topic);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter() -> (Rc<Cell<u32>>, Rc<dyn Fn()>) {
        let count = Rc::new(Cell::new(0));
        let call = {
            let count = Rc::clone(&count);
            Rc::new(move || count.set(count.get() + 1))
        };
        (count, call)
    }

    fn room(name: &str) -> Topic {
        Topic::Presence(name.into())
    }

    #[test]
    fn only_the_topic_that_changed_calls_its_subscribers() {
        let subscribers = Rc::new(Subscribers::<Topic>::default());
        let (count, call) = counter();
        let _subscription = subscribers.subscribe(vec![Topic::Connection], call);
        subscribers.notify(&[room("a")], 1);
        assert_eq!(count.get(), 0);
        subscribers.notify(&[Topic::Connection], 2);
        assert_eq!(count.get(), 1);
    }

    #[test]
    fn one_round_calls_a_subscriber_once_though_two_of_its_topics_changed() {
        let subscribers = Rc::new(Subscribers::<Topic>::default());
        let (count, call) = counter();
        let _subscription = subscribers.subscribe(vec![Topic::Connection, room("a")], call);
        subscribers.notify(&[room("a"), Topic::Connection], 1);
        assert_eq!(count.get(), 1);
        subscribers.notify(&[room("a")], 2);
        assert_eq!(count.get(), 2);
    }

    #[test]
    fn one_who_is_dropped_during_the_round_is_not_called() {
        let subscribers = Rc::new(Subscribers::<Topic>::default());
        let (count, call) = counter();
        let second: Rc<RefCell<Option<Subscription>>> = Rc::default();
        let _first = subscribers.subscribe(vec![Topic::Connection], {
            let second = Rc::clone(&second);
            Rc::new(move || drop(second.borrow_mut().take()))
        });
        *second.borrow_mut() = Some(subscribers.subscribe(vec![Topic::Connection], call));
        subscribers.notify(&[Topic::Connection], 1);
        assert_eq!(count.get(), 0);
        assert_eq!(subscribers.len(), 1);
    }

    #[test]
    fn subscribing_during_the_round_is_allowed_and_counts_from_the_next() {
        let subscribers = Rc::new(Subscribers::<Topic>::default());
        let (count, call) = counter();
        let late: Rc<RefCell<Option<Subscription>>> = Rc::default();
        let _first = subscribers.subscribe(vec![Topic::Connection], {
            let (late, home) = (Rc::clone(&late), Rc::clone(&subscribers));
            Rc::new(move || {
                late.borrow_mut().get_or_insert_with(|| {
                    home.subscribe(vec![Topic::Connection], Rc::clone(&call))
                });
            })
        });
        subscribers.notify(&[Topic::Connection], 1);
        assert_eq!(count.get(), 0);
        subscribers.notify(&[Topic::Connection], 2);
        assert_eq!(count.get(), 1);
        drop(late.borrow_mut().take());
    }

    #[test]
    fn the_last_subscription_leaves_nothing_behind() {
        let subscribers = Rc::new(Subscribers::<Topic>::default());
        let (_, call) = counter();
        drop(subscribers.subscribe(vec![Topic::Connection], call));
        assert!(subscribers.by_topic.borrow().is_empty());
    }
}
