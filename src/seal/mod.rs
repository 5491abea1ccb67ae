//! Keys, signatures, and the seal: the signed text in a certificate's QR code, verifiable offline.
//!
//! Nothing here draws random numbers, reads files or asks the time: the 32 random bytes of a new key
//! come in as an argument, and both signature schemes are deterministic. `docs/formats.md`
//! specifies every byte.

mod claims;
mod key;
mod keyring;
mod text;

pub use claims::{CLAIM_DIGEST_BYTES, Claims, ClaimsDigest, CopySerial, LogOrigin};
pub use key::{KeyError, KeyId, Profile, Signature, SigningKey, VerifyingKey};
pub use keyring::{Keyring, TrustedKey};
pub use text::{Error, Seal, verify};
