//! Good and bad numbers of every kind: the standards' examples, public numbers, copied fakes.

use jiff::civil::{Date, date};
use permit_kiosk::domain::identifier::{
    Identifier, IdentifierErrorKind as Kind, NATIONS, NEIGHBOURS, TravelPermitNumber, ZHANGDIAN,
    nation, nation_code,
};
use permit_kiosk::domain::{
    DivisionCode, ElicenceId, FilingNumber, FoodLicenceNumber, ForeignId2017, ForeignId2023,
    HygieneNumber, IdentifierError, PersonId, ResidentId, Sex, Uscc,
};

/// Parses each text and compares what comes out, or the kind of error, with the text beside it.
#[track_caller]
fn check<T>(
    parse: impl Fn(&str) -> Result<T, IdentifierError>,
    show: impl Fn(&T) -> String,
    cases: &[(&str, &str)],
) {
    for (text, expected) in cases {
        let found = match parse(text) {
            Ok(parsed) => show(&parsed),
            Err(error) => format!("error {}", error.kind.as_str()),
        };
        assert_eq!(&found, expected, "{text}");
    }
}

#[test]
fn resident_numbers_carry_birth_sex_and_a_check_character() {
    check(
        ResidentId::parse,
        |id| format!("{} {} {:?} {}", id.as_str(), id.birth(), id.sex(), id.region()),
        &[
            ("11010519491231002X", "11010519491231002X 1949-12-31 Female 110105"),
            ("11010519491231002x", "11010519491231002X 1949-12-31 Female 110105"),
            ("440524188001010014", "440524188001010014 1880-01-01 Male 440524"),
            ("321083197812162119", "321083197812162119 1978-12-16 Male 321083"),
            ("440308199901101512", "440308199901101512 1999-01-10 Male 440308"),
            ("370303199003169988", "370303199003169988 1990-03-16 Female 370303"),
            ("810000199408230021", "810000199408230021 1994-08-23 Female 810000"),
            ("830000199201300022", "830000199201300022 1992-01-30 Female 830000"),
            ("110101199003071234", "error check-digit"),
            ("370303199003169989", "error check-digit"),
            ("370303199002309980", "error date"),
            ("370303199302290000", "error date"),
            ("370303190002290000", "error date"),
            ("370303199000010000", "error date"),
            ("", "error empty"),
            ("37030319900316998", "error length"),
            ("3703031990031699888", "error length"),
            ("３７0303199003169988", "error character"),
            ("37030319900316X988", "error character"),
            ("3703031990031699 8", "error character"),
            ("932682198501010017", "error prefix"),
            ("070303199003169988", "error prefix"),
        ],
    );
}

#[test]
fn the_leap_day_is_a_birthday_only_in_leap_years() {
    let leap_year = ResidentId::parse("370303199202299902").unwrap();
    assert_eq!(leap_year.birth(), date(1992, 2, 29));
    let common_year = ResidentId::parse("370303199302299901").unwrap_err();
    assert_eq!(common_year.kind, Kind::Date, "the date is found wrong before the check digit");
}

#[test]
fn a_living_applicant_was_born_from_1900_to_today() {
    let today = date(2026, 11, 23);
    let kind = |text: &str, today: Date| {
        ResidentId::parse_living(text, today).map(drop).map_err(|error| error.kind)
    };
    assert_eq!(kind("370303199003169988", today), Ok(()));
    assert_eq!(kind("440524188001010014", today), Err(Kind::BornTooEarly));
    assert_eq!(kind("370303199003169988", date(1990, 3, 16)), Ok(()), "on the day of birth");
    assert_eq!(kind("370303199003169988", date(1990, 3, 15)), Err(Kind::BornInFuture));
    let foreign = ForeignId2023::parse_living("932682198501010017", date(1984, 12, 31));
    assert_eq!(foreign.unwrap_err().kind, Kind::BornInFuture);
}

#[test]
fn old_numbers_of_fifteen_digits_become_eighteen() {
    check(
        ResidentId::upgrade_15,
        |id| id.as_str().to_owned(),
        &[
            ("150102880730303", "150102198807303035"),
            ("330102200403064", "33010219200403064X"),
            ("330102201303064", "error date"),
            ("33010220040306X", "error character"),
            ("33010220040306", "error length"),
        ],
    );
    assert_eq!(ResidentId::parse("150102880730303").unwrap_err().kind.as_str(), "length");
}

#[test]
fn changing_any_digit_of_a_resident_number_is_noticed() {
    let good = "370303199003169988";
    for at in 0..good.len() {
        for digit in '0'..='9' {
            let mut changed: Vec<char> = good.chars().collect();
            changed[at] = digit;
            let changed: String = changed.into_iter().collect();
            assert_eq!(ResidentId::parse(&changed).is_ok(), changed == good, "{changed}");
        }
    }
}

#[test]
fn foreigners_numbers_of_2023_begin_with_nine() {
    check(
        ForeignId2023::parse,
        |id| format!("{} {} {} {:?}", id.province(), id.country(), id.birth(), id.sex()),
        &[
            ("932682198501010017", "32 682 1985-01-01 Male"),
            ("931586198001010028", "31 586 1980-01-01 Female"),
            ("93784019860412991X", "37 840 1986-04-12 Male"),
            ("932682198501010018", "error check-digit"),
            ("932682198502300017", "error date"),
            ("370303199003169988", "error prefix"),
            ("93268219850101001", "error length"),
        ],
    );
}

#[test]
fn foreigners_numbers_of_2017_are_never_refused_for_their_check_digit() {
    check(
        ForeignId2017::parse,
        |id| format!("{} {:?}", id.country(), id.warning().map(|hint| hint.kind.as_str())),
        &[
            ("CAN110081080310", "CAN None"),
            ("can110081080310", "CAN None"),
            ("CAN110081080319", "CAN Some(\"check-digit\")"),
            ("USA370086041290", "USA None"),
            ("CAN110081133110", "error date"),
            ("CAN11008108031", "error length"),
            ("CA1110081080310", "error character"),
            ("CAN11008108031X", "error character"),
        ],
    );
}

#[test]
fn an_identity_field_tells_documents_apart_by_the_first_character() {
    check(
        PersonId::parse,
        |id| id.document().to_owned(),
        &[
            ("370303199003169988", "resident"),
            ("810000199005059864", "hmt"),
            ("820000199302149884", "hmt"),
            ("830000198510109892", "hmt"),
            ("93784019860412991X", "foreigner"),
            ("USA370086041290", "foreigner"),
            ("", "error empty"),
            ("911101083303521997", "error date"),
            ("林370303199003169", "error length"),
        ],
    );
}

#[test]
fn travel_permits_are_the_same_with_and_without_their_renewal() {
    check(
        TravelPermitNumber::parse,
        |number| format!("{} {:?}", number.as_str(), number.renewal()),
        &[
            ("H0123456701", "H01234567 Some(\"01\")"),
            ("m01234567", "M01234567 None"),
            ("X01234567", "error prefix"),
            ("H0123456", "error length"),
            ("H012345670A", "error character"),
        ],
    );
    let [short, long] = ["H01234567", "H0123456702"].map(TravelPermitNumber::parse);
    assert_eq!(short.unwrap(), long.unwrap());
}

#[test]
fn credit_codes_have_an_outer_check_that_counts_and_an_inner_one_that_hints() {
    check(
        Uscc::parse,
        |code| format!("{code} {:?}", code.warning().map(|hint| hint.kind.as_str())),
        &[
            ("91350100M000100Y43", "91350100M000100Y43 None"),
            ("911101083303521997", "911101083303521997 None"),
            ("91310112MA1GD5WP62", "91310112MA1GD5WP62 None"),
            ("91350104315308392G", "91350104315308392G None"),
            ("91420222MADXAY8RXJ", "91420222MADXAY8RXJ None"),
            ("11100000MB0143028R", "11100000MB0143028R None"),
            ("91370303060449475K", "91370303060449475K None"),
            ("91370303MAKEJDBW7N", "91370303MAKEJDBW7N None"),
            ("92370303MAXX01018Y", "92370303MAXX01018Y None"),
            ("92370303maxx01018y", "92370303MAXX01018Y None"),
            // The organisation code should end in 8; the outer check is right.
            ("92370303MAXX010106", "92370303MAXX010106 Some(\"organisation-code\")"),
            ("91350100M000100Y4Z", "error character"),
            ("91370303661976381U", "error check-digit"),
            ("92370303MAXX01010Y", "error check-digit"),
            ("91370303MAXX01026X", "error check-digit"),
            ("9137O303MAXX01026W", "error character"),
            ("91370303MAXX01026", "error length"),
            ("", "error empty"),
        ],
    );
    let code = Uscc::parse("92370303MAXX01018Y").unwrap();
    assert_eq!((code.class(), code.division(), code.organisation()), ("92", "370303", "MAXX01018"));
}

#[test]
fn public_food_licence_numbers_pass_and_copied_fakes_do_not() {
    let public = [
        "JY14403030012013",
        "JY13101140093802",
        "JY13101160000083",
        "JY23101140041987",
        "JY13101050042467",
        "JY13101120198903",
        "JY15101050167261",
        "JY23505820887570",
        "JY11108071215650",
        "JY11105050876919",
        "JY13301080111719",
        "JY13501040006708",
        "JY34202220183637",
        "JY25101040047197",
        "JY23506230105266",
        "JY23501110153674",
    ];
    for number in public {
        assert_eq!(FoodLicenceNumber::parse(number).unwrap().as_str(), number);
    }
    check(
        FoodLicenceNumber::parse,
        |number| format!("{} {} {}", number.kind(), number.division(), number.sequence()),
        &[
            ("JY23703039900012", "2 370303 990001"),
            ("jy23703039900012", "2 370303 990001"),
            ("JY23703039900013", "error check-digit"),
            ("JY13703001122334", "error check-digit"),
            ("JY13703001122335", "1 370300 112233"),
            ("JY14403050041826", "error check-digit"),
            ("JY14403050041820", "1 440305 4182"),
            ("JY11105000000001", "error check-digit"),
            ("JY11105000000005", "1 110500 0"),
            ("JY437030399000", "error length"),
            ("JY43703039900012", "error kind"),
            ("JY03703039900012", "error kind"),
            ("YB23703039900070", "error prefix"),
            ("JYA3703039900012", "error character"),
        ],
    );
}

#[test]
fn numbers_of_other_districts_keep_their_own_check_digits() {
    let beijing = FoodLicenceNumber::parse_of_any_division("JY11113080533669", "370303").unwrap();
    assert_eq!(beijing.warning().map(|hint| hint.kind), Some(Kind::CheckDigit));
    let own = FoodLicenceNumber::parse_of_any_division("JY23703039900013", "370303");
    assert_eq!(own.unwrap_err().kind, Kind::CheckDigit);
    let good = FoodLicenceNumber::parse_of_any_division("JY23703039900012", "370303").unwrap();
    assert_eq!(good.warning(), None);
}

#[test]
fn new_food_numbers_get_their_check_digit() {
    for (kind, sequence, expected) in [
        (2, 990_001, "JY23703039900012"),
        (1, 990_002, "JY13703039900024"),
        (2, 990_003, "JY23703039900037"),
        (3, 990_004, "JY33703039900041"),
        (2, 990_005, "JY23703039900053"),
        (1, 990_101, "JY13703039901011"),
    ] {
        let number = FoodLicenceNumber::new(kind, "370303", sequence).unwrap();
        assert_eq!(number.as_str(), expected);
        assert_eq!(FoodLicenceNumber::parse(expected), Ok(number));
    }
    let filing = FilingNumber::new(2, "370303", 990_007).unwrap();
    assert_eq!(filing.as_str(), "YB23703039900070");
    assert_eq!(FilingNumber::parse("YB23703039900070"), Ok(filing));

    let kind = |kind, division, sequence| {
        FoodLicenceNumber::new(kind, division, sequence).unwrap_err().kind.as_str()
    };
    assert_eq!(kind(4, "370303", 1), "kind");
    assert_eq!(kind(1, "370303", 0), "sequence");
    assert_eq!(kind(1, "370303", 1_000_000), "sequence");
    assert_eq!(kind(1, "370303009", 1), "length");
    assert_eq!(FilingNumber::new(3, "370303", 1).unwrap_err().kind, Kind::Kind);
    assert_eq!(FilingNumber::parse("YB33703039900070").unwrap_err().kind, Kind::Kind);
    assert_eq!(FilingNumber::parse("YB23703039900071").unwrap_err().kind, Kind::CheckDigit);
}

#[test]
fn hygiene_numbers_are_read_with_any_brackets_and_digits() {
    check(
        HygieneNumber::parse,
        |number| format!("{number} {} {} {}", number.prefix(), number.year(), number.sequence()),
        &[
            ("张审卫公证〔2026〕第0001号", "张审卫公证〔2026〕第0001号 张审卫公证 2026 1"),
            ("张审卫公证[2026]第0001号", "张审卫公证〔2026〕第0001号 张审卫公证 2026 1"),
            ("张审卫公证(2026)第0001号", "张审卫公证〔2026〕第0001号 张审卫公证 2026 1"),
            ("张审卫公证（2026）第0001号", "张审卫公证〔2026〕第0001号 张审卫公证 2026 1"),
            ("张审卫公证［2026］第0001号", "张审卫公证〔2026〕第0001号 张审卫公证 2026 1"),
            ("张审卫公证〔２０２６〕第０００１号", "张审卫公证〔2026〕第0001号 张审卫公证 2026 1"),
            (" 张审卫公证 〔2026〕 第 0001 号 ", "张审卫公证〔2026〕第0001号 张审卫公证 2026 1"),
            ("张审卫公证〔2026〕0001号", "张审卫公证〔2026〕第0001号 张审卫公证 2026 1"),
            ("张审卫公证〔2022〕第9901号", "张审卫公证〔2022〕第9901号 张审卫公证 2022 9901"),
            ("粤卫公证字〔2024〕第0385号", "粤卫公证字〔2024〕第0385号 粤卫公证字 2024 385"),
            ("京卫公证字(2022)第01234号", "京卫公证字〔2022〕第01234号 京卫公证字 2022 1234"),
            ("嘉审卫公证〔2024〕第012号", "嘉审卫公证〔2024〕第012号 嘉审卫公证 2024 12"),
            ("鲁卫公字[2009]第17号", "鲁卫公字〔2009〕第17号 鲁卫公字 2009 17"),
            (
                "鲁卫公证字[2020]第370303-000001号",
                "鲁卫公证字〔2020〕第370303-000001号 鲁卫公证字 2020 1",
            ),
            ("", "error empty"),
            ("张审卫公证2026第0001号", "error layout"),
            ("张审卫公证〔2026〕第0001", "error layout"),
            ("鲁卫公证字[2020]第3703-000001号", "error layout"),
            ("鲁卫公证字[2020]第370303-001号", "error layout"),
            ("张审卫公证〔26〕第0001号", "error date"),
            ("张审卫公证〔1899〕第0001号", "error date"),
            ("张审卫公证〔2100〕第0001号", "error date"),
            ("张审卫公证〔2026〕第0000001号", "error sequence"),
            ("张审卫公证〔2026〕第A号", "error sequence"),
            ("张审卫公证〔2026〕第号", "error sequence"),
            ("卫公证〔2026〕第0001号", "error prefix"),
            ("ZS卫公证〔2026〕第0001号", "error prefix"),
            ("张审食证〔2026〕第0001号", "error prefix"),
            ("一二三四五六七八九十一二三卫公证〔2026〕第0001号", "error prefix"),
        ],
    );
}

#[test]
fn hygiene_numbers_are_equal_when_only_their_writing_differs() {
    let number = HygieneNumber::new("张审卫公证", 2026, 1).unwrap();
    assert_eq!(number.to_string(), "张审卫公证〔2026〕第0001号");
    assert_eq!(number, HygieneNumber::parse("张审卫公证(2026)第1号").unwrap());
    assert_ne!(number, HygieneNumber::parse("嘉审卫公证〔2026〕第0001号").unwrap());
    assert!(number < HygieneNumber::new("张审卫公证", 2026, 10_000).unwrap());
    assert_eq!(
        HygieneNumber::new("张审卫公证", 2026, 12_345).unwrap().as_str(),
        "张审卫公证〔2026〕第12345号"
    );
    assert_eq!(HygieneNumber::new("张审卫公证", 2026, 0).unwrap_err().kind, Kind::Sequence);
    assert_eq!(HygieneNumber::new("张审", 2026, 1).unwrap_err().kind, Kind::Prefix);
}

#[test]
fn elicence_identifiers_are_taken_apart_and_put_together() {
    check(
        ElicenceId::parse,
        |id| format!("{} {} {}", id.issuer(), id.serial(), id.version()),
        &[
            (
                "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
                "11430000006122244L 20230000403 1",
            ),
            (
                "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
                "11220000013544541J 2430599 1",
            ),
            (
                "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
                "11330105002500287C 2025052201 2",
            ),
            ("1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9", "340100 000000016 1"),
            (
                "1.2.156.3005.2.11100000MB0143028R001.11370303MBXX09005U.20261123990001.001.S",
                "11370303MBXX09005U 20261123990001 1",
            ),
            (
                "1.2.156.3005.2.11100000MB0143028R001.11370303MBXX09005U.20261123990001.001.T",
                "error check-digit",
            ),
            (
                "1.2.156.3005.2.11100000MB0143028R001.11370303MBXX09005U.20261123990002.001.S",
                "error check-digit",
            ),
            (
                "1.2.156.3005.3.11100000MB0143028R001.11370303MBXX09005U.20261123990001.001.S",
                "error layout",
            ),
            (
                "1.2.156.3005.2.11100000MB0143028R001.11370303MBXX09005U.20261123990001.S",
                "error layout",
            ),
            (
                "1.2.156.3005.2.11100000MB0143028R001.11370303MBXX09005U.20261123990001.1.S",
                "error layout",
            ),
            ("1.2.156.3005.2.a", "error character"),
            ("", "error empty"),
        ],
    );
    let issuer = Uscc::parse("11370303MBXX09005U").unwrap();
    let id = ElicenceId::new("11100000MB0143028R001", &issuer, "20261123990001", 1).unwrap();
    assert_eq!(
        id.as_str(),
        "1.2.156.3005.2.11100000MB0143028R001.11370303MBXX09005U.20261123990001.001.S"
    );
    assert_eq!(id.type_code(), "11100000MB0143028R001");
    let wrong = |type_code, serial: &str, version| {
        ElicenceId::new(type_code, &issuer, serial, version).unwrap_err().kind.as_str()
    };
    assert_eq!(wrong("11100000MB0143028R001", "x", 1), "character");
    assert_eq!(wrong("11100000MB0143028R001", "", 1), "layout");
    assert_eq!(wrong("11100000MB0143028R001", "1.2", 1), "layout");
    assert_eq!(wrong("11100000MB0143028R001", "1", 1000), "sequence");
    assert_eq!(wrong("11100000MB0143028R", "1", 1), "layout");
    assert_eq!(wrong("11100000MB0143028R001", &"1".repeat(33), 1), "length");
}

#[test]
fn divisions_are_named_and_know_their_organ() {
    check(
        DivisionCode::parse,
        |code| format!("{} {:?} {:?}", code.county(), code.name(), code.organ().is_some()),
        &[
            ("370303009", "370303 Some(\"马尚街道\") true"),
            ("370303", "370303 Some(\"张店区\") true"),
            ("370321", "370321 Some(\"桓台县\") true"),
            ("370321101", "370321 None true"),
            ("110105", "110105 None false"),
            ("37030", "error length"),
            ("3703030091", "error length"),
            ("37030A", "error character"),
            ("970303", "error prefix"),
        ],
    );
    let [district, street] = ["370303", "370303009"].map(|code| DivisionCode::parse(code).unwrap());
    assert!(street.is_within(&district) && district.is_within(&district));
    assert!(!district.is_within(&street));
    for code in ZHANGDIAN.iter().map(|entry| entry.code).chain(NEIGHBOURS.iter().map(|n| n.code)) {
        DivisionCode::parse(code).unwrap();
    }
    assert!(ZHANGDIAN.is_sorted_by_key(|entry| entry.code));
    let organ = |code| DivisionCode::parse(code).unwrap().organ();
    assert_ne!(organ("370303101"), organ("370303009"), "two zones run towns inside the district");
}

#[test]
fn nations_and_sexes_have_their_codes() {
    for (code, name) in
        [("01", "汉"), ("03", "回"), ("24", "拉祜"), ("25", "水"), ("26", "东乡"), ("56", "基诺")]
    {
        assert_eq!(nation(code), Some(name));
        assert_eq!(nation_code(name), Some(code));
        assert_eq!(nation_code(&format!("{name}族")), Some(code));
    }
    assert_eq!(nation("57"), None);
    assert!(NATIONS.is_sorted());
    for sex in [Sex::Unknown, Sex::Male, Sex::Female, Sex::NotStated] {
        assert_eq!(Sex::from_code(sex.code()), Some(sex));
    }
    assert_eq!(Sex::from_code('3'), None);
}

#[test]
fn an_error_says_which_number_what_is_wrong_and_what_to_do_but_not_the_number() {
    let error = ResidentId::parse("370303199003169989").unwrap_err();
    assert_eq!(
        error.to_string(),
        "resident identity number: the check character does not fit the others; \
         compare it with the document, digit by digit"
    );
    let error = Uscc::parse("91350100M000100Y4Z").unwrap_err();
    assert_eq!(error.identifier, Identifier::Uscc);
    assert_eq!(error.kind, Kind::Character { position: 18 });
    assert_eq!(
        error.to_string(),
        "unified social credit code: character 18 cannot stand there; \
         compare that character with the document"
    );
    let keys: std::collections::BTreeSet<_> =
        Identifier::ALL.into_iter().map(Identifier::as_str).collect();
    assert_eq!(keys.len(), Identifier::ALL.len(), "text tables need a key for each");
}
