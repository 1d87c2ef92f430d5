//! Snapshot: the one way in which hooks read the client, an external store as React would call it.
//!
//! A render reads a snapshot, so that a changed key shows no data of the old one, not even for one
//! render. The effect subscribes and then reads again, since frames may arrive between the commit
//! and the effect. Whoever is told of a change compares first, and renders only if what it shows
//! is another.

use crate::client::RealtimeClient;
use std::{any::Any, cell::RefCell, rc::Rc};
use yew::prelude::*;

/// Whatever an effect holds until its dependencies change or the component unmounts.
pub(crate) type Held = Box<dyn Any>;

/// Takes what to call on a change, and gives what to hold.
type Attach = Box<dyn FnOnce(Rc<dyn Fn()>) -> Held>;

struct Latest<S> {
    read: Rc<dyn Fn() -> S>,
    seen: S,
}

/// Reads `read()` in each render, and renders again when that changes.
///
/// `attach` subscribes: it is given what to call on a change, and gives back what to hold. It runs
/// again when `client` or `deps` are others. Equal values keep the pointers of the first.
#[hook]
pub(crate) fn use_snapshot<D, S, R, A>(client: &RealtimeClient, deps: D, read: R, attach: A) -> S
where
    D: PartialEq + 'static,
    S: PartialEq + Clone + 'static,
    R: Fn() -> S + 'static,
    A: FnOnce(Rc<dyn Fn()>) -> Held + 'static,
{
    let latest = use_mut_ref(|| None::<Latest<S>>);
    let value = {
        let read_now = read();
        let mut latest = latest.borrow_mut();
        let value = match latest.take() {
            Some(Latest { seen, .. }) if seen == read_now => seen,
            _ => read_now,
        };
        *latest = Some(Latest {
            read: Rc::new(read),
            seen: value.clone(),
        });
        value
    };
    use_attachment(client, Rc::new(deps), latest, Box::new(attach));
    value
}

/// The part of [`use_snapshot`] that is the same for whatever is shown, and compiled once.
#[hook]
fn use_attachment(
    client: &RealtimeClient,
    deps: Rc<dyn Dependencies>,
    shown: Rc<dyn Shown>,
    attach: Attach,
) {
    let trigger = use_force_update();
    let deps = (client.clone(), SameDependencies(deps));
    use_effect_with(deps, move |(client, _)| {
        // What is read from here on shows after the render that came to the server's elements.
        client.runtime().first_pass().end();
        let changed: Rc<dyn Fn()> = Rc::new(move || {
            if shown.has_changed() {
                trigger.force_update();
            }
        });
        let held = attach(Rc::clone(&changed));
        changed();
        move || drop(held)
    });
}

trait Dependencies: Any {
    fn is_same(&self, other: &dyn Any) -> bool;
}

impl<D: PartialEq + 'static> Dependencies for D {
    fn is_same(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }
}

struct SameDependencies(Rc<dyn Dependencies>);

impl PartialEq for SameDependencies {
    fn eq(&self, other: &Self) -> bool {
        let other: &dyn Any = &*other.0;
        self.0.is_same(other)
    }
}

trait Shown {
    /// Whether a render now would show something else than the last one did.
    fn has_changed(&self) -> bool;
}

impl<S: PartialEq> Shown for RefCell<Option<Latest<S>>> {
    fn has_changed(&self) -> bool {
        let read = self.borrow().as_ref().map(|latest| Rc::clone(&latest.read));
        read.is_some_and(|read| {
            // Nothing is borrowed here: reading runs selectors of the app.
            let now = read();
            let latest = self.borrow();
            latest.as_ref().is_some_and(|latest| latest.seen != now)
        })
    }
}
