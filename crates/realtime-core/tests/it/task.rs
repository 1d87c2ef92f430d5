//! The row that list tests use, and a server's table of them.

use realtime_core::{ListItem, testing::World};
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) title: String,
}

impl ListItem for Task {
    type Id = String;

    fn id(&self) -> String {
        self.id.clone()
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// The truth: what the server's table holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table(Rc<RefCell<BTreeMap<String, Task>>>);

impl Table {
    /// Lets a world's fetches read a new table.
    pub(crate) fn serve(world: &mut World) -> Self {
        let table = Self::default();
        let read = table.clone();
        world.on_fetch(move |_, _| Ok(read.rows()));
        table
    }

    pub(crate) fn rows(&self) -> Vec<Task> {
        self.0.borrow().values().cloned().collect()
    }

    /// Creates or renames a task, and publishes it as a whole.
    pub(crate) fn put(&self, world: &mut World, id: &str, title: &str) {
        let mut rows = self.0.borrow_mut();
        let version = rows.get(id).map_or(1, |task| task.version + 1);
        let task = Task {
            id: id.to_owned(),
            version,
            title: title.to_owned(),
        };
        let action = if version == 1 { "create" } else { "update" };
        let item = serde_json::to_string(&task).expect("a task serialises");
        rows.insert(id.to_owned(), task);
        let data = format!(r#"{{"action":"{action}","item":{item}}}"#);
        world.server.publish("tasks", "list:update", &data);
    }

    /// Deletes a task.
    pub(crate) fn delete(&self, world: &mut World, id: &str) {
        if let Some(task) = self.0.borrow_mut().remove(id) {
            let version = task.version + 1;
            let data =
                format!(r#"{{"action":"delete","item":{{"id":"{id}","version":{version}}}}}"#);
            world.server.publish("tasks", "list:update", &data);
        }
    }
}
