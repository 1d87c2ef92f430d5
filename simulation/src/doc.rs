//! The document and the messages.

use realtime_core::{ListItem, RowId};
use serde::{Deserialize, Serialize};

/// A record that is replaced as a whole, or patched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Doc {
    /// The last edit of the whole.
    pub written: u32,
    /// The last edit of the left part.
    pub left: u32,
    /// The last edit of the right part.
    pub right: u32,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chat {
    /// Which message.
    pub id: u32,
    /// Who said it.
    pub user_id: String,
}

impl ListItem for Chat {
    fn id(&self) -> RowId {
        self.id.into()
    }

    /// A message never changes.
    fn version(&self) -> Option<u64> {
        Some(1)
    }
}
