//! An ID reader in software: a SAM module that answers frames, and the hand that lays cards on it.
//! It shares only byte tables with the driver; frames are taken apart and built here anew.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::bytes::{BAUDS, FINGERPRINTS_BYTES, LENGTH_MAX, PREAMBLE, request, status};
use crate::device::pty::{Effect, Happening, Simulator};
use crate::device::simulation::People;

/// What a module takes for a card, unless told otherwise (measured modules: 0.9 to 1.3 s).
const READ_MS: u64 = 900;
/// Find, select, status: a few milliseconds.
const ANSWER_MS: u64 = 5;

/// The simulated ID reader.
pub struct SimulatedIdReader {
    people: Arc<People>,
    received: Vec<u8>,
    card: Option<CardThere>,
    /// The module has found and selected it since the last read.
    selected: bool,
    read_ms: u64,
    /// How much of fingerprints it sends with each card; `None`: it does not speak of them.
    fingerprints: Option<u16>,
    baud: u32,
    fault: Option<Fault>,
    sam_is_well: bool,
    /// Answers on their way, and when they leave the module.
    answers: VecDeque<(Duration, Reply)>,
    /// How many cards were read well.
    reads: u64,
    requests: u64,
}

struct CardThere {
    text: [u8; 256],
    photo: Vec<u8>,
    new_address: Option<[u8; 70]>,
    /// It was read and has not been lifted since: modules do not find it again.
    resting: bool,
    wrong_kind: bool,
}

/// What goes wrong with the next answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Every answer is noise, until another fault or none.
    Garbage,
    /// The next long answer has a wrong checksum.
    BadSum,
    /// The next long answer ends after so many bytes.
    Truncate(usize),
    /// No answers, until another fault or none.
    Silence,
    /// The plug is pulled after so many bytes of the next long answer.
    UnplugMidFrame(usize),
    /// Every answer is preceded by what looks almost like a preamble.
    Noise,
}

enum Reply {
    Frame(Vec<u8>),
    /// The last frame at the old speed.
    Baud(u32),
    /// The card's bytes; decided when the reading ends, for the card may be gone by then.
    Card,
}

impl SimulatedIdReader {
    /// A reader without a card on it.
    pub fn new(people: Arc<People>) -> Self {
        Self {
            people,
            received: Vec::new(),
            card: None,
            selected: false,
            read_ms: READ_MS,
            fingerprints: None,
            baud: BAUDS[0],
            fault: None,
            sam_is_well: true,
            answers: VecDeque::new(),
            reads: 0,
            requests: 0,
        }
    }

    /// Takes whole requests out of what was received.
    fn requests(&mut self) -> Vec<Result<[u8; 2], u8>> {
        let mut requests = Vec::new();
        loop {
            let start = self
                .received
                .windows(PREAMBLE.len())
                .position(|window| window == PREAMBLE)
                .unwrap_or_else(|| self.received.len().saturating_sub(PREAMBLE.len() - 1));
            self.received.drain(..start);
            let &[_, _, _, _, _, high, low, ref rest @ ..] = self.received.as_slice() else {
                break;
            };
            let length = usize::from(high) << 8 | usize::from(low);
            if !(3..=LENGTH_MAX).contains(&length) {
                self.received.drain(..PREAMBLE.len());
                requests.push(Err(status::LENGTH));
                continue;
            }
            let (Some(body), Some(sum)) = (rest.get(..length - 1), rest.get(length - 1)) else {
                break;
            };
            let expected = body.iter().fold(high ^ low, |sum, byte| sum ^ byte);
            requests.push(match body {
                _ if *sum != expected => Err(status::CHECKSUM),
                &[command, parameter, ..] => Ok([command, parameter]),
                _ => Err(status::COMMAND),
            });
            self.received.drain(..7 + length);
        }
        requests
    }

    fn answer(&mut self, request: Result<[u8; 2], u8>) -> (u64, Reply) {
        let quick = |sw3, data: &[u8]| (ANSWER_MS, Reply::Frame(frame(sw3, data)));
        let command = match request {
            Ok(command) => command,
            Err(sw3) => return quick(sw3, &[]),
        };
        if !self.sam_is_well && command != request::RESET {
            return quick(status::SELF_TEST, &[]);
        }
        match command {
            request::RESET => (100, Reply::Frame(frame(status::OK, &[]))),
            request::STATUS => quick(status::OK, &[]),
            // 05.03-20090105-0000012345-0678901234, all little-endian.
            request::SAM_ID => quick(
                status::OK,
                &[5, 0, 3, 0, 0xF9, 0x8C, 0x32, 0x01, 0x39, 0x30, 0, 0, 0xF2, 0x35, 0x77, 0x28],
            ),
            request::FIND => match &self.card {
                Some(card) if !card.resting => quick(status::FOUND, &[0; 4]),
                Some(_) | None => quick(status::NO_CARD, &[]),
            },
            request::SELECT => match &self.card {
                Some(card) if card.wrong_kind => quick(status::CARD_TYPE, &[]),
                Some(card) if !card.resting => {
                    self.selected = true;
                    quick(status::OK, &[0; 8])
                }
                Some(_) | None => quick(status::SELECT_FAILED, &[]),
            },
            request::READ if self.selected => (self.read_ms, Reply::Card),
            request::READ => quick(status::READ_FAILED, &[]),
            request::READ_NEW_ADDRESS => match &self.card {
                Some(CardThere { new_address: Some(address), .. }) => quick(status::OK, address),
                Some(_) => quick(status::NO_ITEM, &[]),
                None => quick(status::READ_FAILED, &[]),
            },
            [request::SET_BAUD, number] => match BAUDS.get(usize::from(number)) {
                Some(baud) => (ANSWER_MS, Reply::Baud(*baud)),
                None => quick(status::COMMAND, &[]),
            },
            _ => quick(status::COMMAND, &[]),
        }
    }

    fn read_card(&mut self) -> Vec<u8> {
        let selected = std::mem::take(&mut self.selected);
        match &mut self.card {
            Some(card) if selected => {
                card.resting = true;
                self.reads += 1;
                let mut data = vec![0x01, 0x00, 0x04, 0x00];
                data.extend(self.fingerprints.iter().flat_map(|bytes| bytes.to_be_bytes()));
                data.extend(card.text);
                data.extend(&card.photo);
                // Of nobody.
                data.extend(vec![0xF1; usize::from(self.fingerprints.unwrap_or(0))]);
                frame(status::OK, &data)
            }
            Some(_) | None => frame(status::READ_FAILED, &[]),
        }
    }

    /// Sends a frame as the fault of the hour has it.
    fn send(&mut self, mut frame: Vec<u8>) -> Vec<Effect> {
        let is_long = frame.len() > 100;
        match self.fault {
            Some(Fault::Silence) => vec![],
            Some(Fault::Garbage) => {
                let noise = frame.iter().map(|byte| byte.rotate_left(3) ^ 0x3C).collect();
                vec![Effect::Send(noise)]
            }
            Some(Fault::Noise) => {
                let mut noise = vec![0xAA, 0x00, 0xAA, 0xAA];
                noise.append(&mut frame);
                vec![Effect::Send(noise)]
            }
            Some(Fault::BadSum) if is_long => {
                self.fault = None;
                if let Some(sum) = frame.last_mut() {
                    *sum ^= 0x01;
                }
                vec![Effect::Send(frame)]
            }
            Some(Fault::Truncate(count)) if is_long => {
                self.fault = None;
                frame.truncate(count);
                vec![Effect::Send(frame)]
            }
            Some(Fault::UnplugMidFrame(count)) if is_long => {
                self.fault = None;
                frame.truncate(count);
                vec![Effect::Send(frame), Effect::Unplug]
            }
            Some(Fault::BadSum | Fault::Truncate(_) | Fault::UnplugMidFrame(_)) | None => {
                vec![Effect::Send(frame)]
            }
        }
    }

    fn place(&mut self, words: &[&str]) -> Result<String, String> {
        let [key, options @ ..] = words else { return Err("place whom?".to_owned()) };
        let mut card = CardThere {
            text: self.people.card(key)?,
            photo: photo(),
            new_address: None,
            resting: false,
            wrong_kind: false,
        };
        match options {
            [] => {}
            ["moved-to", address @ ..] => {
                card.new_address = Some(new_address(&address.join(" "))?);
            }
            _ => return Err(format!("place {key} how? {}", options.join(" "))),
        }
        self.lay_down(card);
        Ok(format!("{key} lies on the reader"))
    }

    fn lay_down(&mut self, card: CardThere) {
        self.selected = false;
        self.card = Some(card);
    }
}

impl Simulator for SimulatedIdReader {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn baud(&self) -> u32 {
        self.baud
    }

    fn on(&mut self, now: Duration, happening: Happening<'_>) -> Vec<Effect> {
        match happening {
            Happening::Connected => {}
            Happening::HungUp => {
                self.received.clear();
                self.answers.clear();
                self.selected = false;
            }
            Happening::Received(bytes) => {
                self.received.extend(bytes);
                for request in self.requests() {
                    self.requests += 1;
                    let (after_ms, reply) = self.answer(request);
                    self.answers.push_back((now + Duration::from_millis(after_ms), reply));
                }
            }
            Happening::Due => {}
        }
        let mut effects = Vec::new();
        while self.answers.front().is_some_and(|(due, _)| *due <= now) {
            let Some((_, reply)) = self.answers.pop_front() else { break };
            let bytes = match reply {
                Reply::Frame(bytes) => bytes,
                Reply::Card => self.read_card(),
                Reply::Baud(baud) => {
                    self.baud = baud;
                    effects.extend(self.send(frame(status::OK, &[])));
                    effects.push(Effect::SetBaud(baud));
                    continue;
                }
            };
            effects.extend(self.send(bytes));
        }
        effects
    }

    fn deadline(&self) -> Option<Duration> {
        self.answers.front().map(|(due, _)| *due)
    }

    fn command(&mut self, _now: Duration, command: &str) -> Result<String, String> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let number = |text: &str| text.parse().map_err(|_why| format!("not a number: {text}"));
        match words.as_slice() {
            ["place", "other-kind"] => {
                let text = [0x20; 256];
                let card = CardThere {
                    text,
                    photo: photo(),
                    new_address: None,
                    resting: false,
                    wrong_kind: true,
                };
                self.lay_down(card);
                Ok("a card of another kind lies on the reader".to_owned())
            }
            ["place", "record", hex] => {
                let text = hex::decode(hex)
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok())
                    .ok_or("a record is 256 bytes in hexadecimal")?;
                let card = CardThere {
                    text,
                    photo: photo(),
                    new_address: None,
                    resting: false,
                    wrong_kind: false,
                };
                self.lay_down(card);
                Ok("a card with that record lies on the reader".to_owned())
            }
            ["place", rest @ ..] => self.place(rest),
            ["remove"] => {
                self.card = None;
                self.selected = false;
                Ok("no card".to_owned())
            }
            ["read-ms", ms] => {
                self.read_ms = number(ms)?;
                Ok(format!("reads a card in {ms} ms"))
            }
            ["fingerprints", "untold"] => {
                self.fingerprints = None;
                Ok("cards come without a word of fingerprints".to_owned())
            }
            ["fingerprints", bytes] => {
                let bytes: u16 = bytes.parse().map_err(|_why| format!("not a number: {bytes}"))?;
                if !FINGERPRINTS_BYTES.contains(&usize::from(bytes)) {
                    return Err("a card has 0, 512 or 1024 bytes of fingerprints".to_owned());
                }
                self.fingerprints = Some(bytes);
                Ok(format!("cards come with {bytes} bytes of fingerprints"))
            }
            ["sam", "fails"] => {
                self.sam_is_well = false;
                Ok("the SAM fails its self-test".to_owned())
            }
            ["sam", "well"] => {
                self.sam_is_well = true;
                Ok("the SAM is well".to_owned())
            }
            ["fault", fault @ ..] => {
                self.fault = match fault {
                    ["none"] => None,
                    ["garbage"] => Some(Fault::Garbage),
                    ["noise"] => Some(Fault::Noise),
                    ["badsum"] => Some(Fault::BadSum),
                    ["silence"] => Some(Fault::Silence),
                    ["truncate", count] => Some(Fault::Truncate(clamp(number(count)?))),
                    ["unplug-mid-frame", count] => {
                        Some(Fault::UnplugMidFrame(clamp(number(count)?)))
                    }
                    _ => return Err(format!("no such fault: {}", fault.join(" "))),
                };
                Ok(format!("fault {}", fault.join(" ")))
            }
            ["reads"] => Ok(self.reads.to_string()),
            ["requests"] => Ok(self.requests.to_string()),
            ["people"] => Ok(self.people.keys().join(" ")),
            _ => Err(format!(
                "id_reader knows: place WHO [moved-to ADDRESS]|place other-kind|place record HEX|\
                 remove|read-ms N|sam fails|sam well|reads|requests|people|fault none|garbage|noise|\
                 badsum|silence|truncate N|unplug-mid-frame N; not: {command}"
            )),
        }
    }

    fn holds(&self, _now: Duration, condition: &str) -> Option<bool> {
        match condition {
            "selected" => Some(self.selected),
            "read" => Some(self.card.as_ref().is_some_and(|card| card.resting)),
            "no-card" => Some(self.card.is_none()),
            _ => {
                let count = condition.strip_prefix("requests ")?.parse::<u64>().ok()?;
                Some(self.requests >= count)
            }
        }
    }
}

fn clamp(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// An answer: SW1 and SW2 are the card's and zero here.
fn frame(sw3: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 4).unwrap_or(u16::MAX).to_be_bytes();
    let mut frame = PREAMBLE.to_vec();
    frame.extend(length);
    frame.extend([0, 0, sw3]);
    frame.extend(data);
    let sum = frame.iter().skip(PREAMBLE.len()).fold(0, |sum, byte| sum ^ byte);
    frame.push(sum);
    frame
}

/// Bytes that are obviously no photo: 3, 10, 17, …
fn photo() -> Vec<u8> {
    (0..1024_u32).map(|index| (index * 7 + 3).to_le_bytes()[0]).collect()
}

fn new_address(text: &str) -> Result<[u8; 70], String> {
    let mut address = [0; 70];
    let mut units = text.encode_utf16();
    for bytes in address.chunks_exact_mut(2) {
        bytes.copy_from_slice(&units.next().unwrap_or(0x20).to_le_bytes());
    }
    match units.next() {
        None => Ok(address),
        Some(_) => Err("an address has 35 characters at most".to_owned()),
    }
}
