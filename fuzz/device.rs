//! The codecs of the devices, and nothing of what opens a line.

#[path = "../src/device/id_reader/bytes.rs"]
pub mod bytes;
#[path = "../src/device/panel/protocol.rs"]
pub mod panel_protocol;
#[path = "../src/device/page_printer/pjl.rs"]
pub mod pjl;
#[path = "../src/device/raster.rs"]
pub mod raster;
#[path = "../src/device/receipt_printer/protocol.rs"]
pub mod receipt_protocol;
#[path = "../src/device/id_reader/protocol.rs"]
pub mod sam_protocol;
#[path = "../src/device/scanner/protocol.rs"]
pub mod scanner_protocol;

/// What the decoder of the ID reader knows of a line.
pub mod line {
    pub const READ_BYTES_MAX: usize = 4096;
}

pub mod id_reader {
    pub use super::bytes;
    pub use super::sam_protocol as protocol;
}

pub mod scanner {
    pub use super::scanner_protocol as protocol;
}

pub mod receipt_printer {
    pub use super::receipt_protocol as protocol;
}

pub mod page_printer {
    pub use super::pjl;
}

pub mod panel {
    pub use super::panel_protocol as protocol;
}
