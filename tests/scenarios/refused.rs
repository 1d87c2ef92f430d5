//! The page is there, but the server behind it is not.

use crate::{RECOVERS, SOON};
use realtime_e2e::{Page, ServerKind, Site, dist, ensure, eventually, scenario_on};

on_every_server![a_page_whose_server_is_down_says_so_and_comes_to_life_with_it,];

fn a_page_whose_server_is_down_says_so_and_comes_to_life_with_it(server: ServerKind) {
    scenario_on(server, "refused", |stage| {
        stage.network_may_fail();
        let site = Site::serve(dist())?;
        let address = site.address();
        let ada = stage.arrive("Ada")?;
        ada.open(&format!("http://{address}"), Page::Tasks)?;
        let trouble = ada.await_trouble(RECOVERS)?;
        ensure(ada.tasks()?.is_empty(), || {
            "there is nothing to show".into()
        })?;
        let read = || ada.status();
        eventually("the header tells", SOON, read, |status| {
            status.as_deref() != Some("connected")
        })?;
        eprintln!("the page tells: {trouble}");

        drop(site);
        stage.start_server_at(address)?;
        ada.await_data()?;
        let http = stage.http()?;
        let rows = ada.await_server_tasks(http, RECOVERS)?;
        ensure(!rows.is_empty(), || "the server's tasks are there".into())?;
        ada.add_task("Afterwards")?;
        ada.await_task("Afterwards", SOON).map(drop)
    });
}
