//! The panel: golden frames, every cut and every bit, and door, key and lamps on a real pty.

use std::sync::mpsc::Receiver;

use permit_kiosk::device::panel::protocol::{self, Answer, Request, answer};
use permit_kiosk::device::panel::{self, Command, Config, Event, Inputs, Lamps};
use permit_kiosk::device::simulation::LineRate;
use permit_kiosk::device::{DeviceHandle, Health, Report};
use permit_kiosk::fault::FaultCode;

use super::{Bench, clock, event, until};

const CONFIG: Config = Config {
    address: 1,
    door: Some(1),
    key: Some(2),
    proximity: Some(3),
    lamps: [Some(1), Some(2), Some(3), Some(4)],
};

fn started(bench: &Bench) -> (DeviceHandle<Command>, Receiver<Report<Event>>) {
    panel::start(bench.line("panel", 9600), CONFIG, clock()).unwrap()
}

#[track_caller]
fn changed(reports: &Receiver<Report<Event>>) -> Inputs {
    let Event::Changed(inputs) = event(reports);
    inputs
}

/// By the Modbus specification's own example of the checksum (V1.02, appendix B: 02 07 gives 41 12).
#[test]
fn frames_are_those_of_the_specification() {
    assert_eq!(protocol::crc(&[0x02, 0x07]).to_le_bytes(), [0x41, 0x12]);
    assert_eq!(Request::ReadInputs.frame(1), [1, 2, 0, 0, 0, 8, 0x79, 0xCC]);
    let lamps = Request::SetOutputs(0b0101).frame(1);
    assert_eq!(lamps[..8], [1, 15, 0, 0, 0, 8, 1, 5]);
    assert_eq!(protocol::crc(&lamps), 0);
    assert_eq!(answer(1, &[1, 2, 1, 1, 0x60, 0x48]), Some(Some(Answer::Inputs(1))));
}

#[test]
fn door_key_and_somebody_near_are_told_once_each() {
    let bench = Bench::new(LineRate::Max);
    let (device, reports) = started(&bench);
    assert_eq!(changed(&reports), Inputs::default());
    bench.hand("panel key turn");
    assert_eq!(changed(&reports), Inputs { key_turned: true, ..Inputs::default() });
    bench.hand("panel key back");
    assert_eq!(changed(&reports), Inputs::default());
    bench.hand("panel near");
    assert_eq!(changed(&reports), Inputs { somebody_near: true, ..Inputs::default() });
    bench.hand("panel door open");
    assert!(changed(&reports).door_open);
    let wanted = Health::of(FaultCode::PanelDoorOpen);
    until(&reports, |health| health == wanted);
    assert!(device.shutdown());
}

#[test]
fn lamps_are_lit_as_told_and_again_after_the_board_was_without_power() {
    let bench = Bench::new(LineRate::Max);
    let (device, reports) = started(&bench);
    until(&reports, |health| health == Health::READY);
    let lamps = Lamps { scanner: true, page_printer: true, ..Lamps::default() };
    device.send(Command::Light(lamps)).unwrap();
    bench.hand("wait panel lamps 00001010");
    bench.hand("panel unplug");
    until(&reports, |health| matches!(health, Health::Offline { .. }));
    bench.hand("panel replug");
    until(&reports, |health| health == Health::READY);
    device.send(Command::Light(Lamps::default())).unwrap();
    bench.hand("wait panel lamps 00000000");
    assert!(device.shutdown());
}

#[test]
fn a_board_that_falls_silent_is_told_and_comes_back() {
    let bench = Bench::new(LineRate::Max);
    let (device, reports) = started(&bench);
    until(&reports, |health| health == Health::READY);
    bench.hand("panel fault silence");
    let wanted = Health::of(FaultCode::PanelNotResponding);
    until(&reports, |health| health == wanted);
    bench.hand("panel fault none");
    until(&reports, |health| health == Health::READY);
    assert!(device.shutdown());
}
