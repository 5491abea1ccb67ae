//! Editions on this kiosk: the shelf of signed ones it decides by, and the folders policy staff work on.

mod referring;
mod refusal;
mod shelf;
mod status;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::rules::{Problem, Problems, Rulebook};

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
    let (files, unread) = examine(directory)?;
    Rulebook::load_tried(&files, unread)
        .map_err(|problems| Error::Check { directory: directory.into(), problems })
}

/// Reads the files of an edition. Links are not followed, and nothing is left out: a file that does
/// not belong there is for [`Rulebook::load`] to refuse.
pub fn read(directory: &Path) -> Result<Files, Error> {
    let (files, unread) = examine(directory)?;
    match unread.into_iter().next() {
        None => Ok(files),
        Some(problem) => {
            Err(Error::Unreadable { directory: directory.into(), problem: Box::new(problem) })
        }
    }
}

/// Reads the files of an edition, for telling everything that is wrong with it at once: what cannot be
/// read is a problem of its file, and the others are read all the same.
pub fn examine(directory: &Path) -> Result<(Files, Vec<Problem>), Error> {
    let (mut files, mut unread) = (Files::new(), Vec::new());
    read_into(directory, "", LEVELS_MAX, &mut files, &mut unread)?;
    Ok((files, unread))
}

fn read_into(
    directory: &Path,
    prefix: &str,
    levels: usize,
    files: &mut Files,
    unread: &mut Vec<Problem>,
) -> Result<(), Error> {
    let list = |source| Error::List { directory: directory.into(), source };
    for entry in fs::read_dir(directory).map_err(list)? {
        let entry = entry.map_err(list)?;
        let path = entry.path();
        if files.len() + unread.len() >= Rulebook::FILES_MAX {
            return Err(Error::TooMany { path });
        }
        let name = entry.file_name();
        let file = format!("{prefix}{}", name.to_string_lossy());
        let kind = entry.file_type().map_err(list)?;
        if name.to_str().is_none() {
            unread.push(problem(
                file,
                1,
                "its name is not UTF-8",
                "give it a name of plain letters",
            ));
        } else if kind.is_dir() && levels > 0 {
            read_into(&path, &format!("{file}/"), levels - 1, files, unread)?;
        } else if kind.is_file() {
            match text(&path, &file) {
                Ok(text) => {
                    files.insert(file, text);
                }
                Err(problem) => unread.push(problem),
            }
        } else {
            let text = "is a link, a pipe or a folder too deep: an edition is plain files";
            unread.push(problem(file, 1, text, "put the file itself there"));
        }
    }
    Ok(())
}

fn text(path: &Path, name: &str) -> Result<String, Problem> {
    let limit = u64::try_from(Rulebook::FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let wrong = |line, text: String, remedy| problem(name.to_owned(), line, &text, remedy);
    let read = |source: io::Error| {
        wrong(1, format!("cannot be read: {source}"), "look at its rights, and at the disk")
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(read)?;
    // One byte more than allowed, so that a file at the limit differs from one over it.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(read)?;
    if bytes.len() > Rulebook::FILE_BYTES_MAX {
        let text = format!("has more than {} bytes", Rulebook::FILE_BYTES_MAX);
        return Err(wrong(1, text, "split it: an edition has a file for each chapter"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = error.as_bytes().iter().take(good);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        let text = format!("is not UTF-8 text from byte {good} on");
        wrong(line, text, "save it as UTF-8, or put the right file there")
    })
}

fn problem(file: String, line: usize, text: &str, remedy: &str) -> Problem {
    Problem { file, line, text: text.to_owned(), mark: None, remedy: remedy.to_owned() }
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
    /// A file cannot be read.
    #[error("the edition in {} cannot be read: {problem}", directory.display())]
    Unreadable {
        /// Where it lies.
        directory: PathBuf,
        /// The first that cannot.
        problem: Box<Problem>,
    },
    /// Too many files.
    #[error("the edition has more than {} files; {} is one too many", Rulebook::FILES_MAX, path.display())]
    TooMany {
        /// The first that is too many.
        path: PathBuf,
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
