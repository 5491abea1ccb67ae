//! Devices: bytes against golden vectors, drivers against simulators on real ptys.

mod actor;
mod command; // as a technician types them, where no kiosk runs
mod discovery;
mod id_reader;
pub(crate) mod inputs;
mod limits;
pub(crate) mod page_printer;
mod panel;
mod receipt_printer;
mod recordings;
mod scanner;
mod simulation;
mod streams;

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::device::simulation::{LineRate, People, Simulation};
use permit_kiosk::device::{FlowControl, Health, LineConfig, Port, Report};

/// Longer than anything waited for takes on a busy machine; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn people() -> People {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config/demo/demo.json");
    People::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// All five devices in a folder of their own.
struct Bench {
    simulation: Simulation,
    dir: tempfile::TempDir,
}

impl Bench {
    fn new(rate: LineRate) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let simulation = Simulation::start(dir.path(), people(), rate, &clock()).unwrap();
        Self { simulation, dir }
    }

    /// A hand at a device; returns once it has taken effect.
    #[track_caller]
    fn hand(&self, command: &str) -> String {
        self.simulation.command(command).unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    fn line(&self, device: &str, baud: u32) -> LineConfig {
        LineConfig {
            port: Port::Path(self.simulation.line(device)),
            baud,
            flow_control: FlowControl::None,
        }
    }
}

/// The record of a card that is nobody's.
pub(crate) fn test_card() -> [u8; 256] {
    id_reader::test_card()
}

/// The next event, whatever healths come before it.
#[track_caller]
fn event<E>(reports: &Receiver<Report<E>>) -> E {
    loop {
        match reports.recv_timeout(PATIENCE).expect("an event comes") {
            Report::Event(event) => return event,
            Report::Health(_) => {}
        }
    }
}

/// Waits until the device is told to be in such a health; returns the events before it.
#[track_caller]
fn until<E>(reports: &Receiver<Report<E>>, is_wanted: impl Fn(Health) -> bool) -> Vec<E> {
    let mut events = Vec::new();
    loop {
        match reports.recv_timeout(PATIENCE).expect("the health comes") {
            Report::Event(event) => events.push(event),
            Report::Health(health) if is_wanted(health) => return events,
            Report::Health(_) => {}
        }
    }
}
