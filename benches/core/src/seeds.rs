//! Seeds: a list is taken along, and another begins with it.

use crate::{
    case::Workload,
    link::Link,
    row::{Derived, Quote},
};
use realtime_core::{Client, Fit, ListOptions, ListSpec, QueryKey, QueryOptions, Seed, key};

fn quotes() -> QueryKey {
    key!["quotes"]
}

fn watch(client: &mut Client) {
    let options = ListOptions::default().with_sort(Derived::by_price);
    let spec = ListSpec::new(Some("quotes".into()))
        .with_options(options)
        .with_seed();
    client
        .observe_list(Link::NOW, &quotes(), spec, &QueryOptions::default())
        .expect("the key is free");
}

fn filled(size: u32) -> Link {
    let mut link = Link::new();
    watch(&mut link.client);
    link.pump();
    link.land(|| {
        (0..size)
            .map(|row| Derived::new(row, 1, row))
            .collect::<Vec<_>>()
    });
    link
}

struct Export {
    link: Link,
    count: usize,
}

pub(crate) fn export(size: u32) -> Box<dyn Workload> {
    Box::new(Export {
        link: filled(size),
        count: 0,
    })
}

impl Workload for Export {
    fn prepare(&mut self, count: usize) {
        self.count = count;
    }

    fn run(&mut self) {
        for _ in 0..self.count {
            let seeds = self.link.client.export(Link::NOW, &quotes());
            assert_eq!(seeds.len(), 1);
        }
    }
}

struct Import {
    seeds: Vec<Seed>,
    links: Vec<Link>,
}

pub(crate) fn import(size: u32) -> Box<dyn Workload> {
    Box::new(Import {
        seeds: filled(size).client.export(Link::NOW, &quotes()),
        links: Vec::new(),
    })
}

impl Workload for Import {
    fn prepare(&mut self, count: usize) {
        self.links = (0..count).map(|_| Link::new()).collect();
    }

    fn run(&mut self) {
        for link in &mut self.links {
            link.client.import(Link::NOW, self.seeds.clone(), Fit::Full);
            watch(&mut link.client);
        }
        assert!(
            self.links
                .iter()
                .all(|link| link.client.list::<Derived>(&quotes()).is_some())
        );
    }
}
