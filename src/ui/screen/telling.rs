//! Told at once (一次告知): conditions and times, papers, what to have ready, and what happens to the
//! data, on three pages of large print.

use iced::widget::{Column, Row, column, container, row};
use iced::{Center, Element, Fill, Size};

use super::{Message as Touched, Page, Scene};
use crate::domain::Bilingual;
use crate::rules::{Paper, PaperSource, Sheet};
use crate::session::event::Event;
use crate::ui::theme::{self, Look};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::panel::Tone;
use crate::ui::widget::{label, panel, press};

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

/// Conditions, papers, what to have ready.
const PAGES: usize = 3;

impl Screen {
    pub(super) fn update(&mut self, message: Message) -> Option<Event> {
        let Message::Turned(page) = message;
        self.page = page.min(PAGES - 1);
        None
    }

    pub(super) fn page(&self) -> usize {
        self.page
    }

    pub(super) fn view<'a>(&'a self, scene: Scene<'a>) -> Page<'a> {
        let look = scene.look;
        let chosen = scene.session.entry().map_or("", |entry| entry.title.get(look.language));
        let sheet =
            scene.session.entry().and_then(|entry| scene.session.guide().sheet(entry.service));
        // Without an edition there is no sheet: what is left is one page.
        let page = if sheet.is_some() { self.page } else { PAGES - 1 };
        let turn = |page| Touched::Telling(Message::Turned(page));
        let (words, message) = if page + 1 < PAGES {
            (look.text.next, turn(page + 1))
        } else {
            (look.text.telling_accept, Touched::Tell(Event::Told))
        };
        Page {
            title: look.text.telling_title.into(),
            lead: chosen.into(),
            body: Box::new(move |_: Size| match (page, sheet) {
                (0, Some(sheet)) => conditions(scene, sheet),
                (1, Some(sheet)) => papers(&look, sheet),
                _ => ready_and_privacy(scene),
            }),
            primary: Some(press::primary(&look, words, Icon::ArrowRight, Some(message))),
            must_be_read: true,
            back: (sheet.is_some() && page > 0).then(|| turn(page - 1)),
        }
    }
}

fn conditions<'a>(scene: Scene<'a>, sheet: &'a Sheet) -> Element<'a, Touched> {
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
    let conditions = panel::card(&look, list);
    // Where there is much to read before, it matters more than how the service is given.
    let tags = (look.is_wide() || told.len() <= 7).then(|| tags(&look, sheet));
    let beside = column![facts(&look, sheet)].push(tags).spacing(theme::space::S);
    if look.is_wide() {
        row![container(conditions).width(Fill), beside.width(Fill)].spacing(theme::space::M).into()
    } else {
        column![conditions, beside].spacing(theme::space::S).into()
    }
}

/// Times, fee, result, how long it is valid, how to complain.
fn facts<'a>(look: &Look, sheet: &'a Sheet) -> Element<'a, Touched> {
    let text = look.text;
    let one = |name: &'a str, value: &'a Bilingual| {
        column![label::caption(look, name), label::body(look, value.get(look.language)),]
            .width(Fill)
    };
    panel::card(
        look,
        column![
            one(text.telling_here, &sheet.here),
            row![one(text.telling_limit, &sheet.limit), one(text.telling_fee, &sheet.fee)]
                .spacing(theme::space::M),
            row![
                one(text.telling_result, &sheet.result),
                one(text.telling_validity, &sheet.validity)
            ]
            .spacing(theme::space::M),
        ]
        .spacing(theme::space::S),
    )
}

/// How the service is given (八办).
fn tags<'a>(look: &Look, sheet: &'a Sheet) -> Element<'a, Touched> {
    let (ink, ground) = Tone::Note.colours(look);
    let tags = sheet.modes.iter().map(|mode| {
        container(label::bold(mode.title.get(look.language), theme::size::CAPTION, ink))
            .padding([theme::space::XS, theme::space::S])
            .style(move |_| container::Style {
                background: Some(iced::Background::Color(ground)),
                border: iced::border::rounded(18.0),
                ..container::Style::default()
            })
            .into()
    });
    Row::with_children(tags)
        .spacing(theme::space::XS)
        .wrap()
        .vertical_spacing(theme::space::XS)
        .into()
}

fn papers<'a>(look: &Look, sheet: &'a Sheet) -> Element<'a, Touched> {
    let columns = if look.is_wide() { 2 } else { 1 };
    let each = sheet.papers.len().div_ceil(columns).max(1);
    let sides = Row::with_children(sheet.papers.chunks(each).map(|side| {
        let papers = side.iter().map(|paper| one_paper(look, paper));
        Column::with_children(papers).spacing(theme::space::S).width(Fill).into()
    }))
    .spacing(theme::space::M);
    column![panel::card(look, sides), label::caption(look, sheet.complain.get(look.language)),]
        .spacing(theme::space::S)
        .into()
}

/// A paper: whether it has to be brought at all stands first.
fn one_paper<'a>(look: &Look, paper: &'a Paper) -> Element<'a, Touched> {
    let text = look.text;
    let c = look.colours;
    let (icon, words, ink, ground) = match paper.source {
        PaperSource::Register => (Icon::Register, text.paper_register, c.good, c.good_soft),
        PaperSource::MadeHere => (Icon::Pen, text.paper_here, c.good, c.good_soft),
        PaperSource::Applicant => (Icon::Take, text.paper_bring, c.warn, c.warn_soft),
        PaperSource::Premises => (Icon::Store, text.paper_premises, c.primary, c.primary_soft),
    };
    let mut title = paper.title.get(look.language).to_owned();
    if let Some(when) = &paper.when {
        title = (text.telling_when)(&title, when.get(look.language));
    }
    let form = paper.form.get(look.language);
    let more = if paper.may_follow {
        format!("{words} · {form} · {}", text.telling_may_follow)
    } else {
        format!("{words} · {form}")
    };
    row![
        panel::badge(icon, 60.0, ink, ground),
        column![label::body(look, title), label::caption(look, more)].width(Fill),
    ]
    .spacing(theme::space::S)
    .align_y(Center)
    .into()
}

fn ready_and_privacy(scene: Scene<'_>) -> Element<'_, Touched> {
    let look = scene.look;
    if look.is_wide() {
        row![container(ready(&look)).width(Fill), privacy(scene)].spacing(theme::space::M).into()
    } else {
        column![ready(&look), privacy(scene)].spacing(theme::space::S).into()
    }
}

fn ready<'a>(look: &Look) -> Element<'a, Touched> {
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
fn privacy(scene: Scene<'_>) -> Element<'_, Touched> {
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
