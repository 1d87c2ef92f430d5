//! The codec's packets against those of the official parsers, in both directions.

mod binary;
mod engine;
mod oracle;
mod random;
mod read;
mod refused;
mod written;
