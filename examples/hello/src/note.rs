//! A note, as the page and the server know it.

use realtime_yew::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub id: u64,
    pub text: String,
}

impl ListItem for Note {
    fn id(&self) -> RowId {
        self.id.into()
    }
}
