//! The provider: what it gives, and when it connects and parts.

use crate::support::{Count, Log};
use realtime_yew::{
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
    yew::scheduler::flush().await;
    page.set(app(2));
    yew::scheduler::flush().await;
    assert_eq!(page.text("p"), "2");
    assert_eq!(renders.get(), 1);
    let clients = clients.take();
    assert_ne!(
        clients[0].connection().status,
        ConnectionState::Disconnected
    );
    page.unmount();
    yew::scheduler::flush().await;
    assert_eq!(
        clients[0].connection().status,
        ConnectionState::Disconnected
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
    assert_eq!(bed.client().connection().status, ConnectionState::Connected);
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
    let _page = bed.mount(html! { <ConnectionStatus /> });
    bed.settle().await;
    assert_eq!(asked.get(), 1);
    assert_eq!(bed.client().connection().status, ConnectionState::Connected);
    bed.cut();
    bed.pass(crate::support::seconds(30)).await;
    assert_eq!(asked.get(), 2);
}
