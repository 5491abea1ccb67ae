//! Keyboards on the screen: they offer only what can stand in the field.

use iced::widget::{Column, Row, column, container, row};
use iced::{Center, Element, Fill, FillPortion, Length};

use super::icon::Icon;
use super::press;
use crate::ui::theme::{self, Look};

/// Least height of a key: 16 mm.
const KEY_PX_MIN: f32 = 65.0;

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

/// The keyboard of short texts in Latin letters.
pub(crate) fn text<'a, Message: Clone + 'a>(
    look: &Look,
    capitals: bool,
    height: f32,
    on_key: impl Fn(Key) -> Message + Copy + 'a,
) -> Element<'a, Message> {
    let mut keys = Column::new().spacing(theme::space::S);
    for letters in TEXT_ROWS {
        let letters = if capitals { letters.to_ascii_uppercase() } else { letters.to_owned() };
        keys = keys.push(row_of(look, &letters, height, on_key));
    }
    let ink = if capitals { look.colours.primary } else { look.colours.ink };
    keys.push(
        row![
            press::key(
                look,
                "key:shift".to_owned(),
                named(Icon::Shift, look.text.key_shift, ink),
                (FillPortion(2), height),
                Some(on_key(Key::Shift)),
            ),
            press::key(
                look,
                "key:space".to_owned(),
                press::letter(look, look.text.key_space),
                (FillPortion(4), height),
                Some(on_key(Key::Write(' '))),
            ),
            clear(look, (FillPortion(2), height), on_key),
            delete(look, (FillPortion(2), height), on_key),
        ]
        .spacing(theme::space::S),
    )
    .into()
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
