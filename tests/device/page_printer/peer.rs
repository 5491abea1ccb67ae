//! Independent readers and writers of pages: the filter of cups-filters that makes PDF of PWG raster, and
//! CUPS' own printer driver that makes PCL of it.

use std::path::Path;
use std::process::Command;

use permit_kiosk::device::page_printer::{Raster, Sheet, pwg};

use super::pcl::{A4, page, printed};

/// Where `cups-filters-core-drivers` has it.
const TO_PDF: &str = "/usr/lib/cups/filter/rastertopdf";
/// Where `cups-ipp-utils` has it.
const TO_PCL: &str = "/usr/sbin/ippevepcl";

/// Whether a program of `make deps` is there; says so where it is not.
fn is_there(program: &str) -> bool {
    let is_there = Path::new(program).exists();
    if !is_there {
        crate::skipped::without(format_args!("{program} is missing"));
    }
    is_there
}

/// What a program writes when it is given our page as PWG raster.
fn made_of_pwg(program: &str, arguments: &[&str], bits: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.pwg");
    let picture = Raster::new(A4.0, A4.1, bits).unwrap();
    std::fs::write(&file, pwg::encode(&[picture], Sheet::A4).unwrap()).unwrap();
    let made = Command::new(program)
        .args(arguments)
        .arg(&file)
        .env("CONTENT_TYPE", "image/pwg-raster")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    made.stdout
}

#[test]
fn cups_filters_finds_every_dot_of_our_raster() {
    if !is_there(TO_PDF) {
        return;
    }
    let bits = page(A4);
    let pdf = made_of_pwg(TO_PDF, &["1", "kiosk", "page", "1", ""], &bits);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.pdf");
    std::fs::write(&file, pdf).unwrap();
    let taken =
        Command::new("pdfimages").arg("-png").arg(&file).arg(folder.path().join("dots")).status();
    assert!(taken.unwrap().success());
    let dots = image::open(folder.path().join("dots-000.png")).unwrap().into_luma8();
    assert_eq!((dots.width() as usize, dots.height() as usize), A4);
    let picture = Raster::new(A4.0, A4.1, &bits).unwrap();
    let differing = dots
        .enumerate_pixels()
        .filter(|(x, y, dot)| (dot.0[0] < 128) != picture.is_black(*x as usize, *y as usize));
    assert_eq!(differing.count(), 0);
}

#[test]
fn the_pcl_of_a_driver_we_did_not_write_is_painted_by_our_simulator() {
    if !is_there(TO_PCL) {
        return;
    }
    let bits = page(A4);
    let paper = printed(&made_of_pwg(TO_PCL, &[], &bits));
    let picture = Raster::new(A4.0, A4.1, &bits).unwrap();
    // It begins at the left of the logical page, 71 dots from the edge, and at a sixth of an inch under a top
    // margin of as much; its raster is 2400 × 3407 dots.
    let (left, top) = (71, 100);
    let differing = (0..A4.1 - top)
        .flat_map(|y| (0..2400).map(move |x| (x, y)))
        .filter(|(x, y)| paper.is_black(x + left, y + top) != picture.is_black(*x, *y));
    assert_eq!(differing.count(), 0);
}
