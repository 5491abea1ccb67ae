//! Wall and monotonic time, real and simulated.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use permit_kiosk::clock::{Clock, SimulatedClock, SystemClock};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn simulated_time_stands_still_until_it_is_moved() {
    let clock = SimulatedClock::new(at("2026-11-22T15:59:58Z"));
    let same: Arc<dyn Clock> = Arc::new(clock.clone());
    assert_eq!((same.today(), same.monotonic()), (date(2026, 11, 22), Duration::ZERO));
    clock.advance(Duration::from_secs(3));
    assert_eq!(same.now(), at("2026-11-22T16:00:01Z"));
    assert_eq!((same.today(), same.monotonic()), (date(2026, 11, 23), Duration::from_secs(3)));
}

#[test]
fn setting_the_wall_clock_back_does_not_move_deadlines() {
    let clock = SimulatedClock::new(at("2026-11-23T08:00:00Z"));
    clock.advance(Duration::from_mins(1));
    clock.set(at("2020-01-01T00:00:00Z"));
    assert_eq!(clock.now(), at("2020-01-01T00:00:00Z"));
    assert_eq!(clock.monotonic(), Duration::from_mins(1));
}

#[test]
fn all_clocks_of_the_machine_share_one_monotonic_start() {
    let first = SystemClock.monotonic();
    let second = SystemClock.monotonic();
    assert!(second.checked_sub(first).is_some_and(|passed| passed < Duration::from_mins(1)));
    assert!(SystemClock.now() > at("2026-01-01T00:00:00Z"));
}
