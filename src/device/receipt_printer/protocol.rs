//! ESC/POS as bytes: the commands a kiosk sends, and one classifier for everything a receipt
//! printer answers.
//!
//! Sources: Epson, *ESC/POS Command Reference* (`download4.epson.biz`), and the manuals of
//! TM-T88III (p. 316), TM-L90 (pp. 395, 425–429) and Citizen PPU-700 (p. 127), which agree.

use crate::device::raster::Raster;

/// `ESC @`: initialise. It also switches automatic status back off, so [`AUTOMATIC_STATUS_ON`] must
/// follow.
pub const INITIALISE: [u8; 2] = [0x1B, 0x40];
/// `GS a 15`: report drawer, on-line, error and paper changes by themselves.
pub const AUTOMATIC_STATUS_ON: [u8; 3] = [0x1D, 0x61, 0x0F];
/// `GS V 66 0`: feed to the cutting position and cut, leaving one point.
pub const FEED_AND_CUT: [u8; 4] = [0x1D, 0x56, 0x42, 0x00];
/// `GS r 1`: answered with one paper status byte when the printer *reaches* it, after all that
/// stands before it.
pub const BUFFERED_STATUS: [u8; 3] = [0x1D, 0x72, 0x01];
/// `GS g 2` for counter 178, the cumulative number of cuts.
pub const CUT_COUNTER: [u8; 6] = [0x1D, 0x67, 0x32, 0x00, 0xB2, 0x00];
/// `DLE ENQ 2`: recover from an error after clearing the buffers. (`DLE ENQ 1` would print on:
/// never sent.)
pub const RECOVER_AND_CLEAR: [u8; 3] = [0x10, 0x05, 0x02];
/// `DLE DC4 8`: clear all buffers at once, answered with `37 25 00`. Works off line and with a full
/// buffer.
pub const CLEAR_BUFFERS: [u8; 10] = [0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08];

/// Rows in one `GS v 0`: 24 rows of 72 bytes and 8 of head are 1736 bytes, so that two bands and
/// their status requests (3478 bytes) fit into the smallest receive buffer in use (4096 bytes).
pub const BAND_ROWS_MAX: usize = 24;

/// `DLE EOT n`: which real-time status is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusKind {
    Printer,
    OfflineCause,
    ErrorCause,
    Paper,
}

impl StatusKind {
    pub const ALL: [Self; 4] = [Self::Printer, Self::OfflineCause, Self::ErrorCause, Self::Paper];

    pub fn request(self) -> [u8; 3] {
        let n = match self {
            Self::Printer => 1,
            Self::OfflineCause => 2,
            Self::ErrorCause => 3,
            Self::Paper => 4,
        };
        [0x10, 0x04, n]
    }
}

/// `GS I n`: which name is asked for; answered as `5F … 00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    Maker,
    Model,
}

impl NameKind {
    pub fn request(self) -> [u8; 3] {
        [0x1D, 0x49, if self == Self::Maker { 66 } else { 67 }]
    }
}

/// The four printable characters a printer sends back when all before them is on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProcessId([u8; 4]);

impl ProcessId {
    /// Counts in base 64 over `0`…`o` (30h–6Fh): the command allows 20h–7Eh.
    pub fn from_count(count: u32) -> Self {
        Self([18, 12, 6, 0].map(|shift| b'0' + (count >> shift & 0x3F).to_le_bytes()[0]))
    }

    /// `GS ( H` function 48: answered with `37 22 d1 d2 d3 d4 00` when what stands before it has
    /// been printed.
    pub fn request(self) -> Vec<u8> {
        [&[0x1D, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30], self.0.as_slice()].concat()
    }
}

/// The picture as `GS v 0` bands. Each band is as wide as its ink, so that white paper costs one
/// byte a row.
pub fn bands(picture: Raster<'_>) -> Vec<Vec<u8>> {
    let rows: Vec<Vec<u8>> = picture.rows().collect();
    rows.chunks(BAND_ROWS_MAX).map(band).collect()
}

fn band(rows: &[Vec<u8>]) -> Vec<u8> {
    let inked = |row: &Vec<u8>| row.iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1);
    let width_bytes = rows.iter().map(inked).max().unwrap_or(1);
    let size =
        |n: usize| u16::try_from(n).expect("a printer is narrower than 65536 bytes").to_le_bytes();
    let mut band = vec![0x1D, 0x76, 0x30, 0x00];
    band.extend(size(width_bytes));
    band.extend(size(rows.len()));
    let head = band.len();
    band.extend(rows.iter().flat_map(|row| row.iter().take(width_bytes)));
    hide_real_time_commands(band.get_mut(head..).expect("the head was just written"));
    band
}

/// A printer obeys `DLE EOT`, `DLE ENQ` and `DLE DC4` even inside a picture (Epson, *Notes of
/// Real-time Commands*). One white dot beside the black one of a `DLE` is printed black: 10h
/// becomes 18h, which begins no command.
fn hide_real_time_commands(dots: &mut [u8]) {
    for i in 1..dots.len() {
        if let [dle @ 0x10, 0x04 | 0x05 | 0x14] = &mut dots[i - 1..=i] {
            *dle = 0x18;
        }
    }
}

/// One message from the printer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The byte that answers a `DLE EOT n`; it does not say which n.
    RealTime(u8),
    /// Four bytes of automatic status.
    Automatic(AutomaticStatus),
    /// The byte that answers `GS r 1`.
    Buffered(u8),
    /// What stood before this id is on paper.
    Printed(ProcessId),
    /// All buffers are empty.
    Cleared,
    /// The text of a `5F … 00` block: a name or a counter.
    Block(String),
    /// A `37`/`3D` block this kiosk has not asked for.
    OtherBlock(u8),
    ReadyToReceive,
    BufferFull,
    /// A byte that begins nothing.
    Unknown(u8),
}

/// Tells the answers apart by the fixed bits of their first byte (Epson, *Identification of
/// transmission status*): `0xx1xx10` real time, `0xx1xx00` automatic, 37h/3Dh/5Fh a block that ends
/// with 00h, 11h/13h flow, `0xx0xxxx` buffered.
#[derive(Debug, Default)]
pub struct Classifier {
    partial: Vec<u8>,
}

/// The longest block: 5Fh, 80 characters (`GS I`, Epson), 00h.
const BLOCK_BYTES_MAX: usize = 82;

impl Classifier {
    /// Whether a message has begun and not ended; a driver that waits too long for its end calls
    /// [`reset`](Self::reset).
    pub fn is_partial(&self) -> bool {
        !self.partial.is_empty()
    }

    /// Forget a message that will not end; answers how many bytes were dropped.
    pub fn reset(&mut self) -> usize {
        std::mem::take(&mut self.partial).len()
    }

    pub fn push(&mut self, bytes: &[u8]) -> Vec<Reply> {
        let mut replies = Vec::new();
        for &byte in bytes {
            self.push_byte(byte, &mut replies);
        }
        replies
    }

    fn push_byte(&mut self, byte: u8, replies: &mut Vec<Reply>) {
        match self.partial.first() {
            None => self.begin(byte, replies),
            Some(0x37 | 0x3D | 0x5F) => match byte {
                // Flow control is allowed to interrupt a block (TM-L90, p. 395).
                0x11 => replies.push(Reply::ReadyToReceive),
                0x13 => replies.push(Reply::BufferFull),
                0x00 => replies.push(self.end_block()),
                _ if self.partial.len() + 1 >= BLOCK_BYTES_MAX => {
                    replies
                        .extend(std::mem::take(&mut self.partial).into_iter().map(Reply::Unknown));
                    replies.push(Reply::Unknown(byte));
                }
                _ => self.partial.push(byte),
            },
            // Inside the four bytes of an automatic status every further byte has bit 4 clear.
            Some(_) if byte & 0x90 == 0 => {
                self.partial.push(byte);
                if let [first, mechanics, paper, _] = self.partial.as_slice() {
                    replies.push(Reply::Automatic(AutomaticStatus([*first, *mechanics, *paper])));
                    self.partial.clear();
                }
            }
            Some(_) if byte == 0x11 => replies.push(Reply::ReadyToReceive),
            Some(_) if byte == 0x13 => replies.push(Reply::BufferFull),
            Some(_) if byte & 0x93 == 0x12 => replies.push(Reply::RealTime(byte)),
            // Anything else means that the rest of that status was lost.
            Some(_) => {
                replies.extend(std::mem::take(&mut self.partial).into_iter().map(Reply::Unknown));
                self.begin(byte, replies);
            }
        }
    }

    fn begin(&mut self, byte: u8, replies: &mut Vec<Reply>) {
        match byte {
            0x11 => replies.push(Reply::ReadyToReceive),
            0x13 => replies.push(Reply::BufferFull),
            0x37 | 0x3D | 0x5F => self.partial.push(byte),
            _ if byte & 0x93 == 0x12 => replies.push(Reply::RealTime(byte)),
            _ if byte & 0x93 == 0x10 => self.partial.push(byte),
            _ if byte & 0x90 == 0x00 => replies.push(Reply::Buffered(byte)),
            _ => replies.push(Reply::Unknown(byte)),
        }
    }

    fn end_block(&mut self) -> Reply {
        let block = std::mem::take(&mut self.partial);
        match block.as_slice() {
            [0x37, 0x22, a, b, c, d] => Reply::Printed(ProcessId([*a, *b, *c, *d])),
            [0x37, 0x25] => Reply::Cleared,
            [0x5F, text @ ..] => Reply::Block(String::from_utf8_lossy(text).into_owned()),
            [0x37 | 0x3D, identifier, ..] => Reply::OtherBlock(*identifier),
            _ => Reply::OtherBlock(0),
        }
    }
}

/// What keeps a printer from printing, whichever status said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    pub offline: bool,
    pub cover_open: bool,
    pub paper_out: bool,
    pub paper_near_end: bool,
    pub cutter_error: bool,
    /// The print head is too hot; it recovers by itself.
    pub head_hot: bool,
    pub unrecoverable: bool,
    pub mechanical_error: bool,
}

impl Condition {
    pub fn may_print(self) -> bool {
        Self { paper_near_end: false, ..self } == Self::default()
    }

    /// Read the answers to `DLE EOT` 1 to 4, in that order. `None` when one of them cannot be such
    /// an answer.
    pub fn from_real_time([printer, offline, error, paper]: [u8; 4]) -> Option<Self> {
        let fixed = |byte: u8| byte & 0x93 == 0x12;
        [printer, offline, error, paper].into_iter().all(fixed).then_some(Self {
            offline: printer & 0x08 != 0,
            cover_open: offline & 0x04 != 0,
            paper_out: offline & 0x20 != 0 || paper & 0x60 != 0,
            paper_near_end: paper & 0x0C != 0,
            cutter_error: error & 0x08 != 0,
            head_hot: error & 0x40 != 0,
            unrecoverable: error & 0x20 != 0,
            mechanical_error: error & 0x04 != 0,
        })
    }
}

/// The first three of the four bytes of an automatic status; the fourth is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutomaticStatus([u8; 3]);

impl AutomaticStatus {
    pub fn condition(self) -> Condition {
        let [printer, mechanics, paper] = self.0;
        Condition {
            offline: printer & 0x08 != 0,
            cover_open: printer & 0x20 != 0,
            paper_out: paper & 0x0C != 0,
            paper_near_end: paper & 0x03 != 0,
            cutter_error: mechanics & 0x08 != 0,
            head_hot: mechanics & 0x40 != 0,
            unrecoverable: mechanics & 0x20 != 0,
            mechanical_error: mechanics & 0x04 != 0,
        }
    }
}
