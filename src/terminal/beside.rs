//! The running kiosk's ear for the commands beside it: a socket in the data folder that only the
//! kiosk's own user can open. It tells how the kiosk is and takes changes of `devices.toml`; it can
//! neither see nor touch anybody's case.
//!
//! One JSON object a line, each way.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::desk::Desk;
use super::doctor::Report;
use super::work::Configured;
use super::{Error, Message, send, spawn};
use crate::config::Change;
use crate::domain::Language;
use crate::fault::Chain;
use crate::staff::Staff;

/// The socket, in the data folder.
const FILE_NAME: &str = "kiosk.sock";
/// Bytes of a request: some twenty keys of a configuration and a reason.
const REQUEST_BYTES_MAX: u64 = 16 * 1024;
/// Bytes of an answer: a hundred lines of a report.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;
/// A request is one line, written at once.
const ASKED_WITHIN: Duration = Duration::from_secs(5);
/// Longer than a trial of a configuration takes.
const ANSWERED_WITHIN: Duration = Duration::from_mins(1);

/// What can be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// How is the kiosk?
    Report {
        /// `zh` or `en`.
        language: String,
    },
    /// Print the report on the receipt printer.
    PrintReport {
        /// `zh` or `en`.
        language: String,
    },
    /// Change `devices.toml`.
    Configure {
        /// Who: a technician of the staff.
        by: String,
        /// Why.
        why: String,
        /// `scanner.baud=9600`.
        changes: Vec<String>,
    },
}

/// What is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Whether it was done.
    pub done: bool,
    /// The answer in words.
    pub says: String,
    /// The report, for programs.
    pub report: Option<serde_json::Value>,
}

impl Answer {
    fn refused(says: impl Into<String>) -> Self {
        Self { done: false, says: says.into(), report: None }
    }

    fn done(says: impl Into<String>) -> Self {
        Self { done: true, says: says.into(), report: None }
    }
}

/// Asks the kiosk that runs with this data folder; `None` when none does.
pub fn ask(data: &Path, request: &Request) -> io::Result<Option<Answer>> {
    let stream = match UnixStream::connect(data.join(FILE_NAME)) {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    stream.set_read_timeout(Some(ANSWERED_WITHIN))?;
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    (&stream).write_all(line.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(&stream).take(ANSWER_BYTES_MAX).read_line(&mut answer)?;
    Ok(Some(serde_json::from_str(&answer)?))
}

/// Listens in the data folder until the process ends. A socket a dead kiosk left behind is replaced:
/// the journal's lock sees to it that only one kiosk runs with the folder.
pub(super) fn listen(data: &Path, inbox: &SyncSender<Message>) -> Result<(), Error> {
    let path = data.join(FILE_NAME);
    let failed = |source| Error::Listen { path: path.clone(), source };
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&path).map_err(failed)?;
    private(&path).map_err(failed)?;
    let inbox = inbox.clone();
    spawn("beside", move || {
        for stream in listener.incoming() {
            // One after the other: there is one technician.
            if let Err(error) = stream.and_then(|stream| serve(&stream, &inbox)) {
                tracing::warn!(%error, "a command beside the kiosk was not answered");
            }
        }
    })
}

fn private(path: &PathBuf) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

fn serve(stream: &UnixStream, inbox: &SyncSender<Message>) -> io::Result<()> {
    stream.set_read_timeout(Some(ASKED_WITHIN))?;
    stream.set_write_timeout(Some(ASKED_WITHIN))?;
    let mut line = String::new();
    BufReader::new(stream).take(REQUEST_BYTES_MAX).read_line(&mut line)?;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => {
            let (reply, answer) = oneshot::channel();
            send(inbox, Message::Beside(request, reply));
            answer.blocking_recv().unwrap_or_else(|_gone| Answer::refused("the kiosk is ending"))
        }
        Err(error) => Answer::refused(format!("not understood: {error}")),
    };
    let mut text = serde_json::to_string(&answer)?;
    text.push('\n');
    (&mut &*stream).write_all(text.as_bytes())
}

impl Desk {
    /// Answers a command beside the kiosk.
    pub(super) fn answer_beside(&mut self, request: Request, reply: oneshot::Sender<Answer>) {
        let answer = match request {
            Request::Report { language } => {
                let report = Report::of(&self.look(), language_of(&language));
                Answer { done: true, says: report.text(), report: Some(report.json()) }
            }
            Request::PrintReport { language } => {
                let report = Report::of(&self.look(), language_of(&language));
                if self.prints() {
                    Answer::refused("somebody is at the kiosk")
                } else {
                    match self.print_report(&report.slip()) {
                        Ok(()) => Answer::done("the report is being printed"),
                        Err(why) => Answer::refused(why),
                    }
                }
            }
            Request::Configure { by, why, changes } => {
                return self.configure_beside(by, why, &changes, reply);
            }
        };
        tell(reply, answer);
    }

    fn configure_beside(
        &mut self,
        by: String,
        why: String,
        changes: &[String],
        reply: oneshot::Sender<Answer>,
    ) {
        let staff = match Staff::read(&self.settings.kiosk.keys_folder) {
            Ok(staff) => staff,
            Err(error) => return tell(reply, Answer::refused(Chain(&error).to_string())),
        };
        if !staff.has_technician(&by) {
            return tell(reply, Answer::refused(format!("{by} is no technician of this kiosk")));
        }
        let parsed: Option<Vec<Change>> = changes.iter().map(|text| Change::parse(text)).collect();
        let Some(parsed) = parsed else {
            return tell(reply, Answer::refused("a change is written as scanner.baud=9600"));
        };
        let (outcome, known) = oneshot::channel();
        self.configure(by, why, &parsed, Some(outcome));
        self.settings.runtime.spawn(async move {
            let answer = match known.await {
                Ok(outcome) => said(&outcome),
                Err(_gone) => Answer::refused("the kiosk is ending"),
            };
            tell(reply, answer);
        });
    }
}

fn said(outcome: &Configured) -> Answer {
    match outcome {
        Configured::TakenUp(changes) => Answer::done(format!("taken up: {}", changes.join(", "))),
        Configured::RolledBack(device, code) => Answer::refused(format!(
            "rolled back: {} did not come up ({code}: {})",
            device.as_str(),
            code.title(Language::En)
        )),
        Configured::Refused(why) => Answer::refused(why.clone()),
    }
}

fn language_of(word: &str) -> Language {
    if word == "zh" { Language::Zh } else { Language::En }
}

fn tell(reply: oneshot::Sender<Answer>, answer: Answer) {
    if reply.send(answer).is_err() {
        tracing::debug!("a command beside the kiosk does not wait for its answer any more");
    }
}
