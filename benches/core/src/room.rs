//! A room of many members.

use crate::{case::Workload, link::Link, lists::PER_FRAME};
use fastrand::Rng;
use realtime_core::{ChannelName, PresenceOptions, PresenceSnapshot, User};
use std::rc::Rc;

struct Room {
    link: Link,
    rng: Rng,
    size: u32,
    reads: bool,
    waiting: Vec<String>,
    shown: Option<Rc<PresenceSnapshot>>,
}

fn boxed(size: u32, reads: bool) -> Box<dyn Workload> {
    let mut link = Link::new();
    let options = PresenceOptions::default().with_max_members(size as usize + 1);
    let me = User::new("me", "Me");
    let joined = link.client.join(Link::NOW, &channel(), me, options);
    // The share is never given back.
    drop(joined.expect("the channel is free"));
    link.pump();
    let members: Vec<String> = (0..size).map(|number| member(number, 0)).collect();
    link.frame(&format!(
        r#"{{"event":"presence:sync","channel":"room","data":{{"members":[{}]}}}}"#,
        members.join(",")
    ));
    Box::new(Room {
        link,
        rng: Rng::with_seed(1),
        size,
        reads,
        waiting: Vec::new(),
        shown: None,
    })
}

fn channel() -> ChannelName {
    "room".into()
}

fn member(number: u32, cursor: u32) -> String {
    format!(
        r#"{{"userId":"u{number}","user":{{"id":"u{number}","name":"User {number}"}},"status":"online","metadata":{{"cursor":[{cursor},7]}},"connectionId":"c{number}"}}"#
    )
}

pub(crate) fn presence(size: u32) -> Box<dyn Workload> {
    boxed(size, false)
}

pub(crate) fn presence_read(size: u32) -> Box<dyn Workload> {
    boxed(size, true)
}

impl Workload for Room {
    fn prepare(&mut self, count: usize) {
        self.waiting = (0..count)
            .map(|_| {
                let (number, cursor) = (self.rng.u32(..self.size), self.rng.u32(..1_000_000));
                let data = member(number, cursor);
                format!(r#"{{"event":"presence:update","channel":"room","data":{data}}}"#)
            })
            .collect();
    }

    fn run(&mut self) {
        for frames in self.waiting.chunks(PER_FRAME) {
            for frame in frames {
                self.link.frame(frame);
            }
            self.link.publish();
            if self.reads {
                self.shown = self.link.client.presence(&channel());
            }
        }
    }
}
