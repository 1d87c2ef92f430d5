//! Permissions: who may do what on which channel, and as whom. Every message of a socket and every request asks here, and
//! nothing else decides it.
//!
//! | channel | a stranger | a user |
//! |---|---|---|
//! | `stocks`, `stocks:{SYMBOL}`, `stress:…` | sees | sees, follows, sends |
//! | `tasks`, `notifications` | nothing | sees, follows, sends |
//! | `notes` | nothing | follows, sends, appears |
//! | `room:{name}` | nothing | sees, follows, sends, appears |
//! | `room:own-{user}` | nothing | the same, for this user alone |
//!
//! That somebody knows a channel's name, or has been let into another one, gives them no right.

use crate::{channel::Kind, refusals::quoted, stress::Load};
use realtime_demo_types::Person;
use realtime_server::{Refusal, User};

/// Whom the server has to do with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// Somebody without a token.
    Stranger,
    /// Whoever a token says.
    User(Person),
    /// Whoever they say they are: for tests and measurements, with [`Config::trust_clients`].
    ///
    /// [`Config::trust_clients`]: crate::Config::trust_clients
    Trusted,
}

/// What may be done on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    /// To read its state.
    See,
    /// To be sent its events.
    Follow,
    /// To change its state.
    Send,
    /// To be seen in it: presence and typing.
    Appear,
}

impl From<&realtime_server::Visitor> for Visitor {
    fn from(visitor: &realtime_server::Visitor) -> Self {
        match visitor.user() {
            Some(User { id, name, .. }) => Self::User(Person {
                id: id.clone(),
                name: name.clone(),
            }),
            None => Self::Trusted,
        }
    }
}

impl From<realtime_server::Right> for Right {
    fn from(right: realtime_server::Right) -> Self {
        match right {
            realtime_server::Right::Follow => Self::Follow,
            realtime_server::Right::Send => Self::Send,
            realtime_server::Right::Appear => Self::Appear,
        }
    }
}

impl Visitor {
    /// Refuses what they may not do on a channel. What there is no such channel for is refused elsewhere, to those who
    /// could use one.
    pub(crate) fn check(&self, right: Right, channel: &str) -> Result<(), Refusal> {
        let is_public = Load::of(channel).is_some()
            || matches!(Kind::of(channel), Some(Kind::Stocks | Kind::Stock));
        match self {
            Self::Trusted => Ok(()),
            Self::Stranger if is_public && right == Right::See => Ok(()),
            Self::Stranger => Err(Refusal::unauthorized()),
            Self::User(user) => match Kind::of(channel) {
                Some(Kind::Room(room)) => match room.strip_prefix(OWN) {
                    Some(owner) if owner != user.id => Err(Refusal::forbidden(format!(
                        "{:?} is somebody else's room",
                        quoted(channel)
                    ))),
                    _ => Ok(()),
                },
                _ => Ok(()),
            },
        }
    }

    /// Refuses what somebody says as another user, and puts their own name to the rest.
    pub(crate) fn sign(&self, id: &str, name: &mut String) -> Result<(), Refusal> {
        match self {
            Self::Trusted => Ok(()),
            Self::Stranger => Err(Refusal::unauthorized()),
            Self::User(user) if user.id == id => {
                name.clone_from(&user.name);
                Ok(())
            }
            Self::User(_) => Err(Refusal::forbidden(
                "this is another user than your token is of: speak for yourself",
            )),
        }
    }

    /// Puts their own name to a change, whatever name is there.
    pub(crate) fn sign_change(&self, name: &mut Option<String>) {
        if let Self::User(user) = self {
            *name = Some(user.name.clone());
        }
    }

    /// The user, if a token says who it is.
    pub(crate) fn user(&self) -> Option<&Person> {
        match self {
            Self::User(user) => Some(user),
            Self::Stranger | Self::Trusted => None,
        }
    }
}

/// What the name of a user's own room begins with; the rest is their id.
const OWN: &str = "own-";

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> Visitor {
        Visitor::User(Person {
            id: id.into(),
            name: "Ada".into(),
        })
    }

    const RIGHTS: [Right; 4] = [Right::See, Right::Follow, Right::Send, Right::Appear];

    #[test]
    fn a_stranger_sees_prices_and_no_more() {
        for channel in ["stocks", "stocks:ACME", "stress:100:50"] {
            let may: Vec<_> = RIGHTS
                .into_iter()
                .filter(|right| Visitor::Stranger.check(*right, channel).is_ok())
                .collect();
            assert_eq!(may, [Right::See], "{channel}");
        }
        for channel in [
            "tasks",
            "notifications",
            "notes",
            "room:lobby",
            "room:own-u1",
            "x",
        ] {
            for right in RIGHTS {
                let refused = Visitor::Stranger.check(right, channel);
                assert_eq!(refused, Err(Refusal::unauthorized()), "{right:?} {channel}");
            }
        }
    }

    #[test]
    fn a_user_s_own_room_is_closed_to_everybody_else() {
        for right in RIGHTS {
            assert_eq!(user("u1").check(right, "room:own-u1"), Ok(()));
            assert_eq!(user("u1").check(right, "room:lobby"), Ok(()));
            for other in ["u2", "u11", "u", ""] {
                let refused = user(other).check(right, "room:own-u1").unwrap_err();
                assert_eq!(refused.code(), "forbidden", "{other:?} {right:?}");
            }
        }
    }

    #[test]
    fn nobody_speaks_as_somebody_else_or_under_another_name() {
        let mut name = "Grace".to_owned();
        user("u1").sign("u1", &mut name).unwrap();
        assert_eq!(name, "Ada");
        assert_eq!(
            user("u1").sign("u2", &mut name).unwrap_err().code(),
            "forbidden"
        );
        assert_eq!(
            Visitor::Stranger.sign("u1", &mut name),
            Err(Refusal::unauthorized())
        );
        for name in [None, Some("Grace".to_owned())] {
            let mut signed = name;
            user("u1").sign_change(&mut signed);
            assert_eq!(signed.as_deref(), Some("Ada"));
        }
    }
}
