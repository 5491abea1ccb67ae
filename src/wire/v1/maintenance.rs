//! What the staff did at a kiosk's console, as it stands in the journal: who and what, never a PIN.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What somebody of the staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Staff on site: see how the kiosk fares, settle sheets.
    Attendant,
    /// Service staff: everything.
    Technician,
}

impl Role {
    /// The word in files and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attendant => "attendant",
            Self::Technician => "technician",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Attendant, Self::Technician].into_iter().find(|role| role.as_str() == word)
    }
}

/// Somebody signed in: from here on no visit can begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceSignedIn {
    /// Who.
    pub name: String,
    /// As what.
    pub role: Role,
}

/// Somebody was not let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceRefused {
    /// The name that was typed, if it is somebody's: a PIN typed into the wrong field is not kept.
    pub name: Option<String>,
    /// Until when nobody may try, if this was one try too many.
    pub locked_until: Option<Timestamp>,
}

/// Somebody's maintenance ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceSignedOut {
    /// Who.
    pub name: String,
    /// How it ended.
    pub reason: SignOut,
}

/// How maintenance ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignOut {
    /// They left.
    Left,
    /// Nobody touched the screen any more.
    Idle,
}

/// Somebody looked for a sheet nobody knew about. The step it takes by that follows in the same
/// transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceSettled {
    /// Who looked.
    pub by: String,
    /// The print job.
    pub job: u64,
    /// What they saw.
    pub answer: SheetAnswer,
}

/// What became of a sheet, by the word of who looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetAnswer {
    /// It came out whole.
    Complete,
    /// It came out damaged and was destroyed.
    Spoiled,
    /// Nothing came out.
    Nothing,
}

/// Somebody said that a printer holds nobody's paper any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceEmptied {
    /// Who said so.
    pub by: String,
    /// Which printer, by its name in `devices.toml`.
    pub printer: String,
}
