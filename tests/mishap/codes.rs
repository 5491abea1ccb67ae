//! Fault codes: what happens to a device, the journal or the line, and the code that then stands on the board,
//! from which console, journal and central have it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::device::simulation::LineRate;
use permit_kiosk::fault::FaultCode;
use permit_kiosk::journal::{Head, Journal, Milestone, Reader, SheetSize, Tray};
use permit_kiosk::registers::Identity;
use permit_kiosk::session::effect::Effect;
use permit_kiosk::session::event::{Event, IdentityProblem, NotIssued, ScanProblem};
use permit_kiosk::sync;
use permit_kiosk::wire::v1::{Body, Document, EditionRefused, Hash, PrintStep};

use super::{Lobby, application, case};
use crate::journal::{FOOD_SELLERS, Kiosk, NOON, clock, food_seller, id, settings};

/// What a hand does, the code it raises, and what ends it.
const HANDS: [(&str, &str, &str); 12] = [
    ("page_printer tray full", "page.output-full", "page_printer tray empty"),
    ("page_printer toner out", "page.toner-out", "page_printer toner ok"),
    ("page_printer toner low", "page.toner-low", "page_printer toner ok"),
    ("page_printer broken", "page.failed", "page_printer mended"),
    ("page_printer unplug", "page.offline", "page_printer replug"),
    ("receipt_printer broken", "receipt.failed", "receipt_printer mended"),
    ("receipt_printer jam", "receipt.jam", "receipt_printer clear jam"),
    ("receipt_printer hot", "receipt.head-hot", "receipt_printer cool"),
    ("receipt_printer near-end", "receipt.paper-near-end", "receipt_printer paper ok"),
    ("receipt_printer unplug", "receipt.offline", "receipt_printer replug"),
    ("scanner unplug", "scanner.offline", "scanner replug"),
    ("panel unplug", "panel.offline", "panel replug"),
];

#[test]
fn what_a_hand_does_raises_its_code_and_no_more() {
    let mut lobby = Lobby::new();
    for (does, code, ends) in HANDS {
        lobby.hand(does);
        lobby.until_fault(code, true);
        assert_eq!(lobby.codes(), [code], "{does}");
        lobby.hand(ends);
        lobby.until_fault(code, false);
    }
    the_card_and_the_code(&mut lobby);
    the_line_to_central(&mut lobby);
    lobby.end();
}

#[test]
fn a_certificate_near_its_end_and_past_it_stands_as_a_fault() {
    let mut lobby = Lobby::new();
    let file = lobby.folder.path().join(Identity::CERTIFICATE);
    let day = |days: i64| {
        let then = SystemClock.now() + jiff::SignedDuration::from_hours(days * 24);
        let date = then.to_zoned(jiff::tz::TimeZone::UTC).date();
        let (month, day) = (date.month().try_into().unwrap(), date.day().try_into().unwrap());
        rcgen::date_time_ymd(date.year().into(), month, day)
    };
    for (days, code) in
        [(400, None), (29, Some("key.certificate-ends")), (-1, Some("key.certificate-expired"))]
    {
        let mut wanted = rcgen::CertificateParams::new(vec!["kiosk".to_owned()]).unwrap();
        wanted.not_before = day(-30);
        wanted.not_after = day(days);
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&file, wanted.self_signed(&key).unwrap().pem()).unwrap();
        lobby.restart();
        lobby.until("all devices", |lobby| lobby.equipment.page_printer);
        let found = lobby.codes().into_iter().find(|code| code.starts_with("key."));
        assert_eq!(found, code, "{days} days");
    }
    lobby.end();
}

/// What is wrong with a card or a code is told to whoever shows it.
fn the_card_and_the_code(lobby: &mut Lobby) {
    lobby.perform(Effect::ReadId);
    // A record of spaces: somebody without a name, born on no day.
    lobby.hand(&format!("id_reader place record {}", "2000".repeat(128)));
    let event = lobby.event("the card", |event| matches!(event, Event::IdentityFailed(_)));
    assert!(matches!(event, Event::IdentityFailed(IdentityProblem::Implausible)), "{event:?}");
    lobby.until_fault("id-reader.record-invalid", true);
    lobby.hand("id_reader remove");
    lobby.perform(Effect::ReleaseReader);
    lobby.until_fault("id-reader.record-invalid", false);

    lobby.perform(Effect::ArmScanner);
    let path = lobby.folder.path().join("code.txt");
    let show = format!("scanner show @{}", path.display());
    std::fs::write(&path, "7089".repeat(738)).unwrap();
    lobby.hand("scanner fault truncate 1000");
    lobby.hand(&show);
    let is_of_no_use = |event: &Event| matches!(event, Event::ScanFailed(_));
    let event = lobby.event("the code", is_of_no_use);
    assert!(matches!(event, Event::ScanFailed(ScanProblem::Unreadable)), "{event:?}");
    lobby.hand("scanner fault none");
    std::fs::write(&path, "7089".repeat(2_000)).unwrap();
    lobby.hand(&show);
    let event = lobby.event("the long code", is_of_no_use);
    assert!(matches!(event, Event::ScanFailed(ScanProblem::TooLong)), "{event:?}");
    lobby.perform(Effect::DisarmScanner);
}

fn the_line_to_central(lobby: &mut Lobby) {
    let last_error =
        sync::LastError { since: SystemClock.now(), text: "no route to host".to_owned() };
    let quarantined = Some("fork at position 7".to_owned());
    let connected = sync::State { connected: true, ..sync::State::default() };
    let states = [
        (
            "central.unreachable",
            sync::State { last_error: Some(last_error), ..sync::State::default() },
        ),
        ("central.refused", sync::State { quarantined, ..connected.clone() }),
        ("clock.drift", sync::State { clock_offset_ms: Some(3_600_000), ..connected.clone() }),
    ];
    for (code, state) in states {
        lobby.terminal.as_ref().unwrap().set_sync(state);
        lobby.until_fault(code, true);
        lobby.terminal.as_ref().unwrap().set_sync(connected.clone());
        lobby.until_fault(code, false);
    }
    for (called, stands) in [(true, true), (false, false)] {
        lobby.perform(Effect::CallHelp(called));
        lobby.until_fault("visit.help-called", stands);
    }
    // Sheets somebody counted into a tray.
    let counted = |lobby: &Lobby, last| {
        let tray = Tray::counted(1, last).unwrap();
        lobby.kiosk.journal.count_blanks("wang".to_owned(), SheetSize::A4, tray).unwrap();
        lobby.terminal.as_ref().unwrap().set_sync(connected.clone());
    };
    counted(lobby, 3);
    lobby.until_fault("page.paper-low", true);
    counted(lobby, 200);
    lobby.until_fault("page.paper-low", false);
}

#[test]
fn what_wears_the_journal_down_raises_its_code() {
    // A journal whose disk can be made slow.
    let (folder, time) = (tempfile::tempdir().unwrap(), clock());
    let slow = Arc::new(AtomicBool::new(false));
    let (watched, simulated) = (Arc::clone(&slow), time.clone());
    let on_milestone = Arc::new(move |milestone| {
        if milestone == Milestone::BeforeCommit && watched.load(Ordering::SeqCst) {
            simulated.advance(Duration::from_secs(3));
        }
    });
    let settings = permit_kiosk::journal::Settings {
        on_milestone: Some(on_milestone),
        ..settings(folder.path(), &time)
    };
    let journal = Journal::provision(settings, Head::START).unwrap();
    let kiosk = Kiosk { folder, clock: time, journal };
    kiosk.lease(FOOD_SELLERS, 0, 2);
    // It went down while a slip was printed.
    let jobs = kiosk.journal.issue(food_seller(id(9))).unwrap().print_jobs;
    for job in jobs {
        kiosk.journal.print_step(job.job, PrintStep::Sent).unwrap();
        if job.document == Document::Receipt {
            kiosk.journal.print_step(job.job, PrintStep::Unknown).unwrap();
        } else {
            let evidence = "in the tray".to_owned();
            kiosk.journal.print_step(job.job, PrintStep::Confirmed { evidence }).unwrap();
        }
    }
    let mut lobby = Lobby::of(kiosk, LineRate::Max, &[], |_devices| {});
    let look = |lobby: &Lobby| {
        let state = sync::State { connected: true, ..sync::State::default() };
        lobby.terminal.as_ref().unwrap().set_sync(state);
    };

    lobby.until_fault("receipt.unconfirmed", true);
    let long = Body::EditionRefused(EditionRefused {
        code: "OLDER".to_owned(),
        why: "x".repeat(400_000),
        edition: None,
        offered: Hash::ZERO,
    });
    let reader = Reader::open(&lobby.kiosk.folder.path().join("journal.db")).unwrap();
    reader.hold().unwrap();
    for _ in 0..60 {
        lobby.kiosk.journal.record(long.clone()).unwrap();
    }
    look(&lobby);
    lobby.until_fault("journal.wal-large", true);
    drop(reader);
    for _ in 0..3 {
        lobby.kiosk.journal.record(long.clone()).unwrap();
    }
    look(&lobby);
    lobby.until_fault("journal.wal-large", false);

    slow.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        lobby.kiosk.journal.record(long.clone()).unwrap();
    }
    look(&lobby);
    lobby.until_fault("journal.slow", true);
    assert!(!lobby.equipment.journal, "nobody begins");
    slow.store(false, Ordering::SeqCst);
    lobby.kiosk.journal.recover().unwrap();
    look(&lobby);
    lobby.until_fault("journal.slow", false);

    // The last number of the series.
    lobby.perform(Effect::Issue(Box::new(case(application(2)))));
    let answered = |event: &Event| matches!(event, Event::Issued(_) | Event::NotIssued(_));
    let event = lobby.event("the permit", answered);
    assert!(matches!(event, Event::Issued(_)), "{event:?}");
    look(&lobby);
    lobby.until_fault("journal.numbers-out", true);
    lobby.end();
}

#[test]
fn a_clock_before_the_last_record_raises_its_code() {
    let kiosk = Kiosk::with_numbers(2);
    kiosk.clock.set("2031-01-01T00:00:00Z".parse().unwrap());
    let kiosk = kiosk.reopened();
    kiosk.issue(9).unwrap();
    // The battery is empty, and the kiosk starts with another year.
    kiosk.clock.set(NOON.parse().unwrap());
    let mut lobby = Lobby::of(kiosk.reopened(), LineRate::Max, &[], |_devices| {});
    lobby.perform(Effect::Issue(Box::new(case(application(1)))));
    let answered = |event: &Event| matches!(event, Event::Issued(_) | Event::NotIssued(_));
    let event = lobby.event("the answer", answered);
    assert!(matches!(event, Event::NotIssued(NotIssued::ClockBehind)), "{event:?}");
    lobby.until_fault("clock.went-back", true);
    lobby.end();
}

/// The files of the tests with their texts, without the lists of codes.
fn texts(folder: &Path, into: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, into);
        } else if path.extension().is_some_and(|is| is == "rs") {
            into.insert(path.display().to_string(), std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// What no test raises: it takes a disk that fails under a whole kiosk, and `power/disk.rs` has only the
/// journal on one.
const RAISED_NOWHERE: [&str; 1] = ["journal.not-writable is in no test"];

#[test]
fn every_code_is_raised_by_the_program_and_asked_for_by_a_test() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut program, mut tests) = (BTreeMap::new(), BTreeMap::new());
    texts(&here.join("src"), &mut program);
    texts(&here.join("tests"), &mut tests);
    program.retain(|file, _| !file.ends_with("src/fault.rs"));
    tests.retain(|file, _| !file.ends_with("tests/domain/fault.rs"));
    let mut missing = Vec::new();
    for code in FaultCode::ALL {
        let (name, quoted) = (format!("FaultCode::{code:?}"), format!("\"{code}\""));
        // A port that is held has its code by the device's name.
        let is_of_port = code.as_str().ends_with(".port-busy");
        let is_word = |text: &str| {
            text.match_indices(&name).any(|(at, _)| {
                !text[at + name.len()..].starts_with(|next: char| next.is_ascii_alphanumeric())
            })
        };
        if !is_of_port && !program.values().any(|text| is_word(text)) {
            missing.push(format!("{code} is raised by nobody"));
        }
        if !tests.values().any(|text| is_word(text) || text.contains(&quoted)) {
            missing.push(format!("{code} is in no test"));
        }
    }
    assert_eq!(missing, RAISED_NOWHERE);
}
