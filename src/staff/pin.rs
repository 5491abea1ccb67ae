//! PINs: what is accepted as one, and its Argon2id hash.

use argon2::password_hash::{PasswordHash, SaltString};
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use zeroize::Zeroizing;

/// The second recommended option of RFC 9106, 4: 64 MiB, three passes, four lanes. A million PINs of
/// six digits take a stolen file's reader days instead of minutes; that it is not stolen is the task
/// of the file's rights.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// Bytes of the hash (RFC 9106, 4: 256 bits).
const HASH_BYTES: usize = 32;

/// A PIN. It is wiped from memory with its value, and never shown.
#[derive(Clone)]
pub struct Pin(Zeroizing<String>);

/// Why something is no PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PinProblem {
    /// Something else than digits.
    #[error("a PIN has only digits")]
    NotDigits,
    /// Too short or too long.
    #[error("a PIN has {} to {} digits", Pin::DIGITS_MIN, Pin::DIGITS_MAX)]
    Length,
    /// Among the first anybody would try.
    #[error("this PIN is too easy to guess: not 111111, 123456, 121212 and the like")]
    Trivial,
}

impl Pin {
    /// Digits at least.
    pub const DIGITS_MIN: usize = 6;
    /// Digits at most: what a keypad shows in one line.
    pub const DIGITS_MAX: usize = 12;

    /// What somebody typed to sign in, whatever it is.
    pub fn typed(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// A PIN somebody chooses for themselves.
    pub fn choose(text: Zeroizing<String>) -> Result<Self, PinProblem> {
        let digits: Zeroizing<Vec<u8>> = Zeroizing::new(text.bytes().collect());
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(PinProblem::NotDigits);
        }
        if !(Self::DIGITS_MIN..=Self::DIGITS_MAX).contains(&digits.len()) {
            return Err(PinProblem::Length);
        }
        if is_regular(&digits) {
            return Err(PinProblem::Trivial);
        }
        Ok(Self(text))
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// Whether each digit follows from the one before by the same step (111111, 123456, 890123, 135791),
/// or the digits repeat after two or three (121212, 123123).
fn is_regular(digits: &[u8]) -> bool {
    let step = |pair: &[u8]| match pair {
        [one, next] => (10 + next - one) % 10,
        _ => 0,
    };
    let mut steps = digits.windows(2).map(step);
    let first = steps.next();
    let repeats = |after: usize| digits.iter().zip(digits.iter().skip(after)).all(|(a, b)| a == b);
    steps.all(|step| Some(step) == first) || repeats(2) || repeats(3)
}

/// An Argon2id hash in the usual text form, made with exactly our parameters.
#[derive(Clone)]
pub(super) struct Hash(String);

impl Hash {
    pub(super) fn make(pin: &Pin, salt: [u8; 16]) -> Self {
        let salt = SaltString::encode_b64(&salt).expect("16 bytes are the recommended salt");
        let hash = argon()
            .hash_password(pin.0.as_bytes(), &salt)
            .expect("a short text with a salt of the recommended length can be hashed");
        Self(hash.to_string())
    }

    /// Reads one; a hash with other parameters would take another time, and so tell who exists.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        let params = Params::try_from(&hash).ok()?;
        let ours = (params.m_cost(), params.t_cost(), params.p_cost())
            == (MEMORY_KIB, PASSES, LANES)
            && hash.algorithm == Algorithm::Argon2id.ident()
            && hash.salt.is_some()
            && hash.hash.is_some_and(|hash| hash.len() == HASH_BYTES);
        ours.then(|| Self(text.to_owned()))
    }

    /// The hash of no PIN, to be compared with where there is nobody.
    pub(super) fn nobody() -> Self {
        Self(
            "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$\
             AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                .to_owned(),
        )
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn fits(&self, pin: &Pin) -> bool {
        PasswordHash::new(&self.0)
            .is_ok_and(|hash| argon().verify_password(pin.0.as_bytes(), &hash).is_ok())
    }
}

fn argon() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES))
        .expect("the parameters are RFC 9106's own");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_nobody_is_a_hash_and_fits_nothing() {
        let nobody = Hash::nobody();
        assert!(Hash::parse(nobody.as_str()).is_some());
        assert!(!nobody.fits(&Pin::typed(Zeroizing::new(String::new()))));
    }

    #[test]
    fn a_hash_with_other_parameters_is_none_of_ours() {
        for (from, to) in [("m=65536", "m=8"), ("t=3", "t=1"), ("p=4", "p=1"), ("2id", "2i")] {
            assert!(Hash::parse(&Hash::nobody().as_str().replace(from, to)).is_none(), "{to}");
        }
    }
}
