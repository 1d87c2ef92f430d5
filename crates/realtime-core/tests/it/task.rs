//! The row that list tests use, and a server's table of them.

use realtime_core::{ListItem, RowId, testing::World};
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) title: String,
}

impl ListItem for Task {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// The truth: what the server's table holds, and the last version of every row there ever was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    rows: Rc<RefCell<BTreeMap<String, Task>>>,
    versions: Rc<RefCell<BTreeMap<String, u64>>>,
}

impl Table {
    /// Lets a world's fetches read a new table.
    pub(crate) fn serve(world: &mut World) -> Self {
        let table = Self::default();
        let read = table.clone();
        world.on_fetch(move |_, _| Ok(read.rows()));
        table
    }

    pub(crate) fn rows(&self) -> Vec<Task> {
        self.rows.borrow().values().cloned().collect()
    }

    /// Creates or renames a task, and publishes it as a whole.
    pub(crate) fn put(&self, world: &mut World, id: &str, title: &str) {
        let task = Task {
            id: id.to_owned(),
            version: self.next_version(id),
            title: title.to_owned(),
        };
        let item = serde_json::to_string(&task).expect("a task serialises");
        let before = self.rows.borrow_mut().insert(id.to_owned(), task);
        let action = before.map_or("create", |_| "update");
        let data = format!(r#"{{"action":"{action}","item":{item}}}"#);
        world.server.publish("tasks", "list:update", &data);
    }

    /// Deletes a task.
    pub(crate) fn delete(&self, world: &mut World, id: &str) {
        if self.rows.borrow_mut().remove(id).is_some() {
            let version = self.next_version(id);
            let data =
                format!(r#"{{"action":"delete","item":{{"id":"{id}","version":{version}}}}}"#);
            world.server.publish("tasks", "list:update", &data);
        }
    }

    /// The server starts again with nothing but a few new rows, and counts versions anew.
    pub(crate) fn begin_anew(&self, rows: &[(&str, &str)]) {
        self.versions.borrow_mut().clear();
        self.rows.borrow_mut().clear();
        for (id, title) in rows {
            let task = Task {
                id: (*id).to_owned(),
                version: self.next_version(id),
                title: (*title).to_owned(),
            };
            self.rows.borrow_mut().insert((*id).to_owned(), task);
        }
    }

    fn next_version(&self, id: &str) -> u64 {
        let mut versions = self.versions.borrow_mut();
        let version = versions.entry(id.to_owned()).or_default();
        *version += 1;
        *version
    }
}
