//! When to try again, how much to send, which numbers to ask for: pure.

use std::time::Duration;

use jiff::civil::Date;

use crate::domain::{PermitKind, Series};
use crate::journal::SeriesState;
use crate::wire::v1::api;

/// When to try again: exponential, with full jitter. After a power failure of the whole district a
/// thousand kiosks come back within a minute of one another, not within a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Retry {
    /// Waits up to `first` after one failure, twice that after two, and so on up to `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// How long to wait after one more failure: `random`, 64 random bits, picks a point between nought
    /// and the limit.
    pub fn failed(&mut self, random: u64) -> Duration {
        let doublings = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let limit = self.first.saturating_mul(doublings).min(self.longest);
        // 2³¹ s is beyond any limit; without the cap the shift would begin anew.
        self.failures = (self.failures + 1).min(31);
        let nanos = (limit.as_nanos() * u128::from(random)) >> 64;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Something worked: the next failure is a first one.
    pub fn worked(&mut self) {
        self.failures = 0;
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_mins(1))
    }
}

/// How many records to send at once. A batch that is refused as a whole is halved, until the record
/// it is about stands alone and its position can be named; every success doubles it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    count: usize,
}

impl Batch {
    /// Bytes of records at most: in JSON, with every quotation mark escaped, still half of what
    /// central takes.
    pub const BYTES_MAX: usize = 1024 * 1024;

    /// Records at most, now.
    pub fn count_max(self) -> usize {
        self.count
    }

    /// Central refused a batch of `count` records.
    pub fn refused(&mut self, count: usize) {
        self.count = (count / 2).max(1);
    }

    /// Central took the batch.
    pub fn taken(&mut self) {
        self.count = (self.count * 2).min(api::RECORDS_MAX);
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self { count: api::RECORDS_MAX }
    }
}

/// A series numbers are leased of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeriesPlan {
    /// One that never ends.
    Lasting(Series),
    /// One that begins anew each year, by its kind and prefix.
    Yearly(PermitKind, String),
}

/// Which numbers to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPlan {
    /// Of which series.
    pub series: Vec<SeriesPlan>,
    /// How many of each: those of the busiest day, times the days a kiosk may be disconnected
    /// (40 × 7 = 280, three blocks of 100).
    pub reserve: u64,
}

impl NumberPlan {
    /// Blocks asked for in one round and series at most, whatever size they are.
    pub const BLOCKS_PER_ROUND_MAX: u32 = 8;

    /// The series to hold numbers of on a day. In December that is also the next year's: the first
    /// applicant of January may come while central is out of reach.
    pub fn series_on(&self, today: Date) -> Vec<Series> {
        let mut wanted = Vec::new();
        for plan in &self.series {
            match plan {
                SeriesPlan::Lasting(series) => wanted.push(series.clone()),
                SeriesPlan::Yearly(kind, prefix) => {
                    wanted.push(Series::yearly(*kind, prefix, today.year()));
                    if today.month() == 12 {
                        wanted.push(Series::yearly(*kind, prefix, today.year() + 1));
                    }
                }
            }
        }
        wanted
    }

    /// Whether to begin asking: less than half is left.
    pub fn is_low(&self, state: SeriesState) -> bool {
        state.left.saturating_mul(2) < self.reserve
    }

    /// Whether to go on asking, once begun.
    pub fn is_full(&self, state: SeriesState) -> bool {
        state.left >= self.reserve
    }
}
