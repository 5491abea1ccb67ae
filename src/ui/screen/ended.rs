//! The visit ended without a decision; why, and that nothing is kept.

use iced::widget::{column, container};
use iced::{Center, Element, Fill};

use super::{Message, Scene, frame};
use crate::session::event::Event;
use crate::session::{Ending, Stage};
use crate::ui::theme::{self, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, press};

pub(super) fn view(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let text = look.text;
    let c = look.colours;
    let Stage::Ended(ending) = scene.session.stage() else { return column![].into() };
    let (icon, what, more) = match ending {
        Ending::Cancelled => (Icon::Leave, text.ended_cancelled, text.ended_cancelled_more),
        Ending::TimedOut => (Icon::Clock, text.ended_timed_out, text.ended_timed_out_more),
        Ending::TooLong => (Icon::Hourglass, text.ended_too_long, text.ended_too_long_more),
    };
    // Large and wide there is no room for it.
    let left = scene.session.farewell(scene.now).filter(|_| !(look.large && look.is_wide()));
    let left = left.map(look.text.ends_in);
    let content = column![
        panel::badge(icon, if look.is_wide() { 110.0 } else { 220.0 }, c.primary, c.primary_soft),
        label::bold(what, size::TITLE, c.ink).align_x(Center),
        label::body(&look, more).align_x(Center),
        panel::notice(&look, Tone::Good, text.ended_wiped, ""),
    ]
    .push(left.map(|left| label::soft(&look, left).align_x(Center)))
    .spacing(if look.is_wide() { theme::space::M } else { theme::space::L })
    .align_x(Center)
    .max_width(900);
    column![
        frame::bar(scene),
        container(content).center(Fill).padding(look.margin()),
        container(press::primary(
            &look,
            text.ended_again,
            Icon::ArrowRight,
            Some(Message::Tell(Event::WentOn)),
        ))
        .padding([theme::space::L, look.margin()]),
    ]
    .height(Fill)
    .into()
}
