//! The services in plain words: whatever is chosen and answered becomes a document that binds.

use jiff::civil::date;
use permit_kiosk::domain::Verdict;
use permit_kiosk::rules::{Answer, Entry, Facts, Field, FieldKind, decide};
use serde_json::{Value, json};

use super::edition::{zhangdian, zhangdian_files};

fn document(entry: &Entry) -> Value {
    let base = if entry.group == "held" { "food-held" } else { "food-new" };
    let mut document: Value =
        serde_json::from_str(&zhangdian_files()[&format!("cases/base/{base}.json")]).unwrap();
    for field in ["subject_types", "items"] {
        document["application"][field] = json!([]);
    }
    let application = document["application"].as_object_mut().unwrap();
    application.remove("change");
    application.remove("unchanged");
    if entry.service.as_str().starts_with("hygiene") && entry.group == "held" {
        document["permit"]["kind"] = json!("hygiene");
        document["place"] = json!({ "kind": "hair_salon" });
    }
    entry.begin(&mut document);
    document
}

/// The value of every option of a question, or one answer of each other kind.
fn answers(field: &Field) -> Vec<Vec<String>> {
    match &field.kind {
        FieldKind::YesNo => vec![vec!["yes".into()], vec!["no".into()]],
        FieldKind::Choice(choices) | FieldKind::Choices(choices) => {
            choices.iter().map(|choice| vec![choice.value.clone()]).collect()
        }
        FieldKind::Number { min, max, .. } => vec![vec![min.to_string()], vec![max.to_string()]],
        FieldKind::Text { .. } => vec![vec!["x".into()]],
        FieldKind::Date => vec![vec!["2026-11-10".into()]],
    }
}

#[track_caller]
fn write(field: &Field, document: &mut Value, answer: &[String]) {
    // What may be left out, was.
    if answer.is_empty() && field.optional {
        return;
    }
    let first = answer.first().map_or("", String::as_str);
    let answer = match &field.kind {
        FieldKind::YesNo => Answer::YesNo(first == "yes"),
        FieldKind::Choice(_) => Answer::Choice(first),
        FieldKind::Choices(_) => Answer::Choices(answer),
        FieldKind::Number { .. } => Answer::Number(first.parse().unwrap()),
        FieldKind::Text { .. } => Answer::Text(first),
        FieldKind::Date => Answer::Date(first.parse().unwrap()),
    };
    assert!(field.write(document, answer), "{}: {answer:?}", field.key);
}

#[test]
fn every_option_of_every_question_of_every_entry_binds() {
    let catalogue = zhangdian().catalogue();
    for entry in &catalogue.entries {
        for field in catalogue.fields_of(entry) {
            for answer in answers(field) {
                let mut document = document(entry);
                for other in catalogue.fields_of(entry) {
                    let answer = if other.key == field.key { &answer } else { &answers(other)[0] };
                    write(other, &mut document, answer);
                }
                let bound = Facts::bind(zhangdian(), &document);
                assert!(bound.is_ok(), "{} {} {answer:?}: {:?}", entry.id, field.key, bound.err());
            }
        }
    }
}

/// An entry, answered like this, comes to this.
#[track_caller]
fn check(id: &str, answers: &[(&str, &[&str])], verdict: Verdict, code: &str) {
    let catalogue = zhangdian().catalogue();
    let entry = catalogue.entry(id).unwrap();
    let mut document = document(entry);
    document["promise"]["accepted"] = json!(entry.promise.is_some());
    for field in catalogue.fields_of(entry) {
        let given = answers.iter().find(|(key, _)| *key == field.key);
        let answer: Vec<String> = match given {
            Some((_, answer)) => answer.iter().map(|value| (*value).to_owned()).collect(),
            None if field.optional => Vec::new(),
            None => match field.key.as_str() {
                "premises.division" => vec!["370303002".into()],
                "premises.area_m2" => vec!["120".into()],
                "application.food_safety_manager" | "application.unchanged" => vec!["yes".into()],
                "place.central_air" | "place.report" | "cooked-bulk" => vec!["no".into()],
                _ => self::answers(field)[0].clone(),
            },
        };
        write(field, &mut document, &answer);
    }
    let facts = Facts::bind(zhangdian(), &document).unwrap();
    let decision = decide(zhangdian(), &facts, date(2026, 11, 23));
    assert_eq!((decision.verdict, decision.code.as_str()), (verdict, code), "{id}: {document}");
}

#[test]
fn each_entry_leads_where_its_words_say() {
    use Verdict::{File, Issue, NotRequired, OfferRegistration, ReferOnsite, TooEarly};
    check("convenience-shop", &[], Issue, "OK");
    check("convenience-shop", &[("cooked-bulk", &["yes"])], ReferOnsite, "HIGH_RISK_COOKED_BULK");
    check("prepackaged-only", &[], File, "PREPACKAGED_FILING");
    check("drinks", &[], Issue, "OK_SIMPLE");
    check("drinks", &[("drink-marks", &["raw_milk"])], ReferOnsite, "DRINK_RISK");
    check("simple-snacks", &[], Issue, "OK_SIMPLE");
    check(
        "restaurant",
        &[("catering-items", &["hot_food", "self_made_drink"])],
        ReferOnsite,
        "HOT_KITCHEN",
    );
    let small: &[(&str, &[&str])] =
        &[("premises.area_m2", &["40"]), ("application.wants_licence", &["no"])];
    check("restaurant", small, OfferRegistration, "SMALL_CATERING");
    let later: &[(&str, &[&str])] = &[
        ("catering-items", &["cold_simple"]),
        ("food-papers-later", &["safety_rules", "health_certificates"]),
        ("application.deficiency_by", &["2026-12-07"]),
    ];
    check("restaurant", later, ReferOnsite, "COLD_FOOD");
    check("bakery", &[("bakery-items", &["cold_pastry"])], ReferOnsite, "HIGH_RISK_COLD_PASTRY");
    check("canteen", &[("canteen-marks", &["school"])], ReferOnsite, "SCHOOL_CANTEEN");
    check("farm-produce", &[], NotRequired, "AGRI_PRODUCT");
    check("hair-salon", &[], Issue, "OK");
    check("beauty-salon", &[], Issue, "OK");
    check("hotel", &[("place.rooms", &["20"])], Issue, "OK");
    check("cinema-entertainment", &[], Issue, "OK");
    check("swimming-pool", &[], ReferOnsite, "POOL");
    check("bath", &[], ReferOnsite, "BATH");
    check("bookshop-culture", &[("application.opened_on", &["2026-11-10"])], File, "FILING_797");
    check("other-place", &[("other-kind", &["cafe"])], NotRequired, "MERGED_INTO_FOOD");
    check("food-renew", &[], TooEarly, "WINDOW");
    check(
        "food-change",
        &[("application.change.changed_on", &["2026-11-20"])],
        Issue,
        "OK_NON_LICENSED_ITEM",
    );
    check("food-reissue", &[], Issue, "OK_REISSUE");
    check("food-cancel", &[], Issue, "OK_CANCEL");
    check("hygiene-renew", &[("other-kind", &["hair_salon"])], Issue, "OK_RENEW");
    check("hygiene-change", &[], Issue, "OK");
}

#[test]
fn an_answer_that_is_none_of_the_question_changes_nothing() {
    let catalogue = zhangdian().catalogue();
    let none: &[String] = &[];
    let unknown: &[String] = &["hot_food".to_owned(), "nonsense".to_owned()];
    for (key, answer) in [
        ("premises.division", Answer::Choice("110000")),
        ("premises.division", Answer::YesNo(true)),
        ("premises.area_m2", Answer::Number(0)),
        ("premises.area_m2", Answer::Number(100_001)),
        ("catering-items", Answer::Choices(none)),
        ("catering-items", Answer::Choices(unknown)),
        ("place.central_air", Answer::Text("yes")),
    ] {
        let mut document = json!({ "application": { "items": [] } });
        let before = document.clone();
        assert!(!catalogue.field(key).unwrap().write(&mut document, answer), "{key}: {answer:?}");
        assert_eq!(document, before, "{key}: {answer:?}");
    }
}

#[test]
fn choosing_again_replaces_and_never_doubles() {
    let catalogue = zhangdian().catalogue();
    let marks = catalogue.field("seller-marks").unwrap();
    let mut document = json!({ "application": { "subject_marks": [] } });
    for _ in 0..2 {
        assert!(marks.write(&mut document, Answer::Choices(&["wholesale".to_owned()])));
    }
    assert_eq!(document["application"]["subject_marks"], json!(["wholesale"]));
}

/// What the form lets follow later is what the rules let follow: an offer that is refused is none.
#[test]
fn every_paper_that_may_be_said_to_follow_is_accepted_without() {
    let catalogue = zhangdian().catalogue();
    let mut offered = 0;
    for entry in &catalogue.entries {
        for field in catalogue.fields_of(entry).filter(|field| field.key.ends_with("-later")) {
            let FieldKind::Choices(choices) = &field.kind else { panic!("{}", field.key) };
            for choice in choices {
                let mut document = document(entry);
                write(field, &mut document, std::slice::from_ref(&choice.value));
                document["application"]["deficiency_by"] = json!("2026-12-07");
                let facts = Facts::bind(zhangdian(), &document).unwrap();
                let decision = decide(zhangdian(), &facts, date(2026, 11, 23));
                let spoke = |code| decision.findings.iter().any(|finding| finding.code == code);
                let (entry, paper) = (&entry.id, &choice.value);
                assert!(spoke("DEFICIENCY_ACCEPTED") && !spoke("MATERIAL_MAIN"), "{entry} {paper}");
                assert!(!decision.verdict.grants_number(), "{entry} {paper}");
                offered += 1;
            }
        }
    }
    assert!(offered > 10, "only {offered} papers are offered to follow");
}
