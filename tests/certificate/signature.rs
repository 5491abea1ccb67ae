//! The copy of a promise bears the signature as it was drawn.

use permit_kiosk::certificate::slip::{Block, Slip, SlipKind, render};

use super::sample::fonts;

#[test]
fn a_signature_is_printed_where_it_was_drawn_and_nowhere_else() {
    let signed = |strokes: Vec<Vec<(u16, u16)>>| {
        let slip = Slip { kind: SlipKind::Receipt, blocks: vec![Block::Signature { strokes }] };
        render(&slip, fonts(), 576).unwrap()
    };
    let blank = signed(Vec::new());
    // A line down the middle and a single dot.
    let drawn = signed(vec![vec![(500, 100), (500, 900)], vec![(100, 500)]]);
    assert_eq!((drawn.width_px, drawn.height_px), (blank.width_px, blank.height_px));
    // The field is 560 dots wide and 224 high, 8 from the edge.
    for along in [30, 100, 200] {
        assert!(drawn.is_black(8 + 280, 8 + along), "{along}");
        assert!(!drawn.is_black(8 + 140, 8 + along), "{along}");
    }
    assert!(drawn.is_black(8 + 56, 8 + 112));
    assert!(!drawn.is_black(8 + 280, 8 + 5) && !blank.is_black(8 + 280, 8 + 100));
    // The longest that can be drawn, to the very edges.
    let edge: Vec<(u16, u16)> = (0..7_200_u16).map(|at| (at % 1_001, (at * 7) % 1_001)).collect();
    assert!(signed(vec![edge]).black_dots() > 10_000);
}
