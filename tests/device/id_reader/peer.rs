//! An independent peer: a Python program reads a card from our simulator, so that driver and
//! simulator cannot agree on a mistake of their own.

use std::io::Read as _;
use std::process::{Command, Stdio};

use permit_kiosk::device::simulation::LineRate;
use permit_kiosk::device::{Health, id_reader};
use permit_kiosk::fault::FaultCode;

use super::super::{Bench, clock, until};
use super::vector;

fn python_is_missing() -> bool {
    let missing = Command::new("python3").arg("--version").output().is_err();
    if missing {
        crate::skipped::without("python3");
    }
    missing
}

#[test]
fn a_python_program_reads_a_card_from_the_simulator() {
    if python_is_missing() {
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

/// Holds the line for itself until it is killed, as a kiosk does.
const HOLDER: &str = "
import fcntl, os, sys, termios
line = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
fcntl.ioctl(line, termios.TIOCEXCL)
fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
sys.stdout.write('.')
sys.stdout.flush()
sys.stdin.read()
";

#[test]
fn a_kiosk_that_was_killed_does_not_keep_the_line_from_its_successor() {
    if python_is_missing() {
        return;
    }
    let bench = Bench::new(LineRate::Max);
    let path = bench.simulation.line("id_reader");
    let before = std::fs::read_link(&path).unwrap();
    let mut holder = Command::new("python3")
        .args(["-c", HOLDER])
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut held = [0];
    holder.stdout.as_mut().unwrap().read_exact(&mut held).unwrap();
    bench.hand("wait id_reader connected");
    let (device, reports) = id_reader::start(bench.line("id_reader", 115_200), clock()).unwrap();
    until(&reports, |health| health == Health::of(FaultCode::IdReaderPortBusy));
    holder.kill().unwrap();
    holder.wait().unwrap();
    until(&reports, |health| health == Health::READY);
    assert_ne!(std::fs::read_link(&path).unwrap(), before, "the lock stays on the old pty");
    assert!(device.shutdown());
}

#[test]
fn a_module_written_in_python_is_read_by_the_driver() {
    if python_is_missing() {
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/device/id_reader/module.py");
    let mut module = Command::new("python3")
        .args([script, &hex::encode(vector("P01").record)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(module.stdout.take().unwrap());
    let mut path = String::new();
    std::io::BufRead::read_line(&mut said, &mut path).unwrap();
    let line = permit_kiosk::device::LineConfig {
        port: permit_kiosk::device::Port::Path(path.trim().into()),
        baud: 115_200,
        flow_control: permit_kiosk::device::FlowControl::None,
    };
    let (device, reports) = id_reader::start(line, clock()).unwrap();
    device.send(id_reader::Command::Claim).unwrap();
    let found = super::super::event(&reports);
    assert!(matches!(found, id_reader::Event::CardFound), "{found:?}");
    let id_reader::Event::IdRead(record) = super::super::event(&reports) else { panic!() };
    assert_eq!(record.name.reveal(), "林小满");
    assert!(device.shutdown());
    drop(module.stdin.take());
    let mut asked = String::new();
    said.read_to_string(&mut asked).unwrap();
    // Read once, its new address asked for once.
    assert!(asked.contains("3001=1") && asked.contains("3003=1"), "{asked}");
    assert!(module.wait().unwrap().success());
}
