//! Session: signing in, and the user whom a key makes.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Unique.
    pub id: String,
    /// Untrusted text.
    pub name: String,
}

/// The body of `POST /api/session`: somebody signs in.
///
/// There are no passwords: whoever has a [`key`](user_id) of their own is one user, whatever their name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSession {
    /// What they are called.
    pub name: String,
    /// What only they know: at least 16 characters that nobody can guess.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Who they say they are, for servers that take clients' word; others refuse it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession")
            .field("name", &self.name)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// The answer of `POST /api/session`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// To be sent in `auth`, and as a bearer with requests.
    pub token: String,
    /// Whom it is of.
    pub user: Person,
    /// When it is no longer taken.
    pub until: u64,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.user)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// The id of the user who has a key. It tells nobody the key.
///
/// ```
/// use realtime_demo_types::user_id;
///
/// assert_eq!(user_id("0123456789abcdef"), "u-9f9f5111f7b27a78");
/// ```
#[must_use]
pub fn user_id(key: &str) -> String {
    let digest = Sha256::digest(key);
    let digits = digest.iter().take(8).map(|byte| format!("{byte:02x}"));
    format!("u-{}", digits.collect::<String>())
}
