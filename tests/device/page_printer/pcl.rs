//! What the encoder writes, a decoder written from the manual alone paints again, dot for dot.

use std::time::Duration;

use permit_kiosk::device::page_printer::pcl::{self, encode};
use permit_kiosk::device::page_printer::simulator::SheetPicture;
use permit_kiosk::device::page_printer::{Raster, Sheet, SimulatedPagePrinter};
use permit_kiosk::device::pty::{Happening, LineRate, Simulator as _};

use crate::device::receipt_printer::Dots;

pub(super) const A4: (usize, usize) = (2480, 3507);
const A3: (usize, usize) = (3507, 4960);

/// Let a simulated printer print one sheet of PCL.
pub(super) fn printed(pcl: &[u8]) -> SheetPicture {
    let mut printer = SimulatedPagePrinter::new(LineRate::Max);
    let job =
        [b"\x1b%-12345X@PJL ENTER LANGUAGE=PCL\r\n".as_slice(), pcl, b"\x1b%-12345X"].concat();
    printer.on(Duration::ZERO, Happening::Received(&job));
    for ms in 0..10 {
        printer.on(Duration::from_millis(10 * ms), Happening::Due);
    }
    assert!(printer.unknown().is_empty(), "{:?}", printer.unknown());
    let sheets: Vec<&SheetPicture> = printer.printed().collect();
    assert_eq!(sheets.len(), 1);
    sheets[0].clone()
}

/// Every dot of the picture that lies on the printable part of the sheet, and no other.
#[track_caller]
fn check(picture: Raster<'_>, sheet: Sheet, (width, height): (usize, usize)) -> usize {
    let pcl = encode(picture, sheet).unwrap();
    let paper = printed(&pcl);
    assert_eq!((paper.width_px(), paper.height_px()), (width, height));
    // A lying picture is turned clockwise: what was at the top is at the right.
    let is_lying = picture.width_px() > picture.height_px();
    let mut expected = vec![0; width.div_ceil(8) * height];
    for (y, row) in picture.rows().enumerate() {
        for (at, byte) in row.into_iter().enumerate().filter(|(_, byte)| *byte != 0) {
            for x in (at * 8..at * 8 + 8).filter(|x| byte & (0x80 >> (x % 8)) != 0) {
                let (x, y) = if is_lying { (picture.height_px() - 1 - y, x) } else { (x, y) };
                if (71..width - 71).contains(&x) {
                    expected[y * width.div_ceil(8) + x / 8] |= 0x80 >> (x % 8);
                }
            }
        }
    }
    let differing: u32 =
        paper.bits().iter().zip(&expected).map(|(a, b)| (a ^ b).count_ones()).sum();
    assert_eq!(differing, 0, "dots");
    pcl.len()
}

fn dots(seed: u64, (width, height): (usize, usize)) -> Vec<u8> {
    Dots::seeded(seed).bytes(width.div_ceil(8) * height)
}

/// A page as certificates look: frame, lines of strokes, a code, much white, rows that repeat.
pub(super) fn page((width, height): (usize, usize)) -> Vec<u8> {
    let row_bytes = width.div_ceil(8);
    let mut bits = vec![0; row_bytes * height];
    let mut black = |x: usize, y: usize| bits[y * row_bytes + x / 8] |= 0x80 >> (x % 8);
    for y in 100..height - 100 {
        for x in 100..width - 100 {
            let is_frame = x < 110 || x >= width - 110 || y < 110 || y >= height - 110;
            let is_text = (300..width - 300).contains(&x)
                && (300..2000).contains(&y)
                && y % 80 < 48
                && (x * 7 + y / 3) % 23 < 5
                && (x / 60 + y / 80) % 5 != 0;
            let is_code = (400..730).contains(&x)
                && (2300..2630).contains(&y)
                && (x / 6 * 31 + y / 6 * 17) % 7 < 3;
            // A tint, as of a seal.
            let is_seal = x.abs_diff(1800).pow(2) + y.abs_diff(2500).pow(2) < 200_usize.pow(2)
                && (x + 2 * y).is_multiple_of(5);
            if is_frame || is_text || is_code || is_seal {
                black(x, y);
            }
        }
    }
    bits
}

#[test]
fn a_page_comes_out_dot_for_dot() {
    let bits = page(A4);
    let size = check(Raster::new(A4.0, A4.1, &bits).unwrap(), Sheet::A4, A4);
    // Ten bits a byte: within two seconds at 921600 baud, and an eighth of the dots themselves.
    assert!(size < 140_000, "{size} bytes");
}

#[test]
fn a_lying_certificate_is_turned_and_loses_no_dot() {
    let lying = (A3.1, A3.0);
    let bits = page(lying);
    check(Raster::new(lying.0, lying.1, &bits).unwrap(), Sheet::A3, A3);
}

#[test]
fn random_dots_come_out_dot_for_dot() {
    for seed in 0..3 {
        let bits = dots(seed, A4);
        check(Raster::new(A4.0, A4.1, &bits).unwrap(), Sheet::A4, A4);
    }
}

#[test]
fn the_rounding_of_other_renderers_is_taken() {
    for (width, height) in [(2481, 3508), (2479, 3507), (2480, 3508)] {
        let bits = dots(7, (width, height));
        let pcl = encode(Raster::new(width, height, &bits).unwrap(), Sheet::A4).unwrap();
        let paper = printed(&pcl);
        for (x, y) in [(71, 0), (1000, 1000), (2408, 3506), (2400, 17)] {
            let expected = bits[y * width.div_ceil(8) + x / 8] & (0x80 >> (x % 8)) != 0;
            assert_eq!(paper.is_black(x, y), expected, "{width} × {height}, dot {x}, {y}");
        }
    }
    let letter = vec![0; 2550_usize.div_ceil(8) * 3300];
    let error = encode(Raster::new(2550, 3300, &letter).unwrap(), Sheet::A4).unwrap_err();
    assert_eq!(error, pcl::Error::Size { width_px: 2550, height_px: 3300, sheet: Sheet::A4 });
    assert_eq!(error.to_string(), "a picture of 2550 × 3300 dots does not fit A4 at 300 dpi");
}

#[test]
fn the_bytes_of_a_nearly_white_sheet() {
    let mut bits = vec![0; 310 * 3507];
    // Two equal rows of two bytes of black, 16 dots right of the edge of the logical page, which
    // lies at dot 71.
    for y in [100, 101] {
        for x in 87..103 {
            bits[y * 310 + x / 8] |= 0x80 >> (x % 8);
        }
    }
    let pcl = encode(Raster::new(2480, 3507, &bits).unwrap(), Sheet::A4).unwrap();
    let expected: &[u8] =
        b"\x1bE\x1b&l1x26a0o0e0L\x1b*t300R\x1b&u300D\x1b*p0x0Y\x1b*r0F\x1b*r2338s3507T\x1b*r1A\
        \x1b*b100Y\x1b*b3m3W\x22\xFF\xFF\x1b*b0W\x1b*rC\x0c\x1bE";
    assert_eq!(String::from_utf8_lossy(&pcl), String::from_utf8_lossy(expected));
    assert_eq!(pcl, expected);
}

#[test]
fn all_three_compression_modes_are_used() {
    // Rows that are like nothing and no row above them.
    let mut noise = Dots::seeded(1);
    let noise = (0..310 * 3507).map(|_| noise.next().to_le_bytes()[0]).collect();
    let bits = [page(A4), noise].concat();
    let mut used = [false; 4];
    for half in bits.chunks(310 * 3507) {
        let pcl = encode(Raster::new(2480, 3507, half).unwrap(), Sheet::A4).unwrap();
        for mode in [0, 2, 3] {
            let start = format!("\x1b*b{mode}m");
            used[mode] |= pcl.windows(start.len()).any(|window| window == start.as_bytes());
        }
    }
    assert_eq!(used, [true, false, true, true]);
}
