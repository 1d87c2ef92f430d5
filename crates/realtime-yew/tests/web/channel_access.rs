//! Params and a token for a channel, and channels that the server refuses.

use crate::support::Log;
use realtime_yew::{prelude::*, testing::TestBed};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
struct LogProps {
    token: AttrValue,
    #[prop_or(7)]
    days: u32,
    #[prop_or(true)]
    enabled: bool,
    #[prop_or(AttrValue::Static("log"))]
    name: AttrValue,
}

#[component]
fn Entries(props: &LogProps) -> Html {
    let entries = use_realtime_query(
        key!["log", props.name.as_str()],
        || async { Ok::<_, FetchError>(1_u32) },
        UseRealtimeQueryOptions::default()
            .with_event("entry")
            .with_channel("log")
            .with_subscribe(
                SubscribeOptions::default()
                    .with_params(&json!({ "days": props.days }))
                    .with_token(props.token.as_str()),
            )
            .with_enabled(props.enabled),
    );
    let error = entries.channel_error().map(ToString::to_string);
    html! { <p class={props.name.clone()}>{ format!("{:?} {error:?}", entries.data()) }</p> }
}

/// The data of all `subscribe`s and the word `unsubscribe`, in order.
fn said(bed: &TestBed) -> Vec<Value> {
    let server = bed.server();
    let requests = server.requests.iter();
    let said = requests.filter_map(|request| match request.text("event") {
        "subscribe" => Some(request.envelope["data"].clone()),
        "unsubscribe" => Some(json!("unsubscribe")),
        _ => None,
    });
    said.collect()
}

#[wasm_bindgen_test]
async fn a_hook_asks_for_its_channel_with_params_and_a_token() {
    let bed = TestBed::new();
    bed.server()
        .channel_tokens
        .insert("log".into(), "secret".into());
    let page = bed.mount(html! { <Entries token="secret" /> });
    bed.settle().await;
    assert_eq!(page.text("p"), "Some(1) None");
    assert_eq!(
        said(&bed),
        [json!({ "params": { "days": 7 }, "token": "secret" })]
    );
    bed.server().publish("log", "entry", "2");
    bed.settle().await;
    assert_eq!(page.text("p"), "Some(2) None");

    // Other params are another subscription, a newer token is not.
    page.set(html! { <Entries token="secret" days=8 /> });
    bed.settle().await;
    page.set(html! { <Entries token="newer" days=8 /> });
    bed.settle().await;
    assert_eq!(
        said(&bed)[1..],
        [
            json!("unsubscribe"),
            json!({ "params": { "days": 8 }, "token": "secret" })
        ]
    );
    page.set(html! { <Entries token="newer" days=8 enabled=false /> });
    bed.pass(crate::support::seconds(5)).await;
    assert_eq!(said(&bed)[3..], [json!("unsubscribe")]);
    page.unmount();
    bed.settle().await;
    assert_eq!(bed.client().stats().channels.channels, 0);
}

#[wasm_bindgen_test]
async fn a_channel_that_the_server_refuses_is_an_error_on_the_handle_until_it_lets_us_in() {
    let bed = TestBed::new();
    bed.server()
        .channel_tokens
        .insert("log".into(), "secret".into());
    let page = bed.mount(html! { <Entries token="wrong" /> });
    bed.settle().await;
    let shown = page.text("p");
    assert!(shown.starts_with("Some(1)"), "it is fetched: {shown}");
    assert!(shown.contains("members only"), "{shown}");
    page.set(html! { <Entries token="secret" /> });
    bed.settle().await;
    assert_eq!(page.text("p"), "Some(1) None");
}

#[wasm_bindgen_test]
async fn other_params_for_a_channel_in_use_are_a_typed_error_told_once() {
    let errors = Log::default();
    let bed = TestBed::with_options(RealtimeOptions::default().with_on_error({
        let errors = errors.clone();
        move |error: RealtimeError| errors.note(error.to_string())
    }));
    let both = || {
        html! { <><Entries token="t" name="one" /><Entries token="t" days=8 name="two" /></> }
    };
    let page = bed.mount(both());
    bed.settle().await;
    page.set(both());
    bed.settle().await;
    assert_eq!(page.text(".one"), "Some(1) None");
    assert!(
        page.text(".two").contains("other params"),
        "{}",
        page.text(".two")
    );
    let errors = errors.take();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(said(&bed).len(), 1);
    // It follows the channel as the other one asked for it.
    bed.server().publish("log", "entry", "2");
    bed.settle().await;
    assert!(page.text(".two").starts_with("Some(2)"));
}

#[wasm_bindgen_test]
async fn hooks_of_one_channel_may_change_their_params_together_or_one_after_the_other() {
    let errors = Log::default();
    let bed = TestBed::with_options(RealtimeOptions::default().with_on_error({
        let errors = errors.clone();
        move |error: RealtimeError| errors.note(error.to_string())
    }));
    let both = |one: u32, two: u32| {
        html! {
            <>
                <Entries token="t" days={one} name="one" />
                <Entries token="t" days={two} name="two" />
            </>
        }
    };
    let params = |days: u32| json!({ "params": { "days": days }, "token": "t" });
    let page = bed.mount(both(7, 7));
    bed.settle().await;
    page.set(both(8, 8));
    bed.settle().await;
    assert_eq!(errors.take(), [""; 0]);
    assert_eq!(page.text(".one"), "Some(1) None");
    assert_eq!(page.text(".two"), "Some(1) None");
    assert_eq!(said(&bed), [params(7), json!("unsubscribe"), params(8)]);

    // One after the other: an error for as long as it is one.
    for (one, two, refused) in [(9, 8, ".one"), (9, 9, ""), (9, 10, ".two")] {
        page.set(both(one, two));
        bed.settle().await;
        for class in [".one", ".two"] {
            let shown = page.text(class);
            assert_eq!(shown.contains("other params"), class == refused, "{shown}");
        }
    }
    assert_eq!(errors.take().len(), 2);
    // Who is in the way goes.
    page.set(html! { <><b /><Entries token="t" days=10 name="two" /></> });
    bed.settle().await;
    assert_eq!(page.text(".two"), "Some(1) None");
    assert_eq!(said(&bed).last(), Some(&params(10)));
    page.unmount();
    bed.pass(crate::support::seconds(5)).await;
    assert_eq!(bed.client().stats().channels.channels, 0);
    assert_eq!(bed.client().subscription_count(), 0);
}

#[component]
fn Room() -> Html {
    let secret = SubscribeOptions::default().with_token("secret");
    let presence = UsePresenceOptions::default().with_subscribe(secret.clone());
    let room = use_presence("room:1", User::new("u1", "Ada"), presence);
    let typing = SubscribeOptions::default().with_params(&json!({ "since": 1 }));
    let typing = UseTypingIndicatorOptions::default().with_subscribe(typing);
    let typing = use_typing_indicator("room:2", "u1", "Ada", typing);
    let list = UseRealtimeListOptions::<crate::support::Task>::default()
        .with_channel("tasks")
        .with_subscribe(secret);
    let list = use_realtime_list(
        key!["tasks"],
        || async { Ok::<_, FetchError>(Vec::new()) },
        list,
    );
    let error = list.channel_error().map(ToString::to_string);
    let typing = typing.typing_users().len();
    html! { <p>{ format!("{:?} {error:?} {typing}", room.error().map(ToString::to_string)) }</p> }
}

#[wasm_bindgen_test]
async fn lists_presence_and_typing_ask_with_theirs_and_show_a_refusal() {
    let bed = TestBed::new();
    for channel in ["room:1", "tasks"] {
        bed.server()
            .channel_tokens
            .insert(channel.into(), "other".into());
    }
    let page = bed.mount(html! { <Room /> });
    bed.settle().await;
    let mut said = said(&bed);
    said.sort_by_key(ToString::to_string);
    assert_eq!(
        said,
        [
            json!({ "params": { "since": 1 } }),
            json!({ "token": "secret" }),
            json!({ "token": "secret" }),
        ]
    );
    assert_eq!(page.text("p").matches("members only").count(), 2);
}
