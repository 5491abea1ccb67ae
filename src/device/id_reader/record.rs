//! The 256-byte text record of a card in its four layouts, UTF-16LE padded with blanks
//! (GA/T 490 for the resident card; the other layouts after the vendors' manuals).

use std::fmt;

use jiff::civil::Date;
use zeroize::Zeroizing;

use super::bytes::{PHOTO_BYTES, TEXT_BYTES};
use crate::domain::{ForeignId2017, ForeignId2023, PersonId, Private, ResidentId, Sex};

/// What a card says.
#[derive(Clone)]
pub struct IdRecord {
    /// Which document it is.
    pub document: Document,
    /// The number on it, its check digit right and its birth date that of the record.
    pub id: Private<PersonId>,
    /// The name: the Chinese one where there is one, else the Latin one.
    pub name: Private<String>,
    /// The Latin name on a foreigner's card.
    pub name_latin: Option<Private<String>>,
    /// Sex.
    pub sex: Sex,
    /// Nationality within China by GB/T 3304 (`01` is Han), on resident cards only.
    pub nation: Option<Private<String>>,
    /// Country by its three letters, on foreigners' cards only.
    pub country: Option<Private<String>>,
    /// Date of birth.
    pub birth: Private<Date>,
    /// The address: the newest appended one, else the one printed on the card.
    pub address: Option<Private<String>>,
    /// Who issued it, where the record says so in words.
    pub authority: Option<Private<String>>,
    /// The travel permit behind a residence permit for Hong Kong, Macao and Taiwan residents.
    pub travel_permit: Option<Private<String>>,
    /// First day.
    pub valid_from: Date,
    /// Last day; `None` is 长期.
    pub valid_to: Option<Date>,
    /// The photo, WLT as on the chip.
    pub photo: Private<Vec<u8>>,
}

/// Nothing of a person: only which document it is.
impl fmt::Debug for IdRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdRecord({:?}, …)", self.document)
    }
}

/// The documents with such a chip, told apart by the character at byte 248.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// 居民身份证 (blank).
    Resident,
    /// 港澳台居民居住证 (`J`).
    HongKongMacaoTaiwan,
    /// 外国人永久居留身份证, 2017 (`I`).
    Foreigner2017,
    /// 外国人永久居留身份证, 2023 (`Y`).
    Foreigner2023,
}

/// Why a record is not believed. No variant carries what the card says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A field is no UTF-16 text.
    #[error("the field {field} is no text")]
    NotText {
        /// Which field.
        field: &'static str,
    },
    /// A field that every card has is blank.
    #[error("the field {field} is blank")]
    Blank {
        /// Which field.
        field: &'static str,
    },
    /// A field does not say what such a field can say.
    #[error("the field {field} cannot be right")]
    Implausible {
        /// Which field.
        field: &'static str,
    },
    /// The number and another field say different things.
    #[error("the number contradicts the field {field}")]
    Contradiction {
        /// Which field.
        field: &'static str,
    },
}

/// Where a field lies: its name, its first byte, how many bytes.
#[derive(Clone, Copy)]
struct Field(&'static str, usize, usize);

/// The character that tells the layouts apart.
const LETTER: Field = Field("type", 248, 2);

/// Resident card, and residence permit except where noted.
mod resident {
    use super::Field;

    pub(super) const NAME: Field = Field("name", 0, 30);
    pub(super) const SEX: Field = Field("sex", 30, 2);
    /// Reserved on the residence permit.
    pub(super) const NATION: Field = Field("nation", 32, 4);
    pub(super) const BIRTH: Field = Field("birth", 36, 16);
    pub(super) const ADDRESS: Field = Field("address", 52, 70);
    pub(super) const NUMBER: Field = Field("number", 122, 36);
    pub(super) const AUTHORITY: Field = Field("authority", 158, 30);
    pub(super) const VALID_FROM: Field = Field("valid from", 188, 16);
    pub(super) const VALID_TO: Field = Field("valid to", 204, 16);
    /// Residence permit only.
    pub(super) const TRAVEL_PERMIT: Field = Field("travel permit", 220, 18);
}

mod foreigner_2017 {
    use super::Field;

    pub(super) const NAME_LATIN: Field = Field("Latin name", 0, 120);
    pub(super) const SEX: Field = Field("sex", 120, 2);
    pub(super) const NUMBER: Field = Field("number", 122, 30);
    pub(super) const COUNTRY: Field = Field("country", 152, 6);
    pub(super) const NAME: Field = Field("name", 158, 30);
    pub(super) const VALID_FROM: Field = Field("valid from", 188, 16);
    pub(super) const VALID_TO: Field = Field("valid to", 204, 16);
    pub(super) const BIRTH: Field = Field("birth", 220, 16);
}

mod foreigner_2023 {
    use super::Field;

    pub(super) const NAME: Field = Field("name", 0, 30);
    pub(super) const SEX: Field = Field("sex", 30, 2);
    pub(super) const BIRTH: Field = Field("birth", 36, 16);
    pub(super) const NAME_LATIN: Field = Field("Latin name", 52, 70);
    pub(super) const NUMBER: Field = Field("number", 122, 36);
    pub(super) const VALID_FROM: Field = Field("valid from", 188, 16);
    pub(super) const VALID_TO: Field = Field("valid to", 204, 16);
    /// What did not fit into the 70 bytes above.
    pub(super) const NAME_LATIN_REST: Field = Field("Latin name", 220, 22);
    pub(super) const COUNTRY: Field = Field("country", 242, 6);
}

impl IdRecord {
    /// Reads a record. The card is trusted since the SAM has vouched for it; a record that
    /// contradicts itself is not.
    pub fn decode(text: &[u8; TEXT_BYTES], photo: &[u8; PHOTO_BYTES]) -> Result<Self, RecordError> {
        let text = Text(text);
        let record = match text.read(LETTER)?.reveal().as_str() {
            "J" => Self::resident(text, photo, Document::HongKongMacaoTaiwan),
            "I" => Self::foreigner_2017(text, photo),
            "Y" => Self::foreigner_2023(text, photo),
            _ => Self::resident(text, photo, Document::Resident),
        }?;
        if record.valid_to.is_some_and(|last| last < record.valid_from) {
            return Err(RecordError::Implausible { field: resident::VALID_TO.0 });
        }
        Ok(record)
    }

    /// Replaces the printed address by one written to the chip later.
    pub(super) fn move_to(&mut self, address: &[u8]) -> Result<(), RecordError> {
        self.address = Some(trimmed("new address", address)?);
        Ok(())
    }

    fn resident(
        text: Text<'_>,
        photo: &[u8; PHOTO_BYTES],
        document: Document,
    ) -> Result<Self, RecordError> {
        use resident as field;
        let is_resident = document == Document::Resident;
        let id = ResidentId::parse(text.needed(field::NUMBER)?.reveal())
            .map_err(|_private| RecordError::Implausible { field: field::NUMBER.0 })?;
        let birth = text.date(field::BIRTH)?;
        if id.birth() != birth {
            return Err(RecordError::Contradiction { field: field::BIRTH.0 });
        }
        Ok(Self {
            document,
            id: Private::new(PersonId::Resident(id)),
            name: text.needed(field::NAME)?,
            name_latin: None,
            sex: text.sex(field::SEX)?,
            nation: if is_resident { text.optional(field::NATION)? } else { None },
            country: None,
            birth: Private::new(birth),
            address: text.optional(field::ADDRESS)?,
            authority: text.optional(field::AUTHORITY)?,
            travel_permit: if is_resident { None } else { text.optional(field::TRAVEL_PERMIT)? },
            valid_from: text.date(field::VALID_FROM)?,
            valid_to: text.last_day(field::VALID_TO)?,
            photo: Private::new(photo.to_vec()),
        })
    }

    fn foreigner_2017(text: Text<'_>, photo: &[u8; PHOTO_BYTES]) -> Result<Self, RecordError> {
        use foreigner_2017 as field;
        let id = ForeignId2017::parse(text.needed(field::NUMBER)?.reveal())
            .map_err(|_private| RecordError::Implausible { field: field::NUMBER.0 })?;
        let name_latin = text.needed(field::NAME_LATIN)?;
        Ok(Self {
            document: Document::Foreigner2017,
            id: Private::new(PersonId::Foreign2017(id)),
            name: text.optional(field::NAME)?.unwrap_or_else(|| name_latin.clone()),
            name_latin: Some(name_latin),
            sex: text.sex(field::SEX)?,
            nation: None,
            country: text.optional(field::COUNTRY)?,
            birth: Private::new(text.date(field::BIRTH)?),
            address: None,
            authority: None,
            travel_permit: None,
            valid_from: text.date(field::VALID_FROM)?,
            valid_to: text.last_day(field::VALID_TO)?,
            photo: Private::new(photo.to_vec()),
        })
    }

    fn foreigner_2023(text: Text<'_>, photo: &[u8; PHOTO_BYTES]) -> Result<Self, RecordError> {
        use foreigner_2023 as field;
        let id = ForeignId2023::parse(text.needed(field::NUMBER)?.reveal())
            .map_err(|_private| RecordError::Implausible { field: field::NUMBER.0 })?;
        let birth = text.date(field::BIRTH)?;
        if id.birth() != birth {
            return Err(RecordError::Contradiction { field: field::BIRTH.0 });
        }
        let name_latin = text.joined(field::NAME_LATIN, field::NAME_LATIN_REST)?;
        Ok(Self {
            document: Document::Foreigner2023,
            id: Private::new(PersonId::Foreign2023(id)),
            name: text.optional(field::NAME)?.unwrap_or_else(|| name_latin.clone()),
            name_latin: Some(name_latin),
            sex: text.sex(field::SEX)?,
            nation: None,
            country: text.optional(field::COUNTRY)?,
            birth: Private::new(birth),
            address: None,
            authority: None,
            travel_permit: None,
            valid_from: text.date(field::VALID_FROM)?,
            valid_to: text.last_day(field::VALID_TO)?,
            photo: Private::new(photo.to_vec()),
        })
    }
}

/// The record's bytes, field by field. Every text it makes is overwritten when dropped.
#[derive(Clone, Copy)]
struct Text<'a>(&'a [u8; TEXT_BYTES]);

impl<'a> Text<'a> {
    fn bytes(self, Field(name, start, count): Field) -> &'a [u8] {
        self.0.get(start..start + count).unwrap_or_else(|| panic!("no field {name} in a record"))
    }

    /// A field without its padding; empty when blank.
    fn read(self, field: Field) -> Result<Private<String>, RecordError> {
        trimmed(field.0, self.bytes(field))
    }

    fn needed(self, field: Field) -> Result<Private<String>, RecordError> {
        self.optional(field)?.ok_or(RecordError::Blank { field: field.0 })
    }

    fn optional(self, field: Field) -> Result<Option<Private<String>>, RecordError> {
        Ok(Some(self.read(field)?).filter(|text| !text.reveal().is_empty()))
    }

    /// Two fields that hold one text; a blank may stand at the seam.
    fn joined(self, field: Field, rest: Field) -> Result<Private<String>, RecordError> {
        let bytes = Zeroizing::new([self.bytes(field), self.bytes(rest)].concat());
        let text = trimmed(field.0, &bytes)?;
        if text.reveal().is_empty() { Err(RecordError::Blank { field: field.0 }) } else { Ok(text) }
    }

    fn sex(self, field: Field) -> Result<Sex, RecordError> {
        let implausible = RecordError::Implausible { field: field.0 };
        let code = self.needed(field)?.reveal().chars().next().ok_or(implausible)?;
        Sex::from_code(code).ok_or(implausible)
    }

    fn date(self, field: Field) -> Result<Date, RecordError> {
        date(self.needed(field)?.reveal()).ok_or(RecordError::Implausible { field: field.0 })
    }

    fn last_day(self, field: Field) -> Result<Option<Date>, RecordError> {
        let text = self.needed(field)?;
        if text.reveal() == "长期" {
            return Ok(None);
        }
        date(text.reveal()).map(Some).ok_or(RecordError::Implausible { field: field.0 })
    }
}

/// UTF-16LE without the blanks (or zeros, on some cards) that fill it up.
fn trimmed(field: &'static str, bytes: &[u8]) -> Result<Private<String>, RecordError> {
    let units = bytes.chunks_exact(2).map(|unit| match *unit {
        [low, high] => u16::from_le_bytes([low, high]),
        _ => 0,
    });
    // At most three bytes of UTF-8 for a unit of UTF-16: a text that grows would leave copies.
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() / 2 * 3));
    for character in char::decode_utf16(units) {
        text.push(character.map_err(|_private| RecordError::NotText { field })?);
    }
    let padding = |character: char| character.is_whitespace() || character == '\0';
    Ok(Private::new(text.trim_matches(padding).to_owned()))
}

/// `YYYYMMDD`.
fn date(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year = text.get(..4)?.parse().ok()?;
    let month = text.get(4..6)?.parse().ok()?;
    let day = text.get(6..)?.parse().ok()?;
    Date::new(year, month, day).ok()
}
