//! Events: each of one name, none left out.

use crate::{client::Lease, error::RealtimeError, provider::use_realtime_client};
use realtime_core::{ChannelName, EventName, Fault, ReceivedEvent};
use std::{cell::RefCell, rc::Rc};
use yew::prelude::*;

type OnEvent = Rc<dyn Fn(&ReceivedEvent)>;

/// Calls `callback` for every `event` on `channel`, in order, none left out.
///
/// With a channel the component subscribes to it for as long as it is mounted. With `None` it
/// hears every event of that name, on whatever channel others have subscribed to or on none. An
/// event that names no channel is heard on a channel if a rule of
/// [`RealtimeOptions::with_channel_of`](crate::RealtimeOptions::with_channel_of) says that it is of
/// that one, or if no other channel listens to events of its name.
/// `callback` may be another closure in each render: the newest is called, and nothing is
/// subscribed anew. It is called once for each event, before and apart from rendering; to *show*
/// the latest value use [`use_realtime_query`](crate::use_realtime_query).
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Notice { text: String }
///
/// #[component]
/// fn NoticeCount() -> Html {
///     let count = use_state(|| 0);
///     use_realtime_event("notification", None, {
///         let count = count.clone();
///         move |event: &ReceivedEvent| {
///             if event.parse::<Notice>().is_ok() {
///                 count.set(*count + 1);
///             }
///         }
///     });
///     html! { <span>{ *count }</span> }
/// }
/// ```
#[hook]
pub fn use_realtime_event<F>(event: &str, channel: Option<&str>, callback: F)
where
    F: Fn(&ReceivedEvent) + 'static,
{
    let client = use_realtime_client();
    let newest = use_mut_ref(|| None::<OnEvent>);
    *newest.borrow_mut() = Some(Rc::new(callback));
    let event = EventName::from(event);
    let channel = channel.map(ChannelName::from);
    use_effect_with((client, event, channel), move |(client, event, channel)| {
        let call = move |event: &ReceivedEvent| call_newest(&newest, event);
        let runtime = Rc::clone(client.runtime());
        let callbacks = Rc::clone(runtime.callbacks());
        let listened = runtime.run(|client, now| {
            let listener = client.listen(now, event, channel.as_ref())?;
            // Before anything can arrive for it.
            callbacks.on_event(listener, Rc::new(call));
            Ok(listener)
        });
        let lease = match listened {
            Some(Ok(listener)) => Some(Lease::new(move || {
                callbacks.off_event(listener);
                runtime.post(move |client, now| client.unlisten(now, listener));
            })),
            Some(Err(error)) => {
                runtime
                    .app()
                    .report(RealtimeError::Fault(Fault::Channel(error)));
                None
            }
            None => None,
        };
        move || drop(lease)
    });
}

/// The closure is cloned out, so that it may cause a render that puts in a newer one.
fn call_newest(newest: &RefCell<Option<OnEvent>>, event: &ReceivedEvent) {
    let call = newest.borrow().clone();
    if let Some(call) = call {
        call(event);
    }
}
