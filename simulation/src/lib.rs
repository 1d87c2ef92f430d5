//! Random worlds for realtime-core: clients, faults and one server, in virtual time.
//!
//! A [`Plan`] is a plain list of timed actions, made from a seed: people edit, move, delete, chat
//! and type; links break, stall, lie and sleep; the server restarts and forgets. [`run`] plays it
//! with real clients against a model server, lets the faults stop, waits until all is quiet, and
//! then compares every client with the server. What is wrong is a [`Breach`]. A plan that ends in
//! one is [`shrunk`](shrink) to the few actions that matter, since leaving out actions leaves a
//! plan.
//!
//! ```
//! use realtime_simulation::{Plan, Wire, run};
//!
//! let outcome = run(&Plan::generate(7, Wire::SocketIo));
//! assert!(outcome.breaches.is_empty(), "{:?}", outcome.breaches);
//! ```

mod action;
mod app;
mod breach;
mod campaign;
mod checks;
mod claims;
mod doc;
mod epilogue;
mod fetcher;
mod finale;
mod generator;
mod model;
mod pages;
mod plan;
mod reckoning;
mod room;
mod sabotage;
mod scenes;
mod shrink;
mod stage;
mod tabs;
mod tally;
mod task;
mod tries;

pub use action::{
    Action, Change, ClientDeed, Edit, Field, Listing, Manner, Mood, Query, ServerDeed, Stream,
};
pub use breach::{Breach, BreachKind};
pub use campaign::{Campaign, Failure, Report, investigate};
pub use doc::{Chat, Doc};
pub use plan::{Answer, ClientPlan, Plan, Policy, ServerPlan, Timed, Wire, Worlds};
pub use sabotage::{Caught, sabotage};
pub use shrink::shrink;
pub use stage::{Outcome, run};
pub use tally::Tally;
pub use task::Task;
