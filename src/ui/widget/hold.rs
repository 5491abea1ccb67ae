//! Something quiet that answers only to a finger that stays on it: the way in for staff.

use std::time::Duration;

use iced::advanced::layout::{Layout, Limits, Node};
use iced::advanced::widget::{Operation, Tree, tree};
use iced::advanced::{Clipboard, Shell, Widget, renderer};
use iced::mouse::Cursor;
use iced::time::Instant;
use iced::{Element, Event, Length, Rectangle, Renderer, Size, Theme, mouse, touch, window};

/// How long it is held. A hand that leans on the glass, or a child, does not hold that still.
pub(crate) const HELD: Duration = Duration::from_secs(5);
/// How far beyond the picture a finger may be: twice 16 mm across is easily hit.
const MARGIN_PX: f32 = 24.0;

/// `content`, which publishes `message` once it has been held long enough.
pub(crate) fn long<'a, Message: Clone + 'a>(
    content: impl Into<Element<'a, Message>>,
    message: Message,
) -> Element<'a, Message> {
    Element::new(Hold { content: content.into(), message })
}

struct Hold<'a, Message> {
    content: Element<'a, Message>,
    message: Message,
}

/// Since when it is held.
#[derive(Default)]
struct State(Option<Instant>);

impl<Message: Clone> Widget<Message, Theme, Renderer> for Hold<'_, Message> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn children(&self) -> Vec<Tree> {
        vec![Tree::new(&self.content)]
    }

    fn diff(&self, tree: &mut Tree) {
        tree.diff_children(&[&self.content]);
    }

    fn size(&self) -> Size<Length> {
        self.content.as_widget().size()
    }

    fn layout(&mut self, tree: &mut Tree, renderer: &Renderer, limits: &Limits) -> Node {
        let Some(child) = tree.children.first_mut() else { return Node::new(Size::ZERO) };
        self.content.as_widget_mut().layout(child, renderer, limits)
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        if let Some(child) = tree.children.first_mut() {
            self.content.as_widget_mut().operate(child, layout, renderer, operation);
        }
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: Cursor,
        _renderer: &Renderer,
        _clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        _viewport: &Rectangle,
    ) {
        let state = tree.state.downcast_mut::<State>();
        let is_over = cursor.is_over(layout.bounds().expand(MARGIN_PX));
        match event {
            Event::Touch(touch::Event::FingerPressed { .. })
            | Event::Mouse(mouse::Event::ButtonPressed(_))
                if is_over =>
            {
                #[expect(clippy::disallowed_methods, reason = "the toolkit draws by this clock")]
                let now = Instant::now();
                state.0 = Some(now);
                shell.request_redraw_at(now + HELD);
            }
            Event::Touch(touch::Event::FingerMoved { .. })
            | Event::Mouse(mouse::Event::CursorMoved { .. })
                if is_over => {}
            Event::Touch(_) | Event::Mouse(_) => state.0 = None,
            Event::Window(window::Event::RedrawRequested(now)) => match state.0 {
                Some(since) if *now >= since + HELD => {
                    state.0 = None;
                    shell.publish(self.message.clone());
                }
                Some(since) => shell.request_redraw_at(since + HELD),
                None => {}
            },
            Event::Window(_) | Event::Keyboard(_) | Event::InputMethod(_) => {}
        }
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        theme: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        cursor: Cursor,
        viewport: &Rectangle,
    ) {
        if let Some(child) = tree.children.first() {
            self.content.as_widget().draw(child, renderer, theme, style, layout, cursor, viewport);
        }
    }
}
