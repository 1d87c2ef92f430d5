//! Types that the demo server and the demo app say to each other: plain serde types, camelCase on the wire, which
//! compile natively and for wasm32. Times are milliseconds since the Unix epoch.
//!
//! With the feature `sdk`, [`Task`], [`Message`] and [`Quote`] are rows of the SDK's lists.

mod error;
#[cfg(feature = "sdk")]
mod items;
mod message;
mod notification;
mod quote;
mod session;
mod stock;
mod task;

pub use error::{ApiError, ErrorBody};
pub use message::{Message, NewMessage};
pub use notification::{Level, NewNotification, Notification};
pub use quote::{Quote, STRESS_BURST, STRESS_RATES, STRESS_ROWS, StressBurst};
pub use session::{NewSession, Person, Session, user_id};
pub use stock::{Burst, BurstStarted, Stock};
pub use task::{MoveTask, NewTask, Task, TaskPatch};

/// The largest lengths the server takes, counted in characters; every text must hold at least one that is not
/// white space.
pub mod limits {
    /// A task's or a notification's title.
    pub const TITLE: usize = 200;
    /// A message's text or a notification's body.
    pub const TEXT: usize = 2_000;
    /// A person's or a room's name, and a user's id.
    pub const NAME: usize = 80;
}
