//! The console's end of the terminal: signing in, looking, settling sheets, signing out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::desk::{Desk, printer_of};
use super::report::{
    About, Device, DeviceKind, Disk, Known, Line, Numbers, Readiness, UnknownSheet, of_certificate,
};
use crate::config::{self, Change};
use crate::device::{Health, page_printer, receipt_printer};
use crate::fault::{Chain, FaultCode};
use crate::journal::{self, SheetSize, Tray, Trays};
use crate::staff::{Door, Member, Pin, Refusal};
use crate::sync;
use crate::wire::v1::{
    Body, Faulted, MaintenanceEmptied, MaintenanceRefused, MaintenanceSignedIn,
    MaintenanceSignedOut, PrintStep, Role, SheetAnswer, SignOut,
};

/// What the console asks.
#[derive(Debug)]
pub enum Ask {
    /// Somebody wants to come in.
    SignIn {
        /// The name they typed.
        name: String,
        /// The PIN they typed.
        pin: Pin,
    },
    /// How is the kiosk now?
    Look,
    /// Somebody looked for a sheet.
    Settle {
        /// The print job.
        job: u64,
        /// What they saw.
        answer: SheetAnswer,
    },
    /// The printer holds nobody's paper any more: somebody switched it off and on and looked.
    Emptied(DeviceKind),
    /// A technician has every port asked what is there.
    Discover,
    /// A technician changes `devices.toml`.
    Configure {
        /// The keys.
        changes: Vec<Change>,
        /// Why, in their words.
        why: String,
    },
    /// A technician tries a device.
    Test(DeviceKind),
    /// What the last order came to has been seen.
    Seen,
    /// Somebody counted numbered blank sheets into a tray.
    CountBlanks {
        /// Size of the paper.
        paper: SheetSize,
        /// What lies in it.
        tray: Tray,
    },
    /// The next numbered sheet of a tray was spoiled.
    SpoilBlank(SheetSize),
    /// A technician takes the kiosk out of service and gives back what is left of its numbers.
    ReturnNumbers {
        /// Why, in their words.
        why: String,
    },
    /// A technician takes the evidence of the last days, today among them, or all of it, to a stick.
    Export {
        /// How many days.
        days: Option<u16>,
    },
    /// The export that is going on is ended.
    EndExport,
    /// Maintenance is over.
    SignOut(SignOut),
}

/// What the console is told.
#[derive(Debug, Clone)]
pub enum Told {
    /// They may not come in.
    Refused(Refusal),
    /// They are in.
    SignedIn(Member, Box<Readiness>),
    /// How the kiosk is.
    Report(Box<Readiness>),
    /// It could not be done: the journal cannot be written, or somebody has settled it meanwhile.
    NotDone(Box<Readiness>),
    /// Nobody is signed in.
    Out,
}

/// What the terminal keeps for the console.
pub(super) struct Console {
    door: Door,
    /// Who is signed in: then no visit can begin, and nobody's paper is printed.
    pub(super) member: Option<Member>,
    pub(super) started_at: Timestamp,
    pub(super) sync: Option<sync::State>,
    heard_at: Option<Timestamp>,
    pub(super) journal_failed: bool,
    /// How the journal's file and disk fare, as it last said.
    journal_condition: journal::Condition,
    pub(super) clock_went_back: bool,
    /// Somebody at the screen wants a person to come.
    pub(super) help_called: bool,
    devices: BTreeMap<DeviceKind, Device>,
    /// What the journal last said; unknown is not zero.
    numbers: Vec<Numbers>,
    /// What lies in the trays of numbered sheets.
    trays: Trays,
    sheets: Vec<UnknownSheet>,
}

impl Console {
    pub(super) fn new(door: Door, devices: Vec<Device>, started_at: Timestamp) -> Self {
        Self {
            door,
            member: None,
            started_at,
            sync: None,
            heard_at: None,
            journal_failed: false,
            journal_condition: journal::Condition::default(),
            clock_went_back: false,
            help_called: false,
            devices: devices.into_iter().map(|device| (device.kind, device)).collect(),
            numbers: Vec::new(),
            trays: Trays::new(),
            sheets: Vec::new(),
        }
    }

    pub(super) fn health(&mut self, kind: DeviceKind, health: Health, now: Timestamp) {
        if let Some(device) = self.devices.get_mut(&kind) {
            device.health = health;
            device.since = now;
        }
    }

    /// Whether a device was well when it last said how it is.
    pub(super) fn is_usable(&self, kind: DeviceKind) -> bool {
        self.devices.get(&kind).is_some_and(|device| device.health.is_usable())
    }

    /// A device said what it is.
    pub(super) fn identified(
        &mut self,
        kind: DeviceKind,
        model: Option<String>,
        counter: Option<u64>,
    ) {
        if let Some(device) = self.devices.get_mut(&kind) {
            device.model = model.or(device.model.take());
            device.counter = counter;
        }
    }

    /// A printer's counter is now this.
    pub(super) fn counted(&mut self, kind: DeviceKind, counter: u64) {
        if let Some(device) = self.devices.get_mut(&kind) {
            device.counter = Some(counter);
        }
    }

    /// A printer's counter, as it last said.
    pub(super) fn counter(&self, kind: DeviceKind) -> Option<u64> {
        self.devices.get(&kind).and_then(|device| device.counter)
    }
}

impl Desk {
    /// Answers the console.
    pub(super) fn answer(&mut self, ask: Ask) -> Told {
        match ask {
            Ask::SignIn { name, pin } => self.sign_in(&name, &pin),
            Ask::Look => match self.console.member {
                Some(_) => Told::Report(self.look()),
                None => Told::Out,
            },
            Ask::Settle { job, answer } => self.settle(job, answer),
            Ask::Emptied(printer) => self.emptied(printer),
            Ask::Discover => self.as_technician(|desk, _by| desk.discover()),
            Ask::Configure { changes, why } => self.as_technician(|desk, by| {
                desk.configure(by, why, &changes, None);
                true
            }),
            Ask::Test(kind) => self.as_technician(|desk, by| desk.test(by, kind)),
            Ask::Seen => {
                self.end_work();
                self.as_staff(|_desk, _by| true)
            }
            Ask::CountBlanks { paper, tray } => self.as_staff(|desk, by| {
                let counted = desk.settings.journal.count_blanks(by, paper, tray);
                desk.booked(counted.map(|()| true))
            }),
            Ask::SpoilBlank(paper) => self.as_staff(|desk, by| {
                let spoiled = desk.settings.journal.spoil_blank(by, paper);
                desk.booked(spoiled)
            }),
            Ask::ReturnNumbers { why } => self.as_technician(|desk, by| desk.give_back(by, why)),
            Ask::Export { days } => self.as_technician(|desk, by| desk.export(by, days)),
            Ask::EndExport => self.as_technician(|desk, _by| desk.end_export()),
            Ask::SignOut(reason) => {
                self.sign_out(reason);
                Told::Out
            }
        }
    }

    /// Does something for whoever is signed in.
    fn as_staff(&mut self, act: impl FnOnce(&mut Self, String) -> bool) -> Told {
        let Some(member) = self.console.member.clone() else { return Told::Out };
        let done = act(self, member.name);
        let report = self.look();
        if done { Told::Report(report) } else { Told::NotDone(report) }
    }

    /// Does something only a technician may.
    fn as_technician(&mut self, act: impl FnOnce(&mut Self, String) -> bool) -> Told {
        let is_technician =
            self.console.member.as_ref().is_some_and(|member| member.role == Role::Technician);
        self.as_staff(|desk, by| is_technician && act(desk, by))
    }

    fn sign_in(&mut self, name: &str, pin: &Pin) -> Told {
        self.sign_out(SignOut::Left);
        match self.console.door.sign_in(self.now(), name, pin) {
            Ok(member) => {
                let Member { name, role } = member.clone();
                self.note(Body::MaintenanceSignedIn(MaintenanceSignedIn { name, role }));
                self.console.member = Some(member.clone());
                Told::SignedIn(member, self.look())
            }
            Err(refusal) => {
                // Nothing is compared while the door is locked, so there is nothing to record.
                if let Refusal::Wrong { is_known, locked_until, .. } = refusal {
                    let name = is_known.then(|| name.to_owned());
                    let refused = MaintenanceRefused { name, locked_until };
                    self.note(Body::MaintenanceRefused(refused));
                }
                Told::Refused(refusal)
            }
        }
    }

    fn sign_out(&mut self, reason: SignOut) {
        let Some(Member { name, .. }) = self.console.member.take() else { return };
        self.end_work();
        self.note(Body::MaintenanceSignedOut(MaintenanceSignedOut { name, reason }));
        self.feed_attended();
    }

    fn settle(&mut self, job: u64, answer: SheetAnswer) -> Told {
        let Some(member) = self.console.member.clone() else { return Told::Out };
        match self.settings.journal.settle_sheet(job, answer, member.name) {
            Ok(queued) => {
                self.recorded();
                if let Some(job) = queued {
                    self.take_up_settled(job);
                }
                Told::Report(self.look())
            }
            Err(error) => {
                tracing::error!(error = %Chain(&error), job, "a sheet was not settled");
                Told::NotDone(self.look())
            }
        }
    }

    fn emptied(&mut self, printer: DeviceKind) -> Told {
        let Some(member) = self.console.member.clone() else { return Told::Out };
        let sent = match (printer, &self.devices.page_printer, &self.devices.receipt_printer) {
            (DeviceKind::PagePrinter, Some(device), _) => {
                device.send(page_printer::Command::ConfirmEmpty)
            }
            (DeviceKind::ReceiptPrinter, _, Some(device)) => {
                device.send(receipt_printer::Command::ConfirmEmpty)
            }
            (DeviceKind::IdReader | DeviceKind::Scanner | DeviceKind::Panel, ..)
            | (_, None, _)
            | (_, _, None) => {
                return Told::NotDone(self.look());
            }
        };
        if let Err(error) = sent {
            tracing::error!(error = %Chain(&error), "the printer takes no commands");
            return Told::NotDone(self.look());
        }
        let printer = printer.as_str().to_owned();
        self.note(Body::MaintenanceEmptied(MaintenanceEmptied { by: member.name, printer }));
        Told::Report(self.look())
    }

    /// Records what the staff did. A journal that cannot be written keeps nobody from the console:
    /// they have come to mend it.
    pub(super) fn note(&mut self, body: Body) {
        match self.settings.journal.record(body) {
            Ok(_) => self.recorded(),
            Err(error) => self.journal_failed(&error),
        }
    }

    /// Gives the kiosk's numbers back for good. A restored copy of an older disk must not: its numbers may
    /// stand on paper, and only central knows.
    fn give_back(&mut self, by: String, why: String) -> bool {
        if !self.console.sync.as_ref().is_some_and(sync::State::is_agreed) {
            tracing::warn!("no number is given back before central has agreed with this journal");
            return false;
        }
        let returned = self.settings.journal.return_numbers(why, by);
        self.booked(returned.map(|_ranges| true))
    }

    /// Whether blank sheets or numbers could be booked.
    fn booked(&mut self, done: Result<bool, journal::Error>) -> bool {
        match done {
            Ok(done) => {
                self.recorded();
                done
            }
            Err(error) => {
                self.journal_failed(&error);
                false
            }
        }
    }

    /// Word from the line to central.
    pub(super) fn synced(&mut self, state: sync::State) {
        let connected = state.connected;
        if connected {
            self.console.heard_at = Some(self.now());
        }
        self.console.sync = Some(state);
        self.equip(|equipment| equipment.connected = connected);
        self.judge();
    }

    /// Looks at everything that is not told by itself, and raises and lays down faults. Not during a
    /// step of a visit, only between: it asks the journal a dozen questions.
    pub(super) fn judge(&mut self) {
        if self.console.journal_failed && self.settings.journal.recover().is_ok() {
            tracing::info!("the journal can be written again");
            self.console.journal_failed = false;
        }
        // A slow disk shows that it is fast again only where something is written.
        if self.console.journal_condition.is_slow
            && let Err(error) = self.settings.journal.recover()
        {
            tracing::warn!(error = %Chain(&error), "the journal's disk is slow, and fails");
        }
        self.count();
        let disk_free_bytes = self.disk_free_bytes();
        let rulebooks = self.rulebooks();
        let devices: Vec<Device> = self.console.devices.values().cloned().collect();
        let known = Known {
            devices: &devices,
            sync: self.console.sync.as_ref(),
            numbers: &self.console.numbers,
            sheets: &self.console.sheets,
            rulebooks: &rulebooks,
            disk_free_bytes,
            journal_failed: self.console.journal_failed,
            journal: self.console.journal_condition,
            clock_went_back: self.console.clock_went_back,
            help_called: self.console.help_called,
            limits: &self.settings.kiosk.limits,
            paper_is_low: self.paper_is_low(),
            certificate: of_certificate(self.settings.certificate_until, self.now()),
        };
        let codes = known.faults();
        // What may not be recorded may not be decided.
        let can_record = known.disk() != Disk::Full
            && !self.console.journal_failed
            && !self.console.journal_condition.is_slow;
        for (code, cleared) in self.settings.board.set(self.now(), &codes) {
            if cleared {
                tracing::info!(fault = %code, "a fault is over");
            } else {
                tracing::warn!(fault = %code, "a fault stands");
            }
            let faulted = Faulted { code: code.to_string(), cleared };
            if code != FaultCode::JournalNotWritable {
                self.note(Body::Faulted(faulted));
            }
        }
        self.equip(|equipment| equipment.journal = can_record);
    }

    /// Asks the journal for numbers and unknown sheets.
    fn count(&mut self) {
        let plan = &self.settings.numbers;
        let low = u64::from(self.settings.kiosk.limits.numbers_low);
        let count = || -> Result<_, journal::Error> {
            let mut numbers = Vec::new();
            for series in plan.series_on(self.settings.clock.today()) {
                let left = self.settings.journal.series_state(&series)?.left;
                numbers.push(Numbers { series, left, is_low: left < low });
            }
            let sheets = self.settings.journal.unfinished_print_jobs()?;
            let sheets = sheets.into_iter().filter(|job| job.step == PrintStep::Unknown);
            let sheets: Vec<UnknownSheet> = sheets.map(|job| self.unknown(&job)).collect();
            let journal = &self.settings.journal;
            Ok((numbers, sheets, journal.trays()?, journal.condition()?))
        };
        match count() {
            Ok((numbers, sheets, trays, condition)) => {
                self.console.journal_condition = condition;
                self.console.trays = trays;
                self.console.numbers = numbers;
                self.console.sheets = sheets;
            }
            Err(error) => tracing::warn!(error = %Chain(&error), "the journal does not answer"),
        }
    }

    fn unknown(&self, job: &journal::PrintJob) -> UnknownSheet {
        let printer = printer_of(job.document);
        UnknownSheet {
            job: job.job,
            document: job.document,
            serial: job.serial.as_ref().map(ToString::to_string),
            sent_at: job.sent.map(|sent| sent.at),
            count_before: job.sent.and_then(|sent| sent.count_before),
            count_now: self.console.counter(printer),
        }
    }

    /// Whether a tray somebody counted has few sheets left.
    fn paper_is_low(&self) -> bool {
        let low = self.settings.devices.page_printer.as_ref().map(|printer| printer.sheets_low);
        low.is_some_and(|low| self.console.trays.values().any(|tray| tray.left() < u64::from(low)))
    }

    fn disk_free_bytes(&self) -> Option<u64> {
        match rustix::fs::statvfs(&self.settings.kiosk.data_folder) {
            Ok(disk) => Some(disk.f_bavail.saturating_mul(disk.f_frsize)),
            Err(error) => {
                tracing::warn!(%error, "the disk does not say how much room it has");
                None
            }
        }
    }

    pub(super) fn look(&mut self) -> Box<Readiness> {
        self.judge();
        let outbox = self.settings.journal.outbox_state().ok();
        let head = self.settings.journal.head().ok();
        let kiosk = &self.settings.kiosk;
        Box::new(Readiness {
            at: self.now(),
            is_ready: self.equipment.can_serve(),
            faults: self.settings.board.standing(),
            rulebooks: self.rulebooks(),
            line: Line {
                sync: self.console.sync.clone(),
                heard_at: self.console.heard_at,
                acknowledged: outbox.map(|outbox| outbox.acknowledged),
                head: head.map(|head| head.position),
            },
            numbers: self.console.numbers.clone(),
            sheets: self.console.sheets.clone(),
            devices: self.console.devices.values().cloned().collect(),
            settings: config::devices_text(&self.settings.config_folder)
                .map(|text| config::settings(&text))
                .unwrap_or_default(),
            trays: self.console.trays.clone(),
            work: self.bench.shown(),
            about: About {
                kiosk: kiosk.id.clone(),
                place: kiosk.place.clone(),
                software: env!("CARGO_PKG_VERSION"),
                incarnation: self.settings.incarnation,
                started_at: self.console.started_at,
                clock_offset_ms: self.console.sync.as_ref().and_then(|sync| sync.clock_offset_ms),
                disk_free_bytes: self.disk_free_bytes(),
                certificate_until: self.settings.certificate_until,
            },
        })
    }
}
