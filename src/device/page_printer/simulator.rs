//! A page printer in software: reads PJL and PCL raster, takes its time over each sheet, has trays
//! and faults. PDF it takes as well, and lays it into the tray as it came.
//!
//! Its PCL decoder was written from the manual and shares no code with the encoder: a picture that
//! survives both is right.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::device::pty::{Effect, Happening, LineRate, Simulator};
pub use decoder::SheetPicture;
use decoder::{Event, PclDecoder};

mod decoder;

const UEL: &[u8] = b"\x1b%-12345X";
const TRAY_SHEETS: u32 = 250;
const SHEETS_KEPT: usize = 20;
/// A certificate in PDF is below 100 KB.
const PDF_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A longer line is no PJL (HP, PJL TRM: 80 characters and the command).
const LINE_BYTES_MAX: usize = 512;

/// From the last byte of a sheet to the paper being picked: until then it can be cancelled.
fn formatting_time(rate: LineRate) -> Duration {
    Duration::from_millis(if rate == LineRate::Real { 500 } else { 20 })
}

/// From the tray to the tray, 40 sheets a minute.
fn moving_time(rate: LineRate) -> Duration {
    Duration::from_millis(if rate == LineRate::Real { 1500 } else { 20 })
}

/// The printer.
#[derive(Debug)]
pub struct SimulatedPagePrinter {
    rate: LineRate,
    output: Vec<u8>,
    input: Vec<u8>,
    language: Language,
    reports: Reports,
    job: Option<Job>,
    /// The names of the last jobs, as they came.
    names: VecDeque<String>,
    /// Sheets whose data are complete, the next to be printed first.
    waiting: VecDeque<Waiting>,
    moving: Option<Moving>,
    sheets_left: u32,
    page_count: u64,
    is_off: bool,
    cover_open: bool,
    jam_next: bool,
    jammed: Option<Jammed>,
    toner: Toner,
    output_full: bool,
    broken: bool,
    knows_cancel: bool,
    knows_jobs: bool,
    knows_pdf: bool,
    last_reported: Option<u32>,
    printed: VecDeque<Printed>,
    printed_count: u32,
    unknown: Vec<String>,
}

#[derive(Debug)]
enum Language {
    /// Between two UELs: lines.
    Pjl,
    Pcl(Box<PclDecoder>),
    /// A file, up to the next UEL.
    Pdf(Vec<u8>),
}

/// What is on a sheet.
#[derive(Clone, Debug)]
enum Printed {
    Dots(SheetPicture),
    /// This page, from 0, of this file.
    Pdf(Arc<[u8]>, usize),
}

#[derive(Clone, Copy, Debug, Default)]
struct Reports {
    job: bool,
    page: bool,
    device: bool,
}

#[derive(Debug)]
struct Job {
    name: String,
    pages_done: u32,
    is_closed: bool,
}

#[derive(Debug)]
struct Waiting {
    sheet: Printed,
    from: Duration,
}

/// A sheet that stands in the way until somebody pulls it out.
#[derive(Debug)]
struct Jammed {
    /// What is printed once more then; nothing after its job was thrown away.
    again: Option<Waiting>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Toner {
    Enough,
    Low,
    Out,
}

#[derive(Debug)]
struct Moving {
    sheet: Waiting,
    lands_at: Duration,
}

/// Names of jobs remembered.
const NAMES_MAX: usize = 100;

/// What somebody can do to it.
const COMMANDS: &str = "paper out|ok|SHEETS, jam, clear jam, cover open|close, toner low|out|ok, \
    tray full|empty, broken, mended, panel cancel, power off|on, sheets, names, \
    cancel known|unknown, jobs known|unknown, pdf known|unknown, dump FILE [SHEETS BACK]";

impl SimulatedPagePrinter {
    pub fn new(rate: LineRate) -> Self {
        Self {
            rate,
            output: Vec::new(),
            input: Vec::new(),
            language: Language::Pjl,
            reports: Reports::default(),
            job: None,
            names: VecDeque::new(),
            waiting: VecDeque::new(),
            moving: None,
            sheets_left: TRAY_SHEETS,
            page_count: 12_345,
            is_off: false,
            cover_open: false,
            jam_next: false,
            jammed: None,
            toner: Toner::Enough,
            output_full: false,
            broken: false,
            knows_cancel: true,
            knows_jobs: true,
            knows_pdf: true,
            last_reported: None,
            printed: VecDeque::new(),
            printed_count: 0,
            unknown: Vec::new(),
        }
    }

    /// The sheets of dots in the tray, the newest last.
    pub fn printed(&self) -> impl DoubleEndedIterator<Item = &SheetPicture> {
        self.printed.iter().filter_map(|sheet| match sheet {
            Printed::Dots(picture) => Some(picture),
            Printed::Pdf(..) => None,
        })
    }

    pub fn page_count(&self) -> u64 {
        self.page_count
    }

    /// Commands this printer does not know, as text.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Let the time pass: sheets start, land, jam.
    fn advance(&mut self, now: Duration) {
        loop {
            if let Some(moving) = self.moving.take_if(|moving| moving.lands_at <= now) {
                self.land(moving);
            }
            let may_start = self.moving.is_none()
                && self.is_online()
                && self
                    .waiting
                    .front()
                    .is_some_and(|next| next.from + formatting_time(self.rate) <= now);
            if !may_start {
                break;
            }
            let sheet = self.waiting.pop_front().expect("there was a front");
            self.sheets_left -= 1;
            self.moving = Some(Moving { sheet, lands_at: now + moving_time(self.rate) });
        }
        self.report_change();
        self.end_job("OK");
    }

    fn is_online(&self) -> bool {
        !self.is_off
            && !self.cover_open
            && !self.broken
            && !self.output_full
            && self.toner != Toner::Out
            && self.jammed.is_none()
            && (self.sheets_left > 0 || self.waiting.is_empty())
    }

    /// Nothing is to be printed any more.
    fn is_idle(&self) -> bool {
        let again = self.jammed.as_ref().and_then(|jammed| jammed.again.as_ref());
        self.waiting.is_empty() && self.moving.is_none() && again.is_none()
    }

    fn land(&mut self, moving: Moving) {
        if std::mem::take(&mut self.jam_next) {
            self.jammed = Some(Jammed { again: Some(moving.sheet) });
            return;
        }
        self.page_count += 1;
        self.printed_count += 1;
        self.printed.push_back(moving.sheet.sheet);
        if self.printed.len() > SHEETS_KEPT {
            self.printed.pop_front();
        }
        let page = self.job.as_mut().map_or(1, |job| {
            job.pages_done += 1;
            job.pages_done
        });
        if self.reports.page {
            self.say(&format!("@PJL USTATUS PAGE\r\n{page}\r\n"));
        }
    }

    /// The last page of a closed job has landed, or what was left of it was thrown away.
    fn end_job(&mut self, result: &str) {
        let is_over = self.is_idle() && self.job.as_ref().is_some_and(|job| job.is_closed);
        if !is_over {
            return;
        }
        let Some(job) = self.job.take() else { return };
        if self.reports.job {
            self.say(&format!(
                "@PJL USTATUS JOB\r\nEND\r\nNAME=\"{}\"\r\nPAGES={}\r\nRESULT={result}\r\n",
                job.name, job.pages_done
            ));
        }
    }

    /// Throws the job away. A jammed sheet stays where it is, and is not printed again.
    fn cancel(&mut self, now: Duration, result: &str) {
        self.waiting.clear();
        if let Some(jammed) = &mut self.jammed {
            jammed.again = None;
        }
        match &mut self.language {
            Language::Pcl(pcl) => pcl.throw_away(),
            Language::Pdf(file) => file.clear(),
            Language::Pjl => {}
        }
        if let Some(job) = &mut self.job {
            job.is_closed = true;
            let name = job.name.clone();
            if self.reports.job {
                self.say(&format!(
                    "@PJL USTATUS JOB\r\nCANCELED\r\nNAME=\"{name}\"\r\nRESULT={result}\r\n"
                ));
            }
        }
        // A sheet that moves cannot be stopped: the job ends when it has landed.
        self.end_job(result);
        self.advance(now);
    }

    /// The power goes: what was in its memory is gone, a sheet that moved stands in the way.
    fn switch_off(&mut self) {
        self.is_off = true;
        self.output.clear();
        self.input.clear();
        self.language = Language::Pjl;
        self.reports = Reports::default();
        self.job = None;
        self.waiting.clear();
        if self.moving.take().is_some() || self.jammed.is_some() {
            self.jammed = Some(Jammed { again: None });
        }
        self.last_reported = None;
    }

    fn say(&mut self, message: &str) {
        self.output.extend(message.bytes());
        self.output.push(0x0C);
    }

    fn status(&self) -> (u32, &'static str, bool) {
        if self.broken {
            (50001, "50.1 FUSER ERROR", false)
        } else if self.cover_open {
            (40021, "12.01 COVER OPEN", false)
        } else if self.jammed.is_some() {
            (40022, "13.02 PAPER JAM", false)
        } else if self.toner == Toner::Out {
            (40038, "REPLACE TONER", false)
        } else if self.output_full {
            (40019, "STANDARD BIN FULL", false)
        } else if self.sheets_left == 0 && !self.waiting.is_empty() {
            (41203, "LOAD TRAY 1 A4", false)
        } else if self.sheets_left == 0 {
            (11203, "TRAY 1 EMPTY", true)
        } else if self.moving.is_some() || !self.waiting.is_empty() {
            (10023, "PRINTING", true)
        } else if self.toner == Toner::Low {
            (10006, "TONER LOW", true)
        } else {
            (10001, "READY", true)
        }
    }

    fn status_lines(&self) -> String {
        let (code, display, online) = self.status();
        let online = if online { "TRUE" } else { "FALSE" };
        format!("CODE={code}\r\nDISPLAY=\"{display}\"\r\nONLINE={online}\r\n")
    }

    fn report_change(&mut self) {
        let (code, ..) = self.status();
        if self.reports.device && self.last_reported != Some(code) {
            self.last_reported = Some(code);
            self.say(&format!("@PJL USTATUS DEVICE\r\n{}", self.status_lines()));
        }
    }

    /// Read one thing from the input; `false` when more bytes are needed.
    fn read(&mut self, now: Duration) -> bool {
        match &mut self.language {
            Language::Pcl(pcl) => {
                let Some((length, event)) = pcl.read(&self.input) else { return false };
                self.input.drain(..length);
                match event {
                    Event::Nothing => {}
                    Event::Ejected(picture) => {
                        let sheet = Printed::Dots(picture);
                        self.waiting.push_back(Waiting { sheet, from: now });
                    }
                    Event::Unknown(command) => self.unknown.push(command),
                    Event::Left => {
                        // The end of the language ejects what is on the page.
                        if let Some(picture) = pcl.eject() {
                            let sheet = Printed::Dots(picture);
                            self.waiting.push_back(Waiting { sheet, from: now });
                        }
                        self.language = Language::Pjl;
                    }
                }
                true
            }
            Language::Pdf(_) => self.read_pdf(now),
            Language::Pjl => self.read_line(now),
        }
    }

    /// Takes a file up to the UEL behind it.
    fn read_pdf(&mut self, now: Duration) -> bool {
        let Language::Pdf(file) = &mut self.language else { return false };
        let end = self.input.windows(UEL.len()).position(|window| window == UEL);
        // The beginning of a UEL may be the last that came.
        let taken = end.unwrap_or_else(|| self.input.len().saturating_sub(UEL.len() - 1));
        file.extend(self.input.drain(..taken));
        file.truncate(PDF_BYTES_MAX);
        if end.is_none() {
            return false;
        }
        let file = std::mem::take(file);
        self.language = Language::Pjl;
        let pages = pages(&file);
        // What was thrown away was no file, and what breaks off is none.
        if pages == 0 && file.iter().any(|byte| *byte != 0) {
            self.unknown.push(format!("{} bytes that are no PDF", file.len()));
        }
        let file: Arc<[u8]> = file.into();
        for page in 0..pages {
            let sheet = Printed::Pdf(Arc::clone(&file), page);
            self.waiting.push_back(Waiting { sheet, from: now });
        }
        true
    }

    fn read_line(&mut self, now: Duration) -> bool {
        if self.input.starts_with(UEL) {
            self.input.drain(..UEL.len());
            return true;
        }
        if UEL.starts_with(&self.input) {
            return false;
        }
        // An escape sequence cannot stand in a line: the line before it was cut off.
        let escape = self.input.iter().skip(1).position(|byte| *byte == 0x1B).map(|at| at + 1);
        let end = self.input.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let length = match (end, escape) {
            (Some(end), Some(escape)) => end.min(escape),
            (Some(length), None) | (None, Some(length)) => length,
            (None, None) if self.input.len() > LINE_BYTES_MAX => self.input.len(),
            (None, None) => return false,
        };
        let line: Vec<u8> = self.input.drain(..length).collect();
        let line = String::from_utf8_lossy(&line).trim_matches(['\0', '\r', '\n', ' ']).to_owned();
        match line.strip_prefix("@PJL") {
            Some(command) => self.obey(now, command.trim()),
            None if line.is_empty() => {}
            None => self.unknown.push(line),
        }
        true
    }

    fn obey(&mut self, now: Duration, command: &str) {
        let quoted = || command.split('"').nth(1).unwrap_or_default().to_owned();
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        match (verb, rest) {
            ("" | "COMMENT", _) => {}
            ("ECHO", words) => self.say(&format!("@PJL ECHO {words}\r\n")),
            ("USTATUSOFF", _) => self.reports = Reports::default(),
            ("USTATUS", "JOB=ON") if self.knows_jobs => self.reports.job = true,
            ("USTATUS", "PAGE=ON") if self.knows_jobs => self.reports.page = true,
            ("USTATUS", "DEVICE=VERBOSE" | "DEVICE=ON") => {
                self.reports.device = true;
                self.last_reported = Some(self.status().0);
            }
            ("INFO", "ID") => self.say("@PJL INFO ID\r\n\"PERMIT SIMULATED LASER\"\r\n"),
            ("INFO", "CONFIG") => {
                let languages = if self.knows_pdf {
                    "[2 ENUMERATED]\r\n\tPCL\r\n\tPDF"
                } else {
                    "[1 ENUMERATED]\r\n\tPCL"
                };
                self.say(&format!(
                    "@PJL INFO CONFIG\r\nIN TRAYS [1 ENUMERATED]\r\n\tINTRAY1 PC\r\n\
                     LANGUAGES {languages}\r\nMEMORY=134217728\r\n"
                ));
            }
            ("INFO", "STATUS") => {
                self.say(&format!("@PJL INFO STATUS\r\n{}", self.status_lines()));
            }
            ("INFO", "PAGECOUNT") => {
                self.say(&format!("@PJL INFO PAGECOUNT\r\nPAGECOUNT={}\r\n", self.page_count));
            }
            ("JOB", _) => {
                self.names.truncate(NAMES_MAX - 1);
                self.names.push_front(quoted());
                self.job = Some(Job { name: quoted(), pages_done: 0, is_closed: false });
                if self.reports.job {
                    self.say(&format!("@PJL USTATUS JOB\r\nSTART\r\nNAME=\"{}\"\r\n", quoted()));
                }
            }
            ("EOJ", _) => {
                if let Some(job) = &mut self.job {
                    job.is_closed = true;
                }
            }
            ("SET", "COPIES=1" | "PAPER=A4" | "PAPER=A3") => {}
            ("CANCEL", _) if self.knows_cancel => self.cancel(now, "HOST_CANCELED"),
            ("ENTER", "LANGUAGE=PCL") => self.language = Language::Pcl(Box::default()),
            ("ENTER", "LANGUAGE=PDF") if self.knows_pdf => {
                self.language = Language::Pdf(Vec::new());
            }
            _ => self.say(&format!("@PJL {command}\r\n?\r\n")),
        }
    }
}

/// The pages of a PDF file: objects of the type `Page`, which stand in the open in what kiosks send. None in
/// a file that breaks off.
fn pages(file: &[u8]) -> usize {
    let is_whole = file.starts_with(b"%PDF-")
        && file.windows(5).rev().take(1024).any(|window| window == b"%%EOF");
    if !is_whole {
        return 0;
    }
    let names = file.windows(5).enumerate().filter(|(_, window)| *window == b"/Page");
    names
        .filter(|(at, _)| {
            let (before, after) = file.split_at(*at);
            let is_type = before.trim_ascii_end().ends_with(b"/Type");
            is_type && !after.get(5).is_some_and(u8::is_ascii_alphanumeric)
        })
        .count()
}

impl Simulator for SimulatedPagePrinter {
    fn name(&self) -> &'static str {
        "page_printer"
    }

    /// An A4 certificate of 100–160 KB takes one to two seconds.
    fn baud(&self) -> u32 {
        921_600
    }

    fn on(&mut self, now: Duration, happening: Happening<'_>) -> Vec<Effect> {
        match happening {
            // A printer does not notice who holds the other end.
            Happening::Connected | Happening::HungUp => {}
            Happening::Received(_) | Happening::Due if self.is_off => {}
            Happening::Received(bytes) => {
                self.input.extend(bytes);
                while self.read(now) {}
                self.advance(now);
            }
            Happening::Due => self.advance(now),
        }
        let output = std::mem::take(&mut self.output);
        if output.is_empty() { Vec::new() } else { vec![Effect::Send(output)] }
    }

    /// When the next sheet starts or lands.
    fn deadline(&self) -> Option<Duration> {
        if let Some(moving) = &self.moving {
            return Some(moving.lands_at);
        }
        let next = self.waiting.front()?;
        self.is_online().then(|| next.from + formatting_time(self.rate))
    }

    fn command(&mut self, now: Duration, command: &str) -> Result<String, String> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let not_understood =
            || format!("not understood: {command}; this printer knows: {COMMANDS}");
        if !self.is_off {
            self.advance(now);
        }
        match words.as_slice() {
            ["paper", "out"] => self.sheets_left = 0,
            ["paper", "ok"] => self.sheets_left = TRAY_SHEETS,
            ["paper", sheets] => {
                self.sheets_left = sheets.parse().map_err(|_not_a_number| not_understood())?;
            }
            ["jam"] => self.jam_next = true,
            ["clear", "jam"] => {
                self.jam_next = false;
                // Jam recovery: the sheet that was pulled out is printed once more.
                if let Some(sheet) = self.jammed.take().and_then(|jammed| jammed.again) {
                    self.waiting.push_front(sheet);
                }
            }
            ["cover", "open"] => self.cover_open = true,
            ["cover", "close"] => self.cover_open = false,
            ["toner", "low"] => self.toner = Toner::Low,
            ["toner", "out"] => self.toner = Toner::Out,
            ["toner", "ok"] => self.toner = Toner::Enough,
            ["tray", "full"] => self.output_full = true,
            ["tray", "empty"] => self.output_full = false,
            ["broken"] => self.broken = true,
            ["mended"] => self.broken = false,
            ["sheets"] => return Ok(self.printed_count.to_string()),
            ["names"] => return Ok(Vec::from(self.names.clone()).join(" ")),
            ["panel", "cancel"] if self.is_off => return Err("it is switched off".to_owned()),
            ["panel", "cancel"] => self.cancel(now, "USER_CANCELED"),
            ["power", "off"] => self.switch_off(),
            ["power", "on"] => self.is_off = false,
            ["cancel", known @ ("known" | "unknown")] => self.knows_cancel = *known == "known",
            ["jobs", known @ ("known" | "unknown")] => self.knows_jobs = *known == "known",
            ["pdf", known @ ("known" | "unknown")] => self.knows_pdf = *known == "known",
            ["help"] => return Ok(COMMANDS.to_owned()),
            ["dump", file, rest @ ..] if rest.len() <= 1 => {
                let back: usize = match rest.first().map_or(Ok(0), |word| word.parse()) {
                    Ok(back) => back,
                    Err(_) => return Err(not_understood()),
                };
                let Some(sheet) = self.printed.iter().rev().nth(back) else {
                    return Err(format!("only {} sheets are kept", self.printed.len()));
                };
                let (bytes, what) = match sheet {
                    Printed::Dots(dots) => {
                        (dots.png(), format!("{} × {} dots", dots.width_px(), dots.height_px()))
                    }
                    Printed::Pdf(pdf, page) => {
                        (Ok(pdf.to_vec()), format!("PDF, page {}", page + 1))
                    }
                };
                let save = || std::fs::File::create(file)?.write_all(&bytes?);
                save().map_err(|error| format!("cannot write {file}: {error}"))?;
                return Ok(format!("{what} in {file}"));
            }
            _ => return Err(not_understood()),
        }
        self.report_change();
        Ok(command.to_owned())
    }

    fn holds(&self, _now: Duration, condition: &str) -> Option<bool> {
        let words: Vec<&str> = condition.split_whitespace().collect();
        match words.as_slice() {
            ["online"] => Some(self.is_online()),
            ["offline"] => Some(!self.is_online()),
            ["receiving"] => Some(match &self.language {
                Language::Pcl(pcl) => pcl.is_dirty(),
                Language::Pdf(file) => !file.is_empty(),
                Language::Pjl => false,
            }),
            ["idle"] => Some(self.is_idle() && matches!(self.language, Language::Pjl)),
            ["printed", sheets] => Some(self.printed_count >= sheets.parse().ok()?),
            _ => None,
        }
    }
}
