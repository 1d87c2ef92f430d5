//! Outbox: the frames that wait for one socket; bounded, filled by the hub, emptied by the socket's own task.

use crate::limits::GRACE;
use axum::extract::ws::Utf8Bytes;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

/// Why the server closes a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

impl Closing {
    pub(crate) const DONE: Self = Self::new(1000, "goodbye");
    pub(crate) const SHUTDOWN: Self = Self::new(1001, "server shutting down");
    pub(crate) const PROTOCOL: Self = Self::new(1002, "protocol error");
    pub(crate) const NOT_TEXT: Self = Self::new(1003, "text frames only");
    pub(crate) const TOO_LARGE: Self = Self::new(1009, "message too large");
    pub(crate) const STATE_REPLACED: Self = Self::new(1012, "state replaced, subscribe anew");
    pub(crate) const FULL: Self = Self::new(1013, "server full");
    pub(crate) const SLOW: Self = Self::new(4100, "slow consumer");
    pub(crate) const SILENT: Self = Self::new(4101, "silent for too long");
    pub(crate) const FLOOD: Self = Self::new(4200, "far too many messages");
    pub(crate) const UNAUTHORIZED: Self = Self::new(4300, "unauthorized");
    pub(crate) const EXPIRED: Self = Self::new(4301, "the token is too old");
    pub(crate) const SIGNED_OUT: Self = Self::new(4302, "signed out");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

/// What the socket's task is to send next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Frame(Utf8Bytes),
    Close(Closing),
    /// Nothing more, not even a close frame.
    Cut,
}

/// The frames that wait for one socket. A socket that reads too slowly loses them all and is closed: its client
/// resumes from the last one that it saw.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    wake: Notify,
    max_frames: usize,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Utf8Bytes>,
    bytes: usize,
    closing: Option<(Closing, Instant)>,
    cut: bool,
}

/// The socket read too slowly and is being closed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

impl Outbox {
    pub(crate) fn new(max_frames: usize, max_bytes: usize) -> Self {
        Self {
            queue: Mutex::default(),
            wake: Notify::new(),
            max_frames,
            max_bytes,
        }
    }

    /// Queues a frame; nothing happens if the socket is being closed already.
    pub(crate) fn push(&self, frame: Utf8Bytes) -> Result<(), Overflow> {
        let mut queue = self.lock();
        if queue.is_closing() {
            return Ok(());
        }
        let full = queue.frames.len() >= self.max_frames
            || queue.bytes.saturating_add(frame.len()) > self.max_bytes;
        if full {
            let closing = Some((Closing::SLOW, Instant::now()));
            *queue = Queue {
                closing,
                ..Queue::default()
            };
        } else {
            queue.bytes += frame.len();
            queue.frames.push_back(frame);
        }
        drop(queue);
        self.wake.notify_one();
        if full { Err(Overflow) } else { Ok(()) }
    }

    /// Whether that many frames of that many bytes fit and leave half of the room free.
    pub(crate) fn has_room_for(&self, frames: usize, bytes: usize) -> bool {
        let queue = self.lock();
        queue.frames.len() + frames <= self.max_frames / 2
            && queue.bytes + bytes <= self.max_bytes / 2
    }

    /// Closes the socket after what is queued. The first reason counts.
    pub(crate) fn close(&self, closing: Closing) {
        self.lock()
            .closing
            .get_or_insert_with(|| (closing, Instant::now()));
        self.wake.notify_one();
    }

    /// Drops the socket at once, and what is queued with it.
    pub(crate) fn cut(&self) {
        let cut = Queue {
            cut: true,
            ..Queue::default()
        };
        *self.lock() = cut;
        self.wake.notify_one();
    }

    /// Whether nothing more will be taken.
    pub(crate) fn is_closing(&self) -> bool {
        self.lock().is_closing()
    }

    /// The next frame if there is one already.
    pub(crate) fn ready(&self) -> Option<Utf8Bytes> {
        let mut queue = self.lock();
        let frame = queue.frames.pop_front().filter(|_| !queue.cut)?;
        queue.bytes -= frame.len();
        Some(frame)
    }

    /// The next frame, or the reason to close when none is left.
    pub(crate) async fn next(&self) -> Next {
        loop {
            {
                let mut queue = self.lock();
                if queue.cut {
                    return Next::Cut;
                }
                if let Some(frame) = queue.frames.pop_front() {
                    queue.bytes -= frame.len();
                    return Next::Frame(frame);
                }
                if let Some((closing, _)) = queue.closing {
                    return Next::Close(closing);
                }
            }
            self.wake.notified().await;
        }
    }

    /// Ends a while after the socket was to be closed, or at once if it was cut, for a task that is stuck in sending.
    pub(crate) async fn overdue(&self) {
        let since = loop {
            {
                let queue = self.lock();
                if queue.cut {
                    return;
                }
                if let Some((_, since)) = queue.closing {
                    break since;
                }
            }
            self.wake.notified().await;
        };
        sleep_until(since + GRACE).await;
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn is_closing(&self) -> bool {
        self.closing.is_some() || self.cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_come_in_order_and_before_the_close() {
        let outbox = Outbox::new(4, 100);
        outbox.push("a".into()).unwrap();
        outbox.push("b".into()).unwrap();
        outbox.close(Closing::SHUTDOWN);
        outbox.close(Closing::DONE);
        outbox.push("late".into()).unwrap();
        assert_eq!(outbox.next().await, Next::Frame("a".into()));
        assert_eq!(outbox.next().await, Next::Frame("b".into()));
        assert_eq!(outbox.next().await, Next::Close(Closing::SHUTDOWN));
    }

    #[tokio::test]
    async fn a_cut_leaves_nothing_to_send() {
        let outbox = Outbox::new(4, 100);
        outbox.push("a".into()).unwrap();
        outbox.cut();
        outbox.push("late".into()).unwrap();
        assert!(outbox.is_closing());
        outbox.overdue().await;
        assert_eq!(outbox.next().await, Next::Cut);
    }

    #[tokio::test]
    async fn too_many_frames_or_bytes_drop_the_queue_and_close() {
        for outbox in [Outbox::new(1, 100), Outbox::new(10, 3)] {
            outbox.push("ab".into()).unwrap();
            assert_eq!(outbox.push("cd".into()), Err(Overflow));
            assert_eq!(outbox.next().await, Next::Close(Closing::SLOW));
        }
    }
}
