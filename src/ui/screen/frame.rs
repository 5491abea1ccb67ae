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
use crate::ui::theme::{self, Look, size, target};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::{hold, label, press};

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
    /// Whether the button appears only once all of it was seen.
    pub(crate) must_be_read: bool,
    /// "Back" does this instead of going back a stage: a page before this one.
    pub(crate) back: Option<Message>,
}

/// The id of what is moved where a page does not fit.
pub(crate) const PAGE: &str = "page";

/// How far the page is moved.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Scroll {
    offset: f32,
    height: f32,
    content: f32,
    /// Height the buttons take while they are there; without them the page may fit.
    taken: f32,
}

impl Scroll {
    fn of(seen: scrollable::Viewport, taken: f32) -> Self {
        Self {
            offset: seen.absolute_offset().y,
            height: seen.bounds().height,
            content: seen.content_bounds().height,
            taken,
        }
    }

    /// Whether some of the page is out of sight.
    pub(crate) fn is_needed(self) -> bool {
        self.content > self.height + self.taken + 1.0
    }

    fn is_at_end(self) -> bool {
        self.offset + self.height + 1.0 >= self.content
    }

    /// How far one touch moves: a little less than what is seen, so that the eye finds its place.
    fn page(self) -> f32 {
        self.height * 0.85
    }
}

fn scroll_buttons(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let scroll = scene.scroll;
    let up = (scroll.offset > 1.0).then_some(Message::ScrollBy(-scroll.page()));
    let down = (!scroll.is_at_end()).then_some(Message::ScrollBy(scroll.page()));
    row![
        press::secondary(&look, "scroll-up", look.text.scroll_up, Icon::ArrowUp, up),
        space().width(if look.is_wide() { iced::Shrink } else { Fill }),
        press::onward(&look, "scroll-down", look.text.scroll_down, Icon::ArrowDown, down),
    ]
    .spacing(theme::space::S)
    .into()
}

/// The frame with a page in it.
pub(super) fn framed<'a>(scene: Scene<'a>, page: Page<'a>) -> Element<'a, Message> {
    framed_under(scene, page, None)
}

/// The frame with a page in it, and above it what is not moved with it.
pub(super) fn framed_under<'a>(
    scene: Scene<'a>,
    page: Page<'a>,
    above: Option<Element<'a, Message>>,
) -> Element<'a, Message> {
    let look = scene.look;
    let title = label::title(&look, page.title);
    // Beside a title of large print there is room for two lines of some thirty-five letters.
    let is_long =
        page.lead.chars().map(|letter| 1 + usize::from(!letter.is_ascii())).sum::<usize>() > 70;
    let lead = (!page.lead.is_empty()).then(|| label::soft(&look, page.lead));
    let words: Element<'a, Message> = if look.is_wide() {
        // Two small lines are as high as the title beside them, and height is scarce.
        let lead = lead.map(|lead| container(lead.size(size::CAPTION)).width(Fill));
        if look.large && is_long {
            Column::new().push(title).push(lead).into()
        } else {
            Row::new().push(title).push(lead).spacing(theme::space::L).align_y(Center).into()
        }
    } else {
        Column::new().push(title).push(lead).spacing(theme::space::XS).into()
    };
    let body = page.body;
    // Pages are made to fit. What does not, such as large print on a small screen, is moved by two
    // buttons below it; the room is told as without them, so that nothing changes when they come.
    let is_moved = scene.scroll.is_needed();
    let below = (is_moved && !look.is_wide()).then(|| scroll_buttons(scene));
    let taken = if below.is_some() { target::BUTTON + theme::space::S } else { 0.0 };
    // On a wide screen, where height is scarce, the foot has room for them.
    let in_foot = (is_moved && look.is_wide()).then(|| scroll_buttons(scene));
    let body = responsive(move |room| {
        let room = Size::new(room.width, room.height + taken);
        scrollable(body(room))
            .id(PAGE)
            .direction(Direction::Vertical(
                Scrollbar::new().width(14).scroller_width(14).spacing(theme::space::XS),
            ))
            .on_scroll(move |seen| Message::Scrolled(Scroll::of(seen, taken)))
            .width(Fill)
            .height(Fill)
            .into()
    });
    let body = column![body].push(below).spacing(theme::space::S);
    let primary = match page.primary {
        Some(_) if page.must_be_read && !scene.scroll.is_at_end() => Some(press::primary(
            &look,
            look.text.read_on,
            Icon::ArrowDown,
            Some(Message::ScrollBy(scene.scroll.page())),
        )),
        primary => primary,
    };
    let mut content = Column::new();
    content = content.push(bar(scene));
    if !look.is_wide() {
        content = content.push(container(steps(scene)).padding([0.0, look.margin()]));
    }
    let gap = if look.is_wide() || look.large { theme::space::M } else { theme::space::L };
    content
        .push(
            Column::new()
                .push(container(words).id("words"))
                .push(above)
                .push(body)
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
        .push(foot(scene, in_foot, primary, page.back))
        .width(Fill)
        .height(Fill)
        .into()
}

/// The bar at the top: whose machine this is, language, print.
pub(super) fn bar(scene: Scene<'_>) -> Element<'_, Message> {
    let look = scene.look;
    let shows_steps = look.is_wide() && scene.session.progress().is_some();
    // What stands in brackets, such as that the organ is invented, goes to the line below.
    let issuer = scene.session.issuer().name.as_str();
    let (organ, more) = match issuer.find(['(', '（']) {
        Some(at) => issuer.split_at(at),
        None => (issuer, ""),
    };
    let close = LineHeight::Relative(1.2);
    let organ = label::bold(organ, size::CAPTION, look.colours.ink).line_height(close);
    let mut names = column![organ].width(Fill);
    // In large print, and beside the steps, there is room for the organ's name alone.
    if !shows_steps && !look.large {
        let below = [more, look.text.product].join(if more.is_empty() { "" } else { " " });
        names = names.push(label::caption(&look, below).line_height(close));
    }
    let emblem = Icon::Emblem.draw(target::LEAST, look.colours.seal);
    // The way in for staff, between visits only.
    let emblem = if *scene.session.stage() == Stage::Welcome {
        hold::long(emblem, Message::Tell(Event::MaintenanceAsked))
    } else {
        emblem
    };
    let mut content = row![container(emblem).id("emblem")].spacing(theme::space::S).align_y(Center);
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
        .id("bar")
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
        press::quiet(&look, "help", look.text.help, Icon::Question, Message::HelpOpened(true)),
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
    // Large, the names of all of them do not fit beside each other in the bar.
    let words = (step == on || !(look.large && look.is_wide())).then_some(words);
    // A long name has a little more room than a short one.
    let room = u16::try_from(name.chars().count() + 6).unwrap_or(u16::MAX);
    column![container(strip).center_y(14.0)]
        .push(words)
        .spacing(4)
        .width(Length::FillPortion(room))
        .align_x(Center)
        .into()
}

/// The buttons at the bottom: end, back, on.
fn foot<'a>(
    scene: Scene<'a>,
    moves: Option<Element<'a, Message>>,
    primary: Option<Element<'a, Message>>,
    back: Option<Message>,
) -> Element<'a, Message> {
    let look = scene.look;
    let colours = look.colours;
    let mut line = Row::new().spacing(theme::space::M).align_y(Center);
    if can_end(scene.session.stage()) {
        line = line.push(press::foot(
            &look,
            "end",
            look.text.end,
            Icon::Leave,
            Some(Message::AskToEnd),
        ));
    }
    let back =
        back.or_else(|| scene.session.can_go_back().then_some(Message::Tell(Event::WentBack)));
    if let Some(back) = back {
        line = line.push(press::foot(&look, "back", look.text.back, Icon::ArrowLeft, Some(back)));
    }
    line = line.push(moves).push(match primary {
        Some(primary) => primary,
        None => space().width(Fill).height(target::PRIMARY).into(),
    });
    container(line)
        .id("foot")
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
        Stage::Verifying(_)
        | Stage::Choosing
        | Stage::Guiding
        | Stage::Telling
        | Stage::Identifying(_)
        | Stage::ProvingBusiness(_)
        | Stage::LookingUp
        | Stage::Filling
        | Stage::Results
        | Stage::Promising => true,
        Stage::Decided(outcome) => *outcome != Outcome::Recording,
        Stage::Welcome | Stage::Maintenance | Stage::Rating | Stage::Done | Stage::Ended(_) => {
            false
        }
    }
}
