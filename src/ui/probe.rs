//! Answers on a unix socket what is on the screen and where: one line asks, one line answers. It can
//! press nothing; a scripted applicant touches the real window.
//!
//! `find TEXT` → `x y width height` in pixels of the window, of the topmost visible text or id;
//! `texts` → all visible texts as JSON, `texts ID` → those within; `stage` → the stage's name; `visit` → verdict, number and
//! papers with their states as JSON, nothing about the person; `edition` → what is decided by;
//! `screenshot PATH.png` → `ok`.
//! What cannot be answered is `none`; what was not understood is `? …`.

use std::path::PathBuf;

use iced::futures::Stream;
use iced::futures::stream;
use iced::widget::selector::Candidate;
use iced::window::Screenshot;
use iced::{Rectangle, Size};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use crate::session::event::{Paper, PaperState};
use crate::session::{Outcome, Session, Stage};
use crate::ui::widget::label;

/// Questions waiting for the screen: one connection asks one at a time, few connect.
const QUESTIONS_MAX: usize = 8;
/// Bytes of a line: a path and a word.
const LINE_BYTES_MAX: u64 = 8192;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    Find(String),
    Texts,
    TextsIn(String),
    Stage,
    Visit,
    Edition,
    Screenshot(PathBuf),
}

/// A question, and where its answer goes.
#[derive(Debug, Clone)]
pub struct Question {
    pub(super) ask: Ask,
    reply: mpsc::Sender<String>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    Place(Rectangle),
    Texts(Vec<String>),
    Stage(&'static str),
    Visit(serde_json::Value),
    Edition(String),
    Saved,
    Failed(String),
    Nothing,
}

impl Question {
    pub(super) fn answer(&self, answer: Answer) {
        // Whoever asked may be gone by now.
        if self.reply.try_send(answer.to_string()).is_err() {
            tracing::debug!("nobody waits for the probe's answer any more");
        }
    }
}

impl Answer {
    /// The topmost of the places found: what lies over something else is drawn, and found, later.
    pub(super) fn place(found: &[Rectangle], factor: f32) -> Self {
        found.last().map_or(Self::Nothing, |place| {
            Self::Place(Rectangle {
                x: place.x * factor,
                y: place.y * factor,
                width: place.width * factor,
                height: place.height * factor,
            })
        })
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Place(place) => {
                write!(f, "{:.0} {:.0} {:.0} {:.0}", place.x, place.y, place.width, place.height)
            }
            Self::Texts(texts) => write!(f, "{}", serde_json::json!(texts)),
            Self::Stage(name) => f.write_str(name),
            Self::Edition(edition) => f.write_str(edition),
            Self::Visit(visit) => write!(f, "{visit}"),
            Self::Saved => f.write_str("ok"),
            Self::Failed(why) => write!(f, "? {why}"),
            Self::Nothing => f.write_str("none"),
        }
    }
}

fn parse(line: &str) -> Result<Ask, String> {
    let (verb, rest) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
    match (verb, rest) {
        ("texts", "") => Ok(Ask::Texts),
        ("texts", id) => Ok(Ask::TextsIn(id.to_owned())),
        ("stage", "") => Ok(Ask::Stage),
        ("visit", "") => Ok(Ask::Visit),
        ("edition", "") => Ok(Ask::Edition),
        ("find", wanted) if !wanted.is_empty() => Ok(Ask::Find(wanted.to_owned())),
        ("screenshot", path) if !path.is_empty() => Ok(Ask::Screenshot(PathBuf::from(path))),
        _ => {
            Err("find TEXT | texts [ID] | stage | visit | edition | screenshot PATH.png".to_owned())
        }
    }
}

/// What came of the visit so far.
pub(super) fn visit(session: &Session) -> serde_json::Value {
    let decision = session.decision();
    let issued = if let Stage::Decided(Outcome::Issued(permit)) = session.stage() {
        Some(permit)
    } else {
        None
    };
    let papers: Vec<serde_json::Value> = session
        .papers()
        .map(|(paper, state)| {
            let paper = match paper {
                Paper::Original => "original",
                Paper::Copy => "copy",
                Paper::Receipt => "receipt",
                Paper::Slip => "slip",
                Paper::Data => "data",
            };
            let (state, fault) = match state {
                PaperState::Waiting => ("waiting", None),
                PaperState::Printing => ("printing", None),
                PaperState::Printed => ("printed", None),
                PaperState::Held(fault) => ("held", Some(fault.code.to_string())),
                PaperState::Unknown => ("unknown", None),
                PaperState::NotAvailable => ("not_available", None),
            };
            serde_json::json!({ "paper": paper, "state": state, "fault": fault })
        })
        .collect();
    serde_json::json!({
        "stage": session.stage().as_str(),
        "application": session.application().map(|id| id.short()),
        "verdict": decision.map(|decision| decision.verdict.as_str()),
        "code": decision.map(|decision| decision.code.as_str()),
        "number": issued.map(|permit| permit.number.to_string()),
        "page_url": issued.map(|permit| permit.page_url.as_str()),
        "papers": papers,
    })
}

/// Where the visible widget with this text or id is.
pub(super) fn matching(
    wanted: String,
    room: Size,
) -> impl FnMut(Candidate<'_>) -> Option<Rectangle> + Send + 'static {
    let id = iced::widget::Id::from(wanted.clone());
    move |candidate| {
        let is_text = matches!(&candidate, Candidate::Text { content, .. } if label::unjoined(content) == wanted);
        let seen = (is_text || candidate.id() == Some(&id)).then(|| candidate.visible_bounds());
        // Beyond the window's edge there is nothing to touch.
        seen.flatten()?.intersection(&Rectangle::with_size(room))
    }
}

/// The text of a visible widget.
pub(super) fn visible_text(candidate: Candidate<'_>) -> Option<String> {
    if let Candidate::Text { content, visible_bounds: Some(_), .. } = candidate
        && !content.is_empty()
    {
        return Some(label::unjoined(content));
    }
    None
}

/// A visible text, or the place of the container with an id.
#[derive(Debug, Clone)]
pub(super) enum Seen {
    Holder(Rectangle),
    Text(Rectangle, String),
}

/// Looks for the texts, and for what is to hold them.
pub(super) fn within(wanted: String) -> impl FnMut(Candidate<'_>) -> Option<Seen> + Send + 'static {
    let id = iced::widget::Id::from(wanted);
    move |candidate| {
        let place = candidate.visible_bounds()?;
        if let Candidate::Text { content, .. } = candidate {
            return (!content.is_empty()).then(|| Seen::Text(place, label::unjoined(content)));
        }
        (candidate.id() == Some(&id)).then_some(Seen::Holder(place))
    }
}

/// The texts in the last holder seen.
pub(super) fn held(seen: &[Seen]) -> Vec<String> {
    let mut holder = None;
    for seen in seen {
        if let Seen::Holder(place) = seen {
            holder = Some(*place);
        }
    }
    let Some(holder) = holder else { return Vec::new() };
    seen.iter()
        .filter_map(|seen| match seen {
            Seen::Text(place, text) if holder.contains(place.center()) => Some(text.clone()),
            Seen::Text(..) | Seen::Holder(_) => None,
        })
        .collect()
}

/// Writes the picture; encoding takes tenths of a second and is done beside the screen.
pub(super) async fn save(picture: Screenshot, path: PathBuf) -> Answer {
    let written = tokio::task::spawn_blocking(move || {
        image::save_buffer_with_format(
            path,
            &picture.rgba,
            picture.size.width,
            picture.size.height,
            image::ExtendedColorType::Rgba8,
            image::ImageFormat::Png,
        )
    });
    match written.await {
        Ok(Ok(())) => Answer::Saved,
        Ok(Err(error)) => Answer::Failed(error.to_string()),
        Err(error) => Answer::Failed(error.to_string()),
    }
}

/// Listens on the socket for as long as the window is open.
#[expect(clippy::ptr_arg, reason = "the key of a subscription is passed as it is stored")]
pub(super) fn listen(path: &PathBuf) -> impl Stream<Item = Question> + use<> {
    let (sender, mut questions) = mpsc::channel(QUESTIONS_MAX);
    let path = path.clone();
    tokio::spawn(async move {
        // A socket left by a killed process cannot be bound again.
        if let Err(error) = tokio::fs::remove_file(&path).await {
            tracing::debug!(%error, "no old probe socket");
        }
        let listener = match UnixListener::bind(&path) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, path = %path.display(), "cannot open the probe socket");
                return;
            }
        };
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, sender.clone()));
        }
    });
    stream::poll_fn(move |context| questions.poll_recv(context))
}

async fn converse(stream: UnixStream, questions: mpsc::Sender<Question>) {
    let (lines, mut answers) = stream.into_split();
    let mut lines = BufReader::new(lines);
    loop {
        let mut line = String::new();
        match (&mut lines).take(LINE_BYTES_MAX).read_line(&mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let answer = match parse(&line) {
            Err(usage) => Answer::Failed(usage).to_string(),
            Ok(ask) => {
                let (reply, mut answer) = mpsc::channel(1);
                if questions.send(Question { ask, reply }).await.is_err() {
                    return;
                }
                answer.recv().await.unwrap_or_else(|| Answer::Nothing.to_string())
            }
        };
        if answers.write_all(format!("{answer}\n").as_bytes()).await.is_err() {
            return;
        }
    }
}
