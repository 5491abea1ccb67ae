//! The console of the staff: the way in, what it asks of the terminal, what it shows and to whom.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use permit_kiosk::config;
use permit_kiosk::config::Change;
use permit_kiosk::device::Health;
use permit_kiosk::device::discovery::{Found, Language as Spoken, SerialPort, UsbAdapter};
use permit_kiosk::domain::{Bilingual, Language, Series};
use permit_kiosk::fault::{Fault, FaultCode};
use permit_kiosk::rulebooks::{Active, EditionName, Refusal as Refused, Status};
use permit_kiosk::session::event::Event;
use permit_kiosk::session::{Errand, Stage};
use permit_kiosk::staff::{Refusal, Role};
use permit_kiosk::sync;
use permit_kiosk::terminal::console::{Ask, Told};
use permit_kiosk::terminal::report::{
    About, Device, DeviceKind, Line, Numbers, Readiness, Standing, Trays, UnknownSheet,
};
use permit_kiosk::terminal::work::{Exported, Failed, PortFound, Work};
use permit_kiosk::ui::text::{sentence, strings};
use permit_kiosk::wire::v1::{Document, SheetAnswer, SignOut};

use super::stand::{NOTHING, Stand};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A kiosk with nothing to see to.
pub(super) fn all_well() -> Readiness {
    let since = at("2026-11-20T00:30:00Z");
    let device = |kind, model: Option<&str>, counter| Device {
        kind,
        health: Health::READY,
        since,
        model: model.map(str::to_owned),
        counter,
    };
    let numbers = |series, left| Numbers { series, left, is_low: left < 20 };
    Readiness {
        at: at("2026-11-20T02:00:00Z"),
        is_ready: true,
        faults: Vec::new(),
        rulebooks: Status {
            active: Some(Active {
                edition: edition(7),
                issued: date(2026, 11, 1),
                refresh_by: date(2026, 12, 1),
                reject_after: date(2027, 2, 1),
                stale: false,
                expired: false,
            }),
            refused: Vec::new(),
            kept: vec![edition(7), edition(6)],
            faults: Vec::new(),
        },
        line: Line {
            sync: Some(sync::State { connected: true, ..sync::State::default() }),
            heard_at: Some(at("2026-11-20T01:59:48Z")),
            acknowledged: Some(1204),
            head: Some(1204),
        },
        numbers: vec![
            numbers(Series::food(1, "370303"), 281),
            numbers(Series::food(2, "370303"), 280),
            numbers(Series::filing(2, "370303"), 274),
            numbers(Series::hygiene("张审卫公证", 2026), 297),
        ],
        sheets: Vec::new(),
        devices: vec![
            device(DeviceKind::IdReader, None, None),
            device(DeviceKind::Scanner, None, None),
            device(DeviceKind::ReceiptPrinter, Some("EPSON TM-T88VI"), Some(3312)),
            device(DeviceKind::PagePrinter, Some("HP LaserJet M712"), Some(4711)),
        ],
        settings: config::settings(
            &std::fs::read_to_string(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/kiosk-config/devices.toml"
            ))
            .unwrap(),
        ),
        trays: Trays::new(),
        work: Work::Idle,
        about: About {
            kiosk: "ZD-K01".to_owned(),
            place: "张店区市民中心一楼大厅(演示)".to_owned(),
            software: "0.1.0",
            incarnation: 1,
            started_at: since,
            clock_offset_ms: Some(-42),
            disk_free_bytes: Some(45_097_156_608),
            certificate_until: Some(at("2027-11-20T00:00:00Z")),
        },
    }
}

/// A kiosk with something of everything.
pub(super) fn trouble() -> Readiness {
    let mut report = all_well();
    let since = at("2026-11-20T01:12:00Z");
    let standing = |code| Standing { fault: Fault::of(code), since };
    report.faults = vec![
        standing(FaultCode::PageMayHoldDocument),
        standing(FaultCode::PageUnconfirmed),
        standing(FaultCode::NumbersLow),
    ];
    report.devices[3].health = Health::of(FaultCode::PageMayHoldDocument);
    report.devices[2].health = Health::of(FaultCode::ReceiptPaperNearEnd);
    report.devices[1].health =
        Health::Offline { since: Duration::ZERO, next_try: Duration::from_secs(2) };
    report.sheets = vec![
        UnknownSheet {
            job: 7,
            document: Document::Original,
            serial: Some("ZDK01-1-000007".to_owned()),
            sent_at: Some(since),
            count_before: Some(4711),
            count_now: Some(4711),
        },
        UnknownSheet {
            job: 9,
            document: Document::Receipt,
            serial: None,
            sent_at: None,
            count_before: None,
            count_now: None,
        },
    ];
    report.numbers[2].left = 12;
    report.numbers[2].is_low = true;
    report.rulebooks.refused = vec![Refused {
        edition: Some(edition(5)),
        at: since,
        code: "OLDER",
        why: Bilingual::new(
            "这个规则包比正在使用的旧，没有采用。",
            "This edition is older than the one in use and was not taken.",
        ),
    }];
    report.line.acknowledged = Some(1187);
    report.line.sync = Some(sync::State {
        connected: false,
        unsent: 17,
        oldest_unsent_at: Some(since),
        last_error: Some(sync::LastError {
            since,
            text: "cannot say how this kiosk is: no route to host".to_owned(),
        }),
        ..sync::State::default()
    });
    report
}

/// Two adapters of a kind, at one of them a scanner; and a port of the board where nothing answers.
pub(super) fn ports_found() -> Work {
    let adapter = |path: &str, socket: &str| SerialPort {
        path: path.into(),
        usb: Some(UsbAdapter {
            vendor: 0x1a86,
            product: 0x7523,
            serial: None,
            maker: Some("QinHeng".to_owned()),
            model: Some("CH340".to_owned()),
            socket: Some(socket.to_owned()),
        }),
    };
    let change = |key: &str, value: &str| Change {
        section: "scanner".to_owned(),
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let found = |path: &str, language, baud, identity: &str| Found {
        port: path.into(),
        language,
        baud,
        identity: Some(identity.to_owned()),
    };
    Work::Discovered(vec![
        PortFound {
            port: adapter("/dev/ttyUSB0", "1-2.1"),
            found: Some(found("/dev/ttyUSB0", Spoken::Newland, 9600, "NLS-EM3096 V2.1")),
            error: None,
            proposal: vec![change("baud", "9600"), change("usb", "1a86:7523@1-2.1")],
        },
        PortFound {
            port: adapter("/dev/ttyUSB1", "1-2.3"),
            found: Some(found("/dev/ttyUSB1", Spoken::Sam, 115_200, "05.03-20090105-0000012345")),
            error: None,
            proposal: vec![change("baud", "115200")],
        },
        PortFound {
            port: SerialPort { path: "/dev/ttyS0".into(), usb: None },
            found: None,
            error: None,
            proposal: Vec::new(),
        },
    ])
}

fn edition(version: u64) -> EditionName {
    EditionName { name: "zhangdian".to_owned(), epoch: 1, version, digest: "5f".repeat(32) }
}

#[test]
fn the_emblem_held_for_five_seconds_lets_staff_in_and_a_touch_does_not() {
    let mut stand = Stand::new();
    stand.hold_emblem(Duration::from_millis(4_500));
    assert_eq!(*stand.stage(), Stage::Welcome);
    stand.hold_emblem(Duration::from_millis(5_500));
    assert_eq!(*stand.stage(), Stage::Maintenance);
    // Also where nobody can be served.
    let mut stand = Stand::with(NOTHING);
    stand.hold_emblem(Duration::from_millis(5_500));
    assert_eq!(*stand.stage(), Stage::Maintenance);
}

#[test]
fn maintenance_cannot_begin_during_a_visit_nor_a_visit_during_maintenance() {
    let mut stand = Stand::new();
    stand.touch("primary");
    stand.hold_emblem(Duration::from_secs(30));
    stand.happen(Event::MaintenanceAsked);
    assert_eq!(*stand.stage(), Stage::Choosing);

    let mut stand = Stand::new();
    stand.sign_in(Role::Technician, all_well());
    let application = permit_kiosk::domain::ApplicationId::from_random([1; 16]);
    stand.happen(Event::Begun { application, errand: Errand::Apply });
    assert_eq!(*stand.stage(), Stage::Maintenance);
    assert!(stand.effects().is_empty(), "no device is put to work for a visit");
    stand.touch("sign-out");
    assert_eq!(*stand.stage(), Stage::Welcome);
}

#[test]
fn a_pin_is_asked_of_the_terminal_once_and_shown_nowhere() {
    let mut stand = Stand::new();
    stand.type_pin();
    let texts = stand.texts().join(" ");
    assert!(texts.contains("●●●●●●") && !texts.contains("270394"), "{texts}");
    assert!(!format!("{:?}", stand.app).contains("270394"));
    let primary = stand.place("primary").unwrap().center();
    stand.tap(&[primary, primary]);
    let asked = stand.asked();
    let [Ask::SignIn { name, .. }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(name, "liu");
    assert!(!format!("{asked:?}").contains("270394"));

    stand.answer(Told::Refused(Refusal::Wrong {
        is_known: true,
        locked_until: None,
        tries_left: 4,
    }));
    let text = strings(Language::Zh);
    assert!(stand.shows(text.console_wrong) && stand.shows(&(text.tries_left)(4)));
    assert!(!stand.texts().join(" ").contains('●'), "the PIN has to be typed again");
}

#[test]
fn an_attendant_sees_how_the_kiosk_is_and_the_papers_and_no_more() {
    let mut stand = Stand::new();
    stand.sign_in(Role::Attendant, trouble());
    for tab in ["tab:overview", "tab:papers"] {
        assert!(stand.place(tab).is_some(), "{tab}");
    }
    for tab in ["tab:rulebook", "tab:central", "tab:numbers", "tab:devices", "tab:about"] {
        assert!(stand.place(tab).is_none(), "{tab}");
    }
}

#[test]
fn every_fault_is_told_with_its_code_who_mends_it_and_how() {
    for language in [Language::Zh, Language::En] {
        let mut stand = Stand::new();
        stand.sign_in(Role::Attendant, trouble());
        stand.speak(language);
        let shown = stand.texts().join("\n");
        for standing in trouble().faults {
            let code = standing.fault.code;
            assert!(shown.contains(code.as_str()), "{code} is missing in {language:?}:\n{shown}");
            for words in [code.title(language), code.remedy(language)] {
                let words = sentence(words);
                assert!(shown.contains(&words), "{words} is missing in {language:?}:\n{shown}");
            }
        }
    }
}

#[test]
fn a_sheet_is_settled_by_an_answer_and_its_confirmation() {
    let mut stand = Stand::new();
    stand.sign_in(Role::Attendant, trouble());
    stand.asked();
    stand.touch("tab:papers");
    let text = strings(Language::Zh);
    for shown in ["ZDK01-1-000007", "4711 → 4711", text.papers_before_start] {
        assert!(stand.shows(shown), "{shown}: {:#?}", stand.texts());
    }
    stand.touch("settle:7:complete");
    stand.touch("settle:7:nothing");
    assert!(stand.asked().is_empty(), "nothing is settled before it is confirmed");
    assert!(stand.shows(text.settle_again));
    stand.touch("primary");
    let asked = stand.asked();
    assert!(
        matches!(asked[..], [Ask::Settle { job: 7, answer: SheetAnswer::Nothing }]),
        "{asked:?}"
    );
    stand.answer(Told::NotDone(Box::new(trouble())));
    assert!(stand.shows(text.not_done));
    stand.answer(Told::Report(Box::new(all_well())));
    assert!(stand.shows(text.papers_none));
}

#[test]
fn a_printer_that_may_hold_a_paper_is_emptied_by_somebodys_word() {
    let mut stand = Stand::new();
    stand.sign_in(Role::Attendant, trouble());
    stand.asked();
    stand.touch("emptied:page_printer");
    let asked = stand.asked();
    assert!(matches!(asked[..], [Ask::Emptied(DeviceKind::PagePrinter)]), "{asked:?}");
}

#[test]
fn what_is_shown_is_looked_at_again_and_nobody_stays_signed_in_who_has_left() {
    let mut stand = Stand::new();
    stand.sign_in(Role::Technician, all_well());
    stand.asked();
    stand.wait(2);
    assert!(matches!(stand.asked()[..], [Ask::Look]));
    stand.answer(Told::Report(Box::new(trouble())));
    assert!(stand.place("fault:page.unconfirmed").is_some());
    stand.wait(178);
    let asked = stand.asked();
    assert!(matches!(asked.last(), Some(Ask::SignOut(SignOut::Idle))), "{asked:?}");
    assert_eq!(*stand.stage(), Stage::Welcome);

    // A PIN pad nobody types at goes away by itself.
    stand.hold_emblem(Duration::from_secs(6));
    stand.wait(59);
    assert_eq!(*stand.stage(), Stage::Maintenance);
    stand.wait(1);
    assert_eq!(*stand.stage(), Stage::Welcome);
    assert!(stand.asked().is_empty());
}

#[test]
fn a_sign_in_that_comes_too_late_is_a_sign_out() {
    let mut stand = Stand::new();
    stand.type_pin();
    stand.touch("primary");
    stand.asked();
    stand.wait(60);
    assert_eq!(*stand.stage(), Stage::Welcome);
    let member = permit_kiosk::staff::Member { name: "liu".to_owned(), role: Role::Technician };
    stand.answer(Told::SignedIn(member, Box::new(all_well())));
    assert!(matches!(stand.asked()[..], [Ask::SignOut(SignOut::Left)]));
    assert_eq!(*stand.stage(), Stage::Welcome);
}

#[test]
fn a_kiosk_is_taken_out_of_service_for_a_reason_and_once_it_is_confirmed() {
    let mut stand = Stand::new();
    stand.sign_in(Role::Technician, all_well());
    stand.asked();
    stand.touch("tab:numbers");
    let text = strings(Language::Zh);
    assert!(stand.shows(text.leaving_title));
    stand.touch("leaving:1");
    assert!(stand.shows(&(text.leaving_follows)(281 + 280 + 274 + 297)), "{:#?}", stand.texts());
    // Another page, another thought: it is not confirmed from there.
    stand.touch("tab:overview");
    stand.touch("tab:numbers");
    assert!(!stand.shows(text.leaving_confirm));
    stand.touch("leaving:0");
    assert!(stand.asked().is_empty(), "nothing is given back before it is confirmed");
    stand.touch("primary");
    let asked = stand.asked();
    let [Ask::ReturnNumbers { why }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(why, text.leaving_elsewhere);

    // Without central's word there is nothing to choose.
    let mut stand = Stand::new();
    stand.sign_in(Role::Technician, trouble());
    stand.touch("tab:numbers");
    assert!(stand.shows(text.leaving_no_line) && !stand.shows(text.leaving_elsewhere));
}

#[test]
fn what_was_found_is_used_with_a_reason_and_never_before_it_is_confirmed() {
    let mut report = all_well();
    report.work = ports_found();
    let mut stand = Stand::new();
    stand.sign_in(Role::Technician, report);
    stand.asked();
    stand.touch("tab:devices");
    assert!(stand.shows("扫码器　Newland　9600 baud　NLS-EM3096 V2.1"), "{:#?}", stand.texts());
    stand.touch("use:0");
    let text = strings(Language::Zh);
    assert!(stand.shows("usb = 1a86:7523@1-2.1"), "{:#?}", stand.texts());
    assert!(stand.asked().is_empty(), "nothing is changed before there is a reason");
    stand.touch("primary");
    assert!(stand.asked().is_empty());
    stand.touch("why:1");
    stand.touch("primary");
    let asked = stand.asked();
    let [Ask::Configure { changes, why }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(changes.len(), 2);
    assert_eq!(why, text.why_replaced);
}

#[test]
fn evidence_is_asked_for_by_days_and_stopped_by_technicians_only() {
    let mut stand = Stand::new();
    stand.sign_in(Role::Technician, all_well());
    stand.asked();
    stand.touch("tab:about");
    stand.touch("export:30");
    let asked = stand.asked();
    assert!(matches!(asked[..], [Ask::Export { days: Some(30) }]), "{asked:?}");
    // A second touch before the terminal has answered asks for nothing.
    stand.touch("export:all");
    assert!(stand.asked().is_empty());
    let mut report = all_well();
    report.work = Work::Exporting { done: 1000, of: 4000 };
    stand.answer(Told::Report(Box::new(report)));
    let text = strings(Language::Zh);
    assert!(stand.shows(&(text.evidence_writing)(1000, 4000)), "{:#?}", stand.texts());
    assert!(stand.place("export:all").is_none(), "one at a time");
    stand.touch("export:end");
    let asked = stand.asked();
    assert!(matches!(asked[..], [Ask::EndExport]), "{asked:?}");
    for (came, what, more) in [
        (Exported::Ended, text.evidence_ended, text.evidence_nothing_left),
        (Exported::Full, text.evidence_full, text.evidence_full_more),
        (Exported::ReadOnly, text.evidence_read_only, text.evidence_read_only_more),
        (Exported::PulledOut, text.evidence_pulled_out, text.evidence_pulled_out_more),
        (Exported::Failed(Failed::Journal), text.evidence_failed, text.evidence_failed_journal),
        (Exported::Failed(Failed::Record), text.evidence_failed, text.evidence_failed_record),
        (Exported::Failed(Failed::Key), text.evidence_failed, text.evidence_failed_key),
        (Exported::Failed(Failed::Stick), text.evidence_failed, text.evidence_failed_stick),
    ] {
        let mut report = all_well();
        report.work = Work::Exported(came);
        stand.answer(Told::Report(Box::new(report)));
        assert!(stand.shows(what) && stand.shows(more), "{what}: {:#?}", stand.texts());
        assert!(stand.place("export:all").is_some(), "it can be tried again after: {what}");
    }

    let mut stand = Stand::new();
    stand.sign_in(Role::Attendant, all_well());
    assert!(stand.place("tab:about").is_none());
}
