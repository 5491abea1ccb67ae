//! Reading the decided records of the permit book without writing to it, also while central is at work.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::sqlite::APPLICATION_ID;
use crate::seal::{DataKey, VaultKey, WrappedKey};
use crate::wire::v1::{KioskId, Personal};

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

/// The file is no permit book, or cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the decided records of the permit book {}", path.display())]
pub struct Error {
    /// Which file.
    path: PathBuf,
    /// What SQLite said.
    source: rusqlite::Error,
}
