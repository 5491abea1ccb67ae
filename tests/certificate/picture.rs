//! Every sheet as dots: its code can be read, its text too, and it looks as it looked.

use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, ImageFormat};
use permit_kiosk::certificate::{Bitmap, Error, Rgba, picture, raster};

use super::{oracle, sample};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificate/golden");

fn grey(picture: &Rgba) -> GrayImage {
    let colour =
        image::RgbaImage::from_raw(picture.width_px, picture.height_px, picture.bytes.to_vec());
    DynamicImage::ImageRgba8(colour.unwrap()).to_luma8()
}

fn luma(bitmap: &Bitmap) -> Vec<u8> {
    image::load_from_memory(&bitmap.to_png().unwrap()).unwrap().to_luma8().into_raw()
}

/// How far two pictures of the same size are apart: the mean, and the share of dots far apart.
fn distance(a: &GrayImage, b: &GrayImage) -> (f64, f64) {
    assert_eq!(a.dimensions(), b.dimensions());
    let (mut sum, mut far) = (0_u64, 0_u32);
    for (a, b) in a.pixels().zip(b.pixels()) {
        let difference = a.0[0].abs_diff(b.0[0]);
        sum += u64::from(difference);
        far += u32::from(difference > 64);
    }
    let dots = f64::from(a.width() * a.height());
    #[expect(clippy::cast_precision_loss, reason = "a sum of some millions")]
    let mean = sum as f64 / dots;
    (mean, f64::from(far) / dots)
}

/// How far the golden picture may be from the new one in any part of 24 × 24 dots.
const TILE_TOLERANCE: f64 = 5.0;

/// The mean distance of the part in which two pictures differ most.
fn worst_tile(a: &GrayImage, b: &GrayImage) -> f64 {
    const SIDE: u32 = 24;
    assert_eq!(a.dimensions(), b.dimensions());
    let part =
        |image: &GrayImage, x, y| image::imageops::crop_imm(image, x, y, SIDE, SIDE).to_image();
    let places = (0..a.height())
        .step_by(SIDE as usize)
        .flat_map(|y| (0..a.width()).step_by(SIDE as usize).map(move |x| (x, y)));
    places.map(|(x, y)| distance(&part(a, x, y), &part(b, x, y)).0).fold(0.0, f64::max)
}

#[test]
fn the_code_of_a_printed_sheet_states_the_permit() {
    for permit in sample::permits() {
        for (name, pdf) in sample::sheets(&permit) {
            if name.ends_with("original") && !name.contains("filing") {
                continue; // A3 takes twice as long and has the same code.
            }
            let dots = raster(&pdf, 300, 0).unwrap();
            let read = oracle::rxing(luma(&dots), dots.width_px, dots.height_px);
            let read = read.unwrap_or_else(|| panic!("{name}: rxing reads nothing"));
            let claims = permit_kiosk::seal::verify(&read, &sample::keyring()).unwrap();
            assert!(claims.agrees_with(&permit), "{name}: {claims:?}");
            if let Some(also) = oracle::zbarimg(&dots.to_png().unwrap()) {
                assert_eq!(also.trim_end_matches('\n'), read, "{name}");
            }
        }
    }
}

#[test]
fn the_code_of_an_original_is_read_at_half_the_resolution() {
    for permit in sample::permits() {
        let (name, pdf) = sample::sheets(&permit).remove(0);
        let picture = picture(&pdf, 150, 0).unwrap();
        let grey = grey(&picture);
        let read = oracle::rxing(grey.into_raw(), picture.width_px, picture.height_px);
        let read = read.unwrap_or_else(|| panic!("{name}: rxing reads nothing"));
        let claims = permit_kiosk::seal::verify(&read, &sample::keyring()).unwrap();
        assert!(claims.agrees_with(&permit), "{name}: {claims:?}");
    }
}

#[test]
fn a_sheet_looks_as_it_looked() {
    for permit in sample::permits() {
        for (name, pdf) in sample::sheets(&permit) {
            let now = grey(&picture(&pdf, 50, 0).unwrap());
            let path = PathBuf::from(GOLDEN).join(format!("{name}.png"));
            if std::env::vars().any(|(name, value)| name == "UPDATE_GOLDEN" && value == "1") {
                std::fs::create_dir_all(GOLDEN).unwrap();
                now.save_with_format(&path, ImageFormat::Png).unwrap();
                continue;
            }
            // Another release of the fonts moves edges by less than this; a lost word does not.
            let worst = worst_tile(&now, &golden(&path));
            assert!(worst < TILE_TOLERANCE, "{name}: a part differs by {worst:.2}");
        }
    }
}

fn golden(path: &Path) -> GrayImage {
    image::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).to_luma8()
}

#[test]
fn the_golden_comparison_notices_a_missing_line() {
    let path = PathBuf::from(GOLDEN).join("food-copy.png");
    let original = golden(&path);
    let mut without = original.clone();
    // The line of the holder's name: white where it stood.
    for y in 150..165 {
        for x in 125..270 {
            without.put_pixel(x, y, image::Luma([253]));
        }
    }
    let worst = worst_tile(&original, &without);
    assert!(worst > 3.0 * TILE_TOLERANCE, "{worst:.2}");
}

#[test]
fn poppler_draws_the_same_sheet() {
    for permit in sample::permits() {
        let (name, pdf) = sample::sheets(&permit).pop().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = oracle::file(folder.path(), "page.pdf", &pdf);
        let out = folder.path().join("page");
        let arguments = ["-r", "100", "-gray", "-singlefile", "-png"];
        let paths = [path.to_str().unwrap(), out.to_str().unwrap()];
        let arguments = [arguments.as_slice(), &paths].concat();
        if oracle::text("pdftoppm", &arguments, b"").is_none() {
            return;
        }
        let theirs = image::open(out.with_extension("png")).unwrap().to_luma8();
        let ours = grey(&picture(&pdf, 100, 0).unwrap());
        // Poppler rounds the size up, we round to the nearest dot.
        let (width, height) =
            (ours.width().min(theirs.width()), ours.height().min(theirs.height()));
        assert!(theirs.width() - width <= 1 && theirs.height() - height <= 1, "{name}");
        let cut =
            |image: &GrayImage| image::imageops::crop_imm(image, 0, 0, width, height).to_image();
        // Half an dot of shift softens nothing away: blur both a little, then compare.
        let soft = |image: &GrayImage| image::imageops::blur(&cut(image), 1.0);
        let (mean, far) = distance(&soft(&ours), &soft(&theirs));
        // Poppler draws the border's hairlines a little heavier.
        assert!(mean < 6.0 && far < 0.003, "{name}: mean {mean:.3}, far apart {far:.5}");
    }
}

#[test]
fn the_seal_is_grey_on_a_printer_without_colour_and_red_on_the_screen() {
    let (_, pdf) = sample::sheets(&sample::food()).pop().unwrap();
    let colour = picture(&pdf, 300, 0).unwrap();
    let dots = raster(&pdf, 300, 0).unwrap();
    let (mut red, mut black) = (0_u32, 0_u32);
    for (index, dot) in (0_u32..).zip(colour.bytes.chunks_exact(4)) {
        if dot[0] > 190 && dot[1] < 40 && dot[2] < 50 {
            red += 1;
            let (x, y) = (index % colour.width_px, index / colour.width_px);
            black += u32::from(dots.is_black(x, y));
        }
    }
    // A ring of 40 mm, a star, twenty characters: about a fifth of its square.
    assert!(red > 20_000, "{red} red dots");
    let share = f64::from(black) / f64::from(red);
    // Every other line, and the words over it.
    assert!((0.45..0.6).contains(&share), "{share:.3} of the seal is black");
}

#[test]
fn words_and_lines_have_no_frayed_edges_on_paper() {
    let (_, pdf) = sample::sheets(&sample::food()).pop().unwrap();
    let dots = raster(&pdf, 300, 0).unwrap();
    // A dot that differs from all eight around it is a grain, not part of a stroke. The seal and the
    // marks of a demonstration are lines with ends; the words alone have next to none.
    let mut grains = 0;
    for y in 1..dots.height_px - 1 {
        for x in 1..dots.width_px - 1 {
            let around = (y - 1..=y + 1).flat_map(|b| (x - 1..=x + 1).map(move |a| (a, b)));
            let same = around.filter(|(a, b)| dots.is_black(*a, *b) == dots.is_black(x, y)).count();
            grains += u32::from(same == 1);
        }
    }
    assert!(grains < 400, "{grains} grains");
}

#[test]
fn what_is_no_page_is_refused() {
    let (_, pdf) = sample::sheets(&sample::filing()).remove(0);
    assert!(matches!(picture(b"%PDF-1.4", 60, 0), Err(Error::ReadPdf)));
    assert!(matches!(picture(&pdf, 60, 1), Err(Error::PageMissing { page: 1, pages: 1 })));
    assert!(matches!(picture(&pdf, 2400, 0), Err(Error::TooManyDots { .. })));
}
