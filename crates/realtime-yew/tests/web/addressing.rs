//! Events that do not name their channel, for every kind of hook: led by rules, or given to none.

use crate::support::Log;
use realtime_yew::{prelude::*, testing::TestBed};
use serde::{Deserialize, Serialize};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Stock {
    price: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Todo {
    id: u32,
    title: String,
}

impl ListItem for Todo {
    fn id(&self) -> RowId {
        self.id.into()
    }
}

/// One of two places, with every hook on its channel.
#[derive(PartialEq, Properties)]
struct PlaceProps {
    name: AttrValue,
    heard: Log<String>,
}

#[component]
fn Place(PlaceProps { name, heard }: &PlaceProps) -> Html {
    let channel = format!("places:{name}");
    let stock = use_realtime_query(
        key!["stock", &**name],
        || async { Ok::<_, FetchError>(Stock { price: 0 }) },
        UseRealtimeQueryOptions::default()
            .with_event("stock:update")
            .with_channel(&*channel),
    );
    let todos = use_realtime_list(
        key!["todos", &**name],
        || async { Ok::<_, FetchError>(Vec::<Todo>::new()) },
        UseRealtimeListOptions::default().with_channel(&*channel),
    );
    let presence = use_presence(
        &channel,
        User::new("ada", "Ada"),
        UsePresenceOptions::default(),
    );
    let typing = use_typing_indicator(&channel, "ada", "Ada", UseTypingIndicatorOptions::default());
    use_realtime_event("notice", Some(&channel), {
        let (name, heard) = (name.clone(), heard.clone());
        move |event: &ReceivedEvent| heard.note(format!("{name} {}", event.data))
    });
    let others = presence.others().map(|member| member.user.id.to_string());
    let others: Vec<_> = others.collect();
    let typing: Vec<_> = typing
        .typing_users()
        .iter()
        .map(|it| it.id.to_string())
        .collect();
    let titles: Vec<_> = todos.iter().map(|todo| todo.title.clone()).collect();
    html! {
        <p id={name}>
            { stock.data().map(|stock| stock.price) } { "|" } { titles.join(" ") } { "|" }
            { others.join(" ") } { "|" } { typing.join(" ") }
        </p>
    }
}

/// What the server of the React pattern says, of a place or of none.
fn say(bed: &TestBed, place: &str) {
    for (event, data) in [
        ("stock:update", format!(r#"{{"place":{place},"price":7}}"#)),
        (
            "list:update",
            format!(r#"{{"action":"create","item":{{"place":{place},"id":1,"title":"x"}}}}"#),
        ),
        (
            "presence:update",
            format!(r#"{{"place":{place},"userId":"bob"}}"#),
        ),
        ("typing:start", format!(r#"{{"place":{place},"id":"eve"}}"#)),
        ("notice", format!(r#"{{"place":{place}}}"#)),
    ] {
        let frame = format!(r#"{{"event":"{event}","data":{data}}}"#);
        bed.server().send_raw(&frame);
    }
}

#[derive(Deserialize)]
struct Placed {
    place: String,
}

fn with_rules() -> RealtimeOptions {
    RealtimeOptions::default()
        .with_channel_field("stock:update", "place", "places:{}")
        .with_channel_field("list:update", "item.place", "places:{}")
        .with_channel_of(|_, data| {
            let placed: Placed = serde_json::from_str(data).ok()?;
            Some(format!("places:{}", placed.place))
        })
}

#[wasm_bindgen_test]
async fn a_rule_leads_an_event_to_the_hooks_of_its_channel() {
    let bed = TestBed::with_options(with_rules());
    let heard = Log::default();
    let page = bed.mount(html! {
        <>
            <Place name="a" heard={heard.clone()} />
            <Place name="b" heard={heard.clone()} />
        </>
    });
    bed.settle().await;
    say(&bed, r#""b""#);
    bed.settle().await;
    assert_eq!(page.text("#a"), "0|||");
    assert_eq!(page.text("#b"), "7|x|bob|eve");
    assert_eq!(heard.take(), [r#"b {"place":"b"}"#]);
    assert!(bed.take_warnings().is_empty());
}

#[wasm_bindgen_test]
async fn what_could_be_for_two_channels_changes_neither_and_the_console_says_so_once() {
    let errors = Log::default();
    // A rule that does not know is none.
    let bed = TestBed::with_options(with_rules().with_console(true).with_on_error({
        let errors = errors.clone();
        move |error: RealtimeError| errors.note(error.to_string())
    }));
    let heard = Log::default();
    let page = bed.mount(html! {
        <>
            <Place name="a" heard={heard.clone()} />
            <Place name="b" heard={heard.clone()} />
        </>
    });
    bed.settle().await;
    for _ in 0..3 {
        say(&bed, "null");
        bed.settle().await;
    }
    assert_eq!(page.text("#a"), "0|||");
    assert_eq!(page.text("#b"), "0|||");
    assert!(heard.take().is_empty());
    let warnings = bed.take_warnings();
    assert_eq!(warnings.len(), 5, "{warnings:?}");
    assert_eq!(warnings, errors.take());
    let expected = "event `stock:update` names no channel and 2 channels listen to it";
    assert!(warnings[0].starts_with(expected), "{}", warnings[0]);
    assert!(
        warnings[0].contains("with_channel_field"),
        "{}",
        warnings[0]
    );
}
