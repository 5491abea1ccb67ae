//! An auditor's key: what is closed to it, only that auditor opens (SM2 public-key encryption).

use std::fmt;

use sha2::{Digest as _, Sha256};
use sm2::elliptic_curve::rand_core::{Infallible, TryCryptoRng, TryRng};
use sm2::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
    LineEnding,
};
use sm2::pke::{DecryptingKey, EncryptingKey};
use zeroize::Zeroizing;

use super::{KeyError, KeyId};

/// The private half.
#[derive(Clone)]
pub struct AuditorKey(sm2::SecretKey);

impl AuditorKey {
    /// Makes a key from 32 random bytes, which the caller brings.
    pub fn generate(random: &[u8; 32]) -> Self {
        let mut scalar = Zeroizing::new(*random);
        loop {
            // One draw in 2³² is none; it is hashed and tried again.
            if let Ok(key) = sm2::SecretKey::from_slice(scalar.as_slice()) {
                return Self(key);
            }
            *scalar = Sha256::digest(scalar.as_slice()).into();
        }
    }

    /// Reads PKCS#8 PEM, as `openssl genpkey -algorithm SM2` writes it.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        sm2::SecretKey::from_pkcs8_pem(pem).map(Self).map_err(|_other| KeyError::ReadSigningKey)
    }

    /// The key as PKCS#8 PEM, readable by OpenSSL.
    pub fn to_pem(&self) -> Zeroizing<String> {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF);
        Zeroizing::new(pem.expect("a valid SM2 key of fixed size always encodes").to_string())
    }

    /// The public half.
    pub fn public(&self) -> AuditorPublicKey {
        AuditorPublicKey(self.0.public_key())
    }

    /// Opens what was closed to this key; `None` for anything else.
    pub fn open(&self, closed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        DecryptingKey::new(self.0.clone()).decrypt_der(closed).ok().map(Zeroizing::new)
    }
}

impl fmt::Debug for AuditorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditorKey({})", self.public().id())
    }
}

/// The public half: what those who make bundles have.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditorPublicKey(sm2::PublicKey);

impl AuditorPublicKey {
    /// Reads SPKI PEM, as `openssl pkey -pubout` writes it.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        sm2::PublicKey::from_public_key_pem(pem)
            .map(Self)
            .map_err(|_other| KeyError::ReadVerifyingKey)
    }

    /// The key as SPKI PEM, readable by OpenSSL.
    pub fn to_pem(&self) -> String {
        let pem = self.0.to_public_key_pem(LineEnding::LF);
        pem.expect("a valid SM2 key of fixed size always encodes")
    }

    /// Its short name, made as every [`KeyId`].
    pub fn id(&self) -> KeyId {
        let der = self.0.to_public_key_der().expect("a valid SM2 key of fixed size always encodes");
        let digest: [u8; 32] = Sha256::digest(der.as_bytes()).into();
        let mut id = [0; KeyId::BYTES];
        id.copy_from_slice(&digest[..KeyId::BYTES]);
        KeyId::from_bytes(id)
    }

    /// Closes a message to the auditor (GB/T 32918.4, C1C3C2, as DER). `random` fills what it is
    /// given with random bytes.
    pub fn close(&self, random: &mut dyn FnMut(&mut [u8]), message: &[u8]) -> Vec<u8> {
        EncryptingKey::new(self.0)
            .encrypt_der(&mut Random(random), message)
            .expect("a short message closes to a point of the curve")
    }
}

impl fmt::Debug for AuditorPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditorPublicKey({})", self.id())
    }
}

/// The caller's random bytes, in the library's words.
struct Random<'a>(&'a mut dyn FnMut(&mut [u8]));

impl TryRng for Random<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Random<'_> {}
