//! The tree's nodes: leaves of elements, branches of counted children.

use super::{
    Weigh,
    branch::{Branch, Child},
};
use std::{cmp::Ordering, rc::Rc};

/// The most elements in a leaf, and children in a branch.
const MAX: usize = 32;
/// The fewest, but for the root. A quarter rather than half: a row that comes and goes at a
/// border must not split and join two nodes each time.
const MIN: usize = MAX / 4;
/// How full a node is made when the whole tree is built at once: room for a few more.
const FILL: usize = MAX / 4 * 3;

#[derive(Clone, Debug)]
pub(super) enum Node<E> {
    Leaf(Vec<E>),
    Branch(Branch<E>),
}

impl<E: Clone + Weigh> Node<E> {
    /// A tree of these elements, its nodes evenly filled.
    pub(super) fn build(elements: Vec<E>) -> Rc<Self> {
        let mut level = spread(elements, Self::Leaf);
        while level.len() > 1 {
            let children = level.into_iter().map(Child::new).collect();
            level = spread(children, |children| Self::Branch(Branch::new(children)));
        }
        level
            .pop()
            .unwrap_or_else(|| Rc::new(Self::Leaf(Vec::new())))
    }

    /// Inserts before `rank`; the new right neighbour if this node had to split.
    pub(super) fn insert(this: &mut Rc<Self>, rank: usize, element: E) -> Option<Rc<Self>> {
        Self::copy_leaf_with_room(this);
        match Rc::make_mut(this) {
            Self::Leaf(elements) => {
                elements.insert(rank.min(elements.len()), element);
                split(elements).map(|right| Rc::new(Self::Leaf(right)))
            }
            Self::Branch(branch) => {
                let (index, rank) = child_for_insert(&branch.children, rank)?;
                let child = branch.children.get_mut(index)?;
                let is_last = rank == child.len;
                let right = Self::insert(&mut child.node, rank, element);
                child.count();
                if is_last || right.is_some() {
                    branch.note_last(index);
                }
                if let Some(right) = right {
                    branch.insert(index + 1, Child::new(right));
                }
                branch.split().map(|right| Rc::new(Self::Branch(right)))
            }
        }
    }

    /// Copies a leaf that others hold too. A copy as it is would be copied again for the next element.
    fn copy_leaf_with_room(this: &mut Rc<Self>) {
        if Rc::get_mut(this).is_none()
            && let Self::Leaf(elements) = &**this
        {
            let mut copy = Vec::with_capacity(MAX + 1);
            copy.extend_from_slice(elements);
            *this = Rc::new(Self::Leaf(copy));
        }
    }

    /// Removes the element at `rank`, which must exist.
    pub(super) fn remove(this: &mut Rc<Self>, rank: usize) -> Option<E> {
        match Rc::make_mut(this) {
            Self::Leaf(elements) => (rank < elements.len()).then(|| elements.remove(rank)),
            Self::Branch(branch) => {
                let (index, rank) = child_at(&branch.children, rank)?;
                let child = branch.children.get_mut(index)?;
                let is_last = rank + 1 == child.len;
                let element = Self::remove(&mut child.node, rank);
                child.count();
                let is_small = child.node.width() < MIN;
                if is_last {
                    branch.note_last(index);
                }
                if is_small {
                    branch.refill(index);
                }
                element
            }
        }
    }

    /// Replaces the element at `rank`, which must exist.
    pub(super) fn replace(this: &mut Rc<Self>, rank: usize, element: E) -> Option<E> {
        match Rc::make_mut(this) {
            Self::Leaf(elements) => {
                let slot = elements.get_mut(rank)?;
                Some(std::mem::replace(slot, element))
            }
            Self::Branch(branch) => {
                let (index, rank) = child_at(&branch.children, rank)?;
                let child = branch.children.get_mut(index)?;
                let is_last = rank + 1 == child.len;
                let old = Self::replace(&mut child.node, rank, element);
                child.weight = child.node.weight();
                if is_last {
                    branch.note_last(index);
                }
                old
            }
        }
    }

    /// Puts a new root over the old one and its new right neighbour.
    pub(super) fn grow(root: &mut Rc<Self>, right: Rc<Self>) {
        let left = Child::new(Rc::clone(root));
        *root = Rc::new(Self::Branch(Branch::new(vec![left, Child::new(right)])));
    }

    /// Takes away roots that have but one child.
    pub(super) fn shrink(root: &mut Rc<Self>) {
        while let Self::Branch(branch) = &**root
            && let [only] = branch.children.as_slice()
        {
            let only = Rc::clone(&only.node);
            *root = only;
        }
    }

    /// Puts what `taken` holds behind what `this` does; the right half if that is too much.
    pub(super) fn append(this: &mut Rc<Self>, taken: Self) -> Option<Self> {
        match (Rc::make_mut(this), taken) {
            (Self::Leaf(own), Self::Leaf(mut more)) => {
                own.append(&mut more);
                split(own).map(Self::Leaf)
            }
            (Self::Branch(own), Self::Branch(more)) => {
                own.append(more);
                own.split().map(Self::Branch)
            }
            // All leaves lie at one depth, so siblings are of one kind; still, lose nothing.
            (_, other) => Some(other),
        }
    }
}

impl<E: Weigh> Node<E> {
    pub(super) fn weight(&self) -> u64 {
        match self {
            Self::Leaf(elements) => elements.iter().map(Weigh::weight).sum(),
            Self::Branch(branch) => branch.children.iter().map(|child| child.weight).sum(),
        }
    }

    /// What the elements before `rank` weigh together.
    pub(super) fn weight_before(&self, mut rank: usize) -> u64 {
        let mut before = 0;
        let mut node = self;
        loop {
            match node {
                Self::Leaf(elements) => {
                    return before + elements.iter().take(rank).map(Weigh::weight).sum::<u64>();
                }
                Self::Branch(branch) => {
                    let mut next = None;
                    for child in &branch.children {
                        if rank < child.len {
                            next = Some(&child.node);
                            break;
                        }
                        rank -= child.len;
                        before += child.weight;
                    }
                    let Some(next) = next else {
                        return before;
                    };
                    node = next;
                }
            }
        }
    }

    /// The rank of the element with which the sum of weights, counted from the first, exceeds
    /// `weight`.
    pub(super) fn rank_at(&self, mut weight: u64) -> Option<usize> {
        let mut before = 0;
        let mut node = self;
        loop {
            match node {
                Self::Leaf(elements) => {
                    for (offset, element) in elements.iter().enumerate() {
                        if weight < element.weight() {
                            return Some(before + offset);
                        }
                        weight -= element.weight();
                    }
                    return None;
                }
                Self::Branch(branch) => {
                    let mut next = None;
                    for child in &branch.children {
                        if weight < child.weight {
                            next = Some(&child.node);
                            break;
                        }
                        weight -= child.weight;
                        before += child.len;
                    }
                    node = next?;
                }
            }
        }
    }
}

impl<E> Node<E> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Leaf(elements) => elements.len(),
            Self::Branch(branch) => branch.children.iter().map(|child| child.len).sum(),
        }
    }

    /// How many levels stand below this one.
    pub(super) fn height(&self) -> usize {
        let mut height = 0;
        let mut node = self;
        while let Some(first) = node.children().first() {
            node = &first.node;
            height += 1;
        }
        height
    }

    /// The children of a branch; a leaf has none.
    pub(super) const fn children(&self) -> &[Child<E>] {
        match self {
            Self::Leaf(_) => &[],
            Self::Branch(branch) => branch.children.as_slice(),
        }
    }

    const fn width(&self) -> usize {
        match self {
            Self::Leaf(elements) => elements.len(),
            Self::Branch(branch) => branch.children.len(),
        }
    }

    /// The leaf that holds `rank`, and where in it.
    pub(super) fn leaf(&self, mut rank: usize) -> Option<(&[E], usize)> {
        let mut node = self;
        loop {
            match node {
                Self::Leaf(elements) => return Some((elements, rank)),
                Self::Branch(branch) => {
                    let (index, inner) = child_at(&branch.children, rank)?;
                    node = &branch.children.get(index)?.node;
                    rank = inner;
                }
            }
        }
    }

    /// Binary search by `compare`, which says how an element stands to the one looked for.
    pub(super) fn search(&self, mut compare: impl FnMut(&E) -> Ordering) -> Result<usize, usize> {
        let mut before = 0;
        let mut node = self;
        loop {
            match node {
                Self::Leaf(elements) => {
                    return match elements.binary_search_by(compare) {
                        Ok(offset) => Ok(before + offset),
                        Err(offset) => Err(before + offset),
                    };
                }
                Self::Branch(branch) => {
                    // The first child whose last element is not too small; else the last child.
                    let index = branch
                        .lasts
                        .partition_point(|last| compare(last).is_lt())
                        .min(branch.children.len().saturating_sub(1));
                    let (skipped, rest) = branch.children.split_at(index);
                    before += skipped.iter().map(|child| child.len).sum::<usize>();
                    let Some(child) = rest.first() else {
                        return Err(before);
                    };
                    node = &child.node;
                }
            }
        }
    }

    pub(super) fn last(&self) -> Option<&E> {
        match self {
            Self::Leaf(elements) => elements.last(),
            Self::Branch(branch) => branch.lasts.last(),
        }
    }
}

/// Which child holds `rank`, and the rank inside it.
fn child_at<E>(children: &[Child<E>], mut rank: usize) -> Option<(usize, usize)> {
    for (index, child) in children.iter().enumerate() {
        if rank < child.len {
            return Some((index, rank));
        }
        rank -= child.len;
    }
    None
}

/// Like [`child_at`], but the rank after the last element belongs to the last child.
fn child_for_insert<E>(children: &[Child<E>], rank: usize) -> Option<(usize, usize)> {
    child_at(children, rank).or_else(|| {
        let last = children.last()?;
        Some((children.len() - 1, last.len))
    })
}

/// The right half of what has grown too big.
pub(super) fn split<S>(slots: &mut Vec<S>) -> Option<Vec<S>> {
    (slots.len() > MAX).then(|| slots.split_off(slots.len() / 2))
}

/// Nodes of about [`FILL`] slots each, none more than one bigger than another.
fn spread<S, E>(slots: Vec<S>, node: impl Fn(Vec<S>) -> Node<E>) -> Vec<Rc<Node<E>>> {
    let nodes = slots.len().div_ceil(FILL);
    let mut left = slots.len();
    let mut slots = slots.into_iter();
    (0..nodes)
        .map(|index| {
            let take = left.div_ceil(nodes - index);
            left -= take;
            Rc::new(node(slots.by_ref().take(take).collect()))
        })
        .collect()
}

#[cfg(test)]
impl<E: Weigh> Node<E> {
    pub(super) fn visit(this: &Rc<Self>, seen: &mut impl FnMut(&Rc<Self>)) {
        seen(this);
        for child in this.children() {
            Self::visit(&child.node, seen);
        }
    }

    /// Length and depth, having checked both and the widths.
    pub(super) fn check(&self, root: bool) -> (usize, usize)
    where
        E: PartialEq,
    {
        let least = match self {
            _ if !root => MIN,
            Self::Leaf(_) => 0,
            Self::Branch(_) => 2,
        };
        assert!(
            (least..=MAX).contains(&self.width()),
            "{} slots",
            self.width()
        );
        let Self::Branch(branch) = self else {
            return (self.len(), 0);
        };
        let lasts = branch.children.iter().filter_map(|child| child.node.last());
        assert!(branch.lasts.iter().eq(lasts), "a last element that is not");
        let mut depths = std::collections::HashSet::new();
        for child in &branch.children {
            let (len, depth) = child.node.check(false);
            assert_eq!((len, child.node.weight()), (child.len, child.weight));
            depths.insert(depth);
        }
        assert_eq!(depths.len(), 1, "leaves at more than one depth");
        (self.len(), depths.iter().sum::<usize>() + 1)
    }
}
