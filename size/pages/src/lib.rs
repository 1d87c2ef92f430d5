//! Parts that the weighed pages have in common: the data, and one component for each part of the SDK.
//!
//! Each page of `bin` does one thing more than the page it is compared with; the difference between
//! the two is what that thing costs an app. They are built like an app's page and never run.

mod parts;
mod rows;

pub use parts::{
    Everybody, Notes, Order, Quote, Rename, Rows, Typing, Window, use_kept_rows, use_rows,
    use_rows_suspense, use_seeded_rows,
};
pub use rows::{Note, Row, row};
