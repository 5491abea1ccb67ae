//! The editions kept on this kiosk: which one is decided by, and that it never goes back.
//!
//! An offered edition is verified, checked and tested before anything is written; then its file, then
//! the mark it is never gone back behind, then the journal's record, then it decides. A power cut
//! between any two of them leaves a kiosk that decides by the one or by the other, never by an older.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::referring::referring;
use super::refusal::Refused;
use super::status::{Active, EditionName, Refusal, Status};
use crate::clock::Clock;
use crate::durable;
use crate::fault::{Chain, FaultCode};
use crate::rules::Rulebook;
use crate::wire::v1::{
    Edition, EditionActivated, EditionManifest, Hash, Publishers, SignedEdition,
};

/// The shelf. What it decides by is swapped as a whole.
pub struct Shelf {
    folder: PathBuf,
    publishers: Publishers,
    clock: Arc<dyn Clock>,
    decides: watch::Sender<Arc<Rulebook>>,
    state: Mutex<State>,
}

struct State {
    mark: Mark,
    active: Option<EditionActivated>,
    kept: BTreeSet<Kept>,
    refused: Vec<Refusal>,
    /// What was refused last, so that the same thing offered again is no news.
    refused_last: Option<Hash>,
    /// What stands in the way of newer editions since the last good offer.
    trouble: Option<FaultCode>,
}

/// Epoch and version.
type Number = (u64, u64);

/// A file of the shelf by what its name says: number and digest.
type Kept = (Number, String);

/// What is never gone back behind; outside the editions' own files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    epoch: u64,
    version: u64,
    /// Of the edition of this number: another one with the same number is refused.
    digest: String,
    /// The newest signed date ever seen: it is not earlier than this, whatever the clock says.
    seen: Date,
}

impl Mark {
    const NONE: Self = Self { epoch: 0, version: 0, digest: String::new(), seen: Date::MIN };

    fn number(&self) -> Number {
        (self.epoch, self.version)
    }
}

/// An edition that is on the shelf for good and does not decide yet.
#[derive(Debug)]
pub struct Candidate {
    record: EditionActivated,
    rulebook: Arc<Rulebook>,
}

impl Candidate {
    /// What the journal must say before it decides.
    pub fn record(&self) -> &EditionActivated {
        &self.record
    }
}

/// What came of an offer.
#[derive(Debug)]
pub enum Offered {
    /// It is good, and kept; [`Shelf::activate`] makes it decide.
    Good(Candidate),
    /// It is the one that decides already.
    Present,
    /// It is not taken.
    Refused {
        /// Why.
        refusal: Refusal,
        /// SHA-256 of what was offered.
        offered: Hash,
        /// The very same was refused just before.
        again: bool,
    },
}

/// Why the shelf cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShelfError {
    /// The folder.
    #[error("cannot use the folder of the editions {}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The mark.
    #[error("cannot keep which edition is never gone back behind")]
    Mark {
        /// What the system said.
        source: durable::Error,
    },
}

impl Shelf {
    /// The folder's name inside the kiosk's data folder.
    pub const FOLDER: &str = "rulebooks";
    /// Files looked at in the folder at most: one edition a week for fifteen years, of a quarter of a
    /// megabyte each, is 200 MB. No edition that ever decided is deleted, for the journal names it.
    const FILES_MAX: usize = 1024;
    const MARK_FILE: &str = "mark.json";
    const MARK_BYTES_MAX: u64 = 1024;
    /// What an edition's file name ends with.
    const SUFFIX: &str = ".edition.json";

    /// Opens the shelf and takes up the newest good edition, if the mark allows it. `recorded` is the
    /// edition the journal says was activated last: a shelf put back to an older copy is found by it.
    pub fn open(
        folder: &Path,
        publishers: Publishers,
        recorded: Option<&EditionActivated>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ShelfError> {
        let failed = |source| ShelfError::Folder { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let mut kept = BTreeSet::new();
        for entry in fs::read_dir(folder).map_err(failed)?.take(Self::FILES_MAX) {
            let name = entry.map_err(failed)?.file_name();
            kept.extend(name.to_str().and_then(number_and_digest));
        }
        let (mark, trouble) = Self::mark(folder, recorded);
        let (decides, _) = watch::channel(referring());
        let state =
            State { mark, active: None, kept, refused: Vec::new(), refused_last: None, trouble };
        let shelf = Self {
            folder: folder.to_owned(),
            publishers,
            clock,
            decides,
            state: Mutex::new(state),
        };
        shelf.take_up()?;
        Ok(shelf)
    }

    /// The higher of what the file and what the journal says. A file that is behind, damaged or gone
    /// while the journal knows better was not written by us like that.
    fn mark(folder: &Path, recorded: Option<&EditionActivated>) -> (Mark, Option<FaultCode>) {
        let path = folder.join(Self::MARK_FILE);
        let (file, damaged) = match durable::read_limited(&path, Self::MARK_BYTES_MAX) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(mark) => (mark, false),
                Err(error) => {
                    tracing::error!(%error, "{} is damaged", path.display());
                    (Mark::NONE, true)
                }
            },
            Err(error) if error.is_missing() => (Mark::NONE, false),
            Err(error) => {
                tracing::error!(error = %Chain(&error), "the mark of the editions cannot be read");
                (Mark::NONE, true)
            }
        };
        let Some(recorded) = recorded else {
            return (file, damaged.then_some(FaultCode::RulebookInvalid));
        };
        let number = (recorded.epoch, recorded.version);
        let behind = file.number() < number;
        if behind || (file.number() == number && file.digest != recorded.digest) {
            tracing::error!(
                "the shelf of editions is older than the journal, which knows {} {}.{}",
                recorded.name,
                recorded.epoch,
                recorded.version
            );
            let mark = Mark {
                epoch: recorded.epoch,
                version: recorded.version,
                digest: recorded.digest.clone(),
                seen: file.seen.max(recorded.issued),
            };
            return (mark, Some(FaultCode::RulebookRolledBack));
        }
        (file, None)
    }

    /// Takes up the newest edition on the shelf that is good and not behind the mark.
    fn take_up(&self) -> Result<(), ShelfError> {
        let mut state = self.locked();
        let newest_first: Vec<Kept> = state.kept.iter().rev().cloned().collect();
        for (number, digest) in newest_first {
            if number < state.mark.number() {
                break;
            }
            if number == state.mark.number() && digest != state.mark.digest {
                continue;
            }
            let name = file_name(number, &digest);
            let path = self.folder.join(&name);
            let read = read(&path, &digest);
            let verified =
                read.and_then(|signed| signed.verify(&self.publishers).map_err(Refused::Edition));
            match verified {
                Ok(edition) => {
                    self.raise(&mut state, &edition.manifest)
                        .map_err(|source| ShelfError::Mark { source })?;
                    state.active = Some(record_of(&edition));
                    self.decides.send_replace(to_decide(edition.rulebook));
                    return Ok(());
                }
                Err(refused) => {
                    if refused.is_damage() {
                        // Kept for whoever looks into it; never looked at again by us.
                        set_aside(&path);
                        state.kept.remove(&(number, digest));
                    }
                    let refusal = refused.refusal(None, self.clock.now());
                    tracing::error!("{name} on the shelf is not used: {}", refusal.why.en);
                    state.trouble = Some(refused.fault());
                    remember(&mut state, refusal);
                }
            }
        }
        Ok(())
    }

    /// Offers an edition's file, from central or from a medium. What comes of it is told, not decided
    /// by: the journal must know of a good one first.
    pub fn offer(&self, bytes: &[u8]) -> Offered {
        let mut state = self.locked();
        match self.judge(&mut state, bytes) {
            Ok(Some(candidate)) => Offered::Good(candidate),
            Ok(None) => {
                state.trouble = None;
                state.refused_last = None;
                Offered::Present
            }
            Err((refused, edition)) => {
                let offered = Hash::of(bytes);
                let refusal = refused.refusal(edition, self.clock.now());
                let again = state.refused_last == Some(offered);
                if !again {
                    tracing::error!("an edition is refused: {}", refusal.why.en);
                    remember(&mut state, refusal.clone());
                }
                state.refused_last = Some(offered);
                state.trouble = Some(refused.fault());
                Offered::Refused { refusal, offered, again }
            }
        }
    }

    fn judge(
        &self,
        state: &mut State,
        bytes: &[u8],
    ) -> Result<Option<Candidate>, (Refused, Option<EditionName>)> {
        let unknown = |error| (Refused::Edition(error), None);
        let signed = SignedEdition::read(bytes).map_err(unknown)?;
        let (manifest, signed_by) = signed.signed_manifest(&self.publishers).map_err(unknown)?;
        let name = EditionName {
            name: manifest.name.clone(),
            epoch: manifest.epoch,
            version: manifest.version,
            digest: manifest.digest.clone(),
        };
        let no = |refused| (refused, Some(name.clone()));
        let mark = &state.mark;
        if manifest.number() < mark.number() {
            return Err(no(Refused::Older { mark: mark.number() }));
        }
        if manifest.number() == mark.number() && manifest.digest != mark.digest {
            return Err(no(Refused::SameNumber));
        }
        if state.active.as_ref().is_some_and(|active| active.digest == manifest.digest) {
            return Ok(None);
        }
        if self.today_after(mark) > manifest.reject_after {
            return Err(no(Refused::Expired { reject_after: manifest.reject_after }));
        }
        let rulebook = signed.check(&manifest).map_err(|error| no(Refused::Edition(error)))?;
        let path = self.folder.join(file_name(manifest.number(), &manifest.digest));
        let not_kept = |source| no(Refused::NotKept { source });
        durable::write(&path, signed.to_text().as_bytes()).map_err(not_kept)?;
        // A crash here leaves a file ahead of the mark: it is taken up at the next start.
        self.raise(state, &manifest).map_err(not_kept)?;
        state.kept.insert((manifest.number(), manifest.digest.clone()));
        let edition = Edition { manifest, signed_by, rulebook: Arc::new(rulebook) };
        let record = record_of(&edition);
        Ok(Some(Candidate { record, rulebook: to_decide(edition.rulebook) }))
    }

    /// From now on this edition decides; visits that have begun keep the one they began with.
    pub fn activate(&self, candidate: Candidate) {
        let mut state = self.locked();
        state.active = Some(candidate.record);
        state.trouble = None;
        state.refused_last = None;
        drop(state);
        self.decides.send_replace(candidate.rulebook);
    }

    /// The record of the active edition, for a journal that does not know it yet.
    pub fn active(&self) -> Option<EditionActivated> {
        self.locked().active.clone()
    }

    /// What is decided by: the active edition, or the one that refers everything.
    pub fn rulebook(&self) -> Arc<Rulebook> {
        self.decides.borrow().clone()
    }

    /// Sees every change of what is decided by.
    pub fn watch(&self) -> watch::Receiver<Arc<Rulebook>> {
        self.decides.subscribe()
    }

    /// The edition of a digest a record names, to decide an old case again.
    pub fn by_digest(&self, digest: &str) -> Option<Arc<Rulebook>> {
        if let Some(current) =
            [self.rulebook(), referring()].into_iter().find(|known| known.digest() == digest)
        {
            return Some(current);
        }
        let number = {
            let state = self.locked();
            let found = state.kept.iter().find(|(_, kept)| kept == digest);
            found.map(|(number, _)| *number)?
        };
        // The digest is its own proof: publishers' keys may have changed since.
        let signed = read(&self.folder.join(file_name(number, digest)), digest).ok()?;
        Rulebook::load(&signed.files).ok().map(Arc::new)
    }

    /// The day it is at least: a clock that was set back does not make an edition younger.
    pub fn today(&self) -> Date {
        self.today_after(&self.locked().mark)
    }

    /// How the editions are today.
    pub fn status(&self) -> Status {
        let rulebook = self.rulebook();
        let state = self.locked();
        let today = self.today_after(&state.mark);
        let active = state.active.as_ref().map(|active| Active {
            edition: EditionName {
                name: active.name.clone(),
                epoch: active.epoch,
                version: active.version,
                digest: active.digest.clone(),
            },
            issued: active.issued,
            refresh_by: rulebook.refresh_by(),
            reject_after: rulebook.reject_after(),
            stale: today > rulebook.refresh_by(),
            expired: today > rulebook.reject_after(),
        });
        let kept = state.kept.iter().rev().map(|((epoch, version), digest)| EditionName {
            name: self.publishers.rulebook.clone(),
            epoch: *epoch,
            version: *version,
            digest: digest.clone(),
        });
        let stale = active.as_ref().is_some_and(|active| active.stale);
        let mut faults = Vec::new();
        faults.extend(active.is_none().then_some(FaultCode::RulebookMissing));
        faults.extend(state.trouble);
        faults.extend(stale.then_some(FaultCode::RulebookStale));
        faults.sort_unstable();
        Status { kept: kept.collect(), active, refused: state.refused.clone(), faults }
    }

    /// What this kiosk takes editions for.
    pub fn channel(&self) -> &str {
        &self.publishers.channel
    }

    fn today_after(&self, mark: &Mark) -> Date {
        self.clock.today().max(mark.seen)
    }

    /// Raises the mark to an edition: first durable, then counted.
    fn raise(&self, state: &mut State, to: &EditionManifest) -> Result<(), durable::Error> {
        let raised = Mark {
            epoch: to.epoch,
            version: to.version,
            digest: to.digest.clone(),
            seen: state.mark.seen.max(to.issued),
        };
        debug_assert!(raised.number() >= state.mark.number(), "the mark only goes up");
        if raised != state.mark || state.trouble.is_some() {
            let text = serde_json::to_vec(&raised).expect("a mark has only string keys");
            durable::write(&self.folder.join(Self::MARK_FILE), &text)?;
            state.mark = raised;
        }
        Ok(())
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Shelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shelf({} {})", self.folder.display(), self.rulebook().edition())
    }
}

/// A kiosk never looks at the cases again.
fn to_decide(rulebook: Arc<Rulebook>) -> Arc<Rulebook> {
    Arc::new(Arc::unwrap_or_clone(rulebook).without_cases())
}

fn record_of(edition: &Edition) -> EditionActivated {
    let manifest = &edition.manifest;
    EditionActivated {
        name: manifest.name.clone(),
        channel: manifest.channel.clone(),
        epoch: manifest.epoch,
        version: manifest.version,
        digest: manifest.digest.clone(),
        issued: manifest.issued,
        signed_by: edition.signed_by.clone(),
    }
}

fn remember(state: &mut State, refusal: Refusal) {
    state.refused.insert(0, refusal);
    state.refused.truncate(Status::REFUSED_MAX);
}

/// For example `1.3-<64 hexadecimal digits>.edition.json`.
fn file_name((epoch, version): Number, digest: &str) -> String {
    format!("{epoch}.{version}-{digest}{}", Shelf::SUFFIX)
}

fn number_and_digest(name: &str) -> Option<Kept> {
    let (number, digest) = name.strip_suffix(Shelf::SUFFIX)?.split_once('-')?;
    let (epoch, version) = number.split_once('.')?;
    let digest = Hash::parse(digest)?.to_string();
    Some(((epoch.parse().ok()?, version.parse().ok()?), digest))
}

/// Reads a file of the shelf and checks that it is what its name says.
fn read(path: &Path, digest: &str) -> Result<SignedEdition, Refused> {
    let limit = u64::try_from(SignedEdition::BYTES_MAX).unwrap_or(u64::MAX);
    let bytes = durable::read_limited(path, limit).map_err(|source| Refused::NotRead { source })?;
    let signed = SignedEdition::read(&bytes).map_err(|_error| Refused::Damaged)?;
    if Rulebook::digest_of(&signed.files) == digest { Ok(signed) } else { Err(Refused::Damaged) }
}

fn set_aside(path: &Path) {
    let mut name = path.as_os_str().to_owned();
    name.push(".damaged");
    #[expect(
        clippy::disallowed_methods,
        reason = "nothing is written: the file only changes its name"
    )]
    if let Err(error) = fs::rename(path, &name) {
        tracing::error!(%error, "{} cannot be set aside", path.display());
    }
}
