//! The list, with a text beside it that many edit.

use realtime_size_pages::Rows;
use realtime_text::SharedTextarea;
use realtime_yew::prelude::*;
use yew::prelude::*;

#[component]
fn App() -> Html {
    html! {
        <RealtimeProvider url="/ws">
            <Rows />
            <SharedTextarea channel="notes" name="body" label="Notes" />
        </RealtimeProvider>
    }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
