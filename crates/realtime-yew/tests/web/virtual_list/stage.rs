//! A list of prices in a window of 200 pixels, and what people see of it.

use crate::support::Count;
use realtime_yew::{
    prelude::*,
    testing::{Mounted, TestBed},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{
    Document, Element, Event, FocusOptions, HtmlElement, KeyboardEvent, KeyboardEventInit,
};
use yew::prelude::{Html, Properties, component, html, use_callback, use_memo};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Quote {
    pub(super) id: u32,
    pub(super) price: u32,
    /// How many lines the row takes.
    #[serde(default)]
    pub(super) lines: u32,
}

impl ListItem for Quote {
    fn id(&self) -> RowId {
        self.id.into()
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct QuotesProps {
    pub(super) len: u32,
    #[prop_or(WindowOptions::fixed(20.0))]
    pub(super) window: WindowOptions,
    /// Shows only prices below this.
    #[prop_or_default]
    pub(super) below: Option<u32>,
    #[prop_or_default]
    pub(super) sources: Count,
    #[prop_or_default]
    pub(super) lists: Count,
    #[prop_or_default]
    pub(super) rows: Count,
}

#[component]
pub(super) fn Quotes(props: &QuotesProps) -> Html {
    props.sources.up();
    let len = props.len;
    let quotes = use_realtime_list(
        key!["quotes"],
        move || async move {
            let row = |id| Quote {
                id,
                price: id * 10,
                lines: 1 + id % 3,
            };
            Ok::<_, FetchError>((0..len).map(row).collect::<Vec<_>>())
        },
        UseRealtimeListOptions::default()
            .with_channel("quotes")
            .with_render_on(RenderOn::Status)
            .with_sort(|a: &Quote, b| a.price.cmp(&b.price)),
    );
    let view = use_memo(props.below, |below| match *below {
        Some(below) => ViewOptions::default().with_filter(move |quote: &Quote| quote.price < below),
        None => ViewOptions::default(),
    });
    let row = {
        let deps = (props.lists.clone(), props.rows.clone());
        use_callback(deps, |row: VirtualRow<Quote>, (lists, rows)| {
            lists.up();
            html! { <QuoteRow list={row.list} id={row.id} renders={rows.clone()} /> }
        })
    };
    html! {
        <VirtualList<Quote>
            class="stage"
            list={quotes.list_ref()}
            view={(*view).clone()}
            {row}
            window={props.window}
            label="Quotes"
            loading={html! { <em>{ "loading" }</em> }}
            empty={html! { <em>{ "nothing" }</em> }}
        />
    }
}

#[derive(PartialEq, Properties)]
struct QuoteRowProps {
    list: ListRef<Quote>,
    id: RowId,
    renders: Count,
}

#[component]
fn QuoteRow(props: &QuoteRowProps) -> Html {
    props.renders.up();
    let quote = use_realtime_item(&props.list, &props.id).item();
    let text = quote
        .as_ref()
        .map(|quote| format!("{}: {}", quote.id, quote.price));
    let lines = quote.map_or(1, |quote| quote.lines);
    html! {
        <div class="quote">
            <button type="button">{ text }</button>
            for line in 1..lines { <p key={line}>{ "more" }</p> }
        </div>
    }
}

/// The page has a style for the stage, as an app would.
const STYLE: &str = ".stage { block-size: 200px; inline-size: 300px; font: 12px/20px sans-serif }
    .stage button { font: inherit; border: 0; padding: 0 } .stage p { margin: 0 }";

/// A bed with the list mounted and settled.
pub(super) struct Stage {
    pub(super) bed: TestBed,
    pub(super) page: Mounted,
    pub(super) props: QuotesProps,
}

impl Stage {
    pub(super) async fn new(props: QuotesProps) -> Self {
        // What a test that failed has left must not be found.
        while let Ok(Some(left)) = document().query_selector(".stage") {
            left.remove();
        }
        let bed = TestBed::new();
        let page = bed.mount(scene(&props));
        let stage = Self { bed, page, props };
        stage.bed.settle().await;
        stage
    }

    pub(super) async fn with(len: u32) -> Self {
        Self::new(props(len)).await
    }

    /// Renders the list with other properties.
    pub(super) async fn set(&mut self, change: impl FnOnce(&mut QuotesProps)) {
        change(&mut self.props);
        self.page.set(scene(&self.props));
        self.bed.settle().await;
    }

    pub(super) async fn publish(&self, data: &str) {
        self.bed.server().publish("quotes", "list:update", data);
        self.bed.settle().await;
    }

    pub(super) async fn put(&self, id: u32, price: u32) {
        let data = format!(r#"{{"action":"upsert","item":{{"id":{id},"price":{price}}}}}"#);
        self.publish(&data).await;
    }

    pub(super) async fn remove(&self, id: u32) {
        let data = format!(r#"{{"action":"delete","item":{{"id":{id}}}}}"#);
        self.publish(&data).await;
    }

    /// Somebody scrolls to there.
    pub(super) async fn scroll(&self, top: i32) {
        let scroller = find(".rt-virtual__scroller");
        scroller.set_scroll_top(top);
        // The browser's own comes with its next frame.
        let scrolled = Event::new("scroll").expect("an event can be made");
        scroller.dispatch_event(&scrolled).expect("it is heard");
        self.bed.settle().await;
    }

    /// The scroll is over.
    pub(super) async fn rest(&self) {
        self.pass_millis(200).await;
    }

    pub(super) async fn pass_millis(&self, millis: u64) {
        self.bed.pass(Duration::from_millis(millis)).await;
    }

    pub(super) async fn press(&self, key: &str) {
        let init = KeyboardEventInit::new();
        init.set_key(key);
        init.set_bubbles(true);
        init.set_cancelable(true);
        let press = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init);
        let target = document()
            .active_element()
            .expect("something has the focus");
        target
            .dispatch_event(&press.expect("an event can be made"))
            .expect("it is heard");
        self.bed.settle().await;
    }

    /// What the rows say that are seen, wholly or in part, from top to bottom.
    pub(super) fn seen(&self) -> Vec<String> {
        let window = find(".rt-virtual__scroller").get_bounding_client_rect();
        let is_seen = |row: &Element| {
            let row = row.get_bounding_client_rect();
            row.bottom() > window.top() && row.top() < window.bottom()
        };
        let mut seen: Vec<_> = rows().into_iter().filter(is_seen).collect();
        seen.sort_by(|a, b| top(a).total_cmp(&top(b)));
        seen.iter().map(text).collect()
    }

    /// How far below the top of the window the row lies that begins with `id: `, if it is there.
    pub(super) fn place(&self, id: u32) -> Option<f64> {
        let window = find(".rt-virtual__scroller")
            .get_bounding_client_rect()
            .top();
        let start = format!("{id}: ");
        let row = rows()
            .into_iter()
            .find(|row| text(row).starts_with(&start))?;
        Some(top(&row) - window)
    }

    /// What the row says that has the focus.
    pub(super) fn focused(&self) -> String {
        document()
            .active_element()
            .map_or_else(String::new, |it| text(&it))
    }
}

pub(super) fn props(len: u32) -> QuotesProps {
    yew::props!(QuotesProps { len })
}

fn scene(props: &QuotesProps) -> Html {
    html! { <div><style>{ STYLE }</style><Quotes ..props.clone() /></div> }
}

fn document() -> Document {
    let window = web_sys::window().expect("tests run in a browser");
    window.document().expect("a window has a document")
}

pub(super) fn find(selector: &str) -> HtmlElement {
    let found = document().query_selector(selector).expect("a selector");
    let found = found.unwrap_or_else(|| panic!("there is no {selector}"));
    found.dyn_into().expect("it is an HTML element")
}

/// Gives the focus to what `selector` finds first, and scrolls nothing: WebKit would do that later, with
/// whatever has the focus by then.
pub(super) fn focus(selector: &str) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let focused = find(selector).focus_with_options(&options);
    focused.expect("what is on the page can have the focus");
}

pub(super) fn rows() -> Vec<Element> {
    let found = document()
        .query_selector_all(".rt-virtual__row")
        .expect("a selector");
    (0..found.length())
        .filter_map(|index| found.get(index)?.dyn_into().ok())
        .collect()
}

fn top(row: &Element) -> f64 {
    row.get_bounding_client_rect().top()
}

/// The first line.
fn text(row: &Element) -> String {
    let button = row.query_selector("button").ok().flatten();
    let text = button.as_ref().unwrap_or(row).text_content();
    text.unwrap_or_default()
}
