//! Payloads: byte strings in both forms.

use realtime_text::{ByteString, Form, SyncAnswer, SyncRequest, UpdatePayload};
use serde_json::json;

#[test]
fn a_byte_string_is_read_in_both_forms_and_written_in_its_own() {
    for (json, form) in [
        (json!({"update": "AAEC"}), Form::Base64),
        (json!({"update": {"$bytes": "AAEC"}}), Form::Bytes),
    ] {
        let read: UpdatePayload = serde_json::from_str(&json.to_string()).unwrap();
        assert_eq!(read.update, ByteString::new(vec![0, 1, 2], form));
        assert_eq!(serde_json::to_value(&read).unwrap(), json);
    }
    for wrong in [
        json!({"update": 1}),
        json!({"update": "%"}),
        json!({"update": {"bytes": ""}}),
        json!({}),
        json!(null),
    ] {
        assert!(serde_json::from_str::<UpdatePayload>(&wrong.to_string()).is_err());
    }
}

#[test]
fn an_answer_may_say_where_the_channel_stood() {
    let plain = json!({"update": "AAA=", "stateVector": "AA=="});
    let read: SyncAnswer = serde_json::from_str(&plain.to_string()).unwrap();
    assert_eq!((&read.epoch, read.seq), (&None, None));
    assert_eq!(serde_json::to_value(&read).unwrap(), plain);
    let placed = json!({"update": "AAA=", "stateVector": "AA==", "epoch": "e1", "seq": 7});
    let read: SyncAnswer = serde_json::from_str(&placed.to_string()).unwrap();
    assert_eq!((read.epoch.as_deref(), read.seq), (Some("e1"), Some(7)));
    let request = SyncRequest {
        state_vector: ByteString::new(vec![0], Form::Base64),
    };
    assert_eq!(
        serde_json::to_value(request).unwrap(),
        json!({"stateVector": "AA=="})
    );
}
