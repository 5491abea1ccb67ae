//! Staff at a kiosk: the real screen, terminal and journal, with simulated devices on real ptys.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::config;
use permit_kiosk::device::pty::LineRate;
use permit_kiosk::device::simulation::{People, Simulation};
use permit_kiosk::domain::Language;
use permit_kiosk::domain::calendar::date_in_china;
use permit_kiosk::session::Stage;
use permit_kiosk::session::event::Event;
use permit_kiosk::sync::{self, NumberPlan, SeriesPlan};
use permit_kiosk::terminal::console::{Ask, Told};
use permit_kiosk::terminal::report::Board;
use permit_kiosk::terminal::{PaperSettings, Settings, Terminal};
use permit_kiosk::ui::text::strings;
use permit_kiosk::wire::v1::{Body, Document, PrintStep, SheetAnswer};
use tokio::sync::mpsc::Receiver;

use super::stand::Stand;
use crate::central::harness::Stage as Central;
use crate::certificate::sample;
use crate::journal::{FOOD_SELLERS, Kiosk, food_seller, id, series};
use crate::power::disks::SmallDisk;

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
    folder: tempfile::TempDir,
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
            let printed = PrintStep::Confirmed { evidence: "in the tray".to_owned() };
            let steps = match job.document {
                Document::Original => vec![PrintStep::Sent],
                Document::Copy => vec![PrintStep::Sent, printed],
                Document::Receipt | Document::Slip | Document::DataReceipt => {
                    vec![PrintStep::NotPrinted]
                }
            };
            for step in steps {
                kiosk.journal.print_step(job.job, step).unwrap();
            }
            // One page fewer than the printer has counted by now.
            kiosk.journal.print_counted(job.job, 12_344).unwrap();
        }
        let simulation = Simulation::start(
            &folder.path().join("devices"),
            People::nobody(),
            LineRate::Max,
            &clock,
        )
        .unwrap();
        crate::staff::enrol(folder.path());
        let shipped = Path::new(CONFIG).join(config::DEVICES_FILE);
        std::fs::copy(shipped, folder.path().join(config::DEVICES_FILE)).unwrap();
        let (mut settings, mut devices) = config::load_kiosk(Path::new(CONFIG)).unwrap();
        settings.keys_folder = folder.path().to_owned();
        settings.data_folder = folder.path().to_owned();
        change(&mut settings);
        devices.simulated = Some(folder.path().join("devices"));
        let central = runtime.block_on(Central::set());
        let registers = central.registers();
        runtime.block_on(central.end());
        let board = Board::default();
        let papers = PaperSettings {
            fonts: settings.fonts.clone(),
            templates: sample::templates(),
            keep_in: None,
        };
        let (terminal, events) = Terminal::start(Settings {
            kiosk: settings,
            devices,
            config_folder: folder.path().to_owned(),
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
            certificate_until: None,
        })
        .unwrap();
        let stand = Stand::before(terminal.clone());
        Self { stand, terminal, events, simulation, kiosk, board, runtime, folder }
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

    /// Goes on looking until the screen shows it.
    #[track_caller]
    fn until_shown(&mut self, what: &str) {
        for _ in 0..2400 {
            if self.stand.shows(what) {
                return;
            }
            self.drain();
            self.look();
        }
        panic!("{what} is not shown: {:#?}", self.stand.texts());
    }

    /// Takes what has happened meanwhile, waiting a little for it.
    fn drain(&mut self) {
        let soon = Duration::from_millis(50);
        while let Ok(Some(event)) =
            self.runtime.block_on(async { tokio::time::timeout(soon, self.events.recv()).await })
        {
            self.stand.happen(event);
        }
    }

    /// `devices.toml` as it stands.
    fn devices_text(&self) -> String {
        config::devices_text(self.folder.path()).unwrap()
    }

    /// What was recorded of changes, tests and blank sheets.
    fn acts(&self) -> Vec<String> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only what the technician did")]
        let act = |body| match body {
            Body::MaintenanceConfigured(body) => Some(format!(
                "{} {:?} {} {} {}",
                body.by,
                body.outcome,
                body.changes.join(","),
                body.why,
                body.fault.as_deref().unwrap_or("-"),
            )),
            Body::MaintenanceTested(body) => {
                Some(format!("{} tried {} {}", body.by, body.device, body.passed))
            }
            Body::BlanksCounted(body) => {
                Some(format!("{} {} {}-{}", body.by, body.paper, body.first, body.last))
            }
            Body::BlanksSpent(body) => Some(format!(
                "{} {}-{} {:?} {:?} {}",
                body.paper,
                body.first,
                body.last,
                body.on,
                body.job,
                body.by.as_deref().unwrap_or("-"),
            )),
            _ => None,
        };
        self.kiosk.check().into_iter().filter_map(act).collect()
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
    assert!(lobby.stand.shows("K03-1-000001"), "{:#?}", lobby.stand.texts());
    // A page more may be half a certificate: a person looks, and sees what the counter says.
    assert!(lobby.stand.shows("12344 → 12345"), "{:#?}", lobby.stand.texts());
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
    let expected = [
        "in the tray",
        "paper out true",
        "in wang",
        "paper out false",
        "wang saw 1",
        "seen by wang",
        "out wang",
    ];
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
fn a_disk_that_is_nearly_full_is_told_and_serves_on() {
    let mut lobby = Lobby::new(|kiosk| {
        let disk = rustix::fs::statvfs(&kiosk.data_folder).unwrap();
        // More than this is free, and less than twice of it.
        kiosk.limits.disk_free_bytes = disk.f_bavail * disk.f_frsize / 4 * 3;
    });
    lobby.until("the disk", |lobby| {
        let standing = lobby.board.standing();
        standing.iter().any(|standing| standing.fault.code.as_str() == "disk.low")
    });
    lobby.until("the journal", |lobby| lobby.stand.session().equipment().journal);
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
    let mark_in_the_way = lobby.kiosk.folder.path().join("journal.mark.tmp");
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
    lobby.terminal.set_sync(right.clone());
    lobby.look();
    assert!(lobby.stand.place("fault:clock.drift").is_none());

    // The medium of the mark is taken out, and put back.
    let mut until_mark = |failed: bool| {
        for _ in 0..100 {
            // The mark is written a tenth of a second after the last question.
            std::thread::sleep(Duration::from_millis(150));
            lobby.terminal.set_sync(right.clone());
            lobby.look();
            if codes(&lobby).contains(&"journal.mark-unwritable") == failed {
                return;
            }
        }
        panic!("the mark is not told of");
    };
    std::fs::create_dir(&mark_in_the_way).unwrap();
    until_mark(true);
    std::fs::remove_dir(&mark_in_the_way).unwrap();
    until_mark(false);
}

#[test]
fn a_technician_gives_the_numbers_back_once_central_has_agreed() {
    let mut lobby = Lobby::new(|_| {});
    lobby.sign_in("liu");
    let journal = lobby.kiosk.journal.clone();
    let left = || journal.series_state(&series(FOOD_SELLERS)).unwrap().left;
    let why = "移到别处".to_owned();
    let ask = || Ask::ReturnNumbers { why: why.clone() };
    // Before central has said anything, by whatever way it is asked.
    let told = lobby.terminal.ask(ask()).blocking_recv().unwrap();
    assert!(matches!(told, Told::NotDone(_)), "{told:?}");
    assert_eq!(left(), 99);
    let agreed = sync::State { connected: true, ..sync::State::default() };
    lobby.terminal.set_sync(agreed);
    let told = lobby.terminal.ask(ask()).blocking_recv().unwrap();
    assert!(matches!(told, Told::Report(_)), "{told:?}");
    assert_eq!(left(), 0);
    lobby.kiosk.journal.issue(food_seller(id(2))).unwrap_err();
    let returned = lobby.kiosk.check().into_iter().find_map(|body| {
        if let Body::NumbersReturned(returned) = body { Some(returned) } else { None }
    });
    let returned = returned.unwrap();
    assert_eq!((returned.first, returned.last), (2, 100));
    assert_eq!((returned.by.as_str(), returned.reason), ("liu", why));
}

#[test]
fn a_technician_finds_a_scanner_at_its_speed_and_keeps_it() {
    let mut lobby = Lobby::new(|_| {});
    let text = strings(Language::Zh);
    lobby.until("the scanner", |lobby| lobby.stand.session().equipment().scanner);
    lobby.simulation.command("scanner baud 9600").unwrap();
    lobby.sign_in("liu");
    lobby.stand.touch("tab:devices");
    lobby.stand.touch("discover");
    lobby.stand.hear();
    lobby.until_shown("扫码器　Newland　9600 baud　Simulated engine");
    // In the order of their names: ID reader, page printer, panel, receipt printer, scanner.
    lobby.stand.touch("use:4");
    assert!(lobby.stand.shows(&(text.settings_line)(31)), "{:#?}", lobby.stand.texts());
    lobby.stand.touch("why:1");
    lobby.stand.touch("primary");
    lobby.stand.hear();
    lobby.until_shown(text.work_taken_up);
    assert!(lobby.devices_text().contains("baud = 9600"), "{}", lobby.devices_text());
    assert!(lobby.devices_text().contains("# Which commands it understands"));
    assert_eq!(
        lobby.acts(),
        [format!("liu TakenUp scanner.baud: 115200 -> 9600 {} -", text.why_replaced)]
    );
}

#[test]
fn settings_with_which_a_device_does_not_come_up_are_taken_back() {
    let mut lobby = Lobby::new(|_| {});
    let text = strings(Language::Zh);
    let before = lobby.devices_text();
    lobby.until("the reader", |lobby| lobby.stand.session().equipment().id_reader);
    lobby.sign_in("liu");
    lobby.stand.touch("tab:devices");
    lobby.stand.touch("settings:id_reader");
    lobby.stand.touch("set:baud=9600");
    lobby.stand.touch("why:3");
    lobby.stand.touch("primary");
    lobby.stand.hear();
    lobby.until_shown(text.work_rolled_back);
    let shown = lobby.stand.texts().join(" ");
    assert!(shown.contains("id-reader.not-responding"), "{shown}");
    assert_eq!(lobby.devices_text(), before);
    let why = text.why_adjusted;
    assert_eq!(
        lobby.acts(),
        [format!("liu RolledBack id_reader.baud: 115200 -> 9600 {why} id-reader.not-responding")]
    );
    // And it works as before.
    lobby.until("the reader", |lobby| lobby.stand.session().equipment().id_reader);
}

#[test]
fn a_technician_tries_every_device_and_nobodys_data_is_seen() {
    let mut lobby = Lobby::new(|_| {});
    let text = strings(Language::Zh);
    lobby.until("all devices", |lobby| {
        let kit = lobby.stand.session().equipment();
        kit.id_reader && kit.scanner && kit.receipt_printer && kit.page_printer
    });
    lobby.sign_in("liu");
    // One question at a time: first the sheet nobody knows about, then the trays.
    lobby.stand.touch("tab:papers");
    lobby.stand.touch("settle:1:complete");
    lobby.stand.touch("primary");
    lobby.stand.hear();
    lobby.stand.touch("count:A4");
    for digit in "100".chars() {
        lobby.stand.touch(&format!("key:{digit}"));
    }
    lobby.stand.touch("primary");
    for digit in "101".chars() {
        lobby.stand.touch(&format!("key:{digit}"));
    }
    lobby.stand.touch("primary");
    lobby.stand.hear();
    assert!(lobby.stand.shows(&(text.tray)(2, 100, 101)), "{:#?}", lobby.stand.texts());
    lobby.stand.touch("tab:devices");
    lobby.simulation.command("id_reader read-ms 10").unwrap();
    for (device, hand) in [
        ("id_reader", Some("id_reader place record")),
        ("scanner", Some("scanner show 370303198001011234")),
        ("receipt_printer", None),
        ("page_printer", None),
    ] {
        lobby.stand.touch(&format!("test:{device}"));
        lobby.stand.hear();
        match hand {
            Some("id_reader place record") => {
                let record = hex::encode(crate::device::test_card());
                lobby.simulation.command(&format!("id_reader place record {record}")).unwrap();
            }
            Some(hand) => drop(lobby.simulation.command(hand).unwrap()),
            None => {}
        }
        lobby.until_shown(text.work_passed);
        assert!(!lobby.stand.texts().join(" ").contains("370303"), "{:#?}", lobby.stand.texts());
        lobby.stand.touch("tab:papers");
        lobby.stand.touch("tab:devices");
    }
    assert_eq!(
        lobby.acts(),
        [
            "liu A4 100-101".to_owned(),
            "liu tried id_reader true".to_owned(),
            "liu tried scanner true".to_owned(),
            "liu tried receipt_printer true".to_owned(),
            "A4 100-100 Test None -".to_owned(),
            "liu tried page_printer true".to_owned(),
        ]
    );
}

#[test]
fn a_command_beside_the_kiosk_is_answered_and_recorded() {
    use permit_kiosk::terminal::beside::{Request, ask};
    let mut lobby = Lobby::new(|_| {});
    lobby.until("the scanner", |lobby| lobby.stand.session().equipment().scanner);
    let data = lobby.folder.path().to_owned();
    let report = Request::Report { language: "en".to_owned() };
    let answer = ask(&data, &report).unwrap().unwrap();
    assert!(answer.done && answer.says.contains("id_reader"), "{}", answer.says);
    assert!(!answer.says.contains("K03-1-000001"), "no case: {}", answer.says);
    let configure = |by: &str, change: &str| Request::Configure {
        by: by.to_owned(),
        why: "a test".to_owned(),
        changes: vec![change.to_owned()],
    };
    let answer = ask(&data, &configure("wang", "scanner.baud=9600")).unwrap().unwrap();
    assert!(!answer.done && answer.says.contains("no technician"), "{}", answer.says);
    let answer = ask(&data, &configure("liu", "scanner.baud=7")).unwrap().unwrap();
    assert!(!answer.done && answer.says.contains("would not be right"), "{}", answer.says);
    assert!(lobby.acts().is_empty(), "what was never tried is no change");
    lobby.simulation.command("scanner baud 38400").unwrap();
    let answer = ask(&data, &configure("liu", "scanner.baud=38400")).unwrap().unwrap();
    assert!(answer.done, "{}", answer.says);
    assert_eq!(lobby.acts(), ["liu TakenUp scanner.baud: 115200 -> 38400 a test -"]);
    assert!(lobby.devices_text().contains("baud = 38400"));
}

/// What stands in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Another disk than the kiosk's: the machine's memory.
fn stick() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap()
}

#[test]
fn a_technician_takes_evidence_away_on_a_stick_and_it_is_on_record() {
    let text = strings(Language::Zh);
    let stick = stick();
    // An earlier one was pulled out in the middle.
    let left = stick.path().join("permit-audit-zhangdian-03-20261101T000000Z.partial");
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("records.jsonl"), "half a rec").unwrap();
    std::fs::write(stick.path().join("holiday.jpg"), "somebody else's").unwrap();
    let folder = stick.path().to_owned();
    let mut lobby = Lobby::new(move |settings| settings.stick_folder = folder);
    lobby.sign_in("liu");
    lobby.stand.touch("tab:about");
    lobby.stand.touch("export:all");
    lobby.until_shown(text.evidence_whole);
    assert!(lobby.stand.shows(text.evidence_sealed), "no auditor's key is here");

    let found = names(stick.path());
    let [other, bundle] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(other, "holiday.jpg");
    assert!(lobby.stand.shows(bundle), "{bundle}: {:#?}", lobby.stand.texts());
    let bundle = stick.path().join(bundle);
    // Repeated by a program that is not ours.
    let sums = std::process::Command::new("sha256sum")
        .args(["--check", "--quiet", "SHA256SUMS"])
        .current_dir(&bundle)
        .output()
        .unwrap();
    assert!(sums.status.success(), "{sums:?} {:?}", names(&bundle));
    let manifest = std::fs::read_to_string(bundle.join("manifest.json")).unwrap();
    let read = permit_kiosk::audit::Manifest::read(&manifest).unwrap();
    assert!(read.records > 3, "{read:?}");
    assert_eq!(read.made_by, "liu");
    let taken: Vec<_> = lobby
        .kiosk
        .check()
        .into_iter()
        .filter_map(
            |body| if let Body::MaintenanceExported(taken) = body { Some(taken) } else { None },
        )
        .collect();
    let [taken] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!((&*taken.by, taken.records, taken.sealed), ("liu", read.records, true));
    assert_eq!(taken.manifest, permit_kiosk::wire::v1::Hash::of(manifest.as_bytes()));
    assert_eq!(taken.from, None);

    // Seven days are today and the six before. Bundles are named by the second: within the same one, again.
    let is_week = |first: jiff::civil::Date| {
        first.until(date_in_china(SystemClock.now())).unwrap().get_days() == 6
    };
    let is_taken = |body: &Body| matches!(body, Body::MaintenanceExported(taken) if taken.from.is_some_and(is_week));
    lobby.stand.touch("seen");
    lobby.stand.hear();
    lobby.stand.touch("export:7");
    for _ in 0..400 {
        if lobby.kiosk.check().iter().any(is_taken) {
            return;
        }
        lobby.drain();
        lobby.look();
        if lobby.stand.shows(text.evidence_failed) {
            lobby.stand.touch("export:7");
        }
    }
    panic!("no bundle of a week: {:#?}", lobby.stand.texts());
}

#[test]
fn without_a_stick_or_without_room_on_it_nothing_is_left_and_the_screen_says_why() {
    let text = strings(Language::Zh);
    // What is mounted nowhere lies on the kiosk's own disk.
    let mut lobby =
        Lobby::new(|settings| settings.stick_folder = settings.data_folder.join("stick"));
    std::fs::create_dir(lobby.folder.path().join("stick")).unwrap();
    lobby.sign_in("liu");
    lobby.stand.touch("tab:about");
    lobby.stand.touch("export:all");
    lobby.until_shown(text.evidence_no_stick);
    assert_eq!(names(&lobby.folder.path().join("stick")), [""; 0]);

    let Some(small) = SmallDisk::mount() else { return };
    let video = small.fill();
    let folder = small.path().to_owned();
    let mut lobby = Lobby::new(move |settings| settings.stick_folder = folder);
    lobby.sign_in("liu");
    lobby.stand.touch("tab:about");
    lobby.stand.touch("export:all");
    lobby.until_shown(text.evidence_full);
    assert_eq!(names(small.path()), [video.file_name().unwrap().to_str().unwrap()]);

    std::fs::remove_file(video).unwrap();
    small.remount("ro");
    lobby.stand.touch("export:all");
    lobby.until_shown(text.evidence_read_only);
    small.remount("rw");
    assert_eq!(names(small.path()), [""; 0]);
    let exported = |body: &Body| matches!(body, Body::MaintenanceExported(_));
    assert!(!lobby.kiosk.check().iter().any(exported));
}
