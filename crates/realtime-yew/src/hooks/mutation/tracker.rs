//! Tracker of the mutations that a hook began.

use super::{
    UseRealtimeMutationOptions,
    render::{MutationRender, is_pending},
};
use crate::{
    client::{RealtimeClient, read_answer},
    error::{MutateError, RealtimeError},
    mutation::MutationSpec,
    runtime::{Listen, Runtime},
};
use realtime_core::{DecodeError, MutationEvent, MutationId, MutationStatus, OrderedMap};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

pub(in crate::hooks) type MakeSpec<I, O> = Rc<dyn Fn(&I) -> MutationSpec<O>>;

/// One for each hook; it goes with the component and the last of its handles. Nothing that waits
/// for a mutation keeps it: what the app gave it may hold the client.
pub(in crate::hooks) struct Tracker<I, O> {
    me: Weak<Self>,
    runtime: Weak<Runtime>,
    make: RefCell<MakeSpec<I, O>>,
    options: RefCell<UseRealtimeMutationOptions<I, O>>,
    last: RefCell<Option<Last<I>>>,
    data: RefCell<Option<Rc<O>>>,
    /// The mutations without an outcome, and those that failed and are kept.
    open: RefCell<OrderedMap<MutationId, ()>>,
    /// Whom to call on a change; nobody once the component has unmounted.
    changed: RefCell<Option<Rc<dyn Fn()>>>,
    begun: Cell<u64>,
}

/// The mutation that was begun last.
struct Last<I> {
    number: u64,
    input: Rc<I>,
    id: Option<MutationId>,
    /// How it ended, for when the client has forgotten it.
    ended: Option<MutationStatus>,
    /// What went wrong that the client knows nothing of.
    error: Option<MutateError>,
}

impl<I: 'static, O: 'static> Tracker<I, O> {
    pub(in crate::hooks) fn new(client: &RealtimeClient, make: MakeSpec<I, O>) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            me: me.clone(),
            runtime: Rc::downgrade(client.runtime()),
            make: RefCell::new(make),
            options: RefCell::default(),
            last: RefCell::default(),
            data: RefCell::default(),
            open: RefCell::default(),
            changed: RefCell::default(),
            begun: Cell::new(0),
        })
    }

    /// Takes what a render brings.
    pub(in crate::hooks) fn renew(
        &self,
        make: MakeSpec<I, O>,
        options: UseRealtimeMutationOptions<I, O>,
    ) {
        let old = (self.make.replace(make), self.options.replace(options));
        drop(old);
    }

    /// Calls `changed` on a change, or nobody any more.
    pub(in crate::hooks) fn tell(&self, changed: Option<Rc<dyn Fn()>>) {
        let old = self.changed.replace(changed);
        drop(old);
    }

    /// Whether any mutation of the hook is still to end.
    pub(in crate::hooks) fn is_open(&self, client: &RealtimeClient) -> bool {
        let mut open = self.open.borrow_mut();
        // One that failed and was kept goes without a word when its row dismisses it.
        client.read(|client| open.retain(|id, ()| client.is_mutation_open(*id)));
        !open.is_empty()
    }

    pub(in crate::hooks) fn render(&self, client: &RealtimeClient) -> MutationRender<I, O> {
        let last = self.last.borrow();
        let last = last.as_ref();
        let known = last.and_then(|last| client.mutation(last.id?));
        let status = match known {
            Some(info) => Some(info.status),
            None => last.and_then(|last| last.ended.clone()),
        };
        let error = match &status {
            Some(MutationStatus::Failed(error)) => Some(error.clone().into()),
            _ => last.and_then(|last| last.error.clone()),
        };
        let waits = |id: &&MutationId| {
            let info = client.mutation(**id);
            info.is_some_and(|info| is_pending(&info.status))
        };
        MutationRender {
            status,
            error,
            variables: last.map(|last| Rc::clone(&last.input)),
            data: self.data.borrow().clone(),
            pending: self.open.borrow().keys().filter(waits).count(),
        }
    }

    /// Begins a mutation. On a server that renders pages, nothing happens.
    pub(in crate::hooks) fn mutate(&self, input: Rc<I>) {
        let runtime = self.runtime.upgrade();
        let Some(runtime) = runtime.filter(|runtime| !runtime.is_server()) else {
            return;
        };
        let make = Rc::clone(&*self.make.borrow());
        let parts = make(&input).into_parts();
        let read = parts.read;
        let number = self.begun.get() + 1;
        self.begun.set(number);
        let last = Last {
            number,
            input: Rc::clone(&input),
            id: None,
            ended: None,
            error: None,
        };
        let old = self.last.replace(Some(last));
        drop(old);
        let listen: Listen = {
            let (me, input) = (self.me.clone(), Rc::clone(&input));
            Rc::new(move |id, event| {
                let me = me.upgrade();
                me.is_some_and(|me| me.handle(id, &input, event, read))
            })
        };
        let me = self.me.clone();
        let begun = runtime.begin_mutation(parts, listen, move |id| {
            if let Some(me) = me.upgrade() {
                me.open.borrow_mut().insert(id, ());
                me.note(|last| last.number == number, |last| last.id = Some(id));
            }
        });
        if let Err(error) = begun {
            self.note(
                |last| last.number == number,
                |last| last.error = Some(error.clone()),
            );
            if !self.failed(&input, &error) {
                runtime.app().report(RealtimeError::Unsaved(error));
            }
        }
        self.changed();
    }

    /// Tries the last one again, if it has failed.
    pub(super) fn retry(&self, client: &RealtimeClient) {
        let render = self.render(client);
        let (Some(_), Some(input)) = (render.error, render.variables) else {
            return;
        };
        match self.kept(client) {
            Some(id) => client.retry_mutation(id),
            None => self.mutate(input),
        }
        self.changed();
    }

    /// Forgets how the last one ended, unless it is under way.
    pub(super) fn dismiss(&self, client: &RealtimeClient) {
        if self.render(client).is_pending() {
            return;
        }
        if let Some(id) = self.kept(client) {
            self.open.borrow_mut().remove(&id);
            client.dismiss_mutation(id);
        }
        let old = self.last.take();
        drop(old);
        self.changed();
    }

    /// The last one, if it has no outcome.
    pub(super) fn under_way(&self, client: &RealtimeClient) -> Option<MutationId> {
        let id = self.last.borrow().as_ref()?.id?;
        is_pending(&client.mutation(id)?.status).then_some(id)
    }

    /// The last one, if it failed and is kept.
    fn kept(&self, client: &RealtimeClient) -> Option<MutationId> {
        let id = self.last.borrow().as_ref()?.id?;
        let is_open = client.read(|client| client.is_mutation_open(id))?;
        (is_open && self.under_way(client).is_none()).then_some(id)
    }

    /// Takes in what became of a mutation; says whether anybody saw it.
    fn handle(
        &self,
        id: MutationId,
        input: &Rc<I>,
        event: &MutationEvent,
        read: fn(&str) -> Result<O, DecodeError>,
    ) -> bool {
        let told = match event {
            MutationEvent::Confirmed { answer } => {
                self.ended(id, MutationStatus::Settled);
                match read_answer(answer, read) {
                    Ok(answer) => self.succeeded(input, answer),
                    Err(error) => {
                        let error = MutateError::Decode(error);
                        self.note(
                            |last| last.id == Some(id),
                            |last| last.error = Some(error.clone()),
                        );
                        self.failed(input, &error)
                    }
                }
            }
            MutationEvent::Failed { error, .. } => {
                self.ended(id, MutationStatus::Failed(error.clone()));
                self.failed(input, &MutateError::Mutation(error.clone()))
            }
            MutationEvent::Conflict(conflict) => {
                let on_conflict = self.options.borrow().on_conflict.clone();
                let is_told = on_conflict.is_some();
                if let Some(call) = on_conflict {
                    call(input, conflict);
                }
                is_told
            }
            _ => {
                self.ended(id, MutationStatus::Settled);
                true
            }
        };
        self.changed();
        told
    }

    fn ended(&self, id: MutationId, status: MutationStatus) {
        let is_kept = self.runtime.upgrade().is_some_and(|runtime| {
            let is_open = runtime.read(|client| client.is_mutation_open(id));
            is_open.unwrap_or_default()
        });
        if !is_kept {
            self.open.borrow_mut().remove(&id);
        }
        self.note(|last| last.id == Some(id), |last| last.ended = Some(status));
    }

    /// Changes what is known of the last mutation, if that is the one meant.
    fn note(&self, is_meant: impl FnOnce(&Last<I>) -> bool, change: impl FnOnce(&mut Last<I>)) {
        if let Some(last) = &mut *self.last.borrow_mut()
            && is_meant(last)
        {
            change(last);
        }
    }

    fn succeeded(&self, input: &Rc<I>, answer: Option<O>) -> bool {
        let answer = answer.map(Rc::new);
        if let Some(answer) = &answer {
            let old = self.data.replace(Some(Rc::clone(answer)));
            drop(old);
        }
        let on_success = self.options.borrow().on_success.clone();
        if let Some(call) = on_success {
            call(input, answer.as_deref());
        }
        true
    }

    /// Tells of a failure; says whether anybody was there to be told.
    fn failed(&self, input: &Rc<I>, error: &MutateError) -> bool {
        let on_error = self.options.borrow().on_error.clone();
        let is_told = on_error.is_some();
        if let Some(call) = on_error {
            call(input, error);
        }
        is_told || self.changed.borrow().is_some()
    }

    fn changed(&self) {
        let changed = self.changed.borrow().clone();
        if let Some(changed) = changed {
            changed();
        }
    }
}
