//! `permit-kiosk rules draft | sign | verify | publish`: from a folder to an edition kiosks decide by,
//! through the hands of two persons at two machines.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use permit_kiosk::central::{editions, keys};
use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::config::{self, PermitBook};
use permit_kiosk::domain::Language;
use permit_kiosk::durable;
use permit_kiosk::fault::Chain;
use permit_kiosk::rulebooks;
use permit_kiosk::seal::{KeyId, SigningKey};
use permit_kiosk::wire::v1::{EditionManifest, Publishers, SignedEdition};

use super::{Loaded, WRONG, diff, load, summary, test};
use crate::command::permit_book::{chosen, work_on};
use crate::command::say;

/// Make an edition of a folder: checked, tested, compared with the one before, signed by nobody yet.
#[derive(Debug, clap::Args)]
pub(super) struct Draft {
    /// The rulebook's directory.
    #[arg(value_name = "DIR", default_value = "kiosk-config/rulebook")]
    directory: PathBuf,
    /// For which kiosks.
    #[arg(long, default_value = keys::CHANNEL)]
    channel: String,
    /// The edition published before: numbers must count up, and what changed is told.
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Where the draft goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Check a draft once more, show it, and sign it with one publisher's key.
#[derive(Debug, clap::Args)]
pub(super) struct Sign {
    /// The draft; the signature is added to it.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The publisher's private key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Verify a published edition as a kiosk does.
#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// The edition.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The trusted publishers.
    #[arg(long, value_name = "FILE")]
    publishers: PathBuf,
}

/// Hand a signed edition to central, from where kiosks fetch it.
#[derive(Debug, clap::Args)]
pub(super) struct Publish {
    /// The edition.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Central's key folder, with its publishers.json.
    #[arg(long)]
    keys: PathBuf,
    /// The folder of central's permit book, where that is a file.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The configuration folder: its central.toml says where the permit book is.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// Days between the date of issue and today at most: a mistyped year would make every clock late.
const ISSUED_AHEAD_DAYS: i32 = 31;

pub(super) fn draft(args: &Draft) -> anyhow::Result<ExitCode> {
    if !EditionManifest::is_channel(&args.channel) {
        bail!("`{}` is no channel: write a-z, 0-9 and -", args.channel);
    }
    if args.directory.is_file() {
        bail!("{} is a file: a draft is made of a rulebook's directory", args.directory.display());
    }
    let Loaded::Sound(rulebook) = load(&args.directory)? else {
        return Ok(ExitCode::from(WRONG));
    };
    say(summary(&rulebook));
    let tested = test(&rulebook);
    if tested != ExitCode::SUCCESS {
        return Ok(tested);
    }
    let today = SystemClock.today();
    let last = rulebook.reject_after();
    if today > last {
        say(format_args!(
            "its last day, {last}, has passed: move `reject_after` on in manifest.toml"
        ));
        return Ok(ExitCode::from(WRONG));
    }
    if today > rulebook.refresh_by() {
        say(format_args!(
            "note: `refresh_by` {} has passed; every kiosk tells its technician at once",
            rulebook.refresh_by()
        ));
    }
    let ahead = (rulebook.issued() - today).get_days();
    if ahead > ISSUED_AHEAD_DAYS {
        say(format_args!(
            "it is issued on {}, {ahead} days from now, {ISSUED_AHEAD_DAYS} at most: mend `issued` in \
             manifest.toml",
            rulebook.issued()
        ));
        return Ok(ExitCode::from(WRONG));
    }
    let files = rulebooks::read(&args.directory)?;
    let manifest = EditionManifest::describe(&rulebook, &files, &args.channel);
    if let Some(previous) = &args.previous {
        let before = read(previous)?;
        let before_manifest = EditionManifest::read(&before.manifest)?;
        if manifest.number() <= before_manifest.number() {
            let (epoch, version) = before_manifest.number();
            say(format_args!(
                "{epoch}.{version} was published before: count up `version` in manifest.toml"
            ));
            return Ok(ExitCode::from(WRONG));
        }
        let old = before.check(&before_manifest)?;
        let (old, new) = ((&before.files, &old), (&files, &*rulebook));
        say(diff::words_of(old, new, Language::Zh));
    }
    write(&args.out, &SignedEdition::unsigned(&manifest, files))?;
    say(format_args!("drafted {}; now two publishers sign it", args.out.display()));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn sign(args: &Sign) -> anyhow::Result<ExitCode> {
    let mut signed = read(&args.file)?;
    let manifest = EditionManifest::read(&signed.manifest)?;
    // Who signs has seen it hold: a signature says so.
    let rulebook = match signed.check(&manifest) {
        Ok(rulebook) => rulebook,
        Err(error) => {
            say(format_args!("not signed: {}; {}", Chain(&error), error.remedy()));
            return Ok(ExitCode::from(WRONG));
        }
    };
    say(summary(&rulebook));
    let pem = zeroize::Zeroizing::new(text(&args.key, KEY_BYTES_MAX)?);
    let key = SigningKey::from_pem(&pem)
        .with_context(|| format!("cannot sign with {}", args.key.display()))?;
    signed.sign(&key);
    write(&args.file, &signed)?;
    let by: Vec<&str> = signed.signatures.iter().map(|one| one.key.as_str()).collect();
    say(format_args!(
        "signed for channel {}, {} to {}; signatures by {}",
        manifest.channel,
        manifest.issued,
        manifest.reject_after,
        by.join(", ")
    ));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn verify(args: &Verify) -> anyhow::Result<ExitCode> {
    let bytes = durable::read_limited(&args.publishers, PUBLISHERS_BYTES_MAX)?;
    let publishers = Publishers::read(&bytes)
        .with_context(|| format!("cannot use {}", args.publishers.display()))?;
    let signed = read(&args.file)?;
    for signature in &signed.signatures {
        let name = KeyId::parse(&signature.key).ok().and_then(|id| publishers.name_of(id));
        say(format_args!("key {}: {}", signature.key, name.unwrap_or("not trusted")));
    }
    match signed.verify(&publishers) {
        Ok(edition) => {
            say(summary(&edition.rulebook));
            say(format_args!("VALID: signed by {}", edition.signed_by.join(", ")));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            say(format_args!("INVALID: {}", Chain(&error)));
            say(error.remedy());
            Ok(ExitCode::from(INVALID))
        }
    }
}

pub(super) fn publish(args: &Publish) -> anyhow::Result<ExitCode> {
    if args.config.is_none() && args.data.is_none() {
        bail!(
            "where is the permit book? give --config DIR (the folder with central.toml), or --data DIR where \
             it is a file"
        );
    }
    let publishers = keys::read_publishers(&args.keys)?;
    let bytes = durable::read_limited(&args.file, EDITION_BYTES_MAX)?;
    let book = match &args.config {
        Some(folder) => config::load_central(folder)?.permit_book,
        None => PermitBook::File(PathBuf::new()),
    };
    let book = chosen(book, args.data.as_deref());
    let now = SystemClock.now();
    let edition = work_on(&book, async |store| {
        Ok(editions::publish(&*store, &publishers, &bytes, now).await)
    })?;
    let edition = match edition {
        Ok(edition) => edition,
        Err(editions::Error::NotOne { source }) => {
            bail!("this cannot be published: {}; {}", Chain(&source), source.remedy());
        }
        Err(error) => return Err(error.into()),
    };
    say(format_args!(
        "published {} for channel {}, signed by {}\ndigest {}",
        edition.rulebook.edition(),
        edition.manifest.channel,
        edition.signed_by.join(", "),
        edition.manifest.digest
    ));
    Ok(ExitCode::SUCCESS)
}

/// Exit code where the edition does not verify, as `permit-kiosk verify` has it.
const INVALID: u8 = 1;
/// As the formats themselves are limited.
const EDITION_BYTES_MAX: u64 = SignedEdition::BYTES_MAX as u64;
const PUBLISHERS_BYTES_MAX: u64 = Publishers::BYTES_MAX as u64;
const KEY_BYTES_MAX: u64 = 16 * 1024;

fn read(path: &Path) -> anyhow::Result<SignedEdition> {
    if path.is_dir() {
        bail!("{} is a directory: give a file made by `rules draft`", path.display());
    }
    let bytes = durable::read_limited(path, EDITION_BYTES_MAX)?;
    SignedEdition::read(&bytes).with_context(|| format!("cannot use {}", path.display()))
}

fn write(path: &Path, edition: &SignedEdition) -> anyhow::Result<()> {
    Ok(durable::write(path, edition.to_text().as_bytes())?)
}

fn text(path: &Path, bytes_max: u64) -> anyhow::Result<String> {
    let bytes = durable::read_limited(path, bytes_max)?;
    String::from_utf8(bytes).with_context(|| format!("{} is not text", path.display()))
}
