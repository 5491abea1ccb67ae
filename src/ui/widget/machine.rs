//! The machine itself, drawn, with the part lit that is meant.

use iced::mouse::Cursor;
use iced::widget::canvas::{self, Canvas, Frame, Geometry, LineCap, LineJoin, Path, Stroke};
use iced::{Color, Element, Length, Point, Rectangle, Renderer, Size, Theme};

use crate::ui::theme::{Colours, Look};

/// A part of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Where the card is laid.
    Reader,
    /// Before which a code is held.
    Scanner,
    /// Where certificates come out.
    Certificates,
    /// Where receipts and slips come out.
    Receipts,
}

/// The machine, `height` pixels high, with `lit` parts; `beat` lets them breathe once a second.
pub(crate) fn machine<'a, Message: 'a>(
    look: &Look,
    lit: Vec<Part>,
    beat: bool,
    height: f32,
) -> Element<'a, Message> {
    Canvas::new(Machine { lit, beat, colours: look.colours })
        .width(Length::Fixed(height * WIDTH / HEIGHT))
        .height(Length::Fixed(height))
        .into()
}

/// The drawing's own units.
const WIDTH: f32 = 300.0;
const HEIGHT: f32 = 400.0;

/// What is drawn alike in every palette: a machine has its own colours.
const SHELL: Color = Color::from_rgb8(0xDC, 0xE4, 0xEE);
const DARK: Color = Color::from_rgb8(0x2A, 0x3A, 0x4E);
const SLOT: Color = Color::from_rgb8(0x14, 0x1D, 0x29);
const FAINT: Color = Color::from_rgb8(0x8F, 0xA6, 0xC2);

/// Left, top, width, height.
type Place = (f32, f32, f32, f32);

const READER: Place = (24.0, 176.0, 116.0, 64.0);
const SCANNER: Place = (160.0, 176.0, 116.0, 64.0);
const CERTIFICATES: Place = (92.0, 276.0, 116.0, 14.0);
const RECEIPTS: Place = (122.0, 344.0, 56.0, 11.0);

struct Machine {
    lit: Vec<Part>,
    beat: bool,
    colours: &'static Colours,
}

impl<Message> canvas::Program<Message> for Machine {
    type State = ();

    fn draw(
        &self,
        (): &(),
        renderer: &Renderer,
        _theme: &Theme,
        bounds: Rectangle,
        _cursor: Cursor,
    ) -> Vec<Geometry> {
        let mut frame = Frame::new(renderer, bounds.size());
        frame.scale(bounds.height / HEIGHT);
        let c = self.colours;

        // Foot, column, head with the screen, desk.
        boxed(&mut frame, (66.0, 384.0, 168.0, 14.0), 7.0, DARK, None);
        boxed(&mut frame, (76.0, 240.0, 148.0, 148.0), 10.0, SHELL, Some(c.soft));
        boxed(&mut frame, (70.0, 6.0, 160.0, 152.0), 14.0, SHELL, Some(c.soft));
        boxed(&mut frame, (82.0, 18.0, 136.0, 122.0), 7.0, DARK, None);
        boxed(&mut frame, (98.0, 36.0, 78.0, 8.0), 4.0, FAINT, None);
        boxed(&mut frame, (98.0, 52.0, 54.0, 8.0), 4.0, FAINT, None);
        boxed(&mut frame, (98.0, 108.0, 104.0, 18.0), 9.0, c.primary_soft, None);
        boxed(&mut frame, (8.0, 160.0, 284.0, 96.0), 16.0, c.surface, Some(c.soft));

        self.reader(&mut frame);
        self.scanner(&mut frame);
        self.certificates(&mut frame);
        self.receipts(&mut frame);
        vec![frame.into_geometry()]
    }
}

impl Machine {
    fn is_lit(&self, part: Part) -> bool {
        self.lit.contains(&part)
    }

    /// The light around a part: a ring that breathes.
    fn light(&self, frame: &mut Frame, (x, y, width, height): Place) {
        let out = if self.beat { 9.0 } else { 6.0 };
        let around = (x - out, y - out, width + 2.0 * out, height + 2.0 * out);
        let path = rounded(around, 14.0);
        frame.fill(&path, Color { a: 0.25, ..self.colours.light });
        frame.stroke(&path, Stroke::default().with_color(self.colours.light).with_width(5.0));
    }

    /// An arrow down to a part: nothing is said by colour alone.
    fn arrow(&self, frame: &mut Frame, (x, y): (f32, f32)) {
        let tip = y + if self.beat { 4.0 } else { 0.0 };
        for (ink, width) in [(Color::WHITE, 17.0), (self.colours.light, 9.0)] {
            line(frame, &[(x, tip - 46.0), (x, tip)], ink, width);
            line(frame, &[(x - 17.0, tip - 18.0), (x, tip), (x + 17.0, tip - 18.0)], ink, width);
        }
    }

    fn reader(&self, frame: &mut Frame) {
        let lit = self.is_lit(Part::Reader);
        if lit {
            self.light(frame, READER);
        }
        boxed(frame, READER, 8.0, Color::from_rgb8(0xC8, 0xD3, 0xE0), Some(self.colours.soft));
        // The card that lies there, or should.
        let card = if lit { self.colours.primary } else { Color::from_rgb8(0x9A, 0xA9, 0xBB) };
        boxed(frame, (42.0, 184.0, 80.0, 48.0), 6.0, self.colours.surface, Some(card));
        frame.fill(&Path::circle(Point::new(59.0, 202.0), 7.0), card);
        boxed(frame, (48.0, 213.0, 22.0, 9.0), 4.5, card, None);
        for (y, width) in [(196.0, 38.0), (206.0, 30.0), (216.0, 34.0)] {
            boxed(frame, (78.0, y, width, 4.5), 2.2, card, None);
        }
        if lit {
            self.arrow(frame, (82.0, 170.0));
        }
    }

    fn scanner(&self, frame: &mut Frame) {
        let lit = self.is_lit(Part::Scanner);
        if lit {
            self.light(frame, SCANNER);
        }
        boxed(frame, SCANNER, 8.0, SLOT, Some(self.colours.soft));
        let ray = if lit {
            Color::from_rgb8(0xFF, 0x5A, 0x4D)
        } else {
            Color::from_rgb8(0x7A, 0x42, 0x42)
        };
        line(frame, &[(176.0, 208.0), (260.0, 208.0)], ray, 4.0);
        // Corners of a finder.
        for (x, y, dx, dy) in [
            (174.0, 187.0, 12.0, 9.0),
            (262.0, 187.0, -12.0, 9.0),
            (174.0, 229.0, 12.0, -9.0),
            (262.0, 229.0, -12.0, -9.0),
        ] {
            line(frame, &[(x + dx, y), (x, y), (x, y + dy)], FAINT, 3.0);
        }
        if lit {
            self.arrow(frame, (218.0, 170.0));
        }
    }

    fn certificates(&self, frame: &mut Frame) {
        let lit = self.is_lit(Part::Certificates);
        if lit {
            self.light(frame, CERTIFICATES);
        }
        boxed(frame, CERTIFICATES, 5.0, SLOT, None);
        if lit {
            self.paper(frame, (100.0, 283.0, 100.0, 48.0));
        }
    }

    fn receipts(&self, frame: &mut Frame) {
        let lit = self.is_lit(Part::Receipts);
        if lit {
            self.light(frame, RECEIPTS);
        }
        boxed(frame, RECEIPTS, 4.0, SLOT, None);
        if lit {
            self.paper(frame, (128.0, 350.0, 44.0, 46.0));
        }
    }

    /// A sheet that hangs out of a slot, with an arrow.
    fn paper(&self, frame: &mut Frame, place: Place) {
        let (x, y, width, height) = place;
        boxed(frame, place, 2.0, Color::WHITE, Some(self.colours.soft));
        let middle = x + width / 2.0;
        let tip = y + height - 9.0 + if self.beat { 3.0 } else { 0.0 };
        let ink = self.colours.light;
        line(frame, &[(middle, y + 9.0), (middle, tip)], ink, 5.0);
        line(
            frame,
            &[(middle - 10.0, tip - 11.0), (middle, tip), (middle + 10.0, tip - 11.0)],
            ink,
            5.0,
        );
    }
}

fn rounded((x, y, width, height): Place, radius: f32) -> Path {
    Path::rounded_rectangle(Point::new(x, y), Size::new(width, height), radius.into())
}

fn boxed(frame: &mut Frame, place: Place, radius: f32, fill: Color, edge: Option<Color>) {
    let path = rounded(place, radius);
    frame.fill(&path, fill);
    if let Some(edge) = edge {
        frame.stroke(&path, Stroke::default().with_color(edge).with_width(2.5));
    }
}

fn line(frame: &mut Frame, points: &[(f32, f32)], colour: Color, width: f32) {
    let path = Path::new(|path| {
        for (at, &(x, y)) in points.iter().enumerate() {
            if at == 0 {
                path.move_to(Point::new(x, y));
            } else {
                path.line_to(Point::new(x, y));
            }
        }
    });
    let pen = Stroke::default()
        .with_color(colour)
        .with_width(width)
        .with_line_cap(LineCap::Round)
        .with_line_join(LineJoin::Round);
    frame.stroke(&path, pen);
}
