//! Recovery: a session taken up again after the socket has broken (Socket.IO's connection state recovery).

use super::super::{EventFrame, Text};
use crate::{id::Position, object::ObjectWriter};
use std::{collections::VecDeque, fmt};

/// What a server could make us keep and send back is small, or not kept.
const MOST_BYTES: usize = 1_024;

/// A namespace's session, as far as it can be resumed. Its `Debug` does not show its private name.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Session {
    /// The session's private name. A server that does not resume gives none.
    pid: Option<String>,
    /// The last event that we have had; the server sends those after it.
    offset: String,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("has_pid", &self.pid.is_some())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// The server has let us in, and says which session this is; whether it is still the same.
    pub(super) fn connected(&mut self, pid: Option<&str>) -> bool {
        let pid = pid.filter(|pid| pid.len() <= MOST_BYTES);
        let same = pid.is_some() && self.pid.as_deref() == pid;
        if !same {
            self.pid = pid.map(str::to_owned);
            self.offset.clear();
        }
        same
    }

    /// Whether the server may take the session up again.
    pub(super) const fn is_resumable(&self) -> bool {
        self.pid.is_some()
    }

    /// What of an event's last argument can be an offset.
    pub(super) fn offset_in(last: Option<&str>) -> Option<&str> {
        last.filter(|last| last.starts_with('"') && last.len() <= MOST_BYTES)
    }

    /// An event was delivered, and its last argument was this JSON text.
    pub(super) fn delivered(&mut self, last: Option<&str>) {
        if self.pid.is_none() {
            return;
        }
        let text = Self::offset_in(last);
        if let Some(Text(offset)) = text.and_then(|text| serde_json::from_str(text).ok()) {
            self.offset.clear();
            self.offset.push_str(&offset);
        }
    }

    /// Asks for the session in CONNECT's payload. The offset is empty before the first event: a
    /// server that counts from the beginning can resume even then.
    pub(super) fn ask(&self, payload: &mut ObjectWriter) {
        if let Some(pid) = &self.pid {
            payload.text("pid", Some(pid));
            payload.text("offset", Some(&self.offset));
        }
    }
}

/// An event that came before the answer to CONNECT: the server sends what was missed first.
#[derive(Debug)]
pub(super) struct EarlyEvent {
    pub(super) namespace: String,
    pub(super) event: EventFrame<'static>,
    /// The JSON text of its last argument, if it can be an offset.
    pub(super) last: Option<String>,
    /// The acknowledgement that the server wants.
    pub(super) ack: Option<u64>,
}

impl EarlyEvent {
    /// All that is kept of it: whatever a server may make long is counted.
    fn bytes(&self) -> usize {
        let EventFrame {
            event,
            channel,
            data,
            seq: _,
            epoch,
            id,
        } = &self.event;
        let texts = [channel, epoch, id].into_iter().flatten();
        let texts = texts.map(|text| text.len()).sum::<usize>();
        let last = self.last.as_ref().map_or(0, String::len);
        size_of::<Self>() + self.namespace.len() + event.len() + data.len() + texts + last
    }
}

/// The events that wait for the answer to CONNECT.
#[derive(Debug, Default)]
pub(super) struct EarlyEvents {
    waiting: VecDeque<EarlyEvent>,
    bytes: usize,
    dropped: u64,
}

impl EarlyEvents {
    const MOST: usize = 10_000;

    /// Keeps an event, if there is room: `limit` bytes for all.
    pub(super) fn push(&mut self, early: EarlyEvent, limit: usize) -> bool {
        let bytes = self.bytes + early.bytes();
        let fits = self.waiting.len() < Self::MOST && bytes <= limit;
        if fits {
            self.bytes = bytes;
            self.waiting.push_back(early);
        } else {
            self.dropped += 1;
        }
        fits
    }

    /// How far a channel's events have come, by the newest that says so.
    pub(super) fn position(&self, channel: &str) -> Option<Position> {
        let events = self.waiting.iter().rev().map(|early| &early.event);
        let last = events
            .filter(|event| event.channel.as_deref() == Some(channel))
            .find(|event| event.seq.is_some())?;
        Some(Position {
            epoch: last.epoch.as_deref()?.into(),
            seq: last.seq?,
        })
    }

    /// Those of one namespace, oldest first.
    pub(super) fn take(&mut self, namespace: &str) -> Vec<EarlyEvent> {
        let (taken, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|early| early.namespace == namespace);
        self.bytes = waiting.iter().map(EarlyEvent::bytes).sum();
        self.waiting = waiting.into();
        taken
    }

    /// The socket is gone: what was not delivered comes again.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.bytes = 0;
    }

    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn early(field: usize, size: usize) -> EarlyEvent {
        let long = |at| {
            if at == field {
                "x".repeat(size)
            } else {
                String::new()
            }
        };
        EarlyEvent {
            namespace: long(0),
            event: EventFrame {
                event: long(1).into(),
                channel: Some(long(2).into()),
                data: long(3).into(),
                seq: None,
                epoch: Some(long(4).into()),
                id: Some(long(5).into()),
            },
            last: Some(long(6)),
            ack: None,
        }
    }

    #[test]
    fn whatever_is_kept_of_an_event_counts_and_so_does_the_event() {
        for field in 0..7 {
            let mut events = EarlyEvents::default();
            let kept = (0..100).filter(|_| events.push(early(field, 1_000), 10_000));
            let kept = kept.count();
            assert!((1..10).contains(&kept), "{kept} events, field {field}");
            assert_eq!(events.dropped(), 100 - kept as u64);
        }
        let mut events = EarlyEvents::default();
        let kept = (0..100)
            .filter(|_| events.push(early(0, 0), 10_000))
            .count();
        assert!(kept < 100, "{kept} empty events");
    }
}
