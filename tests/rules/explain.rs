//! Decisions explained: in full for people, the same bytes each time, and near misses that are true.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::civil::date;
use permit_kiosk::domain::{ApplicationId, Private, ServiceCode, Verdict};
use permit_kiosk::rules::{Case, Explanation, decide_document, explain};
use serde_json::{Value, json};

use super::edition::zhangdian;
use crate::journal::{self, Kiosk};

fn case(id: &str) -> &'static Case {
    zhangdian().cases().iter().find(|case| case.id == id).unwrap_or_else(|| panic!("no case {id}"))
}

fn explained(id: &str) -> Explanation {
    explain(zhangdian(), &case(id).document, case(id).today).1
}

/// What `rules explain` prints for a case.
fn printed(id: &str, arguments: &[&str]) -> String {
    let today = case(id).today.to_string();
    let mut child = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
        .args(["rules", "explain", "--facts", "-", "--today", &today])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(case(id).document.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{id}");
    String::from_utf8(output.stdout).unwrap()
}

/// What is printed is the golden text, whatever the edition is called and in whichever line a rule stands.
#[track_caller]
fn check_golden(id: &str) {
    let mut text = printed(id, &[]).replace(&zhangdian().edition(), "zhangdian …");
    for spoken in explained(id).findings {
        if let Some(place) = &spoken.place {
            let (file, _line) = place.rsplit_once(':').unwrap();
            text = text.replacen(place, &format!("{file}:…"), 1);
        }
    }
    let path = format!("{}/tests/golden/rules/explain-{id}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        permit_kiosk::durable::write(Path::new(&path), text.as_bytes()).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "{path} differs; UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn an_issue_a_referral_a_ban_and_a_combined_permit_in_full() {
    for id in ["F01", "F03", "F22", "H04", "Y01"] {
        check_golden(id);
    }
}

#[test]
fn one_language_is_told_alone_and_json_says_the_same() {
    let (zh, en) = (printed("H04", &["--lang", "zh"]), printed("H04", &["--lang", "en"]));
    assert!(zh.contains("有集中空调：是 → 否") && !zh.contains("central air conditioning"), "{zh}");
    assert!(
        en.contains("central air conditioning: yes → no") && !en.contains("有集中空调"),
        "{en}"
    );
    let json: Value = serde_json::from_str(&printed("H04", &["--json"])).unwrap();
    assert_eq!(json, serde_json::to_value(explained("H04")).unwrap());
}

#[test]
fn the_same_application_is_explained_with_the_same_bytes() {
    for id in ["F03", "F04", "H04", "Y01"] {
        let bytes = || serde_json::to_string(&explained(id)).unwrap();
        assert_eq!(bytes(), bytes(), "{id}");
    }
}

#[test]
fn a_near_miss_is_what_it_says() {
    let near = explained("H04").near;
    let [way] = &near.ways[..] else { panic!("{near:?}") };
    assert_eq!((way.verdict, way.changes[0].path.as_str()), (Verdict::Issue, "place.central_air"));
    let mut document = case("H04").document.clone();
    document["place"]["central_air"] = json!(false);
    let decision = decide_document(zhangdian(), &document, case("H04").today);
    assert_eq!(decision.verdict, Verdict::Issue);
}

#[test]
fn where_one_change_is_not_enough_two_are_found() {
    let mut document = case("H01").document.clone();
    document["application"]["wants_person"] = json!(true);
    document["place"]["central_air"] = json!(true);
    document["place"]["report"] = json!(true);
    let (_, explanation) = explain(zhangdian(), &document, case("H01").today);
    let paths: Vec<Vec<&str>> = explanation
        .near
        .ways
        .iter()
        .map(|way| way.changes.iter().map(|change| change.path.as_str()).collect())
        .collect();
    assert_eq!(paths, [["application.wants_person", "place.central_air"]]);
}

/// Nobody who wants to sell cooked meat is told to sell something else. Parts may be done without.
#[test]
fn no_near_miss_exchanges_what_is_applied_for() {
    let mut seen = 0;
    for case in zhangdian().cases() {
        let service = case.document["application"]["service"].as_str().unwrap();
        // Searching takes its time: the cases with items, and of the others one in eight.
        let items = case.document["application"]["items"].as_array().unwrap().len();
        let with_items = items > 0 && service == "food/new";
        if !with_items && !case.id.len().is_multiple_of(8) {
            continue;
        }
        let (_, explanation) = explain(zhangdian(), &case.document, case.today);
        for change in explanation.near.ways.iter().flat_map(|way| &way.changes) {
            let field = change.path.rsplit('.').next().unwrap().split('[').next().unwrap();
            let object =
                ["item", "items", "subject_types", "subject_marks", "kinds", "kind", "service"];
            if object.contains(&field) {
                let to: Vec<&str> = change.to.iter().map(|to| to.en.as_str()).collect();
                assert_eq!(to, ["left out"], "{}: {}", case.id, change.path);
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "only {seen} parts are done without");
}

#[test]
fn a_shop_may_do_without_its_cooked_food_but_is_not_told_to_sell_something_else() {
    let ways = explained("F01-cooked").near.ways;
    let paths: Vec<(&str, Verdict)> =
        ways.iter().map(|way| (way.changes[0].path.as_str(), way.verdict)).collect();
    assert_eq!(paths, [("application.items[0].marks[0]", Verdict::Issue)]);
    // Hot dishes with a full kitchen: heating only would go at once, and nothing else would.
    let ways = explained("F03").near.ways;
    let told: Vec<(&str, &str)> = ways
        .iter()
        .map(|way| (way.changes[0].path.as_str(), way.changes[0].to[0].en.as_str()))
        .collect();
    assert_eq!(told, [("application.items[0].marks", "with “simple making” added")]);
}

#[test]
fn what_no_answer_can_change_is_named_with_what_can_be_done() {
    // The licence's renewal window opens on a day; the applicant is told which.
    let near = explained("F38").near;
    assert!(near.ways.is_empty(), "{near:?}");
    let [blocking] = &near.blocking[..] else { panic!("{near:?}") };
    assert!(!blocking.answered);
    assert!(blocking.remedy.en.contains("9 July 2026"), "{}", blocking.remedy.en);
    // Who is banned is told so, and that no answer helps.
    let near = explained("F22").near;
    assert!(near.ways.is_empty());
    assert!(near.blocking.iter().any(|blocking| !blocking.answered), "{near:?}");
}

#[test]
fn what_was_read_is_told_in_words() {
    let chinese = |text: &str| text.chars().any(|c| u32::from(c) > 0x3000);
    // Searching near misses takes its time: one case in twelve.
    for case in zhangdian().cases().iter().step_by(12) {
        let (decision, explanation) = explain(zhangdian(), &case.document, case.today);
        assert_eq!(explanation.findings.len(), decision.findings.len());
        for spoken in &explanation.findings {
            for read in &spoken.readings {
                assert!(chinese(&read.label.zh), "{}: {}", case.id, read.path);
                // What was computed is told in words too, not as it is written in the rule.
                let code = read.label.en.contains('_') && !read.label.en.contains("parameter ");
                assert!(!code, "{}: {}", read.path, read.label.en);
                assert!(!read.words.zh.is_empty() && !read.words.en.is_empty(), "{}", read.path);
            }
            for used in &spoken.params {
                assert!(used.from.is_some() && chinese(&used.source.zh), "{}", used.name);
                assert!(!used.source.en.is_empty(), "{}", used.name);
            }
        }
    }
}

#[test]
fn a_document_that_cannot_be_bound_is_explained_too() {
    let (_, explanation) = explain(zhangdian(), &json!({ "bans": 1 }), date(2026, 11, 23));
    assert_eq!(explanation.code, "FACTS_INCOMPLETE");
    assert!(explanation.findings[0].readings.iter().any(|read| read.path == "bans"));
}

/// What `rules explain` says of an application in the journal.
fn of_record(kiosk: &Kiosk, application: &str) -> (Option<i32>, String) {
    let folder = kiosk.folder.path();
    std::fs::write(folder.join("vault.key"), journal::vault_key().to_text().as_str()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
        .args(["rules", "explain", "--lang", "en", "--application", application, "--journal"])
        .arg(folder.join("journal.db"))
        .arg("--keys")
        .arg(folder)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_recorded_case_is_explained_and_a_difference_is_said() {
    let kiosk = Kiosk::new();
    let h04 = case("H04");
    for (number, digest) in [(1, zhangdian().digest().to_owned()), (2, "ab".repeat(32))] {
        let mut decision = decide_document(zhangdian(), &h04.document, h04.today);
        decision.edition_digest = digest;
        let id = ApplicationId::from_random([number; 16]);
        let mut case = journal::case(id, ServiceCode::HygieneNew, decision.verdict);
        case.facts = Private::new(permit_kiosk::rules::canonical_json(&h04.document));
        case.decision = decision;
        case.promise = None;
        case.documents = Vec::new();
        kiosk.journal.record_decision(case).unwrap();
    }
    let (code, same) = of_record(&kiosk, &"01".repeat(16));
    assert_eq!(code, Some(0));
    assert!(same.contains("the same as given here"), "{same}");
    assert!(same.contains("Decided again: REFER CENTRAL_AIR, the same"), "{same}");
    assert!(same.contains("central air conditioning: yes → no"), "{same}");
    let (_, other) = of_record(&kiosk, &"02".repeat(16));
    assert!(other.contains("another as given here"), "{other}");
    assert_ne!(of_record(&kiosk, &"03".repeat(16)).0, Some(0));
}
