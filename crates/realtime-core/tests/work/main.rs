//! Work of one event, counted and not timed: comparisons, rows looked at, allocations; and how much memory is held.
//! Work is counted among a thousand things and among a hundred thousand: if it grew with their number, it would
//! grow a hundredfold.
//!
//! A binary of its own, since it counts what the allocator is asked for.

mod edits;
mod hostile;
mod lists;
mod memory;
mod queries;
mod quote;
mod rooms;
mod routing;
mod tally;
mod wire;
