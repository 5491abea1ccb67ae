//! A serial line: found, opened, configured, locked; after that only bytes that do not block.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use mio::event::Source;
use mio::{Interest, Poll, Token};
use mio_serial::{ClearBuffer, SerialPort, SerialStream};

use super::discovery::ports;

/// Most bytes one read brings.
pub const READ_BYTES_MAX: usize = 4096;
/// Most bytes handed over and not yet written: two chunks of 4 KB, so that the line never runs
/// dry between them, and an aborted document never has more than 0.7 s at 115200 baud in here.
pub const UNSENT_BYTES_MAX: usize = 8192;

/// Where and how to open a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineConfig {
    /// Which port.
    pub port: Port,
    /// Baud; always 8 data bits, no parity, 1 stop bit.
    pub baud: u32,
    /// Who may stop whom.
    pub flow_control: FlowControl,
}

impl LineConfig {
    /// The device file of the port as things are plugged in now.
    pub fn resolve(&self) -> Result<String, Error> {
        find(&self.port)
    }
}

/// A port by its path or by what is plugged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Port {
    /// A device file, or a symlink to one.
    Path(PathBuf),
    /// The one USB serial adapter that matches.
    Usb {
        /// USB vendor id.
        vendor: u16,
        /// USB product id.
        product: u16,
        /// Serial number of the adapter, where it has one.
        serial: Option<String>,
        /// The socket it is plugged into, such as `1-2.3`, where nothing else tells two apart.
        socket: Option<String>,
    },
}

/// Flow control of a line. Never XON/XOFF where answers are binary: a 0x13 in an answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowControl {
    /// None: ID reader and scanner.
    None,
    /// RTS/CTS.
    Hardware,
    /// XON/XOFF.
    Software,
}

/// Why a line could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The ports of the machine could not be listed.
    #[error("cannot list the serial ports")]
    List {
        /// What the system said.
        source: mio_serial::Error,
    },
    /// No adapter, or more than one, matches.
    #[error("{count} serial ports match USB {vendor:04x}:{product:04x}, one is needed")]
    Match {
        /// USB vendor id.
        vendor: u16,
        /// USB product id.
        product: u16,
        /// How many match.
        count: usize,
    },
    /// The path is no text.
    #[error("the path of the port is no text: {path:?}")]
    PathNotText {
        /// The path.
        path: PathBuf,
    },
    /// Opening or configuring failed.
    #[error("cannot open {path} at {baud} baud")]
    Open {
        /// The path.
        path: String,
        /// The speed asked for.
        baud: u32,
        /// What the system said.
        source: mio_serial::Error,
    },
    /// It is open, and cannot be waited for.
    #[error("cannot wait for {path}")]
    Register {
        /// The path.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// Whether the port is there and another program has it: locked (TIOCEXCL, flock), which
    /// serialport calls "no device"; a port that is not there is an I/O error.
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Open { source, .. } => source.kind() == mio_serial::ErrorKind::NoDevice,
            Self::List { .. }
            | Self::Match { .. }
            | Self::PathNotText { .. }
            | Self::Register { .. } => false,
        }
    }
}

/// An open line. Reads and writes never block; there is no flush, for that waits without limit.
pub(super) struct Line {
    stream: SerialStream,
}

impl Line {
    /// Opens the line exclusively, drops what came in before, and has `poll` tell about it.
    pub(super) fn open(config: &LineConfig, poll: &Poll, token: Token) -> Result<Self, Error> {
        let path = find(&config.port)?;
        let open = |source| Error::Open { path: path.clone(), baud: config.baud, source };
        let builder = mio_serial::new(path.as_str(), config.baud)
            .data_bits(mio_serial::DataBits::Eight)
            .parity(mio_serial::Parity::None)
            .stop_bits(mio_serial::StopBits::One)
            .flow_control(match config.flow_control {
                FlowControl::None => mio_serial::FlowControl::None,
                FlowControl::Hardware => mio_serial::FlowControl::Hardware,
                FlowControl::Software => mio_serial::FlowControl::Software,
            });
        let mut stream = SerialStream::open(&builder).map_err(open)?;
        // What came while nobody listened belongs to nobody.
        stream.clear(ClearBuffer::Input).map_err(open)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        stream
            .register(poll.registry(), token, interest)
            .map_err(|source| Error::Register { path: path.clone(), source })?;
        Ok(Self { stream })
    }

    /// Goes on at another speed; what came in at the old one is dropped.
    pub(super) fn set_baud(&mut self, baud: u32) -> Result<(), mio_serial::Error> {
        self.stream.set_baud_rate(baud)?;
        self.stream.clear(ClearBuffer::Input)
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    /// Drops what the operating system has not put on the line yet.
    pub(super) fn discard_output(&self) {
        if let Err(error) = self.stream.clear(ClearBuffer::Output) {
            tracing::debug!(%error, "cannot discard output");
        }
    }

    /// Closes the line at once: without the discarding, closing a UART whose peer stopped the
    /// flow waits up to 30 s for its output to drain (`closing_wait` in termios drivers).
    pub(super) fn close(mut self, poll: &Poll) {
        self.discard_output();
        if let Err(error) = self.stream.deregister(poll.registry()) {
            tracing::debug!(%error, "cannot deregister a line");
        }
    }
}

fn find(port: &Port) -> Result<String, Error> {
    match port {
        Port::Path(path) => path
            .to_str()
            .map(str::to_owned)
            .ok_or_else(|| Error::PathNotText { path: path.clone() }),
        Port::Usb { vendor, product, serial, socket } => {
            let mut matching = ports::list()?.into_iter().filter(|port| {
                port.usb.as_ref().is_some_and(|usb| {
                    usb.vendor == *vendor
                        && usb.product == *product
                        && (serial.is_none() || *serial == usb.serial)
                        && (socket.is_none() || *socket == usb.socket)
                })
            });
            match (matching.next(), matching.count()) {
                (Some(port), 0) => Ok(port.path.display().to_string()),
                (first, more) => Err(Error::Match {
                    vendor: *vendor,
                    product: *product,
                    count: usize::from(first.is_some()) + more,
                }),
            }
        }
    }
}
