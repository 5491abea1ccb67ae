//! Offers that are refused, each with its word; what decided before goes on deciding.

use jiff::civil::date;
use permit_kiosk::fault::FaultCode;
use permit_kiosk::rules::Rulebook;
use permit_kiosk::wire::v1::{EditionManifest, EditionSignature, Publishers, SignedEdition};

use super::{Plan, clock, key, number, offer, offer_bytes, open, publishers};

/// A kiosk that decides by 1.5 is offered something: it is refused with this word and changes nothing.
#[track_caller]
fn check(offered: &SignedEdition, code: &str) {
    check_bytes(offered.to_text().as_bytes(), code);
}

#[track_caller]
fn check_bytes(offered: &[u8], code: &str) {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    offer(&shelf, &Plan::of(1, 5).published()).unwrap();
    let before = files_in(folder.path());

    let refusal = offer_bytes(&shelf, offered).unwrap_err();
    assert_eq!(refusal.code, code, "{}", refusal.why.en);
    assert!(!refusal.why.zh.is_empty() && !refusal.why.en.is_empty());
    assert_eq!(number(&shelf), Some((1, 5)), "what decided goes on deciding");
    assert_eq!(shelf.rulebook().edition(), "small 1.5");
    assert_eq!(files_in(folder.path()), before, "nothing of it reaches the disk");
    let status = shelf.status();
    assert_eq!(status.refused, [*refusal]);
    let faults = status.faults;
    assert!(
        faults == [FaultCode::RulebookInvalid] || faults == [FaultCode::RulebookRolledBack],
        "{faults:?}"
    );
}

fn files_in(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

fn next() -> Plan {
    Plan::of(1, 6)
}

#[test]
fn the_next_edition_is_taken_when_any_two_of_three_sign_it() {
    for signers in [[1, 2], [1, 3], [2, 3]] {
        let folder = tempfile::tempdir().unwrap();
        let shelf = open(folder.path(), 1, &clock());
        offer(&shelf, &Plan::of(1, 5).published()).unwrap();
        offer(&shelf, &next().signed(&signers)).unwrap();
        assert_eq!(number(&shelf), Some((1, 6)));
        assert_eq!(shelf.status().faults, []);
    }
}

#[test]
fn a_flipped_bit_anywhere_is_found() {
    let text = next().published().to_text();
    let bytes = text.as_bytes();
    // Every part of the file, in steps that meet names, values, digests, signatures and texts.
    for at in (0..bytes.len()).step_by(61) {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1;
        let folder = tempfile::tempdir().unwrap();
        let shelf = open(folder.path(), 1, &clock());
        offer_bytes(&shelf, &flipped).unwrap_err();
        assert_eq!(number(&shelf), None, "byte {at} of {}", bytes.len());
    }
}

#[test]
fn signatures_are_needed_from_two_distinct_trusted_publishers() {
    let unsigned = next().signed(&[]);
    check(&unsigned, "NOT_SIGNED");
    check(&next().signed(&[1]), "NOT_SIGNED");
    check(&next().signed(&[7, 8]), "NOT_SIGNED");
    check(&next().signed(&[1, 7]), "NOT_SIGNED");

    let mut twice = next().signed(&[1]);
    twice.signatures.push(twice.signatures[0].clone());
    check(&twice, "NOT_SIGNED");

    // One signature under the names of two trusted keys.
    let mut renamed = next().signed(&[1]);
    let signature = renamed.signatures[0].signature.clone();
    renamed.signatures.push(EditionSignature { key: key(2).id().to_string(), signature });
    check(&renamed, "MANIFEST_CHANGED");

    let mut none_readable = next().published();
    for signature in &mut none_readable.signatures {
        signature.signature.push_str("00");
    }
    check(&none_readable, "MANIFEST_CHANGED");
}

#[test]
fn a_signature_made_for_another_purpose_is_none() {
    let mut other = next().signed(&[1]);
    let signed = key(2).sign("permit-kiosk/snapshot/1", other.manifest.as_bytes());
    let key = key(2).id().to_string();
    other.signatures.push(EditionSignature { key, signature: signed.to_string() });
    check(&other, "MANIFEST_CHANGED");
}

#[test]
fn an_edited_manifest_is_no_longer_signed() {
    let mut edited = next().published();
    edited.manifest = edited.manifest.replace("\"version\":6", "\"version\":7");
    check(&edited, "MANIFEST_CHANGED");
    // The same meaning in other bytes was not signed either.
    let mut spaced = next().published();
    spaced.manifest = spaced.manifest.replacen(':', ": ", 1);
    check(&spaced, "MANIFEST_CHANGED");
}

#[test]
fn exactly_the_signed_files_are_taken() {
    let mut added = next().published();
    added.files.insert("rules/more.toml".to_owned(), String::new());
    check(&added, "FILES_CHANGED");

    let mut removed = next().published();
    removed.files.remove("cases/all.toml");
    check(&removed, "FILES_CHANGED");

    let mut renamed = next().published();
    let rules = renamed.files.remove("rules/all.toml").unwrap();
    renamed.files.insert("rules/any.toml".to_owned(), rules);
    check(&renamed, "FILES_CHANGED");

    let mut changed = next().published();
    let rules = changed.files.get_mut("rules/all.toml").unwrap();
    *rules = rules.replace("PERSON_WANTED", "PERSON_WISHED");
    check(&changed, "FILES_CHANGED");
}

#[test]
fn a_really_signed_older_edition_is_refused() {
    check(&Plan::of(1, 4).published(), "OLDER");
    let folder = tempfile::tempdir().unwrap();
    let shelf = open(folder.path(), 1, &clock());
    offer(&shelf, &Plan::of(1, 5).published()).unwrap();
    offer(&shelf, &Plan::of(1, 4).published()).unwrap_err();
    assert_eq!(shelf.status().faults, [FaultCode::RulebookRolledBack]);
    // A good offer ends the alarm.
    offer(&shelf, &Plan::of(1, 5).published()).unwrap();
    assert_eq!(shelf.status().faults, []);
}

#[test]
fn the_same_number_with_another_content_is_refused() {
    let other = Plan { refresh_by: date(2027, 2, 1), ..Plan::of(1, 5) };
    check(&other.published(), "SAME_NUMBER");
    // Signed by another two it is the same edition.
    let folder = tempfile::tempdir().unwrap();
    let shelf = open(folder.path(), 1, &clock());
    offer(&shelf, &Plan::of(1, 5).published()).unwrap();
    offer(&shelf, &Plan::of(1, 5).signed(&[2, 3])).unwrap();
}

#[test]
fn other_rulebooks_and_channels_of_the_same_signers_are_refused() {
    check(&Plan { name: "other", ..next() }.published(), "OTHER_RULEBOOK");
    check(&Plan { channel: "canary", ..next() }.published(), "OTHER_CHANNEL");
}

#[test]
fn an_expired_edition_never_becomes_active() {
    let expired =
        Plan { refresh_by: date(2026, 11, 10), reject_after: date(2026, 11, 22), ..next() };
    check(&expired.published(), "EXPIRED");
    // On its last day it is taken, and said to be stale.
    let last_day = Plan { reject_after: date(2026, 11, 23), ..expired };
    let folder = tempfile::tempdir().unwrap();
    let shelf = open(folder.path(), 1, &clock());
    offer(&shelf, &last_day.published()).unwrap();
    assert_eq!(shelf.status().faults, [FaultCode::RulebookStale]);
}

#[test]
fn an_edition_whose_cases_fail_is_refused_though_really_signed() {
    check(&Plan { expected: "ISSUE", ..next() }.published(), "MISTAKES");
}

#[test]
fn what_the_signed_manifest_says_must_stand_in_the_signed_file() {
    // The publishers sign a manifest of version 9 over the files of version 6.
    let manifest = EditionManifest { version: 9, ..next().manifest() };
    let mut signed = SignedEdition::unsigned(&manifest, next().files());
    signed.sign(&key(1));
    signed.sign(&key(2));
    check(&signed, "MANIFESTS_DISAGREE");
}

#[test]
fn what_is_no_edition_is_refused_before_it_is_parsed_or_soon_after() {
    let good = next().published().to_text();
    check_bytes(b"", "UNREADABLE");
    check_bytes(b"\xff\xfe", "UNREADABLE");
    check_bytes(b"[1, 2, 3]", "UNREADABLE");
    check_bytes(&good.as_bytes()[..good.len() / 2], "UNREADABLE");
    check_bytes(&good.as_bytes()[..good.len() - 1], "UNREADABLE");
    check_bytes(&vec![b' '; SignedEdition::BYTES_MAX + 1], "UNREADABLE");
    check_bytes(&vec![b'['; 1_000_000], "UNREADABLE");
    check_bytes(good.replacen("edition/1", "edition/2", 1).as_bytes(), "OTHER_FORMAT");
    check_bytes(good.replacen("{\"format", "{\"draft\":true,\"format", 1).as_bytes(), "UNREADABLE");

    let mut many = next().published();
    many.signatures = vec![many.signatures[0].clone(); SignedEdition::SIGNATURES_MAX + 1];
    check(&many, "UNREADABLE");
    let mut long = next().published();
    long.manifest = " ".repeat(EditionManifest::BYTES_MAX + 1);
    check(&long, "UNREADABLE");
}

#[test]
fn no_leaked_key_shuts_a_kiosk_out_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    offer(&shelf, &Plan::of(1, 5).published()).unwrap();
    // Two leaked keys sign the highest epoch: it comes with the trusted file, not with an edition.
    let far = Plan::of(Rulebook::NUMBER_MAX, 1).signed(&[1, 2]);
    assert_eq!(offer(&shelf, &far).unwrap_err().code, "OTHER_EPOCH");
    // And the highest version, which is taken.
    let high = Plan::of(1, Rulebook::NUMBER_MAX).published();
    offer(&shelf, &high).unwrap();
    assert_eq!(offer(&shelf, &Plan::of(1, 6).published()).unwrap_err().code, "OLDER");
    drop(shelf);

    // New keys come with a new trusted file. Nothing of the old ones' is decided by any more …
    let shelf = open(folder.path(), 2, &clock);
    assert_eq!(number(&shelf), None);
    assert_eq!(shelf.rulebook().edition(), "no-edition 1.1");
    assert_eq!(offer(&shelf, &high).unwrap_err().code, "NOT_SIGNED");
    // … the first edition of the new epoch is taken, however low its version …
    offer(&shelf, &Plan::of(2, 1).published()).unwrap();
    assert_eq!(number(&shelf), Some((2, 1)));
    drop(shelf);
    // … and with the old trusted file put back, the old keys are worth nothing.
    let shelf = open(folder.path(), 1, &clock);
    assert_eq!(number(&shelf), None);
    assert_eq!(offer(&shelf, &high).unwrap_err().code, "OLDER");
}

#[test]
fn a_list_of_publishers_asks_for_two_persons_at_least() {
    let keys = |numbers: &[u8]| {
        let keys = numbers.iter().map(|n| (format!("p{n}"), key(*n).verifying_key()));
        keys.collect::<Vec<_>>()
    };
    let read = |epoch, threshold, numbers: &[u8]| {
        Publishers::new("small", "all", epoch, threshold, keys(numbers))
    };
    read(1, 2, &[1, 2]).unwrap();
    read(1, 0, &[1, 2, 3]).unwrap_err();
    read(1, 1, &[1, 2, 3]).unwrap_err();
    read(1, 3, &[1, 2]).unwrap_err();
    read(0, 2, &[1, 2]).unwrap_err();
    let twins =
        [("a".to_owned(), key(1).verifying_key()), ("b".to_owned(), key(1).verifying_key())];
    Publishers::new("small", "all", 1, 2, twins).unwrap_err();

    let text = publishers(1).to_text();
    assert_eq!(Publishers::read(text.as_bytes()).unwrap().to_text(), text);
    Publishers::read(text.replace("publishers/1", "publishers/2").as_bytes()).unwrap_err();
    Publishers::read(&vec![b' '; Publishers::BYTES_MAX + 1]).unwrap_err();
}

/// Whoever reads a code on the console finds in the handbook what to do.
#[test]
fn every_code_of_a_refusal_stands_in_the_handbook() {
    let source = include_str!("../../src/rulebooks/refusal.rs");
    let handbook = include_str!("../../docs/rulebook.md");
    let words = source
        .split('"')
        .filter(|word| word.len() > 4 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'));
    let mut count = 0;
    for code in words {
        assert!(handbook.contains(&format!("`{code}`")), "{code} is not in docs/rulebook.md");
        count += 1;
    }
    assert!(count > 12, "only {count} codes were found");
}
