//! Verifies a bundle offline: everything in it against everything else in it, and against the keys the
//! auditor brought. It shares no code with the journal or the permit book.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;

use sha2::{Digest as _, Sha256};

use super::book::{Book, count};
use super::bundle::{
    ACTS, ACTS_BYTES_MAX, CentralLookUp, Chain, EDITION_BYTES_MAX, EDITIONS, FileEntry, GRANTS,
    KEYS, KEYS_BYTES_MAX, Keys, LINE_BYTES_MAX, LOOK_UP_BYTES_MAX, LOOK_UPS, MANIFEST,
    MANIFEST_BYTES_MAX, Manifest, RECORDS, SIGNATURE, SUMS, Source, key_of, read_signature,
};
use super::lock::{UNLOCK, UNLOCK_BYTES_MAX, Unlocked};
use super::look::{Again, Lens, LifeKeys, Seen};
use super::look_ups::Recorded;
use super::report::{Check, PROBLEMS_MAX, Problem, Report};
use super::trust::Trust;
use crate::domain::calendar::Calendar;
use crate::seal::{AuditorKey, Keyring, VerifyingKey};
use crate::wire::v1::{BlockGrant, Hash, KioskId, SignedBlock, SignedEdition};

/// How a bundle is verified.
#[derive(Debug)]
pub struct Verify<'a> {
    /// The bundle's folder.
    pub folder: &'a Path,
    /// The keys the auditor brought.
    pub trust: &'a Trust,
    /// The auditor's own key, which opens what was closed to it.
    pub unlock: Option<&'a AuditorKey>,
    /// Lines are looked at on so many threads.
    pub threads: usize,
}

/// Why a bundle could not even be looked at.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", path.display())]
pub struct Unreadable {
    /// Which file.
    path: PathBuf,
    /// What the system said.
    source: io::Error,
}

/// Lines looked at by one thread at a time: some milliseconds of work.
const LINES_EACH: usize = 128;
/// Parts a thread has before it, so that it never waits for the reader.
const PARTS_EACH: usize = 2;
/// Bytes of such a part at most, about; a few of the longest records.
const AHEAD_BYTES_MAX: usize = 4 * 1024 * 1024;

impl Verify<'_> {
    /// Looks at everything. `progress` is told how many records of how many are done.
    pub fn run(&self, mut progress: impl FnMut(u64, u64)) -> Result<Report, Unreadable> {
        let mut work = Work { verify: self, report: Report::new(self.folder), problems: 0 };
        let Some(manifest) = work.manifest()? else { return Ok(work.report.ended()) };
        let seen = work.folder(&manifest)?;
        let lives = work.keys(&manifest)?;
        let (editions, calendar) = work.editions(&manifest)?;
        let unlocked = work.unlock()?;
        let mut book = Book::default();
        for (kiosk, incarnation) in lives.keys() {
            let last = book.lives.entry(kiosk.clone()).or_default();
            *last = (*last).max(*incarnation);
        }
        work.grants(&manifest, &mut book)?;
        if manifest.source == Source::Central {
            work.acts(&manifest, &mut book)?;
            book.recorded = Some(Recorded::default());
        }
        let lens = Lens { lives, editions, unlocked };
        work.records(&manifest, &lens, &mut book, &mut progress)?;
        work.look_ups(&manifest, &mut book)?;
        work.rest(&manifest, &seen)?;
        work.end(&manifest, book, calendar.as_ref());
        Ok(work.report.ended())
    }
}

/// Lives whose keys are prepared: with tables of 1 MB each.
const PREPARED_LIVES_MAX: usize = 64;

struct Work<'a> {
    verify: &'a Verify<'a>,
    report: Report,
    problems: usize,
}

impl Work<'_> {
    fn wrong(&mut self, problem: Problem) {
        self.report.problem_count += 1;
        if self.problems < PROBLEMS_MAX {
            self.problems += 1;
            self.report.problems.push(problem);
        }
    }

    fn wrong_file(&mut self, file: &str, check: Check, what: impl Into<String>) {
        self.wrong(Problem {
            file: file.to_owned(),
            line: None,
            kiosk: None,
            position: None,
            check,
            what: what.into(),
        });
    }

    fn wrong_line(&mut self, file: &str, line: u64, check: Check, what: String) {
        self.wrong(Problem {
            file: file.to_owned(),
            line: Some(line),
            kiosk: None,
            position: None,
            check,
            what,
        });
    }

    fn reserve(&mut self, what: &str, count: u64) {
        if count > 0 {
            *self.report.reservations.entry(what.to_owned()).or_default() += count;
        }
    }

    /// A small file; none, and told, where it is missing or too long.
    fn small(&mut self, path: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, Unreadable> {
        let place = self.verify.folder.join(path);
        let file = match File::open(&place) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.wrong_file(path, Check::File, "it is missing");
                return Ok(None);
            }
            Err(source) => return Err(Unreadable { path: place, source }),
        };
        let mut bytes = Vec::new();
        let read = file.take(bytes_max + 1).read_to_end(&mut bytes);
        read.map_err(|source| Unreadable { path: place, source })?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length <= bytes_max) {
            return Ok(Some(bytes));
        }
        self.wrong_file(path, Check::File, format!("it is longer than {bytes_max} bytes"));
        Ok(None)
    }

    /// A small file that the manifest lists, if it is the one listed.
    fn listed(
        &mut self,
        manifest: &Manifest,
        path: &str,
        bytes_max: u64,
    ) -> Result<Option<String>, Unreadable> {
        let Some(entry) = manifest.file(path) else {
            self.wrong_file(path, Check::Manifest, "the manifest does not list it");
            return Ok(None);
        };
        let Some(bytes) = self.small(path, bytes_max)? else { return Ok(None) };
        if Hash::of(&bytes) != entry.sha256 || u64::try_from(bytes.len()) != Ok(entry.bytes) {
            self.wrong_file(path, Check::File, "it is not the file that was signed");
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_other) => {
                self.wrong_file(path, Check::File, "it is no text");
                Ok(None)
            }
        }
    }

    fn manifest(&mut self) -> Result<Option<Manifest>, Unreadable> {
        let Some(bytes) = self.small(MANIFEST, MANIFEST_BYTES_MAX)? else { return Ok(None) };
        self.report.manifest_sha256 = Some(Hash::of(&bytes));
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(_other) => {
                self.wrong_file(MANIFEST, Check::Manifest, "it is no text");
                return Ok(None);
            }
        };
        if let Some(line) = self.small(SIGNATURE, 256)? {
            let signed = std::str::from_utf8(&line).ok().and_then(read_signature);
            match signed {
                None => self.wrong_file(SIGNATURE, Check::Manifest, "it is no signature"),
                Some((id, signature)) => match self.verify.trust.get(id) {
                    None => {
                        let what = format!("it is signed with key {id}, which you do not trust");
                        self.wrong_file(SIGNATURE, Check::Manifest, what);
                    }
                    Some(key) => {
                        let context = Manifest::SIGNATURE_CONTEXT;
                        if key.verify(context, text.as_bytes(), &signature) {
                            let name = self.verify.trust.name(id).unwrap_or_default();
                            self.report.signed_by = Some(format!("{name} ({id})"));
                        } else {
                            let what = "the signature does not fit the manifest";
                            self.wrong_file(SIGNATURE, Check::Manifest, what);
                        }
                    }
                },
            }
        }
        match Manifest::read(&text) {
            Ok(manifest) => {
                self.report.made_at = Some(manifest.made_at);
                self.report.made_by = Some(manifest.made_by.clone());
                self.report.source = Some(manifest.source);
                self.report.asked = Some(manifest.asked.clone());
                if let Some(sums) = self.small(SUMS, MANIFEST_BYTES_MAX)?
                    && sums != manifest.sums().as_bytes()
                {
                    self.wrong_file(
                        SUMS,
                        Check::Manifest,
                        "it does not say what the manifest says",
                    );
                }
                Ok(Some(manifest))
            }
            Err(why) => {
                self.wrong_file(MANIFEST, Check::Manifest, why);
                Ok(None)
            }
        }
    }

    /// The files there are; one that the manifest does not list is told.
    fn folder(&mut self, manifest: &Manifest) -> Result<BTreeSet<String>, Unreadable> {
        let mut there = BTreeSet::new();
        let mut folders = vec![self.verify.folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let unreadable = |source| Unreadable { path: folder.clone(), source };
            for entry in fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let path = entry.path();
                let name = path.strip_prefix(self.verify.folder).unwrap_or(&path);
                let name = name.to_string_lossy().into_owned();
                if entry.file_type().map_err(unreadable)?.is_dir() {
                    folders.push(path);
                } else if ![MANIFEST, SIGNATURE, SUMS].contains(&name.as_str()) {
                    if manifest.file(&name).is_none() {
                        self.wrong_file(&name, Check::Manifest, "the manifest does not list it");
                    }
                    there.insert(name);
                }
            }
        }
        let mut listed = BTreeSet::new();
        for file in &manifest.files {
            if !listed.insert(&file.path) {
                self.wrong_file(&file.path, Check::Manifest, "the manifest lists it twice");
            }
        }
        Ok(there)
    }

    /// The keys of the kiosks' lives, if the auditor's trust reaches them.
    fn keys(
        &mut self,
        manifest: &Manifest,
    ) -> Result<BTreeMap<(KioskId, u32), LifeKeys>, Unreadable> {
        let mut lives = BTreeMap::new();
        let Some(text) = self.listed(manifest, KEYS, KEYS_BYTES_MAX)? else { return Ok(lives) };
        let keys = match Keys::read(&text) {
            Ok(keys) => keys,
            Err(why) => {
                self.wrong_file(KEYS, Check::Key, why);
                return Ok(lives);
            }
        };
        let trust = self.verify.trust;
        let trusted = |key: &VerifyingKey| trust.get(key.id()).is_some();
        match key_of(&keys.central) {
            Some(central) if trusted(&central) => {}
            Some(central) => {
                let what = format!("central's key {} is none you trust", central.id());
                self.wrong_file(KEYS, Check::Key, what);
            }
            None => self.wrong_file(KEYS, Check::Key, "central's key is none"),
        }
        let count = keys.lives.len();
        for life in keys.lives {
            let of = format!("life {} of {}", life.incarnation, life.kiosk);
            let (Some(device), Some(seal)) = (key_of(&life.device_key), key_of(&life.seal_key))
            else {
                self.wrong_file(KEYS, Check::Key, format!("a key of {of} is none"));
                continue;
            };
            // Central vouches for its kiosks; a kiosk does not vouch for itself.
            let vouched = match manifest.source {
                Source::Central => true,
                Source::Kiosk => trusted(&device) && trusted(&seal),
            };
            if !vouched {
                let (device, seal) = (device.id(), seal.id());
                let what = format!("you do not trust both keys {device} and {seal} of {of}");
                self.wrong_file(KEYS, Check::Key, what);
            }
            // A fleet's lives are few, and each has signed thousands; of more the tables would fill the memory.
            let (device, seal) = if count <= PREPARED_LIVES_MAX {
                (device.prepared(), seal.prepared())
            } else {
                (device, seal)
            };
            let mut seals = Keyring::new();
            seals.trust(of, seal);
            lives.insert((life.kiosk, life.incarnation), LifeKeys { device, seals });
        }
        Ok(lives)
    }

    #[expect(clippy::type_complexity, reason = "the editions by digest, and the newest calendar")]
    fn editions(
        &mut self,
        manifest: &Manifest,
    ) -> Result<(BTreeMap<String, Arc<crate::rules::Rulebook>>, Option<Calendar>), Unreadable> {
        let mut editions = BTreeMap::new();
        let mut newest: Option<((u64, u64), Calendar)> = None;
        let folder = format!("{EDITIONS}/");
        let files: Vec<&FileEntry> =
            manifest.files.iter().filter(|file| file.path.starts_with(&folder)).collect();
        if !files.is_empty() && self.verify.trust.has_no_publishers() {
            self.reserve("editions, for no publishers are trusted", 1);
            return Ok((editions, None));
        }
        for file in files {
            let Some(text) = self.listed(manifest, &file.path, EDITION_BYTES_MAX)? else {
                continue;
            };
            let edition = SignedEdition::read(text.as_bytes())
                .map_err(|error| crate::fault::Chain(&error).to_string())
                .and_then(|edition| self.verify.trust.edition(&edition));
            match edition {
                Err(why) => self.wrong_file(&file.path, Check::Edition, why),
                Ok(edition) if file.path != format!("{folder}{}.json", edition.manifest.digest) => {
                    let what = "its name is not the digest of its rules";
                    self.wrong_file(&file.path, Check::Edition, what);
                }
                Ok(edition) => {
                    let number = edition.manifest.number();
                    if newest.as_ref().is_none_or(|(other, _)| *other < number) {
                        newest = Some((number, edition.rulebook.calendar().clone()));
                    }
                    editions.insert(edition.manifest.digest.clone(), edition.rulebook);
                }
            }
        }
        Ok((editions, newest.map(|(_, calendar)| calendar)))
    }

    fn unlock(&mut self) -> Result<Option<Unlocked>, Unreadable> {
        let Some(auditor) = self.verify.unlock else { return Ok(None) };
        let Some(bytes) = self.small(UNLOCK, UNLOCK_BYTES_MAX)? else { return Ok(None) };
        match Unlocked::open(&String::from_utf8_lossy(&bytes), auditor) {
            Ok(unlocked) => Ok(Some(unlocked)),
            Err(why) => {
                self.wrong_file(UNLOCK, Check::Envelope, why);
                Ok(None)
            }
        }
    }

    fn grants(&mut self, manifest: &Manifest, book: &mut Book) -> Result<(), Unreadable> {
        // 10 000 blocks at 1.5 kB: a fleet's for decades.
        let Some(text) = self.listed(manifest, GRANTS, 16 * 1024 * 1024)? else { return Ok(()) };
        let central = self.listed(manifest, KEYS, KEYS_BYTES_MAX)?;
        let central = central.and_then(|text| key_of(&Keys::read(&text).ok()?.central));
        for (line, text) in (1..).zip(text.lines()) {
            let place = |check, what: String| Problem {
                file: GRANTS.to_owned(),
                line: Some(line),
                kiosk: None,
                position: None,
                check,
                what,
            };
            let signed: SignedBlock = match serde_json::from_str(text) {
                Ok(signed) => signed,
                Err(error) => {
                    self.wrong(place(Check::Grant, error.to_string()));
                    continue;
                }
            };
            if !central.as_ref().is_some_and(|central| signed.verify(central)) {
                self.wrong(place(Check::Grant, "it is not signed by central".to_owned()));
            }
            match BlockGrant::read(&signed.grant) {
                Err(error) => {
                    self.wrong(place(Check::Grant, crate::fault::Chain(&error).to_string()));
                }
                Ok(grant) => {
                    let mut told = Vec::new();
                    book.grant(grant, signed.digest(), &mut |check, what| {
                        told.push(place(check, what));
                    });
                    for problem in told {
                        self.wrong(problem);
                    }
                }
            }
        }
        Ok(())
    }

    fn acts(&mut self, manifest: &Manifest, book: &mut Book) -> Result<(), Unreadable> {
        let Some(text) = self.listed(manifest, ACTS, ACTS_BYTES_MAX)? else { return Ok(()) };
        let central = self.listed(manifest, KEYS, KEYS_BYTES_MAX)?;
        let central = central.and_then(|text| key_of(&Keys::read(&text).ok()?.central));
        for (line, text) in (1..).zip(text.lines()) {
            let mut told = Vec::new();
            match serde_json::from_str(text) {
                Ok(signed) => {
                    let tell = &mut |check, what| told.push((check, what));
                    book.acts.enter(&signed, central.as_ref(), tell);
                }
                Err(error) => told.push((Check::Act, error.to_string())),
            }
            for (check, what) in told {
                self.wrong_line(ACTS, line, check, what);
            }
        }
        Ok(())
    }

    /// Central's list of look-ups, against the records.
    fn look_ups(&mut self, manifest: &Manifest, book: &mut Book) -> Result<(), Unreadable> {
        let Some(mut recorded) = book.recorded.take() else { return Ok(()) };
        recorded.sort();
        let Some(entry) = manifest.file(LOOK_UPS) else {
            self.wrong_file(LOOK_UPS, Check::Manifest, "the manifest does not list it");
            return Ok(());
        };
        let path = self.verify.folder.join(LOOK_UPS);
        let unreadable = |source| Unreadable { path: path.clone(), source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.wrong_file(LOOK_UPS, Check::File, "it is missing");
                return Ok(());
            }
            Err(source) => return Err(unreadable(source)),
        };
        let mut lines = Lines::of(file, LOOK_UP_BYTES_MAX);
        let mut line = 0;
        loop {
            let part = lines.read(LINES_EACH).map_err(unreadable)?;
            if part.is_empty() {
                break;
            }
            for text in part {
                line += 1;
                match serde_json::from_slice::<CentralLookUp>(&text) {
                    Ok(asked) => recorded.compare(line, &asked, &mut book.look_ups),
                    Err(error) => {
                        self.wrong_line(LOOK_UPS, line, Check::LookUp, error.to_string());
                    }
                }
            }
        }
        self.is_signed_file(LOOK_UPS, entry, lines);
        if entry.rows != Some(line) {
            let rows = entry.rows.unwrap_or_default();
            let what = format!("it has {line} look-ups, the manifest says {rows}");
            self.wrong_file(LOOK_UPS, Check::Total, what);
        }
        Ok(())
    }

    /// What was read to its end is what was signed.
    fn is_signed_file(&mut self, name: &str, entry: &FileEntry, lines: Lines) {
        let Lines { sha256, bytes, .. } = lines;
        if Hash::from_bytes(sha256.finalize().into()) != entry.sha256 || bytes != entry.bytes {
            self.wrong_file(name, Check::File, "it is not the file that was signed");
        }
    }

    fn records(
        &mut self,
        manifest: &Manifest,
        lens: &Lens,
        book: &mut Book,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), Unreadable> {
        let Some(entry) = manifest.file(RECORDS) else {
            self.wrong_file(RECORDS, Check::Manifest, "the manifest does not list it");
            return Ok(());
        };
        let path = self.verify.folder.join(RECORDS);
        let unreadable = |source| Unreadable { path: path.clone(), source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.wrong_file(RECORDS, Check::File, "it is missing");
                return Ok(());
            }
            Err(source) => return Err(unreadable(source)),
        };
        let mut lines = Lines::of(file, LINE_BYTES_MAX);
        let mut line = 0;
        let read = std::thread::scope(|scope| {
            // Lines are looked at out of order and told in order: each thread has every so many-th part.
            let workers: Vec<_> = (0..self.verify.threads.max(1))
                .map(|_| {
                    let (give, given) = mpsc::sync_channel::<Vec<Vec<u8>>>(PARTS_EACH);
                    let (tell, told) = mpsc::sync_channel::<Vec<Seen>>(PARTS_EACH);
                    scope.spawn(move || {
                        for part in given {
                            let seen = part.iter().map(|line| lens.look(line)).collect();
                            if tell.send(seen).is_err() {
                                break;
                            }
                        }
                    });
                    (give, told)
                })
                .collect();
            let mut under_way = VecDeque::with_capacity(workers.len() * PARTS_EACH);
            let mut next = workers.iter().cycle();
            loop {
                while under_way.len() < workers.len() * PARTS_EACH {
                    let part = lines.read(LINES_EACH)?;
                    let Some((give, told)) = next.next().filter(|_| !part.is_empty()) else {
                        break;
                    };
                    // Nobody takes it where looking has panicked: then the next `recv` says so.
                    if give.send(part).is_ok() {
                        under_way.push_back(told);
                    }
                }
                let Some(told) = under_way.pop_front() else { return Ok(()) };
                for seen in told.recv().expect("looking at a line never panics") {
                    line += 1;
                    self.record(line, &seen, book);
                }
                progress(line, manifest.records);
            }
        });
        read.map_err(unreadable)?;
        self.is_signed_file(RECORDS, entry, lines);
        if entry.rows != Some(line) || manifest.records != line {
            let (rows, records) = (entry.rows.unwrap_or_default(), manifest.records);
            let what = format!("it has {line} records, the manifest says {rows} and {records}");
            self.wrong_file(RECORDS, Check::Total, what);
        }
        Ok(())
    }

    fn record(&mut self, line: u64, seen: &Seen, book: &mut Book) {
        let place = |check, what: String| Problem {
            file: RECORDS.to_owned(),
            line: Some(line),
            kiosk: seen.header.as_ref().map(|header| header.kiosk.clone()),
            position: seen.header.as_ref().map(|header| header.position),
            check,
            what,
        };
        self.report.records += 1;
        self.report.signatures += u64::from(seen.signed);
        self.report.seals += seen.seals;
        count(seen.again, &mut self.report.decisions);
        if seen.again == Again::Sealed {
            self.reserve("decisions not decided again: sealed", 1);
        }
        if seen.again == Again::WithoutEdition {
            self.reserve("decisions not decided again: their edition is not in the bundle", 1);
        }
        for what in &seen.reservations {
            self.reserve(what, 1);
        }
        for (check, what) in &seen.problems {
            self.wrong(place(*check, what.clone()));
        }
        let mut told = Vec::new();
        book.record(line, seen, &mut |check, what| told.push(place(check, what)));
        for problem in told {
            self.wrong(problem);
        }
        if let Some(header) = &seen.header {
            match self.report.chains.last_mut() {
                Some(chain) if chain.kiosk == header.kiosk => {
                    (chain.last, chain.hash) = (header.position, seen.hash);
                }
                _ => self.report.chains.push(Chain {
                    kiosk: header.kiosk.clone(),
                    first: header.position,
                    last: header.position,
                    previous: header.previous,
                    hash: seen.hash,
                }),
            }
            let kind = seen.record.as_ref().map_or("unknown", |record| record.body.kind());
            match self.report.kinds.get_mut(kind) {
                Some(count) => *count += 1,
                None => drop(self.report.kinds.insert(kind.to_owned(), 1)),
            }
        }
    }

    /// The files that are not read for what they say: only against the list.
    fn rest(&mut self, manifest: &Manifest, there: &BTreeSet<String>) -> Result<(), Unreadable> {
        let read: &[&str] = match manifest.source {
            Source::Kiosk => &[RECORDS, GRANTS, KEYS],
            Source::Central => &[RECORDS, GRANTS, KEYS, ACTS, LOOK_UPS],
        };
        let editions = format!("{EDITIONS}/");
        let trusted = !self.verify.trust.has_no_publishers();
        for file in &manifest.files {
            if read.contains(&file.path.as_str()) || (trusted && file.path.starts_with(&editions)) {
                continue;
            }
            if !there.contains(&file.path) {
                self.wrong_file(&file.path, Check::File, "it is missing");
                continue;
            }
            let path = self.verify.folder.join(&file.path);
            let unreadable = |source| Unreadable { path: path.clone(), source };
            let mut input = File::open(&path).map_err(unreadable)?;
            let (mut sha256, mut buffer, mut bytes) = (Sha256::new(), vec![0; 256 * 1024], 0);
            loop {
                let length = input.read(&mut buffer).map_err(unreadable)?;
                let part = buffer.get(..length).unwrap_or_default();
                if part.is_empty() {
                    break;
                }
                sha256.update(part);
                bytes += u64::try_from(length).unwrap_or_default();
            }
            if Hash::from_bytes(sha256.finalize().into()) != file.sha256 || bytes != file.bytes {
                self.wrong_file(&file.path, Check::File, "it is not the file that was signed");
            }
        }
        Ok(())
    }

    fn end(&mut self, manifest: &Manifest, mut book: Book, calendar: Option<&Calendar>) {
        let (mut told, mut told_of_acts) = (Vec::new(), Vec::new());
        let (numbers, sheets) = book.end(
            &mut |line, check, what| told.push((line, check, what)),
            &mut |check, what| {
                told_of_acts.push((check, what));
            },
        );
        for (line, check, what) in told {
            self.wrong_line(RECORDS, line, check, what);
        }
        for (check, what) in told_of_acts {
            self.wrong_file(ACTS, check, what);
        }
        if manifest.source == Source::Central && book.frozen_without_act > 0 {
            let count = book.frozen_without_act;
            let what = format!("{count} numbers of lives that are over are frozen by no act");
            self.wrong_file(ACTS, Check::Act, what);
        }
        // A journal that is asked for from its beginning begins with position 1, or with a new life.
        for chain in &manifest.chains {
            if manifest.asked.from.is_none() && chain.first > 1 {
                if book.first_life(&chain.kiosk) == Some(1) {
                    let what =
                        format!("the journal of {} does not begin at its beginning", chain.kiosk);
                    self.wrong_file(MANIFEST, Check::Chain, what);
                } else {
                    self.reserve("journals of earlier lives, which are in other bundles", 1);
                }
            }
        }
        if manifest.chains != self.report.chains {
            let what = "the chains are not the ones the manifest names";
            self.wrong_file(MANIFEST, Check::Total, what);
        }
        // The kinds this version does not know are one kind here.
        let known = |kinds: &BTreeMap<String, u64>| -> BTreeMap<String, u64> {
            let known = kinds.iter().filter(|(kind, _)| self.report.kinds.contains_key(*kind));
            known.map(|(kind, count)| (kind.clone(), *count)).collect()
        };
        let mut counted = self.report.kinds.clone();
        counted.remove("unknown");
        if known(&manifest.kinds) != counted
            || manifest.kinds.values().sum::<u64>() != self.report.records
        {
            let what = "the kinds of records are not counted as they are";
            self.wrong_file(MANIFEST, Check::Total, what);
        }
        self.report.numbers = numbers;
        self.report.sheets = sheets;
        self.report.blanks = std::mem::take(&mut book.blanks);
        self.report.acts = book.acts.counted;
        self.report.look_ups = std::mem::take(&mut book.look_ups);
        self.report.days = book.numbers.days();
        self.report.bad_ratings = book.numbers.bad(calendar);
    }
}

/// The lines of the evidence, and the digest of what was read.
struct Lines {
    file: BufReader<File>,
    line_bytes_max: usize,
    sha256: Sha256,
    bytes: u64,
}

impl Lines {
    fn of(file: File, line_bytes_max: usize) -> Self {
        let file = BufReader::with_capacity(256 * 1024, file);
        Self { file, line_bytes_max, sha256: Sha256::new(), bytes: 0 }
    }

    /// The next lines, at most so many.
    fn read(&mut self, most: usize) -> io::Result<Vec<Vec<u8>>> {
        let mut lines = Vec::with_capacity(most);
        let mut bytes = 0;
        while lines.len() < most && bytes < AHEAD_BYTES_MAX {
            let mut line = Vec::new();
            // A line longer than any record comes in pieces, and none of them is a record.
            let limit = u64::try_from(self.line_bytes_max).unwrap_or(u64::MAX);
            if self.file.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            self.sha256.update(&line);
            self.bytes += u64::try_from(line.len()).unwrap_or_default();
            bytes += line.len();
            lines.push(line);
        }
        Ok(lines)
    }
}
