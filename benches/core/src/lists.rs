//! Events of lists, by themselves and through a client.

use crate::{
    case::Workload,
    link::Link,
    row::{Derived, Patched, Quote},
};
use fastrand::Rng;
use realtime_core::{
    ListOptions, ListSnapshot, ListSpec, QueryKey, QueryOptions, key, list::KeyedList,
};
use std::cmp::Reverse;

/// Events between two frames, at 500 a second.
pub(crate) const PER_FRAME: usize = 8;
/// Prices lie below this.
const TOP_PRICE: u32 = 1_000_000;

/// Makes the events of a list of so many rows.
pub(crate) struct Events {
    rng: Rng,
    versions: Vec<u64>,
    next_row: u32,
    /// A row that was created and is to be deleted next.
    guest: Option<u32>,
}

impl Events {
    pub(crate) fn new(size: u32) -> Self {
        Self {
            rng: Rng::with_seed(1),
            versions: vec![1; size as usize],
            next_row: size,
            guest: None,
        }
    }

    pub(crate) fn rows<T: Quote>(&mut self) -> Vec<T> {
        let numbers = 0..self.versions.len() as u32;
        numbers
            .map(|number| T::new(number, 1, self.rng.u32(..TOP_PRICE)))
            .collect()
    }

    fn any(&mut self) -> u32 {
        self.rng.u32(..self.versions.len() as u32)
    }

    fn change(&mut self, number: u32) -> (u64, u32) {
        let version = &mut self.versions[number as usize];
        *version += 1;
        (*version, self.rng.u32(..TOP_PRICE))
    }

    fn upsert(&mut self) -> String {
        let number = self.any();
        let (version, price) = self.change(number);
        format!(
            r#"{{"action":"upsert","item":{{"id":"r{number}","version":{version},"name":"Instrument {number}","price":{price},"note":null}}}}"#
        )
    }

    pub(crate) fn patch(&mut self) -> String {
        let number = self.any();
        self.patch_of(number)
    }

    pub(crate) fn patch_of(&mut self, number: u32) -> String {
        let (version, price) = self.change(number);
        format!(
            r#"{{"action":"update","item":{{"id":"r{number}","version":{version},"price":{price}}}}}"#
        )
    }

    fn churn(&mut self) -> String {
        if let Some(number) = self.guest.take() {
            return format!(r#"{{"action":"delete","item":{{"id":"r{number}","version":1}}}}"#);
        }
        let number = self.next_row;
        self.next_row += 1;
        self.guest = Some(number);
        let price = self.rng.u32(..TOP_PRICE);
        format!(
            r#"{{"action":"create","item":{{"id":"r{number}","version":1,"name":"Instrument {number}","price":{price},"note":null}}}}"#
        )
    }

    fn moved(&mut self) -> String {
        let (number, before) = (self.any(), self.any());
        let version = &mut self.versions[number as usize];
        *version += 1;
        format!(
            r#"{{"action":"move","item":{{"id":"r{number}","version":{version}}},"before":"r{before}"}}"#
        )
    }
}

/// Events for a list by itself. A snapshot is held as a page holds it, so that changes copy what it shares.
struct Lists<T: Quote> {
    list: KeyedList<T>,
    events: Events,
    make: fn(&mut Events) -> String,
    waiting: Vec<String>,
    shown: ListSnapshot<T>,
}

impl<T: Quote> Lists<T> {
    fn boxed(size: u32, sorted: bool, make: fn(&mut Events) -> String) -> Box<dyn Workload> {
        Self::with(size, options::<T>(sorted), make)
    }

    fn with(
        size: u32,
        options: ListOptions<T>,
        make: fn(&mut Events) -> String,
    ) -> Box<dyn Workload> {
        let mut events = Events::new(size);
        let mut list = KeyedList::new(options);
        list.replace(Link::NOW, events.rows());
        Box::new(Self {
            shown: list.snapshot(),
            list,
            events,
            make,
            waiting: Vec::new(),
        })
    }
}

impl<T: Quote> Workload for Lists<T> {
    fn prepare(&mut self, count: usize) {
        self.waiting = (0..count).map(|_| (self.make)(&mut self.events)).collect();
    }

    fn run(&mut self) {
        for frame in self.waiting.chunks(PER_FRAME) {
            for event in frame {
                let applied = self.list.apply(Link::NOW, event);
                debug_assert!(applied.is_ok_and(|applied| applied.ignored == 0));
            }
            self.list.take_changes();
            self.shown = self.list.snapshot();
        }
    }
}

pub(crate) fn options<T: Quote>(sorted: bool) -> ListOptions<T> {
    let options = ListOptions::default();
    if sorted {
        options.with_sort(T::by_price)
    } else {
        options
    }
}

pub(crate) fn upsert_sorted(size: u32) -> Box<dyn Workload> {
    Lists::<Patched>::boxed(size, true, Events::upsert)
}

pub(crate) fn upsert_keyed(size: u32) -> Box<dyn Workload> {
    let by_price = ListOptions::default().with_sort_key(|row: &Patched| Reverse(row.price()));
    Lists::<Patched>::with(size, by_price, Events::upsert)
}

pub(crate) fn upsert(size: u32) -> Box<dyn Workload> {
    Lists::<Patched>::boxed(size, false, Events::upsert)
}

pub(crate) fn patch_sorted(size: u32) -> Box<dyn Workload> {
    Lists::<Patched>::boxed(size, true, Events::patch)
}

pub(crate) fn patch(size: u32) -> Box<dyn Workload> {
    Lists::<Patched>::boxed(size, false, Events::patch)
}

pub(crate) fn merge_sorted(size: u32) -> Box<dyn Workload> {
    Lists::<Derived>::boxed(size, true, Events::patch)
}

pub(crate) fn churn_sorted(size: u32) -> Box<dyn Workload> {
    Lists::<Patched>::boxed(size, true, Events::churn)
}

pub(crate) fn churn(size: u32) -> Box<dyn Workload> {
    Lists::<Patched>::boxed(size, false, Events::churn)
}

pub(crate) fn moves(size: u32) -> Box<dyn Workload> {
    Lists::<Patched>::boxed(size, false, Events::moved)
}

/// Rows that are values already.
struct Typed {
    list: KeyedList<Patched>,
    events: Events,
    waiting: Vec<Patched>,
    shown: ListSnapshot<Patched>,
}

pub(crate) fn typed(size: u32) -> Box<dyn Workload> {
    let mut events = Events::new(size);
    let mut list = KeyedList::new(options::<Patched>(true));
    list.replace(Link::NOW, events.rows());
    Box::new(Typed {
        shown: list.snapshot(),
        list,
        events,
        waiting: Vec::new(),
    })
}

impl Workload for Typed {
    fn prepare(&mut self, count: usize) {
        let events = &mut self.events;
        let rows = (0..count).map(|_| {
            let number = events.any();
            let (version, price) = events.change(number);
            Patched::new(number, version, price)
        });
        self.waiting = rows.collect();
    }

    fn run(&mut self) {
        let mut rows = std::mem::take(&mut self.waiting).into_iter();
        while rows.len() > 0 {
            for row in rows.by_ref().take(PER_FRAME) {
                self.list.upsert(Link::NOW, row);
            }
            self.list.take_changes();
            self.shown = self.list.snapshot();
        }
    }
}

/// A client that shows one sorted list on the channel `c`.
pub(crate) fn listing<T: Quote>(events: &mut Events) -> Link {
    let mut link = Link::new();
    let spec = ListSpec::new(Some("c".into())).with_options(options::<T>(true));
    let observed = link
        .client
        .observe_list(Link::NOW, &rows(), spec, &QueryOptions::default());
    observed.expect("the key is free");
    link.pump();
    let rows = events.rows::<T>();
    link.land(|| rows.clone());
    link
}

pub(crate) fn rows() -> QueryKey {
    key!["rows"]
}

/// An event of the channel `c` as a frame.
pub(crate) fn framed(seq: u64, id: Option<&str>, data: &str) -> String {
    let id = id.map(|id| format!(r#","id":"{id}""#)).unwrap_or_default();
    format!(r#"{{"event":"list:update","channel":"c","seq":{seq},"epoch":"e"{id},"data":{data}}}"#)
}

struct Whole {
    link: Link,
    events: Events,
    seq: u64,
    waiting: Vec<String>,
    shown: Option<ListSnapshot<Patched>>,
}

pub(crate) fn client_sorted(size: u32) -> Box<dyn Workload> {
    let mut events = Events::new(size);
    Box::new(Whole {
        link: listing::<Patched>(&mut events),
        events,
        seq: 0,
        waiting: Vec::new(),
        shown: None,
    })
}

impl Workload for Whole {
    fn prepare(&mut self, count: usize) {
        self.waiting = (0..count)
            .map(|_| {
                self.seq += 1;
                framed(self.seq, None, &self.events.patch())
            })
            .collect();
    }

    fn run(&mut self) {
        for frames in self.waiting.chunks(PER_FRAME) {
            for frame in frames {
                self.link.frame(frame);
            }
            self.link.publish();
            self.shown = self.link.client.list(&rows());
        }
    }
}
