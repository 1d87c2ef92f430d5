//! Tokens: renewed on the link that there is, denied for good, and sent with fetches.

use crate::support::{Log, seconds};
use js_sys::{Array, Function, Reflect};
use realtime_core::{CloseReason, ConnectionError, Position, QueryError};
use realtime_yew::{prelude::*, testing::TestBed};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

type Answer = Rc<RefCell<Result<String, FetchError>>>;

/// A bed whose app gives what `answer` holds, and whose server wants "one".
fn signed_in() -> (TestBed, Answer) {
    let answer: Answer = Rc::new(RefCell::new(Ok("one".to_owned())));
    let given = Rc::clone(&answer);
    let bed = TestBed::with_options(RealtimeOptions::default().with_token(move || {
        let token = given.borrow().clone();
        async { token }
    }));
    bed.server().token = Some("one".to_owned());
    (bed, answer)
}

fn shown(bed: &TestBed) -> Vec<String> {
    let server = bed.server();
    let auths = server.requests.iter();
    let auths = auths.filter(|request| request.text("event") == "auth");
    let token = |data: &serde_json::Value| data["token"].as_str().unwrap_or_default().to_owned();
    auths.map(|it| token(&it.envelope["data"])).collect()
}

#[wasm_bindgen_test]
async fn a_token_is_renewed_without_a_reconnect_by_the_app_and_for_the_server() {
    let (bed, answer) = signed_in();
    let _page = bed.mount(html! { <ConnectionIndicator /> });
    bed.settle().await;
    *answer.borrow_mut() = Ok("two".to_owned());
    bed.server().token = Some("two".to_owned());
    bed.client().renew_token();
    bed.settle().await;
    assert_eq!(shown(&bed), ["one", "two"]);
    bed.pass(seconds(11)).await;
    bed.server().send_raw(r#"{"event":"auth:refresh"}"#);
    bed.settle().await;
    assert_eq!(shown(&bed), ["one", "two", "two"]);
    assert_eq!(bed.attempts(), 1);
    assert_eq!(
        bed.client().connection().status,
        ConnectionStatus::Connected
    );
}

#[wasm_bindgen_test]
async fn a_token_that_is_denied_for_good_ends_the_attempts_and_the_page_says_so() {
    let (bed, answer) = signed_in();
    *answer.borrow_mut() = Err(FetchError::permanent("blocked").with_status(401));
    let page = bed.mount(html! { <ConnectionIndicator /> });
    bed.settle().await;
    bed.pass(seconds(600)).await;
    assert_eq!(bed.attempts(), 0);
    assert_eq!(page.text(".rt-connection__label"), "Sign in again");
    assert_eq!(page.count(".rt-connection--unauthorized"), 1);
    let info = bed.client().connection();
    let Some(CloseReason::Unauthorized { message }) = &info.close_reason else {
        panic!("{info:?}")
    };
    assert_eq!(&**message, "blocked");
    assert!(matches!(info.last_error, Some(ConnectionError::Token(_))));

    *answer.borrow_mut() = Ok("one".to_owned());
    assert!(page.click("button"));
    bed.settle().await;
    assert_eq!(page.text(".rt-connection__label"), "Connected");
    assert_eq!(page.count(".rt-connection--unauthorized"), 0);
}

#[wasm_bindgen_test]
async fn one_that_fails_for_the_moment_is_tried_again() {
    let (bed, answer) = signed_in();
    *answer.borrow_mut() = Err("503".into());
    let page = bed.mount(html! { <ConnectionIndicator /> });
    bed.settle().await;
    *answer.borrow_mut() = Ok("one".to_owned());
    bed.pass(seconds(60)).await;
    assert_eq!(page.text(".rt-connection__label"), "Connected");
}

/// Puts a function in the place of the browser's `fetch`, for as long as it lives: it answers with
/// `status` and a position, and notes the headers of the requests.
struct FakeFetch {
    real: JsValue,
    requests: Array,
}

impl FakeFetch {
    fn new(status: u16, body: &str) -> Self {
        let window = web_sys::window().expect("tests run in a browser");
        let name = JsValue::from_str("fetch");
        let real = Reflect::get(&window, &name).expect("a window has it");
        let make = Function::new_with_args(
            "requests, status, body",
            "return async request => { requests.push(`${request.url} ${JSON.stringify([...request.headers])}`); \
             return new Response(body, { status, headers: { 'x-realtime-epoch': 'b1', 'x-realtime-seq': '57' } }); }",
        );
        let requests = Array::new();
        let fake = make
            .call3(
                &JsValue::NULL,
                &requests,
                &JsValue::from(status),
                &JsValue::from_str(body),
            )
            .expect("it makes a function");
        Reflect::set(&window, &name, &fake).expect("a window can be changed");
        Self { real, requests }
    }

    fn requests(&self) -> Vec<String> {
        let requests = self.requests.iter();
        requests.filter_map(|request| request.as_string()).collect()
    }
}

impl Drop for FakeFetch {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            let _ = Reflect::set(&window, &JsValue::from_str("fetch"), &self.real);
        }
    }
}

#[wasm_bindgen_test]
async fn a_fetch_with_headers_has_its_position_all_the_same() {
    let fetch = FakeFetch::new(200, "[1,2]");
    let get = || Get::new("/api/numbers").header("authorization", "Bearer one");
    let position = Position {
        epoch: "b1".into(),
        seq: 57,
    };
    let numbers = get().json::<Vec<u32>>().await.expect("it answers");
    assert_eq!(
        (numbers.data, numbers.position),
        (vec![1, 2], Some(position.clone()))
    );
    let numbers = get().json_list::<u32>().await.expect("it answers");
    assert_eq!(
        (numbers.data, numbers.position),
        (vec![1, 2], Some(position))
    );
    let requests = fetch.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert!(
            request.contains(r#"["authorization","Bearer one"]"#),
            "{request}"
        );
        assert!(
            request.contains(r#"["accept","application/json"]"#),
            "{request}"
        );
    }
    let error = get().header("x", "a\nb").json::<u32>().await.unwrap_err();
    assert!(!error.retryable && error.status.is_none(), "{error:?}");
}

/// Frames of the browser and of the bed pass until `is_done` says so: the fetches here are the
/// browser's own.
async fn until(bed: &TestBed, mut is_done: impl FnMut() -> bool) {
    for _ in 0..300 {
        bed.settle().await;
        if is_done() {
            return;
        }
        crate::support::next_frame().await;
    }
    panic!("it has not come about in 300 frames");
}

#[component]
fn Number() -> Html {
    let number = use_realtime_query(
        key!["number"],
        Fetcher::<u32>::json("/api/number"),
        UseRealtimeQueryOptions::default(),
    );
    let text = match number.error() {
        Some(QueryError::Fetch(error)) if error.status == Some(401) => "sign in".to_owned(),
        Some(error) => error.to_string(),
        None => format!("{:?}", number.data()),
    };
    html! { <p>{ text }</p> }
}

#[wasm_bindgen_test]
async fn a_page_tells_401_from_404() {
    let bed = TestBed::new();
    let fetch = FakeFetch::new(401, "");
    let page = bed.mount(html! { <Number /> });
    until(&bed, || page.text("p") == "sign in").await;
    drop(fetch);
    let _fetch = FakeFetch::new(200, "7");
    bed.client().refetch(&key!["number"]);
    until(&bed, || page.text("p") == "Some(7)").await;
}

#[component]
fn Errors(props: &ErrorsProps) -> Html {
    let text = use_realtime_query(
        key!["text"],
        || async { Err::<u32, _>(String::from("a text")) },
        UseRealtimeQueryOptions::default().with_query(QueryOptions::default().with_retry(0)),
    );
    let gloo = use_realtime_query(
        key!["gloo"],
        || async {
            gloo_net::http::Request::get("/none")
                .send()
                .await?
                .json::<u32>()
                .await
        },
        UseRealtimeQueryOptions::default().with_query(QueryOptions::default().with_retry(0)),
    );
    for error in [text.error(), gloo.error()].into_iter().flatten() {
        props.errors.note(error.to_string());
    }
    html! { <p /> }
}

#[derive(PartialEq, Properties)]
struct ErrorsProps {
    errors: Log<String>,
}

#[wasm_bindgen_test]
async fn fetchers_may_fail_with_a_text_or_an_error_of_gloo() {
    let bed = TestBed::new();
    let _fetch = FakeFetch::new(200, "no number");
    let errors = Log::default();
    let _page = bed.mount(html! { <Errors errors={errors.clone()} /> });
    let mut seen = Vec::new();
    until(&bed, || {
        seen.extend(errors.take());
        seen.iter().any(|it| it.contains("a text")) && seen.iter().any(|it| it.contains("expected"))
    })
    .await;
}

#[wasm_bindgen_test]
async fn what_no_handle_shows_is_said_on_the_console_once() {
    let bed = TestBed::with_options(RealtimeOptions::default().with_console(true));
    bed.set_unreachable(true);
    let _page = bed.mount(html! { <Listener /> });
    bed.pass(seconds(120)).await;
    bed.set_unreachable(false);
    bed.pass(seconds(60)).await;
    for _ in 0..3 {
        bed.server().send_raw("{");
        bed.settle().await;
    }
    let warnings = bed.take_warnings();
    let count = |text: &str| warnings.iter().filter(|it| it.contains(text)).count();
    assert_eq!(count("the socket did not open"), 1, "{warnings:?}");
    assert_eq!(count("envelope"), 1, "{warnings:?}");

    let silent = TestBed::with_options(RealtimeOptions::default().with_console(false));
    silent.set_unreachable(true);
    let _page = silent.mount(html! { <Listener /> });
    silent.pass(seconds(30)).await;
    assert_eq!(silent.take_warnings(), [""; 0]);
}

#[component]
fn Listener() -> Html {
    // Attributes are names and keys as they are.
    let channel = AttrValue::from("log");
    let log = use_realtime_query(
        key!["log", &channel, channel.clone()],
        || async { Ok::<_, FetchError>(1_u32) },
        UseRealtimeQueryOptions::default()
            .with_channel(&channel)
            .with_event(AttrValue::Static("entry"))
            .with_subscribe(SubscribeOptions::default().with_token(channel.clone())),
    );
    let me = User::new(AttrValue::from("u1"), AttrValue::from("Ada"));
    let room = use_presence(&channel, me, UsePresenceOptions::default());
    html! { <p>{ format!("{:?} {}", log.data(), room.presence().len()) }</p> }
}
