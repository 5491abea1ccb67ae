//! The revocation of a permit: an act of central's, signed and numbered, that every kiosk keeps.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Hash;

/// A permit is revoked. Kept and sent as an exact text with central's signature, as a
/// [`SignedText`](super::api::SignedText). Described in `docs/formats/api.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Always [`Revocation::FORMAT`].
    pub format: String,
    /// Its place among all revocations, from 1, without gaps.
    pub number: u64,
    /// SHA-256 of the text of the one before; zero before the first. Two lists of one central cannot be
    /// mixed.
    pub previous: Hash,
    /// The number of the permit.
    pub permit: String,
    /// The e-licence identifier of the version that was valid.
    pub elicence: String,
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Revocation {
    /// The format's name and version.
    pub const FORMAT: &str = "permit-kiosk/revocation/1";
    /// What central's signature is bound to.
    pub const SIGNATURE_CONTEXT: &str = "permit-kiosk/revocation/1";
    /// Characters of a reason, or of who decided, at most.
    pub const WORDS_CHARS_MAX: usize = 500;
    /// Bytes of a text at most: twice five hundred characters of four bytes, and room for the rest.
    pub const BYTES_MAX: usize = 6 * 1024;

    /// The text that is signed.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a revocation has only string keys")
    }

    /// Reads a text whose signature was verified.
    pub fn read(text: &str) -> Result<Self, RevocationError> {
        if text.len() > Self::BYTES_MAX {
            return Err(RevocationError::TooLong { bytes: text.len() });
        }
        let act: Self = serde_json::from_str(text)
            .map_err(|source| RevocationError::NotARevocation { source })?;
        if act.format == Self::FORMAT {
            Ok(act)
        } else {
            Err(RevocationError::OtherFormat { found: act.format })
        }
    }
}

/// Why a text is no revocation of this version.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationError {
    /// Longer than any can be.
    #[error("a revocation of {bytes} bytes is longer than {}", Revocation::BYTES_MAX)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not even the fields.
    #[error("the text is no revocation")]
    NotARevocation {
        /// What was wrong.
        source: serde_json::Error,
    },
    /// Another format.
    #[error("the format `{found}` is not {}", Revocation::FORMAT)]
    OtherFormat {
        /// Which.
        found: String,
    },
}
