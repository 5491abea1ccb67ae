//! Reading a bundle without verifying it: counting, tables, one case.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::bundle::{
    EDITION_BYTES_MAX, EDITIONS, FileEntry, LINE_BYTES_MAX, Line, MANIFEST, MANIFEST_BYTES_MAX,
    Manifest, RECORDS,
};
use super::lock::{UNLOCK, UNLOCK_BYTES_MAX, Unlocked};
use super::numbers::{BadRating, Counts, Day, Numbers};
use super::views::{View, Views};
use super::writer;
use crate::domain::ApplicationId;
use crate::durable;
use crate::rules::Rulebook;
use crate::seal::AuditorKey;
use crate::wire::v1::{Body, DecidedPersonal, Record, SignedEdition};

/// Why a bundle could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A file of it.
    #[error("cannot read {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A small file of it.
    #[error("cannot read the bundle")]
    Small {
        /// Why not.
        source: durable::Error,
    },
    /// A file that does not say what it should.
    #[error("{} is damaged: {why}; `audit verify` tells everything that is wrong", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The key opens nothing here.
    #[error("the bundle does not unlock: {why}")]
    Locked {
        /// Why not.
        why: String,
    },
    /// The tables.
    #[error("cannot write the tables")]
    Write {
        /// Why not.
        source: writer::Error,
    },
}

/// Everything counted.
#[derive(Debug, Clone, Serialize)]
pub struct Counted {
    /// By day and kiosk.
    pub days: Vec<Day>,
    /// The ratings somebody must answer.
    pub bad_ratings: Vec<BadRating>,
}

impl Counted {
    /// Of all days and kiosks together.
    pub fn together(&self) -> Counts {
        let mut together = Counts::default();
        self.days.iter().for_each(|day| together.add(&day.counts));
        together
    }
}

/// Counts what a bundle's records tell managers.
pub fn count(folder: &Path) -> Result<Counted, ReadError> {
    let mut numbers = Numbers::default();
    each(folder, |_number, line| {
        // What this version does not know it cannot count.
        if let Ok(record) = Record::read(&line.record) {
            numbers.record(&record);
        }
        Ok(())
    })?;
    let newest = editions(folder)?.into_iter().max_by_key(|book| (book.epoch(), book.version()));
    let days = numbers.days();
    Ok(Counted { days, bad_ratings: numbers.bad(newest.as_ref().map(Rulebook::calendar)) })
}

/// Makes tables of a bundle's records in a new folder.
pub fn view(
    folder: &Path,
    out: &Path,
    wanted: &[View],
    auditor: Option<&AuditorKey>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Vec<FileEntry>, ReadError> {
    let manifest = manifest(folder)?;
    let unlocked = unlock(folder, auditor)?;
    let write = |source| ReadError::Write { source };
    let mut views = Views::begin(out, "", wanted).map_err(write)?;
    each(folder, |number, line| {
        let opened = unlocked.as_ref().and_then(|unlocked| open(unlocked, &line));
        views.show(&line.record, opened).map_err(write)?;
        progress(number, manifest.records);
        Ok(())
    })?;
    views.finish().map_err(write)
}

/// One case of a bundle.
#[derive(Debug)]
pub struct Case {
    /// Its records, and the end of its visit.
    pub records: Vec<Record>,
    /// What was decided upon, if it was unlocked.
    pub personal: Option<DecidedPersonal>,
    /// The edition it was decided by, if the bundle has it.
    pub rulebook: Option<Rulebook>,
}

/// Finds a case; its records are empty where there is none.
pub fn case(
    folder: &Path,
    application: ApplicationId,
    auditor: Option<&AuditorKey>,
) -> Result<Case, ReadError> {
    let unlocked = unlock(folder, auditor)?;
    let mut case = Case { records: Vec::new(), personal: None, rulebook: None };
    let needle = application.to_string();
    let mut visit: Option<crate::wire::v1::KioskId> = None;
    let mut digest = None;
    each(folder, |_number, line| {
        let ours = line.record.contains(&needle);
        if !ours && visit.is_none() {
            return Ok(());
        }
        let Ok(record) = Record::read(&line.record) else { return Ok(()) };
        if record.body.application() == Some(application) {
            visit = Some(record.kiosk.clone());
            if let Body::Decided(body) = &record.body {
                digest = Some(body.decision.edition_digest.clone());
                let key = line.key.as_deref().zip(unlocked.as_ref());
                let key = key.and_then(|(key, unlocked)| unlocked.data_key(application, key));
                case.personal = key.and_then(|key| body.open(&record.kiosk, &key).ok());
            }
            case.records.push(record);
        } else if visit.as_ref() == Some(&record.kiosk)
            && matches!(record.body, Body::SessionEnded(_))
        {
            visit = None;
            case.records.push(record);
        }
        Ok(())
    })?;
    if let Some(digest) = digest {
        case.rulebook = editions(folder)?.into_iter().find(|book| book.digest() == digest);
    }
    Ok(case)
}

/// What the envelope of a line holds.
fn open(unlocked: &Unlocked, line: &Line<'_>) -> Option<Value> {
    let wrapped = line.key.as_deref()?;
    let record = Record::read(&line.record).ok()?;
    let key = unlocked.data_key(record.body.envelope_of()?, wrapped)?;
    let kiosk = &record.kiosk;
    if let Body::Decided(body) = &record.body {
        serde_json::to_value(body.open(kiosk, &key).ok()?).ok()
    } else if let Body::Issued(body) = &record.body {
        serde_json::to_value(body.open(kiosk, &key).ok()?).ok()
    } else if let Body::LookedUp(body) = &record.body {
        serde_json::to_value(body.open(kiosk, &key).ok()?).ok()
    } else {
        None
    }
}

fn manifest(folder: &Path) -> Result<Manifest, ReadError> {
    let path = folder.join(MANIFEST);
    let bytes = durable::read_limited(&path, MANIFEST_BYTES_MAX)
        .map_err(|source| ReadError::Small { source })?;
    Manifest::read(&String::from_utf8_lossy(&bytes)).map_err(|why| ReadError::Damaged { path, why })
}

fn unlock(folder: &Path, auditor: Option<&AuditorKey>) -> Result<Option<Unlocked>, ReadError> {
    let Some(auditor) = auditor else { return Ok(None) };
    let path = folder.join(UNLOCK);
    if !path.exists() {
        let why = "it was made for no auditor; export it again with --for".to_owned();
        return Err(ReadError::Locked { why });
    }
    let bytes = durable::read_limited(&path, UNLOCK_BYTES_MAX)
        .map_err(|source| ReadError::Small { source })?;
    Unlocked::open(&String::from_utf8_lossy(&bytes), auditor)
        .map(Some)
        .map_err(|why| ReadError::Locked { why })
}

/// The editions of a bundle, as they say they are: who signed them is a question for `verify`.
fn editions(folder: &Path) -> Result<Vec<Rulebook>, ReadError> {
    let folder = folder.join(EDITIONS);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(ReadError::File { path: folder, source }),
    };
    let mut editions = Vec::new();
    for entry in entries {
        let path = match entry {
            Ok(entry) => entry.path(),
            Err(source) => return Err(ReadError::File { path: folder, source }),
        };
        let bytes = durable::read_limited(&path, EDITION_BYTES_MAX)
            .map_err(|source| ReadError::Small { source })?;
        let damaged = |why: String| ReadError::Damaged { path: path.clone(), why };
        let edition = SignedEdition::read(&bytes).map_err(|error| damaged(error.to_string()))?;
        let rulebook =
            Rulebook::load(&edition.files).map_err(|error| damaged(error.to_string()))?;
        editions.push(rulebook);
    }
    Ok(editions)
}

/// Reads the evidence line by line.
fn each(
    folder: &Path,
    mut give: impl FnMut(u64, Line<'_>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let path = folder.join(RECORDS);
    let unreadable = |source| ReadError::File { path: path.clone(), source };
    let mut file = BufReader::with_capacity(256 * 1024, File::open(&path).map_err(unreadable)?);
    let mut text = Vec::new();
    let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut number = 0;
    loop {
        text.clear();
        if file.by_ref().take(limit).read_until(b'\n', &mut text).map_err(unreadable)? == 0 {
            return Ok(());
        }
        number += 1;
        let line: Line<'_> = serde_json::from_slice(&text).map_err(|error| {
            let why = format!("line {number}: {error}");
            ReadError::Damaged { path: path.clone(), why }
        })?;
        give(number, line)?;
    }
}
