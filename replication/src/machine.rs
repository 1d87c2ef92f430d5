//! Machine: a state that changes by commands only.

use crate::NodeId;
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeSet, fmt::Debug};

/// A state that changes by commands only. A command holds all that its effect depends on beside the state itself: no
/// clock, no chance, no sockets. So processes that carry out the same commands in the same order have the same state.
pub trait Machine: Debug + Send + 'static {
    /// A change.
    type Command: Debug + Serialize + DeserializeOwned + Send + 'static;
    /// What came of one.
    type Outcome: Debug + Send + 'static;
    /// All of the state that is shared.
    type Snapshot: Serialize + DeserializeOwned + Send + 'static;

    /// Carries a command out at a time, in milliseconds; an earlier time than before counts as the same.
    fn apply(&mut self, command: Self::Command, now_ms: u64) -> Self::Outcome;
    /// The state as it is.
    fn save(&self) -> Self::Snapshot;
    /// Goes on from another state. What anybody was told of the one before counts no more.
    fn load(&mut self, snapshot: Self::Snapshot);
    /// A state in which what anybody was told counts no more.
    fn in_new_epoch(snapshot: Self::Snapshot) -> Self::Snapshot;
    /// That what anybody was told counts no more.
    fn begin_epoch() -> Self::Command;

    /// What sort of command it is.
    fn class(command: &Self::Command) -> Class;
    /// That a command was not carried out, as the log cannot be reached.
    fn unavailable() -> Self::Outcome;
    /// That it is not known whether it was.
    fn unconfirmed() -> Self::Outcome;

    /// This process.
    fn node(&self) -> NodeId;
    /// The processes that have a part in the state that ends with them.
    fn nodes(&self) -> BTreeSet<NodeId>;
    /// That a process is gone, with its part.
    fn gone(node: NodeId) -> Self::Command;
    /// Whether a command says so of a process.
    fn is_gone(command: &Self::Command, node: &NodeId) -> bool;
    /// What this process still has of its part.
    fn roll_call(&self) -> Self::Command;
    /// What makes this process's part what it is.
    fn announcements(&self) -> Vec<Self::Command>;
    /// What a command of the class [`Class::Part`] says of each place, to be said when the log can be reached again.
    fn places(command: Self::Command) -> Vec<(String, Self::Command)>;
    /// Whether such a saying is still true.
    fn holds(&self, said: &Self::Command) -> bool;
}

/// What sort of command it is, where the log cannot be reached or is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It changes something: it is refused.
    Change,
    /// It has no meaning later: it is given up.
    Passing,
    /// It says something of a process's part: the last word counts when the log can be reached again.
    Part,
    /// The same, and it ends something: there is always room for it.
    PartEnds,
    /// It ends something else: there is always room for it.
    Ends,
}

impl Class {
    pub(crate) fn ends(self) -> bool {
        matches!(self, Self::PartEnds | Self::Ends)
    }

    pub(crate) fn is_part(self) -> bool {
        matches!(self, Self::Part | Self::PartEnds)
    }
}
