//! How a visit goes: which screens, how long each, how often something could not be read. Nothing in it is about
//! the person, so it outlives what is wiped.

use std::collections::BTreeMap;
use std::time::Duration;

/// A visit that goes on.
#[derive(Debug)]
pub(super) struct Course {
    begun: Duration,
    /// Since when the present screen is shown.
    since: Duration,
    steps: BTreeMap<&'static str, Duration>,
    pub(super) failed_reads: u32,
    pub(super) unanswered: u32,
}

/// A visit that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The screen it ended on.
    pub screen: &'static str,
    /// How long it took.
    pub took: Duration,
    /// And each screen, if it was shown again all of its times together.
    pub steps: BTreeMap<&'static str, Duration>,
    /// Cards and codes that could not be read.
    pub failed_reads: u32,
    /// Registers that did not answer.
    pub unanswered: u32,
}

impl Course {
    /// A visit begins.
    pub(super) fn begun(now: Duration) -> Self {
        Self { begun: now, since: now, steps: BTreeMap::new(), failed_reads: 0, unanswered: 0 }
    }

    /// A screen is left.
    pub(super) fn left(&mut self, now: Duration, screen: &'static str) {
        let took = now.saturating_sub(std::mem::replace(&mut self.since, now));
        // The screen it began on was not the visit's.
        if !took.is_zero() {
            *self.steps.entry(screen).or_default() += took;
        }
    }

    /// The visit is over, on this screen.
    pub(super) fn end(mut self, now: Duration, screen: &'static str) -> Ended {
        self.left(now, screen);
        Ended {
            screen,
            took: now.saturating_sub(self.begun),
            steps: self.steps,
            failed_reads: self.failed_reads,
            unanswered: self.unanswered,
        }
    }
}
