//! A slip and a mishap, at every moment: what is said about the slip is what lies on the counter,
//! and the next applicant gets nothing of it.

use std::time::Duration;

use permit_kiosk::device::pty::LineRate;
use permit_kiosk::device::receipt_printer::{
    Command, Event, Evidence, Model, Outcome, ReceiptPrinter, SimulatedReceiptPrinter,
};
use permit_kiosk::device::{Driver as _, Health};
use permit_kiosk::fault::FaultCode;

use super::bench::Bench;
use super::{job, picture};

type Printer = Bench<ReceiptPrinter, SimulatedReceiptPrinter>;

const MINUTE: Duration = Duration::from_mins(1);

#[track_caller]
fn ready(model: Model) -> Printer {
    let simulator = SimulatedReceiptPrinter::new(model, LineRate::Real);
    let mut bench = Bench::new(ReceiptPrinter::new(false), simulator);
    let is_ready = bench.run(MINUTE, |bench| bench.driver.health() == Health::READY);
    assert!(is_ready, "{:?}", bench.driver.health());
    bench
}

fn last_word(bench: &Printer, number: u64) -> Option<&Event> {
    bench.events.iter().rev().find(|event| match event {
        Event::JobConfirmed { job, .. } | Event::JobFailed { job, .. } => *job == number,
        Event::Identified(_) | Event::JobSent { .. } => false,
    })
}

#[track_caller]
fn finish(bench: &mut Printer, number: u64) -> Event {
    let is_done = bench.run(10 * MINUTE, |bench| last_word(bench, number).is_some());
    assert!(is_done, "job {number} has no end: {:?}", bench.driver);
    last_word(bench, number).unwrap().clone()
}

/// The rows with ink on them, from the first to the last.
fn inked(bits: &[u8]) -> &[u8] {
    let is_inked = |row: &[u8]| row.iter().any(|byte| *byte != 0);
    let rows: Vec<&[u8]> = bits.chunks(72).collect();
    let Some(first) = rows.iter().position(|row| is_inked(row)) else { return &[] };
    let last = rows.iter().rposition(|row| is_inked(row)).unwrap();
    &bits[first * 72..(last + 1) * 72]
}

/// How many slips were cut that show exactly this picture.
fn complete_slips(bench: &Printer, bits: &[u8]) -> usize {
    bench.simulator.slips().filter(|slip| slip.is_cut && inked(&slip.bits()) == bits).count()
}

#[test]
fn a_good_slip_is_printed_once_and_confirmed_by_the_best_evidence() {
    let models = [
        (Model::EPSON, Evidence::ProcessId),
        (Model { has_process_id: false, ..Model::EPSON }, Evidence::CutCounter),
        (Model::PLAIN_CLONE, Evidence::StatusClean),
    ];
    for (model, evidence) in models {
        let mut bench = ready(model);
        for number in 1..=3 {
            let bits = picture(number, 400);
            bench.order(Command::Print(job(number, &bits)));
            assert_eq!(finish(&mut bench, number), Event::JobConfirmed { job: number, evidence });
            assert_eq!(complete_slips(&bench, &bits), 1, "{model:?}");
        }
        assert_eq!(bench.simulator.overrun_bytes(), 0);
        // A clone does not know what it was asked at the start; what is sent to print it knows.
        assert!(bench.simulator.unknown().is_empty() || model == Model::PLAIN_CLONE);
        assert!(bench.run(MINUTE, |bench| bench.driver.health() == Health::READY));
    }
}

#[test]
fn a_printer_that_cannot_print_is_given_nothing() {
    let cases = [
        ("paper out", FaultCode::ReceiptPaperOut, "paper ok"),
        ("cover open", FaultCode::ReceiptCoverOpen, "cover close"),
        ("hot", FaultCode::ReceiptHeadHot, "cool"),
    ];
    for (fault, code, remedy) in cases {
        let mut bench = ready(Model::EPSON);
        bench.hand(fault);
        // At once, before the printer has told.
        bench.order(Command::Print(job(1, &picture(1, 100))));
        match finish(&mut bench, 1) {
            Event::JobFailed { outcome: Outcome::NotPrinted, fault, .. } => {
                assert_eq!(fault.code, code);
            }
            other => panic!("{fault}: {other:?}"),
        }
        assert!(bench.simulator.hanging().is_blank());
        assert_eq!(bench.driver.health().fault().map(|fault| fault.code), Some(code));
        bench.hand(remedy);
        assert!(bench.run(MINUTE, |bench| bench.driver.health() == Health::READY), "{remedy}");
        let sent = bench.events.iter().any(|event| matches!(event, Event::JobSent { .. }));
        assert!(!sent, "{fault}");
    }
}

#[test]
fn paper_near_its_end_is_a_warning() {
    let mut bench = ready(Model::EPSON);
    bench.hand("near-end");
    let near_end = Health::of(FaultCode::ReceiptPaperNearEnd);
    assert!(bench.run(MINUTE, |bench| bench.driver.health() == near_end));
    bench.order(Command::Print(job(1, &picture(1, 100))));
    assert!(matches!(finish(&mut bench, 1), Event::JobConfirmed { .. }));
}

#[test]
fn a_hot_head_pauses_a_slip_and_does_not_spoil_it() {
    let mut bench = ready(Model::EPSON);
    let bits = picture(1, 800);
    bench.order(Command::Print(job(1, &bits)));
    assert!(bench.run(MINUTE, |bench| bench.simulator.hanging().height_px() > 100));
    bench.hand("hot");
    assert!(!bench.run(Duration::from_secs(30), |bench| last_word(bench, 1).is_some()));
    bench.hand("cool");
    let evidence = Evidence::ProcessId;
    assert_eq!(finish(&mut bench, 1), Event::JobConfirmed { job: 1, evidence });
    assert_eq!(complete_slips(&bench, &bits), 1);
}

#[test]
fn a_stuck_cutter_leaves_the_slip_unconfirmed_and_the_printer_clear() {
    let mut bench = ready(Model::EPSON);
    let first = picture(1, 300);
    bench.hand("jam cutter");
    bench.order(Command::Print(job(1, &first)));
    match finish(&mut bench, 1) {
        Event::JobFailed { outcome: Outcome::Unknown, fault, .. } => {
            assert_eq!(fault.code, FaultCode::ReceiptCutter);
        }
        other => panic!("{other:?}"),
    }
    assert!(bench.simulator.clears() >= 1);
    bench.hand("clear cutter");
    // Switching it off and on, or `DLE ENQ 2`, gets it out of the error.
    assert!(bench.run(MINUTE, |bench| bench.driver.health() == Health::READY));
    let second = picture(2, 300);
    bench.order(Command::Print(job(2, &second)));
    assert!(matches!(finish(&mut bench, 2), Event::JobConfirmed { .. }));
    assert_eq!(complete_slips(&bench, &second), 1, "the second slip is clean");
}

/// One slip, one mishap after so many milliseconds, its remedy later, and then the next applicant.
#[track_caller]
fn check_mishap(model: Model, mishap: &str, remedy: &str, after: Duration) {
    let place = format!("{model:?} {mishap} after {after:?}");
    let mut bench = ready(model);
    let (first, second) = (picture(1, 300), picture(2, 200));
    bench.order(Command::Print(job(1, &first)));
    bench.run(after, |_| false);
    let was_over = last_word(&bench, 1).is_some();
    bench.hand(mishap);
    bench.run(Duration::from_secs(4), |_| false);
    bench.hand(remedy);
    let end = finish(&mut bench, 1);
    let complete = complete_slips(&bench, &first);
    match &end {
        Event::JobConfirmed { .. } => assert_eq!(complete, 1, "{place}: confirmed"),
        Event::JobFailed { outcome: Outcome::NotPrinted, .. } => {
            assert_eq!(complete, 0, "{place}: not printed");
        }
        // Nobody claims anything.
        Event::JobFailed { outcome: Outcome::Unknown, .. } => assert!(complete <= 1, "{place}"),
        other => panic!("{other:?}"),
    }
    assert!(!was_over || matches!(end, Event::JobConfirmed { .. }), "{place}: {end:?}");

    let is_ready = bench.run(2 * MINUTE, |bench| bench.driver.health() == Health::READY);
    if !is_ready {
        let code = bench.driver.health().fault().map(|fault| fault.code);
        assert_eq!(code, Some(FaultCode::ReceiptMayHoldDocument), "{place}");
        assert!(!model.has_clear, "{place}: this model can be cleared");
        bench.order(Command::Print(job(2, &second)));
        assert!(matches!(
            finish(&mut bench, 2),
            Event::JobFailed { outcome: Outcome::NotPrinted, .. }
        ));
        return;
    }
    let before = bench.simulator.slips().count();
    bench.order(Command::Print(job(2, &second)));
    let confirmed = matches!(finish(&mut bench, 2), Event::JobConfirmed { .. });
    assert!(confirmed, "{place}: {:?}", last_word(&bench, 2));
    let slips: Vec<Vec<u8>> =
        bench.simulator.slips().skip(before).map(|slip| inked(&slip.bits()).to_vec()).collect();
    assert!(slips == [second], "{place}: the next applicant got {} slips", slips.len());
    assert_eq!(bench.simulator.overrun_bytes(), 0, "{place}");
    // A slip that nobody vouches for may have been cut off meanwhile.
    let complete = complete_slips(&bench, &first);
    match end {
        Event::JobConfirmed { .. } => assert_eq!(complete, 1, "{place}: twice"),
        Event::JobFailed { outcome: Outcome::NotPrinted, .. } => {
            assert_eq!(complete, 0, "{place}: after all");
        }
        _ => assert!(complete <= 1, "{place}: twice"),
    }
}

/// The slip takes two seconds; the mishap comes at every twenty-third millisecond of it and shortly
/// after.
fn check_at_every_moment(mishap: &str, remedy: &str) {
    for model in [Model::EPSON, Model { has_process_id: false, ..Model::EPSON }, Model::PLAIN_CLONE]
    {
        for step in 0..110 {
            check_mishap(model, mishap, remedy, Duration::from_millis(23) * step);
        }
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
fn a_cutter_blocked_at_any_moment_betrays_nobody() {
    check_at_every_moment("jam cutter", "clear cutter");
}

#[test]
fn paper_that_ends_at_any_row_betrays_nobody() {
    for rows in (0..420).step_by(7) {
        let mut bench = ready(Model::EPSON);
        let (first, second) = (picture(1, 300), picture(2, 200));
        bench.hand(&format!("paper after {}", rows + 1));
        bench.order(Command::Print(job(1, &first)));
        let end = finish(&mut bench, 1);
        let complete = complete_slips(&bench, &first);
        let is_true = match end {
            Event::JobConfirmed { .. } => complete == 1,
            Event::JobFailed { outcome: Outcome::NotPrinted, .. } => complete == 0,
            _ => true,
        };
        assert!(is_true, "{rows} rows: {end:?} and {complete} slips");
        bench.hand("paper ok");
        assert!(bench.run(MINUTE, |bench| bench.driver.health() == Health::READY));
        bench.order(Command::Print(job(2, &second)));
        assert!(matches!(finish(&mut bench, 2), Event::JobConfirmed { .. }));
        let last = bench.simulator.slips().next_back().unwrap();
        assert!(inked(&last.bits()) == second, "{rows} rows: a stranger's ink");
    }
}

#[test]
fn a_printer_unplugged_for_good_leaves_the_slip_unknown() {
    let mut bench = ready(Model::EPSON);
    bench.order(Command::Print(job(1, &picture(1, 600))));
    assert!(bench.run(MINUTE, |bench| !bench.simulator.hanging().is_blank()));
    bench.hand("unplug");
    match finish(&mut bench, 1) {
        Event::JobFailed { outcome: Outcome::Unknown, fault, .. } => {
            assert_eq!(fault.code, FaultCode::ReceiptOffline);
        }
        other => panic!("{other:?}"),
    }
    bench.hand("replug");
    assert!(bench.run(MINUTE, |bench| bench.driver.health() == Health::READY));
    assert!(bench.simulator.clears() >= 2, "cleared before anybody else prints");
}

#[test]
fn a_printer_that_cannot_confirm_that_it_is_clear_waits_for_an_attendant() {
    let mut bench = ready(Model::PLAIN_CLONE);
    bench.order(Command::Print(job(1, &picture(1, 600))));
    assert!(bench.run(MINUTE, |bench| !bench.simulator.hanging().is_blank()));
    bench.hand("paper out");
    assert!(matches!(finish(&mut bench, 1), Event::JobFailed { outcome: Outcome::Unknown, .. }));
    bench.hand("paper ok");
    assert!(!bench.run(5 * MINUTE, |bench| bench.driver.health() == Health::READY));
    let code = bench.driver.health().fault().map(|fault| fault.code);
    assert_eq!(code, Some(FaultCode::ReceiptMayHoldDocument));
    bench.order(Command::ConfirmEmpty);
    assert!(bench.run(MINUTE, |bench| bench.driver.health() == Health::READY));
}

#[test]
fn a_device_that_talks_nonsense_is_not_responding() {
    struct Deaf;
    impl permit_kiosk::device::pty::Simulator for Deaf {
        fn name(&self) -> &'static str {
            "receipt_printer"
        }
        fn baud(&self) -> u32 {
            9600
        }
        fn on(
            &mut self,
            _: Duration,
            happening: permit_kiosk::device::pty::Happening<'_>,
        ) -> Vec<permit_kiosk::device::pty::Effect> {
            use permit_kiosk::device::pty::{Effect, Happening};
            match happening {
                Happening::Received(bytes) => {
                    vec![Effect::Send(bytes.iter().map(|b| b ^ 0xAA).collect())]
                }
                Happening::Connected | Happening::HungUp | Happening::Due => Vec::new(),
            }
        }
        fn deadline(&self) -> Option<Duration> {
            None
        }
        fn command(&mut self, _: Duration, command: &str) -> Result<String, String> {
            Err(command.to_owned())
        }
        fn holds(&self, _: Duration, _: &str) -> Option<bool> {
            None
        }
    }
    let mut bench = Bench::new(ReceiptPrinter::new(false), Deaf);
    let not_responding = Health::of(FaultCode::ReceiptNotResponding);
    assert!(bench.run(MINUTE, |bench| bench.driver.health() == not_responding));
}

#[test]
fn lost_answers_delay_a_slip_and_never_double_it() {
    for every in [3, 5, 8, 13] {
        let mut bench = ready(Model::EPSON);
        let bits = picture(1, 300);
        bench.lose_every = Some(every);
        bench.order(Command::Print(job(1, &bits)));
        let end = finish(&mut bench, 1);
        let complete = complete_slips(&bench, &bits);
        match end {
            Event::JobConfirmed { .. } => assert_eq!(complete, 1, "every {every}"),
            Event::JobFailed { outcome: Outcome::NotPrinted, .. } => assert_eq!(complete, 0),
            _ => assert!(complete <= 1),
        }
    }
}
