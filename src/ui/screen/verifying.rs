//! Verifying a paper: hold its code before the scanner, and see what it is worth today.

use iced::widget::{Column, column, container, row};
use iced::{Center, Element, Fill, Length, Size};

use jiff::civil::Date;

use super::identifying::at_work;
use super::{Message, Page, Scene};
use crate::domain::PermitKind;
use crate::session::event::{CodeWorth, Event, ShownPermit, Standing, Verified};
use crate::session::{Stage, Verifying};
use crate::ui::text::Strings;
use crate::ui::theme::{self, Look, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::machine::Part;
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, press};

pub(super) fn view(scene: Scene<'_>) -> Page<'_> {
    let look = scene.look;
    let text = look.text;
    let shown = if let Stage::Verifying(Verifying::Shown(shown)) = scene.session.stage() {
        Some(shown)
    } else {
        None
    };
    match shown {
        None => Page {
            title: text.verify_title.into(),
            lead: text.verify_lead.into(),
            body: Box::new(move |room| {
                if scene.session.equipment().scanner {
                    at_work(scene, room, Part::Scanner, text.verify_hold, text.verify_hold_more)
                } else {
                    let (what, more) = (text.verify_no_scanner, text.verify_no_scanner_more);
                    panel::notice(&look, Tone::Warn, what, more)
                }
            }),
            primary: None,
            must_be_read: false,
            back: None,
        },
        Some(shown) => Page {
            title: text.verify_result.into(),
            lead: text.verify_compare.into(),
            body: Box::new(move |room| result(&look, shown, room)),
            primary: Some(press::primary(
                &look,
                text.verify_another,
                Icon::Code,
                Some(Message::Tell(Event::AnotherToVerify)),
            )),
            must_be_read: false,
            back: None,
        },
    }
}

fn result<'a>(look: &Look, shown: &Verified, room: Size) -> Element<'a, Message> {
    let (tone, what, more) = said(look.text, shown);
    let (ink, ground) = tone.colours(look);
    let badge = if look.is_wide() || look.large { 110.0 } else { 160.0 };
    let words = column![label::bold(what, size::TITLE, ink), label::body(look, more)]
        .spacing(theme::space::XS);
    let verdict = panel::tinted(
        look,
        tone,
        row![panel::badge(tone.icon(), badge, ink, ground), words.width(Fill)]
            .spacing(theme::space::M)
            .align_y(Center),
    );
    let code = label::with_icon(
        code_icon(shown.code),
        38.0,
        look.colours.ink,
        label::body(look, code_says(look.text, shown.code)),
    );
    let permit = shown.permit.as_ref().map(|permit| printed(look, permit));
    if look.is_wide() && permit.is_some() {
        row![
            column![verdict, code].spacing(theme::space::M).width(Length::FillPortion(2)),
            container(Column::new().push(permit)).width(Length::FillPortion(3)),
        ]
        .spacing(theme::space::M)
        .into()
    } else {
        container(Column::new().push(verdict).push(code).push(permit).spacing(theme::space::M))
            .max_height(room.height.max(400.0) * 3.0)
            .into()
    }
}

/// What is printed on the paper, as far as code and central say it.
fn printed<'a>(look: &Look, permit: &ShownPermit) -> Element<'a, Message> {
    let text = look.text;
    let until = until(text, permit.kind, permit.valid_to);
    let granted = (!permit.granted.is_empty())
        .then(|| panel::fact(look, text.verify_granted, permit.granted.join("、")));
    let number =
        container(panel::fact(look, text.decision_number, permit.number.clone())).id("number");
    let code = panel::fact(look, text.verify_code, permit.uscc.clone());
    let holder = permit.holder.clone().map(|holder| panel::fact(look, text.verify_holder, holder));
    // Where height is scarce two short ones stand beside each other.
    let first = if look.is_wide() && !look.large {
        let both = row![number.width(Fill), code.width(Fill)].spacing(theme::space::M);
        Column::new().push(both).push(holder)
    } else {
        Column::new().push(number).push(holder).push(code)
    };
    let facts = Column::new()
        .push(label::heading(look, kind_name(text, permit.kind)))
        .push(first.spacing(theme::space::S))
        .push(permit.premises.clone().map(|place| panel::fact(look, text.verify_premises, place)))
        .push(granted)
        .push(
            row![
                panel::fact(look, text.decision_issued, (text.date)(permit.issued)).width(Fill),
                panel::fact(look, text.decision_valid_to, until).width(Fill),
            ]
            .spacing(theme::space::M),
        )
        .spacing(theme::space::S);
    panel::card(look, facts)
}

/// The last day in words: a filing has none, and a combined permit holds as long as its parts.
pub(super) fn until(text: &Strings, kind: PermitKind, valid_to: Option<Date>) -> String {
    match (kind, valid_to) {
        (_, Some(last)) => (text.date)(last),
        (PermitKind::Combined, None) => text.decision_parts_end.to_owned(),
        (_, None) => text.decision_no_end.to_owned(),
    }
}

/// The paper's kind in words.
pub(super) fn kind_name(text: &Strings, kind: PermitKind) -> &'static str {
    match kind {
        PermitKind::Food => text.permit_food,
        PermitKind::Filing => text.permit_filing,
        PermitKind::Hygiene => text.permit_hygiene,
        PermitKind::HygieneFiling => text.permit_hygiene_filing,
        PermitKind::Combined => text.permit_combined,
    }
}

/// What the paper is worth, in plain words. A code that is not genuine outweighs whatever is known of
/// the permit it names.
fn said(text: &Strings, shown: &Verified) -> (Tone, &'static str, &'static str) {
    match (shown.code, shown.standing) {
        (CodeWorth::Unreadable, _) => (Tone::Warn, text.code_unreadable, text.code_unreadable_more),
        (CodeWorth::Foreign, _) => (Tone::Note, text.verify_foreign, text.verify_foreign_more),
        (CodeWorth::Forged, _) => (Tone::Bad, text.verify_forged, text.verify_forged_more),
        (CodeWorth::StatesOtherwise, _) => {
            (Tone::Bad, text.verify_otherwise, text.verify_otherwise_more)
        }
        (_, Standing::Asked) => (Tone::Note, text.verify_asked, text.verify_asked_more),
        (CodeWorth::Genuine, Standing::Unreachable) => {
            (Tone::Warn, text.verify_offline, text.verify_offline_more)
        }
        (CodeWorth::KeyUnknown | CodeWorth::Link, Standing::Unreachable) => {
            (Tone::Warn, text.verify_silent, text.verify_silent_more)
        }
        (CodeWorth::Genuine, Standing::Unknown) => {
            (Tone::Warn, text.verify_new, text.verify_new_more)
        }
        (CodeWorth::KeyUnknown | CodeWorth::Link, Standing::Unknown) => {
            (Tone::Bad, text.verify_unknown, text.verify_unknown_more)
        }
        (_, Standing::Valid) => (Tone::Good, text.verify_valid, text.verify_valid_more),
        (_, Standing::NotYet) => (Tone::Warn, text.verify_not_yet, text.verify_not_yet_more),
        (_, Standing::Expired) => (Tone::Bad, text.verify_expired, text.verify_expired_more),
        (_, Standing::Superseded) => (Tone::Warn, text.verify_changed, text.verify_changed_more),
        (_, Standing::Cancelled) => (Tone::Bad, text.verify_cancelled, text.verify_ended_more),
        (_, Standing::Revoked) => (Tone::Bad, text.verify_revoked, text.verify_ended_more),
        (_, Standing::Damaged) => (Tone::Warn, text.verify_damaged, text.verify_damaged_more),
    }
}

fn code_says(text: &Strings, code: CodeWorth) -> &'static str {
    match code {
        CodeWorth::Genuine | CodeWorth::StatesOtherwise => text.code_genuine,
        CodeWorth::Forged => text.code_forged,
        CodeWorth::KeyUnknown => text.code_key_unknown,
        CodeWorth::Link => text.code_link,
        CodeWorth::Foreign => text.code_foreign,
        CodeWorth::Unreadable => text.code_unreadable,
    }
}

fn code_icon(code: CodeWorth) -> Icon {
    match code {
        CodeWorth::Genuine | CodeWorth::StatesOtherwise => Icon::Shield,
        CodeWorth::Forged => Icon::Alert,
        CodeWorth::KeyUnknown | CodeWorth::Link | CodeWorth::Foreign | CodeWorth::Unreadable => {
            Icon::Question
        }
    }
}
