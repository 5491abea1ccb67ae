//! A bundle on a stick, as a technician takes it away at the screen.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use jiff::civil::date;
use permit_kiosk::terminal::export::{Wanted, to_stick};
use permit_kiosk::terminal::work::{Exported, Taken};

use super::{Day, auditor, holds};
use crate::journal::NOON;
use crate::power::disks::SmallDisk;

/// What is wanted of a day's kiosk on this stick. Its keys lie beside its journal.
fn wanted(day: &Day, stick: &Path) -> Wanted {
    let root = day.kiosk.folder.path();
    Wanted {
        stick: stick.to_owned(),
        data: root.to_owned(),
        keys: root.to_owned(),
        at: NOON.parse().unwrap(),
        by: "liu".to_owned(),
        from: None,
    }
}

fn goes_on(_done: u64, _of: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[track_caller]
fn taken(came: Exported) -> Taken {
    let Exported::Whole(taken) = came else { panic!("{came:?}") };
    taken
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

/// Another disk than the kiosk's: the machine's memory.
fn stick() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap()
}

#[test]
fn what_is_taken_away_holds_and_opens_for_the_auditor_whose_key_the_kiosk_has() {
    let (day, settings) = settled();
    let stick = stick();
    let mut wanted = wanted(&day, stick.path());
    let sealed = taken(to_stick(&wanted, &settings, goes_on));
    assert!(sealed.sealed);
    let report = holds(&stick.path().join(&sealed.folder));
    assert_eq!(report.records, sealed.records);
    assert_eq!(report.decisions.equal, 0, "what is personal is closed: {:?}", report.decisions);

    // A key on the stick opens nothing: whoever brought it would choose who may read.
    let public = auditor().public().to_pem();
    std::fs::write(stick.path().join("auditor.pub"), &public).unwrap();
    wanted.at = "2026-11-23T05:00:00Z".parse().unwrap();
    assert!(taken(to_stick(&wanted, &settings, goes_on)).sealed);

    // In the kiosk's folder of keys it does.
    std::fs::write(wanted.keys.join("auditor.pub"), &public).unwrap();
    wanted.at = "2026-11-23T06:00:00Z".parse().unwrap();
    let opens = taken(to_stick(&wanted, &settings, goes_on));
    assert!(!opens.sealed);
    let report = holds(&stick.path().join(&opens.folder));
    assert_eq!((report.decisions.decided, report.decisions.equal), (3, 3));

    // A day nothing happened on is a bundle of nothing, and says so.
    wanted.from = Some(date(2027, 1, 1));
    wanted.at = "2026-11-23T07:00:00Z".parse().unwrap();
    assert_eq!(taken(to_stick(&wanted, &settings, goes_on)).records, 0);

    // What is no key is told, and nothing goes out unsealed or sealed to nobody.
    std::fs::write(wanted.keys.join("auditor.pub"), "no key").unwrap();
    wanted.at = "2026-11-23T08:00:00Z".parse().unwrap();
    let came = to_stick(&wanted, &settings, goes_on);
    let Exported::Failed(why) = &came else { panic!("{came:?}") };
    assert!(why.contains("auditor.pub is no auditor's public key"), "{why}");
}

#[test]
fn what_is_ended_leaves_nothing() {
    let (day, settings) = settled();
    let stick = stick();
    let mut told = Vec::new();
    let came = to_stick(&wanted(&day, stick.path()), &settings, |done, of| {
        told.push((done, of));
        assert!(!is_empty(stick.path()), "it is being written");
        ControlFlow::Break(())
    });
    assert_eq!(came, Exported::Ended);
    assert!(matches!(told[..], [(done, of)] if done > 0 && done <= of), "{told:?}");
    assert!(is_empty(stick.path()));
}

#[test]
fn a_stick_that_is_pulled_out_is_told_as_that_and_nothing_falls_on_the_kiosks_own_disk() {
    let (day, settings) = settled();
    let Some(stick) = SmallDisk::mount() else { return };
    let came = to_stick(&wanted(&day, stick.path()), &settings, |_, _| {
        stick.pull_out();
        ControlFlow::Continue(())
    });
    assert_eq!(came, Exported::PulledOut);
    assert!(is_empty(stick.path()), "the folder it was mounted on");
}

#[test]
fn a_folder_on_the_systems_disk_is_no_stick_even_where_the_data_have_a_disk_for_themselves() {
    let (day, settings) = settled();
    let data = stick();
    let folder = tempfile::tempdir().unwrap();
    let disk = |folder: &Path| std::fs::metadata(folder).unwrap().dev();
    if disk(folder.path()) != disk(Path::new("/")) {
        let mut told = std::io::stderr();
        writeln!(told, "SKIPPED: temporary files have a disk for themselves here").unwrap();
        return;
    }
    let wanted = Wanted { data: data.path().to_owned(), ..wanted(&day, folder.path()) };
    let came = to_stick(&wanted, &settings, goes_on);
    assert_eq!(came, Exported::NoStick(folder.path().to_owned()));
    assert!(is_empty(folder.path()));
}

fn settled() -> (Day, permit_kiosk::journal::Settings) {
    let day = Day::full();
    let settings = day.kiosk.settings();
    (day, settings)
}
