//! Row of a page, and its cells.

use realtime_yew::prelude::*;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use yew::prelude::*;

/// A row as the server sends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What names it; also the id of its element.
    pub id: Rc<str>,
    /// Grows by one with each update.
    pub version: u64,
    /// The first cell.
    pub name: Rc<str>,
    /// The second cell.
    pub price: u32,
    /// The third cell: the number of the event that changed the row last.
    pub seq: u64,
}

impl ListItem for Row {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// The properties of [`Cells`].
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct CellsProps {
    /// The row.
    pub row: Rc<Row>,
}

/// One row as a component, which renders again only when its row is another.
#[component]
pub fn Cells(props: &CellsProps) -> Html {
    cells(&props.row)
}

/// The properties of [`LiveRow`].
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct LiveRowProps {
    /// The list that the row is of.
    pub list: ListRef<Row>,
    /// Which row.
    pub id: RowId,
}

/// One row that watches itself.
#[component]
pub fn LiveRow(props: &LiveRowProps) -> Html {
    match use_realtime_item(&props.list, &props.id).item() {
        Some(row) => cells(&row),
        None => html! { <div class="row" /> },
    }
}

/// One row: three cells.
fn cells(row: &Row) -> Html {
    html! {
        <div id={AttrValue::from(Rc::clone(&row.id))} class="row">
            <span>{ AttrValue::from(Rc::clone(&row.name)) }</span>
            <span>{ row.price }</span>
            <span>{ row.seq }</span>
        </div>
    }
}
