//! What is plugged in: asked in every language at every speed, without a mark on any paper.

use std::time::Duration;

use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::device::discovery::{Language, probe};
use permit_kiosk::device::id_reader::start;
use permit_kiosk::device::pty::{Happening, Simulator as _};
use permit_kiosk::device::receipt_printer::{Model, SimulatedReceiptPrinter};
use permit_kiosk::device::simulation::LineRate;
use permit_kiosk::terminal::work::discover;

use super::{Bench, clock};

#[test]
fn every_device_is_found_at_the_speed_it_was_set_to() {
    let bench = Bench::new(LineRate::Max);
    bench.hand("id_reader baud 57600");
    bench.hand("scanner baud 9600");
    bench.hand("receipt_printer baud 38400");
    let found = discover(Some(bench.dir.path()), &SystemClock, |_, _, _| {});
    let told: Vec<String> = found
        .iter()
        .map(|port| {
            let name = port.port.path.file_name().unwrap().to_str().unwrap();
            let found = port.found.as_ref().unwrap_or_else(|| panic!("{name}: {port:?}"));
            assert_eq!(found.language.device(), name);
            let identity = found.identity.as_deref().unwrap_or("-");
            format!("{name} {:?} {} {identity}", found.language, found.baud)
        })
        .collect();
    assert_eq!(
        told,
        [
            "id_reader Sam 57600 05.03-20090105-0000012345-0678901234",
            "page_printer Pjl 921600 PERMIT SIMULATED LASER",
            "panel Modbus 9600 -",
            "receipt_printer EscPos 38400 PERMIT SIMULATED-80",
            "scanner Newland 9600 Simulated engine",
        ]
    );
    // What is proposed is what would be written.
    let scanner = found.last().unwrap();
    let proposal: Vec<String> =
        scanner.proposal.iter().map(|change| format!("{}={}", change.key, change.value)).collect();
    assert_eq!(proposal, ["profile=serial", "commands=newland", "baud=9600"]);
    // Nothing came out.
    for printer in ["receipt_printer", "page_printer"] {
        let file = bench.dir.path().join("paper.png");
        let dumped = bench.simulation.command(&format!("dump {printer} {}", file.display()));
        assert!(dumped.is_err() || printer == "receipt_printer", "{printer} printed: {dumped:?}");
    }
}

#[test]
fn a_port_where_nothing_answers_is_left_as_it_was() {
    let bench = Bench::new(LineRate::Max);
    bench.hand("id_reader fault silence");
    let before = SystemClock.monotonic();
    let languages = [Language::Sam];
    let mut asked = 0;
    let path = bench.simulation.line("id_reader");
    let found = probe(&path, &languages, &SystemClock, &mut |_| asked += 1).unwrap();
    assert_eq!((found, asked), (None, 5));
    assert!(SystemClock.monotonic() < before + Duration::from_secs(20));
    // A port that somebody else has is said to be that.
    let (device, reports) = start(bench.line("id_reader", 115_200), clock()).unwrap();
    bench.hand("wait id_reader connected");
    let error = probe(&path, &languages, &SystemClock, &mut |_| {}).unwrap_err();
    assert!(error.to_string().starts_with("another program has"), "{error}");
    assert!(device.shutdown());
    drop(reports);
    bench.hand("id_reader unplug");
    let error = probe(&path, &languages, &SystemClock, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("id_reader"), "{error}");
}

/// The first question of a discovery reaches receipt printers at their own speed, and none of its
/// bytes may ever become ink.
#[test]
fn a_receipt_printer_takes_the_first_question_for_no_text() {
    let mut printer = SimulatedReceiptPrinter::new(Model::EPSON, LineRate::Max);
    let now = Duration::from_secs(1);
    let question = [0x10, 0x04, 0x01, 0x10, 0x04, 0x04];
    printer.on(now, Happening::Received(&question));
    printer.on(now + Duration::from_secs(1), Happening::Due);
    assert!(printer.unknown().is_empty(), "{:02X?}", printer.unknown());
    assert!(printer.hanging().is_blank() && printer.slips().next().is_none());
}
