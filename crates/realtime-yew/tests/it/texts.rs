//! Texts in the form that Yew has them.

use realtime_core::{ChannelName, DecodeError, EventName, Mutation, ServerError, Typist};
use realtime_yew::{IntoFetchError, prelude::*};
use serde_json::json;
use yew::AttrValue;

fn text() -> AttrValue {
    AttrValue::from("text".to_owned())
}

#[test]
fn whoever_takes_a_text_takes_an_attribute_s() {
    assert_eq!(&*FetchError::new(text()).message, "text");
    assert_eq!(&*FetchError::permanent(text()).message, "text");
    assert_eq!(&*text().into_fetch_error().message, "text");
    let refused = ServerError::new(text(), text());
    assert_eq!((&*refused.code, &*refused.message), ("text", "text"));
    assert_eq!(&*DecodeError::new(text(), text()).what, "text");
    assert_eq!(&*User::new(text(), text()).with_avatar(text()).name, "text");
    assert_eq!(&*Typist::new(text(), text()).name, "text");
    assert_eq!(ChannelName::from(text()), ChannelName::from("text"));
    assert_eq!(EventName::from(text()), EventName::from("text"));
    let _ = Mutation::external(text()).with_scope(text());
    let _ = MutationSpec::message(&text(), None, &json!(1)).with_scope(text());
    let _ = key![text()];
}
