//! The scan engine for codes on phones and papers, on a serial line.

mod driver;
pub mod protocol;
mod simulator;

use std::sync::Arc;

pub use driver::{Command, Config, Driver, Event};
pub use protocol::{Code, Engine, Suffix};
pub use simulator::SimulatedScanner;

use super::{LineConfig, SpawnError, Started, spawn};
use crate::clock::Clock;

/// The device's name in logs, commands and fault codes.
pub const NAME: &str = "scanner";

/// Starts the scanner.
pub fn start(
    line: LineConfig,
    config: Config,
    clock: Arc<dyn Clock>,
) -> Result<Started<Command, Event>, SpawnError> {
    spawn(NAME, line, Driver::new(config), clock)
}
