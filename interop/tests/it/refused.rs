//! Refusals: what the official parser refuses, the codec refuses.

use crate::oracle::{OracleFrame, ask, connected, text};
use realtime_core::Codec;
use realtime_interop::cases::GARBAGE;

/// What the official parser lets through, and its client then stumbles over: packets that lack what their type
/// needs, a number that JavaScript cannot count to, a second opening.
const STRICTER: [&str; 5] = ["42", "43[]", "43999999999999999999[]", "44", "0{}"];

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn what_the_official_parser_refuses_closes_the_link() {
    ask(async |oracle| {
        let mut stricter = Vec::new();
        for (frame, _) in GARBAGE {
            let mut codec = connected(&oracle, "/").await;
            let official = oracle.decode(&[OracleFrame::Text(frame.to_owned())]).await;
            let ours = codec.decode(text(frame));
            let error =
                ours.expect_err(&format!("{frame:?}: the official parser says {official:?}"));
            assert!(error.is_fatal(), "{frame:?}: {error}");
            // It has a packet of Engine.IO for what is none.
            let refused = official.map_or(true, |packets| {
                packets.iter().any(|packet| packet.kind == "error")
            });
            if !refused {
                stricter.push(frame);
            }
        }
        assert_eq!(stricter, STRICTER);
    });
}
