//! The root of every screen: each touch acts where it happened, a keypad reaches every button, and
//! the cursor is hidden.
//!
//! The toolkit collects events and hit-tests the whole batch at one cursor, the newest; widgets use
//! that cursor and ignore the position a touch carries. Two quick taps then both go to the button
//! under the second (iced issue 3234). This widget hands every event on with the cursor that belongs
//! to it. `tests/ui/touch.rs` holds it to that.
//!
//! A key of the keypad moves the ring of focus or presses what it is around, by a touch in its middle:
//! so whatever holds for fingers holds for keys.

use iced::advanced::layout::{Layout, Limits, Node};
use iced::advanced::widget::{Operation, Tree, tree};
use iced::advanced::{Clipboard, Shell, Widget, overlay, renderer};
use iced::mouse::{Cursor, Interaction};
use iced::{
    Background, Border, Color, Element, Event, Length, Point, Rectangle, Renderer, Size, Theme,
    Vector, border, keyboard, mouse, touch, window,
};

use super::keypad::{self, Stroke, Target};
use crate::ui::theme::Colours;

/// Wraps `content`; publishes `on_touch` whenever a finger or button goes down anywhere, `on_focus`
/// with the words of the button the keypad has come to.
pub(crate) fn root<'a, Message: Clone + 'a>(
    content: Element<'a, Message>,
    on_touch: Message,
    on_focus: fn(String) -> Message,
    hide_cursor: bool,
    colours: &'static Colours,
) -> Element<'a, Message> {
    Element::new(Root { content, on_touch, on_focus, hide_cursor, colours })
}

struct Root<'a, Message> {
    content: Element<'a, Message>,
    on_touch: Message,
    on_focus: fn(String) -> Message,
    hide_cursor: bool,
    colours: &'static Colours,
}

#[derive(Default)]
struct State {
    /// Where the mouse was last seen to move to; a simulated click moves nothing.
    mouse: Option<Point>,
    /// What the keypad is at; nothing while fingers are used.
    focus: Option<Target>,
}

/// The finger of the keypad: no touch screen counts so many.
const KEYPAD_FINGER: touch::Finger = touch::Finger(u64::MAX);
/// Width of the ring, and how far it stands off.
const RING_PX: f32 = 7.0;

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
        let state = tree.state.downcast_mut::<State>();
        let cursor = state.cursor(event, cursor);
        if is_press(event) && state.focus.take().is_some() {
            shell.request_redraw();
        }
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
        match event {
            Event::Keyboard(keyboard::Event::KeyPressed { key, modifiers, repeat, .. }) => {
                let Some(stroke) = keypad::stroke(key, *modifiers) else { return };
                // A key held down is pressed once: not one button after the other, nor a sign that
                // somebody is there, for something may lie on it.
                if *repeat && !stroke.repeats() {
                    return;
                }
                if !repeat {
                    shell.publish(self.on_touch.clone());
                }
                shell.request_redraw();
                let before = tree.state.downcast_ref::<State>().focus.clone();
                if let Some(target) = self.strike(tree, layout, renderer, stroke) {
                    self.press(tree, layout, renderer, clipboard, shell, viewport, &target);
                } else if let Some(focus) = &tree.state.downcast_ref::<State>().focus
                    && Some(focus) != before.as_ref()
                {
                    shell.publish((self.on_focus)(focus.words.clone()));
                }
            }
            // What was in focus may have moved, or gone with its screen.
            Event::Window(window::Event::RedrawRequested(_))
                if tree.state.downcast_ref::<State>().focus.is_some() =>
            {
                self.refocus(tree, layout, renderer);
            }
            Event::Keyboard(_)
            | Event::Mouse(_)
            | Event::Window(_)
            | Event::Touch(_)
            | Event::InputMethod(_) => {}
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
        if let Some(focus) = &tree.state.downcast_ref::<State>().focus {
            self.ring(renderer, *viewport, focus.place);
        }
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

impl<Message: Clone> Root<'_, Message> {
    fn targets(&mut self, tree: &mut Tree, layout: Layout<'_>, renderer: &Renderer) -> Vec<Target> {
        keypad::targets(|operation| {
            self.content.as_widget_mut().operate(
                only_mut(&mut tree.children),
                only(layout),
                renderer,
                operation,
            );
        })
    }

    /// Moves the focus, or answers what is to be pressed.
    fn strike(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        stroke: Stroke,
    ) -> Option<Target> {
        let targets = self.targets(tree, layout, renderer);
        let state = tree.state.downcast_mut::<State>();
        let named = |id: &str| targets.iter().find(|target| target.id == id).cloned();
        let at = state
            .focus
            .as_ref()
            .and_then(|focus| targets.iter().position(|target| target.id == focus.id));
        match stroke {
            Stroke::Step { .. } | Stroke::Towards(_) => {
                let to = keypad::lead(&targets, at, stroke);
                state.focus = to.and_then(|to| targets.get(to).cloned());
                None
            }
            Stroke::Space if named("key:space").is_some() => named("key:space"),
            Stroke::Press | Stroke::Space => {
                at.and_then(|at| targets.get(at).cloned()).or_else(|| named("primary"))
            }
            Stroke::Button(id) => named(id),
            Stroke::Write(letter) => keypad::keys_of(letter).iter().find_map(|id| named(id)),
        }
    }

    /// A touch in the middle of the target.
    #[expect(clippy::too_many_arguments, reason = "what the toolkit hands to every widget")]
    fn press(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        viewport: &Rectangle,
        target: &Target,
    ) {
        let position = target.place.center();
        let id = KEYPAD_FINGER;
        for touched in [
            touch::Event::FingerPressed { id, position },
            touch::Event::FingerLifted { id, position },
        ] {
            self.content.as_widget_mut().update(
                only_mut(&mut tree.children),
                &Event::Touch(touched),
                only(layout),
                Cursor::Available(position),
                renderer,
                clipboard,
                shell,
                viewport,
            );
        }
    }

    /// Finds what is in focus where it is now; on another screen the first of its buttons.
    fn refocus(&mut self, tree: &mut Tree, layout: Layout<'_>, renderer: &Renderer) {
        let targets = self.targets(tree, layout, renderer);
        let state = tree.state.downcast_mut::<State>();
        let Some(focus) = &state.focus else { return };
        let same = targets.iter().find(|target| target.id == focus.id);
        state.focus = same.or_else(|| targets.first()).cloned();
    }

    /// Two lines, dark and light: one of them is seen on every ground.
    fn ring(&self, renderer: &mut Renderer, viewport: Rectangle, place: Rectangle) {
        use renderer::Renderer as _;
        renderer.with_layer(viewport, |renderer| {
            for (off, width, colour) in
                [(RING_PX, RING_PX, self.colours.ink), (0.0, RING_PX / 2.0, self.colours.surface)]
            {
                renderer.fill_quad(
                    renderer::Quad {
                        bounds: place.expand(off),
                        border: Border { color: colour, width, radius: border::radius(18.0 + off) },
                        ..renderer::Quad::default()
                    },
                    Background::Color(Color::TRANSPARENT),
                );
            }
        });
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
