//! `make bench-devices`: every limit of the devices, what was measured beside the time of its bytes on the
//! line, and whether it holds.
//!
//! The lines are ptys that let bytes through no faster than a serial line of their speed. Arguments name
//! what to measure: `page card certificate receipt idle trip`; none, everything.

mod idle;
mod papers;
mod trip;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use permit_kiosk_bench_devices::clock::{Clock, SystemClock};
use permit_kiosk_bench_devices::device::simulation::{LineRate, People, Simulation};
use permit_kiosk_bench_devices::device::{
    DeviceHandle, FlowControl, Health, LineConfig, Port, Report, id_reader,
};

/// Longer than anything waited for takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|word| word == name);
    let mut table = Table { all_hold: true };
    if wanted("page") {
        papers::page(&mut table);
    }
    if wanted("card") {
        card(&mut table);
    }
    if wanted("certificate") {
        papers::certificate(&mut table);
    }
    if wanted("receipt") {
        papers::receipt(&mut table);
    }
    if wanted("idle") {
        idle::idle(&mut table);
    }
    if wanted("trip") {
        trip::round_trip(&mut table);
    }
    if table.all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was measured, line by line.
pub(crate) struct Table {
    all_hold: bool,
}

impl Table {
    pub(crate) fn limit(
        &mut self,
        what: &str,
        measured: &str,
        beside: &str,
        limit: &str,
        holds: bool,
    ) {
        let verdict = if holds { "holds" } else { "MISSED" };
        println!("{what:<32} {measured:>26}   {beside:<48} limit {limit:<11} {verdict}");
        self.all_hold &= holds;
    }
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// All five devices in a folder of their own.
pub(crate) struct Bench {
    simulation: Simulation,
    _dir: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new(rate: LineRate) -> Self {
        let people = include_str!("../../../kiosk-config/demo/demo.json");
        let people = People::parse(people).expect("the demonstration's people");
        let dir = tempfile::tempdir().expect("a folder can be made");
        let simulation = Simulation::start(dir.path(), people, rate, &clock()).expect("ptys");
        Self { simulation, _dir: dir }
    }

    /// A hand at a device; returns once it has taken effect.
    pub(crate) fn hand(&self, command: &str) -> String {
        self.simulation.command(command).unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    pub(crate) fn line(&self, device: &str, baud: u32) -> LineConfig {
        line(&self.simulation, device, baud)
    }
}

pub(crate) fn line(simulation: &Simulation, device: &str, baud: u32) -> LineConfig {
    LineConfig {
        port: Port::Path(simulation.line(device)),
        baud,
        flow_control: FlowControl::None,
    }
}

/// The next event, whatever healths come before it.
pub(crate) fn event<E>(reports: &Receiver<Report<E>>) -> E {
    loop {
        if let Report::Event(event) = reports.recv_timeout(PATIENCE).expect("an event comes") {
            return event;
        }
    }
}

/// Waits until the device is well.
pub(crate) fn until_ready<C, E>(device: &DeviceHandle<C>, reports: &Receiver<Report<E>>) {
    let end = clock().monotonic() + PATIENCE;
    while device.health() != Health::READY {
        assert!(clock().monotonic() < end, "{device:?} does not get ready");
        drop(reports.recv_timeout(Duration::from_millis(20)));
    }
}

/// A card is found and read, again and again.
fn card(table: &mut Table) {
    let bench = Bench::new(LineRate::Real);
    let started = id_reader::start(bench.line("id_reader", 115_200), clock());
    let (device, reports) = started.expect("a thread");
    device.send(id_reader::Command::Claim).expect("it takes commands");
    until_ready(&device, &reports);
    // Select, read, new address: three questions of 10 bytes, answers of 19, 1295 and 11; the module takes
    // 900 ms for the card and 5 ms for each of the other two.
    let on_the_line = Duration::from_micros((30 + 19 + 1295 + 11) * 10 * 1_000_000 / 115_200);
    let theory = on_the_line + Duration::from_millis(900 + 2 * 5);
    let mut times = Vec::new();
    for _ in 0..10 {
        bench.hand("id_reader place P01");
        assert!(matches!(event(&reports), id_reader::Event::CardFound));
        let found_at = clock().monotonic();
        assert!(matches!(event(&reports), id_reader::Event::IdRead(_)));
        times.push(clock().monotonic().saturating_sub(found_at));
        bench.hand("id_reader remove");
        let asked: u64 = bench.hand("id_reader requests").parse().expect("a number");
        bench.hand(&format!("wait id_reader requests {}", asked + 3));
    }
    times.sort_unstable();
    let took = times[times.len() / 2];
    let ratio = took.as_secs_f64() / theory.as_secs_f64();
    table.limit(
        "card, found to read (median)",
        &format!("{:.1} ms = {ratio:.3} x", ms(took)),
        &format!("{:.1} ms on the line and in the module", ms(theory)),
        "<= 1.05 x",
        ratio <= 1.05,
    );
    assert!(device.shutdown());
}
