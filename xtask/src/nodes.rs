//! The demo on several servers: Redis between them, a balancer before them.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitStatus;

use realtime_demo_balancer::{Balancer, Order};

use crate::failure::Failure;
use crate::project::Project;
use crate::redis::{Redis, RedisServer};
use crate::server::{Guests, Kind, Server, any_port};

/// Several servers that share one state. They end in the order in which they stand here.
#[derive(Debug)]
pub(crate) struct Nodes {
    balancer: Balancer,
    servers: Vec<Server>,
    redis: Redis,
    query: &'static str,
}

impl Nodes {
    /// Starts Redis, so many of the built servers, and a balancer at a port.
    pub(crate) fn start(
        project: &Project,
        program: &RedisServer,
        kind: Kind,
        count: u16,
        port: u16,
        guests: Guests,
    ) -> Result<Self, Failure> {
        let redis = program.start(project, any_port()?)?;
        let servers = (0..count)
            .map(|_| Server::start_sharing(project, kind, any_port()?, &redis.url(), guests))
            .collect::<Result<Vec<_>, _>>()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let addresses = servers.iter().map(Server::address).collect();
        let balancer = Balancer::start(address, addresses, Order::InTurn).map_err(|error| {
            Failure::new(
                format!("could not listen on {address}: {error}"),
                "choose another port with `--port N`",
            )
        })?;
        Ok(Self {
            balancer,
            servers,
            redis,
            query: kind.query(),
        })
    }

    /// The page's address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/{}", self.balancer.address(), self.query)
    }

    /// What there is behind that address, a line each.
    pub(crate) fn parts(&self) -> Vec<String> {
        let servers = self.servers.iter().zip(1..).map(|(server, number)| {
            let process = server.process();
            format!(
                "server {number} at {} (process {process}: kill it, the others go on)",
                server.url()
            )
        });
        let redis = format!("Redis at {}", self.redis.url());
        servers.chain([redis]).collect()
    }

    /// Tells of each server that has ended, once; gives how the last one did when none is left.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        let mut last = None;
        self.servers.retain_mut(|server| match server.ended() {
            None => true,
            Some(status) => {
                println!("      the server at {} ended: {status}", server.url());
                last = Some(status);
                false
            }
        });
        last.filter(|_| self.servers.is_empty())
    }
}
