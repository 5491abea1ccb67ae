//! Five grades (好差评), voluntary.

use iced::widget::{Column, column, row};
use iced::{Center, Element, Fill, Size};

use super::{Message, Page, Scene};
use crate::session::event::Event;
use crate::ui::theme::{self, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::{label, press};

pub(super) fn view(scene: Scene<'_>) -> Page<'_> {
    let look = scene.look;
    Page {
        title: look.text.rating_title.into(),
        lead: look.text.rating_lead.into(),
        body: Box::new(move |room| body(scene, room)),
        primary: Some(press::foot(
            &look,
            "decline",
            look.text.rating_decline,
            Icon::ArrowRight,
            Some(Message::Tell(Event::RatingDeclined)),
        )),
        must_be_read: false,
        back: None,
    }
}

fn body(scene: Scene<'_>, room: Size) -> Element<'_, Message> {
    let look = scene.look;
    let text = look.text;
    let grades = [
        (5, Icon::Face5, text.rating_5),
        (4, Icon::Face4, text.rating_4),
        (3, Icon::Face3, text.rating_3),
        (2, Icon::Face2, text.rating_2),
        (1, Icon::Face1, text.rating_1),
    ];
    let c = look.colours;
    if look.is_wide() {
        let height = (room.height - 60.0).clamp(200.0, 360.0);
        return press::evenly(grades.map(|(grade, icon, words)| {
            press::block(
                &look,
                format!("grade:{grade}"),
                iced::widget::container(
                    column![
                        icon.draw(110.0, c.primary),
                        label::bold(words, size::BODY, c.ink).align_x(Center),
                    ]
                    .spacing(theme::space::M)
                    .align_x(Center),
                )
                .center_x(Fill)
                .center_y(height),
                false,
                Message::Tell(Event::Rated(grade)),
            )
        }))
        .into();
    }
    let height = (room.height / 5.0 - theme::space::M - 2.0 * theme::space::S).clamp(96.0, 230.0);
    Column::with_children(grades.map(|(grade, icon, words)| {
        press::block(
            &look,
            format!("grade:{grade}"),
            iced::widget::container(
                row![
                    icon.draw((height * 0.62).min(110.0), c.primary),
                    label::bold(words, size::HEADING, c.ink).width(Fill),
                ]
                .spacing(theme::space::L)
                .align_y(Center),
            )
            .padding([0.0, theme::space::M])
            .center_y(height),
            false,
            Message::Tell(Event::Rated(grade)),
        )
    }))
    .spacing(theme::space::M)
    .into()
}
