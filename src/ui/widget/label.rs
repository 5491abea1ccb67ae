//! Texts in the sizes of the design.

use iced::widget::text;
use iced::widget::text::{IntoFragment, LineHeight, Text, Wrapping};
use iced::{Color, Element};

use super::icon::Icon;
use crate::ui::theme::{BOLD, Look, size, space};

/// The title of a screen.
pub(crate) fn title<'a>(look: &Look, words: impl IntoFragment<'a>) -> Text<'a> {
    bold(words, size::TITLE, look.colours.ink)
}

/// A heading inside a screen.
pub(crate) fn heading<'a>(look: &Look, words: impl IntoFragment<'a>) -> Text<'a> {
    bold(words, size::HEADING, look.colours.ink)
}

/// What matters in running text.
pub(crate) fn strong<'a>(look: &Look, words: impl IntoFragment<'a>) -> Text<'a> {
    bold(words, size::BODY, look.colours.ink)
}

/// Running text.
pub(crate) fn body<'a>(look: &Look, words: impl IntoFragment<'a>) -> Text<'a> {
    plain(words, size::BODY, look.colours.ink)
}

/// Text that stands beside.
pub(crate) fn soft<'a>(look: &Look, words: impl IntoFragment<'a>) -> Text<'a> {
    plain(words, size::BODY, look.colours.soft)
}

/// Sources, articles, hints.
pub(crate) fn caption<'a>(look: &Look, words: impl IntoFragment<'a>) -> Text<'a> {
    plain(words, size::CAPTION, look.colours.soft)
}

/// Bold text of any size and colour.
pub(crate) fn bold<'a>(words: impl IntoFragment<'a>, px: f32, colour: Color) -> Text<'a> {
    plain(words, px, colour).font(BOLD)
}

/// Text of any size and colour. Long words without spaces, such as addresses, still break.
pub(crate) fn plain<'a>(words: impl IntoFragment<'a>, px: f32, colour: Color) -> Text<'a> {
    text(words)
        .size(px)
        .line_height(LineHeight::Relative(1.4))
        .wrapping(Wrapping::WordOrGlyph)
        .color(colour)
}

/// An icon and a line of text.
pub(crate) fn with_icon<'a, Message: 'a>(
    icon: Icon,
    px: f32,
    colour: Color,
    words: Text<'a>,
) -> Element<'a, Message> {
    iced::widget::row![icon.draw(px, colour), words.width(iced::Fill)]
        .spacing(space::S)
        .align_y(iced::Center)
        .into()
}
