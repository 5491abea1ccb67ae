//! A block of numbers that central leases to one kiosk.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Hash, KioskId, is_signed};
use crate::domain::Series;
use crate::seal::{SigningKey, VerifyingKey};

/// A grant as it is kept and sent: the exact text and central's signature over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedBlock {
    /// The grant's exact text: one JSON object, no line break.
    pub grant: String,
    /// By central's key over the text, under [`BlockGrant::SIGNATURE_CONTEXT`]; hexadecimal.
    pub signature: String,
}

impl SignedBlock {
    /// Signs a grant's text with central's key.
    pub fn sign(grant: String, key: &SigningKey) -> Self {
        let signature = key.sign(BlockGrant::SIGNATURE_CONTEXT, grant.as_bytes()).to_string();
        Self { grant, signature }
    }

    /// Whether central with this key granted it.
    #[must_use]
    pub fn verify(&self, key: &VerifyingKey) -> bool {
        is_signed(key, BlockGrant::SIGNATURE_CONTEXT, &self.grant, &self.signature)
    }

    /// SHA-256 of the grant's text, which the kiosk's record of the installation carries.
    pub fn digest(&self) -> Hash {
        Hash::of(self.grant.as_bytes())
    }
}

/// Numbers that one kiosk may give out, and nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockGrant {
    /// Always [`BlockGrant::FORMAT`].
    pub format: String,
    /// Of which series.
    pub series: String,
    /// Which block of the series, from 0: block `b` covers `b * size + 1 ..= (b + 1) * size`, so two
    /// grants of one series overlap only if they name the same block.
    pub block: u64,
    /// First number.
    pub first: u64,
    /// Last number.
    pub last: u64,
    /// To which kiosk.
    pub kiosk: KioskId,
    /// To which life of it; a restored disk cannot use the numbers of the one before.
    pub incarnation: u32,
    /// When central granted it.
    pub granted_at: Timestamp,
}

impl BlockGrant {
    /// The format's name and version.
    pub const FORMAT: &str = "permit-kiosk/number-block/1";
    /// What central's signature over a grant is bound to.
    pub const SIGNATURE_CONTEXT: &str = "permit-kiosk/number-block/1";
    /// Numbers of a block at most: the 999 999 of a food series in a hundred blocks.
    pub const SIZE_MAX: u64 = 10_000;
    /// Bytes of a grant's text at most: 96 of series, 48 of kiosk, four numbers of 20, field names.
    pub const BYTES_MAX: usize = 1024;

    /// The numbers block `block` of `size` covers; `None` beyond the largest number.
    pub fn range(block: u64, size: u64) -> Option<(u64, u64)> {
        let before = block.checked_mul(size)?;
        Some((before.checked_add(1)?, before.checked_add(size)?))
    }

    /// The grant's text. Written once by central; everything after works on the text.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a grant has only string keys")
    }

    /// Reads a grant and checks that its numbers are the ones of its block.
    pub fn read(text: &str) -> Result<Self, BlockError> {
        if text.len() > Self::BYTES_MAX {
            return Err(BlockError::TooLong { bytes: text.len() });
        }
        let grant: Self =
            serde_json::from_str(text).map_err(|source| BlockError::NotAGrant { source })?;
        if grant.format != Self::FORMAT {
            return Err(BlockError::OtherFormat { found: grant.format });
        }
        if Series::parse(&grant.series).is_none() {
            return Err(BlockError::UnknownSeries { series: grant.series });
        }
        let size = grant.last.saturating_sub(grant.first).saturating_add(1);
        let aligned = grant.last >= grant.first
            && size <= Self::SIZE_MAX
            && Self::range(grant.block, size) == Some((grant.first, grant.last));
        if aligned { Ok(grant) } else { Err(BlockError::NotAligned { text: text.to_owned() }) }
    }
}

/// Why a text is no grant of this version.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// Longer than any grant can be.
    #[error("a grant of {bytes} bytes is longer than {} bytes", BlockGrant::BYTES_MAX)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not a JSON object with the fields of a grant.
    #[error("the text is not a grant of numbers")]
    NotAGrant {
        /// What was wrong, with line and column.
        source: serde_json::Error,
    },
    /// A grant of another version.
    #[error("the grant has the format `{found}`")]
    OtherFormat {
        /// The format it names.
        found: String,
    },
    /// Not the name of a number series.
    #[error("`{series}` is no number series")]
    UnknownSeries {
        /// What it names.
        series: String,
    },
    /// The numbers are not those of the block.
    #[error("the numbers of the grant are not those of its block: {text}")]
    NotAligned {
        /// The grant.
        text: String,
    },
}
