//! Performs what a visit wants done: drives the devices, owns the journal, asks the registers, makes
//! the papers. One thread, one inbox; every answer goes back to the visit as an event.

pub mod console;
mod desk;
pub mod export;
mod look_ups;
mod papers;
pub mod report;
mod slips;

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::clock::Clock;
use crate::config;
use crate::device::{self, DeviceHandle, FlowControl, LineConfig, Port, Report};
use crate::device::{id_reader, page_printer, receipt_printer, scanner};
use crate::domain::ApplicationId;
use crate::journal::{self, Journal};
use crate::registers::Registers;
use crate::rulebooks;
use crate::session::Terms;
use crate::session::effect::Effect;
use crate::session::event::{Event, Moment};
use crate::sync::{self, NumberPlan};

use console::{Ask, Told};
use desk::Desk;
pub use papers::{Error as PaperError, PaperSettings};
use report::Board;

/// The printers' names in logs and commands.
const RECEIPT_PRINTER: &str = "receipt_printer";
const PAGE_PRINTER: &str = "page_printer";
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
    /// A thread could not be started.
    #[error("cannot start the thread {name}")]
    StartThread {
        /// Which thread.
        name: &'static str,
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
    Reader(Report<id_reader::Event>),
    Scanner(Report<scanner::Event>),
    Receipt(Report<receipt_printer::Event>),
    Page(Report<page_printer::Event>),
    LookedUp { visit: u64, answer: look_ups::Answer },
    Terms(Box<Terms>),
    Synced(Box<sync::State>),
    Asked(Ask, oneshot::Sender<Told>),
}

/// The devices' command ends; `None` where the kiosk has no such device by design.
struct Devices {
    id_reader: Option<DeviceHandle<id_reader::Command>>,
    scanner: Option<DeviceHandle<scanner::Command>>,
    receipt_printer: Option<DeviceHandle<receipt_printer::Command>>,
    page_printer: Option<DeviceHandle<page_printer::Command>>,
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
        let devices = start_devices(&settings, &unfinished, &inbox)?;
        let own_inbox = inbox.clone();
        let recorded = Arc::new(Notify::new());
        let notify = Arc::clone(&recorded);
        let rulebooks = Arc::<Mutex<rulebooks::Status>>::default();
        let shelf = Arc::clone(&rulebooks);
        spawn("terminal", move || {
            let desk = Desk::new(settings, devices, own_inbox, events, notify, shelf);
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
    settings: &Settings,
    unfinished: &[journal::PrintJob],
    inbox: &SyncSender<Message>,
) -> Result<Devices, Error> {
    use crate::wire::v1::{Document, PrintStep};
    let devices = &settings.devices;
    let clock = &settings.clock;
    let simulated = devices.simulated.as_deref();
    let sent = |pages: bool| {
        unfinished.iter().any(|job| {
            let is_page = matches!(job.document, Document::Original | Document::Copy);
            job.step == PrintStep::Sent && is_page == pages
        })
    };
    let failed = |device| move |source| Error::StartDevice { device, source };
    let id_reader = match &devices.id_reader {
        Some(reader) => {
            let line = line(&reader.line, simulated, id_reader::NAME);
            let (handle, reports) =
                id_reader::start(line, Arc::clone(clock)).map_err(failed(id_reader::NAME))?;
            forward("id-reader-reports", reports, inbox.clone(), Message::Reader)?;
            Some(handle)
        }
        None => None,
    };
    let scanner = match &devices.scanner {
        Some(scanner) => {
            let line = line(&scanner.line, simulated, scanner::NAME);
            let config = scanner::Config {
                engine: match scanner.commands {
                    config::ScannerCommands::Newland => scanner::Engine::Newland,
                    config::ScannerCommands::Honeywell => scanner::Engine::Honeywell,
                    config::ScannerCommands::Plain => scanner::Engine::Plain,
                },
                suffix: scanner::Suffix::default(),
            };
            let (handle, reports) =
                scanner::start(line, config, Arc::clone(clock)).map_err(failed(scanner::NAME))?;
            forward("scanner-reports", reports, inbox.clone(), Message::Scanner)?;
            Some(handle)
        }
        None => None,
    };
    let receipt_printer = match &devices.receipt_printer {
        Some(printer) => {
            let line = line(&printer.line, simulated, RECEIPT_PRINTER);
            let driver = receipt_printer::ReceiptPrinter::new(sent(false));
            let (handle, reports) = device::spawn(RECEIPT_PRINTER, line, driver, Arc::clone(clock))
                .map_err(failed(RECEIPT_PRINTER))?;
            forward("receipt-reports", reports, inbox.clone(), Message::Receipt)?;
            Some(handle)
        }
        None => None,
    };
    let page_printer = match &devices.page_printer {
        Some(config::PagePrinter {
            connection: config::PageConnection::Serial(serial), ..
        }) => {
            let line = line(serial, simulated, PAGE_PRINTER);
            let driver = page_printer::PagePrinter::new(line.baud, settings.seed, sent(true));
            let (handle, reports) = device::spawn(PAGE_PRINTER, line, driver, Arc::clone(clock))
                .map_err(failed(PAGE_PRINTER))?;
            forward("page-reports", reports, inbox.clone(), Message::Page)?;
            Some(handle)
        }
        Some(config::PagePrinter { connection: config::PageConnection::Ipp { uri }, .. }) => {
            tracing::error!(uri, "the page printer is set to IPP, which this version cannot drive");
            None
        }
        None => None,
    };
    Ok(Devices { id_reader, scanner, receipt_printer, page_printer })
}

/// The line of a device: as configured, or the simulator's pty of that name.
fn line(
    line: &config::Line,
    simulated: Option<&std::path::Path>,
    name: &'static str,
) -> LineConfig {
    let port = match (simulated, &line.port) {
        (Some(folder), _) => Port::Path(folder.join(name)),
        (None, config::Port::Path(path)) => Port::Path(path.clone()),
        (None, config::Port::Usb { vendor, product, serial }) => {
            Port::Usb { vendor: *vendor, product: *product, serial: serial.clone() }
        }
    };
    let flow_control = match line.flow_control {
        config::FlowControl::None => FlowControl::None,
        config::FlowControl::Hardware => FlowControl::Hardware,
        config::FlowControl::Software => FlowControl::Software,
    };
    LineConfig { port, baud: line.baud, flow_control }
}

/// Hands a device's reports on, in their order, on a thread that does nothing else.
fn forward<E: Send + 'static>(
    name: &'static str,
    reports: std::sync::mpsc::Receiver<Report<E>>,
    inbox: SyncSender<Message>,
    wrap: fn(Report<E>) -> Message,
) -> Result<(), Error> {
    spawn(name, move || {
        for report in reports {
            // A waiting device is right here: its own queue is bounded and it may wait.
            if inbox.send(wrap(report)).is_err() {
                break;
            }
        }
    })
}

fn spawn(name: &'static str, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|source| Error::StartThread { name, source })
}
