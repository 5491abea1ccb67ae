//! A bundle for an auditor from this kiosk's journal: one read snapshot, nothing on the kiosk's own disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::audit::{self, Keys, Life, Manifest, Order, Writer};
use crate::durable;
use crate::journal::{self, Reader};
use crate::seal::{SigningKey, VaultKey, VerifyingKey};
use crate::wire::v1::{KioskId, SignedEdition};

/// What an export is made from.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The journal's file.
    pub journal: &'a Path,
    /// The folder of the editions this kiosk had.
    pub editions: &'a Path,
    /// Whose journal it is.
    pub kiosk: KioskId,
    /// Which life of the kiosk.
    pub incarnation: u32,
    /// Signs the bundle.
    pub device_key: &'a SigningKey,
    /// What this kiosk's seals are verified with.
    pub seal_key: VerifyingKey,
    /// What central's grants are verified with.
    pub central_key: VerifyingKey,
    /// Opens the data keys, which go with the records where the bundle is made for an auditor.
    pub vault_key: &'a VaultKey,
}

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The journal cannot be read.
    #[error("cannot read the journal for the export")]
    Journal {
        /// Why not.
        source: journal::Error,
    },
    /// The bundle cannot be written.
    #[error("cannot write the bundle")]
    Write {
        /// Why not.
        source: audit::Error,
    },
    /// The editions cannot be read.
    #[error("cannot read the editions in {}", folder.display())]
    Editions {
        /// Where they are.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// One of them cannot be read.
    #[error("cannot read an edition for the export")]
    Edition {
        /// Why not.
        source: durable::Error,
    },
}

/// Records read at once.
const PAGE_RECORDS_MAX: usize = 1000;
/// Bytes of records read at once; memory does not grow with the journal.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Makes a bundle. `progress` is told how many records of how many are written.
pub fn export(
    evidence: &Evidence<'_>,
    order: Order,
    mut progress: impl FnMut(u64, u64),
) -> Result<Manifest, Error> {
    let reading = |source| Error::Journal { source };
    let writing = |source| Error::Write { source };
    let reader = Reader::open(evidence.journal).map_err(reading)?;
    let reader = if order.unlock_for.is_some() {
        reader.with_vault(evidence.journal, evidence.vault_key.clone()).map_err(reading)?
    } else {
        reader
    };
    // What is written while we read is in the next bundle.
    reader.hold().map_err(reading)?;
    let (from, to) = order.asked.instants();
    let mut writer = Writer::begin(order).map_err(writing)?;
    if let Some((first, last)) = reader.span(from, to).map_err(reading)? {
        let mut after = first - 1;
        while after < last {
            let left = usize::try_from(last - after).unwrap_or(usize::MAX);
            let records = reader
                .records(after, PAGE_RECORDS_MAX.min(left), PAGE_BYTES_MAX)
                .map_err(reading)?;
            let Some(end) = records.last() else { break };
            after = end.position;
            for placed in &records {
                let key = placed.key.as_ref().map(|of| (of.application, &of.key));
                let signed = &placed.record;
                writer.record(signed.record.reveal(), &signed.signature, key).map_err(writing)?;
            }
            progress(writer.lines(), last + 1 - first);
        }
    }
    writer.grants(&reader.blocks().map_err(reading)?).map_err(writing)?;
    let life = Life {
        kiosk: evidence.kiosk.clone(),
        incarnation: evidence.incarnation,
        device_key: evidence.device_key.verifying_key().to_pem(),
        seal_key: evidence.seal_key.to_pem(),
    };
    writer.keys(&Keys::new(evidence.central_key.to_pem(), vec![life])).map_err(writing)?;
    editions(evidence.editions, &mut writer)?;
    writer.finish(evidence.device_key).map_err(writing)
}

/// The editions that decided what is in the bundle.
fn editions(folder: &Path, writer: &mut Writer) -> Result<(), Error> {
    let unreadable = |source| Error::Editions { folder: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(unreadable(source)),
    };
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let wanted = writer.editions().iter().find(|digest| {
            name.as_ref().is_some_and(|name| name.ends_with(&format!("-{digest}.edition.json")))
        });
        if let Some(digest) = wanted.cloned() {
            let bytes_max = u64::try_from(SignedEdition::BYTES_MAX).unwrap_or(u64::MAX);
            let text = durable::read_limited(&path, bytes_max)
                .map_err(|source| Error::Edition { source })?;
            writer.edition(&digest, &text).map_err(|source| Error::Write { source })?;
        }
    }
    Ok(())
}
