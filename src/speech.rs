//! Reads screens aloud, in Mandarin or English: sentences somebody has recorded are played, the others
//! are given to a program of the system; silent where there is neither.
//!
//! One thread, one voice: what comes later ends what is being said. Texts go to the program's standard
//! input, never onto its command line, which every user of the machine can read.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use crate::config;
use crate::domain::Language;

/// Wishes that may wait: somebody who walks through a page by keys makes ten in a second.
const WISHES_MAX: usize = 32;
/// Bytes said at most: a promise of a page has 4 KB. A longer text is cut at a character.
const TEXT_BYTES_MAX: usize = 16 * 1024;
/// How often an ended program is looked for: a pause between two sentences no longer than a full stop's.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Recordings of a language at most: the screens have some seven hundred texts, a rulebook a thousand.
const RECORDINGS_MAX: usize = 4096;
/// Bytes of their list at most: each with a line of 256 bytes.
const LIST_BYTES_MAX: u64 = 1024 * 1024;

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
    pub fn start(settings: config::Speech) -> std::io::Result<Self> {
        let (wishes, asked) = sync_channel(WISHES_MAX);
        let thread = std::thread::Builder::new().name("speech".to_owned());
        thread.spawn(move || speak(&Voices::new(settings), &asked))?;
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

/// The programs, and what was recorded.
struct Voices {
    settings: config::Speech,
    zh: Recordings,
    en: Recordings,
}

/// Sound files by the sentence they say, without its last stop.
type Recordings = BTreeMap<String, PathBuf>;

/// What one program does: it plays a file, or says lines of a text.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Played(PathBuf),
    Said(String),
}

impl Voices {
    fn new(settings: config::Speech) -> Self {
        let of = |language: &str| match &settings.recordings {
            None => Recordings::new(),
            Some(folder) => recordings(&folder.join(language)).unwrap_or_else(|error| {
                tracing::warn!(%error, language, "the recordings cannot be read: a program speaks");
                Recordings::new()
            }),
        };
        Self { zh: of("zh"), en: of("en"), settings }
    }

    /// The parts of a text in their order: what lies between two recordings is said in one go.
    fn parts(&self, language: Language, text: &str) -> VecDeque<Part> {
        let recordings = match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        };
        let mut parts = VecDeque::new();
        for line in text.lines() {
            match recordings.get(bare(line)) {
                Some(file) => parts.push_back(Part::Played(file.clone())),
                None if let Some(Part::Said(said)) = parts.back_mut() => {
                    said.push_str(line);
                    said.push('\n');
                }
                None => parts.push_back(Part::Said(format!("{line}\n"))),
            }
        }
        parts
    }

    /// Starts the program of a part; `None` where none is set.
    fn begin(&self, language: Language, part: Part) -> std::io::Result<Option<Child>> {
        match part {
            Part::Said(text) => begin(self.settings.command(language), None, &text),
            Part::Played(file) => begin(&self.settings.player, Some(&file), ""),
        }
    }
}

/// A sentence without what ends it: lists are written without.
fn bare(sentence: &str) -> &str {
    sentence.trim().trim_end_matches(['。', '.'])
}

/// Reads the list of a folder: each line the name of a file there, a tabulator, and what it says.
fn recordings(folder: &Path) -> std::io::Result<Recordings> {
    let mut list = String::new();
    let file = std::fs::File::open(folder.join("list.tsv"))?;
    file.take(LIST_BYTES_MAX).read_to_string(&mut list)?;
    let mut recordings = Recordings::new();
    for (number, line) in (1..).zip(list.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let Some((name, sentence)) = line.split_once('\t') else {
            tracing::warn!(number, "a line of the recordings' list has no tabulator");
            continue;
        };
        // Nothing but what lies in the folder: a list leads nowhere else.
        let file = folder.join(name);
        if name.contains('/') || !file.is_file() {
            tracing::warn!(number, name, "a recording of the list is not in its folder");
        } else if recordings.len() < RECORDINGS_MAX {
            recordings.insert(bare(sentence).to_owned(), file);
        }
    }
    Ok(recordings)
}

fn speak(voices: &Voices, asked: &Receiver<Wish>) {
    let mut speaking: Option<Child> = None;
    // What is left of the text, and its language.
    let mut left: (Language, VecDeque<Part>) = (Language::Zh, VecDeque::new());
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
        if let Some(wish) = wish {
            // Only the newest counts.
            let wish = asked.try_iter().last().unwrap_or(wish);
            if let Some(child) = speaking.take() {
                end(child);
            }
            left = match wish {
                Wish::Say(language, text) => (language, voices.parts(language, &text)),
                Wish::Hush => (Language::Zh, VecDeque::new()),
            };
        } else {
            speaking = speaking.and_then(still);
        }
        while speaking.is_none()
            && let Some(part) = left.1.pop_front()
        {
            match voices.begin(left.0, part) {
                Ok(child) => speaking = child,
                Err(error) if is_missing => tracing::debug!(%error, "still no voice"),
                Err(error) => {
                    tracing::warn!(%error, "no voice: the screens are not all read aloud");
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

/// Starts a program on `text` or on `file`; `None` where no program is set.
fn begin(command: &[String], file: Option<&Path>, text: &str) -> std::io::Result<Option<Child>> {
    let Some((program, arguments)) = command.split_first() else { return Ok(None) };
    let mut child = Command::new(program)
        .args(arguments)
        .args(file)
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
