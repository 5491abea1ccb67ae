//! Recordings of real lines, replayed: a driver that is told again what it was told then, at the same times,
//! wants the same done. Whatever lies in `tests/recordings/` is replayed; its name begins with the device.
//!
//! Each kind of device is recorded here and replayed at once; `UPDATE_RECORDINGS=1` keeps those recordings as
//! the shipped ones. Those with `visit` in their name are of a visit at the demonstration's kiosk, built with
//! the feature `recordings`.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};

use permit_kiosk::device::id_reader::{self, Event};
use permit_kiosk::device::page_printer::{self, JobName, PagePrinter, Sheet};
use permit_kiosk::device::receipt_printer::{self, ReceiptPrinter};
use permit_kiosk::device::recording::{Recorded, Recorder, ReplayError, replay};
use permit_kiosk::device::simulation::LineRate;
use permit_kiosk::device::{DeviceHandle, Health, Raster, Report, panel, scanner, spawn};

use super::receipt_printer::{Dots, until_ready};
use super::{Bench, clock, event, until};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings");

/// Replays a recording of the device that its name begins with.
fn replayed(name: &str, recording: &str) -> Result<usize, ReplayError> {
    let device = name.split('-').next().unwrap();
    match device {
        "id_reader" => replay::<id_reader::Driver>(recording),
        "scanner" => replay::<scanner::Driver>(recording),
        "receipt_printer" => replay::<ReceiptPrinter>(recording),
        "page_printer" => replay::<PagePrinter>(recording),
        "panel" => replay::<panel::Driver>(recording),
        other => panic!("{other} of {name}: a recording's name begins with its device"),
    }
}

#[test]
fn every_recording_wants_the_same_again() {
    let mut devices = Vec::new();
    for file in std::fs::read_dir(FOLDER).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let told = replayed(&name, &std::fs::read_to_string(&path).unwrap());
        let told = told.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(told >= 4, "{name} is of something that happened");
        devices.push(name.split('-').next().unwrap().to_owned());
    }
    devices.sort();
    devices.dedup();
    assert_eq!(devices, ["id_reader", "page_printer", "panel", "receipt_printer", "scanner"]);
}

/// Lets a device be recorded while somebody plays with it, and replays that; with a file's name, keeps it.
#[track_caller]
fn recorded<D>(
    bench: &Bench,
    baud: u32,
    file: &str,
    settings: D::Settings,
    play: impl FnOnce(&DeviceHandle<D::Command>, &Receiver<Report<D::Event>>),
) where
    D: Recorded + Send + 'static,
    D::Command: std::fmt::Debug + Send + 'static,
    D::Event: Send + 'static,
{
    let device = file.split('-').next().unwrap().to_owned();
    let text = Arc::new(Mutex::new(String::new()));
    let written = Arc::clone(&text);
    let recorder = Recorder::<D, _>::new(settings, move |line| {
        let mut text = written.lock().unwrap();
        text.push_str(&serde_json::to_string(&line).unwrap());
        text.push('\n');
    });
    let line = bench.line(&device, baud);
    let (handle, reports) = spawn("recorded", line, recorder, clock()).unwrap();
    play(&handle, &reports);
    assert!(handle.shutdown());
    let text = text.lock().unwrap();
    replayed(file, &text).unwrap_or_else(|error| panic!("{file}: {error}\n{text}"));
    if std::env::var_os("UPDATE_RECORDINGS").is_some() {
        std::fs::write(format!("{FOLDER}/{file}.jsonl"), text.as_str()).unwrap();
    }
    // And what is not the same is found: something else that was wanted, and something more.
    let wanted = text.lines().rfind(|line| line.starts_with(r#"{"wanted":"#)).unwrap();
    let changed = text.replacen(wanted, r#"{"wanted":{"send":"00"}}"#, 1);
    assert!(matches!(replayed(file, &changed), Err(ReplayError::Differs { .. })));
    let without = text.replacen(&format!("{wanted}\n"), "", 1);
    assert!(matches!(replayed(file, &without), Err(ReplayError::Differs { .. })));
}

#[test]
fn a_reader_is_recorded_with_a_card_cut_off_and_then_whole() {
    let bench = Bench::new(LineRate::Real);
    bench.hand("id_reader read-ms 100");
    bench.hand("id_reader fault badsum");
    let file = "id_reader-damaged-then-read";
    recorded::<id_reader::Driver>(&bench, 115_200, file, (), |device, reports| {
        device.send(id_reader::Command::Claim).unwrap();
        until(reports, |health| health == Health::READY);
        bench.hand("id_reader place P01");
        while !matches!(event(reports), Event::ReadFailed(_)) {}
        bench.hand("id_reader place P01");
        while !matches!(event(reports), Event::IdRead(_)) {}
    });
}

#[test]
fn scan_engines_are_recorded_as_what_they_are() {
    for (engine, file) in [
        (scanner::Engine::Newland, "scanner-newland-one-code"),
        (scanner::Engine::Honeywell, "scanner-honeywell-one-code"),
        (scanner::Engine::Plain, "scanner-plain-one-code"),
    ] {
        let bench = Bench::new(LineRate::Real);
        let config = scanner::Config { engine, suffix: scanner::Suffix::default() };
        recorded::<scanner::Driver>(&bench, 115_200, file, config, |device, reports| {
            until(reports, |health| health == Health::READY);
            device.send(scanner::Command::Arm).unwrap();
            if engine != scanner::Engine::Plain {
                bench.hand("wait scanner looking");
            }
            bench.hand("scanner show A-CODE-OF-NOBODY");
            assert!(matches!(event(reports), scanner::Event::Scanned(_)), "{file}");
        });
    }
}

#[test]
fn a_receipt_printer_is_recorded_with_its_paper_and_its_cover() {
    let bench = Bench::new(LineRate::Real);
    let bits = Dots::seeded(5).bytes(72 * 100);
    let slip = |number| {
        let picture = Raster::new(576, 100, &bits).unwrap();
        receipt_printer::Command::Print(receipt_printer::Job::new(number, picture))
    };
    let file = "receipt_printer-slip-and-cover";
    recorded::<ReceiptPrinter>(&bench, 115_200, file, false, |device, reports| {
        until_ready(device, reports);
        device.send(slip(7)).unwrap();
        while !matches!(event(reports), receipt_printer::Event::JobConfirmed { job: 7, .. }) {}
        bench.hand("receipt_printer cover open");
        until(reports, |health| matches!(health, Health::NeedsAttendant(_)));
        bench.hand("receipt_printer cover close");
        until(reports, |health| health == Health::READY);
        device.send(slip(8)).unwrap();
        while !matches!(event(reports), receipt_printer::Event::JobConfirmed { job: 8, .. }) {}
    });
}

#[test]
fn a_page_printer_is_recorded_with_its_certificate_and_a_jam() {
    let bench = Bench::new(LineRate::Max);
    let (width, height) = (310 * 8, 3508);
    let mut bits = vec![0; 310 * 3508];
    bits[310 * 1000..310 * 1020].copy_from_slice(&Dots::seeded(6).bytes(310 * 20));
    let certificate = |number: u64| {
        let name = JobName::new(&format!("K03-{number}")).unwrap();
        let picture = Raster::new(width, height, &bits).unwrap();
        let job = page_printer::Job::new(number, name, Sheet::A4, &[picture]).unwrap();
        page_printer::Command::Print(job.or_pdf(b"%PDF-1.7 that this printer is not sent"))
    };
    let settings = page_printer::Settings {
        baud: 921_600,
        nonce_seed: 0xBEEF,
        unfinished_job: false,
        prefers_pdf: false,
    };
    let file = "page_printer-certificate-and-jam";
    recorded::<PagePrinter>(&bench, 921_600, file, settings, |device, reports| {
        until_ready(device, reports);
        device.send(certificate(7)).unwrap();
        while !matches!(event(reports), page_printer::Event::JobConfirmed { job: 7, .. }) {}
        bench.hand("page_printer jam");
        device.send(certificate(8)).unwrap();
        // It is cancelled, and none of it comes out afterwards.
        while !matches!(
            event(reports),
            page_printer::Event::JobFailed {
                job: 8,
                outcome: page_printer::Outcome::NotPrinted,
                ..
            }
        ) {}
        bench.hand("page_printer clear jam");
        until(reports, |health| health == Health::READY);
    });
}

#[test]
fn a_panel_is_recorded_with_its_door_its_lamps_and_its_cable() {
    let bench = Bench::new(LineRate::Max);
    let config = panel::Config {
        address: 1,
        door: Some(1),
        key: Some(2),
        proximity: Some(3),
        lamps: [Some(1), Some(2), Some(3), Some(4)],
    };
    let file = "panel-door-lamps-and-cable";
    recorded::<panel::Driver>(&bench, 9600, file, config, |device, reports| {
        until(reports, |health| health == Health::READY);
        let lamps = panel::Lamps { scanner: true, ..panel::Lamps::default() };
        device.send(panel::Command::Light(lamps)).unwrap();
        bench.hand("wait panel lamps 00000010");
        bench.hand("panel door open");
        until(reports, |health| health.fault().is_some());
        bench.hand("panel door close");
        until(reports, |health| health == Health::READY);
        bench.hand("panel unplug");
        until(reports, |health| matches!(health, Health::Offline { .. }));
        bench.hand("panel replug");
        until(reports, |health| health == Health::READY);
    });
}

#[test]
fn what_is_no_recording_is_said_with_its_line() {
    let made = r#"{"made":false}"#;
    let opened = r#"{"told":{"at_us":5,"what":"opened"}}"#;
    assert!(matches!(replay::<ReceiptPrinter>(""), Err(ReplayError::Beginning)));
    assert!(matches!(replay::<ReceiptPrinter>(opened), Err(ReplayError::Beginning)));
    assert!(matches!(
        replay::<ReceiptPrinter>(&format!("{made}\n{opened}\n{{}}")),
        Err(ReplayError::Line { number: 3, .. })
    ));
    assert!(matches!(
        replay::<ReceiptPrinter>(r#"{"made":"a printer"}"#),
        Err(ReplayError::Line { number: 1, .. })
    ));
    let odd = r#"{"told":{"at_us":6,"what":{"received":"0"}}}"#;
    let odd = replay::<ReceiptPrinter>(&format!("{made}\n{odd}")).unwrap_err();
    assert_eq!(odd.to_string(), "line 2 of the recording is none");
}
