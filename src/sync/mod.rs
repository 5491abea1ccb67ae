//! The outbox to central, number blocks and revocations from central: on a timer, in order, again until acknowledged.
//!
//! Nothing here decides what is true: the journal keeps every record, central's signed head says what
//! it has, and the difference is sent. A round that fails is tried again by the clock, whether or not
//! anything new has happened in between.

mod central;
mod editions;
mod policy;
mod task;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::domain::Series;
use crate::journal;
use crate::seal::VerifyingKey;
use crate::wire::v1::KioskId;

pub use central::{CallError, Central};
pub use editions::{EditionError, EditionTask, Taken, take_edition};
pub use policy::{Batch, NumberPlan, Retry, SeriesPlan};
pub use task::Task;

/// What synchronising needs to know.
#[derive(Clone)]
pub struct Settings {
    /// Which kiosk we are.
    pub kiosk: KioskId,
    /// Which life of it.
    pub incarnation: u32,
    /// Verifies acknowledgements; the journal verifies blocks itself.
    pub central_key: VerifyingKey,
    /// The series numbers are leased of, and how many to hold.
    pub numbers: NumberPlan,
    /// When to try again.
    pub retry: Retry,
    /// Between two rounds when all is well: a permit is public within this time.
    pub interval: Duration,
    /// How long central may take for one answer.
    pub timeout: Duration,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// 64 random bits, so that a thousand kiosks do not come back at the same moment.
    pub random: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// What a heartbeat says beside the journal.
    pub report: Arc<dyn Fn() -> Report + Send + Sync>,
}

impl Settings {
    /// Between two rounds when all is well.
    pub const INTERVAL: Duration = Duration::from_secs(15);
    /// How long central may take for one answer: a thousand records take it less than a second.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settings({} {})", self.kiosk, self.incarnation)
    }
}

/// What the terminal knows and a heartbeat carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Version of the software.
    pub software: String,
    /// Name and version of the active edition.
    pub edition: Option<String>,
    /// SHA-256 over that edition's files.
    pub edition_digest: Option<String>,
    /// Why the edition offered last was not taken.
    pub edition_refused: Option<String>,
    /// Codes of the faults that stand.
    pub faults: Vec<String>,
}

/// How synchronising is doing, for the technician's screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The last call got an answer from central.
    pub connected: bool,
    /// Records central has not acknowledged.
    pub unsent: u64,
    /// When the oldest of them was written.
    pub oldest_unsent_at: Option<Timestamp>,
    /// Numbers left, by series.
    pub numbers_left: BTreeMap<String, u64>,
    /// Positions central keeps but could make no sense of.
    pub not_understood: Vec<u64>,
    /// Why nothing is issued any more, if central said so.
    pub quarantined: Option<String>,
    /// Central's clock minus ours, in milliseconds, when it was last heard.
    pub clock_offset_ms: Option<i64>,
    /// The last thing that went wrong and has not gone right since.
    pub last_error: Option<LastError>,
}

impl State {
    /// Whether the last round went to its end: central has heard how far this journal goes and takes it for
    /// the real one.
    pub fn is_agreed(&self) -> bool {
        self.connected && self.last_error.is_none() && self.quarantined.is_none()
    }
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// When it first went wrong like this.
    pub since: Timestamp,
    /// What, with its causes.
    pub text: String,
}

/// The other end of a [`Task`]: nudges it and sees how it is doing.
#[derive(Debug, Clone)]
pub struct Handle {
    nudge: Arc<Notify>,
    state: watch::Receiver<State>,
}

impl Handle {
    /// Something was recorded: push soon instead of at the next interval. While central does not
    /// answer this changes nothing.
    pub fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// How it is doing now.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Sees every change.
    pub fn watch(&self) -> watch::Receiver<State> {
        self.state.clone()
    }
}

/// Why a round ended early; the next one starts where this one stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Our own journal failed.
    #[error("cannot use the journal")]
    Journal {
        /// How.
        source: journal::Error,
    },
    /// The journal's thread could not be asked.
    #[error("cannot ask the journal")]
    Ask {
        /// Why.
        source: tokio::task::JoinError,
    },
    /// Central could not be asked.
    #[error("cannot {doing}")]
    Call {
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: CallError,
    },
    /// Central refused a batch of records.
    #[error("central refuses the {count} records from position {from} on")]
    Refused {
        /// The first of them.
        from: u64,
        /// How many were pushed together; the next push is half of it, until one stands alone.
        count: usize,
        /// What it said.
        source: CallError,
    },
    /// Central did not answer in time.
    #[error("cannot {doing}: central did not answer within {} s", timeout.as_secs())]
    TimeOut {
        /// What was being done.
        doing: &'static str,
        /// How long was waited.
        timeout: Duration,
    },
    /// The answer was not signed by central.
    #[error("an acknowledgement is not signed by central")]
    Signature,
    /// The answer was none.
    #[error("an acknowledgement cannot be read")]
    Acknowledgement {
        /// Why.
        source: crate::wire::v1::api::AnswerError,
    },
    /// The answer was meant for another kiosk.
    #[error("an acknowledgement is for kiosk {kiosk}")]
    OtherKiosk {
        /// For which.
        kiosk: KioskId,
    },
    /// The answer is true, and older than what was pushed.
    #[error("central acknowledged position {head}, but {pushed} was pushed: an old answer")]
    OldAnswer {
        /// What it says.
        head: u64,
        /// What was pushed.
        pushed: u64,
    },
    /// Central keeps asking for other records.
    #[error("central asks for position {expected}, again and again")]
    GapRemains {
        /// For which.
        expected: u64,
    },
    /// Central leased something that cannot be installed.
    #[error("cannot install a block of the series {series}")]
    Install {
        /// Of which series.
        series: Series,
        /// Why not.
        source: journal::Error,
    },
    /// Central's list of revocations is shorter than ours: it was restored from an old copy.
    #[error(
        "central has {theirs} revocations, this kiosk was sent {ours}: central lost some; they are kept \
         here, and have to be made again there"
    )]
    RevocationsLost {
        /// The last one here.
        ours: u64,
        /// The last one central has.
        theirs: u64,
    },
    /// Central and this journal disagree about the past: nothing is issued any more.
    #[error("this kiosk is quarantined: {reason}")]
    Quarantined {
        /// Why.
        reason: String,
    },
}
