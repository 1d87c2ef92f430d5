//! The SDK with one record.

use realtime_size_pages::Quote;
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><Quote /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
