//! The resident identity number (GB 11643-1999), also on the residence permit for Hong Kong, Macao and
//! Taiwan residents.

use jiff::civil::Date;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Identifier, IdentifierError, IdentifierErrorKind as Kind, check};
use crate::domain::Sex;

/// A resident identity number: 18 characters whose check character fits and whose birth date exists.
///
/// `Debug` and `Display` never show it in full; [`ResidentId::as_str`] does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Zeroize, ZeroizeOnDrop)]
pub struct ResidentId(String);

impl ResidentId {
    /// Characters of the number.
    pub const LEN: usize = 18;

    /// The first year of birth a living applicant may have.
    pub const BORN_YEAR_MIN: i16 = 1900;

    /// Checks a number as a number: layout, a day that exists, check character. The standard's own
    /// example was born in 1880, so the century is no matter of format: for a person who stands
    /// before the kiosk use [`Self::parse_living`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        Self::parse_as(Identifier::ResidentId, text, b'1'..=b'8', 6)
    }

    /// As [`Self::parse`], and born between 1900 and `today`.
    pub fn parse_living(text: &str, today: Date) -> Result<Self, IdentifierError> {
        let id = Self::parse(text)?;
        living(Identifier::ResidentId, id.birth(), today)?;
        Ok(id)
    }

    /// The 18-digit number of an old 15-digit one, as a help for typing. Cards with 15 digits ended on
    /// 2013-01-01, so this is never a proof of identity.
    pub fn upgrade_15(text: &str) -> Result<Self, IdentifierError> {
        let digits = Identifier::ResidentId.exact(text, 15, |_, byte| byte.is_ascii_digit())?;
        let (region, rest) = digits.split_at(6);
        let mut long = [region, b"19", rest].concat();
        let last = check::resident(&long).expect("seventeen digits have a check character");
        long.push(last);
        let mut long = String::from_utf8(long).expect("digits and X are ASCII");
        let id = Self::parse(&long);
        long.zeroize();
        id
    }

    /// The number, in full.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Six digits of the division of first registration. It may be abolished by now, which says
    /// nothing against the number.
    pub fn region(&self) -> &str {
        self.0.get(..6).expect("a checked number has 18 ASCII characters")
    }

    /// Date of birth.
    pub fn birth(&self) -> Date {
        birth_at(self.0.as_bytes(), 6).expect("a checked number holds a date")
    }

    /// Sex: the 17th digit is odd for men, even for women (GB 11643-1999, 4.2.4).
    pub fn sex(&self) -> Sex {
        sex_of(self.0.as_bytes())
    }

    /// Whether it stands on a residence permit for Hong Kong (810000), Macao (820000) or Taiwan
    /// (830000) residents.
    pub fn is_hong_kong_macao_taiwan(&self) -> bool {
        matches!(self.region(), "810000" | "820000" | "830000")
    }

    /// The checks that GB 11643 and the foreigner's card of 2023 share.
    pub(super) fn parse_as(
        identifier: Identifier,
        text: &str,
        first: std::ops::RangeInclusive<u8>,
        birth_from: usize,
    ) -> Result<Self, IdentifierError> {
        let bytes = identifier.exact(text, Self::LEN, |at, byte| {
            byte.is_ascii_digit() || (at == Self::LEN - 1 && matches!(byte, b'X' | b'x'))
        })?;
        if !bytes.first().is_some_and(|byte| first.contains(byte)) {
            return Err(identifier.error(Kind::Prefix));
        }
        let (digits, last) = bytes.split_at(Self::LEN - 1);
        birth_at(digits, birth_from).ok_or(identifier.error(Kind::Date))?;
        let expected = check::resident(digits).map(|byte| byte.to_ascii_uppercase());
        if last.first().map(u8::to_ascii_uppercase) != expected {
            return Err(identifier.error(Kind::CheckDigit));
        }
        Ok(Self(text.to_ascii_uppercase()))
    }

    pub(super) fn birth_from(&self, from: usize) -> Date {
        birth_at(self.0.as_bytes(), from).expect("a checked number holds a date")
    }
}

impl std::fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResidentId(…)")
    }
}

impl std::fmt::Display for ResidentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::person::masked(&self.0))
    }
}

/// Whether a birth date can belong to somebody alive today.
pub(super) fn living(
    identifier: Identifier,
    birth: Date,
    today: Date,
) -> Result<(), IdentifierError> {
    if birth.year() < ResidentId::BORN_YEAR_MIN {
        return Err(identifier.error(Kind::BornTooEarly));
    }
    if birth > today {
        return Err(identifier.error(Kind::BornInFuture));
    }
    Ok(())
}

fn sex_of(number: &[u8]) -> Sex {
    match number.get(16) {
        Some(digit) if digit % 2 == 1 => Sex::Male, // '1' is 49: the code's parity is the digit's
        Some(_) => Sex::Female,
        None => Sex::Unknown,
    }
}

/// The date YYYYMMDD that begins at `from`, if it is a day of the calendar.
fn birth_at(number: &[u8], from: usize) -> Option<Date> {
    let text = std::str::from_utf8(number.get(from..from + 8)?).ok()?;
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i16>().ok();
    let month = i8::try_from(part(4..6)?).ok()?;
    let day = i8::try_from(part(6..8)?).ok()?;
    Date::new(part(0..4)?, month, day).ok()
}
