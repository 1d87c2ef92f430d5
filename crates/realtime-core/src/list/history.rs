//! History breaks: what a server that counts anew leaves of what a list remembers.

use super::ErasedList;
use crate::id::History;

impl ErasedList {
    /// The server's history has broken off: it may have lost its memory, and count versions anew.
    ///
    /// No row looks different for that. Of a [new](History::New) history, every event and every
    /// snapshot is taken, whatever versions and deletes came before. While it is only
    /// [doubted](History::Doubted), events go on by their versions, and the next snapshot outranks
    /// all that came before this call.
    pub(crate) fn begin_history(&mut self, history: History) {
        self.era = self.era.wrapping_add(1);
        self.settle_recent();
        self.stats.parked_dropped += self.parked.len() as u64;
        drop(self.parked.take_all());
        self.missed.clear();
        match history {
            History::Doubted => self.tombstones.doubt(),
            History::New => {
                self.tombstones.clear();
                for row in self.rows.values_mut() {
                    row.set_version(None);
                    row.set_placed(None);
                }
            }
        }
    }

    /// Makes all recent patches part of their rows, as they are shown already.
    fn settle_recent(&mut self) {
        for (id, patches) in self.recent.take_all() {
            if let Some(row) = self.rows.get_mut(&id) {
                let newest = patches.last().and_then(|patch| patch.version);
                row.set_version(row.version().max(newest));
                row.base = None;
            }
        }
    }
}
