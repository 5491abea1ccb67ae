//! Papers: how long they are on the line, and how busy they keep it.

use std::time::Duration;

use permit_kiosk_bench_devices::device::page_printer::{self, JobName, PagePrinter, Settings, Sheet};
use permit_kiosk_bench_devices::device::receipt_printer::{self, ReceiptPrinter};
use permit_kiosk_bench_devices::device::simulation::LineRate;
use permit_kiosk_bench_devices::device::{Raster, spawn};

use super::{Bench, Table, clock, event, ms, until_ready};

/// The copy (A4) of the golden food licence in dots, as `tests/device/limits.rs` makes it.
const PAGE: &[u8] = include_bytes!("../food-copy.png");

/// What F01's A4 page may take on the line: 7.4 s at 115200 baud.
const PAGE_BYTES_MAX: usize = 85_000;

struct Page {
    width_px: usize,
    height_px: usize,
    bits: Vec<u8>,
}

impl Page {
    fn read() -> Self {
        let grey = image::load_from_memory(PAGE).expect("food-copy.png is a picture").into_luma8();
        let row_bytes = grey.width().div_ceil(8) as usize;
        let mut bits = vec![0; row_bytes * grey.height() as usize];
        for (x, y, dot) in grey.enumerate_pixels() {
            if dot.0[0] < 128 {
                bits[y as usize * row_bytes + x as usize / 8] |= 0x80 >> (x % 8);
            }
        }
        Self { width_px: grey.width() as usize, height_px: grey.height() as usize, bits }
    }

    fn raster(&self) -> Raster<'_> {
        Raster::new(self.width_px, self.height_px, &self.bits).expect("rows of whole bytes")
    }
}

pub(crate) fn page(table: &mut Table) {
    let pcl = page_printer::pcl::encode(Page::read().raster(), Sheet::A4).expect("an A4 page");
    let kilobytes = pcl.len() as f64 / 1000.0;
    table.limit(
        "F01's A4 page, PCL at 300 dpi",
        &format!("{kilobytes:.1} KB"),
        &format!("{:.1} s on the line at 115200 baud", kilobytes * 1000.0 * 10.0 / 115_200.0),
        "<= 85 KB",
        pcl.len() <= PAGE_BYTES_MAX,
    );
}

/// How busy the line of a device was while it was measured.
fn busy(table: &mut Table, bench: &Bench, device: &str, what: &str, bytes: usize) {
    let told = bench.hand(&format!("{device} line"));
    let words: Vec<&str> = told.split_whitespace().collect();
    let time = |at: usize| Duration::from_micros(words[at].parse().expect("microseconds"));
    let (busy, span) = (time(2), time(5));
    let per_cent = 100.0 * busy.as_secs_f64() / span.as_secs_f64();
    table.limit(
        what,
        &format!("{:.0} ms = {per_cent:.1} % busy", ms(span)),
        &format!("{:.0} ms for {bytes} bytes on the line", ms(busy)),
        ">= 95 %",
        per_cent >= 95.0,
    );
}

pub(crate) fn certificate(table: &mut Table) {
    for baud in [115_200, 921_600] {
        let bench = Bench::new(LineRate::Real);
        bench.hand(&format!("page_printer baud {baud}"));
        let line = bench.line("page_printer", baud);
        let driver = PagePrinter::new(Settings { baud, nonce_seed: 7, unfinished_job: false, prefers_pdf: false });
        let (device, reports) = spawn("page_printer", line, driver, clock()).expect("a thread");
        until_ready(&device, &reports);
        let page = Page::read();
        let name = JobName::new("K03-1").expect("a name");
        let job = page_printer::Job::new(1, name, Sheet::A4, &[page.raster()]).expect("a page");
        let bytes = job.size_bytes() * 9 / 10;
        device.send(page_printer::Command::Print(job)).expect("it takes commands");
        while !matches!(event(&reports), page_printer::Event::JobSent { .. }) {}
        bench.hand(&format!("page_printer measure {bytes}"));
        while !matches!(event(&reports), page_printer::Event::JobConfirmed { .. }) {}
        busy(table, &bench, "page_printer", &format!("certificate at {baud} baud"), bytes);
        assert!(device.shutdown());
    }
}

pub(crate) fn receipt(table: &mut Table) {
    let bench = Bench::new(LineRate::Real);
    let line = bench.line("receipt_printer", 115_200);
    let driver = ReceiptPrinter::new(false);
    let (device, reports) = spawn("receipt_printer", line, driver, clock()).expect("a thread");
    until_ready(&device, &reports);
    // Dots at random: no row is left out, all of them travel.
    let mut state = 5_u64;
    let bits: Vec<u8> = (0..72 * 900)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect();
    let picture = Raster::new(576, 900, &bits).expect("rows of whole bytes");
    let bands = receipt_printer::protocol::bands(picture);
    let bytes = bands.iter().map(|band| band.len() + 3).sum::<usize>() * 9 / 10;
    let job = receipt_printer::Job::new(1, picture);
    device.send(receipt_printer::Command::Print(job)).expect("it takes commands");
    while !matches!(event(&reports), receipt_printer::Event::JobSent { .. }) {}
    bench.hand(&format!("receipt_printer measure {bytes}"));
    while !matches!(event(&reports), receipt_printer::Event::JobConfirmed { .. }) {}
    busy(table, &bench, "receipt_printer", "receipt at 115200 baud", bytes);
    assert!(device.shutdown());
}
