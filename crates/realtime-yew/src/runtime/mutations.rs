//! Mutations under way: who carries them out, where that is a function of the app's, and who hears
//! how they end.

use crate::{mutation::RunCall, store::untold};
use futures::future::{AbortHandle, Abortable};
use realtime_core::{
    Client, FetchError, MessageId, MutationError, MutationEvent, MutationId, OrderedMap,
};
use std::{cell::RefCell, rc::Rc};

/// Hears what becomes of a mutation; says whether anybody was there to be told.
pub(crate) type Listen = Rc<dyn Fn(MutationId, &MutationEvent) -> bool>;

struct Tracked {
    listen: Listen,
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

/// Every mutation that will end yet, as the runtime knows them.
pub(crate) trait Tracking {
    /// `listen` hears of `mutation`, and `call` carries it out if the socket does not.
    fn track(&self, mutation: MutationId, listen: Listen, call: Option<RunCall>);

    /// Forgets those that will not end any more: a mutation that failed and was kept goes without
    /// a word when it is dismissed, or turns out to have been carried out.
    fn forget_ended(&self, client: &Client);

    /// Forgets those that had failed and were kept, which go without a word as well.
    fn signed_out(&self, client: &Client);

    /// Calls the app's function for `mutation`; `finish` hears how that ended, unless the mutation
    /// is over or called anew before.
    fn start(&self, mutation: MutationId, key: MessageId, data: Rc<str>, finish: Finish);

    /// Tells of `event`, after which `mutation` may be over. Gives the error that nobody was told of.
    fn event(
        &self,
        client: &RefCell<Client>,
        mutation: MutationId,
        event: MutationEvent,
    ) -> Option<MutationError>;

    /// Drops whatever functions of the app's run.
    fn cancel_all(&self);
}

/// Hears how the app's function has ended.
pub(crate) type Finish = Box<dyn FnOnce(Result<Rc<str>, FetchError>)>;

/// Nothing tracked yet.
pub(crate) fn tracking() -> Rc<dyn Tracking> {
    Rc::<Mutations>::default()
}

/// As with subscribers, nothing is borrowed during a call.
#[derive(Default)]
struct Mutations {
    tracked: RefCell<OrderedMap<MutationId, Tracked>>,
}

impl Mutations {
    fn retain(&self, stays: &dyn Fn(MutationId) -> bool) {
        let mut gone = Vec::new();
        {
            let mut tracked = self.tracked.borrow_mut();
            let over: Vec<_> = tracked.keys().copied().filter(|id| !stays(*id)).collect();
            gone.extend(over.iter().filter_map(|id| tracked.remove(id)));
        }
        for mut tracked in gone {
            tracked.abort();
        }
    }

    /// Says whether anybody was told.
    fn tell(&self, mutation: MutationId, event: &MutationEvent, is_over: bool) -> bool {
        let listen = {
            let tracked = self.tracked.borrow();
            tracked.get(&mutation).map(|it| Rc::clone(&it.listen))
        };
        if is_over {
            let over = self.tracked.borrow_mut().remove(&mutation);
            if let Some(mut over) = over {
                over.abort();
            }
        }
        listen.is_some_and(|listen| listen(mutation, event))
    }
}

impl Tracking for Mutations {
    fn track(&self, mutation: MutationId, listen: Listen, call: Option<RunCall>) {
        let tracked = Tracked {
            listen,
            call,
            running: None,
        };
        self.tracked.borrow_mut().insert(mutation, tracked);
    }

    fn forget_ended(&self, client: &Client) {
        self.retain(&|id| client.is_mutation_open(id));
    }

    fn signed_out(&self, client: &Client) {
        self.retain(&|id| client.is_mutation_open(id) || client.mutation(id).is_some());
    }

    fn start(&self, mutation: MutationId, key: MessageId, data: Rc<str>, finish: Finish) {
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

    fn event(
        &self,
        client: &RefCell<Client>,
        mutation: MutationId,
        event: MutationEvent,
    ) -> Option<MutationError> {
        // It may have ended since, but will be told so itself.
        let goes_on = matches!(event, MutationEvent::Conflict(_));
        let is_over = !goes_on && !client.borrow().is_mutation_open(mutation);
        let told = self.tell(mutation, &event, is_over);
        if told {
            return None;
        }
        untold(client, mutation, event)
    }

    fn cancel_all(&self) {
        self.retain(&|_| false);
    }
}
