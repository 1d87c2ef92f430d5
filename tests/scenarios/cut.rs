//! A connection that breaks while the server lives on.

use crate::{RECOVERS, SOON};
use realtime_e2e::{Page, ServerKind, demo::TaskRow, ensure, scenario_on};
use serde_json::json;

on_every_server![
    a_cut_connection_recovers_and_what_happened_meanwhile_arrives,
    without_a_network_it_waits_and_catches_up_when_there_is_one_again,
];

fn a_cut_connection_recovers_and_what_happened_meanwhile_arrives(server: ServerKind) {
    scenario_on(server, "cut", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let http = stage.http()?;
        for round in 1..=3 {
            ada.forget_statuses()?;
            lin.forget_statuses()?;
            ada.cut()?;
            let title = format!("Added during cut {round}");
            http.post("/api/tasks", &json!({ "title": title }))?;
            ada.await_statuses("reconnecting", "connected", RECOVERS)?;
            ada.await_task(&title, SOON)?;
            let seen = ada.await_server_tasks(http, SOON)?;
            let too = lin.await_server_tasks(http, SOON)?;
            ensure(seen == too, || {
                format!("one sees {seen:?}, the other {too:?}")
            })?;
            ensure(lin.statuses()?.len() == 1, || {
                "the other one notices nothing".into()
            })?;
        }
        Ok(())
    });
}

fn without_a_network_it_waits_and_catches_up_when_there_is_one_again(server: ServerKind) {
    scenario_on(server, "cut-offline", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        let http = stage.http()?;
        let rows = http.fetch::<Vec<TaskRow>>("/api/tasks")?;

        ada.take_offline(true)?;
        ada.cut()?;
        ada.await_trouble(SOON)?;
        lin.edit_task(&rows[0].id, "Edited out of sight")?;
        lin.delete_task(&rows[1].id)?;
        lin.await_task("Edited out of sight", SOON)?;
        let kept = ada.tasks()?;
        ensure(kept == rows, || {
            format!("what was known is still shown: {kept:?}")
        })?;

        ada.take_offline(false)?;
        ada.await_status("connected", RECOVERS)?;
        ada.await_task("Edited out of sight", SOON)?;
        ada.await_server_tasks(http, SOON).map(drop)
    });
}
