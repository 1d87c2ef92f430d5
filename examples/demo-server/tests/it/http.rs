//! Just enough of an HTTP client.

use crate::client::in_time;
use realtime_demo_server::RunningServer;
use serde_json::Value;
use std::collections::HashMap;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }

    pub(crate) fn seq(&self) -> u64 {
        self.headers["x-realtime-seq"].parse().unwrap()
    }
}

pub(crate) async fn get(server: &RunningServer, path: &str) -> Response {
    request(server, "GET", path, "", "").await
}

pub(crate) async fn post(server: &RunningServer, path: &str, body: &Value) -> Response {
    request(
        server,
        "POST",
        path,
        "content-type: application/json\r\n",
        &body.to_string(),
    )
    .await
}

/// Waits until that many sockets are open.
pub(crate) async fn until_connections(server: &RunningServer, count: u64) {
    in_time(async { while get(server, "/api/health").await.json()["connections"] != count {} })
        .await;
}

/// `headers` are whole lines.
pub(crate) async fn request(
    server: &RunningServer,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Response {
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n",
        server.addr()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Response {
        status,
        headers,
        body: body.to_owned(),
    }
}
