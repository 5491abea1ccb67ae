//! A receipt printer with a roll of 58 mm and a page printer without A3: everything is printed whole, as
//! large as the paper is.

use permit_kiosk::config;
use permit_kiosk::session::event::Paper;

use super::Lobby;

/// The dots a printer put on its last paper but `back`.
fn printed(lobby: &Lobby, printer: &str, back: &str) -> image::GrayImage {
    let file = lobby.folder.path().join("paper.png");
    lobby.hand(&format!("{printer} dump {} {back}", file.display()));
    image::open(file).unwrap().to_luma8()
}

/// The columns from the first to the last that has ink.
fn inked(dots: &image::GrayImage) -> (u32, u32) {
    let columns = || dots.enumerate_pixels().filter(|(.., dot)| dot.0 == [0]).map(|(x, ..)| x);
    (columns().min().unwrap(), columns().max().unwrap())
}

#[test]
fn papers_are_as_large_as_the_paper() {
    let mut sizes = Vec::new();
    for differs in [(|_| {}) as fn(&mut config::Devices), smaller] {
        let mut lobby = Lobby::with(differs);
        lobby.issue();
        for paper in [Paper::Original, Paper::Copy, Paper::Receipt] {
            lobby.until_printed(paper);
        }
        let (original, copy) =
            (printed(&lobby, "page_printer", "1"), printed(&lobby, "page_printer", "0"));
        let slip = printed(&lobby, "receipt_printer", "");
        sizes.push((original.dimensions(), copy.dimensions(), inked(&original), inked(&slip)));
        lobby.end();
    }
    let [large, small] = sizes[..] else { panic!("two kiosks") };
    // Landscape pages lie across the sheet.
    assert_eq!((large.0, small.0), ((3507, 4960), (2480, 3507)), "A3, and A4 instead");
    assert_eq!(large.1, small.1, "a copy is A4 on both");
    // The frame of the certificate, not cut off: as wide a part of the sheet as on A3.
    let part = |(left, right): (u32, u32), width: u32| f64::from(right - left) / f64::from(width);
    let parts = (part(large.2, large.0.0), part(small.2, small.0.0));
    assert!((parts.0 - parts.1).abs() < 0.01, "{parts:?}");
    assert!((384..576).contains(&large.3.1), "{:?}", large.3);
    assert!(small.3.1 < 384, "{:?}", small.3);
}

fn smaller(devices: &mut config::Devices) {
    devices.receipt_printer.as_mut().unwrap().width_dots = 384;
    devices.page_printer.as_mut().unwrap().paper = config::Paper::A4;
}
