//! Flush: waiting until Yew has nothing left to render.

use futures::channel::oneshot;
use gloo_timers::callback::Timeout;
use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
};

/// How many turns of the browser's task queue Yew is given to come to an end.
const MAX_TURNS: usize = 1_000;

/// Lets Yew render everything that waits to be rendered, and run every effect.
///
/// Use it in place of `yew::scheduler::flush`, which in Yew 0.23 may never return: after 16 ms of work
/// Yew's scheduler goes on in a task of its own, while that function, once it has been woken by
/// anything else, wakes itself again and again before any task gets its turn. This one gives the task
/// queue a turn wherever Yew is not done.
///
/// # Panics
///
/// If Yew is not done after a thousand turns: something renders again and again.
pub async fn flush() {
    for _ in 0..MAX_TURNS {
        if is_flushed() {
            return;
        }
        // Yew mostly waits for no more than the end of what runs now.
        next_microtask().await;
        if is_flushed() {
            return;
        }
        next_task().await;
    }
    panic!("yew renders again and again");
}

/// Has Yew do what it can do now; says whether that was all. Nobody is to be woken later, so that
/// what is kept of an attempt cannot wake the next one.
fn is_flushed() -> bool {
    let mut context = Context::from_waker(Waker::noop());
    pin!(yew::scheduler::flush()).poll(&mut context).is_ready()
}

/// Lets what waits in the browser's task queue have its turn.
async fn next_task() {
    let (sender, receiver) = oneshot::channel();
    let turn = Timeout::new(0, move || {
        // Nobody waits if the test was given up.
        let _ = sender.send(());
    });
    // The sender goes only with its message.
    let _ = receiver.await;
    drop(turn);
}

/// Lets futures run that wait for nothing: a fetcher that is ready needs a few turns.
pub(super) async fn next_microtask() {
    for _ in 0..8 {
        let mut turned = false;
        poll_fn(|context| {
            if std::mem::replace(&mut turned, true) {
                Poll::Ready(())
            } else {
                context.waker().wake_by_ref();
                Poll::Pending
            }
        })
        .await;
    }
}
