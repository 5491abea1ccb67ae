//! Mishaps, one file each: the real terminal and journal, devices on real ptys, and what lies in the
//! trays compared with what the journal says of it.

mod cancelled_at_the_panel; // of the printer, by whoever stands there
mod certificate_paper_runs_out; // between original and copy
mod codes; // what raises each fault code
mod cover_opened; // while a certificate prints
mod door_opened; // and the maintenance key turned
mod head_too_hot; // before a slip and within it
mod held_up; // a certificate: its receipt says that it follows
mod killed; // the kiosk, in the middle of a visit: its sheets are read
mod output_tray_full; // nobody takes the sheets away
mod owed; // certificates of somebody who has left
mod page_printer_unplugged; // while a certificate travels, at many moments
mod paper_jam; // the sheet that jams is never printed twice unasked
mod power_cut; // while a certificate travels, and while it lies in the tray unheard of
mod power_cut_at_the_printer; // its memory is gone
mod reader_unplugged; // while a card is read
mod printer_on_the_network_gone; // in the middle of a certificate
mod receipt_cutter_stuck; // a slip hangs in the slot
mod receipt_paper_runs_out; // and is refilled for somebody else
mod scanner_falls_silent; // and comes back
mod smaller_paper; // a narrow roll, and no A3
mod soak; // visit after visit with faults by chance
mod toner_runs_out; // and a cartridge is put in
mod wrong_speed; // a device set to another speed than the kiosk

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::config;
use permit_kiosk::device::simulation::{LineRate, People, Simulation};
use permit_kiosk::domain::{ApplicationId, Bilingual, Language};
use permit_kiosk::journal::Journal;
use permit_kiosk::registers::Identity;
use permit_kiosk::session::effect::{Case, Effect};
use permit_kiosk::session::event::{Equipment, Event, Paper, PaperState};
use permit_kiosk::sync::{NumberPlan, SeriesPlan};
use permit_kiosk::terminal::report::Board;
use permit_kiosk::terminal::{PaperSettings, Settings, Terminal};
use permit_kiosk::wire::v1::{Body, Document, PrintStep};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::Receiver;

use crate::central::harness::Stage as Central;
use crate::certificate::sample;
use crate::journal::{FOOD_SELLERS, Kiosk, food_seller, series};

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config");
/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A kiosk in the lobby: everything but the screen.
struct Lobby {
    terminal: Option<Terminal>,
    events: Receiver<Event>,
    simulation: Simulation,
    kiosk: Kiosk,
    board: Board,
    runtime: Runtime,
    folder: tempfile::TempDir,
    /// How its devices differ from those of `kiosk-config`.
    differs: Box<dyn Fn(&mut config::Devices)>,
    equipment: Equipment,
    papers: BTreeMap<Paper, PaperState>,
    visits: u32,
}

impl Lobby {
    /// A kiosk all of whose devices are well.
    fn new() -> Self {
        Self::with(|_devices| {})
    }

    fn with(differs: impl Fn(&mut config::Devices) + 'static) -> Self {
        Self::of(Kiosk::with_numbers(5000), LineRate::Max, &[], differs)
    }

    /// A page printer on a slow line, at its real pace: seven seconds for a certificate.
    fn slow() -> Self {
        let hands = ["page_printer baud 115200"];
        Self::of(Kiosk::with_numbers(5000), LineRate::Real, &hands, |devices| {
            if let Some(printer) = &mut devices.page_printer
                && let config::PageConnection::Serial { line, .. } = &mut printer.connection
            {
                line.baud = 115_200;
            }
        })
    }

    fn of(
        kiosk: Kiosk,
        pace: LineRate,
        hands: &[&str],
        differs: impl Fn(&mut config::Devices) + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let simulation = simulation(folder.path(), pace);
        for hand in hands {
            simulation.command(hand).unwrap();
        }
        crate::staff::enrol(folder.path());
        let (_, events) = tokio::sync::mpsc::channel(1);
        let mut lobby = Self {
            terminal: None,
            events,
            simulation,
            kiosk,
            board: Board::default(),
            runtime: Runtime::new().unwrap(),
            folder,
            differs: Box::new(differs),
            equipment: Equipment::NONE,
            papers: BTreeMap::new(),
            visits: 0,
        };
        lobby.start();
        lobby.until("all devices", |lobby| {
            let kit = lobby.equipment;
            kit.id_reader && kit.scanner && kit.receipt_printer && kit.page_printer
        });
        lobby
    }

    /// The kiosk starts, or starts again after it was cut off.
    fn start(&mut self) {
        let (folder, journal) = (self.folder.path(), self.kiosk.journal.clone());
        let (runtime, board) = (&self.runtime, self.board.clone());
        let (terminal, events) = terminal(folder, journal, runtime, board, &self.differs);
        self.terminal = Some(terminal);
        self.events = events;
        self.equipment = Equipment::NONE;
    }

    /// The power goes and comes back, between two papers.
    fn restart(&mut self) {
        // The terminal never ends by itself: its thread dies, and the devices' with it.
        // Without the hook: a backtrace would read the symbols of the whole program.
        let end = || std::panic::resume_unwind(Box::new("the power is gone"));
        self.terminal.take().unwrap().then(end);
        while self.runtime.block_on(self.events.recv()).is_some() {}
        self.start();
    }

    /// Goes on until the journal has a certificate as printed.
    #[track_caller]
    fn until_confirmed(&mut self, application: ApplicationId, document: Document) {
        self.until_step(application, document, |step| matches!(step, PrintStep::Confirmed { .. }));
    }

    /// Goes on until the journal has a certificate at such a step.
    #[track_caller]
    fn until_step(
        &mut self,
        application: ApplicationId,
        document: Document,
        is_there: impl Fn(&PrintStep) -> bool,
    ) {
        let until = SystemClock.monotonic() + PATIENCE;
        while !is_there(&self.step(application, document)) {
            assert!(SystemClock.monotonic() < until, "{:?}", self.step(application, document));
            drop(self.take(Duration::from_millis(20)));
        }
    }

    fn hand(&self, command: &str) -> String {
        self.simulation.command(command).unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    fn perform(&self, effect: Effect) {
        self.terminal.as_ref().unwrap().perform(effect);
    }

    /// Takes one event; `None` when none comes within `patience`.
    fn take(&mut self, patience: Duration) -> Option<Event> {
        let next = async { tokio::time::timeout(patience, self.events.recv()).await };
        let event = self.runtime.block_on(next).ok()??;
        if let Event::EquipmentChanged(equipment) = &event {
            self.equipment = *equipment;
        }
        if let Event::PaperChanged { paper, state } = &event {
            self.papers.insert(*paper, state.clone());
        }
        Some(event)
    }

    /// Goes on until `done`.
    #[track_caller]
    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            let came = self.take(PATIENCE).is_some();
            assert!(came, "{what} did not come: {:?} {:?}", self.papers, self.codes());
        }
    }

    /// Goes on until such an event; those before it are told to nobody.
    #[track_caller]
    fn event(&mut self, what: &str, is_wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            match self.take(PATIENCE) {
                Some(event) if is_wanted(&event) => return event,
                Some(_) => {}
                None => panic!("{what} did not come: {:?} {:?}", self.papers, self.codes()),
            }
        }
    }

    /// What stands.
    fn codes(&self) -> Vec<&'static str> {
        self.board.standing().iter().map(|standing| standing.fault.code.as_str()).collect()
    }

    /// Goes on until a fault stands, or does not any more.
    #[track_caller]
    fn until_fault(&mut self, code: &str, stands: bool) {
        let until = SystemClock.monotonic() + PATIENCE;
        while self.codes().contains(&code) != stands {
            assert!(SystemClock.monotonic() < until, "{code} {stands}: {:?}", self.codes());
            drop(self.take(Duration::from_millis(20)));
        }
    }

    /// An applicant's permit is issued; its papers are ordered as a visit orders them.
    fn issue(&mut self) -> ApplicationId {
        self.visits += 1;
        self.papers.clear();
        let application = application(self.visits);
        self.perform(Effect::Issue(Box::new(case(application))));
        let is_known = |event: &Event| matches!(event, Event::Issued(_) | Event::NotIssued(_));
        let event = self.event("the permit", is_known);
        assert!(matches!(event, Event::Issued(_)), "{event:?}");
        for paper in [Paper::Original, Paper::Copy, Paper::Receipt] {
            self.perform(Effect::Print(paper));
        }
        application
    }

    /// Goes on until a paper has come to such an end.
    #[track_caller]
    fn until_paper(&mut self, paper: Paper, is_end: impl Fn(&PaperState) -> bool) {
        self.until(&format!("{paper:?}"), |lobby| lobby.papers.get(&paper).is_some_and(&is_end));
    }

    #[track_caller]
    fn until_printed(&mut self, paper: Paper) {
        self.until_paper(paper, |state| *state == PaperState::Printed);
    }

    /// The step a paper of an application is at, by the journal.
    fn step(&self, application: ApplicationId, document: Document) -> PrintStep {
        let jobs = self.kiosk.journal.print_jobs(application).unwrap();
        jobs.into_iter().find(|job| job.document == document).unwrap().step
    }

    /// Sheets that lie in the tray of the page printer, by the simulator's own count.
    fn sheets(&self) -> usize {
        self.hand("page_printer sheets").parse().unwrap()
    }

    /// What a mishap ends with: the journal is whole, every number is there once, and no job was handed
    /// to a printer a second time without somebody's word.
    #[track_caller]
    fn end(mut self) -> Vec<Body> {
        self.terminal = None;
        let bodies = self.kiosk.check();
        let mut sent: BTreeMap<u64, u32> = BTreeMap::new();
        for body in &bodies {
            if let Body::Printed(printed) = body {
                // Certainly not printed: it may be sent again.
                if printed.step == PrintStep::NotPrinted {
                    sent.insert(printed.job, 0);
                }
                if printed.step == PrintStep::Sent {
                    *sent.entry(printed.job).or_default() += 1;
                }
            }
        }
        assert!(sent.values().all(|times| *times <= 1), "sent twice: {sent:?}");
        bodies
    }
}

/// A terminal in `folder`, at the simulated devices that are there.
fn terminal(
    folder: &Path,
    journal: Journal,
    runtime: &Runtime,
    board: Board,
    differs: &dyn Fn(&mut config::Devices),
) -> (Terminal, Receiver<Event>) {
    let (mut settings, mut devices) = config::load_kiosk(Path::new(CONFIG)).unwrap();
    settings.keys_folder = folder.to_owned();
    settings.data_folder = folder.to_owned();
    devices.simulated = Some(folder.join("devices"));
    differs(&mut devices);
    let central = runtime.block_on(Central::set());
    let registers = central.registers();
    runtime.block_on(central.end());
    Terminal::start(Settings {
        papers: PaperSettings {
            fonts: settings.fonts.clone(),
            templates: sample::templates(),
            keep_in: None,
        },
        kiosk: settings,
        devices,
        config_folder: CONFIG.into(),
        journal,
        registers,
        runtime: runtime.handle().clone(),
        clock: Arc::new(SystemClock),
        seed: 7,
        incarnation: 1,
        numbers: NumberPlan {
            series: vec![SeriesPlan::Lasting(series(FOOD_SELLERS))],
            reserve: 280,
        },
        board,
        certificate_until: Identity::valid_until(folder),
    })
    .unwrap()
}

/// The devices of a kiosk in `folder`, simulated as fast as they can.
fn simulation(folder: &Path, pace: LineRate) -> Simulation {
    let people = std::fs::read_to_string(format!("{CONFIG}/demo/demo.json")).unwrap();
    let people = People::parse(&people).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Simulation::start(&folder.join("devices"), people, pace, &clock).unwrap()
}

fn application(visit: u32) -> ApplicationId {
    let mut bits = [0; 16];
    bits[..4].copy_from_slice(&visit.to_be_bytes());
    ApplicationId::from_random(bits)
}

fn case(application: ApplicationId) -> Case {
    let request = food_seller(application);
    let case = request.case;
    Case {
        application,
        service: case.service,
        title: Bilingual::new("卖包装食品", "sell packaged food"),
        language: Language::Zh,
        applicant: case.applicant,
        business: None,
        facts: case.facts.reveal().clone(),
        decision: case.decision,
        promise: case.promise,
        promise_text: None,
        draft: Some(request.draft),
    }
}
