//! Flush: what waits for Yew gets its turn, and does not wait for ever.

use futures::{future::poll_fn, join};
use realtime_yew::testing::{Mounted, TestBed, flush};
use std::task::Poll;
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

/// Works for so long in an effect that Yew's scheduler goes on in a task of its own.
#[component]
fn Slow() -> Html {
    let text = use_state(|| "working");
    use_effect_with(text.setter(), |text| {
        let end = js_sys::Date::now() + 20.0;
        while js_sys::Date::now() < end {}
        text.set("done");
    });
    html! { <p>{ *text }</p> }
}

/// Wakes the task that it runs in, as a future beside the one that waits does.
async fn wake_often() {
    let mut left = 50;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_scheduler_that_goes_on_in_another_task_is_waited_for_and_gets_its_turn() {
    let page = Mounted::bare(html! { <Slow /> });
    join!(flush(), wake_often());
    assert_eq!(page.text("p"), "done");
    let bed = TestBed::new();
    let page = bed.mount(html! { <Slow /> });
    join!(bed.settle(), wake_often());
    assert_eq!(page.text("p"), "done");
}
