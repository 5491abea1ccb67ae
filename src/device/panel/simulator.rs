//! A panel in software: a Modbus board, the hand at door and key, and somebody who comes near.

use std::time::Duration;

use crate::device::pty::{Effect, Happening, Simulator};

/// A board's own time for an answer.
const ANSWER: Duration = Duration::from_millis(8);
/// Wired as the shipped devices.toml says: door 1, key 2, proximity 3.
const DOOR: u8 = 0x01;
const KEY: u8 = 0x02;
const NEAR: u8 = 0x04;

/// The simulated panel.
pub struct SimulatedPanel {
    inputs: u8,
    outputs: u8,
    received: Vec<u8>,
    answer: Option<(Duration, Vec<u8>)>,
    is_silent: bool,
    polls: u64,
    last_byte_at: Duration,
}

/// A pause this long ends a frame (the standard says 3.5 characters; USB adapters are coarser).
const GAP: Duration = Duration::from_millis(20);

impl SimulatedPanel {
    /// A panel whose door is closed, with nobody near.
    pub fn new() -> Self {
        Self {
            inputs: DOOR,
            outputs: 0,
            received: Vec::new(),
            answer: None,
            is_silent: false,
            polls: 0,
            last_byte_at: Duration::ZERO,
        }
    }

    /// Frames have no mark of their own: what a question looks like decides.
    fn obey(&mut self, now: Duration) {
        let length = match self.received.as_slice() {
            [_, 0x02, ..] => 8,
            [_, 0x0F, _, _, _, _, bytes, ..] => 9 + usize::from(*bytes),
            [_, 0x0F, ..] | [] | [_] => return,
            _ => return self.received.clear(),
        };
        if self.received.len() < length {
            return;
        }
        let frame: Vec<u8> = self.received.drain(..length).collect();
        let (content, sum) = frame.split_at(length - 2);
        if sum != checksum(content) {
            return self.received.clear();
        }
        let reply = match content {
            [1, 0x02, 0, 0, 0, 8] => {
                self.polls += 1;
                vec![1, 0x02, 1, self.inputs]
            }
            [1, 0x0F, 0, 0, 0, 8, 1, outputs] => {
                self.outputs = *outputs;
                vec![1, 0x0F, 0, 0, 0, 8]
            }
            // Illegal data address.
            [1, function, ..] => vec![1, function | 0x80, 0x02],
            _ => return,
        };
        let sum = checksum(&reply);
        self.answer = Some((now + ANSWER, [reply.as_slice(), &sum].concat()));
    }
}

impl Default for SimulatedPanel {
    fn default() -> Self {
        Self::new()
    }
}

/// CRC-16/MODBUS by its table-free definition, low byte first; written apart from the driver's.
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut sum = u32::from(u16::MAX);
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = sum % 2;
            sum /= 2;
            if carry == 1 {
                sum ^= 0xA001;
            }
        }
    }
    let [low, high, ..] = sum.to_le_bytes();
    [low, high]
}

impl Simulator for SimulatedPanel {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn baud(&self) -> u32 {
        9600
    }

    fn on(&mut self, now: Duration, happening: Happening<'_>) -> Vec<Effect> {
        match happening {
            Happening::Connected | Happening::Due => {}
            Happening::HungUp => {
                self.received.clear();
                self.answer = None;
            }
            Happening::Received(bytes) => {
                if now > self.last_byte_at + GAP {
                    self.received.clear();
                }
                self.last_byte_at = now;
                self.received.extend(bytes);
                self.obey(now);
            }
        }
        match self.answer.take_if(|(due, _)| *due <= now) {
            Some((_, bytes)) if !self.is_silent => vec![Effect::Send(bytes)],
            Some(_) | None => Vec::new(),
        }
    }

    fn deadline(&self) -> Option<Duration> {
        self.answer.as_ref().map(|(due, _)| *due)
    }

    fn command(&mut self, _now: Duration, command: &str) -> Result<String, String> {
        match command {
            "door open" => self.inputs &= !DOOR,
            "door close" => self.inputs |= DOOR,
            "key turn" => self.inputs |= KEY,
            "key back" => self.inputs &= !KEY,
            "near" => self.inputs |= NEAR,
            "away" => self.inputs &= !NEAR,
            "fault silence" => self.is_silent = true,
            "fault none" => self.is_silent = false,
            "lamps" => return Ok(format!("{:08b}", self.outputs)),
            "polls" => return Ok(self.polls.to_string()),
            _ => {
                return Err(format!(
                    "panel knows: door open|door close|key turn|key back|near|away|lamps|polls|\
                     fault silence|fault none; not: {command}"
                ));
            }
        }
        Ok(command.to_owned())
    }

    fn holds(&self, _now: Duration, condition: &str) -> Option<bool> {
        let (word, value) = condition.split_once(' ')?;
        match word {
            "lamps" => Some(format!("{:08b}", self.outputs) == value),
            "polls" => Some(self.polls >= value.parse().ok()?),
            _ => None,
        }
    }
}
