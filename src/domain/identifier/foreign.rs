//! The numbers of the foreigner's permanent residence identity card, 2023 and 2017 version.

use jiff::civil::Date;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    Identifier, IdentifierError, IdentifierErrorKind as Kind, ResidentId, check, resident,
};
use crate::domain::Sex;

/// The number of the 2023 ("five-star") card: 9, two digits of the accepting province, three of the
/// country (GB/T 2659), birth date, sequence, and the check character of GB 11643.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Zeroize, ZeroizeOnDrop)]
pub struct ForeignId2023(ResidentId);

impl ForeignId2023 {
    /// Where the birth date begins, as in a resident's number: 1 + 2 + 3.
    const BIRTH_FROM: usize = 6;

    /// Checks a number: the leading 9, a day that exists, the check character.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        ResidentId::parse_as(Identifier::ForeignId2023, text, b'9'..=b'9', Self::BIRTH_FROM)
            .map(Self)
    }

    /// As [`Self::parse`], and born between 1900 and `today`.
    pub fn parse_living(text: &str, today: Date) -> Result<Self, IdentifierError> {
        let id = Self::parse(text)?;
        resident::living(Identifier::ForeignId2023, id.birth(), today)?;
        Ok(id)
    }

    /// The number, in full.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Two digits of the province that accepted the application.
    pub fn province(&self) -> &str {
        self.as_str().get(1..3).expect("a checked number has 18 ASCII characters")
    }

    /// Three digits of the country (GB/T 2659).
    pub fn country(&self) -> &str {
        self.as_str().get(3..6).expect("a checked number has 18 ASCII characters")
    }

    /// Date of birth.
    pub fn birth(&self) -> Date {
        self.0.birth_from(Self::BIRTH_FROM)
    }

    /// Sex: the 17th digit is odd for men.
    pub fn sex(&self) -> Sex {
        self.0.sex()
    }
}

/// The number of the 2017 card: country (three letters), four digits of the accepting organ, birth
/// date YYMMDD, sequence, check digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Zeroize, ZeroizeOnDrop)]
pub struct ForeignId2017(String);

impl ForeignId2017 {
    /// Characters of the number.
    pub const LEN: usize = 15;

    /// Checks the layout. The century is not in the number, so of the birth date only month and day
    /// are checked (29 February passes). The check digit is a matter of [`Self::warning`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let identifier = Identifier::ForeignId2017;
        let bytes = identifier.exact(text, Self::LEN, |at, byte| {
            if at < 3 { byte.is_ascii_alphabetic() } else { byte.is_ascii_digit() }
        })?;
        let two = |at: usize| std::str::from_utf8(bytes.get(at..at + 2)?).ok()?.parse::<i8>().ok();
        two(9)
            .zip(two(11))
            .and_then(|(month, day)| Date::new(2000, month, day).ok())
            .ok_or(identifier.error(Kind::Date))?;
        Ok(Self(text.to_ascii_uppercase()))
    }

    /// A hint that the check digit does not fit the sum seen on the printed specimen. A specimen of
    /// the chip has another one, so nobody is turned away for it.
    pub fn warning(&self) -> Option<IdentifierError> {
        (check::foreign_2017(self.0.as_bytes()) != Some(0))
            .then(|| Identifier::ForeignId2017.error(Kind::CheckDigit))
    }

    /// The number, in full.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Three letters of the country (ISO 3166 alpha-3).
    pub fn country(&self) -> &str {
        self.0.get(..3).expect("a checked number has 15 ASCII characters")
    }
}

impl std::fmt::Debug for ForeignId2023 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ForeignId2023(…)")
    }
}

impl std::fmt::Display for ForeignId2023 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl std::fmt::Debug for ForeignId2017 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ForeignId2017(…)")
    }
}

impl std::fmt::Display for ForeignId2017 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::person::masked(&self.0))
    }
}
