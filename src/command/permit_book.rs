//! Central's permit book as commands work on it, also while central runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use permit_kiosk::central::store::{self, Store};
use permit_kiosk::config::{self, PermitBook};

// No doc comment: it would stand in the help of the command that takes these in.
#[derive(clap::Args)]
pub(super) struct Folders {
    /// The configuration folder.
    #[arg(long, default_value = "kiosk-config")]
    config: PathBuf,
    /// The folder of central's keys; central.toml says it otherwise.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// The folder of the permit book; central.toml says it otherwise.
    #[arg(long)]
    data: Option<PathBuf>,
}

impl Folders {
    /// What central.toml says, and the command line over it.
    pub(super) fn central(&self) -> anyhow::Result<config::Central> {
        let mut central = config::load_central(&self.config)?;
        if let Some(keys) = &self.keys {
            central.keys_folder.clone_from(keys);
        }
        central.permit_book = chosen(central.permit_book, self.data.as_deref());
        Ok(central)
    }
}

/// The book, or the one in `folder`, where a folder is given.
pub(super) fn chosen(book: PermitBook, folder: Option<&Path>) -> PermitBook {
    match folder {
        Some(folder) => book.in_folder(folder),
        None => book,
    }
}

/// Works on a book and waits.
pub(super) fn work_on<T>(
    book: &PermitBook,
    work: impl AsyncFnOnce(Arc<dyn Store>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async { work(store::open(book).await?).await })
}
