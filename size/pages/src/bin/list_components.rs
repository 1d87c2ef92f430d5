//! The ready-made status of the connection, beside the list.

use realtime_size_pages::Rows;
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><ConnectionIndicator /><Rows /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
