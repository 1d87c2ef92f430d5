//! Fuzz target: a whole client.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| realtime_fuzz_targets::client(input));
