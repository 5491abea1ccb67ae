//! The decision in plain words, every finding with its article and what to do; then the number, the
//! certificate and where the papers come out.

use iced::widget::image::{self, Image};
use iced::widget::{Column, QRCode, Row, column, container, qr_code, row};
use iced::{Background, Center, Color, ContentFit, Element, Fill, Length, Size};

use super::verifying::until;
use super::{Message as Touched, Page, Scene, data};
use crate::domain::{Action, Shown, Verdict};
use crate::fault::Fixer;
use crate::session::event::{Event, IssuedPermit, Paper, PaperState};
use crate::session::{Outcome, Session, Stage};
use crate::ui::text::Strings;
use crate::ui::theme::{self, Look, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::machine::{Part, machine};
use crate::ui::widget::panel::{self, Tone};
use crate::ui::widget::{label, pages, press};

/// The page of findings, and the pictures made once.
pub(crate) struct Screen {
    page: usize,
    preview: Option<image::Handle>,
    code: Option<qr_code::Data>,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Screen(page {})", self.page)
    }
}

/// What was touched.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Another page of findings.
    Turned(usize),
}

impl Screen {
    pub(super) fn new(session: &Session) -> Self {
        let mut screen = Self { page: 0, preview: None, code: None };
        screen.follow(session);
        screen
    }

    /// Makes the pictures of the permit once it exists.
    pub(super) fn follow(&mut self, session: &Session) {
        let Stage::Decided(Outcome::Issued(permit)) = session.stage() else { return };
        if self.preview.is_none()
            && let Some(preview) = &permit.preview
        {
            self.preview = Some(image::Handle::from_rgba(
                preview.width_px,
                preview.height_px,
                preview.rgba.clone(),
            ));
        }
        if self.code.is_none() {
            // An address too long for a code is shown by the number alone.
            self.code = qr_code::Data::new(&permit.page_url).ok();
        }
    }

    pub(super) fn update(&mut self, message: Message) {
        let Message::Turned(page) = message;
        self.page = page;
    }

    pub(super) fn page(&self) -> usize {
        self.page
    }

    pub(super) fn view<'a>(&'a self, scene: Scene<'a>) -> Page<'a> {
        let look = scene.look;
        let text = look.text;
        let Stage::Decided(outcome) = scene.session.stage() else {
            return working(scene);
        };
        match outcome {
            Outcome::Recording => working(scene),
            Outcome::NotRecorded => Page {
                title: text.not_recorded_title.into(),
                lead: "".into(),
                body: Box::new(move |_| {
                    panel::notice(&look, Tone::Bad, text.not_recorded_more, "")
                }),
                primary: Some(on(scene, text.decision_finish)),
                must_be_read: false,
                back: None,
            },
            Outcome::Recorded => self.recorded_page(scene),
            Outcome::Issued(permit) => self.issued_page(scene, permit),
        }
    }

    fn recorded_page<'a>(&'a self, scene: Scene<'a>) -> Page<'a> {
        let look = scene.look;
        let verdict = scene.session.decision().map_or(Verdict::Stop, |decision| decision.verdict);
        let said = said(look.text, verdict);
        let primary = if verdict == Verdict::FixOnSpot {
            press::primary(
                &look,
                look.text.decision_correct,
                Icon::Pen,
                Some(Touched::Tell(Event::CorrectionChosen)),
            )
        } else {
            on(scene, look.text.next)
        };
        Page {
            title: said.0.into(),
            lead: said.1.into(),
            body: Box::new(move |room| self.recorded(scene, verdict, room)),
            primary: Some(primary),
            must_be_read: false,
            back: None,
        }
    }

    fn recorded<'a>(
        &'a self,
        scene: Scene<'a>,
        verdict: Verdict,
        room: Size,
    ) -> Element<'a, Touched> {
        let look = scene.look;
        let papers = papers(scene, 330.0);
        let beside = look.is_wide();
        let papers_px = if papers.is_some() && !beside { 520.0 } else { 0.0 };
        let findings = self.findings(scene, verdict, room.height - papers_px);
        if beside {
            let mut line = Row::new().push(container(findings).width(Length::FillPortion(3)));
            if let Some(papers) = papers {
                line = line.push(container(papers).width(Length::FillPortion(2)));
            }
            line.spacing(theme::space::M).into()
        } else {
            Column::new().push(findings).push(papers).spacing(theme::space::M).into()
        }
    }

    fn findings<'a>(
        &'a self,
        scene: Scene<'a>,
        verdict: Verdict,
        height: f32,
    ) -> Element<'a, Touched> {
        let look = scene.look;
        let Some(decision) = scene.session.decision() else { return column![].into() };
        let told = decision.shown();
        // On a wide screen without papers beside them their lines are long, and few.
        let alone = look.is_wide() && scene.session.papers().next().is_none();
        let px = match (look.large, alone) {
            (true, _) => 420.0,
            (false, false) => 330.0,
            (false, true) => 250.0,
        };
        let per_page = if told.len() <= Look::fit(height, px) {
            told.len()
        } else {
            Look::fit(height - pages::BAR_PX - theme::space::M, px)
        };
        let pages = pages::count(told.len(), per_page);
        let page = self.page.min(pages - 1);
        let tone = tone(verdict);
        let cards = pages::of(&told, per_page, page).iter().map(|told| finding(&look, tone, told));
        Column::new()
            .push(Column::with_children(cards).spacing(theme::space::M))
            .push(pages::bar(&look, page, pages, |page| Touched::Decision(Message::Turned(page))))
            .spacing(theme::space::M)
            .into()
    }

    fn issued_page<'a>(&'a self, scene: Scene<'a>, permit: &'a IssuedPermit) -> Page<'a> {
        let look = scene.look;
        let said = granted(look.text, action(scene), permit.decision.verdict);
        Page {
            title: said.0.into(),
            lead: said.1.into(),
            body: Box::new(move |room| self.issued(scene, permit, room)),
            primary: Some(on(scene, look.text.next)),
            must_be_read: false,
            back: None,
        }
    }

    fn issued<'a>(
        &'a self,
        scene: Scene<'a>,
        permit: &'a IssuedPermit,
        room: Size,
    ) -> Element<'a, Touched> {
        let look = scene.look;
        if look.is_wide() {
            let picture = (room.height - 300.0).clamp(180.0, 260.0);
            let preview = (room.height - 390.0).clamp(160.0, 240.0);
            return row![
                column![self.number(&look, action(scene), permit, preview)]
                    .width(Length::FillPortion(4)),
                container(papers(scene, picture).unwrap_or_else(|| column![].into()))
                    .width(Length::FillPortion(3)),
            ]
            .spacing(theme::space::M)
            .into();
        }
        // Number, dates and reasons take 460 pixels, the papers 580 with the button below them, what a held one waits for 260 more;
        // the rest is the certificate's.
        let held = scene.session.papers().any(|(_, state)| matches!(state, PaperState::Held(_)));
        let taken = if held { 1200.0 } else { 1040.0 };
        let preview = (room.height - taken).clamp(180.0, 460.0);
        Column::new()
            .push(self.number(&look, action(scene), permit, preview))
            .push(papers(scene, 400.0))
            .spacing(theme::space::M)
            .into()
    }

    /// The number, its dates, the certificate and the code of its public page.
    fn number<'a>(
        &'a self,
        look: &Look,
        action: Action,
        permit: &'a IssuedPermit,
        preview_px: f32,
    ) -> Element<'a, Touched> {
        let text = look.text;
        let good = look.colours.good;
        let until = until(text, permit.number.kind(), permit.valid_to);
        let head = row![
            panel::badge(
                Icon::Check,
                if look.is_wide() { 72.0 } else { 110.0 },
                look.colours.on_primary,
                good
            ),
            column![
                label::caption(look, text.decision_number),
                container(label::bold(permit.number.to_string(), size::HEADING, look.colours.ink))
                    .id("number"),
            ]
            .width(Fill),
        ]
        .spacing(theme::space::M)
        .align_y(Center);
        // What has ended has no last day to tell any more.
        let dates = (action != Action::Cancel).then(|| {
            row![
                panel::fact(look, text.decision_issued, (text.date)(permit.issued)).width(Fill),
                panel::fact(look, text.decision_valid_to, until).width(Fill),
            ]
            .spacing(theme::space::M)
        });
        let preview = self.preview.as_ref().map(|preview| {
            Image::new(preview.clone())
                .content_fit(ContentFit::Contain)
                .width(Fill)
                .height(preview_px)
        });
        let code_px = if look.is_wide() { 150.0 } else { (preview_px - 70.0).clamp(150.0, 260.0) };
        let code = self.code.as_ref().map(|code| {
            column![
                public_code(code, code_px),
                label::caption(look, text.decision_scan).align_x(Center),
            ]
            .spacing(theme::space::XS)
            .align_x(Center)
        });
        let words = Column::new().push(head).push(dates).push(reasons(look, permit));
        let words = words.spacing(theme::space::M);
        // Where height is scarce the pictures stand beside the words.
        let content: Element<'a, Touched> = if look.is_wide() {
            let pictures = Column::new().push(preview).push(code).align_x(Center);
            row![
                words.width(Length::FillPortion(5)),
                pictures.spacing(theme::space::S).width(Length::FillPortion(3)),
            ]
            .spacing(theme::space::M)
            .into()
        } else {
            let pictures = Row::new()
                .push(preview.map(|preview| container(preview).center_x(Length::FillPortion(3))))
                .push(code.map(|code| container(code).center_x(Length::FillPortion(2))));
            words.push(pictures.spacing(theme::space::M).align_y(Center)).into()
        };
        panel::tinted(look, Tone::Good, content)
    }
}

/// Why it could be granted, with the articles: also a yes has its reasons.
fn reasons<'a>(look: &Look, permit: &IssuedPermit) -> Element<'a, Touched> {
    let lines = permit.decision.shown().into_iter().map(|finding| {
        let message = finding.message.get(look.language);
        let line = match &finding.citation {
            Some(citation) => format!("{message} {}", (look.text.finding_article)(citation)),
            None => message.to_owned(),
        };
        label::caption(look, line).into()
    });
    Column::with_children(lines).spacing(theme::space::XS).into()
}

/// The code in black on white whatever the colours are, with the quiet zone a reader wants.
fn public_code(code: &qr_code::Data, px: f32) -> Element<'_, Touched> {
    container(
        QRCode::new(code)
            .total_size(px)
            .style(|_| qr_code::Style { cell: Color::BLACK, background: Color::WHITE }),
    )
    .padding(theme::space::S)
    .style(|_| container::Style {
        background: Some(Background::Color(Color::WHITE)),
        border: iced::border::rounded(10.0),
        ..container::Style::default()
    })
    .into()
}

fn working(scene: Scene<'_>) -> Page<'_> {
    let look = scene.look;
    let c = look.colours;
    Page {
        title: look.text.recording_title.into(),
        lead: look.text.recording_lead.into(),
        body: Box::new(move |room| {
            container(panel::badge(Icon::Hourglass, 220.0, c.primary, c.primary_soft))
                .center_x(Fill)
                .center_y(room.height.min(520.0))
                .into()
        }),
        primary: None,
        must_be_read: false,
        back: None,
    }
}

fn on<'a>(scene: Scene<'a>, words: &'static str) -> Element<'a, Touched> {
    press::primary(&scene.look, words, Icon::ArrowRight, Some(Touched::Tell(Event::WentOn)))
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Issue | Verdict::File | Verdict::NotRequired => Tone::Good,
        Verdict::Refer
        | Verdict::ReferOnsite
        | Verdict::OfferRegistration
        | Verdict::NotCompetent
        | Verdict::TooEarly
        | Verdict::NewApplication => Tone::Note,
        Verdict::RefuseAccept | Verdict::Supplement | Verdict::FixOnSpot | Verdict::ShowPartial => {
            Tone::Warn
        }
        Verdict::Stop => Tone::Bad,
    }
}

/// What the visit does to a permit.
fn action(scene: Scene<'_>) -> Action {
    scene.session.entry().map_or(Action::New, |entry| entry.service.action())
}

/// What was granted, by what was asked for.
fn granted(text: &Strings, action: Action, verdict: Verdict) -> (&'static str, &'static str) {
    match action {
        Action::New | Action::Show => said(text, verdict),
        Action::Change => (text.granted_change, text.granted_change_more),
        Action::Renew => (text.granted_renew, text.granted_renew_more),
        Action::Reissue => (text.granted_reissue, text.granted_reissue_more),
        Action::Cancel => (text.granted_cancel, text.granted_cancel_more),
    }
}

/// A verdict in plain words: what it is, and what it means.
fn said(text: &Strings, verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Stop => (text.verdict_stop, text.verdict_stop_more),
        Verdict::RefuseAccept => (text.verdict_refuse, text.verdict_refuse_more),
        Verdict::NotCompetent => (text.verdict_not_competent, text.verdict_not_competent_more),
        Verdict::NotRequired => (text.verdict_not_required, text.verdict_not_required_more),
        Verdict::NewApplication => (text.verdict_new, text.verdict_new_more),
        Verdict::TooEarly => (text.verdict_too_early, text.verdict_too_early_more),
        Verdict::FixOnSpot => (text.verdict_fix, text.verdict_fix_more),
        Verdict::Supplement => (text.verdict_supplement, text.verdict_supplement_more),
        Verdict::ReferOnsite => (text.verdict_onsite, text.verdict_onsite_more),
        Verdict::Refer => (text.verdict_refer, text.verdict_refer_more),
        Verdict::ShowPartial => (text.verdict_partial, text.verdict_partial_more),
        Verdict::OfferRegistration => (text.verdict_registration, text.verdict_registration_more),
        Verdict::File => (text.verdict_file, text.verdict_file_more),
        Verdict::Issue => (text.verdict_issue, text.verdict_issue_more),
    }
}

fn finding<'a>(look: &Look, tone: Tone, finding: &Shown) -> Element<'a, Touched> {
    let text = look.text;
    let (ink, ground) = tone.colours(look);
    let mut words = column![label::strong(look, finding.message.get(look.language).to_owned())]
        .spacing(theme::space::S)
        .width(Fill);
    let remedy = finding.remedy.get(look.language);
    if !remedy.is_empty() {
        let what = label::bold(text.finding_do, size::BODY, look.colours.primary);
        let remedy = label::body(look, remedy.to_owned()).width(Fill);
        // Beside many words there would be little room for what they are about.
        let remedy: Element<'a, Touched> = if text.finding_do.chars().count() > 6 {
            column![what, remedy].into()
        } else {
            row![what, remedy].spacing(theme::space::S).into()
        };
        words = words.push(remedy);
    }
    if let Some(due) = finding.due {
        let mut line = (text.due)(&(text.date)(due.date));
        if due.provisional {
            line.push_str(text.finding_provisional);
        }
        words = words.push(label::with_icon(
            Icon::Calendar,
            34.0,
            look.colours.ink,
            label::strong(look, line),
        ));
    }
    if let Some(citation) = &finding.citation {
        words = words.push(label::caption(look, (text.finding_article)(citation)));
    }
    panel::card(
        look,
        row![panel::badge(tone.icon(), 84.0, ink, ground), words].spacing(theme::space::M),
    )
}

/// The papers with their states, and the machine with the slot lit where something comes out.
fn papers<'a>(scene: Scene<'a>, picture: f32) -> Option<Element<'a, Touched>> {
    let look = scene.look;
    let papers: Vec<(Paper, &PaperState)> = scene.session.papers().collect();
    if papers.is_empty() {
        return None;
    }
    let mut lit = Vec::new();
    let mut list =
        column![label::heading(&look, look.text.decision_papers)].spacing(theme::space::S);
    for (kind, state) in papers {
        if matches!(state, PaperState::Printing | PaperState::Printed) && !lit.contains(&slot(kind))
        {
            lit.push(slot(kind));
        }
        list = list.push(paper(&look, kind, state));
    }
    if let Some(application) = scene.session.application() {
        let line = format!("{} {}", look.text.decision_application, application.short());
        list = list.push(label::caption(&look, line));
    }
    let content: Element<'a, Touched> = if lit.is_empty() {
        list.width(Fill).into()
    } else {
        row![list.width(Fill), machine(&look, lit, scene.beat(), picture)]
            .spacing(theme::space::S)
            .align_y(Center)
            .into()
    };
    // What a held paper waits for matters more, and takes its room until it is mended.
    let held = scene.session.papers().any(|(_, state)| matches!(state, PaperState::Held(_)));
    let button = (!held || look.is_wide()).then(|| data::button(scene));
    let content = column![content].push(button).spacing(theme::space::S);
    Some(panel::card(&look, content))
}

fn slot(paper: Paper) -> Part {
    match paper {
        Paper::Original | Paper::Copy => Part::Certificates,
        Paper::Receipt | Paper::Slip | Paper::Data => Part::Receipts,
    }
}

pub(super) fn paper<'a>(look: &Look, kind: Paper, state: &'a PaperState) -> Element<'a, Touched> {
    let text = look.text;
    let c = look.colours;
    let name = match kind {
        Paper::Original => text.paper_original,
        Paper::Copy => text.paper_copy,
        Paper::Receipt => text.paper_receipt,
        Paper::Slip => text.paper_slip,
        Paper::Data => text.paper_data,
    };
    // The picture shows it too; who hears the screen does not see that.
    let from = match slot(kind) {
        Part::Receipts => text.machine_receipts,
        Part::Certificates | Part::Reader | Part::Scanner => text.machine_certificates,
    };
    let (icon, ink, words) = match state {
        PaperState::Waiting => (Icon::Clock, c.soft, text.paper_waiting.to_owned()),
        PaperState::Printing => (Icon::Printer, c.primary, (text.paper_printing)(from)),
        PaperState::Printed => (Icon::Take, c.good, (text.paper_printed)(from)),
        PaperState::Unknown => (Icon::Question, c.warn, text.paper_unknown.to_owned()),
        PaperState::NotAvailable => (Icon::Phone, c.soft, text.paper_not_available.to_owned()),
        PaperState::Held(fault) => {
            (Icon::Alert, c.warn, (text.paper_held)(fault.code.title(look.language)))
        }
    };
    let mut words = column![label::strong(look, name), label::plain(words, size::CAPTION, ink)];
    if let PaperState::Held(fault) = state {
        let remedy = fault.remedy(look.language);
        let remedy = match fault.fixer {
            Fixer::Applicant => remedy.to_owned(),
            Fixer::Attendant | Fixer::Technician | Fixer::Maker => {
                (text.paper_held_attendant)(remedy)
            }
        };
        words = words
            .push(label::caption(look, remedy))
            .push(label::caption(look, text.paper_held_more));
    }
    row![icon.draw(48.0, ink), words.width(Fill)].spacing(theme::space::S).align_y(Center).into()
}
