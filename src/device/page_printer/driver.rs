//! Drives a page printer: each certificate is sent at most once, and ends as printed, not printed,
//! or unknown.
//!
//! Only the printer's own words count: the end of the job with the number of sheets, or its page
//! counter. A job that goes wrong is cancelled, and the printer has to be idle again before it
//! prints for anybody else.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::pcl::{self, Sheet};
use super::pjl::{self, Condition, JobEnd, JobName, JobResult, Reply, ReplyParser};
use super::pwg;
use crate::device::raster::Raster;
use crate::device::recording::in_hex;
use crate::device::{Driver, Health, Input, Output};
use crate::fault::{Fault, FaultCode, Retry};

/// Page printers answer within a second, and later when they wake up.
const ANSWER_TIME: Duration = Duration::from_secs(2);
const TRIES: u8 = 3;
const CHUNK_BYTES: usize = 4096;
/// A printer that formats a page may hold the line; beyond this it is stuck.
const PROGRESS_TIME: Duration = Duration::from_secs(30);
/// From the last byte: waking up, warming up, the first sheet …
const FIRST_SHEET_TIME: Duration = Duration::from_mins(1);
/// … and each further one: a slow printer does 6 a minute.
const FURTHER_SHEET_TIME: Duration = Duration::from_secs(10);
/// A cancelled job is over within this time, or the printer holds it.
const CANCEL_TIME: Duration = Duration::from_secs(15);
/// A printer that warms up is worth waiting for.
const WARM_UP_TIME: Duration = Duration::from_mins(1);
/// How long a certificate whose printer was unplugged waits for it, and for its answers, before it
/// counts as unknown.
const REPLUG_TIME: Duration = Duration::from_secs(45);
/// So many times idle in a row, a second apart, and nothing counted meanwhile: it holds nothing.
const SETTLED_POLLS: u8 = 3;
const HEARTBEAT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_secs(1);
/// More than a Linux serial line or pty ever holds between us and the wire (measured: 19.5 KB).
const SYSTEM_QUEUE_BYTES: u32 = 32 * 1024;
/// When a job breaks off inside a raster row, the printer takes what follows for dots: a row of A3
/// is at most 421 bytes in any mode that was chosen for being shorter. So many zeros end it, and
/// are nothing to PJL.
const PADDING_BYTES: usize = 512;

/// One certificate, encoded before anything of it is sent. It is written as a whole into recordings only.
#[derive(Serialize, Deserialize)]
pub struct Job {
    number: u64,
    name: JobName,
    sheet: Sheet,
    sheets: u32,
    document: Document,
    /// The same for a printer that reads PDF.
    pdf: Option<Document>,
}

/// A certificate in the language of its printer.
#[derive(Serialize, Deserialize)]
pub(super) enum Document {
    /// PCL between PJL, for a serial line.
    Pcl(#[serde(with = "in_hex")] Zeroizing<Vec<u8>>),
    /// PDF between PJL, for a serial line.
    Pdf(#[serde(with = "in_hex")] Zeroizing<Vec<u8>>),
    /// PWG raster, for the network.
    Pwg(#[serde(with = "in_hex")] Zeroizing<Vec<u8>>),
}

impl Job {
    /// A job for a printer on a serial line. `number` is the kiosk's number of this print job and
    /// comes back in every event about it; `name` is what the printer knows it by.
    pub fn new(
        number: u64,
        name: JobName,
        sheet: Sheet,
        pictures: &[Raster<'_>],
    ) -> Result<Self, pcl::Error> {
        let pages = pictures.iter().map(|picture| pcl::encode(*picture, sheet));
        let pages = pages.collect::<Result<Vec<_>, _>>()?;
        let document = Document::Pcl(Zeroizing::new(pjl::job(&name, &pages)));
        Ok(Self { number, name, sheet, sheets: sheets(pictures), document, pdf: None })
    }

    /// The same job as a PDF file, for a printer that turns out to read it: an A4 certificate in 65 KB
    /// instead of 80, and its seal in colour where the printer has colours.
    pub fn or_pdf(mut self, pdf: &[u8]) -> Self {
        self.pdf = pjl::pdf_job(&self.name, self.sheet.name(), pdf)
            .map(|bytes| Document::Pdf(Zeroizing::new(bytes)));
        self
    }

    /// A job for a printer on the network.
    pub fn for_network(
        number: u64,
        name: JobName,
        sheet: Sheet,
        pictures: &[Raster<'_>],
    ) -> Result<Self, pcl::Error> {
        let document = Document::Pwg(Zeroizing::new(pwg::encode(pictures, sheet)?));
        Ok(Self { number, name, sheet, sheets: sheets(pictures), document, pdf: None })
    }

    /// How many bytes will travel.
    pub fn size_bytes(&self) -> usize {
        self.bytes().len()
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn name(&self) -> &JobName {
        &self.name
    }

    pub(super) fn sheet(&self) -> Sheet {
        self.sheet
    }

    pub(super) fn sheets(&self) -> u32 {
        self.sheets
    }

    pub(super) fn document(&self) -> &Document {
        &self.document
    }

    /// Has what is sent be the PDF, if there is one.
    fn choose_pdf(&mut self) {
        if let Some(pdf) = self.pdf.take() {
            self.document = pdf;
        }
    }

    fn bytes(&self) -> &[u8] {
        match &self.document {
            Document::Pcl(bytes) | Document::Pdf(bytes) | Document::Pwg(bytes) => bytes,
        }
    }
}

fn sheets(pictures: &[Raster<'_>]) -> u32 {
    u32::try_from(pictures.len()).expect("a certificate has a few sheets")
}

/// A certificate is somebody's: only its number may reach a log.
impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Job({})", self.number)
    }
}

/// What the kiosk asks of the printer.
#[derive(Debug, Serialize, Deserialize)]
pub enum Command {
    /// Journal it as sent first: from here on, a crash leaves a certificate that may or may not be
    /// printed.
    Print(Job),
    /// An attendant has cancelled everything at the panel and taken all paper away: it holds
    /// nobody's document.
    ConfirmEmpty,
}

/// What the printer tells the kiosk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Identified(Identity),
    /// The printer was ready, and the first byte goes out now. `page_count` is its counter before,
    /// where it has one.
    JobSent {
        job: u64,
        page_count: Option<u64>,
    },
    JobConfirmed {
        job: u64,
        evidence: Evidence,
    },
    /// `page_count` is its counter now, where it could be asked after the end of the attempt.
    JobFailed {
        job: u64,
        outcome: Outcome,
        fault: Fault,
        page_count: Option<u64>,
    },
    /// Its counter has moved on, by a certificate or by something that was printed at its panel.
    Counted(u64),
}

/// What the printer says it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub model: Option<String>,
    pub page_count: Option<u64>,
}

/// Why a certificate counts as printed, the stronger first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// The printer said that the job ended well, with as many sheets as were sent.
    JobEnd,
    /// The whole job had reached the printer, and its page counter has grown by exactly its sheets.
    PageCounter,
}

/// How a certificate that is not known to be printed ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// No sheet came out, and the printer holds none: it may be sent again.
    NotPrinted,
    /// A person has to look.
    Unknown,
}

/// The state machine.
#[derive(Debug)]
pub struct PagePrinter {
    baud: u32,
    parser: ReplyParser,
    phase: Phase,
    asking: Option<Asking>,
    nonce_seed: u64,
    nonces: u64,
    /// What it answered to the question that is asked.
    condition: Option<Condition>,
    /// What it said last, until it says something else: a question alone changes no health.
    said: Option<Condition>,
    page_count: Option<u64>,
    told_count: Option<u64>,
    identity: Identity,
    identified: bool,
    responding: bool,
    knows_jobs: bool,
    /// PDF is wanted of it, and, once it has said which languages it understands, whether it does.
    pdf: Option<bool>,
    asked_languages: bool,
    /// It may hold a document, or have laid one into the tray, that is nobody's at the moment.
    withheld: Option<Withheld>,
    /// How often in a row the printer was idle with this page count.
    settled_polls: (Option<u64>, u8),
    job: Option<Running>,
}

#[derive(Clone, Copy, Debug)]
struct Withheld {
    /// The page counter while nothing of that document had come out, where that is known.
    page_count: Option<u64>,
}

#[derive(Debug)]
struct Running {
    job: Job,
    count_before: Option<u64>,
    begun: bool,
    /// How many bytes were handed over, and how many of them the system has taken.
    handed_over: usize,
    taken: usize,
    /// When the last byte must have left the machine.
    all_left_at: Option<Duration>,
    /// It broke off: had all of it reached the printer by then?
    broke_off: Option<bool>,
    is_over: bool,
    /// Its line was lost: when nobody waits for it any longer.
    given_up_at: Option<Duration>,
    failure: Option<FaultCode>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Greeting,
    /// Cancel what an earlier life of this kiosk, or a broken line, has left behind.
    Cleaning,
    Introducing,
    Idle {
        until: Duration,
    },
    CheckingUp,
    Preflight {
        until: Duration,
    },
    /// It warms up.
    PreflightPause {
        again_at: Duration,
        until: Duration,
    },
    Sending {
        until: Duration,
    },
    Landing {
        poll_at: Duration,
        until: Duration,
    },
    LandingPoll {
        until: Duration,
    },
    Cancelling,
    /// Is it idle again, and what does the counter say?
    Settling {
        until: Duration,
    },
    SettlingPause {
        again_at: Duration,
        until: Duration,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Ask {
    /// Answered by the word itself.
    Resynchronise(String),
    Cancel(String),
    Identity,
    /// Only of a printer that PDF is wanted of.
    Languages,
    StatusAndCount,
}

#[derive(Debug)]
struct Asking {
    ask: Ask,
    until: Duration,
    tries_left: u8,
}

/// What a driver is made with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Bits a second of its line.
    pub baud: u32,
    /// Differs from start to start: answers to questions of an earlier start are known by it.
    pub nonce_seed: u64,
    /// The kiosk went down while a certificate was being printed: the printer is cleaned before it prints again.
    pub unfinished_job: bool,
    /// PDF rather than PCL where the printer does not say that it cannot read it.
    pub prefers_pdf: bool,
}

type Outputs = Vec<Output<Event>>;

impl PagePrinter {
    /// A driver whose line is not open yet.
    pub fn new(settings: Settings) -> Self {
        let Settings { baud, nonce_seed, unfinished_job, prefers_pdf } = settings;
        Self {
            baud,
            parser: ReplyParser::default(),
            phase: Phase::Closed,
            asking: None,
            nonce_seed,
            nonces: 0,
            condition: None,
            said: None,
            page_count: None,
            told_count: None,
            identity: Identity::default(),
            identified: false,
            responding: true,
            knows_jobs: true,
            pdf: prefers_pdf.then_some(true),
            asked_languages: false,
            withheld: unfinished_job.then_some(Withheld { page_count: None }),
            settled_polls: (None, 0),
            job: None,
        }
    }

    fn nonce(&mut self) -> String {
        self.nonces += 1;
        format!("PK-{:016x}-{}", self.nonce_seed, self.nonces)
    }

    fn ask(&mut self, now: Duration, phase: Phase, ask: Ask, out: &mut Outputs) {
        self.phase = phase;
        out.push(Output::Send(self.question(&ask)));
        self.asking = Some(Asking { ask, until: now + ANSWER_TIME, tries_left: TRIES - 1 });
    }

    fn question(&self, ask: &Ask) -> Vec<u8> {
        let padded = |bytes: Vec<u8>| [vec![0; PADDING_BYTES], bytes].concat();
        match ask {
            Ask::Resynchronise(nonce) => padded(pjl::resynchronise(nonce)),
            Ask::Cancel(nonce) => {
                padded(pjl::cancel(self.job.as_ref().map(|running| &running.job.name), nonce))
            }
            Ask::Identity => pjl::ask_identity(),
            Ask::Languages => pjl::ask_configuration(),
            Ask::StatusAndCount => pjl::ask_status_and_page_count(),
        }
    }

    fn ask_status(&mut self, now: Duration, phase: Phase, out: &mut Outputs) {
        self.page_count = None;
        self.condition = None;
        self.ask(now, phase, Ask::StatusAndCount, out);
    }

    fn unanswered(&mut self, now: Duration, asking: Asking, out: &mut Outputs) {
        let Asking { ask, tries_left, .. } = asking;
        if tries_left > 0 {
            out.push(Output::Send(self.question(&ask)));
            let until = now + ANSWER_TIME;
            self.asking = Some(Asking { ask, until, tries_left: tries_left - 1 });
            return;
        }
        match ask {
            // A printer that does not tell its name is still one.
            // Nor one that does not tell its languages: then the profile's word counts.
            Ask::Identity | Ask::Languages => self.answered(now, out),
            // It told its status, and has no counter.
            Ask::StatusAndCount if self.condition.is_some() => self.answered(now, out),
            Ask::Resynchronise(_) | Ask::Cancel(_) | Ask::StatusAndCount => {
                self.responding = false;
                out.push(Output::Reopen);
            }
        }
    }

    /// The question of this phase has its answer.
    fn answered(&mut self, now: Duration, out: &mut Outputs) {
        self.asking = None;
        self.responding = true;
        match self.phase {
            Phase::Closed
            | Phase::Idle { .. }
            | Phase::PreflightPause { .. }
            | Phase::Sending { .. }
            | Phase::Landing { .. }
            | Phase::SettlingPause { .. } => {}
            Phase::Greeting => {
                let is_complete =
                    self.job.as_ref().is_some_and(|running| running.broke_off == Some(true));
                if is_complete {
                    // All of it is there: let it finish, and let the counter tell.
                    self.settle(now, out);
                } else if self.job.is_some() || self.withheld.is_some() {
                    self.cancel(now, out);
                } else {
                    self.ask(now, Phase::Introducing, Ask::Identity, out);
                }
            }
            Phase::Introducing if self.pdf.is_some() && !self.asked_languages => {
                self.asked_languages = true;
                self.ask(now, Phase::Introducing, Ask::Languages, out);
            }
            Phase::Introducing => {
                out.push(Output::Send(pjl::report_changes()));
                self.ask_status(now, Phase::CheckingUp, out);
            }
            Phase::CheckingUp => self.checked_up(now, out),
            Phase::Preflight { until } => self.preflown(now, until, out),
            Phase::LandingPoll { until } => self.landing_polled(now, until, out),
            Phase::Cancelling | Phase::Cleaning => self.settle(now, out),
            Phase::Settling { until } => self.settled(now, until, out),
        }
    }

    fn checked_up(&mut self, now: Duration, out: &mut Outputs) {
        if !self.identified {
            self.identified = true;
            self.identity.page_count = self.page_count;
            self.told_count = self.page_count;
            out.push(Output::Event(Event::Identified(self.identity.clone())));
        }
        if let Some(count) = self.page_count
            && self.told_count.replace(count) != Some(count)
        {
            out.push(Output::Event(Event::Counted(count)));
        }
        if let Some(withheld) = self.withheld
            && self.is_idle()
            && withheld.page_count.is_some()
            && withheld.page_count == self.page_count
        {
            // It was cancelled at the panel: nothing came out, and nothing is left.
            self.withheld = None;
        }
        self.rest(now);
    }

    fn rest(&mut self, now: Duration) {
        let is_well = self.withheld.is_none() && self.condition_cause().is_none();
        self.phase = Phase::Idle { until: now + if is_well { HEARTBEAT } else { POLL } };
    }

    /// No job is in it, nor waits for anything.
    fn is_idle(&self) -> bool {
        matches!(
            self.condition,
            Some(Condition::Ready | Condition::TonerLow | Condition::TrayEmpty)
        )
    }

    fn condition_cause(&self) -> Option<FaultCode> {
        self.condition.and_then(cause)
    }

    // One certificate, from here to the end.

    fn print(&mut self, now: Duration, mut job: Job, out: &mut Outputs) {
        if self.pdf == Some(true) {
            job.choose_pdf();
        }
        let refusal = if matches!(self.phase, Phase::Closed) {
            Some(FaultCode::PageOffline)
        } else if let Document::Pwg(_) = job.document {
            Some(FaultCode::PageFailed)
        } else if self.withheld.is_some() {
            Some(FaultCode::PageMayHoldDocument)
        } else if !matches!(self.phase, Phase::Idle { .. } | Phase::CheckingUp) || !self.identified
        {
            Some(self.condition_cause().unwrap_or(FaultCode::PageNotResponding))
        } else {
            None
        };
        if let Some(cause) = refusal {
            return out.push(failed(job.number, Outcome::NotPrinted, cause, None));
        }
        self.job = Some(Running {
            job,
            count_before: None,
            begun: false,
            handed_over: 0,
            taken: 0,
            all_left_at: None,
            broke_off: None,
            is_over: false,
            given_up_at: None,
            failure: None,
        });
        let nonce = self.nonce();
        self.parser.reset();
        self.ask(
            now,
            Phase::Preflight { until: now + WARM_UP_TIME },
            Ask::Resynchronise(nonce),
            out,
        );
    }

    fn preflown(&mut self, now: Duration, until: Duration, out: &mut Outputs) {
        // First the echo, then the status.
        let Some(condition) = self.condition.filter(|_| self.job.is_some()) else {
            return self.ask_status(now, Phase::Preflight { until }, out);
        };
        match condition {
            Condition::Working if now < until => {
                self.phase = Phase::PreflightPause { again_at: now + POLL, until };
            }
            Condition::Ready | Condition::TonerLow => self.send(now, out),
            Condition::Working
            | Condition::TrayEmpty
            | Condition::PaperOut
            | Condition::CoverOpen
            | Condition::Jam
            | Condition::TonerOut
            | Condition::OutputFull
            | Condition::Intervention
            | Condition::Hardware => {
                let cause = self.condition_cause().unwrap_or(FaultCode::PageNotResponding);
                out.push(Output::Send(pjl::report_changes()));
                self.fail(now, Outcome::NotPrinted, cause, out);
            }
        }
    }

    fn send(&mut self, now: Duration, out: &mut Outputs) {
        let Some(running) = &mut self.job else { return };
        running.count_before = self.page_count;
        running.begun = true;
        let job = running.job.number;
        out.push(Output::Event(Event::JobSent { job, page_count: self.page_count }));
        out.push(Output::Send(pjl::report_changes()));
        self.send_more(now, out);
    }

    fn send_more(&mut self, now: Duration, out: &mut Outputs) {
        let Some(running) = &mut self.job else { return };
        let rest = running.job.bytes().get(running.handed_over..).unwrap_or_default();
        let chunk: Vec<u8> = rest.iter().take(CHUNK_BYTES).copied().collect();
        running.handed_over += chunk.len();
        self.phase = Phase::Sending { until: now + PROGRESS_TIME };
        out.push(Output::Send(chunk));
    }

    /// The system has taken everything that was handed over.
    fn sent(&mut self, now: Duration, out: &mut Outputs) {
        let (Phase::Sending { .. }, Some(running)) = (self.phase, &mut self.job) else { return };
        running.taken = running.handed_over;
        if running.taken < running.job.bytes().len() {
            return self.send_more(now, out);
        }
        let queue_time = Duration::from_secs(1) * SYSTEM_QUEUE_BYTES * 10 / self.baud.max(1);
        running.all_left_at = Some(now + queue_time + Duration::from_secs(1));
        let until = now + queue_time + FIRST_SHEET_TIME + FURTHER_SHEET_TIME * running.job.sheets;
        self.phase = Phase::Landing { poll_at: now + POLL, until };
    }

    /// For printers that do not tell about jobs by themselves.
    fn landing_polled(&mut self, now: Duration, until: Duration, out: &mut Outputs) {
        if let Some(cause) = self.blocking_cause() {
            return self.abort(now, cause, out);
        }
        if self.is_idle() && !self.knows_jobs && self.has_counted_all() {
            return self.confirm(now, Evidence::PageCounter, out);
        }
        self.phase = Phase::Landing { poll_at: now + POLL, until };
    }

    fn has_counted_all(&self) -> bool {
        self.job.as_ref().is_some_and(|running| {
            let expected = running.count_before.map(|count| count + u64::from(running.job.sheets));
            expected.is_some() && expected == self.page_count
        })
    }

    /// What stops a job for good. A tray that its last sheet has just left does not.
    fn blocking_cause(&self) -> Option<FaultCode> {
        self.condition_cause().filter(|_| self.condition != Some(Condition::TrayEmpty))
    }

    fn job_ended(&mut self, now: Duration, end: JobEnd, out: &mut Outputs) {
        let Some(running) = &mut self.job else { return };
        if end.name.as_deref().is_some_and(|name| name != running.job.name.as_str()) {
            return;
        }
        running.is_over = true;
        let sheets = running.job.sheets;
        match self.phase {
            Phase::Sending { .. } | Phase::Landing { .. } | Phase::LandingPoll { .. } => {
                if end.result != JobResult::Cancelled && end.pages == Some(sheets) {
                    self.asking = None;
                    self.confirm(now, Evidence::JobEnd, out);
                } else {
                    // Cancelled at the panel, or the sheets do not add up: the counter decides.
                    self.break_off(now, FaultCode::PageUnconfirmed);
                    self.settle(now, out);
                }
            }
            Phase::SettlingPause { .. } => self.settle(now, out),
            Phase::Closed
            | Phase::Greeting
            | Phase::Cleaning
            | Phase::Introducing
            | Phase::Idle { .. }
            | Phase::CheckingUp
            | Phase::Preflight { .. }
            | Phase::PreflightPause { .. }
            | Phase::Cancelling
            | Phase::Settling { .. } => {}
        }
    }

    fn confirm(&mut self, now: Duration, evidence: Evidence, out: &mut Outputs) {
        if let Some(running) = self.job.take() {
            out.push(Output::Event(Event::JobConfirmed { job: running.job.number, evidence }));
        }
        // Its state has changed meanwhile, or the line was new.
        let phase = if self.identified { Phase::CheckingUp } else { Phase::Introducing };
        if phase == Phase::CheckingUp {
            self.ask_status(now, phase, out);
        } else {
            self.ask(now, phase, Ask::Identity, out);
        }
    }

    /// Note what is known at this moment about what the printer has got.
    fn break_off(&mut self, now: Duration, cause: FaultCode) {
        if let Some(running) = &mut self.job {
            let all_left = running.all_left_at.is_some_and(|at| at <= now);
            running.broke_off.get_or_insert(all_left);
            running.failure.get_or_insert(cause);
        }
    }

    fn abort(&mut self, now: Duration, cause: FaultCode, out: &mut Outputs) {
        self.break_off(now, cause);
        out.push(Output::DiscardUnsent);
        self.cancel(now, out);
    }

    fn cancel(&mut self, now: Duration, out: &mut Outputs) {
        let phase = if self.job.is_some() { Phase::Cancelling } else { Phase::Cleaning };
        let nonce = self.nonce();
        self.ask(now, phase, Ask::Cancel(nonce), out);
    }

    fn settle(&mut self, now: Duration, out: &mut Outputs) {
        let until =
            if let Phase::Settling { until } | Phase::SettlingPause { until, .. } = self.phase {
                until
            } else {
                self.settled_polls = (None, 0);
                now + CANCEL_TIME
            };
        self.ask_status(now, Phase::Settling { until }, out);
    }

    fn settled(&mut self, now: Duration, until: Duration, out: &mut Outputs) {
        let is_over = self.job.as_ref().is_some_and(|running| running.is_over);
        if self.is_idle() && self.settled_polls.0 == self.page_count {
            self.settled_polls.1 += 1;
        } else {
            self.settled_polls = (self.page_count, u8::from(self.is_idle()));
        }
        // A sheet may still be moving while its tray is already reported as empty.
        let may_move = self.condition == Some(Condition::TrayEmpty) && now < until;
        let is_idle = self.settled_polls.1 >= SETTLED_POLLS && !may_move;
        let is_clear = is_over || is_idle;
        if !is_clear && now < until {
            // A complete job that needs somebody is not waited for: its paper would go to a
            // stranger.
            let let_finish =
                self.job.as_ref().is_some_and(|running| running.broke_off == Some(true));
            if let_finish
                && self.blocking_cause().is_some()
                && !matches!(self.phase, Phase::Cancelling)
            {
                if let Some(running) = &mut self.job {
                    running.broke_off = Some(false);
                }
                return self.cancel(now, out);
            }
            self.phase = Phase::SettlingPause { again_at: now + POLL, until };
            return;
        }
        // What a job that was given up has counted since lies in the tray, for anybody to take.
        let in_tray = self.withheld.filter(|withheld| {
            withheld.page_count.is_some() && withheld.page_count != self.page_count
        });
        let inside = (!is_clear).then_some(Withheld { page_count: self.page_count });
        self.withheld = in_tray.or(inside);
        let Some(running) = &self.job else {
            return self.ask(now, Phase::Introducing, Ask::Identity, out);
        };
        let cause = running.failure.unwrap_or(FaultCode::PageOffline);
        let was_complete = running.broke_off == Some(true);
        match (running.count_before, self.page_count) {
            _ if !running.begun => self.fail(now, Outcome::NotPrinted, cause, out),
            _ if !is_clear => self.fail(now, Outcome::Unknown, cause, out),
            (Some(before), Some(after)) if before == after => {
                self.fail(now, Outcome::NotPrinted, cause, out);
            }
            (Some(_), Some(_)) if was_complete && self.has_counted_all() => {
                self.confirm(now, Evidence::PageCounter, out);
            }
            (_, _) => self.fail(now, Outcome::Unknown, cause, out),
        }
    }

    fn fail(&mut self, now: Duration, outcome: Outcome, cause: FaultCode, out: &mut Outputs) {
        if let Some(running) = self.job.take() {
            out.push(failed(running.job.number, outcome, cause, self.page_count));
        }
        if self.identified {
            self.rest(now);
        } else {
            self.ask(now, Phase::Introducing, Ask::Identity, out);
        }
    }

    // What comes in.

    fn reply(&mut self, now: Duration, reply: Reply, out: &mut Outputs) {
        let asked = self.asking.as_ref().map(|asking| asking.ask.clone());
        match reply {
            Reply::Echo(word) => match asked {
                Some(Ask::Resynchronise(nonce)) if word == nonce => {
                    self.condition = None;
                    self.answered(now, out);
                }
                Some(Ask::Cancel(nonce)) if word == nonce => self.answered(now, out),
                Some(_) | None => {}
            },
            Reply::Identity(model) => {
                self.identity.model = Some(model);
                if asked == Some(Ask::Identity) {
                    self.answered(now, out);
                }
            }
            Reply::Languages(languages) => {
                if let Some(reads_pdf) = &mut self.pdf {
                    *reads_pdf = languages.is_empty() || languages.iter().any(|is| is == "PDF");
                    tracing::info!(?languages, reads_pdf, "the page printer's languages");
                }
                if asked == Some(Ask::Languages) {
                    self.answered(now, out);
                }
            }
            Reply::Status(status) => self.condition_changed(now, status.condition(), out),
            Reply::PageCount(count) => {
                self.page_count = Some(count);
                if asked == Some(Ask::StatusAndCount) && self.condition.is_some() {
                    self.answered(now, out);
                }
            }
            Reply::JobEnded(end) => self.job_ended(now, end, out),
            Reply::Unsupported(command) => match asked {
                Some(Ask::Identity) if command == "INFO ID" => self.answered(now, out),
                Some(Ask::Languages) if command == "INFO CONFIG" => self.answered(now, out),
                Some(Ask::StatusAndCount)
                    if command == "INFO PAGECOUNT" && self.condition.is_some() =>
                {
                    self.answered(now, out);
                }
                _ if command.starts_with("USTATUS JOB") => self.knows_jobs = false,
                Some(_) | None => {}
            },
            Reply::JobStarted | Reply::JobCancelled | Reply::PageDone | Reply::Other(_) => {}
        }
    }

    fn condition_changed(&mut self, now: Duration, condition: Condition, out: &mut Outputs) {
        self.condition = Some(condition);
        self.said = Some(condition);
        match self.phase {
            Phase::Sending { .. } | Phase::Landing { .. } => {
                if let Some(cause) = self.blocking_cause() {
                    self.abort(now, cause, out);
                }
            }
            // Look at it again soon.
            Phase::Idle { .. } => self.phase = Phase::Idle { until: now + POLL },
            Phase::Closed
            | Phase::Greeting
            | Phase::Cleaning
            | Phase::Introducing
            | Phase::CheckingUp
            | Phase::Preflight { .. }
            | Phase::PreflightPause { .. }
            | Phase::LandingPoll { .. }
            | Phase::Cancelling
            | Phase::Settling { .. }
            | Phase::SettlingPause { .. } => {}
        }
    }

    fn due(&mut self, now: Duration, out: &mut Outputs) {
        if let Some(asking) = self.asking.take_if(|asking| asking.until <= now) {
            return self.unanswered(now, asking, out);
        }
        if self.given_up_at().is_some_and(|at| at <= now) {
            return self.give_up(now, out);
        }
        match self.phase {
            Phase::Idle { until } if until <= now => self.ask_status(now, Phase::CheckingUp, out),
            Phase::PreflightPause { again_at, until } if again_at <= now => {
                self.ask_status(now, Phase::Preflight { until }, out);
            }
            Phase::Sending { until } if until <= now => {
                self.abort(now, FaultCode::PageNotResponding, out);
            }
            Phase::Landing { until, .. } if until <= now => {
                self.abort(now, FaultCode::PageUnconfirmed, out);
            }
            Phase::Landing { poll_at, until } if poll_at <= now => {
                self.ask_status(now, Phase::LandingPoll { until }, out);
            }
            Phase::SettlingPause { again_at, .. } if again_at <= now => self.settle(now, out),
            Phase::Closed
            | Phase::Greeting
            | Phase::Cleaning
            | Phase::Introducing
            | Phase::Idle { .. }
            | Phase::CheckingUp
            | Phase::Preflight { .. }
            | Phase::PreflightPause { .. }
            | Phase::Sending { .. }
            | Phase::Landing { .. }
            | Phase::LandingPoll { .. }
            | Phase::Cancelling
            | Phase::Settling { .. }
            | Phase::SettlingPause { .. } => {}
        }
    }

    fn given_up_at(&self) -> Option<Duration> {
        self.job.as_ref().and_then(|running| running.given_up_at)
    }

    /// The line, or sense, has not come back in time.
    fn give_up(&mut self, now: Duration, out: &mut Outputs) {
        let Some(running) = self.job.take() else { return };
        let cause = running.failure.unwrap_or(FaultCode::PageOffline);
        out.push(failed(running.job.number, Outcome::Unknown, cause, None));
        self.withheld = Some(Withheld { page_count: running.count_before });
        if !matches!(self.phase, Phase::Closed) {
            self.cancel(now, out);
        }
    }

    fn closed(&mut self, now: Duration, out: &mut Outputs) {
        self.asking = None;
        self.parser.reset();
        self.identified = false;
        self.said = None;
        self.asked_languages = false;
        self.identity = Identity::default();
        self.phase = Phase::Closed;
        let cause =
            if self.responding { FaultCode::PageOffline } else { FaultCode::PageNotResponding };
        if let Some(running) = self.job.take_if(|running| !running.begun) {
            return out.push(failed(running.job.number, Outcome::NotPrinted, cause, None));
        }
        self.break_off(now, cause);
        if let Some(running) = &mut self.job {
            running.given_up_at.get_or_insert(now + REPLUG_TIME);
        }
    }
}

impl Driver for PagePrinter {
    type Command = Command;
    type Event = Event;

    fn on(&mut self, now: Duration, input: Input<'_, Command>) -> Outputs {
        let mut out = Vec::new();
        match input {
            Input::Opened => {
                let nonce = self.nonce();
                self.ask(now, Phase::Greeting, Ask::Resynchronise(nonce), &mut out);
            }
            Input::Closed => self.closed(now, &mut out),
            Input::Received(bytes) => {
                for reply in self.parser.push(bytes) {
                    self.reply(now, reply, &mut out);
                }
            }
            Input::Sent => self.sent(now, &mut out),
            Input::Command(Command::Print(job)) => self.print(now, job, &mut out),
            Input::Command(Command::ConfirmEmpty) => self.withheld = None,
            Input::Due => self.due(now, &mut out),
        }
        out
    }

    fn deadline(&self) -> Option<Duration> {
        let phase = match self.phase {
            Phase::Idle { until } | Phase::Sending { until } => Some(until),
            Phase::Landing { poll_at, until } => Some(poll_at.min(until)),
            Phase::PreflightPause { again_at, .. } | Phase::SettlingPause { again_at, .. } => {
                Some(again_at)
            }
            Phase::Closed
            | Phase::Greeting
            | Phase::Cleaning
            | Phase::Introducing
            | Phase::CheckingUp
            | Phase::Preflight { .. }
            | Phase::LandingPoll { .. }
            | Phase::Cancelling
            | Phase::Settling { .. } => None,
        };
        let asking = self.asking.as_ref().map(|asking| asking.until);
        [phase, asking, self.given_up_at()].into_iter().flatten().min()
    }

    fn health(&self) -> Health {
        let withheld = self.withheld.map(|_| FaultCode::PageMayHoldDocument);
        match self.said.and_then(cause).or(withheld) {
            _ if self.job.is_some() => Health::Busy,
            _ if !self.responding => Health::of(FaultCode::PageNotResponding),
            Some(code) => Health::of(code),
            None if !self.identified => Health::Starting,
            None if self.said == Some(Condition::TonerLow) => Health::of(FaultCode::PageTonerLow),
            None => Health::READY,
        }
    }
}

/// What stands in the way of a certificate.
fn cause(condition: Condition) -> Option<FaultCode> {
    match condition {
        Condition::Ready | Condition::TonerLow | Condition::Working => None,
        Condition::TrayEmpty | Condition::PaperOut => Some(FaultCode::PagePaperOut),
        Condition::CoverOpen => Some(FaultCode::PageCoverOpen),
        Condition::Jam => Some(FaultCode::PageJam),
        Condition::TonerOut => Some(FaultCode::PageTonerOut),
        Condition::OutputFull => Some(FaultCode::PageOutputFull),
        Condition::Intervention => Some(FaultCode::PageNotResponding),
        Condition::Hardware => Some(FaultCode::PageFailed),
    }
}

fn failed(job: u64, outcome: Outcome, code: FaultCode, page_count: Option<u64>) -> Output<Event> {
    Output::Event(failure(job, outcome, code, page_count))
}

pub(super) fn failure(
    job: u64,
    outcome: Outcome,
    code: FaultCode,
    page_count: Option<u64>,
) -> Event {
    let retry = match outcome {
        Outcome::NotPrinted => Retry::Yes,
        Outcome::Unknown => Retry::Unknown,
    };
    Event::JobFailed { job, outcome, fault: Fault { retry, ..Fault::of(code) }, page_count }
}
