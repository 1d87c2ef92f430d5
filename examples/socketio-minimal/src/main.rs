//! A Socket.IO server for every hook of realtime-yew, on socketioxide.

use axum::{Json, Router, routing::get};
use serde::Deserialize;
use serde_json::{Value, json};
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef},
};
use std::{collections::BTreeMap, env, error::Error, sync::LazyLock, time::Duration};
use tokio::{net::TcpListener, sync::Mutex, time::interval};
use tower_http::cors::CorsLayer;

/// What the server knows: one change at a time, and its event with it.
static WORLD: LazyLock<Mutex<World>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct World {
    cents: u32,
    tasks: BTreeMap<String, Value>,
    /// The newest last, by message: one that comes again is answered again, and changes nothing.
    answers: Vec<(String, Value)>,
    /// By channel and connection.
    present: BTreeMap<(String, String), Value>,
}

impl World {
    fn stock(&self) -> Value {
        json!({"channel": "stocks:ACME", "symbol": "ACME", "price": f64::from(self.cents) / 100.0})
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Payload {
    channel: String,
    message_id: String,
    id: String,
    title: String,
}

async fn join(socket: SocketRef, Data(Payload { channel, .. }): Data<Payload>, ack: AckSender) {
    if socket.rooms().len() >= 100 {
        let error = json!({"code": "limit_reached", "message": "leave a channel first"});
        ack.send(&json!({ "error": error })).ok();
    } else {
        socket.join(channel);
        ack.send(&json!({})).ok();
    }
}

async fn save(io: SocketIo, Data(save): Data<Payload>, ack: AckSender) {
    let mut world = WORLD.lock().await;
    let known = world.answers.iter().find(|(id, _)| *id == save.message_id);
    let answer = if let Some((_, answer)) = known {
        answer.clone()
    } else if save.title.is_empty() {
        json!({"error": {"code": "invalid_data", "message": "a task needs a title"}})
    } else {
        let (id, version) = match world.tasks.get(&save.id) {
            Some(task) => (save.id, task["version"].as_u64().unwrap_or_default()),
            None => (format!("t{}", world.tasks.len() + 1), 0),
        };
        let item = json!({"id": id, "version": version + 1, "title": save.title});
        world.tasks.insert(id, item.clone());
        if world.answers.len() == 1_000 {
            world.answers.remove(0);
        }
        world.answers.push((save.message_id.clone(), item.clone()));
        let change = json!({"channel": save.channel, "messageId": save.message_id, "action": "upsert", "item": item});
        io.to(save.channel).emit("list:update", &change).await.ok();
        item
    };
    ack.send(&answer).ok();
}

async fn announce(socket: SocketRef, Data(mut row): Data<Value>) {
    let channel = row["channel"].as_str().unwrap_or_default().to_owned();
    if !socket.rooms().iter().any(|room| *room == channel) {
        return;
    }
    row["userId"] = row["user"]["id"].clone();
    row["connectionId"] = socket.id.to_string().into();
    let mut world = WORLD.lock().await;
    let key = (channel.clone(), socket.id.to_string());
    if world.present.insert(key, row.clone()).is_none() {
        let rows = world.present.iter();
        let here = rows.filter(|((place, _), _)| *place == channel);
        let members: Vec<_> = here.map(|(_, row)| row).collect();
        let sync = json!({"channel": channel, "members": members});
        socket.emit("presence:sync", &sync).ok();
    }
    let others = socket.within(channel);
    others.emit("presence:update", &row).await.ok();
}

/// Takes a connection out of a channel's presence, and tells the others.
async fn part(socket: &SocketRef, channel: String) {
    let key = (channel.clone(), socket.id.to_string());
    if let Some(row) = WORLD.lock().await.present.remove(&key) {
        let left = json!({"channel": channel, "userId": row["userId"], "connectionId": key.1});
        socket
            .within(channel)
            .emit("presence:leave", &left)
            .await
            .ok();
    }
}

async fn connected(socket: SocketRef) {
    socket.on("join", join);
    socket.on(
        "leave",
        async |socket: SocketRef, Data(from): Data<Payload>| {
            part(&socket, from.channel.clone()).await;
            socket.leave(from.channel);
        },
    );
    socket.on("task:save", save);
    socket.on("presence:announce", announce);
    socket.on(
        "presence:leave",
        async |socket: SocketRef, Data(from): Data<Payload>| {
            part(&socket, from.channel).await;
        },
    );
    for event in ["typing:start", "typing:stop"] {
        socket.on(
            event,
            async move |socket: SocketRef, Data(typing): Data<Value>| {
                let channel = typing["channel"].as_str().unwrap_or_default().to_owned();
                socket.to(channel).emit(event, &typing).await.ok();
            },
        );
    }
    socket.on_disconnect(async |socket: SocketRef| {
        for room in socket.rooms() {
            part(&socket, room.to_string()).await;
        }
    });
}

async fn move_price(io: SocketIo) {
    let mut ticks = interval(Duration::from_millis(250));
    loop {
        ticks.tick().await;
        let mut world = WORLD.lock().await;
        world.cents = fastrand::u32(9_000..11_000);
        io.to("stocks:ACME")
            .emit("stock:update", &world.stock())
            .await
            .ok();
    }
}

// One thread: then the messages of a socket are handled in the order in which they came.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (sockets, io) = SocketIo::new_layer();
    io.ns("/", connected);
    tokio::spawn(move_price(io));
    let tasks = async || {
        Json(
            WORLD
                .lock()
                .await
                .tasks
                .values()
                .cloned()
                .collect::<Vec<_>>(),
        )
    };
    let app = Router::new()
        .route("/api/stock", get(async || Json(WORLD.lock().await.stock())))
        .route("/api/tasks", get(tasks))
        .layer(sockets)
        .layer(CorsLayer::permissive());
    let port = env::args().nth(1).unwrap_or_else(|| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
