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

/// What is lighter than this is paper.
const PAPER_LUMA: u8 = 235;

/// How light the red of the seal becomes where there is no colour: two dots in five are black, and
/// black text on it stays readable.
const SEAL_LUMA: u8 = 150;

/// On thermal paper, what is darker than this is ink: a little more than half covered, since heat
/// spreads.
const THERMAL_LUMA: u8 = 140;

/// How much redder than green and blue a dot must be to belong to the seal.
const SEAL_REDNESS: u8 = 60;

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

/// A picture is somebody's document: only its size may reach a log.
impl std::fmt::Debug for Rgba {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rgba({}×{})", self.width_px, self.height_px)
    }
}

/// One page, from 0, as dots for a printer without colour. Text and codes stay sharp, the seal
/// becomes grey, and everything between is dithered.
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

/// Error diffusion after Floyd and Steinberg (1976) between the two thresholds, row by row.
fn to_bitmap(picture: &Rgba) -> Bitmap {
    let mut bitmap = Bitmap::white(picture.width_px, picture.height_px);
    let width = picture.width_px as usize;
    let mut carried = vec![0_i32; width + 2];
    for (y, row) in (0..picture.height_px).zip(picture.bytes.chunks_exact(width * 4)) {
        let mut below = vec![0_i32; width + 2];
        let mut right = 0;
        for (x, dot) in (0..picture.width_px).zip(row.chunks_exact(4)) {
            let at = x as usize + 1;
            let light = paper_luma(dot);
            if light < SOLID_LUMA {
                bitmap.blacken(x, y);
                right = 0;
                continue;
            }
            if light > PAPER_LUMA {
                right = 0;
                continue;
            }
            let wanted = i32::from(light) + right + carried.get(at).copied().unwrap_or(0) / 16;
            let error = if wanted < 128 {
                bitmap.blacken(x, y);
                wanted
            } else {
                wanted - 255
            };
            right = error * 7 / 16;
            for (place, share) in [(at - 1, 3), (at, 5), (at + 1, 1)] {
                if let Some(sum) = below.get_mut(place) {
                    *sum += error * share;
                }
            }
        }
        carried = below;
    }
    bitmap
}

/// The brightness of a dot; the seal's red is lightened, and its blurred edges in proportion.
fn paper_luma(dot: &[u8]) -> u8 {
    let &[red, green, blue, _] = dot else { return u8::MAX };
    let redness = red.saturating_sub(green.max(blue));
    let plain = luma(red, green, blue);
    if redness >= SEAL_REDNESS { plain.max(SEAL_LUMA) } else { plain }
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
