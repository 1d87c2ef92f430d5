//! Channels: what their names stand for.

use crate::refusals::quoted;
use realtime_server::Refusal;

/// What a channel name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    Stocks,
    Stock,
    Tasks,
    Notifications,
    Text,
    Room(&'a str),
}

impl<'a> Kind<'a> {
    pub(crate) fn of(channel: &'a str) -> Option<Self> {
        match channel {
            STOCKS => Some(Self::Stocks),
            TASKS => Some(Self::Tasks),
            NOTIFICATIONS => Some(Self::Notifications),
            NOTES => Some(Self::Text),
            _ => match channel.split_once(':')? {
                ("stocks", _) => Some(Self::Stock),
                ("room", name) if is_room_name(name) => Some(Self::Room(name)),
                _ => None,
            },
        }
    }
}

/// The channel of the list of all stocks.
pub(crate) const STOCKS: &str = "stocks";
/// The channel of the task board.
pub(crate) const TASKS: &str = "tasks";
/// The channel of notifications.
pub(crate) const NOTIFICATIONS: &str = "notifications";
/// The channel of the text that everybody writes in.
pub(crate) const NOTES: &str = "notes";

/// The channel of one stock.
pub(crate) fn stock_channel(symbol: &str) -> String {
    format!("stocks:{symbol}")
}

/// The channel of a room.
pub(crate) fn room_channel(room: &str) -> String {
    format!("room:{room}")
}

/// The room that a channel is, for what only rooms have.
pub(crate) fn room_of(channel: &str) -> Result<&str, Refusal> {
    match Kind::of(channel) {
        Some(Kind::Room(room)) => Ok(room),
        Some(_) => Err(Refusal::forbidden(format!(
            "{:?} is not a room",
            quoted(channel)
        ))),
        None => Err(Refusal::unknown_channel(channel)),
    }
}

/// Whether a room may be called so: letters, digits, `-` and `_`.
pub(crate) fn is_room_name(name: &str) -> bool {
    let fits = (1..=realtime_demo_types::limits::NAME).contains(&name.chars().count());
    fits && name
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_name_says_what_it_stands_for() {
        assert_eq!(Kind::of("stocks"), Some(Kind::Stocks));
        assert_eq!(Kind::of("stocks:ACME"), Some(Kind::Stock));
        assert_eq!(Kind::of("notes"), Some(Kind::Text));
        assert_eq!(Kind::of("room:lobby"), Some(Kind::Room("lobby")));
        for unknown in ["", "room", "room:", "room:a b", "room:a:b", "weather:today"] {
            assert_eq!(Kind::of(unknown), None, "{unknown}");
        }
    }
}
