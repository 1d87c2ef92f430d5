//! Updates in the encoding of Yjs, version 1, read and checked by ourselves before yrs gets them.
//!
//! yrs takes whatever a document may hold, and trusts its numbers: some bytes make it panic, reserve gigabytes, or keep what
//! builds on something that never comes. So nothing of a client's reaches it as it came. What is a plain text, builds only
//! on what is there and is new is written again; everything else is refused.

use super::{
    error::TextError,
    limits::{ROOT_BYTES, ROOTS},
    reader::{MAX_CLOCK, Reader, write_number, write_text},
};
use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};

/// How much each client has written, by its id.
pub(super) type Clocks = HashMap<u64, u32>;

/// One unit of text: who wrote it, and as their which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Id {
    client: u64,
    clock: u32,
}

/// What was inserted in one go: a text, or one that was deleted since.
#[derive(Clone, Debug)]
struct Block<'a> {
    clock: u32,
    len: u32,
    left: Option<Id>,
    right: Option<Id>,
    root: Option<&'a str>,
    /// None: it was deleted.
    text: Option<&'a str>,
}

/// What one client has inserted.
#[derive(Debug)]
struct Inserts<'a> {
    client: u64,
    blocks: Vec<Block<'a>>,
    /// Where there is nothing: it is not to be filled by what comes after it.
    gaps: Vec<u32>,
}

/// An update that can be read.
#[derive(Debug)]
pub(super) struct Update<'a> {
    inserts: Vec<Inserts<'a>>,
    deletes: BTreeMap<u64, Vec<(u32, u32)>>,
    /// Inserts and ranges of deletes.
    pub(super) changes: usize,
}

/// What of an update is new to a document, and fits it.
#[derive(Debug)]
pub(super) struct Fitting<'a> {
    /// The same as an update.
    pub(super) bytes: Vec<u8>,
    /// How much those who wrote it have written then.
    pub(super) clocks: Vec<(u64, u32)>,
    /// The names of texts in it.
    pub(super) roots: BTreeSet<&'a str>,
    /// Whether it inserts anything.
    pub(super) inserts: bool,
    /// How many blocks the document has more then, at most.
    pub(super) blocks: usize,
}

const DELETED: u8 = 1;
const TEXT: u8 = 4;
const SKIP: u8 = 10;
const HAS_LEFT: u8 = 0x80;
const HAS_RIGHT: u8 = 0x40;
const HAS_KEY: u8 = 0x20;

impl<'a> Update<'a> {
    /// Reads an update of at most so many changes.
    pub(super) fn read(bytes: &'a [u8], limit: usize) -> Result<Self, TextError> {
        let mut reader = Reader::new(bytes);
        let mut update = Self {
            inserts: Vec::new(),
            deletes: BTreeMap::new(),
            changes: 0,
        };
        let mut clients = BTreeSet::new();
        for _ in 0..reader.count(3)? {
            let count = reader.count(2)?;
            let client = reader.number()?;
            if !clients.insert(client) {
                return Err(TextError::Invalid("a client is named twice"));
            }
            update.count(count, limit)?;
            update
                .inserts
                .push(read_inserts(&mut reader, client, count)?);
        }
        for _ in 0..reader.count(2)? {
            let client = reader.number()?;
            let count = reader.count(2)?;
            update.count(count, limit)?;
            let ranges = update.deletes.entry(client).or_default();
            for _ in 0..count {
                let (start, len) = (reader.clock()?, reader.clock()?);
                if len > 0 {
                    ranges.push((start, end_of(start, len)?));
                }
            }
        }
        if !reader.is_empty() {
            return Err(TextError::Invalid("something follows the update"));
        }
        Ok(update)
    }

    fn count(&mut self, more: usize, limit: usize) -> Result<(), TextError> {
        self.changes += more;
        if self.changes > limit {
            return Err(TextError::TooManyChanges { limit });
        }
        Ok(())
    }

    /// How many blocks it inserts.
    pub(super) fn blocks(&self) -> usize {
        self.inserts
            .iter()
            .map(|inserts| inserts.blocks.len())
            .sum()
    }

    /// What of it is new to a document that has `clocks`; an error if it builds on what is not there.
    pub(super) fn fit(mut self, clocks: &Clocks) -> Result<Fitting<'a>, TextError> {
        let known = |client| clocks.get(&client).copied().unwrap_or_default();
        for inserts in &mut self.inserts {
            inserts.trim(known(inserts.client))?;
        }
        self.inserts.retain(|inserts| !inserts.blocks.is_empty());
        check_order(&self.inserts, clocks)?;
        // Whoever has the higher id first, as Yjs writes them.
        self.inserts
            .sort_by_key(|inserts| std::cmp::Reverse(inserts.client));
        let written: Vec<(u64, u32)> = self.inserts.iter().map(Inserts::end).collect();
        let ends: HashMap<u64, u32> = written.iter().copied().collect();
        let end = |client| ends.get(&client).copied().unwrap_or_else(|| known(client));
        for (client, ranges) in &mut self.deletes {
            if ranges.iter().any(|(_, last)| *last > end(*client)) {
                return Err(TextError::Behind);
            }
            join(ranges);
        }
        self.deletes.retain(|_, ranges| !ranges.is_empty());
        let blocks = || self.inserts.iter().flat_map(|inserts| &inserts.blocks);
        let ranges: usize = self.deletes.values().map(Vec::len).sum();
        Ok(Fitting {
            bytes: self.write(),
            clocks: written,
            roots: blocks().filter_map(|block| block.root).collect(),
            inserts: !self.inserts.is_empty(),
            // A block is put between two halves of another one, and a range of deletes begins and ends within some.
            blocks: 2 * (blocks().count() + ranges),
        })
    }

    fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_number(&mut bytes, self.inserts.len() as u64);
        for inserts in &self.inserts {
            let first = inserts.blocks.first().map_or(0, |block| block.clock);
            write_number(&mut bytes, inserts.blocks.len() as u64);
            write_number(&mut bytes, inserts.client);
            write_number(&mut bytes, first.into());
            for block in &inserts.blocks {
                block.write(&mut bytes);
            }
        }
        write_number(&mut bytes, self.deletes.len() as u64);
        for (client, ranges) in &self.deletes {
            write_number(&mut bytes, *client);
            write_number(&mut bytes, ranges.len() as u64);
            for (start, end) in ranges {
                write_number(&mut bytes, (*start).into());
                write_number(&mut bytes, (end - start).into());
            }
        }
        bytes
    }
}

impl Fitting<'_> {
    /// Whether it does nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes == [0, 0]
    }

    /// Refuses more texts than one document may have.
    pub(super) fn check_roots(&self, there: &BTreeSet<Box<str>>) -> Result<(), TextError> {
        let new = self.roots.iter().filter(|name| !there.contains(**name));
        if there.len() + new.count() > ROOTS {
            return Err(TextError::Invalid("a document has too many texts"));
        }
        Ok(())
    }
}

/// Where something that begins there ends.
fn end_of(start: u32, len: u32) -> Result<u32, TextError> {
    let end = start.checked_add(len).filter(|end| *end <= MAX_CLOCK);
    end.ok_or(TextError::Invalid("a client has written too much"))
}

fn read_inserts<'a>(
    reader: &mut Reader<'a>,
    client: u64,
    count: usize,
) -> Result<Inserts<'a>, TextError> {
    let mut clock = reader.clock()?;
    let mut inserts = Inserts {
        client,
        blocks: Vec::with_capacity(count),
        gaps: Vec::new(),
    };
    for _ in 0..count {
        let info = reader.byte()?;
        if info == SKIP {
            clock = end_of(clock, reader.clock()?)?;
            inserts.gaps.push(clock);
        } else {
            let block = read_block(reader, info, clock)?;
            clock = end_of(clock, block.len)?;
            inserts.blocks.push(block);
        }
    }
    Ok(inserts)
}

fn read_block<'a>(reader: &mut Reader<'a>, info: u8, clock: u32) -> Result<Block<'a>, TextError> {
    let kind = info & 0x1f;
    if let Some(what) = foreign(kind, info) {
        return Err(TextError::Unsupported(what));
    }
    let mut id = |flag| {
        (info & flag != 0)
            .then(|| {
                Ok(Id {
                    client: reader.number()?,
                    clock: reader.clock()?,
                })
            })
            .transpose()
    };
    let (left, right) = (id(HAS_LEFT)?, id(HAS_RIGHT)?);
    let root = match (left, right) {
        (None, None) => Some(read_root(reader)?),
        _ => None,
    };
    let (text, len) = if kind == TEXT {
        let text = reader.text()?;
        let units = text.encode_utf16().count();
        (Some(text), u32::try_from(units).unwrap_or(u32::MAX))
    } else {
        (None, reader.clock()?)
    };
    if len == 0 {
        return Err(TextError::Invalid("a block is empty"));
    }
    Ok(Block {
        clock,
        len,
        left,
        right,
        root,
        text,
    })
}

/// What a block is that is not of a plain text.
fn foreign(kind: u8, info: u8) -> Option<&'static str> {
    match kind {
        DELETED | TEXT if info & HAS_KEY == 0 => None,
        DELETED | TEXT => Some("a value under a key"),
        0 => Some("a collected part of a nested type"),
        2 | 8 => Some("a value"),
        3 => Some("a binary value"),
        5 => Some("an embedded object"),
        6 => Some("a format"),
        7 => Some("a nested type"),
        9 => Some("a document within the document"),
        _ => Some("a block of an unknown kind"),
    }
}

/// The name of the text that a block is in.
fn read_root<'a>(reader: &mut Reader<'a>) -> Result<&'a str, TextError> {
    match reader.number()? {
        1 => match reader.text()? {
            name if name.len() <= ROOT_BYTES => Ok(name),
            _ => Err(TextError::Invalid("the name of a text is too long")),
        },
        0 => Err(TextError::Unsupported("a nested type")),
        _ => Err(TextError::Invalid("a block is nowhere")),
    }
}

impl<'a> Inserts<'a> {
    /// Who has written it, and how much they have written then.
    fn end(&self) -> (u64, u32) {
        let last = self.blocks.last();
        (self.client, last.map_or(0, |block| block.clock + block.len))
    }

    /// Takes out what is known; an error if there is a gap before the rest.
    fn trim(&mut self, known: u32) -> Result<(), TextError> {
        if self.gaps.iter().any(|end| *end > known) {
            return Err(TextError::Behind);
        }
        let known_blocks = self
            .blocks
            .partition_point(|block| block.clock + block.len <= known);
        self.blocks.drain(..known_blocks);
        match self.blocks.first_mut() {
            Some(first) if first.clock > known => Err(TextError::Behind),
            Some(first) if first.clock < known => first.cut(self.client, known),
            _ => Ok(()),
        }
    }
}

impl Block<'_> {
    /// Takes out what is before a place within it; the rest stands right after that.
    fn cut(&mut self, client: u64, clock: u32) -> Result<(), TextError> {
        let before = clock - self.clock;
        if let Some(text) = &mut self.text {
            let mut units = 0;
            let mut chars = text.char_indices();
            let at = chars.find_map(|(at, char)| {
                let is_there = units >= before as usize;
                units += char.len_utf16();
                is_there.then_some((at, units - char.len_utf16()))
            });
            match at {
                Some((at, units)) if units == before as usize => *text = &text[at..],
                _ => return Err(TextError::Invalid("a character is known by half")),
            }
        }
        self.clock = clock;
        self.len -= before;
        self.left = Some(Id {
            client,
            clock: clock - 1,
        });
        self.root = None;
        Ok(())
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        let kind = if self.text.is_some() { TEXT } else { DELETED };
        let left = if self.left.is_some() { HAS_LEFT } else { 0 };
        let right = if self.right.is_some() { HAS_RIGHT } else { 0 };
        bytes.push(kind | left | right);
        for id in [self.left, self.right].into_iter().flatten() {
            write_number(bytes, id.client);
            write_number(bytes, id.clock.into());
        }
        if let Some(root) = self.root {
            write_number(bytes, 1);
            write_text(bytes, root);
        }
        match self.text {
            Some(text) => write_text(bytes, text),
            None => write_number(bytes, self.len.into()),
        }
    }
}

/// Sorts ranges, and joins those that touch.
fn join(ranges: &mut Vec<(u32, u32)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, before| {
        let touch = next.0 <= before.1;
        if touch {
            before.1 = before.1.max(next.1);
        }
        touch
    });
}

/// Checks that there is an order in which each block comes after those that it stands beside.
fn check_order(inserts: &[Inserts<'_>], clocks: &Clocks) -> Result<(), TextError> {
    /// How far one client's blocks have come.
    struct Turn {
        next: usize,
        clock: u32,
        waits: bool,
    }
    let mut turns: Vec<Turn> = Vec::with_capacity(inserts.len());
    let mut places = HashMap::with_capacity(inserts.len());
    for (place, of_client) in inserts.iter().enumerate() {
        let clock = of_client.blocks.first().map_or(0, |block| block.clock);
        turns.push(Turn {
            next: 0,
            clock,
            waits: false,
        });
        match places.entry(of_client.client) {
            Entry::Vacant(entry) => entry.insert(place),
            Entry::Occupied(_) => return Err(TextError::Invalid("a client is named twice")),
        };
    }
    for place in 0..inserts.len() {
        // Whose blocks are needed, and up to which one.
        let mut stack = vec![(place, u32::MAX)];
        while let Some((place, until)) = stack.last().copied() {
            let (Some(of_client), Some(turn)) = (inserts.get(place), turns.get(place)) else {
                return Err(TextError::Behind);
            };
            let next = of_client
                .blocks
                .get(turn.next)
                .filter(|_| turn.clock <= until);
            let Some(block) = next else {
                // Whoever needed more than there is was refused before.
                if let Some(turn) = turns.get_mut(place) {
                    turn.waits = false;
                }
                stack.pop();
                continue;
            };
            let mut missing = None;
            for id in [block.left, block.right].into_iter().flatten() {
                if id.client == of_client.client {
                    if id.clock >= block.clock {
                        return Err(TextError::Invalid("a block stands beside a later one"));
                    }
                    continue;
                }
                let there = places.get(&id.client).copied();
                let turn = there.and_then(|there| turns.get(there));
                let known = clocks.get(&id.client).copied().unwrap_or_default();
                if id.clock < turn.map_or(known, |turn| turn.clock) {
                    continue;
                }
                let comes = there.and_then(|there| inserts.get(there)).map(Inserts::end);
                match (there, turn) {
                    (Some(_), Some(turn)) if turn.waits => {
                        return Err(TextError::Invalid(
                            "two blocks stand beside each other first",
                        ));
                    }
                    (Some(there), _) if comes.is_some_and(|(_, end)| id.clock < end) => {
                        missing = Some((there, id.clock));
                    }
                    _ => return Err(TextError::Behind),
                }
                break;
            }
            if let Some(turn) = turns.get_mut(place) {
                turn.waits = missing.is_some();
                if missing.is_none() {
                    turn.next += 1;
                    turn.clock = block.clock + block.len;
                }
            }
            stack.extend(missing);
        }
    }
    Ok(())
}

/// Reads a state vector: how much each client has written, as far as its sender knows.
pub(super) fn read_state_vector(bytes: &[u8]) -> Result<Clocks, TextError> {
    let mut reader = Reader::new(bytes);
    let count = reader.count(2)?;
    let mut clocks = Clocks::with_capacity(count);
    for _ in 0..count {
        clocks.insert(reader.number()?, reader.clock()?);
    }
    if !reader.is_empty() {
        return Err(TextError::Invalid("something follows the state vector"));
    }
    Ok(clocks)
}

/// The same, written.
pub(super) fn write_state_vector(clocks: &Clocks) -> Vec<u8> {
    let mut sorted: Vec<_> = clocks.iter().collect();
    sorted.sort_unstable();
    let mut bytes = Vec::new();
    write_number(&mut bytes, sorted.len() as u64);
    for (client, clock) in sorted {
        write_number(&mut bytes, *client);
        write_number(&mut bytes, (*clock).into());
    }
    bytes
}
