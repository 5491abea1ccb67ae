//! How long a page is on the line. What the devices cost in time is measured by `make bench-devices`, on
//! the page this test keeps for it: no test asserts a time, for a busy machine would fail it.

use image::{GrayImage, Luma};
use permit_kiosk::certificate::raster;
use permit_kiosk::device::Raster;
use permit_kiosk::device::page_printer::{Sheet, pcl};

use crate::certificate::sample;

/// What F01's A4 page may take on the line: 7.4 s at 115200 baud.
const PAGE_BYTES_MAX: usize = 85_000;

/// The page the benches send.
const MEASURED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/devices/food-copy.png");

/// The copy (A4) of the golden food licence.
#[test]
fn the_a4_page_of_a_food_licence_is_small() {
    let sheets = sample::sheets(&sample::food());
    let (_, pdf) = sheets.last().unwrap();
    let dots = raster(pdf, 300, 0).unwrap();
    let picture = Raster::new(dots.width_px as usize, dots.height_px as usize, dots.as_bytes());
    let pcl = pcl::encode(picture.unwrap(), Sheet::A4).unwrap();
    assert!(pcl.len() <= PAGE_BYTES_MAX, "{} bytes", pcl.len());

    let page = GrayImage::from_fn(dots.width_px, dots.height_px, |x, y| {
        Luma([if dots.is_black(x, y) { 0 } else { 255 }])
    });
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        page.save(MEASURED).unwrap();
    }
    let measured = image::open(MEASURED).unwrap().into_luma8();
    assert!(measured == page, "another page is measured: UPDATE_GOLDEN=1 takes this one");
}
