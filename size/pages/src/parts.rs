//! Parts: one component for each part of the SDK.

use crate::rows::{Note, Row, row};
use realtime_yew::{Fetcher, get_json, prelude::*};
use serde_json::json;
use yew::{prelude::*, suspense::SuspensionResult};

/// One record.
#[component]
pub fn Quote() -> Html {
    let quote = use_realtime_query(
        key!["quote", "ACME"],
        Fetcher::<Row>::positioned(|| get_json("/api/rows/ACME")),
        UseRealtimeQueryOptions::default()
            .with_event("row:update")
            .with_channel("rows:ACME"),
    );
    match (quote.data(), quote.error()) {
        (Some(quote), _) => html! { <ul>{ row(&quote) }</ul> },
        (None, Some(error)) => html! { <p>{ error.to_string() }</p> },
        (None, None) => html! { <p>{ "Loading…" }</p> },
    }
}

fn rows() -> UseRealtimeListOptions<Row> {
    UseRealtimeListOptions::default()
        .with_channel("rows")
        .with_sort(|a: &Row, b: &Row| a.price.total_cmp(&b.price))
}

/// The list of rows, sorted by price.
#[hook]
pub fn use_rows() -> UseRealtimeListHandle<Row> {
    let fetch = Fetcher::positioned(|| get_json("/api/rows"));
    use_realtime_list(key!["rows"], fetch, rows())
}

/// The same, kept over page loads.
#[hook]
pub fn use_kept_rows() -> UseRealtimeListHandle<Row> {
    let fetch = Fetcher::positioned(|| get_json("/api/rows"));
    use_realtime_list(key!["rows"], fetch, rows().with_persist())
}

/// The same, which another tab begins with.
#[hook]
pub fn use_seeded_rows() -> UseRealtimeListHandle<Row> {
    let fetch = Fetcher::positioned(|| get_json("/api/rows"));
    use_realtime_list(key!["rows"], fetch, rows().with_seed())
}

/// The same, for a page that a server has rendered.
///
/// # Errors
///
/// The suspension.
#[hook]
pub fn use_rows_suspense() -> SuspensionResult<UseRealtimeListHandle<Row>> {
    let fetch = Fetcher::positioned(|| get_json("/api/rows"));
    use_realtime_list_suspense(key!["rows"], fetch, rows().with_seed())
}

/// One list.
#[component]
pub fn Rows() -> Html {
    let rows = use_rows();
    match rows.error() {
        Some(error) => html! { <p>{ error.to_string() }</p> },
        None => html! { <ul>for item in rows.iter() { { row(&item) } }</ul> },
    }
}

/// A list of another type.
#[component]
pub fn Notes() -> Html {
    let options = UseRealtimeListOptions::<Note>::default().with_channel("notes");
    let notes = use_realtime_list(
        key!["notes"],
        Fetcher::positioned(|| get_json("/api/notes")),
        options,
    );
    match notes.error() {
        Some(error) => html! { <p>{ error.to_string() }</p> },
        None => {
            html! { <ul>for note in notes.iter() { <li key={note.id}>{ &note.text }</li> }</ul> }
        }
    }
}

/// A list in two levels.
#[component]
pub fn Order() -> Html {
    let rows = use_realtime_list(
        key!["rows"],
        Fetcher::positioned(|| get_json("/api/rows")),
        UseRealtimeListOptions::<Row>::default()
            .with_channel("rows")
            .with_render_on(RenderOn::Order),
    );
    let list = rows.list_ref();
    html! {
        <ul>
            for id in rows.ids() { <OneRow key={rows.row_key(&id)} list={list.clone()} id={id.clone()} /> }
        </ul>
    }
}

/// The rows that are seen of a long list.
#[component]
pub fn Window() -> Html {
    let list = use_rows().list_ref();
    let row = use_callback((), |row: VirtualRow<Row>, ()| {
        html! { <OneRow list={row.list.clone()} id={row.id.clone()} /> }
    });
    html! { <VirtualList<Row> {list} {row} window={WindowOptions::fixed(24.0)} label="Rows" /> }
}

#[derive(PartialEq, Properties)]
struct OneRowProps {
    list: ListRef<Row>,
    id: RowId,
}

#[component]
fn OneRow(props: &OneRowProps) -> Html {
    use_realtime_item(&props.list, &props.id)
        .item()
        .map_or_else(|| html! { <li /> }, |item| row(&item))
}

/// Who is here.
#[component]
pub fn Everybody() -> Html {
    let user = User::new("ada", "Ada");
    let room = use_presence("room", user, UsePresenceOptions::default());
    html! { <ul>for member in room.online_users().iter() { <li>{ &*member.user.name }</li> }</ul> }
}

/// Who is typing, and telling that one is.
#[component]
pub fn Typing() -> Html {
    let typing = use_typing_indicator("room", "ada", "Ada", UseTypingIndicatorOptions::default());
    let names: Vec<String> = typing
        .typing_users()
        .iter()
        .map(|typist| typist.name.to_string())
        .collect();
    let onkeydown = move |_: KeyboardEvent| typing.start_typing();
    html! { <label>{ names.join(", ") }<input {onkeydown} /></label> }
}

/// One optimistic change of the list.
#[component]
pub fn Rename() -> Html {
    let list = use_rows().list_ref();
    let rename = use_realtime_mutation(
        move |name: &String| {
            let id = "ACME".to_owned();
            MutationSpec::message("row:update", "rows", &json!({ "id": id, "name": name }))
                .with_edit(list.update(&id, &json!({ "name": name })))
        },
        UseRealtimeMutationOptions::default(),
    );
    let onclick = rename
        .mutate_callback()
        .reform(|_: MouseEvent| "Renamed".to_owned());
    html! {
        <p>
            <button {onclick}>{ if rename.is_pending() { "Saving…" } else { "Rename" } }</button>
            { rename.error().map(ToString::to_string) }
        </p>
    }
}
