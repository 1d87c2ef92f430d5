//! Presence: who is here.

use crate::support::{Log, seconds};
use realtime_core::PresenceEvent;
use realtime_yew::{prelude::*, testing::TestBed};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
struct RoomProps {
    #[prop_or(AttrValue::Static("Ada"))]
    name: AttrValue,
    #[prop_or(true)]
    enabled: bool,
    #[prop_or_default]
    events: Log<String>,
}

#[component]
fn Room(props: &RoomProps) -> Html {
    let events = props.events.clone();
    let options = UsePresenceOptions::default()
        .with_enabled(props.enabled)
        .with_on_event(move |event| {
            events.note(match event {
                PresenceEvent::Joined(member) => format!("+{}", member.user.name),
                PresenceEvent::Updated { new, .. } => format!("={}", new.user.name),
                PresenceEvent::Left(member) => format!("-{}", member.user.name),
            });
        });
    let room = use_presence("room", User::new("u1", &*props.name), options);
    let names: Vec<_> = room
        .presence()
        .iter()
        .map(|member| member.user.name.to_string())
        .collect();
    let busy = {
        let room = room.clone();
        move |_| room.update_status(PresenceStatus::Busy)
    };
    let move_cursor = {
        let room = room.clone();
        move |_| {
            for step in 0..50 {
                room.update_metadata(&[step, step])
                    .expect("integers are JSON");
            }
        }
    };
    html! {
        <div>
            <p id="names">{ names.join(" ") }</p>
            <p id="status">{ room.my_status().as_str() }</p>
            <p id="live">{ room.is_live() }</p>
            <button id="busy" onclick={busy} />
            <button id="cursor" onclick={move_cursor} />
            <OnlineUsers users={room.online_users()} />
        </div>
    }
}

fn lin(status: &str) -> String {
    format!(
        r#"{{"userId":"u2","user":{{"id":"u2","name":"Lin"}},"status":"{status}","connectionId":"c2"}}"#
    )
}

#[wasm_bindgen_test]
async fn joining_announces_us_and_others_come_and_go() {
    let bed = TestBed::new();
    let events = Log::default();
    let page = bed.mount(html! { <Room events={events.clone()} /> });
    bed.settle().await;
    assert_eq!(bed.server().count("presence:announce"), 1);
    assert_eq!(
        (page.text("#names"), page.text("#live")),
        ("Ada".into(), "true".into())
    );
    bed.server()
        .publish("room", "presence:update", &lin("online"));
    bed.settle().await;
    assert_eq!(page.text("#names"), "Ada Lin");
    assert_eq!(page.count(".rt-online__user"), 2);
    bed.server()
        .publish("room", "presence:update", &lin("away"));
    bed.settle().await;
    assert_eq!(page.count(".rt-online__user"), 1);
    bed.server().publish(
        "room",
        "presence:leave",
        r#"{"userId":"u2","connectionId":"c2"}"#,
    );
    bed.settle().await;
    assert_eq!(page.text("#names"), "Ada");
    assert_eq!(events.take(), ["+Lin", "=Lin", "-Lin"]);
}

#[wasm_bindgen_test]
async fn a_heartbeat_is_sent_every_thirty_seconds() {
    let bed = TestBed::new();
    let _page = bed.mount(html! { <Room /> });
    bed.settle().await;
    bed.pass(seconds(95)).await;
    assert_eq!(bed.server().count("presence:announce"), 4);
}

#[wasm_bindgen_test]
async fn somebody_who_falls_silent_is_dropped() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Room /> });
    bed.settle().await;
    bed.server()
        .publish("room", "presence:update", &lin("online"));
    bed.settle().await;
    bed.pass(seconds(80)).await;
    assert_eq!(page.text("#names"), "Ada");
}

#[wasm_bindgen_test]
async fn a_status_is_shown_and_announced_at_once() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Room /> });
    bed.settle().await;
    page.click("#busy");
    realtime_yew::testing::flush().await;
    assert_eq!(page.text("#status"), "busy");
    bed.pass(seconds(1)).await;
    let server = bed.server();
    let last = server.requests.last().expect("there was an announcement");
    assert_eq!(last.envelope["data"]["status"], "busy");
}

#[wasm_bindgen_test]
async fn fifty_moves_of_the_cursor_are_sent_as_the_last() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Room /> });
    bed.settle().await;
    page.click("#cursor");
    bed.pass(seconds(1)).await;
    let server = bed.server();
    assert!(server.count("presence:announce") <= 3);
    let last = server.requests.last().expect("there was an announcement");
    assert_eq!(
        last.envelope["data"]["metadata"],
        serde_json::json!([49, 49])
    );
}

#[wasm_bindgen_test]
async fn unmounting_leaves() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Room /> });
    bed.settle().await;
    page.set(html! { <i /> });
    bed.pass(seconds(3)).await;
    assert_eq!(bed.server().count("presence:leave"), 1);
    bed.pass(seconds(120)).await;
    assert_eq!(bed.server().count("presence:announce"), 1);
    assert_eq!(bed.client().subscription_count(), 0);
}

#[wasm_bindgen_test]
async fn disabling_leaves_and_enabling_joins_again() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Room /> });
    bed.settle().await;
    page.set(html! { <Room enabled=false /> });
    bed.pass(seconds(3)).await;
    assert_eq!(
        (bed.server().count("presence:leave"), page.text("#names")),
        (1, String::new())
    );
    page.set(html! { <Room /> });
    bed.settle().await;
    assert_eq!(page.text("#names"), "Ada");
}

#[wasm_bindgen_test]
async fn another_name_is_not_seen_as_leaving() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Room /> });
    bed.settle().await;
    page.set(html! { <Room name="Ada L." /> });
    bed.pass(seconds(3)).await;
    assert_eq!(page.text("#names"), "Ada L.");
    assert_eq!(bed.server().count("presence:leave"), 0);
    assert_eq!(bed.server().count("presence:announce"), 2);
}

#[wasm_bindgen_test]
async fn a_page_that_goes_leaves_the_room() {
    let bed = TestBed::new();
    let _page = bed.mount(html! { <Room /> });
    bed.settle().await;
    bed.leave_page();
    assert_eq!(bed.server().count("presence:leave"), 1);
    bed.return_to_page();
    bed.settle().await;
    assert_eq!(bed.server().count("presence:announce"), 2);
}

#[wasm_bindgen_test]
async fn two_components_in_one_room_are_one_member() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <><Room /><Room /></> });
    bed.pass(seconds(1)).await;
    assert_eq!(bed.server().count("presence:announce"), 1);
    assert_eq!(bed.server().count("subscribe"), 1);
    page.set(html! { <><Room /></> });
    bed.pass(seconds(5)).await;
    assert_eq!(bed.server().count("presence:leave"), 0);
}

fn people(ids: &[&str]) -> std::rc::Rc<[std::rc::Rc<Member>]> {
    ids.iter()
        .map(|id| {
            let user = User::new(*id, format!("Name of {}", id.escape_debug()));
            std::rc::Rc::new(Member::new(user, PresenceStatus::Online))
        })
        .collect()
}

/// The number of those who are not shown has a place of its own, which no id can take.
#[wasm_bindgen_test]
async fn no_id_is_taken_for_the_number_of_the_others() {
    let bed = TestBed::new();
    let ids = ["\0more", "more", "user more", "u1", "u2"];
    let page = bed.mount(html! { <OnlineUsers users={people(&ids)} max=3 /> });
    bed.settle().await;
    let shown = |page: &realtime_yew::testing::Mounted| {
        (
            page.count(".rt-online__user"),
            page.text(".rt-online__more"),
        )
    };
    assert_eq!(shown(&page), (3, String::from("+2")));
    let turned = ["u2", "\0more", "u1", "more", "user more", "u3"];
    page.set(html! { <OnlineUsers users={people(&turned)} max=3 /> });
    bed.settle().await;
    assert_eq!(shown(&page), (3, String::from("+3")));
    assert_eq!(page.count("[data-user=more]"), 0);
    assert_eq!(page.count("[data-user=u2]:first-child"), 1);
}

/// The names of people stand beside their pictures, unseen, also where the page ends.
#[wasm_bindgen_test]
async fn names_that_do_not_show_make_no_page_wider() {
    let bed = TestBed::new();
    let page = bed.mount(html! {
        <div id="frame" style="inline-size: 12rem; overflow: auto;">
            <style>{ realtime_yew::STYLESHEET }</style>
            <div style="display: flex; justify-content: flex-end;">
                <OnlineUsers users={people(&["u1", "somebody with a very long name of many words"])} />
            </div>
        </div>
    });
    bed.settle().await;
    assert_eq!(page.count(".rt-avatar__name"), 2);
    let document = web_sys::window().and_then(|window| window.document());
    let frame = document.and_then(|document| document.query_selector("#frame").ok()?);
    let frame = frame.expect("it is mounted");
    assert_eq!(frame.scroll_width(), frame.client_width());
}
