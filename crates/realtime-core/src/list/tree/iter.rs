//! Iterator over the tree, from both ends.

use super::Tree;
use std::{ops::Range, slice};

/// The elements of a range of ranks. Looks a leaf up once per leaf, from either end.
#[derive(Debug)]
pub(in super::super) struct Iter<'a, E> {
    tree: &'a Tree<E>,
    /// What neither end has begun yet.
    ranks: Range<usize>,
    front: slice::Iter<'a, E>,
    back: slice::Iter<'a, E>,
}

impl<'a, E> Iter<'a, E> {
    pub(super) fn new(tree: &'a Tree<E>, ranks: Range<usize>) -> Self {
        Self {
            tree,
            ranks,
            front: [].iter(),
            back: [].iter(),
        }
    }
}

impl<E> Clone for Iter<'_, E> {
    fn clone(&self) -> Self {
        Self {
            tree: self.tree,
            ranks: self.ranks.clone(),
            front: self.front.clone(),
            back: self.back.clone(),
        }
    }
}

impl<'a, E> Iterator for Iter<'a, E> {
    type Item = &'a E;

    fn next(&mut self) -> Option<&'a E> {
        if let Some(element) = self.front.next() {
            return Some(element);
        }
        if self.ranks.is_empty() {
            return self.back.next();
        }
        let (leaf, offset) = self.tree.leaf(self.ranks.start)?;
        let end = leaf.len().min(offset + self.ranks.len());
        let part = leaf.get(offset..end)?;
        self.ranks.start += part.len();
        self.front = part.iter();
        self.front.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.front.len() + self.ranks.len() + self.back.len();
        (len, Some(len))
    }
}

impl<E> DoubleEndedIterator for Iter<'_, E> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if let Some(element) = self.back.next_back() {
            return Some(element);
        }
        if self.ranks.is_empty() {
            return self.front.next_back();
        }
        let (leaf, offset) = self.tree.leaf(self.ranks.end - 1)?;
        let start = (offset + 1).saturating_sub(self.ranks.len());
        let part = leaf.get(start..=offset)?;
        self.ranks.end -= part.len();
        self.back = part.iter();
        self.back.next_back()
    }
}

impl<E> ExactSizeIterator for Iter<'_, E> {}
