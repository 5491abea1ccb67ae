//! What a verification found: for machines as JSON; for people it is set in HTML and PDF.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::bundle::{Asked, Chain, Source};
use super::numbers::{BadRating, Counts, Day};
use crate::domain::ApplicationId;
use crate::wire::v1::{Hash, KioskId};

/// Everything a verification found out.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Always [`Report::FORMAT`].
    pub format: &'static str,
    /// Whether nothing is wrong. What could not be looked at stands in `reservations`.
    pub holds: bool,
    /// The bundle's folder, by its name.
    pub bundle: String,
    /// SHA-256 of the manifest: what this report is about.
    pub manifest_sha256: Option<Hash>,
    /// Who signed it, by the name the auditor brought the key under.
    pub signed_by: Option<String>,
    /// When the bundle was made.
    pub made_at: Option<Timestamp>,
    /// Who asked for it.
    pub made_by: Option<String>,
    /// Where.
    pub source: Option<Source>,
    /// What was asked for.
    pub asked: Option<Asked>,
    /// What is wrong, in the order of the bundle; the first [`PROBLEMS_MAX`].
    pub problems: Vec<Problem>,
    /// How many things are wrong altogether.
    pub problem_count: u64,
    /// What could not be looked at, and why.
    pub reservations: BTreeMap<String, u64>,
    /// The chains followed.
    pub chains: Vec<Chain>,
    /// Records looked at.
    pub records: u64,
    /// Records of each kind.
    pub kinds: BTreeMap<String, u64>,
    /// Signatures of records that fit.
    pub signatures: u64,
    /// Seals that fit.
    pub seals: u64,
    /// What became of the decisions.
    pub decisions: Decisions,
    /// What became of every number.
    pub numbers: Vec<SeriesAccount>,
    /// What became of the sheets.
    pub sheets: Sheets,
    /// What became of the numbered blank sheets.
    pub blanks: Blanks,
    /// The look-ups, by register and outcome, and those without a case.
    pub look_ups: LookUps,
    /// What somebody at central decided, in central's bundles.
    pub acts: ActsCounted,
    /// What happened, by day and kiosk.
    pub days: Vec<Day>,
    /// The ratings somebody must answer.
    pub bad_ratings: Vec<BadRating>,
}

/// Problems told one by one at most; the rest is counted.
pub const PROBLEMS_MAX: usize = 1000;

impl Report {
    /// The format's name and version.
    pub const FORMAT: &str = "permit-kiosk/audit-report/1";

    /// A report about the bundle in a folder, that has not seen anything yet.
    pub(super) fn new(folder: &std::path::Path) -> Self {
        let bundle = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        Self {
            format: Self::FORMAT,
            holds: false,
            bundle: bundle.unwrap_or_default(),
            manifest_sha256: None,
            signed_by: None,
            made_at: None,
            made_by: None,
            source: None,
            asked: None,
            problems: Vec::new(),
            problem_count: 0,
            reservations: BTreeMap::new(),
            chains: Vec::new(),
            records: 0,
            kinds: BTreeMap::new(),
            signatures: 0,
            seals: 0,
            decisions: Decisions::default(),
            numbers: Vec::new(),
            sheets: Sheets::default(),
            blanks: Blanks::default(),
            look_ups: LookUps::default(),
            acts: ActsCounted::default(),
            days: Vec::new(),
            bad_ratings: Vec::new(),
        }
    }

    pub(super) fn ended(mut self) -> Self {
        self.holds = self.problem_count == 0 && self.signed_by.is_some();
        self
    }

    /// The first thing that is wrong.
    pub fn first_problem(&self) -> Option<&Problem> {
        self.problems.first()
    }

    /// Everything counted, of all days and kiosks together.
    pub fn together(&self) -> Counts {
        Counts::of(&self.days)
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// In which file of the bundle.
    pub file: String,
    /// In which line of it.
    pub line: Option<u64>,
    /// In whose journal.
    pub kiosk: Option<KioskId>,
    /// Where in it.
    pub position: Option<u64>,
    /// What was looked at.
    pub check: Check,
    /// What is wrong.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, " line {line}")?;
        }
        if let (Some(kiosk), Some(position)) = (&self.kiosk, self.position) {
            write!(f, " ({kiosk} #{position})")?;
        }
        write!(f, ": {}: {}", self.check.as_str(), self.what)
    }
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The signed list of files.
    Manifest,
    /// A file against the list.
    File,
    /// The keys.
    Key,
    /// An edition of the rulebook.
    Edition,
    /// A grant of numbers.
    Grant,
    /// An act of central's: a life closed, a permit revoked.
    Act,
    /// The form of a record.
    Record,
    /// A record's signature.
    Signature,
    /// A record's place in its chain.
    Chain,
    /// The clocks.
    Time,
    /// A number.
    Number,
    /// A permit and the decision behind it.
    Permit,
    /// A seal.
    Seal,
    /// What is under lock.
    Envelope,
    /// A decision, decided again.
    Decision,
    /// A sheet of paper.
    Sheet,
    /// A look-up, or what the applicant was told of them.
    LookUp,
    /// A rating.
    Rating,
    /// The sums.
    Total,
}

impl Check {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::File => "file",
            Self::Key => "key",
            Self::Edition => "edition",
            Self::Grant => "grant",
            Self::Act => "act",
            Self::Record => "record",
            Self::Signature => "signature",
            Self::Chain => "chain",
            Self::Time => "time",
            Self::Number => "number",
            Self::Permit => "permit",
            Self::Seal => "seal",
            Self::Envelope => "envelope",
            Self::Decision => "decision",
            Self::Sheet => "sheet",
            Self::LookUp => "look_up",
            Self::Rating => "rating",
            Self::Total => "total",
        }
    }
}

/// What became of the decisions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Decisions {
    /// All of them.
    pub decided: u64,
    /// Decided again, and the same came out.
    pub equal: u64,
    /// Decided again, and something else came out.
    pub differing: u64,
    /// Not decided again: sealed, and there is no key.
    pub sealed: u64,
    /// Not decided again: their edition is not in the bundle.
    pub without_edition: u64,
    /// Referred by a kiosk that had no edition: there are no rules to decide by again.
    pub without_rules: u64,
}

/// What became of the numbers of one series.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SeriesAccount {
    /// Which series.
    pub series: String,
    /// Numbers leased.
    pub leased: u64,
    /// Of them: on a permit.
    pub issued: u64,
    /// Taken out of use by a person, with a reason.
    pub void: u64,
    /// Given back when their kiosk was taken out of service: never leased again.
    pub returned: u64,
    /// Not used yet, in a life that goes on.
    pub unused: u64,
    /// Not used, in a life that is over: never leased again.
    pub frozen: u64,
    /// Used before the first record of the bundle: their records are in an earlier one.
    pub earlier: u64,
}

/// What became of the sheets that bear a serial, and of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sheets {
    /// Brought into being.
    pub queued: u64,
    /// Confirmed by the printer or by a person.
    pub confirmed: u64,
    /// Destroyed.
    pub voided: u64,
    /// Certainly not printed.
    pub not_printed: u64,
    /// Nobody knows yet.
    pub unknown: u64,
    /// Waiting, or handed to the printer.
    pub under_way: u64,
}

/// The numbered blank sheets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Blanks {
    /// Counted into a tray.
    pub counted: u64,
    /// Certificates are on them.
    pub certificates: u64,
    /// Destroyed.
    pub spoiled: u64,
    /// Test pages are on them.
    pub tests: u64,
    /// Taken out again, unprinted.
    pub taken_out: u64,
    /// Still in their tray.
    pub left: u64,
}

/// The acts of central's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ActsCounted {
    /// Lives of kiosks that were closed.
    pub closings: u64,
    /// Permits that were revoked.
    pub revocations: u64,
}

/// The look-ups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LookUps {
    /// By register and outcome.
    pub asked: BTreeMap<String, u64>,
    /// Of an application that was decided.
    pub with_case: u64,
    /// Of somebody who asked for their results.
    pub for_results: u64,
    /// Of a visit that ended without a decision.
    pub without_case: u64,
    /// Of a visit still going on at the end of the bundle.
    pub open: u64,
    /// In central's own list, in central's bundles.
    pub at_central: u64,
    /// Of those: in no record of the kiosk that asked. A power cut between the answer and the record does that;
    /// more than a few want an explanation.
    pub unrecorded: u64,
    /// The first of them.
    pub unrecorded_first: Vec<Unrecorded>,
}

/// A look-up that central answered and no record of the kiosk tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unrecorded {
    /// The line in the list.
    pub line: u64,
    /// When central was asked.
    pub at: Timestamp,
    /// Which kiosk asked.
    pub kiosk: KioskId,
    /// For which application.
    pub application: ApplicationId,
    /// Which register.
    pub register: String,
}
