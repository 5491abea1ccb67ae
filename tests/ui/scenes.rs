//! Every screen there is, each reached as an applicant reaches it.

use std::time::Duration;

use jiff::civil::date;
use permit_kiosk::domain::{Applicant, ServiceCode};
use permit_kiosk::fault::{Fault, FaultCode};
use permit_kiosk::session::event::{
    Answer, Ban, CodeWorth, Equipment, Event, HeldPermit, IdentityProblem, LicenceProblem,
    LookUpAnswer, NotIssued, Paper, PaperState, Register, Relation, ScanProblem, ShownPermit,
    Standing, Supervision,
};
use permit_kiosk::staff::{Refusal, Role};
use permit_kiosk::terminal::console::Told;
use permit_kiosk::terminal::report::Readiness;
use permit_kiosk::terminal::work::{Exported, Taken, Work};
use permit_kiosk::ui::text::Strings;

use super::console::{all_well, ports_found, trouble};
use super::stand::{NOTHING, Stand, applicant, business, holdings, shown_permit, unanswered};

/// A screen: its name, how to come there, and the title it must show.
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) begin: fn() -> Stand,
    pub(super) go: fn(&mut Stand),
    pub(super) title: fn(&Strings) -> &'static str,
}

/// Every screen.
pub(super) const ALL: &[Scene] = &[
    scene("welcome", |_| {}, |t| t.welcome_line),
    Scene {
        name: "welcome-degraded",
        begin: || {
            let mut equipment = Equipment::ALL;
            equipment.page_printer = false;
            equipment.connected = false;
            Stand::with(equipment)
        },
        go: |_| {},
        title: |t| t.limits_title,
    },
    Scene {
        name: "starting",
        begin: || {
            let mut stand = Stand::with(NOTHING);
            stand.app.begin_starting();
            stand
        },
        go: |_| {},
        title: |t| t.start_title,
    },
    Scene {
        name: "out-of-service",
        begin: || Stand::with(NOTHING),
        go: |_| {},
        title: |t| t.out_title,
    },
    Scene {
        name: "welcome-limited",
        begin: || Stand::with(Equipment { scanner: true, ..NOTHING }),
        go: |_| {},
        title: |t| t.limits_title,
    },
    Scene {
        name: "out-of-service-journal",
        begin: || Stand::with(Equipment { journal: false, ..Equipment::ALL }),
        go: |_| {},
        title: |t| t.out_title,
    },
    scene("verifying", |s| s.touch("verify"), |t| t.verify_title),
    scene(
        "verifying-lost-scanner",
        |s| {
            s.touch("verify");
            s.happen(Event::EquipmentChanged(Equipment { scanner: false, ..Equipment::ALL }));
        },
        |t| t.verify_no_scanner,
    ),
    scene(
        "verified",
        |s| s.verify(CodeWorth::Genuine, Standing::Valid, Some(shown_permit())),
        |t| t.verify_valid,
    ),
    scene(
        "verified-changed",
        |s| s.verify(CodeWorth::Genuine, Standing::Superseded, Some(shown_permit())),
        |t| t.verify_changed,
    ),
    scene(
        "verified-offline",
        |s| {
            let stated =
                ShownPermit { holder: None, premises: None, granted: Vec::new(), ..shown_permit() };
            s.verify(CodeWorth::Genuine, Standing::Unreachable, Some(stated));
        },
        |t| t.verify_offline,
    ),
    scene(
        "verified-forged",
        |s| s.verify(CodeWorth::Forged, Standing::Unknown, None),
        |t| t.verify_forged,
    ),
    scene("choosing", |s| s.touch("primary"), |t| t.choosing_title),
    scene(
        "choosing-held",
        |s| {
            s.touch("primary");
            s.touch("group:held");
        },
        |t| t.choosing_title,
    ),
    scene(
        "choosing-place",
        |s| {
            s.touch("primary");
            s.touch("group:place");
        },
        |t| t.choosing_title,
    ),
    scene(
        "choosing-food",
        |s| {
            s.touch("primary");
            s.touch("group:food");
        },
        |t| t.choosing_title,
    ),
    scene(
        "guide-vending",
        |s| {
            s.undertake("vending", &["machine-kind:made"]);
            s.touch("primary");
        },
        |t| t.guide_needs_title,
    ),
    scene("guide-questions", |s| s.undertake("hotel", &["rooms:few"]), |t| t.guide_title),
    scene("guide-needs", to_needs, |t| t.guide_needs_title),
    scene(
        "guide-nothing",
        |s| {
            s.undertake("teahouse", &["tea-food:no"]);
            s.touch("primary");
        },
        |t| t.guide_needs_title,
    ),
    scene(
        "telling-papers",
        |s| {
            s.choose("food", "convenience-shop");
            s.touch("primary");
        },
        |t| t.telling_title,
    ),
    scene(
        "telling-ready",
        |s| {
            s.choose("food", "convenience-shop");
            s.touch("primary");
            s.touch("primary");
        },
        |t| t.telling_bring,
    ),
    scene("telling", |s| s.choose("food", "convenience-shop"), |t| t.telling_title),
    scene("telling-many", |s| s.choose("food", "restaurant"), |t| t.telling_title),
    scene("identifying", to_identifying, |t| t.identify_title),
    scene(
        "identifying-reading",
        |s| {
            to_identifying(s);
            s.happen(Event::CardFound);
        },
        |t| t.identify_reading,
    ),
    scene(
        "identifying-failed",
        |s| {
            to_identifying(s);
            s.happen(Event::IdentityFailed(IdentityProblem::CardPulled));
        },
        |t| t.card_pulled,
    ),
    scene(
        "identifying-code-unreadable",
        |s| {
            to_identifying(s);
            s.happen(Event::ScanFailed(ScanProblem::Unreadable));
        },
        |t| t.code_unreadable,
    ),
    scene(
        "identifying-asking",
        |s| {
            to_identifying(s);
            s.happen(Event::Scanned("{eid}".to_owned()));
        },
        |t| t.identify_asking,
    ),
    scene(
        "identifying-lost-reader",
        |s| {
            to_identifying(s);
            s.happen(Event::EquipmentChanged(Equipment { id_reader: false, ..Equipment::ALL }));
        },
        |t| t.identify_title,
    ),
    scene(
        "identifying-lost-scanner",
        |s| {
            to_identifying(s);
            s.happen(Event::EquipmentChanged(Equipment { scanner: false, ..Equipment::ALL }));
        },
        |t| t.identify_title,
    ),
    scene(
        "identifying-lost-both",
        |s| {
            to_identifying(s);
            s.happen(Event::EquipmentChanged(NOTHING));
        },
        |t| t.out_proof,
    ),
    scene(
        "identifying-known",
        |s| {
            to_business(s);
            s.touch("back");
        },
        |t| t.identify_title,
    ),
    scene("business", to_business, |t| t.business_title),
    scene(
        "business-known",
        |s| {
            s.come_to_the_form("convenience-shop");
            s.touch("back");
        },
        |t| t.business_title,
    ),
    scene(
        "business-lost-scanner",
        |s| {
            to_business(s);
            s.happen(Event::EquipmentChanged(Equipment { scanner: false, ..Equipment::ALL }));
        },
        |t| t.business_no_scanner,
    ),
    scene(
        "business-refused",
        |s| {
            to_business(s);
            s.happen(Event::Scanned("{elicence}".to_owned()));
            s.happen(Event::LookedUp(LookUpAnswer::NoLicence(LicenceProblem::Expired)));
        },
        |t| t.licence_expired,
    ),
    scene(
        "business-code-too-long",
        |s| {
            to_business(s);
            s.happen(Event::ScanFailed(ScanProblem::TooLong));
        },
        |t| t.code_too_long,
    ),
    scene(
        "business-typing",
        |s| {
            to_business(s);
            s.touch("type-uscc");
            type_code(s, "91370303MAXX");
        },
        |t| t.uscc_title,
    ),
    scene(
        "business-mistyped",
        |s| {
            to_business(s);
            s.touch("type-uscc");
            type_code(s, "91370303MAXX01026X");
        },
        |t| t.uscc_wrong,
    ),
    scene(
        "looking-up",
        |s| {
            to_business(s);
            s.prove_business();
            s.happen(unanswered(Register::MicroService));
        },
        |t| t.looking_title,
    ),
    scene("form-registered", |s| s.come_to_the_form("convenience-shop"), |t| t.registered_title),
    scene(
        "form-choice",
        |s| {
            s.come_to_the_form("convenience-shop");
            s.touch("primary");
        },
        |t| t.choose_one,
    ),
    scene(
        "form-number",
        |s| {
            s.come_to_the_form("convenience-shop");
            s.touch("primary");
            s.touch("choice:370303002");
            s.touch("primary");
            s.touch("key:6");
            s.touch("key:0");
        },
        |t| t.next,
    ),
    scene(
        "form-yes-no",
        |s| {
            s.come_to_the_form("convenience-shop");
            s.fill_shop("no");
            s.touch("field:application.food_safety_manager");
        },
        |t| t.choose_yes_no,
    ),
    scene(
        "form-date",
        |s| {
            s.choose("place", "bookshop-culture");
            s.identify();
            s.prove_business();
            s.registers_answer();
            s.touch("primary");
            s.touch("choice:bookshop");
            s.touch("primary");
            s.touch("choice:370303002");
            s.touch("primary");
            s.touch("day:2026-11-18");
        },
        |t| t.next,
    ),
    Scene {
        name: "form-pinyin",
        begin: Stand::asking_a_name,
        go: |s| {
            s.come_to_the_form("convenience-shop");
            s.touch("primary");
            for letter in "yunfan".chars() {
                s.touch(&format!("key:{letter}"));
            }
            s.touch("candidate:0");
            for letter in "shipin".chars() {
                s.touch(&format!("key:{letter}"));
            }
        },
        title: |t| t.choose_letters_first,
    },
    scene(
        "form-choices",
        |s| {
            s.choose("held", "food-change");
            s.identify();
            s.prove_business();
            s.registers_answer();
            s.touch("primary");
            s.touch("choice:name");
            s.touch("choice:items_reduced");
        },
        |t| t.choose_any,
    ),
    scene(
        "form-wrong",
        |s| {
            s.come_to_the_form("convenience-shop");
            s.touch("primary");
            s.touch("choice:370303002");
            s.touch("primary");
            s.touch("key:0");
        },
        |t| t.answer_first,
    ),
    scene(
        "form-check",
        |s| {
            s.come_to_the_form("convenience-shop");
            s.fill_shop("no");
        },
        |t| t.check_title,
    ),
    scene("promise", to_promise, |t| t.promise_here),
    scene(
        "promise-signed",
        |s| {
            to_promise(s);
            s.sign();
        },
        |t| t.promise_here,
    ),
    scene(
        "decision-recording",
        |s| {
            to_promise(s);
            s.sign();
            s.touch("primary");
        },
        |t| t.recording_title,
    ),
    scene("decision-issued", to_issued, |t| t.verdict_issue),
    scene(
        "decision-filed",
        |s| {
            s.come_to_file();
            s.issue();
            s.paper(Paper::Original, PaperState::Printing);
        },
        |t| t.verdict_file,
    ),
    scene(
        "decision-held",
        |s| {
            to_issued(s);
            s.paper(Paper::Copy, PaperState::Printed);
            s.paper(Paper::Original, PaperState::Held(Fault::of(FaultCode::PagePaperOut)));
        },
        |t| t.verdict_issue,
    ),
    scene(
        "decision-referred",
        |s| {
            s.come_to_the_form("convenience-shop");
            s.fill_shop("yes");
            s.touch("primary");
            s.happen(Event::Recorded);
            s.paper(Paper::Slip, PaperState::Printing);
        },
        |t| t.verdict_onsite,
    ),
    scene(
        "decision-filed-food",
        |s| {
            s.apply(
                "prepackaged-only",
                Supervision::default(),
                &[here(), ("seller-marks", none())],
            );
            s.be_granted();
        },
        |t| t.verdict_file,
    ),
    scene(
        "decision-combined",
        |s| {
            let mut held = holdings();
            held.permits.push(publications());
            let answers = [
                here(),
                ("application.trade", choice("bookshop")),
                ("premises.area_m2", number("60")),
                ("combined-parts", choices(&["food", "publication"])),
                ("application.food_safety_manager", Answer::YesNo(true)),
                ("parts-later", none()),
            ];
            s.apply("combined", held, &answers);
            s.be_granted();
        },
        |t| t.verdict_issue,
    ),
    scene(
        "decision-fewer-items",
        |s| {
            let mut held = holdings();
            held.permits[0].items = ["散装食品和预包装食品销售", "热食类食品制售(仅简单制售)"]
                .map(str::to_owned)
                .to_vec();
            let answers = [
                ("food-change-kinds", choices(&["items_reduced"])),
                ("items-from-now-on", choices(&["sale_bulk_and_prepackaged"])),
                ("application.change.changed_on", Answer::Date(date(2026, 11, 18))),
                ("application.unchanged", Answer::YesNo(true)),
            ];
            s.apply("food-change", held, &answers);
            s.be_granted();
        },
        |t| t.granted_change,
    ),
    scene(
        "decision-reissued",
        |s| {
            s.apply("food-reissue", holdings(), &[]);
            s.be_granted();
        },
        |t| t.granted_reissue,
    ),
    scene(
        "decision-cancelled",
        |s| {
            s.apply("food-cancel", holdings(), &[]);
            s.be_granted();
        },
        |t| t.granted_cancel,
    ),
    scene(
        "decision-not-printed",
        |s| {
            to_issued(s);
            s.paper(Paper::Original, PaperState::Unknown);
            for paper in [Paper::Copy, Paper::Receipt] {
                s.paper(paper, PaperState::NotAvailable);
            }
        },
        |t| t.verdict_issue,
    ),
    scene(
        "decision-not-recorded",
        |s| {
            to_promise(s);
            s.sign();
            s.touch("primary");
            s.happen(Event::NotIssued(NotIssued::JournalDown));
        },
        |t| t.not_recorded_title,
    ),
    scene(
        "decision-not-needed",
        |s| {
            s.apply("farm-produce", Supervision::default(), &[here()]);
            s.be_recorded();
        },
        |t| t.verdict_not_required,
    ),
    scene(
        "decision-elsewhere",
        |s| {
            let mut answers = shop("no");
            answers[0].1 = choice("370304");
            s.apply("convenience-shop", Supervision::default(), &answers);
            s.be_recorded();
        },
        |t| t.verdict_not_competent,
    ),
    scene(
        "decision-refused",
        |s| {
            let ban =
                |kind: &str, on| Ban { kind: kind.to_owned(), who: "operator".to_owned(), on };
            let held = Supervision {
                bans: vec![
                    ban("false_material", date(2026, 3, 2)),
                    ban("fraud", date(2025, 6, 30)),
                    ban("revoked", date(2024, 1, 15)),
                ],
                ..Supervision::default()
            };
            s.apply("convenience-shop", held, &shop("no"));
            s.be_recorded();
        },
        |t| t.verdict_refuse,
    ),
    scene(
        "decision-registration",
        |s| {
            let answers = [
                here(),
                ("premises.area_m2", number("30")),
                ("drink-marks", none()),
                ("application.food_safety_manager", Answer::YesNo(true)),
                ("application.wants_licence", Answer::YesNo(false)),
            ];
            s.apply("drinks", Supervision::default(), &answers);
            s.be_recorded();
        },
        |t| t.verdict_registration,
    ),
    scene(
        "decision-correct",
        |s| {
            let answers = [
                here(),
                ("application.trade", choice("hotel")),
                ("premises.area_m2", number("900")),
                ("combined-parts", choices(&["drug", "film", "tobacco"])),
                ("application.food_safety_manager", Answer::YesNo(true)),
            ];
            s.apply("combined", Supervision::default(), &answers);
            s.happen(Event::Recorded);
        },
        |t| t.verdict_fix,
    ),
    scene(
        "decision-missing",
        |s| {
            let answers = [
                here(),
                ("lodging-kind", choice("hotel")),
                ("place.rooms", number("80")),
                ("place.central_air", Answer::YesNo(true)),
                ("place.report", Answer::YesNo(false)),
            ];
            s.apply("hotel", Supervision::default(), &answers);
            s.be_recorded();
        },
        |t| t.verdict_supplement,
    ),
    scene(
        "decision-officer",
        |s| {
            s.come_to_the_form("convenience-shop");
            s.fill_shop("no");
            s.touch("person");
            s.touch("primary");
            s.be_recorded();
        },
        |t| t.verdict_refer,
    ),
    scene(
        "decision-anew",
        |s| {
            let answers = [
                ("food-change-kinds", choices(&["premises_moved"])),
                ("application.change.changed_on", Answer::Date(date(2026, 11, 18))),
                ("application.unchanged", Answer::YesNo(false)),
            ];
            s.apply("food-change", holdings(), &answers);
            s.be_recorded();
        },
        |t| t.verdict_new,
    ),
    scene(
        "decision-early",
        |s| {
            s.apply("food-renew", holdings(), &[("application.unchanged", Answer::YesNo(true))]);
            s.be_recorded();
        },
        |t| t.verdict_too_early,
    ),
    scene(
        "decision-stopped",
        |s| {
            s.choose("food", "convenience-shop");
            s.be_told();
            let expired = Applicant { valid_to: Some(date(2026, 10, 31)), ..applicant() };
            s.happen(Event::CardFound);
            s.happen(Event::Identified(Box::new(expired)));
            s.prove_business();
            s.registers_answer();
            s.fill_shop("no");
            s.touch("primary");
            s.be_recorded();
        },
        |t| t.verdict_stop,
    ),
    scene(
        "data-before",
        |s| {
            s.come_to_the_form("convenience-shop");
            s.fill_shop("no");
            s.touch("data");
        },
        |t| t.data_title,
    ),
    scene(
        "data",
        |s| {
            to_issued(s);
            s.touch("data");
        },
        |t| t.data_title,
    ),
    scene(
        "data-printed",
        |s| {
            s.come_to_the_form("convenience-shop");
            s.fill_shop("yes");
            s.touch("primary");
            s.happen(Event::Recorded);
            s.paper(Paper::Slip, PaperState::Printed);
            s.touch("data");
            s.touch("primary");
            s.paper(Paper::Data, PaperState::Printing);
            s.touch("primary");
        },
        |t| t.paper_data,
    ),
    scene(
        "results",
        |s| s.come_to_the_results(holdings(), vec![ServiceCode::HygieneNew]),
        |t| t.results_title,
    ),
    scene(
        "results-copy",
        |s| {
            s.come_to_the_results(holdings(), Vec::new());
            s.touch("copy");
            s.happen(Event::CopyQueued);
            s.paper(Paper::Copy, PaperState::Printing);
        },
        |t| t.paper_copy,
    ),
    scene(
        "results-elsewhere",
        |s| {
            s.come_to_the_results(holdings(), Vec::new());
            s.touch("copy");
            s.happen(Event::NoCopy);
        },
        |t| t.results_elsewhere,
    ),
    scene(
        "results-nothing",
        |s| s.come_to_the_results(Supervision::default(), Vec::new()),
        |t| t.results_nothing,
    ),
    scene(
        "results-nobody",
        |s| {
            s.touch("results");
            s.happen(Event::CardFound);
            s.happen(Event::Identified(Box::new(applicant())));
            s.happen(Event::Scanned("{elicence}".to_owned()));
            s.happen(Event::LookedUp(LookUpAnswer::Licence {
                uscc: business().uscc,
                holder: Box::new(Relation::None),
            }));
            for answer in [
                LookUpAnswer::Business(Some(Box::new(business())), Relation::None),
                LookUpAnswer::FoodAndDrug(Box::new(holdings())),
            ] {
                s.happen(Event::LookedUp(answer));
            }
            s.happen(unanswered(Register::MicroService));
        },
        |t| t.results_nobody,
    ),
    scene("rating", to_rating, |t| t.rating_title),
    scene(
        "done",
        |s| {
            to_rating(s);
            s.touch("grade:5");
        },
        |t| t.done_leave,
    ),
    scene(
        "done-printing",
        |s| {
            to_issued(s);
            s.paper(Paper::Original, PaperState::Printed);
            s.paper(Paper::Copy, PaperState::Printing);
            s.touch("primary");
            s.touch("grade:5");
        },
        |t| t.done_printing,
    ),
    scene(
        "ended",
        |s| {
            s.touch("primary");
            s.touch("end");
            s.touch("end-confirm");
        },
        |t| t.ended_cancelled,
    ),
    scene(
        "ended-timed-out",
        |s| {
            s.come_to_the_form("convenience-shop");
            s.wait(90);
        },
        |t| t.ended_timed_out,
    ),
    scene(
        "still-there",
        |s| {
            s.touch("primary");
            s.wait(68);
        },
        |t| t.still_there,
    ),
    scene(
        "end-asked",
        |s| {
            s.touch("primary");
            s.touch("end");
        },
        |t| t.end_title,
    ),
    scene(
        "help",
        |s| {
            s.touch("primary");
            s.touch("help");
        },
        |t| t.help_title,
    ),
    scene(
        "help-called",
        |s| {
            to_identifying(s);
            s.touch("help");
            s.touch("call");
        },
        |t| t.help_called,
    ),
    scene("console-name", |s| s.hold_emblem(Duration::from_secs(6)), |t| t.console_name_title),
    scene("console-pin", Stand::type_pin, |t| t.console_pin_title),
    scene(
        "console-locked",
        |s| {
            s.type_pin();
            s.touch("primary");
            let until = "2026-11-20T02:05:00Z".parse().unwrap();
            s.answer(Told::Refused(Refusal::Locked { until }));
        },
        |t| t.console_locked,
    ),
    scene("console-overview", |s| s.sign_in(Role::Technician, trouble()), |t| t.console_title),
    scene("console-attendant", |s| s.sign_in(Role::Attendant, all_well()), |t| t.no_faults),
    scene(
        "console-papers",
        |s| {
            to_tab(s, "papers");
            s.touch("settle:7:nothing");
        },
        |t| t.papers_lead,
    ),
    scene("console-rulebook", |s| to_tab(s, "rulebook"), |t| t.rulebook_active),
    scene("console-central", |s| to_tab(s, "central"), |t| t.central_silent),
    scene("console-numbers", |s| to_tab(s, "numbers"), |t| t.numbers_left),
    scene(
        "console-leaving",
        |s| {
            s.sign_in(Role::Technician, all_well());
            s.touch("tab:numbers");
            s.touch("leaving:1");
        },
        |t| t.leaving_confirm,
    ),
    scene("console-devices", |s| to_tab(s, "devices"), |t| t.device_page_printer),
    scene("console-ports", to_ports, |t| t.work_seen),
    scene(
        "console-why",
        |s| {
            to_ports(s);
            s.touch("use:0");
            s.touch("why:1");
        },
        |t| t.why_title,
    ),
    scene(
        "console-count",
        |s| {
            s.sign_in(Role::Technician, all_well());
            s.touch("tab:papers");
            s.touch("count:A3");
        },
        |t| t.trays_lead,
    ),
    scene("console-about", |s| to_tab(s, "about"), |t| t.about_clock),
    scene(
        "console-exporting",
        |s| to_work(s, Work::Exporting { done: 18_411, of: 52_700 }),
        |t| t.evidence_end,
    ),
    scene("console-exported", |s| to_work(s, exported()), |t| t.evidence_whole),
    scene(
        "console-no-stick",
        |s| to_work(s, Work::Exported(Exported::NoStick("/media/permit-kiosk".into()))),
        |t| t.evidence_no_stick,
    ),
];

/// The console while an export is at work, or has come to something.
fn to_work(s: &mut Stand, work: Work) {
    let mut report = all_well();
    report.work = work;
    s.sign_in(Role::Technician, report);
    s.touch("tab:about");
}

fn exported() -> Work {
    Work::Exported(Exported::Whole(Taken {
        folder: "permit-audit-zhangdian-03-20261123T040000Z".to_owned(),
        records: 52_700,
        bytes: 218_400_000,
        manifest: permit_kiosk::wire::v1::Hash::of(b"the manifest"),
        sealed: true,
    }))
}

const fn scene(
    name: &'static str,
    go: fn(&mut Stand),
    title: fn(&Strings) -> &'static str,
) -> Scene {
    Scene { name, begin: Stand::new, go, title }
}

fn to_needs(stand: &mut Stand) {
    stand.undertake("bookshop-cafe", &["bookshop-drinks:yes"]);
    stand.touch("primary");
}

fn to_identifying(stand: &mut Stand) {
    stand.choose("food", "convenience-shop");
    stand.be_told();
}

fn to_business(stand: &mut Stand) {
    stand.choose("food", "convenience-shop");
    stand.identify();
}

fn to_promise(stand: &mut Stand) {
    stand.come_to_the_form("convenience-shop");
    stand.fill_shop("no");
    stand.touch("primary");
}

fn to_issued(stand: &mut Stand) {
    to_promise(stand);
    stand.sign();
    stand.touch("primary");
    stand.issue();
    stand.paper(Paper::Original, PaperState::Printing);
}

fn to_rating(stand: &mut Stand) {
    to_issued(stand);
    for paper in [Paper::Original, Paper::Copy, Paper::Receipt] {
        stand.paper(paper, PaperState::Printed);
    }
    stand.touch("primary");
}

/// What was found at the ports.
fn to_ports(stand: &mut Stand) {
    let report = Readiness { work: ports_found(), ..all_well() };
    stand.sign_in(Role::Technician, report);
    stand.touch("tab:devices");
}

/// The place of trade is where the business is registered.
fn here() -> (&'static str, Answer) {
    ("premises.division", choice("370303002"))
}

/// The answers of a shop.
pub(super) fn shop(cooked_bulk: &str) -> [(&'static str, Answer); 5] {
    [
        here(),
        ("premises.area_m2", number("60")),
        ("cooked-bulk", choice(cooked_bulk)),
        ("seller-marks", none()),
        ("application.food_safety_manager", Answer::YesNo(true)),
    ]
}

fn choice(value: &str) -> Answer {
    Answer::Choice(value.to_owned())
}

fn choices(values: &[&str]) -> Answer {
    Answer::Choices(values.iter().map(|&value| value.to_owned()).collect())
}

fn none() -> Answer {
    Answer::Choices(Vec::new())
}

fn number(typed: &str) -> Answer {
    Answer::Number(typed.to_owned())
}

/// The permit of a bookshop that another organ gave.
fn publications() -> HeldPermit {
    HeldPermit {
        kind: "publication".to_owned(),
        number: "新出发淄零字第0031号".to_owned(),
        subject: "图书、期刊零售".to_owned(),
        items: Vec::new(),
        premises: business().address,
        issued: Some(date(2025, 5, 6)),
        valid_to: None,
        status: "valid".to_owned(),
    }
}

/// Types a code on the screen's keyboard.
pub(super) fn type_code(stand: &mut Stand, code: &str) {
    for letter in code.chars() {
        stand.touch(&format!("key:{letter}"));
    }
}

/// A technician opens a page of the console.
fn to_tab(stand: &mut Stand, tab: &str) {
    stand.sign_in(Role::Technician, trouble());
    stand.touch(&format!("tab:{tab}"));
}
