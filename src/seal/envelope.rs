//! Personal fields under lock: one data key per application, and the vault key that wraps data keys.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, RFC 8439): its nonce has 24 bytes, long enough to be
//! drawn at random for every envelope. Whoever destroys a data key has destroyed everything closed with
//! it, on every disk and in every backup, and no hash or signature over the closed bytes has changed.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 24;
/// Bytes of either key.
const KEY_BYTES: usize = 32;
/// Bytes of a wrapped data key: nonce, key, tag.
pub const WRAPPED_BYTES: usize = NONCE_BYTES + KEY_BYTES + 16;

/// Closes and opens the personal fields of one application.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey(Zeroizing<[u8; KEY_BYTES]>);

impl DataKey {
    /// What stands before a key when its id is made.
    const ID_CONTEXT: &str = "permit-kiosk/data-key/1\n";

    /// A key from 32 random bytes.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        read_key(text).map(Self)
    }

    /// The key as 64 hexadecimal digits: for those who may open what it closes.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }

    /// SHA-256 over the key, which stands in every envelope: Poly1305 alone would let whoever made an
    /// envelope open it to two texts with two keys.
    pub fn id(&self) -> [u8; 32] {
        Sha256::new()
            .chain_update(Self::ID_CONTEXT)
            .chain_update(self.0.as_slice())
            .finalize()
            .into()
    }

    /// Closes some bytes; only the same context opens them.
    pub fn close(&self, nonce: &[u8; NONCE_BYTES], context: &str, open: &[u8]) -> Vec<u8> {
        close(&self.0, nonce, context, open)
    }

    /// Opens what [`DataKey::close`] closed; `None` for another key, nonce, context or byte.
    pub fn open(
        &self,
        nonce: &[u8; NONCE_BYTES],
        context: &str,
        closed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        open(&self.0, nonce, context, closed)
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}

impl Serialize for DataKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for DataKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("a data key is 64 hexadecimal digits"))
    }
}

/// Wraps data keys, so that they can lie beside what they open. It lies elsewhere.
#[derive(Clone)]
pub struct VaultKey(Zeroizing<[u8; KEY_BYTES]>);

impl VaultKey {
    /// What a wrapped key is bound to, before whose it is.
    const CONTEXT: &str = "permit-kiosk/wrapped-key/1\n";

    /// A key from 32 random bytes.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads the key's text: 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        read_key(text).map(Self)
    }

    /// The key's text.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }

    /// Wraps the data key of `owner`.
    pub fn wrap(&self, owner: &str, key: &DataKey, nonce: &[u8; NONCE_BYTES]) -> WrappedKey {
        let closed = close(&self.0, nonce, &format!("{}{owner}", Self::CONTEXT), key.0.as_slice());
        let mut wrapped = [0; WRAPPED_BYTES];
        let (at_nonce, at_closed) = wrapped.split_at_mut(NONCE_BYTES);
        at_nonce.copy_from_slice(nonce);
        at_closed.copy_from_slice(&closed);
        WrappedKey(wrapped)
    }

    /// The data key of `owner`; `None` where this vault key did not wrap it for that owner.
    pub fn unwrap(&self, owner: &str, wrapped: &WrappedKey) -> Option<DataKey> {
        let (nonce, closed) = wrapped.0.split_first_chunk()?;
        let bytes = open(&self.0, nonce, &format!("{}{owner}", Self::CONTEXT), closed)?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return None;
        }
        key.copy_from_slice(&bytes);
        Some(DataKey(key))
    }
}

impl std::fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VaultKey(…)")
    }
}

/// A data key closed with the vault key: nonce, then key and tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey([u8; WRAPPED_BYTES]);

impl WrappedKey {
    /// From the bytes as they are kept.
    pub fn from_bytes(bytes: [u8; WRAPPED_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes to keep.
    pub fn as_bytes(&self) -> &[u8; WRAPPED_BYTES] {
        &self.0
    }

    /// Reads 144 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; WRAPPED_BYTES];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl std::fmt::Display for WrappedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

fn read_key(text: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    hex::decode_to_slice(text.trim_end(), bytes.as_mut_slice()).ok()?;
    Some(bytes)
}

fn close(key: &[u8; KEY_BYTES], nonce: &[u8; NONCE_BYTES], context: &str, msg: &[u8]) -> Vec<u8> {
    XChaCha20Poly1305::new(key.into())
        .encrypt(nonce.into(), Payload { msg, aad: context.as_bytes() })
        .expect("a record is shorter than the 256 GiB of one nonce")
}

fn open(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; NONCE_BYTES],
    context: &str,
    msg: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    XChaCha20Poly1305::new(key.into())
        .decrypt(nonce.into(), Payload { msg, aad: context.as_bytes() })
        .ok()
        .map(Zeroizing::new)
}
