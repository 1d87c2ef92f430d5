//! The demo on one server or several: Redis between them, a balancer before them.

use std::process::ExitStatus;

use realtime_testkit::{FaultProxy, Order, RedisServer, loopback};

use crate::demo::DemoOptions;
use crate::failure::Failure;
use crate::project::Project;
use crate::server::Server;
use crate::setup::Tools;

/// What serves the demo. It ends in the order in which it stands here.
#[derive(Debug)]
pub(crate) struct Nodes {
    /// There with several servers; held for its drop.
    _balancer: Option<FaultProxy>,
    servers: Vec<Server>,
    /// What they share their state by.
    redis: Option<RedisServer>,
    url: String,
}

impl Nodes {
    /// Starts the built server at a port; or Redis, so many of the servers, and a balancer at the port.
    pub(crate) fn start(
        project: &Project,
        tools: &Tools,
        options: &DemoOptions,
        port: u16,
    ) -> Result<Self, Failure> {
        if options.nodes == 1 {
            let server = Server::start(project, tools, options, port, None)?;
            return Ok(Self {
                url: server.url(),
                _balancer: None,
                servers: vec![server],
                redis: None,
            });
        }
        let redis = RedisServer::start_apart()?;
        let servers = (0..options.nodes)
            .map(|_| Server::start(project, tools, options, 0, Some(&redis.url())))
            .collect::<Result<Vec<_>, _>>()?;
        let addresses = servers.iter().map(Server::address).collect();
        let balancer = FaultProxy::before(addresses, Order::InTurn, loopback(port), 0)?;
        Ok(Self {
            url: format!("{}/{}", balancer.base(), options.server.query()),
            _balancer: Some(balancer),
            servers,
            redis: Some(redis),
        })
    }

    /// The page's address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What there is behind that address, a line each, if it is more than one thing.
    pub(crate) fn parts(&self) -> Vec<String> {
        let Some(redis) = &self.redis else {
            return Vec::new();
        };
        let servers = self.servers.iter().zip(1..).map(|(server, number)| {
            let process = server.process();
            format!(
                "server {number} at {} (process {process}: kill it, the others go on)",
                server.url()
            )
        });
        servers
            .chain([format!("Redis at {}", redis.url())])
            .collect()
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
