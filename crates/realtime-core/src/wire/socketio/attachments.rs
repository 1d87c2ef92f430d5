//! A packet whose binary frames are still on their way.

use super::{error::SocketIoError, packet::Packet, placeholder};
use crate::excerpt::Size;
use std::fmt;

/// One packet, and the frames that have come for it.
pub(super) struct Pending {
    /// The packet's text, kept for when it is complete.
    text: String,
    expected: usize,
    buffers: Vec<Vec<u8>>,
    bytes: usize,
    /// How often the server has pinged meanwhile.
    pings: u8,
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("text", &Size(self.text.len()))
            .field("buffers", &Size(self.bytes))
            .finish_non_exhaustive()
    }
}

impl Pending {
    /// The most that a packet may have: what the JavaScript parser takes.
    pub(super) const MOST: usize = 10;
    /// The server sends a packet's frames in one go, so at most one ping can come between them.
    const PATIENCE: u8 = 2;

    /// `text` announces `packet`.
    pub(super) fn new(packet: &Packet<'_>, text: &str) -> Result<Self, SocketIoError> {
        let count = packet.attachments;
        if count > Self::MOST {
            let limit = Self::MOST;
            return Err(SocketIoError::TooManyAttachments { count, limit });
        }
        Ok(Self {
            text: text.to_owned(),
            expected: count,
            buffers: Vec::with_capacity(count),
            bytes: 0,
            pings: 0,
        })
    }

    /// Takes one frame in; says whether it was the last. All together may have `limit` bytes.
    pub(super) fn add(&mut self, frame: &[u8], limit: usize) -> Result<bool, SocketIoError> {
        self.bytes += frame.len();
        let bytes = self.bytes;
        if bytes > limit {
            return Err(SocketIoError::AttachmentsTooLarge { bytes, limit });
        }
        self.buffers.push(frame.to_owned());
        Ok(self.buffers.len() >= self.expected)
    }

    /// The server goes on as if nothing were missing.
    pub(super) fn pinged(&mut self) -> Result<(), SocketIoError> {
        self.pings += 1;
        if self.pings < Self::PATIENCE {
            Ok(())
        } else {
            Err(self.missing())
        }
    }

    /// What it means that another packet has come, or none.
    pub(super) fn missing(&self) -> SocketIoError {
        SocketIoError::AttachmentsMissing {
            expected: self.expected,
            got: self.buffers.len(),
        }
    }

    /// The packet's text with the byte strings in their places, at most twice `limit` long.
    pub(super) fn complete(self, limit: usize) -> Result<String, SocketIoError> {
        placeholder::fill_in(&self.text, &self.buffers, limit.saturating_mul(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(text: &str) -> Result<Pending, SocketIoError> {
        Pending::new(&Packet::read(text)?, text)
    }

    #[test]
    fn a_packet_is_complete_with_its_last_frame() {
        let text = r#"52-["e",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#;
        let mut pending = pending(text).unwrap();
        assert_eq!(pending.add(&[1], 2), Ok(false));
        assert_eq!(pending.pinged(), Ok(()));
        assert_eq!(pending.add(&[2], 2), Ok(true));
        let complete = r#"52-["e",{"$bytes":"Ag=="},{"$bytes":"AQ=="}]"#;
        assert_eq!(pending.complete(100).as_deref(), Ok(complete));
    }

    #[test]
    fn frames_that_do_not_come_or_are_too_much_are_errors() {
        assert!(pending("510-[]").is_ok());
        let many = pending("511-[]").unwrap_err();
        assert_eq!(
            many,
            SocketIoError::TooManyAttachments {
                count: 11,
                limit: 10
            }
        );
        let mut pending = pending("52-[]").unwrap();
        assert_eq!(pending.add(&[0; 9], 10), Ok(false));
        assert!(pending.add(&[0; 2], 10).is_err());
        let missing = SocketIoError::AttachmentsMissing {
            expected: 2,
            got: 1,
        };
        assert_eq!(pending.missing(), missing);
        assert_eq!(pending.pinged(), Ok(()));
        assert_eq!(pending.pinged(), Err(missing));
    }

    #[test]
    fn what_is_waited_with_is_not_shown() {
        let mut pending = pending(r#"51-["e","secret",{"_placeholder":true,"num":0}]"#).unwrap();
        assert!(pending.add(b"secret", 100).unwrap());
        let shown = format!("{pending:?}");
        assert!(shown.contains("6 bytes"), "{shown}");
        assert!(
            !shown.contains("secret") && !shown.contains("115"),
            "{shown}"
        );
    }
}
