//! Fields that many people edit at once.

mod carets;
mod element;
mod field;
mod listener;
mod shared_input;
mod shared_textarea;
mod view;

pub use carets::{CaretOfOther, SharedCarets};
pub use shared_input::{SharedInput, SharedInputProps};
pub use shared_textarea::{SharedTextarea, SharedTextareaProps};
