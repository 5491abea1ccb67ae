//! What the business holds and has applied for; another copy of a permit this kiosk issued.

use iced::widget::{Column, column, container, row};
use iced::{Center, Element, Fill, Size};

use super::decision::paper;
use super::verifying::kind_name;
use super::{Message as Touched, Page, Scene, data};
use crate::domain::{PermitKind, ServiceCode};
use crate::rules::FieldKind;
use crate::session::event::{Event, HeldPermit, Paper, Register};
use crate::session::{Copying, LookUp};
use crate::ui::text::Strings;
use crate::ui::theme::{self, Look, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, pages, press};

/// Which page is open.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    page: usize,
}

/// What was touched.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Another page.
    Turned(usize),
}

/// One of the lines.
#[derive(Clone, Copy)]
enum Line<'a> {
    Held(&'a HeldPermit),
    UnderWay(ServiceCode),
}

/// Height of a line with its gap: two lines of words beside a button.
const LINE_PX: f32 = 190.0;
/// In large print words wrap once more.
const LINE_LARGE_PX: f32 = 290.0;

impl Screen {
    pub(super) fn update(&mut self, message: Message) {
        let Message::Turned(page) = message;
        self.page = page;
    }

    pub(super) fn page(&self) -> usize {
        self.page
    }

    pub(super) fn view<'a>(&'a self, scene: Scene<'a>) -> Page<'a> {
        let look = scene.look;
        // Title and lead are read aloud: what there is about somebody stands below them.
        let refused = matches!(scene.session.copying(), Some((_, Copying::Refused)));
        Page {
            title: look.text.results_title.into(),
            lead: if refused { look.text.results_elsewhere } else { "" }.into(),
            body: Box::new(move |room| self.body(scene, room)),
            primary: Some(press::primary(
                &look,
                look.text.results_finish,
                Icon::Check,
                Some(Touched::Tell(Event::WentOn)),
            )),
            must_be_read: false,
            back: None,
        }
    }

    fn body<'a>(&'a self, scene: Scene<'a>, room: Size) -> Element<'a, Touched> {
        let look = scene.look;
        let text = look.text;
        if !scene.session.is_entitled() {
            return panel::notice(&look, Tone::Warn, text.results_nobody, text.results_nobody_more);
        }
        let name = scene.session.business().map_or("", |business| business.name.as_str());
        let business = row![label::strong(&look, name).width(Fill), data::button(scene)]
            .spacing(theme::space::M)
            .align_y(Center);
        let unanswered = scene.session.look_ups().any(|(register, look_up)| {
            register != Register::Business && look_up != LookUp::Answered
        });
        let silent = unanswered.then(|| {
            panel::notice(&look, Tone::Warn, text.results_unanswered, text.results_unanswered_more)
        });
        let copy = scene.session.papers().find(|(kind, _)| *kind == Paper::Copy);
        let copy = copy.map(|(kind, state)| panel::card(&look, paper(&look, kind, state)));
        let taken = f32::from(u8::from(unanswered)) * 170.0
            + f32::from(u8::from(copy.is_some())) * 130.0
            + theme::target::BUTTON
            + theme::space::M;
        let held = scene.session.held().into_iter().map(Line::Held);
        let lines: Vec<Line<'a>> =
            held.chain(scene.session.under_way().iter().copied().map(Line::UnderWay)).collect();
        if lines.is_empty() {
            let nothing = (!unanswered).then(|| {
                panel::notice(&look, Tone::Note, text.results_nothing, text.results_nothing_more)
            });
            return Column::new()
                .push(business)
                .push(silent)
                .push(nothing)
                .spacing(theme::space::M)
                .into();
        }
        let line_px = if look.large { LINE_LARGE_PX } else { LINE_PX };
        let height = room.height - taken;
        let per_page = if lines.len() <= Look::fit(height, line_px) {
            lines.len()
        } else {
            Look::fit(height - pages::BAR_PX - theme::space::M, line_px)
        };
        let count = pages::count(lines.len(), per_page);
        let page = self.page.min(count - 1);
        let shown = pages::of(&lines, per_page, page).iter().map(|line| match line {
            Line::Held(permit) => held_line(scene, permit),
            Line::UnderWay(service) => under_way_line(scene, *service),
        });
        Column::new()
            .push(business)
            .push(silent)
            .push(copy)
            .push(Column::with_children(shown).spacing(theme::space::S))
            .push(pages::bar(&look, page, count, |page| Touched::Results(Message::Turned(page))))
            .spacing(theme::space::M)
            .into()
    }
}

fn held_line<'a>(scene: Scene<'a>, permit: &'a HeldPermit) -> Element<'a, Touched> {
    let look = scene.look;
    let text = look.text;
    let c = look.colours;
    let kind = PermitKind::parse(&permit.kind);
    let name = match kind {
        Some(kind) => kind_name(text, kind),
        None => part_name(scene, permit),
    };
    let expired = permit.valid_to.is_some_and(|last| last < scene.today);
    let (state, ink, holds) = state(text, &permit.status, expired, &look);
    let until = match (permit.valid_to, permit.issued) {
        (Some(last), _) => format!("{} {}", text.decision_valid_to, (text.date)(last)),
        (None, Some(issued)) => format!("{} {}", text.decision_issued, (text.date)(issued)),
        (None, None) => String::new(),
    };
    let words = column![
        label::strong(&look, name),
        label::body(&look, permit.number.clone()),
        row![label::bold(state, size::CAPTION, ink), label::caption(&look, until)]
            .spacing(theme::space::S),
    ]
    .spacing(2)
    .width(Fill);
    let copying = scene.session.copying().filter(|(number, _)| *number == permit.number);
    let printer = scene.session.equipment().page_printer;
    let beside: Option<Element<'a, Touched>> = match copying {
        Some((_, Copying::Refused)) => {
            Some(label::caption(&look, text.results_elsewhere).width(280).into())
        }
        Some((_, Copying::Asked)) => Some(label::caption(&look, text.paper_waiting).into()),
        // The paper itself stands above, with how far it is.
        Some((_, Copying::Queued)) => None,
        None if holds && printer && scene.session.papers().next().is_none() => {
            Some(press::secondary(
                &look,
                "copy",
                text.results_copy,
                Icon::Printer,
                Some(Touched::Tell(Event::CopyWanted(permit.number.clone()))),
            ))
        }
        None => None,
    };
    let line = row![panel::badge(Icon::Certificate, 76.0, c.primary, c.primary_soft), words]
        .spacing(theme::space::M)
        .align_y(Center);
    // In large print the button has a line of its own.
    let content: Element<'a, Touched> = if look.large {
        Column::new().push(line).push(beside).spacing(theme::space::S).into()
    } else {
        line.push(beside).into()
    };
    panel::card(&look, container(content).id(format!("held:{}", permit.number)))
}

/// A permit that another organ gave, as the form of the combined permit calls it.
fn part_name<'a>(scene: Scene<'a>, permit: &'a HeldPermit) -> &'a str {
    let field = scene.session.catalogue().field("combined-parts");
    let choices = match field.map(|field| &field.kind) {
        Some(FieldKind::Choices(choices)) => choices.as_slice(),
        _ => &[],
    };
    let choice = choices.iter().find(|choice| choice.value == permit.kind);
    choice.map_or(permit.kind.as_str(), |choice| choice.label.get(scene.look.language))
}

/// A permit's state in words, its colour, and whether it holds today.
fn state<'a>(
    text: &'a Strings,
    status: &str,
    expired: bool,
    look: &Look,
) -> (&'a str, iced::Color, bool) {
    let c = look.colours;
    match status {
        "valid" if expired => (text.verify_expired, c.bad, false),
        "valid" => (text.verify_valid, c.good, true),
        "cancelled" => (text.verify_cancelled, c.soft, false),
        "revoked" => (text.verify_revoked, c.bad, false),
        _ => (text.verify_changed, c.soft, false),
    }
}

fn under_way_line(scene: Scene<'_>, service: ServiceCode) -> Element<'_, Touched> {
    let look = scene.look;
    let c = look.colours;
    let entries = &scene.session.catalogue().entries;
    let entry = entries.iter().find(|entry| entry.service == service);
    let title = entry.map_or(service.title(), |entry| entry.title.get(look.language));
    panel::card(
        &look,
        row![
            panel::badge(Icon::Hourglass, 76.0, c.warn, c.warn_soft),
            column![
                label::strong(&look, title),
                label::bold(look.text.results_under_way, size::CAPTION, c.warn),
            ]
            .spacing(2)
            .width(Fill),
        ]
        .spacing(theme::space::M)
        .align_y(Center),
    )
}
