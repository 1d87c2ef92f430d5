//! Quotes from a Socket.IO server as people have them: an update says the id and the price, nothing has a version, and
//! nothing is acknowledged.

use realtime_bench_pages::Parameters;
use realtime_yew::{Fetcher, get_json, prelude::*, realtime_core::wire::socketio::JoinPayload};
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Quote {
    id: Rc<str>,
    name: Rc<str>,
    price: f64,
    seq: u64,
}

impl ListItem for Quote {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }
}

#[derive(Clone, PartialEq, Properties)]
struct LiveQuoteProps {
    list: ListRef<Quote>,
    id: RowId,
}

#[component]
fn LiveQuote(props: &LiveQuoteProps) -> Html {
    let Some(quote) = use_realtime_item(&props.list, &props.id).item() else {
        return html! { <div class="row" /> };
    };
    html! {
        <div id={AttrValue::from(Rc::clone(&quote.id))} class="row">
            <span>{ AttrValue::from(Rc::clone(&quote.name)) }</span>
            <span>{ format!("{:.2}", quote.price) }</span>
            <span>{ quote.seq }</span>
        </div>
    }
}

#[component]
fn List() -> Html {
    let parameters = use_memo((), |()| Parameters::read());
    let path = format!("/runs/{}/rows", parameters.run);
    let fetcher = Fetcher::positioned(move || {
        let path = path.clone();
        async move { get_json(&path).await }
    });
    let options = UseRealtimeListOptions::default()
        .with_channel(format!("run:{}", parameters.run))
        .with_render_on(RenderOn::Order);
    let options = if parameters.sorted {
        options.with_sort(|a: &Quote, b: &Quote| b.price.total_cmp(&a.price))
    } else {
        options
    };
    let rows = use_realtime_list(parameters.key(), fetcher, options);
    html! {
        <div class="list">
            for id in rows.ids() {
                <LiveQuote key={id.as_str().unwrap_or_default()} id={id.clone()} list={rows.list_ref()} />
            }
        </div>
    }
}

#[component]
fn App() -> Html {
    let server = SocketIoOptions::new()
        .with_join("subscribe", "unsubscribe")
        .with_join_payload(JoinPayload::Name)
        .with_join_ack(false);
    let options = RealtimeOptions::default().with_socketio(server);
    html! { <RealtimeProvider url="/socket.io/" {options}><List /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
