//! Upgrade: a request becomes a connection that Socket.IO is spoken on.

use super::{
    engine,
    transport::{Cutter, Transport},
};
use crate::{Hub, Refusal, credentials::copied, socket::foreign_page};
use axum::{
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

/// `GET /socket.io/`.
pub(crate) async fn upgrade(State(hub): State<Hub>, mut request: Request) -> Response {
    if !hub.policy().origins.allow(request.headers()) {
        return foreign_page().into_response();
    }
    if let Err(advice) = check(request.uri().query().unwrap_or_default()) {
        return Refusal::invalid(advice).into_response();
    }
    let Ok(answer) = create_response_with_body(&request, Body::empty) else {
        return (StatusCode::UPGRADE_REQUIRED, "open a websocket here").into_response();
    };
    let Some(slot) = hub.slot().map(Arc::new) else {
        return Refusal::full().into_response();
    };
    let upgrading = hyper::upgrade::on(&mut request);
    let cutter = Cutter::default();
    let mut handshake = request.map(|_| ());
    *handshake.headers_mut() = copied(handshake.headers());
    handshake.extensions_mut().insert(cutter.clone());
    // The library never lets go of the sockets that are open when it is closed: they do not keep the place.
    handshake.extensions_mut().insert(Arc::downgrade(&slot));
    tokio::spawn(async move {
        match upgrading.await {
            Ok(upgraded) => engine(&hub).open(Transport::new(upgraded, cutter, slot), handshake),
            Err(error) => tracing::debug!(%error, "a connection was not upgraded"),
        }
    });
    answer
}

/// Whether this server speaks what the address asks for.
fn check(query: &str) -> Result<(), &'static str> {
    let asks = |name: &str, value: &str| {
        query
            .split('&')
            .any(|pair| pair.split_once('=') == Some((name, value)))
    };
    if !asks("EIO", "4") {
        return Err("this server speaks Engine.IO 4: use a client for socket.io 3 or 4");
    }
    if !asks("transport", "websocket") {
        return Err("this server has no long polling: give the client transports: [\"websocket\"]");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_websocket_of_engine_io_4_is_opened() {
        assert_eq!(check("EIO=4&transport=websocket"), Ok(()));
        assert_eq!(check("t=1&transport=websocket&EIO=4"), Ok(()));
        assert!(check("EIO=3&transport=websocket").is_err());
        assert!(check("EIO=4&transport=polling").is_err());
        assert!(check("").is_err());
    }
}
