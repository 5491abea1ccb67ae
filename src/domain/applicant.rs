//! The person at the kiosk, as read from the document.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Private;

/// Sex as coded on the card (GB/T 2261.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 0 未知.
    Unknown,
    /// 1 男.
    Male,
    /// 2 女.
    Female,
    /// 9 未说明.
    NotStated,
}

/// How the applicant proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentitySource {
    /// The card's chip, read by the ID reader.
    Card,
    /// A code on the phone, resolved by the e-ID service through central.
    ElectronicId,
}

/// The applicant. Lives in memory for one visit; everything personal is `Private`.
#[derive(Debug, Clone)]
pub struct Applicant {
    /// Name as on the document.
    pub name: Private<String>,
    /// Keyed digest of the identity number, hexadecimal: what look-ups and records carry. The number itself
    /// is forgotten where the card was read; behind an e-ID the kiosk never learns it.
    pub id_digest: String,
    /// The masked number for screens and slips, for example `370303********9988`.
    pub id_masked: String,
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub birth: Private<Date>,
    /// Last day of the document, `None` for 长期.
    pub valid_to: Option<Date>,
    /// Which proof it was.
    pub source: IdentitySource,
    /// `resident`, `hmt` or `foreigner`: the document's kind in facts.
    pub document: &'static str,
}
