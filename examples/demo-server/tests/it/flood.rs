//! Frames that come too fast, whatever is in them.

use crate::{
    client::{Client, Somebody, code, in_time, serve, still, strict},
    http,
    socketio_client::SocketIoClient,
};
use realtime_demo_server::{Config, RunningServer};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

async fn slow() -> RunningServer {
    serve(Config { rate: 5, ..still() }).await
}

#[tokio::test]
async fn broken_frames_cost_as_much_as_good_ones() {
    let server = slow().await;
    let mut client = Client::connect(&server).await;
    for broken in ["{", "[]", r#"{"event":7}"#, "", "{}"]
        .iter()
        .cycle()
        .take(30)
    {
        client.send_raw(Message::text(*broken)).await;
    }
    let mut codes = Vec::new();
    for _ in 0..30 {
        codes.push(code(&client.next().await).to_owned());
    }
    let limited = codes.iter().filter(|code| *code == "rate_limited").count();
    assert!((15..=20).contains(&limited), "{codes:?}");
    let health = http::get(&server, "/api/health").await.json();
    assert_eq!(health["rateLimited"], limited);
}

#[tokio::test]
async fn who_goes_on_is_closed_and_told_to_come_back_slowly() {
    let server = slow().await;
    for frame in [
        Message::text("{"),
        Message::text(json!({"event": "ping"}).to_string()),
        Message::Ping("x".into()),
    ] {
        let mut client = Client::connect(&server).await;
        for _ in 0..400 {
            // It may be closed already.
            if !client.try_send_raw(frame.clone()).await {
                break;
            }
        }
        assert_eq!(client.close_code().await, 4200, "{frame:?}");
    }
}

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

#[tokio::test]
async fn over_socket_io_it_is_the_same() {
    let server = slow().await;
    for packet in [
        r#"42["launch"]"#,
        r#"42[7]"#,
        r#"42["task:create",{"title":7}]"#,
    ] {
        let mut client = SocketIoClient::connect(&server).await;
        in_time(async { while client.try_send(packet).await {} }).await;
    }
    let mut client = SocketIoClient::connect(&server).await;
    for _ in 0..30 {
        client
            .send(r#"451-["task:create",{"_placeholder":true,"num":0}]"#)
            .await;
        client.send_bytes(vec![1, 2, 3]).await;
    }
    let mut limited = 0;
    for _ in 0..30 {
        let (event, payload) = client.next().await;
        assert_eq!(event, "error");
        limited += u32::from(payload["code"] == "rate_limited");
    }
    assert!((15..=20).contains(&limited), "{limited}");
}
