//! `permit-kiosk provision`: keys and certificates for central and a kiosk, and the kiosk's enrolment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use permit_kiosk::central::keys::{self, Order};
use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::config;
use permit_kiosk::rulebooks;
use permit_kiosk::seal::Profile;
use permit_kiosk::wire::v1::KioskId;

use super::permit_book::work_on;
use super::say;

/// Makes the keys of central and of a kiosk and enrols the kiosk. Keys that are there stay.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration folder.
    #[arg(long, default_value = "kiosk-config")]
    config: PathBuf,
    /// The folder of the keys, central's and the kiosk's.
    #[arg(long)]
    keys: PathBuf,
    /// The folder of central's permit book, in which the kiosk is enrolled.
    #[arg(long)]
    data: PathBuf,
    /// Another kiosk than the one of the configuration: its keys come into a folder of its own inside,
    /// to be carried to it.
    #[arg(long, value_name = "ID")]
    kiosk: Option<String>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (kiosk, _devices) = config::load_kiosk(&args.config)?;
    let central = config::load_central(&args.config)?;
    let own = kiosk_id(&kiosk.id)?;
    let (id, kiosk_folder) = match &args.kiosk {
        Some(other) if kiosk_id(other)? != own => {
            let id = kiosk_id(other)?;
            let folder = args.keys.join(id.as_str());
            (id, folder)
        }
        Some(_) | None => (own, args.keys.clone()),
    };
    let profile = Profile::parse(kiosk.seal_profile.as_str())
        .context("the seal profile of kiosk.toml is none this software knows")?;
    let folder = args.config.join("rulebook");
    let rulebook = rulebooks::load(&folder)
        .context("the publishers' keys are for a rulebook, and there is none")?
        .name()
        .to_owned();
    let mut central_names = BTreeSet::new();
    central_names.extend(host(&kiosk.central_url));
    if !central.api_listen.ip().is_unspecified() {
        central_names.insert(central.api_listen.ip().to_string());
    }
    let order = Order {
        folder: args.keys.clone(),
        kiosk_folder,
        kiosk: id,
        profile,
        rulebook,
        central_names,
        now: SystemClock.now(),
    };
    std::fs::create_dir_all(&args.data)
        .with_context(|| format!("cannot make the folder {}", args.data.display()))?;
    let book = central.permit_book.in_folder(&args.data);
    let made = work_on(&book, async |store| Ok(keys::provision(&order, &*store).await?))?;
    tell(&order, &made);
    Ok(ExitCode::SUCCESS)
}

/// Kiosks are written in capitals where people read them, in small letters in certificates and records.
fn kiosk_id(text: &str) -> anyhow::Result<KioskId> {
    match KioskId::parse(&text.to_ascii_lowercase()) {
        Some(id) => Ok(id),
        None => {
            bail!("`{text}` is no name of a kiosk: write letters, digits and hyphens, like ZD-K01")
        }
    }
}

fn host(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    let host = rest.split('/').next()?;
    let host = host.rsplit_once(':').map_or(host, |(host, _port)| host);
    Some(host.trim_matches(['[', ']']).to_owned())
}

fn tell(order: &Order, made: &keys::Provisioned) {
    if made.written.is_empty() {
        say(format_args!(
            "kiosk {} has its keys in {} already and is enrolled; nothing was changed",
            order.kiosk,
            order.kiosk_folder.display()
        ));
        return;
    }
    for path in &made.written {
        let secret = if is_secret(path) { "secret" } else { "public" };
        say(format_args!("made {secret} {}", path.display()));
    }
    say(format_args!("kiosk {} is enrolled, life {}", order.kiosk, made.incarnation));
}

fn is_secret(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "key" || extension == "token")
}
