//! Long lists of which only what is seen is on the page: in a real browser, with real sizes.

mod anchoring;
mod keyboard;
mod rows;
mod sizes;
mod stage;
