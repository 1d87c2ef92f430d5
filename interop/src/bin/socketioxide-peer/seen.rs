//! Messages that have come, for the runner to ask about.

use serde::Serialize;
use std::sync::{Mutex, PoisonError};

/// How much of each is kept.
const LIMIT: usize = 10_000;

/// What has come, and whether handshakes need a token.
#[derive(Debug)]
pub(crate) struct Seen {
    auth: bool,
    lists: Mutex<Lists>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Lists {
    pub(crate) tokens: Vec<Option<String>>,
    pub(crate) queries: Vec<String>,
    pub(crate) messages: Vec<Option<String>>,
    pub(crate) reasons: Vec<String>,
}

impl Seen {
    pub(crate) fn new(auth: bool) -> Self {
        Self {
            auth,
            lists: Mutex::default(),
        }
    }

    /// Why a handshake with this token is refused, if it is.
    pub(crate) fn refusal(&self, token: Option<&str>) -> Option<&'static str> {
        match token {
            _ if !self.auth => None,
            Some(good) if good.starts_with("good") => None,
            Some("expired") => Some("the token is expired"),
            _ => Some("the token is unknown"),
        }
    }

    /// Adds to a list.
    pub(crate) fn note<T>(&self, entry: impl FnOnce(&mut Lists) -> (&mut Vec<T>, T)) {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let (list, entry) = entry(&mut lists);
        if list.len() < LIMIT {
            list.push(entry);
        }
    }

    pub(crate) fn lists(&self) -> Lists {
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.clone()
    }
}
