//! Splice: one change of a text, a piece of it replaced by another, in UTF-16 units as browsers count them.

use std::ops::Range;

/// A piece of a text that is replaced. Places and lengths are UTF-16 units, as in a browser's `selectionStart`.
///
/// ```
/// use realtime_text::Splice;
///
/// let splice = Splice::between("one two", "one big two", Some(8));
/// assert_eq!(splice, Splice { at: 4, delete: 0, insert: "big ".into() });
/// assert_eq!(splice.apply("one two").as_deref(), Some("one big two"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splice {
    /// Where the piece begins.
    pub at: u32,
    /// How long it is.
    pub delete: u32,
    /// What stands there instead.
    pub insert: String,
}

impl Splice {
    /// What turns `old` into `new`. Where more than one splice does, as with a letter typed beside one like it, it is the
    /// one that ends at `caret`, the place in `new` where the user's caret is.
    #[must_use]
    pub fn between(old: &str, new: &str, caret: Option<u32>) -> Self {
        let caret = caret.and_then(|caret| byte_at(new, caret));
        let behind_caret = caret.map_or(usize::MAX, |caret| new.len() - caret);
        let mut suffix = 0;
        for (one, two) in old.chars().rev().zip(new.chars().rev()) {
            let next = suffix + one.len_utf8();
            if one != two || next > behind_caret {
                break;
            }
            suffix = next;
        }
        let mut prefix = 0;
        let room = old.len().min(new.len()) - suffix;
        for (one, two) in old.chars().zip(new.chars()) {
            if one != two || prefix + one.len_utf8() > room {
                break;
            }
            prefix += one.len_utf8();
        }
        let [old_piece, new_piece] =
            [old, new].map(|text| text.get(prefix..text.len() - suffix).unwrap_or_default());
        // What is left of the ends that are alike: the caret was not where the change is.
        let more = common_suffix(old_piece, new_piece);
        let [old_piece, new_piece] =
            [old_piece, new_piece].map(|piece| piece.get(..piece.len() - more).unwrap_or_default());
        Self {
            at: units(old.get(..prefix).unwrap_or_default()),
            delete: units(old_piece),
            insert: new_piece.to_owned(),
        }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.delete == 0 && self.insert.is_empty()
    }

    /// `text` with it; `None` if it does not fit.
    #[must_use]
    pub fn apply(&self, text: &str) -> Option<String> {
        let from = byte_at(text, self.at)?;
        let to = byte_at(text, self.at.checked_add(self.delete)?)?;
        Some([text.get(..from)?, &self.insert, text.get(to..)?].concat())
    }
}

fn common_suffix(one: &str, two: &str) -> usize {
    let pairs = one.chars().rev().zip(two.chars().rev());
    let alike = pairs.take_while(|(one, two)| one == two);
    alike.map(|(one, _)| one.len_utf8()).sum()
}

/// What a change did to places: from `at` on, `delete` units went and `insert` came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) at: u32,
    pub(crate) delete: u32,
    pub(crate) insert: u32,
}

impl Shift {
    /// Where a piece is after the change: what came at its edges is not in it. Of an empty one, a caret, what came at its
    /// place stands behind it.
    pub(crate) fn map(self, piece: Range<u32>) -> Range<u32> {
        let start = self.map_place(piece.start, piece.is_empty());
        start..self.map_place(piece.end, true).max(start)
    }

    /// Where a place is after the change. One within what went is where that was.
    fn map_place(self, place: u32, stays_before: bool) -> u32 {
        let is_before = place < self.at || place == self.at && (stays_before || self.insert == 0);
        if is_before {
            place
        } else if place <= self.at.saturating_add(self.delete) {
            let at_its_end = place == self.at.saturating_add(self.delete) && !stays_before;
            self.at + if at_its_end { self.insert } else { 0 }
        } else {
            (place - self.delete).saturating_add(self.insert)
        }
    }
}

impl From<&Splice> for Shift {
    fn from(splice: &Splice) -> Self {
        Self {
            at: splice.at,
            delete: splice.delete,
            insert: units(&splice.insert),
        }
    }
}

/// How many UTF-16 units a text has.
pub(crate) fn units(text: &str) -> u32 {
    let units: usize = text.chars().map(char::len_utf16).sum();
    u32::try_from(units).unwrap_or(u32::MAX)
}

/// The byte at which the UTF-16 unit `place` begins; of the second half of a pair the byte of the first. `None` beyond
/// the end.
pub(crate) fn byte_at(text: &str, place: u32) -> Option<usize> {
    let mut at = 0;
    for (byte, letter) in text.char_indices() {
        let next = at + u32::try_from(letter.len_utf16()).unwrap_or(2);
        if place < next {
            return Some(byte);
        }
        at = next;
    }
    (place == at).then_some(text.len())
}
