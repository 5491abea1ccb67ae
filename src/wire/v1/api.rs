//! The messages between a kiosk and central: JSON over HTTPS with a certificate on both sides.
//!
//! Described in `docs/formats/api.md`. Whatever a kiosk must be able to show an auditor later
//! (acknowledgements, number blocks, snapshots) is signed by central as an exact text.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::{Hash, KioskId, Personal, Register, SignedRecord};
use crate::domain::{ApplicationId, BusinessStatus, ServiceCode, Sex};
use crate::seal::{DataKey, SigningKey};

/// Where records are pushed to.
pub const RECORDS_PATH: &str = "/v1/records";
/// Where number blocks are asked for.
pub const NUMBER_BLOCKS_PATH: &str = "/v1/number-blocks";
/// Where registers are asked.
pub const LOOK_UPS_PATH: &str = "/v1/look-ups";
/// Where a kiosk says how it is.
pub const HEARTBEAT_PATH: &str = "/v1/heartbeat";
/// Where revocations are asked for.
pub const REVOCATIONS_PATH: &str = "/v1/revocations";
/// Where a snapshot of the registers is fetched.
pub const SNAPSHOTS_PATH: &str = "/v1/snapshots";
/// Where the newest edition of the rulebook is asked for; below it, each edition by its digest.
pub const EDITIONS_PATH: &str = "/v1/editions";

/// Where a scanned certificate is verified against the permit book.
pub const VERIFICATIONS_PATH: &str = "/v1/verifications";

/// Records in one push at most: an hour of a busy kiosk is some 300.
pub const RECORDS_MAX: usize = 1_000;
/// Bytes of a push at most. A record has some 600 bytes, one with facts and a signature up to
/// 512 KiB: eight of those, or a thousand of 4 KiB.
pub const RECORDS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of any other request at most: a code of 2 048 and field names.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// Bytes of any answer but a snapshot at most: a business with a hundred permits at 1 KiB, doubled.
pub const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a snapshot at most: 20 000 businesses of a district at 1.5 KiB, rounded up.
pub const SNAPSHOT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Revocations in one answer at most: 6 KiB each, doubled by quotation marks, fit into an answer.
pub const REVOCATIONS_MAX: u32 = 20;
/// Bytes of a code shown on a phone at most.
pub const CODE_BYTES_MAX: usize = 2_048;
/// Hexadecimal digits of a nonce: 128 bits.
pub const NONCE_LEN: usize = 32;

/// Whether a text is a nonce: 32 lower-case hexadecimal digits.
pub fn is_nonce(text: &str) -> bool {
    text.len() == NONCE_LEN
        && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// `POST /v1/records`: the next records of the kiosk's journal, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// The records; their positions follow one another.
    pub records: Vec<SignedRecord>,
    /// The data keys that open their envelopes, one for each application.
    pub keys: Vec<ApplicationKey>,
}

/// A data key and whose it is. It travels beside the records, never in one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationKey {
    /// Whose personal fields it opens.
    pub application: ApplicationId,
    /// The key.
    pub key: DataKey,
}

/// A text of central's with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedText {
    /// The exact text: one JSON object, no line break.
    pub text: String,
    /// Ed25519 by central's key over the text, under the format's context; hexadecimal.
    pub signature: String,
}

impl SignedText {
    /// Signs a text with central's key, under the format's context.
    pub fn sign(context: &str, text: String, key: &SigningKey) -> Self {
        let signature = key.sign(context, text.as_bytes()).to_string();
        Self { text, signature }
    }
}

/// What central answers to a push; travels as a [`SignedText`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Always [`Acknowledgement::FORMAT`].
    pub format: String,
    /// Whose journal.
    pub kiosk: KioskId,
    /// What came of the push.
    pub outcome: PushOutcome,
    /// The last record central has, after this push.
    pub head: Head,
    /// Positions of this push that central keeps but could not make sense of. They are for a
    /// technician to look at; the kiosk goes on.
    pub quarantined: Vec<u64>,
    /// When central answered.
    pub at: Timestamp,
}

impl Acknowledgement {
    /// The format's name and version.
    pub const FORMAT: &str = "permit-kiosk/acknowledgement/1";
    /// What central's signature over an acknowledgement is bound to.
    pub const SIGNATURE_CONTEXT: &str = "permit-kiosk/acknowledgement/1";

    /// The text that is signed.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("an acknowledgement has only string keys")
    }

    /// Reads an acknowledgement of this version.
    pub fn read(text: &str) -> Result<Self, AnswerError> {
        let read: Self = read(text, ANSWER_BYTES_MAX)?;
        check_format(&read.format, Self::FORMAT)?;
        Ok(read)
    }
}

/// What came of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PushOutcome {
    /// All records are kept now.
    Taken {
        /// How many were new.
        new: u64,
        /// How many central had already.
        duplicates: u64,
    },
    /// Records before these are missing; push from `expected` on. Nothing of this push was kept.
    Gap {
        /// The position central waits for.
        expected: u64,
    },
    /// Central has another record at this position: two journals call themselves the same kiosk.
    /// Nothing of this push was kept, and no numbers are leased until a technician has looked.
    Fork {
        /// The first position that differs.
        position: u64,
    },
}

/// The end of a kiosk's journal as central knows it; position 0 and a zero hash before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Position of the last record.
    pub position: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// Before the first record.
    pub const START: Self = Self { position: 0, hash: Hash::ZERO };
}

/// `POST /v1/number-blocks`: the answer is a [`SignedBlock`](super::SignedBlock).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockRequest {
    /// Of which series.
    pub series: String,
    /// Which life of the kiosk asks.
    pub incarnation: u32,
    /// The same nonce gets the same block again, so that a lost answer costs no numbers.
    pub nonce: String,
}

/// `POST /v1/editions`: the answer is a [`SignedEdition`](super::SignedEdition), or `null` where the
/// kiosk has the newest already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditionRequest {
    /// For which kiosks.
    pub channel: String,
    /// Digest of the edition the kiosk decides by.
    pub present: Option<String>,
}

/// `POST /v1/heartbeat`: how the kiosk is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// Version of the software.
    pub software: String,
    /// Name and version of the active edition.
    pub edition: Option<String>,
    /// SHA-256 over that edition's files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition_digest: Option<String>,
    /// Why the edition offered last was not taken, if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition_refused: Option<String>,
    /// The last record of the journal.
    pub head: Head,
    /// Records central has not acknowledged.
    pub outbox: u64,
    /// Numbers left, by series.
    pub numbers_left: BTreeMap<String, u64>,
    /// Codes of the faults that stand.
    pub faults: Vec<String>,
    /// The kiosk's clock.
    pub at: Timestamp,
}

/// What central answers to a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatAnswer {
    /// What central thinks of the kiosk.
    pub standing: Standing,
    /// The life central expects the kiosk to be in.
    pub incarnation: u32,
    /// The last record central has.
    pub head: Head,
    /// Central's clock.
    pub at: Timestamp,
}

/// What central thinks of a kiosk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It may work.
    Enrolled,
    /// Its journal forked: it may push, but gets no numbers until a technician has looked.
    Forked,
    /// Somebody closed this life of it, for its disk was lost: it may push what is found, and issues
    /// nothing.
    Closed,
}

/// A life of a kiosk closed by somebody at central: its disk is lost, and the numbers it held are frozen.
/// They are never leased again, since nobody knows which of them stand on paper. Kept as an exact text
/// with central's signature, as a [`SignedText`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// Always [`Closing::FORMAT`].
    pub format: String,
    /// Which kiosk.
    pub kiosk: KioskId,
    /// Which life of it.
    pub incarnation: u32,
    /// The last record central has of it.
    pub head: Head,
    /// The numbers nobody can account for: series, first, last.
    pub frozen: Vec<NumberRange>,
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Numbers of a series that follow one another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberRange {
    /// Of which series.
    pub series: String,
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

impl Closing {
    /// The format's name and version.
    pub const FORMAT: &str = "permit-kiosk/closing/1";
    /// What central's signature over a closing is bound to.
    pub const SIGNATURE_CONTEXT: &str = "permit-kiosk/closing/1";

    /// The text that is signed.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a closing has only string keys")
    }
}

/// `POST /v1/revocations`: the revocations behind the last one the kiosk has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationsRequest {
    /// The number of the last one it has; 0 where it has none.
    pub after: u64,
}

/// The answer: as many as fit, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocations {
    /// The number of the last one central has.
    pub last: u64,
    /// The next ones, each a [`Revocation`](super::Revocation) with central's signature.
    pub revocations: Vec<SignedText>,
}

/// `POST /v1/look-ups`: one question to one register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookUpRequest {
    /// Comes back in the answer.
    pub nonce: String,
    /// Why it is asked; central keeps it with the look-up (个人信息保护法 6).
    pub purpose: Purpose,
    /// What is asked.
    pub query: Query,
}

/// `POST /v1/verifications`: what somebody held before a kiosk's scanner, to be compared with the permit
/// book. Both forms stand on papers of ours and say nothing about whoever holds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum VerificationRequest {
    /// The seal of a certificate.
    Seal {
        /// Its text.
        text: String,
    },
    /// The address of a permit's public page.
    Link {
        /// The e-licence identifier it ends with.
        elicence: String,
    },
}

/// What the permit book says about a scanned paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerificationAnswer {
    /// What the seal is worth; `null` for a link, which has none.
    pub seal: Option<SealWorth>,
    /// What the permit is worth today; `null` where the book does not have it.
    pub state: Option<PermitState>,
    /// What the book says is printed on it; `null` where it does not have it.
    pub permit: Option<VerifiedPermit>,
}

/// What a scanned seal is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealWorth {
    /// It is ours and states what the book has.
    Agrees,
    /// It is ours and states something the book does not have: a paper printed minutes ago by a kiosk
    /// without a line, or another text.
    StatesOtherwise,
    /// It is not signed by us.
    Forged,
}

/// What a permit is worth on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermitState {
    /// It holds.
    Valid,
    /// Its first day is still to come.
    NotYet,
    /// Its last day is over.
    Expired,
    /// A newer version took its place.
    Superseded,
    /// Its holder gave it up, or it was ended by law.
    Cancelled,
    /// It was taken away.
    Revoked,
    /// What is kept at central does not agree with its own seal.
    Damaged,
}

/// What is printed on a permit and is everybody's to compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifiedPermit {
    /// `food`, `filing` or `hygiene`.
    pub kind: String,
    /// Its number as printed.
    pub number: String,
    /// 经营者名称.
    pub holder: String,
    /// 统一社会信用代码.
    pub uscc: String,
    /// 经营场所 / 地址.
    pub premises: String,
    /// 主体业态, the trade, or the kind of place, then the items.
    pub granted: Vec<String>,
    /// Date of issue.
    pub issued: Date,
    /// Last day, if it has one.
    pub valid_to: Option<Date>,
}

/// Why a register is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// What is applied for.
    pub service: ServiceCode,
    /// For which application.
    pub application: ApplicationId,
}

/// What is asked of which register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "register", rename_all = "snake_case", deny_unknown_fields)]
pub enum Query {
    /// Who showed this code?
    ElectronicId {
        /// The code from the phone: opaque, short-lived, good once.
        code: Personal,
    },
    /// Which business is this code, and who showed it?
    ElectronicLicence {
        /// The code from the phone: opaque, short-lived, good once.
        code: Personal,
    },
    /// What does the business register know, and what is this person to the business?
    Business {
        /// Which business.
        uscc: String,
        /// Who asks for it.
        person: Person,
    },
    /// What does the food-and-drug system know about the business and its people?
    FoodAndDrug {
        /// Which business.
        uscc: String,
        /// The premises, if they are not the registered address.
        premises: Option<String>,
    },
    /// What does the district's own system know?
    MicroService {
        /// Which business.
        uscc: String,
    },
}

impl Query {
    /// Which register it goes to.
    pub fn register(&self) -> Register {
        match self {
            Self::ElectronicId { .. } => Register::ElectronicId,
            Self::ElectronicLicence { .. } => Register::ElectronicLicence,
            Self::Business { .. } => Register::Business,
            Self::FoodAndDrug { .. } => Register::FoodAndDrug,
            Self::MicroService { .. } => Register::MicroService,
        }
    }
}

/// Who a question is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Person {
    /// A person whose card was read. Both sides make digests with the same key, so the number itself
    /// never leaves the kiosk.
    Card {
        /// Keyed digest of the identity number ([`DigestKey`]).
        id_digest: String,
    },
    /// A person who showed an e-ID: central remembers whom it resolved.
    Proof {
        /// From [`PersonFound::proof_id`].
        proof_id: String,
    },
}

/// The answer to a [`LookUpRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookUpResponse {
    /// The nonce of the request.
    pub nonce: String,
    /// What came of it.
    pub outcome: LookUpOutcome,
}

/// What came of a look-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum LookUpOutcome {
    /// The register answered.
    Answered {
        /// What it said.
        answer: Box<Answer>,
    },
    /// The register would not accept the code or the proof.
    Refused {
        /// Why.
        reason: Refusal,
    },
    /// The register gave central no usable answer in time.
    Down {
        /// What happened, for the technician; nothing about a person.
        reason: String,
    },
}

/// Why a code or a proof was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Refusal {
    /// Not a code of this service.
    CodeUnknown,
    /// Older than its life.
    CodeExpired,
    /// Shown a second time: a screenshot, or a copy.
    CodeUsed,
    /// The proof is unknown or over.
    ProofUnknown,
}

impl Refusal {
    /// The word in messages and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CodeUnknown => "CODE_UNKNOWN",
            Self::CodeExpired => "CODE_EXPIRED",
            Self::CodeUsed => "CODE_USED",
            Self::ProofUnknown => "PROOF_UNKNOWN",
        }
    }
}

/// What a register said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "register", rename_all = "snake_case")]
pub enum Answer {
    /// Who showed the code.
    ElectronicId(PersonFound),
    /// Which business was shown.
    ElectronicLicence(LicenceFound),
    /// The business, and what the person is to it.
    Business(BusinessFound),
    /// Bans, permits, the address.
    FoodAndDrug(Supervision),
    /// What is under way in the district.
    MicroService(DistrictRecord),
}

impl Answer {
    /// Which register said it.
    pub fn register(&self) -> Register {
        match self {
            Self::ElectronicId(_) => Register::ElectronicId,
            Self::ElectronicLicence(_) => Register::ElectronicLicence,
            Self::Business(_) => Register::Business,
            Self::FoodAndDrug(_) => Register::FoodAndDrug,
            Self::MicroService(_) => Register::MicroService,
        }
    }
}

/// The person behind an e-ID. The plain identity number never travels back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonFound {
    /// Name as on the document.
    pub name: Personal,
    /// The identity number with its middle masked.
    pub id_masked: String,
    /// Keyed digest of the identity number ([`DigestKey`]).
    pub id_digest: String,
    /// `resident`, `hmt` or `foreigner`.
    pub document: String,
    /// Date of birth, `YYYY-MM-DD`.
    pub birth: Personal,
    /// Sex.
    pub sex: Sex,
    /// Last day of the document, `null` for 长期.
    pub valid_to: Option<Date>,
    /// Stands for the person in later questions of the same application.
    pub proof_id: String,
}

/// The business behind an e-licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceFound {
    /// Unified social credit code.
    pub uscc: String,
    /// Name as registered.
    pub name: String,
    /// What the person who showed it is to the business.
    pub role: Relation,
    /// Keyed digest of that person's identity number, to be compared with the applicant's.
    pub holder_digest: String,
}

/// What the business register answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusinessFound {
    /// The business; `null` where the register has none of that code.
    pub business: Option<Business>,
    /// What the person is to it.
    pub relation: Relation,
}

/// A business as registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Business {
    /// Name as registered.
    pub name: String,
    /// Unified social credit code.
    pub uscc: String,
    /// Kind as registered, for example 个体工商户.
    pub kind: String,
    /// Legal representative, or person in charge.
    pub legal_representative: Personal,
    /// Keyed digest of that person's identity number.
    pub legal_representative_digest: String,
    /// Division of the registered address.
    pub division: String,
    /// Registered address (住所).
    pub address: String,
    /// Business scope, one entry each.
    pub scope: Vec<String>,
    /// Whether the licence lives.
    pub status: BusinessStatus,
}

/// What a person is to a business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Relation {
    /// The legal representative or person in charge.
    LegalRepresentative,
    /// An agent with a grant.
    Agent {
        /// Services the grant covers; empty covers all.
        services: Vec<ServiceCode>,
        /// First day.
        from: Date,
        /// Last day.
        until: Date,
    },
    /// Nobody the register knows.
    None,
}

/// What the food-and-drug system knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supervision {
    /// Bans, penalties and warnings on record, ended ones too: whether they still count is law.
    pub bans: Vec<Ban>,
    /// Permits the business holds or held.
    pub permits: Vec<HeldPermit>,
    /// Another holder's live licence stands on the premises.
    pub address_occupied: bool,
}

/// One entry that may keep somebody from applying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ban {
    /// `revoked`, `false_material`, `fraud` or `food_crime`.
    pub kind: BanKind,
    /// Whom it hits.
    pub who: Banned,
    /// The day of the penalty, warning, withdrawal or sentence.
    pub on: Date,
}

/// Why somebody may not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BanKind {
    /// Licence revoked (食品安全法 135(1)).
    Revoked,
    /// Facts hidden or papers false at an application (行政许可法 78).
    FalseMaterial,
    /// Permit obtained by fraud or bribery and withdrawn (行政许可法 79).
    Fraud,
    /// Prison for a food-safety crime (食品安全法 135(2)).
    FoodCrime,
}

impl BanKind {
    /// The word in facts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::FalseMaterial => "false_material",
            Self::Fraud => "fraud",
            Self::FoodCrime => "food_crime",
        }
    }
}

/// Whom a ban hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Banned {
    /// The business.
    Operator,
    /// Its legal representative or person in charge.
    LegalRepresentative,
    /// One of its named food-safety managers.
    Manager,
}

impl Banned {
    /// The word in facts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::LegalRepresentative => "legal_representative",
            Self::Manager => "manager",
        }
    }
}

/// A permit a business holds or held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldPermit {
    /// `food`, `filing` or `hygiene`.
    pub kind: String,
    /// Its number as printed.
    pub number: String,
    /// 主体业态, 批发 or 零售, or the kind of place.
    pub subject: String,
    /// 经营项目, in order.
    pub items: Vec<String>,
    /// 经营场所.
    pub premises: String,
    /// Date of issue.
    pub issued: Option<Date>,
    /// Last day, if it has one.
    pub valid_to: Option<Date>,
    /// Whether it lives.
    pub status: HeldStatus,
}

/// Whether a held permit lives. Expiry is not a status: it follows from the last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldStatus {
    /// 有效.
    Valid,
    /// 已被新证取代.
    Superseded,
    /// 注销.
    Cancelled,
    /// 吊销.
    Revoked,
}

impl HeldStatus {
    /// The word in facts and in the permit book.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
            Self::Revoked => "revoked",
        }
    }

    /// The status of a word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Valid, Self::Superseded, Self::Cancelled, Self::Revoked]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

/// What the district's own system knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistrictRecord {
    /// A penalty case on the premises is open.
    pub open_penalty_case: bool,
    /// Services with an application under way.
    pub open_applications: Vec<ServiceCode>,
    /// Rooms of a hotel as counted at the last visit.
    pub hotel_rooms: Option<u32>,
}

/// The registers of businesses as central knew them at one moment, for when the line is down;
/// travels as a [`SignedText`]. People stand in it by digest alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Always [`Snapshot::FORMAT`].
    pub format: String,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// By unified social credit code.
    pub businesses: BTreeMap<String, SnapshotEntry>,
}

impl Snapshot {
    /// The format's name and version.
    pub const FORMAT: &str = "permit-kiosk/snapshot/1";
    /// What central's signature over a snapshot is bound to.
    pub const SIGNATURE_CONTEXT: &str = "permit-kiosk/snapshot/1";

    /// The text that is signed.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a snapshot has only string keys")
    }

    /// Reads a snapshot of this version.
    pub fn read(text: &str) -> Result<Self, AnswerError> {
        let read: Self = read(text, SNAPSHOT_BYTES_MAX)?;
        check_format(&read.format, Self::FORMAT)?;
        Ok(read)
    }
}

/// All that three registers said about one business. A register that did not answer when the snapshot
/// was taken is `null`: an unknown answer is never a clean one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotEntry {
    /// The business register.
    pub business: Option<Business>,
    /// Agents with their grants, by keyed digest of their identity number.
    pub agents: BTreeMap<String, Relation>,
    /// The food-and-drug system.
    pub food_and_drug: Option<Supervision>,
    /// The district's own system.
    pub micro_service: Option<DistrictRecord>,
}

/// What central answers instead, with an HTTP status of 400 or above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// A stable word, for example `NOT_ENROLLED`.
    pub code: String,
    /// What is wrong and what to do, for the technician.
    pub message: String,
}

/// Why an answer of central's is not one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// Longer than any answer of its kind.
    #[error("the answer has {bytes} bytes, at most {bytes_max} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// Not a JSON object with the right fields.
    #[error("the answer is not of the expected form")]
    NotOfTheForm {
        /// What was wrong, with line and column.
        source: serde_json::Error,
    },
    /// A text of another version.
    #[error("the answer has the format `{found}`, expected `{expected}`")]
    OtherFormat {
        /// The format it names.
        found: String,
        /// The format it should name.
        expected: &'static str,
    },
}

fn read<'a, T: Deserialize<'a>>(text: &'a str, bytes_max: usize) -> Result<T, AnswerError> {
    if text.len() > bytes_max {
        return Err(AnswerError::TooLong { bytes: text.len(), bytes_max });
    }
    serde_json::from_str(text).map_err(|source| AnswerError::NotOfTheForm { source })
}

fn check_format(found: &str, expected: &'static str) -> Result<(), AnswerError> {
    if found == expected {
        Ok(())
    } else {
        Err(AnswerError::OtherFormat { found: found.to_owned(), expected })
    }
}

/// The key under which identity numbers become digests, so that records and look-ups can be matched
/// without naming anybody. One key for the district; whoever has it can test a guessed number.
#[derive(Clone)]
pub struct DigestKey(Zeroizing<[u8; 32]>);

impl DigestKey {
    /// What stands before a number when its digest is made.
    const CONTEXT: &[u8] = b"permit-kiosk//id-digest/1\0";
    /// Bytes of a SHA-256 block (FIPS 180-4, 5.1.1), to which HMAC pads its key.
    const BLOCK_BYTES: usize = 64;

    /// A key from 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads the key's text: 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim_end(), bytes.as_mut_slice()).ok()?;
        Some(Self(bytes))
    }

    /// The key's text.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }

    /// HMAC-SHA256 (RFC 2104) of an identity number or another subject of a look-up; hexadecimal.
    pub fn digest(&self, subject: &str) -> String {
        hex::encode(self.mac(&[Self::CONTEXT, subject.as_bytes()]))
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut pad = [0x36; Self::BLOCK_BYTES];
        for (byte, key) in pad.iter_mut().zip(self.0.iter()) {
            *byte ^= key;
        }
        let mut inner = Sha256::new_with_prefix(pad);
        for part in parts {
            inner.update(part);
        }
        for byte in &mut pad {
            *byte ^= 0x36 ^ 0x5c;
        }
        let mut outer = Sha256::new_with_prefix(pad);
        pad.zeroize();
        outer.update(inner.finalize());
        outer.finalize().into()
    }
}

impl std::fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DigestKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::DigestKey;

    #[test]
    fn the_mac_is_the_one_of_openssl() {
        // printf 'Hi There' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0b…0b (32 bytes)
        let key = DigestKey::new([0x0b; 32]);
        assert_eq!(
            hex::encode(key.mac(&[b"Hi ", b"There"])),
            "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7",
        );
    }
}
