//! The simulator's end of a serial line: a pty that is published as a symlink, with the pace, the
//! speed and the faults of a real cable, and the [`Simulator`] that sits at its far end.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
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
}
