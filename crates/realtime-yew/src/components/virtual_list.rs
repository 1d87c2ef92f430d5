//! Virtual list: a long one, of which only what is seen is on the page.

use crate::{
    hooks::{ListRef, use_realtime_window},
    window::WindowOptions,
};
use realtime_core::{ListItem, RowId, list::ViewOptions};
use std::fmt;
use yew::{html::ImplicitClone, prelude::*};

/// What a [`VirtualList`] is told.
#[derive(Clone, PartialEq, Properties)]
pub struct VirtualListProps<T: ListItem> {
    /// The list, which another component keeps: see
    /// [`RenderOn::Status`](crate::RenderOn::Status).
    pub list: ListRef<T>,
    /// How to show a row: most often a component that is given `list` and `id`, and watches the row
    /// with [`use_realtime_item`](crate::use_realtime_item). Keep it with `use_callback`.
    pub row: Callback<VirtualRow<T>, Html>,
    /// How high rows are, and how many are kept ready.
    pub window: WindowOptions,
    /// Which rows to show, in which order. Default: all, in the list's. Keep it with `use_memo`.
    #[prop_or_default]
    pub view: ViewOptions<T>,
    /// What a screen reader calls the list.
    pub label: AttrValue,
    /// What to show while there is no data yet.
    #[prop_or_default]
    pub loading: Html,
    /// What to show when there are no rows.
    #[prop_or_default]
    pub empty: Html,
    /// What the button says that leads to rows that came above while somebody was further down; an
    /// empty text is no button. Default: "3 new above".
    #[prop_or_else(new_above)]
    pub new_label: Callback<usize, AttrValue>,
    /// More class names for the outer element.
    #[prop_or_default]
    pub class: Classes,
}

/// One row that a [`VirtualList`] wants to have shown.
pub struct VirtualRow<T: ListItem> {
    /// The list that the row is of.
    pub list: ListRef<T>,
    /// The row's id.
    pub id: RowId,
    /// Where it stands, counted from zero, in what is shown. A row that shows it renders whenever
    /// rows come or go above.
    pub rank: usize,
}

/// A long list, of which only those rows are on the page that are seen and a few around them; of
/// 100 000 rows as of ten. Give it a height.
///
/// It renders when other rows are to be seen, and not when a row changes: rows watch themselves.
/// Rows that come, go or move elsewhere leave those on the screen where they are; what came above
/// is announced by a button that leads there. Rows of one height are laid out by their rank, others
/// are measured.
///
/// For the keyboard it is one stop: arrows, Page Up and Page Down, Home and End go from row to row, and
/// a row with the focus keeps it while the list scrolls or changes. A screen reader is told how
/// many rows there are and which one it reads.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// # struct Quote { id: u64, price: f64 }
/// # impl ListItem for Quote { fn id(&self) -> RowId { self.id.into() } }
/// #[derive(PartialEq, Properties)]
/// struct RowProps { list: ListRef<Quote>, id: RowId }
///
/// #[component]
/// fn QuoteRow(props: &RowProps) -> Html {
///     let quote = use_realtime_item(&props.list, &props.id).item();
///     html! { <span>{ quote.map(|quote| quote.price) }</span> }
/// }
///
/// #[component]
/// fn Quotes() -> Html {
///     let quotes = use_realtime_list(
///         key!["quotes"],
///         || async { Ok::<Vec<Quote>, FetchError>(Vec::new()) },
///         UseRealtimeListOptions::default().with_channel("quotes").with_render_on(RenderOn::Status),
///     );
///     let row = use_callback((), |row: VirtualRow<Quote>, ()| {
///         html! { <QuoteRow list={row.list} id={row.id} /> }
///     });
///     html! {
///         <VirtualList<Quote>
///             class="quotes"
///             list={quotes.list_ref()}
///             {row}
///             window={WindowOptions::fixed(32.0)}
///             label="Quotes"
///             empty={html! { <p>{ "No quotes" }</p> }}
///         />
///     }
/// }
/// ```
#[component]
pub fn VirtualList<T>(props: &VirtualListProps<T>) -> Html
where
    T: ListItem,
{
    let window = use_realtime_window(&props.list, &props.view, props.window);
    let (range, len) = (window.range(), window.len());
    let row = |id: &RowId, rank: usize| {
        let content = props.row.emit(VirtualRow {
            list: props.list.clone(),
            id: id.clone(),
            rank,
        });
        html! {
            <div
                key={window.row_key(id)}
                class="rt-virtual__row"
                role="listitem"
                tabindex="-1"
                aria-setsize={len.to_string()}
                aria-posinset={(rank + 1).to_string()}
            >
                { content }
            </div>
        }
    };
    let aside = window.aside();
    let before = aside.iter().filter(|(_, rank)| *rank < range.start);
    let after = aside.iter().filter(|(_, rank)| *rank >= range.end);
    let ids = window.ids();
    let rows = before
        .map(|(id, rank)| row(id, *rank))
        .chain(
            ids.iter()
                .zip(range.clone())
                .map(|(id, rank)| row(id, rank)),
        )
        .chain(after.map(|(id, rank)| row(id, *rank)));
    let new_label = match window.new_above() {
        0 => AttrValue::default(),
        new => props.new_label.emit(new),
    };
    let onclick = {
        let window = window.clone();
        move |_: MouseEvent| window.show_new()
    };
    let slot = match (
        window.is_loading(),
        window.is_empty() && window.error().is_none(),
    ) {
        (true, _) => Some(props.loading.clone()),
        (false, true) => Some(props.empty.clone()),
        (false, false) => None,
    };
    html! {
        <div class={classes!("rt-virtual", props.class.clone())}>
            <div
                ref={window.scroller_ref()}
                class="rt-virtual__scroller"
                role="list"
                tabindex="0"
                aria-label={props.label.clone()}
                aria-busy={window.is_loading().to_string()}
                onkeydown={window.onkeydown()}
                onfocusin={window.onfocusin()}
                onfocusout={window.onfocusout()}
            >
                <div ref={window.content_ref()} class="rt-virtual__content" role="presentation">
                    <div ref={window.rows_ref()} class="rt-virtual__rows" role="presentation">
                        { for rows }
                    </div>
                </div>
            </div>
            <div class="rt-virtual__slot" role="status">{ slot }</div>
            <button
                class="rt-virtual__new"
                type="button"
                hidden={new_label.is_empty()}
                {onclick}
            >
                { new_label }
            </button>
        </div>
    }
}

fn new_above() -> Callback<usize, AttrValue> {
    Callback::from(|new: usize| AttrValue::from(format!("{new} new above")))
}

impl<T: ListItem> Clone for VirtualRow<T> {
    fn clone(&self) -> Self {
        Self {
            list: self.list.clone(),
            id: self.id.clone(),
            rank: self.rank,
        }
    }
}

impl<T: ListItem> PartialEq for VirtualRow<T> {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list && self.id == other.id && self.rank == other.rank
    }
}

impl<T: ListItem> ImplicitClone for VirtualRow<T> {}

impl<T: ListItem> fmt::Debug for VirtualRow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualRow")
            .field("list", &self.list)
            .field("id", &self.id)
            .field("rank", &self.rank)
            .finish()
    }
}

impl<T: ListItem> fmt::Debug for VirtualListProps<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualListProps")
            .field("list", &self.list)
            .field("window", &self.window)
            .field("view", &self.view)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}
