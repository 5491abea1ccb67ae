//! What the way through a device's thread costs: an order goes to it, ten bytes to the device and back, an
//! event comes.

use std::time::Duration;

use permit_kiosk_bench_devices::device::pty::{Effect, Happening, Simulator};
use permit_kiosk_bench_devices::device::simulation::{LineRate, Simulation};
use permit_kiosk_bench_devices::device::{Driver, Health, Input, Output, spawn};

use super::{Table, clock, event, line};

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

pub(crate) fn round_trip(table: &mut Table) {
    let dir = tempfile::tempdir().expect("a folder can be made");
    let answerer: Box<dyn Simulator> = Box::new(Answerer);
    let simulation = Simulation::of(vec![answerer], dir.path(), LineRate::Max, &clock());
    let simulation = simulation.expect("a pty");
    let line = line(&simulation, "answerer", 115_200);
    let (device, reports) = spawn("answerer", line, Asker, clock()).expect("a thread");
    simulation.command("wait answerer connected").expect("it is opened");
    let mut trips: Vec<Duration> = (0..5000)
        .map(|_| {
            let before = clock().monotonic();
            device.send(()).expect("it takes commands");
            event(&reports);
            clock().monotonic().saturating_sub(before)
        })
        .collect();
    trips.sort_unstable();
    let us = |per_mille: usize| trips[trips.len() * per_mille / 1000].as_secs_f64() * 1e6;
    table.limit(
        "round trip: order, line, event",
        &format!("p50 {:.0} us, p99 {:.0} us", us(500), us(990)),
        "through two threads and a pty, unpaced",
        "p50 < 100 us",
        us(500) < 100.0,
    );
    assert!(device.shutdown());
}
