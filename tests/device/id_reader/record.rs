//! Records of cards: the five vectors field by field, and records that are not believed.

use jiff::civil::date;
use permit_kiosk::device::id_reader::{Document, IdRecord, RecordError};
use permit_kiosk::domain::Sex;

use super::{photo, vector, vectors};

fn decode(name: &str) -> IdRecord {
    IdRecord::decode(&vector(name).record, &photo()).unwrap()
}

#[test]
fn a_resident_card_says_who_and_until_when() {
    let record = decode("P01");
    assert_eq!(record.document, Document::Resident);
    assert_eq!(record.name.reveal(), "林小满");
    assert_eq!(record.id.reveal().as_str(), "370303199003169988");
    assert_eq!(record.sex, Sex::Female);
    assert_eq!(record.nation.unwrap().reveal(), "01");
    assert_eq!(*record.birth.reveal(), date(1990, 3, 16));
    assert_eq!(record.address.unwrap().reveal(), "山东省淄博市张店区示范路1号");
    assert_eq!(record.authority.unwrap().reveal(), "淄博市公安局张店分局");
    assert_eq!(record.valid_from, date(2017, 8, 1));
    assert_eq!(record.valid_to, Some(date(2037, 8, 1)));
    assert_eq!(record.photo.reveal().as_slice(), photo());
}

#[test]
fn a_long_term_card_has_no_last_day() {
    let record = decode("P04");
    assert_eq!(record.valid_from, date(2018, 9, 1));
    assert_eq!(record.valid_to, None);
}

#[test]
fn a_residence_permit_names_the_travel_permit_and_no_nation() {
    let record = decode("M01");
    assert_eq!(record.document, Document::HongKongMacaoTaiwan);
    assert_eq!(record.name.reveal(), "黎澄");
    assert_eq!(record.id.reveal().as_str(), "810000199005059864");
    assert_eq!(record.travel_permit.unwrap().reveal(), "H12345678");
    assert!(record.nation.is_none());
}

#[test]
fn foreigners_cards_of_both_kinds_have_two_names() {
    let old = decode("foreigner 2017");
    assert_eq!(old.document, Document::Foreigner2017);
    assert_eq!(old.id.reveal().as_str(), "USA370086041290");
    assert_eq!(old.valid_to, Some(date(2030, 2, 28)));
    let new = decode("foreigner 2023");
    assert_eq!(new.document, Document::Foreigner2023);
    assert_eq!(new.id.reveal().as_str(), "93784019860412991X");
    assert_eq!(new.valid_to, Some(date(2034, 2, 28)));
    for record in [old, new] {
        assert_eq!(record.name.reveal(), "样例");
        assert_eq!(record.name_latin.unwrap().reveal(), "DEMO, ALEX");
        assert_eq!(record.country.unwrap().reveal(), "USA");
        assert_eq!(record.sex, Sex::Male);
        assert_eq!(*record.birth.reveal(), date(1986, 4, 12));
        assert!(record.address.is_none());
    }
}

/// A record of P01 with `text` written at `start`.
#[track_caller]
fn check(start: usize, text: &str, expected: RecordError) {
    let mut record = vector("P01").record;
    for (place, byte) in
        record[start..].iter_mut().zip(text.encode_utf16().flat_map(u16::to_le_bytes))
    {
        *place = byte;
    }
    assert_eq!(IdRecord::decode(&record, &photo()).unwrap_err(), expected);
}

#[test]
fn a_record_that_contradicts_itself_is_not_believed() {
    // The last digit of the number; the day of birth; a day that does not exist; an end before
    // the beginning; a sex nobody has; a blank name.
    check(122, "370303199003169987", RecordError::Implausible { field: "number" });
    check(36, "19900317", RecordError::Contradiction { field: "birth" });
    check(188, "20170832", RecordError::Implausible { field: "valid from" });
    check(204, "20160801", RecordError::Implausible { field: "valid to" });
    check(30, "7", RecordError::Implausible { field: "sex" });
    check(0, "               ", RecordError::Blank { field: "name" });
}

#[test]
fn half_a_character_is_no_text() {
    let mut record = vector("P01").record;
    record[0..2].copy_from_slice(&[0x00, 0xD8]);
    let error = IdRecord::decode(&record, &photo()).unwrap_err();
    assert_eq!(error, RecordError::NotText { field: "name" });
}

#[test]
fn no_record_shows_a_person_by_debug() {
    for vector in vectors() {
        let record = IdRecord::decode(&vector.record, &photo()).unwrap();
        let shown = format!("{record:?}");
        assert!(shown.starts_with("IdRecord(") && shown.ends_with(", …)"), "{shown}");
        assert!(!shown.contains(record.id.reveal().as_str()));
    }
}
