//! Page, in the browser: takes over what the server has rendered, or renders anew.

use app::{App, AppProps};
use realtime_yew::{PageSeeds, prelude::*};

fn main() {
    let seeds = PageSeeds::from_page();
    let is_current = seeds.error().is_none();
    let notes = Fetcher::json("/api/notes");
    let app = yew::Renderer::<App>::with_props(AppProps { seeds, notes });
    if is_current {
        app.hydrate();
    } else {
        app.render();
    }
}
