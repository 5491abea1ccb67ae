//! Reading a journal without writing to it: for the technician's listing and for checks.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::during;
use super::vault::Vault;
use super::{ChainFault, Error, Head, OutboxState, Placed, chain, outbox, store};
use crate::seal::{VaultKey, VerifyingKey};

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

    /// How much central has not acknowledged.
    pub fn outbox_state(&self) -> Result<OutboxState, Error> {
        outbox::state(&self.connection)
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
