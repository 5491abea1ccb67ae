//! The codecs against streams by chance, and against every input the fuzzer found.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::inputs::TARGETS;

/// `KIOSK_STREAM_CASES=100000` for a long run.
fn cases() -> u32 {
    std::env::var("KIOSK_STREAM_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(300)
}

#[test]
fn no_stream_of_bytes_confuses_a_codec() {
    // Bytes by chance, and bytes that begin frames.
    let byte = prop_oneof![
        4 => any::<u8>(),
        1 => prop::sample::select(vec![
            0xAA, 0x96, 0x69, 0x02, 0x01, b'0', 0x06, b';', 0x03, b'\r', 0x37, 0x22, 0x5F, 0x12,
            0x10, 0x00, 0x0C, b'@', b'P',
        ]),
    ];
    let stream = prop::collection::vec(byte, 0..700);
    for (name, target) in TARGETS {
        let mut runner = TestRunner::new(Config { cases: cases(), ..Config::default() });
        let ran = runner.run(&stream, |input| {
            target(&input);
            Ok(())
        });
        assert!(ran.is_ok(), "{name}: {ran:?}");
    }
}

#[test]
fn every_input_that_once_failed_is_read_now() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/device/inputs");
    for (name, target) in TARGETS {
        let Ok(files) = std::fs::read_dir(format!("{folder}/{name}")) else { continue };
        for file in files {
            target(&std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}
