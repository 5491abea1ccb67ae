//! The pages: what a permit is worth today, the officers' inbox, and the demonstration's phones.

use std::time::Duration;

use jiff::civil::date;
use permit_kiosk::clock::Clock as _;
use permit_kiosk::domain::{CombinedNumber, Grant, Part, Permit, PermitNumber, ServiceCode, Uscc};
use permit_kiosk::wire::v1::api::{
    BlockRequest, HEARTBEAT_PATH, Head, Heartbeat, HeartbeatAnswer, NUMBER_BLOCKS_PATH,
    PermitState, RECORDS_PATH, SealWorth, SignedText, VERIFICATIONS_PATH, VerificationAnswer,
    VerificationRequest,
};
use permit_kiosk::wire::v1::{Due, SignedBlock};
use serde_json::json;

use super::harness::{self, Book, SERIES, Stage, browser, next_version, permit, seal};

/// Pushes a journal after leasing the first block.
async fn push(stage: &Stage, book: &Book) {
    let client = stage.client();
    let request = BlockRequest { series: SERIES.to_owned(), incarnation: 1, nonce: "0".repeat(32) };
    let _block: SignedBlock = client.post_json(NUMBER_BLOCKS_PATH, &request).await.unwrap();
    let records = book.records.clone();
    let _told: SignedText = client.post_json(RECORDS_PATH, &harness::push(records)).await.unwrap();
}

async fn state(stage: &Stage, elicence: &str) -> (String, serde_json::Value) {
    let (status, body) = stage.get(&format!("/v/{elicence}.json")).await;
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status == 200, body["state"] != "unknown");
    (body["state"].as_str().unwrap().to_owned(), body)
}

#[track_caller]
fn check_has(body: &str, texts: &[&str]) {
    for text in texts {
        assert!(body.contains(text), "`{text}` is not in the page:\n{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_permit_tells_its_state_today() {
    let stage = Stage::set().await;
    let mut book = stage.book();
    let elicence = book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    push(&stage, &book).await;
    let (status, body) = stage.get(&format!("/v/{elicence}")).await;
    assert_eq!(status, 200);
    check_has(
        &body,
        &[
            "state valid",
            "有效",
            "JY13703039901011",
            "淄博云帆食品商贸有限公司(演示)",
            "91370303MAXX01026W",
            "秦一舟",
            "散装食品和预包装食品销售",
            "2031年11月22日",
            &elicence,
        ],
    );
    assert!(!body.contains("<script"), "no script on a page of ours");
    for (day, expected) in [
        ("2026-11-22T15:59:59Z", "not_yet"),
        ("2026-11-22T16:00:00Z", "valid"),
        ("2031-11-22T15:59:59Z", "valid"),
        ("2031-11-22T16:00:00Z", "expired"),
    ] {
        stage.clock.set(day.parse().unwrap());
        assert_eq!(state(&stage, &elicence).await.0, expected, "at {day}");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_combined_permit_names_every_part() {
    const COMBINED: &str = "combined/张行综/2026";
    let stage = Stage::set().await;
    let mut book = stage.book();
    let part = |title: &str, number: &str, valid_to| Part {
        title: title.to_owned(),
        number: number.to_owned(),
        scope: "自制饮品制售".to_owned(),
        valid_to,
        organ: "某部门".to_owned(),
    };
    let parts = vec![
        part("食品经营许可", "JY23703039901015", Some(date(2031, 6, 11))),
        part("出版物零售", "新出发淄零字第0031号", None),
    ];
    let number = CombinedNumber::parse("张行综〔2026〕第0001号").unwrap();
    let combined = Permit {
        number: PermitNumber::Combined(number),
        grant: Grant::Combined { trade: "书店".to_owned(), parts },
        valid_to: None,
        ..permit(990_101)
    };
    let elicence = book.write_issued(&combined, ServiceCode::CombinedNew);
    let request =
        BlockRequest { series: COMBINED.to_owned(), incarnation: 1, nonce: "0".repeat(32) };
    let _: SignedBlock = stage.client().post_json(NUMBER_BLOCKS_PATH, &request).await.unwrap();
    let records = harness::push(book.records.clone());
    let _: SignedText = stage.client().post_json(RECORDS_PATH, &records).await.unwrap();
    let (status, body) = stage.get(&format!("/v/{elicence}")).await;
    assert_eq!(status, 200);
    check_has(
        &body,
        &[
            "state valid",
            "行业综合许可证",
            "张行综〔2026〕第0001号",
            "食品经营许可　JY23703039901015　自制饮品制售　有效期至2031年06月11日　某部门",
            "出版物零售　新出发淄零字第0031号　自制饮品制售　无有效期　某部门",
        ],
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_permit_leads_to_the_newer_one() {
    let stage = Stage::set().await;
    let mut book = stage.book();
    let first = book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    let second = book.write_issued(&next_version(&permit(990_101), 2), ServiceCode::FoodChange);
    push(&stage, &book).await;
    let (_, body) = stage.get(&format!("/v/{first}")).await;
    check_has(&body, &["已被新证替代", &format!("href=\"/v/{second}\"")]);
    assert_eq!(state(&stage, &second).await.0, "valid");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanned_code_is_compared_and_an_edited_print_is_shouted() {
    let stage = Stage::set().await;
    let mut book = stage.book();
    let elicence = book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    push(&stage, &book).await;
    let scan = async |text: &str| {
        let url = format!("http://{}/v/{elicence}", stage.running.web);
        let url = reqwest::Url::parse_with_params(&url, [("s", text)]).unwrap();
        browser().get(url).send().await.unwrap().text().await.unwrap()
    };
    let genuine = seal(&book.seal_key, &permit(990_101));
    check_has(&scan(&genuine).await, &["code good"]);
    // The page's own link to what the code says leads to the same answer.
    let (_, page) = stage.get(&format!("/v/{elicence}")).await;
    let link = page.split("href=\"").find(|part| part.contains("?s=PK1")).unwrap();
    let link = link.split('"').next().unwrap();
    check_has(&stage.get(link).await.1, &["code good"]);

    let mut edited = permit(990_101);
    edited.valid_to = Some(date(2036, 11, 22));
    let shouted = "class=\"shout\" role=\"alert\"";
    check_has(&scan(&seal(&book.seal_key, &edited)).await, &[shouted, "二维码与登记不符"]);
    let forger = Book::invented("zd-k01", 77);
    check_has(&scan(&seal(&forger.seal_key, &edited)).await, &[shouted, "伪造"]);
    let mut torn = genuine.clone();
    torn.pop();
    check_has(&scan(&torn).await, &[shouted, "伪造"]);
    check_has(&scan("<script>alert(1)</script>").await, &[shouted]);
    check_has(&scan(&"9".repeat(4_000)).await, &[shouted]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_asks_what_a_paper_before_its_scanner_is_worth() {
    let stage = Stage::set().await;
    let mut book = stage.book();
    let first = book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    push(&stage, &book).await;
    let ask = async |request: VerificationRequest| -> VerificationAnswer {
        stage.client().post_json(VERIFICATIONS_PATH, &request).await.unwrap()
    };
    let scan = async |text: &str| ask(VerificationRequest::Seal { text: text.to_owned() }).await;
    let genuine = seal(&book.seal_key, &permit(990_101));
    let answer = scan(&genuine).await;
    assert_eq!((answer.seal, answer.state), (Some(SealWorth::Agrees), Some(PermitState::Valid)));
    let shown = answer.permit.unwrap();
    assert_eq!((shown.number.as_str(), shown.kind.as_str()), ("JY13703039901011", "food"));
    assert_eq!(shown.holder, "淄博云帆食品商贸有限公司(演示)");

    let mut edited = permit(990_101);
    edited.valid_to = Some(date(2036, 11, 22));
    let answer = scan(&seal(&book.seal_key, &edited)).await;
    assert_eq!(answer.seal, Some(SealWorth::StatesOtherwise));
    assert_eq!(answer.permit.unwrap().valid_to, Some(date(2031, 11, 22)), "the register's words");
    // Sealed by a kiosk whose records have not come yet.
    let answer = scan(&seal(&book.seal_key, &permit(990_102))).await;
    assert_eq!((answer.seal, answer.permit), (Some(SealWorth::StatesOtherwise), None));
    let forger = Book::invented("zd-k01", 77);
    let forged = scan(&seal(&forger.seal_key, &permit(990_101))).await;
    let nothing = VerificationAnswer { seal: Some(SealWorth::Forged), state: None, permit: None };
    assert_eq!(forged, nothing, "nothing is told beside a forged code");
    assert_eq!(scan("9").await, nothing);

    // Changed since: the old paper leads to its own version, which a newer one replaced.
    book.write_issued(&next_version(&permit(990_101), 2), ServiceCode::FoodChange);
    push(&stage, &book).await;
    let answer = scan(&genuine).await;
    assert_eq!(
        (answer.seal, answer.state),
        (Some(SealWorth::Agrees), Some(PermitState::Superseded))
    );
    let answer = ask(VerificationRequest::Link { elicence: first }).await;
    assert_eq!((answer.seal, answer.state), (None, Some(PermitState::Superseded)));
    for nobody in ["", "1.2.156.3005.2", "../../etc"] {
        let answer = ask(VerificationRequest::Link { elicence: nobody.to_owned() }).await;
        assert_eq!((answer.state, answer.permit), (None, None), "{nobody}");
    }
    let long = VerificationRequest::Seal { text: "9".repeat(4_000) };
    let refused = stage
        .client()
        .post_json::<_, VerificationAnswer>(VERIFICATIONS_PATH, &long)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("BAD_REQUEST"), "{refused}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_edited_in_the_book_is_not_called_valid() {
    let stage = Stage::set().await;
    let mut book = stage.book();
    let elicence = book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    push(&stage, &book).await;
    let db = rusqlite::Connection::open(stage.dir.path().join("central.db")).unwrap();
    let edit = "UPDATE permits SET permit = replace(permit, '2031-11-22', '2041-11-22')";
    assert_eq!(db.execute(edit, []).unwrap(), 1);
    assert_eq!(state(&stage, &elicence).await.0, "damaged");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_name_is_shown_as_it_is_written() {
    let stage = Stage::set().await;
    let mut hostile = permit(990_101);
    hostile.holder.name = "<script>alert('小吃')</script>&\"店\"".to_owned();
    hostile.premises = "\u{202e}号21 <img src=x onerror=alert(1)>".to_owned();
    hostile.holder.uscc = Uscc::parse("92370303MAXX01165G").unwrap();
    hostile.grant = Grant::Food {
        subject: "</dd><h1>免检".to_owned(),
        items: vec!["<b>熟食".to_owned(), "x".repeat(2_000)],
    };
    let mut book = stage.book();
    let elicence = book.write_issued(&hostile, ServiceCode::FoodNew);
    push(&stage, &book).await;
    for path in [format!("/v/{elicence}"), "/".to_owned(), format!("/v/{elicence}?lang=en")] {
        let (status, body) = stage.get(&path).await;
        assert_eq!(status, 200);
        check_has(&body, &["&lt;script&gt;alert"]);
        for danger in ["<script", "<img", "</dd><h1>免检"] {
            assert!(!body.contains(danger), "`{danger}` came through at {path}");
        }
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_permit_is_a_page_that_says_what_to_do() {
    let stage = Stage::set().await;
    let unknown = permit(990_177).elicence.to_string();
    for path in [
        format!("/v/{unknown}"),
        "/v/nonsense".to_owned(),
        format!("/v/{}", "9".repeat(3_000)),
        "/v/%3Cscript%3E".to_owned(),
    ] {
        let (status, body) = stage.get(&path).await;
        assert_eq!(status, 404, "{path}");
        check_has(&body, &["查无此证", "12315"]);
        assert!(!body.contains("<script"));
    }
    assert_eq!(stage.get(&format!("/v/{unknown}.json")).await.0, 404);
    check_has(&stage.get(&format!("/v/{unknown}?lang=en")).await.1, &["What to do"]);
    assert_eq!(stage.get("/nowhere").await.0, 404);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_keeps_to_itself() {
    let stage = Stage::set().await;
    for path in ["/", "/cases", "/demo", "/v/x", "/nowhere"] {
        let url = format!("http://{}{path}", stage.running.web);
        let response = browser().get(url).send().await.unwrap();
        let headers = response.headers();
        let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_page_tells_permits_and_kiosks() {
    let stage = Stage::set().await;
    let mut book = stage.book();
    book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    push(&stage, &book).await;
    let (status, body) = stage.get("/").await;
    assert_eq!(status, 200);
    check_has(&body, &["<b>1</b>", "JY13703039901011", "ZD-K01", "正常"]);
    let heartbeat = Heartbeat {
        software: "0.1.0".to_owned(),
        edition: Some("zhangdian 1.7".to_owned()),
        edition_digest: Some("5f".repeat(32)),
        edition_refused: Some("OLDER".to_owned()),
        head: Head::START,
        outbox: 0,
        numbers_left: std::collections::BTreeMap::new(),
        faults: Vec::new(),
        at: stage.clock.now(),
    };
    let _: HeartbeatAnswer = stage.client().post_json(HEARTBEAT_PATH, &heartbeat).await.unwrap();
    check_has(
        &stage.get("/").await.1,
        &["规则 zhangdian 1.7", "5f5f5f5f5f5f<", "未采用新版 OLDER"],
    );
    stage.clock.advance(Duration::from_mins(6));
    check_has(&stage.get("/").await.1, &["无消息"]);
    check_has(&stage.get("/?lang=en").await.1, &["silent", "lang=\"en\""]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_opens_for_officers_and_shows_the_working_days_left() {
    let stage = Stage::set().await;
    let mut book = stage.book();
    let due = Due { date: date(2026, 12, 7), provisional: false };
    book.write_referred(3, Some(due));
    book.write_referred(4, None);
    push(&stage, &book).await;
    let (status, body) = stage.get("/cases").await;
    assert_eq!(status, 401);
    assert!(!body.contains("晚风"), "nothing of a case before the token");
    assert_eq!(stage.post("/cases", "token=guess").await.0, 403);

    let token = std::fs::read_to_string(stage.dir.path().join("officer.token")).unwrap();
    let url = format!("http://{}/cases", stage.running.web);
    let client = browser();
    let form = format!("token={}", token.trim());
    let entered = client.post(&url).body(form).send().await.unwrap();
    assert_eq!(entered.status().as_u16(), 303);
    let cookie = entered.headers()["set-cookie"].to_str().unwrap().to_owned();
    check_has(&cookie, &["HttpOnly", "SameSite=Strict"]);
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let body = client.get(&url).header("cookie", cookie).send().await.unwrap();
    let body = body.text().await.unwrap();
    // 2026-11-23 to 12-07 are ten working days; twenty end on 12-21 (行政许可法 42).
    check_has(&body, &["剩10个工作日", "剩20个工作日", "林**", "热食类需要现场核查"]);
    assert!(!body.contains("林小满"), "the name is masked");

    stage.clock.set("2026-12-08T02:00:00Z".parse().unwrap());
    let bearer = format!("Bearer {}", token.trim());
    let body = client.get(&url).header("authorization", bearer).send().await.unwrap();
    check_has(&body.text().await.unwrap(), &["超期1个工作日"]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_show_only_what_is_theirs() {
    let stage = Stage::set().await;
    let show = async |value: serde_json::Value| stage.post("/demo/phone", value.to_string()).await;
    for (value, status) in [
        (json!({"person": "P02", "show": "e_id"}), 200),
        (json!({"person": "P02", "show": "e_licence", "business": "B02"}), 200),
        (json!({"person": "P08", "show": "e_licence", "business": "B02"}), 200),
        (json!({"person": "P01", "show": "e_licence", "business": "B02"}), 404),
        (json!({"person": "P02", "show": "e_licence"}), 404),
        (json!({"person": "P99", "show": "e_id"}), 404),
        (json!({"person": "P02", "show": "passport"}), 400),
        (json!([]), 400),
    ] {
        assert_eq!(show(value.clone()).await.0, status, "{value}");
    }
    let (status, body) = stage.post("/demo/show", "person=P02&show=e_id").await;
    assert_eq!(status, 200);
    check_has(&body, &["<svg class=\"qr\""]);
    let (status, body) = stage.post("/demo/registers", r#"{"food_and_drug": "down"}"#).await;
    assert_eq!(status, 200);
    check_has(&body, &[r#""food_and_drug":"down""#, r#""business":"normal""#]);
    assert_eq!(stage.post("/demo/registers", r#"{"weather": "down"}"#).await.0, 400);
    stage.end().await;
}
