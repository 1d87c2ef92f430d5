//! Rooms: which channels the server has let us join, as far as its session and ours may differ.

use crate::{
    id::{ChannelName, MessageId, Position},
    ordered::OrderedMap,
};

/// Channels by name.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    by_name: OrderedMap<ChannelName, Room>,
}

#[derive(Debug, PartialEq, Eq)]
enum Room {
    /// The join is sent under this id.
    Asked(MessageId),
    /// The server said yes.
    Joined {
        /// Whether it said where the channel stands.
        counts: bool,
    },
    /// The leave is sent.
    Leaving,
    /// The socket broke, and nobody has said yet whether the channel is wanted on the next one.
    Unclaimed {
        /// Whether the server has it joined, should it resume the session. Of what was just under
        /// way that cannot be known.
        joined: bool,
        counts: bool,
    },
}

impl Rooms {
    /// How many are remembered for being left. Of the others there are no more than the client may
    /// have channels.
    const MOST: usize = 4_096;

    pub(super) fn asked(&mut self, channel: &ChannelName, id: &MessageId) {
        let asked = Room::Asked(id.clone());
        self.by_name.insert(channel.clone(), asked);
    }

    /// The server answered the join that was sent under `id`: it let us in, and said where the channel
    /// stands or did not; or it did not let us in (`None`). If the channel was left meanwhile, that counts.
    pub(super) fn answered(&mut self, channel: &ChannelName, id: &MessageId, joined: Option<bool>) {
        let Some(room) = self.by_name.get_mut(channel) else {
            return;
        };
        if *room == Room::Asked(id.clone()) {
            if let Some(counts) = joined {
                *room = Room::Joined { counts };
            } else {
                self.by_name.remove(channel);
            }
        }
    }

    /// The leave is sent. Should it get lost, a session that is resumed has the channel still.
    pub(super) fn leaving(&mut self, channel: &ChannelName, resumable: bool) {
        if resumable && self.by_name.len() < Self::MOST {
            self.by_name.insert(channel.clone(), Room::Leaving);
        } else {
            self.by_name.remove(channel);
        }
    }

    /// The server answered the leave. If the channel is joined again meanwhile, that counts.
    pub(super) fn left(&mut self, channel: &ChannelName) {
        if self.by_name.get(channel) == Some(&Room::Leaving) {
            self.by_name.remove(channel);
        }
    }

    /// The socket is gone.
    pub(super) fn break_off(&mut self) {
        self.by_name.visit_mut(|_, room| {
            let (joined, counts) = match *room {
                Room::Joined { counts } => (true, counts),
                Room::Asked(_) | Room::Leaving => (false, false),
                Room::Unclaimed { joined, counts } => (joined, counts),
            };
            *room = Room::Unclaimed { joined, counts };
        });
    }

    /// The session goes on, and the channel is wanted: whether it is joined for sure. By whoever does not
    /// know where it stands, though the server does, it is to be asked for anew.
    pub(super) fn resume(&mut self, channel: &ChannelName, since: Option<&Position>) -> bool {
        let Some(room) = self.by_name.get_mut(channel) else {
            return false;
        };
        match *room {
            Room::Unclaimed { joined, counts } if joined && (!counts || since.is_some()) => {
                *room = Room::Joined { counts };
                true
            }
            _ => false,
        }
    }

    /// Those that the server may have joined and nobody has asked for since the session goes on.
    pub(super) fn unclaimed(&self) -> Vec<ChannelName> {
        let is_unclaimed = |room: &Room| matches!(room, Room::Unclaimed { .. });
        let rooms = self.by_name.iter().filter(|(_, room)| is_unclaimed(room));
        rooms.map(|(channel, _)| channel.clone()).collect()
    }

    pub(super) fn clear(&mut self) {
        self.by_name.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> MessageId {
        format!("q-{number}").into()
    }

    #[test]
    fn only_what_the_server_has_said_is_taken_for_granted_on_the_next_socket() {
        let mut rooms = Rooms::default();
        let channels: Vec<ChannelName> = ["a", "b", "c", "d"].map(Into::into).into();
        let [joined, asked, refused, leaving] = &*channels else {
            panic!("there are four")
        };
        for channel in &channels {
            rooms.asked(channel, &id(1));
        }
        rooms.answered(joined, &id(1), Some(false));
        rooms.answered(refused, &id(1), None);
        rooms.leaving(leaving, true);
        rooms.break_off();
        rooms.break_off();
        assert_eq!(
            rooms.unclaimed(),
            [joined.clone(), asked.clone(), leaving.clone()]
        );
        let resumed = channels
            .iter()
            .filter(|channel| rooms.resume(channel, None));
        assert_eq!(resumed.collect::<Vec<_>>(), [joined]);
        rooms.asked(asked, &id(2));
        assert_eq!(rooms.unclaimed(), std::slice::from_ref(leaving));
    }

    #[test]
    fn a_late_answer_does_not_undo_what_was_asked_for_since() {
        let mut rooms = Rooms::default();
        let channel = "a".into();
        rooms.asked(&channel, &id(1));
        rooms.leaving(&channel, true);
        rooms.answered(&channel, &id(1), Some(false));
        rooms.asked(&channel, &id(2));
        rooms.left(&channel);
        rooms.answered(&channel, &id(1), Some(false));
        rooms.answered(&channel, &id(2), Some(false));
        rooms.break_off();
        assert!(rooms.resume(&channel, None));
    }

    #[test]
    fn what_is_left_is_remembered_only_where_it_may_come_back_and_within_bounds() {
        let mut rooms = Rooms::default();
        rooms.asked(&"a".into(), &id(1));
        rooms.leaving(&"a".into(), false);
        assert!(rooms.by_name.is_empty());
        for number in 0..2 * Rooms::MOST {
            rooms.leaving(&format!("c{number}").into(), true);
        }
        assert_eq!(rooms.by_name.len(), Rooms::MOST);
    }
}
