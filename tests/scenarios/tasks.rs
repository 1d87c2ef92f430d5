//! The task board in two browsers.

use crate::SOON;
use realtime_e2e::{
    Http, KitError, Page, Pointer, ServerKind, Visitor, demo::TaskRow, ensure, scenario_on,
};

on_every_server![
    what_one_does_to_the_tasks_the_other_sees,
    a_row_is_dragged_by_its_grip_with_a_mouse_or_a_finger,
    an_edit_in_progress_is_not_lost_when_somebody_else_changes_the_list,
    edits_by_both_at_once_end_up_the_same_for_both,
];

/// Both see what the server has, row by row.
fn agree(http: &Http, ada: &Visitor, lin: &Visitor) -> Result<Vec<TaskRow>, KitError> {
    let seen = ada.await_server_tasks(http, SOON)?;
    let too = lin.await_server_tasks(http, SOON)?;
    ensure(seen == too, || {
        format!("one sees {seen:?}, the other {too:?}")
    })?;
    Ok(seen)
}

fn place(rows: &[TaskRow], id: &str) -> Option<usize> {
    rows.iter().position(|row| row.id == id)
}

fn what_one_does_to_the_tasks_the_other_sees(server: ServerKind) {
    scenario_on(server, "tasks", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let http = stage.http()?;
        let before = agree(http, &ada, &lin)?;
        ensure(before.len() > 2, || {
            "the server starts with some tasks".into()
        })?;

        ada.add_task("Buy oranges")?;
        let oranges = lin.await_task("Buy oranges", SOON)?;
        let after = agree(http, &ada, &lin)?;
        ensure(after.len() == before.len() + 1, || {
            format!("one row more: {after:?}")
        })?;

        lin.edit_task(&oranges.id, "Buy blood oranges")?;
        let edited = ada.await_task("Buy blood oranges", SOON)?;
        ensure(edited.id == oranges.id, || "it is the same row".into())?;
        ensure(edited.version > oranges.version, || {
            "its version has grown".into()
        })?;
        agree(http, &ada, &lin)?;

        ada.toggle_task(&oranges.id)?;
        lin.await_tasks("it is done", SOON, |rows| {
            rows.iter().any(|row| row.id == oranges.id && row.done)
        })?;
        let rows = agree(http, &ada, &lin)?;

        let from = place(&rows, &oranges.id);
        lin.move_task_up(&oranges.id)?;
        ada.await_tasks("it is one higher", SOON, |rows| {
            place(rows, &oranges.id).map(|place| place + 1) == from
        })?;
        ada.move_task_down(&oranges.id)?;
        lin.await_tasks("it is back", SOON, |rows| place(rows, &oranges.id) == from)?;
        agree(http, &ada, &lin)?;

        ada.delete_task(&oranges.id)?;
        lin.await_tasks("it is gone", SOON, |rows| {
            place(rows, &oranges.id).is_none()
        })?;
        let rows = agree(http, &ada, &lin)?;
        ensure(rows == before, || format!("all is as it was: {rows:?}"))
    });
}

fn a_row_is_dragged_by_its_grip_with_a_mouse_or_a_finger(server: ServerKind) {
    scenario_on(server, "tasks-dragged", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let http = stage.http()?;
        for pointer in [Pointer::Mouse, Pointer::Touch] {
            let rows = agree(http, &ada, &lin)?;
            let (first, third) = (&rows[0], &rows[2]);
            ada.drag_task_below(pointer, &first.id, &third.id)?;
            lin.await_tasks("the first row is the third", SOON, |rows| {
                place(rows, &first.id) == Some(2)
            })?;
        }
        // Let go where no row is, it stays where it was.
        let rows = agree(http, &ada, &lin)?;
        ada.drag_task_out(Pointer::Touch, &rows[0].id)?;
        let after = agree(http, &ada, &lin)?;
        ensure(after == rows, || format!("nothing has moved: {after:?}"))
    });
}

fn an_edit_in_progress_is_not_lost_when_somebody_else_changes_the_list(server: ServerKind) {
    scenario_on(server, "tasks-editing", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let http = stage.http()?;
        let rows = agree(http, &ada, &lin)?;
        let (first, second) = (&rows[0], &rows[1]);

        ada.start_editing(&first.id, "My own words")?;
        lin.edit_task(&second.id, "Changed meanwhile")?;
        lin.add_task("Added meanwhile")?;
        ada.await_task("Changed meanwhile", SOON)?;
        ada.await_task("Added meanwhile", SOON)?;
        ada.save_editing(&first.id)?;
        lin.await_task("My own words", SOON)?;
        agree(http, &ada, &lin)?;

        ada.start_editing(&first.id, "Better not")?;
        ada.cancel_editing(&first.id)?;
        let rows = agree(http, &ada, &lin)?;
        ensure(rows[0].title == "My own words", || {
            format!("Escape changes nothing: {rows:?}")
        })
    });
}

fn edits_by_both_at_once_end_up_the_same_for_both(server: ServerKind) {
    scenario_on(server, "tasks-both", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter_beside("Lin", Page::Tasks)?;
        let http = stage.http()?;
        let rows = agree(http, &ada, &lin)?;
        for (round, row) in rows.iter().enumerate().take(3) {
            ada.start_editing(&row.id, &format!("Ada's {round}"))?;
            lin.start_editing(&row.id, &format!("Lin's {round}"))?;
            ada.save_editing(&row.id)?;
            lin.save_editing(&row.id)?;
            ada.move_task_down(&row.id)?;
            lin.toggle_task(&row.id)?;
        }
        agree(http, &ada, &lin)?;
        Ok(())
    });
}
