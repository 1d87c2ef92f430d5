//! Model of the channels: whatever happens, the server's idea of who is subscribed is the app's.

use proptest::prelude::*;
use realtime_core::{
    ChannelName, Instant, MessageId, Position, ServerError,
    channel::{
        ChannelOptions, ChannelOutput, ChannelState, Channels, EventPosition, LeaseId,
        SubscribeReply,
    },
};
use std::{collections::BTreeSet, time::Duration};

#[derive(Clone, Debug)]
enum Step {
    Subscribe(u8),
    Release(prop::sample::Index),
    Up,
    Down,
    Answer(prop::sample::Index, Option<(bool, u64)>, bool),
    Refuse(prop::sample::Index, Option<u64>),
    Event(u8, Option<(bool, u64)>),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let position = || prop::option::of((any::<bool>(), 0..9_u64));
    prop_oneof![
        4 => (0..6_u8).prop_map(Step::Subscribe),
        4 => any::<prop::sample::Index>().prop_map(Step::Release),
        2 => Just(Step::Up),
        1 => Just(Step::Down),
        4 => (any::<prop::sample::Index>(), position(), any::<bool>())
            .prop_map(|(index, position, recovered)| Step::Answer(index, position, recovered)),
        1 => (any::<prop::sample::Index>(), prop::option::of(0..9_000_u64))
            .prop_map(|(index, retry_after)| Step::Refuse(index, retry_after)),
        3 => (0..6_u8, position()).prop_map(|(channel, position)| Step::Event(channel, position)),
        3 => (0..3_000_u64).prop_map(Step::Wait),
    ]
}

fn name(channel: u8) -> ChannelName {
    format!("c{channel}").into()
}

fn epoch(first: bool) -> &'static str {
    if first { "b1" } else { "b2" }
}

/// The server, and what a follower of the outputs may conclude.
#[derive(Default)]
struct World {
    up: bool,
    subscribed: BTreeSet<ChannelName>,
    live: BTreeSet<ChannelName>,
    asked: Vec<(MessageId, ChannelName)>,
    unknown: BTreeSet<ChannelName>,
}

impl World {
    fn drain(&mut self, channels: &mut Channels) {
        while let Some(output) = channels.poll_output() {
            match output {
                ChannelOutput::Subscribe { id, channel, .. } => {
                    assert!(self.up, "a subscribe without a link");
                    assert!(self.asked.iter().all(|(asked, _)| *asked != id));
                    // Only what nobody has answered is asked for again.
                    let again = self.unknown.contains(&channel);
                    assert!(
                        again || !self.subscribed.contains(&channel),
                        "{channel} is subscribed already"
                    );
                    self.subscribed.insert(channel.clone());
                    self.asked.push((id, channel));
                }
                ChannelOutput::Unsubscribe { channel } => {
                    assert!(self.up);
                    assert!(self.subscribed.remove(&channel));
                }
                ChannelOutput::Live { channel, .. } => {
                    assert!(self.up);
                    self.unknown.remove(&channel);
                    self.live.insert(channel);
                }
                ChannelOutput::Unknown { channel, .. } => {
                    assert!(self.up && !self.live.contains(&channel));
                    assert!(self.unknown.insert(channel));
                }
                ChannelOutput::StillUnknown { channel, .. } => {
                    assert!(self.up && self.unknown.contains(&channel));
                }
                ChannelOutput::Lost { channel } => {
                    assert!(self.live.remove(&channel) || self.unknown.remove(&channel));
                }
                ChannelOutput::Refused { channel, .. } => {
                    self.live.remove(&channel);
                    self.unknown.remove(&channel);
                    self.subscribed.remove(&channel);
                }
                ChannelOutput::Closed { channel } => {
                    self.live.remove(&channel);
                    self.unknown.remove(&channel);
                    assert!(!self.subscribed.contains(&channel));
                }
                ChannelOutput::Gap { channel, .. } => assert!(self.live.contains(&channel)),
            }
        }
    }
}

fn run(steps: Vec<Step>) {
    let options = ChannelOptions {
        max_channels: 4,
        ..ChannelOptions::default()
    };
    let mut channels = Channels::new(options, "c", fastrand::Rng::with_seed(7));
    let mut world = World::default();
    let mut leases: Vec<(LeaseId, ChannelName)> = Vec::new();
    let mut now = Instant::from_millis(5);
    for step in steps {
        match step {
            Step::Subscribe(channel) => {
                let channel = name(channel);
                if let Ok(lease) = channels.subscribe(now, &channel) {
                    leases.push((lease, channel));
                }
            }
            Step::Release(index) => {
                if !leases.is_empty() {
                    let (lease, _) = leases.swap_remove(index.index(leases.len()));
                    channels.release(now, lease);
                }
            }
            Step::Up => {
                channels.down();
                world.drain(&mut channels);
                world.up = true;
                world.subscribed.clear();
                channels.up(now);
            }
            Step::Down => {
                channels.down();
                world.drain(&mut channels);
                world.up = false;
                world.subscribed.clear();
            }
            Step::Answer(index, position, recovered) => {
                if !world.asked.is_empty() {
                    let (id, _) = index.get(&world.asked);
                    let position = position.map(|(first, seq)| Position {
                        epoch: epoch(first).into(),
                        seq,
                    });
                    let reply = SubscribeReply {
                        position,
                        recovered,
                    };
                    channels.reply(now, id, Ok(reply));
                }
            }
            Step::Refuse(index, retry_after) => {
                if !world.asked.is_empty() {
                    let (id, _) = index.get(&world.asked);
                    let error = ServerError {
                        code: "forbidden".into(),
                        message: "".into(),
                        retry_after,
                    };
                    channels.reply(now, id, Err(error));
                }
            }
            Step::Event(channel, position) => {
                let position = position.map(|(first, seq)| EventPosition {
                    epoch: first.then_some(epoch(first)),
                    seq,
                });
                channels.check(now, &name(channel), position);
            }
            Step::Wait(millis) => {
                now = now + Duration::from_millis(millis);
                channels.handle_timeout(now);
                assert!(channels.next_deadline().is_none_or(|at| at > now));
            }
        }
        world.drain(&mut channels);
        assert!(channels.stats().channels <= 4);
    }

    // Once the graces are over, what is subscribed is what is leased, and no more is held.
    let over = now + Duration::from_secs(60);
    while let Some(at) = channels.next_deadline().filter(|at| *at <= over) {
        now = now.max(at);
        channels.handle_timeout(now);
        assert!(channels.next_deadline().is_none_or(|next| next > at));
        world.drain(&mut channels);
    }
    let wanted: BTreeSet<ChannelName> = leases.into_iter().map(|(_, channel)| channel).collect();
    assert_eq!(channels.stats().channels, wanted.len());
    for channel in wanted {
        let state = channels.state(&channel).expect("a leased channel");
        let subscribed = world.subscribed.contains(&channel);
        match state {
            ChannelState::Live => assert!(subscribed && world.live.contains(&channel)),
            ChannelState::Unknown => assert!(subscribed && world.unknown.contains(&channel)),
            ChannelState::Refused(_) => assert!(!subscribed),
            ChannelState::Waiting => assert!(!world.up),
            ChannelState::Subscribing => panic!("{channel} waits for ever"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_server_knows_exactly_what_the_app_wants(
        steps in prop::collection::vec(step(), 0..150)
    ) {
        run(steps);
    }
}
