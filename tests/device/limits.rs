//! What the devices cost, measured beside the time their bytes need on the line.
//!
//! Measured and printed by `make bench-devices` (`KIOSK_LIMITS=1`). The size of a page is asserted; no time is,
//! for a busy machine would fail it.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use permit_kiosk::certificate::raster;
use permit_kiosk::device::id_reader::{self, Event as ReaderEvent};
use permit_kiosk::device::page_printer::{self, JobName, PagePrinter, Sheet};
use permit_kiosk::device::pty::{Effect, Happening, Simulator};
use permit_kiosk::device::receipt_printer::{self, ReceiptPrinter};
use permit_kiosk::device::simulation::{LineRate, Simulation};
use permit_kiosk::device::{
    Driver, FlowControl, Health, Input, LineConfig, Output, Port, Raster, Report, panel, scanner,
    spawn,
};

use super::{Bench, clock, event, until};
use crate::certificate::sample;

fn is_wanted() -> bool {
    std::env::var_os("KIOSK_LIMITS").is_some()
}

#[expect(clippy::print_stdout, reason = "this is what is measured for")]
fn tell(what: &str, measured: &str, beside: &str, limit: &str) {
    println!("{what:<34} {measured:>22}   {beside:<44} limit {limit}");
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The copy (A4) of the golden food licence as dots.
fn certificate_dots() -> permit_kiosk::certificate::Bitmap {
    let sheets = sample::sheets(&sample::food());
    let (_, pdf) = sheets.last().unwrap();
    raster(pdf, 300, 0).unwrap()
}

/// What F01's A4 page may take on the line: 7.4 s at 115200 baud.
const PAGE_BYTES_MAX: usize = 85_000;

#[test]
fn the_a4_page_of_a_food_licence_is_small() {
    let dots = certificate_dots();
    let picture = Raster::new(dots.width_px as usize, dots.height_px as usize, dots.as_bytes());
    let pcl = page_printer::pcl::encode(picture.unwrap(), Sheet::A4).unwrap();
    if is_wanted() {
        tell(
            "F01's A4 page, PCL at 300 dpi",
            &format!("{:.1} KB", float(pcl.len()) / 1000.0),
            &format!("{:.1} s on the line at 115200 baud", float(pcl.len()) * 10.0 / 115_200.0),
            "85 KB",
        );
    }
    assert!(pcl.len() <= PAGE_BYTES_MAX, "{} bytes", pcl.len());
}

#[test]
fn a_card_takes_its_line_time_and_its_own() {
    if !is_wanted() {
        return;
    }
    let bench = Bench::new(LineRate::Real);
    let (device, reports) = id_reader::start(bench.line("id_reader", 115_200), clock()).unwrap();
    device.send(id_reader::Command::Claim).unwrap();
    until(&reports, |health| health == Health::READY);
    let mut ratios = Vec::new();
    for _ in 0..10 {
        bench.hand("id_reader place P01");
        assert!(matches!(event(&reports), ReaderEvent::CardFound));
        let found_at = clock().monotonic();
        assert!(matches!(event(&reports), ReaderEvent::IdRead(_)));
        let took = clock().monotonic().saturating_sub(found_at);
        // Select, read, new address: three questions of 10 bytes, answers of 19, 1295 and 11; the module
        // takes 900 ms for the card and 5 ms for each of the other two.
        let line = Duration::from_micros((30 + 19 + 1295 + 11) * 10 * 1_000_000 / 115_200);
        let own = Duration::from_millis(900 + 2 * 5);
        ratios.push((took.as_secs_f64() / (line + own).as_secs_f64(), took, line + own));
        bench.hand("id_reader remove");
        let asked: u64 = bench.hand("id_reader requests").parse().unwrap();
        bench.hand(&format!("wait id_reader requests {}", asked + 3));
    }
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, took, theory) = ratios[ratios.len() / 2];
    tell(
        "card, found to read (median)",
        &format!("{:.1} ms = {ratio:.3} x", ms(took)),
        &format!("{:.1} ms on the line and in the module", ms(theory)),
        "1.05 x",
    );
    assert!(device.shutdown());
}

/// The line of a device while it was measured: how busy, and how long.
fn busy(bench: &Bench, device: &str) -> (f64, Duration) {
    let told = bench.hand(&format!("{device} line"));
    let words: Vec<&str> = told.split_whitespace().collect();
    let us = |at: usize| words[at].parse::<u32>().unwrap();
    let (busy, span) = (us(2), us(5));
    (100.0 * f64::from(busy) / f64::from(span), Duration::from_micros(u64::from(span)))
}

#[test]
fn a_certificate_keeps_the_line_busy() {
    if !is_wanted() {
        return;
    }
    let bench = Bench::new(LineRate::Real);
    let line = bench.line("page_printer", 921_600);
    let driver = PagePrinter::new(line.baud, 7, false);
    let (device, reports) = spawn("page_printer", line, driver, clock()).unwrap();
    crate::device::receipt_printer::until_ready(&device, &reports);
    let dots = certificate_dots();
    let picture = Raster::new(dots.width_px as usize, dots.height_px as usize, dots.as_bytes());
    let name = JobName::new("K03-1").unwrap();
    let job = page_printer::Job::new(1, name, Sheet::A4, &[picture.unwrap()]).unwrap();
    let size = job.size_bytes();
    device.send(page_printer::Command::Print(job)).unwrap();
    while !matches!(event(&reports), page_printer::Event::JobSent { .. }) {}
    bench.hand(&format!("page_printer measure {}", size * 9 / 10));
    while !matches!(event(&reports), page_printer::Event::JobConfirmed { .. }) {}
    let (busy, span) = busy(&bench, "page_printer");
    tell(
        "certificate at 921600 baud",
        &format!("{busy:.1} % busy"),
        &format!("{:.0} ms for 9/10 of {size} bytes", ms(span)),
        "95 %",
    );
    assert!(device.shutdown());
}

#[test]
fn a_receipt_keeps_the_line_busy() {
    if !is_wanted() {
        return;
    }
    let bench = Bench::new(LineRate::Real);
    let line = bench.line("receipt_printer", 115_200);
    let (device, reports) =
        spawn("receipt_printer", line, ReceiptPrinter::new(false), clock()).unwrap();
    crate::device::receipt_printer::until_ready(&device, &reports);
    let bits = super::receipt_printer::picture(5, 900);
    let picture = Raster::new(576, 900, &bits).unwrap();
    let size: usize =
        receipt_printer::protocol::bands(picture).iter().map(|band| band.len() + 3).sum();
    let job = receipt_printer::Job::new(1, picture);
    device.send(receipt_printer::Command::Print(job)).unwrap();
    while !matches!(event(&reports), receipt_printer::Event::JobSent { .. }) {}
    bench.hand(&format!("receipt_printer measure {}", size * 9 / 10));
    while !matches!(event(&reports), receipt_printer::Event::JobConfirmed { .. }) {}
    let (busy, span) = busy(&bench, "receipt_printer");
    tell(
        "receipt at 115200 baud",
        &format!("{busy:.1} % busy"),
        &format!("{:.0} ms for 9/10 of {size} bytes", ms(span)),
        "95 %",
    );
    assert!(device.shutdown());
}

/// Nanoseconds that the threads of these names have run.
fn run_ns(names: &[&str]) -> u64 {
    let mut sum = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        if names.contains(&name.trim()) {
            let stat = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let ran = stat.split_whitespace().next().and_then(|word| word.parse().ok());
            sum += ran.unwrap_or(0_u64);
        }
    }
    sum
}

#[test]
fn idle_devices_cost_next_to_nothing() {
    if !is_wanted() {
        return;
    }
    let bench = Bench::new(LineRate::Max);
    let name = ["id_reader", "scanner", "receipt_printer", "page_printer", "panel"];
    let (reader, reader_reports) =
        id_reader::start(bench.line("id_reader", 115_200), clock()).unwrap();
    let config = scanner::Config::default();
    let (scan, scan_reports) =
        scanner::start(bench.line("scanner", 115_200), config, clock()).unwrap();
    let (receipt, receipt_reports) = spawn(
        "receipt_printer",
        bench.line("receipt_printer", 115_200),
        ReceiptPrinter::new(false),
        clock(),
    )
    .unwrap();
    let line = bench.line("page_printer", 921_600);
    let driver = PagePrinter::new(line.baud, 7, false);
    let (page, page_reports) = spawn("page_printer", line, driver, clock()).unwrap();
    until(&reader_reports, |health| health == Health::READY);
    until(&scan_reports, |health| health == Health::READY);
    until(&receipt_reports, |health| health == Health::READY);
    until(&page_reports, |health| health == Health::READY);
    let before = (clock().monotonic(), run_ns(&name));
    // Ten seconds in which nothing is wanted of anybody.
    assert!(
        reader_reports
            .recv_timeout(Duration::from_secs(10))
            .is_ok_and(|report| { matches!(report, Report::Event(ReaderEvent::Identified(_))) })
            || clock().monotonic() > before.0
    );
    drop(scan_reports.recv_timeout(Duration::from_secs(10)));
    let took = clock().monotonic().saturating_sub(before.0);
    let ran = Duration::from_nanos(run_ns(&name) - before.1);
    let without_panel = 100.0 * ran.as_secs_f64() / took.as_secs_f64();
    let (board, board_reports) = panel::start(
        bench.line("panel", 9600),
        panel::Config {
            address: 1,
            door: Some(1),
            key: Some(2),
            proximity: Some(3),
            lamps: [None; 4],
        },
        clock(),
    )
    .unwrap();
    until(&board_reports, |health| health == Health::READY);
    let before = (clock().monotonic(), run_ns(&["panel"]));
    drop(board_reports.recv_timeout(Duration::from_secs(10)));
    let took = clock().monotonic().saturating_sub(before.0);
    let ran = Duration::from_nanos(run_ns(&["panel"]) - before.1);
    let panel = 100.0 * ran.as_secs_f64() / took.as_secs_f64();
    tell(
        "idle: four devices, and the panel",
        &format!("{without_panel:.4} % + {panel:.4} %"),
        "of a core, heart-beats and four polls a second",
        "0.1 %",
    );
    for ended in [reader.shutdown(), scan.shutdown(), receipt.shutdown(), page.shutdown()] {
        assert!(ended);
    }
    assert!(board.shutdown());
}

/// A driver that asks when told and tells when it is answered.
struct Asker;

impl Driver for Asker {
    type Command = ();
    type Event = ();

    fn on(&mut self, _now: Duration, input: Input<'_, ()>) -> Vec<Output<()>> {
        match input {
            Input::Command(()) => vec![Output::Send(vec![0x55; 10])],
            Input::Received(_) => vec![Output::Event(())],
            Input::Opened | Input::Closed | Input::Sent | Input::Due => Vec::new(),
        }
    }

    fn deadline(&self) -> Option<Duration> {
        None
    }

    fn health(&self) -> Health {
        Health::READY
    }
}

/// A device that answers at once.
struct Answerer;

impl Simulator for Answerer {
    fn name(&self) -> &'static str {
        "answerer"
    }

    fn baud(&self) -> u32 {
        115_200
    }

    fn on(&mut self, _now: Duration, happening: Happening<'_>) -> Vec<Effect> {
        match happening {
            Happening::Received(bytes) => vec![Effect::Send(bytes.to_vec())],
            Happening::Connected | Happening::HungUp | Happening::Due => Vec::new(),
        }
    }

    fn deadline(&self) -> Option<Duration> {
        None
    }

    fn command(&mut self, _now: Duration, command: &str) -> Result<String, String> {
        Err(command.to_owned())
    }

    fn holds(&self, _now: Duration, _condition: &str) -> Option<bool> {
        None
    }
}

fn next_event(reports: &Receiver<Report<()>>) {
    while let Ok(report) = reports.recv_timeout(super::PATIENCE) {
        if report == Report::Event(()) {
            return;
        }
    }
}

#[test]
fn a_round_trip_through_a_device_thread_is_short() {
    if !is_wanted() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let answerer: Box<dyn Simulator> = Box::new(Answerer);
    let simulation = Simulation::of(vec![answerer], dir.path(), LineRate::Max, &clock()).unwrap();
    let line = LineConfig {
        port: Port::Path(simulation.line("answerer")),
        baud: 115_200,
        flow_control: FlowControl::None,
    };
    let (device, reports) = spawn("answerer", line, Asker, clock()).unwrap();
    until_open(&simulation);
    let mut trips: Vec<Duration> = (0..5000)
        .map(|_| {
            let before = clock().monotonic();
            device.send(()).unwrap();
            next_event(&reports);
            clock().monotonic().saturating_sub(before)
        })
        .collect();
    trips.sort();
    let at = |per_mille: usize| trips[trips.len() * per_mille / 1000].as_secs_f64() * 1e6;
    tell(
        "round trip: order, line, event",
        &format!("p50 {:.0} us, p99 {:.0} us", at(500), at(990)),
        "through two threads and a pty, unpaced",
        "p50 100 us",
    );
    assert!(device.shutdown());
}

fn until_open(simulation: &Simulation) {
    simulation.command("wait answerer connected").unwrap();
}
