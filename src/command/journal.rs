//! `permit-kiosk journal`: reads and copies the journal of a kiosk, and changes nothing in it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use permit_kiosk::central::keys;
use permit_kiosk::durable;
use permit_kiosk::journal::{Journal, Placed, Reader};
use permit_kiosk::seal::VerifyingKey;
use permit_kiosk::wire::v1::{Body, Header, Record};

use super::say;

/// Exit code for a journal whose chain is broken.
const BROKEN: u8 = 1;

/// Bytes at most in a public key's file.
const KEY_BYTES_MAX: u64 = 4096;

/// Bytes of records read at once.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Reads the journal, also while the kiosk is at work.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Lists records, one line each, without anything about a person.
    Show {
        /// The folder of the configuration.
        #[arg(long, value_name = "DIR", default_value = "kiosk-config")]
        config: PathBuf,
        /// A journal's file, for example a backup, instead of the one of the configuration.
        #[arg(long, value_name = "PATH")]
        file: Option<PathBuf>,
        /// Only records behind this position; without it, the last ones.
        #[arg(long, value_name = "POSITION")]
        after: Option<u64>,
        /// How many at most.
        #[arg(long, value_name = "COUNT", default_value_t = 40)]
        count: usize,
    },
    /// Follows the whole chain of records and signatures. Exit code 0: whole. 1: broken, and where.
    Verify {
        /// The folder of the configuration.
        #[arg(long, value_name = "DIR", default_value = "kiosk-config")]
        config: PathBuf,
        /// A journal's file, for example a backup, instead of the one of the configuration.
        #[arg(long, value_name = "PATH")]
        file: Option<PathBuf>,
        /// The kiosk's public device key, instead of the one in its key folder.
        #[arg(long, value_name = "PATH")]
        key: Option<PathBuf>,
    },
    /// Copies the journal, whole as it is at this moment, to a new file; the kiosk goes on meanwhile. The keys of
    /// what is personal stay behind: a copy shows nothing about anybody.
    BackUp {
        /// The file to make.
        #[arg(value_name = "FILE")]
        to: PathBuf,
        /// The folder of the configuration.
        #[arg(long, value_name = "DIR", default_value = "kiosk-config")]
        config: PathBuf,
        /// A journal's file instead of the one of the configuration.
        #[arg(long, value_name = "PATH")]
        file: Option<PathBuf>,
    },
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::BackUp { to, config, file } => back_up(&to, &config, file),
        What::Show { config, file, after, count } => show(&config, file, after, count),
        What::Verify { config, file, key } => verify(&config, file, key),
    }
}

fn back_up(to: &Path, config: &Path, file: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let path = journal_file(config, file)?;
    let reader = Reader::open(&path).context("cannot open the journal")?;
    reader.back_up(to).context("the journal is not copied")?;
    let head = Reader::open(to).and_then(|copy| copy.head()).context("cannot read the copy")?;
    say(format!("{}: {} records, head {}", to.display(), head.position, head.hash));
    Ok(ExitCode::SUCCESS)
}

fn show(
    config: &Path,
    file: Option<PathBuf>,
    after: Option<u64>,
    count: usize,
) -> anyhow::Result<ExitCode> {
    let path = journal_file(config, file)?;
    let reader = Reader::open(&path).context("cannot open the journal")?;
    let head = reader.head()?;
    let last_ones = u64::try_from(count).map_or(0, |count| head.position.saturating_sub(count));
    let mut after = after.unwrap_or(last_ones);
    let mut shown = 0;
    while shown < count {
        let records = reader.records(after, count - shown, PAGE_BYTES_MAX)?;
        let Some(last) = records.last() else { break };
        after = last.position;
        shown += records.len();
        for placed in &records {
            say(line(placed));
        }
    }
    let outbox = reader.outbox_state()?;
    let since = outbox.oldest_at.map(|at| format!(", the oldest of {at}")).unwrap_or_default();
    say(format!("{}: {} records, head {}", path.display(), head.position, head.hash));
    say(format!("{} not acknowledged by central{since}", outbox.unsent));
    Ok(ExitCode::SUCCESS)
}

/// One record in one line.
fn line(placed: &Placed) -> String {
    let position = placed.position;
    let text = placed.record.record.reveal();
    match (Record::read(text), Header::read(text)) {
        (Ok(record), _) => {
            let kind = record.body.kind();
            format!(
                "{position:>8}  {:<24}  {kind:<16}  {}",
                record.at.to_string(),
                what(&record.body)
            )
        }
        (Err(_), Ok(header)) => {
            format!("{position:>8}  {:<24}  ?  {}", header.at.to_string(), header.format)
        }
        (Err(error), Err(_)) => format!("{position:>8}  {error}"),
    }
}

/// What a body says, without anything about a person.
fn what(body: &Body) -> String {
    match body {
        Body::Started(body) => {
            format!("{} {}", body.software, body.edition.as_deref().unwrap_or("-"))
        }
        Body::LookedUp(body) => {
            format!(
                "{} {:?} {:?} {} ms",
                body.application, body.register, body.outcome, body.took_ms
            )
        }
        Body::Decided(body) => {
            let decision = &body.decision;
            format!("{} {} {} {}", body.application, body.service, decision.verdict, decision.code)
        }
        Body::Issued(body) => format!("{} {}", body.application, body.number),
        Body::Printed(body) => {
            let serial = body.serial.as_deref().unwrap_or("-");
            format!("{} {:?} {serial} {:?}", body.application, body.document, body.step)
        }
        Body::DataReceipt(body) => {
            let how = if body.shown { "shown" } else { "offered" };
            format!("{} {} look-ups {how}", body.application, body.look_ups)
        }
        Body::Rated(body) => format!("{} {}", body.application, body.grade),
        Body::NumberVoided(body) => format!("{} {} {}", body.series, body.sequence, body.reason),
        Body::NumbersReturned(body) => {
            format!("{} {} to {} {}: {}", body.series, body.first, body.last, body.by, body.reason)
        }
        Body::BlockInstalled(body) => format!("{} {} to {}", body.series, body.first, body.last),
        Body::EditionActivated(body) => {
            format!("{} {}.{} {}", body.name, body.epoch, body.version, body.digest)
        }
        Body::EditionRefused(body) => {
            format!("{} {}", body.code, body.edition.as_deref().unwrap_or("-"))
        }
        Body::Faulted(body) => {
            format!("{} {}", body.code, if body.cleared { "cleared" } else { "stands" })
        }
        Body::SessionEnded(body) => format!("{} {} s", body.screen, body.took_ms / 1000),
        // Staff sign in with names made for that, and their acts are to be seen.
        Body::MaintenanceSignedIn(body) => format!("{} {}", body.name, body.role.as_str()),
        Body::MaintenanceRefused(body) => {
            let name = body.name.as_deref().unwrap_or("nobody's name");
            let locked = body.locked_until.map(|until| format!(", locked until {until}"));
            format!("{name}{}", locked.unwrap_or_default())
        }
        Body::MaintenanceSignedOut(body) => format!("{} {:?}", body.name, body.reason),
        Body::MaintenanceSettled(body) => {
            format!("{} job {} {:?}", body.by, body.job, body.answer)
        }
        Body::MaintenanceEmptied(body) => format!("{} {}", body.by, body.printer),
        Body::MaintenanceConfigured(body) => {
            let changes = body.changes.join(", ");
            format!("{} {} {:?}: {changes} ({})", body.by, body.file, body.outcome, body.why)
        }
        Body::MaintenanceTested(body) => {
            format!("{} {} {}", body.by, body.device, if body.passed { "passed" } else { "failed" })
        }
        Body::MaintenanceExported(body) => {
            format!("{} took {} records, manifest {}", body.by, body.records, body.manifest)
        }
        Body::BlanksCounted(body) => {
            format!("{} {} {} to {}", body.by, body.paper, body.first, body.last)
        }
        Body::BlanksSpent(body) => {
            format!("{} {} to {} {:?}", body.paper, body.first, body.last, body.on)
        }
    }
}

fn verify(config: &Path, file: Option<PathBuf>, key: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let path = journal_file(config, file)?;
    let key_path = match key {
        Some(path) => path,
        None => load(config)?.keys_folder.join(keys::DEVICE_PUBLIC),
    };
    let pem =
        durable::read_limited(&key_path, KEY_BYTES_MAX).context("cannot read the device key")?;
    let pem = String::from_utf8(pem).context("the device key is not a text")?;
    let key = VerifyingKey::from_pem(&pem).context("the device key is none")?;
    let reader = Reader::open(&path).context("cannot open the journal")?;
    match reader.verify(&key)? {
        Ok(head) => {
            say(format!("whole: {} records, head {}", head.position, head.hash));
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            say(format!("BROKEN: {fault}"));
            Ok(ExitCode::from(BROKEN))
        }
    }
}

fn journal_file(config: &Path, file: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    match file {
        Some(path) => Ok(path),
        None => Ok(load(config)?.data_folder.join(Journal::FILE_NAME)),
    }
}

fn load(config: &Path) -> anyhow::Result<permit_kiosk::config::Kiosk> {
    let (kiosk, _devices) = permit_kiosk::config::load_kiosk(config)?;
    Ok(kiosk)
}
