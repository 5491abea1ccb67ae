//! The byte language of scan engines: payload and suffix, the command sets of the engines that can
//! be triggered, and what a payload says. Pure.

use encoding_rs::GB18030;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::domain::Private;

/// Most bytes of one code. The largest QR code holds 2953.
pub const CODE_BYTES_MAX: usize = 4096;

/// What an engine understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Engine {
    /// Nothing: it scans by itself and sends what it sees.
    #[default]
    Plain,
    /// Newland's "unified" commands (NLS-HR52 manual, p. 35 and 234).
    Newland,
    /// Honeywell's serial trigger (N3680 guide, p. 160); Datalogic and Canmax have it as well.
    Honeywell,
}

/// What an engine sends after, or around, a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Suffix {
    /// CR, the usual one.
    #[default]
    CarriageReturn,
    /// LF.
    LineFeed,
    /// CR LF.
    CarriageReturnLineFeed,
    /// STX before and ETX after.
    StartAndEnd,
    /// Only a pause.
    None,
}

impl Suffix {
    /// The payload of a frame, if the frame is whole.
    fn strip(self, frame: &[u8]) -> Option<&[u8]> {
        match self {
            Self::CarriageReturn => frame.strip_suffix(b"\r"),
            Self::LineFeed => frame.strip_suffix(b"\n"),
            Self::CarriageReturnLineFeed => frame.strip_suffix(b"\r\n"),
            Self::StartAndEnd => frame.strip_prefix(&[0x02])?.strip_suffix(&[0x03]),
            Self::None => Some(frame),
        }
    }
}

/// What is asked of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Look for a code now.
    Trigger,
    /// Stop looking.
    Release,
    /// Say who you are.
    Identify,
}

impl Request {
    /// Its bytes; `None` where the engine has no such command.
    pub fn frame(self, engine: Engine) -> Option<Vec<u8>> {
        match (engine, self) {
            (Engine::Plain, _) | (Engine::Honeywell, Self::Identify) => None,
            // SYN T CR and SYN U CR.
            (Engine::Honeywell, Self::Trigger) => Some(vec![0x16, 0x54, 0x0D]),
            (Engine::Honeywell, Self::Release) => Some(vec![0x16, 0x55, 0x0D]),
            (Engine::Newland, Self::Trigger) => Some(newland("SCNTRG1")),
            (Engine::Newland, Self::Release) => Some(newland("SCNTRG0")),
            (Engine::Newland, Self::Identify) => Some(newland("QRYSYS")),
        }
    }
}

/// `7E 01 "0000" '#' command 3B 03`. `#` is volatile: flash wears out, and an engine swapped by a
/// technician must work without being set up.
fn newland(command: &str) -> Vec<u8> {
    [b"\x7E\x010000#", command.as_bytes(), b";\x03"].concat()
}

/// How a Newland reply begins: `02 01 "0000"`.
const REPLY_BEGINS: &[u8] = b"\x02\x010000";
/// And how it ends: `3B 03`.
const REPLY_ENDS: &[u8] = b";\x03";

/// A Newland engine's answer to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// 06: done.
    Acknowledged,
    /// 15: the value is out of range.
    Refused,
    /// 05, or anything else: the command is not known.
    Unknown,
}

/// What a stretch of bytes between two pauses was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A code.
    Code(Zeroizing<Vec<u8>>),
    /// More than a code can hold.
    TooLong,
    /// It lacks its suffix: only a part arrived.
    Partial,
}

/// Takes codes and replies out of a stream of bytes.
///
/// A payload may contain its own suffix (a text of several lines), so a frame ends with a pause,
/// not with the suffix alone: the feeder calls [`Framer::pause`] after one.
#[derive(Debug)]
pub struct Framer {
    engine: Engine,
    suffix: Suffix,
    buffer: Zeroizing<Vec<u8>>,
    too_long: bool,
}

impl Framer {
    /// A framer at the start of a stream.
    pub fn new(engine: Engine, suffix: Suffix) -> Self {
        // As much as it ever holds: growing would leave copies behind.
        let buffer = Zeroizing::new(Vec::with_capacity(CODE_BYTES_MAX));
        Self { engine, suffix, buffer, too_long: false }
    }

    /// Takes bytes, and gives the replies among them.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Vec<Reply> {
        let mut replies = Vec::new();
        while !bytes.is_empty() {
            let room = CODE_BYTES_MAX - self.buffer.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
            if self.engine == Engine::Newland {
                while let Some(reply) = self.take_reply() {
                    replies.push(reply);
                }
            }
            if self.buffer.len() == CODE_BYTES_MAX && !bytes.is_empty() {
                self.too_long = true;
                self.forget();
            }
        }
        replies
    }

    /// Whether something has come in since the last pause.
    pub fn is_partial(&self) -> bool {
        self.too_long || !self.buffer.is_empty()
    }

    /// A pause: what came in before it is a frame.
    pub fn pause(&mut self) -> Option<Frame> {
        let frame = if std::mem::take(&mut self.too_long) {
            Some(Frame::TooLong)
        } else if self.buffer.is_empty() {
            None
        } else {
            Some(match self.suffix.strip(&self.buffer) {
                Some(payload) => Frame::Code(Zeroizing::new(payload.to_vec())),
                None => Frame::Partial,
            })
        };
        self.forget();
        frame
    }

    /// Forgets what came in, as the end of a session demands.
    pub fn clear(&mut self) {
        self.too_long = false;
        self.forget();
    }

    fn forget(&mut self) {
        self.buffer.as_mut_slice().zeroize();
        self.buffer.clear();
    }

    /// Replies and codes share the line, and either may follow the other without a pause.
    fn take_reply(&mut self) -> Option<Reply> {
        let start = find(&self.buffer, REPLY_BEGINS)?;
        let length = find(self.buffer.get(start..)?, REPLY_ENDS)?;
        let end = start + length + REPLY_ENDS.len();
        let verdict = self.buffer.get(start + length - 1).copied();
        self.buffer.drain(start..end);
        Some(match verdict {
            Some(0x06) => Reply::Acknowledged,
            Some(0x15) => Reply::Refused,
            Some(_) | None => Reply::Unknown,
        })
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// A scanned code. It is a credential: what it says is private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Its bytes as they came.
    pub bytes: Private<Vec<u8>>,
    /// Its text.
    pub text: Private<String>,
}

impl Code {
    /// Reads a payload as UTF-8, else as GB18030 (Chinese engines send either); `None` when it is
    /// neither, for a guess would be another code.
    pub fn decode(payload: &[u8]) -> Option<Self> {
        let text = match std::str::from_utf8(payload) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                GB18030.decode_without_bom_handling_and_without_replacement(payload)?.into_owned()
            }
        };
        Some(Self { bytes: Private::new(payload.to_vec()), text: Private::new(text) })
    }
}
