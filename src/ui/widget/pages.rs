//! Pages instead of scrolling: two big buttons and where one is.

use iced::widget::{container, row};
use iced::{Center, Element, Fill};

use super::icon::Icon;
use super::{label, press};
use crate::ui::theme::{self, Look};

/// How many pages `count` things take at `per_page`.
pub(crate) fn count(count: usize, per_page: usize) -> usize {
    count.div_ceil(per_page.max(1)).max(1)
}

/// The things of `page`, counted from 0.
pub(crate) fn of<T>(things: &[T], per_page: usize, page: usize) -> &[T] {
    things.chunks(per_page.max(1)).nth(page).unwrap_or_default()
}

/// Height of the bar.
pub(crate) const BAR_PX: f32 = 96.0;

/// "‹ 1 / 3 ›"; nothing where there is one page.
pub(crate) fn bar<'a, Message: Clone + 'a>(
    look: &Look,
    page: usize,
    pages: usize,
    turn: impl Fn(usize) -> Message,
) -> Option<Element<'a, Message>> {
    if pages < 2 {
        return None;
    }
    let earlier = page.checked_sub(1).map(&turn);
    let later = (page + 1 < pages).then(|| turn(page + 1));
    Some(
        row![
            press::secondary(look, "earlier", look.text.earlier, Icon::ArrowLeft, earlier),
            container(label::strong(look, (look.text.page)(page + 1, pages))).center_x(Fill),
            press::onward(look, "later", look.text.later, Icon::ArrowRight, later),
        ]
        .spacing(theme::space::M)
        .align_y(Center)
        .into(),
    )
}
