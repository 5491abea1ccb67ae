//! Numbers that begin anew each year: of hygiene licences, hygiene filings and combined permits. No
//! national rule, no check digit, but one shape with many brackets.

use std::fmt::Debug;
use std::marker::PhantomData;

use super::{Identifier, IdentifierError, IdentifierErrorKind as Kind};

/// A hygiene licence number such as `张审卫公证〔2026〕第0001号`.
pub type HygieneNumber = YearlyNumber<HygieneLicence>;

/// The number of a hygiene filing such as `张卫公备〔2026〕第0001号`. The law prescribes none (公共场所卫生
/// 备案管理办法（试行）): the words before the year are settings.
pub type HygieneFilingNumber = YearlyNumber<HygieneFiling>;

/// The number of a combined permit such as `张行综〔2026〕第0001号`. No public rule was found: the words
/// before the year are settings.
pub type CombinedNumber = YearlyNumber<Combined>;

/// What a yearly number is the number of.
pub trait Numbered: Debug + Clone {
    /// Its name in messages.
    const IDENTIFIER: Identifier;
    /// The words a prefix ends with, so that no number of one kind reads as one of another.
    const ENDINGS: &'static [&'static str];
}

/// 公共场所卫生许可证.
#[derive(Debug, Clone)]
pub enum HygieneLicence {}

/// 公共场所卫生备案.
#[derive(Debug, Clone)]
pub enum HygieneFiling {}

/// 行业综合许可证.
#[derive(Debug, Clone)]
pub enum Combined {}

impl Numbered for HygieneLicence {
    const IDENTIFIER: Identifier = Identifier::Hygiene;
    const ENDINGS: &'static [&'static str] = &["卫公证字", "卫公证", "卫公字"];
}

impl Numbered for HygieneFiling {
    const IDENTIFIER: Identifier = Identifier::HygieneFiling;
    const ENDINGS: &'static [&'static str] = &["卫公备字", "卫公备"];
}

impl Numbered for Combined {
    const IDENTIFIER: Identifier = Identifier::Combined;
    const ENDINGS: &'static [&'static str] = &["行综字", "行综"];
}

/// A number of a series that begins anew each year.
///
/// Equal numbers may be written with other brackets, full-width digits or fewer noughts; the digits
/// stay as the issuing organ wrote them.
#[derive(Debug, Clone)]
pub struct YearlyNumber<K> {
    prefix: String,
    year: i16,
    /// Six digits of division before the sequence, where the organ writes them (older Shandong form).
    division: Option<String>,
    sequence: String,
    text: String,
    kind: PhantomData<K>,
}

impl<K: Numbered> YearlyNumber<K> {
    /// Digits of the sequence at most.
    pub const SEQUENCE_DIGITS_MAX: usize = 6;

    /// The highest sequence number.
    pub const SEQUENCE_MAX: u32 = 999_999;

    /// Chinese characters before the last word of the prefix at most.
    pub const PREFIX_HAN_MAX: usize = 12;

    const OPENING: [char; 5] = ['〔', '[', '(', '（', '［'];
    const CLOSING: [char; 5] = ['〕', ']', ')', '）', '］'];

    /// The number `sequence` of `year` under `prefix`, written with four digits or more.
    pub fn new(prefix: &str, year: i16, sequence: u32) -> Result<Self, IdentifierError> {
        if !(1..=Self::SEQUENCE_MAX).contains(&sequence) {
            return Err(K::IDENTIFIER.error(Kind::Sequence));
        }
        Self::from_parts(prefix.to_owned(), year, None, format!("{sequence:04}"))
    }

    /// Reads a number with any of the brackets 〔〕 [] () （） ［］, ASCII or full-width digits, and 第
    /// present or not.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let identifier = K::IDENTIFIER;
        if text.trim().is_empty() {
            return Err(identifier.error(Kind::Empty));
        }
        let layout = identifier.error(Kind::Layout);
        let narrow: String = text.trim().chars().map(narrow).collect();
        let (prefix, rest) = narrow.split_once(Self::OPENING).ok_or(layout)?;
        let (year, rest) = rest.split_once(Self::CLOSING).ok_or(layout)?;
        let rest = rest.trim_start();
        let rest = rest.strip_prefix('第').unwrap_or(rest).trim_start();
        let numbers = rest.strip_suffix('号').ok_or(layout)?.trim_end();
        if year.len() != 4 || !digits(year) {
            return Err(identifier.error(Kind::Date));
        }
        let year = year.parse().or(Err(layout))?;
        let (division, sequence) = match numbers.split_once('-') {
            None => (None, numbers),
            Some((division, sequence))
                if division.len() == 6 && digits(division) && sequence.len() >= 4 =>
            {
                (Some(division.to_owned()), sequence)
            }
            Some(_) => return Err(layout),
        };
        Self::from_parts(prefix.trim_end().to_owned(), year, division, sequence.to_owned())
    }

    fn from_parts(
        prefix: String,
        year: i16,
        division: Option<String>,
        sequence: String,
    ) -> Result<Self, IdentifierError> {
        let identifier = K::IDENTIFIER;
        let stem = K::ENDINGS.iter().find_map(|ending| prefix.strip_suffix(*ending));
        let stem_fits = stem.is_some_and(|stem| {
            (1..=Self::PREFIX_HAN_MAX).contains(&stem.chars().count()) && stem.chars().all(is_han)
        });
        if !stem_fits {
            return Err(identifier.error(Kind::Prefix));
        }
        if !(1900..2100).contains(&year) {
            return Err(identifier.error(Kind::Date));
        }
        if !(1..=Self::SEQUENCE_DIGITS_MAX).contains(&sequence.len()) || !digits(&sequence) {
            return Err(identifier.error(Kind::Sequence));
        }
        let before = division.as_ref().map(|division| format!("{division}-")).unwrap_or_default();
        let text = format!("{prefix}〔{year}〕第{before}{sequence}号");
        Ok(Self { prefix, year, division, sequence, text, kind: PhantomData })
    }

    /// The canonical form: brackets 〔〕, 第 and 号, ASCII digits.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The words before the year.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The year of the series.
    pub fn year(&self) -> i16 {
        self.year
    }

    /// Six digits of division before the sequence, where the organ writes them.
    pub fn division(&self) -> Option<&str> {
        self.division.as_deref()
    }

    /// The place in the series of prefix and year.
    pub fn sequence(&self) -> u32 {
        self.sequence.parse().expect("a checked sequence is one to six digits")
    }

    fn key(&self) -> (&str, i16, Option<&str>, u32) {
        (&self.prefix, self.year, self.division(), self.sequence())
    }
}

impl<K: Numbered> PartialEq for YearlyNumber<K> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<K: Numbered> Eq for YearlyNumber<K> {}

impl<K: Numbered> PartialOrd for YearlyNumber<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Numbered> Ord for YearlyNumber<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl<K: Numbered> std::fmt::Display for YearlyNumber<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Full-width digits and hyphen as their ASCII forms; the ideographic space as a space.
fn narrow(symbol: char) -> char {
    match symbol {
        '０'..='９' => {
            let value = u32::from(symbol) - u32::from('０');
            char::from_digit(value, 10).unwrap_or(symbol)
        }
        '－' => '-',
        '\u{3000}' => ' ',
        other => other,
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The ideographs of the basic block and extension A, which hold every place name.
fn is_han(symbol: char) -> bool {
    matches!(symbol, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}')
}
