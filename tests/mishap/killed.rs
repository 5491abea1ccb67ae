//! Kill -9 in the middle of visits, round after round on one journal, while the printers stand beside it and
//! go on: the codes on their paper are read, and whatever came out was issued.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use permit_kiosk::device::simulation::{LineRate, Simulation};
use permit_kiosk::journal::{Head, Journal};
use permit_kiosk::session::effect::Effect;
use permit_kiosk::session::event::{Event, Paper};
use permit_kiosk::terminal::report::Board;
use tokio::runtime::Runtime;

use super::{PATIENCE, application, case, simulation, terminal};
use crate::journal::{FOOD_SELLERS, clock, leased, settings};
use crate::power::{Checker, World, times};

/// In a child's working folder: the application its day begins with.
const PLAN: &str = "permit-kiosk-mishap-plan";
/// What happens in a visit: the permit, three papers that wait, are printed and lie there, the end.
const HAPPENINGS: u32 = 11;
/// From one happening to the next takes some of these.
const PAUSE_US: u64 = 60_000;

/// Runs in a child until it is killed, where there is a plan.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "of all that happens only permit and papers matter"
)]
#[test]
fn a_kiosk_until_it_is_killed() {
    let Ok(first) = std::fs::read_to_string(PLAN) else { return };
    let folder = std::env::current_dir().unwrap();
    let journal = Journal::open(settings(&folder, &clock())).unwrap();
    let runtime = Runtime::new().unwrap();
    let (terminal, mut events) =
        terminal(&folder, journal, &runtime, Board::default(), &|_devices| {});
    let mut next = || {
        let event = async { tokio::time::timeout(PATIENCE, events.recv()).await };
        runtime.block_on(event).expect("something happens").expect("the terminal lives")
    };
    loop {
        if let Event::EquipmentChanged(kit) = next()
            && kit.receipt_printer
            && kit.page_printer
        {
            break;
        }
    }
    println!("happened: all devices");
    for number in first.parse().unwrap().. {
        terminal.perform(Effect::Issue(Box::new(case(application(number)))));
        let mut lying = 0;
        while lying < 3 {
            match next() {
                Event::Issued(permit) => {
                    println!("told {} {}", application(number), permit.number);
                    for paper in [Paper::Original, Paper::Copy, Paper::Receipt] {
                        terminal.perform(Effect::Print(paper));
                    }
                    println!("happened: issued");
                }
                Event::PaperChanged { paper, state } => {
                    lying += u32::from(state.is_settled());
                    println!("happened: {paper:?} {state:?}");
                }
                _ => {}
            }
        }
        terminal.perform(Effect::Wipe);
        println!("happened: a whole visit");
    }
}

/// The printers, which no kill of the kiosk stops.
struct Printers {
    simulation: Simulation,
    folder: PathBuf,
    /// Sheets and slips that were taken away, and as how many pictures.
    taken: [(&'static str, usize); 2],
}

impl Printers {
    fn hand(&self, command: &str) -> String {
        self.simulation.command(command).unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Takes what has come out since; gives the pictures of it.
    fn take(&mut self) -> Vec<PathBuf> {
        let mut pictures = Vec::new();
        for at in 0..self.taken.len() {
            let (tray, taken) = self.taken[at];
            let device = if tray == "sheets" { "page_printer" } else { "receipt_printer" };
            let there: usize = self.hand(&format!("{device} {tray}")).parse().unwrap();
            for number in taken..there {
                let path = self.folder.join(format!("{tray}-{number}.png"));
                let back = there - 1 - number;
                self.hand(&format!("dump {device} {} {back}", path.display()));
                pictures.push(path);
            }
            self.taken[at].1 = there;
        }
        pictures
    }
}

/// A kiosk from `first` on; kills it a moment after so many things have happened, and adds whom it had told.
fn kill_after(folder: &Path, first: u32, happenings: u32, moment: Duration, world: &mut World) {
    std::fs::write(folder.join(PLAN), first.to_string()).unwrap();
    let module = module_path!().split_once("::").unwrap().1;
    let mut child: Child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::a_kiosk_until_it_is_killed")])
        .args(["--nocapture", "--test-threads=1"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut happened = 0;
    for line in lines {
        if let Some((_, told)) = line.split_once("told ") {
            let (id, number) = told.split_once(' ').unwrap();
            world.told.push((id.to_owned(), number.to_owned()));
        }
        happened += u32::from(line.contains("happened: "));
        if happened == happenings {
            // The instant is the point of it: nothing tells when it has come.
            std::thread::sleep(moment);
            child.kill().unwrap();
        }
    }
    assert!(happened >= happenings, "the kiosk ended by itself after {happened} happenings");
    child.wait().unwrap();
}

#[test]
fn whatever_came_out_of_the_printers_was_issued_whenever_the_kiosk_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut printers = Printers {
        simulation: simulation(folder.path(), LineRate::Max),
        folder: folder.path().to_owned(),
        taken: [("sheets", 0), ("slips", 0)],
    };
    let journal = Journal::provision(settings(folder.path(), &clock()), Head::START).unwrap();
    journal.install_block(leased(FOOD_SELLERS, 0, 10_000)).unwrap();
    journal.close();
    let path = folder.path().join("journal.db");
    let (mut checker, mut world) = (Checker::start(), World::default());
    let mut random = crate::power::Random(20_261_124);
    let rounds = times("KIOSK_KILLS_WITH_PAPER", 1);
    for round in 0..rounds {
        // The first begins a second visit, so that there is paper to read; then anywhere in one.
        let happenings = match round {
            0 => HAPPENINGS + 2,
            _ => 1 + u32::try_from(random.below(u64::from(HAPPENINGS))).unwrap(),
        };
        let moment = Duration::from_micros(random.below(PAUSE_US));
        kill_after(folder.path(), 1 + round * 10, happenings, moment, &mut world);
        world.pictures.extend(printers.take());
        if let Err(wrong) = checker.judge(&path, None, &world) {
            panic!("round {round}, {happenings} happenings and {moment:?}: {wrong}");
        }
    }
    println!("{rounds} kills, {} told, {} pieces of paper", world.told.len(), world.pictures.len());
    let sheets = printers.taken[0].1;
    assert!(sheets >= 2, "the kills come before any paper: {sheets} sheets");

    // What the checker must find in all that paper.
    let mut missing = world.clone();
    missing.pictures.retain(|path| !path.ends_with("sheets-0.png"));
    let mut twice = world.clone();
    twice.pictures.push(folder.path().join("again.png"));
    std::fs::copy(folder.path().join("sheets-0.png"), folder.path().join("again.png")).unwrap();
    for (world, word) in [(missing, "did not come out"), (twice, "came out twice")] {
        let wrong = checker.judge(&path, None, &world).unwrap_err();
        assert!(wrong.contains(word), "{wrong}");
    }
    // A journal that never heard of the last permit: its paper is nobody's.
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER record_is_never_deleted; PRAGMA foreign_keys = OFF;
             DELETE FROM record WHERE position >=
                 (SELECT min(position) - 1 FROM record WHERE text LIKE '%\"kind\":\"issued\"%');",
        )
        .unwrap();
    connection.close().unwrap();
    let only_paper = World { told: Vec::new(), ..world };
    let wrong = checker.judge(&path, None, &only_paper).unwrap_err();
    assert!(wrong.contains("nobody issued it"), "{wrong}");
}
