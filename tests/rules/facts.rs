//! A fact document is bound whole or not at all, and everything wrong with it is told at once.

use std::path::Path;

use jiff::civil::date;
use permit_kiosk::domain::Verdict;
use permit_kiosk::rules::{Facts, decide_document};
use serde_json::{Value, json};

use super::edition::{zhangdian, zhangdian_files};

fn base(name: &str) -> Value {
    serde_json::from_str(&zhangdian_files()[&format!("cases/base/{name}.json")]).unwrap()
}

/// With the value at `pointer` replaced (or taken out), the document has one problem: this one.
#[track_caller]
fn check(pointer: &str, value: Option<Value>, wanted: &str) {
    let mut document = base("food-new");
    match value {
        Some(value) => {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap()[key] = value;
        }
        None => {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
        }
    }
    let problems = Facts::bind(zhangdian(), &document).unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with(wanted), "{}\ndoes not begin with\n{wanted}", told[0]);
}

#[test]
fn each_kind_of_mistake_is_told_with_its_path() {
    let line = json!({ "item": "sale_bulk", "marks": [] });
    check(
        "/application/service",
        Some(json!("food/nwe")),
        "application.service: \"food/nwe\" is not a value of",
    );
    check(
        "/application/servise",
        Some(json!(1)),
        "application.servise: unknown field (did you mean 'service'?)",
    );
    check("/application/service", None, "application.service: missing (give one of food/new|");
    check("/bans", None, "bans: missing (give a list)");
    check("/bans", Some(Value::Null), "bans: is null, expected a list");
    check(
        "/application/items",
        Some(json!([line, { "item": "raw_fod", "marks": [] }])),
        "application.items[1].item: \"raw_fod\" is not",
    );
    check(
        "/application/subject_types",
        Some(json!(["food_seller", "food_seller"])),
        "application.subject_types[1]: \"food_seller\" stands there already (name it once)",
    );
    check(
        "/application/items",
        Some(json!([{ "item": "cold_food", "marks": ["simple", "cold_meat", "simple"] }])),
        "application.items[0].marks[2]: \"simple\" stands there already",
    );
    check(
        "/application/items",
        Some(Value::Array(vec![line; 19])),
        "application.items: 19 elements, at most 18 are allowed",
    );
    check("/applicant/birth", Some(json!("1985-02-30")), "applicant.birth: not a day");
    check("/applicant/birth", Some(json!("0985-02-20")), "applicant.birth: not a day");
    check(
        "/applicant/birth",
        Some(json!(19_850_612)),
        "applicant.birth: is a number, expected a day",
    );
    check("/premises/area_m2", Some(json!(49.5)), "premises.area_m2: not a whole number");
    check("/premises/area_m2", Some(json!(1e300)), "premises.area_m2: not a whole number");
    check(
        "/business/capital",
        Some(json!("5000")),
        "business.capital: not an amount of money (write \"5000.00\")",
    );
    check("/business/name", Some(json!("张".repeat(2001))), "business.name: longer than 2000");
    check(
        "/promise/accepted",
        Some(json!("true")),
        "promise.accepted: is a text, expected true or false",
    );
    check(
        "/registers/business",
        Some(json!("ok")),
        "registers.business: \"ok\" is not a value of enum(answered|down|stale)",
    );
}

#[test]
fn everything_is_told_at_once() {
    let problems =
        Facts::bind(zhangdian(), &json!({ "aplicant": {}, "bans": [1, 2] })).unwrap_err();
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    let wanted = [
        "aplicant",
        "applicant",
        "application",
        "bans[0]",
        "bans[1]",
        "permits",
        "promise",
        "registers",
    ];
    let mut sorted = paths.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, wanted);
}

#[test]
fn a_fact_that_may_be_missing_may_be_null() {
    let mut document = base("food-new");
    document["place"] = Value::Null;
    document["business"]["name_on_form"] = Value::Null;
    assert!(Facts::bind(zhangdian(), &document).is_ok());
}

#[test]
fn a_document_that_cannot_be_bound_is_referred_with_what_is_wrong() {
    let mut document = base("food-new");
    document["application"]["items"][0]["item"] = json!("raw_fod");
    let decision = decide_document(zhangdian(), &document, date(2026, 11, 23));
    assert_eq!(decision.verdict, Verdict::Refer);
    assert_eq!(decision.code, "FACTS_INCOMPLETE");
    assert_eq!(decision.findings[0].readings[0].path, "application.items[0].item");
}

#[test]
fn the_digest_does_not_depend_on_how_the_document_was_written() {
    let document = base("food-new");
    let reversed: serde_json::Map<String, Value> =
        document.as_object().unwrap().clone().into_iter().rev().collect();
    let spaced: Value =
        serde_json::from_str(&serde_json::to_string_pretty(&reversed).unwrap()).unwrap();
    let digest = |document: &Value| Facts::bind(zhangdian(), document).unwrap().digest().to_owned();
    assert_eq!(digest(&document), digest(&spaced));
    let mut other = document.clone();
    other["premises"]["area_m2"] = json!(121);
    assert_ne!(digest(&document), digest(&other));
}

#[test]
fn debug_output_shows_no_fact() {
    let facts = Facts::bind(zhangdian(), &base("food-new")).unwrap();
    let shown = format!("{facts:?}");
    assert!(!shown.contains("1985") && !shown.contains("淄博"), "{shown}");
}

/// The roots and fields of `schema.toml`, as `record.field`.
fn declared() -> Vec<String> {
    let schema: toml::Table = zhangdian_files()["schema.toml"].parse().unwrap();
    let mut names: Vec<String> = schema["facts"].as_table().unwrap().keys().cloned().collect();
    for (record, fields) in schema["record"].as_table().unwrap() {
        names.extend(fields.as_table().unwrap().keys().map(|field| format!("{record}.{field}")));
    }
    for (_, values) in schema["enum"].as_table().unwrap() {
        names.extend(
            values.as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()),
        );
    }
    names
}

#[test]
fn every_fact_and_every_word_of_an_enum_is_documented() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let texts =
        ["formats.md", "formats/facts.md"].map(|file| std::fs::read_to_string(docs.join(file)));
    let text: String = texts.into_iter().flatten().collect();
    let missing: Vec<String> =
        declared().into_iter().filter(|name| !text.contains(&format!("`{name}`"))).collect();
    assert_eq!(missing, Vec::<String>::new(), "docs/formats.md does not name these");
}

/// The JSON blocks of the facts' documentation are documents that bind.
#[test]
fn the_documented_examples_bind_and_decide_as_documented() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let texts =
        ["formats/facts.md", "formats.md"].map(|file| std::fs::read_to_string(docs.join(file)));
    let text = texts.into_iter().flatten().find(|text| text.contains("wants_person")).unwrap();
    let mut verdicts = Vec::new();
    for block in text.split("```json\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let Ok(document) = serde_json::from_str::<Value>(block) else { continue };
        if document.get("application").is_some() {
            let facts =
                Facts::bind(zhangdian(), &document).unwrap_or_else(|wrong| panic!("{wrong:?}"));
            let decision = permit_kiosk::rules::decide(zhangdian(), &facts, date(2026, 11, 23));
            verdicts.push((decision.verdict, decision.code));
        }
    }
    assert_eq!(verdicts, [(Verdict::Issue, "OK".to_owned()), (Verdict::Issue, "OK".to_owned())]);
}
