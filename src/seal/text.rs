//! The text in the QR code: `PK1:` and base45 of a `COSE_Sign1` over the claims.

use std::{fmt, str::FromStr};

use coset::{
    Algorithm, CoseError, CoseSign1, CoseSign1Builder, Header, HeaderBuilder,
    TaggedCborSerializable as _, iana,
};

use super::{Claims, KeyId, Keyring, Profile, Signature, SigningKey};

/// What every seal begins with: our format, version 1. The four characters are in the QR code's
/// alphanumeric set, like all of base45 (ISO/IEC 18004, table 5).
const PREFIX: &str = "PK1:";

/// Characters at most: what version 13 holds at level M (ISO/IEC 18004, table 7). The longest hygiene
/// number (77 bytes), serial (24) and origin (48) make 224 bytes of claims, 314 of COSE, 475 characters;
/// a food licence of this district has about 335, version 11.
const CHARS_MAX: usize = 483;

/// SM2 with SM3 has no COSE number yet; those below −65536 are for private use (RFC 9053, 8).
const COSE_SM2: i64 = -70_001;

/// Why a text is not a valid seal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Some other code was scanned.
    #[error("cannot read the code: it does not begin with {PREFIX}, so it is not one of ours")]
    NotOurs,
    /// Longer than any seal.
    #[error("cannot read a seal of {characters} characters: {CHARS_MAX} at most")]
    Oversize {
        /// Its length.
        characters: usize,
    },
    /// Misread, cut or altered.
    #[error("cannot read the seal: damaged base45")]
    Base45,
    /// Misread, cut or altered.
    #[error("cannot read the seal: damaged COSE_Sign1")]
    Cose {
        /// What coset found. Its text never quotes the payload.
        #[source]
        source: CoseError,
    },
    /// It asks us to understand what we do not (RFC 9052, 3.1).
    #[error("cannot judge the seal: it marks a header as critical that this version does not know")]
    CriticalHeader,
    /// Neither of the two profiles.
    #[error("cannot judge the seal: it is signed by an algorithm this version does not know")]
    Algorithm,
    /// Headers, tags or forms a maker of seals never writes.
    #[error("cannot read the seal: its envelope is not written the one way seals are")]
    NotCanonical,
    /// Not signed by anyone we trust.
    #[error("the seal names key {key}, which is not among the trusted keys")]
    UnknownKey {
        /// The key it names.
        key: KeyId,
    },
    /// Altered or forged.
    #[error("the signature does not fit: the text was altered or is forged (key {key})")]
    Signature {
        /// The key it names.
        key: KeyId,
    },
    /// Signed by a trusted key, yet nonsense: the signer is newer or broken.
    #[error("cannot read the signed claims: {claim} is wrong")]
    Claims {
        /// Which claim.
        claim: &'static str,
    },
}

/// The text of a seal. To hold one says nothing about its signature: that is what [`verify`] is for.
#[derive(Clone, PartialEq, Eq)]
pub struct Seal(String);

impl Seal {
    /// Signs claims. The same claims and key always make the same text.
    pub fn make(key: &SigningKey, claims: &Claims) -> Self {
        assert_eq!(claims.issuer_key, key.id(), "a seal names the key that signs it");
        let payload = claims.to_cbor();
        let sign1 = CoseSign1Builder::new()
            .protected(protected_header(key.profile(), claims.issuer_key))
            .payload(payload)
            .create_signature(&[], |to_sign| key.sign_bare(to_sign).as_bytes().to_vec())
            .build();
        let bytes = sign1.to_tagged_vec().expect("writing COSE to memory cannot fail");
        let text = format!("{PREFIX}{}", base45::encode(bytes));
        assert!(text.len() <= CHARS_MAX, "{} characters: see CHARS_MAX for the sum", text.len());
        Self(text)
    }

    /// Takes a text that has the form of a seal, for example from the journal.
    pub fn parse(text: &str) -> Result<Self, Error> {
        envelope(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The text, in the alphanumeric set of QR codes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key it names, without judging whether that key signed.
    pub fn named_key(&self) -> Result<KeyId, Error> {
        envelope(&self.0).map(|envelope| envelope.key)
    }

    /// What it states, if a trusted key signed it.
    pub fn verify(&self, keyring: &Keyring) -> Result<Claims, Error> {
        verify(&self.0, keyring)
    }
}

impl FromStr for Seal {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text names a holder: only its length may reach a log.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({} characters)", self.0.len())
    }
}

/// What a scanned text states, if it is a seal and a trusted key signed it. Nothing of the claims is
/// read before the signature fits.
pub fn verify(text: &str, keyring: &Keyring) -> Result<Claims, Error> {
    let Envelope { sign1, profile, key } = envelope(text)?;
    let trusted = keyring.get(&key).ok_or(Error::UnknownKey { key })?;
    if trusted.key.profile() != profile {
        return Err(Error::Signature { key });
    }
    sign1.verify_signature(&[], |signature, signed| {
        Signature::from_slice(signature)
            .ok()
            .filter(|signature| trusted.key.verify_bare(signed, signature))
            .map(|_signature| ())
            .ok_or(Error::Signature { key })
    })?;
    let payload = sign1.payload.as_deref().ok_or(Error::NotCanonical)?;
    Claims::from_cbor(payload, key).map_err(|claim| Error::Claims { claim })
}

struct Envelope {
    sign1: CoseSign1,
    profile: Profile,
    key: KeyId,
}

/// Reads the envelope and insists that it is byte for byte the one [`Seal::make`] writes around this
/// key id, payload and signature: no other header, no second encoding, nothing behind it.
fn envelope(text: &str) -> Result<Envelope, Error> {
    let base45 = text.strip_prefix(PREFIX).ok_or(Error::NotOurs)?;
    let characters = text.chars().count();
    if characters > CHARS_MAX {
        return Err(Error::Oversize { characters });
    }
    let bytes = base45::decode(base45).map_err(|_damaged| Error::Base45)?;
    if base45::encode(&bytes) != base45 {
        return Err(Error::Base45);
    }
    let sign1 = CoseSign1::from_tagged_slice(&bytes).map_err(|source| Error::Cose { source })?;
    let header = &sign1.protected.header;
    if !header.crit.is_empty() || !sign1.unprotected.crit.is_empty() {
        return Err(Error::CriticalHeader);
    }
    let profile = header.alg.as_ref().and_then(profile_of).ok_or(Error::Algorithm)?;
    let key = <[u8; KeyId::BYTES]>::try_from(header.key_id.as_slice())
        .map_or(Err(Error::NotCanonical), |bytes| Ok(KeyId::from_bytes(bytes)))?;
    let rewritten = CoseSign1Builder::new()
        .protected(protected_header(profile, key))
        .payload(sign1.payload.clone().ok_or(Error::NotCanonical)?)
        .signature(sign1.signature.clone())
        .build()
        .to_tagged_vec()
        .expect("writing COSE to memory cannot fail");
    if rewritten != bytes {
        return Err(Error::NotCanonical);
    }
    Ok(Envelope { sign1, profile, key })
}

fn protected_header(profile: Profile, key: KeyId) -> Header {
    let header = HeaderBuilder::new().key_id(key.as_bytes().to_vec());
    match profile {
        Profile::Sm2 => header.algorithm_label(Algorithm::PrivateUse(COSE_SM2)),
        Profile::Ed25519 => header.algorithm(iana::Algorithm::EdDSA),
    }
    .build()
}

fn profile_of(algorithm: &Algorithm) -> Option<Profile> {
    [Profile::Sm2, Profile::Ed25519].into_iter().find(|profile| {
        protected_header(*profile, KeyId::from_bytes([0; KeyId::BYTES])).alg.as_ref()
            == Some(algorithm)
    })
}
