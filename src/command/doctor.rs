//! `permit-kiosk doctor`: the readiness report, of a running kiosk by its own word, else part by part.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::config::{self, Kiosk};
use permit_kiosk::domain::Language;
use permit_kiosk::durable;
use permit_kiosk::fault::{Chain, FaultCode};
use permit_kiosk::journal::{Journal, Reader};
use permit_kiosk::registers::Identity;
use permit_kiosk::rulebooks::Shelf;
use permit_kiosk::terminal::beside::{self, Request};
use permit_kiosk::terminal::check::Check;
use permit_kiosk::terminal::doctor::{Area, Report, State};
use permit_kiosk::terminal::report::DeviceKind;
use permit_kiosk::wire::v1::Record;
use x509_parser::prelude::FromDer as _;

use super::device::Where;
use super::{run, say};

/// Tells whether the kiosk is ready: devices, keys, rulebook, journal, disk, clock.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Where,
    /// zh or en.
    #[arg(long, default_value = "en", value_parser = ["zh", "en"])]
    language: String,
    /// Tell it as JSON.
    #[arg(long)]
    json: bool,
    /// Have the running kiosk print it on its receipt printer.
    #[arg(long, conflicts_with = "json")]
    print: bool,
}

/// Something is bad.
const NOT_READY: u8 = 1;
/// Days before its end that a certificate is worth a warning: time for a letter to the district.
const CERTIFICATE_DAYS_MIN: i64 = 30;

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let language = if args.language == "zh" { Language::Zh } else { Language::En };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (kiosk, devices) = match args.place.load() {
        Ok(both) => both,
        Err(error) => {
            // Without a configuration nothing else can be looked at, and that is the report.
            let mut report = Report::new(clock.now(), "-".to_owned(), language);
            let says = Chain(error.as_ref()).to_string();
            let remedy =
                report.say("运行 permit-kiosk check-config", "run permit-kiosk check-config");
            report.add_remedy(Area::Configuration, "", State::Bad, says, remedy);
            return tell(&report, args.json);
        }
    };
    let request = if args.print {
        Request::PrintReport { language: args.language.clone() }
    } else {
        Request::Report { language: args.language.clone() }
    };
    let asked =
        beside::ask(&kiosk.data_folder, &request).context("the running kiosk does not answer")?;
    if let Some(answer) = asked {
        match &answer.report {
            Some(report) if args.json => say(serde_json::to_string_pretty(report)?),
            Some(_) | None => say(&answer.says),
        }
        let good = answer.report.as_ref().and_then(|report| report.get("good")?.as_bool());
        let is_ready = answer.done && good.unwrap_or(true);
        return Ok(if is_ready { ExitCode::SUCCESS } else { ExitCode::from(NOT_READY) });
    }
    if args.print {
        bail!("no kiosk runs here that could print it; `device check --interactive` prints a test");
    }
    let name = format!("{} {}", kiosk.id, kiosk.place);
    let mut report = Report::new(clock.now(), name, language);
    configuration(&mut report, &args.place);
    keys(&mut report, &kiosk, clock.as_ref());
    rulebook(&mut report, &kiosk, &clock);
    journal(&mut report, &kiosk, clock.as_ref());
    disk(&mut report, &kiosk);
    let mut check = Check::open(&devices, &DeviceKind::ALL, &clock)?;
    for one in check.settle() {
        report.checked(&one);
    }
    tell(&report, args.json)
}

fn tell(report: &Report, json: bool) -> anyhow::Result<ExitCode> {
    if json {
        say(serde_json::to_string_pretty(&report.json())?);
    } else {
        say(report.text());
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::from(NOT_READY) })
}

fn configuration(report: &mut Report, place: &Where) {
    match config::check(place.config()) {
        Ok(files) => report.add(Area::Configuration, "", State::Good, files.join(", ")),
        Err(problems) => {
            let remedy =
                report.say("运行 permit-kiosk check-config", "run permit-kiosk check-config");
            report.add_remedy(Area::Configuration, "", State::Bad, problems.to_string(), remedy);
        }
    }
}

fn keys(report: &mut Report, kiosk: &Kiosk, clock: &dyn Clock) {
    if let Err(error) = run::check_keys(&kiosk.keys_folder) {
        let more = format!(" ({})", Chain(error.as_ref()));
        return report.add_fault(Area::Keys, "", FaultCode::KeyMissing, &more);
    }
    let path = kiosk.keys_folder.join(Identity::CERTIFICATE);
    let until = durable::read_limited(&path, 64 * 1024).ok().and_then(|bytes| {
        let (_rest, pem) = x509_parser::pem::parse_x509_pem(&bytes).ok()?;
        let (_rest, certificate) =
            x509_parser::certificate::X509Certificate::from_der(&pem.contents).ok()?;
        jiff::Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
    });
    match until {
        None => {
            let says =
                report.say("证书有效期未知", "nobody can tell until when the certificate holds");
            report.add(Area::Keys, "", State::Unknown, says);
        }
        Some(until) if until <= clock.now() => {
            report.add_fault(Area::Keys, "", FaultCode::CertificateExpired, &format!(", {until}"));
        }
        Some(until) => {
            let days = until.duration_since(clock.now()).as_hours() / 24;
            let state = if days < CERTIFICATE_DAYS_MIN { State::Warn } else { State::Good };
            let words = report.say("证书有效至", "certificate holds until");
            report.add(Area::Keys, "", state, format!("{words} {until}"));
        }
    }
}

fn rulebook(report: &mut Report, kiosk: &Kiosk, clock: &Arc<dyn Clock>) {
    let folder = kiosk.data_folder.join(Shelf::FOLDER);
    if !folder.exists() {
        return report.add_fault(Area::Rulebook, "", FaultCode::RulebookMissing, "");
    }
    let opened = run::publishers(&kiosk.keys_folder)
        .and_then(|publishers| Ok(Shelf::open(&folder, publishers, None, Arc::clone(clock))?));
    match opened.map(|shelf| shelf.status().active) {
        Ok(Some(active)) => {
            let until = report.say("有效至", "until");
            let says = format!("{} ({until} {})", active.edition, active.reject_after);
            let state = match (active.expired, active.stale) {
                (true, _) => State::Bad,
                (false, true) => State::Warn,
                (false, false) => State::Good,
            };
            report.add(Area::Rulebook, "", state, says);
        }
        Ok(None) => report.add_fault(Area::Rulebook, "", FaultCode::RulebookMissing, ""),
        Err(error) => {
            let more = format!(" ({})", Chain(error.as_ref()));
            report.add_fault(Area::Rulebook, "", FaultCode::RulebookInvalid, &more);
        }
    }
}

fn journal(report: &mut Report, kiosk: &Kiosk, clock: &dyn Clock) {
    let path = kiosk.data_folder.join(Journal::FILE_NAME);
    if !path.exists() {
        let says = report.say("尚未建立", "there is none yet");
        let remedy = report.say("首次启动时建立", "the kiosk makes it at its first start");
        return report.add_remedy(Area::Journal, "", State::Warn, says, remedy);
    }
    let read = Reader::open(&path).and_then(|reader| {
        let head = reader.head()?;
        let unsent = reader.outbox_state()?.unsent;
        let last = reader.records(head.position.saturating_sub(1), 1, Record::BYTES_MAX)?;
        Ok((head, unsent, last, reader.unfinished_print_jobs()?))
    });
    match read {
        Ok((head, unsent, last, papers)) => {
            report.papers(&papers);
            let (records, wait) =
                (report.say("条记录", "records"), report.say("条待传", "not sent yet"));
            let says = format!("{} {records}, {unsent} {wait}", head.position);
            report.add(Area::Journal, "", State::Good, says);
            let last_at = last
                .first()
                .and_then(|placed| Record::read(placed.record.record.reveal()).ok())
                .map(|record| record.at);
            match last_at {
                Some(at) if at > clock.now() => {
                    report.add_fault(Area::Clock, "", FaultCode::ClockWentBack, &format!(", {at}"));
                }
                Some(_) | None => {
                    let says = report.say(
                        "不早于最后一条记录；未与中心核对",
                        "not before the last record; not compared with central",
                    );
                    report.add(Area::Clock, "", State::Good, says);
                }
            }
        }
        Err(error) => {
            let more = format!(" ({})", Chain(&error));
            report.add_fault(Area::Journal, "", FaultCode::JournalDamaged, &more);
        }
    }
}

fn disk(report: &mut Report, kiosk: &Kiosk) {
    // The folder is made at the first start; until then its disk is that of the folder above it.
    let there = kiosk.data_folder.ancestors().find(|folder| folder.exists());
    let free = there.and_then(|folder| rustix::fs::statvfs(folder).ok());
    let free = free.map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    let state = match free {
        None => State::Unknown,
        Some(free) if free < kiosk.limits.disk_free_bytes => State::Bad,
        Some(free) if free / 2 < kiosk.limits.disk_free_bytes => State::Warn,
        Some(_) => State::Good,
    };
    report.disk(state, free.map(|free| format!("{} MB", free / (1024 * 1024))));
}
