//! Outputs: what each of them means to a native program.

use super::{Happening, Shell, socket::Socket};
use futures::future::{AbortHandle, Abortable};
use realtime_core::{FetchId, Generation, Input, Output};
use std::{cell::RefCell, collections::HashMap};

/// The fetches that run.
#[derive(Debug, Default)]
pub(super) struct Fetches(RefCell<HashMap<FetchId, AbortHandle>>);

impl Fetches {
    pub(super) fn cancel_all(&self) {
        for (_, running) in self.0.borrow_mut().drain() {
            running.abort();
        }
    }

    fn cancel(&self, fetch: FetchId) {
        if let Some(running) = self.0.borrow_mut().remove(&fetch) {
            running.abort();
        }
    }
}

impl Shell {
    pub(super) fn carry_out(&self, output: Output) {
        match output {
            Output::RequestToken { generation } => {
                let token = self.app.token();
                self.answer(token, move |shell, result| {
                    let result = result.map_err(Into::into);
                    shell.input(Input::Token { generation, result });
                });
            }
            Output::Connect {
                generation,
                url,
                protocols,
            } => {
                let socket = Socket::open(self.me.clone(), generation, url, protocols);
                // The one before it closes as it goes.
                self.socket.replace(Some((generation, socket)));
            }
            Output::Transmit { generation, frame } => {
                let full = self.with_socket(generation, |socket| socket.send(frame));
                if full == Some(true) {
                    self.input(Input::Blocked(true));
                }
            }
            Output::Close {
                generation,
                code,
                reason,
            } => self.close(generation, code, reason),
            Output::StartFetch { fetch, key } => {
                let (running, registration) = AbortHandle::new_pair();
                self.fetches.0.borrow_mut().insert(fetch, running);
                let data = Abortable::new(self.app.fetch(&key), registration);
                self.answer(data, move |shell, result| {
                    // An aborted one is no longer wanted.
                    if let Ok(result) = result {
                        shell.fetches.cancel(fetch);
                        shell.input(Input::FetchFinished { fetch, result });
                    }
                });
            }
            Output::CancelFetch { fetch } => self.fetches.cancel(fetch),
            Output::Event { listener, event } => self.listeners.deliver(listener, event),
            Output::Settled { send, result } => {
                if let Some(waiting) = self.waiting.borrow_mut().remove(&send) {
                    // Nobody to receive it means that nobody wants to know.
                    let _ = waiting.send(result);
                }
            }
            Output::StartMutation { mutation, id, data } => {
                let done = self.app.carry_out(&id, &data);
                self.answer(done, move |shell, result| {
                    shell.input(Input::MutationFinished { mutation, result });
                });
            }
            Output::Mutation { mutation, event } => {
                self.note(Happening::Mutation { mutation, event });
            }
            Output::Presence { channel, event } => {
                self.note(Happening::Presence { channel, event });
            }
            Output::Fault(fault) => self.note(Happening::Fault(fault)),
            // No case keeps anything, or has other tabs.
            _ => {}
        }
    }

    /// What still matters when the last handle has gone: what goes over the wire.
    pub(super) fn carry_out_farewell(&self, output: Output) {
        match output {
            Output::Transmit { generation, frame } => {
                self.with_socket(generation, |socket| socket.send(frame));
            }
            Output::Close {
                generation,
                code,
                reason,
            } => self.close(generation, code, reason),
            _ => {}
        }
    }

    /// Waits for an answer, and gives it to the client if that is still there.
    fn answer<T: 'static>(
        &self,
        answer: impl Future<Output = T> + 'static,
        tell: impl FnOnce(&Self, T) + 'static,
    ) {
        let me = self.me.clone();
        tokio::task::spawn_local(async move {
            let answer = answer.await;
            if let Some(shell) = me.upgrade() {
                tell(&shell, answer);
            }
        });
    }

    fn note(&self, happening: Happening) {
        self.journal.borrow_mut().note(happening);
    }

    fn close(&self, generation: Generation, code: u16, reason: String) {
        let mut open = self.socket.borrow_mut();
        if let Some((_, socket)) = open.take_if(|(of, _)| *of == generation) {
            socket.close(code, reason);
        }
    }

    fn with_socket<R>(&self, generation: Generation, call: impl FnOnce(&Socket) -> R) -> Option<R> {
        let socket = self.socket.borrow();
        let (of, socket) = socket.as_ref()?;
        (*of == generation).then(|| call(socket))
    }
}
