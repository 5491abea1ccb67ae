//! `permit-kiosk audit export`: a bundle from a kiosk's journal or from central's permit book.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use jiff::civil::Date;
use permit_kiosk::audit::{Asked, Manifest, Order, Source};
use permit_kiosk::central::{self, keys};
use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::config;
use permit_kiosk::durable;
use permit_kiosk::journal::Journal;
use permit_kiosk::rulebooks::Shelf;
use permit_kiosk::seal::{AuditorPublicKey, SigningKey};
use permit_kiosk::terminal::export::{self, Evidence};
use permit_kiosk::wire::v1::KioskId;

use super::{Format, KEY_BYTES_MAX, Progress, say, text};
use crate::command::permit_book::chosen;
use crate::command::run::Keys;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to put the bundle in, for example of a USB stick. Nothing is written anywhere else.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// From this day on, in Asia/Shanghai.
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Until this day.
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// Of central's permit book instead of this kiosk's journal.
    #[arg(long)]
    central: bool,
    /// Only this kiosk.
    #[arg(long, value_name = "KIOSK", value_parser = kiosk)]
    kiosk: Option<KioskId>,
    /// Only these kinds of records in the tables; the evidence always has all.
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    kind: Vec<String>,
    /// Tables to make besides the evidence, which is JSONL: csv, xlsx, parquet; several with commas.
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', default_value = "jsonl")]
    format: Vec<Format>,
    /// The auditor's public key: what is personal goes along, closed to it. Without one it stays
    /// sealed, and decisions cannot be made again from the bundle.
    #[arg(long, value_name = "FILE")]
    r#for: Option<PathBuf>,
    /// Who asks for it, as it shall stand in the bundle.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// The folder of the configuration.
    #[arg(long, value_name = "DIR", default_value = "kiosk-config")]
    config: PathBuf,
    /// The folder of the keys, instead of the configuration's.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// The folder of the journal or the permit book, instead of the configuration's.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

fn kiosk(text: &str) -> Result<KioskId, String> {
    KioskId::parse(&text.to_ascii_lowercase())
        .ok_or_else(|| "a kiosk's name has letters, digits and hyphens".to_owned())
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    if let (Some(from), Some(to)) = (args.from, args.to)
        && to < from
    {
        bail!("--to {to} is before --from {from}");
    }
    if !args.out.is_dir() {
        bail!("there is no folder {}: plug in the stick, or make the folder", args.out.display());
    }
    let auditor = match &args.r#for {
        None => None,
        Some(path) => Some(
            AuditorPublicKey::from_pem(&text(path, KEY_BYTES_MAX)?)
                .with_context(|| format!("{} is no auditor's public key", path.display()))?,
        ),
    };
    let sealed = auditor.is_none();
    let mut progress = Progress::new();
    let (folder, manifest) = if args.central {
        of_central(&args, auditor, &mut progress)?
    } else {
        of_kiosk(&args, auditor, &mut progress)?
    };
    drop(progress);
    tell(&folder, &manifest, sealed);
    Ok(ExitCode::SUCCESS)
}

fn of_kiosk(
    args: &Args,
    auditor: Option<AuditorPublicKey>,
    progress: &mut Progress,
) -> anyhow::Result<(PathBuf, Manifest)> {
    let (kiosk, _devices) = config::load_kiosk(&args.config)?;
    let keys_folder = args.keys.as_ref().unwrap_or(&kiosk.keys_folder);
    let data = args.data.as_ref().unwrap_or(&kiosk.data_folder);
    let keys = Keys::read(keys_folder)?;
    let enrolment = &keys.enrolment;
    if args.kiosk.as_ref().is_some_and(|asked| *asked != enrolment.kiosk) {
        bail!("this is the journal of {}; another kiosk's is in --central", enrolment.kiosk);
    }
    let evidence = Evidence {
        journal: &data.join(Journal::FILE_NAME),
        editions: &data.join(Shelf::FOLDER),
        kiosk: enrolment.kiosk.clone(),
        incarnation: enrolment.incarnation,
        device_key: &keys.device,
        seal_key: keys.seal.verifying_key(),
        central_key: keys.central.clone(),
        vault_key: &keys.vault,
    };
    let order = order(args, auditor, Source::Kiosk, enrolment.kiosk.as_str());
    let folder = order.folder.clone();
    let told = |done, all| {
        progress.tell(done, all);
        ControlFlow::Continue(())
    };
    let manifest = export::export(&evidence, order, told, |_manifest| Ok(()))?;
    Ok((folder, manifest))
}

fn of_central(
    args: &Args,
    auditor: Option<AuditorPublicKey>,
    progress: &mut Progress,
) -> anyhow::Result<(PathBuf, Manifest)> {
    let written = config::load_central(&args.config)?;
    let keys_folder = args.keys.as_ref().unwrap_or(&written.keys_folder);
    let book = chosen(written.permit_book, args.data.as_deref());
    let central_key = signing_key(&keys_folder.join(keys::CENTRAL_KEY))?;
    let vault_key = keys::read_vault_key(&keys_folder.join(keys::CENTRAL_VAULT_KEY))?;
    let order = order(args, auditor, Source::Central, "central");
    let folder = order.folder.clone();
    let progress = |done, all| progress.tell(done, all);
    let manifest = central::export::export(&book, &central_key, &vault_key, order, progress)?;
    Ok((folder, manifest))
}

fn order(args: &Args, auditor: Option<AuditorPublicKey>, source: Source, of: &str) -> Order {
    let now = SystemClock.now();
    let name = format!("permit-audit-{of}-{}", now.strftime("%Y%m%dT%H%M%SZ"));
    Order {
        folder: args.out.join(name),
        made_at: now,
        made_by: args.by.clone(),
        source,
        asked: Asked {
            from: args.from,
            to: args.to,
            kiosk: args.kiosk.clone(),
            kinds: args.kind.clone(),
        },
        views: Format::views(&args.format),
        unlock_for: auditor,
    }
}

fn tell(folder: &Path, manifest: &Manifest, sealed: bool) {
    say(folder.display());
    for chain in &manifest.chains {
        say(format_args!("  {} #{} to #{}", chain.kiosk, chain.first, chain.last));
    }
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let (records, files) = (manifest.records, manifest.files.len());
    say(format_args!("  {records} records, {files} files, {bytes} bytes, signed"));
    if sealed {
        say("  what is personal is sealed; --for an auditor's key lets that auditor open it");
    }
}

fn signing_key(path: &Path) -> anyhow::Result<SigningKey> {
    let pem = zeroize::Zeroizing::new(
        String::from_utf8(durable::read_limited(path, KEY_BYTES_MAX)?)
            .with_context(|| format!("{} is no text", path.display()))?,
    );
    SigningKey::from_pem(&pem).with_context(|| format!("cannot use {}", path.display()))
}
