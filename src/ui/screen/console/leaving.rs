//! The kiosk is taken out of service: why, what follows, and what is given back.

use iced::Fill;
use iced::widget::{column, container};

use super::pages::Part;
use super::{Message, Open, work};
use crate::ui::text::Strings;
use crate::ui::theme::{self, Look};
use crate::ui::widget::label;
use crate::ui::widget::panel::{self, Tone};

/// Why a kiosk is taken out of service; what is chosen goes into the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// It will stand elsewhere.
    Elsewhere,
    /// Another machine takes its place.
    Replaced,
    /// Its place is given up.
    GivenUp,
}

impl Leaving {
    const ALL: [Self; 3] = [Self::Elsewhere, Self::Replaced, Self::GivenUp];

    pub(super) fn words(self, text: &'static Strings) -> &'static str {
        match self {
            Self::Elsewhere => text.leaving_elsewhere,
            Self::Replaced => text.leaving_replaced,
            Self::GivenUp => text.leaving_given_up,
        }
    }
}

/// What stands under the numbers.
pub(super) fn card<'a>(open: &'a Open, look: &Look) -> Part<'a> {
    let text = look.text;
    let sync = open.report.line.sync.as_ref();
    if let Some(reason) = sync.and_then(|sync| sync.quarantined.as_ref()) {
        return panel::notice(look, Tone::Bad, text.leaving_issues_nothing, reason.clone());
    }
    let head =
        column![label::heading(look, text.leaving_title), label::body(look, text.leaving_lead)]
            .spacing(theme::space::S);
    if !open.report.line.is_agreed() {
        let wait = panel::notice(look, Tone::Note, text.leaving_no_line, "");
        return panel::card(look, head.push(wait));
    }
    let all = Leaving::ALL.map(|reason| (reason, reason.words(text)));
    let reasons = work::reasons(look, "leaving", all, open.leaving, Message::Leaving);
    let left = open.report.numbers.iter().map(|numbers| numbers.left).sum();
    let follows =
        open.leaving.map(|_| panel::notice(look, Tone::Warn, (text.leaving_follows)(left), ""));
    let content = head.extend(work::in_rows(reasons, 3)).push(follows);
    panel::card(look, container(content).width(Fill))
}
