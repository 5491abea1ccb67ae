//! Evidence for auditors is taken away on a stick: which days, how far it is, what came of it.

use iced::widget::{Column, progress_bar};
use iced::{Element, Fill};

use super::pages::{Part, facts};
use super::{Message, Open, work};
use crate::terminal::work::{Exported, Failed, Taken, Work};
use crate::ui::screen::Message as Touched;
use crate::ui::theme::{self, Look};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, press};

/// The spans that are offered, in days; the last one is everything.
const SPANS: [(&str, Option<u16>); 4] =
    [("export:1", Some(1)), ("export:7", Some(7)), ("export:30", Some(30)), ("export:all", None)];

/// Whether an export is going on, or has come to something.
pub(super) fn is_news(work: &Work) -> bool {
    matches!(work, Work::Exporting { .. } | Work::Exported(_))
}

/// What stands beside what the kiosk is.
pub(super) fn parts<'a>(open: &'a Open, look: &Look) -> Vec<Part<'a>> {
    let text = look.text;
    let work = &open.report.work;
    // Once it is begun, the bar and the way to stop come first: large print on small glass has room for both.
    let lead = (!is_news(work)).then(|| label::body(look, text.evidence_lead));
    let head = Column::new()
        .push(label::heading(look, text.evidence_title))
        .push(lead)
        .spacing(theme::space::S)
        .width(Fill);
    let is_busy = matches!(
        work,
        Work::Discovering { .. } | Work::Trying(_) | Work::Testing(_) | Work::Exporting { .. }
    );
    let spans = SPANS.map(|(id, days)| -> Part<'a> {
        let words = match days {
            None => text.evidence_all.to_owned(),
            Some(1) => text.evidence_today.to_owned(),
            Some(days) => (text.evidence_days)(days),
        };
        let message = (!is_busy).then_some(Touched::Console(Message::Export(days)));
        press::secondary(look, id, words, Icon::Certificate, message)
    });
    let in_a_row = if look.is_wide() { 4 } else { 2 };
    let content = match work {
        Work::Exporting { done, of } => head.push(writing(look, *done, *of)),
        Work::Exported(Exported::Whole(taken)) => return whole(look, taken),
        Work::Exported(came) => {
            head.push(came_to(look, came)).extend(work::in_rows(Vec::from(spans), in_a_row))
        }
        Work::Idle
        | Work::Discovering { .. }
        | Work::Discovered(_)
        | Work::Trying(_)
        | Work::Configured(_)
        | Work::Testing(_)
        | Work::Tested(..) => head.extend(work::in_rows(Vec::from(spans), in_a_row)),
    };
    vec![panel::card(look, content)]
}

fn writing<'a>(look: &Look, done: u64, of: u64) -> Element<'a, Touched> {
    // A bar needs no more than this of a number.
    #[expect(clippy::cast_precision_loss, reason = "a bar of some hundred dots")]
    let share = if of == 0 { 0.0 } else { done as f32 / of as f32 };
    let c = look.colours;
    let bar = progress_bar(0.0..=1.0, share).girth(28.0).style(move |_theme| progress_bar::Style {
        background: c.primary_soft.into(),
        bar: c.primary.into(),
        border: iced::border::rounded(theme::space::S),
    });
    Column::new()
        .push(label::strong(look, (look.text.evidence_writing)(done, of)))
        .push(bar)
        .push(press::secondary(
            look,
            "export:end",
            look.text.evidence_end,
            Icon::Cancel,
            Some(Touched::Console(Message::EndExport)),
        ))
        .spacing(theme::space::M)
        .into()
}

/// Why there is no bundle.
fn came_to<'a>(look: &Look, came: &Exported) -> Element<'a, Touched> {
    let text = look.text;
    let (tone, what, more) = match came {
        // It has a page of its own.
        Exported::Whole(_) => (Tone::Good, text.evidence_whole, String::new()),
        Exported::NoStick(folder) => {
            let more = (text.evidence_mount)(&folder.display().to_string());
            (Tone::Warn, text.evidence_no_stick, more)
        }
        Exported::Full => (Tone::Bad, text.evidence_full, text.evidence_full_more.to_owned()),
        Exported::ReadOnly => {
            (Tone::Bad, text.evidence_read_only, text.evidence_read_only_more.to_owned())
        }
        Exported::PulledOut => {
            (Tone::Bad, text.evidence_pulled_out, text.evidence_pulled_out_more.to_owned())
        }
        Exported::Ended => (Tone::Note, text.evidence_ended, text.evidence_nothing_left.to_owned()),
        Exported::Failed(at) => {
            let why = match at {
                Failed::Journal => text.evidence_failed_journal,
                Failed::Record => text.evidence_failed_record,
                Failed::Key => text.evidence_failed_key,
                Failed::Stick => text.evidence_failed_stick,
            };
            (Tone::Bad, text.evidence_failed, why.to_owned())
        }
    };
    panel::notice(look, tone, what, more)
}

fn whole<'a>(look: &Look, taken: &Taken) -> Vec<Part<'a>> {
    let text = look.text;
    // Four groups of sixteen are easier to compare than one of sixty-four.
    let digest: Vec<char> = taken.manifest.to_string().chars().collect();
    let groups: Vec<String> = digest.chunks(16).map(|group| group.iter().collect()).collect();
    let more = if taken.sealed { text.evidence_sealed } else { text.evidence_opens };
    vec![
        panel::notice(look, Tone::Good, text.evidence_whole, more),
        facts(
            look,
            text.evidence_title,
            vec![
                (text.evidence_folder, taken.folder.clone()),
                (text.evidence_size, (text.evidence_taken)(taken.records, taken.bytes)),
                (text.evidence_digest, groups.join(" ")),
            ],
        ),
        press::secondary(
            look,
            "seen",
            text.evidence_again,
            Icon::ArrowLeft,
            Some(Touched::Console(Message::Seen)),
        ),
    ]
}
