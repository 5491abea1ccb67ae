//! Dated values that are others from a day on, and what the rules that read them make of it.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::Value as Json;

use super::condition::{Names, meaning, uses};
use super::rule::{effect_of, outcome, services};
use super::written::{Table, Written, compare, day, each, text};
use super::{Action, Aspect, Change, Effect, Reader, Step, Subject};
use crate::domain::Bilingual;

/// Every parameter that differs. `issued` is the day of the new edition: what changes before it is
/// retroactive.
pub(super) fn changes(old: &Written, new: &Written, issued: Date) -> Vec<Change> {
    let (before, after) = (each(&old.params, "param"), each(&new.params, "param"));
    let find = |params: &[Table], name: &str| {
        params.iter().find(|param| text(param, "name") == name).cloned()
    };
    let mut changes = Vec::new();
    for param in &after {
        let name = text(param, "name");
        changes.extend(match find(&before, name) {
            None => Some(change(name, None, Some(param), new, issued)),
            Some(was) => Some(change(name, Some(&was), Some(param), new, issued))
                .filter(|change| !change.steps.is_empty() || !change.aspects.is_empty()),
        });
    }
    for param in &before {
        let name = text(param, "name");
        if find(&after, name).is_none() {
            changes.push(change(name, Some(param), None, new, issued));
        }
    }
    changes
}

fn change(
    name: &str,
    old: Option<&Table>,
    new: Option<&Table>,
    written: &Written,
    issued: Date,
) -> Change {
    let steps = steps(old, new, issued);
    let reading: Vec<&Table> =
        written.rules.iter().filter(|rule| reads(rule, name, written)).collect();
    let readers: Vec<Reader> = reading
        .iter()
        .map(|rule| {
            let through = steps.iter().map(|step| on_rule(rule, name, step, written));
            let effect = through.fold(Effect::None, Effect::and);
            Reader { rule: text(rule, "id").to_owned(), effect }
        })
        .collect();
    let mut aspects = Vec::new();
    let mut effect = Effect::None;
    let action = match (old, new) {
        (None, _) => Action::Added,
        (_, None) => Action::Removed,
        (Some(old), Some(new)) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys.into_iter().filter(|key| !["name", "values"].contains(&key.as_str())) {
                let value = |table: &Table| table.get(key).cloned().unwrap_or(Json::Null);
                compare(key, &value(old), &value(new), &mut aspects);
            }
            if !aspects.is_empty() {
                effect = Effect::Worded;
            }
            // A value from another first day that is the same value: nobody's law changes.
            let values = |param: &Table| param.get("values").cloned().unwrap_or(Json::Null);
            if steps.is_empty() && values(old) != values(new) {
                let (old, new) = (values(old), values(new));
                aspects.push(Aspect { key: "values".to_owned(), old, new, turn: None });
            }
            Action::Changed
        }
    };
    if action == Action::Changed {
        effect = readers.iter().fold(effect, |effect, reader| effect.and(reader.effect));
    }
    let shown = new.or(old);
    Change {
        effect,
        subject: Subject::Parameter,
        id: name.to_owned(),
        action,
        services: services(&reading),
        title: shown.and_then(title),
        content: shown.map_or(Json::Null, |param| Json::Object(param.clone())),
        aspects,
        steps,
        readers,
    }
}

/// The name in words, where the edition gives one.
fn title(param: &Table) -> Option<Bilingual> {
    let label = param.get("label")?.as_object()?;
    Some(Bilingual::new(text(label, "zh"), text(label, "en")))
}

/// What a step does through one rule.
fn on_rule(rule: &Table, name: &str, step: &Step, written: &Written) -> Effect {
    let when = text(rule, "when");
    if !uses(when, &written.defines).params.contains(name) {
        // It is read for the period or the words only.
        let due = text(rule, "due").contains(name);
        return if due { Effect::Different } else { Effect::Worded };
    }
    let read_as = |value| {
        let names = Names { defines: &written.defines, param: Some((name, value)) };
        meaning(when, names)
    };
    match (read_as(&step.old), read_as(&step.new)) {
        (Some(old), Some(new)) => {
            old.turn(&new).map_or(Effect::None, |turn| effect_of(outcome(rule), turn))
        }
        _ => Effect::Different,
    }
}

/// Whether a rule reads a parameter anywhere: in its condition, its period or its words.
fn reads(rule: &Table, name: &str, written: &Written) -> bool {
    if uses(text(rule, "when"), &written.defines).params.contains(name) {
        return true;
    }
    let asked = [format!("param(\"{name}\")"), format!("param('{name}')")];
    let told = |value: &Json| {
        value.as_str().is_some_and(|text| asked.iter().any(|ask| text.contains(ask)))
    };
    ["due", "message", "remedy"]
        .into_iter()
        .filter_map(|key| rule.get(key))
        .any(|value| told(value) || value.as_object().is_some_and(|both| both.values().any(told)))
}

/// From when to when the value is another.
fn steps(old: Option<&Table>, new: Option<&Table>, issued: Date) -> Vec<Step> {
    let (old, new) = (values(old), values(new));
    let days: BTreeSet<Date> = old.iter().chain(&new).map(|(from, _)| *from).collect();
    let days: Vec<Date> = days.into_iter().collect();
    let on = |values: &[(Date, Json)], day: Date| {
        let current = values.iter().rev().find(|(from, _)| *from <= day);
        current.map_or(Json::Null, |(_, value)| value.clone())
    };
    let mut steps: Vec<Step> = Vec::new();
    for (place, from) in days.iter().enumerate() {
        let until = days.get(place + 1).and_then(|next| next.yesterday().ok());
        let (before, after) = (on(&old, *from), on(&new, *from));
        if before == after {
            continue;
        }
        if let Some(last) = steps.last_mut()
            && (&last.old, &last.new) == (&before, &after)
            && last.until.and_then(|until| until.tomorrow().ok()) == Some(*from)
        {
            last.until = until;
            continue;
        }
        let retroactive = !before.is_null() && *from < issued;
        steps.push(Step { from: *from, until, old: before, new: after, retroactive });
    }
    steps
}

fn values(param: Option<&Table>) -> Vec<(Date, Json)> {
    let Some(param) = param else { return Vec::new() };
    let values = each(param, "values");
    values
        .iter()
        .filter_map(|value| {
            Some((day(value, "from")?, value.get("is").cloned().unwrap_or(Json::Null)))
        })
        .collect()
}
