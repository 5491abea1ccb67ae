//! The identity number of a person, of whichever document.

use zeroize::Zeroize;

use super::{
    ForeignId2017, ForeignId2023, Identifier, IdentifierError, IdentifierErrorKind as Kind,
    ResidentId,
};

/// The identity number on the applicant's document.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PersonId {
    /// A resident's, also of Hong Kong, Macao and Taiwan residents.
    Resident(ResidentId),
    /// A foreigner's, 2023 card.
    Foreign2023(ForeignId2023),
    /// A foreigner's, 2017 card.
    Foreign2017(ForeignId2017),
}

impl PersonId {
    /// Reads the number in an identity field: there, and only there, the first character tells the
    /// kinds apart (residents begin with 1 to 8, foreigners with 9 or with letters).
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        match text.bytes().next() {
            None => Err(Identifier::ResidentId.error(Kind::Empty)),
            Some(b'9') => ForeignId2023::parse(text).map(Self::Foreign2023),
            Some(first) if first.is_ascii_alphabetic() => {
                ForeignId2017::parse(text).map(Self::Foreign2017)
            }
            Some(_) => ResidentId::parse(text).map(Self::Resident),
        }
    }

    /// The number, in full.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Resident(id) => id.as_str(),
            Self::Foreign2023(id) => id.as_str(),
            Self::Foreign2017(id) => id.as_str(),
        }
    }

    /// The kind of document in facts: `resident`, `hmt` or `foreigner`.
    pub fn document(&self) -> &'static str {
        match self {
            Self::Resident(id) if id.is_hong_kong_macao_taiwan() => "hmt",
            Self::Resident(_) => "resident",
            Self::Foreign2023(_) | Self::Foreign2017(_) => "foreigner",
        }
    }
}

impl Zeroize for PersonId {
    fn zeroize(&mut self) {
        match self {
            Self::Resident(id) => id.zeroize(),
            Self::Foreign2023(id) => id.zeroize(),
            Self::Foreign2017(id) => id.zeroize(),
        }
    }
}

impl std::fmt::Debug for PersonId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonId(…)")
    }
}

impl std::fmt::Display for PersonId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&masked(self.as_str()))
    }
}

/// The first six and the last four characters of an identity number, stars between.
pub(in crate::domain) fn masked(number: &str) -> String {
    keep_ends(number, 6, 4)
}

/// The first `head` and last `tail` characters, stars between; all stars where it is too short to
/// hide anything.
pub(in crate::domain) fn keep_ends(text: &str, head: usize, tail: usize) -> String {
    let count = text.chars().count();
    let shown = |at: usize| count > head + tail && (at < head || at >= count - tail);
    text.chars().enumerate().map(|(at, symbol)| if shown(at) { symbol } else { '*' }).collect()
}
