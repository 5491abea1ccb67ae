//! `permit-kiosk audit verify`: a bundle against the auditor's own keys.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use permit_kiosk::audit::{self, Blanks, Report, Source, Verify};
use permit_kiosk::certificate::{FontFiles, Fonts};
use permit_kiosk::durable;

use super::{BROKEN, Progress, auditor_key, say, trust};

/// Problems told on the terminal; all are in the JSON report.
const TOLD_MAX: usize = 20;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The bundle's folder.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// The folder of the public keys you trust, from a medium of your own: central.pub, a kiosk's
    /// device.pub and seal.pub, publishers.json.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Your private key: opens what was closed to it, so that decisions are made again.
    #[arg(long, value_name = "FILE")]
    unlock: Option<PathBuf>,
    /// Write the report for machines.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report for people: one page with charts, for a browser.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the report for the files: a PDF.
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// The folder of the Noto CJK fonts the PDF is set in.
    #[arg(long, value_name = "DIR", default_value = "/usr/share/fonts/opentype/noto")]
    fonts: PathBuf,
    /// Look at lines on so many threads; without it, on every core.
    #[arg(long, value_name = "COUNT")]
    threads: Option<usize>,
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let trust = trust(&args.keys)?;
    // Before the long work, so that a missing font does not waste it.
    let fonts = args.pdf.as_ref().map(|_pdf| fonts(&args.fonts)).transpose()?;
    let unlock = args.unlock.as_deref().map(auditor_key).transpose()?;
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let verify = Verify {
        folder: &args.bundle,
        trust: &trust,
        unlock: unlock.as_ref(),
        threads: args.threads.unwrap_or_else(cores).clamp(1, 64),
    };
    let mut progress = Progress::new();
    let report = verify.run(|done, all| progress.tell(done, all))?;
    drop(progress);
    if let Some(path) = &args.json {
        let json = serde_json::to_vec_pretty(&report).context("cannot write the report as JSON")?;
        durable::write(path, &json)?;
    }
    if let Some(path) = &args.html {
        durable::write(path, audit::html::verification(&report).as_bytes())?;
    }
    if let (Some(path), Some(fonts)) = (&args.pdf, &fonts) {
        let pdf = audit::pdf::verification(fonts, &report).context("cannot make the PDF")?;
        durable::write(path, &pdf)?;
    }
    tell(&report);
    Ok(if report.holds { ExitCode::SUCCESS } else { ExitCode::from(BROKEN) })
}

fn fonts(folder: &Path) -> anyhow::Result<Fonts> {
    Fonts::open(&FontFiles::noto_cjk(folder))
        .context("install fonts-noto-cjk, or name its folder with --fonts")
}

fn tell(report: &Report) {
    if report.holds {
        say("核验通过 HOLDS");
    } else {
        say("核验未通过 DOES NOT HOLD");
    }
    if let Some(signed_by) = &report.signed_by {
        say(format_args!("  signed by    {signed_by}"));
    }
    for chain in &report.chains {
        say(format_args!("  chain        {} #{} to #{}", chain.kiosk, chain.first, chain.last));
    }
    say(format_args!("  records      {}, {} signatures hold", report.records, report.signatures));
    let decisions = &report.decisions;
    say(format_args!(
        "  decisions    {}, {} made again and equal",
        decisions.decided, decisions.equal
    ));
    say(format_args!("  seals        {} hold", report.seals));
    for of in &report.numbers {
        say(format_args!(
            "  numbers      {}: {} leased = {} issued, {} void, {} returned, {} unused, {} frozen, \
             {} earlier",
            of.series, of.leased, of.issued, of.void, of.returned, of.unused, of.frozen, of.earlier
        ));
    }
    let sheets = &report.sheets;
    say(format_args!(
        "  sheets       {}: {} confirmed, {} destroyed, {} not printed, {} unknown, {} under way",
        sheets.queued,
        sheets.confirmed,
        sheets.voided,
        sheets.not_printed,
        sheets.unknown,
        sheets.under_way
    ));
    let blanks = &report.blanks;
    if *blanks != Blanks::default() {
        say(format_args!(
            "  blank sheets {} counted in: {} on certificates, {} spoiled, {} tests, {} taken out, {} left",
            blanks.counted,
            blanks.certificates,
            blanks.spoiled,
            blanks.tests,
            blanks.taken_out,
            blanks.left
        ));
    }
    let look_ups = &report.look_ups;
    say(format_args!(
        "  look-ups     {} with a case, {} for results, {} without",
        look_ups.with_case, look_ups.for_results, look_ups.without_case
    ));
    if report.source == Some(Source::Central) {
        say(format_args!(
            "  at central   {} look-ups, {} of them in no record; {} lives closed, {} permits revoked",
            look_ups.at_central, look_ups.unrecorded, report.acts.closings, report.acts.revocations
        ));
    }
    for (what, count) in &report.reservations {
        say(format_args!("  NOT LOOKED AT: {count} {what}"));
    }
    if let Some(first) = report.first_problem() {
        say(format_args!("first: {first}"));
    }
    for problem in report.problems.iter().skip(1).take(TOLD_MAX) {
        say(format_args!("       {problem}"));
    }
    let told = report.problems.len().min(TOLD_MAX + 1);
    let more = report.problem_count - u64::try_from(told).unwrap_or_default();
    if more > 0 {
        say(format_args!("       and {more} more"));
    }
}
