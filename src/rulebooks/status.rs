//! What this kiosk decides by, what it keeps and what it refused: plain data for screens and heartbeats.

use jiff::{Timestamp, civil::Date};

use crate::domain::Bilingual;
use crate::fault::FaultCode;

/// How the editions on this kiosk are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// What is decided by; with none, everything is referred.
    pub active: Option<Active>,
    /// What was refused since the program started, newest first.
    pub refused: Vec<Refusal>,
    /// The editions on the shelf, newest first, the active one among them.
    pub kept: Vec<EditionName>,
    /// What a technician has to know, in the order of [`FaultCode`].
    pub faults: Vec<FaultCode>,
}

impl Status {
    /// Refusals remembered at most: central offers one edition at a time.
    pub const REFUSED_MAX: usize = 8;
}

/// The edition that is decided by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active {
    /// Which.
    pub edition: EditionName,
    /// The day it was issued.
    pub issued: Date,
    /// After this day a newer one should be here.
    pub refresh_by: Date,
    /// After this day it decides nothing any more.
    pub reject_after: Date,
    /// `refresh_by` has passed: it still decides.
    pub stale: bool,
    /// `reject_after` has passed: everything is referred.
    pub expired: bool,
}

/// One edition, by name and by content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionName {
    /// For example `zhangdian`.
    pub name: String,
    /// Counts up when the publishers' keys change.
    pub epoch: u64,
    /// Counts up within an epoch.
    pub version: u64,
    /// SHA-256 over its files, hexadecimal.
    pub digest: String,
}

impl std::fmt::Display for EditionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}.{}", self.name, self.epoch, self.version)
    }
}

/// An edition that did not become active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which; `None` where the publishers did not sign it, so that nothing it says of itself counts.
    pub edition: Option<EditionName>,
    /// When.
    pub at: Timestamp,
    /// The stable word, for example `OLDER`.
    pub code: &'static str,
    /// Why.
    pub why: Bilingual,
}
