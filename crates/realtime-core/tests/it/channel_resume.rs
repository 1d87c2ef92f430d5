//! Resuming: what is known of the events between two links, and of those on one.

use crate::channel_leases::{at, channels, drain, ids, lease};
use realtime_core::{
    Position,
    channel::{
        ChannelOutput, Channels, Continuity, EventPosition, GapReason, SubscribeReply, Verdict,
    },
};

fn position(epoch: &str, seq: u64) -> Position {
    Position {
        epoch: epoch.into(),
        seq,
    }
}

/// Judges the event `seq` of the epoch `b1` on the channel `tasks`.
fn event(channels: &mut Channels, seq: u64) -> Verdict {
    event_of(channels, Some("b1"), seq)
}

fn event_of(channels: &mut Channels, epoch: Option<&str>, seq: u64) -> Verdict {
    channels.check(at(0), "tasks", Some(EventPosition { epoch, seq }))
}

/// A new link, on which the server answers so; what the channel then says of its continuity.
fn resume(channels: &mut Channels, reply: SubscribeReply) -> Continuity {
    channels.down();
    channels.up(at(0));
    let id = ids(channels).remove(0);
    assert!(channels.reply(at(0), &id, Ok(reply)));
    match &drain(channels)[..] {
        [ChannelOutput::Live { continuity, .. }] => *continuity,
        other => panic!("{other:?}"),
    }
}

fn reply(epoch: &str, seq: u64, recovered: bool) -> SubscribeReply {
    SubscribeReply {
        position: Some(position(epoch, seq)),
        recovered,
    }
}

/// The channel `tasks`, live at 57 of the epoch `b1`.
fn at_57() -> Channels {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    assert_eq!(
        resume(&mut channels, reply("b1", 57, false)),
        Continuity::Fresh
    );
    channels
}

fn gaps(channels: &mut Channels) -> Vec<GapReason> {
    drain(channels)
        .into_iter()
        .filter_map(|output| match output {
            ChannelOutput::Gap { reason, .. } => Some(reason),
            _ => None,
        })
        .collect()
}

#[test]
fn the_position_is_known_from_the_answer_before_any_event() {
    let mut channels = at_57();
    assert_eq!(channels.position("tasks"), Some(&position("b1", 57)));
    channels.down();
    channels.up(at(0));
    let outputs = drain(&mut channels);
    assert!(matches!(
        outputs.last(),
        Some(ChannelOutput::Subscribe { since: Some(since), .. }) if *since == position("b1", 57)
    ));
}

#[test]
fn events_move_the_position_and_repeats_are_dropped() {
    let mut channels = at_57();
    assert_eq!(event(&mut channels, 58), Verdict::Apply);
    assert_eq!(event(&mut channels, 59), Verdict::Apply);
    for seq in [0, 57, 58, 59] {
        assert_eq!(event(&mut channels, seq), Verdict::Duplicate);
    }
    assert_eq!(channels.position("tasks"), Some(&position("b1", 59)));
    assert_eq!(channels.stats().duplicates, 4);
    assert_eq!(drain(&mut channels), []);
}

#[test]
fn an_event_without_an_epoch_is_of_the_same_one() {
    let mut channels = at_57();
    assert_eq!(event_of(&mut channels, None, 58), Verdict::Apply);
    assert_eq!(channels.position("tasks"), Some(&position("b1", 58)));
}

#[test]
fn an_event_without_a_position_is_always_applied_and_moves_nothing() {
    let mut channels = at_57();
    assert_eq!(channels.check(at(0), "tasks", None), Verdict::Apply);
    assert_eq!(channels.position("tasks"), Some(&position("b1", 57)));
}

#[test]
fn a_hole_is_reported_once_and_then_left_behind() {
    let mut channels = at_57();
    assert_eq!(event(&mut channels, 60), Verdict::Apply);
    assert_eq!(event(&mut channels, 61), Verdict::Apply);
    assert_eq!(
        gaps(&mut channels),
        [GapReason::Hole {
            expected: 58,
            got: 60
        }]
    );
    // What fell into the hole and comes late is older than what is shown.
    assert_eq!(event(&mut channels, 58), Verdict::Duplicate);
    assert_eq!(channels.stats().gaps, 1);
}

#[test]
fn a_new_epoch_in_the_middle_is_a_gap_and_counts_anew() {
    let mut channels = at_57();
    assert_eq!(event_of(&mut channels, Some("b2"), 1), Verdict::Apply);
    assert_eq!(gaps(&mut channels), [GapReason::EpochChanged]);
    assert_eq!(event_of(&mut channels, Some("b2"), 2), Verdict::Apply);
    assert_eq!(gaps(&mut channels), []);
}

#[test]
fn the_ends_of_the_number_range_are_no_special_case() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    resume(&mut channels, reply("b1", u64::MAX - 1, false));
    assert_eq!(event(&mut channels, u64::MAX), Verdict::Apply);
    assert_eq!(event(&mut channels, u64::MAX), Verdict::Duplicate);
    assert_eq!(event(&mut channels, 0), Verdict::Duplicate);
}

#[test]
fn a_recovery_says_how_many_were_missed_and_expects_them_in_order() {
    let mut channels = at_57();
    assert_eq!(
        resume(&mut channels, reply("b1", 60, true)),
        Continuity::Recovered { missed: 3 }
    );
    for seq in 58..=61 {
        assert_eq!(event(&mut channels, seq), Verdict::Apply);
    }
    assert_eq!(gaps(&mut channels), []);
}

#[test]
fn a_recovery_that_leaves_something_out_is_caught() {
    let mut channels = at_57();
    resume(&mut channels, reply("b1", 60, true));
    event(&mut channels, 58);
    event(&mut channels, 60);
    assert_eq!(
        gaps(&mut channels),
        [GapReason::Hole {
            expected: 59,
            got: 60
        }]
    );
}

#[test]
fn where_nothing_happened_nothing_was_missed_whatever_the_server_keeps() {
    let mut channels = at_57();
    assert_eq!(
        resume(&mut channels, reply("b1", 57, false)),
        Continuity::Recovered { missed: 0 }
    );
}

#[test]
fn what_cannot_be_recovered_is_a_gap_with_its_reason() {
    for (answer, reason) in [
        (reply("b1", 60, false), GapReason::NotRecovered),
        (reply("b2", 57, false), GapReason::EpochChanged),
        // A server that contradicts itself is not believed.
        (reply("b2", 60, true), GapReason::EpochChanged),
        (reply("b1", 3, true), GapReason::Rewound),
    ] {
        let mut channels = at_57();
        let now = answer.position.clone();
        assert_eq!(resume(&mut channels, answer), Continuity::Gap(reason));
        assert_eq!(channels.position("tasks"), now.as_ref());
        assert_eq!(channels.stats().gaps, 1);
    }
}

#[test]
fn a_server_without_positions_leaves_the_second_link_unknown() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    assert_eq!(
        resume(&mut channels, SubscribeReply::default()),
        Continuity::Fresh
    );
    assert_eq!(
        resume(&mut channels, SubscribeReply::default()),
        Continuity::Unknown
    );
}

#[test]
fn a_server_that_forgets_to_give_positions_is_believed_only_if_it_recovers() {
    let recovered = SubscribeReply {
        position: None,
        recovered: true,
    };
    let mut channels = at_57();
    assert_eq!(
        resume(&mut channels, recovered),
        Continuity::Recovered { missed: 0 }
    );
    assert_eq!(event(&mut channels, 58), Verdict::Apply);
    assert_eq!(
        resume(&mut channels, SubscribeReply::default()),
        Continuity::Unknown
    );
    assert_eq!(channels.position("tasks"), None);
}

#[test]
fn a_session_that_owed_missed_events_when_its_link_ended_is_not_believed() {
    let recovered = || SubscribeReply {
        position: None,
        recovered: true,
    };
    let mut channels = at_57();
    resume(&mut channels, reply("b1", 59, true));
    event(&mut channels, 58);
    assert_eq!(resume(&mut channels, recovered()), Continuity::Unknown);
    let believed = Continuity::Recovered { missed: 0 };
    assert_eq!(resume(&mut channels, recovered()), believed);
}

#[test]
fn an_early_event_out_of_order_waits_for_the_recovery_to_bring_it_again() {
    let mut channels = at_57();
    channels.down();
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    // The next in order may be applied; the server sends it again, and then it is a repeat.
    assert_eq!(event(&mut channels, 58), Verdict::Apply);
    assert_eq!(event(&mut channels, 60), Verdict::Early);
    assert_eq!(event_of(&mut channels, Some("b2"), 1), Verdict::Early);
    channels.reply(at(0), &id, Ok(reply("b1", 60, true)));
    assert_eq!(event(&mut channels, 58), Verdict::Duplicate);
    assert_eq!(event(&mut channels, 59), Verdict::Apply);
    assert_eq!(event(&mut channels, 60), Verdict::Apply);
    assert_eq!(gaps(&mut channels), []);
    assert_eq!(channels.stats().early, 2);
}

#[test]
fn events_before_the_first_answer_are_applied_and_settle_nothing() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    assert_eq!(event(&mut channels, 99), Verdict::Apply);
    assert_eq!(channels.position("tasks"), None);
    channels.reply(at(0), &id, Ok(reply("b1", 57, false)));
    assert_eq!(event(&mut channels, 58), Verdict::Apply);
}

#[test]
fn without_an_answer_the_first_event_tells_where_we_are() {
    let mut channels = channels();
    lease(&mut channels, 0, "tasks");
    channels.up(at(0));
    let id = ids(&mut channels).remove(0);
    channels.handle_timeout(at(1_500));
    drain(&mut channels);
    assert_eq!(event(&mut channels, 58), Verdict::Apply);
    assert_eq!(event(&mut channels, 58), Verdict::Duplicate);
    assert_eq!(event(&mut channels, 60), Verdict::Apply);
    assert_eq!(gaps(&mut channels).len(), 1);
    // An answer that comes late tells nothing new, and does not bring back what was seen.
    channels.reply(at(0), &id, Ok(reply("b1", 59, false)));
    assert_eq!(event(&mut channels, 60), Verdict::Duplicate);
    assert_eq!(event(&mut channels, 61), Verdict::Apply);
}

#[test]
fn an_answer_that_comes_too_late_vouches_for_nothing_before_it() {
    for late in [
        reply("b1", 60, true),
        reply("b2", 1, true),
        reply("b1", 57, false),
    ] {
        let mut channels = at_57();
        channels.down();
        channels.up(at(0));
        let id = ids(&mut channels).remove(0);
        channels.handle_timeout(at(10_000));
        // What was fetched meanwhile stands at no known position.
        assert_eq!(channels.position("tasks"), None);
        drain(&mut channels);
        channels.reply(at(0), &id, Ok(late));
        assert!(matches!(
            drain(&mut channels)[..],
            [ChannelOutput::Live {
                continuity: Continuity::Unknown,
                ..
            }]
        ));
    }
}

#[test]
fn a_channel_left_and_joined_again_starts_afresh() {
    let mut channels = channels();
    let held = lease(&mut channels, 0, "tasks");
    resume(&mut channels, reply("b1", 57, false));
    channels.release(at(0), held);
    channels.handle_timeout(at(1_000));
    lease(&mut channels, 2_000, "tasks");
    let outputs = drain(&mut channels);
    assert!(matches!(
        outputs.last(),
        Some(ChannelOutput::Subscribe { since: None, .. })
    ));
    assert_eq!(
        resume(&mut channels, reply("b1", 70, false)),
        Continuity::Fresh
    );
}
