//! Messages: what those of clients ask for, and what may be followed.

use crate::{
    channel::{Kind, NOTES, TASKS, room_of},
    command::{BoardEdit, Body, Command, Done, Once},
    limits,
    permissions::{Right, Visitor},
    refusals::quoted,
    site::SiteRef,
    stress::{Load, Stress},
};
use realtime_demo_types::{MoveTask, NewMessage, TaskPatch};
use realtime_server::{
    Access, Hub, HubBuilder, Message, Refusal,
    texts::{SyncAnswer, SyncRequest, UpdateData},
};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
struct OfTask<T> {
    id: String,
    #[serde(flatten)]
    rest: T,
}

#[derive(Deserialize)]
struct Nothing {}

/// Whether somebody may do what they ask for, and whether there is such a channel.
pub(crate) fn authorize(access: &Access, site: &SiteRef, stress: &Stress) -> Result<(), Refusal> {
    let (channel, right) = (access.channel.as_str(), Right::from(access.right));
    // Who writes in the text is seen there, and where their carets are.
    if right == Right::Appear && Kind::of(channel) != Some(Kind::Text) {
        room_of(channel)?;
    }
    Visitor::from(&access.visitor).check(right, channel)?;
    if right != Right::Follow {
        return Ok(());
    }
    let replica = site.get()?;
    if let Some(load) = Load::of(channel) {
        let hub = replica.lock().machine.hub().clone();
        return stress.open(load, &hub);
    }
    let state = replica.lock();
    let world = &state.machine.world;
    match Kind::of(channel) {
        Some(Kind::Room(room)) if !world.rooms.has(room) => {
            check_place_for(channel, state.machine.hub(), world.rooms.len())
        }
        Some(Kind::Stock) if !world.market.has(channel) => Err(Refusal::unknown_channel(channel)),
        Some(_) => Ok(()),
        None => Err(Refusal::unknown_channel(channel)),
    }
}

/// Refuses a room beyond those that may be there at once: those with messages, and those that are only followed.
fn check_place_for(channel: &str, hub: &Hub, with_messages: usize) -> Result<(), Refusal> {
    let followed = hub.followed();
    if followed.iter().any(|name| name == channel) {
        return Ok(());
    }
    let is_quiet = |name: &&String| {
        matches!(Kind::of(name), Some(Kind::Room(_))) && hub.position(name).seq == 0
    };
    if with_messages + followed.iter().filter(is_quiet).count() < limits::ROOMS {
        return Ok(());
    }
    let message = format!("use an existing room: there are {} already", limits::ROOMS);
    Err(Refusal::limit_reached(message))
}

/// Does what a message asks for.
pub(crate) async fn carry_out(message: Message, site: &SiteRef) -> Result<Body, Refusal> {
    let visitor = Visitor::from(&message.visitor);
    let command = match message.event.as_str() {
        "demo:cut" => {
            message.hub().cut(message.connection);
            return Ok(Body::Nothing);
        }
        "text:sync" => return Ok(Body::Text(sync(&message, site)?)),
        "text:update" => {
            check_is_text(&message)?;
            let UpdateData { update } = message.data()?;
            site.get()?.lock().machine.world.notes.admit(&update)?;
            Command::Text {
                update,
                once: once(&message, &visitor),
            }
        }
        "message:send" => {
            let channel = message.channel()?.to_owned();
            let mut new: NewMessage = message.data()?;
            visitor.sign(&new.user_id, &mut new.name)?;
            Command::Message {
                peer: message.peer(),
                channel,
                new,
                once: once(&message, &visitor),
            }
        }
        "task:create" | "task:update" | "task:delete" | "task:move" => {
            visitor.check(Right::Send, TASKS)?;
            let mut edit = board_edit(&message)?;
            edit.sign(&visitor);
            Command::Tasks {
                edit,
                once: once(&message, &visitor),
            }
        }
        unknown => return Err(Refusal::unknown_event(unknown)),
    };
    // Told that it is not known, a client would take it for refused; unanswered, it sends it again under the same id.
    let done = site.get()?.see_through(command).await;
    done.map(Done::into_body)
}

/// What somebody lacks of the text.
fn sync(message: &Message, site: &SiteRef) -> Result<SyncAnswer, Refusal> {
    check_is_text(message)?;
    let SyncRequest { state_vector } = message.data()?;
    let replica = site.get()?;
    // Nothing is published meanwhile.
    let mut state = replica.lock();
    let position = state.machine.hub().position(NOTES);
    let sync = state.machine.world.notes.sync(&state_vector)?;
    Ok(SyncAnswer::new(sync, position))
}

fn check_is_text(message: &Message) -> Result<(), Refusal> {
    if message.channel()? == NOTES {
        return Ok(());
    }
    let advice = format!("send {} on {NOTES:?}", quoted(&message.event));
    Err(Refusal::forbidden(advice))
}

/// The change that a message about the task board asks for.
fn board_edit(message: &Message) -> Result<BoardEdit, Refusal> {
    if message.channel.as_deref().is_some_and(|name| name != TASKS) {
        let advice = format!("send {} on {TASKS:?}", quoted(&message.event));
        return Err(Refusal::forbidden(advice));
    }
    Ok(match message.event.as_str() {
        "task:create" => BoardEdit::Create(message.data()?),
        "task:update" => {
            let OfTask::<TaskPatch> { id, rest: patch } = message.data()?;
            BoardEdit::Update { id, patch }
        }
        "task:move" => {
            let OfTask::<MoveTask> { id, rest: to } = message.data()?;
            BoardEdit::Move { id, to }
        }
        _ => {
            let OfTask::<Nothing> { id, .. } = message.data()?;
            BoardEdit::Delete { id }
        }
    })
}

/// What makes a message that has an id known when it comes again, to whichever process.
fn once(message: &Message, visitor: &Visitor) -> Option<Once> {
    let channel = message.channel.as_deref().unwrap_or_default();
    let parts = [&message.event, channel, message.raw_data()];
    let id = message.id.as_deref()?;
    Some(Once::new(id, &parts).of(visitor))
}

/// What the hub asks this app.
pub(crate) fn callbacks(hub: HubBuilder, site: &SiteRef, stress: &Arc<Stress>) -> HubBuilder {
    let (asked, told, stress) = (site.clone(), site.clone(), Arc::clone(stress));
    hub.authorize(move |access| {
        let may = authorize(&access, &asked, &stress);
        async { may }
    })
    .on_message(move |message| {
        let site = told.clone();
        async move { carry_out(message, &site).await }
    })
}
