//! `permit-kiosk check-config`: every mistake in the configuration at once, with line and remedy.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use permit_kiosk::config::{self, Problems};

/// Checks a configuration folder: kiosk.toml, devices.toml, central.toml, and how they fit together.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration folder.
    #[arg(long, default_value = "kiosk-config")]
    config: PathBuf,
    /// Tell the problems as JSON, for other programs.
    #[arg(long)]
    json: bool,
}

/// Exit code of a configuration with problems.
const PROBLEMS: u8 = 1;

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let checked = config::check(&args.config);
    let mut out = std::io::stdout().lock();
    let colour = out.is_terminal();
    let report = if args.json { json(&checked) } else { text(&args.config, &checked, colour) };
    writeln!(out, "{report}").context("cannot write the report")?;
    Ok(if checked.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(PROBLEMS) })
}

fn json(checked: &Result<Vec<&str>, Problems>) -> String {
    let (files, problems) = match checked {
        Ok(files) => (serde_json::json!(files), serde_json::json!([])),
        Err(problems) => (serde_json::Value::Null, problems.json()),
    };
    serde_json::json!({ "checked": files, "problems": problems }).to_string()
}

fn text(folder: &Path, checked: &Result<Vec<&str>, Problems>, colour: bool) -> String {
    let folder = folder.display();
    match checked {
        Ok(files) => format!("{folder}: {} checked, no problem", files.join(", ")),
        Err(problems) => {
            let count = problems.iter().count();
            let plural = if count == 1 { "" } else { "s" };
            format!("{}{folder}: {count} problem{plural}", problems.drawn(colour))
        }
    }
}
