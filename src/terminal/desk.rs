//! The terminal's thread: takes messages one by one, keeps what the visit needs outside the screen.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use super::console::Console;
use super::devices::{Devices, Starter, make_page_job};
use super::look_ups::{self, Who};
use super::papers::{Certificate, PaperSettings};
use super::report::{self, Device, DeviceKind};
use super::slips::{self, Kiosk};
use super::verifying::{Code, trusted};
use super::work::{Bench, Tested};
use super::{Message, Settings, send};
use crate::certificate::slip::Slip;
use crate::certificate::{Bitmap, Fonts};
use crate::config::{self, PageConnection};
use crate::device::{Health, Report, id_reader, page_printer, panel, receipt_printer, scanner};
use crate::domain::{Action, Applicant, Grant, IdentitySource, MaskedId, Permit, Private};
use crate::fault::{Chain, Fault, FaultCode};
use crate::journal::{self, IssueRequest, Issued, PrintJob, SheetSize};
use crate::registers::HeldStatus;
use crate::rulebooks;
use crate::seal::Keyring;
use crate::session::data::DataUse;
use crate::session::effect::{Case, Effect, Purpose, Query};
use crate::session::event::{
    Equipment, Event, HeldPermit, IdentityProblem, IssuedPermit, LookUpAnswer, NotIssued, Paper,
    PaperState, Preview, ScanProblem, Standing,
};
use crate::staff::Door;
use crate::wire::v1::{Body, DataReceipt, Document, PrintStep, Rated, SessionEnded};

/// Longer than a device's health takes to settle.
const PAUSE: Duration = Duration::from_secs(2);

/// The thread's state.
pub(super) struct Desk {
    pub(super) settings: Settings,
    pub(super) devices: Devices,
    pub(super) inbox: SyncSender<Message>,
    pub(super) starter: Starter,
    pub(super) bench: Bench,
    lamps: panel::Lamps,
    /// What the panel said last.
    inputs: panel::Inputs,
    events: tokio::sync::mpsc::Sender<Event>,
    recorded: Arc<Notify>,
    rulebooks: Arc<Mutex<rulebooks::Status>>,
    pub(super) equipment: Equipment,
    pub(super) console: Console,
    /// Somebody is at the kiosk.
    in_visit: bool,
    /// Staff stands here: the kiosk was just started or signed out of, and nobody has begun since. What is
    /// owed to somebody who has left is printed then alone.
    attended: bool,
    /// Counts visits, so that an answer to the one before is known as such.
    visit: u64,
    /// 90 MB, for as long as papers are made.
    fonts: OnceCell<Fonts>,
    who: Option<Who>,
    case: Option<Box<Case>>,
    issued: Option<Issued>,
    jobs: Vec<PrintJob>,
    /// What stands on the data receipt.
    data: Vec<DataUse>,
    /// Look-ups of this visit on record.
    look_ups: u64,
    pages: Queue,
    receipts: Queue,
    /// A certificate of this visit has not come out for certain.
    certificate_missing: bool,
}

/// What waits for one printer, and what it is at.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Sheet>,
    current: Option<Sheet>,
    usable: bool,
    /// What stands in its way, if it has said so.
    fault: Option<Fault>,
}

impl Queue {
    /// Whether it has anything left of a visit.
    fn is_at(&self, visit: Option<u64>) -> bool {
        self.current.iter().chain(&self.waiting).any(|sheet| sheet.visit == visit)
    }
}

/// A paper as dots, and as a file where its printer may read that.
type Made = (Bitmap, Option<Private<Vec<u8>>>);

/// One paper on its way.
struct Sheet {
    job: PrintJob,
    dots: Bitmap,
    /// The certificate as a file, where its printer may read that.
    pdf: Option<Private<Vec<u8>>>,
    size: page_printer::Sheet,
    /// Whose screen hears of it; nobody's after a restart.
    visit: Option<u64>,
}

impl Desk {
    pub(super) fn new(
        settings: Settings,
        devices: Devices,
        starter: Starter,
        events: tokio::sync::mpsc::Sender<Event>,
        recorded: Arc<Notify>,
        rulebooks: Arc<Mutex<rulebooks::Status>>,
    ) -> Self {
        let now = settings.clock.now();
        let kiosk = &settings.kiosk;
        let door = Door::open(&kiosk.keys_folder, &kiosk.data_folder, now);
        let console = Console::new(door, configured(&devices, now), now);
        let inbox = starter.inbox.clone();
        Self {
            settings,
            devices,
            inbox,
            starter,
            bench: Bench::default(),
            lamps: panel::Lamps::default(),
            inputs: panel::Inputs::default(),
            events,
            recorded,
            rulebooks,
            equipment: Equipment::NONE,
            console,
            in_visit: false,
            attended: true,
            visit: 0,
            fonts: OnceCell::new(),
            who: None,
            case: None,
            issued: None,
            jobs: Vec::new(),
            data: Vec::new(),
            look_ups: 0,
            pages: Queue::default(),
            receipts: Queue::default(),
            certificate_missing: false,
        }
    }

    /// Takes messages until nobody can send any.
    pub(super) fn run(mut self, messages: Receiver<Message>, unfinished: Vec<PrintJob>) {
        self.take_up(unfinished);
        self.judge();
        for message in messages {
            match message {
                Message::Perform(effect) => self.perform(effect),
                Message::Reader(start, report) => {
                    if self.devices.is_current(DeviceKind::IdReader, start) {
                        self.reader(report);
                    }
                }
                Message::Scanner(start, report) => {
                    if self.devices.is_current(DeviceKind::Scanner, start) {
                        self.scanner(report);
                    }
                }
                Message::Receipt(start, report) => {
                    if self.devices.is_current(DeviceKind::ReceiptPrinter, start) {
                        self.receipt(report);
                    }
                }
                Message::Page(start, report) => {
                    if self.devices.is_current(DeviceKind::PagePrinter, start) {
                        self.page(report);
                    }
                }
                Message::Panel(start, report) => {
                    if self.devices.is_current(DeviceKind::Panel, start) {
                        self.panel(report);
                    }
                }
                Message::Rested(document) => self.go_on(document),
                Message::Worked(news) => self.worked(news),
                Message::Beside(request, reply) => self.answer_beside(request, reply),
                Message::Terms(terms) => self.tell(Event::TermsChanged(terms)),
                Message::LookedUp { visit, answer } => self.looked_up(visit, answer),
                Message::Verified { visit, verified } => {
                    if visit == self.visit {
                        self.tell(Event::Verified(verified));
                    }
                }
                Message::Synced(state) => self.synced(*state),
                Message::Then(done) => done(),
                Message::Asked(ask, reply) => {
                    if reply.send(self.answer(ask)).is_err() {
                        tracing::debug!("the console does not wait for its answer any more");
                    }
                }
            }
        }
    }

    /// Something is on record that central does not have yet.
    pub(super) fn recorded(&self) {
        self.recorded.notify_one();
    }

    fn tell(&self, event: Event) {
        if self.events.blocking_send(event).is_err() {
            tracing::warn!("nobody listens to the terminal any more");
        }
    }

    pub(super) fn equip(&mut self, change: impl FnOnce(&mut Equipment)) {
        let before = self.equipment;
        change(&mut self.equipment);
        if self.equipment != before {
            self.tell(Event::EquipmentChanged(self.equipment));
        }
    }

    // ---- what the visit wants ----

    fn perform(&mut self, effect: Effect) {
        // A call for help is no visit: it is made on the welcome screen, too.
        if !matches!(effect, Effect::CallHelp(_)) {
            self.in_visit = !matches!(effect, Effect::Wipe);
            self.attended &= !self.in_visit;
        }
        self.guide(&effect);
        match effect {
            Effect::ReadId => self.command_reader(id_reader::Command::Claim),
            Effect::ReleaseReader => self.command_reader(id_reader::Command::Release),
            Effect::ArmScanner => self.command_scanner(scanner::Command::Arm),
            Effect::DisarmScanner => self.command_scanner(scanner::Command::Disarm),
            Effect::LookUp { query, purpose } => self.look_up(query, purpose),
            Effect::Verify { scan, code } => self.verify(scan, &code),
            Effect::Record(case) => self.record(case),
            Effect::Issue(case) => self.issue(case),
            Effect::Print(paper) => self.print(paper),
            Effect::Reprint(permit) => self.reprint(*permit),
            Effect::RecordDataReceipt { application, shown } => {
                let look_ups = self.look_ups;
                let receipt = DataReceipt { application, look_ups, shown };
                if let Err(error) = self.settings.journal.record(Body::DataReceipt(receipt)) {
                    self.journal_failed(&error);
                }
            }
            Effect::PrintData(data) => self.print_data(data),
            Effect::RecordRating { application, grade } => {
                if let Err(error) =
                    self.settings.journal.record(Body::Rated(Rated { application, grade }))
                {
                    tracing::warn!(error = %Chain(&error), "a rating was lost");
                }
            }
            Effect::RecordVisit(ended) => {
                let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                let steps = ended.steps.iter();
                self.note(Body::SessionEnded(SessionEnded {
                    screen: ended.screen.to_owned(),
                    took_ms: ms(ended.took),
                    failed_reads: ended.failed_reads,
                    unanswered: ended.unanswered,
                    steps: steps.map(|(screen, took)| ((*screen).to_owned(), ms(*took))).collect(),
                }));
            }
            Effect::CallHelp(called) => {
                self.console.help_called = called;
                self.judge();
            }
            Effect::Wipe => self.wipe(),
        }
    }

    /// Lights the lamp where a hand is wanted.
    fn guide(&mut self, effect: &Effect) {
        let mut lamps = self.lamps;
        match effect {
            Effect::ReadId => lamps.id_reader = true,
            Effect::ReleaseReader => lamps.id_reader = false,
            Effect::ArmScanner => lamps.scanner = true,
            Effect::DisarmScanner => lamps.scanner = false,
            Effect::Print(Paper::Original | Paper::Copy) => lamps.page_printer = true,
            Effect::Print(Paper::Receipt | Paper::Slip | Paper::Data) | Effect::PrintData(_) => {
                lamps.receipt_printer = true;
            }
            Effect::Wipe => lamps = panel::Lamps::default(),
            Effect::LookUp { .. }
            | Effect::Verify { .. }
            | Effect::Record(_)
            | Effect::Issue(_)
            | Effect::Reprint(_)
            | Effect::RecordDataReceipt { .. }
            | Effect::RecordRating { .. }
            | Effect::RecordVisit(_)
            | Effect::CallHelp(_) => {}
        }
        self.light(lamps);
    }

    fn light(&mut self, lamps: panel::Lamps) {
        if std::mem::replace(&mut self.lamps, lamps) != lamps
            && let Some(panel) = &self.devices.panel
            && let Err(error) = panel.send(panel::Command::Light(lamps))
        {
            tracing::warn!(error = %Chain(&error), "the panel takes no commands");
        }
    }

    /// Forgets the visit. Papers still held up are not printed for whoever comes next.
    fn wipe(&mut self) {
        self.visit += 1;
        self.fonts.take();
        self.who = None;
        self.case = None;
        self.issued = None;
        self.data.clear();
        self.look_ups = 0;
        self.jobs.clear();
        self.certificate_missing = false;
        // What is owed to somebody from before waits on.
        self.pages.waiting.retain(|sheet| sheet.visit.is_none());
        self.receipts.waiting.clear();
        self.judge();
    }

    /// How the editions are, as last told.
    pub(super) fn rulebooks(&self) -> rulebooks::Status {
        self.rulebooks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.settings.clock.now()
    }

    pub(super) fn command_reader(&self, command: id_reader::Command) {
        if let Some(reader) = &self.devices.id_reader
            && let Err(error) = reader.send(command)
        {
            tracing::error!(error = %Chain(&error), "the ID reader takes no commands");
        }
    }

    pub(super) fn command_scanner(&self, command: scanner::Command) {
        if let Some(scanner) = &self.devices.scanner
            && let Err(error) = scanner.send(command)
        {
            tracing::error!(error = %Chain(&error), "the scanner takes no commands");
        }
    }

    fn look_up(&mut self, query: Query, purpose: Purpose) {
        // Remembered before anything about the application leaves this kiosk. Where that cannot be
        // written, nothing could be issued either, and nobody is asked.
        if let Err(error) = self.settings.journal.begin(purpose.application) {
            self.journal_failed(&error);
            self.tell(Event::LookedUp(look_ups::not_asked(&query)));
            return;
        }
        let visit = self.visit;
        let inbox = self.inbox.clone();
        let asking =
            look_ups::ask(self.settings.registers.clone(), query, purpose, self.who.clone());
        self.settings.runtime.spawn(async move {
            match asking.await {
                Some(answer) => send(&inbox, Message::LookedUp { visit, answer }),
                None => tracing::error!("a register was to be asked for nobody"),
            }
        });
    }

    /// Tells at once what the code itself is worth, and what central says when it has said it.
    fn verify(&self, scan: u32, code: &str) {
        let code = Code::of(code, &self.settings.kiosk.verify_host);
        let keyring = trusted(&self.settings.kiosk.keys_folder).unwrap_or_else(|error| {
            tracing::error!(error = %Chain(&error), "papers are verified at central alone");
            Keyring::new()
        });
        let seen = code.look(scan, &keyring);
        self.tell(Event::Verified(Box::new(seen.clone())));
        if seen.standing != Standing::Asked {
            return;
        }
        let (visit, inbox) = (self.visit, self.inbox.clone());
        let asking = code.ask(self.settings.registers.clone(), seen);
        self.settings.runtime.spawn(async move {
            let verified = Box::new(asking.await);
            send(&inbox, Message::Verified { visit, verified });
        });
    }

    fn looked_up(&mut self, visit: u64, mut answer: look_ups::Answer) {
        // Recorded also when the applicant has left meanwhile: the register was asked.
        if let Err(error) = self.settings.journal.record_look_up(answer.record) {
            self.journal_failed(&error);
        } else if visit == self.visit {
            self.look_ups += 1;
        }
        if visit != self.visit {
            return;
        }
        if let Some(who) = answer.who {
            self.who = Some(who);
        }
        if let Some((register, taken_at)) = answer.stood_in {
            self.tell(Event::StoodIn { register, taken_at });
        }
        self.mark_revoked(&mut answer.told);
        self.tell(Event::LookedUp(answer.told));
    }

    /// What central revoked is revoked, whatever a register or a snapshot of it still says.
    fn mark_revoked(&mut self, told: &mut LookUpAnswer) {
        let LookUpAnswer::FoodAndDrug(supervision) = told else { return };
        for permit in &mut supervision.permits {
            match self.settings.journal.revocation_of(&permit.number) {
                Ok(None) => {}
                Ok(Some(_act)) => permit.status = HeldStatus::Revoked.as_str().to_owned(),
                Err(error) => self.journal_failed(&error),
            }
        }
    }

    fn record(&mut self, case: Box<Case>) {
        let documents = vec![Document::Slip];
        match self.settings.journal.record_decision(journal_case(&case, documents)) {
            Ok(recorded) => {
                self.jobs = recorded.print_jobs;
                self.case = Some(case);
                self.recorded();
                self.tell(Event::Recorded);
            }
            Err(error) => {
                self.journal_failed(&error);
                self.tell(Event::NotRecorded);
            }
        }
    }

    fn issue(&mut self, case: Box<Case>) {
        let Some(draft) = case.draft.clone() else {
            tracing::error!(application.id = %case.application, "a case to issue has no draft");
            self.tell(Event::NotIssued(NotIssued::JournalDown));
            return;
        };
        let papers = &self.settings.papers;
        if let Err(error) = self.fonts().and_then(|fonts| papers.check(fonts, &draft)) {
            tracing::warn!(error = %Chain(&error), "a certificate could not be printed whole");
            let reason =
                error.missing_glyph().map_or(NotIssued::Unprintable, NotIssued::GlyphMissing);
            self.tell(Event::NotIssued(reason));
            return;
        }
        let documents = if case.service.action() == Action::Cancel {
            vec![Document::Receipt]
        } else if draft.grant.kind().has_copy() {
            vec![Document::Original, Document::Copy, Document::Receipt]
        } else {
            vec![Document::Original, Document::Receipt]
        };
        let request = IssueRequest { case: journal_case(&case, documents), draft };
        if report::has_drifted(self.console.sync.as_ref(), &self.settings.kiosk.limits) {
            tracing::error!("the clock is not central's: nothing is issued");
            self.tell(Event::NotIssued(NotIssued::ClockDrifted));
            return;
        }
        // Before this line nothing happened; after it the permit exists.
        match self.settings.journal.issue(request) {
            Ok(issued) => {
                let told = self.issued_permit(&case, &issued);
                self.jobs.clone_from(&issued.print_jobs);
                self.issued = Some(issued);
                self.case = Some(case);
                self.console.clock_went_back = false;
                self.recorded();
                self.tell(Event::Issued(Box::new(told)));
            }
            Err(error) => {
                let reason = not_issued(&error);
                self.console.clock_went_back |= reason == NotIssued::ClockBehind;
                if reason == NotIssued::JournalDown {
                    self.journal_failed(&error);
                } else {
                    tracing::error!(error = %Chain(&error), "nothing was issued");
                    // A clock that went back stands as a fault from now on.
                    self.judge();
                }
                self.tell(Event::NotIssued(reason));
            }
        }
    }

    pub(super) fn journal_failed(&mut self, error: &journal::Error) {
        tracing::error!(error = %Chain(error), "the journal cannot be written: out of service");
        if !std::mem::replace(&mut self.console.journal_failed, true) {
            self.judge();
        }
    }

    fn issued_permit(&self, case: &Case, issued: &Issued) -> IssuedPermit {
        let original = issued.print_jobs.iter().find(|job| job.document == Document::Original);
        let preview = original.and_then(|job| {
            match self.certificate(job, &issued.permit).and_then(|sheet| sheet.preview()) {
                Ok(picture) => Some(Preview {
                    width_px: picture.width_px,
                    height_px: picture.height_px,
                    rgba: picture.bytes.to_vec(),
                }),
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "no picture of the certificate");
                    None
                }
            }
        });
        IssuedPermit {
            number: issued.permit.number.clone(),
            issued: issued.permit.issued,
            valid_to: issued.permit.valid_to,
            page_url: self.page_url(&issued.permit),
            decision: case.decision.clone(),
            preview,
        }
    }

    fn page_url(&self, permit: &Permit) -> String {
        format!("https://{}/v/{}", self.settings.kiosk.verify_host, permit.elicence)
    }

    fn certificate(
        &self,
        job: &PrintJob,
        permit: &Permit,
    ) -> Result<Certificate, super::papers::Error> {
        self.settings.papers.certificate(self.fonts()?, job, permit)
    }

    /// The fonts, opened when the first paper of a visit needs them.
    pub(super) fn fonts(&self) -> Result<&Fonts, super::papers::Error> {
        if let Some(fonts) = self.fonts.get() {
            return Ok(fonts);
        }
        let fonts = self.settings.papers.fonts()?;
        Ok(self.fonts.get_or_init(|| fonts))
    }

    // ---- papers ----

    /// Queues a paper of the case at hand.
    fn print(&mut self, paper: Paper) {
        let document = document_of(paper);
        let exists = match document {
            Document::Original | Document::Copy => self.devices.page_printer.is_some(),
            Document::Receipt | Document::Slip | Document::DataReceipt => {
                self.devices.receipt_printer.is_some()
            }
        };
        if !exists {
            self.tell(Event::PaperChanged { paper, state: PaperState::NotAvailable });
            return;
        }
        let Some(job) = self.jobs.iter().find(|job| job.document == document).cloned() else {
            tracing::error!(?paper, "the case has no such paper");
            self.tell(Event::PaperChanged { paper, state: PaperState::NotAvailable });
            return;
        };
        match self.make(&job) {
            Ok((dots, pdf)) => {
                let visit = Some(self.visit);
                let size = sheet_size(&dots);
                let queue = self.queue_of(document);
                queue.waiting.push_back(Sheet { job, dots, pdf, size, visit });
                self.feed(document);
                self.tell_waiting(document);
            }
            Err(error) => {
                tracing::error!(error = %Chain(&error), "a paper cannot be made");
                self.tell(Event::PaperChanged { paper, state: PaperState::NotAvailable });
            }
        }
    }

    /// Queues another copy of what stands in the register as this kiosk issued it.
    fn reprint(&mut self, held: HeldPermit) {
        let number = held.number.clone();
        let agrees = move |permit: &Permit| reads_as(permit, &held);
        match self.settings.journal.reprint(number, agrees) {
            Ok(Some(issued)) => {
                self.jobs.clone_from(&issued.print_jobs);
                self.issued = Some(issued);
                self.recorded();
                self.tell(Event::CopyQueued);
            }
            Ok(None) => self.tell(Event::NoCopy),
            Err(error) => {
                if matches!(not_issued(&error), NotIssued::JournalDown) {
                    self.journal_failed(&error);
                } else {
                    tracing::error!(error = %Chain(&error), "no other copy is printed");
                }
                self.tell(Event::NoCopy);
            }
        }
    }

    /// Queues the data receipt of the case at hand.
    fn print_data(&mut self, data: Vec<DataUse>) {
        let Some(application) = self.case.as_ref().map(|case| case.application) else {
            tracing::error!("a data receipt is wanted, and no case is at hand");
            return;
        };
        match self.settings.journal.queue_data_receipt(application) {
            Ok(job) => {
                self.data = data;
                self.jobs.push(job);
                self.print(Paper::Data);
            }
            Err(error) => {
                self.journal_failed(&error);
                let state = PaperState::NotAvailable;
                self.tell(Event::PaperChanged { paper: Paper::Data, state });
            }
        }
    }

    fn make(&self, job: &PrintJob) -> Result<Made, super::papers::Error> {
        let kiosk = Kiosk {
            id: &self.settings.kiosk.id,
            issuer: &self.settings.kiosk.issuer.name,
            complaints: &self.settings.kiosk.complaints_phone,
            now: self.settings.clock.now(),
            papers_follow: self.certificate_missing || !self.pages.usable,
        };
        match (&self.case, &self.issued, job.document) {
            (_, Some(issued), Document::Original | Document::Copy) => {
                let sheet = self.certificate(job, &issued.permit)?;
                return self.made(sheet);
            }
            (Some(case), Some(issued), Document::Receipt) => {
                let url = self.page_url(&issued.permit);
                let slip = slips::receipt(&kiosk, case, &issued.permit, &url);
                self.drawn(&slip)
            }
            (Some(case), _, Document::Slip) => self.drawn(&slips::explanation(&kiosk, case)),
            (Some(case), _, Document::DataReceipt) => {
                self.drawn(&slips::data_receipt(&kiosk, case, &self.data))
            }
            (_, _, document) => Err(super::papers::Error::NoCase { document: document.as_str() }),
        }
        .map(|dots| (dots, None))
    }

    /// A slip as dots, as wide as the receipt printer's roll.
    pub(super) fn drawn(&self, slip: &Slip) -> Result<Bitmap, super::papers::Error> {
        /// Where there is no receipt printer, nothing asks.
        const WIDEST: u32 = 576;
        let printer = self.settings.devices.receipt_printer.as_ref();
        let width = printer.map_or(WIDEST, |printer| printer.width_dots);
        PaperSettings::slip(self.fonts()?, slip, width)
    }

    /// A certificate as dots, and as a file where its printer may read that.
    fn made(&self, sheet: Certificate) -> Result<Made, super::papers::Error> {
        let printer = self.settings.devices.page_printer.as_ref();
        let largest = printer.map_or(config::Paper::A4, |printer| printer.paper);
        let dots = sheet.dots(largest)?;
        // The file is as large as it was made: of a smaller sheet there are only dots.
        let reads_pdf = sheet.fits(largest)
            && printer.is_some_and(|printer| {
                matches!(printer.connection, PageConnection::Serial { prefers_pdf: true, .. })
            });
        Ok((dots, reads_pdf.then(|| Private::new(sheet.into_pdf()))))
    }

    fn queue_of(&mut self, document: Document) -> &mut Queue {
        match document {
            Document::Original | Document::Copy => &mut self.pages,
            Document::Receipt | Document::Slip | Document::DataReceipt => &mut self.receipts,
        }
    }

    /// Staff has signed out and stands beside the kiosk: what was held back meanwhile, what was settled as
    /// not printed, and what is owed to somebody who has left.
    pub(super) fn feed_attended(&mut self) {
        self.attended = true;
        self.feed(Document::Original);
        self.feed(Document::Receipt);
    }

    /// Gives the printer its next paper, if it is free and well, and nobody is at the console.
    pub(super) fn feed(&mut self, document: Document) {
        if self.console.member.is_some() || self.bench.tests(printer_of(document)) {
            return;
        }
        let attended = self.attended;
        let queue = self.queue_of(document);
        if queue.current.is_some() || !queue.usable {
            return;
        }
        let may_come_out = |sheet: &Sheet| sheet.visit.is_some() || attended;
        let next = queue.waiting.iter().position(may_come_out);
        let Some(mut sheet) = next.and_then(|next| queue.waiting.remove(next)) else { return };
        if sheet.job.document == Document::Receipt {
            // It says whether the certificates follow: that is known when they have come out, or are held up.
            if self.pages.usable && self.pages.is_at(sheet.visit) {
                self.receipts.waiting.push_front(sheet);
                return;
            }
            match self.make(&sheet.job) {
                Ok((dots, _)) => sheet.dots = dots,
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "the receipt goes out as it was made first");
                }
            }
        }
        // First durable, then sent: a crash from here on leaves a paper that may have been printed.
        let journal = &self.settings.journal;
        let noted = match sheet.job.document {
            Document::Original | Document::Copy => {
                journal.print_on(sheet.job.job, sheet.size.into())
            }
            Document::Receipt | Document::Slip | Document::DataReceipt => {
                journal.print_step(sheet.job.job, PrintStep::Sent)
            }
        };
        match noted {
            Ok(()) => {}
            Err(error @ journal::Error::Revoked { .. }) => {
                tracing::error!(error = %Chain(&error), "a certificate is not printed");
                self.queue_of(document).current = Some(sheet);
                self.ended(document, &PrintStep::NotPrinted, None, None);
                return;
            }
            Err(error) => {
                self.journal_failed(&error);
                return;
            }
        }
        self.tell_paper(&sheet, PaperState::Printing);
        let sent = self.send(&sheet);
        self.queue_of(document).current = Some(sheet);
        if let Err(why) = sent {
            tracing::error!(why, "the printer takes no job");
            let fault = Some(Fault::of(fault_of(document)));
            self.ended(document, &PrintStep::NotPrinted, fault, None);
        }
    }

    fn send(&self, sheet: &Sheet) -> Result<(), String> {
        let number = sheet.job.job;
        let (width, height) = (sheet.dots.width_px as usize, sheet.dots.height_px as usize);
        let raster = crate::device::Raster::new(width, height, sheet.dots.as_bytes())
            .ok_or("the picture has no dots")?;
        match sheet.job.document {
            Document::Original | Document::Copy => {
                let serial = sheet.job.serial.as_ref().map_or("", |serial| serial.as_str());
                // A name for each attempt: what the printer says late of the one before, or still lists of
                // it, must not be taken for this one, which would then be sent a third time.
                let attempt = self.now().as_millisecond();
                let job_name =
                    page_printer::JobName::new(&format!("{serial}-{number}-{attempt:x}"))
                        .ok_or("the serial is no job name")?;
                let make = make_page_job(&self.settings.devices);
                let mut job = make(number, job_name, sheet.size, &[raster])
                    .map_err(|error| error.to_string())?;
                if let Some(pdf) = &sheet.pdf {
                    job = job.or_pdf(pdf.reveal());
                }
                let printer = self.devices.page_printer.as_ref().ok_or("there is none")?;
                printer.send(page_printer::Command::Print(job)).map_err(|error| error.to_string())
            }
            Document::Receipt | Document::Slip | Document::DataReceipt => {
                let job = receipt_printer::Job::new(number, raster);
                let printer = self.devices.receipt_printer.as_ref().ok_or("there is none")?;
                printer
                    .send(receipt_printer::Command::Print(job))
                    .map_err(|error| error.to_string())
            }
        }
    }

    /// Whether somebody is at the kiosk, or somebody's paper is on its way.
    pub(super) fn prints(&self) -> bool {
        self.in_visit || self.pages.current.is_some() || self.receipts.current.is_some()
    }

    /// The printer's counter before the first byte: with it, a power cut from here on may leave a question
    /// that answers itself.
    fn counted_before(&mut self, document: Document, job: u64, count: Option<u64>) {
        let Some(count) = count else { return };
        self.console.counted(printer_of(document), count);
        if self.is_current(document, job)
            && let Err(error) = self.settings.journal.print_counted(job, count)
        {
            self.journal_failed(&error);
        }
    }

    /// A paper has ended one way or another; `count_after` is the printer's counter then, where it was asked.
    fn ended(
        &mut self,
        document: Document,
        step: &PrintStep,
        fault: Option<Fault>,
        count_after: Option<u64>,
    ) {
        let Some(sheet) = self.queue_of(document).current.take() else { return };
        if let Some(count) = count_after {
            self.console.counted(printer_of(document), count);
        }
        let journal = &self.settings.journal;
        if let Err(error) = journal.print_ended(sheet.job.job, step.clone(), count_after) {
            self.journal_failed(&error);
        }
        self.recorded();
        let waited_for = sheet.visit.is_none_or(|visit| visit == self.visit);
        match (step, fault) {
            (PrintStep::Confirmed { .. }, _) => self.tell_paper(&sheet, PaperState::Printed),
            // It goes on by itself while its applicant is here, or staff.
            (PrintStep::NotPrinted, Some(fault)) if waited_for => {
                self.tell_paper(&sheet, PaperState::Held(fault));
                match self.settings.journal.print_step(sheet.job.job, PrintStep::Queued) {
                    Ok(()) => {
                        self.queue_of(document).waiting.push_front(sheet);
                        self.pause(document);
                    }
                    Err(error) => self.journal_failed(&error),
                }
            }
            _ => {
                self.certificate_missing |= printer_of(document) == DeviceKind::PagePrinter
                    && sheet.visit == Some(self.visit);
                self.tell_paper(&sheet, PaperState::Unknown);
            }
        }
        self.feed(document);
        self.feed(Document::Receipt);
    }

    /// What a printer has just refused is not offered again at once: a printer that is asked without end never
    /// comes to say what it lacks. It goes on when the printer next says how it is, or after a while.
    fn pause(&mut self, document: Document) {
        self.queue_of(document).usable = false;
        let inbox = self.inbox.clone();
        self.settings.runtime.spawn(async move {
            tokio::time::sleep(PAUSE).await;
            send(&inbox, Message::Rested(document));
        });
    }

    /// The pause is over. A printer that meanwhile said that it is not well is left alone.
    fn go_on(&mut self, document: Document) {
        let is_well = self.console.is_usable(printer_of(document));
        let queue = self.queue_of(document);
        if is_well && !queue.usable {
            queue.usable = true;
            self.feed(document);
        }
    }

    fn tell_paper(&self, sheet: &Sheet, state: PaperState) {
        if sheet.visit == Some(self.visit) {
            self.tell(Event::PaperChanged { paper: paper_of(sheet.job.document), state });
        }
    }

    /// After a start, planned or not: certificates that were certainly not sent are printed now; what
    /// may have been printed waits for a person.
    fn take_up(&mut self, unfinished: Vec<PrintJob>) {
        for job in unfinished {
            let document = job.document;
            let step = match (&job.step, document) {
                (PrintStep::Sent, _) => PrintStep::Unknown,
                (
                    PrintStep::Queued | PrintStep::NotPrinted,
                    Document::Original | Document::Copy,
                ) => {
                    if job.step == PrintStep::NotPrinted
                        && let Err(error) =
                            self.settings.journal.print_step(job.job, PrintStep::Queued)
                    {
                        self.journal_failed(&error);
                        continue;
                    }
                    if let Err(error) = self.take_up_certificate(job) {
                        tracing::error!(error = %Chain(&error), "a certificate waits for a person");
                    }
                    continue;
                }
                // A slip for somebody who has left helps nobody.
                (PrintStep::Queued, Document::Receipt | Document::Slip | Document::DataReceipt) => {
                    PrintStep::NotPrinted
                }
                (
                    PrintStep::Unknown
                    | PrintStep::Confirmed { .. }
                    | PrintStep::Voided
                    | PrintStep::NotPrinted,
                    _,
                ) => continue,
            };
            if let Err(error) = self.settings.journal.print_step(job.job, step) {
                self.journal_failed(&error);
            }
        }
        self.fonts.take();
    }

    /// Certificates of which nobody knew whether they came out, and whose printer, cleaned and idle again,
    /// has counted no page since before their first byte: they did not, and are owed. A page more proves
    /// nothing, for a sheet of half a certificate is counted, too. On the network another program's queue
    /// may still hold the document, so there a person looks.
    fn settle_by_counter(&mut self) -> Result<(), journal::Error> {
        let is_serial = self
            .settings
            .devices
            .page_printer
            .as_ref()
            .is_some_and(|printer| matches!(printer.connection, PageConnection::Serial { .. }));
        let Some(now) = self.console.counter(DeviceKind::PagePrinter).filter(|_| is_serial) else {
            return Ok(());
        };
        for job in self.settings.journal.unfinished_print_jobs()? {
            let is_certificate = printer_of(job.document) == DeviceKind::PagePrinter;
            let count_before = job.sent.and_then(|sent| sent.count_before);
            if job.step != PrintStep::Unknown || !is_certificate || count_before != Some(now) {
                continue;
            }
            tracing::warn!(job = job.job, now, "the page counter says that it was not printed");
            let journal = &self.settings.journal;
            journal.print_ended(job.job, PrintStep::NotPrinted, Some(now))?;
            journal.print_step(job.job, PrintStep::Queued)?;
            self.take_up_settled(PrintJob { step: PrintStep::Queued, ..job });
            self.recorded();
        }
        Ok(())
    }

    /// A certificate that was settled as not there: it is printed while staff stands here.
    pub(super) fn take_up_settled(&mut self, job: PrintJob) {
        if let Err(error) = self.take_up_certificate(job) {
            tracing::error!(error = %Chain(&error), "a certificate waits for the next start");
        }
        self.fonts.take();
    }

    fn take_up_certificate(&mut self, job: PrintJob) -> Result<(), super::papers::Error> {
        let issued = match self.settings.journal.find_issued(job.application) {
            Ok(Some(issued)) => issued,
            Ok(None) => return Ok(()),
            Err(error) => {
                self.journal_failed(&error);
                return Ok(());
            }
        };
        let (dots, pdf) = self.made(self.certificate(&job, &issued.permit)?)?;
        let size = sheet_size(&dots);
        tracing::info!(job = job.job, "printing is taken up again after a start");
        self.pages.waiting.push_back(Sheet { job, dots, pdf, size, visit: None });
        Ok(())
    }

    // ---- devices ----

    fn reader(&mut self, report: Report<id_reader::Event>) {
        match report {
            Report::Health(health) => {
                self.equip(|kit| kit.id_reader = health.is_usable());
                self.fares(DeviceKind::IdReader, health);
            }
            Report::Event(id_reader::Event::Identified(id)) => {
                self.console.identified(DeviceKind::IdReader, Some(format!("SAM {id}")), None);
            }
            // A test card is nobody's, and what stands on it stays in here.
            Report::Event(event) if self.bench.tests(DeviceKind::IdReader) => {
                if matches!(event, id_reader::Event::IdRead(_)) {
                    self.tested(DeviceKind::IdReader, Tested::CardRead);
                }
            }
            Report::Event(id_reader::Event::CardFound) => self.tell(Event::CardFound),
            Report::Event(id_reader::Event::IdRead(record)) => {
                let id = record.id.reveal();
                let id_digest = self.settings.registers.digest_key().digest(id.as_str());
                let applicant = Applicant {
                    name: record.name.clone(),
                    id_digest: id_digest.clone(),
                    id_masked: MaskedId::of(id).to_string(),
                    sex: record.sex,
                    birth: record.birth.clone(),
                    valid_to: record.valid_to,
                    source: IdentitySource::Card,
                    document: document_word(record.document),
                };
                self.who = Some(Who::of_card(id_digest));
                self.tell(Event::Identified(Box::new(applicant)));
            }
            Report::Event(id_reader::Event::ReadFailed(failure)) => {
                self.tell(Event::IdentityFailed(match failure {
                    id_reader::ReadFailure::CardPulled => IdentityProblem::CardPulled,
                    id_reader::ReadFailure::Unreadable => IdentityProblem::Unreadable,
                    id_reader::ReadFailure::OtherDocument => IdentityProblem::OtherDocument,
                    id_reader::ReadFailure::Implausible => IdentityProblem::Implausible,
                }));
            }
        }
    }

    fn scanner(&mut self, report: Report<scanner::Event>) {
        match report {
            Report::Health(health) => {
                self.equip(|kit| kit.scanner = health.is_usable());
                self.fares(DeviceKind::Scanner, health);
            }
            Report::Event(event) if self.bench.tests(DeviceKind::Scanner) => {
                let tested = match event {
                    scanner::Event::Scanned(code) => Tested::CodeRead(code.bytes.reveal().len()),
                    scanner::Event::Unreadable => Tested::Failed(FaultCode::ScannerUnreadable),
                    scanner::Event::TooLong => Tested::Failed(FaultCode::ScannerTooLong),
                };
                self.tested(DeviceKind::Scanner, tested);
            }
            Report::Event(scanner::Event::Scanned(code)) => {
                self.tell(Event::Scanned(code.text.reveal().clone()));
            }
            Report::Event(scanner::Event::Unreadable) => {
                tracing::warn!(fault = %FaultCode::ScannerUnreadable, "a code is of no use");
                self.tell(Event::ScanFailed(ScanProblem::Unreadable));
            }
            Report::Event(scanner::Event::TooLong) => {
                tracing::warn!(fault = %FaultCode::ScannerTooLong, "a code is of no use");
                self.tell(Event::ScanFailed(ScanProblem::TooLong));
            }
        }
    }

    fn receipt(&mut self, report: Report<receipt_printer::Event>) {
        match report {
            Report::Health(health) => self.printer_health(Document::Receipt, health),
            Report::Event(receipt_printer::Event::Identified(identity)) => {
                tracing::info!(?identity, "the receipt printer says what it is");
                let receipt_printer::Identity { maker, model, cuts, .. } = identity;
                let words: Vec<String> = [maker, model].into_iter().flatten().collect();
                let model = (!words.is_empty()).then(|| words.join(" "));
                self.console.identified(DeviceKind::ReceiptPrinter, model, cuts);
            }
            Report::Event(receipt_printer::Event::JobSent { job, cuts }) => {
                self.counted_before(Document::Receipt, job, cuts);
            }
            Report::Event(receipt_printer::Event::JobConfirmed { job, evidence }) => {
                if self.test_paper_ended(Document::Receipt, job, Tested::Printed) {
                    tracing::info!(?evidence, "a test slip is printed");
                } else if self.is_current(Document::Receipt, job) {
                    let evidence = format!("{evidence:?}");
                    self.ended(Document::Receipt, &PrintStep::Confirmed { evidence }, None, None);
                }
            }
            Report::Event(receipt_printer::Event::JobFailed { job, outcome, fault, cuts }) => {
                let failed = Tested::Failed(fault.code);
                if self.test_paper_ended(Document::Receipt, job, failed) {
                    tracing::warn!(fault = %fault.code, "a test slip was not printed");
                } else if self.is_current(Document::Receipt, job) {
                    let step = match outcome {
                        receipt_printer::Outcome::NotPrinted => PrintStep::NotPrinted,
                        receipt_printer::Outcome::Unknown => PrintStep::Unknown,
                    };
                    self.ended(Document::Receipt, &step, Some(fault), cuts);
                }
            }
        }
    }

    fn page(&mut self, report: Report<page_printer::Event>) {
        match report {
            Report::Health(health) => self.printer_health(Document::Original, health),
            Report::Event(page_printer::Event::Identified(identity)) => {
                tracing::info!(?identity, "the page printer says what it is");
                let page_printer::Identity { model, page_count } = identity;
                self.console.identified(DeviceKind::PagePrinter, model, page_count);
            }
            Report::Event(page_printer::Event::JobSent { job, page_count }) => {
                self.counted_before(Document::Original, job, page_count);
            }
            Report::Event(page_printer::Event::Counted(count)) => {
                self.console.counted(DeviceKind::PagePrinter, count);
            }
            Report::Event(page_printer::Event::JobConfirmed { job, evidence }) => {
                if self.test_paper_ended(Document::Original, job, Tested::Printed) {
                    tracing::info!(?evidence, "a test page is printed");
                } else if self.is_current(Document::Original, job) {
                    let evidence = format!("{evidence:?}");
                    self.ended(Document::Original, &PrintStep::Confirmed { evidence }, None, None);
                }
            }
            Report::Event(page_printer::Event::JobFailed { job, outcome, fault, page_count }) => {
                let failed = Tested::Failed(fault.code);
                if self.test_paper_ended(Document::Original, job, failed) {
                    tracing::warn!(fault = %fault.code, "a test page was not printed");
                } else if self.is_current(Document::Original, job) {
                    let step = match outcome {
                        page_printer::Outcome::NotPrinted => PrintStep::NotPrinted,
                        page_printer::Outcome::Unknown => PrintStep::Unknown,
                    };
                    self.ended(Document::Original, &step, Some(fault), page_count);
                }
            }
        }
    }

    fn panel(&mut self, report: Report<panel::Event>) {
        match report {
            Report::Health(health) => self.fares(DeviceKind::Panel, health),
            Report::Event(panel::Event::Changed(inputs)) => {
                let before = std::mem::replace(&mut self.inputs, inputs);
                if inputs.key_turned && !before.key_turned {
                    self.tell(Event::MaintenanceAsked);
                }
                // Whoever comes near wakes the screen; during a visit only a touch counts.
                if inputs.somebody_near && !before.somebody_near && !self.in_visit {
                    self.tell(Event::Touched);
                }
            }
        }
    }

    /// Tells the papers that wait for a printer what they wait for, while it cannot print.
    fn tell_waiting(&mut self, document: Document) {
        let queue = self.queue_of(document);
        if queue.usable {
            return;
        }
        let offline = match document {
            Document::Original | Document::Copy => FaultCode::PageOffline,
            Document::Receipt | Document::Slip | Document::DataReceipt => FaultCode::ReceiptOffline,
        };
        let fault = queue.fault.unwrap_or_else(|| Fault::of(offline));
        let waiting: Vec<Paper> =
            queue.waiting.iter().map(|sheet| paper_of(sheet.job.document)).collect();
        for paper in waiting {
            self.tell(Event::PaperChanged { paper, state: PaperState::Held(fault) });
        }
    }

    fn is_current(&mut self, document: Document, job: u64) -> bool {
        self.queue_of(document).current.as_ref().is_some_and(|sheet| sheet.job.job == job)
    }

    fn printer_health(&mut self, document: Document, health: Health) {
        let usable = health.is_usable();
        let queue = self.queue_of(document);
        queue.usable = usable;
        queue.fault = health.fault();
        self.tell_waiting(document);
        self.equip(|kit| match document {
            Document::Original | Document::Copy => kit.page_printer = usable,
            Document::Receipt | Document::Slip | Document::DataReceipt => {
                kit.receipt_printer = usable;
            }
        });
        if usable
            && document == Document::Original
            && let Err(error) = self.settle_by_counter()
        {
            self.journal_failed(&error);
        }
        self.feed(document);
        // It waits for certificates only while they are on their way.
        self.feed(Document::Receipt);
        self.fares(printer_of(document), health);
    }

    pub(super) fn fares(&mut self, kind: DeviceKind, health: Health) {
        self.console.health(kind, health, self.settings.clock.now());
        self.trial_health(kind, health);
        self.judge();
    }
}

/// The devices there are by design, before any has said how it fares.
fn configured(devices: &Devices, now: Timestamp) -> Vec<Device> {
    DeviceKind::ALL
        .into_iter()
        .map(|kind| {
            let health = if devices.has(kind) { Health::Starting } else { Health::NotConfigured };
            Device { kind, health, since: now, model: None, counter: None }
        })
        .collect()
}

fn journal_case(case: &Case, documents: Vec<Document>) -> journal::Case {
    journal::Case {
        application: case.application,
        service: case.service,
        applicant: case.applicant.clone(),
        business: case.business.clone(),
        facts: Private::new(case.facts.clone()),
        decision: case.decision.clone(),
        promise: case.promise.clone(),
        documents,
    }
}

fn not_issued(error: &journal::Error) -> NotIssued {
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other error is one of storage")]
    match error {
        journal::Error::NumbersExhausted { .. } => NotIssued::NumbersExhausted,
        journal::Error::ClockBehind { .. } => NotIssued::ClockBehind,
        journal::Error::ClockStepped { .. } => NotIssued::ClockDrifted,
        journal::Error::Quarantined { .. } => NotIssued::Quarantined,
        journal::Error::Revoked { .. } => NotIssued::Revoked,
        journal::Error::WrongPaper { .. } => NotIssued::WrongPaper,
        _ => NotIssued::JournalDown,
    }
}

/// Whether a permit of the journal is what the register has: nothing has changed since.
fn reads_as(permit: &Permit, held: &HeldPermit) -> bool {
    let (subject, items) = match &permit.grant {
        Grant::Food { subject, items } => (subject, items.as_slice()),
        Grant::Filing { trade } => (trade, &[][..]),
        Grant::Hygiene { place } | Grant::HygieneFiling { place } => {
            (place, std::slice::from_ref(place))
        }
        // Its parts stand in their own registers, and they say how each is today.
        Grant::Combined { .. } => return false,
    };
    permit.number.to_string() == held.number
        && Some(permit.issued) == held.issued
        && permit.valid_to == held.valid_to
        && permit.premises == held.premises
        && *subject == held.subject
        && items == held.items
}

fn document_of(paper: Paper) -> Document {
    match paper {
        Paper::Original => Document::Original,
        Paper::Copy => Document::Copy,
        Paper::Receipt => Document::Receipt,
        Paper::Slip => Document::Slip,
        Paper::Data => Document::DataReceipt,
    }
}

/// The printer a paper comes out of.
pub(super) fn printer_of(document: Document) -> DeviceKind {
    match document {
        Document::Original | Document::Copy => DeviceKind::PagePrinter,
        Document::Receipt | Document::Slip | Document::DataReceipt => DeviceKind::ReceiptPrinter,
    }
}

fn paper_of(document: Document) -> Paper {
    match document {
        Document::Original => Paper::Original,
        Document::Copy => Paper::Copy,
        Document::Receipt => Paper::Receipt,
        Document::Slip => Paper::Slip,
        Document::DataReceipt => Paper::Data,
    }
}

/// A certificate's paper: its template says how large the page is, a proof of filing's other than a
/// licence's.
fn sheet_size(dots: &Bitmap) -> page_printer::Sheet {
    /// The long side of A4 at 300 dpi, 297 mm, rounded up.
    const A4_DOTS: u32 = 3508;
    if dots.width_px.max(dots.height_px) > A4_DOTS {
        page_printer::Sheet::A3
    } else {
        page_printer::Sheet::A4
    }
}

impl From<page_printer::Sheet> for SheetSize {
    fn from(sheet: page_printer::Sheet) -> Self {
        match sheet {
            page_printer::Sheet::A3 => Self::A3,
            page_printer::Sheet::A4 => Self::A4,
        }
    }
}

fn fault_of(document: Document) -> FaultCode {
    match document {
        Document::Original | Document::Copy => FaultCode::PageNotResponding,
        Document::Receipt | Document::Slip | Document::DataReceipt => {
            FaultCode::ReceiptNotResponding
        }
    }
}

fn document_word(document: id_reader::Document) -> &'static str {
    match document {
        id_reader::Document::Resident => "resident",
        id_reader::Document::HongKongMacaoTaiwan => "hmt",
        id_reader::Document::Foreigner2017 | id_reader::Document::Foreigner2023 => "foreigner",
    }
}
