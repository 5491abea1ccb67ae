//! The box one signs in with a finger.

use iced::mouse::Cursor;
use iced::widget::canvas::{self, Action, Canvas, Frame, Geometry, Path, Stroke as Pen};
use iced::widget::canvas::{LineCap, LineJoin};
use iced::{Element, Event, Fill, Point, Rectangle, Renderer, Theme, mouse, touch};

use crate::domain::{Signature, Stroke};
use crate::ui::theme::{Colours, Look};

/// The box with the strokes so far; every finished stroke is published.
pub(crate) fn pad<'a, Message: 'a>(
    look: &Look,
    signature: &'a Signature,
    height: f32,
    on_stroke: impl Fn(Stroke) -> Message + 'a,
) -> Element<'a, Message> {
    Canvas::new(Pad { signature, colours: look.colours, on_stroke })
        .width(Fill)
        .height(height)
        .into()
}

struct Pad<'a, F> {
    signature: &'a Signature,
    colours: &'static Colours,
    on_stroke: F,
}

/// The stroke being drawn, and the finger that draws it: a palm laid down meanwhile draws nothing.
#[derive(Default)]
struct Drawing {
    finger: Option<touch::Finger>,
    is_down: bool,
    points: Vec<(u16, u16)>,
}

impl<Message, F: Fn(Stroke) -> Message> canvas::Program<Message> for Pad<'_, F> {
    type State = Drawing;

    fn update(
        &self,
        drawing: &mut Drawing,
        event: &Event,
        bounds: Rectangle,
        cursor: Cursor,
    ) -> Option<Action<Message>> {
        match event {
            Event::Touch(touch::Event::FingerPressed { id, .. }) if !drawing.is_down => {
                self.begin(drawing, Some(*id), bounds, cursor)
            }
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) if !drawing.is_down => {
                self.begin(drawing, None, bounds, cursor)
            }
            Event::Touch(touch::Event::FingerMoved { id, .. }) if drawing.finger == Some(*id) => {
                Some(self.draw_on(drawing, bounds, cursor))
            }
            Event::Mouse(mouse::Event::CursorMoved { .. })
                if drawing.is_down && drawing.finger.is_none() =>
            {
                Some(self.draw_on(drawing, bounds, cursor))
            }
            Event::Touch(
                touch::Event::FingerLifted { id, .. } | touch::Event::FingerLost { id, .. },
            ) if drawing.finger == Some(*id) => self.finish(drawing),
            Event::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left))
                if drawing.is_down && drawing.finger.is_none() =>
            {
                self.finish(drawing)
            }
            Event::Touch(_)
            | Event::Mouse(_)
            | Event::Keyboard(_)
            | Event::Window(_)
            | Event::InputMethod(_) => None,
        }
    }

    fn draw(
        &self,
        drawing: &Drawing,
        renderer: &Renderer,
        _theme: &Theme,
        bounds: Rectangle,
        _cursor: Cursor,
    ) -> Vec<Geometry> {
        let mut frame = Frame::new(renderer, bounds.size());
        let c = self.colours;
        let area = Path::rounded_rectangle(Point::ORIGIN, bounds.size(), 18.0.into());
        frame.fill(&area, c.surface);
        frame.stroke(&area, Pen::default().with_color(c.primary).with_width(4.0));
        let base = bounds.height * 0.78;
        let line = Path::line(
            Point::new(bounds.width * 0.06, base),
            Point::new(bounds.width * 0.94, base),
        );
        frame.stroke(&line, Pen::default().with_color(c.line).with_width(3.0));
        for stroke in &self.signature.strokes {
            draw_stroke(&mut frame, &stroke.0, bounds, c);
        }
        draw_stroke(&mut frame, &drawing.points, bounds, c);
        vec![frame.into_geometry()]
    }
}

impl<F> Pad<'_, F> {
    fn begin<Message>(
        &self,
        drawing: &mut Drawing,
        finger: Option<touch::Finger>,
        bounds: Rectangle,
        cursor: Cursor,
    ) -> Option<Action<Message>> {
        if !cursor.is_over(bounds) || self.signature.strokes.len() >= Signature::STROKES_MAX {
            return None;
        }
        drawing.finger = finger;
        drawing.is_down = true;
        drawing.points.clear();
        Some(self.draw_on(drawing, bounds, cursor))
    }

    fn draw_on<Message>(
        &self,
        drawing: &mut Drawing,
        bounds: Rectangle,
        cursor: Cursor,
    ) -> Action<Message> {
        // As on paper, there is no ink beyond the edge of the sheet.
        if let Some(at) = cursor.position_in(bounds) {
            let point = (thousandths(at.x, bounds.width), thousandths(at.y, bounds.height));
            let room = Signature::POINTS_MAX.saturating_sub(self.signature.points());
            if drawing.points.len() < room && drawing.points.last() != Some(&point) {
                drawing.points.push(point);
            }
        }
        Action::request_redraw().and_capture()
    }
}

impl<F> Pad<'_, F> {
    fn finish<Message>(&self, drawing: &mut Drawing) -> Option<Action<Message>>
    where
        F: Fn(Stroke) -> Message,
    {
        drawing.is_down = false;
        drawing.finger = None;
        let points = std::mem::take(&mut drawing.points);
        (!points.is_empty())
            .then(|| Action::publish((self.on_stroke)(Stroke(points))).and_capture())
    }
}

/// Where `offset` is in `length`, in thousandths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=1000 before"
)]
fn thousandths(offset: f32, length: f32) -> u16 {
    (offset / length.max(1.0) * 1000.0).clamp(0.0, 1000.0).round() as u16
}

fn draw_stroke(frame: &mut Frame, points: &[(u16, u16)], bounds: Rectangle, colours: &Colours) {
    let place = |&(x, y): &(u16, u16)| {
        Point::new(f32::from(x) / 1000.0 * bounds.width, f32::from(y) / 1000.0 * bounds.height)
    };
    let Some(first) = points.first().map(place) else { return };
    if points.len() == 1 {
        frame.fill(&Path::circle(first, 4.0), colours.ink);
        return;
    }
    // Through the middle of each two points, so that a fast hand leaves curves, not corners.
    let path = Path::new(|path| {
        path.move_to(first);
        let mut before = first;
        for point in points.iter().skip(1).map(place) {
            let middle =
                Point::new(f32::midpoint(before.x, point.x), f32::midpoint(before.y, point.y));
            path.quadratic_curve_to(before, middle);
            before = point;
        }
        path.line_to(before);
    });
    let pen = Pen::default()
        .with_color(colours.ink)
        .with_width(7.0)
        .with_line_cap(LineCap::Round)
        .with_line_join(LineJoin::Round);
    frame.stroke(&path, pen);
}
