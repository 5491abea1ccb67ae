//! Answers on a unix socket what is on the screen and where: one line asks, one line answers. It can
//! press nothing; a scripted applicant touches the real window.
//!
//! `find TEXT` → `x y width height` in pixels of the window, of the topmost visible text or id;
//! `texts` → all visible texts as JSON; `stage` → the stage's name; `screenshot PATH.png` → `ok`.
//! What cannot be answered is `none`; what was not understood is `? …`.

use std::path::PathBuf;

use iced::Rectangle;
use iced::futures::Stream;
use iced::futures::stream;
use iced::widget::selector::Candidate;
use iced::window::Screenshot;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

/// Questions waiting for the screen: one connection asks one at a time, few connect.
const QUESTIONS_MAX: usize = 8;
/// Bytes of a line: a path and a word.
const LINE_BYTES_MAX: u64 = 8192;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    Find(String),
    Texts,
    Stage,
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
        ("stage", "") => Ok(Ask::Stage),
        ("find", wanted) if !wanted.is_empty() => Ok(Ask::Find(wanted.to_owned())),
        ("screenshot", path) if !path.is_empty() => Ok(Ask::Screenshot(PathBuf::from(path))),
        _ => Err("find TEXT | texts | stage | screenshot PATH.png".to_owned()),
    }
}

/// Where the visible widget with this text or id is.
pub(super) fn matching(
    wanted: String,
) -> impl FnMut(Candidate<'_>) -> Option<Rectangle> + Send + 'static {
    let id = iced::widget::Id::from(wanted.clone());
    move |candidate| {
        let is_text = matches!(&candidate, Candidate::Text { content, .. } if *content == wanted);
        (is_text || candidate.id() == Some(&id)).then(|| candidate.visible_bounds()).flatten()
    }
}

/// The text of a visible widget.
pub(super) fn visible_text(candidate: Candidate<'_>) -> Option<String> {
    if let Candidate::Text { content, visible_bounds: Some(_), .. } = candidate
        && !content.is_empty()
    {
        return Some(content.to_owned());
    }
    None
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
