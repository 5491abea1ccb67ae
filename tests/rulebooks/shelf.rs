//! What is kept and what decides: restarts, power cuts, bit rot, clocks, copies.

use std::path::{Path, PathBuf};

use jiff::civil::date;
use permit_kiosk::fault::FaultCode;
use permit_kiosk::rulebooks::{Offered, Shelf};
use proptest::prelude::*;

use super::{Plan, clock, number, offer, open, open_after};

/// The file of an edition on the shelf.
fn file_of(folder: &Path, number: &str) -> PathBuf {
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(number)).unwrap()
}

#[test]
fn after_a_restart_the_same_edition_decides() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    assert_eq!(shelf.status().faults, [FaultCode::RulebookMissing]);
    offer(&shelf, &Plan::of(1, 1).published()).unwrap();
    offer(&shelf, &Plan::of(1, 2).published()).unwrap();
    let (status, digest) = (shelf.status(), shelf.rulebook().digest().to_owned());
    drop(shelf);

    let shelf = open(folder.path(), 1, &clock);
    assert_eq!(shelf.status(), status);
    assert_eq!(shelf.rulebook().digest(), digest);
    let kept: Vec<u64> = status.kept.iter().map(|edition| edition.version).collect();
    assert_eq!(kept, [2, 1]);
}

#[test]
fn an_old_case_can_be_decided_again_by_its_own_edition() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    let mut digests = vec![shelf.rulebook().digest().to_owned()];
    for version in 1..=5 {
        offer(&shelf, &Plan::of(1, version).published()).unwrap();
        digests.push(shelf.rulebook().digest().to_owned());
    }
    drop(shelf);
    // Also after the publishers' keys have changed: the digest is its own proof.
    let shelf = open(folder.path(), 2, &clock);
    for digest in &digests {
        assert_eq!(shelf.by_digest(digest).unwrap().digest(), digest);
    }
    assert!(shelf.by_digest(&"0".repeat(64)).is_none());
    // A changed file is not taken for what its name says.
    let path = file_of(folder.path(), "1.3-");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("PERSON_WANTED", "PERSON_WISHED")).unwrap();
    assert!(shelf.by_digest(&digests[3]).is_none());
}

#[test]
fn a_power_cut_between_file_and_mark_ends_with_the_newer_edition() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    offer(&shelf, &Plan::of(1, 1).published()).unwrap();
    let mark = std::fs::read(folder.path().join("mark.json")).unwrap();
    offer(&shelf, &Plan::of(1, 2).published()).unwrap();
    drop(shelf);
    std::fs::write(folder.path().join("mark.json"), mark).unwrap();

    let shelf = open(folder.path(), 1, &clock);
    assert_eq!(number(&shelf), Some((1, 2)));
    drop(shelf);
    // And the mark was raised meanwhile: without the newer file nothing decides.
    std::fs::remove_file(file_of(folder.path(), "1.2-")).unwrap();
    let shelf = open(folder.path(), 1, &clock);
    assert_eq!(number(&shelf), None);
}

#[test]
fn a_mark_without_its_file_lets_nothing_older_decide() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    offer(&shelf, &Plan::of(1, 1).published()).unwrap();
    offer(&shelf, &Plan::of(1, 2).published()).unwrap();
    drop(shelf);
    std::fs::remove_file(file_of(folder.path(), "1.2-")).unwrap();

    let shelf = open(folder.path(), 1, &clock);
    assert_eq!(number(&shelf), None);
    assert_eq!(shelf.rulebook().edition(), "no-edition 1.1");
    assert_eq!(offer(&shelf, &Plan::of(1, 1).published()).unwrap_err().code, "OLDER");
    // Central sends the same one again, and it decides again.
    offer(&shelf, &Plan::of(1, 2).published()).unwrap();
    assert_eq!(number(&shelf), Some((1, 2)));
}

#[test]
fn an_edition_good_but_not_yet_recorded_decides_after_the_restart_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    offer(&shelf, &Plan::of(1, 1).published()).unwrap();
    let offered = shelf.offer(Plan::of(1, 2).published().to_text().as_bytes());
    assert!(matches!(offered, Offered::Good(_)));
    assert_eq!(number(&shelf), Some((1, 1)));
    drop(shelf);
    assert_eq!(number(&open(folder.path(), 1, &clock)), Some((1, 2)));
}

#[test]
fn a_rotten_file_is_set_aside_and_nothing_older_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    offer(&shelf, &Plan::of(1, 1).published()).unwrap();
    offer(&shelf, &Plan::of(1, 2).published()).unwrap();
    drop(shelf);
    let path = file_of(folder.path(), "1.2-");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(&path, &bytes).unwrap();

    let shelf = open(folder.path(), 1, &clock);
    assert_eq!(number(&shelf), None);
    let status = shelf.status();
    assert_eq!(status.faults, [FaultCode::RulebookMissing, FaultCode::RulebookInvalid]);
    assert_eq!(status.refused[0].code, "DAMAGED");
    assert!(!path.exists());
    let mut aside = path.into_os_string();
    aside.push(".damaged");
    assert_eq!(std::fs::read(aside).unwrap(), bytes, "kept as it was");
    offer(&shelf, &Plan::of(1, 2).published()).unwrap();
    assert_eq!(shelf.status().faults, []);
}

#[test]
fn a_good_one_that_the_mark_allows_takes_the_place_of_a_rotten_one() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    offer(&shelf, &Plan::of(1, 1).published()).unwrap();
    let mark = std::fs::read(folder.path().join("mark.json")).unwrap();
    offer(&shelf, &Plan::of(1, 2).published()).unwrap();
    drop(shelf);
    // Cut off before the mark, and the file did not survive either.
    std::fs::write(folder.path().join("mark.json"), mark).unwrap();
    std::fs::write(file_of(folder.path(), "1.2-"), b"half").unwrap();
    assert_eq!(number(&open(folder.path(), 1, &clock)), Some((1, 1)));
}

#[test]
fn a_shelf_put_back_to_an_older_copy_is_found_by_the_journal() {
    let (folder, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    offer(&shelf, &Plan::of(1, 1).published()).unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    offer(&shelf, &Plan::of(1, 2).published()).unwrap();
    let recorded = shelf.active().unwrap();

    let shelf = open_after(copy.path(), 1, &clock, Some(&recorded));
    assert_eq!(number(&shelf), None);
    assert_eq!(shelf.status().faults, [FaultCode::RulebookMissing, FaultCode::RulebookRolledBack]);
    assert_eq!(offer(&shelf, &Plan::of(1, 1).published()).unwrap_err().code, "OLDER");
    let twin = Plan { refresh_by: date(2027, 2, 2), ..Plan::of(1, 2) };
    assert_eq!(offer(&shelf, &twin.published()).unwrap_err().code, "SAME_NUMBER");
    offer(&shelf, &Plan::of(1, 2).published()).unwrap();
    assert_eq!(shelf.status().faults, []);
}

#[test]
fn a_damaged_mark_is_no_way_back() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    offer(&shelf, &Plan::of(1, 2).published()).unwrap();
    let recorded = shelf.active().unwrap();
    drop(shelf);
    for damage in [&b""[..], b"{}", b"nonsense"] {
        std::fs::write(folder.path().join("mark.json"), damage).unwrap();
        let shelf = open_after(folder.path(), 1, &clock, Some(&recorded));
        assert_eq!(number(&shelf), Some((1, 2)));
        assert_eq!(offer(&shelf, &Plan::of(1, 1).published()).unwrap_err().code, "OLDER");
    }
}

#[test]
fn past_its_dates_an_edition_is_stale_and_then_refers() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    offer(&shelf, &Plan::of(1, 1).published()).unwrap();
    let check = |today: &str, stale: bool, expired: bool, faults: &[FaultCode]| {
        clock.set(format!("{today}T04:00:00Z").parse().unwrap());
        let status = shelf.status();
        let active = status.active.unwrap();
        assert_eq!((active.stale, active.expired), (stale, expired), "{today}");
        assert_eq!(status.faults, faults, "{today}");
    };
    check("2027-01-31", false, false, &[]);
    check("2027-02-01", true, false, &[FaultCode::RulebookStale]);
    check("2027-06-30", true, false, &[FaultCode::RulebookStale]);
    check("2027-07-01", true, true, &[FaultCode::RulebookStale]);
    // A newer one ends it.
    let newer = Plan {
        issued: date(2027, 7, 1),
        refresh_by: date(2027, 9, 1),
        reject_after: date(2027, 12, 31),
        ..Plan::of(1, 2)
    };
    offer(&shelf, &newer.published()).unwrap();
    check("2027-07-01", false, false, &[]);
}

#[test]
fn a_clock_set_back_makes_nothing_younger() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shelf = open(folder.path(), 1, &clock);
    offer(&shelf, &Plan { issued: date(2026, 11, 20), ..Plan::of(1, 1) }.published()).unwrap();
    drop(shelf);
    clock.set("2001-01-01T00:00:00Z".parse().unwrap());
    let shelf = open(folder.path(), 1, &clock);
    assert_eq!(shelf.today(), date(2026, 11, 20));
    // Long expired by the newest signed date seen, whatever the clock says.
    let expired = Plan {
        issued: date(2026, 10, 1),
        refresh_by: date(2026, 11, 1),
        reject_after: date(2026, 11, 19),
        ..Plan::of(1, 2)
    };
    assert_eq!(offer(&shelf, &expired.published()).unwrap_err().code, "EXPIRED");
}

#[test]
fn the_same_refused_thing_offered_again_is_no_news() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = open(folder.path(), 1, &clock());
    let news = |bytes: &[u8]| match shelf.offer(bytes) {
        Offered::Refused { again, .. } => !again,
        Offered::Good(_) | Offered::Present => panic!("it is refused"),
    };
    assert!(news(b"one"));
    assert!(!news(b"one"));
    assert!(news(b"two"));
    assert!(news(b"one"));
    assert_eq!(shelf.status().refused.len(), 3);
    for n in 0..20 {
        news(format!("{n}").as_bytes());
    }
    assert_eq!(shelf.status().refused.len(), 8);
}

/// Offers and restarts in any order, by a kiosk whose trusted file may be renewed: what decides never
/// counts down, and nothing decides that was not offered.
#[test]
fn no_sequence_of_offers_ever_goes_back() {
    let config = ProptestConfig {
        cases: 48,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_123),
        ..ProptestConfig::default()
    };
    // The epoch of the offer, its version, its signers; and whether the kiosk restarts before it.
    let signers = prop_oneof![Just(2_usize), Just(2), Just(1)];
    let step = (1..3_u64, 1..6_u64, signers, any::<bool>(), any::<bool>());
    proptest!(config, |(steps in proptest::collection::vec(step, 1..12))| {
        let folder = tempfile::tempdir().unwrap();
        let clock = clock();
        let mut epoch = 1;
        let mut shelf: Shelf = open(folder.path(), epoch, &clock);
        let mut highest = (0, 0);
        for (offered_epoch, version, signers, restarts, rotates) in steps {
            if restarts {
                epoch = if rotates { 2 } else { epoch };
                drop(shelf);
                shelf = open(folder.path(), epoch, &clock);
            }
            let all: [u8; 2] = if offered_epoch == 1 { [1, 2] } else { [4, 5] };
            let signed = Plan::of(offered_epoch, version).signed(&all[..signers]);
            let taken = offer(&shelf, &signed).is_ok();
            let may = signers == 2 && offered_epoch == epoch && (offered_epoch, version) >= highest;
            prop_assert_eq!(taken, may);
            if let Some(now) = number(&shelf) {
                prop_assert!(now >= highest, "{:?} after {:?}", now, highest);
                highest = now;
            }
        }
    });
}
