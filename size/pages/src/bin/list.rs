//! The SDK with one list, which an event may create, update, delete and move.

use realtime_size_pages::Rows;
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><Rows /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
