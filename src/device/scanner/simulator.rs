//! A scan engine in software, and the hand that holds codes before it.

use std::time::Duration;

use crate::device::pty::{Effect, Happening, Simulator};

/// How long an engine looks for a code after its trigger.
const LOOKS: Duration = Duration::from_secs(5);

/// The simulated scanner.
pub struct SimulatedScanner {
    kind: Kind,
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    received: Vec<u8>,
    /// Held before the window, not decoded yet.
    shown: Option<Vec<u8>>,
    looks_until: Option<Duration>,
    outbox: Vec<u8>,
    is_silent: bool,
    cut_after: Option<usize>,
    scans: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Looks all the time, until it gets its first command and knows what it is.
    Any,
    /// Looks all the time.
    Plain,
    Newland,
    Honeywell,
}

impl SimulatedScanner {
    /// An engine that takes whichever commands it gets, and ends its codes with CR.
    pub fn new() -> Self {
        Self {
            kind: Kind::Any,
            prefix: Vec::new(),
            suffix: vec![b'\r'],
            received: Vec::new(),
            shown: None,
            looks_until: None,
            outbox: Vec::new(),
            is_silent: false,
            cut_after: None,
            scans: 0,
        }
    }

    fn obey(&mut self, now: Duration) {
        if self.kind == Kind::Any {
            self.kind = match self.received.first() {
                Some(0x7E) => Kind::Newland,
                Some(0x16) => Kind::Honeywell,
                Some(_) | None => Kind::Any,
            };
        }
        match self.kind {
            Kind::Any => self.received.clear(),
            Kind::Plain => self.received.clear(),
            Kind::Honeywell => {
                while let Some(at) =
                    self.received.windows(3).position(|bytes| bytes.starts_with(&[0x16]))
                {
                    match self.received.get(at + 1) {
                        Some(b'T') => self.looks_until = Some(now + LOOKS),
                        Some(b'U') => self.looks_until = None,
                        Some(_) | None => {}
                    }
                    self.received.drain(..at + 3);
                }
            }
            Kind::Newland => {
                while let Some(end) = self.received.windows(2).position(|bytes| bytes == b";\x03") {
                    let command: Vec<u8> = self.received.drain(..end + 2).collect();
                    self.obey_newland(now, &command);
                }
            }
        }
    }

    fn obey_newland(&mut self, now: Duration, command: &[u8]) {
        // What came at another speed before it is no part of it.
        let start = b"\x7E\x010000#";
        let at = command.windows(start.len()).rposition(|bytes| bytes == start);
        let Some(command) = at.and_then(|at| command.get(at + start.len()..)) else { return };
        let command = command.strip_suffix(b";\x03").unwrap_or(command);
        let (data, verdict): (&[u8], u8) = match command {
            b"SCNTRG1" => {
                self.looks_until = Some(now + LOOKS);
                (b"", 0x06)
            }
            b"SCNTRG0" => {
                self.looks_until = None;
                (b"", 0x06)
            }
            b"QRYSYS" => (b"Simulated engine", 0x06),
            _ => (b"", 0x05),
        };
        if !self.is_silent {
            self.outbox.extend(b"\x02\x010000#");
            self.outbox.extend(command);
            self.outbox.extend(data);
            self.outbox.extend([verdict, b';', 0x03]);
        }
    }

    fn looks(&self, now: Duration) -> bool {
        match self.kind {
            Kind::Any | Kind::Plain => true,
            Kind::Newland | Kind::Honeywell => self.looks_until.is_some_and(|until| now < until),
        }
    }

    /// Decodes what is shown, if the engine looks.
    fn look(&mut self, now: Duration) {
        if !self.looks(now) || self.is_silent {
            return;
        }
        let Some(payload) = self.shown.take() else { return };
        self.looks_until = None;
        self.scans += 1;
        let mut frame = [self.prefix.as_slice(), &payload, &self.suffix].concat();
        if let Some(count) = self.cut_after.take() {
            frame.truncate(count);
        }
        self.outbox.append(&mut frame);
    }

    fn show(&mut self, what: &str) -> Result<String, String> {
        let payload = match what.strip_prefix('@') {
            Some(path) => std::fs::read(path).map_err(|error| format!("{path}: {error}"))?,
            None => what.as_bytes().to_vec(),
        };
        if payload.is_empty() {
            return Err("show what?".to_owned());
        }
        let count = payload.len();
        self.shown = Some(payload);
        Ok(format!("a code of {count} bytes is held before the window"))
    }
}

impl Default for SimulatedScanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Simulator for SimulatedScanner {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn baud(&self) -> u32 {
        115_200
    }

    fn on(&mut self, now: Duration, happening: Happening<'_>) -> Vec<Effect> {
        match happening {
            Happening::Connected | Happening::Due => {}
            Happening::HungUp => {
                self.received.clear();
                self.outbox.clear();
                self.looks_until = None;
            }
            Happening::Received(bytes) => {
                self.received.extend(bytes);
                self.obey(now);
            }
        }
        self.look(now);
        if self.outbox.is_empty() {
            return Vec::new();
        }
        vec![Effect::Send(std::mem::take(&mut self.outbox))]
    }

    fn deadline(&self) -> Option<Duration> {
        None
    }

    fn command(&mut self, _now: Duration, command: &str) -> Result<String, String> {
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        match (verb, rest) {
            ("show", what) => self.show(what),
            ("hide", _) => {
                self.shown = None;
                Ok("no code".to_owned())
            }
            ("engine", kind) => {
                self.kind = match kind {
                    "any" => Kind::Any,
                    "plain" => Kind::Plain,
                    "newland" => Kind::Newland,
                    "honeywell" => Kind::Honeywell,
                    _ => return Err(format!("no such engine: {kind}")),
                };
                Ok(format!("engine {kind}"))
            }
            ("suffix", suffix) => {
                let (prefix, bytes): (&[u8], &[u8]) = match suffix {
                    "cr" => (b"", b"\r"),
                    "lf" => (b"", b"\n"),
                    "crlf" => (b"", b"\r\n"),
                    "stx" => (b"\x02", b"\x03"),
                    "none" => (b"", b""),
                    _ => return Err(format!("no such suffix: {suffix}")),
                };
                self.prefix = prefix.to_vec();
                self.suffix = bytes.to_vec();
                Ok(format!("suffix {suffix}"))
            }
            ("fault", fault) => {
                match fault.split_once(' ').unwrap_or((fault, "")) {
                    ("none", _) => {
                        self.is_silent = false;
                        self.cut_after = None;
                    }
                    ("silence", _) => self.is_silent = true,
                    ("truncate", count) => {
                        let count =
                            count.parse().map_err(|_why| format!("not a number: {count}"))?;
                        self.cut_after = Some(count);
                    }
                    _ => return Err(format!("no such fault: {fault}")),
                }
                Ok(format!("fault {fault}"))
            }
            ("scans", _) => Ok(self.scans.to_string()),
            _ => Err(format!(
                "scanner knows: show TEXT|show @FILE|hide|engine any|plain|newland|honeywell|\
                 suffix cr|lf|crlf|stx|none|scans|fault none|silence|truncate N; not: {command}"
            )),
        }
    }

    fn holds(&self, now: Duration, condition: &str) -> Option<bool> {
        match condition {
            "looking" => Some(self.looks(now)),
            "scanned" => Some(self.scans > 0 && self.shown.is_none()),
            _ => None,
        }
    }
}
