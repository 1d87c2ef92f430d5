//! Two nodes behind one Redis: clients on different nodes see each other, and survive a node's death.

mod cluster;
mod visitor;

use self::cluster::{Cluster, Party};
use crate::{
    failure::{Verdict, same},
    stage::Stage,
    task::watch_tasks,
};

cases! {
    "two-nodes-lists" on Node, Oxide => lists;
    "two-nodes-presence-typing" on Node, Oxide => rooms;
    "node-killed" on Node, Oxide => killed;
}

const ROOM: &str = "room:lobby";

/// Edits of a list, by turns and at the same time, from both nodes.
async fn lists(stage: Stage) -> Verdict {
    let (cluster, party) = Cluster::start(&stage).await?;
    let Party { ada, lin } = &party;
    watch_tasks(&ada.native)?;
    watch_tasks(&lin.native)?;
    cluster.converge(&party, 0).await?;
    ada.saved(ada.create("t1", "Read")).await?;
    cluster.converge(&party, 1).await?;
    lin.saved(lin.rename("t1", "Read on")).await?;
    cluster.converge(&party, 1).await?;
    let edits: Vec<_> = (0..20)
        .flat_map(|n| {
            [
                (ada, ada.create(&format!("a{n}"), "by Ada")),
                (lin, lin.create(&format!("l{n}"), "by Lin")),
                (lin, lin.rename("t1", &format!("Read {n} pages"))),
            ]
        })
        .collect();
    for (visitor, edit) in edits {
        visitor.saved(edit).await?;
    }
    cluster.converge(&party, 41).await?;
    lin.saved(lin.delete("t1")).await?;
    cluster.converge(&party, 40).await.map(drop)
}

/// Who is there and who types, as seen from the other node.
async fn rooms(stage: Stage) -> Verdict {
    let (_cluster, party) = Cluster::start(&stage).await?;
    let Party { ada, lin } = &party;
    ada.join()?;
    lin.join()?;
    ada.sees(&["Lin"]).await?;
    lin.sees(&["Ada"]).await?;
    let (room, id) = (ROOM.into(), &ada.user.id);
    ada.native
        .run(|client, now| client.start_typing(now, &room, id));
    lin.sees_typing(&["Ada"]).await?;
    ada.native
        .run(|client, now| client.stop_typing(now, &room, id));
    lin.sees_typing(&[]).await?;
    // A client that goes leaves the room on the other node as well.
    ada.native.run(|client, now| client.disconnect(now));
    lin.sees(&[]).await
}

/// A node dies with edits unanswered: its client moves over, nothing is lost and nothing is done twice.
async fn killed(stage: Stage) -> Verdict {
    let (mut cluster, party) = Cluster::start(&stage).await?;
    let Party { ada, lin } = &party;
    for visitor in [ada, lin] {
        watch_tasks(&visitor.native)?;
        visitor.join()?;
    }
    cluster.converge(&party, 0).await?;
    ada.sees(&["Lin"]).await?;
    lin.sees(&["Ada"]).await?;
    let before: Vec<_> = (0..5)
        .map(|n| ada.create(&format!("b{n}"), "before"))
        .collect();
    for edit in before {
        ada.saved(edit).await?;
    }
    // Frozen first, so that it dies with edits unanswered.
    cluster.nodes[0].freeze()?;
    let during: Vec<_> = (0..5)
        .flat_map(|n| {
            [
                (ada, ada.create(&format!("d{n}"), "during")),
                (ada, ada.rename(&format!("b{n}"), "renamed")),
                (lin, lin.create(&format!("e{n}"), "elsewhere")),
            ]
        })
        .collect();
    let links = ada.native.client().stats().connection.links;
    cluster.nodes.remove(0).kill()?;
    for (visitor, edit) in during {
        visitor.saved(edit).await?;
    }
    same(
        "the further links of Ada",
        &ada.native.client().stats().connection.links,
        &(links + 1),
    )?;
    // Each edit counted once: a task that is created has version 1, one that is then renamed has 2.
    let tasks = cluster.converge(&party, 15).await?;
    for task in tasks {
        let wanted = if task.id.starts_with('b') {
            (2, "renamed")
        } else {
            (1, task.title.as_str())
        };
        same(&task.id, &(task.version, task.title.as_str()), &wanted)?;
    }
    ada.sees(&["Lin"]).await?;
    lin.sees(&["Ada"]).await
}
