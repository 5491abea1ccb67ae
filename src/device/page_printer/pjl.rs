//! PJL as bytes: how a job is framed, what is asked of a page printer, and the parser of what it
//! answers.
//!
//! Source: HP, *Printer Job Language Technical Reference Manual*, pp. 5-12 … 5-16 (jobs), 7-24 …
//! 7-35 (status), 11-14 (resynchronising), appendix D (codes). Brother and Lexmark agree.

use serde::{Deserialize, Serialize};

/// Universal Exit Language: ends whatever language was being read.
pub const UEL: &str = "\x1b%-12345X";

/// The lines of one PJL exchange, framed so that the printer reads them whatever it was reading
/// before.
fn exchange(lines: &[&str]) -> Vec<u8> {
    let lines: String = lines.iter().flat_map(|line| ["@PJL ", line, "\r\n"]).collect();
    format!("{UEL}@PJL\r\n{lines}{UEL}").into_bytes()
}

/// Silence the printer and have it repeat a word only we know: all that comes before the word is
/// old.
pub fn resynchronise(nonce: &str) -> Vec<u8> {
    exchange(&["USTATUSOFF", &format!("ECHO {nonce}")])
}

pub fn ask_identity() -> Vec<u8> {
    exchange(&["INFO ID"])
}

/// Also a heartbeat: the two answers arrive in this order.
pub fn ask_status_and_page_count() -> Vec<u8> {
    exchange(&["INFO STATUS", "INFO PAGECOUNT"])
}

/// From now on the printer speaks by itself about its state, the job and each sheet that has
/// landed.
pub fn report_changes() -> Vec<u8> {
    exchange(&["USTATUS JOB=ON", "USTATUS PAGE=ON", "USTATUS DEVICE=VERBOSE"])
}

/// End the language being read, throw the job away, close it, and repeat a word when all that was
/// read. `CANCEL` is not in HP's manual: a printer without it answers `?` and must be cancelled at
/// its panel.
pub fn cancel(name: Option<&JobName>, nonce: &str) -> Vec<u8> {
    let end = name.map_or("EOJ".to_owned(), |name| format!("EOJ NAME=\"{}\"", name.0));
    exchange(&["USTATUS JOB=ON", "CANCEL", &end, &format!("ECHO {nonce}")])
}

/// Which languages the printer understands, among much else.
pub fn ask_configuration() -> Vec<u8> {
    exchange(&["INFO CONFIG"])
}

/// A whole job in PCL: all its sheets in one piece, ready before the first byte leaves.
pub fn job(name: &JobName, sheets: &[Vec<u8>]) -> Vec<u8> {
    framed(name, "", "PCL", &sheets.concat())
}

/// A whole job in PDF, for a printer that reads it by itself. `None` where the file holds the bytes that
/// end every language: the printer would take what follows for PJL.
pub fn pdf_job(name: &JobName, paper: &str, pdf: &[u8]) -> Option<Vec<u8>> {
    let uel = UEL.as_bytes();
    let is_whole = !pdf.windows(uel.len()).any(|window| window == uel);
    is_whole.then(|| framed(name, &format!("@PJL SET PAPER={paper}\r\n"), "PDF", pdf))
}

fn framed(name: &JobName, settings: &str, language: &str, document: &[u8]) -> Vec<u8> {
    let name = &name.0;
    let head = format!(
        "{UEL}@PJL\r\n@PJL JOB NAME=\"{name}\"\r\n@PJL SET COPIES=1\r\n{settings}\
         @PJL ENTER LANGUAGE={language}\r\n"
    );
    let end = format!("{UEL}@PJL\r\n@PJL EOJ NAME=\"{name}\"\r\n{UEL}");
    [head.as_bytes(), document, end.as_bytes()].concat()
}

/// A name that can stand in quotes in a PJL line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobName(String);

impl JobName {
    /// The manual allows 80 characters; a kiosk needs letters, digits and `-`.
    pub fn new(name: &str) -> Option<Self> {
        let fits = (1..=80).contains(&name.len());
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (fits && plain).then(|| Self(name.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a printer answered or said by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Echo(String),
    Identity(String),
    /// The languages it understands, as it calls them.
    Languages(Vec<String>),
    Status(Status),
    PageCount(u64),
    JobStarted,
    /// Not over yet: the job is being thrown away.
    JobCancelled,
    JobEnded(JobEnd),
    /// A sheet of the current job has reached the tray.
    PageDone,
    /// The printer does not know this command.
    Unsupported(String),
    /// Nothing a kiosk has asked for, or not to be understood; the length, for the log.
    Other(usize),
}

/// `CODE`, `DISPLAY` and `ONLINE` of a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub code: u32,
    pub display: String,
    pub online: bool,
}

/// How the printer says a job ended. Absent lines are absent answers, not zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobEnd {
    pub name: Option<String>,
    pub pages: Option<u32>,
    pub result: JobResult,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobResult {
    Ok,
    Cancelled,
    /// Older printers send no `RESULT`.
    Unstated,
}

/// Cuts the stream at its form feeds. Everything between two is one message, however it arrived.
#[derive(Debug, Default)]
pub struct ReplyParser {
    message: Vec<u8>,
    overlong: bool,
}

/// The longest answer a kiosk asks for is `INFO CONFIG`, below 2 KB (HP, PJL TRM, p. 7-16).
const MESSAGE_BYTES_MAX: usize = 4096;

impl ReplyParser {
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Reply> {
        let mut replies = Vec::new();
        for &byte in bytes {
            if byte != 0x0C {
                if self.message.len() < MESSAGE_BYTES_MAX {
                    self.message.push(byte);
                } else {
                    self.overlong = true;
                }
                continue;
            }
            let message = std::mem::take(&mut self.message);
            let text = String::from_utf8_lossy(&message);
            let parsed = if std::mem::take(&mut self.overlong) { None } else { parse(&text) };
            replies.push(parsed.unwrap_or(Reply::Other(message.len())));
        }
        replies
    }

    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

fn parse(message: &str) -> Option<Reply> {
    // Noise before an answer does not hide it.
    let (_, message) = message.rsplit_once("@PJL ")?;
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let head = lines.next()?;
    let lines: Vec<&str> = lines.collect();
    if let Some(word) = head.strip_prefix("ECHO ") {
        return Some(Reply::Echo(word.to_owned()));
    }
    if lines.first().is_some_and(|line| line.trim_matches('"') == "?") {
        return Some(Reply::Unsupported(head.to_owned()));
    }
    match head {
        "INFO ID" => lines.first().map(|line| Reply::Identity(line.trim_matches('"').to_owned())),
        "INFO CONFIG" => Some(Reply::Languages(listed(&lines, "LANGUAGES"))),
        "INFO STATUS" | "USTATUS DEVICE" => Some(Reply::Status(Status {
            code: value(&lines, "CODE")?.parse().ok()?,
            display: value(&lines, "DISPLAY").unwrap_or_default().to_owned(),
            online: match value(&lines, "ONLINE")? {
                "TRUE" => true,
                "FALSE" => false,
                _ => return None,
            },
        })),
        "INFO PAGECOUNT" => {
            // Some printers leave `PAGECOUNT=` out.
            let count = value(&lines, "PAGECOUNT").or(lines.first().copied())?;
            count.parse().ok().map(Reply::PageCount)
        }
        "USTATUS PAGE" => lines.first()?.parse::<u32>().ok().map(|_| Reply::PageDone),
        "USTATUS JOB" => match *lines.first()? {
            "START" => Some(Reply::JobStarted),
            "CANCELED" => Some(Reply::JobCancelled),
            "END" => Some(Reply::JobEnded(JobEnd {
                name: value(&lines, "NAME").map(str::to_owned),
                pages: value(&lines, "PAGES").and_then(|pages| pages.parse().ok()),
                result: match value(&lines, "RESULT") {
                    Some("OK") => JobResult::Ok,
                    Some(_) => JobResult::Cancelled,
                    None => JobResult::Unstated,
                },
            })),
            _ => None,
        },
        _ => None,
    }
}

/// The lines under a heading such as `LANGUAGES [2 ENUMERATED]`: as many as it says.
fn listed(lines: &[&str], heading: &str) -> Vec<String> {
    let mut lines = lines.iter();
    let count = lines.find_map(|line| {
        let (count, _) =
            line.strip_prefix(heading)?.trim_start().strip_prefix('[')?.split_once(' ')?;
        count.parse().ok()
    });
    lines.take(count.unwrap_or(0)).map(|line| (*line).to_owned()).collect()
}

fn value<'a>(lines: &[&'a str], key: &str) -> Option<&'a str> {
    lines.iter().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim_end() == key).then(|| value.trim_start().trim_matches('"'))
    })
}

/// What a status code asks for (HP, PJL TRM, appendix D).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    Ready,
    TonerLow,
    /// Warming up, printing, cancelling: it passes.
    Working,
    /// A tray is empty and no job needs it yet; a kiosk's next job will.
    TrayEmpty,
    /// A job waits for paper.
    PaperOut,
    CoverOpen,
    Jam,
    TonerOut,
    OutputFull,
    /// Somebody must do something at the panel.
    Intervention,
    Hardware,
}

impl Status {
    pub fn condition(&self) -> Condition {
        match self.code {
            10000..=10999 if !self.online => Condition::Intervention,
            10001 => Condition::Ready,
            // It sleeps, and wakes with the next job.
            35078 => Condition::Ready,
            10006 => Condition::TonerLow,
            10000..=10999 => Condition::Working,
            // 30xxx go on by themselves, 35xxx may.
            30000..=35999 => Condition::Intervention,
            40010 | 40038 => Condition::TonerOut,
            // HP, appendix D: the standard output bin is full.
            40019 => Condition::OutputFull,
            40021 => Condition::CoverOpen,
            40022 => Condition::Jam,
            40000..=40999 => Condition::Intervention,
            11000..=11999 => Condition::TrayEmpty,
            41000..=41999 => Condition::PaperOut,
            42000..=44999 => Condition::Jam,
            _ => Condition::Hardware,
        }
    }
}
