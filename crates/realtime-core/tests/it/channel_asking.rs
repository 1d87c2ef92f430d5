//! Requests for channels: what is asked for again, and when; and what promised events become that do not come.

use crate::channel_leases::{at, channels, drain, establish, ids, lease};
use realtime_core::{
    MessageId, Position, ServerError,
    channel::{
        ChannelOutput, ChannelState, Channels, Continuity, EventPosition, GapReason,
        SubscribeReply, Verdict,
    },
};

/// The times, in milliseconds, at which the next `subscribe`s go out until `end`.
fn asked_until(channels: &mut Channels, end: u64) -> Vec<u64> {
    let mut times = Vec::new();
    while let Some(due) = channels.next_deadline().filter(|due| *due <= at(end)) {
        channels.handle_timeout(due);
        let asked = ids(channels).len();
        times.extend(std::iter::repeat_n(due.as_millis(), asked));
    }
    times
}

/// The channel `tasks` on a second link, whose `subscribe` at time zero is lost although the server
/// has answered the first.
fn lost() -> (Channels, MessageId) {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    establish(&mut channels, 0);
    channels.down();
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    (channels, id)
}

fn at_seq(seq: u64) -> SubscribeReply {
    SubscribeReply {
        position: Some(position(seq)),
        recovered: false,
    }
}

fn position(seq: u64) -> Position {
    Position {
        epoch: "b1".into(),
        seq,
    }
}

fn event(channels: &mut Channels, seq: u64) -> Verdict {
    let epoch = Some("b1");
    channels.check(at(0), "tasks", Some(EventPosition { epoch, seq }))
}

fn refusal(retry_after: Option<u64>) -> ServerError {
    ServerError {
        code: "rate_limited".into(),
        message: "too many".into(),
        retry_after,
    }
}

#[test]
fn a_lost_subscription_is_asked_for_again_less_and_less_often() {
    let (mut channels, _) = lost();
    let times = asked_until(&mut channels, 600_000);
    assert_eq!(channels.state("tasks"), Some(ChannelState::Unknown));
    // After ten seconds of silence, then 5 s, 10 s, 20 s … later, each half by chance.
    let waits: Vec<u64> = std::iter::once(10_000)
        .chain(times.iter().copied())
        .collect::<Vec<_>>()
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .collect();
    assert!((6..=12).contains(&waits.len()), "{waits:?}");
    for (wait, whole) in waits
        .iter()
        .zip([5_000, 10_000, 20_000, 40_000, 80_000, 160_000])
    {
        assert!((whole / 2..=whole).contains(wait), "{waits:?}");
    }
}

#[test]
fn two_clients_do_not_ask_again_at_the_same_moment() {
    let mut first = Vec::new();
    for seed in [1, 2] {
        let mut channels = Channels::new(Default::default(), "q", fastrand::Rng::with_seed(seed));
        lease(&mut channels, 0, "tasks");
        channels.up(at(0));
        ids(&mut channels);
        first.push(asked_until(&mut channels, 60_000).remove(0));
    }
    assert_ne!(first[0], first[1]);
}

#[test]
fn an_answer_to_either_of_the_last_two_asks_makes_the_channel_live_and_ends_the_asking() {
    for answered in [0, 1] {
        let (mut channels, first) = lost();
        let mut asks = vec![first];
        while asks.len() < 2 {
            let due = channels.next_deadline().expect("it is asked again");
            channels.handle_timeout(due);
            asks.extend(ids(&mut channels));
        }
        assert!(channels.reply(at(20_000), &asks[answered], Ok(SubscribeReply::default())));
        assert!(matches!(
            drain(&mut channels)[..],
            [ChannelOutput::Live {
                continuity: Continuity::Unknown,
                ..
            }]
        ));
        assert_eq!(channels.state("tasks"), Some(ChannelState::Live));
        assert_eq!(channels.next_deadline(), None);
        // "You are subscribed already", say.
        assert!(!channels.reply(at(20_100), &asks[1 - answered], Err(refusal(None))));
        assert_eq!(channels.state("tasks"), Some(ChannelState::Live));
    }
}

#[test]
fn the_refusal_of_an_ask_that_was_repeated_is_not_the_last_word() {
    let (mut channels, first) = lost();
    let mut second = Vec::new();
    while second.is_empty() {
        let due = channels.next_deadline().expect("it is asked again");
        channels.handle_timeout(due);
        second = ids(&mut channels);
    }
    assert!(channels.reply(at(20_000), &first, Err(refusal(None))));
    assert_eq!(channels.state("tasks"), Some(ChannelState::Unknown));
    assert!(channels.reply(at(20_000), &second[0], Err(refusal(None))));
    assert_eq!(
        channels.state("tasks"),
        Some(ChannelState::Refused(refusal(None)))
    );
}

#[test]
fn an_event_shows_that_an_unknown_channel_is_live_and_ends_the_asking() {
    for position in [
        None,
        Some(EventPosition {
            epoch: None,
            seq: 7,
        }),
    ] {
        let (mut channels, id) = lost();
        channels.handle_timeout(at(10_000));
        drain(&mut channels);
        assert_eq!(
            channels.check(at(10_001), "tasks", position),
            Verdict::Apply
        );
        // What was fetched before may lack something.
        assert!(matches!(
            drain(&mut channels)[..],
            [ChannelOutput::Live {
                continuity: Continuity::Unknown,
                ..
            }]
        ));
        assert_eq!(channels.state("tasks"), Some(ChannelState::Live));
        assert_eq!(channels.next_deadline(), None);
        // The answer that comes late tells nothing new.
        assert!(channels.reply(at(10_002), &id, Ok(SubscribeReply::default())));
        assert_eq!(drain(&mut channels), []);
    }
}

#[test]
fn a_late_answer_from_beyond_the_last_event_means_that_some_are_missing() {
    let (mut channels, id) = lost();
    channels.handle_timeout(at(10_000));
    event(&mut channels, 58);
    drain(&mut channels);
    channels.reply(at(10_002), &id, Ok(at_seq(60)));
    assert!(matches!(
        drain(&mut channels)[..],
        [ChannelOutput::Live {
            continuity: Continuity::Unknown,
            ..
        }]
    ));
}

#[test]
fn events_of_one_channel_tell_nothing_of_another() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    lease(&mut channels, 0, "prices");
    channels.up(at(0));
    channels.handle_timeout(at(1_500));
    assert_eq!(channels.stats().unknown, 2);
    channels.check(at(1_600), "prices", None);
    assert_eq!(channels.state("prices"), Some(ChannelState::Live));
    assert_eq!(channels.state("tasks"), Some(ChannelState::Unknown));
    assert_eq!(channels.stats().unknown, 1);
}

#[test]
fn an_event_during_the_wait_for_the_answer_is_enough_when_that_is_over() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    channels.up(at(0));
    ids(&mut channels);
    channels.check(at(300), "tasks", None);
    assert_eq!(channels.state("tasks"), Some(ChannelState::Subscribing));
    channels.handle_timeout(at(1_500));
    assert_eq!(channels.state("tasks"), Some(ChannelState::Live));
    assert_eq!(channels.next_deadline(), None);
}

#[test]
fn a_recovery_that_brings_less_than_it_promised_is_a_gap_after_a_while() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    channels.reply(at(0), &id, Ok(at_seq(57)));
    channels.down();
    channels.up(at(1_000));
    let id = ids(&mut channels).remove(0);
    let recovered = SubscribeReply {
        recovered: true,
        ..at_seq(59)
    };
    channels.reply(at(1_000), &id, Ok(recovered));
    assert!(channels.are_coming_back());
    event(&mut channels, 58);
    drain(&mut channels);
    // The first look finds that one has come, the second that no more have.
    channels.handle_timeout(at(6_000));
    assert_eq!(drain(&mut channels), []);
    channels.handle_timeout(at(11_000));
    let reason = GapReason::Short {
        promised: 59,
        reached: 58,
    };
    assert_eq!(
        drain(&mut channels),
        [ChannelOutput::Gap {
            channel: "tasks".into(),
            reason,
            position: Some(position(59)),
        }]
    );
    assert!(!channels.are_coming_back());
    assert_eq!(channels.next_deadline(), None);
    // The next event is no second gap, and the one that was missing comes too late.
    assert_eq!(event(&mut channels, 60), Verdict::Apply);
    assert_eq!(event(&mut channels, 59), Verdict::Duplicate);
    assert_eq!(drain(&mut channels), []);
}

#[test]
fn a_recovery_that_is_slow_but_goes_on_is_waited_for() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    channels.reply(at(0), &id, Ok(at_seq(57)));
    channels.down();
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    let recovered = SubscribeReply {
        recovered: true,
        ..at_seq(67)
    };
    channels.reply(at(0), &id, Ok(recovered));
    drain(&mut channels);
    for seq in 58..=67 {
        event(&mut channels, seq);
        channels.handle_timeout(at((seq - 57) * 5_000));
    }
    assert_eq!(drain(&mut channels), []);
    assert_eq!(channels.next_deadline(), None);
}

#[test]
fn a_refusal_for_a_while_is_asked_for_again_after_it_and_later_each_time() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    channels.up(at(0));
    let mut now = 0;
    let mut waits = Vec::new();
    for _ in 0..5 {
        let id = ids(&mut channels).remove(0);
        assert!(channels.reply(at(now), &id, Err(refusal(Some(3_000)))));
        drain(&mut channels);
        // A component that mounts meanwhile does not ask before its time.
        lease(&mut channels, now, "tasks");
        assert_eq!(drain(&mut channels), []);
        let due = channels
            .next_deadline()
            .expect("it is asked again")
            .as_millis();
        channels.handle_timeout(at(due));
        assert_eq!(channels.state("tasks"), Some(ChannelState::Subscribing));
        waits.push(due - now);
        now = due;
    }
    assert!(waits.iter().all(|wait| *wait >= 3_000), "{waits:?}");
    assert!((3_000..=5_500).contains(&waits[0]), "{waits:?}");
    assert!((40_000..=80_000).contains(&waits[4]), "{waits:?}");
    let id = ids(&mut channels).remove(0);
    channels.reply(at(now), &id, Ok(SubscribeReply::default()));
    assert_eq!(channels.state("tasks"), Some(ChannelState::Live));
    assert_eq!(channels.next_deadline(), None);
}

#[test]
fn a_subscription_that_is_ended_for_a_while_is_asked_for_again() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    establish(&mut channels, 0);
    channels.revoke(at(0), "tasks", refusal(Some(60_000)));
    let times = asked_until(&mut channels, 70_000);
    assert!((60_000..=62_500).contains(&times[0]), "{times:?}");
}

#[test]
fn no_server_makes_us_wait_for_ever() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    establish(&mut channels, 0);
    channels.revoke(at(0), "tasks", refusal(Some(u64::MAX)));
    assert_eq!(asked_until(&mut channels, 3_603_000).len(), 1);
}

/// Asks for the channel again until `count` more asks have gone out.
fn ask_again(channels: &mut Channels, count: usize) -> Vec<MessageId> {
    let mut asks = Vec::new();
    while asks.len() < count {
        let due = channels.next_deadline().expect("it is asked again");
        channels.handle_timeout(due);
        asks.extend(ids(channels));
    }
    asks
}

#[test]
fn where_a_repeated_ask_is_refused_the_lost_one_may_have_been_granted() {
    for repeats in 1..=3 {
        let (mut channels, _) = lost();
        let asks = ask_again(&mut channels, repeats);
        // "You are subscribed already", say.
        let newest = asks.last().expect("it was repeated");
        assert!(channels.reply(at(300_000), newest, Err(refusal(None))));
        assert_eq!(channels.state("tasks"), Some(ChannelState::Unknown));
        drain(&mut channels);
        // The server has answered, so it is not asked in vain again and again.
        assert_eq!(channels.next_deadline(), None, "{repeats}");
        assert_eq!(event(&mut channels, 58), Verdict::Apply);
        assert_eq!(channels.state("tasks"), Some(ChannelState::Live));
        assert!(matches!(
            drain(&mut channels)[..],
            [ChannelOutput::Live { .. }]
        ));
    }
}

#[test]
fn where_a_repeated_ask_is_refused_for_a_while_it_is_repeated_after_that() {
    let (mut channels, _) = lost();
    let second = ask_again(&mut channels, 1).remove(0);
    channels.reply(at(20_000), &second, Err(refusal(Some(60_000))));
    assert_eq!(channels.state("tasks"), Some(ChannelState::Unknown));
    let due = channels.next_deadline().expect("it is asked again");
    assert!(due >= at(80_000), "{due:?}");
    let third = ask_again(&mut channels, 1).remove(0);
    channels.reply(at(90_000), &third, Ok(SubscribeReply::default()));
    assert_eq!(channels.state("tasks"), Some(ChannelState::Live));
}

#[test]
fn a_refusal_to_be_asked_again_does_not_end_what_an_event_has_shown_to_be_live() {
    for repeats in 1..=3 {
        let (mut channels, _) = lost();
        let asks = ask_again(&mut channels, repeats);
        event(&mut channels, 58);
        drain(&mut channels);
        let newest = asks.last().expect("it was repeated");
        assert!(channels.reply(at(300_000), newest, Err(refusal(None))));
        assert_eq!(channels.state("tasks"), Some(ChannelState::Live));
        assert_eq!(drain(&mut channels), []);
    }
}
