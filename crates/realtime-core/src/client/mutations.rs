//! Mutations as a part: between what was done, the data it shows in, and the outbox.

use super::{
    doing::Doing,
    part::{Context, Happening, Part},
};
use crate::{
    mutation::{Mutations, keeping_is_used},
    notify::Topic,
    time::Instant,
};

impl Part for Mutations {
    fn new(context: &mut Context<'_>) -> Self {
        let link = &mut *context.link;
        let rng = link.rng.fork();
        let mut queue = Self::with_limits(context.limits, link.id_prefix(), rng);
        queue.set_online(context.store.cache.is_online());
        if let Some(since) = link.up_since() {
            queue.link_up(since);
        }
        if !link.is_open() {
            queue.link_down();
        }
        if link.is_over() {
            queue.link_over();
        }
        queue
    }

    fn handle(&mut self, happening: &Happening<'_>, context: &mut Context<'_>) -> bool {
        let now = context.turn.now;
        let mut doing = Doing::new(self, context);
        match *happening {
            Happening::Sought => doing.queue.link_wanted(),
            Happening::Up => doing.queue.link_up(now),
            Happening::Down => doing.drop_carried_out(),
            Happening::Ended => doing.give_up_waiting(),
            Happening::ChannelUp { .. } => doing.queue.channel_live(),
            Happening::EntryMade(entry) => doing.apply_pending(entry),
            Happening::EntryTouched(entry) if doing.queue.is_active() => {
                doing.take_overlay_news(entry)
            }
            Happening::Settled(send, result) => {
                let mutation = doing.queue.take_send(send);
                if let Some(Some(mutation)) = mutation {
                    doing.done(mutation, result.clone().map_err(Into::into));
                }
                return mutation.is_some();
            }
            Happening::Carried(mutation, result) => {
                doing.done(mutation, result.clone().map_err(Into::into));
            }
            Happening::Online(online) => doing.queue.set_online(online),
            Happening::SigningOut => doing.fail_all(),
            Happening::OutboxFound if keeping_is_used() => {
                if let Some(keep) = doing.context.turn.keep_mutations.clone() {
                    (keep.restore)(&mut doing, &keep);
                }
            }
            Happening::Durable(key) if keeping_is_used() => {
                doing.queue.durable(key);
                doing.context.turn.dirty.mark(Topic::Mutations);
            }
            Happening::AnswersDue => doing.due(),
            _ => {}
        }
        false
    }

    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        Doing::new(self, context).poll()
    }

    fn answers_due(&self) -> Option<Instant> {
        self.next_deadline()
    }
}
