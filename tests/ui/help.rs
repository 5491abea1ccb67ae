//! Help: high contrast, reading aloud, calling the staff; and what the screen does when nobody is here.

use std::time::Duration;

use jiff::civil::time;
use permit_kiosk::domain::Language;
use permit_kiosk::session::effect::Effect;
use permit_kiosk::session::event::Event;
use permit_kiosk::session::{Ending, Stage};
use permit_kiosk::ui::app::{Message, Night};
use permit_kiosk::ui::text::strings;
use permit_kiosk::ui::theme;

use super::stand::Stand;

fn ground(stand: &Stand) -> iced::Color {
    stand.app.theme().palette().background
}

#[test]
fn high_contrast_lasts_for_the_visit_and_no_longer() {
    let mut stand = Stand::new();
    stand.touch("primary");
    stand.touch("help");
    stand.touch("contrast");
    assert_eq!(ground(&stand), theme::BLACK.ground);
    stand.touch("primary");
    assert!(!stand.shows(strings(Language::Zh).help_title), "help is closed");
    assert_eq!(ground(&stand), theme::BLACK.ground);
    stand.touch("end");
    stand.touch("end-confirm");
    stand.touch("primary");
    assert_eq!(*stand.stage(), Stage::Welcome);
    assert_eq!(
        ground(&stand),
        theme::CALM.ground,
        "the next one finds the screen as everybody does"
    );
}

#[test]
fn a_call_reaches_the_staff_gives_time_and_ends_with_the_visit() {
    let mut stand = Stand::new();
    stand.touch("primary");
    stand.touch("help");
    stand.effects();
    stand.touch("call");
    assert!(matches!(stand.effects()[..], [Effect::CallHelp(true)]));
    assert!(stand.shows(strings(Language::Zh).help_called));
    // Whoever waits for a person is not thrown out after a minute.
    stand.wait(290);
    assert_eq!(*stand.stage(), Stage::Choosing);
    stand.wait(165);
    assert_eq!(*stand.stage(), Stage::Ended(Ending::TimedOut));
    stand.wait(30);
    assert_eq!(*stand.stage(), Stage::Welcome);
    assert!(stand.effects().iter().any(|effect| matches!(effect, Effect::CallHelp(false))));
    assert!(!stand.session().help_called());
}

#[test]
fn a_call_can_be_taken_back() {
    let mut stand = Stand::new();
    stand.touch("help");
    stand.touch("call");
    stand.touch("call");
    let calls: Vec<bool> = stand
        .effects()
        .into_iter()
        .filter_map(
            |effect| if let Effect::CallHelp(called) = effect { Some(called) } else { None },
        )
        .collect();
    assert_eq!(calls, [true, false]);
}

#[test]
fn a_last_screen_says_when_it_goes_and_stays_longer_in_large_print() {
    for (large, seconds) in [(false, 20), (true, 40)] {
        let mut stand = Stand::new();
        let text = strings(Language::Zh);
        stand.happen(Event::LargePrintChosen(large));
        stand.touch("primary");
        stand.touch("end");
        stand.touch("end-confirm");
        assert!(stand.shows(&(text.ends_in)(seconds)), "{:?}", stand.texts());
        stand.wait(seconds - 1);
        assert!(stand.shows(&(text.ends_in)(1)));
        stand.wait(1);
        assert_eq!(*stand.stage(), Stage::Welcome);
    }
}

#[test]
fn help_nobody_looks_at_is_closed() {
    let mut stand = Stand::new();
    stand.touch("help");
    assert!(stand.shows(strings(Language::Zh).help_title));
    stand.rest(Duration::from_secs(50));
    assert!(stand.shows(strings(Language::Zh).help_title));
    stand.rest(Duration::from_secs(20));
    assert!(!stand.shows(strings(Language::Zh).help_title));
}

#[test]
fn what_the_keypad_comes_to_is_said_only_to_who_asked_for_it() {
    let mut stand = Stand::new();
    stand.send(Message::Focused("开始".to_owned()));
    assert!(stand.said().is_empty());
    stand.touch("help");
    stand.touch("aloud");
    stand.send(Message::Focused("开始".to_owned()));
    stand.send(Message::Read(vec!["第一句".to_owned(), "真的吗？".to_owned()]));
    let said: Vec<String> = stand.said().into_iter().map(|(_, text)| text).collect();
    assert_eq!(said, ["开始", "第一句。\n真的吗？\n"]);
    stand.touch("aloud");
    assert!(stand.said().is_empty(), "silence at once");
}

#[test]
fn the_welcome_screen_is_dark_at_night_until_somebody_touches_it() {
    let mut stand = Stand::new();
    // It is ten in the morning on the stand.
    let night =
        |from, until| Some(Night { from: time(from, 0, 0, 0), until: time(until, 0, 0, 0) });
    stand.app.set_night(night(22, 6));
    assert_eq!(ground(&stand), theme::CALM.ground);
    assert!(stand.lights().is_empty());
    stand.rest(Duration::from_mins(12 * 60 + 1));
    assert_eq!(ground(&stand), theme::NIGHT.ground);
    assert_eq!(stand.lights(), [true]);
    // Also where nothing begins by it, and by the panel's sensor.
    for touch in [Message::Touched, Message::Happened(Event::Touched)] {
        stand.send(touch);
        assert_eq!(ground(&stand), theme::CALM.ground);
        stand.rest(Duration::from_secs(59));
        assert_eq!(stand.lights(), [false]);
        stand.rest(Duration::from_secs(1));
        assert_eq!(ground(&stand), theme::NIGHT.ground);
        assert_eq!(stand.lights(), [true]);
    }
    stand.touch("primary");
    assert_eq!(ground(&stand), theme::CALM.ground);
    assert_eq!(stand.lights(), [false]);
    stand.rest(Duration::from_secs(10));
    assert_eq!(ground(&stand), theme::CALM.ground, "not while somebody is here");
    stand.wait(200);
    assert_eq!(*stand.stage(), Stage::Welcome);
    assert_eq!(ground(&stand), theme::NIGHT.ground);
    // At six it is day, also over midnight.
    stand.rest(Duration::from_hours(8));
    assert_eq!(ground(&stand), theme::CALM.ground);
    assert_eq!(stand.lights(), [true, false]);
}

#[test]
fn what_was_chosen_on_the_welcome_screen_goes_when_nobody_is_left() {
    let mut stand = Stand::new();
    stand.touch("language");
    stand.touch("large-print");
    stand.touch("help");
    stand.touch("contrast");
    stand.touch("aloud");
    stand.touch("primary");
    stand.send(Message::Touched);
    stand.rest(Duration::from_secs(59));
    assert_eq!(stand.session().language(), Language::En);
    assert_ne!(ground(&stand), theme::CALM.ground);
    stand.rest(Duration::from_secs(1));
    assert_eq!(stand.session().language(), Language::Zh);
    assert!(!stand.session().large_print());
    assert_eq!(ground(&stand), theme::CALM.ground);
    stand.send(Message::Focused("开始".to_owned()));
    assert!(stand.said().is_empty(), "nobody asked to be read to");
}

#[test]
fn a_night_may_go_over_midnight_or_not() {
    let night = Night { from: time(22, 0, 0, 0), until: time(6, 0, 0, 0) };
    for (hour, is_night) in [(21, false), (22, true), (0, true), (5, true), (6, false), (12, false)]
    {
        assert_eq!(night.is_at(time(hour, 0, 0, 0)), is_night, "{hour}");
    }
    let nap = Night { from: time(12, 0, 0, 0), until: time(14, 0, 0, 0) };
    for (hour, is_night) in [(11, false), (12, true), (13, true), (14, false)] {
        assert_eq!(nap.is_at(time(hour, 0, 0, 0)), is_night, "{hour}");
    }
}

#[test]
fn nothing_stands_on_the_same_pixels_for_long() {
    let mut stand = Stand::new();
    let mut places = std::collections::BTreeSet::new();
    for _ in 0..8 {
        let place = stand.place("primary").unwrap();
        places.insert((place.x.to_bits(), place.y.to_bits()));
        stand.rest(Duration::from_mins(1));
    }
    assert!(places.len() >= 7, "{places:?}");
    assert_eq!(stand.alive(), 8, "each time the screen said that it is alive");
}

#[test]
fn the_smallest_key_is_fifteen_millimetres_on_small_glass_too() {
    for (width, height, width_mm) in
        [(1080.0, 1920.0, 268.0), (1920.0, 1080.0, 476.0), (1280.0, 800.0, 331.0)]
    {
        let least = theme::least_target_mm(iced::Size::new(width, height), width / width_mm);
        assert!(least >= 15.0, "{least} mm on {width_mm} mm");
    }
    // Ten inches are too small, and the technician is told.
    assert!(theme::least_target_mm(iced::Size::new(1280.0, 800.0), 1280.0 / 217.0) < 15.0);
}
