//! The browser's own WebSocket, against the demo server. Runs when `REALTIME_TEST_WS` was set to
//! its address, such as `ws://127.0.0.1:3000/ws`, at compile time.

use futures::channel::oneshot;
use realtime_core::SendError;
use realtime_yew::{AckError, prelude::*, testing::Mounted};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

/// Where the outcome of connecting goes; taken by whoever knows it first.
type Outcome = oneshot::Sender<Result<RealtimeClient, String>>;

#[derive(Clone)]
struct Tell(Rc<RefCell<Option<Outcome>>>);

impl PartialEq for Tell {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(PartialEq, Properties)]
struct WatcherProps {
    connected: Tell,
}

#[component]
fn Watcher(props: &WatcherProps) -> Html {
    let client = use_realtime_client();
    let connection = use_connection();
    let outcome = match connection.error() {
        Some(error) => Some(Err(error.to_string())),
        None => connection.is_connected().then_some(Ok(client)),
    };
    if let Some(outcome) = outcome
        && let Some(tell) = props.connected.0.borrow_mut().take()
    {
        // The test may have given up; then it has failed already.
        let _ = tell.send(outcome);
    }
    html! { <p>{ format!("{:?}", connection.status()) }</p> }
}

#[wasm_bindgen_test]
async fn the_real_transport_connects_sends_and_closes() {
    let Some(url) = option_env!("REALTIME_TEST_WS") else {
        return;
    };
    let (sender, receiver) = oneshot::channel();
    let connected = Tell(Rc::new(RefCell::new(Some(sender))));
    let page = Mounted::bare(html! {
        <RealtimeProvider url={url}><Watcher {connected} /></RealtimeProvider>
    });
    let client = receiver
        .await
        .expect("the component stays mounted")
        .expect("the server is there and lets pages of any origin in");
    // The real server may refuse the message, but it answers it: there and back again.
    let answer = client
        .send_with_ack::<serde_json::Value>("no:such:message", None, &())
        .await;
    assert!(
        matches!(answer, Ok(_) | Err(AckError::Send(SendError::Server(_)))),
        "{answer:?}"
    );
    page.unmount();
    realtime_yew::testing::flush().await;
    assert_eq!(client.connection().status, ConnectionStatus::Disconnected);
    assert!(client.stats().frames_received > 0);
}
