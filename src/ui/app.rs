//! The application: it owns the session, hands events in and effects out, and never waits.

use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use iced::futures::Stream;
use iced::futures::stream;
use iced::widget::operation::{self, AbsoluteOffset, RelativeOffset};
use iced::widget::selector;
use iced::{Element, Point, Size, Subscription, Task, Theme, time, window};
use jiff::civil::{Date, Time};
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;

use crate::domain::calendar::{date_in_china, datetime_in_china};
use crate::domain::{ApplicationId, Language};
use crate::session::effect::Effect;
use crate::session::event::{Event, Moment};
use crate::session::{Session, Stage};
use crate::terminal::console::{Ask, Told};
use crate::ui::aloud;
use crate::ui::probe::{self, Answer, Question};
use crate::ui::screen::console::Wish;
use crate::ui::screen::{self, Help, PAGE, Scene, Screen, Scroll};
use crate::ui::theme::{self, Look, Wishes};
use crate::ui::widget::touch;
use crate::wire::v1::SignOut;

/// Does what a visit wants done. Nothing here may wait: `perform` hands the effect on and returns.
pub trait Performer {
    /// Starts an effect; what comes of it arrives as an event.
    fn perform(&self, effect: Effect);
    /// Now, by both clocks.
    fn moment(&self) -> Moment;
    /// 128 fresh random bits.
    fn new_application(&self) -> ApplicationId;
    /// Asks something for the console of the staff; the answer comes when it is there.
    fn ask(&self, ask: Ask) -> oneshot::Receiver<Told>;
    /// Says this aloud, and nothing else any more.
    fn say(&self, language: Language, text: String);
    /// Says nothing any more.
    fn hush(&self);
    /// The window is open.
    fn opened(&self);
    /// The screen is alive: called every few seconds for as long as it is.
    fn alive(&self);
    /// Dims the panel for the night, or lights it again.
    fn light(&self, night: bool);
}

/// How the window is opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opening {
    /// The whole display, without a cursor: the kiosk itself.
    pub fullscreen: bool,
    /// The window's size in pixels; by default the design size, or less on a smaller display.
    pub size: Option<(u16, u16)>,
}

/// What the window shows.
pub struct Shown {
    /// Before the first applicant.
    pub session: Session,
    /// Does what a visit wants done.
    pub performer: Box<dyn Performer + Send>,
    /// What devices, registers and papers say.
    pub events: Receiver<Event>,
    /// Where to answer questions about what is on the screen; nowhere by default.
    pub probe: Option<PathBuf>,
    /// From when to when the welcome screen is dark.
    pub night: Option<Night>,
    /// The telephone of the staff on site.
    pub phone: String,
}

/// From when to when it is night for the screen, in Asia/Shanghai; over midnight where the end is
/// before the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Night {
    /// First minute.
    pub from: Time,
    /// First minute of the day.
    pub until: Time,
}

impl Night {
    /// Whether it is night at `time`.
    pub fn is_at(self, time: Time) -> bool {
        if self.from <= self.until {
            (self.from..self.until).contains(&time)
        } else {
            time >= self.from || time < self.until
        }
    }
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown").field("stage", &self.session.stage()).finish_non_exhaustive()
    }
}

/// The screen could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing to show.
    #[error(transparent)]
    Start {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The fonts cannot draw these texts.
    #[error("no installed font draws “{missing}”; install fonts-noto-cjk")]
    Font {
        /// The characters without a glyph.
        missing: String,
    },
    /// The toolkit could not open its window.
    #[error("cannot open the window")]
    Window {
        /// Why.
        #[source]
        source: iced::Error,
    },
}

/// The state of the application.
pub struct App {
    session: Session,
    performer: Box<dyn Performer>,
    screen: Screen,
    window: Size,
    now: Duration,
    today: Date,
    asks_to_end: bool,
    help: Help,
    /// What was last read aloud, so that it is read once.
    read: String,
    /// What is wrong with the answer on the screen since the last second, and whether that has been said.
    problem: Option<(String, bool)>,
    contrast: bool,
    /// Whether the data receipt is open.
    data: bool,
    night: Option<Night>,
    is_night: bool,
    /// At night the screen is not dark before.
    lit_until: Duration,
    /// How far the page is moved; told by the toolkit only while the page does not fit.
    /// Until then a kiosk that cannot serve is one that starts.
    starts_until: Duration,
    scroll: Scroll,
    /// The toolkit has to be told that the page is at its top.
    rewound: bool,
    hide_cursor: bool,
    fits_display: bool,
    inbox: Inbox,
    probe: Option<PathBuf>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("stage", &self.session.stage())
            .field("screen", &self.screen)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// Everything that can happen to the application.
#[derive(Debug, Clone)]
pub enum Message {
    /// Something on the screen was touched.
    Screen(Touch),
    /// A finger went down anywhere.
    Touched,
    /// The keypad is at a button with these words.
    Focused(String),
    /// What there is to read aloud.
    Read(Vec<String>),
    /// Some seconds have passed, also while nobody is here.
    Rested,
    /// A second has passed.
    Ticked,
    /// A device, a register, the journal or a printer has something to say.
    Happened(Event),
    /// The window is open; the kiosk fills the display.
    Opened(window::Id),
    /// The display's size is known.
    DisplayKnown(window::Id, Option<Size>),
    /// The window has another size now.
    Resized(window::Id),
    /// The terminal answers the console of the staff.
    Told(Told),
    /// The terminal has ended.
    Unanswered,
    /// Its size in pixels, before any scaling of ours.
    Measured(Size),
    /// Somebody wants to close the window; a kiosk does not.
    CloseAsked,
    /// Somebody asks what is on the screen.
    Probed(Question),
    /// The window that shows it.
    ProbedIn(Question, Option<window::Id>),
}

/// What was touched on a screen; only screens make it.
#[derive(Debug, Clone)]
pub struct Touch(screen::Message);

/// Opens the window and shows in it what `start` gives, until the process ends. `start` is waited for when the
/// line to the display is open, which takes a while, too: what takes long in it belongs on another thread.
pub fn run(
    opening: Opening,
    start: impl FnOnce() -> Result<Shown, Box<dyn std::error::Error + Send + Sync>> + 'static,
) -> Result<(), Error> {
    let size = opening
        .size
        .map_or(theme::UPRIGHT, |(width, height)| Size::new(f32::from(width), f32::from(height)));
    let window = window::Settings {
        // The toolkit multiplies every size it is given by the scale.
        size: shrunk(size, theme::scale(size, false)),
        fullscreen: opening.fullscreen,
        decorations: !opening.fullscreen,
        resizable: !opening.fullscreen,
        exit_on_close_request: !opening.fullscreen,
        ..window::Settings::default()
    };
    // The toolkit wants to be able to boot again; a kiosk boots once.
    let start = Mutex::new(Some(start));
    let failed = Arc::new(Mutex::new(None));
    let why = Arc::clone(&failed);
    let boot = move || {
        let start = start.lock().ok().and_then(|mut start| start.take());
        match start.expect("the toolkit boots an application once")() {
            Ok(shown) => (Booted(Some(App::showing(shown, opening, size))), Task::none()),
            Err(source) => {
                if let Ok(mut why) = why.lock() {
                    *why = Some(Error::Start { source });
                }
                (Booted(None), iced::exit())
            }
        }
    };
    iced::application(boot, Booted::update, Booted::view)
        .title(|booted: &Booted| booted.0.as_ref().map_or_else(String::new, App::title))
        .theme(|booted: &Booted| booted.0.as_ref().map(App::theme))
        .subscription(Booted::subscription)
        .scale_factor(|booted: &Booted| booted.0.as_ref().map_or(1.0, App::scale_factor))
        .settings(settings())
        .window(window)
        .run()
        .map_err(|source| Error::Window { source })?;
    match failed.lock().ok().and_then(|mut failed| failed.take()) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// What the toolkit runs: without an application there is nothing to show, and it ends.
struct Booted(Option<App>);

impl Booted {
    fn update(&mut self, message: Message) -> Task<Message> {
        self.0.as_mut().map_or_else(Task::none, |app| app.update(message))
    }

    fn view(&self) -> Element<'_, Message> {
        match &self.0 {
            Some(app) => app.view(),
            None => iced::widget::space().into(),
        }
    }

    fn subscription(&self) -> Subscription<Message> {
        self.0.as_ref().map_or_else(Subscription::none, App::subscription)
    }
}

/// The toolkit's settings, for the application and for tests.
pub fn settings() -> iced::Settings {
    iced::Settings {
        default_font: theme::REGULAR,
        default_text_size: theme::size::BODY.into(),
        antialiasing: true,
        ..iced::Settings::default()
    }
}

/// Whether the screens have their font: without it every text would be drawn without glyphs, and silently. To
/// be asked before [`run`], on whatever thread: the toolkit's fonts are read by that, and the window opens
/// sooner.
pub fn check_fonts() -> Result<(), Error> {
    // Regular and rare characters of names, figures, and the signs the screens use.
    let probe = "请证明您是谁张店区喆赟翀骉A1〔2026〕“”、￥≤";
    let missing = undrawable(probe);
    if missing.is_empty() { Ok(()) } else { Err(Error::Font { missing }) }
}

/// The characters of `text` for which no installed font has a glyph.
pub fn undrawable(text: &str) -> String {
    use iced::advanced::graphics::text::cosmic_text::{Attrs, Buffer, Family, Metrics, Shaping};
    let Ok(mut fonts) = iced::advanced::graphics::text::font_system().write() else {
        return text.to_owned();
    };
    let fonts = fonts.raw();
    let mut buffer = Buffer::new(fonts, Metrics::new(16.0, 20.0));
    let attributes = Attrs::new().family(Family::Name(theme::FONT_FAMILY));
    buffer.set_text(fonts, text, &attributes, Shaping::Advanced, None);
    buffer.shape_until_scroll(fonts, false);
    buffer
        .layout_runs()
        .flat_map(|run| run.glyphs)
        .filter(|glyph| glyph.glyph_id == 0)
        .filter_map(|glyph| text.get(glyph.start..glyph.end))
        .collect()
}

impl App {
    /// An application in a window of `window` pixels, without events from outside.
    pub fn new(session: Session, performer: Box<dyn Performer>, window: Size) -> Self {
        let at = performer.moment();
        Self {
            screen: Screen::of(&session, at.monotonic),
            session,
            performer,
            window,
            now: at.monotonic,
            today: date_in_china(at.wall),
            asks_to_end: false,
            help: Help::default(),
            read: String::new(),
            problem: None,
            contrast: false,
            data: false,
            night: None,
            is_night: false,
            lit_until: Duration::ZERO,
            starts_until: Duration::ZERO,
            scroll: Scroll::default(),
            rewound: false,
            hide_cursor: false,
            fits_display: false,
            inbox: Inbox(None),
            probe: None,
        }
    }

    /// An application in the kiosk's own window.
    fn showing(shown: Shown, opening: Opening, window: Size) -> Self {
        let Shown { session, performer, events, probe, night, phone } = shown;
        let mut app = Self::new(session, performer, window);
        app.hide_cursor = opening.fullscreen;
        app.fits_display = opening.size.is_none();
        app.inbox = Inbox(Some(Arc::new(Mutex::new(events))));
        app.probe = probe;
        app.night = night;
        app.help.phone = phone;
        app.begin_starting();
        app.rest();
        app
    }

    /// Says that the kiosk is starting, until it can serve or its devices have had their time.
    pub fn begin_starting(&mut self) {
        self.starts_until = self.now + STARTING_AT_MOST;
    }

    /// The visit.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The room of the screens in pixels of the design size.
    pub fn room(&self) -> Size {
        self.look().room
    }

    /// Takes a message; never waits.
    pub fn update(&mut self, message: Message) -> Task<Message> {
        let before = (std::mem::discriminant(&self.screen), self.screen.page());
        let mut task = self.take(message);
        if before != (std::mem::discriminant(&self.screen), self.screen.page()) {
            self.rewind();
        }
        if std::mem::take(&mut self.rewound) {
            task = Task::batch([task, operation::snap_to(PAGE, RelativeOffset::START)]);
        }
        match self.reading() {
            Some(reading) => Task::batch([task, reading]),
            None => task,
        }
    }

    /// From when to when the welcome screen is dark.
    pub fn set_night(&mut self, night: Option<Night>) {
        self.night = night;
        self.rest();
    }

    fn take(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::Screen(Touch(screen::Message::ScrollBy(y))) => {
                return operation::scroll_by(PAGE, AbsoluteOffset { x: 0.0, y });
            }
            Message::Screen(Touch(message)) => return self.touched(message),
            Message::Touched => {
                self.help.touched = self.now;
                self.tell(Event::Touched);
                if let Screen::Console(console) = &mut self.screen {
                    console.touched(self.now);
                }
            }
            Message::Ticked => {
                self.tell(Event::Ticked);
                self.say_problem();
                if let Screen::Console(console) = &mut self.screen {
                    let wish = console.tick(self.now);
                    return self.grant(wish);
                }
            }
            Message::Focused(words) => {
                // Its first words name a button; what follows may be what somebody answered.
                let named = words.split('，').next().unwrap_or_default().to_owned();
                let words = if self.is_private() { named } else { words };
                if self.help.aloud {
                    self.performer.say(self.session.language(), words);
                }
            }
            Message::Read(texts) => {
                let words = aloud::sentences(&texts, self.session.language());
                self.performer.say(self.session.language(), words);
            }
            Message::Rested => {
                self.performer.alive();
                self.rest();
            }
            Message::Told(told) => {
                if let Screen::Console(console) = &mut self.screen {
                    let wish = console.told(told, self.now);
                    return self.grant(wish);
                }
                // The console was left before the answer came: nobody stays signed in unseen.
                if matches!(told, Told::SignedIn(..)) {
                    return self.ask(Ask::SignOut(SignOut::Left));
                }
            }
            Message::Unanswered => {}
            Message::Happened(event) => self.tell(event),
            Message::Opened(id) if self.hide_cursor || self.fits_display => {
                self.performer.opened();
                return window::monitor_size(id).map(move |size| Message::DisplayKnown(id, size));
            }
            Message::Opened(id) => {
                self.performer.opened();
                return self.measure(id);
            }
            Message::Resized(id) => {
                return self.measure(id);
            }
            Message::DisplayKnown(id, size) => {
                let scale = self.scale_factor();
                let display = size.map(|size| grown(size, scale));
                let measured = self.measure(id);
                return match display {
                    // Without a window manager "fullscreen" is ignored: the window is put there.
                    Some(display) if self.hide_cursor => window::move_to(id, Point::ORIGIN)
                        .chain(window::resize(id, shrunk(display, scale)))
                        .chain(measured),
                    Some(display) => match fitted(self.window, display) {
                        Some(size) => window::resize(id, shrunk(size, scale)).chain(measured),
                        None => measured,
                    },
                    None => measured,
                };
            }
            Message::Measured(size) => {
                if size.width >= 1.0 && size.height >= 1.0 {
                    self.window = size;
                    self.rewind();
                }
            }
            Message::CloseAsked => {}
            Message::Probed(question) => {
                return window::oldest().map(move |id| Message::ProbedIn(question.clone(), id));
            }
            Message::ProbedIn(question, id) => return self.answer(question, id),
        }
        Task::none()
    }

    fn touched(&mut self, message: screen::Message) -> Task<Message> {
        match message {
            screen::Message::Begin(errand) => {
                let application = self.performer.new_application();
                self.tell(Event::Begun { application, errand });
            }
            screen::Message::DataOpened(open) => {
                self.data = open;
                self.rewind();
                if open {
                    self.tell(Event::DataOpened);
                }
            }
            screen::Message::AskToEnd => self.asks_to_end = true,
            screen::Message::KeepOn => self.asks_to_end = false,
            screen::Message::HelpOpened(open) => {
                self.help.touched = self.now;
                self.help.open = open;
            }
            // Nothing moves by it; what the toolkit said of the page still holds, and it will not say it again.
            screen::Message::ContrastChosen(contrast) => self.contrast = contrast,
            screen::Message::AloudChosen(aloud) => {
                self.help.aloud = aloud;
                self.read.clear();
                if !aloud {
                    self.performer.hush();
                }
            }
            screen::Message::Scrolled(scroll) => self.scroll = scroll,
            screen::Message::ScrollBy(_) => {}
            screen::Message::Console(message) => {
                if let Screen::Console(console) = &mut self.screen {
                    let wish = console.update(message);
                    return self.grant(wish);
                }
            }
            message @ (screen::Message::Tell(_)
            | screen::Message::Choosing(_)
            | screen::Message::Guiding(_)
            | screen::Message::Telling(_)
            | screen::Message::Business(_)
            | screen::Message::Form(_)
            | screen::Message::Promise(_)
            | screen::Message::Results(_)
            | screen::Message::Decision(_)) => {
                if let Some(event) = self.screen.update(&self.session, message) {
                    self.tell(event);
                }
            }
        }
        Task::none()
    }

    /// Does what the console wants.
    fn grant(&mut self, wish: Option<Wish>) -> Task<Message> {
        match wish {
            None => Task::none(),
            Some(Wish::Ask(ask)) => self.ask(ask),
            Some(Wish::Leave(signed_in)) => {
                let asked = signed_in.map_or_else(Task::none, |why| self.ask(Ask::SignOut(why)));
                self.tell(Event::MaintenanceEnded);
                asked
            }
        }
    }

    fn ask(&self, ask: Ask) -> Task<Message> {
        Task::perform(self.performer.ask(ask), |answer| match answer {
            Ok(told) => Message::Told(told),
            Err(_ended) => Message::Unanswered,
        })
    }

    /// Hands an event to the session and its effects to the performer.
    fn tell(&mut self, event: Event) {
        let at = self.performer.moment();
        self.now = at.monotonic;
        self.today = date_in_china(at.wall);
        let nobody_here = *self.session.stage() == Stage::Welcome;
        let before = std::mem::discriminant(self.session.stage());
        if matches!(event, Event::LanguageChosen(_) | Event::LargePrintChosen(_)) {
            self.rewind();
        }
        // On the screen, or before the panel.
        if matches!(event, Event::Touched) {
            self.wake();
        }
        for effect in self.session.update(at, event) {
            self.performer.perform(effect);
        }
        if self.session.equipment().can_serve() {
            self.starts_until = Duration::ZERO;
        }
        if std::mem::discriminant(self.session.stage()) == before {
            self.screen.follow(&self.session);
        } else {
            // What was typed, drawn or shown on the screen before goes with it.
            self.screen = Screen::of(&self.session, self.now);
            self.rewind();
            self.asks_to_end = false;
            self.help.open = false;
            self.data = false;
        }
        match (nobody_here, *self.session.stage() == Stage::Welcome) {
            (true, false) => self.wake(),
            // The next one finds the kiosk as everybody does.
            (false, true) => self.rest_after_visit(),
            (true, true) | (false, false) => {}
        }
    }

    /// The page begins at its top, for the screens and for the toolkit.
    fn rewind(&mut self) {
        self.scroll = Scroll::default();
        self.rewound = true;
    }

    /// Somebody is here: whatever the hour, the screen is as bright as by day, also while nothing is begun.
    fn wake(&mut self) {
        self.lit_until = self.now + LIT_AFTER_TOUCH;
        if std::mem::take(&mut self.is_night) {
            self.performer.light(false);
        }
    }

    fn rest_after_visit(&mut self) {
        self.forget_wishes();
        // Nobody has touched this for the next one: a dark night comes back at once.
        self.lit_until = Duration::ZERO;
        self.rest();
    }

    /// The next one finds the screen as everybody does.
    fn forget_wishes(&mut self) {
        self.contrast = false;
        self.read.clear();
        if std::mem::take(&mut self.help.aloud) {
            self.performer.hush();
        }
    }

    /// What passes while nobody touches anything: the hour, and the place of what would burn in.
    fn rest(&mut self) {
        let at = self.performer.moment();
        self.now = at.monotonic;
        self.today = date_in_china(at.wall);
        if *self.session.stage() != Stage::Welcome {
            return;
        }
        if at.monotonic.saturating_sub(self.help.touched) >= HELP_OPEN_AT_MOST {
            self.help.open = false;
            self.forget_wishes();
            self.session.update(at, Event::LeftAlone);
        }
        let time = datetime_in_china(at.wall).time();
        let night = self.night.is_some_and(|night| night.is_at(time))
            && !self.help.open
            && at.monotonic >= self.lit_until;
        if night != self.is_night {
            self.is_night = night;
            self.performer.light(night);
        }
    }

    /// What is to be read aloud, if something else is on the screen than was read last.
    fn reading(&mut self) -> Option<Task<Message>> {
        if !self.help.aloud {
            return None;
        }
        let key = aloud::key(&self.session, self.screen.name(), &self.screen.page(), self.over());
        if key == self.read {
            return None;
        }
        self.read = key;
        let only_title = self.is_private() || self.over() == Some("data");
        Some(
            selector::find_all(aloud::texts)
                .map(move |found| Message::Read(aloud::of_screen(found, only_title))),
        )
    }

    /// What is wrong with an answer is said when it has stood there for a second: the first digit of a number
    /// is wrong only until the next.
    fn say_problem(&mut self) {
        let problem = self.screen.problem(&self.session).filter(|_| self.help.aloud);
        self.problem = match (problem, self.problem.take()) {
            (None, _) => None,
            (Some(problem), Some((before, true))) if problem == before => Some((before, true)),
            (Some(problem), Some((before, false))) if problem == before => {
                self.performer.say(self.session.language(), before);
                Some((problem, true))
            }
            (Some(problem), _) => Some((problem, false)),
        };
    }

    /// Whether what is on the screen is somebody's own.
    fn is_private(&self) -> bool {
        self.over().is_none() && self.screen.is_private()
    }

    /// What lies over the screen, by name.
    fn over(&self) -> Option<&'static str> {
        if self.session.countdown(self.now).is_some() {
            Some("still-there")
        } else if self.asks_to_end {
            Some("end")
        } else if self.help.open {
            Some("help")
        } else {
            self.data.then_some("data")
        }
    }

    /// The whole screen.
    pub fn view(&self) -> Element<'_, Message> {
        let scene = Scene {
            session: &self.session,
            look: self.look(),
            now: self.now,
            today: self.today,
            scroll: self.scroll,
            help: &self.help,
            data: self.data,
            is_starting: self.now < self.starts_until,
        };
        let content = self
            .screen
            .view(scene, self.asks_to_end)
            .map(|message| Message::Screen(Touch(message)));
        let colours = scene.look.colours;
        touch::root(content, Message::Touched, Message::Focused, self.hide_cursor, colours)
    }

    /// The toolkit's theme.
    pub fn theme(&self) -> Theme {
        theme::theme(self.look().colours)
    }

    fn look(&self) -> Look {
        let wishes = Wishes {
            large: self.session.large_print(),
            contrast: self.contrast,
            night: self.is_night,
        };
        Look::new(self.session.language(), wishes, self.window)
    }

    fn title(&self) -> String {
        self.look().text.product.to_owned()
    }

    /// Asks for the window's size, which the toolkit tells in scaled pixels.
    fn measure(&self, id: window::Id) -> Task<Message> {
        let scale = self.scale_factor();
        window::size(id).map(move |size| Message::Measured(grown(size, scale)))
    }

    fn scale_factor(&self) -> f32 {
        theme::scale(self.window, self.session.large_print())
    }

    fn subscription(&self) -> Subscription<Message> {
        let mut all = vec![
            Subscription::run_with(self.inbox.clone(), receive),
            window::open_events().map(Message::Opened),
            window::resize_events().map(|(id, _)| Message::Resized(id)),
            window::close_requests().map(|_| Message::CloseAsked),
        ];
        all.push(time::every(RESTED_EVERY).map(|_| Message::Rested));
        // On the welcome screen nothing else moves, and an idle kiosk uses next to no processor.
        if *self.session.stage() != Stage::Welcome {
            all.push(time::every(Duration::from_secs(1)).map(|_| Message::Ticked));
        }
        if let Some(path) = &self.probe {
            all.push(Subscription::run_with(path.clone(), probe::listen).map(Message::Probed));
        }
        Subscription::batch(all)
    }

    fn answer(&self, question: Question, id: Option<window::Id>) -> Task<Message> {
        let Some(id) = id else {
            question.answer(Answer::Nothing);
            return Task::none();
        };
        let scale = self.scale_factor();
        let room = self.room();
        match &question.ask {
            probe::Ask::Stage => {
                question.answer(Answer::Stage(self.session.stage().as_str()));
                Task::none()
            }
            probe::Ask::Edition => {
                question.answer(Answer::Edition(self.session.edition()));
                Task::none()
            }
            probe::Ask::Visit => {
                question.answer(Answer::Visit(probe::visit(&self.session)));
                Task::none()
            }
            probe::Ask::Find(wanted) => {
                let wanted = wanted.clone();
                window::scale_factor(id).then(move |display| {
                    let (question, factor) = (question.clone(), scale * display);
                    selector::find_all(probe::matching(wanted.clone(), room)).then(move |found| {
                        question.answer(Answer::place(&found, factor));
                        Task::none()
                    })
                })
            }
            probe::Ask::Texts => selector::find_all(probe::visible_text).then(move |found| {
                question.answer(Answer::Texts(found));
                Task::none()
            }),
            probe::Ask::TextsIn(id) => {
                selector::find_all(probe::within(id.clone())).then(move |found| {
                    question.answer(Answer::Texts(probe::held(&found)));
                    Task::none()
                })
            }
            // The toolkit's own picture of a window scaled down lacks what lies beyond the scaled edge.
            probe::Ask::Screenshot(_) if scale < 1.0 => {
                let why = "the window is scaled down: take its picture from the X server";
                question.answer(Answer::Failed(why.to_owned()));
                Task::none()
            }
            probe::Ask::Screenshot(path) => {
                let path = path.clone();
                window::screenshot(id).then(move |picture| {
                    let (question, path) = (question.clone(), path.clone());
                    Task::future(async move {
                        question.answer(probe::save(picture, path).await);
                    })
                    .discard()
                })
            }
        }
    }
}

/// Opening a line and asking what is there takes seconds; a device that needs longer is out of order.
const STARTING_AT_MOST: Duration = Duration::from_secs(30);

/// How often the screen says that it is alive. `WatchdogSec=` in the unit is three times as long.
const RESTED_EVERY: Duration = Duration::from_secs(10);
/// Help that nobody touches on the welcome screen is closed after so long.
const HELP_OPEN_AT_MOST: Duration = Duration::from_mins(1);
/// How long the welcome screen stays lit at night after a touch.
const LIT_AFTER_TOUCH: Duration = Duration::from_mins(1);

/// A size in window pixels, from one in scaled pixels.
fn grown(size: Size, scale: f32) -> Size {
    Size::new(size.width * scale, size.height * scale)
}

/// A size in scaled pixels, from one in window pixels.
fn shrunk(size: Size, scale: f32) -> Size {
    Size::new(size.width / scale, size.height / scale)
}

/// The size in which `window` fits `display`, where it does not as it is. A tenth of the display is
/// left to its bars.
fn fitted(window: Size, display: Size) -> Option<Size> {
    let factor = (display.width / window.width).min(display.height * 0.9 / window.height);
    (factor < 1.0).then(|| Size::new(window.width * factor, window.height * factor))
}

/// Where events from outside arrive. It is always listened to, and there is only one: so it is its
/// own key.
#[derive(Clone)]
struct Inbox(Option<Arc<Mutex<Receiver<Event>>>>);

impl Hash for Inbox {
    fn hash<H: Hasher>(&self, state: &mut H) {
        "inbox".hash(state);
    }
}

fn receive(inbox: &Inbox) -> impl Stream<Item = Message> + use<> {
    let inbox = inbox.0.clone();
    stream::poll_fn(move |context| match &inbox {
        None => std::task::Poll::Ready(None),
        Some(events) => match events.lock() {
            Ok(mut events) => events.poll_recv(context).map(|event| event.map(Message::Happened)),
            Err(_) => std::task::Poll::Ready(None),
        },
    })
}
