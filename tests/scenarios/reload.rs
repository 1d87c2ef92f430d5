//! A page that goes and comes back: what it shows at once, and what becomes of what was done last.

use crate::{RECOVERS, SOON};
use realtime_e2e::{
    FaultProxy, Flow, KitError, Page, ServerKind, Stage, Visitor, Which, demo::TaskRow, ensure,
    eventually, scenario_on,
};
use serde_json::json;
use std::{rc::Rc, thread, time::Duration};

on_every_server![
    a_page_that_comes_back_shows_its_rows_and_asks_for_nothing,
    what_was_done_just_before_the_page_went_is_done_once,
    what_was_done_offline_in_a_tab_outlives_all_tabs_and_is_done_once,
    what_was_done_offline_in_a_tab_that_is_closed_another_does_that_lives,
];

/// How often the page has asked for the tasks since it was loaded.
const FETCHES: &str = "return performance.getEntriesByType('resource')\
                       .filter(entry => entry.name.endsWith('/api/tasks')).length;";

/// How often the page goes.
const KILLS: u64 = 100;

/// The most that a piece of what goes over the network is late.
const LATE: Duration = Duration::from_millis(150);

fn fetches(visitor: &Visitor) -> Result<usize, KitError> {
    visitor.eval(FETCHES, json!([]))
}

fn a_page_that_comes_back_shows_its_rows_and_asks_for_nothing(server: ServerKind) {
    scenario_on(server, "reload", |stage| {
        stage.start_server()?;
        let base = stage.http()?.base().to_owned();
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let http = stage.http()?;
        ada.await_server_tasks(http, SOON)?;
        ensure(fetches(&ada)? == 1, || "the first visit asks once".into())?;

        for round in 1..=3 {
            ada.goto("about:blank")?;
            let title = format!("While Ada was away {round}");
            lin.add_task(&title)?;
            lin.await_task_state(&title, "synced", SOON)?;
            ada.open(&base, Page::Tasks)?;
            ada.await_status("connected", SOON)?;
            ada.await_task(&title, SOON)?;
            ada.await_server_tasks(http, SOON)?;
            let asked = fetches(&ada)?;
            ensure(asked == 0, || format!("round {round}: {asked} fetches"))?;
        }
        Ok(())
    });
}

fn what_was_done_just_before_the_page_went_is_done_once(server: ServerKind) {
    scenario_on(server, "reload-edits", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let proxy = FaultProxy::start(stage.address()?, 1)?;
        let base = proxy.base();
        let ada = stage.enter_at(&base, "Ada", Page::Tasks)?;
        proxy.set_flow(Which::All, Flow::Delay(LATE));
        for round in 1..=KILLS {
            ada.add_task(&format!("Done before visit {round}"))?;
            // From before anything is sent until after the answer.
            thread::sleep(Duration::from_millis(20 + round * 97 % 480));
            ada.open(&base, Page::Tasks)?;
        }
        proxy.set_flow(Which::All, Flow::Pass);
        ada.await_status("connected", RECOVERS)?;
        let http = stage.http()?;
        let count = |rows: &Vec<TaskRow>| {
            let made = rows.iter();
            made.filter(|row| row.title.starts_with("Done before visit"))
                .count() as u64
        };
        let tasks = || http.fetch::<Vec<TaskRow>>("/api/tasks");
        let all_are_there = |rows: &Vec<TaskRow>| count(rows) >= KILLS;
        let rows = eventually("everything is done", RECOVERS, tasks, all_are_there)?;
        ensure(count(&rows) == KILLS, || format!("once: {rows:?}"))?;
        for round in 1..=KILLS {
            let title = format!("Done before visit {round}");
            let times = rows.iter().filter(|row| row.title == title).count();
            ensure(times == 1, || format!("{title}: {times} times"))?;
        }
        ada.await_server_tasks(http, RECOVERS).map(drop)
    });
}

/// How many edits are on the disk, whoever is to send them.
const KEPT: &str = r#"
    const done = request => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    return (async () => {
        let kept = 0;
        for (const { name } of await indexedDB.databases()) {
            if (!name.startsWith('realtime/')) continue;
            const database = await done(indexedDB.open(name));
            kept += await done(database.transaction(['outbox']).objectStore('outbox').count());
            database.close();
        }
        return kept;
    })();
"#;

fn await_kept(visitor: &Visitor, wanted: usize) -> Result<(), KitError> {
    let kept = || visitor.eval(KEPT, json!([]));
    let what = format!("{wanted} edits are on the disk");
    eventually(&what, RECOVERS, kept, |kept: &usize| *kept == wanted).map(drop)
}

/// Ada has two tabs, and in the one that follows she has added a task that waits for the network.
fn one_waits(
    stage: &mut Stage,
    proxy: &FaultProxy,
    title: &str,
) -> Result<[Rc<Visitor>; 2], KitError> {
    let base = proxy.base();
    let first = stage.enter_at(&base, "Ada", Page::Tasks)?;
    first.await_tab("leader", 1, SOON)?;
    let second = stage.enter_beside_at(&base, "Ada", Page::Tasks)?;
    second.await_tab("follower", 2, SOON)?;
    proxy.refuse(true);
    proxy.cut(Which::All);
    second.await_status("reconnecting", SOON)?;
    second.add_task(title)?;
    second.await_task_state(title, "pending", SOON)?;
    await_kept(&second, 1)?;
    Ok([first, second])
}

fn is_there_once(stage: &Stage, visitor: &Visitor, title: &str) -> Result<(), KitError> {
    visitor.await_task_state(title, "synced", RECOVERS)?;
    await_kept(visitor, 0)?;
    let rows = visitor.await_server_tasks(stage.http()?, RECOVERS)?;
    let times = rows.iter().filter(|row| row.title == title).count();
    ensure(times == 1, || format!("once: {rows:?}"))
}

fn what_was_done_offline_in_a_tab_outlives_all_tabs_and_is_done_once(server: ServerKind) {
    scenario_on(server, "reload-tabs", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let proxy = FaultProxy::start(stage.address()?, 1)?;
        let title = "Done in a tab that is gone";
        let [first, second] = one_waits(stage, &proxy, title)?;
        // Without a tab, the browser would end.
        stage.arrive_beside("Nobody")?;
        second.close()?;
        first.close()?;
        proxy.refuse(false);
        let third = stage.enter_beside_at(&proxy.base(), "Ada", Page::Tasks)?;
        is_there_once(stage, &third, title)
    });
}

fn what_was_done_offline_in_a_tab_that_is_closed_another_does_that_lives(server: ServerKind) {
    scenario_on(server, "reload-heir", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let proxy = FaultProxy::start(stage.address()?, 1)?;
        let title = "Left to the other tab";
        let [first, second] = one_waits(stage, &proxy, title)?;
        second.close()?;
        first.await_task_state(title, "pending", SOON)?;
        proxy.refuse(false);
        is_there_once(stage, &first, title)
    });
}
