//! Bundles of evidence: a good one verifies, every single lie is found, independent programs read it.

mod central; // the permit book, for which central vouches
mod command; // the commands as processes, as the handbook shows them
mod forged; // every kind of record and field, changed, dropped, added, moved; every byte
mod lies; // what somebody with all of a kiosk's keys could write: the facts still speak
mod recipe; // the handbook's recipe with sha256sum and the sqlite3 shell alone
mod stick; // what a technician takes away at the screen, and what goes wrong with the stick
mod views; // CSV, workbook and Parquet read back by Python

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::civil::date;
use permit_kiosk::audit::{Asked, Blanks, Order, Report, Source, Trust, Verify, View};
use permit_kiosk::domain::{ApplicationId, Grant, Part, Private, ServiceCode};
use permit_kiosk::journal::{Case, SheetSize, Tray};
use permit_kiosk::rulebooks::Shelf;
use permit_kiosk::rules::{Rulebook, canonical_json, decide_document};
use permit_kiosk::seal::AuditorKey;
use permit_kiosk::terminal::export::{self, Evidence};
use permit_kiosk::wire::v1::{
    Body, ConfigurationOutcome, DataReceipt, Document, EditionActivated, EditionManifest,
    EditionRefused, Faulted, Hash, LookUp, LookUpOutcome, LookedUpPersonal, MaintenanceConfigured,
    MaintenanceEmptied, MaintenanceExported, MaintenanceRefused, MaintenanceSignedIn,
    MaintenanceSignedOut, MaintenanceTested, PrintStep, Publishers, Rated, Register, Role,
    SessionEnded, SheetAnswer, SignOut, SignedEdition, Started,
};
use serde_json::Value as Json;

use crate::journal::{
    FOOD_SELLERS, Kiosk, NOON, central_key, device_key, food_seller, id, kiosk_id, seal_key, series,
};

/// A day of a kiosk in a folder, its edition on the shelf beside the journal.
struct Day {
    kiosk: Kiosk,
}

/// The edition all of it is decided by, and the text that was published.
fn edition() -> &'static (Rulebook, String) {
    static EDITION: OnceLock<(Rulebook, String)> = OnceLock::new();
    EDITION.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kiosk-config/rulebook");
        let files = permit_kiosk::rulebooks::read(&folder).unwrap();
        let rulebook = Rulebook::load(&files).unwrap_or_else(|problems| panic!("{problems}"));
        let manifest = EditionManifest::describe(&rulebook, &files, "all");
        let mut signed = SignedEdition::unsigned(&manifest, files);
        for publisher in [1, 2] {
            signed.sign(&crate::rulebooks::key(publisher));
        }
        (rulebook, signed.to_text())
    })
}

fn publishers() -> Publishers {
    let (rulebook, _) = edition();
    let keys =
        (1..=3).map(|n| (format!("publisher-{n}"), crate::rulebooks::key(n).verifying_key()));
    Publishers::new(rulebook.name(), "all", rulebook.epoch(), 2, keys).unwrap()
}

fn auditor() -> AuditorKey {
    AuditorKey::generate(&[77; 32])
}

/// Facts as the rulebook's own cases have them: a new food licence that is granted.
fn facts() -> Json {
    let (rulebook, _) = edition();
    let today = date(2026, 11, 23);
    let granted = rulebook.cases().iter().find(|case| {
        let decision = decide_document(rulebook, &case.document, today);
        case.document["application"]["service"] == "food/new"
            && (decision.verdict.grants_number(), decision.code.as_str()) == (true, "OK")
    });
    granted.unwrap().document.clone()
}

/// The same, and referred to a person.
fn referred_facts() -> Json {
    let (rulebook, _) = edition();
    let today = date(2026, 11, 23);
    let referred = rulebook.cases().iter().find(|case| {
        let decision = decide_document(rulebook, &case.document, today);
        case.document["application"]["service"] == "food/new" && decision.verdict.goes_to_officer()
    });
    referred.unwrap().document.clone()
}

/// A case as a kiosk has it: decided by the edition over these facts.
fn decided(application: ApplicationId, facts: &Json) -> Case {
    let (rulebook, _) = edition();
    let decision = decide_document(rulebook, facts, date(2026, 11, 23));
    let mut case = crate::journal::case(application, ServiceCode::FoodNew, decision.verdict);
    case.facts = Private::new(canonical_json(facts));
    case.decision = decision;
    case
}

impl Day {
    /// A day with something of every kind.
    fn full() -> Self {
        let kiosk = Kiosk::new();
        let journal = &kiosk.journal;
        let record = |body| {
            journal.record(body).unwrap();
        };
        let (rulebook, text) = edition();
        let shelf = kiosk.folder.path().join(Shelf::FOLDER);
        std::fs::create_dir_all(&shelf).unwrap();
        let name = format!("1.1-{}.edition.json", rulebook.digest());
        std::fs::write(shelf.join(name), text).unwrap();
        record(Body::Started(Started {
            software: "0.1.0".to_owned(),
            edition: Some(rulebook.edition()),
            edition_digest: Some(rulebook.digest().to_owned()),
        }));
        record(Body::EditionActivated(EditionActivated {
            name: rulebook.name().to_owned(),
            channel: "all".to_owned(),
            epoch: rulebook.epoch(),
            version: rulebook.version(),
            digest: rulebook.digest().to_owned(),
            issued: rulebook.issued(),
            signed_by: vec!["publisher-1".to_owned(), "publisher-2".to_owned()],
        }));
        kiosk.lease(FOOD_SELLERS, 0, 10);
        let day = Self { kiosk };
        day.granted(1, 5);
        day.referred(2);
        // Somebody walks away.
        day.look_up(id(3), LookUpOutcome::Answered);
        day.visit_ends();
        day.spoiled(4);
        let journal = &day.kiosk.journal;
        journal
            .void_number(series(FOOD_SELLERS), "misprinted stock".into(), "technician 7".into())
            .unwrap();
        let record = |body| {
            journal.record(body).unwrap();
        };
        for cleared in [false, true] {
            record(Body::Faulted(Faulted { code: "page-printer.jammed".to_owned(), cleared }));
        }
        record(Body::MaintenanceRefused(MaintenanceRefused {
            name: Some("wang".to_owned()),
            locked_until: None,
        }));
        record(Body::MaintenanceSignedIn(MaintenanceSignedIn {
            name: "wang".to_owned(),
            role: Role::Technician,
        }));
        record(Body::MaintenanceSignedOut(MaintenanceSignedOut {
            name: "wang".to_owned(),
            reason: SignOut::Left,
        }));
        day
    }

    /// The same, and what happens only now and then: something of every kind there is.
    fn of_every_kind() -> Self {
        let day = Self::full();
        let journal = &day.kiosk.journal;
        let record = |body| {
            journal.record(body).unwrap();
        };
        journal
            .count_blanks("wang".into(), SheetSize::A4, Tray::counted(101, 150).unwrap())
            .unwrap();
        assert!(journal.spoil_blank("wang".into(), SheetSize::A4).unwrap());
        let tested = MaintenanceTested {
            by: "wang".to_owned(),
            device: "page_printer".to_owned(),
            passed: true,
        };
        journal.record_test(tested, Some(SheetSize::A4)).unwrap();
        let exported = MaintenanceExported {
            by: "liu".to_owned(),
            from: None,
            records: 12,
            manifest: Hash::of(b"the manifest of another bundle"),
            sealed: true,
        };
        journal.record(Body::MaintenanceExported(exported)).unwrap();
        let jobs = day.issue(6);
        for job in &jobs[..2] {
            journal.print_on(*job, SheetSize::A4).unwrap();
            let evidence = "counter".to_owned();
            journal.print_step(*job, PrintStep::Confirmed { evidence }).unwrap();
        }
        day.visit_ends();
        journal
            .count_blanks("wang".into(), SheetSize::A4, Tray::counted(201, 210).unwrap())
            .unwrap();
        record(Body::EditionRefused(EditionRefused {
            code: "OLDER".to_owned(),
            why: "it is older than the one in force".to_owned(),
            edition: None,
            offered: Hash::of(b"offered"),
        }));
        record(Body::MaintenanceEmptied(MaintenanceEmptied {
            by: "wang".to_owned(),
            printer: "page_printer".to_owned(),
        }));
        record(Body::MaintenanceConfigured(MaintenanceConfigured {
            by: "wang".to_owned(),
            why: "replaced".to_owned(),
            file: "devices.toml".to_owned(),
            before: Hash::of(b"before"),
            wanted: Hash::of(b"wanted"),
            changes: vec!["scanner.baud: 9600 -> 115200".to_owned()],
            outcome: ConfigurationOutcome::TakenUp,
            fault: None,
        }));
        journal.return_numbers("the hall is closed".into(), "technician 7".into()).unwrap();
        day
    }

    fn look_up(&self, application: ApplicationId, outcome: LookUpOutcome) {
        let look_up = LookUp {
            application,
            register: Register::Business,
            purpose: ServiceCode::FoodNew,
            personal: LookedUpPersonal {
                subject_digest: "5f".repeat(32),
                answer_digest: Some("a0".repeat(32)),
            },
            snapshot_taken_at: None,
            outcome,
            took_ms: 120,
        };
        self.kiosk.journal.record_look_up(look_up).unwrap();
    }

    fn visit_ends(&self) {
        let ended = SessionEnded {
            screen: "done".to_owned(),
            took_ms: 213_000,
            failed_reads: 0,
            unanswered: 0,
            steps: BTreeMap::from([("identifying".to_owned(), 9_000), ("done".to_owned(), 4_000)]),
        };
        self.kiosk.journal.record(Body::SessionEnded(ended)).unwrap();
    }

    fn prints(&self, job: u64, last: PrintStep) {
        for step in [PrintStep::Sent, last] {
            self.kiosk.journal.print_step(job, step).unwrap();
        }
    }

    fn issue(&self, number: u8) -> Vec<u64> {
        self.look_up(id(number), LookUpOutcome::Answered);
        let mut request = food_seller(id(number));
        request.case = Case { promise: request.case.promise, ..decided(id(number), &facts()) };
        let issued = self.kiosk.journal.issue(request).unwrap();
        issued.print_jobs.iter().map(|job| job.job).collect()
    }

    /// A visit that ends with a permit.
    fn granted(&self, number: u8, grade: u8) {
        let jobs = self.issue(number);
        let receipt = DataReceipt { application: id(number), look_ups: 1, shown: false };
        self.kiosk.journal.record(Body::DataReceipt(receipt)).unwrap();
        for job in jobs {
            let evidence = format!("page counter {job} -> {}", job + 1);
            self.prints(job, PrintStep::Confirmed { evidence });
        }
        let rated = Rated { application: id(number), grade };
        self.kiosk.journal.record(Body::Rated(rated)).unwrap();
        self.visit_ends();
    }

    /// A visit whose original nobody knows about; it was spoiled, and another is printed.
    fn spoiled(&self, number: u8) {
        let jobs = self.issue(number);
        self.prints(jobs[0], PrintStep::Unknown);
        let settled = self.kiosk.journal.settle_sheet(jobs[0], SheetAnswer::Spoiled, "wang".into());
        let replacement = settled.unwrap().unwrap();
        self.prints(replacement.job, PrintStep::Confirmed { evidence: "counter".to_owned() });
        self.visit_ends();
    }

    /// A visit that a person decides, badly rated.
    fn referred(&self, number: u8) {
        self.look_up(id(number), LookUpOutcome::Down);
        let mut case = decided(id(number), &referred_facts());
        case.documents = vec![Document::Slip];
        case.promise = None;
        let recorded = self.kiosk.journal.record_decision(case).unwrap();
        for job in recorded.print_jobs {
            self.prints(job.job, PrintStep::Confirmed { evidence: "paper out".to_owned() });
        }
        let rated = Rated { application: id(number), grade: 1 };
        self.kiosk.journal.record(Body::Rated(rated)).unwrap();
        self.visit_ends();
    }

    /// The bundle of it, in a folder inside the kiosk's.
    fn export(&self, name: &str, views: &[View], for_auditor: bool, asked: Asked) -> PathBuf {
        let folder = self.kiosk.folder.path().join(name);
        let root = self.kiosk.folder.path();
        let settings = self.kiosk.settings();
        let evidence = Evidence {
            journal: &root.join("journal.db"),
            editions: &root.join(Shelf::FOLDER),
            kiosk: kiosk_id(),
            incarnation: 1,
            device_key: &device_key(),
            seal_key: seal_key().verifying_key(),
            central_key: central_key().verifying_key(),
            vault_key: &settings.vault_key,
        };
        let order = Order {
            folder: folder.clone(),
            made_at: NOON.parse().unwrap(),
            made_by: "auditor 12".to_owned(),
            source: Source::Kiosk,
            asked,
            views: views.to_vec(),
            unlock_for: for_auditor.then(|| auditor().public()),
        };
        export::export(&evidence, order, |_, _| std::ops::ControlFlow::Continue(()), |_| Ok(()))
            .unwrap();
        folder
    }
}

/// One bundle of a full day for all tests that only read it.
fn bundle() -> &'static Path {
    static DAY: OnceLock<(Day, PathBuf)> = OnceLock::new();
    let (_day, bundle) = DAY.get_or_init(|| {
        let day = Day::full();
        let bundle = day.export("bundle", &[], true, Asked::default());
        (day, bundle)
    });
    bundle
}

/// One of a day with something of every kind of record.
fn bundle_of_every_kind() -> &'static Path {
    static DAY: OnceLock<(Day, PathBuf)> = OnceLock::new();
    let (_day, bundle) = DAY.get_or_init(|| {
        let day = Day::of_every_kind();
        let bundle = day.export("bundle", &[View::Csv], true, Asked::default());
        (day, bundle)
    });
    bundle
}

/// Every kind of record there is, as the format lists them to whoever asks for another.
fn every_kind() -> BTreeSet<String> {
    let error = serde_json::from_str::<Body>(r#"{"kind":"?"}"#).unwrap_err().to_string();
    error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

/// A copy of a bundle, to spoil.
fn copy(bundle: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let mut folders = vec![bundle.to_owned()];
    while let Some(folder) = folders.pop() {
        let to = copy.path().join(folder.strip_prefix(bundle).unwrap());
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    copy
}

/// What the auditor trusts.
fn trust() -> Trust {
    let mut trust = without_publishers();
    trust.publishers(publishers());
    trust
}

/// The same but for the rulebook: an edition runs all its cases whenever it is verified, which hundreds
/// of spoiled bundles need not wait for.
fn without_publishers() -> Trust {
    let mut trust = Trust::new();
    trust.key("central", central_key().verifying_key());
    trust.key("device", device_key().verifying_key());
    trust.key("seal", seal_key().verifying_key());
    trust
}

fn verify(folder: &Path) -> Report {
    verify_with(folder, &trust())
}

fn verify_with(folder: &Path, trust: &Trust) -> Report {
    let auditor = auditor();
    let unlock = folder.join("unlock.json").exists().then_some(&auditor);
    Verify { folder, trust, unlock, threads: 2 }.run(|_, _| {}).unwrap()
}

#[track_caller]
fn holds(folder: &Path) -> Report {
    let report = verify(folder);
    let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    assert!(report.holds, "{problems:#?}");
    report
}

#[test]
fn a_good_bundle_holds_and_everything_in_it_was_looked_at() {
    let report = holds(bundle());
    assert!(report.reservations.is_empty(), "{:?}", report.reservations);
    assert_eq!(report.records, report.signatures);
    assert_eq!((report.decisions.decided, report.decisions.equal), (3, 3));
    // Two permits with an original and a copy each, and a new original for the spoiled one.
    assert_eq!(report.seals, 5);
    let [account] = report.numbers.as_slice() else { panic!("{:?}", report.numbers) };
    assert_eq!((account.leased, account.issued, account.void, account.unused), (10, 2, 1, 7));
    assert_eq!((account.frozen, account.earlier), (0, 0));
    let sheets = report.sheets;
    assert_eq!((sheets.confirmed, sheets.voided, sheets.under_way), (5, 1, 2));
    assert_eq!((report.look_ups.with_case, report.look_ups.without_case), (3, 1));
    let [bad] = report.bad_ratings.as_slice() else { panic!("{:?}", report.bad_ratings) };
    // 2026-11-23 is a Monday.
    assert_eq!((bad.grade, bad.application), (1, id(2)));
    assert_eq!(bad.call_back_by, Some(date(2026, 11, 24)));
    assert_eq!(bad.answer_by, Some(date(2026, 11, 30)));
    assert_eq!(bad.answer_complex_by, Some(date(2026, 12, 14)));
}

#[test]
fn every_kind_of_record_is_looked_at_and_every_blank_sheet_explained() {
    let report = holds(bundle_of_every_kind());
    assert_eq!(report.kinds.keys().cloned().collect::<BTreeSet<_>>(), every_kind());
    let blanks =
        Blanks { counted: 60, certificates: 2, spoiled: 1, tests: 1, taken_out: 46, left: 10 };
    assert_eq!(report.blanks, blanks);
    // Each kind has a table that knows its fields.
    let views = bundle_of_every_kind().join("views");
    assert!(views.join("blanks.csv").exists() && views.join("configured.csv").exists());
    assert!(!views.join("other.csv").exists());
}

/// The newer kinds of permit are evidence like the others: decided again, sealed, numbered without a gap.
#[test]
fn a_hygiene_filing_and_a_combined_permit_verify() {
    let day = Day { kiosk: Kiosk::new() };
    let (rulebook, text) = edition();
    let shelf = day.kiosk.folder.path().join(Shelf::FOLDER);
    std::fs::create_dir_all(&shelf).unwrap();
    let name = format!("1.1-{}.edition.json", rulebook.digest());
    std::fs::write(shelf.join(name), text).unwrap();
    let part = Part {
        title: "出版物零售".to_owned(),
        number: "新出发淄零字第0031号".to_owned(),
        scope: "图书、期刊零售".to_owned(),
        valid_to: None,
        organ: "新闻出版主管部门".to_owned(),
    };
    let filed = Grant::HygieneFiling { place: "书店".to_owned() };
    let combined = Grant::Combined { trade: "书店".to_owned(), parts: vec![part] };
    for (number, series, service, code, grant) in [
        (1, "hygiene_filing/张卫公备/2026", ServiceCode::HygieneFile, "FILING_797", filed),
        (2, "combined/张行综/2026", ServiceCode::CombinedNew, "OK_COMBINED", combined),
    ] {
        day.kiosk.lease(series, 0, 10);
        day.look_up(id(number), LookUpOutcome::Answered);
        let granted = rulebook.cases().iter().find(|case| {
            let decision = decide_document(rulebook, &case.document, date(2026, 11, 23));
            case.document["application"]["service"] == service.as_str() && decision.code == code
        });
        let mut request = crate::journal::request(id(number), service, grant);
        request.case = Case { service, ..decided(id(number), &granted.unwrap().document) };
        request.case.documents = vec![Document::Original, Document::Receipt];
        for job in day.kiosk.journal.issue(request).unwrap().print_jobs {
            day.prints(job.job, PrintStep::Confirmed { evidence: "counter".to_owned() });
        }
        day.visit_ends();
    }
    let report = holds(&day.export("bundle", &[], true, Asked::default()));
    assert_eq!((report.decisions.decided, report.decisions.equal, report.seals), (2, 2, 2));
    let numbers = report.numbers.iter().map(|series| (series.leased, series.issued, series.unused));
    assert_eq!(numbers.collect::<Vec<_>>(), [(10, 1, 9), (10, 1, 9)]);
}

#[test]
fn numbers_given_back_are_explained() {
    let day = Day::full();
    let (why, who) = ("the hall is closed".to_owned(), "technician 7".to_owned());
    day.kiosk.journal.return_numbers(why, who).unwrap();
    let report = holds(&day.export("returned", &[View::Csv], false, Asked::default()));
    let [account] = report.numbers.as_slice() else { panic!("{:?}", report.numbers) };
    let of = (account.leased, account.issued, account.void, account.returned, account.unused);
    assert_eq!(of, (10, 2, 1, 7, 0));
}

#[test]
fn without_the_auditors_key_nothing_personal_is_in_it_and_it_still_verifies() {
    let day = Day::full();
    let views = [View::Csv, View::Xlsx, View::Parquet];
    let sealed = day.export("sealed", &views, false, Asked::default());
    let report = holds(&sealed);
    assert_eq!((report.decisions.decided, report.decisions.sealed), (3, 3));
    assert_eq!(report.reservations["decisions not decided again: sealed"], 3);
    assert_eq!(report.seals, 5);
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![sealed];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for personal in ["李测试", "370303********9988", "人民西路9号"] {
            let found = bytes.windows(personal.len()).any(|part| part == personal.as_bytes());
            assert!(!found, "{personal} is in {}", file.display());
        }
    }
}

#[test]
fn some_days_are_a_bundle_too_and_say_what_came_before() {
    let day = Day::full();
    day.kiosk.clock.advance(std::time::Duration::from_hours(48));
    day.granted(5, 4);
    let asked = Asked { from: Some(date(2026, 11, 25)), ..Asked::default() };
    let bundle = day.export("later", &[], true, asked);
    let report = holds(&bundle);
    let [chain] = report.chains.as_slice() else { panic!("{:?}", report.chains) };
    assert!(chain.first > 1);
    let whole = holds(&day.export("whole", &[], true, Asked::default()));
    assert_eq!(whole.chains[0].hash, chain.hash);
    assert_eq!(report.numbers[0].earlier, 3);
    assert_eq!(report.numbers[0].issued, 1);
    assert_eq!(report.days.len(), 1);
    // A day on which nothing happened.
    let asked = Asked { from: Some(date(2027, 1, 1)), ..Asked::default() };
    assert_eq!(holds(&day.export("nothing", &[], true, asked)).records, 0);
}

#[test]
fn an_interrupted_export_leaves_no_bundle_and_the_next_one_is_whole() {
    let day = Day::full();
    let partial = day.kiosk.folder.path().join("again.partial");
    std::fs::create_dir_all(partial.join("views")).unwrap();
    std::fs::write(partial.join("records.jsonl"), "half a li").unwrap();
    let bundle = day.export("again", &[], true, Asked::default());
    holds(&bundle);
    assert!(!partial.exists());
}
