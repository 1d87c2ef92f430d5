//! JSON over loopback HTTP, off the thread of the clients.

use crate::{
    failure::{Failure, Verdict},
    wait::within,
};
use serde::{Serialize, de::DeserializeOwned};

/// Fetches a document.
pub(crate) async fn get<T: DeserializeOwned + Send + 'static>(url: String) -> Verdict<T> {
    ask(url.clone(), move || {
        ureq::get(&url).call()?.body_mut().read_json()
    })
    .await
}

/// Sends a document, and gives the answer.
pub(crate) async fn post<T: DeserializeOwned + Send + 'static>(
    url: String,
    body: impl Serialize + Send + 'static,
) -> Verdict<T> {
    ask(url.clone(), move || {
        ureq::post(&url).send_json(body)?.body_mut().read_json()
    })
    .await
}

async fn ask<T: Send + 'static>(
    url: String,
    call: impl FnOnce() -> Result<T, ureq::Error> + Send + 'static,
) -> Verdict<T> {
    let failed = |why: &dyn std::fmt::Display| Failure::unable(&format!("ask {url}"), why);
    let answer = within("an answer over HTTP", tokio::task::spawn_blocking(call)).await?;
    let answer = answer.map_err(|error| failed(&error))?;
    answer.map_err(|error| failed(&error))
}
