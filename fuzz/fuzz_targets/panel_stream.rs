//! `permit_kiosk_fuzz::devices` with the codec `panel_stream` over whatever libFuzzer makes.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| permit_kiosk_fuzz::devices("panel_stream", input));
