//! `permit-kiosk void-number`: takes the next number of a series out of use, with a reason and who decided it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::config;
use permit_kiosk::domain::Series;

use super::run::{number_plan, open_journal_beside};
use super::{check_words, say};

/// Takes the next number of a series out of use. Stop the kiosk first.
///
/// A number that must not stand on a permit: a sheet was numbered by hand, another office used it. A signed
/// record says which, why and who; it is sent to central with the others, and the number is never issued.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration folder.
    #[arg(long, default_value = "kiosk-config")]
    config: PathBuf,
    /// Which series, as `permit-kiosk doctor` names them, for example food/1/370303.
    #[arg(long, value_name = "SERIES")]
    series: String,
    /// Who decides this: role and name.
    #[arg(long, value_name = "WHO")]
    by: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    check_words(&[("--by", &args.by), ("--reason", &args.reason)])?;
    let (kiosk, _devices) = config::load_kiosk(&args.config)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let all = number_plan(&kiosk).series_on(clock.today());
    let Some(series) = all.iter().find(|series| series.as_str() == args.series) else {
        let names: Vec<&str> = all.iter().map(Series::as_str).collect();
        bail!("this kiosk has no series {}: write one of {}", args.series, names.join(", "));
    };
    let journal = open_journal_beside(&kiosk, &clock)?;
    let sequence = journal.void_number(series.clone(), args.reason, args.by)?;
    let left = journal.series_state(series)?.left;
    say(format_args!("void: number {sequence} of {series}; {left} are left"));
    Ok(ExitCode::SUCCESS)
}
