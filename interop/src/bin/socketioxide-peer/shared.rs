//! Shared state of several nodes, in Redis: the tasks. Broadcasts go by the adapter.

use crate::Failure;
use redis::{AsyncCommands, aio::MultiplexedConnection};
use serde_json::Value;
use std::collections::HashMap;

/// The same script as on Node.
const CHANGE: &str = include_str!("../../../node/tasks.lua");

/// A connection to Redis.
#[derive(Debug)]
pub(crate) struct Shared {
    connection: MultiplexedConnection,
}

impl Shared {
    pub(crate) async fn connect(url: &str) -> Result<Self, Failure> {
        let client = redis::Client::open(url)?;
        Ok(Self {
            connection: client.get_multiplexed_async_connection().await?,
        })
    }

    pub(crate) async fn tasks(&self) -> Result<Value, Failure> {
        let stored: HashMap<String, String> = self.connection.clone().hgetall("tasks").await?;
        let tasks = stored
            .values()
            .map(|task| serde_json::from_str::<Value>(task));
        Ok(tasks.collect::<Result<_, _>>()?)
    }

    /// Changes a task once, however often it is asked to with one message id.
    pub(crate) async fn change(
        &self,
        action: &str,
        message: &str,
        item: &Value,
    ) -> Result<Value, Failure> {
        let answer: String = redis::cmd("EVAL")
            .arg(CHANGE)
            .arg(2)
            .arg(&["tasks", "answers"])
            .arg(&[action, message, &item.to_string()])
            .query_async(&mut self.connection.clone())
            .await?;
        Ok(serde_json::from_str(&answer)?)
    }
}
