//! Rules that came, went or say something else, and what that does to decisions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::condition::{Names, meaning, uses};
use super::written::{Table, Written, compare, day, text, texts};
use super::{Action, Aspect, Change, Effect, Subject, Turn};
use crate::domain::Verdict;

/// Every rule that differs: those of the new edition in its order, then those that are gone.
pub(super) fn changes(old: &Written, new: &Written) -> Vec<Change> {
    let mut changes = Vec::new();
    let carried = Carried::of(old, new);
    for rule in &new.rules {
        match old.rule(text(rule, "id")) {
            None => changes.push(alone(rule, Action::Added)),
            Some(before) => changes.extend(changed(before, rule, old, new, &carried)),
        }
    }
    let gone = old.rules.iter().filter(|rule| new.rule(text(rule, "id")).is_none());
    changes.extend(gone.map(|rule| alone(rule, Action::Removed)));
    changes
}

fn alone(rule: &Table, action: Action) -> Change {
    let turn = if action == Action::Added { Turn::Wider } else { Turn::Narrower };
    Change {
        effect: effect_of(outcome(rule), turn),
        subject: Subject::Rule,
        id: text(rule, "id").to_owned(),
        action,
        services: services(&[rule]),
        title: None,
        content: Json::Object(rule.clone()),
        aspects: Vec::new(),
        steps: Vec::new(),
        readers: Vec::new(),
    }
}

fn changed(
    before: &Table,
    after: &Table,
    old: &Written,
    new: &Written,
    carried: &Carried,
) -> Option<Change> {
    let outcome_now = outcome(after);
    let mut effect = Effect::None;
    let mut aspects = Vec::new();
    let spoken = |aspect: &Aspect| {
        aspect.turn.map_or(Effect::Different, |turn| effect_of(outcome_now, turn))
    };

    for aspect in condition(before, after, old, new) {
        // The parts a condition names are shown below it; its own turn counts them in.
        if aspect.key == "when" {
            effect = effect.and(spoken(&aspect));
        }
        aspects.push(aspect);
    }
    for aspect in reach(before, after, carried) {
        if aspect.turn.is_some() {
            effect = effect.and(spoken(&aspect));
        }
        aspects.push(aspect);
    }
    let (was, is) = (text(before, "outcome"), text(after, "outcome"));
    if was != is {
        let turn = match (outcome(before), outcome(after)) {
            (Some(was), Some(is)) if is < was => Turn::Graver,
            (Some(_), Some(_)) => Turn::Milder,
            _ => Turn::Other,
        };
        let unclear = [was, is].iter().any(|one| ["not_required", "show_partial"].contains(one));
        effect = effect.and(match turn {
            _ if unclear => Effect::Different,
            Turn::Graver => Effect::Stricter,
            Turn::Milder => Effect::Milder,
            Turn::Wider | Turn::Narrower | Turn::Other => Effect::Different,
        });
        let (old, new) = (Json::from(was), Json::from(is));
        aspects.push(Aspect { key: "outcome".to_owned(), old, new, turn: Some(turn) });
    }
    for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        if ["id", "when", "rule_set", "applies", "from", "until", "outcome"].contains(&key.as_str())
        {
            continue;
        }
        let value = |table: &Table| table.get(key).cloned().unwrap_or(Json::Null);
        let count = aspects.len();
        compare(key, &value(before), &value(after), &mut aspects);
        if aspects.len() > count {
            let words =
                ["message", "remedy", "cite", "private", "label", "source", "near", "title"];
            effect = effect.and(if words.contains(&key.as_str()) {
                Effect::Worded
            } else {
                Effect::Different
            });
        }
    }
    if aspects.is_empty() {
        return None;
    }
    Some(Change {
        effect,
        subject: Subject::Rule,
        id: text(after, "id").to_owned(),
        action: Action::Changed,
        services: services(&[before, after]),
        title: None,
        content: Json::Object(after.clone()),
        aspects,
        steps: Vec::new(),
        readers: Vec::new(),
    })
}

/// The condition, and the parts it names that mean something else now.
fn condition(before: &Table, after: &Table, old: &Written, new: &Written) -> Vec<Aspect> {
    let (was, is) = (text(before, "when"), text(after, "when"));
    let names = |defines| Names { defines, param: None };
    let turn = match (meaning(was, names(&old.defines)), meaning(is, names(&new.defines))) {
        (Some(was), Some(is)) => was.turn(&is),
        _ => (was != is).then_some(Turn::Other),
    };
    let Some(turn) = turn else { return Vec::new() };
    let mut aspects = vec![Aspect {
        key: "when".to_owned(),
        old: Json::from(was.trim()),
        new: Json::from(is.trim()),
        turn: Some(turn),
    }];
    let both = uses(was, &old.defines).defines.into_iter().chain(uses(is, &new.defines).defines);
    for name in both.collect::<BTreeSet<_>>() {
        let part = |written: &Written| {
            let part = written.defines.get(&name);
            part.map_or(Json::Null, |part| Json::from(part.trim()))
        };
        let (old, new) = (part(old), part(new));
        if old != new {
            aspects.push(Aspect { key: format!("define {name}"), old, new, turn: None });
        }
    }
    aspects
}

/// To which law, services and days the rule speaks.
fn reach(before: &Table, after: &Table, carried: &Carried) -> Vec<Aspect> {
    let mut aspects = Vec::new();
    let set = |table: &Table, key: &str| texts(table, key).into_iter().collect::<BTreeSet<_>>();
    let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Json>();

    let (was, is) = (set(before, "rule_set"), set(after, "rule_set"));
    let kept: BTreeSet<String> = is.difference(&carried.begun).cloned().collect();
    let still: BTreeSet<String> = was.difference(&carried.ended).cloned().collect();
    let mut turn = wider_or_narrower(&still, &kept);
    // A rule that is not written into the law that follows its own ceases with it.
    let follows = carried.last.as_ref().is_some_and(|last| was.contains(last));
    if follows && !carried.begun.is_empty() && is.is_disjoint(&carried.begun) {
        turn = Turn::both(turn, Some(Turn::Narrower));
        let (old, new) = (list(&was), list(&carried.begun));
        aspects.push(Aspect { key: "not_in".to_owned(), old, new, turn: Some(Turn::Narrower) });
    }
    if was != is {
        let (old, new) = (list(&was), list(&is));
        aspects.push(Aspect { key: "rule_set".to_owned(), old, new, turn });
    }

    let (was, is) = (set(before, "applies"), set(after, "applies"));
    if was != is {
        let any = |set: &BTreeSet<String>| set.contains("any");
        let turn = match (any(&was), any(&is)) {
            (true, _) => Some(Turn::Narrower),
            (_, true) => Some(Turn::Wider),
            _ => wider_or_narrower(&was, &is),
        };
        let (old, new) = (list(&was), list(&is));
        aspects.push(Aspect { key: "applies".to_owned(), old, new, turn });
    }

    for (key, open) in [("from", Turn::Wider), ("until", Turn::Narrower)] {
        let (was, is) = (day(before, key), day(after, key));
        if was == is {
            continue;
        }
        let turn = match (was, is) {
            (None, _) => Turn::Narrower,
            (_, None) => Turn::Wider,
            // An earlier first day and a later last day both widen.
            (Some(was), Some(is)) if is < was => open,
            _ => open.reversed(),
        };
        let value = |table: &Table| table.get(key).cloned().unwrap_or(Json::Null);
        let (old, new) = (value(before), value(after));
        aspects.push(Aspect { key: key.to_owned(), old, new, turn: Some(turn) });
    }
    aspects
}

fn wider_or_narrower(was: &BTreeSet<String>, is: &BTreeSet<String>) -> Option<Turn> {
    if was == is {
        None
    } else if was.is_subset(is) {
        Some(Turn::Wider)
    } else if is.is_subset(was) {
        Some(Turn::Narrower)
    } else {
        Some(Turn::Other)
    }
}

/// The rule sets that only one of the editions knows.
struct Carried {
    /// The last one of the old edition.
    last: Option<String>,
    begun: BTreeSet<String>,
    ended: BTreeSet<String>,
}

impl Carried {
    fn of(old: &Written, new: &Written) -> Self {
        let (was, is) = (old.rule_sets(), new.rule_sets());
        let only = |these: &[String], others: &[String]| {
            these.iter().filter(|name| !others.contains(name)).cloned().collect()
        };
        Self { begun: only(&is, &was), ended: only(&was, &is), last: was.last().cloned() }
    }
}

/// What it does to decisions when a rule of this outcome speaks in more or fewer cases.
pub(super) fn effect_of(outcome: Option<Verdict>, turn: Turn) -> Effect {
    let Some(outcome) = outcome else { return Effect::Different };
    let grants = match outcome {
        Verdict::File | Verdict::Issue => true,
        Verdict::Stop
        | Verdict::RefuseAccept
        | Verdict::NotCompetent
        | Verdict::NewApplication
        | Verdict::TooEarly
        | Verdict::FixOnSpot
        | Verdict::Supplement
        | Verdict::ReferOnsite
        | Verdict::Refer
        | Verdict::OfferRegistration => false,
        // Nothing is granted, and nothing is needed: who is better off depends on the case.
        Verdict::NotRequired | Verdict::ShowPartial => return Effect::Different,
    };
    match (turn, grants) {
        (Turn::Wider, false) | (Turn::Narrower, true) => Effect::Stricter,
        (Turn::Wider, true) | (Turn::Narrower, false) => Effect::Milder,
        (Turn::Graver, _) => Effect::Stricter,
        (Turn::Milder, _) => Effect::Milder,
        (Turn::Other, _) => Effect::Different,
    }
}

/// The outcome a rule is written with.
pub(super) fn outcome(rule: &Table) -> Option<Verdict> {
    let written = text(rule, "outcome");
    Verdict::ALL.into_iter().find(|verdict| verdict.as_str().eq_ignore_ascii_case(written))
}

/// The services of some rules together; empty for all.
pub(super) fn services(rules: &[&Table]) -> Vec<String> {
    let named: BTreeSet<String> = rules.iter().flat_map(|rule| texts(rule, "applies")).collect();
    if named.contains("any") {
        return Vec::new();
    }
    // In the order of the services, which is that of the law books.
    let order: BTreeMap<&str, usize> = crate::domain::ServiceCode::ALL
        .into_iter()
        .enumerate()
        .map(|(place, service)| (service.as_str(), place))
        .collect();
    let mut services: Vec<String> = named.into_iter().collect();
    services.sort_by_key(|service| order.get(service.as_str()).copied());
    services
}
