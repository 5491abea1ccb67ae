//! Modbus RTU as bytes: two questions, their answers, and the checksum.
//!
//! Source: *MODBUS Application Protocol Specification V1.1b3* (functions 02 and 15) and *MODBUS over
//! Serial Line V1.02* (frame and CRC), modbus.org.

/// Inputs and outputs of a board at most; the boards in kiosks have 4 or 8 of each.
pub const CHANNELS: u8 = 8;

/// What is asked of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Function 02: how are the inputs?
    ReadInputs,
    /// Function 15: set all outputs, the first in the lowest bit.
    SetOutputs(u8),
}

/// Function 02, read discrete inputs.
pub const READ_INPUTS: u8 = 0x02;
/// Function 15, write multiple coils.
pub const WRITE_COILS: u8 = 0x0F;
/// Set in the function of an answer that refuses.
pub const EXCEPTION: u8 = 0x80;

impl Request {
    /// Its frame for the board at this address.
    pub fn frame(self, address: u8) -> Vec<u8> {
        let mut frame = match self {
            Self::ReadInputs => vec![address, READ_INPUTS, 0, 0, 0, CHANNELS],
            Self::SetOutputs(bits) => vec![address, WRITE_COILS, 0, 0, 0, CHANNELS, 1, bits],
        };
        frame.extend(crc(&frame).to_le_bytes());
        frame
    }
}

/// What the board answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The inputs, the first in the lowest bit.
    Inputs(u8),
    /// The outputs are set.
    OutputsSet,
    /// It does not know the function or the channel (exception code).
    Refused(u8),
}

/// Takes the answer of a board out of what came in: `None` while it may still be coming, `Some(None)`
/// when it is none.
pub fn answer(address: u8, bytes: &[u8]) -> Option<Option<Answer>> {
    let &[from, function, ref rest @ ..] = bytes else { return None };
    if from != address {
        return Some(None);
    }
    // Address, function, content, two bytes of checksum.
    let (length, content) = match (function, rest) {
        (READ_INPUTS, &[1, inputs, ..]) => (6, Answer::Inputs(inputs)),
        (READ_INPUTS, [] | [1]) => return None,
        (WRITE_COILS, &[0, 0, 0, CHANNELS, ..]) => (8, Answer::OutputsSet),
        (WRITE_COILS, rest) if rest.len() < 4 => return None,
        (function, &[code, ..]) if function & EXCEPTION != 0 => (5, Answer::Refused(code)),
        (function, []) if function & EXCEPTION != 0 => return None,
        _ => return Some(None),
    };
    let frame = bytes.get(..length)?;
    // The checksum over a frame with its checksum is zero.
    Some((crc(frame) == 0 && bytes.len() == length).then_some(content))
}

/// CRC-16 of Modbus: polynomial A001h reflected, begun with ones.
pub fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc: u16, byte| {
        (0..8).fold(
            crc ^ u16::from(*byte),
            |crc, _bit| {
                if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 }
            },
        )
    })
}
