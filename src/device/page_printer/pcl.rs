//! One sheet as PCL 5e raster: every row in the shortest of the compression modes 0, 2 and 3.
//!
//! Source: HP, *PCL 5 Printer Language Technical Reference Manual*, chapter 15 (raster), chapter 2
//! (logical page).

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::device::raster::Raster;

/// The sheets a kiosk prints on. All sizes are dots at 300 dpi, the sheet upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Sheet {
    A4,
    A3,
}

/// Where the logical page of an upright sheet begins, and how much narrower it is on either side
/// (HP, PCL 5 TRM, figure 2-3: 71 dots of 300 dpi for the metric sizes). Nothing can be printed
/// left of it.
const LOGICAL_PAGE_LEFT_PX: usize = 71;

/// A picture may miss the sheet's size by this much: PDF renderers round A4 to 2479–2481 ×
/// 3507–3508 dots.
const SIZE_TOLERANCE_PX: usize = 4;

impl Sheet {
    fn width_px(self) -> usize {
        match self {
            Self::A4 => 2480,
            Self::A3 => 3507,
        }
    }

    fn height_px(self) -> usize {
        match self {
            Self::A4 => 3507,
            Self::A3 => 4960,
        }
    }

    fn logical_width_px(self) -> usize {
        self.width_px() - 2 * LOGICAL_PAGE_LEFT_PX
    }

    /// Its name in PJL (HP, PJL TRM, p. 6-11).
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::A4 => "A4",
            Self::A3 => "A3",
        }
    }

    /// Its name (PWG 5101.1).
    pub(super) fn media(self) -> &'static str {
        match self {
            Self::A4 => "iso_a4_210x297mm",
            Self::A3 => "iso_a3_297x420mm",
        }
    }

    /// Its sides in points.
    pub(super) fn size_pt(self) -> [u32; 2] {
        match self {
            Self::A4 => [595, 842],
            Self::A3 => [842, 1191],
        }
    }

    /// The parameter of `ESC & l # A`.
    fn code(self) -> u8 {
        match self {
            Self::A4 => 26,
            Self::A3 => 27,
        }
    }
}

/// Why a picture cannot become a sheet.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    #[error("a picture of {width_px} × {height_px} dots does not fit {sheet:?} at 300 dpi")]
    Size { width_px: usize, height_px: usize, sheet: Sheet },
}

/// Encode one sheet, upright or lying (then it is turned a quarter), from `ESC E` to `ESC E`.
pub fn encode(picture: Raster<'_>, sheet: Sheet) -> Result<Vec<u8>, Error> {
    let (width_px, height_px) = upright_size(picture, sheet)?;
    let lying = picture.width_px() > picture.height_px();
    let turned;
    let upright = if lying {
        turned = quarter_turn(picture);
        Raster::new(width_px, height_px, &turned).expect("a turned picture has its sides changed")
    } else {
        picture
    };

    let mut pcl = head(sheet);
    let mut rows = RowEncoder::new(sheet.logical_width_px().div_ceil(8));
    for row in upright.rows().take(sheet.height_px()) {
        rows.push(logical_row(&row, sheet), &mut pcl);
    }
    // End of raster graphics, eject, reset.
    pcl.extend(b"\x1b*rC\x0c\x1bE");
    Ok(pcl)
}

/// The sides of a picture once it is upright, if they fit the sheet.
pub(super) fn upright_size(picture: Raster<'_>, sheet: Sheet) -> Result<(usize, usize), Error> {
    let (width_px, height_px) = (picture.width_px(), picture.height_px());
    let (short_px, long_px) = (width_px.min(height_px), width_px.max(height_px));
    let fits = short_px.abs_diff(sheet.width_px()) <= SIZE_TOLERANCE_PX
        && long_px.abs_diff(sheet.height_px()) <= SIZE_TOLERANCE_PX;
    if fits { Ok((short_px, long_px)) } else { Err(Error::Size { width_px, height_px, sheet }) }
}

/// Clockwise: the top of the lying picture becomes the right edge of the sheet.
pub(super) fn quarter_turn(picture: Raster<'_>) -> Vec<u8> {
    let (width_px, height_px) = (picture.height_px(), picture.width_px());
    let row_bytes = width_px.div_ceil(8);
    let mut turned = vec![0; row_bytes * height_px];
    for (y, row) in picture.rows().enumerate() {
        let x = width_px - 1 - y;
        for (at, byte) in row.into_iter().enumerate().filter(|(_, byte)| *byte != 0) {
            for bit in (0..8).filter(|bit| byte & (0x80 >> bit) != 0) {
                turned[(at * 8 + bit) * row_bytes + x / 8] |= 0x80 >> (x % 8);
            }
        }
    }
    turned
}

/// The part of a row that lies on the logical page: what is left of it goes, and the rest moves
/// there.
fn logical_row(row: &[u8], sheet: Sheet) -> Vec<u8> {
    const SKIPPED_BYTES: usize = LOGICAL_PAGE_LEFT_PX / 8;
    const SHIFT: usize = LOGICAL_PAGE_LEFT_PX % 8;
    let width_px = sheet.logical_width_px();
    let byte = |at: usize| row.get(SKIPPED_BYTES + at).copied().unwrap_or(0);
    let mut logical: Vec<u8> = (0..width_px.div_ceil(8))
        .map(|at| byte(at) << SHIFT | byte(at + 1) >> (8 - SHIFT))
        .collect();
    if let Some(last) = logical.last_mut() {
        let unused = width_px.next_multiple_of(8) - width_px;
        *last = *last >> unused << unused;
    }
    logical
}

/// One-sided, upright, no margins, 300 dpi, raster as wide as the logical page, from its upper left
/// corner.
fn head(sheet: Sheet) -> Vec<u8> {
    let mut head = String::from("\x1bE");
    let sheet_code = sheet.code();
    let (width, height) = (sheet.logical_width_px(), sheet.height_px());
    write!(
        head,
        "\x1b&l1x{sheet_code}a0o0e0L\x1b*t300R\x1b&u300D\x1b*p0x0Y\
         \x1b*r0F\x1b*r{width}s{height}T\x1b*r1A"
    )
    .expect("a String takes everything");
    head.into_bytes()
}

/// Knows the row above, to which mode 3 writes the difference.
struct RowEncoder {
    seed: Vec<u8>,
    blank_rows: usize,
    /// The mode of the row before, which holds until another is named.
    mode: Option<u8>,
}

impl RowEncoder {
    fn new(row_bytes: usize) -> Self {
        Self { seed: vec![0; row_bytes], blank_rows: 0, mode: None }
    }

    fn push(&mut self, row: Vec<u8>, pcl: &mut Vec<u8>) {
        if row.iter().all(|byte| *byte == 0) {
            self.blank_rows += 1;
            return;
        }
        if self.blank_rows > 0 {
            // Moving down also whitens the seed row.
            pcl.extend(format!("\x1b*b{}Y", self.blank_rows).into_bytes());
            self.seed.fill(0);
            self.blank_rows = 0;
        }
        let named = |mode| if self.mode == Some(mode) { String::new() } else { format!("{mode}m") };
        let (mode, row_command, bytes) =
            [(3, delta_row(&self.seed, &row)), (2, packbits(&row)), (0, unencoded(&row))]
                .into_iter()
                .map(|(mode, bytes)| {
                    (mode, format!("\x1b*b{}{}W", named(mode), bytes.len()), bytes)
                })
                .min_by_key(|(_, command, bytes)| command.len() + bytes.len())
                .expect("there are three modes");
        self.mode = Some(mode);
        pcl.extend(row_command.into_bytes());
        pcl.extend(bytes);
        self.seed = row;
    }
}

/// The white end of a row is not sent in modes 0 and 2: the printer fills it.
fn unencoded(row: &[u8]) -> Vec<u8> {
    let inked = row.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    row.iter().take(inked).copied().collect()
}

/// Mode 2, TIFF packbits: 0..=127 and that many + 1 bytes, or 257 − n and one byte to be repeated n
/// times.
fn packbits(row: &[u8]) -> Vec<u8> {
    const RUN_MAX: usize = 128;
    let row = unencoded(row);
    let length_byte = |n: usize| u8::try_from(n).expect("runs are cut at 128");
    let mut packed = Vec::new();
    let mut literal: Vec<u8> = Vec::new();
    let flush = |literal: &mut Vec<u8>, packed: &mut Vec<u8>| {
        for part in literal.chunks(RUN_MAX) {
            packed.push(length_byte(part.len() - 1));
            packed.extend(part);
        }
        literal.clear();
    };
    for run in row.chunk_by(|a, b| a == b) {
        for part in run.chunks(RUN_MAX) {
            // Two equal bytes between others cost less as they are.
            if part.len() >= 3 || (part.len() == 2 && literal.is_empty()) {
                flush(&mut literal, &mut packed);
                packed.push(length_byte(257 - part.len()));
                packed.extend(part.first());
            } else {
                literal.extend(part);
            }
        }
    }
    flush(&mut literal, &mut packed);
    packed
}

/// Mode 3, delta row: a command byte of (count − 1) in 3 bits and offset in 5 bits, more offset
/// bytes when those are all ones, then 1–8 bytes which replace those of the row above.
fn delta_row(seed: &[u8], row: &[u8]) -> Vec<u8> {
    let mut delta = Vec::new();
    let mut written_to = 0;
    let mut at = 0;
    while at < row.len() {
        if seed[at] == row[at] {
            at += 1;
            continue;
        }
        let count = (at..row.len()).take(8).take_while(|i| seed[*i] != row[*i]).count();
        let small = |n: usize| u8::try_from(n).expect("offsets are written in parts below 256");
        let mut offset = at - written_to;
        delta.push(small((count - 1) << 5 | offset.min(31)));
        if offset >= 31 {
            offset -= 31;
            while offset >= 255 {
                delta.push(255);
                offset -= 255;
            }
            delta.push(small(offset));
        }
        delta.extend(&row[at..at + count]);
        at += count;
        written_to = at;
    }
    delta
}
