//! Asks a port what is there: six languages, each at the speeds its devices leave the factory with.
//!
//! The order is that of harm. Real-time status of a receipt printer comes first, for three bytes that
//! nobody prints; PJL comes last, for a receipt printer would print it. What speaks is not asked on.

use std::path::PathBuf;
use std::time::Duration;

use mio::{Events, Poll, Token};

use crate::clock::Clock;
use crate::device::id_reader::{self, protocol as sam};
use crate::device::line::{self, Line, READ_BYTES_MAX};
use crate::device::panel::protocol as modbus;
use crate::device::receipt_printer::protocol as escpos;
use crate::device::scanner::protocol as scan;
use crate::device::{FlowControl, LineConfig, Port};

/// What a device speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// A receipt printer.
    EscPos,
    /// An ID reader (GA/T 467).
    Sam,
    /// A scan engine with Newland's commands.
    Newland,
    /// A scan engine with Honeywell's menu commands.
    Honeywell,
    /// A panel's board at address 1.
    Modbus,
    /// A page printer.
    Pjl,
}

impl Language {
    /// All of them, in the order they are tried in.
    pub const ALL: [Self; 6] =
        [Self::EscPos, Self::Sam, Self::Newland, Self::Honeywell, Self::Modbus, Self::Pjl];

    /// The section of `devices.toml` a device with it belongs to.
    pub fn device(self) -> &'static str {
        match self {
            Self::EscPos => "receipt_printer",
            Self::Sam => "id_reader",
            Self::Newland | Self::Honeywell => "scanner",
            Self::Modbus => "panel",
            Self::Pjl => "page_printer",
        }
    }

    /// The name of the language itself.
    pub fn protocol(self) -> &'static str {
        match self {
            Self::EscPos => "ESC/POS",
            Self::Sam => "GA/T 467",
            Self::Newland => "Newland",
            Self::Honeywell => "Honeywell",
            Self::Modbus => "Modbus RTU",
            Self::Pjl => "PJL",
        }
    }

    /// What a person calls such a device.
    pub fn describe(self) -> String {
        let device = match self {
            Self::EscPos => "receipt printer",
            Self::Sam => "ID reader",
            Self::Newland | Self::Honeywell => "scanner",
            Self::Modbus => "panel",
            Self::Pjl => "page printer",
        };
        format!("{device} ({})", self.protocol())
    }

    /// Keys and values of `devices.toml` that follow from the language.
    pub fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::EscPos => &[("profile", "escpos")],
            Self::Sam => &[("profile", "sam")],
            Self::Newland => &[("profile", "serial"), ("commands", "newland")],
            Self::Honeywell => &[("profile", "serial"), ("commands", "honeywell")],
            Self::Modbus => &[("profile", "modbus"), ("address", "1")],
            Self::Pjl => &[("profile", "pcl-serial")],
        }
    }

    /// The speeds to try, the likeliest first.
    fn bauds(self) -> &'static [u32] {
        match self {
            Self::EscPos => &[115_200, 38_400, 19_200, 9600, 57_600],
            Self::Sam => &[115_200, 57_600, 38_400, 19_200, 9600],
            Self::Newland | Self::Honeywell => &[115_200, 9600, 57_600, 38_400, 19_200],
            Self::Modbus => &[9600, 19_200, 115_200, 38_400],
            Self::Pjl => &[115_200, 921_600, 57_600, 460_800, 230_400],
        }
    }

    /// The question that decides.
    fn question(self) -> Vec<u8> {
        match self {
            Self::EscPos => {
                [escpos::StatusKind::Printer.request(), escpos::StatusKind::Paper.request()]
                    .concat()
            }
            Self::Sam => sam::Request::Status.frame(),
            Self::Newland => {
                scan::Request::Identify.frame(scan::Engine::Newland).unwrap_or_default()
            }
            // SYN M CR, then "what software are you?": Honeywell's manuals, "Query Commands".
            Self::Honeywell => b"\x16M\rREVINF.".to_vec(),
            Self::Modbus => modbus::Request::ReadInputs.frame(1),
            Self::Pjl => b"\x1B%-12345X@PJL\r\n@PJL INFO ID\r\n\x1B%-12345X".to_vec(),
        }
    }

    /// Reads the answer to [`Self::question`]; `Some` with what it says of itself, which may be
    /// nothing, when it is one.
    fn recognise(self, answer: &[u8]) -> Option<String> {
        match self {
            Self::EscPos => {
                // Two bytes with four fixed bits each: chance makes one of 65 536 pairs of this
                // kind 256 times, so the names are asked for as well.
                let status = |byte: &u8| byte & 0x93 == 0x12;
                let replies = escpos::Classifier::default().push(answer);
                let real_time = replies
                    .iter()
                    .filter(|reply| matches!(reply, escpos::Reply::RealTime(_)))
                    .count();
                (answer.len() == 2 && answer.iter().all(status) && real_time == 2).then(String::new)
            }
            Self::Sam => sam::Decoder::new().feed(answer).into_iter().find_map(|item| match item {
                sam::Item::Answer(_) => Some(String::new()),
                sam::Item::BadChecksum | sam::Item::Skipped(_) => None,
            }),
            Self::Newland => {
                let body = between(answer, b"\x02\x010000", b";\x03")?;
                let body = body.get(1..).unwrap_or_default();
                let body = body.strip_prefix(b"QRYSYS").unwrap_or(body);
                Some(text(body.split_last().map_or(body, |(_verdict, rest)| rest)))
            }
            Self::Honeywell => {
                let body = answer.strip_prefix(b"REVINF")?;
                let (verdict, rest) = body.split_last()?;
                let (verdict, rest) = match verdict {
                    b'.' | b'!' => rest.split_last()?,
                    _ => (verdict, rest),
                };
                [0x06, 0x15, 0x05].contains(verdict).then(|| text(rest))
            }
            Self::Modbus => match modbus::answer(1, answer) {
                Some(Some(modbus::Answer::Inputs(_))) => Some(String::new()),
                Some(_) | None => None,
            },
            Self::Pjl => {
                let body = between(answer, b"@PJL INFO ID", b"\x0C")?;
                Some(text(body))
            }
        }
    }
}

fn between<'a>(bytes: &'a [u8], begins: &[u8], ends: &[u8]) -> Option<&'a [u8]> {
    let find = |bytes: &[u8], wanted: &[u8]| {
        bytes.windows(wanted.len()).position(|window| window == wanted)
    };
    let rest = bytes.get(find(bytes, begins)? + begins.len()..)?;
    rest.get(..find(rest, ends)?)
}

/// What can be shown of an answer: one line, without quotation marks and control characters.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let shown: String =
        text.chars().map(|c| if c.is_control() || c == '"' { ' ' } else { c }).collect();
    let shown: Vec<&str> = shown.split_whitespace().collect();
    shown.join(" ").chars().take(TEXT_CHARS_MAX).collect()
}

/// Characters kept of what a device says of itself.
const TEXT_CHARS_MAX: usize = 80;

/// What answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The port.
    pub port: PathBuf,
    /// What it speaks.
    pub language: Language,
    /// At which speed.
    pub baud: u32,
    /// What it says of itself: maker, model, number.
    pub identity: Option<String>,
}

/// How far the asking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being tried.
    pub language: Language,
    /// At which speed.
    pub baud: u32,
}

/// Why a port could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be opened or set.
    #[error("cannot ask what is at {}", port.display())]
    Line {
        /// Which port.
        port: PathBuf,
        /// Why.
        source: line::Error,
    },
    /// Another program has it.
    #[error(
        "another program has {}: end it first. A kiosk that runs looks for devices at its console",
        port.display()
    )]
    Busy {
        /// Which port.
        port: PathBuf,
    },
    /// It does not go at this speed.
    #[error("{} cannot be set to {baud} baud", port.display())]
    Speed {
        /// Which port.
        port: PathBuf,
        /// Which speed.
        baud: u32,
        /// What the system said.
        source: mio_serial::Error,
    },
    /// It was open and then failed: unplugged, as a rule.
    #[error("{} went away while it was asked", port.display())]
    Lost {
        /// Which port.
        port: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// How long an answer may take beside its time on the line: a scan engine may be busy decoding.
const ANSWER_WITHIN: Duration = Duration::from_millis(300);
/// A pause this long ends an answer.
const GAP: Duration = Duration::from_millis(60);
/// Bytes of an answer looked at; the longest expected has a hundred.
const ANSWER_BYTES_MAX: usize = 1024;

/// Asks what is at a port, in the given languages; `None` when nothing answers. Silence takes about
/// 0.35 s for each language and speed.
pub fn probe(
    port: &std::path::Path,
    languages: &[Language],
    clock: &dyn Clock,
    progress: &mut dyn FnMut(Progress),
) -> Result<Option<Found>, Error> {
    let Some(first) = languages.first().and_then(|language| language.bauds().first()) else {
        return Ok(None);
    };
    let mut asking = Asking::open(port, *first, clock)?;
    for &language in languages {
        for &baud in language.bauds() {
            progress(Progress { language, baud });
            asking.set_baud(baud)?;
            let answer = asking.ask(&language.question())?;
            let Some(said) = language.recognise(&answer) else { continue };
            let said = if said.is_empty() { asking.introduce(language)? } else { said };
            let identity = (!said.is_empty()).then_some(said);
            asking.close();
            return Ok(Some(Found { port: port.to_owned(), language, baud, identity }));
        }
    }
    asking.close();
    Ok(None)
}

/// How long a device takes to begin its answer to the question of its language; `None` when what
/// comes is none.
pub fn round_trip(
    port: &std::path::Path,
    baud: u32,
    language: Language,
    clock: &dyn Clock,
) -> Result<Option<Duration>, Error> {
    let mut asking = Asking::open(port, baud, clock)?;
    let asked_at = clock.monotonic();
    let answer = asking.ask(&language.question())?;
    let first_byte_at = asking.first_byte_at;
    asking.close();
    let is_answer = language.recognise(&answer).is_some();
    Ok(first_byte_at.filter(|_| is_answer).map(|at| at.saturating_sub(asked_at)))
}

/// Has an ID reader go on at another speed, from the one it is at; `false` when it does not say so, or
/// does not answer at the new one.
pub fn set_reader_baud(
    port: &std::path::Path,
    from: u32,
    to: sam::Speed,
    clock: &dyn Clock,
) -> Result<bool, Error> {
    let is_well = |answer: &[u8]| {
        sam::Decoder::new().feed(answer).iter().any(|item| match item {
            sam::Item::Answer(answer) => answer.status == id_reader::bytes::status::OK,
            sam::Item::BadChecksum | sam::Item::Skipped(_) => false,
        })
    };
    let mut asking = Asking::open(port, from, clock)?;
    let mut is_set = is_well(&asking.ask(&sam::Request::SetBaud(to).frame())?);
    if is_set {
        asking.set_baud(to.baud())?;
        is_set = is_well(&asking.ask(&sam::Request::Status.frame())?);
    }
    asking.close();
    Ok(is_set)
}

/// An open port that is being asked.
struct Asking<'a> {
    port: &'a std::path::Path,
    baud: u32,
    clock: &'a dyn Clock,
    poll: Poll,
    line: Line,
    /// When the last answer began.
    first_byte_at: Option<Duration>,
}

const LINE: Token = Token(0);

impl<'a> Asking<'a> {
    fn open(port: &'a std::path::Path, baud: u32, clock: &'a dyn Clock) -> Result<Self, Error> {
        let poll = Poll::new().map_err(|source| Error::Lost { port: port.to_owned(), source })?;
        let config =
            LineConfig { port: Port::Path(port.to_owned()), baud, flow_control: FlowControl::None };
        let line = Line::open(&config, &poll, LINE).map_err(|source| {
            let port = port.to_owned();
            if source.is_busy() { Error::Busy { port } } else { Error::Line { port, source } }
        })?;
        Ok(Self { port, baud, clock, poll, line, first_byte_at: None })
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), Error> {
        self.baud = baud;
        self.line.set_baud(baud).map_err(|source| Error::Speed {
            port: self.port.to_owned(),
            baud,
            source,
        })
    }

    fn lost(&self, source: std::io::Error) -> Error {
        Error::Lost { port: self.port.to_owned(), source }
    }

    /// Sends a question and takes what comes until there is a pause.
    fn ask(&mut self, question: &[u8]) -> Result<Vec<u8>, Error> {
        let bits = u64::try_from(question.len() + ANSWER_BYTES_MAX / 8).unwrap_or(u64::MAX) * 10;
        let line_time = Duration::from_micros(bits * 1_000_000 / u64::from(self.baud));
        let until = self.clock.monotonic() + line_time + ANSWER_WITHIN;
        let mut unsent = question;
        let mut answer = Vec::new();
        self.first_byte_at = None;
        let mut due = until;
        let mut events = Events::with_capacity(4);
        loop {
            while !unsent.is_empty() {
                match self.line.write(unsent) {
                    Ok(count) => unsent = unsent.get(count..).unwrap_or_default(),
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(self.lost(error)),
                }
            }
            let mut buffer = [0; READ_BYTES_MAX];
            match self.line.read(&mut buffer) {
                Ok(0) => return Err(self.lost(std::io::ErrorKind::BrokenPipe.into())),
                Ok(count) => {
                    answer.extend_from_slice(buffer.get(..count).unwrap_or_default());
                    let now = self.clock.monotonic();
                    self.first_byte_at.get_or_insert(now);
                    due = until.min(now + GAP);
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(self.lost(error)),
            }
            let now = self.clock.monotonic();
            if now >= due || answer.len() > ANSWER_BYTES_MAX {
                return Ok(answer);
            }
            match self.poll.poll(&mut events, Some(due.saturating_sub(now))) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.lost(error)),
            }
        }
    }

    /// Asks who it is what already has answered.
    fn introduce(&mut self, language: Language) -> Result<String, Error> {
        Ok(match language {
            Language::EscPos => {
                let mut words = Vec::new();
                for name in [escpos::NameKind::Maker, escpos::NameKind::Model] {
                    let answer = self.ask(&name.request())?;
                    for reply in escpos::Classifier::default().push(&answer) {
                        if let escpos::Reply::Block(block) = reply {
                            words.push(text(block.as_bytes()));
                        }
                    }
                }
                words.join(" ")
            }
            Language::Sam => {
                let answer = self.ask(&sam::Request::Identify.frame())?;
                let id =
                    sam::Decoder::new().feed(&answer).into_iter().find_map(|item| match item {
                        sam::Item::Answer(answer) => sam::SamId::read(&answer.data),
                        sam::Item::BadChecksum | sam::Item::Skipped(_) => None,
                    });
                id.map(|id| id.to_string()).unwrap_or_default()
            }
            // Their first answer says it already.
            Language::Newland | Language::Honeywell | Language::Modbus | Language::Pjl => {
                String::new()
            }
        })
    }

    fn close(self) {
        self.line.close(&self.poll);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_knows_its_own_answers_and_no_others() {
        let answers: [(Language, &[u8]); 6] = [
            (Language::EscPos, &[0x12, 0x12]),
            (Language::Sam, &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 4, 0, 0, 0x90, 0x94]),
            (Language::Newland, b"\x02\x010000#QRYSYSEngine 1\x06;\x03"),
            (Language::Honeywell, b"REVINFProduct: 1\x06."),
            (Language::Modbus, &[1, 2, 1, 1, 0x60, 0x48]),
            (Language::Pjl, b"@PJL INFO ID\r\n\"LASER\"\r\n\x0C"),
        ];
        for (spoken, answer) in answers {
            for language in Language::ALL {
                let is_known = language.recognise(answer).is_some();
                assert_eq!(is_known, language == spoken, "{language:?} of {spoken:?}");
            }
        }
        for noise in [&[][..], &[0x12], &[0x12, 0x40], &[0x37, 0x22], &[0; 64]] {
            assert!(Language::ALL.iter().all(|language| language.recognise(noise).is_none()));
        }
    }

    #[test]
    fn what_a_device_says_of_itself_is_one_short_line() {
        assert_eq!(text(b"\r\n\"LASER  9\"\r\n"), "LASER 9");
        assert_eq!(text(b" \x00 "), "");
        assert_eq!(text(&[b'x'; 500]).len(), TEXT_CHARS_MAX);
    }
}
