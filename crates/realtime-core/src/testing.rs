//! Virtual time, a seeded link and a scripted server: everything between a client and the truth,
//! in one thread and with no waiting. Feature `testing`.
//!
//! A [`World`] holds one [`ScriptedServer`] and any number of real [`Client`](crate::Client)s, each
//! behind a [`Link`] that delays, cuts or swallows. The same seed gives the same run.
//!
//! ```
//! use realtime_core::{Patch, QueryOptions, RecordSpec, key, testing::World};
//! use std::time::Duration;
//!
//! let mut world = World::new(7);
//! world.on_fetch(|_, _| Ok(1_u32));
//! let peer = world.connect();
//! let spec = RecordSpec::<u32>::new().on("price", Some("feed".into()), Patch::replace());
//! world.act(peer, |client, now| client.observe_record(now, &key!["price"], spec, &QueryOptions::default())).unwrap();
//! world.run(Duration::from_secs(1));
//! world.server.publish("feed", "price", "2");
//! world.run(Duration::from_secs(1));
//! assert_eq!(world.client(peer).record::<u32>(&key!["price"]).as_deref(), Some(&2));
//! ```

mod disk;
mod link;
mod server;
mod world;

pub use disk::Disk;
pub use link::{Link, LinkState};
#[cfg(feature = "socketio")]
pub use server::SocketIo;
pub use server::{Abilities, Request, ScriptedServer, SocketId};
pub use world::{DiskId, PeerId, Started, World};
