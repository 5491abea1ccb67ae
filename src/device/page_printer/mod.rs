//! The page printer: A4 and A3 sheets, PJL and PCL 5e over a serial line, or IPP over the network.

pub mod driver;
pub mod ipp;
pub mod pcl;
pub mod pjl;
pub mod pwg;
pub mod simulator;

pub use crate::device::raster::Raster;
pub use driver::{Command, Event, Evidence, Identity, Job, Outcome, PagePrinter, Settings};
pub use pcl::Sheet;
pub use pjl::JobName;
pub use simulator::SimulatedPagePrinter;
