//! A receipt printer in software: reads ESC/POS at a printer's pace, has paper, a cover, a cutter
//! and faults.
//!
//! It shares no code with the driver.

use std::collections::VecDeque;
use std::io::Write as _;
use std::time::Duration;

use crate::device::pty::{Effect, Happening, LineRate, Simulator};

/// Dots across 72 mm of paper at 203 dpi.
pub const WIDTH_PX: usize = 576;
const ROW_BYTES: usize = WIDTH_PX / 8;
/// What a TM-T88 with its memory switch at "small" holds, and what cheap printers hold.
const RECEIVE_BUFFER_BYTES_MAX: usize = 4096;
/// 150 mm/s at 8 dots/mm are 1200 rows a second.
const ROW_TIME: Duration = Duration::from_micros(833);
const CUT_TIME: Duration = Duration::from_millis(200);
/// Between the print head and the knife: what `GS V 66` feeds before it cuts (12 mm).
const ROWS_FROM_HEAD_TO_CUTTER: usize = 96;
/// A roll of 80 m.
const ROLL_ROWS: usize = 640_000;
const SLIPS_KEPT: usize = 50;
const SLIP_ROWS_MAX: usize = 20_000;

/// A piece of paper, as far as it left the printer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slip {
    rows: Vec<[u8; ROW_BYTES]>,
    /// Severed by the knife; otherwise it still hangs in the slot or was torn off when the roll was
    /// changed.
    pub is_cut: bool,
}

impl Slip {
    pub fn height_px(&self) -> usize {
        self.rows.len()
    }

    /// The dots, 576 to a row, 1 is black.
    pub fn bits(&self) -> Vec<u8> {
        self.rows.concat()
    }

    pub fn is_blank(&self) -> bool {
        self.rows.iter().flatten().all(|byte| *byte == 0)
    }

    /// As a PNG file; an empty slip becomes one white row.
    pub fn png(&self) -> std::io::Result<Vec<u8>> {
        let rows = if self.rows.is_empty() { &[[0; ROW_BYTES]] } else { self.rows.as_slice() };
        let height = u32::try_from(rows.len()).expect("SLIP_ROWS_MAX bounds a slip");
        let width = u32::try_from(WIDTH_PX).expect("576 fits");
        let grey = rows
            .iter()
            .flatten()
            .flat_map(|byte| {
                (0..8).map(move |bit| if byte & (0x80 >> bit) == 0 { 0xFF } else { 0 })
            })
            .collect();
        let picture = image::GrayImage::from_raw(width, height, grey).expect("8 dots a byte");
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).map_err(std::io::Error::other)?;
        Ok(png.into_inner())
    }
}

/// The abilities in which real models differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// `GS ( H` is answered. Not by TM-T88III and older, nor by many clones.
    pub has_process_id: bool,
    /// `DLE DC4 8` clears and is answered.
    pub has_clear: bool,
    /// `GS g 2` is answered.
    pub has_counters: bool,
}

impl Model {
    pub const EPSON: Self = Self { has_process_id: true, has_clear: true, has_counters: true };
    pub const PLAIN_CLONE: Self =
        Self { has_process_id: false, has_clear: false, has_counters: false };
}

/// The printer.
#[derive(Debug)]
pub struct SimulatedReceiptPrinter {
    model: Model,
    rate: LineRate,
    output: Vec<u8>,
    /// The beginning of what may become a real-time command.
    real_time: Vec<u8>,
    buffer: VecDeque<u8>,
    raster: Option<RasterInProgress>,
    /// When the mechanics are free again.
    free_at: Option<Duration>,
    automatic_status: bool,
    last_automatic: Option<[u8; 4]>,
    rows_left: usize,
    near_end: bool,
    cover_open: bool,
    cutter_blocked: bool,
    cutter_error: bool,
    head_hot: bool,
    jammed: bool,
    broken: bool,
    cuts: u64,
    hanging: Slip,
    slips: VecDeque<Slip>,
    /// Slips that ever came out.
    slip_count: u64,
    unknown: Vec<u8>,
    overrun_bytes: usize,
    clears: usize,
}

#[derive(Clone, Copy, Debug)]
struct RasterInProgress {
    width_bytes: usize,
    rows_left: usize,
}

/// What somebody can do to it.
const COMMANDS: &str = "cover open|close, paper out|ok|low|after ROWS, near-end, \
    jam, clear jam, jam cutter, clear cutter, hot, cool, broken, mended, slips, \
    dump FILE [SLIPS BACK]";

impl SimulatedReceiptPrinter {
    pub fn new(model: Model, rate: LineRate) -> Self {
        Self {
            model,
            rate,
            output: Vec::new(),
            real_time: Vec::new(),
            buffer: VecDeque::new(),
            raster: None,
            free_at: None,
            automatic_status: false,
            last_automatic: None,
            rows_left: ROLL_ROWS,
            near_end: false,
            cover_open: false,
            cutter_blocked: false,
            cutter_error: false,
            head_hot: false,
            jammed: false,
            broken: false,
            cuts: 1000,
            hanging: Slip::default(),
            slips: VecDeque::new(),
            slip_count: 0,
            unknown: Vec::new(),
            overrun_bytes: 0,
            clears: 0,
        }
    }

    /// The paper that came out, the newest last; what still hangs in the slot is not among it.
    pub fn slips(&self) -> impl DoubleEndedIterator<Item = &Slip> {
        self.slips.iter()
    }

    pub fn hanging(&self) -> &Slip {
        &self.hanging
    }

    /// What somebody would look at: the paper in the slot if there is anything on it, else the last
    /// slip.
    pub fn last(&self) -> &Slip {
        if self.hanging.is_blank() {
            self.slips.back().unwrap_or(&self.hanging)
        } else {
            &self.hanging
        }
    }

    /// Bytes that are no command of this printer.
    pub fn unknown(&self) -> &[u8] {
        &self.unknown
    }

    /// Bytes that did not fit into the receive buffer and were lost.
    pub fn overrun_bytes(&self) -> usize {
        self.overrun_bytes
    }

    /// How often the buffers were cleared by a real-time command.
    pub fn clears(&self) -> usize {
        self.clears
    }

    /// Bytes arrive on the line. Real-time commands are obeyed at once and never enter the buffer.
    fn receive(&mut self, now: Duration, bytes: &[u8]) {
        // What was idle until now has not been printing meanwhile.
        self.advance(now);
        for &byte in bytes {
            self.real_time.push(byte);
            self.match_real_time();
            // One by one, for the buffer empties while it fills.
            self.advance(now);
        }
    }

    /// Print as far as the time, the paper and the buffer allow.
    fn advance(&mut self, now: Duration) {
        while self.is_online() && self.free_at.is_none_or(|free_at| free_at <= now) {
            let began = self.free_at.take().unwrap_or(now);
            match self.step() {
                Step::Waiting => break,
                Step::Done => self.free_at = Some(began).filter(|_| !self.buffer.is_empty()),
                Step::Moved(time) if self.rate == LineRate::Real => {
                    self.free_at = Some(began + time);
                }
                Step::Moved(_) => {}
            }
        }
    }

    fn is_online(&self) -> bool {
        let is_stuck = self.cutter_error || self.jammed || self.broken;
        !(self.cover_open || self.rows_left == 0 || is_stuck || self.head_hot)
    }

    fn match_real_time(&mut self) {
        const CLEAR: [u8; 10] = [16, 20, 8, 1, 3, 20, 1, 6, 2, 8];
        loop {
            match self.real_time.as_slice() {
                [] => return,
                [16, 4, n @ 1..=4] => {
                    let n = *n;
                    self.real_time.clear();
                    self.answer_real_time(n);
                }
                [16, 5, n @ 1..=2] => {
                    let clear = *n == 2;
                    self.real_time.clear();
                    self.recover(clear);
                }
                [16] | [16, 4 | 5] => return,
                start if self.model.has_clear && start == CLEAR => {
                    self.real_time.clear();
                    self.clear_buffers();
                    self.recover(false);
                    self.output.extend([0x37, 0x25, 0x00]);
                }
                start if self.model.has_clear && CLEAR.starts_with(start) => return,
                _ => {
                    let byte = self.real_time.remove(0);
                    if self.buffer.len() < RECEIVE_BUFFER_BYTES_MAX {
                        self.buffer.push_back(byte);
                    } else {
                        self.overrun_bytes += 1;
                    }
                }
            }
        }
    }

    fn answer_real_time(&mut self, n: u8) {
        let flag = |on: bool, bits: u8| if on { bits } else { 0 };
        let paper_out = self.rows_left == 0;
        let bits = match n {
            1 => flag(!self.is_online(), 0x08),
            2 => {
                flag(self.cover_open, 0x04) | flag(paper_out, 0x20) | flag(self.errors() != 0, 0x40)
            }
            3 => self.errors(),
            _ => flag(self.near_end || paper_out, 0x0C) | flag(paper_out, 0x60),
        };
        self.output.push(0x12 | bits);
    }

    /// `DLE ENQ`: only out of an error, and only when what blocked the knife is gone.
    fn recover(&mut self, clear: bool) {
        if !self.cutter_error {
            return;
        }
        if clear {
            self.clear_buffers();
        }
        self.cutter_error = self.cutter_blocked;
        self.report_change();
    }

    fn clear_buffers(&mut self) {
        self.buffer.clear();
        self.raster = None;
        self.free_at = None;
        self.clears += 1;
    }

    /// What is wrong, in the bits that `DLE EOT 3` and automatic status share.
    fn errors(&self) -> u8 {
        [(self.jammed, 0x04), (self.cutter_error, 0x08), (self.broken, 0x20), (self.head_hot, 0x40)]
            .into_iter()
            .filter_map(|(is_so, bit)| is_so.then_some(bit))
            .sum()
    }

    fn automatic(&self) -> [u8; 4] {
        let flag = |on: bool, bits: u8| if on { bits } else { 0 };
        let paper_out = self.rows_left == 0;
        [
            0x10 | flag(!self.is_online(), 0x08) | flag(self.cover_open, 0x20),
            self.errors(),
            flag(self.near_end || paper_out, 0x03) | flag(paper_out, 0x0C),
            0,
        ]
    }

    fn report_change(&mut self) {
        let status = self.automatic();
        if self.automatic_status && self.last_automatic != Some(status) {
            self.output.extend(status);
            self.last_automatic = Some(status);
        }
    }

    /// Do the next thing in the buffer.
    fn step(&mut self) -> Step {
        if let Some(raster) = self.raster {
            return self.raster_row(raster);
        }
        let bytes: Vec<u8> = self.buffer.iter().take(16).copied().collect();
        let (length, step) = match bytes.as_slice() {
            [0x1B, 0x40, ..] => {
                self.automatic_status = false;
                (2, Step::Done)
            }
            [0x1D, 0x61, n, ..] => {
                self.automatic_status = *n != 0;
                self.last_automatic = None;
                self.report_change();
                (3, Step::Done)
            }
            [0x1D, 0x72, 1, ..] => {
                let paper = if self.near_end { 0x03 } else { 0x00 };
                self.output.push(paper);
                (3, Step::Done)
            }
            [0x1D, 0x49, n, ..] => {
                match n {
                    66 => self.output.extend(b"_PERMIT\0"),
                    67 => self.output.extend(b"_SIMULATED-80\0"),
                    _ => self.output.push(0x01),
                }
                (3, Step::Done)
            }
            [0x1D, 0x67, 0x32, 0x00, 0xB2, 0x00, ..] if self.model.has_counters => {
                self.output.push(0x5F);
                self.output.extend(self.cuts.to_string().into_bytes());
                self.output.push(0x00);
                (6, Step::Done)
            }
            [0x1D, 0x28, 0x48, 6, 0, 0x30, 0x30, a, b, c, d, ..] if self.model.has_process_id => {
                self.output.extend([0x37, 0x22, *a, *b, *c, *d, 0]);
                (11, Step::Done)
            }
            // A printer that does not know a `GS ( x` skips as many bytes as it announces.
            [0x1D, 0x28, _, low, high, ..] => {
                let length = 5 + usize::from(u16::from_le_bytes([*low, *high]));
                if self.buffer.len() < length {
                    return Step::Waiting;
                }
                (length, Step::Done)
            }
            [0x1D, 0x76, 0x30, 0, xl, xh, yl, yh, ..] => {
                self.raster = Some(RasterInProgress {
                    width_bytes: usize::from(u16::from_le_bytes([*xl, *xh])),
                    rows_left: usize::from(u16::from_le_bytes([*yl, *yh])),
                });
                (8, Step::Done)
            }
            [0x1D, 0x56, 0x42, feed, ..] => match self.cut(usize::from(*feed)) {
                Some(step) => (4, step),
                None => return Step::Done,
            },
            [0x1B, 0x4A, rows, ..] => {
                let rows = usize::from(*rows);
                self.feed(rows);
                (3, Step::Moved(ROW_TIME * u32::try_from(rows).expect("below 256")))
            }
            [] => return Step::Waiting,
            // A command whose end has not come yet.
            [0x1B | 0x1D]
            | [0x1B, 0x4A]
            | [0x1D, 0x28 | 0x49 | 0x56 | 0x61 | 0x67 | 0x72 | 0x76, ..]
                if bytes.len() < 11 && !self.never_a_command(&bytes) =>
            {
                return Step::Waiting;
            }
            [byte, ..] => {
                self.unknown.push(*byte);
                (1, Step::Done)
            }
        };
        self.buffer.drain(..length);
        step
    }

    /// Whether these bytes cannot be the beginning of anything above, however they go on.
    fn never_a_command(&self, bytes: &[u8]) -> bool {
        match bytes {
            [0x1D, 0x72, n, ..] => *n != 1,
            [0x1D, 0x76, rest @ ..] => !rest.iter().zip([0x30, 0]).all(|(a, b)| *a == b),
            [0x1D, 0x56, n, ..] => *n != 0x42,
            [0x1D, 0x67, rest @ ..] => {
                !self.model.has_counters
                    || !rest.iter().zip([0x32, 0x00, 0xB2, 0x00]).all(|(a, b)| *a == b)
            }
            _ => false,
        }
    }

    fn raster_row(&mut self, raster: RasterInProgress) -> Step {
        let RasterInProgress { width_bytes, rows_left } = raster;
        if rows_left == 0 {
            self.raster = None;
            return Step::Done;
        }
        if self.buffer.len() < width_bytes {
            return Step::Waiting;
        }
        let mut row = [0; ROW_BYTES];
        // What is wider than the paper is lost.
        let dots: Vec<u8> = self.buffer.drain(..width_bytes).collect();
        for (to, from) in row.iter_mut().zip(dots) {
            *to = from;
        }
        self.raster = Some(RasterInProgress { width_bytes, rows_left: rows_left - 1 });
        self.print_row(row);
        Step::Moved(ROW_TIME)
    }

    fn print_row(&mut self, row: [u8; ROW_BYTES]) {
        if self.hanging.rows.len() < SLIP_ROWS_MAX {
            self.hanging.rows.push(row);
        }
        self.rows_left = self.rows_left.saturating_sub(1);
        self.report_change();
    }

    fn feed(&mut self, rows: usize) {
        for _ in 0..rows.min(self.rows_left) {
            self.print_row([0; ROW_BYTES]);
        }
    }

    /// `None`: the knife is blocked, and the command stays where it is.
    fn cut(&mut self, feed: usize) -> Option<Step> {
        if self.cutter_blocked {
            self.cutter_error = true;
            self.report_change();
            return None;
        }
        let rows = ROWS_FROM_HEAD_TO_CUTTER + feed;
        self.feed(rows);
        self.cuts += 1;
        self.release(true);
        let feed_time = ROW_TIME * u32::try_from(rows).expect("at most 351 rows");
        Some(Step::Moved(feed_time + CUT_TIME))
    }

    fn release(&mut self, is_cut: bool) {
        let mut slip = std::mem::take(&mut self.hanging);
        if slip.rows.is_empty() {
            return;
        }
        slip.is_cut = is_cut;
        self.slips.push_back(slip);
        self.slip_count += 1;
        if self.slips.len() > SLIPS_KEPT {
            self.slips.pop_front();
        }
    }
}

impl Simulator for SimulatedReceiptPrinter {
    fn name(&self) -> &'static str {
        "receipt_printer"
    }

    fn baud(&self) -> u32 {
        115_200
    }

    fn on(&mut self, now: Duration, happening: Happening<'_>) -> Vec<Effect> {
        match happening {
            // A printer does not notice who holds the other end.
            Happening::Connected | Happening::HungUp => {}
            Happening::Received(bytes) => self.receive(now, bytes),
            Happening::Due => self.advance(now),
        }
        let output = std::mem::take(&mut self.output);
        if output.is_empty() { Vec::new() } else { vec![Effect::Send(output)] }
    }

    /// When the mechanics will have finished what they are doing, if more is to be done.
    fn deadline(&self) -> Option<Duration> {
        self.free_at.filter(|_| self.is_online() && !self.buffer.is_empty())
    }

    fn command(&mut self, now: Duration, command: &str) -> Result<String, String> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let not_understood =
            || format!("not understood: {command}; this printer knows: {COMMANDS}");
        self.advance(now);
        match words.as_slice() {
            ["cover", "open"] => self.cover_open = true,
            ["cover", "close"] => self.cover_open = false,
            ["paper", "out"] => self.rows_left = 0,
            ["paper", "after", rows] => {
                self.rows_left = rows.parse().map_err(|_not_a_number| not_understood())?;
            }
            ["paper", "low"] | ["near-end"] => self.near_end = true,
            ["paper", "ok"] => {
                if self.rows_left == 0 {
                    // The end of the old roll comes out with what is printed on it.
                    self.release(false);
                }
                self.rows_left = ROLL_ROWS;
                self.near_end = false;
            }
            ["jam", "cutter"] => self.cutter_blocked = true,
            ["clear", "cutter"] => self.cutter_blocked = false,
            ["jam"] => self.jammed = true,
            ["clear", "jam"] => self.jammed = false,
            ["broken"] => self.broken = true,
            ["mended"] => self.broken = false,
            ["hot"] => self.head_hot = true,
            ["cool"] => self.head_hot = false,
            ["slips"] => return Ok(self.slip_count.to_string()),
            ["help"] => return Ok(COMMANDS.to_owned()),
            ["dump", file, rest @ ..] if rest.len() <= 1 => {
                let slip = match rest.first().map(|word| word.parse::<usize>()) {
                    None => self.last(),
                    Some(Ok(back)) => self
                        .slips
                        .iter()
                        .rev()
                        .nth(back)
                        .ok_or_else(|| format!("only {} slips are kept", self.slips.len()))?,
                    Some(Err(_)) => return Err(not_understood()),
                };
                let save = || std::fs::File::create(file)?.write_all(&slip.png()?);
                save().map_err(|error| format!("cannot write {file}: {error}"))?;
                return Ok(format!("{} rows in {file}", slip.height_px()));
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
            ["idle"] => Some(self.buffer.is_empty() && self.raster.is_none()),
            ["printing"] => Some(!self.hanging.is_blank()),
            ["cut", slips] => {
                Some(self.slips.iter().filter(|slip| slip.is_cut).count() >= slips.parse().ok()?)
            }
            _ => None,
        }
    }
}

enum Step {
    /// More bytes are needed.
    Waiting,
    Done,
    /// The paper or the knife moved for that long.
    Moved(Duration),
}
