//! An edition as its authors wrote it: the tables of its files, before they were compiled.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Map, Value as Json};
use toml::de::{DeTable, DeValue};

use super::Aspect;
use crate::rules::document::json;

/// A table of a file.
pub(super) type Table = Map<String, Json>;

/// The tables of an edition, by file; files without tables of their own are one table.
pub(super) struct Written {
    pub(super) manifest: Table,
    pub(super) schema: Table,
    pub(super) calendar: Table,
    pub(super) params: Table,
    pub(super) catalogue: Table,
    pub(super) rules: Vec<Table>,
    /// Named parts of conditions.
    pub(super) defines: BTreeMap<String, String>,
    pub(super) cases: Vec<Table>,
    /// TOML files this comparison has no words for.
    pub(super) others: BTreeMap<String, Table>,
}

impl Written {
    /// Reads the files of a checked edition; what is not readable was refused when it was checked.
    pub(super) fn read(files: &BTreeMap<String, String>) -> Self {
        let mut tables: BTreeMap<String, Table> = files
            .iter()
            // The bases of cases are JSON: they count by what comes of them in the cases.
            .filter(|(file, _)| !file.starts_with("cases/base/"))
            .map(|(file, text)| (file.clone(), table(text)))
            .collect();
        let mut take = |file: &str| tables.remove(file).unwrap_or_default();
        let (manifest, schema) = (take("manifest.toml"), take("schema.toml"));
        let (calendar, params) = (take("calendar.toml"), take("params.toml"));
        let catalogue = take("catalogue.toml");
        let (mut rules, mut cases) = (Vec::new(), Vec::new());
        let mut defines = BTreeMap::new();
        let mut others = BTreeMap::new();
        for (file, mut table) in tables {
            if file.starts_with("rules/") {
                rules.extend(take_each(&mut table, "rule"));
                for define in take_each(&mut table, "define") {
                    defines
                        .insert(text(&define, "name").to_owned(), text(&define, "when").to_owned());
                }
            } else if file.starts_with("cases/") {
                cases.extend(take_each(&mut table, "case"));
            }
            if !table.is_empty() {
                others.insert(file, table);
            }
        }
        Self { manifest, schema, calendar, params, catalogue, rules, defines, cases, others }
    }

    /// The names of the rule sets, oldest first.
    pub(super) fn rule_sets(&self) -> Vec<String> {
        each(&self.manifest, "rule_set").iter().map(|set| text(set, "name").to_owned()).collect()
    }

    /// The rule of this id.
    pub(super) fn rule(&self, id: &str) -> Option<&Table> {
        self.rules.iter().find(|rule| text(rule, "id") == id)
    }
}

fn table(text: &str) -> Table {
    let (table, _) = DeTable::parse_recoverable(text);
    match json(&DeValue::Table(table.into_inner())) {
        Some(Json::Object(table)) => table,
        _ => Table::new(),
    }
}

/// The tables `[[key]]`.
pub(super) fn each(table: &Table, key: &str) -> Vec<Table> {
    let elements = table.get(key).and_then(Json::as_array);
    elements.into_iter().flatten().filter_map(Json::as_object).cloned().collect()
}

fn take_each(table: &mut Table, key: &str) -> Vec<Table> {
    let found = each(table, key);
    table.remove(key);
    found
}

/// The text of a key, or nothing.
pub(super) fn text<'t>(table: &'t Table, key: &str) -> &'t str {
    table.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// The texts of a list.
pub(super) fn texts(table: &Table, key: &str) -> Vec<String> {
    let elements = table.get(key).and_then(Json::as_array);
    elements.into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// The day of a key.
pub(super) fn day(table: &Table, key: &str) -> Option<Date> {
    table.get(key)?.as_str()?.parse().ok()
}

/// Every property that differs, by its path. Lists whose elements have an id are compared element by
/// element, others as a whole.
pub(super) fn compare(key: &str, old: &Json, new: &Json, aspects: &mut Vec<Aspect>) {
    if old == new {
        return;
    }
    let inner = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    if let (Json::Object(before), Json::Object(after)) = (old, new) {
        let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let value = |table: &Table| table.get(name).cloned().unwrap_or(Json::Null);
            compare(&inner(name), &value(before), &value(after), aspects);
        }
        return;
    }
    if let (Some(before), Some(after)) = (named(old), named(new)) {
        for (name, one) in &before {
            compare(&inner(name), one, after.get(name).unwrap_or(&&Json::Null), aspects);
        }
        for (name, one) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
            compare(&inner(name), &Json::Null, one, aspects);
        }
        let order = |of: &Json| names_of(of);
        if before.keys().eq(after.keys()) && order(old) != order(new) {
            aspects.push(Aspect {
                key: inner("order"),
                old: order(old),
                new: order(new),
                turn: None,
            });
        }
        return;
    }
    aspects.push(Aspect { key: key.to_owned(), old: old.clone(), new: new.clone(), turn: None });
}

/// The elements of a list by their ids, if every one has its own.
fn named(list: &Json) -> Option<BTreeMap<&str, &Json>> {
    let elements = list.as_array().filter(|elements| !elements.is_empty())?;
    let named: BTreeMap<&str, &Json> =
        elements.iter().map(|one| Some((name_of(one)?, one))).collect::<Option<_>>()?;
    (named.len() == elements.len()).then_some(named)
}

fn name_of(element: &Json) -> Option<&str> {
    let table = element.as_object()?;
    ["id", "key", "value", "name", "version"].iter().find_map(|key| table.get(*key)?.as_str())
}

fn names_of(list: &Json) -> Json {
    list.as_array().into_iter().flatten().map(|one| name_of(one).unwrap_or_default()).collect()
}
