//! Who is here: a card on the reader or a code before the scanner, without touching the screen.

use iced::widget::{Column, Row, column, container, row};
use iced::{Center, Element, Fill, Size};

use super::{Message, Page, Scene, business};
use crate::session::event::{Event, IdentityProblem};
use crate::session::{Errand, Identifying, Stage};
use crate::ui::text::Strings;
use crate::ui::theme::{self, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::machine::{Part, machine};
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, press};

pub(super) fn view(scene: Scene<'_>) -> Page<'_> {
    let look = scene.look;
    let equipment = scene.session.equipment();
    let lead = match (equipment.id_reader, equipment.scanner) {
        (true, false) => look.text.identify_lead_card,
        (false, true) => look.text.identify_lead_code,
        (true, true) => look.text.identify_lead,
        (false, false) => "",
    };
    let for_results = scene.session.errand() == Errand::Results;
    let lead = if for_results { look.text.results_lead } else { lead };
    // While a card is read there is nothing to choose.
    let is_asked = matches!(
        scene.session.stage(),
        Stage::Identifying(Identifying::Waiting | Identifying::Failed(_))
    );
    // Who came back goes on, or somebody else lays a card down.
    let is_known = is_asked && scene.session.applicant().is_some();
    let lead = match (is_asked, is_known) {
        (_, true) => look.text.identify_known,
        (true, false) => lead,
        (false, _) => "",
    };
    let go_on = Some(Message::Tell(Event::WentOn));
    Page {
        title: look.text.identify_title.into(),
        lead: lead.into(),
        body: Box::new(move |room| body(scene, room)),
        primary: is_known.then(|| press::primary(&look, look.text.next, Icon::ArrowRight, go_on)),
        must_be_read: false,
        back: None,
    }
}

fn body(scene: Scene<'_>, room: Size) -> Element<'_, Message> {
    let look = scene.look;
    let text = look.text;
    let Stage::Identifying(how_far) = scene.session.stage() else {
        return Column::new().into();
    };
    match how_far {
        Identifying::Waiting | Identifying::Failed(_) => {
            let known = business::known(scene);
            let mut height = room.height - if known.is_some() { 130.0 } else { 0.0 };
            let mut above = Column::new().push(known).spacing(theme::space::M);
            if let Identifying::Failed(problem) = how_far {
                let (what, more) = told(text, *problem);
                above = above
                    .push(panel::notice(&look, Tone::Warn, what, more))
                    .push(label::soft(&look, text.identify_again));
                height -= 300.0;
            }
            above.push(ways(scene, height)).into()
        }
        Identifying::Reading => {
            at_work(scene, room, Part::Reader, text.identify_reading, text.identify_reading_more)
        }
        Identifying::Asking => {
            at_work(scene, room, Part::Scanner, text.identify_asking, text.identify_asking_more)
        }
    }
}

/// The ways that work at the moment, each with its picture.
fn ways<'a>(scene: Scene<'a>, height: f32) -> Element<'a, Message> {
    let look = scene.look;
    let text = look.text;
    let equipment = scene.session.equipment();
    let count = usize::from(equipment.id_reader) + usize::from(equipment.scanner);
    if count == 0 {
        // Both were lost meanwhile. The first that comes back is put to work at once.
        return panel::notice(&look, Tone::Warn, text.out_proof, text.out_help);
    }
    let beside = look.is_wide() || count == 1;
    let picture = if beside {
        (height - 2.0 * theme::space::M).clamp(180.0, 540.0)
    } else {
        ((height - theme::space::M) / 2.0 - 2.0 * theme::space::M).clamp(220.0, 600.0)
    };
    let mut cards: Vec<Element<'a, Message>> = Vec::new();
    if equipment.id_reader {
        let words = (text.identify_card, text.identify_card_more);
        cards.push(way(scene, Icon::Card, Part::Reader, words, picture));
    }
    if equipment.scanner {
        let words = (text.identify_phone, text.identify_phone_more);
        cards.push(way(scene, Icon::PhoneCode, Part::Scanner, words, picture));
    }
    if beside {
        Row::with_children(cards).spacing(theme::space::M).into()
    } else {
        Column::with_children(cards).spacing(theme::space::M).into()
    }
}

fn way<'a>(
    scene: Scene<'a>,
    icon: Icon,
    part: Part,
    (what, more): (&'a str, &'a str),
    picture: f32,
) -> Element<'a, Message> {
    let look = scene.look;
    let c = look.colours;
    let words = column![
        panel::badge(icon, 84.0, c.primary, c.primary_soft),
        label::heading(&look, what),
        label::soft(&look, more),
    ]
    .spacing(theme::space::S)
    .width(Fill);
    let drawn = machine(&look, vec![part], scene.beat(), picture);
    let content = row![words, drawn].spacing(theme::space::M).align_y(Center);
    panel::card(&look, content)
}

/// The kiosk reads or asks; the picture shows where to leave things as they are.
pub(super) fn at_work<'a>(
    scene: Scene<'a>,
    room: Size,
    part: Part,
    what: &'a str,
    more: &'a str,
) -> Element<'a, Message> {
    let look = scene.look;
    let picture = (room.height - 270.0).clamp(200.0, 960.0);
    let words = column![
        label::bold(what, size::TITLE, look.colours.primary).align_x(Center),
        row![Icon::Hourglass.draw(40.0, look.colours.soft), label::soft(&look, more),]
            .spacing(theme::space::S)
            .align_y(Center),
    ]
    .spacing(theme::space::S)
    .align_x(Center)
    .width(Fill);
    panel::card(
        &look,
        column![words, container(machine(&look, vec![part], scene.beat(), picture)).center_x(Fill)]
            .spacing(theme::space::L)
            .align_x(Center),
    )
}

/// What went wrong, and what to do.
fn told(text: &Strings, problem: IdentityProblem) -> (&'static str, &'static str) {
    match problem {
        IdentityProblem::CardPulled => (text.card_pulled, text.card_pulled_more),
        IdentityProblem::Unreadable => (text.card_unreadable, text.card_unreadable_more),
        IdentityProblem::OtherDocument => (text.card_other, text.card_other_more),
        IdentityProblem::Implausible => (text.card_implausible, text.card_implausible_more),
        IdentityProblem::CodeUnreadable => (text.code_unreadable, text.code_unreadable_more),
        IdentityProblem::CodeTooLong => (text.code_too_long, text.code_too_long_more),
        IdentityProblem::CodeRefused => (text.code_refused, text.code_refused_more),
        IdentityProblem::CodeExpired => (text.code_expired, text.code_expired_more),
        IdentityProblem::ServiceDown => (text.identity_down, text.identity_down_more),
    }
}
