//! The codec's packets against those of the official parsers, in both directions; documents of Yjs against those of the hub.

mod binary;
mod engine;
mod oracle;
mod random;
mod read;
mod refused;
mod written;
mod yjs;
