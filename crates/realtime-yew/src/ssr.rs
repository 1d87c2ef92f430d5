//! Server rendering: what a server fetched for a page, handed over to the browser that takes it over.

mod collected;
mod fetching;
mod page_seeds;
mod script;
mod server_page;

pub use page_seeds::PageSeeds;
pub use server_page::{ServerPage, ServerPageStats};

use crate::client::RealtimeClient;

/// Lets hooks that suspend fetch on a server, also where no browser takes the page over.
pub(crate) fn fetch_on_server(client: &RealtimeClient) {
    // A page for browsers carries nothing of it.
    if cfg!(not(target_arch = "wasm32")) && client.runtime().is_server() && !client.is_on_server() {
        fetching::Fetching::begin(client, None);
    }
}
