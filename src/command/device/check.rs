//! `permit-kiosk device check`: every device from its port to its answer, and, by hand, from card,
//! code and paper to somebody's word.

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::domain::Language;
use permit_kiosk::journal::Journal;
use permit_kiosk::terminal::PaperSettings;
use permit_kiosk::terminal::beside::{self, Request};
use permit_kiosk::terminal::check::{Check, Checked, has_come_up};
use permit_kiosk::terminal::doctor::Report;
use permit_kiosk::terminal::report::DeviceKind;
use permit_kiosk::terminal::work::Tested;
use permit_kiosk::wire::v1::MaintenanceTested;
use serde_json::json;

use super::super::run::{open_journal_beside, templates};
use super::super::say;
use super::set::known;
use super::{Where, device};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Where,
    /// Only this device.
    #[arg(value_parser = device)]
    device: Option<DeviceKind>,
    /// Tell it as JSON.
    #[arg(long)]
    json: bool,
    /// Try each device with a test card, a test code and test papers.
    #[arg(long, conflicts_with = "json", requires = "by")]
    interactive: bool,
    /// Who tries them: a technician's sign-in name, for the journal.
    #[arg(long)]
    by: Option<String>,
}

/// A device does not work.
const NOT_WELL: u8 = 1;

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (kiosk, devices) = args.place.load()?;
    let running = Request::Report { language: "en".to_owned() };
    if beside::ask(&kiosk.data_folder, &running).is_ok_and(|answer| answer.is_some()) {
        bail!(
            "a kiosk runs here and holds its devices: `permit-kiosk doctor` tells what it knows of \
             them, and its console tries them"
        );
    }
    let kinds: Vec<DeviceKind> = match args.device {
        Some(kind) => vec![kind],
        None => DeviceKind::ALL.to_vec(),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut check = Check::open(&devices, &kinds, &clock)?;
    let checked = check.settle();
    if args.json {
        let all: Vec<serde_json::Value> = checked.iter().map(as_json).collect();
        say(serde_json::to_string_pretty(&all)?);
    } else {
        let mut report = Report::new(clock.now(), kiosk.id.clone(), Language::En);
        for one in &checked {
            report.checked(one);
        }
        say(report.text());
        for one in &checked {
            tell_line(one);
        }
    }
    let mut well = checked.iter().all(|one| one.port.is_none() || has_come_up(one.device.health));
    if let Some(by) = args.by.filter(|_| args.interactive) {
        known(&kiosk, &by)?;
        // The same record as of a test at the console; a page out of a tray of numbered sheets is booked.
        let journal = if kiosk.data_folder.join(Journal::FILE_NAME).exists() {
            Some(open_journal_beside(&kiosk, &clock)?)
        } else {
            say("this kiosk has no journal yet: the tests are not recorded");
            None
        };
        let papers = PaperSettings {
            fonts: kiosk.fonts.clone(),
            templates: templates(&args.place.config().join("certificate"))?,
            keep_in: None,
        };
        for one in checked
            .iter()
            .filter(|one| has_come_up(one.device.health) && one.device.kind != DeviceKind::Panel)
        {
            let kind = one.device.kind;
            ask_for(kind);
            let tested = check.test(kind, &kiosk, &papers).map_err(anyhow::Error::msg)?;
            let passed = tested.passed() && confirmed(kind, tested)?;
            if let Some(journal) = &journal {
                let word =
                    MaintenanceTested { by: by.clone(), device: kind.as_str().to_owned(), passed };
                journal.record_test(word, tested.draws(kind))?;
            }
            let why = match tested {
                Tested::Failed(code) => format!(" ({code}: {})", code.title(Language::En)),
                Tested::TimedOut => " (nothing came)".to_owned(),
                Tested::CardRead | Tested::CodeRead(_) | Tested::Printed => String::new(),
            };
            let word = if passed { "passed" } else { "FAILED" };
            say(format!("  {}: {word}{why}", kind.as_str()));
            well &= passed;
        }
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(NOT_WELL) })
}

fn tell_line(one: &Checked) {
    let Some(port) = &one.port else { return };
    // A printer on the network has none.
    let baud = one.baud.map(|baud| format!(" at {baud} baud")).unwrap_or_default();
    let trip = one.round_trip.map_or_else(
        || "no answer to a bare question".to_owned(),
        |trip| format!("answers in {:.1} ms", trip.as_secs_f64() * 1000.0),
    );
    say(format!("      {:<24} {port}{baud}, {trip}", one.device.kind.as_str()));
    if let Some(problem) = &one.problem {
        say(format!("      {:<24} {problem}", ""));
    }
}

fn as_json(one: &Checked) -> serde_json::Value {
    json!({
        "device": one.device.kind.as_str(),
        "port": one.port,
        "baud": one.baud,
        "round_trip_us": one.round_trip.map(|trip| u64::try_from(trip.as_micros()).unwrap_or(u64::MAX)),
        "well": has_come_up(one.device.health),
        "health": one.device.health.as_str(),
        "fault": one.device.health.fault().map(|fault| fault.code.as_str()),
        "model": one.device.model,
        "counter": one.device.counter,
        "problem": one.problem,
    })
}

fn ask_for(kind: DeviceKind) {
    say(match kind {
        DeviceKind::IdReader => "Lay the test card on the reader.",
        DeviceKind::Scanner => "Hold the test code before the window.",
        DeviceKind::ReceiptPrinter => "A test slip is being printed.",
        DeviceKind::PagePrinter => "A test page is being printed.",
        DeviceKind::Panel => "The panel has nothing to try.",
    });
}

/// Paper is confirmed by eye; a card and a code confirm themselves.
fn confirmed(kind: DeviceKind, tested: Tested) -> anyhow::Result<bool> {
    match (kind, tested) {
        (DeviceKind::ReceiptPrinter | DeviceKind::PagePrinter, Tested::Printed) => {
            let mut out = std::io::stdout();
            write!(out, "  Is it there, whole and clean? [y/n] ")?;
            out.flush()?;
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).context("cannot read the answer")?;
            Ok(line.trim().eq_ignore_ascii_case("y"))
        }
        (_, tested) => Ok(tested.passed()),
    }
}
