//! The keyboards offer what can stand in a field, and no more.

use std::collections::BTreeSet;

use permit_kiosk::domain::Uscc;
use permit_kiosk::session::Stage;
use permit_kiosk::session::effect::{Effect, Query};
use permit_kiosk::session::event::Answer;
use permit_kiosk::ui::text::strings;

use super::scenes::type_code;
use super::stand::{Kind, Stand, business};

fn keys(stand: &Stand) -> BTreeSet<String> {
    stand
        .everything()
        .into_iter()
        .filter_map(|found| match found.kind {
            Kind::Box(Some(id)) => id.strip_prefix("key:").map(str::to_owned),
            Kind::Box(None) | Kind::Text(_) | Kind::Scroll(_) => None,
        })
        .filter(|key| key.chars().count() == 1)
        .collect()
}

fn at_the_keyboard() -> Stand {
    let mut stand = Stand::new();
    stand.choose("food", "convenience-shop");
    stand.identify();
    stand.touch("type-uscc");
    stand
}

#[test]
fn letters_that_are_no_characters_yet_are_not_lost_with_the_page() {
    let mut stand = Stand::asking_a_name();
    stand.come_to_the_form("convenience-shop");
    let text = strings(stand.session().language());
    stand.touch("primary");
    let name = |stand: &Stand| {
        let asked = stand.session().fields().iter().filter(|field| field.source.is_none());
        let answers = asked.filter_map(|field| field.answer.as_ref());
        let mut typed = answers.filter_map(|answer| {
            if let Answer::Text(typed) = answer { Some(typed.clone()) } else { None }
        });
        typed.next().unwrap_or_default()
    };
    for letter in "yun".chars() {
        stand.touch(&format!("key:{letter}"));
    }
    stand.touch("candidate:0");
    let written = name(&stand);
    assert_eq!(written.chars().count(), 1);
    assert!(stand.shows(text.next));
    for letter in "fan".chars() {
        stand.touch(&format!("key:{letter}"));
    }
    assert!(stand.shows(text.choose_letters_first));
    stand.touch("primary");
    assert!(stand.shows("fan"), "the letters are gone, or the page is");
    stand.touch("candidate:0");
    assert!(name(&stand).starts_with(&written) && name(&stand) != written);
    assert!(stand.shows(text.next));
}

#[test]
fn the_code_keyboard_offers_exactly_the_symbols_of_the_standard() {
    // GB 32100-2015, 4.1: digits and capitals without I, O, S, V, Z.
    let symbols: BTreeSet<String> =
        "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().map(String::from).collect();
    assert_eq!(keys(&at_the_keyboard()), symbols);
}

#[test]
fn a_right_code_can_be_looked_up_and_a_wrong_one_cannot() {
    let mut stand = at_the_keyboard();
    type_code(&mut stand, "91370303MAXX01026X");
    stand.touch("primary");
    assert!(matches!(stand.stage(), Stage::ProvingBusiness(_)), "the check character is wrong");
    stand.touch("key:delete");
    type_code(&mut stand, "W");
    stand.effects();
    stand.touch("primary");
    assert_eq!(*stand.stage(), Stage::LookingUp);
    let asked: Vec<Uscc> = stand
        .effects()
        .into_iter()
        .filter_map(|effect| {
            let Effect::LookUp { query: Query::Business { uscc, .. }, .. } = effect else {
                return None;
            };
            Some(uscc)
        })
        .collect();
    assert_eq!(asked, [business().uscc, business().uscc, business().uscc]);
}

#[test]
fn a_letter_among_the_digits_of_the_division_is_told_at_once() {
    let mut stand = at_the_keyboard();
    let text = strings(stand.session().language());
    type_code(&mut stand, "91");
    assert!(!stand.shows(text.uscc_wrong));
    type_code(&mut stand, "A");
    assert!(stand.shows(text.uscc_wrong));
}

#[test]
fn no_more_than_eighteen_characters_are_taken() {
    let mut stand = at_the_keyboard();
    type_code(&mut stand, "91370303MAXX01026W");
    type_code(&mut stand, "123");
    stand.touch("key:delete");
    type_code(&mut stand, "W");
    stand.touch("primary");
    assert_eq!(*stand.stage(), Stage::LookingUp);
}

#[test]
fn the_number_keyboard_offers_ten_digits() {
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    stand.touch("primary");
    stand.touch("choice:370303002");
    stand.touch("primary");
    let digits: BTreeSet<String> = "0123456789".chars().map(String::from).collect();
    assert_eq!(keys(&stand), digits);
}
