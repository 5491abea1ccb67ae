//! Values of facts, and how they are shown: as JSON in a trace, in words in a message.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::schema::{Record, Type};
use crate::domain::Language;

/// A value of a fact or of an expression. What type it is was settled when the edition was loaded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    /// The fact may be missing, and its field was not written.
    Missing,
    /// The fact may be missing, and its field says `null`: the same, but for the document's digest.
    Null,
    Bool(bool),
    Int(i64),
    Date(Date),
    /// In fen.
    Money(i64),
    /// A word of an enum, by its place among the words.
    Word(u32),
    Text(Box<str>),
    /// The elements one after the other, each as many values as [`Type::width`] says.
    List(Vec<Value>),
    /// A record stands here: its fields follow, each at its place.
    There,
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn is_there(&self) -> bool {
        !matches!(self, Self::Missing | Self::Null)
    }
}

/// Writes the value of type `ty` that begins `values`, as canonical JSON; fields nobody wrote are left out.
pub(super) fn write_json(ty: &Type, values: &[Value], text: &mut String) {
    match (values.first(), ty) {
        (Some(Value::Bool(truth)), _) => text.push_str(if *truth { "true" } else { "false" }),
        (Some(Value::Int(number)), _) => push(*number, text),
        (Some(Value::Date(date)), _) => push_date(*date, text),
        (Some(Value::Money(fen)), _) => {
            text.push('"');
            text.push_str(&yuan(*fen));
            text.push('"');
        }
        (Some(Value::Word(place)), Type::Enum(one)) => quote(one.word(*place), text),
        (Some(Value::Text(words)), _) => quote(words, text),
        (Some(Value::List(elements)), Type::List(element, _)) => {
            text.push('[');
            for (index, element_values) in elements.chunks(element.width()).enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_json(element, element_values, text);
            }
            text.push(']');
        }
        (Some(Value::There), Type::Record(record)) => write_record(record, values, text),
        _ => text.push_str("null"),
    }
}

/// Writes a record with its keys in order.
pub(super) fn write_record(record: &Record, values: &[Value], text: &mut String) {
    text.push('{');
    let mut first = true;
    for field in (0..record.sorted.len()).filter_map(|place| record.in_order(place)) {
        let Some(found) = values.get(field.at..) else { continue };
        if found.first().is_none_or(|value| *value == Value::Missing) {
            continue;
        }
        if !first {
            text.push(',');
        }
        first = false;
        quote(&field.name, text);
        text.push(':');
        write_json(&field.ty, found, text);
    }
    text.push('}');
}

/// Writes a number.
pub(super) fn push(number: i64, text: &mut String) {
    match u8::try_from(number) {
        // Most are the place of an element in its list.
        Ok(digit @ 0..=9) => text.push(char::from(b'0' + digit)),
        _ => {
            // Writing into a string cannot fail.
            let _written = write!(text, "{number}");
        }
    }
}

/// Writes a day as JSON.
pub(super) fn push_date(date: Date, text: &mut String) {
    text.push('"');
    // A year of an edition has four digits.
    push_digits(date.year().unsigned_abs(), 1000, text);
    text.push('-');
    push_digits(u16::from(date.month().unsigned_abs()), 10, text);
    text.push('-');
    push_digits(u16::from(date.day().unsigned_abs()), 10, text);
    text.push('"');
}

/// Writes the digits from the one that counts `place` on.
fn push_digits(number: u16, mut place: u16, text: &mut String) {
    while place > 0 {
        let digit = u8::try_from(number / place % 10).unwrap_or_default();
        text.push(char::from(b'0' + digit));
        place /= 10;
    }
}

/// Writes a text as JSON.
pub(super) fn quote(words: &str, text: &mut String) {
    text.push('"');
    // Not stopped at the first, so that many bytes are looked at at once.
    let special =
        |byte: u8| u8::from(byte < b' ') | u8::from(byte == b'"') | u8::from(byte == b'\\');
    if words.bytes().fold(0, |any, byte| any | special(byte)) == 0 {
        text.push_str(words);
    } else {
        escape(words, text);
    }
    text.push('"');
}

/// Writes the inside of a JSON text: the short escapes where there are any, as `serde_json` does.
fn escape(words: &str, text: &mut String) {
    for letter in words.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\0'..' ' => {
                // Writing into a string cannot fail.
                let _written = write!(text, "\\u{:04x}", u32::from(letter));
            }
            _ => text.push(letter),
        }
    }
}

/// A value that has words of its own, in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar<'v> {
    Bool(bool),
    Int(i64),
    Date(Date),
    Money(i64),
    Word(u32),
    Text(&'v str),
}

impl Scalar<'_> {
    /// The value in a sentence.
    pub(super) fn words(&self, language: Language) -> String {
        match self {
            Self::Date(date) => date_words(*date, language),
            Self::Text(text) => (*text).to_owned(),
            Self::Bool(truth) => truth.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Money(fen) => yuan(*fen),
            // The checker lets no enum into a text: its word is none of any language.
            Self::Word(place) => place.to_string(),
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

/// Reads "5000.00": digits, a point, two digits. Every amount has one spelling, so that the digest of a
/// document follows from its values.
pub(super) fn fen(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (yuan, cents) = digits.split_once('.')?;
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(yuan) || !plain(cents) || cents.len() != 2 {
        return None;
    }
    if (yuan.len() > 1 && yuan.starts_with('0')) || text == "-0.00" {
        return None;
    }
    let yuan: i64 = yuan.parse().ok()?;
    let cents: i64 = cents.parse().ok()?;
    yuan.checked_mul(100)?.checked_add(cents)?.checked_mul(sign)
}

/// A day written out, within the years the calendar can count.
pub(super) fn date(text: &str) -> Option<Date> {
    let [year @ .., b'-', month, month_end, b'-', day, day_end] = text.as_bytes() else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i16, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i16::from(digit - b'0'))
        })
    };
    if year.len() != 4 {
        return None;
    }
    let year = number(year).filter(|year| (1900..=2199).contains(year))?;
    let (month, day) = (number(&[*month, *month_end])?, number(&[*day, *day_end])?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
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
        for wrong in [
            "5000",
            "5000.0",
            ".50",
            "+1.00",
            "1e3.00",
            "92233720368547758.08",
            "",
            "007.00",
            "-0.00",
        ] {
            assert_eq!(fen(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn canonical_json_sorts_keys_and_has_no_blanks() {
        let json = serde_json::json!({"b": [1, {"d": null, "c": "x\"y"}], "a": true});
        assert_eq!(canonical(&json), r#"{"a":true,"b":[1,{"c":"x\"y","d":null}]}"#);
    }
}
