//! What lies over a screen: "are you still there?" and "end this visit?".

use iced::widget::{column, container, opaque, row, stack};
use iced::{Background, Center, Color, Element, Fill};

use super::{Message, Scene};
use crate::session::Stage;
use crate::session::event::Event;
use crate::ui::theme::{self, edge, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::{label, panel, press};

/// `base`, with what lies over it at the moment.
pub(super) fn over<'a>(
    scene: Scene<'a>,
    base: Element<'a, Message>,
    asks_to_end: bool,
) -> Element<'a, Message> {
    let card = if let Some(seconds) = scene.session.countdown(scene.now) {
        still_there(scene, seconds)
    } else if asks_to_end {
        end(scene)
    } else {
        return stack![base].into();
    };
    let colours = scene.look.colours;
    let card =
        container(card).max_width(900).padding(theme::space::XL).style(move |_| container::Style {
            background: Some(Background::Color(colours.surface)),
            border: edge(colours.primary, 4.0),
            ..container::Style::default()
        });
    let veil =
        container(card).center(Fill).padding(scene.look.margin()).style(|_| container::Style {
            background: Some(Background::Color(Color::from_rgba(0.04, 0.09, 0.16, 0.62))),
            ..container::Style::default()
        });
    stack![base, opaque(veil)].into()
}

/// One touch anywhere goes on; the button says so.
fn still_there(scene: Scene<'_>, seconds: u64) -> Element<'_, Message> {
    let look = scene.look;
    let text = look.text;
    let c = look.colours;
    column![
        label::bold(text.still_there, size::TITLE, c.ink).align_x(Center),
        container(label::bold(seconds.to_string(), 120.0, c.primary)).center(220.0).style(
            move |_| container::Style {
                background: Some(Background::Color(c.primary_soft)),
                border: iced::Border {
                    color: c.primary,
                    width: 10.0,
                    radius: iced::border::radius(110.0),
                },
                ..container::Style::default()
            }
        ),
        label::body(&look, (text.still_there_more)(seconds)).align_x(Center),
        press::primary(&look, text.still_here, Icon::Check, Some(Message::Tell(Event::Touched)),),
    ]
    .spacing(theme::space::L)
    .align_x(Center)
    .into()
}

fn end(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let text = look.text;
    let c = look.colours;
    let decided = matches!(scene.session.stage(), Stage::Decided(_));
    let more = if decided { text.end_more_decided } else { text.end_more };
    let leave = press::foot(
        &look,
        "end-confirm",
        text.end_confirm,
        Icon::Leave,
        Some(Message::Tell(Event::Cancelled)),
    );
    column![
        panel::badge(Icon::Question, 140.0, c.primary, c.primary_soft),
        label::bold(text.end_title, size::TITLE, c.ink).align_x(Center),
        label::body(&look, more).align_x(Center),
        row![leave, press::primary(&look, text.end_stay, Icon::ArrowRight, Some(Message::KeepOn)),]
            .spacing(theme::space::M),
    ]
    .spacing(theme::space::L)
    .align_x(Center)
    .into()
}
