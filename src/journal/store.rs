//! The open journal as its writer thread sees it: transactions and the chain of records.

use std::time::Duration;

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use jiff::Timestamp;

use super::ballast::Ballast;
use super::error::during;
use super::issue::CLOCK_STEP_MAX;
use super::vault::{self, Vault};
use super::{Condition, Error, Head, Milestone, Settings, chain, file, mark, outbox};
use crate::domain::ApplicationId;
use crate::durable::Lock;
use crate::fault::Chain;
use crate::seal::DataKey;
use crate::wire::v1::{Body, Closing, EditionActivated, FormatError, Hash, Record, SignedRecord};

/// Records whose chain and signatures are checked at every opening: more than a day's. The whole chain
/// is checked on request and by central.
const CHECKED_AT_OPENING: u64 = 512;

/// A sound disk commits in a hundredth of this, and a visit has a dozen commits.
const COMMIT_SLOW: Duration = Duration::from_secs(2);
/// One slow commit is a disk that was busy; so many in a row, a disk that is failing.
const SLOW_COMMITS: u32 = 3;

/// The journal's file, open for writing.
pub(super) struct Store {
    connection: Connection,
    vault: Vault,
    settings: Settings,
    ballast: Ballast,
    /// How far the mark is.
    marked: u64,
    /// A moment at which the clock was right, as far as anybody knows: that of the start, or the last at
    /// which central's agreed.
    anchor: Anchor,
    /// A commit failed and nobody knows whether it happened.
    in_doubt: bool,
    /// Commits in a row that took longer than [`COMMIT_SLOW`], up to now.
    slow_commits: u32,
    /// The mark could not be written when it was last tried.
    mark_failed: bool,
    // Dropped last, when the file is closed.
    _lock: Lock,
}

impl Store {
    /// Makes the journal of a new kiosk and opens it.
    pub(super) fn provision(settings: Settings, start: Head) -> Result<Self, Error> {
        let lock = file::lock(&settings.path)?;
        // The vault first: a crash between leaves one without a journal, which the next try takes over.
        Vault::provision(&settings)?;
        file::provision(&settings, start)?;
        Self::open_locked(settings, lock)
    }

    /// Opens the journal of this kiosk.
    pub(super) fn open(settings: Settings) -> Result<Self, Error> {
        let lock = file::lock(&settings.path)?;
        Self::open_locked(settings, lock)
    }

    fn open_locked(settings: Settings, lock: Lock) -> Result<Self, Error> {
        let connection = open_verified(&settings)?;
        let vault = Vault::open(&settings)?;
        let restored = mark::compare(&connection, &settings)?;
        let ballast = Ballast::beside(&settings.path, settings.ballast_bytes);
        ballast.take_aboard();
        let anchor = Anchor { moment: Moment::read(&settings), is_confirmed: false };
        let mut store = Self {
            connection,
            vault,
            ballast,
            settings,
            marked: 0,
            anchor,
            in_doubt: false,
            slow_commits: 0,
            mark_failed: false,
            _lock: lock,
        };
        if let Some(reason) = restored {
            tracing::error!("this kiosk issues nothing: {reason}");
            outbox::quarantine(&mut store, &reason)?;
        }
        Ok(store)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(super) fn vault_mut(&mut self) -> &mut Vault {
        &mut self.vault
    }

    /// The data key of an application, made if it has none.
    pub(super) fn data_key(&self, application: ApplicationId) -> Result<DataKey, Error> {
        self.vault.obtain(application, self.settings.clock.now())
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Runs `work` in one transaction: everything it did, or, after any error, nothing of it. Where the
    /// disk is full, once more with the room held back for that.
    pub(super) fn transaction<R>(
        &mut self,
        doing: &'static str,
        work: impl Fn(&Writing<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        match self.try_transaction(doing, &work) {
            Err(Error::DiskFull { .. }) if self.ballast.throw_overboard() => {
                tracing::error!("the journal's disk is full: it goes on with the room held back");
                self.try_transaction(doing, &work)
            }
            done => done,
        }
    }

    fn try_transaction<R>(
        &mut self,
        doing: &'static str,
        work: impl Fn(&Writing<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        if self.in_doubt {
            return Err(Error::InDoubt);
        }
        let settings = &self.settings;
        settings.pass(Milestone::Begun);
        // The clock is read once, here: every record and date of the transaction has this moment.
        let moment = Moment::read(settings);
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(during(doing))?;
        let (vault, anchor) = (&self.vault, self.anchor);
        let writing = Writing { transaction, vault, settings, moment, anchor };
        let result = work(&writing)?;
        let began = settings.clock.monotonic();
        settings.pass(Milestone::BeforeCommit);
        // A crash before the next line has returned: the transaction happened whole or not at all, and
        // the application's id tells which, to whoever asks again.
        if let Err(source) = writing.transaction.commit() {
            let error = during(doing)(source);
            // A full disk is found before anything is committed, and rolled back. Of every other
            // failure we cannot know: after a failed fsync a second one proves nothing.
            self.in_doubt = !matches!(error, Error::DiskFull { .. });
            return Err(error);
        }
        let took = settings.clock.monotonic().saturating_sub(began);
        self.slow_commits = if took > COMMIT_SLOW {
            tracing::warn!(took_ms = took.as_millis(), doing, "a commit took too long");
            self.slow_commits.saturating_add(1)
        } else {
            0
        };
        settings.pass(Milestone::Committed);
        Ok(result)
    }

    /// Writes down elsewhere how far the journal is, if it has gone on. A mark that cannot be written
    /// protects less, and stops nobody.
    pub(super) fn mark(&mut self) {
        let head = match head(&self.connection) {
            Ok(head) if head.position > self.marked => head,
            Ok(_) => return,
            Err(error) => {
                tracing::error!(error = %Chain(&error), "the journal's end cannot be read");
                return;
            }
        };
        match mark::write(&self.settings, head) {
            Ok(()) => {
                self.marked = head.position;
                self.mark_failed = false;
            }
            Err(error) => {
                self.mark_failed = true;
                tracing::error!(error = %Chain(&error), "the journal's mark cannot be written");
            }
        }
    }

    /// See [`Journal::condition`](super::Journal::condition).
    pub(super) fn condition(&self) -> Condition {
        // Without a WAL there is nothing in it.
        let wal = std::fs::metadata(file::beside(&self.settings.path, "-wal"));
        Condition {
            wal_bytes: wal.map_or(0, |file| file.len()),
            is_slow: self.slow_commits >= SLOW_COMMITS,
            mark_failed: self.mark_failed,
        }
    }

    /// See [`Journal::recover`](super::Journal::recover).
    pub(super) fn recover(&mut self) -> Result<(), Error> {
        if self.in_doubt {
            self.connection = open_verified(&self.settings)?;
            self.vault = Vault::open(&self.settings)?;
            self.in_doubt = false;
        }
        // Something has to be another than before: SQLite writes nothing, and so syncs nothing, where a row
        // is set to what it is. The number has no other meaning.
        let trying = "try the journal";
        self.transaction(trying, |writing| {
            let tries: i32 = writing
                .transaction
                .pragma_query_value(None, "user_version", |row| row.get(0))
                .map_err(during(trying))?;
            let next = tries.checked_add(1).unwrap_or(0);
            writing.transaction.pragma_update(None, "user_version", next).map_err(during(trying))
        })
    }

    /// See [`Journal::compare_clock`](super::Journal::compare_clock).
    pub(super) fn compare_clock(&mut self, offset_ms: i64) {
        if offset_ms.unsigned_abs() <= CLOCK_STEP_MAX.as_secs().unsigned_abs() * 1000 {
            self.anchor = Anchor { moment: Moment::read(&self.settings), is_confirmed: true };
        }
    }

    /// Moves the WAL into the file and empties it, when there is time for it. A reader that holds it
    /// open delays this, and the next quiet moment tries again.
    pub(super) fn tidy(&self) {
        self.ballast.take_aboard();
        let done: rusqlite::Result<(i64, i64)> =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| {
                Ok((row.get(0)?, row.get(1)?))
            });
        match done {
            Ok((0, _pages)) => {}
            Ok((_busy, pages)) => {
                tracing::warn!(journal.wal_pages = pages, "a reader keeps the WAL from shrinking");
            }
            Err(error) => {
                tracing::error!(error = %error, "the WAL cannot be moved into the journal");
            }
        }
    }
}

/// Opens the file, and follows the last records of its chain.
fn open_verified(settings: &Settings) -> Result<Connection, Error> {
    let connection = file::open(settings)?;
    let start = start(&connection)?.position;
    let from = head(&connection)?.position.saturating_sub(CHECKED_AT_OPENING).max(start);
    let key = settings.device_key.verifying_key();
    match chain::verify(&connection, from, &key) {
        Ok(_head) => Ok(connection),
        Err(chain::Broken::Reading(error)) => Err(error),
        Err(chain::Broken::At(fault)) => {
            drop(connection);
            Err(file::set_aside(settings, fault.to_string()))
        }
    }
}

/// One transaction at work.
pub(super) struct Writing<'a> {
    pub(super) transaction: Transaction<'a>,
    pub(super) vault: &'a Vault,
    pub(super) settings: &'a Settings,
    pub(super) moment: Moment,
    pub(super) anchor: Anchor,
}

impl Writing<'_> {
    /// Appends the next record, and by that queues it for central.
    pub(super) fn append(&self, body: Body) -> Result<Head, Error> {
        let last = head(&self.transaction)?;
        let at = self.moment.at;
        let envelope_of = body.envelope_of();
        let latest_ms = latest_ms(&self.transaction)?.unwrap_or(i64::MIN).max(at.as_millisecond());
        let record = Record {
            format: Record::FORMAT.to_owned(),
            kiosk: self.settings.kiosk.clone(),
            incarnation: self.settings.incarnation,
            position: last.position + 1,
            at,
            monotonic_ms: self.moment.monotonic_ms,
            boot_id: self.settings.boot_id.clone(),
            previous: last.hash,
            body,
        };
        let text = record.to_text();
        if text.len() > Record::BYTES_MAX {
            return Err(Error::Append { source: FormatError::TooLong { bytes: text.len() } });
        }
        let signed = SignedRecord::sign(text, &self.settings.device_key);
        let head = Head { position: record.position, hash: signed.hash() };
        self.transaction
            .prepare_cached("INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .and_then(|mut insert| {
                insert.execute((
                    Int(head.position),
                    signed.record.reveal(),
                    &signed.signature,
                    head.hash.as_bytes(),
                    at.as_millisecond(),
                    latest_ms,
                    envelope_of.as_ref().map(ApplicationId::as_bytes),
                ))
            })
            .map_err(during("append a record"))?;
        Ok(head)
    }
}

impl Writing<'_> {
    /// What closes an envelope of an application in this transaction.
    pub(super) fn closing<'a>(
        &'a self,
        application: ApplicationId,
        key: &'a DataKey,
    ) -> Result<Closing<'a>, Error> {
        Ok(Closing { kiosk: &self.settings.kiosk, application, key, nonce: vault::nonce()? })
    }
}

/// When a transaction happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Wall clock, whole milliseconds.
    pub(super) at: Timestamp,
    monotonic_ms: u64,
}

/// A moment at which the clock was right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchor {
    moment: Moment,
    /// Central's clock agreed then.
    pub(super) is_confirmed: bool,
}

impl Anchor {
    /// What the clock should show at `now`, by the clock that never steps.
    pub(super) fn expected(&self, now: Moment) -> Timestamp {
        let passed = now.monotonic_ms.saturating_sub(self.moment.monotonic_ms);
        let passed = Duration::from_millis(passed);
        self.moment.at.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

impl Moment {
    fn read(settings: &Settings) -> Self {
        let now = settings.clock.now();
        let at = Timestamp::from_millisecond(now.as_millisecond())
            .expect("a time without its fraction of a millisecond is a time");
        let monotonic_ms = u64::try_from(settings.clock.monotonic().as_millis())
            .expect("no machine runs for 584 million years");
        Self { at, monotonic_ms }
    }
}

/// The last record, or where the journal goes on from before its first.
pub(super) fn head(connection: &Connection) -> Result<Head, Error> {
    let head = connection
        .prepare_cached("SELECT position, hash FROM record ORDER BY position DESC LIMIT 1")
        .and_then(|mut select| select.query_row((), head_of).optional())
        .map_err(during("read the last record"))?;
    match head {
        Some(head) => Ok(head),
        None => start(connection),
    }
}

/// Where the journal goes on from: the last record of the kiosk's earlier lives.
pub(super) fn start(connection: &Connection) -> Result<Head, Error> {
    connection
        .query_row("SELECT start_position, start_hash FROM identity", (), head_of)
        .map_err(during("read where the journal starts"))
}

/// A row of `position, hash`.
fn head_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Head> {
    let Int(position) = row.get(0)?;
    Ok(Head { position, hash: Hash::from_bytes(row.get(1)?) })
}

/// The hash at a position, if the journal reaches there.
pub(super) fn hash_at(connection: &Connection, position: u64) -> Result<Option<Hash>, Error> {
    let start = start(connection)?;
    if position == start.position {
        return Ok(Some(start.hash));
    }
    connection
        .prepare_cached("SELECT position, hash FROM record WHERE position = ?1")
        .and_then(|mut select| select.query_row((Int(position),), head_of).optional())
        .map(|head| head.map(|head| head.hash))
        .map_err(during("read a hash"))
}

/// The latest time on record.
pub(super) fn latest_ms(connection: &Connection) -> Result<Option<i64>, Error> {
    connection
        .prepare_cached("SELECT latest_ms FROM record ORDER BY position DESC LIMIT 1")
        .and_then(|mut select| select.query_row((), |row| row.get(0)).optional())
        .map_err(during("read the latest time"))
}

/// The edition last activated. Looked for from the end: some weeks of records, once at each start.
pub(super) fn last_edition(connection: &Connection) -> Result<Option<EditionActivated>, Error> {
    // Inside the texts of a record the quotation marks would be escaped.
    let found: Option<(u64, String)> = connection
        .query_row(
            "SELECT position, text FROM record
             WHERE instr(text, '\"body\":{\"kind\":\"edition_activated\"') > 0
             ORDER BY position DESC LIMIT 1",
            (),
            |row| {
                let Int(position) = row.get(0)?;
                Ok((position, row.get(1)?))
            },
        )
        .optional()
        .map_err(during("look for the last edition"))?;
    let Some((position, text)) = found else { return Ok(None) };
    match Record::read(&text).map(|record| record.body) {
        Ok(Body::EditionActivated(edition)) => Ok(Some(edition)),
        Ok(_) | Err(_) => {
            let what = "it says that an edition was activated, and cannot be read".to_owned();
            Err(Error::Contradiction { position, what })
        }
    }
}

/// The exact record at a position.
pub(super) fn signed_record(connection: &Connection, position: u64) -> Result<SignedRecord, Error> {
    connection
        .prepare_cached("SELECT text, signature FROM record WHERE position = ?1")
        .and_then(|mut select| select.query_row((Int(position),), signed_record_of))
        .map_err(during("read a record"))
}

/// A row of `text, signature`.
pub(super) fn signed_record_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<SignedRecord> {
    let text: String = row.get(0)?;
    Ok(SignedRecord { record: crate::wire::v1::Personal::new(text), signature: row.get(1)? })
}

/// A whole number from 0 on in a column of SQLite, which knows only signed ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Int(pub(super) u64);

impl Int {
    pub(super) fn of_index(index: usize) -> Self {
        Self(u64::try_from(index).expect("an index has at most 64 bits"))
    }
}

impl ToSql for Int {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = i64::try_from(self.0)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        Ok(ToSqlOutput::from(value))
    }
}

impl FromSql for Int {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let value = value.as_i64()?;
        u64::try_from(value)
            .map(Self)
            .map_err(|_negative| rusqlite::types::FromSqlError::OutOfRange(value))
    }
}
