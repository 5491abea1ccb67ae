//! The schema of an edition: every fact a rule may look at, with its type.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::check::is_given;
use super::document::{Section, Source, Text, Toml};
use super::problem::{Problems, hint};
use super::syntax::Mistake;

/// A type of a fact or of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Int,
    Date,
    Money,
    Text,
    Enum(Arc<Enum>),
    Record(Arc<Record>),
    /// With its bound.
    List(Box<Type>, u32),
}

/// A closed list of words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Enum {
    pub(super) name: String,
    pub(super) values: Vec<String>,
    /// Something short of each word, so that few words are compared to find one.
    marks: Vec<[u8; 4]>,
}

/// Named fields.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
    /// The fields in the order of their names.
    pub(super) sorted: Vec<usize>,
    /// Values a record takes: one that says it is there, then its fields'.
    pub(super) width: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) optional: bool,
    /// Where its values begin, counted from the record's own.
    pub(super) at: usize,
}

impl Record {
    pub(super) fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name == name)
    }

    /// The field at a place among their names in order.
    pub(super) fn in_order(&self, place: usize) -> Option<&Field> {
        self.fields.get(*self.sorted.get(place)?)
    }

    pub(super) fn field_names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }
}

impl Type {
    /// Values one of this type takes; those of a list stand apart.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Record(record) => record.width,
            Self::Bool
            | Self::Int
            | Self::Date
            | Self::Money
            | Self::Text
            | Self::Enum(_)
            | Self::List(..) => 1,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Date => f.write_str("date"),
            Self::Money => f.write_str("money"),
            Self::Text => f.write_str("string"),
            Self::Enum(one) => write!(f, "enum({})", one.values.join("|")),
            Self::Record(record) => f.write_str(&record.name),
            Self::List(element, bound) => {
                // An enum inside a list goes by its name: its words would hide the list.
                if let Self::Enum(one) = &**element {
                    write!(f, "[{}; {bound}]", one.name)
                } else {
                    write!(f, "[{element}; {bound}]")
                }
            }
        }
    }
}

/// Length, first, middle and last byte.
fn mark(word: &str) -> [u8; 4] {
    let bytes = word.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    [length, byte(0), byte(bytes.len() / 2), byte(bytes.len().saturating_sub(1))]
}

impl Enum {
    fn new(name: &str, values: Vec<String>) -> Self {
        let marks = values.iter().map(|word| mark(word)).collect();
        Self { name: name.to_owned(), values, marks }
    }

    /// The place of a word among the words.
    pub(super) fn place(&self, word: &str) -> Option<u32> {
        let marked = mark(word);
        let words = self.marks.iter().zip(&self.values);
        let place = words.into_iter().position(|(mark, value)| *mark == marked && value == word)?;
        u32::try_from(place).ok()
    }

    /// The word at a place.
    pub(super) fn word(&self, place: u32) -> &str {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        self.values.get(place).map_or("", String::as_str)
    }

    /// Tells how a word that is not one of the values is wrong.
    pub(super) fn check(&self, word: &str, at: usize) -> Result<(), Mistake> {
        if self.values.iter().any(|value| value == word) {
            return Ok(());
        }
        Err(Mistake::new(
            at,
            format!(
                "\"{word}\" is not a value of enum({}){}",
                self.values.join("|"),
                hint(word, self.values.iter().map(String::as_str))
            ),
            format!("the values of {} are declared in schema.toml", self.name),
        ))
    }
}

/// The elements a list may be declared to have at most; it bounds the cost of every quantifier.
const BOUND_MAX: u32 = 1000;

/// Values a record may take at most, with the records in it; the facts of the law have about a hundred.
/// A document of 256 KB with lists of 1000 then fills at most 1000 × 1024 values of 24 bytes each time.
const WIDTH_MAX: usize = 1024;

/// Records inside one another at most; the facts of the law have three.
const LEVELS_MAX: usize = 16;

const BUILT_IN: [&str; 5] = ["bool", "int", "date", "money", "string"];

/// Reads `schema.toml` into the record whose fields are the roots.
pub(super) fn read(toml: &Toml<'_>, problems: &mut Problems) -> Option<(Arc<Record>, Types)> {
    let source = toml.source;
    let mut root = Section::new(source, "schema", 0, toml.root());
    let mut types = Types::default();
    if let Some(enums) = root.value("enum").and_then(|value| value.get_ref().as_table()) {
        for (name, values) in enums {
            let name: &str = name.get_ref();
            is_name(source, "enum", name, values.span().start, problems);
            let mut words = Vec::new();
            for value in values.get_ref().as_array().into_iter().flatten() {
                match value.get_ref().as_str() {
                    Some(word) if !words.iter().any(|known| known == word) => {
                        is_name(source, "word", word, value.span().start, problems);
                        words.push(word.to_owned());
                    }
                    Some(word) => problems.push(source.problem(
                        value.span().start,
                        format!("enum {name} has '{word}' twice"),
                        "take one out, or write the one that was meant",
                    )),
                    None => problems.push(source.problem(
                        value.span().start,
                        format!("a value of enum {name} is not a text"),
                        "list them: [\"a\", \"b\"]",
                    )),
                }
            }
            if words.is_empty() {
                problems.push(source.problem(
                    values.span().start,
                    format!("enum {name} has no values"),
                    "list them: [\"a\", \"b\"]",
                ));
            }
            let one = Type::Enum(Arc::new(Enum::new(name, words)));
            types.0.insert(name.to_owned(), one);
        }
    }
    let mut written: BTreeMap<String, Vec<(String, Text)>> = BTreeMap::new();
    if let Some(records) = root.value("record").and_then(|value| value.get_ref().as_table()) {
        for (name, fields) in records {
            is_name(source, "record", name.get_ref(), name.span().start, problems);
            written.insert(name.get_ref().to_string(), fields_of(source, fields, problems));
        }
    }
    let facts = root.value("facts").map(|value| fields_of(source, value, problems));
    for (name, text) in facts.iter().flatten().filter(|(name, _)| is_given(name)) {
        let text = source.problem(text.at, format!("the language itself has a '{name}'"), RENAME);
        problems.push(text);
    }
    // Read with the labels of everything declared here.
    for key in ["answers", "left_out", "label", "word"] {
        root.value(key);
    }
    root.finish(problems);
    let names: Vec<String> = written.keys().cloned().collect();
    for name in names {
        let mut open = BTreeSet::new();
        types.resolve(&name, &written, &mut open, source, problems);
    }
    let Some(facts) = facts else {
        problems.push(source.problem(0, "schema: [facts] is missing", "declare the roots there"));
        return None;
    };
    let mut open = BTreeSet::new();
    let roots = types.record("facts", &facts, &written, &mut open, source, problems);
    Some((roots, types))
}

const RENAME: &str = "give it another name";

/// Bytes of a name at most.
const NAME_BYTES_MAX: usize = 64;

/// Tells a name that is none: names stand in conditions, documents and records.
fn is_name(source: Source<'_>, what: &str, name: &str, at: usize, problems: &mut Problems) {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/' | b'.');
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(plain) {
        let text = format!("{what} '{name}' is not a name");
        let remedy = format!("letters, digits, _ - / and ., at most {NAME_BYTES_MAX}");
        problems.push(source.problem(at, text, remedy));
    }
}

/// What stands for a schema that could not be read.
pub(super) fn nothing() -> (Arc<Record>, Types) {
    let record =
        Record { name: "facts".to_owned(), fields: Vec::new(), sorted: Vec::new(), width: 1 };
    (Arc::new(record), Types::default())
}

fn fields_of(
    source: Source<'_>,
    table: &toml::Spanned<toml::de::DeValue<'_>>,
    problems: &mut Problems,
) -> Vec<(String, Text)> {
    let Some(entries) = table.get_ref().as_table() else {
        let remedy = "write [record.<name>] and its fields below";
        problems.push(source.problem(table.span().start, "a record is not a table", remedy));
        return Vec::new();
    };
    let mut fields: Vec<_> = entries
        .iter()
        .filter_map(|(name, value)| {
            let at = value.span().start;
            let Some(text) = value.get_ref().as_str() else {
                let remedy = "write <field> = \"<type>\"";
                problems.push(source.problem(at, "a field's type is not a text", remedy));
                return None;
            };
            is_name(source, "field", name.get_ref(), name.span().start, problems);
            Some((name.get_ref().to_string(), Text { value: text.to_owned(), at }))
        })
        .collect();
    // As written, so that records are told in the order their author gave them.
    fields.sort_by_key(|(_, text)| text.at);
    fields
}

/// The declared types by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Types(BTreeMap<String, Type>);

impl Types {
    fn record(
        &mut self,
        name: &str,
        fields: &[(String, Text)],
        written: &BTreeMap<String, Vec<(String, Text)>>,
        open: &mut BTreeSet<String>,
        source: Source<'_>,
        problems: &mut Problems,
    ) -> Arc<Record> {
        let mut resolved: Vec<Field> = Vec::new();
        let mut width = 1;
        for (field, text) in fields {
            let shown = &text.value;
            let (base, optional) =
                shown.strip_suffix('?').map_or((shown.as_str(), false), |base| (base, true));
            for part in base.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
                if written.contains_key(part) {
                    self.resolve(part, written, open, source, problems);
                }
            }
            match self.parse(base) {
                Ok(ty) => {
                    let at = width;
                    width += ty.width();
                    resolved.push(Field { name: field.clone(), ty, optional, at });
                }
                Err(why) => problems.push(source.problem(
                    text.at,
                    format!("{name}.{field}: {why}"),
                    "a type is bool, int, date, money, string, a declared name, [T; n] or T?",
                )),
            }
        }
        if width > WIDTH_MAX {
            let at = fields.first().map_or(0, |(_, text)| text.at);
            let text =
                format!("record {name} takes {width} values, at most {WIDTH_MAX} are allowed");
            problems.push(source.problem(at, text, "put fewer records into one another"));
            (resolved, width) = (Vec::new(), 1);
        }
        let mut sorted: Vec<usize> = (0..resolved.len()).collect();
        sorted.sort_by(|a, b| resolved[*a].name.cmp(&resolved[*b].name));
        Arc::new(Record { name: name.to_owned(), fields: resolved, sorted, width })
    }

    fn resolve(
        &mut self,
        name: &str,
        written: &BTreeMap<String, Vec<(String, Text)>>,
        open: &mut BTreeSet<String>,
        source: Source<'_>,
        problems: &mut Problems,
    ) {
        let Some(fields) = written.get(name) else { return };
        if self.0.contains_key(name) || BUILT_IN.contains(&name) {
            if !matches!(self.0.get(name), Some(Type::Record(_))) {
                let at = fields.first().map_or(0, |(_, text)| text.at);
                problems.push(source.problem(at, format!("the name '{name}' is taken"), RENAME));
            }
            return;
        }
        let at = fields.first().map_or(0, |(_, text)| text.at);
        if open.len() == LEVELS_MAX {
            let text = format!("record {name} lies more than {LEVELS_MAX} records deep");
            problems.push(source.problem(at, text, "put fewer records into one another"));
            return;
        }
        if !open.insert(name.to_owned()) {
            let text = format!("record {name} contains itself");
            problems.push(source.problem(at, text, "take the field out that leads back to it"));
            return;
        }
        let record = self.record(name, fields, written, open, source, problems);
        open.remove(name);
        self.0.insert(name.to_owned(), Type::Record(record));
    }

    /// Reads a type as written, without `?`.
    pub(super) fn parse(&self, text: &str) -> Result<Type, String> {
        let text = text.trim();
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let (element, bound) = inner
                .rsplit_once(';')
                .ok_or_else(|| format!("the list {text} has no bound: write [{inner}; 16]"))?;
            let bound: u32 = bound
                .trim()
                .parse()
                .ok()
                .filter(|bound| (1..=BOUND_MAX).contains(bound))
                .ok_or_else(|| format!("a list's bound is a number from 1 to {BOUND_MAX}"))?;
            if element.trim_start().starts_with('[') {
                return Err("a list of lists: put the inner one into a record".to_owned());
            }
            let element = self.parse(element)?;
            return Ok(Type::List(Box::new(element), bound));
        }
        match text {
            "bool" => Ok(Type::Bool),
            "int" => Ok(Type::Int),
            "date" => Ok(Type::Date),
            "money" => Ok(Type::Money),
            "string" => Ok(Type::Text),
            name => self.0.get(name).cloned().ok_or_else(|| {
                let names = BUILT_IN.into_iter().chain(self.0.keys().map(String::as_str));
                format!("unknown type '{name}'{}", hint(name, names))
            }),
        }
    }
}
