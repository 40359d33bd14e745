#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fastmcp_rs_fuzz::message::check(bytes));
