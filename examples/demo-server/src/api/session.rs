//! Sessions: who signs in. There are no passwords here: an app checks at this point who somebody is.

use super::body::Body;
use crate::{
    app::App,
    limits::{self, check_text},
};
use axum::{Json, extract::State, http::header, response::IntoResponse};
use realtime_demo_types::{NewSession, Person, Session, limits::NAME, user_id};
use realtime_server::Refusal;

pub(super) async fn start(
    State(app): State<App>,
    Body(new): Body<NewSession>,
) -> Result<impl IntoResponse, Refusal> {
    let NewSession { name, key, user } = new;
    check_text("name", &name, NAME)?;
    let id = match (user, key) {
        (Some(id), _) if app.tokens.trust_clients() => {
            check_text("user", &id, NAME)?;
            id
        }
        (Some(_), _) => {
            let advice = "this server does not take your word for who you are: send a key of yours";
            return Err(Refusal::forbidden(advice.to_owned()));
        }
        (None, Some(key)) if limits::KEY.contains(&key.chars().count()) => user_id(&key),
        (None, _) => {
            let advice = "send a key of 16 to 128 characters that nobody else has";
            return Err(Refusal::invalid(advice));
        }
    };
    let user = Person { id, name };
    let (token, until) = app.tokens.give(user.clone());
    Ok((
        [(header::CACHE_CONTROL, "no-store")],
        Json(Session { token, user, until }),
    ))
}
