//! `permit-kiosk audit view`: tables of a bundle, opened where the auditor's key opens.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use permit_kiosk::audit;

use super::{Format, Progress, auditor_key, say};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The bundle's folder.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Which tables: csv, xlsx, parquet; several with commas.
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', default_value = "csv")]
    format: Vec<Format>,
    /// The folder to make for them.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Your private key: then the tables also show what is personal.
    #[arg(long, value_name = "FILE")]
    unlock: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.out.exists() {
        bail!("{} exists: name a folder that is not there yet", args.out.display());
    }
    let unlock = args.unlock.as_deref().map(auditor_key).transpose()?;
    let mut progress = Progress::new();
    let views = Format::views(&args.format);
    let files = audit::view(&args.bundle, &args.out, &views, unlock.as_ref(), |done, all| {
        progress.tell(done, all);
    })?;
    drop(progress);
    for file in files {
        let rows = file.rows.unwrap_or_default();
        say(format_args!("{}  {rows} rows", args.out.join(&file.path).display()));
    }
    Ok(ExitCode::SUCCESS)
}
