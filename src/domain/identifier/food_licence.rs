//! The numbers of food licences (JY) and of filings of prepackaged food (YB): kind, division, sequence
//! and a check digit (食品经营许可管理办法 24; 食品经营许可和备案管理办法 27, 45).

use super::{Identifier, IdentifierError, IdentifierErrorKind as Kind, check};

/// 食品经营许可证编号: `JY`, kind (1 seller, 2 caterer, 3 canteen), six digits of division, six of
/// sequence, check digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoodLicenceNumber(Number);

/// 备案编号: `YB`, kind (1 wholesale, 2 retail), and the rest as in a food licence number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilingNumber(Number);

impl FoodLicenceNumber {
    /// The highest sequence number: six digits.
    pub const SEQUENCE_MAX: u32 = Number::SEQUENCE_MAX;

    /// The number of a licence of `kind` 1 to 3 with the `sequence` of the division with six digits.
    pub fn new(kind: u8, division: &str, sequence: u32) -> Result<Self, IdentifierError> {
        Number::new(&FOOD, kind, division, sequence).map(Self)
    }

    /// Checks layout, kind and check digit.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let number = Number::parse(&FOOD, text)?;
        number.strict(&FOOD)?;
        Ok(Self(number))
    }

    /// Reads a number that a paper or a register of any district shows. One real number in 17 has
    /// another check digit (districts of Beijing use sub-codes of their own), so it is checked only
    /// where the number claims to be of the division `own`; elsewhere see [`Self::warning`].
    pub fn parse_of_any_division(text: &str, own: &str) -> Result<Self, IdentifierError> {
        let number = Number::parse(&FOOD, text)?;
        if number.division() == own {
            number.strict(&FOOD)?;
        }
        Ok(Self(number))
    }

    /// A hint that the check digit does not fit.
    pub fn warning(&self) -> Option<IdentifierError> {
        self.0.strict(&FOOD).err()
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0.0
    }

    /// 1 食品销售经营者, 2 餐饮服务经营者, 3 单位食堂.
    pub fn kind(&self) -> u8 {
        self.0.kind()
    }

    /// Six digits of division; other provinces use the last two as they like.
    pub fn division(&self) -> &str {
        self.0.division()
    }

    /// The sequence number within kind and division.
    pub fn sequence(&self) -> u32 {
        self.0.sequence()
    }
}

impl FilingNumber {
    /// The highest sequence number: six digits.
    pub const SEQUENCE_MAX: u32 = Number::SEQUENCE_MAX;

    /// The number of a filing of `kind` 1 or 2 with the `sequence` of the division with six digits.
    pub fn new(kind: u8, division: &str, sequence: u32) -> Result<Self, IdentifierError> {
        Number::new(&FILING, kind, division, sequence).map(Self)
    }

    /// Checks layout, kind and check digit.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let number = Number::parse(&FILING, text)?;
        number.strict(&FILING)?;
        Ok(Self(number))
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0.0
    }

    /// 1 批发, 2 零售.
    pub fn kind(&self) -> u8 {
        self.0.kind()
    }

    /// Six digits of division.
    pub fn division(&self) -> &str {
        self.0.division()
    }

    /// The sequence number within kind and division.
    pub fn sequence(&self) -> u32 {
        self.0.sequence()
    }
}

impl std::fmt::Display for FoodLicenceNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for FilingNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What distinguishes the two families.
struct Family {
    identifier: Identifier,
    letters: &'static str,
    kind_max: u8,
}

const FOOD: Family = Family { identifier: Identifier::FoodLicence, letters: "JY", kind_max: 3 };
const FILING: Family = Family { identifier: Identifier::Filing, letters: "YB", kind_max: 2 };

/// Two letters and 14 digits: kind, division 6, sequence 6, check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Number(String);

impl Number {
    const LEN: usize = 16;
    const SEQUENCE_MAX: u32 = 999_999;

    fn new(
        family: &Family,
        kind: u8,
        division: &str,
        sequence: u32,
    ) -> Result<Self, IdentifierError> {
        let identifier = family.identifier;
        if !(1..=family.kind_max).contains(&kind) {
            return Err(identifier.error(Kind::Kind));
        }
        if !(1..=Self::SEQUENCE_MAX).contains(&sequence) {
            return Err(identifier.error(Kind::Sequence));
        }
        Identifier::Division.exact(division, 6, |_, byte| byte.is_ascii_digit())?;
        let digits = format!("{kind}{division}{sequence:06}");
        let last = check::mod_11_10(digits.as_bytes()).expect("all are digits");
        Ok(Self(format!("{}{digits}{}", family.letters, char::from(last))))
    }

    fn parse(family: &Family, text: &str) -> Result<Self, IdentifierError> {
        let identifier = family.identifier;
        let number = text.to_ascii_uppercase();
        let bytes = identifier.exact(&number, Self::LEN, |at, byte| match at {
            0..2 => byte.is_ascii_uppercase(),
            _ => byte.is_ascii_digit(),
        })?;
        if !bytes.starts_with(family.letters.as_bytes()) {
            return Err(identifier.error(Kind::Prefix));
        }
        if !bytes.get(2).is_some_and(|kind| (b'1'..=b'0' + family.kind_max).contains(kind)) {
            return Err(identifier.error(Kind::Kind));
        }
        Ok(Self(number))
    }

    fn strict(&self, family: &Family) -> Result<(), IdentifierError> {
        let (digits, last) = self.part(2..Self::LEN).as_bytes().split_at(13);
        if last.first().copied() == check::mod_11_10(digits) {
            Ok(())
        } else {
            Err(family.identifier.error(Kind::CheckDigit))
        }
    }

    fn kind(&self) -> u8 {
        self.part(2..3).parse().expect("a checked kind is a digit")
    }

    fn division(&self) -> &str {
        self.part(3..9)
    }

    fn sequence(&self) -> u32 {
        self.part(9..15).parse().expect("a checked sequence is six digits")
    }

    fn part(&self, range: std::ops::Range<usize>) -> &str {
        self.0.get(range).expect("a checked number has 16 ASCII characters")
    }
}
