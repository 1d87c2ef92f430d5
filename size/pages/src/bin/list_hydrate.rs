//! The list, taken over from a page that a server has rendered.

use realtime_size_pages::{row, use_rows_suspense};
use realtime_yew::{PageSeeds, prelude::*};
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
struct AppProps {
    seeds: PageSeeds,
}

#[component]
fn App(props: &AppProps) -> Html {
    html! {
        <RealtimeProvider url="/ws" seeds={props.seeds.clone()}>
            <Suspense><Rows /></Suspense>
        </RealtimeProvider>
    }
}

#[component]
fn Rows() -> HtmlResult {
    let rows = use_rows_suspense()?;
    Ok(match rows.error() {
        Some(error) => html! { <p>{ error.to_string() }</p> },
        None => html! { <ul>for item in rows.iter() { { row(&item) } }</ul> },
    })
}

fn main() {
    let seeds = PageSeeds::from_page();
    let is_current = seeds.error().is_none();
    let app = yew::Renderer::<App>::with_props(AppProps { seeds });
    if is_current {
        app.hydrate();
    } else {
        app.render();
    }
}
