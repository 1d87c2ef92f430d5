//! Decoder: the frames of a WebSocket's server as they come, with as little work as can be: what it costs to receive is
//! not what is measured.

/// Bytes that are no whole frame yet.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    rest: Vec<u8>,
}

impl Decoder {
    /// Gives the payload of each frame that `bytes` complete.
    pub(crate) fn take_in(&mut self, bytes: &[u8], mut frame: impl FnMut(&[u8])) {
        if self.rest.is_empty() {
            let used = whole_frames(bytes, &mut frame);
            self.rest.extend_from_slice(&bytes[used..]);
        } else {
            self.rest.extend_from_slice(bytes);
            let used = whole_frames(&self.rest, &mut frame);
            self.rest.drain(..used);
        }
    }
}

/// How many bytes are whole frames.
fn whole_frames(bytes: &[u8], frame: &mut impl FnMut(&[u8])) -> usize {
    let mut used = 0;
    while let Some((start, length)) = header(&bytes[used..]) {
        let Some(payload) = bytes.get(used + start..used + start + length) else {
            break;
        };
        frame(payload);
        used += start + length;
    }
    used
}

/// Where a frame's payload starts and how long it is. A server's frames are not masked.
fn header(bytes: &[u8]) -> Option<(usize, usize)> {
    let short = usize::from(*bytes.get(1)? & 0x7f);
    let long = |from: &[u8]| {
        from.iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte))
    };
    Some(match short {
        126 => (4, long(bytes.get(2..4)?)),
        127 => (10, long(bytes.get(2..10)?)),
        short => (2, short),
    })
}

/// A text frame from a client, masked with zeros.
pub(crate) fn text_frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u8::try_from(text.len()) {
        Ok(length) if length < 126 => frame.push(0x80 | length),
        _ => {
            frame.push(0x80 | 126);
            let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
            frame.extend_from_slice(&length.to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(text.as_bytes());
    frame
}

/// The number after `name` in a frame.
pub(crate) fn number_after(frame: &[u8], name: &[u8]) -> Option<u64> {
    let at = frame
        .windows(name.len())
        .position(|window| window == name)?
        + name.len();
    let digits = frame[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_however_they_are_cut() {
        let mut stream = vec![0x81, 3];
        stream.extend_from_slice(b"one");
        stream.extend_from_slice(&[0x81, 126, 1, 0]);
        stream.extend_from_slice(&[b'x'; 256]);
        for size in [1, 2, 3, 100, 1_000] {
            let (mut decoder, mut lengths) = (Decoder::default(), Vec::new());
            for piece in stream.chunks(size) {
                decoder.take_in(piece, |frame| lengths.push(frame.len()));
            }
            assert_eq!(lengths, [3, 256], "{size}");
        }
    }

    #[test]
    fn a_number_is_found_by_its_name() {
        assert_eq!(number_after(br#"{"a":1,"at":250}"#, b"\"at\":"), Some(250));
        assert_eq!(number_after(b"{}", b"\"at\":"), None);
    }
}
