//! Devices of which nothing is wanted.

use std::time::Duration;

use permit_kiosk_bench_devices::device::page_printer::{PagePrinter, Settings};
use permit_kiosk_bench_devices::device::receipt_printer::ReceiptPrinter;
use permit_kiosk_bench_devices::device::simulation::LineRate;
use permit_kiosk_bench_devices::device::{id_reader, panel, scanner, spawn};

use super::{Bench, Table, clock, until_ready};

/// Heart-beats come every three and every ten seconds.
const WATCHED: Duration = Duration::from_secs(30);

const NAMES: [&str; 5] = ["id_reader", "scanner", "receipt_printer", "page_printer", "panel"];

/// What each device's thread has run, from the scheduler's own count of nanoseconds.
fn ran() -> [Duration; 5] {
    let mut ran = [Duration::ZERO; 5];
    for task in std::fs::read_dir("/proc/self/task").expect("Linux").flatten() {
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        if let Some(at) = NAMES.iter().position(|known| *known == name.trim()) {
            let stat = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let ns = stat.split_whitespace().next().and_then(|word| word.parse().ok());
            ran[at] += Duration::from_nanos(ns.unwrap_or(0));
        }
    }
    ran
}

pub(crate) fn idle(table: &mut Table) {
    let bench = Bench::new(LineRate::Max);
    let (reader, reader_reports) =
        id_reader::start(bench.line("id_reader", 115_200), clock()).expect("a thread");
    let config = scanner::Config::default();
    let (scan, scan_reports) =
        scanner::start(bench.line("scanner", 115_200), config, clock()).expect("a thread");
    let line = bench.line("receipt_printer", 115_200);
    let (receipt, receipt_reports) =
        spawn(NAMES[2], line, ReceiptPrinter::new(false), clock()).expect("a thread");
    let line = bench.line("page_printer", 921_600);
    let driver = PagePrinter::new(Settings { baud: line.baud, nonce_seed: 7, unfinished_job: false, prefers_pdf: false });
    let (page, page_reports) = spawn(NAMES[3], line, driver, clock()).expect("a thread");
    let config = panel::Config {
        address: 1,
        door: Some(1),
        key: Some(2),
        proximity: Some(3),
        lamps: [None; 4],
    };
    let (board, board_reports) =
        panel::start(bench.line("panel", 9600), config, clock()).expect("a thread");
    until_ready(&reader, &reader_reports);
    until_ready(&scan, &scan_reports);
    until_ready(&receipt, &receipt_reports);
    until_ready(&page, &page_reports);
    until_ready(&board, &board_reports);
    let before = (clock().monotonic(), ran());
    std::thread::sleep(WATCHED);
    let took = clock().monotonic().saturating_sub(before.0);
    let after = ran();
    let mut all = 0.0;
    let mut each = Vec::new();
    for (at, name) in NAMES.into_iter().enumerate() {
        let ran = after[at].saturating_sub(before.1[at]);
        let per_cent = 100.0 * ran.as_secs_f64() / took.as_secs_f64();
        all += per_cent;
        each.push(format!("{name} {per_cent:.3}"));
    }
    table.limit(
        "idle, all five devices",
        &format!("{all:.3} % of a core"),
        &each.join(", "),
        "< 0.1 %",
        all < 0.1,
    );
    for ended in [reader.shutdown(), scan.shutdown(), receipt.shutdown(), page.shutdown()] {
        assert!(ended);
    }
    assert!(board.shutdown());
}
