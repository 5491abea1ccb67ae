//! The form: what the registers know, locked, then one missing fact after the other, then all of it.

use std::borrow::Cow;

use iced::widget::{Column, Row, column, container, row, space};
use iced::{Center, Element, Fill, FillPortion, Size};
use jiff::civil::Date;

use super::{Message as Touched, Page, Scene, data};
use crate::domain::Language;
use crate::session::Session;
use crate::session::event::{Answer, Event};
use crate::session::form::{Choice, Field, FieldKind};
use crate::ui::pinyin::{self, Candidate};
use crate::ui::theme::{self, Look, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::keyboard::{self, Key};
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{calendar, label, pages, press};

/// Which page is open, and what only the page knows: its part, the month shown, capitals.
#[derive(Debug)]
pub(crate) struct Screen {
    at: At,
    part: usize,
    month: Option<Date>,
    writing: Writing,
    from_check: bool,
}

/// How texts are written on the keyboard, and the letters that are no text yet.
#[derive(Default)]
struct Writing {
    latin: bool,
    capitals: bool,
    letters: String,
    candidates: Vec<Candidate>,
    page: usize,
}

/// What is being typed stands in no log.
impl std::fmt::Debug for Writing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Writing({} letters)", self.letters.len())
    }
}

impl Writing {
    /// English is written in letters; who reads Chinese begins with pinyin.
    fn of(language: Language) -> Self {
        Self { latin: language == Language::En, ..Self::default() }
    }

    /// Takes a key; answers the text that follows, unless only the letters changed.
    fn press(&mut self, key: Key, typed: &str) -> Option<String> {
        let append = |text: &str| Some(format!("{typed}{text}"));
        match key {
            Key::Write(letter) if !self.latin && letter.is_ascii_lowercase() => {
                if self.letters.len() < pinyin::LETTERS_MAX {
                    self.letters.push(letter);
                    self.look_up();
                }
                None
            }
            // A space chooses what is offered first, as on every keyboard of this kind.
            Key::Write(' ') if !self.letters.is_empty() => self.choose(0, typed),
            Key::Write(letter) => {
                let mut text = std::mem::take(&mut self.letters);
                self.look_up();
                text.push(letter);
                append(&text)
            }
            Key::Choose(at) => self.choose(at, typed),
            Key::Delete if !self.letters.is_empty() => {
                self.letters.pop();
                self.look_up();
                None
            }
            Key::Delete => {
                let mut text = typed.to_owned();
                text.pop().map(|_| text)
            }
            Key::Clear => {
                self.letters.clear();
                self.look_up();
                Some(String::new())
            }
            Key::Shift => {
                self.capitals = !self.capitals;
                None
            }
            Key::Pinyin => {
                self.latin = !self.latin;
                self.capitals = false;
                // Letters that became no word are what was meant.
                let letters = std::mem::take(&mut self.letters);
                self.look_up();
                if letters.is_empty() { None } else { append(&letters) }
            }
            Key::More => {
                self.page += 1;
                None
            }
        }
    }

    fn choose(&mut self, at: usize, typed: &str) -> Option<String> {
        let candidate = self.candidates.get(at)?.clone();
        self.letters.drain(..candidate.letters.min(self.letters.len()));
        self.look_up();
        Some(format!("{typed}{}", candidate.text))
    }

    fn look_up(&mut self) {
        self.candidates = pinyin::candidates(&self.letters);
        self.page = 0;
    }

    /// As the keyboard draws it.
    fn shown(&self, look: &Look) -> keyboard::Writing<'_> {
        if self.latin {
            return keyboard::Writing::Latin { capitals: self.capitals };
        }
        let pages = pages::count(self.candidates.len(), keyboard::candidates_per_page(look));
        keyboard::Writing::Pinyin {
            letters: &self.letters,
            candidates: &self.candidates,
            // After the last page comes the first.
            page: self.page % pages,
        }
    }
}

/// The pages of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// What the registers know.
    Registered,
    /// The question of this number, from 0.
    Question(usize),
    /// Everything, before it is submitted.
    Check,
}

/// What was touched.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// On.
    Next,
    /// Back.
    Back,
    /// Another part of the page.
    Turned(usize),
    /// An option.
    Chosen(String),
    /// Yes or no.
    Said(bool),
    /// A key.
    Pressed(Key),
    /// Another month.
    MonthTurned(Date),
    /// A day.
    DayPicked(Date),
    /// An answer to be changed, by the number of its question.
    Mend(usize),
}

impl Screen {
    pub(super) fn new(session: &Session) -> Self {
        let answered = questions(session).any(|field| field.answer.is_some());
        let at = if answered && session.form_is_complete() { At::Check } else { first(session) };
        Self {
            at,
            part: 0,
            month: None,
            writing: Writing::of(session.language()),
            from_check: false,
        }
    }

    pub(super) fn update(&mut self, session: &Session, message: Message) -> Option<Event> {
        match message {
            Message::Next => self.next(session),
            Message::Back => {
                self.open(self.before(session));
                None
            }
            Message::Turned(part) => {
                self.part = part;
                None
            }
            Message::MonthTurned(month) => {
                self.month = Some(month);
                None
            }
            Message::Mend(question) => {
                self.open(At::Question(question));
                self.from_check = true;
                None
            }
            Message::Chosen(value) => {
                let field = self.field(session)?;
                let answer = chosen(field, value)?;
                Some(Event::Answered { field: field.key.clone(), answer })
            }
            Message::Said(yes) => self.answer(session, Answer::YesNo(yes)),
            Message::DayPicked(day) => self.answer(session, Answer::Date(day)),
            Message::Pressed(key) => self.press(session, key),
        }
    }

    pub(super) fn page(&self) -> String {
        format!("{:?} {}", self.at, self.part)
    }

    /// What is wrong with the answer, for who hears the screen.
    pub(super) fn problem(&self, session: &Session) -> Option<String> {
        let problem = self.field(session)?.problem.as_ref()?;
        Some(problem.get(session.language()).to_owned())
    }

    /// Whether the page shows what registers or the applicant have said.
    pub(super) fn is_private(&self) -> bool {
        match self.at {
            At::Registered | At::Check => true,
            At::Question(_) => false,
        }
    }

    fn answer(&self, session: &Session, answer: Answer) -> Option<Event> {
        Some(Event::Answered { field: self.field(session)?.key.clone(), answer })
    }

    fn press(&mut self, session: &Session, key: Key) -> Option<Event> {
        let field = self.field(session)?;
        let answer = match &field.kind {
            FieldKind::Number { max, .. } => {
                let typed =
                    if let Some(Answer::Number(typed)) = &field.answer { typed } else { "" };
                Answer::Number(number_after(typed, key, digits(*max))?)
            }
            FieldKind::Text { chars_max } => {
                let typed = if let Some(Answer::Text(typed)) = &field.answer { typed } else { "" };
                let text = self.writing.press(key, typed)?;
                Answer::Text(text.chars().take(*chars_max).collect())
            }
            FieldKind::YesNo | FieldKind::Choice(_) | FieldKind::Choices(_) | FieldKind::Date => {
                return None;
            }
        };
        Some(Event::Answered { field: field.key.clone(), answer })
    }

    fn open(&mut self, at: At) {
        self.at = at;
        self.part = 0;
        self.month = None;
        self.writing = Writing { latin: self.writing.latin, ..Writing::default() };
        self.from_check = false;
    }

    fn next(&mut self, session: &Session) -> Option<Event> {
        let count = questions(session).count();
        match self.at {
            At::Registered => self.open(if count == 0 { At::Check } else { At::Question(0) }),
            At::Question(_) if !self.field(session).is_some_and(Field::is_complete) => {}
            At::Question(_) if self.from_check => self.open(At::Check),
            At::Question(at) => {
                self.open(if at + 1 < count { At::Question(at + 1) } else { At::Check });
            }
            At::Check => return session.form_is_complete().then_some(Event::FormConfirmed),
        }
        None
    }

    /// The page before this one; the first page's is the stage before.
    fn before(&self, session: &Session) -> At {
        let count = questions(session).count();
        match self.at {
            At::Registered | At::Question(0) => first(session),
            At::Question(at) => At::Question(at - 1),
            At::Check if count == 0 => first(session),
            At::Check => At::Question(count - 1),
        }
    }

    fn field<'a>(&self, session: &'a Session) -> Option<&'a Field> {
        match self.at {
            At::Question(at) => questions(session).nth(at),
            At::Registered | At::Check => None,
        }
    }

    pub(super) fn view<'a>(&'a self, scene: Scene<'a>) -> Page<'a> {
        let is_first = self.at == first(scene.session);
        let mut page = match (self.at, self.field(scene.session)) {
            (At::Registered, _) => self.registered_page(scene),
            (At::Question(at), Some(field)) => self.question_page(scene, at, field),
            (At::Question(_) | At::Check, _) => self.check_page(scene),
        };
        if !is_first {
            page.back = Some(Touched::Form(Message::Back));
        }
        page
    }

    fn registered_page<'a>(&'a self, scene: Scene<'a>) -> Page<'a> {
        let look = scene.look;
        Page {
            title: look.text.registered_title.into(),
            lead: look.text.registered_lead.into(),
            body: Box::new(move |room| self.registered(scene, room)),
            primary: Some(press::primary(
                &look,
                look.text.registered_next,
                Icon::ArrowRight,
                Some(Touched::Form(Message::Next)),
            )),
            must_be_read: false,
            back: None,
        }
    }

    fn registered<'a>(&'a self, scene: Scene<'a>, room: Size) -> Element<'a, Touched> {
        let look = scene.look;
        let fields: Vec<&Field> =
            scene.session.fields().iter().filter(|field| field.source.is_some()).collect();
        let columns = if look.is_wide() { 2 } else { 1 };
        let fits = |height: f32| Look::fit(height, LOCKED_PX) * columns;
        let per_page = if fields.len() <= fits(room.height) {
            fits(room.height)
        } else {
            fits(room.height - pages::BAR_PX - theme::space::M)
        };
        let pages = pages::count(fields.len(), per_page);
        let part = self.part.min(pages - 1);
        let shown = pages::of(&fields, per_page, part);
        let rows = shown.len().div_ceil(columns);
        let locked_px = share(room.height, rows, (LOCKED_PX - theme::space::S, 190.0));
        let lines = shown.chunks(columns).map(|line| {
            let mut cells = Row::new().spacing(theme::space::S);
            for field in line {
                cells = cells.push(container(locked(&look, field, locked_px)).width(Fill));
            }
            for _ in line.len()..columns {
                cells = cells.push(space().width(Fill));
            }
            cells.into()
        });
        Column::new()
            .push(Column::with_children(lines).spacing(theme::space::S))
            .push(turns(&look, part, pages))
            .spacing(theme::space::M)
            .into()
    }

    fn question_page<'a>(&'a self, scene: Scene<'a>, at: usize, field: &'a Field) -> Page<'a> {
        let look = scene.look;
        let count = questions(scene.session).count();
        let number = (look.text.question)(at + 1, count);
        let help = field.help.get(look.language);
        let lead: Cow<'a, str> =
            if help.is_empty() { number.into() } else { format!("{number} · {help}").into() };
        // Letters that are no characters yet would be lost with the page.
        let is_writing = !self.writing.letters.is_empty();
        let is_done = field.is_complete() && !is_writing;
        let words = match (is_done, is_writing) {
            (true, _) => look.text.next,
            (false, true) => look.text.choose_letters_first,
            (false, false) => look.text.answer_first,
        };
        let next = is_done.then_some(Touched::Form(Message::Next));
        Page {
            title: field.label.get(look.language).into(),
            lead,
            body: Box::new(move |room| self.question(scene, field, room)),
            primary: Some(press::primary(&look, words, Icon::ArrowRight, next)),
            must_be_read: false,
            back: None,
        }
    }

    fn question<'a>(
        &'a self,
        scene: Scene<'a>,
        field: &'a Field,
        room: Size,
    ) -> Element<'a, Touched> {
        let look = scene.look;
        let problem = field.problem.as_ref();
        let problem_px = if problem.is_some() { 130.0 } else { 0.0 };
        let answer = match &field.kind {
            FieldKind::YesNo => yes_no(&look, field, room.height - problem_px),
            FieldKind::Choice(choices) => {
                self.choices(&look, field, choices, false, room.height - problem_px)
            }
            FieldKind::Choices(choices) => {
                self.choices(&look, field, choices, true, room.height - problem_px)
            }
            FieldKind::Number { min, max, unit } => {
                let key_px = keyboard::key_height(room.height - problem_px - 210.0, 4);
                number(&look, field, (*min, *max, unit.get(look.language)), key_px)
            }
            FieldKind::Text { chars_max } => {
                let taken = if look.is_wide() { 190.0 } else { 260.0 };
                let rows = keyboard::text_rows(&look, &self.writing.shown(&look));
                let key_px = keyboard::key_height(room.height - problem_px - taken, rows);
                self.text(&look, field, *chars_max, key_px)
            }
            FieldKind::Date => self.date(scene, field, room.height - problem_px - 140.0),
        };
        Column::new()
            .push(
                problem
                    .map(|problem| panel::notice(&look, Tone::Bad, problem.get(look.language), "")),
            )
            .push(answer)
            .spacing(theme::space::M)
            .into()
    }

    fn choices<'a>(
        &self,
        look: &Look,
        field: &'a Field,
        choices: &'a [Choice],
        several: bool,
        height: f32,
    ) -> Element<'a, Touched> {
        let gap = theme::space::S;
        let columns = match (look.is_wide(), choices.len()) {
            (_, 0..=5) => 1,
            (false, _) | (true, 6..=10) => 2,
            (true, _) => 3,
        };
        let hint = match (several, field.optional) {
            (false, _) => look.text.choose_one,
            (true, false) => look.text.choose_any,
            (true, true) => look.text.choose_any_optional,
        };
        let room = height - 60.0;
        let fits = |height: f32| Look::fit(height + gap, theme::target::BUTTON + gap) * columns;
        let per_page = if choices.len() <= fits(room) {
            fits(room)
        } else {
            fits(room - pages::BAR_PX - theme::space::M)
        };
        let pages = pages::count(choices.len(), per_page);
        let part = self.part.min(pages - 1);
        let shown = pages::of(choices, per_page, part);
        let room = if pages > 1 { room - pages::BAR_PX - theme::space::M } else { room };
        let choice_px = share(room, shown.len().div_ceil(columns), (theme::target::BUTTON, 124.0));
        let lines = shown.chunks(columns).map(|line| {
            let mut cells = Row::new().spacing(gap);
            for choice in line {
                cells = cells.push(press::choice(
                    look,
                    format!("choice:{}", choice.value),
                    choice.label.get(look.language),
                    is_chosen(field, &choice.value),
                    several,
                    choice_px,
                    Touched::Form(Message::Chosen(choice.value.clone())),
                ));
            }
            for _ in line.len()..columns {
                cells = cells.push(space().width(Fill));
            }
            cells.into()
        });
        Column::new()
            .push(label::caption(look, hint))
            .push(Column::with_children(lines).spacing(gap))
            .push(turns(look, part, pages))
            .spacing(theme::space::M)
            .into()
    }

    fn text<'a>(
        &'a self,
        look: &Look,
        field: &'a Field,
        chars_max: usize,
        key_px: f32,
    ) -> Element<'a, Touched> {
        let typed = match &field.answer {
            Some(Answer::Text(typed)) => typed.as_str(),
            _ => "",
        };
        let left = (look.text.characters_left)(chars_max.saturating_sub(typed.chars().count()));
        // Where height is scarce, how much room is left stands in the line itself.
        let (within, below) =
            if look.is_wide() { (left, None) } else { (String::new(), Some(left)) };
        let keys = keyboard::text(look, self.writing.shown(look), key_px, |key| {
            Touched::Form(Message::Pressed(key))
        });
        Column::new()
            .push(display(look, typed, within))
            .push(below.map(|left| label::caption(look, left)))
            .push(keys)
            .spacing(theme::space::M)
            .into()
    }

    fn date<'a>(&self, scene: Scene<'a>, field: &'a Field, height: f32) -> Element<'a, Touched> {
        let look = scene.look;
        let chosen = match field.answer {
            Some(Answer::Date(day)) => Some(day),
            _ => None,
        };
        let shown = self.month.or(chosen).unwrap_or(scene.today);
        let written = chosen.map(|day| (look.text.date)(day)).unwrap_or_default();
        column![
            display(&look, &written, ""),
            calendar::month(
                &look,
                shown,
                scene.today,
                chosen,
                height,
                |month| Touched::Form(Message::MonthTurned(month)),
                |day| Touched::Form(Message::DayPicked(day)),
            ),
        ]
        .spacing(theme::space::M)
        .into()
    }

    fn check_page<'a>(&'a self, scene: Scene<'a>) -> Page<'a> {
        let look = scene.look;
        let confirm = scene.session.form_is_complete().then_some(Touched::Form(Message::Next));
        Page {
            title: look.text.check_title.into(),
            lead: look.text.check_lead.into(),
            body: Box::new(move |room| self.check(scene, room)),
            primary: Some(press::primary(&look, look.text.check_confirm, Icon::Check, confirm)),
            must_be_read: false,
            back: None,
        }
    }

    fn check<'a>(&'a self, scene: Scene<'a>, room: Size) -> Element<'a, Touched> {
        let look = scene.look;
        let fields: Vec<(usize, &Field)> = questions(scene.session).enumerate().collect();
        let columns = if look.is_wide() { 2 } else { 1 };
        // The way to a person, and below it the button of the data receipt; where height is scarce they
        // stand beside the answers.
        let beside = look.is_wide() && !look.large;
        let person_px = match (beside, look.large) {
            (true, _) => 0.0,
            (false, true) => 290.0 + theme::target::BUTTON + theme::space::M,
            (false, false) => 230.0 + theme::target::BUTTON + theme::space::M,
        };
        let answer_least_px = match (beside, look.large) {
            (true, _) => ANSWER_NARROW_PX,
            (false, true) => ANSWER_LARGE_PX,
            (false, false) => ANSWER_PX,
        };
        let fits = |height: f32| Look::fit(height, answer_least_px) * columns;
        let per_page = if fields.len() <= fits(room.height - person_px) {
            fits(room.height - person_px)
        } else {
            fits(room.height - person_px - pages::BAR_PX - theme::space::M)
        };
        let pages = pages::count(fields.len(), per_page);
        let part = self.part.min(pages - 1);
        let shown = pages::of(&fields, per_page, part);
        let rows = shown.len().div_ceil(columns);
        let answer_px = share(
            room.height - person_px,
            rows,
            (answer_least_px - theme::space::S, if beside { 190.0 } else { 170.0 }),
        );
        let lines = shown.chunks(columns).map(|line| {
            let mut cells = Row::new().spacing(theme::space::S);
            for (at, field) in line {
                cells = cells.push(container(answered(&look, *at, field, answer_px)).width(Fill));
            }
            for _ in line.len()..columns {
                cells = cells.push(space().width(Fill));
            }
            cells.into()
        });
        let answers = Column::new()
            .push(Column::with_children(lines).spacing(theme::space::S))
            .push(turns(&look, part, pages))
            .spacing(theme::space::M);
        let rest = column![person(scene), data::button(scene)].spacing(theme::space::M);
        if beside {
            row![answers.width(FillPortion(5)), rest.width(FillPortion(3))]
                .spacing(theme::space::M)
                .into()
        } else {
            column![answers, rest].spacing(theme::space::M).into()
        }
    }
}

/// The height of each of `rows` that share `room`, within limits.
fn share(room: f32, rows: usize, (least, most): (f32, f32)) -> f32 {
    let rows = f32::from(u8::try_from(rows.max(1)).unwrap_or(u8::MAX));
    (room / rows - theme::space::S).clamp(least, most)
}

/// Height of a locked fact with its source: name, value of two lines, source.
const LOCKED_PX: f32 = 196.0;
/// Height of an answer on the last page.
const ANSWER_PX: f32 = 142.0;
/// Where two stand beside each other and something beside them, the question may take three lines.
const ANSWER_NARROW_PX: f32 = 201.0;
/// In large print the question may take two lines.
const ANSWER_LARGE_PX: f32 = 184.0;

fn questions(session: &Session) -> impl Iterator<Item = &Field> {
    session.fields().iter().filter(|field| field.source.is_none())
}

fn first(session: &Session) -> At {
    if session.fields().iter().any(|field| field.source.is_some()) {
        At::Registered
    } else if questions(session).next().is_some() {
        At::Question(0)
    } else {
        At::Check
    }
}

fn digits(max: i64) -> usize {
    max.to_string().len()
}

/// The answer after `value` was touched: chosen, or added to or taken from those chosen.
fn chosen(field: &Field, value: String) -> Option<Answer> {
    match &field.kind {
        FieldKind::Choice(_) => Some(Answer::Choice(value)),
        FieldKind::Choices(_) => {
            let mut values = match &field.answer {
                Some(Answer::Choices(values)) => values.clone(),
                _ => Vec::new(),
            };
            match values.iter().position(|chosen| *chosen == value) {
                Some(at) => {
                    values.remove(at);
                }
                None => values.push(value),
            }
            Some(Answer::Choices(values))
        }
        FieldKind::YesNo | FieldKind::Number { .. } | FieldKind::Text { .. } | FieldKind::Date => {
            None
        }
    }
}

fn is_chosen(field: &Field, value: &str) -> bool {
    match &field.answer {
        Some(Answer::Choice(chosen)) => chosen == value,
        Some(Answer::Choices(chosen)) => chosen.iter().any(|chosen| chosen == value),
        _ => false,
    }
}

fn turns<'a>(look: &Look, part: usize, pages: usize) -> Option<Element<'a, Touched>> {
    pages::bar(look, part, pages, |part| Touched::Form(Message::Turned(part)))
}

/// A fact the register knows: a lock, and where it comes from.
fn locked<'a>(look: &Look, field: &'a Field, height: f32) -> Element<'a, Touched> {
    let source = field.source.as_ref().map_or("", |source| source.get(look.language));
    let content = row![
        column![
            label::caption(look, field.label.get(look.language)),
            label::strong(look, written(look, field)),
            label::caption(look, (look.text.source)(source)),
        ]
        .width(Fill),
        Icon::Lock.draw(36.0, look.colours.soft),
    ]
    .spacing(theme::space::S)
    .align_y(Center);
    panel::quiet(look, container(content).center_y(height - 2.0 * theme::space::S))
}

/// An answer of the applicant, which can be touched to change it.
fn answered<'a>(look: &Look, at: usize, field: &'a Field, height: f32) -> Element<'a, Touched> {
    let c = look.colours;
    let value = match &field.problem {
        Some(problem) => label::bold(problem.get(look.language), size::BODY, c.bad),
        None if field.answer.is_none() && !field.optional => {
            label::bold(look.text.check_unanswered, size::BODY, c.bad)
        }
        None => label::strong(look, written(look, field)),
    };
    let content = row![
        column![label::caption(look, field.label.get(look.language)), value].width(Fill),
        Icon::Pen.draw(34.0, c.primary),
        label::bold(look.text.check_mend, size::CAPTION, c.primary),
    ]
    .spacing(theme::space::S)
    .align_y(Center);
    press::block(
        look,
        format!("field:{}", field.key),
        container(content)
            .padding([0.0, theme::space::XS])
            .center_y(height - 2.0 * theme::space::S),
        false,
        Touched::Form(Message::Mend(at)),
    )
}

/// The answer in words.
fn written(look: &Look, field: &Field) -> String {
    let named = |value: &str| match &field.kind {
        FieldKind::Choice(choices) | FieldKind::Choices(choices) => choices
            .iter()
            .find(|choice| choice.value == value)
            .map_or_else(|| value.to_owned(), |choice| choice.label.get(look.language).to_owned()),
        FieldKind::YesNo | FieldKind::Number { .. } | FieldKind::Text { .. } | FieldKind::Date => {
            value.to_owned()
        }
    };
    match &field.answer {
        None => look.text.check_none.to_owned(),
        Some(Answer::Choice(value)) => named(value),
        Some(Answer::Choices(values)) if values.is_empty() => look.text.check_none.to_owned(),
        Some(Answer::Choices(values)) => {
            let between = match look.language {
                Language::Zh => "、",
                Language::En => ", ",
            };
            values.iter().map(|value| named(value)).collect::<Vec<_>>().join(between)
        }
        Some(Answer::YesNo(yes)) => (if *yes { look.text.yes } else { look.text.no }).to_owned(),
        Some(Answer::Number(typed)) => {
            let FieldKind::Number { unit, .. } = &field.kind else { return typed.clone() };
            format!("{typed} {}", unit.get(look.language))
        }
        Some(Answer::Text(typed)) => typed.clone(),
        Some(Answer::Date(day)) => (look.text.date)(*day),
    }
}

fn yes_no<'a>(look: &Look, field: &'a Field, room: f32) -> Element<'a, Touched> {
    let height = (room - 120.0).clamp(180.0, 460.0);
    let said = match field.answer {
        Some(Answer::YesNo(yes)) => Some(yes),
        _ => None,
    };
    let one = |yes: bool| {
        let (id, words, icon) = if yes {
            ("yes", look.text.yes, Icon::Check)
        } else {
            ("no", look.text.no, Icon::Close)
        };
        let ink = if said == Some(yes) { look.colours.primary } else { look.colours.soft };
        press::block(
            look,
            id.to_owned(),
            container(
                column![icon.draw(96.0, ink), label::bold(words, size::TITLE, look.colours.ink),]
                    .spacing(theme::space::S)
                    .align_x(Center),
            )
            .center_x(Fill)
            .center_y(height),
            said == Some(yes),
            Touched::Form(Message::Said(yes)),
        )
    };
    column![
        label::caption(look, look.text.choose_yes_no),
        row![one(true), one(false)].spacing(theme::space::M),
    ]
    .spacing(theme::space::M)
    .into()
}

fn number<'a>(
    look: &Look,
    field: &'a Field,
    (min, max, unit): (i64, i64, &'a str),
    key_px: f32,
) -> Element<'a, Touched> {
    let typed = match &field.answer {
        Some(Answer::Number(typed)) => typed.as_str(),
        _ => "",
    };
    column![
        display(look, typed, unit),
        label::caption(look, (look.text.number_range)(min, max, unit)),
        keyboard::number(look, key_px, |key| Touched::Form(Message::Pressed(key))),
    ]
    .spacing(theme::space::M)
    .into()
}

/// The number after a key.
fn number_after(typed: &str, key: Key, digits_max: usize) -> Option<String> {
    let mut typed = typed.to_owned();
    match key {
        Key::Write(digit) if typed.len() < digits_max => typed.push(digit),
        Key::Delete => {
            typed.pop();
        }
        Key::Clear => typed.clear(),
        Key::Write(_) | Key::Shift | Key::Pinyin | Key::Choose(_) | Key::More => return None,
    }
    Some(typed)
}

/// What has been typed so far.
fn display<'a>(look: &Look, typed: &str, unit: impl Into<String>) -> Element<'a, Touched> {
    let colours = look.colours;
    container(
        row![
            label::bold(typed.to_owned(), size::TITLE, colours.ink).width(Fill),
            label::soft(look, unit.into()),
        ]
        .align_y(Center),
    )
    .id("typed")
    .width(Fill)
    .padding([0.0, theme::space::M])
    .center_y(110.0)
    .style(move |_| container::Style {
        background: Some(iced::Background::Color(colours.surface)),
        border: theme::edge(colours.primary, 4.0),
        ..container::Style::default()
    })
    .into()
}

/// The switch "let a person decide" (个人信息保护法 24(3)).
fn person(scene: Scene<'_>) -> Element<'_, Touched> {
    let look = scene.look;
    let c = look.colours;
    let wanted = scene.session.person_wanted();
    let state = if wanted { look.text.person_on } else { look.text.person_off };
    press::block(
        &look,
        "person".to_owned(),
        row![
            panel::badge(
                if wanted { Icon::Check } else { Icon::Person },
                80.0,
                if wanted { c.on_primary } else { c.primary },
                if wanted { c.primary } else { c.primary_soft },
            ),
            column![
                label::strong(&look, look.text.person_title),
                label::caption(&look, look.text.person_more),
                label::bold(state, size::CAPTION, c.primary),
            ]
            .width(Fill),
        ]
        .spacing(theme::space::M)
        .align_y(Center),
        wanted,
        Touched::Tell(Event::PersonWanted(!wanted)),
    )
}
