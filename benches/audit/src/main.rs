//! `make bench-audit`: the auditors' limits, what was measured beside the `sqlite3` shell in the same run,
//! and whether they hold.
//!
//! A journal of records is made, read as CSV by the shell and by us in turn, exported as evidence,
//! and verified with every decision made again. The argument is how many records: a million if none is given.

mod book;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use permit_kiosk_bench_audit::audit::{Verify, View, Views};

use book::Book;

/// Rounds of ours and theirs in turn; the best of each counts, for other work only ever slows.
const ROUNDS: usize = 3;

fn main() -> ExitCode {
    let records: u64 = std::env::args().nth(1).map_or(1_000_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let made = Instant::now();
    let book = Book::make(&folder.join("records.db"), records);
    println!("{records} records made in {:.0?} (not measured)", made.elapsed());

    let mut holds = csv(folder, &book);
    holds &= jsonl(folder, &book);
    holds &= verify(folder, &book);
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Tells a number beside its limit.
fn told(what: &str, is: f64, limit: &str, holds: bool) -> bool {
    println!("{what:<52} {is:>8.2}  {limit:<8} {}", if holds { "holds" } else { "MISSED" });
    holds
}

/// The shell writes a query's rows as CSV to a file.
fn shell(database: &Path, sql: &str, out: &Path) -> Duration {
    let began = Instant::now();
    let status = Command::new("sqlite3")
        .args(["-readonly", "-csv"])
        .arg(database)
        .arg(format!(".output {}", out.display()))
        .arg(sql)
        .status()
        .expect("the sqlite3 shell is installed");
    assert!(status.success(), "{sql}");
    began.elapsed()
}

fn rows(file: &Path) -> usize {
    let text = fs::read_to_string(file).unwrap();
    text.lines().count()
}

/// Tables by their columns: ours as the auditor gets them, the shell's by the same columns of the same rows.
fn csv(folder: &Path, book: &Book) -> bool {
    let mut holds = true;
    for (kind, columns) in [
        ("printed", &["job", "application", "document", "serial", "step"][..]),
        (
            "looked_up",
            &["application", "register", "purpose", "outcome", "snapshot_taken_at", "took_ms"],
        ),
    ] {
        let columns: Vec<String> =
            columns.iter().map(|name| format!("json_extract(text, '$.body.{name}')")).collect();
        let sql = format!(
            "SELECT json_extract(text, '$.kiosk'), json_extract(text, '$.position'),
                strftime('%Y-%m-%d %H:%M:%f', json_extract(text, '$.at'), '+8 hours'),
                json_extract(text, '$.body.kind'), {}
             FROM record WHERE json_extract(text, '$.body.kind') = '{kind}' ORDER BY position",
            columns.join(", ")
        );
        let theirs_at = folder.join("shell.csv");
        let mut best = [Duration::MAX; 2];
        for round in 0..ROUNDS {
            best[0] = best[0].min(shell(&book.path, &sql, &theirs_at));
            let out = folder.join(format!("{kind}-{round}"));
            fs::create_dir(&out).unwrap();
            let began = Instant::now();
            let mut views = Views::begin(&out, "", &[View::Csv]).unwrap();
            let start = format!(r#""body":{{"kind":"{kind}""#);
            book.each(|text, _, _| {
                if text.contains(&start) {
                    views.show(text, None).unwrap();
                }
            });
            drop(views.finish().unwrap());
            best[1] = best[1].min(began.elapsed());
            let ours_at = out.join(format!("{kind}.csv"));
            // Ours has a line of names.
            assert_eq!(rows(&ours_at), rows(&theirs_at) + 1);
        }
        let [theirs, ours] = best;
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        println!("  {} rows: {ours:.2?}, sqlite3 -csv {theirs:.2?}", rows(&theirs_at));
        holds &= told(
            &format!("CSV of `{kind}`, times the speed of sqlite3 -csv"),
            ratio,
            ">= 1.5",
            ratio >= 1.5,
        );
    }
    holds
}

/// The evidence itself: the exact texts and signatures, hashed, chained, counted, synced to the disk. Its
/// peer writes the texts and signatures, and no more.
fn jsonl(folder: &Path, book: &Book) -> bool {
    let sql = "SELECT text, signature FROM record ORDER BY position";
    let mut best = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        best[0] = best[0].min(shell(&book.path, sql, &folder.join("shell.csv")));
        let bundle = folder.join("bundle");
        if bundle.exists() {
            fs::remove_dir_all(&bundle).unwrap();
        }
        let began = Instant::now();
        book.export(&bundle, true);
        best[1] = best[1].min(began.elapsed());
    }
    let [theirs, ours] = best;
    println!("  a bundle: {ours:.2?}, sqlite3 -csv {theirs:.2?}");
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    told("JSONL, times the speed of sqlite3 -csv", ratio, ">= 1.2", ratio >= 1.2)
}

fn verify(folder: &Path, book: &Book) -> bool {
    let (trust, bundle) = (book.trust(), folder.join("bundle"));
    let verify = Verify { folder: &bundle, trust: &trust, unlock: Some(&book.auditor), threads: 2 };
    // What making the records took is not the verifier's.
    reset_peak();
    let before = memory("VmRSS:");
    let began = Instant::now();
    let report = verify.run(|_, _| {}).unwrap();
    let took = began.elapsed();
    let peak = memory("VmHWM:");
    for problem in report.problems.iter().take(3) {
        println!("  {problem}");
    }
    let decisions = &report.decisions;
    println!(
        "  verified {} records, {} decisions made again, {} seals in {took:.2?}; {before:.0} MB before",
        report.records, decisions.equal, report.seals
    );
    let all = report.holds && decisions.equal == decisions.decided && report.reservations.is_empty();
    let million = took.as_secs_f64() * 1e6 / report.records as f64;
    told("the bundle holds, every decision made again", f64::from(u8::from(all)), "= 1", all)
        & told("verify of a million records, s", million, "< 60", million < 60.0)
        & told("most memory meanwhile, MB", peak, "< 200", peak < 200.0)
}

/// Begins to count the most memory anew (proc_pid_clear_refs(5)).
fn reset_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

fn memory(what: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
