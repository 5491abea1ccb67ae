//! `permit-kiosk device trace`: the bytes on the line of one device, both ways, with their times. It
//! opens the port itself, so it never sees a visit.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::Context as _;
use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::device::{self, Report, Seen, Started, Tap};
use permit_kiosk::device::{id_reader, page_printer, panel, receipt_printer, scanner};
use permit_kiosk::terminal::check::{line_of, panel_config, scanner_config};
use permit_kiosk::terminal::report::DeviceKind;

use super::super::say;
use super::{Where, device as kind_of};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Where,
    /// Which device.
    #[arg(value_parser = kind_of)]
    device: DeviceKind,
    /// Have the reader look for cards, or the scanner for codes.
    #[arg(long)]
    arm: bool,
    /// Show all bytes. Without it, what a card or a code says is counted and not shown.
    #[arg(long)]
    bytes: bool,
    /// End after so many seconds; without it, at Ctrl-C.
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
}

/// Where CMD stands in a request to the ID reader, and which CMD reads a card.
const CMD_AT: usize = 7;
const CMD_READ: u8 = 0x30;
/// How an engine's own answers begin; everything else it says is a code.
const ENGINE_SAYS: &[u8] = b"\x02\x010000";
/// And ends.
const ENGINE_ENDS: u8 = 0x03;
/// Bytes in a line of the trace.
const LINE_BYTES: usize = 16;

/// One whole answer of the engine and nothing behind it: a code may come in the same piece.
fn is_engines_own(bytes: &[u8]) -> bool {
    let end = bytes.iter().position(|byte| *byte == ENGINE_ENDS);
    bytes.starts_with(ENGINE_SAYS) && end.is_some_and(|end| end + 1 == bytes.len())
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (_kiosk, devices) = args.place.load()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (line, _language) = line_of(args.device, &devices)
        .with_context(|| format!("{} has no serial line", args.device.as_str()))?;
    let started_at = clock.monotonic();
    let until = args.seconds.map(|seconds| started_at + Duration::from_secs(seconds));
    let (kind, show_all) = (args.device, args.bytes);
    // A card comes in many pieces, and late: once one was asked for, all that comes may be of it.
    let mut reads_card = false;
    let tap: Tap = Box::new(move |now, seen| {
        let is_hidden = match (kind, seen) {
            (DeviceKind::IdReader, Seen::Sent(bytes)) => {
                reads_card |= bytes.get(CMD_AT) == Some(&CMD_READ);
                false
            }
            (DeviceKind::IdReader, Seen::Received(_)) => reads_card,
            (DeviceKind::Scanner, Seen::Received(bytes)) => !is_engines_own(bytes),
            (
                _,
                Seen::Opened | Seen::Closed | Seen::Sent(_) | Seen::Received(_) | Seen::Command(_),
            ) => false,
        };
        show(now.saturating_sub(started_at), seen, is_hidden && !show_all);
    });
    let name = args.device.as_str();
    let baud = line.baud;
    let own = Arc::clone(&clock);
    match args.device {
        DeviceKind::IdReader => {
            let started = device::spawn_watched(name, line, id_reader::Driver::new(), own, tap)?;
            follow(started, args.arm.then_some(id_reader::Command::Claim), until, &clock)
        }
        DeviceKind::Scanner => {
            let config = devices.scanner.as_ref().map(scanner_config).unwrap_or_default();
            let driver = scanner::Driver::new(config);
            let started = device::spawn_watched(name, line, driver, own, tap)?;
            follow(started, args.arm.then_some(scanner::Command::Arm), until, &clock)
        }
        DeviceKind::ReceiptPrinter => {
            let driver = receipt_printer::ReceiptPrinter::new(false);
            follow(device::spawn_watched(name, line, driver, own, tap)?, None, until, &clock)
        }
        DeviceKind::Panel => {
            let panel = devices.panel.as_ref().context("there is no panel")?;
            let driver = panel::Driver::new(panel_config(panel));
            follow(device::spawn_watched(name, line, driver, own, tap)?, None, until, &clock)
        }
        DeviceKind::PagePrinter => {
            let driver = page_printer::PagePrinter::new(page_printer::Settings {
                baud,
                nonce_seed: 1,
                unfinished_job: false,
                prefers_pdf: false,
            });
            follow(device::spawn_watched(name, line, driver, own, tap)?, None, until, &clock)
        }
    }
}

/// Tells what the driver makes of it, until the time is up.
fn follow<C, E: std::fmt::Debug>(
    (device, reports): Started<C, E>,
    command: Option<C>,
    until: Option<Duration>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<ExitCode> {
    if let Some(command) = command {
        device.send(command)?;
    }
    while let Some(report) = next(&reports, until, clock) {
        match report {
            Report::Health(health) => say(format!("            * {health}")),
            // Private fields of an event show as dots.
            Report::Event(event) => say(format!("            * {event:?}")),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn next<E>(
    reports: &Receiver<Report<E>>,
    until: Option<Duration>,
    clock: &Arc<dyn Clock>,
) -> Option<Report<E>> {
    let Some(until) = until else { return reports.recv().ok() };
    reports.recv_timeout(until.saturating_sub(clock.monotonic())).ok()
}

fn show(at: Duration, seen: Seen<'_>, is_hidden: bool) {
    let at = format!("{:>6}.{:03}", at.as_secs(), at.subsec_millis());
    let (arrow, bytes) = match seen {
        Seen::Opened => return say(format!("{at}  - the line is open")),
        Seen::Closed => return say(format!("{at}  - the line is gone")),
        Seen::Command(command) => return say(format!("{at}  - {command}")),
        Seen::Received(bytes) => ("<", bytes),
        Seen::Sent(bytes) => (">", bytes),
    };
    if is_hidden {
        return say(format!("{at}  < {} bytes, not shown", bytes.len()));
    }
    for chunk in bytes.chunks(LINE_BYTES) {
        let hex: Vec<String> = chunk.iter().map(|byte| format!("{byte:02X}")).collect();
        let text: String = chunk
            .iter()
            .map(|&byte| if (0x20..0x7F).contains(&byte) { char::from(byte) } else { '.' })
            .collect();
        say(format!("{at}  {arrow} {:<width$} {text}", hex.join(" "), width = LINE_BYTES * 3));
    }
}
