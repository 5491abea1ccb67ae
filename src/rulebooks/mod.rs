//! Editions on this kiosk: the shelf of signed ones it decides by, and the folders policy staff work on.

mod referring;
mod refusal;
mod shelf;
mod status;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::rules::{Problems, Rulebook};

pub use referring::referring;
pub use shelf::{Candidate, Offered, Shelf, ShelfError};
pub use status::{Active, EditionName, Refusal, Status};

/// The files of an edition, path → text, exactly as they stand on the disk.
///
/// Whoever verifies an edition's signatures does it over these, before [`Rulebook::load`] sees them.
pub type Files = BTreeMap<String, String>;

/// Directory levels of an edition: `cases/base/`.
const LEVELS_MAX: usize = 2;

/// Reads and checks the edition in a directory.
pub fn load(directory: &Path) -> Result<Rulebook, Error> {
    let files = read(directory)?;
    Rulebook::load(&files)
        .map_err(|problems| Error::Check { directory: directory.into(), problems })
}

/// Reads the files of an edition. Links are not followed, and nothing is left out: a file that does
/// not belong there is for [`Rulebook::load`] to refuse.
pub fn read(directory: &Path) -> Result<Files, Error> {
    let mut files = Files::new();
    read_into(directory, "", LEVELS_MAX, &mut files)?;
    Ok(files)
}

fn read_into(
    directory: &Path,
    prefix: &str,
    levels: usize,
    files: &mut Files,
) -> Result<(), Error> {
    let list = |source| Error::List { directory: directory.into(), source };
    for entry in fs::read_dir(directory).map_err(list)? {
        let entry = entry.map_err(list)?;
        let path = entry.path();
        let name = entry.file_name();
        let Some(name) = name.to_str() else { return Err(Error::Name { path }) };
        let kind = entry.file_type().map_err(list)?;
        if kind.is_dir() && levels > 0 {
            read_into(&path, &format!("{prefix}{name}/"), levels - 1, files)?;
        } else if kind.is_file() {
            if files.len() == Rulebook::FILES_MAX {
                return Err(Error::TooMany { path });
            }
            let text = text(&path)?;
            files.insert(format!("{prefix}{name}"), text);
        } else {
            return Err(Error::NotAFile { path });
        }
    }
    Ok(())
}

fn text(path: &Path) -> Result<String, Error> {
    let limit = u64::try_from(Rulebook::FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let read = |source| Error::Read { path: path.into(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(read)?;
    // One byte more than allowed, so that a file at the limit differs from one over it.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(read)?;
    if bytes.len() > Rulebook::FILE_BYTES_MAX {
        return Err(Error::TooLong { path: path.into() });
    }
    String::from_utf8(bytes).map_err(|source| Error::NotText { path: path.into(), source })
}

/// Why an edition could not be taken from its directory.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory could not be listed.
    #[error("cannot list the edition's directory {}", directory.display())]
    List {
        /// Which.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be read.
    #[error("cannot read {} of the edition", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file name is not UTF-8.
    #[error("the name {} in the edition is not UTF-8", path.display())]
    Name {
        /// Which.
        path: PathBuf,
    },
    /// A link, a pipe, or a directory too deep.
    #[error("{} in the edition is neither a file nor a directory that belongs there", path.display())]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// A file is too long.
    #[error("{} has more than {} bytes", path.display(), Rulebook::FILE_BYTES_MAX)]
    TooLong {
        /// Which.
        path: PathBuf,
    },
    /// Too many files.
    #[error("the edition has more than {} files; {} is one too many", Rulebook::FILES_MAX, path.display())]
    TooMany {
        /// The first that is too many.
        path: PathBuf,
    },
    /// A file is not UTF-8.
    #[error("{} of the edition is not UTF-8", path.display())]
    NotText {
        /// Which.
        path: PathBuf,
        /// Where.
        source: std::string::FromUtf8Error,
    },
    /// The edition has mistakes; all of them.
    #[error("the edition in {} has mistakes", directory.display())]
    Check {
        /// Where it lies.
        directory: PathBuf,
        /// What is wrong.
        #[source]
        problems: Problems,
    },
}
