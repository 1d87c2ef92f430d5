//! The states between and beside the data: loading, error, empty, restored, offline; not saved yet, not saved at all.

use super::{
    RECOVERS, Report, SOON,
    gallery::{accessible, put},
};
use crate::{
    KitError, Requests, Scheme, Size,
    demo::{Page, TaskRow, Visitor, by_id},
    ensure, eventually,
};
use std::time::Duration;

/// A page that keeps nothing over page loads, so that it has to wait for its data.
const UNKEPT: Page = Page::Notifications;
/// A room where nobody speaks.
const QUIET: Page = Page::RoomNamed("quiet-corner");
const API: &str = "/api/";
/// A title that is written without a network.
const LATE: &str = "Edited while there was no network";

/// Brings the page into each state, photographs it, and sees it out again.
pub(super) fn show(ada: &Visitor, base: &str, report: &mut Report) {
    let empty = ada
        .turn_to_page(QUIET)
        .and_then(|()| shown(ada, "empty", SOON));
    state(ada, "empty", empty, report);

    let loading = ada
        .requests(API, Requests::Hold)
        .and_then(|()| ada.open(base, UNKEPT))
        .and_then(|()| shown(ada, "loading", SOON));
    state(ada, "loading", loading, report);
    let loaded = ada
        .requests(API, Requests::Pass)
        .and_then(|()| ada.await_data());
    report.check("what was loading is there in the end", loaded);

    let error = ada
        .requests(API, Requests::Fail)
        .and_then(|()| ada.open(base, UNKEPT))
        .and_then(|()| shown(ada, "error", RECOVERS));
    state(ada, "error", error, report);
    let retried = ada
        .requests(API, Requests::Pass)
        .and_then(|()| ada.click(&by_id("retry")))
        .and_then(|()| ada.await_data());
    report.check("the retry button brings the data", retried);

    let restored = ada
        .requests(API, Requests::Fail)
        .and_then(|()| ada.open(base, Page::Tasks))
        .and_then(|()| ada.await_tasks("the rows are there", SOON, |rows| !rows.is_empty()))
        .and_then(|_| {
            let status = ada.status()?;
            ensure(status.as_deref() != Some("connected"), || {
                "nothing is asked of the server".into()
            })
        });
    state(ada, "restored", restored, report);
    let connected = ada
        .requests(API, Requests::Pass)
        .and_then(|()| ada.await_status("connected", RECOVERS));
    report.check("a page that shows what was kept connects", connected);

    // Without a token there is no next connection, and a browser that is offline may hold back what
    // cuts this one.
    let offline = ada
        .await_status("connected", RECOVERS)
        .and_then(|()| ada.requests(API, Requests::Fail))
        .and_then(|()| ada.cut())
        .and_then(|()| shown(ada, "offline", SOON))
        .and_then(|()| ada.take_offline(true));
    state(ada, "offline", offline, report);
    let pending = first_task(ada).and_then(|task| {
        ada.edit_task(&task.id, LATE)?;
        ada.await_task_state(LATE, "pending", SOON)?;
        Ok(task)
    });
    let (task, pending) = pending.map_or_else(|error| (None, Err(error)), |it| (Some(it), Ok(())));
    state(ada, "pending", pending, report);
    let online = ada
        .requests(API, Requests::Pass)
        .and_then(|()| ada.take_offline(false))
        .and_then(|()| ada.await_status("connected", RECOVERS))
        .and_then(|()| hidden(ada, "offline"));
    report.check("with the network the offline banner goes", online);
    let Some(task) = task else { return };
    let saved = ada
        .await_task_state(LATE, "synced", RECOVERS)
        .and_then(|()| ada.edit_task(&task.id, &task.title))
        .and_then(|()| ada.await_task_state(&task.title, "synced", SOON));
    report.check("what was edited offline is saved", saved);

    let endless = "Far too long a title. ".repeat(12);
    let endless = endless.trim();
    let refused = ada
        .paste_title(&task.id, endless)
        .and_then(|()| ada.await_task_state(endless, "failed", SOON));
    state(ada, "failed", refused, report);
    let dismissed = ada
        .dismiss_task(&task.id)
        .and_then(|()| ada.await_task_state(&task.title, "synced", SOON));
    report.check("a change that was not saved can be dismissed", dismissed);
}

/// Photographs two tabs of one person, of which one has the connection.
pub(super) fn beside(ada: &Visitor, second: &Visitor, base: &str, report: &mut Report) {
    let opened = second
        .open(base, Page::Tasks)
        .and_then(|()| second.await_data())
        .and_then(|()| second.await_tab("follower", 2, SOON));
    state(second, "tab-follower", opened, report);
    let leads = ada.show().and_then(|()| ada.await_tab("leader", 2, SOON));
    state(ada, "tab-leader", leads, report);
    let closed = second
        .close()
        .and_then(|()| ada.await_tab("leader", 1, SOON));
    report.check("a tab that is closed is counted no more", closed);
}

fn first_task(ada: &Visitor) -> Result<TaskRow, KitError> {
    let first = ada.tasks()?.into_iter().next();
    first.ok_or_else(|| KitError::Wrong("there is no task".into()))
}

fn state(ada: &Visitor, name: &str, reached: Result<(), KitError>, report: &mut Report) {
    if report
        .check(&format!("the {name} state is shown"), reached)
        .is_none()
    {
        return;
    }
    for (size, scheme) in [(Size::WIDE, Scheme::Light), (Size::NARROW, Scheme::Dark)] {
        report.check(
            &format!("{name}, {}: fits", size.name),
            put(ada, size, scheme),
        );
        report.shot_at(ada, &format!("state-{name}"), size, scheme);
        report.check(
            &format!("{name}, {}: no rule of accessibility is broken", size.name),
            accessible(ada),
        );
    }
    report.check(
        "back to wide and light",
        put(ada, Size::WIDE, Scheme::Light),
    );
}

fn shown(ada: &Visitor, id: &str, within: Duration) -> Result<(), KitError> {
    let what = format!("{id} is shown");
    eventually(&what, within, || ada.count(&by_id(id)), |count| *count > 0).map(drop)
}

fn hidden(ada: &Visitor, id: &str) -> Result<(), KitError> {
    let what = format!("{id} is no longer shown");
    eventually(&what, SOON, || ada.count(&by_id(id)), |count| *count == 0).map(drop)
}
