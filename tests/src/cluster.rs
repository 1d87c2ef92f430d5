//! Several real servers that share one state in a real Redis, and the ways in to them.

use crate::{
    error::{E2eError, ensure},
    eventually::eventually,
    http::Http,
    redis::RedisServer,
    server::{DemoServer, ServerKind},
};
use realtime_demo_balancer::{Balancer, Order};
use std::{cell::RefCell, io, net::SocketAddr, time::Duration};

/// How long a server may give no sign of life before the others drop its members.
const LIFE: &str = "4000";

/// Servers that share one state. They are numbered from zero on.
#[derive(Debug)]
pub struct Cluster {
    doors: Vec<Balancer>,
    servers: RefCell<Vec<Option<DemoServer>>>,
    redis: RefCell<RedisServer>,
}

impl Cluster {
    /// Starts Redis and so many servers, with a door before each.
    ///
    /// # Errors
    ///
    /// When one of them does not come up.
    pub fn start(kind: ServerKind, count: usize) -> Result<Self, E2eError> {
        let redis = RedisServer::start()?;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let flags = [
            "--redis".to_owned(),
            redis.url(),
            "--node-life".to_owned(),
            LIFE.to_owned(),
        ];
        let servers = (0..count)
            .map(|_| DemoServer::start_with(kind, address, &flags))
            .collect::<Result<Vec<_>, _>>()?;
        let addresses: Vec<_> = servers.iter().map(DemoServer::address).collect();
        let failed =
            |error: io::Error| E2eError::Wrong(format!("could not start a balancer: {error}"));
        let doors = (0..count)
            .map(|first| {
                let (before, after) = addresses.split_at(first);
                Balancer::start(address, [after, before].concat(), Order::FirstAlive)
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        Ok(Self {
            doors,
            servers: RefCell::new(servers.into_iter().map(Some).collect()),
            redis: RefCell::new(redis),
        })
    }

    /// What a page is opened at to be served by one of the servers, or by the next one that is alive.
    pub fn door(&self, number: usize) -> String {
        format!("http://{}", self.doors[number].address())
    }

    /// The REST interface of one of the servers.
    ///
    /// # Errors
    ///
    /// When it was killed.
    pub fn http(&self, number: usize) -> Result<Http, E2eError> {
        let servers = self.servers.borrow();
        let server = servers[number].as_ref().ok_or_else(|| gone(number))?;
        Ok(server.http().clone())
    }

    /// Kills one of the servers, as SIGKILL does.
    ///
    /// # Errors
    ///
    /// When it was killed before.
    pub fn kill(&self, number: usize) -> Result<(), E2eError> {
        let server = self.servers.borrow_mut()[number].take();
        server.ok_or_else(|| gone(number))?.kill()
    }

    /// Kills the Redis between the servers, as SIGKILL does.
    ///
    /// # Errors
    ///
    /// When it was killed before.
    pub fn kill_redis(&self) -> Result<(), E2eError> {
        self.redis.borrow_mut().kill()
    }

    /// Starts the Redis again, with what it kept.
    ///
    /// # Errors
    ///
    /// [`E2eError::Start`] when it does not come up.
    pub fn start_redis_again(&self) -> Result<(), E2eError> {
        self.redis.borrow_mut().start_again()
    }

    /// Fails unless one of the servers has so many sockets open.
    ///
    /// # Errors
    ///
    /// When it has not, or does not answer.
    pub fn check_sockets(&self, number: usize, wanted: u64) -> Result<(), E2eError> {
        let health = self.http(number)?.get("/api/health")?.body;
        ensure(health["connections"] == wanted, || {
            format!("server {number} should have {wanted} sockets: {health}")
        })
    }

    /// Waits until a server says of itself that it is `ok` or `degraded`.
    ///
    /// # Errors
    ///
    /// When it does not in time.
    pub fn await_status(
        &self,
        number: usize,
        status: &str,
        within: Duration,
    ) -> Result<(), E2eError> {
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
                    .map(|server| (format!("server-{number}"), server.output())),
            );
        }
        outputs
    }
}

fn gone(number: usize) -> E2eError {
    E2eError::Wrong(format!("server {number} was killed"))
}
