//! A server, a network, a page and a clock, all in hand: for tests of your own components.
//! Feature `testing`; keep it to dev-dependencies, as it turns on Yew's renderer.
//!
//! How to set up a runner and a browser for it: `docs/TESTING.md`. What [`get_json`](crate::get_json)
//! fetches, [`TestBed::respond`] answers.
//!
//! Everything is real (Yew, the hooks, the client, the protocol) but for what tests must not wait
//! for. Nothing sleeps: time passes when you say so.
//!
//! ```no_run
//! use realtime_yew::{prelude::*, testing::TestBed};
//! use std::time::Duration;
//! use yew::prelude::*;
//!
//! #[component]
//! fn Price() -> Html {
//!     let price = use_realtime_query(
//!         key!["price"],
//!         || async { Ok::<_, FetchError>(1.5) },
//!         UseRealtimeQueryOptions::default().with_event("price").with_channel("feed"),
//!     );
//!     html! { <output>{ price.data().as_deref().copied() }</output> }
//! }
//!
//! // Under wasm-bindgen-test, in a browser.
//! async fn a_price_follows_its_events() {
//!     let bed = TestBed::new();
//!     let page = bed.mount(html! { <Price /> });
//!     bed.settle().await;
//!     assert_eq!(page.text("output"), "1.5");
//!     bed.server().publish("feed", "price", "2.5");
//!     bed.settle().await;
//!     assert_eq!(page.text("output"), "2.5");
//! }
//! ```

mod bed;
mod clock;
mod flush;
mod mounted;
mod page;
mod transport;

pub use bed::TestBed;
pub use clock::ManualClock;
pub use flush::flush;
pub use mounted::Mounted;
