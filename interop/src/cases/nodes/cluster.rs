//! Two nodes behind one Redis, and a client of each.

use super::visitor::Visitor;
use crate::{
    cases::Census,
    demo,
    failure::{Verdict, same},
    peer::Peer,
    stage::Stage,
    task::{Task, shows_tasks},
};
use realtime_core::User;
use realtime_testkit::{FaultProxy, Order, RedisServer, loopback};
use serde_json::json;

/// Two nodes, and a door of each that leads to the other one once the first is dead.
pub(super) struct Cluster {
    pub(super) nodes: Vec<Peer>,
    _doors: [FaultProxy; 2],
    _redis: RedisServer,
}

/// A client of each node.
pub(super) struct Party {
    pub(super) ada: Visitor,
    pub(super) lin: Visitor,
}

impl Cluster {
    pub(super) async fn start(stage: &Stage) -> Verdict<(Self, Party)> {
        let redis = stage.redis().await?;
        let options = json!({ "redis": redis.url() });
        let one = stage.peer(options.clone()).await?;
        let two = stage.peer(options).await?;
        let door = |ports: [u16; 2]| {
            let servers = ports.map(loopback).into();
            FaultProxy::before(servers, Order::FirstAlive, loopback(0), 0)
        };
        let near = door([one.port(), two.port()])?;
        let far = door([two.port(), one.port()])?;
        let party = Party {
            ada: Visitor {
                native: stage.client_at(near.address().port()).connect().await?,
                user: User::new("ada", "Ada"),
            },
            lin: Visitor {
                native: stage.client_at(far.address().port()).connect().await?,
                user: User::new("lin", "Lin"),
            },
        };
        let nodes = vec![one, two];
        for node in &nodes {
            let here: Census = node.call("census", json!({})).await?;
            same("the sockets of each node", &here.sockets, &1)?;
        }
        let cluster = Self {
            nodes,
            _doors: [near, far],
            _redis: redis,
        };
        Ok((cluster, party))
    }

    /// What a node says the list is.
    async fn tasks(&self, node: &Peer) -> Verdict<Vec<Task>> {
        let url = format!("http://127.0.0.1:{}/tasks", node.port());
        let mut tasks: Vec<Task> = demo::get(url).await?;
        tasks.sort();
        Ok(tasks)
    }

    /// All nodes have so many tasks, and both clients show what each of them has.
    pub(super) async fn converge(&self, party: &Party, count: usize) -> Verdict<Vec<Task>> {
        let mut last = Vec::new();
        for node in &self.nodes {
            let tasks = self.tasks(node).await?;
            same("the number of tasks", &tasks.len(), &count)?;
            shows_tasks(&party.ada.native, &tasks).await?;
            shows_tasks(&party.lin.native, &tasks).await?;
            last = tasks;
        }
        Ok(last)
    }
}
