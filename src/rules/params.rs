//! Dated values of the law and of the authority: switches and thresholds with their sources.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::civil::Date;
use serde_json::Value as Json;
use toml::Spanned;
use toml::de::DeValue;

use super::document::{Section, Source, Text, Toml, json};
use super::facts::bind;
use super::problem::Problems;
use super::schema::{Type, Types};
use super::text;
use super::value::Value;
use crate::domain::Bilingual;

/// The parameters of an edition, in the order written.
#[derive(Debug, Clone, Default)]
pub(super) struct Params {
    all: Vec<Param>,
    /// Those that were told as wrong; `None` where nothing of the file could be read.
    wrong: Option<BTreeSet<String>>,
}

/// One parameter.
#[derive(Debug, Clone)]
pub(super) struct Param {
    pub(super) name: String,
    pub(super) ty: Type,
    /// Where its values come from, for whoever reads a decision. A bare article is the same in both.
    pub(super) source: Bilingual,
    /// From which day which value, oldest first.
    values: Vec<(Date, Value)>,
    /// Whether a rule asked for it while the edition was checked.
    asked: Arc<AtomicBool>,
    /// Where it stands in its file.
    at: usize,
}

impl Params {
    pub(super) fn find(&self, name: &str) -> Option<(usize, &Param)> {
        self.all.iter().enumerate().find(|(_, param)| param.name == name)
    }

    /// The same for a rule that is checked, which uses it from then on.
    pub(super) fn ask(&self, name: &str) -> Option<(usize, &Param)> {
        let found = self.find(name)?;
        found.1.asked.store(true, Ordering::Relaxed);
        Some(found)
    }

    /// Whether it is known to be wrong already, so that who asks for it need not be told.
    pub(super) fn is_wrong(&self, name: &str) -> bool {
        self.wrong.as_ref().is_none_or(|wrong| wrong.contains(name))
    }

    /// Tells those no rule asked for. To be asked when all rules are checked.
    pub(super) fn unused(&self, source: Source<'_>, problems: &mut Problems) {
        for param in self.all.iter().filter(|param| !param.asked.load(Ordering::Relaxed)) {
            let text = format!("param {}: no rule reads it", param.name);
            let remedy = "changing it would change nothing: take it out, or let the rule read it";
            problems.push(source.problem(param.at, text, remedy));
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|param| param.name.as_str())
    }

    /// What the `index`th parameter is on `day`; nothing before its first value.
    pub(super) fn at(&self, index: usize, day: Date) -> Option<(&Type, &Value)> {
        let param = self.all.get(index)?;
        let current = param.values.iter().rev().find(|(from, _)| *from <= day);
        current.map(|(_, value)| (&param.ty, value))
    }
}

impl Params {
    /// The values of one day, for every day.
    pub(super) fn fixed_on(&self, day: Date) -> Self {
        let fixed = self.all.iter().enumerate().map(|(index, param)| {
            let value = self.at(index, day).map(|(_, value)| (Date::MIN, value.clone()));
            Param { values: value.into_iter().collect(), ..param.clone() }
        });
        Self { all: fixed.collect(), wrong: self.wrong.clone() }
    }

    /// The days from which a value holds.
    pub(super) fn first_days(&self) -> impl Iterator<Item = Date> {
        self.all.iter().flat_map(|param| param.values.iter().map(|(from, _)| *from))
    }
}

impl Param {
    /// Since when it has the value of `day`.
    pub(super) fn since(&self, day: Date) -> Option<Date> {
        self.values.iter().rev().map(|(from, _)| *from).find(|from| *from <= day)
    }
}

/// Where the values come from: a bare article, or words in both languages. The English may quote the
/// Chinese name of a law: it has no other.
fn origin(section: &mut Section<'_, '_>, problems: &mut Problems) -> Option<Bilingual> {
    let is_table = |found: &Spanned<DeValue<'_>>| found.get_ref().as_table().is_some();
    if !section.value("source").is_some_and(is_table) {
        let text = section.required("source", problems)?;
        return Some(Bilingual::new(text.value.clone(), text.value));
    }
    let mut both = section.table("source", problems)?;
    let (zh, en) = (both.required("zh", problems), both.required("en", problems));
    both.finish(problems);
    Some(Bilingual::new(zh?.value, en?.value))
}

/// Whether the texts of a value are texts: a rule tells them to people.
fn are_texts(section: &Section<'_, '_>, at: usize, value: &Json, problems: &mut Problems) -> bool {
    let texts = |text: &String, problems: &mut Problems| {
        let text = Text { value: text.clone(), at };
        text::check(section.source, &section.name, "is", &text, text::chars_max("is"), problems)
    };
    match value {
        Json::String(text) => texts(text, problems),
        Json::Array(all) => all.iter().all(|one| are_texts(section, at, one, problems)),
        Json::Object(all) => all.values().all(|one| are_texts(section, at, one, problems)),
        Json::Null | Json::Bool(_) | Json::Number(_) => true,
    }
}

/// Reads `params.toml`. Every parameter has a value from `begin`, the day the oldest rule set begins.
pub(super) fn read(
    toml: &Toml<'_>,
    types: &Types,
    begin: Option<Date>,
    problems: &mut Problems,
) -> Params {
    let source = toml.source;
    let mut params = Params::default();
    let mut wrong_names = BTreeSet::new();
    let mut root = Section::new(source, "params", 0, toml.root());
    root.value("param");
    root.finish(problems);
    for mut section in toml.each("param", problems) {
        let name = section.required("name", problems);
        if let Some(name) = &name {
            section.name = format!("param {}", name.value);
        }
        let ty = section.required("type", problems);
        let origin = origin(&mut section, problems);
        let mut sound = true;
        let values = section.value("values").map(|found| found.get_ref().as_array());
        let ty = ty.and_then(|text| match types.parse(&text.value) {
            Ok(Type::Record(_)) => {
                let remedy = "a list of them is one: [<record>; 16]";
                problems.push(source.problem(text.at, "a parameter is no record", remedy));
                None
            }
            Ok(ty) => Some(ty),
            Err(why) => {
                let remedy =
                    "types are bool, int, date, money, string, [T; n] and those of schema.toml";
                let why = format!("{}: {why}", section.name);
                problems.push_by_facts(source.problem(text.at, why, remedy));
                None
            }
        });
        let mut dated: Vec<(Date, Option<Value>)> = Vec::new();
        for element in values.flatten().into_iter().flatten() {
            let at = element.span().start;
            let Some(table) = element.get_ref().as_table() else {
                let text = format!("{}: a value is not a table", section.name);
                problems.push(source.problem(at, text, "write { from = <day>, is = … }"));
                sound = false;
                continue;
            };
            let mut entry = Section::new(source, section.name.clone(), at, table);
            let from = entry.date("from", problems);
            let is = entry.value("is").and_then(|is| json(is.get_ref()));
            entry.finish(problems);
            let (Some(from), Some(is)) = (from, is) else {
                sound = false;
                if table.contains_key("from") && table.contains_key("is") {
                    continue;
                }
                let text = format!("{}: a value needs `from` and `is`", section.name);
                problems.push(source.problem(at, text, "write { from = <day>, is = … }"));
                continue;
            };
            if dated.last().is_some_and(|(before, _)| *before >= from) {
                let text = format!("{}: {from} does not follow the value before", section.name);
                problems.push(source.problem(at, text, "values stand oldest first, each day once"));
            }
            if !are_texts(&section, at, &is, problems) {
                dated.push((from, None));
                continue;
            }
            let Some(ty) = &ty else { continue };
            let value = bind(&is, ty, "value").map_err(|wrong| {
                for wrong in wrong {
                    let text = format!("{}: {wrong}", section.name);
                    let remedy = format!("its type is {ty}: mend the value, or the type");
                    problems.push_by_facts(source.problem(at, text, remedy));
                }
            });
            dated.push((from, value.ok()));
        }
        match (dated.first(), begin) {
            // Values of an unknown type are not looked at.
            (None, _) if ty.is_none() || !sound => {}
            (None, _) => {
                problems.push(section.problem("no values", "values = [{ from = …, is = … }]"));
            }
            (Some((first, _)), Some(begin)) if *first > begin => {
                let text = format!("no value before {first}, but rules hold from {begin}");
                problems.push(section.problem(text, "add the value of that time"));
            }
            (Some(_), _) => {}
        }
        // With values of another type it may be the type that is wrong.
        sound &= dated.iter().all(|(_, value)| value.is_some());
        let (name, ty) = match (name, ty) {
            (Some(name), Some(ty)) if sound => (name, ty),
            (name, _) => {
                wrong_names.extend(name.map(|name| name.value));
                section.finish(problems);
                continue;
            }
        };
        if params.find(&name.value).is_some() {
            problems.push(
                section.problem(
                    "the name is taken",
                    "each parameter stands once: dates part its values",
                ),
            );
        }
        let origin = origin.unwrap_or_else(|| Bilingual::new("", ""));
        params.all.push(Param {
            name: name.value,
            ty,
            source: origin,
            values: dated.into_iter().filter_map(|(from, value)| Some((from, value?))).collect(),
            asked: Arc::default(),
            at: section.at,
        });
        section.finish(problems);
    }
    params.wrong = toml.whole.then_some(wrong_names);
    params
}
