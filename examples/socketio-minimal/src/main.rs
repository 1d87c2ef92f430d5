//! A Socket.IO server for every hook of realtime-yew, on socketioxide.

use axum::{
    Json, Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, Extension, SocketRef, TryData},
    handler::ConnectHandler,
};
use std::{
    collections::{BTreeMap, VecDeque},
    env,
    error::Error,
    sync::LazyLock,
    time::Duration,
};
use tokio::{net::TcpListener, sync::Mutex, time::interval};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Who may come, by token; in earnest: whoever your sessions say. `USERS` is such as
/// `{"<a long random token>": {"id": "ada", "name": "Ada"}}`.
static USERS: LazyLock<BTreeMap<String, User>> = LazyLock::new(|| {
    let users = env::var("USERS").unwrap_or_default();
    serde_json::from_str(&users).unwrap_or_default()
});

/// A user is who the token says, never who a message says.
#[derive(Clone, Serialize, Deserialize)]
struct User {
    id: String,
    name: String,
}

/// What the server knows: one change at a time, and its event with it.
static WORLD: LazyLock<Mutex<World>> = LazyLock::new(Mutex::default);

const MOST_TASKS: usize = 1_000;
/// Of each user: nobody pushes out those of others.
const MOST_ANSWERS: usize = 100;
const MOST_PRESENT: usize = 10_000;

#[derive(Default)]
struct World {
    cents: u32,
    tasks: BTreeMap<String, Value>,
    /// By user, then by message, the newest last: one that comes again is answered again, and changes nothing.
    answers: BTreeMap<String, VecDeque<(String, Value)>>,
    /// By channel and connection; gone with the connection.
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
    status: String,
    metadata: Value,
}

#[derive(Deserialize)]
struct Auth {
    token: String,
}

/// Lets in whoever has a token.
async fn admit(socket: SocketRef, TryData(auth): TryData<Auth>) -> Result<(), &'static str> {
    let user = auth.ok().and_then(|auth| USERS.get(&auth.token));
    socket
        .extensions
        .insert(user.ok_or("who are you?")?.clone());
    Ok(())
}

fn may_join(_user: &User, channel: &str) -> bool {
    let room = channel.strip_prefix("room:");
    ["stocks:ACME", "tasks"].contains(&channel) || room.is_some_and(|name| is_text(name, 50))
}

fn has_joined(socket: &SocketRef, channel: &str) -> bool {
    socket.rooms().iter().any(|room| *room == channel)
}

fn is_text(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
}

fn refuse(ack: AckSender, code: &str, message: &str) {
    ack.send(&json!({"error": {"code": code, "message": message}}))
        .ok();
}

async fn join(
    socket: SocketRef,
    Extension(user): Extension<User>,
    Data(Payload { channel, .. }): Data<Payload>,
    ack: AckSender,
) {
    if !may_join(&user, &channel) {
        refuse(ack, "forbidden", "this channel is not yours");
    } else if socket.rooms().len() >= 100 {
        refuse(ack, "limit_reached", "leave a channel first");
    } else {
        socket.join(channel);
        ack.send(&json!({})).ok();
    }
}

async fn save(
    io: SocketIo,
    socket: SocketRef,
    Extension(user): Extension<User>,
    Data(save): Data<Payload>,
    ack: AckSender,
) {
    if save.channel != "tasks" || !has_joined(&socket, "tasks") || !is_text(&save.message_id, 100) {
        return refuse(
            ack,
            "invalid_data",
            "tasks are saved in `tasks`, with an id",
        );
    }
    let mut world = WORLD.lock().await;
    let answers = world.answers.get(&user.id);
    let mut known = answers.into_iter().flatten();
    if let Some((_, answer)) = known.find(|(message, _)| *message == save.message_id) {
        ack.send(answer).ok();
    } else if !is_text(&save.title, 200) {
        refuse(
            ack,
            "invalid_data",
            "a task needs a title of at most 200 bytes",
        );
    } else if !world.tasks.contains_key(&save.id) && world.tasks.len() >= MOST_TASKS {
        refuse(ack, "limit_reached", "there are too many tasks");
    } else {
        let (id, version) = match world.tasks.get(&save.id) {
            Some(task) => (save.id, task["version"].as_u64().unwrap_or_default()),
            None => (format!("t{}", world.tasks.len() + 1), 0),
        };
        let item = json!({"id": id, "version": version + 1, "title": save.title});
        world.tasks.insert(id, item.clone());
        let answers = world.answers.entry(user.id).or_default();
        if answers.len() == MOST_ANSWERS {
            answers.pop_front();
        }
        answers.push_back((save.message_id.clone(), item.clone()));
        let change = json!({"channel": save.channel, "messageId": save.message_id, "action": "upsert", "item": item});
        io.to(save.channel).emit("list:update", &change).await.ok();
        ack.send(&item).ok();
    }
}

async fn announce(
    socket: SocketRef,
    Extension(user): Extension<User>,
    Data(Payload {
        channel,
        status,
        metadata,
        ..
    }): Data<Payload>,
) {
    let key = (channel.clone(), socket.id.to_string());
    let mut world = WORLD.lock().await;
    let is_new = !world.present.contains_key(&key);
    let is_full = is_new && world.present.len() >= MOST_PRESENT;
    let is_short = is_text(&status, 50) && metadata.to_string().len() <= 2_000;
    if is_full || !is_short || !has_joined(&socket, &channel) {
        return;
    }
    let row = json!({"channel": channel, "userId": user.id, "user": user, "status": status,
        "metadata": metadata, "connectionId": socket.id.to_string()});
    world.present.insert(key, row.clone());
    if is_new {
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
            async move |socket: SocketRef,
                        Extension(user): Extension<User>,
                        Data(Payload { channel, .. }): Data<Payload>| {
                if has_joined(&socket, &channel) {
                    let typing = json!({"channel": channel, "id": user.id, "name": user.name});
                    socket.to(channel).emit(event, &typing).await.ok();
                }
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

/// Whether a page may come here, by its origin. Without `ORIGINS` the pages of this machine may.
fn is_allowed(origin: &HeaderValue) -> bool {
    let origin = origin.to_str().unwrap_or_default();
    match env::var("ORIGINS") {
        Ok(origins) => origins.split(',').any(|known| known == origin),
        Err(_) => {
            let host = origin.strip_prefix("http://").unwrap_or_default();
            let host = host.split(':').next().unwrap_or_default();
            ["localhost", "127.0.0.1"].contains(&host)
        }
    }
}

/// CORS keeps the pages of others from reading what they fetch here, but not from opening a
/// WebSocket: so the origin is looked at in each request. A program has none; its token tells.
async fn guard(request: Request, next: Next) -> Response {
    match request.headers().get(header::ORIGIN) {
        Some(origin) if !is_allowed(origin) => StatusCode::FORBIDDEN.into_response(),
        _ => next.run(request).await,
    }
}

async fn tasks(headers: HeaderMap) -> Result<Json<Vec<Value>>, StatusCode> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if token.is_none_or(|token| !USERS.contains_key(token)) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let world = WORLD.lock().await;
    Ok(Json(world.tasks.values().cloned().collect()))
}

// One thread: then the messages of a socket are handled in the order in which they came.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (sockets, io) = SocketIo::builder()
        .max_payload(16_384)
        .ws_max_message_size(16_384)
        .build_layer();
    io.ns("/", connected.with(admit));
    tokio::spawn(move_price(io));
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(|origin, _| is_allowed(origin)))
        .allow_headers([header::AUTHORIZATION]);
    let app = Router::new()
        .route("/api/stock", get(async || Json(WORLD.lock().await.stock())))
        .route("/api/tasks", get(tasks))
        .layer(sockets)
        .layer(cors)
        .layer(from_fn(guard));
    let port = env::args().nth(1).unwrap_or_else(|| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
