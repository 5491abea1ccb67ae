//! "What do I need for it?": a few questions, then one card for each licence, filing or other organ.

use iced::widget::{Column, Row, column, container};
use iced::{Center, Element, Fill, Size};

use super::{Message as Touched, Page, Scene};
use crate::domain::Verdict;
use crate::rules::{Badge, By, Need};
use crate::session::Session;
use crate::session::event::Event;
use crate::ui::theme::{self, Look, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, pages, press};

/// Whether the needs are shown, and which page of them.
#[derive(Debug)]
pub(crate) struct Screen {
    told: bool,
    page: usize,
}

/// What was touched.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// "What do I need?"
    Asked,
    /// Back to the questions.
    Reopened,
    /// Another page of needs.
    Turned(usize),
}

impl Screen {
    pub(super) fn new(session: &Session) -> Self {
        // Without questions, or coming back, there is nothing to ask.
        Self { told: session.is_guided(), page: 0 }
    }

    pub(super) fn update(&mut self, message: Message) -> Option<Event> {
        match message {
            Message::Asked => self.told = true,
            Message::Reopened => {
                self.told = false;
                self.page = 0;
            }
            Message::Turned(page) => self.page = page,
        }
        None
    }

    pub(super) fn page(&self) -> String {
        format!("{} {}", self.told, self.page)
    }

    pub(super) fn view<'a>(&'a self, scene: Scene<'a>) -> Page<'a> {
        let look = scene.look;
        let title = scene.session.undertaking().map_or("", |one| one.title.get(look.language));
        if self.told {
            let asks = scene.session.undertaking().is_some_and(|one| !one.questions.is_empty());
            Page {
                title: look.text.guide_needs_title.into(),
                lead: title.into(),
                body: Box::new(move |room| self.needs(scene, room)),
                primary: None,
                must_be_read: false,
                back: asks.then_some(Touched::Guiding(Message::Reopened)),
            }
        } else {
            let asked = scene.session.is_guided().then_some(Touched::Guiding(Message::Asked));
            Page {
                title: look.text.guide_title.into(),
                lead: title.into(),
                body: Box::new(move |_| questions(scene)),
                primary: Some(press::primary(&look, look.text.guide_ask, Icon::ArrowRight, asked)),
                must_be_read: false,
                back: None,
            }
        }
    }

    fn needs<'a>(&'a self, scene: Scene<'a>, room: Size) -> Element<'a, Touched> {
        let look = scene.look;
        let needs: Vec<&Need> = scene.session.needs().iter().collect();
        let columns = if look.is_wide() { 2 } else { 1 };
        let least = if look.large { NEED_LARGE_PX } else { NEED_PX };
        let whole = Look::fit(room.height, least) * columns;
        let per_page = if needs.len() <= whole {
            whole
        } else {
            Look::fit(room.height - pages::BAR_PX - theme::space::M, least) * columns
        };
        let count = pages::count(needs.len(), per_page);
        let page = self.page.min(count - 1);
        let shown = pages::of(&needs, per_page, page);
        let cards = Column::with_children(shown.chunks(columns).map(|line| {
            let mut cards = Row::new().spacing(theme::space::M);
            for need in line {
                cards = cards.push(container(card(&look, need)).width(Fill));
            }
            cards.into()
        }));
        Column::new()
            .push(cards.spacing(theme::space::S))
            .push(pages::bar(&look, page, count, |page| Touched::Guiding(Message::Turned(page))))
            .spacing(theme::space::M)
            .into()
    }
}

/// Height a card takes at most: four lines and a button.
const NEED_PX: f32 = 330.0;
/// In large print lines wrap once more.
const NEED_LARGE_PX: f32 = 460.0;

fn questions(scene: Scene<'_>) -> Element<'_, Touched> {
    let look = scene.look;
    let mut list = Column::new().spacing(theme::space::M);
    let questions = scene
        .session
        .undertaking()
        .into_iter()
        .flat_map(|undertaking| scene.session.guide().questions_of(undertaking));
    for question in questions {
        let given = scene.session.guide_answer(&question.id);
        let options = question.options.iter().map(|reply| {
            let event =
                Event::GuideAnswered { question: question.id.clone(), value: reply.value.clone() };
            press::choice(
                &look,
                format!("reply:{}:{}", question.id, reply.value),
                reply.label.get(look.language),
                given == Some(reply.value.as_str()),
                false,
                OPTION_PX,
                Touched::Tell(event),
            )
        });
        // Two stand beside each other; three only on a wide screen.
        let beside = if look.is_wide() && !look.large { 3 } else { 2 };
        let options: Element<'_, Touched> = if question.options.len() <= beside {
            press::evenly(options).into()
        } else {
            Column::with_children(options).spacing(theme::space::XS).into()
        };
        let asked = column![label::strong(&look, question.ask.get(look.language)), options];
        list = list.push(asked.spacing(theme::space::S));
    }
    list.into()
}

/// Two lines of a label fit.
const OPTION_PX: f32 = 104.0;

/// One need: what it is, who decides it, why, and where it leads.
fn card<'a>(look: &Look, need: &'a Need) -> Element<'a, Touched> {
    let text = look.text;
    let title = need.title.get(look.language);
    let (words, tone) = match need.badge {
        Badge::Licence => (text.guide_licence, Tone::Note),
        Badge::Filing => (text.guide_filing, Tone::Good),
        Badge::Registration => (text.guide_registration, Tone::Good),
        Badge::Nothing => (text.guide_nothing, Tone::Good),
    };
    let other = matches!(need.by, By::Other(_));
    let tone = if other && need.badge != Badge::Nothing { Tone::Warn } else { tone };
    let organ = other.then(|| tag(look, tone, text.guide_other_organ));
    let head = Row::new()
        .push(organ)
        .push(tag(look, tone, words))
        .push(label::strong(look, title).width(Fill))
        .spacing(theme::space::S)
        .align_y(Center);
    let lines = match &need.by {
        By::Here { verdict, finding, entry, .. } => {
            let here = if matches!(verdict, Verdict::Issue | Verdict::File) {
                text.guide_here_now
            } else if *verdict == Verdict::NotRequired {
                text.guide_here_nothing
            } else {
                text.guide_here_officers
            };
            let why = finding.message.get(look.language);
            let mut lines = column![
                head,
                label::body(look, here),
                label::caption(look, (text.guide_why)(why, &finding.citation)),
            ];
            if let Some(entry) = entry {
                lines = lines.push(press::onward(
                    look,
                    BEGIN[usize::from(need.id == "hygiene")],
                    text.guide_begin,
                    Icon::ArrowRight,
                    Some(Touched::Tell(Event::ServiceChosen(entry.clone()))),
                ));
            }
            lines
        }
        By::Other(other) => {
            let (organ, place) = (other.organ.get(look.language), other.place.get(look.language));
            let (time, bring) = (other.time.get(look.language), other.bring.get(look.language));
            column![
                head,
                label::body(look, format!("{organ} · {place} · {}", other.phone)),
                label::caption(look, (text.guide_why)(other.why.get(look.language), &other.cite)),
                label::caption(look, (text.guide_other)(time, bring)),
            ]
        }
    };
    panel::card(look, lines.spacing(theme::space::S))
}

/// The ids of the buttons that lead on, for scripts and tests.
const BEGIN: [&str; 2] = ["begin:food", "begin:hygiene"];

fn tag<'a>(look: &Look, tone: Tone, words: &'a str) -> Element<'a, Touched> {
    let (ink, ground) = tone.colours(look);
    let line_px = look.colours.line_px;
    container(label::bold(words, size::BODY, ink))
        .padding([theme::space::XS, theme::space::S])
        .style(move |_| container::Style {
            background: Some(iced::Background::Color(ground)),
            border: theme::edge(ink, line_px),
            ..container::Style::default()
        })
        .into()
}
