//! The readiness report: every part of the kiosk in one line each, for a person, a program or paper.
//!
//! It is made from what a running kiosk knows of itself, or line by line by `permit-kiosk doctor` where
//! none runs. No line is about anybody's case.

use jiff::Timestamp;
use serde_json::json;

use super::check::Checked;
use super::report::{Device, DeviceKind, Numbers, Readiness, of_certificate};
use crate::certificate::slip::{Align, Block, Size, Slip, SlipKind};
use crate::device::Health;
use crate::domain::Language;
use crate::domain::calendar::datetime_in_china;
use crate::fault::{Fault, FaultCode};
use crate::journal::PrintJob;

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As it should be.
    Good,
    /// Nobody knows.
    Unknown,
    /// It works, and somebody should see to it.
    Warn,
    /// It does not.
    Bad,
}

impl State {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unknown => "unknown",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Good => "ok  ",
            Self::Unknown => "?   ",
            Self::Warn => "warn",
            Self::Bad => "BAD ",
        }
    }
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// The configuration files.
    Configuration,
    /// Keys and certificates.
    Keys,
    /// A device.
    Devices,
    /// Paper in the trays, papers nobody knows about.
    Paper,
    /// The edition of the rulebook.
    Rulebook,
    /// The journal, and the numbers in it.
    Journal,
    /// The line to central.
    Central,
    /// Free room.
    Disk,
    /// The clock.
    Clock,
}

impl Area {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Keys => "keys",
            Self::Devices => "devices",
            Self::Paper => "paper",
            Self::Rulebook => "rulebook",
            Self::Journal => "journal",
            Self::Central => "central",
            Self::Disk => "disk",
            Self::Clock => "clock",
        }
    }

    fn title(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::Configuration => ("配置", "configuration"),
            Self::Keys => ("密钥", "keys"),
            Self::Devices => ("设备", "devices"),
            Self::Paper => ("纸张", "paper"),
            Self::Rulebook => ("规则", "rulebook"),
            Self::Journal => ("业务日志", "journal"),
            Self::Central => ("中心", "central"),
            Self::Disk => ("磁盘", "disk"),
            Self::Clock => ("时钟", "clock"),
        };
        match language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is about.
    pub area: Area,
    /// Which part, where there are several.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub says: String,
    /// What to do, where something is to be done.
    pub remedy: String,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When it was made.
    pub at: Timestamp,
    /// The kiosk's name and place.
    pub kiosk: String,
    /// Its lines, in the order of the areas.
    pub items: Vec<Item>,
    language: Language,
}

impl Report {
    /// A report without a line yet.
    pub fn new(at: Timestamp, kiosk: String, language: Language) -> Self {
        Self { at, kiosk, items: Vec::new(), language }
    }

    /// What a running kiosk knows of itself.
    pub fn of(readiness: &Readiness, language: Language) -> Self {
        let about = &readiness.about;
        let kiosk = format!("{} {}", about.kiosk, about.place);
        let mut report = Self::new(readiness.at, kiosk, language);
        let software = format!("permit-kiosk {}", about.software);
        report.certificate(about.certificate_until, readiness.at);
        report.add(Area::Configuration, "", State::Good, software);
        for device in &readiness.devices {
            report.device(device);
        }
        report.paper(readiness);
        report.rulebook(readiness);
        report.journal(readiness);
        report.central(readiness);
        let free = about.disk_free_bytes.map(|bytes| format!("{} MB", bytes / (1024 * 1024)));
        let stands = |code| readiness.faults.iter().any(|standing| standing.fault.code == code);
        let state = if stands(FaultCode::DiskFull) {
            State::Bad
        } else if stands(FaultCode::DiskLow) {
            State::Warn
        } else if free.is_none() {
            State::Unknown
        } else {
            State::Good
        };
        report.disk(state, free);
        let offset = about.clock_offset_ms;
        let state = match offset {
            _ if stands(FaultCode::ClockDrift) || stands(FaultCode::ClockWentBack) => State::Bad,
            Some(_) => State::Good,
            None => State::Unknown,
        };
        let says = offset.map_or_else(
            || report.say("尚未与中心核对", "not compared with central yet"),
            |ms| {
                let words = report.say("与中心相差", "off from central by");
                format!("{words} {ms} ms")
            },
        );
        report.add(Area::Clock, "", state, says);
        report
    }

    /// Whether nothing is bad.
    pub fn is_good(&self) -> bool {
        self.items.iter().all(|item| item.state != State::Bad)
    }

    /// A text in the report's language.
    pub fn say(&self, zh: &str, en: &str) -> String {
        match self.language {
            Language::Zh => zh.to_owned(),
            Language::En => en.to_owned(),
        }
    }

    /// Adds a line about something that is as it says.
    pub fn add(&mut self, area: Area, name: &str, state: State, says: String) {
        let name = name.to_owned();
        self.items.push(Item { area, name, state, says, remedy: String::new() });
    }

    /// Adds a line about something that needs a person.
    pub fn add_remedy(
        &mut self,
        area: Area,
        name: &str,
        state: State,
        says: String,
        remedy: String,
    ) {
        self.items.push(Item { area, name: name.to_owned(), state, says, remedy });
    }

    /// Adds the line of a fault.
    pub fn add_fault(&mut self, area: Area, name: &str, code: FaultCode, more: &str) {
        let state = if code.is_warning() { State::Warn } else { State::Bad };
        let says = format!("{code}: {}{more}", code.title(self.language));
        self.add_remedy(area, name, state, says, code.remedy(self.language).to_owned());
    }

    /// Adds the line of a device that has had all the time there is for a start: one that still does, does
    /// not answer.
    pub fn checked(&mut self, checked: &Checked) {
        if checked.device.health != Health::Starting || checked.port.is_none() {
            return self.device(&checked.device);
        }
        let says = self.say("没有应答", "does not answer");
        let remedy = self.say(
            "看是否通电、波特率是否一致；“permit-kiosk device discover”可以查出",
            "is it switched on, and set to this speed? `permit-kiosk device discover` finds out",
        );
        self.add_remedy(Area::Devices, checked.device.kind.as_str(), State::Bad, says, remedy);
    }

    /// Adds the line of a device.
    pub fn device(&mut self, device: &Device) {
        let name = device.kind.as_str();
        let mut more = String::new();
        for part in [
            device.model.clone(),
            device.counter.map(|count| format!("{} {count}", self.say("计数", "counter"))),
        ]
        .into_iter()
        .flatten()
        {
            more.push_str(", ");
            more.push_str(&part);
        }
        let fault = |health: Health| health.fault().map(|fault: Fault| fault.code);
        match device.health {
            Health::NotConfigured => {
                let says = self.say("本终端未配置", "this kiosk has none by design");
                self.add(Area::Devices, name, State::Good, says);
            }
            Health::Starting => {
                let says = self.say("正在启动", "starting") + &more;
                self.add(Area::Devices, name, State::Unknown, says);
            }
            Health::Ready { warning: None } | Health::Busy | Health::NeedsApplicant(_) => {
                let says = self.say("正常", "ready") + &more;
                self.add(Area::Devices, name, State::Good, says);
            }
            Health::Offline { .. } => {
                self.add_fault(Area::Devices, name, device.kind.offline(), &more);
            }
            health @ (Health::Ready { warning: Some(_) }
            | Health::NeedsAttendant(_)
            | Health::NeedsTechnician(_)) => {
                if let Some(code) = fault(health) {
                    self.add_fault(Area::Devices, name, code, &more);
                }
            }
        }
    }

    /// Adds the line of the kiosk's certificate: its keys are there.
    pub fn certificate(&mut self, until: Option<Timestamp>, now: Timestamp) {
        let Some(day) = until.map(|until| datetime_in_china(until).date()) else {
            let says =
                self.say("证书有效期未知", "nobody can tell until when the certificate holds");
            return self.add(Area::Keys, "", State::Unknown, says);
        };
        match of_certificate(until, now) {
            Some(code) => self.add_fault(Area::Keys, "", code, &format!(", {day}")),
            None => {
                let words = self.say("证书有效至", "certificate holds until");
                self.add(Area::Keys, "", State::Good, format!("{words} {day}"));
            }
        }
    }

    /// Adds the line of the disk.
    pub fn disk(&mut self, state: State, free: Option<String>) {
        let says = match free {
            Some(free) => self.say(&format!("剩余 {free}"), &format!("{free} free")),
            None => self.say("未知", "unknown"),
        };
        match state {
            State::Bad => self.add_fault(Area::Disk, "", FaultCode::DiskFull, &format!(", {says}")),
            State::Warn => self.add_fault(Area::Disk, "", FaultCode::DiskLow, &format!(", {says}")),
            State::Good | State::Unknown => self.add(Area::Disk, "", state, says),
        }
    }

    fn paper(&mut self, readiness: &Readiness) {
        for (paper, tray) in &readiness.trays {
            let says = format!("{} {} - {}", tray.left(), tray.next(), tray.last());
            let low = readiness
                .faults
                .iter()
                .any(|standing| standing.fault.code == FaultCode::PagePaperLow);
            if low {
                self.add_fault(
                    Area::Paper,
                    paper.as_str(),
                    FaultCode::PagePaperLow,
                    &format!(", {says}"),
                );
            } else {
                self.add(Area::Paper, paper.as_str(), State::Good, says);
            }
        }
        self.unconfirmed(readiness.sheets.len());
    }

    /// Adds what the journal of a kiosk that does not run says of its papers.
    pub fn papers(&mut self, unfinished: &[PrintJob]) {
        let asked = unfinished.iter().filter(|job| job.step.is_in_doubt()).count();
        self.unconfirmed(asked);
        let owed = unfinished.len() - asked;
        if owed > 0 {
            let says = format!("{owed} {}", self.say("张待打印", "papers are owed"));
            let remedy =
                self.say("启动后自动打印，请在旁边等候", "they are printed at the start: stand by");
            self.add_remedy(Area::Paper, "", State::Warn, says, remedy);
        }
    }

    fn unconfirmed(&mut self, count: usize) {
        if count > 0 {
            let says =
                format!("{count} {}", self.say("张待确认", "sheets wait for somebody's word"));
            let remedy = FaultCode::PageUnconfirmed.remedy(self.language).to_owned();
            self.add_remedy(Area::Paper, "", State::Bad, says, remedy);
        }
    }

    fn rulebook(&mut self, readiness: &Readiness) {
        match &readiness.rulebooks.active {
            None => self.add_fault(Area::Rulebook, "", FaultCode::RulebookMissing, ""),
            Some(active) => {
                let says = format!(
                    "{} ({} {})",
                    active.edition,
                    self.say("有效至", "until"),
                    active.reject_after
                );
                let state = match (active.expired, active.stale) {
                    (true, _) => State::Bad,
                    (false, true) => State::Warn,
                    (false, false) => State::Good,
                };
                self.add(Area::Rulebook, "", state, says);
            }
        }
    }

    fn journal(&mut self, readiness: &Readiness) {
        let failed = readiness
            .faults
            .iter()
            .any(|standing| standing.fault.code == FaultCode::JournalNotWritable);
        let head = readiness.line.head;
        if failed {
            self.add_fault(Area::Journal, "", FaultCode::JournalNotWritable, "");
        } else {
            let says = head.map_or_else(
                || self.say("未知", "unknown"),
                |head| format!("{head} {}", self.say("条记录", "records")),
            );
            let state = if head.is_some() { State::Good } else { State::Unknown };
            self.add(Area::Journal, "", state, says);
        }
        for code in
            [FaultCode::JournalSlow, FaultCode::JournalWalLarge, FaultCode::JournalMarkUnwritable]
        {
            if readiness.faults.iter().any(|standing| standing.fault.code == code) {
                self.add_fault(Area::Journal, code.as_str(), code, "");
            }
        }
        self.numbers(&readiness.numbers);
    }

    /// Adds the numbers of each series.
    pub fn numbers(&mut self, numbers: &[Numbers]) {
        for numbers in numbers {
            let name = numbers.series.as_str();
            if numbers.left == 0 {
                self.add_fault(Area::Journal, name, FaultCode::NumbersOut, "");
            } else if numbers.is_low {
                let more = format!(", {}", numbers.left);
                self.add_fault(Area::Journal, name, FaultCode::NumbersLow, &more);
            } else {
                let says = format!("{} {}", numbers.left, self.say("个证号", "numbers"));
                self.add(Area::Journal, name, State::Good, says);
            }
        }
    }

    fn central(&mut self, readiness: &Readiness) {
        match &readiness.line.sync {
            None => self.add(Area::Central, "", State::Unknown, self.say("未知", "unknown")),
            Some(sync) if sync.quarantined.is_some() => {
                self.add_fault(Area::Central, "", FaultCode::CentralRefused, "");
            }
            Some(sync) => {
                let waiting = format!("{} {}", sync.unsent, self.say("条待传", "records wait"));
                if sync.connected {
                    let says = format!("{}, {waiting}", self.say("已连接", "connected"));
                    self.add(Area::Central, "", State::Good, says);
                } else {
                    let more = format!(", {waiting}");
                    self.add_fault(Area::Central, "", FaultCode::CentralUnreachable, &more);
                }
            }
        }
    }

    fn lines(&self) -> Vec<&Item> {
        let mut items: Vec<&Item> = self.items.iter().collect();
        items.sort_by_key(|item| item.area);
        items
    }

    /// For a person at a terminal.
    pub fn text(&self) -> String {
        let at = datetime_in_china(self.at).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let mut text = format!("{}  {at}\n", self.kiosk);
        for item in self.lines() {
            let what = if item.name.is_empty() {
                item.area.title(self.language).to_owned()
            } else {
                item.name.clone()
            };
            let line = format!("{}  {what:<24} {}\n", item.state.mark(), item.says);
            text.push_str(&line);
            if !item.remedy.is_empty() {
                let line = format!("      {:<24} -> {}\n", "", item.remedy);
                text.push_str(&line);
            }
        }
        // Of a device or two nobody knows whether the kiosk can serve.
        let is_whole = self.items.iter().any(|item| item.area != Area::Devices);
        let verdict = if self.is_good() && !is_whole {
            self.say("正常", "in order")
        } else if self.is_good() {
            self.say("可以服务", "ready to serve")
        } else {
            self.say("需要处理", "somebody has to see to it")
        };
        text.push_str(&verdict);
        text
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Value {
        let items: Vec<serde_json::Value> = self
            .lines()
            .into_iter()
            .map(|item| {
                json!({
                    "area": item.area.as_str(),
                    "name": item.name,
                    "state": item.state.as_str(),
                    "says": item.says,
                    "remedy": item.remedy,
                })
            })
            .collect();
        json!({
            "format": "permit-kiosk/readiness/1",
            "at": self.at.to_string(),
            "kiosk": self.kiosk,
            "good": self.is_good(),
            "items": items,
        })
    }

    /// For the receipt printer.
    pub fn slip(&self) -> Slip {
        let text = |text: String, size: Size, bold: bool, align: Align| Block::Text {
            text,
            size,
            bold,
            align,
        };
        let title = self.say("终端自检报告", "Readiness report");
        let at = datetime_in_china(self.at).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let mut blocks = vec![
            text(title, Size::Title, true, Align::Centre),
            text(self.kiosk.clone(), Size::Normal, false, Align::Centre),
            text(at, Size::Normal, false, Align::Centre),
            Block::Rule,
        ];
        let mut area = None;
        for item in self.lines() {
            if area.replace(item.area) != Some(item.area) {
                let heading = item.area.title(self.language).to_owned();
                blocks.push(text(heading, Size::Normal, true, Align::Left));
            }
            let mark = match item.state {
                State::Good => "○",
                State::Unknown => "？",
                State::Warn => "△",
                State::Bad => "×",
            };
            let name = if item.name.is_empty() { String::new() } else { format!("{} ", item.name) };
            let says = format!("{mark} {name}{}", item.says);
            blocks.push(text(says, Size::Small, item.state == State::Bad, Align::Left));
            if !item.remedy.is_empty() {
                blocks.push(text(format!("→ {}", item.remedy), Size::Small, false, Align::Left));
            }
        }
        blocks.push(Block::Rule);
        blocks.push(text(
            self.say("○ 正常　△ 留意　× 故障　？未知", "○ good  △ see to it  × bad  ？ unknown"),
            Size::Small,
            false,
            Align::Left,
        ));
        blocks.push(Block::Feed { mm: 6 });
        Slip { kind: SlipKind::Data, blocks }
    }
}

/// A device with its health, as a report knows it.
pub fn device(kind: DeviceKind, health: Health, at: Timestamp) -> Device {
    Device { kind, health, since: at, model: None, counter: None }
}
