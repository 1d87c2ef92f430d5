//! Several people edit one board over bad links, and whatever happens, they end where the server is.

use crate::mutation_board::{
    Answers, Card, SECOND, Shared, cards, create, delete, edit, member, mutate, outcomes, serve,
    shown, title,
};
use proptest::prelude::*;
use realtime_core::{
    ConflictPolicy, Mutation, MutationId, OfflinePolicy, Side,
    testing::{PeerId, World},
};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

#[derive(Clone, Debug)]
enum Step {
    Create { refused: bool, own_id: bool },
    Title { row: usize, refused: bool },
    Note { row: usize },
    Delete { row: usize },
    Cancel { mutation: usize },
    Retry { mutation: usize },
    Dismiss { mutation: usize },
    Cut,
    TakeDown,
    Stall,
    Heal,
    Slow(u64),
    Restart { keep_history: bool },
    Answers(Answers, bool),
    FetchesFail(bool),
    Freeze,
    Thaw,
    Wait(u64),
}

/// How one mutation is to be sent.
#[derive(Clone, Copy, Debug)]
struct Manner {
    scoped: bool,
    retries: u32,
    keep: bool,
    fail_offline: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let answers = prop_oneof![
        Just(Answers::Whole),
        Just(Answers::Version),
        Just(Answers::Nothing)
    ];
    let rarely = || prop::bool::weighted(0.15);
    prop_oneof![
        5 => (rarely(), rarely()).prop_map(|(refused, own_id)| Step::Create { refused, own_id }),
        6 => (any::<usize>(), rarely()).prop_map(|(row, refused)| Step::Title { row, refused }),
        3 => any::<usize>().prop_map(|row| Step::Note { row }),
        2 => any::<usize>().prop_map(|row| Step::Delete { row }),
        1 => any::<usize>().prop_map(|mutation| Step::Cancel { mutation }),
        1 => any::<usize>().prop_map(|mutation| Step::Retry { mutation }),
        1 => any::<usize>().prop_map(|mutation| Step::Dismiss { mutation }),
        1 => Just(Step::Cut),
        1 => Just(Step::TakeDown),
        1 => Just(Step::Stall),
        3 => Just(Step::Heal),
        1 => (1..400_u64).prop_map(Step::Slow),
        1 => any::<bool>().prop_map(|keep_history| Step::Restart { keep_history }),
        1 => (answers, any::<bool>()).prop_map(|(answers, echoes)| Step::Answers(answers, echoes)),
        1 => any::<bool>().prop_map(Step::FetchesFail),
        1 => Just(Step::Freeze),
        2 => Just(Step::Thaw),
        8 => prop_oneof![0..50_u64, 0..3_000_u64, 0..100_000_u64].prop_map(Step::Wait),
    ]
}

fn manner() -> impl Strategy<Value = Manner> {
    (
        any::<bool>(),
        0..3_u32,
        any::<bool>(),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(scoped, retries, keep, fail_offline)| Manner {
            scoped,
            retries,
            keep,
            fail_offline,
        })
}

fn policy() -> impl Strategy<Value = Option<Side>> {
    prop_oneof![Just(None), Just(Some(Side::Ours)), Just(Some(Side::Theirs))]
}

/// What is known of one mutation.
struct Known {
    peer: usize,
    /// The text that it writes, if it writes one.
    text: Option<String>,
    ends: Vec<&'static str>,
    retried: usize,
}

struct Run {
    world: World,
    board: Shared,
    peers: Vec<PeerId>,
    mutations: BTreeMap<(usize, MutationId), Known>,
    texts: usize,
}

impl Run {
    fn new(seed: u64, policies: &[Option<Side>]) -> Self {
        let mut world = World::new(seed);
        let board = serve(&mut world);
        let peers = policies
            .iter()
            .map(|policy| {
                let policy = match policy {
                    None => ConflictPolicy::LastWriterWins,
                    Some(same_field) => ConflictPolicy::MergeFields {
                        same_field: *same_field,
                    },
                };
                member(&mut world, policy)
            })
            .collect();
        Self {
            world,
            board,
            peers,
            mutations: BTreeMap::new(),
            texts: 0,
        }
    }

    fn text(&mut self, refused: bool) -> String {
        self.texts += 1;
        match refused {
            true => "refused".to_owned(),
            false => format!("text {}", self.texts),
        }
    }

    fn start(&mut self, who: usize, mutation: Mutation, manner: Manner, text: Option<String>) {
        let mut mutation = mutation
            .with_retries(manner.retries)
            .with_keep_failed(manner.keep);
        if manner.scoped {
            mutation = mutation.with_scope("board");
        }
        if manner.fail_offline {
            mutation = mutation.with_offline(OfflinePolicy::Fail);
        }
        let id = mutate(&mut self.world, self.peers[who], mutation);
        let known = Known {
            peer: who,
            text,
            ends: Vec::new(),
            retried: 0,
        };
        self.mutations.insert((who, id), known);
    }

    fn row(&self, who: usize, row: usize) -> Option<String> {
        let rows = self.world.client(self.peers[who]).list::<Card>(&cards())?;
        (!rows.is_empty()).then(|| rows.get(row % rows.len()).unwrap().id.clone())
    }

    fn pick(&self, who: usize, mutation: usize) -> Option<MutationId> {
        let own: Vec<_> = self.mutations.keys().filter(|it| it.0 == who).collect();
        (!own.is_empty()).then(|| own[mutation % own.len()].1)
    }

    fn take(&mut self, who: usize, step: Step, manner: Manner) {
        let peer = self.peers[who];
        match step {
            Step::Create { refused, own_id } => {
                let text = self.text(refused);
                let id = match own_id {
                    true => format!("own-{}", self.texts),
                    false => format!("temp-{who}-{}", self.texts),
                };
                self.start(who, create(&id, &text), manner, Some(text));
            }
            Step::Title { row, refused } => {
                if let Some(id) = self.row(who, row) {
                    let text = self.text(refused);
                    self.start(who, title(&id, &text), manner, Some(text));
                }
            }
            Step::Note { row } => {
                if let Some(id) = self.row(who, row) {
                    let note = self.text(false);
                    self.start(who, edit(&id, json!({ "note": note })), manner, None);
                }
            }
            Step::Delete { row } => {
                if let Some(id) = self.row(who, row) {
                    self.start(who, delete(&id), manner, None);
                }
            }
            Step::Cancel { mutation } => {
                if let Some(id) = self.pick(who, mutation) {
                    self.world
                        .act(peer, |client, now| client.cancel_mutation(now, id));
                }
            }
            Step::Retry { mutation } => {
                if let Some(id) = self.pick(who, mutation) {
                    self.collect();
                    let known = self.mutations.get_mut(&(who, id)).unwrap();
                    let client = self.world.client(peer);
                    let stats = client.stats().mutations;
                    self.world
                        .act(peer, |client, now| client.retry_mutation(now, id));
                    let after = self.world.client(peer).stats().mutations;
                    known.retried += usize::from(after.retried > stats.retried);
                }
            }
            Step::Dismiss { mutation } => {
                if let Some(id) = self.pick(who, mutation) {
                    self.world
                        .act(peer, |client, now| client.dismiss_mutation(now, id));
                }
            }
            Step::Cut => self.world.cut(peer),
            Step::TakeDown => self.world.take_down(peer),
            Step::Stall => self.world.stall(peer),
            Step::Heal => self.world.heal(peer),
            Step::Slow(millis) => self.world.link_mut(peer).latency = 1..=millis,
            Step::Restart { keep_history } => self.world.server.restart(keep_history),
            Step::Answers(answers, echoes) => {
                let mut board = self.board.borrow_mut();
                (board.answers, board.echoes) = (answers, echoes);
            }
            Step::FetchesFail(fail) => self.board.borrow_mut().fetches_fail = fail,
            Step::Freeze => self.world.freeze(peer),
            Step::Thaw => self.world.thaw(peer),
            Step::Wait(millis) => self.world.run(Duration::from_millis(millis)),
        }
        self.collect();
    }

    fn collect(&mut self) {
        for (who, peer) in self.peers.clone().into_iter().enumerate() {
            for (id, word) in outcomes(&mut self.world, peer) {
                if word != "conflict" {
                    self.mutations.get_mut(&(who, id)).unwrap().ends.push(word);
                }
            }
        }
    }

    /// Everything is mended, and all that is kept is let go.
    fn settle(&mut self) {
        self.board.borrow_mut().fetches_fail = false;
        for peer in self.peers.clone() {
            self.world.thaw(peer);
            self.world.heal(peer);
            self.world.link_mut(peer).latency = 5..=20;
        }
        self.world.run(300 * SECOND);
        // A fetch that failed for good is asked for again, as its page would.
        for peer in self.peers.clone() {
            let meta = self.world.client(peer).query_meta(&cards());
            if meta.is_some_and(|meta| meta.error.is_some()) {
                self.world
                    .act(peer, |client, now| client.refetch(now, &cards()));
            }
        }
        self.world.run(60 * SECOND);
        // What goes lets others go on, which may fail and be kept in turn.
        while self.is_anything_kept() {
            let ids: Vec<_> = self.mutations.keys().copied().collect();
            for (who, id) in ids {
                let peer = self.peers[who];
                self.world
                    .act(peer, |client, now| client.dismiss_mutation(now, id));
            }
            self.world.run(60 * SECOND);
        }
        self.collect();
    }

    fn is_anything_kept(&self) -> bool {
        let mut peers = self.peers.iter();
        peers.any(|peer| self.world.client(*peer).stats().mutations.failed_kept > 0)
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let board = self.board.borrow();
        let mut truth: Vec<Card> = board.cards.values().cloned().collect();
        truth.sort_by(|a, b| (&a.title, &a.id).cmp(&(&b.title, &b.id)));
        for peer in &self.peers {
            let client = self.world.client(*peer);
            prop_assert_eq!(client.overlay_len(&cards()), 0);
            prop_assert_eq!(client.pending_mutations(), 0);
            let stats = client.stats();
            prop_assert_eq!(stats.outbox.held, 0);
            prop_assert_eq!(stats.mutations.unseen, 0);
            prop_assert_eq!(&shown(&self.world, *peer), &truth);
        }
        for ((_, id), known) in &self.mutations {
            prop_assert_eq!(
                known.ends.len(),
                1 + known.retried,
                "{:?} of {}: {:?}",
                id,
                known.peer,
                known.ends
            );
            let Some(text) = known.text.as_ref().filter(|text| *text != "refused") else {
                continue;
            };
            let times = board
                .written
                .iter()
                .filter(|written| *written == text)
                .count();
            prop_assert!(times <= 1, "{} was written {} times", text, times);
            let never_sent = known.ends == ["annulled"];
            prop_assert!(times == 0 || !never_sent, "{} was written", text);
        }
        Ok(())
    }
}

/// Whether confirmed edits were written; not so if others' had won, or the row was gone.
fn check_confirmed(run: &Run) -> Result<(), TestCaseError> {
    let board = run.board.borrow();
    for known in run.mutations.values() {
        if let Some(text) = &known.text
            && known.ends.last() == Some(&"confirmed")
        {
            prop_assert!(board.written.contains(text), "{} was lost", text);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 4_000, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn all_end_where_the_server_is_and_each_mutation_ends_once(
        seed in any::<u64>(),
        policies in prop::collection::vec(policy(), 2..4),
        steps in prop::collection::vec((0..4_usize, step(), manner()), 1..60),
    ) {
        let mut run = Run::new(seed, &policies);
        for (who, step, manner) in steps {
            run.take(who % policies.len(), step, manner);
        }
        run.settle();
        run.check()?;
        if !policies.contains(&Some(Side::Theirs)) {
            check_confirmed(&run)?;
        }
    }
}
