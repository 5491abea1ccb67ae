//! A public key prepared for thousands of signatures: multiples of its point are looked up instead of computed.
//! It accepts what [`VerifyingKey`](super::VerifyingKey) accepts and nothing else; how is public, so nothing here
//! takes care to need the same time for every signature.

use std::sync::OnceLock;

use curve25519_dalek::constants::ED25519_BASEPOINT_TABLE;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsBasepointTableRadix64};
use curve25519_dalek::traits::{BasepointTable as _, IsIdentity as _};
use sha2::Sha512;
use sm2::elliptic_curve::{
    Group as _, PrimeField as _, ops::Reduce as _, point::AffineCoordinates as _,
};
use sm2::{FieldBytes, ProjectivePoint, Scalar};
use sm3::Sm3;

/// The tables of one key.
pub(super) enum Tables {
    Sm2(Box<Sm2Tables>),
    Ed25519(Box<Ed25519Tables>),
}

/// For `t` times the public point; for the generator's there is one table in all.
pub(super) struct Sm2Tables {
    /// `Z` of GM/T 0003.2: who signs.
    identity: [u8; 32],
    public: Multiples,
}

pub(super) struct Ed25519Tables {
    public: [u8; 32],
    minus: EdwardsBasepointTableRadix64,
}

/// Every multiple of a point by a number of one byte at every place: 32 × 255 points, 780 kB.
struct Multiples(Vec<ProjectivePoint>);

impl Multiples {
    fn of(point: ProjectivePoint) -> Self {
        let mut multiples = Vec::with_capacity(32 * 255);
        let mut base = point;
        for _ in 0..32 {
            let mut multiple = base;
            for _ in 0..255 {
                multiples.push(multiple);
                multiple += base;
            }
            // 256 times what it was.
            base = multiple;
        }
        Self(multiples)
    }

    /// Adds so many times the point.
    fn add(&self, to: &mut ProjectivePoint, scalar: &Scalar) {
        let bytes = scalar.to_repr();
        for (place, digit) in bytes.iter().rev().enumerate() {
            let multiple = usize::from(*digit)
                .checked_sub(1)
                .and_then(|multiple| self.0.get(place * 255 + multiple));
            if let Some(multiple) = multiple {
                *to += multiple;
            }
        }
    }
}

impl Sm2Tables {
    pub(super) fn of(key: &sm2::dsa::VerifyingKey, distid: &str) -> Self {
        Self {
            identity: identity(key, distid),
            public: Multiples::of(ProjectivePoint::from(*key.as_affine())),
        }
    }

    /// GM/T 0003.2, 7.1, steps B3 to B7; that r and s are from 1 to n-1 is seen when a signature is read.
    pub(super) fn verify(&self, parts: &[&[u8]], signature: &sm2::dsa::Signature) -> bool {
        static GENERATOR: OnceLock<Multiples> = OnceLock::new();
        let mut hasher = <Sm3 as sm3::Digest>::new_with_prefix(self.identity);
        for part in parts {
            sm3::Digest::update(&mut hasher, part);
        }
        let hash: [u8; 32] = sm3::Digest::finalize(hasher).into();
        let e = Scalar::reduce(&FieldBytes::from(hash));
        let (r, s) = (signature.r(), signature.s());
        let t = *r + *s;
        if bool::from(t.is_zero()) {
            return false;
        }
        let mut point = ProjectivePoint::IDENTITY;
        GENERATOR.get_or_init(|| Multiples::of(ProjectivePoint::GENERATOR)).add(&mut point, &s);
        self.public.add(&mut point, &t);
        if bool::from(point.is_identity()) {
            return false;
        }
        *r == e + Scalar::reduce(&point.to_affine().x())
    }
}

/// `Z`: SM3 over the identifier's length in bits, the identifier, the curve and the public point.
fn identity(key: &sm2::dsa::VerifyingKey, distid: &str) -> [u8; 32] {
    // GM/T 0003.5: a, b, and the generator's two coordinates.
    const CURVE: &str = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC\
                         28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93\
                         32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7\
                         BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0";
    let bits = u16::try_from(distid.len() * 8).expect("our identifier has sixteen bytes");
    let mut hasher = <Sm3 as sm3::Digest>::new();
    sm3::Digest::update(&mut hasher, bits.to_be_bytes());
    sm3::Digest::update(&mut hasher, distid.as_bytes());
    sm3::Digest::update(&mut hasher, hex::decode(CURVE).expect("four numbers of the standard"));
    // Behind the byte that says that both coordinates follow.
    let point = key.to_sec1_bytes();
    sm3::Digest::update(&mut hasher, point.get(1..).unwrap_or_default());
    sm3::Digest::finalize(hasher).into()
}

impl Ed25519Tables {
    /// `None` where the bytes are no point: never of a key that was read.
    pub(super) fn of(key: &ed25519_dalek::VerifyingKey) -> Option<Self> {
        let public = key.to_bytes();
        let point = CompressedEdwardsY(public).decompress()?;
        Some(Self { public, minus: EdwardsBasepointTableRadix64::create(&-point) })
    }

    /// RFC 8032, 5.1.7, as strictly as `verify_strict`: one encoding of s, no R of small order.
    pub(super) fn verify(&self, parts: &[&[u8]], signature: &[u8; 64]) -> bool {
        use curve25519_dalek::Scalar;
        use sha2::Digest as _;
        let Some((r, s)) = signature.split_first_chunk::<32>() else { return false };
        let Ok(s) = <[u8; 32]>::try_from(s) else { return false };
        let Some(s) = Scalar::from_canonical_bytes(s).into_option() else { return false };
        let mut hasher = Sha512::new();
        hasher.update(r);
        hasher.update(self.public);
        for part in parts {
            hasher.update(part);
        }
        let k = Scalar::from_bytes_mod_order_wide(&hasher.finalize().into());
        let point = &s * ED25519_BASEPOINT_TABLE + &self.minus * &k;
        let is_small = point.mul_by_cofactor().is_identity();
        !is_small && point.compress().as_bytes() == r
    }
}
