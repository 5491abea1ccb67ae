//! Equipment conditions that need a person, each with a stable code, who can mend it and how; and
//! [`Chain`], which prints an error with its causes.

use std::error::Error;
use std::fmt;

use crate::domain::Language;

/// A condition of the equipment that needs a person. Not an error of ours: a state with a remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Which condition.
    pub code: FaultCode,
    /// Who can mend it.
    pub fixer: Fixer,
    /// Whether what was going on may be done again.
    pub retry: Retry,
}

/// Who can mend a fault, nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fixer {
    /// The applicant: put the card back, hold the code closer.
    Applicant,
    /// Staff on site: paper, jams, covers.
    Attendant,
    /// Service staff: devices, settings, keys.
    Technician,
    /// Whoever makes this software.
    Maker,
}

/// Whether something that a fault interrupted may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Retry {
    /// Nothing came of the first attempt.
    Yes,
    /// Repeating cannot help, or would do it twice.
    No,
    /// Nobody knows what came of it: a person looks first.
    Unknown,
}

impl Fault {
    /// The fault of a code.
    pub fn of(code: FaultCode) -> Self {
        let entry = code.entry();
        Self { code, fixer: entry.fixer, retry: entry.retry }
    }

    /// What to do, in `language`.
    pub fn remedy(self, language: Language) -> &'static str {
        self.code.remedy(language)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.code.title(Language::En))
    }
}

impl From<FaultCode> for Fault {
    fn from(code: FaultCode) -> Self {
        Self::of(code)
    }
}

/// The stable codes. One is never renamed; `docs/operations.md` lists them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultCode {
    /// `id-reader.offline`: the ID reader is not connected.
    IdReaderOffline,
    /// `id-reader.port-busy`: another program holds the ID reader's port.
    IdReaderPortBusy,
    /// `id-reader.not-responding`: the ID reader does not answer.
    IdReaderNotResponding,
    /// `id-reader.module-failed`: the reader's security module failed.
    IdReaderModuleFailed,
    /// `id-reader.line-noise`: the line to the ID reader is disturbed.
    IdReaderLineNoise,
    /// `id-reader.read-failed`: the card could not be read.
    IdReaderReadFailed,
    /// `id-reader.card-pulled`: the card was taken away while it was read.
    IdReaderCardPulled,
    /// `id-reader.card-unsupported`: this document cannot be read here.
    IdReaderCardUnsupported,
    /// `id-reader.record-invalid`: the card's record contradicts itself.
    IdReaderRecordInvalid,
    /// `id-reader.read-failed-again`: three readings in a row failed.
    IdReaderReadFailedAgain,
    /// `scanner.offline`: the scanner is not connected.
    ScannerOffline,
    /// `scanner.port-busy`: another program holds the scanner's port.
    ScannerPortBusy,
    /// `scanner.not-responding`: the scanner does not answer.
    ScannerNotResponding,
    /// `scanner.unreadable`: the code could not be read.
    ScannerUnreadable,
    /// `scanner.too-long`: the code is longer than any this kiosk takes.
    ScannerTooLong,
    /// `receipt.offline`: the receipt printer is not connected.
    ReceiptOffline,
    /// `receipt.port-busy`: another program holds the receipt printer's port.
    ReceiptPortBusy,
    /// `receipt.not-responding`: the receipt printer does not answer.
    ReceiptNotResponding,
    /// `receipt.paper-out`: the receipt printer is out of paper.
    ReceiptPaperOut,
    /// `receipt.paper-near-end`: the receipt paper is near its end.
    ReceiptPaperNearEnd,
    /// `receipt.cover-open`: the receipt printer's cover is open.
    ReceiptCoverOpen,
    /// `receipt.cutter`: the receipt printer's cutter is stuck.
    ReceiptCutter,
    /// `receipt.jam`: paper is jammed in the receipt printer.
    ReceiptJam,
    /// `receipt.head-hot`: the receipt printer's head is too hot.
    ReceiptHeadHot,
    /// `receipt.failed`: the receipt printer reports an unrecoverable error.
    ReceiptFailed,
    /// `receipt.unconfirmed`: nobody knows whether the slip was printed.
    ReceiptUnconfirmed,
    /// `receipt.may-hold-document`: the receipt printer may still hold the slip of the applicant before.
    ReceiptMayHoldDocument,
    /// `page.offline`: the certificate printer is not connected.
    PageOffline,
    /// `page.port-busy`: another program holds the certificate printer's port.
    PagePortBusy,
    /// `page.not-responding`: the certificate printer does not answer.
    PageNotResponding,
    /// `page.paper-out`: the certificate printer is out of paper.
    PagePaperOut,
    /// `page.paper-low`: the certificate paper is near its end.
    PagePaperLow,
    /// `page.cover-open`: a cover of the certificate printer is open.
    PageCoverOpen,
    /// `page.jam`: paper is jammed in the certificate printer.
    PageJam,
    /// `page.output-full`: the certificate printer's output tray is full.
    PageOutputFull,
    /// `page.toner-low`: the certificate printer is low on toner.
    PageTonerLow,
    /// `page.toner-out`: the certificate printer is out of toner.
    PageTonerOut,
    /// `page.failed`: the certificate printer reports a hardware error.
    PageFailed,
    /// `page.unconfirmed`: nobody knows whether the certificate was printed.
    PageUnconfirmed,
    /// `page.may-hold-document`: the certificate printer may still hold the certificate of the applicant before.
    PageMayHoldDocument,
    /// `panel.offline`: the panel is not connected.
    PanelOffline,
    /// `panel.port-busy`: another program holds the port of the panel's board.
    PanelPortBusy,
    /// `panel.not-responding`: the panel's board does not answer.
    PanelNotResponding,
    /// `panel.door-open`: the cabinet's door is open.
    PanelDoorOpen,
    /// `device.line-unstable`: a device's line is lost again and again.
    DeviceLineUnstable,
    /// `journal.not-writable`: the journal cannot be written; the kiosk is out of service.
    JournalNotWritable,
    /// `journal.damaged`: the journal is damaged; the kiosk is out of service.
    JournalDamaged,
    /// `journal.slow`: the journal's disk takes seconds for each record; the kiosk is out of service.
    JournalSlow,
    /// `journal.wal-large`: the journal's write-ahead log grows without end.
    JournalWalLarge,
    /// `journal.mark-unwritable`: the journal's high-water mark cannot be written.
    JournalMarkUnwritable,
    /// `journal.numbers-low`: few permit numbers are left on this kiosk.
    NumbersLow,
    /// `journal.numbers-out`: no permit number is left on this kiosk.
    NumbersOut,
    /// `disk.low`: the disk is nearly full.
    DiskLow,
    /// `disk.full`: the disk is full; the kiosk is out of service.
    DiskFull,
    /// `clock.drift`: the clock is too far from central's; nothing is issued.
    ClockDrift,
    /// `clock.went-back`: the clock is before the last record of the journal; nothing is issued.
    ClockWentBack,
    /// `rulebook.missing`: no rulebook is installed.
    RulebookMissing,
    /// `rulebook.invalid`: a rulebook edition is damaged or its signature does not verify.
    RulebookInvalid,
    /// `rulebook.rolled-back`: an edition older than the installed one was offered.
    RulebookRolledBack,
    /// `rulebook.stale`: the rulebook was not compared with central for a long time.
    RulebookStale,
    /// `key.missing`: the kiosk's keys cannot be read; nothing is issued.
    KeyMissing,
    /// `key.certificate-expired`: the kiosk's certificate has expired.
    CertificateExpired,
    /// `key.certificate-ends`: the kiosk's certificate ends within a month.
    CertificateEnds,
    /// `central.unreachable`: central cannot be reached.
    CentralUnreachable,
    /// `central.refused`: central refuses this kiosk.
    CentralRefused,
    /// `visit.help-called`: somebody at the screen asks for a person to come.
    HelpCalled,
}

impl FaultCode {
    /// Another program holds the port of this device, by its name in `devices.toml`.
    pub fn port_busy(device: &str) -> Option<Self> {
        match device {
            "id_reader" => Some(Self::IdReaderPortBusy),
            "scanner" => Some(Self::ScannerPortBusy),
            "receipt_printer" => Some(Self::ReceiptPortBusy),
            "page_printer" => Some(Self::PagePortBusy),
            "panel" => Some(Self::PanelPortBusy),
            _ => None,
        }
    }

    /// Every code.
    pub const ALL: [Self; 66] = [
        Self::IdReaderOffline,
        Self::IdReaderPortBusy,
        Self::IdReaderNotResponding,
        Self::IdReaderModuleFailed,
        Self::IdReaderLineNoise,
        Self::IdReaderReadFailed,
        Self::IdReaderCardPulled,
        Self::IdReaderCardUnsupported,
        Self::IdReaderRecordInvalid,
        Self::IdReaderReadFailedAgain,
        Self::ScannerOffline,
        Self::ScannerPortBusy,
        Self::ScannerNotResponding,
        Self::ScannerUnreadable,
        Self::ScannerTooLong,
        Self::ReceiptOffline,
        Self::ReceiptPortBusy,
        Self::ReceiptNotResponding,
        Self::ReceiptPaperOut,
        Self::ReceiptPaperNearEnd,
        Self::ReceiptCoverOpen,
        Self::ReceiptCutter,
        Self::ReceiptJam,
        Self::ReceiptHeadHot,
        Self::ReceiptFailed,
        Self::ReceiptUnconfirmed,
        Self::ReceiptMayHoldDocument,
        Self::PageOffline,
        Self::PagePortBusy,
        Self::PageNotResponding,
        Self::PagePaperOut,
        Self::PagePaperLow,
        Self::PageCoverOpen,
        Self::PageJam,
        Self::PageOutputFull,
        Self::PageTonerLow,
        Self::PageTonerOut,
        Self::PageFailed,
        Self::PageUnconfirmed,
        Self::PageMayHoldDocument,
        Self::PanelOffline,
        Self::PanelPortBusy,
        Self::PanelNotResponding,
        Self::PanelDoorOpen,
        Self::DeviceLineUnstable,
        Self::JournalNotWritable,
        Self::JournalDamaged,
        Self::JournalSlow,
        Self::JournalWalLarge,
        Self::JournalMarkUnwritable,
        Self::NumbersLow,
        Self::NumbersOut,
        Self::DiskLow,
        Self::DiskFull,
        Self::ClockDrift,
        Self::ClockWentBack,
        Self::RulebookMissing,
        Self::RulebookInvalid,
        Self::RulebookRolledBack,
        Self::RulebookStale,
        Self::KeyMissing,
        Self::CertificateExpired,
        Self::CertificateEnds,
        Self::CentralUnreachable,
        Self::CentralRefused,
        Self::HelpCalled,
    ];

    /// The code as it is printed, logged and listed, for example `receipt.paper-out`.
    pub fn as_str(self) -> &'static str {
        self.entry().code
    }

    /// The code of a text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// Who can mend it.
    pub fn fixer(self) -> Fixer {
        self.entry().fixer
    }

    /// Whether what was going on may be done again.
    pub fn retry(self) -> Retry {
        self.entry().retry
    }

    /// Whether work goes on with it for now, such as with paper near its end.
    pub fn is_warning(self) -> bool {
        self.entry().is_warning
    }

    /// What is the matter, in `language`.
    pub fn title(self, language: Language) -> &'static str {
        choose(self.entry().title, language)
    }

    /// What to do, in `language`.
    pub fn remedy(self, language: Language) -> &'static str {
        choose(self.entry().remedy, language)
    }

    fn entry(self) -> Entry {
        match self {
            Self::IdReaderOffline => Entry {
                code: "id-reader.offline",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("身份证阅读器没有连接", "the ID reader is not connected"),
                remedy: (
                    "检查阅读器的电源和数据线；接好后数秒内自行恢复",
                    "check power and data cable of the reader; it comes back by itself within seconds",
                ),
            },
            Self::IdReaderPortBusy => Entry {
                code: "id-reader.port-busy",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: (
                    "身份证阅读器的串口被其他程序占用",
                    "another program holds the ID reader's port",
                ),
                remedy: ("关闭占用该串口的程序", "end the program that has the port open"),
            },
            Self::IdReaderNotResponding => Entry {
                code: "id-reader.not-responding",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("身份证阅读器没有应答", "the ID reader does not answer"),
                remedy: (
                    "核对 devices.toml 中的波特率，断电十秒后再通电",
                    "compare the baud rate in devices.toml, then take its power away for ten seconds",
                ),
            },
            Self::IdReaderModuleFailed => Entry {
                code: "id-reader.module-failed",
                fixer: Fixer::Technician,
                retry: Retry::No,
                is_warning: false,
                title: ("身份证阅读器的安全模块故障", "the reader's security module failed"),
                remedy: (
                    "断电十秒后再通电；仍有故障则更换阅读器",
                    "take its power away for ten seconds; if it comes back, replace the reader",
                ),
            },
            Self::IdReaderLineNoise => Entry {
                code: "id-reader.line-noise",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("身份证阅读器的线路受到干扰", "the line to the ID reader is disturbed"),
                remedy: (
                    "更换数据线，使其远离电源线",
                    "replace the data cable and lead it away from power cables",
                ),
            },
            Self::IdReaderReadFailed => Entry {
                code: "id-reader.read-failed",
                fixer: Fixer::Applicant,
                retry: Retry::Yes,
                is_warning: false,
                title: ("身份证没有读出", "the card could not be read"),
                remedy: (
                    "请把身份证拿开，再放回读卡区",
                    "take the card off and put it back on the reader",
                ),
            },
            Self::IdReaderCardPulled => Entry {
                code: "id-reader.card-pulled",
                fixer: Fixer::Applicant,
                retry: Retry::Yes,
                is_warning: false,
                title: ("身份证读取时被移开", "the card was taken away while it was read"),
                remedy: (
                    "请把身份证放在读卡区，读完之前不要移动",
                    "put the card on the reader and leave it there until it has been read",
                ),
            },
            Self::IdReaderCardUnsupported => Entry {
                code: "id-reader.card-unsupported",
                fixer: Fixer::Applicant,
                retry: Retry::No,
                is_warning: false,
                title: ("不能识别这种证件", "this document cannot be read here"),
                remedy: (
                    "请使用居民身份证、居住证或永久居留身份证",
                    "use a resident, residence or permanent residence identity card",
                ),
            },
            Self::IdReaderRecordInvalid => Entry {
                code: "id-reader.record-invalid",
                fixer: Fixer::Attendant,
                retry: Retry::No,
                is_warning: false,
                title: ("证件内容前后不符", "the card's record contradicts itself"),
                remedy: (
                    "请申请人到人工窗口，由工作人员核对证件",
                    "ask the applicant to the counter, where the document is checked by eye",
                ),
            },
            Self::IdReaderReadFailedAgain => Entry {
                code: "id-reader.read-failed-again",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: false,
                title: ("连续三次没有读出身份证", "three readings in a row failed"),
                remedy: (
                    "擦净读卡区，用测试卡试读；请申请人到人工窗口",
                    "clean the reader's surface and try the test card; show the applicant to the counter",
                ),
            },
            Self::ScannerOffline => Entry {
                code: "scanner.offline",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("扫码器没有连接", "the scanner is not connected"),
                remedy: (
                    "检查扫码器的数据线；接好后数秒内自行恢复",
                    "check the scanner's cable; it comes back by itself within seconds",
                ),
            },
            Self::ScannerPortBusy => Entry {
                code: "scanner.port-busy",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("扫码器的串口被其他程序占用", "another program holds the scanner's port"),
                remedy: ("关闭占用该串口的程序", "end the program that has the port open"),
            },
            Self::ScannerNotResponding => Entry {
                code: "scanner.not-responding",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("扫码器没有应答", "the scanner does not answer"),
                remedy: (
                    "核对 devices.toml 中的波特率和指令集",
                    "compare baud rate and command set in devices.toml",
                ),
            },
            Self::ScannerUnreadable => Entry {
                code: "scanner.unreadable",
                fixer: Fixer::Applicant,
                retry: Retry::Yes,
                is_warning: false,
                title: ("二维码没有读出", "the code could not be read"),
                remedy: (
                    "请调亮手机屏幕，把二维码对准扫码窗",
                    "make the phone's screen brighter and hold the code in front of the window",
                ),
            },
            Self::ScannerTooLong => Entry {
                code: "scanner.too-long",
                fixer: Fixer::Applicant,
                retry: Retry::No,
                is_warning: false,
                title: ("二维码内容过长", "the code is longer than any this kiosk takes"),
                remedy: (
                    "请出示电子身份证或电子营业执照的二维码",
                    "show the code of your e-ID or electronic business licence",
                ),
            },
            Self::ReceiptOffline => Entry {
                code: "receipt.offline",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("凭条打印机没有连接", "the receipt printer is not connected"),
                remedy: (
                    "检查打印机的电源和数据线；接好后数秒内自行恢复",
                    "check power and data cable of the printer; it comes back by itself within seconds",
                ),
            },
            Self::ReceiptPortBusy => Entry {
                code: "receipt.port-busy",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: (
                    "凭条打印机的串口被其他程序占用",
                    "another program holds the receipt printer's port",
                ),
                remedy: ("关闭占用该串口的程序", "end the program that has the port open"),
            },
            Self::ReceiptNotResponding => Entry {
                code: "receipt.not-responding",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("凭条打印机没有应答", "the receipt printer does not answer"),
                remedy: (
                    "核对 devices.toml 中的波特率和流控，断电十秒后再通电",
                    "compare baud rate and flow control in devices.toml, then take its power away for ten seconds",
                ),
            },
            Self::ReceiptPaperOut => Entry {
                code: "receipt.paper-out",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: false,
                title: ("凭条打印机缺纸", "the receipt printer is out of paper"),
                remedy: (
                    "打开上盖，换上新的 80 毫米热敏纸卷，合上上盖",
                    "open the cover, put in a new 80 mm thermal roll, close the cover",
                ),
            },
            Self::ReceiptPaperNearEnd => Entry {
                code: "receipt.paper-near-end",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: true,
                title: ("凭条纸即将用完", "the receipt paper is near its end"),
                remedy: (
                    "准备新的纸卷，空闲时更换",
                    "have a new roll ready and change it when nobody is waiting",
                ),
            },
            Self::ReceiptCoverOpen => Entry {
                code: "receipt.cover-open",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: false,
                title: ("凭条打印机上盖打开", "the receipt printer's cover is open"),
                remedy: ("合上上盖，听到卡住的声音为止", "close the cover until it clicks"),
            },
            Self::ReceiptCutter => Entry {
                code: "receipt.cutter",
                fixer: Fixer::Attendant,
                retry: Retry::Unknown,
                is_warning: false,
                title: ("凭条打印机切刀卡住", "the receipt printer's cutter is stuck"),
                remedy: (
                    "关闭电源，取出卡住的纸，再打开电源；看最后一张凭条是否完整",
                    "switch it off, take out the stuck paper, switch it on; see whether the last slip is whole",
                ),
            },
            Self::ReceiptJam => Entry {
                code: "receipt.jam",
                fixer: Fixer::Attendant,
                retry: Retry::Unknown,
                is_warning: false,
                title: ("凭条打印机卡纸", "paper is jammed in the receipt printer"),
                remedy: (
                    "打开上盖，取出卡住的纸，合上上盖；看最后一张凭条是否完整",
                    "open the cover, take out the paper, close the cover; see whether the last slip is whole",
                ),
            },
            Self::ReceiptHeadHot => Entry {
                code: "receipt.head-hot",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: false,
                title: ("凭条打印机打印头过热", "the receipt printer's head is too hot"),
                remedy: (
                    "等待几分钟，打印机会自行恢复；检查通风口",
                    "wait some minutes, it goes on by itself; look whether its vents are free",
                ),
            },
            Self::ReceiptFailed => Entry {
                code: "receipt.failed",
                fixer: Fixer::Technician,
                retry: Retry::Unknown,
                is_warning: false,
                title: (
                    "凭条打印机发生不可恢复的故障",
                    "the receipt printer reports an unrecoverable error",
                ),
                remedy: (
                    "断电十秒后再通电；仍有故障则更换打印机",
                    "take its power away for ten seconds; if it comes back, replace the printer",
                ),
            },
            Self::ReceiptUnconfirmed => Entry {
                code: "receipt.unconfirmed",
                fixer: Fixer::Attendant,
                retry: Retry::Unknown,
                is_warning: false,
                title: (
                    "凭条是否打印出来没有得到确认",
                    "nobody knows whether the slip was printed",
                ),
                remedy: (
                    "看出纸口是否有完整的凭条，在屏幕上回答",
                    "look whether a whole slip came out, and answer on the screen",
                ),
            },
            Self::ReceiptMayHoldDocument => Entry {
                code: "receipt.may-hold-document",
                fixer: Fixer::Attendant,
                retry: Retry::No,
                is_warning: false,
                title: (
                    "凭条打印机里可能有上一位申请人的凭条",
                    "the receipt printer may still hold the slip of the applicant before",
                ),
                remedy: (
                    "关闭打印机电源十秒，收走吐出的凭条并销毁，再打开电源",
                    "switch the printer off for ten seconds, take away and destroy what comes out, switch it on",
                ),
            },
            Self::PageOffline => Entry {
                code: "page.offline",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("证书打印机没有连接", "the certificate printer is not connected"),
                remedy: (
                    "检查打印机的电源、数据线或网线；接好后数秒内自行恢复",
                    "check power and data or network cable of the printer; it comes back by itself within seconds",
                ),
            },
            Self::PagePortBusy => Entry {
                code: "page.port-busy",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: (
                    "证书打印机的端口被其他程序占用",
                    "another program holds the certificate printer's port",
                ),
                remedy: ("关闭占用该端口的程序", "end the program that has the port open"),
            },
            Self::PageNotResponding => Entry {
                code: "page.not-responding",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("证书打印机没有应答", "the certificate printer does not answer"),
                remedy: (
                    "核对 devices.toml 中的连接方式，断电十秒后再通电",
                    "compare its connection in devices.toml, then take its power away for ten seconds",
                ),
            },
            Self::PagePaperOut => Entry {
                code: "page.paper-out",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: false,
                title: ("证书打印机缺纸", "the certificate printer is out of paper"),
                remedy: (
                    "放入证书纸，登记领用张数",
                    "put in certificate paper and book the sheets",
                ),
            },
            Self::PagePaperLow => Entry {
                code: "page.paper-low",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: true,
                title: ("证书纸即将用完", "the certificate paper is near its end"),
                remedy: (
                    "准备证书纸，空闲时补充",
                    "have certificate paper ready and fill up when nobody is waiting",
                ),
            },
            Self::PageCoverOpen => Entry {
                code: "page.cover-open",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: false,
                title: ("证书打印机盖打开", "a cover of the certificate printer is open"),
                remedy: ("合上所有盖板", "close all covers"),
            },
            Self::PageJam => Entry {
                code: "page.jam",
                fixer: Fixer::Attendant,
                retry: Retry::Unknown,
                is_warning: false,
                title: ("证书打印机卡纸", "paper is jammed in the certificate printer"),
                remedy: (
                    "按打印机盖内的图示取出纸张；看最后一张证书是否完整，在屏幕上回答",
                    "take out the paper as shown inside its cover; see whether the last certificate is whole, and answer on the screen",
                ),
            },
            Self::PageOutputFull => Entry {
                code: "page.output-full",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: false,
                title: ("证书打印机出纸槽已满", "the certificate printer's output tray is full"),
                remedy: ("收走出纸槽里的纸张", "take the sheets out of the output tray"),
            },
            Self::PageTonerLow => Entry {
                code: "page.toner-low",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: true,
                title: ("证书打印机碳粉不足", "the certificate printer is low on toner"),
                remedy: ("准备碳粉盒", "have a toner cartridge ready"),
            },
            Self::PageTonerOut => Entry {
                code: "page.toner-out",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: false,
                title: ("证书打印机碳粉用完", "the certificate printer is out of toner"),
                remedy: ("更换碳粉盒", "change the toner cartridge"),
            },
            Self::PageFailed => Entry {
                code: "page.failed",
                fixer: Fixer::Technician,
                retry: Retry::Unknown,
                is_warning: false,
                title: (
                    "证书打印机发生硬件故障",
                    "the certificate printer reports a hardware error",
                ),
                remedy: (
                    "断电十秒后再通电；仍有故障则报修",
                    "take its power away for ten seconds; if it comes back, call for repair",
                ),
            },
            Self::PageUnconfirmed => Entry {
                code: "page.unconfirmed",
                fixer: Fixer::Attendant,
                retry: Retry::Unknown,
                is_warning: false,
                title: (
                    "证书是否打印出来没有得到确认",
                    "nobody knows whether the certificate was printed",
                ),
                remedy: (
                    "看出纸槽是否有完整的证书，在屏幕上回答",
                    "look whether a whole certificate lies in the tray, and answer on the screen",
                ),
            },
            Self::PageMayHoldDocument => Entry {
                code: "page.may-hold-document",
                fixer: Fixer::Attendant,
                retry: Retry::No,
                is_warning: false,
                title: (
                    "证书打印机里可能有上一位申请人的证书",
                    "the certificate printer may still hold the certificate of the applicant before",
                ),
                remedy: (
                    "关闭打印机电源十秒，收走吐出的纸张并登记作废，再打开电源",
                    "switch the printer off for ten seconds, take away what comes out and book it as spoiled, switch it on",
                ),
            },
            Self::PanelOffline => Entry {
                code: "panel.offline",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("面板没有连接", "the panel is not connected"),
                remedy: (
                    "检查面板输入输出板的电源和数据线；接好后数秒内自行恢复",
                    "check power and data cable of the panel's board; it comes back by itself within seconds",
                ),
            },
            Self::PanelPortBusy => Entry {
                code: "panel.port-busy",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: (
                    "面板的串口被其他程序占用",
                    "another program holds the port of the panel's board",
                ),
                remedy: ("关闭占用该串口的程序", "end the program that has the port open"),
            },
            Self::PanelNotResponding => Entry {
                code: "panel.not-responding",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("面板没有应答", "the panel's board does not answer"),
                remedy: (
                    "核对 devices.toml 中的波特率、地址和通道",
                    "compare baud rate, address and channels in devices.toml",
                ),
            },
            Self::PanelDoorOpen => Entry {
                code: "panel.door-open",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: true,
                title: ("机柜门打开", "the cabinet's door is open"),
                remedy: (
                    "没有人在维护时，检查机柜内部并锁好柜门",
                    "if nobody is at work there, look into the cabinet and lock its door",
                ),
            },
            Self::DeviceLineUnstable => Entry {
                code: "device.line-unstable",
                fixer: Fixer::Technician,
                retry: Retry::Unknown,
                is_warning: false,
                title: ("设备连接时断时续", "a device's line is lost again and again"),
                remedy: (
                    "更换该设备的数据线或接口",
                    "replace that device's cable or use another port",
                ),
            },
            Self::JournalNotWritable => Entry {
                code: "journal.not-writable",
                fixer: Fixer::Technician,
                retry: Retry::Unknown,
                is_warning: false,
                title: (
                    "业务日志无法写入，终端停止服务",
                    "the journal cannot be written; the kiosk is out of service",
                ),
                remedy: (
                    "检查磁盘和数据目录的权限，然后重新启动",
                    "check the disk and the rights of the data folder, then restart",
                ),
            },
            Self::JournalDamaged => Entry {
                code: "journal.damaged",
                fixer: Fixer::Maker,
                retry: Retry::No,
                is_warning: false,
                title: (
                    "业务日志损坏，终端停止服务",
                    "the journal is damaged; the kiosk is out of service",
                ),
                remedy: (
                    "不要删除任何文件；把数据目录的副本交给开发者",
                    "delete nothing; hand a copy of the data folder to the maker",
                ),
            },
            Self::JournalSlow => Entry {
                code: "journal.slow",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: (
                    "业务日志所在磁盘过慢，终端停止服务",
                    "the journal's disk takes seconds for each record; the kiosk is out of service",
                ),
                remedy: (
                    "检查磁盘，必要时更换；磁盘恢复后自动恢复服务",
                    "check the disk and replace it if needed; service goes on by itself once it is fast again",
                ),
            },
            Self::JournalWalLarge => Entry {
                code: "journal.wal-large",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: true,
                title: (
                    "业务日志的预写文件不断增大",
                    "the journal's write-ahead log grows without end",
                ),
                remedy: (
                    "结束长时间读取业务日志的程序（导出、备份）；之后自动恢复",
                    "end the program that has been reading the journal for long (an export, a backup); it shrinks by itself then",
                ),
            },
            Self::JournalMarkUnwritable => Entry {
                code: "journal.mark-unwritable",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: true,
                title: (
                    "业务日志的水位标记无法写入",
                    "the journal's high-water mark cannot be written",
                ),
                remedy: (
                    "检查 kiosk.toml 中 folders.mark 所指的介质是否装好、可写；之后自动恢复",
                    "see that the medium of folders.mark in kiosk.toml is mounted and can be written; it goes on by itself then",
                ),
            },
            Self::NumbersLow => Entry {
                code: "journal.numbers-low",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: true,
                title: ("可用的证号即将用完", "few permit numbers are left on this kiosk"),
                remedy: (
                    "检查与中心的网络连接，连接后会自动领取",
                    "check the connection to central; a new block is fetched by itself",
                ),
            },
            Self::NumbersOut => Entry {
                code: "journal.numbers-out",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("没有可用的证号", "no permit number is left on this kiosk"),
                remedy: (
                    "检查与中心的网络连接；恢复之前只受理，不当场发证",
                    "check the connection to central; until then applications are taken, but nothing is issued",
                ),
            },
            Self::DiskLow => Entry {
                code: "disk.low",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: true,
                title: ("磁盘空间不足", "the disk is nearly full"),
                remedy: (
                    "清理磁盘，不要删除数据目录中的文件",
                    "make room, but delete nothing in the data folder",
                ),
            },
            Self::DiskFull => Entry {
                code: "disk.full",
                fixer: Fixer::Technician,
                retry: Retry::Unknown,
                is_warning: false,
                title: ("磁盘已满，终端停止服务", "the disk is full; the kiosk is out of service"),
                remedy: (
                    "清理磁盘，不要删除数据目录中的文件；清理后自动恢复服务",
                    "make room, but delete nothing in the data folder; service goes on by itself",
                ),
            },
            Self::ClockDrift => Entry {
                code: "clock.drift",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: (
                    "时钟与中心相差过大，停止发证",
                    "the clock is too far from central's; nothing is issued",
                ),
                remedy: (
                    "检查单位时间服务器的连接",
                    "check the connection to the organ's time server",
                ),
            },
            Self::ClockWentBack => Entry {
                code: "clock.went-back",
                fixer: Fixer::Technician,
                retry: Retry::No,
                is_warning: false,
                title: (
                    "时钟早于最后一条业务记录，停止发证",
                    "the clock is before the last record of the journal; nothing is issued",
                ),
                remedy: (
                    "校正时钟，检查主板电池",
                    "set the clock right and check the mainboard's battery",
                ),
            },
            Self::RulebookMissing => Entry {
                code: "rulebook.missing",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: false,
                title: ("没有可用的规则", "no rulebook is installed"),
                remedy: (
                    "连接中心领取规则，或从介质安装",
                    "connect to central to fetch one, or install it from a medium",
                ),
            },
            Self::RulebookInvalid => Entry {
                code: "rulebook.invalid",
                fixer: Fixer::Technician,
                retry: Retry::No,
                is_warning: false,
                title: (
                    "规则包的签名或内容不正确",
                    "a rulebook edition is damaged or its signature does not verify",
                ),
                remedy: (
                    "保持原有规则；请中心重新发布",
                    "the edition before stays active; ask central to publish it again",
                ),
            },
            Self::RulebookRolledBack => Entry {
                code: "rulebook.rolled-back",
                fixer: Fixer::Maker,
                retry: Retry::No,
                is_warning: false,
                title: (
                    "规则包的版本低于已安装的版本",
                    "an edition older than the installed one was offered",
                ),
                remedy: ("请中心核对发布记录", "ask central to compare its publications"),
            },
            Self::RulebookStale => Entry {
                code: "rulebook.stale",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: true,
                title: (
                    "规则很久没有与中心核对",
                    "the rulebook was not compared with central for a long time",
                ),
                remedy: ("检查与中心的网络连接", "check the connection to central"),
            },
            Self::KeyMissing => Entry {
                code: "key.missing",
                fixer: Fixer::Technician,
                retry: Retry::No,
                is_warning: false,
                title: (
                    "终端密钥不能读取，停止发证",
                    "the kiosk's keys cannot be read; nothing is issued",
                ),
                remedy: (
                    "检查密钥目录；必要时重新登记终端",
                    "check the keys folder; enrol the kiosk again if needed",
                ),
            },
            Self::CertificateExpired => Entry {
                code: "key.certificate-expired",
                fixer: Fixer::Technician,
                retry: Retry::No,
                is_warning: false,
                title: ("终端证书已过期", "the kiosk's certificate has expired"),
                remedy: ("向中心申请新的证书", "ask central for a new certificate"),
            },
            Self::CertificateEnds => Entry {
                code: "key.certificate-ends",
                fixer: Fixer::Technician,
                retry: Retry::No,
                is_warning: true,
                title: ("终端证书将在一个月内到期", "the kiosk's certificate ends within a month"),
                remedy: (
                    "到期前向中心申请新的证书；过期后终端不能再与中心联系",
                    "ask central for a new one before it ends: without it, central is out of reach",
                ),
            },
            Self::CentralUnreachable => Entry {
                code: "central.unreachable",
                fixer: Fixer::Technician,
                retry: Retry::Yes,
                is_warning: true,
                title: ("与中心的网络断开", "central cannot be reached"),
                remedy: (
                    "检查网线和交换机；恢复后自动续传",
                    "check network cable and switch; what waits is sent by itself afterwards",
                ),
            },
            Self::CentralRefused => Entry {
                code: "central.refused",
                fixer: Fixer::Technician,
                retry: Retry::No,
                is_warning: false,
                title: ("中心拒绝了本终端", "central refuses this kiosk"),
                remedy: ("请中心核对本终端的登记", "ask central to look up the kiosk's enrolment"),
            },
            Self::HelpCalled => Entry {
                code: "visit.help-called",
                fixer: Fixer::Attendant,
                retry: Retry::Yes,
                is_warning: true,
                title: ("有人呼叫工作人员", "somebody at the screen asks for help"),
                remedy: (
                    "到终端前帮助申请人；帮完后在“帮助”里再点一次呼叫",
                    "go to the kiosk and help; then touch the call under Help once more",
                ),
            },
        }
    }
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What there is to say of a code. Of a pair of texts the first is Chinese, the second English.
struct Entry {
    code: &'static str,
    fixer: Fixer,
    retry: Retry,
    is_warning: bool,
    title: (&'static str, &'static str),
    remedy: (&'static str, &'static str),
}

fn choose((zh, en): (&'static str, &'static str), language: Language) -> &'static str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// Prints an error with its causes, `: ` between them. Errors leave their cause out of their own
/// text, so that it stands here once.
#[derive(Clone, Copy)]
pub struct Chain<'a>(pub &'a (dyn Error + 'a));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
