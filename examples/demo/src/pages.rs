//! Pages that there are.

mod notes;
mod notifications;
mod prices;
mod room;
mod stress;
mod tasks;

pub(crate) use notes::NotesPage;
pub(crate) use notifications::NotificationsPage;
pub(crate) use prices::PricesPage;
pub(crate) use room::RoomPage;
pub(crate) use stress::StressPage;
pub(crate) use tasks::TasksPage;
