//! The byte language of the SAM module: requests to bytes, bytes to answers. Pure.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use super::bytes::{
    ADDRESS_BYTES, BAUDS, FINGERPRINTS_BYTES, LENGTH_MAX, PHOTO_BYTES, PREAMBLE, TEXT_BYTES,
    request, status,
};

/// A request to the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Reset the SAM.
    Reset,
    /// Is the SAM well?
    Status,
    /// Which SAM is it?
    Identify,
    /// Is a card there?
    Find,
    /// Take that card.
    Select,
    /// Read text and photo.
    Read,
    /// Read the address written after the card was made.
    ReadNewAddress,
    /// Go on at another speed, once this was answered at the old one.
    SetBaud(Speed),
}

/// A speed a module can be set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed(u8);

impl Speed {
    /// `None` where no module can.
    pub fn of(baud: u32) -> Option<Self> {
        BAUDS.iter().position(|is| *is == baud).and_then(|at| u8::try_from(at).ok()).map(Self)
    }

    /// In baud.
    pub fn baud(self) -> u32 {
        BAUDS.get(usize::from(self.0)).copied().unwrap_or(BAUDS[0])
    }
}

impl Request {
    /// The frame of this request.
    pub fn frame(self) -> Vec<u8> {
        let [command, parameter] = match self {
            Self::Reset => request::RESET,
            Self::Status => request::STATUS,
            Self::Identify => request::SAM_ID,
            Self::Find => request::FIND,
            Self::Select => request::SELECT,
            Self::Read => request::READ,
            Self::ReadNewAddress => request::READ_NEW_ADDRESS,
            Self::SetBaud(Speed(number)) => [request::SET_BAUD, number],
        };
        let checked = [0, 3, command, parameter];
        let mut frame = PREAMBLE.to_vec();
        frame.extend(checked);
        frame.push(xor(&checked));
        frame
    }
}

/// An answer of the module: a whole frame whose checksum is right.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// SW3, the module's status. SW1 and SW2 are the card's and say nothing a kiosk needs.
    pub status: u8,
    /// What came with it; it may be a person's data.
    pub data: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({:02X}, {} bytes)", self.status, self.data.len())
    }
}

impl Answer {
    /// Text and photo of a successful read, if the data is of that shape: big-endian sub-lengths, 256
    /// and 1024, then the bytes. Some modules tell the length of fingerprints as a third and send them
    /// along, unasked: they are measured, and never looked at nor kept.
    pub fn text_and_photo(&self) -> Option<(&[u8; TEXT_BYTES], &[u8; PHOTO_BYTES])> {
        let rest = self.data.strip_prefix(&[0x01, 0x00, 0x04, 0x00])?;
        let fingerprints = rest.len().checked_sub(TEXT_BYTES + PHOTO_BYTES)?;
        let rest = match fingerprints.checked_sub(2) {
            None => rest,
            Some(told) => {
                let (length, rest) = rest.split_first_chunk()?;
                let is_so = usize::from(u16::from_be_bytes(*length)) == told;
                (is_so && FINGERPRINTS_BYTES.contains(&told)).then_some(rest)?
            }
        };
        let (text, rest) = rest.split_first_chunk()?;
        let (photo, rest) = rest.split_first_chunk()?;
        (fingerprints != 1 && rest.len() == fingerprints.saturating_sub(2)).then_some((text, photo))
    }

    /// The newest of the appended addresses: one or more blocks of 70 bytes, the last one written
    /// counts. `None` where there is none.
    pub fn newest_address(&self) -> Option<&[u8]> {
        if self.status != status::OK {
            return None;
        }
        self.data.chunks_exact(ADDRESS_BYTES).rfind(|address| {
            address.chunks_exact(2).any(|unit| unit != [0x20, 0] && unit != [0, 0])
        })
    }
}

/// The number of a security module, which says who authorised it: two numbers of its maker and batch,
/// a date, and two serial numbers, all little-endian (A905 reader's code; 16 bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SamId([u32; 5]);

impl SamId {
    /// Reads it from the data of an answer to [`Request::Identify`].
    pub fn read(data: &[u8]) -> Option<Self> {
        let bytes: &[u8; 16] = data.try_into().ok()?;
        let short = |at: usize| {
            let pair = bytes.get(at..at + 2)?.try_into().ok()?;
            Some(u32::from(u16::from_le_bytes(pair)))
        };
        let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        Some(Self([short(0)?, short(2)?, long(4)?, long(8)?, long(12)?]))
    }
}

/// As it is printed on the module: `05.03-20090105-0000012345-0678901234`.
impl fmt::Display for SamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([maker, batch, date, first, second]) = self;
        write!(f, "{maker:02}.{batch:02}-{date:08}-{first:010}-{second:010}")
    }
}

/// What the decoder makes of the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A whole frame.
    Answer(Answer),
    /// A frame whose checksum is wrong. Its bytes are looked through for the next preamble.
    BadChecksum,
    /// So many bytes that belong to no frame.
    Skipped(usize),
}

/// Takes frames out of a stream of bytes, however it is split, and finds back into it after noise.
///
/// A truncated frame looks like one that is still coming: whoever feeds the decoder calls
/// [`Decoder::give_up`] after a gap in the stream.
#[derive(Default)]
pub struct Decoder {
    /// Starts with a preamble or with what may become one.
    buffer: Zeroizing<Vec<u8>>,
}

/// Preamble and length field.
const HEADER_BYTES: usize = PREAMBLE.len() + 2;
/// SW1, SW2, SW3 and the checksum.
const LENGTH_MIN: usize = 4;

impl Decoder {
    /// A decoder at the start of a stream.
    pub fn new() -> Self {
        // All it can ever hold before a frame is taken out: a buffer that grows would leave
        // copies of what it held.
        Self {
            buffer: Zeroizing::new(Vec::with_capacity(
                HEADER_BYTES + LENGTH_MAX + crate::device::line::READ_BYTES_MAX,
            )),
        }
    }

    /// Takes bytes and returns what is complete by now.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Item> {
        self.buffer.extend_from_slice(bytes);
        let mut items = Vec::new();
        let mut skipped = 0;
        loop {
            skipped += self.skip_to_preamble();
            let Some(length) = self.length() else { break };
            if !(LENGTH_MIN..=LENGTH_MAX).contains(&length) {
                skipped += self.skip(1);
                continue;
            }
            let Some(checked) = self.buffer.get(PREAMBLE.len()..HEADER_BYTES + length) else {
                break;
            };
            if skipped > 0 {
                items.push(Item::Skipped(std::mem::take(&mut skipped)));
            }
            if xor(checked) == 0 {
                // Two length bytes, SW1, SW2, SW3, data, checksum.
                items.push(Item::Answer(Answer {
                    status: checked.get(4).copied().unwrap_or_default(),
                    data: checked.get(5..checked.len() - 1).unwrap_or_default().to_vec().into(),
                }));
                self.skip(HEADER_BYTES + length);
            } else {
                items.push(Item::BadChecksum);
                skipped += self.skip(1);
            }
        }
        if skipped > 0 {
            items.push(Item::Skipped(skipped));
        }
        items
    }

    /// Whether a frame has begun and not ended.
    pub fn is_partial(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Forgets a frame that is not going to end, and returns how many bytes of it there were.
    pub fn give_up(&mut self) -> usize {
        self.skip(self.buffer.len())
    }

    fn length(&self) -> Option<usize> {
        match self.buffer.get(PREAMBLE.len()..HEADER_BYTES)? {
            &[high, low] => Some(usize::from(u16::from_be_bytes([high, low]))),
            _ => None,
        }
    }

    /// Drops bytes until the buffer starts with a preamble, or with the beginning of one.
    fn skip_to_preamble(&mut self) -> usize {
        let start = (0..self.buffer.len())
            .find(|&start| {
                let rest = self.buffer.get(start..).unwrap_or_default();
                let count = rest.len().min(PREAMBLE.len());
                rest.get(..count) == PREAMBLE.get(..count)
            })
            .unwrap_or(self.buffer.len());
        self.skip(start)
    }

    fn skip(&mut self, count: usize) -> usize {
        let kept = self.buffer.len() - count;
        self.buffer.copy_within(count.., 0);
        self.buffer.get_mut(kept..).unwrap_or_default().zeroize();
        self.buffer.truncate(kept);
        count
    }
}

/// The checksum: exclusive or from the length field to the byte before it. Over a frame with its
/// checksum it is zero.
fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}
