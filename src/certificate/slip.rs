//! What the receipt printer prints: slips as lists of blocks, and the dots of them.

use super::{
    Bitmap, Error,
    canvas::{Canvas, Curve, PT_PER_MM, Setting},
    colour::Colour,
    fonts::{FaceName, Fonts},
    lines::wrap,
    qr::Qr,
    raster,
};
/// The longest slip: a supplement notice with twenty findings of four lines.
pub const LENGTH_MAX_MM: u32 = 600;

/// Dots in a millimetre of a receipt printer (203 dpi).
const DOTS_PER_MM: f32 = 8.0;

/// Dots across the paper: rolls of 30 mm to sheets of A4.
const WIDTH_DOTS: std::ops::RangeInclusive<u16> = 240..=1664;

/// Blank paper at both edges, in dots.
const EDGE_DOTS: f32 = 8.0;

/// Lines stand this many ems apart.
const LEADING_EM: f32 = 1.32;

/// One slip or receipt. The printer cuts after the last block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Which slip it is.
    pub kind: SlipKind,
    /// What stands on it, from the top.
    pub blocks: Vec<Block>,
}

/// The slips a kiosk prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlipKind {
    /// A finished case.
    Receipt,
    /// An officer takes over.
    Referral,
    /// What is missing, said once (一次性告知).
    Supplement,
    /// What the kiosk read and kept, on request.
    Data,
}

/// One block of a slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Text, wrapped at the paper's width.
    Text {
        /// The text.
        text: String,
        /// How large.
        size: Size,
        /// Whether heavy.
        bold: bool,
        /// Where on the line.
        align: Align,
    },
    /// A label with its value; the value wraps beside the label.
    Pair {
        /// The label.
        label: String,
        /// The value.
        value: String,
    },
    /// A line across the paper.
    Rule,
    /// A QR code in the middle of the paper.
    Qr {
        /// What it says.
        text: String,
    },
    /// A signature as it was drawn, over a line.
    Signature {
        /// Its lines: points in thousandths of the field's width and height.
        strokes: Vec<Vec<(u16, u16)>>,
    },
    /// Blank paper.
    Feed {
        /// How much, in millimetres.
        mm: u8,
    },
}

/// Sizes of text on a slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 20 dots, 2.5 mm: citations.
    Small,
    /// 25 dots, 3.1 mm: running text.
    Normal,
    /// 36 dots, 4.5 mm: numbers to be read aloud.
    Large,
    /// 46 dots, 5.8 mm: what slip it is.
    Title,
}

impl Size {
    fn dots(self) -> f32 {
        match self {
            Self::Small => 20.0,
            Self::Normal => 25.0,
            Self::Large => 36.0,
            Self::Title => 46.0,
        }
    }
}

/// Where text stands on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// From the left edge.
    Left,
    /// In the middle.
    Centre,
    /// To the right edge.
    Right,
}

/// The dots of a slip, `width_dots` wide: 576 on paper of 80 mm, 384 on paper of 58 mm.
pub fn render(slip: &Slip, fonts: &Fonts, width_dots: u32) -> Result<Bitmap, Error> {
    let width = u16::try_from(width_dots).ok().filter(|dots| WIDTH_DOTS.contains(dots));
    let width = width.ok_or(Error::TooManyDots { width_px: width_dots, height_px: 0 })?;
    let mut marks = Vec::new();
    let mut layout =
        Layout { fonts, width: f32::from(width), label: 0.0, y: EDGE_DOTS, drawn: Vec::new() };
    layout.label = layout.label_width(slip)?;
    for block in &slip.blocks {
        layout.place(block, &mut marks)?;
    }
    let height = layout.y + EDGE_DOTS;
    let length_mm = (1..=LENGTH_MAX_MM)
        .find(|mm| f32::from(u16::try_from(*mm).unwrap_or(u16::MAX)) * DOTS_PER_MM >= height);
    let length_mm = length_mm.ok_or(Error::SlipTooLong { length_mm: LENGTH_MAX_MM + 1 })?;
    let height_mm = f32::from(u16::try_from(length_mm).unwrap_or(u16::MAX));
    let mut canvas = Canvas::new(fonts, layout.width / DOTS_PER_MM, height_mm);
    for mark in marks {
        mark.draw(&mut canvas)?;
    }
    let options = printpdf::PdfSaveOptions::default();
    let pdf = canvas.finish()?.save(&options, &mut Vec::new());
    let mut dots = raster::hard(&pdf, DOTS_PER_MM / PT_PER_MM)?;
    for drawn in layout.drawn {
        drawn.draw(&mut dots);
    }
    Ok(dots)
}

/// A signature with its place on the paper, in dots.
struct Drawn {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    strokes: Vec<Vec<(u16, u16)>>,
}

impl Drawn {
    /// Draws each line with a pen of three dots.
    fn draw(&self, dots: &mut Bitmap) {
        let place = |(x, y): (u16, u16)| {
            (
                self.left + f32::from(x) / 1_000.0 * self.width,
                self.top + f32::from(y) / 1_000.0 * self.height,
            )
        };
        for stroke in &self.strokes {
            let mut before = None;
            for point in stroke {
                let (x, y) = place(*point);
                let (from_x, from_y) = before.unwrap_or((x, y));
                // One dot after the other: the paper is 576 across.
                let steps = (x - from_x).abs().max((y - from_y).abs()).ceil().max(1.0);
                let mut step = 0.0;
                while step <= steps {
                    let along = step / steps;
                    pen(dots, from_x + (x - from_x) * along, from_y + (y - from_y) * along);
                    step += 1.0;
                }
                before = Some((x, y));
            }
        }
    }
}

fn pen(dots: &mut Bitmap, x: f32, y: f32) {
    for (across, down) in [(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
        let (x, y) = ((x + across).round(), (y + down).round());
        if x >= 0.0 && y >= 0.0 {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "dots of a slip: from 0 to some thousands"
            )]
            dots.blacken(x as u32, y as u32);
        }
    }
}

/// Something with a place on the paper, in dots from its top left corner.
enum Mark {
    Text { text: String, size: Size, bold: bool, left: f32, baseline: f32 },
    Rectangle { left: f32, top: f32, width: f32, height: f32 },
}

impl Mark {
    fn draw(self, canvas: &mut Canvas<'_>) -> Result<(), Error> {
        match self {
            Self::Text { text, size, bold, left, baseline } => {
                let setting = setting(size, bold);
                canvas.text(setting, left / DOTS_PER_MM, baseline / DOTS_PER_MM, &text)
            }
            Self::Rectangle { left, top, width, height } => {
                let [left, top, width, height] =
                    [left, top, width, height].map(|dots| dots / DOTS_PER_MM);
                canvas.fill(Colour::BLACK, &[Curve::rectangle(left, top, width, height)]);
                Ok(())
            }
        }
    }
}

struct Layout<'a> {
    fonts: &'a Fonts,
    width: f32,
    /// Where values begin.
    label: f32,
    /// How far the paper is used.
    y: f32,
    /// What is drawn when the texts stand.
    drawn: Vec<Drawn>,
}

impl Layout<'_> {
    fn place(&mut self, block: &Block, marks: &mut Vec<Mark>) -> Result<(), Error> {
        let inner = self.width - 2.0 * EDGE_DOTS;
        match block {
            Block::Text { text, size, bold, align } => {
                for line in self.lines(text, *size, *bold, inner)? {
                    let free = inner - self.measure(&line, *size, *bold)?;
                    let left = match align {
                        Align::Left => 0.0,
                        Align::Centre => free / 2.0,
                        Align::Right => free,
                    };
                    self.line(line, *size, *bold, EDGE_DOTS + left.round(), marks);
                }
            }
            Block::Pair { label, value } => {
                let label_lines = self.lines(label, Size::Normal, false, self.label)?;
                let lines = self.lines(value, Size::Normal, false, inner - self.label)?;
                let top = self.y;
                for line in label_lines {
                    self.line(line, Size::Normal, false, EDGE_DOTS, marks);
                }
                let label_end = std::mem::replace(&mut self.y, top);
                for line in lines {
                    self.line(line, Size::Normal, false, EDGE_DOTS + self.label, marks);
                }
                self.y = self.y.max(label_end);
            }
            Block::Rule => {
                let top = self.y + 8.0;
                marks.push(Mark::Rectangle { left: EDGE_DOTS, top, width: inner, height: 2.0 });
                self.y = top + 10.0;
            }
            Block::Qr { text } => {
                let code = Qr::encode(text)?;
                let side = code.place_modules();
                // The largest modules that fit, up to 6 dots (0.75 mm).
                let module = (1..=6).rev().find(|dots| f32::from(side * dots) <= inner);
                let module = module.unwrap_or(1);
                let left = ((self.width - f32::from(side * module)) / 2.0).round();
                for rectangle in code.rectangles(0, 0, module) {
                    let [across, down, width, height] = rectangle.map(f32::from);
                    let (left, top) = (left + across, self.y.round() + down);
                    marks.push(Mark::Rectangle { left, top, width, height });
                }
                self.y = self.y.round() + f32::from(side * module);
            }
            Block::Signature { strokes } => {
                // As wide as the paper and as flat as the field on the screen.
                let height = (inner * 0.4).round();
                let (left, top, width) = (EDGE_DOTS, self.y, inner);
                self.drawn.push(Drawn { left, top, width, height, strokes: strokes.clone() });
                let top = self.y + height + 2.0;
                marks.push(Mark::Rectangle { left, top, width, height: 2.0 });
                self.y = top + 10.0;
            }
            Block::Feed { mm } => self.y += f32::from(*mm) * DOTS_PER_MM,
        }
        Ok(())
    }

    fn line(&mut self, text: String, size: Size, bold: bool, left: f32, marks: &mut Vec<Mark>) {
        let baseline = (self.y + size.dots() * (0.88 + (LEADING_EM - 1.0) / 2.0)).round();
        marks.push(Mark::Text { text, size, bold, left, baseline });
        self.y += size.dots() * LEADING_EM;
    }

    fn lines(&self, text: &str, size: Size, bold: bool, width: f32) -> Result<Vec<String>, Error> {
        let face = self.fonts.face(face(bold));
        wrap(&|c| face.advance_em(c), text, width / size.dots())
    }

    fn measure(&self, text: &str, size: Size, bold: bool) -> Result<f32, Error> {
        Ok(self.fonts.face(face(bold)).width_em(text)? * size.dots())
    }

    /// The widest label and half an em, but never more than two fifths of the paper.
    fn label_width(&self, slip: &Slip) -> Result<f32, Error> {
        let mut widest: f32 = 0.0;
        for block in &slip.blocks {
            if let Block::Pair { label, .. } = block {
                widest = widest.max(self.measure(label, Size::Normal, false)?);
            }
        }
        Ok((widest + Size::Normal.dots() / 2.0).min(self.width * 0.4))
    }
}

fn setting(size: Size, bold: bool) -> Setting {
    Setting {
        face: face(bold),
        size_pt: size.dots() / DOTS_PER_MM * PT_PER_MM,
        colour: Colour::BLACK,
        tracking_em: 0.0,
    }
}

fn face(bold: bool) -> FaceName {
    if bold { FaceName::SansBold } else { FaceName::Sans }
}
