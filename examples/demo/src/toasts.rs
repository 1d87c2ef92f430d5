//! Toasts: short messages that go by themselves, and wait while somebody is reading them.

mod stack;

pub(crate) use stack::{Toast, ToastKind};

use crate::browser::now;
use gloo_timers::callback::Timeout;
use stack::Stack;
use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    time::Duration,
};
use yew::{functional::UseForceUpdateHandle, html::ImplicitClone, prelude::*};

/// The toasts of one component, from [`use_toasts`]; clones are the same ones.
#[derive(Clone)]
pub(crate) struct UseToastsHandle {
    state: Rc<State>,
    shown: Rc<[(u64, Toast)]>,
}

impl ImplicitClone for UseToastsHandle {}

impl PartialEq for UseToastsHandle {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state) && self.shown == other.shown
    }
}

impl UseToastsHandle {
    /// Shows a toast.
    pub(crate) fn push(&self, toast: Toast) {
        self.state.change(|stack, now| stack.push(now, toast));
        self.state.render.force_update();
    }

    fn dismiss(&self, id: u64) {
        self.state.change(|stack, now| stack.dismiss(now, id));
        self.state.render.force_update();
    }
}

struct State {
    me: Weak<Self>,
    stack: RefCell<Stack>,
    timeout: RefCell<Option<Timeout>>,
    render: UseForceUpdateHandle,
}

impl State {
    /// Changes the stack, and waits for the next toast that goes by itself.
    fn change(&self, change: impl FnOnce(&mut Stack, Duration)) {
        let mut stack = self.stack.borrow_mut();
        change(&mut stack, now());
        let wait = stack.deadline().map(|at| at.saturating_sub(now()));
        let timeout = wait.map(|wait| {
            let me = self.me.clone();
            // A browser may ring a little early: one more, then.
            Timeout::new(wait.as_millis() as u32 + 1, move || {
                if let Some(state) = me.upgrade() {
                    state.change(Stack::expire);
                    state.render.force_update();
                }
            })
        });
        // The old one is forgotten, or it has rung.
        drop(self.timeout.replace(timeout));
    }
}

/// A stack of toasts, shown by [`Toasts`].
#[hook]
pub(crate) fn use_toasts() -> UseToastsHandle {
    let render = use_force_update();
    let state = use_memo((), |()| {
        Rc::new_cyclic(|me: &Weak<State>| State {
            me: me.clone(),
            stack: RefCell::default(),
            timeout: RefCell::default(),
            render,
        })
    });
    let stack = state.stack.borrow();
    let shown = stack.toasts().map(|(id, toast)| (id, toast.clone()));
    UseToastsHandle {
        state: Rc::clone(&state),
        shown: shown.collect(),
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct ToastsProps {
    pub(crate) toasts: UseToastsHandle,
}

/// Shows the stack. None goes by itself while somebody reads: from when the pointer moves on the
/// stack until it leaves, and while the keyboard focus is there.
#[component]
pub(crate) fn Toasts(props: &ToastsProps) -> Html {
    let on_move = changing(props, |stack, now, event: MouseEvent| {
        stack.point(now, (event.screen_x(), event.screen_y()));
    });
    let on_leave = changing(props, |stack, now, _: MouseEvent| stack.leave(now));
    let on_focus = changing(props, |stack, now, _: FocusEvent| stack.pause(now));
    let on_blur = changing(props, |stack, now, _: FocusEvent| stack.resume(now));
    html! {
        <ol
            class="toasts"
            aria-label="Notifications"
            onmousemove={on_move}
            onmouseleave={on_leave}
            onfocusin={on_focus}
            onfocusout={on_blur}
        >
            for (id, toast) in props.toasts.shown.iter() {
                { row(&props.toasts, *id, toast) }
            }
        </ol>
    }
}

fn changing<E: 'static>(props: &ToastsProps, change: fn(&mut Stack, Duration, E)) -> Callback<E> {
    let state = Rc::clone(&props.toasts.state);
    Callback::from(move |event| state.change(|stack, now| change(stack, now, event)))
}

fn row(toasts: &UseToastsHandle, id: u64, toast: &Toast) -> Html {
    let onclick = {
        let toasts = toasts.clone();
        move |_| toasts.dismiss(id)
    };
    html! {
        <li
            key={id}
            class={classes!("toast", format!("toast--{}", toast.kind.word()))}
            data-testid="toast"
        >
            // On the text, as an item of a list may have no other role.
            <span role={toast.kind.role()}>{ &toast.text }</span>
            <button class="toast__dismiss" type="button" aria-label="Dismiss" {onclick}>{ "×" }</button>
        </li>
    }
}
