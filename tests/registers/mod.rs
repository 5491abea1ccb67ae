//! Look-ups through central: answers, refusals, and everything that must end in Down or Stale.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::date;
use permit_kiosk::domain::{BusinessStatus, Private, ServiceCode, Uscc};
use permit_kiosk::registers::{
    BanKind, Banned, Client, HeldStatus, Identity, LookUp, Outcome, PersonRef, Refusal, Registers,
    Relation, SnapshotError, Snapshots,
};
use permit_kiosk::wire::v1::{self, LookUpOutcome};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::central::harness::{Book, Stage, application, permit, purpose};

fn uscc(text: &str) -> Uscc {
    Uscc::parse(text).unwrap()
}

fn card(registers: &Registers, number: &str) -> PersonRef {
    // Whoever reads the card makes the digest: central's key is the kiosk's, here that of the stage.
    PersonRef::Card { id_digest: registers.digest_key().digest(number) }
}

fn private(text: &str) -> Private<String> {
    Private::new(text.to_owned())
}

/// The answer, or a complaint about what came instead.
#[track_caller]
fn answered<T: std::fmt::Debug>(look_up: LookUp<T>) -> T {
    let outcome = look_up.outcome;
    let Outcome::Answered(answer) = outcome else { panic!("no answer: {outcome:?}") };
    answer
}

#[track_caller]
fn check_down<T: std::fmt::Debug>(look_up: &LookUp<T>, expected: &str) {
    let Outcome::Down { reason } = &look_up.outcome else {
        panic!("expected Down with `{expected}`, got {:?}", look_up.outcome);
    };
    assert!(reason.contains(expected), "{reason}");
    assert_eq!(look_up.answer_digest, None);
    assert_eq!(look_up.record().outcome, LookUpOutcome::Down);
}

const P02: &str = "370303198506129975";
const P08: &str = "370303199512319921";

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_alone_is_enough_to_know_person_business_and_role() {
    let stage = Stage::set().await;
    let registers = stage.registers();
    let code = stage.code(&json!({"person": "P02", "show": "e_id"})).await;
    let looked_up = registers.e_id(&private(&code), purpose()).await;
    let record = looked_up.record();
    assert_eq!(record.outcome, LookUpOutcome::Answered);
    assert!(record.personal.answer_digest.is_some());
    let person = answered(looked_up);
    let applicant = person.applicant;
    assert_eq!(applicant.name.reveal(), "秦一舟");
    assert_eq!(applicant.id_masked, "370303********9975");
    assert_eq!(*applicant.birth.reveal(), date(1985, 6, 12));
    assert_eq!(applicant.valid_to, Some(date(2032, 4, 10)));
    assert_eq!(applicant.id_digest, registers.digest_key().digest(P02));
    assert_eq!(record.personal.subject_digest, applicant.id_digest);

    let code = json!({"person": "P02", "show": "e_licence", "business": "B02"});
    let code = stage.code(&code).await;
    let licence = answered(registers.e_licence(&private(&code), purpose()).await);
    assert_eq!(licence.uscc, uscc("91370303MAXX01026W"));
    assert_eq!(licence.role, Relation::LegalRepresentative);
    assert_eq!(licence.holder_digest, applicant.id_digest);

    let proof = PersonRef::Proof { proof_id: person.proof_id, id_digest: applicant.id_digest };
    let found = answered(registers.business(&licence.uscc, &proof, purpose()).await);
    assert_eq!(found.relation, Relation::LegalRepresentative);
    let business = found.business.unwrap();
    assert_eq!(business.name, "淄博云帆食品商贸有限公司(演示)");
    assert_eq!(business.scope, ["食品销售", "日用百货销售"]);
    assert_eq!(business.status, BusinessStatus::Live);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once_for_five_minutes_and_for_its_own_service() {
    let stage = Stage::set().await;
    let registers = stage.registers();
    let e_id = json!({"person": "P02", "show": "e_id"});
    let check = async |code: &str, expected: Option<Refusal>| {
        let looked_up = registers.e_id(&private(code), purpose()).await;
        let refusal = match &looked_up.outcome {
            Outcome::Answered(_) => None,
            Outcome::Refused(refusal) => Some(*refusal),
            other @ (Outcome::Down { .. } | Outcome::Stale) => panic!("{other:?}"),
        };
        assert_eq!(refusal, expected);
    };
    let code = stage.code(&e_id).await;
    let wrong_service = registers.e_licence(&private(&code), purpose()).await.outcome;
    assert_eq!(wrong_service, Outcome::Refused(Refusal::CodeUnknown));
    check(&code, None).await;
    check(&code, Some(Refusal::CodeUsed)).await;
    check("made up", Some(Refusal::CodeUnknown)).await;
    let code = stage.code(&e_id).await;
    stage.clock.advance(Duration::from_mins(5));
    check(&code, None).await;
    let code = stage.code(&e_id).await;
    stage.clock.advance(Duration::from_secs(301));
    check(&code, Some(Refusal::CodeExpired)).await;
    stage.clock.advance(Duration::from_hours(1));
    check(&code, Some(Refusal::CodeExpired)).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_good_for_its_application_for_half_an_hour() {
    let stage = Stage::set().await;
    let registers = stage.registers();
    let code = stage.code(&json!({"person": "P02", "show": "e_id"})).await;
    let person = answered(registers.e_id(&private(&code), purpose()).await);
    let id_digest = person.applicant.id_digest;
    let proof = PersonRef::Proof { proof_id: person.proof_id, id_digest };
    let company = uscc("91370303MAXX01026W");
    let mut other = purpose();
    other.application = application(2);
    let unknown = Outcome::Refused(Refusal::ProofUnknown);
    assert_eq!(registers.business(&company, &proof, other).await.outcome, unknown);
    answered(registers.business(&company, &proof, purpose()).await);
    stage.clock.advance(Duration::from_secs(1_801));
    assert_eq!(registers.business(&company, &proof, purpose()).await.outcome, unknown);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registers_know_roles_bans_permits_and_open_cases() {
    let stage = Stage::set().await;
    let registers = stage.registers();
    let relation = async |business: &str, person: &str| {
        let found = registers.business(&uscc(business), &card(&registers, person), purpose()).await;
        answered(found).relation
    };
    let agent = Relation::Agent {
        services: vec![ServiceCode::FoodNew, ServiceCode::FoodFile, ServiceCode::FoodChange],
        from: date(2026, 1, 1),
        until: date(2027, 12, 31),
    };
    assert_eq!(relation("91370303MAXX01026W", P02).await, Relation::LegalRepresentative);
    assert_eq!(relation("91370303MAXX01026W", P08).await, agent);
    assert_eq!(relation("92370303MAXX01018Y", P02).await, Relation::None);

    let cancelled =
        registers.business(&uscc("91370303MAXX011819"), &card(&registers, P02), purpose()).await;
    assert_eq!(answered(cancelled).business.unwrap().status, BusinessStatus::Cancelled);
    let unknown =
        registers.business(&uscc("91350100M000100Y43"), &card(&registers, P02), purpose()).await;
    assert_eq!(answered(unknown).business, None);

    let supervision = async |business: &str| {
        answered(registers.food_and_drug(&uscc(business), None, purpose()).await)
    };
    // B11 lost L05; P10 is its legal representative, and that of B19.
    let revoked = supervision("91370303MAXX01114B").await;
    let bans: Vec<_> = revoked.bans.iter().map(|ban| (ban.kind, ban.who, ban.on)).collect();
    let on = date(2022, 3, 15);
    assert_eq!(
        bans,
        [
            (BanKind::Revoked, Banned::Operator, on),
            (BanKind::Revoked, Banned::LegalRepresentative, on),
        ]
    );
    assert_eq!(revoked.permits[0].status, HeldStatus::Revoked);
    let new_firm = supervision("91370303MAXX0119X1").await;
    assert_eq!(new_firm.bans[0].who, Banned::LegalRepresentative);
    let warned = supervision("91370303MAXX011226").await;
    assert_eq!(warned.bans[0].kind, BanKind::FalseMaterial);
    assert!(supervision("92370303MAXX01173B").await.address_occupied, "B17 beside B16's L02");
    assert!(!supervision("92370303MAXX01165G").await.address_occupied, "B16 itself");
    let clean = supervision("91370303MAXX01026W").await;
    assert_eq!((clean.bans.len(), clean.permits.len(), clean.address_occupied), (0, 0, false));

    let record = registers.micro_service(&uscc("91370303MAXX01093T"), purpose()).await;
    assert!(answered(record).open_penalty_case);
    let record = registers.micro_service(&uscc("91370303MAXX01042J"), purpose()).await;
    assert_eq!(answered(record).hotel_rooms, Some(50));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_kiosk_issued_or_referred_is_known_to_the_next_look_up() {
    let stage = Stage::set().await;
    let registers = stage.registers();
    let client = stage.client();
    let request = v1::api::BlockRequest {
        series: crate::central::harness::SERIES.to_owned(),
        incarnation: 1,
        nonce: "0".repeat(32),
    };
    let _block: v1::SignedBlock =
        client.post_json(v1::api::NUMBER_BLOCKS_PATH, &request).await.unwrap();
    let mut book: Book = stage.book();
    let issued = permit(990_101);
    book.write_issued(&issued, ServiceCode::FoodNew);
    // On the registered address of B01, 张店区晚风小馆.
    let mut beside = permit(990_102);
    beside.premises = "张店区马尚街道示范路12号".to_owned();
    book.write_issued(&beside, ServiceCode::FoodNew);
    book.write_referred(3, None);
    let push = book.push(0);
    let _told: v1::api::SignedText = client.post_json(v1::api::RECORDS_PATH, &push).await.unwrap();

    let holder = registers.food_and_drug(&issued.holder.uscc, None, purpose()).await;
    let permits = answered(holder).permits;
    assert_eq!(permits.len(), 2);
    assert_eq!(permits[1].number, "JY13703039901011", "newest first");
    assert_eq!(permits[1].items, ["散装食品和预包装食品销售"]);
    let neighbour = uscc("92370303MAXX01165G");
    let premises = Some(issued.premises.as_str());
    let looked_up = registers.food_and_drug(&neighbour, premises, purpose()).await;
    assert!(answered(looked_up).address_occupied);
    let caterer = uscc("92370303MAXX01018Y");
    let looked_up = registers.food_and_drug(&caterer, None, purpose()).await;
    assert!(answered(looked_up).address_occupied, "it stands on the registered address");
    let order = json!({ "business": "down" }).to_string();
    stage.post("/demo/registers", order).await;
    let looked_up = registers.food_and_drug(&caterer, None, purpose()).await;
    check_down(&looked_up, "the registered address is not known");
    let record = registers.micro_service(&caterer, purpose()).await;
    assert_eq!(answered(record).open_applications, [ServiceCode::FoodNew]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_that_is_down_slow_or_talks_nonsense_is_down() {
    let stage = Stage::with_register_timeout(Duration::from_millis(50)).await;
    let registers = stage.registers();
    let company = uscc("91370303MAXX01026W");
    for (conduct, expected) in [
        ("down", "cannot be reached"),
        ("slow", "no answer within 50 ms"),
        ("nonsense", "not an answer"),
    ] {
        let order = json!({ "food_and_drug": conduct, "e_id": conduct }).to_string();
        assert_eq!(stage.post("/demo/registers", order).await.0, 200);
        let looked_up = registers.food_and_drug(&company, None, purpose()).await;
        check_down(&looked_up, expected);
        let code = stage.code(&json!({"person": "P02", "show": "e_id"})).await;
        check_down(&registers.e_id(&private(&code), purpose()).await, expected);
        answered(registers.micro_service(&company, purpose()).await);
    }
    let order = json!({ "food_and_drug": "normal" }).to_string();
    stage.post("/demo/registers", order).await;
    answered(registers.food_and_drug(&company, None, purpose()).await);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_look_up_is_kept_with_its_purpose_and_without_names() {
    let stage = Stage::set().await;
    let registers = stage.registers();
    let company = uscc("91370303MAXX01026W");
    registers.business(&company, &card(&registers, P02), purpose()).await;
    let order = json!({ "food_and_drug": "down" }).to_string();
    stage.post("/demo/registers", order).await;
    registers.food_and_drug(&company, None, purpose()).await;
    let db = rusqlite::Connection::open(stage.dir.path().join("central.db")).unwrap();
    let mut rows = db.prepare("SELECT kiosk, register, service, outcome, reason, subject_digest FROM look_ups ORDER BY id").unwrap();
    let rows: Vec<String> = rows
        .query_map([], |row| {
            let text = |at: usize| row.get::<_, Option<String>>(at).map(Option::unwrap_or_default);
            assert_eq!(text(5)?, registers.digest_key().digest(company.as_str()));
            Ok([text(0)?, text(1)?, text(2)?, text(3)?, text(4)?].join("|"))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        rows,
        [
            r#"zd-k01|"business"|food/new|answered|"#,
            r#"zd-k01|"food_and_drug"|food/new|down|the register cannot be reached"#,
        ]
    );
    let files = ["central.db", "central.db-wal"].map(|file| stage.dir.path().join(file));
    for file in files.iter().filter(|file| file.exists()) {
        let bytes = std::fs::read(file).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!has(P02), "a plain identity number is in {}", file.display());
        assert!(!has("秦一舟"), "a name is in {}", file.display());
    }
    stage.end().await;
}

/// A central that says one thing, whatever it is asked; `None` says nothing at all.
async fn parrot(stage: &Stage, says: Option<String>) -> Client {
    let keys = permit_kiosk::central::keys::CentralKeys::load(stage.dir.path()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![keys.certificate], keys.certificate_key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = vec![0; 16 * 1024];
            if stream.read(&mut request).await.is_err() {
                continue;
            }
            match &says {
                Some(says) => drop(stream.write_all(says.as_bytes()).await),
                None => std::future::pending().await,
            }
            drop(stream.shutdown().await);
        }
    });
    let identity = Identity::load(stage.dir.path()).unwrap();
    Client::new(&url, identity, Duration::from_millis(500)).unwrap()
}

fn http(status: &str, body: &str) -> String {
    let bytes = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {bytes}\r\nconnection: close\r\n\r\n{body}")
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_a_broken_central_says_becomes_an_answer() {
    let stage = Stage::set().await;
    let clean = json!({
        "nonce": "0".repeat(32),
        "outcome": { "kind": "answered", "answer": {
            "register": "food_and_drug", "bans": [], "permits": [], "address_occupied": false,
        } },
    });
    let cases: [(&str, Option<String>, &str); 8] = [
        ("silent", None, "no answer within 500 ms"),
        ("500", Some(http("500 Internal Server Error", "oops")), "500"),
        ("200 with HTML", Some(http("200 OK", "<html></html>")), "not an answer"),
        ("half an answer", Some(http("200 OK", r#"{"nonce": "00"#)), "not an answer"),
        ("another nonce", Some(http("200 OK", &clean.to_string())), "nonce"),
        ("no HTTP", Some("hello\r\n\r\n".to_owned()), "cannot be reached"),
        ("too long", Some(http("200 OK", &" ".repeat(300 * 1024))), "more than 262144 bytes"),
        (
            "fewer bytes than promised",
            Some("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_owned()),
            "cannot be reached",
        ),
    ];
    for (name, says, expected) in cases {
        let registers = stage.registers_through(parrot(&stage, says).await);
        let company = uscc("91370303MAXX01026W");
        let looked_up = registers.food_and_drug(&company, None, purpose()).await;
        let Outcome::Down { reason } = &looked_up.outcome else {
            panic!("{name}: {:?}", looked_up.outcome);
        };
        assert!(reason.contains(expected), "{name}: {reason}");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_line_a_young_snapshot_answers_and_an_old_one_is_stale() {
    let stage = Stage::set().await;
    let client = stage.client();
    let connected = stage.registers_through(client);
    let taken_at = connected.refresh_snapshot().await.unwrap();
    // The port of a central that is gone.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", gone.local_addr().unwrap());
    drop(gone);
    let identity = Identity::load(stage.dir.path()).unwrap();
    let client = Client::new(&url, identity, Duration::from_secs(5)).unwrap();
    // Opened from disk, as after a restart.
    let registers = stage.registers_through(client);
    let company = uscc("91370303MAXX01026W");
    let found = registers.business(&company, &card(&registers, P08), purpose()).await;
    assert_eq!(found.snapshot_taken_at, Some(taken_at));
    assert_eq!(found.record().outcome, LookUpOutcome::Answered);
    let found = answered(found);
    assert!(matches!(found.relation, Relation::Agent { .. }), "{:?}", found.relation);
    let stranger = answered(
        registers.business(&company, &card(&registers, "370303199003169988"), purpose()).await,
    );
    assert_eq!(stranger.relation, Relation::None);
    let banned = registers.food_and_drug(&uscc("91370303MAXX01114B"), None, purpose()).await;
    assert_eq!(answered(banned).bans.len(), 2);
    answered(registers.micro_service(&company, purpose()).await);

    // What the snapshot cannot know stays unknown.
    let elsewhere = registers.food_and_drug(&company, Some("别处1号"), purpose()).await;
    check_down(&elsewhere, "cannot be reached");
    let new =
        registers.business(&uscc("91350100M000100Y43"), &card(&registers, P02), purpose()).await;
    check_down(&new, "cannot be reached");
    let code = stage.code(&json!({"person": "P02", "show": "e_id"})).await;
    check_down(&registers.e_id(&private(&code), purpose()).await, "cannot be reached");

    stage.clock.advance(Duration::from_hours(24));
    answered(registers.micro_service(&company, purpose()).await);
    stage.clock.advance(Duration::from_secs(1));
    let stale = registers.micro_service(&company, purpose()).await;
    assert_eq!(stale.outcome, Outcome::Stale);
    assert_eq!(stale.record().outcome, LookUpOutcome::Stale);
    stage.clock.set("2026-11-23T01:59:59Z".parse().unwrap());
    let future = registers.micro_service(&company, purpose()).await.outcome;
    assert_eq!(future, Outcome::Stale, "a snapshot from the future means the clock is wrong");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_never_stands_in_for_a_register_that_central_could_ask() {
    let stage = Stage::set().await;
    let registers = stage.registers();
    registers.refresh_snapshot().await.unwrap();
    let order = json!({ "food_and_drug": "down", "micro_service": "nonsense" }).to_string();
    stage.post("/demo/registers", order).await;
    let company = uscc("91370303MAXX01026W");
    let looked_up = registers.food_and_drug(&company, None, purpose()).await;
    check_down(&looked_up, "the register cannot be reached");
    assert_eq!(looked_up.record().snapshot_taken_at, None);
    let district = registers.micro_service(&company, purpose()).await;
    assert!(matches!(district.outcome, Outcome::Down { .. }), "{:?}", district.outcome);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_that_was_down_is_not_clean_in_the_snapshot() {
    let stage = Stage::set().await;
    let order = json!({ "food_and_drug": "down" }).to_string();
    stage.post("/demo/registers", order).await;
    let registers = stage.registers();
    registers.refresh_snapshot().await.unwrap();
    let company = uscc("91370303MAXX01026W");
    let looked_up = registers.food_and_drug(&company, None, purpose()).await;
    check_down(&looked_up, "the register cannot be reached");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_edited_or_older_is_not_taken_over() {
    let stage = Stage::set().await;
    let fetch = async || -> v1::api::SignedText {
        stage.client().get_json(v1::api::SNAPSHOTS_PATH, 1 << 20).await.unwrap()
    };
    let older = fetch().await;
    stage.clock.advance(Duration::from_mins(1));
    let newer = fetch().await;
    let path = stage.dir.path().join("taken-over.json");
    let snapshots = Snapshots::none(&path, stage.central_key(), Duration::from_hours(1));
    let mut edited = newer.clone();
    edited.text = edited.text.replace("2022-03-15", "2012-03-15");
    assert!(matches!(snapshots.take_over(&edited), Err(SnapshotError::Signature)));
    assert!(!path.exists());
    snapshots.take_over(&newer).unwrap();
    assert!(matches!(snapshots.take_over(&older), Err(SnapshotError::Older { .. })));
    // And an edited file is not opened.
    let text = std::fs::read_to_string(&path).unwrap().replace("2022-03-15", "2012-03-15");
    permit_kiosk::durable::write(&path, text.as_bytes()).unwrap();
    let opened = Snapshots::open(&path, stage.central_key(), Duration::from_hours(1));
    assert!(matches!(opened, Err(SnapshotError::Signature)), "{opened:?}");
    stage.end().await;
}

#[test]
fn nothing_about_a_person_shows_itself_in_debug() {
    let query = v1::api::LookUpRequest {
        nonce: "0".repeat(32),
        purpose: purpose(),
        query: v1::api::Query::Business {
            uscc: "91370303MAXX01026W".to_owned(),
            person: v1::api::Person::Card { id_digest: "5f".repeat(32) },
        },
    };
    let code = v1::api::Query::ElectronicId { code: v1::Personal::new("e-id-1985") };
    let shown = format!("{query:?} {code:?}");
    assert!(!shown.contains("1985"), "{shown}");
}
