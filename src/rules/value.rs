//! Values of facts, and how they are shown: as JSON in a trace, in words in a message.

use std::sync::Arc;

use jiff::civil::Date;

use crate::domain::Language;

/// A value of a fact or of an expression. What type it is was settled when the edition was loaded,
/// so an enum's value is just its word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// The fact may be missing, and is.
    Missing,
    Bool(bool),
    Int(i64),
    Date(Date),
    /// In fen.
    Money(i64),
    Text(Arc<str>),
    List(Vec<Value>),
    /// In the order of the schema's fields.
    Record(Arc<[String]>, Vec<Value>),
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// The value as canonical JSON text; missing fields are left out.
    pub(super) fn json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Missing => Json::Null,
            Self::Bool(truth) => Json::from(*truth),
            Self::Int(number) => Json::from(*number),
            Self::Date(date) => Json::from(date.to_string()),
            Self::Money(fen) => Json::from(yuan(*fen)),
            Self::Text(text) => Json::from(&**text),
            Self::List(elements) => elements.iter().map(Self::json).collect(),
            Self::Record(names, fields) => names
                .iter()
                .zip(fields)
                .filter(|(_, field)| **field != Self::Missing)
                .map(|(name, field)| (name.clone(), field.json()))
                .collect(),
        }
    }

    /// The value in a sentence.
    pub(super) fn words(&self, language: Language) -> String {
        match self {
            Self::Date(date) => date_words(*date, language),
            Self::Text(text) => text.to_string(),
            Self::Missing
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Money(_)
            | Self::List(_)
            | Self::Record(..) => {
                let json = self.json();
                json.as_str().map_or_else(|| json.to_string(), str::to_owned)
            }
        }
    }
}

pub(super) fn date_words(date: Date, language: Language) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let (year, month, day) = (date.year(), date.month(), date.day());
    match language {
        Language::Zh => format!("{year}年{month}月{day}日"),
        Language::En => {
            let name = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index));
            format!("{day} {} {year}", name.copied().unwrap_or_default())
        }
    }
}

/// Fen as yuan with two decimals.
pub(super) fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// Reads "5000.00": digits, a point, two digits.
pub(super) fn fen(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (yuan, cents) = digits.split_once('.')?;
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(yuan) || !plain(cents) || cents.len() != 2 {
        return None;
    }
    let yuan: i64 = yuan.parse().ok()?;
    let cents: i64 = cents.parse().ok()?;
    yuan.checked_mul(100)?.checked_add(cents)?.checked_mul(sign)
}

/// JSON with sorted keys and no blanks: the same facts are the same bytes. A decision's `facts_digest` is
/// the SHA-256 of this.
pub fn canonical(json: &serde_json::Value) -> String {
    use serde_json::Value as Json;
    match json {
        Json::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(canonical).collect();
            format!("[{}]", elements.join(","))
        }
        Json::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by(|a, b| a.0.cmp(b.0));
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{}:{}", Json::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => json.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{canonical, fen, yuan};

    #[test]
    fn money_is_read_with_two_decimals_only() {
        for (text, amount) in [("5000.00", 500_000), ("-0.05", -5), ("0.10", 10)] {
            assert_eq!(fen(text), Some(amount));
            assert_eq!(yuan(amount), text);
        }
        for wrong in ["5000", "5000.0", ".50", "+1.00", "1e3.00", "92233720368547758.08", ""] {
            assert_eq!(fen(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn canonical_json_sorts_keys_and_has_no_blanks() {
        let json = serde_json::json!({"b": [1, {"d": null, "c": "x\"y"}], "a": true});
        assert_eq!(canonical(&json), r#"{"a":true,"b":[1,{"c":"x\"y","d":null}]}"#);
    }
}
