//! Notifications, as a visitor sees them.

use super::{Visitor, by_id};
use crate::error::E2eError;

impl Visitor {
    /// Posts a notification with the page's button.
    ///
    /// # Errors
    ///
    /// When there is no button.
    pub fn notify(&self) -> Result<(), E2eError> {
        self.click(&by_id("notify"))
    }

    /// The texts of the toasts that are shown.
    ///
    /// # Errors
    ///
    /// When the browser does not answer.
    pub fn toasts(&self) -> Result<Vec<String>, E2eError> {
        self.texts(&by_id("toast"))
    }

    /// The texts of the list of notifications.
    ///
    /// # Errors
    ///
    /// When the browser does not answer.
    pub fn notifications(&self) -> Result<Vec<String>, E2eError> {
        self.texts(&by_id("notification"))
    }
}
