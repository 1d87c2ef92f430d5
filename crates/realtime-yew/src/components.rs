//! Components over the hooks, ready-made.
//!
//! They carry class names and nothing else; [`STYLESHEET`](crate::STYLESHEET) is a small optional
//! stylesheet for them, in light and dark, that you can put into a `<style>` element or copy and
//! change. Colours and sizes are custom properties on `:root`, all called `--rt-…`.
//!
//! | component | class names |
//! |---|---|
//! | [`ConnectionIndicator`] | `rt-connection`, `rt-connection--connecting` `--connected` `--reconnecting` `--disconnected` `--trouble`, `rt-connection__dot`, `__label`, `__retry`, `__button` |
//! | [`OnlineUsers`] | `rt-online`, `rt-online__user`, `rt-online__more`, `rt-avatar`, `rt-avatar__image`, `rt-avatar__initials`, `rt-avatar__name` |
//! | [`TypingIndicator`] | `rt-typing`, `rt-typing--active`, `rt-typing__dots`, `rt-typing__text` |
//! | [`VirtualList`] | `rt-virtual`, `rt-virtual__scroller`, `__content`, `__rows`, `__row`, `__slot`, `__new` |

mod connection_indicator;
mod online_users;
mod typing_indicator;
mod virtual_list;

pub use connection_indicator::{ConnectionIndicator, ConnectionIndicatorProps};
pub use online_users::{OnlineUsers, OnlineUsersProps};
pub use typing_indicator::{TypingIndicator, TypingIndicatorProps};
pub use virtual_list::{VirtualList, VirtualListProps, VirtualRow};
