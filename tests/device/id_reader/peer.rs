//! An independent peer: a Python program reads a card from our simulator, so that driver and
//! simulator cannot agree on a mistake of their own.

use std::process::Command;

use permit_kiosk::device::simulation::LineRate;

use super::super::Bench;
use super::vector;

#[test]
fn a_python_program_reads_a_card_from_the_simulator() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no python3 on this machine");
        return;
    }
    let bench = Bench::new(LineRate::Real);
    bench.hand("id_reader place P01");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/device/id_reader/peer.py");
    let line = bench.dir.path().join("id_reader");
    let output = Command::new("python3").arg(script).arg(line).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let vector = vector("P01");
    let expected =
        format!("{} {:02X} {}", vector.frame_len, vector.check, hex::encode(vector.record));
    assert_eq!(said.trim(), expected);
}
