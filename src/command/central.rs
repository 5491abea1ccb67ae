//! `permit-kiosk central`: the permit book, the registers, the kiosks' interface and the pages.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use permit_kiosk::central::{self, REGISTER_TIMEOUT, numbers::Numbers};
use permit_kiosk::clock::SystemClock;
use permit_kiosk::config::{self, PermitBook, Registers};
use permit_kiosk::domain::calendar::Calendar;
use permit_kiosk::durable;
use tokio::sync::watch;

use super::permit_book::chosen;
use super::{say, start_logging};

/// Runs central until it is told to end (SIGTERM, Ctrl-C).
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration folder: central.toml, numbers.toml, rulebook/calendar.toml.
    #[arg(long, default_value = "kiosk-config")]
    config: PathBuf,
    /// The folder of central's keys; central.toml says it otherwise.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// The folder of the permit book; central.toml says it otherwise. The addresses listened at are
    /// written there, into central.json.
    #[arg(long)]
    data: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    start_logging();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(serve(args))
}

async fn serve(args: Args) -> anyhow::Result<ExitCode> {
    let written = config::load_central(&args.config)?;
    let calendar = args.config.join("rulebook/calendar.toml");
    let text = durable::read_limited(&calendar, CALENDAR_BYTES_MAX)?;
    let text = String::from_utf8(text)
        .with_context(|| format!("{} is not UTF-8 text", calendar.display()))?;
    let permit_book = chosen(written.permit_book, args.data.as_deref());
    // Where the addresses are written: beside the file, or where `--data` says.
    let folder = match &permit_book {
        PermitBook::File(path) => Some(path.parent().map(PathBuf::from).unwrap_or_default()),
        PermitBook::Postgres { .. } => args.data,
    };
    if let Some(folder) = &folder {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let Registers::Embedded { file: embedded_registers } = written.registers;
    let config = central::Config {
        api: written.api_listen,
        web: written.web_listen,
        permit_book,
        keys: args.keys.unwrap_or(written.keys_folder),
        embedded_registers,
        register_timeout: REGISTER_TIMEOUT,
        numbers: Numbers::load(&args.config)?,
        calendar: Calendar::parse(&text)
            .with_context(|| format!("cannot use {}", calendar.display()))?,
        retention: written.retention,
        clock: Arc::new(SystemClock),
    };
    let (stop, stopped) = watch::channel(false);
    let running = central::serve(config, stopped).await?;
    let addresses = serde_json::json!({
        "api": running.api.to_string(),
        "web": running.web.to_string(),
    });
    let path = folder.map(|folder| folder.join("central.json"));
    if let Some(path) = &path {
        durable::write(path, format!("{addresses}\n").as_bytes())?;
    }
    say(format_args!("central ready api=https://{} web=http://{}", running.api, running.web));
    told_to_end().await?;
    stop.send_replace(true);
    running.finished().await;
    if let Some(path) = &path {
        durable::remove(path)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// As the calendar itself limits it.
const CALENDAR_BYTES_MAX: u64 = 64 * 1024;

async fn told_to_end() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .context("cannot listen for the end")?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot listen for the end"),
    }
}
