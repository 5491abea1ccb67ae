//! Dated values of the law and of the authority: switches and thresholds with their sources.

use jiff::civil::Date;

use super::document::{Section, Source, json};
use super::facts::bind;
use super::problem::Problems;
use super::schema::{Type, Types};
use super::value::Value;

/// The parameters of an edition, in the order written.
#[derive(Debug, Clone, Default)]
pub(super) struct Params(Vec<Param>);

/// One parameter.
#[derive(Debug, Clone)]
pub(super) struct Param {
    pub(super) name: String,
    pub(super) ty: Type,
    /// Where its values come from, for whoever reads a decision.
    pub(super) source: String,
    /// From which day which value, oldest first.
    values: Vec<(Date, Value)>,
}

impl Params {
    pub(super) fn find(&self, name: &str) -> Option<(usize, &Param)> {
        self.0.iter().enumerate().find(|(_, param)| param.name == name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|param| param.name.as_str())
    }

    /// What the `index`th parameter is on `day`; nothing before its first value.
    pub(super) fn at(&self, index: usize, day: Date) -> Option<(&Type, &Value)> {
        let param = self.0.get(index)?;
        let current = param.values.iter().rev().find(|(from, _)| *from <= day);
        current.map(|(_, value)| (&param.ty, value))
    }
}

impl Params {
    /// The values of one day, for every day.
    pub(super) fn fixed_on(&self, day: Date) -> Self {
        let fixed = self.0.iter().enumerate().map(|(index, param)| {
            let value = self.at(index, day).map(|(_, value)| (Date::MIN, value.clone()));
            Param { values: value.into_iter().collect(), ..param.clone() }
        });
        Self(fixed.collect())
    }

    /// The days from which a value holds.
    pub(super) fn first_days(&self) -> impl Iterator<Item = Date> {
        self.0.iter().flat_map(|param| param.values.iter().map(|(from, _)| *from))
    }
}

impl Param {
    /// Since when it has the value of `day`.
    pub(super) fn since(&self, day: Date) -> Option<Date> {
        self.values.iter().rev().map(|(from, _)| *from).find(|from| *from <= day)
    }
}

/// Reads `params.toml`. Every parameter has a value from `begin`, the day the oldest rule set begins.
pub(super) fn read(
    source: Source<'_>,
    types: &Types,
    begin: Option<Date>,
    problems: &mut Problems,
) -> Params {
    let mut params = Params::default();
    let Some(parsed) = source.parse(problems) else { return params };
    let mut root = Section::new(source, "params", 0, parsed.get_ref());
    root.value("param");
    root.finish(problems);
    for mut section in Section::each(source, parsed.get_ref(), "param", problems) {
        let name = section.required("name", problems);
        if let Some(name) = &name {
            section.name = format!("param {}", name.value);
        }
        let ty = section.required("type", problems);
        let origin = section.required("source", problems);
        let values = section.value("values").map(|found| found.get_ref().as_array());
        let ty = ty.and_then(|text| match types.parse(&text.value) {
            Ok(Type::Record(_)) => {
                problems.push(source.problem(text.at, "a parameter is no record", ""));
                None
            }
            Ok(ty) => Some(ty),
            Err(why) => {
                problems.push(source.problem(text.at, why, "see schema.toml"));
                None
            }
        });
        let mut dated: Vec<(Date, Value)> = Vec::new();
        for element in values.flatten().into_iter().flatten() {
            let at = element.span().start;
            let Some(table) = element.get_ref().as_table() else {
                problems.push(source.problem(at, "a value is { from = <day>, is = … }", ""));
                continue;
            };
            let mut entry = Section::new(source, section.name.clone(), at, table);
            let from = entry.date("from", problems);
            let is = entry.value("is").and_then(|is| json(is.get_ref()));
            entry.finish(problems);
            let (Some(from), Some(is)) = (from, is) else {
                problems.push(source.problem(at, "a value needs `from` and `is`", ""));
                continue;
            };
            if dated.last().is_some_and(|(before, _)| *before >= from) {
                problems.push(source.problem(at, "values stand oldest first, each day once", ""));
            }
            let Some(ty) = &ty else { continue };
            match bind(&is, ty, "is") {
                Ok(value) => dated.push((from, value)),
                Err(wrong) => {
                    for wrong in wrong {
                        let text = format!("{}: {wrong}", section.name);
                        problems.push(source.problem(at, text, ""));
                    }
                }
            }
        }
        match (dated.first(), begin) {
            (None, _) => {
                problems.push(section.problem("no values", "values = [{ from = …, is = … }]"));
            }
            (Some((first, _)), Some(begin)) if *first > begin => {
                let text = format!("no value before {first}, but rules hold from {begin}");
                problems.push(section.problem(text, "add the value of that time"));
            }
            (Some(_), _) => {}
        }
        let (Some(name), Some(ty)) = (name, ty) else {
            section.finish(problems);
            continue;
        };
        if params.find(&name.value).is_some() {
            problems.push(section.problem("the name is taken", "each parameter stands once"));
        }
        let origin = origin.map(|origin| origin.value).unwrap_or_default();
        params.0.push(Param { name: name.value, ty, source: origin, values: dated });
        section.finish(problems);
    }
    params
}
