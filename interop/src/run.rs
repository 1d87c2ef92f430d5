//! Run: the cases are played, a few at a time.

use crate::{
    case::{Case, PeerKind},
    cases::all,
    failure::Failure,
    stage::{House, Stage},
    table::{Row, Table},
};
use futures::{StreamExt, stream};
use std::{rc::Rc, time::Instant};
use tokio::task::LocalSet;

/// Which cases to play.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Those whose name contains one of these; all if there is none.
    pub cases: Vec<String>,
    /// Those against these peers; all if there is none.
    pub peers: Vec<PeerKind>,
    /// Leaves those in a browser out.
    pub without_browser: bool,
}

impl Choice {
    /// The chosen cases, each with one peer, in their order.
    pub fn pick(&self) -> impl Iterator<Item = (&'static Case, PeerKind)> {
        let wanted = |case: &Case| {
            self.cases.is_empty() || self.cases.iter().any(|part| case.name.contains(part))
        };
        all()
            .filter(move |case| wanted(case))
            .flat_map(|case| case.peers.iter().map(move |peer| (case, *peer)))
            .filter(|(_, peer)| self.peers.is_empty() || self.peers.contains(peer))
            .filter(|(case, _)| !(self.without_browser && case.is_in_browser()))
    }
}

/// How many cases play at once: most of the time each waits for a peer to come up.
const AT_ONCE: usize = 3;

/// Plays the chosen cases; `told` hears of each row, in their order.
pub async fn run(choice: &Choice, mut told: impl FnMut(&Row)) -> Table {
    let house = Rc::new(House::default());
    let mut table = Table::default();
    let playing = async {
        let (alone, together): (Vec<_>, Vec<_>) =
            choice.pick().partition(|(case, _)| case.is_in_browser());
        for (cases, at_once) in [(together, AT_ONCE), (alone, 1)] {
            let mut rows = stream::iter(cases)
                .map(|(case, peer)| play(case, Stage::new(peer, Rc::clone(&house))))
                .buffered(at_once);
            while let Some(row) = rows.next().await {
                told(&row);
                table.rows.push(row);
            }
        }
    };
    LocalSet::new().run_until(playing).await;
    table.versions = house.versions();
    table
}

async fn play(case: &'static Case, stage: Stage) -> Row {
    let began = Instant::now();
    let peer = stage.kind;
    // As a task, so that one that panics takes no other along.
    let mut playing = tokio::task::spawn_local((case.run)(stage));
    let verdict = match tokio::time::timeout(case.limit(), &mut playing).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(panic)) => Err(Failure::new(panic.to_string())),
        Err(_) => {
            playing.abort();
            Err(Failure::new(format!("no end within {:?}", case.limit())))
        }
    };
    Row {
        case: case.name,
        peer,
        verdict,
        took: began.elapsed(),
    }
}
