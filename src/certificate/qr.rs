//! QR codes as rectangles on the grid of a 300 dpi printer.

use qrcode::{EcLevel, QrCode};

use super::Error;

/// Light modules around the code (ISO/IEC 18004, 6.3.8).
pub(super) const QUIET_MODULES: u16 = 4;

/// A code as runs of dark modules: `[column, row, length]` without the quiet zone.
#[derive(Debug)]
pub(super) struct Qr {
    /// Modules along one side.
    pub(super) side: u16,
    /// Dark modules, joined along each row.
    pub(super) runs: Vec<[u16; 3]>,
}

impl Qr {
    /// Encodes a text at level M: 15 % of the codewords may be unreadable.
    pub(super) fn encode(text: &str) -> Result<Self, Error> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M)
            .map_err(|source| Error::EncodeQr { source })?;
        let side = u16::try_from(code.width()).expect("version 40 has 177 modules");
        let dark: Vec<bool> = code.to_colors().iter().map(|c| *c == qrcode::Color::Dark).collect();
        let mut runs = Vec::new();
        for (row, modules) in (0..side).zip(dark.chunks_exact(code.width())) {
            let mut start = None;
            for (column, dark) in (0..=side).zip(modules.iter().chain([&false])) {
                match (start, *dark) {
                    (None, true) => start = Some(column),
                    (Some(first), false) => {
                        runs.push([first, row, column - first]);
                        start = None;
                    }
                    (None, false) | (Some(_), true) => {}
                }
            }
        }
        Ok(Self { side, runs })
    }

    /// The dark rectangles in dots, the quiet zone included in the place: `[left, top, width, height]`.
    pub(super) fn rectangles(&self, left: u16, top: u16, module: u16) -> Vec<[u16; 4]> {
        self.runs
            .iter()
            .map(|[column, row, length]| {
                let across = left + (column + QUIET_MODULES) * module;
                let down = top + (row + QUIET_MODULES) * module;
                [across, down, length * module, module]
            })
            .collect()
    }

    /// The side of the whole place in modules, quiet zone included.
    pub(super) fn place_modules(&self) -> u16 {
        self.side + 2 * QUIET_MODULES
    }
}
