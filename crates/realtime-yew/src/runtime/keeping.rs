//! Host of what keeps things over page loads: the runtime, as far as a keeper minds it.

use super::Runtime;
use crate::store::{Command, Host, StoreSink};
use realtime_core::{Fault, Input, StoreError};
use std::rc::Rc;

impl Host for Runtime {
    fn is_server(&self) -> bool {
        Self::is_server(self)
    }

    fn post(&self, command: Command) {
        self.post_boxed(command);
    }

    fn refuse(&self, error: StoreError) {
        self.app.report(Fault::Store(error).into());
    }

    fn sink(&self) -> StoreSink {
        let me = self.me.clone();
        Rc::new(move |event| {
            if let Some(me) = me.upgrade() {
                me.input(Input::Store(event));
            }
        })
    }
}
