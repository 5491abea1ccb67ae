//! What is issued, with which number and date, and when nothing is.

use permit_kiosk::domain::{
    FoodLicenceNumber, Grant, Kept, LastDay, PermitNumber, ServiceCode, Verdict,
};
use permit_kiosk::journal::Error;
use permit_kiosk::seal::Keyring;
use permit_kiosk::wire::v1::{self, BlockGrant, Body, Document, KioskId, PrintStep, SignedBlock};

use super::{FOOD_SELLERS, Kiosk, at, case, central_key, food_seller, id, leased, request, series};

#[test]
fn an_issue_is_decision_number_seals_and_papers_in_one_step() {
    let kiosk = Kiosk::with_numbers(100);
    let issued = kiosk.journal.issue(food_seller(id(1))).unwrap();

    assert_eq!(issued.permit.number.to_string(), "JY13703030000019");
    assert_eq!(issued.permit.issued, jiff::civil::date(2026, 11, 23));
    assert_eq!(issued.permit.valid_to, Some(jiff::civil::date(2031, 11, 22)));
    let papers: Vec<_> = issued
        .print_jobs
        .iter()
        .map(|job| (job.document, job.serial.as_ref().map(ToString::to_string), job.step.clone()))
        .collect();
    assert_eq!(
        papers,
        [
            (Document::Original, Some("K03-1-000001".to_owned()), PrintStep::Queued),
            (Document::Copy, Some("K03-1-000002".to_owned()), PrintStep::Queued),
            (Document::Receipt, None, PrintStep::Queued),
        ]
    );
    let bodies = kiosk.check();
    let [Body::BlockInstalled(_), Body::Decided(decided), Body::Issued(recorded)] = &bodies[..]
    else {
        panic!("{bodies:?}");
    };
    let path = kiosk.folder.path().join("journal.db");
    assert_eq!(super::opened_permit(&path, recorded), v1::Permit::from(&issued.permit));
    assert_eq!(recorded.number, issued.permit.number.to_string());
    assert_eq!(recorded.seal(), Some(issued.seal.as_str()));
    assert_eq!(decided.application, recorded.application);
    assert_eq!(recorded.decided, super::records(&path)[1].record.hash());
    assert_eq!(issued.position, 3);
}

#[test]
fn each_sheet_is_sealed_for_itself_by_the_kiosks_key() {
    let kiosk = Kiosk::with_numbers(100);
    let issued = kiosk.journal.issue(food_seller(id(1))).unwrap();
    let mut keyring = Keyring::new();
    keyring.trust("K03", super::seal_key().verifying_key());
    for job in &issued.print_jobs {
        match (&job.serial, &job.seal) {
            (Some(serial), Some(seal)) => {
                let claims = seal.verify(&keyring).unwrap();
                assert!(claims.agrees_with(&issued.permit));
                assert_eq!(claims.copy, *serial);
            }
            (None, None) => assert_eq!(job.document, Document::Receipt),
            (Some(_), None) | (None, Some(_)) => panic!("half a seal: {job:?}"),
        }
    }
}

#[test]
fn the_same_application_gets_the_same_permit_however_often_it_asks() {
    let kiosk = Kiosk::with_numbers(100);
    let first = kiosk.journal.issue(food_seller(id(1))).unwrap();
    assert_eq!(kiosk.journal.issue(food_seller(id(1))).unwrap(), first);

    let kiosk = kiosk.reopened();
    // Neither a wrong clock nor missing numbers change what exists.
    kiosk.clock.set(at("2020-01-01T00:00:00Z"));
    kiosk.journal.quarantine("a test".to_owned()).unwrap();
    assert_eq!(kiosk.journal.issue(food_seller(id(1))).unwrap(), first);
    assert_eq!(kiosk.journal.find_issued(id(1)).unwrap(), Some(first));
    assert_eq!(kiosk.journal.find_issued(id(2)).unwrap(), None);
    assert_eq!(kiosk.journal.head().unwrap().position, 3);
    kiosk.check();
}

#[test]
fn numbers_go_on_without_a_gap_from_one_block_to_the_next() {
    let kiosk = Kiosk::with_numbers(2);
    kiosk.lease(FOOD_SELLERS, 5, 2);
    let sequences: Vec<String> =
        (1..=4).map(|n| kiosk.issue(n).unwrap().chars().skip(9).take(6).collect()).collect();
    assert_eq!(sequences, ["000001", "000002", "000011", "000012"]);

    let error = kiosk.issue(5).unwrap_err();
    assert!(matches!(error, Error::NumbersExhausted { .. }), "{error}");
    assert_eq!(kiosk.journal.find_issued(id(5)).unwrap(), None);
    kiosk.lease(FOOD_SELLERS, 6, 2);
    assert_eq!(kiosk.issue(5).unwrap(), "JY13703030000133");
    kiosk.check();
}

#[test]
fn a_kiosk_taken_out_of_service_gives_its_numbers_back_and_issues_no_more() {
    let kiosk = Kiosk::with_numbers(10);
    kiosk.lease("hygiene/张审卫公证/2026", 0, 5);
    kiosk.issue(1).unwrap();
    let (why, who) = ("the hall is closed".to_owned(), "technician wang".to_owned());
    let returned = kiosk.journal.return_numbers(why.clone(), who.clone()).unwrap();
    let told: Vec<_> = returned.iter().map(|of| (of.series.as_str(), of.first, of.last)).collect();
    assert_eq!(told, [(FOOD_SELLERS, 2, 10), ("hygiene/张审卫公证/2026", 1, 5)]);
    assert_eq!(kiosk.journal.series_state(&series(FOOD_SELLERS)).unwrap().left, 0);
    let error = kiosk.issue(2).unwrap_err();
    assert!(error.to_string().contains("taken out of service by technician wang"), "{error}");
    // What was issued before is told all the same, and printed.
    kiosk.issue(1).unwrap();
    // Again, also after a restart, it is done.
    let kiosk = kiosk.reopened();
    assert_eq!(kiosk.journal.return_numbers(why, who).unwrap(), []);
    let bodies = kiosk.check();
    assert_eq!(bodies.iter().filter(|of| of.kind() == "numbers_returned").count(), 2);
}

#[test]
fn a_quarantined_journal_gives_no_number_back() {
    let kiosk = Kiosk::with_numbers(10);
    kiosk.journal.quarantine("restored from an old copy".to_owned()).unwrap();
    let (why, who) = ("sold".to_owned(), "technician wang".to_owned());
    let error = kiosk.journal.return_numbers(why, who).unwrap_err();
    assert!(matches!(error, Error::Quarantined { .. }), "{error}");
    assert!(kiosk.check().iter().all(|of| of.kind() != "numbers_returned"));
}

#[test]
fn a_voided_number_is_accounted_for() {
    let kiosk = Kiosk::with_numbers(10);
    kiosk.issue(1).unwrap();
    let by = "technician 0042".to_owned();
    let voided = kiosk.journal.void_number(series(FOOD_SELLERS), "spoilt".to_owned(), by).unwrap();
    assert_eq!(voided, 2);
    kiosk.issue(2).unwrap();
    let state = kiosk.journal.series_state(&series(FOOD_SELLERS)).unwrap();
    assert_eq!((state.left, state.reserve), (7, 10));
    kiosk.check();
}

#[test]
fn every_kind_of_permit_has_its_series_and_its_last_day() {
    let kiosk = Kiosk::new();
    let food = |subject: &str| Grant::Food { subject: subject.to_owned(), items: vec![] };
    let filing = |trade: &str| Grant::Filing { trade: trade.to_owned() };
    let hygiene = Grant::Hygiene { place: "理发店".to_owned() };
    let filed = Grant::HygieneFiling { place: "书店".to_owned() };
    let combined = Grant::Combined { trade: "书店".to_owned(), parts: vec![] };
    let cases = [
        (food("食品销售经营者"), "food/1/370303", "JY13703030000019", Some("2031-11-22")),
        (food("餐饮服务经营者(网络经营)"), "food/2/370303", "JY23703030000015", Some("2031-11-22")),
        (
            food("集中用餐单位食堂(学校食堂)"),
            "food/3/370303",
            "JY33703030000010",
            Some("2031-11-22"),
        ),
        (filing("批发"), "filing/1/370303", "YB13703030000019", None),
        (filing("零售"), "filing/2/370303", "YB23703030000015", None),
        (hygiene, "hygiene/张审卫公证/2026", "张审卫公证〔2026〕第0001号", Some("2030-11-22")),
        (filed, "hygiene_filing/张卫公备/2026", "张卫公备〔2026〕第0001号", None),
        (combined, "combined/张行综/2026", "张行综〔2026〕第0001号", None),
    ];
    let mut elicences = std::collections::BTreeSet::new();
    for (n, (grant, series, number, valid_to)) in (1..).zip(cases) {
        kiosk.lease(series, 0, 10);
        let service = match grant {
            Grant::Hygiene { .. } => ServiceCode::HygieneNew,
            Grant::HygieneFiling { .. } => ServiceCode::HygieneFile,
            Grant::Combined { .. } => ServiceCode::CombinedNew,
            Grant::Food { .. } | Grant::Filing { .. } => ServiceCode::FoodNew,
        };
        let issued = kiosk.journal.issue(request(id(n), service, grant)).unwrap();
        let permit = issued.permit;
        assert_eq!(permit.number.to_string(), number);
        assert_eq!(permit.valid_to.map(|day| day.to_string()).as_deref(), valid_to);
        assert!(elicences.insert(permit.elicence.to_string()), "{}", permit.elicence);
    }
    let error =
        kiosk.journal.issue(request(id(99), ServiceCode::FoodNew, food("摊贩"))).unwrap_err();
    assert!(matches!(error, Error::UnknownSubject { .. }), "{error}");
    kiosk.check();
}

/// Whoever prepares the paper may be wrong: nothing is numbered that the decision does not grant.
#[test]
fn only_the_paper_that_was_decided_on_is_issued() {
    let kiosk = Kiosk::new();
    for series in [
        FOOD_SELLERS,
        "filing/2/370303",
        "hygiene/张审卫公证/2026",
        "hygiene_filing/张卫公备/2026",
        "combined/张行综/2026",
    ] {
        kiosk.lease(series, 0, 10);
    }
    let grants = [
        Grant::Food { subject: "食品销售经营者".to_owned(), items: vec![] },
        Grant::Filing { trade: "零售".to_owned() },
        Grant::Hygiene { place: "理发店".to_owned() },
        Grant::HygieneFiling { place: "书店".to_owned() },
        Grant::Combined { trade: "书店".to_owned(), parts: vec![] },
    ];
    let mut n = 0;
    for service in ServiceCode::ALL {
        for verdict in [Verdict::Issue, Verdict::File] {
            for grant in &grants {
                n += 1;
                let kind = grant.kind();
                let mut request = request(id(n), service, grant.clone());
                request.case.decision.verdict = verdict;
                let issued = kiosk.journal.issue(request);
                if service.grants(verdict) == Some(kind) {
                    issued.unwrap_or_else(|error| panic!("{service} {verdict} {kind:?}: {error}"));
                } else {
                    let error = issued.expect_err("no such paper was granted");
                    let told = format!("{verdict} on {service} grants no paper of the kind");
                    assert!(error.to_string().starts_with(&told), "{error}");
                }
            }
        }
    }
    // Five services of food issue, five of hygiene, one of both; what is filed comes of new, of filing and of
    // its change.
    assert_eq!(kiosk.journal.series_state(&series(FOOD_SELLERS)).unwrap().left, 5);
    assert_eq!(kiosk.journal.series_state(&series("filing/2/370303")).unwrap().left, 7);
    assert_eq!(kiosk.journal.series_state(&series("hygiene/张审卫公证/2026")).unwrap().left, 5);
    let filed = series("hygiene_filing/张卫公备/2026");
    assert_eq!(kiosk.journal.series_state(&filed).unwrap().left, 8);
    assert_eq!(kiosk.journal.series_state(&series("combined/张行综/2026")).unwrap().left, 9);
    // A number that is kept belongs to a paper of its kind.
    let mut other = request(id(200), ServiceCode::HygieneReissue, grants[2].clone());
    other.draft.kept = Some(Kept {
        number: PermitNumber::Food(FoodLicenceNumber::parse("JY13703030000019").unwrap()),
        issued: None,
        valid_to: LastDay::Stays(None),
    });
    let error = kiosk.journal.issue(other).unwrap_err();
    assert!(matches!(error, Error::WrongPaper { .. }), "{error}");
    kiosk.check();
}

#[test]
fn the_date_of_issue_is_the_day_in_china() {
    let kiosk = Kiosk::new();
    kiosk.lease("hygiene/张审卫公证/2026", 0, 10);
    kiosk.lease("hygiene/张审卫公证/2027", 0, 10);
    let barber = |n| {
        let place = "理发店".to_owned();
        request(id(n), ServiceCode::HygieneNew, Grant::Hygiene { place })
    };
    for (n, now, number, issued_on) in [
        (1, "2026-12-31T15:59:59.999Z", "张审卫公证〔2026〕第0001号", "2026-12-31"),
        (2, "2026-12-31T16:00:00Z", "张审卫公证〔2027〕第0001号", "2027-01-01"),
    ] {
        kiosk.time_is(now);
        let permit = kiosk.journal.issue(barber(n)).unwrap().permit;
        assert_eq!(permit.number.to_string(), number);
        assert_eq!(permit.issued.to_string(), issued_on);
    }
    kiosk.check();
}

#[test]
fn nothing_is_issued_by_a_clock_behind_the_journal() {
    let kiosk = Kiosk::with_numbers(10);
    kiosk.time_is("2026-11-24T16:00:02Z");
    kiosk.issue(1).unwrap();

    kiosk.clock.set(at("2026-11-24T15:00:00Z"));
    let kiosk = kiosk.reopened();
    let error = kiosk.issue(2).unwrap_err();
    assert!(matches!(error, Error::ClockBehind { .. }), "{error}");
    // Records of other things are still written, and do not make the clock any better.
    kiosk.journal.record(started()).unwrap();
    let error = kiosk.issue(2).unwrap_err();
    assert!(matches!(error, Error::ClockBehind { .. }), "{error}");

    // A step of network time is no wrong clock; the date still does not go back.
    kiosk.clock.set(at("2026-11-24T15:59:59Z"));
    let kiosk = kiosk.reopened();
    let issued = kiosk.journal.issue(food_seller(id(2))).unwrap();
    assert_eq!(issued.permit.issued.to_string(), "2026-11-25");
    kiosk.check();
}

#[test]
fn a_quarantined_kiosk_issues_nothing_and_still_records() {
    let kiosk = Kiosk::with_numbers(10);
    kiosk.journal.quarantine("fork at position 7".to_owned()).unwrap();
    kiosk.journal.quarantine("another reason".to_owned()).unwrap();
    let kiosk = kiosk.reopened();
    assert_eq!(kiosk.journal.quarantined().unwrap().as_deref(), Some("fork at position 7"));
    let error = kiosk.issue(1).unwrap_err();
    assert!(matches!(error, Error::Quarantined { .. }), "{error}");
    let referred = case(id(1), ServiceCode::FoodNew, Verdict::Refer);
    kiosk.journal.record_decision(without_certificates(referred)).unwrap();
    kiosk.check();
}

#[test]
fn a_decision_is_recorded_once() {
    let kiosk = Kiosk::with_numbers(10);
    let referred = without_certificates(case(id(1), ServiceCode::FoodNew, Verdict::Refer));
    let first = kiosk.journal.record_decision(referred.clone()).unwrap();
    assert_eq!(first.print_jobs.len(), 1);
    assert_eq!(kiosk.journal.record_decision(referred.clone()).unwrap(), first);
    let kiosk = kiosk.reopened();
    assert_eq!(kiosk.journal.record_decision(referred.clone()).unwrap(), first);

    let error = kiosk.issue(1).unwrap_err();
    assert!(matches!(error, Error::DecidedOtherwise { .. }), "{error}");
    kiosk.issue(2).unwrap();
    let late = without_certificates(case(id(2), ServiceCode::FoodNew, Verdict::Refer));
    let error = kiosk.journal.record_decision(late).unwrap_err();
    assert!(matches!(error, Error::DecidedOtherwise { .. }), "{error}");
    kiosk.check();
}

#[test]
fn facts_other_than_those_decided_upon_are_refused() {
    let kiosk = Kiosk::with_numbers(10);
    let mut request = food_seller(id(1));
    request.case.facts = "{}".to_owned().into();
    let error = kiosk.journal.issue(request).unwrap_err();
    assert!(matches!(error, Error::OtherFacts { .. }), "{error}");
    assert_eq!(kiosk.check().len(), 1);
}

#[test]
fn only_blocks_leased_by_central_to_this_life_of_the_kiosk_are_taken() {
    let kiosk = Kiosk::with_numbers(10);
    let changed = |change: fn(&mut BlockGrant)| {
        let mut grant = BlockGrant::read(&leased(FOOD_SELLERS, 3, 10).grant).unwrap();
        change(&mut grant);
        SignedBlock::sign(grant.to_text(), &central_key())
    };
    let refuse = |block: SignedBlock| kiosk.journal.install_block(block).unwrap_err();

    let mut forged = leased(FOOD_SELLERS, 3, 10);
    forged.grant = forged.grant.replace("\"block\":3", "\"block\":4");
    assert!(matches!(refuse(forged), Error::BlockSignature));
    let others = changed(|grant| grant.kiosk = KioskId::parse("zhangdian-04").unwrap());
    assert!(matches!(refuse(others), Error::BlockOfAnother { .. }));
    let earlier_life = changed(|grant| grant.incarnation = 0);
    assert!(matches!(refuse(earlier_life), Error::BlockOfAnother { .. }));
    let crooked = changed(|grant| grant.first += 1);
    assert!(matches!(refuse(crooked), Error::Block { .. }));
    // Numbers 1 to 10 are installed; these are 1 to 5 by another count.
    assert!(matches!(refuse(leased(FOOD_SELLERS, 0, 5)), Error::BlockOverlaps { .. }));

    // The same block again, after a lost answer, is no second block.
    kiosk.lease(FOOD_SELLERS, 0, 10);
    assert_eq!(kiosk.journal.series_state(&series(FOOD_SELLERS)).unwrap().left, 10);
    assert_eq!(kiosk.check().len(), 1);
}

pub(super) fn started() -> Body {
    Body::Started(v1::Started { software: "0.1.0".to_owned(), edition: None, edition_digest: None })
}

fn without_certificates(mut case: permit_kiosk::journal::Case) -> permit_kiosk::journal::Case {
    case.documents = vec![Document::Slip];
    case
}
