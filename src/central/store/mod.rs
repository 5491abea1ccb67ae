//! The permit book: what every kiosk did, in its order; which numbers are whose; who asked what.
//!
//! One trait, so that a single district runs on one file and a fleet on a replicated database. What
//! to do with a push is decided by [`plan`], not by an engine.

pub mod plan;
mod postgres;
pub mod reader;
mod sqlite;

pub use postgres::{Failure, Postgres};
pub use sqlite::Sqlite;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use jiff::{Timestamp, civil::Date};

use super::intake::{Case, Judged, Stage};
use crate::config::PermitBook;
use crate::domain::{ApplicationId, ServiceCode};
use crate::seal::WrappedKey;
use crate::wire::v1::{
    BlockGrant, Hash, KioskId, Permit, Register, Revocation, SignedBlock,
    api::{Closing, Head, Heartbeat, HeldStatus, NumberRange, PushOutcome, SignedText, Standing},
};

/// An answer of the store, awaited.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Signs the text of a grant; the store keeps what it signed.
pub type Sign = Arc<dyn Fn(&str) -> SignedBlock + Send + Sync>;

/// Opens the permit book the configuration names.
pub async fn open(book: &PermitBook) -> Result<Arc<dyn Store>, Error> {
    Ok(match book {
        PermitBook::File(path) => Arc::new(Sqlite::open(path)?),
        PermitBook::Postgres { address, password } => {
            Arc::new(Postgres::open(address, password.as_ref()).await?)
        }
    })
}

/// What central keeps.
pub trait Store: Send + Sync {
    /// Enrols a kiosk, or the next life of one, and says which life it is. Enrolling the same
    /// certificate again changes nothing.
    fn enrol(&self, kiosk: KioskId, life: Life) -> Answer<'_, u32>;

    /// One kiosk.
    fn kiosk(&self, id: KioskId) -> Answer<'_, Option<Kiosk>>;

    /// Every key permits were ever sealed with: the kiosk's name and SPKI PEM.
    fn seal_keys(&self) -> Answer<'_, Vec<(KioskId, String)>>;

    /// Every kiosk with what was last heard of it, by name.
    fn overview(&self) -> Answer<'_, Vec<KioskOverview>>;

    /// The last record kept of a kiosk.
    fn head(&self, kiosk: KioskId) -> Answer<'_, Head>;

    /// Keeps a push, whole or not at all. A crash before the answer means it is kept or not; pushed
    /// again, it is the same either way.
    fn take(&self, kiosk: KioskId, push: Vec<Judged>, at: Timestamp) -> Answer<'_, Taken>;

    /// Leases the next block of a series, or the one this nonce got before. A crash before the answer
    /// means the block is leased; the kiosk asks again with the same nonce and gets it.
    fn lease(&self, lease: Lease) -> Answer<'_, Leased>;

    /// Closes the present life of a kiosk whose disk is lost: freezes the numbers it held, and keeps the
    /// signed act. `None` where there is no such kiosk. Closed again, it gives the first act.
    fn close(&self, order: CloseOrder) -> Answer<'_, Option<SignedText>>;

    /// Revokes the permit of a number: keeps the signed act behind those before it. Revoked again, it
    /// gives the first act.
    fn revoke(&self, order: RevokeOrder) -> Answer<'_, Revoked>;

    /// The number of the last revocation, and those behind `after`, in order, `count_max` at most.
    fn revocations(&self, after: u64, count_max: u32) -> Answer<'_, (u64, Vec<SignedText>)>;

    /// Remembers how a kiosk said it is.
    fn heard(&self, kiosk: KioskId, heartbeat: Heartbeat, at: Timestamp) -> Answer<'_, ()>;

    /// Keeps who asked which register about whom, and why.
    fn keep_look_up(&self, look_up: LookUpRow) -> Answer<'_, ()>;

    /// Look-ups made for one application, in order.
    fn look_ups(&self, application: ApplicationId) -> Answer<'_, Vec<LookUpRow>>;

    /// The permit of an e-licence identifier.
    fn permit(&self, elicence: String) -> Answer<'_, Option<BookEntry>>;

    /// Permits of a holder, newest first.
    fn permits_of(&self, uscc: String) -> Answer<'_, Vec<BookEntry>>;

    /// Whether a food licence of another holder lives on these premises.
    fn is_occupied(&self, premises: String, uscc: String, today: Date) -> Answer<'_, bool>;

    /// The newest permits that no newer version replaced.
    fn newest(&self, count: u32) -> Answer<'_, Vec<BookEntry>>;

    /// How many there are of everything.
    fn totals(&self, today: Date) -> Answer<'_, Totals>;

    /// Referred applications, the most urgent first.
    fn cases(&self) -> Answer<'_, Vec<InboxCase>>;

    /// Services a business has a referred application for.
    fn open_applications(&self, uscc: String) -> Answer<'_, Vec<ServiceCode>>;

    /// Keeps a published edition. Where one of this number with another content, or a higher number,
    /// is kept already, nothing happens and its number comes back.
    fn keep_edition(&self, edition: PublishedEdition) -> Answer<'_, Option<(u64, u64)>>;

    /// The edition of the highest number of a rulebook for a channel.
    fn newest_edition(&self, name: String, channel: String)
    -> Answer<'_, Option<PublishedEdition>>;

    /// The edition of a digest.
    fn edition(&self, digest: String) -> Answer<'_, Option<PublishedEdition>>;

    /// The data key of an application, wrapped; `None` where it was destroyed.
    fn data_key(
        &self,
        kiosk: KioskId,
        application: ApplicationId,
    ) -> Answer<'_, Option<WrappedKey>>;

    /// Destroys the data keys of applications that came to a stage before a time and no further, and
    /// what the book itself says of the people: how many applications were forgotten.
    fn shred(&self, stage: Stage, before: Timestamp) -> Answer<'_, u64>;

    /// Records kept without sense, newest first.
    fn quarantine(&self, count: u32) -> Answer<'_, Vec<Quarantined>>;
}

/// A kiosk as it is enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kiosk {
    /// Its name.
    pub id: KioskId,
    /// Which life of it may connect and lease numbers.
    pub incarnation: u32,
    /// What central thinks of it.
    pub standing: Standing,
    /// All its lives, by incarnation.
    pub lives: BTreeMap<u32, Life>,
}

/// What central thinks of a kiosk whose present life was closed, or whose journal forked.
fn standing(closed: bool, forked: bool) -> Standing {
    match (closed, forked) {
        (true, _) => Standing::Closed,
        (false, true) => Standing::Forked,
        (false, false) => Standing::Enrolled,
    }
}

impl Kiosk {
    /// The present life.
    pub fn life(&self) -> Option<&Life> {
        self.lives.get(&self.incarnation)
    }
}

/// One life of a kiosk: from one provisioning to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// SHA-256 of its TLS certificate (DER).
    pub certificate: Hash,
    /// The public key its records are signed with, SPKI PEM.
    pub device_key: String,
    /// The public key its permits are sealed with, SPKI PEM.
    pub seal_key: String,
}

/// A kiosk and what was last heard of it.
#[derive(Debug, Clone)]
pub struct KioskOverview {
    /// The kiosk.
    pub kiosk: Kiosk,
    /// The last record kept.
    pub head: Head,
    /// When anything of it was last heard.
    pub heard_at: Option<Timestamp>,
    /// What it last said of itself.
    pub heartbeat: Option<Heartbeat>,
    /// Records of it kept without sense.
    pub quarantined: u64,
}

/// An edition of the rulebook as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedEdition {
    /// Which rulebook.
    pub name: String,
    /// For which kiosks.
    pub channel: String,
    /// Counts up when the publishers' keys change.
    pub epoch: u64,
    /// Counts up within an epoch.
    pub version: u64,
    /// SHA-256 over its files, hexadecimal.
    pub digest: String,
    /// The publishers who signed it.
    pub signed_by: Vec<String>,
    /// When central took it.
    pub published_at: Timestamp,
    /// The edition's file.
    pub text: String,
}

/// What came of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The outcome.
    pub outcome: PushOutcome,
    /// The last record kept now.
    pub head: Head,
    /// Positions of the push kept without sense, with the reason.
    pub quarantined: BTreeMap<u64, &'static str>,
}

/// A question for numbers.
#[derive(Clone)]
pub struct Lease {
    /// Who asks.
    pub kiosk: KioskId,
    /// Which life of it.
    pub incarnation: u32,
    /// Of which series.
    pub series: String,
    /// The first block of the series that may be leased.
    pub first_block: u64,
    /// Numbers in a block.
    pub size: u64,
    /// The highest number of the series.
    pub sequence_max: u64,
    /// Numbers of the series this kiosk may hold unused, this block included.
    pub unused_max: u64,
    /// The same nonce gets the same block.
    pub nonce: String,
    /// When.
    pub at: Timestamp,
    /// Signs the grant.
    pub sign: Sign,
}

impl Lease {
    /// The grant of `block` in words; `None` where the series ends before it.
    pub fn grant(&self, block: u64) -> Option<BlockGrant> {
        let (first, last) = BlockGrant::range(block, self.size)?;
        (last <= self.sequence_max).then(|| BlockGrant {
            format: BlockGrant::FORMAT.to_owned(),
            series: self.series.clone(),
            block,
            first,
            last,
            kiosk: self.kiosk.clone(),
            incarnation: self.incarnation,
            granted_at: self.at,
        })
    }
}

/// Signs an act of central's.
pub type SignText = Arc<dyn Fn(&Closing) -> SignedText + Send + Sync>;

/// An order to close the present life of a kiosk.
#[derive(Clone)]
pub struct CloseOrder {
    /// Which kiosk.
    pub kiosk: KioskId,
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Signs the act.
    pub sign: SignText,
}

impl CloseOrder {
    /// The act.
    fn act(&self, incarnation: u32, head: Head, frozen: Vec<NumberRange>) -> Closing {
        Closing {
            format: Closing::FORMAT.to_owned(),
            kiosk: self.kiosk.clone(),
            incarnation,
            head,
            frozen,
            reason: self.reason.clone(),
            by: self.by.clone(),
            at: self.at,
        }
    }
}

/// Signs a revocation.
pub type SignRevocation = Arc<dyn Fn(&Revocation) -> SignedText + Send + Sync>;

/// An order to revoke a permit.
#[derive(Clone)]
pub struct RevokeOrder {
    /// The permit's number.
    pub permit: String,
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Signs the act.
    pub sign: SignRevocation,
}

impl RevokeOrder {
    /// The act: behind the one before, whose text this is, if there is one.
    fn act(&self, before: Option<(u64, &str)>, elicence: String) -> Revocation {
        Revocation {
            format: Revocation::FORMAT.to_owned(),
            number: before.map_or(1, |(number, _)| number + 1),
            previous: before.map_or(Hash::ZERO, |(_, text)| Hash::of(text.as_bytes())),
            permit: self.permit.clone(),
            elicence,
            reason: self.reason.clone(),
            by: self.by.clone(),
            at: self.at,
        }
    }
}

/// What came of an order to revoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// This act revoked it, now or before.
    By(SignedText),
    /// The permit book has no such permit.
    Unknown,
    /// It was ended by its holder: there is nothing to revoke.
    Cancelled,
}

/// What came of a question for numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leased {
    /// These numbers.
    Granted(SignedBlock),
    /// The series is used up.
    Exhausted,
    /// The kiosk holds more unused numbers than it may.
    TooMany {
        /// How many.
        unused: u64,
    },
    /// The nonce was used for another question.
    NonceTaken,
}

/// One look-up as it is kept: who, what, why, when, and what kind of answer; never the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookUpRow {
    /// Which kiosk asked.
    pub kiosk: KioskId,
    /// When.
    pub at: Timestamp,
    /// Which register.
    pub register: Register,
    /// For which service: the purpose.
    pub service: ServiceCode,
    /// For which application.
    pub application: ApplicationId,
    /// Keyed digest of the person or business.
    pub subject_digest: String,
    /// `answered`, `refused` or `down`.
    pub outcome: String,
    /// Why it was refused or down.
    pub reason: Option<String>,
    /// How long it took.
    pub took_ms: u64,
}

/// A permit in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookEntry {
    /// Every printed field.
    pub permit: Permit,
    /// For which application.
    pub application: ApplicationId,
    /// Kind of paper: `food`, `filing` or `hygiene`.
    pub kind: String,
    /// The seal of the original.
    pub seal: String,
    /// Whether it lives; expiry follows from its dates.
    pub status: HeldStatus,
    /// The e-licence that took its place.
    pub superseded_by: Option<String>,
    /// Which kiosk issued it.
    pub kiosk: KioskId,
    /// The record it stands in.
    pub position: u64,
    /// When central got it.
    pub received_at: Timestamp,
}

/// Counts for the start page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Permits by kind of paper, replaced versions not counted.
    pub by_kind: BTreeMap<String, u64>,
    /// Of them, those issued on the day asked about.
    pub today: u64,
    /// Applications waiting for an officer.
    pub cases: u64,
    /// Records kept.
    pub records: u64,
}

impl Totals {
    /// All permits.
    pub fn permits(&self) -> u64 {
        self.by_kind.values().sum()
    }
}

/// A referred application and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxCase {
    /// The application.
    pub case: Case,
    /// Which kiosk took it.
    pub kiosk: KioskId,
    /// When central got it.
    pub received_at: Timestamp,
}

/// A record kept without sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Whose.
    pub kiosk: KioskId,
    /// Which.
    pub position: u64,
    /// Why.
    pub reason: String,
    /// When it came.
    pub received_at: Timestamp,
}

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Opening the file.
    #[error("cannot open the permit book {}", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// What SQLite said.
        source: Arc<rusqlite::Error>,
    },
    /// The file is damaged, or another program's, or a kiosk's journal.
    #[error(
        "{} is no permit book ({what}); nothing was changed: put the permit book or its backup there",
        path.display()
    )]
    NotABook {
        /// Which.
        path: PathBuf,
        /// What it is instead.
        what: String,
    },
    /// Bringing the tables to this version.
    #[error("cannot bring the permit book to version {version}")]
    Migrate {
        /// Which.
        version: u32,
        /// What SQLite said.
        source: Arc<rusqlite::Error>,
    },
    /// The file was written by later software.
    #[error("the permit book has version {found}, this software knows up to {known}")]
    TooNew {
        /// The file's.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// Starting the thread that writes.
    #[error("cannot start the permit book's thread")]
    Start {
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// A single question.
    #[error("cannot {operation}")]
    Do {
        /// What was asked.
        operation: &'static str,
        /// What SQLite said.
        source: Arc<rusqlite::Error>,
    },
    /// The database's address is none.
    #[error(
        "the permit book's address is none: write postgresql://user@first,second/database in \
         central.toml"
    )]
    Address,
    /// The database forgets what it said it kept.
    #[error(
        "the permit book's database runs with fsync or full_page_writes off: what it keeps a power \
         cut takes away; switch both on"
    )]
    NotDurable,
    /// The tables were not made by this software.
    #[error(
        "the permit book's tables were not made by this software or were changed; nothing was done"
    )]
    OtherTables,
    /// A single question to the database.
    #[error("cannot {operation}")]
    Ask {
        /// What was asked.
        operation: &'static str,
        /// What the database said.
        source: Failure,
    },
    /// The database does not answer in time. What was asked may have been done.
    #[error("cannot {operation}: the database does not answer in time")]
    Slow {
        /// What was asked.
        operation: &'static str,
    },
    /// Too many questions wait.
    #[error("cannot {operation}: the permit book is busy")]
    Busy {
        /// What was asked.
        operation: &'static str,
    },
    /// The thread is gone.
    #[error("cannot {operation}: the permit book is closed")]
    Closed {
        /// What was asked.
        operation: &'static str,
    },
}
