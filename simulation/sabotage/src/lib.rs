//! Sabotage: the rules that make the core correct, and how a copy of it is made to break each.
//!
//! A proof that has never failed proves little. So a simulation must notice when one rule is broken.
//! The core itself knows nothing of that: `cargo xtask simulate --sabotage` copies it, puts
//! the [cuts](Rule::cuts) of all rules into the copy, and builds the simulation with that. There
//! [`without`] breaks one rule at a time.

mod cut;
mod rule;
mod switch;
mod table;

pub use cut::{Cut, Misfit, cut};
pub use rule::Rule;
pub use switch::{off, without};

/// Whether the core that is built with this asks for its rules: only a copy with the cuts in it does.
pub const IS_ASKED: bool = false;
