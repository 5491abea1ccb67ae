//! `permit-kiosk device set`: a change of devices.toml, tried before it is kept.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::builder::NonEmptyStringValueParser;
use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::config::{self, Change, EditError};
use permit_kiosk::domain::Language;
use permit_kiosk::journal::Journal;
use permit_kiosk::staff::Staff;
use permit_kiosk::terminal::beside::{self, Request};
use permit_kiosk::terminal::check::{Check, Checked, has_come_up};
use permit_kiosk::terminal::report::DeviceKind;
use permit_kiosk::terminal::work::differing;
use permit_kiosk::wire::v1::{Body, ConfigurationOutcome, Hash, MaintenanceConfigured};

use super::super::{run, say};
use super::Where;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Where,
    /// Keys and values: `scanner.baud=115200 scanner.commands=newland`, `id_reader.usb=1a86:7523@1-2.3`.
    #[arg(required = true, value_parser = change)]
    changes: Vec<Change>,
    /// Who: a technician's sign-in name, for the journal.
    #[arg(long)]
    by: String,
    /// Why, for the journal.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    why: String,
    /// Keep it although a device does not come up, where no kiosk runs: it is to be plugged in later.
    #[arg(long)]
    force: bool,
}

/// The change was not kept.
const NOT_KEPT: u8 = 1;

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    apply(&args.place, &args.changes, args.by, args.why, args.force)
}

fn change(text: &str) -> Result<Change, String> {
    Change::parse(text).ok_or_else(|| "write it as scanner.baud=115200".to_owned())
}

/// Has the running kiosk take the changes up, or tries them itself.
pub(super) fn apply(
    place: &Where,
    changes: &[Change],
    by: String,
    why: String,
    force: bool,
) -> anyhow::Result<ExitCode> {
    let (kiosk, devices) = place.load()?;
    let request = Request::Configure {
        by: by.clone(),
        why: why.clone(),
        changes: changes
            .iter()
            .map(|change| format!("{}.{}={}", change.section, change.key, change.value))
            .collect(),
    };
    let asked =
        beside::ask(&kiosk.data_folder, &request).context("the running kiosk does not answer")?;
    if let Some(answer) = asked {
        say(&answer.says);
        return Ok(if answer.done { ExitCode::SUCCESS } else { ExitCode::from(NOT_KEPT) });
    }
    known(&kiosk, &by)?;
    let before = config::devices_text(place.config())?;
    let mut edited = match config::apply(place.config(), &before, changes) {
        Ok(edited) => edited,
        Err(EditError::Problems { source }) => {
            say(source.drawn(false));
            return Ok(ExitCode::from(NOT_KEPT));
        }
        Err(error) => return Err(error.into()),
    };
    if edited.changes.is_empty() {
        say("that is what devices.toml says already");
        return Ok(ExitCode::SUCCESS);
    }
    edited.devices.simulated.clone_from(&devices.simulated);
    let kinds = differing(&devices, &edited.devices);
    say(format!("trying {}", edited.changes.join(", ")));
    if edited.devices.simulated.is_some() {
        say("the devices are simulated: a port is tried at the simulator's line of that device");
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let checked = Check::open(&edited.devices, &kinds, &clock)?.settle();
    let silent = checked.iter().find(|checked| {
        is_there(checked.device.kind, &edited.devices) && !has_come_up(checked.device.health)
    });
    let outcome = match (silent, force) {
        (None, _) => ConfigurationOutcome::TakenUp,
        (Some(_), true) => ConfigurationOutcome::Forced,
        (Some(_), false) => ConfigurationOutcome::RolledBack,
    };
    let fault = silent.map(fault_of);
    // Recorded first: a change nobody can trace is none.
    let record = Body::MaintenanceConfigured(MaintenanceConfigured {
        by,
        why,
        file: config::DEVICES_FILE.to_owned(),
        before: Hash::of(before.as_bytes()),
        wanted: Hash::of(edited.text.as_bytes()),
        changes: edited.changes.clone(),
        outcome,
        fault: fault.as_ref().map(|(code, _)| code.clone()),
    });
    if kiosk.data_folder.join(Journal::FILE_NAME).exists() {
        run::open_journal_beside(&kiosk, &clock)?.record(record)?;
    } else {
        say("this kiosk has no journal yet: the change is not recorded");
    }
    if let Some((code, why)) = fault {
        say(format!("{code}: {why}"));
    }
    if outcome == ConfigurationOutcome::RolledBack {
        say("not kept; devices.toml is as it was (--force keeps it all the same)");
        return Ok(ExitCode::from(NOT_KEPT));
    }
    let kept = config::replace(place.config(), &before, &edited.text, clock.now())?;
    say(format!("devices.toml is replaced; the old one is {}", kept.display()));
    Ok(ExitCode::SUCCESS)
}

/// Whoever changes a configuration has to be a technician.
pub(super) fn known(kiosk: &config::Kiosk, by: &str) -> anyhow::Result<()> {
    if !Staff::read(&kiosk.keys_folder)?.has_technician(by) {
        bail!("{by} is no technician of this kiosk: `permit-kiosk technician list --keys DIR`");
    }
    Ok(())
}

fn is_there(kind: DeviceKind, devices: &config::Devices) -> bool {
    match kind {
        DeviceKind::IdReader => devices.id_reader.is_some(),
        DeviceKind::Scanner => devices.scanner.is_some(),
        DeviceKind::ReceiptPrinter => devices.receipt_printer.is_some(),
        DeviceKind::PagePrinter => devices.page_printer.is_some(),
        DeviceKind::Panel => devices.panel.is_some(),
    }
}

fn fault_of(checked: &Checked) -> (String, String) {
    let code = match checked.device.health.fault() {
        Some(fault) => fault.code,
        None => checked.device.kind.offline(),
    };
    let more = checked.problem.as_deref().map(|problem| format!(" ({problem})"));
    let why = format!("{}{}", code.title(Language::En), more.unwrap_or_default());
    (code.to_string(), why)
}
