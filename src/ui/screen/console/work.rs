//! The technician's work at the devices, and the paper in the trays: find, try, set, count.

use iced::widget::{Column, Row, column, container, row};
use iced::{Center, Element, Fill};

use super::pages::Part;
use super::{Message, Open};
use crate::config::{self, Change, Setting};
use crate::terminal::report::{DeviceKind, SheetSize, Tray};
use crate::terminal::work::{Configured, PortFound, Tested, Work};
use crate::ui::screen::Message as Touched;
use crate::ui::text::Strings;
use crate::ui::theme::{self, Look, size, target};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, press};

/// Why devices.toml is changed; what is chosen goes into the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    SetUp,
    Replaced,
    Moved,
    Adjusted,
}

impl Reason {
    const ALL: [Self; 4] = [Self::SetUp, Self::Replaced, Self::Moved, Self::Adjusted];

    pub(super) fn words(self, text: &'static Strings) -> &'static str {
        match self {
            Self::SetUp => text.why_set_up,
            Self::Replaced => text.why_replaced,
            Self::Moved => text.why_moved,
            Self::Adjusted => text.why_adjusted,
        }
    }
}

/// A device's settings as they are about to be.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) kind: DeviceKind,
    pub(super) changes: Vec<Change>,
    pub(super) why: Option<Reason>,
}

impl Draft {
    pub(super) fn new(kind: DeviceKind) -> Self {
        Self { kind, changes: Vec::new(), why: None }
    }

    /// One key gets another value; the value it has already is no change.
    pub(super) fn set(&mut self, change: Change, settings: &[Setting]) {
        self.changes.retain(|other| other.key != change.key);
        if current(settings, &change.section, &change.key) != Some(&change.value) {
            self.changes.push(change);
        }
    }

    /// Whether it may be tried.
    pub(super) fn is_ready(&self) -> bool {
        !self.changes.is_empty() && self.why.is_some()
    }
}

/// Numbers that are being typed for a tray.
#[derive(Debug, Clone)]
pub(super) struct Counting {
    pub(super) paper: SheetSize,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) is_last: bool,
}

impl Counting {
    pub(super) fn new(paper: SheetSize) -> Self {
        Self { paper, first: String::new(), last: String::new(), is_last: false }
    }

    pub(super) fn field(&mut self) -> &mut String {
        if self.is_last { &mut self.last } else { &mut self.first }
    }

    pub(super) fn shown(&self) -> &str {
        if self.is_last { &self.last } else { &self.first }
    }

    /// Both numbers, once they are typed and can be a tray.
    pub(super) fn tray(&self) -> Option<Tray> {
        Tray::counted(self.first.parse().ok()?, self.last.parse().ok()?)
    }
}

fn current<'a>(settings: &'a [Setting], section: &str, key: &str) -> Option<&'a str> {
    let setting =
        settings.iter().find(|setting| setting.section == section && setting.key == key)?;
    Some(setting.value.trim_matches('"'))
}

/// What the last order at the devices has come to.
pub(super) fn progress<'a>(look: &Look, work: &'a Work) -> Vec<Part<'a>> {
    let text = look.text;
    let notice = |tone, what: String, more: String| {
        let id = "work".to_owned();
        container(panel::notice(look, tone, what, more)).id(id).into()
    };
    let name = |kind: DeviceKind| name(text, kind).to_owned();
    vec![match work {
        // Of an export its own page tells.
        Work::Idle | Work::Discovered(_) | Work::Exporting { .. } | Work::Exported(_) => {
            return Vec::new();
        }
        Work::Discovering { port, done, of } => {
            let more = (text.work_asking)(port, *done, *of);
            notice(Tone::Note, text.work_finding.to_owned(), more)
        }
        Work::Trying(kinds) => {
            let kinds: Vec<String> = kinds.iter().map(|kind| name(*kind)).collect();
            notice(Tone::Note, text.work_trying.to_owned(), kinds.join(" "))
        }
        Work::Configured(Configured::TakenUp(changes)) => {
            notice(Tone::Good, text.work_taken_up.to_owned(), changes.join("\n"))
        }
        Work::Configured(Configured::RolledBack(kind, code)) => {
            let more = format!("{}: {code} {}", name(*kind), code.title(look.language));
            notice(Tone::Bad, text.work_rolled_back.to_owned(), more)
        }
        Work::Configured(Configured::Refused(why)) => {
            notice(Tone::Bad, text.work_refused.to_owned(), why.clone())
        }
        Work::Testing(kind) => {
            let more = match kind {
                DeviceKind::IdReader => text.work_lay_card,
                DeviceKind::Scanner => text.work_show_code,
                DeviceKind::ReceiptPrinter | DeviceKind::PagePrinter | DeviceKind::Panel => {
                    text.work_take_paper
                }
            };
            notice(Tone::Note, name(*kind), more.to_owned())
        }
        Work::Tested(kind, how) => {
            let (tone, what) = match how {
                Tested::CardRead | Tested::CodeRead(_) | Tested::Printed => {
                    (Tone::Good, text.work_passed.to_owned())
                }
                Tested::Failed(code) => {
                    (Tone::Bad, format!("{code} {}", code.title(look.language)))
                }
                Tested::TimedOut => (Tone::Bad, text.work_timed_out.to_owned()),
            };
            notice(tone, name(*kind), what)
        }
    }]
}

/// What answered at the ports, each to be used by a touch.
pub(super) fn found<'a>(look: &Look, ports: &'a [PortFound]) -> Vec<Part<'a>> {
    let text = look.text;
    let mut parts = Vec::new();
    if ports.iter().all(|port| port.found.is_none()) {
        parts.push(panel::notice(look, Tone::Warn, text.work_nothing, ""));
    }
    for (at, port) in ports.iter().enumerate() {
        let socket =
            port.port.socket().map(|socket| label::caption(look, (text.usb_socket)(socket)));
        let mut words = column![label::strong(look, port.port.describe())]
            .push(socket)
            .spacing(theme::space::XS)
            .width(Fill);
        let mut use_it = None;
        match (&port.found, &port.error) {
            (Some(found), _) => {
                let identity = found.identity.as_deref().unwrap_or_default();
                let is_it = |kind: &DeviceKind| kind.as_str() == found.language.device();
                let device = DeviceKind::ALL.into_iter().find(is_it);
                let device = device.map_or("", |kind| name(text, kind));
                let (protocol, baud) = (found.language.protocol(), found.baud);
                let says = format!("{device}　{protocol}　{baud} baud　{identity}");
                words = words.push(label::body(look, says));
                use_it = Some(press::onward(
                    look,
                    use_id(at),
                    text.work_use,
                    Icon::ArrowRight,
                    Some(Touched::Console(Message::Use(at))),
                ));
            }
            (None, Some(error)) => words = words.push(label::caption(look, error.clone())),
            (None, None) => words = words.push(label::caption(look, text.work_silent)),
        }
        let line = row![words].push(use_it).spacing(theme::space::M).align_y(Center);
        parts.push(panel::card(look, line));
    }
    parts.push(press::secondary(
        look,
        "seen",
        text.work_seen,
        Icon::Check,
        Some(Touched::Console(Message::Seen)),
    ));
    parts
}

/// Buttons have names that live as long as the program.
fn use_id(at: usize) -> &'static str {
    const IDS: [&str; 8] = ["use:0", "use:1", "use:2", "use:3", "use:4", "use:5", "use:6", "use:7"];
    IDS.get(at).copied().unwrap_or("use:more")
}

/// What can be done with one device.
pub(super) fn buttons<'a>(look: &Look, kind: DeviceKind, is_there: bool) -> Part<'a> {
    let text = look.text;
    let (test, settings) = match kind {
        DeviceKind::IdReader => ("test:id_reader", "settings:id_reader"),
        DeviceKind::Scanner => ("test:scanner", "settings:scanner"),
        DeviceKind::ReceiptPrinter => ("test:receipt_printer", "settings:receipt_printer"),
        DeviceKind::PagePrinter => ("test:page_printer", "settings:page_printer"),
        DeviceKind::Panel => ("test:panel", "settings:panel"),
    };
    // A panel shows what it is by the door and the key.
    let is_there = is_there && kind != DeviceKind::Panel;
    row![
        press::plain(
            look,
            test,
            text.work_test,
            is_there.then_some(Touched::Console(Message::Try(kind))),
        ),
        press::plain(
            look,
            settings,
            text.work_settings,
            Some(Touched::Console(Message::Settings(kind))),
        ),
    ]
    .spacing(theme::space::S)
    .into()
}

/// One device's settings with their lines, and what they can be changed to.
pub(super) fn draft<'a>(look: &Look, draft: &'a Draft, settings: &'a [Setting]) -> Vec<Part<'a>> {
    let text = look.text;
    let section = draft.kind.as_str();
    let own = settings.iter().filter(|setting| setting.section == section);
    let lines = own.clone().map(|setting| {
        let line = (text.settings_line)(setting.line);
        row![
            container(label::caption(look, line)).width(iced::FillPortion(3)),
            container(label::body(look, format!("{} = {}", setting.key, setting.value)))
                .width(iced::FillPortion(5)),
        ]
        .spacing(theme::space::M)
        .align_y(Center)
        .into()
    });
    let lines = column![label::heading(look, name(text, draft.kind))].extend(lines);
    let mut parts: Vec<Part<'a>> = vec![panel::card(look, lines.spacing(theme::space::XS))];
    for setting in own {
        let values = config::choices(section, &setting.key);
        if values.is_empty() {
            continue;
        }
        let is_value = setting.value.trim_matches('"');
        let wanted = draft.changes.iter().find(|change| change.key == setting.key);
        let chosen = wanted.map_or(is_value, |change| change.value.as_str());
        let choices = values.iter().map(|value| {
            press::choice(
                look,
                format!("set:{}={value}", setting.key),
                *value,
                *value == chosen,
                false,
                target::BUTTON,
                Touched::Console(Message::Set(Change {
                    section: section.to_owned(),
                    key: setting.key.clone(),
                    value: (*value).to_owned(),
                })),
            )
        });
        let rows = in_rows(choices.collect(), 3);
        let content = column![label::strong(look, setting.key.as_str())].extend(rows);
        parts.push(panel::card(look, content.spacing(theme::space::S)));
    }
    let others = draft.changes.iter().filter(|change| {
        config::choices(section, &change.key).is_empty()
            || !settings.iter().any(|s| s.section == section && s.key == change.key)
    });
    let others: Vec<Part<'a>> = others
        .map(|change| label::body(look, format!("{} = {}", change.key, change.value)).into())
        .collect();
    if !others.is_empty() {
        let content = column![label::strong(look, text.work_use)].extend(others);
        parts.push(panel::card(look, content.spacing(theme::space::XS)));
    }
    if !draft.changes.is_empty() {
        let all = Reason::ALL.map(|reason| (reason, reason.words(text)));
        let reasons = in_rows(reasons(look, "why", all, draft.why, Message::Why), 2);
        let content = column![label::strong(look, text.why_title)].extend(reasons);
        // First: nothing is tried without it.
        parts.insert(0, panel::card(look, content.spacing(theme::space::S)));
    }
    parts
}

/// Why something is done, one of these: `NAME:0` and so on.
pub(super) fn reasons<'a, R: Copy + PartialEq>(
    look: &Look,
    name: &str,
    all: impl IntoIterator<Item = (R, &'static str)>,
    chosen: Option<R>,
    message: impl Fn(R) -> Message,
) -> Vec<Part<'a>> {
    let choice = |(at, (reason, words))| {
        let (is_chosen, touched) = (chosen == Some(reason), Touched::Console(message(reason)));
        press::choice(
            look,
            format!("{name}:{at}"),
            words,
            is_chosen,
            false,
            target::BUTTON,
            touched,
        )
    };
    all.into_iter().enumerate().map(choice).collect()
}

/// Choices beside each other, so many in a row.
pub(super) fn in_rows(choices: Vec<Part<'_>>, in_a_row: usize) -> Vec<Part<'_>> {
    let mut rows = Vec::new();
    let mut row = Row::new().spacing(theme::space::S);
    let mut count = 0;
    for choice in choices {
        row = row.push(container(choice).width(Fill));
        count += 1;
        if count == in_a_row {
            rows.push(std::mem::replace(&mut row, Row::new().spacing(theme::space::S)).into());
            count = 0;
        }
    }
    if count > 0 {
        rows.push(row.into());
    }
    rows
}

/// The numbered blank sheets in the trays.
pub(super) fn trays<'a>(open: &'a Open, look: &Look) -> Vec<Part<'a>> {
    let text = look.text;
    let mut content: Column<'a, Touched> =
        column![label::heading(look, text.trays_title), label::body(look, text.trays_lead)]
            .spacing(theme::space::S);
    for paper in SheetSize::ALL {
        let tray = open.report.trays.get(&paper);
        let says = tray.map_or_else(
            || text.trays_none.to_owned(),
            |tray| (text.tray)(tray.left(), tray.next(), tray.last()),
        );
        let (count, spoil) = match paper {
            SheetSize::A3 => ("count:A3", "spoil:A3"),
            SheetSize::A4 => ("count:A4", "spoil:A4"),
        };
        let has_sheets = tray.is_some_and(|tray| tray.left() > 0);
        let line = row![
            label::bold(paper.as_str(), size::HEADING, look.colours.ink),
            label::body(look, says).width(Fill),
        ]
        .spacing(theme::space::M)
        .align_y(Center);
        let buttons = row![
            press::secondary(
                look,
                count,
                text.tray_count,
                Icon::Certificate,
                Some(Touched::Console(Message::Count(paper))),
            ),
            press::secondary(
                look,
                spoil,
                text.tray_spoil,
                Icon::Stop,
                has_sheets.then_some(Touched::Console(Message::Spoil(paper))),
            ),
        ]
        .spacing(theme::space::M);
        content = content.push(line).push(buttons);
    }
    vec![panel::card(look, content)]
}

/// What a device is called.
pub(super) fn name(text: &'static Strings, kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::IdReader => text.device_id_reader,
        DeviceKind::Scanner => text.device_scanner,
        DeviceKind::ReceiptPrinter => text.device_receipt_printer,
        DeviceKind::PagePrinter => text.device_page_printer,
        DeviceKind::Panel => text.device_panel,
    }
}

/// The button that has the ports asked.
pub(super) fn find<'a>(look: &Look, work: &Work) -> Element<'a, Touched> {
    let is_busy = matches!(
        work,
        Work::Discovering { .. } | Work::Trying(_) | Work::Testing(_) | Work::Exporting { .. }
    );
    press::secondary(
        look,
        "discover",
        look.text.work_find,
        Icon::Question,
        (!is_busy).then_some(Touched::Console(Message::Find)),
    )
}
