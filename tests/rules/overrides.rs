//! Exceptions: what an exception overrides is kept, named and does not count.

use jiff::civil::date;
use permit_kiosk::domain::{Decision, Verdict};
use permit_kiosk::rules::{Rulebook, decide_document};
use serde_json::{Value, json};

use super::edition::{rule, small};

fn document() -> Value {
    json!({
        "application": { "service": "food/new" },
        "shop": {
            "zone": "mixed", "seats": 30, "fee": "1.00", "opened": "2026-01-01", "name": "n",
            "live": true, "lines": [], "marks": [],
        },
    })
}

/// A rule with this outcome, the exception to these.
fn with(id: &str, outcome: &str, overrides: &str, when: &str) -> String {
    rule(id, when)
        .replace("\"refer\"", &format!("\"{outcome}\""))
        .replace("cite =", &format!("overrides = [{overrides}]\ncite ="))
        .replace("FOUND", &format!("FOUND_{id}"))
}

fn decided(rules: &[String]) -> Decision {
    let rulebook = Rulebook::load(&small(&rules.concat())).unwrap_or_else(|e| panic!("{e}"));
    decide_document(&rulebook, &document(), date(2026, 11, 23))
}

/// The verdict, and each finding with what overrides it.
#[track_caller]
fn check(rules: &[String], verdict: Verdict, findings: &[(&str, Option<&str>)]) {
    let decision = decided(rules);
    let found: Vec<(&str, Option<&str>)> = decision
        .findings
        .iter()
        .map(|finding| (finding.rule.as_str(), finding.overridden_by.as_deref()))
        .collect();
    assert_eq!((decision.verdict, &found[..]), (verdict, findings));
    assert_eq!(decision.code, format!("FOUND_{}", findings[0].0));
    assert!(decision.told().all(|finding| finding.overridden_by.is_none()));
}

#[test]
fn an_exception_that_speaks_takes_the_rule_out_of_the_verdict() {
    let general = with("GENERAL", "refer_onsite", "", "shop.live");
    let small_shop = with("SMALL", "issue", "\"GENERAL\"", "shop.seats < 50");
    check(
        &[general.clone(), small_shop],
        Verdict::Issue,
        &[("SMALL", None), ("GENERAL", Some("SMALL"))],
    );
    // One that is silent changes nothing.
    let silent = with("SMALL", "issue", "\"GENERAL\"", "shop.seats < 10");
    check(&[general, silent], Verdict::ReferOnsite, &[("GENERAL", None)]);
}

#[test]
fn an_exception_to_the_exception_brings_the_rule_back() {
    let rules = [
        with("GENERAL", "refer_onsite", "", "shop.live"),
        with("SMALL", "refer", "\"GENERAL\"", "shop.seats < 50"),
        with("MIXED", "issue", "\"SMALL\"", "shop.zone == \"mixed\""),
    ];
    check(
        &rules,
        Verdict::ReferOnsite,
        &[("GENERAL", None), ("MIXED", None), ("SMALL", Some("MIXED"))],
    );
}

#[test]
fn an_exception_that_fails_overrides_nothing() {
    let rules = [
        with("GENERAL", "stop", "", "shop.live"),
        with("BROKEN", "refer", "\"GENERAL\"", "shop.seats * 9000000000000000000 > 1"),
    ];
    let decision = decided(&rules);
    assert_eq!(decision.verdict, Verdict::Stop);
    assert!(decision.findings.iter().all(|finding| finding.overridden_by.is_none()));
}

#[test]
fn exceptions_that_cannot_be_are_refused() {
    let general = with("GENERAL", "refer", "", "shop.live");
    let table = [
        (
            with("EXCEPTION", "issue", "\"GENERALL\"", "shop.seats < 50"),
            "EXCEPTION: overrides 'GENERALL', and there is no such rule (did you mean 'GENERAL'?)",
        ),
        (
            with("EXCEPTION", "stop", "\"GENERAL\"", "shop.seats < 50"),
            "EXCEPTION: overrides GENERAL, which is no graver than itself",
        ),
        (
            with("EXCEPTION", "issue", "\"EXCEPTION\"", "shop.seats < 50"),
            "EXCEPTION: overrides EXCEPTION, which overrides it in turn",
        ),
        (
            with("TWIN", "refer", "", "shop.live"),
            "TWIN: says the same as GENERAL in rules/all.toml:1",
        ),
    ];
    for (rule, told) in table {
        let problems = Rulebook::load(&small(&[general.clone(), rule].concat())).unwrap_err();
        let shown = problems.to_string();
        assert!(shown.contains(told), "{shown}\ndoes not say: {told}");
    }
    let disjoint = [
        general.replace("cite =", "from = 2020-01-01\ncite ="),
        with("EXCEPTION", "issue", "\"GENERAL\"", "shop.seats < 50")
            .replace("cite =", "until = 2019-12-31\ncite ="),
    ]
    .concat();
    let shown = Rulebook::load(&small(&disjoint)).unwrap_err().to_string();
    assert!(
        shown.contains("EXCEPTION: overrides GENERAL, but the two never speak together"),
        "{shown}"
    );
}
