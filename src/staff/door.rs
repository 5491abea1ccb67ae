//! The door of the console: a PIN may be tried five times, then waits, also across a restart.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Member, Pin, Staff};
use crate::durable;
use crate::fault::Chain;

/// The file that remembers wrong PINs, in the data folder.
const FILE_NAME: &str = "sign-in.json";
/// Bytes of it: two fields.
const BYTES_MAX: u64 = 256;

/// How often a wrong PIN was tried, whoever it was for. One count for the kiosk and not one for each
/// name: somebody who guesses must not have five tries for every person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lockout {
    wrong: u32,
    last_at: Option<Timestamp>,
}

impl Lockout {
    /// Wrong PINs until the door is locked.
    pub const TRIES: u32 = 5;
    /// How long it is locked the first time; each time after twice as long.
    pub const FIRST: SignedDuration = SignedDuration::from_mins(5);
    /// How long at most: at five tries an hour a million PINs take over twenty years.
    pub const LONGEST: SignedDuration = SignedDuration::from_hours(1);

    /// Until when nobody may try, if that is so.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let locked = self.length()?;
        let last_at = self.last_at?;
        // A clock set back must not lock the door for longer than was meant.
        let last_at = last_at.min(now);
        let until = last_at.checked_add(locked).ok()?;
        (now < until).then_some(until)
    }

    /// Tries before the door is locked.
    pub fn tries_left(&self) -> u32 {
        Self::TRIES - self.wrong % Self::TRIES
    }

    /// Somebody tries; counted before anything is compared.
    pub fn tried(&mut self, now: Timestamp) {
        self.wrong = self.wrong.saturating_add(1);
        self.last_at = Some(now);
    }

    /// The PIN was right.
    pub fn opened(&mut self) {
        *self = Self::default();
    }

    fn length(&self) -> Option<SignedDuration> {
        if self.wrong == 0 || !self.wrong.is_multiple_of(Self::TRIES) {
            return None;
        }
        let doublings = (self.wrong / Self::TRIES - 1).min(10);
        Some((Self::FIRST * (1 << doublings)).min(Self::LONGEST))
    }
}

/// Why somebody may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Name and PIN do not belong together.
    Wrong {
        /// Whether the name is somebody's: for the record, never for the screen.
        is_known: bool,
        /// Until when nobody may try now, if this was one too many.
        locked_until: Option<Timestamp>,
        /// Tries before the door is locked.
        tries_left: u32,
    },
    /// Nobody may try at the moment.
    Locked {
        /// Until when.
        until: Timestamp,
    },
    /// The staff's file cannot be read.
    NoStaff,
}

/// The door.
#[derive(Debug)]
pub struct Door {
    keys: PathBuf,
    file: PathBuf,
    lockout: Lockout,
}

impl Door {
    /// The door of a kiosk, as its last start left it.
    pub fn open(keys: &Path, data: &Path, now: Timestamp) -> Self {
        let file = data.join(FILE_NAME);
        let lockout = match durable::read_limited(&file, BYTES_MAX) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(%error, "{FILE_NAME} is damaged: the console is locked for a while");
                Lockout { wrong: Lockout::TRIES, last_at: Some(now) }
            }),
            Err(error) if error.is_missing() => Lockout::default(),
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "the console is locked for a while");
                Lockout { wrong: Lockout::TRIES, last_at: Some(now) }
            }
        };
        Self { keys: keys.to_owned(), file, lockout }
    }

    /// Lets somebody in, or says why not. The try is on the disk before the PIN is looked at: pulling
    /// the plug gives nobody more tries.
    pub fn sign_in(&mut self, now: Timestamp, name: &str, pin: &Pin) -> Result<Member, Refusal> {
        if let Some(until) = self.lockout.until(now) {
            return Err(Refusal::Locked { until });
        }
        let staff = Staff::read(&self.keys).map_err(|error| {
            tracing::error!(error = %Chain(&error), "nobody can sign in");
            Refusal::NoStaff
        })?;
        self.lockout.tried(now);
        self.keep();
        let member = staff.verify(name, pin);
        if let Some(member) = member {
            self.lockout.opened();
            self.keep();
            return Ok(member);
        }
        let is_known = staff.knows(name);
        let locked_until = self.lockout.until(now);
        Err(Refusal::Wrong { is_known, locked_until, tries_left: self.lockout.tries_left() })
    }

    /// Forgets all wrong PINs: for whoever has the machine's own shell.
    pub fn unlock(data: &Path) -> Result<(), durable::Error> {
        durable::remove(&data.join(FILE_NAME))
    }

    fn keep(&self) {
        let text = serde_json::to_vec(&self.lockout).expect("two plain fields");
        // A full disk must not keep out whoever comes to make room; within this start it counts on.
        if let Err(error) = durable::write_secret(&self.file, &text) {
            tracing::error!(error = %Chain(&error), "wrong PINs cannot be counted on the disk");
        }
    }
}
