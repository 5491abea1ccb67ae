//! One sheet as PWG raster, which every IPP Everywhere printer takes: eight bits of grey a dot, as all
//! of them must know, though ours are black or white.
//!
//! Source: PWG 5102.4-2012, *PWG Raster Format*, section 4.

use super::pcl::{Error, Sheet, quarter_turn, upright_size};
use crate::device::raster::Raster;

/// Dots per inch, along both sides.
const DPI: u32 = 300;
/// The page header (table 2).
const HEADER_BYTES: usize = 1796;
/// A line or a dot is repeated so often at most by one count.
const REPEAT_MAX: usize = 256;
const RUN_MAX: usize = 128;
/// sGray (table 9).
const COLOUR_SPACE_SGRAY: u32 = 18;
const WHITE: u8 = 255;
const BLACK: u8 = 0;

/// All sheets of a document, upright; a lying picture is turned a quarter.
pub fn encode(pictures: &[Raster<'_>], sheet: Sheet) -> Result<Vec<u8>, Error> {
    let mut raster = b"RaS2".to_vec();
    let pages = u32::try_from(pictures.len()).expect("a certificate has a few sheets");
    for picture in pictures {
        let (width_px, height_px) = upright_size(*picture, sheet)?;
        let turned;
        let upright = if picture.width_px() > picture.height_px() {
            turned = quarter_turn(*picture);
            Raster::new(width_px, height_px, &turned)
                .expect("a turned picture has its sides changed")
        } else {
            *picture
        };
        raster.extend(header(sheet, width_px, height_px, pages));
        let rows: Vec<Vec<u8>> = upright.rows().collect();
        for same in rows.chunk_by(|one, other| one == other) {
            for part in same.chunks(REPEAT_MAX) {
                raster.push(count(part.len() - 1));
                raster.extend(packed(&grey(&part[0], width_px)));
            }
        }
    }
    Ok(raster)
}

fn header(sheet: Sheet, width_px: usize, height_px: usize, pages: u32) -> Vec<u8> {
    let mut header = vec![0; HEADER_BYTES];
    let mut text =
        |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    text(0, "PwgRaster");
    text(1732, sheet.media());
    let side = |px: usize| u32::try_from(px).expect("a sheet has a few thousand dots");
    let [width_pt, height_pt] = sheet.size_pt();
    for (at, number) in [
        (276, DPI),
        (280, DPI),
        (340, 1), // copies
        (352, width_pt),
        (356, height_pt),
        (372, side(width_px)),
        (376, side(height_px)),
        (384, 8), // bits a colour
        (388, 8), // bits a dot
        (392, side(width_px)),
        (400, COLOUR_SPACE_SGRAY),
        (420, 1), // colours
        (452, pages),
        (456, 1), // not mirrored across …
        (460, 1), // … nor along the feed
    ] {
        header[at..at + 4].copy_from_slice(&number.to_be_bytes());
    }
    header
}

fn grey(row: &[u8], width_px: usize) -> Vec<u8> {
    let is_black = |x: usize| row[x / 8] & (0x80 >> (x % 8)) != 0;
    (0..width_px).map(|x| if is_black(x) { BLACK } else { WHITE }).collect()
}

/// Packbits: 0..=127 and one byte to be repeated once more than that, or 257 − n and n bytes.
fn packed(row: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut single: Vec<u8> = Vec::new();
    let flush = |single: &mut Vec<u8>, packed: &mut Vec<u8>| {
        for part in single.chunks(RUN_MAX) {
            match part {
                // One byte "as it is" would be 256.
                [only] => packed.extend([0, *only]),
                _ => {
                    packed.push(count(257 - part.len()));
                    packed.extend(part);
                }
            }
        }
        single.clear();
    };
    for run in row.chunk_by(|one, other| one == other) {
        if let [only] = run {
            single.push(*only);
            continue;
        }
        flush(&mut single, &mut packed);
        for part in run.chunks(RUN_MAX) {
            packed.extend([count(part.len() - 1), part[0]]);
        }
    }
    flush(&mut single, &mut packed);
    packed
}

fn count(count: usize) -> u8 {
    u8::try_from(count).expect("runs are cut before a byte is full")
}
