//! The commands, and the three things they share: logging, the exit, the words on the terminal.

pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod central;
pub(crate) mod check_config;
pub(crate) mod close_kiosk;
pub(crate) mod decide;
pub(crate) mod demo;
pub(crate) mod device;
pub(crate) mod doctor;
pub(crate) mod journal;
mod permit_book;
pub(crate) mod provision;
pub(crate) mod return_numbers;
pub(crate) mod revoke;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod simulate;
pub(crate) mod technician;
pub(crate) mod verify;
pub(crate) mod void_number;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;

use anyhow::Context as _;
use permit_kiosk::durable;
use permit_kiosk::fault::Chain;
use permit_kiosk::wire::v1::Revocation;

/// Exit code of a command that could not do its work: a file, a port, a key.
const FAILED: u8 = 3;

/// What went wrong first when a line was to be written to standard output.
static UNSAID: OnceLock<io::Error> = OnceLock::new();

/// Turns a command's end into an exit code, and tells an error with its causes.
#[expect(clippy::print_stderr, reason = "the terminal is where a command tells its error")]
pub(crate) fn finish(result: anyhow::Result<ExitCode>) -> ExitCode {
    let code = result.unwrap_or_else(|error| {
        let error: &(dyn std::error::Error + 'static) = error.as_ref();
        eprintln!("permit-kiosk: {}", Chain(error));
        ExitCode::from(FAILED)
    });
    match UNSAID.get() {
        // `| head -1`: whoever reads has read enough.
        Some(error) if error.kind() == io::ErrorKind::BrokenPipe => code,
        Some(error) => {
            eprintln!("permit-kiosk: cannot write the answer: {error}");
            ExitCode::from(FAILED)
        }
        None => code,
    }
}

/// The technician's log: JSON lines on standard error, `RUST_LOG` decides how much.
pub(crate) fn start_logging() {
    tracing_subscriber::fmt()
        .json()
        .with_writer(io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::builder()
                .with_default_directive(tracing::level_filters::LevelFilter::INFO.into())
                .from_env_lossy(),
        )
        .init();
}

/// Words that stand in a signed record or act for good: 1 to 500 characters in one line.
pub(crate) fn check_words(words: &[(&str, &String)]) -> anyhow::Result<()> {
    let max = Revocation::WORDS_CHARS_MAX;
    for (what, text) in words {
        let is_long = text.chars().count() > max;
        anyhow::ensure!(
            !text.trim().is_empty() && !is_long && !text.contains(char::is_control),
            "{what} needs 1 to {max} characters in one line: it stands on record for good"
        );
    }
    Ok(())
}

/// Bytes of a page template at most.
const TEMPLATE_BYTES_MAX: u64 = 64 * 1024;

/// The page templates of a folder, by file name and in its order.
pub(crate) fn read_templates(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the page templates in {}", folder.display()))?;
    for entry in entries {
        let path = entry.context("cannot read the page templates")?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let text = String::from_utf8(durable::read_limited(&path, TEMPLATE_BYTES_MAX)?)
                .with_context(|| format!("{} is not UTF-8 text", path.display()))?;
            files.push((name.unwrap_or_default(), text));
        }
    }
    files.sort();
    Ok(files)
}

/// A line for the person at the terminal. Where nobody reads any more, nothing is said any more.
pub(crate) fn say(line: impl std::fmt::Display) {
    if UNSAID.get().is_some() {
        return;
    }
    let mut out = io::stdout().lock();
    if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
        UNSAID.get_or_init(|| error);
    }
}
