//! What is wrong with an identifier, by kind, so that a screen can say it beside the field in any
//! language; the value itself is never repeated.

/// An identifier that is not one: which, what is wrong, and (in its text) what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}; {}", identifier.name(), kind.what(), kind.remedy())]
pub struct IdentifierError {
    /// Which identifier was expected.
    pub identifier: Identifier,
    /// What is wrong with it.
    pub kind: IdentifierErrorKind,
}

impl IdentifierError {
    /// What is wrong, in English.
    pub fn what(&self) -> String {
        self.kind.what()
    }

    /// What to do about it, in English.
    pub fn remedy(&self) -> &'static str {
        self.kind.remedy()
    }
}

/// The identifiers of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identifier {
    /// 公民身份号码, and the residence permit of Hong Kong, Macao and Taiwan residents.
    ResidentId,
    /// 外国人永久居留身份证, 2023 version.
    ForeignId2023,
    /// 外国人永久居留身份证, 2017 version.
    ForeignId2017,
    /// 港澳居民来往内地通行证.
    TravelPermit,
    /// 统一社会信用代码.
    Uscc,
    /// 食品经营许可证编号.
    FoodLicence,
    /// 仅销售预包装食品备案编号.
    Filing,
    /// 公共场所卫生许可证编号.
    Hygiene,
    /// 公共场所卫生备案编号.
    HygieneFiling,
    /// 行业综合许可证编号.
    Combined,
    /// 电子证照标识.
    Elicence,
    /// 行政区划代码.
    Division,
}

/// What can be wrong with an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdentifierErrorKind {
    /// Nothing was typed.
    Empty,
    /// Too many or too few characters.
    Length {
        /// How many there must be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A character that cannot stand there.
    Character {
        /// Its place, from 1.
        position: usize,
    },
    /// The check character does not fit the others.
    CheckDigit,
    /// The birth date in it is no day of the calendar.
    Date,
    /// The birth date in it is before 1900.
    BornTooEarly,
    /// The birth date in it is after today.
    BornInFuture,
    /// It begins like another kind of number.
    Prefix,
    /// The kind in it is not one of the defined ones.
    Kind,
    /// The number inside it is outside its series.
    Sequence,
    /// Its parts are not where they belong.
    Layout,
    /// The inner organisation code does not fit; a hint only, the code may be right.
    OrganisationCode,
}

impl Identifier {
    /// Every identifier.
    pub const ALL: [Self; 12] = [
        Self::ResidentId,
        Self::ForeignId2023,
        Self::ForeignId2017,
        Self::TravelPermit,
        Self::Uscc,
        Self::FoodLicence,
        Self::Filing,
        Self::Hygiene,
        Self::HygieneFiling,
        Self::Combined,
        Self::Elicence,
        Self::Division,
    ];

    /// The stable key of its name in text tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResidentId => "resident-id",
            Self::ForeignId2023 => "foreign-id-2023",
            Self::ForeignId2017 => "foreign-id-2017",
            Self::TravelPermit => "travel-permit",
            Self::Uscc => "uscc",
            Self::FoodLicence => "food-licence",
            Self::Filing => "filing",
            Self::Hygiene => "hygiene",
            Self::HygieneFiling => "hygiene-filing",
            Self::Combined => "combined",
            Self::Elicence => "elicence",
            Self::Division => "division",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::ResidentId => "resident identity number",
            Self::ForeignId2023 => "foreigner's identity number (2023 card)",
            Self::ForeignId2017 => "foreigner's identity number (2017 card)",
            Self::TravelPermit => "travel permit number",
            Self::Uscc => "unified social credit code",
            Self::FoodLicence => "food licence number",
            Self::Filing => "filing number",
            Self::Hygiene => "hygiene licence number",
            Self::HygieneFiling => "hygiene filing number",
            Self::Combined => "combined permit number",
            Self::Elicence => "e-licence identifier",
            Self::Division => "division code",
        }
    }
}

impl IdentifierErrorKind {
    /// The stable key of its text in text tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Length { .. } => "length",
            Self::Character { .. } => "character",
            Self::CheckDigit => "check-digit",
            Self::Date => "date",
            Self::BornTooEarly => "born-too-early",
            Self::BornInFuture => "born-in-future",
            Self::Prefix => "prefix",
            Self::Kind => "kind",
            Self::Sequence => "sequence",
            Self::Layout => "layout",
            Self::OrganisationCode => "organisation-code",
        }
    }

    fn what(self) -> String {
        match self {
            Self::Empty => "nothing was typed".to_owned(),
            Self::Length { expected, found } => {
                format!("has {found} characters, must have {expected}")
            }
            Self::Character { position } => format!("character {position} cannot stand there"),
            Self::CheckDigit => "the check character does not fit the others".to_owned(),
            Self::Date => "the birth date in it is not a day of the calendar".to_owned(),
            Self::BornTooEarly => "the birth date in it is before 1900".to_owned(),
            Self::BornInFuture => "the birth date in it is after today".to_owned(),
            Self::Prefix => "it begins like another kind of number".to_owned(),
            Self::Kind => "the kind in it is not defined".to_owned(),
            Self::Sequence => "the sequence number is outside its series".to_owned(),
            Self::Layout => "its parts are not where they belong".to_owned(),
            Self::OrganisationCode => {
                "the organisation code in it does not fit its check character".to_owned()
            }
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::Empty => "type it as it stands on the document",
            Self::Length { .. } => "look for a missing or a doubled character",
            Self::Character { .. } => "compare that character with the document",
            Self::CheckDigit | Self::Date => "compare it with the document, digit by digit",
            Self::BornTooEarly | Self::BornInFuture => "compare the year with the document",
            Self::Prefix | Self::Kind => "see whether it belongs into another field",
            Self::Sequence => "compare the last digits with the document",
            Self::Layout => "type it with all its parts, as it stands on the document",
            Self::OrganisationCode => "have it confirmed by the business register",
        }
    }
}

impl Identifier {
    /// An error about this identifier.
    pub(super) fn error(self, kind: IdentifierErrorKind) -> IdentifierError {
        IdentifierError { identifier: self, kind }
    }

    /// The bytes of `text`, if it has `expected` characters, all of the set `allowed`.
    pub(super) fn exact(
        self,
        text: &str,
        expected: usize,
        allowed: impl Fn(usize, u8) -> bool,
    ) -> Result<&[u8], IdentifierError> {
        if text.is_empty() {
            return Err(self.error(IdentifierErrorKind::Empty));
        }
        let found = text.chars().count();
        if found != expected {
            return Err(self.error(IdentifierErrorKind::Length { expected, found }));
        }
        let wrong = |(at, symbol): (usize, char)| {
            !u8::try_from(symbol).is_ok_and(|byte| byte.is_ascii() && allowed(at, byte))
        };
        match text.chars().enumerate().position(wrong) {
            Some(at) => Err(self.error(IdentifierErrorKind::Character { position: at + 1 })),
            None => Ok(text.as_bytes()),
        }
    }
}
