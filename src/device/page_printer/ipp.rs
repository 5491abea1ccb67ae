//! A page printer on the network: IPP (RFC 8010, RFC 8011) with PWG raster.
//!
//! The same steps as on a serial line: looked at before anything is sent, sent once, and printed only
//! when the printer itself says so: the job is completed with as many impressions as were sent. What
//! goes wrong is cancelled, and the printer has to say that the job is over before it prints for
//! anybody else.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use ipp::attribute::{IppAttribute, IppAttributeGroup};
use ipp::client::blocking::IppClient;
use ipp::error::IppError;
use ipp::model::{DelimiterTag, JobState, PrinterState, StatusCode};
use ipp::operation::builder::IppOperationBuilder;
use ipp::payload::IppPayload;
use ipp::prelude::Uri;
use ipp::request::IppRequestResponse;
use ipp::value::IppValue;

use super::JobName;
use super::driver::{Command, Document, Event, Evidence, Identity, Job, Outcome, failure};
use crate::clock::Clock;
use crate::device::actor::{Ended, Post, spawn_plain};
use crate::device::{Health, SpawnError, Started};
use crate::fault::{Chain, FaultCode};

/// A question is answered within this time, or not at all.
const ANSWER_TIME: Duration = Duration::from_secs(5);
/// A whole document is taken within this time: 600 KB, over any network.
const DOCUMENT_TIME: Duration = Duration::from_secs(30);
/// An idle printer is asked this often how it is …
const HEARTBEAT: Duration = Duration::from_secs(10);
/// … and one that is not well this often.
const UNWELL_POLL: Duration = Duration::from_secs(2);
/// A job is asked after this often.
const JOB_POLL: Duration = Duration::from_millis(500);
/// A printer that warms up is worth waiting for.
const WARM_UP_TIME: Duration = Duration::from_mins(1);
/// From the taken document: waking up, the first sheet …
const FIRST_SHEET_TIME: Duration = Duration::from_mins(1);
/// … and each further one.
const FURTHER_SHEET_TIME: Duration = Duration::from_secs(10);
/// A cancelled job is over within this time, or the printer holds it.
const CANCEL_TIME: Duration = Duration::from_secs(15);
/// How long a certificate whose printer is silent waits for it before it counts as unknown.
const SILENCE_TIME: Duration = Duration::from_secs(45);

/// A document whose answer was lost may be on its way into the printer's list for so long.
const LISTING_TIME: Duration = Duration::from_secs(5);

/// Whose jobs these are, in the printer's list.
const USER: &str = "permit-kiosk";
const FORMAT: &str = "image/pwg-raster";

/// Why a printer on the network could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none.
    #[error("{uri:?} is not the address of a printer")]
    Address {
        /// What was written.
        uri: String,
    },
    /// No answer, or none that is IPP.
    #[error("cannot ask the printer to {question}")]
    Ask {
        /// What was asked.
        question: &'static str,
        /// Why.
        source: Box<IppError>,
    },
    /// It answered that it will not.
    #[error("the printer refuses to {question}: {status}")]
    Refused {
        /// What was asked.
        question: &'static str,
        /// How it said so.
        status: StatusCode,
    },
    /// The job of this number is not ours.
    #[error("the printer's job {id} is another one: it counts anew")]
    OtherJob {
        /// Which number.
        id: i32,
    },
    /// The thread could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
}

/// Starts the thread of a printer on the network. `unfinished_job`: the kiosk went down while a
/// certificate was being printed; what the printer still holds of ours is cancelled before it prints
/// again.
pub fn start(
    name: &'static str,
    uri: &str,
    unfinished_job: bool,
    clock: Arc<dyn Clock>,
) -> Result<Started<Command, Event>, Error> {
    let remote = Remote::new(uri)?;
    Ok(spawn_plain(name, clock, move |post| {
        let printer = Printer {
            remote,
            post,
            identified: false,
            told_count: None,
            offline_since: None,
            withheld: unfinished_job.then_some(Held::Unknown),
            next_look: Duration::ZERO,
        };
        printer.run();
    })?)
}

/// How long one question and its answer take.
pub fn round_trip(uri: &str, clock: &dyn Clock) -> Result<Duration, Error> {
    let remote = Remote::new(uri)?;
    let asked_at = clock.monotonic();
    remote.look()?;
    Ok(clock.monotonic().saturating_sub(asked_at))
}

/// What is asked over the network.
struct Remote {
    uri: Uri,
    client: IppClient,
}

/// How the printer says it is.
#[derive(Debug, Default)]
struct Look {
    model: Option<String>,
    is_idle: bool,
    fault: Option<FaultCode>,
    impressions: Option<u64>,
    takes_raster: bool,
}

/// How a job says it is.
#[derive(Debug)]
struct JobLook {
    state: Option<JobState>,
    impressions: Option<u32>,
}

impl JobLook {
    fn is_over(&self) -> bool {
        matches!(self.state, Some(JobState::Completed | JobState::Aborted | JobState::Canceled))
    }
}

impl Remote {
    fn new(uri: &str) -> Result<Self, Error> {
        let parsed: Uri = uri.parse().map_err(|_not| Error::Address { uri: uri.to_owned() })?;
        let client = IppClient::builder(parsed.clone()).request_timeout(ANSWER_TIME).build();
        Ok(Self { uri: parsed, client })
    }

    fn ask(
        client: &IppClient,
        question: &'static str,
        request: impl Into<IppRequestResponse>,
    ) -> Result<IppRequestResponse, Error> {
        let answer = client
            .send(request)
            .map_err(|source| Error::Ask { question, source: Box::new(source) })?;
        let status = answer.header().status_code();
        if status.is_success() { Ok(answer) } else { Err(Error::Refused { question, status }) }
    }

    fn look(&self) -> Result<Look, Error> {
        let wanted = [
            "printer-state",
            "printer-state-reasons",
            "printer-is-accepting-jobs",
            "printer-make-and-model",
            "printer-impressions-completed",
            "document-format-supported",
        ];
        let question = "say how it is";
        let request = IppOperationBuilder::get_printer_attributes(self.uri.clone())
            .attributes(wanted)
            .build()
            .map_err(|source| Error::Ask { question, source: Box::new(source.into()) })?;
        let answer = Self::ask(&self.client, question, request)?;
        let Some(group) = answer.attributes().first_of(DelimiterTag::PrinterAttributes) else {
            return Ok(Look::default());
        };
        let state = number(group, "printer-state");
        let is_accepting = group
            .get("printer-is-accepting-jobs")
            .is_none_or(|attribute| *attribute.value() != IppValue::Boolean(false));
        let reasons = words(group, "printer-state-reasons");
        let fault = fault_of(&reasons).or_else(|| {
            let is_stopped = state == Some(PrinterState::Stopped as i32);
            (is_stopped || !is_accepting).then_some(FaultCode::PageNotResponding)
        });
        Ok(Look {
            model: words(group, "printer-make-and-model").into_iter().next(),
            is_idle: state == Some(PrinterState::Idle as i32),
            fault,
            impressions: number(group, "printer-impressions-completed")
                .and_then(|count| u64::try_from(count).ok()),
            takes_raster: words(group, "document-format-supported").iter().any(|is| is == FORMAT),
        })
    }

    /// Hands a document over. The printer's number of the job comes back.
    fn print(&self, job: &Job, document: &[u8]) -> Result<i32, Error> {
        let question = "take the document";
        let wrong = |source: ipp::parser::IppParseError| Error::Ask {
            question,
            source: Box::new(source.into()),
        };
        let keyword = |name: &str, word: &str| {
            let value = word.to_owned().try_into().map(IppValue::Keyword)?;
            IppAttribute::with_name(name, value)
        };
        let attributes = [
            keyword("media", job.sheet().media()),
            keyword("sides", "one-sided"),
            // Dot for dot: a page that is shrunk to fit has codes of broken modules.
            keyword("print-scaling", "none"),
            IppAttribute::with_name("copies", IppValue::Integer(1)),
        ];
        let attributes = attributes.into_iter().collect::<Result<Vec<_>, _>>().map_err(wrong)?;
        let request = IppOperationBuilder::print_job(
            self.uri.clone(),
            IppPayload::new(Cursor::new(document.to_vec())),
        )
        .user_name(USER)
        .job_title(job.name().as_str())
        .document_format(FORMAT)
        .attributes(attributes)
        .build()
        .map_err(wrong)?;
        let client = IppClient::builder(self.uri.clone()).request_timeout(DOCUMENT_TIME).build();
        let answer = Self::ask(&client, question, request)?;
        let id = answer
            .attributes()
            .first_of(DelimiterTag::JobAttributes)
            .and_then(|group| number(group, "job-id"));
        id.ok_or(Error::Ask { question, source: Box::new(IppError::MissingAttribute) })
    }

    /// How the job of this number and name is. A printer that was without power counts from 1 again: under the
    /// number may be somebody else's.
    fn look_at_job(&self, id: i32, name: &JobName) -> Result<JobLook, Error> {
        let question = "say how the job is";
        let request = IppOperationBuilder::get_job_attributes(self.uri.clone(), id)
            .build()
            .map_err(|source| Error::Ask { question, source: Box::new(source.into()) })?;
        let answer = Self::ask(&self.client, question, request)?;
        let group = answer.attributes().first_of(DelimiterTag::JobAttributes);
        let names = group.map(|group| words(group, "job-name")).unwrap_or_default();
        if names.first().is_some_and(|is| is != name.as_str()) {
            return Err(Error::OtherJob { id });
        }
        Ok(JobLook {
            state: group.and_then(|group| number(group, "job-state")).and_then(job_state),
            impressions: group
                .and_then(|group| number(group, "job-impressions-completed"))
                .and_then(|count| u32::try_from(count).ok()),
        })
    }

    fn cancel(&self, id: i32) -> Result<(), Error> {
        let question = "cancel the job";
        let request = IppOperationBuilder::cancel_job(self.uri.clone(), id)
            .build()
            .map_err(|source| Error::Ask { question, source: Box::new(source.into()) })?;
        Self::ask(&self.client, question, request).map(|_answer| ())
    }

    /// The jobs of kiosks the printer knows of: number, name, and whether they are over.
    fn jobs(&self) -> Result<Vec<(i32, String, bool)>, Error> {
        let question = "list its jobs";
        let mut jobs = Vec::new();
        for which in ["not-completed", "completed"] {
            let wrong = |source: ipp::parser::IppParseError| Error::Ask {
                question,
                source: Box::new(source.into()),
            };
            let mut request: IppRequestResponse =
                IppOperationBuilder::get_jobs(self.uri.clone()).build().map_err(wrong)?.into();
            let which_jobs = which.to_owned().try_into().map(IppValue::Keyword).map_err(wrong)?;
            let attribute = IppAttribute::with_name("which-jobs", which_jobs).map_err(wrong)?;
            request.attributes_mut().add(DelimiterTag::OperationAttributes, attribute);
            let wanted = ["job-id", "job-name", "job-originating-user-name"];
            let wanted = wanted
                .into_iter()
                .map(|name| name.to_owned().try_into().map(IppValue::Keyword))
                .collect::<Result<Vec<_>, _>>()
                .map_err(wrong)?;
            let attribute =
                IppAttribute::with_name("requested-attributes", IppValue::Array(wanted))
                    .map_err(wrong)?;
            request.attributes_mut().add(DelimiterTag::OperationAttributes, attribute);
            let answer = Self::ask(&self.client, question, request)?;
            for group in answer.attributes().groups_of(DelimiterTag::JobAttributes) {
                let is_ours = words(group, "job-originating-user-name").iter().any(|is| is == USER);
                let name = words(group, "job-name").into_iter().next();
                if let (Some(id), Some(name), true) = (number(group, "job-id"), name, is_ours) {
                    jobs.push((id, name, which == "completed"));
                }
            }
        }
        Ok(jobs)
    }
}

fn number(group: &IppAttributeGroup, name: &str) -> Option<i32> {
    if let IppValue::Integer(number) | IppValue::Enum(number) = group.get(name)?.value() {
        Some(*number)
    } else {
        None
    }
}

fn words(group: &IppAttributeGroup, name: &str) -> Vec<String> {
    match group.get(name).map(IppAttribute::value) {
        Some(IppValue::Array(values)) => values.iter().map(ToString::to_string).collect(),
        Some(value) => vec![value.to_string()],
        None => Vec::new(),
    }
}

fn job_state(number: i32) -> Option<JobState> {
    [
        JobState::Pending,
        JobState::PendingHeld,
        JobState::Processing,
        JobState::ProcessingStopped,
        JobState::Canceled,
        JobState::Aborted,
        JobState::Completed,
    ]
    .into_iter()
    .find(|state| *state as i32 == number)
}

/// The gravest of a printer's reasons (RFC 8011, 5.4.12; PWG 5100.9), whatever grade it gives them: a
/// printer that says `media-empty-report` has no paper either.
fn fault_of(reasons: &[String]) -> Option<FaultCode> {
    const KNOWN: [(&str, FaultCode); 19] = [
        ("media-jam", FaultCode::PageJam),
        ("cover-open", FaultCode::PageCoverOpen),
        ("door-open", FaultCode::PageCoverOpen),
        ("interlock-open", FaultCode::PageCoverOpen),
        ("input-tray-missing", FaultCode::PagePaperOut),
        ("media-empty", FaultCode::PagePaperOut),
        ("media-needed", FaultCode::PagePaperOut),
        ("toner-empty", FaultCode::PageTonerOut),
        ("marker-supply-empty", FaultCode::PageTonerOut),
        ("output-tray-missing", FaultCode::PageOutputFull),
        ("output-area-full", FaultCode::PageOutputFull),
        ("fuser-over-temp", FaultCode::PageFailed),
        ("fuser-under-temp", FaultCode::PageFailed),
        ("shutdown", FaultCode::PageNotResponding),
        ("paused", FaultCode::PageNotResponding),
        ("moving-to-paused", FaultCode::PageNotResponding),
        ("media-low", FaultCode::PagePaperLow),
        ("toner-low", FaultCode::PageTonerLow),
        ("marker-supply-low", FaultCode::PageTonerLow),
    ];
    let plain = |reason: &str| {
        ["-report", "-warning", "-error"]
            .iter()
            .find_map(|grade| reason.strip_suffix(grade))
            .unwrap_or(reason)
            .to_owned()
    };
    let plains: Vec<String> = reasons.iter().map(|reason| plain(reason)).collect();
    let known = |codes: &[(&str, FaultCode)]| {
        codes.iter().find(|(word, _)| plains.iter().any(|is| is == word)).map(|(_, code)| *code)
    };
    let (grave, warnings) = KNOWN.split_at(KNOWN.len() - 3);
    let is_known = |reason: &str| KNOWN.iter().any(|(word, _)| *word == plain(reason));
    // An error nobody here knows is one.
    let unknown = reasons.iter().any(|reason| reason.ends_with("-error") && !is_known(reason));
    known(grave).or(unknown.then_some(FaultCode::PageFailed)).or_else(|| known(warnings))
}

/// What the printer may hold, or have laid into the tray, that is nobody's at the moment.
#[derive(Debug)]
enum Held {
    /// Whatever an earlier life of this kiosk has left behind.
    Unknown,
    /// This job, by the printer's number and our name.
    Job(i32, JobName),
}

struct Printer {
    remote: Remote,
    post: Post<Command, Event>,
    identified: bool,
    told_count: Option<u64>,
    offline_since: Option<Duration>,
    withheld: Option<Held>,
    next_look: Duration,
}

/// One certificate on its way.
struct Running {
    job: Job,
    impressions_before: Option<u64>,
}

impl Running {
    fn held(&self, id: i32) -> Held {
        Held::Job(id, self.job.name().clone())
    }
}

impl Printer {
    fn run(mut self) {
        while self.turn().is_ok() {}
    }

    fn turn(&mut self) -> Result<(), Ended> {
        match self.post.wait(self.next_look)? {
            Some(Command::Print(job)) => self.print(job)?,
            Some(Command::ConfirmEmpty) => self.withheld = None,
            None => {}
        }
        self.check_up()
    }

    fn check_up(&mut self) -> Result<(), Ended> {
        self.tidy_up();
        let health = match self.remote.look() {
            Ok(look) => {
                self.offline_since = None;
                if !self.identified {
                    self.identified = true;
                    let model = look.model.clone();
                    let identity = Identity { model, page_count: look.impressions };
                    self.told_count = look.impressions;
                    self.post.tell(Event::Identified(identity))?;
                }
                if let Some(count) = look.impressions
                    && self.told_count.replace(count) != Some(count)
                {
                    self.post.tell(Event::Counted(count))?;
                }
                match (look.fault, &self.withheld) {
                    _ if !look.takes_raster => {
                        tracing::error!("the page printer does not take {FORMAT}");
                        Health::of(FaultCode::PageFailed)
                    }
                    (Some(code), _) if !code.is_warning() => Health::of(code),
                    (_, Some(_)) => Health::of(FaultCode::PageMayHoldDocument),
                    (Some(code), None) => Health::of(code),
                    (None, None) => Health::READY,
                }
            }
            Err(error) => {
                self.identified = false;
                let error = Chain(&error);
                tracing::debug!(%error, "the page printer is not there: {error}");
                let now = self.post.now();
                let since = *self.offline_since.get_or_insert(now);
                Health::Offline { since, next_try: now + UNWELL_POLL }
            }
        };
        let is_well = matches!(health, Health::Ready { .. });
        self.next_look = self.post.now() + if is_well { HEARTBEAT } else { UNWELL_POLL };
        self.post.fares(health)
    }

    /// What is left of a job that was given up.
    fn tidy_up(&mut self) {
        self.withheld = match self.withheld.take() {
            None => None,
            Some(Held::Job(id, name)) => match self.remote.look_at_job(id, &name) {
                // Cancelled, and nothing of it came out.
                Ok(look) if look.is_over() && look.impressions == Some(0) => None,
                Ok(look) if !look.is_over() => {
                    self.cancel(id);
                    Some(Held::Job(id, name))
                }
                // A sheet lies in the tray, or nobody knows: an attendant looks.
                Ok(_) | Err(_) => Some(Held::Job(id, name)),
            },
            Some(Held::Unknown) => match self.remote.jobs() {
                Ok(jobs) => {
                    let open: Vec<i32> =
                        jobs.iter().filter(|(_, _, over)| !over).map(|(id, ..)| *id).collect();
                    for id in &open {
                        self.cancel(*id);
                    }
                    if open.is_empty() { None } else { Some(Held::Unknown) }
                }
                Err(_) => Some(Held::Unknown),
            },
        };
    }

    fn cancel(&self, id: i32) {
        if let Err(error) = self.remote.cancel(id) {
            let error = Chain(&error);
            tracing::warn!(%error, "job {id} is not cancelled: {error}");
        }
    }

    // One certificate, from here to the end.

    fn print(&mut self, job: Job) -> Result<(), Ended> {
        let number = job.number();
        let refusal = match job.document() {
            Document::Pcl(_) | Document::Pdf(_) => Some(FaultCode::PageFailed),
            Document::Pwg(_) if self.withheld.is_some() => Some(FaultCode::PageMayHoldDocument),
            Document::Pwg(_) => None,
        };
        if let Some(code) = refusal {
            return self.post.tell(failure(number, Outcome::NotPrinted, code, None));
        }
        self.post.fares(Health::Busy)?;
        let impressions_before = match self.preflight()? {
            Ok(impressions) => impressions,
            Err(code) => return self.post.tell(failure(number, Outcome::NotPrinted, code, None)),
        };
        self.post.tell(Event::JobSent { job: number, page_count: impressions_before })?;
        let running = Running { job, impressions_before };
        let sent = match running.job.document() {
            Document::Pwg(document) => self.remote.print(&running.job, document),
            Document::Pcl(_) | Document::Pdf(_) => return Ok(()),
        };
        match sent {
            Ok(id) => self.follow(&running, id),
            Err(Error::Refused { question, status }) => {
                tracing::error!("the page printer refuses to {question}: {status}");
                self.post.tell(failure(number, Outcome::NotPrinted, FaultCode::PageFailed, None))
            }
            Err(error) => {
                let error = Chain(&error);
                tracing::warn!(%error, "nobody knows whether the document arrived: {error}");
                self.find(&running)
            }
        }
    }

    /// Waits while it warms up; the counter before, or why it cannot print.
    fn preflight(&mut self) -> Result<Result<Option<u64>, FaultCode>, Ended> {
        let until = self.post.now() + WARM_UP_TIME;
        loop {
            match self.remote.look() {
                Err(_) => return Ok(Err(FaultCode::PageOffline)),
                Ok(look) => match look.fault.filter(|code| !code.is_warning()) {
                    Some(code) => return Ok(Err(code)),
                    None if look.is_idle => return Ok(Ok(look.impressions)),
                    None if self.post.now() >= until => {
                        return Ok(Err(FaultCode::PageNotResponding));
                    }
                    None => self.post.pause(JOB_POLL)?,
                },
            }
        }
    }

    /// The document was sent and no answer came: has the printer a job of this name? A list without it
    /// proves nothing: the document may lie in a spooler on the way, or the job be forgotten already. So
    /// it is never sent again unasked.
    fn find(&mut self, running: &Running) -> Result<(), Ended> {
        let until = self.post.now() + SILENCE_TIME;
        let mut listed_since = None;
        loop {
            let jobs = self.remote.jobs();
            let now = self.post.now();
            let is_enough = match jobs {
                Ok(jobs) => {
                    let ours = jobs.iter().find(|(_, name, _)| name == running.job.name().as_str());
                    if let Some((id, ..)) = ours {
                        return self.follow(running, *id);
                    }
                    now >= *listed_since.get_or_insert(now) + LISTING_TIME
                }
                Err(_) => now >= until,
            };
            if is_enough {
                self.withheld = Some(Held::Unknown);
                let number = running.job.number();
                let code = FaultCode::PageOffline;
                return self.post.tell(failure(number, Outcome::Unknown, code, None));
            }
            self.post.pause(JOB_POLL)?;
        }
    }

    fn follow(&mut self, running: &Running, id: i32) -> Result<(), Ended> {
        let sheets = running.job.sheets();
        let until = self.post.now() + FIRST_SHEET_TIME + FURTHER_SHEET_TIME * sheets;
        let mut heard_at = self.post.now();
        loop {
            match self.remote.look_at_job(id, running.job.name()) {
                Ok(look) if look.is_over() => return self.over(running, id, &look, None),
                Ok(_) => {
                    heard_at = self.post.now();
                    let looked = self.remote.look().ok();
                    let fault = looked.and_then(|look| look.fault);
                    // What waits for somebody is not waited for: its paper would go to a stranger.
                    if let Some(code) = fault.filter(|code| !code.is_warning()) {
                        return self.abort(running, id, code);
                    }
                }
                // It answers, and knows of no such job: its power was gone. What it had of the paper lies in
                // its path or in the tray.
                Err(error @ (Error::Refused { .. } | Error::OtherJob { .. })) => {
                    tracing::warn!("the page printer has forgotten the job: {error}");
                    self.withheld = Some(Held::Unknown);
                    let number = running.job.number();
                    let code = FaultCode::PageUnconfirmed;
                    return self.post.tell(failure(number, Outcome::Unknown, code, None));
                }
                Err(error) if self.post.now() >= heard_at + SILENCE_TIME => {
                    let error = Chain(&error);
                    tracing::warn!(%error, "the page printer is silent: {error}");
                    self.withheld = Some(running.held(id));
                    let number = running.job.number();
                    let code = FaultCode::PageOffline;
                    return self.post.tell(failure(number, Outcome::Unknown, code, None));
                }
                Err(_) => {}
            }
            if self.post.now() >= until {
                return self.abort(running, id, FaultCode::PageUnconfirmed);
            }
            self.post.pause(JOB_POLL)?;
        }
    }

    fn abort(&mut self, running: &Running, id: i32, cause: FaultCode) -> Result<(), Ended> {
        let until = self.post.now() + CANCEL_TIME;
        self.cancel(id);
        while self.post.now() < until {
            if let Ok(look) = self.remote.look_at_job(id, running.job.name())
                && look.is_over()
            {
                return self.over(running, id, &look, Some(cause));
            }
            self.post.pause(JOB_POLL)?;
        }
        self.withheld = Some(running.held(id));
        self.post.tell(failure(running.job.number(), Outcome::Unknown, cause, None))
    }

    /// The printer says that the job is over: how many sheets are there?
    fn over(
        &mut self,
        running: &Running,
        id: i32,
        look: &JobLook,
        cause: Option<FaultCode>,
    ) -> Result<(), Ended> {
        let (job, sheets) = (running.job.number(), running.job.sheets());
        let after = self.remote.look().ok().and_then(|look| look.impressions);
        let counted = match (running.impressions_before, after) {
            (Some(before), Some(after)) => after.checked_sub(before),
            _ => None,
        };
        let is_completed = look.state == Some(JobState::Completed);
        let cause = cause.unwrap_or(FaultCode::PageUnconfirmed);
        let impressions = look.impressions.map(u64::from).or(counted);
        match impressions {
            Some(count) if is_completed && count == u64::from(sheets) => {
                let evidence = Evidence::JobEnd;
                self.post.tell(Event::JobConfirmed { job, evidence })
            }
            // It does not count, and says that it is done.
            None if is_completed => {
                self.post.tell(Event::JobConfirmed { job, evidence: Evidence::JobEnd })
            }
            Some(0) if !is_completed && counted.unwrap_or(0) == 0 => {
                self.post.tell(failure(job, Outcome::NotPrinted, cause, after))
            }
            _ => {
                self.withheld = (!is_completed).then(|| running.held(id));
                self.post.tell(failure(job, Outcome::Unknown, cause, after))
            }
        }
    }
}
