//! Tabs: one socket for all the tabs of an app. Which tab leads, and how the others reach the server
//! through it.
//!
//! [`Tab`] is one tab's part in that, without a browser: it asks for a lock that one tab holds, hears
//! from the others, and says what to post to them. A tab that follows keeps a client of its own, whose
//! socket is a [link](Tab::open) to the leader; the leader's client serves those links
//! ([`Client::tabs`](crate::Client::tabs)). What another tab says is as untrusted as what the network
//! does.

mod codec;
mod lead;
mod links;
mod message;
mod others;
mod port;
mod seat;
mod silence;
mod tab;
mod voice;

pub use codec::{TabCodec, Wire};
pub use links::{LinkAct, ToTabs};
pub use message::TabId;
pub use port::{Lock, TabInput, TabOutput, TabRole, TabStats};
pub use seat::{ForPage, Seat};
pub use tab::Tab;

pub(crate) use codec::{REVOKED, escaped, unescaped};
