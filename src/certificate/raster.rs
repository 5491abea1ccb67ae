//! A PDF page as dots: for the printer in one bit, for the screen in colour.

use std::sync::Arc;

use hayro::{
    RenderCache, RenderSettings,
    hayro_interpret::{InterpreterSettings, util::TransformExt as _},
    hayro_syntax::Pdf,
    kurbo::Affine,
    render_into,
    vello_cpu::{
        Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit,
        color::palette::css::WHITE,
    },
};

use super::{Bitmap, Error, colour::luma};

/// What is darker than this is ink.
const SOLID_LUMA: u8 = 100;

/// What is this light is paper.
const PAPER_LUMA: u8 = 235;

/// What is darker than this is a dark tone, what is lighter a pale one.
const PALE_LUMA: u8 = 180;

/// Where no tone is, what is darker than this is ink.
const HALF_LUMA: u8 = 128;

/// How much a tone may change from dot to dot. Along the edge of a letter it changes more.
const AREA_LUMA_SPREAD: u8 = 12;

/// On thermal paper, what is darker than this is ink: a little more than half covered, since heat
/// spreads.
const THERMAL_LUMA: u8 = 140;

/// How much redder than green and blue a dot must be to belong to the seal: half as much as the
/// seal's own red on white paper.
const SEAL_REDNESS: u8 = 80;

/// A colour picture, four bytes a dot: red, green, blue, and 255.
#[derive(Clone, PartialEq, Eq)]
pub struct Rgba {
    /// Dots in a row.
    pub width_px: u32,
    /// Rows.
    pub height_px: u32,
    /// The dots from the top left, row by row.
    pub bytes: Arc<[u8]>,
}

impl Rgba {
    /// How bright a dot looks; `None` outside the picture.
    fn luma(&self, x: u32, y: u32) -> Option<u8> {
        let at = (y as usize * self.width_px as usize + x as usize) * 4;
        match self.bytes.get(at..at + 4) {
            Some(&[red, green, blue, _]) if x < self.width_px => Some(luma(red, green, blue)),
            _ => None,
        }
    }
}

/// A picture is somebody's document: only its size may reach a log.
impl std::fmt::Debug for Rgba {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rgba({}×{})", self.width_px, self.height_px)
    }
}

/// One page, from 0, as dots for a printer without colour. Text, lines and codes stay sharp, the
/// seal and other tones become fine lines.
pub fn raster(pdf: &[u8], dpi: u16, page: usize) -> Result<Bitmap, Error> {
    let picture = picture(pdf, dpi, page)?;
    Ok(to_bitmap(&picture))
}

/// One page, from 0, in colour on white paper.
pub fn picture(pdf: &[u8], dpi: u16, page: usize) -> Result<Rgba, Error> {
    scaled(pdf, f32::from(dpi) / 72.0, page)
}

/// The first page in dots without any grey, `scale` dots to the point: for thermal paper, where
/// dithered edges of small letters would only smear.
pub(super) fn hard(pdf: &[u8], scale: f32) -> Result<Bitmap, Error> {
    let picture = scaled(pdf, scale, 0)?;
    let mut bitmap = Bitmap::white(picture.width_px, picture.height_px);
    let dots = picture.bytes.chunks_exact(4);
    let places = (0..picture.height_px).flat_map(|y| (0..picture.width_px).map(move |x| (x, y)));
    for ((x, y), dot) in places.zip(dots) {
        if let &[red, green, blue, _] = dot
            && luma(red, green, blue) < THERMAL_LUMA
        {
            bitmap.blacken(x, y);
        }
    }
    Ok(bitmap)
}

fn scaled(pdf: &[u8], scale: f32, page: usize) -> Result<Rgba, Error> {
    let pdf = Pdf::new(pdf.to_vec()).map_err(|_damaged| Error::ReadPdf)?;
    let pages = pdf.pages();
    let page = pages.get(page).ok_or(Error::PageMissing { page, pages: pages.len() })?;
    let (width, height) = page.render_dimensions();
    let (width_px, height_px) = (nearest(width * scale), nearest(height * scale));
    let too_many = Error::TooManyDots { width_px: width_px.into(), height_px: height_px.into() };
    if [width_px, height_px].iter().any(|side| u32::from(*side) > Bitmap::SIDE_MAX_PX) {
        return Err(too_many);
    }

    let cache = RenderCache::new();
    let settings = RenderSettings { hinting: false, ..RenderSettings::default() };
    let mut context = RenderContext::new(width_px, height_px);
    let transform = Affine::scale(f64::from(scale)) * page.initial_transform(true).to_kurbo();
    let interpreter = InterpreterSettings::default();
    render_into(page, &cache, &interpreter, &settings, &mut context, transform);
    context.flush();
    let mut pixmap = Pixmap::new(width_px, height_px);
    context.render_with(
        &mut pixmap,
        &mut Resources::default(),
        RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..Default::default() },
    );
    // On opaque paper, premultiplied and straight colours are the same.
    Ok(Rgba {
        width_px: width_px.into(),
        height_px: height_px.into(),
        bytes: pixmap.data_as_u8_slice().into(),
    })
}

/// Where there is no colour, a tone is lines of dots along the way the paper is fed: a row that looks
/// like the row before it costs a printer nothing (PCL mode 3), dithered dots cost it every time.
fn to_bitmap(picture: &Rgba) -> Bitmap {
    let mut bitmap = Bitmap::white(picture.width_px, picture.height_px);
    // A lying page is turned a quarter for the printer: what was a row is then a column.
    let is_lying = picture.width_px > picture.height_px;
    let row_bytes = picture.width_px as usize * 4;
    for (y, row) in (0..picture.height_px).zip(picture.bytes.chunks_exact(row_bytes)) {
        for (x, dot) in (0..picture.width_px).zip(row.chunks_exact(4)) {
            let (black, of) = tone(picture, x, y, dot).lines();
            if (if is_lying { y } else { x }) % of < black {
                bitmap.blacken(x, y);
            }
        }
    }
    bitmap
}

/// What a dot becomes where there is no colour.
enum Tone {
    Ink,
    Dark,
    Seal,
    Pale,
    Paper,
}

impl Tone {
    /// How many lines of dots are black, of how many.
    fn lines(self) -> (u32, u32) {
        match self {
            Self::Ink => (1, 1),
            Self::Dark => (2, 3),
            // Text beneath or above the seal stays readable, and so do its own small characters.
            Self::Seal => (1, 2),
            Self::Pale => (1, 4),
            Self::Paper => (0, 1),
        }
    }
}

/// Only what is a tone over an area becomes lines. The blurred edge of a letter is ink or paper.
fn tone(picture: &Rgba, x: u32, y: u32, dot: &[u8]) -> Tone {
    let &[red, green, blue, _] = dot else { return Tone::Paper };
    let light = luma(red, green, blue);
    if red.saturating_sub(green.max(blue)) >= SEAL_REDNESS {
        Tone::Seal
    } else if light < SOLID_LUMA {
        Tone::Ink
    } else if light >= PAPER_LUMA {
        Tone::Paper
    } else if is_area(picture, x, y, light) {
        if light < PALE_LUMA { Tone::Dark } else { Tone::Pale }
    } else if light < HALF_LUMA {
        Tone::Ink
    } else {
        Tone::Paper
    }
}

/// Whether the dots on all four sides are about as bright.
fn is_area(picture: &Rgba, x: u32, y: u32, light: u8) -> bool {
    [(-1, 0), (1, 0), (0, -1), (0, 1)].into_iter().all(|(right, down)| {
        let beside = x.checked_add_signed(right).zip(y.checked_add_signed(down));
        beside
            .and_then(|(x, y)| picture.luma(x, y))
            .is_some_and(|beside| beside.abs_diff(light) <= AREA_LUMA_SPREAD)
    })
}

/// The whole number of dots nearest to a length: A4 at 300 dpi is 2480 × 3508.
fn nearest(length: f32) -> u16 {
    let (mut low, mut high) = (1_u16, u16::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if f32::from(middle) + 0.5 < length { low = middle + 1 } else { high = middle }
    }
    low
}
