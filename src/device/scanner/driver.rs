//! How the scanner is driven: it delivers one code for each arming, and none otherwise.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::protocol::{Code, Engine, Frame, Framer, Reply, Request, Suffix};
use crate::device::{Health, Input, Output};
use crate::fault::FaultCode;

/// What the kiosk asks of the scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// A step of the session wants the next code.
    Arm,
    /// It wants none any more.
    Disarm,
}

/// What the scanner tells the kiosk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A code; the scanner is disarmed now.
    Scanned(Code),
    /// A code in no encoding known here; the scanner is still armed.
    Unreadable,
    /// A code longer than any this kiosk takes; the scanner is still armed.
    TooLong,
}

/// Which engine, and how it is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Config {
    /// What it understands.
    pub engine: Engine,
    /// What it sends after a payload.
    pub suffix: Suffix,
}

/// A pause this long ends a frame. Engines on USB send in packets a few milliseconds apart; two
/// codes are a hand's movement apart.
const GAP: Duration = Duration::from_millis(40);
/// An engine stops looking by itself after 3 to 5 s; while armed it is told again.
const TRIGGER_EVERY: Duration = Duration::from_secs(3);
/// Newland asks for this much between an answer and the next command …
const BETWEEN_COMMANDS: Duration = Duration::from_millis(50);
/// … and promises an answer within 500 ms; in practice it may take seconds while a code is being
/// decoded.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// An idle engine that can answer is asked this often.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);
/// So many unanswered in a row are no accident.
const MISSES_MAX: u8 = 3;

/// The state machine of the scanner.
#[derive(Debug)]
pub struct Driver {
    engine: Engine,
    framer: Framer,
    last_byte_at: Duration,
    open: bool,
    armed: bool,
    /// What is coming in began before the arming: not for this step.
    stale: bool,
    /// When a command to the engine is due.
    next_at: Duration,
    /// Until when an answer is due.
    answer_due: Option<Duration>,
    answers: bool,
    misses: u8,
    silent_openings: u8,
    unarmed_codes: u64,
}

type Outputs = Vec<Output<Event>>;

impl crate::device::Driver for Driver {
    type Command = Command;
    type Event = Event;

    fn on(&mut self, now: Duration, input: Input<'_, Command>) -> Outputs {
        let mut outputs = Vec::new();
        match input {
            Input::Opened => {
                self.open = true;
                self.framer.clear();
                self.next_at = now;
                self.answer_due = None;
                self.command_engine(now, &mut outputs);
            }
            Input::Closed => {
                self.open = false;
                self.framer.clear();
                self.answers = false;
                self.answer_due = None;
                self.misses = 0;
            }
            Input::Received(bytes) => {
                self.last_byte_at = now;
                for reply in self.framer.feed(bytes) {
                    self.replied(now, reply);
                }
            }
            Input::Sent => {}
            Input::Command(Command::Arm) => {
                self.armed = true;
                self.stale = self.framer.is_partial();
                self.next_at = now;
                self.command_engine(now, &mut outputs);
            }
            Input::Command(Command::Disarm) => {
                self.disarm(now);
                self.framer.clear();
                self.send(Request::Release, &mut outputs);
            }
            Input::Due => self.due(now, &mut outputs),
        }
        outputs
    }

    fn deadline(&self) -> Option<Duration> {
        let gap = self.framer.is_partial().then(|| self.last_byte_at + GAP);
        let next = match self.answer_due {
            Some(due) => Some(due),
            None => self.next_request().map(|_| self.next_at),
        };
        [gap, next].into_iter().flatten().min()
    }

    fn health(&self) -> Health {
        if self.silent_openings > 1 {
            Health::of(FaultCode::ScannerNotResponding)
        } else if self.engine == Engine::Newland && !self.answers {
            Health::Starting
        } else if self.open {
            Health::READY
        } else {
            Health::Starting
        }
    }
}

impl Driver {
    /// A driver whose line is not open yet.
    pub fn new(config: Config) -> Self {
        Self {
            engine: config.engine,
            framer: Framer::new(config.engine, config.suffix),
            last_byte_at: Duration::ZERO,
            open: false,
            armed: false,
            stale: false,
            next_at: Duration::ZERO,
            answer_due: None,
            answers: false,
            misses: 0,
            silent_openings: 0,
            unarmed_codes: 0,
        }
    }

    /// Codes that nobody had asked for: dropped, never told.
    pub fn unarmed_codes(&self) -> u64 {
        self.unarmed_codes
    }

    fn due(&mut self, now: Duration, outputs: &mut Outputs) {
        if self.framer.is_partial()
            && now >= self.last_byte_at + GAP
            && let Some(frame) = self.framer.pause()
        {
            self.framed(now, frame, outputs);
        }
        if self.answer_due.is_some_and(|due| now >= due) {
            self.answer_due = None;
            self.missed(outputs);
        }
        self.command_engine(now, outputs);
    }

    fn framed(&mut self, now: Duration, frame: Frame, outputs: &mut Outputs) {
        if !self.armed || std::mem::take(&mut self.stale) {
            self.unarmed_codes += 1;
            tracing::info!(count = self.unarmed_codes, "a code that nobody asked for was dropped");
            return;
        }
        match frame {
            Frame::Code(payload) if payload.is_empty() => {}
            Frame::Code(payload) => match Code::decode(&payload) {
                Some(code) => {
                    self.disarm(now);
                    outputs.push(Output::Event(Event::Scanned(code)));
                    return;
                }
                None => outputs.push(Output::Event(Event::Unreadable)),
            },
            Frame::TooLong => outputs.push(Output::Event(Event::TooLong)),
            Frame::Partial => {
                tracing::warn!(
                    "a part of a code came in: does its suffix agree with the settings?"
                );
                outputs.push(Output::Event(Event::Unreadable));
            }
        }
        // The engine has stopped looking with what it has sent.
        self.next_at = now;
    }

    fn disarm(&mut self, now: Duration) {
        self.armed = false;
        self.stale = false;
        self.next_at = now + HEARTBEAT_EVERY;
    }

    /// What the engine is to be told next.
    fn next_request(&self) -> Option<Request> {
        match self.engine {
            _ if !self.open => None,
            Engine::Plain => None,
            Engine::Honeywell => self.armed.then_some(Request::Trigger),
            Engine::Newland if self.armed && self.answers => Some(Request::Trigger),
            Engine::Newland => Some(Request::Identify),
        }
    }

    fn command_engine(&mut self, now: Duration, outputs: &mut Outputs) {
        if now < self.next_at || self.answer_due.is_some() {
            return;
        }
        let Some(request) = self.next_request() else { return };
        self.send(request, outputs);
        self.next_at =
            now + if request == Request::Trigger { TRIGGER_EVERY } else { HEARTBEAT_EVERY };
        if self.engine == Engine::Newland {
            self.answer_due = Some(now + ANSWER_WITHIN);
        }
    }

    fn send(&self, request: Request, outputs: &mut Outputs) {
        if self.open
            && let Some(frame) = request.frame(self.engine)
        {
            outputs.push(Output::Send(frame));
        }
    }

    fn replied(&mut self, now: Duration, reply: Reply) {
        if reply != Reply::Acknowledged {
            tracing::warn!(?reply, "the scanner does not take a command");
        }
        let first = !std::mem::replace(&mut self.answers, true);
        self.answer_due = None;
        self.misses = 0;
        self.silent_openings = 0;
        if first && self.armed {
            self.next_at = now;
        }
        self.next_at = self.next_at.max(now + BETWEEN_COMMANDS);
    }

    fn missed(&mut self, outputs: &mut Outputs) {
        self.misses += 1;
        if self.misses < MISSES_MAX {
            return;
        }
        self.misses = 0;
        self.silent_openings = self.silent_openings.saturating_add(1);
        outputs.push(Output::Reopen);
    }
}
