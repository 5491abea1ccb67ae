//! Deciding: every rule is asked, everything found is told, the gravest outcome wins.

use std::cell::Cell;
use std::ops::Range;

use jiff::civil::Date;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::facts::{FactProblem, Facts};
use super::node::{Anew, Failure, Recorder, Silent, Steps, World};
use super::rule::{Both, DueBy, Rule};
use super::rulebook::{Fallback, Rulebook};
use super::template::Told;
use super::value::{Scalar, canonical, quote};
use crate::domain::{Decision, Due, Language, Verdict};

/// Decides on `facts`, as of `today` in Asia/Shanghai. Same input, same decision, byte for byte.
pub fn decide(rulebook: &Rulebook, facts: &Facts, today: Date) -> Decision {
    Hearing::of(rulebook, facts, today, today > rulebook.reject_after).decision()
}

/// As [`decide`], whatever the age of the edition: what its cases say is law, and holds under every date
/// a publisher gives it.
pub(super) fn decide_by_law(rulebook: &Rulebook, facts: &Facts, today: Date) -> Decision {
    Hearing::of(rulebook, facts, today, false).decision()
}

/// The decision as JSON, as records keep it (`docs/formats/journal.md`): what [`decide`] returns, written
/// without being taken apart.
pub fn decision_json(rulebook: &Rulebook, facts: &Facts, today: Date) -> String {
    Hearing::of(rulebook, facts, today, today > rulebook.reject_after).json()
}

/// The bare decision: the ids of the rules that hold, or fail, in the order of the rulebook.
pub fn fired<'r>(rulebook: &'r Rulebook, facts: &Facts, today: Date) -> Vec<&'r str> {
    let accepted = accepted(rulebook, facts, today);
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
    let accepted = accepted(rulebook, facts, today);
    let said = rulebook.nothing_said();
    let world = rulebook.world(facts, accepted, today, &said);
    let mut steps = Steps::default();
    for rule in rulebook.speaking(facts, accepted) {
        // A rule that fails took its steps too.
        let _truth = world.holds(&rule.when, &mut steps);
    }
    steps.0
}

/// The day whose law holds: that of acceptance, never one to come.
pub(super) fn accepted(rulebook: &Rulebook, facts: &Facts, today: Date) -> Date {
    rulebook.accepted_on(facts).unwrap_or(today).min(today)
}

/// Binds and decides: a document that cannot be bound is referred, with what is wrong as readings.
pub fn decide_document(rulebook: &Rulebook, document: &Json, today: Date) -> Decision {
    match Facts::bind(rulebook, document) {
        Ok(facts) => decide(rulebook, &facts, today),
        Err(problems) => {
            let digest = hex::encode(Sha256::digest(canonical(document).as_bytes()));
            let rule_set = rulebook.rule_set_on(today).unwrap_or_default();
            let mut hearing = Hearing::begin(rulebook, &digest, rule_set, today);
            for FactProblem { path, text, remedy: _ } in problems {
                hearing.heard.add(|into| into.push_str(&path), |into| quote(&text, into));
            }
            let readings = 0..hearing.heard.readings.len();
            hearing.said.push(Said::fallback(&rulebook.fallbacks.facts_incomplete, readings));
            hearing.decision()
        }
    }
}

/// What a decision says, in the words of its rulebook.
pub(super) struct Hearing<'r> {
    pub(super) rulebook: &'r Rulebook,
    pub(super) facts_digest: &'r str,
    pub(super) rule_set: &'r str,
    pub(super) today: Date,
    /// Gravest first, then in the order of the rulebook; what an exception overrides last.
    pub(super) said: Vec<Said<'r>>,
    /// What was read for it, and the texts that were filled.
    pub(super) heard: Recorder,
}

/// What one rule says.
pub(super) struct Said<'r> {
    pub(super) rule: &'r str,
    pub(super) code: &'r str,
    pub(super) outcome: Verdict,
    pub(super) cite: &'r str,
    pub(super) message: [Told<'r>; 2],
    pub(super) remedy: [Told<'r>; 2],
    pub(super) due: Option<Due>,
    /// Those of [`Hearing::heard`] that it read.
    pub(super) readings: Range<usize>,
    pub(super) overridden_by: Option<&'r str>,
    pub(super) private: bool,
    /// The rule, where it did not fail.
    by: Option<&'r Rule>,
}

impl<'r> Hearing<'r> {
    fn of(rulebook: &'r Rulebook, facts: &'r Facts, today: Date, too_old: bool) -> Self {
        // A case keeps the law of its acceptance day.
        let accepted = accepted(rulebook, facts, today);
        let rule_set = rulebook.rule_set_on(accepted);
        let digest = facts.digest();
        let mut hearing = Self::begin(rulebook, digest, rule_set.unwrap_or_default(), today);
        if rule_set.is_none() {
            hearing.say(&rulebook.fallbacks.no_rule_set);
            return hearing;
        }
        let said = rulebook.nothing_said();
        let world = rulebook.world(facts, accepted, today, &said);
        let service = rulebook.asked.word(rulebook.service(facts));
        for rule in rulebook.speaking(facts, accepted) {
            hearing.ask(rule, &world, service);
        }
        if too_old {
            hearing.say(&rulebook.fallbacks.edition_expired);
        }
        if hearing.said.is_empty() {
            hearing.say(&rulebook.fallbacks.silent);
        }
        mark_overridden(&mut hearing.said);
        // The sort is stable: inside one outcome the order of the rulebook stays.
        hearing.said.sort_by_key(|one| (one.overridden_by.is_some(), one.outcome));
        hearing
    }

    fn begin(
        rulebook: &'r Rulebook,
        facts_digest: &'r str,
        rule_set: &'r str,
        today: Date,
    ) -> Self {
        // An application hears seven rules or so.
        let said = Vec::with_capacity(16);
        Self { rulebook, facts_digest, rule_set, today, said, heard: Recorder::new() }
    }

    /// Asks one rule, and keeps what it says.
    fn ask(&mut self, rule: &'r Rule, world: &World<'_>, service: &str) {
        let found = match world.holds(&rule.when, &mut Silent) {
            Ok(false) => return,
            // Evaluated once more, and listened to: what is told is what was computed.
            Ok(true) => find(rule, world, &mut self.heard),
            Err(failure) => Err(failure),
        };
        let said = found.unwrap_or_else(|failure| {
            broken(rule, world, &self.rulebook.fallbacks.rule_failed, failure, &mut self.heard)
        });
        let cite = rule.cite.of(self.rule_set, service, world.law);
        self.said.push(Said { cite, ..said });
    }

    /// What no rule says.
    fn say(&mut self, fallback: &'r Fallback) {
        self.said.push(Said::fallback(fallback, 0..0));
    }

    /// The gravest outcome.
    pub(super) fn verdict(&self) -> Verdict {
        self.said.first().map_or(Verdict::Refer, |one| one.outcome)
    }

    /// What decided.
    pub(super) fn code(&self) -> &'r str {
        self.said.first().map_or("", |one| one.code)
    }
}

impl<'r> Said<'r> {
    fn fallback(fallback: &'r Fallback, readings: Range<usize>) -> Self {
        let Fallback { rule, code, cite, message, remedy } = fallback;
        Self {
            rule,
            code,
            outcome: Verdict::Refer,
            cite,
            message: [Told::Written(&message.zh), Told::Written(&message.en)],
            remedy: [Told::Written(&remedy.zh), Told::Written(&remedy.en)],
            due: None,
            readings,
            overridden_by: None,
            private: false,
            by: None,
        }
    }
}

fn find<'r>(rule: &'r Rule, world: &World<'_>, heard: &mut Recorder) -> Result<Said<'r>, Failure> {
    heard.begin();
    world.holds(&rule.when, heard)?;
    let readings = heard.since();
    let due = rule.due.as_ref().map(|due| last_day(due, world)).transpose()?;
    let told = World { due: due.map(|due| due.date), provisional: Cell::new(false), ..*world };
    let mut fill = |both: &'r Both| -> Result<[Told<'r>; 2], Failure> {
        Ok([
            both.zh.fill(&told, Language::Zh, &mut heard.text)?,
            both.en.fill(&told, Language::En, &mut heard.text)?,
        ])
    };
    Ok(Said {
        rule: &rule.id,
        code: &rule.code,
        outcome: rule.outcome,
        cite: "",
        message: fill(&rule.message)?,
        remedy: fill(&rule.remedy)?,
        due,
        readings,
        overridden_by: None,
        private: rule.private,
        by: Some(rule),
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
            // Anew, so that no definition is taken as said: whether a year is provisional must be seen.
            let Scalar::Date(date) = world.value(node, &mut Anew)? else {
                return Err(Failure::Unsound);
            };
            Ok(Due { date, provisional: world.provisional.get() })
        }
    }
}

/// A rule that fails does not disappear: an officer decides.
fn broken<'r>(
    rule: &'r Rule,
    world: &World<'_>,
    failed: &'r Fallback,
    failure: Failure,
    heard: &mut Recorder,
) -> Said<'r> {
    heard.begin();
    // What it read before it failed: it fails in the same place again, or in its texts.
    let again = world.holds(&rule.when, heard).err().unwrap_or(failure);
    heard.add(|text| text.push_str("failure"), |text| quote(again.as_str(), text));
    Said { rule: &rule.id, private: rule.private, ..Said::fallback(failed, heard.since()) }
}

/// Marks what an exception overrides. An exception that is itself overridden does not count, and
/// neither does a rule that failed: what it would have overridden stands.
fn mark_overridden(said: &mut [Said<'_>]) {
    let spoken: Vec<&Rule> = said.iter().filter_map(|one| one.by).collect();
    if spoken.iter().all(|rule| rule.overrides.is_empty()) {
        return;
    }
    for one in said.iter_mut() {
        let exception = one.by.and_then(|general| exception(&spoken, general));
        one.overridden_by = exception.map(|rule| rule.id.as_str());
    }
}

/// The rule among those that spoke that is the exception to `general` and is not overridden itself. The
/// checker made sure that exceptions lead to no circle.
fn exception<'r>(spoken: &[&'r Rule], general: &Rule) -> Option<&'r Rule> {
    let mut exceptions = spoken.iter().copied().filter(|rule| rule.overrides.contains(&general.id));
    exceptions.find(|rule| exception(spoken, rule).is_none())
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
}
