//! List: a live list, by its events.

use crate::{
    act::{Act, acts},
    row::{Row, check, options},
};
use realtime_core::{
    FrameRef, Instant,
    list::{KeyedList, ListSnapshot},
};
use std::{rc::Rc, time::Duration};

/// Takes each line as the data of a list event. `>sort`, `>wait MILLISECONDS`, `>fetch ROWS` and
/// `>patch ID PATCH` are the app's.
///
/// # Panics
///
/// When two rows have one id or one key, the list has more rows than it may, or what it says has
/// changed is not what has.
pub fn list(input: &[u8]) {
    let mut now = Instant::ZERO;
    let mut list = KeyedList::new(options(false));
    let mut before = list.snapshot();
    for act in acts(input) {
        match act {
            Act::Frame(FrameRef::Text(data)) => drop(list.apply(now, data)),
            Act::Frame(FrameRef::Binary(_)) => {}
            Act::Word("sort", _) => {
                list = KeyedList::new(options(true));
                before = list.snapshot();
            }
            Act::Word("wait", rest) => {
                let wait = rest.parse().unwrap_or(1_000).min(1_000_000_000);
                now = now + Duration::from_millis(wait);
                list.expire(now);
            }
            Act::Word("fetch", rest) => {
                if let Ok(rows) = serde_json::from_str::<Vec<Row>>(rest) {
                    list.replace(now, rows);
                }
            }
            Act::Word(_, rest) => {
                if let Some((id, patch)) = rest.split_once(' ') {
                    let _ = list.update(now, id.to_owned(), patch);
                }
            }
        }
        before = check_changes(&mut list, &before);
    }
}

/// Rows that differ are among those that are said to, and a row is where its rank says.
fn check_changes(list: &mut KeyedList<Row>, before: &ListSnapshot<Row>) -> ListSnapshot<Row> {
    let (after, changes) = (list.snapshot(), list.take_changes());
    check(&after);
    assert!(after.len() <= 50 && after.len() == list.len());
    for (rank, id) in after.ids().enumerate() {
        assert_eq!(list.rank(&id), Some(rank));
    }
    if !changes.order && !changes.reset {
        assert!(
            before.ids().eq(after.ids()),
            "the order changed, and nobody was told"
        );
        for (old, new) in before.iter().zip(after.iter()) {
            let id = realtime_core::ListItem::id(&*new);
            let same = Rc::ptr_eq(&old, &new) || old == new;
            assert!(
                same || changes.items.contains(&id),
                "{id} changed, and nobody was told"
            );
        }
    }
    after
}
