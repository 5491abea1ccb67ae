//! A disk restored from an old image is noticed: by the mark, and it issues nothing.

use std::fs;
use std::path::Path;

use permit_kiosk::journal::{Error, Head, Journal, Settings};

use super::{FOOD_SELLERS, Kiosk, food_seller, id, leased, settings};

/// Copies the files of `names` as a restored image would bring them.
fn copy(from: &Path, to: &Path, names: &[&str]) {
    for name in names {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

/// A kiosk that issued twice, with an image of its disk from after the first.
fn imaged() -> (Kiosk, tempfile::TempDir) {
    let kiosk = Kiosk::with_numbers(100);
    kiosk.issue(1).unwrap();
    let kiosk = kiosk.reopened();
    let image = tempfile::tempdir().unwrap();
    kiosk.journal.clone().close();
    copy(kiosk.folder.path(), image.path(), &["journal.db", "journal.keys", "journal.mark"]);
    let kiosk = kiosk.reopened();
    kiosk.issue(2).unwrap();
    kiosk.journal.clone().close();
    (kiosk, image)
}

#[track_caller]
fn check_issues_nothing(journal: &Journal, why: &str) {
    let error = journal.issue(food_seller(id(9))).unwrap_err();
    let Error::Quarantined { reason } = &error else { panic!("{error}") };
    assert!(reason.contains(why), "{reason}");
}

#[test]
fn a_journal_restored_from_an_old_copy_issues_nothing() {
    let (kiosk, image) = imaged();
    copy(image.path(), kiosk.folder.path(), &["journal.db", "journal.keys"]);
    let journal = Journal::open(kiosk.settings()).unwrap();
    check_issues_nothing(&journal, "restored from an old copy");
    // It stays so, also when the mark is gone along with the next restart.
    journal.close();
    let journal = Journal::open(kiosk.settings()).unwrap();
    check_issues_nothing(&journal, "restored from an old copy");
    // What was issued is still told.
    assert!(journal.find_issued(id(1)).unwrap().is_some());
}

#[test]
fn the_journal_and_its_mark_together_are_as_good_as_the_day_they_were_copied() {
    // The negative control: nothing of ours is elsewhere, so only central can tell.
    let (kiosk, image) = imaged();
    copy(image.path(), kiosk.folder.path(), &["journal.db", "journal.keys", "journal.mark"]);
    let journal = Journal::open(kiosk.settings()).unwrap();
    journal.issue(food_seller(id(3))).unwrap();
}

#[test]
fn a_restored_journal_that_went_another_way_is_noticed_as_well() {
    let (kiosk, image) = imaged();
    let ahead = tempfile::tempdir().unwrap();
    copy(kiosk.folder.path(), ahead.path(), &["journal.mark"]);
    copy(image.path(), kiosk.folder.path(), &["journal.db", "journal.keys", "journal.mark"]);
    // Somebody goes on with the copy while its medium is out, and puts it back later.
    let journal = Journal::open(kiosk.settings()).unwrap();
    for application in 3..6 {
        journal.issue(food_seller(id(application))).unwrap();
    }
    journal.close();
    copy(ahead.path(), kiosk.folder.path(), &["journal.mark"]);
    let journal = Journal::open(kiosk.settings()).unwrap();
    check_issues_nothing(&journal, "another record");
}

#[test]
fn without_its_mark_a_kiosk_does_not_start_and_nothing_is_decided_for_good() {
    let (kiosk, _image) = imaged();
    let mark = kiosk.folder.path().join("journal.mark");
    let kept = fs::read(&mark).unwrap();
    for wrong in [None, Some(&b"{}"[..]), Some(&[b' '; 2000][..])] {
        fs::remove_file(&mark).unwrap();
        if let Some(wrong) = wrong {
            fs::write(&mark, wrong).unwrap();
        }
        let error = Journal::open(kiosk.settings()).unwrap_err();
        assert!(matches!(error, Error::Mark { .. }), "{error}");
        fs::write(&mark, &kept).unwrap();
    }
    let journal = Journal::open(kiosk.settings()).unwrap();
    journal.issue(food_seller(id(3))).unwrap();
}

#[test]
fn a_new_life_begins_with_a_mark_of_its_own() {
    let (kiosk, _image) = imaged();
    let head = Journal::open(kiosk.settings()).unwrap();
    let end = head.head().unwrap();
    head.close();
    fs::remove_file(kiosk.folder.path().join("journal.db")).unwrap();
    let second = Settings { incarnation: 2, ..kiosk.settings() };
    let journal = Journal::provision(second.clone(), end).unwrap();
    journal.close();
    let journal = Journal::open(second).unwrap();
    assert_eq!(journal.quarantined().unwrap(), None);
    journal.close();
    // The disk of the first life comes back from the shelf.
    let folder = tempfile::tempdir().unwrap();
    let first = Journal::provision(settings(folder.path(), &kiosk.clock), Head::START).unwrap();
    first.install_block(leased(FOOD_SELLERS, 0, 10)).unwrap();
    first.close();
    fs::copy(kiosk.folder.path().join("journal.mark"), folder.path().join("journal.mark")).unwrap();
    let first = Journal::open(settings(folder.path(), &kiosk.clock)).unwrap();
    check_issues_nothing(&first, "in its life 2");
}
