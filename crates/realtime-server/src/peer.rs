//! Peers: the names of server processes, and of sockets wherever they are open.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{fmt, sync::Arc};

/// Names a server process among all that share one state, now or later.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(Arc<str>);

impl NodeId {
    /// A name that no other process has: of letters and digits, so that it can be a part of other names.
    pub(crate) fn random() -> Self {
        let name: String = std::iter::repeat_with(fastrand::alphanumeric)
            .take(10)
            .collect();
        Self(name.into())
    }

    /// The name: letters and digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for NodeId {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names a socket for as long as its process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub(crate) u64);

/// Names a socket among those of all processes, now or later. On the wire, where it is a `connectionId`, it is one
/// word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// The process it is open in.
    pub node: NodeId,
    /// Its name there.
    pub connection: ConnectionId,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}-{}", self.connection.0, self.node)
    }
}

impl Serialize for Peer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Peer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let parts = name
            .strip_prefix('c')
            .and_then(|rest| rest.split_once('-'))
            .and_then(|(number, node)| Some((number.parse().ok()?, node)));
        let (number, node) = parts.ok_or_else(|| D::Error::custom("not the name of a socket"))?;
        Ok(Self {
            node: node.into(),
            connection: ConnectionId(number),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_one_word_that_can_be_read_again() {
        let peer = Peer {
            node: NodeId::random(),
            connection: ConnectionId(7),
        };
        let word = serde_json::to_string(&peer).unwrap();
        assert_eq!(word, format!("\"c7-{}\"", peer.node));
        assert_eq!(serde_json::from_str::<Peer>(&word).unwrap(), peer);
        for bad in ["\"7-a\"", "\"cx-a\"", "\"c7\"", "7"] {
            assert!(serde_json::from_str::<Peer>(bad).is_err(), "{bad}");
        }
    }
}
