//! Liveness: what people see where nothing tells whether events arrive.

use crate::support::{seconds, stock};
use realtime_yew::{prelude::*, testing::TestBed};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

const LABEL: &str = ".rt-connection__label";

/// A page that shows a stock, who looks at it, and how the connection stands.
#[component]
fn Desk() -> Html {
    let options = UseRealtimeQueryOptions::default()
        .with_event("stock:update")
        .with_channel("stocks:ACME");
    let fetcher = || async { Ok::<_, FetchError>(stock("ACME", 1.0)) };
    let price = use_realtime_query(key!["stock", "ACME"], fetcher, options);
    let user = User::new("ada", "Ada");
    let room = use_presence("stocks:ACME", user, UsePresenceOptions::default());
    html! {
        <>
            <ConnectionIndicator />
            <p id="price">{ price.data().map(|stock| stock.price) }</p>
            <p id="stock">{ format!("{:?} {}", price.liveness(), price.is_live()) }</p>
            <p id="room">{ format!("{:?} {}", room.liveness(), room.is_live()) }</p>
        </>
    }
}

#[wasm_bindgen_test]
async fn a_server_that_answers_no_subscription_is_said_to_be_uncertain_until_an_event_comes() {
    let bed = TestBed::with_options(RealtimeOptions::default().with_console(true));
    bed.server().abilities.answers = false;
    let page = bed.mount(html! { <Desk /> });
    bed.pass(seconds(10)).await;
    // The data is there, and nobody claims that it is kept fresh.
    assert_eq!(page.text("#price"), "1");
    assert_eq!(page.text("#stock"), "Unknown false");
    assert_eq!(page.text("#room"), "Unknown false");
    assert_eq!(page.text(LABEL), "Connected, updates uncertain");
    assert_eq!(page.count(".rt-connection--uncertain"), 1);
    let warnings = bed.take_warnings();
    let tells = |warning: &String| warning.contains("with_subscribe_ack(false)");
    assert_eq!(
        warnings.iter().filter(|it| tells(it)).count(),
        1,
        "{warnings:?}"
    );

    let data = r#"{"symbol":"ACME","price":2.0}"#;
    bed.server().publish("stocks:ACME", "stock:update", data);
    bed.pass(seconds(10)).await;
    assert_eq!(page.text("#stock"), "Live true");
    assert_eq!(page.text("#room"), "Live true");
    assert_eq!(page.text(LABEL), "Connected");
    assert_eq!(page.count(".rt-connection--uncertain"), 0);
}

#[wasm_bindgen_test]
async fn a_subscription_that_was_lost_comes_back_by_itself() {
    let bed = TestBed::new();
    let page = bed.mount(html! { <Desk /> });
    bed.pass(seconds(5)).await;
    assert_eq!(page.text("#stock"), "Live true");
    bed.server().lose_subscribes("stocks:ACME", 1);
    bed.cut();
    bed.pass(seconds(12)).await;
    assert_eq!(page.text("#stock"), "Unknown false");
    assert_eq!(page.text(LABEL), "Connected, updates uncertain");
    bed.pass(seconds(20)).await;
    assert_eq!(page.text("#stock"), "Live true");
    assert_eq!(page.text(LABEL), "Connected");
}
