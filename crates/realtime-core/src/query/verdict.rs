//! Verdict on a change: whether it can be seen, and perhaps more.

/// What a change to an entry comes back with: whether it can be seen, and perhaps more.
pub(super) trait Verdict {
    type Output;
    fn split(self) -> (bool, Self::Output);
}

impl Verdict for bool {
    type Output = ();
    fn split(self) -> (bool, ()) {
        (self, ())
    }
}

impl<O> Verdict for (bool, O) {
    type Output = O;
    fn split(self) -> (bool, O) {
        self
    }
}
