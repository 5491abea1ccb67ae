//! What the staff did at a kiosk's console, as it stands in the journal: who and what, never a PIN.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::record::Hash;

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

/// Somebody changed a configuration file of the kiosk, at the console or by a command beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceConfigured {
    /// Who.
    pub by: String,
    /// Why, in their words.
    pub why: String,
    /// Which file.
    pub file: String,
    /// SHA-256 of the file before.
    pub before: Hash,
    /// SHA-256 of the file as they wanted it.
    pub wanted: Hash,
    /// What differs, one key each: `scanner.baud: 9600 -> 115200`.
    pub changes: Vec<String>,
    /// What became of it.
    pub outcome: ConfigurationOutcome,
    /// The fault that stood when it was rolled back.
    pub fault: Option<String>,
}

/// What became of a changed configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigurationOutcome {
    /// Every device it touches came up with it; the file is in place.
    TakenUp,
    /// The file was put in place although a device did not come up, by somebody's word.
    Forced,
    /// A device did not come up; the file is as it was before.
    RolledBack,
}

/// Somebody tried a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceTested {
    /// Who.
    pub by: String,
    /// Which device, by its name in `devices.toml`.
    pub device: String,
    /// Whether it did what it is for.
    pub passed: bool,
}

/// Somebody took a bundle of evidence away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceExported {
    /// Who.
    pub by: String,
    /// From this day on, in Asia/Shanghai; from the first record on where nothing stands.
    pub from: Option<Date>,
    /// How many records are in it.
    pub records: u64,
    /// SHA-256 of its `manifest.json`, which has the digests of all else.
    pub manifest: Hash,
    /// What is personal stayed sealed: it was made for no auditor.
    pub sealed: bool,
}

/// Somebody put numbered blank sheets into the tray. What lay there before counts no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlanksCounted {
    /// Who counted.
    pub by: String,
    /// Size of the sheets: `A3` or `A4`.
    pub paper: String,
    /// The number on the first sheet to be drawn.
    pub first: u64,
    /// The number on the last one.
    pub last: u64,
}

/// Numbered blank sheets left the tray.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlanksSpent {
    /// Size of the sheets.
    pub paper: String,
    /// The number on the first of them.
    pub first: u64,
    /// The number on the last of them; the same for a single sheet.
    pub last: u64,
    /// What for.
    pub on: BlankUse,
    /// The print job it was drawn for, if it was for one.
    pub job: Option<u64>,
    /// Who said so; nobody where the printer's own confirmation did.
    pub by: Option<String>,
}

/// What blank sheets were spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlankUse {
    /// A certificate that counts as printed.
    Certificate,
    /// A sheet that was damaged and destroyed.
    Spoiled,
    /// A test page.
    Test,
    /// Taken out again, unprinted.
    TakenOut,
}
