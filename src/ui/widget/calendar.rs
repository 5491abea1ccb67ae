//! A month to pick a day from.

use iced::widget::text::LineHeight;
use iced::widget::{Column, Row, column, container, row, space};
use iced::{Center, Element, Fill};
use jiff::ToSpan;
use jiff::civil::Date;

use super::icon::Icon;
use super::{label, press};
use crate::ui::theme::{self, Look};

/// The month `shown`, with `today` and the day `chosen`.
pub(crate) fn month<'a, Message: Clone + 'a>(
    look: &Look,
    shown: Date,
    today: Date,
    chosen: Option<Date>,
    height: f32,
    on_turn: impl Fn(Date) -> Message,
    on_pick: impl Fn(Date) -> Message,
) -> Element<'a, Message> {
    let first = shown.first_of_month();
    let text = look.text;
    let head = row![
        press::secondary(
            look,
            "month-earlier",
            text.month_earlier,
            Icon::ArrowLeft,
            Some(on_turn(first.saturating_sub(1.month()))),
        ),
        container(label::heading(look, (text.month)(first.year(), first.month()))).center_x(Fill),
        press::onward(
            look,
            "month-later",
            text.month_later,
            Icon::ArrowRight,
            Some(on_turn(first.saturating_add(1.month()))),
        ),
    ]
    .align_y(Center);
    let names = [
        text.weekday_1,
        text.weekday_2,
        text.weekday_3,
        text.weekday_4,
        text.weekday_5,
        text.weekday_6,
        text.weekday_7,
    ];
    let names = Row::with_children(
        names.map(|name| container(label::caption(look, name)).center_x(Fill).into()),
    )
    .spacing(theme::space::XS);
    // Buttons, names of the days, then at most six weeks.
    let cell = ((height - 190.0) / 6.0 - theme::space::XS).clamp(84.0, 128.0);
    column![head, names, days(look, first, today, chosen, cell, on_pick)]
        .spacing(theme::space::S)
        .into()
}

fn days<'a, Message: Clone + 'a>(
    look: &Look,
    first: Date,
    today: Date,
    chosen: Option<Date>,
    height: f32,
    on_pick: impl Fn(Date) -> Message,
) -> Column<'a, Message> {
    let before = i64::from(first.weekday().to_monday_zero_offset());
    let monday = first.saturating_sub(before.days());
    let weeks = (before + i64::from(first.days_in_month()) + 6) / 7;
    let mut column = Column::new().spacing(theme::space::XS);
    for week in 0..weeks {
        let mut line = Row::new().spacing(theme::space::XS);
        for weekday in 0..7 {
            let day = monday.saturating_add((week * 7 + weekday).days());
            line = line.push(if day.month() == first.month() {
                cell(look, day, today, chosen == Some(day), height, on_pick(day))
            } else {
                space().width(Fill).into()
            });
        }
        column = column.push(line);
    }
    column
}

fn cell<'a, Message: Clone + 'a>(
    look: &Look,
    day: Date,
    today: Date,
    is_chosen: bool,
    height: f32,
    message: Message,
) -> Element<'a, Message> {
    let colours = look.colours;
    let ink = if is_chosen || day == today { colours.primary } else { colours.ink };
    let number = label::bold(day.day().to_string(), theme::size::HEADING, ink)
        .line_height(LineHeight::Relative(1.1));
    let mut content = Column::new().push(number).align_x(Center);
    if day == today {
        let today = label::plain(look.text.date_today, theme::size::CAPTION, ink);
        content = content.push(today.line_height(LineHeight::Relative(1.1)));
    }
    press::cell(look, format!("day:{day}"), content, (Fill, height), is_chosen, Some(message))
}
