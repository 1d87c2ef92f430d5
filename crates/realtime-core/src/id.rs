//! The newtypes that name things: no bare `u64` or `String` crosses a module.

mod row;

pub use row::RowId;

use serde::{
    Deserialize, Serialize,
    de::{Deserializer, Error, Visitor},
};
use std::{borrow::Borrow, fmt, ops::Deref, rc::Rc};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// In JSON it is text; a whole number is read as its digits, as many servers number what they name.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Rc<str>);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(NameVisitor).map(Self)
            }
        }

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<Rc<str>> for $name {
            fn as_ref(&self) -> &Rc<str> {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.into())
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(name.into())
            }
        }

        impl From<Rc<str>> for $name {
            fn from(name: Rc<str>) -> Self {
                Self(name)
            }
        }

        #[cfg(feature = "implicit-clone")]
        impl From<implicit_clone::unsync::IString> for $name {
            fn from(name: implicit_clone::unsync::IString) -> Self {
                Self(shared(name))
            }
        }

        #[cfg(feature = "implicit-clone")]
        impl From<&implicit_clone::unsync::IString> for $name {
            fn from(name: &implicit_clone::unsync::IString) -> Self {
                Self(shared(name.clone()))
            }
        }

        impl From<&Self> for $name {
            fn from(name: &Self) -> Self {
                name.clone()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// The text of an attribute, without a copy where it is shared already.
#[cfg(feature = "implicit-clone")]
pub(crate) fn shared(text: implicit_clone::unsync::IString) -> Rc<str> {
    match text {
        implicit_clone::unsync::IString::Static(text) => text.into(),
        implicit_clone::unsync::IString::Rc(text) => text,
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Rc<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a whole number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Rc<str>, E> {
        Ok(text.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Rc<str>, E> {
        Ok(number.to_string().into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Rc<str>, E> {
        Ok(number.to_string().into())
    }
}

name! {
    /// What a client subscribes to, such as `stocks:ACME`.
    ChannelName
}
name! {
    /// What happened, such as `list:update`.
    EventName
}
name! {
    /// A user, as the server knows them.
    UserId
}
name! {
    /// One connection (tab, device) of a user, as the server knows it.
    ConnectionId
}
name! {
    /// Names one send for its whole life: the server answers with it, and drops a repeat by it.
    MessageId
}
name! {
    /// One incarnation of a channel's history; a new one means the server has lost the old.
    Epoch
}

/// Which socket a callback belongs to. What an older socket says is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    /// The generation after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The generation as a number, for logs.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

/// Names one mutation of a client; later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MutationId(pub(crate) u64);

impl MutationId {
    /// The mutation as a number, for logs.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

/// What a break in the history of a server's events means for the versions seen before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum History {
    /// Nobody can say whether the server still counts as it did: what a fetch says that begins from
    /// now on outranks what came before the break, and events go by the versions they have.
    Doubted,
    /// Another one has begun, in which versions begin anew: nothing of the old one binds.
    New,
}

/// Names one entry of the query cache for as long as it exists; never given out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub(crate) u64);

/// Where a channel's history stands: the `seq`-th event of the incarnation `epoch`.
///
/// `seq` is parsed as an integer from the frame's text and never passes through a JavaScript
/// number, so the whole range of `u64` is exact.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The incarnation of the channel's history.
    pub epoch: Epoch,
    /// How many events that history has had.
    pub seq: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_keeps_all_64_bits() {
        let position: Position =
            serde_json::from_str(r#"{"epoch":"a","seq":18446744073709551615}"#).unwrap();
        assert_eq!(position.seq, u64::MAX);
    }

    #[test]
    fn whole_numbers_are_read_as_their_digits_and_nothing_else_is_a_name() {
        for (json, name) in [
            ("7", "7"),
            ("-3", "-3"),
            ("18446744073709551615", "18446744073709551615"),
            (r#""7""#, "7"),
        ] {
            assert_eq!(
                serde_json::from_str::<UserId>(json).unwrap(),
                UserId::from(name)
            );
        }
        for json in ["7.0", "1e3", "true", "null", "[7]", "{}"] {
            assert!(serde_json::from_str::<UserId>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::to_string(&UserId::from("7")).unwrap(), r#""7""#);
    }

    #[test]
    fn names_compare_by_text_and_read_as_text() {
        let channel = ChannelName::from("room:1");
        assert_eq!(channel, ChannelName::from(String::from("room:1")));
        assert_eq!(channel.to_string(), "room:1");
        assert_eq!(&*channel, "room:1");
    }
}
