//! Wrong clocks: what is issued has the date of the commit by a clock that is right, or nothing is issued.

use std::time::Duration;

use permit_kiosk::journal::Error;

use super::{Kiosk, NOON, at, food_seller, id, referred};

#[test]
fn a_clock_set_forwards_or_back_while_the_kiosk_runs_issues_nothing() {
    for (shown, issues) in [
        ("2026-11-23T04:00:04Z", true),
        ("2026-11-23T03:59:56Z", true),
        ("2026-11-23T04:00:06Z", false),
        ("2026-11-23T03:59:54Z", false),
        ("2027-11-23T04:00:00Z", false),
        ("2020-01-01T00:00:00Z", false),
    ] {
        let kiosk = Kiosk::with_numbers(10);
        kiosk.clock.set(at(shown));
        match kiosk.journal.issue(food_seller(id(1))) {
            Ok(_) => assert!(issues, "{shown}"),
            Err(Error::ClockStepped { expected, .. }) => {
                assert!(!issues && expected == at(NOON), "{shown}");
            }
            Err(error) => panic!("{shown}: {error}"),
        }
        // Decisions go on being recorded, in the order of their positions.
        kiosk.journal.record_decision(referred(id(2))).unwrap();
        kiosk.check();
    }
}

#[test]
fn time_that_passes_is_no_step() {
    let kiosk = Kiosk::with_numbers(10);
    for number in 1..=5 {
        kiosk.clock.advance(Duration::from_hours(30));
        kiosk.journal.issue(food_seller(id(number))).unwrap();
    }
    kiosk.check();
}

#[test]
fn central_says_that_a_clock_is_right_and_one_that_is_not_stays_wrong() {
    let kiosk = Kiosk::with_numbers(10);
    kiosk.clock.set(at("2026-11-24T04:00:00Z"));
    kiosk.journal.compare_clock(-86_400_000).unwrap();
    let error = kiosk.journal.issue(food_seller(id(1))).unwrap_err();
    assert!(matches!(error, Error::ClockStepped { .. }), "{error}");
    kiosk.journal.compare_clock(4_000).unwrap();
    let issued = kiosk.journal.issue(food_seller(id(1))).unwrap();
    assert_eq!(issued.permit.issued.to_string(), "2026-11-24");
}

#[test]
fn a_journal_written_by_a_clock_in_the_future_issues_again_when_central_agrees() {
    let kiosk = Kiosk::with_numbers(10);
    kiosk.clock.set(at("2031-01-01T00:00:00Z"));
    let kiosk = kiosk.reopened();
    kiosk.journal.issue(food_seller(id(1))).unwrap();
    // The battery is changed and the clock set right: it is behind the journal's past now.
    kiosk.clock.set(at(NOON));
    let kiosk = kiosk.reopened();
    let error = kiosk.journal.issue(food_seller(id(2))).unwrap_err();
    assert!(matches!(error, Error::ClockBehind { .. }), "{error}");
    kiosk.journal.compare_clock(0).unwrap();
    let issued = kiosk.journal.issue(food_seller(id(2))).unwrap();
    assert_eq!(
        issued.permit.issued.to_string(),
        "2026-11-23",
        "the day it is, not the day on record"
    );
    kiosk.check();
}
