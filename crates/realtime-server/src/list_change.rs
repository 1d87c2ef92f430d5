//! List change: what happened to a list, as the client's lists understand it.

use serde::Serialize;

/// A change of a list, the data of a `list:update`.
///
/// ```
/// use realtime_server::ListChange;
/// use serde_json::json;
///
/// let change = ListChange::update(json!({"id": "t1", "version": 2, "done": true}));
/// let text = serde_json::to_string(&change)?;
/// assert_eq!(text, r#"{"action":"update","item":{"done":true,"id":"t1","version":2}}"#);
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "camelCase")]
pub enum ListChange<T> {
    /// A new row.
    Create {
        /// The row.
        item: T,
    },
    /// A row has changed.
    Update {
        /// The whole row, or its id and the fields that changed.
        item: T,
    },
    /// A row that may be new or not.
    Upsert {
        /// The whole row.
        item: T,
    },
    /// A row is gone.
    Delete {
        /// Its id; with a version it is ordered against updates.
        item: T,
    },
    /// A row of a list without an order of its own stands elsewhere.
    Move {
        /// Its id, and fields that changed with it.
        item: T,
        /// The id of the row that it stands before now; none for the end.
        before: Option<String>,
    },
    /// Several changes that are seen at once.
    Batch {
        /// In their order.
        changes: Vec<Self>,
    },
}

impl<T> ListChange<T> {
    /// A new row.
    pub fn create(item: T) -> Self {
        Self::Create { item }
    }

    /// A row has changed: the whole row, or its id and the fields that changed.
    pub fn update(item: T) -> Self {
        Self::Update { item }
    }

    /// A whole row that may be new or not.
    pub fn upsert(item: T) -> Self {
        Self::Upsert { item }
    }

    /// A row is gone: its id, or all of it.
    pub fn delete(item: T) -> Self {
        Self::Delete { item }
    }
}
