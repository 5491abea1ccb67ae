//! Which business: its e-licence before the scanner, or its credit code typed and checked at once.

use iced::widget::{Column, column, container, row, space};
use iced::{Center, Element, Fill, Size};

use super::{Message as Touched, Page, Scene, identifying};
use crate::domain::identifier::IdentifierErrorKind;
use crate::domain::{MaskedName, Uscc};
use crate::session::event::{Event, LicenceProblem};
use crate::session::{ProvingBusiness, Session, Stage};
use crate::ui::text::Strings;
use crate::ui::theme::{self, Look, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::keyboard::{self, Key};
use crate::ui::widget::machine::{Part, machine};
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, press};

/// What was typed, and whether the keyboard is open.
#[derive(Debug)]
pub(crate) struct Screen {
    typing: bool,
    typed: String,
}

/// What was touched.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// "Type the code".
    Opened,
    /// "Scan instead".
    Closed,
    /// A key.
    Pressed(Key),
    /// "Look it up".
    Asked,
}

impl Screen {
    pub(super) fn new(session: &Session) -> Self {
        // Who came back need not type again what was looked up.
        let typed = session.business().map_or_else(String::new, |known| known.uscc.to_string());
        // Without a scanner there is only the keyboard.
        Self { typing: !session.equipment().scanner, typed }
    }

    pub(super) fn update(&mut self, message: Message) -> Option<Event> {
        match message {
            Message::Opened => self.typing = true,
            Message::Closed => self.typing = false,
            Message::Pressed(key) => self.press(key),
            Message::Asked => {
                return Uscc::parse(&self.typed)
                    .is_ok()
                    .then(|| Event::UsccTyped(self.typed.clone()));
            }
        }
        None
    }

    pub(super) fn page(&self) -> usize {
        usize::from(self.typing)
    }

    fn press(&mut self, key: Key) {
        match key {
            Key::Write(letter) => {
                if self.typed.chars().count() < Uscc::LEN {
                    self.typed.push(letter);
                }
            }
            Key::Delete => {
                self.typed.pop();
            }
            Key::Clear => self.typed.clear(),
            Key::Shift | Key::Pinyin | Key::Choose(_) | Key::More => {}
        }
    }

    pub(super) fn view<'a>(&'a self, scene: Scene<'a>) -> Page<'a> {
        if self.typing { self.typing_page(scene) } else { scanning_page(scene) }
    }

    fn typing_page<'a>(&'a self, scene: Scene<'a>) -> Page<'a> {
        let look = scene.look;
        let checked = Uscc::parse(&self.typed);
        let asked = checked.is_ok().then_some(Touched::Business(Message::Asked));
        Page {
            title: look.text.uscc_title.into(),
            lead: look.text.uscc_lead.into(),
            body: Box::new(move |room| self.typing_body(scene, room)),
            primary: Some(press::primary(&look, look.text.uscc_ask, Icon::ArrowRight, asked)),
            must_be_read: false,
            back: scene.session.equipment().scanner.then_some(Touched::Business(Message::Closed)),
        }
    }

    /// What is wrong with the code; while it is being typed only what is wrong already.
    fn wrong(&self) -> Option<IdentifierErrorKind> {
        let problem = Uscc::parse(&self.typed).err()?;
        let is_whole = self.typed.chars().count() >= Uscc::LEN;
        if is_whole { Some(problem.kind) } else { wrong_so_far(&self.typed) }
    }

    /// What is wrong with what is typed, for who hears the screen.
    pub(super) fn problem(&self, text: &Strings) -> Option<String> {
        let kind = self.wrong().filter(|_| self.typing)?;
        Some(format!("{}：{}", text.uscc_wrong, (text.uscc_problem)(kind)))
    }

    fn typing_body<'a>(&'a self, scene: Scene<'a>, room: Size) -> Element<'a, Touched> {
        let look = scene.look;
        let text = look.text;
        // The keyboard takes what the code and the notice leave.
        let key_px = keyboard::key_height(room.height - 290.0, 4);
        let missing = Uscc::LEN.saturating_sub(self.typed.chars().count());
        let said = match Uscc::parse(&self.typed) {
            Ok(_) if *scene.session.stage() == UNKNOWN => {
                panel::notice(&look, Tone::Warn, text.business_unknown, text.business_unknown_more)
            }
            Ok(_) => panel::notice(&look, Tone::Good, text.uscc_right, ""),
            Err(_) => match self.wrong() {
                Some(kind) => {
                    panel::notice(&look, Tone::Bad, text.uscc_wrong, (text.uscc_problem)(kind))
                }
                None => panel::notice(
                    &look,
                    Tone::Note,
                    (text.uscc_missing)(missing),
                    text.uscc_symbols,
                ),
            },
        };
        column![
            boxes(&look, &self.typed),
            said,
            keyboard::uscc(&look, key_px, |key| Touched::Business(Message::Pressed(key))),
        ]
        .spacing(theme::space::M)
        .into()
    }
}

const UNKNOWN: Stage = Stage::ProvingBusiness(ProvingBusiness::Unknown);

/// A digit is wanted in the places of the division (3 to 8); the rest is known only at the end.
fn wrong_so_far(typed: &str) -> Option<IdentifierErrorKind> {
    let at = typed
        .chars()
        .enumerate()
        .position(|(at, symbol)| (2..8).contains(&at) && !symbol.is_ascii_digit())?;
    Some(IdentifierErrorKind::Character { position: at + 1 })
}

/// The 18 places, in groups that are easy to compare: 2, 6, 4, 5 and the check character.
fn boxes<'a>(look: &Look, typed: &str) -> Element<'a, Touched> {
    let colours = look.colours;
    let mut places = iced::widget::Row::new().spacing(4).align_y(Center);
    let mut symbols = typed.chars();
    for at in 0..Uscc::LEN {
        if matches!(at, 2 | 8 | 12 | 17) {
            places = places.push(space().width(10));
        }
        let symbol = symbols.next();
        let is_next = typed.chars().count() == at;
        let line = if is_next { colours.primary } else { colours.line };
        let width = if is_next { 4.0 } else { 2.0 };
        places = places.push(
            container(
                label::bold(
                    symbol.map(String::from).unwrap_or_default(),
                    size::HEADING,
                    colours.ink,
                )
                .line_height(iced::widget::text::LineHeight::Relative(1.0)),
            )
            .center_x(Fill)
            .center_y(72.0)
            .style(move |_| container::Style {
                background: Some(iced::Background::Color(colours.surface)),
                border: iced::Border { color: line, width, radius: iced::border::radius(8.0) },
                ..container::Style::default()
            }),
        );
    }
    container(places).id("uscc").max_width(1100).width(Fill).into()
}

fn scanning_page(scene: Scene<'_>) -> Page<'_> {
    let look = scene.look;
    // Who came back from the form goes on with the same business.
    let asking = *scene.session.stage() == Stage::ProvingBusiness(ProvingBusiness::Asking);
    let is_known = !asking && scene.session.business().is_some();
    let go_on = Some(Touched::Tell(Event::WentOn));
    Page {
        title: look.text.business_title.into(),
        lead: if is_known { look.text.business_known } else { look.text.business_lead }.into(),
        body: Box::new(move |room| scanning_body(scene, room)),
        primary: is_known.then(|| press::primary(&look, look.text.next, Icon::ArrowRight, go_on)),
        must_be_read: false,
        back: None,
    }
}

fn scanning_body(scene: Scene<'_>, room: Size) -> Element<'_, Touched> {
    let look = scene.look;
    let text = look.text;
    let Stage::ProvingBusiness(how_far) = scene.session.stage() else {
        return Column::new().into();
    };
    let problem = match how_far {
        ProvingBusiness::Waiting => None,
        ProvingBusiness::Asking => {
            return identifying::at_work(
                scene,
                room,
                Part::Scanner,
                text.business_asking,
                text.business_asking_more,
            );
        }
        ProvingBusiness::CodeRefused(problem) => {
            let (what, more) = told(text, *problem);
            Some(panel::notice(&look, Tone::Warn, what, more))
        }
        ProvingBusiness::UsccRefused(reason) => {
            Some(panel::notice(&look, Tone::Bad, text.uscc_wrong, (text.uscc_problem)(reason.kind)))
        }
        ProvingBusiness::Unknown => Some(panel::notice(
            &look,
            Tone::Warn,
            text.business_unknown,
            text.business_unknown_more,
        )),
    };
    let taken =
        [(true, 380.0), (problem.is_some(), 180.0), (scene.session.business().is_some(), 60.0)];
    let taken: f32 = taken.iter().filter(|(is_there, _)| *is_there).map(|(_, px)| px).sum();
    let picture = (room.height - taken).clamp(200.0, 680.0);
    Column::new()
        .push(known(scene))
        .push(problem)
        .push(scan_card(scene, picture))
        .push(type_card(&look))
        .spacing(theme::space::M)
        .into()
}

/// What is known already: who was identified, by the family name and the masked number, no more; and the
/// business that was shown before somebody went back.
pub(super) fn known(scene: Scene<'_>) -> Option<Element<'_, Touched>> {
    let look = scene.look;
    let applicant = scene.session.applicant()?;
    let name = MaskedName::of(applicant.name.reveal());
    let person = (look.text.person)(name.as_str(), &applicant.id_masked);
    let checked = |words: String| {
        let words = label::body(&look, words);
        label::with_icon(Icon::CheckCircle, 40.0, look.colours.good, words)
    };
    let business = scene.session.business().map(|business| checked(business.name.clone()));
    Some(panel::tinted(
        &look,
        Tone::Good,
        column![checked(format!("{}　{person}", look.text.business_identified))]
            .push(business)
            .spacing(theme::space::XS),
    ))
}

fn scan_card(scene: Scene<'_>, picture: f32) -> Element<'_, Touched> {
    let look = scene.look;
    let c = look.colours;
    if !scene.session.equipment().scanner {
        return panel::notice(&look, Tone::Warn, look.text.business_no_scanner, "");
    }
    let words = column![
        panel::badge(Icon::PhoneCode, 84.0, c.primary, c.primary_soft),
        label::heading(&look, look.text.business_code),
        label::soft(&look, look.text.business_code_more),
    ]
    .spacing(theme::space::S)
    .width(Fill);
    panel::card(
        &look,
        row![words, machine(&look, vec![Part::Scanner], scene.beat(), picture)]
            .spacing(theme::space::M)
            .align_y(Center),
    )
}

fn type_card<'a>(look: &Look) -> Element<'a, Touched> {
    press::card(
        look,
        "type-uscc".to_owned(),
        Icon::Keyboard,
        look.text.business_type,
        look.text.business_type_more,
        140.0,
        Touched::Business(Message::Opened),
    )
}

fn told(text: &Strings, problem: LicenceProblem) -> (&'static str, &'static str) {
    match problem {
        LicenceProblem::Unreadable => (text.code_unreadable, text.code_unreadable_more),
        LicenceProblem::TooLong => (text.code_too_long, text.code_too_long_more),
        LicenceProblem::NotALicence => (text.licence_not, text.licence_not_more),
        LicenceProblem::Expired => (text.licence_expired, text.licence_expired_more),
        LicenceProblem::Used => (text.licence_used, text.licence_used_more),
        LicenceProblem::ServiceDown => (text.licence_down, text.licence_down_more),
    }
}
