//! Checks the devices of a configuration where no kiosk runs: each is opened, asked, and watched until
//! it has said how it is. The same drivers serve a visit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use super::devices::{Devices, Starter, line, make_page_job};
pub use super::devices::{panel_config, scanner_config};
use super::report::{Device, DeviceKind};
use super::work::Tested;
use super::{Error, INBOX_MAX, Message, PaperSettings, test_papers};
use crate::clock::Clock;
use crate::config;
use crate::device::discovery::{Language, probe};
use crate::device::{
    Health, LineConfig, Report, id_reader, page_printer, panel, receipt_printer, scanner,
};
use crate::fault::{Chain, FaultCode};

/// What was found of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How it is, and what it says of itself.
    pub device: Device,
    /// The port it was found at.
    pub port: Option<String>,
    /// Its speed as configured.
    pub baud: Option<u32>,
    /// From the question to the first byte of the answer.
    pub round_trip: Option<Duration>,
    /// Why it could not even be asked.
    pub problem: Option<String>,
}

/// The devices of a configuration, opened for a check.
pub struct Check {
    devices: Devices,
    messages: Receiver<Message>,
    configured: config::Devices,
    clock: Arc<dyn Clock>,
    known: BTreeMap<DeviceKind, Checked>,
    jobs: u64,
}

/// A device that has not said by now how it is is silent: as long as a trial of a configuration.
const SETTLES_WITHIN: Duration = Duration::from_secs(15);
/// Longer than the ID reader's heartbeat.
const INTRODUCED_WITHIN: Duration = Duration::from_secs(4);
/// Somebody has to find the test card.
const TESTED_WITHIN: Duration = Duration::from_mins(1);

impl Check {
    /// Opens the devices. Each is asked once at its own speed, then its driver takes over.
    pub fn open(
        configured: &config::Devices,
        kinds: &[DeviceKind],
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let (inbox, messages) = sync_channel(INBOX_MAX);
        let starter = Starter {
            clock: Arc::clone(clock),
            seed: 1,
            inbox,
            #[cfg(feature = "recordings")]
            record_in: None,
        };
        let mut devices = Devices::default();
        let mut known = BTreeMap::new();
        for kind in kinds.iter().copied() {
            known.insert(kind, ask(kind, configured, clock));
            devices.start(kind, configured, false, &starter)?;
        }
        Ok(Self {
            devices,
            messages,
            configured: configured.clone(),
            clock: Arc::clone(clock),
            known,
            jobs: 0,
        })
    }

    /// Waits until every device has said how it is, or the time is up.
    pub fn settle(&mut self) -> Vec<Checked> {
        let until = self.clock.monotonic() + SETTLES_WITHIN;
        while self.known.values().any(|checked| !has_settled(checked)) {
            let Some(message) = self.next(until) else { break };
            self.taken(message);
        }
        let until = self.clock.monotonic() + INTRODUCED_WITHIN;
        while self.known.values().any(is_still_to_name_itself) {
            let Some(message) = self.next(until) else { break };
            self.taken(message);
        }
        self.known.values().cloned().collect()
    }

    /// How the devices are at this moment; waits for news no longer than `within`.
    pub fn watch(&mut self, within: Duration) -> Vec<Checked> {
        let until = self.clock.monotonic() + within;
        while let Some(message) = self.next(until) {
            self.taken(message);
        }
        self.known.values().cloned().collect()
    }

    /// The next message; `None` when the time is up.
    fn next(&self, until: Duration) -> Option<Message> {
        self.messages.recv_timeout(until.saturating_sub(self.clock.monotonic())).ok()
    }

    fn taken(&mut self, message: Message) -> Option<Tested> {
        match message {
            Message::Reader(_, report) => match report {
                Report::Health(health) => self.fares(DeviceKind::IdReader, health),
                Report::Event(id_reader::Event::Identified(id)) => {
                    self.says(DeviceKind::IdReader, Some(format!("SAM {id}")), None);
                }
                Report::Event(id_reader::Event::IdRead(_)) => return Some(Tested::CardRead),
                Report::Event(id_reader::Event::CardFound | id_reader::Event::ReadFailed(_)) => {}
            },
            Message::Scanner(_, report) => match report {
                Report::Health(health) => self.fares(DeviceKind::Scanner, health),
                Report::Event(scanner::Event::Scanned(code)) => {
                    return Some(Tested::CodeRead(code.bytes.reveal().len()));
                }
                Report::Event(scanner::Event::Unreadable) => {
                    return Some(Tested::Failed(FaultCode::ScannerUnreadable));
                }
                Report::Event(scanner::Event::TooLong) => {
                    return Some(Tested::Failed(FaultCode::ScannerTooLong));
                }
            },
            Message::Receipt(_, report) => match report {
                Report::Health(health) => self.fares(DeviceKind::ReceiptPrinter, health),
                Report::Event(receipt_printer::Event::Identified(identity)) => {
                    let words: Vec<String> =
                        [identity.maker, identity.model].into_iter().flatten().collect();
                    let model = (!words.is_empty()).then(|| words.join(" "));
                    self.says(DeviceKind::ReceiptPrinter, model, identity.cuts);
                }
                Report::Event(receipt_printer::Event::JobConfirmed { .. }) => {
                    return Some(Tested::Printed);
                }
                Report::Event(receipt_printer::Event::JobFailed { fault, .. }) => {
                    return Some(Tested::Failed(fault.code));
                }
                Report::Event(receipt_printer::Event::JobSent { .. }) => {}
            },
            Message::Page(_, report) => match report {
                Report::Health(health) => self.fares(DeviceKind::PagePrinter, health),
                Report::Event(page_printer::Event::Identified(identity)) => {
                    self.says(DeviceKind::PagePrinter, identity.model, identity.page_count);
                }
                Report::Event(page_printer::Event::JobConfirmed { .. }) => {
                    return Some(Tested::Printed);
                }
                Report::Event(page_printer::Event::JobFailed { fault, .. }) => {
                    return Some(Tested::Failed(fault.code));
                }
                Report::Event(
                    page_printer::Event::JobSent { .. } | page_printer::Event::Counted(_),
                ) => {}
            },
            Message::Panel(_, report) => match report {
                Report::Health(health) => self.fares(DeviceKind::Panel, health),
                Report::Event(panel::Event::Changed(_)) => {}
            },
            Message::Perform(_)
            | Message::LookedUp { .. }
            | Message::Verified { .. }
            | Message::Terms(_)
            | Message::Synced(_)
            | Message::Asked(..)
            | Message::Rested(_)
            | Message::Worked(_)
            | Message::Beside(..)
            | Message::Then(_) => {}
        }
        None
    }

    fn fares(&mut self, kind: DeviceKind, health: Health) {
        if let Some(checked) = self.known.get_mut(&kind) {
            checked.device.health = health;
            checked.device.since = self.clock.now();
        }
    }

    fn says(&mut self, kind: DeviceKind, model: Option<String>, counter: Option<u64>) {
        if let Some(checked) = self.known.get_mut(&kind) {
            checked.device.model = model.or(checked.device.model.take());
            checked.device.counter = counter.or(checked.device.counter);
        }
    }

    /// Tries a device with a test card, a test code or a test paper.
    pub fn test(
        &mut self,
        kind: DeviceKind,
        kiosk: &config::Kiosk,
        papers: &PaperSettings,
    ) -> Result<Tested, String> {
        self.jobs += 1;
        let now = self.clock.now();
        let sent = match kind {
            DeviceKind::IdReader => {
                self.devices.id_reader.as_ref().map(|device| device.send(id_reader::Command::Claim))
            }
            DeviceKind::Scanner => {
                self.devices.scanner.as_ref().map(|device| device.send(scanner::Command::Arm))
            }
            DeviceKind::ReceiptPrinter => {
                let configured = self.configured.receipt_printer.as_ref();
                let width_dots = configured.ok_or("this kiosk has no such device")?.width_dots;
                let job = test_papers::slip_job(self.jobs, kiosk, papers, now, width_dots)?;
                let printer = self.devices.receipt_printer.as_ref();
                printer.map(|device| device.send(receipt_printer::Command::Print(job)))
            }
            DeviceKind::PagePrinter => {
                let make = make_page_job(&self.configured);
                let job = test_papers::page_job(self.jobs, kiosk, papers, now, make)?;
                let printer = self.devices.page_printer.as_ref();
                printer.map(|device| device.send(page_printer::Command::Print(job)))
            }
            DeviceKind::Panel => return Err("the panel has nothing to try".to_owned()),
        };
        sent.ok_or("this kiosk has no such device")?.map_err(|error| error.to_string())?;
        let until = self.clock.monotonic() + TESTED_WITHIN;
        while let Some(message) = self.next(until) {
            if let Some(tested) = self.taken(message) {
                return Ok(tested);
            }
        }
        Ok(Tested::TimedOut)
    }

    /// The configuration that is checked.
    pub fn configured(&self) -> &config::Devices {
        &self.configured
    }
}

/// Whether a device has said how it is.
fn has_settled(checked: &Checked) -> bool {
    match checked.device.health {
        Health::NotConfigured | Health::NeedsTechnician(_) => true,
        Health::Starting | Health::Offline { .. } => false,
        Health::Ready { .. }
        | Health::Busy
        | Health::NeedsApplicant(_)
        | Health::NeedsAttendant(_) => true,
    }
}

/// An ID reader that is well is asked for its number at its first heartbeat only: cards come first.
fn is_still_to_name_itself(checked: &Checked) -> bool {
    let Device { kind, health, model, .. } = &checked.device;
    *kind == DeviceKind::IdReader && has_come_up(*health) && model.is_none()
}

/// Whether a device has come up: it answers, whatever it lacks.
pub fn has_come_up(health: Health) -> bool {
    match health {
        Health::Ready { .. }
        | Health::Busy
        | Health::NeedsApplicant(_)
        | Health::NeedsAttendant(_) => true,
        Health::NotConfigured
        | Health::Starting
        | Health::NeedsTechnician(_)
        | Health::Offline { .. } => false,
    }
}

/// The line of a device and what it should speak there.
pub fn line_of(
    kind: DeviceKind,
    devices: &config::Devices,
) -> Option<(LineConfig, Option<Language>)> {
    let simulated = devices.simulated.as_deref();
    match kind {
        DeviceKind::Panel => {
            let panel = devices.panel.as_ref()?;
            Some((line(&panel.line, simulated, kind), Some(Language::Modbus)))
        }
        DeviceKind::IdReader => {
            let reader = devices.id_reader.as_ref()?;
            Some((line(&reader.line, simulated, kind), Some(Language::Sam)))
        }
        DeviceKind::Scanner => {
            let scanner = devices.scanner.as_ref()?;
            let language = match scanner.commands {
                config::ScannerCommands::Newland => Some(Language::Newland),
                config::ScannerCommands::Honeywell => Some(Language::Honeywell),
                config::ScannerCommands::Plain => None,
            };
            Some((line(&scanner.line, simulated, kind), language))
        }
        DeviceKind::ReceiptPrinter => {
            let printer = devices.receipt_printer.as_ref()?;
            Some((line(&printer.line, simulated, kind), Some(Language::EscPos)))
        }
        DeviceKind::PagePrinter => match &devices.page_printer.as_ref()?.connection {
            config::PageConnection::Serial { line: serial, .. } => {
                Some((line(serial, simulated, kind), Some(Language::Pjl)))
            }
            config::PageConnection::Ipp { .. } => None,
        },
    }
}

/// The address of a printer on the network, unless a simulator stands in for it.
fn network_printer(kind: DeviceKind, devices: &config::Devices) -> Option<&str> {
    match &devices.page_printer.as_ref()?.connection {
        config::PageConnection::Ipp { uri }
            if kind == DeviceKind::PagePrinter && devices.simulated.is_none() =>
        {
            Some(uri)
        }
        config::PageConnection::Ipp { .. } | config::PageConnection::Serial { .. } => None,
    }
}

fn ask(kind: DeviceKind, devices: &config::Devices, clock: &Arc<dyn Clock>) -> Checked {
    let mut checked = Checked {
        device: super::doctor::device(kind, Health::NotConfigured, clock.now()),
        port: None,
        baud: None,
        round_trip: None,
        problem: None,
    };
    if let Some(uri) = network_printer(kind, devices) {
        checked.device.health = Health::Starting;
        checked.port = Some(uri.to_owned());
        match page_printer::ipp::round_trip(uri, clock.as_ref()) {
            Ok(round_trip) => checked.round_trip = Some(round_trip),
            Err(error) => checked.problem = Some(Chain(&error).to_string()),
        }
        return checked;
    }
    let Some((line, language)) = line_of(kind, devices) else { return checked };
    checked.device.health = Health::Starting;
    checked.baud = Some(line.baud);
    match line.resolve() {
        Ok(port) => checked.port = Some(port),
        Err(error) => checked.problem = Some(Chain(&error).to_string()),
    }
    if let (Some(port), Some(language)) = (&checked.port, language) {
        match probe::round_trip(port.as_ref(), line.baud, language, clock.as_ref()) {
            Ok(round_trip) => checked.round_trip = round_trip,
            Err(error) => checked.problem = Some(Chain(&error).to_string()),
        }
    }
    checked
}
