//! `permit-kiosk rules`: what an author of rules asks before an edition is signed.

mod diff;
mod guide;
mod explain;
mod impact;
mod publish;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use jiff::civil::Date;
use permit_kiosk::rules::{Problems, Rulebook};
use permit_kiosk::wire::v1::SignedEdition;
use permit_kiosk::{durable, rulebooks};

use super::say;
pub(crate) use explain::explained;

/// Exit code where the edition has mistakes or gaps.
const WRONG: u8 = 2;

/// Check and test an edition of the rulebook.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    /// Check an edition: every mistake at once, with file, line and remedy.
    Check(Edition),
    /// Run its cases, and name the rules no case would miss.
    Test(Edition),
    /// Say what changed between two editions, in words a lawyer reads.
    Diff(diff::Args),
    /// Say what the applications of the past would come to under a new edition.
    Impact(impact::Args),
    /// What somebody needs who wants to open a shop, with papers, times and the permit's life.
    Guide(guide::Args),
    Explain(explain::Args),
    /// Make an edition of a folder: checked, tested, counted up, signed by nobody yet.
    Draft(publish::Draft),
    /// Sign a draft with one publisher's key.
    Sign(publish::Sign),
    /// Verify a signed edition as a kiosk does.
    Verify(publish::Verify),
    /// Hand a signed edition to central, from where kiosks fetch it.
    Publish(publish::Publish),
}

#[derive(Debug, clap::Args)]
struct Edition {
    /// The rulebook's directory, or a published edition.
    #[arg(value_name = "PATH", default_value = "kiosk-config/rulebook")]
    directory: PathBuf,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.question {
        Question::Check(edition) => Ok(match load(&edition.directory)? {
            Loaded::Sound(rulebook) => {
                say(summary(&rulebook));
                ExitCode::SUCCESS
            }
            Loaded::Wrong => ExitCode::from(WRONG),
        }),
        Question::Guide(args) => guide::run(args),
        Question::Explain(args) => explain::run(args),
        Question::Test(edition) => Ok(match load(&edition.directory)? {
            Loaded::Sound(rulebook) => {
                say(summary(&rulebook));
                test(&rulebook)
            }
            Loaded::Wrong => ExitCode::from(WRONG),
        }),
        Question::Draft(args) => publish::draft(&args),
        Question::Sign(args) => publish::sign(&args),
        Question::Verify(args) => publish::verify(&args),
        Question::Publish(args) => publish::publish(&args),
        Question::Diff(args) => diff::run(args),
        Question::Impact(args) => impact::run(args),
    }
}

/// What came of loading an edition.
enum Loaded {
    Sound(Box<Rulebook>),
    /// It has mistakes, and all of them were told.
    Wrong,
}

fn load(path: &Path) -> anyhow::Result<Loaded> {
    match read(path)? {
        Ok(rulebook) => Ok(Loaded::Sound(Box::new(rulebook))),
        Err(problems) => {
            say(problems);
            Ok(Loaded::Wrong)
        }
    }
}

/// An edition to decide by; one with mistakes is an error that tells them all.
pub(super) fn sound(path: &Path) -> anyhow::Result<Rulebook> {
    read(path)?.map_err(|problems| {
        anyhow::anyhow!("the edition {} has mistakes:\n{problems}", path.display())
    })
}

/// An edition, or everything that is wrong with it; an error where there is none.
fn read(path: &Path) -> anyhow::Result<Result<Rulebook, Problems>> {
    if path.is_dir() {
        let (files, unread) = rulebooks::examine(path)?;
        return Ok(Rulebook::load_tried(&files, unread));
    }
    Ok(Rulebook::load_tried(&files(path)?, Vec::new()))
}

/// The files of an edition: of its directory, or out of a published one. Who signed it is not asked
/// here: only a kiosk has to believe it.
fn files(path: &Path) -> anyhow::Result<rulebooks::Files> {
    let missing = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    if std::fs::metadata(path).is_err_and(|error| missing(&error)) {
        bail!(
            "there is no edition at {}: name a rulebook's directory (kiosk-config/rulebook) or a file \
             made by `rules draft`",
            path.display()
        );
    }
    if path.is_dir() {
        return Ok(rulebooks::read(path)?);
    }
    let bytes = durable::read_limited(path, u64::try_from(SignedEdition::BYTES_MAX)?)?;
    let edition = SignedEdition::read(&bytes).with_context(|| {
        format!("{} is neither a directory nor a file made by `rules draft`", path.display())
    })?;
    Ok(edition.files)
}

fn summary(rulebook: &Rulebook) -> String {
    format!(
        "{}: {} rules, {} steps at worst of {}\ndigest {}",
        rulebook.edition(),
        rulebook.rule_ids().count(),
        rulebook.cost(),
        Rulebook::COST_MAX,
        rulebook.digest()
    )
}

/// Why nothing is decided on a day before every law of an edition.
fn no_law(rulebook: &Rulebook, day: Date) -> String {
    match rulebook.first_rule_set() {
        Some((name, first)) => format!(
            "no rule set of {} holds on {day}: its first, {name}, begins on {first}; give a later day",
            rulebook.edition()
        ),
        None => format!("{} has no rule set", rulebook.edition()),
    }
}

/// The cases held, or the edition would not be here; what is left is whether they see every rule.
fn test(rulebook: &Rulebook) -> ExitCode {
    let mut gaps = rulebook.uncovered();
    gaps.extend(rulebook.untried_edges());
    for gap in &gaps {
        say(gap);
    }
    let unkept = rulebook.guide_gaps(rulebook.issued());
    for gap in &unkept {
        say(format!("guide: {gap}"));
    }
    let (cases, rules) = (rulebook.cases().len(), rulebook.rule_ids().count());
    if gaps.is_empty() && unkept.is_empty() {
        say(format!(
            "{cases} cases hold, and each of {rules} rules has one that fires it and one that does not, \
             each threshold one at it and one beyond"
        ));
        ExitCode::SUCCESS
    } else {
        say(format!("{cases} cases hold, {} gaps", gaps.len() + unkept.len()));
        ExitCode::from(WRONG)
    }
}
