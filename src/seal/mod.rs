//! Keys, signatures, the seal (the signed text in a certificate's QR code, verifiable offline), and the
//! encryption of personal fields.
//!
//! Nothing here draws random numbers, reads files or asks the time: the 32 random bytes of a new key and
//! every nonce come in as arguments, and both signature schemes are deterministic. `docs/formats.md`
//! specifies every byte.

mod auditor;
mod claims;
mod envelope;
mod key;
mod keyring;
mod prepared;
mod text;

pub use auditor::{AuditorKey, AuditorPublicKey};
pub use claims::{CLAIM_DIGEST_BYTES, Claims, ClaimsDigest, CopySerial, LogOrigin};
pub use envelope::{DataKey, NONCE_BYTES, VaultKey, WRAPPED_BYTES, WrappedKey};
pub use key::{KeyError, KeyId, Profile, Signature, SigningKey, VerifyingKey};
pub use keyring::{Keyring, TrustedKey};
pub use text::{Error, Seal, verify};
