//! Routing: decoding a frame and finding whom it concerns.

use crate::{case::Workload, link::Link, lists::PER_FRAME};
use fastrand::Rng;
use realtime_core::{Patch, QueryOptions, RecordSpec, key};
use serde::Deserialize;

#[derive(Clone, PartialEq, Deserialize)]
struct Price {
    price: u32,
    change: i32,
}

struct Routing {
    link: Link,
    rng: Rng,
    size: u32,
    heard: bool,
    waiting: Vec<String>,
}

fn boxed(size: u32, heard: bool) -> Box<dyn Workload> {
    let mut link = Link::new();
    for number in 0..size {
        let channel = format!("stocks:{number}");
        let spec = RecordSpec::<Price>::new().on(
            "stock:update",
            Some(channel.as_str().into()),
            Patch::replace(),
        );
        let (key, options) = (key!["stock", number], QueryOptions::default());
        let observed = link.client.observe_record(Link::NOW, &key, spec, &options);
        observed.expect("the key is free");
    }
    link.pump();
    link.land(|| Price {
        price: 1,
        change: 0,
    });
    Box::new(Routing {
        link,
        rng: Rng::with_seed(1),
        size,
        heard,
        waiting: Vec::new(),
    })
}

pub(crate) fn record(size: u32) -> Box<dyn Workload> {
    boxed(size, true)
}

pub(crate) fn nobody(size: u32) -> Box<dyn Workload> {
    boxed(size, false)
}

impl Workload for Routing {
    fn prepare(&mut self, count: usize) {
        let event = if self.heard {
            "stock:update"
        } else {
            "stock:halted"
        };
        self.waiting = (0..count)
            .map(|_| {
                let (number, price) = (self.rng.u32(..self.size), self.rng.u32(..1_000_000));
                format!(
                    r#"{{"event":"{event}","channel":"stocks:{number}","data":{{"price":{price},"change":-5}}}}"#
                )
            })
            .collect();
    }

    fn run(&mut self) {
        for frames in self.waiting.chunks(PER_FRAME) {
            for frame in frames {
                self.link.frame(frame);
            }
            self.link.publish();
        }
    }
}
