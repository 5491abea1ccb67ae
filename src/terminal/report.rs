//! How the kiosk is, as one plain value: what the console shows and a report prints. Nothing stands in
//! it that the terminal does not know, and nothing about anybody's case.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::work::Work;
use crate::config::{Limits, Setting};
use crate::device::Health;
use crate::domain::Series;
use crate::fault::{Fault, FaultCode};
use crate::wire::v1::Document;
use crate::{journal, rulebooks, sync};

pub use crate::journal::{SheetSize, Tray, Trays};

/// How the kiosk is at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Readiness {
    /// When this was put together.
    pub at: Timestamp,
    /// Whether somebody can be served.
    pub is_ready: bool,
    /// What stands, what stops the kiosk first.
    pub faults: Vec<Standing>,
    /// The editions of the rulebook.
    pub rulebooks: rulebooks::Status,
    /// The line to central.
    pub line: Line,
    /// The numbers left of each series.
    pub numbers: Vec<Numbers>,
    /// Papers nobody knows about, oldest first.
    pub sheets: Vec<UnknownSheet>,
    /// The devices, in the order of `devices.toml`.
    pub devices: Vec<Device>,
    /// `devices.toml` as it stands, key by key with its lines.
    pub settings: Vec<Setting>,
    /// Numbered blank sheets in each tray that somebody counted.
    pub trays: Trays,
    /// What the last order at the devices has come to.
    pub work: Work,
    /// The kiosk itself.
    pub about: About,
}

/// A fault that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub fault: Fault,
    /// Since when.
    pub since: Timestamp,
}

/// The line to central.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How synchronising is doing; `None` until it has said so.
    pub sync: Option<sync::State>,
    /// When central last answered, since the start.
    pub heard_at: Option<Timestamp>,
    /// The last record central has.
    pub acknowledged: Option<u64>,
    /// The last record of the journal.
    pub head: Option<u64>,
}

impl Line {
    /// Whether central has agreed with this journal.
    pub fn is_agreed(&self) -> bool {
        self.sync.as_ref().is_some_and(sync::State::is_agreed)
    }
}

/// The numbers of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// Which series.
    pub series: Series,
    /// How many are left.
    pub left: u64,
    /// Whether these are few.
    pub is_low: bool,
}

/// A paper that may or may not have come out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownSheet {
    /// The print job.
    pub job: u64,
    /// Which paper.
    pub document: Document,
    /// Its serial; slips have none.
    pub serial: Option<String>,
    /// When it went to the printer; `None` if that was before the kiosk's last start.
    pub sent_at: Option<Timestamp>,
    /// The printer's page counter before, where it told.
    pub count_before: Option<u64>,
    /// The printer's page counter when it last told it.
    pub count_now: Option<u64>,
}

/// The devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceKind {
    /// The ID reader.
    IdReader,
    /// The scanner.
    Scanner,
    /// The receipt printer.
    ReceiptPrinter,
    /// The certificate printer.
    PagePrinter,
    /// Door, key, proximity and lamps.
    Panel,
}

impl DeviceKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::IdReader, Self::Scanner, Self::ReceiptPrinter, Self::PagePrinter, Self::Panel];

    /// Its name in `devices.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdReader => "id_reader",
            Self::Scanner => "scanner",
            Self::ReceiptPrinter => "receipt_printer",
            Self::PagePrinter => "page_printer",
            Self::Panel => "panel",
        }
    }

    /// What is wrong with it while its line is not there.
    pub fn offline(self) -> FaultCode {
        match self {
            Self::IdReader => FaultCode::IdReaderOffline,
            Self::Scanner => FaultCode::ScannerOffline,
            Self::ReceiptPrinter => FaultCode::ReceiptOffline,
            Self::PagePrinter => FaultCode::PageOffline,
            Self::Panel => FaultCode::PanelOffline,
        }
    }
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Which.
    pub kind: DeviceKind,
    /// How it fares.
    pub health: Health,
    /// Since when.
    pub since: Timestamp,
    /// Make and model, as it says itself.
    pub model: Option<String>,
    /// Pages printed, or slips cut, in its life, when it last told.
    pub counter: Option<u64>,
}

/// The kiosk itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub kiosk: String,
    /// Where it stands.
    pub place: String,
    /// Version of the software.
    pub software: &'static str,
    /// Which life of the kiosk.
    pub incarnation: u32,
    /// When the software started.
    pub started_at: Timestamp,
    /// Central's clock minus ours, in milliseconds, when it was last compared.
    pub clock_offset_ms: Option<i64>,
    /// Free room on the disk of the journal.
    pub disk_free_bytes: Option<u64>,
    /// Until when the kiosk's certificate holds.
    pub certificate_until: Option<Timestamp>,
}

/// What the terminal judges by.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) devices: &'a [Device],
    pub(super) sync: Option<&'a sync::State>,
    pub(super) numbers: &'a [Numbers],
    pub(super) sheets: &'a [UnknownSheet],
    pub(super) rulebooks: &'a rulebooks::Status,
    pub(super) disk_free_bytes: Option<u64>,
    pub(super) journal_failed: bool,
    pub(super) journal: journal::Condition,
    pub(super) clock_went_back: bool,
    pub(super) help_called: bool,
    pub(super) limits: &'a Limits,
    pub(super) paper_is_low: bool,
    pub(super) certificate: Option<FaultCode>,
}

impl Known<'_> {
    /// What stands. What only an applicant can mend is theirs to know, and not in here.
    pub(super) fn faults(&self) -> BTreeSet<FaultCode> {
        let mut codes: BTreeSet<FaultCode> = self
            .devices
            .iter()
            .filter_map(|device| of_health(device.kind, device.health))
            .collect();
        let mut raise = |stands: bool, code: FaultCode| {
            if stands {
                codes.insert(code);
            }
        };
        for sheet in self.sheets {
            raise(
                true,
                match sheet.document {
                    Document::Original | Document::Copy => FaultCode::PageUnconfirmed,
                    Document::Receipt | Document::Slip | Document::DataReceipt => {
                        FaultCode::ReceiptUnconfirmed
                    }
                },
            );
        }
        raise(self.journal_failed, FaultCode::JournalNotWritable);
        raise(self.journal.is_slow, FaultCode::JournalSlow);
        raise(self.journal.wal_is_large(), FaultCode::JournalWalLarge);
        raise(self.journal.mark_failed, FaultCode::JournalMarkUnwritable);
        raise(self.numbers.iter().any(|series| series.left == 0), FaultCode::NumbersOut);
        raise(self.numbers.iter().any(|series| series.is_low), FaultCode::NumbersLow);
        match self.disk() {
            Disk::Unknown | Disk::Enough => {}
            Disk::Low => raise(true, FaultCode::DiskLow),
            Disk::Full => raise(true, FaultCode::DiskFull),
        }
        raise(self.paper_is_low, FaultCode::PagePaperLow);
        raise(self.has_drifted(), FaultCode::ClockDrift);
        raise(self.clock_went_back, FaultCode::ClockWentBack);
        raise(self.help_called, FaultCode::HelpCalled);
        if let Some(sync) = self.sync {
            raise(!sync.connected && sync.last_error.is_some(), FaultCode::CentralUnreachable);
            raise(sync.quarantined.is_some(), FaultCode::CentralRefused);
        }
        codes.extend(&self.rulebooks.faults);
        codes.extend(self.certificate);
        codes
    }

    /// Whether our clock is too far from central's.
    pub(super) fn has_drifted(&self) -> bool {
        has_drifted(self.sync, self.limits)
    }

    /// How much room there is.
    pub(super) fn disk(&self) -> Disk {
        match self.disk_free_bytes {
            None => Disk::Unknown,
            Some(free) if free < self.limits.disk_free_bytes => Disk::Full,
            // Warned at twice of what stops the kiosk.
            Some(free) if free / 2 < self.limits.disk_free_bytes => Disk::Low,
            Some(_) => Disk::Enough,
        }
    }
}

/// Days before its end that a certificate is worth a warning: time for a letter to the district.
const CERTIFICATE_DAYS_MIN: i64 = 30;

/// What is the matter with a certificate that holds until then, if anything is.
pub(super) fn of_certificate(until: Option<Timestamp>, now: Timestamp) -> Option<FaultCode> {
    let until = until?;
    if until <= now {
        Some(FaultCode::CertificateExpired)
    } else if until.duration_since(now).as_hours() < CERTIFICATE_DAYS_MIN * 24 {
        Some(FaultCode::CertificateEnds)
    } else {
        None
    }
}

/// Whether our clock is too far from central's, as it was last compared.
pub(super) fn has_drifted(sync: Option<&sync::State>, limits: &Limits) -> bool {
    sync.and_then(|sync| sync.clock_offset_ms).is_some_and(|offset_ms| {
        u128::from(offset_ms.unsigned_abs()) > limits.clock_drift.as_millis()
    })
}

/// How much room there is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disk {
    Unknown,
    Enough,
    Low,
    Full,
}

fn of_health(kind: DeviceKind, health: Health) -> Option<FaultCode> {
    match health {
        Health::Offline { .. } => Some(kind.offline()),
        Health::NeedsAttendant(fault)
        | Health::NeedsTechnician(fault)
        | Health::Ready { warning: Some(fault) } => Some(fault.code),
        Health::Ready { warning: None }
        | Health::NotConfigured
        | Health::Starting
        | Health::Busy
        | Health::NeedsApplicant(_) => None,
    }
}

/// The faults that stand, each with its beginning. Clones are the same board: the terminal writes on
/// it, and what goes to central reads it.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<BTreeMap<FaultCode, Timestamp>>>);

impl Board {
    /// What stands, what stops the kiosk first.
    pub fn standing(&self) -> Vec<Standing> {
        let board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Standing> = board
            .iter()
            .map(|(code, since)| Standing { fault: Fault::of(*code), since: *since })
            .collect();
        all.sort_by_key(|standing| standing.fault.code.is_warning());
        all
    }

    /// Takes what stands now; answers what has come (`false`) and gone (`true`).
    pub(super) fn set(
        &self,
        now: Timestamp,
        codes: &BTreeSet<FaultCode>,
    ) -> Vec<(FaultCode, bool)> {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = board.keys().copied().filter(|code| !codes.contains(code));
        let mut changes: Vec<(FaultCode, bool)> = gone.map(|code| (code, true)).collect();
        board.retain(|code, _| codes.contains(code));
        for code in codes {
            if !board.contains_key(code) {
                board.insert(*code, now);
                changes.push((*code, false));
            }
        }
        changes
    }
}
