//! The physical keypad beside the screen: every button can be reached and pressed by it alone, and
//! what is in focus is ringed. The toolkit's buttons cannot be focused, so the root of every screen
//! looks for them itself (`touch.rs`) and presses them where a finger would.

use iced::Rectangle;
use iced::advanced::widget::Operation;
use iced::advanced::widget::operation::{self, Outcome};
use iced::keyboard::{self, key::Named};
use iced::widget::Id;
use iced::widget::selector::{Candidate, Selector};

use super::label;

/// A button on the screen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    /// Its id.
    pub(super) id: String,
    /// Where it is seen.
    pub(super) place: Rectangle,
    /// The words on it.
    pub(super) words: String,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stroke {
    /// To the next or the one before, in reading order.
    Step { back: bool },
    /// To the nearest in a direction.
    Towards(Direction),
    /// Press what is in focus.
    Press,
    /// The blank of the keyboard on the screen; where there is none, press what is in focus.
    Space,
    /// Press the button with this id, if it is there: "back" and "delete".
    Button(&'static str),
    /// Press the key of the keyboard on the screen that writes this.
    Write(char),
}

impl Stroke {
    /// Whether a key held down does it again and again.
    pub(super) fn repeats(self) -> bool {
        match self {
            Self::Step { .. } | Self::Towards(_) | Self::Write(_) => true,
            Self::Button(id) => id == "key:delete",
            Self::Press | Self::Space => false,
        }
    }
}

/// Where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
    Left,
    Right,
}

/// What is under a question that lies over the screen cannot be reached.
pub(crate) const CURTAIN: &str = "curtain";

/// What carries an id and is no button: drawn fields, pages, the way in for staff.
const NO_BUTTONS: [&str; 8] =
    ["uscc", "typed", "number", "signature", "emblem", "bar", "words", "foot"];

/// Buttons of the bar at the top: they come last, after what the screen is about.
pub(crate) const BAR: [&str; 3] = ["help", "large-print", "language"];

/// What a pressed key means here; most mean nothing.
pub(super) fn stroke(key: &keyboard::Key, modifiers: keyboard::Modifiers) -> Option<Stroke> {
    match key.as_ref() {
        keyboard::Key::Named(Named::Tab) => Some(Stroke::Step { back: modifiers.shift() }),
        keyboard::Key::Named(Named::ArrowUp) => Some(Stroke::Towards(Direction::Up)),
        keyboard::Key::Named(Named::ArrowDown) => Some(Stroke::Towards(Direction::Down)),
        keyboard::Key::Named(Named::ArrowLeft) => Some(Stroke::Towards(Direction::Left)),
        keyboard::Key::Named(Named::ArrowRight) => Some(Stroke::Towards(Direction::Right)),
        keyboard::Key::Named(Named::Enter) => Some(Stroke::Press),
        keyboard::Key::Named(Named::Escape) => Some(Stroke::Button("back")),
        keyboard::Key::Named(Named::Backspace | Named::Delete) => {
            Some(Stroke::Button("key:delete"))
        }
        keyboard::Key::Named(Named::Space) => Some(Stroke::Space),
        keyboard::Key::Character(text) => {
            let mut letters = text.chars();
            match (letters.next(), letters.next()) {
                // The plus and minus of a number pad walk through the buttons.
                (Some('+'), None) => Some(Stroke::Step { back: false }),
                (Some('-'), None) => Some(Stroke::Step { back: true }),
                (Some(letter), None) if !modifiers.command() && !modifiers.alt() => {
                    Some(Stroke::Write(letter))
                }
                _ => None,
            }
        }
        keyboard::Key::Named(_) | keyboard::Key::Unidentified => None,
    }
}

/// What is seen on the way through the screen.
#[derive(Clone)]
enum Seen {
    Curtain,
    Button(Target),
    Words(Rectangle, String),
}

/// The buttons of what `operate` walks through, in reading order, those of the bar last.
pub(super) fn targets(operate: impl FnOnce(&mut dyn Operation)) -> Vec<Target> {
    let look = |candidate: Candidate<'_>| -> Option<Seen> {
        let place =
            candidate.visible_bounds().filter(|place| place.width > 1.0 && place.height > 1.0)?;
        if let Candidate::Text { content, .. } = candidate {
            return Some(Seen::Words(place, label::unjoined(content)));
        }
        let Candidate::Container { id: Some(id), .. } = candidate else { return None };
        let id = written(id)?;
        if id == CURTAIN {
            return Some(Seen::Curtain);
        }
        let is_button = !NO_BUTTONS.contains(&id.as_str());
        is_button.then(|| Seen::Button(Target { id, place, words: String::new() }))
    };
    let mut finder = look.find_all();
    operate(&mut operation::black_box(&mut finder));
    let Outcome::Some(seen) = finder.finish() else { return Vec::new() };
    let mut found: Vec<Target> = Vec::new();
    for seen in seen {
        match seen {
            Seen::Curtain => found.clear(),
            Seen::Button(target) => found.push(target),
            // A button's words come after it, and within it.
            Seen::Words(place, words) => {
                if let Some(target) = found.last_mut()
                    && target.place.contains(place.center())
                {
                    if !target.words.is_empty() {
                        target.words.push('，');
                    }
                    target.words.push_str(&words);
                }
            }
        }
    }
    let (mut page, bar): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|target| !BAR.contains(&target.id.as_str()));
    page.extend(bar);
    page
}

/// The id's own text; one the toolkit made up is no button of ours.
fn written(id: &Id) -> Option<String> {
    let debug = format!("{id:?}");
    debug.split('"').nth(1).map(str::to_owned)
}

/// The place in `targets` that `stroke` leads to from the one in focus.
pub(super) fn lead(targets: &[Target], from: Option<usize>, stroke: Stroke) -> Option<usize> {
    let last = targets.len().checked_sub(1)?;
    let Some(from) = from else { return Some(0) };
    match stroke {
        Stroke::Step { back: false } => Some(if from >= last { 0 } else { from + 1 }),
        Stroke::Step { back: true } => Some(if from == 0 { last } else { from - 1 }),
        Stroke::Towards(direction) => {
            let here = targets.get(from)?.place;
            let nearest = targets
                .iter()
                .enumerate()
                .filter_map(|(at, target)| Some((at, distance(here, target.place, direction)?)))
                .min_by(|(_, one), (_, other)| one.total_cmp(other));
            Some(nearest.map_or(from, |(at, _)| at))
        }
        Stroke::Press | Stroke::Space | Stroke::Button(_) | Stroke::Write(_) => Some(from),
    }
}

/// How far it is from `here` to `there` in `direction`; what stands aside is further.
fn distance(here: Rectangle, there: Rectangle, direction: Direction) -> Option<f32> {
    let gap = |low: f32, high: f32, other_low: f32, other_high: f32| {
        (other_low - high).max(low - other_high).max(0.0)
    };
    let (along, aside) = match direction {
        Direction::Up => (here.y - (there.y + there.height), sideways(here, there, gap)),
        Direction::Down => (there.y - (here.y + here.height), sideways(here, there, gap)),
        Direction::Left => (here.x - (there.x + there.width), upright(here, there, gap)),
        Direction::Right => (there.x - (here.x + here.width), upright(here, there, gap)),
    };
    // Middle against middle decides between two that are equally far.
    let middle = here.center().distance(there.center()) / 1_000.0;
    (along > -1.0).then_some(along + 3.0 * aside + middle)
}

fn sideways(here: Rectangle, there: Rectangle, gap: fn(f32, f32, f32, f32) -> f32) -> f32 {
    gap(here.x, here.x + here.width, there.x, there.x + there.width)
}

fn upright(here: Rectangle, there: Rectangle, gap: fn(f32, f32, f32, f32) -> f32) -> f32 {
    gap(here.y, here.y + here.height, there.y, there.y + there.height)
}

/// The ids under which a keyboard on the screen may offer `letter`.
pub(super) fn keys_of(letter: char) -> [String; 3] {
    [
        format!("key:{letter}"),
        format!("key:{}", letter.to_ascii_uppercase()),
        format!("key:{}", letter.to_ascii_lowercase()),
    ]
}
