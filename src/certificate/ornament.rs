//! What makes a sheet a certificate: the interlaced border, the emblem, the round red seal.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use super::{
    Error,
    canvas::{Canvas, Curve, PT_PER_MM, Setting},
    colour::Colour,
    fonts::FaceName,
    template::{Border, SealPlace},
};

/// The product's emblem, as paths with absolute coordinates.
const EMBLEM: &str = include_str!("../../assets/emblem.svg");

/// The side of the emblem's view box.
const EMBLEM_SIDE: f32 = 240.0;

/// Draws the band of interlaced waves with a rosette in each corner, between two frames.
pub(super) fn border(canvas: &mut Canvas<'_>, page_mm: [f32; 2], border: &Border) {
    let [width, height] = page_mm;
    let (margin, band) = (border.margin_mm, border.band_mm);
    let inner = margin + band;
    let inside = Curve::rectangle(inner, inner, width - 2.0 * inner, height - 2.0 * inner);
    canvas.fill(border.ground, &[inside]);
    for (start, along, across, length) in [
        ([margin, margin], [1.0, 0.0], [0.0, 1.0], width - 2.0 * margin),
        ([width - margin, margin], [0.0, 1.0], [-1.0, 0.0], height - 2.0 * margin),
        ([width - margin, height - margin], [-1.0, 0.0], [0.0, -1.0], width - 2.0 * margin),
        ([margin, height - margin], [0.0, -1.0], [1.0, 0.0], height - 2.0 * margin),
    ] {
        side(canvas, border, start, along, across, length);
    }
    for (inset, width_pt) in [(margin - 1.6, 1.6), (margin, 0.5), (inner, 0.5), (inner + 1.2, 1.0)]
    {
        let frame = Curve::rectangle(inset, inset, width - 2.0 * inset, height - 2.0 * inset);
        canvas.stroke(border.line, width_pt, &[frame]);
    }
    let middle = margin + band / 2.0;
    for corner in [
        [middle, middle],
        [width - middle, middle],
        [width - middle, height - middle],
        [middle, height - middle],
    ] {
        rosette(canvas, border, corner, band * 0.78);
    }
}

/// One side of the band: six waves, each a little behind the one before, and six that mirror them.
fn side(
    canvas: &mut Canvas<'_>,
    border: &Border,
    start: [f32; 2],
    along: [f32; 2],
    across: [f32; 2],
    length: f32,
) {
    const STRANDS: u8 = 6;
    let corner = border.band_mm;
    let run = length - 2.0 * corner;
    let waves = (run / (border.band_mm * 1.15)).round().max(1.0);
    let steps = whole(waves * 8.0);
    let mut strands = Vec::new();
    for strand in 0..STRANDS {
        let late = f32::from(strand) / f32::from(STRANDS) * PI / 2.0;
        let swing = border.band_mm * (0.44 - 0.05 * f32::from(strand));
        for mirror in [1.0, -1.0] {
            strands.push(Curve::smooth(steps, false, |t| {
                let wave = (TAU * waves * t + late).sin() + 0.16 * (TAU * waves * 3.0 * t).sin();
                let depth = border.band_mm / 2.0 + mirror * swing * wave;
                let way = corner + run * t;
                [
                    start[0] + along[0] * way + across[0] * depth,
                    start[1] + along[1] * way + across[1] * depth,
                ]
            }));
        }
    }
    canvas.stroke(border.thread, border.thread_pt, &strands);
}

/// A rosette of turned lobes on its own ground, so that the waves pass beneath it.
fn rosette(canvas: &mut Canvas<'_>, border: &Border, centre: [f32; 2], radius: f32) {
    canvas.fill(Colour::WHITE, &[Curve::circle(centre, radius)]);
    let mut turns = Vec::new();
    for ring in 0..3_u8 {
        let middle = radius * (0.74 - 0.2 * f32::from(ring));
        let swing = radius * (0.24 - 0.05 * f32::from(ring));
        for turn in 0..4_u8 {
            let late = f32::from(turn) * TAU / 4.0;
            turns.push(Curve::smooth(96, true, |t| {
                let reach = middle + swing * (12.0 * TAU * t + late).cos();
                let angle = TAU * t;
                [centre[0] + reach * angle.cos(), centre[1] + reach * angle.sin()]
            }));
        }
    }
    canvas.stroke(border.thread, border.thread_pt, &turns);
    canvas.stroke(border.line, 0.9, &[Curve::circle(centre, radius)]);
    canvas.fill(border.line, &[Curve::circle(centre, radius * 0.09)]);
}

/// Draws a pale rosette behind the text.
pub(super) fn ground_rosette(
    canvas: &mut Canvas<'_>,
    colour: Colour,
    centre: [f32; 2],
    radius: f32,
) {
    let mut turns = Vec::new();
    for turn in 0..10_u8 {
        let late = f32::from(turn) * TAU / 10.0;
        turns.push(Curve::smooth(144, true, |t| {
            let angle = TAU * t;
            let lobes = (6.0 * angle + late).sin() * (0.5 + 0.5 * (3.0 * angle).cos().abs());
            let reach = radius * (0.66 + 0.34 * lobes);
            [centre[0] + reach * angle.cos(), centre[1] + reach * angle.sin()]
        }));
    }
    canvas.stroke(colour, 0.5, &turns);
}

/// Draws the round seal: a ring, the organ's name along it, a star, and a line below the star. It is
/// drawn before the text it lies over, so that the text stays readable.
pub(super) fn seal(canvas: &mut Canvas<'_>, place: &SealPlace, organ: &str) -> Result<(), Error> {
    let [x, y] = place.centre_mm;
    let radius = place.diameter_mm / 2.0;
    // Ring 1.2 mm wide on a seal of 42 mm.
    let ring = place.diameter_mm * 1.2 / 42.0;
    canvas
        .fill(place.colour, &[Curve::circle([x, y], radius), Curve::circle([x, y], radius - ring)]);
    canvas.fill(place.colour, &[star([x, y], radius * 0.30)]);

    // The name runs over the top, as far round as it needs: 24° a character, 236° at most, so that
    // it leaves the line below the star alone.
    let count = f32::from(u16::try_from(organ.chars().count()).unwrap_or(u16::MAX)).max(1.0);
    let span = (count * 24.0_f32.to_radians()).min(236.0_f32.to_radians());
    let size_mm = radius * 0.27;
    let base = radius - ring - radius * 0.075 - size_mm * 0.88;
    let step = if count > 1.0 { span / (count - 1.0) } else { 0.0 };
    let chord = step * (base + size_mm * 0.4);
    let squeeze = if count > 1.0 { (chord * 0.98 / size_mm).min(0.92) } else { 0.92 };
    let setting = Setting {
        face: FaceName::SerifBold,
        size_pt: size_mm * PT_PER_MM,
        colour: place.colour,
        tracking_em: 0.0,
    };
    let mut angle = -FRAC_PI_2 - span / 2.0;
    if count <= 1.0 {
        angle = -FRAC_PI_2;
    }
    for character in organ.chars() {
        let out = [angle.cos(), angle.sin()];
        let along = [-out[1], out[0]];
        let half = canvas.width_mm(setting, &character.to_string())? * squeeze / 2.0;
        let origin = [x + out[0] * base - along[0] * half, y + out[1] * base - along[1] * half];
        canvas.text_turned(setting, origin, along, squeeze, &character.to_string())?;
        angle += step;
    }

    let below = Setting { size_pt: radius * 0.15 * PT_PER_MM, tracking_em: 0.06, ..setting };
    canvas.text_centred(below, x, y + radius * 0.67, &place.below)
}

fn star(centre: [f32; 2], radius: f32) -> Curve {
    // The inner corners of a regular star lie at (3 − √5) / 2 of its radius.
    const INNER: f32 = 0.381_966;
    Curve::polygon((0..10_u8).map(|corner| {
        let reach = if corner % 2 == 0 { radius } else { radius * INNER };
        let angle = f32::from(corner) * PI / 5.0 - FRAC_PI_2;
        [centre[0] + reach * angle.cos(), centre[1] + reach * angle.sin()]
    }))
}

/// Draws the emblem with its middle at `centre`.
pub(super) fn emblem(canvas: &mut Canvas<'_>, centre: [f32; 2], height_mm: f32) {
    let scale = height_mm / EMBLEM_SIDE;
    for (colour, mut curves) in emblem_paths() {
        for (point, _) in curves.iter_mut().flat_map(|curve| curve.points.iter_mut()) {
            *point = [
                centre[0] + (point[0] - EMBLEM_SIDE / 2.0) * scale,
                centre[1] + (point[1] - EMBLEM_SIDE / 2.0) * scale,
            ];
        }
        canvas.fill(colour, &curves);
    }
}

/// The emblem's filled paths. The file is ours and keeps to what this reads: one `path` element a
/// line, `fill` before `d`, absolute `M L C Z`, a space between any two words.
fn emblem_paths() -> Vec<(Colour, Vec<Curve>)> {
    EMBLEM
        .lines()
        .filter_map(|line| line.trim().strip_prefix("<path fill=\""))
        .map(|line| {
            let (fill, rest) = line.split_once("\" d=\"").expect("a path has a fill and then a d");
            let (path, _) = rest.split_once('"').expect("a path's d is closed");
            (Colour::parse(fill).expect("a fill is #rrggbb"), path_curves(path))
        })
        .collect()
}

fn path_curves(path: &str) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    let mut words = path.split_ascii_whitespace();
    while let Some(command) = words.next() {
        let points = match command {
            "M" => {
                curves.push(Curve { points: Vec::new(), closed: true });
                1
            }
            "L" => 1,
            "C" => 3,
            "Z" => 0,
            other => panic!("assets/emblem.svg: {other:?} is not one of M L C Z"),
        };
        for index in 1..=points {
            let mut number = || -> f32 {
                words.next().and_then(|word| word.parse().ok()).expect("two numbers for each point")
            };
            let point = [number(), number()];
            let curve = curves.last_mut().expect("a path begins with M");
            curve.points.push((point, index < points));
        }
    }
    curves
}

/// The whole number nearest to a small positive one.
fn whole(value: f32) -> u16 {
    (1..=4000_u16).find(|candidate| f32::from(*candidate) + 0.5 > value).unwrap_or(4000)
}
