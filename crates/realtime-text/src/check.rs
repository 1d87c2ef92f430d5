//! Check of an update before the document takes it: a stranger wrote it, and in a browser a panic ends the page.
//!
//! It walks the first encoding of Yjs: the structs of each client, then what is deleted. Counts and lengths are held
//! against the bytes that are left, clocks against their range, contents against those of a text.

use crate::error::TextError;

/// Clocks and lengths beyond this are nobody's.
const MAX_CLOCK: u64 = i32::MAX as u64;
/// Client ids are whole numbers of JavaScript.
const MAX_CLIENT: u64 = (1 << 53) - 1;
/// The longest name of a text or of a format.
const MAX_NAME: usize = 256;

const HAS_ORIGIN: u8 = 0x80;
const HAS_RIGHT_ORIGIN: u8 = 0x40;
const HAS_PARENT_SUB: u8 = 0x20;
const CONTENT: u8 = 0x1f;

/// Finds out whether `update` is well formed, and of text alone.
pub(crate) fn check_update(update: &[u8]) -> Result<(), TextError> {
    let mut rest = Reader(update);
    for _ in 0..rest.count()? {
        let structs = rest.count()?;
        rest.client()?;
        let mut clock = rest.clock()?;
        for _ in 0..structs {
            let length = rest.block()?;
            clock += length;
            if length == 0 || clock > MAX_CLOCK {
                return Err(TextError::Unreadable("a clock is out of range"));
            }
        }
    }
    for _ in 0..rest.count()? {
        rest.client()?;
        for _ in 0..rest.count()? {
            let from = rest.clock()?;
            if from + rest.clock()? > MAX_CLOCK {
                return Err(TextError::Unreadable("a clock is out of range"));
            }
        }
    }
    match rest.0 {
        [] => Ok(()),
        _ => Err(TextError::Unreadable("something follows its end")),
    }
}

/// Finds out whether `vector` is a well-formed state vector.
pub(crate) fn check_state_vector(vector: &[u8]) -> Result<(), TextError> {
    let mut rest = Reader(vector);
    for _ in 0..rest.count()? {
        rest.client()?;
        rest.clock()?;
    }
    match rest.0 {
        [] => Ok(()),
        _ => Err(TextError::Unreadable("something follows its end")),
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// One block; how many clocks it takes.
    fn block(&mut self) -> Result<u64, TextError> {
        let info = self.byte()?;
        match info & CONTENT {
            0 | 10 => self.clock(),
            content => self.item(info, content),
        }
    }

    fn item(&mut self, info: u8, content: u8) -> Result<u64, TextError> {
        for has_one in [info & HAS_ORIGIN != 0, info & HAS_RIGHT_ORIGIN != 0] {
            if has_one {
                self.client()?;
                self.clock()?;
            }
        }
        if info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN) == 0 {
            if self.number(1)? != 1 {
                return Err(TextError::NotText("a type within another"));
            }
            self.name()?;
        }
        if info & HAS_PARENT_SUB != 0 {
            return Err(TextError::NotText("an entry of a map"));
        }
        match content {
            1 => self.clock(),
            4 => {
                let text = self.text()?;
                let units = text.encode_utf16().count();
                u64::try_from(units).map_err(|_| TextError::Unreadable("a text is too long"))
            }
            6 => {
                self.name()?;
                let value = self.text()?;
                match serde_json::from_str::<serde::de::IgnoredAny>(value) {
                    Ok(_) => Ok(1),
                    Err(_) => Err(TextError::Unreadable("a format's value is no JSON")),
                }
            }
            2 | 3 | 5 | 7 | 8 | 9 => Err(TextError::NotText("something else than text in it")),
            _ => Err(TextError::Unreadable("a kind of content that there is not")),
        }
    }

    fn byte(&mut self) -> Result<u8, TextError> {
        let (first, rest) = self
            .0
            .split_first()
            .ok_or(TextError::Unreadable("it ends early"))?;
        self.0 = rest;
        Ok(*first)
    }

    /// A number of at most `max`, seven bits in each byte, the lowest first.
    fn number(&mut self, max: u64) -> Result<u64, TextError> {
        let mut number = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return match number <= max {
                    true => Ok(number),
                    false => Err(TextError::Unreadable("a number is out of range")),
                };
            }
        }
        Err(TextError::Unreadable("a number does not end"))
    }

    fn client(&mut self) -> Result<u64, TextError> {
        self.number(MAX_CLIENT)
    }

    fn clock(&mut self) -> Result<u64, TextError> {
        self.number(MAX_CLOCK)
    }

    /// How many things follow: each takes a byte at least.
    fn count(&mut self) -> Result<usize, TextError> {
        let count = self.number(MAX_CLOCK)?;
        match usize::try_from(count) {
            Ok(count) if count <= self.0.len() => Ok(count),
            _ => Err(TextError::Unreadable("it ends early")),
        }
    }

    fn text(&mut self) -> Result<&'a str, TextError> {
        let length = self.count()?;
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| TextError::Unreadable("a text is no UTF-8"))
    }

    fn name(&mut self) -> Result<(), TextError> {
        match self.text()?.len() <= MAX_NAME {
            true => Ok(()),
            false => Err(TextError::Unreadable("a name is too long")),
        }
    }
}
