//! `permit-kiosk device discover`: what is plugged in where, and what devices.toml would say of it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::builder::NonEmptyStringValueParser;
use permit_kiosk::clock::SystemClock;
use permit_kiosk::config::Change;
use permit_kiosk::device::discovery::{SerialPort, udev_rule};
use permit_kiosk::durable;
use permit_kiosk::terminal::work::{PortFound, discover};
use serde_json::json;

use super::super::say;
use super::{Where, set};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Where,
    /// Tell what was found as JSON.
    #[arg(long)]
    json: bool,
    /// Write the udev rules for stable names into this file.
    #[arg(long, value_name = "FILE")]
    udev: Option<PathBuf>,
    /// Set devices.toml as proposed.
    #[arg(long, requires = "by", requires = "why")]
    apply: bool,
    /// Who applies it: a technician's sign-in name, for the journal.
    #[arg(long)]
    by: Option<String>,
    /// Why, for the journal.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    why: Option<String>,
}

/// Nothing answered anywhere.
const NOTHING: u8 = 1;

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (kiosk, devices) = args.place.load()?;
    if let Some(by) = args.by.as_deref().filter(|_| args.apply) {
        // Asking takes a while: a name nobody has is told before.
        set::known(&kiosk, by)?;
    }
    let found = discover(devices.simulated.as_deref(), &SystemClock, |port, done, of| {
        if !args.json {
            say(format!("asking {port} ({}/{of})", done + 1));
        }
    });
    if args.json {
        say(serde_json::to_string_pretty(&as_json(&found))?);
    } else {
        tell(&found);
    }
    if let Some(file) = &args.udev {
        let named: Vec<(&str, &SerialPort)> = found
            .iter()
            .filter_map(|port| Some((port.found.as_ref()?.language.device(), &port.port)))
            .collect();
        durable::write(file, udev_rule(named).as_bytes())
            .with_context(|| format!("cannot write {}", file.display()))?;
        say(format!("udev rules: {}", file.display()));
    }
    let changes: Vec<Change> = found.iter().flat_map(|port| port.proposal.clone()).collect();
    if let (true, Some(by), Some(why)) = (args.apply, args.by, args.why) {
        return set::apply(&args.place, &changes, by, why, false);
    }
    let nothing = found.iter().all(|port| port.found.is_none());
    Ok(if nothing { ExitCode::from(NOTHING) } else { ExitCode::SUCCESS })
}

fn tell(ports: &[PortFound]) {
    if ports.is_empty() {
        say("no serial port is there; is the adapter plugged in?");
    }
    for port in ports {
        let socket = port.port.socket().map(|socket| format!("  socket {socket}"));
        say(format!("\n{}{}", port.port.describe(), socket.unwrap_or_default()));
        match (&port.found, &port.error) {
            (Some(found), _) => {
                let identity = found.identity.as_deref().unwrap_or("it does not say who it is");
                say(format!("  {} at {} baud: {identity}", found.language.describe(), found.baud));
                for change in &port.proposal {
                    say(format!("    {}.{} = {}", change.section, change.key, change.value));
                }
            }
            (None, Some(error)) => say(format!("  {error}")),
            (None, None) => say("  nothing answers in any language at any speed"),
        }
    }
}

fn as_json(ports: &[PortFound]) -> serde_json::Value {
    let one = |port: &PortFound| {
        let usb = port.port.usb.as_ref().map(|usb| {
            json!({
                "vendor": format!("{:04x}", usb.vendor),
                "product": format!("{:04x}", usb.product),
                "serial": usb.serial,
                "maker": usb.maker,
                "model": usb.model,
                "socket": usb.socket,
            })
        });
        let proposal: serde_json::Map<String, serde_json::Value> = port
            .proposal
            .iter()
            .map(|change| {
                (format!("{}.{}", change.section, change.key), change.value.clone().into())
            })
            .collect();
        json!({
            "port": port.port.path,
            "usb": usb,
            "device": port.found.as_ref().map(|found| found.language.device()),
            "speaks": port.found.as_ref().map(|found| found.language.describe()),
            "baud": port.found.as_ref().map(|found| found.baud),
            "identity": port.found.as_ref().and_then(|found| found.identity.clone()),
            "error": port.error,
            "proposal": proposal,
        })
    };
    ports.iter().map(one).collect()
}
