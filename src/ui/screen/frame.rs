//! What is the same on every screen of a visit: the bar at the top, how far one is, the title, and
//! the buttons at the bottom, within reach of somebody sitting.

use std::borrow::Cow;

use iced::widget::scrollable::{Direction, Scrollbar};
use iced::widget::text::LineHeight;
use iced::widget::{Column, Row, column, container, responsive, row, scrollable, space};
use iced::{Background, Border, Center, Element, Fill, Length, Size, border};

use super::{Message, Scene};
use crate::domain::Language;
use crate::session::event::Event;
use crate::session::{Outcome, Stage};
use crate::ui::theme::{self, Look, size};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::{label, press};

/// What a screen brings; the rest of it is the frame's.
pub(crate) struct Page<'a> {
    /// The question or statement of this screen.
    pub(crate) title: Cow<'a, str>,
    /// One line under it; may be empty.
    pub(crate) lead: Cow<'a, str>,
    /// The content, for the room there is.
    pub(crate) body: Box<dyn Fn(Size) -> Element<'a, Message> + 'a>,
    /// The button that goes on, where there is one.
    pub(crate) primary: Option<Element<'a, Message>>,
    /// "Back" does this instead of going back a stage: a page before this one.
    pub(crate) back: Option<Message>,
}

/// The frame with a page in it.
pub(super) fn framed<'a>(scene: Scene<'a>, page: Page<'a>) -> Element<'a, Message> {
    let look = scene.look;
    let mut words = column![label::title(&look, page.title)].spacing(theme::space::XS);
    if !page.lead.is_empty() {
        words = words.push(label::soft(&look, page.lead));
    }
    let body = page.body;
    let body = responsive(move |room| {
        // Pages are made to fit; what does not (large print on a small screen) can be moved.
        let bar = Scrollbar::new().width(18).scroller_width(18).spacing(theme::space::S);
        scrollable(body(room)).direction(Direction::Vertical(bar)).width(Fill).height(Fill).into()
    });
    let mut content = Column::new();
    content = content.push(bar(scene));
    if !look.is_wide() {
        content = content.push(container(steps(scene)).padding([0.0, look.margin()]));
    }
    let gap = if look.is_wide() || look.large { theme::space::M } else { theme::space::L };
    content
        .push(
            column![words, body]
                .spacing(gap)
                .padding(iced::Padding {
                    top: gap,
                    right: look.margin(),
                    bottom: theme::space::S,
                    left: look.margin(),
                })
                .width(Fill)
                .height(Fill),
        )
        .push(foot(scene, page.primary, page.back))
        .width(Fill)
        .height(Fill)
        .into()
}

/// The bar at the top: whose machine this is, language, print.
pub(super) fn bar(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let shows_steps = look.is_wide() && scene.session.progress().is_some();
    let issuer = scene.session.issuer().name.as_str();
    let issuer = label::bold(issuer, size::CAPTION, look.colours.ink);
    let mut names = column![issuer.line_height(LineHeight::Relative(1.2))].width(Fill);
    if !shows_steps {
        let product = label::caption(&look, look.text.product);
        names = names.push(product.line_height(LineHeight::Relative(1.2)));
    }
    let mut content =
        row![Icon::Emblem.draw(64.0, look.colours.seal)].spacing(theme::space::S).align_y(Center);
    if shows_steps {
        // Narrow and large, there is no room for both names and steps.
        if !look.large {
            content = content.push(names.width(Length::FillPortion(2)));
        }
        content = content.push(container(steps(scene)).width(Length::FillPortion(5)));
    } else {
        content = content.push(names);
    }
    content = content.push(switches(scene));
    let colours = look.colours;
    container(content)
        .padding([0.0, look.margin()])
        .width(Fill)
        .center_y(BAR_PX)
        .style(move |_| container::Style {
            background: Some(Background::Color(colours.surface)),
            ..container::Style::default()
        })
        .into()
}

/// Height of the bar at the top.
const BAR_PX: f32 = 104.0;

fn switches(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let other = match look.language {
        Language::Zh => Language::En,
        Language::En => Language::Zh,
    };
    let print = if look.large { look.text.standard_print } else { look.text.large_print };
    row![
        press::quiet(
            &look,
            "large-print",
            print,
            Icon::PrintSize,
            Message::Tell(Event::LargePrintChosen(!look.large)),
        ),
        press::quiet(
            &look,
            "language",
            look.text.other_language,
            Icon::Language,
            Message::Tell(Event::LanguageChosen(other)),
        ),
    ]
    .into()
}

/// The six steps, with the one that is on.
fn steps(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let Some((on, of)) = scene.session.progress() else { return space().into() };
    let names = [
        look.text.step_choose,
        look.text.step_identify,
        look.text.step_business,
        look.text.step_form,
        look.text.step_promise,
        look.text.step_result,
    ];
    let steps = names.into_iter().zip(1..=of).map(|(name, step)| one_step(&look, name, step, on));
    Row::with_children(steps).spacing(theme::space::XS).width(Fill).into()
}

fn one_step<'a>(look: &Look, name: &'a str, step: u8, on: u8) -> Element<'a, Message> {
    let c = look.colours;
    let fill = if step <= on { c.primary } else { c.line };
    let strip = container(space().width(Fill).height(if step == on { 12.0 } else { 8.0 })).style(
        move |_| container::Style {
            background: Some(Background::Color(fill)),
            border: Border { radius: border::radius(6.0), ..Border::default() },
            ..container::Style::default()
        },
    );
    let words = if step == on {
        label::bold(name, size::CAPTION, c.primary)
    } else {
        label::caption(look, name)
    };
    let words =
        words.wrapping(iced::widget::text::Wrapping::None).line_height(LineHeight::Relative(1.2));
    column![container(strip).center_y(14.0), words].spacing(4).width(Fill).align_x(Center).into()
}

/// The buttons at the bottom: end, back, on.
fn foot<'a>(
    scene: Scene<'a>,
    primary: Option<Element<'a, Message>>,
    back: Option<Message>,
) -> Element<'a, Message> {
    let look = scene.look;
    let colours = look.colours;
    let mut line = Row::new().spacing(theme::space::M).align_y(Center);
    if can_end(scene.session.stage()) {
        line = line.push(press::secondary_high(
            &look,
            "end",
            look.text.end,
            Icon::Leave,
            Some(Message::AskToEnd),
            theme::target::PRIMARY,
        ));
    }
    let back =
        back.or_else(|| scene.session.can_go_back().then_some(Message::Tell(Event::WentBack)));
    if let Some(back) = back {
        line = line.push(press::secondary_high(
            &look,
            "back",
            look.text.back,
            Icon::ArrowLeft,
            Some(back),
            theme::target::PRIMARY,
        ));
    }
    line = line.push(match primary {
        Some(primary) => primary,
        None => space().width(Fill).height(theme::target::PRIMARY).into(),
    });
    container(line)
        .padding([theme::space::S, look.margin()])
        .width(Fill)
        .style(move |_| container::Style {
            background: Some(Background::Color(colours.surface)),
            ..container::Style::default()
        })
        .into()
}

/// Whether "End" makes sense: not while the kiosk writes, not on the last screens.
fn can_end(stage: &Stage) -> bool {
    match stage {
        Stage::Choosing
        | Stage::Telling
        | Stage::Identifying(_)
        | Stage::ProvingBusiness(_)
        | Stage::LookingUp
        | Stage::Filling
        | Stage::Promising => true,
        Stage::Decided(outcome) => *outcome != Outcome::Recording,
        Stage::Welcome | Stage::Rating | Stage::Done | Stage::Ended(_) => false,
    }
}
