//! Fuzz target: what is posted between tabs.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| realtime_fuzz_targets::tabs(input));
