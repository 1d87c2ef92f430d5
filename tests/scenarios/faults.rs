//! A minute of edits over a network that breaks in every way a network can.

mod crowd;

use crate::SOON;
use crowd::Crowd;
use realtime_e2e::{
    FaultProxy, Http, KitError, Page, Schedule, ServerKind, Stage, Visitor, demo::ledger::Verdict,
    ensure, scenario, scenario_on,
};
use serde_json::json;
use std::{
    env,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

on_every_server![after_a_minute_of_edits_under_faults_all_agree_and_nothing_is_lost_or_doubled,];

/// How long faults come and edits are made.
const LENGTH: Duration = Duration::from_secs(60);
/// A socket that is half open when the faults end is found to be so at its next ping, up to 35 s later, or 45 s over
/// Socket.IO; the next attempt may wait for 20 s, and a fetch that hangs is given up after 30 s.
const SETTLES: Duration = Duration::from_secs(120);

fn after_a_minute_of_edits_under_faults_all_agree_and_nothing_is_lost_or_doubled(
    server: ServerKind,
) {
    scenario_on(server, "faults", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let seed = match env::var("REALTIME_FAULTS_SEED") {
            Ok(text) => text.parse().map_err(|_| {
                KitError::Wrong(format!("REALTIME_FAULTS_SEED is not a number: {text:?}"))
            })?,
            Err(_) => fastrand::u64(..),
        };
        let mut log = Vec::new();
        play(stage, seed, &mut log).map_err(|error| {
            let log = log.join("\n  ");
            KitError::Wrong(format!(
                "with REALTIME_FAULTS_SEED={seed}: {error}\nfaults:\n  {log}"
            ))
        })
    });
}

#[test]
#[ignore = "needs chromedriver and the built demo; cargo xtask test runs it"]
fn an_event_that_the_network_swallows_is_missed_until_the_next_one_shows_the_hole() {
    scenario("faults-swallowed", |stage| {
        stage.start_server()?;
        let proxy = FaultProxy::start(stage.address()?, 0)?;
        let ada = stage.arrive("Ada")?;
        enter(&ada, &proxy)?;
        let http = stage.http()?;
        ada.await_server_tasks(http, SOON)?;

        // Nothing tells a client that the last event of all is missing; so the check must.
        proxy.swallow("Never arrives");
        create(http, "Never arrives")?;
        let agreed = ada.await_server_tasks(http, Duration::from_secs(3));
        ensure(proxy.stats().swallowed == 1, || {
            format!("{:?}", proxy.stats())
        })?;
        ensure(matches!(agreed, Err(KitError::Unmet { .. })), || {
            format!("the check must notice: {agreed:?}")
        })?;

        create(http, "Arrives")?;
        ada.await_task("Arrives", SOON)?;
        ada.await_server_tasks(http, SOON).map(drop)
    });
}

fn enter(visitor: &Visitor, proxy: &FaultProxy) -> Result<(), KitError> {
    visitor.open(&proxy.base(), Page::Tasks)?;
    visitor.await_data()
}

fn create(http: &Http, title: &str) -> Result<(), KitError> {
    let answer = http.post("/api/tasks", &json!({ "title": title }))?;
    ensure(answer.status == 201, || format!("{answer:?}"))
}

/// Plays the minute, and judges it.
fn play(stage: &mut Stage, seed: u64, log: &mut Vec<String>) -> Result<(), KitError> {
    let proxy = FaultProxy::start(stage.address()?, seed)?;
    let ada = stage.arrive("Ada")?;
    let lin = stage.arrive("Lin")?;
    let too = stage.arrive_beside("Lin")?;
    let visitors = [ada, lin, too];
    for visitor in &visitors {
        enter(visitor, &proxy)?;
    }
    let http = stage.http()?;
    let mut crowd = Crowd::new(visitors, http, seed)?;
    let played = play_on(&mut crowd, http, seed, &proxy, log);
    let journal = crowd.ledger.journal();
    stage.attach("journal.txt", journal);
    played
}

/// Edits under faults, and what comes of it.
fn play_on(
    crowd: &mut Crowd<'_>,
    http: &Http,
    seed: u64,
    proxy: &FaultProxy,
    log: &mut Vec<String>,
) -> Result<(), KitError> {
    let schedule = Schedule::new(seed, LENGTH);
    let edited = thread::scope(|scope| {
        let (end, ended) = mpsc::channel();
        let faults = scope.spawn(|| {
            // The receiver moves in, so that it is gone when this thread is.
            let ended = ended;
            schedule.play(proxy, &ended)
        });
        let edited = crowd.edit_for(LENGTH);
        drop(end);
        *log = faults.join().unwrap_or_default();
        edited
    });
    let healed = Instant::now();
    log.push(format!("{:?}", proxy.stats()));
    edited?;

    crowd.settle()?;
    let rows = crowd.agree()?;
    let took = healed.elapsed();
    let verdict = crowd.ledger.judge(&rows)?;
    eprintln!(
        "seed {seed}: agreed {took:.1?} after the last of {} faults; {} edits, of which {} were done by pages; \
         {verdict:?}; {:?}",
        log.len() - 1,
        crowd.begun,
        crowd.by_pages,
        proxy.stats()
    );
    for visitor in &crowd.visitors {
        let statuses = visitor.statuses()?;
        let lost = statuses
            .iter()
            .flatten()
            .filter(|status| *status == "reconnecting");
        eprintln!("{} was reconnecting {} times", visitor.name(), lost.count());
    }
    check_worth(crowd, &verdict, proxy)?;

    // They not only agree, they are live again; one whose link is half open cannot know that yet.
    create(http, "Afterwards")?;
    for visitor in &crowd.visitors {
        visitor.await_task("Afterwards", SETTLES)?;
        visitor.await_status("connected", SETTLES)?;
    }
    crowd.agree()?;
    eprintln!("live again {:.1?} after the last fault", healed.elapsed());
    Ok(())
}

/// A run in which little happened proves little.
fn check_worth(crowd: &Crowd<'_>, verdict: &Verdict, proxy: &FaultProxy) -> Result<(), KitError> {
    let stats = proxy.stats();
    let harmed = stats.cut > 0 && stats.half_opened > 0 && stats.stalled > 0 && stats.delayed > 0;
    ensure(harmed, || format!("faults hit nothing: {stats:?}"))?;
    let is_worth = crowd.by_pages >= 10 && verdict.done >= 20 && verdict.certain >= 10;
    ensure(is_worth, || {
        format!(
            "too little was edited: {} done by pages, {verdict:?}",
            crowd.by_pages
        )
    })
}
