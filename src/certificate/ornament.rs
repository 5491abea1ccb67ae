//! What makes a sheet a certificate: the border, the emblem, the round red seal.

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

/// Draws a band of facing square spirals (回纹, the meander of old bronzes) with a square in each
/// corner, between two frames. Its lines run along the edges of the sheet: sharp on any printer, and
/// cheap on a slow line, where interlaced waves cost twice what all the words do.
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
    for corner in [
        [margin, margin],
        [width - inner, margin],
        [width - inner, height - inner],
        [margin, height - inner],
    ] {
        square(canvas, border, corner);
    }
}

/// How many lines of the meander lie across the band, the frames not counted.
const LINES_ACROSS: f32 = 5.0;

/// The empty space between frame and meander.
fn inset_mm(border: &Border) -> f32 {
    border.band_mm * 0.14
}

/// How far the lines of the meander are apart.
fn unit_mm(border: &Border) -> f32 {
    (border.band_mm - 2.0 * inset_mm(border)) / LINES_ACROSS
}

/// One side of the band. Each motif is a line from the middle of one spiral to the middle of the
/// next, which mirrors it.
fn side(
    canvas: &mut Canvas<'_>,
    border: &Border,
    start: [f32; 2],
    along: [f32; 2],
    across: [f32; 2],
    length: f32,
) {
    const SPIRAL: [[f32; 2]; 9] = [
        [0.5, 5.0],
        [0.5, 0.0],
        [5.5, 0.0],
        [5.5, 4.0],
        [1.5, 4.0],
        [1.5, 1.0],
        [4.5, 1.0],
        [4.5, 3.0],
        [2.5, 3.0],
    ];
    const MOTIF: f32 = 12.0;
    let run = length - 2.0 * border.band_mm;
    let motifs = whole((run / (unit_mm(border) * MOTIF)).round().max(1.0));
    let step = run / (f32::from(motifs) * MOTIF);
    let place = |way: f32, depth: f32| {
        let way = border.band_mm + way * step;
        let depth = inset_mm(border) + depth * unit_mm(border);
        let at = |axis: usize| start[axis] + along[axis] * way + across[axis] * depth;
        ([at(0), at(1)], false)
    };
    let lines: Vec<Curve> = (0..motifs)
        .map(|motif| {
            let middle = (f32::from(motif) + 0.5) * MOTIF;
            let before = SPIRAL.iter().rev().map(|[x, y]| place(middle - x, *y));
            let after = SPIRAL.iter().map(|[x, y]| place(middle + x, *y));
            Curve { points: before.chain(after).collect(), closed: false }
        })
        .collect();
    canvas.stroke(border.fret, border.fret_pt, &lines);
}

/// The corner of the band: squares in a square.
fn square(canvas: &mut Canvas<'_>, border: &Border, [left, top]: [f32; 2]) {
    let nested = |lines: f32| {
        let inset = inset_mm(border) + lines * unit_mm(border);
        let side = border.band_mm - 2.0 * inset;
        Curve::rectangle(left + inset, top + inset, side, side)
    };
    canvas.stroke(border.fret, border.fret_pt, &[nested(0.0), nested(1.0)]);
    canvas.fill(border.fret, &[nested(2.0)]);
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
