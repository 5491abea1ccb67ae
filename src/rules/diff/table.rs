//! What is compared table by table: manifest, calendar, schema, catalogue, and what has no words here.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::written::{Table, Written, compare, each, text};
use super::{Action, Aspect, Change, Effect, Subject, Turn};
use crate::domain::Bilingual;
use crate::rules::Rulebook;

/// How the elements of one kind of table are compared.
struct Kind {
    subject: Subject,
    /// What each element is called by.
    key: &'static str,
    /// What it does to decisions when one comes or goes.
    alone: Effect,
    /// Properties that are words only; all others may change decisions.
    words: &'static [&'static str],
}

/// Name, numbers, dates, rule sets, and what the engine itself has to say.
pub(super) fn manifest(old: &Written, new: &Written) -> Vec<Change> {
    let mut changes = Vec::new();
    let plain = |written: &Written| {
        let mut table = written.manifest.clone();
        for key in ["rule_set", "law", "fallback"] {
            table.remove(key);
        }
        Json::Object(table)
    };
    let mut aspects = Vec::new();
    compare("", &plain(old), &plain(new), &mut aspects);
    if !aspects.is_empty() {
        let effect = if aspects.iter().any(|aspect| aspect.key == "reject_after") {
            Effect::Different
        } else {
            Effect::None
        };
        let change = change(Subject::Manifest, "manifest", Action::Changed, effect);
        changes.push(Change { aspects, ..change });
    }
    let sets = |written: &Written| each(&written.manifest, "rule_set");
    let kind =
        Kind { subject: Subject::RuleSet, key: "name", alone: Effect::Different, words: &[] };
    changes.extend(elements(&kind, &sets(old), &sets(new)));
    let laws = |written: &Written| each(&written.manifest, "law");
    let words = &["about", "from", "until"];
    let kind = Kind { subject: Subject::Law, key: "name", alone: Effect::Worded, words };
    changes.extend(elements(&kind, &laws(old), &laws(new)));
    let fallbacks = |written: &Written| {
        let table = written.manifest.get("fallback").and_then(Json::as_object).cloned();
        keyed(table.unwrap_or_default())
    };
    let words = &["message", "remedy", "cite"];
    let kind = Kind { subject: Subject::Fallback, key: "id", alone: Effect::Different, words };
    changes.extend(elements(&kind, &fallbacks(old), &fallbacks(new)));
    changes
}

/// The working days, year by year.
pub(super) fn calendar(old: &Written, new: &Written) -> Vec<Change> {
    let years = |written: &Written| {
        let years = each(&written.calendar, "year").into_iter().map(|mut year| {
            let number = year.remove("year").unwrap_or(Json::Null).to_string();
            year.insert("id".to_owned(), Json::from(number));
            year
        });
        let fallback = written.calendar.get("fallback").and_then(Json::as_object).cloned();
        let fallback = fallback.map(|mut table| {
            table.insert("id".to_owned(), Json::from("fallback"));
            table
        });
        years.chain(fallback).collect::<Vec<_>>()
    };
    let kind = Kind {
        subject: Subject::Calendar,
        key: "id",
        alone: Effect::Different,
        words: &["notice"],
    };
    elements(&kind, &years(old), &years(new))
}

/// Schema, catalogue, and the tables this comparison has no words for.
pub(super) fn others(old: &Written, new: &Written) -> Vec<Change> {
    let mut changes = facts(&old.schema, &new.schema);
    let words: &[&str] = &[
        "title", "subtitle", "words", "told", "group", "label", "help", "zh", "en", "text", "unit",
    ];
    for (subject, table, key, alone) in [
        (Subject::Group, "group", "id", Effect::Worded),
        (Subject::Entry, "entry", "id", Effect::Different),
        (Subject::Field, "field", "key", Effect::Different),
        (Subject::Told, "told", "key", Effect::Worded),
        (Subject::Promise, "promise", "version", Effect::Worded),
    ] {
        let kind = Kind { subject, key, alone, words };
        changes.extend(elements(&kind, &each(&old.catalogue, table), &each(&new.catalogue, table)));
    }
    let rest = |written: &Written| {
        let mut rest = Table::new();
        let files = [
            (
                "catalogue.toml",
                &written.catalogue,
                &["group", "entry", "field", "told", "promise"][..],
            ),
            ("calendar.toml", &written.calendar, &["year", "fallback"]),
            ("params.toml", &written.params, &["param"]),
            ("schema.toml", &written.schema, &["enum", "record", "facts"]),
        ];
        for (file, table, known) in files {
            for (key, value) in table.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
                rest.insert(format!("{file}: {key}"), value.clone());
            }
        }
        rest.extend(
            written.others.iter().map(|(file, table)| (file.clone(), Json::Object(table.clone()))),
        );
        rest
    };
    let (before, after) = (rest(old), rest(new));
    for id in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let value = |table: &Table| table.get(id).cloned().unwrap_or(Json::Null);
        let mut aspects = Vec::new();
        compare("", &value(&before), &value(&after), &mut aspects);
        if !aspects.is_empty() {
            // Names of facts and the guide are told to people; no rule reads them.
            let words = ["schema.toml: label", "schema.toml: word", "guide.toml"];
            let effect =
                if words.contains(&id.as_str()) { Effect::Worded } else { Effect::Different };
            let change = change(Subject::Other, id, Action::Changed, effect);
            changes.push(Change { aspects, ..change });
        }
    }
    changes
}

/// Facts and the words they may take.
fn facts(old: &Table, new: &Table) -> Vec<Change> {
    let mut changes = Vec::new();
    let lists =
        |schema: &Table| schema.get("enum").and_then(Json::as_object).cloned().unwrap_or_default();
    let (before, after) = (lists(old), lists(new));
    for name in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let words = |lists: &Table| -> Option<BTreeSet<String>> {
            let words = lists.get(name)?.as_array()?;
            Some(words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect())
        };
        let (was, is) = (words(&before), words(&after));
        if was == is {
            continue;
        }
        // A word that is gone makes facts that have it unreadable; one that came changes nothing alone.
        let (was_words, is_words) =
            (was.clone().unwrap_or_default(), is.clone().unwrap_or_default());
        let turn = if was_words.is_subset(&is_words) { Turn::Wider } else { Turn::Other };
        let effect = if turn == Turn::Wider { Effect::None } else { Effect::Different };
        let list = |words: BTreeSet<String>| words.into_iter().collect::<Json>();
        let aspect = Aspect {
            key: "words".to_owned(),
            old: list(was_words),
            new: list(is_words),
            turn: Some(turn),
        };
        let action = action(was.is_some(), is.is_some());
        let change = change(Subject::Words, name, action, effect);
        changes.push(Change { aspects: vec![aspect], ..change });
    }
    let (before, after) = (fields(old), fields(new));
    for path in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (before.get(path), after.get(path));
        if was == is {
            continue;
        }
        let optional =
            |ty: Option<&Json>| ty.and_then(Json::as_str).is_some_and(|ty| ty.ends_with('?'));
        // Nothing reads a fact by itself; one that must be there makes facts without it unreadable.
        let effect = if was.is_none() && optional(is) { Effect::None } else { Effect::Different };
        let value = |ty: Option<&Json>| ty.cloned().unwrap_or(Json::Null);
        let aspect = Aspect { key: "type".to_owned(), old: value(was), new: value(is), turn: None };
        let change = change(Subject::Fact, path, action(was.is_some(), is.is_some()), effect);
        changes.push(Change { aspects: vec![aspect], ..change });
    }
    changes
}

/// Every field with its type: `record.field`, or the root's name alone.
fn fields(schema: &Table) -> Table {
    let mut fields = Table::new();
    let roots = schema.get("facts").and_then(Json::as_object);
    fields.extend(roots.into_iter().flatten().map(|(name, ty)| (name.clone(), ty.clone())));
    let records = schema.get("record").and_then(Json::as_object);
    for (record, of) in records.into_iter().flatten() {
        for (field, ty) in of.as_object().into_iter().flatten() {
            fields.insert(format!("{record}.{field}"), ty.clone());
        }
    }
    fields
}

/// The cases of the two editions: they decide nothing, but they say what was meant.
pub(super) fn cases(written: &(Written, Written), old: &Rulebook, new: &Rulebook) -> Vec<Change> {
    let tables = |written: &Written, rulebook: &Rulebook| {
        let with_facts = |mut table: Table| {
            // Bases and patches are how the facts are written; what counts is what comes of them.
            for key in ["base", "set", "remove"] {
                table.remove(key);
            }
            let case = rulebook.cases().iter().find(|case| case.id == text(&table, "id"));
            let facts = case.map_or(Json::Null, |case| case.document.clone());
            table.insert("facts".to_owned(), facts);
            table
        };
        written.cases.iter().cloned().map(with_facts).collect::<Vec<_>>()
    };
    let kind = Kind { subject: Subject::Case, key: "id", alone: Effect::None, words: &[] };
    let mut changes = elements(&kind, &tables(&written.0, old), &tables(&written.1, new));
    for change in &mut changes {
        change.effect = Effect::None;
        if let Json::Object(content) = &mut change.content {
            content.remove("facts");
        }
    }
    changes
}

fn elements(kind: &Kind, old: &[Table], new: &[Table]) -> Vec<Change> {
    let find = |all: &[Table], id: &str| all.iter().find(|one| text(one, kind.key) == id).cloned();
    let mut changes = Vec::new();
    for after in new {
        let id = text(after, kind.key);
        match find(old, id) {
            None => changes.push(with_content(kind, id, Action::Added, after)),
            Some(before) => {
                let mut aspects = Vec::new();
                let (was, is) = (Json::Object(before), Json::Object(after.clone()));
                compare("", &was, &is, &mut aspects);
                if aspects.is_empty() {
                    continue;
                }
                // The property itself, or one of it: `title.zh`, `choices.yes.label.zh`, `sites.zh`.
                let words = |aspect: &Aspect| {
                    let mut parts =
                        aspect.key.split('.').filter(|part| !["zh", "en"].contains(part));
                    let first = parts.next();
                    let last = parts.next_back().or(first);
                    [first, last].iter().all(Option::is_none)
                        || [first, last]
                            .into_iter()
                            .flatten()
                            .any(|part| kind.words.contains(&part))
                };
                let effect =
                    if aspects.iter().all(words) { Effect::Worded } else { Effect::Different };
                let change = with_content(kind, id, Action::Changed, after);
                changes.push(Change { effect, aspects, ..change });
            }
        }
    }
    for before in old {
        let id = text(before, kind.key);
        if find(new, id).is_none() {
            changes.push(with_content(kind, id, Action::Removed, before));
        }
    }
    changes
}

fn with_content(kind: &Kind, id: &str, action: Action, table: &Table) -> Change {
    let words = |key: &str| {
        let both = table.get(key)?.as_object()?;
        Some(Bilingual::new(text(both, "zh"), text(both, "en")))
    };
    let plain = |key: &str| {
        let (zh, en) = (text(table, key), text(table, key));
        (!zh.is_empty()).then(|| Bilingual::new(zh, en))
    };
    let pair = || {
        let (zh, en) = (text(table, "zh"), text(table, "en"));
        (!zh.is_empty()).then(|| Bilingual::new(zh, en))
    };
    let title = words("title").or_else(|| words("label")).or_else(pair);
    let title = title.or_else(|| words("message")).or_else(|| plain("notice"));
    let title = title.or_else(|| if kind.key == "name" { None } else { plain("name") });
    let service = text(table, "service");
    Change {
        title,
        services: if service.is_empty() { Vec::new() } else { vec![service.to_owned()] },
        content: Json::Object(table.clone()),
        ..change(kind.subject, id, action, kind.alone)
    }
}

fn change(subject: Subject, id: &str, action: Action, effect: Effect) -> Change {
    Change {
        effect,
        subject,
        id: id.to_owned(),
        action,
        services: Vec::new(),
        title: None,
        content: Json::Null,
        aspects: Vec::new(),
        steps: Vec::new(),
        readers: Vec::new(),
    }
}

fn action(was: bool, is: bool) -> Action {
    match (was, is) {
        (false, _) => Action::Added,
        (_, false) => Action::Removed,
        (true, true) => Action::Changed,
    }
}

/// A table of tables as a list, each with its name as `id`.
fn keyed(table: Table) -> Vec<Table> {
    let named = |(name, value): (String, Json)| {
        let mut table = value.as_object()?.clone();
        table.insert("id".to_owned(), Json::from(name));
        Some(table)
    };
    table.into_iter().filter_map(named).collect()
}
