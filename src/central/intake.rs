//! A pushed record looked at: is it whole, signed, readable, and what does it mean for the permit book.
//!
//! Pure. A record that makes no sense is still kept in its place, marked with the reason: one such
//! record must never block those behind it.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use super::store::plan::Link;
use crate::domain::{ApplicationId, MaskedName, PermitKind, ServiceCode, Verdict};
use crate::seal::{DataKey, Keyring, VerifyingKey, WrappedKey};
use crate::wire::v1::{
    Body, Decided, DecidedPersonal, Due, FormatError, Hash, Header, Issued, KioskId, NumberVoided,
    NumbersReturned, Permit, Personal, Record, SignedRecord,
    api::{ApplicationKey, NumberRange},
};

/// A record ready to be kept.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Its place in the chain.
    pub link: Link,
    /// Which life of the kiosk wrote it.
    pub incarnation: u32,
    /// The kiosk's clock.
    pub at: Timestamp,
    /// The record's exact text and signature.
    pub record: SignedRecord,
    /// The word in its body, or empty where it could not be read.
    pub kind: &'static str,
    /// What it means.
    pub meaning: Meaning,
    /// The data key that opened its envelope, to be kept with it.
    pub key: Option<KeptKey>,
}

/// The data key of an application as it is kept: wrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptKey {
    /// Whose personal fields it opens.
    pub application: ApplicationId,
    /// How far the application has come, which decides how long the key is kept.
    pub stage: Stage,
    /// The key.
    pub wrapped: WrappedKey,
}

/// How far an application has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Registers were asked.
    Begun,
    /// It was decided.
    Decided,
    /// A permit exists.
    Issued,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Begun, Self::Decided, Self::Issued];

    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Decided => "decided",
            Self::Issued => "issued",
        }
    }
}

/// Wraps a data key for keeping.
pub type Wrap<'a> = &'a (dyn Fn(ApplicationId, &DataKey) -> WrappedKey + Sync);

/// What a record means for the permit book.
#[derive(Debug, Clone)]
pub enum Meaning {
    /// A permit exists.
    Issued(Box<Entry>),
    /// An officer has to decide.
    Referred(Box<Case>),
    /// A number is out of use.
    Voided(Number),
    /// Numbers are given back.
    Returned(NumberRange),
    /// Nothing beyond standing in its place.
    Other,
    /// It makes no sense; why.
    Poison(Poison),
}

/// Why a record makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poison {
    /// The signature is not the device key's, and no later record of the push vouches for it.
    Signature,
    /// The record is of a life the kiosk was never enrolled for.
    Incarnation,
    /// A format or a body this version does not know.
    Unreadable,
    /// Its envelope does not open with the key that came with it, or none came.
    Closed,
    /// A number, code or date in the permit is none.
    Permit,
    /// A sheet's seal does not verify, or not for this permit.
    Seal,
    /// The number is not the one of its series and sequence.
    NumberOfOtherSeries,
    /// The number was not leased to this kiosk.
    NumberNotLeased,
    /// The number was given out or voided before.
    NumberTaken,
    /// The e-licence identifier was given out before.
    ElicenceTaken,
    /// A change or renewal of a permit this holder does not have.
    NothingToChange,
}

impl Poison {
    /// The word in the store and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Incarnation => "incarnation",
            Self::Unreadable => "unreadable",
            Self::Closed => "closed",
            Self::Permit => "permit",
            Self::Seal => "seal",
            Self::NumberOfOtherSeries => "number_of_other_series",
            Self::NumberNotLeased => "number_not_leased",
            Self::NumberTaken => "number_taken",
            Self::ElicenceTaken => "elicence_taken",
            Self::NothingToChange => "nothing_to_change",
        }
    }
}

/// A permit as it stands in the permit book.
#[derive(Debug, Clone)]
pub struct Entry {
    /// For which application.
    pub application: ApplicationId,
    /// What was applied for.
    pub service: ServiceCode,
    /// Where its number comes from.
    pub number: Number,
    /// Kind of paper.
    pub kind: PermitKind,
    /// Every printed field.
    pub permit: Permit,
    /// The seal of the original.
    pub seal: String,
}

/// A place in a number series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The series.
    pub series: String,
    /// The place in it.
    pub sequence: u64,
}

/// A referred application as it stands in the officers' inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Which application.
    pub application: ApplicationId,
    /// What was applied for.
    pub service: ServiceCode,
    /// How it was referred.
    pub verdict: Verdict,
    /// The code of the finding that decided.
    pub code: String,
    /// What that finding means, Chinese.
    pub message_zh: String,
    /// What that finding means, English.
    pub message_en: String,
    /// For which business.
    pub uscc: Option<String>,
    /// Its name.
    pub business: Option<String>,
    /// The applicant's name with all but the family name masked.
    pub applicant: String,
    /// The day it was decided.
    pub day: Date,
    /// The earliest day by which an officer has to act, if a finding names one.
    pub due: Option<Due>,
}

/// The kiosk a record must come from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Its name.
    pub kiosk: KioskId,
    /// The keys of its lives, by incarnation.
    pub lives: BTreeMap<u32, Keys>,
}

/// The public keys of one life of a kiosk.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The key it signs records with.
    pub device_key: VerifyingKey,
    /// The key it seals permits with.
    pub seal_key: Keyring,
}

/// Why a push as a whole cannot be taken: it is not made of records of this kiosk.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// Not even the header can be read.
    #[error("record {index} of the push has no readable header")]
    Header {
        /// Which, from 0.
        index: usize,
        /// What was wrong.
        source: FormatError,
    },
    /// Somebody else's record.
    #[error("record {index} of the push is of kiosk `{found}`")]
    OtherKiosk {
        /// Which, from 0.
        index: usize,
        /// Whose it says it is.
        found: KioskId,
    },
}

impl Malformed {
    /// The same of a part of a push with so many records before it.
    #[must_use]
    pub fn behind(self, before: usize) -> Self {
        match self {
            Self::Header { index, source } => Self::Header { index: before + index, source },
            Self::OtherKiosk { index, found } => Self::OtherKiosk { index: before + index, found },
        }
    }
}

/// Looks at each record of a push, and into its envelope with the keys that came with it.
pub fn judge(
    origin: &Origin,
    push: Vec<SignedRecord>,
    keys: Vec<ApplicationKey>,
    wrap: Wrap<'_>,
) -> Result<Vec<Judged>, Malformed> {
    let keys: BTreeMap<ApplicationId, DataKey> =
        keys.into_iter().map(|key| (key.application, key.key)).collect();
    let keep = |application, stage| {
        let key = keys.get(&application)?;
        Some(KeptKey { application, stage, wrapped: wrap(application, key) })
    };
    let read: Vec<Readable> = push.into_iter().map(Readable::of).collect();
    let headers = read.iter().enumerate().map(|(index, readable)| {
        let header = readable.header().map_err(|source| Malformed::Header { index, source })?;
        if header.kiosk != origin.kiosk {
            return Err(Malformed::OtherKiosk { index, found: header.kiosk });
        }
        Ok(header)
    });
    let headers: Vec<Header> = headers.collect::<Result<_, _>>()?;
    let vouched = vouched(origin, &headers, &read);
    let judged = headers.into_iter().zip(read).zip(vouched).map(|((header, readable), vouched)| {
        let Readable { signed: record, hash, record: parsed } = readable;
        let link = Link { position: header.position, previous: header.previous, hash };
        let (kind, opened, meaning) = match origin.lives.get(&header.incarnation) {
            None => ("", None, Meaning::Poison(Poison::Incarnation)),
            Some(_) if !vouched => ("", None, Meaning::Poison(Poison::Signature)),
            Some(life) => match parsed {
                Ok(parsed) => meaning(life, &header, parsed, &keys),
                Err(_unreadable) => ("", None, Meaning::Poison(Poison::Unreadable)),
            },
        };
        let (incarnation, at) = (header.incarnation, header.at);
        let key = opened.and_then(|(application, stage)| keep(application, stage));
        Judged { link, incarnation, at, record, kind, meaning, key }
    });
    Ok(judged.collect())
}

/// A record as it came, and what can be read of it.
struct Readable {
    signed: SignedRecord,
    hash: Hash,
    record: Result<Record, FormatError>,
}

impl Readable {
    fn of(signed: SignedRecord) -> Self {
        let record = Record::read(signed.record.reveal());
        Self { hash: signed.hash(), signed, record }
    }

    /// What it says of itself, also where this version does not know its body.
    fn header(&self) -> Result<Header, FormatError> {
        match &self.record {
            Ok(record) => Ok(record.header()),
            Err(_unreadable) => Header::read(self.signed.record.reveal()),
        }
    }
}

/// Which records are the kiosk's own: signed by the device key of their life, or named by their hash in the
/// next record of it, if that one is. So one signature stands for a push, and the signatures of the others
/// are kept as evidence, to be looked at one by one by whoever verifies an export.
fn vouched(origin: &Origin, headers: &[Header], records: &[Readable]) -> Vec<bool> {
    let mut vouched = vec![false; records.len()];
    let mut behind: Option<&Header> = None;
    for ((header, readable), vouched) in headers.iter().zip(records).zip(&mut vouched).rev() {
        let is_named = behind.is_some_and(|behind| {
            behind.previous == readable.hash && behind.incarnation == header.incarnation
        });
        *vouched = is_named
            || origin
                .lives
                .get(&header.incarnation)
                .is_some_and(|life| readable.signed.verify(&life.device_key));
        behind = vouched.then_some(header);
    }
    vouched
}

/// The word of a record, whose envelope was opened, and what it means.
type Read = (&'static str, Option<(ApplicationId, Stage)>, Meaning);

fn meaning(
    keys: &Keys,
    header: &Header,
    read: Record,
    data_keys: &BTreeMap<ApplicationId, DataKey>,
) -> Read {
    let kind = read.body.kind();
    let kiosk = &header.kiosk;
    let closed = (kind, None, Meaning::Poison(Poison::Closed));
    let meaning = match read.body {
        Body::Issued(issued) => {
            let key = data_keys.get(&issued.application);
            let Some(permit) = key.and_then(|key| issued.open(kiosk, key).ok()) else {
                return closed;
            };
            let opened = Some((issued.application, Stage::Issued));
            let meaning = match entry(&keys.seal_key, *issued, permit) {
                Ok(entry) => Meaning::Issued(Box::new(entry)),
                Err(poison) => Meaning::Poison(poison),
            };
            return (kind, opened, meaning);
        }
        Body::Decided(decided) => {
            let key = data_keys.get(&decided.application);
            let Some(personal) = key.and_then(|key| decided.open(kiosk, key).ok()) else {
                return closed;
            };
            let opened = Some((decided.application, Stage::Decided));
            let meaning = if decided.decision.verdict.goes_to_officer() {
                Meaning::Referred(Box::new(case(*decided, personal)))
            } else {
                Meaning::Other
            };
            return (kind, opened, meaning);
        }
        Body::LookedUp(look_up) => {
            let key = data_keys.get(&look_up.application);
            if key.is_none_or(|key| look_up.open(kiosk, key).is_err()) {
                return closed;
            }
            return (kind, Some((look_up.application, Stage::Begun)), Meaning::Other);
        }
        Body::NumberVoided(NumberVoided { series, sequence, .. }) => {
            Meaning::Voided(Number { series, sequence })
        }
        Body::NumbersReturned(NumbersReturned { series, first, last, .. }) => {
            Meaning::Returned(NumberRange { series, first, last })
        }
        Body::Started(_)
        | Body::Printed(_)
        | Body::DataReceipt(_)
        | Body::Rated(_)
        | Body::BlockInstalled(_)
        | Body::EditionActivated(_)
        | Body::EditionRefused(_)
        | Body::Faulted(_)
        | Body::SessionEnded(_)
        | Body::MaintenanceSignedIn(_)
        | Body::MaintenanceRefused(_)
        | Body::MaintenanceSignedOut(_)
        | Body::MaintenanceSettled(_)
        | Body::MaintenanceEmptied(_)
        | Body::MaintenanceConfigured(_)
        | Body::MaintenanceTested(_)
        | Body::MaintenanceExported(_)
        | Body::BlanksCounted(_)
        | Body::BlanksSpent(_) => Meaning::Other,
    };
    (kind, None, meaning)
}

fn entry(seal_key: &Keyring, issued: Issued, written: Permit) -> Result<Entry, Poison> {
    let permit = written.checked(issued.application).ok_or(Poison::Permit)?;
    let (series, sequence) = permit.number.place();
    if (series.as_str(), sequence) != (issued.series.as_str(), issued.sequence) {
        return Err(Poison::NumberOfOtherSeries);
    }
    let seal = issued.seal().ok_or(Poison::Seal)?.to_owned();
    for seal in issued.sheets.iter().filter_map(|sheet| sheet.seal.as_deref()) {
        let claims = crate::seal::verify(seal, seal_key).map_err(|_wrong| Poison::Seal)?;
        if !claims.agrees_with(&permit) {
            return Err(Poison::Seal);
        }
    }
    Ok(Entry {
        application: issued.application,
        service: issued.service,
        number: Number { series: issued.series, sequence: issued.sequence },
        kind: permit.grant.kind(),
        permit: written,
        seal,
    })
}

fn case(decided: Decided, personal: DecidedPersonal) -> Case {
    let DecidedPersonal { applicant, business, decision, .. } = personal;
    let message = decision.findings.iter().find(|finding| finding.code == decision.code);
    let message = message.map(|finding| finding.message.clone());
    let due = decision.told().filter_map(|finding| finding.due.clone());
    Case {
        application: decided.application,
        service: decided.service,
        verdict: decision.verdict,
        message_zh: message.as_ref().map(|text| text.zh.clone()).unwrap_or_default(),
        message_en: message.map(|text| text.en).unwrap_or_default(),
        uscc: business.as_ref().map(|business| business.uscc.clone()),
        business: business.map(|business| business.name),
        applicant: masked(&applicant.name),
        day: decision.today,
        due: due.min_by_key(|due| due.date),
        code: decision.code,
    }
}

fn masked(name: &Personal) -> String {
    MaskedName::of(name.reveal()).to_string()
}
