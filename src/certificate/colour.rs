//! Colours as page templates write them: `#rrggbb`.

/// An sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    pub(super) const BLACK: Self = Self::new(0, 0, 0);
    pub(super) const WHITE: Self = Self::new(255, 255, 255);

    pub(super) const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads `#rrggbb`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 3];
        hex::decode_to_slice(text.strip_prefix('#')?, &mut bytes).ok()?;
        let [red, green, blue] = bytes;
        Some(Self { red, green, blue })
    }

    /// The colour with parts from 0 to 1.
    pub(super) fn to_unit(self) -> [f32; 3] {
        [self.red, self.green, self.blue].map(|part| f32::from(part) / 255.0)
    }
}

/// How bright a dot looks, 0 to 255: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), in thousandths.
pub(super) fn luma(red: u8, green: u8, blue: u8) -> u8 {
    let thousandths = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    u8::try_from((thousandths + 500) / 1000).unwrap_or(u8::MAX)
}
