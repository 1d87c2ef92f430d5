//! Random worlds, and what each must end as.

use realtime_simulation::{Campaign, Plan, Wire, Worlds, run};

#[test]
fn two_hundred_worlds_end_as_they_should() {
    let campaign = Campaign {
        first: 0,
        seeds: 200,
        jobs: 2,
        rule: None,
        wire: Wire::Envelope,
        worlds: Worlds::Plain,
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
            worlds: Worlds::Plain,
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

#[test]
fn worlds_whose_pages_die_and_are_opened_again_end_as_they_should() {
    for wire in Wire::ALL {
        let report = Campaign {
            first: 0,
            seeds: 60,
            jobs: 2,
            rule: None,
            wire,
            worlds: Worlds::Reloading,
        }
        .run();
        let bad: Vec<String> = report
            .failures
            .iter()
            .map(|failure| format!("seed {}: {}", failure.seed, failure.breaches[0]))
            .collect();
        assert!(bad.is_empty(), "{wire:?}: {}", bad.join("\n"));
    }
}

#[test]
fn worlds_whose_tabs_share_a_socket_end_as_they_should() {
    for wire in Wire::ALL {
        let report = Campaign {
            first: 0,
            seeds: 40,
            jobs: 2,
            rule: None,
            worlds: Worlds::Sharing,
            wire,
        }
        .run();
        let bad: Vec<String> = report
            .failures
            .iter()
            .map(|failure| format!("seed {}: {}", failure.seed, failure.breaches[0]))
            .collect();
        assert!(bad.is_empty(), "{wire:?}: {}", bad.join("\n"));
        let tally = report.tally;
        assert!(tally.led > tally.clients, "the lead seldom went over");
        assert!(tally.stolen > 10, "hardly a leader was silent for long");
    }
}
