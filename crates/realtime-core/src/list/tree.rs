//! A persistent sequence: a counted B+-tree of shared nodes.
//!
//! Elements are addressed by rank. Insert, remove, replace, get and search cost O(log n); a clone
//! copies one pointer, and a later change copies only the nodes on its path that a clone still
//! holds. The order belongs to the caller: [`Tree::search`] trusts it, and even when it lies the
//! tree neither panics nor loses an element.

mod branch;
mod iter;
mod node;
mod shared;

pub(super) use iter::Iter;
pub(super) use shared::{Stretch, unshared};

use node::Node;
use std::{cmp::Ordering, ops::Range, rc::Rc};

/// What an element counts for in the sums that the tree keeps.
pub(super) trait Weigh {
    /// Nothing, unless told otherwise.
    fn weight(&self) -> u64 {
        0
    }
}

/// The sequence.
#[derive(Debug)]
pub(super) struct Tree<E> {
    root: Rc<Node<E>>,
    len: usize,
}

impl<E> Clone for Tree<E> {
    fn clone(&self) -> Self {
        Self {
            root: Rc::clone(&self.root),
            len: self.len,
        }
    }
}

impl<E: Clone + Weigh> Tree<E> {
    /// A sequence without elements.
    pub(super) fn new() -> Self {
        Self::from_vec(Vec::new())
    }

    /// The elements in this order, in O(n).
    pub(super) fn from_vec(elements: Vec<E>) -> Self {
        let len = elements.len();
        Self {
            root: Node::build(elements),
            len,
        }
    }

    /// Puts `element` before the one at `rank`; a rank past the end appends.
    pub(super) fn insert(&mut self, rank: usize, element: E) {
        if let Some(right) = Node::insert(&mut self.root, rank.min(self.len), element) {
            Node::grow(&mut self.root, right);
        }
        self.len += 1;
    }

    /// Takes the element at `rank` out.
    pub(super) fn remove(&mut self, rank: usize) -> Option<E> {
        if rank >= self.len {
            return None;
        }
        let element = Node::remove(&mut self.root, rank)?;
        Node::shrink(&mut self.root);
        self.len -= 1;
        Some(element)
    }

    /// Puts `element` in the place of the one at `rank`, which is returned.
    pub(super) fn replace(&mut self, rank: usize, element: E) -> Option<E> {
        if rank >= self.len {
            return None;
        }
        Node::replace(&mut self.root, rank, element)
    }
}

impl<E: Clone + Weigh> Default for Tree<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Weigh> Tree<E> {
    /// What the elements before `rank` weigh together, in O(log n).
    pub(super) fn weight_before(&self, rank: usize) -> u64 {
        self.root.weight_before(rank)
    }

    /// The rank of the element with which the sum of weights, counted from the first, exceeds
    /// `weight`; `None` if all weigh no more than that. In O(log n).
    pub(super) fn rank_at(&self, weight: u64) -> Option<usize> {
        self.root.rank_at(weight)
    }
}

impl<E> Tree<E> {
    /// How many elements there are.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The element at `rank`.
    pub(super) fn get(&self, rank: usize) -> Option<&E> {
        let (leaf, offset) = self.leaf(rank)?;
        leaf.get(offset)
    }

    /// Binary search: `compare` says how an element stands to the one looked for.
    ///
    /// `Ok` is the rank of a match, `Err` the rank where it would have to be inserted.
    pub(super) fn search(&self, compare: impl FnMut(&E) -> Ordering) -> Result<usize, usize> {
        self.root.search(compare)
    }

    /// The elements in order.
    pub(super) fn iter(&self) -> Iter<'_, E> {
        self.range(0..self.len)
    }

    /// The elements of these ranks, in order; ranks past the end are left out.
    pub(super) fn range(&self, ranks: Range<usize>) -> Iter<'_, E> {
        Iter::new(self, ranks.start..ranks.end.min(self.len))
    }

    /// Whether both share their root, and so are the same sequence.
    pub(super) fn ptr_eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.root, &other.root)
    }

    /// The leaf that holds `rank`, and where in it.
    fn leaf(&self, rank: usize) -> Option<(&[E], usize)> {
        if rank >= self.len {
            return None;
        }
        self.root.leaf(rank)
    }
}

#[cfg(test)]
impl<E: Weigh> Tree<E> {
    /// How many of this tree's nodes `other` does not share.
    pub(super) fn nodes_not_in(&self, other: &Self) -> usize {
        let mut theirs = std::collections::HashSet::new();
        Node::visit(&other.root, &mut |node| {
            theirs.insert(Rc::as_ptr(node));
        });
        let mut own = 0;
        Node::visit(&self.root, &mut |node| {
            own += usize::from(!theirs.contains(&Rc::as_ptr(node)));
        });
        own
    }

    /// Panics unless every node is filled within bounds and counts itself right.
    pub(super) fn check(&self)
    where
        E: PartialEq,
    {
        assert_eq!(self.root.check(true).0, self.len);
    }
}

#[cfg(test)]
mod tests;
