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
        let body = Color::from_rgb8(0xDC, 0xE4, 0xEE);
        let dark = Color::from_rgb8(0x2A, 0x3A, 0x4E);

        // Foot, column, head with the screen, desk.
        boxed(&mut frame, (78.0, 376.0, 144.0, 16.0), 8.0, dark, None);
        boxed(&mut frame, (96.0, 190.0, 108.0, 190.0), 10.0, body, Some(c.soft));
        boxed(&mut frame, (66.0, 8.0, 168.0, 176.0), 16.0, body, Some(c.soft));
        boxed(&mut frame, (80.0, 22.0, 140.0, 148.0), 8.0, dark, None);
        for (at, width) in [(46.0, 92.0), (66.0, 64.0)] {
            boxed(
                &mut frame,
                (104.0, at, width, 9.0),
                4.5,
                Color::from_rgb8(0x8F, 0xA6, 0xC2),
                None,
            );
        }
        boxed(&mut frame, (104.0, 132.0, 92.0, 20.0), 10.0, c.primary_soft, None);
        boxed(&mut frame, (44.0, 190.0, 212.0, 62.0), 12.0, c.surface, Some(c.soft));

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

    /// The light around a part: a ring that breathes, in the colour of what is touched.
    fn light(&self, frame: &mut Frame, part: Part, place: (f32, f32, f32, f32)) {
        if !self.is_lit(part) {
            return;
        }
        let (x, y, width, height) = place;
        let out = if self.beat { 9.0 } else { 6.0 };
        let around = (x - out, y - out, width + 2.0 * out, height + 2.0 * out);
        let glow = Color { a: 0.22, ..self.colours.primary };
        boxed(frame, around, 14.0, glow, Some(self.colours.primary));
    }

    fn reader(&self, frame: &mut Frame) {
        let place = (58.0, 202.0, 84.0, 38.0);
        self.light(frame, Part::Reader, place);
        boxed(frame, place, 6.0, Color::from_rgb8(0xC8, 0xD3, 0xE0), Some(self.colours.soft));
        // The card that lies there, or should.
        let lit = self.is_lit(Part::Reader);
        let card = if lit { self.colours.primary } else { Color::from_rgb8(0x9A, 0xA9, 0xBB) };
        boxed(frame, (74.0, 207.0, 52.0, 28.0), 4.0, self.colours.surface, Some(card));
        frame.fill(&Path::circle(Point::new(85.0, 218.0), 4.5), card);
        boxed(frame, (78.0, 225.0, 14.0, 5.0), 2.5, card, None);
        for (y, width) in [(214.0, 24.0), (221.0, 18.0)] {
            boxed(frame, (97.0, y, width, 3.5), 1.7, card, None);
        }
    }

    fn scanner(&self, frame: &mut Frame) {
        let place = (162.0, 202.0, 80.0, 38.0);
        self.light(frame, Part::Scanner, place);
        boxed(frame, place, 6.0, Color::from_rgb8(0x1B, 0x26, 0x34), Some(self.colours.soft));
        let ray = if self.is_lit(Part::Scanner) {
            Color::from_rgb8(0xFF, 0x5A, 0x4D)
        } else {
            Color::from_rgb8(0x6B, 0x3A, 0x3A)
        };
        line(frame, &[(172.0, 221.0), (232.0, 221.0)], ray, 3.0);
        // Corners of a finder.
        let corner = Color::from_rgb8(0x9F, 0xB2, 0xC8);
        for (x, y, dx, dy) in [
            (170.0, 209.0, 8.0, 6.0),
            (234.0, 209.0, -8.0, 6.0),
            (170.0, 233.0, 8.0, -6.0),
            (234.0, 233.0, -8.0, -6.0),
        ] {
            line(frame, &[(x + dx, y), (x, y), (x, y + dy)], corner, 2.0);
        }
    }

    fn certificates(&self, frame: &mut Frame) {
        let place = (108.0, 272.0, 84.0, 12.0);
        self.light(frame, Part::Certificates, place);
        boxed(frame, place, 5.0, Color::from_rgb8(0x1B, 0x26, 0x34), None);
        if self.is_lit(Part::Certificates) {
            self.paper(frame, (114.0, 278.0, 72.0, 44.0));
        }
    }

    fn receipts(&self, frame: &mut Frame) {
        let place = (128.0, 340.0, 44.0, 10.0);
        self.light(frame, Part::Receipts, place);
        boxed(frame, place, 4.0, Color::from_rgb8(0x1B, 0x26, 0x34), None);
        if self.is_lit(Part::Receipts) {
            self.paper(frame, (133.0, 345.0, 34.0, 46.0));
        }
    }

    /// A sheet that hangs out of a slot, with an arrow.
    fn paper(&self, frame: &mut Frame, place: (f32, f32, f32, f32)) {
        let (x, y, width, height) = place;
        boxed(frame, place, 2.0, Color::WHITE, Some(self.colours.soft));
        let middle = x + width / 2.0;
        let tip = y + height - 7.0 + if self.beat { 3.0 } else { 0.0 };
        let ink = self.colours.primary;
        line(frame, &[(middle, y + 9.0), (middle, tip)], ink, 4.0);
        line(
            frame,
            &[(middle - 8.0, tip - 9.0), (middle, tip), (middle + 8.0, tip - 9.0)],
            ink,
            4.0,
        );
    }
}

fn boxed(
    frame: &mut Frame,
    (x, y, width, height): (f32, f32, f32, f32),
    radius: f32,
    fill: Color,
    edge: Option<Color>,
) {
    let path = Path::rounded_rectangle(Point::new(x, y), Size::new(width, height), radius.into());
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
