//! Scenarios: what must hold in real browsers with the real server. Each starts its own.

/// Makes a test of a scenario for each server that the page works with; its name ends with the server's.
macro_rules! on_every_server {
    ($($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            use realtime_e2e::ServerKind;

            #[test]
            #[ignore = "needs chromedriver and the built demo; cargo xtask test runs it"]
            fn envelope() {
                super::$scenario(ServerKind::Envelope);
            }

            #[test]
            #[ignore = "needs chromedriver and the built demo; cargo xtask test runs it"]
            fn socketioxide() {
                super::$scenario(ServerKind::Socketioxide);
            }

            #[test]
            #[ignore = "needs chromedriver, the built demo and node; cargo xtask test runs it"]
            fn node() {
                super::$scenario(ServerKind::Node);
            }
        }
    )+};
}

/// The same for the server that can share its state with others, over either of its protocols.
macro_rules! on_several_servers {
    ($($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            use realtime_e2e::ServerKind;

            #[test]
            #[ignore = "needs chromedriver, the built demo and redis-server; cargo xtask test runs it"]
            fn envelope() {
                super::$scenario(ServerKind::Envelope);
            }

            #[test]
            #[ignore = "needs chromedriver, the built demo and redis-server; cargo xtask test runs it"]
            fn socketioxide() {
                super::$scenario(ServerKind::Socketioxide);
            }
        }
    )+};
}

mod burst;
mod cluster;
mod cut;
mod faults;
mod harness;
mod hello;
mod hidden;
mod notes;
mod notifications;
mod optimistic;
mod pages;
mod refused;
mod reload;
mod restart;
mod room;
mod ssr;
mod strangers;
mod stress;
mod tabs;
mod tasks;

use std::time::Duration;

/// How long an event may take from one tab to another on a busy machine.
const SOON: Duration = Duration::from_secs(10);
/// How long a client may take to notice, wait, reconnect and catch up.
const RECOVERS: Duration = Duration::from_secs(45);
