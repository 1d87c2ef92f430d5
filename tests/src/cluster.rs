//! Several real servers that share one state in a real Redis, and the ways in to them.

use realtime_testkit::{
    DemoServer, FaultProxy, Http, KitError, Order, RedisServer, ServerKind, ensure, eventually,
    loopback,
};
use std::{cell::RefCell, time::Duration};

/// How long a server may give no sign of life before the others drop its members.
const LIFE: &str = "4000";

/// Servers that share one state. They are numbered from zero on.
#[derive(Debug)]
pub struct Cluster {
    doors: Vec<FaultProxy>,
    servers: RefCell<Vec<Option<DemoServer>>>,
    redis: RefCell<RedisServer>,
}

impl Cluster {
    /// Starts Redis and so many servers, with a door before each.
    pub fn start(kind: ServerKind, count: usize) -> Result<Self, KitError> {
        let redis = RedisServer::start()?;
        let flags = [
            "--trust-clients",
            "--redis",
            &redis.url(),
            "--node-life",
            LIFE,
        ];
        let servers = (0..count)
            .map(|_| DemoServer::start(kind, loopback(0), flags.map(str::to_owned).into()))
            .collect::<Result<Vec<_>, _>>()?;
        let addresses: Vec<_> = servers.iter().map(DemoServer::address).collect();
        let door = |first| {
            let mut servers = addresses.clone();
            servers.rotate_left(first);
            FaultProxy::before(servers, Order::FirstAlive, loopback(0), 0)
        };
        let doors = (0..count).map(door).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            doors,
            servers: RefCell::new(servers.into_iter().map(Some).collect()),
            redis: RefCell::new(redis),
        })
    }

    /// What a page is opened at to be served by one of the servers, or by the next one that is alive.
    pub fn door(&self, number: usize) -> String {
        self.doors[number].base()
    }

    /// The REST interface of one of the servers.
    pub fn http(&self, number: usize) -> Result<Http, KitError> {
        let servers = self.servers.borrow();
        let server = servers[number].as_ref().ok_or_else(|| gone(number))?;
        Ok(server.http().clone())
    }

    /// Kills one of the servers, as SIGKILL does.
    pub fn kill(&self, number: usize) -> Result<(), KitError> {
        let server = self.servers.borrow_mut()[number].take();
        server.ok_or_else(|| gone(number))?.kill()
    }

    /// Kills the Redis between the servers, as SIGKILL does.
    pub fn kill_redis(&self) -> Result<(), KitError> {
        self.redis.borrow_mut().kill()
    }

    /// Starts the Redis again, with what it kept.
    pub fn start_redis_again(&self) -> Result<(), KitError> {
        self.redis.borrow_mut().start_again()
    }

    /// Fails unless one of the servers has so many sockets open.
    pub fn check_sockets(&self, number: usize, wanted: u64) -> Result<(), KitError> {
        let health = self.http(number)?.get("/api/health")?.body;
        ensure(health["connections"] == wanted, || {
            format!("server {number} should have {wanted} sockets: {health}")
        })
    }

    /// Waits until a server says of itself that it is `ok` or `degraded`.
    pub fn await_status(
        &self,
        number: usize,
        status: &str,
        within: Duration,
    ) -> Result<(), KitError> {
        let http = self.http(number)?;
        let what = format!("server {number} is {status}");
        let read = || Ok(http.get("/api/health")?.body["status"].clone());
        eventually(&what, within, read, |seen| seen == status).map(drop)
    }

    /// What everybody who runs has said on their outputs, by name.
    pub(crate) fn outputs(&self) -> Vec<(String, String)> {
        let mut outputs = vec![("redis".to_owned(), self.redis.borrow().output())];
        for (number, server) in self.servers.borrow().iter().enumerate() {
            outputs.extend(
                server
                    .as_ref()
                    .map(|server| (format!("server-{number}"), server.program().output())),
            );
        }
        outputs
    }
}

fn gone(number: usize) -> KitError {
    KitError::Wrong(format!("server {number} was killed"))
}
