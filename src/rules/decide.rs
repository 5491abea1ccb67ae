//! Deciding: every rule is asked, everything found is told, the gravest outcome wins.

use std::cell::Cell;

use jiff::civil::Date;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::facts::{FactProblem, Facts};
use super::node::{Failure, Recorder, Silent, Steps, World};
use super::rule::{DueBy, Rule};
use super::rulebook::{Fallback, Rulebook};
use super::value::{Scalar, canonical};
use crate::domain::{Bilingual, Decision, Due, Finding, Language, Reading, Verdict};

/// Decides on `facts`, as of `today` in Asia/Shanghai. Same input, same decision, byte for byte.
pub fn decide(rulebook: &Rulebook, facts: &Facts, today: Date) -> Decision {
    let old = (today > rulebook.reject_after)
        .then(|| rulebook.fallbacks.edition_expired.finding(Vec::new()));
    asked(rulebook, facts, today, old)
}

/// As [`decide`], whatever the age of the edition: what its cases say is law, and holds under every date
/// a publisher gives it.
pub(super) fn decide_by_law(rulebook: &Rulebook, facts: &Facts, today: Date) -> Decision {
    asked(rulebook, facts, today, None)
}

fn asked(rulebook: &Rulebook, facts: &Facts, today: Date, old: Option<Finding>) -> Decision {
    // A case keeps the law of its acceptance day.
    let accepted = rulebook.accepted_on(facts).unwrap_or(today).min(today);
    let Some(rule_set) = rulebook.rule_set_on(accepted) else {
        let finding = rulebook.fallbacks.no_rule_set.finding(Vec::new());
        return rulebook.decision(facts.digest().to_owned(), "", today, vec![finding]);
    };
    let said = rulebook.nothing_said();
    let world = rulebook.world(facts, accepted, today, &said);
    let mut findings: Vec<Finding> = rulebook
        .speaking(facts, accepted)
        .filter_map(|rule| ask(rule, &world, &rulebook.fallbacks.rule_failed))
        .collect();
    findings.extend(old);
    if findings.is_empty() {
        findings.push(rulebook.fallbacks.silent.finding(Vec::new()));
    }
    rulebook.decision(facts.digest().to_owned(), rule_set, today, findings)
}

/// The bare decision: the ids of the rules that hold, or fail, in the order of the rulebook.
pub fn fired<'r>(rulebook: &'r Rulebook, facts: &Facts, today: Date) -> Vec<&'r str> {
    let accepted = rulebook.accepted_on(facts).unwrap_or(today).min(today);
    let said = rulebook.nothing_said();
    let world = rulebook.world(facts, accepted, today, &said);
    let speaking = rulebook.speaking(facts, accepted);
    // An application hears seven rules or so.
    let mut fired = Vec::with_capacity(16);
    for rule in speaking {
        if world.holds(&rule.when, &mut Silent) != Ok(false) {
            fired.push(rule.id.as_str());
        }
    }
    fired
}

/// The steps the conditions take on `facts`: never more than [`Rulebook::cost`].
pub fn steps(rulebook: &Rulebook, facts: &Facts, today: Date) -> u64 {
    let accepted = rulebook.accepted_on(facts).unwrap_or(today).min(today);
    let said = rulebook.nothing_said();
    let world = rulebook.world(facts, accepted, today, &said);
    let mut steps = Steps::default();
    for rule in rulebook.speaking(facts, accepted) {
        // A rule that fails took its steps too.
        let _truth = world.holds(&rule.when, &mut steps);
    }
    steps.0
}

/// Binds and decides: a document that cannot be bound is referred, with what is wrong as readings.
pub fn decide_document(rulebook: &Rulebook, document: &Json, today: Date) -> Decision {
    match Facts::bind(rulebook, document) {
        Ok(facts) => decide(rulebook, &facts, today),
        Err(problems) => {
            let readings = problems
                .into_iter()
                .map(|FactProblem { path, text, remedy: _ }| Reading {
                    path,
                    value: Json::from(text).to_string(),
                })
                .collect();
            let finding = rulebook.fallbacks.facts_incomplete.finding(readings);
            let digest = hex::encode(Sha256::digest(canonical(document).as_bytes()));
            let rule_set = rulebook.rule_set_on(today).unwrap_or_default();
            rulebook.decision(digest, rule_set, today, vec![finding])
        }
    }
}

/// What one rule finds, if anything.
fn ask(rule: &Rule, world: &World<'_>, failed: &Fallback) -> Option<Finding> {
    match world.holds(&rule.when, &mut Silent) {
        Ok(false) => return None,
        Ok(true) => {}
        Err(failure) => return Some(broken(rule, world, failed, failure)),
    }
    match find(rule, world) {
        Ok(finding) => Some(finding),
        Err(failure) => Some(broken(rule, world, failed, failure)),
    }
}

fn find(rule: &Rule, world: &World<'_>) -> Result<Finding, Failure> {
    // Evaluated once more, and listened to: what is told is what was computed.
    let mut recorder = Recorder::default();
    world.holds(&rule.when, &mut recorder)?;
    let due = rule.due.as_ref().map(|due| last_day(due, world)).transpose()?;
    let told = World { due: due.map(|due| due.date), provisional: Cell::new(false), ..*world };
    let fill = |both: &super::rule::Both| -> Result<Bilingual, Failure> {
        Ok(Bilingual {
            zh: both.zh.fill(&told, Language::Zh)?,
            en: both.en.fill(&told, Language::En)?,
        })
    };
    Ok(Finding {
        rule: rule.id.clone(),
        code: rule.code.clone(),
        outcome: rule.outcome,
        citation: rule.cite.clone(),
        message: fill(&rule.message)?,
        remedy: fill(&rule.remedy)?,
        due,
        readings: recorder.0,
        overridden_by: None,
        private: rule.private,
    })
}

fn last_day(due: &DueBy, world: &World<'_>) -> Result<Due, Failure> {
    match due {
        DueBy::Workdays(count) => {
            let counted = world.calendar.add_workdays(world.today, *count);
            Ok(Due { date: counted.value, provisional: counted.provisional })
        }
        DueBy::Day(node) => {
            world.provisional.set(false);
            // Listening, so that no definition is taken as said: whether a year is provisional must be seen.
            let Scalar::Date(date) = world.value(node, &mut Recorder::default())? else {
                return Err(Failure::Unsound);
            };
            Ok(Due { date, provisional: world.provisional.get() })
        }
    }
}

/// A rule that fails does not disappear: an officer decides.
fn broken(rule: &Rule, world: &World<'_>, failed: &Fallback, failure: Failure) -> Finding {
    let mut recorder = Recorder::default();
    // What it read before it failed: it fails in the same place again, or in its texts.
    let again = world.holds(&rule.when, &mut recorder).err().unwrap_or(failure);
    let why = Json::from(again.as_str()).to_string();
    recorder.0.push(Reading { path: "failure".to_owned(), value: why });
    let mut finding = failed.finding(recorder.0);
    finding.rule = rule.id.clone();
    finding.citation = rule.cite.clone();
    finding.private = rule.private;
    finding
}

impl Rulebook {
    /// The rules that speak about `facts`, accepted on a day.
    pub(super) fn speaking(&self, facts: &Facts, accepted: Date) -> impl Iterator<Item = &Rule> {
        let law = self.rule_sets.iter().rposition(|(_, from)| *from <= accepted);
        let rules = law.map_or(&[][..], |law| self.index.rules(law, self.service(facts)));
        let rules = rules.iter().filter_map(|index| self.rules.get(*index));
        rules.filter(move |rule| rule.speaks_on(accepted))
    }

    /// What conditions are evaluated over; `said` keeps what definitions said in this decision.
    pub(super) fn world<'w>(
        &'w self,
        facts: &'w Facts,
        accepted: Date,
        today: Date,
        said: &'w [Cell<Option<bool>>],
    ) -> World<'w> {
        World {
            facts: &facts.values,
            params: &self.params,
            law: accepted,
            calendar: &self.calendar,
            today,
            due: None,
            provisional: Cell::new(false),
            said,
        }
    }

    /// For [`Self::world`]: one place for each definition.
    pub(super) fn nothing_said(&self) -> Vec<Cell<Option<bool>>> {
        vec![Cell::new(None); self.defines]
    }

    fn decision(
        &self,
        facts_digest: String,
        rule_set: &str,
        today: Date,
        mut findings: Vec<Finding>,
    ) -> Decision {
        self.mark_overridden(&mut findings);
        // The sort is stable: inside one outcome the order of the rulebook stays.
        findings.sort_by_key(|finding| (finding.overridden_by.is_some(), finding.outcome));
        let verdict = findings.first().map_or(Verdict::Refer, |finding| finding.outcome);
        Decision {
            verdict,
            code: findings.first().map_or_else(String::new, |finding| finding.code.clone()),
            findings,
            rule_set: rule_set.to_owned(),
            edition: self.edition(),
            edition_digest: self.digest.clone(),
            facts_digest,
            today,
        }
    }

    /// Marks what an exception overrides. An exception that is itself overridden does not count, and
    /// neither does a rule that failed: what it would have overridden stands.
    fn mark_overridden(&self, findings: &mut [Finding]) {
        let mut exceptions = self.rules.iter().filter(|rule| !rule.overrides.is_empty());
        if !exceptions.any(|rule| findings.iter().any(|finding| finding.rule == rule.id)) {
            return;
        }
        let sound = |findings: &[Finding], id: &str| {
            let rule = self.rules.iter().find(|rule| rule.id == id)?;
            let spoke = findings.iter().any(|f| f.rule == rule.id && f.code == rule.code);
            spoke.then_some(rule)
        };
        let spoken: Vec<&Rule> =
            findings.iter().filter_map(|finding| sound(findings, &finding.rule)).collect();
        for finding in findings.iter_mut() {
            let general = spoken.iter().find(|rule| rule.id == finding.rule);
            let exception = general.and_then(|general| exception(&spoken, general));
            finding.overridden_by = exception.map(|rule| rule.id.clone());
        }
    }
}

/// The rule among those that spoke that is the exception to `general` and is not overridden itself. The
/// checker made sure that exceptions lead to no circle.
fn exception<'r>(spoken: &[&'r Rule], general: &Rule) -> Option<&'r Rule> {
    let mut exceptions = spoken.iter().copied().filter(|rule| rule.overrides.contains(&general.id));
    exceptions.find(|rule| exception(spoken, rule).is_none())
}
