//! Replay: every seed, found once or hostile on purpose, through every target that reads such.

use std::{fs, path::PathBuf};

fn replay(name: &str, target: fn(&[u8])) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../seeds")
        .join(name);
    let mut seeds = 0;
    for file in fs::read_dir(&folder).expect("the seeds are there") {
        let path = file.expect("it can be listed").path();
        let input = fs::read(&path).expect("it can be read");
        println!("{}", path.display());
        target(&input);
        // Cut off anywhere, as a fuzzer would do it first.
        for cut in [1, 2, 3, 5] {
            target(&input[..input.len() * cut / 6]);
        }
        seeds += 1;
    }
    assert!(seeds > 0, "no seeds in {}", folder.display());
}

#[test]
fn the_codec_of_the_envelope_holds_for_every_seed() {
    replay("json", realtime_fuzz_targets::json);
}

#[test]
fn the_codec_of_socketio_holds_for_every_seed() {
    replay("socketio", realtime_fuzz_targets::socketio);
}

#[test]
fn a_list_holds_for_every_seed() {
    replay("list", realtime_fuzz_targets::list);
}

#[test]
fn a_client_holds_for_every_seed() {
    replay("client", realtime_fuzz_targets::client);
}

#[test]
fn what_was_kept_holds_for_every_seed() {
    replay("seed", realtime_fuzz_targets::seed);
}

#[test]
fn tabs_hold_for_every_seed() {
    replay("tabs", realtime_fuzz_targets::tabs);
}
