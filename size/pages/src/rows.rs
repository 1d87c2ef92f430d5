//! Rows as data, and as they look.

use realtime_yew::prelude::*;
use serde::{Deserialize, Serialize};
use yew::prelude::*;

/// A row of three cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Names the row.
    pub id: String,
    /// Grows with each change.
    pub version: u64,
    /// The first cell.
    pub name: String,
    /// The second cell.
    pub price: f64,
    /// The third cell.
    pub change: f64,
}

impl ListItem for Row {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// An item of another type than [`Row`], with another type of id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Names the note.
    pub id: u64,
    /// Grows with each change.
    pub version: u64,
    /// What it says.
    pub text: String,
    /// Who wrote it.
    pub author: Option<String>,
}

impl ListItem for Note {
    fn id(&self) -> RowId {
        self.id.into()
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// A row as it looks on every page.
pub fn row(row: &Row) -> Html {
    html! {
        <li key={row.id.as_str()}>
            <span>{ &row.name }</span>
            <span>{ format!("{:.2}", row.price) }</span>
            <span>{ format!("{:+.2}", row.change) }</span>
        </li>
    }
}
