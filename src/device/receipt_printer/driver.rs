//! Drives a receipt printer: each slip is sent at most once, and ends as printed, not printed, or
//! unknown.
//!
//! Whatever goes wrong after the first dot, the printer's buffers are cleared and the printer has
//! to say so before it prints for anybody else: a printer that was out of paper would otherwise
//! hand the old slip to the next applicant.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::protocol::{self, Classifier, Condition, NameKind, ProcessId, Reply, StatusKind};
use crate::device::raster::Raster;
use crate::device::recording::in_hex;
use crate::device::{Driver, Health, Input, Output};
use crate::fault::{Fault, FaultCode, Retry};

/// A status byte takes 5 ms at 9600 baud, a cut 200 ms; three times this outlasts the 1.8 s of
/// [`WHITE`] at 9600 baud.
const ANSWER_TIME: Duration = Duration::from_millis(700);
/// Three unanswered questions are no answer.
const TRIES: u8 = 3;
/// ESC/POS manuals give no time for clearing; the slowest seen took below one second.
const CLEAR_TIME: Duration = Duration::from_secs(2);
/// A chunk is at most 24 rows, 3 mm: half a second at the slowest 80 mm printers and 9600 baud
/// takes 2 s a chunk.
const PROGRESS_TIME: Duration = Duration::from_secs(5);
/// A head that is too hot takes up to a minute to cool down.
const COOLING_TIME: Duration = Duration::from_secs(90);
/// How long a slip whose printer was unplugged waits for it, and for its answers, before it counts
/// as unknown.
const REPLUG_TIME: Duration = Duration::from_secs(30);
/// Also with automatic status, which is silent when the printer was switched off and on.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// While somebody puts paper in, the screen should follow.
const OFFLINE_POLL: Duration = Duration::from_secs(1);
/// How often a stuck knife is told to try again: somebody may just be pulling the paper out.
const KNIFE_POLL: Duration = Duration::from_secs(5);
/// Half a message and then this much silence: the rest is lost. 80 bytes take 83 ms at 9600 baud.
const GAP: Duration = Duration::from_millis(150);
/// Bytes in one chunk with its status request; two of them are under way at a time and fit into
/// 4096 bytes.
const CHUNK_BYTES_MAX: usize = 1740;
const CHUNKS_UNDER_WAY_MAX: usize = 2;
/// A printer that was cut off inside a band, or inside its head, takes what follows for the rest of
/// it. White dots, which are nothing between commands, get it out of there: 24 rows of 72 bytes and
/// 8 of head.
const WHITE: [u8; 1736] = [0; 1736];

/// One slip, encoded before anything of it is sent. It is written as a whole into recordings only.
#[derive(Serialize, Deserialize)]
pub struct Job {
    number: u64,
    chunks: VecDeque<Chunk>,
}

#[derive(Serialize, Deserialize)]
struct Chunk(#[serde(with = "in_hex")] Zeroizing<Vec<u8>>);

impl Job {
    /// `number` is the kiosk's number of this print job and comes back in every event about it.
    pub fn new(number: u64, picture: Raster<'_>) -> Self {
        let mut chunks: VecDeque<Chunk> = VecDeque::new();
        for band in protocol::bands(picture) {
            match chunks.back_mut() {
                Some(Chunk(chunk)) if chunk.len() + band.len() + 3 <= CHUNK_BYTES_MAX => {
                    chunk.extend(band);
                }
                Some(_) | None => chunks.push_back(Chunk(Zeroizing::new(band))),
            }
        }
        for Chunk(chunk) in &mut chunks {
            chunk.extend(protocol::BUFFERED_STATUS);
        }
        Self { number, chunks }
    }
}

/// A slip is somebody's: only its number may reach a log.
impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Job({})", self.number)
    }
}

/// What the kiosk asks of the printer.
#[derive(Debug, Serialize, Deserialize)]
pub enum Command {
    /// Journal it as sent first: from here on, a crash leaves a slip that may or may not be
    /// printed.
    Print(Job),
    /// An attendant has switched the printer off and on and taken all paper away: it holds nobody's
    /// document.
    ConfirmEmpty,
}

/// What the printer tells the kiosk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Identified(Identity),
    /// The printer was clean, and the first byte goes out now. `cuts` is the cutter's counter
    /// before, where it has one.
    JobSent {
        job: u64,
        cuts: Option<u64>,
    },
    JobConfirmed {
        job: u64,
        evidence: Evidence,
    },
    /// `cuts` is the cutter's counter now, where it could be asked after the end of the attempt.
    JobFailed {
        job: u64,
        outcome: Outcome,
        fault: Fault,
        cuts: Option<u64>,
    },
}

/// What the printer says it is, and what it can prove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub maker: Option<String>,
    pub model: Option<String>,
    /// It says when a slip is on paper (`GS ( H`).
    pub has_process_id: bool,
    /// It confirms that its buffers are clear (`DLE DC4 8`).
    pub has_clear: bool,
    /// The cutter's counter at start (`GS g 2`).
    pub cuts: Option<u64>,
}

/// Why a slip counts as printed, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// The printer returned the number that stood behind the cut.
    ProcessId,
    /// The cutter has cut once more than before.
    CutCounter,
    /// The printer has worked off everything and is still in order.
    StatusClean,
}

/// How a slip that is not known to be printed ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// At most a piece without its last rows came out, and the rest is gone: it may be sent again.
    NotPrinted,
    /// A person has to look.
    Unknown,
}

/// The state machine.
#[derive(Debug)]
pub struct ReceiptPrinter {
    classifier: Classifier,
    partial_due: Option<Duration>,
    phase: Phase,
    asking: Option<Asking>,
    queue: VecDeque<Ask>,
    answers: Answers,
    condition: Condition,
    identity: Identity,
    identified: bool,
    may_hold_document: bool,
    /// Somebody's half slip hangs in the slot: cut it off as soon as the knife works.
    sever_due: bool,
    responding: bool,
    told_to_wait: bool,
    process_ids: u32,
    job: Option<Running>,
}

#[derive(Debug)]
struct Running {
    job: Job,
    cuts_before: Option<u64>,
    /// At least one row may be on paper.
    begun: bool,
    /// The last rows have been handed over: from now on it may be complete, if only hanging in the
    /// slot.
    end_sent: bool,
    /// The cut and the question for the proof have been handed over.
    tail_sent: bool,
    under_way: usize,
    tail_id: ProcessId,
    cooling_until: Option<Duration>,
    /// Its line was lost: when nobody waits for it any longer.
    given_up_at: Option<Duration>,
    failure: Option<FaultCode>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    /// The line has just been opened: does it answer, and are its buffers clear?
    Greeting,
    /// On line: who is it and what can it do?
    Introducing,
    /// Nothing to do until then.
    Idle {
        until: Duration,
    },
    CheckingUp,
    Preflight {
        is_second_try: bool,
    },
    Sending {
        until: Duration,
    },
    /// All but the proof.
    Proving,
    /// No progress: why?
    Diagnosing,
    Clearing,
    Counting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Status(StatusKind),
    Clear,
    Initialise,
    Name(NameKind),
    Cuts,
    Reached,
    ProcessId(ProcessId),
}

impl Ask {
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Status(kind) => kind.request().to_vec(),
            // First out of the error, if there is one, then the buffers.
            Self::Clear => {
                [protocol::RECOVER_AND_CLEAR.as_slice(), &protocol::CLEAR_BUFFERS].concat()
            }
            Self::Initialise => {
                [protocol::INITIALISE.as_slice(), &protocol::AUTOMATIC_STATUS_ON].concat()
            }
            Self::Name(kind) => kind.request().to_vec(),
            Self::Cuts => protocol::CUT_COUNTER.to_vec(),
            Self::Reached => protocol::BUFFERED_STATUS.to_vec(),
            Self::ProcessId(id) => id.request(),
        }
    }

    fn time(self) -> Duration {
        if self == Self::Clear { CLEAR_TIME } else { ANSWER_TIME }
    }

    /// A clone that does not know a command says nothing; one try tells. Only status must be
    /// answered.
    fn tries(self) -> u8 {
        match self {
            Self::Status(_) | Self::Reached => TRIES,
            Self::Clear | Self::Initialise | Self::Name(_) | Self::Cuts | Self::ProcessId(_) => 1,
        }
    }
}

#[derive(Debug)]
struct Asking {
    ask: Ask,
    until: Duration,
    tries_left: u8,
}

#[derive(Debug, Default)]
struct Answers {
    status: [Option<u8>; 4],
    cleared: bool,
    maker: Option<String>,
    model: Option<String>,
    cuts: Option<u64>,
    reached: bool,
    process_id: bool,
}

type Outputs = Vec<Output<Event>>;

impl ReceiptPrinter {
    /// `unfinished_job`: the kiosk went down while a slip was being printed. A printer that cannot
    /// confirm that it is clear then waits for an attendant.
    pub fn new(unfinished_job: bool) -> Self {
        Self {
            classifier: Classifier::default(),
            partial_due: None,
            phase: Phase::Closed,
            asking: None,
            queue: VecDeque::new(),
            answers: Answers::default(),
            condition: Condition::default(),
            identity: Identity::default(),
            identified: false,
            may_hold_document: unfinished_job,
            sever_due: unfinished_job,
            responding: true,
            told_to_wait: false,
            process_ids: 0,
            job: None,
        }
    }

    /// What stands in the way.
    fn code(&self) -> Option<FaultCode> {
        if !self.responding {
            return Some(FaultCode::ReceiptNotResponding);
        }
        condition_cause(self.condition)
            .or(self.may_hold_document.then_some(FaultCode::ReceiptMayHoldDocument))
    }

    fn ask_all(
        &mut self,
        now: Duration,
        phase: Phase,
        asks: impl IntoIterator<Item = Ask>,
        out: &mut Outputs,
    ) {
        self.phase = phase;
        self.answers = Answers::default();
        self.asking = None;
        self.queue = asks.into_iter().collect();
        self.ask_next(now, out);
    }

    fn ask_next(&mut self, now: Duration, out: &mut Outputs) {
        match self.queue.pop_front() {
            Some(ask) => {
                out.push(Output::Send(ask.bytes()));
                self.asking =
                    Some(Asking { ask, until: now + ask.time(), tries_left: ask.tries() - 1 });
            }
            None => {
                self.asking = None;
                self.asked_all(now, out);
            }
        }
    }

    fn unanswered(&mut self, now: Duration, asking: Asking, out: &mut Outputs) {
        let ask = asking.ask;
        if asking.tries_left > 0 {
            out.push(Output::Send(ask.bytes()));
            let tries_left = asking.tries_left - 1;
            self.asking = Some(Asking { ask, until: now + ask.time(), tries_left });
        } else if matches!(ask, Ask::Status(_))
            || (ask == Ask::Reached && self.phase == Phase::Introducing)
        {
            self.responding = false;
            self.queue.clear();
            out.push(Output::Reopen);
        } else {
            self.ask_next(now, out);
        }
    }

    /// Every question of this phase has its answer, or will have none.
    fn asked_all(&mut self, now: Duration, out: &mut Outputs) {
        if let [Some(a), Some(b), Some(c), Some(d)] = self.answers.status
            && let Some(condition) = Condition::from_real_time([a, b, c, d])
        {
            self.condition = condition;
            self.responding = true;
        }
        match self.phase {
            Phase::Closed | Phase::Idle { .. } | Phase::Sending { .. } => {}
            Phase::Greeting => {
                self.identity.has_clear = self.answers.cleared;
                if self.answers.cleared {
                    self.may_hold_document = false;
                } else if self.job.as_ref().is_some_and(|running| running.begun) {
                    self.may_hold_document = true;
                }
                if self.job.is_some() {
                    self.after_clearing(now, out);
                } else {
                    self.introduce(now, out);
                }
            }
            Phase::Introducing => {
                let answers = mem::take(&mut self.answers);
                self.identity = Identity {
                    maker: answers.maker,
                    model: answers.model,
                    has_process_id: answers.process_id,
                    has_clear: self.identity.has_clear,
                    cuts: answers.cuts,
                };
                self.identified = true;
                out.push(Output::Event(Event::Identified(self.identity.clone())));
                self.rest(now);
            }
            Phase::CheckingUp => {
                self.may_hold_document &= !self.answers.cleared;
                if !self.identified || self.sever_due {
                    self.introduce(now, out);
                } else {
                    self.rest(now);
                }
            }
            Phase::Preflight { is_second_try } => self.preflown(now, is_second_try, out),
            Phase::Proving => self.proven(now, out),
            Phase::Diagnosing => {
                let cause =
                    condition_cause(self.condition).unwrap_or(FaultCode::ReceiptNotResponding);
                self.abort(now, cause, out);
            }
            Phase::Clearing => {
                self.may_hold_document = !self.answers.cleared;
                self.after_clearing(now, out);
            }
            Phase::Counting => self.counted(now, self.answers.cuts, out),
        }
    }

    /// Ask who it is, when it can answer; questions that stand in its buffer wait for paper.
    fn introduce(&mut self, now: Duration, out: &mut Outputs) {
        if !self.condition.may_print() {
            return self.rest(now);
        }
        if mem::take(&mut self.sever_due) {
            out.push(Output::Send(protocol::FEED_AND_CUT.to_vec()));
        }
        let id = self.next_process_id();
        let asks = [
            Ask::Initialise,
            Ask::Reached,
            Ask::Name(NameKind::Maker),
            Ask::Name(NameKind::Model),
            Ask::Cuts,
            Ask::ProcessId(id),
            // What a clone took for text goes, and the automatic status comes back.
            Ask::Initialise,
        ];
        self.ask_all(now, Phase::Introducing, asks, out);
    }

    fn rest(&mut self, now: Duration) {
        let pause = match self.condition {
            condition if condition.may_print() => HEARTBEAT,
            Condition { cutter_error: true, .. } => KNIFE_POLL,
            _ => OFFLINE_POLL,
        };
        self.phase = Phase::Idle { until: now + pause };
    }

    fn next_process_id(&mut self) -> ProcessId {
        self.process_ids += 1;
        ProcessId::from_count(self.process_ids)
    }

    // One slip, from here to the end.

    fn print(&mut self, now: Duration, job: Job, out: &mut Outputs) {
        let refusal = match self.phase {
            Phase::Closed => Some(FaultCode::ReceiptOffline),
            _ if self.job.is_some() => Some(FaultCode::ReceiptNotResponding),
            _ if !self.responding => Some(FaultCode::ReceiptNotResponding),
            _ if self.may_hold_document => Some(FaultCode::ReceiptMayHoldDocument),
            Phase::Idle { .. } | Phase::CheckingUp if self.identified => None,
            Phase::Idle { .. }
            | Phase::CheckingUp
            | Phase::Greeting
            | Phase::Introducing
            | Phase::Preflight { .. }
            | Phase::Sending { .. }
            | Phase::Proving
            | Phase::Diagnosing
            | Phase::Clearing
            | Phase::Counting => {
                Some(condition_cause(self.condition).unwrap_or(FaultCode::ReceiptNotResponding))
            }
        };
        if let Some(cause) = refusal {
            return out.push(failed(job.number, Outcome::NotPrinted, cause, None));
        }
        let tail_id = self.next_process_id();
        self.job = Some(Running {
            job,
            cuts_before: None,
            begun: false,
            end_sent: false,
            tail_sent: false,
            under_way: 0,
            tail_id,
            cooling_until: None,
            given_up_at: None,
            failure: None,
        });
        self.preflight(now, false, out);
    }

    fn preflight(&mut self, now: Duration, is_second_try: bool, out: &mut Outputs) {
        let counter = self.identity.cuts.map(|_| Ask::Cuts);
        let asks = StatusKind::ALL.into_iter().map(Ask::Status).chain(counter);
        self.ask_all(now, Phase::Preflight { is_second_try }, asks, out);
    }

    fn preflown(&mut self, now: Duration, is_second_try: bool, out: &mut Outputs) {
        if let Some(cause) = condition_cause(self.condition) {
            // The first status after a change is known to contradict itself; the second counts.
            if !is_second_try {
                return self.preflight(now, true, out);
            }
            return self.fail(now, Outcome::NotPrinted, cause, out);
        }
        let cuts = self.answers.cuts;
        let Some(running) = &mut self.job else { return self.rest(now) };
        running.cuts_before = cuts;
        running.begun = true;
        out.push(Output::Event(Event::JobSent { job: running.job.number, cuts }));
        // Settings somebody's test may have left behind; the automatic status must follow at once.
        out.push(Output::Send(Ask::Initialise.bytes()));
        self.phase = Phase::Sending { until: now + PROGRESS_TIME };
        self.send_more(now, out);
    }

    /// Hand over as much as the printer's buffer surely takes; the tail only when everything before
    /// it is on paper.
    fn send_more(&mut self, now: Duration, out: &mut Outputs) {
        let has_process_id = self.identity.has_process_id;
        let Some(running) = &mut self.job else { return };
        while running.under_way < CHUNKS_UNDER_WAY_MAX && !self.told_to_wait {
            // The last rows wait until all before them are on paper: until then it surely is not
            // complete.
            if running.job.chunks.len() == 1 && running.under_way > 0 {
                break;
            }
            let Some(Chunk(mut chunk)) = running.job.chunks.pop_front() else { break };
            running.end_sent = running.job.chunks.is_empty();
            out.push(Output::Send(mem::take(&mut *chunk)));
            running.under_way += 1;
            self.phase = Phase::Sending { until: now + PROGRESS_TIME };
        }
        if running.under_way == 0
            && running.job.chunks.is_empty()
            && !running.tail_sent
            && !self.told_to_wait
        {
            let proof = if has_process_id {
                running.tail_id.request()
            } else {
                protocol::BUFFERED_STATUS.to_vec()
            };
            out.push(Output::Send([protocol::FEED_AND_CUT.as_slice(), &proof].concat()));
            running.tail_sent = true;
            self.phase = Phase::Sending { until: now + PROGRESS_TIME };
        }
    }

    fn progressed(&mut self, now: Duration, out: &mut Outputs) {
        let Some(running) = &mut self.job else { return };
        self.phase = Phase::Sending { until: now + PROGRESS_TIME };
        if running.tail_sent && !self.identity.has_process_id {
            return self.prove(now, out);
        }
        running.under_way = running.under_way.saturating_sub(1);
        self.send_more(now, out);
    }

    /// Everything is said to be on paper. Is the printer still in order, and did the knife move?
    fn prove(&mut self, now: Duration, out: &mut Outputs) {
        let counter = self.job.as_ref().and_then(|running| running.cuts_before).map(|_| Ask::Cuts);
        let counter = counter.filter(|_| !self.identity.has_process_id);
        let asks = StatusKind::ALL.into_iter().map(Ask::Status).chain(counter);
        self.ask_all(now, Phase::Proving, asks, out);
    }

    fn proven(&mut self, now: Duration, out: &mut Outputs) {
        let Some(running) = &self.job else { return self.rest(now) };
        let job = running.job.number;
        // The roll may end, and somebody may open the cover, right behind a slip that is complete
        // and cut.
        let Condition { cutter_error, unrecoverable, mechanical_error, .. } = self.condition;
        let is_broken = cutter_error || unrecoverable || mechanical_error;
        let evidence = if is_broken {
            None
        } else if self.identity.has_process_id {
            Some(Evidence::ProcessId)
        } else {
            match (running.cuts_before, self.answers.cuts) {
                (Some(before), Some(after)) if after == before + 1 => Some(Evidence::CutCounter),
                (Some(_), Some(_)) => None,
                (None, _) | (_, None) => {
                    self.condition.may_print().then_some(Evidence::StatusClean)
                }
            }
        };
        let Some(evidence) = evidence else {
            let cause = condition_cause(self.condition).unwrap_or(FaultCode::ReceiptNotResponding);
            return self.abort(now, cause, out);
        };
        self.job = None;
        out.push(Output::Event(Event::JobConfirmed { job, evidence }));
        self.rest(now);
    }

    /// The slip will not be finished. Nothing of it may stay in the printer.
    fn abort(&mut self, now: Duration, cause: FaultCode, out: &mut Outputs) {
        if let Some(running) = &mut self.job {
            running.failure.get_or_insert(cause);
            running.job.chunks.clear();
        }
        self.sever_due = true;
        // It is as good as a stranger until it has been through its introduction again.
        self.identified = false;
        self.told_to_wait = false;
        out.push(Output::DiscardUnsent);
        if !self.identity.has_clear {
            out.push(Output::Send(WHITE.to_vec()));
        }
        let asks = std::iter::once(Ask::Clear).chain(StatusKind::ALL.map(Ask::Status));
        self.ask_all(now, Phase::Clearing, asks, out);
    }

    fn after_clearing(&mut self, now: Duration, out: &mut Outputs) {
        let Some(running) = &self.job else { return self.rest(now) };
        let cause = running.failure.unwrap_or(FaultCode::ReceiptOffline);
        if !running.begun {
            self.fail(now, Outcome::NotPrinted, cause, out);
        } else if self.may_hold_document {
            self.fail(now, Outcome::Unknown, cause, out);
        } else if !running.end_sent {
            self.fail(now, Outcome::NotPrinted, cause, out);
        } else if running.cuts_before.is_some() && self.condition.may_print() {
            self.ask_all(now, Phase::Counting, [Ask::Cuts], out);
        } else {
            self.fail(now, Outcome::Unknown, cause, out);
        }
    }

    fn counted(&mut self, now: Duration, after: Option<u64>, out: &mut Outputs) {
        let Some(running) = &self.job else { return self.rest(now) };
        let cause = running.failure.unwrap_or(FaultCode::ReceiptOffline);
        match (running.cuts_before, after) {
            (Some(before), Some(after)) if after == before + 1 => {
                let (job, evidence) = (running.job.number, Evidence::CutCounter);
                out.push(Output::Event(Event::JobConfirmed { job, evidence }));
                self.job = None;
                // It was cut: nothing hangs in the slot.
                self.sever_due = false;
                self.rest(now);
            }
            // All its rows are out, and hang in the slot or are lost: a person knows.
            (Some(_) | None, Some(_) | None) => self.fail(now, Outcome::Unknown, cause, out),
        }
    }

    fn fail(&mut self, now: Duration, outcome: Outcome, cause: FaultCode, out: &mut Outputs) {
        if let Some(running) = self.job.take() {
            out.push(failed(running.job.number, outcome, cause, self.answers.cuts));
        }
        if self.may_hold_document || !self.condition.may_print() {
            self.rest(now);
        } else {
            self.introduce(now, out);
        }
    }

    // What comes in.

    fn reply(&mut self, now: Duration, reply: Reply, out: &mut Outputs) {
        match reply {
            Reply::BufferFull => self.told_to_wait = true,
            Reply::ReadyToReceive => {
                self.told_to_wait = false;
                if matches!(self.phase, Phase::Sending { .. }) {
                    self.send_more(now, out);
                }
            }
            Reply::Automatic(status) => self.condition_changed(now, status.condition(), out),
            Reply::Buffered(_) if matches!(self.phase, Phase::Sending { .. }) => {
                self.progressed(now, out);
            }
            Reply::Printed(id) if self.is_tail(id) => self.prove(now, out),
            Reply::RealTime(_)
            | Reply::Buffered(_)
            | Reply::Printed(_)
            | Reply::Cleared
            | Reply::Block(_)
            | Reply::OtherBlock(_)
            | Reply::Unknown(_) => self.answer(now, reply, out),
        }
    }

    fn is_tail(&self, id: ProcessId) -> bool {
        matches!(self.phase, Phase::Sending { .. })
            && self.job.as_ref().is_some_and(|running| running.tail_sent && running.tail_id == id)
    }

    fn answer(&mut self, now: Duration, reply: Reply, out: &mut Outputs) {
        let Some(asking) = &self.asking else { return };
        let answers = &mut self.answers;
        match (asking.ask, reply) {
            (Ask::Status(kind), Reply::RealTime(byte)) => {
                let [printer, offline, error, paper] = &mut answers.status;
                *match kind {
                    StatusKind::Printer => printer,
                    StatusKind::OfflineCause => offline,
                    StatusKind::ErrorCause => error,
                    StatusKind::Paper => paper,
                } = Some(byte);
            }
            (Ask::Clear, Reply::Cleared) => answers.cleared = true,
            (Ask::Name(NameKind::Maker), Reply::Block(name)) => answers.maker = Some(name),
            (Ask::Name(NameKind::Model), Reply::Block(name)) => answers.model = Some(name),
            (Ask::Cuts, Reply::Block(digits)) => answers.cuts = digits.trim().parse().ok(),
            (Ask::Reached, Reply::Buffered(_)) => answers.reached = true,
            (Ask::ProcessId(id), Reply::Printed(printed)) if id == printed => {
                answers.process_id = true;
            }
            // Late, or not for this question: the question goes on waiting.
            _ => return,
        }
        self.ask_next(now, out);
    }

    fn condition_changed(&mut self, now: Duration, condition: Condition, out: &mut Outputs) {
        self.condition = condition;
        if self.asking.as_ref().is_some_and(|asking| asking.ask == Ask::Initialise) {
            // `GS a` answers at once with the present status.
            return self.ask_next(now, out);
        }
        match self.phase {
            Phase::Sending { .. } if is_only_hot(condition) => {
                if let Some(running) = &mut self.job {
                    let until = *running.cooling_until.get_or_insert(now + COOLING_TIME);
                    self.phase = Phase::Sending { until };
                }
            }
            Phase::Sending { .. } => match condition_cause(condition) {
                Some(cause) => self.abort(now, cause, out),
                None => {
                    if let Some(running) = &mut self.job {
                        running.cooling_until = None;
                    }
                    self.phase = Phase::Sending { until: now + PROGRESS_TIME };
                }
            },
            // Ask at once, to be sure; then every second until it is in order again.
            Phase::Idle { .. } => {
                let asks = StatusKind::ALL.map(Ask::Status);
                self.ask_all(now, Phase::CheckingUp, asks, out);
            }
            Phase::Closed
            | Phase::Greeting
            | Phase::Introducing
            | Phase::CheckingUp
            | Phase::Preflight { .. }
            | Phase::Proving
            | Phase::Diagnosing
            | Phase::Clearing
            | Phase::Counting => {}
        }
    }

    fn due(&mut self, now: Duration, out: &mut Outputs) {
        if self.partial_due.take_if(|due| *due <= now).is_some() {
            self.classifier.reset();
        }
        if let Some(asking) = self.asking.take_if(|asking| asking.until <= now) {
            return self.unanswered(now, asking, out);
        }
        if self.given_up_at().is_some_and(|at| at <= now) {
            return self.give_up(now, out);
        }
        match self.phase {
            Phase::Idle { until } if until <= now => {
                let Condition { cutter_error, cover_open, .. } = self.condition;
                // Leaving the error needs a command, and a closed cover.
                let recover = (cutter_error && !cover_open).then_some(Ask::Clear);
                let asks = recover.into_iter().chain(StatusKind::ALL.map(Ask::Status));
                self.ask_all(now, Phase::CheckingUp, asks, out);
            }
            Phase::Sending { until } if until <= now => {
                let asks = StatusKind::ALL.map(Ask::Status);
                self.ask_all(now, Phase::Diagnosing, asks, out);
            }
            Phase::Closed
            | Phase::Greeting
            | Phase::Introducing
            | Phase::Idle { .. }
            | Phase::CheckingUp
            | Phase::Preflight { .. }
            | Phase::Sending { .. }
            | Phase::Proving
            | Phase::Diagnosing
            | Phase::Clearing
            | Phase::Counting => {}
        }
    }

    fn given_up_at(&self) -> Option<Duration> {
        self.job.as_ref().and_then(|running| running.given_up_at)
    }

    /// The line, or sense, has not come back in time. What the printer still holds is cleared when
    /// it is back.
    fn give_up(&mut self, now: Duration, out: &mut Outputs) {
        let Some(running) = self.job.take() else { return };
        let cause = running.failure.unwrap_or(FaultCode::ReceiptOffline);
        out.push(failed(running.job.number, Outcome::Unknown, cause, None));
        self.may_hold_document = true;
        if self.phase != Phase::Closed {
            self.abort(now, cause, out);
        }
    }

    fn closed(&mut self, now: Duration, out: &mut Outputs) {
        self.asking = None;
        self.queue.clear();
        self.classifier.reset();
        self.partial_due = None;
        self.told_to_wait = false;
        self.identified = false;
        self.phase = Phase::Closed;
        let code = if self.responding {
            FaultCode::ReceiptOffline
        } else {
            FaultCode::ReceiptNotResponding
        };
        if let Some(running) = self.job.take_if(|running| !running.begun) {
            return out.push(failed(running.job.number, Outcome::NotPrinted, code, None));
        }
        if let Some(running) = &mut self.job {
            self.sever_due = true;
            running.job.chunks.clear();
            running.failure.get_or_insert(code);
            running.given_up_at.get_or_insert(now + REPLUG_TIME);
        }
    }
}

impl Driver for ReceiptPrinter {
    type Command = Command;
    type Event = Event;

    fn on(&mut self, now: Duration, input: Input<'_, Command>) -> Outputs {
        let mut out = Vec::new();
        match input {
            Input::Opened => {
                if self.sever_due {
                    out.push(Output::Send(WHITE.to_vec()));
                }
                let asks = StatusKind::ALL.map(Ask::Status).into_iter().chain([Ask::Clear]);
                self.ask_all(now, Phase::Greeting, asks, &mut out);
            }
            Input::Closed => self.closed(now, &mut out),
            Input::Received(bytes) => {
                for reply in self.classifier.push(bytes) {
                    self.reply(now, reply, &mut out);
                }
                self.partial_due = self.classifier.is_partial().then(|| now + GAP);
            }
            Input::Sent => {}
            Input::Command(Command::Print(job)) => self.print(now, job, &mut out),
            Input::Command(Command::ConfirmEmpty) => {
                self.may_hold_document = false;
                self.sever_due = false;
            }
            Input::Due => self.due(now, &mut out),
        }
        out
    }

    fn deadline(&self) -> Option<Duration> {
        let phase = match self.phase {
            Phase::Idle { until } | Phase::Sending { until } => Some(until),
            Phase::Closed
            | Phase::Greeting
            | Phase::Introducing
            | Phase::CheckingUp
            | Phase::Preflight { .. }
            | Phase::Proving
            | Phase::Diagnosing
            | Phase::Clearing
            | Phase::Counting => None,
        };
        let asking = self.asking.as_ref().map(|asking| asking.until);
        [phase, asking, self.partial_due, self.given_up_at()].into_iter().flatten().min()
    }

    fn health(&self) -> Health {
        match self.code() {
            _ if self.job.is_some() => Health::Busy,
            Some(code) => Health::of(code),
            None if !self.identified => Health::Starting,
            None if self.condition.paper_near_end => Health::of(FaultCode::ReceiptPaperNearEnd),
            None => Health::READY,
        }
    }
}

fn failed(job: u64, outcome: Outcome, code: FaultCode, cuts: Option<u64>) -> Output<Event> {
    let retry = match outcome {
        Outcome::NotPrinted => Retry::Yes,
        Outcome::Unknown => Retry::Unknown,
    };
    let fault = Fault { retry, ..Fault::of(code) };
    Output::Event(Event::JobFailed { job, outcome, fault, cuts })
}

fn is_only_hot(condition: Condition) -> bool {
    condition.head_hot && Condition { head_hot: false, offline: false, ..condition }.may_print()
}

/// The first thing to tell a person.
fn condition_cause(condition: Condition) -> Option<FaultCode> {
    let Condition {
        offline,
        cover_open,
        paper_out,
        paper_near_end: _,
        cutter_error,
        head_hot,
        unrecoverable,
        mechanical_error,
    } = condition;
    [
        (unrecoverable, FaultCode::ReceiptFailed),
        (cutter_error, FaultCode::ReceiptCutter),
        // What keeps paper or head from moving, other than the knife.
        (mechanical_error, FaultCode::ReceiptJam),
        (cover_open, FaultCode::ReceiptCoverOpen),
        (paper_out, FaultCode::ReceiptPaperOut),
        (head_hot, FaultCode::ReceiptHeadHot),
        (offline, FaultCode::ReceiptNotResponding),
    ]
    .into_iter()
    .find_map(|(is_so, code)| is_so.then_some(code))
}
