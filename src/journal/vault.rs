//! The vault: one data key per application, in a small file of its own, wrapped by a key that lies
//! elsewhere.
//!
//! Whatever is written about a person is closed with the application's data key. Destroying that key
//! destroys it in the journal, at whoever got the journal, and in every backup, while every hash and
//! signature stays as it was: backups hold the journal, never the vault.
//!
//! A key is durable before anything is closed with it, in a transaction of its own. A crash between
//! leaves a key that opens nothing, which is destroyed in its time. That an application has a key is also
//! how this kiosk remembers, from before the first question leaves it, that the application exists.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::error::during;
use super::file::{beside, move_durably};
use super::{Error, Settings};
use crate::domain::ApplicationId;
use crate::durable;
use crate::seal::{DataKey, NONCE_BYTES, VaultKey, WrappedKey};

/// `PKV1`: what `file` and SQLite's `application_id` show.
const APPLICATION_ID: u32 = u32::from_be_bytes(*b"PKV1");

const SCHEMA: &str = "
    -- The data keys, each wrapped for its application. Inserted once, never updated, and deleted for
    -- good.
    CREATE TABLE data_key (
        application BLOB PRIMARY KEY CHECK (length(application) = 16),
        wrapped BLOB NOT NULL CHECK (length(wrapped) = 72),
        born_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX data_key_by_age ON data_key (born_ms);";

/// The data keys of this kiosk.
pub(super) struct Vault {
    connection: Connection,
    key: VaultKey,
}

impl Vault {
    /// Makes the vault of a new kiosk. One that is there stays: it opens what was written in earlier
    /// lives.
    pub(super) fn provision(settings: &Settings) -> Result<(), Error> {
        let path = path_of(&settings.path);
        if path.exists() {
            return Self::open(settings).map(|_sound| ());
        }
        let new = beside(&path, ".new");
        for rest in
            [new.clone(), beside(&new, "-wal"), beside(&new, "-shm"), beside(&new, "-journal")]
        {
            durable::remove(&rest).map_err(|source| Error::Remove { source })?;
        }
        let making = "make the vault";
        let connection = Connection::open(&new).map_err(during(making))?;
        configure(&connection)
            .and_then(|()| connection.pragma_update(None, "application_id", APPLICATION_ID))
            .and_then(|()| connection.execute_batch(SCHEMA))
            .map_err(during(making))?;
        connection
            .close()
            .map_err(|(_connection, source)| Error::Database { doing: making, source })?;
        move_durably(&new, &path)
    }

    /// Opens the vault of this kiosk. A missing one is never made anew: without the keys nobody can read
    /// what central has not got yet.
    pub(super) fn open(settings: &Settings) -> Result<Self, Error> {
        let connection = open(&path_of(&settings.path), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        configure(&connection).map_err(during("open the vault"))?;
        Ok(Self { connection, key: settings.vault_key.clone() })
    }

    /// Opens the vault beside a journal to read only, for a technician's or an auditor's question.
    pub(super) fn open_to_read(journal: &Path, key: VaultKey) -> Result<Self, Error> {
        let connection = open(&path_of(journal), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Self { connection, key })
    }

    /// The application's key; made, and durable when this returns, if it has none.
    pub(super) fn obtain(
        &self,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<DataKey, Error> {
        if let Some(key) = self.find(application)? {
            return Ok(key);
        }
        let mut bytes = zeroize::Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|reason| Error::Random { reason })?;
        let key = DataKey::new(*bytes);
        let wrapped = self.key.wrap(&application.to_string(), &key, &nonce()?);
        self.connection
            .prepare_cached("INSERT INTO data_key VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| {
                insert.execute((application.as_bytes(), wrapped.as_bytes(), now.as_millisecond()))
            })
            .map_err(during("keep a data key"))?;
        Ok(key)
    }

    /// The application's key, if it has one that was not destroyed.
    pub(super) fn find(&self, application: ApplicationId) -> Result<Option<DataKey>, Error> {
        let wrapped = self
            .connection
            .prepare_cached("SELECT wrapped FROM data_key WHERE application = ?1")
            .and_then(|mut select| {
                select.query_row((application.as_bytes(),), |row| row.get(0)).optional()
            })
            .map_err(during("read a data key"))?;
        let Some(wrapped) = wrapped else { return Ok(None) };
        match self.key.unwrap(&application.to_string(), &WrappedKey::from_bytes(wrapped)) {
            Some(key) => Ok(Some(key)),
            None => Err(Error::VaultKey { application }),
        }
    }

    /// Applications whose key was made before `before`, in order from behind `after`.
    pub(super) fn born_before(
        &self,
        before: Timestamp,
        after: Option<ApplicationId>,
        count_max: u32,
    ) -> Result<Vec<(ApplicationId, Timestamp)>, Error> {
        let after: &[u8] = after.as_ref().map_or(&[], |id| id.as_bytes().as_slice());
        let reading = during("look for old data keys");
        let read = || {
            let mut select = self.connection.prepare_cached(
                "SELECT application, born_ms FROM data_key
                 WHERE born_ms < ?1 AND application > ?2 ORDER BY application LIMIT ?3",
            )?;
            let rows = select.query_map((before.as_millisecond(), after, count_max), |row| {
                let born = Timestamp::from_millisecond(row.get(1)?).unwrap_or(Timestamp::MIN);
                Ok((ApplicationId::from_random(row.get(0)?), born))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(reading)
    }

    /// Destroys keys: what they closed cannot be opened by anybody any more.
    pub(super) fn destroy(&mut self, applications: &[ApplicationId]) -> Result<(), Error> {
        let destroying = "destroy data keys";
        if applications.is_empty() {
            return Ok(());
        }
        let transaction = self.connection.transaction().map_err(during(destroying))?;
        for application in applications {
            transaction
                .prepare_cached("DELETE FROM data_key WHERE application = ?1")
                .and_then(|mut delete| delete.execute((application.as_bytes(),)))
                .map_err(during(destroying))?;
        }
        transaction.commit().map_err(during(destroying))?;
        // The zeros into the file, and no key left in the WAL.
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_row| Ok(()))
            .map_err(during(destroying))
    }
}

/// 24 random bytes: two of 2⁶⁴ envelopes would have to draw the same.
pub(super) fn nonce() -> Result<[u8; NONCE_BYTES], Error> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|reason| Error::Random { reason })?;
    Ok(nonce)
}

/// `journal.keys` beside `journal.db`.
fn path_of(journal: &Path) -> PathBuf {
    journal.with_extension("keys")
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, Error> {
    let unusable = |what: String| Error::Vault { path: path.to_owned(), what };
    if !path.exists() {
        return Err(unusable("it is missing".to_owned()));
    }
    let look = || -> rusqlite::Result<(Connection, u32, String)> {
        let connection =
            Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let id = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let sound = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
        Ok((connection, id, sound))
    };
    match look() {
        Ok((connection, APPLICATION_ID, sound)) if sound == "ok" => Ok(connection),
        Ok((_connection, APPLICATION_ID, damage)) => {
            Err(unusable(format!("SQLite says: {damage}")))
        }
        Ok(_other) => Err(unusable("it belongs to another program".to_owned())),
        Err(error) => Err(unusable(format!("SQLite says: {error}"))),
    }
}

/// EXTRA before WAL, as for the journal. `secure_delete` overwrites a destroyed key with zeros.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "EXTRA")?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_row| Ok(()))?;
    connection.pragma_update_and_check(None, "secure_delete", true, |_row| Ok(()))?;
    connection.busy_timeout(std::time::Duration::from_secs(5))
}
