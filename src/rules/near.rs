//! Near misses: which true answers, had they been different, would have been granted on the spot.
//!
//! Nothing is guessed: each way is decided again, and told only if it comes to an issue or a filing.

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value as Json;

use super::decide::decide;
use super::facts::Facts;
use super::path;
use super::rulebook::Rulebook;
use super::schema::{Record, Type};
use crate::domain::{Bilingual, Decision, Verdict};

/// What would have to differ for an instant issue or filing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Near {
    /// The ways found: single changes, or pairs where no single one is enough.
    pub ways: Vec<Way>,
    /// Ways found beyond those told.
    pub more: usize,
    /// Changes, or pairs of changes, decided again.
    pub tried: usize,
    /// Those there are; more than were tried where the bound was reached.
    pub possible: usize,
    /// What stands against an instant issue.
    pub blocking: Vec<Blocking>,
}

/// Changes that together come to an issue or a filing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Way {
    /// One or two.
    pub changes: Vec<Change>,
    /// What would come of it.
    pub verdict: Verdict,
}

/// An answer and what it would have to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The path of the fact.
    pub path: String,
    /// What it is called.
    pub label: Bilingual,
    /// What was answered.
    pub from: Bilingual,
    /// What would do; any of these.
    pub to: Vec<Bilingual>,
}

/// A finding that stands against an instant issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocking {
    /// The rule.
    pub rule: String,
    /// What it noticed.
    pub message: Bilingual,
    /// What can be done.
    pub remedy: Bilingual,
    /// Whether it looked at any answer of the applicant's own.
    pub answered: bool,
}

/// Decisions made at most to find a way: 4,000 of 0.1 ms on a slow processor take 0.4 s. A kitchen with
/// two items has about 70 single changes and 2,500 pairs of them.
const TRIES_MAX: usize = 4_000;

/// Ways told at most: nobody reads more.
const WAYS_MAX: usize = 12;

/// Searches single changes, then pairs, in the order of the schema.
pub(super) fn near(rulebook: &Rulebook, document: &Json, today: Date, decision: &Decision) -> Near {
    if decision.verdict.grants_number() {
        return Near::default();
    }
    let mut search = Search { rulebook, document, today, tried: 0 };
    let mut collector = Collector { rulebook, numbers: numbers(decision), changes: Vec::new() };
    collector.record(document, &rulebook.roots, "");
    let changes = collector.changes;
    let mut found = search.singles(&changes);
    let mut possible = changes.len();
    if found.is_empty() {
        let pairs: Vec<[&One; 2]> = changes
            .iter()
            .enumerate()
            .flat_map(|(index, one)| changes.iter().skip(index + 1).map(move |other| [one, other]))
            .filter(|[one, other]| one.apart(other))
            .collect();
        possible += pairs.len();
        found = search.pairs(&pairs);
    }
    let more = found.len().saturating_sub(WAYS_MAX);
    found.truncate(WAYS_MAX);
    Near {
        ways: found,
        more,
        tried: search.tried,
        possible,
        blocking: blocking(rulebook, decision),
    }
}

fn blocking(rulebook: &Rulebook, decision: &Decision) -> Vec<Blocking> {
    let against = decision
        .findings
        .iter()
        .filter(|finding| finding.overridden_by.is_none() && !finding.outcome.grants_number());
    let is_answer = |path: &str| {
        let mut record = &*rulebook.roots;
        path.split('.').any(|segment| {
            let name = segment.split('[').next().unwrap_or(segment);
            let Some((_, field)) = record.field(name) else { return false };
            let answer = rulebook.words.may_leave_out(&record.name, name);
            match &field.ty {
                Type::Record(inner) => record = inner,
                Type::List(element, _) => {
                    if let Type::Record(inner) = &**element {
                        record = inner;
                    }
                }
                Type::Bool | Type::Int | Type::Date | Type::Money | Type::Text | Type::Enum(_) => {}
            }
            answer
        })
    };
    against
        .map(|finding| Blocking {
            rule: finding.rule.clone(),
            message: finding.message.clone(),
            remedy: finding.remedy.clone(),
            answered: finding.readings.iter().any(|reading| is_answer(&reading.path)),
        })
        .collect()
}

/// The numbers the law compares with, as far as they were looked at, and those beside them.
fn numbers(decision: &Decision) -> Vec<i64> {
    let readings = decision.findings.iter().flat_map(|finding| &finding.readings);
    let mut numbers: Vec<i64> = readings
        .filter(|reading| reading.path.starts_with("param("))
        .filter_map(|reading| reading.value.parse::<i64>().ok())
        .flat_map(|number| [number.saturating_sub(1), number, number.saturating_add(1)])
        .filter(|number| *number >= 0)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// One answer, changed.
struct One {
    /// As told: `application.items[0].item`.
    path: String,
    /// As `path` writes it: `application.items.0.item`.
    at: String,
    what: What,
    label: Bilingual,
    from: Bilingual,
    to: Bilingual,
}

enum What {
    Put(Json),
    /// Added to the list.
    Add(Json),
    /// Taken out of the list.
    Remove,
}

impl One {
    fn apply(&self, document: &mut Json) -> bool {
        match &self.what {
            What::Put(value) => path::put(document, &self.at, value.clone()),
            What::Add(value) => path::add(document, &self.at, value.clone()),
            What::Remove => path::remove(document, &self.at),
        }
    }

    /// What is touched: a whole list where an element comes or goes, for the others then move.
    fn touches(&self) -> &str {
        match self.what {
            What::Put(_) | What::Add(_) => &self.at,
            What::Remove => self.at.rsplit_once('.').map_or(&self.at, |(list, _)| list),
        }
    }

    /// Whether both can be made at once without one undoing the other.
    fn apart(&self, other: &Self) -> bool {
        let within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        !within(self.touches(), other.touches()) && !within(other.touches(), self.touches())
    }
}

struct Search<'s> {
    rulebook: &'s Rulebook,
    document: &'s Json,
    today: Date,
    tried: usize,
}

impl Search<'_> {
    /// What comes of the changes, if they are granted.
    fn granted(&mut self, changes: &[&One]) -> Option<Verdict> {
        if self.tried >= TRIES_MAX {
            return None;
        }
        self.tried += 1;
        let mut document = self.document.clone();
        if !changes.iter().all(|change| change.apply(&mut document)) {
            return None;
        }
        let facts = Facts::bind(self.rulebook, &document).ok()?;
        let verdict = decide(self.rulebook, &facts, self.today).verdict;
        verdict.grants_number().then_some(verdict)
    }

    /// Changes of one answer that come to the same verdict are one way.
    fn singles(&mut self, changes: &[One]) -> Vec<Way> {
        let mut ways: Vec<Way> = Vec::new();
        for one in changes {
            let Some(verdict) = self.granted(&[one]) else { continue };
            let same = ways.iter_mut().find(|way| {
                way.verdict == verdict && way.changes.iter().all(|change| change.path == one.path)
            });
            match same.and_then(|way| way.changes.first_mut()) {
                Some(change) => change.to.push(one.to.clone()),
                None => ways.push(Way { changes: vec![told(one)], verdict }),
            }
        }
        ways
    }

    /// Pairs that agree in the first change, and in what the second is about, are one way.
    fn pairs(&mut self, pairs: &[[&One; 2]]) -> Vec<Way> {
        let mut ways: Vec<Way> = Vec::new();
        for pair in pairs {
            let Some(verdict) = self.granted(pair) else { continue };
            let [first, second] = pair.map(told);
            let same = ways.iter_mut().find(|way| {
                way.verdict == verdict
                    && way.changes.first() == Some(&first)
                    && way.changes.last().is_some_and(|change| change.path == second.path)
            });
            match same.and_then(|way| way.changes.last_mut()) {
                Some(change) => change.to.extend(second.to),
                None => ways.push(Way { changes: vec![first, second], verdict }),
            }
        }
        ways
    }
}

fn told(one: &One) -> Change {
    Change {
        path: one.path.clone(),
        label: one.label.clone(),
        from: one.from.clone(),
        to: vec![one.to.clone()],
    }
}

/// Every single change of an answer.
struct Collector<'c> {
    rulebook: &'c Rulebook,
    numbers: Vec<i64>,
    changes: Vec<One>,
}

impl Collector<'_> {
    fn record(&mut self, json: &Json, record: &Record, path: &str) {
        for field in &record.fields {
            let dot = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{dot}{}", field.name);
            let value = json.get(&field.name).unwrap_or(&Json::Null);
            let answer = self.rulebook.words.is_answer(&record.name, &field.name);
            match (&field.ty, value) {
                (Type::Record(inner), Json::Object(_)) => self.record(value, inner, &path),
                (Type::List(element, bound), Json::Array(elements)) => {
                    let spare = self.rulebook.words.may_leave_out(&record.name, &field.name);
                    self.list(elements, (element, *bound), &path, (answer, spare));
                }
                (ty, value) if answer => {
                    for to in self.others(ty, value) {
                        self.push(&path, ty, value, What::Put(to));
                    }
                }
                _ => {}
            }
        }
    }

    /// Of a list that is an answer elements may come and go; of one that is only `spare`, go.
    fn list(
        &mut self,
        elements: &[Json],
        (ty, bound): (&Type, u32),
        path: &str,
        (answer, spare): (bool, bool),
    ) {
        for (index, element) in elements.iter().enumerate() {
            let path = format!("{path}[{index}]");
            if spare {
                self.push(&path, ty, element, What::Remove);
            }
            if let Type::Record(inner) = ty {
                self.record(element, inner, &path);
            }
        }
        let room = u32::try_from(elements.len()).is_ok_and(|length| length < bound);
        if let (true, true, Type::Enum(one)) = (answer, room, ty) {
            for word in
                one.values.iter().filter(|word| !elements.contains(&Json::from(word.as_str())))
            {
                self.push(path, ty, &Json::Null, What::Add(Json::from(word.as_str())));
            }
        }
    }

    /// What else could have been answered.
    fn others(&self, ty: &Type, value: &Json) -> Vec<Json> {
        let mut others: Vec<Json> = match ty {
            Type::Bool => vec![Json::from(true), Json::from(false)],
            Type::Enum(one) => one.values.iter().map(|word| Json::from(word.as_str())).collect(),
            Type::Int => self.numbers.iter().map(|number| Json::from(*number)).collect(),
            // Days, amounts and texts are as they are: no other would be true.
            Type::Date | Type::Money | Type::Text | Type::Record(_) | Type::List(..) => Vec::new(),
        };
        others.retain(|other| other != value);
        others
    }

    fn push(&mut self, path: &str, ty: &Type, from: &Json, what: What) {
        let Some((label, _)) = self.rulebook.words.label(&self.rulebook.roots, path) else {
            return;
        };
        let words = &self.rulebook.words;
        let to = match &what {
            What::Put(value) => words.value(ty, value),
            What::Add(value) => {
                let added = words.value(ty, value);
                Bilingual::new(format!("加上“{}”", added.zh), format!("with “{}” added", added.en))
            }
            What::Remove => Bilingual::new("不做", "left out"),
        };
        self.changes.push(One {
            path: path.to_owned(),
            at: path.replace('[', ".").replace(']', ""),
            what,
            label,
            from: words.value(ty, from),
            to,
        });
    }
}
