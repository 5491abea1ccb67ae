//! What past applications would come to under a new edition, from journals as kiosks write them.

use jiff::civil::{Date, date};
use permit_kiosk::central;
use permit_kiosk::central::intake::{Keys, Origin, judge};
use permit_kiosk::central::store::{Life, Sqlite, Store as _};
use permit_kiosk::domain::{ApplicationId, Private, ServiceCode};
use permit_kiosk::rules::{Rulebook, decide_document};
use permit_kiosk::seal::Keyring;
use permit_kiosk::wire::v1::{EditionManifest, Hash, SignedEdition};
use serde_json::{Value as Json, json};

use super::command;
use super::diff::{YARD, base, next, write};
use super::edition::Files;
use crate::journal::{self, Kiosk, NOON, case, device_key, kiosk_id, seal_key, vault_key};

/// Applications in the journal: every seat number 25 times.
const APPLICATIONS: u16 = 600;

/// The facts of one application, and its day: seats 30 to 53, a day of ten.
fn facts(number: u16) -> (Json, Date) {
    let shop = json!({
        "zone": "commercial", "seats": 30 + number % 24, "fee": "0.00", "opened": "2026-01-05",
        "name": "李测试的店", "live": true, "lines": [], "marks": [],
    });
    let document = json!({"application": {"service": "food/new"}, "shop": shop});
    (document, date(2026, 11, 1 + i8::try_from(number % 10).unwrap()))
}

fn id(number: u16) -> ApplicationId {
    let [high, low] = number.to_be_bytes();
    let mut bytes = [0; 16];
    (bytes[14], bytes[15]) = (high, low);
    ApplicationId::from_random(bytes)
}

/// A kiosk that decided the applications under `files`, and recorded them as kiosks do; `spoil` may
/// change what is recorded.
fn kiosk(files: &Files, spoil: impl Fn(u16, &mut permit_kiosk::journal::Case)) -> Kiosk {
    let rulebook = Rulebook::load(files).unwrap_or_else(|problems| panic!("{problems}"));
    let kiosk = Kiosk::new();
    for number in 0..APPLICATIONS {
        let (document, today) = facts(number);
        let mut decision = decide_document(&rulebook, &document, today);
        let mut case = case(id(number), ServiceCode::FoodNew, decision.verdict);
        case.facts = Private::new(permit_kiosk::rules::canonical_json(&document));
        // An issued one would need numbers of the journal's own: here every verdict is just recorded.
        decision.edition_digest = rulebook.digest().to_owned();
        case.decision = decision;
        case.promise = None;
        case.documents = Vec::new();
        spoil(number, &mut case);
        kiosk.journal.record_decision(case).unwrap();
    }
    kiosk
}

/// Runs the command over a journal; gives the exit code, the rows and the summary.
#[track_caller]
fn impact(kiosk: &Kiosk, new: &Files, old: &Files, more: &[&str]) -> (i32, Vec<Json>, Json) {
    let (new, old) = (write(new), write(old));
    let journal = kiosk.folder.path().join("journal.db");
    let paths = [new.path(), journal.as_path(), old.path()].map(|path| path.to_str().unwrap());
    let keys = kiosk.folder.path().to_str().unwrap();
    std::fs::write(kiosk.folder.path().join("vault.key"), vault_key().to_text().as_str()).unwrap();
    let arguments = [
        "rules",
        "impact",
        paths[0],
        "--journal",
        paths[1],
        "--keys",
        keys,
        "--old",
        paths[2],
        "--json",
    ];
    let arguments = [&arguments[..], more].concat();
    let output = command::run(&arguments, "");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!said.contains("李测试"), "a name stands in the answer");
    let mut rows: Vec<Json> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let Some(summary) = rows.pop().filter(|row| row["row"] == "summary") else {
        panic!("{said}{}", String::from_utf8_lossy(&output.stderr));
    };
    (output.status.code().unwrap(), rows, summary)
}

/// Rules without an issue, so that the kiosk needs no numbers: a shop is referred, a large one is not.
fn old_edition() -> Files {
    let mut files = base();
    let rules = files.get_mut("rules/all.toml").unwrap();
    *rules = rules.replace("\"issue\"", "\"refer\"").replace(
        "outcome = \"refer\"\nwhen = '''shop.seats",
        "outcome = \"refer_onsite\"\nwhen = '''shop.seats",
    );
    let cases = files.get_mut("cases/all.toml").unwrap();
    *cases = cases.replace("\"ISSUE\"\ncode", "\"REFER\"\ncode");
    without_zones(&mut files);
    files
}

/// No rule here reads the parameter: an edition to decide by has none like that.
fn without_zones(files: &mut Files) {
    let params = files.get_mut("params.toml").unwrap();
    let zones = params.find("[[param]]\n        name = \"zones\"").unwrap();
    params.truncate(zones);
}

fn new_edition(value: &str) -> Files {
    let mut files = next(&[("params.toml", "is = 50 }", value)]);
    for file in ["rules/all.toml", "cases/all.toml"] {
        files.insert(file.to_owned(), old_edition()[file].clone());
    }
    without_zones(&mut files);
    files
}

#[test]
fn every_verdict_that_would_change_is_listed_and_no_other() {
    let kiosk = kiosk(&old_edition(), |_, _| {});
    // 45 seats are the most now. Before 2026-11-01 nothing changes, and all were decided after.
    let new = new_edition("is = 50 }, { from = 2026-11-01, is = 45 }");
    let (code, rows, summary) = impact(&kiosk, &new, &old_edition(), &["--since", "2026-11-01"]);
    assert_eq!(code, 0);
    let expected: Vec<Json> = (0..APPLICATIONS)
        .filter(|number| (46..=50).contains(&(30 + number % 24)))
        .map(|number| {
            json!({
                "row": "other", "kiosk": "zhangdian-03", "position": number + 1,
                "today": facts(number).1.to_string(), "service": "food/new",
                "application": id(number).to_string(),
                "before": {"verdict": "REFER", "code": "OK", "rules": ["ISSUE"]},
                "after": {"verdict": "REFER_ONSITE", "code": "FOUND", "rules": ["SEATS", "ISSUE"]},
                "appeared": ["SEATS"], "disappeared": [], "problems": [],
            })
        })
        .collect();
    assert_eq!(expected.len(), 125);
    assert_eq!(rows, expected);
    let wanted = json!({
        "row": "summary", "edition": "small 1.2", "since": "2026-11-01", "last": "2026-11-10",
        "decided": 600, "same": 475, "other_findings": 0, "other": 125, "unbound": 0,
        "verdicts": [{"before": "REFER", "after": "REFER_ONSITE", "count": 125}],
        "rules": {"SEATS": {"appeared": 125, "disappeared": 0}}, "reasons": {},
        "reproduced": 600, "not_reproduced": 0, "not_checked": 0, "referred_by_kiosk": 0,
        "erased": 0, "unreadable": 0,
    });
    assert_eq!(summary, wanted);

    // Fewer days, another service, an edition that is not at hand.
    let some = ["--since", "2026-11-03", "--until", "2026-11-04"];
    let (_, rows, summary) = impact(&kiosk, &new, &old_edition(), &some);
    assert_eq!(
        (&summary["decided"], summary["other"].as_u64()),
        (&json!(120), Some(rows.len() as u64))
    );
    let other = ["--since", "2026-11-01", "--service", "hygiene/new"];
    assert_eq!(impact(&kiosk, &new, &old_edition(), &other).2["decided"], 0);
    let (code, _, summary) = impact(&kiosk, &new, &new, &["--since", "2026-11-01"]);
    assert_eq!((code, &summary["not_checked"]), (0, &json!(600)));
}

#[test]
fn a_law_of_the_future_changes_the_past_only_where_it_is_asked_to() {
    let kiosk = kiosk(&old_edition(), |_, _| {});
    let new = new_edition("is = 50 }, { from = 2027-01-01, is = 45 }");
    let since = ["--since", "2026-11-01"];
    assert_eq!(impact(&kiosk, &new, &old_edition(), &since).2["same"], 600);
    let law_of = ["--since", "2026-11-01", "--law-of", "2027-01-01"];
    let (_, rows, summary) = impact(&kiosk, &new, &old_edition(), &law_of);
    assert_eq!((rows.len(), &summary["other"]), (125, &json!(125)));
}

#[test]
fn facts_the_new_schema_cannot_take_are_told_with_the_reason() {
    let kiosk = kiosk(&old_edition(), |_, _| {});
    let mut new = new_edition("is = 50 }");
    for (file, old, with_yard) in YARD {
        let text = new.get_mut(file).unwrap();
        *text = text.replace(old, with_yard);
    }
    let shop = new.get_mut("cases/base/shop.json").unwrap();
    *shop = shop.replace("\"live\":true", "\"live\":true,\"yard\":true");
    let (code, rows, summary) = impact(&kiosk, &new, &old_edition(), &["--since", "2026-11-01"]);
    assert_eq!((code, rows.len(), &summary["unbound"]), (0, 600, &json!(600)));
    assert_eq!(rows[0]["row"], "unbound");
    let reasons = summary["reasons"].as_object().unwrap();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(reasons.keys().all(|reason| reason.starts_with("shop.yard: missing")), "{reasons:?}");
}

#[test]
fn a_record_that_does_not_come_out_again_is_an_alarm() {
    // One record says another reason than its edition gives; the kiosk itself referred another one.
    let kiosk = kiosk(&old_edition(), |number, case| {
        let mut own = case.decision.findings[0].clone();
        if number == 7 {
            case.decision.findings[0].message.zh.push('！');
        } else if number == 8 {
            own.rule = "KIOSK-NOT-ISSUED".to_owned();
            own.code = "NUMBERS_EXHAUSTED".to_owned();
            case.decision.code.clone_from(&own.code);
            case.decision.findings.insert(0, own);
        }
    });
    let (code, rows, summary) =
        impact(&kiosk, &old_edition(), &old_edition(), &["--since", "2026-11-01"]);
    assert_eq!(code, 1);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!((&rows[0]["row"], &rows[0]["position"]), (&json!("not_reproduced"), &json!(8)));
    assert_eq!((&summary["reproduced"], &summary["same"]), (&json!(599), &json!(600)));
    assert_eq!(summary["referred_by_kiosk"], 1);
}

#[test]
fn central_knows_what_every_kiosk_decided_and_a_published_edition_is_one_file() {
    let kiosk = kiosk(&old_edition(), |_, _| {});
    let new = new_edition("is = 50 }, { from = 2026-11-01, is = 45 }");
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("central.db");
    let id = kiosk_id();
    let records = journal::records(&kiosk.folder.path().join("journal.db"));
    std::fs::write(folder.path().join("central-vault.key"), vault_key().to_text().as_str())
        .unwrap();
    let seal_pem = seal_key().verifying_key().to_pem();
    let seal_key = Keyring::from_iter([("test".to_owned(), seal_key().verifying_key())]);
    let keys = Keys { device_key: device_key().verifying_key(), seal_key };
    let origin = Origin { kiosk: id.clone(), lives: [(1, keys)].into() };
    let (push, data_keys): (Vec<_>, Vec<_>) =
        records.into_iter().map(|placed| (placed.record, placed.key)).unzip();
    let data_keys = data_keys.into_iter().flatten().collect();
    let life = Life {
        certificate: Hash::of(b"1"),
        device_key: device_key().verifying_key().to_pem(),
        seal_key: seal_pem,
    };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let store = Sqlite::open(&book).unwrap();
        store.enrol(id.clone(), life).await.unwrap();
        let wrap = |application, key: &_| central::wrap(&vault_key(), application, key);
        let judged = judge(&origin, push, data_keys, &wrap).unwrap();
        store.take(id, judged, NOON.parse().unwrap()).await.unwrap();
    });

    let published = folder.path().join("new.edition");
    let rulebook = Rulebook::load(&new).unwrap();
    let manifest = EditionManifest::describe(&rulebook, &new, "all");
    let edition = SignedEdition::unsigned(&manifest, new.clone());
    std::fs::write(&published, edition.to_text()).unwrap();
    let paths = [&published, &book].map(|path| path.to_str().unwrap());
    let arguments = [
        "rules",
        "impact",
        paths[0],
        "--central",
        paths[1],
        "--keys",
        folder.path().to_str().unwrap(),
        "--since",
        "2026-11-01",
        "--lang",
        "en",
    ];
    let output = command::run(&arguments, "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    let application = self::id(16);
    let first = [
        &format!("zhangdian-03 #17 2026-11-07 food business licence (new) {application}"),
        "    accepted, an officer decides OK → accepted, officers inspect the premises FOUND",
        "    +SEATS",
    ];
    assert_eq!(lines[..3], first);
    let summary = lines[3 * 125..].join("\n");
    let wanted = "
small 1.2, 2026-11-01
     600  applications decided again
     475  come to the same, for the same reasons
       0  come to the same, other rules speak
     125  come to something else
       0  have facts the new edition cannot take
       0  came out again as recorded under their own edition
       0  did NOT come out again under their own edition
     600  not checked: their own edition was not given (--old)
       0  referred by the kiosk itself; what the law said is compared
       0  had their personal data erased when its time was over
       0  records cannot be read

     125  accepted, an officer decides → accepted, officers inspect the premises

    +125       -0  SEATS";
    assert_eq!(summary, wanted);

    // The same edition, published and in its directory, does not differ.
    let directory = write(&new);
    let both = [paths[0], directory.path().to_str().unwrap()];
    let output = command::run(&[&["rules", "diff"], &both[..]].concat(), "");
    assert_eq!(output.status.code(), Some(0));
}
