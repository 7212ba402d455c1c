//! The crate that reads the format may panic over damage, and the reader catches that: only
//! what nobody catches is a find.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: std::panic::set_hook(Box::new(|_| ())),
    |data: &[u8]| {
        servicemap::fuzz::archive(data);
    }
);
