//! The technician's work at the devices: find what is plugged in, change how it is reached, try it.
//!
//! A changed configuration is tried before it is kept: the devices it touches are started with it, and
//! `devices.toml` is replaced only when all of them have come up. Otherwise they are started again as
//! before, and nothing on the disk has changed at any moment.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use jiff::ToSpan as _;
use tokio::sync::oneshot;

use super::desk::Desk;
pub use super::devices::differing;
use super::devices::make_page_job;
use super::export::{self, Wanted};
use super::report::DeviceKind;
use super::{Message, may_hold_paper, send, spawn, test_papers};
use crate::config::{self, Change, Devices, Edited};
use crate::device::discovery::{self, Found, Language, SerialPort, ports};
use crate::device::{Health, id_reader, page_printer, receipt_printer, scanner};
use crate::domain::calendar::date_in_china;
use crate::fault::{Chain, FaultCode};
use crate::journal::SheetSize;
use crate::wire::v1::{
    Body, ConfigurationOutcome, Document, Hash, MaintenanceConfigured, MaintenanceTested,
};

/// What the last order at the devices has come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Work {
    /// Nothing was ordered.
    #[default]
    Idle,
    /// Ports are being asked what is there.
    Discovering {
        /// The port being asked.
        port: String,
        /// Ports done.
        done: usize,
        /// Ports to ask.
        of: usize,
    },
    /// They were asked.
    Discovered(Vec<PortFound>),
    /// Devices are being started with a changed configuration.
    Trying(Vec<DeviceKind>),
    /// The configuration was changed, or not.
    Configured(Configured),
    /// A device is being tried.
    Testing(DeviceKind),
    /// It was tried.
    Tested(DeviceKind, Tested),
    /// Evidence is being written to a stick.
    Exporting {
        /// Records done.
        done: u64,
        /// Records in all; nothing before the first are done.
        of: u64,
    },
    /// It is there, or not.
    Exported(Exported),
}

/// What became of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exported {
    /// The bundle is whole.
    Whole(Taken),
    /// There is no stick in this folder.
    NoStick(PathBuf),
    /// The stick has no more room.
    Full,
    /// Nothing can be written to the stick.
    ReadOnly,
    /// The stick was there when it began, and is no more.
    PulledOut,
    /// Somebody ended it.
    Ended,
    /// Something else went wrong, here; the log has it in full.
    Failed(Failed),
}

/// Where an export failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// The journal, or the editions beside it, cannot be read.
    Journal,
    /// It cannot be recorded who takes the evidence away.
    Record,
    /// The auditor's public key cannot be read, or is none.
    Key,
    /// The stick does not take it, for a reason of its own.
    Stick,
}

/// A bundle that was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its folder on the stick.
    pub folder: String,
    /// Records in it.
    pub records: u64,
    /// Bytes of its files.
    pub bytes: u64,
    /// SHA-256 of its manifest.
    pub manifest: Hash,
    /// No auditor's key is here: what is personal stays sealed.
    pub sealed: bool,
}

/// One port and what answered there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortFound {
    /// The port.
    pub port: SerialPort,
    /// What answered, if anything did.
    pub found: Option<Found>,
    /// Why it could not be asked.
    pub error: Option<String>,
    /// What `devices.toml` would say of it.
    pub proposal: Vec<Change>,
}

/// What became of a change of `devices.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Configured {
    /// It is in place, with these changes.
    TakenUp(Vec<String>),
    /// A device did not come up; everything is as before.
    RolledBack(DeviceKind, FaultCode),
    /// It could not even be tried.
    Refused(String),
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tested {
    /// A card was read.
    CardRead,
    /// A code of so many bytes was read.
    CodeRead(usize),
    /// The paper came out, by the printer's own word.
    Printed,
    /// What stood in the way.
    Failed(FaultCode),
    /// Nothing happened in the time given.
    TimedOut,
}

impl Tested {
    /// Whether the device did what it is for.
    pub fn passed(self) -> bool {
        match self {
            Self::CardRead | Self::CodeRead(_) | Self::Printed => true,
            Self::Failed(_) | Self::TimedOut => false,
        }
    }

    /// The sheet it has taken out of a tray: the test page is on A4.
    pub fn draws(self, kind: DeviceKind) -> Option<SheetSize> {
        (kind == DeviceKind::PagePrinter && self.passed()).then_some(SheetSize::A4)
    }
}

/// Longer than the slowest device needs to be known as silent: a page printer is asked three times
/// for two seconds each before its line is opened again.
const COMES_UP_WITHIN: Duration = Duration::from_secs(15);
/// Somebody has to find the test card; a test page has to warm up a printer.
const TESTED_WITHIN: Duration = Duration::from_mins(1);
/// Test papers are numbered from the far end: the journal counts its own from 1.
const TEST_JOBS: u64 = u64::MAX - 0xFFFF;

/// Whether a print job is a test paper.
pub(super) fn is_test(job: u64) -> bool {
    job >= TEST_JOBS
}

/// What the terminal keeps of it.
#[derive(Default)]
pub(super) struct Bench {
    /// Counts orders, so that word of an earlier one is known as such.
    order: u64,
    shown: Work,
    trial: Option<Trial>,
    /// Who tries a device.
    tester: String,
    /// The export going on is to end.
    ends_export: Arc<AtomicBool>,
}

struct Trial {
    by: String,
    why: String,
    before: String,
    edited: Edited,
    was: Devices,
    kinds: Vec<DeviceKind>,
    missing: BTreeSet<DeviceKind>,
    /// Who beside the console waits for the outcome.
    reply: Option<oneshot::Sender<Configured>>,
}

impl Bench {
    pub(super) fn shown(&self) -> Work {
        self.shown.clone()
    }

    fn is_busy(&self) -> bool {
        match self.shown {
            Work::Discovering { .. }
            | Work::Trying(_)
            | Work::Testing(_)
            | Work::Exporting { .. } => true,
            Work::Idle
            | Work::Discovered(_)
            | Work::Configured(_)
            | Work::Tested(..)
            | Work::Exported(_) => false,
        }
    }

    /// The device that is being tried: what it tells is no visit's.
    pub(super) fn tests(&self, kind: DeviceKind) -> bool {
        self.shown == Work::Testing(kind)
    }
}

/// Word from a thread or a timer of this module.
pub(super) struct News {
    order: u64,
    what: What,
}

enum What {
    Asking { port: String, done: usize, of: usize },
    Discovered(Vec<PortFound>),
    Exporting { done: u64, of: u64 },
    Exported(Exported),
    TimeIsUp,
}

impl Desk {
    /// Asks every port what is there. The devices give their ports free for that.
    pub(super) fn discover(&mut self) -> bool {
        if self.bench.is_busy() || self.prints() {
            return false;
        }
        let order = self.begin(Work::Discovering { port: String::new(), done: 0, of: 0 });
        for kind in DeviceKind::ALL {
            self.devices.stop(kind);
        }
        let (inbox, clock) = (self.inbox.clone(), self.settings.clock.clone());
        let simulated = self.settings.devices.simulated.clone();
        let started = spawn("discovery", move || {
            let tell = |what| send(&inbox, Message::Worked(News { order, what }));
            let found = discover(simulated.as_deref(), clock.as_ref(), |port, done, of| {
                tell(What::Asking { port: port.to_owned(), done, of });
            });
            tell(What::Discovered(found));
        });
        if let Err(error) = started {
            tracing::error!(error = %Chain(&error), "nothing can be discovered");
            self.bench.shown = Work::Idle;
            self.start_all();
            return false;
        }
        true
    }

    /// Writes the evidence of the last `days`, or all of it, to the stick, on a thread of its own: the screen
    /// answers meanwhile, and so may a visit.
    pub(super) fn export(&mut self, by: String, days: Option<u16>) -> bool {
        if self.bench.is_busy() {
            return false;
        }
        let settings = match self.settings.journal.settings() {
            Ok(settings) => settings,
            Err(error) => {
                self.journal_failed(&error);
                return false;
            }
        };
        let days = days.map(|days| i64::from(days.saturating_sub(1)));
        let today = date_in_china(self.now());
        let from = days.map(|days| today.saturating_sub(days.days()));
        let wanted = Wanted {
            stick: self.settings.kiosk.stick_folder.clone(),
            data: self.settings.kiosk.data_folder.clone(),
            keys: self.settings.kiosk.keys_folder.clone(),
            at: self.now(),
            by,
            from,
        };
        let order = self.begin(Work::Exporting { done: 0, of: 0 });
        let ends = Arc::new(AtomicBool::new(false));
        self.bench.ends_export = Arc::clone(&ends);
        let (inbox, journal) = (self.inbox.clone(), self.settings.journal.clone());
        let started = spawn("export", move || {
            let tell = |what| send(&inbox, Message::Worked(News { order, what }));
            let progress = |done, of| {
                tell(What::Exporting { done, of });
                if ends.load(Ordering::Relaxed) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            };
            let record = |exported| journal.record(Body::MaintenanceExported(exported)).map(drop);
            tell(What::Exported(export::to_stick(&wanted, &settings, progress, record)));
        });
        if let Err(error) = started {
            tracing::error!(error = %Chain(&error), "nothing can be exported");
            self.bench.shown = Work::Idle;
            return false;
        }
        true
    }

    /// The export ends at its next step.
    pub(super) fn end_export(&mut self) -> bool {
        self.bench.ends_export.store(true, Ordering::Relaxed);
        matches!(self.bench.shown, Work::Exporting { .. })
    }

    /// Tries a changed configuration, and keeps it if every device it touches comes up.
    pub(super) fn configure(
        &mut self,
        by: String,
        why: String,
        changes: &[Change],
        reply: Option<oneshot::Sender<Configured>>,
    ) {
        let refuse = |desk: &mut Self, why: String, reply: Option<oneshot::Sender<Configured>>| {
            let refused = Configured::Refused(why);
            if !desk.bench.is_busy() {
                desk.bench.shown = Work::Configured(refused.clone());
            }
            answer(reply, refused);
        };
        if self.bench.is_busy() || self.prints() {
            return refuse(
                self,
                "the devices are at work: try again in a moment".to_owned(),
                reply,
            );
        }
        let folder = self.settings.config_folder.clone();
        let before = match config::devices_text(&folder) {
            Ok(text) => text,
            Err(error) => return refuse(self, Chain(&error).to_string(), reply),
        };
        let mut edited = match config::apply(&folder, &before, changes) {
            Ok(edited) => edited,
            Err(error) => return refuse(self, Chain(&error).to_string(), reply),
        };
        if edited.changes.is_empty() {
            return refuse(self, "that is what devices.toml says already".to_owned(), reply);
        }
        // A folder of simulated devices given on the command line stays until the file says otherwise.
        if !edited.changes.iter().any(|change| change.starts_with("simulate.")) {
            edited.devices.simulated.clone_from(&self.settings.devices.simulated);
        }
        let kinds = differing(&self.settings.devices, &edited.devices);
        let order = self.begin(Work::Trying(kinds.clone()));
        let was = std::mem::replace(&mut self.settings.devices, edited.devices.clone());
        self.restart(&kinds);
        let missing = kinds.iter().copied().filter(|kind| self.devices.has(*kind)).collect();
        self.bench.trial = Some(Trial { by, why, before, edited, was, kinds, missing, reply });
        self.after(COMES_UP_WITHIN, order);
        self.consider_trial(None);
    }

    /// A device's health during a trial.
    pub(super) fn trial_health(&mut self, kind: DeviceKind, health: Health) {
        let Some(trial) = &mut self.bench.trial else { return };
        match health {
            // It answers; that its paper is out is no matter of the configuration.
            Health::Ready { .. }
            | Health::Busy
            | Health::NeedsApplicant(_)
            | Health::NeedsAttendant(_) => {
                trial.missing.remove(&kind);
                self.consider_trial(None);
            }
            Health::NeedsTechnician(fault) if trial.missing.contains(&kind) => {
                self.consider_trial(Some((kind, fault.code)));
            }
            Health::NeedsTechnician(_)
            | Health::NotConfigured
            | Health::Starting
            | Health::Offline { .. } => {}
        }
    }

    /// Ends the trial if its outcome is known.
    fn consider_trial(&mut self, failed: Option<(DeviceKind, FaultCode)>) {
        let is_over = failed.is_some()
            || self.bench.trial.as_ref().is_some_and(|trial| trial.missing.is_empty());
        let Some(trial) = self.bench.trial.take_if(|_| is_over) else { return };
        let Trial { by, why, before, edited, was, kinds, reply, .. } = trial;
        let outcome = match failed {
            None => {
                let folder = &self.settings.config_folder;
                match config::replace(folder, &before, &edited.text, self.settings.clock.now()) {
                    Ok(kept) => {
                        tracing::info!(kept = %kept.display(), "devices.toml is replaced");
                        Configured::TakenUp(edited.changes.clone())
                    }
                    Err(error) => Configured::Refused(Chain(&error).to_string()),
                }
            }
            Some((kind, code)) => Configured::RolledBack(kind, code),
        };
        let (recorded, fault) = match &outcome {
            Configured::TakenUp(_) => (ConfigurationOutcome::TakenUp, None),
            Configured::RolledBack(_, code) => {
                (ConfigurationOutcome::RolledBack, Some(code.to_string()))
            }
            Configured::Refused(_) => (ConfigurationOutcome::RolledBack, None),
        };
        if recorded == ConfigurationOutcome::RolledBack {
            self.settings.devices = was;
            self.restart(&kinds);
        }
        self.note(Body::MaintenanceConfigured(MaintenanceConfigured {
            by,
            why,
            file: config::DEVICES_FILE.to_owned(),
            before: Hash::of(before.as_bytes()),
            wanted: Hash::of(edited.text.as_bytes()),
            changes: edited.changes,
            outcome: recorded,
            fault,
        }));
        self.bench.shown = Work::Configured(outcome.clone());
        answer(reply, outcome);
    }

    /// Tries a device: a card, a code or a paper that belongs to nobody.
    pub(super) fn test(&mut self, by: String, kind: DeviceKind) -> bool {
        if self.bench.is_busy() || self.prints() || !self.devices.has(kind) {
            return false;
        }
        self.bench.tester = by;
        let order = self.begin(Work::Testing(kind));
        let sent = match kind {
            DeviceKind::IdReader => {
                self.command_reader(id_reader::Command::Claim);
                Ok(())
            }
            DeviceKind::Scanner => {
                self.command_scanner(scanner::Command::Arm);
                Ok(())
            }
            DeviceKind::ReceiptPrinter => self.print_test_slip(order),
            DeviceKind::PagePrinter => self.print_test_page(order),
            DeviceKind::Panel => return false,
        };
        if let Err(why) = sent {
            tracing::error!(why, "a test paper cannot be made");
            self.bench.shown = Work::Idle;
            return false;
        }
        self.after(TESTED_WITHIN, order);
        true
    }

    fn print_test_slip(&self, order: u64) -> Result<(), String> {
        let slip = test_papers::slip(&self.settings.kiosk, self.now());
        self.print_slip(TEST_JOBS + order, &slip)
    }

    /// Prints the readiness report.
    pub(super) fn print_report(
        &mut self,
        slip: &crate::certificate::slip::Slip,
    ) -> Result<(), String> {
        if self.bench.is_busy() {
            return Err("the devices are at work: try again in a moment".to_owned());
        }
        self.bench.order += 1;
        self.print_slip(TEST_JOBS + self.bench.order, slip)
    }

    /// Prints a slip that is nobody's.
    pub(super) fn print_slip(
        &self,
        number: u64,
        slip: &crate::certificate::slip::Slip,
    ) -> Result<(), String> {
        let printer = self.devices.receipt_printer.as_ref().ok_or("there is none")?;
        let dots = self.drawn(slip).map_err(|error| Chain(&error).to_string())?;
        let job = test_papers::slip_job_of(number, &dots)?;
        printer.send(receipt_printer::Command::Print(job)).map_err(|error| error.to_string())
    }

    fn print_test_page(&self, order: u64) -> Result<(), String> {
        let printer = self.devices.page_printer.as_ref().ok_or("there is none")?;
        let fonts = self.fonts().map_err(|error| Chain(&error).to_string())?;
        let number = TEST_JOBS + order;
        let make = make_page_job(&self.settings.devices);
        let job = test_papers::page_job_of(number, &self.settings.kiosk, fonts, self.now(), make)?;
        printer.send(page_printer::Command::Print(job)).map_err(|error| error.to_string())
    }

    /// Whether a printer's job is this module's test paper; takes its end.
    pub(super) fn test_paper_ended(&mut self, document: Document, job: u64, how: Tested) -> bool {
        if !is_test(job) {
            return false;
        }
        let kind = match document {
            Document::Original | Document::Copy => DeviceKind::PagePrinter,
            Document::Receipt | Document::Slip | Document::DataReceipt => {
                DeviceKind::ReceiptPrinter
            }
        };
        if self.bench.tests(kind) && job == TEST_JOBS + self.bench.order {
            self.tested(kind, how);
        }
        true
    }

    /// A test has ended.
    pub(super) fn tested(&mut self, kind: DeviceKind, how: Tested) {
        match kind {
            DeviceKind::IdReader => self.command_reader(id_reader::Command::Release),
            DeviceKind::Scanner => self.command_scanner(scanner::Command::Disarm),
            DeviceKind::ReceiptPrinter | DeviceKind::PagePrinter | DeviceKind::Panel => {}
        }
        self.bench.shown = Work::Tested(kind, how);
        let tested = MaintenanceTested {
            by: std::mem::take(&mut self.bench.tester),
            device: kind.as_str().to_owned(),
            passed: how.passed(),
        };
        match self.settings.journal.record_test(tested, how.draws(kind)) {
            Ok(()) => self.recorded(),
            Err(error) => self.journal_failed(&error),
        }
        // What waited for the test paper to come out.
        self.feed(Document::Original);
        self.feed(Document::Receipt);
    }

    /// Ends what can be ended, before somebody signs out. A test paper on its way comes out, and the
    /// papers of others wait for that.
    pub(super) fn end_work(&mut self) {
        if let Work::Testing(kind @ (DeviceKind::IdReader | DeviceKind::Scanner)) = self.bench.shown
        {
            self.tested(kind, Tested::TimedOut);
        }
        if !self.bench.is_busy() {
            self.bench.shown = Work::Idle;
        }
    }

    /// Takes word from a thread or a timer.
    pub(super) fn worked(&mut self, news: News) {
        if news.order != self.bench.order {
            return;
        }
        match (news.what, &self.bench.shown) {
            (What::Asking { port, done, of }, Work::Discovering { .. }) => {
                self.bench.shown = Work::Discovering { port, done, of };
            }
            (What::Discovered(found), Work::Discovering { .. }) => {
                self.bench.shown = Work::Discovered(found);
                self.start_all();
            }
            (What::TimeIsUp, Work::Trying(_)) => {
                let missing = self.bench.trial.as_ref();
                let missing = missing.and_then(|trial| trial.missing.first().copied());
                if let Some(kind) = missing {
                    self.consider_trial(Some((kind, kind.offline())));
                }
            }
            (What::TimeIsUp, Work::Testing(kind)) => self.tested(*kind, Tested::TimedOut),
            (What::Exporting { done, of }, Work::Exporting { .. }) => {
                self.bench.shown = Work::Exporting { done, of };
            }
            (What::Exported(came), Work::Exporting { .. }) => {
                if matches!(came, Exported::Whole(_)) {
                    self.recorded();
                }
                self.bench.shown = Work::Exported(came);
            }
            (
                What::TimeIsUp
                | What::Asking { .. }
                | What::Discovered(_)
                | What::Exporting { .. }
                | What::Exported(_),
                _,
            ) => {}
        }
    }

    fn begin(&mut self, work: Work) -> u64 {
        self.bench.order += 1;
        self.bench.shown = work;
        self.bench.order
    }

    fn after(&self, time: Duration, order: u64) {
        let inbox: SyncSender<Message> = self.inbox.clone();
        self.settings.runtime.spawn(async move {
            tokio::time::sleep(time).await;
            send(&inbox, Message::Worked(News { order, what: What::TimeIsUp }));
        });
    }

    fn start_all(&mut self) {
        self.restart(&DeviceKind::ALL);
    }

    fn restart(&mut self, kinds: &[DeviceKind]) {
        // All ports are free before the first is taken: two devices may have changed places.
        for kind in kinds {
            self.devices.stop(*kind);
        }
        let unfinished = self.settings.journal.unfinished_print_jobs().unwrap_or_else(|error| {
            self.journal_failed(&error);
            Vec::new()
        });
        for kind in kinds {
            let may_hold = may_hold_paper(&unfinished, *kind);
            let started =
                self.devices.start(*kind, &self.settings.devices, may_hold, &self.starter);
            if let Err(error) = started {
                tracing::error!(error = %Chain(&error), "a device cannot be started");
            }
            let health =
                if self.devices.has(*kind) { Health::Starting } else { Health::NotConfigured };
            self.fares(*kind, health);
        }
    }
}

fn answer(reply: Option<oneshot::Sender<Configured>>, outcome: Configured) {
    if let Some(reply) = reply
        && reply.send(outcome).is_err()
    {
        tracing::debug!("nobody waits for the outcome of a changed configuration any more");
    }
}

/// Asks every port of the machine, or of a simulation, what is there; `progress` is told port, how many
/// are done and how many there are.
pub fn discover(
    simulated: Option<&std::path::Path>,
    clock: &dyn crate::clock::Clock,
    mut progress: impl FnMut(&str, usize, usize),
) -> Vec<PortFound> {
    let listed = match simulated {
        Some(folder) => ports::simulated(folder).map_err(|error| error.to_string()),
        None => ports::list().map_err(|error| Chain(&error).to_string()),
    };
    let all = match listed {
        Ok(all) => all,
        Err(why) => {
            tracing::error!(why, "the ports cannot be listed");
            return Vec::new();
        }
    };
    // Each port by itself: the slowest decides, about ten seconds where nothing answers.
    let ask = |port: &SerialPort| discovery::probe(&port.path, &Language::ALL, clock, &mut |_| {});
    let ask = &ask;
    let mut told = Vec::new();
    std::thread::scope(|scope| {
        let asking: Vec<_> =
            all.iter().map(|port| (port, scope.spawn(move || ask(port)))).collect();
        for (done, (port, asked)) in asking.into_iter().enumerate() {
            progress(&port.path.display().to_string(), done, all.len());
            let (found, error) = match asked.join() {
                Ok(Ok(found)) => (found, None),
                Ok(Err(error)) => (None, Some(Chain(&error).to_string())),
                Err(_panicked) => (None, Some("it could not be asked".to_owned())),
            };
            let names = simulated.is_none().then_some((port, all.as_slice()));
            let proposal = found.as_ref().map(|found| proposal(found, names)).unwrap_or_default();
            told.push(PortFound { port: port.clone(), found, error, proposal });
        }
    });
    told
}

/// What `devices.toml` would say of what answered. A simulated port has no name of its own there.
fn proposal(found: &Found, port: Option<(&SerialPort, &[SerialPort])>) -> Vec<Change> {
    let section = found.language.device();
    let change = |key: &str, value: String| Change {
        section: section.to_owned(),
        key: key.to_owned(),
        value,
    };
    let mut changes: Vec<Change> = found
        .language
        .settings()
        .iter()
        .map(|(key, value)| change(key, (*value).to_owned()))
        .collect();
    changes.push(change("baud", found.baud.to_string()));
    if let Some((port, all)) = port {
        let (key, value) = port.setting(all);
        changes.push(change(key, value));
    }
    changes
}
