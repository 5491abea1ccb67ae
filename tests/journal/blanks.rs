//! Numbered blank sheets: each is booked in the transaction of what it was spent on.

use permit_kiosk::journal::{Journal, SheetSize, Tray, Trays};
use permit_kiosk::wire::v1::{BlankUse, Body, MaintenanceTested, PrintStep, SheetAnswer};
use rusqlite::Connection;

use super::{Kiosk, check_file, food_seller, id};

fn count(journal: &Journal, paper: SheetSize, first: u64, last: u64) {
    journal.count_blanks("wang".to_owned(), paper, Tray::counted(first, last).unwrap()).unwrap();
}

/// The first number and the last, what they were spent on, for which job, by whom.
type Spent<'a> = (u64, u64, BlankUse, Option<u64>, Option<&'a str>);

#[expect(clippy::wildcard_enum_match_arm, reason = "only what was spent")]
fn spent(bodies: &[Body]) -> Vec<Spent<'_>> {
    bodies
        .iter()
        .filter_map(|body| match body {
            Body::BlanksSpent(spent) => {
                Some((spent.first, spent.last, spent.on, spent.job, spent.by.as_deref()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn each_sheet_is_booked_with_what_it_was_spent_on() {
    use BlankUse::{Certificate, Spoiled, TakenOut, Test};
    let kiosk = Kiosk::with_numbers(10);
    let journal = &kiosk.journal;
    let confirmed = || PrintStep::Confirmed { evidence: "JobEnd".to_owned() };
    count(journal, SheetSize::A3, 101, 103);
    count(journal, SheetSize::A4, 7, 7);
    let print = |application: u8| {
        let jobs = journal.issue(food_seller(id(application))).unwrap().print_jobs;
        journal.print_on(jobs[0].job, SheetSize::A3).unwrap();
        jobs[0].job
    };
    let settle = |job: u64, answer: SheetAnswer| {
        journal.print_step(job, PrintStep::Unknown).unwrap();
        journal.settle_sheet(job, answer, "liu".to_owned()).unwrap()
    };
    let first = print(1);
    journal.print_step(first, confirmed()).unwrap();
    // The same report again is no other sheet.
    journal.print_step(first, confirmed()).unwrap();
    let nothing = print(2);
    settle(nothing, SheetAnswer::Nothing);
    let spoiled = print(3);
    let replacement = settle(spoiled, SheetAnswer::Spoiled).unwrap();
    // On the smaller paper, as a proof of filing is.
    journal.print_on(replacement.job, SheetSize::A4).unwrap();
    journal.print_step(replacement.job, confirmed()).unwrap();
    let seen = print(4);
    settle(seen, SheetAnswer::Complete);
    // The tray is empty by its count: whoever filled it did not say so, and nothing is booked.
    journal.print_step(print(5), confirmed()).unwrap();
    assert!(!journal.spoil_blank("liu".to_owned(), SheetSize::A3).unwrap());

    count(journal, SheetSize::A4, 20, 29);
    assert!(journal.spoil_blank("liu".to_owned(), SheetSize::A4).unwrap());
    let by = "liu".to_owned();
    let tested = MaintenanceTested { by, device: "page_printer".to_owned(), passed: true };
    journal.record_test(tested, Some(SheetSize::A4)).unwrap();
    count(journal, SheetSize::A4, 50, 59);

    let bodies = kiosk.check();
    assert_eq!(
        spent(&bodies),
        [
            (101, 101, Certificate, Some(first), None),
            (102, 102, Spoiled, Some(spoiled), Some("liu")),
            (7, 7, Certificate, Some(replacement.job), None),
            (103, 103, Certificate, Some(seen), Some("liu")),
            (20, 20, Spoiled, None, Some("liu")),
            (21, 21, Test, None, None),
            (22, 29, TakenOut, None, Some("wang")),
        ]
    );
    let trays = journal.trays().unwrap();
    assert_eq!((trays[&SheetSize::A3].left(), trays[&SheetSize::A3].next()), (0, 104));
    assert_eq!((trays[&SheetSize::A4].left(), trays[&SheetSize::A4].next()), (10, 50));
}

#[test]
fn a_tray_is_so_many_numbers_in_a_row() {
    assert!(Tray::counted(5, 4).is_none());
    assert!(Tray::counted(1, 2001).is_none() && Tray::counted(1, 2000).is_some());
    assert!(Tray::counted(999_999_999_999, 1_000_000_000_000).is_none());
    assert_eq!(Tray::counted(0, 0).unwrap().left(), 1);
}

/// The journal of a kiosk whose software kept the trays in a file: what its records tell is what counts.
#[test]
fn a_journal_without_trays_gets_those_its_records_tell_of() {
    let kiosk = Kiosk::with_numbers(10);
    let job = kiosk.journal.issue(food_seller(id(1))).unwrap().print_jobs[0].job;
    count(&kiosk.journal, SheetSize::A3, 1, 9);
    count(&kiosk.journal, SheetSize::A3, 101, 110);
    for _ in 0..3 {
        assert!(kiosk.journal.spoil_blank("wang".to_owned(), SheetSize::A3).unwrap());
    }
    kiosk.journal.print_on(job, SheetSize::A3).unwrap();
    count(&kiosk.journal, SheetSize::A4, 7, 8);
    let trays = kiosk.journal.trays().unwrap();
    let path = kiosk.folder.path().join("journal.db");
    kiosk.journal.clone().close();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "DROP TABLE tray; ALTER TABLE print_job DROP COLUMN paper;
             ALTER TABLE print_job DROP COLUMN sent_ms; ALTER TABLE print_job DROP COLUMN count_before;
             DELETE FROM migration WHERE number >= 3;",
        )
        .unwrap();
    drop(connection);

    let kiosk = kiosk.reopened();
    assert_eq!(kiosk.journal.trays().unwrap(), trays);
    assert_eq!(trays[&SheetSize::A3].next(), 104);
    // A sheet that was on its way counts as well.
    let confirmed = PrintStep::Confirmed { evidence: "JobEnd".to_owned() };
    kiosk.journal.print_step(job, confirmed).unwrap();
    assert_eq!(spent(&check_file(&path)).last().unwrap().0, 104);
}

/// Where nobody counts, nothing is booked.
#[test]
fn without_a_count_nothing_is_booked() {
    let kiosk = Kiosk::with_numbers(10);
    let job = kiosk.journal.issue(food_seller(id(1))).unwrap().print_jobs[0].job;
    kiosk.journal.print_on(job, SheetSize::A3).unwrap();
    let confirmed = PrintStep::Confirmed { evidence: "JobEnd".to_owned() };
    kiosk.journal.print_step(job, confirmed).unwrap();
    assert_eq!(kiosk.journal.trays().unwrap(), Trays::new());
    assert!(spent(&kiosk.check()).is_empty());
}
