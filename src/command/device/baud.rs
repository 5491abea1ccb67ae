//! `permit-kiosk device baud`: has the ID reader go on at another speed. It opens the port itself, so it
//! never touches a visit.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use permit_kiosk::clock::SystemClock;
use permit_kiosk::device::discovery::probe;
use permit_kiosk::device::id_reader::protocol::Speed;
use permit_kiosk::terminal::check::line_of;
use permit_kiosk::terminal::report::DeviceKind;

use super::super::say;
use super::Where;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Where,
    /// The new speed: 9600, 19200, 38400, 57600 or 115200.
    #[arg(value_parser = speed)]
    baud: Speed,
}

fn speed(word: &str) -> Result<Speed, String> {
    word.parse()
        .ok()
        .and_then(Speed::of)
        .ok_or_else(|| "write 9600, 19200, 38400, 57600 or 115200".to_owned())
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (_kiosk, devices) = args.place.load()?;
    let (line, _language) =
        line_of(DeviceKind::IdReader, &devices).context("this kiosk has no ID reader")?;
    let port = line.resolve()?;
    let (from, to) = (line.baud, args.baud.baud());
    if !probe::set_reader_baud(port.as_ref(), from, args.baud, &SystemClock)? {
        bail!(
            "the ID reader at {port} does not go from {from} to {to} baud; \
             `permit-kiosk device discover` says at which it is"
        );
    }
    say(format!("the ID reader at {port} talks at {to} baud now. Have the kiosk know it:"));
    say(format!("  permit-kiosk device set id_reader.baud={to} --by NAME --why REASON"));
    Ok(ExitCode::SUCCESS)
}
