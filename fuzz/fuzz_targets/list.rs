//! Fuzz target: a live list.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| realtime_fuzz_targets::list(input));
