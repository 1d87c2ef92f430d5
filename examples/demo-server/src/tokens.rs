//! Tokens: who somebody is, in a text that only servers with the same secret can write. Nothing is kept of them.
//!
//! An app has these from whatever it signs people in with; what matters is what is done with them: a socket or a request
//! without a valid one is nobody's, and it is the token, never the message, that says whose a message is.

use crate::{clock::now_ms, permissions::Visitor};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, Mac};
use realtime_demo_types::Person;
use realtime_server::Refusal;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::{fmt, time::Duration};

/// What tokens are signed with: the same for all servers that are to take each other's tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A new one that nobody can guess.
    pub(crate) fn random() -> Self {
        let mut bytes = [0; 32];
        // Without chance there are no secrets, and no server either.
        getrandom::fill(&mut bytes)
            .unwrap_or_else(|error| panic!("the system has no randomness: {error}"));
        Self(bytes.to_vec())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 2 * 1024;

/// Gives tokens and reads them.
#[derive(Debug)]
pub(crate) struct Tokens {
    secret: Secret,
    life: Duration,
    trusts_clients: bool,
}

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    user: Person,
    until: u64,
}

/// Who somebody is, and until when that is believed; times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) visitor: Visitor,
    pub(crate) until: Option<u64>,
}

impl Tokens {
    pub(crate) fn new(secret: Secret, life: Duration, trusts_clients: bool) -> Self {
        Self {
            secret,
            life,
            trusts_clients,
        }
    }

    /// Whether people are taken for whom they say they are.
    pub(crate) fn trust_clients(&self) -> bool {
        self.trusts_clients
    }

    /// A token for somebody, and until when it is good.
    pub(crate) fn give(&self, user: Person) -> (String, u64) {
        let life = u64::try_from(self.life.as_millis()).unwrap_or(u64::MAX);
        let until = now_ms().saturating_add(life);
        (self.write(&Claims { user, until }), until)
    }

    /// Who brings a token, or none.
    ///
    /// # Errors
    /// [`Refusal::unauthorized`] for one that is wrong or too old, also where none is needed.
    pub(crate) fn read(&self, token: Option<&str>) -> Result<Ticket, Refusal> {
        let Some(token) = token else {
            return Ok(Ticket {
                visitor: if self.trusts_clients {
                    Visitor::Trusted
                } else {
                    Visitor::Stranger
                },
                until: None,
            });
        };
        let claims = self.claims(token).ok_or_else(Refusal::unauthorized)?;
        if claims.until <= now_ms() {
            return Err(Refusal::unauthorized());
        }
        Ok(Ticket {
            visitor: Visitor::User(claims.user),
            until: Some(claims.until),
        })
    }

    fn write(&self, claims: &Claims) -> String {
        // Texts and a number: they always serialise.
        let claims = serde_json::to_vec(claims).unwrap_or_default();
        let signature = self.signature(&claims).finalize().into_bytes();
        format!("{}.{}", BASE64.encode(&claims), BASE64.encode(signature))
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        if token.len() > LONGEST {
            return None;
        }
        let (claims, signature) = token.split_once('.')?;
        let (claims, signature) = (BASE64.decode(claims).ok()?, BASE64.decode(signature).ok()?);
        // It takes as long for any wrong signature.
        self.signature(&claims).verify_slice(&signature).ok()?;
        serde_json::from_slice(&claims).ok()
    }

    fn signature(&self, claims: &[u8]) -> Hmac<Sha256> {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.secret.0) {
            Ok(mac) => mac,
            Err(_) => unreachable!("a key of an HMAC may have any length"),
        };
        mac.update(claims);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(secret: &str, life: Duration) -> Tokens {
        Tokens::new(secret.into(), life, false)
    }

    fn ada() -> Person {
        Person {
            id: "u1".into(),
            name: "Ada".into(),
        }
    }

    #[test]
    fn a_token_says_who_somebody_is_to_those_with_the_same_secret_until_it_is_too_old() {
        let hour = Duration::from_secs(3_600);
        let (token, until) = tokens("s", hour).give(ada());
        let ticket = tokens("s", hour).read(Some(&token)).unwrap();
        assert_eq!(ticket.visitor, Visitor::User(ada()));
        assert_eq!(ticket.until, Some(until));
        let other = tokens("another", hour).read(Some(&token));
        assert_eq!(other, Err(Refusal::unauthorized()));
        let (old, _) = tokens("s", Duration::ZERO).give(ada());
        assert_eq!(
            tokens("s", hour).read(Some(&old)),
            Err(Refusal::unauthorized())
        );
    }

    #[test]
    fn a_token_that_was_changed_anywhere_is_none() {
        let tokens = tokens("s", Duration::from_secs(3_600));
        let (token, _) = tokens.give(ada());
        for place in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(
                tokens.read(Some(&changed)),
                Err(Refusal::unauthorized()),
                "{place}"
            );
        }
        for none in ["", ".", "a", "a.b.c", "é.é", &"x".repeat(100_000)] {
            assert_eq!(tokens.read(Some(none)), Err(Refusal::unauthorized()));
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let tokens = tokens("hunter2", Duration::ZERO);
        assert!(!format!("{tokens:?}").contains("hunter2"));
        assert_ne!(Secret::random(), Secret::random());
    }
}
