//! Mutation: a change that is shown at once, sent, and settled.

use super::mutation::{MakeSpec, Tracker, UseRealtimeMutationHandle, UseRealtimeMutationOptions};
use crate::{
    client::Lease, mutation::MutationSpec, provider::use_realtime_client, snapshot::use_snapshot,
};
use realtime_core::Topic;
use std::rc::Rc;
use yew::prelude::*;

/// Changes of one kind: `make` says, for an input, what to send and what to show meanwhile.
///
/// The edits show in all lists and records they name, in every component, from the moment of
/// [`mutate`](UseRealtimeMutationHandle::mutate) on, and are part of the server's own state in the
/// same frame in which that comes. `make` may be another closure in each render; the newest is
/// called.
///
/// ```
/// use realtime_yew::prelude::*;
/// use serde_json::json;
/// use yew::prelude::*;
///
/// #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct Task { id: u64, version: u64, done: bool }
///
/// impl ListItem for Task {
///     fn id(&self) -> RowId { self.id.into() }
///     fn version(&self) -> Option<u64> { Some(self.version) }
/// }
///
/// #[derive(Clone, PartialEq, Properties)]
/// struct DoneProps { tasks: ListRef<Task>, id: u64 }
///
/// #[component]
/// fn Done(props: &DoneProps) -> Html {
///     let DoneProps { tasks, id } = props.clone();
///     let tick_off = use_realtime_mutation(
///         move |done: &bool| {
///             MutationSpec::message("task:update", "tasks", &json!({ "id": id, "done": done }))
///                 .with_edit(tasks.update(&id, &json!({ "done": done })))
///         },
///         UseRealtimeMutationOptions::default(),
///     );
///     let onclick = tick_off.mutate_callback().reform(|_| true);
///     html! {
///         <>
///             <button {onclick}>{ if tick_off.is_pending() { "Saving…" } else { "Done" } }</button>
///             <p role="alert">{ tick_off.error().map(ToString::to_string) }</p>
///         </>
///     }
/// }
/// ```
#[hook]
pub fn use_realtime_mutation<I, O, F>(
    make: F,
    options: UseRealtimeMutationOptions<I, O>,
) -> UseRealtimeMutationHandle<I, O>
where
    I: 'static,
    O: 'static,
    F: Fn(&I) -> MutationSpec<O> + 'static,
{
    let client = use_realtime_client();
    let make: MakeSpec<I, O> = Rc::new(make);
    let tracker = {
        let make = Rc::clone(&make);
        use_memo(client.clone(), move |client| Tracker::new(client, make))
    };
    let tracker = Rc::clone(&*tracker);
    tracker.renew(make, options);
    // Only a hook with something under way listens to what becomes of mutations.
    let is_open = tracker.is_open(&client);
    let read = {
        let (client, tracker) = (client.clone(), Rc::clone(&tracker));
        move || tracker.render(&client)
    };
    let render = {
        let (source, tracker) = (client.clone(), Rc::clone(&tracker));
        use_snapshot(&client, is_open, read, move |changed| {
            let subscription =
                is_open.then(|| source.subscribe(vec![Topic::Mutations], Rc::clone(&changed)));
            tracker.tell(Some(changed));
            let lease = Lease::new(move || tracker.tell(None));
            Box::new((subscription, lease))
        })
    };
    let mutate = use_memo(client.clone(), |_| {
        let tracker = Rc::clone(&tracker);
        Callback::from(move |input| tracker.mutate(Rc::new(input)))
    });
    UseRealtimeMutationHandle::new(client, tracker, render, (*mutate).clone())
}
