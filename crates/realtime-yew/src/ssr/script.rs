//! Script in a page: seeds as JSON that can stand in HTML.

use super::page_seeds::Identity;
use crate::error::PageError;
use realtime_core::{Fit, Seed};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The element's id.
pub(super) const ID: &str = "realtime-seed";

/// The version of the format; another is not read.
const FORMAT: u32 = 1;

/// The longest script that is read.
const MAX_BYTES: usize = 64 << 20;

/// What is written.
#[derive(Serialize)]
struct Block<'a> {
    format: u32,
    build: &'a str,
    user: &'a str,
    /// When it was written, in milliseconds since 1970 by the server's clock.
    at: u64,
    seeds: &'a [String],
}

/// What is read. Not the same type: one that borrows where it can costs a page more.
#[derive(Deserialize)]
struct OwnedBlock {
    format: u32,
    build: String,
    user: String,
    at: u64,
    seeds: Vec<String>,
}

/// What a script holds.
#[derive(Debug)]
pub(super) struct Contents {
    identity: Identity,
    /// When it was written.
    at: u64,
    /// The texts of the seeds, which were all found to be whole.
    seeds: Vec<String>,
}

/// The element, with nothing in it that HTML would take for its end.
pub(super) fn write(identity: &Identity, at: u64, seeds: &[String]) -> String {
    let block = Block {
        format: FORMAT,
        build: &identity.build,
        user: &identity.user,
        at,
        seeds,
    };
    // Texts and numbers always turn into JSON.
    let json = serde_json::to_string(&block).unwrap_or_default();
    let mut element = String::with_capacity(json.len() + json.len() / 8 + 64);
    element.push_str("<script type=\"application/json\" id=\"");
    element.push_str(ID);
    element.push_str("\">");
    escape(&json, &mut element);
    element.push_str("</script>");
    element
}

/// Writes JSON in such a way that it ends no element, begins no comment, and is a line of JavaScript, too.
/// These characters stand in texts only, where JSON can name them by number.
fn escape(json: &str, into: &mut String) {
    for c in json.chars() {
        match c {
            '<' => into.push_str("\\u003c"),
            '>' => into.push_str("\\u003e"),
            '&' => into.push_str("\\u0026"),
            '\u{2028}' => into.push_str("\\u2028"),
            '\u{2029}' => into.push_str("\\u2029"),
            c => into.push(c),
        }
    }
}

/// Reads what stands in the element; `None` if it is not as it was written.
pub(super) fn read(text: &str) -> Option<Contents> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let block: OwnedBlock = serde_json::from_str(text).ok()?;
    if block.format != FORMAT {
        return None;
    }
    let OwnedBlock {
        build,
        user,
        at,
        seeds,
        ..
    } = block;
    let are_whole = seeds
        .iter()
        .all(|text| Seed::from_text(text.as_str()).is_ok());
    are_whole.then_some(Contents {
        identity: Identity { build, user },
        at,
        seeds,
    })
}

impl Contents {
    /// How far they fit this app and user.
    pub(super) fn fit(&self, here: &Identity) -> Result<Fit, PageError> {
        if self.identity.user != here.user {
            return Err(PageError::OtherUser);
        }
        Ok(match self.identity.build == here.build {
            true => Fit::Full,
            false => Fit::RowsOnly,
        })
    }

    /// The seeds, which have aged on their way. Where the two clocks differ, the age may be wrong: that
    /// matters only where no position says whether they are current.
    pub(super) fn seeds(self, now: u64) -> Vec<Seed> {
        let kept_for = Duration::from_millis(now.saturating_sub(self.at));
        let seeds = self.seeds.into_iter();
        seeds
            .filter_map(|text| Seed::from_text(text).ok())
            .map(|seed| Seed { kept_for, ..seed })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(build: &str, user: &str) -> Identity {
        Identity {
            build: build.to_owned(),
            user: user.to_owned(),
        }
    }

    fn inner(element: &str) -> &str {
        let start = element.find('>').unwrap() + 1;
        &element[start..element.len() - "</script>".len()]
    }

    #[test]
    fn nothing_in_a_script_ends_it_or_begins_a_comment_and_it_reads_the_same() {
        let evil = "</script><!--<script>&amp;\\u003c\u{2028}\u{2029}\\";
        let element = write(&identity(evil, "ada"), 5, &[]);
        let text = inner(&element);
        let dangerous = ['<', '>', '&', '\u{2028}', '\u{2029}'];
        assert!(!text.contains(dangerous), "{text}");
        let contents = read(text).expect("it reads");
        assert_eq!(contents.identity, identity(evil, "ada"));
        assert_eq!(contents.at, 5);
    }

    #[test]
    fn what_was_written_otherwise_is_not_read() {
        let element = write(&identity("1", "ada"), 5, &[]);
        let text = inner(&element);
        for (at, _) in text.char_indices() {
            assert!(read(&text[..at]).is_none(), "cut off at {at}");
        }
        assert!(read(&text.replace("\"format\":1", "\"format\":2")).is_none());
        assert!(read(&text.replace("[]", "[\"{}\"]")).is_none());
        for stranger in ["", "null", "[]", "{}", "7"] {
            assert!(read(stranger).is_none(), "{stranger}");
        }
    }

    #[test]
    fn another_build_shows_rows_and_another_user_nothing() {
        let element = write(&identity("1", "ada"), 5, &[]);
        let fit = |build, user| {
            let contents = read(inner(&element)).unwrap();
            contents.fit(&identity(build, user))
        };
        assert_eq!(fit("1", "ada"), Ok(Fit::Full));
        assert_eq!(fit("2", "ada"), Ok(Fit::RowsOnly));
        assert_eq!(fit("1", "lin"), Err(PageError::OtherUser));
        assert_eq!(fit("2", ""), Err(PageError::OtherUser));
    }
}
