//! What a server says when it answers, or refuses to.

use super::{
    super::{Refusal, Text},
    arguments::{Arguments, text},
    error::SocketIoError,
    packet::Packet,
};
use crate::{error::ServerError, id::Position};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What an acknowledgement's arguments say: nothing is `null`; of one, an object with an `error` is a
/// refusal; of two or more, the first is the refusal unless it is `null`, as Node has it.
pub(super) fn acknowledgement<'a>(
    packet: &Packet<'a>,
) -> Result<Result<&'a str, ServerError>, SocketIoError> {
    let invalid = |error| packet.invalid(&error);
    let mut arguments = Arguments::new(packet.json).map_err(invalid)?;
    let mut next = || arguments.next_raw().map_err(invalid);
    let (first, second) = (next()?, next()?);
    while next()?.is_some() {}
    Ok(match (first, second) {
        (None, _) => Ok("null"),
        (Some(only), None) => lone(only),
        (Some("null"), Some(second)) => Ok(second),
        (Some(first), Some(_)) => Err(refusal(first)),
    })
}

fn lone(argument: &str) -> Result<&str, ServerError> {
    #[derive(Deserialize)]
    struct Answer {
        error: Option<Refusal>,
    }

    if !argument.starts_with('{') {
        return Ok(argument);
    }
    // An `error` of another shape is the app's own business.
    match serde_json::from_str(argument) {
        Ok(Answer { error: Some(error) }) => Err(error.0),
        _ => Ok(argument),
    }
}

/// What a server gave for an error, in whatever shape.
fn refusal(argument: &str) -> ServerError {
    serde_json::from_str(argument).map_or_else(
        |_| ServerError {
            code: "unknown".into(),
            message: argument.into(),
            retry_after: None,
        },
        |Refusal(error)| error,
    )
}

/// The position that the answer to a join tells, if it does.
pub(super) fn position(answer: &str) -> Option<Position> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        seq: &'a RawValue,
        #[serde(borrow)]
        epoch: &'a RawValue,
    }

    let answer: Answer<'_> = serde_json::from_str(answer).ok()?;
    Some(Position {
        epoch: text(answer.epoch)?.as_ref().into(),
        seq: text(answer.seq)?.parse().ok()?,
    })
}

/// Why a namespace does not let us in: its middleware's error, or that there is no such namespace.
pub(super) fn connect_error(packet: &Packet<'_>) -> Result<ServerError, SocketIoError> {
    #[derive(Default, Deserialize)]
    struct Object<'a> {
        #[serde(default)]
        message: String,
        #[serde(borrow)]
        data: Option<&'a RawValue>,
    }

    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Data<'a> {
        #[serde(borrow)]
        code: Option<Text<'a>>,
        retry_after: Option<u64>,
    }

    let read = if packet.json.starts_with('"') {
        serde_json::from_str(packet.json).map(|message| Object {
            message,
            data: None,
        })
    } else {
        serde_json::from_str(packet.json)
    };
    let Object { message, data } = read.map_err(|error| packet.invalid(&error))?;
    let data: Data<'_> = data
        .and_then(|data| serde_json::from_str(data.get()).ok())
        .unwrap_or_default();
    Ok(ServerError {
        code: data
            .code
            .map_or("connect_error".into(), |code| code.0.as_ref().into()),
        message: message.into(),
        retry_after: data.retry_after,
    })
}
