//! What can be touched. Every one carries an id, by which scripts and tests find it.

use iced::widget::button::{Status, Style};
use iced::widget::{Button, Row, button, column, container, row, space, text};
use iced::{Background, Border, Center, Color, Element, Fill, Length, Shrink, border};

use super::icon::Icon;
use super::label;
use super::panel;
use crate::ui::theme::{self, Colours, Look, edge, size, target};

/// The one button that goes on. Without a message it cannot be touched, and looks it.
pub(crate) fn primary<'a, Message: Clone + 'a>(
    look: &Look,
    words: impl Into<String>,
    icon: Icon,
    message: Option<Message>,
) -> Element<'a, Message> {
    let colours = look.colours;
    let ink = if message.is_some() { colours.on_primary } else { colours.soft };
    let content =
        row![label::bold(words.into(), size::HEADING, ink).align_x(Center), icon.draw(40.0, ink),]
            .spacing(theme::space::S)
            .align_y(Center);
    touchable(
        "primary",
        button(container(content).center(Fill))
            .width(Fill)
            .height(target::PRIMARY)
            .style(move |_, status| solid(colours, status))
            .on_press_maybe(message),
    )
}

/// The button of the welcome screen: it fills its room.
pub(crate) fn hero<'a, Message: Clone + 'a>(
    look: &Look,
    words: &'a str,
    icon: Icon,
    message: Message,
) -> Element<'a, Message> {
    let colours = look.colours;
    let content = row![
        icon.draw(if look.large { 48.0 } else { 64.0 }, colours.on_primary),
        label::bold(
            words,
            if look.large { size::HEADING } else { size::TITLE },
            colours.on_primary
        ),
    ]
    .spacing(theme::space::M)
    .align_y(Center);
    container(
        button(container(content).center(Fill))
            .width(Fill)
            .height(Fill)
            .style(move |_, status| solid(colours, status))
            .on_press(message),
    )
    .width(Fill)
    .height(Fill)
    .id("primary")
    .into()
}

/// A button for what one may do instead.
pub(crate) fn secondary<'a, Message: Clone + 'a>(
    look: &Look,
    id: &'static str,
    words: impl Into<String>,
    icon: Icon,
    message: Option<Message>,
) -> Element<'a, Message> {
    beside(look, id, words, Some(icon), message, (Shrink, target::BUTTON))
}

/// The same as wide as its place.
pub(crate) fn wide<'a, Message: Clone + 'a>(
    look: &Look,
    id: &'static str,
    words: impl Into<String>,
    icon: Icon,
    message: Message,
) -> Element<'a, Message> {
    beside(look, id, words, Some(icon), Some(message), (Fill, target::BUTTON))
}

/// The same without an icon, where words beside it need the room.
pub(crate) fn plain<'a, Message: Clone + 'a>(
    look: &Look,
    id: &'static str,
    words: impl Into<String>,
    message: Option<Message>,
) -> Element<'a, Message> {
    beside(look, id, words, None, message, (Shrink, target::BUTTON))
}

/// The same with its icon behind the words: it leads on.
pub(crate) fn onward<'a, Message: Clone + 'a>(
    look: &Look,
    id: &'static str,
    words: impl Into<String>,
    icon: Icon,
    message: Option<Message>,
) -> Element<'a, Message> {
    let colours = look.colours;
    let ink = if message.is_some() { colours.primary } else { colours.soft };
    let content = row![label::bold(words.into(), size::BODY, ink), icon.draw(34.0, ink)]
        .spacing(theme::space::S)
        .align_y(Center);
    touchable(
        id,
        button(container(content).center_y(Fill))
            .height(target::BUTTON)
            .padding([0.0, theme::space::M])
            .style(move |_, status| outlined(colours, status, false))
            .on_press_maybe(message),
    )
}

/// A secondary button of the foot, as high as the primary; in large print, where room is scarce,
/// without its icon.
pub(crate) fn foot<'a, Message: Clone + 'a>(
    look: &Look,
    id: &'static str,
    words: impl Into<String>,
    icon: Icon,
    message: Option<Message>,
) -> Element<'a, Message> {
    beside(look, id, words, (!look.large).then_some(icon), message, (Shrink, target::PRIMARY))
}

fn beside<'a, Message: Clone + 'a>(
    look: &Look,
    id: &'static str,
    words: impl Into<String>,
    icon: Option<Icon>,
    message: Option<Message>,
    (width, height): (Length, f32),
) -> Element<'a, Message> {
    let colours = look.colours;
    let ink = if message.is_some() { colours.primary } else { colours.soft };
    let content = Row::new()
        .push(icon.map(|icon| icon.draw(34.0, ink)))
        .push(label::bold(words.into(), size::BODY, ink))
        .spacing(theme::space::S)
        .align_y(Center);
    touchable(
        id,
        button(container(content).width(width).align_x(Center).center_y(Fill))
            .width(width)
            .height(height)
            .padding([0.0, theme::space::M])
            .style(move |_, status| outlined(colours, status, false))
            .on_press_maybe(message),
    )
}

/// A quiet button of the bar at the top.
pub(crate) fn quiet<'a, Message: Clone + 'a>(
    look: &Look,
    id: &'static str,
    words: impl Into<String>,
    icon: Icon,
    message: Message,
) -> Element<'a, Message> {
    let colours = look.colours;
    let content = row![
        icon.draw(34.0, colours.primary),
        label::bold(words.into(), size::CAPTION, colours.primary),
    ]
    .spacing(theme::space::XS)
    .align_y(Center);
    touchable(
        id,
        button(container(content).center_y(Fill))
            .height(80.0)
            .padding([0.0, theme::space::S])
            .style(move |_, status| flat(colours, status))
            .on_press(message),
    )
}

/// A choice with a mark: round where one is chosen, square where several may be.
pub(crate) fn choice<'a, Message: Clone + 'a>(
    look: &Look,
    id: String,
    words: impl Into<String>,
    chosen: bool,
    several: bool,
    height: f32,
    message: Message,
) -> Element<'a, Message> {
    let colours = look.colours;
    let content = row![
        mark(look, chosen, several),
        if chosen {
            label::bold(words.into(), size::BODY, colours.primary)
        } else {
            label::body(look, words.into())
        }
        .line_height(text::LineHeight::Relative(1.25))
        .width(Fill),
    ]
    .spacing(theme::space::S)
    .align_y(Center);
    touchable(
        id,
        button(container(content).center_y(Fill))
            .width(Fill)
            .height(height)
            .padding([0.0, theme::space::M])
            .style(move |_, status| outlined(colours, status, chosen))
            .on_press(message),
    )
}

fn mark<'a, Message: 'a>(look: &Look, chosen: bool, several: bool) -> Element<'a, Message> {
    let colours = look.colours;
    let content: Element<'a, Message> = if chosen {
        Icon::Check.draw(28.0, colours.on_primary)
    } else {
        space().width(28.0).height(28.0).into()
    };
    container(content)
        .center(Length::Fixed(44.0))
        .style(move |_| container::Style {
            background: Some(Background::Color(if chosen {
                colours.primary
            } else {
                colours.surface
            })),
            border: Border {
                color: if chosen { colours.primary } else { colours.soft },
                width: 3.0,
                radius: border::radius(if several { 10.0 } else { 22.0 }),
            },
            ..container::Style::default()
        })
        .into()
}

/// A big card with an icon, a title and a line under it.
pub(crate) fn card<'a, Message: Clone + 'a>(
    look: &Look,
    id: String,
    icon: Icon,
    title: &'a str,
    more: &'a str,
    height: f32,
    message: Message,
) -> Element<'a, Message> {
    let colours = look.colours;
    let words = column![
        label::strong(look, title).line_height(text::LineHeight::Relative(1.2)),
        label::caption(look, more).line_height(text::LineHeight::Relative(1.3)),
    ]
    .spacing(theme::space::XS)
    .width(Fill);
    let content = row![panel::badge(icon, 92.0, colours.primary, colours.primary_soft), words]
        .spacing(theme::space::S)
        .align_y(Center);
    touchable(
        id,
        button(container(content).center_y(Fill))
            .width(Fill)
            .height(height)
            .padding([0.0, theme::space::S])
            .clip(true)
            .style(move |_, status| outlined(colours, status, false))
            .on_press(message),
    )
}

/// Any content that can be touched as a whole.
pub(crate) fn block<'a, Message: Clone + 'a>(
    look: &Look,
    id: String,
    content: impl Into<Element<'a, Message>>,
    chosen: bool,
    message: Message,
) -> Element<'a, Message> {
    let colours = look.colours;
    touchable(
        id,
        button(content)
            .width(Fill)
            .padding(theme::space::S)
            .style(move |_, status| outlined(colours, status, chosen))
            .on_press(message),
    )
}

/// A tab of a row of tabs.
pub(crate) fn tab<'a, Message: Clone + 'a>(
    look: &Look,
    id: String,
    icon: Icon,
    words: &'a str,
    chosen: bool,
    height: f32,
    message: Message,
) -> Element<'a, Message> {
    let colours = look.colours;
    let ink = if chosen { colours.on_primary } else { colours.primary };
    let content = row![
        icon.draw(40.0, ink),
        label::bold(words, size::CAPTION, ink)
            .line_height(text::LineHeight::Relative(1.25))
            .width(Fill),
    ]
    .spacing(theme::space::S)
    .align_y(Center);
    touchable(
        id,
        button(container(content).center_y(Fill))
            .width(Fill)
            .height(height)
            .padding([0.0, theme::space::S])
            .style(
                move |_, status| {
                    if chosen { solid(colours, status) } else { outlined(colours, status, false) }
                },
            )
            .on_press(message),
    )
}

/// A tab without an icon, of a row of many.
pub(crate) fn small_tab<'a, Message: Clone + 'a>(
    look: &Look,
    id: &'static str,
    words: impl Into<String>,
    chosen: bool,
    message: Message,
) -> Element<'a, Message> {
    let colours = look.colours;
    let ink = if chosen { colours.on_primary } else { colours.primary };
    let words = label::bold(words.into(), size::CAPTION, ink)
        .line_height(text::LineHeight::Relative(1.2))
        .align_x(Center);
    touchable(
        id,
        button(container(words).center(Fill))
            .width(Fill)
            .height(target::KEY)
            .padding([0.0, theme::space::XS])
            .style(
                move |_, status| {
                    if chosen { solid(colours, status) } else { outlined(colours, status, false) }
                },
            )
            .on_press(message),
    )
}

/// A key of a keyboard.
pub(crate) fn key<'a, Message: Clone + 'a>(
    look: &Look,
    id: String,
    content: impl Into<Element<'a, Message>>,
    size: (Length, f32),
    message: Option<Message>,
) -> Element<'a, Message> {
    cell(look, id, content, size, false, message)
}

/// A cell of a grid, which can be the chosen one.
pub(crate) fn cell<'a, Message: Clone + 'a>(
    look: &Look,
    id: String,
    content: impl Into<Element<'a, Message>>,
    (width, height): (Length, f32),
    chosen: bool,
    message: Option<Message>,
) -> Element<'a, Message> {
    let colours = look.colours;
    container(
        button(container(content).center(Fill))
            .width(Fill)
            .height(height)
            .padding(0)
            .style(move |_, status| {
                let style = outlined(colours, status, chosen);
                Style { border: Border { radius: border::radius(12.0), ..style.border }, ..style }
            })
            .on_press_maybe(message),
    )
    .id(id)
    .width(width)
    .into()
}

/// The letter on a key.
pub(crate) fn letter<'a>(look: &Look, letter: impl Into<String>) -> text::Text<'a, iced::Theme> {
    label::bold(letter.into(), size::HEADING, look.colours.ink)
        .line_height(text::LineHeight::Relative(1.0))
        .wrapping(text::Wrapping::None)
}

/// A row of equally wide parts.
pub(crate) fn evenly<'a, Message: 'a>(
    parts: impl IntoIterator<Item = Element<'a, Message>>,
) -> Row<'a, Message> {
    Row::with_children(parts.into_iter().map(|part| container(part).width(Fill).into()))
        .spacing(theme::space::S)
        .width(Fill)
}

fn touchable<'a, Message: Clone + 'a>(
    id: impl Into<iced::widget::Id>,
    button: Button<'a, Message>,
) -> Element<'a, Message> {
    let width = iced::advanced::Widget::size(&button).width;
    container(button).width(width).id(id).into()
}

fn solid(colours: &Colours, status: Status) -> Style {
    let (ground, ink) = match status {
        Status::Active | Status::Hovered => (colours.primary, colours.on_primary),
        Status::Pressed => (darker(colours.primary), colours.on_primary),
        Status::Disabled => (colours.quiet, colours.soft),
    };
    let line = if status == Status::Disabled { colours.line } else { ground };
    Style {
        background: Some(Background::Color(ground)),
        text_color: ink,
        border: edge(line, colours.line_px),
        ..Style::default()
    }
}

fn outlined(colours: &Colours, status: Status, chosen: bool) -> Style {
    let ground = match status {
        Status::Active | Status::Hovered if chosen => colours.primary_soft,
        Status::Active | Status::Hovered => colours.surface,
        Status::Pressed => colours.primary_soft,
        Status::Disabled => colours.quiet,
    };
    let (line, width) = if chosen || status == Status::Pressed {
        (colours.primary, 4.0)
    } else {
        (colours.line, colours.line_px)
    };
    Style {
        background: Some(Background::Color(ground)),
        text_color: colours.ink,
        border: edge(line, width),
        ..Style::default()
    }
}

fn flat(colours: &Colours, status: Status) -> Style {
    let ground = match status {
        Status::Pressed => colours.primary_soft,
        Status::Active | Status::Hovered | Status::Disabled => Color::TRANSPARENT,
    };
    Style {
        background: Some(Background::Color(ground)),
        text_color: colours.primary,
        border: border::rounded(18.0),
        ..Style::default()
    }
}

fn darker(colour: Color) -> Color {
    Color { r: colour.r * 0.75, g: colour.g * 0.75, b: colour.b * 0.75, a: colour.a }
}
