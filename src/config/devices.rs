//! `devices.toml`: which devices stand in the kiosk and how each is reached.

use std::path::{Path, PathBuf};

use super::written::{File, Refusal, Section};

/// What `devices.toml` means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Devices {
    /// The folder of simulated lines that stand in for every port below, where switched on.
    pub simulated: Option<PathBuf>,
    /// The ID reader; `None` where the kiosk has none by design.
    pub id_reader: Option<IdReader>,
    /// The scanner.
    pub scanner: Option<Scanner>,
    /// The receipt printer.
    pub receipt_printer: Option<ReceiptPrinter>,
    /// The page printer.
    pub page_printer: Option<PagePrinter>,
    /// The panel.
    pub panel: Option<Panel>,
}

/// A serial line, always 8 data bits, no parity, 1 stop bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which port.
    pub port: Port,
    /// Speed.
    pub baud: u32,
    /// Who may stop whom.
    pub flow_control: FlowControl,
}

/// A port, by path or by what is plugged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Port {
    /// A device file.
    Path(PathBuf),
    /// A USB adapter.
    Usb {
        /// USB vendor id.
        vendor: u16,
        /// USB product id.
        product: u16,
        /// Its serial number, where two of the same kind are plugged in.
        serial: Option<String>,
        /// The socket it is plugged into, such as `1-2.3`, where neither tells two apart.
        socket: Option<String>,
    },
}

/// Flow control of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowControl {
    /// None.
    None,
    /// RTS/CTS.
    Hardware,
    /// XON/XOFF.
    Software,
}

/// The ID reader (GA/T 467).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdReader {
    /// Its line; never with flow control, which would eat bytes of the answer.
    pub line: Line,
}

/// The scanner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanner {
    /// Its line.
    pub line: Line,
    /// Which commands it understands.
    pub commands: ScannerCommands,
    /// What it sends after, or around, a code.
    pub suffix: ScannerSuffix,
}

/// What a scan engine sends after, or around, a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScannerSuffix {
    /// CR.
    CarriageReturn,
    /// LF.
    LineFeed,
    /// CR LF.
    CarriageReturnLineFeed,
    /// STX before and ETX after.
    StartAndEnd,
    /// Nothing.
    None,
}

/// Which commands a scan engine understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScannerCommands {
    /// Newland's unified commands.
    Newland,
    /// Honeywell's menu commands, also of Datalogic and others.
    Honeywell,
    /// None: it reads by itself and only sends.
    Plain,
}

/// The receipt printer (ESC/POS).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptPrinter {
    /// Its line.
    pub line: Line,
    /// Dots across its roll at 203 dpi: 576 on 80 mm, 384 on 58 mm.
    pub width_dots: u32,
}

/// The page printer for certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagePrinter {
    /// How it is reached.
    pub connection: PageConnection,
    /// The largest sheet it takes.
    pub paper: Paper,
    /// From this many sheets left the attendant is warned.
    pub sheets_low: u32,
}

/// The panel: an input/output board with Modbus RTU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// Its line.
    pub line: Line,
    /// The board's Modbus address.
    pub address: u8,
    /// Input of the door contact, from 1; `None` where nothing is connected, as with all that follow.
    pub door: Option<u8>,
    /// Input of the maintenance key.
    pub key: Option<u8>,
    /// Input of the proximity sensor.
    pub proximity: Option<u8>,
    /// Outputs of the lamps: ID reader, scanner, receipt printer, page printer.
    pub lamps: [Option<u8>; 4],
}

/// How the page printer is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageConnection {
    /// PJL over a serial line.
    Serial {
        /// The line.
        line: Line,
        /// PDF where the printer does not say that it cannot read it, instead of PCL 5.
        prefers_pdf: bool,
    },
    /// IPP over the network.
    Ipp {
        /// `ipp://host/path`.
        uri: String,
    },
}

/// A size of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// 297 × 420 mm: the original (正本).
    A3,
    /// 210 × 297 mm: the copy (副本).
    A4,
}

pub(super) const NAME: &str = "devices.toml";

/// The speeds every device here can be set to.
const BAUDS: [u32; 5] = [9600, 19200, 38400, 57600, 115_200];

/// The keys of a device, known even where it is switched off.
const DEVICE_KEYS: [&str; 18] = [
    "port",
    "usb",
    "baud",
    "flow_control",
    "commands",
    "suffix",
    "paper_mm",
    "uri",
    "paper",
    "sheets_low",
    "address",
    "door",
    "key",
    "proximity",
    "lamp_id_reader",
    "lamp_scanner",
    "lamp_receipt_printer",
    "lamp_page_printer",
];

pub(super) fn read(folder: &Path) -> (File, Option<Devices>) {
    File::read(folder, NAME, sections)
}

/// Reads a text that is to become the file.
pub(super) fn read_text(folder: &Path, text: &str) -> (File, Option<Devices>) {
    File::of_text(folder, NAME, text, sections)
}

fn sections(file: &Section<'_>) -> Option<Devices> {
    let simulated = file.section("simulate", simulate);
    let id_reader = file.section("id_reader", |section| {
        device(section, &[("sam", ())], |section, ()| {
            line(section, &BAUDS, &[]).map(|line| IdReader { line })
        })
    });
    let scanner = file.section("scanner", |section| {
        device(section, &[("serial", ())], |section, ()| {
            let line = line(section, &BAUDS, &[]);
            let commands = section.choice(
                "commands",
                &[
                    ("newland", ScannerCommands::Newland),
                    ("honeywell", ScannerCommands::Honeywell),
                    ("plain", ScannerCommands::Plain),
                ],
            );
            let suffixes = [
                ("cr", ScannerSuffix::CarriageReturn),
                ("lf", ScannerSuffix::LineFeed),
                ("crlf", ScannerSuffix::CarriageReturnLineFeed),
                ("stx-etx", ScannerSuffix::StartAndEnd),
                ("none", ScannerSuffix::None),
            ];
            // As engines leave the factory.
            let suffix = if section.has("suffix") {
                section.choice("suffix", &suffixes)
            } else {
                Some(ScannerSuffix::CarriageReturn)
            };
            Some(Scanner { line: line?, commands: commands?, suffix: suffix? })
        })
    });
    let receipt_printer = file.section("receipt_printer", |section| {
        device(section, &[("escpos", ())], |section, ()| receipt_printer(section))
    });
    let page_printer = file.section("page_printer", |section| {
        let profiles = [
            ("pcl-serial", PageProfile::Serial { prefers_pdf: false }),
            ("pdf-serial", PageProfile::Serial { prefers_pdf: true }),
            ("ipp", PageProfile::Ipp),
        ];
        device(section, &profiles, page_printer)
    });
    let panel = file.section("panel", |section| {
        device(section, &[("modbus", ())], |section, ()| panel(section))
    });
    let devices = Devices {
        simulated: simulated?.into(),
        id_reader: id_reader?.into(),
        scanner: scanner?.into(),
        receipt_printer: receipt_printer?.into(),
        page_printer: page_printer?.into(),
        panel: panel?.into(),
    };
    Some(devices)
}

/// Notes each pair of devices that would share a port.
pub(super) fn compare_ports(file: &File, devices: &Devices) {
    let serial = |printer: &PagePrinter| match &printer.connection {
        PageConnection::Serial { line, .. } => Some(line.port.clone()),
        PageConnection::Ipp { .. } => None,
    };
    let mut ports: Vec<(&str, Port)> = Vec::new();
    let wanted = [
        ("id_reader", devices.id_reader.as_ref().map(|device| device.line.port.clone())),
        ("scanner", devices.scanner.as_ref().map(|device| device.line.port.clone())),
        ("receipt_printer", devices.receipt_printer.as_ref().map(|d| d.line.port.clone())),
        ("page_printer", devices.page_printer.as_ref().and_then(serial)),
        ("panel", devices.panel.as_ref().map(|device| device.line.port.clone())),
    ];
    for (name, port) in wanted {
        let Some(port) = port else { continue };
        if let Some((other, _)) = ports.iter().find(|(_, taken)| *taken == port) {
            let key = match port {
                Port::Path(_) => "port",
                Port::Usb { .. } => "usb",
            };
            let remedy = match port {
                Port::Path(_) => "give each its own port",
                Port::Usb { .. } => "give each the serial number of its adapter, or a path",
            };
            file.note_value(
                &format!("{name}.{key}"),
                format!("{name} and {other} have the same port"),
                "again",
                remedy,
            );
        }
        ports.push((name, port));
    }
}

/// A place for something that may be empty by design.
enum Slot<T> {
    Empty,
    Filled(T),
}

impl<T> From<Slot<T>> for Option<T> {
    fn from(slot: Slot<T>) -> Self {
        match slot {
            Slot::Empty => None,
            Slot::Filled(value) => Some(value),
        }
    }
}

fn simulate(section: &Section<'_>) -> Option<Slot<PathBuf>> {
    let enabled = section.flag("enabled", false);
    let folder = section.path("folder", "/run/permit-kiosk/devices");
    let (enabled, folder) = (enabled?, folder?);
    Some(if enabled { Slot::Filled(folder) } else { Slot::Empty })
}

/// Reads a device unless its profile is `none`.
fn device<P: Copy, T>(
    section: &Section<'_>,
    profiles: &[(&str, P)],
    read: impl FnOnce(&Section<'_>, P) -> Option<T>,
) -> Option<Slot<T>> {
    let mut words: Vec<(&str, Option<P>)> =
        profiles.iter().map(|(word, profile)| (*word, Some(*profile))).collect();
    words.push(("none", None));
    let Some(profile) = section.choice("profile", &words) else {
        // Which keys belong here depends on the profile: say nothing of them before it is right.
        section.ignore_rest(&DEVICE_KEYS);
        return None;
    };
    match profile {
        Some(profile) => read(section, profile).map(Slot::Filled),
        None => {
            section.ignore_rest(&DEVICE_KEYS);
            Some(Slot::Empty)
        }
    }
}

/// Reads a line. Without choices of flow control there is none, and no key for it.
fn line(
    section: &Section<'_>,
    bauds: &[u32],
    flow_controls: &[(&str, FlowControl)],
) -> Option<Line> {
    let port = port(section);
    let baud = section.one_of("baud", bauds, 115_200);
    let flow_control = if flow_controls.is_empty() {
        if section.has("flow_control") {
            section.note_header(
                "this device must not have flow control",
                "take `flow_control` out: a byte of an answer could be taken for a stop sign",
            );
            None
        } else {
            Some(FlowControl::None)
        }
    } else {
        section.choice("flow_control", flow_controls)
    };
    Some(Line { port: port?, baud: baud?, flow_control: flow_control? })
}

fn port(section: &Section<'_>) -> Option<Port> {
    match (section.has("port"), section.has("usb")) {
        (true, true) => {
            section.note_header(
                "`port` and `usb` are both given",
                "keep `usb` if the adapter is the only one of its kind, else `port`",
            );
            None
        }
        (_, false) => section
            .parsed("port", &format!("/dev/kiosk/{}", section.name()), |text| {
                if Path::new(text).is_absolute() {
                    Ok(PathBuf::from(text))
                } else {
                    Err(Refusal::new("is not a device file", "write its path, beginning with /dev"))
                }
            })
            .map(Port::Path),
        (false, true) => section.section("usb", |usb| {
            let vendor = usb.parsed("vendor", "0400", usb_id);
            let product = usb.parsed("product", "c35a", usb_id);
            let serial =
                if usb.has("serial") { usb.text("serial", "A10K3X").map(Some) } else { Some(None) };
            let socket = if usb.has("socket") {
                usb.parsed("socket", "1-2.3", usb_socket).map(Some)
            } else {
                Some(None)
            };
            Some(Port::Usb { vendor: vendor?, product: product?, serial: serial?, socket: socket? })
        }),
    }
}

fn usb_id(text: &str) -> Result<u16, Refusal> {
    let refusal = Refusal::new("is not a USB id", "write four hexadecimal digits, as lsusb shows");
    if text.len() != 4 {
        return Err(refusal);
    }
    u16::from_str_radix(text, 16).map_err(|_not_hex| refusal)
}

fn panel(section: &Section<'_>) -> Option<Panel> {
    let line = line(section, &BAUDS, &[]);
    let address = section.number("address", 1..=247, 1);
    // Nought is a channel nothing is connected to.
    let channel = |key| {
        section.number(key, 0..=8, 1).map(|channel| u8::try_from(channel).ok().filter(|at| *at > 0))
    };
    let (door, key, proximity) = (channel("door"), channel("key"), channel("proximity"));
    let lamps = ["lamp_id_reader", "lamp_scanner", "lamp_receipt_printer", "lamp_page_printer"];
    let lamps = lamps.map(channel);
    Some(Panel {
        line: line?,
        address: u8::try_from(address?).ok()?,
        door: door?,
        key: key?,
        proximity: proximity?,
        lamps: [lamps[0]?, lamps[1]?, lamps[2]?, lamps[3]?],
    })
}

fn usb_socket(text: &str) -> Result<String, Refusal> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_socket = text
        .split_once('-')
        .is_some_and(|(bus, ports)| is_number(bus) && ports.split('.').all(is_number));
    if is_socket {
        Ok(text.to_owned())
    } else {
        Err(Refusal::new(
            "is not a USB socket",
            "write bus, hyphen and ports, such as 1-2.3; `permit-kiosk device discover` shows it",
        ))
    }
}

fn receipt_printer(section: &Section<'_>) -> Option<ReceiptPrinter> {
    let line = line(
        section,
        &BAUDS,
        &[
            ("hardware", FlowControl::Hardware),
            ("software", FlowControl::Software),
            ("none", FlowControl::None),
        ],
    );
    let paper_mm = section.one_of("paper_mm", &[58, 80], 80);
    // 72 and 48 mm can be printed of them, at 8 dots a millimetre.
    let width_dots = if paper_mm? == 80 { 576 } else { 384 };
    Some(ReceiptPrinter { line: line?, width_dots })
}

#[derive(Debug, Clone, Copy)]
enum PageProfile {
    Serial { prefers_pdf: bool },
    Ipp,
}

fn page_printer(section: &Section<'_>, profile: PageProfile) -> Option<PagePrinter> {
    let connection = match profile {
        // A page of text has 200 KB at 300 dpi: 17 s at 115200 baud, three and a half minutes at 9600.
        PageProfile::Serial { prefers_pdf } => line(
            section,
            &[57_600, 115_200, 230_400, 460_800, 921_600],
            &[("hardware", FlowControl::Hardware), ("none", FlowControl::None)],
        )
        .map(|line| PageConnection::Serial { line, prefers_pdf }),
        PageProfile::Ipp => section
            .parsed("uri", "ipp://192.168.1.50/ipp/print", |text| {
                let host = text.strip_prefix("ipp://");
                match host.and_then(|rest| rest.split('/').next()) {
                    Some(name) if super::kiosk::host(name).is_ok() => Ok(text.to_owned()),
                    Some(_) | None => Err(Refusal::new(
                        "is not the address of a printer",
                        "write ipp://, host and path",
                    )),
                }
            })
            .map(|uri| PageConnection::Ipp { uri }),
    };
    let paper = section.choice("paper", &[("A4", Paper::A4), ("A3", Paper::A3)]);
    let sheets_low = section.number("sheets_low", 1..=500, 20);
    Some(PagePrinter { connection: connection?, paper: paper?, sheets_low: sheets_low? })
}
