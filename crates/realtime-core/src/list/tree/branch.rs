//! Branches: counted children, and the last element of each.
//!
//! A search compares with these and goes down once, where it would otherwise go down to a leaf for
//! every comparison. They have a vector of their own, which the copies of a branch share: most
//! changes below a branch leave the last elements as they are.

use super::{
    Weigh,
    node::{Node, split},
};
use std::rc::Rc;

/// A node above others.
#[derive(Debug)]
pub(super) struct Branch<E> {
    pub(super) children: Vec<Child<E>>,
    /// The last element below each child.
    pub(super) lasts: Rc<Vec<E>>,
}

/// A node below a branch, and what it holds.
#[derive(Debug)]
pub(super) struct Child<E> {
    pub(super) len: usize,
    pub(super) weight: u64,
    pub(super) node: Rc<Node<E>>,
}

impl<E> Clone for Branch<E> {
    fn clone(&self) -> Self {
        Self {
            children: self.children.clone(),
            lasts: Rc::clone(&self.lasts),
        }
    }
}

impl<E> Clone for Child<E> {
    fn clone(&self) -> Self {
        Self {
            len: self.len,
            weight: self.weight,
            node: Rc::clone(&self.node),
        }
    }
}

impl<E: Weigh> Child<E> {
    pub(super) fn new(node: Rc<Node<E>>) -> Self {
        Self {
            len: node.len(),
            weight: node.weight(),
            node,
        }
    }

    /// Counts what its node holds again, after a change of it.
    pub(super) fn count(&mut self) {
        self.len = self.node.len();
        self.weight = self.node.weight();
    }
}

impl<E: Clone + Weigh> Branch<E> {
    pub(super) fn new(children: Vec<Child<E>>) -> Self {
        let lasts = children.iter().filter_map(|child| child.node.last());
        Self {
            lasts: Rc::new(lasts.cloned().collect()),
            children,
        }
    }

    /// Puts a child before the one at `index`.
    pub(super) fn insert(&mut self, index: usize, child: Child<E>) {
        if let Some(last) = child.node.last() {
            Rc::make_mut(&mut self.lasts).insert(index, last.clone());
            self.children.insert(index, child);
        }
    }

    /// Learns again which element is the last below the child at `index`.
    pub(super) fn note_last(&mut self, index: usize) {
        let last = self.children.get(index).and_then(|child| child.node.last());
        if let (Some(last), Some(slot)) = (last, Rc::make_mut(&mut self.lasts).get_mut(index)) {
            *slot = last.clone();
        }
    }

    /// Puts the children of `more` behind its own.
    pub(super) fn append(&mut self, mut more: Self) {
        self.children.append(&mut more.children);
        let lasts = more.lasts.iter().cloned();
        Rc::make_mut(&mut self.lasts).extend(lasts);
    }

    /// The right half of a branch that has grown too big.
    pub(super) fn split(&mut self) -> Option<Self> {
        let children = split(&mut self.children)?;
        let lasts = Rc::make_mut(&mut self.lasts).split_off(self.children.len());
        Some(Self {
            children,
            lasts: Rc::new(lasts),
        })
    }

    /// Joins the child at `index`, grown too small, with a neighbour, and splits the two evenly
    /// if together they are too big.
    pub(super) fn refill(&mut self, index: usize) {
        let left = index.saturating_sub(1);
        if left + 1 >= self.children.len() {
            return;
        }
        let taken = Rc::unwrap_or_clone(self.children.remove(left + 1).node);
        Rc::make_mut(&mut self.lasts).remove(left + 1);
        let Some(child) = self.children.get_mut(left) else {
            return;
        };
        let right = Node::append(&mut child.node, taken);
        child.count();
        self.note_last(left);
        if let Some(right) = right {
            self.insert(left + 1, Child::new(Rc::new(right)));
        }
    }
}
