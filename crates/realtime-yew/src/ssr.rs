//! Server rendering: what a server fetched for a page, handed over to the browser that takes it over.

mod collected;
mod fetching;
mod page_seeds;
mod script;
mod server_page;

pub use page_seeds::PageSeeds;
pub use server_page::{ServerPage, ServerPageStats};
