//! `permit-kiosk return-numbers`: takes a kiosk out of service, and gives back what is left of its numbers.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::config;

use super::run::{open_journal_beside, sync_beside};
use super::{check_words, say};

/// Takes this kiosk out of service. Stop it first; there has to be a line to central.
///
/// What is left of its numbers is given back by signed records and never used again, so that every number is
/// explained. The kiosk issues nothing from then on; `provision` can give it a new life. Run again, it sends
/// what could not be sent before.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration folder.
    #[arg(long, default_value = "kiosk-config")]
    config: PathBuf,
    /// Who decides this: role and name.
    #[arg(long, value_name = "WHO")]
    by: String,
    /// Why, for example where the kiosk goes.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    check_words(&[("--by", &args.by), ("--reason", &args.reason)])?;
    let (kiosk, _devices) = config::load_kiosk(&args.config)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let journal = open_journal_beside(&kiosk, &clock)?;
    let mut task = sync_beside(&kiosk, &journal, &clock)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    // A restored copy of an older disk must not give back numbers that stand on paper: only central knows.
    runtime
        .block_on(task.round())
        .context("nothing is given back before central has agreed with this journal")?;
    let waiting = journal.unfinished_print_jobs()?.len();
    let returned = journal.return_numbers(args.reason, args.by)?;
    for range in &returned {
        say(format_args!("returned {} {} to {}", range.series, range.first, range.last));
    }
    if returned.is_empty() {
        say("no number is left to return");
    }
    if waiting > 0 {
        say(format_args!("{waiting} papers are still waited for: see `permit-kiosk journal show`"));
    }
    runtime.block_on(task.round()).context(
        "the kiosk is out of service, and central does not know it yet: run this again when there is a line",
    )?;
    say("central has every record: the kiosk may be taken away");
    Ok(ExitCode::SUCCESS)
}
