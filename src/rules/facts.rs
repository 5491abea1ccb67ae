//! A fact document, bound to the schema of an edition: everything wrong with it is told at once.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::problem::hint;
use super::rulebook::Rulebook;
use super::schema::{Field, Record, Type};
use super::value::{Value, canonical, date, fen, write_record};

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
#[derive(Clone)]
pub struct Facts {
    /// The record of the roots.
    pub(super) values: Vec<Value>,
    schema: Arc<Record>,
    canonical: OnceLock<String>,
    digest: OnceLock<String>,
}

impl PartialEq for Facts {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values && self.schema == other.schema
    }
}

impl Eq for Facts {}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The facts are personal; their digest names them.
        write!(f, "Facts({})", self.digest())
    }
}

/// Problems told at most of one document.
const PROBLEMS_MAX: usize = 100;

/// Characters of a text fact at most: the longest business scope of the register has under 2000.
pub(super) const TEXT_CHARS_MAX: usize = 2000;

impl Facts {
    /// Bytes of a fact document at most: all lists at their bounds stay below 128 KB.
    pub const BYTES_MAX: usize = 256 * 1024;

    /// Binds a document to the schema of `rulebook`.
    pub fn bind(rulebook: &Rulebook, document: &Json) -> Result<Self, Vec<FactProblem>> {
        let roots = &rulebook.roots;
        if let Ok(values) = bound(document, roots) {
            let facts = Self::new(values, roots);
            if facts.canonical_json().len() <= Self::BYTES_MAX {
                return Ok(facts);
            }
        }
        let mut teller = Teller::default();
        match canonical(document).len() {
            length if length > Self::BYTES_MAX => teller.too_long(length),
            _ => teller.record(document, roots, ""),
        }
        Err(teller.told())
    }

    /// Binds a document as it came, without a tree of JSON between: the bytes are read once.
    pub fn parse(rulebook: &Rulebook, document: &[u8]) -> Result<Self, Vec<FactProblem>> {
        let roots = &rulebook.roots;
        let mut teller = Teller::default();
        if document.len() > Self::BYTES_MAX {
            teller.too_long(document.len());
            return Err(teller.told());
        }
        // Looked at once as a whole, so that no text in it is again.
        if let Ok(text) = std::str::from_utf8(document) {
            let mut json = serde_json::Deserializer::from_str(text);
            if let Ok(values) = bound(&mut json, roots)
                && json.end().is_ok()
            {
                return Ok(Self::new(values, roots));
            }
        }
        match serde_json::from_slice(document) {
            Ok(json) => teller.record(&json, roots, ""),
            Err(error) => teller.wrong("", format!("not JSON: {error}"), "give one JSON document"),
        }
        Err(teller.told())
    }

    fn new(values: Vec<Value>, schema: &Arc<Record>) -> Self {
        let (canonical, digest) = (OnceLock::new(), OnceLock::new());
        Self { values, schema: schema.clone(), canonical, digest }
    }

    /// The document as decided upon: JSON with sorted keys and no blanks.
    pub fn canonical_json(&self) -> &str {
        self.canonical.get_or_init(|| {
            let mut text = String::with_capacity(2048);
            write_record(&self.schema, &self.values, &mut text);
            text
        })
    }

    /// SHA-256 of [`Self::canonical_json`], hexadecimal.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| hex::encode(Sha256::digest(self.canonical_json().as_bytes())))
    }
}

/// Binds one value; tells what is wrong with it under `path`.
pub(super) fn bind(json: &Json, ty: &Type, path: &str) -> Result<Value, Vec<FactProblem>> {
    let mut values = vec![Value::Missing; ty.width()];
    let seed = Binder { ty, optional: false, values: &mut values };
    if seed.deserialize(json).is_ok()
        && let Some(value) = values.into_iter().next()
    {
        return Ok(value);
    }
    let mut teller = Teller::default();
    teller.value(json, ty, path);
    Err(teller.told())
}

fn bound<'de, D: Deserializer<'de>>(
    document: D,
    roots: &Arc<Record>,
) -> Result<Vec<Value>, D::Error> {
    let mut values = Vec::new();
    values.resize_with(roots.width, || Value::Missing);
    let ty = Type::Record(roots.clone());
    Binder { ty: &ty, optional: false, values: &mut values }.deserialize(document)?;
    Ok(values)
}

/// Reads one value to its place. What is wrong is not said here: then [`Teller`] looks at everything.
struct Binder<'b> {
    ty: &'b Type,
    optional: bool,
    values: &'b mut [Value],
}

impl Binder<'_> {
    fn put<E: de::Error>(self, value: Option<Value>) -> Result<(), E> {
        match (self.values.first_mut(), value) {
            (Some(place), Some(value)) => {
                *place = value;
                Ok(())
            }
            _ => Err(refused()),
        }
    }
}

fn refused<E: de::Error>() -> E {
    E::custom("not of its type")
}

impl<'de> DeserializeSeed<'de> for Binder<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Binder<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of its type")
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<(), E> {
        let value = (*self.ty == Type::Bool).then_some(Value::Bool(truth));
        self.put(value)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<(), E> {
        let fits = *self.ty == Type::Int && exact(number);
        self.put(fits.then_some(Value::Int(number)))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<(), E> {
        self.visit_i64(i64::try_from(number).map_err(|_large| refused())?)
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        let value = self.optional.then_some(Value::Null);
        self.put(value)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        let value = match self.ty {
            Type::Date => date(text).map(Value::Date),
            Type::Money => fen(text).map(Value::Money),
            Type::Text => fits(text).then(|| Value::text(text)),
            Type::Enum(one) => one.place(text).map(Value::Word),
            Type::Bool | Type::Int | Type::Record(_) | Type::List(..) => None,
        };
        self.put(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let Type::List(element, bound) = self.ty else { return Err(refused()) };
        let most = usize::try_from(*bound).unwrap_or(usize::MAX);
        let mut values: Vec<Value> = Vec::new();
        let longest = most.saturating_mul(element.width());
        while elements
            .next_element_seed(Element { ty: element, longest, values: &mut values })?
            .is_some()
        {}
        self.put(Some(Value::List(values)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut given: A) -> Result<(), A::Error> {
        let Type::Record(record) = self.ty else { return Err(refused()) };
        let values = self.values;
        if let Some(first) = values.first_mut() {
            *first = Value::There;
        }
        let mut expected = 0;
        while let Some(found) = given.next_key_seed(Key { record, expected })? {
            let field = record.in_order(found).ok_or_else(refused)?;
            let place = values.get_mut(field.at..field.at + field.ty.width());
            let place = place.ok_or_else(refused)?;
            // A field that stands twice would mean one thing here and another elsewhere.
            if !matches!(place.first(), Some(Value::Missing)) {
                return Err(refused());
            }
            let (ty, optional) = (&field.ty, field.optional);
            given.next_value_seed(Binder { ty, optional, values: place })?;
            expected = found + 1;
        }
        let missing = |field: &Field| {
            !field.optional && matches!(values.get(field.at), None | Some(Value::Missing))
        };
        if record.fields.iter().any(missing) { Err(refused()) } else { Ok(()) }
    }
}

/// One more element of a list; a list without any takes no memory.
struct Element<'e> {
    ty: &'e Type,
    /// Values of the list at most.
    longest: usize,
    values: &'e mut Vec<Value>,
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let begin = self.values.len();
        if begin >= self.longest {
            return Err(refused());
        }
        self.values.resize_with(begin + self.ty.width(), || Value::Missing);
        let values = self.values.get_mut(begin..).unwrap_or_default();
        Binder { ty: self.ty, optional: false, values }.deserialize(deserializer)?;
        // Words stand in a list as in a set: one that stands twice was meant to be another.
        if let (Type::Enum(_), Some((last, before))) = (self.ty, self.values.split_last())
            && before.contains(last)
        {
            return Err(refused());
        }
        Ok(())
    }
}

/// The name of a field, by its place among the names in order: looked for first where a canonical document
/// has it next.
struct Key<'k> {
    record: &'k Record,
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<usize, E> {
        let is =
            |place: &usize| self.record.in_order(*place).is_some_and(|field| field.name == name);
        let (count, expected) = (self.record.sorted.len(), self.expected);
        (expected..count).find(is).or_else(|| (0..expected).find(is)).ok_or_else(refused)
    }
}

/// 2^53: what every reader of JSON keeps exact.
fn exact(number: i64) -> bool {
    number.unsigned_abs() <= 1 << 53
}

fn fits(text: &str) -> bool {
    // No text has more characters than bytes.
    text.len() <= TEXT_CHARS_MAX || text.chars().count() <= TEXT_CHARS_MAX
}

/// Tells everything that is wrong with a document that was refused.
#[derive(Default)]
struct Teller {
    problems: Vec<FactProblem>,
}

impl Teller {
    fn told(mut self) -> Vec<FactProblem> {
        if self.problems.is_empty() {
            self.wrong("", "a field stands twice", "each field stands once");
        }
        self.problems
    }

    fn too_long(&mut self, has: usize) {
        let most = Facts::BYTES_MAX;
        self.wrong(
            "",
            format!("the document has {has} bytes, at most {most} are read"),
            "give one application",
        );
    }

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

    fn record(&mut self, json: &Json, record: &Record, path: &str) {
        let Json::Object(given) = json else {
            self.mismatch(json, "an object", path);
            return;
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
        for field in &record.fields {
            let path = at(&field.name);
            match given.get(&field.name) {
                None | Some(Json::Null) if field.optional => {}
                None => self.wrong(&path, "missing", format!("give {}", wanted(&field.ty))),
                Some(json) => self.value(json, &field.ty, &path),
            }
        }
    }

    fn value(&mut self, json: &Json, ty: &Type, path: &str) {
        match (ty, json) {
            (Type::Bool, Json::Bool(_)) => {}
            (Type::Int, Json::Number(number)) => {
                if !number.as_i64().is_some_and(exact) {
                    self.wrong(
                        path,
                        "not a whole number, or too large",
                        "write 12, without quotes or a point",
                    );
                }
            }
            (Type::Date, Json::String(text)) => {
                if date(text).is_none() {
                    self.wrong(path, "not a day between 1900 and 2199", "write 2026-11-23");
                }
            }
            (Type::Money, Json::String(text)) => {
                if fen(text).is_none() {
                    self.wrong(path, "not an amount of money", "write \"5000.00\"");
                }
            }
            (Type::Text, Json::String(text)) => {
                if !fits(text) {
                    self.wrong(
                        path,
                        format!("longer than {TEXT_CHARS_MAX} characters"),
                        "shorten it",
                    );
                }
            }
            (Type::Enum(one), Json::String(word)) => {
                if let Err(mistake) = one.check(word, 0) {
                    self.wrong(path, mistake.text, &mistake.remedy);
                }
            }
            (Type::Record(record), _) => self.record(json, record, path),
            (Type::List(element, bound), Json::Array(elements)) => {
                let bound = usize::try_from(*bound).unwrap_or(usize::MAX);
                if elements.len() > bound {
                    let has = elements.len();
                    self.wrong(
                        path,
                        format!("{has} elements, at most {bound} are allowed"),
                        "the bound stands in the schema",
                    );
                }
                for (index, json) in elements.iter().take(bound).enumerate() {
                    let path = format!("{path}[{index}]");
                    self.value(json, element, &path);
                    let twice = elements.iter().take(index).any(|before| before == json);
                    if twice && matches!(**element, Type::Enum(_)) {
                        self.wrong(&path, format!("{json} stands there already"), "name it once");
                    }
                }
            }
            _ => self.mismatch(json, &wanted(ty), path),
        }
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
        self.wrong(path, format!("is {found}, expected {wanted}"), "see the schema");
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
