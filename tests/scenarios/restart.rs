//! The server dies and comes back with an empty memory.

use crate::{RECOVERS, SOON};
use realtime_e2e::{Page, ServerKind, ensure, scenario_on};

on_every_server![
    after_a_crash_of_the_server_both_see_its_new_state_and_nothing_of_the_old,
    after_a_crash_of_the_server_a_room_has_everyone_once_and_no_ghosts,
];

fn after_a_crash_of_the_server_both_see_its_new_state_and_nothing_of_the_old(server: ServerKind) {
    scenario_on(server, "restart-tasks", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Tasks)?;
        let lin = stage.enter("Lin", Page::Tasks)?;
        ada.add_task("Of the old life")?;
        lin.await_task("Of the old life", SOON)?;

        stage.kill_server()?;
        for visitor in [&ada, &lin] {
            visitor.await_status("reconnecting", SOON)?;
            let rows = visitor.tasks()?;
            ensure(!rows.is_empty(), || {
                "what was there is still shown meanwhile".into()
            })?;
            visitor.forget_statuses()?;
        }
        stage.start_server()?;
        let http = stage.http()?;
        for visitor in [&ada, &lin] {
            visitor.await_statuses("reconnecting", "connected", RECOVERS)?;
            let rows = visitor.await_server_tasks(http, SOON)?;
            ensure(
                rows.iter().all(|row| row.title != "Of the old life"),
                || format!("nothing of the old life is left: {rows:?}"),
            )?;
        }

        lin.add_task("Of the new life")?;
        ada.await_task("Of the new life", SOON)?;
        let rows = ada.await_server_tasks(http, SOON)?;
        let count = rows
            .iter()
            .filter(|row| row.title == "Of the new life")
            .count();
        ensure(count == 1, || format!("each event arrives once: {rows:?}"))
    });
}

fn after_a_crash_of_the_server_a_room_has_everyone_once_and_no_ghosts(server: ServerKind) {
    scenario_on(server, "restart-room", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::RoomNamed("harbour"))?;
        let lin = stage.enter("Lin", Page::RoomNamed("harbour"))?;
        let sam = stage.enter("Sam", Page::RoomNamed("harbour"))?;
        ada.say("Of the old life")?;
        for visitor in [&ada, &lin] {
            visitor.await_room("all is there", SOON, |room| {
                room.messages.len() == 1 && room.status_of("u-sam").is_some()
            })?;
        }

        stage.kill_server()?;
        ada.await_status("reconnecting", SOON)?;
        lin.await_status("reconnecting", SOON)?;
        // No server hears that Sam leaves.
        sam.close()?;
        stage.start_server()?;
        let http = stage.http()?;
        for (visitor, other) in [(&ada, "u-lin"), (&lin, "u-ada")] {
            visitor.await_status("connected", RECOVERS)?;
            visitor.await_room("the other is there and Sam is not", RECOVERS, |room| {
                room.status_of(other).is_some()
                    && room.status_of("u-sam").is_none()
                    && !room.has_doubles()
            })?;
            visitor.await_server_messages(http, "harbour", SOON)?;
        }

        lin.say("Of the new life")?;
        for visitor in [&ada, &lin] {
            visitor.await_room("one message is there", SOON, |room| {
                room.messages.len() == 1 && room.messages[0].1.contains("Of the new life")
            })?;
            visitor.await_server_messages(http, "harbour", SOON)?;
        }
        Ok(())
    });
}
