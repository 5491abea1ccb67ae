//! The reader of ID cards: a SAM module (GA/T 467-2019, chapter 7) on a serial line.

pub mod bytes;
mod driver;
pub mod protocol;
mod record;
mod simulator;

use std::sync::Arc;

pub use driver::{Command, Driver, Event, ReadFailure};
pub use protocol::SamId;
pub use record::{Document, IdRecord, RecordError};
pub use simulator::SimulatedIdReader;

use super::{LineConfig, SpawnError, Started, spawn};
use crate::clock::Clock;

/// The device's name in logs, commands and fault codes.
pub const NAME: &str = "id_reader";

/// Starts the ID reader.
pub fn start(
    line: LineConfig,
    clock: Arc<dyn Clock>,
) -> Result<Started<Command, Event>, SpawnError> {
    spawn(NAME, line, Driver::new(), clock)
}
