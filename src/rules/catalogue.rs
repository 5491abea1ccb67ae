//! The services in plain words: what the kiosk offers, tells at once and still has to ask.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::{Section, Toml, json};
use super::facts::{TEXT_CHARS_MAX, bind};
use super::path;
use super::problem::{Problem, Problems, hint};
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
pub(super) fn read(toml: &Toml<'_>, roots: &Record, problems: &mut Problems) -> Catalogue {
    let source = toml.source;
    let mut root = Section::new(source, "catalogue", 0, toml.root());
    for key in ["group", "entry", "field", "told", "promise"] {
        root.value(key);
    }
    root.finish(problems);
    let told = told(toml, problems);
    let promises = promises(toml, problems);
    let mut fields = BTreeMap::new();
    let mut asked_at = BTreeMap::new();
    for section in toml.each("field", problems) {
        let at = section.at;
        if let Some(field) = field(section, roots, problems) {
            let key = field.key.clone();
            asked_at.insert(key.clone(), at);
            if fields.insert(key.clone(), field).is_some() {
                let text = format!("field '{key}' stands twice");
                problems.push(source.problem(at, text, TWICE));
            }
        }
    }
    let mut groups: Vec<Group> = Vec::new();
    for mut section in toml.each("group", problems) {
        let id = section.required("id", problems);
        let title = section.bilingual("title", problems);
        if let (Some(id), Some(title)) = (id, title) {
            if groups.iter().any(|before| before.id == id.value) {
                problems.push(section.problem(format!("'{}' stands twice", id.value), TWICE));
            }
            groups.push(Group { id: id.value, title });
        }
        section.finish(problems);
    }
    let names = Names {
        groups: toml.names("group", "id"),
        fields: toml.names("field", "key"),
        told: toml.names("told", "key"),
        promises: toml.names("promise", "version"),
    };
    let mut entries: Vec<Entry> = Vec::new();
    let sections = toml.each("entry", problems);
    let written = sections.len();
    for section in sections {
        let at = section.at;
        if let Some(entry) = entry(section, roots, &names, &told, problems) {
            if entries.iter().any(|before| before.id == entry.id) {
                let text = format!("entry '{}' stands twice", entry.id);
                problems.push(source.problem(at, text, TWICE));
            }
            entries.push(entry);
        }
    }
    // What an entry with a mistake asks is not known.
    for (key, at) in asked_at.iter().filter(|_| entries.len() == written) {
        if !entries.iter().any(|entry| entry.asks.contains(key)) {
            let text = format!("no entry asks '{key}'");
            problems.push(source.problem(*at, text, "take the field out"));
        }
    }
    Catalogue { groups, entries, fields, promises }
}

const TWICE: &str = "take one out, or rename it";

/// What entries may refer to.
struct Names<'n> {
    groups: BTreeSet<&'n str>,
    fields: BTreeSet<&'n str>,
    told: BTreeSet<&'n str>,
    promises: BTreeSet<&'n str>,
}

fn told(toml: &Toml<'_>, problems: &mut Problems) -> BTreeMap<String, Bilingual> {
    let mut told = BTreeMap::new();
    for mut section in toml.each("told", problems) {
        let key = section.required("key", problems);
        if let Some(key) = &key {
            section.name = format!("told {}", key.value);
        }
        let both = section.languages(problems);
        if let (Some(key), Some((zh, en))) = (key, both)
            && told.insert(key.value.clone(), Bilingual::new(zh.value, en.value)).is_some()
        {
            problems.push(section.problem("it stands twice", TWICE));
        }
        section.finish(problems);
    }
    told
}

fn promises(toml: &Toml<'_>, problems: &mut Problems) -> BTreeMap<String, PromiseText> {
    let mut promises = BTreeMap::new();
    for mut section in toml.each("promise", problems) {
        let version = section.required("version", problems);
        let title = section.bilingual("title", problems);
        let text = section.bilingual("text", problems);
        if let (Some(version), Some(title), Some(text)) = (version, title, text) {
            let version = version.value;
            let promise = PromiseText { version: version.clone(), title, text };
            if promises.insert(version.clone(), promise).is_some() {
                problems.push(section.problem(format!("'{version}' stands twice"), TWICE));
            }
        }
        section.finish(problems);
    }
    promises
}

fn entry(
    mut section: Section<'_, '_>,
    roots: &Record,
    names: &Names<'_>,
    texts: &BTreeMap<String, Bilingual>,
    problems: &mut Problems,
) -> Option<Entry> {
    let source = section.source;
    let id = section.required("id", problems);
    if let Some(id) = &id {
        section.name = format!("entry {}", id.value);
    }
    let group = section.required("group", problems);
    if let Some(group) = &group
        && !names.groups.contains(group.value.as_str())
    {
        let hint = hint(&group.value, names.groups.iter().copied());
        let text = format!("{}: unknown group '{}'{hint}", section.name, group.value);
        problems.push(source.problem(group.at, text, "groups stand here under [[group]]"));
    }
    let title = section.bilingual("title", problems);
    let subtitle = section.bilingual("subtitle", problems);
    let words = section.texts("words", problems);
    let service = section.required("service", problems).and_then(|text| {
        let service = ServiceCode::parse(&text.value);
        if service.is_none() {
            let hint = hint(&text.value, ServiceCode::ALL.into_iter().map(ServiceCode::as_str));
            let wrong = format!("{}: unknown service '{}'{hint}", section.name, text.value);
            problems.push(source.problem(text.at, wrong, "write food/new and the like"));
        }
        service
    });
    let preset = values(&mut section, "preset", roots, false, problems);
    let mut keys = |key: &'static str, kind: &str, names: &BTreeSet<&str>| {
        let texts = section.texts(key, problems);
        for text in &texts {
            if !names.contains(text.value.as_str()) {
                let hint = hint(&text.value, names.iter().copied());
                let wrong = format!("{}: {key}: unknown '{}'{hint}", section.name, text.value);
                let remedy = format!("those there are stand here under [[{kind}]]");
                problems.push(source.problem(text.at, wrong, remedy));
            }
        }
        texts.into_iter().map(|text| text.value).collect::<Vec<_>>()
    };
    let asks = keys("asks", "field", &names.fields);
    let told = keys("told", "told", &names.told);
    let promise = section.text("promise", problems);
    if let Some(promise) = &promise
        && !names.promises.contains(promise.value.as_str())
    {
        let hint = hint(&promise.value, names.promises.iter().copied());
        let text = format!("{}: unknown promise '{}'{hint}", section.name, promise.value);
        problems.push(source.problem(promise.at, text, "promises stand here under [[promise]]"));
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
        told: told.iter().filter_map(|key| texts.get(key).cloned()).collect(),
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
        let wrong = |text: String, remedy: &str| {
            section.source.problem(at, format!("{}: {text}", section.name), remedy)
        };
        let Some(value) = json(value.get_ref()) else {
            let text = format!("'{path}' has a value no fact can have");
            problems.push(wrong(text, "a text, a whole number, true, false, a day, or a list"));
            continue;
        };
        match path::type_at(roots, &path) {
            Ok(Type::List(inner, _)) if element => fits(&path, &value, &inner, wrong, problems),
            Ok(ty) if element => {
                let text = format!("'{path}' is {ty}, not a list");
                problems.push_by_facts(wrong(text, "use set"));
            }
            Ok(ty) => fits(&path, &value, &ty, wrong, problems),
            Err(text) => problems.push_by_facts(wrong(text, FACTS)),
        }
        // Also what is wrong is something: it is told once.
        values.insert(path, value);
    }
    values
}

const FACTS: &str = "facts are declared in schema.toml";

/// Tells what of a value is no fact of a type.
fn fits(
    path: &str,
    value: &Value,
    ty: &Type,
    wrong: impl Fn(String, &str) -> Problem,
    problems: &mut Problems,
) {
    if let Err(mistakes) = bind(value, ty, path) {
        let text: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        problems.push_by_facts(wrong(text.join("; "), FACTS));
    }
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
            let text = format!("{}: {text}", section.name);
            problems.push_by_facts(source.problem(fact.at, text, FACTS));
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
                    let remedy = "min = 1, max = 500, unit = { zh = \"…\", en = \"…\" }";
                    problems.push(section.problem("a number needs min ≤ max and a unit", remedy));
                    None
                }
            }
        }
        "text" => {
            let chars_max = section.integer("chars_max", problems);
            let chars_max = chars_max.and_then(|most| usize::try_from(most).ok());
            let chars_max = chars_max.filter(|most| (1..=TEXT_CHARS_MAX).contains(most));
            if chars_max.is_none() {
                let text = format!("a text needs chars_max, 1 to {TEXT_CHARS_MAX}");
                problems.push(section.problem(text, "say how long an answer may be"));
            }
            chars_max.map(|chars_max| FieldKind::Text { chars_max })
        }
        "date" => Some(FieldKind::Date),
        other => {
            // What else it says belongs to the kind that was meant.
            for key in ["choices", "min", "max", "unit", "chars_max"] {
                section.value(key);
            }
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
            problems.push_by_facts(
                section.problem(format!("an answer of this kind is no {ty}"), remedy),
            );
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
                format!("{}: an option is not a table", section.name),
                "choices = [{ value = …, zh = …, en = … }]",
            ));
            continue;
        };
        let mut option = Section::new(source, format!("{}: option", section.name), at, table);
        let value = option.required("value", problems);
        let both = option.languages(problems);
        let set = values(&mut option, "set", roots, false, problems);
        let add = values(&mut option, "add", roots, true, problems);
        option.finish(problems);
        let (Some(value), Some((zh, en))) = (value, both) else { continue };
        if let Some(Type::Enum(one)) = ty
            && let Err(mistake) = one.check(&value.value, 0)
        {
            let text = format!("{}: {}", section.name, mistake.text);
            problems.push_by_facts(source.problem(value.at, text, mistake.remedy));
        }
        if choices.iter().any(|before| before.value == value.value) {
            let text = format!("{}: option '{}' stands twice", section.name, value.value);
            problems.push(source.problem(value.at, text, TWICE));
        }
        let label = Bilingual::new(zh.value, en.value);
        choices.push(Choice { value: value.value, label, set, add });
    }
    if written.is_none_or(|array| array.is_empty()) {
        problems.push(section.problem("no options", "choices = [{ value = …, zh = …, en = … }]"));
    }
    choices
}
