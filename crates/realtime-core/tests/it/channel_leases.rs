//! Leases: who is subscribed to what, and when the server hears of it.

use realtime_core::{
    Instant, MessageId, ServerError,
    channel::{
        ChannelError, ChannelOptions, ChannelOutput, ChannelState, Channels, Continuity, LeaseId,
        SubscribeReply, Verdict,
    },
};

pub(crate) fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

pub(crate) fn channels() -> Channels {
    Channels::new(
        ChannelOptions::default(),
        "q7f",
        fastrand::Rng::with_seed(7),
    )
}

pub(crate) fn lease(channels: &mut Channels, now: u64, channel: &str) -> LeaseId {
    channels
        .subscribe(at(now), &channel.into())
        .expect("room for a channel")
}

pub(crate) fn drain(channels: &mut Channels) -> Vec<ChannelOutput> {
    std::iter::from_fn(|| channels.poll_output()).collect()
}

/// Drains; the ids of the `subscribe`s among the outputs.
pub(crate) fn ids(channels: &mut Channels) -> Vec<MessageId> {
    drain(channels)
        .into_iter()
        .filter_map(|output| match output {
            ChannelOutput::Subscribe { id, .. } => Some(id),
            _ => None,
        })
        .collect()
}

/// Drains; the channels of the `subscribe`s among the outputs.
fn subscribed(channels: &mut Channels) -> Vec<String> {
    drain(channels)
        .into_iter()
        .filter_map(|output| match output {
            ChannelOutput::Subscribe { channel, .. } => Some(channel.to_string()),
            _ => None,
        })
        .collect()
}

fn live(channel: &str, continuity: Continuity) -> ChannelOutput {
    ChannelOutput::Live {
        channel: channel.into(),
        continuity,
        position: None,
    }
}

fn unknown(channel: &str, asked: u64, lost: bool) -> ChannelOutput {
    ChannelOutput::Unknown {
        channel: channel.into(),
        asked: at(asked),
        lost,
    }
}

fn refusal() -> ServerError {
    ServerError {
        code: "forbidden".into(),
        message: "members only".into(),
        retry_after: None,
    }
}

/// Subscribes to everything and answers it all.
pub(crate) fn establish(channels: &mut Channels, now: u64) {
    channels.up(at(now));
    for id in ids(channels) {
        assert!(channels.reply(at(now), &id, Ok(SubscribeReply::default())));
    }
    drain(channels);
}

#[test]
fn many_leases_on_a_channel_are_one_subscription() {
    let mut channels = channels();
    for _ in 0..5 {
        lease(&mut channels, 0, "tasks");
    }
    channels.up(at(1));
    assert_eq!(subscribed(&mut channels), ["tasks"]);
    lease(&mut channels, 2, "tasks");
    assert_eq!(drain(&mut channels), []);
    assert_eq!(channels.stats().subscribes, 1);
}

#[test]
fn a_lease_taken_while_the_link_is_up_subscribes_at_once() {
    let mut channels = channels();
    channels.up(at(0));
    lease(&mut channels, 1, "tasks");
    assert_eq!(channels.state("tasks"), Some(ChannelState::Subscribing));
    assert_eq!(subscribed(&mut channels), ["tasks"]);
}

#[test]
fn the_answer_makes_a_channel_live() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    assert_eq!(channels.state("tasks"), Some(ChannelState::Waiting));
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    assert!(channels.reply(at(0), &id, Ok(SubscribeReply::default())));
    assert_eq!(drain(&mut channels), [live("tasks", Continuity::Fresh)]);
    assert_eq!(channels.state("tasks"), Some(ChannelState::Live));
    assert_eq!(channels.next_deadline(), None);
    // The same answer again is none.
    assert!(!channels.reply(at(0), &id, Ok(SubscribeReply::default())));
    assert_eq!(channels.stats().unknown_answers, 1);
}

#[test]
fn the_last_release_unsubscribes_after_the_grace() {
    let mut channels = channels();
    let (one, two) = (
        lease(&mut channels, 0, "tasks"),
        lease(&mut channels, 0, "tasks"),
    );
    establish(&mut channels, 0);
    channels.release(at(0), one);
    assert_eq!(channels.next_deadline(), None);
    channels.release(at(100), two);
    assert_eq!(channels.next_deadline(), Some(at(1_100)));
    channels.handle_timeout(at(1_099));
    assert_eq!(drain(&mut channels), []);
    // Until then its events still count.
    assert_eq!(channels.check(at(0), "tasks", None), Verdict::Apply);
    channels.handle_timeout(at(1_100));
    assert_eq!(
        drain(&mut channels),
        [
            ChannelOutput::Unsubscribe {
                channel: "tasks".into()
            },
            ChannelOutput::Closed {
                channel: "tasks".into()
            },
        ]
    );
    assert_eq!(channels.state("tasks"), None);
    assert_eq!(channels.check(at(0), "tasks", None), Verdict::Unsubscribed);
    assert_eq!(channels.stats().unsubscribed, 1);
}

#[test]
fn a_remount_within_the_grace_causes_no_traffic() {
    let mut channels = channels();
    let mut held = lease(&mut channels, 0, "tasks");
    establish(&mut channels, 0);
    for remount in 0..20 {
        channels.release(at(remount * 100), held);
        held = lease(&mut channels, remount * 100 + 90, "tasks");
    }
    channels.handle_timeout(at(60_000));
    assert_eq!(drain(&mut channels), []);
    assert_eq!(channels.state("tasks"), Some(ChannelState::Live));
}

#[test]
fn releasing_a_lease_twice_does_not_take_another_ones_place() {
    let mut channels = channels();
    let one = lease(&mut channels, 0, "tasks");
    lease(&mut channels, 0, "tasks");
    channels.release(at(0), one);
    channels.release(at(0), one);
    channels.handle_timeout(at(60_000));
    assert_eq!(channels.state("tasks"), Some(ChannelState::Waiting));
}

#[test]
fn a_release_before_the_answer_unsubscribes_and_voids_the_answer() {
    let mut channels = channels();
    channels.up(at(0));
    let held = lease(&mut channels, 0, "tasks");
    let id = ids(&mut channels).remove(0);
    channels.release(at(10), held);
    channels.handle_timeout(at(1_010));
    assert!(matches!(
        drain(&mut channels)[..],
        [
            ChannelOutput::Unsubscribe { .. },
            ChannelOutput::Closed { .. }
        ]
    ));
    // A new subscription is not made live by the answer to the old one.
    lease(&mut channels, 1_020, "tasks");
    let second = ids(&mut channels).remove(0);
    assert!(!channels.reply(at(0), &id, Ok(SubscribeReply::default())));
    assert_eq!(drain(&mut channels), []);
    assert!(channels.reply(at(0), &second, Ok(SubscribeReply::default())));
    assert_eq!(drain(&mut channels), [live("tasks", Continuity::Fresh)]);
}

#[test]
fn a_channel_released_while_the_link_is_down_closes_without_a_word_to_the_server() {
    let mut channels = channels();
    let held = lease(&mut channels, 0, "tasks");
    establish(&mut channels, 0);
    channels.down();
    drain(&mut channels);
    channels.release(at(10), held);
    // A link within the grace does not bring back what nobody uses.
    channels.up(at(500));
    assert_eq!(drain(&mut channels), []);
    channels.handle_timeout(at(1_010));
    assert_eq!(
        drain(&mut channels),
        [ChannelOutput::Closed {
            channel: "tasks".into()
        }]
    );
}

#[test]
fn a_lease_within_the_grace_on_a_new_link_subscribes() {
    let mut channels = channels();
    let held = lease(&mut channels, 0, "tasks");
    channels.release(at(10), held);
    channels.up(at(500));
    lease(&mut channels, 600, "tasks");
    assert_eq!(subscribed(&mut channels), ["tasks"]);
}

#[test]
fn a_new_link_subscribes_once_to_everything_in_the_order_first_asked_for() {
    let mut channels = channels();
    let names = ["c", "a", "b", "e", "d"];
    for name in names {
        lease(&mut channels, 0, name);
    }
    establish(&mut channels, 0);
    for _ in 0..3 {
        channels.down();
        let lost: Vec<_> = drain(&mut channels);
        assert_eq!(
            lost,
            names.map(|name| ChannelOutput::Lost {
                channel: name.into()
            })
        );
        channels.up(at(10));
        let mut asked = Vec::new();
        for output in drain(&mut channels) {
            let ChannelOutput::Subscribe { id, channel, .. } = output else {
                panic!("{output:?}");
            };
            asked.push(channel);
            channels.reply(at(0), &id, Ok(SubscribeReply::default()));
        }
        assert_eq!(asked, names.map(Into::into));
        drain(&mut channels);
    }
}

#[test]
fn an_answer_of_an_older_link_is_void() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    channels.up(at(0));
    let old = ids(&mut channels).remove(0);
    channels.down();
    assert_eq!(drain(&mut channels), []);
    channels.up(at(10));
    ids(&mut channels);
    assert!(!channels.reply(at(0), &old, Ok(SubscribeReply::default())));
    assert_eq!(channels.state("tasks"), Some(ChannelState::Subscribing));
}

#[test]
fn a_refusal_for_good_is_reported_and_not_repeated_on_this_link() {
    let mut channels = channels();
    let held = lease(&mut channels, 0, "secret");
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    assert!(channels.reply(at(0), &id, Err(refusal())));
    assert_eq!(
        drain(&mut channels),
        [ChannelOutput::Refused {
            channel: "secret".into(),
            error: refusal()
        }]
    );
    channels.handle_timeout(at(60_000));
    assert_eq!(drain(&mut channels), []);
    assert_eq!(channels.check(at(0), "secret", None), Verdict::Unsubscribed);
    channels.down();
    channels.up(at(61_000));
    assert_eq!(subscribed(&mut channels), ["secret"]);
    channels.release(at(61_000), held);
}

#[test]
fn a_new_lease_asks_again_for_a_refused_channel() {
    let mut channels = channels();
    let held = lease(&mut channels, 0, "secret");
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    channels.reply(at(0), &id, Err(refusal()));
    drain(&mut channels);
    lease(&mut channels, 10, "secret");
    assert_eq!(subscribed(&mut channels), ["secret"]);
    channels.release(at(10), held);
    assert_eq!(channels.state("secret"), Some(ChannelState::Subscribing));
}

#[test]
fn leaving_a_refused_channel_needs_no_word_to_the_server() {
    let mut channels = channels();
    let held = lease(&mut channels, 0, "secret");
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    channels.reply(at(0), &id, Err(refusal()));
    drain(&mut channels);
    channels.release(at(0), held);
    channels.handle_timeout(at(1_000));
    assert_eq!(
        drain(&mut channels),
        [ChannelOutput::Closed {
            channel: "secret".into()
        }]
    );
}

#[test]
fn a_server_that_never_answers_is_waited_for_once() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    channels.up(at(0));
    ids(&mut channels);
    assert_eq!(channels.next_deadline(), Some(at(1_500)));
    channels.handle_timeout(at(1_499));
    assert_eq!(drain(&mut channels), []);
    channels.handle_timeout(at(1_500));
    assert_eq!(drain(&mut channels), [unknown("tasks", 0, false)]);
    assert_eq!(channels.stats().unanswered, 1);

    // From now on nothing waits: neither another channel nor another link.
    lease(&mut channels, 2_000, "prices");
    assert!(matches!(
        &drain(&mut channels)[..],
        [ChannelOutput::Subscribe { .. }, last] if *last == unknown("prices", 2_000, false)
    ));
    channels.down();
    drain(&mut channels);
    channels.up(at(3_000));
    assert_eq!(channels.state("tasks"), Some(ChannelState::Unknown));
    assert_eq!(channels.state("prices"), Some(ChannelState::Unknown));
    assert_eq!(channels.stats().unknown, 2);
}

#[test]
fn one_answer_restores_the_trust_in_a_silent_server() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    channels.handle_timeout(at(1_500));
    drain(&mut channels);
    // Late, but it tells that only now the subscription is sure.
    assert!(channels.reply(at(0), &id, Ok(SubscribeReply::default())));
    assert_eq!(drain(&mut channels), [live("tasks", Continuity::Unknown)]);
    channels.down();
    channels.up(at(3_000));
    assert_eq!(channels.state("tasks"), Some(ChannelState::Subscribing));
    assert_eq!(channels.next_deadline(), Some(at(13_000)));
}

#[test]
fn a_server_known_to_answer_is_given_ten_seconds_from_the_real_send() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    establish(&mut channels, 0);
    channels.down();
    channels.handle_timeout(at(30_000));
    channels.up(at(60_000));
    drain(&mut channels);
    channels.handle_timeout(at(69_999));
    assert_eq!(drain(&mut channels), []);
    channels.handle_timeout(at(70_000));
    assert_eq!(drain(&mut channels), [unknown("tasks", 60_000, true)]);
}

#[test]
fn a_link_that_breaks_before_the_answer_does_not_count_as_unanswered() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    channels.up(at(0));
    channels.down();
    channels.handle_timeout(at(60_000));
    assert_eq!(channels.stats().unanswered, 0);
    assert_eq!(channels.state("tasks"), Some(ChannelState::Waiting));
}

#[test]
fn a_channel_too_many_is_refused_without_harm_to_the_others() {
    let mut channels = Channels::new(
        ChannelOptions {
            max_channels: 2,
            ..Default::default()
        },
        "q7f",
        fastrand::Rng::with_seed(7),
    );
    let one = lease(&mut channels, 0, "a");
    lease(&mut channels, 0, "b");
    assert_eq!(
        channels.subscribe(at(0), &"c".into()),
        Err(ChannelError::TooMany { limit: 2 })
    );
    lease(&mut channels, 0, "b");
    channels.release(at(0), one);
    channels.handle_timeout(at(1_000));
    lease(&mut channels, 1_000, "c");
    assert_eq!(channels.stats().channels, 2);
    assert_eq!(channels.stats().too_many, 1);
}
