//! Session of this tab: whose it is, and the token that the socket and the requests bring. A new connection takes a
//! new token; requests share the last one for as long as it is good.

use crate::browser::{query_param, random_bytes, session_storage};
use gloo_net::http::{Request, Response};
use js_sys::Date;
use realtime_demo_types::{ErrorBody, NewSession, Session as Signed, user_id};
use realtime_yew::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use std::{cell::RefCell, rc::Rc};
use yew::prelude::*;

const KEY: &str = "key";
/// The status of an answer to a token that is wrong or too old.
const UNAUTHORIZED: u16 = 401;
/// How long a token must still be good to be used, in milliseconds.
const MARGIN: u64 = 30_000;

/// This tab's session. Every tab is another user, so that one browser can play several.
#[derive(Clone)]
pub(crate) struct Session(Rc<Inner>);

struct Inner {
    /// What makes this tab its user: nobody else knows it.
    key: String,
    /// Another user to be, for tests: only a server that takes clients' word lets it pass.
    claimed: Option<String>,
    name: RefCell<String>,
    signed: RefCell<Option<Signed>>,
}

impl Session {
    /// The session of this tab, under a name.
    pub(crate) fn open(name: &str) -> Self {
        Self(Rc::new(Inner {
            key: key_of_tab(),
            claimed: query_param("user"),
            name: RefCell::new(name.to_owned()),
            signed: RefCell::default(),
        }))
    }

    /// The user whose session it is.
    pub(crate) fn user_id(&self) -> String {
        self.0
            .claimed
            .clone()
            .unwrap_or_else(|| user_id(&self.0.key))
    }

    /// Goes on under another name; the next connection tells the server.
    pub(crate) fn rename(&self, name: &str) {
        name.clone_into(&mut self.0.name.borrow_mut());
        self.0.signed.take();
    }

    /// A new token; why there is none, in words for people.
    pub(crate) async fn sign_in(self) -> Result<String, String> {
        let claimed = self.0.claimed.clone();
        let new = NewSession {
            name: self.0.name.borrow().clone(),
            key: claimed.is_none().then(|| self.0.key.clone()),
            user: claimed,
        };
        let request = Request::post("/api/session").json(&new);
        let request = request.map_err(|error| error.to_string())?;
        let response = request.send().await.map_err(unreachable)?;
        if !response.ok() {
            return Err(refusal(response).await);
        }
        let signed: Signed = response.json().await.map_err(|error| error.to_string())?;
        let token = signed.token.clone();
        self.0.signed.replace(Some(signed));
        Ok(token)
    }

    /// The last token, or a new one.
    async fn token(&self) -> Result<String, String> {
        let now = Date::now() as u64;
        let is_good = |signed: &Signed| signed.until > now.saturating_add(MARGIN);
        let kept = self.0.signed.borrow().clone().filter(is_good);
        match kept {
            Some(signed) => Ok(signed.token),
            None => self.clone().sign_in().await,
        }
    }

    /// Reads the state at `path`, with its position.
    pub(crate) async fn get<T: DeserializeOwned>(
        self,
        path: String,
    ) -> Result<Positioned<T>, FetchError> {
        let ask = async || {
            let bearer = self.bearer().await.map_err(FetchError::new)?;
            Get::new(&path).header("authorization", bearer).json().await
        };
        match ask().await {
            Err(error) if error.status == Some(UNAUTHORIZED) => {
                self.forget_token();
                ask().await
            }
            answer => answer,
        }
    }

    /// Posts `body` to `path`; why that failed, in words for people.
    pub(crate) async fn post(&self, path: &str, body: &impl Serialize) -> Result<(), String> {
        let ask = async || {
            let bearer = self.bearer().await?;
            let request = Request::post(path).header("authorization", &bearer);
            let request = request.json(body).map_err(|error| error.to_string())?;
            request.send().await.map_err(unreachable)
        };
        let mut response = ask().await?;
        if response.status() == UNAUTHORIZED {
            self.forget_token();
            response = ask().await?;
        }
        if response.ok() {
            return Ok(());
        }
        Err(refusal(response).await)
    }

    async fn bearer(&self) -> Result<String, String> {
        Ok(format!("Bearer {}", self.token().await?))
    }

    /// The server no longer knows the token: it was started anew, say.
    fn forget_token(&self) {
        self.0.signed.take();
    }
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::open("")
    }
}

/// The session of this tab, which the app provides.
#[hook]
pub(crate) fn use_session() -> Session {
    use_context().unwrap_or_default()
}

fn unreachable(error: gloo_net::Error) -> String {
    format!("The server cannot be reached: {error}")
}

/// What the server says of why it refuses.
async fn refusal(response: Response) -> String {
    match response.json::<ErrorBody>().await {
        Ok(body) => body.error.message,
        Err(_) => format!("The server answered {}.", response.status()),
    }
}

/// What makes this tab a user, for as long as it is open.
fn key_of_tab() -> String {
    let storage = session_storage();
    let kept = storage
        .as_ref()
        .and_then(|storage| storage.get_item(KEY).ok()?);
    kept.unwrap_or_else(|| {
        let key: String = random_bytes::<16>()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if let Some(storage) = &storage {
            // Without storage it lasts as long as the page.
            let _ = storage.set_item(KEY, &key);
        }
        key
    })
}
