//! Commands of clients, and what each does. Every change publishes its event; `cause` is the id of the message that
//! asked for it, if any.

use super::World;
use crate::{
    channel::{NOTES, NOTIFICATIONS, STOCKS, TASKS, room_channel, room_of, stock_channel},
    command::{BoardEdit, Done, Outcome},
    limits::{self, check_optional, check_text},
    stocks::Nudge,
};
use realtime_demo_types::{
    BurstStarted, Message, NewMessage, NewNotification, Notification, Stock,
    limits::{NAME, TEXT, TITLE},
};
use realtime_server::{
    Hub, ListChange, Refusal,
    replica::Peer,
    texts::{Base64, UpdateData},
};

const LIST_UPDATE: &str = "list:update";

impl World {
    pub(super) fn edit_board(
        &mut self,
        edit: BoardEdit,
        cause: Option<&str>,
        hub: &Hub,
    ) -> Outcome {
        let now = self.clock;
        match edit {
            BoardEdit::Create(new) => {
                let id = self.new_id("t");
                let task = self.board.create(id, new, now)?;
                let change = ListChange::Create { item: &task };
                self.publish(TASKS, LIST_UPDATE, change, cause, hub);
                Ok(Done::Task(task))
            }
            BoardEdit::Update { id, patch } => {
                let (task, change) = self.board.update(&id, patch, now)?;
                if let Some(item) = change {
                    let change = ListChange::Update { item };
                    self.publish(TASKS, LIST_UPDATE, change, cause, hub);
                }
                Ok(Done::Task(task))
            }
            BoardEdit::Move { id, to } => {
                let (task, change) = self.board.move_to(&id, to, now)?;
                self.publish(TASKS, LIST_UPDATE, change, cause, hub);
                Ok(Done::Task(task))
            }
            BoardEdit::Delete { id } => {
                let removed = self.board.delete(&id)?;
                let change = ListChange::Delete { item: &removed };
                self.publish(TASKS, LIST_UPDATE, change, cause, hub);
                Ok(Done::Removed(removed))
            }
        }
    }

    pub(super) fn send_message(
        &mut self,
        peer: &Peer,
        channel: &str,
        new: NewMessage,
        cause: Option<&str>,
        hub: &Hub,
    ) -> Outcome {
        let room = room_of(channel)?;
        check_text("userId", &new.user_id, NAME)?;
        check_text("name", &new.name, NAME)?;
        check_text("text", &new.text, TEXT)?;
        if !self.rooms.has(room) && self.rooms.len() >= limits::ROOMS {
            let message = format!("use an existing room: there are {} already", limits::ROOMS);
            return Err(Refusal::limit_reached(message));
        }
        // Whoever sends has stopped typing, which the message itself tells the others.
        hub.end_typing(peer, channel);
        let message = Message {
            id: self.new_id("m"),
            room: room.to_owned(),
            user_id: new.user_id,
            name: new.name,
            text: new.text,
            sent_at: self.clock,
        };
        self.rooms.push(message.clone());
        let change = ListChange::Create { item: &message };
        self.publish(&room_channel(room), LIST_UPDATE, change, cause, hub);
        Ok(Done::Message { id: message.id })
    }

    pub(super) fn write(&mut self, update: &Base64, cause: Option<&str>, hub: &Hub) -> Outcome {
        if let Some(update) = self.notes.merge(update)? {
            self.publish(NOTES, "text:update", UpdateData { update }, cause, hub);
        }
        Ok(Done::Written)
    }

    pub(super) fn notify(&mut self, new: NewNotification, hub: &Hub) -> Outcome {
        check_text("title", &new.title, TITLE)?;
        check_optional("body", new.body.as_deref(), TEXT)?;
        let notification = Notification {
            id: self.new_id("n"),
            level: new.level,
            title: new.title,
            body: new.body,
            at: self.clock,
        };
        self.notifications.push_back(notification.clone());
        if self.notifications.len() > limits::NOTIFICATIONS {
            self.notifications.pop_front();
        }
        self.publish(NOTIFICATIONS, "notification", &notification, None, hub);
        Ok(Done::Notification(notification))
    }

    /// Moves a few prices.
    pub(super) fn move_prices(&mut self, nudges: &[Nudge], hub: &Hub) -> Done {
        for stock in self.market.nudge(nudges, self.clock) {
            self.publish_price(&stock, hub);
        }
        Done::Nothing
    }

    /// Promises a burst.
    pub(super) fn reserve(
        &mut self,
        symbol: &str,
        count: u32,
        length_ms: u64,
        hub: &Hub,
    ) -> Outcome {
        let final_price = self.market.reserve(symbol, count, length_ms, self.clock)?;
        let last = hub.position(&stock_channel(symbol)).seq;
        let (first_seq, last_seq) = (last + 1, last + u64::from(count));
        Ok(Done::Burst(BurstStarted {
            count,
            final_price,
            first_seq,
            last_seq,
        }))
    }

    /// One update of a burst.
    pub(super) fn step_price(&mut self, symbol: &str, hub: &Hub) -> Outcome {
        let stock = self.market.step(symbol, self.clock)?;
        self.publish_price(&stock, hub);
        Ok(Done::Nothing)
    }

    fn publish_price(&mut self, stock: &Stock, hub: &Hub) {
        let channel = stock_channel(&stock.symbol);
        self.publish(&channel, "stock:update", stock, None, hub);
        let change = ListChange::Update { item: stock };
        self.publish(STOCKS, LIST_UPDATE, change, None, hub);
    }
}
