//! Reading the permit book without writing to it, also while central is at work.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::sqlite::APPLICATION_ID;
use crate::domain::ApplicationId;
use crate::seal::{DataKey, VaultKey, WrappedKey};
use crate::wire::v1::{KioskId, Personal, Record, SignedBlock};

/// A permit book open for reading.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    db: Connection,
    vault: VaultKey,
}

/// A decided record and where it stands.
#[derive(Debug, Clone)]
pub struct DecidedRecord {
    /// Whose.
    pub kiosk: KioskId,
    /// Where in its journal.
    pub position: u64,
    /// Its exact text.
    pub text: Personal,
    /// The data key of its envelope; `None` where it was destroyed.
    pub key: Option<DataKey>,
}

impl Reader {
    /// Opens a permit book, or a backup of one.
    pub fn open(path: &Path, vault: VaultKey) -> Result<Self, Error> {
        let error = |source| Error { path: path.to_owned(), source };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).map_err(error)?;
        let id: i32 =
            db.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(error)?;
        if id != APPLICATION_ID {
            return Err(error(rusqlite::Error::InvalidQuery));
        }
        Ok(Self { path: path.to_owned(), db, vault })
    }

    /// The decided records behind one of them, by kiosk and position; at most `count_max`.
    pub fn decided(
        &self,
        after: Option<(&KioskId, u64)>,
        count_max: usize,
    ) -> Result<Vec<DecidedRecord>, Error> {
        let (kiosk, position) = after.map_or(("", 0), |(kiosk, after)| (kiosk.as_str(), after));
        let read = || -> rusqlite::Result<Vec<DecidedRecord>> {
            let mut select = self.db.prepare_cached(
                "SELECT records.kiosk, position, record, application, wrapped FROM records
                 LEFT JOIN data_keys ON data_keys.kiosk = records.kiosk
                 AND application = json_extract(record, '$.body.application')
                 WHERE kind = 'decided' AND quarantined IS NULL AND (records.kiosk, position) > (?1, ?2)
                 ORDER BY records.kiosk, position LIMIT ?3",
            )?;
            let position = i64::try_from(position).unwrap_or(i64::MAX);
            let count_max = i64::try_from(count_max).unwrap_or(i64::MAX);
            let rows = select.query_map((kiosk, position, count_max), |row| {
                let kiosk: String = row.get(0)?;
                let kiosk = KioskId::parse(&kiosk).ok_or(rusqlite::Error::InvalidQuery)?;
                let position: i64 = row.get(1)?;
                let position = u64::try_from(position)
                    .map_err(|_negative| rusqlite::Error::IntegralValueOutOfRange(1, position))?;
                let text: String = row.get(2)?;
                let wrapped: Option<(String, String)> = match (row.get(3)?, row.get(4)?) {
                    (Some(application), Some(wrapped)) => Some((application, wrapped)),
                    (_, _) => None,
                };
                let key = wrapped
                    .map(|(application, wrapped)| {
                        let wrapped = WrappedKey::parse(&wrapped)?;
                        self.vault.unwrap(&application, &wrapped)
                    })
                    .map(|key| key.ok_or(rusqlite::Error::InvalidQuery))
                    .transpose()?;
                Ok(DecidedRecord { kiosk, position, text: Personal::new(text), key })
            })?;
            rows.collect()
        };
        read().map_err(|source| Error { path: self.path.clone(), source })
    }
}

/// The records of one kiosk that an export is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Whose.
    pub kiosk: KioskId,
    /// From this position.
    pub first: u64,
    /// To this one.
    pub last: u64,
}

/// A record as it was pushed.
#[derive(Debug)]
pub struct KeptRecord {
    /// Its exact text.
    pub text: Personal,
    /// The kiosk's signature.
    pub signature: String,
    /// Whose envelope it has and the data key, where that was asked for and still exists.
    pub key: Option<(ApplicationId, DataKey)>,
}

/// A life of a kiosk and its public keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledLife {
    /// Which kiosk.
    pub kiosk: KioskId,
    /// Which life.
    pub incarnation: u32,
    /// SPKI PEM.
    pub device_key: String,
    /// SPKI PEM.
    pub seal_key: String,
}

impl Reader {
    /// Holds on to what the book is now: until the reader is dropped nothing newer is seen.
    pub fn hold(&self) -> Result<(), Error> {
        self.read(|db| db.execute_batch("BEGIN; SELECT 1 FROM kiosks LIMIT 1"))
    }

    /// Where the records of each kiosk with a time in this span begin and end.
    pub fn spans(
        &self,
        kiosk: Option<&KioskId>,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Vec<Span>, Error> {
        // Without the Z: 16:00:00.123Z stands behind 16:00:00 and before 16:00:00Z.
        let bound = |at: Option<Timestamp>, none: &str| {
            at.map_or(none.to_owned(), |at| at.to_string().trim_end_matches('Z').to_owned())
        };
        let kiosk = kiosk.map(KioskId::as_str);
        self.read(|db| {
            let mut select = db.prepare(
                "SELECT kiosk, min(position), max(position) FROM records
                 WHERE (?1 IS NULL OR kiosk = ?1) AND at >= ?2 AND at < ?3
                 GROUP BY kiosk ORDER BY kiosk",
            )?;
            let rows = select.query_map((kiosk, bound(from, ""), bound(to, "~")), |row| {
                Ok(Span {
                    kiosk: kiosk_of(row, 0)?,
                    first: position_of(row, 1)?,
                    last: position_of(row, 2)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Gives each record of a span in its order, until told to stop.
    pub fn records(
        &self,
        span: &Span,
        with_keys: bool,
        mut give: impl FnMut(KeptRecord) -> bool,
    ) -> Result<(), Error> {
        let bound = |position| i64::try_from(position).unwrap_or(i64::MAX);
        self.read(|db| {
            let mut select = db.prepare(
                "SELECT record, signature FROM records
                 WHERE kiosk = ?1 AND position BETWEEN ?2 AND ?3 ORDER BY position",
            )?;
            let kiosk = span.kiosk.as_str();
            let mut rows = select.query((kiosk, bound(span.first), bound(span.last)))?;
            while let Some(row) = rows.next()? {
                let (text, signature): (String, String) = (row.get(0)?, row.get(1)?);
                let key = if with_keys { self.key_of(db, kiosk, &text)? } else { None };
                if !give(KeptRecord { text: Personal::new(text), signature, key }) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn key_of(
        &self,
        db: &Connection,
        kiosk: &str,
        text: &str,
    ) -> rusqlite::Result<Option<(ApplicationId, DataKey)>> {
        // What this version cannot read has no envelope it could open.
        let application = Record::read(text).ok().and_then(|record| record.body.envelope_of());
        let Some(application) = application else { return Ok(None) };
        let wrapped: Option<String> = db
            .prepare_cached("SELECT wrapped FROM data_keys WHERE kiosk = ?1 AND application = ?2")?
            .query_row((kiosk, application.to_string()), |row| row.get(0))
            .optional()?;
        let Some(wrapped) = wrapped else { return Ok(None) };
        let key = WrappedKey::parse(&wrapped)
            .and_then(|wrapped| self.vault.unwrap(&application.to_string(), &wrapped))
            .ok_or(rusqlite::Error::InvalidQuery)?;
        Ok(Some((application, key)))
    }

    /// Every block leased, or those of one kiosk.
    pub fn blocks(&self, kiosk: Option<&KioskId>) -> Result<Vec<SignedBlock>, Error> {
        self.read(|db| {
            let mut select = db.prepare(
                "SELECT grant_text, signature FROM blocks WHERE ?1 IS NULL OR kiosk = ?1
                 ORDER BY series, block",
            )?;
            let rows = select.query_map([kiosk.map(KioskId::as_str)], |row| {
                Ok(SignedBlock { grant: row.get(0)?, signature: row.get(1)? })
            })?;
            rows.collect()
        })
    }

    /// Every life enrolled, or those of one kiosk.
    pub fn lives(&self, kiosk: Option<&KioskId>) -> Result<Vec<EnrolledLife>, Error> {
        self.read(|db| {
            let mut select = db.prepare(
                "SELECT kiosk, incarnation, device_key, seal_key FROM lives
                 WHERE ?1 IS NULL OR kiosk = ?1 ORDER BY kiosk, incarnation",
            )?;
            let rows = select.query_map([kiosk.map(KioskId::as_str)], |row| {
                Ok(EnrolledLife {
                    kiosk: kiosk_of(row, 0)?,
                    incarnation: row.get(1)?,
                    device_key: row.get(2)?,
                    seal_key: row.get(3)?,
                })
            })?;
            rows.collect()
        })
    }

    /// The file of an edition, by the digest of its rules.
    pub fn edition(&self, digest: &str) -> Result<Option<String>, Error> {
        self.read(|db| {
            db.query_row("SELECT text FROM editions WHERE digest = ?1 LIMIT 1", [digest], |row| {
                row.get(0)
            })
            .optional()
        })
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        read(&self.db).map_err(|source| Error { path: self.path.clone(), source })
    }
}

fn kiosk_of(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<KioskId> {
    let kiosk: String = row.get(column)?;
    KioskId::parse(&kiosk).ok_or(rusqlite::Error::InvalidQuery)
}

fn position_of(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let position: i64 = row.get(column)?;
    u64::try_from(position)
        .map_err(|_negative| rusqlite::Error::IntegralValueOutOfRange(column, position))
}

/// The file is no permit book, or cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the permit book {}", path.display())]
pub struct Error {
    /// Which file.
    path: PathBuf,
    /// What SQLite said.
    source: rusqlite::Error,
}
