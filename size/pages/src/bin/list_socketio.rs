//! The list, from a server of Socket.IO.

use realtime_size_pages::Rows;
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    let options = RealtimeOptions::default().with_socketio(SocketIoOptions::default());
    html! { <RealtimeProvider url="/socket.io/" {options}><Rows /></RealtimeProvider> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
