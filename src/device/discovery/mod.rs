//! Which serial ports the machine has, and what answers at each of them.
//!
//! A technician who plugs in a reader should not have to know which of five speeds it left the
//! factory with: [`probe`] asks, [`ports`] tells what is plugged in where.

pub mod ports;
pub mod probe;

pub use ports::{SerialPort, UsbAdapter, udev_rule};
pub use probe::{Error, Found, Language, Progress, probe};
