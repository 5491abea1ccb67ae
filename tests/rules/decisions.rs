//! What the Zhangdian edition decides: its cases, what never changes, and two decisions in full.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::{Date, date};
use permit_kiosk::domain::{Decision, Finding, Verdict};
use permit_kiosk::rules::{Case, Facts, Rulebook, decide, decide_document, decision_json};
use permit_kiosk::wire::v1;
use serde_json::{Value, json};

use super::edition::{rule, small, zhangdian, zhangdian_files};
use super::random::Random;

fn decided(rulebook: &Rulebook, document: &Value, today: Date) -> Decision {
    let facts = Facts::bind(rulebook, document).unwrap_or_else(|problems| panic!("{problems:?}"));
    decide(rulebook, &facts, today)
}

fn case(id: &str) -> &'static Case {
    zhangdian().cases().iter().find(|case| case.id == id).unwrap_or_else(|| panic!("no case {id}"))
}

/// The case comes to this verdict and code, and the deciding finding has this last day.
#[track_caller]
fn check(id: &str, verdict: Verdict, code: &str, due: Option<Date>) {
    let case = case(id);
    let decision = decided(zhangdian(), &case.document, case.today);
    assert_eq!((decision.verdict, decision.code.as_str()), (verdict, code), "{id}");
    if due.is_some() {
        assert_eq!(decision.findings[0].due.map(|due| due.date), due, "{id}");
    }
}

/// The table of the domain's cases, kept apart from the edition so that neither can drift alone.
#[test]
fn the_known_cases_come_to_their_verdicts() {
    use Verdict::{
        File, FixOnSpot, Issue, NewApplication, NotCompetent, NotRequired, OfferRegistration,
        Refer, ReferOnsite, RefuseAccept, Stop, Supplement, TooEarly,
    };
    let due = |y, m, d| Some(date(y, m, d));
    for (id, verdict, code, last) in [
        ("F01", Issue, "OK", None),
        ("F02", Issue, "OK_SIMPLE", None),
        ("F03", ReferOnsite, "HOT_KITCHEN", due(2026, 12, 7)),
        ("F04", ReferOnsite, "HIGH_RISK_COLD_MEAT", None),
        ("F05", ReferOnsite, "HIGH_RISK_RAW", None),
        ("F07", ReferOnsite, "CENTRAL_KITCHEN", None),
        ("F08", FixOnSpot, "ITEM_NOT_OPEN", None),
        ("F10", ReferOnsite, "SCHOOL_CANTEEN", None),
        ("F11", FixOnSpot, "SUBJECT_NOT_MULTI", None),
        ("F12", File, "PREPACKAGED_FILING", None),
        ("F14", NotRequired, "REPORT_ONLY", None),
        ("F15", NotRequired, "AGRI_PRODUCT", None),
        ("F17", NotCompetent, "OTHER_DIVISION", None),
        ("F18", RefuseAccept, "NO_SUBJECT", None),
        ("F19", FixOnSpot, "USCC_CHECK", None),
        ("F20", FixOnSpot, "NAME_MISMATCH", None),
        ("F21", Supplement, "SCOPE_MISSING", None),
        ("F22", RefuseAccept, "BAN_5Y", None),
        ("F23", RefuseAccept, "BAN_5Y", None),
        ("F24", Refer, "BAN_ENDED_REVIEW", None),
        ("F25", RefuseAccept, "BAN_1Y", None),
        ("F27", Supplement, "MANAGER_LIFETIME", None),
        ("F28", Stop, "ID_EXPIRED", None),
        ("F29", Refer, "MINOR", None),
        ("F31", Issue, "OK_AGENT", None),
        ("F33", Issue, "OK_NON_LICENSED_ITEM", due(2027, 1, 5)),
        ("F34", Issue, "OK_LATE_NOTICE", None),
        ("F35", Issue, "OK_REDUCED", None),
        ("F37", NewApplication, "MOVED", None),
        ("F38", TooEarly, "WINDOW", None),
        ("F39", Issue, "OK_RENEW", None),
        ("F41", Issue, "OK_RENEW_LATE", None),
        ("F42", NewApplication, "EXPIRED", None),
        ("F44", Issue, "OK_REISSUE", None),
        ("F45", Issue, "OK_CANCEL", None),
        ("F46", Refer, "OPEN_CASE", None),
        ("F47", Refer, "ADDRESS_OCCUPIED", None),
        ("F48", Supplement, "MACHINE_LIST", due(2026, 11, 30)),
        ("G01", Issue, "OK_2015", None),
        ("G03", Issue, "OK_RENEW", None),
        ("G04", Refer, "LATE_RENEW", None),
        ("G05", OfferRegistration, "SMALL_CATERING", None),
        ("H01", Issue, "OK", None),
        ("H03", Supplement, "REPORT_NEEDED", None),
        ("H04", Refer, "CENTRAL_AIR", None),
        ("H05", ReferOnsite, "POOL", None),
        ("H07", NotRequired, "MERGED_INTO_FOOD", None),
        ("H09", Issue, "OK", None),
        ("H10", File, "FILING_797", due(2026, 12, 10)),
        ("H11", Issue, "OK", None),
        ("H13", Refer, "CENTRAL_AIR_OR_SIZE", None),
        ("H14", Refer, "LATE_RENEW", None),
        ("Y01", Issue, "OK_COMBINED", None),
        ("S01", Refer, "SOURCE_DOWN", None),
        ("S05", Refer, "HUMAN_WANTED", None),
        ("S06", Refer, "SOURCE_STALE", None),
    ] {
        check(id, verdict, code, last);
    }
}

/// Screen and slips are written from `Decision::shown` alone.
#[track_caller]
fn check_private(id: &str, remedy: &str) {
    let case = case(id);
    let decision = decided(zhangdian(), &case.document, case.today);
    let first = &decision.findings[0];
    assert!(first.private && first.citation.contains("第"), "{id}: staff see the article");
    let shown = decision.shown();
    let words = format!("{shown:?}");
    for finding in decision.findings.iter().filter(|finding| finding.private) {
        for secret in [
            &finding.citation,
            &finding.code,
            &finding.rule,
            &finding.message.zh,
            &finding.message.en,
        ] {
            assert!(!words.contains(secret.as_str()), "{id} shows {secret}");
        }
    }
    assert_eq!(shown[0].remedy.en, remedy, "{id}");
    assert_eq!(shown[0].citation, None, "{id}");
}

#[test]
fn a_ban_is_shown_without_its_reason() {
    for id in ["F22", "F23", "F24", "F25"] {
        check_private(id, "");
    }
    check_private("F27", "Name another food-safety manager.");
    // Every ban rule is marked, and has a case above or beside them in the edition.
    let mut seen = BTreeSet::new();
    for case in zhangdian().cases() {
        let decision = decided(zhangdian(), &case.document, case.today);
        if decision.findings[0].rule.starts_with("BAN-") {
            let remedy = if decision.verdict == Verdict::Supplement {
                "Name another food-safety manager."
            } else {
                ""
            };
            check_private(&case.id, remedy);
            seen.insert(decision.code.clone());
        }
    }
    assert_eq!(
        seen.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "BAN_1Y",
            "BAN_3Y",
            "BAN_5Y",
            "BAN_ENDED_REVIEW",
            "BAN_LIFE",
            "BAN_REVIEW",
            "MANAGER_BANNED",
            "MANAGER_LIFETIME"
        ]
    );
}

#[test]
fn too_early_names_the_first_day() {
    let case = case("F38");
    let decision = decided(zhangdian(), &case.document, case.today);
    let remedy = &decision.findings[0].remedy;
    assert_eq!(remedy.zh, "请在2026年7月9日以后再来。");
    assert_eq!(remedy.en, "Come back on or after 9 July 2026.");
}

/// The station's settings repeat the towns for other uses; the law's list is the rulebook's.
#[test]
fn the_station_and_the_rulebook_name_the_same_towns() {
    let kiosk = Path::new(env!("CARGO_MANIFEST_DIR")).join("kiosk-config/kiosk.toml");
    let kiosk: toml::Table = std::fs::read_to_string(kiosk).unwrap().parse().unwrap();
    let params: toml::Table = zhangdian_files()["params.toml"].parse().unwrap();
    let towns = |list: &toml::Value| -> BTreeSet<String> {
        let codes = list.as_array().unwrap().iter().map(|code| code.as_str().unwrap());
        codes.filter(|code| code.len() == 9).map(str::to_owned).collect()
    };
    let param = |name: &str| {
        let all = params["param"].as_array().unwrap();
        let found = all.iter().find(|param| param["name"].as_str() == Some(name)).unwrap();
        towns(&found["values"].as_array().unwrap().last().unwrap()["is"])
    };
    assert_eq!(towns(&kiosk["competence"]["divisions"]), param("jurisdiction.divisions"));
}

#[test]
fn each_rule_has_a_case_that_misses_it_when_it_is_gone() {
    assert_eq!(zhangdian().uncovered(), []);
    // The check itself sees a rule that nothing would miss.
    let untested = Rulebook::load(&small(&rule("A", "shop.live"))).unwrap();
    let gaps: Vec<String> = untested.uncovered().into_iter().map(|gap| gap.text).collect();
    assert_eq!(
        gaps,
        ["A: no case misses this rule when it is gone", "A: no case keeps this rule silent"]
    );
}

#[test]
fn the_verdict_does_not_depend_on_the_order_of_the_rules() {
    let mut random = Random::new(0x5EED_0001);
    for _ in 0..5 {
        let mut ids: Vec<&str> = zhangdian().rule_ids().collect();
        random.shuffle(&mut ids);
        let shuffled = zhangdian().with_rules(&ids);
        for case in zhangdian().cases() {
            let (a, b) = (
                decided(zhangdian(), &case.document, case.today),
                decided(&shuffled, &case.document, case.today),
            );
            assert_eq!(a.verdict, b.verdict, "{}", case.id);
            let told = |decision: &Decision| -> BTreeSet<String> {
                decision.findings.iter().map(|finding| finding.rule.clone()).collect()
            };
            assert_eq!(told(&a), told(&b), "{}", case.id);
        }
    }
}

/// Documents grafted from two cases each: what one never wrote down, but people bring.
fn grafted(random: &mut Random) -> (Value, Date) {
    let cases = zhangdian().cases();
    let (one, other) = (random.of(cases), random.of(cases));
    let mut document = one.document.clone();
    for root in [
        "applicant",
        "business",
        "bans",
        "district",
        "premises",
        "place",
        "permit",
        "promise",
        "registers",
    ] {
        if random.below(3) == 0 {
            match other.document.get(root) {
                Some(value) => document[root] = value.clone(),
                None => drop(document.as_object_mut().unwrap().remove(root)),
            }
        }
    }
    let application = other.document["application"].as_object().unwrap();
    for (field, value) in application {
        if random.below(4) == 0 {
            document["application"][field] = value.clone();
        }
    }
    let today = if random.below(2) == 0 { one.today } else { other.today };
    (document, today)
}

/// The document with a register's answer taken away.
fn without(document: &Value, register: &str, answer: &str) -> Value {
    let mut document = document.clone();
    document["registers"][register] = json!(answer);
    let fields = document.as_object_mut().unwrap();
    match register {
        "business" => drop(fields.remove("business")),
        "micro_service" => drop(fields.remove("district")),
        _ => {
            fields.insert("bans".to_owned(), json!([]));
            fields.insert("permits".to_owned(), json!([]));
            fields.remove("permit");
            if let Some(premises) = document.get_mut("premises").and_then(Value::as_object_mut) {
                premises.remove("occupied");
            }
        }
    }
    document
}

#[test]
fn an_answer_taken_away_never_grants_anything() {
    let mut random = Random::new(0x5EED_0002);
    let mut granted = 0;
    for _ in 0..1500 {
        let (document, today) = grafted(&mut random);
        granted += u32::from(decided(zhangdian(), &document, today).verdict.grants_number());
        let register = *random.of(&["business", "food_and_drug", "micro_service"]);
        let answer = *random.of(&["down", "stale", "answered"]);
        let poorer = without(&document, register, answer);
        // "answered" without the answer is what a broken connector would send; bans alone cannot be
        // told from their absence, so there the register's other answers must be missed.
        if answer == "answered" && register == "food_and_drug" {
            continue;
        }
        let decision = decided(zhangdian(), &poorer, today);
        assert!(!decision.verdict.grants_number(), "{register} {answer}: {poorer}");
    }
    assert!(granted > 50, "only {granted} of the documents granted anything: the test saw nothing");
}

#[test]
fn the_verdict_does_not_depend_on_the_order_of_what_registers_list() {
    let mut random = Random::new(0x5EED_0004);
    let mut moved = 0;
    for _ in 0..1500 {
        let (document, today) = grafted(&mut random);
        let mut shuffled = document.clone();
        for list in ["/bans", "/permits", "/business/scope", "/applicant/grant/services"] {
            if let Some(elements) = shuffled.pointer_mut(list).and_then(Value::as_array_mut) {
                random.shuffle(elements);
            }
        }
        moved += u32::from(shuffled != document);
        let (one, other) =
            (decided(zhangdian(), &document, today), decided(zhangdian(), &shuffled, today));
        assert_eq!((one.verdict, one.code), (other.verdict, other.code), "{document}");
    }
    assert!(moved > 50, "only {moved} documents had anything to be moved");
}

#[test]
fn a_lost_field_of_an_answer_never_grants_anything() {
    let mut random = Random::new(0x5EED_0005);
    for _ in 0..1500 {
        let (document, today) = grafted(&mut random);
        let before = decided(zhangdian(), &document, today).verdict;
        let (record, field) = *random.of(&[
            ("", "business"),
            ("", "district"),
            ("", "permit"),
            ("premises", "occupied"),
            ("permit", "valid_to"),
            ("business", "status"),
            ("district", "open_application"),
        ]);
        let mut poorer = document.clone();
        let at = if record.is_empty() { Some(&mut poorer) } else { poorer.get_mut(record) };
        let Some(fields) = at.and_then(Value::as_object_mut) else { continue };
        fields.remove(field);
        let after = decide_document(zhangdian(), &poorer, today).verdict;
        let granted = after.grants_number() && !before.grants_number();
        assert!(!granted, "{before} becomes {after} without {record}.{field}: {document}");
    }
}

#[test]
fn nothing_is_issued_over_a_ban_a_high_risk_or_a_wish_for_a_person() {
    let mut random = Random::new(0x5EED_0003);
    let risks = ["cooked_bulk", "cold_meat", "cold_pastry", "raw_aquatic", "raw_milk"];
    for _ in 0..1500 {
        let (mut document, today) = grafted(&mut random);
        if document["application"]["accepted_on"].is_string() || today < date(2023, 12, 1) {
            continue;
        }
        let service = document["application"]["service"].as_str().unwrap().to_owned();
        match random.below(3) {
            0 if service == "food/new" => {
                document["bans"] =
                    json!([{ "kind": "revoked", "who": "operator", "on": today.to_string() }]);
            }
            1 if service == "food/new" => {
                let marks = json!([random.of(&risks)]);
                document["application"]["items"] = json!([{ "item": "sale_bulk", "marks": marks }]);
            }
            _ => document["application"]["wants_person"] = json!(true),
        }
        let decision = decided(zhangdian(), &document, today);
        assert!(!decision.verdict.grants_number(), "{document}");
    }
}

#[test]
fn a_replay_gives_the_same_bytes() {
    let again = Rulebook::load(&zhangdian_files()).unwrap();
    for case in zhangdian().cases() {
        let facts = Facts::bind(zhangdian(), &case.document).unwrap();
        let first = decide(zhangdian(), &facts, case.today);
        let first = serde_json::to_string(&v1::Decision::from(&first)).unwrap();
        let kept: Value = serde_json::from_str(facts.canonical_json()).unwrap();
        let replay = decided(&again, &kept, case.today);
        let replay = v1::Decision::from(&replay);
        assert_eq!(first, serde_json::to_string(&replay).unwrap(), "{}", case.id);
        let record: v1::Decision = serde_json::from_str(&first).unwrap();
        assert_eq!(record, replay, "{}", case.id);
    }
}

/// The decision written at once is the record's, byte for byte.
#[track_caller]
fn check_json(rulebook: &Rulebook, document: &Value, today: Date) {
    let Ok(facts) = Facts::bind(rulebook, document) else { return };
    let record = v1::Decision::from(&decide(rulebook, &facts, today));
    let json = decision_json(rulebook, &facts, today);
    assert_eq!(json, serde_json::to_string(&record).unwrap());
}

#[test]
fn a_decision_written_at_once_is_the_record_s() {
    let mut random = Random::new(0x5EED_150A);
    for case in zhangdian().cases() {
        check_json(zhangdian(), &case.document, case.today);
        let (document, today) = grafted(&mut random);
        check_json(zhangdian(), &document, today);
    }
    // Before every rule set, and past the edition's last day.
    let document = &case("F01").document;
    for day in [date(2010, 1, 1), date(2030, 1, 1)] {
        check_json(zhangdian(), document, day);
    }
    // A rule that fails, one that fails in its text, an exception, a private reason, all that JSON escapes.
    let rules = [
        rule("B", "shop.seats * 9223372036854775807 > 1 && shop.live"),
        rule("C", "shop.live").replace("en = \"m\"", "en = \"{shop.seats * 9223372036854775807}\""),
        rule("D", "shop.name.contains(\"\\\"\")").replace("outcome", "private = true\noutcome"),
        rule("E", "shop.seats > 1").replace("\"refer\"", "\"issue\"\noverrides = [\"D\"]"),
        rule("F", "shop.lines.exists(l, l.count > 1) && param(\"seats.max\") > shop.seats")
            .replace("en = \"m\"", "en = \"line\\n, quote \\\", {due}\"")
            .replace("cite", "due_workdays = 5\ncite"),
    ];
    let small = Rulebook::load(&small(&rules.concat())).unwrap_or_else(|wrong| panic!("{wrong}"));
    let document = json!({
        "application": { "service": "food/new" },
        "shop": {
            "zone": "mixed", "seats": 7, "fee": "0.05", "opened": "2026-01-01", "live": true,
            "name": "\u{1}\u{8}\u{c}\n\r\t\"\\/\u{7f}小\u{2028}", "marks": ["cold"],
            "lines": [{ "kind": "mixed", "marks": [], "count": 1 }, { "kind": "mixed", "marks": [], "count": 2 }],
        },
    });
    let decision = decided(&small, &document, date(2026, 11, 23));
    assert_eq!(decision.findings.len(), 5, "{decision:#?}");
    check_json(&small, &document, date(2026, 11, 23));
}

#[test]
fn what_is_told_fits_the_verdict() {
    for case in zhangdian().cases() {
        let decision = decided(zhangdian(), &case.document, case.today);
        assert!(decision.told().next().is_some(), "{}: nothing told", case.id);
        for finding in decision.told() {
            assert!(finding.outcome >= decision.verdict, "{}", case.id);
            assert!(!finding.citation.is_empty(), "{}", finding.rule);
            for text in
                [&finding.message.zh, &finding.message.en, &finding.remedy.zh, &finding.remedy.en]
            {
                assert!(!text.is_empty() && !text.contains(['{', '}']), "{}: {text}", finding.rule);
            }
            let accepted = finding.remedy.zh.contains("已受理");
            let referred = matches!(decision.verdict, Verdict::Refer | Verdict::ReferOnsite);
            assert!(!accepted || referred, "{}: {} says it is accepted", case.id, finding.rule);
        }
    }
}

#[test]
fn every_rule_that_spoke_is_kept_also_those_the_applicant_is_not_told() {
    // A hair salon whose owner's card has expired: the card is told, what would have been granted is kept.
    let case = case("F28");
    let decision = decided(zhangdian(), &case.document, case.today);
    let rules = |findings: &mut dyn Iterator<Item = &Finding>| -> Vec<String> {
        findings.map(|finding| finding.rule.clone()).collect()
    };
    assert_eq!(rules(&mut decision.told()), ["VISIT-ID-EXPIRED"]);
    let all = rules(&mut decision.findings.iter());
    assert_eq!(all, ["VISIT-ID-EXPIRED", "HYGIENE-ISSUE-PROMISE"]);
}

#[test]
fn a_switch_of_the_authority_turns_a_referral_into_an_issue() {
    let mut files = zhangdian_files();
    files.retain(|file, _| !file.starts_with("cases/") || file.contains("/base/"));
    let params = files.get_mut("params.toml").unwrap();
    let (before, after) = params.split_once("name = \"instant.hot_by_promise\"").unwrap();
    let after = after.replacen("is = false", "is = true", 1);
    *params = format!("{before}name = \"instant.hot_by_promise\"{after}");
    let rulebook = Rulebook::load(&files).unwrap();
    let case = case("F03");
    assert_eq!(decided(&rulebook, &case.document, case.today).verdict, Verdict::Issue);
}

/// The whole decision, as it goes into records, except for the edition's digest.
#[track_caller]
fn check_golden(id: &str) {
    let case = case(id);
    let mut decision = decided(zhangdian(), &case.document, case.today);
    assert_eq!(decision.edition_digest, zhangdian().digest());
    decision.edition_digest = "…".to_owned();
    let found = serde_json::to_string_pretty(&v1::Decision::from(&decision)).unwrap() + "\n";
    let path = format!("{}/tests/golden/rules/{id}.json", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        permit_kiosk::durable::write(Path::new(&path), found.as_bytes()).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, golden, "{path} differs; UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn two_decisions_in_full() {
    check_golden("F01");
    check_golden("F03");
}

#[test]
fn an_edition_past_its_last_day_refers_what_it_would_have_granted() {
    let document = &zhangdian().cases().iter().find(|case| case.id == "F01").unwrap().document;
    let last = zhangdian().reject_after();
    let on = |day| {
        let decision = decided(zhangdian(), document, day);
        let rules: Vec<String> = decision.findings.into_iter().map(|found| found.rule).collect();
        (decision.verdict, decision.code, rules.join(", "))
    };
    let granted = (Verdict::Issue, "OK".to_owned(), "FOOD-ISSUE-PROMISE".to_owned());
    assert_eq!(on(last), granted);
    assert_eq!(
        on(last.tomorrow().unwrap()),
        (
            Verdict::Refer,
            "EDITION_EXPIRED".to_owned(),
            "ENGINE-EDITION-EXPIRED, FOOD-ISSUE-PROMISE".to_owned()
        )
    );
}
