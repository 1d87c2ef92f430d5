//! Which rule a test has switched off on this thread.

use super::Rule;
use std::cell::Cell;

thread_local! {
    static OFF: Cell<Option<Rule>> = const { Cell::new(None) };
}

/// Runs `test` on this thread without one rule.
///
/// ```
/// use realtime_core::testing::{Rule, without};
///
/// let broken = without(Rule::Tombstones, || {
///     // Run a world here: it should not end as it does otherwise.
///     true
/// });
/// assert!(broken);
/// ```
pub fn without<R>(rule: Rule, test: impl FnOnce() -> R) -> R {
    /// Switches the rule on again, also after a panic.
    struct Restore(Option<Rule>);

    impl Drop for Restore {
        fn drop(&mut self) {
            OFF.set(self.0);
        }
    }

    let _restore = Restore(OFF.replace(Some(rule)));
    test()
}

pub(crate) fn off(rule: Rule) -> bool {
    OFF.get() == Some(rule)
}
