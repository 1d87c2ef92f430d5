//! Reader of lib0's encoding, in which updates and state vectors are written; and the writing of its numbers.

use super::error::TextError;

/// Bytes that are still to be read, whoever wrote them.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

const SHORT: TextError = TextError::Invalid("the bytes end too early");
const NUMBER: TextError = TextError::Invalid("a number is too large");

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn byte(&mut self) -> Result<u8, TextError> {
        let (first, rest) = self.bytes.split_first().ok_or(SHORT)?;
        self.bytes = rest;
        Ok(*first)
    }

    /// A whole number that JavaScript has as well: below 2^53.
    pub(super) fn number(&mut self) -> Result<u64, TextError> {
        let mut number = 0;
        for shift in (0..53).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return if number < 1 << 53 {
                    Ok(number)
                } else {
                    Err(NUMBER)
                };
            }
        }
        Err(NUMBER)
    }

    /// A place in what one client has written, or a length of it: below 2^31, as those who read it calculate with signs.
    pub(super) fn clock(&mut self) -> Result<u32, TextError> {
        match u32::try_from(self.number()?) {
            Ok(clock) if clock <= MAX_CLOCK => Ok(clock),
            _ => Err(NUMBER),
        }
    }

    /// How many things follow, each of which takes at least so many bytes: no number makes anybody reserve more memory than
    /// was sent.
    pub(super) fn count(&mut self, bytes_each: usize) -> Result<usize, TextError> {
        let count = usize::try_from(self.number()?).map_err(|_| NUMBER)?;
        if count > self.bytes.len() / bytes_each {
            return Err(SHORT);
        }
        Ok(count)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, TextError> {
        let length = self.count(1)?;
        let (text, rest) = self.bytes.split_at_checked(length).ok_or(SHORT)?;
        self.bytes = rest;
        std::str::from_utf8(text).map_err(|_| TextError::Invalid("a text is not utf-8"))
    }
}

/// The last place that a client can write to.
pub(super) const MAX_CLOCK: u32 = i32::MAX as u32;

/// Writes a number, seven bits to a byte.
pub(super) fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        // The lowest seven bits, and one that says that more follow.
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Writes a text with its length.
pub(super) fn write_text(bytes: &mut Vec<u8>, text: &str) {
    write_number(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were_and_larger_ones_are_refused() {
        for number in [0, 1, 127, 128, 300, 1 << 31, (1 << 53) - 1] {
            let mut bytes = Vec::new();
            write_number(&mut bytes, number);
            assert_eq!(Reader::new(&bytes).number(), Ok(number));
        }
        for bytes in [&[0xff; 7][..], &[0xff; 8], &[0xff; 20], &[]] {
            assert!(Reader::new(bytes).number().is_err(), "{bytes:?}");
        }
        let mut bytes = Vec::new();
        write_number(&mut bytes, 1 << 31);
        assert_eq!(Reader::new(&bytes).clock(), Err(NUMBER));
    }

    #[test]
    fn a_count_promises_no_more_than_was_sent() {
        assert_eq!(Reader::new(&[2, 0, 0, 0, 0]).count(2), Ok(2));
        assert_eq!(Reader::new(&[3, 0, 0, 0, 0]).count(2), Err(SHORT));
        assert_eq!(Reader::new(&[0xff, 0xff, 0x03]).count(1), Err(SHORT));
    }
}
