//! Shared nodes: what two trees of one history do not share, found by going down both.
//!
//! A tree that was made of another by a few changes has all but the paths to these changes in
//! common with it. Going down both from the top, and stopping at every node that both have, finds
//! what is different without looking at the rest.

use super::{super::sort::merge_sort, Tree, node::Node};
use rustc_hash::FxHashMap;
use std::{ops::Range, rc::Rc};

/// The ranks that one tree has in the place of another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Stretch {
    pub(in super::super) old: Range<usize>,
    pub(in super::super) new: Range<usize>,
}

/// A node on one level of one tree.
struct Piece<'a, E> {
    node: &'a Rc<Node<E>>,
    start: usize,
}

/// A node that both trees have, and where in each.
struct Common {
    old: usize,
    new: usize,
    len: usize,
}

/// The stretches that the two trees do not share, in order, and how many nodes were looked at.
///
/// What lies between two stretches is the same in both, node by node.
pub(in super::super) fn unshared<E>(old: &Tree<E>, new: &Tree<E>) -> (Vec<Stretch>, u64) {
    if old.ptr_eq(new) {
        return (Vec::new(), 1);
    }
    let mut olds = Level::new(old);
    let mut news = Level::new(new);
    let mut common = Vec::new();
    let mut visited = 0;
    loop {
        visited += (olds.pieces.len() + news.pieces.len()) as u64;
        if olds.height == news.height {
            take_common(&mut olds.pieces, &mut news.pieces, &mut common);
        }
        if olds.height == 0 && news.height == 0 {
            break;
        }
        // The taller tree first, until both stand at one height.
        let (old_height, new_height) = (olds.height, news.height);
        if old_height >= new_height {
            olds.descend();
        }
        if new_height >= old_height {
            news.descend();
        }
    }
    (between(common, old.len(), new.len()), visited)
}

/// The nodes of one height that are not known to be common yet.
struct Level<'a, E> {
    height: usize,
    pieces: Vec<Piece<'a, E>>,
}

impl<'a, E> Level<'a, E> {
    fn new(tree: &'a Tree<E>) -> Self {
        Self {
            height: tree.root.height(),
            pieces: vec![Piece {
                node: &tree.root,
                start: 0,
            }],
        }
    }

    fn descend(&mut self) {
        let mut below = Vec::new();
        for piece in &self.pieces {
            let mut start = piece.start;
            for child in piece.node.children() {
                below.push(Piece {
                    node: &child.node,
                    start,
                });
                start += child.len;
            }
        }
        self.pieces = below;
        self.height -= 1;
    }
}

/// Moves the nodes that both levels have to `common`.
fn take_common<E>(
    olds: &mut Vec<Piece<'_, E>>,
    news: &mut Vec<Piece<'_, E>>,
    common: &mut Vec<Common>,
) {
    let mut starts: FxHashMap<*const Node<E>, usize> = olds
        .iter()
        .map(|piece| (Rc::as_ptr(piece.node), piece.start))
        .collect();
    news.retain(|piece| {
        let Some(old) = starts.remove(&Rc::as_ptr(piece.node)) else {
            return true;
        };
        common.push(Common {
            old,
            new: piece.start,
            len: piece.node.len(),
        });
        false
    });
    olds.retain(|piece| starts.contains_key(&Rc::as_ptr(piece.node)));
}

/// What lies between the common nodes. One that does not stand in the same order in both trees
/// counts as not common.
fn between(common: Vec<Common>, old_len: usize, new_len: usize) -> Vec<Stretch> {
    let mut common = merge_sort(common, |a, b| a.old.cmp(&b.old));
    common.push(Common {
        old: old_len,
        new: new_len,
        len: 0,
    });
    let (mut old, mut new) = (0, 0);
    let mut stretches = Vec::new();
    for common in common {
        if common.new < new {
            continue;
        }
        if common.old > old || common.new > new {
            stretches.push(Stretch {
                old: old..common.old,
                new: new..common.new,
            });
        }
        (old, new) = (common.old + common.len, common.new + common.len);
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Panics unless what is outside the stretches is the same.
    fn check(old: &Tree<u32>, new: &Tree<u32>) -> (usize, u64) {
        let (stretches, visited) = unshared(old, new);
        let (mut left, mut right) = (0, 0);
        let end = Stretch {
            old: old.len()..old.len(),
            new: new.len()..new.len(),
        };
        for stretch in stretches.iter().chain([&end]) {
            let same = left..stretch.old.start;
            assert_eq!(same.len(), stretch.new.start - right);
            let mut rows = old.range(same).zip(new.range(right..stretch.new.start));
            assert!(rows.all(|(one, two)| std::ptr::eq(one, two)));
            (left, right) = (stretch.old.end, stretch.new.end);
        }
        let different = stretches.iter().map(|it| it.old.len() + it.new.len());
        (different.sum(), visited)
    }

    #[derive(Clone, Debug)]
    enum Op {
        Insert(usize, u32),
        Remove(usize),
        Replace(usize, u32),
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            (any::<usize>(), any::<u32>()).prop_map(|(rank, value)| Op::Insert(rank, value)),
            any::<usize>().prop_map(Op::Remove),
            (any::<usize>(), any::<u32>()).prop_map(|(rank, value)| Op::Replace(rank, value)),
        ]
    }

    proptest! {
        #[test]
        fn what_lies_outside_the_stretches_is_shared_however_the_tree_grew_and_shrank(
            start in prop_oneof![0_usize..40, 700_usize..1_100],
            ops in prop::collection::vec(op(), 0..400),
        ) {
            let old = Tree::from_vec((0..).take(start).collect());
            let mut new = old.clone();
            for op in ops {
                let len = new.len();
                match op {
                    Op::Insert(rank, value) => new.insert(rank % (len + 1), value),
                    Op::Remove(rank) => drop(new.remove(rank % len.max(1))),
                    Op::Replace(rank, value) => drop(new.replace(rank % len.max(1), value)),
                }
            }
            check(&old, &new);
            check(&new, &old);
        }

        #[test]
        fn trees_without_a_common_history_differ_in_everything(
            a in 0_usize..3_000,
            b in 1_usize..3_000,
        ) {
            let tree = |len| Tree::from_vec((0_u32..).take(len).collect());
            let (old, new) = (tree(a), tree(b));
            let (stretches, _) = unshared(&old, &new);
            prop_assert_eq!(stretches, vec![Stretch { old: 0..a, new: 0..b }]);
        }
    }

    #[test]
    fn one_change_is_found_by_looking_at_a_few_nodes_however_long_the_tree() {
        for len in [1_000, 10_000, 100_000] {
            let old = Tree::from_vec((0..len).collect());
            let mut new = old.clone();
            new.remove(10);
            new.insert(len as usize - 10, 7);
            new.replace(len as usize / 2, 8);
            let (different, visited) = check(&old, &new);
            assert!(different <= 6 * 32, "{different} of {len} rows");
            assert!(visited <= 500, "{visited} nodes of a tree of {len}");
        }
    }

    #[test]
    fn a_tree_is_no_different_from_itself() {
        let tree = Tree::from_vec((0..500_u32).collect());
        assert_eq!(unshared(&tree, &tree.clone()), (Vec::new(), 1));
    }
}
