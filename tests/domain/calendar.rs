//! Working days, with the State Council's tables as shipped.

use jiff::civil::{Date, date};
use permit_kiosk::domain::calendar::{Calendar, date_in_china, datetime_in_china};

const SHIPPED: &str = include_str!("../../kiosk-config/rulebook/calendar.toml");

fn shipped() -> Calendar {
    Calendar::parse(SHIPPED).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn notices_override_weekdays_and_weekends() {
    let calendar = shipped();
    for (text, works, why) in [
        ("2026-11-23", true, "a Monday"),
        ("2026-11-22", false, "a Sunday"),
        ("2026-02-14", true, "a Saturday worked for the Spring Festival"),
        ("2026-02-16", false, "the Spring Festival, a Monday"),
        ("2026-02-24", true, "the day after it"),
        ("2020-01-31", false, "the Spring Festival of 2020 was made longer"),
        ("2020-02-02", false, "its last day"),
        ("2020-02-03", true, "a Monday the notice names"),
        ("2022-12-31", false, "New Year 2023 begins in 2022"),
        ("2027-01-01", false, "of fixed date, without a notice"),
        ("2027-05-02", false, "of fixed date, a Sunday besides"),
        ("2027-10-01", false, "of fixed date"),
        ("2027-10-04", true, "not of fixed date, so not known"),
        ("2027-02-05", true, "lunar, so not known"),
    ] {
        assert_eq!(calendar.is_working_day(day(text)), works, "{text}: {why}");
    }
    assert_eq!(calendar.last_year(), Some(2026));
    assert!(!calendar.has_notice(2021));
}

#[test]
fn the_renewal_window_is_counted_in_working_days() {
    let calendar = shipped();
    for (expiry, today, left) in [
        ("2026-11-18", "2026-07-08", 91),
        ("2026-11-18", "2026-07-09", 90),
        ("2026-11-18", "2026-07-10", 89),
        ("2026-11-18", "2026-07-11", 89),
        ("2026-11-18", "2026-07-12", 89),
        ("2026-11-18", "2026-10-28", 15),
        ("2026-11-18", "2026-10-29", 14),
        ("2026-11-18", "2026-11-18", 0),
        ("2026-11-18", "2026-11-19", -1),
        ("2020-10-11", "2020-08-24", 30),
        ("2020-10-11", "2020-08-25", 29),
    ] {
        let counted = calendar.workdays_between(day(today), day(expiry));
        assert_eq!((counted.value, counted.provisional), (left, false), "{today} to {expiry}");
    }
    let opens = calendar.window_opens(day("2026-11-18"), 90);
    assert_eq!((opens.value, opens.provisional), (day("2026-07-09"), false));
    assert_eq!(calendar.window_opens(day("2020-10-11"), 30).value, day("2020-08-24"));
}

#[test]
fn the_window_opens_on_the_first_day_that_has_few_enough_days_left() {
    let calendar = shipped();
    let mut end = date(2026, 1, 1);
    while end < date(2026, 12, 31) {
        for count in [0, 1, 5, 15, 90] {
            let opens = calendar.window_opens(end, count).value;
            let left = |from| calendar.workdays_between(from, end).value;
            assert!(left(opens) <= i64::from(count), "{end} {count}");
            assert!(left(opens.yesterday().unwrap()) > i64::from(count), "{end} {count}");
        }
        end = end.tomorrow().unwrap();
    }
}

#[test]
fn periods_end_after_so_many_working_days() {
    let calendar = shipped();
    for (start, count, end, provisional) in [
        ("2026-09-24", 10, "2026-10-15", false),
        ("2026-09-24", 15, "2026-10-22", false),
        ("2020-06-23", 20, "2020-07-22", false),
        ("2026-11-23", 5, "2026-11-30", false),
        ("2026-11-23", 10, "2026-12-07", false),
        ("2026-11-23", 30, "2027-01-05", true),
        ("2026-02-12", 5, "2026-02-26", false),
        ("2026-04-30", 5, "2026-05-11", false),
        ("2026-11-23", 0, "2026-11-23", false),
    ] {
        let counted = calendar.add_workdays(day(start), count);
        assert_eq!(
            (counted.value, counted.provisional),
            (day(end), provisional),
            "{start} + {count}"
        );
        if count > 0 {
            let between = calendar.workdays_between(day(start), day(end));
            assert_eq!((between.value, between.provisional), (i64::from(count), provisional));
        }
    }
}

#[test]
fn counts_that_touch_a_year_without_a_notice_are_provisional() {
    let calendar = shipped();
    for (from, to, provisional) in [
        ("2026-12-30", "2026-12-31", false),
        ("2026-12-30", "2027-01-01", true),
        ("2026-10-28", "2027-02-28", true),
        ("2027-02-28", "2026-10-28", true),
        ("2022-12-31", "2023-01-03", false),
        ("2022-12-30", "2023-01-03", true),
    ] {
        let counted = calendar.workdays_between(day(from), day(to));
        assert_eq!(counted.provisional, provisional, "{from} to {to}");
    }
    assert!(calendar.window_opens(day("2027-02-28"), 90).provisional);
}

#[test]
fn counting_ends_where_the_calendar_of_the_world_ends() {
    let calendar = shipped();
    assert_eq!(calendar.add_workdays(Date::MAX, u16::MAX).value, Date::MAX);
    assert_eq!(calendar.window_opens(Date::MIN, u16::MAX).value, Date::MIN);
    assert_eq!(calendar.workdays_between(Date::MAX, Date::MAX).value, 0);
}

#[test]
fn a_calendar_with_a_mistake_is_not_taken_and_the_mistake_is_marked() {
    const FALLBACK: &str = "[fallback]\noff = [\"01-01\"]\n";
    let year = |off: &str, work: &str| {
        format!("{FALLBACK}[[year]]\nyear = 2026\nnotice = \"\"\noff = [{off}]\nwork = [{work}]\n")
    };
    for (text, expected, marked) in [
        (
            year("\"2026-02-30\"", ""),
            "an entry of the working-day calendar is not a date or a range of dates",
            "\"2026-02-30\"",
        ),
        (
            year("\"2026-02-23..2026-02-15\"", ""),
            "a range of the working-day calendar runs backwards or over a month",
            "\"2026-02-23..2026-02-15\"",
        ),
        (
            year("\"2026-01-01..2026-03-01\"", ""),
            "a range of the working-day calendar runs backwards or over a month",
            "\"2026-01-01..2026-03-01\"",
        ),
        (
            year("\"2025-12-31\"", ""),
            "an entry of the working-day calendar is not of the year 2026 it stands under",
            "\"2025-12-31\"",
        ),
        (
            year("\"2026-02-14\"", "\"2026-02-14\""),
            "2026-02-14 is both off and worked in the working-day calendar",
            "\"2026-02-14\"",
        ),
        (
            year("", "") + "[[year]]\nyear = 2026\nnotice = \"\"\noff = []\nwork = []\n",
            "the working-day calendar has the year 2026 twice",
            "2026",
        ),
        (
            "[fallback]\noff = [\"13-01\"]\n[[year]]\nyear = 2026\nnotice = \"\"\noff = []\nwork = []"
                .to_owned(),
            "an entry of the working-day calendar is not a date or a range of dates",
            "\"13-01\"",
        ),
        (
            year("", "") + "holiday = true",
            "cannot read the working-day calendar as TOML",
            "holiday",
        ),
    ] {
        let error = Calendar::parse(&text).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(&text[error.span().unwrap()], marked, "{expected}");
        assert!(!error.remedy().is_empty());
    }
    let long = SHIPPED.repeat(30);
    assert!(Calendar::parse(&long).unwrap_err().to_string().contains("at most 65536 are read"));
}

#[test]
fn the_day_in_china_changes_at_sixteen_hours_universal_time() {
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    assert_eq!(date_in_china(at("2026-11-22T15:59:58Z")), day("2026-11-22"));
    assert_eq!(date_in_china(at("2026-11-22T16:00:01Z")), day("2026-11-23"));
    assert_eq!(datetime_in_china(at("2026-11-22T16:00:01Z")).to_string(), "2026-11-23T00:00:01");
}
