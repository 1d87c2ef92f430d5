//! Edits that show before the server has them.

use crate::{RECOVERS, SOON};
use realtime_e2e::{Page, ServerKind, Visitor, demo::TaskRow, ensure, eventually, scenario_on};
use std::time::Duration;

on_every_server![
    what_is_edited_without_a_connection_shows_waits_and_settles,
    edits_of_different_fields_of_one_task_at_once_both_survive,
    of_two_edits_of_one_field_at_once_theirs_is_kept_and_the_loser_is_told,
    an_edit_that_lost_never_shows_as_done_whatever_else_was_done_to_the_task,
    an_edit_of_a_task_that_somebody_else_has_deleted_is_told_to_be_lost,
    a_change_that_the_server_refuses_can_be_tried_again_and_dismissed,
];

fn await_toast(visitor: &Visitor, words: &str) -> Result<(), realtime_e2e::KitError> {
    let what = format!("{} is told {words:?}", visitor.name());
    let told = |toasts: &Vec<String>| toasts.iter().any(|toast| toast.contains(words));
    eventually(&what, SOON, || visitor.toasts(), told).map(drop)
}

fn what_is_edited_without_a_connection_shows_waits_and_settles(server: ServerKind) {
    scenario_on(server, "optimistic-cut", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let http = stage.http()?;
        let before = ada.await_server_tasks(http, SOON)?;

        ada.take_offline(true)?;
        ada.cut()?;
        ada.await_trouble(SOON)?;
        ada.edit_task(&before[0].id, "Edited offline")?;
        ada.toggle_task(&before[1].id)?;
        ada.move_task_down(&before[0].id)?;
        ada.delete_task(&before[2].id)?;
        ada.add_task("Added offline")?;
        ada.await_task_state("Edited offline", "pending", SOON)?;
        ada.await_task_state("Added offline", "pending", SOON)?;
        let shown: Vec<String> = ada.tasks()?.into_iter().map(|row| row.title).collect();
        ensure(shown[1] == "Edited offline", || {
            format!("it has moved: {shown:?}")
        })?;
        ensure(!shown.contains(&before[2].title), || {
            format!("it is gone: {shown:?}")
        })?;
        let held = http.fetch::<Vec<TaskRow>>("/api/tasks")?;
        ensure(held == before, || {
            format!("the server knows nothing of it: {held:?}")
        })?;
        // What somebody else does meanwhile.
        lin.edit_task(&before[3].id, "Edited by Lin")?;
        lin.await_task_state("Edited by Lin", "synced", SOON)?;

        ada.take_offline(false)?;
        ada.await_status("connected", RECOVERS)?;
        ada.await_task_state("Edited offline", "synced", SOON)?;
        ada.await_task_state("Added offline", "synced", SOON)?;
        ada.await_task("Edited by Lin", SOON)?;
        let after = ada.await_server_tasks(http, SOON)?;
        ensure(lin.await_server_tasks(http, SOON)? == after, || {
            "both see the same".into()
        })?;
        let titles: Vec<&str> = after.iter().map(|row| row.title.as_str()).collect();
        ensure(titles[1] == "Edited offline", || {
            format!("it stays there: {titles:?}")
        })?;
        ensure(after.len() == before.len(), || {
            format!("one more, one less: {titles:?}")
        })
    });
}

fn edits_of_different_fields_of_one_task_at_once_both_survive(server: ServerKind) {
    scenario_on(server, "optimistic-fields", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter_beside("Lin", Page::Tasks)?;
        let http = stage.http()?;
        let before = ada.await_server_tasks(http, SOON)?;
        let task = &before[1];
        ada.take_offline(true)?;
        ada.cut()?;
        ada.await_trouble(SOON)?;
        ada.edit_task(&task.id, "Ada's title")?;
        ada.await_task_state("Ada's title", "pending", SOON)?;
        lin.toggle_task(&task.id)?;
        lin.await_tasks("it is ticked", SOON, |rows| {
            rows.iter()
                .any(|row| row.id == task.id && row.done != task.done)
        })?;
        ada.take_offline(false)?;
        for visitor in [&ada, &lin] {
            visitor.await_tasks("both edits are there", RECOVERS, |rows| {
                let merged = |row: &TaskRow| row.title == "Ada's title" && row.done != task.done;
                rows.iter().any(|row| row.id == task.id && merged(row))
            })?;
        }
        ada.await_task_state("Ada's title", "synced", SOON)?;
        ada.await_server_tasks(http, SOON)?;
        let toasts = ada.toasts()?;
        ensure(toasts.is_empty(), || format!("nobody has lost: {toasts:?}"))
    });
}

fn of_two_edits_of_one_field_at_once_theirs_is_kept_and_the_loser_is_told(server: ServerKind) {
    scenario_on(server, "optimistic-field", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let http = stage.http()?;
        let before = ada.await_server_tasks(http, SOON)?;
        let task = &before[1];
        ada.take_offline(true)?;
        ada.cut()?;
        ada.await_trouble(SOON)?;
        ada.edit_task(&task.id, "Ada's title")?;
        lin.edit_task(&task.id, "Lin's title")?;
        lin.await_task_state("Lin's title", "synced", SOON)?;
        ada.take_offline(false)?;
        ada.await_task_state("Lin's title", "synced", RECOVERS)?;
        await_toast(
            &ada,
            "Lin changed the title at the same time; theirs was kept",
        )?;
        let seen = ada.await_server_tasks(http, SOON)?;
        ensure(lin.await_server_tasks(http, SOON)? == seen, || {
            "both see the same".into()
        })
    });
}

fn an_edit_that_lost_never_shows_as_done_whatever_else_was_done_to_the_task(server: ServerKind) {
    scenario_on(server, "optimistic-overruled", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let http = stage.http()?;
        let before = ada.await_server_tasks(http, SOON)?;
        let task = &before[1];
        ada.take_offline(true)?;
        ada.cut()?;
        ada.await_trouble(SOON)?;
        ada.watch_row(&task.id)?;
        // The move is under way when the title has lost.
        ada.move_task_down(&task.id)?;
        ada.edit_task(&task.id, "Ada's title")?;
        lin.edit_task(&task.id, "Lin's title")?;
        lin.await_task_state("Lin's title", "synced", SOON)?;
        ada.take_offline(false)?;
        let what = "the task has moved, and has Lin's title";
        lin.await_tasks(what, RECOVERS, |rows| rows[2].title == "Lin's title")?;
        let settled = "synced: Lin's title".to_owned();
        let what = format!("Ada ends with {settled:?}");
        let seen = eventually(
            &what,
            RECOVERS,
            || ada.seen_in_row(),
            |seen| seen.last() == Some(&settled),
        )?;
        let seen_last = || {
            let first = seen.iter().position(|shown| shown.ends_with("Lin's title"));
            first.is_some_and(|first| seen[first..].iter().all(|it| it.ends_with("Lin's title")))
        };
        ensure(
            !seen.contains(&"synced: Ada's title".into()) && seen_last(),
            || format!("Ada saw {seen:?}"),
        )?;
        ada.await_server_tasks(http, SOON).map(drop)
    });
}

fn an_edit_of_a_task_that_somebody_else_has_deleted_is_told_to_be_lost(server: ServerKind) {
    scenario_on(server, "optimistic-gone", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let http = stage.http()?;
        let before = ada.await_server_tasks(http, SOON)?;
        let task = &before[1];
        ada.take_offline(true)?;
        ada.cut()?;
        ada.await_trouble(SOON)?;
        ada.edit_task(&task.id, "Ada's title")?;
        lin.delete_task(&task.id)?;
        let shorter = lin.await_tasks("it is gone", SOON, |rows| rows.len() < before.len())?;
        ada.take_offline(false)?;
        ada.await_status("connected", RECOVERS)?;
        await_toast(&ada, "The task was not changed")?;
        let seen = ada.await_server_tasks(http, SOON)?;
        ensure(seen == shorter, || format!("no ghost of it: {seen:?}"))
    });
}

fn a_change_that_the_server_refuses_can_be_tried_again_and_dismissed(server: ServerKind) {
    scenario_on(server, "optimistic-refused", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let http = stage.http()?;
        let before = ada.await_server_tasks(http, SOON)?;
        let title = "long ".repeat(50);
        let title = title.trim();
        ada.paste_task(title)?;
        ada.await_task_state(title, "failed", SOON)?;
        let row = ada.await_task(title, SOON)?;
        let error = ada.task_error(&row.id)?.unwrap_or_default();
        ensure(error.contains("200"), || format!("it says why: {error:?}"))?;
        ada.retry_task(&row.id)?;
        ada.await_task_state(title, "failed", SOON)?;
        ada.dismiss_task(&row.id)?;
        let after = ada.await_server_tasks(http, Duration::from_secs(3))?;
        ensure(after == before, || format!("all is as it was: {after:?}"))
    });
}
