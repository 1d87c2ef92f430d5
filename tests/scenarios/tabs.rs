//! One person with many tabs, which share one socket: the tab that has it goes, or hangs, under load.

use crate::{RECOVERS, SOON};
use realtime_e2e::{KitError, Page, ServerKind, Stage, Visitor, ensure, scenario_on};
use serde_json::json;
use std::{
    rc::Rc,
    time::{Duration, Instant},
};

on_every_server![
    ten_tabs_of_one_person_have_one_socket_and_see_the_same,
    when_the_tab_that_leads_is_closed_another_leads_and_nothing_is_lost,
    when_the_tab_that_leads_hangs_another_leads,
];

/// How long the page of a leader hangs.
const HANGS: Duration = Duration::from_secs(25);
/// How long a tab may be silent before another leads, and what a busy machine adds.
const TAKEN_OVER: Duration = Duration::from_secs(15);

/// Keeps the moment at which the tab came to lead.
const NOTE_WHEN_IT_LEADS: &str = r#"
    const tabs = document.querySelector('[data-testid="tabs"]');
    new MutationObserver(() => {
        if (tabs.dataset.role === 'leader') window.__led ??= Date.now();
    }).observe(tabs, { attributes: true });
"#;

/// Ada opens so many tabs of the task board, the first of which leads.
fn tabs(stage: &mut Stage, count: usize) -> Result<Vec<Rc<Visitor>>, KitError> {
    let mut tabs = vec![stage.enter("Ada", Page::Tasks)?];
    tabs[0].await_tab("leader", 1, SOON)?;
    for _ in 1..count {
        tabs.push(stage.enter_beside("Ada", Page::Tasks)?);
    }
    for (at, tab) in tabs.iter().enumerate() {
        let role = if at == 0 { "leader" } else { "follower" };
        tab.await_tab(role, count, SOON)?;
    }
    Ok(tabs)
}

/// Waits until one of these tabs leads; gives which.
fn await_leader(tabs: &[Rc<Visitor>], within: Duration) -> Result<usize, KitError> {
    let begun = Instant::now();
    loop {
        for (at, tab) in tabs.iter().enumerate() {
            if tab.tab_role()?.0.as_deref() == Some("leader") {
                return Ok(at);
            }
        }
        ensure(begun.elapsed() < within, || "no tab leads".into())?;
    }
}

fn ten_tabs_of_one_person_have_one_socket_and_see_the_same(server: ServerKind) {
    scenario_on(server, "tabs-ten", |stage| {
        stage.start_server()?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let tabs = tabs(stage, 10)?;
        tabs[7].add_task("From the eighth tab")?;
        lin.add_task("From somebody else")?;
        for tab in &tabs {
            tab.await_task("From the eighth tab", SOON)?;
            tab.await_task("From somebody else", SOON)?;
            let rows = tab.await_server_tasks(stage.http()?, SOON)?;
            let count = rows
                .iter()
                .filter(|row| row.title.starts_with("From "))
                .count();
            ensure(count == 2, || format!("each once: {rows:?}"))?;
        }
        Ok(())
    });
}

fn when_the_tab_that_leads_is_closed_another_leads_and_nothing_is_lost(server: ServerKind) {
    scenario_on(server, "tabs-closed", |stage| {
        stage.start_server()?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let mut tabs = tabs(stage, 4)?;
        for round in 0..3 {
            let titles = [format!("Before {round}"), format!("Meanwhile {round}")];
            // The last tab's own task is on its way while the leader goes.
            let leader = await_leader(&tabs, SOON)?;
            let gone = tabs.remove(leader);
            tabs[0].add_task(&titles[0])?;
            gone.close()?;
            let begun = Instant::now();
            lin.add_task(&titles[1])?;
            await_leader(&tabs, SOON)?;
            eprintln!("another tab led after {:?} at most", begun.elapsed());
            for tab in tabs.iter().chain([&lin]) {
                for title in &titles {
                    tab.await_task(title, SOON)?;
                }
                let rows = tab.await_server_tasks(stage.http()?, SOON)?;
                for title in &titles {
                    let count = rows.iter().filter(|row| row.title == *title).count();
                    ensure(count == 1, || format!("{title} once: {rows:?}"))?;
                }
            }
            if tabs.len() == 1 {
                break;
            }
        }
        Ok(())
    });
}

fn when_the_tab_that_leads_hangs_another_leads(server: ServerKind) {
    scenario_on(server, "tabs-hung", |stage| {
        stage.start_server()?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let tabs = tabs(stage, 3)?;
        for tab in &tabs[1..] {
            tab.eval::<()>(NOTE_WHEN_IT_LEADS, json!([]))?;
        }
        // Its script does not come to an end, and so it hears and says nothing.
        let hang = "const begun = Date.now(), end = begun + arguments[0];
            setTimeout(() => { while (Date.now() < end) {} });
            return begun;";
        let begun: f64 = tabs[0].eval(hang, json!([HANGS.as_millis() as u64]))?;
        lin.add_task("While it hangs")?;
        let leader = 1 + await_leader(&tabs[1..], SOON)?;
        let led: f64 = tabs[leader].eval("return window.__led", json!([]))?;
        let took = Duration::from_millis((led - begun) as u64);
        eprintln!("another tab led after {took:?}");
        ensure(took < TAKEN_OVER, || format!("it took {took:?}"))?;
        for tab in &tabs[1..] {
            tab.await_task("While it hangs", SOON)?;
        }
        tabs[0].await_tab("follower", 3, RECOVERS)?;
        lin.add_task("When it is back")?;
        for tab in &tabs {
            tab.await_task("When it is back", SOON)?;
            tab.await_server_tasks(stage.http()?, SOON)?;
        }
        Ok(())
    });
}
