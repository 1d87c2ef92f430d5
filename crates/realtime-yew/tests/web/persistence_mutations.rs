//! Mutations that outlive the page that made them, on the browser's real IndexedDB.

use crate::{
    persistence_kit::{TasksProps, mount, until},
    support::{Log, Task},
};
use realtime_core::{MutationError, SendError, ServerError};
use realtime_yew::{MutateError, PersistOptions, prelude::*, testing::TestBed};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

fn options(name: &str) -> RealtimeOptions {
    RealtimeOptions::default()
        .with_persist_mutations(PersistOptions::new(name).with_build("1"))
        .with_console(false)
}

/// Renames a task, and keeps that until the server has it.
fn rename(client: &RealtimeClient, title: &str) {
    let tasks = ListRef::<Task>::from(key!["tasks"]);
    let change = json!({ "id": 1, "title": title });
    client.mutate(
        MutationSpec::message("task:rename", "tasks", &change)
            .with_edit(tasks.update(1_u64, &json!({ "title": title })))
            .with_persist(),
    );
}

/// A bed whose page has made an edit offline and was closed once that was on the disk.
async fn closed_after_an_edit(name: &str) -> TestBed {
    let mut bed = TestBed::with_options(options(name));
    let page = mount(&bed, &TasksProps::default()).await;
    bed.set_unreachable(true);
    bed.cut();
    bed.settle().await;
    rename(&bed.client(), "Bake bread");
    until(&bed, || bed.client().stats().store.batches > 0).await;
    assert_eq!(page.text("p"), "Bake bread Call");
    page.unmount();
    bed.reload(options(name));
    bed
}

#[wasm_bindgen_test]
async fn what_was_done_offline_is_there_after_a_reload_and_sent_once() {
    let bed = closed_after_an_edit("edits").await;
    let ids = Log::default();
    let seen = ids.clone();
    bed.server().on("task:rename", move |_, request| {
        seen.note(request.text("id").to_owned());
        Ok(json!(null))
    });
    let again = TasksProps::default();
    let page = mount(&bed, &again).await;
    assert_eq!(page.text("p"), "Bake bread Call");
    assert_eq!(bed.client().pending_mutations(), 1);
    bed.set_unreachable(false);
    bed.client().reconnect();
    until(&bed, || bed.client().pending_mutations() == 0).await;
    assert_eq!(ids.take().len(), 1);
}

#[wasm_bindgen_test]
async fn one_that_fails_after_the_reload_is_told_to_the_app() {
    let mut bed = closed_after_an_edit("refused").await;
    bed.server().on("task:rename", |_, _| {
        Err(ServerError::new("forbidden", "not yours"))
    });
    let errors = Log::default();
    let told = errors.clone();
    bed.reload(options("refused").with_on_error(move |error| told.note(error)));
    let page = mount(&bed, &TasksProps::default()).await;
    bed.set_unreachable(false);
    bed.client().reconnect();
    until(&bed, || bed.client().pending_mutations() == 0).await;
    let errors = errors.take();
    assert!(
        matches!(
            errors[..],
            [RealtimeError::Unsaved(MutateError::Mutation(
                MutationError::Send(SendError::Server(_))
            ))]
        ),
        "{errors:?}"
    );
    until(&bed, || page.text("p") == "Bake Call").await;
}
