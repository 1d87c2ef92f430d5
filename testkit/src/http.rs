//! JSON over loopback HTTP: all that the drivers' protocol and the servers' REST interfaces need.

use crate::error::KitError;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{fmt, time::Duration};

/// The longest any one answer may take; the driver answers a page load only when the page is there.
const PATIENCE: Duration = Duration::from_secs(60);

/// An HTTP client for one base address.
#[derive(Clone, Debug)]
pub struct Http {
    agent: ureq::Agent,
    base: String,
}

/// An answer, whatever its status.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, or null if it was empty or not JSON.
    pub body: Value,
}

impl Http {
    /// A client for `base`, such as `http://127.0.0.1:8080`. Proxies of the environment are not used.
    pub fn new(base: impl Into<String>) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_idle_connections(0)
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        let base: String = base.into();
        Self {
            agent,
            base: base.trim_end_matches('/').into(),
        }
    }

    /// The address that paths are added to, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Result<Answer, KitError> {
        self.answer(path, self.agent.get(self.url(path)).call())
    }

    /// `POST` with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Result<Answer, KitError> {
        self.answer(path, self.agent.post(self.url(path)).send_json(body))
    }

    /// `PATCH` with a JSON body.
    pub fn patch(&self, path: &str, body: &Value) -> Result<Answer, KitError> {
        self.answer(path, self.agent.patch(self.url(path)).send_json(body))
    }

    /// `DELETE`.
    pub fn delete(&self, path: &str) -> Result<Answer, KitError> {
        self.answer(path, self.agent.delete(self.url(path)).call())
    }

    /// Reads what is at `path`, which must be there.
    pub fn fetch<T: DeserializeOwned>(&self, path: &str) -> Result<T, KitError> {
        self.read(path, self.get(path)?)
    }

    /// The body of an answer to `path`, which must be one of success and of the shape `T`.
    pub fn read<T: DeserializeOwned>(&self, path: &str, answer: Answer) -> Result<T, KitError> {
        let Answer { status, body } = answer;
        if !(200..300).contains(&status) {
            return Err(self.unusable(path, &format!("status {status}: {body}")));
        }
        serde_json::from_value(body).map_err(|error| self.unusable(path, &error))
    }

    fn unusable(&self, path: &str, reason: &dyn fmt::Display) -> KitError {
        KitError::Http {
            url: self.url(path),
            reason: reason.to_string(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn answer(
        &self,
        path: &str,
        response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Answer, KitError> {
        let failed = |error: ureq::Error| self.unusable(path, &error);
        let mut response = response.map_err(failed)?;
        let status = response.status().as_u16();
        let text = response
            .body_mut()
            .with_config()
            .limit(64 * 1024 * 1024)
            .read_to_string()
            .map_err(failed)?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, body })
    }
}
