//! Transport: the connection under one Socket.IO socket. It can be cut: the library that speaks the protocol on it can only
//! disconnect a socket, which its client takes for a wish to be left alone.

use futures::task::AtomicWaker;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use std::{
    io::{self, ErrorKind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::OwnedSemaphorePermit,
};

/// An upgraded connection, which can be cut.
#[derive(Debug)]
pub(crate) struct Transport {
    io: TokioIo<Upgraded>,
    cutter: Cutter,
    /// Its place among those that may be open.
    _slot: Arc<OwnedSemaphorePermit>,
}

/// Cuts a [`Transport`].
#[derive(Clone, Debug, Default)]
pub(super) struct Cutter(Arc<Cut>);

#[derive(Debug, Default)]
struct Cut {
    done: AtomicBool,
    /// How often it was asked to be let in.
    visits: AtomicU32,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Cutter {
    /// Drops the connection at once and without a word, as a failing network would.
    pub(super) fn cut(&self) {
        self.0.done.store(true, Ordering::Release);
        self.0.reader.wake();
        self.0.writer.wake();
    }

    /// Counts one more time that it is asked to be let in.
    pub(super) fn visits(&self) -> u32 {
        self.0.visits.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Fails if the connection is cut, and else lets `waker` hear of it.
    fn check(&self, waker: &AtomicWaker, context: &Context<'_>) -> io::Result<()> {
        waker.register(context.waker());
        if self.0.done.load(Ordering::Acquire) {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl Transport {
    pub(super) fn new(upgraded: Upgraded, cutter: Cutter, slot: Arc<OwnedSemaphorePermit>) -> Self {
        Self {
            io: TokioIo::new(upgraded),
            cutter,
            _slot: slot,
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.cutter.check(&self.cutter.0.reader, context)?;
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.cutter.check(&self.cutter.0.writer, context)?;
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.cutter.check(&self.cutter.0.writer, context)?;
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
