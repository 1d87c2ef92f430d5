//! Fuzz target: the codec of Socket.IO.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| realtime_fuzz_targets::socketio(input));
