//! The provider: what it gives, and when it connects and parts.

use crate::support::{Count, Log};
use realtime_core::{MutationError, SendError};
use realtime_yew::{
    AckError,
    prelude::*,
    testing::{Mounted, TestBed},
};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
struct ReaderProps {
    renders: Count,
    clients: Log<RealtimeClient>,
}

#[component]
fn Reader(props: &ReaderProps) -> Html {
    props.renders.up();
    let client = use_realtime_client();
    props.clients.note(client);
    html! { <p /> }
}

#[derive(PartialEq, Properties)]
struct AppProps {
    renders: Count,
    clients: Log<RealtimeClient>,
    turn: u32,
}

/// Makes new options in each render, as apps do.
#[component]
fn App(props: &AppProps) -> Html {
    let options = RealtimeOptions::default().with_on_error(|_| {});
    html! {
        <RealtimeProvider url="ws://127.0.0.1:9/" {options}>
            <p>{ props.turn }</p>
            <Reader renders={props.renders.clone()} clients={props.clients.clone()} />
        </RealtimeProvider>
    }
}

#[wasm_bindgen_test]
async fn the_provider_makes_one_client_and_its_renders_do_not_reach_the_readers() {
    let (renders, clients) = (Count::default(), Log::default());
    let app = |turn| html! { <App {turn} renders={renders.clone()} clients={clients.clone()} /> };
    let page = Mounted::bare(app(1));
    realtime_yew::testing::flush().await;
    page.set(app(2));
    realtime_yew::testing::flush().await;
    assert_eq!(page.text("p"), "2");
    assert_eq!(renders.get(), 1);
    let clients = clients.take();
    assert_ne!(
        clients[0].connection().status,
        ConnectionStatus::Disconnected
    );
    page.unmount();
    realtime_yew::testing::flush().await;
    assert_eq!(
        clients[0].connection().status,
        ConnectionStatus::Disconnected
    );
}

#[wasm_bindgen_test]
async fn a_client_of_the_apps_own_is_connected_and_outlives_its_provider() {
    let bed = TestBed::new();
    assert_eq!(bed.attempts(), 0);
    let page = bed.mount(html! { <p /> });
    bed.settle().await;
    assert_eq!(bed.attempts(), 1);
    page.unmount();
    bed.settle().await;
    assert_eq!(
        bed.client().connection().status,
        ConnectionStatus::Connected
    );
}

#[wasm_bindgen_test]
async fn a_token_is_asked_for_before_every_attempt() {
    let asked = Count::default();
    let bed = TestBed::with_options(RealtimeOptions::default().with_token({
        let asked = asked.clone();
        move || {
            asked.up();
            async { Ok::<_, String>(String::from("secret")) }
        }
    }));
    bed.server().token = Some("secret".to_owned());
    let _page = bed.mount(html! { <ConnectionIndicator /> });
    bed.settle().await;
    assert_eq!(asked.get(), 1);
    assert_eq!(
        bed.client().connection().status,
        ConnectionStatus::Connected
    );
    bed.cut();
    bed.pass(crate::support::seconds(30)).await;
    assert_eq!(asked.get(), 2);
}

#[derive(PartialEq, Properties)]
struct NotesProps {
    user: AttrValue,
    clients: Log<RealtimeClient>,
    rendered: Log<String>,
}

/// Shows what a query has, and keeps a copy of the first that came, as components do.
#[component]
fn Notes(props: &NotesProps) -> Html {
    let client = use_realtime_client();
    let user = props.user.clone();
    let notes = use_realtime_query(
        key!["notes"],
        move || {
            let user = user.clone();
            async move { Ok::<_, FetchError>(format!("notes of {user}")) }
        },
        UseRealtimeQueryOptions::default(),
    );
    let first = use_mut_ref(|| None::<String>);
    if let Some(notes) = notes.data() {
        first.borrow_mut().get_or_insert_with(|| (*notes).clone());
    }
    let shown = format!("{:?} {:?}", notes.data(), first.borrow());
    props.rendered.note(format!("{}: {shown}", props.user));
    props.clients.note(client);
    html! { <p>{ shown }</p> }
}

#[wasm_bindgen_test]
async fn another_session_is_another_client_and_shows_nothing_of_the_last() {
    let (clients, rendered) = (Log::default(), Log::default());
    let app = |user: &'static str| {
        html! {
            <RealtimeProvider url="ws://127.0.0.1:9/" session={user}>
                <Notes {user} clients={clients.clone()} rendered={rendered.clone()} />
            </RealtimeProvider>
        }
    };
    let page = Mounted::bare(app("ada"));
    crate::support::until(|| page.text("p").contains("notes of ada")).await;
    let ada = clients.take().remove(0);
    let ack = ada.send_with_ack::<()>("note:add", None, "milk");
    let mutation = ada.mutate(MutationSpec::<()>::message("note:add", "notes", "milk"));
    rendered.take();

    page.set(app("bob"));
    crate::support::until(|| page.text("p").contains("notes of bob")).await;
    let rendered = rendered.take();
    assert!(
        rendered.iter().all(|it| !it.contains("notes of ada")),
        "{rendered:?}"
    );
    let bob = clients.take().remove(0);
    assert_ne!(ada, bob);
    assert_eq!(ada.data::<String>(&key!["notes"]), None);
    assert_eq!(ada.connection().status, ConnectionStatus::Disconnected);
    assert_eq!(ada.subscription_count(), 0);
    assert_eq!(ack.await, Err(AckError::Send(SendError::SignedOut)));
    let unsaved = MutationError::Send(SendError::SignedOut);
    assert_eq!(mutation.await, Err(MutateError::Mutation(unsaved)));

    // Old handles are harmless, and reach nobody.
    ada.send("note:add", None, "milk");
    ada.invalidate(&key!["notes"]);
    ada.refetch(&key!["notes"]);
    assert_eq!(
        ada.set_data(&key!["notes"], String::from("late")),
        Ok(false)
    );
    page.set(app("bob"));
    yew::scheduler::flush().await;
    assert!(clients.take().iter().all(|client| *client == bob));
}

#[wasm_bindgen_test]
async fn a_given_client_is_signed_out_before_it_serves_another_session() {
    let bed = TestBed::new();
    let (clients, rendered) = (Log::default(), Log::default());
    let app = |user: &'static str| {
        html! {
            <RealtimeProvider client={bed.client()} session={user}>
                <Notes {user} clients={clients.clone()} rendered={rendered.clone()} />
            </RealtimeProvider>
        }
    };
    let page = Mounted::bare(app("ada"));
    bed.settle().await;
    assert!(
        page.text("p").contains("notes of ada"),
        "{}",
        page.text("p")
    );
    rendered.take();

    page.set(app("bob"));
    bed.settle().await;
    assert!(
        page.text("p").contains("notes of bob"),
        "{}",
        page.text("p")
    );
    let first = rendered.take();
    assert!(
        first.iter().all(|it| !it.contains("notes of ada")),
        "{first:?}"
    );
    assert_eq!(bed.goodbyes(), [1000]);
    assert_eq!(
        bed.client().connection().status,
        ConnectionStatus::Connected
    );

    // Nor does a page without a provider in between make a difference.
    page.set(html! { <p>{ "sign in" }</p> });
    bed.settle().await;
    page.set(app("cem"));
    bed.settle().await;
    assert!(
        page.text("p").contains("notes of cem"),
        "{}",
        page.text("p")
    );
    let next = rendered.take();
    assert!(
        next.iter().all(|it| !it.contains("notes of bob")),
        "{next:?}"
    );

    // The same session again is the same data, and so is a provider that names none.
    page.set(html! { <p /> });
    bed.settle().await;
    let socket = bed.goodbyes().len();
    page.set(app("cem"));
    bed.settle().await;
    let island =
        Mounted::bare(html! { <RealtimeProvider client={bed.client()}><i /></RealtimeProvider> });
    bed.settle().await;
    assert_eq!(bed.goodbyes().len(), socket);
    drop(island);
}

#[wasm_bindgen_test]
async fn signing_out_empties_what_is_on_the_page_and_the_next_session_fills_it() {
    let bed = TestBed::new();
    let (clients, rendered) = (Log::default(), Log::default());
    let page = bed.mount(html! {
        <Notes user="ada" clients={clients.clone()} rendered={rendered.clone()} />
    });
    bed.settle().await;
    assert!(page.text("p").starts_with("Some"));
    bed.client().sign_out();
    bed.settle().await;
    assert!(page.text("p").starts_with("None"), "{}", page.text("p"));
    assert_eq!(bed.goodbyes(), [1000]);
    bed.pass(crate::support::seconds(60)).await;
    assert_eq!(bed.client().running_fetches(), 0);
    assert_eq!(bed.attempts(), 1);
    bed.client().reconnect();
    bed.settle().await;
    assert!(page.text("p").starts_with("Some"), "{}", page.text("p"));
}
