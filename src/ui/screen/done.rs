//! Thank you, and what to take along.

use iced::widget::{Column, column, container, row};
use iced::{Center, Element, Fill, Size};

use super::{Message, Page, Scene};
use crate::session::event::{Event, Paper, PaperState};
use crate::ui::theme::{self, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::machine::{Part, machine};
use crate::ui::widget::{label, panel, press};

pub(super) fn view(scene: Scene<'_>) -> Page<'_> {
    let look = scene.look;
    let ends_in = scene.session.farewell(scene.now).map_or_else(String::new, look.text.ends_in);
    let (lead, words, icon, leave) = if scene.session.is_printing() {
        (look.text.done_wait.to_owned(), look.text.done_printing, Icon::Printer, None)
    } else {
        (ends_in, look.text.done_leave, Icon::Check, Some(Message::Tell(Event::WentOn)))
    };
    Page {
        title: look.text.done_title.into(),
        lead: lead.into(),
        body: Box::new(move |room| body(scene, room)),
        primary: Some(press::primary(&look, words, icon, leave)),
        must_be_read: false,
        back: None,
    }
}

fn body(scene: Scene<'_>, room: Size) -> Element<'_, Message> {
    let look = scene.look;
    let text = look.text;
    let c = look.colours;
    let printed = |wanted: &[Paper]| {
        scene.session.papers().any(|(paper, state)| {
            let comes = match state {
                PaperState::Waiting | PaperState::Printing | PaperState::Printed => true,
                PaperState::Held(_) | PaperState::Unknown | PaperState::NotAvailable => false,
            };
            wanted.contains(&paper) && comes
        })
    };
    let mut lit = Vec::new();
    if printed(&[Paper::Original, Paper::Copy]) {
        lit.push(Part::Certificates);
    }
    if printed(&[Paper::Receipt, Paper::Slip, Paper::Data]) {
        lit.push(Part::Receipts);
    }
    let mut things = vec![(Icon::Card, text.done_document), (Icon::Phone, text.done_phone)];
    if !lit.is_empty() {
        things.push((Icon::Certificate, text.done_papers));
    }
    let mut list = Column::new().spacing(theme::space::M).width(Fill);
    list = list.push(label::bold(text.done_take, size::TITLE, c.primary));
    for (icon, words) in things {
        list = list.push(
            row![
                panel::badge(icon, 100.0, c.primary, c.primary_soft),
                label::heading(&look, words).width(Fill),
            ]
            .spacing(theme::space::M)
            .align_y(Center),
        );
    }
    let picture = (room.height - 60.0).clamp(220.0, 700.0);
    column![
        panel::card(
            &look,
            row![
                list,
                container(machine(&look, lit, scene.beat(), picture)).align_right(iced::Shrink),
            ]
            .spacing(theme::space::M)
            .align_y(Center),
        )
    ]
    .into()
}
