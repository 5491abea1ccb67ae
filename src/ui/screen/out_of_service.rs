//! The screen of a kiosk that can serve nobody, and why; and of one that cannot yet.

use iced::widget::{column, container};
use iced::{Center, Element, Fill};

use super::{Message, Scene, frame};
use crate::ui::theme::{self, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::{label, panel};

pub(super) fn view(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let c = look.colours;
    if scene.is_starting {
        let content = column![
            panel::badge(Icon::Hourglass, 160.0, c.primary, c.primary_soft),
            label::bold(look.text.start_title, size::TITLE * 1.3, c.ink).align_x(Center),
            label::body(&look, look.text.start_more).align_x(Center),
        ]
        .spacing(theme::space::L)
        .align_x(Center);
        return page(scene, content.into());
    }
    let why =
        if scene.session.equipment().journal { look.text.out_proof } else { look.text.out_journal };
    let content = column![
        panel::badge(Icon::Stop, if look.is_wide() { 110.0 } else { 220.0 }, c.bad, c.bad_soft),
        label::bold(look.text.out_title, size::TITLE * 1.3, c.ink).align_x(Center),
        label::body(&look, why).align_x(Center),
        panel::notice(&look, panel::Tone::Note, look.text.out_help, ""),
    ]
    .spacing(if look.is_wide() { theme::space::M } else { theme::space::L })
    .align_x(Center)
    .max_width(900);
    page(scene, content.into())
}

fn page<'a>(scene: Scene<'a>, content: Element<'a, Message>) -> Element<'a, Message> {
    column![frame::bar(scene), container(content).center(Fill).padding(scene.look.margin()),]
        .height(Fill)
        .into()
}
