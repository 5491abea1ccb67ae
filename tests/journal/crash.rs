//! Crashes: a child process stops itself at every point of the straight line, and is killed under load;
//! whoever opens the journal next finds nothing lost, nothing twice, and takes up the work.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use permit_kiosk::domain::ApplicationId;
use permit_kiosk::journal::{Journal, Settings, SheetSize, Tray};
use permit_kiosk::wire::v1::{Body, Document, PrintStep, Rated};

use super::{Kiosk, check_file, clock, food_seller, settings};

/// In a child's working folder: the application and the point at which the child stops.
const PLAN: &str = "permit-kiosk-crash-plan";
/// In a child's working folder: issue until killed, beginning with this application.
const LOAD: &str = "permit-kiosk-crash-load";

fn application(number: u32) -> ApplicationId {
    let mut bits = [0; 16];
    bits[..4].copy_from_slice(&number.to_be_bytes());
    ApplicationId::from_random(bits)
}

/// Steps 7 to 9 of the straight line, as a terminal takes them, also after a restart: every step asks
/// the journal what has happened already. `done` hears of each step when the journal has confirmed it.
fn straight_line(journal: &Journal, application: ApplicationId, done: impl Fn(&str)) {
    let issued = journal.issue(food_seller(application)).unwrap();
    done("issued");
    for job in issued.print_jobs {
        let confirmed = PrintStep::Confirmed { evidence: "counter 1 -> 2".to_owned() };
        let steps = match job.step {
            PrintStep::Queued => vec![PrintStep::Sent, confirmed],
            // Handed to the printer before the crash: a person looks, and finds the sheet.
            PrintStep::Sent => vec![PrintStep::Unknown, confirmed],
            PrintStep::Unknown => vec![confirmed],
            PrintStep::Confirmed { .. } | PrintStep::Voided | PrintStep::NotPrinted => vec![],
        };
        for step in steps {
            let word = format!("{} {step:?}", job.job);
            match (&step, job.document) {
                (PrintStep::Sent, Document::Original) => {
                    journal.print_on(job.job, SheetSize::A3).unwrap();
                }
                (PrintStep::Sent, Document::Copy) => {
                    journal.print_on(job.job, SheetSize::A4).unwrap();
                }
                _ => journal.print_step(job.job, step).unwrap(),
            }
            done(&word);
        }
    }
    journal.record(Body::Rated(Rated { application, grade: 5 })).unwrap();
    done("rated");
}

/// Runs this very test binary, with only the test `name` of this file, in `folder`.
fn child(folder: &Path, name: &str) -> Command {
    let module = module_path!();
    let (_binary, module) = module.split_once("::").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &format!("{module}::{name}"), "--nocapture", "--test-threads=1"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// What children and parent agree on without a message: the journal lies in the working folder.
fn child_settings() -> Settings {
    settings(&std::env::current_dir().unwrap(), &clock())
}

#[test]
fn the_straight_line_ends_whole() {
    let plan = PathBuf::from(PLAN);
    if plan.exists() {
        // We are the child: stop where the plan says.
        let text = std::fs::read_to_string(plan).unwrap();
        let mut words = text.split_whitespace().map(|word| word.parse::<u32>().unwrap());
        let (number, stop_at) = (words.next().unwrap(), words.next().unwrap());
        let passed = AtomicU32::new(0);
        let on_milestone = move |_milestone| {
            if passed.fetch_add(1, Ordering::Relaxed) + 1 == stop_at {
                std::process::abort();
            }
        };
        let settings = Settings { on_milestone: Some(Arc::new(on_milestone)), ..child_settings() };
        let journal = Journal::open(settings).unwrap();
        straight_line(&journal, application(number), |word| println!("acked {word}"));
        println!("acked everything");
        return;
    }
    let kiosk = Kiosk::with_numbers(10);
    straight_line(&kiosk.journal, application(1), |_word| {});
    assert!(kiosk.journal.unfinished_print_jobs().unwrap().is_empty());
    // Block, decision and permit; two steps for each of three papers; the rating.
    assert_eq!(kiosk.check().len(), 3 + 6 + 1);
}

#[test]
fn a_stop_at_any_point_of_the_straight_line_loses_nothing_and_repeats_nothing() {
    let kiosk = Kiosk::with_numbers(1000);
    let Kiosk { folder, clock, journal } = kiosk;
    for paper in SheetSize::ALL {
        journal.count_blanks("wang".to_owned(), paper, Tray::counted(101, 200).unwrap()).unwrap();
    }
    journal.close();
    let path = folder.path().join("journal.db");
    let mut stops = 0;
    for stop_at in 1.. {
        write_plan(folder.path(), PLAN, &format!("{stop_at} {stop_at}"));
        let output = child(folder.path(), "the_straight_line_ends_whole").output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let acked: Vec<&str> = said
            .lines()
            .filter_map(|line| line.split_once("acked ").map(|(_, word)| word))
            .collect();
        check_acknowledged(&path, application(stop_at), &acked);
        if acked.last() == Some(&"everything") {
            assert!(output.status.success());
            break;
        }
        assert!(!output.status.success(), "the child stopped for no reason: {said}");
        stops += 1;

        // The restart: take up what was begun, to the end.
        let journal = Journal::open(settings(folder.path(), &clock)).unwrap();
        check_trays(&journal, &check_file(&path));
        straight_line(&journal, application(stop_at), |_word| {});
        assert!(journal.unfinished_print_jobs().unwrap().is_empty());
        journal.close();
        check_file(&path);
    }
    // Eight transactions with three milestones each, and the number in the first.
    assert_eq!(stops, 8 * 3 + 1);
    let bodies = check_file(&path);
    let issued = bodies.iter().filter(|body| body.kind() == "issued").count();
    assert_eq!(issued, 26, "one permit for each stopped application, and the last one's");
    let spent = bodies.iter().filter(|body| body.kind() == "blanks_spent").count();
    assert_eq!(spent, 2 * 26, "each original and each copy is on a sheet of its own");
}

/// What lies in the trays is what the records tell, and each sheet went with its certificate.
#[track_caller]
fn check_trays(journal: &Journal, bodies: &[Body]) {
    let trays = journal.trays().unwrap();
    for paper in SheetSize::ALL {
        let mut next = 101;
        for pair in bodies.windows(2) {
            if let Body::BlanksSpent(spent) = &pair[1]
                && spent.paper == paper.as_str()
            {
                assert_eq!((spent.first, spent.last), (next, next));
                let Body::Printed(printed) = &pair[0] else { panic!("{pair:?}") };
                assert!(matches!(printed.step, PrintStep::Confirmed { .. }), "{printed:?}");
                assert_eq!(spent.job, Some(printed.job));
                next += 1;
            }
        }
        assert_eq!(trays[&paper].next(), next, "{paper:?}");
    }
}

/// Whatever the child said was done is in the journal, in order, before anybody repairs anything.
#[track_caller]
fn check_acknowledged(path: &Path, application: ApplicationId, acked: &[&str]) {
    let recorded: Vec<String> = check_file(path)
        .iter()
        .filter(|body| body.application() == Some(application))
        .filter_map(|body| match body {
            Body::Issued(_) => Some("issued".to_owned()),
            Body::Printed(printed) => Some(format!("{} {:?}", printed.job, printed.step)),
            Body::Rated(_) => Some("rated".to_owned()),
            Body::DataReceipt(_)
            | Body::Started(_)
            | Body::LookedUp(_)
            | Body::Decided(_)
            | Body::NumberVoided(_)
            | Body::NumbersReturned(_)
            | Body::BlockInstalled(_)
            | Body::EditionActivated(_)
            | Body::EditionRefused(_)
            | Body::Faulted(_)
            | Body::SessionEnded(_)
            | Body::MaintenanceSignedIn(_)
            | Body::MaintenanceRefused(_)
            | Body::MaintenanceSignedOut(_)
            | Body::MaintenanceSettled(_)
            | Body::MaintenanceEmptied(_)
            | Body::MaintenanceConfigured(_)
            | Body::MaintenanceTested(_)
            | Body::MaintenanceExported(_)
            | Body::BlanksCounted(_)
            | Body::BlanksSpent(_) => None,
        })
        .collect();
    let acked: Vec<&str> = acked.iter().copied().filter(|word| *word != "everything").collect();
    let lost: Vec<&&str> = acked.iter().skip(recorded.len()).collect();
    assert!(lost.is_empty(), "confirmed and lost: {lost:?}");
    assert_eq!(recorded[..acked.len()], acked);
    // At most the one step that was committed and not yet confirmed.
    assert!(recorded.len() <= acked.len() + 1, "{recorded:?} was never confirmed beyond {acked:?}");
}

#[test]
fn issuing_under_load_is_gap_free() {
    let plan = PathBuf::from(LOAD);
    if plan.exists() {
        // We are the child: issue until killed.
        let first: u32 = std::fs::read_to_string(plan).unwrap().trim().parse().unwrap();
        let journal = Journal::open(child_settings()).unwrap();
        for number in first.. {
            let issued = journal.issue(food_seller(application(number))).unwrap();
            println!("acked {number} {}", issued.permit.number);
        }
    }
    let kiosk = Kiosk::with_numbers(100);
    let journals: Vec<Journal> = (0..4).map(|_| kiosk.journal.clone()).collect();
    std::thread::scope(|scope| {
        for (thread, journal) in (0_u32..).zip(&journals) {
            scope.spawn(move || {
                for number in 0..10 {
                    // Two threads each ask for the same applications.
                    journal.issue(food_seller(application(thread / 2 * 10 + number))).unwrap();
                }
            });
        }
    });
    let issued = kiosk.check().iter().filter(|body| body.kind() == "issued").count();
    assert_eq!(issued, 20);
}

#[test]
fn a_kill_under_load_loses_no_confirmed_permit() {
    let kiosk = Kiosk::with_numbers(10_000);
    let Kiosk { folder, clock, journal } = kiosk;
    journal.close();
    let path = folder.path().join("journal.db");
    let mut confirmed: BTreeMap<u32, String> = BTreeMap::new();
    let mut first = 1;
    for round in 0..12 {
        write_plan(folder.path(), LOAD, &first.to_string());
        let mut child = child(folder.path(), "issuing_under_load_is_gap_free").spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Killed after a number of confirmations that differs from round to round; the child is by
        // then somewhere in the next transaction.
        let mut wanted = 1 + (round * 7) % 5;
        for line in lines.map(Result::unwrap) {
            let Some((_, said)) = line.split_once("acked ") else { continue };
            let (number, permit) = said.split_once(' ').unwrap();
            confirmed.insert(number.parse().unwrap(), permit.to_owned());
            wanted -= 1;
            if wanted == 0 {
                child.kill().unwrap();
            }
        }
        assert!(!child.wait().unwrap().success());
        first = confirmed.last_key_value().unwrap().0 + 1;

        let journal = Journal::open(settings(folder.path(), &clock)).unwrap();
        for (number, permit) in &confirmed {
            let issued = journal.find_issued(application(*number)).unwrap().unwrap();
            assert_eq!(issued.permit.number.to_string(), *permit);
        }
        journal.close();
        check_file(&path);
    }
    assert!(confirmed.len() >= 12);
}

#[expect(clippy::disallowed_methods, reason = "a plan for the child, gone with its folder")]
fn write_plan(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}
