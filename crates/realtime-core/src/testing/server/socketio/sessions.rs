//! Sessions that may be resumed, and the packets that they may have missed.

use std::collections::{BTreeMap, VecDeque};

/// Who a packet was for.
#[derive(Debug)]
pub(super) enum Audience {
    Room {
        name: String,
        /// The session it was kept from.
        except: Option<String>,
    },
    One(Option<String>),
}

/// A session that has been taken up again.
pub(super) struct Resumed {
    pub(super) rooms: Vec<String>,
    pub(super) missed: Vec<String>,
}

#[derive(Debug)]
struct Saved {
    rooms: Vec<String>,
    /// The offset before its first packet.
    began_after: u64,
}

#[derive(Debug, Default)]
pub(super) struct Sessions {
    last: u64,
    began: BTreeMap<String, u64>,
    saved: BTreeMap<String, Saved>,
    log: VecDeque<(u64, Audience, String)>,
    offset: u64,
}

impl Sessions {
    const MOST: usize = 1_000;

    pub(super) fn begin(&mut self) -> String {
        self.last += 1;
        let pid = format!("session-{}", self.last);
        self.began.insert(pid.clone(), self.offset);
        pid
    }

    pub(super) fn forget(&mut self) {
        self.began.clear();
        self.saved.clear();
        self.log.clear();
    }

    pub(super) fn save(&mut self, pid: String, rooms: Vec<String>) {
        let began_after = self.began.get(&pid).copied().unwrap_or_default();
        self.saved.insert(pid, Saved { rooms, began_after });
    }

    pub(super) fn next_offset(&mut self) -> u64 {
        self.offset += 1;
        self.offset
    }

    pub(super) fn log(&mut self, offset: u64, audience: Audience, packet: String) {
        self.log.push_back((offset, audience, packet));
        while self.log.len() > Self::MOST {
            self.log.pop_front();
        }
    }

    /// As Node's adapter does it: a session is known, and so is the packet it has come to.
    pub(super) fn resume(
        &mut self,
        pid: &str,
        offset: &str,
        from_the_beginning: bool,
    ) -> Option<Resumed> {
        let saved = self.saved.remove(pid)?;
        let after = match offset {
            "" if from_the_beginning => saved.began_after,
            offset => {
                let offset: u64 = offset.parse().ok()?;
                self.log.iter().find(|(at, ..)| *at == offset)?.0
            }
        };
        let concerns = |audience: &Audience| match audience {
            Audience::Room { name, except } => {
                saved.rooms.contains(name) && except.as_deref() != Some(pid)
            }
            Audience::One(of) => of.as_deref() == Some(pid),
        };
        let missed = self
            .log
            .iter()
            .filter(|(at, audience, _)| *at > after && concerns(audience))
            .map(|(.., packet)| packet.clone())
            .collect();
        Some(Resumed {
            rooms: saved.rooms,
            missed,
        })
    }
}
