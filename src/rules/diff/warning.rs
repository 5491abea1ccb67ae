//! What nobody who answers for the law may overlook in a new edition.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use serde::Serialize;
use serde_json::Value as Json;

use super::condition::{Names, meaning};
use super::written::{Written, text, texts};
use super::{Action, Change, Subject};
use crate::rules::Rulebook;

/// One thing that is wrong more often than it is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
pub enum Warning {
    /// The two are editions of different rulebooks.
    OtherRulebook {
        /// Name before.
        old: String,
        /// Name after.
        new: String,
    },
    /// The content differs, and the number does not count up: no kiosk would take it.
    NumberNotRaised {
        /// Name and numbers before.
        old: String,
        /// Name and numbers after.
        new: String,
    },
    /// The first day of a rule set moved: applications accepted in between are under another law.
    RuleSetMoved {
        /// Which.
        rule_set: String,
        /// First day before.
        old: Date,
        /// First day after.
        new: Date,
    },
    /// A rule set is gone: applications accepted under it cannot be decided any more.
    RuleSetRemoved {
        /// Which.
        rule_set: String,
    },
    /// The value of a past day is another: what was decided under it would be decided otherwise.
    PastValueEdited {
        /// Which parameter.
        parameter: String,
        /// From this day.
        from: Date,
        /// Until this day, or without end.
        until: Option<Date>,
        /// Before.
        old: Json,
        /// After; null where there is none any more.
        new: Json,
    },
    /// Days of the calendar that lie before the new edition's issue are others.
    PastDaysEdited {
        /// Which days, oldest first; [`DAYS_MAX`] at most.
        days: Vec<Date>,
        /// How many.
        count: usize,
    },
    /// An id that stands in records means something else now.
    IdReused {
        /// Which rule.
        rule: String,
        /// What shows it.
        because: Reuse,
        /// What it was about.
        old: String,
        /// What it is about.
        new: String,
    },
    /// The text of a promise is another under the same version: signed promises would seem to say it.
    PromiseRewritten {
        /// Which version.
        version: String,
    },
    /// A rule is not written into the rule set that follows its own, and ceases with it.
    RuleNotCarried {
        /// Which rule.
        rule: String,
        /// The rule sets that follow.
        into: Vec<String>,
    },
}

/// What shows that a rule's id means something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reuse {
    /// Its code.
    Code,
    /// It concerns none of the services it concerned.
    Services,
    /// It reads none of the facts it read.
    Facts,
}

/// Days named in a warning at most: a month's worth; the count tells the rest.
pub const DAYS_MAX: usize = 31;

pub(super) fn warnings(
    old: &Rulebook,
    new: &Rulebook,
    written: &(Written, Written),
    changes: &[Change],
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if old.name != new.name {
        warnings.push(Warning::OtherRulebook { old: old.name.clone(), new: new.name.clone() });
    }
    let number = |rulebook: &Rulebook| (rulebook.epoch, rulebook.version);
    if old.name == new.name && old.digest != new.digest && number(new) <= number(old) {
        warnings.push(Warning::NumberNotRaised { old: old.edition(), new: new.edition() });
    }
    for (name, from) in &old.rule_sets {
        match new.rule_sets.iter().find(|(other, _)| other == name) {
            Some((_, now)) if now == from => {}
            Some((_, now)) => warnings.push(Warning::RuleSetMoved {
                rule_set: name.clone(),
                old: *from,
                new: *now,
            }),
            None => warnings.push(Warning::RuleSetRemoved { rule_set: name.clone() }),
        }
    }
    for change in changes.iter().filter(|change| change.subject == Subject::Parameter) {
        for step in change.steps.iter().filter(|step| step.retroactive) {
            warnings.push(Warning::PastValueEdited {
                parameter: change.id.clone(),
                from: step.from,
                until: step.until,
                old: step.old.clone(),
                new: step.new.clone(),
            });
        }
    }
    let mut days = past_days(old, new);
    if !days.is_empty() {
        let count = days.len();
        days.truncate(DAYS_MAX);
        warnings.push(Warning::PastDaysEdited { days, count });
    }
    warnings.extend(reused(&written.0, &written.1));
    for change in changes.iter().filter(|change| change.subject == Subject::Promise) {
        let says = |key: &str| key.starts_with("text") || key.starts_with("title");
        if change.action == Action::Changed && change.aspects.iter().any(|aspect| says(&aspect.key))
        {
            warnings.push(Warning::PromiseRewritten { version: change.id.clone() });
        }
    }
    for change in changes.iter().filter(|change| change.subject == Subject::Rule) {
        if let Some(aspect) = change.aspects.iter().find(|aspect| aspect.key == "not_in") {
            let into = aspect.new.as_array().into_iter().flatten();
            let into = into.filter_map(|name| name.as_str().map(str::to_owned)).collect();
            warnings.push(Warning::RuleNotCarried { rule: change.id.clone(), into });
        }
    }
    warnings
}

/// Days before the new edition's issue that one edition works on and the other does not. A year whose
/// notice only the new one holds was provisional, and nobody was told otherwise.
fn past_days(old: &Rulebook, new: &Rulebook) -> Vec<Date> {
    let (before, after) = (old.calendar(), new.calendar());
    let begin = old.rule_sets.first().map_or(new.issued, |(_, from)| *from);
    let begin = date(begin.year(), 1, 1);
    begin
        .series(jiff::Span::new().days(1))
        .take_while(|day| *day < new.issued)
        .filter(|day| before.has_notice(day.year()))
        .filter(|day| before.is_working_day(*day) != after.is_working_day(*day))
        .collect()
}

fn reused(old: &Written, new: &Written) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for after in &new.rules {
        let id = text(after, "id");
        let Some(before) = old.rule(id) else { continue };
        let mut tell = |because, old: String, new: String| {
            warnings.push(Warning::IdReused { rule: id.to_owned(), because, old, new });
        };
        let (was, is) = (text(before, "code"), text(after, "code"));
        if was != is {
            tell(Reuse::Code, was.to_owned(), is.to_owned());
            continue;
        }
        let (was, is) = (texts(before, "applies"), texts(after, "applies"));
        let any = was.iter().chain(&is).any(|service| service == "any");
        if !any && !was.iter().any(|service| is.contains(service)) {
            tell(Reuse::Services, was.join(", "), is.join(", "));
            continue;
        }
        let facts = |rule, written: &Written| -> BTreeSet<String> {
            let names = Names { defines: &written.defines, param: None };
            meaning(text(rule, "when"), names).map(|meaning| meaning.facts()).unwrap_or_default()
        };
        let (was, is) = (facts(before, old), facts(after, new));
        if !was.is_empty() && was.is_disjoint(&is) {
            let list = |facts: BTreeSet<String>| facts.into_iter().collect::<Vec<_>>().join(", ");
            tell(Reuse::Facts, list(was), list(is));
        }
    }
    warnings
}
