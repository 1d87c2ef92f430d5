//! Short messages that go by themselves.

use crate::support::seconds;
use realtime_yew::{prelude::*, testing::TestBed};
use std::time::Duration;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{MouseEvent, MouseEventInit};
use yew::prelude::*;

#[component]
fn Notices() -> Html {
    let toasts = use_toasts(UseToastsOptions::default());
    let greet = {
        let toasts = toasts.clone();
        move |_| {
            toasts.push("Hello");
        }
    };
    let fail = {
        let toasts = toasts.clone();
        move |_| {
            toasts.push(Toast::error("Broken").with_duration(None));
        }
    };
    html! {
        <div>
            <button id="greet" onclick={greet} />
            <button id="fail" onclick={fail} />
            <Toasts {toasts} />
        </div>
    }
}

#[wasm_bindgen_test]
async fn a_toast_goes_by_itself_after_six_seconds() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Notices /> });
    bed.settle().await;
    page.click("#greet");
    bed.settle().await;
    assert_eq!(
        (page.count("[role=status]"), page.text(".rt-toast__text")),
        (1, "Hello".into())
    );
    bed.pass(Duration::from_millis(5_900)).await;
    assert_eq!(page.count(".rt-toast"), 1);
    bed.pass(Duration::from_millis(200)).await;
    assert_eq!(page.count(".rt-toast"), 0);
}

/// The pointer is told of at this place, on the stack.
fn point(x: i32) {
    let init = MouseEventInit::new();
    init.set_bubbles(true);
    init.set_screen_x(x);
    let event = MouseEvent::new_with_mouse_event_init_dict("mousemove", &init);
    let stack = web_sys::window().and_then(|window| window.document());
    let stack = stack.and_then(|document| document.query_selector(".rt-toasts").ok()?);
    let stack = stack.expect("it is on the page");
    stack
        .dispatch_event(&event.expect("an event can be made"))
        .expect("it is heard");
}

#[wasm_bindgen_test]
async fn no_toast_goes_while_the_pointer_or_the_focus_is_on_the_stack() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Notices /> });
    bed.settle().await;
    for (enter, leave) in [("mousemove", "mouseleave"), ("focusin", "focusout")] {
        page.click("#greet");
        bed.pass(seconds(4)).await;
        if enter == "mousemove" {
            point(10);
            point(11);
        } else {
            page.fire(".rt-toasts", enter);
        }
        bed.pass(seconds(60)).await;
        assert_eq!(page.count(".rt-toast"), 1, "{enter}");
        page.fire(".rt-toasts", leave);
        bed.pass(seconds(1)).await;
        assert_eq!(page.count(".rt-toast"), 1, "{leave}");
        bed.pass(seconds(2)).await;
        assert_eq!(page.count(".rt-toast"), 0, "{leave}");
    }
}

#[wasm_bindgen_test]
async fn a_toast_that_comes_under_a_pointer_at_rest_goes_by_itself() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Notices /> });
    bed.settle().await;
    for _ in 0..2 {
        page.click("#greet");
        bed.settle().await;
        // What browsers say of a pointer that something came under: nothing but where it is.
        for event in ["mouseover", "mouseenter"] {
            page.fire(".rt-toasts", event);
        }
        point(10);
        point(10);
        bed.pass(seconds(7)).await;
        assert_eq!(page.count(".rt-toast"), 0);
    }
    page.click("#greet");
    bed.settle().await;
    point(11);
    bed.pass(seconds(60)).await;
    assert_eq!(page.count(".rt-toast"), 1, "it has moved since");
}

#[wasm_bindgen_test]
async fn an_error_is_an_alert_and_stays_until_it_is_dismissed() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Notices /> });
    bed.settle().await;
    page.click("#fail");
    bed.pass(seconds(600)).await;
    assert_eq!(page.count("[role=alert]"), 1);
    assert!(page.click(".rt-toast__dismiss"));
    bed.settle().await;
    assert_eq!(page.count(".rt-toast"), 0);
}

#[wasm_bindgen_test]
async fn a_flood_of_toasts_leaves_the_newest_five() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Notices /> });
    bed.settle().await;
    page.click("#fail");
    for _ in 0..5 {
        page.click("#greet");
    }
    bed.settle().await;
    assert_eq!(
        (page.count(".rt-toast"), page.count("[role=alert]")),
        (5, 0)
    );
}

#[wasm_bindgen_test]
async fn unmounting_cancels_the_timer() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Notices /> });
    bed.settle().await;
    bed.client().disconnect();
    page.click("#greet");
    bed.settle().await;
    assert_eq!(bed.clock().armed_timers(), 1);
    page.unmount();
    bed.settle().await;
    assert_eq!(bed.clock().armed_timers(), 0);
}
