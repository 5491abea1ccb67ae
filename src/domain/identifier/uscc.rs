//! The unified social credit code (GB 32100-2015).

use super::{Identifier, IdentifierError, IdentifierErrorKind as Kind, check};

/// A unified social credit code: 18 characters, check character fits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uscc(String);

impl Uscc {
    /// Characters of the code.
    pub const LEN: usize = 18;

    /// Checks characters, layout (the division is digits) and check character.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let identifier = Identifier::Uscc;
        let code = text.to_ascii_uppercase();
        let bytes = identifier.exact(&code, Self::LEN, |at, byte| match at {
            2..8 => byte.is_ascii_digit(),
            _ => check::USCC_SYMBOLS.contains(&byte),
        })?;
        let (symbols, last) = bytes.split_at(Self::LEN - 1);
        if last.first().copied() != check::uscc(symbols) {
            return Err(identifier.error(Kind::CheckDigit));
        }
        Ok(Self(code))
    }

    /// A hint that the organisation code inside (GB 11714) does not fit its own check character. Some
    /// early conversions are like that, so the code still counts.
    pub fn warning(&self) -> Option<IdentifierError> {
        let (body, last) = self.organisation().as_bytes().split_at(8);
        (last.first().copied() != check::organisation(body))
            .then(|| Identifier::Uscc.error(Kind::OrganisationCode))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first two characters: registering department and class, for example `91` for companies,
    /// `92` for sole traders.
    pub fn class(&self) -> &str {
        self.part(0..2)
    }

    /// Six digits of the division of registration.
    pub fn division(&self) -> &str {
        self.part(2..8)
    }

    /// The organisation code inside.
    pub fn organisation(&self) -> &str {
        self.part(8..17)
    }

    fn part(&self, range: std::ops::Range<usize>) -> &str {
        self.0.get(range).expect("a checked code has 18 ASCII characters")
    }
}

impl std::fmt::Display for Uscc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
