//! The registers are being asked: which, and how far each is.

use iced::widget::{Column, column, container, row};
use iced::{Center, Element, Fill, Size};

use super::{Message, Page, Scene};
use crate::session::LookUp;
use crate::session::event::{Register, Unanswered};
use crate::ui::theme::{self, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::{label, panel};

pub(super) fn view(scene: Scene<'_>) -> Page<'_> {
    let look = scene.look;
    Page {
        title: look.text.looking_title.into(),
        lead: (look.text.looking_lead)(scene.session.look_up_time().as_secs()).into(),
        body: Box::new(move |room| body(scene, room)),
        primary: None,
        must_be_read: false,
        back: None,
    }
}

fn body(scene: Scene<'_>, room: Size) -> Element<'_, Message> {
    let look = scene.look;
    let text = look.text;
    let look_ups: Vec<(Register, LookUp)> = scene.session.look_ups().collect();
    let answered = look_ups.iter().filter(|(_, state)| *state == LookUp::Answered).count();
    let least = if look.large { 100.0 } else { 84.0 };
    // Below them two lines, and around each its padding and a gap.
    let height = ((room.height - 140.0) / 3.0 - 3.0 * theme::space::M).clamp(least, 230.0);
    let mut list = Column::new().spacing(theme::space::M);
    for (register, state) in &look_ups {
        list = list.push(one(scene, *register, *state, height));
    }
    list.push(
        column![
            label::strong(&look, (text.registers_answered)(answered, look_ups.len())),
            label::with_icon(
                Icon::Shield,
                36.0,
                look.colours.soft,
                label::soft(&look, text.looking_why),
            ),
        ]
        .spacing(theme::space::S),
    )
    .into()
}

fn one(scene: Scene<'_>, register: Register, state: LookUp, height: f32) -> Element<'_, Message> {
    let look = scene.look;
    let text = look.text;
    let c = look.colours;
    let name = match register {
        Register::Business => text.register_business,
        Register::FoodAndDrug => text.register_food,
        Register::MicroService => text.register_district,
    };
    let (icon, ink, ground, words) = match state {
        LookUp::Asked => (Icon::Hourglass, c.primary, c.primary_soft, text.look_up_asked),
        LookUp::Answered => (Icon::CheckCircle, c.good, c.good_soft, text.look_up_answered),
        LookUp::Unanswered(Unanswered::Down) => {
            (Icon::Alert, c.warn, c.warn_soft, text.look_up_down)
        }
        LookUp::Unanswered(Unanswered::Stale) => {
            (Icon::Clock, c.warn, c.warn_soft, text.look_up_stale)
        }
    };
    // Where height is scarce, how far it is stands beside the name.
    let says: Element<'_, Message> = if look.is_wide() {
        row![
            label::strong(&look, name).width(Fill),
            label::plain(words, size::CAPTION, ink).width(Fill)
        ]
        .spacing(theme::space::M)
        .align_y(Center)
        .into()
    } else {
        column![label::heading(&look, name), label::plain(words, size::BODY, ink)]
            .width(Fill)
            .into()
    };
    let content = row![panel::badge(icon, height.min(110.0), ink, ground), says,]
        .spacing(theme::space::M)
        .align_y(Center);
    panel::card(&look, container(content).center_y(height))
}
