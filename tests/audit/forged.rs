//! Every kind of record and field, changed, dropped, added, moved; every file, flipped: each is found.

use std::collections::BTreeSet;
use std::path::Path;

use permit_kiosk::audit::{Check, Report};
use permit_kiosk::seal::{Profile, Signature, SigningKey};
use permit_kiosk::wire::v1::Hash;
use serde_json::{Value as Json, json};

use super::{
    bundle, bundle_of_every_kind, copy, every_kind, holds, verify_with, without_publishers,
};
use crate::journal::device_key;

pub(super) fn lines(folder: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(folder.join("records.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Writes the evidence anew, and a manifest that fits it, signed with `key`: what somebody could do
/// who has no key of a kiosk but the one given.
pub(super) fn rewrite(folder: &Path, lines: &[Json], key: &SigningKey) {
    let mut text = String::new();
    for line in lines {
        text.extend([line.to_string().as_str(), "\n"]);
    }
    std::fs::write(folder.join("records.jsonl"), &text).unwrap();
    let path = folder.join("manifest.json");
    let mut manifest: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let mut kinds = serde_json::Map::new();
    let mut chains: Vec<Json> = Vec::new();
    for line in lines {
        let text = line["record"].as_str().unwrap();
        let Ok(record) = serde_json::from_str::<Json>(text) else { continue };
        let kind = record["body"]["kind"].as_str().unwrap_or("?").to_owned();
        let count = kinds.get(&kind).and_then(Json::as_u64).unwrap_or_default();
        kinds.insert(kind, json!(count + 1));
        let hash = Hash::of_record(text).to_string();
        match chains.last_mut() {
            Some(chain) if chain["kiosk"] == record["kiosk"] => {
                chain["last"] = record["position"].clone();
                chain["hash"] = json!(hash);
            }
            _ => chains.push(json!({
                "kiosk": record["kiosk"], "first": record["position"], "last": record["position"],
                "previous": record["previous"], "hash": hash,
            })),
        }
    }
    manifest["kinds"] = Json::Object(kinds);
    manifest["chains"] = Json::Array(chains);
    manifest["records"] = json!(lines.len());
    for file in manifest["files"].as_array_mut().unwrap() {
        if file["path"] == "records.jsonl" {
            file["sha256"] = json!(Hash::of(text.as_bytes()).to_string());
            file["bytes"] = json!(text.len());
            file["rows"] = json!(lines.len());
        }
    }
    seal(folder, &manifest, key);
}

/// Writes a manifest, and signs it.
pub(super) fn seal(folder: &Path, manifest: &Json, key: &SigningKey) {
    let text = serde_json::to_string_pretty(manifest).unwrap();
    let mut sums = String::new();
    for file in manifest["files"].as_array().unwrap() {
        let (sha256, path) = (file["sha256"].as_str().unwrap(), file["path"].as_str().unwrap());
        sums.extend([sha256, "  ", path, "\n"]);
    }
    std::fs::write(folder.join("SHA256SUMS"), sums).unwrap();
    std::fs::write(folder.join("manifest.json"), &text).unwrap();
    let signature: Signature = key.sign("permit-kiosk/audit-manifest/1", text.as_bytes());
    std::fs::write(folder.join("manifest.sig"), format!("{} {signature}\n", key.id())).unwrap();
}

#[track_caller]
pub(super) fn found(folder: &Path, what: &str) -> Report {
    let report = verify_with(folder, &without_publishers());
    assert!(!report.holds, "not found: {what}");
    assert!(report.first_problem().is_some(), "found, and not named: {what}");
    report
}

/// Rewrites the lines with a manifest signed by the kiosk itself; the records' signatures stay.
#[track_caller]
fn forged(what: &str, change: impl FnOnce(&mut Vec<Json>)) -> Report {
    forged_of(bundle(), what, change)
}

#[track_caller]
fn forged_of(bundle: &Path, what: &str, change: impl FnOnce(&mut Vec<Json>)) -> Report {
    let folder = copy(bundle);
    let mut changed = lines(folder.path());
    change(&mut changed);
    rewrite(folder.path(), &changed, &device_key());
    found(folder.path(), what)
}

#[test]
fn the_tool_of_these_tests_itself_makes_a_bundle_that_holds() {
    let folder = copy(bundle());
    let same = lines(folder.path());
    rewrite(folder.path(), &same, &device_key());
    holds(folder.path());
}

#[test]
fn every_record_dropped_doubled_or_moved_is_found() {
    let count = lines(bundle()).len();
    for place in 0..count {
        // Without its last record a journal is a journal of a moment earlier.
        if place + 1 < count {
            forged(&format!("line {place} dropped"), |lines| drop(lines.remove(place)));
            forged(&format!("line {place} and the next swapped"), |lines| {
                lines.swap(place, place + 1);
            });
        }
        forged(&format!("line {place} doubled"), |lines| {
            lines.insert(place, lines[place].clone());
        });
    }
    forged("the last line at the beginning", |lines| lines.rotate_right(1));
    forged("a line that is no record", |lines| {
        lines.push(json!({"record": "{}", "signature": ""}));
    });
    forged("a line of another form", |lines| lines[3]["more"] = json!(1));
}

/// Every place inside a value where there is something to change.
fn places(value: &Json, path: String, into: &mut Vec<String>) {
    match value {
        Json::Object(fields) => {
            for (name, value) in fields {
                places(value, format!("{path}/{name}"), into);
            }
        }
        Json::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                places(value, format!("{path}/{index}"), into);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => into.push(path),
    }
}

/// Something else of the same kind.
fn other(value: &Json) -> Json {
    match value {
        Json::Bool(truth) => json!(!truth),
        Json::Number(number) => json!(number.as_u64().unwrap_or_default() + 1),
        Json::String(text) => {
            // Another digit, the same length.
            let mut changed: Vec<char> = text.chars().collect();
            match changed.iter_mut().rev().find(|c| c.is_ascii_digit()) {
                Some(digit) => *digit = if *digit == '7' { '3' } else { '7' },
                None => changed.push('x'),
            }
            json!(changed.into_iter().collect::<String>())
        }
        Json::Null => json!("x"),
        Json::Array(_) | Json::Object(_) => Json::Null,
    }
}

#[test]
fn every_field_of_every_kind_of_record_changed_is_found() {
    let original = lines(bundle_of_every_kind());
    let (mut kinds, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for (line, signed) in original.iter().enumerate() {
        let record: Json = serde_json::from_str(signed["record"].as_str().unwrap()).unwrap();
        let mut all = Vec::new();
        places(&record, String::new(), &mut all);
        let kind = record["body"]["kind"].as_str().unwrap();
        kinds.insert(kind.to_owned());
        for place in all {
            // Once for each field of each kind.
            if !seen.insert((kind.to_owned(), place.clone())) {
                continue;
            }
            let mut changed = record.clone();
            let value = changed.pointer_mut(&place).unwrap();
            *value = other(value);
            let what = format!("line {line} {place} = {}", record.pointer(&place).unwrap());
            let report = forged_of(bundle_of_every_kind(), &what, |lines| {
                lines[line]["record"] = json!(changed.to_string());
            });
            // By itself, not only because a file changed.
            assert!(
                report.problems.iter().any(|problem| problem.line == Some(line as u64 + 1)),
                "{what}"
            );
        }
    }
    assert_eq!(kinds, every_kind());
}

#[test]
fn a_signature_or_a_key_beside_a_record_changed_is_found() {
    let report =
        forged("a signature", |lines| lines[5]["signature"] = other(&lines[5]["signature"]));
    assert_eq!(report.first_problem().unwrap().check, Check::Signature);
    let decided = lines(bundle()).iter().position(|line| line.get("key").is_some()).unwrap();
    let report = forged("a key", |lines| lines[decided]["key"] = other(&lines[decided]["key"]));
    assert_eq!(report.first_problem().unwrap().check, Check::Envelope);
}

#[test]
fn a_flipped_byte_in_any_file_is_found() {
    let original = bundle();
    let mut files = vec![];
    for folder in ["", "editions"] {
        for entry in std::fs::read_dir(original.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                files.push(path.strip_prefix(original).unwrap().to_owned());
            }
        }
    }
    assert_eq!(files.len(), 8, "{files:?}");
    let folder = copy(original);
    let mut seed = 1_u64;
    for file in files {
        let path = folder.path().join(&file);
        let bytes = std::fs::read(&path).unwrap();
        for _ in 0..6 {
            // xorshift64 (Marsaglia 2003).
            for (left, by) in [(true, 13), (false, 7), (true, 17)] {
                seed ^= if left { seed << by } else { seed >> by };
            }
            let mut flipped = bytes.clone();
            let place = usize::try_from(seed % bytes.len() as u64).unwrap();
            flipped[place] ^= 1 << (seed >> 32 & 7);
            std::fs::write(&path, &flipped).unwrap();
            found(folder.path(), &format!("{} byte {place}", file.display()));
        }
        std::fs::write(&path, &bytes).unwrap();
    }
    holds(folder.path());
}

#[test]
fn a_file_added_removed_or_exchanged_is_found() {
    for file in [
        "records.jsonl",
        "grants.jsonl",
        "keys.json",
        "manifest.json",
        "manifest.sig",
        "SHA256SUMS",
        "unlock.json",
    ] {
        let folder = copy(bundle());
        std::fs::remove_file(folder.path().join(file)).unwrap();
        found(folder.path(), &format!("without {file}"));
    }
    let folder = copy(bundle());
    std::fs::write(folder.path().join("note.txt"), "see me").unwrap();
    assert_eq!(found(folder.path(), "a file more").first_problem().unwrap().check, Check::Manifest);
    let folder = copy(bundle());
    std::fs::remove_dir_all(folder.path().join("editions")).unwrap();
    found(folder.path(), "without the edition");
}

#[test]
fn a_bundle_signed_by_somebody_else_does_not_hold() {
    let folder = copy(bundle());
    let same = lines(folder.path());
    let stranger = SigningKey::generate(Profile::Ed25519, &[99; 32]);
    rewrite(folder.path(), &same, &stranger);
    let report = found(folder.path(), "a stranger's bundle");
    assert!(report.first_problem().unwrap().what.contains("which you do not trust"));

    // One that brings its own keys along.
    let folder = copy(bundle());
    let keys = folder.path().join("keys.json");
    let mut forged: Json = serde_json::from_slice(&std::fs::read(&keys).unwrap()).unwrap();
    forged["central"] = json!(stranger.verifying_key().to_pem());
    forged["lives"][0]["device_key"] = json!(stranger.verifying_key().to_pem());
    std::fs::write(&keys, serde_json::to_string_pretty(&forged).unwrap()).unwrap();
    let report = found(folder.path(), "keys of its own");
    assert!(report.problems.iter().any(|problem| problem.check == Check::Key));
}
