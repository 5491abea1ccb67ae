//! The root of every screen: each touch acts where it happened, and the cursor is hidden.
//!
//! The toolkit collects events and hit-tests the whole batch at one cursor, the newest; widgets use
//! that cursor and ignore the position a touch carries. Two quick taps then both go to the button
//! under the second (iced issue 3234). This widget hands every event on with the cursor that belongs
//! to it. `tests/ui/touch.rs` holds it to that.

use iced::advanced::layout::{Layout, Limits, Node};
use iced::advanced::widget::{Operation, Tree, tree};
use iced::advanced::{Clipboard, Shell, Widget, overlay, renderer};
use iced::mouse::{Cursor, Interaction};
use iced::{Element, Event, Length, Point, Rectangle, Renderer, Size, Theme, Vector, mouse, touch};

/// Wraps `content`; publishes `on_touch` whenever a finger or button goes down anywhere.
pub(crate) fn root<'a, Message: Clone + 'a>(
    content: Element<'a, Message>,
    on_touch: Message,
    hide_cursor: bool,
) -> Element<'a, Message> {
    Element::new(Root { content, on_touch, hide_cursor })
}

struct Root<'a, Message> {
    content: Element<'a, Message>,
    on_touch: Message,
    hide_cursor: bool,
}

/// Where the mouse was last seen to move to; a simulated click moves nothing.
#[derive(Default)]
struct State {
    mouse: Option<Point>,
}

impl State {
    /// The cursor that belongs to `event`, where the toolkit says it is at `given`.
    fn cursor(&mut self, event: &Event, given: Cursor) -> Cursor {
        match event {
            Event::Touch(
                touch::Event::FingerPressed { position, .. }
                | touch::Event::FingerMoved { position, .. }
                | touch::Event::FingerLifted { position, .. }
                | touch::Event::FingerLost { position, .. },
            ) => Cursor::Available(*position),
            Event::Mouse(mouse::Event::CursorMoved { position }) => {
                self.mouse = Some(*position);
                Cursor::Available(*position)
            }
            Event::Mouse(mouse::Event::CursorLeft) => {
                self.mouse = None;
                given
            }
            Event::Mouse(_) => self.mouse.map_or(given, Cursor::Available),
            Event::Keyboard(_) | Event::Window(_) | Event::InputMethod(_) => given,
        }
    }
}

fn is_press(event: &Event) -> bool {
    matches!(
        event,
        Event::Touch(touch::Event::FingerPressed { .. })
            | Event::Mouse(mouse::Event::ButtonPressed(_))
    )
}

impl<Message: Clone> Widget<Message, Theme, Renderer> for Root<'_, Message> {
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
        let child =
            self.content.as_widget_mut().layout(only_mut(&mut tree.children), renderer, limits);
        Node::with_children(child.size(), vec![child])
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        let child = only(layout);
        self.content.as_widget_mut().operate(
            only_mut(&mut tree.children),
            child,
            renderer,
            operation,
        );
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: Cursor,
        renderer: &Renderer,
        clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        viewport: &Rectangle,
    ) {
        let cursor = tree.state.downcast_mut::<State>().cursor(event, cursor);
        self.content.as_widget_mut().update(
            only_mut(&mut tree.children),
            event,
            only(layout),
            cursor,
            renderer,
            clipboard,
            shell,
            viewport,
        );
        if is_press(event) {
            shell.publish(self.on_touch.clone());
        }
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> Interaction {
        if self.hide_cursor {
            return Interaction::Hidden;
        }
        self.content.as_widget().mouse_interaction(
            only_ref(&tree.children),
            only(layout),
            cursor,
            viewport,
            renderer,
        )
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
        self.content.as_widget().draw(
            only_ref(&tree.children),
            renderer,
            theme,
            style,
            only(layout),
            cursor,
            viewport,
        );
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        self.content.as_widget_mut().overlay(
            only_mut(&mut tree.children),
            only(layout),
            renderer,
            viewport,
            translation,
        )
    }
}

const ONE: &str = "`children` and `layout` make exactly one child";

fn only(layout: Layout<'_>) -> Layout<'_> {
    layout.children().next().expect(ONE)
}

fn only_ref(children: &[Tree]) -> &Tree {
    children.first().expect(ONE)
}

fn only_mut(children: &mut [Tree]) -> &mut Tree {
    children.first_mut().expect(ONE)
}
