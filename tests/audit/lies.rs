//! What somebody with every key of a kiosk could write: chain and signatures fit, and the facts of the
//! records, central's grants, the editions and the arithmetic still speak.

use std::path::Path;

use permit_kiosk::audit::Check;
use permit_kiosk::wire::v1::{Hash, PrintStep, SignedRecord};
use serde_json::{Value as Json, json};

use super::forged::{found, lines, rewrite, seal};
use super::{Asked, Day, bundle, bundle_of_every_kind, copy, decided, facts, verify};
use crate::journal::{central_key, device_key, id, leased};

/// The records of a bundle, each with the key beside it.
type Records = Vec<(Json, Json)>;

fn records() -> Records {
    records_of(bundle())
}

fn records_of(bundle: &Path) -> Records {
    lines(bundle)
        .iter()
        .map(|line| {
            let record = serde_json::from_str(line["record"].as_str().unwrap()).unwrap();
            (record, line.get("key").cloned().unwrap_or(Json::Null))
        })
        .collect()
}

/// Numbers, chains and signs everything anew.
fn signed(records: Records) -> Vec<Json> {
    let mut previous = Hash::ZERO;
    let mut lines = Vec::new();
    for (index, (mut record, key)) in records.into_iter().enumerate() {
        record["position"] = json!(index + 1);
        record["previous"] = json!(previous.to_string());
        if record["body"]["kind"] == "issued" && record["body"]["decided"] != json!("0".repeat(64))
        {
            record["body"]["decided"] = json!(previous.to_string());
        }
        let signed = SignedRecord::sign(record.to_string(), &device_key());
        previous = signed.hash();
        let mut line = json!({"record": signed.record.reveal(), "signature": signed.signature});
        if !key.is_null() {
            line["key"] = key;
        }
        lines.push(line);
    }
    lines
}

/// The lie is found, and by looking at what it is about.
#[track_caller]
fn lie(what: &str, by: Check, tell: impl FnOnce(&mut Records)) {
    lie_of(bundle(), what, by, tell);
}

#[track_caller]
fn lie_of(bundle: &Path, what: &str, by: Check, tell: impl FnOnce(&mut Records)) {
    let folder = copy(bundle);
    let mut told = records_of(bundle);
    tell(&mut told);
    rewrite(folder.path(), &signed(told), &device_key());
    let report = found(folder.path(), what);
    let checks: Vec<Check> = report.problems.iter().map(|problem| problem.check).collect();
    assert!(checks.contains(&by), "{what}: {:#?}", report.problems);
    for check in [Check::Manifest, Check::File, Check::Chain, Check::Signature, Check::Total] {
        assert!(!checks.contains(&check), "{what} is a bad forgery: {:#?}", report.problems);
    }
}

fn nth(records: &Records, kind: &str, index: usize) -> usize {
    let of_kind = |(_, (record, _)): &(usize, &(Json, Json))| record["body"]["kind"] == kind;
    records.iter().enumerate().filter(of_kind).nth(index).unwrap().0
}

#[test]
fn the_tool_of_these_tests_itself_makes_a_bundle_that_holds() {
    let folder = copy(bundle());
    rewrite(folder.path(), &signed(records()), &device_key());
    super::holds(folder.path());
}

#[test]
fn numbers_that_are_skipped_taken_twice_or_invented_are_found() {
    lie("a void number left out", Check::Number, |told| {
        // The one after it is issued, so that a gap is left.
        let void = nth(told, "number_voided", 0);
        told[void].0["body"]["sequence"] = json!(4);
    });
    lie("a number taken twice", Check::Number, |told| {
        let void = nth(told, "number_voided", 0);
        told[void].0["body"]["sequence"] = json!(1);
    });
    lie("a number nobody leased", Check::Number, |told| {
        let void = nth(told, "number_voided", 0);
        told[void].0["body"]["sequence"] = json!(11);
    });
    lie("a number of no series", Check::Number, |told| {
        let void = nth(told, "number_voided", 0);
        told[void].0["body"]["series"] = json!("food/2/370303");
    });
    lie("a void number nobody answers for", Check::Number, |told| {
        let void = nth(told, "number_voided", 0);
        told[void].0["body"]["by"] = json!(" ");
    });
    lie("another number printed", Check::Number, |told| {
        let issued = nth(told, "issued", 0);
        told[issued].0["body"]["number"] = json!("JY13703030000027");
    });
    let returned = |told: &mut Records, first: u64, last: u64, by: &str| {
        let mut record = told.last().unwrap().0.clone();
        record["body"] = json!({
            "kind": "numbers_returned", "series": "food/1/370303", "first": first, "last": last,
            "reason": "the hall is closed", "by": by,
        });
        told.push((record, Json::Null));
    };
    lie("a number left out of those returned", Check::Number, |told| {
        returned(told, 5, 10, "technician 7");
    });
    lie("the end of the block kept back", Check::Number, |told| {
        returned(told, 4, 9, "technician 7");
    });
    lie("numbers returned that are on a permit", Check::Number, |told| {
        returned(told, 3, 10, "technician 7");
    });
    lie("more returned than were leased", Check::Number, |told| {
        returned(told, 4, 11, "technician 7");
    });
    lie("returned, the wrong way round", Check::Number, |told| {
        returned(told, 10, 4, "technician 7");
    });
    lie("returned by nobody", Check::Number, |told| returned(told, 4, 10, " "));
    lie("a block that was not granted", Check::Grant, |told| {
        let block = nth(told, "block_installed", 0);
        told[block].0["body"]["last"] = json!(20);
    });
    lie("numbers used before they are there", Check::Number, |told| {
        let block = nth(told, "block_installed", 0);
        drop(told.remove(block));
    });
}

#[test]
fn permits_without_their_decision_or_with_another_are_found() {
    lie("a decision removed", Check::Permit, |told| {
        let first = nth(told, "decided", 0);
        drop(told.remove(first));
    });
    lie("a permit removed", Check::Permit, |told| {
        let first = nth(told, "issued", 0);
        drop(told.remove(first));
    });
    lie("a permit of another decision", Check::Permit, |told| {
        let first = nth(told, "issued", 0);
        told[first].0["body"]["decided"] = json!("0".repeat(64));
    });
    lie("a refusal called a grant", Check::Envelope, |told| {
        let referred = nth(told, "decided", 1);
        told[referred].0["body"]["decision"]["verdict"] = json!("ISSUE");
    });
    lie("another day of issue", Check::Envelope, |told| {
        let first = nth(told, "issued", 0);
        told[first].0["body"]["issued"] = json!("2026-11-22");
    });
    lie("a permit dated back with its record", Check::Time, |told| {
        let first = nth(told, "issued", 0);
        told[first].0["at"] = json!("2026-11-24T04:00:00Z");
    });
    lie("a seal of another sheet", Check::Seal, |told| {
        let (first, second) = (nth(told, "issued", 0), nth(told, "issued", 1));
        let other = told[second].0["body"]["sheets"][0]["seal"].clone();
        told[first].0["body"]["sheets"][0]["seal"] = other;
    });
    lie("the same decided twice", Check::Decision, |told| {
        let referred = nth(told, "decided", 1);
        let again = told[referred].clone();
        told.push(again);
    });
}

#[test]
fn a_decision_the_law_does_not_make_is_found() {
    // Software that lies where it decides: the record is whole, the law says something else.
    let day = Day::full();
    let mut case = decided(id(9), &facts());
    case.decision.findings.truncate(0);
    case.decision.code = "WAVED_THROUGH".to_owned();
    case.documents = Vec::new();
    day.kiosk.journal.record_decision(case).unwrap();
    let folder = day.export("lie", &[], true, Asked::default());
    let report = verify(&folder);
    let problems: Vec<_> = report.problems.iter().filter(|p| p.check == Check::Decision).collect();
    assert_eq!((problems.len(), report.decisions.differing), (1, 1), "{:#?}", report.problems);
    assert!(problems[0].what.contains("WAVED_THROUGH"), "{}", problems[0].what);
}

#[test]
fn sheets_that_go_a_way_no_sheet_goes_are_found() {
    lie("a sheet printed without being sent", Check::Sheet, |told| {
        let sent = nth(told, "printed", 0);
        drop(told.remove(sent));
    });
    lie("a sheet printed a second time", Check::Sheet, |told| {
        let (sent, confirmed) = (nth(told, "printed", 0), nth(told, "printed", 1));
        let again = [told[sent].clone(), told[confirmed].clone()];
        told.extend(again);
    });
    lie("a certificate of no permit", Check::Sheet, |told| {
        let sent = nth(told, "printed", 0);
        let mut more = told[sent].clone();
        more.0["body"]["job"] = json!(40);
        more.0["body"]["serial"] = json!("K03-1-000040");
        told.push(more);
    });
    lie("a serial of another job", Check::Sheet, |told| {
        let issued = nth(told, "issued", 0);
        told[issued].0["body"]["sheets"][2]["job"] = json!(1);
    });
    lie("a sheet of somebody else", Check::Sheet, |told| {
        let confirmed = nth(told, "printed", 1);
        told[confirmed].0["body"]["application"] = json!(id(2).to_string());
    });
    let unknown = serde_json::to_value(PrintStep::Unknown).unwrap();
    lie("a spoiled sheet that was never in doubt", Check::Sheet, |told| {
        let place = told.iter().position(|(record, _)| record["body"]["step"] == unknown).unwrap();
        drop(told.remove(place));
    });
}

#[test]
fn clocks_and_ratings_that_cannot_be_are_found() {
    lie("a clock that went back", Check::Time, |told| {
        told[4].0["monotonic_ms"] = json!(u64::MAX / 2);
    });
    lie("a data receipt that hides a look-up", Check::LookUp, |told| {
        let receipt = nth(told, "data_receipt", 0);
        told[receipt].0["body"]["look_ups"] = json!(0);
    });
    lie("a data receipt of somebody else", Check::LookUp, |told| {
        let receipt = nth(told, "data_receipt", 0);
        told[receipt].0["body"]["application"] = json!(id(3).to_string());
    });
    lie("a grade that is none", Check::Rating, |told| {
        let rated = nth(told, "rated", 0);
        told[rated].0["body"]["grade"] = json!(6);
    });
    lie("a rating of nobody's case", Check::Rating, |told| {
        let rated = nth(told, "rated", 1);
        told[rated].0["body"]["application"] = json!(id(3).to_string());
    });
    lie("a case rated twice", Check::Rating, |told| {
        let rated = nth(told, "rated", 1);
        let again = told[rated].clone();
        told.push(again);
    });
}

#[test]
fn grants_that_overlap_or_are_not_centrals_are_found() {
    for (what, grant) in [
        ("overlaps", leased(crate::journal::FOOD_SELLERS, 0, 20)),
        ("is not central's", {
            let mut grant = leased(crate::journal::FOOD_SELLERS, 1, 10);
            grant.signature = leased(crate::journal::FOOD_SELLERS, 2, 10).signature;
            grant
        }),
    ] {
        let folder = copy(bundle());
        let path = folder.path().join("grants.jsonl");
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.extend([serde_json::to_string(&grant).unwrap().as_str(), "\n"]);
        std::fs::write(&path, &text).unwrap();
        let manifest = std::fs::read(folder.path().join("manifest.json")).unwrap();
        let mut manifest: Json = serde_json::from_slice(&manifest).unwrap();
        for file in manifest["files"].as_array_mut().unwrap() {
            if file["path"] == "grants.jsonl" {
                file["sha256"] = json!(Hash::of(text.as_bytes()).to_string());
                file["bytes"] = json!(text.len());
                file["rows"] = json!(2);
            }
        }
        seal(folder.path(), &manifest, &device_key());
        let report = found(folder.path(), what);
        let first = report.first_problem().unwrap();
        assert_eq!((first.check, first.line), (Check::Grant, Some(2)), "{what}: {first}");
    }
    assert_ne!(central_key().id(), device_key().id());
}

#[test]
fn blank_sheets_that_are_gone_or_spent_twice_are_found() {
    let blank = |what: &str, tell: &dyn Fn(&mut Records)| {
        lie_of(bundle_of_every_kind(), what, Check::Sheet, tell);
    };
    blank("a sheet that left the tray unseen", &|told| {
        let spent = nth(told, "blanks_spent", 0);
        told.remove(spent);
    });
    blank("a sheet spent twice", &|told| {
        let (first, second) = (nth(told, "blanks_spent", 0), nth(told, "blanks_spent", 1));
        let number = told[first].0["body"]["first"].clone();
        told[second].0["body"]["first"] = number.clone();
        told[second].0["body"]["last"] = number;
    });
    blank("a sheet for a paper that was not printed", &|told| {
        let certificate = nth(told, "blanks_spent", 2);
        told[certificate].0["body"]["job"] = json!(99);
    });
    blank("sheets counted in over others", &|told| {
        let taken_out = nth(told, "blanks_spent", 4);
        assert_eq!(told[taken_out].0["body"]["on"], "taken_out");
        told.remove(taken_out);
    });
    blank("a spoiled sheet nobody answers for", &|told| {
        let spoiled = nth(told, "blanks_spent", 0);
        assert_eq!(told[spoiled].0["body"]["on"], "spoiled");
        told[spoiled].0["body"]["by"] = Json::Null;
    });
    blank("sheets from no tray", &|told| {
        let counted = nth(told, "blanks_counted", 0);
        told[counted].0["body"]["paper"] = json!("A3");
    });
}
