//! The pages of the console: what the terminal knows, in the words of whoever reads it.

use iced::widget::{Column, Row, column, container, row, space};
use iced::{Center, Element, Fill};
use jiff::Timestamp;

use super::{Message, Open, Scene, Tab, Touched, evidence, leaving, work};
use crate::device::Health;
use crate::domain::calendar::datetime_in_china;
use crate::fault::{FaultCode, Fixer};
use crate::terminal::report::{Device, DeviceKind, Numbers, Standing, UnknownSheet};
use crate::terminal::work::Work;
use crate::ui::text::{Strings, sentence};
use crate::ui::theme::{self, Look, size, target};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, press};
use crate::wire::v1::{Document, SheetAnswer};

pub(super) type Part<'a> = Element<'a, Touched>;

pub(super) fn title(look: &Look, tab: Tab) -> &'static str {
    let text = look.text;
    match tab {
        Tab::Overview => text.tab_overview,
        Tab::Papers => text.tab_papers,
        Tab::Rulebook => text.tab_rulebook,
        Tab::Central => text.tab_central,
        Tab::Numbers => text.tab_numbers,
        Tab::Devices => text.tab_devices,
        Tab::About => text.tab_about,
    }
}

pub(super) fn view<'a>(open: &'a Open, scene: Scene<'a>) -> Part<'a> {
    let look = scene.look;
    if let Some(draft) = &open.draft {
        let parts = work::draft(&look, draft, &open.report.settings);
        return Column::with_children(parts).spacing(theme::space::M).width(Fill).into();
    }
    let parts = match open.tab {
        Tab::Overview => overview(open, &look),
        Tab::Papers => papers(open, &look),
        Tab::Rulebook => rulebook(open, &look),
        Tab::Central => central(open, &look),
        Tab::Numbers => numbers(open, &look),
        Tab::Devices => devices(open, &look),
        Tab::About => about(open, &look),
    };
    let not_done = open.not_done.then(|| panel::notice(&look, Tone::Bad, look.text.not_done, ""));
    Column::new().push(not_done).extend(parts).spacing(theme::space::M).width(Fill).into()
}

/// A time of day with its day, in China.
pub(super) fn clock(at: Timestamp) -> String {
    datetime_in_china(at).strftime("%m-%d %H:%M").to_string()
}

fn overview<'a>(open: &'a Open, look: &Look) -> Vec<Part<'a>> {
    let text = look.text;
    let report = &open.report;
    let count = report.faults.len();
    let more = if count == 0 { text.no_faults.to_owned() } else { (text.faults_stand)(count) };
    let mut parts = vec![if report.is_ready {
        panel::notice(look, Tone::Good, text.ready, more)
    } else {
        panel::notice(look, Tone::Bad, text.not_ready, more)
    }];
    parts.extend(report.faults.iter().map(|standing| fault(look, standing)));
    parts
}

fn fault<'a>(look: &Look, standing: &Standing) -> Part<'a> {
    let text = look.text;
    let code = standing.fault.code;
    let tone = if code.is_warning() { Tone::Warn } else { Tone::Bad };
    let (ink, _) = tone.colours(look);
    let who = match standing.fault.fixer {
        Fixer::Applicant => text.fixer_applicant,
        Fixer::Attendant => text.fixer_attendant,
        Fixer::Technician => text.fixer_technician,
        Fixer::Maker => text.fixer_maker,
    };
    let since = (text.since)(&clock(standing.since));
    let beside = format!("{code}　{since}　{}", (text.fixed_by)(who));
    let emptied = if code == FaultCode::PageMayHoldDocument {
        Some(("emptied:page_printer", text.emptied_page, DeviceKind::PagePrinter))
    } else if code == FaultCode::ReceiptMayHoldDocument {
        Some(("emptied:receipt_printer", text.emptied_receipt, DeviceKind::ReceiptPrinter))
    } else {
        None
    };
    let emptied = emptied.map(|(id, words, kind)| {
        press::choice(
            look,
            id.to_owned(),
            words,
            false,
            true,
            target::BUTTON,
            Touched::Console(Message::Emptied(kind)),
        )
    });
    let words = column![
        label::bold(sentence(code.title(look.language)), size::BODY, ink),
        label::body(look, sentence(code.remedy(look.language))),
        label::caption(look, beside),
    ]
    .push(emptied)
    .spacing(theme::space::XS)
    .width(Fill);
    let content = row![tone.icon().draw(48.0, ink), words].spacing(theme::space::M);
    panel::tinted(look, tone, container(content).width(Fill).id(format!("fault:{code}")))
}

fn papers<'a>(open: &'a Open, look: &Look) -> Vec<Part<'a>> {
    let text = look.text;
    let mut parts = Vec::new();
    if open.report.sheets.is_empty() {
        parts.push(panel::notice(look, Tone::Good, text.papers_none, ""));
    } else {
        parts.push(panel::notice(look, Tone::Note, text.papers_lead, ""));
    }
    parts.extend(open.report.sheets.iter().map(|sheet| unknown(open, look, sheet)));
    // One question at a time.
    if open.report.sheets.is_empty() {
        parts.extend(work::trays(open, look));
    }
    parts
}

fn unknown<'a>(open: &'a Open, look: &Look, sheet: &'a UnknownSheet) -> Part<'a> {
    let text = look.text;
    let (name, is_certificate) = match sheet.document {
        Document::Original => (text.paper_original, true),
        Document::Copy => (text.paper_copy, true),
        Document::Receipt => (text.paper_receipt, false),
        Document::Slip => (text.paper_slip, false),
        Document::DataReceipt => (text.paper_data, false),
    };
    let sent = sheet.sent_at.map_or_else(|| text.papers_before_start.to_owned(), clock);
    let count = |count: Option<u64>| {
        count.map_or_else(|| text.about_unknown.to_owned(), |count| count.to_string())
    };
    let mut facts = Row::new().spacing(theme::space::L);
    if let Some(serial) = &sheet.serial {
        facts = facts.push(panel::fact(look, text.papers_serial, serial.clone()));
    }
    facts = facts.push(panel::fact(look, text.papers_sent, sent));
    if sheet.count_before.is_some() || sheet.count_now.is_some() {
        let counts = format!("{} → {}", count(sheet.count_before), count(sheet.count_now));
        facts = facts.push(panel::fact(look, text.papers_counter, counts));
    }
    let chosen = open.answered.and_then(|(job, answer)| (job == sheet.job).then_some(answer));
    // One after the other, the oldest first: two open questions are easily mixed up.
    let is_first = open.report.sheets.first().is_some_and(|first| first.job == sheet.job);
    let answers = [
        (SheetAnswer::Complete, "complete", text.settle_complete),
        (SheetAnswer::Spoiled, "spoiled", text.settle_spoiled),
        (SheetAnswer::Nothing, "nothing", text.settle_nothing),
    ];
    let answers = answers.into_iter().filter(|_| is_first).map(|(answer, word, words)| {
        press::choice(
            look,
            format!("settle:{}:{word}", sheet.job),
            words,
            chosen == Some(answer),
            false,
            target::BUTTON,
            Touched::Console(Message::Answered(sheet.job, answer)),
        )
    });
    let follows = match chosen {
        Some(SheetAnswer::Spoiled | SheetAnswer::Nothing) if is_certificate => {
            Some(text.settle_again)
        }
        Some(SheetAnswer::Spoiled | SheetAnswer::Nothing) => Some(text.settle_no_more),
        Some(SheetAnswer::Complete) | None => None,
    };
    let content = column![label::heading(look, name), facts]
        .extend(answers)
        .push(follows.map(|follows| label::body(look, follows)))
        .spacing(theme::space::S);
    panel::card(look, content)
}

fn rulebook<'a>(open: &'a Open, look: &Look) -> Vec<Part<'a>> {
    let text = look.text;
    let status = &open.report.rulebooks;
    let mut parts = Vec::new();
    match &status.active {
        None => parts.push(panel::notice(look, Tone::Bad, text.rulebook_none, "")),
        Some(active) => {
            if active.expired {
                parts.push(panel::notice(look, Tone::Bad, text.rulebook_expired, ""));
            } else if active.stale {
                parts.push(panel::notice(look, Tone::Warn, text.rulebook_stale, ""));
            }
            let short: String = active.edition.digest.chars().take(16).collect();
            parts.push(facts(
                look,
                text.rulebook_active,
                vec![
                    (text.tab_rulebook, active.edition.to_string()),
                    (text.rulebook_issued, active.issued.to_string()),
                    (text.rulebook_refresh_by, active.refresh_by.to_string()),
                    (text.rulebook_reject_after, active.reject_after.to_string()),
                    (text.rulebook_digest, short),
                ],
            ));
        }
    }
    let mut refused = column![label::heading(look, text.rulebook_refused)].spacing(theme::space::S);
    if status.refused.is_empty() {
        refused = refused.push(label::body(look, text.rulebook_refused_none));
    }
    for refusal in &status.refused {
        let edition = refusal
            .edition
            .as_ref()
            .map_or_else(|| text.rulebook_unsigned.to_owned(), ToString::to_string);
        let beside = format!("{}　{}　{edition}", refusal.code, clock(refusal.at));
        refused = refused
            .push(label::body(look, refusal.why.get(look.language)))
            .push(label::caption(look, beside));
    }
    parts.push(panel::card(look, refused));
    let kept = status.kept.iter().map(|edition| label::body(look, edition.to_string()).into());
    let kept = column![label::heading(look, text.rulebook_kept)].extend(kept);
    parts.push(panel::card(look, kept.spacing(theme::space::XS)));
    parts
}

fn central<'a>(open: &'a Open, look: &Look) -> Vec<Part<'a>> {
    let text = look.text;
    let line = &open.report.line;
    let Some(sync) = &line.sync else {
        return vec![panel::notice(look, Tone::Note, text.central_unknown, "")];
    };
    let mut parts = Vec::new();
    let error = sync.last_error.as_ref();
    parts.push(if sync.connected {
        panel::notice(look, Tone::Good, text.central_connected, "")
    } else if error.is_some() {
        panel::notice(look, Tone::Bad, text.central_silent, "")
    } else {
        panel::notice(look, Tone::Note, text.central_unknown, "")
    });
    if let Some(reason) = &sync.quarantined {
        parts.push(panel::notice(look, Tone::Bad, text.central_suspended, reason.clone()));
    }
    let unknown = || text.about_unknown.to_owned();
    let has = line.acknowledged.zip(line.head);
    let mut rows = vec![
        (text.central_heard, line.heard_at.map_or_else(unknown, clock)),
        (text.central_sent, has.map_or_else(unknown, |(has, all)| (text.records_of)(has, all))),
        (text.central_waiting, (text.records)(sync.unsent)),
    ];
    if let Some(oldest) = sync.oldest_unsent_at {
        rows.push((text.central_oldest, clock(oldest)));
    }
    if !sync.not_understood.is_empty() {
        let positions: Vec<String> = sync.not_understood.iter().map(ToString::to_string).collect();
        rows.push((text.central_odd, positions.join(", ")));
    }
    parts.push(facts(look, text.tab_central, rows));
    if let Some(error) = error {
        let what = format!("{}　{}", text.central_error, (text.since)(&clock(error.since)));
        parts.push(panel::notice(look, Tone::Warn, what, error.text.clone()));
    }
    parts
}

fn numbers<'a>(open: &'a Open, look: &Look) -> Vec<Part<'a>> {
    let rows = open.report.numbers.iter().map(|numbers| series(look, numbers));
    let head = label::heading(look, look.text.numbers_left);
    let left = panel::card(look, column![head].extend(rows).spacing(theme::space::M));
    vec![left, leaving::card(open, look)]
}

fn series<'a>(look: &Look, numbers: &'a Numbers) -> Part<'a> {
    let text = look.text;
    let c = look.colours;
    let (ink, word) = if numbers.left == 0 {
        (c.bad, text.numbers_out)
    } else if numbers.is_low {
        (c.warn, text.numbers_low)
    } else {
        (c.ink, "")
    };
    let name = column![
        label::body(look, series_name(text, numbers.series.as_str())),
        label::caption(look, numbers.series.as_str()),
    ]
    .width(Fill);
    row![
        name,
        label::bold(word, size::BODY, ink),
        label::bold(numbers.left.to_string(), size::HEADING, ink)
    ]
    .spacing(theme::space::M)
    .align_y(Center)
    .into()
}

fn series_name(text: &'static Strings, series: &str) -> &'static str {
    let mut parts = series.split('/');
    match (parts.next(), parts.next()) {
        (Some("food"), Some("1")) => text.series_food_1,
        (Some("food"), Some("2")) => text.series_food_2,
        (Some("food"), Some("3")) => text.series_food_3,
        (Some("filing"), Some("1")) => text.series_filing_1,
        (Some("filing"), Some("2")) => text.series_filing_2,
        (Some("hygiene"), _) => text.series_hygiene,
        _ => text.series_other,
    }
}

fn devices<'a>(open: &'a Open, look: &Look) -> Vec<Part<'a>> {
    let mut parts = work::progress(look, &open.report.work);
    if let Work::Discovered(ports) = &open.report.work {
        parts.extend(work::found(look, ports));
        return parts;
    }
    parts.push(work::find(look, &open.report.work));
    parts.extend(open.report.devices.iter().map(|device| one_device(look, device)));
    parts
}

fn one_device<'a>(look: &Look, device: &'a Device) -> Part<'a> {
    let text = look.text;
    let name = work::name(text, device.kind);
    let (icon, counter) = match device.kind {
        DeviceKind::IdReader => (Icon::Card, ""),
        DeviceKind::Scanner => (Icon::Code, ""),
        DeviceKind::ReceiptPrinter => (Icon::Receipt, text.device_cuts),
        DeviceKind::PagePrinter => (Icon::Printer, text.device_pages),
        DeviceKind::Panel => (Icon::Lock, ""),
    };
    let c = look.colours;
    let fault = |fault: crate::fault::Fault| fault.code.title(look.language);
    let (word, ink) = match device.health {
        Health::NotConfigured => (text.health_none, c.soft),
        Health::Starting => (text.health_starting, c.soft),
        Health::Ready { warning: None } => (text.health_ready, c.good),
        Health::Ready { warning: Some(warning) } => (fault(warning), c.warn),
        Health::Busy => (text.health_busy, c.good),
        Health::NeedsApplicant(_) => (text.health_applicant, c.good),
        Health::NeedsAttendant(found) | Health::NeedsTechnician(found) => (fault(found), c.bad),
        Health::Offline { .. } => (text.health_offline, c.bad),
    };
    let mut beside = vec![(text.since)(&clock(device.since))];
    if let Some(model) = &device.model {
        beside.push(format!("{} {model}", text.device_model));
    }
    if let Some(count) = device.counter {
        beside.push(format!("{counter} {count}"));
    }
    let words = column![
        label::strong(look, name),
        label::bold(sentence(word), size::BODY, ink),
        label::caption(look, beside.join("　")),
    ]
    .width(Fill);
    let buttons = work::buttons(look, device.kind, device.health != Health::NotConfigured);
    let content = row![panel::badge(icon, 92.0, c.primary, c.primary_soft), words, buttons]
        .spacing(theme::space::M)
        .align_y(Center);
    panel::card(look, content)
}

fn about<'a>(open: &'a Open, look: &Look) -> Vec<Part<'a>> {
    let text = look.text;
    let about = &open.report.about;
    let offset = about.clock_offset_ms.map_or_else(
        || text.about_clock_unknown.to_owned(),
        |offset_ms| {
            format!(
                "{}{}.{:03} s",
                if offset_ms < 0 { "-" } else { "+" },
                offset_ms.unsigned_abs() / 1000,
                offset_ms.unsigned_abs() % 1000
            )
        },
    );
    let disk = about.disk_free_bytes.map_or_else(
        || text.about_unknown.to_owned(),
        |bytes| format!("{} MB", bytes / (1024 * 1024)),
    );
    let rows = vec![
        (text.about_kiosk, about.kiosk.clone()),
        (text.about_place, about.place.clone()),
        (text.about_software, about.software.to_owned()),
        (text.about_life, about.incarnation.to_string()),
        (text.about_started, clock(about.started_at)),
        (text.about_clock, offset),
        (text.about_disk, disk),
    ];
    let about = facts(look, text.tab_about, rows);
    let evidence = evidence::parts(open, look);
    // What somebody waits for has the page for itself.
    if evidence::is_news(&open.report.work) {
        return evidence;
    }
    std::iter::once(about).chain(evidence).collect()
}

/// Names and values, one below the other.
pub(super) fn facts<'a>(
    look: &Look,
    heading: &'static str,
    rows: Vec<(&'static str, String)>,
) -> Part<'a> {
    let rows = rows.into_iter().map(|(name, value)| {
        row![
            container(label::soft(look, name)).width(iced::FillPortion(2)),
            container(label::strong(look, value)).width(iced::FillPortion(3)),
        ]
        .spacing(theme::space::M)
        .into()
    });
    let content = column![label::heading(look, heading), space().height(theme::space::XS)]
        .extend(rows)
        .spacing(theme::space::S);
    panel::card(look, content)
}
