//! The cost of one event in the core, by the number of things there are. The same functions run natively and,
//! compiled to WebAssembly, in a browser.

mod case;
mod decoding;
mod edits;
mod link;
mod lists;
mod queries;
mod room;
mod routing;
mod row;
mod seeds;
mod texts;

pub use case::{CASES, Case, Workload};
