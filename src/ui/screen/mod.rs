//! The screens: each is a view of a stage of the visit, and keeps only keyboards and page numbers.

mod attract;
mod business;
mod choosing;
pub(super) mod console;
mod data;
mod decision;
mod done;
mod ended;
mod form;
mod frame;
mod guiding;
mod identifying;
mod looking_up;
mod out_of_service;
mod overlay;
mod promise;
mod rating;
mod results;
mod telling;
mod verifying;

use std::time::Duration;

use iced::Element;
use jiff::civil::Date;

use crate::session::event::Event;
use crate::session::{Errand, Session, Stage};
use crate::ui::text::strings;
use crate::ui::theme::Look;

pub(crate) use frame::{PAGE, Page, Scroll};

/// What was touched on a screen.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Begin a visit.
    Begin(Errand),
    /// Something for the session.
    Tell(Event),
    /// "End" was touched: ask first.
    AskToEnd,
    /// "Go on" in the question.
    KeepOn,
    /// Help is opened or closed.
    HelpOpened(bool),
    /// High contrast is switched on or off.
    ContrastChosen(bool),
    /// Reading aloud is switched on or off.
    AloudChosen(bool),
    /// The page is moved, or another one is there.
    Scrolled(Scroll),
    /// Move the page so far.
    ScrollBy(f32),
    /// On the screen of services.
    Choosing(choosing::Message),
    /// On the guide.
    Guiding(guiding::Message),
    /// On what is told.
    Telling(telling::Message),
    /// On the screen of the business.
    Business(business::Message),
    /// On the form.
    Form(form::Message),
    /// On the promise.
    Promise(promise::Message),
    /// On the results.
    Results(results::Message),
    /// Which registers were asked is opened or closed.
    DataOpened(bool),
    /// On the decision.
    Decision(decision::Message),
    /// On the console of the staff.
    Console(console::Message),
}

/// What a screen may look at.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    /// The visit.
    pub(super) session: &'a Session,
    /// How it looks.
    pub(super) look: Look,
    /// Monotonic now, for countdowns.
    pub(super) now: Duration,
    /// Today, for the day picker.
    pub(super) today: Date,
    /// How far the page is moved.
    pub(super) scroll: Scroll,
    /// Help, and what was chosen there.
    pub(super) help: &'a Help,
    /// Whether the data receipt is open.
    pub(super) data: bool,
    /// Whether the devices of a kiosk that has just been switched on may still come up.
    pub(super) is_starting: bool,
}

/// Help: what can be asked of the screen, and of the staff.
#[derive(Debug, Default)]
pub(super) struct Help {
    /// Whether it lies over the screen.
    pub(super) open: bool,
    /// Whether the screens are read aloud.
    pub(super) aloud: bool,
    /// The telephone of the staff; empty where it is not known.
    pub(super) phone: String,
    /// When the screen was last touched.
    pub(super) touched: Duration,
}

impl Scene<'_> {
    /// Changes once a second, for what breathes.
    pub(super) fn beat(&self) -> bool {
        self.now.as_secs() % 2 == 1
    }
}

/// The screen of the stage, with its keyboards and page numbers.
#[derive(Debug)]
pub(super) enum Screen {
    Attract,
    Verifying,
    Console(Box<console::Screen>),
    Choosing(choosing::Screen),
    Guiding(guiding::Screen),
    Telling(telling::Screen),
    Identifying,
    Business(business::Screen),
    LookingUp,
    Form(form::Screen),
    Promise(promise::Screen),
    Results(results::Screen),
    Decision(Box<decision::Screen>),
    Rating,
    Done,
    Ended,
}

impl Screen {
    /// A fresh screen for the stage the session is at; what was typed on the one before is gone.
    pub(super) fn of(session: &Session, now: Duration) -> Self {
        match session.stage() {
            Stage::Welcome => Self::Attract,
            Stage::Maintenance => Self::Console(Box::new(console::Screen::new(now))),
            Stage::Verifying(_) => Self::Verifying,
            Stage::Choosing => Self::Choosing(choosing::Screen::new(session)),
            Stage::Guiding => Self::Guiding(guiding::Screen::new(session)),
            Stage::Telling => Self::Telling(telling::Screen::default()),
            Stage::Identifying(_) => Self::Identifying,
            Stage::ProvingBusiness(_) => Self::Business(business::Screen::new(session)),
            Stage::LookingUp => Self::LookingUp,
            Stage::Filling => Self::Form(form::Screen::new(session)),
            Stage::Promising => Self::Promise(promise::Screen::new()),
            Stage::Results => Self::Results(results::Screen::default()),
            Stage::Decided(_) => Self::Decision(Box::new(decision::Screen::new(session))),
            Stage::Rating => Self::Rating,
            Stage::Done => Self::Done,
            Stage::Ended(_) => Self::Ended,
        }
    }

    /// Names the page of the screen that is open: another one begins at its top, and is read aloud.
    pub(super) fn page(&self) -> String {
        match self {
            Self::Choosing(screen) => screen.page(),
            Self::Form(screen) => screen.page(),
            Self::Guiding(screen) => screen.page(),
            Self::Business(screen) => screen.page().to_string(),
            Self::Console(screen) => screen.page().to_string(),
            Self::Telling(screen) => screen.page().to_string(),
            Self::Results(screen) => screen.page().to_string(),
            Self::Decision(screen) => screen.page().to_string(),
            Self::Attract
            | Self::Verifying
            | Self::Identifying
            | Self::LookingUp
            | Self::Promise(_)
            | Self::Rating
            | Self::Done
            | Self::Ended => String::new(),
        }
    }

    /// Its name, for what is read aloud once.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Attract => "attract",
            Self::Verifying => "verifying",
            Self::Console(_) => "console",
            Self::Choosing(_) => "choosing",
            Self::Guiding(_) => "guiding",
            Self::Telling(_) => "telling",
            Self::Identifying => "identifying",
            Self::Business(_) => "business",
            Self::LookingUp => "looking-up",
            Self::Form(_) => "form",
            Self::Promise(_) => "promise",
            Self::Results(_) => "results",
            Self::Decision(_) => "decision",
            Self::Rating => "rating",
            Self::Done => "done",
            Self::Ended => "ended",
        }
    }

    /// Whether what stands on it is nobody else's to hear: who somebody is, what they answered, what a
    /// register says about them.
    pub(super) fn is_private(&self) -> bool {
        match self {
            Self::Form(screen) => screen.is_private(),
            Self::Business(_) | Self::Results(_) | Self::Console(_) => true,
            Self::Attract
            | Self::Verifying
            | Self::Choosing(_)
            | Self::Guiding(_)
            | Self::Telling(_)
            | Self::Identifying
            | Self::LookingUp
            | Self::Promise(_)
            | Self::Decision(_)
            | Self::Rating
            | Self::Done
            | Self::Ended => false,
        }
    }

    /// What is wrong with what was just answered or typed, without a word of the answer.
    pub(super) fn problem(&self, session: &Session) -> Option<String> {
        match self {
            Self::Form(screen) => screen.problem(session),
            Self::Business(screen) => screen.problem(strings(session.language())),
            Self::Attract
            | Self::Verifying
            | Self::Choosing(_)
            | Self::Guiding(_)
            | Self::Telling(_)
            | Self::Identifying
            | Self::LookingUp
            | Self::Promise(_)
            | Self::Decision(_)
            | Self::Rating
            | Self::Results(_)
            | Self::Console(_)
            | Self::Done
            | Self::Ended => None,
        }
    }

    /// The session took an event and is still at this stage.
    pub(super) fn follow(&mut self, session: &Session) {
        if let Self::Decision(screen) = self {
            screen.follow(session);
        }
    }

    /// Takes what was touched; returns what the session is to be told. A message from a screen that
    /// is gone (the second tap of a batch) changes nothing.
    pub(super) fn update(&mut self, session: &Session, message: Message) -> Option<Event> {
        match (self, message) {
            (_, Message::Tell(event)) => Some(event),
            (Self::Choosing(screen), Message::Choosing(message)) => screen.update(message),
            (Self::Guiding(screen), Message::Guiding(message)) => screen.update(message),
            (Self::Telling(screen), Message::Telling(message)) => screen.update(message),
            (Self::Business(screen), Message::Business(message)) => screen.update(message),
            (Self::Form(screen), Message::Form(message)) => screen.update(session, message),
            (Self::Promise(screen), Message::Promise(message)) => screen.update(message),
            (Self::Results(screen), Message::Results(message)) => {
                screen.update(message);
                None
            }
            (Self::Decision(screen), Message::Decision(message)) => {
                screen.update(message);
                None
            }
            _ => None,
        }
    }

    /// The whole screen: frame, content, and what lies over it.
    pub(super) fn view<'a>(&'a self, scene: Scene<'a>, asks_to_end: bool) -> Element<'a, Message> {
        let base = match self {
            _ if scene.data => frame::framed(scene, data::view(scene)),
            Self::Attract if scene.session.equipment().can_serve() => attract::view(scene),
            Self::Attract => out_of_service::view(scene),
            Self::Verifying => frame::framed(scene, verifying::view(scene)),
            Self::Console(screen) => screen.view(scene),
            Self::Choosing(screen) => frame::framed(scene, screen.view(scene)),
            Self::Guiding(screen) => frame::framed(scene, screen.view(scene)),
            Self::Telling(screen) => frame::framed(scene, screen.view(scene)),
            Self::Identifying => frame::framed(scene, identifying::view(scene)),
            Self::Business(screen) => frame::framed(scene, screen.view(scene)),
            Self::LookingUp => frame::framed(scene, looking_up::view(scene)),
            Self::Form(screen) => frame::framed(scene, screen.view(scene)),
            Self::Promise(screen) => frame::framed(scene, screen.view(scene)),
            Self::Results(screen) => frame::framed(scene, screen.view(scene)),
            Self::Decision(screen) => frame::framed(scene, screen.view(scene)),
            Self::Rating => frame::framed(scene, rating::view(scene)),
            Self::Done => frame::framed(scene, done::view(scene)),
            Self::Ended => ended::view(scene),
        };
        overlay::over(scene, base, asks_to_end)
    }
}
