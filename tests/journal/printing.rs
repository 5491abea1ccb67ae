//! Sheets: what may follow what, and what a restart takes up again.

use permit_kiosk::journal::Error;
use permit_kiosk::wire::v1::{Body, Document, PrintStep, SheetAnswer};

use super::{Kiosk, food_seller, id};

fn confirmed() -> PrintStep {
    PrintStep::Confirmed { evidence: "page counter 4711 -> 4712".to_owned() }
}

/// Takes a new sheet along `steps`; the last one must be allowed or refused as said.
#[track_caller]
fn check(steps: &[PrintStep], allowed: bool) {
    let kiosk = Kiosk::with_numbers(10);
    let job = kiosk.journal.issue(food_seller(id(1))).unwrap().print_jobs[0].job;
    let (last, before) = steps.split_last().unwrap();
    for step in before {
        kiosk.journal.print_step(job, step.clone()).unwrap();
    }
    let head = kiosk.journal.head().unwrap();
    match kiosk.journal.print_step(job, last.clone()) {
        Ok(()) => assert!(allowed, "{steps:?} was allowed"),
        Err(error) => {
            assert!(!allowed, "{error}");
            assert!(matches!(error, Error::PrintStep { .. }), "{error}");
            assert_eq!(kiosk.journal.head().unwrap(), head, "a refusal leaves no record");
        }
    }
    kiosk.check();
}

#[test]
fn a_sheet_goes_only_the_steps_that_keep_it_single() {
    use PrintStep::{NotPrinted, Queued, Sent, Unknown, Voided};
    check(&[Sent], true);
    check(&[Sent, confirmed()], true);
    check(&[Sent, Unknown, confirmed()], true);
    check(&[Sent, Unknown, Voided], true);
    check(&[Sent, confirmed(), Voided], true);
    check(&[Sent, NotPrinted, Queued, Sent], true);
    check(&[NotPrinted], true);
    // What may have been printed is not sent again, nor forgotten.
    check(&[Sent, Sent], false);
    check(&[Sent, Queued], false);
    check(&[Sent, Unknown, Sent], false);
    check(&[Sent, Unknown, Queued], false);
    check(&[Sent, confirmed(), Sent], false);
    check(&[Sent, confirmed(), NotPrinted], false);
    check(&[Sent, Unknown, Voided, Queued], false);
    check(&[confirmed()], false);
    check(&[Voided], false);
}

/// What the counter said around an attempt is on record; a sheet that was not on its way has no count.
#[test]
fn an_attempt_is_recorded_with_the_counter_around_it() {
    let kiosk = Kiosk::with_numbers(10);
    let job = kiosk.journal.issue(food_seller(id(1))).unwrap().print_jobs[0].job;
    let waits = |kiosk: &Kiosk| {
        let jobs = kiosk.journal.unfinished_print_jobs().unwrap();
        jobs.into_iter().find(|waiting| waiting.job == job).unwrap()
    };
    // It is not on its way yet: there is nothing to note.
    kiosk.journal.print_counted(job, 4000).unwrap();
    assert_eq!(waits(&kiosk).sent, None);
    kiosk.journal.print_step(job, PrintStep::Sent).unwrap();
    assert_eq!(waits(&kiosk).sent.unwrap().count_before, None);
    kiosk.journal.print_counted(job, 4711).unwrap();
    // The power goes and comes back.
    let kiosk = kiosk.reopened();
    assert_eq!(waits(&kiosk).sent.unwrap().count_before, Some(4711));
    kiosk.journal.print_step(job, PrintStep::Unknown).unwrap();
    kiosk.journal.print_ended(job, PrintStep::NotPrinted, Some(4711)).unwrap();
    kiosk.journal.print_step(job, PrintStep::Queued).unwrap();
    kiosk.journal.print_step(job, PrintStep::Sent).unwrap();
    // Another attempt has another count, and what is known of the first is not taken for it.
    assert_eq!(waits(&kiosk).sent.unwrap().count_before, None);
    kiosk.journal.print_step(job, confirmed()).unwrap();
    let mut counts = Vec::new();
    for body in kiosk.check() {
        if let Body::Printed(printed) = body
            && printed.job == job
        {
            counts.push(printed.counts.map(|counts| (counts.before, counts.after)));
        }
    }
    let (unasked, same) = (Some((4711, None)), Some((4711, Some(4711))));
    assert_eq!(counts, [None, unasked, same, None, None, None]);
}

#[test]
fn the_same_report_twice_is_one_record() {
    let kiosk = Kiosk::with_numbers(10);
    let job = kiosk.journal.issue(food_seller(id(1))).unwrap().print_jobs[0].job;
    kiosk.journal.print_step(job, PrintStep::Sent).unwrap();
    kiosk.journal.print_step(job, confirmed()).unwrap();
    let head = kiosk.journal.head().unwrap();
    kiosk.journal.print_step(job, confirmed()).unwrap();
    assert_eq!(kiosk.journal.head().unwrap(), head);
    kiosk.check();
}

#[test]
fn a_restart_takes_up_what_was_not_finished() {
    let kiosk = Kiosk::with_numbers(10);
    let jobs = kiosk.journal.issue(food_seller(id(1))).unwrap().print_jobs;
    let [original, copy, receipt] = &jobs[..] else { panic!("{jobs:?}") };
    kiosk.journal.print_step(original.job, PrintStep::Sent).unwrap();
    kiosk.journal.print_step(original.job, confirmed()).unwrap();
    kiosk.journal.print_step(copy.job, PrintStep::Sent).unwrap();

    let kiosk = kiosk.reopened();
    let unfinished = kiosk.journal.unfinished_print_jobs().unwrap();
    let steps: Vec<_> = unfinished.iter().map(|job| (job.job, job.step.clone())).collect();
    assert_eq!(steps, [(copy.job, PrintStep::Sent), (receipt.job, PrintStep::Queued)]);
    assert_eq!(unfinished[0].seal, copy.seal);
    kiosk.check();
}

#[test]
fn a_destroyed_sheet_is_replaced_by_one_that_can_be_told_from_it() {
    let kiosk = Kiosk::with_numbers(10);
    let issued = kiosk.journal.issue(food_seller(id(1))).unwrap();
    let original = &issued.print_jobs[0];
    let early = kiosk.journal.replace_sheet(original.job).unwrap_err();
    assert!(matches!(early, Error::PrintStep { .. }), "{early}");
    for step in [PrintStep::Sent, PrintStep::Unknown, PrintStep::Voided] {
        kiosk.journal.print_step(original.job, step).unwrap();
    }
    let replacement = kiosk.journal.replace_sheet(original.job).unwrap();
    assert_eq!(replacement.document, original.document);
    assert_ne!(replacement.serial, original.serial);
    assert_ne!(replacement.seal, original.seal);
    assert_eq!(replacement.step, PrintStep::Queued);

    let bodies = kiosk.check();
    let Some(Body::Printed(recorded)) = bodies.last() else { panic!("{bodies:?}") };
    assert_eq!(recorded.seal, replacement.seal.map(|seal| seal.to_string()));
    // The permit itself is the same one.
    assert_eq!(kiosk.journal.find_issued(id(1)).unwrap().unwrap().permit, issued.permit);
}

#[test]
fn a_sheet_nobody_knew_about_is_settled_by_the_word_of_whoever_looked() {
    use PrintStep::{NotPrinted, Queued, Voided};
    let seen = PrintStep::Confirmed { evidence: "seen by wang".to_owned() };
    // Which paper, what was seen, the steps it takes by that, and whether one is queued.
    let check = |document: Document, answer: SheetAnswer, steps: &[PrintStep], queued: bool| {
        let kiosk = Kiosk::with_numbers(10);
        let jobs = kiosk.journal.issue(food_seller(id(1))).unwrap().print_jobs;
        let job = jobs.iter().find(|job| job.document == document).unwrap().clone();
        let settle = || kiosk.journal.settle_sheet(job.job, answer, "wang".to_owned());
        assert!(matches!(settle(), Err(Error::PrintStep { .. })), "nobody asks about this one");
        kiosk.journal.print_step(job.job, PrintStep::Sent).unwrap();
        kiosk.journal.print_step(job.job, PrintStep::Unknown).unwrap();
        let before = kiosk.journal.head().unwrap().position;
        let again = settle().unwrap();
        assert_eq!(again.is_some(), queued, "{document:?} {answer:?}");
        assert!(matches!(settle(), Err(Error::PrintStep { .. })), "a word is given once");

        let bodies = kiosk.check().split_off(usize::try_from(before).unwrap());
        let (Some(Body::MaintenanceSettled(word)), steps_taken) = (bodies.first(), &bodies[1..])
        else {
            panic!("{bodies:?}")
        };
        assert_eq!((word.by.as_str(), word.job, word.answer), ("wang", job.job, answer));
        let taken: Vec<PrintStep> = steps_taken
            .iter()
            .map(|body| {
                let Body::Printed(printed) = body else { panic!("{body:?}") };
                printed.step.clone()
            })
            .collect();
        assert_eq!(taken, steps, "{document:?} {answer:?}");
        if let Some(again) = again {
            assert_eq!((again.step, again.document), (Queued, document));
            // A destroyed sheet never shares its serial with the one that replaces it.
            assert_eq!(again.serial == job.serial, answer == SheetAnswer::Nothing);
        }
    };
    check(Document::Original, SheetAnswer::Complete, std::slice::from_ref(&seen), false);
    check(Document::Original, SheetAnswer::Nothing, &[NotPrinted, Queued], true);
    check(Document::Copy, SheetAnswer::Spoiled, &[Voided, Queued], true);
    check(Document::Receipt, SheetAnswer::Complete, &[seen], false);
    check(Document::Receipt, SheetAnswer::Nothing, &[NotPrinted], false);
    check(Document::Receipt, SheetAnswer::Spoiled, &[Voided], false);
}

#[test]
fn a_sheet_nobody_queued_cannot_be_printed() {
    let kiosk = Kiosk::new();
    let error = kiosk.journal.print_step(7, PrintStep::Sent).unwrap_err();
    assert!(matches!(error, Error::NoSuchJob { job: 7 }), "{error}");
}

/// S02: the printer jams after the decision. The permit stands, the same sheet is printed again once, and
/// no second number is taken.
#[test]
fn a_jam_leaves_the_decision_gives_one_reprint_and_no_second_number() {
    let kiosk = Kiosk::with_numbers(10);
    let issued = kiosk.journal.issue(food_seller(id(1))).unwrap();
    let original = &issued.print_jobs[0];
    for step in [PrintStep::Sent, PrintStep::NotPrinted] {
        kiosk.journal.print_step(original.job, step).unwrap();
    }
    // Not printed, and issued all the same: also for whoever asks again.
    assert_eq!(kiosk.journal.find_issued(id(1)).unwrap().unwrap().permit, issued.permit);
    assert_eq!(kiosk.journal.issue(food_seller(id(1))).unwrap().permit, issued.permit);

    for step in [PrintStep::Queued, PrintStep::Sent, confirmed()] {
        kiosk.journal.print_step(original.job, step).unwrap();
    }
    let third = kiosk.journal.print_step(original.job, PrintStep::Queued).unwrap_err();
    assert!(matches!(third, Error::PrintStep { .. }), "{third}");
    let numbers = kiosk.check().iter().filter(|body| matches!(body, Body::Issued(_))).count();
    assert_eq!(numbers, 1);
}
