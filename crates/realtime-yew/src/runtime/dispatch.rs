//! Dispatch: what each output of the client means in a browser.

use super::{
    Runtime,
    transport::{SocketEvent, SocketSink},
    url::without_secrets,
};
use crate::error::RealtimeError;
use realtime_core::{Generation, Input, MutationEvent, MutationId, Output, StoreCommand};
use std::rc::Rc;

impl Runtime {
    pub(super) fn dispatch(&self, output: Output) {
        match output {
            Output::RequestToken { generation } => self.request_token(generation),
            Output::Connect {
                generation,
                url,
                protocols,
            } => {
                #[cfg(feature = "tabs")]
                if self.with_tabs(|tabs| tabs.connect(self, generation)) {
                    let old = self.socket.borrow_mut().take();
                    drop(old);
                    return;
                }
                self.open(generation, &url, &protocols);
            }
            Output::Transmit { generation, frame } => {
                #[cfg(feature = "tabs")]
                if self.with_tabs(|tabs| tabs.transmit(self, generation, &frame)) {
                    return;
                }
                let taken = self.with_socket(generation, |socket| socket.send(frame));
                if taken == Some(false) {
                    // Its close event is on the way, and the client keeps what was not answered.
                    tracing::debug!("a frame met a socket that had just closed");
                }
                self.measure_pressure();
            }
            Output::Close {
                generation,
                code,
                reason,
            } => {
                #[cfg(feature = "tabs")]
                if self.with_tabs(|tabs| tabs.close(self, generation)) {
                    return;
                }
                self.close(generation, code, &reason);
            }
            #[cfg(feature = "tabs")]
            Output::Tabs(said) => {
                if let Some(tabs) = self.neighbours() {
                    tabs.relay(self, said);
                }
            }
            Output::StartFetch { fetch, key } => {
                let me = self.me.clone();
                self.fetches.start(fetch, &key, move |result| {
                    if let Some(me) = me.upgrade() {
                        me.input(Input::FetchFinished { fetch, result });
                    }
                });
            }
            Output::CancelFetch { fetch } => self.fetches.cancel(fetch),
            Output::Event { listener, event } => self.callbacks.event(listener, &event),
            Output::Settled { send, result } => {
                if let Some(error) = self.callbacks.settled(send, result) {
                    self.app.report(error);
                }
            }
            Output::Presence { channel, event } => self.callbacks.presence(&channel, &event),
            Output::StartMutation { mutation, id, data } => {
                if let Some(mutations) = self.mutations() {
                    let me = self.me.clone();
                    let finish = move |result| {
                        if let Some(me) = me.upgrade() {
                            me.input(Input::MutationFinished { mutation, result });
                        }
                    };
                    mutations.start(mutation, id, data, Box::new(finish));
                }
            }
            Output::Mutation { mutation, event } => self.mutation_event(mutation, event),
            Output::Store(command) => self.carry_out(command),
            Output::Fault(fault) => self.app.report(RealtimeError::Fault(fault)),
        }
    }

    /// Whether the app's other tabs have taken something.
    #[cfg(feature = "tabs")]
    fn with_tabs(&self, takes: impl FnOnce(&dyn crate::tabs::OtherTabs) -> bool) -> bool {
        self.neighbours().is_some_and(takes)
    }

    fn carry_out(&self, command: StoreCommand) {
        if let Some(keeper) = self.keeper() {
            keeper.carry_out(command);
        }
    }

    fn mutation_event(&self, mutation: MutationId, event: MutationEvent) {
        let untold = match self.mutations() {
            Some(mutations) => mutations.event(&self.client, mutation, event),
            // Only what was kept of an earlier page goes on without.
            None => (self.keeper()).and_then(|keeper| keeper.untold(&self.client, mutation, event)),
        };
        if let Some(error) = untold {
            self.app.report(RealtimeError::Unsaved(error.into()));
        }
    }

    /// What still matters when the last handle has gone: what goes over the wire, and to the disk.
    pub(super) fn dispatch_farewell(&mut self, output: Output) {
        match output {
            Output::Transmit { generation, frame } => {
                self.with_socket(generation, |socket| socket.send(frame));
            }
            Output::Close {
                generation,
                code,
                reason,
            } => self.close(generation, code, &reason),
            Output::Settled { send, result } => {
                self.callbacks.settled(send, result);
            }
            Output::Store(command) => self.carry_out(command),
            _ => {}
        }
    }

    fn request_token(&self, generation: Generation) {
        // The leader shows its own for all.
        #[cfg(feature = "tabs")]
        if self.with_tabs(|tabs| tabs.tab().0 == realtime_core::TabRole::Follower) {
            return self.input(Input::Token {
                generation,
                result: Ok(None),
            });
        }
        let Some(token) = self.app.request_token() else {
            return self.input(Input::Token {
                generation,
                result: Ok(None),
            });
        };
        let me = self.me.clone();
        yew::platform::spawn_local(async move {
            let result = token.await;
            if let Some(me) = me.upgrade() {
                me.input(Input::Token { generation, result });
            }
        });
    }

    fn open(&self, generation: Generation, url: &str, protocols: &[String]) {
        let url = match self.platform.page.resolve(url) {
            Ok(url) => url,
            Err(error) => return self.input(Input::AddressRefused { generation, error }),
        };
        let sink: SocketSink = {
            let me = self.me.clone();
            Rc::new(move |event| {
                if let Some(me) = me.upgrade() {
                    me.socket_event(generation, event);
                }
            })
        };
        match self.platform.transport.open(&url, protocols, sink) {
            Ok(socket) => {
                let old = self.socket.borrow_mut().replace((generation, socket));
                drop(old);
            }
            Err(reason) => self.refused(generation, without_secrets(&reason, &url)),
        }
    }

    /// The browser would not even try.
    fn refused(&self, generation: Generation, reason: String) {
        self.input(Input::Closed {
            generation,
            code: 1006,
            reason: &reason,
            was_clean: false,
        });
        self.app.report(RealtimeError::Refused(reason.into()));
    }

    fn close(&self, generation: Generation, code: u16, reason: &str) {
        let socket = self
            .socket
            .borrow_mut()
            .take_if(|(of, _)| *of == generation);
        if let Some((_, socket)) = socket {
            socket.close(code, reason);
        }
    }

    /// What a socket says, unless it is an older one than the client's.
    fn socket_event(&self, generation: Generation, event: SocketEvent) {
        if self.with_socket(generation, |_| ()).is_none() {
            return;
        }
        match event {
            SocketEvent::Opened => self.input(Input::Opened { generation }),
            SocketEvent::Frame(frame) => self.input(Input::Frame {
                generation,
                frame: frame.as_frame_ref(),
            }),
            SocketEvent::Closed {
                code,
                reason,
                was_clean,
            } => {
                let gone = self.socket.borrow_mut().take();
                drop(gone);
                self.measure_pressure();
                self.input(Input::Closed {
                    generation,
                    code,
                    reason: &reason,
                    was_clean,
                });
            }
        }
    }

    fn with_socket<R>(
        &self,
        generation: Generation,
        call: impl FnOnce(&dyn super::transport::Socket) -> R,
    ) -> Option<R> {
        let socket = self.socket.borrow();
        let (of, socket) = socket.as_ref()?;
        (*of == generation).then(|| call(&**socket))
    }

    pub(super) fn measure_pressure(&self) {
        let buffered = self
            .socket
            .borrow()
            .as_ref()
            .map_or(0, |(_, socket)| socket.buffered_amount());
        if let Some(blocked) = self.pressure.measure(self.now(), buffered) {
            self.input(Input::Blocked(blocked));
        }
    }
}
