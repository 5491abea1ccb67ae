//! What wears a journal down without stopping it is told, and goes away by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use permit_kiosk::journal::{Head, Journal, Milestone, Reader, Settings};
use permit_kiosk::wire::v1::{Body, EditionRefused, Hash};

use super::issuing::started;
use super::{clock, settings};

#[test]
fn a_disk_that_takes_seconds_for_each_of_three_commits_is_slow_until_one_is_fast() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let slow = Arc::new(AtomicBool::new(false));
    let (watched, simulated) = (Arc::clone(&slow), clock.clone());
    let on_milestone = Arc::new(move |milestone| {
        if milestone == Milestone::BeforeCommit && watched.load(Ordering::SeqCst) {
            simulated.advance(Duration::from_secs(3));
        }
    });
    let settings = Settings { on_milestone: Some(on_milestone), ..settings(folder.path(), &clock) };
    let journal = Journal::provision(settings, Head::START).unwrap();
    let is_slow = || journal.condition().unwrap().is_slow;
    slow.store(true, Ordering::SeqCst);
    for _twice in 0..2 {
        journal.record(started()).unwrap();
        assert!(!is_slow(), "twice may happen");
    }
    journal.record(started()).unwrap();
    assert!(is_slow());
    journal.recover().unwrap();
    assert!(is_slow(), "it still takes as long");
    slow.store(false, Ordering::SeqCst);
    journal.recover().unwrap();
    assert!(!is_slow());
}

#[test]
fn a_log_that_somebody_who_reads_holds_open_is_told_and_shrinks_when_they_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::provision(settings(folder.path(), &clock()), Head::START).unwrap();
    journal.record(started()).unwrap();
    let long = Body::EditionRefused(EditionRefused {
        code: "OLDER".to_owned(),
        why: "x".repeat(400_000),
        edition: None,
        offered: Hash::ZERO,
    });
    let write = || journal.record(long.clone()).unwrap();
    // Nobody reads: SQLite empties the log again and again.
    for _ in 0..60 {
        write();
    }
    assert!(!journal.condition().unwrap().wal_is_large(), "{:?}", journal.condition());
    let reader = Reader::open(&folder.path().join("journal.db")).unwrap();
    reader.hold().unwrap();
    for _ in 0..60 {
        write();
    }
    assert!(journal.condition().unwrap().wal_is_large(), "{:?}", journal.condition());
    drop(reader);
    // The first moves it into the file, the next begins it anew.
    for _ in 0..3 {
        write();
    }
    assert!(!journal.condition().unwrap().wal_is_large(), "{:?}", journal.condition());
}

#[test]
fn a_mark_that_cannot_be_written_is_told_until_it_can() {
    let (folder, medium) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = medium.path().join("medium");
    std::fs::create_dir(&place).unwrap();
    let settings =
        Settings { mark: place.join("journal.mark"), ..settings(folder.path(), &clock()) };
    let journal = Journal::provision(settings, Head::START).unwrap();
    // The mark is written a tenth of a second after the last question.
    let until = |failed: bool| {
        for _ in 0..100 {
            std::thread::sleep(Duration::from_millis(150));
            if journal.condition().unwrap().mark_failed == failed {
                return;
            }
        }
        panic!("the mark is not told of");
    };
    let away = medium.path().join("away");
    std::fs::rename(&place, &away).unwrap();
    journal.record(started()).unwrap();
    until(true);
    std::fs::rename(&away, &place).unwrap();
    until(false);
}
