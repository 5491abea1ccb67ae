//! Every screen shows its title, its button can be touched, nothing is clipped, and all can be read.

use std::sync::LazyLock;

use iced::{Rectangle, Size};
use permit_kiosk::domain::Language;
use permit_kiosk::session::event::Event;
use permit_kiosk::ui::text::strings;
use permit_kiosk::ui::theme;

use super::scenes::ALL;
use super::stand::{Found, Kind};

/// Least height of the button that goes on, in pixels of the design size: 20 mm.
const PRIMARY_PX_MIN: f32 = 80.0;

/// Glasses the screens are used on, with their width in millimetres: the lobby's, upright and lying, and a
/// small one of 15.4 inches.
const PANELS: [(f32, f32, f32); 3] =
    [(1080.0, 1920.0, 268.0), (1920.0, 1080.0, 476.0), (1280.0, 800.0, 331.0)];

/// A screen as it was laid out.
struct Shot {
    what: String,
    room: Size,
    /// Millimetres of a pixel of the design size.
    mm_per_px: f32,
    title: &'static str,
    found: Vec<Found>,
}

/// Every screen, in both prints, both languages, on every panel; laid out once for all tests.
static SHOTS: LazyLock<Vec<Shot>> = LazyLock::new(|| {
    let mut shots = Vec::new();
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
                for (width, height, width_mm) in PANELS {
                    stand.resize(width, height);
                    let found = stand.settle();
                    let print = if large { "large" } else { "standard" };
                    let (name, room) = (scene.name, stand.app.room());
                    shots.push(Shot {
                        what: format!("{name} {language:?} {print} {width}x{height}"),
                        room,
                        mm_per_px: width_mm / room.width,
                        title: (scene.title)(strings(language)),
                        found,
                    });
                }
            }
        }
    }
    shots
});

impl Shot {
    fn texts(&self) -> impl Iterator<Item = &str> {
        self.found.iter().filter_map(|found| match &found.kind {
            Kind::Text(text) => Some(text.as_str()),
            Kind::Box(_) | Kind::Scroll(_) => None,
        })
    }

    fn shows_id(&self, wanted: &str) -> bool {
        self.found.iter().any(|found| {
            matches!(&found.kind, Kind::Box(Some(id)) if id == wanted) && found.visible.is_some()
        })
    }
}

#[track_caller]
fn check(check: impl Fn(&Shot) -> Result<(), String>) {
    let wrong: Vec<String> = SHOTS
        .iter()
        .filter_map(|shot| {
            let checked = if shot.texts().any(|text| text == shot.title) {
                check(shot)
            } else {
                Err(format!(
                    "does not show {:?}: {:?}",
                    shot.title,
                    shot.texts().collect::<Vec<_>>()
                ))
            };
            Some(format!("{}: {}", shot.what, checked.err()?))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of the screens:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_screen_shows_its_title_and_a_button_one_can_hit() {
    check(|shot| {
        let room = screen(shot.room);
        let found = &shot.found;
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
    check(|shot| {
        let room = screen(shot.room);
        let found = &shot.found;
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
    check(|shot| {
        // A technician's settings are as long as the device has settings.
        if shot.room != theme::UPRIGHT || shot.what.starts_with("console-why ") {
            return Ok(());
        }
        for found in &shot.found {
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
    check(|shot| {
        let is_cut = shot.found.iter().any(|found| {
            matches!(found.kind, Kind::Scroll(content)
                if content.height > found.bounds.height + 1.0)
        });
        match (is_cut, shot.shows_id("scroll-down")) {
            (true, false) => Err("a page that does not fit has no button to move it".to_owned()),
            (false, true) => Err("a page that fits has buttons to move it".to_owned()),
            (true, true) | (false, false) => Ok(()),
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
    check(|shot| {
        for text in &shot.found {
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
    // Steps, cards and other boxes carry no id.
    check(|shot| {
        for found in &shot.found {
            let Kind::Box(Some(id)) = &found.kind else { continue };
            let is_target = !matches!(
                id.as_str(),
                "uscc" | "typed" | "number" | "signature" | "bar" | "words" | "foot" | "curtain"
            );
            let (width, height) =
                (found.bounds.width * shot.mm_per_px, found.bounds.height * shot.mm_per_px);
            if is_target && (height < 15.0 || width < 15.0) {
                return Err(format!("{id} is {width} by {height} mm"));
            }
        }
        Ok(())
    });
}

#[test]
fn every_text_has_the_contrast_it_needs() {
    // WCAG 2.1: 4.5:1 (AA); in large print and high contrast 7:1 (AAA).
    for (colours, least) in
        [(&theme::CALM, 4.5), (&theme::NIGHT, 4.5), (&theme::CONTRAST, 7.0), (&theme::BLACK, 7.0)]
    {
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
        [words.still_there, words.end_title, words.help_title].contains(&text.as_str())
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

/// Names and values as registers, papers and the law have them: they are not translated.
const AS_REGISTERED: &[&str] = &[
    "淄博市张店区行政审批服务局",
    "(演示代码)",
    "(演示)",
    "淄博云帆食品商贸有限公司",
    "秦一舟",
    "秦**",
    "张店区公园街道示范路3号",
    "张店区晚风小馆",
    "张店区和平街道示范路9号",
    "张店区市民中心一楼大厅",
    "张行综〔2026〕第0001号",
    "张卫公备〔2026〕第0001号",
    "张审卫公证",
    "餐饮服务经营者、热食类食品制售、冷食类食品制售(含冷荤类)、自制饮品制售",
    // How to come back to the other language.
    "中文",
];

#[test]
fn a_screen_speaks_one_language() {
    let is_han = |letter: char| ('\u{4E00}'..='\u{9FFF}').contains(&letter);
    check(|shot| {
        let is_console = shot.what.starts_with("console-");
        // Whoever writes Chinese by its letters needs both.
        let is_written = shot.what.starts_with("form-pinyin ");
        let english = shot.what.contains(" En ");
        for words in shot.texts() {
            let mut rest =
                AS_REGISTERED.iter().fold(words.to_owned(), |rest, known| rest.replace(known, ""));
            if english {
                // Articles of the law have no other name.
                let article = rest.contains('第') || rest.contains('〔') || rest.contains('）');
                if rest.chars().any(is_han)
                    && !is_written
                    && !(article && rest.contains(['法', '例', '号', '则', '字']))
                {
                    return Err(format!("{words:?} is not English"));
                }
            } else if !is_console && !is_written {
                rest = rest.replace("English", "").replace("MAXX", "");
                let word = rest.split(|letter: char| !letter.is_ascii_lowercase());
                if let Some(word) = word.into_iter().find(|word| word.len() > 3) {
                    return Err(format!("{word:?} in {words:?} is not Chinese"));
                }
            }
        }
        Ok(())
    });
}
