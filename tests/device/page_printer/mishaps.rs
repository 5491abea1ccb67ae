//! A certificate and a mishap, at every moment: what is said about it is what lies in the tray, and
//! the next applicant gets nothing of it.

use std::time::Duration;

use permit_kiosk::device::page_printer::{
    Command, Event, Evidence, Job, JobName, Outcome, PagePrinter, Raster, Settings, Sheet,
    SimulatedPagePrinter,
};
use permit_kiosk::device::pty::{Happening, LineRate, Simulator as _};
use permit_kiosk::device::{Driver as _, Health};
use permit_kiosk::fault::FaultCode;

use crate::device::receipt_printer::Dots;
use crate::device::receipt_printer::bench::Bench;

type Printer = Bench<PagePrinter, SimulatedPagePrinter>;

const MINUTE: Duration = Duration::from_mins(1);

#[track_caller]
fn ready() -> Printer {
    let simulator = SimulatedPagePrinter::new(LineRate::Real);
    let driver = PagePrinter::new(Settings {
        baud: simulator.baud(),
        nonce_seed: 0xFF,
        unfinished_job: false,
        prefers_pdf: false,
    });
    let mut bench = Bench::new(driver, simulator);
    bench.become_ready();
    bench
}

trait BecomeReady {
    fn become_ready(&mut self);
}

impl BecomeReady for Printer {
    #[track_caller]
    fn become_ready(&mut self) {
        let is_ready = self.run(2 * MINUTE, |bench| bench.driver.health() == Health::READY);
        assert!(is_ready, "{:?}", self.driver);
    }
}

/// A sheet with some ink near its top and its bottom, different for each seed.
fn picture(seed: u64) -> Vec<u8> {
    let mut bits = vec![0; 310 * 3507];
    for start in [310 * 20, 310 * 3400] {
        let ink = Dots::seeded(seed + 1).bytes(310 * 40);
        bits[start..start + ink.len()].copy_from_slice(&ink);
    }
    bits
}

fn job(number: u64, sheets: usize) -> Job {
    let bits = picture(number);
    let raster = Raster::new(2480, 3507, &bits).unwrap();
    let name = JobName::new(&format!("K03-{number}")).unwrap();
    Job::new(number, name, Sheet::A4, &vec![raster; sheets]).unwrap()
}

/// Whether a sheet shows that picture, and all of it.
fn is_picture(
    sheet: &permit_kiosk::device::page_printer::simulator::SheetPicture,
    number: u64,
) -> bool {
    // The whole bytes of the logical page.
    let rows = sheet
        .bits()
        .chunks(310)
        .zip(picture(number).chunks(310))
        .all(|(paper, row)| paper[9..301] == row[9..301]);
    rows && sheet.height_px() == 3507
}

fn last_word(bench: &Printer, number: u64) -> Option<&Event> {
    bench.events.iter().rev().find(|event| match event {
        Event::JobConfirmed { job, .. } | Event::JobFailed { job, .. } => *job == number,
        Event::Identified(_) | Event::JobSent { .. } | Event::Counted(_) => false,
    })
}

#[track_caller]
fn finish(bench: &mut Printer, number: u64) -> Event {
    let is_done = bench.run(10 * MINUTE, |bench| last_word(bench, number).is_some());
    assert!(is_done, "job {number} has no end: {:?}", bench.driver);
    last_word(bench, number).unwrap().clone()
}

fn sheets(bench: &Printer) -> usize {
    bench.simulator.printed().count()
}

#[test]
fn a_good_certificate_is_printed_once_and_confirmed_by_the_printer() {
    let mut bench = ready();
    assert!(bench.events.iter().any(|event| matches!(
        event,
        Event::Identified(identity)
            if identity.model.as_deref() == Some("PERMIT SIMULATED LASER")
                && identity.page_count == Some(12_345)
    )));
    for number in 1..=3 {
        bench.order(Command::Print(job(number, 1)));
        let evidence = Evidence::JobEnd;
        assert_eq!(finish(&mut bench, number), Event::JobConfirmed { job: number, evidence });
        let page_count = Some(12_344 + number);
        assert!(bench.events.contains(&Event::JobSent { job: number, page_count }));
        bench.become_ready();
    }
    assert_eq!(bench.simulator.unknown(), [] as [String; 0]);
    let numbers: Vec<bool> = bench
        .simulator
        .printed()
        .zip(1..)
        .map(|(sheet, number)| is_picture(sheet, number))
        .collect();
    assert_eq!(numbers, [true; 3]);
}

#[test]
fn a_printer_that_does_not_tell_about_jobs_is_confirmed_by_its_page_counter() {
    let mut bench = ready();
    bench.hand("jobs unknown");
    bench.order(Command::Print(job(1, 2)));
    let evidence = Evidence::PageCounter;
    assert_eq!(finish(&mut bench, 1), Event::JobConfirmed { job: 1, evidence });
    assert_eq!(sheets(&bench), 2);
}

#[test]
fn a_printer_that_is_not_ready_is_given_nothing() {
    let cases = [
        ("paper out", FaultCode::PagePaperOut, "paper ok"),
        ("cover open", FaultCode::PageCoverOpen, "cover close"),
        ("tray full", FaultCode::PageOutputFull, "tray empty"),
        ("toner out", FaultCode::PageTonerOut, "toner ok"),
        ("broken", FaultCode::PageFailed, "mended"),
    ];
    for (fault, code, remedy) in cases {
        let mut bench = ready();
        bench.hand(fault);
        bench.order(Command::Print(job(1, 1)));
        match finish(&mut bench, 1) {
            Event::JobFailed { outcome: Outcome::NotPrinted, fault, .. } => {
                assert_eq!(fault.code, code);
            }
            other => panic!("{fault}: {other:?}"),
        }
        assert!(!bench.events.iter().any(|event| matches!(event, Event::JobSent { .. })));
        assert_eq!(bench.driver.health(), Health::of(code));
        bench.hand(remedy);
        bench.become_ready();
        assert_eq!(sheets(&bench), 0);
    }
}

#[test]
fn low_toner_is_a_warning() {
    let mut bench = ready();
    bench.hand("toner low");
    let low = Health::of(FaultCode::PageTonerLow);
    assert!(bench.run(MINUTE, |bench| bench.driver.health() == low));
    bench.order(Command::Print(job(1, 1)));
    assert!(matches!(finish(&mut bench, 1), Event::JobConfirmed { .. }));
}

#[test]
fn the_last_sheet_of_the_tray_is_a_good_sheet() {
    let mut bench = ready();
    bench.hand("paper 1");
    bench.order(Command::Print(job(1, 1)));
    let evidence = Evidence::JobEnd;
    assert_eq!(finish(&mut bench, 1), Event::JobConfirmed { job: 1, evidence });
    let out = Health::of(FaultCode::PagePaperOut);
    assert!(bench.run(MINUTE, |bench| bench.driver.health() == out));
}

#[test]
fn paper_that_runs_out_between_two_sheets_leaves_a_human_question_and_nothing_in_the_printer() {
    let mut bench = ready();
    bench.hand("paper 1");
    bench.order(Command::Print(job(1, 2)));
    match finish(&mut bench, 1) {
        Event::JobFailed { outcome: Outcome::Unknown, fault, .. } => {
            assert_eq!(fault.code, FaultCode::PagePaperOut);
        }
        other => panic!("{other:?}"),
    }
    bench.hand("paper ok");
    bench.become_ready();
    bench.order(Command::Print(job(2, 1)));
    assert!(matches!(finish(&mut bench, 2), Event::JobConfirmed { .. }));
    let printed: Vec<(bool, bool)> = bench
        .simulator
        .printed()
        .map(|sheet| (is_picture(sheet, 1), is_picture(sheet, 2)))
        .collect();
    assert_eq!(printed, [(true, false), (false, true)]);
}

#[test]
fn a_jammed_sheet_may_be_printed_again_once_the_printer_has_thrown_it_away() {
    let mut bench = ready();
    bench.hand("jam");
    bench.order(Command::Print(job(1, 1)));
    match finish(&mut bench, 1) {
        Event::JobFailed { outcome: Outcome::NotPrinted, fault, .. } => {
            assert_eq!(fault.code, FaultCode::PageJam);
        }
        other => panic!("{other:?}"),
    }
    // Neither the kiosk's cancelling nor somebody's at the panel takes the paper out.
    bench.hand("panel cancel");
    let jammed = Health::of(FaultCode::PageJam);
    assert!(bench.run(MINUTE, |bench| bench.driver.health() == jammed));
    // Not for a moment anything else, however often it is asked.
    assert!(!bench.run(5 * MINUTE, |bench| bench.driver.health() != jammed));
    bench.hand("clear jam");
    bench.become_ready();
    assert_eq!(sheets(&bench), 0, "no jam recovery for a job that was given up");
    bench.order(Command::Print(job(2, 1)));
    assert!(matches!(finish(&mut bench, 2), Event::JobConfirmed { .. }));
    assert_eq!(sheets(&bench), 1);
}

#[test]
fn a_printer_that_cannot_be_told_to_cancel_is_out_of_service_until_somebody_does_it() {
    let mut bench = ready();
    bench.hand("cancel unknown");
    bench.hand("jam");
    bench.order(Command::Print(job(1, 1)));
    assert!(matches!(finish(&mut bench, 1), Event::JobFailed { outcome: Outcome::Unknown, .. }));
    assert_eq!(bench.driver.health(), Health::of(FaultCode::PageJam));
    // Somebody cancels at the panel and pulls the sheet out.
    bench.hand("panel cancel");
    bench.hand("clear jam");
    bench.become_ready();
    assert_eq!(sheets(&bench), 0);
}

#[test]
fn a_sheet_that_came_out_after_all_keeps_the_printer_out_of_service() {
    let mut bench = ready();
    bench.hand("cancel unknown");
    bench.hand("jam");
    bench.order(Command::Print(job(1, 1)));
    assert!(matches!(finish(&mut bench, 1), Event::JobFailed { outcome: Outcome::Unknown, .. }));
    // The printer prints the jammed sheet once more: it lies in the tray.
    bench.hand("clear jam");
    let withheld = Health::of(FaultCode::PageMayHoldDocument);
    assert!(bench.run(MINUTE, |bench| sheets(bench) == 1));
    assert!(bench.run(MINUTE, |bench| bench.driver.health() == withheld));
    assert!(!bench.run(5 * MINUTE, |bench| bench.driver.health() != withheld));
    bench.order(Command::Print(job(2, 1)));
    assert!(matches!(finish(&mut bench, 2), Event::JobFailed { outcome: Outcome::NotPrinted, .. }));
    bench.order(Command::ConfirmEmpty);
    bench.become_ready();
}

/// One certificate, one mishap after so many milliseconds, its remedy later, and then the next
/// applicant.
#[track_caller]
fn check_mishap(mishap: &str, remedy: &str, after: Duration) {
    let place = format!("{mishap} after {after:?}");
    let mut bench = ready();
    bench.order(Command::Print(job(1, 1)));
    bench.run(after, |_| false);
    bench.hand(mishap);
    bench.run(Duration::from_secs(5), |_| false);
    for hand in remedy.split(", ") {
        bench.hand(hand);
    }
    let end = finish(&mut bench, 1);
    let complete = bench.simulator.printed().filter(|sheet| is_picture(sheet, 1)).count();
    match end {
        Event::JobConfirmed { .. } => assert_eq!(complete, 1, "{place}: confirmed"),
        Event::JobFailed { outcome: Outcome::NotPrinted, .. } => {
            assert_eq!(sheets(&bench), 0, "{place}: not printed");
        }
        _ => assert!(complete <= 1, "{place}"),
    }
    bench.become_ready();
    let before = sheets(&bench);
    bench.order(Command::Print(job(2, 1)));
    let second = finish(&mut bench, 2);
    assert!(matches!(second, Event::JobConfirmed { .. }), "{place}: {second:?}");
    assert_eq!(sheets(&bench), before + 1, "{place}: the next applicant got more than his own");
    assert!(is_picture(bench.simulator.printed().next_back().unwrap(), 2), "{place}");
}

/// The certificate takes two and a half seconds.
fn check_at_every_moment(mishap: &str, remedy: &str) {
    for step in 0..30 {
        check_mishap(mishap, remedy, Duration::from_millis(97) * step);
    }
    // While the dots are on the line.
    for step in 0..20 {
        check_mishap(mishap, remedy, Duration::from_millis(7) * step);
    }
}

#[test]
fn paper_that_runs_out_at_any_moment_betrays_nobody() {
    check_at_every_moment("paper out", "paper ok");
}

#[test]
fn a_cover_opened_at_any_moment_betrays_nobody() {
    check_at_every_moment("cover open", "cover close");
}

#[test]
fn a_plug_pulled_at_any_moment_betrays_nobody() {
    check_at_every_moment("unplug", "replug");
}

#[test]
fn a_jam_at_any_moment_betrays_nobody() {
    check_at_every_moment("jam", "clear jam");
}

#[test]
fn power_lost_at_any_moment_betrays_nobody() {
    check_at_every_moment("power off", "power on, clear jam");
}

#[test]
fn a_printer_that_waits_for_a_row_that_never_comes_is_helped_by_its_switch() {
    let mut bench = ready();
    // A row of a hundred million bytes: whatever is asked from now on is dots.
    let endless = b"@PJL ENTER LANGUAGE=PCL\r\n\x1bE\x1b*b99999999W";
    assert_eq!(bench.simulator.on(bench.now, Happening::Received(endless)), []);
    let silent = Health::of(FaultCode::PageNotResponding);
    assert!(bench.run(2 * MINUTE, |bench| bench.driver.health() == silent));
    assert!(!bench.run(5 * MINUTE, |bench| bench.driver.health() != silent));
    bench.hand("power off");
    bench.hand("power on");
    bench.become_ready();
    bench.order(Command::Print(job(1, 1)));
    assert!(matches!(finish(&mut bench, 1), Event::JobConfirmed { .. }));
    assert_eq!(sheets(&bench), 1);
}

#[test]
fn lost_answers_delay_a_certificate_and_never_double_it() {
    for every in [3, 4, 7] {
        let mut bench = ready();
        bench.lose_every = Some(every);
        bench.order(Command::Print(job(1, 1)));
        let end = finish(&mut bench, 1);
        let expected = match end {
            Event::JobConfirmed { .. } => 1..=1,
            Event::JobFailed { outcome: Outcome::NotPrinted, .. } => 0..=0,
            _ => 0..=1,
        };
        assert!(expected.contains(&sheets(&bench)), "every {every}: {end:?}");
    }
}

#[test]
fn a_certificate_whose_printer_stays_away_is_unknown() {
    let mut bench = ready();
    bench.order(Command::Print(job(1, 1)));
    assert!(bench.run(MINUTE, |bench| bench.simulator.holds(bench.now, "receiving") == Some(true)));
    bench.hand("unplug");
    match finish(&mut bench, 1) {
        Event::JobFailed { outcome: Outcome::Unknown, fault, .. } => {
            assert_eq!(fault.code, FaultCode::PageOffline);
        }
        other => panic!("{other:?}"),
    }
    bench.hand("replug");
    bench.become_ready();
}

#[test]
fn a_certificate_that_came_out_while_nobody_was_watching_keeps_the_printer_out_of_service() {
    let mut bench = ready();
    bench.order(Command::Print(job(1, 1)));
    assert!(bench.run(MINUTE, |bench| bench.simulator.holds(bench.now, "idle") == Some(false)));
    // All of it has arrived; the sheet is on its way.
    assert!(bench.run(MINUTE, |bench| bench.simulator.holds(bench.now, "receiving") == Some(true)));
    assert!(
        bench.run(MINUTE, |bench| bench.simulator.holds(bench.now, "receiving") == Some(false))
    );
    bench.hand("unplug");
    assert!(matches!(finish(&mut bench, 1), Event::JobFailed { outcome: Outcome::Unknown, .. }));
    assert_eq!(sheets(&bench), 1);
    bench.hand("replug");
    let withheld = Health::of(FaultCode::PageMayHoldDocument);
    assert!(bench.run(2 * MINUTE, |bench| bench.driver.health() == withheld));
    assert!(!bench.run(5 * MINUTE, |bench| bench.driver.health() == Health::READY));
    bench.order(Command::ConfirmEmpty);
    bench.become_ready();
}
