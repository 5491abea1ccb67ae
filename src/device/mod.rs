//! The devices of the kiosk: how each of them fares, and the one thread each of them runs on.
//!
//! A device is made of a *protocol* (pure: bytes in, messages out), a [`Driver`] (pure: a state
//! machine that is told the time) and a simulator that speaks the same wire over a pty. The
//! [`actor`] is the only code here that touches a line, and it runs any driver.

pub mod actor;
pub mod discovery;
pub mod id_reader;
pub mod line;
pub mod page_printer;
pub mod panel;
pub mod pty;
mod raster;
pub mod receipt_printer;
pub mod recording;
pub mod scanner;
pub mod simulation;

use std::time::Duration;

pub use actor::{
    DeviceHandle, Report, Seen, SendError, SpawnError, Started, Tap, spawn, spawn_watched,
};
pub use line::{FlowControl, LineConfig, Port};
pub use raster::Raster;

use crate::fault::{Fault, Fixer};

/// How a device fares, and who can change that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// This kiosk has no such device by design; that is no fault.
    NotConfigured,
    /// The line is not open yet, or the device has not answered its probe.
    Starting,
    /// It works; `warning` is something to see to soon, such as paper near its end.
    Ready {
        /// What an attendant should see to before it becomes a fault.
        warning: Option<Fault>,
    },
    /// It works and is at it: a card is being read, a page is being printed.
    Busy,
    /// The applicant can put it right.
    NeedsApplicant(Fault),
    /// Staff on site can put it right.
    NeedsAttendant(Fault),
    /// Only service staff can put it right.
    NeedsTechnician(Fault),
    /// The line is not there; both instants are monotonic.
    Offline {
        /// When the line was lost.
        since: Duration,
        /// When it is tried again.
        next_try: Duration,
    },
}

impl Health {
    /// Works, and nothing to see to.
    pub const READY: Self = Self::Ready { warning: None };

    /// The health of a device with this fault: whoever can mend it is needed, or nobody yet.
    pub fn of(fault: impl Into<Fault>) -> Self {
        let fault = fault.into();
        if fault.code.is_warning() {
            return Self::Ready { warning: Some(fault) };
        }
        match fault.fixer {
            Fixer::Applicant => Self::NeedsApplicant(fault),
            Fixer::Attendant => Self::NeedsAttendant(fault),
            Fixer::Technician | Fixer::Maker => Self::NeedsTechnician(fault),
        }
    }

    /// Whether an applicant can be served with this device now or in a moment.
    pub fn is_usable(self) -> bool {
        match self {
            Self::Ready { .. } | Self::Busy | Self::NeedsApplicant(_) => true,
            Self::NotConfigured
            | Self::Starting
            | Self::NeedsAttendant(_)
            | Self::NeedsTechnician(_)
            | Self::Offline { .. } => false,
        }
    }

    /// In a word, for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotConfigured => "not-configured",
            Self::Starting => "starting",
            Self::Ready { .. } => "ready",
            Self::Busy => "busy",
            Self::NeedsApplicant(_) => "needs-applicant",
            Self::NeedsAttendant(_) => "needs-attendant",
            Self::NeedsTechnician(_) => "needs-technician",
            Self::Offline { .. } => "offline",
        }
    }

    /// What stands in the way, if anything does and it is not the line itself.
    pub fn fault(self) -> Option<Fault> {
        match self {
            Self::NeedsApplicant(fault)
            | Self::NeedsAttendant(fault)
            | Self::NeedsTechnician(fault)
            | Self::Ready { warning: Some(fault) } => Some(fault),
            Self::Ready { warning: None }
            | Self::NotConfigured
            | Self::Starting
            | Self::Busy
            | Self::Offline { .. } => None,
        }
    }
}

/// In a word, with the code of what stands in the way.
impl std::fmt::Display for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.fault() {
            Some(fault) => write!(f, "{} ({})", self.as_str(), fault.code.as_str()),
            None => f.write_str(self.as_str()),
        }
    }
}

/// A device's behaviour without its line, its thread and its clock.
///
/// `now` is monotonic and never goes back. The actor calls [`Driver::on`] for everything that
/// happens, does the outputs in their order, and calls it again with [`Input::Due`] once
/// [`Driver::deadline`] is reached and no received byte is waiting.
pub trait Driver {
    /// What the kiosk asks of the device.
    type Command;
    /// What the device tells the kiosk.
    type Event;

    /// Something happened.
    fn on(&mut self, now: Duration, input: Input<'_, Self::Command>) -> Vec<Output<Self::Event>>;

    /// When the driver wants to be called even if nothing happens.
    fn deadline(&self) -> Option<Duration>;

    /// How the device fares while its line is open.
    fn health(&self) -> Health;
}

/// What happens to a driver.
#[derive(Debug)]
pub enum Input<'a, C> {
    /// The line is open, its input is cleared, nothing was sent yet.
    Opened,
    /// The line is gone: unplugged, failed, or closed after [`Output::Reopen`]. Bytes handed over
    /// and not yet reported by [`Input::Sent`] may or may not have reached the device.
    Closed,
    /// Bytes came in, in order; 1 to [`line::READ_BYTES_MAX`] of them.
    Received(&'a [u8]),
    /// Everything handed over so far was accepted by the operating system. It is *not* at the
    /// device yet, let alone printed.
    Sent,
    /// The kiosk asks for something. Comes also while the line is closed.
    Command(C),
    /// The deadline is reached.
    Due,
}

/// What a driver wants done.
#[derive(Debug, PartialEq, Eq)]
pub enum Output<E> {
    /// Write these bytes after those already handed over. At most [`line::UNSENT_BYTES_MAX`] may
    /// be unsent at any time: a driver with more sends the next chunk on [`Input::Sent`].
    Send(Vec<u8>),
    /// Forget what was handed over and not written yet, also in the operating system's queue.
    DiscardUnsent,
    /// Tell the kiosk.
    Event(E),
    /// The device does not answer: close the line, wait, open it again.
    Reopen,
}
