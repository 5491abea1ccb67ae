//! One application: its identity, what the applicant declared, promised and signed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The identity of one application, and the key that makes issuing it twice impossible.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApplicationId(#[serde(with = "id_text")] [u8; 16]);

impl ApplicationId {
    /// Length of the text form: 32 hexadecimal digits.
    pub const TEXT_LEN: usize = 32;

    /// An id from 128 random bits, which the caller brings.
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self(bits)
    }

    /// Reads the text form; `None` where it is not 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != Self::TEXT_LEN || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return None;
        }
        let mut bits = [0; 16];
        hex::decode_to_slice(text, &mut bits).ok()?;
        Some(Self(bits))
    }

    /// The 128 bits.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The short form printed on slips: the first eight digits, in two groups of four.
    pub fn short(&self) -> String {
        let [a, b, c, d, ..] = self.0;
        format!("{a:02X}{b:02X}-{c:02X}{d:02X}")
    }
}

impl std::fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Debug for ApplicationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApplicationId({self})")
    }
}

mod id_text {
    //! The hexadecimal text form of an id in records.

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bits: &[u8; 16], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hex::encode(bits))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<[u8; 16], D::Error> {
        let text = String::deserialize(d)?;
        super::ApplicationId::parse(&text)
            .map(|id| id.0)
            .ok_or_else(|| D::Error::custom("an application id is 32 lower-case hex digits"))
    }
}

/// One line drawn with a finger: points in thousandths of the signature field's width and height.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Stroke(pub Vec<(u16, u16)>);

/// A signature as it was drawn.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Signature {
    /// The lines, in the order drawn.
    pub strokes: Vec<Stroke>,
}

impl Signature {
    /// Strokes at most: a name of twenty characters with thirty strokes each.
    pub const STROKES_MAX: usize = 600;
    /// Points at most in all strokes: a minute of drawing at 120 points a second.
    pub const POINTS_MAX: usize = 7_200;
    /// Points below which it is a touch by mistake, not a signature.
    pub const POINTS_MIN: usize = 8;

    /// Points in all strokes.
    pub fn points(&self) -> usize {
        self.strokes.iter().map(|stroke| stroke.0.len()).sum()
    }

    /// Whether there is enough ink to call it a signature.
    pub fn is_signed(&self) -> bool {
        self.points() >= Self::POINTS_MIN
    }
}

/// A signature is somebody's: only its length may reach a log.
impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signature({} points)", self.points())
    }
}

impl std::fmt::Debug for Stroke {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stroke({} points)", self.0.len())
    }
}

/// A promise (告知承诺) the applicant read and signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// Which text was shown, for example `food-new/1`.
    pub text_version: String,
    /// SHA-256 of the Chinese text shown, hexadecimal.
    pub text_digest: String,
    /// How long the text stood on the screen before it was signed, in milliseconds.
    pub reading_ms: u64,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// The signature.
    pub signature: Signature,
}
