//! Performs what a visit wants done: drives the devices, owns the journal, asks the registers, makes
//! the papers. One thread, one inbox; every answer goes back to the visit as an event.

pub mod beside;
pub mod check;
pub mod console;
mod desk;
mod devices;
pub mod doctor;
pub mod export;
mod look_ups;
mod papers;
pub mod report;
mod slips;
mod test_papers;
pub mod verifying;
pub mod work;

use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::clock::Clock;
use crate::config;
use crate::device::{self, Report};
use crate::device::{id_reader, page_printer, panel, receipt_printer, scanner};
use crate::domain::ApplicationId;
use crate::journal::{self, Journal};
use crate::registers::Registers;
use crate::rulebooks;
use crate::session::Terms;
use crate::session::effect::Effect;
use crate::session::event::{Event, Moment, Verified};
use crate::sync::{self, NumberPlan};
use crate::wire::v1::Document;

use console::{Ask, Told};
use desk::Desk;
use devices::{Devices, Starter};
pub use papers::{Error as PaperError, PaperSettings};
use report::{Board, DeviceKind};

/// Messages that may wait for the terminal: four devices report a few times a second, a visit wants a
/// handful of things at once.
const INBOX_MAX: usize = 512;
/// Events that may wait for the screen, which takes them within a frame.
const EVENTS_MAX: usize = 256;

/// What the terminal needs.
pub struct Settings {
    /// The kiosk's own configuration.
    pub kiosk: config::Kiosk,
    /// Its devices.
    pub devices: config::Devices,
    /// The folder `devices.toml` is in.
    pub config_folder: PathBuf,
    /// The journal, open.
    pub journal: Journal,
    /// The registers, through central.
    pub registers: Registers,
    /// Fonts, templates and where certificates are kept, if they are.
    pub papers: PaperSettings,
    /// Runs the look-ups.
    pub runtime: tokio::runtime::Handle,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bits of this start, for nonces.
    pub seed: u64,
    /// Which life of the kiosk.
    pub incarnation: u32,
    /// Which series the kiosk holds numbers of.
    pub numbers: NumberPlan,
    /// Where the faults that stand are told.
    pub board: Board,
    /// Until when the kiosk's certificate holds, where that is known.
    pub certificate_until: Option<jiff::Timestamp>,
    /// Where every byte on the devices' lines is written.
    #[cfg(feature = "recordings")]
    pub record_in: Option<PathBuf>,
}

/// The screen's end of the terminal.
#[derive(Debug, Clone)]
pub struct Terminal {
    inbox: SyncSender<Message>,
    clock: ClockHandle,
    recorded: Arc<Notify>,
    rulebooks: Arc<Mutex<rulebooks::Status>>,
}

#[derive(Clone)]
struct ClockHandle(Arc<dyn Clock>);

impl std::fmt::Debug for ClockHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClockHandle")
    }
}

/// Why the terminal could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A device's thread could not be started.
    #[error("cannot start the device {device}")]
    StartDevice {
        /// Which device.
        device: &'static str,
        /// Why.
        source: device::SpawnError,
    },
    /// The page printer on the network could not be started.
    #[error("cannot start the page printer on the network")]
    StartPrinter {
        /// Why.
        source: Box<page_printer::ipp::Error>,
    },
    /// A thread could not be started.
    #[error("cannot start the thread {name}")]
    StartThread {
        /// Which thread.
        name: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// Nobody beside the kiosk could be heard.
    #[error("cannot listen at {}", path.display())]
    Listen {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The journal did not say which papers are unfinished.
    #[error("cannot read the unfinished papers from the journal")]
    ReadPapers {
        /// Why.
        source: journal::Error,
    },
}

/// What comes into the terminal.
enum Message {
    Perform(Effect),
    Reader(u64, Report<id_reader::Event>),
    Scanner(u64, Report<scanner::Event>),
    Receipt(u64, Report<receipt_printer::Event>),
    Page(u64, Report<page_printer::Event>),
    Panel(u64, Report<panel::Event>),
    /// A printer that refused a paper may be offered it again.
    Rested(Document),
    Worked(work::News),
    Beside(beside::Request, oneshot::Sender<beside::Answer>),
    LookedUp {
        visit: u64,
        answer: look_ups::Answer,
    },
    Verified {
        visit: u64,
        verified: Box<Verified>,
    },
    Terms(Box<Terms>),
    Synced(Box<sync::State>),
    Asked(Ask, oneshot::Sender<Told>),
    Then(Box<dyn FnOnce() + Send>),
}

impl Terminal {
    /// Starts the devices and the terminal's thread. The receiver brings what the visit must know.
    pub fn start(settings: Settings) -> Result<(Self, tokio::sync::mpsc::Receiver<Event>), Error> {
        let (inbox, messages) = sync_channel(INBOX_MAX);
        let (events, told) = tokio::sync::mpsc::channel(EVENTS_MAX);
        let clock = ClockHandle(Arc::clone(&settings.clock));
        let unfinished = settings
            .journal
            .unfinished_print_jobs()
            .map_err(|source| Error::ReadPapers { source })?;
        let starter = Starter {
            clock: Arc::clone(&settings.clock),
            seed: settings.seed,
            inbox: inbox.clone(),
            #[cfg(feature = "recordings")]
            record_in: settings.record_in.clone(),
        };
        beside::listen(&settings.kiosk.data_folder, &inbox)?;
        let devices = start_devices(&settings.devices, &unfinished, &starter)?;
        let recorded = Arc::new(Notify::new());
        let notify = Arc::clone(&recorded);
        let rulebooks = Arc::<Mutex<rulebooks::Status>>::default();
        let shelf = Arc::clone(&rulebooks);
        spawn("terminal", move || {
            let desk = Desk::new(settings, devices, starter, events, notify, shelf);
            desk.run(messages, unfinished);
        })?;
        Ok((Self { inbox, clock, recorded, rulebooks }, told))
    }

    /// Has an effect performed; never waits.
    pub fn perform(&self, effect: Effect) {
        send(&self.inbox, Message::Perform(effect));
    }

    /// Tells how synchronising is doing.
    pub fn set_sync(&self, state: sync::State) {
        send(&self.inbox, Message::Synced(Box::new(state)));
    }

    /// Asks something for the console; the answer comes when it is there. It never comes where the
    /// terminal has ended.
    pub fn ask(&self, ask: Ask) -> oneshot::Receiver<Told> {
        let (reply, answer) = oneshot::channel();
        send(&self.inbox, Message::Asked(ask, reply));
        answer
    }

    /// Has something done once the terminal's thread comes to it: it is alive then.
    pub fn then(&self, done: impl FnOnce() + Send + 'static) {
        send(&self.inbox, Message::Then(Box::new(done)));
    }

    /// Tells what the next visit goes by: another edition decides.
    pub fn set_terms(&self, terms: Terms) {
        send(&self.inbox, Message::Terms(Box::new(terms)));
    }

    /// Tells how the editions on this kiosk are.
    pub fn set_rulebooks(&self, status: rulebooks::Status) {
        *self.rulebooks.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    /// How the editions on this kiosk are, as last told.
    pub fn rulebooks(&self) -> rulebooks::Status {
        self.rulebooks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Wakes whoever waits on it each time something was recorded that central should have soon.
    pub fn recorded(&self) -> Arc<Notify> {
        Arc::clone(&self.recorded)
    }

    /// Now.
    pub fn moment(&self) -> Moment {
        Moment { wall: self.clock.0.now(), monotonic: self.clock.0.monotonic() }
    }

    /// A fresh identity for an application.
    ///
    /// # Panics
    ///
    /// If the operating system has no randomness, without which nothing here may be signed either.
    pub fn new_application() -> ApplicationId {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).expect("the operating system gives random bits");
        ApplicationId::from_random(bits)
    }
}

/// Puts a message into the inbox without waiting. A full inbox means that the terminal's thread hangs;
/// then nothing can be promised any more and the message is told to the technician.
fn send(inbox: &SyncSender<Message>, message: Message) {
    match inbox.try_send(message) {
        Ok(()) => {}
        Err(TrySendError::Full(_)) => tracing::error!("the terminal does not take messages"),
        Err(TrySendError::Disconnected(_)) => tracing::warn!("the terminal has ended"),
    }
}

fn start_devices(
    configured: &config::Devices,
    unfinished: &[journal::PrintJob],
    starter: &Starter,
) -> Result<Devices, Error> {
    let mut devices = Devices::default();
    for kind in DeviceKind::ALL {
        devices.start(kind, configured, may_hold_paper(unfinished, kind), starter)?;
    }
    Ok(devices)
}

/// Whether a printer may have a paper in it that was sent and did not come out as far as anybody knows:
/// until a person has answered for it, the printer has to be cleared, or it comes out for somebody else.
fn may_hold_paper(unfinished: &[journal::PrintJob], kind: DeviceKind) -> bool {
    unfinished.iter().any(|job| job.step.is_in_doubt() && desk::printer_of(job.document) == kind)
}

fn spawn(name: &'static str, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|source| Error::StartThread { name, source })
}
