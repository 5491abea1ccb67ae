//! The simulator's end of a serial line: a pty that is published as a symlink, with the pace, the
//! speed and the faults of a real cable, and the [`Simulator`] that sits at its far end.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::fs::{OFlags, fcntl_setfl, inotify};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// A device in software. It is told the time like a driver, and shares no code with one.
pub trait Simulator: Send {
    /// Its name, which is also the name of its symlink and the first word of its commands.
    fn name(&self) -> &'static str;

    /// The speed it talks at; an application at another speed sees and sends garbage.
    fn baud(&self) -> u32;

    /// Something happened on the line, or the deadline is reached. Also called with
    /// [`Happening::Due`] right after each command, so that a command may have an effect at once.
    fn on(&mut self, now: Duration, happening: Happening<'_>) -> Vec<Effect>;

    /// When it wants to be called even if nothing happens.
    fn deadline(&self) -> Option<Duration>;

    /// A hand of somebody at the kiosk: `cover open`, `place P01`. The answer is one line; `Err`
    /// says what is wrong with the command. It has taken effect when this returns.
    fn command(&mut self, now: Duration, command: &str) -> Result<String, String>;

    /// Whether `condition` holds now, for `wait DEVICE CONDITION`; `None` for a condition it does
    /// not know.
    fn holds(&self, now: Duration, condition: &str) -> Option<bool>;

    /// How many bytes its receive buffer has room for. While there is none, the line is held as by
    /// flow control, and the application's writes come to a halt.
    fn room(&self) -> usize {
        usize::MAX
    }
}

/// What happens to a simulator.
#[derive(Debug)]
pub enum Happening<'a> {
    /// An application has opened the line.
    Connected,
    /// It has closed the line, or the plug was pulled.
    HungUp,
    /// Bytes have arrived, after their time on the line.
    Received(&'a [u8]),
    /// The deadline is reached.
    Due,
}

/// What a simulator does to the line.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send these bytes, after those before them.
    Send(Vec<u8>),
    /// Somebody pulls the plug, once what was sent before is out.
    Unplug,
    /// Go on at this speed, once what was sent before is out.
    SetBaud(u32),
}

/// A pty published under a name, as the far end of somebody's serial cable.
///
/// Each hang-up is followed by a fresh pty: Linux keeps `TIOCEXCL` on the old one when the
/// application was killed, and would lock out its successor.
pub(super) struct Pty {
    master: File,
    /// Tells when the near end is opened.
    opened: File,
    link: PathBuf,
    near_end: PathBuf,
}

impl Pty {
    /// Makes a pty and points `link` at it, in one step if there was one before.
    pub(super) fn publish(link: &Path) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        // A fresh pty echoes and turns \r into \n. It must not do so for a single byte.
        let mut termios = tcgetattr(&master)?;
        termios.make_raw();
        tcsetattr(&master, OptionalActions::Now, &termios)?;
        let near_end = OsString::from_vec(ptsname(&master, Vec::new())?.into_bytes());
        let near_end = PathBuf::from(near_end);
        let opened = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC)?;
        inotify::add_watch(&opened, &near_end, inotify::WatchFlags::OPEN)?;
        let fresh = link.with_extension("fresh");
        match std::fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        std::os::unix::fs::symlink(&near_end, &fresh)?;
        rustix::fs::rename(&fresh, link)?;
        Ok(Self {
            master: File::from(master),
            opened: File::from(opened),
            link: link.to_owned(),
            near_end,
        })
    }

    pub(super) fn register(
        &self,
        registry: &Registry,
        master: Token,
        opened: Token,
    ) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        registry.register(&mut SourceFd(&self.master.as_raw_fd()), master, interest)?;
        registry.register(&mut SourceFd(&self.opened.as_raw_fd()), opened, Interest::READABLE)
    }

    /// Whether somebody has opened the near end since the last question.
    pub(super) fn was_opened(&self) -> bool {
        let mut events = [0; 1024];
        let mut opened = false;
        while matches!((&self.opened).read(&mut events), Ok(count) if count > 0) {
            opened = true;
        }
        opened
    }

    /// The speed the application has set.
    pub(super) fn baud(&self) -> io::Result<u32> {
        Ok(tcgetattr(&self.master)?.output_speed())
    }

    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.master).read(buffer)
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        (&self.master).write(bytes)
    }
}

impl Drop for Pty {
    /// Pulls the plug: the near end hangs up, and its name is gone unless it points elsewhere by
    /// now.
    fn drop(&mut self) {
        if std::fs::read_link(&self.link).is_ok_and(|target| target == self.near_end)
            && let Err(error) = std::fs::remove_file(&self.link)
        {
            tracing::debug!(%error, "cannot remove {}", self.link.display());
        }
    }
}

/// How fast bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineRate {
    /// Ten bits a byte at the device's speed.
    #[default]
    Real,
    /// As fast as the machine can.
    Max,
}

/// Bytes on the line, each in its time, both ways. Pure: it is told the time.
pub(super) struct Cable {
    rate: LineRate,
    baud: u32,
    /// Sent by the device, not yet at the application.
    outgoing: VecDeque<Outgoing>,
    /// When the line to the application is free again.
    outgoing_free_at: Duration,
    /// Taken from the application, not yet at the device, and when they are: what is on the line, and what
    /// the port holds ready, as a UART does, so that a simulator that wakes late leaves no gap on it.
    incoming: VecDeque<(Duration, Vec<u8>)>,
    incoming_free_at: Duration,
    /// How many bytes from the application get lost next.
    eat: usize,
    ledger: Ledger,
}

/// One on the line, one behind it.
const BURSTS_INCOMING_MAX: usize = 2;

/// How busy the line to the device is kept.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ledger {
    /// So many bytes are counted, and then no more.
    wanted: u64,
    /// Bytes counted.
    pub(super) bytes: u64,
    /// Their time on the line.
    pub(super) busy: Duration,
    first_at: Option<Duration>,
    last_at: Duration,
}

impl Ledger {
    /// Counts the next `wanted` bytes.
    pub(super) fn of(wanted: u64) -> Self {
        Self { wanted, ..Self::default() }
    }

    fn note(&mut self, now: Duration, until: Duration, bytes: usize, line_time: Duration) {
        if self.bytes < self.wanted {
            self.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
            self.busy += line_time;
            self.first_at.get_or_insert(now);
            self.last_at = until;
        }
    }

    /// From the first of them to the last.
    pub(super) fn span(&self) -> Duration {
        self.first_at.map_or(Duration::ZERO, |first| self.last_at.saturating_sub(first))
    }
}

enum Outgoing {
    Bytes(VecDeque<u8>),
    Unplug,
    Speed(u32),
}

/// What the cable brings to the application.
pub(super) enum Arrival {
    Bytes(Vec<u8>),
    Unplugged,
}

impl Cable {
    pub(super) fn new(rate: LineRate, baud: u32) -> Self {
        Self {
            rate,
            baud,
            outgoing: VecDeque::new(),
            outgoing_free_at: Duration::ZERO,
            incoming: VecDeque::with_capacity(BURSTS_INCOMING_MAX),
            incoming_free_at: Duration::ZERO,
            eat: 0,
            ledger: Ledger::default(),
        }
    }

    pub(super) fn measure(&mut self, bytes: u64) {
        self.ledger = Ledger::of(bytes);
    }

    pub(super) fn ledger(&self) -> Ledger {
        self.ledger
    }

    pub(super) fn set_baud(&mut self, baud: u32) {
        self.baud = baud;
    }

    pub(super) fn baud(&self) -> u32 {
        self.baud
    }

    pub(super) fn eat(&mut self, count: usize) {
        self.eat += count;
    }

    /// The plug is out: nothing is on the line any more.
    pub(super) fn clear(&mut self) {
        self.outgoing.clear();
        self.incoming.clear();
    }

    pub(super) fn send(&mut self, now: Duration, bytes: Vec<u8>) {
        self.start(now);
        self.outgoing.push_back(Outgoing::Bytes(bytes.into()));
    }

    pub(super) fn set_baud_after(&mut self, now: Duration, baud: u32) {
        self.start(now);
        self.outgoing.push_back(Outgoing::Speed(baud));
    }

    pub(super) fn unplug_after(&mut self, now: Duration) {
        self.start(now);
        self.outgoing.push_back(Outgoing::Unplug);
    }

    fn start(&mut self, now: Duration) {
        if self.outgoing.is_empty() {
            self.outgoing_free_at = self.outgoing_free_at.max(now);
        }
    }

    /// What has arrived at the application by now, a burst at a time.
    pub(super) fn arrive(&mut self, now: Duration) -> Option<Arrival> {
        if self.outgoing_due()? > now {
            return None;
        }
        let due = self.outgoing_due()?;
        let burst = self.burst();
        match self.outgoing.front_mut()? {
            Outgoing::Bytes(bytes) => {
                let count = bytes.len().min(burst);
                let burst = bytes.drain(..count).collect();
                if bytes.is_empty() {
                    self.outgoing.pop_front();
                }
                self.outgoing_free_at = due;
                Some(Arrival::Bytes(burst))
            }
            Outgoing::Speed(baud) => {
                self.baud = *baud;
                self.outgoing.pop_front();
                self.arrive(now)
            }
            Outgoing::Unplug => {
                self.clear();
                Some(Arrival::Unplugged)
            }
        }
    }

    fn outgoing_due(&self) -> Option<Duration> {
        Some(match self.outgoing.front()? {
            Outgoing::Bytes(bytes) => {
                self.outgoing_free_at + self.line_time(bytes.len().min(self.burst()))
            }
            Outgoing::Speed(_) | Outgoing::Unplug => self.outgoing_free_at,
        })
    }

    /// How many bytes may be taken from the application now.
    pub(super) fn may_take(&self, room: usize) -> usize {
        let coming: usize = self.incoming.iter().map(|(_, bytes)| bytes.len()).sum();
        let is_full = self.incoming.len() >= BURSTS_INCOMING_MAX;
        if is_full { 0 } else { self.burst().min(room.saturating_sub(coming)) }
    }

    pub(super) fn take(&mut self, now: Duration, mut bytes: Vec<u8>) {
        let eaten = self.eat.min(bytes.len());
        self.eat -= eaten;
        let line_time = self.line_time(bytes.len());
        bytes.drain(..eaten);
        let began_at = self.incoming_free_at.max(now);
        self.incoming_free_at = began_at + line_time;
        self.ledger.note(began_at, self.incoming_free_at, eaten + bytes.len(), line_time);
        self.incoming.push_back((self.incoming_free_at, bytes));
    }

    /// What has arrived at the device by now.
    pub(super) fn received(&mut self, now: Duration) -> Option<Vec<u8>> {
        self.incoming.pop_front_if(|(due, _)| *due <= now).map(|(_, bytes)| bytes)
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        let incoming = self.incoming.front().map(|(due, _)| *due);
        [self.outgoing_due(), incoming].into_iter().flatten().min()
    }

    /// Bytes that travel together: 5 ms of the line, so that a simulator wakes 200 times a second
    /// at most.
    fn burst(&self) -> usize {
        match self.rate {
            LineRate::Real => usize::try_from(self.baud / 10 / 200).map_or(1, |burst| burst.max(1)),
            LineRate::Max => 4096,
        }
    }

    fn line_time(&self, count: usize) -> Duration {
        match self.rate {
            LineRate::Real => {
                let bits = u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(10);
                Duration::from_micros(bits.saturating_mul(1_000_000) / u64::from(self.baud.max(1)))
            }
            LineRate::Max => Duration::ZERO,
        }
    }
}

/// What a receiver at `to` baud makes of bytes sent at `from` baud: a slower one sees fewer bytes,
/// a faster one more, and none of them is what was sent.
pub(super) fn garble(bytes: &[u8], from: u32, to: u32) -> Vec<u8> {
    if from == to {
        return bytes.to_vec();
    }
    let (from, to) = (u64::from(from.max(1)), u64::from(to.max(1)));
    let count = (bytes.len() as u64 * to).div_ceil(from).min(bytes.len() as u64 * 8);
    (0..count)
        .filter_map(|index| {
            let source = usize::try_from(index * from / to).ok()?;
            let byte = bytes.get(source).or(bytes.last())?;
            let shift = u32::try_from(index % 7).ok()?;
            Some(byte.rotate_left(shift) ^ 0x55)
        })
        .collect()
}
