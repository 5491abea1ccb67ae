//! The registers as central last signed them: what the kiosk goes by when the line is down.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::durable;
use crate::seal::{Signature, VerifyingKey};
use crate::wire::v1::api::{AnswerError, SNAPSHOT_BYTES_MAX, SignedText, Snapshot, SnapshotEntry};

/// How old a snapshot may be, unless the authority says otherwise: a ban of yesterday is known today.
pub const AGE_MAX: Duration = Duration::from_hours(24);

/// The newest snapshot, on disk and in memory.
pub struct Snapshots {
    path: PathBuf,
    central: VerifyingKey,
    age_max: Duration,
    newest: Mutex<Option<Snapshot>>,
}

/// What the snapshot knows about one business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// There is no snapshot, or nothing in it about this business.
    Nothing,
    /// It is too old, or from the future, which is as bad: the clock is wrong then.
    Stale,
    /// This.
    Entry { taken_at: Timestamp, entry: Box<SnapshotEntry> },
}

/// Why a snapshot was not taken over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The file.
    #[error("cannot keep the snapshot of the registers")]
    Keep {
        /// What the system said.
        source: durable::Error,
    },
    /// The file.
    #[error("cannot read the snapshot of the registers")]
    Read {
        /// What the system said.
        source: durable::Error,
    },
    /// The file, or what came from central.
    #[error("the snapshot of the registers is damaged")]
    Damaged {
        /// Where.
        source: serde_json::Error,
    },
    /// Not signed by central.
    #[error("the snapshot of the registers is not signed by central")]
    Signature,
    /// Signed, but of another form.
    #[error("the snapshot of the registers cannot be understood")]
    Form {
        /// What was wrong.
        source: AnswerError,
    },
    /// Older than the one that is here.
    #[error("the snapshot of {offered} is older than the one of {present}")]
    Older {
        /// Of the one that came.
        offered: Timestamp,
        /// Of the one that is here.
        present: Timestamp,
    },
}

impl Snapshots {
    /// Opens the snapshot kept at `path`, if there is one. One that is damaged or not signed is an
    /// error; the caller says so to the technician and goes on without.
    pub fn open(
        path: &Path,
        central: VerifyingKey,
        age_max: Duration,
    ) -> Result<Self, SnapshotError> {
        let none = Self::none(path, central, age_max);
        let bytes = match durable::read_limited(path, FILE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => return Ok(none),
            Err(source) => return Err(SnapshotError::Read { source }),
        };
        let signed =
            serde_json::from_slice(&bytes).map_err(|source| SnapshotError::Damaged { source })?;
        let newest = none.verified(&signed)?;
        Ok(Self { newest: Mutex::new(Some(newest)), ..none })
    }

    /// Begins without a snapshot; the next one taken over is kept at `path`.
    pub fn none(path: &Path, central: VerifyingKey, age_max: Duration) -> Self {
        Self { path: path.to_owned(), central, age_max, newest: Mutex::new(None) }
    }

    /// Takes over a snapshot from central: first on disk, then in use.
    pub fn take_over(&self, signed: &SignedText) -> Result<Timestamp, SnapshotError> {
        let offered = self.verified(signed)?;
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(present) = newest.as_ref()
            && offered.taken_at < present.taken_at
        {
            let (offered, present) = (offered.taken_at, present.taken_at);
            return Err(SnapshotError::Older { offered, present });
        }
        let text = serde_json::to_vec(signed).expect("a signed text has only string keys");
        durable::write_secret(&self.path, &text)
            .map_err(|source| SnapshotError::Keep { source })?;
        let taken_at = offered.taken_at;
        *newest = Some(offered);
        Ok(taken_at)
    }

    /// When the newest was taken.
    pub fn taken_at(&self) -> Option<Timestamp> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.as_ref().map(|snapshot| snapshot.taken_at)
    }

    pub(super) fn about(&self, uscc: &str, now: Timestamp) -> Known {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(snapshot) = newest.as_ref() else { return Known::Nothing };
        let age = now.duration_since(snapshot.taken_at);
        if Duration::try_from(age).map_or(true, |age| age > self.age_max) {
            return Known::Stale;
        }
        match snapshot.businesses.get(uscc) {
            Some(entry) => {
                Known::Entry { taken_at: snapshot.taken_at, entry: Box::new(entry.clone()) }
            }
            None => Known::Nothing,
        }
    }

    fn verified(&self, signed: &SignedText) -> Result<Snapshot, SnapshotError> {
        let mut signature = [0; Signature::BYTES];
        let good = hex::decode_to_slice(&signed.signature, &mut signature).is_ok()
            && self.central.verify(
                Snapshot::SIGNATURE_CONTEXT,
                signed.text.as_bytes(),
                &Signature::from_bytes(signature),
            );
        if !good {
            return Err(SnapshotError::Signature);
        }
        Snapshot::read(&signed.text).map_err(|source| SnapshotError::Form { source })
    }
}

impl std::fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Snapshots({:?})", self.taken_at())
    }
}

/// The text, in which each quotation mark is escaped, and its signature.
const FILE_BYTES_MAX: u64 = 2 * SNAPSHOT_BYTES_MAX as u64 + 1_024;
