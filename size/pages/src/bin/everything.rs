//! All parts of the SDK on one page.

use realtime_size_pages::{Everybody, Notes, Order, Quote, Rename, Rows, Typing};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><ConnectionStatus /><Rows /><Order /><Notes /><Quote /><Rename /><Everybody /><Typing /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
