//! Slips as the receipt printer prints them.

use permit_kiosk::certificate::{
    Error,
    slip::{Align, Block, Size, Slip, SlipKind, render},
};

use super::{oracle, sample};

fn text(text: &str) -> Slip {
    let block =
        Block::Text { text: text.to_owned(), size: Size::Normal, bold: false, align: Align::Left };
    Slip { kind: SlipKind::Receipt, blocks: vec![block] }
}

#[test]
fn a_slip_is_as_wide_as_the_paper_and_as_long_as_it_needs() {
    for width_dots in [384, 576] {
        let dots = render(&sample::slip(), sample::fonts(), width_dots).unwrap();
        assert_eq!(dots.width_px, width_dots);
        assert!((500..1600).contains(&dots.height_px), "{} dots", dots.height_px);
        assert_eq!(dots, render(&sample::slip(), sample::fonts(), width_dots).unwrap());
        // Nothing runs over the edges.
        for y in 0..dots.height_px {
            assert!(!dots.is_black(0, y) && !dots.is_black(width_dots - 1, y), "row {y}");
        }
    }
}

#[test]
fn the_code_on_a_slip_can_be_read() {
    let dots = render(&sample::slip(), sample::fonts(), 576).unwrap();
    let png = dots.to_png().unwrap();
    let luma = image::load_from_memory(&png).unwrap().to_luma8().into_raw();
    assert_eq!(oracle::rxing(luma, dots.width_px, dots.height_px).as_deref(), Some(sample::QUERY));
    if let Some(read) = oracle::zbarimg(&png) {
        assert_eq!(read.trim(), sample::QUERY);
    }
}

#[test]
fn long_text_takes_more_lines_and_every_line_has_ink() {
    let height = |words: &str| render(&text(words), sample::fonts(), 576).unwrap().height_px;
    // 560 dots hold 22 characters of 25 dots.
    let (one, two) = (height(&"字".repeat(22)), height(&"字".repeat(23)));
    assert!(one < two, "{one} and {two}");
    let dots = render(&text(&"字".repeat(44)), sample::fonts(), 576).unwrap();
    let inked = (0..dots.height_px)
        .map(|y| (0..dots.width_px).any(|x| dots.is_black(x, y)))
        .collect::<Vec<bool>>();
    let lines = inked.windows(2).filter(|pair| !pair[0] && pair[1]).count();
    assert_eq!(lines, 2);
}

#[test]
fn a_slip_that_cannot_be_printed_whole_is_refused() {
    let error = render(&text("名\u{E000}"), sample::fonts(), 576).unwrap_err();
    assert!(matches!(error, Error::GlyphMissing { character: '\u{E000}' }), "{error}");
    let error = render(&text(&"字".repeat(4000)), sample::fonts(), 576).unwrap_err();
    assert_eq!(error.to_string(), "cannot print a slip of 601 mm: 600 mm at most");
    assert!(matches!(render(&text("字"), sample::fonts(), 8), Err(Error::TooManyDots { .. })));
}
