//! A network with one server on it.

use crate::runtime::{Socket, SocketEvent, SocketSink, Transport};
use realtime_core::{
    Frame,
    testing::{ScriptedServer, SocketId},
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

/// Carries frames to and fro when told to.
#[derive(Clone, Default)]
pub(super) struct FakeTransport(Rc<Wire>);

#[derive(Default)]
pub(super) struct Wire {
    pub(super) server: RefCell<ScriptedServer>,
    lines: RefCell<BTreeMap<SocketId, Line>>,
    next: Cell<u64>,
    /// Whether nobody answers the telephone.
    pub(super) unreachable: Cell<bool>,
    pub(super) attempts: Cell<usize>,
    pub(super) goodbyes: RefCell<Vec<u16>>,
    pub(super) buffered: Cell<u32>,
}

#[derive(Clone)]
struct Line {
    sink: SocketSink,
    open: bool,
}

impl FakeTransport {
    pub(super) fn wire(&self) -> &Wire {
        &self.0
    }

    /// Carries everything that is on its way; says whether there was anything.
    pub(super) fn deliver(&self) -> bool {
        let mut carried = false;
        while self.open_next() || self.carry_next() || self.hang_up_next() {
            carried = true;
        }
        carried
    }

    /// All lines break, without a word to either side.
    pub(super) fn cut(&self) {
        let lines = std::mem::take(&mut *self.0.lines.borrow_mut());
        for (socket, line) in lines {
            self.0.server.borrow_mut().closed(socket);
            (line.sink)(SocketEvent::lost(""));
        }
    }

    fn open_next(&self) -> bool {
        let waiting = self
            .0
            .lines
            .borrow()
            .iter()
            .find(|(_, line)| !line.open)
            .map(|(socket, line)| (*socket, Rc::clone(&line.sink)));
        let Some((socket, sink)) = waiting else {
            return false;
        };
        if self.0.unreachable.get() {
            self.0.lines.borrow_mut().remove(&socket);
            sink(SocketEvent::lost(""));
        } else {
            if let Some(line) = self.0.lines.borrow_mut().get_mut(&socket) {
                line.open = true;
            }
            self.0.server.borrow_mut().opened(socket);
            sink(SocketEvent::Opened);
        }
        true
    }

    fn carry_next(&self) -> bool {
        let frame = self.0.server.borrow_mut().next_frame();
        let Some((socket, frame)) = frame else {
            return false;
        };
        let line = self.0.lines.borrow().get(&socket).cloned();
        if let Some(line) = line {
            (line.sink)(SocketEvent::Frame(frame));
        }
        true
    }

    fn hang_up_next(&self) -> bool {
        let closes = self.0.server.borrow_mut().take_closes();
        let any = !closes.is_empty();
        for (socket, code) in closes {
            let line = self.0.lines.borrow_mut().remove(&socket);
            if let Some(line) = line {
                (line.sink)(SocketEvent::Closed {
                    code,
                    reason: String::new(),
                    was_clean: true,
                });
            }
        }
        any
    }
}

impl Transport for FakeTransport {
    fn open(
        &self,
        _url: &str,
        _protocols: &[String],
        sink: SocketSink,
    ) -> Result<Box<dyn Socket>, String> {
        let socket = SocketId(self.0.next.get());
        self.0.next.set(socket.0 + 1);
        self.0.attempts.set(self.0.attempts.get() + 1);
        let line = Line { sink, open: false };
        self.0.lines.borrow_mut().insert(socket, line);
        Ok(Box::new(FakeSocket {
            socket,
            wire: Rc::clone(&self.0),
        }))
    }
}

struct FakeSocket {
    socket: SocketId,
    wire: Rc<Wire>,
}

impl FakeSocket {
    fn hang_up(&self) -> bool {
        let line = self.wire.lines.borrow_mut().remove(&self.socket);
        if line.is_some() {
            self.wire.server.borrow_mut().closed(self.socket);
        }
        line.is_some()
    }
}

impl Socket for FakeSocket {
    fn send(&self, frame: Frame) -> bool {
        let open = self
            .wire
            .lines
            .borrow()
            .get(&self.socket)
            .is_some_and(|line| line.open);
        if open {
            self.wire
                .server
                .borrow_mut()
                .received(self.socket, frame.as_frame_ref());
        }
        open
    }

    fn close(self: Box<Self>, code: u16, _reason: &str) {
        if self.hang_up() {
            self.wire.goodbyes.borrow_mut().push(code);
        }
    }

    fn buffered_amount(&self) -> u32 {
        self.wire.buffered.get()
    }
}

impl Drop for FakeSocket {
    fn drop(&mut self) {
        self.hang_up();
    }
}
