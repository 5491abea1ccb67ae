//! `permit-kiosk audit`: evidence for auditors, made, verified and looked into.

mod export;
mod key;
mod numbers;
mod replay;
mod verify;
mod view;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use permit_kiosk::audit::{Trust, View};
use permit_kiosk::durable;
use permit_kiosk::seal::{AuditorKey, VerifyingKey};
use permit_kiosk::wire::v1::Publishers;

use super::say;

/// Exit code for a bundle that does not hold.
const BROKEN: u8 = 1;

/// Bytes of a key's file at most.
const KEY_BYTES_MAX: u64 = 4096;

/// Makes bundles of evidence and verifies them offline; docs/auditor.md leads through it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make a bundle of a kiosk's journal or of central's permit book.
    Export(export::Args),
    /// Verify a bundle offline. Exit code 0: it holds. 1: it does not, and where first.
    Verify(verify::Args),
    /// Tell a case step by step, and decide and explain it again.
    Replay(replay::Args),
    /// The numbers for managers: cases, reasons, times, ratings with their clocks.
    Numbers(numbers::Args),
    /// Make tables of a bundle: CSV, a workbook, Parquet.
    View(view::Args),
    /// Make an auditor's key pair, to which bundles are closed.
    Key(key::Args),
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Export(args) => export::run(args),
        What::Verify(args) => verify::run(args),
        What::Replay(args) => replay::run(args),
        What::Numbers(args) => numbers::run(args),
        What::View(args) => view::run(args),
        What::Key(args) => key::run(args),
    }
}

/// The forms of tables on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Jsonl,
    Csv,
    Xlsx,
    Parquet,
}

impl Format {
    /// The views of a list of forms; the evidence itself is none.
    fn views(formats: &[Self]) -> Vec<View> {
        let mut views: Vec<View> = formats
            .iter()
            .filter_map(|format| match format {
                Self::Jsonl => None,
                Self::Csv => Some(View::Csv),
                Self::Xlsx => Some(View::Xlsx),
                Self::Parquet => Some(View::Parquet),
            })
            .collect();
        views.sort();
        views.dedup();
        views
    }
}

/// The keys in the auditor's own folder: every `*.pub`, every `publishers*.json`.
fn trust(folder: &Path) -> anyhow::Result<Trust> {
    let mut trust = Trust::new();
    let mut paths: Vec<PathBuf> = Vec::new();
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot open the folder of your keys {}", folder.display()))?;
    for entry in entries {
        paths.push(entry.context("cannot read the folder of your keys")?.path());
    }
    paths.sort();
    for path in paths {
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned());
        match ending.as_deref() {
            Some("pub") if !name.starts_with("auditor") => {
                let key = VerifyingKey::from_pem(&text(&path, KEY_BYTES_MAX)?)
                    .with_context(|| format!("cannot trust {}", path.display()))?;
                trust.key(&name, key);
            }
            Some("json") if name.starts_with("publishers") => {
                let bytes = durable::read_limited(&path, Publishers::BYTES_MAX as u64)?;
                let publishers = Publishers::read(&bytes)
                    .with_context(|| format!("cannot trust {}", path.display()))?;
                trust.publishers(publishers);
            }
            _ => {}
        }
    }
    if trust.is_empty() {
        bail!(
            "there is no key in {}: it must hold what you trust, brought on a medium of your own: \
             central.pub, device.pub and seal.pub of a kiosk, publishers.json",
            folder.display()
        );
    }
    Ok(trust)
}

/// The auditor's private key.
fn auditor_key(path: &Path) -> anyhow::Result<AuditorKey> {
    let pem = zeroize::Zeroizing::new(text(path, KEY_BYTES_MAX)?);
    AuditorKey::from_pem(&pem).with_context(|| format!("{} is no auditor's key", path.display()))
}

fn text(path: &Path, bytes_max: u64) -> anyhow::Result<String> {
    String::from_utf8(durable::read_limited(path, bytes_max)?)
        .with_context(|| format!("{} is not UTF-8 text", path.display()))
}

/// A progress line on a terminal, and nothing anywhere else.
struct Progress {
    shown: bool,
    last: u64,
}

impl Progress {
    fn new() -> Self {
        use std::io::IsTerminal as _;
        Self { shown: std::io::stderr().is_terminal(), last: 0 }
    }

    fn tell(&mut self, done: u64, all: u64) {
        const CELLS: u64 = 30;
        // Every two thousand records: some twenty times a second.
        if !self.shown || (done < self.last + 2000 && done != all) {
            return;
        }
        self.last = done;
        let full = (done * CELLS).checked_div(all).unwrap_or(CELLS).min(CELLS);
        let bar: String = (0..CELLS).map(|cell| if cell < full { '█' } else { '░' }).collect();
        draw(&format!("\r{bar} {done}/{all}"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown && self.last > 0 {
            draw("\r\x1b[K");
        }
    }
}

#[expect(clippy::print_stderr, reason = "a progress line belongs on the terminal")]
fn draw(text: &str) {
    eprint!("{text}");
}
