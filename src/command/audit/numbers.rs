//! `permit-kiosk audit numbers`: what happened, for managers.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use permit_kiosk::audit::{self, Counted};
use permit_kiosk::durable;

use super::say;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The bundle's folder. It is counted, not verified: that is `audit verify`.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
    /// Write one page with charts, for a browser.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let counted = audit::count(&args.bundle)?;
    if let Some(path) = &args.html {
        let page = audit::html::numbers(&counted.days, &counted.bad_ratings);
        durable::write(path, page.as_bytes())?;
    }
    if args.json {
        say(serde_json::to_string_pretty(&counted).context("cannot write the numbers as JSON")?);
    } else {
        tell(&counted);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(counted: &Counted) {
    say(format_args!(
        "{:<10}  {:<20} {:>7} {:>8} {:>7} {:>6} {:>10}",
        "day", "kiosk", "visits", "decided", "issued", "rated", "visit, s"
    ));
    for day in &counted.days {
        let counts = &day.counts;
        let visit = counts.took.get("visit").map_or(0, |took| took.mean_ms());
        say(format_args!(
            "{:<10}  {:<20} {:>7} {:>8} {:>7} {:>6} {:>8}.{}",
            day.day.to_string(),
            day.kiosk.as_str(),
            counts.visits,
            counts.decided(),
            counts.issued,
            counts.ratings.values().sum::<u64>(),
            visit / 1000,
            visit % 1000 / 100,
        ));
    }
    let together = counted.together();
    let table = |name: &str, counts: &std::collections::BTreeMap<String, u64>| {
        if counts.is_empty() {
            return;
        }
        say(format_args!("\n{name}"));
        for (what, count) in counts {
            say(format_args!("{count:>8}  {what}"));
        }
    };
    table("verdicts", &together.verdicts);
    table("why not at once", &together.reasons);
    table("services", &together.services);
    table("rules that spoke", &together.rules);
    table("faults", &together.faults);
    if !together.took.is_empty() {
        say("\nhow long it took: times, mean, longest, in seconds");
    }
    for (step, took) in together.steps() {
        let seconds = |ms: u64| format!("{}.{}", ms / 1000, ms % 1000 / 100);
        let (mean, longest) = (seconds(took.mean_ms()), seconds(took.longest_ms));
        say(format_args!("{:>8} {mean:>8} {longest:>8}  {step}", took.count));
    }
    say("\nratings");
    for grade in (1..=5).rev() {
        let count = together.ratings.get(&grade).copied().unwrap_or_default();
        say(format_args!("{count:>8}  {grade}"));
    }
    say(format_args!("{:>7}%  of decided cases are rated", together.rated_percent()));
    if !counted.bad_ratings.is_empty() {
        say("\nbad ratings: call back by, answer by (simple), answer by (complex)");
    }
    for bad in &counted.bad_ratings {
        let by = |day: Option<jiff::civil::Date>| day.map_or("-".to_owned(), |day| day.to_string());
        say(format_args!(
            "  {} {} {} grade {}: {} {} {}",
            bad.at,
            bad.kiosk,
            bad.application,
            bad.grade,
            by(bad.call_back_by),
            by(bad.answer_by),
            by(bad.answer_complex_by)
        ));
    }
}
