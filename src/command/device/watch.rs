//! `permit-kiosk device watch`: each change of a device's health, as it comes.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::domain::Language;
use permit_kiosk::domain::calendar::datetime_in_china;
use permit_kiosk::terminal::beside::{self, Request};
use permit_kiosk::terminal::check::Check;
use permit_kiosk::terminal::doctor::Report;
use permit_kiosk::terminal::report::DeviceKind;

use super::super::say;
use super::Where;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Where,
    /// End after so many seconds; without it, at Ctrl-C.
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
}

/// How old what is shown may be.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (kiosk, devices) = args.place.load()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let until = args.seconds.map(|seconds| clock.monotonic() + Duration::from_secs(seconds));
    let is_over = || until.is_some_and(|until| clock.monotonic() >= until);
    let mut told = BTreeMap::new();
    let request = Request::Report { language: "en".to_owned() };
    // A kiosk that runs is asked; where none runs, the devices are opened here.
    if beside::ask(&kiosk.data_folder, &request)?.is_some() {
        let (_never, pause) = sync_channel::<()>(1);
        while !is_over() {
            let Some(answer) = beside::ask(&kiosk.data_folder, &request)? else {
                say("the kiosk has ended");
                break;
            };
            tell(clock.as_ref(), &mut told, states(answer.report.as_ref()));
            let _waited = pause.recv_timeout(LOOK_EVERY);
        }
    } else {
        let mut check = Check::open(&devices, &DeviceKind::ALL, &clock)?;
        while !is_over() {
            let mut report = Report::new(clock.now(), kiosk.id.clone(), Language::En);
            for one in check.watch(LOOK_EVERY) {
                report.device(&one.device);
            }
            tell(clock.as_ref(), &mut told, states(Some(&report.json())));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn states(report: Option<&serde_json::Value>) -> Vec<(String, String)> {
    let items = report.and_then(|report| report.get("items")?.as_array()).cloned();
    let text = |item: &serde_json::Value, key: &str| {
        item.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    items
        .unwrap_or_default()
        .iter()
        .filter(|item| text(item, "area") == "devices")
        .map(|item| {
            (text(item, "name"), format!("{:<8} {}", text(item, "state"), text(item, "says")))
        })
        .collect()
}

fn tell(clock: &dyn Clock, told: &mut BTreeMap<String, String>, now: Vec<(String, String)>) {
    for (device, state) in now {
        if told.get(&device) != Some(&state) {
            let at = datetime_in_china(clock.now()).strftime("%H:%M:%S%.3f").to_string();
            say(format!("{at}  {device:<16} {state}"));
            told.insert(device, state);
        }
    }
}
