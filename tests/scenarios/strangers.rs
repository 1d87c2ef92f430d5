//! The server as people start it: it takes nobody's word for who they are, and all goes on as it should.

use crate::SOON;
use realtime_e2e::{Key, Page, ServerKind, by_id, ensure, scenario_on};

on_every_server![strangers_sign_in_meet_write_and_change_their_names,];

fn strangers_sign_in_meet_write_and_change_their_names(server: ServerKind) {
    scenario_on(server, "strangers", |stage| {
        // Another name takes another connection, and socket.io may still send on the one that was closed.
        stage.network_may_fail();
        stage.start_strict_server()?;
        let ada = stage.enter("Ada", Page::RoomNamed("harbour"))?;
        let lin = stage.enter("Lin", Page::RoomNamed("harbour"))?;
        for visitor in [&ada, &lin] {
            visitor.await_room("both are there", SOON, |room| {
                room.online.len() == 2 && !room.has_doubles()
            })?;
        }
        lin.say("Hello")?;
        ada.await_room(
            "it is Lin's",
            SOON,
            |room| matches!(&room.messages[..], [(_, text)] if text.contains("Lin")),
        )?;
        lin.retype(&by_id("name-field"), "Grace")?;
        lin.press(&by_id("name-field"), Key::Enter)?;
        lin.await_status("connected", SOON)?;
        lin.say("Hello again")?;
        let room = ada.await_room(
            "it is Grace's",
            SOON,
            |room| matches!(&room.messages[..], [_, (_, text)] if text.contains("Grace")),
        )?;
        ensure(room.online.len() == 2 && !room.has_doubles(), || {
            format!("with another name it is the same person: {room:?}")
        })?;
        for visitor in [&ada, &lin] {
            visitor.turn_to_page(Page::Tasks)?;
            visitor.await_data()?;
        }
        lin.add_task("A stranger's")?;
        ada.await_task("A stranger's", SOON).map(drop)
    });
}
