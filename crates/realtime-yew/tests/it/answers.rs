//! Fetches that a test bed answers, without a browser.

use realtime_core::Position;
use realtime_yew::{get_json, prelude::*, testing::TestBed};
use std::time::Duration;
use tokio::task::LocalSet;

#[tokio::test]
async fn what_a_test_answers_is_what_is_fetched() {
    let bed = TestBed::new();
    bed.respond("/api/numbers", vec![1, 2]);
    assert_eq!(
        get_json::<Vec<u8>>("/api/numbers").await.unwrap().data,
        [1, 2]
    );
    let position = Position {
        epoch: "a".into(),
        seq: u64::MAX,
    };
    bed.respond_at("/api/numbers", position.clone(), [3]);
    let fetched = get_json::<Vec<u8>>("/api/numbers").await.unwrap();
    assert_eq!((fetched.data, fetched.position), (vec![3], Some(position)));
    let other = TestBed::new();
    other.respond("/api/other", "yes");
    assert!(get_json::<String>("/api/other").await.is_ok());
    assert!(get_json::<Vec<u8>>("/api/numbers").await.is_ok());
    assert_eq!(bed.requested().len(), 3);
    assert_eq!(other.requested(), ["/api/other"]);
}

#[tokio::test]
async fn statuses_odd_data_and_forgotten_urls_are_errors_that_say_so() {
    let bed = TestBed::new();
    bed.respond_status("/api/gone", 404);
    bed.respond_status("/api/busy", 503);
    bed.respond("/api/odd", "text");
    for (url, retryable, word) in [
        ("/api/gone", false, "404"),
        ("/api/busy", true, "503"),
        ("/api/odd", false, "Rust type"),
        (
            "/api/forgotten?x=1",
            false,
            "bed.respond(\"/api/forgotten?x=1\"",
        ),
    ] {
        let error = get_json::<Vec<u8>>(url).await.unwrap_err();
        assert_eq!(error.retryable, retryable, "{url}");
        assert!(error.to_string().contains(word), "{error}");
        if url == "/api/odd" {
            // It is the server's word, and not the app's own that there will be nothing.
            assert_eq!(error.status, Some(200));
        }
    }
    assert_eq!(bed.requested().len(), 4);
}

#[derive(serde::Deserialize)]
struct Ticket {
    token: String,
}

async fn ticket() -> Result<String, FetchError> {
    Ok(get_json::<Ticket>("/api/ticket").await?.data.token)
}

/// As an app does that fetches by other means.
async fn ticket_by_hand() -> Result<String, serde_json::Error> {
    let answer = get_json::<serde_json::Value>("/api/ticket").await;
    let text = answer.map(|it| it.data.to_string()).unwrap_or_default();
    Ok(serde_json::from_str::<Ticket>(&text)?.token)
}

#[tokio::test]
async fn a_token_endpoint_that_answers_with_a_page_signs_nobody_out() {
    let options = RealtimeOptions::default;
    for options in [
        options().with_token(ticket),
        options().with_token(ticket_by_hand),
    ] {
        let bed = TestBed::with_options(options);
        let step = async |seconds| {
            bed.advance(Duration::from_secs(seconds));
            for _ in 0..5 {
                tokio::task::yield_now().await;
                bed.deliver();
            }
        };
        let run = async {
            // What is JSON, but no ticket, is read no better than a page is.
            bed.respond("/api/ticket", "<!doctype html>");
            bed.client().connect();
            step(0).await;
            step(5).await;
            assert_eq!(bed.client().connection().close_reason, None);
            bed.respond("/api/ticket", serde_json::json!({ "token": "one" }));
            for _ in 0..5 {
                step(20).await;
            }
            assert_eq!(
                bed.client().connection().status,
                ConnectionStatus::Connected
            );
        };
        LocalSet::new().run_until(run).await;
    }
}
