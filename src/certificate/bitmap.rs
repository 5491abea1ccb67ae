//! A page as the printer takes it: one bit per dot, rows from the top.

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

use super::Error;

/// A picture of black and white dots.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    /// Dots in a row.
    pub width_px: u32,
    /// Rows.
    pub height_px: u32,
    /// Row-major, most significant bit first, 1 is black; rows are padded with white to whole bytes.
    bits: Vec<u8>,
}

impl Bitmap {
    /// Dots at most along one side: A3 at 1200 dpi is 19 843.
    pub const SIDE_MAX_PX: u32 = 20_000;

    /// A white picture.
    pub fn white(width_px: u32, height_px: u32) -> Self {
        assert!(
            (1..=Self::SIDE_MAX_PX).contains(&width_px)
                && (1..=Self::SIDE_MAX_PX).contains(&height_px),
            "a bitmap has 1 to {} dots a side, not {width_px} × {height_px}",
            Self::SIDE_MAX_PX
        );
        let bytes = width_px.div_ceil(8) as usize * height_px as usize;
        Self { width_px, height_px, bits: vec![0; bytes] }
    }

    /// Bytes in a row, padding included.
    pub fn row_bytes(&self) -> usize {
        self.width_px.div_ceil(8) as usize
    }

    /// The rows from the top.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.bits.chunks_exact(self.row_bytes())
    }

    /// All rows without a gap.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bits
    }

    /// Whether a dot is black. Outside the picture it is white.
    pub fn is_black(&self, x: u32, y: u32) -> bool {
        self.place(x, y)
            .and_then(|(byte, mask)| self.bits.get(byte).map(|bits| bits & mask != 0))
            .unwrap_or(false)
    }

    /// Makes a dot black. Outside the picture nothing happens.
    pub fn blacken(&mut self, x: u32, y: u32) {
        if let Some((byte, mask)) = self.place(x, y)
            && let Some(bits) = self.bits.get_mut(byte)
        {
            *bits |= mask;
        }
    }

    /// How many dots are black.
    pub fn black_dots(&self) -> u64 {
        self.bits.iter().map(|byte| u64::from(byte.count_ones())).sum()
    }

    /// The picture turned a quarter to the right: a landscape page for a printer fed portrait.
    pub fn turned_right(&self) -> Self {
        let mut turned = Self::white(self.height_px, self.width_px);
        for (y, row) in (0_u32..).zip(self.rows()) {
            for (first, byte) in (0_u32..).step_by(8).zip(row) {
                let mut left = *byte;
                while left != 0 {
                    let bit = left.leading_zeros();
                    turned.blacken(self.height_px - 1 - y, first + bit);
                    left &= !(0x80 >> bit);
                }
            }
        }
        turned
    }

    /// A part of the picture of the given size, from `(left, top)`; what lies outside is white.
    pub fn cropped(&self, left: u32, top: u32, width_px: u32, height_px: u32) -> Self {
        let mut part = Self::white(width_px, height_px);
        for y in 0..height_px {
            for x in 0..width_px {
                if self.is_black(left.saturating_add(x), top.saturating_add(y)) {
                    part.blacken(x, y);
                }
            }
        }
        part
    }

    /// The picture as PNG, 8 bits of grey a dot, for screens and tests.
    pub fn to_png(&self) -> Result<Vec<u8>, Error> {
        let grey: Vec<u8> = (0..self.height_px)
            .flat_map(|y| (0..self.width_px).map(move |x| (x, y)))
            .map(|(x, y)| if self.is_black(x, y) { 0 } else { 255 })
            .collect();
        let mut png = Vec::new();
        PngEncoder::new(&mut png)
            .write_image(&grey, self.width_px, self.height_px, ExtendedColorType::L8)
            .map_err(|source| Error::EncodePng { source })?;
        Ok(png)
    }

    fn place(&self, x: u32, y: u32) -> Option<(usize, u8)> {
        (x < self.width_px && y < self.height_px)
            .then(|| (y as usize * self.row_bytes() + (x / 8) as usize, 0x80 >> (x % 8)))
    }
}

/// A picture is somebody's document: only its size may reach a log.
impl std::fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bitmap({}×{})", self.width_px, self.height_px)
    }
}
