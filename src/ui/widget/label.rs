//! Texts in the sizes of the design.

use std::borrow::Cow;

use iced::advanced::text::{self as advanced, Paragraph as _};
use iced::alignment::Vertical;
use iced::widget::text;
use iced::widget::text::{IntoFragment, LineHeight, Text, Wrapping};
use iced::{Color, Element, Size};

use super::icon::Icon;
use crate::ui::theme::{BOLD, Look, REGULAR, size, space};

/// Lines stand well apart (GB/T 37668-2019 asks for 1.3 at least).
const LINE_HEIGHT: LineHeight = LineHeight::Relative(1.4);

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
    text(joined(words.into_fragment()))
        .size(px)
        .line_height(LINE_HEIGHT)
        .wrapping(Wrapping::WordOrGlyph)
        .color(colour)
}

/// Holds two characters together (Unicode Standard Annex 14, class WJ); it is not drawn.
const JOINER: char = '\u{2060}';
/// Chinese characters that stay together at the end of a text: one alone on the last line looks lost.
const STAY_TOGETHER: usize = 3;
/// A shorter text has no second line.
const MAY_BREAK_CHARS_MIN: usize = 7;

/// A Chinese text whose last characters stay on one line.
fn joined(words: Cow<'_, str>) -> Cow<'_, str> {
    let is_han = |letter: char| ('\u{4E00}'..='\u{9FFF}').contains(&letter);
    // A full stop and brackets never begin a line.
    let stem = words.trim_end_matches(|letter: char| !is_han(letter));
    let is_end = words.chars().rev().take(STAY_TOGETHER + 2).filter(|&letter| is_han(letter));
    if is_end.count() < STAY_TOGETHER || words.chars().count() < MAY_BREAK_CHARS_MIN {
        return words;
    }
    let mut text = String::with_capacity(words.len() + 6);
    let last = stem.chars().count();
    for (at, letter) in (1..).zip(words.chars()) {
        text.push(letter);
        if at < last && at + STAY_TOGETHER > last {
            text.push(JOINER);
        }
    }
    Cow::Owned(text)
}

/// A text as it was before it was made ready to be drawn.
pub(crate) fn unjoined(words: &str) -> String {
    words.replace(JOINER, "")
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

/// How high running text of this width is.
pub(crate) fn body_height(words: &str, width: f32) -> f32 {
    let words = joined(words.into());
    let text = advanced::Text {
        content: words.as_ref(),
        bounds: Size::new(width, f32::INFINITY),
        size: size::BODY.into(),
        line_height: LINE_HEIGHT,
        font: REGULAR,
        align_x: advanced::Alignment::Default,
        align_y: Vertical::Top,
        shaping: advanced::Shaping::Auto,
        wrapping: Wrapping::WordOrGlyph,
    };
    <<iced::Renderer as advanced::Renderer>::Paragraph>::with_text(text).min_bounds().height
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, drawn: &str) {
        let joined = joined(words.into());
        assert_eq!(joined.replace(JOINER, "+"), drawn);
        assert_eq!(unjoined(&joined), words);
    }

    #[test]
    fn the_last_characters_of_a_chinese_text_stay_together() {
        check("须由工作人员现场核查。", "须由工作人员现场+核+查。");
        check("奶茶店、咖啡店、果汁店", "奶茶店、咖啡店、果+汁+店");
        check("公共场所卫生备案管理办法（试行）。", "公共场所卫生备案管理办法（试行）。");
        for alone in ["下一步", "Touch to begin", "", "淄博有限公司 91370303MAXX01026W"] {
            check(alone, alone);
        }
    }
}
