//! How the panel is driven: its inputs are asked four times a second, its lamps set when they change.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::protocol::{Answer, Request, answer};
use crate::device::{Health, Input, Output};
use crate::fault::FaultCode;

/// What the kiosk asks of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Light these lamps, and no others.
    Light(Lamps),
}

/// What the panel tells the kiosk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An input has changed; also told once when the line is opened.
    Changed(Inputs),
}

/// The inputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inputs {
    /// The cabinet's door is open.
    pub door_open: bool,
    /// The maintenance key is turned.
    pub key_turned: bool,
    /// Somebody stands before the kiosk.
    pub somebody_near: bool,
}

/// The guide lamps, one at each place where an applicant's hand is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lamps {
    /// At the card reader.
    pub id_reader: bool,
    /// At the scan window.
    pub scanner: bool,
    /// At the slot of the slips.
    pub receipt_printer: bool,
    /// At the tray of the certificates.
    pub page_printer: bool,
}

/// Which channel of the board is what, from 1; `None` where nothing is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// The board's Modbus address.
    pub address: u8,
    /// Input of the door contact, closed while the door is.
    pub door: Option<u8>,
    /// Input of the maintenance key.
    pub key: Option<u8>,
    /// Input of the proximity sensor.
    pub proximity: Option<u8>,
    /// Output of each lamp: ID reader, scanner, receipt printer, page printer.
    pub lamps: [Option<u8>; 4],
}

/// The inputs are asked this often: a key is turned slower, and an applicant does not notice.
const POLL_EVERY: Duration = Duration::from_millis(250);
/// An answer of ten bytes takes 10 ms at 9600 baud, boards take up to 100 ms for it, and a busy machine
/// must not take its own lateness for the board's.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// The lamps are set again this often, changed or not: a board loses them with its power, and a late
/// answer to an earlier setting says nothing of the last one.
const LIGHT_EVERY: Duration = Duration::from_secs(5);
/// So many unanswered in a row are no accident.
const MISSES_MAX: u8 = 3;
/// An input has to be the same twice in a row: contacts bounce.
const SAME: u8 = 2;

/// The state machine of the panel.
#[derive(Debug)]
pub struct Driver {
    config: Config,
    open: bool,
    received: Vec<u8>,
    asked: Option<(Request, Duration)>,
    next_at: Duration,
    misses: u8,
    silent_openings: u8,
    answers: bool,
    refused: bool,
    /// What the inputs were last, and how often in a row.
    seen: (Inputs, u8),
    told: Option<Inputs>,
    lamps: Lamps,
    /// What the board has said it has set, and when.
    lit: Option<(Lamps, Duration)>,
}

impl Driver {
    /// A driver whose line is not open yet.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            open: false,
            received: Vec::new(),
            asked: None,
            next_at: Duration::ZERO,
            misses: 0,
            silent_openings: 0,
            answers: false,
            refused: false,
            seen: (Inputs::default(), 0),
            told: None,
            lamps: Lamps::default(),
            lit: None,
        }
    }

    fn ask(&mut self, now: Duration, outputs: &mut Vec<Output<Event>>) {
        let request = if self.is_lit(now) {
            Request::ReadInputs
        } else {
            Request::SetOutputs(self.config.bits(self.lamps))
        };
        self.received.clear();
        self.asked = Some((request, now + ANSWER_WITHIN));
        outputs.push(Output::Send(request.frame(self.config.address)));
    }

    /// Whether the lamps are known to be as they should.
    fn is_lit(&self, now: Duration) -> bool {
        self.lit.is_some_and(|(lamps, at)| lamps == self.lamps && now < at + LIGHT_EVERY)
    }

    fn answered(&mut self, now: Duration, answer: Answer, outputs: &mut Vec<Output<Event>>) {
        let Some((request, _)) = self.asked else { return };
        match (request, answer) {
            // The late answer to the question before: the one that is wanted still comes.
            (Request::ReadInputs, Answer::OutputsSet)
            | (Request::SetOutputs(_), Answer::Inputs(_)) => return self.received.clear(),
            (Request::ReadInputs, Answer::Inputs(_) | Answer::Refused(_))
            | (Request::SetOutputs(_), Answer::OutputsSet | Answer::Refused(_)) => {}
        }
        self.asked = None;
        self.misses = 0;
        self.silent_openings = 0;
        self.answers = true;
        self.next_at = now + POLL_EVERY;
        match (request, answer) {
            (Request::ReadInputs, Answer::Inputs(bits)) => {
                self.refused = false;
                let inputs = self.config.inputs(bits);
                let (last, times) = self.seen;
                let times = if inputs == last { times.saturating_add(1) } else { 1 };
                self.seen = (inputs, times);
                if times >= SAME && self.told != Some(inputs) {
                    self.told = Some(inputs);
                    outputs.push(Output::Event(Event::Changed(inputs)));
                }
            }
            (Request::SetOutputs(bits), Answer::OutputsSet) => {
                self.refused = false;
                if bits == self.config.bits(self.lamps) {
                    self.lit = Some((self.lamps, now));
                }
                self.next_at = now;
            }
            // A board with fewer channels, or of another kind.
            (_, Answer::Refused(_) | Answer::Inputs(_) | Answer::OutputsSet) => {
                self.refused = true;
                self.lit = Some((self.lamps, now));
            }
        }
    }

    fn missed(&mut self, outputs: &mut Vec<Output<Event>>) {
        self.asked = None;
        self.misses += 1;
        if self.misses >= MISSES_MAX {
            self.misses = 0;
            self.silent_openings = self.silent_openings.saturating_add(1);
            outputs.push(Output::Reopen);
        }
    }
}

impl Config {
    fn inputs(self, bits: u8) -> Inputs {
        let is_on = |channel: Option<u8>| channel.map(|channel| bits & bit(channel) != 0);
        Inputs {
            // The contact is closed while the door is: a cut wire is an open door.
            door_open: is_on(self.door) == Some(false),
            key_turned: is_on(self.key) == Some(true),
            somebody_near: is_on(self.proximity) == Some(true),
        }
    }

    fn bits(self, lamps: Lamps) -> u8 {
        let Lamps { id_reader, scanner, receipt_printer, page_printer } = lamps;
        let lit = [id_reader, scanner, receipt_printer, page_printer];
        self.lamps
            .into_iter()
            .zip(lit)
            .filter_map(|(channel, is_lit)| channel.filter(|_| is_lit))
            .fold(0, |bits, channel| bits | bit(channel))
    }
}

/// The bit of a channel, from 1.
fn bit(channel: u8) -> u8 {
    1_u8.checked_shl(u32::from(channel.saturating_sub(1))).unwrap_or(0)
}

impl crate::device::Driver for Driver {
    type Command = Command;
    type Event = Event;

    fn on(&mut self, now: Duration, input: Input<'_, Command>) -> Vec<Output<Event>> {
        let mut outputs = Vec::new();
        match input {
            Input::Opened => {
                self.open = true;
                self.told = None;
                self.seen = (Inputs::default(), 0);
                // The board keeps its outputs over a reset of ours, and loses them with its power.
                self.lit = None;
                self.ask(now, &mut outputs);
            }
            Input::Closed => {
                self.open = false;
                self.asked = None;
                self.answers = false;
                self.received.clear();
            }
            Input::Received(bytes) => {
                // More than any answer is noise.
                if self.received.len() + bytes.len() > 64 {
                    self.received.clear();
                } else {
                    self.received.extend_from_slice(bytes);
                }
                if let Some(Some(found)) = answer(self.config.address, &self.received) {
                    self.answered(now, found, &mut outputs);
                }
            }
            Input::Sent => {}
            Input::Command(Command::Light(lamps)) => {
                self.lamps = lamps;
                if self.open && self.asked.is_none() && !self.is_lit(now) {
                    self.ask(now, &mut outputs);
                }
            }
            Input::Due => {
                if self.asked.is_some_and(|(_, due)| now >= due) {
                    self.missed(&mut outputs);
                }
                if self.open && self.asked.is_none() && now >= self.next_at {
                    self.ask(now, &mut outputs);
                }
            }
        }
        outputs
    }

    fn deadline(&self) -> Option<Duration> {
        match self.asked {
            Some((_, due)) => Some(due),
            None => self.open.then_some(self.next_at),
        }
    }

    fn health(&self) -> Health {
        if self.silent_openings > 1 || self.refused {
            Health::of(FaultCode::PanelNotResponding)
        } else if !self.answers {
            Health::Starting
        } else if self.told.is_some_and(|inputs| inputs.door_open) {
            Health::of(FaultCode::PanelDoorOpen)
        } else {
            Health::READY
        }
    }
}
