//! Fuzz target: the codec of the JSON envelope.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| realtime_fuzz_targets::json(input));
