//! Mutations: what the user did shows at once, is sent, and settles once.

mod board;
mod calls;
mod handle;
mod rows;
