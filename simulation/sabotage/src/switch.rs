//! Switch: which rule is broken on this thread.

use crate::Rule;
use std::cell::Cell;

thread_local! {
    static OFF: Cell<Option<Rule>> = const { Cell::new(None) };
}

/// Runs `test` on this thread without one rule.
///
/// ```
/// use realtime_sabotage::{Rule, off, without};
///
/// let broken = without(Rule::Tombstones, || off(Rule::Tombstones));
/// assert!(broken && !off(Rule::Tombstones));
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

/// Whether a rule is broken on this thread.
#[must_use]
pub fn off(rule: Rule) -> bool {
    OFF.get() == Some(rule)
}
