//! Tabs that nobody sees: no animation frames, and timers once a second.

use crate::SOON;
use realtime_e2e::{Page, ensure, scenario};

#[test]
#[ignore = "needs chromedriver and the built demo; cargo xtask test runs it"]
fn a_hidden_tab_keeps_up_and_is_right_when_it_is_shown_again() {
    scenario("hidden", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter_beside("Lin", Page::Tasks)?;
        let http = stage.http()?;
        ada.await_server_tasks(http, SOON)?;
        ada.hide()?;
        ensure(!ada.is_visible()?, || "Ada's tab is hidden".into())?;

        lin.add_task("While hidden")?;
        // Before that the row has an id of the page's own, which does not last.
        lin.await_task_state("While hidden", "synced", SOON)?;
        let added = lin.await_task("While hidden", SOON)?;
        ada.await_task("While hidden", SOON)?;
        ensure(!ada.is_visible()?, || "Ada's tab is still hidden".into())?;

        lin.edit_task(&added.id, "Just before it is shown")?;
        lin.await_task("Just before it is shown", SOON)?;
        ada.show()?;
        ada.await_task("Just before it is shown", SOON)?;
        let rows = ada.await_server_tasks(http, SOON)?;
        ensure(rows == lin.tasks()?, || {
            format!("both see the same: {rows:?}")
        })?;
        ada.add_task("Shown again")?;
        lin.await_task("Shown again", SOON).map(drop)
    });
}
