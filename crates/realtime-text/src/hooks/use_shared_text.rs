//! Shared text: one that many people edit at once.

use super::{
    handle::UseSharedTextHandle, options::UseSharedTextOptions, sender::Sender, shared::Shared,
    sync::sync_fetcher,
};
use realtime_yew::prelude::{key, use_realtime_client, use_realtime_query};
use std::rc::Rc;
use yew::prelude::*;

/// Follows the text `name` in the document of `channel`, which many people edit at once: whatever order their edits come
/// in, all see the same in the end, and nobody's are lost. A document may hold several texts.
///
/// Edits show at once, also offline; they go to the server merged, and are sent until it has confirmed them. A document that
/// was never there cannot be edited before it has loaded.
///
/// ```
/// use realtime_text::{UseSharedTextOptions, use_shared_text};
/// use yew::prelude::*;
///
/// #[component]
/// fn Title() -> Html {
///     let title = use_shared_text("notes", "title", UseSharedTextOptions::default());
///     let sign = {
///         let title = title.clone();
///         Callback::from(move |_: MouseEvent| {
///             // It fails only until the text has loaded.
///             let _ = title.insert(0, "✎ ");
///         })
///     };
///     html! { <><h1>{ title.text() }</h1><button onclick={sign}>{ "Sign" }</button></> }
/// }
/// ```
#[hook]
pub fn use_shared_text(
    channel: &str,
    name: &str,
    options: UseSharedTextOptions,
) -> UseSharedTextHandle {
    let client = use_realtime_client();
    let key = key!["realtime-text", channel];
    let channel: Rc<str> = Rc::from(channel);
    let fetcher = sync_fetcher(client.clone(), Rc::clone(&channel), key.clone());
    let query = use_realtime_query(key.clone(), fetcher, options.into_query(&channel));
    let shared = query.data().map(|shared| (*shared).clone());
    let sender = Sender {
        client,
        channel,
        key,
    };
    use_effect_with((shared.clone(), query.is_live()), {
        let sender = sender.clone();
        move |(shared, is_live)| {
            let Some(shared) = shared else { return };
            if shared.take_sync_due() {
                sender.client.refetch(&sender.key);
            }
            // What waits from before the page was loaded, or the server had refused.
            if *is_live && shared.refusal().is_none() {
                sender.send(shared);
            }
        }
    });
    let show = |shared: &Shared| shared.document().text(name);
    UseSharedTextHandle {
        sender,
        name: Rc::from(name),
        text: shared.as_ref().map_or_else(|| Rc::from(""), show),
        is_saved: shared
            .as_ref()
            .is_none_or(|shared| shared.document().is_saved()),
        refusal: shared.as_ref().and_then(Shared::refusal),
        query,
    }
}
