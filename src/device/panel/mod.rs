//! The panel: cabinet door, maintenance key, proximity sensor and guide lamps on one input/output
//! board, Modbus RTU on a serial line.

mod driver;
pub mod protocol;
mod simulator;

use std::sync::Arc;

pub use driver::{Command, Config, Driver, Event, Inputs, Lamps};
pub use simulator::SimulatedPanel;

use super::{LineConfig, SpawnError, Started, spawn};
use crate::clock::Clock;

/// The device's name in logs, commands and fault codes.
pub const NAME: &str = "panel";

/// Starts the panel.
pub fn start(
    line: LineConfig,
    config: Config,
    clock: Arc<dyn Clock>,
) -> Result<Started<Command, Event>, SpawnError> {
    spawn(NAME, line, Driver::new(config), clock)
}
