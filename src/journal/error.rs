//! What can go wrong with the journal.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::domain::{ApplicationId, IdentifierError, PermitKind, Series, ServiceCode, Verdict};
use crate::durable;
use crate::wire::v1::{BlockError, EnvelopeError, FormatError, PrintStep, RevocationError};

/// Why the journal did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // Opening.
    /// There is no file.
    #[error(
        "there is no journal at {}: if this kiosk had one, look for it before anything else; \
         a new kiosk gets its journal by enrolling",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is a file, or the rest of one, where a new journal was to be made.
    #[error("{} exists: a journal is never replaced by an empty one", path.display())]
    Exists {
        /// What is in the way.
        path: PathBuf,
    },
    /// Another process has it open.
    #[error("the journal is in use")]
    InUse {
        /// Who holds the lock.
        source: durable::Error,
    },
    /// The lock itself cannot be taken.
    #[error("cannot lock the journal")]
    Lock {
        /// Why not.
        source: durable::Error,
    },
    /// The rest of an earlier attempt cannot be removed.
    #[error("cannot clear the rest of an earlier attempt")]
    Remove {
        /// Why not.
        source: durable::Error,
    },
    /// The file cannot be trusted; it was moved away as it was.
    #[error(
        "the journal {} cannot be used: {what}. It was moved, unchanged, to {}. \
         Keep that folder, it may hold permits central has not seen; \
         then ask central for a new incarnation and enrol again",
        path.display(), set_aside.display()
    )]
    Damaged {
        /// Where it was.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
        /// Where it is now.
        set_aside: PathBuf,
    },
    /// It could not even be moved away.
    #[error("the journal {} cannot be used ({what}), and could not be set aside", path.display())]
    SetAside {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder or file around the journal could not be used.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file was written by newer software.
    #[error(
        "the journal has schema {found}, this software knows {known}: install the newer software"
    )]
    Newer {
        /// Migrations applied to the file.
        found: usize,
        /// Migrations known.
        known: usize,
    },
    /// The file was migrated by another text than the one known under this number.
    #[error("migration {number} of the journal is not the one this software knows")]
    OtherSchema {
        /// Which migration.
        number: usize,
    },
    /// A migration failed; the file is as it was before it.
    #[error("cannot apply migration {number}")]
    Migrate {
        /// Which migration.
        number: usize,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// It is the journal of another kiosk, or of another life of this one.
    #[error(
        "the journal belongs to {found_kiosk} incarnation {found_incarnation}, \
         the settings name {kiosk} incarnation {incarnation}"
    )]
    OtherKiosk {
        /// Kiosk in the file.
        found_kiosk: String,
        /// Incarnation in the file.
        found_incarnation: u32,
        /// Kiosk in the settings.
        kiosk: String,
        /// Incarnation in the settings.
        incarnation: u32,
    },
    /// The settings cannot work.
    #[error("the journal's setting `{setting}` cannot be used: {why}")]
    Setting {
        /// Which one.
        setting: &'static str,
        /// Why not.
        why: String,
    },

    /// The vault beside the journal cannot be used.
    #[error(
        "the vault {} cannot be used: {what}. Without it nobody can read what the journal says of people: \
         put it back, or keep it and the journal, and ask central for a new incarnation",
        path.display()
    )]
    Vault {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The high-water mark cannot be read.
    #[error(
        "the mark {} cannot be used ({what}): without it nobody can tell whether this journal is an old copy. \
         Mount its medium; if that is lost, give the kiosk a new life (`provision` into a fresh key folder)",
        path.display()
    )]
    Mark {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The high-water mark cannot be written.
    #[error("cannot write the journal's mark")]
    WriteMark {
        /// Why not.
        source: durable::Error,
    },
    /// A data key was wrapped by another vault key.
    #[error("the vault key is not the one that wrapped the data key of application {application}")]
    VaultKey {
        /// Whose data key.
        application: ApplicationId,
    },
    /// The system has no random numbers.
    #[error("cannot draw random numbers ({reason})")]
    Random {
        /// What it said.
        reason: getrandom::Error,
    },

    // Using.
    /// SQLite failed.
    #[error("cannot {doing}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The disk is full; nothing of what was asked is in the journal.
    #[error("cannot {doing}: the disk is full, and nothing was recorded")]
    DiskFull {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A commit failed in a way that leaves open whether it happened; only opening anew tells.
    #[error("the journal takes no more writes after a failed commit: start the software again")]
    InDoubt,
    /// The writer is gone.
    #[error("the journal is closed")]
    Closed,
    /// A row does not say what its record says.
    #[error("the journal contradicts itself at position {position}: {what}")]
    Contradiction {
        /// Where.
        position: u64,
        /// What.
        what: String,
    },
    /// The data key was destroyed: its time was over.
    #[error("the personal data of application {application} was erased when its time was over")]
    Erased {
        /// Whose.
        application: ApplicationId,
    },
    /// An envelope of the journal does not open with its own key.
    #[error("cannot open the record at position {position}")]
    Envelope {
        /// Where.
        position: u64,
        /// Why not.
        source: EnvelopeError,
    },
    /// A record would be longer than any record may be.
    #[error("cannot append a record")]
    Append {
        /// How long it would be.
        source: FormatError,
    },

    // Issuing.
    /// Another journal calls itself this kiosk, or it was taken out of service.
    #[error("this kiosk is quarantined: {reason}")]
    Quarantined {
        /// What was found, or who took it out of service.
        reason: String,
    },
    /// The clock shows a time before the latest record's.
    #[error("the clock shows {now}, behind the journal's latest record of {latest}")]
    ClockBehind {
        /// What the clock shows.
        now: Timestamp,
        /// The latest time on record.
        latest: Timestamp,
    },
    /// The clock was set since it was last known to be right.
    #[error("the clock shows {now}, by the time that has passed it should show {expected}")]
    ClockStepped {
        /// What the clock shows.
        now: Timestamp,
        /// What it should show.
        expected: Timestamp,
    },
    /// No leased number is left.
    #[error("no number of the series {series} is left")]
    NumbersExhausted {
        /// Which series.
        series: Series,
    },
    /// The grant names nothing a series exists for.
    #[error("no number series is known for `{word}`")]
    UnknownSubject {
        /// The 主体业态 or trade.
        word: String,
    },
    /// The next number cannot be written as a permit number.
    #[error("number {sequence} of the series {series} cannot be written")]
    Number {
        /// Which series.
        series: Series,
        /// Its place.
        sequence: u64,
        /// Why.
        source: IdentifierError,
    },
    /// The e-licence identifier cannot be made.
    #[error("cannot make the e-licence identifier of {number}")]
    Elicence {
        /// Of which permit.
        number: String,
        /// Why.
        source: IdentifierError,
    },
    /// The facts are not the ones decided upon.
    #[error("the facts of application {application} are not the ones decided upon")]
    OtherFacts {
        /// Which application.
        application: ApplicationId,
    },
    /// The paper prepared is not the one the decision grants.
    #[error("{verdict} on {service} grants no paper of the kind '{}': nothing was issued", kind.as_str())]
    WrongPaper {
        /// What was applied for.
        service: ServiceCode,
        /// What was decided.
        verdict: Verdict,
        /// What was to be numbered.
        kind: PermitKind,
    },
    /// The application was decided otherwise before.
    #[error("application {application} is decided already, otherwise")]
    DecidedOtherwise {
        /// Which application.
        application: ApplicationId,
    },

    /// The permit whose number is kept, or whose paper is printed, was revoked.
    #[error("the permit {permit} is revoked (revocation {number})")]
    Revoked {
        /// Which permit.
        permit: String,
        /// By which act.
        number: u64,
    },

    // Printing.
    /// There is no such paper.
    #[error("there is no print job {job}")]
    NoSuchJob {
        /// Its number.
        job: u64,
    },
    /// A paper cannot go this step from where it is.
    #[error("print job {job} cannot go from {from:?} to {to:?}")]
    PrintStep {
        /// Which paper.
        job: u64,
        /// Where it is.
        from: PrintStep,
        /// Where it was to go.
        to: PrintStep,
    },

    // Talking to central.
    /// The block is not readable.
    #[error("cannot read the number block")]
    Block {
        /// Why.
        source: BlockError,
    },
    /// The block is not signed by central.
    #[error("the number block is not signed by central")]
    BlockSignature,
    /// The block was leased to somebody else.
    #[error("the number block was leased to {kiosk} incarnation {incarnation}")]
    BlockOfAnother {
        /// To which kiosk.
        kiosk: String,
        /// To which life of it.
        incarnation: u32,
    },
    /// Another block with the same numbers is installed.
    #[error("numbers {first} to {last} of the series {series} are installed already")]
    BlockOverlaps {
        /// Which series.
        series: Series,
        /// First number.
        first: u64,
        /// Last number.
        last: u64,
    },
    /// The revocation is not signed by central.
    #[error("the revocation is not signed by central")]
    RevocationSignature,
    /// The revocation is not readable.
    #[error("cannot read the revocation")]
    Revocation {
        /// Why.
        source: RevocationError,
    },
    /// The revocation does not follow the last one: central's list goes another way than ours.
    #[error(
        "revocation {found} does not follow number {after}, the last one here: central has another list \
         than the one it sent before; what is here stays"
    )]
    RevocationOrder {
        /// Its number.
        found: u64,
        /// The last one's here.
        after: u64,
    },
    /// Central acknowledged a record this journal does not have.
    #[error("central acknowledged position {position}, which is not the record of this journal")]
    ForeignAcknowledgement {
        /// Which position.
        position: u64,
    },
}

/// `map_err(during("append a record"))`: the operation, and a full disk by its own name.
pub(super) fn during(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Error {
    move |source| {
        if source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) {
            Error::DiskFull { doing, source }
        } else {
            Error::Database { doing, source }
        }
    }
}
