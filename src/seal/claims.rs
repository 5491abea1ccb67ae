//! What a seal states: a permit in eleven short claims, as deterministic CBOR.

use std::fmt;

use ciborium::Value;
use jiff::civil::Date;
use sm3::{Digest as _, Sm3};

use super::KeyId;
use crate::domain::{Grant, Permit, PermitKind, PermitNumber, Uscc};

/// Length of the two digests. 128 bits keep the code at version 12; whoever wants another permit
/// with the same digest must find a second preimage, which costs 2¹²⁸.
pub const CLAIM_DIGEST_BYTES: usize = 16;

/// The claims' keys in the CBOR map (docs/formats.md, Seal).
mod label {
    pub(super) const NUMBER: i64 = 1;
    pub(super) const HOLDER: i64 = 2;
    pub(super) const KIND: i64 = 3;
    pub(super) const ITEMS: i64 = 4;
    pub(super) const ISSUED: i64 = 5;
    pub(super) const VALID_TO: i64 = 6;
    pub(super) const COPY: i64 = 7;
    pub(super) const FIELDS: i64 = 8;
    pub(super) const ORIGIN: i64 = 9;
}

/// The first 16 bytes of SM3 over something printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClaimsDigest([u8; CLAIM_DIGEST_BYTES]);

impl ClaimsDigest {
    /// The digest of a list of texts. Each is preceded by its length in four bytes, big-endian, so
    /// that no two lists run into the same bytes.
    pub fn of(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut hash = Sm3::new();
        for text in texts {
            let text = text.as_ref();
            let length = u32::try_from(text.len()).expect("a printed field is shorter than 4 GiB");
            hash.update(length.to_be_bytes());
            hash.update(text.as_bytes());
        }
        let whole: [u8; 32] = hash.finalize().into();
        let mut digest = [0; CLAIM_DIGEST_BYTES];
        digest.copy_from_slice(&whole[..CLAIM_DIGEST_BYTES]);
        Self(digest)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; CLAIM_DIGEST_BYTES] {
        &self.0
    }
}

impl fmt::Display for ClaimsDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ClaimsDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimsDigest({self})")
    }
}

/// The serial of one sheet, for example `K03-000017-1`. Two sheets of one permit differ in it, so a
/// copy that cannot be confirmed is voided by its serial.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CopySerial(String);

impl CopySerial {
    /// Characters at most.
    pub const LEN_MAX: usize = 24;

    /// Reads capital letters, digits and inner hyphens; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let known = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        let good = (1..=Self::LEN_MAX).contains(&text.len())
            && text.bytes().all(known)
            && !text.starts_with('-')
            && !text.ends_with('-');
        good.then(|| Self(text.to_owned()))
    }

    /// The serial.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CopySerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The origin of the transparency log the permit will stand in, as in its checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOrigin(String);

impl LogOrigin {
    /// Characters at most, so that the code stays at version 12.
    pub const LEN_MAX: usize = 48;

    /// Reads printable ASCII without spaces and `+` (C2SP tlog-checkpoint, signed-note).
    pub fn parse(text: &str) -> Option<Self> {
        let good = (1..=Self::LEN_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'+');
        good.then(|| Self(text.to_owned()))
    }

    /// The origin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LogOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a seal states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The key that signs. It stands in the signed header, not among the claims.
    pub issuer_key: KeyId,
    /// The permit's number, and with it the permit's kind.
    pub number: PermitNumber,
    /// The holder's unified social credit code.
    pub holder: Uscc,
    /// Digest of what is permitted.
    pub items: ClaimsDigest,
    /// Date of issue.
    pub issued: Date,
    /// Last day, `None` for a filing.
    pub valid_to: Option<Date>,
    /// The sheet.
    pub copy: CopySerial,
    /// Digest of every printed field.
    pub fields: ClaimsDigest,
    /// The transparency log that will hold the permit.
    pub origin: LogOrigin,
}

impl Claims {
    /// The claims of one sheet of a permit.
    pub fn of(permit: &Permit, copy: &CopySerial, origin: &LogOrigin, issuer_key: KeyId) -> Self {
        Self {
            issuer_key,
            number: permit.number.clone(),
            holder: permit.holder.uscc.clone(),
            items: items_digest(&permit.grant),
            issued: permit.issued,
            valid_to: permit.valid_to,
            copy: copy.clone(),
            fields: fields_digest(permit),
            origin: origin.clone(),
        }
    }

    /// Whether a permit says what the seal states: number, holder, dates and both digests.
    pub fn agrees_with(&self, permit: &Permit) -> bool {
        *self == Self::of(permit, &self.copy, &self.origin, self.issuer_key)
    }

    /// The kind of permit the number belongs to.
    pub fn kind(&self) -> PermitKind {
        self.number.kind()
    }

    /// The claims as deterministic CBOR (RFC 8949, 4.2.1): integer keys in order, shortest forms.
    pub(super) fn to_cbor(&self) -> Vec<u8> {
        let mut map: Vec<(Value, Value)> = vec![
            (label::NUMBER.into(), self.number.to_string().into()),
            (label::HOLDER.into(), self.holder.to_string().into()),
            (label::KIND.into(), kind_code(self.kind()).into()),
            (label::ITEMS.into(), Value::Bytes(self.items.0.to_vec())),
            (label::ISSUED.into(), days(self.issued).into()),
        ];
        if let Some(valid_to) = self.valid_to {
            map.push((label::VALID_TO.into(), days(valid_to).into()));
        }
        map.extend([
            (label::COPY.into(), self.copy.0.clone().into()),
            (label::FIELDS.into(), Value::Bytes(self.fields.0.to_vec())),
            (label::ORIGIN.into(), self.origin.0.clone().into()),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&Value::Map(map), &mut bytes)
            .expect("writing integers and texts to memory cannot fail");
        bytes
    }

    /// Reads exactly what [`to_cbor`](Self::to_cbor) writes. The error names the claim that is wrong.
    pub(super) fn from_cbor(bytes: &[u8], issuer_key: KeyId) -> Result<Self, &'static str> {
        let value: Value = ciborium::from_reader(bytes).map_err(|_not_cbor| "the whole")?;
        let map = value.as_map().ok_or("the whole")?;
        let claim = |label: i64| {
            map.iter().find(|(key, _)| *key == Value::from(label)).map(|(_, value)| value)
        };
        let text = |label: i64| claim(label).and_then(Value::as_text);
        let digest = |label: i64| {
            let bytes = claim(label).and_then(Value::as_bytes)?;
            bytes.as_slice().try_into().ok().map(ClaimsDigest)
        };
        let kind = claim(label::KIND)
            .and_then(Value::as_integer)
            .and_then(|code| kind_of_code(code.into()))
            .ok_or("the kind (3)")?;
        let claims = Self {
            issuer_key,
            number: text(label::NUMBER)
                .and_then(|number| PermitNumber::parse(kind, number).ok())
                .ok_or("the permit number (1)")?,
            holder: text(label::HOLDER)
                .and_then(|code| Uscc::parse(code).ok())
                .ok_or("the holder (2)")?,
            items: digest(label::ITEMS).ok_or("the items' digest (4)")?,
            issued: claim(label::ISSUED).and_then(date).ok_or("the date of issue (5)")?,
            valid_to: match claim(label::VALID_TO) {
                None => None,
                Some(value) => Some(date(value).ok_or("the last day (6)")?),
            },
            copy: text(label::COPY).and_then(CopySerial::parse).ok_or("the copy serial (7)")?,
            fields: digest(label::FIELDS).ok_or("the fields' digest (8)")?,
            origin: text(label::ORIGIN).and_then(LogOrigin::parse).ok_or("the log origin (9)")?,
        };
        // One meaning, one encoding: this also refuses unknown claims, repeated ones, trailing bytes
        // and longer forms of the same number.
        if claims.to_cbor() == bytes { Ok(claims) } else { Err("the encoding") }
    }
}

/// The digest of what is permitted: the grant's words in the order printed.
fn items_digest(grant: &Grant) -> ClaimsDigest {
    ClaimsDigest::of(grant.words().iter().map(String::as_str))
}

/// The digest of every printed field, in an order of its own that no page template can change.
fn fields_digest(permit: &Permit) -> ClaimsDigest {
    let number = permit.number.to_string();
    let elicence = permit.elicence.to_string();
    let holder = permit.holder.uscc.to_string();
    let issuer = permit.issuer.uscc.to_string();
    let issued = permit.issued.to_string();
    let valid_to = permit.valid_to.map(|date| date.to_string()).unwrap_or_default();
    let fixed = [
        number.as_str(),
        &elicence,
        &permit.holder.name,
        &holder,
        &permit.holder.legal_representative,
        &permit.holder.address,
        &permit.premises,
        &permit.issuer.name,
        &issuer,
        &issued,
        &valid_to,
    ];
    let words = permit.grant.words();
    ClaimsDigest::of(fixed.into_iter().chain(words.iter().map(String::as_str)))
}

fn kind_code(kind: PermitKind) -> i64 {
    match kind {
        PermitKind::Food => 1,
        PermitKind::Filing => 2,
        PermitKind::Hygiene => 3,
        PermitKind::HygieneFiling => 4,
        PermitKind::Combined => 5,
    }
}

fn kind_of_code(code: i128) -> Option<PermitKind> {
    PermitKind::ALL.into_iter().find(|kind| i128::from(kind_code(*kind)) == code)
}

/// The day all dates of a seal are counted from.
const DAY_ZERO: Date = Date::constant(1970, 1, 1);

fn days(date: Date) -> i64 {
    DAY_ZERO.until(date).map_or(0, |span| i64::from(span.get_days()))
}

fn date(value: &Value) -> Option<Date> {
    let days: i32 = value.as_integer()?.try_into().ok()?;
    DAY_ZERO.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}
