//! `permit-kiosk bench`: the window beside a simulated kiosk, from which one plays the world around it.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use permit_kiosk::ui::bench::{self, Cast};

use super::start_logging;

/// Bytes of the file of people at most; the demonstration's has 20 KB.
const PEOPLE_BYTES_MAX: u64 = 1024 * 1024;

/// Opens the bench: cards, phones, paper, covers and cables of the simulated devices.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder the simulators run in.
    #[arg(long, default_value = "target/demo/devices")]
    dir: PathBuf,
    /// Central's public pages, which draw the codes on the phones.
    #[arg(long, value_name = "URL")]
    phone: String,
    /// The invented people and businesses.
    #[arg(long, default_value = "kiosk-config/demo/demo.json")]
    people: PathBuf,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    start_logging();
    // Before the first client: the web client chooses no provider of its own. Chosen twice is no harm.
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    let mut text = String::new();
    std::fs::File::open(&args.people)
        .and_then(|file| file.take(PEOPLE_BYTES_MAX).read_to_string(&mut text))
        .with_context(|| format!("cannot read {}", args.people.display()))?;
    let cast = Cast::parse(&text).with_context(|| format!("in {}", args.people.display()))?;
    bench::run(bench::Options { devices: args.dir, phone: args.phone, cast })?;
    Ok(ExitCode::SUCCESS)
}
