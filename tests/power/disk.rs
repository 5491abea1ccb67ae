//! A disk that can be cut off: every write, sync and rename of a program, written down by `disk.c`, and
//! what is left of them when the power goes.
//!
//! What was synced is there. Of what was not, each write is there, or not, or in some of its sectors; of
//! the names in the folder as many as come first, as journaling file systems have it, until the folder
//! is synced.

use std::collections::BTreeMap;

/// The smallest piece a disk writes whole.
const SECTOR: u64 = 512;

/// One deed.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Create { file: u32, name: String },
    Rename { from: String, to: String },
    Remove { name: String },
    Write { file: u32, at: u64, bytes: Vec<u8> },
    Truncate { file: u32, length: u64 },
    Sync { file: u32 },
    SyncFolder,
}

/// Reads a trace.
pub(super) fn read(mut trace: &[u8]) -> Vec<Deed> {
    let mut deeds = Vec::new();
    while !trace.is_empty() {
        let end = trace.iter().position(|byte| *byte == b'\n').expect("whole lines");
        let line = std::str::from_utf8(&trace[..end]).unwrap().to_owned();
        trace = &trace[end + 1..];
        let words: Vec<&str> = line.split(' ').collect();
        let number = |word: &str| word.parse::<u64>().unwrap();
        let file = |word: &str| word.parse::<u32>().unwrap();
        deeds.push(match words[..] {
            ["C", of, name] => Deed::Create { file: file(of), name: name.to_owned() },
            ["R", from, to] => Deed::Rename { from: from.to_owned(), to: to.to_owned() },
            ["U", name] => Deed::Remove { name: name.to_owned() },
            ["T", of, length] => Deed::Truncate { file: file(of), length: number(length) },
            ["S", of] => Deed::Sync { file: file(of) },
            ["D"] => Deed::SyncFolder,
            ["W", of, at, count] => {
                let (bytes, rest) = trace.split_at(count.parse().unwrap());
                trace = rest;
                Deed::Write { file: file(of), at: number(at), bytes: bytes.to_owned() }
            }
            _ => panic!("no deed: {line}"),
        });
    }
    deeds
}

#[derive(Default)]
struct File {
    durable: Vec<u8>,
    /// Writes and truncations since the last sync.
    pending: Vec<Deed>,
}

/// The disk while the power is on.
#[derive(Default)]
pub(super) struct Disk {
    files: BTreeMap<u32, File>,
    names: BTreeMap<String, u32>,
    /// Changes of names since the folder was synced.
    pending: Vec<Deed>,
    /// A file of this ending that is synced is not: a disk that lies.
    lies_about: Option<&'static str>,
}

impl Disk {
    /// A disk that says it has written files of this ending, and has not.
    pub(super) fn lying_about(ending: &'static str) -> Self {
        Self { lies_about: Some(ending), ..Self::default() }
    }

    pub(super) fn take(&mut self, deed: &Deed) {
        match deed {
            Deed::Write { file, .. } | Deed::Truncate { file, .. } => {
                self.files.entry(*file).or_default().pending.push(deed.clone());
            }
            Deed::Sync { file } => {
                let lies = self.lies_about.is_some_and(|ending| self.is_called(*file, ending));
                if !lies && let Some(file) = self.files.get_mut(file) {
                    for deed in std::mem::take(&mut file.pending) {
                        write(&mut file.durable, &deed, |_sector| true);
                    }
                }
            }
            Deed::Create { file, .. } => {
                self.files.entry(*file).or_default();
                self.pending.push(deed.clone());
            }
            Deed::Rename { .. } | Deed::Remove { .. } => self.pending.push(deed.clone()),
            Deed::SyncFolder => {
                for deed in std::mem::take(&mut self.pending) {
                    rename(&mut self.names, &deed);
                }
            }
        }
    }

    fn is_called(&self, file: u32, ending: &str) -> bool {
        let mut names = self.names.clone();
        self.pending.iter().for_each(|deed| rename(&mut names, deed));
        names.iter().any(|(name, of)| *of == file && name.ends_with(ending))
    }

    /// The files as they lie there after the power went, by name.
    pub(super) fn cut(&self, random: &mut Random) -> BTreeMap<String, Vec<u8>> {
        let mut names = self.names.clone();
        let kept = random.below(self.pending.len() as u64 + 1);
        for deed in self.pending.iter().take(usize::try_from(kept).unwrap()) {
            rename(&mut names, deed);
        }
        let contents = |file: &u32, random: &mut Random| {
            let Some(file) = self.files.get(file) else { return Vec::new() };
            let mut bytes = file.durable.clone();
            // All, none, or any of them: both ends are likelier than chance would have them.
            let fate = random.below(4);
            for deed in &file.pending {
                let fate = if fate == 3 { random.below(3) } else { fate };
                match fate {
                    0 => write(&mut bytes, deed, |_sector| true),
                    1 => {}
                    _ => {
                        let sectors = random.next();
                        write(&mut bytes, deed, |sector| sectors >> (sector % 64) & 1 == 1);
                    }
                }
            }
            bytes
        };
        names.iter().map(|(name, file)| (name.clone(), contents(file, random))).collect()
    }
}

/// Writes the sectors of a deed that `arrive`.
fn write(bytes: &mut Vec<u8>, deed: &Deed, arrive: impl Fn(u64) -> bool) {
    match deed {
        Deed::Truncate { length, .. } if arrive(0) => {
            bytes.resize(usize::try_from(*length).unwrap(), 0);
        }
        Deed::Write { at, bytes: new, .. } => {
            for (offset, byte) in (*at..).zip(new) {
                if arrive(offset / SECTOR) {
                    let place = usize::try_from(offset).unwrap();
                    if bytes.len() <= place {
                        bytes.resize(place + 1, 0);
                    }
                    bytes[place] = *byte;
                }
            }
        }
        Deed::Truncate { .. }
        | Deed::Create { .. }
        | Deed::Rename { .. }
        | Deed::Remove { .. }
        | Deed::Sync { .. }
        | Deed::SyncFolder => {}
    }
}

fn rename(names: &mut BTreeMap<String, u32>, deed: &Deed) {
    match deed {
        Deed::Create { file, name } => {
            names.insert(name.clone(), *file);
        }
        Deed::Rename { from, to } => {
            if let Some(file) = names.remove(from) {
                names.insert(to.clone(), file);
            }
        }
        Deed::Remove { name } => {
            names.remove(name);
        }
        Deed::Write { .. } | Deed::Truncate { .. } | Deed::Sync { .. } | Deed::SyncFolder => {}
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014): the same seed, the same cuts.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
