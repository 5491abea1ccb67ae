//! The console of the staff: a name, a PIN, then pages on how the kiosk is. It shows nobody's case.

mod evidence;
mod leaving;
mod pages;
mod work;

use std::time::Duration;

use iced::widget::{Column, column, container, row};
use iced::{Center, Element, Fill, Size};
use zeroize::Zeroizing;

use super::{Message as Touched, Page, Scene, frame};
use crate::config::Change;
use crate::domain::Language;
use crate::staff::{Member, Pin, Refusal, Role};
use crate::terminal::console::{Ask, Told};
use crate::terminal::report::{DeviceKind, Readiness, SheetSize};
use crate::terminal::work::Work;
use crate::ui::text::strings;
use crate::ui::theme::{self, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::keyboard::{self, Key};
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, press};
use crate::wire::v1::{SheetAnswer, SignOut};

/// Without a touch, the sign-in is given up.
const SIGN_IN_IDLE: Duration = Duration::from_mins(1);
/// Without a touch, whoever is signed in is signed out: long enough to refill a printer.
const SIGNED_IN_IDLE: Duration = Duration::from_mins(3);
/// How old what is shown may be.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Digits of the number on a blank sheet.
const BLANK_DIGITS: usize = 12;
/// Characters of a sign-in name.
const NAME_LEN: std::ops::RangeInclusive<usize> = 2..=24;

/// What was touched here.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// A key of the name.
    Name(Key),
    /// The name is typed.
    Named,
    /// A key of the PIN.
    Digit(Digit),
    /// The PIN is typed.
    Entered,
    /// One step back, or out.
    Back,
    /// Another page.
    Chosen(Tab),
    /// What became of a sheet; to be confirmed.
    Answered(u64, SheetAnswer),
    /// It is confirmed.
    Confirmed,
    /// A printer holds nobody's paper.
    Emptied(DeviceKind),
    /// Ask every port what is there.
    Find,
    /// Take what answered there as proposed.
    Use(usize),
    /// What was found has been seen.
    Seen,
    /// Try a device.
    Try(DeviceKind),
    /// See and change a device's settings.
    Settings(DeviceKind),
    /// Give a setting another value.
    Set(Change),
    /// Why the settings are changed.
    Why(work::Reason),
    /// Try them, and keep them if the device comes up.
    Keep,
    /// Why the kiosk is taken out of service; to be confirmed.
    Leaving(leaving::Leaving),
    /// It is confirmed: what is left of the numbers is given back.
    GiveBack,
    /// Take the evidence of so many days, or all of it, away.
    Export(Option<u16>),
    /// End that.
    EndExport,
    /// Count sheets into a tray.
    Count(SheetSize),
    /// A key of their numbers.
    CountKey(Key),
    /// The number is typed.
    Counted,
    /// The next sheet of a tray was spoiled.
    Spoil(SheetSize),
    /// Maintenance is over.
    Left,
}

/// A key of the PIN, which no log may show.
#[derive(Clone, Copy)]
pub(crate) struct Digit(Key);

impl std::fmt::Debug for Digit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digit(…)")
    }
}

/// What the console wants done.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Something of the terminal, which answers.
    Ask(Ask),
    /// It is over; with a reason where somebody was signed in.
    Leave(Option<SignOut>),
}

/// The pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Overview,
    Papers,
    Rulebook,
    Central,
    Numbers,
    Devices,
    About,
}

impl Tab {
    fn of(role: Role) -> &'static [Self] {
        match role {
            Role::Attendant => &[Self::Overview, Self::Papers],
            Role::Technician => &[
                Self::Overview,
                Self::Papers,
                Self::Rulebook,
                Self::Central,
                Self::Numbers,
                Self::Devices,
                Self::About,
            ],
        }
    }

    fn id(self) -> &'static str {
        match self {
            Self::Overview => "tab:overview",
            Self::Papers => "tab:papers",
            Self::Rulebook => "tab:rulebook",
            Self::Central => "tab:central",
            Self::Numbers => "tab:numbers",
            Self::Devices => "tab:devices",
            Self::About => "tab:about",
        }
    }
}

/// The console.
pub(crate) struct Screen {
    step: Step,
    touched_at: Duration,
    /// The terminal was asked and has not answered.
    is_asking: bool,
    refused: Option<Refusal>,
}

enum Step {
    Name(String),
    Pin(String, Zeroizing<String>),
    Open(Box<Open>),
}

/// Somebody is signed in.
struct Open {
    member: Member,
    report: Box<Readiness>,
    looked_at: Duration,
    tab: Tab,
    /// What was touched about a sheet, and not confirmed.
    answered: Option<(u64, SheetAnswer)>,
    /// A device's settings that are being changed.
    draft: Option<work::Draft>,
    /// Sheets that are being counted in.
    counting: Option<work::Counting>,
    /// Why the kiosk is about to be taken out of service.
    leaving: Option<leaving::Leaving>,
    /// The last thing asked could not be done.
    not_done: bool,
}

/// PIN and name stay out.
impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.step {
            Step::Name(_) => "Console(name)",
            Step::Pin(..) => "Console(PIN)",
            Step::Open(_) => "Console(open)",
        })
    }
}

impl Screen {
    pub(crate) fn new(now: Duration) -> Self {
        Self { step: Step::Name(String::new()), touched_at: now, is_asking: false, refused: None }
    }

    /// Which page is open: another one begins at its top.
    pub(crate) fn page(&self) -> usize {
        match &self.step {
            Step::Name(_) => 0,
            Step::Pin(..) => 1,
            Step::Open(open) if open.draft.is_some() => 20,
            Step::Open(open) if open.counting.is_some() => 21,
            Step::Open(open) => 2 + open.tab as usize,
        }
    }

    /// A finger went down anywhere.
    pub(crate) fn touched(&mut self, now: Duration) {
        self.touched_at = now;
    }

    /// A second has passed.
    pub(crate) fn tick(&mut self, now: Duration) -> Option<Wish> {
        let untouched = now.saturating_sub(self.touched_at);
        match &self.step {
            Step::Name(_) | Step::Pin(..) => {
                (untouched >= SIGN_IN_IDLE).then_some(Wish::Leave(None))
            }
            Step::Open(_) if untouched >= SIGNED_IN_IDLE => Some(Wish::Leave(Some(SignOut::Idle))),
            Step::Open(open) => {
                let is_due = now.saturating_sub(open.looked_at) >= LOOK_EVERY;
                (is_due && !self.is_asking).then(|| self.ask(Ask::Look))
            }
        }
    }

    fn ask(&mut self, ask: Ask) -> Wish {
        self.is_asking = true;
        Wish::Ask(ask)
    }

    /// Takes what was touched.
    pub(crate) fn update(&mut self, message: Message) -> Option<Wish> {
        match (&mut self.step, message) {
            (Step::Name(typed), Message::Name(key)) => {
                type_name(typed, key);
                None
            }
            (Step::Name(typed), Message::Named) if NAME_LEN.contains(&typed.len()) => {
                let name = std::mem::take(typed);
                // Reserved at once: a text that grows leaves copies of itself behind.
                let pin = Zeroizing::new(String::with_capacity(Pin::DIGITS_MAX));
                self.step = Step::Pin(name, pin);
                self.refused = None;
                None
            }
            (Step::Pin(_, pin), Message::Digit(Digit(key))) => {
                match key {
                    Key::Write(digit) if pin.len() < Pin::DIGITS_MAX => pin.push(digit),
                    Key::Delete => drop(pin.pop()),
                    Key::Clear => pin.clear(),
                    Key::Write(_) | Key::Shift | Key::Pinyin | Key::Choose(_) | Key::More => {}
                }
                None
            }
            (Step::Pin(name, pin), Message::Entered)
                if pin.len() >= Pin::DIGITS_MIN && !self.is_asking =>
            {
                let fresh = Zeroizing::new(String::with_capacity(Pin::DIGITS_MAX));
                let pin = Pin::typed(std::mem::replace(pin, fresh));
                let name = name.clone();
                self.refused = None;
                Some(self.ask(Ask::SignIn { name, pin }))
            }
            (Step::Name(_), Message::Back) => Some(Wish::Leave(None)),
            (Step::Pin(..), Message::Back) if !self.is_asking => {
                self.step = Step::Name(String::new());
                self.refused = None;
                None
            }
            (Step::Open(open), Message::Back) => {
                open.answered = None;
                open.draft = None;
                open.counting = None;
                open.leaving = None;
                None
            }
            (Step::Open(_), Message::Left) => Some(Wish::Leave(Some(SignOut::Left))),
            (Step::Open(open), Message::Chosen(tab)) if open.may(tab) => {
                open.tab = tab;
                open.answered = None;
                open.draft = None;
                open.counting = None;
                open.leaving = None;
                open.not_done = false;
                None
            }
            (Step::Open(open), Message::Answered(job, answer)) => {
                open.answered = Some((job, answer));
                None
            }
            (Step::Open(open), Message::Confirmed) => {
                let (job, answer) = open.answered.take()?;
                Some(self.ask(Ask::Settle { job, answer }))
            }
            (Step::Open(_), Message::Emptied(printer)) => Some(self.ask(Ask::Emptied(printer))),
            (Step::Open(_), Message::Find) if !self.is_asking => Some(self.ask(Ask::Discover)),
            (Step::Open(open), Message::Export(days))
                if open.may(Tab::About) && !self.is_asking =>
            {
                Some(self.ask(Ask::Export { days }))
            }
            (Step::Open(_), Message::EndExport) if !self.is_asking => {
                Some(self.ask(Ask::EndExport))
            }
            (Step::Open(_), Message::Seen) if !self.is_asking => Some(self.ask(Ask::Seen)),
            (Step::Open(_), Message::Try(kind)) if !self.is_asking => {
                Some(self.ask(Ask::Test(kind)))
            }
            (Step::Open(_), Message::Spoil(paper)) if !self.is_asking => {
                Some(self.ask(Ask::SpoilBlank(paper)))
            }
            (Step::Open(open), message) => {
                let ask = open.change(message)?;
                Some(self.ask(ask))
            }
            // The second tap of a batch.
            _ => None,
        }
    }

    /// Takes the terminal's answer; what it wants in turn.
    pub(crate) fn told(&mut self, told: Told, now: Duration) -> Option<Wish> {
        self.is_asking = false;
        match (&mut self.step, told) {
            (Step::Pin(..), Told::Refused(refusal)) => self.refused = Some(refusal),
            (Step::Pin(..), Told::SignedIn(member, report)) => {
                self.touched_at = now;
                self.step = Step::Open(Box::new(Open {
                    member,
                    report,
                    looked_at: now,
                    tab: Tab::Overview,
                    answered: None,
                    draft: None,
                    counting: None,
                    leaving: None,
                    not_done: false,
                }));
            }
            (Step::Open(open), Told::Report(report)) => open.shows(report, now),
            (Step::Open(open), Told::NotDone(report)) => {
                open.shows(report, now);
                open.not_done = true;
            }
            // The terminal knows of nobody here: then nobody is.
            (Step::Open(_), Told::Out) => return Some(Wish::Leave(None)),
            (_, Told::SignedIn(..)) => return Some(Wish::Leave(Some(SignOut::Left))),
            (
                Step::Name(_) | Step::Pin(..) | Step::Open(_),
                Told::Refused(_) | Told::Report(_) | Told::NotDone(_) | Told::Out,
            ) => {}
        }
        None
    }

    pub(crate) fn view<'a>(&'a self, scene: Scene<'a>) -> Element<'a, Touched> {
        match &self.step {
            Step::Name(typed) => frame::framed(scene, name_page(scene, typed)),
            Step::Pin(_, pin) => frame::framed(scene, self.pin_page(scene, pin.len())),
            Step::Open(open) => open.view(scene),
        }
    }

    fn pin_page<'a>(&'a self, scene: Scene<'a>, typed: usize) -> Page<'a> {
        let look = scene.look;
        let can_enter = typed >= Pin::DIGITS_MIN && !self.is_asking;
        let words =
            if self.is_asking { look.text.console_checking } else { look.text.console_pin_enter };
        Page {
            title: look.text.console_pin_title.into(),
            lead: look.text.console_no_visit.into(),
            body: Box::new(move |room| self.pin_body(scene, typed, room)),
            primary: Some(press::primary(
                &look,
                words,
                Icon::Lock,
                can_enter.then_some(Touched::Console(Message::Entered)),
            )),
            must_be_read: false,
            back: Some(Touched::Console(Message::Back)),
        }
    }

    fn pin_body<'a>(&self, scene: Scene<'a>, typed: usize, room: Size) -> Element<'a, Touched> {
        let look = scene.look;
        let key_px = keyboard::key_height(room.height - 290.0, 4);
        // Never the digits themselves: somebody may look over a shoulder.
        let field = field(scene, Icon::Person, &"●".repeat(typed));
        let keys =
            keyboard::number(&look, key_px, |key| Touched::Console(Message::Digit(Digit(key))));
        Column::new()
            .push(field)
            .push(self.refused.map(|refusal| refused(scene, refusal)))
            .push(keys)
            .spacing(theme::space::M)
            .into()
    }
}

impl Open {
    fn may(&self, tab: Tab) -> bool {
        Tab::of(self.member.role).contains(&tab)
    }

    /// Settings and counts that are being typed; what is asked when they are done.
    fn change(&mut self, message: Message) -> Option<Ask> {
        let may_leave = self.may(Tab::Numbers);
        match (message, &mut self.draft, &mut self.counting) {
            (Message::Use(at), ..) => {
                let Work::Discovered(ports) = &self.report.work else { return None };
                let proposal = &ports.get(at)?.proposal;
                let section = &proposal.first()?.section;
                let kind = DeviceKind::ALL.into_iter().find(|kind| kind.as_str() == section)?;
                let mut draft = work::Draft::new(kind);
                for change in proposal {
                    draft.set(change.clone(), &self.report.settings);
                }
                self.draft = Some(draft);
            }
            (Message::Settings(kind), ..) => self.draft = Some(work::Draft::new(kind)),
            (Message::Set(change), Some(draft), _) => draft.set(change, &self.report.settings),
            (Message::Why(reason), Some(draft), _) => draft.why = Some(reason),
            (Message::Keep, Some(draft), _) if draft.is_ready() => {
                let draft = self.draft.take()?;
                // The journal is read in the language of the organ.
                let why = draft.why?.words(strings(Language::Zh)).to_owned();
                return Some(Ask::Configure { changes: draft.changes, why });
            }
            (Message::Leaving(reason), ..) if may_leave => self.leaving = Some(reason),
            (Message::GiveBack, ..) => {
                let why = self.leaving.take()?.words(strings(Language::Zh)).to_owned();
                return Some(Ask::ReturnNumbers { why });
            }
            (Message::Count(paper), ..) => self.counting = Some(work::Counting::new(paper)),
            (Message::CountKey(key), _, Some(counting)) => {
                let field = counting.field();
                match key {
                    Key::Write(digit) if field.len() < BLANK_DIGITS => field.push(digit),
                    Key::Delete => drop(field.pop()),
                    Key::Clear => field.clear(),
                    Key::Write(_) | Key::Shift | Key::Pinyin | Key::Choose(_) | Key::More => {}
                }
            }
            (Message::Counted, _, Some(counting)) => {
                if !std::mem::replace(&mut counting.is_last, true) {
                    return None;
                }
                let (paper, tray) = (counting.paper, counting.tray()?);
                self.counting = None;
                return Some(Ask::CountBlanks { paper, tray });
            }
            // The second tap of a batch.
            _ => {}
        }
        None
    }

    /// The number pad of the sheets that are counted in.
    fn counting_page<'a>(scene: Scene<'a>, counting: &'a work::Counting) -> Page<'a> {
        let look = scene.look;
        let text = look.text;
        let is_right = if counting.is_last {
            counting.tray().is_some()
        } else {
            counting.first.parse::<u64>().is_ok()
        };
        let title = if counting.is_last { text.tray_last } else { text.tray_first };
        Page {
            title: format!("{}　{title}", counting.paper.as_str()).into(),
            lead: text.trays_lead.into(),
            body: Box::new(move |room| {
                let key_px = keyboard::key_height(room.height - 290.0, 4);
                column![
                    field(scene, Icon::Certificate, counting.shown()),
                    keyboard::number(&look, key_px, |key| {
                        Touched::Console(Message::CountKey(key))
                    }),
                ]
                .spacing(theme::space::M)
                .into()
            }),
            primary: Some(press::primary(
                &look,
                text.next,
                Icon::ArrowRight,
                is_right.then_some(Touched::Console(Message::Counted)),
            )),
            must_be_read: false,
            back: Some(Touched::Console(Message::Back)),
        }
    }

    fn shows(&mut self, report: Box<Readiness>, now: Duration) {
        self.report = report;
        self.looked_at = now;
        self.not_done = false;
    }

    fn view<'a>(&'a self, scene: Scene<'a>) -> Element<'a, Touched> {
        let look = scene.look;
        let text = look.text;
        let role = match self.member.role {
            Role::Attendant => text.role_attendant,
            Role::Technician => text.role_technician,
        };
        if let Some(counting) = &self.counting {
            return frame::framed(scene, Self::counting_page(scene, counting));
        }
        let who = (text.signed_in_as)(&self.member.name, role);
        let tabs = self.tabs(scene);
        let page = Page {
            title: text.console_title.into(),
            lead: format!("{who}　{}", text.console_no_visit).into(),
            body: Box::new(move |_room| pages::view(self, scene)),
            primary: Some(match (self.answered, &self.draft) {
                (None, None) if self.leaving.is_some() => press::primary(
                    &look,
                    text.leaving_confirm,
                    Icon::Stop,
                    Some(Touched::Console(Message::GiveBack)),
                ),
                (_, Some(draft)) => press::primary(
                    &look,
                    text.work_keep,
                    Icon::Check,
                    draft.is_ready().then_some(Touched::Console(Message::Keep)),
                ),
                (Some(_), None) => press::primary(
                    &look,
                    text.settle_confirm,
                    Icon::Pen,
                    Some(Touched::Console(Message::Confirmed)),
                ),
                (None, None) => press::foot(
                    &look,
                    "sign-out",
                    text.console_sign_out,
                    Icon::Leave,
                    Some(Touched::Console(Message::Left)),
                ),
            }),
            must_be_read: false,
            back: (self.answered.is_some() || self.draft.is_some() || self.leaving.is_some())
                .then_some(Touched::Console(Message::Back)),
        };
        frame::framed_under(scene, page, Some(tabs))
    }

    fn tabs<'a>(&self, scene: Scene<'a>) -> Element<'a, Touched> {
        let look = scene.look;
        let per_row = if look.is_wide() { 7 } else { 4 };
        let tabs = Tab::of(self.member.role);
        let rows = tabs.chunks(per_row).map(|tabs| {
            let tabs = tabs.iter().map(|tab| {
                let waiting = *tab == Tab::Papers && !self.report.sheets.is_empty();
                let words = pages::title(&look, *tab);
                let words = if waiting {
                    format!("{words} {}", self.report.sheets.len())
                } else {
                    words.to_owned()
                };
                press::small_tab(
                    &look,
                    tab.id(),
                    words,
                    *tab == self.tab,
                    Touched::Console(Message::Chosen(*tab)),
                )
            });
            press::evenly(tabs).into()
        });
        Column::with_children(rows).spacing(theme::space::S).into()
    }
}

fn type_name(typed: &mut String, key: Key) {
    match key {
        Key::Write(letter)
            if typed.len() < *NAME_LEN.end()
                && (letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-') =>
        {
            typed.push(letter);
        }
        Key::Delete => drop(typed.pop()),
        Key::Clear => typed.clear(),
        Key::Write(_) | Key::Shift | Key::Pinyin | Key::Choose(_) | Key::More => {}
    }
}

fn name_page<'a>(scene: Scene<'a>, typed: &'a str) -> Page<'a> {
    let look = scene.look;
    let next = NAME_LEN.contains(&typed.len()).then_some(Touched::Console(Message::Named));
    Page {
        title: look.text.console_name_title.into(),
        lead: look.text.console_name_lead.into(),
        body: Box::new(move |room| {
            let key_px = keyboard::key_height(room.height - 290.0, 5);
            column![
                field(scene, Icon::Person, typed),
                keyboard::text(&look, keyboard::Writing::Plain, key_px, |key| {
                    Touched::Console(Message::Name(key))
                }),
            ]
            .spacing(theme::space::M)
            .into()
        }),
        primary: Some(press::primary(&look, look.text.console_name_next, Icon::ArrowRight, next)),
        must_be_read: false,
        back: Some(Touched::Console(Message::Back)),
    }
}

fn field<'a>(scene: Scene<'a>, icon: Icon, typed: &str) -> Element<'a, Touched> {
    let look = scene.look;
    let line = row![
        icon.draw(48.0, look.colours.primary),
        label::bold(typed.to_owned(), size::TITLE, look.colours.ink)
    ]
    .spacing(theme::space::M)
    .align_y(Center);
    panel::card(&look, container(line).center_y(72.0).width(Fill))
}

fn refused(scene: Scene<'_>, refusal: Refusal) -> Element<'_, Touched> {
    let look = scene.look;
    let text = look.text;
    let locked = |until| {
        let more = (text.locked_until)(&pages::clock(until));
        panel::notice(&look, Tone::Bad, text.console_locked, more)
    };
    match refusal {
        Refusal::Wrong { locked_until: None, tries_left, .. } => {
            panel::notice(&look, Tone::Bad, text.console_wrong, (text.tries_left)(tries_left))
        }
        Refusal::Wrong { locked_until: Some(until), .. } | Refusal::Locked { until } => {
            locked(until)
        }
        Refusal::NoStaff => {
            panel::notice(&look, Tone::Bad, text.console_no_staff, text.console_no_staff_more)
        }
    }
}
