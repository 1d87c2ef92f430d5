//! Visitor: who is on the other end of a socket.

use crate::Refusal;
use std::time::SystemTime;

/// Who is on the other end of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visitor {
    /// Somebody who need not say who they are, and is taken for whom they say.
    Anyone,
    /// A user whom the app knows: they appear under this id and name, whatever they say.
    User(User),
}

/// A user of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// What tells them from all others. It goes to other users, with presence and typing.
    pub id: String,
    /// The name that others see.
    pub name: String,
    /// Until when this is believed; the client is asked for a new token a minute before, and the socket is closed then.
    /// None: for as long as the socket lives.
    pub expires: Option<SystemTime>,
}

impl User {
    /// A user who is believed for as long as the socket lives.
    #[must_use]
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            expires: None,
        }
    }

    /// The same until a time, such as that of a token's end.
    #[must_use]
    pub fn until(mut self, expires: SystemTime) -> Self {
        self.expires = Some(expires);
        self
    }
}

impl From<User> for Visitor {
    fn from(user: User) -> Self {
        Self::User(user)
    }
}

impl Visitor {
    /// The user, if the app knows who it is.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::User(user) => Some(user),
            Self::Anyone => None,
        }
    }

    /// Refuses what somebody says as another user, and puts their own name to the rest.
    ///
    /// # Errors
    /// `forbidden`, when `id` is another user's.
    pub fn sign(&self, id: &str, name: &mut String) -> Result<(), Refusal> {
        match self {
            Self::Anyone => Ok(()),
            Self::User(user) if user.id == id => {
                name.clone_from(&user.name);
                Ok(())
            }
            Self::User(_) => Err(Refusal::forbidden(
                "this is another user than your token is of: speak for yourself",
            )),
        }
    }

    /// Whether they are one and the same, as far as is known.
    pub(crate) fn is_same_user(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::User(one), Self::User(other)) => one.id == other.id,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_speaks_as_somebody_else_or_under_another_name() {
        let ada = Visitor::from(User::new("u1", "Ada"));
        let mut name = "Grace".to_owned();
        ada.sign("u1", &mut name).unwrap();
        assert_eq!(name, "Ada");
        assert_eq!(ada.sign("u2", &mut name).unwrap_err().code(), "forbidden");
        Visitor::Anyone.sign("u2", &mut name).unwrap();
        assert_eq!(name, "Ada");
    }
}
