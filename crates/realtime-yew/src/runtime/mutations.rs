//! Mutations under way: who carries them out, where that is a function of the app's, and who hears
//! how they end.

use crate::mutation::RunCall;
use futures::future::{AbortHandle, Abortable};
use realtime_core::{FetchError, MessageId, MutationEvent, MutationId, OrderedMap};
use std::{cell::RefCell, rc::Rc};

/// Hears what becomes of a mutation; says whether anybody was there to be told.
pub(crate) type Hear = Rc<dyn Fn(MutationId, &MutationEvent) -> bool>;

struct Tracked {
    hear: Hear,
    call: Option<RunCall>,
    running: Option<AbortHandle>,
}

impl Tracked {
    fn abort(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
        }
    }
}

/// Every mutation that will end yet. As with subscribers, nothing is borrowed during a call.
#[derive(Default)]
pub(crate) struct Mutations {
    tracked: RefCell<OrderedMap<MutationId, Tracked>>,
}

impl Mutations {
    /// `hear` hears of `mutation`, and `call` carries it out if the socket does not.
    pub(crate) fn track(&self, mutation: MutationId, hear: Hear, call: Option<RunCall>) {
        let tracked = Tracked {
            hear,
            call,
            running: None,
        };
        self.tracked.borrow_mut().insert(mutation, tracked);
    }

    /// Forgets those that will not end any more: a mutation that failed and was kept goes without
    /// a word when it is dismissed, or turns out to have been carried out.
    pub(crate) fn retain(&self, is_open: impl Fn(MutationId) -> bool) {
        let mut gone = Vec::new();
        {
            let mut tracked = self.tracked.borrow_mut();
            let over: Vec<_> = tracked.keys().copied().filter(|id| !is_open(*id)).collect();
            gone.extend(over.iter().filter_map(|id| tracked.remove(id)));
        }
        for mut tracked in gone {
            tracked.abort();
        }
    }

    /// Calls the app's function for `mutation`; `finish` hears how that ended, unless the mutation
    /// is over or called anew before.
    pub(super) fn start(
        self: &Rc<Self>,
        mutation: MutationId,
        key: MessageId,
        data: Rc<str>,
        finish: impl FnOnce(Result<Rc<str>, FetchError>) + 'static,
    ) {
        let call = {
            let mut tracked = self.tracked.borrow_mut();
            tracked.get_mut(&mutation).and_then(|tracked| {
                tracked.abort();
                let call = tracked.call.clone()?;
                let (handle, registration) = AbortHandle::new_pair();
                tracked.running = Some(handle);
                Some((call, registration))
            })
        };
        let Some((call, registration)) = call else {
            return finish(Err(FetchError::permanent(
                "nothing carries the mutation out",
            )));
        };
        yew::platform::spawn_local(async move {
            // The function is called in here, so that one that panics or takes its time does so in
            // a task of its own.
            let result = Abortable::new(async move { call(data, key).await }, registration).await;
            if let Ok(result) = result {
                finish(result);
            }
        });
    }

    /// Tells of `event`, after which `mutation` may be over. Says whether anybody was told.
    pub(super) fn event(&self, mutation: MutationId, event: &MutationEvent, is_over: bool) -> bool {
        let hear = {
            let tracked = self.tracked.borrow();
            tracked.get(&mutation).map(|it| Rc::clone(&it.hear))
        };
        if is_over {
            let over = self.tracked.borrow_mut().remove(&mutation);
            if let Some(mut over) = over {
                over.abort();
            }
        }
        hear.is_some_and(|hear| hear(mutation, event))
    }

    /// Drops whatever functions of the app's run.
    pub(super) fn cancel_all(&self) {
        self.retain(|_| false);
    }
}
