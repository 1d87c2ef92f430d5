//! Model of the connection: whatever happens, one socket at a time, and no timer that spins.

use crate::connection_link::Link;
use proptest::prelude::*;
use realtime_core::{
    Generation, ServerError,
    connection::{ConnectionOptions, ConnectionOutput, ConnectionStatus},
};
use std::time::Duration;

#[derive(Clone, Debug)]
enum Step {
    Connect,
    Reconnect,
    Disconnect,
    Token(Result<Option<String>, String>),
    Opened,
    Greeted,
    Refused(bool, Option<u64>),
    Frame,
    Pong,
    Closed(u16),
    Nonsense,
    Visible(bool),
    Online(bool),
    Hide,
    Show,
    Wait(u64),
    Sleep(u64),
}

/// What happens, and to which socket: the latest, or the one so many before it.
fn step() -> impl Strategy<Value = (Step, u64)> {
    let codes = prop_oneof![Just(1000), Just(1006), Just(1013), Just(4109), any::<u16>()];
    let token = prop_oneof![
        Just(Ok(None)),
        Just(Ok(Some(String::from("t")))),
        Just(Err(String::from("no"))),
    ];
    let step = prop_oneof![
        2 => Just(Step::Connect),
        1 => Just(Step::Reconnect),
        1 => Just(Step::Disconnect),
        5 => token.prop_map(Step::Token),
        6 => Just(Step::Opened),
        6 => Just(Step::Greeted),
        1 => (any::<bool>(), any::<Option<u64>>()).prop_map(|(u, r)| Step::Refused(u, r)),
        3 => Just(Step::Frame),
        3 => Just(Step::Pong),
        3 => codes.prop_map(Step::Closed),
        1 => Just(Step::Nonsense),
        1 => any::<bool>().prop_map(Step::Visible),
        1 => any::<bool>().prop_map(Step::Online),
        1 => Just(Step::Hide),
        1 => Just(Step::Show),
        4 => (0..40_000_u64).prop_map(Step::Wait),
        1 => (0..4_000_000_u64).prop_map(Step::Sleep),
    ];
    (step, prop_oneof![5 => Just(0_u64), 1 => 1..3_u64])
}

/// What a well-behaved caller may conclude from the outputs alone.
#[derive(Default)]
struct World {
    generations: Vec<Generation>,
    socket: Option<Generation>,
    up: Option<Generation>,
    ended: bool,
}

impl World {
    fn observe(&mut self, output: ConnectionOutput) {
        match output {
            ConnectionOutput::RequestToken { generation } => {
                assert_eq!(self.socket, None);
                self.begin(generation);
            }
            ConnectionOutput::Connect { generation } => {
                assert_eq!(self.socket, None, "a second socket");
                if self.generations.last() != Some(&generation) {
                    self.begin(generation);
                }
                self.socket = Some(generation);
            }
            ConnectionOutput::Handshake { generation, .. }
            | ConnectionOutput::RenewToken { generation }
            | ConnectionOutput::ShowToken { generation, .. }
            | ConnectionOutput::SendPing { generation } => {
                assert_eq!(self.socket, Some(generation));
            }
            ConnectionOutput::Close {
                generation, code, ..
            } => {
                assert_eq!(self.socket.take(), Some(generation));
                assert!(code == 1000 || (3000..=4999).contains(&code));
            }
            ConnectionOutput::Up { generation } => {
                assert_eq!(self.socket, Some(generation));
                assert_eq!(self.up.replace(generation), None);
            }
            ConnectionOutput::Down { generation } => {
                assert_eq!(self.up.take(), Some(generation));
            }
            ConnectionOutput::Ended { .. } => self.ended = true,
            ConnectionOutput::StatusChanged => {}
        }
    }

    fn begin(&mut self, generation: Generation) {
        assert!(
            self.generations
                .last()
                .is_none_or(|last| *last < generation)
        );
        self.generations.push(generation);
        self.ended = false;
    }

    fn check(&mut self, link: &mut Link) {
        while let Some(output) = link.connection.poll_output() {
            self.observe(output);
        }
        assert_eq!(self.up.is_some(), link.connection.is_open());
        assert_eq!(
            self.up.is_some(),
            link.status() == ConnectionStatus::Connected
        );
        assert_eq!(self.ended, link.ended().is_some());
        if self.ended {
            assert_eq!(self.socket, None);
            assert_eq!(link.connection.next_deadline(), None);
        }
    }
}

/// Lets time pass; a timer must not fire for ever without time moving on.
fn wait(link: &mut Link, world: &mut World, duration: Duration) {
    let end = link.now + duration;
    let mut at_once = 0;
    while let Some(at) = link.connection.next_deadline().filter(|at| *at <= end) {
        at_once = if at > link.now { 0 } else { at_once + 1 };
        assert!(at_once < 5, "a timer that spins");
        link.now = link.now.max(at);
        link.connection.handle_timeout(link.now);
        world.check(link);
    }
    link.now = end;
}

fn run(options: ConnectionOptions, seed: u64, steps: Vec<(Step, u64)>, coda: Duration) {
    let mut link = Link::seeded(options, seed);
    let mut world = World::default();
    for (step, back) in steps {
        let index = world.generations.len().saturating_sub(1 + back as usize);
        let generation = world.generations.get(index).copied().unwrap_or_default();
        let (connection, now) = (&mut link.connection, link.now);
        match step {
            Step::Connect => connection.connect(now),
            Step::Reconnect => connection.reconnect(now),
            Step::Disconnect => connection.disconnect(now),
            Step::Token(result) => connection.token_ready(now, generation, result),
            Step::Opened => connection.socket_opened(now, generation),
            Step::Greeted => connection.handshake_done(now, generation),
            Step::Refused(unauthorized, retry_after) => connection.handshake_failed(
                now,
                generation,
                ServerError {
                    code: if unauthorized { "unauthorized" } else { "busy" }.into(),
                    message: "".into(),
                    retry_after,
                },
            ),
            Step::Frame => {
                connection.frame_received(now, generation);
            }
            Step::Pong => connection.pong_received(now, generation),
            Step::Closed(code) => {
                if world.socket == Some(generation) {
                    world.socket = None;
                }
                connection.socket_closed(now, generation, code, "", true);
            }
            Step::Nonsense => connection.protocol_error(now, generation, "nonsense"),
            Step::Visible(visible) => connection.set_visible(now, visible),
            Step::Online(online) => connection.set_online(now, online),
            Step::Hide => connection.page_hide(now),
            Step::Show => connection.page_show(now),
            Step::Wait(millis) => wait(&mut link, &mut world, Duration::from_millis(millis)),
            Step::Sleep(millis) => link.sleep(Duration::from_millis(millis)),
        }
        world.check(&mut link);
    }

    // However it went, asking for a link is all it takes to get one.
    link.connection.reconnect(link.now);
    world.check(&mut link);
    let generation = link.generation();
    link.connection.token_ready(link.now, generation, Ok(None));
    link.connection.socket_opened(link.now, generation);
    link.connection.handshake_done(link.now, generation);
    world.check(&mut link);
    assert_eq!(world.up, Some(generation));
    wait(&mut link, &mut world, coda);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn there_is_one_socket_at_a_time_and_reconnect_always_works(
        has_token in any::<bool>(),
        give_up_after in prop::option::of(0..4_u32),
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 0..150),
    ) {
        let options = ConnectionOptions { has_token, give_up_after, ..Default::default() };
        run(options, seed, steps, Duration::from_secs(600));
    }

    #[test]
    fn no_options_make_a_timer_spin(
        millis in prop::collection::vec(0..3_u64, 12),
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut options = ConnectionOptions::default();
        let durations = [
            &mut options.backoff.min,
            &mut options.backoff.max,
            &mut options.backoff.slow_min,
            &mut options.backoff.slow_max,
            &mut options.heartbeat.ping_every,
            &mut options.heartbeat.pong_within,
            &mut options.heartbeat.probe_within,
            &mut options.stable_after,
            &mut options.token_timeout,
            &mut options.connect_timeout,
            &mut options.handshake_timeout,
            &mut options.trouble_after,
        ];
        for (duration, millis) in durations.into_iter().zip(millis) {
            *duration = Duration::from_millis(millis);
        }
        let steps = steps
            .into_iter()
            .map(|(step, back)| match step {
                Step::Wait(millis) => (Step::Wait(millis % 200), back),
                other => (other, back),
            })
            .collect();
        run(options, seed, steps, Duration::from_millis(200));
    }
}
