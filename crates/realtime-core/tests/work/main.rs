//! How much work one event makes, counted and not timed: comparisons, rows looked at, allocations. Each count is taken
//! among a thousand things and among a hundred thousand; work that grew with their number would grow a hundredfold.
//!
//! A binary of its own, since it counts what the allocator is asked for.

mod edits;
mod lists;
mod queries;
mod quote;
mod rooms;
mod routing;
mod tally;
mod wire;
