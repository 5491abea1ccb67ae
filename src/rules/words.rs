//! What facts are called: a label for every fact and every word of an enum, in both languages.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Section, Source, Toml};
use super::problem::{Problems, hint};
use super::schema::{Record, Type};
use super::value::date_words;
use crate::domain::{Bilingual, Language};

/// The labels of an edition, and which facts are an applicant's own answers.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    /// By `record.field`; those of the roots by `facts.root`.
    labels: BTreeMap<String, Bilingual>,
    /// By `enum.word`.
    values: BTreeMap<String, Bilingual>,
    /// `record.field`s that an applicant could answer differently.
    answers: BTreeSet<String>,
    /// `record.field`s, lists, of which an applicant could do without an element.
    left_out: BTreeSet<String>,
}

/// The characters of a label at most: it stands before a value on one line.
const LABEL_CHARS_MAX: usize = 60;

/// Reads `label`, `word`, `answers` and `left_out` of `schema.toml`: each fact and each word has its
/// label, and no label is of nothing.
pub(super) fn read(toml: &Toml<'_>, problems: &mut Problems) -> Words {
    let (source, root) = (toml.source, toml.root());
    let mut fields = BTreeMap::new();
    let mut lists = BTreeMap::new();
    for (record, table) in tables(root, "record").chain(root.get_key_value("facts").map(named)) {
        for (key, ty) in table.into_iter().flatten() {
            let (path, at) = (format!("{record}.{}", key.get_ref()), key.span().start);
            if ty.get_ref().as_str().is_some_and(|ty| ty.starts_with('[')) {
                lists.insert(path.clone(), at);
            }
            fields.insert(path, at);
        }
    }
    let mut declared = BTreeMap::new();
    if let Some(enums) = root.get("enum").and_then(|value| value.get_ref().as_table()) {
        for (name, values) in enums {
            for value in values.get_ref().as_array().into_iter().flatten() {
                if let Some(word) = value.get_ref().as_str() {
                    declared.insert(format!("{}.{word}", name.get_ref()), value.span().start);
                }
            }
        }
    }
    let labels = read_labels(source, root, "label", &fields, problems);
    let values = read_labels(source, root, "word", &declared, problems);
    let answers = read_names(source, root, ("answers", "field"), &fields, problems);
    let left_out = read_names(source, root, ("left_out", "list"), &lists, problems);
    Words { labels, values, answers, left_out }
}

/// The `record.field`s that stand under `key`, each of `declared`.
fn read_names(
    source: Source<'_>,
    root: &DeTable<'_>,
    (key, what): (&'static str, &str),
    declared: &BTreeMap<String, usize>,
    problems: &mut Problems,
) -> BTreeSet<String> {
    let mut section = Section::new(source, "schema", 0, root);
    let mut names = BTreeSet::new();
    for name in section.texts(key, problems) {
        if !declared.contains_key(&name.value) {
            let hint = hint(&name.value, declared.keys().map(String::as_str));
            let text = format!("{key}: no {what} '{}'{hint}", name.value);
            problems.push(source.problem(name.at, text, "write record.field"));
        }
        names.insert(name.value);
    }
    names
}

fn named<'t, 's>(
    (key, value): (&'t Spanned<toml::de::DeString<'s>>, &'t Spanned<DeValue<'s>>),
) -> (String, Option<&'t DeTable<'s>>) {
    (key.get_ref().to_string(), value.get_ref().as_table())
}

/// The tables inside the table `key`, by name.
fn tables<'t, 's>(
    root: &'t DeTable<'s>,
    key: &str,
) -> impl Iterator<Item = (String, Option<&'t DeTable<'s>>)> {
    let table = root.get(key).and_then(|value| value.get_ref().as_table());
    table.into_iter().flatten().map(named)
}

fn read_labels(
    source: Source<'_>,
    root: &DeTable<'_>,
    key: &str,
    declared: &BTreeMap<String, usize>,
    problems: &mut Problems,
) -> BTreeMap<String, Bilingual> {
    let mut labels = BTreeMap::new();
    let groups: BTreeMap<&str, usize> = declared
        .iter()
        .filter_map(|(path, at)| Some((path.split_once('.')?.0, *at)))
        .rev()
        .collect();
    let labelled: BTreeSet<String> = tables(root, key).map(|(group, _)| group).collect();
    for (group, table) in tables(root, key) {
        let is_known = groups.contains_key(group.as_str());
        let first = table.into_iter().flatten().map(|(name, _)| name.span().start).min();
        if !is_known && let Some(at) = first {
            let hint = hint(&group, groups.keys().copied());
            let text = format!("[{key}.{group}]: nothing declared is called so{hint}");
            problems.push(source.problem(at, text, "a label of nothing is never told"));
        }
        for (name, value) in table.into_iter().flatten() {
            let (path, at) = (format!("{group}.{}", name.get_ref()), name.span().start);
            if is_known && !declared.contains_key(&path) {
                let hint = hint(&path, declared.keys().map(String::as_str));
                let text = format!("{key}.{path}: it is not declared{hint}");
                problems.push(source.problem(at, text, "a label of nothing is never told"));
            }
            let Some(table) = value.get_ref().as_table() else {
                let text = format!("{key}.{path} is not a label");
                problems.push(source.problem(at, text, r#"write { zh = "…", en = "…" }"#));
                continue;
            };
            let mut section = Section::new(source, format!("{key}.{path}"), at, table);
            let both = section.languages(problems);
            section.finish(problems);
            for text in both.iter().flat_map(|(zh, en)| [zh, en]) {
                if text.value.chars().count() > LABEL_CHARS_MAX {
                    let text = format!("{key}.{path} has more than {LABEL_CHARS_MAX} characters");
                    problems.push(source.problem(at, text, "it stands before a value"));
                }
            }
            // Also a label with a mistake is one: it is told once.
            let label = both.map(|(zh, en)| Bilingual::new(zh.value, en.value));
            let label = label.unwrap_or_else(|| Bilingual::new("", ""));
            labels.insert(path, label);
        }
    }
    for (group, at) in groups.iter().filter(|(group, _)| !labelled.contains(**group)) {
        let text = format!("nothing of {group} has a label");
        let remedy = format!(r#"under [{key}.{group}] write <name> = {{ zh = "…", en = "…" }}"#);
        problems.push(source.problem(*at, text, remedy));
    }
    let alone = |path: &str| path.split_once('.').is_none_or(|(group, _)| labelled.contains(group));
    for (path, at) in declared.iter().filter(|(path, _)| alone(path) && !labels.contains_key(*path))
    {
        let (group, name) = path.split_once('.').unwrap_or(("", path));
        let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let name = if bare { name.to_owned() } else { format!("\"{name}\"") };
        let remedy = format!(r#"under [{key}.{group}] write {name} = {{ zh = "…", en = "…" }}"#);
        problems.push(source.problem(*at, format!("{path} has no label"), remedy));
    }
    labels
}

impl Words {
    /// Whether the fact `field` of `record` is an answer of the applicant's own.
    pub(super) fn is_answer(&self, record: &str, field: &str) -> bool {
        self.answers.contains(&format!("{record}.{field}"))
    }

    /// Whether the applicant could do without an element of the list `field` of `record`.
    pub(super) fn may_leave_out(&self, record: &str, field: &str) -> bool {
        self.is_answer(record, field) || self.left_out.contains(&format!("{record}.{field}"))
    }

    /// What the fact at `path` is called, and its type; `None` where the path is of no fact.
    pub(super) fn label<'r>(&self, roots: &'r Record, path: &str) -> Option<(Bilingual, &'r Type)> {
        let mut record = roots;
        let mut before = Bilingual::new("", "");
        let mut segments = path.split('.').peekable();
        while let Some(segment) = segments.next() {
            let (name, index) = segment
                .split_once('[')
                .map_or((segment, None), |(name, rest)| (name, rest.strip_suffix(']')));
            let (_, field) = record.field(name)?;
            let own = self.labels.get(&format!("{}.{name}", record.name))?;
            let mut ty = &field.ty;
            if let (Some(index), Type::List(element, _)) = (index, ty) {
                let number = index.parse::<usize>().ok()? + 1;
                let numbered = Bilingual::new(
                    format!("{}（第{number}项）", own.zh),
                    format!("{} (no. {number})", own.en),
                );
                before.zh += &numbered.zh;
                before.en += &numbered.en;
                ty = element;
                if segments.peek().is_some() {
                    before.zh.push('·');
                    before.en.push_str(", ");
                } else {
                    return Some((before, ty));
                }
            }
            if segments.peek().is_none() {
                before.zh += &own.zh;
                before.en += &own.en;
                return Some((before, ty));
            }
            let Type::Record(inner) = ty else { return None };
            record = inner;
        }
        None
    }

    /// A value in words.
    pub(super) fn value(&self, ty: &Type, value: &Json) -> Bilingual {
        Bilingual::new(
            self.value_in(ty, value, Language::Zh),
            self.value_in(ty, value, Language::En),
        )
    }

    /// A value that is of no fact, in words.
    pub(super) fn bare(&self, value: &Json) -> Bilingual {
        // A text that is a day reads as one, any other as it is.
        let ty = if value.is_boolean() { Type::Bool } else { Type::Date };
        self.value(&ty, value)
    }

    fn value_in(&self, ty: &Type, value: &Json, language: Language) -> String {
        let pick = |zh: &str, en: &str| match language {
            Language::Zh => zh.to_owned(),
            Language::En => en.to_owned(),
        };
        match (ty, value) {
            // Neither yes nor no: nobody said.
            (Type::Bool, Json::Null) => pick("未告知", "not told"),
            (_, Json::Null) => pick("没有", "none"),
            (Type::Bool, Json::Bool(true)) => pick("是", "yes"),
            (Type::Bool, Json::Bool(false)) => pick("否", "no"),
            // Only whether it is there was looked at.
            (_, Json::Bool(true)) => pick("有", "there is one"),
            (_, Json::Bool(false)) => pick("没有", "none"),
            (Type::Enum(one), Json::String(word)) => {
                let label = self.values.get(&format!("{}.{word}", one.name));
                label.map_or_else(|| word.clone(), |label| label.get(language).to_owned())
            }
            (Type::Date, Json::String(text)) => {
                text.parse().map_or_else(|_no_date| text.clone(), |date| date_words(date, language))
            }
            (Type::Money, Json::String(amount)) => {
                pick(&format!("{amount}元"), &format!("{amount} yuan"))
            }
            (_, Json::String(text)) => text.clone(),
            (Type::List(element, _), Json::Array(elements)) => {
                if elements.is_empty() {
                    return pick("无", "none");
                }
                let told: Vec<String> =
                    elements.iter().map(|one| self.value_in(element, one, language)).collect();
                told.join(&pick("、", ", "))
            }
            (Type::Record(record), Json::Object(fields)) => {
                let told = record.fields.iter().filter_map(|field| {
                    let value = self.value_in(&field.ty, fields.get(&field.name)?, language);
                    let label = self.labels.get(&format!("{}.{}", record.name, field.name))?;
                    Some(format!("{}{}{value}", label.get(language), pick("：", ": ")))
                });
                told.collect::<Vec<_>>().join(&pick("，", ", "))
            }
            (_, other) => other.to_string(),
        }
    }
}
