//! Documents of Yjs in JavaScript against those of the hub: one text, character by character.

use crate::oracle::alone;
use axum::Router;
use realtime_interop::yjs;
use realtime_server::{Hub, Limits, texts::TextOptions};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[derive(Debug, Deserialize)]
struct Shown {
    texts: Vec<String>,
    refusals: Vec<String>,
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn pages_of_yjs_and_the_hub_end_with_one_text_whoever_wrote_and_was_cut_off() {
    alone(async {
        let limits = Limits {
            messages_per_second: 100_000,
            ..Limits::default()
        };
        let hub = Hub::builder()
            .limits(limits)
            .texts(TextOptions::default())
            .build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/ws", listener.local_addr().unwrap());
        let app: Router = hub.router();
        let serving = tokio::spawn(async move { axum::serve(listener, app).await });
        let pages = yjs()
            .await
            .unwrap_or_else(|failure| panic!("{failure}; `cargo xtask interop` gets it ready"));
        let open = json!({"url": url, "count": 3});
        pages.call::<Value>("open", open).await.unwrap();
        for seed in 1..=4 {
            let write = json!({"rounds": 400, "seed": seed});
            pages.call::<Value>("write", write).await.unwrap();
            let same = |shown: &Shown| {
                let text = hub.text("notes", "body");
                shown.texts.iter().all(|page| *page == text)
            };
            let shown = pages.until("one text", "shown", json!({}), same).await;
            let shown: Shown = shown.unwrap();
            let text = hub.text("notes", "body");
            assert!(text.contains('😀') && !text.contains('\u{fffd}'), "{text}");
            assert!(text.encode_utf16().count() > 100, "{text}");
            assert_eq!(shown.refusals, Vec::<String>::new());
        }
        serving.abort();
    });
}
