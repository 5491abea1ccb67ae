//! Every screen shows its title, its button can be touched, nothing is clipped, and all can be read.

use iced::{Rectangle, Size};
use permit_kiosk::domain::Language;
use permit_kiosk::session::event::Event;
use permit_kiosk::ui::text::strings;
use permit_kiosk::ui::theme;

use super::scenes::ALL;
use super::stand::{Found, Kind, Stand};

/// Least height of the button that goes on, in pixels of the design size: 20 mm.
const PRIMARY_PX_MIN: f32 = 80.0;

/// Windows the screens are used in: the kiosk upright, and a wide one.
const WINDOWS: [(f32, f32); 2] = [(1080.0, 1920.0), (1280.0, 800.0)];

#[track_caller]
fn check(check: impl Fn(&Stand) -> Result<(), String>) {
    let mut wrong = Vec::new();
    for scene in ALL {
        let mut stand = (scene.begin)();
        (scene.go)(&mut stand);
        for large in [false, true] {
            for language in [Language::Zh, Language::En] {
                stand.happen(Event::LargePrintChosen(large));
                stand.happen(Event::LanguageChosen(language));
                if scene.name == "still-there" {
                    // Choosing was a touch; in large print the question comes after twice as long.
                    stand.wait(if large { 128 } else { 68 });
                }
                for (width, height) in WINDOWS {
                    stand.resize(width, height);
                    stand.settle();
                    let title = (scene.title)(strings(language));
                    let checked = if stand.shows(title) {
                        check(&stand)
                    } else {
                        Err(format!("does not show {title:?}: {:?}", stand.texts()))
                    };
                    if let Err(what) = checked {
                        let print = if large { "large" } else { "standard" };
                        wrong.push(format!(
                            "{} {language:?} {print} {width}x{height}: {what}",
                            scene.name
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of the screens:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_screen_shows_its_title_and_a_button_one_can_hit() {
    check(|stand| {
        let room = screen(stand.app.room());
        let found = stand.everything();
        for button in found.iter().filter(|found| found.kind == Kind::Box(Some("primary".into()))) {
            if button.bounds.height < PRIMARY_PX_MIN || button.bounds.width < 2.0 * PRIMARY_PX_MIN {
                return Err(format!("primary button is {:?}", button.bounds));
            }
            if !within(button.bounds, room) {
                return Err(format!("primary button at {:?} of {room:?}", button.bounds));
            }
        }
        Ok(())
    });
}

#[test]
fn no_text_is_clipped_by_what_it_stands_in() {
    check(|stand| {
        let room = screen(stand.app.room());
        let found = stand.everything();
        let overlaid = found.iter().any(is_overlay);
        for (at, text) in found.iter().enumerate() {
            let Kind::Text(words) = &text.kind else { continue };
            // What is scrolled out of sight is cut by the edge of the page, and must be.
            if words.is_empty() || text.visible != Some(text.bounds) {
                continue;
            }
            if text.bounds.x < -1.0 || text.bounds.x + text.bounds.width > room.width + 1.0 {
                return Err(format!("{words:?} runs out of the screen: {:?}", text.bounds));
            }
            if overlaid {
                continue;
            }
            // Whatever was opened before and holds the middle of the text holds all of it.
            let middle = text.bounds.center();
            let holds = |other: &&Found| {
                matches!(other.kind, Kind::Box(_))
                    && other.visible.is_some_and(|visible| visible.contains(middle))
            };
            for holder in found.iter().take(at).filter(holds) {
                if !within(text.bounds, holder.bounds) {
                    return Err(format!(
                        "{words:?} at {:?} is clipped by {:?} {:?}",
                        text.bounds, holder.kind, holder.bounds
                    ));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn at_the_design_size_nothing_has_to_be_scrolled() {
    check(|stand| {
        let room = stand.app.room();
        if room != theme::UPRIGHT {
            return Ok(());
        }
        for found in stand.everything() {
            if let Kind::Scroll(content) = found.kind
                && content.height > found.bounds.height + 1.0
            {
                return Err(format!("{} pixels too high", content.height - found.bounds.height));
            }
        }
        Ok(())
    });
}

#[test]
fn what_does_not_fit_can_be_moved_by_buttons() {
    check(|stand| {
        let is_cut = stand.everything().iter().any(|found| {
            matches!(found.kind, Kind::Scroll(content)
                if content.height > found.bounds.height + 1.0)
        });
        match (is_cut, stand.place("scroll-down")) {
            (true, None) => Err("a page that does not fit has no button to move it".to_owned()),
            (false, Some(_)) => Err("a page that fits has buttons to move it".to_owned()),
            (true, Some(_)) | (false, None) => Ok(()),
        }
    });
}

#[test]
fn no_line_of_text_is_cut_in_its_height() {
    // Text in a box too low for it is given the box's height, which is no whole number of lines.
    let sizes = {
        use theme::size::{BODY, CAPTION, HEADING, HERO, TITLE};
        [CAPTION, BODY, HEADING, TITLE, HERO, 64.0, 120.0, TITLE * 1.3]
    };
    let heights: Vec<f32> = sizes
        .iter()
        .flat_map(|size| [1.0, 1.1, 1.2, 1.25, 1.3, 1.4].map(|line| size * line))
        .collect();
    check(|stand| {
        for text in stand.everything() {
            let Kind::Text(words) = &text.kind else { continue };
            let lines = |line: &f32| {
                let count = (text.bounds.height / line).round();
                count >= 1.0 && (text.bounds.height - count * line).abs() < 0.3
            };
            if !words.is_empty() && !heights.iter().any(lines) {
                return Err(format!("{words:?} is {} high", text.bounds.height));
            }
        }
        Ok(())
    });
}

#[test]
fn whatever_can_be_touched_is_at_least_fifteen_millimetres() {
    // 60.5 pixels of the design size; steps, cards and other boxes carry no id.
    let least = 15.0 * theme::PX_PER_MM;
    check(|stand| {
        for found in stand.everything() {
            let Kind::Box(Some(id)) = &found.kind else { continue };
            let is_target = !matches!(id.as_str(), "uscc" | "typed" | "number" | "signature");
            if is_target && (found.bounds.height < least || found.bounds.width < least) {
                return Err(format!("{id} is {:?}", found.bounds));
            }
        }
        Ok(())
    });
}

#[test]
fn every_text_has_the_contrast_it_needs() {
    // WCAG 2.1: 4.5:1 (AA); in large print 7:1 (AAA).
    for (colours, least) in [(&theme::CALM, 4.5), (&theme::CONTRAST, 7.0)] {
        for (ink, ground) in colours.pairs() {
            let contrast = ink.relative_contrast(ground);
            assert!(contrast >= least, "{contrast}:1 of {ink:?} on {ground:?}");
        }
    }
}

#[test]
fn type_is_eighteen_points_at_least_and_running_text_twenty_eight_in_large_print() {
    let points = |px: f32| px / theme::PX_PER_PT;
    for size in [theme::size::CAPTION, theme::size::BODY, theme::size::HEADING] {
        assert!(points(size) >= 18.0, "{size} pixels are {} points", points(size));
    }
    let large = points(theme::size::BODY * theme::LARGE_PRINT);
    assert!(large >= 28.0, "running text in large print has {large} points");
}

fn is_overlay(found: &Found) -> bool {
    matches!(&found.kind, Kind::Text(text) if [Language::Zh, Language::En].iter().any(|language| {
        let words = strings(*language);
        text == words.still_there || text == words.end_title
    }))
}

fn screen(room: Size) -> Rectangle {
    Rectangle { x: 0.0, y: 0.0, width: room.width, height: room.height }
}

/// Whether `inner` is within `outer`, give or take a pixel of rounding.
fn within(inner: Rectangle, outer: Rectangle) -> bool {
    inner.x >= outer.x - 1.5
        && inner.y >= outer.y - 1.5
        && inner.x + inner.width <= outer.x + outer.width + 1.5
        && inner.y + inner.height <= outer.y + outer.height + 1.5
}
