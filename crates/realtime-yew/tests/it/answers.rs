//! Fetches that a test bed answers, without a browser.

use realtime_yew::{get_json, prelude::*, testing::TestBed};

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
    }
    assert_eq!(bed.requested().len(), 4);
}
