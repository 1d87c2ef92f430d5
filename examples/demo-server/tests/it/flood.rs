//! Frames that come too fast, whatever is in them.

use crate::{
    client::{Somebody, serve, strict},
    http,
};
use realtime_demo_server::Config;
use serde_json::json;

#[tokio::test]
async fn requests_have_a_rate_for_each_user() {
    let server = serve(Config {
        rate: 5,
        ..strict()
    })
    .await;
    let (eve, ada) = (
        Somebody::sign_in(&server, "Eve").await,
        Somebody::sign_in(&server, "Ada").await,
    );
    let notify = async |somebody: &Somebody| {
        let headers = format!("content-type: application/json\r\n{}", somebody.bearer());
        let body = json!({"title": "x"}).to_string();
        http::request(&server, "POST", "/api/notifications", &headers, &body).await
    };
    let mut limited = 0;
    for _ in 0..30 {
        let answer = notify(&eve).await;
        if answer.status == 429 {
            assert_eq!(answer.code(), "rate_limited");
            assert_eq!(answer.headers["retry-after"], "1");
            limited += 1;
        }
    }
    assert!(limited >= 10, "{limited}");
    assert_eq!(notify(&ada).await.status, 201);
}
