//! Keyboards on the screen: they offer only what can stand in the field.

use iced::widget::{Column, Row, column, container, row};
use iced::{Center, Element, Fill, FillPortion, Length};

use super::icon::Icon;
use super::press;
use crate::ui::pinyin::Candidate;
use crate::ui::theme::{self, Look};

/// Least height of a key.
const KEY_PX_MIN: f32 = theme::target::LEAST;

/// The height of a key, where `rows` of them share `room`: a hand wants them big, not huge.
pub(crate) fn key_height(room: f32, rows: u8) -> f32 {
    (room / f32::from(rows) - theme::space::S).clamp(KEY_PX_MIN, 140.0)
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// Writes a character.
    Write(char),
    /// Takes the last character away.
    Delete,
    /// Takes everything away.
    Clear,
    /// Switches between small and capital letters.
    Shift,
    /// Switches between pinyin and letters as they are.
    Pinyin,
    /// Chooses one of the offered texts, by its number.
    Choose(usize),
    /// Shows more of the offered texts.
    More,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writing<'a> {
    /// Small letters and nothing else, as in names of the staff.
    Plain,
    /// Letters as they are.
    Latin {
        /// Capital letters.
        capitals: bool,
    },
    /// Pinyin.
    Pinyin {
        /// The letters typed so far.
        letters: &'a str,
        /// What they may mean.
        candidates: &'a [Candidate],
        /// Which of these are shown, by pages.
        page: usize,
    },
}

/// How many candidates stand beside each other.
pub(crate) fn candidates_per_page(look: &Look) -> usize {
    match (look.is_wide(), look.large) {
        (true, _) => 8,
        (false, false) => 6,
        (false, true) => 4,
    }
}

/// The rows of the credit code: digits, then letters in the order of the usual keyboard, without
/// I, O, S, V and Z, which no code has (GB 32100-2015, 4.1).
pub(crate) const USCC_ROWS: [&str; 4] = ["1234567890", "QWERTYUP", "ADFGHJKL", "XCBNM"];

/// Rows of the keyboard for short Latin texts.
const TEXT_ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm.,@"];

/// The keyboard of the credit code.
pub(crate) fn uscc<'a, Message: Clone + 'a>(
    look: &Look,
    height: f32,
    on_key: impl Fn(Key) -> Message + Copy + 'a,
) -> Element<'a, Message> {
    let mut keys = Column::new().spacing(theme::space::S);
    for (at, letters) in USCC_ROWS.into_iter().enumerate() {
        let mut line = row_of(look, letters, height, on_key);
        if at + 1 == USCC_ROWS.len() {
            line = line.push(clear(look, (FillPortion(2), height), on_key)).push(delete(
                look,
                (FillPortion(2), height),
                on_key,
            ));
        }
        keys = keys.push(line);
    }
    keys.into()
}

/// The keyboard of whole numbers.
pub(crate) fn number<'a, Message: Clone + 'a>(
    look: &Look,
    height: f32,
    on_key: impl Fn(Key) -> Message + Copy + 'a,
) -> Element<'a, Message> {
    let zero = press::key(
        look,
        "key:0".to_owned(),
        press::letter(look, "0"),
        (Fill, height),
        Some(on_key(Key::Write('0'))),
    );
    container(
        column![
            row_of(look, "123", height, on_key),
            row_of(look, "456", height, on_key),
            row_of(look, "789", height, on_key),
            row![clear(look, (Fill, height), on_key), zero, delete(look, (Fill, height), on_key)]
                .spacing(theme::space::S),
        ]
        .spacing(theme::space::S)
        .max_width(720),
    )
    .center_x(Fill)
    .into()
}

/// The rows of the keyboard of texts, with that of the words offered and that of the space.
pub(crate) fn text_rows(look: &Look, writing: &Writing<'_>) -> u8 {
    let offered = u8::from(matches!(writing, Writing::Pinyin { .. }));
    let left_out = u8::from(rows_left_out(look, writing) > 0);
    5 + offered - left_out
}

/// Where height is scarce, pinyin leaves the figures to the letters' own keyboard.
fn rows_left_out(look: &Look, writing: &Writing<'_>) -> usize {
    usize::from(look.is_wide() && matches!(writing, Writing::Pinyin { .. }))
}

/// The keyboard of texts: Chinese by pinyin, or letters as they are.
pub(crate) fn text<'a, Message: Clone + 'a>(
    look: &Look,
    writing: Writing<'a>,
    height: f32,
    on_key: impl Fn(Key) -> Message + Copy + 'a,
) -> Element<'a, Message> {
    let mut keys = Column::new().spacing(theme::space::S);
    let capitals = writing == Writing::Latin { capitals: true };
    if let Writing::Pinyin { letters, candidates, page } = writing {
        keys = keys.push(offered(look, letters, candidates, page, height, on_key));
    }
    for letters in TEXT_ROWS.into_iter().skip(rows_left_out(look, &writing)) {
        let letters = if capitals { letters.to_ascii_uppercase() } else { letters.to_owned() };
        keys = keys.push(row_of(look, &letters, height, on_key));
    }
    let named_key =
        |id: &str, icon: Icon, words: &'static str, on: bool, portion: u16, key: Key| {
            let ink = if on { look.colours.primary } else { look.colours.ink };
            press::key(
                look,
                format!("key:{id}"),
                named(icon, words, ink),
                (FillPortion(portion), height),
                Some(on_key(key)),
            )
        };
    let text = look.text;
    let first = match writing {
        Writing::Latin { capitals } => {
            Some(named_key("shift", Icon::Shift, text.key_shift, capitals, 2, Key::Shift))
        }
        Writing::Plain | Writing::Pinyin { .. } => None,
    };
    let other = match writing {
        Writing::Plain => None,
        Writing::Latin { .. } => Some(text.key_pinyin),
        Writing::Pinyin { .. } => Some(text.key_latin),
    };
    keys.push(
        Row::new()
            .push(
                other
                    .map(|other| named_key("pinyin", Icon::Language, other, false, 2, Key::Pinyin)),
            )
            .push(first)
            .push(press::key(
                look,
                "key:space".to_owned(),
                press::letter(look, text.key_space),
                (FillPortion(3), height),
                Some(on_key(Key::Write(' '))),
            ))
            .push(clear(look, (FillPortion(2), height), on_key))
            .push(delete(look, (FillPortion(2), height), on_key))
            .spacing(theme::space::S),
    )
    .into()
}

/// The letters typed, and what they may mean. The row keeps its height: keys must not jump under a
/// finger.
fn offered<'a, Message: Clone + 'a>(
    look: &Look,
    letters: &'a str,
    candidates: &'a [Candidate],
    page: usize,
    height: f32,
    on_key: impl Fn(Key) -> Message + Copy + 'a,
) -> Element<'a, Message> {
    let per_page = candidates_per_page(look);
    let hint = if letters.is_empty() { look.text.pinyin_hint } else { letters };
    let typed = super::label::bold(hint, theme::size::CAPTION, look.colours.soft)
        .line_height(iced::widget::text::LineHeight::Relative(1.2))
        .width(Fill);
    let first = page * per_page;
    let mut line = Row::new().spacing(theme::space::S).height(height);
    for at in first..first + per_page {
        line = match candidates.get(at) {
            Some(candidate) => {
                let count = u16::try_from(candidate.text.chars().count()).unwrap_or(u16::MAX);
                line.push(press::key(
                    look,
                    format!("candidate:{at}"),
                    press::letter(look, candidate.text.as_str()),
                    (FillPortion(count.clamp(2, 8)), height),
                    Some(on_key(Key::Choose(at))),
                ))
            }
            None => line.push(iced::widget::space().width(FillPortion(2))),
        };
    }
    let more = candidates.len() > per_page;
    line = line.push(press::key(
        look,
        "key:more".to_owned(),
        Icon::ArrowDown.draw(34.0, look.colours.ink),
        (Length::Fixed(84.0), height),
        more.then(|| on_key(Key::More)),
    ));
    column![typed, line].spacing(theme::space::XS).into()
}

fn row_of<'a, Message: Clone + 'a>(
    look: &Look,
    letters: &str,
    height: f32,
    on_key: impl Fn(Key) -> Message,
) -> Row<'a, Message> {
    Row::with_children(letters.chars().map(|letter| {
        press::key(
            look,
            format!("key:{letter}"),
            press::letter(look, letter),
            (Fill, height),
            Some(on_key(Key::Write(letter))),
        )
    }))
    .spacing(theme::space::S)
}

fn delete<'a, Message: Clone + 'a>(
    look: &Look,
    (width, height): (Length, f32),
    on_key: impl Fn(Key) -> Message,
) -> Element<'a, Message> {
    press::key(
        look,
        "key:delete".to_owned(),
        named(Icon::Backspace, look.text.key_delete, look.colours.ink),
        (width, height),
        Some(on_key(Key::Delete)),
    )
}

fn clear<'a, Message: Clone + 'a>(
    look: &Look,
    (width, height): (Length, f32),
    on_key: impl Fn(Key) -> Message,
) -> Element<'a, Message> {
    press::key(
        look,
        "key:clear".to_owned(),
        named(Icon::Close, look.text.key_clear, look.colours.ink),
        (width, height),
        Some(on_key(Key::Clear)),
    )
}

fn named<'a, Message: 'a>(icon: Icon, words: &'a str, ink: iced::Color) -> Element<'a, Message> {
    row![
        icon.draw(34.0, ink),
        super::label::bold(words, theme::size::CAPTION, ink)
            .wrapping(iced::widget::text::Wrapping::None),
    ]
    .spacing(theme::space::XS)
    .align_y(Center)
    .into()
}
