//! The cases of an edition: a fact document in, a decision out; they run whenever it is loaded.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value as Json;

use super::decide::decide_by_law;
use super::document::{Section, Source, json};
use super::facts::Facts;
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

    pub(super) fn problem(&self, text: &str) -> Problem {
        Problem {
            file: self.file.clone(),
            line: self.line,
            text: format!("case {}: {text}", self.id),
            mark: None,
            remedy: "the rules or the case are wrong: see which".to_owned(),
        }
    }
}

/// Reads the `[[case]]`s of one file.
pub(super) fn read(
    source: Source<'_>,
    bases: &BTreeMap<&str, Json>,
    problems: &mut Problems,
) -> Vec<Case> {
    let Some(parsed) = source.parse(problems) else { return Vec::new() };
    let mut root = Section::new(source, source.file, 0, parsed.get_ref());
    root.value("case");
    root.finish(problems);
    Section::each(source, parsed.get_ref(), "case", problems)
        .into_iter()
        .filter_map(|section| case(section, bases, problems))
        .collect()
}

fn case(
    mut section: Section<'_, '_>,
    bases: &BTreeMap<&str, Json>,
    problems: &mut Problems,
) -> Option<Case> {
    let source = section.source;
    let line = source.line(section.at);
    let id = section.required("id", problems);
    if let Some(id) = &id {
        section.name = format!("case {}", id.value);
    }
    let name = section.required("name", problems);
    let today = section.date("today", problems);
    if today.is_none() {
        problems.push(section.problem("'today' is missing", "today = 2026-11-23"));
    }
    let base = section.required("base", problems);
    let mut document = base.as_ref().and_then(|base| {
        let found = bases.get(base.value.as_str()).cloned();
        if found.is_none() {
            let hint = hint(&base.value, bases.keys().copied());
            let text = format!("{}: no base '{}'{hint}", section.name, base.value);
            problems.push(source.problem(base.at, text, "bases are cases/base/*.json"));
        }
        found
    });
    let set = section.value("set").and_then(|set| set.get_ref().as_table());
    let remove = section.texts("remove", problems);
    if let Some(document) = &mut document {
        for path in remove {
            if !path::remove(document, &path.value) {
                let text = format!("{}: nothing at '{}'", section.name, path.value);
                problems.push(source.problem(path.at, text, ""));
            }
        }
        let mut set: Vec<_> = set.into_iter().flatten().collect();
        set.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in set {
            let put = json(value.get_ref())
                .is_some_and(|value| path::put(document, key.get_ref(), value));
            if !put {
                let text = format!("{}: nothing can stand at '{}'", section.name, key.get_ref());
                problems.push(source.problem(key.span().start, text, ""));
            }
        }
    }
    let verdict = section.required("verdict", problems).and_then(|text| {
        let found = Verdict::ALL.into_iter().find(|verdict| verdict.as_str() == text.value);
        if found.is_none() {
            let hint = hint(&text.value, Verdict::ALL.into_iter().map(Verdict::as_str));
            let wrong = format!("{}: unknown verdict '{}'{hint}", section.name, text.value);
            problems.push(source.problem(text.at, wrong, ""));
        }
        found
    });
    let code = section.required("code", problems);
    if section.value("fired").is_none() {
        problems.push(section.problem("'fired' is missing", "name every rule that must speak"));
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
        file: source.file.to_owned(),
        line,
    })
}
