//! What must not be shown of a person.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::date;
use permit_kiosk::domain::{PersonId, Private, ResidentId};
use zeroize::{Zeroize, Zeroizing};

const NUMBER: &str = "370303199003169988";

#[test]
fn private_values_print_an_ellipsis_however_they_are_wrapped() {
    #[derive(Debug)]
    struct Visit {
        name: Private<String>,
        _birth: Private<jiff::civil::Date>,
        _id: Option<Private<PersonId>>,
    }
    let visit = Visit {
        name: Private::new("林小满".to_owned()),
        _birth: Private::new(date(1990, 3, 16)),
        _id: Some(Private::new(PersonId::parse(NUMBER).unwrap())),
    };
    assert_eq!(format!("{visit:?}"), "Visit { name: …, _birth: …, _id: Some(…) }");
    assert_eq!(visit.name.to_string(), "…");
    assert_eq!(visit.name.reveal(), "林小满");
}

#[test]
fn identity_numbers_hide_themselves_even_when_nobody_wrapped_them() {
    let resident = ResidentId::parse(NUMBER).unwrap();
    let person = PersonId::parse(NUMBER).unwrap();
    for shown in [format!("{resident:?}"), format!("{person:?}")] {
        assert!(!shown.contains("1990") && !shown.contains("9988"), "{shown}");
    }
    for shown in [resident.to_string(), person.to_string()] {
        assert_eq!(shown, "370303********9988");
    }
}

#[test]
fn a_private_value_is_wiped_when_it_is_dropped() {
    static WIPED: AtomicUsize = AtomicUsize::new(0);
    struct Counted;
    impl Zeroize for Counted {
        fn zeroize(&mut self) {
            WIPED.fetch_add(1, Ordering::SeqCst);
        }
    }
    let private = Private::new(vec![Counted, Counted]);
    assert_eq!(WIPED.load(Ordering::SeqCst), 0);
    drop(private);
    assert_eq!(WIPED.load(Ordering::SeqCst), 2);
}

#[test]
fn wiping_an_identity_number_leaves_nothing_of_it() {
    let mut person = PersonId::parse(NUMBER).unwrap();
    person.zeroize();
    assert_eq!(person.as_str(), "");
    let mut text = Zeroizing::new(NUMBER.to_owned());
    text.zeroize();
    assert!(text.is_empty());
}
