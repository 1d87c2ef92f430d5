//! Message: what one tab posts to the others, as one text: a line of JSON that says who and what, and
//! after it the payload. Whoever it is not for reads the line only.

use crate::{
    object::{self, ObjectWriter},
    wire::Text,
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, rc::Rc};

/// Which way of speaking this is: a tab of another build may speak another.
pub(super) const VERSION: u64 = 1;

/// The largest text that is read, in bytes: what a link may carry, and the line before it.
pub(super) const LARGEST: usize = (16 << 20) + LONGEST_LINE;
const LONGEST_LINE: usize = 1 << 10;
const LONGEST_ID: usize = 32;
/// The latest term that is believed: a later one is nobody's.
const LAST_TERM: u64 = 1 << 53;

/// Names one tab, for as long as its page lives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TabId(Rc<str>);

impl TabId {
    /// A tab whose page drew `chance`.
    #[must_use]
    pub fn new(chance: u64) -> Self {
        Self(format!("{chance:016x}").into())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_name = !text.is_empty() && text.len() <= LONGEST_ID && is_plain;
        is_name.then(|| Self(text.into()))
    }
}

impl fmt::Display for TabId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a tab says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// I am here, and follow whom I name.
    Hello,
    /// I lead.
    Beacon,
    /// I go.
    Bye,
    /// Lead in my place.
    Yield,
    /// There are too many of us: go on alone.
    Full,
    /// Of a link: see [`LinkAct`](super::LinkAct) and [`ToTabs`](super::ToTabs).
    Open,
    Opened,
    Frame,
    Close,
    Closed,
    /// Give me what you have of each query.
    Want,
    /// That, of one of them.
    Seed,
    /// That was all.
    Seeded,
    /// Show your token anew.
    Renew,
    /// The user has signed out.
    SignOut,
}

const KINDS: [(Kind, &str); 15] = [
    (Kind::Hello, "hello"),
    (Kind::Beacon, "beacon"),
    (Kind::Bye, "bye"),
    (Kind::Yield, "yield"),
    (Kind::Full, "full"),
    (Kind::Open, "open"),
    (Kind::Opened, "opened"),
    (Kind::Frame, "frame"),
    (Kind::Close, "close"),
    (Kind::Closed, "closed"),
    (Kind::Want, "want"),
    (Kind::Seed, "seed"),
    (Kind::Seeded, "seeded"),
    (Kind::Renew, "renew"),
    (Kind::SignOut, "signOut"),
];

/// One message, as it is posted or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) from: TabId,
    /// Whom it is for; all, if nobody is named.
    pub(super) to: Option<TabId>,
    /// The term that its sender lives in.
    pub(super) term: u64,
    pub(super) kind: Kind,
    /// Whom the sender follows.
    pub(super) leader: Option<TabId>,
    /// Whether its page is shown.
    pub(super) visible: bool,
    /// How many tabs the leader knows, or the code of a close.
    pub(super) number: u64,
    pub(super) link: Option<u64>,
    pub(super) payload: Cow<'a, str>,
}

impl<'a> Message<'a> {
    pub(super) fn new(from: &TabId, term: u64, kind: Kind) -> Self {
        Self {
            from: from.clone(),
            to: None,
            term,
            kind,
            leader: None,
            visible: true,
            number: 0,
            link: None,
            payload: Cow::Borrowed(""),
        }
    }

    pub(super) fn write(&self) -> String {
        let mut line = ObjectWriter::default();
        let kind = KINDS.iter().find(|(kind, _)| *kind == self.kind);
        line.raw("v", &VERSION.to_string());
        line.text("kind", kind.map(|(_, name)| *name));
        line.text("from", Some(self.from.as_str()));
        line.text("to", self.to.as_ref().map(TabId::as_str));
        line.raw("term", &self.term.to_string());
        line.text("leader", self.leader.as_ref().map(TabId::as_str));
        if !self.visible {
            line.raw("visible", "false");
        }
        if self.number != 0 {
            line.raw("number", &self.number.to_string());
        }
        if let Some(link) = self.link {
            line.raw("link", &link.to_string());
        }
        let mut text = line.end();
        if !self.payload.is_empty() {
            text.reserve(self.payload.len() + 1);
            text.push('\n');
            text.push_str(&self.payload);
        }
        text
    }

    /// Reads a text; `None` if it is none that a tab would post, or too large.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (line, payload) = text.split_once('\n').unwrap_or((text, ""));
        let fits = text.len() <= LARGEST && line.len() <= LONGEST_LINE;
        fits.then(|| Self::of(line, payload)).flatten()
    }

    fn of(line: &str, payload: &'a str) -> Option<Self> {
        const NAMES: [&str; 9] = [
            "v", "kind", "from", "to", "term", "leader", "visible", "number", "link",
        ];
        let [version, kind, from, to, term, leader, visible, number, link] =
            object::fields(line, NAMES).ok()?;
        if number_of(version?)? != VERSION {
            return None;
        }
        let kind = Text::of(kind?.get())?;
        let (kind, _) = KINDS.iter().find(|(_, name)| *name == kind)?;
        let id = |value: Option<&RawValue>| match value {
            Some(value) => TabId::read(&Text::of(value.get())?).map(Some),
            None => Some(None),
        };
        let term = number_of(term?)?;
        let is_bool = |value: &&RawValue| matches!(value.get(), "true" | "false");
        if term > LAST_TERM || visible.is_some_and(|visible| !is_bool(&visible)) {
            return None;
        }
        Some(Self {
            from: id(from)??,
            to: id(to)?,
            term,
            kind: *kind,
            leader: id(leader)?,
            visible: visible.is_none_or(|visible| visible.get() == "true"),
            number: number.map_or(Some(0), number_of)?,
            link: match link {
                Some(link) => Some(number_of(link)?),
                None => None,
            },
            payload: Cow::Borrowed(payload),
        })
    }
}

/// A number as it is written here: bare.
fn number_of(value: &RawValue) -> Option<u64> {
    value.get().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let (ada, bob) = (TabId::new(1), TabId::new(u64::MAX));
        for (kind, _) in KINDS {
            let plain = Message::new(&ada, 7, kind);
            assert_eq!(Message::read(&plain.write()), Some(plain.clone()));
            let full = Message {
                to: Some(bob.clone()),
                leader: Some(ada.clone()),
                visible: false,
                number: 1012,
                link: Some(3),
                payload: "{\"a\":\"\\n\"}\n{}".into(),
                ..plain
            };
            assert_eq!(Message::read(&full.write()), Some(full));
        }
    }

    #[test]
    fn what_no_tab_would_say_is_dropped() {
        let fine = r#"{"v":1,"kind":"hello","from":"a1","term":0}"#;
        assert!(Message::read(fine).is_some());
        for text in [
            "",
            "\n",
            "null",
            "[1]",
            r#"{"v":2,"kind":"hello","from":"a1","term":0}"#,
            r#"{"v":1,"kind":"hallo","from":"a1","term":0}"#,
            r#"{"v":1,"kind":"hello","from":"","term":0}"#,
            r#"{"v":1,"kind":"hello","from":"a b","term":0}"#,
            r#"{"v":1,"kind":"hello","from":"a1","term":-1}"#,
            r#"{"v":1,"kind":"hello","from":"a1","term":1e300}"#,
            r#"{"v":1,"kind":"hello","from":"a1","term":18446744073709551615}"#,
            r#"{"v":1,"kind":"hello","from":"a1","term":0,"term":1}"#,
            r#"{"v":1,"kind":"hello","from":"a1","term":0,"visible":7}"#,
            r#"{"v":1,"kind":"hello","from":"a1","term":0,"to":["a1"]}"#,
            r#"{"v":1,"kind":"hello","from":"a1","term":0,"link":"x"}"#,
            r#"{"v":1,"kind":"hello","from":"0123456789012345678901234567890123","term":0}"#,
            "{\"v\":1,\"kind\":\"hello\",\n\"from\":\"a1\",\"term\":0}",
        ] {
            assert_eq!(Message::read(text), None, "{text}");
        }
        let long = format!("{fine}{}", " ".repeat(LONGEST_LINE));
        assert_eq!(Message::read(&long), None);
        let large = format!("{fine}\n{}", "x".repeat(LARGEST));
        assert_eq!(Message::read(&large), None);
    }
}
