//! Reads screens aloud by a program of the system, in Mandarin or English; silent where there is none.
//!
//! One thread, one voice: what comes later ends what is being said. Texts go to the program's standard
//! input, never onto its command line, which every user of the machine can read.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use crate::config;
use crate::domain::Language;

/// Wishes that may wait: somebody who walks through a page by keys makes ten in a second.
const WISHES_MAX: usize = 32;
/// Bytes said at most: a promise of a page has 4 KB. A longer text is cut at a character.
const TEXT_BYTES_MAX: usize = 16 * 1024;
/// How often an ended program is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The voice. Clones are the same voice.
#[derive(Debug, Clone)]
pub struct Speech(SyncSender<Wish>);

#[derive(Debug)]
enum Wish {
    Say(Language, String),
    Hush,
}

impl Speech {
    /// Starts the voice's thread.
    pub fn start(programs: config::Speech) -> std::io::Result<Self> {
        let (wishes, asked) = sync_channel(WISHES_MAX);
        let thread = std::thread::Builder::new().name("speech".to_owned());
        thread.spawn(move || speak(&programs, &asked))?;
        Ok(Self(wishes))
    }

    /// Says `text`, and nothing else any more.
    pub fn say(&self, language: Language, mut text: String) {
        if text.len() > TEXT_BYTES_MAX {
            text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        }
        self.wish(Wish::Say(language, text));
    }

    /// Says nothing any more.
    pub fn hush(&self) {
        self.wish(Wish::Hush);
    }

    fn wish(&self, wish: Wish) {
        match self.0.try_send(wish) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => tracing::warn!("the voice does not keep up"),
            Err(TrySendError::Disconnected(_)) => tracing::error!("the voice has ended"),
        }
    }
}

fn speak(programs: &config::Speech, asked: &Receiver<Wish>) {
    let mut speaking: Option<Child> = None;
    // A program that is missing is told once, not at every screen.
    let mut is_missing = false;
    loop {
        let wish = if speaking.is_some() {
            match asked.recv_timeout(LOOK_EVERY) {
                Ok(wish) => Some(wish),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        } else {
            match asked.recv() {
                Ok(wish) => Some(wish),
                Err(_nobody) => break,
            }
        };
        let Some(wish) = wish else {
            speaking = speaking.and_then(still);
            continue;
        };
        // Only the newest counts.
        let wish = asked.try_iter().last().unwrap_or(wish);
        if let Some(child) = speaking.take() {
            end(child);
        }
        if let Wish::Say(language, text) = wish
            && !is_missing
        {
            match begin(programs.command(language), &text) {
                Ok(child) => speaking = child,
                Err(error) => {
                    tracing::warn!(%error, "no voice: the screens are not read aloud");
                    is_missing = true;
                }
            }
        }
    }
    if let Some(child) = speaking {
        end(child);
    }
}

/// The program, while it still speaks.
fn still(mut child: Child) -> Option<Child> {
    match child.try_wait() {
        Ok(None) => Some(child),
        Ok(Some(_)) | Err(_) => None,
    }
}

/// Starts the program on `text`; `None` where no program is set.
fn begin(command: &[String], text: &str) -> std::io::Result<Option<Child>> {
    let Some((program, arguments)) = command.split_first() else { return Ok(None) };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = child.stdin.take()
        // A program that ended early has closed its end: it has said what it could.
        && let Err(error) = input.write_all(text.as_bytes())
    {
        tracing::warn!(%error, "the voice did not take its text");
    }
    Ok(Some(child))
}

/// Ends the program in the middle of its word.
fn end(mut child: Child) {
    if let Err(error) = child.kill() {
        tracing::debug!(%error, "the voice had ended by itself");
    }
    if let Err(error) = child.wait() {
        tracing::warn!(%error, "the voice cannot be waited for");
    }
}
