//! `make bench-journal`: every limit of journal and central, what was measured beside a peer in the same
//! run, and whether it holds.
//!
//! Only what is measured in turn on the same disk and processor can be compared: a round of ours, a round
//! of the peer, and again. Arguments name what to measure: `issue sqlite postgres start memory`; none,
//! everything.

mod kiosk;
mod permit_book;
mod visits;

#[path = "../../../tests/central/cluster.rs"]
#[allow(dead_code)]
mod cluster;
#[path = "../../../tests/skipped.rs"]
#[allow(dead_code)]
mod skipped;

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use permit_kiosk_bench_journal::journal::{Head, Journal};

use kiosk::{application, issue_request, leased, settings};

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|word| word == name);
    let mut table = Table::default();
    if wanted("issue") {
        issue(&mut table);
    }
    if wanted("sqlite") {
        permit_book::sqlite(&mut table);
    }
    if wanted("postgres") {
        permit_book::postgres(&mut table);
    }
    if wanted("start") {
        start(&mut table);
    }
    if wanted("memory") {
        visits::memory(&mut table);
    }
    if table.all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was measured, line by line.
pub(crate) struct Table {
    all_hold: bool,
}

impl Default for Table {
    fn default() -> Self {
        Self { all_hold: true }
    }
}

impl Table {
    pub(crate) fn limit(&mut self, what: &str, measured: &str, limit: &str, holds: bool) {
        let verdict = if holds { "holds" } else { "MISSED" };
        println!("{what:<58} {measured:>16}   limit {limit:<14} {verdict}");
        self.all_hold &= holds;
    }

    pub(crate) fn told(&self, what: &str, measured: &str) {
        println!("{what:<58} {measured:>16}");
    }
}

/// A folder on the disk of the working folder, which is not in memory.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(".").expect("a folder can be made here")
}

pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

pub(crate) fn micros(time: Duration) -> String {
    format!("{} µs", time.as_micros())
}

/// Issues, and each time overwrites a page of a file and syncs it: the least any durable thing costs.
fn issue(table: &mut Table) {
    const ROUNDS: u32 = 600;
    let folder = folder();
    let journal = Journal::provision(settings(folder.path()), Head::START).unwrap();
    journal.install_block(leased(0, 10_000)).unwrap();
    let mut bare = bare_file(&folder.path().join("bare"));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let id = application(round);
        // In a visit this happened long before, when it began.
        journal.begin(id).unwrap();
        let request = issue_request(id);
        let overwrite = |bare: &mut File| {
            let began = Instant::now();
            bare.seek(SeekFrom::Start(u64::from(round % 256) * 4096)).unwrap();
            bare.write_all(&[round as u8; 4096]).unwrap();
            bare.sync_data().unwrap();
            began.elapsed()
        };
        let issue = || {
            let request = request.clone();
            let began = Instant::now();
            journal.issue(request).unwrap();
            began.elapsed()
        };
        // Whoever is second is not always the same.
        let (here, there) = if round % 2 == 0 {
            let there = overwrite(&mut bare);
            (issue(), there)
        } else {
            let here = issue();
            (here, overwrite(&mut bare))
        };
        ours.push(here);
        theirs.push(there);
    }
    let sum = |times: &[Duration]| times.iter().sum::<Duration>();
    let mean = sum(&ours).as_secs_f64() / sum(&theirs).as_secs_f64();
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    table.told("issue: number, seals, records, print jobs, outbox, median", &micros(ours));
    table.told("bare overwrite of 4 KiB with fdatasync, median", &micros(theirs));
    table.told("of means", &format!("{mean:.2}"));
    table.limit("durable issue / bare overwrite", &format!("{ratio:.2}"), "<= 1.5", ratio <= 1.5);
    journal.close();
}

fn bare_file(path: &Path) -> File {
    let mut file = OpenOptions::new().create_new(true).write(true).open(path).unwrap();
    file.write_all(&vec![0; 256 * 4096]).unwrap();
    file.sync_all().unwrap();
    file
}

/// A kiosk with a million records starts.
fn start(table: &mut Table) {
    const RECORDS: u64 = 1_000_000;
    let folder = folder();
    kiosk::fill(folder.path(), RECORDS);
    let path = folder.path().join("journal.db");
    let (mut checks, mut starts) = (Vec::new(), Vec::new());
    for _round in 0..3 {
        let began = Instant::now();
        let connection = rusqlite::Connection::open(&path).unwrap();
        let sound: String =
            connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        checks.push(began.elapsed());
        drop(connection);
        let began = Instant::now();
        let journal = Journal::open(settings(folder.path())).unwrap();
        assert!(journal.last_edition().unwrap().is_some());
        assert!(journal.unfinished_print_jobs().unwrap().is_empty());
        assert_eq!(journal.outbox_state().unwrap().unsent, RECORDS);
        assert_eq!(journal.quarantined().unwrap(), None);
        starts.push(began.elapsed());
        journal.close();
    }
    let (check, start) = (median(&mut checks), median(&mut starts));
    let besides = start.saturating_sub(check);
    table.told("start with 1,000,000 records, whole", &format!("{} ms", start.as_millis()));
    table.told("of that the check (quick_check)", &format!("{} ms", check.as_millis()));
    let holds = besides < Duration::from_secs(1);
    table.limit("start besides the check", &format!("{} ms", besides.as_millis()), "< 1000 ms", holds);
}
