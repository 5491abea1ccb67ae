//! The file: made once, in use once, and never replaced by an empty one.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use permit_kiosk::journal::{Error, Head, Journal, Reader, Settings};
use permit_kiosk::wire::v1::{Body, Faulted, Header, PrintStep};
use rusqlite::Connection;

use super::{Kiosk, check_file, clock, device_key, food_seller, id, settings};

#[test]
fn a_missing_journal_is_an_error_and_not_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let error = Journal::open(settings(folder.path(), &clock())).unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");
    assert!(!folder.path().join("journal.db").exists());
}

#[test]
fn a_journal_is_never_provisioned_over_another_or_over_the_rest_of_one() {
    let kiosk = Kiosk::new();
    kiosk.journal.clone().close();
    let error = Journal::provision(kiosk.settings(), Head::START).unwrap_err();
    assert!(matches!(error, Error::Exists { .. }), "{error}");

    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("journal.db-wal"), b"pages of a journal that is elsewhere");
    let error = Journal::provision(settings(folder.path(), &clock()), Head::START).unwrap_err();
    assert!(matches!(error, Error::Exists { .. }), "{error}");
}

#[test]
fn the_rest_of_a_provisioning_that_was_cut_off_is_no_hindrance() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("journal.db.new"), b"half");
    put(&folder.path().join("journal.db.new-wal"), b"half");
    Journal::provision(settings(folder.path(), &clock()), Head::START).unwrap().close();
    assert!(!folder.path().join("journal.db.new").exists());
    check_file(&folder.path().join("journal.db"));
}

#[test]
fn a_second_process_is_kept_out() {
    let kiosk = Kiosk::new();
    let error = Journal::open(kiosk.settings()).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    // Reading beside the writer is allowed.
    kiosk.journal.record(super::issuing::started()).unwrap();
    let reader = Reader::open(&kiosk.folder.path().join("journal.db")).unwrap();
    assert_eq!(reader.head().unwrap().position, 1);
    assert_eq!(reader.outbox_state().unwrap().unsent, 1);
}

#[test]
fn the_journal_of_another_kiosk_or_another_life_is_refused_and_left_alone() {
    let kiosk = Kiosk::new();
    kiosk.journal.clone().close();
    let other_life = Settings { incarnation: 2, ..kiosk.settings() };
    let error = Journal::open(other_life).unwrap_err();
    assert!(matches!(error, Error::OtherKiosk { found_incarnation: 1, .. }), "{error}");
    Journal::open(kiosk.settings()).unwrap().close();
}

#[test]
fn a_new_life_goes_on_from_the_last_record_central_has() {
    let first_life = Kiosk::with_numbers(10);
    first_life.issue(1).unwrap();
    let start = first_life.journal.head().unwrap();

    let folder = tempfile::tempdir().unwrap();
    let second = Settings { incarnation: 2, ..settings(folder.path(), &clock()) };
    let journal = Journal::provision(second.clone(), start).unwrap();
    assert_eq!(journal.head().unwrap(), start);
    assert_eq!(journal.outbox_state().unwrap().unsent, 0);
    journal.acknowledge(start.position, start.hash).unwrap();
    let position = journal.record(super::issuing::started()).unwrap();
    assert_eq!(position, start.position + 1);
    journal.close();

    let journal = Journal::open(second).unwrap();
    let unsent = journal.outbox(start.position, 10, usize::MAX).unwrap();
    let header = Header::read(unsent[0].record.record.reveal()).unwrap();
    assert_eq!((header.incarnation, header.previous), (2, start.hash));
    let reader = Reader::open(&folder.path().join("journal.db")).unwrap();
    let verified = reader.verify(&device_key().verifying_key()).unwrap().unwrap();
    assert_eq!(verified, journal.head().unwrap());
    // Numbers of the first life are not for the second.
    let error = journal.install_block(super::leased("food/1/370303", 0, 10)).unwrap_err();
    assert!(matches!(error, Error::BlockOfAnother { .. }), "{error}");
}

#[test]
fn newer_software_has_been_here_and_older_stays_out() {
    let kiosk = Kiosk::new();
    kiosk.journal.clone().close();
    let connection = Connection::open(kiosk.folder.path().join("journal.db")).unwrap();
    connection.execute("INSERT INTO migration VALUES (5, zeroblob(32))", ()).unwrap();
    drop(connection);
    let error = Journal::open(kiosk.settings()).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 5, known: 4 }), "{error}");
    assert!(kiosk.folder.path().join("journal.db").exists());
}

/// A journal as earlier software left it, with the records of a working day, opens, has all of them and goes on.
#[test]
fn every_older_journal_moves_forward_with_all_it_has() {
    const SCHEMAS: [&str; 4] = [
        include_str!("../../src/journal/schema_1.sql"),
        include_str!("../../src/journal/schema_2.sql"),
        include_str!("../../src/journal/schema_3.sql"),
        include_str!("../../src/journal/schema_4.sql"),
    ];
    for version in 1..SCHEMAS.len() {
        let kiosk = Kiosk::with_numbers(10);
        let jobs = kiosk.journal.issue(food_seller(id(1))).unwrap().print_jobs;
        kiosk.journal.print_step(jobs[0].job, PrintStep::Sent).unwrap();
        kiosk.journal.record_decision(super::referred(id(2))).unwrap();
        kiosk.journal.issue(food_seller(id(3))).unwrap();
        let head = kiosk.journal.head().unwrap();
        kiosk.journal.acknowledge(head.position, head.hash).unwrap();
        kiosk.journal.clone().close();
        let path = kiosk.folder.path().join("journal.db");
        let now = kiosk.folder.path().join("now.db");
        fs::rename(&path, &now).unwrap();
        let old = Connection::open(&path).unwrap();
        old.pragma_update(None, "application_id", u32::from_be_bytes(*b"PKJ1")).unwrap();
        old.execute_batch(
            "CREATE TABLE migration (
                 number INTEGER PRIMARY KEY, digest BLOB NOT NULL CHECK (length(digest) = 32)
             ) STRICT",
        )
        .unwrap();
        old.execute("ATTACH ?1 AS now", (now.to_str().unwrap(),)).unwrap();
        for (number, schema) in (1_u32..).zip(&SCHEMAS[..version]) {
            old.execute_batch(schema).unwrap();
            old.execute(
                "INSERT INTO migration SELECT * FROM now.migration WHERE number = ?1",
                (number,),
            )
            .unwrap();
        }
        let names = |sql: &str| -> Vec<String> {
            let mut select = old.prepare(sql).unwrap();
            select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        let columns = |table: &str| {
            names(&format!("SELECT name FROM pragma_table_info('{table}', 'main')")).join(", ")
        };
        // In the order in which they name each other.
        let tables = names(
            "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name <> 'migration'",
        );
        for table in &tables {
            let columns = columns(table);
            let copy =
                format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}");
            old.execute_batch(&copy).unwrap();
        }
        old.close().unwrap();

        let kiosk = Kiosk { journal: Journal::open(kiosk.settings()).unwrap(), ..kiosk };
        assert_eq!(kiosk.journal.head().unwrap(), head, "version {version} lost a record");
        assert_eq!(kiosk.journal.outbox_state().unwrap().acknowledged, head.position);
        let waiting = kiosk.journal.unfinished_print_jobs().unwrap();
        assert_eq!(waiting.iter().filter(|job| job.step == PrintStep::Sent).count(), 1);
        kiosk.issue(4).unwrap();
        kiosk.check();
        // Nobody goes back: the software of that version would not know what it finds.
        let connection = Connection::open(&path).unwrap();
        let found: u32 =
            connection.query_row("SELECT count(*) FROM migration", (), |row| row.get(0)).unwrap();
        assert_eq!(found, 4);
    }
}

/// Opening a folder with such a file moves it aside byte for byte, says what is wrong, and makes no
/// other in its place.
#[track_caller]
fn check_set_aside(bytes: &[u8], says: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    put(&path, bytes);
    put(&folder.path().join("journal.db-wal"), b"not looked at");
    let error = Journal::open(settings(folder.path(), &clock())).unwrap_err();
    let Error::Damaged { what, set_aside, .. } = error else { panic!("{error}") };
    assert!(what.contains(says), "{what}");
    assert_eq!(fs::read(set_aside.join("journal.db")).unwrap(), bytes);
    assert_eq!(fs::read(set_aside.join("journal.db-wal")).unwrap(), b"not looked at");
    let error = Journal::open(settings(folder.path(), &clock())).unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");
}

#[test]
fn a_file_that_is_no_journal_is_set_aside_unchanged() {
    check_set_aside(b"", "not an SQLite file");
    check_set_aside(b"GIF89a", "not an SQLite file");
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    check_set_aside(&fs::read(&foreign).unwrap(), "something else");
}

#[test]
fn a_damaged_journal_is_set_aside_unchanged() {
    let kiosk = Kiosk::with_numbers(100);
    for n in 1..=20 {
        kiosk.issue(n).unwrap();
    }
    kiosk.journal.clone().close();
    let path = kiosk.folder.path().join("journal.db");
    let whole = fs::read(&path).unwrap();
    // A page in the middle is lost, as by a bad sector; and the end is missing, as by a bad copy.
    let mut bad_sector = whole.clone();
    let middle = whole.len() / 4096 / 2 * 4096;
    bad_sector[middle..middle + 4096].fill(0xA5);
    check_set_aside(&bad_sector, "SQLite says");
    check_set_aside(&whole[..whole.len() - 3 * 4096], "SQLite says");
}

#[test]
fn a_full_disk_issues_nothing_and_issuing_goes_on_when_there_is_room() {
    let kiosk = Kiosk::with_numbers(1000);
    kiosk.issue(1).unwrap();
    let Kiosk { folder, clock, journal } = kiosk;
    journal.close();
    let path = folder.path().join("journal.db");
    let size = fs::metadata(&path).unwrap().len();
    let tight = Settings { bytes_max: size + 10 * 4096, ..settings(folder.path(), &clock) };
    let journal = Journal::open(tight).unwrap();
    let mut issued = 1;
    let error = loop {
        match journal.issue(food_seller(id(issued + 1))) {
            Ok(_) => issued += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::DiskFull { .. }), "{error}");
    assert_eq!(journal.find_issued(id(issued + 1)).unwrap(), None);
    assert!(journal.find_issued(id(issued)).unwrap().is_some(), "reading still works");
    journal.close();
    check_file(&path);

    let journal = Journal::open(settings(folder.path(), &clock)).unwrap();
    journal.issue(food_seller(id(issued + 1))).unwrap();
    journal.close();
    let permits = check_file(&path).iter().filter(|body| body.kind() == "issued").count();
    assert_eq!(permits, usize::from(issued) + 1);
}

#[test]
fn a_backup_is_a_whole_journal_and_overwrites_nothing() {
    let kiosk = Kiosk::with_numbers(100);
    kiosk.issue(1).unwrap();
    let copy = kiosk.folder.path().join("copy.db");
    let reader = Reader::open(&kiosk.folder.path().join("journal.db")).unwrap();
    reader.back_up(&copy).unwrap();
    kiosk.issue(2).unwrap();
    let permits =
        |path: &Path| check_file(path).iter().filter(|body| body.kind() == "issued").count();
    assert_eq!((permits(&copy), kiosk.check().len()), (1, 5));
    let error = reader.back_up(&copy).unwrap_err();
    assert!(matches!(error, Error::Exists { .. }), "{error}");
    // It sees on what is written after it.
    assert_eq!(reader.head().unwrap().position, 5);
}

#[test]
fn a_backup_is_whole_however_much_is_written_meanwhile() {
    let kiosk = Kiosk::with_numbers(5000);
    let journal = kiosk.journal.clone();
    let stop = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&stop);
    let writer = std::thread::spawn(move || {
        let mut written = 0;
        while !ends.load(Ordering::Relaxed) {
            let faulted = Faulted { code: "page.jam".to_owned(), cleared: written % 2 == 1 };
            journal.record(Body::Faulted(faulted)).unwrap();
            written += 1;
        }
        written
    });
    let mut last = 0;
    for copy in 0..10 {
        let path = kiosk.folder.path().join(format!("copy-{copy}.db"));
        Reader::open(&kiosk.folder.path().join("journal.db")).unwrap().back_up(&path).unwrap();
        let head = Reader::open(&path).unwrap().verify(&device_key().verifying_key()).unwrap();
        let position = head.unwrap().position;
        assert!(position >= last, "{position} after {last}");
        last = position;
    }
    stop.store(true, Ordering::Relaxed);
    assert!(writer.join().unwrap() > 0);
    kiosk.check();
}

#[test]
fn settings_that_cannot_work_are_found_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let good = settings(folder.path(), &clock());
    let mut long = good.clone();
    long.serial_prefix = "ZHANGDIAN-03-NORTH".to_owned();
    let mut prefix = good.clone();
    prefix.prefixes.hygiene = "张审".to_owned();
    let mut filing = good.clone();
    filing.prefixes.hygiene_filing = "张审卫公证".to_owned();
    let mut combined = good.clone();
    combined.prefixes.combined = "张综".to_owned();
    let mut elicence = good.clone();
    elicence.elicence_types.filing = "12".to_owned();
    for settings in [long, prefix, filing, combined, elicence] {
        let error = Journal::provision(settings, Head::START).unwrap_err();
        assert!(matches!(error, Error::Setting { .. }), "{error}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    Journal::provision(good, Head::START).unwrap();
}

#[test]
fn no_personal_data_shows_in_debug_texts() {
    let kiosk = Kiosk::with_numbers(10);
    let request = food_seller(id(1));
    let mut shown = format!("{:?} {:?}", request.case, kiosk.settings());
    kiosk.journal.issue(request).unwrap();
    for body in kiosk.check() {
        write!(shown, "{body:?}").unwrap();
    }
    for placed in kiosk.journal.outbox(0, 100, usize::MAX).unwrap() {
        write!(shown, "{placed:?}").unwrap();
    }
    for secret in ["李测试", "food/new\"", "(100, 200)", "PK1:"] {
        assert!(!shown.contains(secret), "{secret} shows");
    }
    assert!(!format!("{:?}", device_key()).contains("0101"));
}

#[expect(clippy::disallowed_methods, reason = "a test spoils files on purpose")]
pub(super) fn put(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}
