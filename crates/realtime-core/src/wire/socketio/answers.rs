//! Answers: what a server says when it does as it was asked, or refuses to.

use super::{
    super::{LONGEST_EPOCH, Text, refusal},
    arguments::Arguments,
    error::SocketIoError,
    packet::Packet,
};
use crate::{error::ServerError, id::Position};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What an acknowledgement's arguments say: nothing is `null`; of one, an object with an `error` is a
/// refusal; of two or more, the first is the refusal unless it is `null`, as Node has it, and the
/// second counts as one would by itself.
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
        (Some(only), None) | (Some("null"), Some(only)) => lone(only),
        (Some(first), Some(_)) => Err(refusal::read(first)),
    })
}

fn lone(argument: &str) -> Result<&str, ServerError> {
    if !argument.starts_with('{') {
        return Ok(argument);
    }
    match refusal::error_in(argument) {
        Some(error) => Err(refusal::read(error)),
        None => Ok(argument),
    }
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

    // A list would be read as the fields in their order.
    let object = answer.starts_with('{').then_some(answer)?;
    let answer: Answer<'_> = serde_json::from_str(object).ok()?;
    let epoch = Text::of(answer.epoch.get()).filter(|epoch| epoch.len() <= LONGEST_EPOCH)?;
    Some(Position {
        epoch: epoch.as_ref().into(),
        seq: Text::of(answer.seq.get())?.parse().ok()?,
    })
}

/// Why a namespace does not let us in: its middleware's error, or that there is no such namespace.
/// The middleware's `data` tells more than the rest.
pub(super) fn connect_error(packet: &Packet<'_>) -> Result<ServerError, SocketIoError> {
    #[derive(Deserialize)]
    struct Object<'a> {
        #[serde(borrow, default)]
        data: Option<&'a RawValue>,
    }

    let whole: &RawValue =
        serde_json::from_str(packet.json).map_err(|error| packet.invalid(&error))?;
    let mut error = refusal::read(whole.get());
    let object = Some(whole.get()).filter(|whole| whole.starts_with('{'));
    let object = object.and_then(|object| serde_json::from_str::<Object<'_>>(object).ok());
    let data = object.and_then(|object| object.data);
    if let Some(data) = data.filter(|data| data.get().starts_with('{')) {
        let data = refusal::read(data.get());
        error.code = data.code;
        error.retry_after = error.retry_after.or(data.retry_after);
    }
    if &*error.code == "unknown" {
        error.code = "connect_error".into();
    }
    Ok(error)
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn only_an_object_tells_a_position() {
        let answer = r#"{"seq":7,"epoch":"b1"}"#;
        assert_eq!(position(answer).map(|position| position.seq), Some(7));
        assert_eq!(position(r#"[7,"b1"]"#), None);
    }
}
