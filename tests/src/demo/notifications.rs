//! Notifications, as a visitor sees them.

use super::{Visitor, by_id};
use crate::KitError;

impl Visitor {
    /// Posts a notification with the page's button.
    pub fn notify(&self) -> Result<(), KitError> {
        self.click(&by_id("notify"))
    }

    /// The texts of the toasts that are shown.
    pub fn toasts(&self) -> Result<Vec<String>, KitError> {
        self.texts(&by_id("toast"))
    }

    /// The texts of the list of notifications.
    pub fn notifications(&self) -> Result<Vec<String>, KitError> {
        self.texts(&by_id("notification"))
    }
}
