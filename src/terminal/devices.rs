//! The devices' threads: started as `devices.toml` says, and started anew one by one when it changes.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::report::DeviceKind;
use super::{Error, Message, spawn};
use crate::clock::Clock;
use crate::config;
use crate::device::recording::Recorded;
use crate::device::{
    self, DeviceHandle, FlowControl, LineConfig, Port, Report, id_reader, page_printer, panel,
    receipt_printer, scanner,
};

/// What every device's thread is started with.
#[derive(Clone)]
pub(super) struct Starter {
    pub(super) clock: Arc<dyn Clock>,
    /// Random bits of this start, for nonces.
    pub(super) seed: u64,
    pub(super) inbox: SyncSender<Message>,
    #[cfg(feature = "recordings")]
    pub(super) record_in: Option<std::path::PathBuf>,
}

impl Starter {
    /// Starts a driver's thread.
    fn spawn<D>(
        &self,
        kind: DeviceKind,
        line: LineConfig,
        settings: D::Settings,
    ) -> Result<device::Started<D::Command, D::Event>, Error>
    where
        D: Recorded + Send + 'static,
        D::Command: std::fmt::Debug + Send + 'static,
        D::Event: Send + 'static,
    {
        let (name, clock) = (kind.as_str(), Arc::clone(&self.clock));
        let failed = |source| Error::StartDevice { device: name, source };
        #[cfg(feature = "recordings")]
        if let Some(folder) = &self.record_in {
            // One file for each start of the thread, in the order of their times.
            let at = self.clock.now().strftime("%Y%m%dT%H%M%S%3fZ");
            match device::recording::into_file(&folder.join(format!("{name}-{at}.jsonl"))) {
                Ok(write) => {
                    let recorder = device::recording::Recorder::<D, _>::new(settings, write);
                    return device::spawn(name, line, recorder, clock).map_err(failed);
                }
                Err(error) => tracing::error!(%error, "{name} is not recorded"),
            }
        }
        device::spawn(name, line, D::made(settings), clock).map_err(failed)
    }

    fn page_printer(
        &self,
        line: LineConfig,
        unfinished_job: bool,
        prefers_pdf: bool,
    ) -> Result<device::Started<page_printer::Command, page_printer::Event>, Error> {
        let (baud, nonce_seed) = (line.baud, self.seed);
        let settings = page_printer::Settings { baud, nonce_seed, unfinished_job, prefers_pdf };
        self.spawn::<page_printer::PagePrinter>(DeviceKind::PagePrinter, line, settings)
    }
}

/// The devices' command ends; `None` where the kiosk has no such device by design.
#[derive(Default)]
pub(super) struct Devices {
    pub(super) id_reader: Option<DeviceHandle<id_reader::Command>>,
    pub(super) scanner: Option<DeviceHandle<scanner::Command>>,
    pub(super) receipt_printer: Option<DeviceHandle<receipt_printer::Command>>,
    pub(super) page_printer: Option<DeviceHandle<page_printer::Command>>,
    pub(super) panel: Option<DeviceHandle<panel::Command>>,
    /// Counts the starts of all devices: what an ended thread still had to say is known by it.
    starts: u64,
    /// The start each device is in.
    current: [u64; DeviceKind::ALL.len()],
}

impl Devices {
    /// Whether there is such a device.
    pub(super) fn has(&self, kind: DeviceKind) -> bool {
        match kind {
            DeviceKind::IdReader => self.id_reader.is_some(),
            DeviceKind::Scanner => self.scanner.is_some(),
            DeviceKind::ReceiptPrinter => self.receipt_printer.is_some(),
            DeviceKind::PagePrinter => self.page_printer.is_some(),
            DeviceKind::Panel => self.panel.is_some(),
        }
    }

    /// Whether a report comes from the thread that runs now.
    pub(super) fn is_current(&self, kind: DeviceKind, start: u64) -> bool {
        self.current.get(kind as usize) == Some(&start)
    }

    /// Ends a device's thread and waits until its port is free again.
    pub(super) fn stop(&mut self, kind: DeviceKind) {
        if let Some(current) = self.current.get_mut(kind as usize) {
            *current = 0;
        }
        let ended = match kind {
            DeviceKind::IdReader => self.id_reader.take().is_none_or(DeviceHandle::shutdown),
            DeviceKind::Scanner => self.scanner.take().is_none_or(DeviceHandle::shutdown),
            DeviceKind::ReceiptPrinter => {
                self.receipt_printer.take().is_none_or(DeviceHandle::shutdown)
            }
            DeviceKind::PagePrinter => self.page_printer.take().is_none_or(DeviceHandle::shutdown),
            DeviceKind::Panel => self.panel.take().is_none_or(DeviceHandle::shutdown),
        };
        if !ended {
            tracing::error!(device.name = kind.as_str(), "a device's thread does not end");
        }
    }

    /// Starts a device as configured. `unfinished`: it may hold a paper of an earlier start.
    pub(super) fn start(
        &mut self,
        kind: DeviceKind,
        devices: &config::Devices,
        unfinished: bool,
        starter: &Starter,
    ) -> Result<(), Error> {
        self.stop(kind);
        self.starts += 1;
        let start = self.starts;
        let inbox = &starter.inbox;
        let simulated = devices.simulated.as_deref();
        match kind {
            DeviceKind::IdReader => {
                let Some(reader) = &devices.id_reader else { return Ok(()) };
                let line = line(&reader.line, simulated, kind);
                let (handle, reports) = starter.spawn::<id_reader::Driver>(kind, line, ())?;
                forward("id-reader-reports", reports, inbox, move |report| {
                    Message::Reader(start, report)
                })?;
                self.id_reader = Some(handle);
            }
            DeviceKind::Scanner => {
                let Some(scanner) = &devices.scanner else { return Ok(()) };
                let line = line(&scanner.line, simulated, kind);
                let config = scanner_config(scanner);
                let (handle, reports) = starter.spawn::<scanner::Driver>(kind, line, config)?;
                forward("scanner-reports", reports, inbox, move |report| {
                    Message::Scanner(start, report)
                })?;
                self.scanner = Some(handle);
            }
            DeviceKind::ReceiptPrinter => {
                let Some(printer) = &devices.receipt_printer else { return Ok(()) };
                let line = line(&printer.line, simulated, kind);
                let (handle, reports) =
                    starter.spawn::<receipt_printer::ReceiptPrinter>(kind, line, unfinished)?;
                forward("receipt-reports", reports, inbox, move |report| {
                    Message::Receipt(start, report)
                })?;
                self.receipt_printer = Some(handle);
            }
            DeviceKind::PagePrinter => {
                let Some(printer) = &devices.page_printer else { return Ok(()) };
                let (handle, reports) = match (&printer.connection, simulated) {
                    (config::PageConnection::Serial { line: serial, prefers_pdf }, _) => {
                        let line = line(serial, simulated, kind);
                        starter.page_printer(line, unfinished, *prefers_pdf)?
                    }
                    // The simulator's printer is on a line.
                    (config::PageConnection::Ipp { .. }, Some(folder)) => {
                        let line = LineConfig {
                            port: Port::Path(folder.join(kind.as_str())),
                            baud: SIMULATED_PAGE_BAUD,
                            flow_control: FlowControl::None,
                        };
                        starter.page_printer(line, unfinished, false)?
                    }
                    (config::PageConnection::Ipp { uri }, None) => {
                        let clock = Arc::clone(&starter.clock);
                        page_printer::ipp::start(kind.as_str(), uri, unfinished, clock)
                            .map_err(|source| Error::StartPrinter { source: Box::new(source) })?
                    }
                };
                forward("page-reports", reports, inbox, move |report| {
                    Message::Page(start, report)
                })?;
                self.page_printer = Some(handle);
            }
            DeviceKind::Panel => {
                let Some(panel) = &devices.panel else { return Ok(()) };
                let line = line(&panel.line, simulated, kind);
                let config = panel_config(panel);
                let (handle, reports) = starter.spawn::<panel::Driver>(kind, line, config)?;
                forward("panel-reports", reports, inbox, move |report| {
                    Message::Panel(start, report)
                })?;
                self.panel = Some(handle);
            }
        }
        if let Some(current) = self.current.get_mut(kind as usize) {
            *current = start;
        }
        Ok(())
    }
}

/// The speed of the simulator's page printer.
const SIMULATED_PAGE_BAUD: u32 = 921_600;

/// How a job for the page printer is made: in the language of how it is reached.
pub(super) type MakePageJob = fn(
    u64,
    page_printer::JobName,
    page_printer::Sheet,
    &[device::Raster<'_>],
) -> Result<page_printer::Job, page_printer::pcl::Error>;

pub(super) fn make_page_job(devices: &config::Devices) -> MakePageJob {
    match devices.page_printer.as_ref().map(|printer| &printer.connection) {
        Some(config::PageConnection::Ipp { .. }) if devices.simulated.is_none() => {
            page_printer::Job::for_network
        }
        Some(_) | None => page_printer::Job::new,
    }
}

/// How a scan engine is set up.
pub fn scanner_config(scanner: &config::Scanner) -> scanner::Config {
    scanner::Config {
        engine: match scanner.commands {
            config::ScannerCommands::Newland => scanner::Engine::Newland,
            config::ScannerCommands::Honeywell => scanner::Engine::Honeywell,
            config::ScannerCommands::Plain => scanner::Engine::Plain,
        },
        suffix: match scanner.suffix {
            config::ScannerSuffix::CarriageReturn => scanner::Suffix::CarriageReturn,
            config::ScannerSuffix::LineFeed => scanner::Suffix::LineFeed,
            config::ScannerSuffix::CarriageReturnLineFeed => {
                scanner::Suffix::CarriageReturnLineFeed
            }
            config::ScannerSuffix::StartAndEnd => scanner::Suffix::StartAndEnd,
            config::ScannerSuffix::None => scanner::Suffix::None,
        },
    }
}

/// Which channel of the panel's board is what.
pub fn panel_config(panel: &config::Panel) -> panel::Config {
    panel::Config {
        address: panel.address,
        door: panel.door,
        key: panel.key,
        proximity: panel.proximity,
        lamps: panel.lamps,
    }
}

/// The line of a device: as configured, or the simulator's pty of that name.
pub(super) fn line(line: &config::Line, simulated: Option<&Path>, kind: DeviceKind) -> LineConfig {
    let port = match (simulated, &line.port) {
        (Some(folder), _) => Port::Path(folder.join(kind.as_str())),
        (None, config::Port::Path(path)) => Port::Path(path.clone()),
        (None, config::Port::Usb { vendor, product, serial, socket }) => Port::Usb {
            vendor: *vendor,
            product: *product,
            serial: serial.clone(),
            socket: socket.clone(),
        },
    };
    let flow_control = match line.flow_control {
        config::FlowControl::None => FlowControl::None,
        config::FlowControl::Hardware => FlowControl::Hardware,
        config::FlowControl::Software => FlowControl::Software,
    };
    LineConfig { port, baud: line.baud, flow_control }
}

/// The devices whose settings differ.
pub fn differing(one: &config::Devices, other: &config::Devices) -> Vec<DeviceKind> {
    let all = one.simulated != other.simulated;
    DeviceKind::ALL
        .into_iter()
        .filter(|kind| {
            all || match kind {
                DeviceKind::IdReader => one.id_reader != other.id_reader,
                DeviceKind::Scanner => one.scanner != other.scanner,
                DeviceKind::ReceiptPrinter => one.receipt_printer != other.receipt_printer,
                DeviceKind::PagePrinter => one.page_printer != other.page_printer,
                DeviceKind::Panel => one.panel != other.panel,
            }
        })
        .collect()
}

/// Hands a device's reports on, in their order, on a thread that does nothing else.
fn forward<E: Send + 'static>(
    name: &'static str,
    reports: std::sync::mpsc::Receiver<Report<E>>,
    inbox: &SyncSender<Message>,
    wrap: impl Fn(Report<E>) -> Message + Send + 'static,
) -> Result<(), Error> {
    let inbox = inbox.clone();
    spawn(name, move || {
        for report in reports {
            // A waiting device is right here: its own queue is bounded and it may wait.
            if inbox.send(wrap(report)).is_err() {
                break;
            }
        }
    })
}
