//! Tests of maps and sets in order, against B-trees.

use super::{OrderedMap, OrderedSet};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Act {
    Insert(u16, u32),
    Ensure(u16),
    Remove(u16),
    PopFirst,
    Retain(u16),
}

fn act() -> impl Strategy<Value = Act> {
    // Few enough keys that many are met again, many enough for several chunks.
    let key = 0_u16..2_000;
    prop_oneof![
        80 => (key.clone(), any::<u32>()).prop_map(|(key, value)| Act::Insert(key, value)),
        10 => key.clone().prop_map(Act::Ensure),
        40 => key.prop_map(Act::Remove),
        20 => Just(Act::PopFirst),
        1 => (2_u16..5).prop_map(Act::Retain),
    ]
}

fn check(map: &OrderedMap<u16, u32>, model: &BTreeMap<u16, u32>) {
    assert_eq!(map.len(), model.len());
    assert!(map.iter().eq(model.iter()));
    assert!(map.iter().rev().eq(model.iter().rev()));
    assert_eq!(map.first(), model.first_key_value());
    let (mut visited, mut copy) = (Vec::new(), map.clone());
    copy.visit_mut(|key, value| visited.push((*key, std::mem::take(value))));
    assert!(visited.iter().map(|(key, value)| (key, value)).eq(model));
    assert!(copy.values().all(|value| *value == 0) && copy.keys().eq(model.keys()));
    for key in [0, 500, 1_999] {
        assert!(map.iter_from(&key).eq(model.range(key..)));
        assert_eq!(map.iter_from(&key).len(), model.range(key..).count());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn it_does_what_a_b_tree_does(
        start in prop::collection::vec((0_u16..2_000, any::<u32>()), 0..1_500),
        acts in prop::collection::vec(act(), 0..200),
    ) {
        let mut map: OrderedMap<u16, u32> = start.iter().copied().collect();
        let mut model: BTreeMap<u16, u32> = start.into_iter().collect();
        check(&map, &model);
        for act in acts {
            match act {
                Act::Insert(key, value) => {
                    prop_assert_eq!(map.insert(key, value), model.insert(key, value));
                }
                Act::Ensure(key) => {
                    let wanted = *model.entry(key).or_insert(7);
                    prop_assert_eq!(*map.get_or_insert_with(key, || 7), wanted);
                }
                Act::Remove(key) => prop_assert_eq!(map.remove(&key), model.remove(&key)),
                Act::PopFirst => prop_assert_eq!(map.pop_first(), model.pop_first()),
                Act::Retain(of) => {
                    map.retain(|key, value| {
                        *value = value.wrapping_add(1);
                        key % of != 0
                    });
                    model.retain(|key, value| {
                        *value = value.wrapping_add(1);
                        key % of != 0
                    });
                }
            }
            for key in [0, 1, 999, 1_999] {
                prop_assert_eq!(map.get(&key), model.get(&key));
                prop_assert_eq!(map.contains_key(&key), model.contains_key(&key));
                prop_assert_eq!(map.get_mut(&key), model.get_mut(&key));
            }
        }
        check(&map, &model);
        prop_assert!(map.into_iter().eq(model));
    }
}

#[test]
fn slots_are_used_again_and_chunks_do_not_pile_up() {
    let mut map = OrderedMap::new();
    for number in 0..100_000_u64 {
        map.insert(number, number);
        if number >= 100 {
            assert_eq!(map.pop_first(), Some((number - 100, number - 100)));
        }
    }
    assert!(map.slots.len() <= 101, "{} slots", map.slots.len());
    map.retain(|key, _| key % 2 == 0);
    assert_eq!(map.len(), 50);
    map.clear();
    assert!(map.is_empty() && map.slots.is_empty());
}

#[test]
fn a_set_has_each_once_and_in_order() {
    let mut set: OrderedSet<&str> = ["c", "a", "b", "a"].into_iter().collect();
    assert!(set.iter().eq(&["a", "b", "c"]));
    assert!(!set.insert("b") && set.remove(&"b") && !set.remove(&"b"));
    assert_eq!((set.first(), set.len()), (Some(&"a"), 2));
    set.extend(["d"]);
    set.retain(|key| *key != "c");
    assert_eq!(set.pop_first(), Some("a"));
    assert!(set.contains(&"d") && !set.contains(&"a"));
    assert_eq!(set.into_iter().collect::<Vec<_>>(), ["d"]);
}
