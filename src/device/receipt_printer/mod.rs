//! The receipt printer: 80 mm thermal paper, ESC/POS over a serial line.

pub mod driver;
pub mod protocol;
pub mod simulator;

pub use crate::device::raster::Raster;
pub use driver::{Command, Event, Evidence, Identity, Job, Outcome, ReceiptPrinter};
pub use simulator::{Model, SimulatedReceiptPrinter};
