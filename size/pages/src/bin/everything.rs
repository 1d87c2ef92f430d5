//! All parts of the SDK on one page, but for Socket.IO.

use realtime_size_pages::{Everybody, Notes, Order, Quote, Rename, Rows, Typing, Window};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <RealtimeProvider url="/ws"><ConnectionIndicator /><Rows /><Order /><Notes /><Quote /><Rename /><Everybody /><Typing /><Window /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
