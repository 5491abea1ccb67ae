//! The cases of an edition: a fact document in, a decision out; they run whenever it is loaded.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use super::decide::decide_by_law;
use super::document::{Section, Source, Toml, json};
use super::facts::{FactProblem, Facts};
use super::path;
use super::problem::{Problem, Problems, hint};
use super::rulebook::Rulebook;
use crate::domain::{Decision, Verdict};

/// One case: facts, a day, and what must come of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its id, for example `F01`.
    pub id: String,
    /// One sentence.
    pub name: String,
    /// The day decided on.
    pub today: Date,
    /// The fact document.
    pub document: Json,
    verdict: Verdict,
    code: String,
    rule_set: Option<String>,
    fired: Vec<String>,
    due: Option<Date>,
    provisional: Option<bool>,
    cite: Option<String>,
    base: String,
    file: String,
    line: usize,
}

impl Case {
    /// What differs from what must be; nothing if the case holds.
    pub fn check(&self, rulebook: &Rulebook) -> Vec<String> {
        match Facts::bind(rulebook, &self.document) {
            Ok(facts) => self.compare(&decide_by_law(rulebook, &facts, self.today)),
            Err(problems) => problems.iter().map(|problem| format!("facts: {problem}")).collect(),
        }
    }

    /// What of `decision` differs from what must be.
    pub fn compare(&self, decision: &Decision) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut expect = |what: &str, wanted: String, found: String| {
            if wanted != found {
                wrong.push(format!("{what} is {found}, the case says {wanted}"));
            }
        };
        expect("verdict", self.verdict.to_string(), decision.verdict.to_string());
        expect("code", self.code.clone(), decision.code.clone());
        let fired: Vec<&str> = decision.findings.iter().map(|f| f.rule.as_str()).collect();
        expect("fired", self.fired.join(", "), fired.join(", "));
        if let Some(rule_set) = &self.rule_set {
            expect("rule_set", rule_set.clone(), decision.rule_set.clone());
        }
        let first = decision.findings.first();
        if let Some(cite) = &self.cite {
            expect("cite", cite.clone(), first.map_or_else(String::new, |f| f.citation.clone()));
        }
        let due = first.and_then(|finding| finding.due);
        let day = |day: Option<Date>| day.map_or("none".to_owned(), |day| day.to_string());
        if self.due.is_some() {
            expect("due", day(self.due), day(due.map(|due| due.date)));
        }
        if let Some(provisional) = self.provisional {
            let found = due.is_some_and(|due| due.provisional);
            expect("provisional", provisional.to_string(), found.to_string());
        }
        wrong
    }

    pub(super) fn problem(&self, text: &str, remedy: &str) -> Problem {
        Problem {
            file: self.file.clone(),
            line: self.line,
            text: format!("case {}: {text}", self.id),
            mark: None,
            remedy: remedy.to_owned(),
        }
    }
}

/// Runs the cases: what does not come out is told, one problem for a case, and one for facts that many
/// cases share.
pub(super) fn run(rulebook: &Rulebook, problems: &mut Problems) {
    let mut unbound: BTreeMap<String, (&Case, usize)> = BTreeMap::new();
    for case in &rulebook.cases {
        match Facts::bind(rulebook, &case.document) {
            Ok(facts) => {
                let wrong = case.compare(&decide_by_law(rulebook, &facts, case.today));
                if !wrong.is_empty() {
                    let remedy = "the rules or the case are wrong: see which";
                    problems.push(case.problem(&wrong.join("; "), remedy));
                }
            }
            Err(wrong) => {
                // What stands there under a mistyped name is not missing as well.
                let mistyped: Vec<String> = wrong.iter().map(|one| one.text.clone()).collect();
                let is_meant = |one: &FactProblem| {
                    let name = one.path.rsplit('.').next().unwrap_or_default();
                    let meant = format!("did you mean '{name}'");
                    mistyped.iter().any(|text| text.contains(&meant))
                };
                for wrong in wrong.into_iter().filter(|one| !is_meant(one)) {
                    let case = unbound.entry(wrong.to_string()).or_insert((case, 0));
                    case.1 += 1;
                }
            }
        }
    }
    for (wrong, (case, count)) in unbound {
        let more = match count - 1 {
            0 => String::new(),
            1 => ", as in one case more".to_owned(),
            more => format!(", as in {more} cases more"),
        };
        let remedy = format!("mend the case, its base {}, or the schema", case.base);
        problems.push(case.problem(&format!("facts: {wrong}{more}"), &remedy));
    }
}

/// The documents cases begin with, by name.
pub(super) struct Bases<'s>(BTreeMap<&'s str, Base<'s>>);

struct Base<'s> {
    file: &'s str,
    /// `None` where it has a mistake, which is told once.
    json: Option<Json>,
    used: Cell<bool>,
}

impl<'s> Bases<'s> {
    /// Reads them.
    pub(super) fn read(sources: impl Iterator<Item = Source<'s>>, problems: &mut Problems) -> Self {
        let base = |source: Source<'s>| {
            let mut wrong = |line: usize, text: String, remedy: &str| {
                problems.push(Problem {
                    file: source.file.to_owned(),
                    line,
                    text,
                    mark: None,
                    remedy: remedy.to_owned(),
                });
            };
            let json = match serde_json::from_str::<Once>(source.text) {
                Ok(Once(json)) => Some(json),
                Err(error) => {
                    wrong(
                        error.line(),
                        format!("not JSON: {error}"),
                        "mend the JSON; no case with this base was run",
                    );
                    None
                }
            };
            let name = source.file.strip_prefix("cases/").unwrap_or(source.file);
            (name, Base { file: source.file, json, used: Cell::new(false) })
        };
        Self(sources.map(base).collect())
    }

    /// Those no case begins with. To be asked when all cases are read.
    pub(super) fn unused(&self, problems: &mut Problems) {
        for (name, base) in self.0.iter().filter(|(_, base)| !base.used.get()) {
            problems.push(Problem {
                file: base.file.to_owned(),
                line: 1,
                text: format!("no case begins with {name}"),
                mark: None,
                remedy: "take it out, or write a case with it".to_owned(),
            });
        }
    }
}

/// JSON in which no name stands twice: of two, one would be lost without a word.
struct Once(Json);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor).map(Self)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(Once(element)) = elements.next_element()? {
            all.push(element);
        }
        Ok(Json::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let mut all = serde_json::Map::new();
        while let Some((name, Once(value))) = fields.next_entry::<String, Once>()? {
            if all.contains_key(&name) {
                return Err(A::Error::custom(format_args!("'{name}' stands twice")));
            }
            all.insert(name, value);
        }
        Ok(Json::Object(all))
    }
}

/// Reads the `[[case]]`s of one file.
pub(super) fn read(toml: &Toml<'_>, bases: &Bases<'_>, problems: &mut Problems) -> Vec<Case> {
    let source = toml.source;
    let mut root = Section::new(source, source.file, 0, toml.root());
    root.value("case");
    root.finish(problems);
    toml.each("case", problems)
        .into_iter()
        .filter_map(|section| case(section, bases, problems))
        .collect()
}

fn case(mut section: Section<'_, '_>, bases: &Bases<'_>, problems: &mut Problems) -> Option<Case> {
    let source = section.source;
    let line = source.line(section.at);
    let id = section.required("id", problems);
    if let Some(id) = &id {
        section.name = format!("case {}", id.value);
    }
    let name = section.required("name", problems);
    if section.value("today").is_none() {
        section.is_missing("today", "'today' is missing", "today = 2026-11-23");
    }
    let today = section.date("today", problems);
    let base = section.required("base", problems);
    let mut document = base.as_ref().and_then(|base| {
        let Some(found) = bases.0.get(base.value.as_str()) else {
            let hint = hint(&base.value, bases.0.keys().copied());
            let text = format!("{}: no base '{}'{hint}", section.name, base.value);
            problems.push(source.problem(base.at, text, "bases are cases/base/*.json"));
            return None;
        };
        found.used.set(true);
        found.json.clone()
    });
    let set = section.value("set").and_then(|set| set.get_ref().as_table());
    let remove = section.texts("remove", problems);
    if let Some(document) = &mut document {
        for path in remove {
            if !path::remove(document, &path.value) {
                let text = format!("{}: nothing at '{}'", section.name, path.value);
                problems.push(source.problem(path.at, text, "mend the path, or leave it out"));
            }
        }
        let mut set: Vec<_> = set.into_iter().flatten().collect();
        set.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in set {
            let put = json(value.get_ref())
                .is_some_and(|value| path::put(document, key.get_ref(), value));
            if !put {
                let text = format!("{}: nothing can stand at '{}'", section.name, key.get_ref());
                let remedy = "a path leads through records and elements of lists that are there";
                problems.push(source.problem(key.span().start, text, remedy));
            }
        }
    }
    let verdict = section.required("verdict", problems).and_then(|text| {
        let found = Verdict::ALL.into_iter().find(|verdict| verdict.as_str() == text.value);
        if found.is_none() {
            let hint = hint(&text.value, Verdict::ALL.into_iter().map(Verdict::as_str));
            let wrong = format!("{}: unknown verdict '{}'{hint}", section.name, text.value);
            let known = Verdict::ALL.map(Verdict::as_str).join(", ");
            problems.push(source.problem(text.at, wrong, format!("one of {known}")));
        }
        found
    });
    let code = section.required("code", problems);
    if section.value("fired").is_none() {
        section.is_missing("fired", "'fired' is missing", "name every rule that must speak");
    }
    let fired = section.texts("fired", problems);
    let rule_set = section.text("rule_set", problems);
    let due = section.date("due", problems);
    let provisional = section.boolean("provisional", problems);
    let cite = section.text("cite", problems);
    section.finish(problems);
    Some(Case {
        id: id?.value,
        name: name?.value,
        today: today?,
        document: document?,
        verdict: verdict?,
        code: code?.value,
        rule_set: rule_set.map(|text| text.value),
        fired: fired.into_iter().map(|text| text.value).collect(),
        due,
        provisional,
        cite: cite.map(|text| text.value),
        base: base?.value,
        file: source.file.to_owned(),
        line,
    })
}
