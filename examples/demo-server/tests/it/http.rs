//! Just enough of an HTTP client.

use crate::client::{Served, in_time};
use serde_json::Value;
use std::{collections::HashMap, io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
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

    pub(crate) fn position(&self) -> (String, u64) {
        (self.headers["x-realtime-epoch"].clone(), self.seq())
    }

    pub(crate) fn seq(&self) -> u64 {
        self.headers["x-realtime-seq"].parse().unwrap()
    }
}

pub(crate) async fn get(server: &impl Served, path: &str) -> Response {
    request(server, "GET", path, "", "").await
}

pub(crate) async fn post(server: &impl Served, path: &str, body: &Value) -> Response {
    request(
        server,
        "POST",
        path,
        "content-type: application/json\r\n",
        &body.to_string(),
    )
    .await
}

/// Reads an address again and again until it gives what is wanted.
pub(crate) async fn until(
    server: &impl Served,
    path: &str,
    wanted: impl Fn(&Response) -> bool,
) -> Response {
    in_time(async {
        loop {
            let response = get(server, path).await;
            if wanted(&response) {
                return response;
            }
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

/// Waits until that many sockets are open.
pub(crate) async fn until_connections(server: &impl Served, count: u64) {
    in_time(async { while get(server, "/api/health").await.json()["connections"] != count {} })
        .await;
}

/// `headers` are whole lines.
pub(crate) async fn request(
    server: &impl Served,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Response {
    let asked = try_request(server, method, path, headers, body).await;
    asked.unwrap().expect("a whole answer")
}

/// None if the connection ended before the answer did.
pub(crate) async fn try_request(
    server: &impl Served,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> io::Result<Option<Response>> {
    let address = server.address();
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n",
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(response(&answer))
}

fn response(answer: &str) -> Option<Response> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Some(Response {
        status,
        headers,
        body: body.to_owned(),
    })
}
