//! Reading a journal without writing to it: for the technician's listing and for checks.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::error::during;
use super::vault::Vault;
use super::{
    ChainFault, Error, Head, OutboxState, Placed, PrintJob, Series, SeriesState, chain, file,
    numbers, outbox, printing, store,
};
use crate::durable;
use crate::seal::{VaultKey, VerifyingKey};
use crate::wire::v1::SignedBlock;

/// A journal open for reading; another process may be writing to it.
pub struct Reader {
    connection: Connection,
    vault: Option<Vault>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader")
    }
}

impl Reader {
    /// Opens a journal, or a backup of one.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Err(Error::Missing { path: path.to_owned() });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(during("open the journal"))?;
        connection.pragma_update(None, "query_only", true).map_err(during("open the journal"))?;
        Ok(Self { connection, vault: None })
    }

    /// Takes the vault beside the journal, so that records come with the keys to their envelopes.
    pub fn with_vault(self, path: &Path, key: VaultKey) -> Result<Self, Error> {
        Ok(Self { vault: Some(Vault::open_to_read(path, key)?), ..self })
    }

    /// The last record.
    pub fn head(&self) -> Result<Head, Error> {
        store::head(&self.connection)
    }

    /// Records behind a position, in order.
    pub fn records(
        &self,
        after: u64,
        count_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Placed>, Error> {
        outbox::records(&self.connection, self.vault.as_ref(), after, count_max, bytes_max)
    }

    /// Holds on to what the journal is now: until the reader is dropped nothing newer is seen. The writer
    /// goes on; only its file grows until then.
    pub fn hold(&self) -> Result<(), Error> {
        self.connection
            .execute_batch("BEGIN; SELECT position FROM record LIMIT 1")
            .map_err(during("hold the journal"))
    }

    /// The first and the last position of the records with a time in this span.
    pub fn span(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Option<(u64, u64)>, Error> {
        let (from, to) = (from.unwrap_or(Timestamp::MIN), to.unwrap_or(Timestamp::MAX));
        let span = self.connection.query_row(
            "SELECT min(position), max(position) FROM record WHERE at_ms >= ?1 AND at_ms < ?2",
            (from.as_millisecond(), to.as_millisecond()),
            |row| {
                let (first, last): (Option<store::Int>, Option<store::Int>) =
                    (row.get(0)?, row.get(1)?);
                Ok(first.zip(last).map(|(first, last)| (first.0, last.0)))
            },
        );
        span.map_err(during("look for the records of some days"))
    }

    /// Every block of numbers central leased to this journal.
    pub fn blocks(&self) -> Result<Vec<SignedBlock>, Error> {
        let reading = "read the number blocks";
        let mut select = self
            .connection
            .prepare("SELECT grant_text, signature FROM block ORDER BY series, block")
            .map_err(during(reading))?;
        let rows = select
            .query_map((), |row| Ok(SignedBlock { grant: row.get(0)?, signature: row.get(1)? }))
            .map_err(during(reading))?;
        rows.collect::<Result<_, _>>().map_err(during(reading))
    }

    /// How many numbers of a series are left.
    pub fn series_state(&self, series: &Series) -> Result<SeriesState, Error> {
        numbers::state(&self.connection, series)
    }

    /// Why nothing is issued any more, if that is so.
    pub fn quarantined(&self) -> Result<Option<String>, Error> {
        outbox::quarantined(&self.connection)
    }

    /// How much central has not acknowledged.
    pub fn outbox_state(&self) -> Result<OutboxState, Error> {
        outbox::state(&self.connection)
    }

    /// The papers that are still waited for.
    pub fn unfinished_print_jobs(&self) -> Result<Vec<PrintJob>, Error> {
        printing::unfinished(&self.connection)
    }

    /// Copies the journal, whole and as it is at this moment, to a file that must not exist yet. The writer goes on;
    /// only its file grows until then.
    pub fn back_up(&self, to: &Path) -> Result<(), Error> {
        if to.exists() {
            return Err(Error::Exists { path: to.to_owned() });
        }
        let partial = file::beside(to, ".partial");
        durable::remove(&partial).map_err(|source| Error::Remove { source })?;
        // Without one snapshot the copy would begin anew at every record that is written meanwhile.
        self.hold()?;
        let copied = self
            .connection
            .backup("main", &partial, None::<fn(rusqlite::backup::Progress)>)
            .map_err(during("back up the journal"));
        self.connection.execute_batch("ROLLBACK").map_err(during("back up the journal"))?;
        copied?;
        file::move_durably(&partial, to)
    }

    /// Follows the whole chain: the head if it is whole, or the first fault.
    pub fn verify(&self, device_key: &VerifyingKey) -> Result<Result<Head, ChainFault>, Error> {
        let start = store::start(&self.connection)?;
        match chain::verify(&self.connection, start.position, device_key) {
            Ok(head) => Ok(Ok(head)),
            Err(chain::Broken::At(fault)) => Ok(Err(fault)),
            Err(chain::Broken::Reading(error)) => Err(error),
        }
    }
}
