//! Recordings of real lines, replayed: the driver is told again what it was told then, at the same times,
//! and must ask the same. Whatever lies in `tests/recordings/` is replayed; its name begins with the device.
//!
//! `UPDATE_RECORDINGS=1` makes two of the shipped ones anew, from the simulators. Those with `visit` in their
//! name are of a visit at the demonstration's kiosk, built with the feature `recordings`: an invented card that
//! is read cut off and then whole, a code nobody knows, a cover opened meanwhile.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use permit_kiosk::device::id_reader::{self, Event};
use permit_kiosk::device::receipt_printer::ReceiptPrinter;
use permit_kiosk::device::recording;
use permit_kiosk::device::simulation::LineRate;
use permit_kiosk::device::{Driver, Health, Input, Output, Tap, scanner, spawn_watched};
use serde::Deserialize;

use super::{Bench, clock, event, until};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at_us: u64,
    seen: String,
    hex: Option<String>,
    command: Option<String>,
}

fn lines(text: &str) -> Vec<Line> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a driver asks when it is told what is recorded.
fn asked<D: Driver>(
    driver: &mut D,
    recorded: &[Line],
    command: impl Fn(&str) -> D::Command,
) -> Vec<Vec<u8>> {
    let mut asked = Vec::new();
    let mut now = Duration::ZERO;
    let mut take = |outputs: Vec<Output<D::Event>>| {
        for output in outputs {
            if let Output::Send(bytes) = output {
                asked.push(bytes);
            }
        }
    };
    for line in recorded {
        let at = Duration::from_micros(line.at_us);
        let bytes = line.hex.as_deref().map(|hex| hex::decode(hex).unwrap());
        // What the driver wanted to do by itself before that.
        while let Some(due) = driver.deadline()
            && due < at
        {
            // What is overdue is due now: time goes on, never back.
            now = now.max(due);
            take(driver.on(now, Input::Due));
        }
        now = at;
        match line.seen.as_str() {
            "opened" => take(driver.on(at, Input::Opened)),
            "closed" => take(driver.on(at, Input::Closed)),
            "received" => take(driver.on(at, Input::Received(&bytes.unwrap()))),
            "command" => {
                let word = command(line.command.as_deref().unwrap());
                take(driver.on(at, Input::Command(word)));
            }
            // What it asked then is compared with what it asks now, not told to it.
            "sent" => {
                if driver.deadline().is_some_and(|due| due <= at) {
                    take(driver.on(at, Input::Due));
                }
            }
            other => panic!("{other}"),
        }
    }
    asked
}

fn sent(recorded: &[Line]) -> Vec<Vec<u8>> {
    let sent = recorded.iter().filter(|line| line.seen == "sent");
    sent.map(|line| hex::decode(line.hex.as_deref().unwrap()).unwrap()).collect()
}

#[test]
fn every_recording_is_asked_the_same_again() {
    let mut count = 0;
    for file in std::fs::read_dir(FOLDER).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let recorded = lines(&std::fs::read_to_string(&path).unwrap());
        let again = if name.starts_with("id_reader") {
            asked(&mut id_reader::Driver::new(), &recorded, |word| match word {
                "Claim" => id_reader::Command::Claim,
                "Release" => id_reader::Command::Release,
                other => panic!("{other}"),
            })
        } else if name.starts_with("scanner") {
            let config = scanner::Config {
                engine: scanner::Engine::Newland,
                suffix: scanner::Suffix::default(),
            };
            asked(&mut scanner::Driver::new(config), &recorded, |word| match word {
                "Arm" => scanner::Command::Arm,
                "Disarm" => scanner::Command::Disarm,
                other => panic!("{other}"),
            })
        } else if name.starts_with("receipt_printer") {
            // A paper is in no recording but by its number: what was recorded is all but papers.
            asked(&mut ReceiptPrinter::new(false), &recorded, |word| panic!("{word}"))
        } else {
            panic!("{name}: a recording's name begins with its device");
        };
        assert_eq!(again, sent(&recorded), "{name}");
        count += 1;
    }
    assert!(count >= 5, "the shipped recordings are there");
}

/// What is seen on a line, as a recording.
fn recorder() -> (Tap, Arc<Mutex<String>>) {
    let text = Arc::new(Mutex::new(String::new()));
    let written = Arc::clone(&text);
    let tap = Box::new(move |now, seen: permit_kiosk::device::Seen<'_>| {
        let mut text = written.lock().unwrap();
        text.push_str(&recording::line(now, seen));
        text.push('\n');
    });
    (tap, text)
}

#[test]
fn the_shipped_recordings_are_made_like_this() {
    if std::env::var_os("UPDATE_RECORDINGS").is_none() {
        return;
    }
    let bench = Bench::new(LineRate::Real);
    bench.hand("id_reader read-ms 100");
    bench.hand("id_reader fault badsum");
    let (tap, text) = recorder();
    let line = bench.line("id_reader", 115_200);
    let (device, reports) =
        spawn_watched("id_reader", line, id_reader::Driver::new(), clock(), tap).unwrap();
    device.send(id_reader::Command::Claim).unwrap();
    until(&reports, |health| health == Health::READY);
    bench.hand("id_reader place P01");
    while !matches!(event(&reports), Event::ReadFailed(_)) {}
    bench.hand("id_reader place P01");
    while !matches!(event(&reports), Event::IdRead(_)) {}
    assert!(device.shutdown());
    let file = format!("{FOLDER}/id_reader-damaged-then-read.jsonl");
    std::fs::write(file, text.lock().unwrap().as_str()).unwrap();

    let (tap, text) = recorder();
    let config =
        scanner::Config { engine: scanner::Engine::Newland, suffix: scanner::Suffix::default() };
    let line = bench.line("scanner", 115_200);
    let (device, reports) =
        spawn_watched("scanner", line, scanner::Driver::new(config), clock(), tap).unwrap();
    until(&reports, |health| health == Health::READY);
    device.send(scanner::Command::Arm).unwrap();
    bench.hand("wait scanner looking");
    bench.hand("scanner show A-CODE-OF-NOBODY");
    event(&reports);
    assert!(device.shutdown());
    let file = format!("{FOLDER}/scanner-one-code.jsonl");
    std::fs::write(file, text.lock().unwrap().as_str()).unwrap();
}
