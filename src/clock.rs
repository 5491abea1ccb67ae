//! Now, and monotonic now: the only place that asks the operating system for the time.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::calendar;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The wall clock: for the law and for records. It can step.
    fn now(&self) -> Timestamp;

    /// Time since some fixed start: for deadlines. It never goes back.
    fn monotonic(&self) -> Duration;

    /// The day it is in China.
    fn today(&self) -> Date {
        calendar::date_in_china(self.now())
    }
}

/// The clock of the machine. All of them share one start, so that their monotonic times compare.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the place the others take it from")]
    fn now(&self) -> Timestamp {
        Timestamp::try_from(SystemTime::now()).expect("the machine's clock is before the year 9999")
    }

    #[expect(clippy::disallowed_methods, reason = "this is the place the others take it from")]
    fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

/// A clock that stands still until it is moved. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct SimulatedClock(Arc<Mutex<Simulated>>);

#[derive(Debug)]
struct Simulated {
    now: Timestamp,
    monotonic: Duration,
}

impl SimulatedClock {
    /// A clock that shows `now`, its monotonic time at nought.
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Simulated { now, monotonic: Duration::ZERO })))
    }

    /// Time passes: both clocks go on by `duration`.
    pub fn advance(&self, duration: Duration) {
        let mut simulated = self.locked();
        simulated.now =
            simulated.now.checked_add(duration).expect("simulated time ends in the year 9999");
        simulated.monotonic += duration;
    }

    /// Somebody sets the wall clock, forwards or back; the monotonic one does not notice.
    pub fn set(&self, now: Timestamp) {
        self.locked().now = now;
    }

    fn locked(&self) -> MutexGuard<'_, Simulated> {
        // Both fields are whole at every moment, whatever the thread that panicked was doing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.locked().now
    }

    fn monotonic(&self) -> Duration {
        self.locked().monotonic
    }
}
