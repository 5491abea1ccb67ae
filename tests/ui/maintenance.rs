//! Staff at a kiosk: the real screen, terminal and journal, with simulated devices on real ptys.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use permit_kiosk::certificate::Templates;
use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::config;
use permit_kiosk::device::pty::LineRate;
use permit_kiosk::device::simulation::{People, Simulation};
use permit_kiosk::domain::Language;
use permit_kiosk::session::Stage;
use permit_kiosk::session::event::Event;
use permit_kiosk::sync::{self, NumberPlan, SeriesPlan};
use permit_kiosk::terminal::report::Board;
use permit_kiosk::terminal::{PaperSettings, Settings, Terminal};
use permit_kiosk::ui::text::strings;
use permit_kiosk::wire::v1::{Body, PrintStep, SheetAnswer};
use tokio::sync::mpsc::Receiver;

use super::stand::Stand;
use crate::central::harness::Stage as Central;
use crate::journal::{FOOD_SELLERS, Kiosk, food_seller, id, series};

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config");
/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A kiosk with everything behind its screen.
struct Lobby {
    stand: Stand,
    terminal: Terminal,
    events: Receiver<Event>,
    simulation: Simulation,
    kiosk: Kiosk,
    board: Board,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl Lobby {
    /// A kiosk that went down while it printed a certificate; `change` its configuration.
    fn new(change: impl FnOnce(&mut config::Kiosk)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let kiosk = Kiosk::with_numbers(100);
        let jobs = kiosk.journal.issue(food_seller(id(1))).unwrap().print_jobs;
        for job in &jobs {
            let first = job.job == jobs[0].job;
            let step = if first { PrintStep::Sent } else { PrintStep::NotPrinted };
            kiosk.journal.print_step(job.job, step).unwrap();
        }
        let simulation = Simulation::start(
            &folder.path().join("devices"),
            People::nobody(),
            LineRate::Max,
            &clock,
        )
        .unwrap();
        crate::staff::enrol(folder.path());
        let (mut settings, mut devices) = config::load_kiosk(Path::new(CONFIG)).unwrap();
        settings.keys_folder = folder.path().to_owned();
        settings.data_folder = folder.path().to_owned();
        change(&mut settings);
        devices.simulated = Some(folder.path().join("devices"));
        let central = runtime.block_on(Central::set());
        let registers = central.registers();
        runtime.block_on(central.end());
        let board = Board::default();
        let papers =
            PaperSettings { fonts: settings.fonts.clone(), templates: templates(), keep_in: None };
        let (terminal, events) = Terminal::start(Settings {
            kiosk: settings,
            devices,
            journal: kiosk.journal.clone(),
            registers,
            papers,
            runtime: runtime.handle().clone(),
            clock,
            seed: 7,
            incarnation: 1,
            numbers: NumberPlan {
                series: vec![SeriesPlan::Lasting(series(FOOD_SELLERS))],
                reserve: 280,
            },
            board: board.clone(),
        })
        .unwrap();
        let stand = Stand::before(terminal.clone());
        Self { stand, terminal, events, simulation, kiosk, board, runtime, _folder: folder }
    }

    /// Goes on until `done`, as the screen does: what happens is told, every few seconds it looks.
    #[track_caller]
    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            let next = async { tokio::time::timeout(PATIENCE, self.events.recv()).await };
            let event = self.runtime.block_on(next);
            let Ok(Some(event)) = event else {
                panic!("{what} did not come: {:#?}", self.stand.texts());
            };
            self.stand.happen(event);
            self.look();
        }
    }

    fn look(&mut self) {
        // A touch now and then: whoever works at the kiosk touches it.
        self.stand.send(permit_kiosk::ui::app::Message::Touched);
        self.stand.wait(2);
        self.stand.hear();
    }

    fn sign_in(&mut self, name: &str) {
        self.stand.hold_emblem(Duration::from_secs(6));
        for letter in name.chars() {
            self.stand.touch(&format!("key:{letter}"));
        }
        self.stand.touch("primary");
        for digit in "270394".chars() {
            self.stand.touch(&format!("key:{digit}"));
        }
        self.stand.touch("primary");
        self.stand.hear();
    }
}

fn templates() -> Templates {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(Path::new(CONFIG).join("certificate")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            files.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    Templates::parse(files.iter().map(|(name, text)| (name.as_str(), text.as_str()))).unwrap()
}

#[test]
fn an_attendant_sees_a_fault_mends_it_and_settles_the_sheet_of_a_power_failure() {
    let mut lobby = Lobby::new(|_| {});
    let text = strings(Language::Zh);
    let paper_out = "fault:page.paper-out";
    lobby.until("the printer", |lobby| lobby.stand.session().equipment().page_printer);
    lobby.simulation.command("page_printer paper out").unwrap();
    lobby.until("the fault", |lobby| !lobby.stand.session().equipment().page_printer);
    lobby.sign_in("wang");
    assert!(lobby.stand.place("tab:papers").is_some(), "{:#?}", lobby.stand.texts());
    assert!(lobby.stand.place("tab:devices").is_none());
    assert!(lobby.stand.place(paper_out).is_some(), "{:#?}", lobby.stand.texts());
    assert!(lobby.stand.place("fault:page.unconfirmed").is_some());

    lobby.simulation.command("page_printer paper ok").unwrap();
    lobby.until("the printer", |lobby| lobby.stand.session().equipment().page_printer);
    lobby.look();
    assert!(lobby.stand.place(paper_out).is_none(), "{:#?}", lobby.stand.texts());

    lobby.stand.touch("tab:papers");
    assert!(lobby.stand.shows("K03-1-000001") && lobby.stand.shows(text.papers_before_start));
    lobby.stand.touch("settle:1:complete");
    lobby.stand.touch("primary");
    lobby.stand.hear();
    assert!(lobby.stand.shows(text.papers_none), "{:#?}", lobby.stand.texts());
    lobby.stand.touch("sign-out");
    lobby.stand.hear();
    assert_eq!(*lobby.stand.stage(), Stage::Welcome);
    assert!(lobby.kiosk.journal.unfinished_print_jobs().unwrap().is_empty());

    #[expect(clippy::wildcard_enum_match_arm, reason = "only what staff and faults left behind")]
    let act = |body| match body {
        Body::MaintenanceSignedIn(body) => Some(format!("in {}", body.name)),
        Body::MaintenanceSettled(body) if body.answer == SheetAnswer::Complete => {
            Some(format!("{} saw {}", body.by, body.job))
        }
        Body::MaintenanceSignedOut(body) => Some(format!("out {}", body.name)),
        Body::Printed(body) => match body.step {
            PrintStep::Confirmed { evidence } => Some(evidence),
            _ => None,
        },
        Body::Faulted(body) if body.code == "page.paper-out" => {
            Some(format!("paper out {}", !body.cleared))
        }
        _ => None,
    };
    let acts: Vec<String> = lobby.kiosk.check().into_iter().filter_map(act).collect();
    let expected =
        ["paper out true", "in wang", "paper out false", "wang saw 1", "seen by wang", "out wang"];
    assert_eq!(acts, expected);
}

#[test]
fn a_sheet_that_did_not_come_out_is_printed_once_its_attendant_has_signed_out() {
    let mut lobby = Lobby::new(|_| {});
    lobby.until("the printer", |lobby| lobby.stand.session().equipment().page_printer);
    lobby.sign_in("wang");
    lobby.stand.touch("tab:papers");
    lobby.stand.touch("settle:1:nothing");
    lobby.stand.touch("primary");
    lobby.stand.hear();
    lobby.look();
    let step = |lobby: &Lobby| {
        let jobs = lobby.kiosk.journal.print_jobs(id(1)).unwrap();
        jobs.into_iter().find(|job| job.job == 1).unwrap().step
    };
    assert_eq!(step(&lobby), PrintStep::Queued, "nobody's paper is printed during maintenance");
    lobby.stand.touch("sign-out");
    lobby.stand.hear();
    assert_eq!(step(&lobby), PrintStep::Sent);
}

#[test]
fn what_the_terminal_watches_itself_stands_and_goes() {
    let mut lobby = Lobby::new(|kiosk| {
        kiosk.limits.numbers_low = 100;
        kiosk.limits.disk_free_bytes = u64::MAX;
    });
    let codes = |lobby: &Lobby| -> Vec<&str> {
        lobby.board.standing().iter().map(|standing| standing.fault.code.as_str()).collect()
    };
    lobby.until("the disk", |lobby| !lobby.stand.session().equipment().journal);
    assert!(codes(&lobby).contains(&"disk.full") && codes(&lobby).contains(&"journal.numbers-low"));
    assert!(lobby.stand.shows(strings(Language::Zh).out_title), "it serves nobody");

    // Central is silent; then it answers, with another time.
    let last_error =
        sync::LastError { since: SystemClock.now(), text: "no route to host".to_owned() };
    let silent = sync::State { last_error: Some(last_error), ..sync::State::default() };
    lobby.terminal.set_sync(silent);
    lobby.sign_in("liu");
    assert!(codes(&lobby).contains(&"central.unreachable"));
    let drifted =
        sync::State { connected: true, clock_offset_ms: Some(-5_001), ..sync::State::default() };
    lobby.terminal.set_sync(drifted);
    lobby.look();
    assert!(!codes(&lobby).contains(&"central.unreachable"));
    assert!(lobby.stand.place("fault:clock.drift").is_some(), "{:#?}", lobby.stand.texts());
    let right =
        sync::State { connected: true, clock_offset_ms: Some(4_999), ..sync::State::default() };
    lobby.terminal.set_sync(right);
    lobby.look();
    assert!(lobby.stand.place("fault:clock.drift").is_none());
}
