//! Off by one is seen at the edge only: each threshold has a case at it and one just beyond.

use permit_kiosk::rules::Rulebook;

use super::edition::{Files, rule, small, zhangdian};

#[test]
fn every_threshold_of_the_law_is_tried_on_both_sides() {
    let told: Vec<String> = zhangdian().untried_edges().iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// An edition with one rule, and a case for each of these shops: seats and day of opening.
fn with_cases(when: &str, shops: &[(i64, &str)], rulebook: &Files) -> Rulebook {
    let mut files = rulebook.clone();
    files.insert("rules/all.toml".to_owned(), rule("A", when));
    let base = r#"{"application":{"service":"food/new"},"shop":{"zone":"mixed","seats":30,"fee":"1.00",
        "opened":"2026-01-01","name":"n","live":true,"lines":[],"marks":[]}}"#;
    files.insert("cases/base/one.json".to_owned(), base.to_owned());
    // What comes of them is not asked here: each is tried with both answers.
    let mut cases = String::new();
    for (index, (seats, opened)) in shops.iter().enumerate() {
        let case = |code: &str, fired: &str| {
            format!(
                "[[case]]\nid = \"C{index}\"\nname = \"n\"\ntoday = 2026-11-23\nbase = \"base/one.json\"\n\
                 verdict = \"REFER\"\ncode = \"{code}\"\nfired = [\"{fired}\"]\n\
                 [case.set]\n\"shop.seats\" = {seats}\n\"shop.opened\" = {opened}\n"
            )
        };
        let mut one = files.clone();
        one.insert("cases/all.toml".to_owned(), case("FOUND", "A"));
        let fires = Rulebook::load(&one).is_ok();
        cases += &if fires { case("FOUND", "A") } else { case("SILENT", "ENGINE-SILENT") };
    }
    files.insert("cases/all.toml".to_owned(), cases);
    Rulebook::load(&files).unwrap_or_else(|problems| panic!("{problems}"))
}

#[track_caller]
fn check(when: &str, shops: &[(i64, &str)], told: &[&str]) {
    let mut files = small("");
    let params = files.get_mut("params.toml").unwrap();
    *params = params.replace(
        "[{ from = 2000-01-01, is = 50 }]",
        "[{ from = 2000-01-01, is = 50 }, { from = 2020-01-01, is = 60 }]",
    );
    let found = with_cases(when, shops, &files).untried_edges();
    let found: Vec<&str> = found.iter().map(|problem| problem.text.as_str()).collect();
    assert_eq!(found, told, "{when}");
}

#[test]
fn a_threshold_without_a_case_at_it_or_just_beyond_is_told() {
    let day = "2026-01-01";
    check("shop.seats > 5", &[(5, day), (6, day)], &[]);
    check(
        "shop.seats > 5",
        &[(4, day), (7, day)],
        &["A: no case stands at nor just above the edge of shop.seats > 5"],
    );
    check(
        "shop.seats >= 5",
        &[(5, day), (6, day)],
        &["A: no case stands just below the edge of shop.seats >= 5"],
    );
    check("!(shop.seats < 5)", &[(4, day), (5, day)], &[]);
    check("shop.opened < today", &[(9, "2026-11-22"), (9, "2026-11-23")], &[]);
    check(
        "shop.opened < today",
        &[(9, "2026-11-21"), (9, "2026-11-23")],
        &["A: no case stands just below the edge of shop.opened < today"],
    );
    // What stands before it lets no case come to it.
    check(
        "shop.live && shop.zone == \"residential\" && shop.seats > 5",
        &[(5, day), (6, day)],
        &["A: no case stands at nor just above the edge of shop.seats > 5"],
    );
    // Each value of a parameter has its edge.
    check(
        "shop.seats > param(\"seats.max\")",
        &[(60, day), (61, day)],
        &[
            "A: no case stands at nor just above the edge of shop.seats > param(\"seats.max\") with seats.max = 50",
        ],
    );
}
