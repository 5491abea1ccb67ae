//! Version 1 of journal records and number blocks, byte by byte.

use std::collections::BTreeMap;

use permit_kiosk::domain::{ApplicationId, Bilingual, ServiceCode, Verdict};
use permit_kiosk::seal::{DataKey, NONCE_BYTES, Profile, SigningKey};
use permit_kiosk::wire::v1::{
    Applicant, BlankUse, BlanksCounted, BlanksSpent, BlockError, BlockGrant, BlockInstalled, Body,
    BusinessName, Closing, ConfigurationOutcome, DataReceipt, Decided, DecidedPersonal, Decision,
    Document, Due, EditionActivated, EditionRefused, EnvelopeError, Faulted, Finding, FormatError,
    Grant, Hash, Header, Holder, Issued, Issuer, KioskId, LookUp, LookUpOutcome, LookedUp,
    LookedUpPersonal, MaintenanceConfigured, MaintenanceEmptied, MaintenanceExported,
    MaintenanceRefused, MaintenanceSettled, MaintenanceSignedIn, MaintenanceSignedOut,
    MaintenanceTested, NumberVoided, NumbersReturned, Permit, Personal, PrintStep, Printed,
    PrinterCounts, Promise, Rated, Reading, Record, Register, Role, SessionEnded, Sheet,
    SheetAnswer, SignOut, SignedBlock, SignedRecord, Started, Strokes,
};

/// The examples of docs/formats/journal.md, in its order.
const EXAMPLES: &str = include_str!("journal_v1.jsonl");

fn application() -> ApplicationId {
    ApplicationId::parse("0123456789abcdef0123456789abcdef").unwrap()
}

fn decision() -> Decision {
    Decision {
        verdict: Verdict::Issue,
        code: "ON_PROMISE".to_owned(),
        findings: vec![Finding {
            rule: "FOOD-PROMISE".to_owned(),
            code: "ON_PROMISE".to_owned(),
            outcome: Verdict::Issue,
            citation: "食品经营许可和备案管理办法 27".to_owned(),
            message: Bilingual::new("符合告知承诺条件", "issued on promise"),
            remedy: Bilingual::new("无", "none"),
            due: Some(Due { date: jiff::civil::date(2026, 12, 31), provisional: false }),
            readings: vec![Reading {
                path: "business.status".to_owned(),
                value: "\"live\"".to_owned(),
            }],
            overridden_by: None,
            private: false,
        }],
        rule_set: "R2025".to_owned(),
        edition: "zhangdian 2026.11".to_owned(),
        edition_digest: "ab".repeat(32),
        facts_digest: "3a6e".repeat(16),
        today: jiff::civil::date(2026, 11, 23),
    }
}

#[test]
fn the_document_shows_the_frozen_examples() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/formats/journal.md");
    let document = std::fs::read_to_string(path).unwrap();
    for example in EXAMPLES.lines().chain([FIRST_HASH, FIRST_SIGNATURE]) {
        assert!(document.contains(example), "docs/formats/journal.md does not show {example}");
    }
}

fn kiosk() -> KioskId {
    KioskId::parse("zhangdian-03").unwrap()
}

/// The data key of the examples' application.
fn data_key() -> DataKey {
    DataKey::new([7; 32])
}

fn closing<'a>(kiosk: &'a KioskId, key: &'a DataKey, nonce: u8) -> Closing<'a> {
    Closing { kiosk, application: application(), key, nonce: [nonce; NONCE_BYTES] }
}

fn look_up() -> LookUp {
    LookUp {
        application: application(),
        register: Register::FoodAndDrug,
        purpose: ServiceCode::FoodNew,
        personal: LookedUpPersonal { subject_digest: "5f".repeat(32), answer_digest: None },
        snapshot_taken_at: None,
        outcome: LookUpOutcome::Down,
        took_ms: 3000,
    }
}

fn decided() -> DecidedPersonal {
    let strokes = Strokes(vec![vec![(100, 200), (110, 210)], vec![(300, 400)]]);
    DecidedPersonal {
        applicant: Applicant {
            name: Personal::new("李测试"),
            id_masked: "370303********9988".to_owned(),
            id_digest: "5f".repeat(32),
        },
        business: Some(BusinessName {
            uscc: "92370303MAXX01018Y".to_owned(),
            name: "张店区好滋味食品店".to_owned(),
        }),
        decision: decision(),
        facts: Personal::new(r#"{"business":{"status":"live"}}"#),
        promise: Some(Promise {
            text_version: "food-new/1".to_owned(),
            text_digest: "cd".repeat(32),
            reading_ms: 12_000,
            signed_at: "2026-11-23T03:59:58.5Z".parse().unwrap(),
            strokes_digest: strokes.digest(),
            strokes,
        }),
    }
}

fn permit() -> Permit {
    Permit {
        number: "JY13703030000019".to_owned(),
        elicence: "1.2.156.3005.2.11100000MB0143028R011.11370303MBXX09005U.\
                   2026112313703030000019.001.X"
            .to_owned(),
        holder: Holder {
            name: "张店区好滋味食品店".to_owned(),
            uscc: "92370303MAXX01018Y".to_owned(),
            legal_representative: Personal::new("李测试"),
            address: "淄博市张店区人民西路9号".to_owned(),
        },
        premises: "淄博市张店区人民西路9号".to_owned(),
        grant: Grant::Food {
            subject: "食品销售经营者".to_owned(),
            items: vec!["散装食品销售".to_owned()],
        },
        issuer: Issuer {
            name: "淄博市张店区行政审批服务局".to_owned(),
            uscc: "11370303MBXX09005U".to_owned(),
        },
        issued: jiff::civil::date(2026, 11, 23),
        valid_to: Some(jiff::civil::date(2031, 11, 22)),
    }
}

/// One body of each kind.
fn bodies() -> Vec<Body> {
    let (kiosk, key, permit) = (kiosk(), data_key(), permit());
    let decided = Decided::close(closing(&kiosk, &key, 2), ServiceCode::FoodNew, &decided());
    vec![
        Body::Started(Started {
            software: "0.1.0".to_owned(),
            edition: Some("zhangdian 2026.11".to_owned()),
            edition_digest: Some("ab".repeat(32)),
        }),
        Body::BlockInstalled(BlockInstalled {
            series: "food/1/370303".to_owned(),
            block: 0,
            first: 1,
            last: 100,
            grant_digest: Hash::of(b"the grant's exact text"),
        }),
        Body::LookedUp(LookedUp::close(closing(&kiosk, &key, 1), &look_up())),
        Body::Decided(Box::new(decided)),
        Body::Issued(Box::new(Issued {
            application: application(),
            service: ServiceCode::FoodNew,
            number: permit.number.clone(),
            elicence: permit.elicence.clone(),
            issued: permit.issued,
            valid_to: permit.valid_to,
            series: "food/1/370303".to_owned(),
            sequence: 1,
            decided: Hash::of(b"the record before"),
            sheets: vec![
                Sheet {
                    job: 1,
                    document: Document::Original,
                    serial: Some("K03-1-000001".to_owned()),
                    seal: Some("PK1:6BF".to_owned()),
                },
                Sheet { job: 2, document: Document::Receipt, serial: None, seal: None },
            ],
            personal: Issued::close(closing(&kiosk, &key, 3), &permit),
        })),
        printed(PrintStep::Sent),
        printed(PrintStep::Confirmed { evidence: "page counter 4711 -> 4712".to_owned() }),
        Body::Rated(Rated { application: application(), grade: 5 }),
        Body::NumberVoided(NumberVoided {
            series: "hygiene/张审卫公证/2026".to_owned(),
            sequence: 17,
            reason: "series closed".to_owned(),
            by: "technician 0042".to_owned(),
        }),
        Body::Faulted(Faulted { code: "page-printer.jammed".to_owned(), cleared: false }),
        Body::SessionEnded(SessionEnded {
            screen: "done".to_owned(),
            took_ms: 213_000,
            failed_reads: 1,
            unanswered: 0,
            steps: BTreeMap::new(),
        }),
        Body::EditionActivated(EditionActivated {
            name: "zhangdian".to_owned(),
            channel: "all".to_owned(),
            epoch: 1,
            version: 7,
            digest: "ab".repeat(32),
            issued: jiff::civil::date(2026, 11, 1),
            signed_by: vec!["publisher-1".to_owned(), "publisher-3".to_owned()],
        }),
        Body::EditionRefused(EditionRefused {
            code: "OLDER".to_owned(),
            why: "this kiosk had edition 1.7 already".to_owned(),
            edition: Some("zhangdian 1.6".to_owned()),
            offered: Hash::of(b"the edition's file"),
        }),
        Body::MaintenanceRefused(MaintenanceRefused {
            name: Some("liu".to_owned()),
            locked_until: Some("2026-11-23T04:05:00.123Z".parse().unwrap()),
        }),
        Body::MaintenanceSignedIn(MaintenanceSignedIn {
            name: "wang".to_owned(),
            role: Role::Attendant,
        }),
        Body::MaintenanceSettled(MaintenanceSettled {
            by: "wang".to_owned(),
            job: 1,
            answer: SheetAnswer::Nothing,
        }),
        Body::MaintenanceEmptied(MaintenanceEmptied {
            by: "wang".to_owned(),
            printer: "page_printer".to_owned(),
        }),
        Body::MaintenanceSignedOut(MaintenanceSignedOut {
            name: "wang".to_owned(),
            reason: SignOut::Left,
        }),
        Body::MaintenanceConfigured(MaintenanceConfigured {
            by: "liu".to_owned(),
            why: "the scanner was replaced".to_owned(),
            file: "devices.toml".to_owned(),
            before: Hash::of(b"the file before"),
            wanted: Hash::of(b"the file they wanted"),
            changes: vec!["scanner.baud: 9600 -> 115200".to_owned()],
            outcome: ConfigurationOutcome::RolledBack,
            fault: Some("scanner.not-responding".to_owned()),
        }),
        Body::MaintenanceTested(MaintenanceTested {
            by: "liu".to_owned(),
            device: "id_reader".to_owned(),
            passed: true,
        }),
        Body::BlanksCounted(BlanksCounted {
            by: "wang".to_owned(),
            paper: "A3".to_owned(),
            first: 120_001,
            last: 120_250,
        }),
        Body::BlanksSpent(BlanksSpent {
            paper: "A3".to_owned(),
            first: 120_001,
            last: 120_001,
            on: BlankUse::Certificate,
            job: Some(1),
            by: None,
        }),
        Body::DataReceipt(DataReceipt { application: application(), look_ups: 1, shown: true }),
        Body::NumbersReturned(NumbersReturned {
            series: "food/1/370303".to_owned(),
            first: 318,
            last: 400,
            reason: "the hall is closed".to_owned(),
            by: "technician 0042".to_owned(),
        }),
        printed(PrintStep::NotPrinted),
        Body::MaintenanceExported(MaintenanceExported {
            by: "liu".to_owned(),
            from: Some(jiff::civil::date(2026, 11, 17)),
            records: 4711,
            manifest: Hash::of(b"the manifest"),
            sealed: true,
        }),
        // Later than the one above: with the time on each screen.
        Body::SessionEnded(SessionEnded {
            screen: "filling".to_owned(),
            took_ms: 61_000,
            failed_reads: 0,
            unanswered: 1,
            steps: BTreeMap::from([
                ("choosing".to_owned(), 7_500),
                ("filling".to_owned(), 41_000),
                ("identifying".to_owned(), 12_500),
            ]),
        }),
    ]
}

fn printed(step: PrintStep) -> Body {
    Body::Printed(Printed {
        job: 1,
        application: application(),
        document: Document::Original,
        serial: Some("K03-1-000001".to_owned()),
        seal: None,
        // Younger than the other examples of it.
        counts: (step == PrintStep::NotPrinted)
            .then_some(PrinterCounts { before: 4711, after: Some(4711) }),
        step,
    })
}

/// The chain of all examples, as a kiosk would write it.
fn records() -> Vec<Record> {
    let mut previous = Hash::ZERO;
    (1..)
        .zip(bodies())
        .map(|(position, body)| {
            let record = Record {
                format: Record::FORMAT.to_owned(),
                kiosk: kiosk(),
                incarnation: 1,
                position,
                at: "2026-11-23T04:00:00.123Z".parse().unwrap(),
                monotonic_ms: 86_400_000,
                boot_id: "b5f0a1c2".to_owned(),
                previous,
                body,
            };
            previous = Hash::of_record(&record.to_text());
            record
        })
        .collect()
}

#[test]
fn every_kind_of_record_is_written_as_frozen() {
    let written: Vec<String> = records().iter().map(Record::to_text).collect();
    let frozen: Vec<&str> = EXAMPLES.lines().collect();
    assert_eq!(written.len(), frozen.len());
    for (written, frozen) in written.iter().zip(frozen) {
        assert_eq!(written, frozen);
    }
}

#[test]
fn every_frozen_record_is_read_to_the_same_meaning() {
    for (text, record) in EXAMPLES.lines().zip(records()) {
        assert_eq!(Record::read(text).unwrap(), record);
        let header = Header::read(text).unwrap();
        assert_eq!((header.position, header.previous), (record.position, record.previous));
    }
}

fn body_of(kind: &str) -> Body {
    let line = EXAMPLES.lines().find(|line| line.contains(&format!(r#""kind":"{kind}""#)));
    Record::read(line.unwrap()).unwrap().body
}

#[test]
fn every_envelope_opens_with_its_key_and_with_no_other() {
    let (key, kiosk, other) = (data_key(), kiosk(), KioskId::parse("zhangdian-04").unwrap());
    let (Body::LookedUp(looked_up), Body::Decided(record), Body::Issued(issued)) =
        (body_of("looked_up"), body_of("decided"), body_of("issued"))
    else {
        panic!("another kind")
    };
    assert_eq!(looked_up.open(&kiosk, &key), Ok(look_up().personal));
    assert_eq!(record.open(&kiosk, &key), Ok(decided()));
    assert_eq!(issued.open(&kiosk, &key), Ok(permit()));
    let wrong = DataKey::new([8; 32]);
    assert_eq!(record.open(&kiosk, &wrong), Err(EnvelopeError::OtherKey));
    // Of another kiosk, another application, another kind of record: it does not belong there.
    assert_eq!(record.open(&other, &key), Err(EnvelopeError::Changed));
    let stranger = ApplicationId::from_random([9; 16]);
    let moved = Decided { application: stranger, ..(*record).clone() };
    assert_eq!(moved.open(&kiosk, &key), Err(EnvelopeError::Changed));
    let swapped = Decided { personal: issued.personal.clone(), ..(*record).clone() };
    assert_eq!(swapped.open(&kiosk, &key), Err(EnvelopeError::Changed));
    // And what stands open must be what is in it.
    let mut lighter = (*record).clone();
    lighter.decision.verdict = Verdict::Refer;
    assert_eq!(lighter.open(&kiosk, &key), Err(EnvelopeError::Contradicts));
    let renumbered = Issued { number: "JY13703030000027".to_owned(), ..(*issued).clone() };
    assert_eq!(renumbered.open(&kiosk, &key), Err(EnvelopeError::Contradicts));
}

#[test]
fn nothing_about_a_person_stands_open_in_a_record() {
    for secret in ["李测试", "9988", "好滋味", "92370303MAXX01018Y", "人民西路", "5f5f", "live"]
    {
        assert!(!EXAMPLES.contains(secret), "`{secret}` stands open");
    }
}

#[test]
fn every_kind_has_an_example() {
    let kinds: std::collections::BTreeSet<&str> = bodies().iter().map(Body::kind).collect();
    let expected = [
        "blanks_counted",
        "blanks_spent",
        "block_installed",
        "data_receipt",
        "decided",
        "edition_activated",
        "edition_refused",
        "faulted",
        "issued",
        "looked_up",
        "maintenance_configured",
        "maintenance_emptied",
        "maintenance_exported",
        "maintenance_refused",
        "maintenance_settled",
        "maintenance_signed_in",
        "maintenance_signed_out",
        "maintenance_tested",
        "number_voided",
        "numbers_returned",
        "printed",
        "rated",
        "session_ended",
        "started",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn every_step_of_a_sheet_has_its_word() {
    let steps = [
        (PrintStep::Queued, r#""queued""#),
        (PrintStep::Sent, r#""sent""#),
        (PrintStep::Confirmed { evidence: "e".to_owned() }, r#"{"confirmed":{"evidence":"e"}}"#),
        (PrintStep::Unknown, r#""unknown""#),
        (PrintStep::Voided, r#""voided""#),
        (PrintStep::NotPrinted, r#""not_printed""#),
    ];
    for (step, text) in steps {
        assert_eq!(serde_json::to_string(&step).unwrap(), text);
        assert_eq!(serde_json::from_str::<PrintStep>(text).unwrap(), step);
    }
}

#[test]
fn hash_and_signature_of_a_record_are_those_of_the_document() {
    let text = EXAMPLES.lines().next().unwrap().to_owned();
    // printf 'permit-kiosk/record/1\n%s' "$text" | sha256sum
    assert_eq!(Hash::of_record(&text).to_string(), FIRST_HASH);
    let key = SigningKey::generate(Profile::Ed25519, &[1; 32]);
    let signed = SignedRecord::sign(text, &key);
    assert_eq!(signed.signature, FIRST_SIGNATURE);
    assert!(signed.verify(&key.verifying_key()));
    assert_eq!(signed.hash().to_string(), FIRST_HASH);
    // Exactly these bytes: the same JSON with one space more is another record.
    let spaced = signed.record.reveal().replacen(':', ": ", 1);
    let spaced =
        SignedRecord { record: Personal::new(spaced), signature: signed.signature.clone() };
    assert!(!spaced.verify(&key.verifying_key()));
    // And what was signed as a number block is no record.
    let block = SignedBlock::sign(signed.record.reveal().to_owned(), &key);
    let turned = SignedRecord { record: signed.record, signature: block.signature };
    assert!(!turned.verify(&key.verifying_key()));
}

const FIRST_HASH: &str = "7d4c339a510956c0e18f7365a8c0783a30266f576255d9277165b451886840fe";
const FIRST_SIGNATURE: &str = "2bc48160501ad1bf54debacc1a3e00cbe1ae1cfc4551a4fe3b8069e492ff04c4\
     948c329962e94d96a3356833d71d2053f08648ee0db13260746bd4cd2a2e1d03";

#[test]
fn a_record_of_another_version_or_kind_still_has_a_header() {
    let first = EXAMPLES.lines().next().unwrap();
    let newer = first.replace("permit-kiosk/record/1", "permit-kiosk/record/2");
    let error = Record::read(&newer).unwrap_err();
    assert!(matches!(error, FormatError::OtherFormat { .. }), "{error}");
    assert_eq!(Header::read(&newer).unwrap().position, 1);

    let unknown = first.replace("\"kind\":\"started\"", "\"kind\":\"dreamt\"");
    let error = Record::read(&unknown).unwrap_err();
    assert!(matches!(error, FormatError::NotARecord { .. }), "{error}");
    assert_eq!(Header::read(&unknown).unwrap().position, 1);

    // A field nobody knows is not passed over: it could have said "not".
    let extra = first.replace("\"software\"", "\"draft\":true,\"software\"");
    assert!(matches!(Record::read(&extra), Err(FormatError::NotARecord { .. })));
}

#[test]
fn a_text_longer_than_any_record_is_not_parsed() {
    let long = format!("{}{}", EXAMPLES.lines().next().unwrap(), " ".repeat(Record::BYTES_MAX));
    assert!(matches!(Record::read(&long), Err(FormatError::TooLong { .. })));
    assert!(matches!(Header::read(&long), Err(FormatError::TooLong { .. })));
}

#[test]
fn a_number_block_is_written_and_read_as_frozen() {
    let frozen = concat!(
        r#"{"format":"permit-kiosk/number-block/1","series":"food/1/370303","block":3,"#,
        r#""first":301,"last":400,"kiosk":"zhangdian-03","incarnation":1,"#,
        r#""granted_at":"2026-11-23T04:00:00Z"}"#
    );
    let (first, last) = BlockGrant::range(3, 100).unwrap();
    let grant = BlockGrant {
        format: BlockGrant::FORMAT.to_owned(),
        series: "food/1/370303".to_owned(),
        block: 3,
        first,
        last,
        kiosk: KioskId::parse("zhangdian-03").unwrap(),
        incarnation: 1,
        granted_at: "2026-11-23T04:00:00Z".parse().unwrap(),
    };
    assert_eq!(grant.to_text(), frozen);
    assert_eq!(BlockGrant::read(frozen).unwrap(), grant);

    for (from, to) in [
        ("\"last\":400", "\"last\":401"),
        ("\"first\":301", "\"first\":300"),
        ("\"block\":3", "\"block\":4"),
        ("\"first\":301,\"last\":400", "\"first\":400,\"last\":301"),
        ("\"block\":3", "\"block\":18446744073709551615"),
        ("food/1/370303", "food"),
        ("number-block/1", "number-block/2"),
    ] {
        let wrong = frozen.replace(from, to);
        assert_ne!(wrong, frozen);
        BlockGrant::read(&wrong).unwrap_err();
    }
    let wide =
        frozen.replace("\"first\":301,\"last\":400", "\"first\":1,\"last\":18446744073709551615");
    let wide = wide.replace("\"block\":3", "\"block\":0");
    assert!(matches!(BlockGrant::read(&wide), Err(BlockError::NotAligned { .. })));
}

#[test]
fn a_kiosk_id_is_lower_case_and_short() {
    for good in ["k", "zhangdian-03", &"a".repeat(48)] {
        assert!(KioskId::parse(good).is_some(), "{good}");
    }
    for bad in ["", "Zhangdian", "k_3", "k/3", "三", &"a".repeat(49)] {
        assert!(KioskId::parse(bad).is_none(), "{bad}");
    }
}
