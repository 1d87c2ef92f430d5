//! What clients may do, whether they ask over a socket or over REST. Every change publishes its event under the same
//! lock; `cause` is the id of the message that asked for it, if any.

use crate::{
    channel::{Kind, NOTIFICATIONS, STOCKS, TASKS, room_channel, stock_channel},
    clock::now_ms,
    envelope::{ListChange, Outbound},
    errors::{Refusal, quoted},
    hub::{ConnectionId, State},
    limits::{self, check_optional, check_text},
    presence::Announcement,
    tasks::Removed,
    typing::Typing,
};
use fastrand::Rng;
use realtime_demo_types::{
    Message, MoveTask, NewMessage, NewNotification, NewTask, Notification, Stock, Task, TaskPatch,
    limits::{NAME, TEXT, TITLE},
};
use std::time::Instant;

const LIST_UPDATE: &str = "list:update";

impl State {
    pub(crate) fn create_task(
        &mut self,
        new: NewTask,
        cause: Option<&str>,
    ) -> Result<Task, Refusal> {
        let id = self.new_id("t");
        let task = self.board.create(id, new, now_ms())?;
        self.publish(
            TASKS,
            LIST_UPDATE,
            ListChange::Create { item: &task },
            cause,
        );
        Ok(task)
    }

    pub(crate) fn update_task(
        &mut self,
        id: &str,
        patch: TaskPatch,
        cause: Option<&str>,
    ) -> Result<Task, Refusal> {
        let (task, change) = self.board.update(id, patch, now_ms())?;
        if let Some(item) = change {
            self.publish(TASKS, LIST_UPDATE, ListChange::Update { item }, cause);
        }
        Ok(task)
    }

    pub(crate) fn delete_task(
        &mut self,
        id: &str,
        cause: Option<&str>,
    ) -> Result<Removed, Refusal> {
        let removed = self.board.delete(id)?;
        self.publish(
            TASKS,
            LIST_UPDATE,
            ListChange::Delete { item: &removed },
            cause,
        );
        Ok(removed)
    }

    pub(crate) fn move_task(
        &mut self,
        id: &str,
        to: MoveTask,
        cause: Option<&str>,
    ) -> Result<Task, Refusal> {
        let (task, change) = self.board.move_to(id, to, now_ms())?;
        self.publish(TASKS, LIST_UPDATE, change, cause);
        Ok(task)
    }

    pub(crate) fn send_message(
        &mut self,
        connection: ConnectionId,
        channel: &str,
        new: NewMessage,
        cause: Option<&str>,
    ) -> Result<Message, Refusal> {
        let room = room_of(channel)?;
        check_text("userId", &new.user_id, NAME)?;
        check_text("name", &new.name, NAME)?;
        check_text("text", &new.text, TEXT)?;
        // Whoever sends has stopped typing, which the message itself tells the others.
        self.open_channel(channel)?.typists.stop(connection);
        let message = Message {
            id: self.new_id("m"),
            room: room.to_owned(),
            user_id: new.user_id,
            name: new.name,
            text: new.text,
            sent_at: now_ms(),
        };
        self.rooms.push(message.clone());
        self.publish(
            &room_channel(room),
            LIST_UPDATE,
            ListChange::Create { item: &message },
            cause,
        );
        Ok(message)
    }

    pub(crate) fn notify(&mut self, new: NewNotification) -> Result<Notification, Refusal> {
        check_text("title", &new.title, TITLE)?;
        check_optional("body", new.body.as_deref(), TEXT)?;
        let notification = Notification {
            id: self.new_id("n"),
            level: new.level,
            title: new.title,
            body: new.body,
            at: now_ms(),
        };
        self.notifications.push_back(notification.clone());
        if self.notifications.len() > limits::NOTIFICATIONS {
            self.notifications.pop_front();
        }
        self.publish(NOTIFICATIONS, "notification", &notification, None);
        Ok(notification)
    }

    pub(crate) fn announce(
        &mut self,
        connection: ConnectionId,
        channel: &str,
        announcement: Announcement,
        now: Instant,
    ) -> Result<(), Refusal> {
        room_of(channel)?;
        announcement.check()?;
        let wire_id = self.connections.wire_id(connection);
        let room = self
            .channels
            .get_mut(channel)
            .filter(|room| room.subscribers.contains(&connection))
            .ok_or_else(|| not_subscribed(channel))?;
        let announced = room
            .roster
            .announce(connection, wire_id, announcement, now)?;
        if announced.first {
            let sync = Outbound {
                channel: Some(channel),
                data: Some(room.roster.sync()),
                ..Outbound::new("presence:sync")
            };
            self.connections.send(connection, sync.encode());
        }
        if let Some(left) = announced.left {
            self.broadcast(channel, "presence:leave", left, None);
        }
        self.broadcast(channel, "presence:update", announced.member, None);
        Ok(())
    }

    pub(crate) fn start_typing(
        &mut self,
        connection: ConnectionId,
        channel: &str,
        typing: Typing,
    ) -> Result<(), Refusal> {
        room_of(channel)?;
        typing.check()?;
        let room = self
            .channels
            .get_mut(channel)
            .filter(|room| room.subscribers.contains(&connection))
            .ok_or_else(|| not_subscribed(channel))?;
        if let Some(before) = room.typists.start(connection, &typing.id) {
            self.broadcast_stop(connection, channel, before);
        }
        let typing = Typing {
            channel: channel.to_owned(),
            ..typing
        };
        self.broadcast(channel, "typing:start", typing, Some(connection));
        Ok(())
    }

    /// Moves a few prices.
    pub(crate) fn move_prices(&mut self, rng: &mut Rng, now: Instant) {
        for stock in self.market.walk(rng, now, now_ms()) {
            self.publish_price(&stock);
        }
    }

    /// One update of a burst.
    pub(crate) fn step_price(&mut self, symbol: &str) {
        if let Ok(stock) = self.market.step(symbol, now_ms()) {
            self.publish_price(&stock);
        }
    }

    fn publish_price(&mut self, stock: &Stock) {
        self.publish(&stock_channel(&stock.symbol), "stock:update", stock, None);
        self.publish(
            STOCKS,
            LIST_UPDATE,
            ListChange::Update { item: stock },
            None,
        );
    }
}

/// The room that a channel is, for what only rooms have.
fn room_of(channel: &str) -> Result<&str, Refusal> {
    match Kind::of(channel) {
        Some(Kind::Room(room)) => Ok(room),
        Some(_) => Err(Refusal::Forbidden(format!(
            "{:?} is not a room",
            quoted(channel)
        ))),
        None => Err(Refusal::UnknownChannel(quoted(channel))),
    }
}

fn not_subscribed(channel: &str) -> Refusal {
    Refusal::Forbidden(format!("subscribe to {:?} first", quoted(channel)))
}
