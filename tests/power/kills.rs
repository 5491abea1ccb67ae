//! Kill -9 at random instants of a working day, round after round on one journal.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use permit_kiosk::journal::{Head, Journal};

use super::cuts::{NUMBERS, PAPER, TOLD, fill_trays, morning, settings_in, visit};
use super::disk::Random;
use super::{Checker, World, times};
use crate::journal::{FOOD_SELLERS, leased};

/// In a child's working folder: the application its day begins with.
const PLAN: &str = "permit-kiosk-kill-plan";
/// A visit takes some milliseconds: the kill comes in the first few.
const PATIENCE_US: u64 = 60_000;

/// Runs in a child until it is killed, where there is a plan.
#[test]
fn a_day_without_an_end() {
    let Ok(first) = std::fs::read_to_string(PLAN) else { return };
    let folder = std::env::current_dir().unwrap();
    let journal = Journal::open(settings_in(&folder)).unwrap();
    println!("ready");
    for number in first.parse().unwrap().. {
        visit(&journal, number, &folder);
    }
}

fn world(folder: &Path) -> World {
    let lines = |file: &str| -> Vec<String> {
        let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    };
    let told = lines(TOLD).into_iter().map(|line| {
        let (id, number) = line.split_once(' ').unwrap();
        (id.to_owned(), number.to_owned())
    });
    World { told: told.collect(), paper: lines(PAPER), pictures: Vec::new() }
}

#[test]
fn a_kill_at_any_instant_loses_nothing_that_was_told_and_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::provision(settings_in(folder.path()), Head::START).unwrap();
    journal.install_block(leased(FOOD_SELLERS, 0, NUMBERS)).unwrap();
    fill_trays(&journal);
    journal.close();
    let module = module_path!().split_once("::").unwrap().1;
    let (mut checker, mut random) = (Checker::start(), Random(20_261_123));
    let mut visits = 0;
    for round in 0..times("KIOSK_KILLS", 50) {
        std::fs::write(folder.path().join(PLAN), format!("{}", 1 + round * 1000)).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("{module}::a_day_without_an_end")])
            .args(["--nocapture", "--test-threads=1"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with("ready")), "the child does not start");
        // The instant is the point of it: nothing tells when it has come.
        std::thread::sleep(Duration::from_micros(random.below(PATIENCE_US)));
        child.kill().unwrap();
        child.wait().unwrap();
        let world = world(folder.path());
        if let Err(wrong) = morning(folder.path(), &world, &mut checker) {
            panic!("round {round}: {wrong}");
        }
        visits = world.told.len();
    }
    println!("{visits} permits were told");
    assert!(visits > 0, "the kills come too early");
}
