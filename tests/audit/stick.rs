//! A bundle on a stick, as a technician takes it away at the screen.

use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use jiff::civil::date;
use permit_kiosk::journal;
use permit_kiosk::terminal::export::{Wanted, to_stick};
use permit_kiosk::terminal::work::{Exported, Failed, Taken};
use permit_kiosk::wire::v1::Hash;

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
    let sealed = taken(to_stick(&wanted, &settings, goes_on, |_noted| Ok(())));
    assert!(sealed.sealed);
    let report = holds(&stick.path().join(&sealed.folder));
    assert_eq!(report.records, sealed.records);
    assert_eq!(report.decisions.equal, 0, "what is personal is closed: {:?}", report.decisions);

    // A key on the stick opens nothing: whoever brought it would choose who may read.
    let public = auditor().public().to_pem();
    std::fs::write(stick.path().join("auditor.pub"), &public).unwrap();
    wanted.at = "2026-11-23T05:00:00Z".parse().unwrap();
    assert!(taken(to_stick(&wanted, &settings, goes_on, |_noted| Ok(()))).sealed);

    // In the kiosk's folder of keys it does.
    std::fs::write(wanted.keys.join("auditor.pub"), &public).unwrap();
    wanted.at = "2026-11-23T06:00:00Z".parse().unwrap();
    let opens = taken(to_stick(&wanted, &settings, goes_on, |_noted| Ok(())));
    assert!(!opens.sealed);
    let report = holds(&stick.path().join(&opens.folder));
    assert_eq!((report.decisions.decided, report.decisions.equal), (3, 3));

    // A day nothing happened on is a bundle of nothing, and says so.
    wanted.from = Some(date(2027, 1, 1));
    wanted.at = "2026-11-23T07:00:00Z".parse().unwrap();
    assert_eq!(taken(to_stick(&wanted, &settings, goes_on, |_noted| Ok(()))).records, 0);

    // What is no key is told, and nothing goes out unsealed or sealed to nobody.
    std::fs::write(wanted.keys.join("auditor.pub"), "no key").unwrap();
    wanted.at = "2026-11-23T08:00:00Z".parse().unwrap();
    let came = to_stick(&wanted, &settings, goes_on, |_noted| Ok(()));
    assert_eq!(came, Exported::Failed(Failed::Key));
}

#[test]
fn what_is_ended_leaves_nothing() {
    let (day, settings) = settled();
    let stick = stick();
    let mut told = Vec::new();
    let came = to_stick(
        &wanted(&day, stick.path()),
        &settings,
        |done, of| {
            told.push((done, of));
            assert!(!is_empty(stick.path()), "it is being written");
            ControlFlow::Break(())
        },
        |_noted| Ok(()),
    );
    assert_eq!(came, Exported::Ended);
    assert!(matches!(told[..], [(done, of)] if done > 0 && done <= of), "{told:?}");
    assert!(is_empty(stick.path()));
}

#[test]
fn a_stick_that_is_pulled_out_is_told_as_that_and_nothing_falls_on_the_kiosks_own_disk() {
    let (day, settings) = settled();
    let Some(stick) = SmallDisk::mount() else { return };
    let came = to_stick(
        &wanted(&day, stick.path()),
        &settings,
        |_, _| {
            stick.pull_out();
            ControlFlow::Continue(())
        },
        |_noted| Ok(()),
    );
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
        crate::skipped::here("temporary files have a disk for themselves here");
        return;
    }
    let wanted = Wanted { data: data.path().to_owned(), ..wanted(&day, folder.path()) };
    let came = to_stick(&wanted, &settings, goes_on, |_noted| Ok(()));
    assert_eq!(came, Exported::NoStick(folder.path().to_owned()));
    assert!(is_empty(folder.path()));
}

#[test]
fn a_bundle_is_recorded_before_it_is_there() {
    let (day, settings) = settled();
    let stick = stick();
    let wanted = wanted(&day, stick.path());
    let names = || {
        let entries = std::fs::read_dir(stick.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    // The power goes while it is being recorded: nothing on the stick is a bundle.
    let cut = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        to_stick(&wanted, &settings, goes_on, |_| {
            std::panic::resume_unwind(Box::new("the power is gone"))
        })
    }));
    assert!(cut.is_err());
    let [left] = &names()[..] else { panic!("{:?}", names()) };
    assert!(left.ends_with(".partial"), "{left}");
    assert!(!stick.path().join(left).join("manifest.json").exists());

    // The journal cannot take the record, because the kiosk's own disk is full: there is no bundle, nothing is
    // left, and it is not the stick that is called full.
    let came = to_stick(&wanted, &settings, goes_on, |_| {
        let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
        Err(journal::Error::File { doing: "write", path: "journal.db".into(), source })
    });
    assert_eq!(came, Exported::Failed(Failed::Record));
    assert!(is_empty(stick.path()), "{:?}", names());

    // And what is recorded is what is there.
    let mut recorded = None;
    let whole = taken(to_stick(&wanted, &settings, goes_on, |exported| {
        recorded = Some(exported);
        Ok(())
    }));
    let manifest = std::fs::read(stick.path().join(&whole.folder).join("manifest.json")).unwrap();
    let recorded = recorded.unwrap();
    assert_eq!(recorded.manifest, Hash::of(&manifest));
    assert_eq!((recorded.by.as_str(), recorded.records), ("liu", whole.records));
}

#[test]
fn it_may_be_ended_while_its_tables_are_written() {
    let (day, settings) = settled();
    let stick = stick();
    let mut told = Vec::new();
    let ends_at_the_end = |done, of| {
        told.push((done, of));
        // The second time all are written.
        if told.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let came = to_stick(&wanted(&day, stick.path()), &settings, ends_at_the_end, |exported| {
        panic!("{exported:?} is not there")
    });
    assert_eq!(came, Exported::Ended);
    assert!(told.iter().all(|(done, of)| done == of), "{told:?}");
    assert!(is_empty(stick.path()));
}

#[test]
fn whoever_is_quick_has_two_bundles_and_what_lies_in_the_way_is_cleared() {
    let (day, settings) = settled();
    let stick = stick();
    let wanted = wanted(&day, stick.path());
    let first = taken(to_stick(&wanted, &settings, goes_on, |_noted| Ok(())));
    // A file, and a link to something that is not ours, where a bundle would be written.
    let theirs = tempfile::tempdir().unwrap();
    std::fs::write(theirs.path().join("photo.jpg"), "theirs").unwrap();
    std::fs::write(stick.path().join(format!("{}-2.partial", first.folder)), "a file").unwrap();
    let link = stick.path().join(format!("{}-3.partial", first.folder));
    std::os::unix::fs::symlink(theirs.path(), &link).unwrap();
    let second = taken(to_stick(&wanted, &settings, goes_on, |_noted| Ok(())));
    assert_eq!(second.folder, format!("{}-2", first.folder));
    holds(&stick.path().join(&first.folder));
    holds(&stick.path().join(&second.folder));
    assert_eq!(std::fs::read_dir(stick.path()).unwrap().count(), 2);
    assert!(theirs.path().join("photo.jpg").exists());
}

#[test]
fn a_full_stick_is_told_as_that_wherever_it_fills_up() {
    let (day, settings) = settled();
    let Some(stick) = SmallDisk::mount() else { return };
    let video = stick.fill();
    let (mut full, mut whole) = (0, 0);
    while whole == 0 {
        match to_stick(&wanted(&day, stick.path()), &settings, goes_on, |_noted| Ok(())) {
            Exported::Full => full += 1,
            Exported::Whole(_) => whole += 1,
            other @ (Exported::NoStick(_)
            | Exported::ReadOnly
            | Exported::PulledOut
            | Exported::Ended
            | Exported::Failed(_)) => {
                panic!("{other:?} with {} bytes of the video", video.metadata().unwrap().len())
            }
        }
        let file = std::fs::File::options().write(true).open(&video).unwrap();
        let length = file.metadata().unwrap().len();
        file.set_len(length.checked_sub(8192).expect("a bundle has less than 4 MB")).unwrap();
    }
    // In the records, in the tables, in the workbook and in what signs them.
    assert!(full > 8, "{full}");
}

fn settled() -> (Day, journal::Settings) {
    let day = Day::full();
    let settings = day.kiosk.settings();
    (day, settings)
}
