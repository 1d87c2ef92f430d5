//! Act: one line of an input.

use realtime_core::FrameRef;

/// The most lines of an input that are read: more find nothing new, and take time.
const MOST: usize = 200;

/// One line of an input.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act<'a> {
    /// A frame, or an event's data.
    Frame(FrameRef<'a>),
    /// What stands behind `>`: a word, and the rest of the line.
    Word(&'a str, &'a str),
}

/// The lines of an input.
pub(crate) fn acts(input: &[u8]) -> impl Iterator<Item = Act<'_>> {
    let lines = input.split(|byte| *byte == b'\n').take(MOST);
    lines.map(|line| match std::str::from_utf8(line) {
        Err(_) => Act::Frame(FrameRef::Binary(line)),
        Ok(text) => match text.strip_prefix('>') {
            None => Act::Frame(FrameRef::Text(text)),
            Some(said) => {
                let (word, rest) = said.split_once(' ').unwrap_or((said, ""));
                Act::Word(word, rest)
            }
        },
    })
}
