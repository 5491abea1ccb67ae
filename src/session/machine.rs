//! The transitions of a visit.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an event that does not fit the stage changes nothing, whatever stages there are"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::course::Course;
use super::data::Source;
use super::effect::{Effect, Purpose, Query};
use super::event::{
    Answer, CodeWorth, Equipment, Event, HeldPermit, IdentityProblem, IssuedPermit, LicenceProblem,
    LookUpAnswer, Moment, NotIssued, Paper, PaperState, Register, Relation, ScanProblem, Standing,
    Unanswered, Verified,
};
use super::facts::Promised;
use super::{
    Copying, Ending, Errand, HELP_FACTOR, Identifying, LookUp, Outcome, ProvingBusiness, Session,
    Stage, Terms, Verifying, Visit, data, draft, facts,
};
use crate::domain::calendar::date_in_china;
use crate::domain::{
    Action, Applicant, ApplicationId, Bilingual, Decision, Finding, Language, Promise, ServiceCode,
    Signature, Uscc, Verdict,
};

/// Bytes of a code on a phone at most, as central takes them.
const CODE_BYTES_MAX: usize = 2_048;
/// How long the last screens stay before the kiosk is free again.
const FAREWELL: Duration = Duration::from_secs(20);
/// How long the last screen waits for papers on their way, without a touch.
const PAPERS_AWAITED: Duration = Duration::from_mins(5);
/// How long a finished set of papers stays on the screen before the rating is offered.
const PAPERS_SEEN: Duration = Duration::from_secs(20);

impl Session {
    /// A kiosk nobody stands at.
    pub fn new(terms: Terms, equipment: Equipment) -> Self {
        Self {
            terms,
            next_terms: None,
            equipment,
            first_language: Language::default(),
            language: Language::default(),
            large_print: false,
            help_called: false,
            stage: Stage::Welcome,
            visit: None,
            course: None,
        }
    }

    /// The same, where visits begin in another language.
    pub fn beginning_in(mut self, language: Language) -> Self {
        self.first_language = language;
        self.language = language;
        self
    }

    /// Takes an event and returns what is to be done about it. An event that no longer fits the stage
    /// (a second touch, a late answer) changes nothing.
    pub fn update(&mut self, at: Moment, event: Event) -> Vec<Effect> {
        if is_touch(&event) {
            self.touched(at);
        }
        if let Some(visit) = &mut self.visit {
            data::note(&mut visit.data, &event, at.wall);
        }
        match event {
            Event::Begun { application, errand } => self.begin(at, application, errand),
            Event::AnotherToVerify => match self.stage {
                Stage::Verifying(_) => self.enter(at, Stage::Verifying(Verifying::Waiting)),
                _ => Vec::new(),
            },
            Event::Verified(verified) => self.verified(at, verified),
            Event::CopyWanted(number) => self.copy_wanted(at, &number),
            Event::CopyQueued => self.copy_queued(at),
            Event::NoCopy => {
                if let Some((_, copying @ Copying::Asked)) =
                    self.visit.as_mut().and_then(|visit| visit.copying.as_mut())
                {
                    *copying = Copying::Refused;
                }
                Vec::new()
            }
            Event::DataOpened => self.data_opened(),
            Event::DataWanted => self.data_wanted(),
            // Noted above.
            Event::StoodIn { .. } => Vec::new(),
            Event::MaintenanceAsked => match self.stage {
                Stage::Welcome => self.enter(at, Stage::Maintenance),
                _ => Vec::new(),
            },
            Event::MaintenanceEnded => match self.stage {
                Stage::Maintenance => self.reopen(),
                _ => Vec::new(),
            },
            Event::LanguageChosen(language) => {
                self.language = language;
                Vec::new()
            }
            Event::LargePrintChosen(large) => {
                self.large_print = large;
                Vec::new()
            }
            Event::Touched => Vec::new(),
            Event::LeftAlone => {
                if self.stage == Stage::Welcome {
                    self.forget_wishes();
                }
                Vec::new()
            }
            Event::Ticked => self.tick(at),
            Event::Cancelled => self.cancel(at),
            Event::WentBack => self.go_back(at),
            Event::TermsChanged(terms) => self.terms_changed(*terms),
            Event::EquipmentChanged(equipment) => self.equipment_changed(at, equipment),
            Event::UndertakingChosen(id) => self.undertake(at, &id),
            Event::GuideAnswered { question, value } => self.guide_answered(at, question, value),
            Event::ServiceChosen(id) => self.choose(at, &id),
            Event::Told => self.identify(at),
            Event::CardFound => self.card_found(at),
            Event::Identified(applicant) => self.identified(at, *applicant),
            Event::IdentityFailed(problem) => {
                self.count_failed_read();
                self.identity_failed(at, problem)
            }
            Event::Scanned(code) => self.scanned(at, code),
            Event::ScanFailed(problem) => {
                self.count_failed_read();
                self.scan_failed(at, problem)
            }
            Event::UsccTyped(typed) => self.uscc_typed(at, &typed),
            Event::LookedUp(answer) => self.looked_up(at, answer),
            Event::Answered { field, answer } => self.answered(&field, answer),
            Event::PersonWanted(wanted) => self.person_wanted_is(at, wanted),
            Event::HelpCalled(called) => {
                if std::mem::replace(&mut self.help_called, called) == called {
                    return Vec::new();
                }
                vec![Effect::CallHelp(called)]
            }
            Event::FormConfirmed => self.form_confirmed(at),
            Event::PromiseSigned(signature) => self.promise_signed(at, signature),
            Event::Issued(permit) => self.issued(at, permit),
            Event::NotIssued(reason) => self.not_issued(at, &reason),
            Event::Recorded => self.recorded(at),
            Event::NotRecorded => self.not_recorded(at),
            Event::PaperChanged { paper, state } => self.paper_changed(at, paper, state),
            Event::CorrectionChosen => self.correct(at),
            Event::WentOn => self.go_on(at),
            Event::Rated(grade) => self.rated(at, grade),
            Event::RatingDeclined => match self.stage {
                Stage::Rating => self.enter(at, Stage::Done),
                _ => Vec::new(),
            },
        }
    }

    /// Somebody is there. Who is busy when the time of a visit is over gets as much more as an idle screen would.
    fn touched(&mut self, at: Moment) {
        let more = match (self.patience(), self.time_left(at.monotonic)) {
            (Some((idle, countdown)), Some(left)) if left <= countdown => idle,
            _ => Duration::ZERO,
        };
        if let Some(visit) = &mut self.visit {
            visit.touched = at.monotonic;
            visit.more += more;
        }
    }

    /// What is left of the time an undecided visit may take.
    pub(super) fn time_left(&self, now: Duration) -> Option<Duration> {
        let visit = self.visit.as_ref()?;
        let undecided = !matches!(self.stage, Stage::Results | Stage::Decided(_) | Stage::Rating);
        let total = self.terms.pace.total * self.factor() + visit.more;
        undecided.then(|| total.saturating_sub(now.saturating_sub(visit.begun)))
    }

    /// Untouched time before the countdown and its length; `None` while the kiosk itself is at work.
    pub(super) fn patience(&self) -> Option<(Duration, Duration)> {
        let pace = self.terms.pace;
        let factor = self.factor();
        match &self.stage {
            Stage::Verifying(_)
            | Stage::Choosing
            | Stage::Guiding
            | Stage::Telling
            | Stage::Identifying(Identifying::Waiting | Identifying::Failed(_))
            | Stage::Filling
            | Stage::Promising
            | Stage::Rating => Some((pace.idle * factor, pace.countdown * factor)),
            Stage::ProvingBusiness(proving) => (*proving != ProvingBusiness::Asking)
                .then_some((pace.idle * factor, pace.countdown * factor)),
            Stage::Results => (!self.is_printing() && !self.is_copying())
                .then_some((pace.idle * factor, pace.countdown * factor)),
            Stage::Decided(outcome) => (*outcome != Outcome::Recording && !self.is_printing())
                .then_some((pace.idle * factor, pace.countdown * factor)),
            Stage::Welcome
            | Stage::Maintenance
            | Stage::Identifying(Identifying::Reading | Identifying::Asking)
            | Stage::LookingUp
            | Stage::Done
            | Stage::Ended(_) => None,
        }
    }

    /// Whether a paper is still moving towards the applicant.
    pub fn is_printing(&self) -> bool {
        self.papers().any(|(_, state)| matches!(state, PaperState::Waiting | PaperState::Printing))
    }

    fn begin(&mut self, at: Moment, application: ApplicationId, errand: Errand) -> Vec<Effect> {
        if self.stage != Stage::Welcome || !self.equipment.can_serve() {
            return Vec::new();
        }
        let stage = match errand {
            Errand::Apply => Stage::Choosing,
            Errand::Results => Stage::Identifying(Identifying::Waiting),
            Errand::Verify if self.equipment.scanner => Stage::Verifying(Verifying::Waiting),
            Errand::Verify => return Vec::new(),
        };
        self.visit = Some(Visit { errand, ..Visit::new(application, at) });
        self.course = Some(Course::begun(at.monotonic));
        self.enter(at, stage)
    }

    /// Whether the journal is being asked for another copy.
    fn is_copying(&self) -> bool {
        matches!(self.copying(), Some((_, Copying::Asked)))
    }

    /// One copy in a visit, of a permit that holds.
    fn copy_wanted(&mut self, at: Moment, number: &str) -> Vec<Effect> {
        if self.stage != Stage::Results || self.is_copying() || self.papers().next().is_some() {
            return Vec::new();
        }
        let today = date_in_china(at.wall);
        let holds = |permit: &&HeldPermit| {
            permit.number == number
                && permit.status == "valid"
                && permit.valid_to.is_none_or(|last| today <= last)
        };
        let Some(permit) = self.held().into_iter().find(holds).cloned() else { return Vec::new() };
        if let Some(visit) = &mut self.visit {
            visit.copying = Some((permit.number.clone(), Copying::Asked));
        }
        vec![Effect::Reprint(Box::new(permit))]
    }

    fn copy_queued(&mut self, at: Moment) -> Vec<Effect> {
        let (Stage::Results, true, Some(visit)) = (&self.stage, self.is_copying(), &mut self.visit)
        else {
            return Vec::new();
        };
        if let Some((_, copying)) = &mut visit.copying {
            *copying = Copying::Queued;
        }
        visit.touched = at.monotonic;
        visit.papers = BTreeMap::from([(Paper::Copy, PaperState::Waiting)]);
        self.print_waiting(at)
    }

    fn data_opened(&mut self) -> Vec<Effect> {
        let recorded = matches!(self.stage, Stage::Decided(Outcome::Recorded | Outcome::Issued(_)))
            && self.papers().next().is_some();
        let Some(visit) = &mut self.visit else { return Vec::new() };
        if !recorded || std::mem::replace(&mut visit.data_seen, true) {
            return Vec::new();
        }
        vec![Effect::RecordDataReceipt { application: visit.application, shown: true }]
    }

    fn data_wanted(&mut self) -> Vec<Effect> {
        if !self.data_can_be_printed() {
            return Vec::new();
        }
        let Some(visit) = &mut self.visit else { return Vec::new() };
        visit.papers.insert(Paper::Data, PaperState::Waiting);
        vec![Effect::PrintData(visit.data.clone())]
    }

    /// What a scanned paper is worth: at once what its code says, then what central says of it.
    fn verified(&mut self, at: Moment, verified: Box<Verified>) -> Vec<Effect> {
        if let (Stage::Verifying(_), Some(visit)) = (&self.stage, &mut self.visit)
            && verified.scan == visit.scans
        {
            visit.touched = at.monotonic;
            visit.stage_since = at.monotonic;
            self.stage = Stage::Verifying(Verifying::Shown(verified));
        }
        Vec::new()
    }

    /// A visit keeps what it began with: nobody is told one law and judged by another.
    fn terms_changed(&mut self, terms: Terms) -> Vec<Effect> {
        if self.stage == Stage::Welcome {
            self.terms = terms;
        } else {
            self.next_terms = Some(terms);
        }
        Vec::new()
    }

    /// Changes the stage and starts what the new stage needs.
    fn enter(&mut self, at: Moment, stage: Stage) -> Vec<Effect> {
        let was = std::mem::replace(&mut self.stage, stage);
        if let Some(visit) = &mut self.visit {
            visit.stage_since = at.monotonic;
        }
        if let Some(course) = &mut self.course {
            course.left(at.monotonic, was.as_str());
            if was == Stage::LookingUp && self.stage != was {
                let look_ups = self.visit.iter().flat_map(|visit| visit.look_ups.values());
                let unanswered = look_ups.filter(|of| matches!(of, LookUp::Unanswered(_))).count();
                course.unanswered += u32::try_from(unanswered).unwrap_or(u32::MAX);
            }
        }
        match &self.stage {
            Stage::Identifying(Identifying::Waiting) => {
                let mut effects = vec![Effect::DisarmScanner];
                if self.equipment.id_reader {
                    effects.push(Effect::ReadId);
                }
                if self.equipment.scanner {
                    effects.push(Effect::ArmScanner);
                }
                effects
            }
            Stage::Verifying(Verifying::Waiting)
            | Stage::ProvingBusiness(ProvingBusiness::Waiting) => {
                if let Some(visit) = &mut self.visit {
                    // An answer to the paper before comes too late now.
                    visit.scans += 1;
                }
                let mut effects = vec![Effect::ReleaseReader, Effect::DisarmScanner];
                if self.equipment.scanner {
                    effects.push(Effect::ArmScanner);
                }
                effects
            }
            Stage::Choosing
            | Stage::Guiding
            | Stage::Telling
            | Stage::Filling
            | Stage::Results
            | Stage::Ended(_)
            | Stage::Done => {
                vec![Effect::ReleaseReader, Effect::DisarmScanner]
            }
            Stage::Welcome => {
                let mut effects = vec![Effect::ReleaseReader, Effect::DisarmScanner];
                effects.extend(self.conclude(at, was.as_str()));
                effects.push(Effect::Wipe);
                effects
            }
            Stage::Verifying(_)
            | Stage::Identifying(_)
            | Stage::ProvingBusiness(_)
            | Stage::LookingUp
            | Stage::Promising
            | Stage::Decided(_)
            | Stage::Rating
            | Stage::Maintenance => Vec::new(),
        }
    }

    /// The next one finds the kiosk as everybody does.
    fn forget_wishes(&mut self) {
        self.language = self.first_language;
        self.large_print = false;
    }

    /// Staff has left. There is no visit to forget, and what they had printed is not forgotten.
    fn reopen(&mut self) -> Vec<Effect> {
        self.forget_wishes();
        self.stage = Stage::Welcome;
        Vec::new()
    }

    /// Ends a decided visit: when what is on its way to the applicant lies in the slot, for what is still queued
    /// is forgotten with the visit.
    fn part(&mut self, at: Moment) -> Vec<Effect> {
        match self.stage {
            _ if !self.is_printing() => self.leave(at),
            Stage::Done => Vec::new(),
            _ => self.enter(at, Stage::Done),
        }
    }

    /// Frees the kiosk: everything personal is dropped here.
    fn leave(&mut self, at: Moment) -> Vec<Effect> {
        self.visit = None;
        let called_off = std::mem::take(&mut self.help_called);
        if let Some(terms) = self.next_terms.take() {
            self.terms = terms;
        }
        self.forget_wishes();
        // Forgetting the visit comes last: after it the terminal knows that nobody is here.
        let mut effects: Vec<Effect> =
            called_off.then_some(Effect::CallHelp(false)).into_iter().collect();
        effects.extend(self.enter(at, Stage::Welcome));
        effects
    }

    /// Ends the visit without a decision: everything personal is dropped at once, a last screen says
    /// why.
    fn end(&mut self, at: Moment, ending: Ending) -> Vec<Effect> {
        let concluded = self.conclude(at, self.stage.as_str());
        self.visit = self.visit.take().map(|visit| Visit::new(visit.application, at));
        let mut effects = self.enter(at, Stage::Ended(ending));
        effects.extend(concluded);
        effects.push(Effect::Wipe);
        effects
    }

    /// The visit is over on this screen, if it was not already: how it went.
    fn conclude(&mut self, at: Moment, screen: &'static str) -> Option<Effect> {
        let course = self.course.take()?;
        Some(Effect::RecordVisit(course.end(at.monotonic, screen)))
    }

    fn cancel(&mut self, at: Moment) -> Vec<Effect> {
        match self.stage {
            Stage::Welcome | Stage::Maintenance => Vec::new(),
            // What is decided stays decided; only the visit ends.
            Stage::Decided(Outcome::Recording) => Vec::new(),
            Stage::Results | Stage::Decided(_) | Stage::Rating | Stage::Done => self.part(at),
            Stage::Ended(_) => self.leave(at),
            Stage::Verifying(_)
            | Stage::Choosing
            | Stage::Guiding
            | Stage::Telling
            | Stage::Identifying(_)
            | Stage::ProvingBusiness(_)
            | Stage::LookingUp
            | Stage::Filling
            | Stage::Promising => self.end(at, Ending::Cancelled),
        }
    }

    /// How many times longer than usual somebody may take.
    fn factor(&self) -> u32 {
        let large = self.print_factor();
        if self.help_called { large.max(HELP_FACTOR) } else { large }
    }

    /// How many times longer somebody reads.
    fn print_factor(&self) -> u32 {
        if self.large_print { self.terms.pace.large_print_factor } else { 1 }
    }

    /// How long a last screen stays.
    pub(super) fn farewell_time(&self) -> Duration {
        FAREWELL * self.print_factor()
    }

    fn tick(&mut self, at: Moment) -> Vec<Effect> {
        let patience = self.patience();
        let papers_settled = self.papers().all(|(_, state)| state.is_settled());
        let is_printing = self.is_printing();
        let (farewell, papers_seen) = (self.farewell_time(), PAPERS_SEEN * self.print_factor());
        let Some(visit) = &mut self.visit else { return Vec::new() };
        let in_stage = at.monotonic.saturating_sub(visit.stage_since);
        match self.stage {
            Stage::Welcome => Vec::new(),
            // Each step of a device has its own time; this is for what nobody thought of.
            Stage::Done
                if is_printing && at.monotonic.saturating_sub(visit.touched) < PAPERS_AWAITED =>
            {
                // The farewell begins when the last of them lies there.
                visit.stage_since = at.monotonic;
                Vec::new()
            }
            Stage::Ended(_) | Stage::Done => {
                if in_stage >= farewell {
                    self.leave(at)
                } else {
                    Vec::new()
                }
            }
            Stage::LookingUp if in_stage >= self.terms.pace.look_up => {
                // A register that has not answered by now has not answered.
                for look_up in visit.look_ups.values_mut() {
                    if *look_up == LookUp::Asked {
                        *look_up = LookUp::Unanswered(Unanswered::Down);
                    }
                }
                self.all_looked_up(at)
            }
            Stage::Identifying(Identifying::Asking) if in_stage >= self.terms.pace.look_up => {
                self.identity_failed(at, IdentityProblem::ServiceDown)
            }
            Stage::ProvingBusiness(ProvingBusiness::Asking)
                if in_stage >= self.terms.pace.look_up =>
            {
                self.licence_refused(at, LicenceProblem::ServiceDown)
            }
            Stage::Verifying(Verifying::Shown(ref mut shown))
                if shown.standing == Standing::Asked && in_stage >= self.terms.pace.look_up =>
            {
                shown.standing = Standing::Unreachable;
                Vec::new()
            }
            Stage::Decided(Outcome::Issued(_))
                if papers_settled
                    && in_stage >= papers_seen
                    && at.monotonic.saturating_sub(visit.touched) >= papers_seen =>
            {
                self.enter(at, Stage::Rating)
            }
            _ => self.tick_patience(at, patience),
        }
    }

    fn tick_patience(&mut self, at: Moment, patience: Option<(Duration, Duration)>) -> Vec<Effect> {
        let (Some(visit), Some((idle, countdown))) = (&self.visit, patience) else {
            return Vec::new();
        };
        // Only what is undecided has a time to be over, and ends without a decision.
        let left = self.time_left(at.monotonic);
        if at.monotonic.saturating_sub(visit.touched) >= idle + countdown {
            if left.is_some() { self.end(at, Ending::TimedOut) } else { self.part(at) }
        } else if left == Some(Duration::ZERO) {
            self.end(at, Ending::TooLong)
        } else {
            Vec::new()
        }
    }

    fn go_back(&mut self, at: Moment) -> Vec<Effect> {
        if !self.can_go_back() {
            return Vec::new();
        }
        match self.stage {
            Stage::Verifying(Verifying::Shown(_)) => {
                self.enter(at, Stage::Verifying(Verifying::Waiting))
            }
            Stage::Choosing | Stage::Verifying(Verifying::Waiting) => self.leave(at),
            Stage::Guiding => {
                if let Some(visit) = &mut self.visit {
                    visit.undertaking = None;
                }
                self.enter(at, Stage::Choosing)
            }
            // Back to where it was chosen.
            Stage::Telling if self.undertaking().is_some() => self.enter(at, Stage::Guiding),
            Stage::Telling => self.enter(at, Stage::Choosing),
            Stage::Identifying(_) if self.errand() == Errand::Results => self.leave(at),
            Stage::Identifying(_) => self.enter(at, Stage::Telling),
            Stage::ProvingBusiness(_) => self.enter(at, Stage::Identifying(Identifying::Waiting)),
            Stage::Filling => self.enter(at, Stage::ProvingBusiness(ProvingBusiness::Waiting)),
            Stage::Promising => self.enter(at, Stage::Filling),
            Stage::Welcome
            | Stage::Maintenance
            | Stage::LookingUp
            | Stage::Results
            | Stage::Decided(_)
            | Stage::Rating
            | Stage::Done
            | Stage::Ended(_) => Vec::new(),
        }
    }

    fn equipment_changed(&mut self, at: Moment, equipment: Equipment) -> Vec<Effect> {
        let before = std::mem::replace(&mut self.equipment, equipment);
        match self.stage {
            // A device that comes back in the middle is put to work at once.
            Stage::Identifying(Identifying::Waiting | Identifying::Failed(_))
                if (!before.id_reader && equipment.id_reader)
                    || (!before.scanner && equipment.scanner) =>
            {
                self.enter(at, Stage::Identifying(Identifying::Waiting))
            }
            Stage::Identifying(Identifying::Reading) if !equipment.id_reader => {
                self.identity_failed(at, IdentityProblem::Unreadable)
            }
            Stage::Verifying(Verifying::Waiting) if !before.scanner && equipment.scanner => {
                self.enter(at, Stage::Verifying(Verifying::Waiting))
            }
            Stage::ProvingBusiness(ProvingBusiness::Waiting)
                if !before.scanner && equipment.scanner =>
            {
                self.enter(at, Stage::ProvingBusiness(ProvingBusiness::Waiting))
            }
            _ => Vec::new(),
        }
    }

    fn undertake(&mut self, at: Moment, id: &str) -> Vec<Effect> {
        let undertaking = self.guide().undertaking(id).cloned();
        let (Stage::Choosing, Some(visit), Some(undertaking)) =
            (&self.stage, &mut self.visit, undertaking)
        else {
            return Vec::new();
        };
        // What was answered on the way here before stays answered.
        visit.guide_answers.retain(|question, _| undertaking.questions.contains(question));
        visit.undertaking = Some(undertaking);
        self.find_needs(at);
        self.enter(at, Stage::Guiding)
    }

    fn guide_answered(&mut self, at: Moment, question: String, value: String) -> Vec<Effect> {
        let offered = self.guide().question(&question).is_some_and(|asked| {
            self.undertaking().is_some_and(|one| one.questions.contains(&question))
                && asked.options.iter().any(|reply| reply.value == value)
        });
        if let (Stage::Guiding, Some(visit), true) = (&self.stage, &mut self.visit, offered) {
            visit.guide_answers.insert(question, value);
            self.find_needs(at);
        }
        Vec::new()
    }

    /// Asks the rules what the undertaking needs on the day of `at`.
    fn find_needs(&mut self, at: Moment) {
        let Some(visit) = &mut self.visit else { return };
        let Some(undertaking) = &visit.undertaking else { return };
        let today = date_in_china(at.wall);
        visit.needs = self.terms.rulebook.needs(undertaking, &visit.guide_answers, today);
    }

    fn choose(&mut self, at: Moment, id: &str) -> Vec<Effect> {
        let entry = self.terms.catalogue.entry(id).cloned();
        let (Stage::Choosing | Stage::Guiding, Some(visit), Some(entry)) =
            (&self.stage, &mut self.visit, entry)
        else {
            return Vec::new();
        };
        if visit.entry.as_ref().map(|old| &old.id) != Some(&entry.id) {
            // Who the applicant is stays known; the registers were asked for another purpose.
            visit.forget_business();
        }
        visit.entry = Some(entry);
        self.enter(at, Stage::Telling)
    }

    fn identify(&mut self, at: Moment) -> Vec<Effect> {
        match self.stage {
            Stage::Telling => self.enter(at, Stage::Identifying(Identifying::Waiting)),
            _ => Vec::new(),
        }
    }

    fn card_found(&mut self, at: Moment) -> Vec<Effect> {
        match self.stage {
            Stage::Identifying(Identifying::Waiting | Identifying::Failed(_)) => {
                self.enter(at, Stage::Identifying(Identifying::Reading))
            }
            _ => Vec::new(),
        }
    }

    fn identified(&mut self, at: Moment, applicant: Applicant) -> Vec<Effect> {
        let (Stage::Identifying(_), Some(visit)) = (&self.stage, &mut self.visit) else {
            return Vec::new();
        };
        if visit.applicant.as_ref().is_some_and(|before| before.id_digest != applicant.id_digest) {
            // Somebody else goes on: what the one before showed and answered is not theirs.
            visit.forget_business();
        }
        visit.applicant = Some(applicant);
        visit.touched = at.monotonic;
        self.enter(at, Stage::ProvingBusiness(ProvingBusiness::Waiting))
    }

    fn count_failed_read(&mut self) {
        if let Some(course) = &mut self.course {
            course.failed_reads += 1;
        }
    }

    fn identity_failed(&mut self, at: Moment, problem: IdentityProblem) -> Vec<Effect> {
        if !matches!(self.stage, Stage::Identifying(_)) {
            return Vec::new();
        }
        // The next card or code is taken at once: nobody has to touch anything to try again.
        let effects = self.enter(at, Stage::Identifying(Identifying::Waiting));
        self.stage = Stage::Identifying(Identifying::Failed(problem));
        effects
    }

    /// Says so beside the step that waits for a code; the next one is taken at once.
    fn scan_failed(&mut self, at: Moment, problem: ScanProblem) -> Vec<Effect> {
        if let Some(visit) = &mut self.visit {
            visit.touched = at.monotonic;
        }
        let (identity, licence, code) = match problem {
            ScanProblem::Unreadable => {
                (IdentityProblem::CodeUnreadable, LicenceProblem::Unreadable, CodeWorth::Unreadable)
            }
            // No paper of ours has so long a code.
            ScanProblem::TooLong => {
                (IdentityProblem::CodeTooLong, LicenceProblem::TooLong, CodeWorth::Foreign)
            }
        };
        match self.stage {
            Stage::Identifying(Identifying::Waiting | Identifying::Failed(_)) => {
                self.identity_failed(at, identity)
            }
            Stage::ProvingBusiness(ref proving) if *proving != ProvingBusiness::Asking => {
                self.licence_refused(at, licence)
            }
            Stage::Verifying(Verifying::Waiting) => {
                let scan = self.visit.as_ref().map_or(0, |visit| visit.scans);
                let standing = Standing::Unknown;
                self.verified(at, Box::new(Verified { scan, code, standing, permit: None }))
            }
            _ => Vec::new(),
        }
    }

    fn scanned(&mut self, at: Moment, code: String) -> Vec<Effect> {
        if let Some(visit) = &mut self.visit {
            visit.touched = at.monotonic;
        }
        if code.len() > CODE_BYTES_MAX {
            // Longer than any code of the services: not worth a question that central would refuse.
            return self.scan_failed(at, ScanProblem::TooLong);
        }
        if let (Stage::Verifying(Verifying::Waiting), Some(visit)) = (&self.stage, &self.visit) {
            return vec![Effect::Verify { scan: visit.scans, code }];
        }
        let (stage, query) = match self.stage {
            Stage::Identifying(Identifying::Waiting | Identifying::Failed(_)) => {
                (Stage::Identifying(Identifying::Asking), Query::ElectronicId { code })
            }
            Stage::ProvingBusiness(ref proving) if *proving != ProvingBusiness::Asking => {
                (Stage::ProvingBusiness(ProvingBusiness::Asking), Query::ElectronicLicence { code })
            }
            _ => return Vec::new(),
        };
        let Some(purpose) = self.purpose() else { return Vec::new() };
        let source = match query {
            Query::ElectronicId { .. } => Source::ElectronicId,
            Query::ElectronicLicence { .. } => Source::ElectronicLicence,
            Query::Business { register, .. } => Source::Register(register),
        };
        if let Some(visit) = &mut self.visit {
            data::ask(&mut visit.data, source, at.wall);
        }
        let mut effects = self.enter(at, stage);
        effects.push(Effect::LookUp { query, purpose });
        effects
    }

    fn purpose(&self) -> Option<Purpose> {
        let visit = self.visit.as_ref()?;
        let service = match visit.errand {
            Errand::Results => ServiceCode::ResultShow,
            Errand::Apply | Errand::Verify => visit.entry.as_ref()?.service,
        };
        Some(Purpose { service, application: visit.application })
    }

    fn uscc_typed(&mut self, at: Moment, typed: &str) -> Vec<Effect> {
        match self.stage {
            Stage::ProvingBusiness(ref proving) if *proving != ProvingBusiness::Asking => {}
            _ => return Vec::new(),
        }
        match Uscc::parse(typed) {
            Ok(uscc) => {
                if let Some(visit) = &mut self.visit {
                    visit.relation = Relation::None;
                }
                self.look_up(at, uscc)
            }
            Err(problem) => {
                self.stage = Stage::ProvingBusiness(ProvingBusiness::UsccRefused(problem));
                Vec::new()
            }
        }
    }

    fn licence_refused(&mut self, at: Moment, problem: LicenceProblem) -> Vec<Effect> {
        let effects = self.enter(at, Stage::ProvingBusiness(ProvingBusiness::Waiting));
        self.stage = Stage::ProvingBusiness(ProvingBusiness::CodeRefused(problem));
        effects
    }

    /// Asks every register of the business at once.
    fn look_up(&mut self, at: Moment, uscc: Uscc) -> Vec<Effect> {
        let purpose = self.purpose();
        let (Some(visit), Some(purpose)) = (&mut self.visit, purpose) else { return Vec::new() };
        // Who went back and shows the same licence again has answered already.
        if visit.uscc.as_ref() != Some(&uscc) {
            visit.fields.clear();
        }
        visit.uscc = Some(uscc.clone());
        visit.business = None;
        visit.supervision = None;
        visit.district = None;
        for register in Register::ALL {
            data::ask(&mut visit.data, Source::Register(register), at.wall);
        }
        visit.look_ups =
            Register::ALL.into_iter().map(|register| (register, LookUp::Asked)).collect();
        let mut effects = self.enter(at, Stage::LookingUp);
        effects.push(Effect::DisarmScanner);
        effects.extend(Register::ALL.into_iter().map(|register| Effect::LookUp {
            query: Query::Business { register, uscc: uscc.clone() },
            purpose,
        }));
        effects
    }

    fn looked_up(&mut self, at: Moment, answer: LookUpAnswer) -> Vec<Effect> {
        match answer {
            LookUpAnswer::Person(applicant) => {
                if self.stage == Stage::Identifying(Identifying::Asking) {
                    self.identified(at, *applicant)
                } else {
                    Vec::new()
                }
            }
            LookUpAnswer::NoPerson(problem) => {
                if self.stage == Stage::Identifying(Identifying::Asking) {
                    self.identity_failed(at, problem)
                } else {
                    Vec::new()
                }
            }
            LookUpAnswer::Licence { uscc, holder } => {
                let asking = self.stage == Stage::ProvingBusiness(ProvingBusiness::Asking);
                let (true, Some(visit)) = (asking, &mut self.visit) else { return Vec::new() };
                visit.relation = *holder;
                self.look_up(at, uscc)
            }
            LookUpAnswer::NoLicence(problem) => {
                if self.stage == Stage::ProvingBusiness(ProvingBusiness::Asking) {
                    self.licence_refused(at, problem)
                } else {
                    Vec::new()
                }
            }
            LookUpAnswer::Business(business, relation) => {
                self.register_answered(at, Register::Business, |visit| {
                    visit.business = business.map(|business| *business);
                    if visit.relation == Relation::None {
                        visit.relation = relation;
                    }
                })
            }
            LookUpAnswer::FoodAndDrug(supervision) => {
                self.register_answered(at, Register::FoodAndDrug, |visit| {
                    visit.supervision = Some(*supervision);
                })
            }
            LookUpAnswer::MicroService(district) => {
                self.register_answered(at, Register::MicroService, |visit| {
                    visit.district = Some(district);
                })
            }
            LookUpAnswer::Unanswered(register, how) => match &mut self.visit {
                Some(visit) if self.stage == Stage::LookingUp => {
                    visit.look_ups.insert(register, LookUp::Unanswered(how));
                    self.all_looked_up(at)
                }
                _ => Vec::new(),
            },
        }
    }

    fn register_answered(
        &mut self,
        at: Moment,
        register: Register,
        take: impl FnOnce(&mut Visit),
    ) -> Vec<Effect> {
        match &mut self.visit {
            // An answer after its time-out is not taken: what was told to the applicant stays true.
            Some(visit)
                if self.stage == Stage::LookingUp
                    && visit.look_ups.get(&register) == Some(&LookUp::Asked) =>
            {
                take(visit);
                visit.look_ups.insert(register, LookUp::Answered);
                self.all_looked_up(at)
            }
            _ => Vec::new(),
        }
    }

    /// Goes on when no register is left to answer.
    fn all_looked_up(&mut self, at: Moment) -> Vec<Effect> {
        let Some(visit) = &mut self.visit else { return Vec::new() };
        if visit.look_ups.values().any(|look_up| *look_up == LookUp::Asked) {
            return Vec::new();
        }
        visit.touched = at.monotonic;
        let registered = visit.look_ups.get(&Register::Business) == Some(&LookUp::Answered);
        if registered && visit.business.is_none() {
            let effects = self.enter(at, Stage::ProvingBusiness(ProvingBusiness::Waiting));
            self.stage = Stage::ProvingBusiness(ProvingBusiness::Unknown);
            return effects;
        }
        if visit.errand == Errand::Results {
            return self.enter(at, Stage::Results);
        }
        let before = std::mem::take(&mut visit.fields);
        visit.fields = facts::fields(&self.terms, visit);
        for field in before.into_iter().filter(|field| field.source.is_none()) {
            if let Some(answer) = field.answer
                && let Some(asked) = visit.fields.iter_mut().find(|asked| asked.key == field.key)
                && asked.source.is_none()
            {
                asked.answer(answer);
            }
        }
        self.enter(at, Stage::Filling)
    }

    fn answered(&mut self, key: &str, answer: Answer) -> Vec<Effect> {
        if let (Stage::Filling, Some(visit)) = (&self.stage, &mut self.visit)
            && let Some(field) =
                visit.fields.iter_mut().find(|field| field.key == key && field.source.is_none())
        {
            field.answer(answer);
        }
        Vec::new()
    }

    /// On the form it is a switch; before the promise it is a way out of signing, taken at once.
    fn person_wanted_is(&mut self, at: Moment, wanted: bool) -> Vec<Effect> {
        let (Stage::Filling | Stage::Promising, Some(visit)) = (&self.stage, &mut self.visit)
        else {
            return Vec::new();
        };
        visit.person_wanted = wanted;
        if self.stage == Stage::Promising && wanted { self.decide(at) } else { Vec::new() }
    }

    /// Decides as if the promise were signed: only who would be granted something is asked to sign.
    fn form_confirmed(&mut self, at: Moment) -> Vec<Effect> {
        if self.stage != Stage::Filling || !self.form_is_complete() {
            return Vec::new();
        }
        let Some(visit) = &mut self.visit else { return Vec::new() };
        // What was signed before was signed for the form as it stood then.
        visit.promise = None;
        let promises = visit.entry.as_ref().is_some_and(|entry| entry.promise.is_some());
        let (document, decision) = facts::decide(&self.terms, visit, at, Promised::AsIf);
        let issued = decision.verdict == Verdict::Issue;
        if promises
            && issued
            && draft::draft(&self.terms, visit, &document, Verdict::Issue).is_some()
        {
            visit.promise_shown = Some(at.monotonic);
            return self.enter(at, Stage::Promising);
        }
        self.decide(at)
    }

    fn promise_signed(&mut self, at: Moment, signature: Signature) -> Vec<Effect> {
        let in_limits = signature.is_signed()
            && signature.points() <= Signature::POINTS_MAX
            && signature.strokes.len() <= Signature::STROKES_MAX;
        let (Stage::Promising, true, Some(visit)) = (&self.stage, in_limits, &mut self.visit)
        else {
            return Vec::new();
        };
        let version = visit.entry.as_ref().and_then(|entry| entry.promise.as_deref());
        let Some(promise) = version.and_then(|version| self.terms.catalogue.promise(version))
        else {
            return Vec::new();
        };
        let shown = visit.promise_shown.unwrap_or(at.monotonic);
        let reading = at.monotonic.saturating_sub(shown).as_millis();
        visit.promise = Some(Promise {
            text_version: promise.version.clone(),
            text_digest: hex::encode(Sha256::digest(promise.text.zh.as_bytes())),
            reading_ms: u64::try_from(reading).unwrap_or(u64::MAX),
            signed_at: at.wall,
            signature,
        });
        self.decide(at)
    }

    /// The decision, and what it wants done.
    fn decide(&mut self, at: Moment) -> Vec<Effect> {
        let Some(visit) = &mut self.visit else { return Vec::new() };
        let (document, mut decision) = facts::decide(&self.terms, visit, at, Promised::AsSigned);
        let granted = if decision.verdict.grants_number() {
            decision.verdict
        } else {
            facts::decide(&self.terms, visit, at, Promised::AsIf).1.verdict
        };
        if granted.grants_number() && draft::draft(&self.terms, visit, &document, granted).is_none()
        {
            // Granted by the rules, but this kiosk cannot say what to print: nobody is asked to sign.
            refer(&mut decision, not_printed_here(visit, &document, granted));
        }
        let Some(case) = facts::case(&self.terms, visit, self.language, &document, decision) else {
            return Vec::new();
        };
        let verdict = case.decision.verdict;
        visit.case = Some(Box::new(case.clone()));
        visit.papers.clear();
        if verdict == Verdict::FixOnSpot {
            // Nothing is decided yet: the form is corrected and decided again.
            return self.enter(at, Stage::Decided(Outcome::Recorded));
        }
        let mut effects = self.enter(at, Stage::Decided(Outcome::Recording));
        effects.push(if verdict.grants_number() {
            Effect::Issue(Box::new(case))
        } else {
            Effect::Record(Box::new(case))
        });
        effects
    }

    fn issued(&mut self, at: Moment, permit: Box<IssuedPermit>) -> Vec<Effect> {
        let (Stage::Decided(Outcome::Recording), Some(visit)) = (&self.stage, &mut self.visit)
        else {
            return Vec::new();
        };
        visit.touched = at.monotonic;
        // Where a permit ends there is no certificate.
        let ends =
            visit.entry.as_ref().is_some_and(|entry| entry.service.action() == Action::Cancel);
        let papers: &[Paper] = if ends {
            &[Paper::Receipt]
        } else if permit.number.kind().has_copy() {
            &[Paper::Original, Paper::Copy, Paper::Receipt]
        } else {
            &[Paper::Original, Paper::Receipt]
        };
        visit.papers = papers.iter().map(|paper| (*paper, PaperState::Waiting)).collect();
        let application = visit.application;
        self.stage = Stage::Decided(Outcome::Issued(permit));
        let mut effects = vec![Effect::RecordDataReceipt { application, shown: false }];
        effects.extend(self.print_waiting(at));
        effects
    }

    fn recorded(&mut self, at: Moment) -> Vec<Effect> {
        let (Stage::Decided(Outcome::Recording), Some(visit)) = (&self.stage, &mut self.visit)
        else {
            return Vec::new();
        };
        visit.touched = at.monotonic;
        visit.papers = BTreeMap::from([(Paper::Slip, PaperState::Waiting)]);
        let application = visit.application;
        self.stage = Stage::Decided(Outcome::Recorded);
        let mut effects = vec![Effect::RecordDataReceipt { application, shown: false }];
        effects.extend(self.print_waiting(at));
        effects
    }

    fn print_waiting(&mut self, at: Moment) -> Vec<Effect> {
        if let Some(visit) = &mut self.visit {
            visit.stage_since = at.monotonic;
        }
        self.papers()
            .filter(|(_, state)| **state == PaperState::Waiting)
            .map(|(paper, _)| Effect::Print(paper))
            .collect()
    }

    /// What cannot be issued although the rules would is referred, or not accepted at all.
    fn not_issued(&mut self, at: Moment, reason: &NotIssued) -> Vec<Effect> {
        let (Stage::Decided(Outcome::Recording), Some(visit)) = (&self.stage, &mut self.visit)
        else {
            return Vec::new();
        };
        let (Some(finding), Some(case)) = (referral(reason), &mut visit.case) else {
            return self.not_recorded(at);
        };
        refer(&mut case.decision, finding);
        case.draft = None;
        let effect = Effect::Record(case.clone());
        vec![effect]
    }

    fn not_recorded(&mut self, at: Moment) -> Vec<Effect> {
        if self.stage != Stage::Decided(Outcome::Recording) {
            return Vec::new();
        }
        self.enter(at, Stage::Decided(Outcome::NotRecorded))
    }

    fn paper_changed(&mut self, at: Moment, paper: Paper, state: PaperState) -> Vec<Effect> {
        if let Some(visit) = &mut self.visit
            && let Some(known) = visit.papers.get_mut(&paper)
        {
            *known = state;
            // The papers may be looked at for their full time, counted from the last one.
            visit.stage_since = at.monotonic;
            visit.touched = at.monotonic;
        }
        Vec::new()
    }

    fn correct(&mut self, at: Moment) -> Vec<Effect> {
        let fixable = self.decision().is_some_and(|d| d.verdict == Verdict::FixOnSpot);
        match (&self.stage, fixable, &mut self.visit) {
            (Stage::Decided(_), true, Some(visit)) => {
                visit.case = None;
                self.enter(at, Stage::Filling)
            }
            _ => Vec::new(),
        }
    }

    fn go_on(&mut self, at: Moment) -> Vec<Effect> {
        match &self.stage {
            Stage::Decided(Outcome::Issued(_)) => self.enter(at, Stage::Rating),
            Stage::Decided(Outcome::Recorded) => {
                if self.decision().is_some_and(|d| d.verdict == Verdict::FixOnSpot) {
                    self.end(at, Ending::Cancelled)
                } else {
                    self.enter(at, Stage::Rating)
                }
            }
            Stage::Decided(Outcome::NotRecorded) | Stage::Ended(_) => self.leave(at),
            Stage::Done => self.part(at),
            Stage::Results if self.papers().next().is_some() => self.enter(at, Stage::Done),
            Stage::Verifying(_) | Stage::Results => self.leave(at),
            // Who went back goes on with what is known.
            Stage::Identifying(Identifying::Waiting | Identifying::Failed(_))
                if self.applicant().is_some() =>
            {
                self.enter(at, Stage::ProvingBusiness(ProvingBusiness::Waiting))
            }
            Stage::ProvingBusiness(proving)
                if *proving != ProvingBusiness::Asking && self.business().is_some() =>
            {
                self.all_looked_up(at)
            }
            Stage::Welcome
            | Stage::Maintenance
            | Stage::Choosing
            | Stage::Guiding
            | Stage::Telling
            | Stage::Identifying(_)
            | Stage::ProvingBusiness(_)
            | Stage::LookingUp
            | Stage::Filling
            | Stage::Promising
            | Stage::Decided(Outcome::Recording)
            | Stage::Rating => Vec::new(),
        }
    }

    fn rated(&mut self, at: Moment, grade: u8) -> Vec<Effect> {
        let (Stage::Rating, 1..=5, Some(visit)) = (&self.stage, grade, &self.visit) else {
            return Vec::new();
        };
        let mut effects = vec![Effect::RecordRating { application: visit.application, grade }];
        effects.extend(self.enter(at, Stage::Done));
        effects
    }
}

impl Visit {
    /// Drops what the business showed, what the registers said of it, and what was answered.
    fn forget_business(&mut self) {
        self.uscc = None;
        self.relation = Relation::None;
        self.business = None;
        self.look_ups.clear();
        self.supervision = None;
        self.district = None;
        self.fields.clear();
        self.promise = None;
    }

    fn new(application: ApplicationId, at: Moment) -> Self {
        Self {
            application,
            errand: Errand::Apply,
            data: Vec::new(),
            data_seen: false,
            copying: None,
            scans: 0,
            begun: at.monotonic,
            more: Duration::ZERO,
            touched: at.monotonic,
            undertaking: None,
            guide_answers: BTreeMap::new(),
            needs: Vec::new(),
            entry: None,
            applicant: None,
            uscc: None,
            relation: Relation::None,
            business: None,
            look_ups: BTreeMap::new(),
            supervision: None,
            district: None,
            fields: Vec::new(),
            person_wanted: false,
            promise_shown: None,
            promise: None,
            case: None,
            papers: BTreeMap::new(),
            stage_since: at.monotonic,
        }
    }
}

/// Whether somebody at the screen did this.
fn is_touch(event: &Event) -> bool {
    matches!(
        event,
        Event::Begun { .. }
            | Event::LanguageChosen(_)
            | Event::LargePrintChosen(_)
            | Event::UndertakingChosen(_)
            | Event::GuideAnswered { .. }
            | Event::ServiceChosen(_)
            | Event::Told
            | Event::UsccTyped(_)
            | Event::Answered { .. }
            | Event::FormConfirmed
            | Event::PersonWanted(_)
            | Event::PromiseSigned(_)
            | Event::HelpCalled(_)
            | Event::WentOn
            | Event::CorrectionChosen
            | Event::Rated(_)
            | Event::RatingDeclined
            | Event::WentBack
            | Event::AnotherToVerify
            | Event::CopyWanted(_)
            | Event::DataOpened
            | Event::DataWanted
            | Event::Touched
    )
}

/// The finding that refers what the rules would grant and this kiosk cannot print: what is there already, a
/// permit for premises whose address no register gave, or a new paper for a number given earlier.
fn not_printed_here(visit: &Visit, document: &serde_json::Value, granted: Verdict) -> Finding {
    let service = visit.entry.as_ref().map(|entry| entry.service);
    let kind = service.and_then(|service| service.grants(granted));
    let (code, message) = if kind.is_some_and(|kind| draft::is_there(visit, kind)) {
        (
            "PAPER_IS_THERE",
            Bilingual::new(
                "这个场所已经有一份有效的，不能再发一份。",
                "This place has one that is valid; a second one is not given.",
            ),
        )
    } else if service.is_some_and(|service| service.action() == Action::New)
        && draft::is_elsewhere(visit, document)
    {
        (
            "PREMISES_ELSEWHERE",
            Bilingual::new(
                "经营场所与登记的住所不在一处，证上的地址须由工作人员核对。",
                "The premises are not at the registered address; an officer has to check the \
                 address for the certificate.",
            ),
        )
    } else {
        (
            "PAPER_BY_OFFICER",
            Bilingual::new(
                "符合条件，由工作人员换发证照。",
                "The conditions are met; an officer issues the new paper.",
            ),
        )
    };
    kiosk_refers(code, message)
}

/// The finding that refers what could not be issued; `None` where nothing may be recorded either.
fn referral(reason: &NotIssued) -> Option<Finding> {
    let (code, message) = match reason {
        NotIssued::NumbersExhausted => (
            "NUMBERS_EXHAUSTED",
            Bilingual::new(
                "本机预留的证号已用完，不能当场发证。",
                "This kiosk has used up its leased permit numbers and cannot issue on the spot.",
            ),
        ),
        NotIssued::GlyphMissing(character) => (
            "GLYPH_MISSING",
            Bilingual::new(
                format!("证照字库中没有“{character}”字，不能完整打印您的证照。"),
                format!("The certificate's fonts lack the character “{character}”."),
            ),
        ),
        NotIssued::Unprintable => (
            "CERTIFICATE_UNPRINTABLE",
            Bilingual::new(
                "本机不能完整打印您的证照。",
                "This kiosk cannot print your certificate in full.",
            ),
        ),
        NotIssued::WrongPaper => (
            "WRONG_PAPER",
            Bilingual::new(
                "本机准备的证照与决定不符，没有发证。",
                "The paper this kiosk prepared is not the one decided upon; nothing was issued.",
            ),
        ),
        NotIssued::Quarantined => (
            "KIOSK_SUSPENDED",
            Bilingual::new(
                "本机已被中心暂停发证。",
                "Central has suspended issuing on this kiosk.",
            ),
        ),
        NotIssued::Revoked => (
            "PERMIT_REVOKED",
            Bilingual::new(
                "该许可证已被吊销，不能变更、延续或补发。",
                "This permit has been revoked: it cannot be changed, renewed or reissued.",
            ),
        ),
        NotIssued::ClockDrifted => (
            "CLOCK_DRIFT",
            Bilingual::new(
                "本机时钟不准，不能当场发证。",
                "This kiosk's clock is not right, so it cannot issue on the spot.",
            ),
        ),
        NotIssued::ClockBehind | NotIssued::JournalDown => return None,
    };
    Some(kiosk_refers(code, message))
}

/// A referral for the kiosk's own reasons, not the law's.
fn kiosk_refers(code: &str, message: Bilingual) -> Finding {
    Finding {
        rule: "KIOSK-NOT-ISSUED".to_owned(),
        code: code.to_owned(),
        outcome: Verdict::Refer,
        citation: "本机规则：不能当场完成的申请转人工办理".to_owned(),
        message,
        remedy: Bilingual::new(
            "您的申请已受理，工作人员将与您联系。",
            "Your application is accepted; an officer will contact you.",
        ),
        due: None,
        readings: Vec::new(),
        overridden_by: None,
        private: false,
    }
}

fn refer(decision: &mut Decision, finding: Finding) {
    decision.verdict = Verdict::Refer;
    decision.code.clone_from(&finding.code);
    decision.findings.insert(0, finding);
}
