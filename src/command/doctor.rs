//! `permit-kiosk doctor`: the readiness report, of a running kiosk by its own word, else part by part.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::config::{self, Kiosk};
use permit_kiosk::domain::Language;
use permit_kiosk::fault::{Chain, FaultCode};
use permit_kiosk::journal::{Journal, Reader};
use permit_kiosk::registers::{Client, ClientError, Identity};
use permit_kiosk::rulebooks::Shelf;
use permit_kiosk::terminal::beside::{self, Request};
use permit_kiosk::terminal::check::Check;
use permit_kiosk::terminal::doctor::{Area, Report, State};
use permit_kiosk::terminal::report::{DeviceKind, Numbers};
use permit_kiosk::wire::v1::api::{self, EditionRequest};
use permit_kiosk::wire::v1::{Record, SignedEdition};

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
/// Central's answer is waited for this long: as long as two look-ups.
const CENTRAL_TIME: Duration = Duration::from_secs(5);

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
    central(&mut report, &kiosk);
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
    report.certificate(Identity::valid_until(&kiosk.keys_folder), clock.now());
}

/// Asks central as a running kiosk does, with its certificate, for something that changes nothing there.
fn central(report: &mut Report, kiosk: &Kiosk) {
    let keys = Identity::load(&kiosk.keys_folder).ok();
    let Some((identity, publishers)) = keys.zip(run::publishers(&kiosk.keys_folder).ok()) else {
        return report.add(
            Area::Central,
            "",
            State::Unknown,
            report.say("没有密钥，不能联系", "not asked: there are no keys to ask with"),
        );
    };
    let request = EditionRequest { channel: publishers.channel, present: None };
    let asked = Client::new(&kiosk.central_url, identity, CENTRAL_TIME).and_then(|client| {
        let asking = client.post_for_bytes(api::EDITIONS_PATH, &request, SignedEdition::BYTES_MAX);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|source| ClientError::Thread { source })?.block_on(asking)
    });
    match asked {
        // It has no edition for this kiosk, and says so: the kiosk's own line tells what it decides by.
        Ok(_) | Err(ClientError::Refused { status: 404, .. }) => {
            let says = format!("{}, {}", report.say("已连接", "answers"), kiosk.central_url);
            report.add(Area::Central, "", State::Good, says);
        }
        Err(error) => {
            let more = format!(" ({}: {})", kiosk.central_url, Chain(&error));
            report.add_fault(Area::Central, "", FaultCode::CentralUnreachable, &more);
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
    let low = u64::from(kiosk.limits.numbers_low);
    let read = Reader::open(&path).and_then(|reader| {
        let head = reader.head()?;
        let unsent = reader.outbox_state()?.unsent;
        let last = reader.records(head.position.saturating_sub(1), 1, Record::BYTES_MAX)?;
        let mut numbers = Vec::new();
        for series in run::number_plan(kiosk).series_on(clock.today()) {
            let left = reader.series_state(&series)?.left;
            numbers.push(Numbers { series, left, is_low: left < low });
        }
        let quarantined = reader.quarantined()?;
        Ok((head, unsent, last, reader.unfinished_print_jobs()?, numbers, quarantined))
    });
    match read {
        Ok((head, unsent, last, papers, numbers, quarantined)) => {
            report.papers(&papers);
            report.numbers(&numbers);
            if let Some(reason) = quarantined {
                let more = format!(" ({reason})");
                report.add_fault(Area::Central, "", FaultCode::CentralRefused, &more);
            }
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
