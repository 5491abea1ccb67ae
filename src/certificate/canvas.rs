//! Pages being drawn: millimetres from the top left corner in, PDF operators out.

use std::collections::{BTreeMap, BTreeSet};

use printpdf::{
    Color, FontId, Line, LinePoint, Mm, Op, PaintMode, ParsedFont, PdfDocument, PdfFont,
    PdfFontHandle, PdfPage, Point, Polygon, PolygonRing, Pt, Rgb, TextItem, TextMatrix,
    WindingOrder,
};

use super::{
    Error,
    colour::Colour,
    fonts::{FaceName, Fonts},
};

/// PostScript points in a millimetre: 72 to the inch of 25.4 mm.
pub(super) const PT_PER_MM: f32 = 72.0 / 25.4;

/// A curve through points in millimetres from the top left corner; a control point of a Bézier curve
/// is marked `true`.
#[derive(Debug, Clone, Default)]
pub(super) struct Curve {
    pub(super) points: Vec<([f32; 2], bool)>,
    pub(super) closed: bool,
}

impl Curve {
    /// A closed polygon.
    pub(super) fn polygon(corners: impl IntoIterator<Item = [f32; 2]>) -> Self {
        let points = corners.into_iter().map(|corner| (corner, false)).collect();
        Self { points, closed: true }
    }

    /// A rectangle.
    pub(super) fn rectangle(left: f32, top: f32, width: f32, height: f32) -> Self {
        let (right, bottom) = (left + width, top + height);
        Self::polygon([[left, top], [right, top], [right, bottom], [left, bottom]])
    }

    /// A circle of four Bézier arcs; 0.5523 keeps it round within 0.03 % of the radius.
    pub(super) fn circle(centre: [f32; 2], radius: f32) -> Self {
        const HANDLE: f32 = 0.552_285;
        let [x, y] = centre;
        let at = |across: f32, down: f32| [x + across * radius, y + down * radius];
        let mut points = vec![(at(1.0, 0.0), false)];
        for (first, second, end) in [
            (at(1.0, HANDLE), at(HANDLE, 1.0), at(0.0, 1.0)),
            (at(-HANDLE, 1.0), at(-1.0, HANDLE), at(-1.0, 0.0)),
            (at(-1.0, -HANDLE), at(-HANDLE, -1.0), at(0.0, -1.0)),
            (at(HANDLE, -1.0), at(1.0, -HANDLE), at(1.0, 0.0)),
        ] {
            points.extend([(first, true), (second, true), (end, false)]);
        }
        Self { points, closed: true }
    }

    /// A smooth curve through `f(0) … f(1)` in `steps` Bézier pieces with the function's own slopes.
    pub(super) fn smooth(steps: u16, closed: bool, f: impl Fn(f32) -> [f32; 2]) -> Self {
        let step = 1.0 / f32::from(steps);
        let small = step / 64.0;
        let handle = |t: f32, sign: f32| {
            let ([ax, ay], [bx, by], [x, y]) = (f(t - small), f(t + small), f(t));
            let reach = sign * step / 3.0 / (2.0 * small);
            [x + (bx - ax) * reach, y + (by - ay) * reach]
        };
        let mut points = vec![(f(0.0), false)];
        for index in 0..steps {
            let (from, to) = (f32::from(index) * step, f32::from(index + 1) * step);
            points.extend([(handle(from, 1.0), true), (handle(to, -1.0), true), (f(to), false)]);
        }
        Self { points, closed }
    }
}

/// Where a line of text begins and how it is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) face: FaceName,
    pub(super) size_pt: f32,
    pub(super) colour: Colour,
    /// Space added after every character, in ems.
    pub(super) tracking_em: f32,
}

/// A page being drawn, and those behind it.
pub(super) struct Canvas<'fonts> {
    fonts: &'fonts Fonts,
    width_mm: f32,
    height_mm: f32,
    ops: Vec<Op>,
    drawn: Vec<Vec<Op>>,
    used: BTreeMap<FaceName, BTreeSet<char>>,
}

impl<'fonts> Canvas<'fonts> {
    pub(super) fn new(fonts: &'fonts Fonts, width_mm: f32, height_mm: f32) -> Self {
        Self {
            fonts,
            width_mm,
            height_mm,
            ops: Vec::new(),
            drawn: Vec::new(),
            used: BTreeMap::new(),
        }
    }

    /// Begins the next page.
    pub(super) fn next_page(&mut self) {
        self.drawn.push(std::mem::take(&mut self.ops));
    }

    /// Fills the area between the curves; where they overlap an even number of times, it stays open.
    pub(super) fn fill(&mut self, colour: Colour, curves: &[Curve]) {
        let rings = curves
            .iter()
            .map(|curve| PolygonRing { points: self.line_points(&curve.points) })
            .collect();
        self.ops.push(Op::SetFillColor { col: color(colour) });
        self.ops.push(Op::DrawPolygon {
            polygon: Polygon { rings, mode: PaintMode::Fill, winding_order: WindingOrder::EvenOdd },
        });
    }

    /// Draws along the curves.
    pub(super) fn stroke(&mut self, colour: Colour, width_pt: f32, curves: &[Curve]) {
        self.ops.push(Op::SetOutlineColor { col: color(colour) });
        self.ops.push(Op::SetOutlineThickness { pt: Pt(width_pt) });
        for curve in curves {
            let line = Line { points: self.line_points(&curve.points), is_closed: curve.closed };
            self.ops.push(Op::DrawLine { line });
        }
    }

    /// Fills rectangles given in dots of 1/300 inch from the top left corner: what lies on this grid
    /// is sharp at 300 and 600 dpi.
    pub(super) fn fill_dots(&mut self, colour: Colour, rectangles: &[[u16; 4]]) {
        const MM_PER_DOT: f32 = 25.4 / 300.0;
        let curves: Vec<Curve> = rectangles
            .iter()
            .map(|rectangle| {
                let [left, top, width, height] = rectangle.map(|dots| f32::from(dots) * MM_PER_DOT);
                Curve::rectangle(left, top, width, height)
            })
            .collect();
        self.fill(colour, &curves);
    }

    /// The width of a text in millimetres, without the space after its last character.
    pub(super) fn width_mm(&self, setting: Setting, text: &str) -> Result<f32, Error> {
        let mut em = 0.0;
        for character in text.chars() {
            em += self.fonts.face(setting.face).advance_em(character)? + setting.tracking_em;
        }
        let em = if em > 0.0 { em - setting.tracking_em } else { em };
        Ok(em * setting.size_pt / PT_PER_MM)
    }

    /// Sets one line from `left_mm`, its baseline `baseline_mm` below the top.
    pub(super) fn text(
        &mut self,
        setting: Setting,
        left_mm: f32,
        baseline_mm: f32,
        text: &str,
    ) -> Result<(), Error> {
        self.text_turned(setting, [left_mm, baseline_mm], [1.0, 0.0], 1.0, text)
    }

    /// Sets one line in the middle of `centre_mm`.
    pub(super) fn text_centred(
        &mut self,
        setting: Setting,
        centre_mm: f32,
        baseline_mm: f32,
        text: &str,
    ) -> Result<(), Error> {
        let width_mm = self.width_mm(setting, text)?;
        self.text(setting, centre_mm - width_mm / 2.0, baseline_mm, text)
    }

    /// Sets one line in a direction, which is a unit vector with the page's y axis downwards, and
    /// squeezed along it.
    pub(super) fn text_turned(
        &mut self,
        setting: Setting,
        origin_mm: [f32; 2],
        direction: [f32; 2],
        squeeze: f32,
        text: &str,
    ) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        self.fonts.face(setting.face).check(text)?;
        self.used.entry(setting.face).or_default().extend(text.chars());
        let mut items: Vec<TextItem> = Vec::new();
        if setting.tracking_em == 0.0 {
            items.push(TextItem::Text(text.to_owned()));
        } else {
            for character in text.chars() {
                items.push(TextItem::Text(character.to_string()));
                items.push(TextItem::Offset(rounded(-1000.0 * setting.tracking_em)));
            }
            items.pop();
        }
        let [across, down] = direction;
        let [x, y] = self.pt(origin_mm);
        // PDF's y axis points upwards, ours down.
        let matrix = [across * squeeze, -down * squeeze, down, across, x, y].map(rounded);
        self.ops.extend([
            Op::StartTextSection,
            Op::SetFillColor { col: color(setting.colour) },
            Op::SetFont {
                font: PdfFontHandle::External(font_id(setting.face)),
                size: Pt(setting.size_pt),
            },
            Op::SetTextMatrix { matrix: TextMatrix::Raw(matrix) },
            Op::ShowText { items },
            Op::EndTextSection,
        ]);
        Ok(())
    }

    /// The pages as a document with its fonts cut down to what is used.
    pub(super) fn finish(mut self) -> Result<PdfDocument, Error> {
        let mut document = PdfDocument::new("");
        for (name, characters) in &self.used {
            let program = self.fonts.face(*name).subset(characters)?;
            let mut font =
                ParsedFont::from_bytes(&program, 0, &mut Vec::new()).ok_or(Error::ReadFont {
                    face: *name,
                    part: "subset",
                    source: allsorts::error::ParseError::BadValue,
                })?;
            // Six capitals and a plus sign mark a font that was cut down (PDF 1.4, 5.5.3).
            font.font_name = Some(format!("PERMIT+{}", name.as_str()));
            document.resources.fonts.map.insert(font_id(*name), PdfFont::new(font));
        }
        self.next_page();
        for ops in self.drawn {
            document.pages.push(PdfPage::new(Mm(self.width_mm), Mm(self.height_mm), ops));
        }
        Ok(document)
    }

    fn line_points(&self, points: &[([f32; 2], bool)]) -> Vec<LinePoint> {
        points
            .iter()
            .map(|(point, bezier)| {
                let [x, y] = self.pt(*point);
                LinePoint { p: Point { x: Pt(x), y: Pt(y) }, bezier: *bezier }
            })
            .collect()
    }

    fn pt(&self, [x_mm, y_mm]: [f32; 2]) -> [f32; 2] {
        [x_mm * PT_PER_MM, (self.height_mm - y_mm) * PT_PER_MM].map(rounded)
    }
}

fn font_id(name: FaceName) -> FontId {
    FontId(name.as_str().to_owned())
}

fn color(colour: Colour) -> Color {
    let [r, g, b] = colour.to_unit().map(rounded);
    Color::Rgb(Rgb { r, g, b, icc_profile: None })
}

/// To a thousandth: a third of a micrometre in points, and the last bits of sines, which differ from
/// one C library to the next, do not reach the file.
fn rounded(value: f32) -> f32 {
    (value * 1000.0).round() / 1000.0
}
