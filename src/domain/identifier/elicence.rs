//! The e-licence identifier (GB/T 36904-2018), by which the verification page finds a permit.

use super::{Identifier, IdentifierError, IdentifierErrorKind as Kind, Uscc, check};

/// `1.2.156.3005.2.<type>.<issuer>.<serial>.<version>.<check>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ElicenceId {
    text: String,
    /// Where issuer, serial, version and check begin in `text`.
    starts: [usize; 4],
}

impl ElicenceId {
    /// The object identifier all of them begin with.
    pub const OID: &str = "1.2.156.3005.2";

    /// Characters of the type code: the defining ministry's unified social credit code and three
    /// digits.
    pub const TYPE_LEN: usize = Uscc::LEN + 3;

    /// Characters of the serial number at most. Regions use up to 20; the rest is caution.
    pub const SERIAL_LEN_MAX: usize = 32;

    /// The highest version: three digits.
    pub const VERSION_MAX: u16 = 999;

    /// Bytes of an identifier at most: OID, five dots, type, issuer, serial, version, check.
    pub const BYTES_MAX: usize =
        Self::OID.len() + 5 + Self::TYPE_LEN + Uscc::LEN + Self::SERIAL_LEN_MAX + 3 + 1;

    /// The identifier of a permit of the type `type_code`, issued by `issuer`.
    pub fn new(
        type_code: &str,
        issuer: &Uscc,
        serial: &str,
        version: u16,
    ) -> Result<Self, IdentifierError> {
        if version > Self::VERSION_MAX {
            return Err(Identifier::Elicence.error(Kind::Sequence));
        }
        let body = [type_code, issuer.as_str(), serial, &format!("{version:03}")];
        // No symbol here means a character outside 0-9 A-Z, which `parse` then points at.
        let last = check::mod_37_36(body.concat()).unwrap_or(b'0');
        Self::parse(&format!("{}.{}.{}", Self::OID, body.join("."), char::from(last)))
    }

    /// Checks layout and check character.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let identifier = Identifier::Elicence;
        if text.is_empty() {
            return Err(identifier.error(Kind::Empty));
        }
        if text.len() > Self::BYTES_MAX {
            let (expected, found) = (Self::BYTES_MAX, text.chars().count());
            return Err(identifier.error(Kind::Length { expected, found }));
        }
        let allowed =
            |symbol: char| symbol == '.' || symbol.is_ascii_digit() || symbol.is_ascii_uppercase();
        if let Some(at) = text.chars().position(|symbol| !allowed(symbol)) {
            return Err(identifier.error(Kind::Character { position: at + 1 }));
        }
        let layout = identifier.error(Kind::Layout);
        let rest = text.strip_prefix(Self::OID).and_then(|rest| rest.strip_prefix('.'));
        let parts: Vec<&str> = rest.ok_or(layout)?.split('.').collect();
        let [type_code, issuer, serial, version, last] = parts[..] else { return Err(layout) };
        // Most issuers stand there with their credit code, some with the digits of their division.
        let issuer_fits = Uscc::parse(issuer).is_ok()
            || (issuer.len() == 6 && issuer.bytes().all(|byte| byte.is_ascii_digit()));
        let fits = type_code.len() == Self::TYPE_LEN
            && type_code.bytes().rev().take(3).all(|byte| byte.is_ascii_digit())
            && issuer_fits
            && (1..=Self::SERIAL_LEN_MAX).contains(&serial.len())
            && version.len() == 3
            && version.bytes().all(|byte| byte.is_ascii_digit())
            && last.len() == 1;
        if !fits {
            return Err(layout);
        }
        let expected = check::mod_37_36([type_code, issuer, serial, version].concat());
        if last.bytes().next() != expected {
            return Err(identifier.error(Kind::CheckDigit));
        }
        let issuer_at = Self::OID.len() + 1 + type_code.len() + 1;
        let serial_at = issuer_at + issuer.len() + 1;
        let version_at = serial_at + serial.len() + 1;
        let starts = [issuer_at, serial_at, version_at, version_at + 4];
        Ok(Self { text: text.to_owned(), starts })
    }

    /// The identifier.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Which kind of licence: the defining ministry's code and three digits.
    pub fn type_code(&self) -> &str {
        self.part(Self::OID.len() + 1, self.starts[0])
    }

    /// Who issued it: a credit code, or six digits of division.
    pub fn issuer(&self) -> &str {
        self.part(self.starts[0], self.starts[1])
    }

    /// The serial number.
    pub fn serial(&self) -> &str {
        self.part(self.starts[1], self.starts[2])
    }

    /// The version, counted up by each change.
    pub fn version(&self) -> u16 {
        self.part(self.starts[2], self.starts[3]).parse().expect("a checked version is digits")
    }

    fn part(&self, from: usize, next: usize) -> &str {
        self.text.get(from..next - 1).expect("the parts were found when it was checked")
    }
}

impl std::fmt::Display for ElicenceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
