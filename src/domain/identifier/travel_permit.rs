//! The travel permit number of Hong Kong and Macao residents, for typing.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Identifier, IdentifierError, IdentifierErrorKind as Kind};

/// H or M and eight lifelong digits; older permits print two digits of renewal after them. Numbers of
/// one person are equal whether or not the renewal is given.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct TravelPermitNumber {
    lifelong: String,
    renewal: String,
}

impl TravelPermitNumber {
    /// Checks the layout; there is no check digit.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let identifier = Identifier::TravelPermit;
        let expected = if text.chars().count() == 11 { 11 } else { 9 };
        identifier.exact(text, expected, |at, byte| {
            if at == 0 { byte.is_ascii_alphabetic() } else { byte.is_ascii_digit() }
        })?;
        let number = text.to_ascii_uppercase();
        if !number.starts_with(['H', 'M']) {
            return Err(identifier.error(Kind::Prefix));
        }
        let (lifelong, renewal) = number.split_at(9);
        Ok(Self { lifelong: lifelong.to_owned(), renewal: renewal.to_owned() })
    }

    /// The nine characters that stay for life.
    pub fn as_str(&self) -> &str {
        &self.lifelong
    }

    /// The two digits of renewal, where they were given.
    pub fn renewal(&self) -> Option<&str> {
        (!self.renewal.is_empty()).then_some(self.renewal.as_str())
    }
}

impl PartialEq for TravelPermitNumber {
    fn eq(&self, other: &Self) -> bool {
        self.lifelong == other.lifelong
    }
}

impl Eq for TravelPermitNumber {}

impl std::fmt::Debug for TravelPermitNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TravelPermitNumber(…)")
    }
}
