//! The shapes in which servers write an error.

use crate::error::ServerError;
use serde::{Deserialize, Deserializer};

/// An error as a server wrote it: the object of the protocol, or the bare sentence that simple
/// servers send.
pub(super) struct Refusal(pub(super) ServerError);

#[derive(Deserialize)]
#[serde(untagged)]
enum Shape {
    Object(ServerError),
    Sentence(String),
}

impl<'de> Deserialize<'de> for Refusal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Shape::deserialize(deserializer)? {
            Shape::Object(error) => error,
            Shape::Sentence(message) => ServerError {
                code: "unknown".into(),
                message: message.into(),
                retry_after: None,
            },
        }))
    }
}
