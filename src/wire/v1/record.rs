//! One record of a kiosk's journal: its exact bytes, its hash, its signature and its typed content.
//!
//! A record is serialised once. Its text is then kept, hashed, signed, sent and stored as it is, and
//! never made again from its parts. The format is described in `docs/formats/journal.md`.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::envelope::Envelope;
use super::maintenance::{
    BlanksCounted, BlanksSpent, MaintenanceConfigured, MaintenanceEmptied, MaintenanceExported,
    MaintenanceRefused, MaintenanceSettled, MaintenanceSignedIn, MaintenanceSignedOut,
    MaintenanceTested,
};
use crate::domain::{self, ApplicationId, Bilingual, ServiceCode, Verdict};
use crate::seal::{Signature, SigningKey, VerifyingKey};

/// A record as it is kept and sent: the exact text and the device key's signature over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRecord {
    /// The record's exact text: one JSON object, no line break.
    pub record: Personal,
    /// By the kiosk's device key over the text, under [`Record::SIGNATURE_CONTEXT`];
    /// hexadecimal.
    pub signature: String,
}

impl SignedRecord {
    /// Signs a record's text with the kiosk's device key.
    pub fn sign(text: String, key: &SigningKey) -> Self {
        let signature = key.sign(Record::SIGNATURE_CONTEXT, text.as_bytes()).to_string();
        Self { record: Personal(text), signature }
    }

    /// Whether the kiosk with this device key wrote it.
    #[must_use]
    pub fn verify(&self, key: &VerifyingKey) -> bool {
        is_signed(key, Record::SIGNATURE_CONTEXT, &self.record.0, &self.signature)
    }

    /// The hash the next record names as `previous`.
    pub fn hash(&self) -> Hash {
        Hash::of_record(self.record.reveal())
    }
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Always [`Record::FORMAT`].
    pub format: String,
    /// Whose journal.
    pub kiosk: KioskId,
    /// Counts the kiosk's lives: a restored disk gets a new one from central before it may issue.
    pub incarnation: u32,
    /// Place in the journal, from 1, without gaps.
    pub position: u64,
    /// Wall clock when the record was written.
    pub at: Timestamp,
    /// Monotonic clock at the same moment; comparable within one `boot_id`.
    pub monotonic_ms: u64,
    /// Which boot of the machine.
    pub boot_id: String,
    /// Hash of the record before; all zero in the first.
    pub previous: Hash,
    /// What happened.
    pub body: Body,
}

impl Record {
    /// The format's name and version.
    pub const FORMAT: &str = "permit-kiosk/record/1";
    /// What the device key's signature over a record is bound to.
    pub const SIGNATURE_CONTEXT: &str = "permit-kiosk/record/1";
    /// Bytes of a record at most: facts 64 KiB, a signature of 7 200 points at 11 bytes, findings of
    /// a hundred rules at 1 KiB, by a third longer in base64, rounded up to a power of two.
    pub const BYTES_MAX: usize = 512 * 1024;

    /// The record's text. Written once per record; everything after works on the text.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a record has only string keys and finite numbers")
    }

    /// Reads a record of this version.
    pub fn read(text: &str) -> Result<Self, FormatError> {
        let record: Self = read_limited(text)?;
        if record.format == Self::FORMAT {
            Ok(record)
        } else {
            Err(FormatError::OtherFormat { found: record.format })
        }
    }

    /// What it says of itself beside its body.
    pub fn header(&self) -> Header {
        Header {
            format: self.format.clone(),
            kiosk: self.kiosk.clone(),
            incarnation: self.incarnation,
            position: self.position,
            at: self.at,
            previous: self.previous,
        }
    }
}

/// What every record says of itself, also one whose body this version does not know: enough to store
/// it in its place, so that no record ever blocks those behind it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Header {
    /// The format's name and version.
    pub format: String,
    /// Whose journal.
    pub kiosk: KioskId,
    /// Which life of the kiosk.
    pub incarnation: u32,
    /// Place in the journal, from 1.
    pub position: u64,
    /// Wall clock when the record was written.
    pub at: Timestamp,
    /// Hash of the record before.
    pub previous: Hash,
}

impl Header {
    /// Reads the header of a record of any version.
    pub fn read(text: &str) -> Result<Self, FormatError> {
        read_limited(text)
    }
}

fn read_limited<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, FormatError> {
    if text.len() > Record::BYTES_MAX {
        return Err(FormatError::TooLong { bytes: text.len() });
    }
    serde_json::from_str(text).map_err(|source| FormatError::NotARecord { source })
}

/// Why a text is no record of this version.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// Longer than any record can be.
    #[error("a record of {bytes} bytes is longer than {} bytes", Record::BYTES_MAX)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not a JSON object with the fields of a record.
    #[error("the text is not a record")]
    NotARecord {
        /// What was wrong, with line and column.
        source: serde_json::Error,
    },
    /// A record of another version.
    #[error("the record has the format `{found}`")]
    OtherFormat {
        /// The format it names.
        found: String,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// The software started.
    Started(Started),
    /// A register was asked.
    LookedUp(LookedUp),
    /// An application was decided.
    Decided(Box<Decided>),
    /// A permit was issued or a filing numbered.
    Issued(Box<Issued>),
    /// A paper went one step further.
    Printed(Printed),
    /// The applicant could see which registers were asked, or saw it.
    DataReceipt(DataReceipt),
    /// The applicant rated the visit.
    Rated(Rated),
    /// A number was taken out of use by a person.
    NumberVoided(NumberVoided),
    /// Numbers were given back: the kiosk is taken out of service.
    NumbersReturned(NumbersReturned),
    /// Central leased numbers.
    BlockInstalled(BlockInstalled),
    /// An edition of the rulebook is what is decided by from now on.
    EditionActivated(EditionActivated),
    /// An edition was offered and did not become active.
    EditionRefused(EditionRefused),
    /// An equipment condition that needs a person came or went.
    Faulted(Faulted),
    /// A visit ended.
    SessionEnded(SessionEnded),
    /// Somebody of the staff signed in.
    MaintenanceSignedIn(MaintenanceSignedIn),
    /// Somebody was not let in.
    MaintenanceRefused(MaintenanceRefused),
    /// Somebody's maintenance ended.
    MaintenanceSignedOut(MaintenanceSignedOut),
    /// Somebody looked for a sheet nobody knew about.
    MaintenanceSettled(MaintenanceSettled),
    /// Somebody said that a printer holds nobody's paper any more.
    MaintenanceEmptied(MaintenanceEmptied),
    /// Somebody changed a configuration file.
    MaintenanceConfigured(MaintenanceConfigured),
    /// Somebody tried a device.
    MaintenanceTested(MaintenanceTested),
    /// Somebody took a bundle of evidence away.
    MaintenanceExported(MaintenanceExported),
    /// Somebody put numbered blank sheets into the tray.
    BlanksCounted(BlanksCounted),
    /// Numbered blank sheets left the tray.
    BlanksSpent(BlanksSpent),
}

impl Body {
    /// The word in `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Started(_) => "started",
            Self::LookedUp(_) => LookedUp::KIND,
            Self::Decided(_) => Decided::KIND,
            Self::Issued(_) => Issued::KIND,
            Self::Printed(_) => "printed",
            Self::DataReceipt(_) => "data_receipt",
            Self::Rated(_) => "rated",
            Self::NumberVoided(_) => "number_voided",
            Self::NumbersReturned(_) => "numbers_returned",
            Self::BlockInstalled(_) => "block_installed",
            Self::EditionActivated(_) => "edition_activated",
            Self::EditionRefused(_) => "edition_refused",
            Self::Faulted(_) => "faulted",
            Self::SessionEnded(_) => "session_ended",
            Self::MaintenanceSignedIn(_) => "maintenance_signed_in",
            Self::MaintenanceRefused(_) => "maintenance_refused",
            Self::MaintenanceSignedOut(_) => "maintenance_signed_out",
            Self::MaintenanceSettled(_) => "maintenance_settled",
            Self::MaintenanceEmptied(_) => "maintenance_emptied",
            Self::MaintenanceConfigured(_) => "maintenance_configured",
            Self::MaintenanceTested(_) => "maintenance_tested",
            Self::MaintenanceExported(_) => "maintenance_exported",
            Self::BlanksCounted(_) => "blanks_counted",
            Self::BlanksSpent(_) => "blanks_spent",
        }
    }

    /// Whose personal fields are in its envelope, if it has one.
    pub fn envelope_of(&self) -> Option<ApplicationId> {
        match self {
            Self::LookedUp(body) => Some(body.application),
            Self::Decided(body) => Some(body.application),
            Self::Issued(body) => Some(body.application),
            Self::Printed(_)
            | Self::DataReceipt(_)
            | Self::Rated(_)
            | Self::Started(_)
            | Self::NumberVoided(_)
            | Self::NumbersReturned(_)
            | Self::BlockInstalled(_)
            | Self::EditionActivated(_)
            | Self::EditionRefused(_)
            | Self::Faulted(_)
            | Self::SessionEnded(_)
            | Self::MaintenanceSignedIn(_)
            | Self::MaintenanceRefused(_)
            | Self::MaintenanceSignedOut(_)
            | Self::MaintenanceSettled(_)
            | Self::MaintenanceEmptied(_)
            | Self::MaintenanceConfigured(_)
            | Self::MaintenanceTested(_)
            | Self::MaintenanceExported(_)
            | Self::BlanksCounted(_)
            | Self::BlanksSpent(_) => None,
        }
    }

    /// The application it belongs to, if it belongs to one.
    pub fn application(&self) -> Option<ApplicationId> {
        match self {
            Self::LookedUp(body) => Some(body.application),
            Self::Decided(body) => Some(body.application),
            Self::Issued(body) => Some(body.application),
            Self::Printed(body) => Some(body.application),
            Self::DataReceipt(body) => Some(body.application),
            Self::Rated(body) => Some(body.application),
            Self::Started(_)
            | Self::NumberVoided(_)
            | Self::NumbersReturned(_)
            | Self::BlockInstalled(_)
            | Self::EditionActivated(_)
            | Self::EditionRefused(_)
            | Self::Faulted(_)
            | Self::SessionEnded(_)
            | Self::MaintenanceSignedIn(_)
            | Self::MaintenanceRefused(_)
            | Self::MaintenanceSignedOut(_)
            | Self::MaintenanceSettled(_)
            | Self::MaintenanceEmptied(_)
            | Self::MaintenanceConfigured(_)
            | Self::MaintenanceTested(_)
            | Self::MaintenanceExported(_)
            | Self::BlanksCounted(_)
            | Self::BlanksSpent(_) => None,
        }
    }
}

/// The software started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Started {
    /// Version of the software.
    pub software: String,
    /// Name and version of the active edition, if one is active.
    pub edition: Option<String>,
    /// SHA-256 over that edition's files.
    pub edition_digest: Option<String>,
}

/// A register was asked about somebody: when, for what, and what kind of answer came, never what it
/// said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookedUp {
    /// For which application.
    pub application: ApplicationId,
    /// Which register.
    pub register: Register,
    /// For which service: the purpose of the look-up (个人信息保护法 6).
    pub purpose: ServiceCode,
    /// When the snapshot was taken that stood in for the register, if one did because central was out
    /// of reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_taken_at: Option<Timestamp>,
    /// What kind of answer came.
    pub outcome: LookUpOutcome,
    /// How long it took.
    pub took_ms: u64,
    /// Whom it was about and what was answered, as digests
    /// ([`LookedUpPersonal`](super::LookedUpPersonal)).
    pub personal: Envelope,
}

/// The registers outside that are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Register {
    /// 电子身份: who showed this code.
    ElectronicId,
    /// 电子营业执照: which business is this code.
    ElectronicLicence,
    /// 营业执照数据库.
    Business,
    /// 食品药品业务系统.
    FoodAndDrug,
    /// 张店区微服务管理系统.
    MicroService,
}

/// What kind of answer a register gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookUpOutcome {
    /// A usable answer.
    Answered,
    /// None in time.
    Down,
    /// Only one older than its limit.
    Stale,
}

/// An application was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// Which application.
    pub application: ApplicationId,
    /// What was applied for.
    pub service: ServiceCode,
    /// What everybody may know of the decision.
    pub decision: DecisionOutline,
    /// The rest ([`DecidedPersonal`](super::DecidedPersonal)).
    pub personal: Envelope,
}

/// What a decision comes to and by which rules: nothing in it leads to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionOutline {
    /// The gravest outcome of the findings.
    pub verdict: Verdict,
    /// The code of the finding that decided.
    pub code: String,
    /// The rules that spoke, in the order of the findings.
    pub rules: Vec<String>,
    /// The rule set of the acceptance day.
    pub rule_set: String,
    /// Name and version of the edition.
    pub edition: String,
    /// SHA-256 over the edition's files, hexadecimal.
    pub edition_digest: String,
    /// The day decided upon, in Asia/Shanghai.
    pub today: Date,
}

impl DecisionOutline {
    /// The outline of a decision.
    pub fn of(decision: &Decision) -> Self {
        Self {
            verdict: decision.verdict,
            code: decision.code.clone(),
            rules: decision.findings.iter().map(|finding| finding.rule.clone()).collect(),
            rule_set: decision.rule_set.clone(),
            edition: decision.edition.clone(),
            edition_digest: decision.edition_digest.clone(),
            today: decision.today,
        }
    }
}

/// Who applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applicant {
    /// Name as on the document.
    pub name: Personal,
    /// The identity number with its middle masked.
    pub id_masked: String,
    /// Keyed digest of the identity number, hexadecimal.
    pub id_digest: String,
}

/// For which business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusinessName {
    /// Unified social credit code.
    pub uscc: String,
    /// Name as registered.
    pub name: String,
}

/// A decision with all its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The gravest outcome of the findings.
    pub verdict: Verdict,
    /// The code of the finding that decided.
    pub code: String,
    /// Every finding, gravest first; what an exception overrides stands last.
    pub findings: Vec<Finding>,
    /// The rule set of the acceptance day.
    pub rule_set: String,
    /// Name and version of the edition.
    pub edition: String,
    /// SHA-256 over the edition's files, hexadecimal.
    pub edition_digest: String,
    /// SHA-256 of the facts document, hexadecimal.
    pub facts_digest: String,
    /// The day decided upon, in Asia/Shanghai.
    pub today: Date,
}

impl Decision {
    /// The findings that fit the verdict, as the applicant was told.
    pub fn told(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| {
            finding.overridden_by.is_none() && finding.outcome.bearing() == self.verdict.bearing()
        })
    }
}

/// What one rule noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The rule that spoke.
    pub rule: String,
    /// The stable code of what it noticed.
    pub code: String,
    /// What this finding alone would come to.
    pub outcome: Verdict,
    /// The article.
    pub citation: String,
    /// What it means.
    pub message: Bilingual,
    /// What the applicant can do.
    pub remedy: Bilingual,
    /// Until when somebody has to act.
    pub due: Option<Due>,
    /// The facts the rule looked at.
    pub readings: Vec<Reading>,
    /// The rule that is the exception to this one here; what it overrides does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overridden_by: Option<String>,
    /// Its reason stands on no screen and no slip; left out where false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}

/// A last day in working days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// The last day.
    pub date: Date,
    /// True where the calendar of a year in between is not published yet.
    pub provisional: bool,
}

/// One value a rule read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The path of the fact.
    pub path: String,
    /// Its value as JSON text.
    pub value: String,
}

/// A promise the applicant read and signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// Which text was shown.
    pub text_version: String,
    /// SHA-256 of the Chinese text shown, hexadecimal.
    pub text_digest: String,
    /// How long the text stood on the screen before it was signed.
    pub reading_ms: u64,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// SHA-256 of the signature ([`Strokes::digest`]).
    pub strokes_digest: Hash,
    /// The signature.
    pub strokes: Strokes,
}

/// A signature as drawn: lines of points in thousandths of the field's width and height.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Strokes(pub Vec<Vec<(u16, u16)>>);

impl Strokes {
    /// SHA-256 over, for each line, its number of points (4 bytes, big-endian) and its points (x, y,
    /// 2 bytes each, big-endian): stays true when the lines themselves are erased from a copy.
    pub fn digest(&self) -> Hash {
        let mut hasher = Sha256::new();
        for line in &self.0 {
            let points = u32::try_from(line.len()).expect("points are limited to 7 200");
            hasher.update(points.to_be_bytes());
            for (x, y) in line {
                hasher.update(x.to_be_bytes());
                hasher.update(y.to_be_bytes());
            }
        }
        Hash(hasher.finalize().into())
    }
}

impl std::fmt::Debug for Strokes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Strokes(…)")
    }
}

/// A permit was issued or a filing numbered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    /// Which application.
    pub application: ApplicationId,
    /// What was applied for.
    pub service: ServiceCode,
    /// The permit's number as printed.
    pub number: String,
    /// Its e-licence identifier (GB/T 36904).
    pub elicence: String,
    /// Date of issue in Asia/Shanghai.
    pub issued: Date,
    /// Last day, `null` for a filing.
    pub valid_to: Option<Date>,
    /// The number series the number was taken from.
    pub series: String,
    /// The number's place in its series.
    pub sequence: u64,
    /// Hash of the `decided` record behind it, which stands just before.
    pub decided: Hash,
    /// The papers to be printed; the first is the original.
    pub sheets: Vec<Sheet>,
    /// Every printed field ([`Permit`]).
    pub personal: Envelope,
}

impl Issued {
    /// The signed text of the 2D code on the original, which is also the electronic licence's.
    pub fn seal(&self) -> Option<&str> {
        self.sheets.iter().find_map(|sheet| sheet.seal.as_deref())
    }
}

/// Every printed field of a permit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permit {
    /// Its number as printed.
    pub number: String,
    /// The e-licence identifier (GB/T 36904).
    pub elicence: String,
    /// Who holds it.
    pub holder: Holder,
    /// 经营场所 / 地址.
    pub premises: String,
    /// What is permitted.
    pub grant: Grant,
    /// Who signed.
    pub issuer: Issuer,
    /// Date of issue in Asia/Shanghai.
    pub issued: Date,
    /// Last day, `null` for a filing.
    pub valid_to: Option<Date>,
}

/// Who holds a permit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// 经营者名称.
    pub name: String,
    /// 统一社会信用代码.
    pub uscc: String,
    /// 法定代表人(负责人).
    pub legal_representative: Personal,
    /// 住所.
    pub address: String,
}

/// What is permitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Grant {
    /// 食品经营许可证.
    Food {
        /// 主体业态.
        subject: String,
        /// 经营项目.
        items: Vec<String>,
    },
    /// 仅销售预包装食品备案.
    Filing {
        /// 批发 or 零售.
        trade: String,
    },
    /// 公共场所卫生许可证.
    Hygiene {
        /// 许可项目.
        place: String,
    },
    /// 公共场所卫生备案.
    HygieneFiling {
        /// 备案项目.
        place: String,
    },
    /// 行业综合许可证.
    Combined {
        /// 行业.
        trade: String,
        /// The permits it joins.
        parts: Vec<Part>,
    },
}

/// A permit that a combined permit joins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What it is.
    pub title: String,
    /// Its number.
    pub number: String,
    /// What it permits.
    pub scope: String,
    /// Its last day, if it has one.
    pub valid_to: Option<Date>,
    /// The organ that gave it.
    pub organ: String,
}

/// The organ that signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Name as it stands on the seal.
    pub name: String,
    /// Its unified social credit code.
    pub uscc: String,
}

/// One paper to be printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// The print job of this kiosk, which the records of its steps name.
    pub job: u64,
    /// Which paper.
    pub document: Document,
    /// Its serial, for example `K03-1-000017`; receipts and slips have none.
    pub serial: Option<String>,
    /// The signed text of its 2D code, which states its serial; receipts and slips have none.
    pub seal: Option<String>,
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The seal names a holder: it stays out.
        write!(f, "Sheet({} {:?} {:?})", self.job, self.document, self.serial)
    }
}

/// The papers of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// 正本.
    Original,
    /// 副本.
    Copy,
    /// The receipt of a finished case.
    Receipt,
    /// The slip of a referral, a supplement or an explanation.
    Slip,
    /// Which registers were asked about the applicant, on request.
    DataReceipt,
}

impl Document {
    /// The word in records and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Copy => "copy",
            Self::Receipt => "receipt",
            Self::Slip => "slip",
            Self::DataReceipt => "data_receipt",
        }
    }
}

/// A paper went one step further.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printed {
    /// The print job of this kiosk.
    pub job: u64,
    /// Which application.
    pub application: ApplicationId,
    /// Which paper.
    pub document: Document,
    /// Its serial, if it has one.
    pub serial: Option<String>,
    /// The signed text of its 2D code, if this record brought the sheet into being: a sheet that
    /// replaces a destroyed one has a serial and a seal of its own.
    pub seal: Option<String>,
    /// The step.
    pub step: PrintStep,
    /// What the printer's own counter said, where it has one and the step is the end of an attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<PrinterCounts>,
}

/// The counter of a printer, of pages or of cuts, around one attempt to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrinterCounts {
    /// Before the first byte was sent.
    pub before: u64,
    /// When the attempt had ended; nothing where the printer could not be asked any more.
    pub after: Option<u64>,
}

impl std::fmt::Debug for Printed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Printed({} {:?} {:?} {:?})", self.job, self.document, self.serial, self.step)
    }
}

/// The steps of a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PrintStep {
    /// Waiting for the printer.
    Queued,
    /// Handed to the printer; from here on it may have been printed.
    Sent,
    /// The printer says it came out.
    Confirmed {
        /// Which of its words: `JobEnd`, `PageCounter`, `ProcessId`, `CutCounter` or `StatusClean`; or who saw it.
        evidence: String,
    },
    /// Nobody knows whether it came out; a person decides.
    Unknown,
    /// It came out and was destroyed.
    Voided,
    /// It certainly did not come out.
    NotPrinted,
}

impl PrintStep {
    /// Whether it may have come out or not: only a person can say.
    pub fn is_in_doubt(&self) -> bool {
        matches!(self, Self::Sent | Self::Unknown)
    }
}

/// The applicant could see which registers were asked, when, for what and what they answered
/// (个人信息保护法 44, 45), or saw it. A printed one is a `printed` record of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataReceipt {
    /// Which application.
    pub application: ApplicationId,
    /// Look-ups on record for it by then: as many lines of registers as stand on it.
    pub look_ups: u64,
    /// False when it was offered, true when it was opened.
    pub shown: bool,
}

/// The applicant rated the visit (好差评).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rated {
    /// Which application.
    pub application: ApplicationId,
    /// 1 (very dissatisfied) to 5 (very satisfied).
    pub grade: u8,
}

/// The unused rest of a block was given back for good, because the kiosk is taken out of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumbersReturned {
    /// Of which series.
    pub series: String,
    /// The first that was not used.
    pub first: u64,
    /// The last, which is the block's.
    pub last: u64,
    /// Why.
    pub reason: String,
    /// Who decided it: role and name.
    pub by: String,
}

/// A number was taken out of use by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberVoided {
    /// Of which series.
    pub series: String,
    /// Its place in the series.
    pub sequence: u64,
    /// Why.
    pub reason: String,
    /// Who decided it: role and staff number.
    pub by: String,
}

/// Central leased numbers, and this kiosk took them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockInstalled {
    /// Of which series.
    pub series: String,
    /// Which block of it.
    pub block: u64,
    /// First number.
    pub first: u64,
    /// Last number.
    pub last: u64,
    /// SHA-256 of the grant's exact text.
    pub grant_digest: Hash,
}

/// An edition of the rulebook is what is decided by from now on. The kiosk never goes back behind it,
/// even if its shelf is replaced by an older copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditionActivated {
    /// Which rulebook, for example `zhangdian`.
    pub name: String,
    /// For which kiosks.
    pub channel: String,
    /// Counts up when the publishers' keys change.
    pub epoch: u64,
    /// Counts up within an epoch.
    pub version: u64,
    /// SHA-256 over its files, hexadecimal.
    pub digest: String,
    /// The day it was issued.
    pub issued: Date,
    /// Which publishers signed it.
    pub signed_by: Vec<String>,
}

/// An edition was offered and did not become active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditionRefused {
    /// The stable word, for example `OLDER`.
    pub code: String,
    /// Why.
    pub why: String,
    /// Its name, epoch and version, where the publishers signed it; what an unsigned one says of
    /// itself is not repeated.
    pub edition: Option<String>,
    /// SHA-256 of what was offered.
    pub offered: Hash,
}

/// An equipment condition that needs a person came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faulted {
    /// The fault's code.
    pub code: String,
    /// True when it is over.
    pub cleared: bool,
}

/// A visit ended: how far it came, without anything about the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionEnded {
    /// The screen it ended on.
    pub screen: String,
    /// How long it took.
    pub took_ms: u64,
    /// Cards and codes that could not be read.
    pub failed_reads: u32,
    /// Register look-ups without an answer.
    pub unanswered: u32,
    /// Milliseconds on each screen, by its word.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, u64>,
}

/// Whether a signature in hexadecimal is one of `key` over a text in a context.
#[must_use]
pub fn is_signed(key: &VerifyingKey, context: &str, text: &str, signature: &str) -> bool {
    signature_of(signature)
        .is_some_and(|signature| key.verify(context, text.as_bytes(), &signature))
}

fn signature_of(digits: &str) -> Option<Signature> {
    let mut bytes = [0; Signature::BYTES];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(Signature::from_bytes(bytes))
}

/// A text that stands in a record but never in a log: `Debug` shows `…`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal(String);

impl Personal {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for those who need it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Personal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// A kiosk's name: lower-case letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KioskId(String);

impl KioskId {
    /// Bytes at most: fits a certificate's common name (64) with a prefix.
    pub const BYTES_MAX: usize = 48;

    /// Reads a kiosk's name.
    pub fn parse(text: &str) -> Option<Self> {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (!text.is_empty() && text.len() <= Self::BYTES_MAX && text.bytes().all(good))
            .then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for KioskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for KioskId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a kiosk id is 1 to 48 lower-case letters, digits and hyphens")
    }
}

impl From<KioskId> for String {
    fn from(id: KioskId) -> Self {
        id.0
    }
}

/// A SHA-256 value; hexadecimal in texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash([u8; 32]);

impl Hash {
    /// What the first record names as `previous`.
    pub const ZERO: Self = Self([0; 32]);

    /// What stands before a record's text when it is hashed, so that no other hashed text of this
    /// product can be taken for a record.
    pub const RECORD_DOMAIN: &str = "permit-kiosk/record/1\n";

    /// The hash of a record's exact text.
    pub fn of_record(text: &str) -> Self {
        let hasher = Sha256::new().chain_update(Self::RECORD_DOMAIN).chain_update(text);
        Self(hasher.finalize().into())
    }

    /// Plain SHA-256 of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// From 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return None;
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl TryFrom<String> for Hash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a hash is 64 lower-case hexadecimal digits")
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

// What the domain says, in the words of this version.

impl From<&domain::Decision> for Decision {
    fn from(decision: &domain::Decision) -> Self {
        let domain::Decision {
            verdict,
            code,
            findings,
            rule_set,
            edition,
            edition_digest,
            facts_digest,
            today,
        } = decision.clone();
        Self {
            verdict,
            code,
            findings: findings.into_iter().map(Finding::from).collect(),
            rule_set,
            edition,
            edition_digest,
            facts_digest,
            today,
        }
    }
}

impl From<domain::Finding> for Finding {
    fn from(finding: domain::Finding) -> Self {
        let domain::Finding {
            rule,
            code,
            outcome,
            citation,
            message,
            remedy,
            due,
            readings,
            overridden_by,
            private,
        } = finding;
        let due = due.map(|domain::Due { date, provisional }| Due { date, provisional });
        let readings = readings
            .into_iter()
            .map(|domain::Reading { path, value }| Reading { path, value })
            .collect();
        Self {
            rule,
            code,
            outcome,
            citation,
            message,
            remedy,
            due,
            readings,
            overridden_by,
            private,
        }
    }
}

impl From<&domain::Promise> for Promise {
    fn from(promise: &domain::Promise) -> Self {
        let domain::Promise { text_version, text_digest, reading_ms, signed_at, signature } =
            promise.clone();
        let strokes = Strokes(signature.strokes.into_iter().map(|stroke| stroke.0).collect());
        Self {
            text_version,
            text_digest,
            reading_ms,
            signed_at,
            strokes_digest: strokes.digest(),
            strokes,
        }
    }
}

impl Permit {
    /// The permit with checked numbers and codes; `None` where one of them is none.
    #[must_use]
    pub fn checked(&self, application: ApplicationId) -> Option<domain::Permit> {
        let grant = domain::Grant::from(self.grant.clone());
        Some(domain::Permit {
            number: domain::PermitNumber::parse(grant.kind(), &self.number).ok()?,
            elicence: domain::ElicenceId::parse(&self.elicence).ok()?,
            application,
            holder: domain::Holder {
                name: self.holder.name.clone(),
                uscc: domain::Uscc::parse(&self.holder.uscc).ok()?,
                legal_representative: self.holder.legal_representative.reveal().to_owned(),
                address: self.holder.address.clone(),
            },
            premises: self.premises.clone(),
            grant,
            issuer: domain::Issuer {
                name: self.issuer.name.clone(),
                uscc: domain::Uscc::parse(&self.issuer.uscc).ok()?,
            },
            issued: self.issued,
            valid_to: self.valid_to,
        })
    }
}

impl From<&domain::Permit> for Permit {
    fn from(permit: &domain::Permit) -> Self {
        let domain::Permit {
            number,
            elicence,
            application: _,
            holder,
            premises,
            grant,
            issuer,
            issued,
            valid_to,
        } = permit;
        Self {
            number: number.to_string(),
            elicence: elicence.to_string(),
            holder: Holder {
                name: holder.name.clone(),
                uscc: holder.uscc.to_string(),
                legal_representative: Personal::new(holder.legal_representative.as_str()),
                address: holder.address.clone(),
            },
            premises: premises.clone(),
            grant: Grant::from(grant),
            issuer: Issuer { name: issuer.name.clone(), uscc: issuer.uscc.to_string() },
            issued: *issued,
            valid_to: *valid_to,
        }
    }
}

impl From<&domain::Grant> for Grant {
    fn from(grant: &domain::Grant) -> Self {
        match grant.clone() {
            domain::Grant::Food { subject, items } => Self::Food { subject, items },
            domain::Grant::Filing { trade } => Self::Filing { trade },
            domain::Grant::Hygiene { place } => Self::Hygiene { place },
            domain::Grant::HygieneFiling { place } => Self::HygieneFiling { place },
            domain::Grant::Combined { trade, parts } => {
                Self::Combined { trade, parts: parts.into_iter().map(Part::from).collect() }
            }
        }
    }
}

impl From<Grant> for domain::Grant {
    fn from(grant: Grant) -> Self {
        match grant {
            Grant::Food { subject, items } => Self::Food { subject, items },
            Grant::Filing { trade } => Self::Filing { trade },
            Grant::Hygiene { place } => Self::Hygiene { place },
            Grant::HygieneFiling { place } => Self::HygieneFiling { place },
            Grant::Combined { trade, parts } => {
                Self::Combined { trade, parts: parts.into_iter().map(domain::Part::from).collect() }
            }
        }
    }
}

impl From<domain::Part> for Part {
    fn from(part: domain::Part) -> Self {
        let domain::Part { title, number, scope, valid_to, organ } = part;
        Self { title, number, scope, valid_to, organ }
    }
}

impl From<Part> for domain::Part {
    fn from(part: Part) -> Self {
        let Part { title, number, scope, valid_to, organ } = part;
        Self { title, number, scope, valid_to, organ }
    }
}
