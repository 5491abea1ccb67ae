//! The authority's switches for public places and combined permits: turned in `params.toml`, decided at once.

use permit_kiosk::domain::Verdict;
use permit_kiosk::rules::{Facts, Rulebook, decide};
use serde_json::{Value, json};

use super::edition::{zhangdian, zhangdian_files};

/// The edition with the newest value of a parameter replaced; without cases, which hold for the old one.
fn turned(name: &str, value: &str) -> Rulebook {
    let mut files = zhangdian_files();
    files.retain(|file, _| !file.starts_with("cases/") || file.contains("/base/"));
    let params = files.get_mut("params.toml").unwrap();
    let (before, after) = params.split_once(&format!("name = \"{name}\"")).unwrap();
    let (own, rest) = after.split_once("\n[[param]]").unwrap_or((after, ""));
    let (head, _) = own.split_once("values = ").unwrap();
    *params = format!(
        "{before}name = \"{name}\"{head}values = [{{ from = 2019-12-01, is = {value} }}]\n\n[[param]]{rest}"
    );
    Rulebook::load(&files).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The case, with values put into its document, before and after the switch is turned.
#[track_caller]
fn check(
    switch: (&str, &str),
    id: &str,
    put: &[(&str, Value)],
    before: (Verdict, &str),
    after: (Verdict, &str),
) {
    let case = zhangdian().cases().iter().find(|case| case.id == id).unwrap();
    let mut document = case.document.clone();
    for (pointer, value) in put {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[field] = value.clone();
    }
    let turned = turned(switch.0, switch.1);
    for (rulebook, (verdict, code)) in [(zhangdian(), before), (&turned, after)] {
        let facts = Facts::bind(rulebook, &document).unwrap();
        let decision = decide(rulebook, &facts, case.today);
        assert_eq!((decision.verdict, decision.code.as_str()), (verdict, code), "{switch:?} {id}");
    }
}

#[test]
fn a_place_counts_from_an_area_on_where_the_province_says_so() {
    let kinds = ("hygiene.threshold_kinds", "[\"mall\"]");
    let shop = |area: i64, air: bool| {
        [("/place", json!({ "kind": "mall", "central_air": air, "report": true, "area_m2": area }))]
    };
    let issued = (Verdict::Issue, "OK");
    check(kinds, "H01", &shop(9_999, false), issued, (Verdict::NotRequired, "NO_PERMIT_8"));
    check(kinds, "H01", &shop(10_000, false), issued, issued);
    let air = (Verdict::Refer, "CENTRAL_AIR");
    check(kinds, "H01", &shop(9_999, true), air, air);
}

#[test]
fn the_days_before_a_hygiene_licence_expires_can_be_working_days() {
    // 30 days before, but only some twenty working days.
    let switch = ("hygiene.renew_in_workdays", "true");
    check(switch, "H13-small", &[], (Verdict::Issue, "OK_RENEW"), (Verdict::Refer, "LATE_RENEW"));
}

#[test]
fn the_report_can_be_asked_for_before_the_licence() {
    let later = [("/place/report", json!(false))];
    let missing = (Verdict::Supplement, "REPORT_NEEDED");
    check(("hygiene.post_issue_days", "0"), "H01", &later, (Verdict::Issue, "OK"), missing);
    let pools = ("hygiene.report_before_kinds", "[\"swimming_pool\"]");
    check(pools, "H05", &later, (Verdict::ReferOnsite, "POOL"), missing);
    let rooms = ("hygiene.rooms_report", "20");
    let hotel = [("/place", json!({ "kind": "hotel", "central_air": false, "rooms": 20 }))];
    check(rooms, "H01", &hotel, (Verdict::Issue, "OK"), missing);
}

#[test]
fn a_kind_leaves_the_promise_list() {
    let list = ("instant.hygiene_kinds", "[\"hotel\"]");
    check(list, "H01", &[], (Verdict::Issue, "OK"), (Verdict::Refer, "DESK_REVIEW"));
}

#[test]
fn the_district_edits_the_trade_table() {
    let issued = (Verdict::Issue, "OK_COMBINED");
    let needs = ("combined.needs.bookshop", "[\"publication\", \"signboard\"]");
    check(needs, "Y01", &[], issued, (Verdict::FixOnSpot, "PART_MISSING"));
    let parts = ("combined.parts.bookshop", "[\"publication\"]");
    check(parts, "Y01", &[], issued, (Verdict::FixOnSpot, "PART_NOT_IN_TRADE"));
    let fire = ("combined.fire_m2", "200");
    check(fire, "Y02-299", &[], issued, (Verdict::FixOnSpot, "FIRE_PART_MISSING"));
}
