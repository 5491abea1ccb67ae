//! Cards, notices and what else holds other things together.

use iced::widget::{Column, column, container, row};
use iced::{Background, Center, Color, Element, Fill, Length, border};

use super::icon::Icon;
use super::label;
use crate::ui::theme::{self, Look, edge, size};

/// A white card.
pub(crate) fn card<'a, Message: 'a>(
    look: &Look,
    content: impl Into<Element<'a, Message>>,
) -> Element<'a, Message> {
    let colours = look.colours;
    container(content)
        .width(Fill)
        .padding(theme::space::M)
        .style(move |_| container::Style {
            background: Some(Background::Color(colours.surface)),
            border: edge(colours.line, colours.line_px),
            ..container::Style::default()
        })
        .into()
}

/// What a notice is about: its colour and its icon, never the colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It went well.
    Good,
    /// Something to know.
    Note,
    /// Somebody has to look, or it is slower than usual.
    Warn,
    /// It does not go on like this.
    Bad,
}

impl Tone {
    /// Ink and ground.
    pub(crate) fn colours(self, look: &Look) -> (Color, Color) {
        let c = look.colours;
        match self {
            Self::Good => (c.good, c.good_soft),
            Self::Note => (c.primary, c.primary_soft),
            Self::Warn => (c.warn, c.warn_soft),
            Self::Bad => (c.bad, c.bad_soft),
        }
    }

    /// The icon.
    pub(crate) fn icon(self) -> Icon {
        match self {
            Self::Good => Icon::CheckCircle,
            Self::Note => Icon::Info,
            Self::Warn => Icon::Alert,
            Self::Bad => Icon::Stop,
        }
    }
}

/// A coloured notice with its icon, a strong line and what to do.
pub(crate) fn notice<'a, Message: 'a>(
    look: &Look,
    tone: Tone,
    what: impl Into<String>,
    more: impl Into<String>,
) -> Element<'a, Message> {
    let more = more.into();
    let (ink, _) = tone.colours(look);
    let mut words = column![label::bold(what.into(), size::BODY, ink)].spacing(theme::space::XS);
    if !more.is_empty() {
        words = words.push(label::body(look, more));
    }
    tinted(
        look,
        tone,
        row![tone.icon().draw(52.0, ink), words.width(Fill)]
            .spacing(theme::space::M)
            .align_y(Center),
    )
}

/// A coloured card.
pub(crate) fn tinted<'a, Message: 'a>(
    look: &Look,
    tone: Tone,
    content: impl Into<Element<'a, Message>>,
) -> Element<'a, Message> {
    let (ink, ground) = tone.colours(look);
    let line_px = look.colours.line_px;
    container(content)
        .width(Fill)
        .padding(theme::space::M)
        .style(move |_| container::Style {
            background: Some(Background::Color(ground)),
            border: edge(ink, line_px),
            ..container::Style::default()
        })
        .into()
}

/// A quiet area, for what cannot be changed.
pub(crate) fn quiet<'a, Message: 'a>(
    look: &Look,
    content: impl Into<Element<'a, Message>>,
) -> Element<'a, Message> {
    let colours = look.colours;
    container(content)
        .width(Fill)
        .padding([theme::space::S, theme::space::M])
        .style(move |_| container::Style {
            background: Some(Background::Color(colours.quiet)),
            border: border::rounded(14.0),
            ..container::Style::default()
        })
        .into()
}

/// An icon in a tinted circle.
pub(crate) fn badge<'a, Message: 'a>(
    icon: Icon,
    px: f32,
    ink: Color,
    ground: Color,
) -> Element<'a, Message> {
    container(icon.draw(px * 0.56, ink))
        .center(Length::Fixed(px))
        .style(move |_| container::Style {
            background: Some(Background::Color(ground)),
            border: border::rounded(px / 2.0),
            ..container::Style::default()
        })
        .into()
}

/// A small number in a filled circle, for steps and lists.
pub(crate) fn number<'a, Message: 'a>(look: &Look, number: usize) -> Element<'a, Message> {
    let colours = look.colours;
    container(label::bold(number.to_string(), size::CAPTION, colours.on_primary))
        .center(Length::Fixed(46.0))
        .style(move |_| container::Style {
            background: Some(Background::Color(colours.primary)),
            border: border::rounded(23.0),
            ..container::Style::default()
        })
        .into()
}

/// A label over its value, as in a filled form.
pub(crate) fn fact<'a, Message: 'a>(
    look: &Look,
    name: impl Into<String>,
    value: impl Into<String>,
) -> Column<'a, Message> {
    column![label::caption(look, name.into()), label::strong(look, value.into())].spacing(2)
}
