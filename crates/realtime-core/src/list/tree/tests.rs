//! Tests of the tree, against a plain vector.

use super::*;
use proptest::prelude::*;

impl Weigh for usize {}

#[derive(Clone, Debug)]
enum Op {
    Insert(usize, u32),
    Remove(usize),
    Replace(usize, u32),
    Clone,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => (any::<usize>(), any::<u32>()).prop_map(|(rank, value)| Op::Insert(rank, value)),
        3 => any::<usize>().prop_map(Op::Remove),
        1 => (any::<usize>(), any::<u32>()).prop_map(|(rank, value)| Op::Replace(rank, value)),
        1 => Just(Op::Clone),
    ];
    prop::collection::vec(op, 0..200)
}

proptest! {
    #[test]
    fn the_tree_does_what_a_vec_does_and_clones_never_change(
        start in prop_oneof![0_usize..4, 0_usize..3_000],
        ops in ops(),
    ) {
        let mut model: Vec<u32> = (0..).take(start).collect();
        let mut tree = Tree::from_vec(model.clone());
        let mut clones = Vec::new();
        for op in ops {
            match op {
                Op::Insert(rank, value) => {
                    let rank = rank % (model.len() + 1);
                    model.insert(rank, value);
                    tree.insert(rank, value);
                }
                Op::Remove(rank) if model.is_empty() => prop_assert_eq!(tree.remove(rank), None),
                Op::Remove(rank) => {
                    let rank = rank % model.len();
                    prop_assert_eq!(tree.remove(rank), Some(model.remove(rank)));
                }
                Op::Replace(rank, value) if model.is_empty() => {
                    prop_assert_eq!(tree.replace(rank, value), None);
                }
                Op::Replace(rank, value) => {
                    let rank = rank % model.len();
                    let old = std::mem::replace(&mut model[rank], value);
                    prop_assert_eq!(tree.replace(rank, value), Some(old));
                }
                Op::Clone => clones.push((tree.clone(), model.clone())),
            }
            tree.check();
        }
        clones.push((tree, model));
        for (tree, model) in clones {
            prop_assert_eq!(tree.len(), model.len());
            prop_assert!(tree.iter().eq(model.iter()));
            prop_assert!(tree.iter().rev().eq(model.iter().rev()));
            let mut before = 0;
            for (rank, value) in model.iter().enumerate() {
                prop_assert_eq!(tree.get(rank), Some(value));
                prop_assert_eq!(tree.weight_before(rank), before);
                before += value.weight();
                if value.weight() > 0 {
                    prop_assert_eq!(tree.rank_at(before - 1), Some(rank));
                }
            }
            prop_assert_eq!(tree.weight_before(model.len()), before);
            prop_assert_eq!(tree.rank_at(before), None);
        }
    }

    #[test]
    fn a_range_walks_from_both_ends_like_a_slice(
        len in 0_usize..500,
        start in 0_usize..600,
        size in 0_usize..300,
        steps in prop::collection::vec(any::<bool>(), 0..700),
    ) {
        let model: Vec<usize> = (0..len).collect();
        let tree = Tree::from_vec(model.clone());
        let end = (start + size).min(len);
        let mut expected = model.get(start..end).unwrap_or_default().iter();
        let mut walk = tree.range(start..start + size);
        for front in steps {
            prop_assert_eq!(walk.len(), expected.len());
            if front {
                prop_assert_eq!(walk.next(), expected.next());
            } else {
                prop_assert_eq!(walk.next_back(), expected.next_back());
            }
        }
    }

    #[test]
    fn search_finds_what_is_there_and_where_the_rest_belongs(
        mut values in prop::collection::btree_set(0_u32..5_000, 0..2_000),
        wanted in 0_u32..5_000,
    ) {
        let sorted: Vec<u32> = std::mem::take(&mut values).into_iter().collect();
        let tree = Tree::from_vec(sorted.clone());
        prop_assert_eq!(
            tree.search(|value| value.cmp(&wanted)),
            sorted.binary_search(&wanted)
        );
    }
}

#[test]
fn one_change_copies_one_path_of_nodes() {
    let tree = Tree::from_vec((0..100_000_u32).collect());
    let mut changed = tree.clone();
    changed.replace(54_321, 0);
    assert_eq!(changed.nodes_not_in(&tree), 4, "one node a level");
    let mut grown = tree.clone();
    grown.insert(12_345, 0);
    assert!(grown.nodes_not_in(&tree) <= 8, "at most two nodes a level");
}

#[test]
fn draining_a_big_tree_ends_with_an_empty_leaf() {
    let mut tree = Tree::from_vec((0..2_000_u32).collect());
    for _ in 0..1_000 {
        tree.remove(0);
        tree.remove(tree.len() - 1);
        tree.check();
    }
    assert_eq!(tree.len(), 0);
    assert_eq!(tree.iter().next(), None);
}
