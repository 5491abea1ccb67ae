//! The welcome screen: what can be done here, what does not work at the moment, and one big button.

use iced::widget::text::LineHeight;
use iced::widget::{Column, column, container, row, space};
use iced::{Center, Element, Fill, Padding};

use super::{Message, Scene, frame};
use crate::session::Errand;
use crate::session::event::{Equipment, Loss};
use crate::ui::theme::{self, Look, size, target};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, press};

pub(super) fn view<'a>(scene: Scene<'a>) -> Element<'a, Message> {
    let look = scene.look;
    let limits = limits(&look, scene.session.equipment());
    // Of much that does not work there is so much to say that the rest has to wait.
    let has_room = limits.len() <= 2;
    let content: Element<'a, Message> = if look.is_wide() {
        let left = column![hero(&look, limits.is_empty()), space().height(Fill)]
            .push(others(scene))
            .push(begin(&look))
            .spacing(theme::space::M)
            .width(Fill)
            .height(Fill);
        // What does not work matters more than what is nice to know.
        let right = Column::new()
            .push(limits.is_empty().then(|| points(&look)))
            .push((!look.large && has_room).then(|| offers(scene)))
            .push(notices(&look, &limits))
            .spacing(theme::space::M)
            .width(Fill);
        row![left, right].spacing(theme::space::XL).height(Fill).into()
    } else {
        // In large print what does not work matters more than what is nice to know.
        let points = (limits.is_empty() || (!look.large && has_room)).then(|| points(&look));
        let offers = (!look.large || has_room).then(|| offers(scene));
        column![hero(&look, limits.is_empty()), space().height(Fill)]
            .push(points)
            .push(space().height(Fill))
            .push(offers)
            .push(notices(&look, &limits))
            .push(space().height(Fill))
            .push(others(scene))
            .push(begin(&look))
            .spacing(theme::space::S)
            .height(Fill)
            .into()
    };
    let margin = look.margin();
    let (right, down) = wander(scene.now);
    column![
        frame::bar(scene),
        container(content).width(Fill).height(Fill).padding(Padding {
            top: theme::space::L + down,
            right: margin - right,
            bottom: if look.is_wide() { theme::space::L } else { theme::space::XL } - down,
            left: margin + right,
        }),
    ]
    .height(Fill)
    .into()
}

/// How far everything is moved at the moment, right and down. A kiosk shows its welcome screen for
/// years: each minute it stands a few pixels further round a circle, so that no edge burns in.
fn wander(now: std::time::Duration) -> (f32, f32) {
    const ROUND: [(f32, f32); 8] = [
        (0.0, 0.0),
        (6.0, -4.0),
        (10.0, 0.0),
        (6.0, 4.0),
        (0.0, 8.0),
        (-6.0, 4.0),
        (-10.0, 0.0),
        (-6.0, -4.0),
    ];
    let minute = usize::try_from(now.as_secs() / 60).unwrap_or_default();
    ROUND.get(minute % ROUND.len()).copied().unwrap_or_default()
}

fn hero<'a>(look: &Look, roomy: bool) -> Element<'a, Message> {
    let px = if look.large || look.is_wide() { 64.0 } else { size::HERO };
    let emblem = if look.large || look.is_wide() || !roomy { 120.0 } else { 220.0 };
    column![
        Icon::Emblem.draw(emblem, look.colours.seal),
        label::bold(look.text.welcome_line, px, look.colours.ink)
            .line_height(LineHeight::Relative(1.2))
            .align_x(Center),
    ]
    .spacing(theme::space::M)
    .align_x(Center)
    .width(Fill)
    .into()
}

fn points<'a>(look: &Look) -> Element<'a, Message> {
    let text = look.text;
    let points = [
        (Icon::Card, text.welcome_proof, text.welcome_proof_more),
        (Icon::Register, text.welcome_register, text.welcome_register_more),
        (Icon::Clock, text.welcome_time, text.welcome_time_more),
    ];
    let c = look.colours;
    let (badge, gap) = if look.large { (80.0, theme::space::S) } else { (104.0, theme::space::M) };
    Column::with_children(points.map(|(icon, what, more)| {
        row![
            panel::badge(icon, badge, c.primary, c.primary_soft),
            column![label::heading(look, what), label::soft(look, more)].width(Fill),
        ]
        .spacing(theme::space::M)
        .align_y(Center)
        .into()
    }))
    .spacing(gap)
    .into()
}

fn offers(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let mut list = column![label::heading(&look, look.text.welcome_here)].spacing(theme::space::S);
    for group in &scene.session.catalogue().groups {
        list = list.push(label::with_icon(
            Icon::of_group(&group.id),
            40.0,
            look.colours.primary,
            label::body(&look, group.title.get(look.language)),
        ));
    }
    panel::card(&look, list)
}

/// What does not work, told before anybody begins.
fn limits(look: &Look, equipment: Equipment) -> Vec<(Icon, &'static str)> {
    let text = look.text;
    let told = |loss| match loss {
        Loss::Connection => Some((Icon::NoNetwork, text.limit_connection)),
        Loss::IdReader => Some((Icon::Card, text.limit_id_reader)),
        Loss::Scanner => Some((Icon::Code, text.limit_scanner)),
        Loss::PagePrinter => Some((Icon::Printer, text.limit_page_printer)),
        Loss::ReceiptPrinter => Some((Icon::Receipt, text.limit_receipt_printer)),
        // With these nobody is welcomed: the screen is another.
        Loss::Journal | Loss::Identification => None,
    };
    equipment.losses().into_iter().filter_map(told).collect()
}

fn notices<'a>(look: &Look, limits: &[(Icon, &'static str)]) -> Option<Element<'a, Message>> {
    if limits.is_empty() {
        return None;
    }
    let warn = look.colours.warn;
    let mut list = column![label::with_icon(
        Icon::Alert,
        44.0,
        warn,
        label::bold(look.text.limits_title, size::BODY, warn),
    )]
    .spacing(theme::space::S);
    for (icon, words) in limits {
        let mut words = label::body(look, *words);
        if limits.len() > 2 && look.large && look.is_wide() {
            words = words.size(size::CAPTION);
        }
        list = list.push(label::with_icon(*icon, 36.0, warn, words));
    }
    Some(panel::tinted(look, Tone::Warn, list))
}

/// What else one may have come for.
fn others(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let results = press::wide(
        &look,
        "results",
        look.text.results_button,
        Icon::Certificate,
        Message::Begin(Errand::Results),
    );
    let verify = scene.session.equipment().scanner.then(|| {
        press::wide(
            &look,
            "verify",
            look.text.verify_button,
            Icon::Shield,
            Message::Begin(Errand::Verify),
        )
    });
    press::evenly([results].into_iter().chain(verify)).into()
}

fn begin<'a>(look: &Look) -> Element<'a, Message> {
    container(press::hero(
        look,
        look.text.welcome_touch,
        Icon::Touch,
        Message::Begin(Errand::Apply),
    ))
    .width(Fill)
    .height(if look.large { target::PRIMARY } else { 168.0 })
    .into()
}
