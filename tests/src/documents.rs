//! The README and everything in `docs`, so that `cargo test --doc` compiles every Rust block in them. The list is
//! made by `build.rs`: a document is in it as soon as it exists.

#[cfg(doctest)]
include!(concat!(env!("OUT_DIR"), "/documents.rs"));
