//! What past applications would come to under another edition: decided again, on their own day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value as Json;

use super::decide::decide;
use super::facts::Facts;
use super::rulebook::Rulebook;
use crate::domain::{Decision, Verdict};

/// What an application came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Came {
    /// The verdict.
    pub verdict: Verdict,
    /// The code of the finding that decided.
    pub code: String,
    /// The rules that spoke and count, gravest first.
    pub rules: Vec<String>,
}

/// A past application under another edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// It comes to the same, for the same reasons.
    Same,
    /// It comes to the same, and other rules speak.
    OtherFindings(Came),
    /// It comes to something else.
    Other(Came),
    /// The edition's schema cannot take the facts as they were: an application like this is referred.
    Unbound(Vec<String>),
}

/// Decides a past application again: the recorded facts, on the day it was decided.
pub fn again(rulebook: &Rulebook, facts: &str, today: Date, before: &Came) -> Again {
    let document: Json = match serde_json::from_str(facts) {
        Ok(document) => document,
        Err(error) => return Again::Unbound(vec![format!("not JSON: {error}")]),
    };
    let facts = match Facts::bind(rulebook, &document) {
        Ok(facts) => facts,
        Err(problems) => {
            return Again::Unbound(problems.iter().map(ToString::to_string).collect());
        }
    };
    let decision = decide(rulebook, &facts, today);
    let after = Came { verdict: decision.verdict, rules: counting(&decision), code: decision.code };
    if after == *before {
        Again::Same
    } else if (after.verdict, &after.code) == (before.verdict, &before.code) {
        Again::OtherFindings(after)
    } else {
        Again::Other(after)
    }
}

/// The rules that spoke and count, gravest first: not those an exception overrides.
pub(super) fn counting(decision: &Decision) -> Vec<String> {
    let count = decision.findings.iter().filter(|finding| finding.overridden_by.is_none());
    count.map(|finding| finding.rule.clone()).collect()
}

/// How many came to what; it grows with the edition, not with the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Applications decided again.
    pub decided: u64,
    /// Of them, those that come to the same.
    pub same: u64,
    /// Those that come to the same for other reasons.
    pub other_findings: u64,
    /// Those that come to something else.
    pub other: u64,
    /// Those whose facts the schema cannot take.
    pub unbound: u64,
    /// What came to what, gravest first, where verdict or code differ.
    pub verdicts: Vec<Shift>,
    /// In how many applications each rule speaks now and did not, or did and does not.
    pub rules: BTreeMap<String, Moved>,
    /// Why facts were not taken, by place and reason.
    pub reasons: BTreeMap<String, u64>,
}

/// How many applications came from one verdict to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Shift {
    /// Before.
    pub before: Verdict,
    /// After.
    pub after: Verdict,
    /// How many.
    pub count: u64,
}

/// In how many applications a rule came or went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Speaks now and did not.
    pub appeared: u64,
    /// Spoke and does not now.
    pub disappeared: u64,
}

/// Different reasons kept at most: more would only repeat that the schema is another one.
const REASONS_MAX: usize = 200;

impl Tally {
    /// Counts one application.
    pub fn count(&mut self, before: &Came, again: &Again) {
        self.decided += 1;
        match again {
            Again::Same => self.same += 1,
            Again::OtherFindings(after) => {
                self.other_findings += 1;
                self.count_rules(before, after);
            }
            Again::Other(after) => {
                self.other += 1;
                self.count_rules(before, after);
                let (before, after) = (before.verdict, after.verdict);
                let known =
                    self.verdicts.iter_mut().find(|s| (s.before, s.after) == (before, after));
                match known {
                    Some(shift) => shift.count += 1,
                    None => self.verdicts.push(Shift { before, after, count: 1 }),
                }
                self.verdicts.sort_by_key(|shift| (shift.before, shift.after));
            }
            Again::Unbound(problems) => {
                self.unbound += 1;
                for problem in problems {
                    let reason = without_indexes(problem);
                    if self.reasons.len() < REASONS_MAX || self.reasons.contains_key(&reason) {
                        *self.reasons.entry(reason).or_default() += 1;
                    }
                }
            }
        }
    }

    fn count_rules(&mut self, before: &Came, after: &Came) {
        let (appeared, disappeared) = moved(before, after);
        for rule in appeared {
            self.rules.entry(rule).or_default().appeared += 1;
        }
        for rule in disappeared {
            self.rules.entry(rule).or_default().disappeared += 1;
        }
    }
}

/// The rules that speak after and not before, and those that spoke before and do not after.
pub fn moved(before: &Came, after: &Came) -> (Vec<String>, Vec<String>) {
    let set = |came: &Came| came.rules.iter().cloned().collect::<BTreeSet<_>>();
    let (was, is) = (set(before), set(after));
    (is.difference(&was).cloned().collect(), was.difference(&is).cloned().collect())
}

/// `items[3]` and `items[4]` are the same reason.
fn without_indexes(problem: &str) -> String {
    let mut text = String::with_capacity(problem.len());
    let mut inside = false;
    let (path, rest) = problem.split_once(": ").unwrap_or((problem, ""));
    for character in path.chars() {
        inside = (inside || character == '[') && character != ']';
        if !inside || character == '[' {
            text.push(character);
        }
    }
    if rest.is_empty() { text } else { format!("{text}: {rest}") }
}

#[cfg(test)]
mod tests {
    use super::without_indexes;

    #[test]
    fn a_reason_is_the_same_at_every_place_of_a_list() {
        assert_eq!(
            without_indexes("application.items[12].marks[0]: \"x[1]\" is no value"),
            "application.items[].marks[]: \"x[1]\" is no value"
        );
    }
}
