//! Signing keys of two profiles: SM2 with SM3 (the default), and Ed25519.

use std::fmt;
use std::sync::Arc;

use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
    KeypairBytes, spki::der::pem::LineEnding,
};
use sha2::{Digest as _, Sha256};
use sm2::{
    dsa::signature::{MultipartSigner as _, MultipartVerifier as _},
    pkcs8::{
        DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
        LineEnding as Sm2LineEnding,
    },
};
use zeroize::Zeroizing;

use super::prepared::{Ed25519Tables, Sm2Tables, Tables};

/// The signer's distinguishing identifier of SM2. GM/T 0009-2012, 10: the default where the parties
/// agree on none. OpenSSL assumes an empty one, so it must always be told (`-sigopt distid:…`).
const DISTID: &str = "1234567812345678";

/// What a signature with a context begins with. COSE's `Sig_structure` begins with the byte 84 hex,
/// and a log's checkpoint with its origin: neither can be taken for the other.
const CONTEXT_PREFIX: &[u8] = b"permit-kiosk//";

/// Bytes at most in a PEM file. An SM2 key of OpenSSL has 241, an Ed25519 key 119.
const PEM_BYTES_MAX: usize = 4096;

/// Which signature scheme a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Profile {
    /// SM2 with SM3 (GB/T 32918, GB/T 32905), distinguishing identifier `1234567812345678`.
    #[default]
    Sm2,
    /// Ed25519 (RFC 8032).
    Ed25519,
}

impl Profile {
    /// Both profiles.
    pub const ALL: [Self; 2] = [Self::Sm2, Self::Ed25519];

    /// The word in settings and on command lines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sm2 => "sm2",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The profile of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.as_str() == word)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What can be wrong with a key or a signature brought from outside.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Longer than any key we know.
    #[error("cannot read {bytes} bytes as a PEM key: {PEM_BYTES_MAX} at most")]
    Oversize {
        /// Its length.
        bytes: usize,
    },
    /// Not PKCS#8 of a profile we know.
    #[error(
        "cannot read signing key: it is neither an SM2 nor an Ed25519 private key in PKCS#8 PEM"
    )]
    ReadSigningKey,
    /// Not SPKI of a profile we know.
    #[error(
        "cannot read verifying key: it is neither an SM2 nor an Ed25519 public key in SPKI PEM"
    )]
    ReadVerifyingKey,
    /// Signatures of both profiles have 64 bytes.
    #[error("cannot read {bytes} bytes as a signature: it has {}", Signature::BYTES)]
    ReadSignature {
        /// Its length.
        bytes: usize,
    },
    /// Key ids have 8 bytes, 16 hexadecimal digits.
    #[error("cannot read key id: it has {} hexadecimal digits", 2 * KeyId::BYTES)]
    ReadKeyId,
}

/// The short name of a key: the first 8 bytes of SHA-256 over its SPKI DER, so that
/// `openssl pkey -pubin -outform DER | sha256sum` names it too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId([u8; Self::BYTES]);

impl KeyId {
    /// Length in bytes.
    pub const BYTES: usize = 8;

    /// An id from its bytes.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads 16 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut bytes = [0; Self::BYTES];
        hex::decode_to_slice(text, &mut bytes).map_err(|_not_hex| KeyError::ReadKeyId)?;
        Ok(Self(bytes))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A signature of either profile: 64 bytes, R‖S of Ed25519 or r‖s of SM2.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; Self::BYTES]);

impl Signature {
    /// Length in bytes.
    pub const BYTES: usize = 64;

    /// A signature from its bytes.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// A signature from as many bytes as came.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, KeyError> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_wrong_length| KeyError::ReadSignature { bytes: bytes.len() })
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({self})")
    }
}

/// A private key. Its memory is wiped when it is dropped; its Debug text shows only its id.
#[derive(Clone)]
pub struct SigningKey(Secret);

#[derive(Clone)]
enum Secret {
    Sm2 { secret: sm2::SecretKey, signer: sm2::dsa::SigningKey },
    Ed25519(ed25519_dalek::SigningKey),
}

impl SigningKey {
    /// Makes a key from 32 random bytes, which the caller brings.
    ///
    /// An SM2 scalar must lie in 1..n−1 (GB/T 32918.1, 6.1). One draw in 2³² does not; it is hashed
    /// and tried again, so that the same bytes always make the same key.
    pub fn generate(profile: Profile, random: &[u8; 32]) -> Self {
        match profile {
            Profile::Ed25519 => {
                Self(Secret::Ed25519(ed25519_dalek::SigningKey::from_bytes(random)))
            }
            Profile::Sm2 => {
                let mut scalar = Zeroizing::new(*random);
                loop {
                    let key = sm2::SecretKey::from_slice(scalar.as_slice()).ok();
                    if let Some(key) = key.and_then(Self::from_sm2) {
                        return key;
                    }
                    *scalar = Sha256::digest(scalar.as_slice()).into();
                }
            }
        }
    }

    /// Reads PKCS#8 PEM, as `openssl genpkey -algorithm SM2` or `-algorithm ED25519` writes it.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        check_size(pem)?;
        if let Ok(secret) = sm2::SecretKey::from_pkcs8_pem(pem)
            && let Some(key) = Self::from_sm2(secret)
        {
            return Ok(key);
        }
        ed25519_dalek::SigningKey::from_pkcs8_pem(pem)
            .map(|key| Self(Secret::Ed25519(key)))
            .map_err(|_neither| KeyError::ReadSigningKey)
    }

    /// The key as PKCS#8 PEM, readable by OpenSSL.
    pub fn to_pem(&self) -> Zeroizing<String> {
        match &self.0 {
            Secret::Sm2 { secret, .. } => {
                let pem = secret
                    .to_pkcs8_pem(Sm2LineEnding::LF)
                    .expect("a valid SM2 key of fixed size always encodes");
                Zeroizing::new(pem.to_string())
            }
            Secret::Ed25519(key) => {
                // Version 1, without the public key: OpenSSL 3.0 does not read version 2 (RFC 5958).
                let pem = KeypairBytes { secret_key: key.to_bytes(), public_key: None }
                    .to_pkcs8_pem(LineEnding::LF)
                    .expect("an Ed25519 key of fixed size always encodes");
                Zeroizing::new(pem.to_string())
            }
        }
    }

    /// Which profile it belongs to.
    pub fn profile(&self) -> Profile {
        match &self.0 {
            Secret::Sm2 { .. } => Profile::Sm2,
            Secret::Ed25519(_) => Profile::Ed25519,
        }
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        match &self.0 {
            Secret::Sm2 { signer, .. } => {
                VerifyingKey::of(Public::Sm2(signer.verifying_key().clone()))
            }
            Secret::Ed25519(key) => VerifyingKey::of(Public::Ed25519(key.verifying_key())),
        }
    }

    /// The short name of the public half.
    pub fn id(&self) -> KeyId {
        self.verifying_key().id()
    }

    /// Signs a message for one purpose. A signature made for one context never verifies for another.
    ///
    /// Contexts are short constant words such as `journal/record/1`: ASCII, without a zero byte.
    pub fn sign(&self, context: &str, message: &[u8]) -> Signature {
        self.sign_parts(&[CONTEXT_PREFIX, checked_context(context), &[0], message])
    }

    /// Signs exactly these bytes, for formats that separate their purposes themselves: a log's signed
    /// note, COSE's `Sig_structure`. Anything of our own goes through [`sign`](Self::sign).
    pub fn sign_bare(&self, message: &[u8]) -> Signature {
        self.sign_parts(&[message])
    }

    fn sign_parts(&self, parts: &[&[u8]]) -> Signature {
        match &self.0 {
            Secret::Sm2 { signer, .. } => {
                // Deterministic (RFC 6979). It fails only if r, s or r + k is 0: once in 2²⁵⁵.
                let signature: sm2::dsa::Signature = signer
                    .try_multipart_sign(parts)
                    .expect("a nonce of 256 bits does not meet the one value it must not be");
                Signature(signature.to_bytes().into())
            }
            Secret::Ed25519(key) => {
                use ed25519_dalek::Signer as _;
                Signature(key.sign(&parts.concat()).to_bytes())
            }
        }
    }

    /// `None` for n−1, with which SM2 cannot sign: 1 + d must have an inverse.
    fn from_sm2(secret: sm2::SecretKey) -> Option<Self> {
        let signer = sm2::dsa::SigningKey::new(DISTID, &secret).ok()?;
        let trial: Result<sm2::dsa::Signature, _> = signer.try_multipart_sign(&[b"trial"]);
        trial.ok()?;
        Some(Self(Secret::Sm2 { secret, signer }))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.profile(), self.id())
    }
}

/// A public key.
#[derive(Clone)]
pub struct VerifyingKey {
    public: Public,
    tables: Option<Arc<Tables>>,
}

#[derive(Clone)]
enum Public {
    Sm2(sm2::dsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl VerifyingKey {
    fn of(public: Public) -> Self {
        Self { public, tables: None }
    }

    /// The same key, made ready for thousands of signatures: some milliseconds and up to 800 kB once, and each
    /// takes a third to a fifth of its time from then on. What it accepts stays the same.
    #[must_use]
    pub fn prepared(self) -> Self {
        let tables = match &self.public {
            Public::Sm2(key) => Some(Tables::Sm2(Box::new(Sm2Tables::of(key, DISTID)))),
            Public::Ed25519(key) => Ed25519Tables::of(key).map(Box::new).map(Tables::Ed25519),
        };
        Self { tables: tables.map(Arc::new), ..self }
    }

    /// Reads SPKI PEM, as `openssl pkey -pubout` writes it.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        check_size(pem)?;
        if let Ok(public) = sm2::PublicKey::from_public_key_pem(pem)
            && let Ok(key) = sm2::dsa::VerifyingKey::new(DISTID, public)
        {
            return Ok(Self::of(Public::Sm2(key)));
        }
        ed25519_dalek::VerifyingKey::from_public_key_pem(pem)
            .ok()
            .and_then(Self::from_ed25519)
            .ok_or(KeyError::ReadVerifyingKey)
    }

    /// Reads the raw 32 bytes of an Ed25519 key, as signed notes carry it.
    pub fn from_ed25519_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        ed25519_dalek::VerifyingKey::from_bytes(bytes)
            .ok()
            .and_then(Self::from_ed25519)
            .ok_or(KeyError::ReadVerifyingKey)
    }

    /// The raw 32 bytes, if it is an Ed25519 key.
    pub fn to_ed25519_bytes(&self) -> Option<[u8; 32]> {
        match &self.public {
            Public::Sm2(_) => None,
            Public::Ed25519(key) => Some(key.to_bytes()),
        }
    }

    /// The key as SPKI PEM.
    pub fn to_pem(&self) -> String {
        match &self.public {
            Public::Sm2(key) => sm2::PublicKey::from(key)
                .to_public_key_pem(Sm2LineEnding::LF)
                .expect("a valid SM2 key of fixed size always encodes"),
            Public::Ed25519(key) => key
                .to_public_key_pem(LineEnding::LF)
                .expect("an Ed25519 key of fixed size always encodes"),
        }
    }

    /// The key as SPKI DER.
    pub fn to_der(&self) -> Vec<u8> {
        match &self.public {
            Public::Sm2(key) => sm2::PublicKey::from(key)
                .to_public_key_der()
                .expect("a valid SM2 key of fixed size always encodes")
                .into_vec(),
            Public::Ed25519(key) => key
                .to_public_key_der()
                .expect("an Ed25519 key of fixed size always encodes")
                .into_vec(),
        }
    }

    /// Which profile it belongs to.
    pub fn profile(&self) -> Profile {
        match &self.public {
            Public::Sm2(_) => Profile::Sm2,
            Public::Ed25519(_) => Profile::Ed25519,
        }
    }

    /// Its short name.
    pub fn id(&self) -> KeyId {
        let digest: [u8; 32] = Sha256::digest(self.to_der()).into();
        let (short, _rest) = digest.split_first_chunk().expect("a digest of 32 bytes has 8");
        KeyId(*short)
    }

    /// Whether [`SigningKey::sign`] of the private half made this signature in this context.
    #[must_use]
    pub fn verify(&self, context: &str, message: &[u8], signature: &Signature) -> bool {
        self.verify_parts(&[CONTEXT_PREFIX, checked_context(context), &[0], message], signature)
    }

    /// Whether [`SigningKey::sign_bare`] of the private half made this signature.
    #[must_use]
    pub fn verify_bare(&self, message: &[u8], signature: &Signature) -> bool {
        self.verify_parts(&[message], signature)
    }

    fn verify_parts(&self, parts: &[&[u8]], signature: &Signature) -> bool {
        let sm2 = || sm2::dsa::Signature::from_slice(signature.as_bytes());
        match self.tables.as_deref() {
            Some(Tables::Sm2(tables)) => {
                return sm2().is_ok_and(|signature| tables.verify(parts, &signature));
            }
            Some(Tables::Ed25519(tables)) => return tables.verify(parts, signature.as_bytes()),
            None => {}
        }
        match &self.public {
            Public::Sm2(key) => {
                sm2().is_ok_and(|signature| key.multipart_verify(parts, &signature).is_ok())
            }
            // Strict: no small-order points, no second encoding of the same signature.
            Public::Ed25519(key) => key
                .verify_strict(
                    &parts.concat(),
                    &ed25519_dalek::Signature::from_bytes(signature.as_bytes()),
                )
                .is_ok(),
        }
    }

    /// `None` for the points of small order, under which one signature fits many messages.
    fn from_ed25519(key: ed25519_dalek::VerifyingKey) -> Option<Self> {
        (!key.is_weak()).then_some(Self::of(Public::Ed25519(key)))
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.to_der() == other.to_der()
    }
}

impl Eq for VerifyingKey {}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({} {})", self.profile(), self.id())
    }
}

fn check_size(pem: &str) -> Result<(), KeyError> {
    if pem.len() > PEM_BYTES_MAX {
        return Err(KeyError::Oversize { bytes: pem.len() });
    }
    Ok(())
}

fn checked_context(context: &str) -> &[u8] {
    assert!(
        !context.is_empty() && context.bytes().all(|byte| byte.is_ascii_graphic()),
        "a signature's context is a constant word of printable ASCII, not {context:?}"
    );
    context.as_bytes()
}
