//! The window, without a browser: where it stands while the list beneath it changes.

use super::*;
use realtime_core::{Instant, ListOptions, list::KeyedList};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Quote {
    id: u32,
    price: u32,
}

impl ListItem for Quote {
    fn id(&self) -> RowId {
        self.id.into()
    }
}

const NOW: Instant = Instant::ZERO;
const HEIGHT: f64 = 20.0;
const VIEWPORT: f64 = 200.0;

/// A sorted list, a window into it, and the element that scrolls.
struct Bench {
    list: KeyedList<Quote>,
    window: Window<Quote>,
    top: f64,
}

impl Bench {
    fn new(len: u32, options: WindowOptions) -> Self {
        let by_price = ListOptions::default().with_sort(|a: &Quote, b| a.price.cmp(&b.price));
        let mut list = KeyedList::new(by_price);
        let rows = (0..len).map(|id| Quote { id, price: id * 10 });
        list.replace(NOW, rows.collect());
        let mut window = Window::new(options);
        window.resized(VIEWPORT);
        window.follow(&list.snapshot());
        Self {
            list,
            window,
            top: 0.0,
        }
    }

    fn fixed(len: u32) -> Self {
        Self::new(len, WindowOptions::fixed(HEIGHT))
    }

    fn put(&mut self, id: u32, price: u32) {
        self.list.upsert(NOW, Quote { id, price });
        self.window.follow(&self.list.snapshot());
    }

    fn remove(&mut self, id: u32) {
        self.list.remove(NOW, id, None);
        self.window.follow(&self.list.snapshot());
    }

    /// Somebody scrolls to there.
    fn scroll(&mut self, top: f64) {
        self.top = top;
        self.window.scrolled(top);
    }

    /// Nobody scrolls any longer.
    fn rest(&mut self) {
        if let Some(top) = self.window.unsettled(false) {
            self.top = top.round();
            self.window.settled(self.top);
        }
    }

    /// How far below the upper edge of the screen the row `id` lies, if it is on the page.
    fn on_screen(&self, id: u32) -> Option<f64> {
        let rank = self.window.rank_on_page(&id.into())?;
        Some(self.window.place(rank) - self.top)
    }

    fn ids(&self) -> Vec<RowId> {
        self.window.slice().ids.to_vec()
    }
}

#[test]
fn a_window_has_the_rows_that_are_seen_and_some_around_them() {
    let mut bench = Bench::fixed(100_000);
    assert_eq!(
        bench.window.slice().range,
        0..19,
        "eleven seen, eight below"
    );
    assert_eq!(bench.window.extent(), 2_000_000.0);
    bench.scroll(1_000_000.0);
    let slice = bench.window.slice();
    assert_eq!((slice.range, slice.len), (49_992..50_019, 100_000));
    assert_eq!(bench.on_screen(50_000), Some(0.0));
}

#[test]
fn a_small_scroll_shows_the_same_rows_until_few_are_left_around() {
    let mut bench = Bench::fixed(1_000);
    bench.scroll(2_000.0);
    let mut slices = Vec::new();
    for step in 0..210 {
        bench.scroll(2_000.0 + f64::from(step));
        slices.push(bench.window.slice().range);
    }
    slices.dedup();
    assert_eq!(
        slices,
        [92..119, 97..124, 102..129],
        "once for every five rows"
    );
}

#[test]
fn no_rows_few_rows_and_a_window_of_unknown_height_are_no_trouble() {
    let mut bench = Bench::fixed(0);
    assert_eq!(
        (bench.window.slice().range, bench.window.extent()),
        (0..0, 0.0)
    );
    bench.scroll(500.0);
    assert_eq!(bench.window.step(Step::Last), None);
    bench.put(1, 1);
    assert_eq!(bench.ids(), [1]);
    bench.remove(1);
    assert_eq!(bench.ids(), [0_u32; 0]);
    let mut window = Window::new(WindowOptions::fixed(HEIGHT).with_initial_rows(5));
    let many = Bench::fixed(50).list;
    window.follow(&many.snapshot());
    assert_eq!(window.slice().range, 0..5);
}

#[test]
fn rows_that_come_and_go_above_leave_those_on_the_screen_where_they_are() {
    let mut bench = Bench::fixed(1_000);
    bench.scroll(4_010.0);
    assert_eq!(bench.on_screen(201), Some(10.0));
    bench.put(5_000, 15);
    bench.put(5_001, 25);
    assert_eq!(bench.on_screen(201), Some(10.0));
    assert_eq!(bench.window.slice().new_above, 2);
    bench.remove(5_000);
    bench.remove(7);
    bench.remove(8);
    assert_eq!(bench.on_screen(201), Some(10.0));
    bench.put(900, 3);
    assert_eq!(bench.on_screen(201), Some(10.0), "one that moves across");
    assert_eq!(
        bench.window.slice().new_above,
        2,
        "a row that moves is not new"
    );
    let range = bench.window.slice().range;
    bench.rest();
    assert_eq!(
        bench.on_screen(201),
        Some(10.0),
        "the element follows at rest"
    );
    assert_eq!(bench.window.place(0), 0.0);
    assert_eq!(bench.window.slice().range, range);
}

#[test]
fn a_row_that_moves_itself_does_not_take_the_window_along() {
    let mut bench = Bench::fixed(1_000);
    bench.scroll(4_010.0);
    assert_eq!(bench.ids()[8], 200, "the first that is seen");
    bench.put(200, 9_005);
    assert_eq!(bench.on_screen(201), Some(10.0));
    assert_eq!(bench.on_screen(200), None);
    bench.put(204, 3);
    assert_eq!(bench.on_screen(201), Some(10.0));
    assert_eq!(bench.on_screen(205), Some(70.0), "it closes the gap");
    // All rows on the screen go at once.
    for id in 195..230 {
        bench.list.remove(NOW, id, None);
    }
    bench.window.follow(&bench.list.snapshot());
    assert_eq!(bench.ids().len(), 27);
}

#[test]
fn at_the_top_new_rows_push_the_others_down() {
    let mut bench = Bench::fixed(1_000);
    bench.put(5_000, 0);
    assert_eq!(bench.ids()[..3], [0, 5_000, 1]);
    assert_eq!(bench.on_screen(1), Some(40.0));
    assert_eq!(bench.window.slice().new_above, 0);
}

#[test]
fn what_is_new_above_is_no_longer_new_when_it_has_been_seen() {
    let mut bench = Bench::fixed(1_000);
    bench.scroll(400.0);
    for id in 5_000..5_010 {
        bench.put(id, 0);
    }
    bench.rest();
    assert_eq!(bench.window.slice().new_above, 10);
    bench.scroll(120.0);
    assert_eq!(
        bench.window.slice().new_above,
        6,
        "no more than there are rows above"
    );
    bench.window.show_from(0);
    bench.rest();
    assert_eq!((bench.top, bench.window.slice().new_above), (0.0, 0));
}

#[test]
fn during_a_scroll_the_element_is_left_alone_unless_it_has_come_to_its_end() {
    let mut bench = Bench::fixed(1_000);
    bench.scroll(100.0);
    for id in 5_000..5_005 {
        bench.put(id, 0);
    }
    assert_eq!(bench.window.unsettled(true), None);
    assert_eq!(bench.window.unsettled(false), Some(200.0));
    bench.scroll(40.0);
    assert_eq!(bench.window.unsettled(true), None);
    bench.scroll(0.0);
    assert_eq!(
        bench.window.unsettled(true),
        Some(100.0),
        "there is more above"
    );
}

#[test]
fn measured_rows_lie_below_each_other_and_what_is_seen_stays_when_one_above_grows() {
    let mut bench = Bench::new(1_000, WindowOptions::measured(HEIGHT));
    assert_eq!(bench.window.extent(), 20_000.0);
    for rank in 0..19 {
        bench.window.measured(rank, 50.5);
    }
    assert_eq!(bench.window.extent(), 20_000.0 + 19.0 * 30.5);
    assert_eq!(bench.window.place(2), 101.0);
    bench.scroll(1_200.0);
    let before = bench.on_screen(31).expect("it is on the page");
    // Eight rows above are on the page; they turn out to be higher.
    let start = bench.window.slice().range.start;
    bench.window.measured(start, 80.0);
    assert_eq!(bench.on_screen(31), Some(before));
    bench.window.measured(start, 10.0);
    assert_eq!(bench.on_screen(31), Some(before));
    bench.rest();
    assert_eq!(bench.on_screen(31), Some(before));
}

#[test]
fn a_measured_height_belongs_to_its_row_wherever_that_goes_and_is_forgotten_with_it() {
    let mut bench = Bench::new(1_000, WindowOptions::measured(HEIGHT));
    bench.window.measured(3, 100.0);
    assert_eq!(bench.window.place(4), 160.0);
    bench.put(3, 0);
    assert_eq!(
        (bench.window.place(1), bench.window.place(2)),
        (20.0, 120.0)
    );
    bench.remove(3);
    assert_eq!(bench.window.extent(), 999.0 * HEIGHT);
    bench.put(3, 0);
    assert_eq!(
        bench.window.place(2),
        40.0,
        "a new row, whose height nobody knows"
    );
    bench.window.measured(500_000, 70.0);
    bench.window.measured(0, 0.0);
    assert!(
        bench.window.place(1) > 0.0,
        "a row that takes no room is still somewhere"
    );
}

#[test]
fn steps_go_from_row_to_row_and_page_to_page_and_stop_at_the_ends() {
    let mut bench = Bench::fixed(1_000);
    bench.scroll(2_000.0);
    assert_eq!(
        bench.window.step(Step::Down),
        Some(100),
        "the first that is seen"
    );
    bench.window.set_focus(Some(100));
    let steps = [
        Step::Up,
        Step::Down,
        Step::PageUp,
        Step::PageDown,
        Step::First,
        Step::Last,
    ];
    let targets = steps.map(|step| bench.window.step(step));
    assert_eq!(targets, [99, 101, 90, 110, 0, 999].map(Some));
    bench.window.set_focus(Some(0));
    assert_eq!(bench.window.step(Step::Up), Some(0));
    assert_eq!(bench.window.step(Step::PageUp), Some(0));
    bench.window.set_focus(Some(999));
    assert_eq!(bench.window.step(Step::Down), Some(999));
    assert_eq!(bench.window.step(Step::PageDown), Some(999));
}

#[test]
fn a_row_is_revealed_by_going_no_further_than_needed() {
    let mut bench = Bench::fixed(1_000);
    bench.scroll(2_010.0);
    bench.window.reveal(105);
    assert_eq!(bench.window.unsettled(false), None, "it is seen");
    bench.window.reveal(100);
    assert_eq!(bench.window.unsettled(false), Some(2_000.0));
    bench.rest();
    bench.window.reveal(999);
    bench.rest();
    assert_eq!(bench.top, 20_000.0 - VIEWPORT);
    assert_eq!(bench.on_screen(999), Some(VIEWPORT - HEIGHT));
}

#[test]
fn a_row_with_the_focus_stays_on_the_page_and_when_it_goes_the_next_has_the_focus() {
    let mut bench = Bench::fixed(1_000);
    bench.window.set_focus(Some(5));
    assert_eq!(bench.window.slice().aside, None, "it is among the others");
    bench.scroll(10_000.0);
    let aside = |bench: &Bench| {
        bench
            .window
            .slice()
            .aside
            .map(|focus| (focus.id, focus.rank))
    };
    assert_eq!(aside(&bench), Some((5.into(), 5)));
    bench.put(5_000, 0);
    assert_eq!(aside(&bench), Some((5.into(), 6)));
    bench.put(5, 9_005);
    assert_eq!(aside(&bench), Some((5.into(), 901)), "it moved far away");
    bench.remove(5);
    assert_eq!(
        aside(&bench),
        Some((901.into(), 901)),
        "the one below has come up"
    );
    for id in 0..1_000 {
        bench.list.remove(NOW, id, None);
    }
    bench.window.follow(&bench.list.snapshot());
    assert_eq!(bench.ids(), [5_000]);
    assert_eq!(bench.window.focus().map(|focus| focus.rank), Some(0));
    bench.remove(5_000);
    assert_eq!(bench.window.focus(), None);
}

#[test]
fn another_list_or_view_begins_at_the_top() {
    let mut bench = Bench::fixed(1_000);
    bench.scroll(10_000.0);
    bench.window.restart(WindowOptions::fixed(HEIGHT));
    bench.window.follow(&bench.list.snapshot());
    assert_eq!(bench.window.slice().range, 0..19);
    assert_eq!(
        bench.window.unsettled(false),
        Some(0.0),
        "and the element with it"
    );
}

#[test]
fn a_million_rows_are_seen_from_the_first_to_the_last() {
    let mut bench = Bench::fixed(1_000_000);
    assert!(bench.window.extent() < 17_000_000.0);
    bench.scroll(bench.window.extent() - VIEWPORT);
    assert_eq!(bench.on_screen(999_999), Some(VIEWPORT - HEIGHT));
    bench.scroll(bench.top - 50.0);
    assert_eq!(
        bench.on_screen(999_990),
        Some(50.0),
        "the wheel goes as far as anywhere"
    );
    bench.rest();
    assert!((bench.on_screen(999_990).expect("it is seen") - 50.0).abs() < 1.0);
    bench.scroll(0.0);
    assert_eq!(bench.on_screen(0), Some(0.0));
}
