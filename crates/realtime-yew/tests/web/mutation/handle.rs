//! The handle and the client's own method: commands at any time, and what nobody hears.

use super::board::{Act, Note, board, edit, note, open, refusal, shown};
use crate::support::{Count, Log};
use realtime_core::{MutationError, MutationStatus};
use realtime_yew::prelude::*;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[wasm_bindgen_test]
async fn a_cancelled_edit_goes_at_once() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    bed.cut();
    hand.act(edit("n1", "Bake bread")).await;
    assert_eq!(shown(&page, "n1"), ("Bake bread".into(), "pending"));
    hand.get().cancel();
    realtime_yew::testing::flush().await;
    assert_eq!(shown(&page, "n1"), ("Bake".into(), "synced"));
    let status = MutationStatus::Failed(MutationError::Cancelled);
    assert_eq!(hand.get().status(), Some(&status));
    hand.get().dismiss();
    realtime_yew::testing::flush().await;
    assert_eq!(hand.get().status(), None);
    assert!(hand.get().variables().is_none());
}

#[wasm_bindgen_test]
async fn retrying_a_failure_that_was_not_kept_does_the_same_again() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    hand.act(edit("n3", "Dig")).await;
    bed.settle().await;
    assert_eq!(hand.get().variables().as_deref(), Some(&edit("n3", "Dig")));
    assert!(hand.get().error().is_some());
    board.notes.borrow_mut().push(note("n3", "Old"));
    hand.get().retry();
    bed.settle().await;
    assert_eq!(hand.get().error(), None);
    assert_eq!(board.notes.borrow()[2].text, "Dig");
    hand.get().retry();
    bed.settle().await;
    assert_eq!(
        bed.server().count("note:edit"),
        2,
        "what went well is not done again"
    );
    drop(page);
}

/// Posts something, and tells nobody how that ends.
#[component]
fn Silent() -> Html {
    let post = use_realtime_mutation(
        |(): &()| MutationSpec::message("post", None, &json!({})),
        UseRealtimeMutationOptions::default(),
    );
    let onclick = post.mutate_callback().reform(|_: MouseEvent| ());
    html! { <button {onclick} /> }
}

#[wasm_bindgen_test]
async fn what_fails_after_its_component_has_unmounted_is_told_to_the_app() {
    let log = Log::<String>::default();
    let errors = log.clone();
    let options = RealtimeOptions::default()
        .with_on_error(move |error: RealtimeError| errors.note(error.to_string()));
    let (bed, _) = board(options);
    bed.server()
        .on("post", |_, _| Err(refusal("full", "there is no room")));
    let page = bed.mount(html! { <Silent /> });
    bed.settle().await;
    page.click("button");
    page.unmount();
    realtime_yew::testing::flush().await;
    bed.settle().await;
    let errors = log.take();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].starts_with("a change was not saved"),
        "{errors:?}"
    );
    assert_eq!(bed.client().subscription_count(), 0);
    assert_eq!(bed.client().pending_mutations(), 0);
}

#[wasm_bindgen_test]
async fn a_handle_works_after_its_component_has_unmounted() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    page.unmount();
    realtime_yew::testing::flush().await;
    hand.act(edit("n1", "Bake bread")).await;
    bed.settle().await;
    assert_eq!(board.notes.borrow()[0].text, "Bake bread");
    assert_eq!(board.log.take(), [r#"saved Some("Bake bread")"#]);
    hand.get().retry();
    hand.get().cancel();
    hand.get().dismiss();
    bed.pass(crate::support::seconds(400)).await;
    assert_eq!(bed.client().subscription_count(), 0);
    assert_eq!(bed.server().count("note:edit"), 1);
}

#[wasm_bindgen_test]
async fn a_mutation_that_waits_does_not_keep_the_client_of_a_page_that_is_gone() {
    let (mut bed, board) = board(RealtimeOptions::default());
    let (page, hand) = open(&bed, &board).await;
    bed.set_unreachable(true);
    bed.cut();
    hand.act(edit("n1", "Bake bread")).await;
    assert_eq!(bed.client().pending_mutations(), 1);
    drop((page, hand));
    realtime_yew::testing::flush().await;
    assert_eq!(bed.page_listeners(), 1);
    bed.drop_client();
    assert_eq!(bed.page_listeners(), 0);
}

#[derive(PartialEq, Properties)]
struct ButtonProps {
    renders: Count,
    onclick: Callback<Act>,
}

#[component]
fn Button(props: &ButtonProps) -> Html {
    props.renders.up();
    let onclick = props.onclick.reform(|_: MouseEvent| edit("n1", "Pressed"));
    html! { <button {onclick} /> }
}

#[derive(PartialEq, Properties)]
struct OuterProps {
    renders: Count,
}

#[component]
fn Outer(props: &OuterProps) -> Html {
    let notes = use_memo((), |()| ListRef::<Note>::from(key!["notes"]));
    let change = use_realtime_mutation(
        move |_: &Act| {
            MutationSpec::message(
                "note:edit",
                "notes",
                &json!({ "id": "n1", "text": "Pressed" }),
            )
            .with_edit(notes.update("n1", &json!({ "text": "Pressed" })))
        },
        UseRealtimeMutationOptions::default(),
    );
    html! {
        <p data-pending={change.is_pending().to_string()}>
            <Button renders={props.renders.clone()} onclick={change.mutate_callback()} />
        </p>
    }
}

#[wasm_bindgen_test]
async fn the_callback_is_the_same_in_every_render() {
    let (bed, _) = board(RealtimeOptions::default());
    let renders = Count::default();
    let page = bed.mount(html! { <Outer renders={renders.clone()} /> });
    bed.settle().await;
    page.click("button");
    realtime_yew::testing::flush().await;
    assert_eq!(page.count("p[data-pending=true]"), 1);
    bed.settle().await;
    assert_eq!(page.count("p[data-pending=false]"), 1);
    assert_eq!(renders.get(), 1);
}

#[wasm_bindgen_test]
async fn the_clients_own_method_gives_the_answer_or_why_there_is_none() {
    let (bed, board) = board(RealtimeOptions::default());
    let (page, _) = open(&bed, &board).await;
    let notes = ListRef::<Note>::from(key!["notes"]);
    let edit = |id: &str, text: &str| {
        let (id, text) = (id.to_owned(), text.to_owned());
        bed.client().mutate(
            MutationSpec::message("note:edit", "notes", &json!({ "id": id, "text": text }))
                .with_edit(notes.update(&id, &json!({ "text": text })))
                .with_answer::<Note>(),
        )
    };
    let (good, bad) = (edit("n1", "Bake bread"), edit("n2", ""));
    realtime_yew::testing::flush().await;
    assert_eq!(shown(&page, "n1"), ("Bake bread".into(), "pending"));
    assert!(good.id().is_some() && good.id() != bad.id());
    bed.settle().await;
    assert_eq!(good.await.unwrap().unwrap().version, 2);
    assert!(
        bad.await
            .unwrap_err()
            .to_string()
            .contains("a note needs a text")
    );
}
