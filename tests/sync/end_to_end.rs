//! With the real central: mutual TLS, its permit book, its number series.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use permit_kiosk::central::store::{self, RevokeOrder, Revoked, Sqlite, Store as _};
use permit_kiosk::central::{self, Running, keys, numbers::Numbers};
use permit_kiosk::clock::{Clock as _, SimulatedClock, SystemClock};
use permit_kiosk::config::PermitBook;
use permit_kiosk::domain::PermitKind;
use permit_kiosk::domain::calendar::Calendar;
use permit_kiosk::journal::{self, Head, Journal, Reader};
use permit_kiosk::registers::{Client, Identity, TIMEOUT};
use permit_kiosk::seal::{Profile, SigningKey, VerifyingKey};
use permit_kiosk::sync::{Error, Handle, NumberPlan, Retry, SeriesPlan, Settings, Task};
use permit_kiosk::wire::v1::{Body, PrintStep, Record, Revocation, api::SignedText};
use tokio::sync::watch;

use super::Kiosk;
use crate::journal::{FOOD_SELLERS, food_seller, id, kiosk_id, series};

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config");

/// A central in a folder of its own, with one enrolled kiosk's keys beside its own.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    book: PermitBook,
    clock: SimulatedClock,
    stop: watch::Sender<bool>,
    running: Running,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let book = PermitBook::File(folder.path().join("central.db"));
        Self::with_book(folder, book).await
    }

    /// The same with another permit book.
    pub(super) async fn with_book(folder: tempfile::TempDir, book: PermitBook) -> Self {
        // Certificates are judged by the machine's own clock, so everything here has its time.
        let now = SystemClock.now();
        let order = keys::Order {
            folder: folder.path().join("keys"),
            kiosk_folder: folder.path().join("keys"),
            kiosk: kiosk_id(),
            profile: Profile::Sm2,
            rulebook: "small".to_owned(),
            central_names: BTreeSet::from(["127.0.0.1".to_owned()]),
            now,
        };
        std::fs::create_dir(&order.folder).unwrap();
        let store = store::open(&book).await.unwrap();
        keys::provision(&order, &*store).await.unwrap();
        drop(store);
        let clock = SimulatedClock::new(now);
        let (stop, running) = serve(folder.path(), book.clone(), &clock).await;
        Self { folder, book, clock, stop, running }
    }

    /// Central ends and comes back with the same permit book, at another port.
    async fn restarted(self) -> Self {
        let Self { folder, book, clock, stop, running } = self;
        stop.send(true).unwrap();
        running.finished().await;
        let (stop, running) = serve(folder.path(), book.clone(), &clock).await;
        Self { folder, book, clock, stop, running }
    }

    /// Ends this central; its keys and permit book stay.
    pub(crate) async fn end(self) -> tempfile::TempDir {
        self.stop.send(true).unwrap();
        self.running.finished().await;
        self.folder
    }

    /// How a kiosk of the central in `folder` keeps its journal in `disk` and synchronises, by the
    /// machine's own clock.
    pub(crate) fn settings_of(folder: &Path, disk: &Path) -> (journal::Settings, Settings) {
        let read = |file: &str| std::fs::read_to_string(folder.join("keys").join(file)).unwrap();
        let central_key = VerifyingKey::from_pem(&read(keys::CENTRAL_PUBLIC)).unwrap();
        let journal = journal::Settings {
            device_key: SigningKey::from_pem(&read(keys::DEVICE_KEY)).unwrap(),
            seal_key: SigningKey::from_pem(&read(keys::SEAL_KEY)).unwrap(),
            central_key: central_key.clone(),
            clock: Arc::new(SystemClock),
            ..crate::journal::settings(disk, &crate::journal::clock())
        };
        let kiosk = Kiosk::new();
        let sync = Settings {
            central_key,
            numbers: NumberPlan {
                series: vec![SeriesPlan::Lasting(series(FOOD_SELLERS))],
                reserve: 280,
            },
            clock: Arc::new(SystemClock),
            ..super::settings(&kiosk)
        };
        (journal, sync)
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join("keys").join(file)).unwrap()
    }

    pub(super) fn journal_settings(&self, folder: &Path) -> journal::Settings {
        journal::Settings {
            device_key: SigningKey::from_pem(&self.read(keys::DEVICE_KEY)).unwrap(),
            seal_key: SigningKey::from_pem(&self.read(keys::SEAL_KEY)).unwrap(),
            central_key: VerifyingKey::from_pem(&self.read(keys::CENTRAL_PUBLIC)).unwrap(),
            ..crate::journal::settings(folder, &self.clock)
        }
    }

    pub(super) fn task(&self, journal: &Journal) -> (Task<Client>, Handle) {
        let identity = Identity::load(&self.folder.path().join("keys")).unwrap();
        let url = format!("https://{}", self.running.api);
        let client = Client::new(&url, identity, TIMEOUT).unwrap();
        let kiosk = Kiosk::new();
        let settings = Settings {
            central_key: VerifyingKey::from_pem(&self.read(keys::CENTRAL_PUBLIC)).unwrap(),
            numbers: NumberPlan {
                series: vec![
                    SeriesPlan::Lasting(series(FOOD_SELLERS)),
                    SeriesPlan::Yearly(PermitKind::Hygiene, "张审卫公证".to_owned()),
                ],
                reserve: 280,
            },
            retry: Retry::default(),
            clock: Arc::new(self.clock.clone()),
            ..super::settings(&kiosk)
        };
        Task::new(client, journal.clone(), settings)
    }
}

async fn serve(
    folder: &Path,
    book: PermitBook,
    clock: &SimulatedClock,
) -> (watch::Sender<bool>, Running) {
    let config = Path::new(CONFIG);
    let calendar = std::fs::read_to_string(config.join("rulebook/calendar.toml")).unwrap();
    let config = central::Config {
        api: "127.0.0.1:0".parse().unwrap(),
        web: "127.0.0.1:0".parse().unwrap(),
        permit_book: book,
        keys: folder.join("keys"),
        embedded_registers: config.join("demo/demo.json"),
        register_timeout: central::REGISTER_TIMEOUT,
        numbers: Numbers::load(config).unwrap(),
        calendar: Calendar::parse(&calendar).unwrap(),
        retention: crate::central::harness::RETENTION,
        clock: Arc::new(clock.clone()),
    };
    let (stop, stopped) = watch::channel(false);
    (stop, central::serve(config, stopped).await.unwrap())
}

#[tokio::test]
async fn a_kiosk_gets_numbers_issues_and_central_understands_every_record() {
    let place = Place::new().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = place.journal_settings(folder.path());
    let journal = Journal::provision(settings, Head::START).unwrap();
    let (mut task, handle) = place.task(&journal);
    task.round().await.unwrap();
    assert_eq!(journal.series_state(&series(FOOD_SELLERS)).unwrap().left, 300);

    let numbers: Vec<String> = (1..=3)
        .map(|n| journal.issue(food_seller(id(n))).unwrap().permit.number.to_string())
        .collect();
    // The demonstration's series begins where no real licence is.
    assert!(numbers[0].starts_with("JY1370303990101"), "{numbers:?}");
    task.round().await.unwrap();

    // Central goes down and comes back; what was issued meanwhile arrives.
    let place = place.restarted().await;
    journal.issue(food_seller(id(4))).unwrap();
    let error = task.round().await.unwrap_err();
    assert!(matches!(error, Error::Call { .. }), "{error}");
    assert!(!handle.state().connected);
    let (mut task, handle) = place.task(&journal);
    task.round().await.unwrap();

    let state = handle.state();
    assert_eq!((state.unsent, state.quarantined, state.last_error), (0, None, None));
    assert_eq!(state.not_understood, Vec::<u64>::new());
    journal.close();
    place.stop.send(true).unwrap();
    place.running.finished().await;
}

#[tokio::test]
async fn what_an_officer_revokes_is_void_at_the_kiosk_after_the_next_round() {
    let place = Place::new().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = place.journal_settings(folder.path());
    let journal = Journal::provision(settings, Head::START).unwrap();
    let (mut task, handle) = place.task(&journal);
    task.round().await.unwrap();
    let issued = journal.issue(food_seller(id(1))).unwrap();
    task.round().await.unwrap();
    let number = issued.permit.number.to_string();
    assert_eq!(journal.revocation_of(&number).unwrap(), None);

    // As the command does it, beside the running central.
    let keys = keys::CentralKeys::load(&place.folder.path().join("keys")).unwrap();
    let sign = move |act: &Revocation| {
        SignedText::sign(Revocation::SIGNATURE_CONTEXT, act.to_text(), &keys.signing)
    };
    let order = RevokeOrder {
        permit: number.clone(),
        reason: "以欺骗手段取得".to_owned(),
        by: "officer 7".to_owned(),
        at: place.clock.now(),
        sign: Arc::new(sign),
    };
    let book = Sqlite::open(&place.folder.path().join("central.db")).unwrap();
    assert!(matches!(book.revoke(order).await.unwrap(), Revoked::By(_)));
    task.round().await.unwrap();
    assert_eq!(handle.state().last_error, None);
    let act = journal.revocation_of(&number).unwrap().unwrap();
    assert_eq!(
        (act.number, act.permit.as_str(), act.by.as_str()),
        (1, number.as_str(), "officer 7")
    );
    let error = journal.print_step(issued.print_jobs[0].job, PrintStep::Sent).unwrap_err();
    assert!(matches!(error, journal::Error::Revoked { .. }), "{error}");
    journal.close();
    place.stop.send(true).unwrap();
    place.running.finished().await;
}

/// `permit-kiosk return-numbers`, on the kiosk whose journal is in `disk`.
fn return_numbers(place: &Place, disk: &Path) -> (bool, String) {
    beside(place, disk, &["return-numbers", "--by", "technician wang", "--reason", "移到别处"])
}

/// `permit-kiosk …`, on the kiosk whose journal is in `disk`, which does not run: whether it went well, and what
/// it said.
fn beside(place: &Place, disk: &Path, words: &[&str]) -> (bool, String) {
    let config = disk.join("kiosk-config");
    assert!(
        Command::new("cp").arg("-r").args([Path::new(CONFIG), &config]).status().unwrap().success()
    );
    let kiosk = std::fs::read_to_string(config.join("kiosk.toml")).unwrap();
    let keys = place.folder.path().join("keys");
    let kiosk = kiosk
        .replace("127.0.0.1:8443", &place.running.api.to_string())
        .replace("../target/demo/data/kiosk", disk.to_str().unwrap())
        .replace("../target/demo/keys/kiosk", keys.to_str().unwrap());
    std::fs::write(config.join("kiosk.toml"), kiosk).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
        .args(words)
        .arg("--config")
        .arg(&config)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&config).unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_asks_the_real_central_and_counts_the_numbers() {
    let place = Place::new().await;
    let disk = tempfile::tempdir().unwrap();
    let (settings, _) = Place::settings_of(place.folder.path(), disk.path());
    let journal = Journal::provision(settings, Head::START).unwrap();
    let (mut task, _handle) = place.task(&journal);
    task.round().await.unwrap();
    let left = journal.series_state(&series(FOOD_SELLERS)).unwrap().left;
    assert!(left > 0);
    journal.close();
    let doctor = |place: &Place| {
        let (_, said) = beside(place, disk.path(), &["doctor"]);
        let lines: Vec<String> = said.lines().map(str::to_owned).collect();
        move |about: &str| {
            let found = lines.iter().find(|line| line.contains(about));
            found.unwrap_or_else(|| panic!("{about}: {lines:#?}")).clone()
        }
    };
    let line = doctor(&place);
    assert!(line("answers, https://").starts_with("ok    central"));
    let sellers = line(series(FOOD_SELLERS).as_str());
    assert!(sellers.ends_with(&format!(" {left} numbers")), "{sellers}");
    assert!(line("certificate holds until").starts_with("ok    keys"));
    // Of the others it was given none.
    assert!(line("food/2/").contains("journal.numbers-out"), "{}", line("food/2/"));
    // And when central is gone, that is what it says, with the address.
    let api = place.running.api.to_string();
    place.stop.send(true).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let line = doctor(&place);
    assert!(line("central.unreachable").contains(&api), "{}", line("central.unreachable"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_void_with_a_reason_and_a_person_and_the_journal_is_copied_at_work() {
    let place = Place::new().await;
    let disk = tempfile::tempdir().unwrap();
    let (settings, _) = Place::settings_of(place.folder.path(), disk.path());
    let journal = Journal::provision(settings, Head::START).unwrap();
    let (mut task, _handle) = place.task(&journal);
    task.round().await.unwrap();
    let food = series(FOOD_SELLERS);
    let left = journal.series_state(&food).unwrap().left;
    // At work: the copy is made beside the journal that is open here, and never over another.
    let copy = place.folder.path().join("copy.db");
    let back_up = ["journal", "back-up", copy.to_str().unwrap()];
    let (done, said) = beside(&place, disk.path(), &back_up);
    let records = journal.head().unwrap().position;
    assert!(done && said.contains(&format!("{records} records")), "{said}");
    let (done, said) = beside(&place, disk.path(), &back_up);
    assert!(!done && said.contains("copy.db"), "{said}");
    let void = |more: &[&str]| {
        let words = ["void-number", "--by", "technician wang", "--reason", "手工编号误用"];
        beside(&place, disk.path(), &[&words[..], more].concat())
    };
    let (done, said) = void(&["--series", food.as_str()]);
    assert!(!done && said.contains("journal"), "the kiosk is at work: {said}");
    journal.close();

    let (done, said) = void(&["--series", "food/9/370303"]);
    assert!(!done && said.contains(food.as_str()), "the names of the series: {said}");
    let (done, said) = void(&["--series", food.as_str()]);
    assert!(done && said.contains(&format!("{} are left", left - 1)), "{said}");
    let key = SigningKey::from_pem(&place.read(keys::DEVICE_KEY)).unwrap().verifying_key();
    let reader = Reader::open(&disk.path().join("journal.db")).unwrap();
    assert!(reader.verify(&key).unwrap().is_ok());
    let records = reader.records(records, 100, usize::MAX).unwrap();
    let void = records.iter().find_map(|placed| {
        let record = Record::read(placed.record.record.reveal()).unwrap();
        if let Body::NumberVoided(void) = record.body { Some(void) } else { None }
    });
    let void = void.unwrap();
    assert_eq!((void.by.as_str(), void.reason.as_str()), ("technician wang", "手工编号误用"));
    assert_eq!(void.series, food.as_str());
    // The copy is a journal that can be read for itself.
    assert!(Reader::open(&copy).unwrap().verify(&key).unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kiosk_taken_out_of_service_gives_its_numbers_back_to_central() {
    let place = Place::new().await;
    let (disk, restored) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = keys::read_vault_key(&place.folder.path().join("keys").join(keys::VAULT_KEY));
    let settings =
        journal::Settings { vault_key: vault.unwrap(), ..place.journal_settings(disk.path()) };
    let journal = Journal::provision(settings, Head::START).unwrap();
    let (mut task, _handle) = place.task(&journal);
    task.round().await.unwrap();
    (1..=2).for_each(|n| drop(journal.issue(food_seller(id(n))).unwrap()));
    let copy = disk.path().join("copy.db");
    Reader::open(&disk.path().join("journal.db")).unwrap().back_up(&copy).unwrap();
    crate::journal::restore(&copy, disk.path(), restored.path());
    journal.issue(food_seller(id(3))).unwrap();
    task.round().await.unwrap();
    journal.close();

    // An old image of that disk would give back the third number, which stands on paper.
    let (done, said) = return_numbers(&place, restored.path());
    assert!(!done && said.contains("restored from an old copy"), "{said}");
    let (done, said) = return_numbers(&place, disk.path());
    assert!(done && said.contains(&format!("returned {FOOD_SELLERS} ")), "{said}");
    assert!(said.contains("central has every record"), "{said}");
    let (done, said) = return_numbers(&place, disk.path());
    assert!(done && said.contains("no number is left to return"), "{said}");

    // Central's account: every number it leased has come to an end.
    let book = rusqlite::Connection::open(place.folder.path().join("central.db")).unwrap();
    let count = |fate: &str| -> u32 {
        let sql = "SELECT count(*) FROM numbers WHERE series = ?1 AND fate = ?2";
        book.query_row(sql, (FOOD_SELLERS, fate), |row| row.get(0)).unwrap()
    };
    assert_eq!((count("issued"), count("returned")), (3, 297));
    place.end().await;
}

#[tokio::test]
async fn a_copied_disk_is_found_by_the_real_central() {
    let place = Place::new().await;
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let settings = place.journal_settings(first.path());
    let journal = Journal::provision(settings, Head::START).unwrap();
    let (mut task, _handle) = place.task(&journal);
    task.round().await.unwrap();
    journal.issue(food_seller(id(1))).unwrap();
    let copy = first.path().join("copy.db");
    Reader::open(&first.path().join("journal.db")).unwrap().back_up(&copy).unwrap();
    crate::journal::restore(&copy, first.path(), second.path());
    journal.issue(food_seller(id(2))).unwrap();
    task.round().await.unwrap();

    let copied = Journal::open(place.journal_settings(second.path())).unwrap();
    // Cut off from central the copy gives out a number that is given out already …
    for n in 3..=9 {
        copied.issue(food_seller(id(n))).unwrap();
    }
    // … and is stopped at its first word with central, which keeps none of it.
    let (mut others, handle) = place.task(&copied);
    let error = others.round().await.unwrap_err();
    assert!(matches!(error, Error::Quarantined { .. }), "{error}");
    assert!(handle.state().quarantined.is_some());
    copied.issue(food_seller(id(10))).unwrap_err();
    let outbox = journal.outbox_state().unwrap();
    assert_eq!(outbox.unsent, 0, "the journal central knows goes on");
}
