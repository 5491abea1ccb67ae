//! A keypad alone is enough: every button is reached in a sensible order and pressed like by a finger.

use iced::keyboard::key::{Named, NativeCode, Physical};
use iced::keyboard::{self, Key};
use iced_test::core::Event as Input;
use permit_kiosk::session::Stage;
use permit_kiosk::session::event::Event;
use permit_kiosk::ui::app::Message;
use permit_kiosk::ui::text::strings;

use super::scenes::ALL;
use super::stand::{Kind, Stand};

const TAB: Key = Key::Named(Named::Tab);
const ENTER: Key = Key::Named(Named::Enter);

/// What carries an id and is no button.
const NO_BUTTONS: [&str; 9] =
    ["uscc", "typed", "number", "signature", "emblem", "bar", "words", "foot", "curtain"];

fn letter(letter: char) -> Key {
    Key::Character(letter.to_string().into())
}

/// What a press does, without what says only that somebody is there.
fn done(messages: Vec<Message>) -> Vec<String> {
    messages
        .into_iter()
        .filter(|message| !matches!(message, Message::Touched | Message::Focused(_)))
        .map(|message| format!("{message:?}"))
        .collect()
}

/// A key that is still held down.
fn held(key: Key) -> Input {
    Input::Keyboard(keyboard::Event::KeyPressed {
        modified_key: key.clone(),
        key,
        physical_key: Physical::Unidentified(NativeCode::Unidentified),
        location: keyboard::Location::Standard,
        modifiers: keyboard::Modifiers::empty(),
        text: None,
        repeat: true,
    })
}

#[test]
fn a_key_held_down_is_pressed_once_and_is_nobody() {
    let mut stand = Stand::new();
    stand.press_keys(&[ENTER]);
    assert_eq!(*stand.stage(), Stage::Choosing);
    for key in [ENTER, Key::Named(Named::Space), Key::Named(Named::Escape)] {
        assert!(stand.messages_of(vec![held(key.clone())]).is_empty(), "{key:?}");
    }
    // It may go on through the buttons; nobody is there by that.
    let around = stand.messages_of(vec![held(TAB)]);
    assert!(around.iter().all(|message| matches!(message, Message::Focused(_))), "{around:?}");
}

#[test]
fn the_space_bar_writes_a_blank_where_there_is_one() {
    let scene = ALL.iter().find(|scene| scene.name == "form-pinyin").unwrap();
    let mut stand = (scene.begin)();
    (scene.go)(&mut stand);
    let place = stand.place("key:space").unwrap();
    let by_finger = done(stand.messages_of_taps(&[place]));
    assert!(!by_finger.is_empty());
    assert_eq!(done(stand.keys(&[Key::Named(Named::Space)])), by_finger);
}

#[test]
fn every_button_of_every_screen_is_reached_and_pressed() {
    for scene in ALL {
        let mut stand = (scene.begin)();
        (scene.go)(&mut stand);
        let found = stand.everything();
        let curtain = found.iter().rposition(|one| one.kind == Kind::Box(Some("curtain".into())));
        let places: Vec<_> = found
            .iter()
            .skip(curtain.map_or(0, |at| at + 1))
            .filter(|one| {
                matches!(&one.kind, Kind::Box(Some(id)) if !NO_BUTTONS.contains(&id.as_str()))
            })
            .filter_map(|one| one.visible)
            .collect();
        // The screen is built once: what a press does shows only when its messages are taken.
        let mut by_finger = done(stand.messages_of_taps(&places));
        let around: Vec<Key> = places.iter().flat_map(|_| [TAB, ENTER]).collect();
        let mut by_key = done(stand.keys(&around));
        let first = by_key.first().cloned();
        by_finger.sort();
        by_key.sort();
        assert_eq!(by_key, by_finger, "{}", scene.name);
        // One step further is the first again, where the first can be pressed.
        let mut once_more = vec![TAB; places.len() + 1];
        once_more.push(ENTER);
        let again = done(stand.keys(&once_more));
        if !again.is_empty() {
            assert_eq!(again.first(), first.as_ref(), "{}", scene.name);
        }
    }
}

#[test]
fn enter_alone_presses_the_button_that_goes_on_and_escape_goes_back() {
    let mut stand = Stand::new();
    stand.press_keys(&[ENTER]);
    assert_eq!(*stand.stage(), Stage::Choosing);
    stand.press_keys(&[Key::Named(Named::Escape)]);
    assert_eq!(*stand.stage(), Stage::Welcome);
}

#[test]
fn digits_and_letters_of_the_keypad_type_what_the_screen_offers_and_nothing_else() {
    let mut stand = Stand::new();
    stand.choose("food", "convenience-shop");
    stand.identify();
    stand.touch("type-uscc");
    for key in "91370303maxx01026w".chars() {
        stand.press_keys(&[letter(key)]);
    }
    stand.press_keys(&[letter('I'), letter('O'), letter('?')]);
    let text = strings(stand.session().language());
    assert!(stand.shows(text.uscc_right), "{:?}", stand.texts());
    stand.press_keys(&[Key::Named(Named::Backspace)]);
    assert!(!stand.shows(text.uscc_right));
    stand.press_keys(&[letter('W')]);
    stand.press_keys(&[ENTER]);
    assert_eq!(*stand.stage(), Stage::LookingUp);
}

#[test]
fn arrows_lead_to_what_stands_there() {
    let mut stand = Stand::new();
    stand.choose("food", "convenience-shop");
    stand.identify();
    stand.touch("type-uscc");
    let named = |name| Key::Named(name);
    // The first key is 1; below it stands Q, right of that W.
    let messages = stand.keys(&[TAB, named(Named::ArrowDown), named(Named::ArrowRight)]);
    let focused: Vec<String> = messages
        .into_iter()
        .filter_map(
            |message| {
                if let Message::Focused(words) = message { Some(words) } else { None }
            },
        )
        .collect();
    assert_eq!(focused, ["1", "Q", "W"]);
}

#[test]
fn a_key_counts_as_being_there() {
    let mut stand = Stand::new();
    stand.press_keys(&[ENTER]);
    stand.wait(59);
    stand.press_keys(&[TAB]);
    stand.wait(59);
    assert_eq!(*stand.stage(), Stage::Choosing);
}

#[test]
fn what_lies_under_a_question_cannot_be_reached() {
    let mut stand = Stand::new();
    stand.press_keys(&[ENTER]);
    stand.touch("end");
    for tabs in 1..8 {
        let mut keys = vec![TAB; tabs];
        keys.push(ENTER);
        for message in done(stand.keys(&keys)) {
            assert!(message.contains("KeepOn") || message.contains("Cancelled"), "{message}");
        }
    }
}

#[test]
fn without_a_finger_nobody_has_to_sign() {
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    stand.fill_shop("no");
    stand.touch("primary");
    assert_eq!(*stand.stage(), Stage::Promising);
    stand.touch("person");
    assert!(stand.session().decision().unwrap().verdict.goes_to_officer());
    stand.happen(Event::Recorded);
    assert!(stand.session().papers().count() == 1, "a slip says what happens next");
}
