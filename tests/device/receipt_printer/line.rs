//! The same over real ptys, through the actor: a driver that is right in theory must also open,
//! write and be unplugged.

use permit_kiosk::device::receipt_printer::{Command, Event, Evidence, Outcome, ReceiptPrinter};
use permit_kiosk::device::simulation::LineRate;
use permit_kiosk::device::{Health, Started, spawn};
use permit_kiosk::fault::FaultCode;

use super::{job, picture, until_ready};
use crate::device::{Bench, clock, event, until};

fn start(bench: &Bench, baud: u32) -> Started<Command, Event> {
    let line = bench.line("receipt_printer", baud);
    spawn("receipt_printer", line, ReceiptPrinter::new(false), clock()).unwrap()
}

fn is_ready(health: Health) -> bool {
    health == Health::READY
}

/// The last slip as somebody sees it: its dots, without the white rows at its end.
#[track_caller]
fn last_slip(bench: &Bench) -> Vec<u8> {
    let file = bench.dir.path().join("last.png");
    bench.hand(&format!("dump receipt_printer {}", file.display()));
    let picture = image::open(&file).unwrap().into_luma8();
    assert_eq!(picture.width(), 576);
    let mut bits: Vec<u8> = picture
        .as_raw()
        .chunks(8)
        .map(|dots| dots.iter().fold(0, |byte, dot| byte << 1 | u8::from(*dot == 0)))
        .collect();
    let inked = bits.iter().rposition(|byte| *byte != 0).map_or(0, |last| last / 72 + 1);
    bits.truncate(inked * 72);
    bits
}

#[test]
fn a_slip_goes_over_the_line_and_is_confirmed() {
    let bench = Bench::new(LineRate::Max);
    let (printer, reports) = start(&bench, 115_200);
    let first = until(&reports, is_ready);
    assert!(
        matches!(first.as_slice(), [Event::Identified(identity)]
            if identity.model.as_deref() == Some("SIMULATED-80") && identity.has_process_id),
        "{first:?}"
    );
    for number in 1..=3 {
        let bits = picture(number, 600);
        printer.send(Command::Print(job(number, &bits))).unwrap();
        assert!(matches!(event(&reports), Event::JobSent { job, cuts: Some(_) } if job == number));
        let evidence = Evidence::ProcessId;
        assert_eq!(event(&reports), Event::JobConfirmed { job: number, evidence });
        assert!(last_slip(&bench) == bits, "slip {number}");
    }
    assert!(printer.shutdown());
}

/// A slip, a mishap in the middle of it, its remedy, and the next applicant's slip.
#[track_caller]
fn check(before: Option<&str>, during: &[&str], code: FaultCode, outcome: Outcome, remedy: &str) {
    let bench = Bench::new(LineRate::Real);
    let (printer, reports) = start(&bench, 115_200);
    until(&reports, is_ready);
    if let Some(hand) = before {
        bench.hand(hand);
    }
    printer.send(Command::Print(job(1, &picture(1, 400)))).unwrap();
    assert!(matches!(event(&reports), Event::JobSent { job: 1, .. }));
    bench.hand("wait receipt_printer printing");
    for hand in during {
        bench.hand(hand);
    }
    match event(&reports) {
        Event::JobFailed { job: 1, outcome: told, fault, .. } => {
            assert_eq!((fault.code, told), (code, outcome));
        }
        other => panic!("{other:?}"),
    }
    bench.hand(remedy);
    until_ready(&printer, &reports);
    let bits = picture(2, 100);
    printer.send(Command::Print(job(2, &bits))).unwrap();
    loop {
        match event(&reports) {
            Event::JobConfirmed { job: 2, .. } => break,
            Event::Identified(_) | Event::JobSent { job: 2, .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(last_slip(&bench) == bits, "the next applicant's slip shows his own ink alone");
}

#[test]
fn paper_that_runs_out_in_a_slip_leaves_nothing_for_the_next_applicant() {
    let (code, outcome) = (FaultCode::ReceiptPaperOut, Outcome::NotPrinted);
    check(Some("receipt_printer paper after 100"), &[], code, outcome, "receipt_printer paper ok");
}

#[test]
fn a_cover_opened_in_a_slip_leaves_nothing_for_the_next_applicant() {
    let (code, outcome) = (FaultCode::ReceiptCoverOpen, Outcome::NotPrinted);
    check(None, &["receipt_printer cover open"], code, outcome, "receipt_printer cover close");
}

#[test]
fn a_plug_pulled_in_a_slip_and_put_back_leaves_nothing_for_the_next_applicant() {
    let (code, outcome) = (FaultCode::ReceiptOffline, Outcome::NotPrinted);
    let plug = ["receipt_printer unplug", "receipt_printer replug"];
    check(None, &plug, code, outcome, "wait receipt_printer connected");
}

#[test]
fn a_stuck_cutter_leaves_a_question_for_a_human() {
    let (code, outcome) = (FaultCode::ReceiptCutter, Outcome::Unknown);
    check(Some("receipt_printer jam cutter"), &[], code, outcome, "receipt_printer clear cutter");
}

#[test]
fn a_printer_without_paper_is_given_nothing_and_says_so() {
    let bench = Bench::new(LineRate::Max);
    bench.hand("receipt_printer paper out");
    let (printer, reports) = start(&bench, 115_200);
    until(&reports, |health| health == Health::of(FaultCode::ReceiptPaperOut));
    printer.send(Command::Print(job(1, &picture(1, 100)))).unwrap();
    let told = event(&reports);
    assert!(
        matches!(told, Event::JobFailed { job: 1, outcome: Outcome::NotPrinted, fault, .. }
            if fault.code == FaultCode::ReceiptPaperOut),
        "{told:?}"
    );
    bench.hand("receipt_printer paper ok");
    until(&reports, is_ready);
}

#[test]
fn a_printer_at_another_speed_does_not_respond() {
    let bench = Bench::new(LineRate::Max);
    let (_printer, reports) = start(&bench, 9600);
    until(&reports, |health| health == Health::of(FaultCode::ReceiptNotResponding));
}
