//! A kiosk's screen on a stand: the real session with the real rulebook, a clock one sets, and hands.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use iced::keyboard::Key;
use iced::{Event as Input, Point, Rectangle, Size, Task, touch};
use iced_test::Simulator;
use iced_test::core::renderer::Headless;
use iced_test::core::widget::operation::Outcome;
use iced_test::futures::futures::executor::block_on;
use iced_test::futures::futures::{FutureExt as _, StreamExt as _};
use iced_test::renderer::Renderer;
use iced_test::runtime::task::into_stream;
use iced_test::runtime::{Action, UserInterface, user_interface};
use iced_test::selector::Candidate;
use jiff::Timestamp;
use jiff::civil::date;
use permit_kiosk::certificate::picture;
use permit_kiosk::domain::{
    Applicant, ApplicationId, Business, BusinessStatus, DivisionCode, IdentitySource, Issuer,
    Language, Permit, PermitKind, PermitNumber, Private, ServiceCode, Sex, Uscc,
};
use permit_kiosk::rules::Rulebook;
use permit_kiosk::session::effect::{Case, Effect};
use permit_kiosk::session::event::{
    Answer, CodeWorth, DistrictRecord, Equipment, Event, HeldPermit, IssuedPermit, LookUpAnswer,
    Moment, Paper, PaperState, Preview, Register, Relation, ShownPermit, Standing, Supervision,
    Verified,
};
use permit_kiosk::session::{Pace, Session, Stage, Terms};
use permit_kiosk::staff::{Member, Role};
use permit_kiosk::terminal::Terminal;
use permit_kiosk::terminal::console::{Ask, Told};
use permit_kiosk::terminal::report::Readiness;
use permit_kiosk::ui::app::{App, Message, Performer, settings};
use tokio::sync::oneshot;

use crate::certificate::sample;

/// 10:00 on Friday, 20 November 2026, in Asia/Shanghai.
const MORNING: &str = "2026-11-20T02:00:00Z";

/// Remembers the effects, and knows the time it is told.
#[derive(Debug, Default)]
struct Hands {
    effects: RefCell<Vec<Effect>>,
    monotonic: Cell<Duration>,
    visits: Cell<u8>,
    asked: RefCell<Vec<Ask>>,
    /// Answers of a real terminal that are on their way.
    coming: RefCell<Vec<oneshot::Receiver<Told>>>,
    /// What was read aloud since the last silence.
    said: RefCell<Vec<(Language, String)>>,
    alive: Cell<u32>,
    /// How the panel was lit, one after the other: dark or not.
    lights: RefCell<Vec<bool>>,
}

/// The application's view of the hands.
struct Watched(Rc<Hands>, Option<Terminal>);

impl Performer for Watched {
    fn perform(&self, effect: Effect) {
        if let Some(terminal) = &self.1 {
            terminal.perform(effect.clone());
        }
        self.0.effects.borrow_mut().push(effect);
    }

    fn moment(&self) -> Moment {
        let monotonic = self.0.monotonic.get();
        let wall: Timestamp = MORNING.parse().unwrap();
        let seconds = i64::try_from(monotonic.as_secs()).unwrap();
        Moment { wall: wall + jiff::SignedDuration::from_secs(seconds), monotonic }
    }

    fn new_application(&self) -> ApplicationId {
        self.0.visits.set(self.0.visits.get() + 1);
        ApplicationId::from_random([self.0.visits.get(); 16])
    }

    fn ask(&self, ask: Ask) -> oneshot::Receiver<Told> {
        if let Some(terminal) = &self.1 {
            self.0.coming.borrow_mut().push(terminal.ask(ask));
            return oneshot::channel().1;
        }
        self.0.asked.borrow_mut().push(ask);
        // Answers are given by hand: `Stand::answer`.
        oneshot::channel().1
    }

    fn say(&self, language: Language, text: String) {
        self.0.said.borrow_mut().push((language, text));
    }

    fn hush(&self) {
        self.0.said.borrow_mut().clear();
    }

    fn opened(&self) {}

    fn alive(&self) {
        self.0.alive.set(self.0.alive.get() + 1);
    }

    fn light(&self, night: bool) {
        self.0.lights.borrow_mut().push(night);
    }
}

/// The stand.
pub(super) struct Stand {
    pub(super) app: App,
    hands: Rc<Hands>,
    /// Whether what a message wants of the toolkit is done: it takes a while, and few tests need it.
    is_heard: bool,
}

/// Something found on the screen.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) bounds: Rectangle,
    pub(super) visible: Option<Rectangle>,
}

/// What it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Text(String),
    Box(Option<String>),
    Scroll(Rectangle),
}

impl Stand {
    /// Nobody is here, everything works, 1080×1920.
    pub(super) fn new() -> Self {
        Self::with(Equipment::ALL)
    }

    /// Nobody is here; this works.
    pub(super) fn with(equipment: Equipment) -> Self {
        Self::on(equipment, None)
    }

    /// With a real terminal behind the screen.
    pub(super) fn before(terminal: Terminal) -> Self {
        Self::on(Equipment::NONE, Some(terminal))
    }

    /// With an edition that asks a shop for its name in Chinese: the product's own asks for no free text.
    pub(super) fn asking_a_name() -> Self {
        static TERMS: LazyLock<Terms> = LazyLock::new(|| {
            let mut files = edition();
            // Nothing is decided by it, so nobody has to try it.
            files.retain(|file, _| !file.starts_with("cases/"));
            let catalogue = files.get_mut("catalogue.toml").unwrap();
            *catalogue = catalogue.replacen(
                r#"asks = ["premises.division""#,
                r#"asks = ["business.name_on_form", "premises.division""#,
                1,
            ) + NAME_FIELD;
            terms_of(Rulebook::load(&files).unwrap())
        });
        Self::by(TERMS.clone(), Equipment::ALL, None)
    }

    fn on(equipment: Equipment, terminal: Option<Terminal>) -> Self {
        Self::by(terms(), equipment, terminal)
    }

    fn by(terms: Terms, equipment: Equipment, terminal: Option<Terminal>) -> Self {
        let hands = Rc::new(Hands::default());
        let session = Session::new(terms, equipment);
        let performer = Box::new(Watched(Rc::clone(&hands), terminal));
        let app = App::new(session, performer, Size::new(1080.0, 1920.0));
        Self { app, hands, is_heard: false }
    }

    pub(super) fn session(&self) -> &Session {
        self.app.session()
    }

    pub(super) fn stage(&self) -> &Stage {
        self.app.session().stage()
    }

    /// The effects wanted since the last call.
    pub(super) fn effects(&self) -> Vec<Effect> {
        self.hands.effects.take()
    }

    /// What was read aloud since the last silence, and in which language.
    pub(super) fn said(&self) -> Vec<(Language, String)> {
        self.hands.said.borrow().clone()
    }

    /// How often the screen said that it is alive.
    pub(super) fn alive(&self) -> u32 {
        self.hands.alive.get()
    }

    /// How the panel was lit since the last call: dark or not.
    pub(super) fn lights(&self) -> Vec<bool> {
        self.hands.lights.take()
    }

    /// Time passes and nobody is here: the screen rests, and looks at the hour now and then.
    pub(super) fn rest(&mut self, time: Duration) {
        self.hands.monotonic.set(self.hands.monotonic.get() + time);
        self.send(Message::Rested);
    }

    /// Keys of the keypad, one after the other while the same screen is there.
    pub(super) fn press_keys(&mut self, keys: &[Key]) {
        for message in self.keys(keys) {
            self.send(message);
        }
    }

    /// What comes of keys of the keypad.
    pub(super) fn keys(&self, keys: &[Key]) -> Vec<Message> {
        let mut ui = self.look();
        for key in keys {
            ui.tap_key(key.clone());
        }
        ui.into_messages().collect()
    }

    /// What comes of any events.
    pub(super) fn messages_of(&self, events: Vec<Input>) -> Vec<Message> {
        let mut ui = self.look();
        ui.simulate(events);
        ui.into_messages().collect()
    }

    /// What comes of touches while the same screen is there.
    pub(super) fn messages_of_taps(&self, places: &[Rectangle]) -> Vec<Message> {
        let mut ui = self.look();
        for place in places {
            ui.simulate(tap(place.center(), 0));
        }
        ui.into_messages().collect()
    }

    /// What the console asked since the last call.
    pub(super) fn asked(&self) -> Vec<Ask> {
        self.hands.asked.take()
    }

    /// Waits for the answers of the real terminal.
    pub(super) fn hear(&mut self) {
        for answer in self.hands.coming.take() {
            self.send(Message::Told(answer.blocking_recv().unwrap()));
        }
    }

    /// The terminal answers the console.
    pub(super) fn answer(&mut self, told: Told) {
        self.send(Message::Told(told));
    }

    /// A finger stays on the emblem for so long.
    pub(super) fn hold_emblem(&mut self, held: Duration) {
        let position = self.place("emblem").unwrap().center();
        let id = touch::Finger(3);
        let messages: Vec<Message> = {
            let mut ui = self.look();
            #[expect(clippy::disallowed_methods, reason = "the toolkit's own clock draws frames")]
            let later = iced::time::Instant::now() + held;
            ui.simulate([
                Input::Touch(touch::Event::FingerPressed { id, position }),
                Input::Window(iced::window::Event::RedrawRequested(later)),
                Input::Touch(touch::Event::FingerLifted { id, position }),
            ]);
            ui.into_messages().collect()
        };
        for message in messages {
            self.send(message);
        }
    }

    /// Somebody of the staff comes to the PIN pad and types a PIN.
    pub(super) fn type_pin(&mut self) {
        self.hold_emblem(Duration::from_millis(5_500));
        for letter in ["l", "i", "u"] {
            self.touch(&format!("key:{letter}"));
        }
        self.touch("primary");
        for digit in ["2", "7", "0", "3", "9", "4"] {
            self.touch(&format!("key:{digit}"));
        }
    }

    /// Somebody is signed in.
    pub(super) fn sign_in(&mut self, role: Role, report: Readiness) {
        self.type_pin();
        self.touch("primary");
        let member = Member { name: "liu".to_owned(), role };
        self.answer(Told::SignedIn(member, Box::new(report)));
    }

    /// Something happens outside.
    pub(super) fn happen(&mut self, event: Event) {
        self.send(Message::Happened(event));
    }

    pub(super) fn send(&mut self, message: Message) {
        let task = self.app.update(message);
        if self.is_heard {
            for message in self.outcome(task) {
                self.send(message);
            }
        }
    }

    /// The voice is switched on under help; from here on what it reads is heard.
    pub(super) fn listen(&mut self) {
        self.touch("help");
        self.touch("aloud");
        self.is_heard = true;
        self.touch("primary");
    }

    /// What comes of a task that looks at the screen; others answer later, and never here.
    fn outcome(&self, task: Task<Message>) -> Vec<Message> {
        let Some(mut stream) = into_stream(task) else { return Vec::new() };
        let mut renderer = renderer();
        let cache = user_interface::Cache::default();
        let mut ui = UserInterface::build(self.app.view(), self.app.room(), cache, &mut renderer);
        let mut messages = Vec::new();
        // A task that has had its answer is polled once more before it gives it.
        let mut idle = 0;
        while idle < 3 {
            let Some(polled) = stream.next().now_or_never() else {
                idle += 1;
                continue;
            };
            let Some(action) = polled else { break };
            #[expect(
                clippy::wildcard_enum_match_arm,
                reason = "windows and clipboards are not here"
            )]
            match action {
                Action::Output(message) => messages.push(message),
                Action::Widget(operation) => {
                    let mut operation = Some(operation);
                    while let Some(mut current) = operation.take() {
                        ui.operate(&renderer, current.as_mut());
                        if let Outcome::Chain(next) = current.finish() {
                            operation = Some(next);
                        }
                    }
                }
                _ => {}
            }
        }
        messages
    }

    /// Time passes, a tick each second.
    pub(super) fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.hands.monotonic.set(self.hands.monotonic.get() + Duration::from_secs(1));
            self.send(Message::Ticked);
        }
    }

    pub(super) fn resize(&mut self, width: f32, height: f32) {
        self.send(Message::Measured(Size::new(width, height)));
    }

    pub(super) fn speak(&mut self, language: Language) {
        // Choosing is a touch, and a touch answers "are you still there?".
        if language != self.session().language() {
            self.happen(Event::LanguageChosen(language));
        }
    }

    /// Chooses high contrast under help, and comes back to what was there.
    pub(super) fn choose_contrast(&mut self) {
        let was_open = self.place("contrast").is_some();
        if !was_open {
            self.touch("help");
        }
        self.touch("contrast");
        if !was_open {
            self.touch("primary");
        }
    }

    /// Draws the screen until it wants nothing more: a page that does not fit gets its buttons. Answers
    /// everything that is on it then; building a screen is what takes the time.
    pub(super) fn settle(&mut self) -> Vec<Found> {
        for _ in 0..3 {
            #[expect(clippy::disallowed_methods, reason = "the toolkit's own clock draws frames")]
            let now = iced::time::Instant::now();
            let redraw = Input::Window(iced::window::Event::RedrawRequested(now));
            let (found, messages) = {
                let mut ui = self.look();
                ui.simulate([redraw]);
                let found = everything_of(&mut ui);
                (found, ui.into_messages().collect::<Vec<Message>>())
            };
            if messages.is_empty() {
                return found;
            }
            for message in messages {
                self.send(message);
            }
        }
        self.everything()
    }

    /// What the screen shows now.
    pub(super) fn look(&self) -> Simulator<'_, Message> {
        Simulator::with_size(settings(), self.app.room(), self.app.view())
    }

    /// Everything on the screen, in the order drawn.
    pub(super) fn everything(&self) -> Vec<Found> {
        everything_of(&mut self.look())
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.everything()
            .into_iter()
            .filter_map(|found| match found.kind {
                Kind::Text(text) => Some(text),
                Kind::Box(_) | Kind::Scroll(_) => None,
            })
            .collect()
    }

    pub(super) fn shows(&self, text: &str) -> bool {
        self.texts().iter().any(|shown| shown == text)
    }

    /// Where the topmost thing with this id or text is; `None` where it is nowhere to be seen.
    pub(super) fn place(&self, wanted: &str) -> Option<Rectangle> {
        let is_it = |kind: &Kind| match kind {
            Kind::Text(text) => text == wanted,
            Kind::Box(id) => id.as_deref() == Some(wanted),
            Kind::Scroll(_) => false,
        };
        self.everything().into_iter().rev().find(|found| is_it(&found.kind))?.visible
    }

    /// Touches the middle of something.
    #[track_caller]
    pub(super) fn touch(&mut self, wanted: &str) {
        let Some(place) = self.place(wanted) else {
            panic!("`{wanted}` is not on the screen: {:#?}", self.texts());
        };
        self.tap(&[place.center()]);
    }

    /// Touches several places within one batch of events, as a busy kiosk sees them.
    pub(super) fn tap(&mut self, places: &[Point]) {
        let taps = places.iter().zip(0_u64..).flat_map(|(place, finger)| tap(*place, finger));
        let messages: Vec<Message> = {
            let mut ui = self.look();
            ui.simulate(taps);
            ui.into_messages().collect()
        };
        for message in messages {
            self.send(message);
        }
    }

    /// Draws with one finger.
    pub(super) fn draw(&mut self, points: &[Point]) {
        let id = touch::Finger(9);
        let mut events = Vec::new();
        for (at, point) in points.iter().enumerate() {
            let position = *point;
            events.push(Input::Touch(if at == 0 {
                touch::Event::FingerPressed { id, position }
            } else {
                touch::Event::FingerMoved { id, position }
            }));
        }
        let position = *points.last().unwrap();
        events.push(Input::Touch(touch::Event::FingerLifted { id, position }));
        let messages: Vec<Message> = {
            let mut ui = self.look();
            ui.simulate(events);
            ui.into_messages().collect()
        };
        for message in messages {
            self.send(message);
        }
    }

    // Steps of a visit.

    /// Begins and chooses an entry.
    pub(super) fn choose(&mut self, group: &str, entry: &str) {
        self.touch("primary");
        self.touch(&format!("group:{group}"));
        self.touch(&format!("entry:{entry}"));
    }

    /// Reads the three pages of what is told.
    pub(super) fn be_told(&mut self) {
        for _ in 0..3 {
            self.touch("primary");
        }
    }

    /// Chooses an undertaking of the guide and gives each of these replies.
    pub(super) fn undertake(&mut self, undertaking: &str, replies: &[&str]) {
        self.touch("primary");
        while self.place(&format!("undertaking:{undertaking}")).is_none() {
            self.touch("later");
        }
        self.touch(&format!("undertaking:{undertaking}"));
        for reply in replies {
            self.touch(&format!("reply:{reply}"));
        }
    }

    /// A paper is held before the scanner, and proves to be worth this.
    pub(super) fn verify(
        &mut self,
        code: CodeWorth,
        standing: Standing,
        permit: Option<ShownPermit>,
    ) {
        self.touch("verify");
        self.happen(Event::Scanned("PK1:…".to_owned()));
        let scan = 1;
        self.happen(Event::Verified(Box::new(Verified { scan, code, standing, permit })));
    }

    /// Comes to what the business holds, where the registers say this of it.
    pub(super) fn come_to_the_results(&mut self, held: Supervision, under_way: Vec<ServiceCode>) {
        self.touch("results");
        self.happen(Event::CardFound);
        self.happen(Event::Identified(Box::new(applicant())));
        self.prove_business();
        let district = DistrictRecord { open_applications: under_way, ..DistrictRecord::default() };
        for answer in [
            LookUpAnswer::Business(Some(Box::new(business())), Relation::LegalRepresentative),
            LookUpAnswer::FoodAndDrug(Box::new(held)),
            LookUpAnswer::MicroService(district),
        ] {
            self.happen(Event::LookedUp(answer));
        }
    }

    /// Goes to identification, and 秦一舟 lays his card down.
    pub(super) fn identify(&mut self) {
        self.be_told();
        self.happen(Event::CardFound);
        self.happen(Event::Identified(Box::new(applicant())));
    }

    /// Shows the e-licence of his company; the registers are asked.
    pub(super) fn prove_business(&mut self) {
        self.happen(Event::Scanned("{elicence}".to_owned()));
        self.happen(Event::LookedUp(LookUpAnswer::Licence {
            uscc: business().uscc,
            holder: Box::new(Relation::LegalRepresentative),
        }));
    }

    /// The registers answer.
    pub(super) fn registers_answer(&mut self) {
        for answer in [
            LookUpAnswer::Business(Some(Box::new(business())), Relation::LegalRepresentative),
            LookUpAnswer::FoodAndDrug(Box::default()),
            LookUpAnswer::MicroService(DistrictRecord::default()),
        ] {
            self.happen(Event::LookedUp(answer));
        }
    }

    /// Everything up to the form of a shop.
    pub(super) fn come_to_the_form(&mut self, entry: &str) {
        self.choose("food", entry);
        self.identify();
        self.prove_business();
        self.registers_answer();
    }

    /// Fills the form of a shop, up to its last page.
    pub(super) fn fill_shop(&mut self, cooked_bulk: &str) {
        self.touch("primary"); // what the registers know
        self.touch("choice:370303002");
        self.touch("primary");
        for key in ["6", "0"] {
            self.touch(&format!("key:{key}"));
        }
        self.touch("primary");
        self.touch(&format!("choice:{cooked_bulk}"));
        self.touch("primary");
        self.touch("primary"); // no marks
        self.touch("yes");
        self.touch("primary");
    }

    /// Comes with an entry to where its form is confirmed: the business holds this, and the form gets
    /// these answers.
    pub(super) fn apply(&mut self, entry: &str, held: Supervision, answers: &[(&str, Answer)]) {
        self.touch("primary");
        self.happen(Event::ServiceChosen(entry.to_owned()));
        self.happen(Event::Told);
        self.happen(Event::CardFound);
        self.happen(Event::Identified(Box::new(applicant())));
        self.prove_business();
        for answer in [
            LookUpAnswer::Business(Some(Box::new(business())), Relation::LegalRepresentative),
            LookUpAnswer::FoodAndDrug(Box::new(held)),
            LookUpAnswer::MicroService(DistrictRecord::default()),
        ] {
            self.happen(Event::LookedUp(answer));
        }
        for (field, answer) in answers {
            self.happen(Event::Answered { field: (*field).to_owned(), answer: answer.clone() });
        }
        self.happen(Event::FormConfirmed);
    }

    /// A bookshop that files, up to where the form is confirmed.
    pub(super) fn come_to_file(&mut self) {
        self.apply(
            "bookshop-culture",
            Supervision::default(),
            &[
                ("filing-kind", Answer::Choice("bookshop".to_owned())),
                ("premises.division", Answer::Choice("370303002".to_owned())),
                ("application.opened_on", Answer::Date(date(2026, 11, 10))),
            ],
        );
    }

    /// A slip is printed of what was decided and not granted.
    pub(super) fn be_recorded(&mut self) {
        assert!(self.session().decision().is_some(), "{:#?}", self.texts());
        self.happen(Event::Recorded);
        self.paper(Paper::Slip, PaperState::Printing);
    }

    /// Signs what is promised, where something is, and the journal issues it.
    pub(super) fn be_granted(&mut self) {
        if *self.stage() == Stage::Promising {
            self.sign();
            self.touch("primary");
        }
        self.issue();
        self.paper(Paper::Original, PaperState::Printing);
    }

    /// Reads the promise, and signs in the box.
    pub(super) fn sign(&mut self) {
        self.wait(5);
        let place = self.place("signature").unwrap();
        for stroke in 0..3_u8 {
            let points: Vec<Point> = (0..12_u8)
                .map(|at| {
                    let along = f32::from(at) / 11.0;
                    Point::new(
                        place.x + place.width * (0.15 + 0.25 * f32::from(stroke) + 0.18 * along),
                        place.y + place.height * (0.35 + 0.3 * (along * 6.0).sin().abs()),
                    )
                })
                .collect();
            self.draw(&points);
        }
    }

    /// The journal issues what was wanted.
    pub(super) fn issue(&mut self) {
        let case = self.issued_case();
        self.issue_case(case);
    }

    /// The journal issues this case.
    pub(super) fn issue_case(&mut self, case: Case) {
        let draft = case.draft.as_ref();
        let kind = draft.map_or(PermitKind::Food, |draft| draft.grant.kind());
        let number = match kind {
            PermitKind::Food => "JY13703039900024",
            PermitKind::Filing => "YB23703039901023",
            PermitKind::Hygiene => "张审卫公证字[2026]第0031号",
            PermitKind::HygieneFiling => "张卫公备〔2026〕第0001号",
            PermitKind::Combined => "张行综〔2026〕第0001号",
        };
        let valid_to = match kind {
            PermitKind::Food => Some(date(2031, 11, 19)),
            PermitKind::Hygiene => Some(date(2030, 11, 19)),
            PermitKind::Filing | PermitKind::HygieneFiling | PermitKind::Combined => None,
        };
        let number = PermitNumber::parse(kind, number).unwrap();
        let preview = preview(Permit { number: number.clone(), valid_to, ..printed(kind) });
        self.happen(Event::Issued(Box::new(IssuedPermit {
            number,
            issued: date(2026, 11, 20),
            valid_to,
            page_url: "https://zs.example.gov.cn/v/20261120000001?s=MEUCIQDk".to_owned(),
            decision: case.decision,
            preview: Some(preview),
        })));
    }

    #[track_caller]
    pub(super) fn issued_case(&self) -> Case {
        let effects = self.hands.effects.borrow();
        let case = effects.iter().rev().find_map(|effect| {
            let Effect::Issue(case) = effect else { return None };
            Some(case.as_ref().clone())
        });
        case.unwrap_or_else(|| panic!("nothing is to be issued: {:?}", self.session().decision()))
    }

    pub(super) fn paper(&mut self, paper: Paper, state: PaperState) {
        self.happen(Event::PaperChanged { paper, state });
    }
}

/// Draws as the kiosk does, without a window.
pub(super) fn renderer() -> Renderer {
    block_on(<Renderer as Headless>::new(
        settings().default_font,
        settings().default_text_size,
        Some("tiny-skia"),
    ))
    .unwrap()
}

/// The events of a tap.
pub(super) fn tap(position: Point, finger: u64) -> [Input; 2] {
    let id = touch::Finger(finger);
    [
        Input::Touch(touch::Event::FingerPressed { id, position }),
        Input::Touch(touch::Event::FingerLifted { id, position }),
    ]
}

fn everything_of(ui: &mut Simulator<'_, Message>) -> Vec<Found> {
    let found = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&found);
    let collect = move |candidate: Candidate<'_>| -> Option<()> {
        let bounds = candidate.bounds();
        let visible = candidate.visible_bounds();
        let kind = match candidate {
            // What holds characters together on a line is no part of the words.
            Candidate::Text { content, .. } => Kind::Text(content.replace('\u{2060}', "")),
            Candidate::Scrollable { content_bounds, .. } => Kind::Scroll(content_bounds),
            Candidate::Container { id, .. } => Kind::Box(id.map(name)),
            Candidate::Focusable { .. }
            | Candidate::TextInput { .. }
            | Candidate::Custom { .. } => return None,
        };
        sink.lock().unwrap().push(Found { kind, bounds, visible });
        None
    };
    // Nothing is ever "found": the search runs to the end and collects on its way.
    assert!(ui.find(collect).is_err());
    found.lock().unwrap().clone()
}

/// The id's own text, as scripts write it.
fn name(id: &iced::widget::Id) -> String {
    let debug = format!("{id:?}");
    debug.split('"').nth(1).unwrap_or_default().to_owned()
}

/// The terms of every visit here; loading an edition runs all its cases, so it is done once.
pub(super) fn terms() -> Terms {
    static TERMS: LazyLock<Terms> = LazyLock::new(|| terms_of(Rulebook::load(&edition()).unwrap()));
    TERMS.clone()
}

fn terms_of(rulebook: Rulebook) -> Terms {
    let rulebook = Arc::new(rulebook);
    Terms {
        catalogue: Arc::clone(rulebook.catalogue()),
        rulebook,
        issuer: Issuer {
            name: "淄博市张店区行政审批服务局(演示代码)".to_owned(),
            uscc: Uscc::parse("11370303MBXX09005U").unwrap(),
        },
        division: "370303".to_owned(),
        pace: Pace::default(),
    }
}

/// A field that is answered by writing Chinese.
const NAME_FIELD: &str = r#"
[[field]]
key = "business.name_on_form"
fact = "business.name_on_form"
kind = "text"
chars_max = 40
label.zh = "门头招牌上写什么？"
label.en = "What stands on the sign over the door?"
help.zh = "照招牌上的字写。"
help.en = "As it is written there."
"#;

/// The files of the edition the product comes with.
fn edition() -> BTreeMap<String, String> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config/rulebook"));
    let mut files = BTreeMap::new();
    read_into(&mut files, folder, "");
    files
}

fn read_into(files: &mut BTreeMap<String, String>, folder: &Path, under: &str) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let name = if under.is_empty() { name.to_owned() } else { format!("{under}/{name}") };
        if path.is_dir() {
            read_into(files, &path, &name);
        } else {
            files.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// 秦一舟, invented.
pub(super) fn applicant() -> Applicant {
    Applicant {
        name: Private::new("秦一舟".to_owned()),
        id_digest: "5f".repeat(32),
        id_masked: "370303********9975".to_owned(),
        sex: Sex::Male,
        birth: Private::new(date(1985, 6, 12)),
        valid_to: Some(date(2032, 4, 10)),
        source: IdentitySource::Card,
        document: "resident",
    }
}

/// What stands on the licence of a restaurant, invented.
pub(super) fn shown_permit() -> ShownPermit {
    ShownPermit {
        kind: PermitKind::Food,
        number: "JY23703039900037".to_owned(),
        holder: Some("张店区晚风小馆(演示)".to_owned()),
        uscc: "92370303MAXX01018Y".to_owned(),
        premises: Some("张店区和平街道示范路9号".to_owned()),
        granted: ["餐饮服务经营者", "热食类食品制售", "冷食类食品制售(含冷荤类)", "自制饮品制售"]
            .map(str::to_owned)
            .to_vec(),
        issued: date(2024, 3, 8),
        valid_to: Some(date(2029, 3, 7)),
    }
}

/// What the business holds: one licence that lives, one that has ended.
pub(super) fn holdings() -> Supervision {
    let held = |number: &str, status: &str, issued, valid_to| HeldPermit {
        kind: "food".to_owned(),
        number: number.to_owned(),
        subject: "食品销售经营者".to_owned(),
        items: vec!["散装食品和预包装食品销售".to_owned()],
        premises: "张店区公园街道示范路3号".to_owned(),
        issued: Some(issued),
        valid_to: Some(valid_to),
        status: status.to_owned(),
    };
    Supervision {
        permits: vec![
            held("JY13703039900024", "valid", date(2024, 3, 8), date(2029, 3, 7)),
            held("JY13703039900016", "cancelled", date(2019, 3, 8), date(2024, 3, 7)),
        ],
        ..Supervision::default()
    }
}

/// His company, invented.
pub(super) fn business() -> Business {
    Business {
        name: "淄博云帆食品商贸有限公司(演示)".to_owned(),
        uscc: Uscc::parse("91370303MAXX01026W").unwrap(),
        kind: "有限责任公司".to_owned(),
        legal_representative: "秦一舟".to_owned(),
        legal_representative_digest: "5f".repeat(32),
        division: DivisionCode::parse("370303002").unwrap(),
        address: "张店区公园街道示范路3号".to_owned(),
        scope: vec!["食品销售".to_owned(), "日用百货销售".to_owned()],
        status: BusinessStatus::Live,
    }
}

/// Nothing works but the screen.
pub(super) const NOTHING: Equipment = Equipment {
    id_reader: false,
    scanner: false,
    receipt_printer: false,
    page_printer: false,
    connected: false,
    journal: true,
};

/// The registers of a business, each with how it failed to answer.
pub(super) fn unanswered(register: Register) -> Event {
    Event::LookedUp(LookUpAnswer::Unanswered(
        register,
        permit_kiosk::session::event::Unanswered::Down,
    ))
}

/// A permit as it is printed, of an invented business.
fn printed(kind: PermitKind) -> Permit {
    let issued = date(2026, 11, 20);
    let of_kind = |permit: &Permit| permit.grant.kind() == kind;
    Permit { issued, ..sample::permits().into_iter().find(of_kind).unwrap() }
}

/// Its original as the kiosk shows it, drawn once.
fn preview(permit: Permit) -> Preview {
    static DRAWN: Mutex<BTreeMap<String, Preview>> = Mutex::new(BTreeMap::new());
    let mut drawn = DRAWN.lock().unwrap();
    let preview = drawn.entry(permit.number.to_string()).or_insert_with(|| {
        let is_original = |(name, _): &(String, _)| name.ends_with("original");
        let (_, pdf) = sample::sheets(&permit).into_iter().find(is_original).unwrap();
        let picture = picture(&pdf, 60, 0).unwrap();
        let rgba = picture.bytes.to_vec();
        Preview { width_px: picture.width_px, height_px: picture.height_px, rgba }
    });
    preview.clone()
}
