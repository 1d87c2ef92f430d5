//! Random worlds, and what each must end as.

use realtime_core::testing::Rule;
use realtime_simulation::{BreachKind, Campaign, Plan, Wire, investigate, run, sabotage};

#[test]
fn two_hundred_worlds_end_as_they_should() {
    let campaign = Campaign {
        first: 0,
        seeds: 200,
        jobs: 2,
        rule: None,
        wire: Wire::Envelope,
    };
    let report = campaign.run();
    let bad: Vec<String> = report
        .failures
        .iter()
        .map(|failure| format!("seed {}: {}", failure.seed, failure.breaches[0]))
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    // A campaign in which nothing happened proves nothing.
    let tally = report.tally;
    assert_eq!(tally.seeds, 200);
    for (what, count) in [
        ("reconnects", tally.reconnects),
        ("recovered", tally.recovered),
        ("gaps", tally.gaps),
        ("failed fetches", tally.failed_fetches),
        ("conflicts", tally.conflicts),
        ("resends", tally.resends),
        ("acknowledged sends", tally.delivered),
        ("mutations", tally.mutations),
    ] {
        assert!(count > 50, "only {count} {what}");
    }
}

#[test]
fn worlds_that_speak_socketio_end_as_they_should() {
    for wire in [Wire::SocketIo, Wire::Resuming] {
        let campaign = Campaign {
            first: 0,
            seeds: 60,
            jobs: 2,
            rule: None,
            wire,
        };
        let report = campaign.run();
        let bad = report.failures.iter();
        let bad: Vec<String> = bad
            .map(|failure| format!("seed {}: {}", failure.seed, failure.breaches[0]))
            .collect();
        assert!(bad.is_empty(), "{wire:?}: {}", bad.join("\n"));
        assert!(report.tally.reconnects > 50 && report.tally.recovered > 50);
    }
}

#[test]
fn a_seed_ends_the_same_each_time() {
    for seed in [1, 7, 23] {
        let plan = Plan::generate(seed, Wire::default());
        assert_eq!(run(&plan), run(&plan), "{seed}");
    }
}

/// Those that a few worlds give away; `cargo xtask simulate --sabotage` tries them all.
#[test]
fn a_client_without_one_of_its_rules_is_found_out() {
    let rules = [
        Rule::Resubscribe,
        Rule::UnknownRefetch,
        Rule::SameIdOnResend,
        Rule::TemporaryIds,
        Rule::PresencePrune,
        Rule::WaitForInsert,
        Rule::LayerRevoke,
    ];
    for caught in sabotage(&rules, 0, 60, 2) {
        assert!(caught.by.is_some(), "{:?} was not missed", caught.rule);
    }
}

#[test]
fn a_bad_world_is_shrunk_to_the_actions_that_matter() {
    let bad = (0..60).find_map(|seed| {
        let (outcome, shrunk) = investigate(seed, Wire::Envelope, Some(Rule::Backoff));
        (!outcome.breaches.is_empty()).then_some((outcome, shrunk))
    });
    let (outcome, shrunk) = bad.expect("one of a few worlds shows it");
    assert_eq!(outcome.breaches[0].kind, BreachKind::Unbounded);
    let (plan, breaches) = shrunk.expect("a bad world has a smaller one");
    assert_eq!(breaches[0].kind, BreachKind::Unbounded);
    let clients = plan.clients.iter().filter(|client| client.present);
    assert!(plan.actions.len() <= 4 && clients.count() <= 1, "{plan}");
}
