//! Payloads with bytes in them.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// How large the parts are to be.
#[derive(Debug, Deserialize)]
pub(crate) struct Sizes {
    sizes: Vec<usize>,
}

impl Sizes {
    pub(crate) const fn new(sizes: Vec<usize>) -> Self {
        Self { sizes }
    }
}

/// Several attachments.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Parts {
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    parts: Vec<Bytes>,
}

impl Parts {
    /// Each filled with its size, modulo 251.
    pub(crate) fn of(sizes: &Sizes) -> Self {
        let part = |size: &usize| {
            let byte = u8::try_from(size % 251).unwrap_or_default();
            Bytes::from(vec![byte; *size])
        };
        Self {
            channel: None,
            parts: sizes.sizes.iter().map(part).collect(),
        }
    }

    pub(crate) fn on(mut self, channel: &str) -> Self {
        self.channel = Some(channel.to_owned());
        self
    }
}

/// What arrived, in short.
#[derive(Debug, Serialize)]
pub(crate) struct Digests {
    parts: Vec<Digest>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Digest {
    bytes: usize,
    sha256: String,
    is_binary: bool,
}

impl Digests {
    pub(crate) fn of(parts: &Parts) -> Self {
        let digest = |part: &Bytes| Digest {
            bytes: part.len(),
            sha256: Sha256::digest(part)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            // Anything else could not have been read as bytes.
            is_binary: true,
        };
        Self {
            parts: parts.parts.iter().map(digest).collect(),
        }
    }
}
