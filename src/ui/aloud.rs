//! What is read aloud: the words of the screen that is there, each screen once, in reading order. The
//! bar and the foot are the same on every screen and are left out; what is nobody else's to hear is
//! left out too.

use iced::widget::selector::Candidate;
use iced::{Point, Rectangle};

use super::widget::keypad::CURTAIN;
use super::widget::label;
use crate::domain::Language;
use crate::session::event::PaperState;
use crate::session::{Outcome, Session, Stage};

/// Something seen on the way through the screen.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    /// What lies before it is covered.
    Curtain,
    /// The bar at the top, or the foot.
    Frame(Rectangle),
    /// Title and lead.
    Title(Rectangle),
    /// Words, and their middle, unless they are moved out of sight: those are read too.
    Words(Option<Point>, String),
}

/// Looks for what there is to read.
pub(super) fn texts(candidate: Candidate<'_>) -> Option<Seen> {
    let place = candidate.visible_bounds();
    match candidate {
        Candidate::Text { content, .. } if !content.trim().is_empty() => {
            Some(Seen::Words(place.map(|place| place.center()), label::unjoined(content)))
        }
        Candidate::Container { id: Some(id), .. } => {
            let place = place?;
            let is = |name: &'static str| *id == iced::widget::Id::new(name);
            if is(CURTAIN) {
                Some(Seen::Curtain)
            } else if is("bar") || is("foot") {
                Some(Seen::Frame(place))
            } else {
                is("words").then_some(Seen::Title(place))
            }
        }
        Candidate::Text { .. }
        | Candidate::Container { .. }
        | Candidate::Focusable { .. }
        | Candidate::Scrollable { .. }
        | Candidate::TextInput { .. }
        | Candidate::Custom { .. } => None,
    }
}

/// The texts to be read of what was seen.
pub(super) fn of_screen(seen: Vec<Seen>, only_title: bool) -> Vec<String> {
    let mut texts: Vec<(Option<Point>, String)> = Vec::new();
    let mut frames = Vec::new();
    let mut title = None;
    for seen in seen {
        match seen {
            Seen::Curtain => {
                texts.clear();
                frames.clear();
            }
            Seen::Frame(place) => frames.push(place),
            Seen::Title(place) => title = Some(place),
            Seen::Words(middle, words) => texts.push((middle, words)),
        }
    }
    texts.retain(|(middle, _)| {
        let is_in = |place: &Rectangle| middle.is_some_and(|middle| place.contains(middle));
        !frames.iter().any(is_in) && (!only_title || title.as_ref().is_some_and(is_in))
    });
    texts.into_iter().map(|(_, words)| words).collect()
}

/// The texts as sentences: a voice pauses at full stops, where the eye sees another line.
pub(super) fn sentences(texts: &[String], language: Language) -> String {
    let stop = match language {
        Language::Zh => '。',
        Language::En => '.',
    };
    let mut all = String::new();
    for text in texts {
        let text = text.trim();
        all.push_str(text);
        if !text.ends_with(['。', '.', '？', '?', '！', '!', '：', ':', '；', ';']) {
            all.push(stop);
        }
        all.push('\n');
    }
    all
}

/// Names what is on the screen: another name, and it is read.
pub(super) fn key(
    session: &Session,
    screen: &'static str,
    page: &str,
    over: Option<&'static str>,
) -> String {
    let how_far = match session.stage() {
        Stage::Identifying(how_far) => format!("{how_far:?}"),
        Stage::ProvingBusiness(how_far) => format!("{how_far:?}"),
        Stage::Verifying(how_far) => format!("{how_far:?}"),
        Stage::Decided(Outcome::Recording) => "recording".to_owned(),
        Stage::Decided(Outcome::NotRecorded) => "not recorded".to_owned(),
        Stage::Results => format!("{:?}", session.copying().map(|(_, copying)| copying)),
        Stage::Welcome
        | Stage::Maintenance
        | Stage::Choosing
        | Stage::Guiding
        | Stage::Telling
        | Stage::LookingUp
        | Stage::Filling
        | Stage::Promising
        | Stage::Decided(_)
        | Stage::Rating
        | Stage::Done
        | Stage::Ended(_) => String::new(),
    };
    let papers: Vec<u8> = session
        .papers()
        .map(|(_, state)| match state {
            PaperState::Waiting => 0,
            PaperState::Printing => 1,
            PaperState::Printed => 2,
            PaperState::Held(_) => 3,
            PaperState::Unknown => 4,
            PaperState::NotAvailable => 5,
        })
        .collect();
    let language = session.language();
    let decided = session.decision().is_some();
    format!("{screen} {page} {over:?} {how_far} {papers:?} {language:?} {decided}")
}
