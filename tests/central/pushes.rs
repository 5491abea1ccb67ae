//! Records over HTTPS: taken and acknowledged under central's signature, or refused with a reason.

use permit_kiosk::domain::ServiceCode;
use permit_kiosk::registers::ClientError;
use permit_kiosk::seal::Signature;
use permit_kiosk::wire::v1::api::{
    Acknowledgement, BlockRequest, HEARTBEAT_PATH, Head, Heartbeat, HeartbeatAnswer,
    NUMBER_BLOCKS_PATH, PushOutcome, RECORDS_MAX, RECORDS_PATH, SignedText, Standing,
};
use permit_kiosk::wire::v1::{BlockGrant, Personal, SignedBlock, SignedRecord};

use super::harness::{self, Book, SERIES, Stage, permit};

async fn push(stage: &Stage, records: Vec<SignedRecord>) -> Result<Acknowledgement, ClientError> {
    let signed: SignedText =
        stage.client().post_json(RECORDS_PATH, &harness::push(records)).await?;
    let mut signature = [0; Signature::BYTES];
    hex::decode_to_slice(&signed.signature, &mut signature).unwrap();
    let signature = Signature::from_bytes(signature);
    let context = Acknowledgement::SIGNATURE_CONTEXT;
    assert!(stage.central_key().verify(context, signed.text.as_bytes(), &signature));
    Ok(Acknowledgement::read(&signed.text).unwrap())
}

async fn lease(stage: &Stage, nonce: &str) -> Result<BlockGrant, ClientError> {
    let request =
        BlockRequest { series: SERIES.to_owned(), incarnation: 1, nonce: nonce.repeat(32) };
    let block: SignedBlock = stage.client().post_json(NUMBER_BLOCKS_PATH, &request).await?;
    let mut signature = [0; Signature::BYTES];
    hex::decode_to_slice(&block.signature, &mut signature).unwrap();
    let signature = Signature::from_bytes(signature);
    let context = BlockGrant::SIGNATURE_CONTEXT;
    assert!(stage.central_key().verify(context, block.grant.as_bytes(), &signature));
    Ok(BlockGrant::read(&block.grant).unwrap())
}

#[track_caller]
fn check_refused<T: std::fmt::Debug>(result: Result<T, ClientError>, expected: (u16, &str)) {
    match result {
        Err(ClientError::Refused { status, code, .. }) => {
            assert_eq!((status, code.as_str()), expected);
        }
        other => panic!("expected {expected:?}, got {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_goes_from_a_leased_number_to_the_permit_book() {
    let stage = Stage::set().await;
    let block = lease(&stage, "a").await.unwrap();
    assert_eq!((block.first, block.last), (990_101, 990_200));
    assert_eq!(block.kiosk.as_str(), "zd-k01");
    let mut book = stage.book();
    book.write_started(1);
    let elicence = book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    let told = push(&stage, book.records.clone()).await.unwrap();
    assert_eq!(told.outcome, PushOutcome::Taken { new: 2, duplicates: 0 });
    assert_eq!(told.head, Head { position: 2, hash: book.hash() });
    assert_eq!(told.quarantined, Vec::<u64>::new());
    let again = push(&stage, book.records.clone()).await.unwrap();
    assert_eq!(again.outcome, PushOutcome::Taken { new: 0, duplicates: 2 });
    assert_eq!(stage.get(&format!("/v/{elicence}")).await.0, 200);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_without_sense_are_set_apart_and_those_behind_them_are_taken() {
    let stage = Stage::set().await;
    lease(&stage, "a").await.unwrap();
    let mut book = stage.book();
    let stranger = Book::invented("zd-k01", 40);
    // 1: signed by somebody else, and pushed alone: nothing vouches for it.
    book.write_started(1);
    let signed_by_another = |record: &mut SignedRecord| {
        let signature =
            stranger.device_key.sign("permit-kiosk/record/1", record.record.reveal().as_bytes());
        record.signature = signature.to_string();
    };
    signed_by_another(&mut book.records[0]);
    let told = push(&stage, book.records.clone()).await.unwrap();
    assert_eq!(told.quarantined, [1]);
    // 2: a body of a later version.
    let later = format!(
        r#"{{"format":"permit-kiosk/record/1","kiosk":"zd-k01","incarnation":1,"position":2,"at":"2026-11-23T02:00:00Z","previous":"{}","body":{{"kind":"teleported"}}}}"#,
        book.hash()
    );
    book.append(later);
    // 3: the seal of another permit.
    let mut issued = book.issued(&permit(990_101), ServiceCode::FoodNew);
    issued.sheets[0].seal = Some(harness::seal(&book.seal_key, &permit(990_102)));
    book.write(permit_kiosk::wire::v1::Body::Issued(Box::new(issued)));
    // 4: sealed by a stranger.
    let mut issued = book.issued(&permit(990_101), ServiceCode::FoodNew);
    issued.sheets[0].seal = Some(harness::seal(&stranger.seal_key, &permit(990_101)));
    book.write(permit_kiosk::wire::v1::Body::Issued(Box::new(issued)));
    // 5: a number that is not the one of its place.
    let mut issued = book.issued(&permit(990_101), ServiceCode::FoodNew);
    issued.sequence = 990_109;
    book.write(permit_kiosk::wire::v1::Body::Issued(Box::new(issued)));
    // 6: good.
    book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    // 7: signed by somebody else, and the last: it speaks neither for itself nor for those before it.
    book.write_started(1);
    signed_by_another(&mut book.records[6]);
    let told = push(&stage, book.records.split_off(1)).await.unwrap();
    assert_eq!(told.outcome, PushOutcome::Taken { new: 6, duplicates: 0 });
    assert_eq!(told.quarantined, [2, 3, 4, 5, 7]);
    assert_eq!(told.head.position, 7);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_signature_of_a_push_stands_for_what_leads_to_it_and_for_nothing_else() {
    let stage = Stage::set().await;
    let unsigned = "0".repeat(2 * Signature::BYTES);
    let mut book = stage.book();
    book.write_started(6);
    book.records[1].signature.clone_from(&unsigned);
    book.records[3].signature.clone_from(&unsigned);
    // The last is nobody's, so the one before it must speak for itself; that one names the others.
    book.records[5].signature.clone_from(&unsigned);
    let told = push(&stage, book.records.clone()).await.unwrap();
    assert_eq!(told.outcome, PushOutcome::Taken { new: 6, duplicates: 0 });
    assert_eq!(told.quarantined, [6]);
    // A record that was changed is not the one that is named: another stands there.
    let mut changed = stage.book();
    changed.write_started(9);
    let text = changed.records[7].record.reveal().replace("\"position\":8", "\"position\":8 ");
    assert_ne!(text, changed.records[7].record.reveal());
    changed.records[7].record = Personal::new(text);
    let told = push(&stage, changed.records.clone()).await.unwrap();
    assert_eq!(told.outcome, PushOutcome::Fork { position: 9 });
    assert_eq!(told.head.position, 6);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_and_a_fork_are_told_and_a_forked_kiosk_gets_no_numbers() {
    let stage = Stage::set().await;
    let mut book = stage.book();
    book.write_started(3);
    let told = push(&stage, book.records[2..].to_vec()).await.unwrap();
    assert_eq!(told.outcome, PushOutcome::Gap { expected: 1 });
    push(&stage, book.records.clone()).await.unwrap();
    let mut clone = stage.book();
    clone.write_voided(1);
    let told = push(&stage, clone.records).await.unwrap();
    assert_eq!(told.outcome, PushOutcome::Fork { position: 1 });
    assert_eq!(told.head.position, 3);
    check_refused(lease(&stage, "b").await, (409, "FORKED"));
    let heartbeat = Heartbeat {
        edition_digest: None,
        edition_refused: None,
        software: "0.1.0".to_owned(),
        edition: None,
        head: told.head,
        outbox: 0,
        numbers_left: [(SERIES.to_owned(), 0)].into(),
        faults: vec![],
        at: harness::NOW.parse().unwrap(),
    };
    let answer: HeartbeatAnswer =
        stage.client().post_json(HEARTBEAT_PATH, &heartbeat).await.unwrap();
    assert_eq!((answer.standing, answer.incarnation), (Standing::Forked, 1));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_push_is_refused_with_a_word_and_without_repeating_it() {
    let stage = Stage::set().await;
    let client = stage.client();
    let post = async |message: &serde_json::Value| {
        client.post_json::<_, SignedText>(RECORDS_PATH, message).await
    };
    let secret = serde_json::json!({ "records": [{ "record": 370_303_199 }] });
    match post(&secret).await {
        Err(ClientError::Refused { status: 400, code, message }) => {
            assert_eq!(code, "BAD_REQUEST");
            assert!(!message.contains("370303"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    let headless = SignedRecord { record: Personal::new("{}"), signature: String::new() };
    check_refused(push(&stage, vec![headless]).await, (422, "MALFORMED"));
    let mut other = Book::invented("zd-k99", 1);
    other.write_started(1);
    check_refused(push(&stage, other.records).await, (422, "MALFORMED"));
    let mut book = stage.book();
    book.write_started(1);
    let many = vec![book.records[0].clone(); RECORDS_MAX + 1];
    check_refused(push(&stage, many).await, (413, "TOO_LONG"));
    let long = SignedRecord {
        record: Personal::new("x".repeat(5 * 1024 * 1024)),
        signature: String::new(),
    };
    // Central answers and closes without reading five megabytes: either is seen.
    assert!(push(&stage, vec![long]).await.is_err());
    check_refused(
        client.post_json::<_, SignedText>("/v1/nothing", &()).await,
        (404, "NO_SUCH_PATH"),
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_leased_only_to_the_present_life_and_from_known_series() {
    let stage = Stage::set().await;
    let client = stage.client();
    let ask = async |series: &str, incarnation: u32, nonce: &str| {
        let (series, nonce) = (series.to_owned(), nonce.to_owned());
        let request = BlockRequest { series, incarnation, nonce };
        client.post_json::<_, SignedBlock>(NUMBER_BLOCKS_PATH, &request).await
    };
    let nonce = "0".repeat(32);
    check_refused(ask(SERIES, 2, &nonce).await, (409, "OTHER_INCARNATION"));
    check_refused(ask("food/2/370303", 1, &nonce).await, (404, "NO_SUCH_SERIES"));
    check_refused(ask("hygiene/张审卫公证/x", 1, &nonce).await, (404, "NO_SUCH_SERIES"));
    check_refused(ask(SERIES, 1, "short").await, (400, "BAD_REQUEST"));
    let hygiene = ask("hygiene/张审卫公证/2026", 1, &nonce).await.unwrap();
    let hygiene = BlockGrant::read(&hygiene.grant).unwrap();
    assert_eq!((hygiene.first, hygiene.last), (1, 50));
    check_refused(ask(SERIES, 1, &nonce).await, (409, "NONCE_TAKEN"));
    ask("hygiene/张审卫公证/2026", 1, &"1".repeat(32)).await.unwrap();
    let third = ask("hygiene/张审卫公证/2026", 1, &"2".repeat(32)).await;
    check_refused(third, (409, "TOO_MANY_NUMBERS"));
    stage.end().await;
}
