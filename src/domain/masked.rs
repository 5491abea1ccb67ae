//! What may be shown of a person: each kind of masking is a type, so that a screen cannot mix them up.

use std::fmt::{Display, Formatter, Result};

use super::{
    PersonId, ResidentId,
    identifier::{keep_ends, masked},
};

/// An identity number for screens, slips and logs of look-ups: first six and last four characters,
/// `370303********9988`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaskedId(String);

impl MaskedId {
    /// What may be shown of `id`.
    pub fn of(id: &PersonId) -> Self {
        Self(masked(id.as_str()))
    }
}

/// The owner's number as printed on a sole trader's licence: ten and four, `3703031990****9988`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrintedSoleTraderId(String);

impl PrintedSoleTraderId {
    /// What may be printed of `id`.
    pub fn of(id: &ResidentId) -> Self {
        Self(keep_ends(id.as_str(), 10, 4))
    }
}

/// A name of which only the family name is shown: `林**`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaskedName(String);

impl MaskedName {
    /// What may be shown of `name`. Family names of two characters are kept whole. Of a name with a
    /// middle dot, where the family name does not stand first, only the first character is kept; of
    /// a name in Latin letters the first word, as cards print the family name first.
    pub fn of(name: &str) -> Self {
        let name = name.trim();
        let count = name.chars().count();
        let shown = if name.is_ascii() {
            name.split(' ').next().map_or(0, str::len)
        } else if name.contains(['·', '•', '．']) {
            1
        } else {
            let long = COMPOUND_FAMILY_NAMES.iter().any(|family| name.starts_with(family));
            if long && count > 2 { 2 } else { 1 }
        };
        // A name of one word alone would otherwise be shown in full.
        let shown = if shown >= count { 0 } else { shown };
        let mask = |(at, symbol): (usize, char)| {
            if at < shown || matches!(symbol, ' ' | '·' | '•' | '．') { symbol } else { '*' }
        };
        Self(name.chars().enumerate().map(mask).collect())
    }
}

/// A telephone number: `138****1234`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaskedPhone(String);

impl MaskedPhone {
    /// What may be shown of `phone`: first three and last four, nothing of a number too short to
    /// hide at least one digit.
    pub fn of(phone: &str) -> Self {
        Self(keep_ends(phone.trim(), 3, 4))
    }
}

macro_rules! shown {
    ($($masked:ty),*) => {$(
        impl $masked {
            /// The masked text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Display for $masked {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

shown!(MaskedId, PrintedSoleTraderId, MaskedName, MaskedPhone);

/// The family names of two characters that are in use.
const COMPOUND_FAMILY_NAMES: [&str; 24] = [
    "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛",
    "尉迟", "公羊", "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "慕容", "令狐",
];
