//! Refusal: why the client would not have what a hook asked for.

use std::cell::RefCell;

/// An error and what it is about: another key has nothing to do with it, not even for one render.
#[derive(Debug)]
pub(super) struct Refusal<K, E>(RefCell<Option<(K, E)>>);

impl<K, E> Default for Refusal<K, E> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: Clone + PartialEq, E: Clone> Refusal<K, E> {
    /// Why `key` was refused, if it was.
    pub(super) fn of(&self, key: &K) -> Option<E> {
        self.0
            .borrow()
            .as_ref()
            .filter(|(of, _)| of == key)
            .map(|(_, error)| error.clone())
    }

    /// Remembers how asking for `key` ended.
    pub(super) fn set(&self, key: &K, error: Option<E>) {
        let old = self.0.replace(error.map(|error| (key.clone(), error)));
        drop(old);
    }
}
