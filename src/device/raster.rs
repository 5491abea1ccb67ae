//! A 1-bit picture on its way to a printer: rows of packed dots, the leftmost dot in the highest
//! bit, 1 is black.

/// A borrowed 1-bit picture. The last byte of a row may hold unused dots to the right; they count
/// as white.
#[derive(Clone, Copy)]
pub struct Raster<'a> {
    width_px: usize,
    height_px: usize,
    bits: &'a [u8],
}

impl<'a> Raster<'a> {
    /// `None` when the bytes are not exactly `height_px` rows of `width_px` dots, or there are no
    /// dots at all.
    pub fn new(width_px: usize, height_px: usize, bits: &'a [u8]) -> Option<Self> {
        let bytes = width_px.div_ceil(8).checked_mul(height_px)?;
        (bytes > 0 && bytes == bits.len()).then_some(Self { width_px, height_px, bits })
    }

    pub fn width_px(&self) -> usize {
        self.width_px
    }

    pub fn height_px(&self) -> usize {
        self.height_px
    }

    /// How many bytes one row takes.
    pub fn row_bytes(&self) -> usize {
        self.width_px.div_ceil(8)
    }

    /// The rows from the top, each with its unused dots made white, so that no encoder prints them.
    pub fn rows(self) -> impl Iterator<Item = Vec<u8>> + use<'a> {
        let unused = self.row_bytes() * 8 - self.width_px;
        self.bits.chunks_exact(self.row_bytes()).map(move |row| {
            let mut row = row.to_vec();
            if let Some(last) = row.last_mut() {
                *last = *last >> unused << unused;
            }
            row
        })
    }

    /// Whether a dot is black; outside the picture it is white.
    pub fn is_black(&self, x: usize, y: usize) -> bool {
        x < self.width_px
            && self
                .bits
                .get(y * self.row_bytes() + x / 8)
                .is_some_and(|byte| y < self.height_px && byte & (0x80 >> (x % 8)) != 0)
    }
}

/// A picture is somebody's document: only its size may reach a log.
impl std::fmt::Debug for Raster<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Raster({}×{})", self.width_px, self.height_px)
    }
}
