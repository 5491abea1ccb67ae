//! The bench: a small window beside a simulated kiosk, from which one lays cards down, shows phones,
//! takes paper out and pulls cables. Every button is one line to the simulators' control socket.

use std::path::PathBuf;

use iced::widget::{Column, Row, column, container, row, scrollable, space};
use iced::{Center, Element, Fill, Point, Size, Task, Theme, window};
use serde::Deserialize;

use crate::device::simulation::Control;
use crate::domain::Language;
use crate::fault::Chain;
use crate::ui::app::settings;
use crate::ui::theme::{self, Look, Wishes};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::{label, panel, press};

/// The bench's window in pixels: half the design size.
const WINDOW: Size = Size::new(540.0, 960.0);
/// Answers kept on the screen.
const ANSWERS_MAX: usize = 4;

/// What the bench plays with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder the simulators run in.
    pub devices: PathBuf,
    /// The address of central's public pages, which draw the codes on the phones.
    pub phone: String,
    /// Who comes, for which business.
    pub cast: Cast,
}

/// The invented people and businesses.
#[derive(Debug, Clone, Deserialize)]
pub struct Cast {
    persons: Vec<Person>,
    businesses: Vec<Business>,
}

#[derive(Debug, Clone, Deserialize)]
struct Person {
    key: String,
    name: String,
    #[serde(default)]
    note: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Business {
    key: String,
    name: String,
    legal_rep: String,
}

/// Why the bench does not open.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The people are not what the format says.
    #[error("the people cannot be read")]
    Syntax {
        /// Where and what.
        source: serde_json::Error,
    },
    /// Nobody is in the file.
    #[error("there is no person, or no business")]
    Empty,
    /// The window cannot be opened.
    #[error("cannot open the window")]
    Window {
        /// Why.
        source: iced::Error,
    },
}

impl Cast {
    /// Reads people and businesses.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let cast: Self = serde_json::from_str(text).map_err(|source| Error::Syntax { source })?;
        if cast.persons.is_empty() || cast.businesses.is_empty() {
            return Err(Error::Empty);
        }
        Ok(cast)
    }
}

/// Opens the bench until its window is closed.
pub fn run(options: Options) -> Result<(), Error> {
    let boot = move || (Bench::new(options.clone()), Task::none());
    iced::application(boot, Bench::update, Bench::view)
        .title("permit-kiosk bench")
        .theme(|_: &Bench| -> Theme { theme::theme(&theme::CALM) })
        .scale_factor(|_| WINDOW.width / theme::UPRIGHT.width)
        .settings(settings())
        // The toolkit multiplies the size by the scale.
        .window(window::Settings {
            size: theme::UPRIGHT,
            position: window::Position::SpecificWith(beside),
            ..window::Settings::default()
        })
        .run()
        .map_err(|source| Error::Window { source })
}

/// At the right edge of the display: the kiosk's own window stands at the left, and without a window
/// manager both would lie on top of each other.
fn beside(window: Size, display: Size) -> Point {
    Point::new((display.width - window.width).max(0.0), 0.0)
}

/// A button: its words, and the command it gives.
struct Order {
    zh: &'static str,
    en: &'static str,
    command: &'static str,
}

const fn order(zh: &'static str, en: &'static str, command: &'static str) -> Order {
    Order { zh, en, command }
}

/// Buttons of a device, in the order shown.
struct Group {
    zh: &'static str,
    en: &'static str,
    icon: Icon,
    orders: &'static [Order],
}

const GROUPS: &[Group] = &[
    Group {
        zh: "读卡器",
        en: "ID reader",
        icon: Icon::Card,
        orders: &[
            order("拿走身份证", "Take the card", "id_reader remove"),
            order("放别种卡", "Another card", "id_reader place other-kind"),
            order("拔线", "Pull the cable", "id_reader unplug"),
            order("插线", "Plug it in", "id_reader replug"),
        ],
    },
    Group {
        zh: "扫码器",
        en: "Scanner",
        icon: Icon::Code,
        orders: &[
            order("收起手机", "Phone away", "scanner hide"),
            order("拔线", "Pull the cable", "scanner unplug"),
            order("插线", "Plug it in", "scanner replug"),
        ],
    },
    Group {
        zh: "证照打印机",
        en: "Certificate printer",
        icon: Icon::Printer,
        orders: &[
            order("取走纸", "Paper out", "page_printer paper out"),
            order("装纸", "Load paper", "page_printer paper ok"),
            order("下一张卡纸", "Jam the next", "page_printer jam"),
            order("清卡纸", "Clear the jam", "page_printer clear jam"),
            order("开盖", "Open cover", "page_printer cover open"),
            order("关盖", "Close cover", "page_printer cover close"),
            order("碳粉少", "Toner low", "page_printer toner low"),
            order("换碳粉", "Fresh toner", "page_printer toner ok"),
            order("拔线", "Pull the cable", "page_printer unplug"),
            order("插线", "Plug it in", "page_printer replug"),
        ],
    },
    Group {
        zh: "回执打印机",
        en: "Receipt printer",
        icon: Icon::Receipt,
        orders: &[
            order("取走纸卷", "Paper out", "receipt_printer paper out"),
            order("装纸卷", "Load paper", "receipt_printer paper ok"),
            order("纸快完", "Near the end", "receipt_printer near-end"),
            order("切刀卡住", "Jam the cutter", "receipt_printer jam cutter"),
            order("清切刀", "Clear the cutter", "receipt_printer clear cutter"),
            order("开盖", "Open cover", "receipt_printer cover open"),
            order("关盖", "Close cover", "receipt_printer cover close"),
            order("拔线", "Pull the cable", "receipt_printer unplug"),
            order("插线", "Plug it in", "receipt_printer replug"),
        ],
    },
];

/// Every command the bench can give, for the test that the simulators know them.
pub fn commands() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().flat_map(|group| group.orders).map(|order| order.command)
}

struct Bench {
    options: Options,
    language: Language,
    person: usize,
    business: usize,
    client: reqwest::Client,
    answers: Vec<String>,
}

#[derive(Debug, Clone)]
enum Message {
    PersonTurned(usize),
    BusinessTurned(usize),
    LanguageTurned,
    Ordered(String),
    PhoneShown { licence: bool },
    Answered(String),
}

impl Bench {
    fn new(options: Options) -> Self {
        Self {
            options,
            language: Language::Zh,
            person: 0,
            business: 0,
            client: reqwest::Client::new(),
            answers: Vec::new(),
        }
    }

    fn update(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::PersonTurned(person) => {
                self.person = person;
                // Whoever comes, comes for a business of theirs where there is one.
                let own = self.options.cast.businesses.iter().position(|business| {
                    self.person().is_some_and(|person| person.key == business.legal_rep)
                });
                self.business = own.unwrap_or(self.business);
                Task::none()
            }
            Message::BusinessTurned(business) => {
                self.business = business;
                Task::none()
            }
            Message::LanguageTurned => {
                self.language = match self.language {
                    Language::Zh => Language::En,
                    Language::En => Language::Zh,
                };
                Task::none()
            }
            Message::Ordered(command) => {
                Task::perform(order_from(self.options.devices.clone(), command), Message::Answered)
            }
            Message::PhoneShown { licence } => self.show_phone(licence),
            Message::Answered(answer) => {
                self.answers.insert(0, answer);
                self.answers.truncate(ANSWERS_MAX);
                Task::none()
            }
        }
    }

    fn person(&self) -> Option<&Person> {
        self.options.cast.persons.get(self.person)
    }

    /// Asks central for a fresh code, then holds it before the scanner.
    fn show_phone(&self, licence: bool) -> Task<Message> {
        let (Some(person), Some(business)) =
            (self.person(), self.options.cast.businesses.get(self.business))
        else {
            return Task::none();
        };
        let mut wish = serde_json::json!({ "person": person.key, "show": "e_id" });
        if licence {
            wish["show"] = "e_licence".into();
            wish["business"] = business.key.as_str().into();
        }
        let asked = self
            .client
            .post(format!("{}/demo/phone", self.options.phone.trim_end_matches('/')))
            .json(&wish)
            .send();
        let devices = self.options.devices.clone();
        Task::perform(
            async move {
                let answer: serde_json::Value = match asked.await {
                    Ok(response) => match response.json().await {
                        Ok(answer) => answer,
                        Err(error) => return format!("? {}", Chain(&error)),
                    },
                    Err(error) => return format!("? {}", Chain(&error)),
                };
                match answer.get("code").and_then(serde_json::Value::as_str) {
                    Some(code) => order_from(devices, format!("scanner show {code}")).await,
                    None => format!("? {answer}"),
                }
            },
            Message::Answered,
        )
    }

    fn view(&self) -> Element<'_, Message> {
        let look = Look::new(self.language, Wishes::default(), WINDOW);
        let content = Column::new()
            .push(self.people(&look))
            .extend(GROUPS.iter().map(|group| self.group(&look, group)))
            .push(self.said(&look))
            .spacing(theme::space::S)
            .padding(theme::space::M);
        scrollable(content).into()
    }

    fn people<'a>(&'a self, look: &Look) -> Element<'a, Message> {
        let cast = &self.options.cast;
        let person = self.person().map(|person| format!("{} {}", person.key, person.name));
        let note = self.person().map_or("", |person| person.note.as_str());
        let business = cast.businesses.get(self.business);
        let business = business.map(|business| format!("{} {}", business.key, business.name));
        let place = self.person().map(|person| format!("id_reader place {}", person.key));
        panel::card(
            look,
            column![
                turned(look, person.unwrap_or_default(), self.person, cast.persons.len(), |at| {
                    Message::PersonTurned(at)
                }),
                label::caption(look, note),
                press::evenly([
                    self.button(look, "放身份证", "Lay card down", place.map(Message::Ordered)),
                    self.button(
                        look,
                        "出示电子身份证",
                        "Show e-ID",
                        Some(Message::PhoneShown { licence: false }),
                    ),
                ]),
                turned(
                    look,
                    business.unwrap_or_default(),
                    self.business,
                    cast.businesses.len(),
                    Message::BusinessTurned,
                ),
                press::evenly([
                    self.button(
                        look,
                        "出示电子营业执照",
                        "Show e-licence",
                        Some(Message::PhoneShown { licence: true }),
                    ),
                    self.button(look, "English", "中文", Some(Message::LanguageTurned)),
                ]),
            ]
            .spacing(theme::space::S),
        )
    }

    fn group<'a>(&'a self, look: &Look, group: &'static Group) -> Element<'a, Message> {
        let title = self.words(group.zh, group.en);
        let rows = group.orders.chunks(4).map(|orders| {
            let mut line = Row::new().spacing(theme::space::XS);
            for order in orders {
                let message = Message::Ordered(order.command.to_owned());
                let button = self.button(look, order.zh, order.en, Some(message));
                line = line.push(container(button).width(Fill));
            }
            for _ in orders.len()..4 {
                line = line.push(space().width(Fill));
            }
            line.into()
        });
        panel::quiet(
            look,
            column![
                label::with_icon(
                    group.icon,
                    36.0,
                    look.colours.primary,
                    label::strong(look, title)
                ),
                Column::with_children(rows).spacing(theme::space::XS),
            ]
            .spacing(theme::space::XS),
        )
    }

    fn said<'a>(&'a self, look: &Look) -> Element<'a, Message> {
        Column::with_children(
            self.answers.iter().map(|answer| label::caption(look, answer.as_str()).into()),
        )
        .into()
    }

    fn button<'a>(
        &self,
        look: &Look,
        zh: &'static str,
        en: &'static str,
        message: Option<Message>,
    ) -> Element<'a, Message> {
        let words = label::caption(look, self.words(zh, en)).align_x(Center);
        press::key(look, en.to_owned(), words, (Fill, theme::target::KEY), message)
    }

    fn words(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}

/// "‹ P01 林小满 ›".
fn turned<'a>(
    look: &Look,
    shown: String,
    at: usize,
    count: usize,
    turn: impl Fn(usize) -> Message,
) -> Element<'a, Message> {
    let arrow = |id: &str, icon: Icon, to: usize| {
        press::key(
            look,
            id.to_owned(),
            icon.draw(40.0, look.colours.primary),
            (iced::Length::Fixed(110.0), theme::target::KEY),
            Some(turn(to)),
        )
    };
    row![
        arrow("before", Icon::ArrowLeft, (at + count - 1) % count),
        container(label::strong(look, shown)).center_x(Fill),
        arrow("after", Icon::ArrowRight, (at + 1) % count),
    ]
    .spacing(theme::space::S)
    .align_y(Center)
    .into()
}

/// Gives a command to the simulators; the answer comes once it has taken effect, which may take
/// seconds, so it is waited for beside the screen.
async fn order_from(devices: PathBuf, command: String) -> String {
    let given = tokio::task::spawn_blocking(move || {
        let answer = Control::connect(&devices).and_then(|mut control| control.command(&command));
        // A code is as long as the screen is wide; its beginning says enough.
        let shown: String = command.chars().take(48).collect();
        match answer {
            Ok(answer) => format!("{shown}: {answer}"),
            Err(error) => format!("{shown}: ? {}", Chain(&error)),
        }
    });
    given.await.unwrap_or_else(|error| format!("? {}", Chain(&error)))
}
