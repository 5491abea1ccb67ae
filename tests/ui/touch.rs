//! Each tap acts where it happened, however many arrive at once.

use iced::{Event as Input, Point, mouse};
use permit_kiosk::session::Stage;
use permit_kiosk::ui::app::Message;

use super::scenes::type_code;
use super::stand::{Stand, tap};

fn at_the_keyboard() -> Stand {
    let mut stand = Stand::new();
    stand.choose("food", "convenience-shop");
    stand.identify();
    stand.touch("type-uscc");
    stand
}

fn typed(stand: &Stand) -> String {
    let place = stand.place("uscc").unwrap();
    stand
        .everything()
        .into_iter()
        .filter(|found| place.contains(found.bounds.center()))
        .filter_map(|found| match found.kind {
            super::stand::Kind::Text(text) => Some(text),
            super::stand::Kind::Box(_) | super::stand::Kind::Scroll(_) => None,
        })
        .collect()
}

#[test]
fn two_quick_taps_in_one_batch_go_to_two_buttons() {
    let mut stand = at_the_keyboard();
    let first = stand.place("key:7").unwrap().center();
    let second = stand.place("key:Y").unwrap().center();
    // The toolkit's own cursor is where the newest event was.
    let messages: Vec<Message> = {
        let mut ui = stand.look();
        ui.point_at(second);
        ui.simulate(tap(first, 1).into_iter().chain(tap(second, 2)));
        ui.into_messages().collect()
    };
    for message in messages {
        stand.send(message);
    }
    assert_eq!(typed(&stand), "7Y");
}

#[test]
fn eighteen_taps_in_one_batch_type_eighteen_characters() {
    let mut stand = at_the_keyboard();
    let places: Vec<Point> = "91370303MAXX01026W"
        .chars()
        .map(|letter| stand.place(&format!("key:{letter}")).unwrap().center())
        .collect();
    stand.tap(&places);
    assert_eq!(typed(&stand), "91370303MAXX01026W");
}

#[test]
fn clicks_of_a_mouse_that_moved_on_go_where_they_were_clicked() {
    let mut stand = at_the_keyboard();
    let click = |position: Point| {
        [
            Input::Mouse(mouse::Event::CursorMoved { position }),
            Input::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)),
            Input::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left)),
        ]
    };
    let first = stand.place("key:3").unwrap().center();
    let second = stand.place("key:A").unwrap().center();
    let messages: Vec<Message> = {
        let mut ui = stand.look();
        ui.point_at(Point::new(2.0, 2.0));
        ui.simulate(click(first).into_iter().chain(click(second)));
        ui.into_messages().collect()
    };
    for message in messages {
        stand.send(message);
    }
    assert_eq!(typed(&stand), "3A");
}

#[test]
fn a_second_tap_meant_for_the_screen_before_changes_nothing() {
    let mut stand = Stand::new();
    let begin = stand.place("primary").unwrap().center();
    stand.tap(&[begin, begin]);
    assert_eq!(*stand.stage(), Stage::Choosing);
    stand.touch("group:food");
    let entry = stand.place("entry:convenience-shop").unwrap().center();
    let group = stand.place("group:held").unwrap().center();
    stand.tap(&[entry, group, entry]);
    assert_eq!(*stand.stage(), Stage::Telling);
}

#[test]
fn any_touch_counts_as_being_there() {
    let mut stand = Stand::new();
    stand.touch("primary");
    stand.wait(59);
    stand.tap(&[Point::new(540.0, 1700.0)]);
    stand.wait(59);
    assert_eq!(*stand.stage(), Stage::Choosing);
    assert!(!stand.shows(permit_kiosk::ui::text::strings(stand.session().language()).still_there));
}

#[test]
fn what_lies_under_a_question_cannot_be_touched() {
    let mut stand = Stand::new();
    stand.touch("primary");
    stand.touch("group:food");
    let entry = stand.place("entry:convenience-shop").unwrap().center();
    stand.touch("end");
    stand.tap(&[entry]);
    assert_eq!(*stand.stage(), Stage::Choosing);
    stand.touch("end-confirm");
    assert!(matches!(stand.stage(), Stage::Ended(_)));
}

#[test]
fn the_typed_code_is_gone_when_the_screen_is_left() {
    let mut stand = at_the_keyboard();
    type_code(&mut stand, "9137");
    assert_eq!(typed(&stand), "9137");
    stand.touch("back");
    stand.touch("back");
    stand.happen(permit_kiosk::session::event::Event::CardFound);
    stand.happen(permit_kiosk::session::event::Event::Identified(Box::new(
        super::stand::applicant(),
    )));
    stand.touch("type-uscc");
    assert_eq!(typed(&stand), "");
}
