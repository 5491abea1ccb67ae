//! The part of a record that is about a person: closed with the application's data key, in the record
//! for good, and readable only as long as the key exists. Described in `docs/formats/journal.md`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::record::{
    Applicant, BusinessName, Decided, Decision, DecisionOutline, Hash, Issued, KioskId,
    LookUpOutcome, LookedUp, Permit, Personal, Promise, Register,
};
use crate::domain::{ApplicationId, ServiceCode};
use crate::seal::{DataKey, NONCE_BYTES};

/// Personal fields of a record under lock.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// [`DataKey::id`] of the key that closed it.
    pub key: Hash,
    /// The nonce, hexadecimal.
    nonce: String,
    /// XChaCha20-Poly1305 over the JSON text of the fields, base64.
    closed: String,
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope({})", self.key)
    }
}

/// What closing an envelope takes.
#[derive(Debug, Clone, Copy)]
pub struct Closing<'a> {
    /// Whose journal.
    pub kiosk: &'a KioskId,
    /// Whose fields.
    pub application: ApplicationId,
    /// The application's data key.
    pub key: &'a DataKey,
    /// Random; never used twice with one key.
    pub nonce: [u8; NONCE_BYTES],
}

/// Why an envelope does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The key is another one.
    #[error("the data key is not the one that closed the envelope")]
    OtherKey,
    /// Key and bytes do not belong together, or not here.
    #[error("the envelope was changed, or belongs to another record")]
    Changed,
    /// It opens to something else than such a record's fields.
    #[error("the envelope does not hold the fields of such a record")]
    Unreadable,
    /// The open part of the record says something else.
    #[error("the record's open part contradicts what is in its envelope")]
    Contradicts,
}

impl Envelope {
    /// What the closed bytes are bound to: a kiosk, an application and a kind of record.
    const CONTEXT: &str = "permit-kiosk/envelope/1";

    fn close(closing: Closing<'_>, kind: &str, fields: &impl Serialize) -> Self {
        let context = Self::context(closing.kiosk, closing.application, kind);
        let text = serde_json::to_vec(fields).expect("personal fields have only string keys");
        let text = zeroize::Zeroizing::new(text);
        Self {
            key: Hash::from_bytes(closing.key.id()),
            nonce: hex::encode(closing.nonce),
            closed: BASE64.encode(closing.key.close(&closing.nonce, &context, &text)),
        }
    }

    fn open<T: DeserializeOwned>(
        &self,
        kiosk: &KioskId,
        application: ApplicationId,
        kind: &str,
        key: &DataKey,
    ) -> Result<T, EnvelopeError> {
        if Hash::from_bytes(key.id()) != self.key {
            return Err(EnvelopeError::OtherKey);
        }
        let mut nonce = [0; NONCE_BYTES];
        hex::decode_to_slice(&self.nonce, &mut nonce).map_err(|_none| EnvelopeError::Changed)?;
        let closed = BASE64.decode(&self.closed).map_err(|_none| EnvelopeError::Changed)?;
        let context = Self::context(kiosk, application, kind);
        let text = key.open(&nonce, &context, &closed).ok_or(EnvelopeError::Changed)?;
        serde_json::from_slice(&text).map_err(|_other| EnvelopeError::Unreadable)
    }

    fn context(kiosk: &KioskId, application: ApplicationId, kind: &str) -> String {
        format!("{}\n{kiosk}\n{application}\n{kind}", Self::CONTEXT)
    }
}

/// What the envelope of a `decided` record holds: everything that leads to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecidedPersonal {
    /// Who applied.
    pub applicant: Applicant,
    /// For which business, if one is known.
    pub business: Option<BusinessName>,
    /// The decision, whole: its reasons repeat facts.
    pub decision: Decision,
    /// The facts document exactly as decided upon; its SHA-256 is the decision's `facts_digest`.
    pub facts: Personal,
    /// The promise, if the service asks for one.
    pub promise: Option<Promise>,
}

impl Decided {
    /// The word in `kind`.
    pub(super) const KIND: &str = "decided";

    /// Closes what was decided.
    pub fn close(closing: Closing<'_>, service: ServiceCode, personal: &DecidedPersonal) -> Self {
        Self {
            application: closing.application,
            service,
            decision: DecisionOutline::of(&personal.decision),
            personal: Envelope::close(closing, Self::KIND, personal),
        }
    }

    /// Opens what was decided.
    pub fn open(&self, kiosk: &KioskId, key: &DataKey) -> Result<DecidedPersonal, EnvelopeError> {
        let personal: DecidedPersonal =
            self.personal.open(kiosk, self.application, Self::KIND, key)?;
        if DecisionOutline::of(&personal.decision) == self.decision {
            Ok(personal)
        } else {
            Err(EnvelopeError::Contradicts)
        }
    }
}

impl Issued {
    /// The word in `kind`.
    pub(super) const KIND: &str = "issued";

    /// Closes a permit. The caller fills in the rest of the record.
    pub fn close(closing: Closing<'_>, permit: &Permit) -> Envelope {
        Envelope::close(closing, Self::KIND, permit)
    }

    /// Opens the permit: every printed field.
    pub fn open(&self, kiosk: &KioskId, key: &DataKey) -> Result<Permit, EnvelopeError> {
        let permit: Permit = self.personal.open(kiosk, self.application, Self::KIND, key)?;
        let open = (&self.number, &self.elicence, self.issued, self.valid_to);
        if (&permit.number, &permit.elicence, permit.issued, permit.valid_to) == open {
            Ok(permit)
        } else {
            Err(EnvelopeError::Contradicts)
        }
    }
}

/// A look-up before it is closed into a [`LookedUp`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookUp {
    /// For which application.
    pub application: ApplicationId,
    /// Which register.
    pub register: Register,
    /// For which service: the purpose of the look-up.
    pub purpose: ServiceCode,
    /// Whom it was about, and what was answered, as digests.
    pub personal: LookedUpPersonal,
    /// When the snapshot was taken that stood in for the register, if one did.
    pub snapshot_taken_at: Option<Timestamp>,
    /// What kind of answer came.
    pub outcome: LookUpOutcome,
    /// How long it took.
    pub took_ms: u64,
}

/// What the envelope of a `looked_up` record holds. Digests of a few possible answers can be guessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookedUpPersonal {
    /// Keyed digest of the subject, hexadecimal.
    pub subject_digest: String,
    /// SHA-256 of the answer, hexadecimal, if one came.
    pub answer_digest: Option<String>,
}

impl LookedUp {
    /// The word in `kind`.
    pub(super) const KIND: &str = "looked_up";

    /// Closes a look-up.
    pub fn close(closing: Closing<'_>, look_up: &LookUp) -> Self {
        Self {
            application: look_up.application,
            register: look_up.register,
            purpose: look_up.purpose,
            snapshot_taken_at: look_up.snapshot_taken_at,
            outcome: look_up.outcome,
            took_ms: look_up.took_ms,
            personal: Envelope::close(closing, Self::KIND, &look_up.personal),
        }
    }

    /// Opens whom it was about and what was answered.
    pub fn open(&self, kiosk: &KioskId, key: &DataKey) -> Result<LookedUpPersonal, EnvelopeError> {
        self.personal.open(kiosk, self.application, Self::KIND, key)
    }
}
