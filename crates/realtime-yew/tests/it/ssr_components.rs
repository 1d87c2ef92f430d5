//! Every component under Yew's server renderer.

use crate::ssr::render;
use realtime_core::Typist;
use realtime_yew::prelude::*;
use std::rc::Rc;
use yew::prelude::*;

fn typists(names: &[&str]) -> Rc<[Rc<Typist>]> {
    names
        .iter()
        .map(|name| Rc::new(Typist::new(*name, name)))
        .collect()
}

async fn sentence(names: &[&str]) -> String {
    let html = render(html! { <TypingIndicator users={typists(names)} /> }).await;
    let start = html.find("rt-typing__text\">").unwrap() + "rt-typing__text\">".len();
    let end = html[start..].find("</span>").unwrap();
    html[start..start + end].to_owned()
}

#[tokio::test]
async fn the_typing_indicator_names_one_and_two_and_counts_more() {
    assert_eq!(sentence(&["Ada"]).await, "Ada is typing…");
    assert_eq!(sentence(&["Ada", "Lin"]).await, "Ada and Lin are typing…");
    assert_eq!(
        sentence(&["Ada", "Lin", "Bo"]).await,
        "3 people are typing…"
    );
}

#[tokio::test]
async fn the_typing_indicator_keeps_its_element_when_nobody_types() {
    let html = render(html! { <TypingIndicator users={typists(&[])} /> }).await;
    assert!(
        html.starts_with("<div ") && html.contains("class=\"rt-typing\""),
        "{html}"
    );
    assert!(html.contains("aria-live=\"polite\""), "{html}");
    assert_eq!(sentence(&[]).await, "");
}

#[tokio::test]
async fn a_name_is_text_and_not_html() {
    assert_eq!(
        sentence(&["<img src=x>"]).await,
        "&lt;img src=x&gt; is typing…"
    );
}

fn members(count: usize) -> Rc<[Rc<Member>]> {
    (0..count)
        .map(|index| {
            let user = User::new(format!("u{index}"), format!("Ada {index}"));
            let user = match index {
                0 => user.with_avatar("/ada.png"),
                _ => user,
            };
            Rc::new(Member::new(user, PresenceStatus::Online))
        })
        .collect()
}

#[tokio::test]
async fn online_users_shows_five_and_counts_the_rest() {
    let html = render(html! { <OnlineUsers users={members(7)} /> }).await;
    assert_eq!(html.matches("rt-avatar__name").count(), 5, "{html}");
    assert!(html.contains("+2</li>"), "{html}");
}

#[tokio::test]
async fn online_users_has_no_number_when_all_are_shown() {
    let html = render(html! { <OnlineUsers users={members(5)} /> }).await;
    assert!(!html.contains("rt-online__more"), "{html}");
}

#[tokio::test]
async fn a_user_has_a_picture_or_initials_and_a_name_within_reach_of_the_keyboard() {
    let html = render(html! { <OnlineUsers users={members(2)} /> }).await;
    assert!(html.contains("src=\"/ada.png\""), "{html}");
    assert_eq!(html.matches("rt-avatar__initials").count(), 1, "{html}");
    assert!(html.contains(">A1</span>"), "{html}");
    assert_eq!(html.matches("tabindex=\"0\"").count(), 2, "{html}");
}

#[tokio::test]
async fn the_picture_of_a_stranger_tells_their_server_as_little_as_can_be() {
    let html = render(html! { <OnlineUsers users={members(1)} /> }).await;
    let start = html.find("<img ").expect("there is a picture");
    let picture = &html[start..start + html[start..].find('>').unwrap()];
    // Browsers begin to load where `src` is set: what comes later comes too late.
    let source = picture.find("src=").expect("it has a source");
    for said in ["referrerpolicy=\"no-referrer\"", "loading=\"lazy\""] {
        let at = picture.find(said);
        assert!(at.is_some_and(|at| at < source), "{said}: {picture}");
    }
}

#[tokio::test]
async fn the_connection_status_is_said_in_words() {
    let html = render(html! { <ConnectionIndicator /> }).await;
    assert!(html.contains(">Connecting…</span>"), "{html}");
}

#[test]
fn the_stylesheet_knows_every_class_name_and_asks_for_reduced_motion() {
    for class in [
        "rt-connection__dot",
        "rt-online__more",
        "rt-avatar__name",
        "rt-typing__dots",
        "prefers-reduced-motion",
    ] {
        assert!(realtime_yew::STYLESHEET.contains(class), "{class}");
    }
}

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Line {
    id: u32,
}

impl ListItem for Line {
    fn id(&self) -> RowId {
        self.id.into()
    }
}

#[component]
fn Lines() -> Html {
    let lines = use_realtime_list(
        key!["lines"],
        || async { Ok::<Vec<Line>, FetchError>(Vec::new()) },
        UseRealtimeListOptions::default()
            .with_render_on(RenderOn::Status)
            .with_initial_data((0..1_000).map(|id| Line { id }).collect::<Vec<_>>()),
    );
    let row = use_callback(
        (),
        |row: VirtualRow<Line>, ()| html! { <b>{ row.id.to_string() }</b> },
    );
    html! {
        <VirtualList<Line>
            list={lines.list_ref()}
            {row}
            window={WindowOptions::fixed(20.0).with_initial_rows(12)}
            label="Lines"
        />
    }
}

#[tokio::test]
async fn a_virtual_list_shows_as_many_rows_as_it_is_told_to_and_says_how_many_there_are() {
    let html = render(html! { <Lines /> }).await;
    assert_eq!(html.matches("role=\"listitem\"").count(), 12, "{html}");
    assert_eq!(html.matches("aria-setsize=\"1000\"").count(), 12, "{html}");
    assert!(
        html.contains("<b>11</b>") && !html.contains("<b>12</b>"),
        "{html}"
    );
    assert!(!html.contains("style="), "sizes are for the browser to say");
}
