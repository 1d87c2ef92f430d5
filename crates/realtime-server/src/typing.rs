//! Typing: those who type in a channel, so that a socket that closes does not leave its dots behind.

use crate::{Refusal, Visitor, limits::NAME, peer::Peer, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The data of `typing:start` and `typing:stop`, passed on with the channel that it is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Typing {
    #[serde(default)]
    pub(crate) channel: String,
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

impl Typing {
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        text::check("id", &self.id, NAME)?;
        self.name
            .as_deref()
            .map_or(Ok(()), |name| text::check("name", name, NAME))
    }

    /// Refuses the typing of somebody else, and puts the typist's own name to it.
    pub(crate) fn sign(&mut self, visitor: &Visitor) -> Result<(), Refusal> {
        let mut name = self.name.take().unwrap_or_default();
        visitor.sign(&self.id, &mut name)?;
        self.name = (!name.is_empty()).then_some(name);
        Ok(())
    }
}

/// The user whom each connection last said to be typing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Typists {
    ids: BTreeMap<Peer, String>,
}

impl Typists {
    /// Notes a start; returns the user whom the connection typed as before, if another.
    pub(crate) fn start(&mut self, peer: &Peer, id: &str) -> Option<String> {
        self.ids
            .insert(peer.clone(), id.to_owned())
            .filter(|before| before != id)
    }

    /// Notes a stop; returns who was typing.
    pub(crate) fn stop(&mut self, peer: &Peer) -> Option<String> {
        self.ids.remove(peer)
    }

    /// The sockets that are typing.
    pub(crate) fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.ids.keys()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}
