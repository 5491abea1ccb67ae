//! One visit as a state machine: `update(moment, event)` returns the effects wanted; it never waits
//! and never fails.

pub mod course;
pub mod data;
pub mod effect;
pub mod event;
mod draft;
mod facts;
pub mod form;
mod items;
mod machine;
mod parts;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{
    Applicant, ApplicationId, Business, Decision, IdentifierError, Issuer, Language, Promise,
    ServiceCode, Uscc,
};
use crate::rules::{Catalogue, Entry, Guide, Need, PromiseText, Rulebook, Undertaking};

use course::Course;
use data::DataUse;
use effect::Case;
use event::{
    DistrictRecord, Equipment, HeldPermit, IdentityProblem, IssuedPermit, LicenceProblem, Paper,
    PaperState, Register, Relation, Supervision, Unanswered, Verified,
};
use form::Field;

/// What the visit goes by: rulebook, catalogue and settings.
#[derive(Clone)]
pub struct Terms {
    /// The active edition.
    pub rulebook: Arc<Rulebook>,
    /// The services in plain words.
    pub catalogue: Arc<Catalogue>,
    /// Who signs the permits.
    pub issuer: Issuer,
    /// Six digits of the division whose number series are used.
    pub division: String,
    /// Time-outs.
    pub pace: Pace,
}

/// The edition names the rest: a whole rulebook in a log line helps nobody.
impl std::fmt::Debug for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Terms({})", self.rulebook.edition())
    }
}

/// The time-outs of a visit (domain.md 8.5; doubled in large print).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Untouched so long, and the countdown begins.
    pub idle: Duration,
    /// Length of the countdown.
    pub countdown: Duration,
    /// A visit lasts at most so long before it has a decision.
    pub total: Duration,
    /// A look-up that took so long is unanswered.
    pub look_up: Duration,
    /// In large print, idle time and countdown are so many times longer.
    pub large_print_factor: u32,
}

/// Who has called for help waits for a person, not for the screen: five times the idle time, which is
/// what somebody needs to come from another floor.
const HELP_FACTOR: u32 = 5;

impl Default for Pace {
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(1),
            countdown: Duration::from_secs(30),
            total: Duration::from_mins(15),
            look_up: Duration::from_secs(15),
            large_print_factor: 2,
        }
    }
}

/// One visit, from the touch on the welcome screen to the wipe.
#[derive(Debug)]
pub struct Session {
    terms: Terms,
    /// What the next visit goes by, where that has changed during this one.
    next_terms: Option<Terms>,
    equipment: Equipment,
    /// The language every visit begins in.
    first_language: Language,
    language: Language,
    large_print: bool,
    help_called: bool,
    stage: Stage,
    visit: Option<Visit>,
    course: Option<Course>,
}

/// What somebody came for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// To apply for something.
    Apply,
    /// To see what one holds and has applied for, and to have it printed again.
    Results,
    /// To verify a paper of ours.
    Verify,
}

/// How far another copy of a permit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copying {
    /// The journal is being asked.
    Asked,
    /// It is printed in this visit.
    Queued,
    /// This kiosk cannot print it.
    Refused,
}

/// Where the visit is: what the screen shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Nobody is here.
    Welcome,
    /// Staff is at the console: nobody can begin.
    Maintenance,
    /// A paper is verified; nobody has to say who they are.
    Verifying(Verifying),
    /// "What do you want to open?"
    Choosing,
    /// What an undertaking needs: a few questions, then licence, filing, nothing or another organ.
    Guiding,
    /// What it needs, told at once (一次告知).
    Telling,
    /// Lay the card down, or show the e-ID.
    Identifying(Identifying),
    /// Show the e-licence, or type the USCC.
    ProvingBusiness(ProvingBusiness),
    /// The registers are being asked.
    LookingUp,
    /// Prefilled fields and missing facts.
    Filling,
    /// The promise and its signature.
    Promising,
    /// What the business holds and has applied for.
    Results,
    /// The decision, and what came of it.
    Decided(Outcome),
    /// Five grades.
    Rating,
    /// Thank you; take your papers.
    Done,
    /// The visit ended without a decision; why.
    Ended(Ending),
}

impl Stage {
    /// The word for programs and records.
    pub fn as_str(&self) -> &'static str {
        match self {
            Stage::Welcome => "welcome",
            Stage::Maintenance => "maintenance",
            Stage::Verifying(_) => "verifying",
            Stage::Choosing => "choosing",
            Stage::Guiding => "guiding",
            Stage::Telling => "telling",
            Stage::Identifying(_) => "identifying",
            Stage::ProvingBusiness(_) => "proving_business",
            Stage::LookingUp => "looking_up",
            Stage::Filling => "filling",
            Stage::Promising => "promising",
            Stage::Results => "results",
            Stage::Decided(_) => "decided",
            Stage::Rating => "rating",
            Stage::Done => "done",
            Stage::Ended(_) => "ended",
        }
    }
}

/// How far identification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identifying {
    /// Waiting for a card or a code.
    Waiting,
    /// The card lies there and is being read: it must stay.
    Reading,
    /// The e-ID service is being asked.
    Asking,
    /// It failed; what to do.
    Failed(IdentityProblem),
}

/// How far verifying a paper is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verifying {
    /// Waiting for a code before the scanner.
    Waiting,
    /// What the code is worth, as far as it is known.
    Shown(Box<Verified>),
}

/// How far the proof of business is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvingBusiness {
    /// Waiting for the e-licence's code or a typed USCC.
    Waiting,
    /// The e-licence service is being asked.
    Asking,
    /// The code was refused; what to do.
    CodeRefused(LicenceProblem),
    /// The typed USCC is wrong; what is wrong with it.
    UsccRefused(IdentifierError),
    /// No business has this USCC.
    Unknown,
}

/// What came of the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is being written into the journal.
    Recording,
    /// Nothing was granted; the slip says what next.
    Recorded,
    /// The permit exists.
    Issued(Box<IssuedPermit>),
    /// The journal could not take it; nothing happened, the kiosk goes out of service.
    NotRecorded,
}

/// Why a visit ended without a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The applicant ended it.
    Cancelled,
    /// Nobody touched the screen.
    TimedOut,
    /// It took longer than a visit may.
    TooLong,
}

/// Everything known of the visit; dropped, and so wiped, at its end.
#[derive(Debug)]
struct Visit {
    application: ApplicationId,
    errand: Errand,
    /// The sources asked about the applicant, in order.
    data: Vec<DataUse>,
    /// Which registers were asked was looked at.
    data_seen: bool,
    /// The permit of which another copy is wanted, by its number.
    copying: Option<(String, Copying)>,
    /// Counts the papers verified, so that a late answer is known as such.
    scans: u32,
    begun: Duration,
    /// What it may take beyond the usual: somebody was still busy when that was over.
    more: Duration,
    touched: Duration,
    undertaking: Option<Undertaking>,
    guide_answers: BTreeMap<String, String>,
    needs: Vec<Need>,
    entry: Option<Entry>,
    applicant: Option<Applicant>,
    uscc: Option<Uscc>,
    relation: Relation,
    business: Option<Business>,
    look_ups: BTreeMap<Register, LookUp>,
    supervision: Option<Supervision>,
    district: Option<DistrictRecord>,
    fields: Vec<Field>,
    person_wanted: bool,
    promise_shown: Option<Duration>,
    promise: Option<Promise>,
    case: Option<Box<Case>>,
    papers: BTreeMap<Paper, PaperState>,
    stage_since: Duration,
}

/// How far the look-up in one register is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookUp {
    /// Asked, not answered yet.
    Asked,
    /// Answered.
    Answered,
    /// Not answered: the application will be referred.
    Unanswered(Unanswered),
}

/// What the screen may show of a visit.
impl Session {
    /// Where the visit is.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// What the visit is for.
    pub fn errand(&self) -> Errand {
        self.visit.as_ref().map_or(Errand::Apply, |visit| visit.errand)
    }

    /// The language of the screen.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Whether large print is on.
    pub fn large_print(&self) -> bool {
        self.large_print
    }

    /// Whether the staff has been called.
    pub fn help_called(&self) -> bool {
        self.help_called
    }

    /// What works.
    pub fn equipment(&self) -> Equipment {
        self.equipment
    }

    /// What is decided by.
    pub fn edition(&self) -> String {
        self.terms.rulebook.edition()
    }

    /// The services in plain words.
    pub fn catalogue(&self) -> &Catalogue {
        &self.terms.catalogue
    }

    /// What undertakings need, and what is told about each service.
    pub fn guide(&self) -> &Guide {
        self.terms.rulebook.guide()
    }

    /// What the applicant wants to open, where the guide was asked.
    pub fn undertaking(&self) -> Option<&Undertaking> {
        self.visit.as_ref()?.undertaking.as_ref()
    }

    /// The answer to a question of the guide.
    pub fn guide_answer(&self, question: &str) -> Option<&str> {
        self.visit.as_ref()?.guide_answers.get(question).map(String::as_str)
    }

    /// Whether every question of the guide is answered.
    pub fn is_guided(&self) -> bool {
        self.undertaking().is_some_and(|undertaking| {
            undertaking.questions.iter().all(|question| self.guide_answer(question).is_some())
        })
    }

    /// What the undertaking needs, by the answers so far.
    pub fn needs(&self) -> &[Need] {
        self.visit.as_ref().map_or(&[], |visit| &visit.needs)
    }

    /// Who signs.
    pub fn issuer(&self) -> &Issuer {
        &self.terms.issuer
    }

    /// The chosen service.
    pub fn entry(&self) -> Option<&Entry> {
        self.visit.as_ref()?.entry.as_ref()
    }

    /// The promise of the chosen service.
    pub fn promise(&self) -> Option<&PromiseText> {
        self.terms.catalogue.promise(self.entry()?.promise.as_deref()?)
    }

    /// The applicant, once identified.
    pub fn applicant(&self) -> Option<&Applicant> {
        self.visit.as_ref()?.applicant.as_ref()
    }

    /// The business, once the register answered.
    pub fn business(&self) -> Option<&Business> {
        self.visit.as_ref()?.business.as_ref()
    }

    /// How long the registers are waited for.
    pub fn look_up_time(&self) -> Duration {
        self.terms.pace.look_up
    }

    /// The registers and how far each look-up is, in the order shown.
    pub fn look_ups(&self) -> impl Iterator<Item = (Register, LookUp)> + '_ {
        self.visit.iter().flat_map(|visit| visit.look_ups.iter().map(|(k, v)| (*k, *v)))
    }

    /// The sources asked about the applicant so far, in order.
    pub fn data(&self) -> &[DataUse] {
        self.visit.as_ref().map_or(&[], |visit| &visit.data)
    }

    /// Whether which registers were asked can be had on paper: once something is on record.
    pub fn data_can_be_printed(&self) -> bool {
        let recorded = matches!(self.stage, Stage::Decided(Outcome::Recorded | Outcome::Issued(_)));
        recorded
            && self.equipment.receipt_printer
            && self.papers().next().is_some()
            && self.papers().all(|(paper, _)| paper != Paper::Data)
    }

    /// What the business holds, newest first; empty where the register did not answer.
    pub fn held(&self) -> Vec<&HeldPermit> {
        let Some(visit) = &self.visit else { return Vec::new() };
        if visit.relation == Relation::None {
            return Vec::new();
        }
        let mut held: Vec<&HeldPermit> =
            visit.supervision.iter().flat_map(|known| &known.permits).collect();
        held.sort_by_key(|permit| std::cmp::Reverse(permit.issued));
        held
    }

    /// What the business has applied for and an officer has to decide.
    pub fn under_way(&self) -> &[ServiceCode] {
        let Some(visit) = &self.visit else { return &[] };
        if visit.relation == Relation::None {
            return &[];
        }
        visit.district.as_ref().map_or(&[], |district| &district.open_applications)
    }

    /// Whether the applicant may see what the business holds.
    pub fn is_entitled(&self) -> bool {
        self.visit.as_ref().is_some_and(|visit| visit.relation != Relation::None)
    }

    /// Another copy that was wanted in this visit: of which permit, and how far it is.
    pub fn copying(&self) -> Option<(&str, &Copying)> {
        let (number, copying) = self.visit.as_ref()?.copying.as_ref()?;
        Some((number, copying))
    }

    /// The form.
    pub fn fields(&self) -> &[Field] {
        self.visit.as_ref().map_or(&[], |visit| &visit.fields)
    }

    /// Whether the form can be confirmed.
    pub fn form_is_complete(&self) -> bool {
        self.fields().iter().all(Field::is_complete)
    }

    /// Whether the applicant wants a person to decide.
    pub fn person_wanted(&self) -> bool {
        self.visit.as_ref().is_some_and(|visit| visit.person_wanted)
    }

    /// The decision, once made.
    pub fn decision(&self) -> Option<&Decision> {
        Some(&self.visit.as_ref()?.case.as_ref()?.decision)
    }

    /// The papers of this visit and their states, in the order they come out.
    pub fn papers(&self) -> impl Iterator<Item = (Paper, &PaperState)> + '_ {
        self.visit.iter().flat_map(|visit| visit.papers.iter().map(|(k, v)| (*k, v)))
    }

    /// The application's id, for slips and the technician.
    pub fn application(&self) -> Option<ApplicationId> {
        self.visit.as_ref().map(|visit| visit.application)
    }

    /// Seconds left in the countdown "are you still there?", if it runs: nobody touched anything for long, or
    /// the time of a visit is nearly over.
    pub fn countdown(&self, now: Duration) -> Option<u64> {
        let visit = self.visit.as_ref()?;
        let idle = now.saturating_sub(visit.touched);
        let (begin, length) = self.patience()?;
        let unanswered = (begin + length).saturating_sub(idle);
        let left = self.time_left(now).map_or(unanswered, |left| left.min(unanswered));
        (left <= length).then_some(left.as_secs())
    }

    /// Seconds until a last screen goes away by itself.
    pub fn farewell(&self, now: Duration) -> Option<u64> {
        let visit = self.visit.as_ref()?;
        matches!(self.stage, Stage::Done | Stage::Ended(_)).then(|| {
            let shown = now.saturating_sub(visit.stage_since);
            self.farewell_time().saturating_sub(shown).as_secs()
        })
    }

    /// How far the visit is: step of steps, for the line at the top of every screen.
    pub fn progress(&self) -> Option<(u8, u8)> {
        let step = match self.stage {
            _ if self.errand() != Errand::Apply => return None,
            Stage::Welcome
            | Stage::Maintenance
            | Stage::Verifying(_)
            | Stage::Results
            | Stage::Ended(_) => return None,
            Stage::Choosing | Stage::Guiding | Stage::Telling => 1,
            Stage::Identifying(_) => 2,
            Stage::ProvingBusiness(_) | Stage::LookingUp => 3,
            Stage::Filling => 4,
            Stage::Promising => 5,
            Stage::Decided(_) | Stage::Rating | Stage::Done => 6,
        };
        Some((step, 6))
    }

    /// Whether "back" leads somewhere.
    pub fn can_go_back(&self) -> bool {
        match self.stage {
            Stage::Verifying(_)
            | Stage::Choosing
            | Stage::Guiding
            | Stage::Telling
            | Stage::Identifying(Identifying::Waiting | Identifying::Failed(_))
            | Stage::Filling
            | Stage::Promising => true,
            Stage::ProvingBusiness(ref proving) => *proving != ProvingBusiness::Asking,
            Stage::Welcome
            | Stage::Maintenance
            | Stage::Identifying(Identifying::Reading | Identifying::Asking)
            | Stage::LookingUp
            | Stage::Results
            | Stage::Decided(_)
            | Stage::Rating
            | Stage::Done
            | Stage::Ended(_) => false,
        }
    }
}
