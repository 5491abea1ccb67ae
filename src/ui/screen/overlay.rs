//! What lies over a screen: "are you still there?", "end this visit?", and help.

use iced::widget::{column, container, opaque, row, stack};
use iced::{Background, Center, Color, Element, Fill, Length};

use super::{Message, Scene};
use crate::session::Stage;
use crate::session::event::Event;
use crate::ui::theme::{self, edge, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::keypad::CURTAIN;
use crate::ui::widget::{label, panel, press};

/// `base`, with what lies over it at the moment.
pub(super) fn over<'a>(
    scene: Scene<'a>,
    base: Element<'a, Message>,
    asks_to_end: bool,
) -> Element<'a, Message> {
    let card = if let Some(seconds) = scene.session.countdown(scene.now) {
        still_there(scene, seconds)
    } else if asks_to_end {
        end(scene)
    } else if scene.help.open {
        help(scene)
    } else {
        return stack![base].into();
    };
    let colours = scene.look.colours;
    let is_help = scene.help.open && !asks_to_end && scene.session.countdown(scene.now).is_none();
    // Help has most to say.
    let (width, padding) = if is_help && scene.look.is_wide() {
        (1400, theme::space::L)
    } else if is_help {
        (900, theme::space::L)
    } else {
        (900, theme::space::XL)
    };
    let card = container(card).max_width(width).padding(padding).style(move |_| container::Style {
        background: Some(Background::Color(colours.surface)),
        border: edge(colours.primary, 4.0),
        ..container::Style::default()
    });
    let veil = container(card).id(CURTAIN).center(Fill).padding(scene.look.margin()).style(|_| {
        container::Style {
            background: Some(Background::Color(Color::from_rgba(0.04, 0.09, 0.16, 0.62))),
            ..container::Style::default()
        }
    });
    stack![base, opaque(veil)].into()
}

/// One touch anywhere goes on; the button says so.
fn still_there(scene: Scene<'_>, seconds: u64) -> Element<'_, Message> {
    let look = scene.look;
    let text = look.text;
    let c = look.colours;
    column![
        label::bold(text.still_there, size::TITLE, c.ink).align_x(Center),
        container(label::bold(seconds.to_string(), 120.0, c.primary)).center(220.0).style(
            move |_| container::Style {
                background: Some(Background::Color(c.primary_soft)),
                border: iced::Border {
                    color: c.primary,
                    width: 10.0,
                    radius: iced::border::radius(110.0),
                },
                ..container::Style::default()
            }
        ),
        label::body(&look, (text.still_there_more)(seconds)).align_x(Center),
        press::primary(&look, text.still_here, Icon::Check, Some(Message::Tell(Event::Touched)),),
    ]
    .spacing(theme::space::L)
    .align_x(Center)
    .into()
}

fn end(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let text = look.text;
    let c = look.colours;
    let decided = matches!(scene.session.stage(), Stage::Decided(_));
    let more = if decided { text.end_more_decided } else { text.end_more };
    let leave = press::foot(
        &look,
        "end-confirm",
        text.end_confirm,
        Icon::Leave,
        Some(Message::Tell(Event::Cancelled)),
    );
    column![
        panel::badge(Icon::Question, 140.0, c.primary, c.primary_soft),
        label::bold(text.end_title, size::TITLE, c.ink).align_x(Center),
        label::body(&look, more).align_x(Center),
        row![leave, press::primary(&look, text.end_stay, Icon::ArrowRight, Some(Message::KeepOn)),]
            .spacing(theme::space::M),
    ]
    .spacing(theme::space::L)
    .align_x(Center)
    .into()
}

/// What can be asked of the screen, and of the staff.
fn help(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let text = look.text;
    let c = look.colours;
    let called = scene.session.help_called();
    let aloud = scene.help.aloud;
    let switches = [
        switch(
            &look,
            "aloud",
            Icon::Sound,
            (text.help_aloud, text.help_aloud_more),
            aloud,
            Message::AloudChosen(!aloud),
        ),
        switch(
            &look,
            "contrast",
            Icon::Contrast,
            (text.help_contrast, text.help_contrast_more),
            look.contrast,
            Message::ContrastChosen(!look.contrast),
        ),
        switch(
            &look,
            "large",
            Icon::PrintSize,
            (text.help_large, text.help_large_more),
            look.large,
            Message::Tell(Event::LargePrintChosen(!look.large)),
        ),
    ];
    let (what, more) = if called {
        (text.help_called, text.help_called_more)
    } else {
        (text.help_call, text.help_call_more)
    };
    let call = switch(
        &look,
        "call",
        Icon::Bell,
        (what, more),
        called,
        Message::Tell(Event::HelpCalled(!called)),
    );
    // Over the phone, staff asks for the number of the visit, which the journal knows it by.
    let number = scene
        .session
        .application()
        .map(|application| format!("{} {}", text.decision_application, application.short()));
    let phone = (!scene.help.phone.is_empty()).then(|| (text.help_phone)(&scene.help.phone));
    let lines: Vec<String> = phone.into_iter().chain(number).collect();
    let lines = (!lines.is_empty())
        .then(|| label::body(&look, lines.join("　")).align_x(Center).width(Fill));
    let parts: Element<'_, Message> = if look.is_wide() {
        let mut all = switches.into_iter().chain([call]);
        let mut lines = iced::widget::Column::new().spacing(theme::space::S);
        while let Some(first) = all.next() {
            let second = all.next();
            lines = lines.push(
                iced::widget::Row::new()
                    .push(container(first).width(Fill))
                    .push(second.map(|second| container(second).width(Fill)))
                    .spacing(theme::space::S),
            );
        }
        lines.into()
    } else {
        iced::widget::Column::with_children(switches.into_iter().chain([call]))
            .spacing(theme::space::S)
            .into()
    };
    iced::widget::Column::new()
        .push(label::bold(text.help_title, size::TITLE, c.ink).align_x(Center))
        .push(parts)
        .push(lines)
        .push(press::primary(&look, text.help_close, Icon::Check, Some(Message::HelpOpened(false))))
        .spacing(theme::space::M)
        .align_x(Center)
        .into()
}

/// Something that is on or off; in words too, never by colour alone.
fn switch<'a>(
    look: &theme::Look,
    id: &'static str,
    icon: Icon,
    (what, more): (&'a str, &'a str),
    on: bool,
    message: Message,
) -> Element<'a, Message> {
    let c = look.colours;
    let state = if on { look.text.switch_on } else { look.text.switch_off };
    let mark = container(label::bold(state, size::CAPTION, if on { c.on_primary } else { c.soft }))
        .center_x(Length::Fixed(84.0))
        .center_y(Length::Fixed(48.0))
        .style(move |_| container::Style {
            background: Some(Background::Color(if on { c.primary } else { c.quiet })),
            border: iced::border::rounded(24.0),
            ..container::Style::default()
        });
    // In large print there is no room for the second line on every screen.
    let more = (!look.large).then(|| label::caption(look, more));
    let words = column![label::strong(look, what)].push(more).width(Fill);
    press::block(
        look,
        id.to_owned(),
        row![panel::badge(icon, 76.0, c.primary, c.primary_soft), words, mark]
            .spacing(theme::space::S)
            .align_y(Center),
        on,
        message,
    )
}
