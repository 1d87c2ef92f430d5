//! Ready-made components over the hooks.
//!
//! They carry class names and nothing else; [`STYLESHEET`](crate::STYLESHEET) is a small optional
//! stylesheet for them, in light and dark, that you can put into a `<style>` element or copy and
//! change. Colours and sizes are custom properties on `:root`, all called `--rt-…`.
//!
//! | component | class names |
//! |---|---|
//! | [`ConnectionStatus`] | `rt-connection`, `rt-connection--connecting` `--connected` `--reconnecting` `--disconnected` `--trouble`, `rt-connection__dot`, `__label`, `__retry`, `__button` |
//! | [`OnlineUsers`] | `rt-online`, `rt-online__user`, `rt-online__more`, `rt-avatar`, `rt-avatar__image`, `rt-avatar__initials`, `rt-avatar__name` |
//! | [`TypingIndicator`] | `rt-typing`, `rt-typing--active`, `rt-typing__dots`, `rt-typing__text` |
//! | [`Toasts`] | `rt-toasts`, `rt-toast`, `rt-toast--info` `--success` `--warning` `--error`, `rt-toast__text`, `rt-toast__dismiss` |
//! | [`VirtualList`] | `rt-virtual`, `rt-virtual__scroller`, `__content`, `__rows`, `__row`, `__slot`, `__new` |

mod connection_status;
mod online_users;
mod toasts;
mod typing_indicator;
mod virtual_list;

pub use connection_status::{ConnectionStatus, ConnectionStatusProps};
pub use online_users::{OnlineUsers, OnlineUsersProps};
pub use toasts::{Toasts, ToastsProps};
pub use typing_indicator::{TypingIndicator, TypingIndicatorProps};
pub use virtual_list::{VirtualList, VirtualListProps, VirtualRow};
