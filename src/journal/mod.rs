//! The kiosk's append-only book: records, numbers, permits, print jobs and the outbox in one SQLite
//! file with one writer.
//!
//! A permit exists when the transaction of [`Journal::issue`] has committed, and not before. Everything
//! earlier may be lost in a power cut, nothing later. `docs/formats/journal.md` describes the records.

mod ballast;
mod blanks;
mod chain;
mod error;
mod file;
mod issue;
mod mark;
mod migration;
mod numbers;
mod outbox;
mod printing;
mod reader;
mod revocations;
mod shred;
mod store;
mod vault;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::domain::{
    Applicant, ApplicationId, Business, Decision, Permit, PermitDraft, Private, Promise, Series,
    ServiceCode,
};
use crate::seal::{CopySerial, LogOrigin, Seal, SigningKey, VaultKey, VerifyingKey};
use crate::wire::v1::{
    Body, Document, EditionActivated, Hash, KioskId, LookUp, MaintenanceTested, PrintStep,
    Revocation, SheetAnswer, SignedBlock, SignedRecord,
    api::{ApplicationKey, NumberRange, SignedText},
};

pub use blanks::{SheetSize, Tray, Trays};
pub use chain::ChainFault;
pub use error::Error;
pub use reader::Reader;
pub use shred::Retention;

use store::Store;
use writer::Writer;

/// The journal. Clones are handles of the same one; calls wait for the writer thread, so whoever must
/// not wait calls from a thread that may.
#[derive(Debug, Clone)]
pub struct Journal(Writer);

/// Everything the journal needs to know of its kiosk.
#[derive(Clone)]
pub struct Settings {
    /// The file. Its `-wal`, `-shm` and `.lock` lie beside it.
    pub path: PathBuf,
    /// Whose journal it is.
    pub kiosk: KioskId,
    /// The file of the high-water mark: best on a medium of its own.
    pub mark: PathBuf,
    /// Which life of the kiosk.
    pub incarnation: u32,
    /// Which boot of the machine.
    pub boot_id: String,
    /// Signs records.
    pub device_key: SigningKey,
    /// Signs seals.
    pub seal_key: SigningKey,
    /// Wraps the data keys of the vault beside the file.
    pub vault_key: VaultKey,
    /// Verifies number blocks.
    pub central_key: VerifyingKey,
    /// The transparency log named in seals.
    pub log_origin: LogOrigin,
    /// What sheet serials begin with, for example `K03`: 14 characters at most.
    pub serial_prefix: String,
    /// What the numbers that begin anew each year begin with.
    pub prefixes: Prefixes,
    /// The type codes of the e-licence identifiers (GB/T 36904).
    pub elicence_types: ElicenceTypes,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Bytes of the file at most.
    pub bytes_max: u64,
    /// Bytes held back on its disk, for when that is full.
    pub ballast_bytes: u64,
    /// Called at each [`Milestone`]; tests stop the process there.
    pub on_milestone: Option<Arc<dyn Fn(Milestone) + Send + Sync>>,
}

impl Settings {
    /// A file of this size holds a million visits of 8 KiB, more than a kiosk sees in its life.
    pub const BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
    /// Room for a visit at each of its steps, some 50 KiB, and the WAL on top, hundreds of times.
    pub const BALLAST_BYTES: u64 = 64 * 1024 * 1024;

    fn pass(&self, milestone: Milestone) {
        if let Some(on_milestone) = &self.on_milestone {
            on_milestone(milestone);
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settings({} {} {})", self.kiosk, self.incarnation, self.path.display())
    }
}

/// The type codes of the e-licence identifiers, by kind of permit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElicenceTypes {
    /// 食品经营许可证.
    pub food: String,
    /// 仅销售预包装食品备案.
    pub filing: String,
    /// 公共场所卫生许可证.
    pub hygiene: String,
    /// 公共场所卫生备案.
    pub hygiene_filing: String,
    /// 行业综合许可证.
    pub combined: String,
}

/// The words before the year of a number, by kind of permit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefixes {
    /// 公共场所卫生许可证, for example `张审卫公证`.
    pub hygiene: String,
    /// 公共场所卫生备案, for example `张卫公备`.
    pub hygiene_filing: String,
    /// 行业综合许可证, for example `张行综`.
    pub combined: String,
}

/// The points of a transaction where a crash means something different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Milestone {
    /// Nothing is done yet.
    Begun,
    /// A number is taken, in a transaction that may still be undone.
    NumberTaken,
    /// Everything is written and nothing is committed.
    BeforeCommit,
    /// Committed, and nobody knows yet.
    Committed,
}

/// The end of the journal; position 0 and a zero hash before the first record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Position of the last record.
    pub position: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// Before the first record.
    pub const START: Self = Self { position: 0, hash: Hash::ZERO };
}

/// A decided application with everything that stands behind it.
#[derive(Clone)]
pub struct Case {
    /// Which application.
    pub application: ApplicationId,
    /// What was applied for.
    pub service: ServiceCode,
    /// Who applied.
    pub applicant: Applicant,
    /// For which business.
    pub business: Option<Business>,
    /// The facts document exactly as decided upon.
    pub facts: Private<String>,
    /// The decision.
    pub decision: Decision,
    /// The promise, if the service asks for one.
    pub promise: Option<Promise>,
    /// The papers to print, in order. An issued case always has the original, asked for or not.
    pub documents: Vec<Document>,
}

/// Names, facts and signature stay out.
impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Case({} {} {})", self.application, self.service, self.decision.verdict)
    }
}

/// A case to be issued or filed.
#[derive(Clone)]
pub struct IssueRequest {
    /// The decided application.
    pub case: Case,
    /// What is permitted.
    pub draft: PermitDraft,
}

/// Names stay out.
impl std::fmt::Debug for IssueRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IssueRequest({:?} {:?})", self.case, self.draft.grant)
    }
}

/// A permit that exists.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    /// The permit with its number and dates.
    pub permit: Permit,
    /// The seal of the original, which is also the electronic licence's.
    pub seal: Seal,
    /// The papers and how far they are.
    pub print_jobs: Vec<PrintJob>,
    /// Where the journal says so.
    pub position: u64,
}

/// Names stay out.
impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Issued({} {} {:?})", self.position, self.permit.number, self.print_jobs)
    }
}

/// A decision on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Where the journal says so.
    pub position: u64,
    /// The papers and how far they are.
    pub print_jobs: Vec<PrintJob>,
}

/// A paper and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintJob {
    /// Its number in this journal.
    pub job: u64,
    /// Which application.
    pub application: ApplicationId,
    /// Which paper.
    pub document: Document,
    /// Its serial; receipts and slips have none.
    pub serial: Option<CopySerial>,
    /// Its seal; receipts and slips have none.
    pub seal: Option<Seal>,
    /// How far it is.
    pub step: PrintStep,
    /// When it was last handed to its printer, if ever.
    pub sent: Option<Sent>,
}

/// The last time a paper was handed to its printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// When.
    pub at: Timestamp,
    /// What the printer's own counter, of pages or of cuts, said before the first byte, if it has said so.
    pub count_before: Option<u64>,
}

/// A record with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Where it stands.
    pub position: u64,
    /// The record.
    pub record: SignedRecord,
    /// The data key of its envelope, if it has one and the key was not destroyed.
    pub key: Option<ApplicationKey>,
}

/// How much central has not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxState {
    /// The last acknowledged position.
    pub acknowledged: u64,
    /// Records behind it.
    pub unsent: u64,
    /// When the oldest of them was written.
    pub oldest_at: Option<Timestamp>,
}

/// How many numbers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesState {
    /// Numbers that can still be given out.
    pub left: u64,
    /// Size of the blocks they are in: what was there when the blocks were new.
    pub reserve: u64,
    /// Blocks ever installed.
    pub blocks: u64,
}

/// How the file and its disk fare, as far as nobody is stopped by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Condition {
    /// Bytes of the write-ahead log beside the file.
    pub wal_bytes: u64,
    /// The last commits took seconds each: the disk is failing.
    pub is_slow: bool,
    /// The high-water mark cannot be written: a disk restored now would not be noticed without a line.
    pub mark_failed: bool,
}

impl Condition {
    /// SQLite empties a log of 4 MiB; one of four times that is held open by somebody who reads.
    pub const WAL_BYTES_MAX: u64 = 16 * 1024 * 1024;

    /// Whether the log grows without end.
    pub fn wal_is_large(self) -> bool {
        self.wal_bytes > Self::WAL_BYTES_MAX
    }
}

impl Journal {
    /// What its file is called in the kiosk's data folder.
    pub const FILE_NAME: &str = "journal.db";

    /// Makes the journal of a new kiosk, or of a new life of one, and opens it. Never where there is
    /// one. The records go on from `start`, the last of this kiosk that central has: central keeps one
    /// chain for all lives of a kiosk.
    pub fn provision(settings: Settings, start: Head) -> Result<Self, Error> {
        numbers::check(&settings)?;
        Writer::start(Store::provision(settings, start)?).map(Self)
    }

    /// Opens the journal of this kiosk. A damaged or foreign file is moved aside, unchanged, and the
    /// error says where; it is never replaced by an empty one.
    pub fn open(settings: Settings) -> Result<Self, Error> {
        numbers::check(&settings)?;
        Writer::start(Store::open(settings)?).map(Self)
    }

    /// Issues a permit or numbers a filing: decision, number, seals, records, print jobs and outbox in
    /// one transaction. Called again for the same application it answers what was issued the first
    /// time.
    ///
    /// # Panics
    ///
    /// If the decision grants no number, or the draft is another application's: our own mistake.
    pub fn issue(&self, request: IssueRequest) -> Result<Issued, Error> {
        let (case, draft) = (&request.case, &request.draft);
        assert!(
            case.decision.verdict.grants_number(),
            "{} grants no number",
            case.decision.verdict
        );
        assert_eq!(case.application, draft.application, "the draft answers this application");
        self.0.call(move |store| issue::issue(store, &request))
    }

    /// Remembers that an application has begun, before anything about it leaves this kiosk: from here on
    /// it has a data key, and whatever comes of it, once or again, comes of this application. Again is
    /// once.
    pub fn begin(&self, application: ApplicationId) -> Result<(), Error> {
        self.0.call(move |store| store.data_key(application).map(|_key| ()))
    }

    /// Records that a register was asked.
    pub fn record_look_up(&self, look_up: LookUp) -> Result<u64, Error> {
        self.0.call(move |store| issue::record_look_up(store, &look_up))
    }

    /// Destroys the data keys whose time is over: those of applications that central has whole, issued,
    /// decided or only begun long enough ago. The records stay as they are; what is in their envelopes
    /// nobody can read any more. Returns how many.
    pub fn shred(&self, retention: Retention) -> Result<u64, Error> {
        self.0.call(move |store| shred::shred(store, retention))
    }

    /// Records a decision that grants no number. Called again for the same application it answers
    /// where the first one stands.
    pub fn record_decision(&self, case: Case) -> Result<Recorded, Error> {
        self.0.call(move |store| issue::record_decision(store, &case))
    }

    /// Records something that changes nothing in the journal's tables: a start, a rating, an edition, a fault, the end of a visit, what the staff did at the console.
    ///
    /// # Panics
    ///
    /// For records that belong to a change of the tables, which have methods of their own.
    pub fn record(&self, body: Body) -> Result<u64, Error> {
        match body {
            Body::Started(_)
            | Body::DataReceipt(_)
            | Body::Rated(_)
            | Body::EditionActivated(_)
            | Body::EditionRefused(_)
            | Body::Faulted(_)
            | Body::SessionEnded(_)
            | Body::MaintenanceSignedIn(_)
            | Body::MaintenanceRefused(_)
            | Body::MaintenanceSignedOut(_)
            | Body::MaintenanceEmptied(_)
            | Body::MaintenanceConfigured(_)
            | Body::MaintenanceExported(_) => {}
            Body::LookedUp(_)
            | Body::Decided(_)
            | Body::Issued(_)
            | Body::Printed(_)
            | Body::NumberVoided(_)
            | Body::NumbersReturned(_)
            | Body::BlockInstalled(_)
            | Body::MaintenanceSettled(_)
            | Body::MaintenanceTested(_)
            | Body::BlanksCounted(_)
            | Body::BlanksSpent(_) => panic!("`{}` has a method of its own", body.kind()),
        }
        self.0.call(move |store| {
            store
                .transaction("record", |writing| writing.append(body.clone()))
                .map(|head| head.position)
        })
    }

    /// What this journal was opened with.
    pub fn settings(&self) -> Result<Settings, Error> {
        self.0.call(|store| Ok(store.settings().clone()))
    }

    /// The edition last activated in this journal.
    pub fn last_edition(&self) -> Result<Option<EditionActivated>, Error> {
        self.0.call(|store| store::last_edition(store.connection()))
    }

    /// What was issued for an application, if anything.
    pub fn find_issued(&self, application: ApplicationId) -> Result<Option<Issued>, Error> {
        self.0.call(move |store| issue::find_issued(store.connection(), store.vault(), application))
    }

    /// Moves a paper one step on, with a record. The same step twice is one step, except for `Sent`: a
    /// sheet that may have been printed is never sent again without somebody's word. A certificate of a
    /// revoked permit is not sent at all.
    pub fn print_step(&self, job: u64, step: PrintStep) -> Result<(), Error> {
        self.0.call(move |store| printing::step(store, job, step, None, None))
    }

    /// As [`Journal::print_step`], with what the printer's counter says now that the attempt has ended.
    pub fn print_ended(
        &self,
        job: u64,
        step: PrintStep,
        count_after: Option<u64>,
    ) -> Result<(), Error> {
        self.0.call(move |store| printing::step(store, job, step, None, count_after))
    }

    /// What the printer's counter said before the first byte of a paper that is `Sent`: kept for the day
    /// on which nobody knows whether it came out.
    pub fn print_counted(&self, job: u64, count_before: u64) -> Result<(), Error> {
        self.0.call(move |store| printing::counted(store, job, count_before))
    }

    /// A paper is sent to the printer, onto a sheet of this size: as [`Journal::print_step`] with `Sent`.
    /// Once the sheet counts as printed, or as spoiled, it is booked from the tray, if that is counted.
    pub fn print_on(&self, job: u64, paper: SheetSize) -> Result<(), Error> {
        self.0.call(move |store| printing::step(store, job, PrintStep::Sent, Some(paper), None))
    }

    /// What lies in the trays of numbered blank sheets.
    pub fn trays(&self) -> Result<Trays, Error> {
        self.0.call(|store| blanks::trays(store.connection()))
    }

    /// Somebody put numbered blank sheets into a tray; what lay there before was taken out.
    pub fn count_blanks(&self, by: String, paper: SheetSize, counted: Tray) -> Result<(), Error> {
        self.0.call(move |store| blanks::count(store, &by, paper, counted))
    }

    /// The next sheet of a tray was spoiled before anything was printed on it. `false` where nobody
    /// counted one in.
    pub fn spoil_blank(&self, by: String, paper: SheetSize) -> Result<bool, Error> {
        self.0.call(move |store| blanks::spoil(store, &by, paper))
    }

    /// Records that somebody tried a device; a test page draws a sheet.
    pub fn record_test(
        &self,
        tested: MaintenanceTested,
        drawn: Option<SheetSize>,
    ) -> Result<(), Error> {
        self.0.call(move |store| blanks::test(store, &tested, drawn))
    }

    /// Somebody looked for a sheet that is `Unknown`: their word and the step it takes are recorded
    /// together. A certificate that did not come out whole is queued: the same sheet if nothing came
    /// out, a new one with a serial and a seal of its own if it was destroyed. It is returned. Of a
    /// permit revoked meanwhile nothing is queued any more.
    pub fn settle_sheet(
        &self,
        job: u64,
        answer: SheetAnswer,
        by: String,
    ) -> Result<Option<PrintJob>, Error> {
        self.0.call(move |store| printing::settle(store, job, answer, &by))
    }

    /// A new sheet, with a serial and a seal of its own, for one that was destroyed.
    pub fn replace_sheet(&self, job: u64) -> Result<PrintJob, Error> {
        self.0.call(move |store| printing::replace(store, job))
    }

    /// Queues the data receipt of a decided application.
    pub fn queue_data_receipt(&self, application: ApplicationId) -> Result<PrintJob, Error> {
        self.0.call(move |store| printing::queue_data_receipt(store, application))
    }

    /// Queues another copy of a permit of this journal, with a serial and a seal of its own; never
    /// another original. `None` where this journal did not issue the permit's last version, or where
    /// that is not what `agrees`: what has changed since is not printed again.
    pub fn reprint(
        &self,
        number: String,
        agrees: impl Fn(&Permit) -> bool + Send + 'static,
    ) -> Result<Option<Issued>, Error> {
        self.0.call(move |store| printing::reprint(store, &number, &agrees))
    }

    /// The papers that are still waited for, oldest first: what printing is taken up with after a
    /// restart. `Queued` has certainly not been printed; `Sent` may have been.
    pub fn unfinished_print_jobs(&self) -> Result<Vec<PrintJob>, Error> {
        self.0.call(|store| printing::unfinished(store.connection()))
    }

    /// The papers of an application.
    pub fn print_jobs(&self, application: ApplicationId) -> Result<Vec<PrintJob>, Error> {
        self.0.call(move |store| printing::of_application(store.connection(), application))
    }

    /// The records behind position `after`, in order: at most `count_max`, and at most `bytes_max`
    /// unless the first alone is longer.
    pub fn outbox(
        &self,
        after: u64,
        count_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Placed>, Error> {
        self.0.call(move |store| {
            let (journal, vault) = (store.connection(), Some(store.vault()));
            outbox::records(journal, vault, after, count_max, bytes_max)
        })
    }

    /// How much central has not acknowledged.
    pub fn outbox_state(&self) -> Result<OutboxState, Error> {
        self.0.call(|store| outbox::state(store.connection()))
    }

    /// Central has everything up to this record. Nothing is deleted.
    pub fn acknowledge(&self, position: u64, hash: Hash) -> Result<(), Error> {
        self.0.call(move |store| outbox::acknowledge(store, position, hash))
    }

    /// Central has less than it once acknowledged: everything behind `position` is sent again.
    pub fn rewind(&self, position: u64) -> Result<(), Error> {
        self.0.call(move |store| outbox::rewind(store, position))
    }

    /// Takes a block of numbers central leased. Taking it twice is taking it once.
    pub fn install_block(&self, block: SignedBlock) -> Result<(), Error> {
        self.0.call(move |store| outbox::install_block(store, &block))
    }

    /// Takes the next revocation central sent. One that is here already changes nothing; one that does
    /// not follow the last is refused.
    pub fn take_revocation(&self, act: SignedText) -> Result<(), Error> {
        self.0.call(move |store| revocations::take(store, &act))
    }

    /// The number of the last revocation taken; 0 before the first.
    pub fn last_revocation(&self) -> Result<u64, Error> {
        self.0.call(|store| revocations::last(store.connection()).map(|last| last.number))
    }

    /// The act that revoked a permit, if one did.
    pub fn revocation_of(&self, permit: &str) -> Result<Option<Revocation>, Error> {
        let permit = permit.to_owned();
        self.0.call(move |store| revocations::of_permit(store.connection(), &permit))
    }

    /// How many numbers of a series there are.
    pub fn series_state(&self, series: &Series) -> Result<SeriesState, Error> {
        let series = series.clone();
        self.0.call(move |store| numbers::state(store.connection(), &series))
    }

    /// Takes the next number of a series out of use, with a reason and who decided it, so that every
    /// number is accounted for.
    pub fn void_number(&self, series: Series, reason: String, by: String) -> Result<u64, Error> {
        self.0.call(move |store| numbers::void(store, &series, &reason, &by))
    }

    /// Takes the kiosk out of service: the unused rest of every block is given back for good, in one
    /// transaction, and nothing is issued any more until the kiosk has a new life. Where nothing is left
    /// to give back, nothing is given back.
    pub fn return_numbers(&self, reason: String, by: String) -> Result<Vec<NumberRange>, Error> {
        self.0.call(move |store| numbers::give_back(store, &reason, &by))
    }

    /// Central says that another journal calls itself this kiosk: nothing is issued from now on, until
    /// the kiosk gets a new life and a new journal.
    pub fn quarantine(&self, reason: String) -> Result<(), Error> {
        self.0.call(move |store| outbox::quarantine(store, &reason))
    }

    /// Why nothing is issued any more, if that is so.
    pub fn quarantined(&self) -> Result<Option<String>, Error> {
        self.0.call(|store| outbox::quarantined(store.connection()))
    }

    /// The last record.
    pub fn head(&self) -> Result<Head, Error> {
        self.0.call(|store| store::head(store.connection()))
    }

    /// Tries whether the journal can be written again after it could not: opens the file anew where only
    /// that tells what a failed commit left.
    pub fn recover(&self) -> Result<(), Error> {
        self.0.call(Store::recover)
    }

    /// How the file and its disk fare.
    pub fn condition(&self) -> Result<Condition, Error> {
        self.0.call(|store| Ok(store.condition()))
    }

    /// Compares the clock with central's, which is ahead of it by so much. A clock that is right is
    /// taken as such, whatever the last record says; a step since is noticed.
    pub fn compare_clock(&self, offset_ms: i64) -> Result<(), Error> {
        self.0.call(move |store| {
            store.compare_clock(offset_ms);
            Ok(())
        })
    }

    /// Closes the file and waits until it is closed; other handles find it closed.
    pub fn close(self) {
        self.0.close();
    }
}
