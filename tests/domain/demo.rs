//! Every invented person, business and licence of the demonstration data is a checked value.

use permit_kiosk::domain::{
    DivisionCode, ElicenceId, FilingNumber, FoodLicenceNumber, ForeignId2017, ForeignId2023,
    HygieneNumber, ResidentId, Sex, Uscc,
};
use serde_json::Value;

fn demo() -> Value {
    serde_json::from_str(include_str!("demo.json")).unwrap()
}

#[track_caller]
fn each(list: &str, count: usize, mut check: impl FnMut(&Value)) {
    let demo = demo();
    let entries = demo[list].as_array().unwrap();
    assert_eq!(entries.len(), count, "{list}");
    entries.iter().for_each(&mut check);
}

fn text<'a>(entry: &'a Value, key: &str) -> &'a str {
    entry[key].as_str().unwrap()
}

#[test]
fn people_have_numbers_of_their_sex() {
    each("persons", 15, |person| {
        let id = ResidentId::parse(text(person, "id")).unwrap();
        let sex = if text(person, "sex") == "F" { Sex::Female } else { Sex::Male };
        assert_eq!(id.sex(), sex, "{person}");
        assert!(!id.is_hong_kong_macao_taiwan());
    });
    each("hmt", 3, |person| {
        assert!(ResidentId::parse(text(person, "id")).unwrap().is_hong_kong_macao_taiwan());
    });
    each("foreign", 1, |person| {
        ForeignId2023::parse(text(person, "id2023")).unwrap();
        ForeignId2017::parse(text(person, "id2017")).unwrap();
    });
}

#[test]
fn businesses_have_codes_without_a_hint() {
    each("businesses", 16, |business| {
        let code = Uscc::parse(text(business, "uscc")).unwrap();
        assert_eq!(code.warning(), None, "{business}");
        let division = DivisionCode::parse(text(business, "division")).unwrap();
        assert!(division.name().is_some(), "{business}");
    });
    let authority = demo()["authority"]["uscc"].as_str().unwrap().to_owned();
    assert_eq!(Uscc::parse(&authority).unwrap().warning(), None);
}

#[test]
fn licences_have_numbers_of_their_kind() {
    each("licences", 7, |licence| {
        let number = text(licence, "no");
        let read = match text(licence, "kind") {
            "food" => FoodLicenceNumber::parse(number).unwrap().to_string(),
            "filing" => FilingNumber::parse(number).unwrap().to_string(),
            "hygiene" => HygieneNumber::parse(number).unwrap().to_string(),
            kind => panic!("unknown kind {kind}"),
        };
        assert_eq!(read, number);
    });
    ElicenceId::parse(demo()["elicence"].as_str().unwrap()).unwrap();
}
