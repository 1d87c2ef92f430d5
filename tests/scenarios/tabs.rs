//! One person with many tabs, which share one socket: the tab that has it goes, or hangs, under load.

use crate::{RECOVERS, SOON};
use realtime_e2e::{
    FaultProxy, KitError, Page, ServerKind, Stage, Visitor, ensure, eventually, scenario_on,
};
use serde_json::json;
use std::{
    rc::Rc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

on_every_server![
    ten_tabs_of_one_person_have_one_socket_and_see_the_same,
    events_that_stream_while_the_tab_that_leads_is_closed_reach_all_others_once,
    events_that_stream_while_the_tab_that_leads_hangs_reach_all_tabs_once,
    when_the_tab_that_leads_is_closed_another_leads_and_nothing_is_lost,
    when_the_tab_that_leads_hangs_another_leads,
];

/// How long the page of a leader hangs.
const HANGS: Duration = Duration::from_secs(25);
/// How soon another leads when the one that leads is closed, and what a busy machine and the driver add.
const FOLLOWED: Duration = Duration::from_secs(4);
/// How long a tab may be silent before another leads, and what a busy machine adds.
const TAKEN_OVER: Duration = Duration::from_secs(15);

/// Keeps the moment at which the tab came to lead.
const NOTE_WHEN_IT_LEADS: &str = r#"
    const tabs = document.querySelector('[data-testid="tabs"]');
    new MutationObserver(() => {
        if (tabs.dataset.role === 'leader') window.__led ??= Date.now();
    }).observe(tabs, { attributes: true });
"#;

/// Sends a notification every so many milliseconds, so many of them; `__left` says how many are to come.
const STREAM: &str = r#"
    const [every, count] = arguments;
    window.__left = count;
    const timer = setInterval(() => {
        if (window.__left === 0) return clearInterval(timer);
        document.querySelector('[data-testid="notify"]').click();
        window.__left -= 1;
    }, every);
"#;
/// How many notifications are sent, and how often. A page shows the newest hundred.
const STREAMED: usize = 90;
const EVERY_MILLIS: u64 = 160;

/// Ada opens so many tabs of the task board, the first of which leads.
fn tabs(stage: &mut Stage, count: usize) -> Result<Vec<Rc<Visitor>>, KitError> {
    let base = stage.http()?.base().to_owned();
    tabs_at(stage, &base, Page::Tasks, count)
}

/// The same with another page, from this address.
fn tabs_at(
    stage: &mut Stage,
    base: &str,
    page: Page,
    count: usize,
) -> Result<Vec<Rc<Visitor>>, KitError> {
    let mut tabs = vec![stage.enter_at(base, "Ada", page)?];
    tabs[0].await_tab("leader", 1, SOON)?;
    for _ in 1..count {
        tabs.push(stage.enter_beside_at(base, "Ada", page)?);
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
        let proxy = FaultProxy::start(stage.address()?, 1)?;
        let tabs = tabs_at(stage, &proxy.base(), Page::Tasks, 10)?;
        let links = proxy.links();
        let sockets = links.iter().filter(|link| link.is_socket).count();
        ensure(sockets == 1, || format!("one socket: {links:?}"))?;
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

/// What befalls the tab that leads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goes {
    Closed,
    Hung,
}

fn events_that_stream_while_the_tab_that_leads_is_closed_reach_all_others_once(server: ServerKind) {
    scenario_on(server, "tabs-closed-under-load", |stage| {
        stream_while_the_leader_goes(stage, Goes::Closed)
    });
}

fn events_that_stream_while_the_tab_that_leads_hangs_reach_all_tabs_once(server: ServerKind) {
    scenario_on(server, "tabs-hung-under-load", |stage| {
        stream_while_the_leader_goes(stage, Goes::Hung)
    });
}

fn stream_while_the_leader_goes(stage: &mut Stage, goes: Goes) -> Result<(), KitError> {
    stage.start_server()?;
    let lin = stage.enter("Lin", Page::Notifications)?;
    let base = stage.http()?.base().to_owned();
    let mut tabs = tabs_at(stage, &base, Page::Notifications, 10)?;
    let before = lin.notifications()?.len();
    for tab in &tabs[1..] {
        tab.eval::<()>(NOTE_WHEN_IT_LEADS, json!([]))?;
    }
    lin.eval::<()>(STREAM, json!([EVERY_MILLIS, STREAMED]))?;
    let flows = |tab: &Visitor| {
        let lines = || tab.notifications();
        eventually("events stream", SOON, lines, |lines| {
            lines.len() > before + 3
        })
    };
    flows(&tabs[9])?;
    let (begun, within) = match goes {
        Goes::Closed => {
            let begun = now_millis();
            tabs.remove(0).close()?;
            (begun, FOLLOWED)
        }
        Goes::Hung => (hang(&tabs[0])?, TAKEN_OVER),
    };
    let others = match goes {
        Goes::Closed => &tabs[..],
        Goes::Hung => &tabs[1..],
    };
    let leader = await_leader(others, TAKEN_OVER)?;
    let led: f64 = others[leader].eval("return window.__led", json!([]))?;
    let took = Duration::from_millis((led - begun) as u64);
    eprintln!("another tab led after {took:?}");
    ensure(took < within, || format!("it took {took:?}"))?;
    let left = || lin.eval::<usize>("return window.__left", json!([]));
    eventually("all is sent", RECOVERS, left, |left| *left == 0)?;
    let wanted = before + STREAMED;
    for tab in others.iter().chain([&lin]) {
        let lines = || tab.notifications();
        eventually("each has come once", RECOVERS, lines, |lines| {
            lines.len() == wanted
        })?;
    }
    if goes == Goes::Hung {
        tabs[0].await_tab("follower", 10, RECOVERS)?;
        let lines = || tabs[0].notifications();
        let all = |lines: &Vec<String>| lines.len() == wanted;
        eventually("each has come once", RECOVERS, lines, all)?;
    }
    let fetched: usize = others[leader].eval(FETCHES, json!([]))?;
    ensure(fetched == 1, || format!("it has fetched {fetched} times"))
}

/// How often a page has asked for the notifications since it was loaded.
const FETCHES: &str = "return performance.getEntriesByType('resource').filter(entry => \
                       entry.name.endsWith('/api/notifications')).length;";

/// Lets a page hang, from the moment that is returned: its script does not come to an end, and so it hears and says
/// nothing.
fn hang(tab: &Visitor) -> Result<f64, KitError> {
    let hang = "const begun = Date.now(), end = begun + arguments[0];
        setTimeout(() => { while (Date.now() < end) {} });
        return begun;";
    tab.eval(hang, json!([HANGS.as_millis() as u64]))
}

/// The time, as pages count it.
fn now_millis() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64() * 1_000.0)
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
        let begun = hang(&tabs[0])?;
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
