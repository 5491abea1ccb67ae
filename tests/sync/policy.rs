//! Waiting, batch sizes and reserves.

use std::time::Duration;

use permit_kiosk::domain::{PermitKind, Series};
use permit_kiosk::journal::SeriesState;
use permit_kiosk::sync::{Batch, NumberPlan, Retry, SeriesPlan};

#[test]
fn waiting_grows_to_a_minute_and_begins_anew_after_a_success() {
    let mut retry = Retry::default();
    let mut longest = |count| -> Vec<u64> {
        (0..count).map(|_| retry.failed(u64::MAX).as_millis().try_into().unwrap()).collect()
    };
    assert_eq!(longest(8), [999, 1999, 3999, 7999, 15999, 31999, 59999, 59999]);
    assert_eq!(longest(100).last(), Some(&59999));
    retry.worked();
    assert_eq!(retry.failed(u64::MAX / 2).as_millis(), 499);
}

#[test]
fn the_jitter_reaches_over_the_whole_range() {
    let wait = |random| {
        let mut retry = Retry::default();
        retry.failed(0);
        retry.failed(random)
    };
    assert_eq!(wait(0), Duration::ZERO);
    assert_eq!(wait(1 << 62), Duration::from_millis(500));
    assert_eq!(wait(1 << 63), Duration::from_secs(1));
    assert_eq!(wait(3 << 62), Duration::from_millis(1500));
}

#[test]
fn a_refused_batch_is_halved_down_to_one_and_grows_again() {
    let mut batch = Batch::default();
    let mut sizes = vec![batch.count_max()];
    for _ in 0..11 {
        batch.refused(batch.count_max());
        sizes.push(batch.count_max());
    }
    assert_eq!(sizes, [1000, 500, 250, 125, 62, 31, 15, 7, 3, 1, 1, 1]);
    for _ in 0..20 {
        batch.taken();
    }
    assert_eq!(batch.count_max(), 1000);
}

#[test]
fn numbers_are_low_below_half_the_reserve() {
    let plan = NumberPlan { series: vec![], reserve: 280 };
    let state = |left| SeriesState { left, reserve: 300, blocks: 3 };
    assert!(plan.is_low(state(0)) && plan.is_low(state(139)));
    assert!(!plan.is_low(state(140)) && !plan.is_full(state(279)));
    assert!(plan.is_full(state(280)));
}

#[test]
fn in_december_the_next_years_numbers_are_wanted_too() {
    let lasting = Series::parse("food/1/370303").unwrap();
    let yearly = SeriesPlan::Yearly(PermitKind::Hygiene, "张审卫公证".to_owned());
    let plan =
        NumberPlan { series: vec![SeriesPlan::Lasting(lasting.clone()), yearly], reserve: 280 };
    let on = |month, day| -> Vec<String> {
        let today = jiff::civil::date(2026, month, day);
        plan.series_on(today).iter().map(ToString::to_string).collect()
    };
    assert_eq!(on(11, 30), ["food/1/370303", "hygiene/张审卫公证/2026"]);
    let both = ["food/1/370303", "hygiene/张审卫公证/2026", "hygiene/张审卫公证/2027"];
    assert_eq!(on(12, 1), both);
    assert_eq!(on(1, 1)[1], "hygiene/张审卫公证/2026");
}
