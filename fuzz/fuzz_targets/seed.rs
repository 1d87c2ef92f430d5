//! Fuzz target: what was kept over page loads.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| realtime_fuzz_targets::seed(input));
