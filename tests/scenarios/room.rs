//! A room: messages, presence and typing, in both directions.

use crate::{RECOVERS, SOON};
use realtime_e2e::{Page, ServerKind, ensure, scenario_on};
use std::time::Duration;

on_every_server![
    messages_arrive_on_both_sides_once_and_in_order,
    each_sees_who_is_there_their_status_and_their_pointer,
    each_sees_the_other_typing_and_stopping,
    whoever_closes_their_tab_is_gone_and_no_longer_typing,
    a_person_with_two_tabs_is_there_once_and_stays_until_the_last_is_closed,
    whoever_is_cut_off_comes_back_as_they_were_and_finds_everybody,
];

/// The dots go within three seconds of the last key, wherever they are shown.
const FADES: Duration = Duration::from_secs(6);

fn messages_arrive_on_both_sides_once_and_in_order(server: ServerKind) {
    scenario_on(server, "room-messages", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::RoomNamed("harbour"))?;
        let lin = stage.enter("Lin", Page::RoomNamed("harbour"))?;
        let http = stage.http()?;
        ada.say("Hello from Ada")?;
        lin.await_room("Ada's message is there", SOON, |room| {
            room.messages.len() == 1
        })?;
        lin.say_with_enter("Hello from Lin")?;
        ada.say("<b>not bold</b> & \"quoted\"")?;
        for visitor in [&ada, &lin] {
            visitor.await_room("three messages are there", SOON, |room| {
                room.messages.len() == 3
            })?;
            visitor.await_server_messages(http, "harbour", SOON)?;
        }
        let seen = ada.room()?.messages;
        ensure(seen[2].1.contains("<b>not bold</b>"), || {
            format!("text stays text: {seen:?}")
        })
    });
}

fn each_sees_who_is_there_their_status_and_their_pointer(server: ServerKind) {
    scenario_on(server, "room-presence", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::RoomNamed("harbour"))?;
        let lin = stage.enter("Lin", Page::RoomNamed("harbour"))?;
        for (visitor, other) in [(&ada, &lin), (&lin, &ada)] {
            let id = other.user_id();
            visitor.await_room("the other is online", SOON, |room| {
                room.status_of(&id) == Some("online") && !room.has_doubles()
            })?;
        }
        for (visitor, other, status) in [(&ada, &lin, "busy"), (&lin, &ada, "away")] {
            other.choose_status(status)?;
            let id = other.user_id();
            visitor.await_room(&format!("the other is {status}"), SOON, |room| {
                room.status_of(&id) == Some(status)
            })?;
        }
        for (visitor, other) in [(&ada, &lin), (&lin, &ada)] {
            other.move_pointer(20, 10)?;
            other.move_pointer(-30, -10)?;
            let id = other.user_id();
            visitor.await_room("the other's pointer is there", SOON, |room| {
                room.cursors.contains(&id) && room.status_of(&id).is_some()
            })?;
        }
        Ok(())
    });
}

fn each_sees_the_other_typing_and_stopping(server: ServerKind) {
    scenario_on(server, "room-typing", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::RoomNamed("harbour"))?;
        let lin = stage.enter("Lin", Page::RoomNamed("harbour"))?;
        for (visitor, other) in [(&ada, &lin), (&lin, &ada)] {
            other.type_message("Hm")?;
            visitor.await_room("the other is typing", SOON, |room| {
                room.typing.contains(other.name())
            })?;
            let own = other.room()?.typing;
            ensure(!own.contains(other.name()), || {
                format!("nobody sees their own dots: {own}")
            })?;
            visitor.await_room("the dots fade", FADES, |room| room.typing.is_empty())?;
        }
        lin.type_message(", yes")?;
        ada.await_room("Lin is typing", SOON, |room| room.typing.contains("Lin"))?;
        lin.say("Now sent")?;
        let room = ada.await_room("the message is there", SOON, |room| {
            room.messages.len() == 1
        })?;
        ensure(room.typing.is_empty(), || {
            format!("a message ends its typing: {room:?}")
        })
    });
}

fn whoever_closes_their_tab_is_gone_and_no_longer_typing(server: ServerKind) {
    scenario_on(server, "room-leaving", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::RoomNamed("harbour"))?;
        let lin = stage.enter("Lin", Page::RoomNamed("harbour"))?;
        let sam = stage.enter_beside("Sam", Page::RoomNamed("harbour"))?;
        ada.await_room("both others are there", SOON, |room| {
            room.status_of("u-lin").is_some() && room.status_of("u-sam").is_some()
        })?;

        lin.type_message("Wait, I")?;
        ada.await_room("Lin is typing", SOON, |room| room.typing.contains("Lin"))?;
        lin.close()?;
        let room = ada.await_room("Lin is gone", SOON, |room| {
            room.status_of("u-lin").is_none()
        })?;
        ensure(!room.typing.contains("Lin"), || {
            format!("the dots go with the tab: {room:?}")
        })?;
        ensure(room.status_of("u-sam").is_some(), || {
            format!("Sam stays: {room:?}")
        })?;

        sam.close()?;
        ada.await_room("Sam is gone", SOON, |room| {
            room.status_of("u-sam").is_none()
        })
        .map(drop)
    });
}

fn a_person_with_two_tabs_is_there_once_and_stays_until_the_last_is_closed(server: ServerKind) {
    scenario_on(server, "room-two-tabs", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::RoomNamed("harbour"))?;
        let first = stage.enter("Lin", Page::RoomNamed("harbour"))?;
        let second = stage.enter_beside("Lin", Page::RoomNamed("harbour"))?;
        let lins =
            |online: &[(String, String)]| online.iter().filter(|(id, _)| id == "u-lin").count();
        // What a tab says comes after its own arrival, so Ada knows of both tabs by then.
        second.say("From the second tab")?;
        let room = ada.await_room("it is there", SOON, |room| room.messages.len() == 1)?;
        ensure(lins(&room.online) == 1, || {
            format!("Lin is there once: {room:?}")
        })?;
        first.close()?;
        second.say("After the first was closed")?;
        let room = ada.await_room("it is there too", SOON, |room| room.messages.len() == 2)?;
        ensure(lins(&room.online) == 1, || {
            format!("Lin is still there: {room:?}")
        })?;
        second.close()?;
        ada.await_room("Lin is gone", SOON, |room| lins(&room.online) == 0)
            .map(drop)
    });
}

fn whoever_is_cut_off_comes_back_as_they_were_and_finds_everybody(server: ServerKind) {
    scenario_on(server, "room-cut", |stage| {
        stage.network_may_fail();
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::RoomNamed("harbour"))?;
        let lin = stage.enter("Lin", Page::RoomNamed("harbour"))?;
        let http = stage.http()?;
        ada.choose_status("busy")?;
        lin.await_room("Ada is busy", SOON, |room| {
            room.status_of("u-ada") == Some("busy")
        })?;
        ada.forget_statuses()?;
        ada.cut()?;
        lin.say("While Ada is away")?;
        lin.choose_status("away")?;
        ada.await_statuses("reconnecting", "connected", RECOVERS)?;
        ada.await_room("what happened meanwhile is there", SOON, |room| {
            room.messages.len() == 1 && room.status_of("u-lin") == Some("away")
        })?;
        ada.say("Back again")?;
        for (visitor, other, status) in [(&ada, "u-lin", "away"), (&lin, "u-ada", "busy")] {
            let what = format!("{other} is there as they were");
            let room = visitor.await_room(&what, SOON, |room| {
                room.messages.len() == 2 && room.status_of(other) == Some(status)
            })?;
            ensure(!room.has_doubles(), || {
                format!("nobody is there twice: {room:?}")
            })?;
            visitor.await_server_messages(http, "harbour", SOON)?;
        }
        Ok(())
    });
}
