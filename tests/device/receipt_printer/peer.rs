//! An independent peer: python-escpos asks and drives our simulator, so that driver and simulator cannot
//! agree on a mistake of their own.

use std::process::Command;

use permit_kiosk::device::simulation::LineRate;

use super::super::Bench;

/// The interpreter that has python-escpos; `make test` says which.
fn python() -> Option<String> {
    let python = std::env::var("KIOSK_TEST_PYTHON").ok();
    if python.is_none() {
        crate::skipped::without("KIOSK_TEST_PYTHON names no interpreter with python-escpos");
    }
    python
}

fn pixels(path: &std::path::Path) -> image::GrayImage {
    image::load_from_memory(&std::fs::read(path).unwrap()).unwrap().to_luma8()
}

#[test]
fn python_escpos_prints_on_the_simulator_dot_for_dot() {
    let Some(python) = python() else { return };
    let bench = Bench::new(LineRate::Max);
    let folder = bench.dir.path();
    let (sent, slip) = (folder.join("sent.png"), folder.join("slip.png"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/device/receipt_printer/peer.py");
    let output = Command::new(python)
        .arg(script)
        .args([folder.join("receipt_printer"), sent.clone()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), "True 2", "on line, and paper enough");
    bench.hand("wait receipt_printer cut 1");
    bench.hand(&format!("dump receipt_printer {}", slip.display()));
    let (sent, slip) = (pixels(&sent), pixels(&slip));
    assert_eq!(sent.width(), slip.width());
    for (x, y, dot) in sent.enumerate_pixels() {
        assert_eq!(dot.0[0] < 128, slip.get_pixel(x, y).0[0] < 128, "dot {x}, {y}");
    }
}
