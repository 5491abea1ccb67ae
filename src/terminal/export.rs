//! A bundle for an auditor from this kiosk's journal: one read snapshot, nothing on the kiosk's own disk.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use std::os::unix::fs::MetadataExt as _;

use jiff::Timestamp;
use jiff::civil::Date;

use super::work::{Exported, Failed, Taken};
use crate::audit::{self, Asked, Keys, Life, Manifest, Order, Source, View, Writer};
use crate::durable;
use crate::fault::Chain;
use crate::journal::{self, Reader};
use crate::rulebooks::Shelf;
use crate::seal::{AuditorPublicKey, SigningKey, VaultKey, VerifyingKey};
use crate::wire::v1::{Hash, KioskId, MaintenanceExported, SignedEdition};

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
    /// It cannot be recorded that a bundle is taken away.
    #[error("the export cannot be recorded in the journal, and is not made")]
    Record {
        /// Why not.
        source: journal::Error,
    },
    /// Somebody ended it before it was whole.
    #[error("the export was ended before it was whole")]
    Ended,
    /// One of them cannot be read.
    #[error("cannot read an edition for the export")]
    Edition {
        /// Why not.
        source: durable::Error,
    },
}

impl From<audit::Error> for Error {
    fn from(source: audit::Error) -> Self {
        Self::Write { source }
    }
}

/// Records read at once.
const PAGE_RECORDS_MAX: usize = 1000;
/// Bytes of records read at once; memory does not grow with the journal.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Makes a bundle. `progress` is told how many records of how many are written, and may end it; so may it once
/// the tables are written too. `first` is done before the bundle is there, with what its manifest will be.
pub fn export(
    evidence: &Evidence<'_>,
    order: Order,
    mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
    first: impl FnOnce(&Manifest) -> Result<(), Error>,
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
            if progress(writer.lines(), last + 1 - first).is_break() {
                return Err(Error::Ended);
            }
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
    writer.finish_after(evidence.device_key, |manifest| {
        if progress(manifest.records, manifest.records).is_break() {
            return Err(Error::Ended);
        }
        first(manifest)
    })
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

/// An export a technician wants at the screen.
#[derive(Debug)]
pub struct Wanted {
    /// Where the stick is mounted.
    pub stick: PathBuf,
    /// The folder of the kiosk's data, on its own disk.
    pub data: PathBuf,
    /// Where an auditor's public key lies, if there is one. Never on the stick: whoever brings that would
    /// choose who may read what is personal.
    pub keys: PathBuf,
    /// Now.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// From this day on.
    pub from: Option<Date>,
}

/// The public key of the auditor, in the folder of the keys.
const AUDITOR_KEY: &str = "auditor.pub";
/// Such a key has a few hundred bytes.
const KEY_BYTES_MAX: u64 = 64 * 1024;

/// Writes a bundle to the stick. `progress` is told how many records of how many are written, and may end it.
/// `record` notes in the journal who takes what away, before there is a bundle: a power cut in between leaves a
/// record of a bundle that is not there, never a bundle that nobody knows of.
pub fn to_stick(
    wanted: &Wanted,
    settings: &journal::Settings,
    progress: impl FnMut(u64, u64) -> ControlFlow<()>,
    record: impl FnOnce(MaintenanceExported) -> Result<(), journal::Error>,
) -> Exported {
    let Some(stick) = stick_in(wanted) else { return Exported::NoStick(wanted.stick.clone()) };
    match write(wanted, settings, progress, record) {
        Ok(taken) => Exported::Whole(taken),
        Err(Stopped::Export { source: Error::Ended }) => Exported::Ended,
        Err(stopped) => {
            tracing::warn!(error = %Chain(&stopped), "an export did not come to its end");
            // What is pulled out fails in many words; that it is gone is what helps.
            if stick_in(wanted) != Some(stick) {
                return Exported::PulledOut;
            }
            // The kiosk's own disk may be full as well, and then it is not the stick that is.
            if !stopped.is_at_the_stick() {
                return Exported::Failed(stopped.failed());
            }
            let said = said(&stopped);
            match said.map(io::Error::kind) {
                Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => Exported::Full,
                Some(io::ErrorKind::ReadOnlyFilesystem) => Exported::ReadOnly,
                _ if said.is_some_and(is_of_no_device) => Exported::PulledOut,
                Some(_) | None => Exported::Failed(stopped.failed()),
            }
        }
    }
}

/// The disk that is the stick. A folder to mount on stays when the stick is gone, and then lies on a disk
/// of the kiosk's own: that of its data, or that of the system where the data have one for themselves.
fn stick_in(wanted: &Wanted) -> Option<u64> {
    let disk = |folder: &Path| fs::metadata(folder).map(|folder| folder.dev()).ok();
    let own = [disk(&wanted.data), disk(Path::new("/"))];
    disk(&wanted.stick).filter(|stick| !own.contains(&Some(*stick)))
}

/// What the system said, wherever it stands in the chain of reasons.
fn said<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a io::Error> {
    let mut error = Some(error);
    while let Some(reason) = error {
        if let Some(said) = reason.downcast_ref::<io::Error>() {
            return Some(said);
        }
        error = reason.source();
    }
    None
}

/// Whether the system has no device any more to write to, though it is still mounted.
fn is_of_no_device(said: &io::Error) -> bool {
    use rustix::io::Errno;
    let gone = [Errno::IO, Errno::NODEV, Errno::NXIO, Errno::NOTCONN];
    gone.iter().any(|gone| said.raw_os_error() == Some(gone.raw_os_error()))
}

#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("cannot use the auditor's key")]
    Key { source: durable::Error },
    #[error("{} is no auditor's public key", path.display())]
    NoKey { path: PathBuf },
    #[error("cannot clear what an export before has left")]
    Clear { source: audit::Error },
    #[error(transparent)]
    Export { source: Error },
}

impl Stopped {
    fn failed(&self) -> Failed {
        match self {
            Self::Key { .. } | Self::NoKey { .. } => Failed::Key,
            Self::Export { source: Error::Record { .. } } => Failed::Record,
            Self::Clear { .. } | Self::Export { source: Error::Write { .. } | Error::Ended } => {
                Failed::Stick
            }
            Self::Export {
                source: Error::Journal { .. } | Error::Editions { .. } | Error::Edition { .. },
            } => Failed::Journal,
        }
    }

    /// Whether it stopped at what is on the stick, not at what is the kiosk's.
    fn is_at_the_stick(&self) -> bool {
        match self {
            Self::Clear { .. } | Self::Export { source: Error::Write { .. } } => true,
            Self::Key { .. } | Self::NoKey { .. } | Self::Export { .. } => false,
        }
    }
}

fn write(
    wanted: &Wanted,
    settings: &journal::Settings,
    progress: impl FnMut(u64, u64) -> ControlFlow<()>,
    record: impl FnOnce(MaintenanceExported) -> Result<(), journal::Error>,
) -> Result<Taken, Stopped> {
    let auditor = auditor(&wanted.keys.join(AUDITOR_KEY))?;
    let sealed = auditor.is_none();
    let name = format!("permit-audit-{}-", settings.kiosk.as_str());
    let clear = || audit::clear_partial(&wanted.stick, &name);
    clear().map_err(|source| Stopped::Clear { source })?;
    let folder =
        free_name(&wanted.stick, &format!("{name}{}", wanted.at.strftime("%Y%m%dT%H%M%SZ")));
    let order = Order {
        folder: wanted.stick.join(&folder),
        made_at: wanted.at,
        made_by: wanted.by.clone(),
        source: Source::Kiosk,
        asked: Asked { from: wanted.from, to: None, kiosk: None, kinds: Vec::new() },
        views: vec![View::Csv, View::Xlsx],
        unlock_for: auditor,
    };
    let evidence = Evidence {
        journal: &settings.path,
        editions: &wanted.data.join(Shelf::FOLDER),
        kiosk: settings.kiosk.clone(),
        incarnation: settings.incarnation,
        device_key: &settings.device_key,
        seal_key: settings.seal_key.verifying_key(),
        central_key: settings.central_key.clone(),
        vault_key: &settings.vault_key,
    };
    let first = |manifest: &Manifest| {
        let exported = MaintenanceExported {
            by: wanted.by.clone(),
            from: wanted.from,
            records: manifest.records,
            manifest: Hash::of(manifest.to_text().as_bytes()),
            sealed,
        };
        record(exported).map_err(|source| Error::Record { source })
    };
    let manifest = export(&evidence, order, progress, first).map_err(|source| {
        // What cannot be cleared now goes before the next export.
        if let Err(error) = clear() {
            tracing::warn!(error = %Chain(&error), "an export that failed is left on the stick");
        }
        Stopped::Export { source }
    })?;
    Ok(Taken {
        folder,
        records: manifest.records,
        bytes: manifest.files.iter().map(|file| file.bytes).sum(),
        manifest: Hash::of(manifest.to_text().as_bytes()),
        sealed,
    })
}

/// A name nothing on the stick has: whoever is quick makes two bundles in a second.
fn free_name(stick: &Path, name: &str) -> String {
    let others = (2_u32..).map(|count| format!("{name}-{count}"));
    let mut names = std::iter::once(name.to_owned()).chain(others);
    names.find(|name| !stick.join(name).exists()).unwrap_or_else(|| name.to_owned())
}

fn auditor(path: &Path) -> Result<Option<AuditorPublicKey>, Stopped> {
    if !path.exists() {
        return Ok(None);
    }
    let pem =
        durable::read_limited(path, KEY_BYTES_MAX).map_err(|source| Stopped::Key { source })?;
    let pem = String::from_utf8_lossy(&pem);
    match AuditorPublicKey::from_pem(&pem) {
        Ok(key) => Ok(Some(key)),
        Err(_no_key) => Err(Stopped::NoKey { path: path.to_owned() }),
    }
}
