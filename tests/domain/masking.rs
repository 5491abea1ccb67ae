//! What may be shown of a person.

use permit_kiosk::domain::{
    MaskedId, MaskedName, MaskedPhone, PersonId, PrintedSoleTraderId, ResidentId,
};

#[track_caller]
fn check(mask: impl Fn(&str) -> String, cases: &[(&str, &str)]) {
    for (plain, expected) in cases {
        assert_eq!(&mask(plain), expected);
    }
}

#[test]
fn identity_numbers_keep_six_and_four_on_screens_and_ten_and_four_on_paper() {
    check(
        |plain| MaskedId::of(&PersonId::parse(plain).unwrap()).to_string(),
        &[
            ("370303199003169988", "370303********9988"),
            ("93784019860412991X", "937840********991X"),
            ("USA370086041290", "USA370*****1290"),
        ],
    );
    check(
        |plain| PrintedSoleTraderId::of(&ResidentId::parse(plain).unwrap()).to_string(),
        &[("370303199003169988", "3703031990****9988")],
    );
}

#[test]
fn names_keep_the_family_name() {
    check(
        |plain| MaskedName::of(plain).to_string(),
        &[
            ("林小满", "林**"),
            ("赵砚", "赵*"),
            ("欧阳小满", "欧阳**"),
            ("司马光", "司马*"),
            ("司马", "司*"),
            ("阿卜杜·热合曼", "阿**·***"),
            ("DEMO ALEX", "DEMO ****"),
            ("DEMO", "****"),
            ("林", "*"),
            (" 林小满 ", "林**"),
            ("", ""),
        ],
    );
}

#[test]
fn telephone_numbers_keep_three_and_four() {
    check(
        |plain| MaskedPhone::of(plain).to_string(),
        &[
            ("13812341234", "138****1234"),
            ("0533-2345678", "053*****5678"),
            ("12315", "*****"),
            ("1234567", "*******"),
        ],
    );
}
