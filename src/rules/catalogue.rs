//! The services in plain words: what the kiosk offers, tells at once and still has to ask.

use std::collections::BTreeMap;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Section, Source, json};
use super::facts::bind;
use super::path;
use super::problem::{Problems, hint};
use super::schema::{Record, Type};
use crate::domain::{Bilingual, ServiceCode};

/// The services in plain words, in the order shown. It is part of an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// Headings, in the order shown.
    pub groups: Vec<Group>,
    /// What can be chosen, in the order shown.
    pub entries: Vec<Entry>,
    pub(super) fields: BTreeMap<String, Field>,
    pub(super) promises: BTreeMap<String, PromiseText>,
}

/// A heading over entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id, for example `food`.
    pub id: String,
    /// The words.
    pub title: Bilingual,
}

/// One thing a citizen wants to do: "open a hair salon".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id, for example `hair-salon`.
    pub id: String,
    /// The heading it stands under.
    pub group: String,
    /// The words on the button.
    pub title: Bilingual,
    /// One line under them.
    pub subtitle: Bilingual,
    /// Other words people use for it, for searching.
    pub words: Vec<String>,
    /// What is applied for.
    pub service: ServiceCode,
    /// Facts that follow from the choice: path → value.
    pub preset: BTreeMap<String, Value>,
    /// The fields still to be asked, in order; [`Catalogue::field`] finds them.
    pub asks: Vec<String>,
    /// Papers and conditions, all told at once (一次告知) before anything is asked.
    pub told: Vec<Bilingual>,
    /// The promise to sign; [`Catalogue::promise`] finds it. `None` where none is needed.
    pub promise: Option<String>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its key. Where `fact` is `None` the options say which facts an answer sets.
    pub key: String,
    /// The path of the fact the answer becomes, for example `place.rooms`.
    pub fact: Option<String>,
    /// What is asked.
    pub label: Bilingual,
    /// One sentence of help.
    pub help: Bilingual,
    /// Whether a question of several options may be answered with none of them.
    pub optional: bool,
    /// How it is answered.
    pub kind: FieldKind,
}

/// How a question is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// Yes or no.
    YesNo,
    /// One of these.
    Choice(Vec<Choice>),
    /// Any of these, at least one.
    Choices(Vec<Choice>),
    /// A whole number in this range, with its unit.
    Number {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
        /// For example m².
        unit: Bilingual,
    },
    /// A text of at most so many characters.
    Text {
        /// Most characters.
        chars_max: usize,
    },
    /// A day.
    Date,
}

/// One option of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its value: the fact's, or just a key.
    pub value: String,
    /// The words.
    pub label: Bilingual,
    /// Facts it sets: path → value.
    pub set: BTreeMap<String, Value>,
    /// Facts it adds to lists: path of the list → element.
    pub add: BTreeMap<String, Value>,
}

/// The text of a promise (告知承诺).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromiseText {
    /// Which text, for example `food-new/1`; a changed text gets a new version.
    pub version: String,
    /// Its heading.
    pub title: Bilingual,
    /// The text, one paragraph per line.
    pub text: Bilingual,
}

/// An answer to a [`Field`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// Yes or no.
    YesNo(bool),
    /// The value of one option.
    Choice(&'a str),
    /// The values of several options.
    Choices(&'a [String]),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(&'a str),
    /// A day.
    Date(jiff::civil::Date),
}

impl Catalogue {
    /// The entry of this id.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The entries under a heading, in order.
    pub fn entries_of<'c>(&'c self, group: &'c str) -> impl Iterator<Item = &'c Entry> {
        self.entries.iter().filter(move |entry| entry.group == group)
    }

    /// The question of this key.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.get(key)
    }

    /// The questions of an entry, in order.
    pub fn fields_of<'c>(&'c self, entry: &'c Entry) -> impl Iterator<Item = &'c Field> {
        entry.asks.iter().filter_map(|key| self.field(key))
    }

    /// The text of this version.
    pub fn promise(&self, version: &str) -> Option<&PromiseText> {
        self.promises.get(version)
    }
}

impl Entry {
    /// Writes the service and what follows from the choice into a fact document.
    pub fn begin(&self, document: &mut Value) {
        let service = Value::from(self.service.as_str());
        let written = path::put(document, "application.service", service);
        let preset =
            self.preset.iter().all(|(path, value)| path::put(document, path, value.clone()));
        debug_assert!(written && preset, "the paths were checked when the edition was loaded");
    }
}

impl Field {
    /// Writes an answer into a fact document. False where the answer is not one of this question;
    /// the document is then as before.
    #[must_use]
    pub fn write(&self, document: &mut Value, answer: Answer<'_>) -> bool {
        let mut draft = document.clone();
        let written = match (&self.kind, answer) {
            (FieldKind::YesNo, Answer::YesNo(yes)) => self.write_fact(&mut draft, Value::from(yes)),
            (FieldKind::Choice(choices), Answer::Choice(value)) => {
                self.write_choices(&mut draft, choices, [value])
            }
            (FieldKind::Choices(choices), Answer::Choices(values)) => {
                (self.optional || !values.is_empty())
                    && self.write_choices(&mut draft, choices, values.iter().map(String::as_str))
            }
            (FieldKind::Number { min, max, .. }, Answer::Number(number)) => {
                (*min..=*max).contains(&number) && self.write_fact(&mut draft, Value::from(number))
            }
            (FieldKind::Text { chars_max }, Answer::Text(text)) => {
                text.chars().count() <= *chars_max && self.write_fact(&mut draft, Value::from(text))
            }
            (FieldKind::Date, Answer::Date(date)) => {
                self.write_fact(&mut draft, Value::from(date.to_string()))
            }
            _ => false,
        };
        if written {
            *document = draft;
        }
        written
    }

    fn write_fact(&self, document: &mut Value, value: Value) -> bool {
        self.fact.as_ref().is_none_or(|fact| path::put(document, fact, value))
    }

    fn write_choices<'a>(
        &self,
        document: &mut Value,
        choices: &'a [Choice],
        values: impl IntoIterator<Item = &'a str>,
    ) -> bool {
        values.into_iter().all(|value| {
            let Some(choice) = choices.iter().find(|choice| choice.value == value) else {
                return false;
            };
            self.write_fact(document, Value::from(value))
                && choice.set.iter().all(|(path, value)| path::put(document, path, value.clone()))
                && choice.add.iter().all(|(path, value)| path::add(document, path, value.clone()))
        })
    }
}

/// Reads `catalogue.toml`; every path and value is checked against the schema.
pub(super) fn read(
    source: Source<'_>,
    roots: &Record,
    problems: &mut Problems,
) -> Option<Catalogue> {
    let parsed = source.parse(problems)?;
    let table = parsed.get_ref();
    let mut root = Section::new(source, "catalogue", 0, table);
    for key in ["group", "entry", "field", "told", "promise"] {
        root.value(key);
    }
    root.finish(problems);
    let told = told(source, table, problems);
    let promises = promises(source, table, problems);
    let mut fields = BTreeMap::new();
    for section in Section::each(source, table, "field", problems) {
        let (at, name) = (section.at, section.name.clone());
        if let Some(field) = field(section, roots, problems) {
            let key = field.key.clone();
            if fields.insert(key.clone(), field).is_some() {
                problems.push(source.problem(at, format!("{name} '{key}' stands twice"), ""));
            }
        }
    }
    let mut groups: Vec<Group> = Vec::new();
    for mut section in Section::each(source, table, "group", problems) {
        let id = section.required("id", problems);
        let title = section.bilingual("title", problems);
        section.finish(problems);
        if let (Some(id), Some(title)) = (id, title) {
            groups.push(Group { id: id.value, title });
        }
    }
    let known = Words { groups: &groups, fields: &fields, told: &told, promises: &promises };
    let mut entries: Vec<Entry> = Vec::new();
    for section in Section::each(source, table, "entry", problems) {
        let at = section.at;
        if let Some(entry) = entry(section, roots, &known, problems) {
            if entries.iter().any(|before| before.id == entry.id) {
                problems.push(source.problem(at, format!("entry '{}' stands twice", entry.id), ""));
            }
            entries.push(entry);
        }
    }
    for key in fields.keys() {
        if !entries.iter().any(|entry| entry.asks.contains(key)) {
            problems.push(source.problem(
                0,
                format!("no entry asks '{key}'"),
                "take the field out",
            ));
        }
    }
    Some(Catalogue { groups, entries, fields, promises })
}

struct Words<'w> {
    groups: &'w [Group],
    fields: &'w BTreeMap<String, Field>,
    told: &'w BTreeMap<String, Bilingual>,
    promises: &'w BTreeMap<String, PromiseText>,
}

fn told(
    source: Source<'_>,
    table: &DeTable<'_>,
    problems: &mut Problems,
) -> BTreeMap<String, Bilingual> {
    let mut told = BTreeMap::new();
    for element in tables(table, "told") {
        let Some(inner) = element.get_ref().as_table() else { continue };
        let mut section = Section::new(source, "told", element.span().start, inner);
        let key = section.required("key", problems);
        let (zh, en) = (section.required("zh", problems), section.required("en", problems));
        if let (Some(key), Some(zh), Some(en)) = (key, zh, en)
            && told.insert(key.value.clone(), Bilingual::new(zh.value, en.value)).is_some()
        {
            problems.push(section.problem(format!("'{}' stands twice", key.value), ""));
        }
        section.finish(problems);
    }
    told
}

fn promises(
    source: Source<'_>,
    table: &DeTable<'_>,
    problems: &mut Problems,
) -> BTreeMap<String, PromiseText> {
    let mut promises = BTreeMap::new();
    for element in tables(table, "promise") {
        let Some(inner) = element.get_ref().as_table() else { continue };
        let mut section = Section::new(source, "promise", element.span().start, inner);
        let version = section.required("version", problems);
        let title = section.bilingual("title", problems);
        let text = section.bilingual("text", problems);
        if let (Some(version), Some(title), Some(text)) = (version, title, text) {
            let version = version.value;
            let promise = PromiseText { version: version.clone(), title, text };
            if promises.insert(version.clone(), promise).is_some() {
                problems.push(section.problem(format!("'{version}' stands twice"), ""));
            }
        }
        section.finish(problems);
    }
    promises
}

fn tables<'t, 's>(table: &'t DeTable<'s>, key: &str) -> &'t [Spanned<DeValue<'s>>] {
    table.get(key).and_then(|value| value.get_ref().as_array()).map_or(&[], |array| &array[..])
}

fn entry(
    mut section: Section<'_, '_>,
    roots: &Record,
    known: &Words<'_>,
    problems: &mut Problems,
) -> Option<Entry> {
    let source = section.source;
    let id = section.required("id", problems);
    if let Some(id) = &id {
        section.name = format!("entry {}", id.value);
    }
    let group = section.required("group", problems);
    if let Some(group) = &group
        && !known.groups.iter().any(|known| known.id == group.value)
    {
        let hint = hint(&group.value, known.groups.iter().map(|group| group.id.as_str()));
        let text = format!("{}: unknown group '{}'{hint}", section.name, group.value);
        problems.push(source.problem(group.at, text, ""));
    }
    let title = section.bilingual("title", problems);
    let subtitle = section.bilingual("subtitle", problems);
    let words = section.texts("words", problems);
    let service = section.required("service", problems).and_then(|text| {
        let service = ServiceCode::parse(&text.value);
        if service.is_none() {
            let hint = hint(&text.value, ServiceCode::ALL.into_iter().map(ServiceCode::as_str));
            let wrong = format!("{}: unknown service '{}'{hint}", section.name, text.value);
            problems.push(source.problem(text.at, wrong, ""));
        }
        service
    });
    let preset = values(&mut section, "preset", roots, false, problems);
    let mut keys = |key: &'static str, exists: &dyn Fn(&str) -> bool, names: Vec<&str>| {
        let texts = section.texts(key, problems);
        for text in &texts {
            if !exists(&text.value) {
                let hint = hint(&text.value, names.iter().copied());
                let wrong = format!("{}: {key}: unknown '{}'{hint}", section.name, text.value);
                problems.push(source.problem(text.at, wrong, ""));
            }
        }
        texts.into_iter().map(|text| text.value).collect::<Vec<_>>()
    };
    let names = known.fields.keys().map(String::as_str).collect();
    let asks = keys("asks", &|key| known.fields.contains_key(key), names);
    let names = known.told.keys().map(String::as_str).collect();
    let told = keys("told", &|key| known.told.contains_key(key), names);
    let promise = section.text("promise", problems);
    if let Some(promise) = &promise
        && !known.promises.contains_key(&promise.value)
    {
        let hint = hint(&promise.value, known.promises.keys().map(String::as_str));
        let text = format!("{}: unknown promise '{}'{hint}", section.name, promise.value);
        problems.push(source.problem(promise.at, text, ""));
    }
    section.finish(problems);
    Some(Entry {
        id: id?.value,
        group: group?.value,
        title: title?,
        subtitle: subtitle?,
        words: words.into_iter().map(|word| word.value).collect(),
        service: service?,
        preset,
        asks,
        told: told.iter().filter_map(|key| known.told.get(key).cloned()).collect(),
        promise: promise.map(|promise| promise.value),
    })
}

/// A table path → value, each checked against the schema; with `element`, as an element of the list
/// at the path.
pub(super) fn values(
    section: &mut Section<'_, '_>,
    key: &'static str,
    roots: &Record,
    element: bool,
    problems: &mut Problems,
) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    let Some(table) = section.table(key, problems) else { return values };
    for (path, value) in table.entries() {
        let at = path.span().start;
        let path = path.get_ref().to_string();
        let wrong =
            |text: String| section.source.problem(at, format!("{}: {text}", section.name), "");
        let ty = match path::type_at(roots, &path) {
            Ok(Type::List(inner, _)) if element => *inner,
            Ok(ty) if element => {
                problems.push(wrong(format!("'{path}' is {ty}, not a list")));
                continue;
            }
            Ok(ty) => ty,
            Err(text) => {
                problems.push(wrong(text));
                continue;
            }
        };
        let Some(value) = json(value.get_ref()) else {
            problems.push(wrong(format!("'{path}' has a value no fact can have")));
            continue;
        };
        if let Err(mistakes) = bind(&value, &ty, &path) {
            problems.push(wrong(
                mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            ));
        }
        values.insert(path, value);
    }
    values
}

fn field(mut section: Section<'_, '_>, roots: &Record, problems: &mut Problems) -> Option<Field> {
    let source = section.source;
    let key = section.required("key", problems);
    if let Some(key) = &key {
        section.name = format!("field {}", key.value);
    }
    let fact = section.text("fact", problems);
    let ty = fact.as_ref().and_then(|fact| match path::type_at(roots, &fact.value) {
        Ok(ty) => Some(ty),
        Err(text) => {
            problems.push(source.problem(fact.at, format!("{}: {text}", section.name), ""));
            None
        }
    });
    let label = section.bilingual("label", problems);
    let help = section.bilingual("help", problems);
    let optional = section.boolean("optional", problems).unwrap_or(false);
    let written = section.required("kind", problems);
    let kind = written.as_ref().and_then(|kind| match kind.value.as_str() {
        "yes_no" => Some(FieldKind::YesNo),
        "choice" => Some(FieldKind::Choice(choices(&mut section, roots, ty.as_ref(), problems))),
        "choices" => Some(FieldKind::Choices(choices(&mut section, roots, ty.as_ref(), problems))),
        "number" => {
            let (min, max) = (section.integer("min", problems), section.integer("max", problems));
            let unit = section.bilingual("unit", problems);
            match (min, max, unit) {
                (Some(min), Some(max), Some(unit)) if min <= max => {
                    Some(FieldKind::Number { min, max, unit })
                }
                _ => {
                    problems.push(section.problem("a number needs min ≤ max and a unit", ""));
                    None
                }
            }
        }
        "text" => {
            let chars_max = section.integer("chars_max", problems);
            let chars_max = chars_max.and_then(|most| usize::try_from(most).ok());
            if chars_max.is_none() {
                problems.push(section.problem("a text needs chars_max", ""));
            }
            chars_max.map(|chars_max| FieldKind::Text { chars_max })
        }
        "date" => Some(FieldKind::Date),
        other => {
            let kinds = ["yes_no", "choice", "choices", "number", "text", "date"];
            let hint = hint(other, kinds);
            let text = format!("{}: unknown kind '{other}'{hint}", section.name);
            problems.push(source.problem(kind.at, text, format!("one of {}", kinds.join(", "))));
            None
        }
    });
    if let (Some(kind), Some(ty)) = (&kind, &ty) {
        let fits = match kind {
            FieldKind::YesNo => *ty == Type::Bool,
            FieldKind::Choice(_) => matches!(ty, Type::Enum(_) | Type::Text),
            FieldKind::Choices(_) => false,
            FieldKind::Number { .. } => *ty == Type::Int,
            FieldKind::Text { .. } => *ty == Type::Text,
            FieldKind::Date => *ty == Type::Date,
        };
        if !fits {
            let remedy = "options of `choices` say with set and add which facts they become";
            problems.push(section.problem(format!("an answer of this kind is no {ty}"), remedy));
        }
    }
    let sets = matches!(kind, Some(FieldKind::Choice(_) | FieldKind::Choices(_)));
    if fact.is_none() && !sets && kind.is_some() {
        problems.push(section.problem("'fact' is missing", "the answer would be lost"));
    }
    section.finish(problems);
    let fact = fact.map(|fact| fact.value);
    Some(Field { key: key?.value, fact, label: label?, help: help?, optional, kind: kind? })
}

fn choices(
    section: &mut Section<'_, '_>,
    roots: &Record,
    ty: Option<&Type>,
    problems: &mut Problems,
) -> Vec<Choice> {
    let source = section.source;
    let mut choices: Vec<Choice> = Vec::new();
    let written = section.value("choices").and_then(|value| value.get_ref().as_array());
    for element in written.into_iter().flatten() {
        let at = element.span().start;
        let Some(table) = element.get_ref().as_table() else {
            problems.push(source.problem(
                at,
                format!("{}: an option is a table", section.name),
                "",
            ));
            continue;
        };
        let mut option = Section::new(source, format!("{}: option", section.name), at, table);
        let value = option.required("value", problems);
        let (zh, en) = (option.required("zh", problems), option.required("en", problems));
        let set = values(&mut option, "set", roots, false, problems);
        let add = values(&mut option, "add", roots, true, problems);
        option.finish(problems);
        let (Some(value), Some(zh), Some(en)) = (value, zh, en) else { continue };
        if let Some(Type::Enum(one)) = ty
            && let Err(mistake) = one.check(&value.value, 0)
        {
            problems.push(source.problem(
                value.at,
                format!("{}: {}", section.name, mistake.text),
                "",
            ));
        }
        if choices.iter().any(|before| before.value == value.value) {
            let text = format!("{}: option '{}' stands twice", section.name, value.value);
            problems.push(source.problem(value.at, text, ""));
        }
        let label = Bilingual::new(zh.value, en.value);
        choices.push(Choice { value: value.value, label, set, add });
    }
    if choices.is_empty() {
        problems.push(section.problem("no options", "choices = [{ value = …, zh = …, en = … }]"));
    }
    choices
}
