//! The demo's server: REST, and the JSON envelope protocol (at `/ws`) or Socket.IO (at `/socket.io/`) over a WebSocket,
//! in memory or shared over Redis.
//!
//! | channel | events | state |
//! |---|---|---|
//! | `stocks:{SYMBOL}` | `stock:update` | `GET /api/stocks/{SYMBOL}` |
//! | `stocks` | `list:update`, an update of one stock (its id is its symbol) | `GET /api/stocks` |
//! | `tasks` | `list:update` | `GET /api/tasks` |
//! | `room:{name}` | `list:update` of messages, presence, typing | `GET /api/rooms/{name}/messages` |
//! | `notifications` | `notification` | `GET /api/notifications` |
//! | `stress:{rows}:{rate}` | `list:update` of one of so many quotes, so often a second | `GET /api/stress/{rows}/{rate}` |
//!
//! Every state comes with the position it belongs to, in the headers `x-realtime-epoch` and `x-realtime-seq`. Tasks
//! are changed by the messages `task:create`, `task:update`, `task:delete` and `task:move`, or over REST (`POST`,
//! `PATCH`, `DELETE`, `POST …/move`); a room gets a `message:send`. `POST /api/notifications` sends one to everybody,
//! `POST /api/stocks/{SYMBOL}/burst` publishes a known number of prices, `POST /api/stress/{rows}/{rate}/burst` as many
//! changes at once as sockets take, `GET /api/health` counts what has happened, `GET /api/rooms/{name}/sockets` names the
//! Socket.IO sockets in a room, on all servers that share a Redis.
//! A socket that sends `demo:cut` is dropped at once and without a close frame, to see how a client gets over it.
//!
//! `POST /api/session` signs somebody in, without a password: whoever has a key of their own is one user. The token that
//! it gives goes into `auth`, CONNECT's payload, or `Authorization: Bearer …`, and says whose each message and request is;
//! `permissions` says what each may do. `room:own-{user}` is a user's own room.
//!
//! It is an app on realtime-server's hub: `server` makes the hub and says what it may ask (`messages`, `tokens`,
//! `permissions`), `world` is what the app knows (`tasks`, `stocks`, `rooms`), changed by `command`s and told on the hub's
//! channels; `api` reads it over REST, `stress` has lists that change as fast as one likes. Around it stand `acceptor`
//! (connections, their caps and time-outs), `host` (under which names), `files` and `page` (the built demo).
//!
//! With [`Config::redis`] it is one of several servers that share their state: every change is an entry of a log in
//! Redis, which all of them carry out in the same order (`site`, and the crate realtime-replication).
//!
//! [`start`] runs it in this process, which is what tests do; the program of the same name adds flags and signals.

mod acceptor;
mod addresses;
mod answers;
mod api;
mod app;
mod channel;
mod clock;
mod command;
mod config;
mod feed;
mod files;
mod host;
mod limits;
mod messages;
mod notes;
mod page;
mod permissions;
mod rates;
mod refusals;
mod rooms;
mod server;
mod site;
mod sockets;
mod stocks;
mod stream;
mod stress;
mod tasks;
mod tokens;
mod world;

pub use config::Config;
pub use server::{RunningServer, StartError, start};
pub use tokens::Secret;
