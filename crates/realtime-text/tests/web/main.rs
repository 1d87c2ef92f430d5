//! Shared fields in a real Yew tree in a real browser, over a fake network and a clock moved by hand.
#![cfg(target_arch = "wasm32")]

mod carets;
mod composing;
mod kept;
mod support;
mod typing;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
