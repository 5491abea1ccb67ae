//! Permit, seal and page template → PDF and dots: same input, same bytes.
//!
//! Fonts and templates come in as bytes; nothing here reads a file, a clock or a random number. A
//! PDF cannot say that it lacks a character, it just leaves it out. So every text is checked against
//! the fonts before a number is taken ([`check_glyphs`]) and again while it is set.

mod archive;
mod bitmap;
mod canvas;
mod colour;
mod fonts;
mod icc;
mod lines;
mod ornament;
mod page;
mod qr;
mod raster;
pub mod report;
pub mod slip;
mod template;

pub use bitmap::Bitmap;
pub use fonts::{Face, FaceName, FontFiles, Fonts};
pub use page::{check_glyphs, check_template, render};
pub use raster::{Rgba, picture, raster};
pub use template::{Problem, Sheet, Template, TemplateError, Templates};

/// Why a certificate or a slip cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A font file is not there.
    #[error("cannot open font {}: {}", face.as_str(), path.display())]
    OpenFont {
        /// Which of the four.
        face: FaceName,
        /// Where it should be.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A font file is not what it should be.
    #[error("cannot read the {part} of font {}", face.as_str())]
    ReadFont {
        /// Which of the four.
        face: FaceName,
        /// Which part of it.
        part: &'static str,
        /// Why.
        source: allsorts::error::ParseError,
    },
    /// The fonts cannot show a character: the application is referred, never printed with a hole.
    #[error("cannot set {character:?} (U+{:04X}): the font has no glyph for it", u32::from(*character))]
    GlyphMissing {
        /// The character.
        character: char,
    },
    /// A text does not fit its place even in the smallest size: it is never cut.
    #[error("cannot set the texts beside {label:?}: they do not fit at the smallest size")]
    TooLong {
        /// The first label of the column.
        label: String,
    },
    /// The template is for another kind of permit.
    #[error("cannot print a permit of kind {permit} with a template for {template}")]
    WrongTemplate {
        /// The permit's kind.
        permit: &'static str,
        /// The template's.
        template: &'static str,
    },
    /// The small font of one document could not be made.
    #[error("cannot cut font {} down to the characters used", face.as_str())]
    SubsetFont {
        /// Which of the four.
        face: FaceName,
        /// Why.
        source: allsorts::subset::SubsetError,
    },
    /// The seal does not become a QR code.
    #[error("cannot encode the seal as a QR code")]
    EncodeQr {
        /// Why.
        source: qrcode::types::QrError,
    },
    /// The QR code is larger than its place.
    #[error("cannot place a QR code of {side_mm:.1} mm where the template leaves {place_mm:.1} mm")]
    QrTooLarge {
        /// Its side with the quiet zone.
        side_mm: f32,
        /// The side of the place.
        place_mm: f32,
    },
    /// The document could not be written in its archival form.
    #[error("cannot write the PDF")]
    WritePdf {
        /// Why.
        source: lopdf::Error,
    },
    /// Not a PDF we can show.
    #[error("cannot read the PDF")]
    ReadPdf,
    /// There are fewer pages.
    #[error("cannot show page {page}: the PDF has {pages}")]
    PageMissing {
        /// The page asked for, from 0.
        page: usize,
        /// How many there are.
        pages: usize,
    },
    /// More dots, or fewer, than any of our printers has.
    #[error("cannot show a page of {width_px} × {height_px} dots")]
    TooManyDots {
        /// Dots across.
        width_px: u32,
        /// Dots down.
        height_px: u32,
    },
    /// A picture could not be encoded.
    #[error("cannot encode a PNG")]
    EncodePng {
        /// Why.
        source: image::ImageError,
    },
    /// A slip longer than a roll should give.
    #[error("cannot print a slip of {length_mm} mm: {} mm at most", slip::LENGTH_MAX_MM)]
    SlipTooLong {
        /// Its length.
        length_mm: u32,
    },
}
