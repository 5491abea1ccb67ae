//! Makes a bundle: one pass over the records, written aside, synced, and put in place as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::bundle::{
    ACTS, Asked, CentralLookUp, Chain, EDITIONS, FileEntry, GRANTS, KEYS, Keys, LOOK_UPS, Line,
    MANIFEST, Manifest, Outline, RECORDS, SIGNATURE, SUMS, Source, VIEWS, sign_manifest,
};
use super::lock::{Locking, UNLOCK};
use super::views::{Hashing, View, Views, file, make_folder, small};
use crate::domain::ApplicationId;
use crate::durable;
use crate::seal::{AuditorPublicKey, DataKey, SigningKey};
use crate::wire::v1::api::SignedText;
use crate::wire::v1::{Hash, KioskId, SignedBlock};

/// What to make.
#[derive(Debug, Clone)]
pub struct Order {
    /// Where: a folder that is not there yet. Everything is written beside it, on the same disk.
    pub folder: PathBuf,
    /// Now.
    pub made_at: Timestamp,
    /// Who asks.
    pub made_by: String,
    /// Where the records come from.
    pub source: Source,
    /// Which records those are.
    pub asked: Asked,
    /// The views wanted besides the evidence.
    pub views: Vec<View>,
    /// The auditor who may open what is personal; without one it stays sealed.
    pub unlock_for: Option<AuditorPublicKey>,
}

/// Why a bundle was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something of that name is there.
    #[error("{} exists: a bundle never replaces another; take another name", path.display())]
    Exists {
        /// What.
        path: PathBuf,
    },
    /// A file or folder of the bundle.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Putting it in place.
    #[error("cannot put the bundle in place")]
    Place {
        /// Why not.
        source: durable::Error,
    },
    /// What should be a record is none: the journal is not what it was.
    #[error(
        "the record behind position {after} of {kiosk} cannot be read: the export would be wrong"
    )]
    Record {
        /// Whose the last good one is.
        kiosk: String,
        /// Where the last good one stands.
        after: u64,
        /// Why.
        source: serde_json::Error,
    },
    /// The records of a kiosk do not come in their order.
    #[error("position {position} of {kiosk} does not follow the one before it")]
    Order {
        /// Which kiosk.
        kiosk: KioskId,
        /// Which position.
        position: u64,
    },
}

/// A bundle being written.
pub struct Writer {
    order: Order,
    partial: PathBuf,
    records: Hashing,
    lines: u64,
    kinds: BTreeMap<String, u64>,
    chains: Vec<Chain>,
    /// The last record, whose hash the next kiosk's first one does not have.
    last: String,
    /// The editions decided by.
    editions: BTreeSet<String>,
    files: Vec<FileEntry>,
    views: Views,
    locking: Option<Locking>,
    look_ups: Option<(Hashing, u64)>,
    /// The line being made.
    line: Vec<u8>,
}

impl Writer {
    /// Begins a bundle. What an interrupted one left under the same name goes first.
    pub fn begin(order: Order) -> Result<Self, Error> {
        if order.folder.exists() {
            return Err(Error::Exists { path: order.folder });
        }
        let partial = beside(&order.folder);
        clear(&partial)?;
        fs::create_dir_all(&partial).map_err(file("make", &partial))?;
        let views = Views::begin(&partial, VIEWS, &order.views)?;
        let mut files = Vec::new();
        let locking = match &order.unlock_for {
            None => None,
            Some(auditor) => {
                let (locking, text) = Locking::begin(auditor);
                files.push(small(&partial, UNLOCK, text.as_bytes(), None)?);
                Some(locking)
            }
        };
        Ok(Self {
            records: Hashing::create(&partial, RECORDS)?,
            locking,
            look_ups: None,
            line: Vec::new(),
            order,
            partial,
            lines: 0,
            kinds: BTreeMap::new(),
            chains: Vec::new(),
            last: String::new(),
            editions: BTreeSet::new(),
            files,
            views,
        })
    }

    /// Adds the next record: those of a kiosk together, in their order. Its application's data key goes
    /// with it, closed, if the bundle is made for an auditor and the key still exists.
    pub fn record(
        &mut self,
        record: &str,
        signature: &str,
        key: Option<(ApplicationId, &DataKey)>,
    ) -> Result<(), Error> {
        let outline: Outline<'_> = serde_json::from_str(record).map_err(|source| {
            let (kiosk, after) = self
                .chains
                .last()
                .map_or_else(Default::default, |chain| (chain.kiosk.to_string(), chain.last));
            Error::Record { kiosk, after, source }
        })?;
        let Outline { kiosk, position, previous, body } = outline;
        match self.chains.last_mut() {
            Some(chain) if chain.kiosk == kiosk => {
                if position != chain.last + 1 {
                    return Err(Error::Order { kiosk, position });
                }
                chain.last = position;
            }
            _ => {
                self.end_chain();
                let previous = Hash::parse(&previous).ok_or_else(|| Error::Record {
                    kiosk: kiosk.to_string(),
                    after: position.saturating_sub(1),
                    source: serde::de::Error::custom("what it follows is no hash"),
                })?;
                let (first, last, hash) = (position, position, Hash::ZERO);
                self.chains.push(Chain { kiosk, first, last, previous, hash });
            }
        }
        if let Some(decision) = &body.decision
            && !self.editions.contains(decision.edition_digest.as_ref())
        {
            self.editions.insert(decision.edition_digest.clone().into_owned());
        }
        match self.kinds.get_mut(body.kind.as_ref()) {
            Some(count) => *count += 1,
            None => drop(self.kinds.insert(body.kind.clone().into_owned(), 1)),
        }
        let key = match (&mut self.locking, key) {
            (Some(locking), Some((application, key))) => {
                Some(locking.wrap(application, key).into())
            }
            _ => None,
        };
        let line = Line { record: record.into(), signature: signature.into(), key };
        // A line in one piece: a record is full of quotation marks, and each would be a piece of its own.
        self.line.clear();
        serde_json::to_writer(&mut self.line, &line).expect("a line has only string keys");
        self.line.push(b'\n');
        self.records.write_all(&self.line).map_err(|source| self.records.error(source))?;
        self.lines += 1;
        let wanted = &self.order.asked.kinds;
        if wanted.is_empty() || wanted.iter().any(|kind| *kind == body.kind) {
            self.views.show(record, None)?;
        }
        record.clone_into(&mut self.last);
        Ok(())
    }

    /// The digests of the editions that decided what was added so far.
    pub fn editions(&self) -> &BTreeSet<String> {
        &self.editions
    }

    /// How many records there are so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Adds central's grants of numbers.
    pub fn grants(&mut self, grants: &[SignedBlock]) -> Result<(), Error> {
        let mut text = String::new();
        for grant in grants {
            text += &serde_json::to_string(grant).expect("a grant has only string keys");
            text.push('\n');
        }
        let rows = u64::try_from(grants.len()).ok();
        self.small(GRANTS, text.as_bytes(), rows)
    }

    /// Adds what somebody at central decided about kiosks and permits.
    pub fn acts(&mut self, acts: &[SignedText]) -> Result<(), Error> {
        let mut text = String::new();
        for act in acts {
            text += &serde_json::to_string(act).expect("an act has only string keys");
            text.push('\n');
        }
        let rows = u64::try_from(acts.len()).ok();
        self.small(ACTS, text.as_bytes(), rows)
    }

    /// Begins the list of what central was asked of the registers.
    pub fn begin_look_ups(&mut self) -> Result<(), Error> {
        self.look_ups = Some((Hashing::create(&self.partial, LOOK_UPS)?, 0));
        Ok(())
    }

    /// Adds one of them, where the list is begun.
    pub fn look_up(&mut self, look_up: &CentralLookUp) -> Result<(), Error> {
        let Some((out, rows)) = &mut self.look_ups else { return Ok(()) };
        serde_json::to_writer(&mut *out, look_up).map_err(|source| out.error(source.into()))?;
        out.write_all(b"\n").map_err(|source| out.error(source))?;
        *rows += 1;
        Ok(())
    }

    /// Adds the keys.
    pub fn keys(&mut self, keys: &Keys) -> Result<(), Error> {
        self.small(KEYS, keys.to_text().as_bytes(), None)
    }

    /// Adds an edition's file, under the digest of its rules.
    pub fn edition(&mut self, digest: &str, text: &[u8]) -> Result<(), Error> {
        let path = format!("{EDITIONS}/{digest}.json");
        if self.files.iter().any(|file| file.path == path) {
            return Ok(());
        }
        make_folder(&self.partial.join(EDITIONS))?;
        self.small(&path, text, None)
    }

    /// Signs the bundle and puts it in place. An interruption before the last step leaves a folder
    /// ending in `.partial`, and no bundle.
    pub fn finish(self, key: &SigningKey) -> Result<Manifest, Error> {
        self.finish_after(key, |_manifest| Ok(()))
    }

    /// The same, where something has to be done before there is a bundle: `first` is given what the manifest will
    /// be, and where it fails there is none.
    pub fn finish_after<E: From<Error>>(
        mut self,
        key: &SigningKey,
        first: impl FnOnce(&Manifest) -> Result<(), E>,
    ) -> Result<Manifest, E> {
        self.end_chain();
        let mut files = vec![self.records.finish(Some(self.lines))?];
        if let Some((look_ups, rows)) = self.look_ups.take() {
            files.push(look_ups.finish(Some(rows))?);
        }
        files.append(&mut self.files);
        files.append(&mut self.views.finish()?);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let manifest = Manifest {
            format: Manifest::FORMAT.to_owned(),
            made_at: self.order.made_at,
            software: env!("CARGO_PKG_VERSION").to_owned(),
            made_by: self.order.made_by,
            source: self.order.source,
            asked: self.order.asked,
            chains: self.chains,
            records: self.lines,
            kinds: self.kinds,
            files,
        };
        first(&manifest)?;
        let text = manifest.to_text();
        let signature = sign_manifest(&text, key);
        for (path, text) in [(SUMS, manifest.sums()), (SIGNATURE, signature), (MANIFEST, text)] {
            small(&self.partial, path, text.as_bytes(), None)?;
        }
        // A crash before the next line has returned leaves no bundle; after it, a whole one.
        durable::put_folder(&self.partial, &self.order.folder)
            .map_err(|source| Error::Place { source })?;
        Ok(manifest)
    }

    fn end_chain(&mut self) {
        if let Some(chain) = self.chains.last_mut() {
            chain.hash = Hash::of_record(&self.last);
        }
    }

    fn small(&mut self, path: &str, bytes: &[u8], rows: Option<u64>) -> Result<(), Error> {
        self.files.push(small(&self.partial, path, bytes, rows)?);
        Ok(())
    }
}

/// How the folder of a bundle that is not whole ends.
const PARTIAL: &str = ".partial";

/// Where a bundle is written until it is whole.
fn beside(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(PARTIAL);
    folder.with_file_name(name)
}

/// Clears away what interrupted exports have left in a folder: of bundles whose names begin like this.
pub fn clear_partial(folder: &Path, name: &str) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(file("look into", folder))?;
    for entry in entries {
        let path = entry.map_err(file("look into", folder))?.path();
        let is_ours = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|found| found.starts_with(name) && found.ends_with(PARTIAL));
        if is_ours {
            clear(&path)?;
        }
    }
    Ok(())
}

/// Takes away what has a name that is ours, be it a folder, a file or a link.
fn clear(path: &Path) -> Result<(), Error> {
    let taken = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => Err(error),
    };
    taken.map_err(file("clear", path))
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Writer({} {})", self.order.folder.display(), self.lines)
    }
}
