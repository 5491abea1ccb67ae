//! Strokes become thousandths of the box they were drawn in.

use iced::Point;
use permit_kiosk::domain::{Language, Signature};
use permit_kiosk::session::effect::Effect;
use permit_kiosk::session::{Outcome, Stage};
use permit_kiosk::ui::text::strings;

use super::stand::Stand;

fn at_the_promise() -> Stand {
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    stand.fill_shop("no");
    stand.touch("primary");
    assert_eq!(*stand.stage(), Stage::Promising);
    // It is read.
    stand.wait(5);
    stand
}

fn signed(stand: &Stand) -> Signature {
    stand
        .effects()
        .into_iter()
        .find_map(|effect| {
            let Effect::Issue(case) = effect else { return None };
            case.promise.map(|promise| promise.signature)
        })
        .unwrap()
}

#[test]
fn a_stroke_keeps_its_place_in_the_box_whatever_its_size() {
    for (width, height) in [(1080.0, 1920.0), (1280.0, 800.0), (540.0, 960.0)] {
        let mut stand = at_the_promise();
        stand.resize(width, height);
        let place = stand.place("signature").unwrap();
        let at = |u: f32, v: f32| Point::new(place.x + place.width * u, place.y + place.height * v);
        let line: Vec<Point> = (0..10_u8).map(|i| at(f32::from(i) / 10.0, 0.5)).collect();
        stand.draw(&line);
        stand.touch("primary");
        let points = signed(&stand).strokes.remove(0).0;
        let wanted: Vec<(u16, u16)> = (0..10).map(|i| (i * 100, 500)).collect();
        assert_eq!(points.len(), wanted.len());
        for ((x, y), (u, v)) in points.into_iter().zip(wanted) {
            assert!(x.abs_diff(u) <= 1 && y.abs_diff(v) <= 1, "({x}, {y}) instead of ({u}, {v})");
        }
    }
}

#[test]
fn a_touch_by_mistake_is_no_signature() {
    let mut stand = at_the_promise();
    let middle = stand.place("signature").unwrap().center();
    stand.draw(&[middle]);
    stand.touch("primary");
    assert_eq!(*stand.stage(), Stage::Promising);
    stand.sign();
    stand.touch("primary");
    assert_eq!(*stand.stage(), Stage::Decided(Outcome::Recording));
}

#[test]
fn signing_again_begins_with_an_empty_box() {
    let mut stand = at_the_promise();
    stand.sign();
    stand.touch("clear");
    stand.touch("primary");
    assert_eq!(*stand.stage(), Stage::Promising, "nothing is signed any more");
    stand.sign();
    stand.touch("primary");
    assert_eq!(signed(&stand).strokes.len(), 3);
}

#[test]
fn a_finger_that_leaves_the_box_and_comes_back_draws_only_inside() {
    let mut stand = at_the_promise();
    let place = stand.place("signature").unwrap();
    let at = |u: f32| Point::new(place.x + place.width * u, place.center().y);
    let outside = Point::new(place.x + place.width + 40.0, place.center().y);
    let mut line: Vec<Point> = (0..5_u8).map(|i| at(0.5 + f32::from(i) / 10.0)).collect();
    line.extend([outside; 3]);
    line.extend((0..5_u8).map(|i| at(0.9 - f32::from(i) / 10.0)));
    stand.draw(&line);
    stand.touch("primary");
    let stroke = signed(&stand).strokes.remove(0);
    let along: Vec<u16> = stroke.0.iter().map(|(x, _)| *x).collect();
    assert_eq!(along, [500, 600, 700, 800, 900, 800, 700, 600, 500]);
}

#[test]
fn a_promise_is_read_to_its_end_before_it_can_be_signed_off() {
    let text = strings(Language::En);
    for (width, height, fits) in [(1080.0, 1920.0, true), (1280.0, 800.0, false)] {
        let mut stand = at_the_promise();
        stand.speak(Language::En);
        stand.resize(width, height);
        drop(stand.settle());
        let words = if fits { text.promise_unsigned } else { text.read_on };
        assert!(stand.shows(words), "{width}x{height}: {:?}", stand.texts());
    }
}
