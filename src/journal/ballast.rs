//! Room held back on the journal's disk: when it is full, what was begun at the machine can still be
//! ended and recorded.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate, statvfs};

use super::file::beside;
use crate::durable;
use crate::fault::Chain;

/// The file that is thrown overboard.
#[derive(Debug)]
pub(super) struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    /// Beside the journal; of no bytes, there is none.
    pub(super) fn beside(journal: &Path, bytes: u64) -> Self {
        Self { path: beside(journal, ".ballast"), bytes }
    }

    /// Takes it aboard, if it is missing and there is room for it and as much again.
    pub(super) fn take_aboard(&self) {
        if self.bytes == 0 || self.path.exists() {
            return;
        }
        let free = statvfs(self.path.with_file_name("")).map(|fs| fs.f_bavail * fs.f_frsize);
        if !free.is_ok_and(|free| free / 2 >= self.bytes) {
            return;
        }
        let make = || -> std::io::Result<()> {
            let file: File = OpenOptions::new().write(true).create_new(true).open(&self.path)?;
            fallocate(&file, FallocateFlags::empty(), 0, self.bytes)?;
            file.sync_all()
        };
        if let Err(error) = make() {
            tracing::warn!(%error, "no room is held back for the journal");
            self.throw_overboard();
        }
    }

    /// Gives the room free; whether there was any.
    pub(super) fn throw_overboard(&self) -> bool {
        if self.bytes == 0 || !self.path.exists() {
            return false;
        }
        match durable::remove(&self.path) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(error = %Chain(&error), "the room held back cannot be given free");
                false
            }
        }
    }
}
