//! Told at once (一次告知): conditions and papers, what to have ready, and what happens to the data.

use iced::widget::{Column, column, container, row};
use iced::{Center, Element, Fill, Size};

use super::{Message, Page, Scene};
use crate::session::event::Event;
use crate::ui::theme::{self, Look};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::{label, panel, press};

pub(super) fn view(scene: Scene<'_>) -> Page<'_> {
    let look = scene.look;
    let chosen = scene.session.entry().map_or("", |entry| entry.title.get(look.language));
    Page {
        title: look.text.telling_title.into(),
        lead: chosen.into(),
        body: Box::new(move |room| body(scene, room)),
        primary: Some(press::primary(
            &look,
            look.text.telling_accept,
            Icon::ArrowRight,
            Some(Message::Tell(Event::Told)),
        )),
        must_be_read: true,
        back: None,
    }
}

fn body(scene: Scene<'_>, _room: Size) -> Element<'_, Message> {
    let look = scene.look;
    if look.is_wide() {
        row![
            conditions(scene),
            column![ready(&look), privacy(scene)].spacing(theme::space::M).width(Fill),
        ]
        .spacing(theme::space::M)
        .into()
    } else {
        column![conditions(scene), ready(&look), privacy(scene)].spacing(theme::space::S).into()
    }
}

fn conditions(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let told = scene.session.entry().map_or(&[][..], |entry| &entry.told);
    let mut list = Column::new().spacing(theme::space::S);
    list = list.push(label::heading(&look, look.text.telling_conditions));
    for (at, told) in told.iter().enumerate() {
        list = list.push(
            row![
                panel::number(&look, at + 1),
                label::body(&look, told.get(look.language)).width(Fill),
            ]
            .spacing(theme::space::S),
        );
    }
    panel::card(&look, list)
}

fn ready<'a>(look: &Look) -> Element<'a, Message> {
    let text = look.text;
    let c = look.colours;
    let one = |icon: Icon, words: &'a str, more: &'a str| {
        let mut lines = column![label::body(look, words)].width(Fill);
        if !more.is_empty() {
            lines = lines.push(label::caption(look, more));
        }
        row![panel::badge(icon, 68.0, c.primary, c.primary_soft), lines]
            .spacing(theme::space::S)
            .align_y(Center)
    };
    panel::card(
        look,
        column![
            label::heading(look, text.telling_bring),
            one(Icon::Card, text.telling_person, ""),
            one(Icon::PhoneCode, text.telling_business, text.telling_business_typed),
        ]
        .spacing(theme::space::S),
    )
}

/// Purpose, kinds, keeping time, necessity and rights, before anything is asked (个人信息保护法 17, 30,
/// 24(3), 44 to 47).
fn privacy(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let issuer = scene.session.issuer().name.as_str();
    container(panel::quiet(
        &look,
        column![
            label::with_icon(
                Icon::Shield,
                40.0,
                look.colours.primary,
                label::strong(&look, look.text.telling_privacy),
            ),
            label::caption(&look, (look.text.privacy)(issuer)),
            label::caption(&look, look.text.telling_privacy_more),
            label::caption(&look, look.text.telling_privacy_rights),
        ]
        .spacing(theme::space::XS),
    ))
    .width(Fill)
    .into()
}
