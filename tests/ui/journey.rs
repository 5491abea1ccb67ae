//! Visits from the touch to the wipe, by what an applicant sees and touches.

use std::time::Duration;

use permit_kiosk::domain::{Applicant, Verdict};
use permit_kiosk::session::effect::Effect;
use permit_kiosk::session::event::{Equipment, Event, Paper, PaperState};
use permit_kiosk::session::{Ending, Outcome, Stage};
use permit_kiosk::ui::app::Message;
use permit_kiosk::ui::text::strings;

use super::stand::{NOTHING, Stand, applicant};

/// What the screens must never show in full: number and given name of the applicant.
const SECRETS: [&str; 2] = ["370303198506129975", "19850612"];

#[track_caller]
fn check_nothing_personal(stand: &Stand) {
    for text in stand.texts() {
        for secret in SECRETS {
            assert!(!text.contains(secret), "the screen shows {text:?}");
        }
    }
    let debug = format!("{:?}", stand.app);
    for secret in SECRETS {
        assert!(!debug.contains(secret), "the debug output shows {secret}");
    }
}

#[test]
fn a_shop_is_issued_its_licence_and_nothing_of_the_applicant_stays() {
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    check_nothing_personal(&stand);
    stand.fill_shop("no");
    stand.touch("primary");
    assert_eq!(*stand.stage(), Stage::Promising);
    stand.sign();
    stand.touch("primary");
    assert_eq!(stand.issued_case().decision.verdict, Verdict::Issue);
    stand.issue();
    assert!(matches!(stand.stage(), Stage::Decided(Outcome::Issued(_))));
    assert!(stand.shows("JY13703039900024"));
    for paper in [Paper::Original, Paper::Copy, Paper::Receipt] {
        stand.paper(paper, PaperState::Printed);
    }
    check_nothing_personal(&stand);
    stand.touch("primary");
    stand.touch("grade:4");
    let rated = |effect: &Effect| matches!(effect, Effect::RecordRating { grade: 4, .. });
    assert!(stand.effects().iter().any(rated));
    stand.touch("primary");
    assert_eq!(*stand.stage(), Stage::Welcome);
    assert!(stand.effects().iter().any(|effect| matches!(effect, Effect::Wipe)));
    assert!(stand.session().applicant().is_none());
    assert!(stand.session().business().is_none());
    assert!(stand.session().fields().is_empty());
    assert!(stand.session().decision().is_none());
    assert!(stand.session().application().is_none());
    for kept in ["秦一舟", "云帆", "91370303MAXX01026W", "JY13703039900024"] {
        assert!(!stand.texts().iter().any(|text| text.contains(kept)), "{kept} is still shown");
    }
}

#[test]
fn the_given_name_and_the_middle_of_the_number_are_not_shown() {
    let mut stand = Stand::new();
    stand.choose("food", "convenience-shop");
    stand.identify();
    let shown = stand.texts().join("\n");
    assert!(shown.contains("秦**") && shown.contains("370303********9975"), "{shown}");
    assert!(!shown.contains("秦一舟"), "{shown}");
}

#[test]
fn who_hurries_on_is_waited_for_until_the_papers_lie_in_the_slot() {
    let mut stand = Stand::new();
    let text = strings(stand.session().language());
    stand.come_to_the_form("convenience-shop");
    stand.fill_shop("no");
    stand.touch("primary");
    stand.be_granted();
    stand.paper(Paper::Original, PaperState::Printed);
    stand.paper(Paper::Copy, PaperState::Printing);
    stand.touch("primary");
    stand.touch("grade:5");
    assert_eq!(*stand.stage(), Stage::Done);
    assert!(stand.shows(text.done_wait) && stand.shows(text.done_printing));
    stand.effects();
    stand.touch("primary");
    stand.wait(60);
    assert_eq!(*stand.stage(), Stage::Done, "the copy would be forgotten in the queue");
    assert!(!stand.effects().iter().any(|effect| matches!(effect, Effect::Wipe)));
    stand.paper(Paper::Copy, PaperState::Printed);
    stand.paper(Paper::Receipt, PaperState::Printed);
    assert!(stand.shows(text.done_leave));
    stand.wait(19);
    assert_eq!(*stand.stage(), Stage::Done, "time to take them");
    stand.wait(1);
    assert_eq!(*stand.stage(), Stage::Welcome);
    assert!(stand.effects().iter().any(|effect| matches!(effect, Effect::Wipe)));
}

#[test]
fn a_paper_that_never_comes_does_not_keep_the_kiosk_for_ever() {
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    stand.fill_shop("no");
    stand.touch("primary");
    stand.be_granted();
    stand.touch("end");
    stand.touch("end-confirm");
    assert_eq!(*stand.stage(), Stage::Done);
    stand.wait(299);
    assert_eq!(*stand.stage(), Stage::Done);
    stand.wait(21);
    assert_eq!(*stand.stage(), Stage::Welcome);
}

#[test]
fn going_back_to_the_licence_and_on_again_loses_no_answer() {
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    stand.fill_shop("no");
    let answers = |stand: &Stand| -> Vec<_> {
        let fields = stand.session().fields().iter();
        fields.map(|field| (field.key.clone(), field.answer.clone())).collect()
    };
    let before = answers(&stand);
    while *stand.stage() == Stage::Filling {
        stand.touch("back");
    }
    assert!(matches!(stand.stage(), Stage::ProvingBusiness(_)));
    stand.prove_business();
    stand.registers_answer();
    assert_eq!(*stand.stage(), Stage::Filling);
    assert_eq!(answers(&stand), before);
}

#[test]
fn a_kiosk_that_starts_says_so_until_its_devices_answer_or_should_have() {
    for comes_up in [true, false] {
        let mut stand = Stand::with(NOTHING);
        let text = strings(stand.session().language());
        stand.app.begin_starting();
        assert!(stand.shows(text.start_title) && !stand.shows(text.out_title));
        if comes_up {
            stand.happen(Event::EquipmentChanged(Equipment::ALL));
            assert!(!stand.shows(text.start_title));
            // What is lost later is lost.
            stand.happen(Event::EquipmentChanged(NOTHING));
        } else {
            stand.rest(Duration::from_secs(30));
        }
        assert!(stand.shows(text.out_title) && !stand.shows(text.start_title));
    }
}

/// From the form of a shop back to where a card is laid down.
fn back_to_identification(stand: &mut Stand) {
    stand.come_to_the_form("convenience-shop");
    stand.fill_shop("no");
    while !matches!(stand.stage(), Stage::Identifying(_)) {
        stand.touch("back");
    }
}

#[test]
fn who_goes_back_to_the_card_goes_on_without_laying_it_down_again() {
    let mut stand = Stand::new();
    back_to_identification(&mut stand);
    assert!(stand.texts().join("").contains("秦**"), "whose card it was is shown");
    stand.effects();
    stand.touch("primary");
    assert!(matches!(stand.stage(), Stage::ProvingBusiness(_)));
    stand.touch("primary");
    assert_eq!(*stand.stage(), Stage::Filling);
    assert!(stand.session().form_is_complete(), "every answer is still there");
    let asked = |effect: &Effect| matches!(effect, Effect::LookUp { .. });
    assert!(!stand.effects().iter().any(asked), "no register is asked twice for the same");
}

#[test]
fn another_card_finds_nothing_of_the_one_before() {
    let mut stand = Stand::new();
    back_to_identification(&mut stand);
    let other = Applicant { id_digest: "6e".repeat(32), ..applicant() };
    stand.happen(Event::CardFound);
    stand.happen(Event::Identified(Box::new(other)));
    assert!(matches!(stand.stage(), Stage::ProvingBusiness(_)));
    assert!(stand.session().business().is_none() && stand.session().fields().is_empty());
    assert!(stand.place("primary").is_none(), "a business has to be shown anew");
}

#[test]
fn another_service_asks_the_registers_anew() {
    let mut stand = Stand::new();
    back_to_identification(&mut stand);
    while *stand.stage() != Stage::Choosing {
        stand.touch("back");
    }
    stand.happen(Event::ServiceChosen("restaurant".to_owned()));
    stand.be_told();
    stand.touch("primary");
    assert!(matches!(stand.stage(), Stage::ProvingBusiness(_)));
    assert!(stand.session().business().is_none(), "they were asked for another purpose");
}

#[test]
fn what_the_guide_was_told_is_still_told_after_going_back() {
    let mut stand = Stand::new();
    stand.undertake("hotel", &["rooms:few"]);
    while *stand.stage() != Stage::Choosing {
        stand.touch("back");
    }
    stand.happen(Event::UndertakingChosen("hotel".to_owned()));
    assert_eq!(stand.session().guide_answer("rooms"), Some("few"));
    stand.happen(Event::WentBack);
    stand.happen(Event::UndertakingChosen("bookshop-cafe".to_owned()));
    assert_eq!(stand.session().guide_answer("rooms"), None, "a bookshop has no rooms");
}

#[test]
fn who_walks_away_is_asked_and_then_forgotten() {
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    let text = strings(stand.session().language());
    stand.wait(60);
    assert!(stand.shows(text.still_there));
    stand.touch("primary"); // the button of the question lies on top
    assert!(!stand.shows(text.still_there));
    assert_eq!(*stand.stage(), Stage::Filling);
    stand.wait(90);
    assert_eq!(*stand.stage(), Stage::Ended(Ending::TimedOut));
    assert!(stand.shows(text.ended_wiped));
    assert!(stand.session().applicant().is_none());
    assert!(stand.session().business().is_none());
    assert!(stand.session().fields().is_empty());
}

#[test]
fn who_is_busy_when_the_time_of_a_visit_is_over_is_asked_and_goes_on() {
    let mut stand = Stand::new();
    let text = strings(stand.session().language());
    stand.come_to_the_form("convenience-shop");
    let before = stand.session().fields().len();
    // A finger on the screen every half minute, for fourteen minutes.
    for _ in 0..28 {
        stand.wait(30);
        assert!(!stand.shows(text.still_there));
        stand.send(Message::Touched);
    }
    stand.wait(30);
    assert!(stand.shows(text.still_there), "it would end without a word");
    stand.touch("primary");
    assert!(!stand.shows(text.still_there));
    stand.wait(60);
    assert!(stand.shows(text.still_there));
    stand.send(Message::Touched);
    assert_eq!(*stand.stage(), Stage::Filling);
    assert_eq!(stand.session().fields().len(), before);
    // Who is not there any more is not waited for.
    stand.wait(91);
    assert_eq!(*stand.stage(), Stage::Ended(Ending::TimedOut));
}

#[test]
fn ending_is_asked_once_and_can_be_taken_back() {
    let mut stand = Stand::new();
    stand.touch("primary");
    let text = strings(stand.session().language());
    stand.touch("end");
    stand.touch(text.end_stay);
    assert_eq!(*stand.stage(), Stage::Choosing);
    stand.touch("end");
    stand.touch("end-confirm");
    assert_eq!(*stand.stage(), Stage::Ended(Ending::Cancelled));
    stand.touch("primary");
    assert_eq!(*stand.stage(), Stage::Welcome);
}

#[test]
fn an_answer_can_be_changed_on_the_last_page() {
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    stand.fill_shop("no");
    let text = strings(stand.session().language());
    assert!(stand.shows(text.check_title));
    stand.touch("field:premises.area_m2");
    stand.touch("key:5");
    stand.touch("primary");
    assert!(stand.shows(text.check_title), "one change leads back to the last page");
    assert!(stand.shows("605 平方米"));
}

#[test]
fn a_person_can_be_wanted_instead_of_the_machine() {
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    stand.fill_shop("no");
    stand.touch("person");
    assert!(stand.session().person_wanted());
    stand.effects();
    stand.touch("primary");
    assert!(stand.session().decision().unwrap().verdict.goes_to_officer());
    assert!(stand.effects().iter().any(|effect| matches!(effect, Effect::Record(_))));
}

#[test]
fn what_does_not_work_is_told_before_anybody_begins() {
    let text = strings(permit_kiosk::domain::Language::Zh);
    let all = Equipment::ALL;
    let cases = [
        (Equipment { id_reader: false, ..all }, text.limit_id_reader),
        (Equipment { scanner: false, ..all }, text.limit_scanner),
        (Equipment { page_printer: false, ..all }, text.limit_page_printer),
        (Equipment { receipt_printer: false, ..all }, text.limit_receipt_printer),
        (Equipment { connected: false, ..all }, text.limit_connection),
    ];
    for (equipment, told) in cases {
        let mut stand = Stand::with(equipment);
        assert!(stand.shows(told), "{told}");
        stand.happen(Event::EquipmentChanged(Equipment::ALL));
        assert!(!stand.shows(told), "mended: {told}");
    }
}

#[test]
fn only_the_ways_that_work_are_offered() {
    let mut equipment = Equipment::ALL;
    equipment.scanner = false;
    let mut stand = Stand::with(equipment);
    let text = strings(stand.session().language());
    stand.choose("food", "convenience-shop");
    stand.be_told();
    assert!(stand.shows(text.identify_card));
    assert!(!stand.shows(text.identify_phone));
    stand.happen(Event::Identified(Box::new(applicant())));
    assert!(stand.shows(text.uscc_title), "without a scanner the keyboard is open");
}

#[test]
fn going_back_from_the_form_is_page_by_page() {
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    let text = strings(stand.session().language());
    stand.touch("primary");
    assert!(stand.shows(text.choose_one));
    stand.touch("back");
    assert!(stand.shows(text.registered_title));
    assert_eq!(*stand.stage(), Stage::Filling);
    stand.touch("back");
    assert!(matches!(stand.stage(), Stage::ProvingBusiness(_)));
}

#[test]
fn the_guide_leads_from_a_bookshop_with_coffee_to_its_licence_and_back() {
    let mut stand = Stand::new();
    let text = strings(stand.session().language());
    stand.undertake("bookshop-cafe", &[]);
    assert_eq!(*stand.stage(), Stage::Guiding);
    stand.touch("primary");
    assert!(stand.shows(text.guide_title), "nothing is told before it is asked");
    stand.touch("reply:bookshop-drinks:yes");
    stand.touch("primary");
    for shown in ["食品经营许可", "公共场所卫生备案", "出版物零售经营许可"] {
        assert!(stand.shows(shown), "{shown}: {:?}", stand.texts());
    }
    stand.touch("begin:food");
    assert_eq!(*stand.stage(), Stage::Telling);
    assert_eq!(stand.session().entry().unwrap().id, "drinks");
    stand.touch("back");
    assert!(stand.shows(text.guide_needs_title), "back leads to what is needed");
    stand.touch("back");
    assert!(stand.shows(text.guide_title));
    stand.touch("reply:bookshop-drinks:no");
    stand.touch("primary");
    assert!(!stand.shows("食品经营许可"), "another answer, another need");
    stand.touch("begin:hygiene");
    assert_eq!(stand.session().entry().unwrap().id, "bookshop-culture");
}
