//! Pictures of dots.

use permit_kiosk::certificate::Bitmap;

/// An F of dots, 11 wide: rows do not end with a byte.
fn letter() -> Bitmap {
    let mut bitmap = Bitmap::white(11, 4);
    for (x, y) in [(0, 0), (5, 0), (10, 0), (0, 1), (0, 2), (3, 2), (0, 3)] {
        bitmap.blacken(x, y);
    }
    bitmap
}

fn drawn(bitmap: &Bitmap) -> Vec<String> {
    (0..bitmap.height_px)
        .map(|y| {
            (0..bitmap.width_px).map(|x| if bitmap.is_black(x, y) { '#' } else { '.' }).collect()
        })
        .collect()
}

#[test]
fn rows_are_bytes_with_the_leftmost_dot_highest() {
    let bitmap = letter();
    let rows: Vec<&[u8]> = bitmap.rows().collect();
    let expected: [[u8; 2]; 4] =
        [[0b1000_0100, 0b0010_0000], [0x80, 0], [0b1001_0000, 0], [0x80, 0]];
    assert_eq!(rows, expected);
    assert_eq!(bitmap.as_bytes().len(), 8);
    assert_eq!(bitmap.black_dots(), 7);
}

#[test]
fn a_quarter_turn_to_the_right_moves_the_left_edge_to_the_top() {
    let turned = letter().turned_right();
    assert_eq!((turned.width_px, turned.height_px), (4, 11));
    let expected =
        ["####", "....", "....", ".#..", "....", "...#", "....", "....", "....", "....", "...#"];
    assert_eq!(drawn(&turned), expected);
    let round = turned.turned_right().turned_right().turned_right();
    assert_eq!(round, letter());
}

#[test]
fn outside_the_picture_it_is_white() {
    let mut bitmap = letter();
    bitmap.blacken(11, 0);
    bitmap.blacken(0, 4);
    assert_eq!(bitmap, letter());
    assert!(!bitmap.is_black(11, 0) && !bitmap.is_black(u32::MAX, u32::MAX));
    let part = bitmap.cropped(9, 0, 4, 2);
    assert_eq!(drawn(&part), [".#..", "...."]);
}

#[test]
fn the_png_shows_the_same_dots() {
    let bitmap = letter();
    let picture = image::load_from_memory(&bitmap.to_png().unwrap()).unwrap().to_luma8();
    assert_eq!(picture.dimensions(), (11, 4));
    for (x, y, dot) in picture.enumerate_pixels() {
        assert_eq!(dot.0[0] == 0, bitmap.is_black(x, y));
    }
}
