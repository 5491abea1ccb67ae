//! Recordings of a device: everything its driver is told and wants done, one JSON object a line.
//!
//! Only builds with the feature `recordings` write them into files, for they hold what cards, codes and papers
//! say; a lobby never runs such a build. Dropped into `tests/recordings/`, a recording is replayed as a test.

use std::fmt::Debug;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    Driver, Health, Input, Output, id_reader, page_printer, panel, receipt_printer, scanner,
};

/// A driver that can be made again as it was, and told again what it was told.
pub trait Recorded: Driver<Command: Serialize + DeserializeOwned, Event: Debug> {
    /// What it is made with.
    type Settings: Serialize + DeserializeOwned + Send + 'static;

    /// The driver, its line not open yet.
    fn made(settings: Self::Settings) -> Self;
}

impl Recorded for id_reader::Driver {
    type Settings = ();

    fn made((): ()) -> Self {
        Self::new()
    }
}

impl Recorded for scanner::Driver {
    type Settings = scanner::Config;

    fn made(config: scanner::Config) -> Self {
        Self::new(config)
    }
}

impl Recorded for receipt_printer::ReceiptPrinter {
    /// Whether it may hold a paper of an earlier start.
    type Settings = bool;

    fn made(unfinished_job: bool) -> Self {
        Self::new(unfinished_job)
    }
}

impl Recorded for page_printer::PagePrinter {
    type Settings = page_printer::Settings;

    fn made(settings: page_printer::Settings) -> Self {
        Self::new(settings)
    }
}

impl Recorded for panel::Driver {
    type Settings = panel::Config;

    fn made(config: panel::Config) -> Self {
        Self::new(config)
    }
}

/// One line of a recording.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// The first: what the driver was made with.
    Made(serde_json::Value),
    /// The driver was told this.
    Told {
        /// When, in µs of the monotonic clock.
        at_us: u64,
        /// What.
        what: Told,
    },
    /// And then wanted this done.
    Wanted(Wanted),
}

/// What a driver was told: an [`Input`].
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// The line was opened.
    Opened,
    /// It is gone.
    Closed,
    /// The device said this.
    Received(Hex),
    /// All that was handed over has been taken.
    Sent,
    /// The kiosk asked for this; a paper is there with all its bytes.
    Command(serde_json::Value),
    /// Its deadline was reached.
    Due,
}

/// What a driver wanted done: an [`Output`].
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Bytes for the device.
    Send(Hex),
    /// What is not written yet is forgotten.
    DiscardUnsent,
    /// The kiosk was told; the words of its log, which hide what is somebody's.
    Event(String),
    /// The line was closed, to be opened anew.
    Reopen,
}

/// Bytes, two digits each.
#[derive(PartialEq, Eq)]
pub struct Hex(Zeroizing<Vec<u8>>);

impl Hex {
    fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }
}

impl Debug for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        in_hex::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        in_hex::deserialize(deserializer).map(Self)
    }
}

/// Bytes in a recording as two digits each.
pub(super) mod in_hex {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub(in crate::device) fn serialize<S: Serializer>(
        bytes: &[u8],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(in crate::device) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Zeroizing<Vec<u8>>, D::Error> {
        let digits = String::deserialize(deserializer)?;
        hex::decode(digits).map(Zeroizing::new).map_err(serde::de::Error::custom)
    }
}

/// A driver with somebody who writes down all it is told and wants.
pub struct Recorder<D, W> {
    driver: D,
    write: W,
}

impl<D: Recorded, W: FnMut(Line)> Recorder<D, W> {
    /// Makes the driver, and notes what with.
    pub fn new(settings: D::Settings, mut write: W) -> Self {
        write(Line::Made(value(&settings)));
        Self { driver: D::made(settings), write }
    }
}

impl<D: Recorded, W: FnMut(Line)> Driver for Recorder<D, W> {
    type Command = D::Command;
    type Event = D::Event;

    fn on(&mut self, now: Duration, input: Input<'_, D::Command>) -> Vec<Output<D::Event>> {
        let what = match &input {
            Input::Opened => Told::Opened,
            Input::Closed => Told::Closed,
            Input::Received(bytes) => Told::Received(Hex::of(bytes)),
            Input::Sent => Told::Sent,
            Input::Command(command) => Told::Command(value(command)),
            Input::Due => Told::Due,
        };
        let at_us = u64::try_from(now.as_micros()).expect("584,000 years");
        (self.write)(Line::Told { at_us, what });
        // What is written down has whole microseconds: the driver is told no more than that.
        let outputs = self.driver.on(Duration::from_micros(at_us), input);
        for output in &outputs {
            (self.write)(Line::Wanted(wanted(output)));
        }
        outputs
    }

    fn deadline(&self) -> Option<Duration> {
        // Rounded up: at the deadline, in whole microseconds, it has been reached.
        self.driver.deadline().map(|due| Duration::from_micros(micros_up(due)))
    }

    fn health(&self) -> Health {
        self.driver.health()
    }
}

fn micros_up(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1000)).expect("584,000 years")
}

fn value(of: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(of).expect("settings and commands are numbers, words and bytes")
}

fn wanted<E: Debug>(output: &Output<E>) -> Wanted {
    match output {
        Output::Send(bytes) => Wanted::Send(Hex::of(bytes)),
        Output::DiscardUnsent => Wanted::DiscardUnsent,
        Output::Event(event) => Wanted::Event(format!("{event:?}")),
        Output::Reopen => Wanted::Reopen,
    }
}

/// Why a recording is none.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A line is not one of a recording.
    #[error("line {number} of the recording is none")]
    Line {
        /// From 1.
        number: usize,
        /// Why not.
        source: serde_json::Error,
    },
    /// It does not begin with what the driver was made with.
    #[error("the recording does not begin with what its driver was made with")]
    Beginning,
    /// The driver wants something else now.
    #[error("after line {after} the driver wants {wants:?}, and wanted {wanted:?}")]
    Differs {
        /// The line it was told, from 1.
        after: usize,
        /// Now.
        wants: Vec<Wanted>,
        /// Then.
        wanted: Vec<Wanted>,
    },
}

/// Makes the driver again, tells it again what it was told at the same times, and compares what it wants done
/// with what it wanted then. Gives how many lines it was told.
pub fn replay<D: Recorded>(recording: &str) -> Result<usize, ReplayError> {
    let mut lines = recording.lines().enumerate().map(|(index, line)| {
        let number = index + 1;
        serde_json::from_str(line)
            .map(|line| (number, line))
            .map_err(|source| ReplayError::Line { number, source })
    });
    let Some((number, Line::Made(settings))) = lines.next().transpose()? else {
        return Err(ReplayError::Beginning);
    };
    let of_line = |number: usize| move |source| ReplayError::Line { number, source };
    let settings = serde_json::from_value(settings).map_err(of_line(number))?;
    let mut driver = D::made(settings);
    let mut wants = Vec::new();
    let mut then = Vec::new();
    let (mut told, mut last) = (0, 1);
    for line in lines {
        let (number, line) = line?;
        match line {
            Line::Made(_) => return Err(ReplayError::Beginning),
            Line::Told { at_us, what } => {
                compare(last, &mut wants, &mut then)?;
                let bytes;
                let input = match what {
                    Told::Opened => Input::Opened,
                    Told::Closed => Input::Closed,
                    Told::Received(Hex(received)) => {
                        bytes = received;
                        Input::Received(&bytes)
                    }
                    Told::Sent => Input::Sent,
                    Told::Command(command) => {
                        Input::Command(serde_json::from_value(command).map_err(of_line(number))?)
                    }
                    Told::Due => Input::Due,
                };
                let outputs = driver.on(Duration::from_micros(at_us), input);
                wants.extend(outputs.iter().map(wanted));
                told += 1;
                last = number;
            }
            Line::Wanted(wanted) => then.push(wanted),
        }
    }
    compare(last, &mut wants, &mut then)?;
    Ok(told)
}

fn compare(
    after: usize,
    wants: &mut Vec<Wanted>,
    then: &mut Vec<Wanted>,
) -> Result<(), ReplayError> {
    let (wants, wanted) = (std::mem::take(wants), std::mem::take(then));
    if wants == wanted { Ok(()) } else { Err(ReplayError::Differs { after, wants, wanted }) }
}

/// Writes a recording into a file from now on; what cannot be written is told once.
#[cfg(feature = "recordings")]
pub fn into_file(path: &std::path::Path) -> std::io::Result<impl FnMut(Line) + Send + use<>> {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path)?;
    let mut failed = false;
    Ok(move |line: Line| {
        let mut text = serde_json::to_string(&line).expect("a line is words and bytes");
        text.push('\n');
        if let Err(error) = file.write_all(text.as_bytes())
            && !std::mem::replace(&mut failed, true)
        {
            tracing::error!(%error, "a recording ends early");
        }
    })
}
