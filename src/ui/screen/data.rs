//! Which registers were asked about the applicant, when, for what, and what they answered, masked.

use iced::widget::{Column, Row, column, row, space};
use iced::{Center, Element, Fill, Size};

use super::{Message, Page, Scene};
use crate::domain::calendar::datetime_in_china;
use crate::session::data::{DataUse, Said, Source};
use crate::session::event::{Event, Register};
use crate::ui::text::Strings;
use crate::ui::theme;
use crate::ui::widget::icon::Icon;
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, press};

pub(super) fn view(scene: Scene<'_>) -> Page<'_> {
    let look = scene.look;
    let text = look.text;
    let primary = if scene.session.data_can_be_printed() {
        press::primary(
            &look,
            text.data_print,
            Icon::Printer,
            Some(Message::Tell(Event::DataWanted)),
        )
    } else {
        press::primary(&look, text.data_close, Icon::Check, Some(Message::DataOpened(false)))
    };
    Page {
        title: text.data_title.into(),
        lead: text.data_lead.into(),
        body: Box::new(move |room| body(scene, room)),
        primary: Some(primary),
        must_be_read: false,
        back: Some(Message::DataOpened(false)),
    }
}

fn body(scene: Scene<'_>, _room: Size) -> Element<'_, Message> {
    let look = scene.look;
    let lines = scene.session.data();
    if lines.is_empty() {
        return panel::notice(&look, Tone::Note, look.text.data_none, "");
    }
    let purpose = scene
        .session
        .entry()
        .map_or(look.text.results_title, |entry| entry.title.get(look.language));
    let columns = if look.is_wide() { 2 } else { 1 };
    let rows = Column::with_children(lines.chunks(columns).map(|beside| {
        let cards = beside.iter().map(|line| one(scene, line));
        let missing = (beside.len()..columns).map(|_| space().width(Fill).into());
        Row::with_children(cards.chain(missing)).spacing(theme::space::S).into()
    }))
    .spacing(theme::space::S);
    column![
        panel::quiet(&look, panel::fact(&look, look.text.data_purpose, purpose)),
        rows,
        label::with_icon(
            Icon::Shield,
            36.0,
            look.colours.soft,
            label::soft(&look, look.text.data_rights),
        ),
    ]
    .spacing(theme::space::M)
    .into()
}

fn one<'a>(scene: Scene<'a>, line: &DataUse) -> Element<'a, Message> {
    let look = scene.look;
    let text = look.text;
    let c = look.colours;
    let clock = |at| datetime_in_china(at).strftime("%H:%M:%S").to_string();
    let mut when = clock(line.asked_at);
    if let Some(taken_at) = line.stood_in {
        let taken_at = datetime_in_china(taken_at).strftime("%Y-%m-%d %H:%M").to_string();
        when = format!("{when}　{}", (text.data_stood_in)(&taken_at));
    }
    let (icon, name) = source(text, line.source);
    panel::card(
        &look,
        row![
            panel::badge(icon, 76.0, c.primary, c.primary_soft),
            column![
                label::strong(&look, name),
                label::body(&look, said(text, &line.said)),
                label::caption(&look, when),
            ]
            .spacing(2)
            .width(Fill),
        ]
        .spacing(theme::space::M)
        .align_y(Center),
    )
}

fn source(text: &Strings, source: Source) -> (Icon, &'static str) {
    match source {
        Source::Card => (Icon::Card, text.data_card),
        Source::ElectronicId => (Icon::PhoneCode, text.data_e_id),
        Source::ElectronicLicence => (Icon::Code, text.data_e_licence),
        Source::Register(Register::Business) => (Icon::Register, text.register_business),
        Source::Register(Register::FoodAndDrug) => (Icon::Register, text.register_food),
        Source::Register(Register::MicroService) => (Icon::Register, text.register_district),
    }
}

fn said(text: &Strings, said: &Said) -> String {
    match said {
        Said::Nothing | Said::Unanswered => text.data_unanswered.to_owned(),
        Said::Refused => text.data_refused.to_owned(),
        Said::Person { name, id } => format!("{name}　{id}"),
        Said::Licence { uscc } => uscc.clone(),
        Said::Business { name: Some(name) } => name.clone(),
        Said::Business { name: None } => text.data_no_business.to_owned(),
        Said::Supervision { bans, permits } => (text.data_supervision)(*bans, *permits),
        Said::District { open_penalty_case, open_applications } => {
            (text.data_district)(*open_penalty_case, *open_applications)
        }
    }
}

/// What opens it.
pub(super) fn button(scene: Scene<'_>) -> Element<'_, Message> {
    press::secondary(
        &scene.look,
        "data",
        scene.look.text.data_button,
        Icon::Shield,
        Some(Message::DataOpened(true)),
    )
}
