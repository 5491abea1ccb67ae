//! Files that survive a power cut: whole or as they were before, never half.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Writes a file that everybody may read.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, bytes, 0o644)
}

/// Writes a file that only the kiosk's own user may read: keys.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, bytes, 0o600)
}

/// Reads a file of at most `bytes_max` bytes.
pub fn read_limited(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file of the greatest length from one that is too long.
    file.take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|source| Error::Read { path: path.to_owned(), source })?;
    if u64::try_from(bytes.len()).is_ok_and(|read| read <= bytes_max) {
        Ok(bytes)
    } else {
        Err(Error::TooLong { path: path.to_owned(), bytes_max })
    }
}

/// Removes a file and makes its removal last. One that is not there is removed already.
pub fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder(folder_of(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(Error::Remove { path: path.to_owned(), source }),
    }
}

/// Puts a folder that was written aside in its place, with the folders inside it; its files are synced
/// already. What is in place is never replaced.
pub fn put_folder(aside: &Path, place: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(aside)
        .map_err(|source| Error::SyncFolder { path: aside.to_owned(), source })?;
    for entry in entries {
        let entry = entry.map_err(|source| Error::SyncFolder { path: aside.to_owned(), source })?;
        if entry.path().is_dir() {
            sync_folder(&entry.path())?;
        }
    }
    sync_folder(aside)?;
    // A crash before this line leaves the folder aside; an empty folder in place would be replaced.
    #[expect(clippy::disallowed_methods, reason = "this is the place the others take it from")]
    fs::rename(aside, place).map_err(|source| Error::Rename { path: place.to_owned(), source })?;
    sync_folder(folder_of(place))
}

/// A folder that only one process uses at a time. The lock ends with the value, and with the process
/// however that ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock file at `path`, without waiting.
    pub fn acquire(path: &Path) -> Result<Self, Error> {
        let lock = |source| Error::Lock { path: path.to_owned(), source };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o644)
            .open(path)
            .map_err(lock)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Only for the message: the holder may be just writing its number.
                let read = file.take(Self::HOLDER_BYTES_MAX).read_to_string(&mut holder);
                let holder = if read.is_ok() { holder.trim().parse().ok() } else { None };
                return Err(Error::Locked { path: path.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(lock(source)),
        }
        let mut held = Self { file };
        // The number tells the next one who holds it; the lock itself is the kernel's.
        held.file.set_len(0).map_err(lock)?;
        writeln!(held.file, "{}", std::process::id()).map_err(lock)?;
        Ok(held)
    }

    /// Ten digits of a process number and the end of the line, with room.
    const HOLDER_BYTES_MAX: u64 = 16;
}

/// The lock belongs to the open file (flock(2)), and a child that is just being started has that open,
/// too, until it becomes another program: closing ours alone would keep the folder locked until then.
impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "a lock is given up by closing its file only");
        }
    }
}

/// Why a file could not be read or made to last.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Opening it to read.
    #[error("cannot open {}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Reading it.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is longer than its limit.
    #[error("{} is longer than {bytes_max} bytes", path.display())]
    TooLong {
        /// Which file.
        path: PathBuf,
        /// Its limit.
        bytes_max: u64,
    },
    /// The path has no file name.
    #[error("{} is not a file name", path.display())]
    Name {
        /// Which path.
        path: PathBuf,
    },
    /// Writing the new contents beside it.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file beside it.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Putting the new contents in its place.
    #[error("cannot put {} in place", path.display())]
    Rename {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Removing it.
    #[error("cannot remove {}", path.display())]
    Remove {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Making the change of the folder last.
    #[error("cannot make the change last in the folder {}", path.display())]
    SyncFolder {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Taking a lock.
    #[error("cannot take the lock {}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has the lock.
    #[error("{} is held by {}", path.display(), holder_name(*holder))]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The process that wrote its number there.
        holder: Option<u32>,
    },
}

impl Error {
    /// Whether the file simply is not there.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Open { source, .. } => source.kind() == io::ErrorKind::NotFound,
            Self::Read { .. }
            | Self::TooLong { .. }
            | Self::Name { .. }
            | Self::Write { .. }
            | Self::Rename { .. }
            | Self::Remove { .. }
            | Self::SyncFolder { .. }
            | Self::Lock { .. }
            | Self::Locked { .. } => false,
        }
    }
}

fn holder_name(holder: Option<u32>) -> String {
    match holder {
        Some(process) => format!("process {process}"),
        None => "another process".to_owned(),
    }
}

fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    // The file beside it has a fixed name, so that one left by a power cut is overwritten and they do
    // not pile up; hence one writer at a time. Between processes the folder's lock sees to that.
    static WRITING: Mutex<()> = Mutex::new(());
    let _one = WRITING.lock().unwrap_or_else(PoisonError::into_inner);

    let mut name = path.file_name().ok_or(Error::Name { path: path.to_owned() })?.to_owned();
    name.push(".tmp");
    let beside = path.with_file_name(name);
    let write = |source| Error::Write { path: beside.clone(), source };
    // One left behind might have other rights than ours: it goes first.
    match fs::remove_file(&beside) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(write(source)),
    }
    let mut file =
        OpenOptions::new().create_new(true).write(true).mode(mode).open(&beside).map_err(write)?;
    file.write_all(bytes).map_err(write)?;
    // A crash before this line leaves the old file; the rename must not overtake the contents.
    file.sync_all().map_err(write)?;
    #[expect(clippy::disallowed_methods, reason = "this is the place the others take it from")]
    fs::rename(&beside, path).map_err(|source| Error::Rename { path: path.to_owned(), source })?;
    // A crash here shows the old or the new file, both whole; after the next line the new one.
    sync_folder(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

fn sync_folder(folder: &Path) -> Result<(), Error> {
    let sync = |source| Error::SyncFolder { path: folder.to_owned(), source };
    File::open(folder).map_err(sync)?.sync_all().map_err(sync)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a child that is just being started inherits is a duplicate of the open file.
    #[test]
    fn a_lock_ends_with_its_value_although_a_child_inherited_the_open_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let lock = Lock::acquire(&path).unwrap();
        let inherited = lock.file.try_clone().unwrap();
        assert!(matches!(Lock::acquire(&path), Err(Error::Locked { .. })));
        drop(lock);
        Lock::acquire(&path).unwrap();
        drop(inherited);
    }
}
