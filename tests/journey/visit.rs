//! Visits without a window: the session with the shipped rulebook and a real journal; the test plays
//! applicant, devices and registers.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::civil::{Date, date};
use permit_kiosk::clock::{Clock as _, SimulatedClock};
use permit_kiosk::domain::{
    Action, Applicant, ApplicationId, Business, BusinessStatus, DivisionCode, Grant,
    IdentitySource, Issuer, Language, Permit, Private, ServiceCode, Sex, Signature, Stroke, Uscc,
    Verdict,
};
use permit_kiosk::fault::{Fault, FaultCode};
use permit_kiosk::journal::{Case, IssueRequest};
use permit_kiosk::rules::Rulebook;
use permit_kiosk::session::course::Ended;
use permit_kiosk::session::data::{Said, Source};
use permit_kiosk::session::effect::{Effect, Query};
use permit_kiosk::session::event::{
    Answer, Ban, CodeWorth, DistrictRecord, Equipment, Event, HeldPermit, IdentityProblem,
    IssuedPermit, LicenceProblem, LookUpAnswer, Moment, NotIssued, Paper, PaperState, Register,
    Relation, ScanProblem, Standing, Supervision, Unanswered, Verified,
};
use permit_kiosk::session::{
    Copying, Ending, Errand, Identifying, Outcome, Pace, ProvingBusiness, Session, Stage, Terms,
    Verifying,
};
use permit_kiosk::wire::v1::{self, Body, DataReceipt, Document};
use sha2::{Digest as _, Sha256};

use crate::journal::Kiosk;

/// A visit with everything around it.
struct Lobby {
    session: Session,
    kiosk: Kiosk,
    clock: SimulatedClock,
    registers: Registers,
    effects: Vec<Effect>,
    papers: PaperState,
    not_issued: Option<NotIssued>,
}

/// What the registers would answer.
struct Registers {
    business: Option<Business>,
    relation: Relation,
    supervision: Supervision,
    district: DistrictRecord,
    silent: Vec<Register>,
}

impl Registers {
    fn answer(&self, register: Register) -> LookUpAnswer {
        match register {
            Register::Business => {
                LookUpAnswer::Business(self.business.clone().map(Box::new), self.relation.clone())
            }
            Register::FoodAndDrug => LookUpAnswer::FoodAndDrug(Box::new(self.supervision.clone())),
            Register::MicroService => LookUpAnswer::MicroService(self.district.clone()),
        }
    }
}

impl Lobby {
    fn new() -> Self {
        let kiosk = Kiosk::new();
        // The numbers of the golden certificates: the block that begins with 990101, and the first.
        kiosk.lease("food/1/370303", 9901, 100);
        kiosk.lease("filing/2/370303", 0, 100);
        kiosk.lease("hygiene/张审卫公证/2026", 0, 100);
        kiosk.lease("hygiene_filing/张卫公备/2026", 0, 100);
        kiosk.lease("combined/张行综/2026", 0, 100);
        let clock = kiosk.clock.clone();
        Self {
            session: Session::new(terms(), Equipment::ALL),
            kiosk,
            clock,
            registers: Registers {
                business: Some(cloud_sail()),
                relation: Relation::LegalRepresentative,
                supervision: Supervision::default(),
                district: DistrictRecord::default(),
                silent: Vec::new(),
            },
            effects: Vec::new(),
            papers: PaperState::Printed,
            not_issued: None,
        }
    }

    /// Something happens; effects are performed until nothing is left to do.
    fn tell(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let at = Moment { wall: self.clock.now(), monotonic: self.clock.monotonic() };
            for effect in self.session.update(at, event) {
                self.effects.push(effect.clone());
                events.extend(self.perform(effect));
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Vec<Event> {
        match effect {
            Effect::LookUp { query: Query::Business { register, .. }, .. } => {
                if self.registers.silent.contains(&register) {
                    return Vec::new();
                }
                vec![Event::LookedUp(self.registers.answer(register))]
            }
            Effect::LookUp { query: Query::ElectronicLicence { .. }, .. } => {
                let uscc = self.registers.business.as_ref().unwrap().uscc.clone();
                let holder = Box::new(self.registers.relation.clone());
                vec![Event::LookedUp(LookUpAnswer::Licence { uscc, holder })]
            }
            Effect::Issue(case) => {
                if let Some(reason) = self.not_issued.take() {
                    return vec![Event::NotIssued(reason)];
                }
                let draft = case.draft.clone().expect("what is issued has a draft");
                let ends = case.service.action() == Action::Cancel;
                let documents = if ends {
                    vec![Document::Receipt]
                } else if draft.grant.kind().has_copy() {
                    vec![Document::Original, Document::Copy, Document::Receipt]
                } else {
                    vec![Document::Original, Document::Receipt]
                };
                let request = IssueRequest { case: journal_case(&case, documents), draft };
                let issued = self.kiosk.journal.issue(request).unwrap();
                vec![Event::Issued(Box::new(IssuedPermit {
                    number: issued.permit.number.clone(),
                    issued: issued.permit.issued,
                    valid_to: issued.permit.valid_to,
                    page_url: format!("https://verify.example/v/{}", issued.permit.elicence),
                    decision: case.decision.clone(),
                    preview: None,
                }))]
            }
            Effect::Record(case) => {
                let case = journal_case(&case, vec![Document::Slip]);
                self.kiosk.journal.record_decision(case).unwrap();
                vec![Event::Recorded]
            }
            Effect::Print(paper) => {
                vec![Event::PaperChanged { paper, state: self.papers.clone() }]
            }
            Effect::Reprint(permit) => {
                let number = permit.number.clone();
                let same = move |own: &Permit| own.premises == permit.premises;
                match self.kiosk.journal.reprint(number, same).unwrap() {
                    Some(_) => vec![Event::CopyQueued],
                    None => vec![Event::NoCopy],
                }
            }
            Effect::RecordDataReceipt { application, shown } => {
                let look_ups = 0;
                let receipt = DataReceipt { application, look_ups, shown };
                self.kiosk.journal.record(Body::DataReceipt(receipt)).unwrap();
                Vec::new()
            }
            Effect::PrintData(_) => {
                let application = self.session.application().unwrap();
                self.kiosk.journal.queue_data_receipt(application).unwrap();
                vec![Event::PaperChanged { paper: Paper::Data, state: self.papers.clone() }]
            }
            Effect::Verify { .. }
            | Effect::LookUp { query: Query::ElectronicId { .. }, .. }
            | Effect::ReadId
            | Effect::ReleaseReader
            | Effect::ArmScanner
            | Effect::DisarmScanner
            | Effect::RecordRating { .. }
            | Effect::RecordVisit(_)
            | Effect::CallHelp(_)
            | Effect::Wipe => Vec::new(),
        }
    }

    fn begin(&mut self) {
        self.tell(Event::Begun {
            application: ApplicationId::from_random([7; 16]),
            errand: Errand::Apply,
        });
    }

    /// Up to the form: service, card, e-licence, registers.
    fn come_for(&mut self, entry: &str) {
        self.begin();
        self.tell(Event::ServiceChosen(entry.to_owned()));
        self.tell(Event::Told);
        self.tell(Event::CardFound);
        self.tell(Event::Identified(Box::new(qin_yizhou())));
        self.tell(Event::Scanned("an e-licence code".to_owned()));
    }

    fn answer(&mut self, field: &str, answer: Answer) {
        self.tell(Event::Answered { field: field.to_owned(), answer });
    }

    /// Reads the promise and signs it.
    fn sign(&mut self) {
        self.clock.advance(Duration::from_secs(12));
        self.sign_at_once();
    }

    fn sign_at_once(&mut self) {
        let points = (0..20).map(|i| (i * 30, i * 20)).collect();
        self.tell(Event::PromiseSigned(Signature { strokes: vec![Stroke(points)] }));
    }

    /// The food shop of the golden certificate, up to the decision.
    fn open_a_food_shop(&mut self) {
        self.come_for("convenience-shop");
        self.answer("premises.area_m2", Answer::Number("60".to_owned()));
        self.answer("cooked-bulk", Answer::Choice("no".to_owned()));
        self.answer("application.food_safety_manager", Answer::YesNo(true));
        self.tell(Event::FormConfirmed);
        self.sign();
    }

    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.clock.advance(Duration::from_secs(1));
            self.tell(Event::Ticked);
        }
    }

    #[track_caller]
    fn check_verdict(&self, verdict: Verdict, code: &str) {
        let decision = self.session.decision().expect("there is a decision");
        assert_eq!((decision.verdict, decision.code.as_str()), (verdict, code), "{decision:#?}");
    }

    fn issued(&self) -> Vec<String> {
        self.kiosk
            .check()
            .into_iter()
            .filter_map(
                |body| {
                    if let Body::Issued(issued) = body { Some(issued.number) } else { None }
                },
            )
            .collect()
    }

    fn decided(&self) -> usize {
        self.kiosk.check().iter().filter(|body| matches!(body, Body::Decided(_))).count()
    }
}

#[test]
fn a_food_shop_gets_its_licence_in_one_visit() {
    let mut lobby = Lobby::new();
    lobby.open_a_food_shop();
    lobby.check_verdict(Verdict::Issue, "OK");
    let Stage::Decided(Outcome::Issued(permit)) = lobby.session.stage() else {
        panic!("{:?}", lobby.session.stage());
    };
    assert_eq!(permit.number.to_string(), "JY13703039901011");
    assert_eq!((permit.issued, permit.valid_to), (TODAY, Some(date(2031, 11, 22))));
    let papers: Vec<Paper> = lobby.session.papers().map(|(paper, _)| paper).collect();
    assert_eq!(papers, [Paper::Original, Paper::Copy, Paper::Receipt]);
    assert!(lobby.session.papers().all(|(_, state)| *state == PaperState::Printed));
    lobby.tell(Event::WentOn);
    lobby.tell(Event::Rated(5));
    assert_eq!(*lobby.session.stage(), Stage::Done);
    lobby.wait(30);
    assert_eq!(*lobby.session.stage(), Stage::Welcome);
    assert_eq!(lobby.issued(), ["JY13703039901011"]);
}

/// What was told of visits that ended.
fn visits(lobby: &Lobby) -> Vec<Ended> {
    let ended = lobby.effects.iter().filter_map(|effect| {
        if let Effect::RecordVisit(ended) = effect { Some(ended.clone()) } else { None }
    });
    ended.collect()
}

#[test]
fn how_a_visit_went_is_told_once_with_the_time_on_each_screen() {
    let seconds = Duration::from_secs;
    let mut lobby = Lobby::new();
    lobby.begin();
    lobby.wait(7);
    lobby.tell(Event::ServiceChosen("convenience-shop".to_owned()));
    lobby.tell(Event::Told);
    lobby.tell(Event::IdentityFailed(IdentityProblem::Unreadable));
    lobby.wait(3);
    lobby.tell(Event::Identified(Box::new(qin_yizhou())));
    lobby.tell(Event::ScanFailed(ScanProblem::Unreadable));
    lobby.registers.silent = vec![Register::MicroService];
    lobby.tell(Event::Scanned("an e-licence code".to_owned()));
    lobby.wait(16);
    assert_eq!(*lobby.session.stage(), Stage::Filling);
    lobby.tell(Event::Cancelled);
    lobby.wait(60);
    assert_eq!(*lobby.session.stage(), Stage::Welcome);
    let [ended] = &visits(&lobby)[..] else { panic!("{:?}", visits(&lobby)) };
    assert_eq!((ended.screen, ended.failed_reads, ended.unanswered), ("filling", 2, 1));
    // A register has fifteen seconds.
    let steps = [
        ("choosing", seconds(7)),
        ("filling", seconds(1)),
        ("identifying", seconds(3)),
        ("looking_up", seconds(15)),
    ];
    assert_eq!(ended.steps, BTreeMap::from(steps));
    assert_eq!(ended.took, seconds(7 + 3 + 16));

    // The next one is another, and the one that is granted ends on its last page.
    lobby.registers.silent.clear();
    lobby.open_a_food_shop();
    lobby.tell(Event::WentOn);
    lobby.tell(Event::Rated(5));
    lobby.wait(30);
    let [_, ended] = &visits(&lobby)[..] else { panic!("{:?}", visits(&lobby)) };
    assert_eq!((ended.screen, ended.failed_reads, ended.unanswered), ("done", 0, 0));
    assert!(ended.steps["promising"] >= seconds(12), "{ended:?}");
    assert_eq!(ended.steps.values().sum::<Duration>(), ended.took);
}

#[test]
fn a_hair_salon_gets_its_licence_on_a_promise() {
    let mut lobby = Lobby::new();
    lobby.registers.business = Some(hair_salon());
    lobby.come_for("hair-salon");
    lobby.answer("place.central_air", Answer::YesNo(false));
    lobby.answer("place.report", Answer::YesNo(true));
    lobby.answer("place.area_m2", Answer::Number("80".to_owned()));
    lobby.tell(Event::FormConfirmed);
    assert_eq!(*lobby.session.stage(), Stage::Promising);
    lobby.sign();
    lobby.check_verdict(Verdict::Issue, "OK");
    assert_eq!(lobby.issued(), ["张审卫公证〔2026〕第0001号"]);
}

#[test]
fn only_prepackaged_food_is_filed_without_a_promise() {
    let mut lobby = Lobby::new();
    lobby.come_for("prepackaged-only");
    lobby.tell(Event::FormConfirmed);
    lobby.check_verdict(Verdict::File, "PREPACKAGED_FILING");
    let [number] = lobby.issued().try_into().unwrap();
    assert!(number.starts_with("YB2370303"), "{number}");
}

#[test]
fn a_restaurant_is_referred_with_a_slip_and_never_asked_to_promise() {
    let mut lobby = Lobby::new();
    lobby.registers.business = Some(evening_breeze());
    lobby.come_for("restaurant");
    lobby.answer("premises.area_m2", Answer::Number("90".to_owned()));
    lobby.answer("catering-items", Answer::Choices(vec!["hot_food".to_owned()]));
    lobby.answer("application.food_safety_manager", Answer::YesNo(true));
    lobby.answer("application.wants_licence", Answer::YesNo(true));
    lobby.tell(Event::FormConfirmed);
    lobby.check_verdict(Verdict::ReferOnsite, "HOT_KITCHEN");
    let due = lobby.session.decision().unwrap().findings[0].due.unwrap();
    assert_eq!(due.date, date(2026, 12, 7));
    assert_eq!(*lobby.session.stage(), Stage::Decided(Outcome::Recorded));
    assert_eq!(lobby.session.papers().map(|(paper, _)| paper).collect::<Vec<_>>(), [Paper::Slip]);
    assert_eq!((lobby.issued().len(), lobby.decided()), (0, 1));
}

#[test]
fn a_register_that_does_not_answer_refers() {
    for (silent, code) in [
        (Register::FoodAndDrug, "SOURCE_DOWN"),
        (Register::MicroService, "SOURCE_DOWN"),
        (Register::Business, "SOURCE_DOWN"),
    ] {
        let mut lobby = Lobby::new();
        lobby.registers.silent = vec![silent];
        lobby.come_for("convenience-shop");
        assert_eq!(*lobby.session.stage(), Stage::LookingUp);
        lobby.wait(16);
        assert_eq!(*lobby.session.stage(), Stage::Filling, "{silent:?}");
        lobby.answer("premises.division", Answer::Choice("370303002".to_owned()));
        lobby.answer("premises.area_m2", Answer::Number("60".to_owned()));
        lobby.answer("cooked-bulk", Answer::Choice("no".to_owned()));
        lobby.answer("application.food_safety_manager", Answer::YesNo(true));
        lobby.tell(Event::FormConfirmed);
        lobby.check_verdict(Verdict::Refer, code);
        assert!(lobby.issued().is_empty());
    }
}

#[test]
fn the_order_in_which_registers_answer_decides_nothing() {
    use Register::{Business, FoodAndDrug, MicroService};
    let orders = [
        [Business, FoodAndDrug, MicroService],
        [Business, MicroService, FoodAndDrug],
        [FoodAndDrug, Business, MicroService],
        [FoodAndDrug, MicroService, Business],
        [MicroService, Business, FoodAndDrug],
        [MicroService, FoodAndDrug, Business],
    ];
    let revoked =
        Ban { kind: "revoked".to_owned(), who: "operator".to_owned(), on: date(2022, 3, 15) };
    for (bans, open_penalty_case, verdict) in [
        (Vec::new(), false, Verdict::Issue),
        (vec![revoked.clone()], false, Verdict::RefuseAccept),
        (Vec::new(), true, Verdict::Refer),
        (vec![revoked], true, Verdict::RefuseAccept),
    ] {
        // Each order with each number of answers that come at all.
        for came in 0..=3 {
            let mut first = None;
            for order in orders {
                let mut lobby = Lobby::new();
                lobby.registers.supervision.bans.clone_from(&bans);
                lobby.registers.district.open_penalty_case = open_penalty_case;
                lobby.registers.silent = order.to_vec();
                lobby.come_for("convenience-shop");
                for register in order.into_iter().take(came) {
                    let answer = lobby.registers.answer(register);
                    lobby.tell(Event::LookedUp(answer));
                }
                if came < 3 {
                    lobby.wait(16);
                    lobby.answer("premises.division", Answer::Choice("370303002".to_owned()));
                }
                lobby.answer("premises.area_m2", Answer::Number("60".to_owned()));
                lobby.answer("cooked-bulk", Answer::Choice("no".to_owned()));
                lobby.answer("application.food_safety_manager", Answer::YesNo(true));
                lobby.tell(Event::FormConfirmed);
                lobby.sign();
                let decision = lobby.session.decision().expect("there is a decision").clone();
                if came < 3 {
                    assert!(!decision.verdict.grants_number(), "{order:?}: {}", decision.code);
                    assert!(lobby.issued().is_empty());
                } else {
                    assert_eq!(decision.verdict, verdict, "{order:?}");
                    let first = first.get_or_insert_with(|| decision.clone());
                    assert_eq!(*first, decision, "{order:?}");
                }
            }
        }
    }
}

#[test]
fn an_answer_after_its_time_is_not_taken() {
    let mut lobby = Lobby::new();
    lobby.registers.silent = vec![Register::FoodAndDrug];
    lobby.come_for("convenience-shop");
    lobby.wait(16);
    let late = LookUpAnswer::FoodAndDrug(Box::default());
    lobby.tell(Event::LookedUp(late));
    let states: Vec<_> = lobby.session.look_ups().collect();
    assert!(states.contains(&(
        Register::FoodAndDrug,
        permit_kiosk::session::LookUp::Unanswered(Unanswered::Down)
    )));
}

#[test]
fn a_banned_operator_is_passed_to_an_officer_and_not_refused_by_the_machine() {
    let mut lobby = Lobby::new();
    lobby.registers.supervision.bans =
        vec![Ban { kind: "revoked".to_owned(), who: "operator".to_owned(), on: date(2022, 3, 15) }];
    lobby.open_a_food_shop();
    lobby.check_verdict(Verdict::RefuseAccept, "BAN_5Y");
    assert!(lobby.session.decision().unwrap().verdict.goes_to_officer());
    assert_eq!((lobby.issued().len(), lobby.decided()), (0, 1));
}

#[test]
fn somebody_without_a_grant_gets_nothing_at_once() {
    let mut lobby = Lobby::new();
    lobby.registers.relation = Relation::None;
    lobby.open_a_food_shop();
    assert_ne!(lobby.session.decision().unwrap().verdict, Verdict::Issue);
    assert!(lobby.issued().is_empty());
}

#[test]
fn whoever_wants_a_person_gets_a_person() {
    let mut lobby = Lobby::new();
    lobby.come_for("convenience-shop");
    lobby.answer("premises.area_m2", Answer::Number("60".to_owned()));
    lobby.answer("cooked-bulk", Answer::Choice("no".to_owned()));
    lobby.answer("application.food_safety_manager", Answer::YesNo(true));
    lobby.tell(Event::PersonWanted(true));
    lobby.tell(Event::FormConfirmed);
    lobby.check_verdict(Verdict::Refer, "HUMAN_WANTED");
}

#[test]
fn a_second_touch_issues_nothing_twice() {
    let mut lobby = Lobby::new();
    lobby.open_a_food_shop();
    lobby.sign();
    lobby.tell(Event::FormConfirmed);
    lobby.sign();
    assert_eq!(lobby.issued().len(), 1);
    let issues = lobby.effects.iter().filter(|effect| matches!(effect, Effect::Issue(_))).count();
    assert_eq!(issues, 1);
}

#[test]
fn what_cannot_be_printed_or_numbered_is_referred() {
    for (reason, code) in [
        (NotIssued::NumbersExhausted, "NUMBERS_EXHAUSTED"),
        (NotIssued::GlyphMissing('𰻝'), "GLYPH_MISSING"),
        (NotIssued::Unprintable, "CERTIFICATE_UNPRINTABLE"),
        (NotIssued::Quarantined, "KIOSK_SUSPENDED"),
        (NotIssued::ClockDrifted, "CLOCK_DRIFT"),
    ] {
        let mut lobby = Lobby::new();
        lobby.not_issued = Some(reason);
        lobby.open_a_food_shop();
        lobby.check_verdict(Verdict::Refer, code);
        assert_eq!(*lobby.session.stage(), Stage::Decided(Outcome::Recorded));
        assert_eq!((lobby.issued().len(), lobby.decided()), (0, 1));
    }
}

#[test]
fn what_cannot_be_recorded_did_not_happen() {
    let mut lobby = Lobby::new();
    lobby.not_issued = Some(NotIssued::JournalDown);
    lobby.open_a_food_shop();
    assert_eq!(*lobby.session.stage(), Stage::Decided(Outcome::NotRecorded));
    assert_eq!((lobby.issued().len(), lobby.decided()), (0, 0));
}

#[test]
fn the_facts_on_record_are_those_decided_upon() {
    let mut lobby = Lobby::new();
    lobby.open_a_food_shop();
    let bodies = lobby.kiosk.check();
    let decided = bodies
        .iter()
        .find_map(|body| if let Body::Decided(decided) = body { Some(decided) } else { None })
        .unwrap();
    let path = lobby.kiosk.folder.path().join("journal.db");
    let key = crate::journal::data_key(&path, decided.application);
    let decided = decided.open(&crate::journal::kiosk_id(), &key).unwrap();
    let digest = hex::encode(Sha256::digest(decided.facts.reveal()));
    assert_eq!(digest, decided.decision.facts_digest);
    // The same document decided again by anybody comes to the same.
    let document = serde_json::from_str(decided.facts.reveal()).unwrap();
    let again = permit_kiosk::rules::decide_document(&rulebook(), &document, TODAY);
    assert_eq!(Some(&again), lobby.session.decision());
}

#[test]
fn a_card_pulled_away_is_told_and_the_next_one_is_read_by_itself() {
    let mut lobby = Lobby::new();
    lobby.begin();
    lobby.tell(Event::ServiceChosen("convenience-shop".to_owned()));
    lobby.tell(Event::Told);
    lobby.tell(Event::CardFound);
    assert_eq!(*lobby.session.stage(), Stage::Identifying(Identifying::Reading));
    lobby.effects.clear();
    lobby.tell(Event::IdentityFailed(IdentityProblem::CardPulled));
    assert_eq!(
        *lobby.session.stage(),
        Stage::Identifying(Identifying::Failed(IdentityProblem::CardPulled))
    );
    assert!(lobby.effects.iter().any(|effect| matches!(effect, Effect::ReadId)));
    lobby.tell(Event::CardFound);
    lobby.tell(Event::Identified(Box::new(qin_yizhou())));
    assert_eq!(*lobby.session.stage(), Stage::ProvingBusiness(ProvingBusiness::Waiting));
}

#[test]
fn a_code_longer_than_any_is_refused_without_asking_anybody() {
    let mut lobby = Lobby::new();
    lobby.begin();
    lobby.tell(Event::ServiceChosen("convenience-shop".to_owned()));
    lobby.tell(Event::Told);
    lobby.tell(Event::Scanned("x".repeat(4_000)));
    assert_eq!(
        *lobby.session.stage(),
        Stage::Identifying(Identifying::Failed(IdentityProblem::CodeTooLong))
    );
    assert!(!lobby.effects.iter().any(|effect| matches!(effect, Effect::LookUp { .. })));
}

#[test]
fn a_code_that_cannot_be_read_is_told_beside_each_step_and_the_next_is_taken_at_once() {
    let mut lobby = Lobby::new();
    lobby.tell(Event::ScanFailed(ScanProblem::Unreadable));
    assert_eq!(*lobby.session.stage(), Stage::Welcome, "nobody is here");
    lobby.begin();
    lobby.tell(Event::ServiceChosen("convenience-shop".to_owned()));
    lobby.tell(Event::Told);
    lobby.effects.clear();
    lobby.tell(Event::ScanFailed(ScanProblem::Unreadable));
    assert_eq!(
        *lobby.session.stage(),
        Stage::Identifying(Identifying::Failed(IdentityProblem::CodeUnreadable))
    );
    assert!(lobby.effects.iter().any(|effect| matches!(effect, Effect::ArmScanner)));
    lobby.tell(Event::CardFound);
    lobby.tell(Event::ScanFailed(ScanProblem::TooLong));
    assert_eq!(
        *lobby.session.stage(),
        Stage::Identifying(Identifying::Reading),
        "a card lies there"
    );
    lobby.tell(Event::Identified(Box::new(qin_yizhou())));
    lobby.tell(Event::ScanFailed(ScanProblem::TooLong));
    assert_eq!(
        *lobby.session.stage(),
        Stage::ProvingBusiness(ProvingBusiness::CodeRefused(LicenceProblem::TooLong))
    );
    lobby.tell(Event::UsccTyped("91370303MAXX01026W".to_owned()));
    assert_eq!(*lobby.session.stage(), Stage::Filling);
}

#[test]
fn a_mistyped_uscc_is_refused_at_once_and_nothing_is_asked() {
    let mut lobby = Lobby::new();
    lobby.begin();
    lobby.tell(Event::ServiceChosen("convenience-shop".to_owned()));
    lobby.tell(Event::Told);
    lobby.tell(Event::Identified(Box::new(qin_yizhou())));
    lobby.tell(Event::UsccTyped("91370303MAXX01026X".to_owned()));
    assert!(matches!(
        lobby.session.stage(),
        Stage::ProvingBusiness(ProvingBusiness::UsccRefused(_))
    ));
    assert!(!lobby.effects.iter().any(|effect| matches!(effect, Effect::LookUp { .. })));
    lobby.tell(Event::UsccTyped("91370303MAXX01026W".to_owned()));
    assert_eq!(*lobby.session.stage(), Stage::Filling);
}

#[test]
fn an_unknown_uscc_is_told_and_can_be_typed_again() {
    let mut lobby = Lobby::new();
    lobby.registers.business = None;
    lobby.begin();
    lobby.tell(Event::ServiceChosen("convenience-shop".to_owned()));
    lobby.tell(Event::Told);
    lobby.tell(Event::Identified(Box::new(qin_yizhou())));
    lobby.tell(Event::UsccTyped("91370303MAXX01026W".to_owned()));
    assert_eq!(*lobby.session.stage(), Stage::ProvingBusiness(ProvingBusiness::Unknown));
}

#[test]
fn an_idle_visit_counts_down_and_leaves_nothing() {
    let mut lobby = Lobby::new();
    lobby.come_for("convenience-shop");
    lobby.wait(59);
    let now = |lobby: &Lobby| lobby.clock.monotonic();
    assert_eq!(lobby.session.countdown(now(&lobby)), None);
    lobby.wait(2);
    assert_eq!(lobby.session.countdown(now(&lobby)), Some(29));
    lobby.tell(Event::Touched);
    assert_eq!(lobby.session.countdown(now(&lobby)), None);
    lobby.wait(90);
    assert_eq!(*lobby.session.stage(), Stage::Ended(Ending::TimedOut));
    assert!(matches!(lobby.effects.last(), Some(Effect::Wipe)));
    assert!(lobby.session.applicant().is_none() && lobby.session.business().is_none());
    let left = format!("{:?}", lobby.session);
    assert!(!left.contains("秦一舟") && !left.contains("MAXX01026W"), "{left}");
    lobby.wait(30);
    assert_eq!(*lobby.session.stage(), Stage::Welcome);
}

#[test]
fn large_print_doubles_the_patience() {
    let mut lobby = Lobby::new();
    lobby.come_for("convenience-shop");
    lobby.tell(Event::LargePrintChosen(true));
    lobby.wait(119);
    assert_eq!(lobby.session.countdown(lobby.clock.monotonic()), None);
    lobby.wait(60);
    assert_eq!(*lobby.session.stage(), Stage::Filling);
    lobby.wait(2);
    assert_eq!(*lobby.session.stage(), Stage::Ended(Ending::TimedOut));
}

#[test]
fn a_visit_cancelled_anywhere_leaves_nothing_and_records_nothing() {
    let steps: [fn(&mut Lobby); 5] = [
        |lobby| lobby.begin(),
        |lobby| lobby.tell(Event::ServiceChosen("convenience-shop".to_owned())),
        |lobby| lobby.tell(Event::Told),
        |lobby| lobby.tell(Event::Identified(Box::new(qin_yizhou()))),
        |lobby| lobby.tell(Event::Scanned("code".to_owned())),
    ];
    for cancelled_after in 1..=steps.len() {
        let mut lobby = Lobby::new();
        for step in &steps[..cancelled_after] {
            step(&mut lobby);
        }
        lobby.tell(Event::Cancelled);
        assert_eq!(*lobby.session.stage(), Stage::Ended(Ending::Cancelled));
        assert!(lobby.effects.iter().any(|effect| matches!(effect, Effect::Wipe)));
        assert!(lobby.session.applicant().is_none());
        assert_eq!(lobby.decided(), 0);
    }
}

#[test]
fn a_held_paper_keeps_the_applicant_told_and_the_permit_stays() {
    let mut lobby = Lobby::new();
    let fault = Fault::of(FaultCode::PagePaperOut);
    lobby.papers = PaperState::Held(fault);
    lobby.open_a_food_shop();
    assert!(lobby.session.papers().all(|(_, state)| *state == PaperState::Held(fault)));
    for paper in [Paper::Original, Paper::Copy, Paper::Receipt] {
        lobby.tell(Event::PaperChanged { paper, state: PaperState::Printed });
    }
    assert!(lobby.session.papers().all(|(_, state)| *state == PaperState::Printed));
    assert_eq!(lobby.issued().len(), 1);
}

#[test]
fn without_a_printer_the_permit_is_issued_all_the_same() {
    let mut lobby = Lobby::new();
    lobby.papers = PaperState::NotAvailable;
    lobby.tell(Event::EquipmentChanged(Equipment { page_printer: false, ..Equipment::ALL }));
    lobby.open_a_food_shop();
    assert!(lobby.session.papers().all(|(_, state)| *state == PaperState::NotAvailable));
    assert_eq!(lobby.issued().len(), 1);
}

#[test]
fn premises_in_another_street_are_not_printed_on_anybodys_word() {
    let mut lobby = Lobby::new();
    lobby.come_for("convenience-shop");
    lobby.answer("premises.division", Answer::Choice("370303009".to_owned()));
    lobby.answer("premises.area_m2", Answer::Number("60".to_owned()));
    lobby.answer("cooked-bulk", Answer::Choice("no".to_owned()));
    lobby.answer("application.food_safety_manager", Answer::YesNo(true));
    lobby.tell(Event::FormConfirmed);
    lobby.check_verdict(Verdict::Refer, "PREMISES_ELSEWHERE");
    assert_eq!((lobby.issued().len(), lobby.decided()), (0, 1));
}

#[test]
fn a_lost_paper_is_referred_because_an_officer_has_to_print_it() {
    let mut lobby = Lobby::new();
    lobby.registers.supervision.permits = vec![food_licence(&["热食类食品制售"])];
    lobby.come_for("food-reissue");
    lobby.tell(Event::FormConfirmed);
    lobby.check_verdict(Verdict::Refer, "PAPER_BY_OFFICER");
    assert_eq!((lobby.issued().len(), lobby.decided()), (0, 1));
}

/// L03 with these items, of which the register does not tell the place: its paper is an officer's.
fn food_licence(items: &[&str]) -> HeldPermit {
    HeldPermit {
        kind: "food".to_owned(),
        number: "JY23703039900037".to_owned(),
        subject: "餐饮服务经营者".to_owned(),
        premises: String::new(),
        items: items.iter().map(|&item| item.to_owned()).collect(),
        issued: Some(date(2023, 12, 11)),
        valid_to: Some(date(2028, 12, 10)),
        status: "valid".to_owned(),
    }
}

/// The facts of the last decision, as recorded with it.
fn facts(lobby: &Lobby) -> serde_json::Value {
    let case = lobby.effects.iter().rev().find_map(|effect| {
        if let Effect::Issue(case) | Effect::Record(case) = effect { Some(case) } else { None }
    });
    serde_json::from_str(&case.expect("something is decided").facts).unwrap()
}

#[test]
fn a_promise_signed_unread_grants_nothing_until_it_is_read() {
    let mut lobby = Lobby::new();
    lobby.come_for("convenience-shop");
    lobby.answer("premises.area_m2", Answer::Number("60".to_owned()));
    lobby.answer("cooked-bulk", Answer::Choice("no".to_owned()));
    lobby.answer("application.food_safety_manager", Answer::YesNo(true));
    lobby.tell(Event::FormConfirmed);
    lobby.clock.advance(Duration::from_millis(2_999));
    lobby.sign_at_once();
    lobby.check_verdict(Verdict::FixOnSpot, "PROMISE_UNREAD");
    assert_eq!((lobby.issued().len(), lobby.decided()), (0, 0));
    lobby.tell(Event::CorrectionChosen);
    lobby.tell(Event::FormConfirmed);
    assert_eq!(*lobby.session.stage(), Stage::Promising);
    lobby.clock.advance(Duration::from_secs(3));
    lobby.sign_at_once();
    lobby.check_verdict(Verdict::Issue, "OK");
    assert_eq!(
        facts(&lobby)["promise"],
        serde_json::json!({
            "accepted": true, "text_version": "food-new/1", "signed": true, "read_seconds": 3,
        })
    );
    assert_eq!(lobby.issued().len(), 1);
}

#[test]
fn a_form_changed_after_the_promise_is_promised_anew() {
    let mut lobby = Lobby::new();
    lobby.come_for("convenience-shop");
    lobby.answer("premises.area_m2", Answer::Number("60".to_owned()));
    lobby.answer("cooked-bulk", Answer::Choice("no".to_owned()));
    lobby.answer("application.food_safety_manager", Answer::YesNo(true));
    lobby.tell(Event::FormConfirmed);
    lobby.sign_at_once();
    lobby.check_verdict(Verdict::FixOnSpot, "PROMISE_UNREAD");
    lobby.tell(Event::CorrectionChosen);
    lobby.answer("cooked-bulk", Answer::Choice("yes".to_owned()));
    lobby.tell(Event::FormConfirmed);
    lobby.check_verdict(Verdict::ReferOnsite, "HIGH_RISK_COOKED_BULK");
    assert_eq!(facts(&lobby)["promise"], serde_json::json!({ "accepted": false }));
}

#[test]
fn what_the_register_knows_of_a_licence_is_decided_upon() {
    let mut lobby = Lobby::new();
    let revoked = HeldPermit {
        number: "JY23703039900012".to_owned(),
        status: "revoked".to_owned(),
        ..food_licence(&["热食类食品制售"])
    };
    let items = ["热食类食品制售", "冷食类食品制售(含冷荤类)"];
    lobby.registers.supervision.permits = vec![revoked, food_licence(&items)];
    lobby.come_for("food-change");
    lobby.answer("food-change-kinds", Answer::Choices(vec!["items_reduced".to_owned()]));
    lobby.answer("application.change.changed_on", Answer::Date(date(2026, 11, 20)));
    lobby.answer("application.unchanged", Answer::YesNo(true));
    lobby.tell(Event::FormConfirmed);
    // Which items are kept is not said yet.
    lobby.check_verdict(Verdict::FixOnSpot, "NOTHING_REDUCED");
    lobby.tell(Event::CorrectionChosen);
    lobby.answer("items-from-now-on", Answer::Choices(vec!["raw_food".to_owned()]));
    lobby.tell(Event::FormConfirmed);
    lobby.check_verdict(Verdict::ReferOnsite, "CHANGE_SITE_CHECK");
    assert_eq!(
        facts(&lobby)["permit"],
        serde_json::json!({
            "kind": "food", "number": "JY23703039900037", "status": "valid",
            "issued_on": "2023-12-11", "valid_to": "2028-12-10",
            "items": [
                { "item": "hot_food", "marks": [] },
                { "item": "cold_food", "marks": ["cold_meat"] },
            ],
        })
    );
}

#[test]
fn items_that_are_given_up_are_off_the_licence_and_its_number_and_last_day_stay() {
    let answers = [
        ("food-change-kinds", Answer::Choices(vec!["items_reduced".to_owned(), "name".to_owned()])),
        ("items-from-now-on", Answer::Choices(vec!["hot_food".to_owned()])),
        ("application.change.changed_on", Answer::Date(date(2026, 11, 20))),
        ("application.unchanged", Answer::YesNo(true)),
    ];
    let lobby = come_about(held_licence(), "food-change", &answers, "OK_REDUCED");
    let issued = lobby.only_issued();
    assert_eq!(lobby.papers(), CERTIFICATES);
    let permit = lobby.permit(&issued);
    assert_eq!(permit.number, "JY23703039900037");
    assert_eq!((permit.issued, permit.valid_to), (TODAY, Some(date(2028, 12, 10))));
    assert_eq!(permit.holder.name, cloud_sail().name, "the name as registered today");
    let left = v1::Grant::Food {
        subject: "餐饮服务经营者".to_owned(),
        items: vec!["热食类食品制售".to_owned()],
    };
    assert_eq!(permit.grant, left);
}

#[test]
fn what_is_only_reported_besides_changes_no_word_of_the_licence() {
    let answers = [
        ("food-change-kinds", Answer::Choices(vec!["name".to_owned(), "warehouse".to_owned()])),
        ("application.change.changed_on", Answer::Date(date(2026, 11, 20))),
        ("application.unchanged", Answer::YesNo(true)),
    ];
    let lobby = come_about(held_licence(), "food-change", &answers, "OK_NON_LICENSED_ITEM");
    let permit = lobby.permit(&lobby.only_issued());
    let held = held_licence();
    assert_eq!(permit.grant, v1::Grant::Food { subject: held.subject, items: held.items });
}

#[test]
fn a_licence_of_the_old_law_is_renewed_by_what_its_items_mean_now() {
    let old = |items: &[&str]| HeldPermit {
        issued: Some(date(2022, 1, 1)),
        valid_to: Some(date(2026, 12, 31)),
        ..food_licence(items)
    };
    for (items, cold_meat, verdict, code) in [
        (&["热食类食品制售", "自制饮品制售"][..], None, Verdict::Refer, "PAPER_BY_OFFICER"),
        (&["热食类食品制售", "酒类零售"], None, Verdict::Refer, "OLD_WORDING"),
        (&["冷食类食品制售"], None, Verdict::FixOnSpot, "ANSWER_MISSING"),
        (&["冷食类食品制售"], Some(true), Verdict::Refer, "OLD_COLD_MEAT"),
        (&["冷食类食品制售"], Some(false), Verdict::Refer, "PAPER_BY_OFFICER"),
        (&["糕点类食品制售(含裱花蛋糕)"], None, Verdict::Refer, "HIGH_RISK_COLD_PASTRY"),
    ] {
        let mut lobby = Lobby::new();
        lobby.registers.supervision.permits = vec![old(items)];
        lobby.come_for("food-renew");
        lobby.answer("application.unchanged", Answer::YesNo(true));
        if let Some(yes) = cold_meat {
            lobby.answer("application.cold_meat", Answer::YesNo(yes));
        }
        lobby.tell(Event::FormConfirmed);
        let decision = lobby.session.decision().expect("it is decided");
        assert_eq!((decision.verdict, decision.code.as_str()), (verdict, code), "{items:?}");
    }
}

#[test]
fn a_paper_that_follows_is_accepted_with_its_day_where_officers_decide() {
    let mut lobby = Lobby::new();
    lobby.registers.business = Some(evening_breeze());
    lobby.come_for("restaurant");
    lobby.answer("premises.area_m2", Answer::Number("90".to_owned()));
    lobby.answer("catering-items", Answer::Choices(vec!["hot_food".to_owned()]));
    lobby.answer("application.food_safety_manager", Answer::YesNo(true));
    lobby.answer("application.wants_licence", Answer::YesNo(true));
    lobby.answer("food-papers-later", Answer::Choices(vec!["safety_rules".to_owned()]));
    lobby.tell(Event::FormConfirmed);
    lobby.check_verdict(Verdict::FixOnSpot, "DEFICIENCY_DATE");
    lobby.tell(Event::CorrectionChosen);
    lobby.answer("application.deficiency_by", Answer::Date(date(2026, 12, 7)));
    lobby.tell(Event::FormConfirmed);
    lobby.check_verdict(Verdict::ReferOnsite, "HOT_KITCHEN");
    let findings = &lobby.session.decision().unwrap().findings;
    let accepted = findings.iter().find(|finding| finding.code == "DEFICIENCY_ACCEPTED").unwrap();
    assert_eq!(accepted.due.map(|due| due.date), Some(date(2026, 12, 7)));
}

/// The kinds that file since 2025-01-20, as the form asks for them and as the paper names them.
const FILED: [(&str, &str); 7] = [
    ("video_hall", "录像厅(室)"),
    ("concert_hall", "音乐厅"),
    ("exhibition_hall", "展览馆"),
    ("museum", "博物馆"),
    ("art_gallery", "美术馆"),
    ("library", "图书馆"),
    ("bookshop", "书店"),
];

fn file_a_place(lobby: &mut Lobby, (entry, field): (&str, &str), kind: &str) {
    lobby.come_for(entry);
    lobby.answer(field, Answer::Choice(kind.to_owned()));
    lobby.answer("place.central_air", Answer::YesNo(false));
    lobby.answer("place.rooms-if-lodging", Answer::Number("0".to_owned()));
    lobby.answer("place.report", Answer::YesNo(true));
    lobby.answer("application.opened_on", Answer::Date(date(2026, 11, 10)));
    lobby.tell(Event::FormConfirmed);
}

#[test]
fn a_place_that_only_files_gets_its_number_on_the_spot_whichever_service_was_chosen() {
    let by_either = [(("other-place", "other-kind"), FILED[6])];
    let by_its_own = FILED.map(|kind| (("bookshop-culture", "filing-kind"), kind));
    for (entry, (kind, printed)) in by_either.into_iter().chain(by_its_own) {
        let mut lobby = Lobby::new();
        file_a_place(&mut lobby, entry, kind);
        lobby.check_verdict(Verdict::File, "FILING_797");
        let issued = lobby.only_issued();
        assert_eq!(issued.number, "张卫公备〔2026〕第0001号", "{kind}");
        assert_eq!((issued.valid_to, issued.issued), (None, TODAY), "a filing has no last day");
        assert_eq!(lobby.papers(), [Paper::Original, Paper::Receipt], "one sheet for the file");
        let filed = v1::Grant::HygieneFiling { place: printed.to_owned() };
        assert_eq!(lobby.permit(&issued).grant, filed);
    }
}

#[test]
fn a_place_that_is_filed_is_not_filed_again() {
    for (premises, verdict, code) in [
        ("张店区公园街道示范大街5号", Verdict::Refer, "PAPER_IS_THERE"),
        ("张店区公园街道示范路9号", Verdict::File, "FILING_797"),
    ] {
        let mut lobby = Lobby::new();
        lobby.registers.supervision.permits = vec![HeldPermit {
            kind: "hygiene_filing".to_owned(),
            number: "张卫公备〔2025〕第0031号".to_owned(),
            subject: "书店".to_owned(),
            items: vec!["书店".to_owned()],
            premises: premises.to_owned(),
            issued: Some(date(2025, 5, 6)),
            valid_to: None,
            status: "valid".to_owned(),
        }];
        file_a_place(&mut lobby, ("bookshop-culture", "filing-kind"), "bookshop");
        lobby.check_verdict(verdict, code);
    }
}

/// Case Y01: a bookshop with a café, of which a register has both permits.
fn bookshop_permits() -> Vec<HeldPermit> {
    let here = "张店区公园街道示范大街5号".to_owned();
    vec![
        HeldPermit {
            number: "JY23703039901015".to_owned(),
            items: vec!["自制饮品制售(仅简单制售)".to_owned()],
            premises: here.clone(),
            issued: Some(date(2026, 6, 12)),
            valid_to: Some(date(2031, 6, 11)),
            ..held_licence()
        },
        HeldPermit {
            kind: "publication".to_owned(),
            number: "新出发淄零字第0031号".to_owned(),
            subject: "图书、期刊零售".to_owned(),
            items: Vec::new(),
            premises: here,
            issued: Some(date(2026, 5, 4)),
            valid_to: None,
            status: "valid".to_owned(),
        },
    ]
}

fn combine(lobby: &mut Lobby) {
    lobby.come_for("combined");
    lobby.answer("application.trade", Answer::Choice("bookshop".to_owned()));
    lobby.answer("premises.area_m2", Answer::Number("60".to_owned()));
    let parts = ["food", "publication"].map(str::to_owned).to_vec();
    lobby.answer("combined-parts", Answer::Choices(parts));
    lobby.answer("application.food_safety_manager", Answer::YesNo(true));
    lobby.tell(Event::FormConfirmed);
}

#[test]
fn permits_that_are_there_are_joined_on_one_certificate_with_a_number_of_its_own() {
    let mut lobby = Lobby::new();
    lobby.registers.supervision.permits = bookshop_permits();
    combine(&mut lobby);
    assert_eq!(*lobby.session.stage(), Stage::Promising);
    lobby.sign();
    lobby.check_verdict(Verdict::Issue, "OK_COMBINED");
    let issued = lobby.only_issued();
    assert_eq!(issued.number, "张行综〔2026〕第0001号");
    assert_eq!(issued.valid_to, None, "it holds as long as its parts");
    assert_eq!(lobby.papers(), [Paper::Original, Paper::Receipt]);
    let part = |title: &str, number: &str, scope: &str, valid_to, organ: &str| v1::Part {
        title: title.to_owned(),
        number: number.to_owned(),
        scope: scope.to_owned(),
        valid_to,
        organ: organ.to_owned(),
    };
    let organ = &terms().issuer.name;
    let food = "餐饮服务经营者：自制饮品制售(仅简单制售)";
    let until = Some(date(2031, 6, 11));
    let joined = v1::Grant::Combined {
        trade: "书店".to_owned(),
        parts: vec![
            part("食品经营许可", "JY23703039901015", food, until, organ),
            part("出版物零售", "新出发淄零字第0031号", "图书、期刊零售", None, "新闻出版主管部门"),
        ],
    };
    assert_eq!(lobby.permit(&issued).grant, joined);
}

#[test]
fn a_permit_that_is_not_there_is_not_joined_on_anybodys_word() {
    let all = bookshop_permits();
    let without_one = vec![all[0].clone()];
    let change = |change: fn(&mut HeldPermit)| {
        let mut permits = bookshop_permits();
        change(&mut permits[1]);
        permits
    };
    let ended = change(|permit| permit.status = "cancelled".to_owned());
    let expired = change(|permit| permit.valid_to = Some(date(2026, 11, 22)));
    let elsewhere = change(|permit| permit.premises = "张店区公园街道示范路9号".to_owned());
    let unplaced = change(|permit| permit.premises = String::new());
    for permits in [without_one, ended, expired, elsewhere, unplaced] {
        let mut lobby = Lobby::new();
        lobby.registers.supervision.permits = permits;
        combine(&mut lobby);
        lobby.check_verdict(Verdict::Refer, "PART_PENDING");
        assert!(lobby.issued().is_empty());
    }
}

#[test]
fn a_second_combined_permit_of_the_same_place_is_not_issued() {
    let mut lobby = Lobby::new();
    let one = HeldPermit {
        kind: "combined".to_owned(),
        number: "张行综〔2026〕第0031号".to_owned(),
        subject: "书店".to_owned(),
        ..bookshop_permits().remove(1)
    };
    lobby.registers.supervision.permits = bookshop_permits();
    lobby.registers.supervision.permits.push(one);
    combine(&mut lobby);
    lobby.check_verdict(Verdict::Refer, "PAPER_IS_THERE");
}

/// A caterer's licence as the register has it (L03 of the demonstration).
fn held_licence() -> HeldPermit {
    HeldPermit {
        kind: "food".to_owned(),
        number: "JY23703039900037".to_owned(),
        subject: "餐饮服务经营者".to_owned(),
        items: vec!["热食类食品制售".to_owned(), "冷食类食品制售(含冷荤类)".to_owned()],
        premises: "张店区公园街道示范路9号".to_owned(),
        issued: Some(date(2023, 12, 11)),
        valid_to: Some(date(2028, 12, 10)),
        status: "valid".to_owned(),
    }
}

/// Somebody comes about that licence, and what was issued for it.
#[track_caller]
fn come_about(held: HeldPermit, entry: &str, answers: &[(&str, Answer)], code: &str) -> Lobby {
    let mut lobby = Lobby::new();
    lobby.registers.supervision.permits = vec![held];
    lobby.come_for(entry);
    for (field, answer) in answers {
        lobby.answer(field, answer.clone());
    }
    lobby.tell(Event::FormConfirmed);
    if *lobby.session.stage() == Stage::Promising {
        lobby.sign();
    }
    lobby.check_verdict(Verdict::Issue, code);
    lobby
}

impl Lobby {
    /// The one permit issued, as recorded, for what, and its papers.
    #[track_caller]
    fn only_issued(&self) -> v1::Issued {
        let mut issued =
            self.kiosk.check().into_iter().filter_map(|body| {
                if let Body::Issued(issued) = body { Some(*issued) } else { None }
            });
        let one = issued.next().expect("something was issued");
        assert!(issued.next().is_none(), "only one");
        one
    }

    /// Every printed field of it.
    fn permit(&self, issued: &v1::Issued) -> v1::Permit {
        crate::journal::opened_permit(&self.kiosk.settings().path, issued)
    }

    /// The papers of the visit.
    fn papers(&self) -> Vec<Paper> {
        self.session.papers().map(|(paper, _)| paper).collect()
    }
}

const CERTIFICATES: [Paper; 3] = [Paper::Original, Paper::Copy, Paper::Receipt];

#[test]
fn a_lost_paper_is_printed_again_with_its_number_and_its_dates() {
    let lobby = come_about(held_licence(), "food-reissue", &[], "OK_REISSUE");
    let issued = lobby.only_issued();
    let permit = &lobby.permit(&issued);
    assert_eq!(permit.number, "JY23703039900037");
    assert_eq!((permit.issued, permit.valid_to), (date(2023, 12, 11), Some(date(2028, 12, 10))));
    assert_eq!(
        permit.premises, "张店区公园街道示范路9号",
        "where the licence is for, not registered"
    );
    assert_eq!((issued.series.as_str(), issued.sequence), ("food/2/370303", 990_003));
    assert_eq!(lobby.papers(), CERTIFICATES);
}

#[test]
fn a_renewal_keeps_the_number_and_counts_five_years_from_the_decision() {
    let held = HeldPermit { valid_to: Some(date(2026, 12, 20)), ..held_licence() };
    let unchanged = [("application.unchanged", Answer::YesNo(true))];
    let lobby = come_about(held, "food-renew", &unchanged, "OK_RENEW");
    let permit = lobby.permit(&lobby.only_issued());
    assert_eq!(permit.number, "JY23703039900037");
    assert_eq!((permit.issued, permit.valid_to), (TODAY, Some(date(2031, 11, 22))));
    assert_eq!(lobby.papers(), CERTIFICATES);
}

/// What kind of place it is tells the licence: nobody is asked, and since Order 797 a bookshop files.
#[test]
fn the_lost_licence_of_a_bookshop_is_not_printed_again() {
    for (subject, verdict, code) in [
        ("书店", Verdict::NewApplication, "FILING_INSTEAD"),
        ("咖啡馆", Verdict::NotRequired, "MERGED_INTO_FOOD"),
        ("理发店", Verdict::Issue, "OK_REISSUE"),
    ] {
        let mut lobby = Lobby::new();
        lobby.registers.supervision.permits = vec![HeldPermit {
            kind: "hygiene".to_owned(),
            number: "张审卫公证〔2024〕第9901号".to_owned(),
            subject: subject.to_owned(),
            items: Vec::new(),
            ..held_licence()
        }];
        lobby.come_for("hygiene-reissue");
        lobby.tell(Event::FormConfirmed);
        if *lobby.session.stage() == Stage::Promising {
            lobby.sign();
        }
        lobby.check_verdict(verdict, code);
    }
}

/// What was a licence for prepackaged food alone is filed now: under that verdict the kiosk renews no licence.
#[test]
fn an_old_licence_for_prepackaged_food_is_not_renewed() {
    let held = HeldPermit {
        number: "JY13703039900024".to_owned(),
        subject: "食品销售经营者".to_owned(),
        items: vec!["预包装食品销售(含冷藏冷冻食品)".to_owned()],
        issued: Some(date(2022, 3, 1)),
        valid_to: Some(date(2026, 12, 20)),
        ..held_licence()
    };
    let mut lobby = Lobby::new();
    lobby.registers.supervision.permits = vec![held];
    lobby.come_for("food-renew");
    lobby.answer("application.unchanged", Answer::YesNo(true));
    lobby.tell(Event::FormConfirmed);
    if *lobby.session.stage() == Stage::Promising {
        lobby.sign();
    }
    lobby.check_verdict(Verdict::Refer, "PAPER_BY_OFFICER");
    assert!(lobby.issued().is_empty());
}

/// One place, one licence: the register of permits is asked anyway, and says where each stands.
#[test]
fn a_second_licence_for_the_same_place_is_not_issued_on_the_spot() {
    for (premises, verdict, code) in [
        ("张店区公园街道示范大街5号", Verdict::Refer, "OWN_LICENCE_HERE"),
        ("山东省淄博市张店区公园街道示范大街5号", Verdict::Refer, "OWN_LICENCE_HERE"),
        ("", Verdict::Refer, "OWN_LICENCE_HERE"),
        ("张店区公园街道示范路9号", Verdict::Issue, "OK"),
    ] {
        let mut lobby = Lobby::new();
        let held = HeldPermit { premises: premises.to_owned(), ..held_licence() };
        lobby.registers.supervision.permits = vec![held];
        lobby.open_a_food_shop();
        lobby.check_verdict(verdict, code);
    }
}

#[test]
fn a_new_name_is_entered_on_the_licence_and_its_last_day_stays() {
    let answers = [
        ("food-change-kinds", Answer::Choices(vec!["name".to_owned()])),
        ("application.change.changed_on", Answer::Date(date(2026, 11, 20))),
        ("application.unchanged", Answer::YesNo(true)),
    ];
    let lobby = come_about(held_licence(), "food-change", &answers, "OK_NON_LICENSED_ITEM");
    let permit = lobby.permit(&lobby.only_issued());
    assert_eq!(permit.holder.name, cloud_sail().name, "the name as registered today");
    assert_eq!((permit.issued, permit.valid_to), (TODAY, Some(date(2028, 12, 10))));
    assert_eq!(permit.premises, "张店区公园街道示范路9号");
}

#[test]
fn items_are_not_given_up_before_it_is_said_which_stay() {
    let mut lobby = Lobby::new();
    lobby.registers.supervision.permits = vec![held_licence()];
    lobby.come_for("food-change");
    lobby.answer("food-change-kinds", Answer::Choices(vec!["items_reduced".to_owned()]));
    lobby.answer("application.change.changed_on", Answer::Date(date(2026, 11, 20)));
    lobby.answer("application.unchanged", Answer::YesNo(true));
    lobby.tell(Event::FormConfirmed);
    // Nothing is printed on a guess.
    let decision = lobby.session.decision().unwrap();
    assert!(!decision.verdict.grants_number(), "{decision:#?}");
    assert!(lobby.issued().is_empty());
}

#[test]
fn a_licence_ends_by_its_holders_wish_with_a_receipt_and_no_certificate() {
    let lobby = come_about(held_licence(), "food-cancel", &[], "OK_CANCEL");
    let issued = lobby.only_issued();
    assert_eq!(issued.number, "JY23703039900037");
    assert_eq!(lobby.papers(), [Paper::Receipt]);
    let documents: Vec<Document> = issued.sheets.iter().map(|sheet| sheet.document).collect();
    assert_eq!(documents, [Document::Receipt]);
    assert!(issued.seal().is_some(), "what has ended stays provable");
}

#[test]
fn what_the_register_does_not_say_in_full_an_officer_prints() {
    for held in [
        HeldPermit { premises: String::new(), ..held_licence() },
        HeldPermit { items: Vec::new(), ..held_licence() },
        HeldPermit { issued: None, ..held_licence() },
        HeldPermit { number: "JY2370303990003".to_owned(), ..held_licence() },
    ] {
        let mut lobby = Lobby::new();
        lobby.registers.supervision.permits = vec![held.clone()];
        lobby.come_for("food-reissue");
        lobby.tell(Event::FormConfirmed);
        assert!(lobby.session.decision().unwrap().verdict.goes_to_officer(), "{held:?}");
        assert!(lobby.issued().is_empty(), "{held:?}");
    }
}

#[test]
fn two_acts_on_one_licence_within_a_minute_are_two_versions_of_it() {
    let mut lobby = come_about(held_licence(), "food-reissue", &[], "OK_REISSUE");
    lobby.tell(Event::Cancelled);
    lobby.clock.advance(Duration::from_secs(20));
    lobby.tell(Event::Begun {
        application: ApplicationId::from_random([8; 16]),
        errand: Errand::Apply,
    });
    lobby.tell(Event::ServiceChosen("food-cancel".to_owned()));
    lobby.tell(Event::Told);
    lobby.tell(Event::Identified(Box::new(qin_yizhou())));
    lobby.tell(Event::Scanned("an e-licence code".to_owned()));
    lobby.tell(Event::FormConfirmed);
    lobby.check_verdict(Verdict::Issue, "OK_CANCEL");
    let mut versions: Vec<String> = Vec::new();
    for body in lobby.kiosk.check() {
        if let Body::Issued(issued) = body {
            assert_eq!(issued.number, "JY23703039900037");
            versions.push(issued.elicence);
        }
    }
    assert_eq!(versions.len(), 2);
    assert_ne!(versions[0], versions[1]);
}

#[test]
fn asked_twice_the_same_paper_is_answered() {
    let lobby = come_about(held_licence(), "food-reissue", &[], "OK_REISSUE");
    let first = lobby.only_issued();
    let case = lobby.effects.iter().find_map(|effect| {
        if let Effect::Issue(case) = effect { Some(case.clone()) } else { None }
    });
    let case = case.unwrap();
    let request = IssueRequest {
        draft: case.draft.clone().unwrap(),
        case: journal_case(&case, vec![Document::Original, Document::Copy, Document::Receipt]),
    };
    let again = lobby.kiosk.journal.issue(request).unwrap();
    assert_eq!(again.permit.elicence.as_str(), first.elicence);
    assert_eq!(lobby.only_issued().sheets, first.sheets, "nothing new stands in the journal");
}

#[test]
fn without_reader_and_scanner_nobody_can_begin() {
    let mut lobby = Lobby::new();
    let none = Equipment { id_reader: false, scanner: false, ..Equipment::ALL };
    lobby.tell(Event::EquipmentChanged(none));
    lobby.begin();
    assert_eq!(*lobby.session.stage(), Stage::Welcome);
}

#[test]
fn the_language_of_a_visit_ends_with_it() {
    let mut lobby = Lobby::new();
    lobby.begin();
    lobby.tell(Event::LanguageChosen(Language::En));
    lobby.tell(Event::Cancelled);
    assert_eq!(lobby.session.language(), Language::En, "the last screen is still theirs");
    lobby.wait(30);
    assert_eq!(lobby.session.language(), Language::Zh);
}

#[test]
fn a_visit_keeps_the_edition_it_began_with_and_the_next_one_takes_the_new() {
    let mut lobby = Lobby::new();
    let shipped = lobby.session.catalogue().clone();
    let referring = permit_kiosk::rulebooks::referring();
    let next =
        Terms { catalogue: Arc::clone(referring.catalogue()), rulebook: referring, ..terms() };

    lobby.begin();
    lobby.tell(Event::TermsChanged(Box::new(next)));
    assert_eq!(*lobby.session.catalogue(), shipped);
    lobby.tell(Event::Cancelled);
    lobby.wait(60);
    assert_eq!(lobby.session.stage(), &Stage::Welcome);
    assert_ne!(*lobby.session.catalogue(), shipped);

    // Without an edition the visit goes its whole way, and ends with an officer.
    lobby.come_for("food-new");
    lobby.tell(Event::FormConfirmed);
    lobby.check_verdict(Verdict::Refer, "NO_EDITION");
    assert_eq!(lobby.issued(), Vec::<String>::new());
}

/// What the register says of the permit just issued.
fn held_of(permit: &Permit) -> HeldPermit {
    let Grant::Food { subject, items } = &permit.grant else { panic!("a food licence") };
    HeldPermit {
        kind: "food".to_owned(),
        number: permit.number.to_string(),
        subject: subject.clone(),
        items: items.clone(),
        premises: permit.premises.clone(),
        issued: Some(permit.issued),
        valid_to: permit.valid_to,
        status: "valid".to_owned(),
    }
}

#[test]
fn another_copy_is_printed_for_its_holder_and_never_another_original() {
    let mut lobby = Lobby::new();
    lobby.open_a_food_shop();
    let application = lobby.session.application().unwrap();
    let permit = lobby.kiosk.journal.find_issued(application).unwrap().unwrap().permit;
    let number = permit.number.to_string();
    lobby.tell(Event::Cancelled);
    lobby.registers.supervision.permits = vec![held_of(&permit)];
    lobby.registers.district.open_applications = vec![ServiceCode::HygieneNew];
    let come = |lobby: &mut Lobby, visit: u8| {
        let application = ApplicationId::from_random([visit; 16]);
        lobby.tell(Event::Begun { application, errand: Errand::Results });
        lobby.tell(Event::CardFound);
        lobby.tell(Event::Identified(Box::new(qin_yizhou())));
        lobby.tell(Event::Scanned("an e-licence code".to_owned()));
        assert_eq!(*lobby.session.stage(), Stage::Results);
    };
    let sheets = |lobby: &Lobby| -> Vec<(Document, Option<String>)> {
        let jobs = lobby.kiosk.journal.print_jobs(application).unwrap();
        jobs.iter()
            .map(|job| (job.document, job.serial.as_ref().map(ToString::to_string)))
            .collect()
    };
    let before = sheets(&lobby);
    come(&mut lobby, 21);
    assert_eq!(lobby.session.held().len(), 1);
    assert_eq!(lobby.session.under_way(), [ServiceCode::HygieneNew]);
    let purposes: Vec<ServiceCode> = lobby
        .effects
        .iter()
        .rev()
        .filter_map(|effect| {
            let Effect::LookUp { purpose, .. } = effect else { return None };
            Some(purpose.service)
        })
        .take(4)
        .collect();
    assert_eq!(purposes, [ServiceCode::ResultShow; 4]);
    lobby.tell(Event::CopyWanted(number.clone()));
    let printed: Vec<(Paper, PaperState)> =
        lobby.session.papers().map(|(paper, state)| (paper, state.clone())).collect();
    assert_eq!(printed, [(Paper::Copy, PaperState::Printed)]);
    let after = sheets(&lobby);
    assert_eq!(after.len(), before.len() + 1);
    let (document, serial) = after.last().unwrap();
    assert_eq!(*document, Document::Copy);
    assert!(serial.is_some() && !before.iter().any(|(_, known)| known == serial), "{after:?}");
    // One in a visit.
    lobby.tell(Event::CopyWanted(number.clone()));
    assert_eq!(sheets(&lobby), after);
    lobby.tell(Event::WentOn);
    assert_eq!(*lobby.session.stage(), Stage::Done);
    lobby.wait(30);

    // What has changed since is not printed again; nor is what has ended, or is nobody's here.
    lobby.registers.supervision.permits[0].premises = "another street".to_owned();
    come(&mut lobby, 22);
    lobby.tell(Event::CopyWanted(number.clone()));
    assert!(matches!(lobby.session.copying(), Some((_, Copying::Refused))));
    lobby.tell(Event::Cancelled);
    lobby.registers.supervision.permits = vec![held_of(&permit)];
    lobby.registers.supervision.permits[0].status = "cancelled".to_owned();
    come(&mut lobby, 23);
    lobby.tell(Event::CopyWanted(number.clone()));
    assert!(lobby.session.copying().is_none());
    lobby.tell(Event::Cancelled);
    lobby.registers.supervision.permits = vec![held_of(&permit)];
    lobby.registers.relation = Relation::None;
    come(&mut lobby, 24);
    assert!(lobby.session.held().is_empty() && lobby.session.under_way().is_empty());
    lobby.tell(Event::CopyWanted(number));
    assert_eq!(sheets(&lobby), after);
}

#[test]
fn who_was_asked_about_somebody_is_theirs_to_see_and_that_it_was_is_on_record() {
    let mut lobby = Lobby::new();
    lobby.registers.silent = vec![Register::MicroService];
    lobby.come_for("convenience-shop");
    lobby.wait(20);
    lobby.answer("premises.area_m2", Answer::Number("60".to_owned()));
    lobby.answer("cooked-bulk", Answer::Choice("no".to_owned()));
    lobby.answer("application.food_safety_manager", Answer::YesNo(true));
    assert!(!lobby.session.data_can_be_printed(), "nothing is decided");
    lobby.tell(Event::FormConfirmed);
    assert!(matches!(lobby.session.stage(), Stage::Decided(Outcome::Recorded)));
    let said: Vec<(Source, Said)> =
        lobby.session.data().iter().map(|line| (line.source, line.said.clone())).collect();
    let person = Said::Person { name: "秦**".to_owned(), id: "370303********9975".to_owned() };
    let company = Some("淄博云帆食品商贸有限公司(演示)".to_owned());
    assert_eq!(
        said,
        [
            (Source::Card, person),
            (Source::ElectronicLicence, Said::Licence { uscc: "91370303MAXX01026W".to_owned() }),
            (Source::Register(Register::Business), Said::Business { name: company }),
            (Source::Register(Register::FoodAndDrug), Said::Supervision { bans: 0, permits: 0 }),
            (Source::Register(Register::MicroService), Said::Nothing),
        ]
    );
    let receipts = |lobby: &Lobby| -> Vec<bool> {
        let bodies = lobby.kiosk.check();
        let shown = bodies.iter().filter_map(|body| {
            let Body::DataReceipt(receipt) = body else { return None };
            Some(receipt.shown)
        });
        shown.collect()
    };
    assert_eq!(receipts(&lobby), [false], "offered");
    lobby.tell(Event::DataOpened);
    lobby.tell(Event::DataOpened);
    assert_eq!(receipts(&lobby), [false, true], "shown, once");
    lobby.tell(Event::DataWanted);
    lobby.tell(Event::DataWanted);
    let application = lobby.session.application().unwrap();
    let jobs = lobby.kiosk.journal.print_jobs(application).unwrap();
    let papers: Vec<Document> = jobs.iter().map(|job| job.document).collect();
    assert_eq!(papers, [Document::Slip, Document::DataReceipt], "printed, once");
    assert!(lobby.session.papers().any(|(paper, _)| paper == Paper::Data));
}

fn verified(scan: u32, code: CodeWorth, standing: Standing) -> Verified {
    Verified { scan, code, standing, permit: None }
}

#[test]
fn a_paper_is_verified_without_saying_who_one_is() {
    let mut lobby = Lobby::new();
    let application = ApplicationId::from_random([7; 16]);
    lobby.tell(Event::Begun { application, errand: Errand::Verify });
    assert_eq!(*lobby.session.stage(), Stage::Verifying(Verifying::Waiting));
    lobby.tell(Event::Scanned("PK1:X".to_owned()));
    let Some(Effect::Verify { scan, .. }) = lobby.effects.last().cloned() else {
        panic!("{:?}", lobby.effects);
    };
    let shown = |lobby: &Lobby| {
        let Stage::Verifying(Verifying::Shown(shown)) = lobby.session.stage() else { return None };
        Some((shown.code, shown.standing))
    };
    // First what the code says by itself, then what central says.
    let (code, asked) = (CodeWorth::Genuine, Standing::Asked);
    lobby.tell(Event::Verified(Box::new(verified(scan, code, asked))));
    assert_eq!(shown(&lobby), Some((code, asked)));
    lobby.tell(Event::Verified(Box::new(verified(scan, code, Standing::Cancelled))));
    assert_eq!(shown(&lobby), Some((code, Standing::Cancelled)));

    // The answer to a paper that is gone is nobody's.
    lobby.tell(Event::AnotherToVerify);
    lobby.tell(Event::Verified(Box::new(verified(scan, code, Standing::Valid))));
    assert_eq!(*lobby.session.stage(), Stage::Verifying(Verifying::Waiting));
    // What central does not answer is not known; it is never taken for valid.
    lobby.tell(Event::Verified(Box::new(verified(scan + 1, code, asked))));
    lobby.wait(15);
    assert_eq!(shown(&lobby), Some((code, Standing::Unreachable)));
    // More than any code of ours holds.
    lobby.tell(Event::AnotherToVerify);
    lobby.tell(Event::Scanned("9".repeat(3_000)));
    assert_eq!(shown(&lobby), Some((CodeWorth::Foreign, Standing::Unknown)));
    lobby.wait(90);
    assert!(matches!(lobby.session.stage(), Stage::Ended(Ending::TimedOut)));
    assert_eq!(lobby.decided(), 0);

    // Without a scanner nobody is sent to one.
    lobby.wait(30);
    lobby.tell(Event::EquipmentChanged(Equipment { scanner: false, ..Equipment::ALL }));
    lobby.tell(Event::Begun { application, errand: Errand::Verify });
    assert_eq!(*lobby.session.stage(), Stage::Welcome);
}

/// Events in any order, from a monkey: the session never panics, and after long enough nobody's data
/// is left.
#[test]
fn a_monkey_breaks_nothing_and_leaves_nothing() {
    use proptest::prelude::*;
    let event = prop_oneof![
        Just(Event::Begun {
            application: ApplicationId::from_random([9; 16]),
            errand: Errand::Apply
        }),
        Just(Event::Begun {
            application: ApplicationId::from_random([9; 16]),
            errand: Errand::Verify
        }),
        Just(Event::AnotherToVerify),
        Just(Event::Verified(Box::new(verified(1, CodeWorth::Genuine, Standing::Asked)))),
        Just(Event::ServiceChosen("convenience-shop".to_owned())),
        Just(Event::ServiceChosen("nothing".to_owned())),
        Just(Event::Told),
        Just(Event::CardFound),
        Just(Event::Identified(Box::new(qin_yizhou()))),
        Just(Event::IdentityFailed(IdentityProblem::Unreadable)),
        Just(Event::Scanned("x".to_owned())),
        Just(Event::ScanFailed(ScanProblem::Unreadable)),
        Just(Event::UsccTyped("91370303MAXX01026W".to_owned())),
        Just(Event::Answered {
            field: "premises.area_m2".to_owned(),
            answer: Answer::Number("60".to_owned())
        }),
        Just(Event::Answered {
            field: "cooked-bulk".to_owned(),
            answer: Answer::Choice("no".to_owned())
        }),
        Just(Event::Answered {
            field: "application.food_safety_manager".to_owned(),
            answer: Answer::YesNo(true)
        }),
        Just(Event::FormConfirmed),
        Just(Event::PromiseSigned(Signature { strokes: vec![Stroke(vec![(1, 1); 20])] })),
        Just(Event::PromiseSigned(Signature::default())),
        Just(Event::WentOn),
        Just(Event::WentBack),
        Just(Event::CorrectionChosen),
        (0_u8..8).prop_map(Event::Rated),
        Just(Event::Cancelled),
        Just(Event::Ticked),
        Just(Event::Recorded),
        Just(Event::NotRecorded),
        Just(Event::NotIssued(NotIssued::NumbersExhausted)),
        Just(Event::PaperChanged { paper: Paper::Slip, state: PaperState::Unknown }),
        Just(Event::EquipmentChanged(Equipment { id_reader: false, ..Equipment::ALL })),
        Just(Event::EquipmentChanged(Equipment::ALL)),
    ];
    let config = ProptestConfig {
        cases: 24,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_123),
        ..ProptestConfig::default()
    };
    proptest!(config, |(events in proptest::collection::vec(event, 0..120))| {
        let mut lobby = Lobby::new();
        for event in events {
            lobby.tell(event);
        }
        lobby.wait(16 * 60);
        prop_assert_eq!(lobby.session.stage(), &Stage::Welcome);
        prop_assert!(lobby.session.applicant().is_none());
        prop_assert!(lobby.issued().len() <= 1);
    });
}

const TODAY: Date = date(2026, 11, 23);

/// Loaded once: it runs its cases each time.
fn rulebook() -> Arc<Rulebook> {
    static RULEBOOK: OnceLock<Arc<Rulebook>> = OnceLock::new();
    let load = || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kiosk-config/rulebook");
        Arc::new(permit_kiosk::rulebooks::load(&folder).unwrap())
    };
    Arc::clone(RULEBOOK.get_or_init(load))
}

fn terms() -> Terms {
    let rulebook = rulebook();
    Terms {
        catalogue: Arc::clone(rulebook.catalogue()),
        rulebook,
        issuer: Issuer {
            name: "淄博市张店区行政审批服务局".to_owned(),
            uscc: Uscc::parse("11370303MBXX09005U").unwrap(),
        },
        division: "370303".to_owned(),
        pace: Pace::default(),
    }
}

fn qin_yizhou() -> Applicant {
    Applicant {
        name: Private::new("秦一舟".to_owned()),
        id_digest: "02".repeat(32),
        id_masked: "370303********9975".to_owned(),
        sex: Sex::Male,
        birth: Private::new(date(1985, 6, 12)),
        valid_to: Some(date(2032, 4, 10)),
        source: IdentitySource::Card,
        document: "resident",
    }
}

fn business(uscc: &str, name: &str, division: &str, scope: &[&str]) -> Business {
    Business {
        name: name.to_owned(),
        uscc: Uscc::parse(uscc).unwrap(),
        kind: "有限责任公司".to_owned(),
        legal_representative: "秦一舟".to_owned(),
        legal_representative_digest: "02".repeat(32),
        division: DivisionCode::parse(division).unwrap(),
        address: "张店区公园街道示范大街5号".to_owned(),
        scope: scope.iter().map(|scope| (*scope).to_owned()).collect(),
        status: BusinessStatus::Live,
    }
}

fn cloud_sail() -> Business {
    let scope = ["食品销售", "日用百货销售"];
    business("91370303MAXX01026W", "淄博云帆食品商贸有限公司(演示)", "370303002", &scope)
}

fn evening_breeze() -> Business {
    let scope = ["餐饮服务", "食品销售"];
    business("92370303MAXX01018Y", "张店区晚风小馆(演示)", "370303009", &scope)
}

fn hair_salon() -> Business {
    business("92370303MAXX01050A", "张店区剪影理发店(演示)", "370303001", &["理发服务"])
}

fn journal_case(case: &permit_kiosk::session::effect::Case, documents: Vec<Document>) -> Case {
    Case {
        application: case.application,
        service: case.service,
        applicant: case.applicant.clone(),
        business: case.business.clone(),
        facts: Private::new(case.facts.clone()),
        decision: case.decision.clone(),
        promise: case.promise.clone(),
        documents,
    }
}
