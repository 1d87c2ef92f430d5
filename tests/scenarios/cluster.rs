//! Two servers with one state, each with visitors of its own.

use crate::{RECOVERS, SOON};
use realtime_e2e::{Http, KitError, Page, ServerKind, Visitor, demo::TaskRow, ensure, scenario_on};
use serde_json::json;
use std::{rc::Rc, time::Duration};

on_several_servers![
    visitors_of_different_servers_see_each_others_edits_messages_presence_and_typing,
    when_a_server_is_killed_its_visitors_move_over_with_all_that_was_acknowledged_and_no_ghosts,
    while_redis_is_down_changes_are_refused_and_afterwards_all_goes_on_without_a_reconnect,
];

/// How long the members of a server that was killed may still be shown.
const EXPIRES: Duration = Duration::from_secs(30);

/// Both servers have the same tasks, and both see them.
fn agree(servers: &[Http; 2], visitors: &[&Rc<Visitor>]) -> Result<Vec<TaskRow>, KitError> {
    let rows = visitors[0].await_server_tasks(&servers[0], SOON)?;
    for visitor in visitors {
        for http in servers {
            let seen = visitor.await_server_tasks(http, SOON)?;
            ensure(seen == rows, || {
                format!("one sees {rows:?}, {} sees {seen:?}", visitor.name())
            })?;
        }
    }
    Ok(rows)
}

fn visitors_of_different_servers_see_each_others_edits_messages_presence_and_typing(
    server: ServerKind,
) {
    scenario_on(server, "cluster-together", |stage| {
        let cluster = stage.start_cluster(2)?;
        let ada = stage.enter_at(&cluster.door(0), "Ada", Page::Tasks)?;
        let lin = stage.enter_at(&cluster.door(1), "Lin", Page::Tasks)?;
        for number in [0, 1] {
            cluster.check_sockets(number, 1)?;
        }
        let servers = [cluster.http(0)?, cluster.http(1)?];
        let before = agree(&servers, &[&ada, &lin])?;
        ada.add_task("Buy oranges")?;
        let oranges = lin.await_task("Buy oranges", SOON)?;
        lin.edit_task(&oranges.id, "Buy blood oranges")?;
        ada.await_task("Buy blood oranges", SOON)?;
        ada.toggle_task(&oranges.id)?;
        lin.move_task_up(&oranges.id)?;
        lin.await_tasks("it is done", SOON, |rows| {
            rows.iter().any(|row| row.id == oranges.id && row.done)
        })?;
        let rows = agree(&servers, &[&ada, &lin])?;
        ensure(rows[rows.len() - 2].id == oranges.id, || {
            format!("it is one higher: {rows:?}")
        })?;
        ada.delete_task(&oranges.id)?;
        let rows = agree(&servers, &[&ada, &lin])?;
        ensure(rows == before, || format!("all is as it was: {rows:?}"))?;

        for visitor in [&ada, &lin] {
            visitor.turn_to_page(Page::RoomNamed("harbour"))?;
            visitor.await_data()?;
        }
        for (visitor, other) in [(&ada, &lin), (&lin, &ada)] {
            let id = other.user_id();
            visitor.await_room("the other is online", SOON, |room| {
                room.status_of(&id) == Some("online") && !room.has_doubles()
            })?;
            other.choose_status("busy")?;
            visitor.await_room("the other is busy", SOON, |room| {
                room.status_of(&id) == Some("busy")
            })?;
            other.type_message("Hm")?;
            visitor.await_room("the other is typing", SOON, |room| {
                room.typing.contains(other.name())
            })?;
            other.say("Hello")?;
            visitor.await_room("the message is there and the dots are gone", SOON, |room| {
                !room.messages.is_empty() && room.typing.is_empty()
            })?;
        }
        for (visitor, http) in [(&ada, &servers[1]), (&lin, &servers[0])] {
            visitor.await_room("two messages are there", SOON, |room| {
                room.messages.len() == 2
            })?;
            visitor.await_server_messages(http, "harbour", SOON)?;
        }
        Ok(())
    });
}

fn when_a_server_is_killed_its_visitors_move_over_with_all_that_was_acknowledged_and_no_ghosts(
    server: ServerKind,
) {
    scenario_on(server, "cluster-killed", |stage| {
        stage.network_may_fail();
        let cluster = stage.start_cluster(2)?;
        let ada = stage.enter_at(&cluster.door(0), "Ada", Page::RoomNamed("harbour"))?;
        let sam = stage.enter_at(&cluster.door(0), "Sam", Page::RoomNamed("harbour"))?;
        let lin = stage.enter_at(&cluster.door(1), "Lin", Page::RoomNamed("harbour"))?;
        cluster.check_sockets(0, 2)?;
        for visitor in [&ada, &lin] {
            visitor.await_room("all three are there", SOON, |room| room.online.len() == 3)?;
        }
        ada.turn_to_page(Page::Tasks)?;
        ada.await_data()?;
        let titles: Vec<String> = (1..=5)
            .map(|number| format!("Before the end {number}"))
            .collect();
        for title in &titles {
            ada.add_task(title)?;
        }
        for title in &titles {
            ada.await_task_state(title, "synced", SOON)?;
        }
        ada.forget_statuses()?;
        cluster.kill(0)?;
        // No server hears that Sam leaves.
        sam.close()?;

        ada.await_statuses("reconnecting", "connected", RECOVERS)?;
        cluster.check_sockets(1, 2)?;
        let http = cluster.http(1)?;
        let held = http.fetch::<Vec<TaskRow>>("/api/tasks")?;
        for title in &titles {
            let count = held.iter().filter(|row| row.title == *title).count();
            ensure(count == 1, || format!("{title} is there once: {held:?}"))?;
        }
        ada.add_task("After the end")?;
        ada.await_task_state("After the end", "synced", SOON)?;
        ada.await_server_tasks(&http, SOON)?;

        ada.turn_to_page(Page::RoomNamed("harbour"))?;
        for visitor in [&ada, &lin] {
            visitor.await_room("both are there once, and Sam is not", EXPIRES, |room| {
                room.online.len() == 2 && room.status_of("u-sam").is_none() && !room.has_doubles()
            })?;
        }
        ada.say("Still here")?;
        for visitor in [&ada, &lin] {
            visitor.await_room("the message is there", SOON, |room| {
                room.messages.len() == 1
            })?;
            visitor.await_server_messages(&http, "harbour", SOON)?;
        }
        Ok(())
    });
}

fn while_redis_is_down_changes_are_refused_and_afterwards_all_goes_on_without_a_reconnect(
    server: ServerKind,
) {
    scenario_on(server, "cluster-redis", |stage| {
        // The refused request is an error of the network to the browser.
        stage.network_may_fail();
        let cluster = stage.start_cluster(2)?;
        let ada = stage.enter_at(&cluster.door(0), "Ada", Page::Tasks)?;
        let lin = stage.enter_at(&cluster.door(1), "Lin", Page::Tasks)?;
        let before = agree(&[cluster.http(0)?, cluster.http(1)?], &[&ada, &lin])?;
        let first = &before[0];
        for visitor in [&ada, &lin] {
            visitor.forget_statuses()?;
        }

        cluster.kill_redis()?;
        for number in [0, 1] {
            cluster.await_status(number, "degraded", SOON)?;
        }
        let refused = cluster
            .http(0)?
            .post("/api/tasks", &json!({"title": "During"}))?;
        ensure(
            refused.status == 503 && refused.body["error"]["code"] == "unavailable",
            || format!("a typed refusal was expected: {refused:?}"),
        )?;
        ada.edit_task(&first.id, "Edited in vain")?;
        ada.await_task_state("Edited in vain", "failed", SOON)?;
        let reason = ada.task_error(&first.id)?;
        ensure(
            reason.is_some_and(|text| text.contains("try again")),
            || "the page says what to do".into(),
        )?;
        // Whoever comes now sees what there is.
        let sam = stage.enter_at(&cluster.door(1), "Sam", Page::Tasks)?;
        ensure(sam.tasks()? == before, || "nothing has changed".into())?;

        cluster.start_redis_again()?;
        for number in [0, 1] {
            cluster.await_status(number, "ok", RECOVERS)?;
        }
        ada.retry_task(&first.id)?;
        ada.await_task_state("Edited in vain", "synced", SOON)?;
        lin.add_task("Afterwards")?;
        let servers = [cluster.http(0)?, cluster.http(1)?];
        sam.await_task("Afterwards", SOON)?;
        let rows = agree(&servers, &[&ada, &lin, &sam])?;
        ensure(rows[0].title == "Edited in vain", || format!("{rows:?}"))?;
        for visitor in [&ada, &lin] {
            let statuses = visitor.statuses()?;
            ensure(statuses.len() == 1, || {
                format!("{} kept the connection: {statuses:?}", visitor.name())
            })?;
        }
        Ok(())
    });
}
