//! `permit-kiosk check-config`: every mistake in the configuration at once, with line and remedy.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use permit_kiosk::central::numbers::Numbers;
use permit_kiosk::certificate::{TemplateError, Templates};
use permit_kiosk::config::{self, Problems};
use permit_kiosk::fault::Chain;
use permit_kiosk::rulebooks;
use permit_kiosk::rules::{self, Rulebook};

use super::say;

/// Checks a configuration folder: kiosk.toml, devices.toml, central.toml and how they fit together,
/// the number series, the page templates, and the rulebook with its cases.
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

pub(crate) fn run(args: Args) -> ExitCode {
    let mut report = Report::default();
    match config::check(&args.config) {
        Ok(files) => report.checked.extend(files.into_iter().map(str::to_owned)),
        Err(problems) => report.take(&problems),
    }
    report.check("numbers.toml", numbers(&args.config));
    report.check("certificate/", templates(&args.config));
    report.check("rulebook/", rulebook(&args.config));
    let colour = std::io::stdout().is_terminal();
    let told = if args.json { report.json() } else { report.text(&args.config, colour) };
    say(told);
    let clean = report.problems.is_empty();
    if clean { ExitCode::SUCCESS } else { ExitCode::from(PROBLEMS) }
}

/// What was checked, and everything that is wrong with it.
#[derive(Default)]
struct Report {
    checked: Vec<String>,
    problems: Vec<Problem>,
    drawn: Vec<(String, String)>,
}

/// One problem, as other programs take it.
struct Problem {
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    message: String,
    remedy: String,
}

impl Report {
    /// The problems of the three files of settings, which draw themselves.
    fn take(&mut self, problems: &Problems) {
        self.drawn.push((problems.drawn(false), problems.drawn(true)));
        self.problems.extend(problems.iter().map(|problem| Problem {
            file: problem.file().to_owned(),
            line: problem.place().map(|(line, _)| line),
            column: problem.place().map(|(_, column)| column),
            message: problem.message().to_owned(),
            remedy: problem.remedy().to_owned(),
        }));
    }

    /// A part of the folder with its problems, if it has any, and how they are told.
    fn check(&mut self, part: &str, found: Vec<(Problem, String)>) {
        if found.is_empty() {
            self.checked.push(part.to_owned());
        }
        for (problem, drawn) in found {
            let drawn = format!("{}\n\n", drawn.trim_end());
            self.drawn.push((drawn.clone(), drawn));
            self.problems.push(problem);
        }
    }

    fn json(&self) -> String {
        let problems: Vec<serde_json::Value> = self
            .problems
            .iter()
            .map(|problem| {
                serde_json::json!({
                    "file": problem.file,
                    "line": problem.line,
                    "column": problem.column,
                    "message": problem.message,
                    "remedy": problem.remedy,
                })
            })
            .collect();
        serde_json::json!({ "checked": self.checked, "problems": problems }).to_string()
    }

    fn text(&self, folder: &Path, colour: bool) -> String {
        let folder = folder.display();
        let drawn: String = self
            .drawn
            .iter()
            .map(|(plain, coloured)| if colour { coloured.as_str() } else { plain.as_str() })
            .collect();
        match self.problems.len() {
            0 => format!("{folder}: {} checked, no problem", self.checked.join(", ")),
            1 => format!("{drawn}{folder}: 1 problem"),
            count => format!("{drawn}{folder}: {count} problems"),
        }
    }
}

/// Central's number series; a folder without central has none.
fn numbers(folder: &Path) -> Vec<(Problem, String)> {
    if !folder.join("central.toml").exists() {
        return Vec::new();
    }
    match Numbers::load(folder) {
        Ok(_numbers) => Vec::new(),
        Err(error) => vec![whole("numbers.toml", &error)],
    }
}

/// The page templates.
fn templates(folder: &Path) -> Vec<(Problem, String)> {
    let files = match super::read_templates(&folder.join("certificate")) {
        Ok(files) => files,
        Err(error) => return vec![whole("certificate/", error.as_ref())],
    };
    let Err(errors) = Templates::parse(files.iter().map(|(f, t)| (f.as_str(), t.as_str()))) else {
        return Vec::new();
    };
    let each = |error: TemplateError| {
        let file = format!("certificate/{}", error.file);
        error.problems.into_iter().map(move |problem| {
            let drawn = format!("error: {file}:{}: {}", problem.line, problem.text);
            let problem = Problem {
                file: file.clone(),
                line: Some(problem.line),
                column: None,
                message: problem.text,
                remedy: String::new(),
            };
            (problem, drawn)
        })
    };
    errors.into_iter().flat_map(each).collect()
}

/// The edition: as strict as the kiosk itself when it starts.
fn rulebook(folder: &Path) -> Vec<(Problem, String)> {
    let (files, unread) = match rulebooks::examine(&folder.join("rulebook")) {
        Ok(read) => read,
        Err(error) => return vec![whole("rulebook/", &error)],
    };
    let Err(problems) = Rulebook::load_tried(&files, unread) else { return Vec::new() };
    let each = |problem: rules::Problem| {
        let drawn = problem.to_string();
        let column = problem.mark.as_ref().map(|(_line, before)| before + 1);
        let problem = Problem {
            file: format!("rulebook/{}", problem.file),
            line: Some(problem.line),
            column,
            message: problem.text,
            remedy: problem.remedy,
        };
        (problem, drawn)
    };
    problems.0.into_iter().map(each).collect()
}

/// A problem of a whole file or folder.
fn whole(file: &str, error: &(dyn std::error::Error + 'static)) -> (Problem, String) {
    let message = Chain(error).to_string();
    let drawn = format!("error: {file}: {message}");
    let remedy = String::new();
    (Problem { file: file.to_owned(), line: None, column: None, message, remedy }, drawn)
}
