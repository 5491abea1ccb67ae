//! "What do you want to open?": the services in plain words.

use iced::widget::{Column, Row, container, space};
use iced::{Element, Fill, Size};

use super::{Message as Touched, Page, Scene};
use crate::rules::{Entry, Undertaking};
use crate::session::Session;
use crate::session::event::Event;
use crate::ui::theme::{self, Look};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::{pages, press};

/// Which heading is open, and which page of it.
#[derive(Debug)]
pub(crate) struct Screen {
    group: String,
    page: usize,
}

/// What was touched.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// A heading.
    Opened(String),
    /// Another page.
    Turned(usize),
    /// An entry, by its id.
    Chosen(String),
    /// An undertaking of the guide, by its id.
    Undertaken(String),
}

impl Screen {
    pub(super) fn new(session: &Session) -> Self {
        // Coming back, the applicant finds the heading as it was left.
        let group = session
            .entry()
            .map(|entry| entry.group.clone())
            .or_else(|| (!session.guide().undertakings.is_empty()).then(|| GUIDE.to_owned()))
            .or_else(|| session.catalogue().groups.first().map(|group| group.id.clone()));
        Self { group: group.unwrap_or_default(), page: 0 }
    }

    pub(super) fn update(&mut self, message: Message) -> Option<Event> {
        match message {
            Message::Opened(group) => {
                self.group = group;
                self.page = 0;
                None
            }
            Message::Turned(page) => {
                self.page = page;
                None
            }
            Message::Chosen(id) => Some(Event::ServiceChosen(id)),
            Message::Undertaken(id) => Some(Event::UndertakingChosen(id)),
        }
    }

    pub(super) fn page(&self) -> String {
        format!("{} {}", self.group, self.page)
    }

    pub(super) fn view<'a>(&'a self, scene: Scene<'a>) -> Page<'a> {
        let look = scene.look;
        Page {
            title: look.text.choosing_title.into(),
            lead: look.text.choosing_lead.into(),
            body: Box::new(move |room| self.body(scene, room)),
            primary: None,
            must_be_read: false,
            back: None,
        }
    }

    fn body<'a>(&'a self, scene: Scene<'a>, room: Size) -> Element<'a, Touched> {
        let look = scene.look;
        let catalogue = scene.session.catalogue();
        let apart = if look.is_wide() { theme::space::S } else { theme::space::M };
        let one_px = if look.is_wide() { 80.0 } else { TABS_PX };
        let tab = |id: &str, icon: Icon, words: &'a str| {
            press::tab(
                &look,
                format!("group:{id}"),
                icon,
                words,
                id == self.group,
                one_px,
                Touched::Choosing(Message::Opened(id.to_owned())),
            )
        };
        let guide = &scene.session.guide().undertakings;
        let guiding = (!guide.is_empty()).then(|| tab(GUIDE, Icon::Question, look.text.guide_tab));
        let groups = catalogue.groups.iter().map(|group| {
            let words = before_bracket(group.title.get(look.language));
            tab(&group.id, Icon::of_group(&group.id), words)
        });
        let mut all: Vec<Element<'a, Touched>> = guiding.into_iter().chain(groups).collect();
        // Four do not fit beside each other on an upright screen.
        let lines = if look.is_wide() || all.len() < 4 { 1_u8 } else { 2 };
        let tabs_px = one_px * f32::from(lines) + theme::space::S * f32::from(lines - 1);
        let second = if lines == 2 { all.split_off(2) } else { Vec::new() };
        let tabs = Column::new()
            .push(press::evenly(all))
            .push((!second.is_empty()).then(|| press::evenly(second)))
            .spacing(theme::space::S);
        let entries: Vec<Card<'_>> = if self.group == GUIDE {
            guide.iter().map(Card::Undertaking).collect()
        } else {
            catalogue.entries_of(&self.group).map(Card::Entry).collect()
        };
        let columns = if look.is_wide() { 3 } else { 2 };
        let gap = theme::space::S;
        let below_tabs = room.height - tabs_px - apart;
        let least = match (look.large, look.is_wide()) {
            (true, _) => CARD_LARGE_PX,
            (false, true) => CARD_WIDE_PX,
            (false, false) => CARD_PX,
        };
        let fits = |height: f32| Look::fit(height + gap, least + gap);
        let cards_px = if entries.len() <= fits(below_tabs) * columns {
            below_tabs
        } else {
            below_tabs - pages::BAR_PX - apart
        };
        let per_page = fits(cards_px) * columns;
        let pages = pages::count(entries.len(), per_page);
        let page = self.page.min(pages - 1);
        let rows = entries.len().min(per_page).div_ceil(columns);
        let height = card_height(cards_px, rows, least);
        let shown = pages::of(&entries, per_page, page);
        let cards = Column::with_children(shown.chunks(columns).map(|line| {
            let mut line_of_cards = Row::new().spacing(gap);
            for entry in line {
                line_of_cards =
                    line_of_cards.push(container(card(&look, *entry, height)).width(Fill));
            }
            for _ in line.len()..columns {
                line_of_cards = line_of_cards.push(space().width(Fill));
            }
            line_of_cards.into()
        }))
        .spacing(gap);
        Column::new()
            .push(tabs)
            .push(cards)
            .push(pages::bar(&look, page, pages, |page| Touched::Choosing(Message::Turned(page))))
            .spacing(apart)
            .into()
    }
}

/// A heading without what it says in brackets, for which a tab has no room.
fn before_bracket(title: &str) -> &str {
    title.split(['（', '(']).next().map_or(title, str::trim)
}

/// The tab of the guide.
const GUIDE: &str = "guide";

/// What stands on a card.
#[derive(Clone, Copy)]
enum Card<'a> {
    Entry(&'a Entry),
    Undertaking(&'a Undertaking),
}

const TABS_PX: f32 = 100.0;
/// Least height of a card: three lines of title, two of the line under it.
const CARD_PX: f32 = 206.0;
/// Three beside each other are wider than two, and words wrap less.
const CARD_WIDE_PX: f32 = 196.0;
/// In large print words wrap once more.
const CARD_LARGE_PX: f32 = 290.0;
/// Cards higher than this look empty.
const CARD_PX_MAX: f32 = 262.0;

/// The height of a card where `rows` of them share `room`.
fn card_height(room: f32, rows: usize, least: f32) -> f32 {
    let rows = f32::from(u8::try_from(rows.max(1)).unwrap_or(u8::MAX));
    ((room + theme::space::S) / rows - theme::space::S).clamp(least, CARD_PX_MAX.max(least * 1.2))
}

fn card<'a>(look: &Look, card: Card<'a>, height: f32) -> Element<'a, Touched> {
    match card {
        Card::Entry(entry) => press::card(
            look,
            format!("entry:{}", entry.id),
            Icon::of_entry(&entry.id, &entry.group),
            entry.title.get(look.language),
            entry.subtitle.get(look.language),
            height,
            Touched::Choosing(Message::Chosen(entry.id.clone())),
        ),
        Card::Undertaking(one) => press::card(
            look,
            format!("undertaking:{}", one.id),
            Icon::of_undertaking(one),
            one.title.get(look.language),
            one.about.get(look.language),
            height,
            Touched::Choosing(Message::Undertaken(one.id.clone())),
        ),
    }
}
