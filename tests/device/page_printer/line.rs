//! The same over real ptys, through the actor: a driver that is right in theory must also open,
//! write and be unplugged.

use permit_kiosk::device::page_printer::{
    Command, Event, Evidence, Job, JobName, Outcome, PagePrinter, Raster, Settings, Sheet,
};
use permit_kiosk::device::simulation::LineRate;
use permit_kiosk::device::{Health, Started, spawn};
use permit_kiosk::fault::FaultCode;

use super::pcl::{A4, page};
use crate::certificate::sample;
use crate::device::receipt_printer::{Dots, until_ready};
use crate::device::{Bench, clock, event, until};

const BAUD: u32 = 921_600;

fn start(bench: &Bench, baud: u32) -> Started<Command, Event> {
    start_with(bench, baud, false)
}

fn start_with(bench: &Bench, baud: u32, prefers_pdf: bool) -> Started<Command, Event> {
    let settings = Settings { baud, nonce_seed: 0xFEED, unfinished_job: false, prefers_pdf };
    spawn("page_printer", bench.line("page_printer", baud), PagePrinter::new(settings), clock())
        .unwrap()
}

fn is_ready(health: Health) -> bool {
    health == Health::READY
}

fn job(number: u64, bits: &[u8]) -> Job {
    let name = JobName::new(&format!("K03-{number}")).unwrap();
    Job::new(number, name, Sheet::A4, &[Raster::new(A4.0, A4.1, bits).unwrap()]).unwrap()
}

/// A page of about a hundred kilobytes, a second on the line.
fn picture(seed: u64) -> Vec<u8> {
    let mut bits = page(A4);
    let ink = Dots::seeded(seed).bytes(310 * 200);
    bits[310 * 2800..310 * 3000].copy_from_slice(&ink);
    bits
}

/// The last sheet in the tray shows this picture, as far as a printer prints to the edge.
#[track_caller]
fn check_last_sheet(bench: &Bench, bits: &[u8]) {
    let file = bench.dir.path().join("last.png");
    bench.hand(&format!("dump page_printer {}", file.display()));
    let paper = image::open(&file).unwrap().into_luma8();
    assert_eq!((paper.width(), paper.height()), (2480, 3507));
    let differing = paper
        .enumerate_rows()
        .flat_map(|(_, row)| row)
        .filter(|(x, y, dot)| {
            let (x, y) = (usize::try_from(*x).unwrap(), usize::try_from(*y).unwrap());
            let is_black = bits[y * 310 + x / 8] & (0x80 >> (x % 8)) != 0;
            (dot.0[0] == 0) != (is_black && (71..2480 - 71).contains(&x))
        })
        .count();
    assert_eq!(differing, 0, "dots");
}

/// The copy of the golden food licence as a file, and its job.
fn pdf_job(number: u64) -> (Vec<u8>, Job) {
    let sheets = sample::sheets(&sample::food());
    let (_, pdf) = sheets.last().unwrap();
    (pdf.clone(), job(number, &page(A4)).or_pdf(pdf))
}

fn start_preferring_pdf(bench: &Bench) -> Started<Command, Event> {
    start_with(bench, BAUD, true)
}

#[test]
fn a_printer_that_reads_pdf_gets_the_certificate_as_it_is() {
    let bench = Bench::new(LineRate::Max);
    let (device, reports) = start_preferring_pdf(&bench);
    until_ready(&device, &reports);
    let (pdf, job) = pdf_job(21);
    device.send(Command::Print(job)).unwrap();
    while !matches!(event(&reports), Event::JobSent { job: 21, .. }) {}
    let confirmed = Event::JobConfirmed { job: 21, evidence: Evidence::JobEnd };
    assert_eq!(event(&reports), confirmed);
    let file = bench.dir.path().join("last.pdf");
    bench.hand(&format!("dump page_printer {}", file.display()));
    assert!(std::fs::read(&file).unwrap() == pdf, "another file arrived");
    let checked = std::process::Command::new("qpdf").arg("--check").arg(&file).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    assert!(device.shutdown());
}

#[test]
fn a_printer_that_says_it_cannot_read_pdf_gets_dots() {
    let bench = Bench::new(LineRate::Max);
    bench.hand("page_printer pdf unknown");
    let (device, reports) = start_preferring_pdf(&bench);
    until_ready(&device, &reports);
    device.send(Command::Print(pdf_job(22).1)).unwrap();
    while !matches!(event(&reports), Event::JobSent { job: 22, .. }) {}
    assert!(matches!(event(&reports), Event::JobConfirmed { job: 22, .. }));
    check_last_sheet(&bench, &page(A4));
    assert!(device.shutdown());
}

#[test]
fn a_pdf_whose_paper_runs_out_is_cancelled_and_does_not_come_out_after_the_refill() {
    let bench = Bench::new(LineRate::Max);
    let (device, reports) = start_preferring_pdf(&bench);
    until_ready(&device, &reports);
    bench.hand("page_printer paper out");
    until(&reports, |health| health == Health::of(FaultCode::PagePaperOut));
    device.send(Command::Print(pdf_job(23).1)).unwrap();
    let Event::JobFailed { job: 23, outcome, .. } = event(&reports) else { panic!("no end") };
    assert_eq!(outcome, Outcome::NotPrinted);
    bench.hand("page_printer paper ok");
    until(&reports, is_ready);
    // And where the jam comes with the sheet: it is cleared, and nothing is left of it.
    bench.hand("page_printer jam");
    device.send(Command::Print(pdf_job(24).1)).unwrap();
    while !matches!(event(&reports), Event::JobSent { job: 24, .. }) {}
    let Event::JobFailed { job: 24, outcome, fault, .. } = event(&reports) else {
        panic!("no end")
    };
    assert_eq!((outcome, fault.code), (Outcome::NotPrinted, FaultCode::PageJam));
    bench.hand("page_printer clear jam");
    until_ready(&device, &reports);
    assert_eq!(bench.hand("page_printer sheets"), "0");
    assert!(device.shutdown());
}

#[test]
fn a_certificate_goes_over_the_line_and_is_confirmed() {
    let bench = Bench::new(LineRate::Real);
    let (printer, reports) = start(&bench, BAUD);
    until(&reports, is_ready);
    for number in 1..=2 {
        let bits = picture(number);
        let job = job(number, &bits);
        printer.send(Command::Print(job)).unwrap();
        let page_count = Some(12_344 + number);
        assert_eq!(event(&reports), Event::JobSent { job: number, page_count });
        let evidence = Evidence::JobEnd;
        assert_eq!(event(&reports), Event::JobConfirmed { job: number, evidence });
        assert_eq!(event(&reports), Event::Counted(12_345 + number));
        check_last_sheet(&bench, &bits);
        until_ready(&printer, &reports);
    }
    assert!(printer.shutdown());
}

/// A certificate, a mishap in the middle of it, its remedy, and the next applicant's certificate.
#[track_caller]
fn check(before: &[&str], during: &[&str], code: FaultCode, outcomes: &[Outcome], remedy: &[&str]) {
    let bench = Bench::new(LineRate::Real);
    let (printer, reports) = start(&bench, BAUD);
    until(&reports, is_ready);
    for hand in before {
        bench.hand(hand);
    }
    printer.send(Command::Print(job(1, &picture(1)))).unwrap();
    assert!(matches!(event(&reports), Event::JobSent { job: 1, .. }));
    bench.hand("wait page_printer receiving");
    for hand in during {
        bench.hand(hand);
    }
    match event(&reports) {
        Event::JobFailed { job: 1, outcome, fault, .. } => {
            assert_eq!(fault.code, code);
            assert!(outcomes.contains(&outcome), "{outcome:?}");
        }
        other => panic!("{other:?}"),
    }
    for hand in remedy {
        bench.hand(hand);
    }
    until_ready(&printer, &reports);
    let bits = picture(2);
    printer.send(Command::Print(job(2, &bits))).unwrap();
    loop {
        match event(&reports) {
            Event::JobConfirmed { job: 2, .. } => break,
            Event::Identified(_) | Event::JobSent { job: 2, .. } => {}
            other => panic!("{other:?}"),
        }
    }
    check_last_sheet(&bench, &bits);
}

#[test]
fn a_tray_that_is_emptied_under_a_certificate_leaves_nothing_for_the_next_applicant() {
    let outcomes = [Outcome::NotPrinted];
    let out = ["page_printer paper out"];
    check(&[], &out, FaultCode::PagePaperOut, &outcomes, &["page_printer paper ok"]);
}

#[test]
fn a_cover_opened_under_a_certificate_leaves_nothing_for_the_next_applicant() {
    let open = ["page_printer cover open"];
    let outcomes = [Outcome::NotPrinted];
    check(&[], &open, FaultCode::PageCoverOpen, &outcomes, &["page_printer cover close"]);
}

#[test]
fn a_jammed_certificate_may_be_printed_again() {
    let jam = ["page_printer jam"];
    check(&jam, &[], FaultCode::PageJam, &[Outcome::NotPrinted], &["page_printer clear jam"]);
}

#[test]
fn a_certificate_that_cannot_be_confirmed_is_unknown_until_the_panel_is_used() {
    let before = ["page_printer cancel unknown", "page_printer jam"];
    let remedy = ["page_printer panel cancel", "page_printer clear jam"];
    check(&before, &[], FaultCode::PageJam, &[Outcome::Unknown], &remedy);
}

#[test]
fn a_plug_pulled_under_a_certificate_and_put_back_leaves_nothing_for_the_next_applicant() {
    let plug = ["page_printer unplug", "page_printer replug"];
    // The piece of a sheet that had arrived may have been ejected before it could be cancelled.
    let outcomes = [Outcome::NotPrinted, Outcome::Unknown];
    check(&[], &plug, FaultCode::PageOffline, &outcomes, &["wait page_printer connected"]);
}

#[test]
fn an_empty_tray_gets_no_certificate() {
    let bench = Bench::new(LineRate::Max);
    bench.hand("page_printer paper out");
    let (printer, reports) = start(&bench, BAUD);
    until(&reports, |health| health == Health::of(FaultCode::PagePaperOut));
    printer.send(Command::Print(job(1, &picture(1)))).unwrap();
    loop {
        match event(&reports) {
            Event::Identified(_) => {}
            Event::JobFailed { job: 1, outcome: Outcome::NotPrinted, fault, .. } => {
                assert_eq!(fault.code, FaultCode::PagePaperOut);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    bench.hand("page_printer paper ok");
    until(&reports, is_ready);
}

#[test]
fn a_printer_at_another_speed_does_not_respond() {
    let bench = Bench::new(LineRate::Max);
    let (_printer, reports) = start(&bench, 115_200);
    until(&reports, |health| health == Health::of(FaultCode::PageNotResponding));
}
