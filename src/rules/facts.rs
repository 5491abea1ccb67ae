//! A fact document, bound to the schema of an edition: everything wrong with it is told at once.

use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::check::date;
use super::problem::hint;
use super::rulebook::Rulebook;
use super::schema::{Record, Type};
use super::value::{Value, canonical, fen};

/// One thing wrong with a fact document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactProblem {
    /// Where, for example `application.items[0].item`.
    pub path: String,
    /// What is wrong. It never repeats a value that could be personal, only words of an enum.
    pub text: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for FactProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.text)?;
        if !self.remedy.is_empty() {
            write!(f, " ({})", self.remedy)?;
        }
        Ok(())
    }
}

/// The facts of one application, each of the type its edition declares.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts {
    pub(super) roots: Vec<Value>,
    canonical: String,
    digest: String,
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The facts are personal; their digest names them.
        write!(f, "Facts({})", self.digest)
    }
}

/// Problems told at most of one document.
const PROBLEMS_MAX: usize = 100;

/// Characters of a text fact at most: the longest business scope of the register has under 2000.
const TEXT_CHARS_MAX: usize = 2000;

impl Facts {
    /// Bytes of a fact document at most: all lists at their bounds stay below 128 KB.
    pub const BYTES_MAX: usize = 256 * 1024;

    /// Binds a document to the schema of `rulebook`.
    pub fn bind(rulebook: &Rulebook, document: &Json) -> Result<Self, Vec<FactProblem>> {
        let mut binder = Binder::default();
        let canonical = canonical(document);
        if canonical.len() > Self::BYTES_MAX {
            let (has, most) = (canonical.len(), Self::BYTES_MAX);
            binder.wrong("", format!("the document has {has} bytes, at most {most} are read"), "");
            return Err(binder.problems);
        }
        let bound = binder.record(document, &rulebook.roots, "");
        if let Value::Record(_, roots) = bound
            && binder.problems.is_empty()
        {
            let digest = hex::encode(Sha256::digest(canonical.as_bytes()));
            return Ok(Self { roots, canonical, digest });
        }
        Err(binder.problems)
    }

    /// The document as decided upon: JSON with sorted keys and no blanks.
    pub fn canonical_json(&self) -> &str {
        &self.canonical
    }

    /// SHA-256 of [`Self::canonical_json`], hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// Binds one value; tells what is wrong with it under `path`.
pub(super) fn bind(json: &Json, ty: &Type, path: &str) -> Result<Value, Vec<FactProblem>> {
    let mut binder = Binder::default();
    let value = binder.value(json, ty, path);
    if binder.problems.is_empty() { Ok(value) } else { Err(binder.problems) }
}

#[derive(Default)]
struct Binder {
    problems: Vec<FactProblem>,
}

impl Binder {
    fn wrong(&mut self, path: &str, text: impl Into<String>, remedy: impl Into<String>) {
        if self.problems.len() < PROBLEMS_MAX {
            let path = if path.is_empty() { "(document)" } else { path };
            self.problems.push(FactProblem {
                path: path.to_owned(),
                text: text.into(),
                remedy: remedy.into(),
            });
        }
    }

    fn record(&mut self, json: &Json, record: &Arc<Record>, path: &str) -> Value {
        let Json::Object(given) = json else {
            self.mismatch(json, "an object", path);
            return Value::Missing;
        };
        let at = |name: &str| {
            if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
        };
        let mut unknown: Vec<&String> =
            given.keys().filter(|key| record.field(key).is_none()).collect();
        unknown.sort();
        for key in unknown {
            let hint = hint(key, record.field_names());
            self.wrong(
                &at(key),
                format!("unknown field{hint}"),
                "facts are declared in schema.toml",
            );
        }
        let mut fields = Vec::with_capacity(record.fields.len());
        for field in &record.fields {
            let path = at(&field.name);
            let value = match given.get(&field.name) {
                None | Some(Json::Null) if field.optional => Value::Missing,
                None => {
                    self.wrong(&path, "missing", format!("give {}", wanted(&field.ty)));
                    Value::Missing
                }
                Some(json) => self.value(json, &field.ty, &path),
            };
            fields.push(value);
        }
        Value::Record(record.names.clone(), fields)
    }

    fn value(&mut self, json: &Json, ty: &Type, path: &str) -> Value {
        match (ty, json) {
            (Type::Bool, Json::Bool(truth)) => return Value::Bool(*truth),
            (Type::Int, Json::Number(number)) => {
                // 2^53: what every reader of JSON keeps exact.
                let exact = number.as_i64().filter(|n| n.unsigned_abs() <= 1 << 53);
                if let Some(number) = exact {
                    return Value::Int(number);
                }
                self.wrong(path, "not a whole number, or too large", "");
                return Value::Missing;
            }
            (Type::Date, Json::String(text)) => {
                if let Some(date) = date(text) {
                    return Value::Date(date);
                }
                self.wrong(path, "not a day between 1900 and 2199", "write 2026-11-23");
                return Value::Missing;
            }
            (Type::Money, Json::String(text)) => {
                if let Some(fen) = fen(text) {
                    return Value::Money(fen);
                }
                self.wrong(path, "not an amount of money", "write \"5000.00\"");
                return Value::Missing;
            }
            (Type::Text, Json::String(text)) => {
                if text.chars().count() > TEXT_CHARS_MAX {
                    self.wrong(path, format!("longer than {TEXT_CHARS_MAX} characters"), "");
                }
                return Value::text(text);
            }
            (Type::Enum(one), Json::String(word)) => {
                if let Err(mistake) = one.check(word, 0) {
                    self.wrong(path, mistake.text, "");
                }
                return Value::text(word);
            }
            (Type::Record(record), _) => return self.record(json, record, path),
            (Type::List(element, bound), Json::Array(elements)) => {
                let bound = usize::try_from(*bound).unwrap_or(usize::MAX);
                if elements.len() > bound {
                    let has = elements.len();
                    self.wrong(path, format!("{has} elements, at most {bound} are allowed"), "");
                }
                let values = elements.iter().take(bound).enumerate();
                return Value::List(
                    values
                        .map(|(index, json)| self.value(json, element, &format!("{path}[{index}]")))
                        .collect(),
                );
            }
            _ => {}
        }
        self.mismatch(json, &wanted(ty), path);
        Value::Missing
    }

    fn mismatch(&mut self, json: &Json, wanted: &str, path: &str) {
        let found = match json {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Number(_) => "a number",
            Json::String(_) => "a text",
            Json::Array(_) => "a list",
            Json::Object(_) => "an object",
        };
        self.wrong(path, format!("is {found}, expected {wanted}"), "");
    }
}

fn wanted(ty: &Type) -> String {
    match ty {
        Type::Bool => "true or false".to_owned(),
        Type::Int => "a whole number".to_owned(),
        Type::Date => "a day such as \"2026-11-23\"".to_owned(),
        Type::Money => "an amount such as \"5000.00\"".to_owned(),
        Type::Text => "a text".to_owned(),
        Type::Enum(one) => format!("one of {}", one.values.join("|")),
        Type::Record(_) => "an object".to_owned(),
        Type::List(..) => "a list".to_owned(),
    }
}
