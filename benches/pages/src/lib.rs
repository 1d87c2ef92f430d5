//! The benchmark's pages in Yew, and what they share: the row, and what the address asks for. Each page is a
//! program in `bin`.

mod parameters;
mod row;

pub use parameters::Parameters;
pub use row::{Cells, CellsProps, LiveRow, LiveRowProps, Row};
